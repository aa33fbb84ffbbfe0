// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands of ipchains, ipfwadm and ipmasqadm, carried out on a value. */
#include "convert/read.h"

#include <errno.h>
#include <string.h>

#include "base/vec.h"
#include "dialect/autofw.h"
#include "dialect/ipchains.h"
#include "dialect/ipfwadm.h"
#include "dialect/mfw.h"
#include "dialect/portfw.h"
#include "ext/ext.h"
#include "plan/plan.h"

/* ------------------------------------------------------------------ the rules as a view */

static void copy_chain(struct table *to, const struct chain *from)
{
	struct chain *c = table_chain(to, from->name);

	if (!c)
		c = table_add_chain(to, from->name);
	chain_clear(c);
	c->exists = from->exists;
	c->loaded = true;
	c->handle = from->handle;
	c->policy = from->policy;
	c->counts = from->counts;
	c->references = from->references;
	for (const struct rule *r = from->first; r; r = r->next)
		chain_insert(c, rule_copy(&to->ruleset->arena, r), NULL);
}

static int read_table(void *context, struct ruleset *rs, enum family family, const char *table,
		      const char *chain, enum read_depth depth, struct err *err)
{
	const struct ruleset *rules = context;
	const struct table *from = ruleset_table(rules, family, table);
	struct table *to = ruleset_add_table(rs, family, table);

	(void)chain, (void)depth, (void)err;
	to->exists = from && from->exists;
	for (const struct chain *c = from ? from->first : NULL; c; c = c->next)
		copy_chain(to, c);
	table_add_builtins(to);
	return 0;
}

void convert_take_rules(const struct conversion *c, struct ruleset *to)
{
	struct err ignored = ERR_INIT;

	for (const struct table *t = c->rules.first; t; t = t->next)
		read_table((void *)&c->rules, to, t->family, t->name, NULL, READ_RULES, &ignored);
}

static int has_chain(void *context, enum family family, const char *table, const char *chain)
{
	const struct ruleset *rules = context;
	const struct table *t = ruleset_table(rules, family, table);

	const struct chain *c = t ? table_chain(t, chain) : NULL;

	return c && c->exists ? 0 : -ENOENT;
}

static int apply(struct ruleset *rules, const struct command *commands, struct err *err)
{
	AUTO_RULESET read = RULESET_INIT;
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_PLAN plan = { .arena = &arena };
	const struct view view = { .context = rules, .read = read_table, .has_chain = has_chain };
	const struct op *refused = NULL;
	int r = plan_commands(&plan, commands, &view, PLAN_LOOKS, &read, err);

	if (!r)
		r = plan_apply_judged(&plan, rules, false, &refused);
	if (r < 0 && !err_is_set(err))
		r = plan_refused(&plan, refused, -r, err);
	return r;
}

/* ------------------------------------------------------------------ carrying out */

/* A failure may have left half of it. */
static void make_anew(struct reader *r)
{
	ruleset_free(&r->c->rules);
	for (size_t i = 0; i < r->done.count; i++) {
		struct err ignored = ERR_INIT;

		apply(&r->c->rules, r->done.items[i], &ignored);
	}
}

static const char *first_line(struct reader *r, const char *text)
{
	const char *colon = strncmp(text, "iptables", 8) ? NULL : strstr(text, ": ");

	/* Planning speaks as iptables. */
	text = colon ? colon + 2 : text;
	return arena_strndup(r->arena, text, strcspn(text, "\n"));
}

static bool jumps_to_builtin(const struct command *c)
{
	for (uint32_t i = 0; i < c->rule_count; i++)
		if (c->rules[i]->chain_to && builtin_chain(c->table, c->rules[i]->chain_to))
			return true;
	return false;
}

