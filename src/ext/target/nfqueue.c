// SPDX-License-Identifier: GPL-2.0-or-later
/* -j NFQUEUE: a program in user space decides. */
#include <linux/netfilter/xt_NFQUEUE.h>
#include <string.h>

#include "ext/type/types.h"

#define QUEUES SPANS(struct xt_NFQ_info_v3, queuenum, queues_total)
#define FLAG(bit) BITS(struct xt_NFQ_info_v3, flags, bit)

static const struct opt opts[] = {
	{ .name = "queue-num", .type = &type_queue, .at = QUEUES, .preset = "0", .excludes = BIT(1),
	  .list = "num %v", .help = "Send packet to QUEUE number <value>.\n"
				    "Valid queue numbers are 0-65535" },
	{ .name = "queue-balance", .type = &type_queues, .at = QUEUES, .excludes = BIT(0),
	  .list = "balance %v", .help = "Balance flows between queues <value> to <value>." },
	{ .name = "queue-bypass", .given = FLAG(NFQ_FLAG_BYPASS), .list = "bypass",
	  .help = "Bypass Queueing if no queue instance exists." },
	{ .name = "queue-cpu-fanout", .given = FLAG(NFQ_FLAG_CPU_FANOUT), .list = "cpu-fanout",
	  .needs = BIT(1), .help = "Use current CPU (no hashing)" },
	{ 0 },
};

/* Each revision added a member at the end; `bypass` of the second is the first flag. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	size_t known = revision == 0 ? sizeof(struct xt_NFQ_info) :
		       revision == 1 ? sizeof(struct xt_NFQ_info_v1) :
				       sizeof(struct xt_NFQ_info_v2);

	if (revision > 2 || size < known)
		return false;
	memcpy(data, theirs, known);
	return true;
}

static const struct example examples[] = {
	{ .rule = "-j NFQUEUE --queue-num 3 --queue-bypass",
	  .means = "queue 3; accepted while nobody listens there" },
	{ .rule = "-j NFQUEUE --queue-balance 0:3 --queue-cpu-fanout",
	  .means = "four queues, one for each processor" },
	{ .rule = "-j NFQUEUE", .means = "the first queue", .saved = "-j NFQUEUE --queue-num 0" },
	{ 0 },
};

/*
 * nfqueue_tg_v3() of xt_NFQUEUE.c. Which of several queues a flow goes to hangs on a secret of the
 * kernel; the first one stands for them, unless the processor decides.
 */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_NFQ_info_v3 *info = data;
	unsigned number = info->queuenum;

	(void)state;
	if (info->queues_total > 1 && info->flags & NFQ_FLAG_CPU_FANOUT)
		number += e->meta->cpu % info->queues_total;
	if (e->world->queue)
		e->world->queue(e->world->context, e, number, info->flags);
	return VERDICT_QUEUE;
}

/* nft_queue_eval() chooses as nfqueue_tg_v3() does; of one queue there is no choice. */
static bool raise_queue(const struct part *part, enum family family, void *data)
{
	struct xt_NFQ_info_v3 *info = data;

	(void)family;
	if (part->kind != PART_QUEUE)
		return false;
	info->queuenum = part->queue.number;
	info->queues_total = part->queue.total;
	info->flags = (part->queue.bypass ? NFQ_FLAG_BYPASS : 0u) |
		      (part->queue.by_cpu && info->queues_total > 1 ? NFQ_FLAG_CPU_FANOUT : 0u);
	return true;
}

static const struct ext nfqueue = {
	.name = "NFQUEUE", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 3,
	.size = sizeof(struct xt_NFQ_info_v3), .opts = opts, .title = "NFQUEUE",
	.effect = EFFECT_ENDS, .summary = "let a program in user space decide",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_NFQUEUE", .adopt = adopt, .examples = examples,
	.act = act, .raise = raise_queue,
};
EXT_REGISTER(nfqueue);
