// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The nearest miss: a rule that would have decided otherwise, had one field of the packet been
 * different. Rules that failed at one condition alone are tried with that condition true; a miss is
 * what then really comes of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/explain_run.h"
#include "ext/ext.h"
#include "ext/type/types.h"
#include "plan/program.h"

enum { CANDIDATES_MOST = 16 };

struct candidate {
	const struct rule *rule;
	struct test test;
};

/* The last ones, which are the nearest to the decision. */
struct candidates {
	struct candidate items[CANDIDATES_MOST];
	size_t count;			/* of all there were */
	enum fate fate;			/* of the packet as it is */
};

/* ------------------------------------------------------------------ which rules */

/* ACCEPT, DROP; NONE for every other end. */
static enum verdict plain_verdict(enum family family, const struct rule *rule)
{
	struct part part;

	if (rule->jump != JUMP_TARGET || use_lower(family, &rule->target, &part, 1) != 1 ||
	    part.kind != PART_VERDICT || part.verdict == VERDICT_RETURN)
		return VERDICT_NONE;
	return part.verdict;
}

static bool may_decide_otherwise(enum family family, const struct rule *rule, enum fate fate)
{
	bool accepted = !fate_status(fate);

	switch ((enum jump_kind)rule->jump) {
	case JUMP_NONE:
		return false;
	case JUMP_CHAIN:
	case JUMP_GOTO:
		return true;
	case JUMP_TARGET:
		break;
	}
	if (rule->target.ext->effect != EFFECT_ENDS)
		return false;
	return plain_verdict(family, rule) != (accepted ? VERDICT_ACCEPT : VERDICT_DROP);
}

static size_t count_failing(struct eval *e, const struct test *tests, int count)
{
	size_t failing = 0;

	for (int i = 0; i < count; i++)
		failing += test_answer(e, &tests[i]) == ANSWER_NO;
	return failing;
}

static size_t failing_of_use(struct eval *e, const struct use *use)
{
	struct test tests[TESTS_MOST];
	int count = use_tests(e->family, use, tests, TESTS_MOST);

	if (count >= 0)
		return count_failing(e, tests, count);
	/* Whoever keeps state must not be asked twice. */
	if (!use->ext->match || use->ext->state || use->ext->effect != EFFECT_PURE)
		return 0;
	return use->ext->match(e, use->data, NULL) == ANSWER_NO;
}

static bool fails_once(const struct event *event)
{
	struct eval e = *event->eval;
	struct test tests[HEAD_TESTS];
	const struct rule *rule = event->rule;
	size_t failing = count_failing(&e, tests, head_tests(e.family, &rule->head, tests,
							     HEAD_TESTS));

	for (uint16_t i = 0; i < rule->match_count && failing < 2; i++)
		failing += failing_of_use(&e, &rule->matches[i]);
	return failing < 2;
}

/* ------------------------------------------------------------------ the condition that failed */

/* "22,80,6000:6063": the first of the ports that a match asks for by a function of its own. */
static bool first_port(enum family family, const struct use *use, struct test *test)
{
	const struct opt *o, *only = NULL;
	AUTO_SINK text = SINK_MEMORY;
	size_t count = 0;
	const char *end;
	uint64_t port;

	for (size_t n = 0; (o = opt_shown(use->ext, n, false)) != NULL; n++)
		if (opt_is_present(use->ext, family, o, use->data)) {
			only = o;
			count++;
		}
	if (count != 1 || only->type != &type_port_list || opt_is_negated(only, use->data))
		return false;
	only->type->print(&text, &(struct opt_out){
				  .ext = use->ext, .opt = only, .family = family,
				  .data = use->data, .how = HOW_SAVE | HOW_NUMERIC,
			  }, (const uint8_t *)use->data + only->at.at);
	if (!num_parse_decimal(sink_text(&text), &end, 0, UINT16_MAX, &port))
		return false;
	*test = (struct test){
		.ask = { .field = only->field, .len = 2, .mask = { 0xff, 0xff },
			 .low = { (uint8_t)(port >> 8), (uint8_t)port } },
	};
	return true;
}

/* The ask with a value that makes it true, said without "not". */
static bool without_not(struct ask *ask)
{
	uint8_t mask = 0;

	if (!ask->negate)
		return true;
	ask->negate = false;
	switch (ask->relation) {
	case REL_EQUAL:
		/* Another value: the lowest bit that counts is turned over. */
		for (size_t i = ask->len; i--;)
			if ((mask = ask->mask[i])) {
				ask->low[i] ^= (uint8_t)(mask & -mask);
				return true;
			}
		return false;
	case REL_RANGE:
		/* One less than the lowest. */
		ask->relation = REL_EQUAL;
		memset(ask->mask, 0xff, sizeof(ask->mask));
		for (size_t i = ask->len; i--;)
			if (ask->low[i]--)
				return true;
		return false;
	case REL_ANY_BIT:
	case REL_ONE_OF:
		return false;
	}
	return false;
}

/* Of several bits one is enough. */
static void one_bit(struct ask *ask)
{
	bool found = false;

	for (size_t i = 0; i < sizeof(ask->mask); i++) {
		ask->mask[i] = found ? 0 : ask->mask[i] & (uint8_t)-ask->mask[i];
		found |= ask->mask[i] != 0;
	}
}

