// SPDX-License-Identifier: GPL-2.0-or-later
/* -m u32: 32-bit words anywhere in the packet. */
#include <linux/netfilter/xt_u32.h>

#include "ext/headers.h"
#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "u32", .type = &type_u32, .at = SPANS(struct xt_u32, tests, ntests),
	  .invert = BITS(struct xt_u32, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "u32 %!%v",
	  .help = "tests := location \"=\" value | tests \"&&\" location \"=\" value\n"
		  "value := range | value \",\" range\n"
		  "range := number | number \":\" number\n"
		  "location := number | location operator number\n"
		  "operator := \"&\" | \"<<\" | \">>\" | \"@\"" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m u32 --u32 \"0x0&0xffff=0x100:0xffff\"", .means = "256 bytes or more" },
	{ .rule = "-m u32 ! --u32 \"6&0xFF=1 && 0>>22&0x3C@0>>24=0\"",
	  .means = "anything but an ICMP echo reply",
	  .saved = "-m u32 ! --u32 \"0x6&0xff=0x1&&0x0>>0x16&0x3c@0x0>>0x18=0x0\"" },
	{ 0 },
};

/* Where a location leads. NO: out of the packet. */
static enum answer locate(struct eval *e, const struct xt_u32_test *test, uint32_t *value)
{
	uint64_t base = 0, at = test->location[0].number;
	const uint8_t *b;

	for (unsigned i = 1;; i++) {
		const struct xt_u32_location_element *l;
		enum answer there;

		if (at > e->packet->len || base + at > e->packet->len)
			return ANSWER_NO;
		there = packet_bytes(e, (uint32_t)(base + at), 4, &b);
		if (there != ANSWER_YES)
			return there;
		*value = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
		for (;; i++) {
			if (i >= test->nnums || i > XT_U32_MAXSIZE)
				return ANSWER_YES;
			l = &test->location[i];
			if (l->nextop == XT_U32_AT)
				break;
			if (l->nextop == XT_U32_AND)
				*value &= l->number;
			else if (l->nextop == XT_U32_LEFTSH)
				*value <<= l->number & 31;
			else
				*value >>= l->number & 31;
		}
		base += *value;
		at = l->number;
	}
}

static bool is_one_of(const struct xt_u32_test *test, uint32_t value)
{
	for (unsigned i = 0; i < test->nvalues && i <= XT_U32_MAXSIZE; i++)
		if (value >= test->value[i].min && value <= test->value[i].max)
			return true;
	return false;
}

/* u32_match_it() of xt_u32.c; what lies outside the packet fits no test. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_u32 *info = data;
	enum answer answer = ANSWER_YES;

	(void)state;
	for (unsigned i = 0; answer == ANSWER_YES && i < info->ntests && i <= XT_U32_MAXSIZE; i++) {
		uint32_t value;

		answer = locate(e, &info->tests[i], &value);
		if (answer == ANSWER_YES)
			answer = answer_of(is_one_of(&info->tests[i], value));
	}
	return info->invert ? answer_not(answer) : answer;
}

static const struct ext u32 = {
	.name = "u32", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_u32),
	.opts = opts, .effect = EFFECT_PURE, .summary = "32-bit words anywhere in the packet",
	.manual = "A location is the offset of four bytes, taken as one number: & masks it, << and "
		  ">> shift it, and @ takes it as the place from where the next offset counts. "
		  "Every test must find one of its values.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_U32", .examples = examples, .match = match,
};
EXT_REGISTER(u32);
