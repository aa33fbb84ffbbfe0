// SPDX-License-Identifier: GPL-2.0-or-later
/* The flows of a capture, and how they fare with two rule sets; why packets were not judged. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "cli/replay.h"

int replay_flows_open(struct replay *r, struct err *err)
{
	r->flows = calloc(FLOWS_MOST, sizeof(*r->flows));
	r->buckets = calloc(FLOWS_MOST, sizeof(*r->buckets));
	if (!r->flows || !r->buckets)
		return err_errno(err, ERR_RESOURCE, ENOMEM, "no memory for the flows");
	/* Who writes captures must not choose the chains. */
	if (getrandom(r->hash_key, sizeof(r->hash_key), GRND_NONBLOCK) < 0)
		r->hash_key[0] = (uintptr_t)r;
	return 0;
}

static uint16_t port_at(const struct packet *p, unsigned at)
{
	const uint8_t *h = p->has_ports ? packet_transport(p, at + 2) : NULL;

	return h ? (uint16_t)(h[at] << 8 | h[at + 1]) : 0;
}

static struct flow_key key_of(const struct packet *p)
{
	struct flow_key key = { .proto = p->proto, .family = p->family };
	size_t len = addr_len((enum family)p->family);
	uint16_t source = port_at(p, 0), destination = port_at(p, 2);
	int order = memcmp(packet_saddr(p), packet_daddr(p), len);
	bool turned = order > 0 || (!order && source > destination);

	memcpy(&key.low, turned ? packet_daddr(p) : packet_saddr(p), len);
	memcpy(&key.high, turned ? packet_saddr(p) : packet_daddr(p), len);
	key.low_port = turned ? destination : source;
	key.high_port = turned ? source : destination;
	return key;
}

/* NULL when there is no more room. */
static struct flow *flow_of(struct replay *r, const struct packet *p)
{
	struct flow_key key = key_of(p);
	uint32_t *slot = &r->buckets[hash_keyed(r->hash_key, &key, sizeof(key)) % FLOWS_MOST];

	for (uint32_t n = *slot; n; n = r->flows[n].next)
		if (!memcmp(&r->flows[n].key, &key, sizeof(key)))
			return &r->flows[n];
	if (r->flow_count + 1 == FLOWS_MOST)
		return NULL;
	r->flows[++r->flow_count] = (struct flow){ .key = key, .next = *slot };
	*slot = r->flow_count;
	return &r->flows[r->flow_count];
}

static void print_fate(char *text, size_t room, const struct outcome *o)
{
	AUTO_SINK sink = SINK_MEMORY;

	print_outcome(&sink, o);
	snprintf(text, room, "%s", sink_text(&sink));
}

void replay_compare(struct replay *r, const struct packet *was, const struct outcome *a,
		    const struct outcome *b)
{
	struct flow *f = flow_of(r, was);
	AUTO_SINK line = SINK_MEMORY;

	if (f)
		f->packets++;
	if (fate_status(a->fate) == fate_status(b->fate) &&
	    (a->fate == FATE_REJECTED) == (b->fate == FATE_REJECTED))
		return;
	if (!f) {
		r->more_otherwise++;
		return;
	}
	if (f->otherwise++)
		return;
	r->differing++;
	packet_print(&line, was);
	snprintf(f->line, sizeof(f->line), "%s", sink_text(&line));
	print_fate(f->fates[0], sizeof(f->fates[0]), a);
	print_fate(f->fates[1], sizeof(f->fates[1]), b);
}

void replay_reason(struct replay *r, const struct outcome *o)
{
	struct reason *reason = r->reasons;
	AUTO_SINK text = SINK_MEMORY;

	for (; reason < r->reasons + r->reason_count; reason++)
		if (reason->rule == o->rule) {
			reason->packets++;
			return;
		}
	if (r->reason_count == REASONS_MOST)
		return;
	r->reason_count++;
	*reason = (struct reason){ .rule = o->rule, .packets = 1 };
	print_decider(&text, o);
	snprintf(reason->text, sizeof(reason->text), "%s", sink_text(&text));
}
