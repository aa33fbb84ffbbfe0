// SPDX-License-Identifier: GPL-2.0-or-later
/* -j CONNMARK: the mark of a connection: set it, or carry it to and from its packets. */
#include <linux/netfilter/xt_connmark.h>

#include "ext/type/change.h"
#include "ext/type/types.h"

#define CHANGE SPANS(struct xt_connmark_tginfo2, ctmark, ctmask)
#define MEMBER(member) SPAN(struct xt_connmark_tginfo2, member)
#define WAY(n) MODE(struct xt_connmark_tginfo2, mode, XT_CONNMARK_##n, 0xff)
#define SHIFT(n) MODE(struct xt_connmark_tginfo2, shift_dir, D_SHIFT_##n, 0xff)

enum { OPERATIONS = 0x7f };
#define OTHERS(n) (OPERATIONS & ~BIT(n))

static const struct opt opts[] = {
	{ .name = "set-xmark", .type = &type_change, .at = CHANGE, .given = WAY(SET),
	  .excludes = OTHERS(0), .metavar = "value[/ctmask]",
	  .help = "Zero mask bits and XOR ctmark with value" },
	{ .name = "set-mark", .type = &type_change_set, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(1), .help = "Set conntrack mark value" },
	{ .name = "and-mark", .type = &type_change_and, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(2), .help = "Binary AND the ctmark with bits" },
	{ .name = "or-mark", .type = &type_change_or, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(3), .help = "Binary OR  the ctmark with bits" },
	{ .name = "xor-mark", .type = &type_change_xor, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(4), .help = "Binary XOR the ctmark with bits" },
	{ .name = "save-mark", .given = WAY(SAVE), .excludes = OTHERS(5),
	  .help = "Save the packet nfmark in the connection" },
	{ .name = "restore-mark", .given = WAY(RESTORE), .excludes = OTHERS(6),
	  .help = "Restore saved nfmark value" },
	{ .name = "left-shift-mark", .type = &type_uint, .at = MEMBER(shift_bits), .max = 32,
	  .given = SHIFT(LEFT), .help = "Left shift the ctmark with bits" },
	{ .name = "right-shift-mark", .type = &type_uint, .at = MEMBER(shift_bits), .max = 32,
	  .given = SHIFT(RIGHT), .help = "Right shift the ctmark with bits" },
	{ .name = "ctmask", .type = &type_hex, .at = MEMBER(ctmask), .preset = "0xffffffff",
	  .excludes = BIT(11), .metavar = "mask", .help = "Bits of the connection's mark" },
	{ .name = "nfmask", .type = &type_hex, .at = MEMBER(nfmask), .preset = "0xffffffff",
	  .excludes = BIT(11), .metavar = "mask", .help = "Bits of the packet's mark" },
	{ .name = "mask", .type = &type_mask_twice,
	  .at = SPANS(struct xt_connmark_tginfo2, ctmask, nfmask),
	  .flags = OPT_ALIAS, .help = "Both masks" },
	{ 0 },
};

/* A shift by nothing has no direction; the packet's mask counts only when its mark does. */
static int check(const struct check *check)
{
	struct xt_connmark_tginfo2 *info = check->data;

	if (!info->shift_bits)
		info->shift_dir = D_SHIFT_LEFT;
	if (info->mode == XT_CONNMARK_SET)
		info->nfmask = UINT32_MAX;
	return 0;
}

static void put_shift(struct sink *sink, const struct xt_connmark_tginfo2 *info, const char *dashes)
{
	if (info->shift_bits)
		sink_printf(sink, " %s%s-shift-mark %u", dashes,
			    info->shift_dir == D_SHIFT_LEFT ? "left" : "right", info->shift_bits);
}

static void save(struct sink *sink, enum family family, const void *data)
{
	const struct xt_connmark_tginfo2 *info = data;

	(void)family;
	if (info->mode == XT_CONNMARK_SET)
		sink_printf(sink, " --set-xmark 0x%x/0x%x", info->ctmark, info->ctmask);
	else
		sink_printf(sink, " --%s-mark --nfmask 0x%x --ctmask 0x%x",
			    info->mode == XT_CONNMARK_SAVE ? "save" : "restore", info->nfmask,
			    info->ctmask);
	put_shift(sink, info, "--");
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_connmark_tginfo2 *info = data;
	bool saves = info->mode == XT_CONNMARK_SAVE;
	uint32_t from = saves ? info->nfmask : info->ctmask,
		to = saves ? info->ctmask : info->nfmask;

	(void)family;
	(void)how;
	if (info->mode == XT_CONNMARK_SET)
		change_list(sink, "CONNMARK", info->ctmark, info->ctmask);
	else
		sink_printf(sink, " CONNMARK %s", saves ? "save" : "restore");
	if (info->mode != XT_CONNMARK_SET && from != to)
		sink_printf(sink, saves ? " nfmask 0x%x ctmask ~0x%x" : " ctmask 0x%x nfmask ~0x%x",
			    from, to);
	else if (info->mode != XT_CONNMARK_SET && from != UINT32_MAX)
		sink_printf(sink, " mask 0x%x", from);
	put_shift(sink, info, "");
}

