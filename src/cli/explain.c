// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What becomes of a packet, and why: the engine is run with somebody who takes notes. What is not
 * known becomes a condition, and is taken for "no" unless the caller of the run decided otherwise.
 */
#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/vec.h"
#include "cli/explain_run.h"
#include "dialect/ipchains.h"
#include "ext/ext.h"

const char *explain_keep(struct explanation *e, struct sink *text)
{
	return text->len ? arena_strdup(e->arena, sink_text(text)) : NULL;
}

const char *explain_decider(struct explanation *e, const struct outcome *outcome)
{
	AUTO_SINK text = SINK_MEMORY;

	print_decider(&text, outcome);
	return explain_keep(e, &text);
}

/* ------------------------------------------------------------------ conditions */

/* Whether or not the rule matches, the packet goes on to the next one as it is. */
static bool is_idle(enum family family, const struct rule *rule)
{
	struct part part;

	switch ((enum jump_kind)rule->jump) {
	case JUMP_NONE:
		return true;
	case JUMP_CHAIN:
	case JUMP_GOTO:
		return false;
	case JUMP_TARGET:
		break;
	}
	return rule->target.ext->act == act_nothing ||
	       (use_lower(family, &rule->target, &part, 1) == 1 &&
		(part.kind == PART_LOG || part.kind == PART_TRACE));
}

/*
 * The condition in words. With a single option a negation is left out, and *turned says so: the
 * same set asked for with and without `!` is one condition.
 */
static void condition_words(struct sink *text, enum family family, const struct unknown *u,
			    bool *turned)
{
	AUTO_SINK options = SINK_MEMORY;
	const struct opt *o, *only = NULL;
	const char *words;
	size_t count = 0;

	*turned = false;
	if (!u->use) {
		print_rule_words(text, family, u->rule);
		return;
	}
	for (size_t n = 0; (o = opt_shown(u->use->ext, n, false)) != NULL; n++)
		if (opt_is_present(u->use->ext, family, o, u->use->data)) {
			only = o;
			count++;
		}
	use_save(&options, family, u->use);
	words = sink_text(&options);
	if (count == 1 && opt_is_negated(only, u->use->data) && !strncmp(words, " ! ", 3)) {
		*turned = true;
		words += 2;
	}
	sink_printf(text, "-%c %s%s", u->use->ext->kind == EXT_TARGET ? 'j' : 'm',
		    u->use->ext->name, words);
}

/* The condition of these words, a new one if need be; -1 when there are too many. */
static int find_condition(struct explanation *e, const char *words, const struct unknown *u)
{
	struct condition *c = e->conditions;
	AUTO_SINK rule = SINK_MEMORY;

	for (; c < e->conditions + e->condition_count; c++)
		if (!strcmp(c->words, words))
			return (int)(c - e->conditions);
	if (e->condition_count == CONDITIONS_MOST)
		return -1;
	print_rule_words(&rule, e->family, u->rule);
	*c = (struct condition){
		.words = arena_strdup(e->arena, words), .rule = explain_keep(e, &rule),
		.why = arena_strdup(e->arena, u->why ? u->why : "it is not known"),
	};
	return (int)e->condition_count++;
}

/* The answer to a condition of this run: as before, as decided, or no. */
static enum answer answer_condition(struct explain_run *run, uint8_t condition)
{
	bool holds;

	for (size_t i = 0; i < run->given_count; i++)
		if (run->given[i].condition == condition)
			return run->given[i].holds ? ANSWER_YES : ANSWER_NO;
	if (run->given_count == UNKNOWNS_MOST)
		return ANSWER_UNKNOWN;
	holds = run->given_count < run->decided_count && run->decided[run->given_count];
	run->given[run->given_count++] = (struct answered){ condition, holds };
	return holds ? ANSWER_YES : ANSWER_NO;
}

static enum answer decide(void *context, const struct unknown *u)
{
	struct explain_run *run = context;
	AUTO_SINK words = SINK_MEMORY;
	enum answer a;
	bool turned;
	int n;

