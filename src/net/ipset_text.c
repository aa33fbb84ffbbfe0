// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets from text as `ipset save` prints it and `ipset restore` takes it: lines of create and add. */
#include <errno.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <netinet/in.h>
#include <string.h>

#include "base/num.h"
#include "net/ipset.h"
#include "net/names.h"

enum { WORDS_MOST = 48, LINE_MOST = 1024, RANGE_MOST = 1 << 20 };

/* A line, cut into words; the last ones are not longer than the line. */
struct line {
	char text[LINE_MOST];
	char *words[WORDS_MOST];
	int16_t count;
	int number;
	struct ipsets *sets;
	struct err *err;
};

static int bad(struct line *l, int word, const char *what)
{
	return err_set(l->err, ERR_SYNTAX,
		       (struct place){ .line = l->number, .word = (int16_t)word },
		       "line %d: %s: \"%s\"", l->number, what,
		       word < l->count ? l->words[word] : "");
}

/* Words between blanks; double quotes (of comments) hold them together. */
static int cut(struct line *l, const char *text, size_t len)
{
	char *p = l->text;

	l->count = 0;
	if (len >= sizeof(l->text))
		return bad(l, 0, "the line is too long");
	memcpy(l->text, text, len);
	l->text[len] = '\0';
	for (;;) {
		p += strspn(p, " \t\r");
		if (!*p || (*p == '#' && !l->count))
			return 0;
		if (l->count == WORDS_MOST)
			return bad(l, WORDS_MOST - 1, "there are too many words");
		l->words[l->count++] = p;
		if (*p == '"') {
			l->words[l->count - 1] = ++p;
			p += strcspn(p, "\"");
		} else {
			p += strcspn(p, " \t\r");
		}
		if (!*p)
			return 0;
		*p++ = '\0';
	}
}

static bool number_of(struct line *l, int word, uint64_t most, uint64_t *value)
{
	return word < l->count && num_parse(l->words[word], 0, most, value);
}

/* ------------------------------------------------------------------ create */

static bool split_range(const char *text, char first[64], const char **last)
{
	const char *dash = strchr(text, '-');
	size_t len = dash ? (size_t)(dash - text) : strlen(text);

	if (len >= 64)
		return false;
	memcpy(first, text, len);
	first[len] = '\0';
	*last = dash ? dash + 1 : NULL;
	return true;
}

/* The range of a bitmap: ports, addresses, or a network. */
static bool take_range(struct ipset *set, const char *text)
{
	char first[64], *slash;
	const char *last;
	uint64_t from, to, bits = 32;
	union inet_addr mask;

	if (!split_range(text, first, &last))
		return false;
	if (set->parts[0] == IPSET_PORT) {
		if (!num_parse(first, 0, UINT16_MAX, &from) ||
		    !num_parse(last ? last : first, from, UINT16_MAX, &to))
			return false;
		set->first_port = (uint16_t)from;
		set->last_port = (uint16_t)to;
		return true;
	}
	slash = strchr(first, '/');
	if (slash)
		*slash++ = '\0';
	if (!addr_parse(FAMILY_IPV4, first, &set->first) ||
	    (slash && !num_parse(slash, 0, 32, &bits)))
		return false;
	set->last = set->first;
	addr_mask_from_prefix(FAMILY_IPV4, (unsigned)bits, &mask);
	set->last.v4 |= ~mask.v4;
	return !last || addr_parse(FAMILY_IPV4, last, &set->last);
}

