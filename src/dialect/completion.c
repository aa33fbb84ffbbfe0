// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Completion of iptables for bash: the names and options of the declarations and of the program
 * itself, and two functions that choose among them.
 */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "dialect/describe.h"
#include "dialect/parser.h"

static void put_names(struct sink *sink, enum ext_kind kind)
{
	const struct ext *e, *last = NULL;
	const char *gap = "";

	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++) {
		if (e->kind != kind || (last && !strcmp(last->name, e->name)))
			continue;
		sink_printf(sink, "%s%s", gap, e->name);
		gap = " ";
		last = e;
	}
}

/* One of the two families of an extension may have named the option already. */
static void put_new_option(struct sink *options, const char *name)
{
	char word[64];
	int len = snprintf(word, sizeof(word), "--%s ", name);

	if (!strstr(sink_text(options), word))
		sink_bytes(options, word, (size_t)len);
}

/* Options of all extensions that share a name (one for IPv4, one for IPv6) are one case. */
static size_t put_option_case(struct sink *sink, size_t n)
{
	const struct ext *first = ext_nth(n), *e = first;
	AUTO_SINK options = SINK_MEMORY;

	for (; e && e->kind == first->kind && !strcmp(e->name, first->name); e = ext_nth(++n))
		for (const struct opt *o = e->opts; o && o->name; o++)
			put_new_option(&options, o->name);
	if (options.len)
		sink_printf(sink, "\t%c:%s) echo '%s' ;;\n", first->kind == EXT_MATCH ? 'm' : 'j',
			    first->name, sink_text(&options));
	return n;
}

/* The chains of a table: the built-in ones, and those that are there. */
static const char chains_function[] =
	"_postern_chains()\n{\n"
	"\tlocal table=filter i\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\t[[ ${COMP_WORDS[i]} == @(-t|--table) ]] && table=${COMP_WORDS[i + 1]}\n"
	"\tdone\n"
	"\tcase $table in\n";

static const char chains_function_end[] =
	"\tesac\n"
	"\t\"$1\" -t \"$table\" -S 2>/dev/null | sed -n 's/^-N //p'\n"
	"}\n\n";

/* What can stand next: an argument of the word before, or an option of what was named so far. */
static const char complete_function[] =
	"_postern_iptables()\n{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i words\n"
	"\tcase $prev in\n"
	"\t-t | --table) words=$_postern_tables ;;\n"
	"\t-m | --match) words=$_postern_matches ;;\n"
	"\t-j | --jump) words=\"$_postern_targets $(_postern_chains \"$1\")\" ;;\n"
	"\t-p | --protocol) words='tcp udp icmp ipv6-icmp sctp esp ah all' ;;\n"
	"\t-[io] | --in-interface | --out-interface) words=$(ls /sys/class/net 2>/dev/null) ;;\n"
	"\t-[AIDRCLSFZXEPg] | --append | --insert | --delete | --replace | --check | --list | \\\n"
	"\t\t--list-rules | --flush | --zero | --delete-chain | --rename-chain | \\\n"
	"\t\t--policy | --goto)\n"
	"\t\twords=$(_postern_chains \"$1\") ;;\n"
	"\t*)\n"
	"\t\twords=$_postern_plain\n"
	"\t\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\t\tcase ${COMP_WORDS[i]} in\n"
	"\t\t\t-m | --match | -p | --protocol)\n"
	"\t\t\t\twords+=\" $(_postern_options \"m:${COMP_WORDS[i + 1]}\")\" ;;\n"
	"\t\t\t-j | --jump)\n"
	"\t\t\t\twords+=\" $(_postern_options \"j:${COMP_WORDS[i + 1]}\")\" ;;\n"
	"\t\t\tesac\n"
	"\t\tdone ;;\n"
	"\tesac\n"
	"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	"}\n";

static void put_chains(struct sink *sink)
{
	for (size_t i = 0; i < builtin_table_count; i++) {
		const struct builtin_table *t = &builtin_tables[i];

		sink_printf(sink, "\t%s) echo", t->name);
		for (size_t n = 0; n < t->count; n++)
			sink_printf(sink, " %s", t->chains[n].name);
		sink_str(sink, " ;;\n");
	}
}

void completion_iptables(struct sink *sink)
{
	const char *gap = "";

	sink_str(sink, "_postern_matches='");
	put_names(sink, EXT_MATCH);
	sink_str(sink, "'\n_postern_targets='");
	put_names(sink, EXT_TARGET);
	sink_str(sink, "'\n_postern_tables='");
	for (size_t i = 0; i < builtin_table_count; i++)
		sink_printf(sink, "%s%s", i ? " " : "", builtin_tables[i].name);
	sink_str(sink, "'\n_postern_plain='");
	for (const struct base_option *o = base_options; o->name; o++) {
		sink_printf(sink, "%s--%s", gap, o->name);
		gap = " ";
	}
	sink_str(sink, "'\n\n_postern_options()\n{\n\tcase $1 in\n");
	for (size_t n = 0; ext_nth(n);)
		n = put_option_case(sink, n);
	sink_str(sink, "\tesac\n}\n\n");
	sink_str(sink, chains_function);
	put_chains(sink);
	sink_str(sink, chains_function_end);
	sink_str(sink, complete_function);
}
