// SPDX-License-Identifier: GPL-2.0-or-later
/* Expressions that do something, which iptables has a target for, to that target. */
#include "base/bits.h"
#include "kernel/put.h"
#include "kernel/value.h"

bool decoder_end(struct decoder *d, struct use target)
{
	d->rule->jump = JUMP_TARGET;
	d->rule->target = target;
	d->ended = true;
	return true;
}

static bool raise_target(struct decoder *d, const struct part *part)
{
	struct use use[1];
	uint16_t count = 0;

	return use_raise(d->arena, d->family, decoder_proto(d), part, use, &count, 1) &&
	       count == 1 && use[0].ext->kind == EXT_TARGET && decoder_end(d, use[0]);
}

static bool take_log(struct decoder *d, const struct expr *e)
{
	struct part part = {
		.kind = PART_LOG,
		.log = {
			.group = e->log.group, .snaplen = e->log.snaplen,
			.threshold = e->log.threshold, .to_group = e->log.has_group,
			.level = e->log.level, .flags = e->log.flags,
		},
	};

	/* Lines of a save have no newline inside. */
	if (strlen(e->log.prefix) >= sizeof(part.log.prefix) || strchr(e->log.prefix, '\n'))
		return false;
	memcpy(part.log.prefix, e->log.prefix, strlen(e->log.prefix));
	if (e->log.has_group)
		part.log.flags = e->log.has_snaplen ? SNAPLEN_GIVEN : 0;
	d->goes_on = true;
	return raise_target(d, &part);
}

static bool take_set(struct decoder *d, const struct expr *e, bool ct)
{
	const struct value *v = &d->regs[e->sreg];
	uint32_t mark = ct ? NFT_CT_MARK : NFT_META_MARK;
	uint32_t other = ct ? NFT_META_MARK : NFT_CT_MARK;
	enum value_kind same = ct ? VALUE_CT : VALUE_META, different = ct ? VALUE_META : VALUE_CT;
	struct part part = { .kind = PART_SET_MARK };
	bool is_same;

	if (!ct && e->key.key == NFT_META_NFTRACE) {
		part.kind = PART_TRACE;
		return v->kind == VALUE_CONSTANT && v->exclusive_or[0] == 1 &&
		       raise_target(d, &part);
	}
	is_same = v->kind == same && v->key == mark;
	part.mark.from_other = v->kind == different && v->key == other;
	if (e->key.key != mark ||
	    !(v->kind == VALUE_CONSTANT || is_same || part.mark.from_other) || v->len != 4 ||
	    v->swapped)
		return false;
	/* Without a connection a rule ends where its mark is read. */
	d->goes_on = v->kind != VALUE_CT;
	part.mark.field = ct ? FIELD_CT_MARK : FIELD_MARK;
	part.mark.mask = (uint32_t)uint_load(v->mask, 4);
	part.mark.exclusive_or = (uint32_t)uint_load(v->exclusive_or, 4);
	return raise_target(d, &part);
}

static bool constant_port(const struct decoder *d, uint8_t reg, uint16_t *port)
{
	const struct value *v = &d->regs[reg];

	if (v->kind != VALUE_CONSTANT || v->len < 2)
		return false;
	*port = (uint16_t)(v->exclusive_or[0] << 8 | v->exclusive_or[1]);
	return true;
}

static bool constant_addr(const struct decoder *d, uint8_t reg, union inet_addr *addr)
{
	const struct value *v = &d->regs[reg];

	if (v->kind != VALUE_CONSTANT || v->len != addr_len(d->family))
		return false;
	memcpy(addr->bytes, v->exclusive_or, v->len);
	return true;
}

static bool take_nat(struct decoder *d, const struct expr *e, enum part_kind kind)
{
	struct part part = { .kind = kind, .nat = { .flags = e->nat.flags } };

	if (kind == PART_NAT) {
		if (e->nat.family != (uint32_t)d->family)
			return false;
		part.nat.source = e->nat.type == NFT_NAT_SNAT;
	}
	if (e->nat.addr_low != NO_REG) {
		part.nat.has_addr = true;
		if (!constant_addr(d, e->nat.addr_low, &part.nat.low))
			return false;
		part.nat.high = part.nat.low;
		if (e->nat.addr_high != NO_REG &&
		    !constant_addr(d, e->nat.addr_high, &part.nat.high))
			return false;
	}
	if (e->nat.port_low != NO_REG) {
		part.nat.has_port = true;
		if (!constant_port(d, e->nat.port_low, &part.nat.port_low))
			return false;
		part.nat.port_high = part.nat.port_low;
		if (e->nat.port_high != NO_REG &&
		    !constant_port(d, e->nat.port_high, &part.nat.port_high))
			return false;
	}
	return raise_target(d, &part);
}

static bool take_reject(struct decoder *d, const struct expr *e)
{
	struct part part = {
		.kind = PART_REJECT,
		.reject = { .type = (uint8_t)e->reject.type, .code = e->reject.code },
	};

	return e->reject.type <= UINT8_MAX && raise_target(d, &part);
}

static bool take_queue(struct decoder *d, const struct expr *e)
{
	struct part part = {
		.kind = PART_QUEUE,
		.queue = {
			.number = e->queue.number, .total = e->queue.total,
			.bypass = e->queue.flags & NFT_QUEUE_FLAG_BYPASS,
			.by_cpu = e->queue.flags & NFT_QUEUE_FLAG_CPU_FANOUT,
		},
	};

	return !(e->queue.flags & ~NFT_QUEUE_FLAG_MASK) && raise_target(d, &part);
}

bool decoder_act(struct decoder *d, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_LOG:
		return take_log(d, e);
	case EXPR_META_SET:
		return take_set(d, e, false);
	case EXPR_CT_SET:
		return take_set(d, e, true);
	case EXPR_NAT:
		return take_nat(d, e, PART_NAT);
	case EXPR_MASQUERADE:
		return take_nat(d, e, PART_MASQUERADE);
	case EXPR_REDIRECT:
		return take_nat(d, e, PART_REDIRECT);
	case EXPR_REJECT:
		return take_reject(d, e);
	case EXPR_NOTRACK:
		return raise_target(d, &(struct part){ .kind = PART_NOTRACK });
	case EXPR_QUEUE:
		return take_queue(d, e);
	default:
		return false;
	}
}
