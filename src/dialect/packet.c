// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of a packet become the conditions of a rule, and the rule's tests become the packet
 * (packet_fill.c).
 */
#include "dialect/packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/vec.h"
#include "dialect/parser.h"

/* The words as the parser of rules gets them, and where each of them stood. */
struct rewritten {
	const char **items;
	size_t count, room;
	struct { int *items; size_t count, room; } from;
};

static void rewritten_free(struct rewritten *r)
{
	free(r->items);
	free(r->from.items);
}

static void put(struct rewritten *r, const char *word, int from)
{
	VEC_PUSH(r, word);
	VEC_PUSH(&r->from, from);
}

/* A place in the rewritten words is one in the words that were typed. */
static struct place place_back(const struct rewritten *r, struct place place)
{
	if (place.word < 0)
		return place;
	if ((size_t)place.word < r->count) {
		int from = r->from.items[place.word];

		/* What we put in ourselves stands for the word behind it. */
		if (from < 0)
			place.from = place.to = 0;
		place.word = (int16_t)(from < 0 ? -from - 1 : from);
	} else if (r->count) {
		place.word = (int16_t)(r->from.items[r->count - 1] + 1);
	}
	return place;
}

static int bad(struct err *err, int word, const char *format, const char *text)
{
	return err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)word }, format, text);
}

/* ------------------------------------------------------------------ options of our own */

/* Digits in pairs; blanks, colons and line ends between them. */
static int parse_hex(struct arena *arena, const char *text, struct packet_words *p)
{
	uint8_t *bytes = arena_alloc(arena, strlen(text) / 2 + 1);
	size_t len = 0;

	for (; *text; text++) {
		int high = num_hex_digit(*text), low;

		if (strchr(" \t\r\n:", *text))
			continue;
		low = high < 0 ? -1 : num_hex_digit(text[1]);
		if (low < 0)
			return -EINVAL;
		bytes[len++] = (uint8_t)(high << 4 | low);
		text++;
	}
	p->raw = bytes;
	p->raw_len = len;
	p->said |= SAID_RAW;
	return len ? 0 : -EINVAL;
}

static int parse_payload(struct arena *arena, const char *text, struct packet_words *p)
{
	uint8_t *bytes = arena_alloc(arena, strlen(text) + 1);
	uint32_t len = 0;

	for (; *text; text++) {
		if (*text != '\\') {
			bytes[len++] = (uint8_t)*text;
			continue;
		}
		switch (*++text) {
		case 'n':
			bytes[len++] = '\n';
			break;
		case 'r':
			bytes[len++] = '\r';
			break;
		case '\\':
			bytes[len++] = '\\';
			break;
		case 'x':
			if (num_hex_digit(text[1]) < 0 || num_hex_digit(text[2]) < 0)
				return -EINVAL;
			bytes[len++] = (uint8_t)(num_hex_digit(text[1]) << 4 |
						 num_hex_digit(text[2]));
			text += 2;
			break;
		default:
			return -EINVAL;
		}
	}
	p->spec.payload = bytes;
	p->spec.payload_len = len;
	return 0;
}

/* ------------------------------------------------------------------ matches nobody named */

/* The long option of a word, without dashes and argument; NULL: it is none. */
static const char *option_name(const char *word, size_t *len)
{
	if (strncmp(word, "--", 2) != 0 || !word[2])
		return NULL;
	*len = strcspn(word + 2, "=");
	return word + 2;
}

static bool is_base(const char *name, size_t len)
{
	for (const struct base_option *o = base_options; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return true;
	return false;
}

/*
 * The match that can say an option of a packet: one of its options has the name and a field. Of
 * several (`--mark`) the one that is called like it.
 */
static const struct ext *match_with(enum family family, const char *name, size_t len)
{
	const struct ext *ext, *found = NULL;

	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++) {
		const struct opt *o;

		if (ext->kind != EXT_MATCH || !ext_is_for(ext, family) || ext->implied)
			continue;
		o = ext_option(ext, name, len);
		if (!o || (!o->field && !(o->flags & OPT_ALIAS)))
			continue;
		if (!found || (strlen(ext->name) == len && !strncmp(ext->name, name, len)))
			found = ext;
	}
	return found;
}

/* -p's argument, wherever it stands. */
static const struct ext *match_of_proto(enum family family, const struct words *words)
{
	const struct ext *found = NULL;

	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i], *arg = "";
		uint8_t proto;

		if (!strcmp(word, "-p") || !strcmp(word, "--protocol"))
			arg = i + 1 < words->count ? words->items[i + 1] : "";
		else if (!strncmp(word, "-p", 2))
			arg = word + 2;
		else if (!strncmp(word, "--protocol=", 11))
			arg = word + 11;
		if (*arg && proto_number(arg, &proto))
			found = ext_for_proto(family, proto);
	}
	return found;
}