/* What the next dialect's text would take for something else. */
static bool is_plain(const char *name)
{
	if (!name || !*name)
		return true;
	for (const char *p = name; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'\\#", *p))
			return false;
	return !strchr("-!:*", *name);
}

static bool names_are_plain(const struct command *c)
{
	for (uint32_t i = 0; i < c->rule_count; i++) {
		const struct rule *r = c->rules[i];
		const struct use *device = old_find(r, OLD_DEVICE);
		const struct use *address = old_find(r, OLD_ADDRESS);

		if (!is_plain(r->chain_to) || !is_plain(r->head.in) || !is_plain(r->head.out) ||
		    (device && !is_plain(((const struct old_device *)device->data)->name)) ||
		    (address && !is_plain(((const struct old_address *)address->data)->device)))
			return false;
	}
	return is_plain(c->chain);
}

static void carry_out(struct reader *r, struct command *commands)
{
	struct err err = ERR_INIT;

	for (struct command *c = commands; c; c = c->next)
		for (uint32_t i = 0; i < c->rule_count; i++)
			if (!c->rules[i]->line)
				c->rules[i]->line = r->line;
	if (commands && !names_are_plain(commands)) {
		remark(r->c, r->line, "left out: a name with blanks, quotes or the like");
	} else if (commands && jumps_to_builtin(commands)) {
		remark(r->c, r->line, "left out: a built-in chain is no target");
	} else if (commands && apply(&r->c->rules, commands, &err) < 0) {
		remark(r->c, r->line, "left out: %s", first_line(r, err.text));
		make_anew(r);
	} else {
		VEC_PUSH(&r->done, commands);
		r->accepted++;
	}
}

static void no_change(struct reader *r)
{
	remark(r->c, r->line, "left out: it changes no rule");
}

static void timeouts(struct reader *r)
{
	remark(r->c, r->line, "not kept: the time-outs of masqueraded flows");
}

/* ------------------------------------------------------------------ dialects */

static void read_ipchains(struct reader *r, const char *const *words, size_t count)
{
	const struct ipchains_words w = { .items = words, .count = count, .line = r->line };
	struct ipchains_call call = { 0 };
	struct err err = ERR_INIT;

	if (ipchains_parse(r->arena, &w, &call, &err) < 0) {
		remark(r->c, r->line, "left out: %s", err.text);
		return;
	}
	r->accepted++;
	switch (call.action) {
	case IPCHAINS_COMMANDS:
		r->accepted--;
		carry_out(r, call.commands);
		return;
	case IPCHAINS_MASQ_SET:
		timeouts(r);
		return;
	case IPCHAINS_LIST:
	case IPCHAINS_CHECK:
	case IPCHAINS_MASQ_LIST:
	case IPCHAINS_HELP:
	case IPCHAINS_HELP_ICMP:
	case IPCHAINS_VERSION_LINE:
		no_change(r);
		return;
	}
}

/* Of a saved set: ":input DENY", ":mailchk -". */
static void read_declaration(struct reader *r, const char *const *words, size_t count)
{
	const char *policy[] = { "-P", words[0] + 1, words[count - 1] };
	const char *create[] = { "-N", words[0] + 1 };

	if (count != 2)
		remark(r->c, r->line, "left out: a chain has a name and a policy: `:input ACCEPT'");
	else if (!strcmp(words[1], "-"))
		read_ipchains(r, create, 2);
	else
		read_ipchains(r, policy, 3);
}

static bool find_device(void *context, const union inet_addr *addr, char name[IFNAMSIZ])
{
	const struct host *host = context;

	for (const struct device_addr *a = host->addrs; a; a = a->next)
		if (a->family == FAMILY_IPV4 && a->addr.v4 == addr->v4) {
			memcpy(name, a->device->name, IFNAMSIZ);
			return true;
		}
	return false;
}

static void read_ipfwadm(struct reader *r, const char *const *words, size_t count)
{
	static const struct host nowhere = HOST_INIT;
	const struct ipfwadm_devices devices = {
		find_device, (void *)(r->c->host ? r->c->host : &nowhere),
	};
	const struct ipfwadm_words w = { .items = words, .count = count, .devices = &devices };
	struct ipfwadm_call call = { 0 };
	struct err err = ERR_INIT;

	if (ipfwadm_parse(r->arena, &w, &call, &err) < 0) {
		remark(r->c, r->line, "left out: %s", err.text);
		return;
	}
	switch (call.action) {
	case IPFWADM_COMMANDS:
		carry_out(r, call.commands);
		return;
	case IPFWADM_MASQ_SET:
		timeouts(r);
		break;
	case IPFWADM_LIST:
	case IPFWADM_CHECK:
	case IPFWADM_MASQ_LIST:
	case IPFWADM_HELP:
		no_change(r);
		break;
	}
	r->accepted++;
}

/* One of the two lists of port forwards as it is now. */
static const struct chain *forwards_now(struct reader *r, struct ruleset *now, const char *chain)
{
	struct err ignored = ERR_INIT;

	read_table(&r->c->rules, now, FAMILY_IPV4, PORTFW_TABLE, NULL, READ_RULES, &ignored);
	return table_chain(ruleset_table(now, FAMILY_IPV4, PORTFW_TABLE), chain);
}

static void flush_forwards(struct reader *r, const char *chain)
{
	carry_out(r, portfw_command(r->arena, COMMAND_FLUSH, chain));
}

static void change_forwards(struct reader *r, const struct portfw_call *call)
{
	AUTO_RULESET now = RULESET_INIT;
	struct command *commands;

	if (call->action == PORTFW_FLUSH) {
		flush_forwards(r, PORTFW_CHAIN);
		return;
	}
	commands = portfw_commands(r->arena, forwards_now(r, &now, PORTFW_CHAIN), call);
	if (!commands)
		remark(r->c, r->line, "left out: there is no such port forward");
	else
		carry_out(r, commands);
}

/* `modern`: ipmasqadm portfw; else ipportfw. */
static void read_portfw(struct reader *r, const char *const *words, size_t count, bool modern)
{
	struct portfw_call call;
	struct err err = ERR_INIT;
	int e = modern ? portfw_parse(r->arena, words, count, &call, &err)
		       : ipportfw_parse(words, count, &call, &err);

	if (e < 0) {
		remark(r->c, r->line, "left out: %s", err.text);
		return;
	}
	switch (call.action) {
	case PORTFW_LIST:
	case PORTFW_HELP:
		no_change(r);
		return;
	case PORTFW_ADD:
	case PORTFW_DELETE:
	case PORTFW_FLUSH:
		change_forwards(r, &call);
		return;
	}
}

static void change_marked(struct reader *r, const struct mfw_call *call)
{
	AUTO_RULESET now = RULESET_INIT;
	struct command *commands;

	switch (mfw_commands(r->arena, forwards_now(r, &now, MFW_CHAIN), call, &commands)) {
	case 0:
		carry_out(r, commands);
		break;
	case -EEXIST:
		remark(r->c, r->line, "left out: there is such a forward already");
		break;
	case -EOPNOTSUPP:
		remark(r->c, r->line, "left out: preference 0 is for the first forward of a mark");
		break;
	default:
		remark(r->c, r->line, "left out: there is no such forward");
		break;
	}
}

static void read_mfw(struct reader *r, const char *const *words, size_t count)
{
	struct mfw_call call;
	struct err err = ERR_INIT;

	if (mfw_parse(r->arena, words, count, &call, &err) < 0) {
		remark(r->c, r->line, "left out: %s", err.text);
		return;
	}
	switch (call.action) {
	case MFW_LIST:
	case MFW_HELP:
		no_change(r);
		return;
	case MFW_FLUSH:
		flush_forwards(r, MFW_CHAIN);
		return;
	case MFW_APPEND:
	case MFW_INSERT:
	case MFW_DELETE:
	case MFW_EDIT:
	case MFW_NEXT:
		change_marked(r, &call);
		return;
	}
}

static void change_ranges(struct reader *r, const struct autofw_call *call)
{
	AUTO_RULESET now = RULESET_INIT;
	struct command *commands;

	commands = autofw_commands(r->arena, forwards_now(r, &now, AUTOFW_CHAIN), call);
	if (commands)
		carry_out(r, commands);
	else
		remark(r->c, r->line, "left out: there is no such forward");
}

static void read_autofw(struct reader *r, const char *const *words, size_t count)
{
	struct autofw_call call;
	struct err err = ERR_INIT;

	if (autofw_parse(r->arena, words, count, &call, &err) < 0) {
		remark(r->c, r->line, "left out: %s", err.text);
		return;
	}
	switch (call.action) {
	case AUTOFW_LIST:
	case AUTOFW_HELP:
		no_change(r);
		return;
	case AUTOFW_FLUSH:
		flush_forwards(r, AUTOFW_CHAIN);
		return;
	case AUTOFW_ADD:
	case AUTOFW_DELETE:
		change_ranges(r, &call);
		return;
	}
}

static void read_ipmasqadm(struct reader *r, const char *const *words, size_t count)
{
	const char *module = count ? words[0] : "";

	if (!strcmp(module, "portfw"))
		read_portfw(r, words + 1, count - 1, true);
	else if (!strcmp(module, "mfw"))
		read_mfw(r, words + 1, count - 1);
	else if (!strcmp(module, "autofw"))
		read_autofw(r, words + 1, count - 1);
	else
		remark(r->c, r->line, "left out: its modules are portfw, mfw and autofw");
}

void read_command(struct reader *r, const char *const *words, size_t count)
{
	const char *slash = strrchr(words[0], '/'), *name = slash ? slash + 1 : words[0];
	const char *own = r->c->from == DIALECT_IPFWADM ? "ipfwadm" : "ipchains";
	bool chains = r->c->from == DIALECT_IPCHAINS;

	if (!strcmp(name, own) && chains)
		read_ipchains(r, words + 1, count - 1);
	else if (!strcmp(name, own))
		read_ipfwadm(r, words + 1, count - 1);
	else if (chains && words[0][0] == ':')
		read_declaration(r, words, count);
	else if (chains && !strcmp(words[0], "-A"))
		read_ipchains(r, words, count);
	else if (!strcmp(name, "ipmasqadm"))
		read_ipmasqadm(r, words + 1, count - 1);
	else if (!strcmp(name, "ipportfw"))
		read_portfw(r, words + 1, count - 1, false);
	else
		remark(r->c, r->line, "left out: `%s' is no command of %s", words[0], own);
}

void read_end(struct reader *r)
{
	mem_free_ptr(&r->done.items);
}
