// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a table that has a frame: policies and their counters come from it, and it is hidden. */
#include <errno.h>
#include <stdlib.h>

#include "kernel/frame.h"

enum { LABEL_MOST = 8, UDATA_COMMENT = 0 };

bool frame_hides(const char *chain)
{
	return strlen(chain) > LABEL_MOST;
}

const char *frame_comment(const struct nlattr *userdata)
{
	struct attrs u = attr_inside(userdata);

	while (u.left >= 2 && u.left - 2 >= u.at[1]) {
		size_t len = u.at[1];

		if (u.at[0] == UDATA_COMMENT && len && !u.at[2 + len - 1])
			return (const char *)u.at + 2;
		u.at += len + 2;
		u.left -= len + 2;
	}
	return NULL;
}

static enum policy policy_of_words(const char *words)
{
	static const struct { const char *words; enum policy policy; } table[] = {
		{ "policy ACCEPT", POLICY_ACCEPT }, { "policy DENY", POLICY_DROP },
		{ "policy REJECT", POLICY_REJECT }, { "policy MASQ", POLICY_MASQUERADE },
	};

	for (size_t i = 0; words && i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].words, words))
			return table[i].policy;
	return POLICY_NONE;
}

void frame_take_rule(const struct frame *frame, struct table *table, const char *chain,
		     const struct nlmsghdr *h)
{
	const struct nlattr *attrs[NFTA_RULE_MAX + 1];
	const struct frame_policy *p = frame->policies;
	struct chain *c;

	while (p->chain && strcmp(p->policy_chain, chain) != 0)
		p++;
	c = p->chain ? table_chain(table, p->chain) : NULL;
	if (!c)
		return;
	attr_table(attr_of_message(h), attrs, NFTA_RULE_MAX);
	c->policy = policy_of_words(frame_comment(attrs[NFTA_RULE_USERDATA]));
}

int frame_take_counter(struct table *table, const struct nlmsghdr *h)
{
	const struct nlattr *obj[NFTA_OBJ_MAX + 1], *data[NFTA_COUNTER_MAX + 1];
	const char *of, *name;
	struct chain *c;

	attr_table(attr_of_message(h), obj, NFTA_OBJ_MAX);
	of = attr_str(obj[NFTA_OBJ_TABLE]);
	name = attr_str(obj[NFTA_OBJ_NAME]);
	if (!of || !name)
		return -EBADMSG;
	c = strcmp(of, table->name) != 0 ? NULL : table_chain(table, name);
	if (!c || !c->builtin)
		return 0;
	attr_table(attr_inside(obj[NFTA_OBJ_DATA]), data, NFTA_COUNTER_MAX);
	if (!attr_u64(data[NFTA_COUNTER_PACKETS], &c->counters.packets) ||
	    !attr_u64(data[NFTA_COUNTER_BYTES], &c->counters.bytes))
		return -EBADMSG;
	return 0;
}

void frame_finish(struct table *table)
{
	struct chain *next, *to;

	for (struct chain *c = table->first; c; c = next) {
		next = c->next;
		if (frame_hides(c->name))
			table_remove_chain(table, c);
	}
	for (struct chain *c = table->first; c; c = c->next) {
		old_finish_chain(table->ruleset, c);
		c->references = 0;
		c->loaded = true;
	}
	for (struct chain *c = table->first; c; c = c->next)
		for (struct rule *r = c->first; r; r = r->next) {
			to = r->chain_to ? table_chain(table, r->chain_to) : NULL;
			if (to)
				to->references++;
		}
}