static bool is_named(const struct rewritten *r, const char *name)
{
	for (size_t i = 0; i + 1 < r->count; i++)
		if (!strcmp(r->items[i], "-m") && !strcmp(r->items[i + 1], name))
			return true;
	return false;
}

static bool a_named_match_has(const struct rewritten *r, enum family family, const char *name,
			      size_t len)
{
	for (size_t i = 0; i + 1 < r->count; i++) {
		const struct ext *ext = strcmp(r->items[i], "-m") != 0 ? NULL :
					ext_find(EXT_MATCH, family, r->items[i + 1]);

		if (ext && ext_option(ext, name, len))
			return true;
	}
	return false;
}

static void name_match(struct rewritten *r, enum family family, const struct ext *implied,
		       const char *word, int from)
{
	size_t len;
	const char *name = option_name(word, &len);
	const struct ext *ext;

	if (!name || is_base(name, len) || (implied && ext_option(implied, name, len)) ||
	    a_named_match_has(r, family, name, len))
		return;
	ext = match_with(family, name, len);
	if (!ext || is_named(r, ext->name))
		return;
	/* A `!` belongs to the option. */
	put(r, "-m", -from - 1);
	put(r, ext->name, -from - 1);
}

/* ------------------------------------------------------------------ from words to a rule */

/* A word with two colons is an address of IPv6; ports have one. */
static bool shows_ipv6(const char *word)
{
	static const char *const others[] = {
		"icmpv6", "ipv6-icmp", "58", "--icmpv6-type", "mh", "ipv6-mh", "mobility-header",
	};
	const char *colon = strchr(word, ':');

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strcmp(word, others[i]))
			return true;
	return *word != '-' && colon && strchr(colon + 1, ':') &&
	       strspn(word, "0123456789abcdefABCDEF:./") == strlen(word);
}

enum family packet_words_family(const struct words *words)
{
	static const char *const free_text[] = { "--mac-source", "--hex", "--payload" };

	for (size_t i = 0; i < words->count; i++) {
		bool is_free = false;

		for (size_t n = 0; i && n < ARRAY_SIZE(free_text); n++)
			is_free |= !strcmp(words->items[i - 1], free_text[n]);
		/* A number may be anything but behind -p. */
		if (words->items[i][0] == '5' && (!i || (strcmp(words->items[i - 1], "-p") != 0 &&
							  !strchr(words->items[i], ':'))))
			continue;
		if (!is_free && shows_ipv6(words->items[i]))
			return FAMILY_IPV6;
	}
	return FAMILY_IPV4;
}

static int rewrite(struct arena *arena, enum family family, const struct words *words,
		   struct rewritten *r, struct packet_words *p, struct err *err)
{
	const struct ext *implied = match_of_proto(family, words);

	put(r, "-A", 0);
	put(r, "packet", 0);
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i];
		bool hex = !strcmp(word, "--hex"), payload = !strcmp(word, "--payload");
		int at = (int)i;

		if (!hex && !payload) {
			if (!strcmp(word, "!"))
				return bad(err, at, "a packet is one packet; `%s' leaves open what "
					   "it has", word);
			name_match(r, family, implied, word, at);
			put(r, word, at);
			continue;
		}
		if (++i == words->count)
			return bad(err, at + 1, "option \"%s\" requires an argument", word);
		if (hex && parse_hex(arena, words->items[i], p) < 0)
			return bad(err, at + 1, "\"%s\" is no packet in hexadecimal digits",
				   words->items[i]);
		if (payload && parse_payload(arena, words->items[i], p) < 0)
			return bad(err, at + 1, "\"%s\": behind a backslash stands n, r, \\ or "
				   "xHH", words->items[i]);
	}
	return 0;
}

static int set_address(const struct rule *rule, const struct rewritten *r, bool source,
		       enum family family, struct packet_words *p, struct err *err)
{
	const struct network *n = source ? &rule->head.src : &rule->head.dst;
	const char *names[2] = { source ? "-s" : "-d", source ? "--source" : "--destination" };

	if (bytes_are_zero(&n->mask, sizeof(n->mask)))
		return 0;
	if (addr_prefix_len(family, &n->mask) != (int)addr_len(family) * 8) {
		for (size_t i = 0; i < r->count; i++)
			if (!strcmp(r->items[i], names[0]) || !strcmp(r->items[i], names[1]))
				return bad(err, r->from.items[i] + 1,
					   "%s: a packet has one address, not a network", names[0]);
		return bad(err, -1, "%s: a packet has one address, not a network", names[0]);
	}
	*(source ? &p->spec.saddr : &p->spec.daddr) = n->addr;
	p->said |= source ? SAID_SRC : SAID_DST;
	return 0;
}

static int set_device(const char *name, bool in, struct packet_words *p, struct err *err)
{
	if (!*name)
		return 0;
	if (name[strlen(name) - 1] == '+')
		return bad(err, -1, "a packet has one device, not those that begin with `%s'",
			   name);
	memcpy(in ? p->meta.in : p->meta.out, name, IFNAMSIZ);
	/* What was said of the way out holds, whatever routing would find. */
	p->meta.known |= in ? KNOWN_IN : KNOWN_OUT;
	p->said |= in ? SAID_IN : SAID_OUT;
	return 0;
}