/* "ct mark set meta mark & 0xff": all of the one from some bits of the other. */
static bool raise_carried(const struct part *part, struct xt_connmark_tginfo2 *info)
{
	bool saves = part->mark.field == FIELD_CT_MARK;

	if (part->mark.exclusive_or)
		return false;
	info->mode = saves ? XT_CONNMARK_SAVE : XT_CONNMARK_RESTORE;
	info->ctmask = info->nfmask = UINT32_MAX;
	*(saves ? &info->nfmask : &info->ctmask) = part->mark.mask;
	return true;
}

static bool raise_connmark(const struct part *part, enum family family, void *data)
{
	struct xt_connmark_tginfo2 *info = data;

	(void)family;
	if (part->kind == PART_SET_MARK && part->mark.from_other)
		return raise_carried(part, info);
	if (part->kind != PART_SET_MARK || part->mark.field != FIELD_CT_MARK)
		return false;
	info->ctmark = part->mark.exclusive_or;
	info->ctmask = ~part->mark.mask;
	return true;
}

/* Revision 1 has no shifts: `mode` lies where the direction is now. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	const struct xt_connmark_tginfo1 *old = theirs;

	if (revision != 1 || size < sizeof(*old))
		return false;
	*(struct xt_connmark_tginfo2 *)data = (struct xt_connmark_tginfo2){
		.ctmark = old->ctmark, .ctmask = old->ctmask, .nfmask = old->nfmask,
		.mode = old->mode,
	};
	return true;
}

static const struct example examples[] = {
	{ .rule = "-j CONNMARK --set-xmark 0x1/0xff", .means = "the low byte becomes 1" },
	{ .rule = "-j CONNMARK --set-mark 3 --left-shift-mark 4",
	  .means = "3, shifted by four bits",
	  .saved = "-j CONNMARK --set-xmark 0x3/0xffffffff --left-shift-mark 4" },
	{ .rule = "-j CONNMARK --and-mark 0xff", .means = "only the low byte stays",
	  .saved = "-j CONNMARK --set-xmark 0x0/0xffffff00" },
	{ .rule = "-j CONNMARK --or-mark 0x10", .means = "one more bit is set",
	  .saved = "-j CONNMARK --set-xmark 0x10/0x10" },
	{ .rule = "-j CONNMARK --xor-mark 0x10", .means = "one bit is turned over",
	  .saved = "-j CONNMARK --set-xmark 0x10/0x0" },
	{ .rule = "-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff00",
	  .means = "the packet's low byte is kept as the connection's second one" },
	{ .rule = "-j CONNMARK --restore-mark --mask 0xff --right-shift-mark 1",
	  .means = "the connection's mark comes back to the packet",
	  .saved = "-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff --right-shift-mark 1" },
	{ 0 },
};

static uint32_t shift(const struct xt_connmark_tginfo2 *info, uint32_t mark)
{
	unsigned bits = info->shift_bits & 31;

	return info->shift_dir == D_SHIFT_RIGHT ? mark >> bits : mark << bits;
}

/* connmark_tg_shift() of xt_connmark.c. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_connmark_tginfo2 *info = data;
	struct connection *c = e->simulated ? NULL : e->ct.conn;

	(void)state;
	if (info->mode == XT_CONNMARK_RESTORE && e->ct.conn)
		act_set_mark(e, shift(info, e->ct.conn->mark & info->ctmask), info->nfmask);
	else if (info->mode == XT_CONNMARK_RESTORE && !e->ct.known)
		e->meta->known &= ~(unsigned)KNOWN_MARK;
	else if (info->mode == XT_CONNMARK_SET && c)
		c->mark = shift(info, (c->mark & ~info->ctmask) ^ info->ctmark);
	else if (info->mode == XT_CONNMARK_SAVE && c)
		c->mark = (c->mark & ~info->ctmask) ^
			  shift(info, e->meta->mark & info->nfmask);
	return VERDICT_NONE;
}

static const struct ext connmark = {
	.name = "CONNMARK", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 2,
	.size = sizeof(struct xt_connmark_tginfo2), .opts = opts, .some = OPERATIONS,
	.tracks = true,
	.some_text = "CONNMARK target: No operation specified", .effect = EFFECT_COUNTS,
	.summary = "set the mark of the connection, or copy it from and to the packet",
	.kconfig = "CONFIG_NETFILTER_XT_CONNMARK", .check = check, .save = save, .list = list,
	.raise = raise_connmark, .adopt = adopt, .examples = examples, .act = act,
};
EXT_REGISTER(connmark);
