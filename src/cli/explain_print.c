// SPDX-License-Identifier: GPL-2.0-or-later
/* An explanation as text in 80 columns, without colour, in an order that can be read aloud. */
#include <string.h>

#include "base/wrap.h"
#include "cli/explain.h"

enum {
	LABEL = 10,		/* "verdict   " */
	RUN_SHOWN = 2,		/* of many rules that did not match, the first and the last */
	RUN_MOST = 8,
	REASONS_MOST = 3,	/* of those that are left out */
};

static void put_label(struct sink *out, const char *label)
{
	size_t start = out->len;

	sink_str(out, label);
	sink_pad(out, start, LABEL);
}

static void line(struct sink *out, const char *label, const char *text)
{
	put_label(out, label);
	sink_wrap(out, LABEL, LABEL, WRAP_WIDTH, text);
}

/* ------------------------------------------------------------------ the way */

static bool is_passed_over(const struct explain_step *s)
{
	return s->kind == EVENT_RULE && s->answer == ANSWER_NO &&
	       s->doubt == DOUBT_NONE;
}

/* Why a rule is said not to be known, and what was taken for its answer. */
static void print_doubt(struct sink *text, const struct explanation *e,
			const struct explain_step *s)
{
	const char *why = s->why ? s->why : "";

	switch (s->doubt) {
	case DOUBT_NONE:
		sink_str(text, why);
		return;
	case DOUBT_IDLE:
		sink_printf(text, "%s; the packet goes on anyway", why);
		return;
	case DOUBT_ASSUMED:
		sink_printf(text, "%s; %s is assumed", why, s->answer == ANSWER_YES ? "yes" : "no");
		return;
	case DOUBT_OPEN:
		break;
	}
	if (e->conditions[s->condition].number)
		sink_printf(text, "(%u) ", e->conditions[s->condition].number);
	sink_printf(text, "%s; %s", why, s->answer == ANSWER_UNKNOWN ? "nothing is assumed" :
		    s->answer == ANSWER_YES ? "here the rule is taken to match" :
		    "here the rule is taken not to match");
	if (!e->conditions[s->condition].number && s->answer != ANSWER_UNKNOWN)
		sink_str(text, ", and the verdict is the same if it does");
}

static void print_rule(struct sink *out, const struct explanation *e, const struct explain_step *s)
{
	static const char *const answers[] = {
		[ANSWER_NO] = "no", [ANSWER_YES] = "YES", [ANSWER_UNKNOWN] = "?",
	};
	size_t indent = 4 + 2u * s->depth, start = out->len, words;
	AUTO_SINK why = SINK_MEMORY;

	sink_printf(out, "%*s%4u %-4s", (int)indent, "", s->number,
		    answers[s->doubt != DOUBT_NONE ? ANSWER_UNKNOWN : s->answer]);
	words = out->len - start;
	sink_wrap(out, words, words + 4, WRAP_WIDTH, s->rule ? s->rule :
		  "(any packet, and no target)");
	print_doubt(&why, e, s);
	if (!why.len)
		return;
	sink_printf(out, "%*s", (int)words + 2, "");
	sink_wrap(out, words + 2, words + 4, WRAP_WIDTH, sink_text(&why));
}

static void print_step(struct sink *out, const struct explanation *e, const struct explain_step *s)
{
	AUTO_SINK text = SINK_MEMORY;
	size_t indent = 4 + 2u * s->depth;

	switch (s->kind) {
	case EVENT_HOOK:
		sink_printf(out, "\n%s\n", hook_word(s->hook));
		return;
	case EVENT_CHAIN:
		sink_printf(out, "  %s %s\n", s->table, s->chain);
		return;
	case EVENT_RULE:
		print_rule(out, e, s);
		return;
	case EVENT_JUMP:
		sink_printf(&text, "into chain %s", s->chain);
		break;
	case EVENT_RETURN:
		sink_printf(&text, "back to chain %s", s->chain);
		break;
	case EVENT_POLICY:
		sink_printf(&text, "policy %s", s->why ? s->why : "");
		break;
	case EVENT_TRACKED:
		sink_printf(&text, "connection tracking: %s", s->why ? s->why : "");
		indent = 2;
		break;
	case EVENT_NAT:
		sink_printf(&text, "translated: %s", s->why ? s->why : "");
		indent = 2;
		break;
	case EVENT_ROUTE:
		sink_printf(&text, "routing: %s", s->why ? s->why : "");
		indent = 2;
		break;
	case EVENT_ACT:
		sink_str(&text, s->why ? s->why : "");
		indent += 9;
		break;
	}
	sink_printf(out, "%*s", (int)indent, "");
	sink_wrap(out, indent, indent + 2, WRAP_WIDTH, sink_text(&text));
}

