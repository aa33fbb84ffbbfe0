// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of a packet, and why: the engine is run with somebody who takes notes. Where an
 * answer is not known, once for each way it could be; and once more for each rule that missed by one
 * condition, with that condition true, to find the nearest miss.
 */
#include "cli/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/vec.h"

enum { ROOM = 66000, CANDIDATES_MOST = 64 };

/* A rule that was tried and failed at a test of a field. */
struct candidate {
	const struct rule *rule;
	struct test test;
};

/* One run. */
struct run {
	struct explanation *e;		/* gets the steps; NULL: nobody is interested */
	const struct assumptions *assumptions;
	enum family family;
	const enum answer *decided;	/* answers to the first unknowns */
	size_t decided_count;
	enum answer given[UNKNOWNS_MOST];
	size_t given_count;
	uint16_t depth;
	struct candidate *candidates;	/* NULL: not wanted */
	size_t candidate_count;
	struct packet packet;
	struct outcome outcome;
	uint8_t bytes[ROOM];
};

/* ------------------------------------------------------------------ unknowns */

/* The answer that was assumed for an unknown, whose reason or rule has the words; or unknown. */
static enum answer assumed_answer(const struct assumptions *a, const char *why, const char *rule)
{
	for (size_t i = 0; a && i < a->count; i++) {
		const char *item = a->items[i], *equals = strrchr(item, '=');
		const char *answer = equals ? equals + 1 : item;
		size_t len = equals ? (size_t)(equals - item) : 0;

		if (!len || memmem(why, strlen(why), item, len) ||
		    memmem(rule, strlen(rule), item, len))
			return !strcmp(answer, "yes") ? ANSWER_YES : ANSWER_NO;
	}
	return ANSWER_UNKNOWN;
}

static void note_unknown(struct explanation *e, const struct unknown *u)
{
	AUTO_SINK rule = SINK_MEMORY;

	if (e->unknown_count == UNKNOWNS_MOST)
		return;
	print_rule_words(&rule, e->family, u->rule);
	e->unknowns[e->unknown_count++] = (struct unknown_step){
		.rule = arena_strdup(e->arena, sink_text(&rule)),
		.why = arena_strdup(e->arena, u->why ? u->why : "it is not known"),
	};
}

/* What nobody said anything of is first taken to be so, then not. */
static enum answer decide(void *context, const struct unknown *u)
{
	struct run *run = context;
	AUTO_SINK rule = SINK_MEMORY;
	enum answer a;

	print_rule_words(&rule, run->family, u->rule);
	a = assumed_answer(run->assumptions, u->why ? u->why : "", sink_text(&rule));
	if (a != ANSWER_UNKNOWN)
		return a;
	if (run->given_count == UNKNOWNS_MOST)
		return ANSWER_UNKNOWN;
	a = run->given_count < run->decided_count ? run->decided[run->given_count] : ANSWER_YES;
	run->given[run->given_count++] = a;
	if (run->e)
		note_unknown(run->e, u);
	return a;
}

/* ------------------------------------------------------------------ notes */

static void failed_condition(struct sink *sink, const struct event *event)
{
	if (event->test)
		event_print_seen(sink, event);
	else if (event->why)
		sink_str(sink, event->why);
	else if (event->use)
		sink_printf(sink, "-m %s does not match", event->use->ext->name);
}

static void about_connection(struct sink *why, const struct conn_view *ct)
{
	static const char *const states[] = {
		[CONN_INVALID] = "INVALID", [CONN_NEW] = "NEW", [CONN_RELATED] = "RELATED",
		[CONN_ESTABLISHED] = "ESTABLISHED", [CONN_UNTRACKED] = "UNTRACKED",
	};

	sink_str(why, ct->known ? states[ct->state] : "not known");
}

static void about_route(struct sink *why, const struct event *event)
{
	const struct meta *meta = event->eval->meta;

	if (event->why)
		sink_str(why, event->why);
	else if (meta->known & KNOWN_OUT && *meta->out)
		sink_printf(why, "out through %s", meta->out);
	else
		sink_str(why, "to this host");
}

static void about(struct sink *why, const struct event *event)
{
	switch (event->kind) {
	case EVENT_RULE:
		if (event->answer == ANSWER_NO)
			failed_condition(why, event);
		break;
	case EVENT_NAT:
		packet_print(why, event->eval->packet);
		break;
	case EVENT_POLICY:
		sink_str(why, event->verdict == VERDICT_DROP ? "DROP" : "ACCEPT");
		break;
	case EVENT_TRACKED:
		about_connection(why, &event->eval->ct);
		break;
	case EVENT_ROUTE:
		about_route(why, event);
		break;
	case EVENT_HOOK:
	case EVENT_CHAIN:
	case EVENT_JUMP:
	case EVENT_RETURN:
	case EVENT_ACT:
		if (event->why)
			sink_str(why, event->why);
		break;
	}
}

