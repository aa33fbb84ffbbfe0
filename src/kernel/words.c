// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expressions in nft's words, for rules that iptables has no words for. This is for people: it says
 * what each step does as nft would, without promising that nft takes it back.
 */
#include <arpa/inet.h>
#include <net/if.h>

#include "kernel/decode.h"
#include "kernel/members.h"
#include "kernel/speaker.h"

static struct word_reg *load(struct speaker *s, uint8_t reg, const char *text, enum shown_as shown)
{
	struct word_reg *r = speaker_reg(s, reg);

	*r = (struct word_reg){ .shown = shown, .fresh = true };
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
	struct word_reg *r;

	snprintf(text, sizeof(text), "@%s,%u,%u",
		 e->payload.base < ARRAY_SIZE(bases) ? bases[e->payload.base] : "?",
		 e->payload.at * 8, e->payload.len * 8);
	r = load(s, e->dreg, w ? w->text : text, w ? w->shown : SHOWN_HEX);
	r->words = (uint8_t)((e->payload.len + 3) / 4);
	if (w)
		return;
	r->base = e->payload.base;
	r->at = e->payload.at;
	r->len = e->payload.len;
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
	load(s, e->dreg, text, w ? w->shown : SHOWN_HEX)->words =
		w && w->shown == SHOWN_NAME ? IF_NAMESIZE / 4 : 1;
}

static void load_bitwise(struct speaker *s, const struct expr *e)
{
	struct word_reg old = *speaker_reg(s, e->sreg), *r = speaker_reg(s, e->dreg);
	AUTO_SINK t = SINK_MEMORY;

	*r = old;
	r->len = 0;
	r->masked = true;
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
	enum shown_as shown = SHOWN_HEX;
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
		shown = e->fib.result == NFT_FIB_RESULT_ADDRTYPE ? SHOWN_ROUTE_TYPE : SHOWN_HEX;
		break;
	case EXPR_RT:
	case EXPR_SOCKET:
		snprintf(text, sizeof(text), "%s key %u", e->name, e->key.key);
		break;
	default:
		snprintf(text, sizeof(text), "%s", e->name);
		break;
	}
	load(s, e->dreg, text, shown)->words = 1;
}

/* ------------------------------------------------------------------ tests */

static void say_value(struct speaker *s, const struct word_reg *r, const struct bytes *b)
{
	words_value(s->to, s->family, r->shown, b->at, b->len, false);
}

static void note_proto(struct speaker *s, const char *text, const struct expr *e)
{
	if (e->cmp.op == NFT_CMP_EQ && (!strcmp(text, "meta l4proto") ||
					!strcmp(text, "ip protocol") ||
					!strcmp(text, "ip6 nexthdr")))
		s->proto = e->cmp.data.at[0];
}

/* The field that starts here and ends within `left` bytes. */
static const struct field_words *field_within(const struct speaker *s, uint32_t base, uint32_t at,
					      size_t left, size_t *len)
{
	static const uint8_t sizes[] = { 16, 4, 2, 1 };
	const struct field_words *w;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		w = sizes[i] <= left ? words_payload(s->family, s->proto, base, at,
			sizes[i]) : NULL;
		*len = sizes[i];
		if (w && (w->shown != SHOWN_ADDR || sizes[i] == addr_len(s->family)))
			return w;
	}
	return NULL;
}

/* Several neighbouring fields in one comparison; false, with nothing said, when one is unknown. */
static bool say_fields(struct speaker *s, const struct word_reg *r, const struct bytes *data)
{
	const struct field_words *w;
	size_t len;

	if (!r->len || data->len != r->len)
		return false;
	for (size_t i = 0; i < data->len; i += len) {
		w = field_within(s, r->base, r->at + (uint32_t)i, data->len - i, &len);
		if (!w)
			return false;
	}
	for (size_t i = 0; i < data->len; i += len) {
		w = field_within(s, r->base, r->at + (uint32_t)i, data->len - i, &len);
		say(s, w->text);
		sink_char(s->to, ' ');
		words_value(s->to, s->family, w->shown, data->at + i, len, false);
		if (w->shown == SHOWN_PROTO)
			s->proto = data->at[i];
	}
	return true;
}

static void tested(struct speaker *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->regs); i++)
		s->regs[i].fresh = false;
}

static void say_cmp(struct speaker *s, const struct expr *e)
{
	static const char *const ops[] = { "", "!= ", "< ", "<= ", "> ", ">= " };
	const struct word_reg *r = speaker_reg(s, e->sreg);
	bool flags = r->constant.at && bytes_are_zero(e->cmp.data.at, e->cmp.data.len);

	note_proto(s, r->text, e);
	if (e->cmp.op == NFT_CMP_EQ && say_fields(s, r, &e->cmp.data))
		return;
	say(s, r->text);
	sink_char(s->to, ' ');
	if (flags) {
		sink_str(s->to, e->cmp.op == NFT_CMP_NEQ ? "" : "!= ");
		say_value(s, r, &r->constant);
		return;
	}
	sink_str(s->to, r->masked && e->cmp.op == NFT_CMP_EQ ? "== " : ops[e->cmp.op]);
	say_value(s, r, &e->cmp.data);
	/* Some bytes of an address are a prefix of it. */
	if (r->shown == SHOWN_ADDR && e->cmp.data.len < addr_len(s->family))
		sink_printf(s->to, "/%u", e->cmp.data.len * 8);
}

