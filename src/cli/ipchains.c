// SPDX-License-Identifier: GPL-2.0-or-later
/* ipchains: one command line, its texts and its exit statuses. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ipchains.h"
#include "net/packet.h"

/* ------------------------------------------------------------------ errors */

int ipchains_fail(const char *program, const struct err *err)
{
	fflush(stdout);
	if (err->told)
		return (int)err->code;
	switch (err->code) {
	case ERR_SYNTAX:
		fprintf(stderr, "%s: %s\nTry `%s -h' or '%s --help' for more information.\n",
			program, err->text, program, program);
		return 2;
	case ERR_VERSION:
		fprintf(stderr, "%s: %s\nPerhaps ipchains or your kernel needs to be upgraded.\n",
			program, err->text);
		return 3;
	case ERR_NONE:
	case ERR_OTHER:
	case ERR_RESOURCE:
		break;
	}
	fprintf(stderr, "ipchains: %s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	return 1;
}

static void reword(struct err *err, const char *text)
{
	int errnum = err->errnum;

	*err = ERR_INIT;
	err_set(err, ERR_OTHER, PLACE_NONE, "%s", text);
	err->errnum = errnum;
}

/* The first jump to a chain that is not there, or cannot be jumped to. */
static const char *bad_jump(const struct old_session *s, const struct command *c)
{
	for (uint32_t i = 0; i < c->rule_count; i++) {
		const char *to = c->rules[i]->chain_to;

		if (to && (builtin_chain(IPCHAINS_TABLE, to) ||
			   !old_has_chain(s, IPCHAINS_TABLE, to)))
			return to;
	}
	return NULL;
}

static bool has_rules(struct old_session *s, const char *chain)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err ignored = ERR_INIT;
	struct table *t = old_read(s, &rs, IPCHAINS_TABLE, &ignored);
	struct chain *c = t ? table_chain(t, chain) : NULL;

	return c && c->first;
}

static void reword_rule(struct old_session *s, const struct command *c, struct err *err)
{
	static const char bad_rule[] = "bad rule (does a matching rule exist in that chain?)";

	switch (c->kind) {
	case COMMAND_APPEND:
	case COMMAND_INSERT:
	case COMMAND_REPLACE:
		if (bad_jump(s, c))
			reword(err, "No target by that name");
		else if (err->errnum == E2BIG)
			reword(err, bad_rule);
		return;
	case COMMAND_DELETE:
		reword(err, bad_rule);
		return;
	case COMMAND_DELETE_NUMBER:
		if (err->errnum == E2BIG)
			reword(err, "No chain by that name");
		return;
	default:
		return;
	}
}

/* What planning and kernel said, in the words of the time. */
void ipchains_reword(struct old_session *s, const struct command *c, struct err *err)
{
	if (err->told)
		return;
	if (err->errnum == EPERM || err->errnum == EACCES) {
		reword(err, "Permission denied (you must be root)");
	} else if (err->errnum == ELOOP || err->errnum == EMLINK) {
		char hint[sizeof(err->hint)];

		memcpy(hint, err->hint, sizeof(hint));
		reword(err, "the kernel refuses chains that loop or nest too deep");
		err_hint(err, "%s", hint);
	} else if (c->kind == COMMAND_NEW_CHAIN) {
		if (err->errnum == EEXIST)
			reword(err, "Chain already exists");
	} else if (c->chain && !old_has_chain(s, IPCHAINS_TABLE, c->chain)) {
		reword(err, "No chain by that name");
	} else if (c->kind == COMMAND_DELETE_CHAIN && err->errnum == EBUSY) {
		reword(err, c->chain && !builtin_chain(IPCHAINS_TABLE, c->chain) &&
			    has_rules(s, c->chain) ? "Chain is not empty" : strerror(EBUSY));
	} else {
		err->hint[0] = '\0';
		reword_rule(s, c, err);
	}
	if (err->code == ERR_SYNTAX || err->code == ERR_VERSION)
		reword(err, err->errnum ? strerror(err->errnum) : err->text);
}

