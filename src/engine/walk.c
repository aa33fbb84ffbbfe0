// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A chain, evaluated: rules in order, or those that the index gives; jumps with a stack, goto
 * without; RETURN in a base chain means its policy. A rule counts when its tests hold, before its
 * target is carried out (nft_do_chain() of net/netfilter/nf_tables_core.c; iptables-nft puts the
 * counter between tests and target).
 */
#include <string.h>

#include "base/bits.h"
#include "engine/run.h"
#include "ext/old.h"
#include "plan/index.h"

/* NFT_JUMP_STACK_SIZE of net/netfilter/nf_tables.h. */
enum { JUMPS_MOST = 16 };

struct frame {
	const struct program_chain *chain;
	uint32_t next;
};

struct walk {
	struct run *run;
	const struct program_chain *base, *chain;
	uint32_t next;			/* place of the next rule */
	bool ask;			/* the index, before the next rule is taken */
	bool all;			/* rule by rule: no index, or it does not know */
	struct candidates candidates;
	struct frame stack[JUMPS_MOST];
	unsigned depth;
};

static void walk_enter(struct walk *walk, const struct program_chain *chain, uint32_t next)
{
	walk->chain = chain;
	walk->next = next;
	walk->all = !chain->index || walk->run->linear;
	walk->ask = true;
}

static const struct program_rule *walk_next(struct walk *walk)
{
	uint32_t n;

	if (!walk->all && walk->ask) {
		walk->all = index_find(walk->chain->index, &walk->run->fields, walk->next,
				       &walk->candidates) == ANSWER_UNKNOWN;
		walk->ask = false;
	}
	if (walk->all) {
		if (walk->next == walk->chain->count)
			return NULL;
		return &walk->chain->rules[walk->next++];
	}
	n = candidates_next(&walk->candidates);
	if (n == UINT32_MAX)
		return NULL;
	walk->next = n + 1;
	return &walk->chain->rules[n];
}

/* ------------------------------------------------------------------ events */

static void walk_event(struct walk *walk, struct event *event, const struct program_rule *rule)
{
	event->table = walk->chain->chain->table;
	if (!event->chain)
		event->chain = walk->chain->chain;
	if (rule) {
		event->rule = rule->rule;
		event->number = rule->number;
	}
	run_event(walk->run, event);
}

static void tell_chain(struct walk *walk, enum event_kind kind, const struct chain *chain,
		       const struct program_rule *rule)
{
	struct event event = { .kind = kind, .chain = chain };

	walk_event(walk, &event, rule);
}

/* Most runs have nobody who listens: not even an empty event is made then. */
static inline void chain_event(struct walk *walk, enum event_kind kind, const struct chain *chain,
			       const struct program_rule *rule)
{
	if (run_is_traced(walk->run))
		tell_chain(walk, kind, chain, rule);
}

/* Of the target of `rule`, or NULL: of the base chain's policy. */
static void tell_verdict(struct walk *walk, enum event_kind kind, enum verdict verdict,
			 const struct program_rule *rule)
{
	struct event event = {
		.kind = kind, .verdict = verdict, .chain = rule ? NULL : walk->base->chain,
	};

	walk_event(walk, &event, rule);
}

/* What a use tests, in the words of an explanation. */
static int tests_of(enum family family, const struct use *use, struct test tests[TESTS_MOST])
{
	struct ask asks[2];
	size_t n = 0;

	if (use->ext == old_ext(OLD_PORTS))
		n = old_ports_asks(use->data, asks);
	else if (use->ext == old_ext(OLD_SYN))
		old_syn_ask(use->data, &asks[n++]);
	else
		return use_tests(family, use, tests, TESTS_MOST);
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct test){ .ask = asks[i] };
	return (int)n;
}

/*
 * Which of the tests that say the same as an extension's own function is the one that failed. False:
 * none of them, or there are none.
 */
static bool failed_test(struct eval *e, const struct use *use, struct test *test)
{
	struct test tests[TESTS_MOST];
	int count = tests_of(e->family, use, tests);

	for (int i = 0; i < count; i++) {
		enum answer answer = ask_answer(e, &tests[i].ask);

		if (answer != ANSWER_YES && tests[i].field_or) {
			struct ask other = tests[i].ask;

			other.field = tests[i].field_or;
			answer = ask_answer(e, &other);
		}
		if (answer != ANSWER_NO)
			continue;
		*test = tests[i];
		return true;
	}
	return false;
}

