// SPDX-License-Identifier: GPL-2.0-or-later
/* iptables and ip6tables: one command line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

void warn_of_legacy(const struct call *call, const char *what)
{
	bool six = call->family == FAMILY_IPV6;
	const char *name = six ? "ip6tables" : "iptables";
	FILE *f = fopen(six ? "/proc/net/ip6_tables_names" : "/proc/net/ip_tables_names", "re");

	if (!f)
		return;
	if (fgetc(f) != EOF && !call->store && !strcmp(call->flavour, "nf_tables"))
		fprintf(stderr,
			"# Warning: %s-legacy tables present, use %s-legacy%s to see them\n",
			name, name, what);
	fclose(f);
}

static int list(const struct backend *backend, const struct command *c,
		const struct iptables_options *options, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct table *t = read_table(backend, &rs, c->family, c->table, c->chain, err);
	struct chain *only = NULL;

	if (!t)
		return -1;
	if (c->chain) {
		only = table_chain(t, c->chain);
		if (!only || only->foreign || (!only->exists && !only->builtin)) {
			err_styled(err, ERR_OTHER, ERR_STYLE_PLAIN, c->chain_place,
				   "No chain/target/match by that name");
			err->errnum = ENOENT;
			return -1;
		}
	}
	if (table_has_foreign(t))
		sink_printf(&out, "# Table `%s' contains incompatible base-chains, "
			    "use 'nft' tool to list them.\n", t->name);
	if (c->kind == COMMAND_LIST)
		iptables_list(&out, t, only, c->number, options);
	else
		iptables_list_rules(&out, t, only, c->number, options->verbose > 0);
	return sink_flush(&out) < 0 ? err_errno(err, ERR_OTHER, -out.error, "cannot write: %s",
						strerror(-out.error)) : 0;
}

static int change(const struct transaction *t, const struct command *c,
		  const struct iptables_options *options, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct names names = { 0 };
	int r = 0;

	if (options->verbose)
		r = verbose_names(t->backend, t->arena, c, true, &names, err);
	if (!r)
		r = transact(t, c, err);
	if (!r && options->verbose)
		verbose_print(&out, c, true, &names);
	sink_flush(&out);
	free(names.items);
	if (!r && c->kind == COMMAND_APPEND && isatty(STDERR_FILENO))
		hint_unreachable(t->backend, c);
	return r;
}

static int carry_out(const struct call *call, struct arena *arena, struct command *c,
		     const struct iptables_options *options, struct err *err)
{
	AUTO_BACKEND backend = { 0 };
	struct transaction t = {
		.call = call, .backend = &backend, .arena = arena, .trust = PLAN_HOPES,
	};
	int r = open_backend(call, &backend, err);

	while (!r && c) {
		struct command *next = c->next;

		c->next = NULL;
		if (c->kind == COMMAND_LIST || c->kind == COMMAND_LIST_RULES) {
			r = list(&backend, c, options, err);
			if (r < 0 && call->explain)
				hint_missing(&backend, c, err);
			warn_of_legacy(call, "");
		} else {
			r = change(&t, c, options, err);
		}
		c = next;
	}
	return r;
}

int run_iptables(const struct call *call)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct iptables_options options = { 0 };
	struct command command = { 0 };
	struct words words = {
		.items = call->words, .count = call->word_count, .program = call->program,
	};
	int r = iptables_parse(&arena, call->family, &words, &options, &command, &err);

	if (options.warnings)
		fputs(options.warnings, stderr);
	if (r < 0)
		return fail(call, &err);
	if (options.help) {
		AUTO_SINK out = SINK_FD(STDOUT_FILENO);

		print_version(call);
		fflush(stdout);
		iptables_help(&out, call->program, call->family, options.help_for);
		return sink_flush(&out) < 0;
	}
	if (options.version || command.kind == COMMAND_NONE) {
		print_version(call);
		return fflush(stdout) ? 1 : 0;
	}
	if (!builtin_table(command.table)) {
		err_set(&err, ERR_VERSION, PLACE_NONE, "table '%s' does not exist",
			command.table);
		return fail(call, &err);
	}
	if (carry_out(call, &arena, &command, &options, &err) < 0)
		return fail(call, &err);
	return 0;
}
