// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern stop`, `panic`, `status`. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/dialects.h"
#include "cli/safety.h"
#include "kernel/kernel.h"
#include "safe/boot.h"

static int read_have(struct ruleset *have, struct err *err)
{
	AUTO_BACKEND backend = { 0 };
	int r = kernel_open_backend(&backend, err);

	return r ? r : snapshot_read(&backend, have, err);
}

static const char *const stop_words[] = { "postern", "stop" };

int run_stop(int argc, char **argv)
{
	AUTO_RULESET have = RULESET_INIT, want = RULESET_INIT;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct err err = ERR_INIT;
	struct where where;
	struct change_all change = {
		.where = &where, .want = &want, .kind = "stop", .command = "postern stop",
		.out = &out, .quiet = true, .supersedes = true,
		.typed = { stop_words, ARRAY_SIZE(stop_words) },
	};
	int r;

	if (argc > 1)
		return wrong_usage(argv[0]);
	r = where_find(&where, &err);
	if (!r)
		r = read_have(&have, &err);
	if (!r) {
		boot_empty(&want, &have);
		r = change_all(&change, &err);
	}
	if (r < 0)
		return safety_fail(&err);
	if (change.changed)
		sink_printf(&out, "stopped: every packet passes.\n"
			    "`postern start' loads the saved rules, `postern rollback %" PRIu64
			    "' what was in force.\n", change.number);
	return sink_flush(&out) < 0;
}

int run_panic(int argc, char **argv)
{
	AUTO_LIFELINES lines = LIFELINES_INIT;
	AUTO_CONFIG config = { 0 };
	AUTO_RULESET want = RULESET_INIT;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO), four = SINK_MEMORY, six = SINK_MEMORY;
	struct err err = ERR_INIT;
	struct where where;
	struct change_all change = {
		.where = &where, .want = &want, .kind = "panic", .command = "postern panic",
		.out = &out, .quiet = true, .supersedes = true,
	};
	int r;

	if (argc > 1)
		return wrong_usage(argv[0]);
	r = where_find(&where, &err);
	if (!r)
		r = config_read(&config, CONFIG_FILE, &err);
	if (!r)
		r = lifelines_find(&lines, &config, &err);
	if (!r) {
		boot_panic(&four, FAMILY_IPV4, &lines);
		boot_panic(&six, FAMILY_IPV6, &lines);
		r = snapshot_parse(&want, FAMILY_IPV4, sink_text(&four), four.len, "panic", false,
				   &err);
	}
	if (!r)
		r = snapshot_parse(&want, FAMILY_IPV6, sink_text(&six), six.len, "panic", false,
				   &err);
	if (!r)
		r = change_all(&change, &err);
	if (r < 0)
		return safety_fail(&err);
	sink_str(&out, "panic: everything is dropped but\n");
	for (const struct lifeline *l = lines.first; l; l = l->next) {
		sink_str(&out, "  ");
		lifeline_print(&out, l);
		sink_char(&out, '\n');
	}
	sink_printf(&out, "  loopback%s\n`postern rollback %" PRIu64 "' or `postern restart' ends "
		    "it.\n", lines.first ? "" : " (no lifeline was found)", change.number);
	return sink_flush(&out) < 0;
}

/* ------------------------------------------------------------------ status */

struct counts {
	unsigned tables, rules, drops;
};

static void count(struct counts *n, const struct ruleset *rs, enum family family)
{
	for (const struct table *t = rs->first; t; t = t->next) {
		if (t->family != family || !t->exists)
			continue;
		n->tables++;
		for (const struct chain *c = t->first; c; c = c->next) {
			n->rules += c->rule_count;
			n->drops += c->policy == POLICY_DROP;
		}
	}
}

/* `alone`: no older dialect has a word on this family. */
static bool put_family(struct sink *out, const struct ruleset *rs, enum family family, bool alone)
{
	struct counts n = { 0 };

	count(&n, rs, family);
	sink_printf(out, "%s: ", family == FAMILY_IPV6 ? "IPv6" : "IPv4");
	if (!n.rules && !n.drops)
		sink_str(out, alone ? "open, every packet passes\n" : "no rules of iptables\n");
	else
		sink_printf(out, "%u rule%s in %u table%s, %u polic%s DROP\n", n.rules,
			    n.rules == 1 ? "" : "s", n.tables, n.tables == 1 ? "" : "s", n.drops,
			    n.drops == 1 ? "y" : "ies");
	return n.rules || n.drops;
}

/*
 * A save names every built-in chain of a table; that the kernel has not made one of them yet, with
 * nothing in it and open, is no difference to a packet.
 */
static bool differs(const struct difference *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];
		bool placeholder = c->kind == CHANGE_CHAIN_ADDED && c->of->builtin &&
				   c->of->policy == POLICY_ACCEPT;

		if (!placeholder && c->kind != CHANGE_TABLE_ADDED)
			return true;
	}
	return false;
}

