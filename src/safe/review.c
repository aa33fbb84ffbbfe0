// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reviewer: what of a lifeline worked with the rules of before, and does not with those of
 * after, is cut. The packets are those of probe.c.
 */
#include "safe/review.h"

#include <errno.h>
#include <string.h>

#include "base/wrap.h"
#include "dialect/iptables.h"
#include "dialect/old.h"

struct judging {
	struct review *review;
	struct engine *before, *after;
	bool needs_time;
};

void review_free(struct review *review)
{
	arena_free(&review->arena);
	*review = REVIEW_INIT;
}

/* ------------------------------------------------------------------ what cuts */

static const char *kept(struct review *review, struct sink *text)
{
	return text->len ? arena_strdup(&review->arena, sink_text(text)) : NULL;
}

/* "table filter", or the dialect, whose table has its name. */
static void put_place(struct sink *sink, const struct outcome *o)
{
	const struct table *t = o->table;

	if (old_table(t->family, t->name))
		sink_printf(sink, "%s of %s", o->chain->name, t->name);
	else
		sink_printf(sink, "%s in table %s", o->chain->name, t->name);
}

static void put_rule(struct sink *sink, enum family family, const struct outcome *o)
{
	const struct builtin_table *old = old_table(family, o->table->name);

	if (o->rule->unsaid)
		sink_str(sink, o->rule->unsaid->text ? o->rule->unsaid->text : "");
	else if (old)
		old_words(old->dialect)->print(sink, o->chain->name, o->rule);
	else
		iptables_save_rule(sink, family, o->chain->name, o->rule, false);
}

static struct cut *note_cut(struct judging *j, const struct probing *p, enum loss loss,
			    const struct probed *now)
{
	const struct outcome *o = &now->outcome;
	AUTO_SINK where = SINK_MEMORY, rule = SINK_MEMORY;
	struct arena *arena = &j->review->arena;
	struct cut *cut = arena_alloc(arena, sizeof(*cut)), **end = &j->review->first;
	/* Who let it through is not to blame that it went elsewhere. */
	bool got_through = o->fate == FATE_DELIVERED || o->fate == FATE_FORWARDED ||
			   o->fate == FATE_SENT;
	const char *elsewhere = got_through || (!o->rule && !o->chain) ? now->elsewhere : NULL;

	if (elsewhere) {
		sink_str(&where, "an address translation to somewhere else");
	} else if (o->rule) {
		sink_printf(&where, "rule %u of ", o->number);
		put_place(&where, o);
		put_rule(&rule, p->line->family, o);
	} else if (o->chain) {
		sink_str(&where, "the policy of ");
		put_place(&where, o);
	} else {
		sink_str(&where, o->why ? o->why : "something else than rules");
	}
	*cut = (struct cut){
		.line = p->line, .loss = loss, .outgoing = now->outgoing,
		.certain = o->fate != FATE_UNKNOWN && o->fate != FATE_QUEUED && !now->is_assumed,
		.why = now->is_assumed ? arena_strdup(arena, now->doubt) :
		       o->fate == FATE_UNKNOWN && o->why ? arena_strdup(arena, o->why) : NULL,
		.later = now->later,
		.where = kept(j->review, &where), .rule = kept(j->review, &rule),
		.table = !elsewhere && o->table ? arena_strdup(arena, o->table->name) : NULL,
		.chain = !elsewhere && o->chain ? arena_strdup(arena, o->chain->name) : NULL,
		.by_policy = !elsewhere && o->chain && !o->rule, .elsewhere = elsewhere,
		.redirected = now->redirected,
		.called = now->called ? probing_called_port(p) : p->line->port,
	};
	while (*end)
		end = &(*end)->next;
	*end = cut;
	j->review->count++;
	return cut;
}

/* ------------------------------------------------------------------ one lifeline */

/*
 * It worked, and does not. Of what is not known either is assumed, for the rules of before and of after
 * alike: a rule that cannot be judged and was there before is no news.
 */
static int is_lost_if(struct judging *j, const struct probing *p, enum loss loss,
		      enum answer assumed, struct probed *now, struct probed *was, struct err *err)
{
	int r = probe_run(p, j->after, loss, assumed, now, err);

	*was = (struct probed){ 0 };
	if (!r && !now->alive)
		r = probe_run(p, j->before, loss, assumed, was, err);
	return r;
}

/* At once; and where rules keep time, after a while. */
static int is_lost(struct judging *j, struct probing *p, enum loss loss, struct probed *now,
		   bool *lost, struct err *err)
{
	static const enum answer answers[] = { ANSWER_YES, ANSWER_NO };
	int r = 0;

	*lost = false;
	for (int later = 0; later <= j->needs_time && probe_applies(p, loss); later++)
		for (size_t i = 0; i < 2; i++) {
			struct probed was;

			p->needs_time = later;
			r = is_lost_if(j, p, loss, answers[i], now, &was, err);
			*lost = !r && !now->alive && was.alive;
			if (r || *lost)
				return r;
			if (!now->is_assumed && !was.is_assumed)
				break;
		}
	return 0;
}

