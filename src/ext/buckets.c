// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net/netfilter/xt_hashlimit.c, revision 3: credits come with the ticks of the clock and packets cost
 * them. All arithmetic is the kernel's, with its rounding.
 */
#include "ext/buckets.h"

#include <net/if.h>	/* before the kernel's, which then leaves out what is here */

#include <linux/netfilter/xt_hashlimit.h>
#include <netinet/in.h>
#include <string.h>

#include "base/hash.h"
#include "ext/headers.h"

enum { ENTRIES = 8192, CHAINS = 1024, NOTHING = 0 };

struct key {
	union inet_addr src, dst;
	be16 sport, dport;
};

struct bucket {
	struct key key;
	uint32_t next;			/* in its chain, from 1 */
	bool is_used;
	bool over;			/* the rate of the window before was too high */
	uint64_t expires, prev;		/* ticks */
	uint64_t credit, cap, cost;
	uint64_t current, rate, burst;	/* --hashlimit-rate-match */
};

struct table {
	bool begun;
	struct hashlimit_cfg3 cfg;	/* of the first rule that asks */
	uint64_t cleaned;		/* ticks */
	uint32_t count, most;
	uint32_t chains[CHAINS];
	struct bucket buckets[ENTRIES];
};

static uint64_t hz_of(const struct eval *e)
{
	return e->world->hz ? e->world->hz : 250;
}

static uint64_t power_below(uint64_t x)
{
	for (unsigned by = 1; by < 64; by *= 2)
		x |= x >> by;
	return (x >> 1) + 1;
}

/* CREDITS_PER_JIFFY, and CREDITS_PER_JIFFY_BYTES. */
static uint64_t credits_per_tick(uint64_t hz, bool bytes)
{
	return power_below(bytes ? UINT32_MAX / hz : UINT64_MAX / (hz * 60 * 60 * 24));
}

/* user2credits(). */
static uint64_t credits(uint64_t user, uint64_t hz)
{
	uint64_t per_second = hz * credits_per_tick(hz, false);

	if (XT_HASHLIMIT_SCALE_v2 >= per_second)
		return user / (XT_HASHLIMIT_SCALE_v2 / per_second);
	return user * (per_second / XT_HASHLIMIT_SCALE_v2);
}

/* ------------------------------------------------------------------ one bucket */

/* rateinfo_init(). */
static void begin(struct bucket *b, const struct hashlimit_cfg3 *cfg, uint64_t now, uint64_t hz)
{
	bool bytes = cfg->mode & XT_HASHLIMIT_BYTES;
	uint64_t avg = bytes ? (uint32_t)cfg->avg : cfg->avg;

	b->prev = now;
	if (cfg->mode & XT_HASHLIMIT_RATE_MATCH) {
		b->rate = !bytes ? (avg ? XT_HASHLIMIT_SCALE_v2 / avg : 0) :
			  ((avg ? UINT32_MAX / avg : UINT32_MAX) - 1) << XT_HASHLIMIT_BYTE_SHIFT;
		b->burst = !bytes ? cfg->burst + b->rate :
			   cfg->burst ? cfg->burst * b->rate : b->rate;
	} else if (bytes) {
		b->credit = credits_per_tick(hz, true) * hz;
		b->cost = avg * hz * credits_per_tick(hz, true) >> 32;
		b->cap = cfg->burst;
	} else {
		b->credit = b->cap = credits(avg * cfg->burst, hz);
		b->cost = credits(avg, hz);
	}
}

/* rateinfo_recalc(). */
static void refresh(struct bucket *b, const struct hashlimit_cfg3 *cfg, uint64_t now, uint64_t hz)
{
	bool bytes = cfg->mode & XT_HASHLIMIT_BYTES;
	uint64_t delta = now - b->prev, cap, before = b->credit;

	if (!delta)
		return;
	if (cfg->mode & XT_HASHLIMIT_RATE_MATCH) {
		uint64_t interval = cfg->interval * hz;

		if (delta < interval)
			return;
		b->prev = now;
		b->over = b->current * interval > delta * b->rate;
		b->current = 0;
		return;
	}
	b->prev = now;
	b->credit += credits_per_tick(hz, bytes) * delta;
	cap = bytes ? credits_per_tick(hz, true) * hz : b->cap;
	if (b->credit > cap || (bytes && before >= b->credit))
		b->credit = cap;
}

/* hashlimit_byte_cost(): a bucket that ran dry is filled again, `burst` times. */
static uint64_t cost_of_bytes(struct bucket *b, uint32_t len, uint64_t hz)
{
	uint64_t full = credits_per_tick(hz, true) * hz;
	uint64_t cost = ((len >> XT_HASHLIMIT_BYTE_SHIFT) + 1) * b->cost;

	if (cost > full)
		cost = full;
	if (b->credit < cost && b->cap) {
		b->cap--;
		b->credit = full;
	}
	return cost;
}

/* Below the limit? */
static bool takes(struct bucket *b, const struct hashlimit_cfg3 *cfg, uint32_t len, uint64_t hz)
{
	bool bytes = cfg->mode & XT_HASHLIMIT_BYTES;
	uint64_t cost;

	if (cfg->mode & XT_HASHLIMIT_RATE_MATCH) {
		b->current += bytes ? len : 1;
		return !b->over && b->current <= b->burst;
	}
	cost = bytes ? cost_of_bytes(b, len, hz) : b->cost;
	if (b->credit < cost)
		return false;
	b->credit -= cost;
	return true;
}

/* ------------------------------------------------------------------ the table */

