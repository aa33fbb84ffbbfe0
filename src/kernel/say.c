// SPDX-License-Identifier: GPL-2.0-or-later
/* Statements in nft's words; loads and tests are words.c's. */
#include "kernel/speaker.h"

#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/nf_nat.h>

enum { LOGLEVEL_USUAL = 4 };

void say_verdict(struct speaker *s, const struct expr *e)
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

/* What nft calls these, and the first of flags. */
struct flag_words {
	uint32_t bits;
	const char *text;
};

static void say_flags(struct speaker *s, const struct flag_words *words, size_t count,
		      uint32_t flags)
{
	const char *comma = " ";

	for (size_t i = 0; i < count; i++)
		if ((flags & words[i].bits) == words[i].bits) {
			sink_str(s->to, comma);
			sink_str(s->to, words[i].text);
			comma = ",";
		}
}

static void say_level(struct speaker *s, uint32_t level)
{
	static const char *const names[] = {
		"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit",
	};

	if (level < ARRAY_SIZE(names))
		sink_printf(s->to, " level %s", names[level]);
	else
		sink_printf(s->to, " level %u", level);
}

static void say_log(struct speaker *s, const struct expr *e)
{
	static const struct flag_words flags[] = {
		{ NF_LOG_TCPSEQ, "flags tcp sequence" }, { NF_LOG_TCPOPT, "flags tcp options" },
		{ NF_LOG_IPOPT, "flags ip options" }, { NF_LOG_UID, "flags skuid" },
		{ NF_LOG_MACDECODE, "flags ether" },
	};

	say(s, "log");
	if (*e->log.prefix)
		sink_printf(s->to, " prefix \"%s\"", e->log.prefix);
	if (e->log.has_group)
		sink_printf(s->to, " group %u", e->log.group);
	else if (e->log.level != LOGLEVEL_USUAL)
		say_level(s, e->log.level);
	say_flags(s, flags, ARRAY_SIZE(flags), e->log.flags);
}

static void say_set(struct speaker *s, const struct expr *e)
{
	const struct field_words *w = e->kind == EXPR_CT_SET ? words_ct(e->key.key)
							     : words_meta(e->key.key);
	const struct word_reg *r = speaker_reg(s, e->sreg);

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
	const struct word_reg *r = speaker_reg(s, reg);

	if (r->constant.at)
		words_value(s->to, s->family, shown, r->constant.at, r->constant.len, false);
	else
		sink_str(s->to, r->text);
}

static void say_nat(struct speaker *s, const struct expr *e)
{
	static const struct flag_words flags[] = {
		{ NF_NAT_RANGE_PROTO_RANDOM, "random" },
		{ NF_NAT_RANGE_PROTO_RANDOM_FULLY, "fully-random" },
		{ NF_NAT_RANGE_PERSISTENT, "persistent" },
	};

	say(s, e->kind == EXPR_MASQUERADE ? "masquerade" : e->kind == EXPR_REDIRECT ? "redirect" :
	       e->nat.type == NFT_NAT_SNAT ? "snat" : "dnat");
	if (e->nat.addr_low == NO_REG && e->nat.port_low == NO_REG) {
		say_flags(s, flags, ARRAY_SIZE(flags), e->nat.flags);
		return;
	}
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
	say_flags(s, flags, ARRAY_SIZE(flags), e->nat.flags);
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

static void say_other(struct speaker *s, const struct expr *e)
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
		sink_printf(s->to, "%s { %s }", e->dynset.set, speaker_reg(s, e->sreg)->text);
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

void say_statement(struct speaker *s, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_VERDICT:
		say_verdict(s, e);
		return;
	case EXPR_LIMIT:
		say_limit(s, e);
		return;
	case EXPR_LOG:
		say_log(s, e);
		return;
	case EXPR_META_SET:
	case EXPR_CT_SET:
		say_set(s, e);
		return;
	case EXPR_NAT:
	case EXPR_MASQUERADE:
	case EXPR_REDIRECT:
		say_nat(s, e);
		return;
	case EXPR_REJECT:
		say_reject(s, e);
		return;
	default:
		say_other(s, e);
		return;
	}
}
