// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expectations: connections that a helper heard of in another one. Follows
 * net/netfilter/nf_conntrack_expect.c; and what helpers share.
 */
#include <errno.h>
#include <netinet/in.h>

#include "base/hash.h"
#include "engine/flow.h"

static struct chain **bucket_of(struct conntrack *ct, const struct tuple *tuple)
{
	struct {
		union inet_addr address;
		be16 port;
		uint8_t family, proto;
		uint32_t zero;
	} key = {
		.address = tuple->dst, .port = tuple->dport, .family = tuple->family,
		.proto = tuple->proto,
	};

	return &ct->expect_buckets[hash_keyed(ct->key, &key, sizeof(key)) % EXPECT_BUCKETS];
}

/* Does the tuple fulfil it? Any source port does (nf_ct_tuple_mask_cmp). */
static bool is_met(const struct expectation *x, const struct tuple *tuple)
{
	return x->tuple.proto == tuple->proto && x->tuple.family == tuple->family &&
	       x->tuple.dport == tuple->dport &&
	       !memcmp(&x->tuple.src, &tuple->src, sizeof(tuple->src)) &&
	       !memcmp(&x->tuple.dst, &tuple->dst, sizeof(tuple->dst));
}

static void take_out(struct conntrack *ct, struct expectation *x)
{
	chain_take(&x->hash);
	chain_take(&x->of_master);
	chain_put(&ct->free_expects, &x->hash);
	ct->counts.expectations--;
}

void expect_init(struct expectation *expectation, struct flow *master,
		 const union inet_addr *source, const union inet_addr *destination, uint8_t proto,
		 be16 port)
{
	*expectation = (struct expectation){
		.master = master, .zone = flow_zone(master),
		.tuple = {
			.src = *source, .dst = *destination, .dport = port, .proto = proto,
			.family = master->conn.way[0].family,
		},
	};
}

/* Only so many of one connection; the oldest gives way (evict_oldest_expect). */
static void make_room(struct conntrack *ct, struct flow *master, uint64_t now)
{
	struct expectation *oldest = NULL;
	unsigned count = 0;

	for (struct chain *n = master->expecting, *next; n; n = next) {
		struct expectation *x = chain_owner(n, struct expectation, of_master);

		next = n->next;
		if (x->expires <= now) {
			take_out(ct, x);
			continue;
		}
		oldest = x;
		count++;
	}
	if (count >= EXPECT_MOST)
		take_out(ct, oldest);
}

int expect_add(struct conntrack *ct, const struct expectation *expectation, uint64_t now)
{
	struct chain **bucket = bucket_of(ct, &expectation->tuple);
	struct expectation *x;

	for (struct chain *n = *bucket, *next; n; n = next) {
		x = chain_owner(n, struct expectation, hash);
		next = n->next;
		if (x->expires <= now) {
			take_out(ct, x);
			continue;
		}
		if (!is_met(x, &expectation->tuple) || x->zone.id != expectation->zone.id)
			continue;
		if (x->master != expectation->master)
			return -EBUSY;
		take_out(ct, x);
		break;
	}
	make_room(ct, expectation->master, now);
	if (!ct->free_expects)
		return -EMFILE;
	x = chain_owner(ct->free_expects, struct expectation, hash);
	chain_take(&x->hash);
	*x = *expectation;
	x->expires = now + EXPECT_SECONDS * SECONDS;
	chain_put(bucket, &x->hash);
	chain_put(&x->master->expecting, &x->of_master);
	ct->counts.expectations++;
	return 0;
}

bool expect_take(struct conntrack *ct, const struct tuple *tuple, struct zone zone, uint64_t now,
		 bool simulated, struct expectation *found)
{
	for (struct chain *n = *bucket_of(ct, tuple), *next; n; n = next) {
		struct expectation *x = chain_owner(n, struct expectation, hash);

		next = n->next;
		if (x->expires <= now) {
			take_out(ct, x);
			continue;
		}
		if (!is_met(x, tuple) || x->zone.id != zone.id)
			continue;
		/* If the other end cannot have heard of it yet, it is something else. */
		if (!flow_is_confirmed(x->master))
			return false;
		*found = *x;
		if (!simulated)
			take_out(ct, x);
		return true;
	}
	return false;
}

void expect_remove_all(struct conntrack *ct, struct flow *master)
{
	while (master->expecting)
		take_out(ct, chain_owner(master->expecting, struct expectation, of_master));
}

void expect_remove(struct conntrack *ct, const struct expectation *expectation)
{
	for (struct chain *n = *bucket_of(ct, &expectation->tuple); n; n = n->next) {
		struct expectation *x = chain_owner(n, struct expectation, hash);

		if (x->master == expectation->master && is_met(x, &expectation->tuple)) {
			take_out(ct, x);
			return;
		}
	}
}

enum helper helper_by_name(const char *name, uint8_t proto)
{
	if (proto == IPPROTO_TCP && !strcmp(name, "ftp"))
		return HELPER_FTP;
	if (proto == IPPROTO_UDP && !strcmp(name, "tftp"))
		return HELPER_TFTP;
	return HELPER_NONE;
}