static int take_create_option(struct line *l, struct ipset *set, int *at)
{
	static const char *const sizes[] = { "hashsize", "bucketsize", "initval", "probes",
					     "resize", "gc", "size" };
	const char *word = l->words[*at];
	uint64_t value;

	if (!strcmp(word, "counters"))
		set->has_counters = true;
	else if (!strcmp(word, "skbinfo"))
		set->has_skbinfo = true;
	else if (!strcmp(word, "forceadd"))
		set->forceadd = true;
	if (!strcmp(word, "counters") || !strcmp(word, "skbinfo") || !strcmp(word, "forceadd") ||
	    !strcmp(word, "comment") || !strcmp(word, "-exist") || !strcmp(word, "-!"))
		return 0;
	if (++*at >= l->count)
		return bad(l, *at, "a value is missing here");
	if (!strcmp(word, "family"))
		return 0;
	if (!strcmp(word, "range"))
		return take_range(set, l->words[*at]) ? 0 : bad(l, *at, "no range");
	if (!strcmp(word, "bitmask"))
		return addr_parse((enum family)set->family, l->words[*at], &set->mask) ? 0 :
		       bad(l, *at, "no mask");
	if (!num_parse(l->words[*at], 0, UINT32_MAX, &value))
		return bad(l, *at, "a number is missing here");
	if (!strcmp(word, "timeout")) {
		set->has_timeout = true;
		set->timeout = (uint32_t)value;
	} else if (!strcmp(word, "maxelem")) {
		set->most = (uint32_t)value;
	} else if (!strcmp(word, "markmask")) {
		set->mark_mask = (uint32_t)value;
	} else if (!strcmp(word, "netmask") && set->family &&
		   value <= addr_len((enum family)set->family) * 8) {
		addr_mask_from_prefix((enum family)set->family, (unsigned)value, &set->mask);
	} else {
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			if (!strcmp(word, sizes[i]))
				return 0;
		return bad(l, *at - 1, "not an option of a set");
	}
	return 0;
}

static int create(struct line *l)
{
	enum family family = FAMILY_IPV4;
	struct ipset *set;
	int r = 0;

	if (l->count < 3)
		return bad(l, l->count, "create takes a name and a type");
	for (int i = 3; i + 1 < l->count; i++)
		if (!strcmp(l->words[i], "family") && !strcmp(l->words[i + 1], "inet6"))
			family = FAMILY_IPV6;
	if (ipsets_find(l->sets, l->words[1]))
		return bad(l, 1, "this set is there already");
	set = ipsets_add(l->sets, l->words[1], l->words[2], family);
	if (!set)
		return bad(l, 2, "no type of sets");
	for (int i = 3; !r && i < l->count; i++)
		r = take_create_option(l, set, &i);
	return r;
}

/* ------------------------------------------------------------------ parts of an element */

static const struct name icmp4[] = {
	{ "echo-reply", 0x0000 }, { "pong", 0x0000 }, { "network-unreachable", 0x0300 },
	{ "host-unreachable", 0x0301 }, { "protocol-unreachable", 0x0302 },
	{ "port-unreachable", 0x0303 }, { "fragmentation-needed", 0x0304 },
	{ "source-route-failed", 0x0305 }, { "network-unknown", 0x0306 },
	{ "host-unknown", 0x0307 }, { "network-prohibited", 0x0309 },
	{ "host-prohibited", 0x030a }, { "TOS-network-unreachable", 0x030b },
	{ "TOS-host-unreachable", 0x030c }, { "communication-prohibited", 0x030d },
	{ "host-precedence-violation", 0x030e }, { "precedence-cutoff", 0x030f },
	{ "source-quench", 0x0400 }, { "network-redirect", 0x0500 }, { "host-redirect", 0x0501 },
	{ "TOS-network-redirect", 0x0502 }, { "TOS-host-redirect", 0x0503 },
	{ "echo-request", 0x0800 }, { "ping", 0x0800 }, { "router-advertisement", 0x0900 },
	{ "router-solicitation", 0x0a00 }, { "ttl-zero-during-transit", 0x0b00 },
	{ "ttl-zero-during-reassembly", 0x0b01 }, { "ip-header-bad", 0x0c00 },
	{ "required-option-missing", 0x0c01 }, { "timestamp-request", 0x0d00 },
	{ "timestamp-reply", 0x0e00 }, { "address-mask-request", 0x1100 },
	{ "address-mask-reply", 0x1200 }, { 0 },
};

static const struct name icmp6[] = {
	{ "no-route", 0x0100 }, { "communication-prohibited", 0x0101 },
	{ "address-unreachable", 0x0103 }, { "port-unreachable", 0x0104 },
	{ "packet-too-big", 0x0200 }, { "ttl-zero-during-transit", 0x0300 },
	{ "ttl-zero-during-reassembly", 0x0301 }, { "bad-header", 0x0400 },
	{ "unknown-header-type", 0x0401 }, { "unknown-option", 0x0402 },
	{ "echo-request", 0x8000 }, { "ping", 0x8000 }, { "echo-reply", 0x8100 },
	{ "pong", 0x8100 }, { "router-solicitation", 0x8500 }, { "router-advertisement", 0x8600 },
	{ "neighbour-solicitation", 0x8700 }, { "neigbour-solicitation", 0x8700 },
	{ "neighbour-advertisement", 0x8800 }, { "neigbour-advertisement", 0x8800 },
	{ "redirect", 0x8900 }, { 0 },
};

