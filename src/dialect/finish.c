// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Behind the last word: does everything go together, and the command that it makes. The order of
 * the checks is iptables' (do_parse in xshared.c, then do_commandx in xtables.c).
 */
#include <errno.h>
#include <string.h>

#include "dialect/parser.h"

static int check_nat(struct parser *p)
{
	bool policy = p->policy && !strcmp(p->policy, "DROP");

	if (strcmp(p->options->table, "nat") != 0 ||
	    (!policy && !(p->jump && !strcmp(p->jump, "DROP"))))
		return 0;
	parse_fail(p, policy ? p->policy_word : p->jump_word,
		   "\nThe \"nat\" table is not intended for filtering, "
		   "the use of DROP is therefore inhibited.\n\n");
	err_hint(p->err, "leave out `-t nat', or drop in table raw or mangle, chain PREROUTING");
	return -1;
}

static int check_words(struct parser *p)
{
	if (p->at < p->words->count)
		return parse_fail(p, (int)p->at, "unknown arguments found on commandline");
	if (!p->commands) {
		parse_fail(p, -1, "no command specified");
		err_hint(p->err, "one of -A -I -D -R -C (rules), -L -S -F -Z, "
				 "-N -X -E -P (chains)");
		return -1;
	}
	if (p->invert)
		return parse_fail(p, p->invert_word, "nothing appropriate following !");
	return 0;
}

static int check_addresses(struct parser *p, struct networks *sources,
			   struct networks *destinations)
{
	union inet_addr any = { 0 };
	struct network *all = &(struct network){ any, any };

	if (p->source && networks_parse(p, p->source, p->source_word, sources))
		return -1;
	if (p->destination &&
	    networks_parse(p, p->destination, p->destination_word, destinations))
		return -1;
	if (!sources->count) {
		sources->few[0] = *all;
		sources->items = sources->few;
		sources->count = 1;
	}
	if (!destinations->count) {
		destinations->few[0] = *all;
		destinations->items = destinations->few;
		destinations->count = 1;
	}
	if ((sources->count > 1 || destinations->count > 1) &&
	    p->head.invert & (INVERT_SRC | INVERT_DST)) {
		parse_fail(p, sources->count > 1 ? p->source_word : p->destination_word,
			   "! not allowed with multiple source or destination IP addresses");
		err_hint(p->err, "each address becomes a rule of its own, and one of them would "
				 "always match; use a set or -m iprange");
		return -1;
	}
	return 0;
}

/* An option is legal when any of the commands takes it (-L -Z -n). */
static int check_options(struct parser *p)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		if (!(p->seen & BIT(i)) || head_options[i].commands & p->commands)
			continue;
		parse_fail(p, p->seen_word[i], "Illegal option `%s' with this command",
			   head_options[i].name);
		if (head_options[i].commands == CMD_LIST)
			err_hint(p->err, "%s is for listings (-L)", head_options[i].name);
		else if (p->commands & CMD_DELETE_NUMBER)
			err_hint(p->err, "-D takes a rule number or a rule, not both");
		return -1;
	}
	return 0;
}

static bool is_one_of(const char *chain, const char *a, const char *b)
{
	return !strcmp(chain, a) || !strcmp(chain, b);
}

static int wrong_direction(struct parser *p, enum head_option option, const char *why)
{
	parse_fail(p, p->seen_word[option], "Can't use %s with %s\n", head_options[option].name,
		   p->chain);
	err_hint(p->err, "%s", why);
	return -1;
}

static int check_chain(struct parser *p)
{
	if (!p->chain)
		return 0;
	if (strlen(p->chain) > CHAIN_NAME_MAX)
		return parse_fail(p, p->chain_word,
				  "chain name `%s' too long (must be under %u chars)", p->chain,
				  CHAIN_NAME_MAX + 1);
	if (!(p->commands & CMD_WITH_RULE))
		return 0;
	if (p->seen & BIT(OPTION_OUT) && is_one_of(p->chain, "PREROUTING", "INPUT"))
		return wrong_direction(p, OPTION_OUT,
				       "where the packet leaves is not known there; "
				       "-i is, and -o is in FORWARD, OUTPUT and POSTROUTING");
	if (p->seen & BIT(OPTION_IN) && is_one_of(p->chain, "POSTROUTING", "OUTPUT"))
		return wrong_direction(p, OPTION_IN,
				       "packets there do not come from an interface; "
				       "-o is known, and -i is in PREROUTING, INPUT and FORWARD");
	return 0;
}

static int check_table(struct parser *p)
{
	if (builtin_table(p->options->table))
		return 0;
	err_set(p->err, ERR_VERSION, word_place(p, p->table_word), "table '%s' does not exist",
		p->options->table);
	hint_table(p);
	return -1;
}