static int judge(struct judging *j, const struct scenery *scenery, const struct lifeline *line,
		 struct err *err)
{
	struct probing p;
	int r = probing_begin(&p, scenery, line, err);

	for (enum loss loss = 0; !r && loss < LOSSES; loss++) {
		struct probed now, other;
		bool lost, both = false;

		r = is_lost(j, &p, loss, &now, &lost, err);
		if (r || !lost)
			continue;
		if (loss == LOSS_WE_SPEAK)
			r = is_lost(j, &p, LOSS_PEER_SPEAKS, &other, &both, err);
		note_cut(j, &p, loss, &now)->both = both;
		return r;
	}
	return r;
}

/* The same but for the client's port, which rules hardly ever look at. */
static bool is_like(const struct lifeline *a, const struct lifeline *b)
{
	return a->kind == b->kind && a->family == b->family && a->port == b->port &&
	       a->proto == b->proto && a->root == b->root && a->cgroup == b->cgroup &&
	       a->login_cgroup == b->login_cgroup &&
	       !memcmp(&a->peer, &b->peer, sizeof(a->peer)) &&
	       !memcmp(&a->local, &b->local, sizeof(a->local));
}

/* Of several that are alike one is judged: that of whoever types, else the first. */
static bool is_judged(const struct lifelines *lines, const struct lifeline *line)
{
	bool is_before = true;

	for (const struct lifeline *l = lines->first; l; l = l->next) {
		if (l == line)
			is_before = false;
		else if (is_like(l, line) &&
			 (is_before ? l->mine || !line->mine : l->mine && !line->mine))
			return true;
	}
	return false;
}

int review_change(struct review *review, const struct lifelines *lines,
		  const struct ruleset *before, const struct ruleset *after,
		  const struct scenery *scenery, struct err *err)
{
	AUTO_ENGINE *was = NULL, *now = NULL;
	struct judging j = { .review = review };
	int r;

	if (!lines->first)
		return 0;
	r = probe_engine(&was, before, scenery, err);
	if (!r)
		r = probe_engine(&now, after, scenery, err);
	j.needs_time = probe_needs_time(after);
	j.before = was;
	j.after = now;
	for (const struct lifeline *l = lines->first; !r && l; l = l->next) {
		/* Whoever speaks to a mosh-server is not known until it speaks. */
		if (bytes_are_zero(&l->peer, sizeof(l->peer)) || is_judged(lines, l))
			continue;
		review->looked_at++;
		r = judge(&j, scenery, l, err);
	}
	return r;
}

/* ------------------------------------------------------------------ telling */

static const char *loss_words(const struct cut *cut)
{
	if (cut->later)
		return "would be cut after some packets";
	switch (cut->loss) {
	case LOSS_WE_SPEAK:
		if (cut->both)
			return "would be cut, whoever speaks first";
		return "would be cut as soon as this host sends something";
	case LOSS_PEER_SPEAKS:
		return "would be cut as soon as the other end sends something";
	case LOSS_LOGIN:
		if (cut->line->kind == LIFELINE_SESSION)
			return "would go on, but nobody could log in from there again";
		return cut->line->kind == LIFELINE_MOSH ? "would be cut" : "would not work";
	case LOSS_NEIGHBOUR:
		return "would be cut in a minute, when neighbours look for one another "
		       "(neighbour discovery of IPv6)";
	case LOSSES:
		break;
	}
	return "would be cut";
}

static void print_cut(struct sink *sink, const struct cut *cut)
{
	AUTO_SINK text = SINK_MEMORY;

	lifeline_print(&text, cut->line);
	sink_printf(&text, "%s %s: what %s sends %s by %s",
		    cut->line->mine ? " (the one you type in)" : "", loss_words(cut),
		    cut->outgoing ? "this host" : "the other end",
		    cut->elsewhere ? "is led away" :
		    cut->certain ? "is dropped" : "may be dropped", cut->where);
	if (cut->why && strcmp(cut->why, cut->where) != 0)
		sink_printf(&text, " (%s)", cut->why);
	sink_wrap(sink, 0, 2, WRAP_WIDTH, sink_text(&text));
	if (cut->rule) {
		sink_str(sink, "    ");
		sink_wrap(sink, 4, 6, WRAP_WIDTH, cut->rule);
	}
}

void review_print(struct sink *sink, const struct review *review)
{
	for (const struct cut *cut = review->first; cut; cut = cut->next)
		print_cut(sink, cut);
}
