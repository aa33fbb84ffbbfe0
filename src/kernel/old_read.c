// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of the older dialects read back. The comment says what the rule is meant to be; it is
 * expressed again and compared with what the kernel really has. What differs is somebody else's
 * rule and counts as unsaid: never nearly right.
 */
#include <errno.h>
#include <stdlib.h>

#include "dialect/old.h"
#include "kernel/decode.h"
#include "kernel/expr.h"
#include "kernel/frame.h"

/* ------------------------------------------------------------------ sameness */

static bool is_zero(const struct nlattr *a)
{
	return bytes_are_zero(attr_data(a), attr_len(a));
}

static bool same_attrs(struct attrs ours, struct attrs theirs, unsigned depth);

/* What the kernel adds on its own are fields that say nothing: all zero. */
static bool same_attr(const struct nlattr *mine, const struct nlattr *theirs, unsigned depth)
{
	if (!theirs)
		return false;
	if (mine->nla_type & NLA_F_NESTED)
		return same_attrs(attr_inside(mine), attr_inside(theirs), depth + 1);
	return attr_len(mine) == attr_len(theirs) &&
	       !memcmp(attr_data(mine), attr_data(theirs), attr_len(mine));
}

static const struct nlattr *find(struct attrs list, uint16_t type)
{
	const struct nlattr *a;

	while ((a = attr_next(&list)))
		if (attr_type(a) == type)
			return a;
	return NULL;
}

static bool same_attrs(struct attrs ours, struct attrs theirs, unsigned depth)
{
	struct attrs mine = ours, other = theirs;
	const struct nlattr *a;

	if (depth > 4)
		return false;
	while ((a = attr_next(&mine)))
		if (!same_attr(a, find(theirs, attr_type(a)), depth))
			return false;
	while ((a = attr_next(&other)))
		if (!find(ours, attr_type(a)) && !is_zero(a))
			return false;
	return true;
}

static bool is_counter(const struct nlattr *element)
{
	const struct nlattr *name = find(attr_inside(element), NFTA_EXPR_NAME);
	const char *text = attr_str(name);

	return text && !strcmp(text, "counter");
}

static bool take_counter(const struct nlattr *element, struct counters *counters)
{
	struct expr e;

	if (!expr_read(&e, element) || e.kind != EXPR_COUNTER)
		return false;
	*counters = (struct counters){ e.counter.packets, e.counter.bytes };
	return true;
}

/* Expression by expression, in order; the counters may have moved on. */
static bool same_list(const struct nlattr *ours, const struct nlattr *theirs,
		      struct counters *counters)
{
	struct attrs mine = attr_inside(ours), other = attr_inside(theirs);
	const struct nlattr *a, *b;

	for (;;) {
		a = attr_next(&mine);
		b = attr_next(&other);
		if (!a || !b)
			return !a && !b && !other.left;
		if (is_counter(a) ? !take_counter(b, counters)
				  : !same_attrs(attr_inside(a), attr_inside(b), 0))
			return false;
	}
}

static struct op place_of(const struct chain *chain)
{
	return (struct op){ .table = chain->table->name, .chain = chain->name,
			    .family = chain->table->family };
}

static unsigned variants(const struct chain *chain, const struct rule *rule)
{
	const struct op where = place_of(chain);

	return old_variants(&where, rule);
}

static bool is_variant(const struct chain *chain, const struct rule *rule, const char *words,
		       unsigned variant, const struct nlattr *expressions,
		       struct counters *counters)
{
	const struct op where = place_of(chain);
	AUTO_FREE uint8_t *room = mem_alloc(MESSAGE_MOST);
	struct attrs ours;
	struct msg msg;

	msg_begin_nft(&msg, room, MESSAGE_MOST, NFT_MSG_NEWRULE, 0, 0, FAMILY_IPV4);
	if (old_express(&msg, &where, rule, words, variant) < 0 || msg.full)
		return false;
	msg_end(&msg);
	ours = attr_of_message(msg.head);
	return same_list(attr_next(&ours), expressions, counters);
}

