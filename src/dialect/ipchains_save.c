// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipchains rules as words that ipchains reads: the save file's form, and the short form that goes
 * with a rule into the kernel.
 */
#include <netinet/in.h>
#include <string.h>

#include "dialect/ipchains_spec.h"
#include "net/names.h"

/* How the words are written. */
struct style {
	bool saved;		/* every address, dotted masks, numbers, ranges with both ends */
};

const char *ipchains_target(const struct rule *rule)
{
	if (rule->jump == JUMP_CHAIN || rule->jump == JUMP_GOTO)
		return rule->chain_to;
	if (rule->jump == JUMP_NONE)
		return "-";
	if (rule->target.ext == old_ext(OLD_REDIRECT))
		return "REDIRECT";
	if (rule->target.ext == old_ext(OLD_REJECT))
		return "REJECT";
	return old_is_verdict(rule, "DROP") ? "DENY" : rule->target.ext->name;
}

const char *ipchains_device(const struct rule *rule, bool *inverted)
{
	const struct use *use = old_find(rule, OLD_DEVICE);
	const struct old_device *d = use ? use->data : NULL;

	if (d) {
		*inverted = d->inverted;
		return d->name;
	}
	*inverted = rule->head.invert & (INVERT_IN | INVERT_OUT);
	return rule->head.in[0] ? rule->head.in : rule->head.out;
}

static const struct old_ports *ports_of(const struct rule *rule)
{
	static const struct old_ports any = { .src = { 0, UINT16_MAX }, .dst = { 0, UINT16_MAX } };
	const struct use *use = old_find(rule, OLD_PORTS);

	return use ? use->data : &any;
}

static void put_address(struct sink *s, const struct style *style, char option,
			const struct network *net, bool inverted, const uint16_t range[2],
			bool range_inverted)
{
	bool any = bytes_are_zero(&net->mask, sizeof(net->mask)) && !inverted;
	bool all = !range[0] && range[1] == UINT16_MAX && !range_inverted;

	if (any && all && !style->saved)
		return;
	sink_printf(s, " -%c %s", option, inverted ? "! " : "");
	if (style->saved) {
		addr_print(s, FAMILY_IPV4, &net->addr);
		sink_char(s, '/');
		addr_print(s, FAMILY_IPV4, &net->mask);
	} else if (any) {
		sink_str(s, "0/0");
	} else {
		addr_print(s, FAMILY_IPV4, &net->addr);
		addr_print_mask(s, FAMILY_IPV4, &net->mask, false);
	}
	if (all)
		return;
	sink_printf(s, range_inverted ? " ! %u" : " %u", range[0]);
	if (style->saved || range[0] != range[1])
		sink_printf(s, ":%u", range[1]);
}

static void put_effects(struct sink *s, const struct rule *rule)
{
	const struct use *tos = old_find(rule, OLD_TOS), *mark = old_find(rule, OLD_MARK),
			 *copy = old_find(rule, OLD_COPY);
	static const char signs[] = { [OLD_MARK_ADD] = '+', [OLD_MARK_SUBTRACT] = '-' };

	if (old_find(rule, OLD_LOG))
		sink_str(s, " -l");
	if (copy)
		sink_printf(s, " -o %u", ((const struct old_copy *)copy->data)->size);
	if (mark) {
		const struct old_mark *m = mark->data;

		sink_str(s, " -m ");
		if (m->mode != OLD_MARK_SET)
			sink_char(s, signs[m->mode]);
		sink_hex(s, m->value);
	}
	if (tos)
		sink_printf(s, " -t 0x%02X 0x%02X", ((const struct old_tos *)tos->data)->and,
			    ((const struct old_tos *)tos->data)->xor);
}

static void put_proto(struct sink *s, const struct style *style, const struct head *head)
{
	const char *name = style->saved ? NULL : proto_name_saved(head->proto);

	if (!head->proto)
		return;
	sink_printf(s, " -p %s", head->invert & INVERT_PROTO ? "! " : "");
	if (name)
		sink_str(s, name);
	else
		sink_u64(s, head->proto);
}