/* A base chain in which nothing happened but its policy: says so in one line. */
static size_t quiet_chain(struct sink *out, const struct explanation *e, size_t at)
{
	const struct explain_step *s = &e->steps.items[at];

	if (s->kind != EVENT_CHAIN || at + 1 >= e->steps.count || s[1].kind != EVENT_POLICY)
		return 0;
	sink_printf(out, "  %s %s: no rules, policy %s\n", s->table, s->chain,
		    s[1].why ? s[1].why : "");
	return 2;
}

/* Reasons for which rules that are left out did not match, the most frequent ones. */
struct reasons {
	struct { const char *why; size_t count; } items[REASONS_MOST];
	size_t others;
};

static void count_reason(struct reasons *r, const char *why)
{
	for (size_t i = 0; i < REASONS_MOST; i++) {
		if (r->items[i].why && strcmp(r->items[i].why, why) != 0)
			continue;
		r->items[i].why = why;
		r->items[i].count++;
		return;
	}
	r->others++;
}

static void print_left_out(struct sink *out, const struct explain_step *first,
			   const struct explain_step *last)
{
	struct reasons r = { 0 };
	AUTO_SINK text = SINK_MEMORY;
	size_t indent = 4 + 2u * first->depth;
	const char *gap = "";

	for (const struct explain_step *s = first; s <= last; s++)
		count_reason(&r, s->why ? s->why : "");
	sink_printf(&text, "rules %u to %u do not match: ", first->number, last->number);
	for (size_t i = 0; i < REASONS_MOST && r.items[i].why; i++) {
		sink_printf(&text, "%s%s (%zu)", gap, r.items[i].why, r.items[i].count);
		gap = ", ";
	}
	if (r.others)
		sink_printf(&text, ", other reasons (%zu)", r.others);
	sink_str(&text, "; --all shows them");
	sink_printf(out, "%*s     ", (int)indent, "");
	sink_wrap(out, indent + 5, indent + 11, WRAP_WIDTH, sink_text(&text));
}

static void print_steps(struct sink *out, const struct explanation *e, bool all)
{
	const struct explain_step *steps = e->steps.items;

	for (size_t i = 0; i < e->steps.count;) {
		size_t end = i, skip = quiet_chain(out, e, i);

		if (skip) {
			i += skip;
			continue;
		}
		while (end < e->steps.count && is_passed_over(&steps[end]))
			end++;
		if (all || end - i <= RUN_MOST) {
			print_step(out, e, &steps[i++]);
			continue;
		}
		for (size_t n = 0; n < RUN_SHOWN; n++)
			print_step(out, e, &steps[i + n]);
		print_left_out(out, &steps[i + RUN_SHOWN], &steps[end - RUN_SHOWN - 1]);
		for (i = end - RUN_SHOWN; i < end; i++)
			print_step(out, e, &steps[i]);
	}
}

/* ------------------------------------------------------------------ the verdict */

static const char *upper(struct sink *text, const char *word)
{
	for (; *word; word++)
		sink_char(text, (char)(*word >= 'a' && *word <= 'z' ? *word - 32 : *word));
	return sink_text(text);
}

/* "rule 2 of INPUT in table filter" decides; other texts are reasons. */
static bool is_decider(const char *text)
{
	return !strncmp(text, "rule ", 5) || !strncmp(text, "the policy", 10);
}

static void put_deciders(struct sink *text, const struct way *w)
{
	for (size_t i = 0; i < w->decider_count && i < DECIDERS_MOST; i++) {
		const char *decider = w->deciders[i];

		sink_str(text, i ? " or " : "");
		sink_str(text, !decider ? "" : !is_decider(decider) ? ": " :
			 i ? "by " : " by ");
		sink_str(text, decider ? decider : "");
	}
	if (w->decider_count > DECIDERS_MOST)
		sink_str(text, " or others");
}

