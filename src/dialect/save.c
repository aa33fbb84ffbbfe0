// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules as text that can be loaded again: iptables-save and -S. */
#include <stdlib.h>
#include <string.h>

#include "dialect/chains.h"
#include "dialect/iptables.h"
#include "ext/type/types.h"

void iptables_quote(struct sink *sink, const char *text)
{
	type_quote(sink, text);
}

static void save_network(struct sink *sink, enum family family, char letter,
			 const struct network *network, bool negated)
{
	if (!negated && bytes_are_zero(network, sizeof(*network)))
		return;
	sink_str(sink, negated ? " ! -" : " -");
	sink_char(sink, letter);
	sink_char(sink, ' ');
	addr_print(sink, family, &network->addr);
	addr_print_mask(sink, family, &network->mask, true);
}

static void save_interface(struct sink *sink, char letter, const char *name, bool negated)
{
	if (!*name && !negated)
		return;
	sink_str(sink, negated ? " ! -" : " -");
	sink_char(sink, letter);
	sink_char(sink, ' ');
	sink_str(sink, *name ? name : "+");
}

static void save_protocol(struct sink *sink, const struct head *head)
{
	const char *name;

	if (!head->proto)
		return;
	name = proto_name_saved(head->proto);
	sink_str(sink, head->invert & INVERT_PROTO ? " ! -p " : " -p ");
	if (name)
		sink_str(sink, name);
	else
		sink_u64(sink, head->proto);
}

static void save_head(struct sink *sink, enum family family, const struct head *head)
{
	save_network(sink, family, 's', &head->src, head->invert & INVERT_SRC);
	save_network(sink, family, 'd', &head->dst, head->invert & INVERT_DST);
	save_interface(sink, 'i', head->in, head->invert & INVERT_IN);
	save_interface(sink, 'o', head->out, head->invert & INVERT_OUT);
	save_protocol(sink, head);
	if (head->fragment)
		sink_str(sink, head->invert & INVERT_FRAGMENT ? " ! -f" : " -f");
}

static void save_target(struct sink *sink, enum family family, const struct rule *rule)
{
	switch ((enum jump_kind)rule->jump) {
	case JUMP_NONE:
		return;
	case JUMP_TARGET:
		sink_str(sink, " -j ");
		sink_str(sink, rule->target.ext->name);
		use_save(sink, family, &rule->target);
		return;
	case JUMP_CHAIN:
		sink_str(sink, " -j ");
		break;
	case JUMP_GOTO:
		sink_str(sink, " -g ");
		break;
	}
	sink_str(sink, rule->chain_to);
}

/* Several lines of nft's words stay one comment. */
static void save_unsaid(struct sink *sink, const char *chain, const struct rule *rule)
{
	sink_str(sink, "# rule ");
	sink_u64(sink, rule->handle);
	sink_str(sink, " of ");
	sink_str(sink, chain);
	sink_str(sink, ": ");
	for (const char *c = rule->unsaid->text ? rule->unsaid->text : ""; *c; c++)
		sink_char(sink, *c == '\n' ? ' ' : *c);
}

void iptables_save_rule(struct sink *sink, enum family family, const char *chain,
			const struct rule *rule, bool counters)
{
	if (rule->unsaid) {
		save_unsaid(sink, chain, rule);
		return;
	}
	sink_str(sink, "-A ");
	sink_str(sink, chain);
	save_head(sink, family, &rule->head);
	for (unsigned i = 0; i < rule->match_count; i++) {
		sink_str(sink, " -m ");
		sink_str(sink, rule->matches[i].ext->name);
		use_save(sink, family, &rule->matches[i]);
	}
	if (counters) {
		sink_str(sink, " -c ");
		sink_u64(sink, rule->counters.packets);
		sink_char(sink, ' ');
		sink_u64(sink, rule->counters.bytes);
	}
	save_target(sink, family, rule);
}

const char *policy_name(enum policy policy)
{
	switch (policy) {
	case POLICY_NONE:
		return "-";
	case POLICY_ACCEPT:
		return "ACCEPT";
	case POLICY_DROP:
		return "DROP";
	case POLICY_REJECT:
		return "REJECT";
	case POLICY_MASQUERADE:
		return "MASQ";
	}
	return "-";
}

const char *chain_policy_name(const struct chain *chain)
{
	/* A built-in chain that nobody has made yet lets everything pass. */
	return chain->builtin && chain->policy == POLICY_NONE ? "ACCEPT" :
	       policy_name(chain->policy);
}

static void save_counters(struct sink *sink, const struct counters *counters)
{
	sink_char(sink, '[');
	sink_u64(sink, counters->packets);
	sink_char(sink, ':');
	sink_u64(sink, counters->bytes);
	sink_char(sink, ']');
}

static void save_chain(struct sink *sink, const struct table *table, const struct chain *chain,
		       bool counters)
{
	for (const struct rule *r = chain->first; r; r = r->next) {
		if (counters && !r->unsaid) {
			save_counters(sink, &r->counters);
			sink_char(sink, ' ');
		}
		iptables_save_rule(sink, table->family, chain->name, r, false);
		sink_char(sink, '\n');
	}
}

void iptables_save_table(struct sink *sink, const struct table *table, bool counters)
{
	struct chains chains;

	chains_of(&chains, table);
	sink_char(sink, '*');
	sink_str(sink, table->name);
	sink_char(sink, '\n');
	for (size_t i = 0; i < chains.count; i++) {
		const struct chain *c = chains.items[i];

		if (c->builtin && !c->exists)
			continue;
		sink_char(sink, ':');
		sink_str(sink, c->name);
		sink_char(sink, ' ');
		sink_str(sink, chain_policy_name(c));
		sink_char(sink, ' ');
		save_counters(sink, &c->counters);
		sink_char(sink, '\n');
	}
	for (size_t i = 0; i < chains.count; i++)
		save_chain(sink, table, chains.items[i], counters);
	sink_str(sink, "COMMIT\n");
	chains_free(&chains);
}

/* "-P INPUT ACCEPT", "-N chain" */
static void list_declaration(struct sink *sink, const struct chain *chain, bool counters)
{
	if (!chain->builtin) {
		sink_str(sink, "-N ");
		sink_str(sink, chain->name);
		sink_char(sink, '\n');
		return;
	}
	sink_str(sink, "-P ");
	sink_str(sink, chain->name);
	sink_char(sink, ' ');
	sink_str(sink, chain_policy_name(chain));
	if (counters) {
		sink_str(sink, " -c ");
		sink_u64(sink, chain->counters.packets);
		sink_char(sink, ' ');
		sink_u64(sink, chain->counters.bytes);
	}
	sink_char(sink, '\n');
}

static void list_rules(struct sink *sink, const struct table *table, const struct chain *chain,
		       uint32_t number, bool counters)
{
	uint32_t n = 0;

	for (const struct rule *r = chain->first; r; r = r->next) {
		if (number && ++n != number)
			continue;
		iptables_save_rule(sink, table->family, chain->name, r, counters);
		sink_char(sink, '\n');
	}
}

void iptables_list_rules(struct sink *sink, const struct table *table, const struct chain *only,
			 uint32_t number, bool counters)
{
	struct chains chains;

	chains_of(&chains, table);
	for (size_t i = 0; i < chains.count && !number; i++)
		if (!only || only == chains.items[i])
			list_declaration(sink, chains.items[i], counters);
	for (size_t i = 0; i < chains.count; i++)
		if (!only || only == chains.items[i])
			list_rules(sink, table, chains.items[i], number, counters);
	chains_free(&chains);
}
