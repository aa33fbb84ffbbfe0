// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands at each hook. Base chains bring their place with them (rules/rules.h); between them
 * stand defragmentation, tracking, NAT and confirmation at the kernel's priorities
 * (linux/netfilter_ipv4.h; those of IPv6 are the same), in families where some rule makes the
 * kernel track connections (nf_ct_netns_get).
 */
#include "engine/run.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <stdlib.h>
#include <string.h>

#include "ext/ext.h"

struct list {
	struct station *items;
	size_t count, room;
};

static bool chain_is_at(const struct program_chain *chain, enum family family, unsigned hook)
{
	return chain->base && chain->base->hook == hook && chain->chain->table->family == family;
}

static bool chain_is_nat(const struct program_chain *chain)
{
	return !strcmp(chain->base->type, "nat");
}

static void list_add(struct list *list, enum station_kind kind, int32_t priority)
{
	list->items[list->count++] = (struct station){ .kind = kind, .priority = priority };
}

static int by_priority(const void *a, const void *b)
{
	const struct station *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

static int by_chain_priority(const void *a, const void *b)
{
	struct program_chain *const *x = a, *const *y = b;
	int32_t left = (*x)->base->priority, right = (*y)->base->priority;

	return left < right ? -1 : left > right;
}

/* The chains of type nat at a hook, in their order; NULL: the family has none at any hook. */
static struct program_chain **nat_chains(struct engine *engine, enum family family, unsigned hook)
{
	struct program_chain **chains;
	size_t count = 0, all = 0;

	for (struct program_chain *c = engine->program.chains; c; c = c->next)
		if (c->base && chain_is_nat(c) && c->chain->table->family == family)
			all++;
	if (!all)
		return NULL;
	chains = arena_alloc(&engine->stations, (all + 1) * sizeof(*chains));
	for (struct program_chain *c = engine->program.chains; c; c = c->next)
		if (chain_is_at(c, family, hook) && chain_is_nat(c))
			chains[count++] = c;
	qsort(chains, count, sizeof(*chains), by_chain_priority);
	return chains;
}

/* One hook of all nat chains of a family, at a place of its own (nf_nat_ipv4_ops of nf_nat_proto.c). */
static void add_nat(struct engine *engine, struct list *list, enum family family, unsigned hook)
{
	struct program_chain **chains = nat_chains(engine, family, hook);
	bool source = hook == NF_INET_LOCAL_IN || hook == NF_INET_POST_ROUTING;

	if (!chains || hook == NF_INET_FORWARD)
		return;
	list_add(list, STATION_NAT, source ? NF_IP_PRI_NAT_SRC : NF_IP_PRI_NAT_DST);
	list->items[list->count - 1].nat = chains;
}

static void add_tracking(struct list *list, unsigned hook)
{
	if (hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT) {
		list_add(list, STATION_DEFRAG, NF_IP_PRI_CONNTRACK_DEFRAG);
		list_add(list, STATION_TRACK, NF_IP_PRI_CONNTRACK);
	}
	if (hook == NF_INET_LOCAL_IN || hook == NF_INET_POST_ROUTING)
		list_add(list, STATION_CONFIRM, NF_IP_PRI_CONNTRACK_CONFIRM);
}

static void make_hook(struct engine *engine, enum family family, unsigned hook)
{
	struct hook *made = &engine->hooks[family_slot(family)][hook];
	struct list list = { 0 };
	size_t chains = 0;

	for (struct program_chain *c = engine->program.chains; c; c = c->next)
		chains += chain_is_at(c, family, hook);
	list.items = arena_alloc(&engine->stations, (chains + 4) * sizeof(*list.items));
	if (engine->program.tracked & ext_family_bit(family)) {
		add_tracking(&list, hook);
		add_nat(engine, &list, family, hook);
	} else if (family == FAMILY_IPV4 && hook == NF_INET_LOCAL_IN) {
		/* ip_local_deliver() itself puts together what nobody did; IPv6 does it behind the hook. */
		list_add(&list, STATION_DEFRAG, NF_IP_PRI_FIRST);
	}
	for (struct program_chain *c = engine->program.chains; c; c = c->next) {
		if (!chain_is_at(c, family, hook) || chain_is_nat(c))
			continue;
		list_add(&list, STATION_CHAIN, c->base->priority);
		list.items[list.count - 1].chain = c;
		list.items[list.count - 1].reroutes = !strcmp(c->base->type, "route");
	}
	qsort(list.items, list.count, sizeof(*list.items), by_priority);
	made->stations = list.items;
	made->count = list.count;
}

void stations_make(struct engine *engine)
{
	arena_free(&engine->stations);
	for (unsigned hook = 0; hook < HOOKS; hook++) {
		make_hook(engine, FAMILY_IPV4, hook);
		make_hook(engine, FAMILY_IPV6, hook);
	}
}