static void tell_rule(struct walk *walk, const struct program_rule *rule, enum answer answer,
		      const struct step *failed)
{
	struct event event = { .kind = EVENT_RULE, .answer = answer };
	struct fields *fields = &walk->run->fields;
	struct test test;

	if (answer == ANSWER_NO && failed) {
		if (failed->use != STEP_HEAD)
			event.use = &rule->tested->matches[failed->use];
		if (step_test(rule, failed, walk->run->e.family, &test) ||
		    (failed->kind == STEP_MATCH && !walk->run->e.hotdrop &&
		     failed_test(&walk->run->e, event.use, &test))) {
			event.test = &test;
			event.has_seen = fields_load(fields, test.ask.field) == ANSWER_YES;
			memcpy(event.seen, fields->value[test.ask.field], sizeof(event.seen));
		}
	}
	if (answer == ANSWER_UNKNOWN)
		event.why = walk->run->e.why;
	walk_event(walk, &event, rule);
}

/* ------------------------------------------------------------------ one rule */

static enum answer decide(struct run *run, const struct program_rule *rule, const struct use *use)
{
	struct unknown unknown = {
		.rule = rule->rule, .use = use, .nth = run->unknowns++, .why = run->e.why,
	};

	if (!run->input->decide)
		return ANSWER_UNKNOWN;
	return run->input->decide(run->input->context, &unknown);
}

/*
 * An unknown does not matter when a later test says no. Only tests that do nothing else are looked
 * at; the first such one that fails is returned.
 */
static const struct step *look_ahead(struct run *run, const struct program_rule *rule,
				     const struct step *from)
{
	const struct step *end = rule->steps + rule->step_count;

	for (const struct step *s = from + 1; s < end && step_only_answers(s); s++)
		if (step_answer(&run->fields, s) == ANSWER_NO)
			return s;
	return NULL;
}

/* Do the rule's tests hold? `*failed` is the step that said no, or could not say. */
static enum answer rule_answer(struct run *run, const struct program_rule *rule,
			       const struct step **failed)
{
	const struct step *end = rule->steps + rule->step_count;

	for (const struct step *s = rule->steps; s < end; s++) {
		enum answer answer = step_answer(&run->fields, s);

		if (answer == ANSWER_YES)
			continue;
		*failed = s;
		if (answer == ANSWER_NO)
			return answer;
		*failed = look_ahead(run, rule, s);
		if (*failed)
			return ANSWER_NO;
		*failed = s;
		/* Looking ahead may have met another unknown: the reason is this one's. */
		step_answer(&run->fields, s);
		answer = decide(run, rule,
				s->use == STEP_HEAD ? NULL : &rule->tested->matches[s->use]);
		if (answer != ANSWER_YES)
			return answer;
	}
	return ANSWER_YES;
}

static void decided(struct walk *walk, const struct program_rule *rule, enum verdict verdict)
{
	struct run *run = walk->run;
	struct outcome *outcome = run->outcome;
	bool accepts = verdict == VERDICT_ACCEPT;
	bool filter = walk->base->table == TABLE_FILTER;

	/*
	 * What nat chains accept is decided by those that filter; a rule counts before a policy,
	 * and that of table filter before those of the others.
	 */
	if (accepts && (!strcmp(walk->base->base->type, "nat") ||
			(!rule && (run->by_rule || (run->by_filter && !filter)))))
		return;
	run->by_rule = accepts && rule;
	run->by_filter = accepts && !rule && filter;
	outcome->table = walk->base->chain->table;
	outcome->chain = rule ? walk->chain->chain : walk->base->chain;
	outcome->rule = rule ? rule->rule : NULL;
	outcome->number = rule ? rule->number : 0;
}

static enum verdict stop_at(struct walk *walk, const struct program_rule *rule)
{
	struct run *run = walk->run;

	decided(walk, rule, VERDICT_DROP);
	run->stopped = true;
	strncpy(run->text, run->e.why ? run->e.why : "it is not known", sizeof(run->text) - 1);
	run->text[sizeof(run->text) - 1] = '\0';
	run->outcome->why = run->text;
	return VERDICT_DROP;
}

static void count(struct run *run, struct counters *counters)
{
	if (!run->engine->config.keep_counters)
		return;
	counters->packets++;
	counters->bytes += run->e.packet->len;
}

static enum verdict carry_out(struct walk *walk, const struct program_rule *rule)
{
	struct run *run = walk->run;
	enum verdict verdict = rule->act(&run->e, rule->rule->target.data, rule->state);

	/* It may have changed whatever rules look at. */
	fields_forget(&run->fields);
	walk->ask = true;
	if (run_is_traced(run))
		tell_verdict(walk, EVENT_ACT, verdict, rule);
	return verdict;
}

/*
 * Of a target that only the kernel can answer: yes, and it does what it does when it takes the packet;
 * no, and it drops it.
 */
static enum verdict decide_target(struct walk *walk, const struct program_rule *rule)
{
	struct run *run = walk->run;
	const struct use *use = &rule->rule->target;
	enum answer answer = ANSWER_UNKNOWN;

