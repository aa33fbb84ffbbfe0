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

/* Where an accepted packet goes. */
static void print_way(struct sink *sink, const struct judged *j)
{
	const struct outcome *o = j->outcome;
	union inet_addr addr = { 0 };
	enum family family = (enum family)j->left->family;

	if (fate_status(o->fate))
		return;
	if (o->fate == FATE_DELIVERED) {
		sink_str(sink, ", to this host");
		return;
	}
	memcpy(&addr, packet_daddr(j->left), addr_len(family));
	sink_printf(sink, ", through %s to ", *o->meta.out ? o->meta.out : "a device");
	addr_print(sink, family, &addr);
	if (j->left->has_ports)
		sink_printf(sink, " port %u", port_at(j->left, 2));
}

static void print_fate(char *text, size_t room, const struct judged *j, bool with_way)
{
	AUTO_SINK sink = SINK_MEMORY;

	print_outcome(&sink, j->outcome);
	if (with_way)
		print_way(&sink, j);
	snprintf(text, room, "%s", sink_text(&sink));
}

/* Both are let through, but not to the same place, or not from the same address. */
static bool goes_elsewhere(const struct judged *a, const struct judged *b)
{
	size_t len = addr_len((enum family)a->left->family);

	return !fate_status(a->outcome->fate) && !fate_status(b->outcome->fate) &&
	       (a->outcome->fate != b->outcome->fate ||
		strcmp(a->outcome->meta.out, b->outcome->meta.out) != 0 ||
		memcmp(packet_saddr(a->left), packet_saddr(b->left), len) != 0 ||
		memcmp(packet_daddr(a->left), packet_daddr(b->left), len) != 0 ||
		port_at(a->left, 2) != port_at(b->left, 2));
}

void replay_compare(struct replay *r, const struct packet *was, const struct judged *a,
		    const struct judged *b)
{
	struct flow *f = flow_of(r, was);
	bool elsewhere = goes_elsewhere(a, b);
	AUTO_SINK line = SINK_MEMORY;

	if (f)
		f->packets++;
	if (!elsewhere && !strcmp(fate_word(a->outcome->fate), fate_word(b->outcome->fate)))
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
	print_fate(f->fates[0], sizeof(f->fates[0]), a, elsewhere);
	print_fate(f->fates[1], sizeof(f->fates[1]), b, elsewhere);
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