/* ------------------------------------------------------------------ what -v says */

/* The chains that a command without one is about: as they were before. */
static void all_names(struct old_session *s, const struct command *c, struct names *names)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err ignored = ERR_INIT;
	struct table *t = old_read(s, &rs, IPCHAINS_TABLE, &ignored);

	for (struct chain *k = t ? t->first : NULL; k; k = k->next)
		if (!k->foreign && (c->kind != COMMAND_DELETE_CHAIN || !k->builtin))
			VEC_PUSH(names, arena_strdup(&s->arena, k->name));
}

static void say_chains(struct sink *out, const struct command *c, const struct names *names)
{
	const char *what = c->kind == COMMAND_FLUSH ? "Flushing" :
			   c->kind == COMMAND_ZERO ? "Zeroing" : "Deleting";

	if (c->kind != COMMAND_FLUSH && c->kind != COMMAND_ZERO && c->kind != COMMAND_DELETE_CHAIN)
		return;
	if (c->chain)
		sink_printf(out, "%s chain `%s'.\n", what, c->chain);
	for (size_t i = 0; i < names->count; i++)
		sink_printf(out, "%s chain `%s'.\n", what, names->items[i]);
}

void ipchains_say(struct sink *out, const struct command *c)
{
	for (uint32_t i = 0; i < c->rule_count; i++)
		ipchains_echo(out, c->rules[i]);
}

/* ------------------------------------------------------------------ commands */

static bool forwarding_is_off(void)
{
	FILE *f = fopen("/proc/sys/net/ipv4/ip_forward", "re");
	bool off = f && fgetc(f) == '0';

	if (f)
		fclose(f);
	return off;
}

static void warn(const struct ipchains_call *call)
{
	if (call->no_warnings)
		return;
	if (call->warnings)
		fputs(call->warnings, stdout);
	if (call->forward_rule && isatty(STDIN_FILENO) && forwarding_is_off())
		fputs("Warning: IP forwarding is off: no packet crosses the forward chain "
		      "(/proc/sys/net/ipv4/ip_forward)\n", stdout);
	fflush(stdout);
}

static int change(struct old_session *s, const struct ipchains_call *call, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	const struct command *c = call->commands;
	struct names names = { 0 };
	int r;

	if (call->verbose && !c->chain)
		all_names(s, c, &names);
	/* To the kernel a built-in chain is a chain like others: it would follow the jump. */
	r = c->kind != COMMAND_DELETE && bad_jump(s, c) &&
			    old_has_chain(s, IPCHAINS_TABLE, c->chain)
		    ? err_errno(err, ERR_OTHER, ENOENT, "No target by that name")
		    : old_transact(s, c, err);
	if (r < 0) {
		ipchains_reword(s, c, err);
	} else if (call->verbose) {
		ipchains_say(&out, c);
		say_chains(&out, c, &names);
	}
	mem_free_ptr(&names.items);
	sink_flush(&out);
	return r;
}

static int zero_all(struct old_session *s, struct err *err)
{
	const struct command zero = {
		.kind = COMMAND_ZERO, .family = FAMILY_IPV4, .table = IPCHAINS_TABLE,
		.chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};

	return old_transact(s, &zero, err);
}

static int list(struct old_session *s, const struct ipchains_call *call, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = old_read(s, &rs, IPCHAINS_TABLE, err);
	struct chain *only = NULL;

	if (!t)
		return -EIO;
	if (call->chain) {
		only = table_chain(t, call->chain);
		if (!only || only->foreign)
			return err_errno(err, ERR_OTHER, ENOENT, "No chain by that name");
	}
	ipchains_list(&out, t, only, call);
	if (sink_flush(&out) < 0)
		return err_errno(err, ERR_OTHER, -out.error, "cannot write: %s",
				 strerror(-out.error));
	return call->zero ? zero_all(s, err) : 0;
}

