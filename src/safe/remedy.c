// SPDX-License-Identifier: GPL-2.0-or-later
/* Remedies: a rule for what was lost, tried, and the next one, until nothing is lost. */
#include "safe/remedy.h"

#include <netinet/in.h>
#include <string.h>

#include "base/bits.h"
#include "dialect/ipchains.h"
#include "dialect/ipfwadm.h"
#include "dialect/iptables.h"
#include "ext/ext.h"
#include "ext/old.h"

enum { WORDS_MOST = 24, PEERS_NAMED = 2 };

void remedy_free(struct remedy *remedy)
{
	arena_free(&remedy->arena);
	*remedy = REMEDY_INIT;
}

/* ------------------------------------------------------------------ words */

/* With many clients of one port the rule names none of them. */
static bool names_peer(const struct lifelines *lines, const struct lifeline *line)
{
	unsigned peers = 0;

	for (const struct lifeline *l = lines->first; l; l = l->next) {
		const struct lifeline *k = lines->first;

		if (l->family != line->family || l->port != line->port || l->proto != line->proto)
			continue;
		while (k != l && (k->family != l->family || k->port != l->port ||
				  k->proto != l->proto ||
				  memcmp(&k->peer, &l->peer, sizeof(k->peer)) != 0))
			k = k->next;
		peers += k == l;
	}
	return peers <= PEERS_NAMED;
}

static void put_iptables(struct sink *sink, const struct lifelines *lines, const struct cut *cut,
			 const char *chain)
{
	const struct lifeline *l = cut->line;

	sink_printf(sink, "-I %s", chain);
	if (cut->loss == LOSS_NEIGHBOUR) {
		sink_str(sink, " -p ipv6-icmp -j ACCEPT");
		return;
	}
	sink_printf(sink, " -p %s", l->proto == IPPROTO_UDP ? "udp" : "tcp");
	if (names_peer(lines, l)) {
		sink_str(sink, cut->outgoing ? " -d " : " -s ");
		addr_print(sink, l->family, &l->peer);
	}
	sink_printf(sink, " --%s %u -j ACCEPT", cut->outgoing ? "sport" : "dport",
		    cut->outgoing ? l->port : cut->called);
}

/* -I, -O, -F: the categories of ipfwadm are its chains. */
static char ipfwadm_letter(const char *chain)
{
	return !strcmp(chain, "output") ? 'O' : !strcmp(chain, "forward") ? 'F' : 'I';
}

/* ADDRESS of the peer, and of this host "any", with the port that the server has. */
static void put_old(struct sink *sink, const char *chain, const struct cut *cut, bool ipchains)
{
	const struct lifeline *l = cut->line;
	const char *proto = l->proto == IPPROTO_UDP ? "udp" : "tcp";
	AUTO_SINK peer = SINK_MEMORY, own = SINK_MEMORY;

	addr_print(&peer, l->family, &l->peer);
	sink_printf(&own, "0.0.0.0/0 %u", l->port);
	if (ipchains)
		sink_printf(sink, "-I %s -p %s -s %s -d %s -j ACCEPT", chain, proto,
			    sink_text(cut->outgoing ? &own : &peer),
			    sink_text(cut->outgoing ? &peer : &own));
	else
		sink_printf(sink, "-%c -i accept -P %s -S %s -D %s",
			    ipfwadm_letter(chain), proto,
			    sink_text(cut->outgoing ? &own : &peer),
			    sink_text(cut->outgoing ? &peer : &own));
}

static bool redirects(const struct ruleset *rs, const char *table)
{
	const struct table *t = ruleset_table(rs, FAMILY_IPV4, table);

	for (const struct chain *c = t ? t->first : NULL; c; c = c->next)
		for (const struct rule *r = c->first; r; r = r->next)
			if (!r->unsaid && old_find(r, OLD_REDIRECT))
				return true;
	return false;
}