	run->doubt_why = arena_strdup(run->e->arena, u->why ? u->why : "it is not known");
	a = assumptions_answer(run->assumptions, run->e->family, u);
	if (a != ANSWER_UNKNOWN) {
		run->doubt = DOUBT_ASSUMED;
		return a;
	}
	run->doubt = DOUBT_IDLE;
	if (is_idle(run->e->family, u->rule))
		return ANSWER_NO;
	condition_words(&words, run->e->family, u, &turned);
	n = find_condition(run->e, sink_text(&words), u);
	if (n < 0)
		return ANSWER_UNKNOWN;
	run->doubt = DOUBT_OPEN;
	run->condition = (uint8_t)n;
	a = answer_condition(run, run->condition);
	return turned ? answer_not(a) : a;
}

/* ------------------------------------------------------------------ notes */

/* What the packet has where the options of a match look that is asked by a function of its own. */
static void seen_by_function(struct sink *sink, const struct event *event)
{
	struct eval eval = *event->eval;
	const struct opt *o;
	const char *gap = "";

	for (size_t n = 0; (o = opt_shown(event->use->ext, n, false)) != NULL; n++) {
		const enum field fields[2] = { o->field, o->field_or };

		if (!opt_is_present(event->use->ext, eval.family, o, event->use->data))
			continue;
		for (size_t i = 0; i < 2 && fields[i]; i++) {
			struct test test = { .ask = { .field = fields[i] } };
			struct event seen = { .test = &test, .eval = event->eval };

			seen.has_seen = field_read(&eval, fields[i], seen.seen) == ANSWER_YES;
			sink_str(sink, gap);
			event_print_seen(sink, &seen);
			gap = ", ";
		}
	}
	if (!*gap)
		sink_printf(sink, "-m %s says no", event->use->ext->name);
}

static void failed_condition(struct sink *sink, const struct event *event)
{
	if (event->test)
		event_print_seen(sink, event);
	else if (event->why)
		sink_str(sink, event->why);
	else if (event->use)
		seen_by_function(sink, event);
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
		sink_printf(why, "out through %s%s", meta->out,
			    event->hook == NF_INET_LOCAL_OUT ? ", for -o behind OUTPUT" : "");
	else
		sink_str(why, "to this host");
}

static void about_rule(struct sink *why, const struct explain_run *run, const struct event *event)
{
	if (run->doubt != DOUBT_NONE)
		sink_str(why, run->doubt_why);
	else if (event->answer == ANSWER_NO)
		failed_condition(why, event);
}

static const char *policy_word(const struct chain *chain)
{
	if (old_table(chain->table->family, chain->table->name))
		return ipchains_policy(chain);
	return chain->policy == POLICY_DROP ? "DROP" : "ACCEPT";
}

