// SPDX-License-Identifier: GPL-2.0-or-later
/* What a rule says without an extension: -s -d -p -i -o -f -c, and -n -v -x --line-numbers. */
#include <string.h>

#include "base/num.h"
#include "dialect/parser.h"

int head_option_seen(struct parser *p, enum head_option option, int word)
{
	const struct head_option_info *info = &head_options[option];

	if (p->seen & BIT(option)) {
		parse_fail(p, word, "multiple %s options not allowed", info->name);
		if (option == OPTION_SOURCE || option == OPTION_DESTINATION)
			err_hint(p->err, "several addresses go into one: %s 192.0.2.1,192.0.2.7",
				 info->name);
		return -1;
	}
	p->seen |= BIT(option);
	p->seen_word[option] = word;
	if (p->invert) {
		if (!info->invert)
			return parse_fail(p, p->invert_word, "cannot have ! before %s",
					  info->name);
		p->head.invert |= info->invert;
	}
	return 0;
}

/* Headers of IPv6 that never are the last one (is_exthdr in iptables' nft-ipv6.c). */
static bool is_extension_header(uint8_t proto)
{
	return proto == 43 || proto == 44 || proto == 51 || proto == 60;
}

static int protocol_parse(struct parser *p, const struct token *token)
{
	const char *nearest;
	char text[256];
	int r = head_option_seen(p, OPTION_PROTOCOL, token->word);

	if (r)
		return r;
	text_lower(text, sizeof(text), token->argument);
	p->has_protocol = true;
	if (!proto_number(text, &p->head.proto)) {
		err_set(p->err, ERR_SYNTAX, argument_place(p, token),
			"unknown protocol \"%s\" specified", text);
		nearest = proto_nearest(text);
		if (nearest)
			err_hint(p->err, "did you mean -p %s?", nearest);
		else
			err_hint(p->err, "a name such as tcp, udp, icmp, or a number up to 255");
		return -1;
	}
	p->protocol = token->argument;
	if (!p->head.proto && p->head.invert & INVERT_PROTO)
		return parse_fail(p, token->word, "rule would never match protocol");
	if (p->family == FAMILY_IPV6 && is_extension_header(p->head.proto) &&
	    !(p->head.invert & INVERT_PROTO))
		parse_warn(p, "Warning: never matched protocol: %s. use extension match instead.",
			   text);
	return 0;
}

static int interface_parse(struct parser *p, const struct token *token, enum head_option option,
			   char *name)
{
	const char *text = token->argument;
	size_t len = strlen(text);
	int r;

	if (!len)
		return parse_fail(p, token->argument_word,
				  "Empty interface is likely to be undesired");
	r = head_option_seen(p, option, token->word);
	if (r)
		return r;
	if (len >= IFNAMSIZ)
		return err_set(p->err, ERR_SYNTAX, argument_place(p, token),
			       "interface name `%s' must be shorter than %d characters", text,
			       IFNAMSIZ);
	/* "any interface" is no test at all, but "! -i +" (none) is. */
	if (!strcmp(text, "+") && !p->invert)
		return 0;
	memcpy(name, text, len + 1);
	if (strpbrk(text, "/ "))
		parse_warn(p, "Warning: weird character in interface `%s' "
			      "('/' and ' ' are not allowed by the kernel).", text);
	return 0;
}

static int fragment_parse(struct parser *p, const struct token *token)
{
	int r;

	if (p->family == FAMILY_IPV6)
		return parse_fail(p, token->word, "`-f' is not supported in IPv6, "
						  "use -m frag instead");
	r = head_option_seen(p, OPTION_FRAGMENT, token->word);
	if (!r)
		p->head.fragment = true;
	return r;
}

static bool counter_parse(const char *text, size_t len, uint64_t *value)
{
	const char *end;

	return num_parse_decimal(text, &end, 0, UINT64_MAX, value) && end == text + len;
}

/* -c P B, or -c P,B */
static int counters_parse(struct parser *p, const struct token *token)
{
	const char *packets = token->argument, *bytes;
	const char *name = head_options[OPTION_COUNTERS].name;
	size_t len = strlen(packets);
	int r = head_option_seen(p, OPTION_COUNTERS, token->word);

	if (r)
		return r;
	bytes = *packets ? strchr(packets + 1, ',') : NULL;
	if (bytes)
		len = (size_t)(bytes++ - packets);
	else
		bytes = scan_word(p);
	if (!bytes) {
		parse_fail(p, token->word, "%s requires packet and byte counter", name);
		err_hint(p->err, "two numbers: -c PACKETS BYTES");
		return -1;
	}
	if (!counter_parse(packets, len, &p->counters.packets))
		return parse_fail(p, token->argument_word, "%s packet counter not numeric", name);
	if (!counter_parse(bytes, strlen(bytes), &p->counters.bytes))
		return parse_fail(p, (int)p->at - 1, "%s byte counter not numeric", name);
	return 0;
}

static int address_option(struct parser *p, const struct token *token, enum head_option option,
			  const char **text, int *word)
{
	int r = head_option_seen(p, option, token->word);

	*text = token->argument;
	*word = token->argument_word;
	return r;
}

static int verbose_parse(struct parser *p, const struct token *token)
{
	int r = p->options->verbose ? 0 : head_option_seen(p, OPTION_VERBOSE, token->word);

	p->options->verbose++;
	return r;
}

int head_parse(struct parser *p, const struct token *token)
{
	switch (token->letter) {
	case 's':
		return address_option(p, token, OPTION_SOURCE, &p->source, &p->source_word);
	case 'd':
		return address_option(p, token, OPTION_DESTINATION, &p->destination,
				      &p->destination_word);
	case 'p':
		return protocol_parse(p, token);
	case 'i':
		return interface_parse(p, token, OPTION_IN, p->head.in);
	case 'o':
		return interface_parse(p, token, OPTION_OUT, p->head.out);
	case 'f':
		return fragment_parse(p, token);
	case 'c':
		return counters_parse(p, token);
	case 'v':
		return verbose_parse(p, token);
	case 'n':
		p->options->numeric = true;
		return head_option_seen(p, OPTION_NUMERIC, token->word);
	case 'x':
		p->options->exact = true;
		return head_option_seen(p, OPTION_EXACT, token->word);
	case '0':
		p->options->line_numbers = true;
		return head_option_seen(p, OPTION_LINE_NUMBERS, token->word);
	}
	return 0;
}