/* False: nothing to try. */
static bool make_step(struct remedy *remedy, const struct lifelines *lines, const struct cut *cut,
		      const struct ruleset *after, bool flushed, struct remedy_step *step)
{
	AUTO_SINK words = SINK_MEMORY;
	bool old = cut->redirected || (cut->table && old_table(cut->line->family, cut->table));

	*step = (struct remedy_step){
		.family = cut->line->family,
		.table = cut->elsewhere ? "nat" : cut->table,
		.chain = cut->elsewhere ? cut->elsewhere : cut->chain,
		.program = cut->line->family == FAMILY_IPV6 ? "ip6tables" : "iptables",
		.is_policy = flushed && cut->by_policy,
	};
	if (cut->redirected) {
		step->table = redirects(after, "ipfwadm") ? "ipfwadm" : "ipchains";
		step->chain = "input";
	}
	if (!step->table || !step->chain || !strcmp(step->table, "portfw"))
		return false;
	if (!old) {
		if (step->is_policy)
			sink_printf(&words, "-P %s ACCEPT", step->chain);
		else
			put_iptables(&words, lines, cut, step->chain);
	} else {
		bool ipchains = !strcmp(step->table, "ipchains");

		step->program = ipchains ? "ipchains" : "ipfwadm";
		if (step->is_policy && ipchains)
			sink_printf(&words, "-P %s ACCEPT", step->chain);
		else if (step->is_policy)
			sink_printf(&words, "-%c -p accept", ipfwadm_letter(step->chain));
		else
			put_old(&words, step->chain, cut, ipchains);
	}
	step->table = arena_strdup(&remedy->arena, step->table);
	step->chain = arena_strdup(&remedy->arena, step->chain);
	step->words = arena_strdup(&remedy->arena, sink_text(&words));
	return true;
}

/* ------------------------------------------------------------------ trying */

static size_t split(struct arena *arena, const char *text, const char **items)
{
	char *p = arena_strdup(arena, text);
	size_t count = 0;

	while (*p && count < WORDS_MOST) {
		items[count++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	return count;
}

/* The rule that the words make; NULL when they make none here. */
static const struct rule *parse_step(struct arena *arena, const struct remedy_step *step)
{
	const char *items[WORDS_MOST];
	size_t count = split(arena, step->words, items);
	struct iptables_options options = { 0 };
	struct command command = { 0 }, *c = &command;
	struct err ignored = ERR_INIT;

	if (!strcmp(step->program, "ipchains")) {
		const struct ipchains_words words = { .items = items, .count = count,
						      .numeric = true };
		struct ipchains_call call = { 0 };

		if (ipchains_parse(arena, &words, &call, &ignored) < 0)
			return NULL;
		c = call.commands;
	} else if (!strcmp(step->program, "ipfwadm")) {
		const struct ipfwadm_words words = { .items = items, .count = count,
						     .numeric = true };
		struct ipfwadm_call call = { 0 };

		if (ipfwadm_parse(arena, &words, &call, &ignored) < 0)
			return NULL;
		c = call.commands;
	} else {
		struct words words = { .items = items, .count = count, .program = step->program };

		if (iptables_parse(arena, step->family, &words, &options, c, &ignored) < 0)
			return NULL;
	}
	return c && c->rule_count == 1 ? c->rules[0] : NULL;
}

static bool carry_out(struct ruleset *rs, const struct remedy_step *step)
{
	struct table *t = ruleset_add_table(rs, step->family, step->table);
	struct chain *c;
	const struct rule *rule;

	table_add_builtin(t, step->chain);
	c = table_chain(t, step->chain);
	if (!c)
		return false;
	if (step->is_policy) {
		c->policy = POLICY_ACCEPT;
		return true;
	}
	rule = parse_step(&rs->arena, step);
	if (rule)
		chain_insert(c, rule_copy(&rs->arena, rule), c->first);
	return rule;
}

static bool is_tried(const struct remedy *remedy, const struct remedy_step *step)
{
	for (size_t i = 0; i < remedy->count; i++)
		if (!strcmp(remedy->steps[i].program, step->program) &&
		    !strcmp(remedy->steps[i].table, step->table) &&
		    !strcmp(remedy->steps[i].words, step->words))
			return true;
	return false;
}

void remedy_find(struct remedy *remedy, const struct lifelines *lines, struct ruleset *before,
		 struct ruleset *after, const struct scenery *scenery, bool flushed)
{
	for (;;) {
		AUTO_REVIEW review = REVIEW_INIT;
		struct err ignored = ERR_INIT;
		struct remedy_step step;

		if (review_change(&review, lines, before, after, scenery, &ignored) < 0)
			break;
		if (!review.first)
			return;
		if (remedy->count == REMEDY_MOST ||
		    !make_step(remedy, lines, review.first, after, flushed, &step) ||
		    is_tried(remedy, &step) || !carry_out(after, &step))
			break;
		remedy->steps[remedy->count++] = step;
	}
	remedy->count = 0;
}

void remedy_print_step(struct sink *sink, const struct remedy_step *step)
{
	sink_str(sink, step->program);
	if (!old_table(step->family, step->table) && strcmp(step->table, "filter") != 0)
		sink_printf(sink, " -t %s", step->table);
	sink_printf(sink, " %s", step->words);
}
