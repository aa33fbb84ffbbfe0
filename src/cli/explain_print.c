// SPDX-License-Identifier: GPL-2.0-or-later
/* An explanation as text in 80 columns, without colour, in an order that can be read aloud. */
#include <string.h>

#include "base/wrap.h"
#include "cli/explain.h"

enum {
	LABEL = 10,		/* "verdict   " */
	RUN_SHOWN = 3,		/* of many rules that did not match, the first and the last */
	RUN_MOST = 12,
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

static bool is_passed_over(const struct step *s)
{
	return s->kind == EVENT_RULE && s->answer == ANSWER_NO;
}

static void print_rule(struct sink *out, const struct step *s)
{
	static const char *const answers[] = {
		[ANSWER_NO] = "no", [ANSWER_YES] = "YES", [ANSWER_UNKNOWN] = "?",
	};
	size_t indent = 4 + 2u * s->depth, words = indent + 5 + 4;

	sink_printf(out, "%*s%4u %-4s", (int)indent, "", s->number, answers[s->answer]);
	sink_wrap(out, words, words + 4, WRAP_WIDTH, s->rule ? s->rule : "");
	if (s->why) {
		sink_printf(out, "%*s", (int)words + 2, "");
		sink_wrap(out, words + 2, words + 4, WRAP_WIDTH, s->why);
	}
}

static void print_step(struct sink *out, const struct step *s)
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
		print_rule(out, s);
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
	const struct step *s = &e->steps.items[at];

	if (s->kind != EVENT_CHAIN || at + 1 >= e->steps.count || s[1].kind != EVENT_POLICY)
		return 0;
	sink_printf(out, "  %s %s: no rules, policy %s\n", s->table, s->chain,
		    s[1].why ? s[1].why : "");
	return 2;
}

static void print_steps(struct sink *out, const struct explanation *e, bool all)
{
	const struct step *steps = e->steps.items;

	for (size_t i = 0; i < e->steps.count;) {
		size_t end = i, skip = quiet_chain(out, e, i);

		if (skip) {
			i += skip;
			continue;
		}
		while (end < e->steps.count && is_passed_over(&steps[end]))
			end++;
		if (all || end - i <= RUN_MOST) {
			print_step(out, &steps[i++]);
			continue;
		}
		for (size_t n = 0; n < RUN_SHOWN; n++)
			print_step(out, &steps[i + n]);
		sink_printf(out, "         ... %zu more that do not match (--all shows them)\n",
			    end - i - (size_t)RUN_SHOWN * 2);
		for (i = end - RUN_SHOWN; i < end; i++)
			print_step(out, &steps[i]);
	}
}

/* ------------------------------------------------------------------ the verdict */

static const char *upper(struct sink *text, const char *word)
{
	for (; *word; word++)
		sink_char(text, (char)(*word >= 'a' && *word <= 'z' ? *word - 32 : *word));
	return sink_text(text);
}

static void put_fate(struct sink *text, enum fate fate, const char *decider)
{
	AUTO_SINK word = SINK_MEMORY;

	sink_str(text, upper(&word, fate_word(fate)));
	if (decider)
		sink_printf(text, fate == FATE_UNKNOWN || !strncmp(decider, "no ", 3) ? ": %s" :
			    strncmp(decider, "rule ", 5) != 0 &&
			    strncmp(decider, "the policy", 10) != 0 ? ": %s" : " by %s", decider);
}

static void put_way_out(struct sink *text, const struct explanation *e)
{
	switch (e->fate) {
	case FATE_DELIVERED:
		sink_str(text, ", and goes to this host");
		break;
	case FATE_FORWARDED:
	case FATE_SENT:
		if (*e->device_out)
			sink_printf(text, ", and leaves through %s", e->device_out);
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

static void print_branches(struct sink *out, const struct explanation *e)
{
	for (size_t i = 0; i < e->unknown_count; i++) {
		AUTO_SINK text = SINK_MEMORY;

		sink_printf(&text, "(%zu) %s: %s", i + 1, e->unknowns[i].rule,
			    e->unknowns[i].why);
		line(out, i ? "" : "depends", sink_text(&text));
	}
	for (size_t i = 0; i < e->branch_count; i++) {
		const struct branch *b = &e->branches[i];
		AUTO_SINK text = SINK_MEMORY;

		sink_str(&text, "if ");
		for (size_t n = 0; n < b->count; n++)
			sink_printf(&text, "%s(%zu) %s", n ? ", " : "", n + 1,
				    b->answers[n] == ANSWER_YES ? "is so" : "is not");
		sink_str(&text, ": ");
		put_fate(&text, b->fate, b->decider);
		line(out, i ? "" : "verdict", sink_text(&text));
	}
	if (e->more_branches)
		line(out, "", "... and more; --assume WORDS=yes|no settles them");
}

static void print_verdict(struct sink *out, const struct explanation *e)
{
	AUTO_SINK text = SINK_MEMORY;

	if (e->branch_count > 1) {
		print_branches(out, e);
		return;
	}
	put_fate(&text, e->fate, e->decider);
	put_way_out(&text, e);
	line(out, "verdict", sink_text(&text));
	if (e->decider_rule)
		line(out, "", e->decider_rule);
	if (e->after)
		line(out, "becomes", e->after);
}

static void print_misses(struct sink *out, const struct explanation *e)
{
	for (size_t i = 0; i < e->miss_count; i++) {
		const struct miss *m = &e->misses[i];
		AUTO_SINK text = SINK_MEMORY;

		sink_printf(&text, "were the %s %s, it would be %s by %s:", m->field, m->value,
			    m->fate, m->where);
		line(out, i ? "" : "nearest", sink_text(&text));
		line(out, "", m->rule);
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
	print_misses(sink, e);
}
