// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expressions in nft's words, for rules that iptables has no words for. This is for people: it says
 * what each step does as nft would, without promising that nft takes it back.
 */
#include <arpa/inet.h>
#include <net/if.h>

#include "kernel/decode.h"
#include "kernel/expr.h"
#include "kernel/words.h"

enum { WORDS_MOST = 96 };

/* What a register holds: its words, and how values compared with it are to be shown. */
struct word_reg {
	char text[WORDS_MOST];
	enum shown_as shown;
	struct bytes constant;		/* of an immediate; of a state, the mask */
};

struct speaker {
	struct sink *to;
	enum family family;
	uint8_t proto;
	struct word_reg regs[REG_COUNT + 2];	/* the last two: nothing */
};

static void say(struct speaker *s, const char *word)
{
	if (s->to->len)
		sink_char(s->to, ' ');
	sink_str(s->to, word);
}

static struct word_reg *reg_of(struct speaker *s, uint8_t reg)
{
	return &s->regs[reg <= REG_COUNT ? reg : REG_COUNT + 1];
}

static struct word_reg *load(struct speaker *s, uint8_t reg, const char *text, enum shown_as shown)
{
	struct word_reg *r = reg_of(s, reg);

	*r = (struct word_reg){ .shown = shown };
	snprintf(r->text, sizeof(r->text), "%s", text);
	return r;
}

/* ------------------------------------------------------------------ loads */

static void load_payload(struct speaker *s, const struct expr *e)
{
	static const char *const bases[] = { "ll", "nh", "th", "ih" };
	const struct field_words *w = words_payload(s->family, s->proto, e->payload.base,
						    e->payload.at, e->payload.len);
	char text[WORDS_MOST];

	if (w) {
		load(s, e->dreg, w->text, w->shown);
		return;
	}
	snprintf(text, sizeof(text), "@%s,%u,%u",
		 e->payload.base < ARRAY_SIZE(bases) ? bases[e->payload.base] : "?",
		 e->payload.at * 8, e->payload.len * 8);
	load(s, e->dreg, text, SHOWN_HEX);
}

static void load_key(struct speaker *s, const struct expr *e)
{
	const struct field_words *w = e->kind == EXPR_CT ? words_ct(e->key.key)
							 : words_meta(e->key.key);
	char text[WORDS_MOST];

	if (!w)
		snprintf(text, sizeof(text), "%s key %u", e->name, e->key.key);
	else if (e->kind == EXPR_CT && e->key.has_way)
		snprintf(text, sizeof(text), "ct %s %s", e->key.way ? "reply" : "original",
			 w->text + 3);
	else
		snprintf(text, sizeof(text), "%s", w->text);
	load(s, e->dreg, text, w ? w->shown : SHOWN_HEX);
}

static void load_bitwise(struct speaker *s, const struct expr *e)
{
	struct word_reg old = *reg_of(s, e->sreg), *r = reg_of(s, e->dreg);
	AUTO_SINK t = SINK_MEMORY;

	*r = old;
	r->constant = (struct bytes){ 0 };
	if (old.shown == SHOWN_CT_STATE || old.shown == SHOWN_CT_STATUS) {
		/* "ct state new" is the mask with "is not zero". */
		r->constant = e->bitwise.mask;
		return;
	}
	sink_str(&t, old.text);
	sink_str(&t, " & ");
	words_value(&t, s->family, old.shown, e->bitwise.mask.at, e->bitwise.mask.len, true);
	if (!bytes_are_zero(e->bitwise.exclusive_or.at, e->bitwise.exclusive_or.len)) {
		sink_str(&t, " ^ ");
		words_value(&t, s->family, old.shown, e->bitwise.exclusive_or.at,
			    e->bitwise.exclusive_or.len, true);
	}
	snprintf(r->text, sizeof(r->text), "%s", sink_text(&t));
}

