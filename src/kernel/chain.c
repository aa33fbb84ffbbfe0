// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables and chains from netlink messages. */
#include <errno.h>

#include "kernel/frame.h"
#include "kernel/internal.h"

static void decode_counters(struct chain *c, const struct nlattr *counters)
{
	const struct nlattr *table[NFTA_COUNTER_MAX + 1];

	attr_table(attr_inside(counters), table, NFTA_COUNTER_MAX);
	c->counts = attr_u64(table[NFTA_COUNTER_PACKETS], &c->counters.packets) &&
		    attr_u64(table[NFTA_COUNTER_BYTES], &c->counters.bytes);
}

/* True when type, hook and priority are those that iptables gives its chain of this name. */
static bool is_iptables_own(const struct builtin_chain *b, const struct nlattr *hook,
			    const char *type)
{
	const struct nlattr *table[NFTA_HOOK_MAX + 1];
	uint32_t number, priority;

	attr_table(attr_inside(hook), table, NFTA_HOOK_MAX);
	return attr_u32(table[NFTA_HOOK_HOOKNUM], &number) &&
	       attr_u32(table[NFTA_HOOK_PRIORITY], &priority) && number == b->hook &&
	       priority == (uint32_t)b->priority && type && !strcmp(type, b->type);
}

/*
 * A base chain with another name, type, hook or priority than iptables' is foreign, and so is a
 * chain that has the name of a built-in one and no hook at all.
 */
static void decode_base(struct chain *c, const struct nlattr *const *table)
{
	const struct builtin_chain *b = builtin_chain(c->table->name, c->name);
	const struct nlattr *hook = table[NFTA_CHAIN_HOOK];
	uint32_t policy = NF_ACCEPT;

	c->counts = false;
	c->counters = (struct counters){ 0 };
	c->policy = POLICY_NONE;
	if (frame_of(c->table->family, c->table->name)) {
		/* Its chains are regular ones; hooks are the frame's, or somebody else's. */
		c->builtin = b != NULL;
		c->foreign = hook && !frame_hides(c->name);
		return;
	}
	c->builtin = b && hook && is_iptables_own(b, hook, attr_str(table[NFTA_CHAIN_TYPE]));
	c->foreign = !c->builtin && (b || hook);
	if (!hook)
		return;
	attr_u32(table[NFTA_CHAIN_POLICY], &policy);
	c->policy = policy == NF_DROP ? POLICY_DROP : POLICY_ACCEPT;
	decode_counters(c, table[NFTA_CHAIN_COUNTERS]);
}

int decode_chain(struct table *t, const struct nlmsghdr *h)
{
	const struct nlattr *table[NFTA_CHAIN_MAX + 1];
	const char *name, *of;
	uint64_t handle;
	struct chain *c;

	attr_table(attr_of_message(h), table, NFTA_CHAIN_MAX);
	of = attr_str(table[NFTA_CHAIN_TABLE]);
	name = attr_str(table[NFTA_CHAIN_NAME]);
	if (!of || !name || !attr_u64(table[NFTA_CHAIN_HANDLE], &handle))
		return -EBADMSG;
	/* Chains can only be dumped for a whole family. */
	if (strcmp(of, t->name) != 0)
		return 0;
	c = table_chain(t, name);
	if (!c)
		c = table_add_chain(t, name);
	c->exists = true;
	c->handle = handle;
	/* Rules count as users, too; whoever has read them subtracts them. */
	c->references = 0;
	attr_u32(table[NFTA_CHAIN_USE], &c->references);
	decode_base(c, table);
	return 0;
}

void forget_chain(struct chain *c)
{
	if (builtin_chain(c->table->name, c->name))
		chain_make_placeholder(c);
	else
		table_remove_chain(c->table, c);
}

void forget_missing(struct table *t)
{
	struct chain *next;

	for (struct chain *c = t->first; c; c = next) {
		next = c->next;
		if (!c->exists)
			forget_chain(c);
	}
}