/* Type and code: a name, or "8/0". */
static bool icmp_of(const char *text, bool six, uint16_t *port)
{
	const struct name *name = name_find(six ? icmp6 : icmp4, text);
	const char *end;
	uint64_t type, code;

	if (name) {
		*port = (uint16_t)name->value;
		return true;
	}
	if (!num_parse_part(text, &end, 0, UINT8_MAX, &type) || *end != '/' ||
	    !num_parse(end + 1, 0, UINT8_MAX, &code))
		return false;
	*port = (uint16_t)(type << 8 | code);
	return true;
}

/* An element being read, with the ends of the ranges that it may be. */
struct reading {
	struct ipset *set;
	struct ipset_key key;
	char name[IPSET_NAME];
	union inet_addr last;		/* of a range of IPv4 addresses, the first one's */
	bool has_range;
	uint16_t last_port;
};

/* "[PROTO:]PORT[-PORT]"; without a protocol TCP's, in a bitmap any. */
static bool take_port(struct reading *r, char *text)
{
	char *colon = strchr(text, ':');
	const char *proto = colon ? text : "tcp", *end;
	uint64_t port, last;
	uint16_t kind;

	if (colon) {
		*colon = '\0';
		text = colon + 1;
	}
	if (r->set->method != IPSET_BITMAP && !proto_number(proto, &r->key.proto))
		return false;
	if (r->key.proto == IPPROTO_ICMP || r->key.proto == IPPROTO_ICMPV6) {
		r->last_port = 0;
		if (!icmp_of(text, r->key.proto == IPPROTO_ICMPV6, &kind))
			return false;
		r->key.port = htons(kind);
		r->last_port = kind;
		return true;
	}
	if (!num_parse_part(text, &end, 0, UINT16_MAX, &port)) {
		uint16_t named;

		if (!service_port(text, proto, &named))
			return false;
		port = named;
		end = "";
	}
	last = port;
	if (*end && (*end != '-' || !num_parse(end + 1, port, UINT16_MAX, &last)))
		return false;
	r->key.port = htons((uint16_t)port);
	r->last_port = (uint16_t)last;
	return true;
}

/* "ADDR[/LEN]", and of IPv4's first one also "ADDR-ADDR". */
static bool take_addr(struct reading *r, char *text, unsigned which)
{
	enum family family = (enum family)r->set->family;
	uint64_t bits = addr_len(family) * 8;
	char *slash = strchr(text, '/'), *dash = which ? NULL : strchr(text, '-');

	if (slash)
		*slash++ = '\0';
	if (slash && !num_parse(slash, 0, bits, &bits))
		return false;
	if (dash)
		*dash++ = '\0';
	if (!addr_parse(family, text, &r->key.addr[which]) ||
	    (dash && (family != FAMILY_IPV4 || !addr_parse(family, dash, &r->last))))
		return false;
	r->has_range |= dash != NULL;
	r->key.prefix[which] = (uint8_t)bits;
	return true;
}

static bool take_mac(struct reading *r, const char *text)
{
	for (int i = 0; i < 6; i++) {
		uint64_t byte = 0;
		char digits[5] = "0x";

		digits[2] = text[0];
		digits[3] = text[0] ? text[1] : '\0';
		if (!digits[3] || !num_parse(digits, 0, UINT8_MAX, &byte) ||
		    text[2] != (i < 5 ? ':' : '\0'))
			return false;
		r->key.mac[i] = (uint8_t)byte;
		text += 3;
	}
	return true;
}

static bool take_name(struct reading *r, const char *text, size_t most)
{
	if (r->set->parts[0] != IPSET_SET && !strncmp(text, "physdev:", 8)) {
		r->key.physdev = true;
		text += 8;
	}
	if (!*text || strlen(text) >= most)
		return false;
	memcpy(r->name, text, strlen(text) + 1);
	return true;
}