static void put_fate(struct sink *text, const struct way *w)
{
	AUTO_SINK word = SINK_MEMORY;

	sink_str(text, upper(&word, fate_word(w->fate)));
	if (w->fate == FATE_UNKNOWN) {
		sink_printf(text, ": %s", w->deciders[0] ? w->deciders[0] : "");
		return;
	}
	put_deciders(text, w);
	switch (w->fate) {
	case FATE_DELIVERED:
		sink_str(text, ", and goes to this host");
		break;
	case FATE_FORWARDED:
	case FATE_SENT:
		if (*w->out)
			sink_printf(text, ", and leaves through %s", w->out);
		break;
	case FATE_DROPPED:
	case FATE_REJECTED:
	case FATE_STOLEN:
	case FATE_QUEUED:
	case FATE_UNKNOWN:
	case FATE_HELD:
		break;
	}
}

static bool print_condition(struct sink *out, const struct explanation *e, unsigned number)
{
	for (size_t i = 0; i < e->condition_count; i++) {
		const struct condition *c = &e->conditions[i];
		AUTO_SINK text = SINK_MEMORY;

		if (c->number != number)
			continue;
		sink_printf(&text, "(%u) %s, asked by %s: %s", number, c->words,
			    c->where ? c->where : "a rule", c->why);
		line(out, number == 1 ? "depends" : "", sink_text(&text));
		return true;
	}
	return false;
}

static void print_conditions(struct sink *out, const struct explanation *e)
{
	unsigned number = 1;

	while (print_condition(out, e, number))
		number++;
}

static void put_ifs(struct sink *text, const struct explanation *e, const struct way *w)
{
	for (size_t i = 0; i < w->if_count; i++)
		sink_printf(text, "%s%s(%u)", i ? " and " : "if ", w->ifs[i].holds ? "" : "not ",
			    e->conditions[w->ifs[i].condition].number);
	sink_str(text, w->if_count ? ": " : "");
}

static void print_ways(struct sink *out, const struct explanation *e)
{
	print_conditions(out, e);
	for (size_t i = 0; i < e->way_count; i++) {
		const struct way *w = &e->ways[i];
		AUTO_SINK text = SINK_MEMORY;

		put_ifs(&text, e, w);
		put_fate(&text, w);
		if (w->after)
			sink_printf(&text, " as %s", w->after);
		line(out, i ? "" : "verdict", sink_text(&text));
	}
	if (e->more_ways)
		line(out, "", "... and more; --assume WORDS=yes|no settles some of it");
}

static void print_verdict(struct sink *out, const struct explanation *e)
{
	const struct way *w = &e->ways[0];
	AUTO_SINK text = SINK_MEMORY;

	if (e->way_count != 1 || e->more_ways) {
		print_ways(out, e);
		return;
	}
	put_fate(&text, w);
	line(out, "verdict", sink_text(&text));
	if (e->decider_rule && w->decider_count == 1)
		line(out, "", e->decider_rule);
	if (w->after)
		line(out, "becomes", w->after);
}

static void print_misses(struct sink *out, const struct explanation *e)
{
	for (size_t i = 0; i < e->miss_count; i++) {
		const struct miss *m = &e->misses[i];
		AUTO_SINK text = SINK_MEMORY;

		sink_printf(&text, "were the %s %s%s, it would be %s by %s%s", m->field,
			    strchr(m->value, '/') ? "in " : "", m->value, m->fate, m->where,
			    m->rule ? ":" : "");
		line(out, i ? "" : "nearest", sink_text(&text));
		if (m->rule)
			line(out, "", m->rule);
	}
}

static void print_notes(struct sink *out, const struct explanation *e)
{
	for (size_t i = 0; i < e->note_count; i++) {
		line(out, e->notes[i].label, e->notes[i].text);
		if (e->notes[i].words)
			line(out, "", e->notes[i].words);
	}
}

void explain_print(struct sink *sink, const struct explanation *e, bool all)
{
	AUTO_SINK packet = SINK_MEMORY;

	sink_str(&packet, e->packet ? e->packet : "");
	if (*e->words.meta.in)
		sink_printf(&packet, ", from %s", e->words.meta.in);
	else
		sink_str(&packet, ", made here");
	line(sink, "packet", sink_text(&packet));
	if (e->assumed)
		line(sink, "assumed", e->assumed);
	print_steps(sink, e, all);
	sink_char(sink, '\n');
	print_verdict(sink, e);
	print_notes(sink, e);
	print_misses(sink, e);
}
