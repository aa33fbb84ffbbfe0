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

static void put_step(struct json *j, const struct step *s)
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
		json_str(j, "matches", answer_word(s->answer));
	}
	if (s->why)
		json_str(j, "text", s->why);
	json_close(j, '}');
}

static void put_branches(struct json *j, const struct explanation *e)
{
	json_open(j, "unknown", '[');
	for (size_t i = 0; i < e->unknown_count; i++) {
		json_open(j, NULL, '{');
		json_str(j, "rule", e->unknowns[i].rule);
		json_str(j, "why", e->unknowns[i].why);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "branches", '[');
	for (size_t i = 0; i < e->branch_count; i++) {
		const struct branch *b = &e->branches[i];

		json_open(j, NULL, '{');
		json_open(j, "answers", '[');
		for (size_t n = 0; n < b->count; n++)
			json_str(j, NULL, answer_word(b->answers[n]));
		json_close(j, ']');
		json_str(j, "verdict", fate_word(b->fate));
		json_str(j, "by", b->decider);
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
	json_str(&j, "by", e->decider);
	json_str(&j, "rule", e->decider_rule);
	json_str(&j, "becomes", e->after);
	json_str(&j, "out", e->device_out);
	put_branches(&j, e);
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
