// SPDX-License-Identifier: GPL-2.0-or-later
/* ipchains-save and ipchains-restore. A restore is one transaction, or none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ipchains.h"

/* ------------------------------------------------------------------ save */

static int bad_usage(const char *program, const char *usage, const char *word)
{
	fprintf(stderr, "%s: unknown argument `%s'\nUsage: %s %s\n", program, word, program,
		usage);
	return 2;
}

static int save(struct old_session *s, const char *chain, bool verbose, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	AUTO_SINK shown = SINK_FD(STDERR_FILENO);
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = old_read(s, &rs, IPCHAINS_TABLE, err);
	struct chain *only = t && chain ? table_chain(t, chain) : NULL;

	if (!t)
		return -EIO;
	if (chain && (!only || only->foreign))
		return err_errno(err, ERR_OTHER, ENOENT, "No chain by that name");
	for (struct chain *c = t->first; c; c = c->next) {
		if (c->foreign || (only && c != only))
			continue;
		sink_printf(&shown, "Saving `%s'.\n", c->name);
		for (struct rule *r = c->first; verbose && r; r = r->next)
			if (!r->unsaid)
				ipchains_echo(&shown, r);
	}
	sink_flush(&shown);
	ipchains_save(&out, t, only);
	if (sink_flush(&out) < 0)
		return err_errno(err, ERR_OTHER, -out.error, "cannot write: %s",
				 strerror(-out.error));
	return 0;
}

int run_ipchains_save(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	struct err err = ERR_INIT;
	const char *chain = NULL;
	bool verbose = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			verbose = true;
		else if (argv[i][0] == '-' || chain)
			return bad_usage(name, "[-v] [CHAIN]", argv[i]);
		else
			chain = argv[i];
	}
	if (old_open(&s, name, &err) < 0 || save(&s, chain, verbose, &err) < 0)
		return ipchains_fail(name, &err);
	return 0;
}

/* ------------------------------------------------------------------ restore */

struct restore {
	struct old_session *session;
	const char *program;
	bool verbose, flush, create;
	struct command *first, **end;
	struct names made;	/* user chains that are there, or will be */
	struct names skipped;	/* chains whose rules are passed over */
	struct err *err;
	int line;
};

static bool has_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], name))
			return true;
	return false;
}

static struct command *add(struct restore *r, enum command_kind kind, const char *chain)
{
	struct command *c = arena_alloc(&r->session->arena, sizeof(*c));

	*c = (struct command){
		.kind = kind, .family = FAMILY_IPV4, .table = IPCHAINS_TABLE, .chain = chain,
		.line = r->line, .chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};
	*r->end = c;
	r->end = &c->next;
	return c;
}

static void append(struct restore *r, struct command *c)
{
	*r->end = c;
	while (c->next)
		c = c->next;
	r->end = &c->next;
}

/* On the terminal, as ever; without one the careful answer counts. */
static bool asks_to_flush(const struct restore *r, const char *chain)
{
	FILE *tty;
	int answer = 'S';

	if (r->flush)
		return true;
	tty = fopen("/dev/tty", "r+e");
	if (!tty) {
		fprintf(stderr, "Chain `%s' already exists: skipped (-f flushes).\n", chain);
		return false;
	}
	fprintf(tty, "Chain `%s' already exists. Skip or flush? [S/f] ", chain);
	fflush(tty);
	answer = fgetc(tty);
	fclose(tty);
	return answer == 'f' || answer == 'F';
}

static int bad_line(struct restore *r, const char *text)
{
	return err_set(r->err, ERR_OTHER, PLACE_NONE, "line %d: %s", r->line, text);
}

/* The words of a line as ipchains' own. */
static int parse(struct restore *r, const char **items, size_t count)
{
	const struct ipchains_words words = { .items = items, .count = count, .line = r->line };
	struct ipchains_call call = { 0 };
	struct err err = ERR_INIT;

	if (ipchains_parse(&r->session->arena, &words, &call, &err) < 0)
		return bad_line(r, err.text);
	if (call.action != IPCHAINS_COMMANDS)
		return bad_line(r, "only rules and policies can be restored");
	append(r, call.commands);
	return 0;
}

static int declare(struct restore *r, const char *name, const char *policy)
{
	const char *words[] = { "-P", name, policy };

	if (builtin_chain(IPCHAINS_TABLE, name))
		return parse(r, words, 3);
	if (strcmp(policy, "-") != 0)
		return bad_line(r, "a user chain has no policy");
	if (old_has_chain(r->session, IPCHAINS_TABLE, name)) {
		if (asks_to_flush(r, name))
			add(r, COMMAND_FLUSH, name);
		else
			VEC_PUSH(&r->skipped, name);
	} else {
		const char *create[] = { "-N", name };

		if (!has_name(&r->made, name) && parse(r, create, 2) < 0)
			return -EINVAL;
	}
	VEC_PUSH(&r->made, name);
	return 0;
}