static void load_other(struct speaker *s, const struct expr *e)
{
	char text[WORDS_MOST];

	switch (e->kind) {
	case EXPR_EXTHDR:
		snprintf(text, sizeof(text), "%s %u @%u,%u",
			 e->header.op == NFT_EXTHDR_OP_TCPOPT ? "tcp option" : "exthdr",
			 e->header.type, e->header.at * 8, e->header.len * 8);
		break;
	case EXPR_FIB:
		snprintf(text, sizeof(text), "fib %s%s%s%s%s%s",
			 e->fib.flags & NFTA_FIB_F_SADDR ? "saddr " : "",
			 e->fib.flags & NFTA_FIB_F_DADDR ? "daddr " : "",
			 e->fib.flags & NFTA_FIB_F_MARK ? ". mark " : "",
			 e->fib.flags & NFTA_FIB_F_IIF ? ". iif " : "",
			 e->fib.flags & NFTA_FIB_F_OIF ? ". oif " : "",
			 e->fib.result == NFT_FIB_RESULT_ADDRTYPE ? "type" :
			 e->fib.result == NFT_FIB_RESULT_OIFNAME ? "oifname" : "oif");
		break;
	case EXPR_RT:
	case EXPR_SOCKET:
		snprintf(text, sizeof(text), "%s key %u", e->name, e->key.key);
		break;
	default:
		snprintf(text, sizeof(text), "%s", e->name);
		break;
	}
	load(s, e->dreg, text, SHOWN_HEX);
}

/* ------------------------------------------------------------------ tests */

static void say_value(struct speaker *s, const struct word_reg *r, const struct bytes *b)
{
	words_value(s->to, s->family, r->shown, b->at, b->len, false);
}

static void say_cmp(struct speaker *s, const struct expr *e)
{
	static const char *const ops[] = { "", "!= ", "< ", "<= ", "> ", ">= " };
	const struct word_reg *r = reg_of(s, e->sreg);
	bool flags = r->constant.at && bytes_are_zero(e->cmp.data.at, e->cmp.data.len);

	if (!strcmp(r->text, "meta l4proto") || !strcmp(r->text, "ip protocol") ||
	    !strcmp(r->text, "ip6 nexthdr"))
		if (e->cmp.op == NFT_CMP_EQ)
			s->proto = e->cmp.data.at[0];
	say(s, r->text);
	sink_char(s->to, ' ');
	if (flags) {
		sink_str(s->to, e->cmp.op == NFT_CMP_NEQ ? "" : "!= ");
		say_value(s, r, &r->constant);
		return;
	}
	sink_str(s->to, ops[e->cmp.op]);
	say_value(s, r, &e->cmp.data);
	/* Some bytes of an address are a prefix of it. */
	if (r->shown == SHOWN_ADDR && e->cmp.data.len < addr_len(s->family))
		sink_printf(s->to, "/%u", e->cmp.data.len * 8);
}

static void say_range(struct speaker *s, const struct expr *e)
{
	const struct word_reg *r = reg_of(s, e->sreg);

	say(s, r->text);
	sink_str(s->to, e->range.negate ? " != " : " ");
	say_value(s, r, &e->range.low);
	sink_char(s->to, '-');
	say_value(s, r, &e->range.high);
}

static void say_lookup(struct speaker *s, const struct expr *e)
{
	const struct word_reg *r = reg_of(s, e->sreg);
	char text[WORDS_MOST];

	if (e->dreg < REG_COUNT) {
		snprintf(text, sizeof(text), "%.40s map @%.40s", r->text, e->lookup.set);
		load(s, e->dreg, text, SHOWN_HEX);
		return;
	}
	say(s, r->text);
	sink_str(s->to, e->dreg == REG_VERDICT ? " vmap @" : e->lookup.negate ? " != @" : " @");
	sink_str(s->to, e->lookup.set);
}

/* ------------------------------------------------------------------ statements */