/* hashlimit_init_dst(). NO: the packet should have ports, and has none: it is dropped. */
static enum answer make_key(struct eval *e, const struct hashlimit_cfg3 *cfg, struct key *key)
{
	const struct packet *p = e->packet;
	enum answer answer;
	union inet_addr mask;
	uint8_t bytes[4];

	memset(key, 0, sizeof(*key));
	if (cfg->mode & XT_HASHLIMIT_HASH_SIP) {
		memcpy(&key->src, packet_saddr(p), addr_len(e->family));
		addr_mask_from_prefix(e->family, cfg->srcmask, &mask);
		addr_apply_mask(&key->src, &mask);
	}
	if (cfg->mode & XT_HASHLIMIT_HASH_DIP) {
		memcpy(&key->dst, packet_daddr(p), addr_len(e->family));
		addr_mask_from_prefix(e->family, cfg->dstmask, &mask);
		addr_apply_mask(&key->dst, &mask);
	}
	if (!(cfg->mode & (XT_HASHLIMIT_HASH_SPT | XT_HASHLIMIT_HASH_DPT)))
		return ANSWER_YES;
	/* Of IPv6, a later fragment has none; of IPv4, what lies there is taken for them. */
	answer = flow_bytes(e, e->family == FAMILY_IPV6 && p->fragment ? 0 : p->proto, p->transport,
			    bytes);
	if (answer == ANSWER_YES && cfg->mode & XT_HASHLIMIT_HASH_SPT)
		memcpy(&key->sport, bytes, 2);
	if (answer == ANSWER_YES && cfg->mode & XT_HASHLIMIT_HASH_DPT)
		memcpy(&key->dport, bytes + 2, 2);
	return answer;
}

static uint32_t *chain_of(struct table *t, const struct key *key)
{
	return &t->chains[hash_bytes(key, sizeof(*key)) % CHAINS];
}

/*
 * What has been idle for long goes, at the times at which the kernel looks for it. (It may be late; then
 * it still knows an entry that is new here.)
 */
static void clean(struct table *t, uint64_t now, uint64_t hz)
{
	uint64_t every = t->cfg.gc_interval * hz / 1000;

	every = every ? every : 1;
	if (now - t->cleaned < every)
		return;
	t->cleaned += (now - t->cleaned) / every * every;
	for (uint32_t c = 0; t->count && c < CHAINS; c++)
		for (uint32_t *link = &t->chains[c]; *link;) {
			struct bucket *b = &t->buckets[*link - 1];

			if (b->expires > t->cleaned) {
				link = &b->next;
				continue;
			}
			*link = b->next;
			b->is_used = false;
			t->count--;
		}
}

static struct bucket *find(struct table *t, const struct key *key)
{
	for (uint32_t n = *chain_of(t, key); n; n = t->buckets[n - 1].next)
		if (!memcmp(&t->buckets[n - 1].key, key, sizeof(*key)))
			return &t->buckets[n - 1];
	return NULL;
}

/* NULL: the table is full. */
static struct bucket *make(struct table *t, const struct key *key, uint64_t now, uint64_t hz)
{
	uint32_t *link = chain_of(t, key);
	struct bucket *b = t->buckets;

	if (t->count >= t->most)
		return NULL;
	while (b->is_used)
		b++;
	t->count++;
	*b = (struct bucket){ .key = *key, .next = *link, .is_used = true };
	*link = (uint32_t)(b - t->buckets) + 1;
	begin(b, &t->cfg, now, hz);
	return b;
}

static struct table *table_of(struct eval *e, const struct xt_hashlimit_mtinfo3 *info,
			      const char *name, uint64_t now)
{
	const struct world *w = e->world;
	const char *kind = e->family == FAMILY_IPV6 ? "hashlimit6" : "hashlimit4";
	struct table *t = w->shared ? w->shared(w->context, kind, name, sizeof(*t)) : NULL;

	if (!t || t->begun)
		return t;
	t->begun = true;
	t->cfg = info->cfg;
	t->cleaned = now;
	t->most = ENTRIES;
	/* What is below the number of buckets is raised to it. */
	if (info->cfg.max && info->cfg.max < ENTRIES)
		t->most = info->cfg.max < info->cfg.size ? info->cfg.size : info->cfg.max;
	if (t->most > ENTRIES)
		t->most = ENTRIES;
	return t;
}

enum answer buckets_answer(struct eval *e, const struct xt_hashlimit_mtinfo3 *info)
{
	uint64_t hz = hz_of(e), now = e->world->now / (1000000000 / hz);
	char name[sizeof(info->name) + 1] = "";
	bool inverted = info->cfg.mode & XT_HASHLIMIT_INVERT;
	struct bucket *b, copy;
	struct table *t;
	struct key key;
	enum answer there;

	memcpy(name, info->name, strnlen(info->name, sizeof(info->name)));
	t = table_of(e, info, name, now);
	if (!t)
		return eval_unknown(e, "what the table %.60s has counted is not known", name);
	there = make_key(e, &t->cfg, &key);
	e->hotdrop |= there == ANSWER_NO;
	if (there != ANSWER_YES)
		return there;
	clean(t, now, hz);
	b = find(t, &key);
	if (b)
		refresh(b, &t->cfg, now, hz);
	else
		b = make(t, &key, now, hz);
	if (!b) {
		e->hotdrop = true;
		return ANSWER_NO;
	}
	b->expires = now + (uint64_t)t->cfg.expire * hz / 1000;
	/* A look ahead takes nothing out. */
	copy = *b;
	if (e->simulated)
		b = &copy;
	return answer_of(takes(b, &info->cfg, e->packet->len, hz) != inverted);
}