static int check_one(const struct table *t, const struct chain *chain,
		     const struct ipchains_packet *p, struct err *err)
{
	static const char *const words[] = {
		[OLD_ACCEPTED] = "accepted", [OLD_DENIED] = "denied", [OLD_REJECTED] = "rejected",
		[OLD_MASQUERADED] = "masqueraded", [OLD_REDIRECTED] = "redirected",
		[OLD_PASSED] = "passed through chain",
	};
	bool icmp = p->proto == IPPROTO_ICMP;
	const struct packet_spec spec = {
		.family = FAMILY_IPV4, .saddr = p->src, .daddr = p->dst, .proto = p->proto,
		.sport = p->sport, .dport = p->dport, .tcp_flags = p->syn ? 2 : 16,
		.icmp_type = icmp ? (uint8_t)p->sport : 0,
		.icmp_code = icmp ? (uint8_t)p->dport : 0, .fragment = p->fragment ? 1480 : 0,
	};
	enum old_fate fate = old_judge(t, chain, &spec, p->device, err);

	if (fate == OLD_UNKNOWN)
		return -EINVAL;
	puts(words[fate]);
	return 0;
}

static int check(struct old_session *s, const struct ipchains_call *call, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = old_read(s, &rs, IPCHAINS_TABLE, err);
	struct chain *c = t ? table_chain(t, call->chain) : NULL;
	int r = 0;

	if (!t)
		return -EIO;
	if (!c || c->foreign)
		return err_errno(err, ERR_OTHER, ENOENT, "No chain by that name");
	for (size_t i = 0; !r && i < call->packet_count; i++) {
		AUTO_SINK out = SINK_FD(STDOUT_FILENO);

		if (call->verbose)
			ipchains_echo(&out, call->echo[i]);
		sink_flush(&out);
		r = check_one(t, c, &call->packets[i], err);
		fflush(stdout);
	}
	return r;
}

static int carry_out(struct old_session *s, const struct ipchains_call *call, struct err *err)
{
	switch (call->action) {
	case IPCHAINS_COMMANDS:
		return change(s, call, err);
	case IPCHAINS_LIST:
		return list(s, call, err);
	case IPCHAINS_CHECK:
		return check(s, call, err);
	case IPCHAINS_MASQ_LIST:
		return old_list_masquerade(&(const struct old_flow_style){
			.details = call->verbose, .numeric = call->numeric }, err);
	case IPCHAINS_MASQ_SET:
		return old_set_timeouts(s, IPCHAINS_TABLE, call->timeouts, err);
	case IPCHAINS_HELP:
	case IPCHAINS_HELP_ICMP:
	case IPCHAINS_VERSION_LINE:
		break;
	}
	return err_errno(err, ERR_OTHER, EOPNOTSUPP, "%s", strerror(EOPNOTSUPP));
}

static int print_text(enum ipchains_action action, const char *name)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);

	if (action == IPCHAINS_HELP)
		ipchains_help(&out, name);
	else if (action == IPCHAINS_HELP_ICMP)
		ipchains_help_icmp(&out);
	else
		sink_str(&out, IPCHAINS_VERSION "\n");
	return sink_flush(&out) < 0;
}

int run_ipchains(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	const struct ipchains_words words = {
		.items = (const char *const *)argv + 1,
		.count = argc > 0 ? (size_t)argc - 1 : 0,
	};
	struct ipchains_call call = { 0 };
	struct err err = ERR_INIT;

	if (ipchains_parse(&s.arena, &words, &call, &err) < 0)
		return ipchains_fail(name, &err);
	if (call.action == IPCHAINS_HELP || call.action == IPCHAINS_HELP_ICMP ||
	    call.action == IPCHAINS_VERSION_LINE)
		return print_text(call.action, name);
	warn(&call);
	if (old_open(&s, name, &err) < 0)
		return ipchains_fail(name, &err);
	old_typed(&s, argc, argv);
	return carry_out(&s, &call, &err) < 0 ? ipchains_fail(name, &err) : 0;
}