static void say_verdict(struct speaker *s, const struct expr *e)
{
	switch (e->verdict.code) {
	case NF_ACCEPT:
		say(s, "accept");
		return;
	case NF_DROP:
		say(s, "drop");
		return;
	case NFT_RETURN:
		say(s, "return");
		return;
	case NFT_CONTINUE:
		say(s, "continue");
		return;
	case NFT_JUMP:
	case NFT_GOTO:
		say(s, e->verdict.code == NFT_JUMP ? "jump " : "goto ");
		sink_str(s->to, e->verdict.chain);
		return;
	default:
		say(s, "verdict ");
		sink_printf(s->to, "%d", e->verdict.code);
		return;
	}
}

static void say_limit(struct speaker *s, const struct expr *e)
{
	static const struct { uint64_t seconds; const char *name; } units[] = {
		{ 1, "second" }, { 60, "minute" }, { 3600, "hour" }, { 86400, "day" },
		{ 604800, "week" },
	};
	const char *unit = "?";

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].seconds == e->limit.unit)
			unit = units[i].name;
	say(s, "limit rate ");
	sink_printf(s->to, "%s%llu%s/%s", e->limit.flags & NFT_LIMIT_F_INV ? "over " : "",
		    (unsigned long long)e->limit.rate, e->limit.type ? " bytes" : "", unit);
	if (e->limit.burst)
		sink_printf(s->to, " burst %u %s", e->limit.burst,
			    e->limit.type ? "bytes" : "packets");
}

static void say_log(struct speaker *s, const struct expr *e)
{
	say(s, "log");
	if (*e->log.prefix)
		sink_printf(s->to, " prefix \"%s\"", e->log.prefix);
	if (e->log.has_group)
		sink_printf(s->to, " group %u", e->log.group);
}

static void say_set(struct speaker *s, const struct expr *e)
{
	const struct field_words *w = e->kind == EXPR_CT_SET ? words_ct(e->key.key)
							     : words_meta(e->key.key);
	const struct word_reg *r = reg_of(s, e->sreg);

	say(s, w ? w->text : e->name);
	sink_str(s->to, " set ");
	if (r->constant.at)
		words_value(s->to, s->family, w ? w->shown : SHOWN_HEX, r->constant.at,
			    r->constant.len, true);
	else
		sink_str(s->to, r->text);
}

static void say_constant(struct speaker *s, uint8_t reg, enum shown_as shown)
{
	const struct word_reg *r = reg_of(s, reg);

	if (r->constant.at)
		words_value(s->to, s->family, shown, r->constant.at, r->constant.len, false);
	else
		sink_str(s->to, r->text);
}

static void say_nat(struct speaker *s, const struct expr *e)
{
	say(s, e->kind == EXPR_MASQUERADE ? "masquerade" : e->kind == EXPR_REDIRECT ? "redirect" :
	       e->nat.type == NFT_NAT_SNAT ? "snat" : "dnat");
	if (e->nat.addr_low == NO_REG && e->nat.port_low == NO_REG)
		return;
	sink_str(s->to, " to ");
	if (e->nat.addr_low != NO_REG)
		say_constant(s, e->nat.addr_low, SHOWN_ADDR);
	if (e->nat.addr_high != NO_REG && e->nat.addr_high != e->nat.addr_low) {
		sink_char(s->to, '-');
		say_constant(s, e->nat.addr_high, SHOWN_ADDR);
	}
	if (e->nat.port_low != NO_REG) {
		sink_char(s->to, ':');
		say_constant(s, e->nat.port_low, SHOWN_NUMBER);
	}
	if (e->nat.port_high != NO_REG && e->nat.port_high != e->nat.port_low) {
		sink_char(s->to, '-');
		say_constant(s, e->nat.port_high, SHOWN_NUMBER);
	}
}

static void say_reject(struct speaker *s, const struct expr *e)
{
	say(s, "reject");
	if (e->reject.type == NFT_REJECT_TCP_RST)
		sink_str(s->to, " with tcp reset");
	else
		sink_printf(s->to, " with %s %u",
			    e->reject.type == NFT_REJECT_ICMPX_UNREACH ? "icmpx" : "icmp",
			    e->reject.code);
}