static bool is_known(const struct restore *r, const char *chain)
{
	return has_name(&r->made, chain) || old_has_chain(r->session, IPCHAINS_TABLE, chain);
}

/* -p: a chain that a rule is for, or jumps to, and nobody declared. */
static int make_missing(struct restore *r, const char *chain)
{
	if (is_known(r, chain))
		return 0;
	if (!r->create)
		return 1;
	add(r, COMMAND_NEW_CHAIN, chain);
	VEC_PUSH(&r->made, chain);
	return 0;
}

static int take_rule(struct restore *r, const char **items, size_t count)
{
	struct command **at = r->end, *c;

	if (has_name(&r->skipped, items[1]))
		return 0;
	if (parse(r, items, count) < 0)
		return -EINVAL;
	/* Chains that are made on the way come first. */
	c = *at;
	*at = NULL;
	r->end = at;
	if (make_missing(r, c->chain))
		return bad_line(r, "No chain by that name");
	for (uint32_t i = 0; i < c->rule_count; i++) {
		const char *to = c->rules[i]->chain_to;

		if (to && (builtin_chain(IPCHAINS_TABLE, to) || make_missing(r, to)))
			return bad_line(r, "No target by that name");
	}
	append(r, c);
	return 0;
}

enum { WORDS_MOST = 64 };

static int take_line(struct restore *r, char *line)
{
	const char *items[WORDS_MOST];
	char *p = arena_strdup(&r->session->arena, line);
	size_t count = 0;

	for (p += strspn(p, " \t\r"); *p && *p != '#' && count < WORDS_MOST;
	     p += strspn(p, " \t\r")) {
		items[count++] = p;
		p += strcspn(p, " \t\r");
		if (*p)
			*p++ = '\0';
	}
	if (!count)
		return 0;
	if (count == WORDS_MOST)
		return bad_line(r, "too many words");
	if (items[0][0] == ':' && count == 2)
		return declare(r, items[0] + 1, items[1]);
	if (items[0][0] == ':')
		return bad_line(r, "a chain has a name and a policy: `:input ACCEPT'");
	if (strcmp(items[0], "-A") != 0 || count < 2)
		return bad_line(r, "neither `:CHAIN POLICY' nor `-A CHAIN RULE'");
	return take_rule(r, items, count);
}

static int read_all(struct restore *r, FILE *in)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int e = 0;

	while (!e && (n = getline(&line, &room, in)) >= 0) {
		r->line++;
		if (n && line[n - 1] == '\n')
			line[--n] = '\0';
		if (strlen(line) != (size_t)n)
			return bad_line(r, "a NUL byte");
		e = take_line(r, line);
	}
	return e;
}

static int apply(struct restore *r)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	int e = r->first ? old_transact(r->session, r->first, r->err) : 0;

	if (e < 0) {
		struct err plain = *r->err;

		if (plain.told)
			return e;
		if (plain.errnum == EPERM || plain.errnum == EACCES) {
			ipchains_reword(r->session, r->first, r->err);
			return e;
		}
		*r->err = ERR_INIT;
		err_errno(r->err, ERR_OTHER, -e, "%s", plain.errnum ? strerror(plain.errnum)
								    : plain.text);
		err_hint(r->err, "%s", plain.hint);
		return e;
	}
	for (const struct command *c = r->verbose ? r->first : NULL; c; c = c->next)
		ipchains_say(&out, c);
	return sink_flush(&out);
}

int run_ipchains_restore(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	struct err err = ERR_INIT;
	struct restore r = { .session = &s, .program = name, .err = &err };
	int e;

	r.end = &r.first;
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-' || !argv[i][1] ||
		    strspn(argv[i] + 1, "vfp") != strlen(argv[i] + 1))
			return bad_usage(name, "[-v] [-f] [-p] <FILE", argv[i]);
		r.verbose |= strchr(argv[i], 'v') != NULL;
		r.flush |= strchr(argv[i], 'f') != NULL;
		r.create |= strchr(argv[i], 'p') != NULL;
	}
	e = old_open(&s, name, &err);
	old_typed(&s, argc, argv);
	if (!e)
		e = read_all(&r, stdin);
	if (!e)
		e = apply(&r);
	mem_free_ptr(&r.made.items);
	mem_free_ptr(&r.skipped.items);
	return e < 0 ? ipchains_fail(name, &err) : 0;
}