static const char *kept(struct arena *arena, struct sink *sink)
{
	return sink->len ? arena_strdup(arena, sink_text(sink)) : NULL;
}

static void note_step(struct run *run, const struct event *event)
{
	struct explanation *e = run->e;
	AUTO_SINK rule = SINK_MEMORY, why = SINK_MEMORY;
	struct step step = {
		.kind = event->kind, .hook = event->hook, .depth = run->depth,
		.number = event->number, .answer = event->answer,
		.table = event->table ? arena_strdup(e->arena, event->table->name) : NULL,
		.chain = event->chain ? arena_strdup(e->arena, event->chain->name) : NULL,
	};

	if (event->kind == EVENT_RULE)
		print_rule_words(&rule, e->family, event->rule);
	about(&why, event);
	step.rule = kept(e->arena, &rule);
	step.why = kept(e->arena, &why);
	VEC_PUSH(&e->steps, step);
}

static void note(void *context, const struct event *event)
{
	struct run *run = context;

	if (event->kind == EVENT_RULE && event->answer == ANSWER_NO && event->test &&
	    run->candidates && run->candidate_count < CANDIDATES_MOST)
		run->candidates[run->candidate_count++] = (struct candidate){
			event->rule, *event->test,
		};
	if (event->kind == EVENT_CHAIN)
		run->depth = 0;
	/* What a target did is seen by what comes of it, unless there are words for it. */
	if (run->e && (event->kind != EVENT_ACT || event->why))
		note_step(run, event);
	if (event->kind == EVENT_JUMP)
		run->depth++;
	else if (event->kind == EVENT_RETURN && run->depth)
		run->depth--;
}

/* ------------------------------------------------------------------ running */

/* A fresh engine for each run: nothing that one run did may change another one. */
static int run_packet(struct run *run, const struct scene *scene, struct packet_words *words,
		      struct err *err)
{
	AUTO_ENGINE *engine = NULL;
	const struct engine_config config = {
		.rules = &scene->rules, .host = &scene->host, .linear = true,
		.limits = { .connections = 16, .expectations = 4, .fragments = 4 },
	};
	struct trace trace = { .context = run, .event = note };
	struct conn_view view = packet_words_view(words);
	struct input input = {
		.packet = &run->packet, .meta = words->meta, .decide = decide, .context = run,
		.trace = run->e || run->candidates ? &trace : NULL,
		.fixed = words->said & SAID_STATE ? &view : NULL,
	};
	int r = packet_words_build(words, &run->packet, run->bytes, sizeof(run->bytes));

	if (r < 0)
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "%s", r == -EMSGSIZE ?
			       "no packet has this length" : "--hex is no whole IP packet");
	r = engine_open(&engine, &config, err);
	if (r < 0)
		return r;
	engine_world(engine)->time_known = true;
	engine_world(engine)->wall = time(NULL);
	engine_run(engine, &input, &run->outcome);
	return 0;
}

/* Dropped or let through: what a person asks first. */
static int fate_class(enum fate fate)
{
	return fate_status(fate);
}

static const char *decider_of(struct explanation *e, const struct outcome *outcome)
{
	AUTO_SINK text = SINK_MEMORY;

	print_decider(&text, outcome);
	return kept(e->arena, &text);
}

static void keep_branch(struct explanation *e, const struct run *run)
{
	struct branch *b = &e->branches[e->branch_count++];

	*b = (struct branch){
		.answers = arena_memdup(e->arena, run->given,
					sizeof(*run->given) * (run->given_count + 1)),
		.count = run->given_count, .fate = run->outcome.fate,
		.decider = decider_of(e, &run->outcome),
	};
}

/* The next way of deciding: the last "yes" becomes "no", what follows is open again. */
static size_t next_way(const struct branch *last, enum answer *answers)
{
	size_t count = last->count;

	while (count && last->answers[count - 1] == ANSWER_NO)
		count--;
	if (!count)
		return 0;
	memcpy(answers, last->answers, sizeof(*answers) * count);
	answers[count - 1] = ANSWER_NO;
	return count;
}

static int other_branches(struct explanation *e, struct run *run, const struct scene *scene,
			  struct err *err)
{
	enum answer answers[UNKNOWNS_MOST];
	size_t count;
	int r = 0;

	while (!r && (count = next_way(&e->branches[e->branch_count - 1], answers)) != 0) {
		if (e->branch_count == BRANCHES_MOST) {
			e->more_branches = true;
			break;
		}
		run->e = NULL;
		run->candidates = NULL;
		run->decided = answers;
		run->decided_count = count;
		run->given_count = 0;
		r = run_packet(run, scene, &e->words, err);
		if (!r)
			keep_branch(e, run);
	}
	return r;
}

/* ------------------------------------------------------------------ the nearest miss */

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