static bool take_part(struct reading *r, enum ipset_part part, char *text, unsigned *addrs)
{
	uint64_t mark;

	switch (part) {
	case IPSET_NONE:
		return false;
	case IPSET_IP:
	case IPSET_NET:
		return take_addr(r, text, (*addrs)++);
	case IPSET_PORT:
		return take_port(r, text);
	case IPSET_IFACE:
		return take_name(r, text, IFNAMSIZ);
	case IPSET_SET:
		return take_name(r, text, IPSET_NAME);
	case IPSET_MAC:
		return take_mac(r, text);
	case IPSET_MARK:
		if (!num_parse(text, 0, UINT32_MAX, &mark))
			return false;
		r->key.mark = (uint32_t)mark;
		return true;
	}
	return false;
}

static bool take_parts(struct reading *r, char *text)
{
	unsigned addrs = 0;

	for (unsigned i = 0; i < r->set->part_count; i++) {
		char *comma = text ? strchr(text, ',') : NULL;

		/* The card of bitmap:ip,mac may be left open. */
		if (!text)
			return r->set->method == IPSET_BITMAP && i == 1;
		if (comma)
			*comma++ = '\0';
		if (!take_part(r, (enum ipset_part)r->set->parts[i], text, &addrs))
			return false;
		text = comma;
	}
	return !text;
}

/* ------------------------------------------------------------------ add */

static bool take_mark(const char *text, struct ipset_element *e)
{
	const char *end;
	uint64_t mark, mask = UINT32_MAX;

	if (!num_parse_part(text, &end, 0, UINT32_MAX, &mark) ||
	    (*end && (*end != '/' || !num_parse(end + 1, 0, UINT32_MAX, &mask))))
		return false;
	e->skb_mark = (uint32_t)mark;
	e->skb_mark_mask = (uint32_t)mask;
	return true;
}

/* "MAJOR:MINOR", both hexadecimal as tc has them. */
static bool take_priority(const char *text, struct ipset_element *e)
{
	uint32_t halves[2] = { 0 };
	int half = 0;

	for (; *text; text++) {
		unsigned digit = *text >= '0' && *text <= '9' ? (unsigned)(*text - '0') :
				 (*text | 32) >= 'a' && (*text | 32) <= 'f' ?
				 (unsigned)((*text | 32) - 'a' + 10) : 16;

		if (*text == ':' && !half) {
			half = 1;
			continue;
		}
		if (digit > 15 || halves[half] > 0xfff)
			return false;
		halves[half] = halves[half] << 4 | digit;
	}
	e->skb_priority = halves[0] << 16 | halves[1];
	return half == 1;
}

static int take_add_option(struct line *l, struct ipset *set, struct ipset_element *e, int *at)
{
	const char *word = l->words[*at];
	uint64_t value;

	if (!strcmp(word, "nomatch") || !strcmp(word, "wildcard")) {
		e->nomatch |= *word == 'n';
		e->wildcard |= *word == 'w';
		return 0;
	}
	if (!strcmp(word, "-exist") || !strcmp(word, "-!"))
		return 0;
	if (++*at >= l->count)
		return bad(l, *at, "a value is missing here");
	/* Where in a list it stands is the order of a save. */
	if (!strcmp(word, "comment") || !strcmp(word, "before") || !strcmp(word, "after"))
		return 0;
	if (!strcmp(word, "skbmark"))
		return take_mark(l->words[*at], e) ? 0 : bad(l, *at, "no mark");
	if (!strcmp(word, "skbprio"))
		return take_priority(l->words[*at], e) ? 0 : bad(l, *at, "no class");
	if (!number_of(l, *at, UINT64_MAX, &value))
		return bad(l, *at, "a number is missing here");
	if (!strcmp(word, "timeout") && set->has_timeout && value <= UINT32_MAX)
		e->expires = value * 1000000000;
	else if (!strcmp(word, "packets"))
		e->packets = value;
	else if (!strcmp(word, "bytes"))
		e->bytes = value;
	else if (!strcmp(word, "skbqueue"))
		e->skb_queue = (uint16_t)value;
	else
		return bad(l, *at - 1, "not an option of an element of this set");
	return 0;
}