/* Whether the files say what is in force. */
static void put_saved(struct sink *out, const struct where *where, const struct ruleset *have)
{
	AUTO_RECORD record = { 0 };
	AUTO_RULESET saved = RULESET_INIT;
	AUTO_DIFF d = { 0 };
	struct err err = ERR_INIT;
	int r = boot_read(where, BOOT_FILES, &record, &err);

	if (r == -ENOENT && !err_is_set(&err)) {
		sink_str(out, "saved: nothing; the next boot is open (`postern save')\n");
		return;
	}
	if (!r)
		r = snapshot_parse(&saved, FAMILY_IPV4, record.v4.text, record.v4.len,
				   boot_files()->v4, false, &err);
	if (!r)
		r = snapshot_parse(&saved, FAMILY_IPV6, record.v6.text, record.v6.len,
				   boot_files()->v6, false, &err);
	if (r < 0) {
		sink_printf(out, "saved: %.*s: the next boot takes the last good copy\n",
			    (int)strcspn(err.text, "\n"), err.text);
		return;
	}
	diff_rulesets(&d, have, &saved, DIFF_WHOLE);
	if (!differs(&d)) {
		sink_str(out, "saved: what is in force\n");
		return;
	}
	sink_str(out, "saved: something else (");
	diff_print_counts(out, &d);
	sink_str(out, " by `postern restart')\n");
}

static void put_pending(struct sink *out, const struct where *where)
{
	AUTO_RECORD record = { 0 };
	struct err ignored = ERR_INIT;

	if (pending_read(where, &record, &ignored) || pending_is_stale(where, &record))
		return;
	sink_printf(out, "waiting: change %" PRIu64 " (%s), %" PRIu64 " seconds left to `postern "
		    "confirm'\n", record.number, record.command.text ? record.command.text : "?",
		    pending_left(&record));
}

static void put_others(struct sink *out)
{
	AUTO_SINK others = SINK_MEMORY;
	char *line, *p;

	boot_others(&others);
	sink_text(&others);
	for (p = others.text; others.len && (line = strsep(&p, "\n"));)
		if (*line)
			sink_printf(out, "warning: %s is enabled too:\n  at the next boot both "
				    "load rules, and the last one wins\n", line);
}

/* Of init scripts: 3 is "not running". */
enum { STATUS_OPEN = 3 };

/* Of the kernel's rules; those of a store are neither saved nor confirmed. */
static void put_service(struct sink *out, const struct where *where, const struct ruleset *have)
{
	if (where->main)
		put_saved(out, where, have);
	put_pending(out, where);
	put_others(out);
}

int run_status(int argc, char **argv)
{
	const struct call call = { .store = chosen_store() };
	AUTO_BACKEND backend = { 0 };
	AUTO_RULESET have = RULESET_INIT;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO), old = SINK_MEMORY;
	struct err err = ERR_INIT;
	struct where where = { 0 };
	bool closed = false;
	int r;

	if (argc > 1)
		return wrong_usage(argv[0]);
	r = call.store ? 0 : where_find(&where, &err);
	if (!r)
		r = open_backend(&call, &backend, &err);
	if (!r)
		r = snapshot_read(&backend, &have, &err);
	if (!r) {
		r = dialects_print(&old, &backend, &closed, &err);
		closed |= put_family(&out, &have, FAMILY_IPV4, !old.len);
		closed |= put_family(&out, &have, FAMILY_IPV6, true);
		sink_str(&out, sink_text(&old));
	}
	if (r < 0)
		return safety_fail(&err);
	if (!call.store)
		put_service(&out, &where, &have);
	return sink_flush(&out) < 0 ? 1 : closed ? 0 : STATUS_OPEN;
}

/* ------------------------------------------------------------------ guard */

int run_guard(int argc, char **argv)
{
	AUTO_LIFELINES lines = LIFELINES_INIT;
	AUTO_CONFIG config = { 0 };
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct err err = ERR_INIT;
	int r;

	if (argc > 1)
		return wrong_usage(argv[0]);
	r = config_read(&config, CONFIG_FILE, &err);
	if (!r)
		r = lifelines_find(&lines, &config, &err);
	if (r < 0)
		return safety_fail(&err);
	for (const struct lifeline *l = lines.first; l; l = l->next) {
		lifeline_print(&out, l);
		sink_str(&out, "\n  ");
		lifeline_print_why(&out, l);
		sink_char(&out, '\n');
	}
	if (!lines.first)
		sink_str(&out, geteuid() ? "No lifeline found; only root sees them all.\n" :
			 "No lifeline: nobody is logged in over the network.\n");
	if (lines.more)
		sink_printf(&out, "... and more than %d\n", LIFELINES_MOST);
	for (uint32_t i = 0; i < lines.listener_count; i++)
		sink_printf(&out, "logins: port %u (%s, %s)\n", lines.listeners[i].port,
			    lines.listeners[i].family == FAMILY_IPV6 ? "IPv6" : "IPv4",
			    lines.listeners[i].program);
	return sink_flush(&out) < 0;
}
