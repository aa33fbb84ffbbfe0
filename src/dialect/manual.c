// SPDX-License-Identifier: GPL-2.0-or-later
/* The manual page of all extensions and the shell completion, from the declarations. */
#include <stdio.h>
#include <string.h>

#include "base/wrap.h"
#include "dialect/describe.h"

void manual_text(struct sink *sink, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			sink_str(sink, "\\&");
		line_start = *text == '\n';
		if (*text == '-')
			sink_str(sink, "\\-");
		else if (*text == '\\')
			sink_str(sink, "\\e");
		else
			sink_char(sink, *text);
	}
}

static void put_option(struct sink *sink, const struct opt *o)
{
	const char *metavar = o->metavar ? o->metavar : o->type ? o->type->metavar : "";
	const char *word, *p = o->also ? o->also : "";
	size_t len;

	sink_printf(sink, ".TP\n%s\\fB\\-\\-", opt_is_invertible(o) ? "[\\fB!\\fP] " : "");
	manual_text(sink, o->name);
	sink_str(sink, "\\fP");
	while (*p) {
		char name[64];

		p = word_next(p, &word, &len);
		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		sink_str(sink, ", \\fB\\-\\-");
		manual_text(sink, name);
		sink_str(sink, "\\fP");
	}
	if (*metavar) {
		sink_str(sink, " \\fI");
		manual_text(sink, metavar);
		sink_str(sink, "\\fP");
	}
	sink_char(sink, '\n');
	manual_text(sink, o->help && *o->help ? o->help : "(see above)");
	if (o->preset && strlen(o->preset) < 40) {
		sink_str(sink, "\nDefault: ");
		manual_text(sink, o->preset);
		sink_char(sink, '.');
	}
	sink_char(sink, '\n');
}

static void put_place(struct sink *sink, const struct ext *ext)
{
	sink_printf(sink, "%s.\n", ext->families == IN_BOTH ? "IPv4 and IPv6" :
		    ext->families == IN_V6 ? "IPv6 only" : "IPv4 only");
	if (ext->tables) {
		sink_str(sink, "Valid in the tables ");
		describe_tables(sink, ext->tables);
		sink_str(sink, ".\n");
	}
	if (ext->hooks) {
		sink_str(sink, "Valid in the chains ");
		describe_hooks(sink, ext->hooks);
		sink_str(sink, " and in chains called from there.\n");
	}
	if (ext->gone) {
		manual_text(sink, ext->gone);
		sink_char(sink, '\n');
	}
}

static void put_ext(struct sink *sink, const struct ext *ext)
{
	sink_printf(sink, ".SS %s\n", ext->name);
	manual_text(sink, ext->summary);
	sink_str(sink, ".\n");
	put_place(sink, ext);
	if (ext->manual) {
		sink_str(sink, ".PP\n");
		manual_text(sink, ext->manual);
		sink_char(sink, '\n');
	}
	for (const struct opt *o = ext->opts; o && o->name; o++)
		if (!(o->flags & OPT_HIDDEN))
			put_option(sink, o);
	if (ext->examples && ext->examples[0].rule)
		sink_str(sink, ".PP\nExamples:\n");
	for (const struct example *x = ext->examples; x && x->rule; x++) {
		sink_str(sink, ".TP\n.B ");
		manual_text(sink, x->rule);
		sink_char(sink, '\n');
		manual_text(sink, x->means ? x->means : "");
		sink_char(sink, '\n');
	}
}

void manual_extensions(struct sink *sink, const char *date)
{
	enum ext_kind kind = EXT_TARGET;
	const struct ext *e;

	sink_printf(sink,
		".TH IPTABLES\\-EXTENSIONS 8 \"%s\" Postern \"System Manager's Manual\"\n",
		    date);
	sink_str(sink, ".nh\n.ad l\n.SH NAME\niptables\\-extensions \\(em matches and targets of "
		 "iptables and ip6tables\n");
	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++) {
		if (!n || e->kind != kind) {
			sink_printf(sink, ".SH \"%s\"\n",
				    e->kind == EXT_MATCH ? "MATCH EXTENSIONS" : "TARGET "
				    	"EXTENSIONS");
			sink_str(sink, e->kind == EXT_MATCH ?
				 "A match is named with \\fB\\-m\\fP; \\fB!\\fP before an option "
				 "marked "
				 "[\\fB!\\fP] inverts it.\n" :
				 "A target is named with \\fB\\-j\\fP.\n");
			kind = e->kind;
		}
		put_ext(sink, e);
	}
}