static void say_range(struct speaker *s, const struct expr *e)
{
	const struct word_reg *r = speaker_reg(s, e->sreg);

	say(s, r->text);
	sink_str(s->to, e->range.negate ? " != " : " ");
	say_value(s, r, &e->range.low);
	sink_char(s->to, '-');
	say_value(s, r, &e->range.high);
}

/* The key of a set: one register, or several joined, loaded one behind the other for it. */
static void key_text(struct speaker *s, uint8_t reg, struct sink *to)
{
	const struct word_reg *r = speaker_reg(s, reg);

	sink_str(to, r->text);
	while (reg < REG_COUNT && r->words && reg + r->words < REG_COUNT) {
		reg = (uint8_t)(reg + r->words);
		r = speaker_reg(s, reg);
		if (!r->fresh)
			return;
		sink_str(to, " . ");
		sink_str(to, r->text);
	}
}

static unsigned mask_bits(const uint8_t *mask, size_t len)
{
	unsigned bits = 0;

	for (size_t i = 0; i < len; i++)
		bits += (unsigned)__builtin_popcount(mask[i]);
	return bits;
}

/* One value, a prefix of addresses or names, or a range. */
static void say_member(struct speaker *s, const struct word_reg *r, const struct member *m,
		       size_t len)
{
	struct bytes low = { m->low, (uint32_t)len }, high = { m->high, (uint32_t)len };
	uint8_t mask[VALUE_MOST];
	bool is_range = memcmp(m->low, m->high, len) != 0;
	unsigned bits = is_range && member_is_prefix(m, len, mask) ? mask_bits(mask, len) : 0;

	/* Of a name whole letters: "eth*" is said of bytes without a NUL. */
	if (r->shown == SHOWN_NAME && is_range)
		low.len = bits / 8;
	say_value(s, r, &low);
	if (!is_range || r->shown == SHOWN_NAME)
		return;
	if (r->shown == SHOWN_ADDR && bits) {
		sink_printf(s->to, "/%u", bits);
		return;
	}
	sink_char(s->to, '-');
	say_value(s, r, &high);
}

/* "{ 22, 80 }"; false when it is not known what is in the set. */
static bool say_members(struct speaker *s, const struct expr *e)
{
	const struct member_set *set = s->members ? members_find(s->members, e->lookup.set) : NULL;
	const struct word_reg *r = speaker_reg(s, e->sreg);
	struct expr verdict = { .kind = EXPR_VERDICT };

	/* The key may be several registers joined. */
	if (!set || !set->plain || !set->count || set->key_len > r->words * 4 ||
	    e->dreg != (set->map ? REG_VERDICT : NO_REG))
		return false;
	for (uint16_t i = 0; i < set->count; i++) {
		sink_str(s->to, i ? ", " : "{ ");
		say_member(s, r, &set->members[i], set->key_len);
		if (set->map) {
			verdict.verdict.code = set->members[i].verdict.code;
			verdict.verdict.chain = set->members[i].verdict.chain;
			sink_str(s->to, " :");
			say_verdict(s, &verdict);
		}
	}
	sink_str(s->to, set->more ? ", ... }" : " }");
	return true;
}

static void say_lookup(struct speaker *s, const struct expr *e)
{
	AUTO_SINK key = SINK_MEMORY;
	char text[WORDS_MOST];

	key_text(s, e->sreg, &key);
	if (e->dreg < REG_COUNT) {
		snprintf(text, sizeof(text), "%.40s map @%.40s", sink_text(&key), e->lookup.set);
		load(s, e->dreg, text, SHOWN_HEX);
		return;
	}
	say(s, sink_text(&key));
	sink_str(s->to, e->dreg == REG_VERDICT ? " vmap " : e->lookup.negate ? " != " : " ");
	if (!say_members(s, e)) {
		sink_char(s->to, '@');
		sink_str(s->to, e->lookup.set);
	}
	tested(s);
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
		*speaker_reg(s, e->dreg) = *speaker_reg(s, e->sreg);
		speaker_reg(s, e->dreg)->shown = words_turned(speaker_reg(s, e->dreg)->shown);
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
		tested(s);
		return;
	case EXPR_RANGE:
		say_range(s, e);
		tested(s);
		return;
	case EXPR_LOOKUP:
		say_lookup(s, e);
		return;
	case EXPR_VERDICT: case EXPR_LIMIT: case EXPR_LOG: case EXPR_META_SET: case EXPR_CT_SET:
	case EXPR_NAT: case EXPR_MASQUERADE: case EXPR_REDIRECT: case EXPR_REJECT:
	case EXPR_NOTRACK: case EXPR_UNKNOWN: case EXPR_COUNTER: case EXPR_QUOTA: case EXPR_QUEUE:
	case EXPR_OBJECT: case EXPR_DYNSET: case EXPR_CONNLIMIT: case EXPR_MATCH: case EXPR_TARGET:
		say_statement(s, e);
		return;
	}
}

const char *expr_words(struct arena *arena, enum family family, const struct nlattr *expressions,
		       struct members *members)
{
	AUTO_SINK text = SINK_MEMORY;
	struct speaker s = { .to = &text, .family = family, .members = members };
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