static void collect(struct explain_run *run, const struct event *event)
{
	struct candidates *all = run->context;
	struct candidate c = { .rule = event->rule };

	if (event->kind != EVENT_RULE || event->answer != ANSWER_NO || run->doubt != DOUBT_NONE ||
	    !may_decide_otherwise(run->e->family, event->rule, all->fate))
		return;
	if (event->test)
		c.test = *event->test;
	else if (!event->use || !first_port(run->e->family, event->use, &c.test))
		return;
	if (!c.test.field_or && without_not(&c.test.ask) && fails_once(event))
		all->items[all->count++ % CANDIDATES_MOST] = c;
}

/* ------------------------------------------------------------------ what comes of it */

static bool is_addr(enum field field)
{
	return field == FIELD_IP_SADDR || field == FIELD_IP_DADDR || field == FIELD_IP6_SADDR ||
	       field == FIELD_IP6_DADDR;
}

/* "/24" of a network that was asked for. */
static void put_prefix(struct sink *text, enum family family, const struct ask *ask)
{
	union inet_addr mask = { 0 };

	memcpy(mask.bytes, ask->mask, ask->len);
	addr_print_mask(text, family, &mask, false);
}

static void keep_miss(struct explain_run *run, const struct candidate *c, const struct ask *ask)
{
	struct explanation *e = run->e;
	struct miss *m = &e->misses[e->miss_count++];
	struct eval eval = { .family = e->family };
	struct event event = { .test = &c->test, .has_seen = true, .eval = &eval };
	AUTO_SINK text = SINK_MEMORY, rule = SINK_MEMORY;
	const char *is;

	/* The value in the words of the explanation: "destination port is 25". */
	for (size_t i = 0; i < sizeof(event.seen); i++)
		event.seen[i] = ask->relation == REL_ANY_BIT ? ask->mask[i] : ask->low[i];
	event_print_seen(&text, &event);
	if (is_addr(ask->field) && ask->relation == REL_EQUAL)
		put_prefix(&text, e->family, ask);
	if (run->outcome.rule)
		print_rule_in(&rule, run->outcome.chain, run->outcome.rule);
	is = strstr(sink_text(&text), " is ");
	*m = (struct miss){
		.rule = explain_keep(e, &rule), .where = explain_decider(e, &run->outcome),
		.fate = fate_word(run->outcome.fate),
		.field = is ? arena_strndup(e->arena, text.text, (size_t)(is - text.text)) : "",
		.value = is ? arena_strdup(e->arena, is + 4) : explain_keep(e, &text),
	};
}

/* The same would decide as in a miss that was told already. */
static bool is_told(struct explain_run *run)
{
	AUTO_SINK where = SINK_MEMORY;

	print_decider(&where, &run->outcome);
	for (size_t i = 0; i < run->e->miss_count; i++)
		if (!strcmp(run->e->misses[i].where, sink_text(&where)))
			return true;
	return false;
}

/* Others decide after it: a jump, or another destination. */
static bool leads_on(const struct rule *rule)
{
	return rule->jump != JUMP_TARGET || rule->target.ext->tables == TABLE_NAT;
}

static void try_miss(struct explain_run *run, const struct candidate *c, enum fate fate)
{
	struct packet_words words = run->e->words;
	struct ask ask = c->test.ask;
	struct err ignored = ERR_INIT;

	if (ask.relation == REL_ANY_BIT)
		one_bit(&ask);
	if (packet_words_set(&words, &ask) < 0 || explain_run(run, &words, &ignored) < 0 ||
	    run->given_count || !explain_differs(run->outcome.fate, fate) ||
	    run->outcome.fate == FATE_UNKNOWN || is_told(run))
		return;
	/* It must be that rule, or one to which it leads; a policy says nothing about it. */
	if (!run->outcome.rule || (run->outcome.rule != c->rule && !leads_on(c->rule)))
		return;
	keep_miss(run, c, &ask);
}

/* That a packet of another state, or from this host itself, would fare otherwise says little. */
static bool says_little(const struct candidate *c)
{
	return c->test.ask.field == FIELD_CT_STATE ||
	       ((c->test.ask.field == FIELD_IIFNAME || c->test.ask.field == FIELD_OIFNAME) &&
		!memcmp(c->test.ask.low, "lo", 3));
}

void explain_misses(struct explain_run *run)
{
	struct explanation *e = run->e;
	AUTO_FREE struct candidates *all = mem_alloc(sizeof(*all));
	struct err ignored = ERR_INIT;
	size_t oldest;
	int r;

	if (e->words.said & SAID_RAW)
		return;
	*all = (struct candidates){ .fate = e->fate };
	run->watch = collect;
	run->context = all;
	r = explain_run(run, &e->words, &ignored);
	run->watch = NULL;
	if (r < 0)
		return;
	oldest = all->count > CANDIDATES_MOST ? all->count - CANDIDATES_MOST : 0;
	for (int little = 0; little < 2; little++)
		for (size_t n = all->count; n-- > oldest && e->miss_count < MISSES_MOST;) {
			const struct candidate *c = &all->items[n % CANDIDATES_MOST];

			if (says_little(c) == !!little && (!little || !e->miss_count))
				try_miss(run, c, e->fate);
		}
}