static void about(struct sink *why, const struct explain_run *run, const struct event *event)
{
	switch (event->kind) {
	case EVENT_RULE:
		about_rule(why, run, event);
		break;
	case EVENT_NAT:
		packet_print(why, event->eval->packet);
		break;
	case EVENT_POLICY:
		sink_str(why, policy_word(event->chain));
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

static void note_step(struct explain_run *run, const struct event *event)
{
	struct explanation *e = run->e;
	AUTO_SINK rule = SINK_MEMORY, why = SINK_MEMORY;
	struct explain_step step = {
		.kind = event->kind, .hook = event->hook, .depth = run->depth,
		.number = event->number, .answer = event->answer,
		.table = event->table ? arena_strdup(e->arena, event->table->name) : NULL,
		.chain = event->chain ? arena_strdup(e->arena, event->chain->name) : NULL,
	};

	if (event->kind == EVENT_RULE) {
		print_rule_in(&rule, event->chain, event->rule);
		step.doubt = run->doubt;
		step.condition = run->condition;
	}
	about(&why, run, event);
	step.rule = explain_keep(e, &rule);
	step.why = explain_keep(e, &why);
	VEC_PUSH(&e->steps, step);
}

/* Where the rule stands that asked for conditions first. */
static void place_conditions(struct explanation *e, const struct event *event)
{
	struct condition *c = &e->conditions[e->condition_count];

	while (c-- > e->conditions && !c->where)
		c->where = arena_printf(e->arena, "rule %u of %s in table %s", event->number,
					event->chain->name, event->table->name);
}

static void note(void *context, const struct event *event)
{
	struct explain_run *run = context;

	if (event->kind == EVENT_CHAIN)
		run->depth = 0;
	if (event->kind == EVENT_RULE) {
		place_conditions(run->e, event);
		/* A condition that fails for certain counts for more than one that is not known. */
		if (event->answer == ANSWER_NO && event->test)
			run->doubt = DOUBT_NONE;
	}
	/* What a target did is seen by what comes of it, unless there are words for it. */
	if (run->keeps_steps && (event->kind != EVENT_ACT || event->why))
		note_step(run, event);
	if (run->watch)
		run->watch(run, event);
	run->doubt = DOUBT_NONE;
	if (event->kind == EVENT_JUMP)
		run->depth++;
	else if (event->kind == EVENT_RETURN && run->depth)
		run->depth--;
}

/* ------------------------------------------------------------------ running */

int explain_run(struct explain_run *run, struct packet_words *words, struct err *err)
{
	AUTO_ENGINE *engine = NULL;
	const struct engine_config config = {
		.rules = &run->scene->rules, .host = &run->scene->host,
		.sets = scene_sets(run->scene), .linear = true,
		.limits = { .connections = 16, .expectations = 4, .fragments = 4 },
	};
	struct trace trace = { .context = run, .event = note };
	struct conn_view view = packet_words_view(words);
	struct input input = {
		.packet = &run->packet, .meta = words->meta, .decide = decide, .context = run,
		.trace = &trace, .fixed = words->said & SAID_STATE ? &view : NULL,
		.without = run->without, .flaw = words->flaw,
	};
	int r = packet_words_build(words, &run->packet, run->bytes, sizeof(run->bytes));

	if (r < 0)
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "%s", r == -EMSGSIZE ?
			       "no packet has this length" : "these words make no packet");
	r = engine_open(&engine, &config, err);
	if (r < 0)
		return r;
	scene_clock(engine_world(engine), run->e->wall ? run->e->wall : time(NULL));
	run->given_count = 0;
	run->depth = 0;
	run->doubt = DOUBT_NONE;
	engine_run(engine, &input, &run->outcome);
	return 0;
}

/* ------------------------------------------------------------------ all of it */

/* Who sent a packet of a capture tells where it came from. */
static void assume_arrival(struct explanation *e, const struct host *host, struct sink *assumed)
{
	struct packet_words *w = &e->words;

	if (!w->captured || w->said & SAID_IN || w->flaw != PACKET_GOOD)
		return;
	scene_arrival(host, e->family, w->spec.saddr.bytes, NULL, &w->meta);
	if (*w->meta.in)
		sink_printf(assumed, "-i %s", w->meta.in);
}

static int begin(struct explanation *e, struct explain_run *run)
{
	AUTO_SINK assumed = SINK_MEMORY, line = SINK_MEMORY;
	int r;

	assume_arrival(e, &run->scene->host, &assumed);

	packet_words_assume(&e->words, &run->scene->host, &assumed);
	e->assumed = explain_keep(e, &assumed);
	r = packet_words_build(&e->words, &run->packet, run->bytes, sizeof(run->bytes));
	if (r > 0) {
		packet_print(&line, &run->packet);
		e->packet = explain_keep(e, &line);
	}
	return r;
}

int explain_packet(struct explanation *e, const struct scene *scene,
		   const struct assumptions *assumptions, enum explain_depth depth,
		   struct err *err)
{
	AUTO_FREE struct explain_run *run = mem_alloc(sizeof(*run));
	int r;

	*run = (struct explain_run){
		.e = e, .scene = scene, .assumptions = assumptions,
		.keeps_steps = depth == EXPLAIN_ALL,
	};
	begin(e, run);
	r = explain_ways(run, err);
	if (r < 0 || depth == EXPLAIN_VERDICT || e->way_count != 1 || e->more_ways)
		return r;
	explain_misses(run);
	explain_notes(run);
	return 0;
}

void explanation_free(struct explanation *e)
{
	free(e->steps.items);
}

int explain_status(const struct explanation *e)
{
	return fate_status(e->fate);
}
