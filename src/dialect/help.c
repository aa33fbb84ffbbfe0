// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `iptables -h`, and the options of an extension as `iptables -m X -h` shows them. The first text
 * is iptables' own, line by line; people know their way in it, and firewalld reads the lists of
 * types.
 */
#include <string.h>

#include "dialect/iptables.h"

static const char commands_text[] =
	"Commands:\n"
	"Either long or short options are allowed.\n"
	"  --append  -A chain\t\tAppend to chain\n"
	"  --check   -C chain\t\tCheck for the existence of a rule\n"
	"  --delete  -D chain\t\tDelete matching rule from chain\n"
	"  --delete  -D chain rulenum\n"
	"\t\t\t\tDelete rule rulenum (1 = first) from chain\n"
	"  --insert  -I chain [rulenum]\n"
	"\t\t\t\tInsert in chain as rulenum (default 1=first)\n"
	"  --replace -R chain rulenum\n"
	"\t\t\t\tReplace rule rulenum (1 = first) in chain\n"
	"  --list    -L [chain [rulenum]]\n"
	"\t\t\t\tList the rules in a chain or all chains\n"
	"  --list-rules -S [chain [rulenum]]\n"
	"\t\t\t\tPrint the rules in a chain or all chains\n"
	"  --flush   -F [chain]\t\tDelete all rules in  chain or all chains\n"
	"  --zero    -Z [chain [rulenum]]\n"
	"\t\t\t\tZero counters in chain or all chains\n"
	"  --new     -N chain\t\tCreate a new user-defined chain\n"
	"  --delete-chain\n"
	"            -X [chain]\t\tDelete a user-defined chain\n"
	"  --policy  -P chain target\n"
	"\t\t\t\tChange policy on chain to target\n"
	"  --rename-chain\n"
	"            -E old-chain new-chain\n"
	"\t\t\t\tChange chain name, (moving any references)\n"
	"\n"
	"Options:\n";

static const char family_text[] =
	"    --ipv4\t-4\t\t%s (line is ignored by ip6tables-restore)\n"
	"    --ipv6\t-6\t\t%s (line is ignored by iptables-restore)\n";

static const char options_text[] =
	"[!] --protocol\t-p proto\tprotocol: by number or name, eg. `tcp'\n"
	"[!] --source\t-s address[/mask][...]\n"
	"\t\t\t\tsource specification\n"
	"[!] --destination -d address[/mask][...]\n"
	"\t\t\t\tdestination specification\n"
	"[!] --in-interface -i input name[+]\n"
	"\t\t\t\tnetwork interface name ([+] for wildcard)\n"
	" --jump\t-j target\n"
	"\t\t\t\ttarget for rule (may load target extension)\n"
	"  --goto      -g chain\n"
	"\t\t\t       jump to chain with no return\n"
	"  --match\t-m match\n"
	"\t\t\t\textended match (may load extension)\n"
	"  --numeric\t-n\t\tnumeric output of addresses and ports\n"
	"[!] --out-interface -o output name[+]\n"
	"\t\t\t\tnetwork interface name ([+] for wildcard)\n"
	"  --table\t-t table\ttable to manipulate (default: `filter')\n"
	"  --verbose\t-v\t\tverbose mode\n"
	"  --wait\t-w [seconds]\tmaximum wait to acquire xtables lock before give up\n"
	"  --line-numbers\t\tprint line numbers when listing\n"
	"  --exact\t-x\t\texpand numbers (display exact values)\n";

static const char fragment_text[] =
	"[!] --fragment\t-f\t\tmatch second or further fragments only\n";

static const char last_options_text[] =
	"  --modprobe=<command>\t\ttry to insert modules using this command\n"
	"  --set-counters -c PKTS BYTES\tset the counter during insert/append\n"
	"[!] --version\t-V\t\tprint package version.\n";

const char *const iptables_usage[] = {
	"-[ACD] chain rule-specification [options]",
	"-I chain [rulenum] rule-specification [options]",
	"-R chain rulenum rule-specification [options]",
	"-D chain rulenum [options]",
	"-[LS] [chain [rulenum]] [options]",
	"-[FZ] [chain] [options]",
	"-[NX] chain",
	"-E old-chain-name new-chain-name",
	"-P chain target [options]",
	"-h (print this help information)",
};
const size_t iptables_usage_count = ARRAY_SIZE(iptables_usage);

enum { HELP_COLUMN = 32 };

static void put_help_lines(struct sink *sink, const char *text)
{
	for (; *text; text++) {
		sink_char(sink, *text);
		if (*text == '\n' && text[1])
			for (int i = 0; i < HELP_COLUMN; i++)
				sink_char(sink, ' ');
	}
	sink_char(sink, '\n');
}

static void put_option(struct sink *sink, const struct opt *o)
{
	const char *metavar = o->metavar ? o->metavar : o->type ? o->type->metavar : "";
	const char *word, *also = o->also ? o->also : "";
	size_t start = sink->len, len;

	sink_str(sink, opt_is_invertible(o) ? "[!] --" : "    --");
	sink_str(sink, o->name);
	while (*also) {
		also = word_next(also, &word, &len);
		if (!len)
			break;
		sink_str(sink, ", --");
		sink_bytes(sink, word, len);
	}
	if (metavar && *metavar) {
		sink_char(sink, ' ');
		sink_str(sink, metavar);
	}
	if (!o->help) {
		sink_char(sink, '\n');
		return;
	}
	if (sink->len - start >= HELP_COLUMN) {
		sink_char(sink, '\n');
		start = sink->len;
	}
	sink_pad(sink, start, HELP_COLUMN);
	put_help_lines(sink, o->help);
}

void ext_help(struct sink *sink, const struct ext *ext, enum family family)
{
	const char *kind = ext->kind == EXT_MATCH ? "match" : "target";
	bool any = false;

	for (const struct opt *o = ext->opts; o && o->name; o++)
		any |= !(o->flags & OPT_HIDDEN);
	sink_printf(sink, any ? "%s %s options:\n" : "%s %s takes no options\n", ext->name, kind);
	for (const struct opt *o = ext->opts; o && o->name; o++)
		if (!(o->flags & OPT_HIDDEN))
			put_option(sink, o);
	if (ext->help)
		ext->help(sink, family);
}

void iptables_help(struct sink *sink, const char *program, enum family family,
		   const struct ext *const *exts)
{
	bool six = family == FAMILY_IPV6;

	for (size_t i = 0; i < iptables_usage_count; i++)
		sink_printf(sink, "%s%s %s\n", i ? "       " : "\nUsage: ", program,
			    iptables_usage[i]);
	sink_char(sink, '\n');
	sink_str(sink, commands_text);
	sink_printf(sink, family_text, six ? "Error" : "Nothing", six ? "Nothing" : "Error");
	sink_str(sink, options_text);
	if (!six)
		sink_str(sink, fragment_text);
	sink_str(sink, last_options_text);
	for (; exts && *exts; exts++) {
		sink_char(sink, '\n');
		ext_help(sink, *exts, family);
	}
}