static int set_head(const struct rule *rule, const struct rewritten *r, enum family family,
		    struct packet_words *p, struct err *err)
{
	int ret = set_address(rule, r, true, family, p, err);

	if (!ret)
		ret = set_address(rule, r, false, family, p, err);
	if (!ret)
		ret = set_device(rule->head.in, true, p, err);
	if (!ret)
		ret = set_device(rule->head.out, false, p, err);
	if (rule->head.proto) {
		p->spec.proto = rule->head.proto;
		p->said |= SAID_PROTO;
	}
	/* -f is any but the first; the second of a usual Ethernet one begins here, not empty. */
	if (rule->head.fragment) {
		p->spec.fragment = 1480;
		if (!p->spec.payload_len) {
			p->spec.payload = (const uint8_t *)"postern";
			p->spec.payload_len = sizeof("postern");
		}
	}
	return ret;
}

static int set_match(enum family family, const struct use *use, struct packet_words *p,
		     struct err *err)
{
	struct test tests[TESTS_MOST];
	int n = use_asks(family, use, tests, TESTS_MOST);

	if (n < 0)
		return bad(err, -1, "-m %s is about more than what one packet has",
			   use->ext->name);
	for (int i = 0; i < n; i++) {
		if (tests[i].ask.negate)
			return bad(err, -1, "`! --%s' leaves open what the packet has",
				   tests[i].opt->name);
		if (packet_words_set(p, &tests[i].ask) < 0)
			return bad(err, -1, "--%s is nothing that a packet can be made with",
				   tests[i].opt->name);
	}
	return 0;
}

static int from_rule(const struct command *command, const struct rewritten *r,
		     struct packet_words *p, struct err *err)
{
	const struct rule *rule = command->rule_count ? command->rules[0] : NULL;
	int ret;

	if (command->kind != COMMAND_APPEND || !rule)
		return bad(err, 0, "%s", "these words are no packet");
	if (command->rule_count > 1)
		return bad(err, -1, "%s", "a packet has one source and one destination");
	if (rule->jump != JUMP_NONE)
		return bad(err, -1, "%s", "a packet has no target");
	ret = set_head(rule, r, command->family, p, err);
	for (uint16_t i = 0; !ret && i < rule->match_count; i++)
		ret = set_match(command->family, &rule->matches[i], p, err);
	return ret;
}

/* --hex: beside the packet itself nothing can be said of its headers. */
static int from_hex(const struct words *words, struct packet_words *p, struct err *err)
{
	size_t at = 0;
	unsigned said = p->said;

	while (strcmp(words->items[at], "--hex") != 0)
		at++;
	p->said &= ~(unsigned)SAID_RAW;
	if (!packet_words_take(p, p->raw, p->raw_len, false))
		return 0;
	if (said & ~(unsigned)(SAID_RAW | SAID_IN | SAID_OUT | SAID_STATE))
		return bad(err, (int)at, "%s is the whole packet; beside it stand only devices, "
			   "marks and states", "--hex");
	return bad(err, (int)at + 1, "\"%s\" is no whole IP packet", words->items[at + 1]);
}

int packet_words_parse(struct arena *arena, enum family family, const struct words *words,
		       struct packet_words *packet, struct err *err)
{
	struct packet_words p = {
		.spec.family = family,
		.meta.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY,
	};
	struct rewritten r = { 0 };
	struct iptables_options options = { 0 };
	struct command command = { 0 };
	struct words rule = *words;
	int ret = rewrite(arena, family, words, &r, &p, err);

	rule.items = r.items;
	rule.count = r.count;
	if (!ret) {
		ret = iptables_parse(arena, family, &rule, &options, &command, err);
		if (ret < 0)
			err->place = place_back(&r, err->place);
	}
	if (!ret)
		ret = from_rule(&command, &r, &p, err);
	if (!ret && p.said & SAID_RAW)
		ret = from_hex(words, &p, err);
	rewritten_free(&r);
	if (!ret)
		*packet = p;
	return ret;
}

static void list_option(struct sink *sink, const struct opt *o)
{
	const char *word, *p = o->also ? o->also : "";
	size_t len;

	sink_printf(sink, "--%s ", o->name);
	while (*p) {
		p = word_next(p, &word, &len);
		sink_printf(sink, "--%.*s ", (int)len, word);
	}
}

void packet_words_list(struct sink *sink)
{
	const struct ext *ext;

	sink_str(sink, "-i -o -s -d -p -f --hex --payload ");
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		for (const struct opt *o = ext->kind == EXT_MATCH ? ext->opts : NULL; o && o->name;
		     o++)
			if (o->field && o->relation != REL_ONE_OF)
				list_option(sink, o);
}