static void keep_miss(struct explanation *e, const struct run *run, const struct candidate *c,
		      const struct ask *ask)
{
	struct miss *m = &e->misses[e->miss_count++];
	struct event event = { .test = &c->test, .has_seen = true };
	struct eval eval = { .family = e->family };
	AUTO_SINK text = SINK_MEMORY, rule = SINK_MEMORY;
	const char *is;

	/* The value in the words of the explanation: "destination port is 25". */
	event.eval = &eval;
	for (size_t i = 0; i < sizeof(event.seen); i++)
		event.seen[i] = ask->relation == REL_ANY_BIT ? ask->mask[i] : ask->low[i];
	event_print_seen(&text, &event);
	if (is_addr(ask->field) && ask->relation == REL_EQUAL)
		put_prefix(&text, e->family, ask);
	print_rule_words(&rule, e->family, c->rule);
	is = strstr(sink_text(&text), " is ");
	*m = (struct miss){
		.rule = kept(e->arena, &rule), .where = decider_of(e, &run->outcome),
		.fate = fate_word(run->outcome.fate),
		.field = is ? arena_strndup(e->arena, text.text, (size_t)(is - text.text)) : "",
		.value = is ? arena_strdup(e->arena, is + 4) : kept(e->arena, &text),
	};
}

/* With the failed condition true, this very rule must decide, and otherwise. */
static void try_miss(struct explanation *e, struct run *run, const struct scene *scene,
		     const struct candidate *c)
{
	struct packet_words words = e->words;
	struct ask ask = c->test.ask;
	struct err ignored = ERR_INIT;

	if (c->test.field_or || !without_not(&ask))
		return;
	if (ask.relation == REL_ANY_BIT)
		one_bit(&ask);
	if (packet_words_set(&words, &ask) < 0)
		return;
	run->e = NULL;
	run->candidates = NULL;
	run->decided_count = run->given_count = 0;
	if (run_packet(run, scene, &words, &ignored) < 0 || run->given_count ||
	    run->outcome.rule != c->rule ||
	    fate_class(run->outcome.fate) == fate_class(e->branches[0].fate))
		return;
	keep_miss(e, run, c, &ask);
}

static void nearest_misses(struct explanation *e, struct run *run, const struct scene *scene,
			   const struct candidate *candidates, size_t count)
{
	if (e->words.said & SAID_RAW || e->branch_count != 1)
		return;
	/*
	 * The last rules tried are the nearest to the decision. That another state would do
	 * otherwise says little: it comes last.
	 */
	for (size_t n = count; n-- && e->miss_count < MISSES_MOST;)
		if (candidates[n].test.ask.field != FIELD_CT_STATE)
			try_miss(e, run, scene, &candidates[n]);
	for (size_t n = count; n-- && !e->miss_count;)
		if (candidates[n].test.ask.field == FIELD_CT_STATE)
			try_miss(e, run, scene, &candidates[n]);
}

/* ------------------------------------------------------------------ all of it */

static void keep_outcome(struct explanation *e, const struct run *run, const char *before)
{
	const struct outcome *o = &run->outcome;
	AUTO_SINK after = SINK_MEMORY, rule = SINK_MEMORY;

	e->decider = decider_of(e, o);
	if (o->rule)
		print_rule_words(&rule, e->family, o->rule);
	e->decider_rule = kept(e->arena, &rule);
	packet_print(&after, &run->packet);
	if (strcmp(before, sink_text(&after)) != 0)
		e->after = kept(e->arena, &after);
	e->device_out = arena_strdup(e->arena, o->meta.out);
}

int explain_packet(struct explanation *e, const struct scene *scene,
		   const struct assumptions *assumptions, struct err *err)
{
	AUTO_FREE struct run *run = mem_alloc(sizeof(*run));
	AUTO_FREE struct candidate *candidates = mem_alloc(sizeof(*candidates) * CANDIDATES_MOST);
	AUTO_SINK assumed = SINK_MEMORY, line = SINK_MEMORY;
	size_t candidate_count;
	int r;

	packet_words_assume(&e->words, &scene->host, &assumed);
	e->assumed = kept(e->arena, &assumed);
	*run = (struct run){ .e = e, .assumptions = assumptions, .family = e->family,
			     .candidates = candidates };
	r = packet_words_build(&e->words, &run->packet, run->bytes, sizeof(run->bytes));
	if (r > 0) {
		packet_print(&line, &run->packet);
		e->packet = kept(e->arena, &line);
	}
	r = run_packet(run, scene, &e->words, err);
	if (r < 0)
		return r;
	candidate_count = run->candidate_count;
	keep_outcome(e, run, e->packet);
	keep_branch(e, run);
	r = other_branches(e, run, scene, err);
	e->fate = e->branches[0].fate;
	for (size_t i = 1; i < e->branch_count; i++)
		if (fate_class(e->branches[i].fate) != fate_class(e->branches[0].fate))
			e->fate = FATE_UNKNOWN;
	if (!r)
		nearest_misses(e, run, scene, candidates, candidate_count);
	return r;
}

void explanation_free(struct explanation *e)
{
	free(e->steps.items);
}

int explain_status(const struct explanation *e)
{
	return fate_status(e->fate);
}
