// SPDX-License-Identifier: GPL-2.0-or-later
/* Queues to user space: the first of them and how many, u16[2]. */
#include "base/num.h"
#include "ext/type/types.h"

static int parse_queue(const struct opt_in *in, void *at)
{
	uint16_t *queue = at;
	uint64_t v;

	if (!num_parse(in->words[0], 0, UINT16_MAX, &v))
		return opt_bad_bounds(in, 0, UINT16_MAX);
	queue[0] = (uint16_t)v;
	queue[1] = 1;
	return 0;
}

static void print_queue(struct sink *sink, const struct opt_out *out, const void *at)
{
	(void)out;
	sink_u64(sink, *(const uint16_t *)at);
}

static bool queue_absent(const struct opt *opt, enum family family, const void *at)
{
	const uint16_t *queue = at;

	(void)opt;
	(void)family;
	return queue[1] > 1;
}

static void sample_queue(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_u64(sink, seed % 6 == 5 ? 65536 : seed * 7919u % 65536u);
}

const struct type type_queue = {
	.name = "queue", .metavar = "value", .words = 1, .parse = parse_queue,
	.print = print_queue, .absent = queue_absent, .sample = sample_queue,
};

/* The end left out is 65534: the number of all queues would not fit. */
static int parse_queues(const struct opt_in *in, void *at)
{
	uint64_t value[2] = { 0, UINT16_MAX - 1 };
	uint16_t *queue = at;
	int n = type_read_range(in, UINT16_MAX, value);

	if (n < 0)
		return n;
	if (n == 1)
		return opt_bad(in, "Bad range \"%s\"", in->words[0]);
	if (value[0] >= value[1])
		return opt_bad(in, "%u should be less than %u", (unsigned)value[0],
			       (unsigned)value[1]);
	if (value[1] - value[0] == UINT16_MAX)
		return opt_bad(in, "%s: 0:65535 are more queues than the kernel can count; "
				   "the most are 65535 of them", in->ext->name);
	queue[0] = (uint16_t)value[0];
	queue[1] = (uint16_t)(value[1] - value[0] + 1);
	return 0;
}

static void print_queues(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint16_t *queue = at;

	(void)out;
	sink_printf(sink, "%u:%u", queue[0], queue[0] + queue[1] - 1u);
}

static bool queues_absent(const struct opt *opt, enum family family, const void *at)
{
	return !queue_absent(opt, family, at);
}

static void sample_queues(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	(void)family;
	(void)opt;
	if (seed % 7 == 6)
		sink_str(sink, "4:3");
	else
		sink_printf(sink, "%u:%u", seed * 31u % 60000u, 60000u + seed % 5535u);
}

const struct type type_queues = {
	.name = "queues", .metavar = "first:last", .words = 1, .parse = parse_queues,
	.print = print_queues, .absent = queues_absent, .sample = sample_queues,
};