/* ---------------------------------------------------------------- completion */

static void put_names(struct sink *sink, enum ext_kind kind, unsigned families)
{
	const struct ext *e;
	const char *gap = "";

	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++) {
		if (e->kind != kind || !(e->families & families))
			continue;
		sink_printf(sink, "%s%s", gap, e->name);
		gap = " ";
	}
}

static void put_option_case(struct sink *sink, const struct ext *ext)
{
	const char *gap = "";

	if (!ext->opts || !ext->opts[0].name)
		return;
	sink_printf(sink, "\t%c:%s) echo '", ext->kind == EXT_MATCH ? 'm' : 'j', ext->name);
	for (const struct opt *o = ext->opts; o->name; o++) {
		sink_printf(sink, "%s--%s", gap, o->name);
		gap = " ";
	}
	sink_str(sink, "' ;;\n");
}

/* The chains of a table: the built-in ones, and those that are there. */
static const char chains_function[] =
	"_postern_chains()\n{\n"
	"\tlocal table=filter i\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\t[[ ${COMP_WORDS[i]} == @(-t|--table) ]] && table=${COMP_WORDS[i + 1]}\n"
	"\tdone\n"
	"\tcase $table in\n"
	"\tnat) echo PREROUTING INPUT OUTPUT POSTROUTING ;;\n"
	"\tmangle) echo PREROUTING INPUT FORWARD OUTPUT POSTROUTING ;;\n"
	"\traw) echo PREROUTING OUTPUT ;;\n"
	"\t*) echo INPUT FORWARD OUTPUT ;;\n"
	"\tesac\n"
	"\t\"$1\" -t \"$table\" -S 2>/dev/null | sed -n 's/^-N //p'\n"
	"}\n\n";

/* What can stand next: an argument of the word before, or an option of what was named so far. */
static const char complete_function[] =
	"_postern()\n{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i words\n"
	"\tcase $prev in\n"
	"\t-t | --table) words='filter nat mangle raw security' ;;\n"
	"\t-m | --match) words=$_postern_matches ;;\n"
	"\t-j | --jump) words=\"$_postern_targets $(_postern_chains \"$1\")\" ;;\n"
	"\t-p | --protocol) words='tcp udp icmp ipv6-icmp sctp esp ah all' ;;\n"
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
	"}\n"
	"complete -F _postern iptables ip6tables iptables-nft ip6tables-nft iptables-legacy \\\n"
	"\tip6tables-legacy\n";

static const char plain_options[] =
	"--append --insert --delete --replace --check --list --list-rules --flush --zero "
	"--new-chain --delete-chain --policy --rename-chain --table --protocol --source "
	"--destination --in-interface --out-interface --match --jump --goto --numeric "
	"--verbose --exact --line-numbers --wait --help --version";

void completion_bash(struct sink *sink)
{
	const struct ext *e;

	sink_str(sink, "# bash completion for iptables and ip6tables; generated by "
		 "`postern completion'\n_postern_matches='");
	put_names(sink, EXT_MATCH, IN_BOTH);
	sink_str(sink, "'\n_postern_targets='");
	put_names(sink, EXT_TARGET, IN_BOTH);
	sink_printf(sink, "'\n_postern_plain='%s'\n\n_postern_options()\n{\n\tcase $1 in\n",
		    plain_options);
	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++)
		put_option_case(sink, e);
	sink_str(sink, "\tesac\n}\n\n");
	sink_str(sink, chains_function);
	sink_str(sink, complete_function);
}
