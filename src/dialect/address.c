// SPDX-License-Identifier: GPL-2.0-or-later
/* -s and -d: networks, lists of them, and names that stand for several. */
#include <ctype.h>
#include <string.h>

#include "dialect/parser.h"

enum { ADDRS_MOST = 256, ONE_MOST = 255 };

static void add_network(struct parser *p, struct networks *out, const union inet_addr *addr,
			const union inet_addr *mask)
{
	struct network *n;

	if (!out->items) {
		out->items = out->few;
		out->room = ARRAY_SIZE(out->few);
	}
	if (out->count == out->room) {
		struct network *old = out->items;

		out->room *= 2;
		out->items = arena_alloc(p->arena, out->room * sizeof(*old));
		memcpy(out->items, old, out->count * sizeof(*old));
	}
	n = &out->items[out->count++];
	n->addr = *addr;
	n->mask = *mask;
	addr_apply_mask(&n->addr, mask);
}

static void hint_not_found(struct parser *p, const char *name)
{
	enum family other = p->family == FAMILY_IPV6 ? FAMILY_IPV4 : FAMILY_IPV6;
	union inet_addr addr;

	if (strchr(name, '.') || strchr(name, ':')) {
		if (addr_parse(other, name, &addr))
			err_hint(p->err, "`%s' is an IPv%c address: that is for %s", name,
				 other == FAMILY_IPV6 ? '6' : '4',
				 other == FAMILY_IPV6 ? "ip6tables" : "iptables");
		else if (strchr(name, '-'))
			err_hint(p->err, "a range needs -m iprange --src-range or --dst-range");
		else if (name[strspn(name, "0123456789.")] == '\0')
			err_hint(p->err, "an IPv4 address has four numbers from 0 to 255");
	}
	if (strchr(name, '\r'))
		err_hint(p->err, "the line ends as on Windows (CR LF): convert the file");
	if (!*name)
		err_hint(p->err, "there is nothing at one place of the list of addresses");
}

/* Numbers first, then /etc/networks, then the resolver. */
static int hosts_parse(struct parser *p, const char *name, const union inet_addr *mask,
		       struct place place, struct networks *out)
{
	union inet_addr addrs[ADDRS_MOST];
	size_t count;

	if (addr_parse(p->family, name, &addrs[0]) ||
	    (p->family == FAMILY_IPV4 && *name && addr_network(name, &addrs[0])))
		count = 1;
	else
		count = *name ? addr_resolve(p->family, name, addrs, ADDRS_MOST) : 0;
	if (!count) {
		err_set(p->err, ERR_SYNTAX, place, "host/network `%s' not found", name);
		hint_not_found(p, name);
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		add_network(p, out, &addrs[i], mask);
	return 0;
}

/* "NAME", "NAME/MASK"; `text` is changed. */
static int network_parse(struct parser *p, char *text, struct place place, struct networks *out)
{
	char *slash = strrchr(text, '/');
	union inet_addr mask;

	if (!slash) {
		addr_mask_from_prefix(p->family, (unsigned)addr_len(p->family) * 8, &mask);
		return hosts_parse(p, text, &mask, place, out);
	}
	*slash = '\0';
	if (!addr_parse_mask(p->family, slash + 1, &mask)) {
		place.from += (int)(slash + 1 - text);
		if (place.from == place.to)
			place.from--;
		err_set(p->err, ERR_SYNTAX, place, "invalid mask `%s' specified", slash + 1);
		err_hint(p->err, p->family == FAMILY_IPV6
				 ? "a mask is 0 to 128, or written as an address: /64, /ffff::"
				 : "a mask is 0 to 32, or four numbers: /24, /255.255.255.0");
		return -1;
	}
	/* Nothing of the address is looked at: "any/0" needs no such host. */
	if (bytes_are_zero(&mask, sizeof(mask))) {
		add_network(p, out, &(union inet_addr){ 0 }, &mask);
		return 0;
	}
	return hosts_parse(p, text, &mask, place, out);
}

int networks_parse(struct parser *p, const char *text, int word, struct networks *out)
{
	const char *item = text;
	int r = 0;

	while (!r) {
		struct place place = word_place(p, word);
		char one[ONE_MOST + 1];
		size_t len;

		while (isspace((unsigned char)*item))
			item++;
		len = strcspn(item, ",");
		if (len > ONE_MOST)
			return parse_fail(p, word, "Hostname too long");
		memcpy(one, item, len);
		one[len] = '\0';
		/* Glued to its option ("-s1.2.3.4") the word has more in it than the list. */
		place.from = (int)(item - p->words->items[word]);
		place.to = place.from + (int)len;
		r = network_parse(p, one, place, out);
		if (!item[len])
			break;
		item += len + 1;
	}
	return r;
}
