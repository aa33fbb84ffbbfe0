// SPDX-License-Identifier: GPL-2.0-or-later
/* An explanation for programs. */
#include "base/json.h"
#include "cli/explain.h"

static const char *const kinds[] = {
	[EVENT_HOOK] = "hook", [EVENT_CHAIN] = "chain", [EVENT_RULE] = "rule",
	[EVENT_JUMP] = "jump", [EVENT_RETURN] = "return", [EVENT_POLICY] = "policy",
	[EVENT_TRACKED] = "conntrack", [EVENT_NAT] = "nat", [EVENT_ROUTE] = "route",
	[EVENT_ACT] = "act",
};

static const char *answer_word(enum answer answer)
{
	return answer == ANSWER_YES ? "yes" : answer == ANSWER_NO ? "no" : "unknown";
}

static void put_step(struct json *j, const struct explain_step *s)
{
	json_open(j, NULL, '{');
	json_str(j, "what", kinds[s->kind]);
	json_str(j, "hook", hook_word(s->hook));
	if (s->table)
		json_str(j, "table", s->table);
	if (s->chain)
		json_str(j, "chain", s->chain);
	if (s->kind == EVENT_RULE) {
		json_u64(j, "number", s->number);
		json_str(j, "rule", s->rule);
		json_str(j, "matches", s->doubt != DOUBT_NONE ? "unknown" :
			 answer_word(s->answer));
		if (s->doubt != DOUBT_NONE)
			json_str(j, "taken-as", answer_word(s->answer));
	}
	if (s->why)
		json_str(j, "text", s->why);
	json_close(j, '}');
}

/* What the verdict depends on, by its number, and what comes of it. */
static void put_conditions(struct json *j, const struct explanation *e)
{
	json_open(j, "depends", '[');
	for (size_t i = 0; i < e->condition_count; i++) {
		const struct condition *c = &e->conditions[i];

		if (!c->number)
			continue;
		json_open(j, NULL, '{');
		json_u64(j, "number", c->number);
		json_str(j, "condition", c->words);
		json_str(j, "why", c->why);
		json_str(j, "rule", c->rule);
		json_str(j, "where", c->where);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_way(struct json *j, const struct explanation *e, const struct way *w)
{
	json_open(j, NULL, '{');
	json_open(j, "if", '[');
	for (size_t i = 0; i < w->if_count; i++) {
		json_open(j, NULL, '{');
		json_u64(j, "number", e->conditions[w->ifs[i].condition].number);
		json_bool(j, "holds", w->ifs[i].holds);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_str(j, "verdict", fate_word(w->fate));
	json_open(j, "by", '[');
	for (size_t i = 0; i < w->decider_count && i < DECIDERS_MOST; i++)
		json_str(j, NULL, w->deciders[i]);
	json_close(j, ']');
	json_str(j, "becomes", w->after);
	json_str(j, "out", w->out);
	json_close(j, '}');
}

static void put_ways(struct json *j, const struct explanation *e)
{
	put_conditions(j, e);
	json_open(j, "ways", '[');
	for (size_t i = 0; i < e->way_count; i++)
		put_way(j, e, &e->ways[i]);
	json_close(j, ']');
	json_bool(j, "more-ways", e->more_ways);
}

static void put_notes(struct json *j, const struct explanation *e)
{
	json_open(j, "notes", '[');
	for (size_t i = 0; i < e->note_count; i++) {
		json_open(j, NULL, '{');
		json_str(j, "text", e->notes[i].text);
		json_str(j, "words", e->notes[i].words);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void explain_json(struct sink *sink, const struct explanation *e)
{
	struct json j = { .sink = sink };

	json_open(&j, NULL, '{');
	json_str(&j, "packet", e->packet);
	json_str(&j, "in", e->words.meta.in);
	json_str(&j, "assumed", e->assumed ? e->assumed : "");
	json_open(&j, "path", '[');
	for (size_t i = 0; i < e->steps.count; i++)
		put_step(&j, &e->steps.items[i]);
	json_close(&j, ']');
	json_str(&j, "verdict", fate_word(e->fate));
	if (e->way_count == 1 && !e->more_ways) {
		json_str(&j, "by", e->ways[0].deciders[0]);
		json_str(&j, "rule", e->ways[0].decider_count == 1 ? e->decider_rule : NULL);
		json_str(&j, "becomes", e->ways[0].after);
		json_str(&j, "out", e->ways[0].out);
	}
	put_ways(&j, e);
	put_notes(&j, e);
	json_open(&j, "nearest", '[');
	for (size_t i = 0; i < e->miss_count; i++) {
		json_open(&j, NULL, '{');
		json_str(&j, "field", e->misses[i].field);
		json_str(&j, "value", e->misses[i].value);
		json_str(&j, "verdict", e->misses[i].fate);
		json_str(&j, "by", e->misses[i].where);
		json_str(&j, "rule", e->misses[i].rule);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	sink_char(sink, '\n');
}
