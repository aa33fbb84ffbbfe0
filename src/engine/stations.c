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

static int by_link_priority(const void *a, const void *b)
{
	const struct nat_link *x = a, *y = b;

	return x->priority < y->priority ? -1 : x->priority > y->priority;
}

/* The dialect whose built-in chain this is. */
static enum dialect dialect_of(const struct program_chain *chain)
{
	const struct table *t = chain->chain->table;
	const struct builtin_table *old = chain->base ? old_table(t->family, t->name) : NULL;

	return old ? old->dialect : DIALECT_IPTABLES;
}

/* Of a table with a frame, the built-in chain that stands for it: the first. */
static bool chain_is_first(const struct engine *engine, const struct program_chain *chain)
{
	const struct program_chain *c = engine->program.chains;

	while (!c->base || c->chain->table != chain->chain->table)
		c = c->next;
	return c == chain;
}

static bool chain_brings_nat(const struct engine *engine, const struct program_chain *chain,
			     enum family family)
{
	int32_t priority;

	if (!chain->base || chain->chain->table->family != family)
		return false;
	return chain_is_nat(chain) ||
	       (old_nat(dialect_of(chain), NF_INET_PRE_ROUTING, &priority) &&
		chain_is_first(engine, chain));
}

static size_t add_link(struct nat_link *links, size_t n, struct program_chain *c, unsigned hook)
{
	struct nat_link *link = &links[n];

	if (chain_is_nat(c)) {
		if (c->base->hook != hook)
			return n;
		*link = (struct nat_link){ .priority = c->base->priority, .chain = c };
		return n + 1;
	}
	link->chain = NULL;
	link->table = c->chain->table;
	link->act = old_nat(dialect_of(c), hook, &link->priority);
	return link->act ? n + 1 : n;
}

/* One hook of all nat chains of a family, at a place of its own (nf_nat_ipv4_ops of nf_nat_proto.c). */
static void add_nat(struct engine *engine, struct list *list, enum family family, unsigned hook)
{
	bool source = hook == NF_INET_LOCAL_IN || hook == NF_INET_POST_ROUTING;
	struct station *station = &list->items[list->count];
	struct nat_link *links;
	size_t all = 0, n = 0;

	for (struct program_chain *c = engine->program.chains; c; c = c->next)
		all += chain_brings_nat(engine, c, family);
	if (!all || hook == NF_INET_FORWARD)
		return;
	links = arena_alloc(&engine->stations, (all + 1) * sizeof(*links));
	for (struct program_chain *c = engine->program.chains; c; c = c->next)
		if (chain_brings_nat(engine, c, family))
			n = add_link(links, n, c, hook);
	qsort(links, n, sizeof(*links), by_link_priority);
	list_add(list, STATION_NAT, source ? NF_IP_PRI_NAT_SRC : NF_IP_PRI_NAT_DST);
	station->nat = links;
	station->nat_count = n;
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

static void add_chain(struct list *list, struct program_chain *chain, int32_t priority,
		      bool (*skips)(const struct eval *e))
{
	list_add(list, STATION_CHAIN, priority);
	list->items[list->count - 1].chain = chain;
	list->items[list->count - 1].reroutes = !strcmp(chain->base->type, "route");
	list->items[list->count - 1].skips = skips;
}

/* A chain of an older dialect stands at more hooks than its own. */
static void add_old_chain(struct list *list, struct program_chain *chain, unsigned hook)
{
	for (const struct old_place *p = old_places; p->chain; p++)
		if (p->hook == hook && p->dialect == dialect_of(chain) &&
		    !strcmp(p->chain, chain->chain->name))
			add_chain(list, chain, p->priority, p->skips);
}

static void make_hook(struct engine *engine, enum family family, unsigned hook)
{
	struct hook *made = &engine->hooks[family_slot(family)][hook];
	struct list list = { 0 };
	size_t chains = 0;

	for (struct program_chain *c = engine->program.chains; c; c = c->next)
		chains += chain_is_at(c, family, hook) || dialect_of(c) != DIALECT_IPTABLES;
	list.items = arena_alloc(&engine->stations, (chains + 4) * sizeof(*list.items));
	if (engine->program.tracked & ext_family_bit(family)) {
		add_tracking(&list, hook);
		add_nat(engine, &list, family, hook);
	} else if (family == FAMILY_IPV4 && hook == NF_INET_LOCAL_IN) {
		/* ip_local_deliver() itself puts together what nobody did; IPv6 does it behind the hook. */
		list_add(&list, STATION_DEFRAG, NF_IP_PRI_FIRST);
	}
	for (struct program_chain *c = engine->program.chains; c; c = c->next) {
		if (c->base && !chain_is_nat(c) && dialect_of(c) != DIALECT_IPTABLES &&
		    c->chain->table->family == family)
			add_old_chain(&list, c, hook);
		else if (chain_is_at(c, family, hook) && !chain_is_nat(c))
			add_chain(&list, c, c->base->priority, NULL);
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

static void each_at(const struct station *s, struct place_in_hook *place,
		    void (*each)(void *context, const struct place_in_hook *place), void *context)
{
	if (s->kind == STATION_CHAIN) {
		place->chain = s->chain->chain;
		place->table = place->chain->table;
		each(context, place);
	}
	for (size_t i = 0; s->kind == STATION_NAT && i < s->nat_count; i++) {
		const struct nat_link *link = &s->nat[i];

		place->chain = link->chain ? link->chain->chain : NULL;
		place->table = link->chain ? place->chain->table : link->table;
		place->what = place->hook == NF_INET_PRE_ROUTING ? "redirection" : "masquerading";
		each(context, place);
	}
}

void engine_each_place(const struct engine *engine, enum family family,
		       void (*each)(void *context, const struct place_in_hook *place),
		       void *context)
{
	for (unsigned number = 0; number < HOOKS; number++) {
		const struct hook *hook = &engine->hooks[family_slot(family)][number];
		struct place_in_hook place = { .hook = (uint8_t)number };

		for (size_t i = 0; i < hook->count; i++)
			each_at(&hook->stations[i], &place, each, context);
	}
}