static int add_one(struct line *l, const struct reading *r, const struct ipset_element *as)
{
	struct ipset_element *e;
	bool is_new;

	if (l->sets->elements >= IPSET_ELEMENTS_MOST)
		return bad(l, 2, "there are more elements than this program takes");
	e = ipset_add(r->set, &r->key, r->name, 0, &is_new);
	if (!e)
		return bad(l, 2, "the set is full");
	l->sets->elements++;
	e->expires = as->expires;
	e->nomatch = as->nomatch;
	e->wildcard = as->wildcard;
	e->packets = as->packets;
	e->bytes = as->bytes;
	e->skb_mark = as->skb_mark;
	e->skb_mark_mask = as->skb_mark_mask;
	e->skb_priority = as->skb_priority;
	e->skb_queue = as->skb_queue;
	e->no_mac = r->set->method == IPSET_BITMAP && r->set->part_count == 2 &&
		    bytes_are_zero(r->key.mac, sizeof(r->key.mac));
	return 0;
}

/* A range of addresses: one after the other, or as the fewest networks. */
static int add_range(struct line *l, struct reading *r, const struct ipset_element *as)
{
	uint64_t at = ntohl(r->key.addr[0].v4), last = ntohl(r->last.v4), n = 0;
	int result = 0;

	if (at > last)
		return bad(l, 2, "the range ends before it begins");
	while (!result && at <= last) {
		unsigned bits = 32;

		if (n++ == RANGE_MOST)
			return bad(l, 2, "the range is too long");
		while (r->set->parts[0] == IPSET_NET && bits > 1 && !(at & 1u << (32 - bits)) &&
		       at + (UINT64_C(2) << (32 - bits)) - 1 <= last)
			bits--;
		r->key.addr[0].v4 = htonl((uint32_t)at);
		r->key.prefix[0] = (uint8_t)bits;
		result = add_one(l, r, as);
		at += UINT64_C(1) << (32 - bits);
	}
	return result;
}

/* A network of a set of addresses is each of them. */
static bool is_several(const struct reading *r)
{
	return r->set->family == FAMILY_IPV4 && r->set->parts[0] == IPSET_IP &&
	       r->key.prefix[0] < 32;
}

static int add(struct line *l)
{
	struct ipset *set = l->count > 1 ? ipsets_find(l->sets, l->words[1]) : NULL;
	struct reading r = { .set = set };
	struct ipset_element as = { 0 };
	int result = 0;
	uint16_t port;

	if (!set)
		return bad(l, 1, "this set was not created above");
	if (set->has_timeout)
		as.expires = set->timeout * UINT64_C(1000000000);
	for (int i = 3; !result && i < l->count; i++)
		result = take_add_option(l, set, &as, &i);
	if (result)
		return result;
	if (l->count < 3 || !take_parts(&r, l->words[2]))
		return bad(l, 2, "no element of this set");
	if (is_several(&r)) {
		union inet_addr mask;

		addr_mask_from_prefix(FAMILY_IPV4, r.key.prefix[0], &mask);
		addr_apply_mask(&r.key.addr[0], &mask);
		r.last.v4 = r.key.addr[0].v4 | ~mask.v4;
		r.has_range = true;
	}
	port = ntohs(r.key.port);
	do {
		struct reading one = r;

		one.key.port = htons(port);
		result = r.has_range ? add_range(l, &one, &as) : add_one(l, &one, &as);
	} while (!result && port++ < r.last_port);
	return result;
}

int ipsets_parse(struct ipsets *sets, const char *text, size_t len, struct err *err)
{
	struct line l = { .sets = sets, .err = err };
	const char *end = text + len;
	int r = 0;

	while (!r && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		l.number++;
		r = cut(&l, text, newline ? (size_t)(newline - text) : (size_t)(end - text));
		if (r || !l.count)
			;
		else if (!strcmp(l.words[0], "create") || !strcmp(l.words[0], "-N"))
			r = create(&l);
		else if (!strcmp(l.words[0], "add") || !strcmp(l.words[0], "-A"))
			r = add(&l);
		else if (strcmp(l.words[0], "COMMIT") != 0)
			r = bad(&l, 0, "neither create nor add");
		text = newline ? newline + 1 : end;
	}
	return r;
}