	eval_unknown(&run->e, "%s", rule->why);
	if (rule->rule->jump == JUMP_TARGET)
		answer = decide(run, rule, use);
	if (answer == ANSWER_UNKNOWN)
		return stop_at(walk, rule);
	if (answer == ANSWER_NO)
		return VERDICT_DROP;
	fields_forget(&run->fields);
	walk->ask = true;
	return use->ext->act ? use->ext->act(&run->e, use->data, NULL) : VERDICT_NONE;
}

static enum verdict jump(struct walk *walk, const struct program_rule *rule, bool comes_back)
{
	chain_event(walk, EVENT_JUMP, rule->to->chain, rule);
	if (comes_back) {
		if (walk->depth == JUMPS_MOST) {
			decided(walk, rule, VERDICT_DROP);
			walk->run->outcome->why = "jumps are nested deeper than any kernel loads";
			return VERDICT_DROP;
		}
		walk->stack[walk->depth++] = (struct frame){ walk->chain, walk->next };
	}
	walk_enter(walk, rule->to, 0);
	return VERDICT_NONE;
}

/* What follows from a rule whose tests hold. NONE: the next rule, wherever `walk` is now. */
static enum verdict rule_end(struct walk *walk, const struct program_rule *rule)
{
	switch ((enum program_end)rule->end) {
	case END_NONE:
	case END_NOTED:
		return VERDICT_NONE;
	case END_VERDICT:
		return (enum verdict)rule->verdict;
	case END_ACT:
		return carry_out(walk, rule);
	case END_JUMP:
	case END_GOTO:
		return jump(walk, rule, rule->end == END_JUMP);
	case END_UNKNOWN:
		break;
	}
	return decide_target(walk, rule);
}

static enum verdict try_rule(struct walk *walk, const struct program_rule *rule)
{
	struct run *run = walk->run;
	const struct step *failed = NULL;
	enum answer answer;

	if (rule->rule == run->input->without)
		return VERDICT_NONE;
	answer = rule_answer(run, rule, &failed);
	if (run_is_traced(run))
		tell_rule(walk, rule, answer, failed);
	if (run->e.hotdrop) {
		decided(walk, rule, VERDICT_DROP);
		run->outcome->why = "its header is not whole, or not what the rule's match takes";
		return VERDICT_DROP;
	}
	if (answer == ANSWER_UNKNOWN)
		return stop_at(walk, rule);
	if (answer == ANSWER_NO)
		return VERDICT_NONE;
	count(run, &rule->rule->counters);
	return rule_end(walk, rule);
}

/* ------------------------------------------------------------------ chains */

/* The last two are those of the older dialects, and do what their targets do. */
static enum verdict policy_verdict(struct run *run, enum policy policy)
{
	switch (policy) {
	case POLICY_NONE:
	case POLICY_ACCEPT:
		break;
	case POLICY_DROP:
		return VERDICT_DROP;
	case POLICY_REJECT:
		return old_ext(OLD_REJECT)->act(&run->e, NULL, NULL);
	case POLICY_MASQUERADE:
		return old_ext(OLD_MASQ)->act(&run->e, NULL, NULL);
	}
	return VERDICT_ACCEPT;
}

static enum verdict policy(struct walk *walk)
{
	struct chain *chain = walk->base->chain;
	enum verdict verdict = policy_verdict(walk->run, chain->policy);

	count(walk->run, &chain->counters);
	decided(walk, NULL, verdict);
	if (run_is_traced(walk->run))
		tell_verdict(walk, EVENT_POLICY, verdict, NULL);
	return verdict;
}

/* At the end of a chain or at RETURN: false when there is nowhere to go back to. */
static bool go_back(struct walk *walk)
{
	const struct frame *frame;

	if (!walk->depth)
		return false;
	frame = &walk->stack[--walk->depth];
	chain_event(walk, EVENT_RETURN, frame->chain->chain, NULL);
	walk_enter(walk, frame->chain, frame->next);
	return true;
}

enum verdict walk_chain(struct run *run, const struct program_chain *base)
{
	struct walk walk;

	walk.run = run;
	walk.base = base;
	walk.depth = 0;
	walk_enter(&walk, base, 0);
	fields_forget(&run->fields);
	run->e.table = base->table;
	run->e.leaving = !strcmp(base->chain->name, "output");
	run->e.hotdrop = false;
	chain_event(&walk, EVENT_CHAIN, base->chain, NULL);
	for (;;) {
		const struct program_rule *rule = walk_next(&walk);
		enum verdict verdict = rule ? try_rule(&walk, rule) : VERDICT_RETURN;

		if (verdict == VERDICT_NONE)
			continue;
		if (verdict == VERDICT_RETURN) {
			if (go_back(&walk))
				continue;
			return policy(&walk);
		}
		if (!run->stopped && !run->outcome->why)
			decided(&walk, rule, verdict);
		return verdict;
	}
}
