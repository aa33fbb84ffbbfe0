// SPDX-License-Identifier: GPL-2.0-or-later
/* -m connlabel: one of 128 bits that a connection can carry besides its mark. */
#include <errno.h>
#include <linux/netfilter/xt_connlabel.h>

#include "ext/type/types.h"

#define INFO struct xt_connlabel_mtinfo

static const struct opt opts[] = {
	{ .name = "label", .type = &type_label, .at = SPAN(INFO, bit),
	  .invert = BITS(INFO, options, XT_CONNLABEL_OP_INVERT), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "connlabel %!%v", .help = "Match if label has been set on connection" },
	{ .name = "set", .given = BITS(INFO, options, XT_CONNLABEL_OP_SET),
	  .help = "Set label on connection" },
	{ 0 },
};

/* net/netfilter/nf_conntrack_labels.c: as many as fit the label bits of a connection. */
enum { LABEL_LAST = 127 };

static const char *refused(const struct standing *s, int *errnum)
{
	const INFO *info = s->data;

	*errnum = ERANGE;
	return info->bit > LABEL_LAST ? "labels go from 0 to 127" : NULL;
}

static const struct example examples[] = {
	{ .rule = "-m connlabel ! --label \"40\"", .means = "connections without label 40" },
	{ .rule = "-m connlabel --label \"41\" --set", .means = "label the connection" },
	{ 0 },
};

/* connlabel_mt() of xt_connlabel.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const INFO *info = data;
	bool inverted = info->options & XT_CONNLABEL_OP_INVERT, is_set = false;
	uint8_t *byte;

	(void)state;
	if (!e->ct.known)
		return eval_unknown(e, "which labels the connection has is not known");
	if (e->ct.conn && info->bit / 8u < sizeof(e->ct.conn->labels)) {
		byte = &e->ct.conn->labels[info->bit / 8];
		is_set = *byte & BIT(info->bit % 8) || info->options & XT_CONNLABEL_OP_SET;
		if (is_set && !e->simulated)
			*byte |= (uint8_t)BIT(info->bit % 8);
	}
	return answer_of(is_set != inverted);
}

static const struct ext connlabel = {
	.name = "connlabel", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(INFO),
	.tracks = true,
	.opts = opts, .effect = EFFECT_STATEFUL, .summary = "labels of the connection",
	.manual = "Labels are numbers from 0 to 127. Names can be given to them in "
		  "/etc/xtables/connlabel.conf, in lines of a number and a name. With --set the "
		  "label is set, and the rule matches when that worked.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CONNLABEL", .refused = refused,
	.examples = examples, .match = match,
};
EXT_REGISTER(connlabel);