/* ------------------------------------------------------------------ rules */

static void make_unsaid(struct ruleset *rs, struct rule *rule, const char *text)
{
	struct unsaid *unsaid = arena_alloc(&rs->arena, sizeof(*unsaid));

	unsaid->text = text;
	*rule = (struct rule){ .prev = rule->prev, .next = rule->next, .handle = rule->handle,
			       .more = rule->more, .more_count = rule->more_count,
			       .counters = rule->counters, .counts = rule->counts,
			       .unsaid = unsaid };
}

void old_finish_chain(struct ruleset *rs, struct chain *chain)
{
	struct rule *last = chain->last;

	if (last && !last->unsaid && last->more_count + 1u < variants(chain, last))
		make_unsaid(rs, last, "a part of a rule, whose other part is gone");
}

static void join(struct ruleset *rs, struct rule *rule, uint64_t handle,
		 const struct counters *counters)
{
	uint64_t *more = arena_alloc(&rs->arena, (rule->more_count + 1u) * sizeof(*more));

	if (rule->more_count)
		memcpy(more, rule->more, rule->more_count * sizeof(*more));
	more[rule->more_count++] = handle;
	rule->more = more;
	rule->counters.packets += counters->packets;
	rule->counters.bytes += counters->bytes;
}

/* A further variant of the chain's last rule. */
static bool is_joined(struct ruleset *rs, struct chain *chain, const char *words,
		      const struct nlattr *expressions, uint64_t handle)
{
	struct rule *last = chain->last;
	struct counters counters = { 0 };
	AUTO_SINK text = SINK_MEMORY;
	const struct builtin_table *t = old_table(chain->table->family, chain->table->name);
	unsigned n = last && !last->unsaid ? variants(chain, last) : 0;

	if (!last || last->more_count + 1u >= n)
		return false;
	old_words(t->dialect)->print(&text, chain->name, last);
	if (strcmp(sink_text(&text), words) != 0)
		return false;
	/* Variants come in order, whatever way they were put there. */
	if (!is_variant(chain, last, words, last->more_count + 1u, expressions, &counters))
		return false;
	join(rs, last, handle, &counters);
	return true;
}

static struct rule *read_rule(struct ruleset *rs, const struct chain *chain, const char *words,
			      const struct nlattr *expressions)
{
	const struct builtin_table *t = old_table(chain->table->family, chain->table->name);
	const struct old_words *dialect = old_words(t->dialect);
	struct rule *rule = dialect && words ? dialect->read(&rs->arena, chain->name, words)
					     : NULL;
	struct counters counters = { 0 };

	if (!rule || !is_variant(chain, rule, words, 0, expressions, &counters))
		return NULL;
	rule->counters = counters;
	return rule;
}

int old_take_rule(struct ruleset *rs, struct chain *chain, const struct nlmsghdr *h)
{
	const struct nlattr *table[NFTA_RULE_MAX + 1], *list;
	const char *words;
	struct rule *rule;
	uint64_t handle;

	attr_table(attr_of_message(h), table, NFTA_RULE_MAX);
	if (!attr_u64(table[NFTA_RULE_HANDLE], &handle) || !handle)
		return -EBADMSG;
	words = frame_comment(table[NFTA_RULE_USERDATA]);
	list = table[NFTA_RULE_EXPRESSIONS];
	if (words && list && is_joined(rs, chain, words, list, handle))
		return 0;
	old_finish_chain(rs, chain);
	rule = list ? read_rule(rs, chain, words, list) : NULL;
	if (!rule) {
		rule = arena_alloc(&rs->arena, sizeof(*rule));
		make_unsaid(rs, rule, list ? expr_words(&rs->arena, FAMILY_IPV4, list, NULL) : "");
	}
	rule->counts = true;
	rule->handle = handle;
	chain_insert(chain, rule, NULL);
	return 0;
}
