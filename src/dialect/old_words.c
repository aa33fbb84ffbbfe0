// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses as the old programs read them, and rules put together. */
#include <netinet/in.h>
#include <string.h>

#include "base/num.h"
#include "dialect/old.h"

const struct old_words *old_words(enum dialect dialect)
{
	switch (dialect) {
	case DIALECT_IPCHAINS:
		return &ipchains_words;
	case DIALECT_IPFWADM:
		return &ipfwadm_words;
	case DIALECT_PORTFW:
		return &portfw_words;
	case DIALECT_IPTABLES:
		break;
	}
	return NULL;
}

void old_add(struct arena *arena, struct rule *rule, enum old_use which, const void *data)
{
	const struct ext *ext = old_ext(which);
	struct use *uses = arena_alloc(arena, (rule->match_count + 1u) * sizeof(*uses));

	if (rule->match_count)
		memcpy(uses, rule->matches, rule->match_count * sizeof(*uses));
	uses[rule->match_count++] = (struct use){
		.ext = ext, .data = ext->size ? arena_memdup(arena, data, ext->size) : NULL,
	};
	rule->matches = uses;
}

void old_target(struct arena *arena, struct rule *rule, const char *verdict, enum old_use which,
		const void *data)
{
	const struct ext *ext = verdict ? ext_find(EXT_TARGET, FAMILY_IPV4, verdict)
					: old_ext(which);

	rule->jump = JUMP_TARGET;
	rule->target = (struct use){
		.ext = ext,
		.data = ext->size ? data ? arena_memdup(arena, data, ext->size)
					 : arena_alloc(arena, ext->size)
				  : NULL,
	};
}

bool old_is_verdict(const struct rule *rule, const char *verdict)
{
	return rule->jump == JUMP_TARGET && !rule->target.ext->old &&
	       !strcmp(rule->target.ext->name, verdict);
}

static struct old_port_list *turn_ports(struct arena *arena, const struct old_port_list *list)
{
	struct old_port_list *l = arena_memdup(arena, list, sizeof(*list));

	if (l->proto == IPPROTO_ICMP)
		return l;
	memcpy(l->ports, list->ports + list->sources, list->destinations * sizeof(*l->ports));
	memcpy(l->ports + list->destinations, list->ports, list->sources * sizeof(*l->ports));
	l->sources = list->destinations;
	l->destinations = list->sources;
	l->source_range = list->destination_range;
	l->destination_range = list->source_range;
	return l;
}

struct rule *old_turn_rule(struct arena *arena, const struct rule *rule)
{
	struct rule *r = arena_memdup(arena, rule, sizeof(*rule));

	r->head.src = rule->head.dst;
	r->head.dst = rule->head.src;
	r->matches = arena_alloc(arena, (rule->match_count + 1u) * sizeof(*r->matches));
	r->match_count = 0;
	for (unsigned i = 0; i < rule->match_count; i++) {
		struct use use = rule->matches[i];

		if (use.ext == old_ext(OLD_BOTH))
			continue;
		if (use.ext == old_ext(OLD_PORT_LIST))
			use.data = turn_ports(arena, use.data);
		r->matches[r->match_count++] = use;
	}
	return r;
}

bool old_parse_dotted(const char *text, union inet_addr *addr)
{
	union inet_addr a = { 0 };
	const char *p = text;
	uint64_t part;

	for (size_t i = 0; i < 4; i++) {
		if (!num_parse_decimal(p, &p, 0, UINT8_MAX, &part) || *p != (i < 3 ? '.' : '\0'))
			return false;
		a.bytes[i] = (uint8_t)part;
		p++;
	}
	*addr = a;
	return true;
}

bool old_parse_mask(const char *text, union inet_addr *mask)
{
	const char *end;
	uint64_t bits;

	if (old_parse_dotted(text, mask))
		return true;
	if (!num_parse_decimal(text, &end, 0, 32, &bits) || *end)
		return false;
	addr_mask_from_prefix(FAMILY_IPV4, (unsigned)bits, mask);
	return true;
}

static size_t look_up(const char *name, union inet_addr *addrs, size_t room)
{
	if (old_parse_dotted(name, &addrs[0]))
		return 1;
	if (!*name || !name[strspn(name, "0123456789.xX")])
		return 0;		/* "10" is a number to the resolver, but none to us */
	if (addr_network(name, &addrs[0]))
		return 1;
	return addr_resolve(FAMILY_IPV4, name, addrs, room);
}

size_t old_networks(const char *text, struct network *nets, size_t room, bool *bad_mask)
{
	const char *slash = strchr(text, '/');
	union inet_addr addrs[OLD_NETWORKS_MOST], mask;
	size_t found, count = 0;
	char name[256];

	*bad_mask = false;
	addr_mask_from_prefix(FAMILY_IPV4, 32, &mask);
	if (slash && !old_parse_mask(slash + 1, &mask)) {
		*bad_mask = true;
		return 0;
	}
	if (bytes_are_zero(&mask, sizeof(mask))) {
		nets[0] = (struct network){ 0 };
		return 1;
	}
	if ((slash ? (size_t)(slash - text) : strlen(text)) >= sizeof(name))
		return 0;
	memcpy(name, text, slash ? (size_t)(slash - text) : strlen(text) + 1);
	if (slash)
		name[slash - text] = '\0';
	found = look_up(name, addrs, room < OLD_NETWORKS_MOST ? room : OLD_NETWORKS_MOST);
	for (size_t i = 0; i < found; i++) {
		struct network net = { .addr = addrs[i], .mask = mask };
		size_t j = 0;

		addr_apply_mask(&net.addr, &mask);
		while (j < count && memcmp(&nets[j], &net, sizeof(net)) != 0)
			j++;
		if (j == count)
			nets[count++] = net;
	}
	return count;
}