static void say_statement(struct speaker *s, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_COUNTER:
		say(s, "counter");
		return;
	case EXPR_QUOTA:
		say(s, "quota ");
		sink_printf(s->to, "%s%llu bytes", e->quota.flags & NFT_QUOTA_F_INV ? "over " : "",
			    (unsigned long long)e->quota.bytes);
		return;
	case EXPR_QUEUE:
		say(s, "queue to ");
		sink_printf(s->to, e->queue.total > 1 ? "%u-%u" : "%u", e->queue.number,
			    e->queue.number + e->queue.total - 1u);
		return;
	case EXPR_OBJECT:
		say(s, "object ");
		sink_printf(s->to, "\"%s\"", e->object.name);
		return;
	case EXPR_DYNSET:
		say(s, e->dynset.op == NFT_DYNSET_OP_ADD ? "add @" :
		       e->dynset.op == NFT_DYNSET_OP_UPDATE ? "update @" : "delete @");
		sink_printf(s->to, "%s { %s }", e->dynset.set, reg_of(s, e->sreg)->text);
		return;
	case EXPR_CONNLIMIT:
		say(s, "ct count ");
		sink_printf(s->to, "%s%u", e->connlimit.flags & NFT_CONNLIMIT_F_INV ? "over " : "",
			    e->connlimit.count);
		return;
	case EXPR_MATCH:
	case EXPR_TARGET:
		say(s, e->kind == EXPR_MATCH ? "xt match " : "xt target ");
		sink_printf(s->to, "\"%s\" revision %u", e->blob.name, e->blob.revision);
		return;
	default:
		say(s, e->name);
		return;
	}
}

static void speak(struct speaker *s, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_PAYLOAD:
		load_payload(s, e);
		return;
	case EXPR_META: case EXPR_CT:
		load_key(s, e);
		return;
	case EXPR_BITWISE:
		load_bitwise(s, e);
		return;
	case EXPR_BYTEORDER:
		*reg_of(s, e->dreg) = *reg_of(s, e->sreg);
		reg_of(s, e->dreg)->shown = words_turned(reg_of(s, e->dreg)->shown);
		return;
	case EXPR_IMMEDIATE:
		load(s, e->dreg, "?", SHOWN_HEX)->constant = e->immediate;
		return;
	case EXPR_EXTHDR: case EXPR_FIB: case EXPR_RT: case EXPR_SOCKET: case EXPR_NUMGEN:
	case EXPR_HASH:
		load_other(s, e);
		return;
	case EXPR_CMP:
		say_cmp(s, e);
		return;
	case EXPR_RANGE:
		say_range(s, e);
		return;
	case EXPR_LOOKUP:
		say_lookup(s, e);
		return;
	case EXPR_VERDICT:
		say_verdict(s, e);
		return;
	case EXPR_LIMIT:
		say_limit(s, e);
		return;
	case EXPR_LOG:
		say_log(s, e);
		return;
	case EXPR_META_SET: case EXPR_CT_SET:
		say_set(s, e);
		return;
	case EXPR_NAT: case EXPR_MASQUERADE: case EXPR_REDIRECT:
		say_nat(s, e);
		return;
	case EXPR_REJECT:
		say_reject(s, e);
		return;
	case EXPR_NOTRACK: case EXPR_UNKNOWN: case EXPR_COUNTER: case EXPR_QUOTA: case EXPR_QUEUE:
	case EXPR_OBJECT: case EXPR_DYNSET: case EXPR_CONNLIMIT: case EXPR_MATCH: case EXPR_TARGET:
		say_statement(s, e);
		return;
	}
}

const char *expr_words(struct arena *arena, enum family family, const struct nlattr *expressions)
{
	AUTO_SINK text = SINK_MEMORY;
	struct speaker s = { .to = &text, .family = family };
	struct attrs list = attr_inside(expressions);
	const struct nlattr *a;
	struct expr e;

	for (size_t i = 0; i < ARRAY_SIZE(s.regs); i++)
		s.regs[i].text[0] = '?';
	while ((a = attr_next(&list))) {
		if (expr_read(&e, a))
			speak(&s, &e);
		else
			say(&s, "?");
	}
	return arena_strdup(arena, sink_text(&text));
}