static void rule_uses(const struct parser *p, struct rule *rule)
{
	size_t count = p->loaded_count - p->has_target, n = 0;

	if (count)
		rule->matches = arena_alloc(p->arena, count * sizeof(*rule->matches));
	for (size_t i = 0; i < p->loaded_count; i++) {
		const struct loaded *l = &p->loaded[i];
		struct use use = { .ext = l->ext, .data = l->data };

		if (l->ext->kind == EXT_TARGET)
			rule->target = use;
		else
			rule->matches[n++] = use;
	}
	rule->match_count = (uint16_t)n;
}

static void rule_fill(struct parser *p, struct rule *rule)
{
	rule->head = p->head;
	rule->counts = true;
	rule->counters = p->counters;
	rule->counters_given = (p->seen & BIT(OPTION_COUNTERS)) != 0;
	rule->line = p->words->line;
	rule_uses(p, rule);
	if (p->has_target) {
		rule->jump = JUMP_TARGET;
	} else if (p->jump) {
		rule->jump = p->jump_goto ? JUMP_GOTO : JUMP_CHAIN;
		rule->chain_to = parse_keep(p, p->jump);
	}
}

/* Every source with every destination, sources outside; all share what they have in common. */
static void make_rules(struct parser *p, const struct networks *sources,
		       const struct networks *destinations)
{
	size_t count = sources->count * destinations->count, n = 0;
	struct rule *rules = arena_alloc(p->arena, count * sizeof(*rules));
	struct command *c = p->command;

	c->rules = arena_alloc(p->arena, count * sizeof(*c->rules));
	c->rule_count = (uint32_t)count;
	rule_fill(p, &rules[0]);
	for (size_t i = 0; i < sources->count; i++) {
		for (size_t j = 0; j < destinations->count; j++, n++) {
			rules[n] = rules[0];
			rules[n].head.src = sources->items[i];
			rules[n].head.dst = destinations->items[j];
			c->rules[n] = &rules[n];
		}
	}
}

static int policy_of(struct parser *p)
{
	struct command *c = p->command;

	c->policy = !strcmp(p->policy, "ACCEPT") ? POLICY_ACCEPT :
		    !strcmp(p->policy, "DROP") ? POLICY_DROP : POLICY_NONE;
	if (c->policy != POLICY_NONE)
		return 0;
	err_styled(p->err, ERR_OTHER, ERR_STYLE_PLAIN, word_place(p, p->policy_word),
		   "Bad policy name");
	p->err->errnum = EINVAL;
	err_hint(p->err, "a policy is ACCEPT or DROP; to reject, end the chain with -j REJECT");
	return -1;
}

static uint8_t list_flags_of(const struct iptables_options *o)
{
	return (uint8_t)((o->numeric ? LIST_NUMERIC : 0) | (o->verbose ? LIST_VERBOSE : 0) |
			 (o->exact ? LIST_EXACT : 0) | (o->line_numbers ? LIST_LINE_NUMBERS : 0));
}

static void fill_command(struct parser *p)
{
	unsigned zero = p->commands & CMD_ZERO, first = p->commands & ~CMD_ZERO;
	struct command *c = p->command;

	if (!first) {
		first = zero;
		zero = 0;
	}
	c->kind = command_kind_of(first);
	c->table = p->words->restoring ? p->options->table : parse_keep(p, p->options->table);
	c->chain = parse_keep(p, p->chain);
	c->number = p->number;
	if (c->kind == COMMAND_RENAME_CHAIN)
		c->name = parse_keep(p, p->name);
	else
		c->counters = p->counters;
	c->counters_given = (p->seen & BIT(OPTION_COUNTERS)) != 0;
	c->list = list_flags_of(p->options);
	if (c->chain)
		c->chain_place = word_place(p, p->chain_word);
	if (p->jump)
		c->jump_place = word_place(p, p->jump_word);
	if (zero) {
		c->next = arena_memdup(p->arena, c, sizeof(*c));
		c->next->kind = COMMAND_ZERO;
		c->next->number = 0;
	}
}

int command_finish(struct parser *p)
{
	struct networks sources = { 0 }, destinations = { 0 };
	bool with_rule;

	if (check_nat(p))
		return -1;
	if (p->wait_interval && !p->wait)
		return parse_fail(p, p->wait_word,
				  "--wait-interval only makes sense with --wait\n");
	if (uses_check(p) || check_words(p))
		return -1;
	with_rule = p->commands & CMD_WITH_RULE;
	if (check_addresses(p, &sources, &destinations) || check_options(p) || check_chain(p) ||
	    check_table(p))
		return -1;
	if (p->commands & CMD_REPLACE && (sources.count > 1 || destinations.count > 1))
		return parse_fail(p, sources.count > 1 ? p->source_word : p->destination_word,
				  "Replacement rule does not specify a unique address");
	fill_command(p);
	if (p->commands & CMD_SET_POLICY)
		return policy_of(p);
	if (with_rule)
		make_rules(p, &sources, &destinations);
	return 0;
}