static void put_target(struct sink *s, const struct rule *rule)
{
	if (rule->jump == JUMP_NONE)
		return;
	sink_printf(s, " -j %s", ipchains_target(rule));
	if (rule->jump == JUMP_TARGET && rule->target.ext == old_ext(OLD_REDIRECT) &&
	    ((const struct old_redirect *)rule->target.data)->port)
		sink_printf(s, " %u", ((const struct old_redirect *)rule->target.data)->port);
}

/* Each word with a blank before it. */
static void put_rule(struct sink *s, const struct style *style, const struct rule *rule)
{
	const struct head *h = &rule->head;
	const struct old_ports *ports = ports_of(rule);
	const struct use *syn = old_find(rule, OLD_SYN);
	bool inverted;
	const char *device = ipchains_device(rule, &inverted);

	put_address(s, style, 's', &h->src, h->invert & INVERT_SRC, ports->src,
		    ports->invert & INVERT_SRC);
	put_address(s, style, 'd', &h->dst, h->invert & INVERT_DST, ports->dst,
		    ports->invert & INVERT_DST);
	if (device[0])
		sink_printf(s, " -i %s%s", inverted ? "! " : "", device);
	put_proto(s, style, h);
	put_target(s, rule);
	if (syn)
		sink_str(s, ((const struct old_syn *)syn->data)->inverted ? " ! -y" : " -y");
	if (h->fragment)
		sink_str(s, h->invert & INVERT_FRAGMENT ? " ! -f" : " -f");
	put_effects(s, rule);
}

void ipchains_save_rule(struct sink *sink, const char *chain, const struct rule *rule)
{
	(void)chain;
	put_rule(sink, &(struct style){ .saved = true }, rule);
}

const char *ipchains_policy(const struct chain *chain)
{
	switch (chain->policy) {
	case POLICY_NONE:
		return chain->builtin ? "ACCEPT" : "-";
	case POLICY_ACCEPT:
		return "ACCEPT";
	case POLICY_DROP:
		return "DENY";
	case POLICY_REJECT:
		return "REJECT";
	case POLICY_MASQUERADE:
		return "MASQ";
	}
	return "-";
}

void ipchains_save(struct sink *sink, const struct table *table, const struct chain *only)
{
	for (const struct chain *c = table->first; c; c = c->next)
		if (!c->foreign && (!only || only == c))
			sink_printf(sink, ":%s %s\n", c->name, ipchains_policy(c));
	for (const struct chain *c = table->first; c; c = c->next) {
		if (c->foreign || (only && only != c))
			continue;
		for (const struct rule *r = c->first; r; r = r->next) {
			if (r->unsaid) {
				/* Half of a rule must not come back as a rule. */
				sink_printf(sink, "# rule of %s made by nft: %s\n", c->name,
					    r->unsaid->text);
				continue;
			}
			sink_printf(sink, "-A %s", c->name);
			ipchains_save_rule(sink, c->name, r);
			sink_char(sink, '\n');
		}
	}
}

/* ------------------------------------------------------------------ words that go with a rule */

static void print_words(struct sink *sink, const char *chain, const struct rule *rule)
{
	AUTO_SINK text = SINK_MEMORY;

	(void)chain;
	put_rule(&text, &(struct style){ .saved = false }, rule);
	sink_str(sink, text.len ? sink_text(&text) + 1 : "(every packet)");
}

enum { WORDS_MOST = 40 };

static struct rule *read_words(struct arena *arena, const char *chain, const char *text)
{
	const char *items[WORDS_MOST] = { "-A", chain };
	struct ipchains_words words = { .items = items, .count = 2, .numeric = true };
	struct ipchains_call call = { 0 };
	struct err err = ERR_INIT;
	char *copy = arena_strdup(arena, text);

	if (!strcmp(text, "(every packet)"))
		*copy = '\0';
	for (char *p = copy; *p;) {
		if (words.count == WORDS_MOST)
			return NULL;
		items[words.count++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	if (ipchains_parse(arena, &words, &call, &err) < 0 || call.commands->rule_count != 1)
		return NULL;
	return call.commands->rules[0];
}

const struct old_words ipchains_words = { .print = print_words, .read = read_words };
