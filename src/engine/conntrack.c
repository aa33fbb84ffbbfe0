// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of connections: pools of a fixed size, the hash of both tuples, and the clock. Deadlines
 * lie in a wheel of seconds; traffic only writes a new deadline into the connection, the wheel looks
 * again when the old one comes. A connection whose time is over is not found any more at once; its
 * room is free again within a second.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/hash.h"
#include "engine/flow.h"

enum { CONNECTIONS_USUAL = 65536, EXPECTATIONS_USUAL = 1024, FRAGMENTS_USUAL = 256 };

/* ------------------------------------------------------------------ opening */

static bool take_memory(struct conntrack *ct, const struct conntrack_limits *limits)
{
	uint32_t n = limits->connections ? limits->connections : CONNECTIONS_USUAL;
	uint32_t expects = limits->expectations ? limits->expectations : EXPECTATIONS_USUAL;
	uint32_t buckets = 64;

	while (buckets < n && buckets < BIT(26))
		buckets *= 2;
	ct->mask = buckets - 1;
	ct->room = n;
	/* Zero pages: what is never used costs nothing. */
	ct->flows = calloc(n, sizeof(*ct->flows));
	ct->buckets = calloc(buckets, sizeof(*ct->buckets));
	ct->sources = calloc(buckets, sizeof(*ct->sources));
	ct->expects = calloc(expects, sizeof(*ct->expects));
	ct->defrag = defrag_open(limits->fragments ? limits->fragments : FRAGMENTS_USUAL);
	if (!ct->flows || !ct->buckets || !ct->sources || !ct->expects || !ct->defrag)
		return false;
	for (uint32_t i = 0; i < expects; i++)
		chain_put(&ct->free_expects, &ct->expects[i].hash);
	return true;
}

int conntrack_open(struct conntrack **ct, const struct conntrack_limits *limits, struct err *err)
{
	static const struct conntrack_limits usual;
	struct conntrack *c = calloc(1, sizeof(*c));

	if (!c || !take_memory(c, limits ? limits : &usual)) {
		conntrack_close(&c);
		return err_errno(err, ERR_RESOURCE, ENOMEM,
				 "no memory for the table of connections");
	}
	c->settings = CONNTRACK_USUAL;
	/* A key that could be guessed is bad only for who filters the traffic of strangers. */
	if (getrandom(c->key, sizeof(c->key), GRND_NONBLOCK) != sizeof(c->key))
		c->key[0] = (uint64_t)(uintptr_t)c;
	*ct = c;
	return 0;
}

void conntrack_close(struct conntrack **ct)
{
	struct conntrack *c = *ct;

	if (!c)
		return;
	free(c->flows);
	free((void *)c->buckets);
	free((void *)c->sources);
	free(c->expects);
	defrag_close(&c->defrag);
	free(c);
	*ct = NULL;
}

const struct conntrack_counts *conntrack_counts(const struct conntrack *ct)
{
	return &ct->counts;
}

void conntrack_set(struct conntrack *ct, const struct conntrack_settings *settings)
{
	ct->settings = *settings;
}

void conntrack_take_settings(struct conntrack *ct, const struct conntrack *other)
{
	ct->settings = other->settings;
}

uint32_t conntrack_random(const struct eval *e)
{
	if (e->world->random)
		return e->world->random(e->world->context);
	return 0;
}

/* ------------------------------------------------------------------ the table */

static struct chain **bucket_of(struct conntrack *ct, const struct tuple *tuple, uint16_t zone)
{
	uint64_t key[2] = { ct->key[0] ^ zone, ct->key[1] };

	return &ct->buckets[hash_keyed(key, tuple, sizeof(*tuple)) & ct->mask];
}

struct chain **flow_sources(struct conntrack *ct, const struct tuple *original, struct zone zone)
{
	struct {
		union inet_addr address;
		be16 port;
		uint16_t zone;
		uint32_t proto;
	} key = {
		.address = original->src, .port = original->sport, .proto = original->proto,
		.zone = zone.dirs == 3 ? zone.id : 0,
	};

	return &ct->sources[hash_keyed(ct->key, &key, sizeof(key)) & ct->mask];
}

static struct flow *flow_of_link(struct chain *node, unsigned *direction)
{
	struct tuple_link *link = chain_owner(node, struct tuple_link, chain);

	*direction = link->direction;
	return chain_owner(link - link->direction, struct flow, link);
}

static struct flow *find_in(struct conntrack *ct, const struct tuple *tuple, struct zone zone,
			    uint16_t id, uint64_t now, uint8_t *direction)
{
	unsigned dir;

	for (struct chain *n = *bucket_of(ct, tuple, id), *next; n; n = next) {
		struct flow *f = flow_of_link(n, &dir);

		next = n->next;
		if (!tuple_equal(&f->conn.way[dir], tuple) ||
		    zone_id(flow_zone(f), dir) != zone_id(zone, dir) || f->conn.expires <= now)
			continue;
		*direction = (uint8_t)dir;
		return f;
	}
	return NULL;
}

struct flow *flow_find(struct conntrack *ct, const struct tuple *tuple, struct zone zone,
		       uint64_t now, uint8_t *direction)
{
	uint16_t id = zone_id(zone, IP_CT_DIR_ORIGINAL), other = zone_id(zone, IP_CT_DIR_REPLY);
	struct flow *f = find_in(ct, tuple, zone, id, now, direction);

	return f || id == other ? f : find_in(ct, tuple, zone, other, now, direction);
}

/*
 * Two of the same original tuple are one flow, seen twice before it was confirmed; the clash is
 * resolved there.
 */
bool flow_is_taken(struct conntrack *ct, const struct tuple *tuple, const struct flow *but,
		   uint64_t now)
{
	struct zone zone = flow_zone(but);
	unsigned dir;

	for (struct chain *n = *bucket_of(ct, tuple, zone_id(zone, IP_CT_DIR_REPLY)); n;
	     n = n->next) {
		const struct flow *f = flow_of_link(n, &dir);

		if (f == but || !tuple_equal(&f->conn.way[dir], tuple) ||
		    zone_id(flow_zone(f), dir) != zone_id(zone, dir) || f->conn.expires <= now)
			continue;
		if (tuple_equal(&f->conn.way[0], &but->conn.way[0]) &&
		    zone_id(flow_zone(f), 0) == zone_id(zone, 0))
			continue;
		return true;
	}
	return false;
}

/* ------------------------------------------------------------------ the clock */

static void put_alarm(struct conntrack *ct, struct flow *f)
{
	uint64_t second = f->conn.expires / SECONDS + 1;

	if (second > ct->wheel_second + WHEEL_SECONDS - 1)
		second = ct->wheel_second + WHEEL_SECONDS - 1;
	if (second <= ct->wheel_second)
		second = ct->wheel_second + 1;
	f->alarm = second;
	chain_put(&ct->wheel[second % WHEEL_SECONDS], &f->timer);
}

/* Later is seen when the alarm rings; earlier must move it. */
void flow_set_deadline(struct conntrack *ct, struct flow *flow, uint64_t expires)
{
	flow->conn.expires = expires;
	if (flow->listed && expires / SECONDS + 1 < flow->alarm) {
		chain_take(&flow->timer);
		put_alarm(ct, flow);
	}
}

static void ring(struct conntrack *ct, uint64_t second, uint64_t now)
{
	struct chain **slot = &ct->wheel[second % WHEEL_SECONDS];
	struct chain *n = *slot, *next;

	*slot = NULL;
	ct->wheel_second = second;
	for (; n; n = next) {
		struct flow *f = chain_owner(n, struct flow, timer);

		next = n->next;
		n->at = NULL;
		if (f->conn.expires <= now)
			flow_kill(ct, f);
		else
			put_alarm(ct, f);
	}
}

void conntrack_begin(struct conntrack *ct, uint64_t now)
{
	uint64_t second = now / SECONDS;

	ct->now = now;
	if (second > ct->wheel_second + WHEEL_SECONDS)
		ct->wheel_second = second - WHEEL_SECONDS;
	while (ct->wheel_second < second)
		ring(ct, ct->wheel_second + 1, now);
	while (ct->dead) {
		struct chain *n = ct->dead;

		chain_take(n);
		chain_put(&ct->free, n);
		ct->counts.connections--;
	}
}

/* ------------------------------------------------------------------ one connection */

struct flow *flow_new(struct conntrack *ct, const struct tuple *original,
		      const struct tuple *reply, struct zone zone)
{
	struct flow *f;

	if (ct->free) {
		f = chain_owner(ct->free, struct flow, timer);
		chain_take(&f->timer);
		*f = (struct flow){ 0 };
	} else if (ct->touched < ct->room) {
		f = &ct->flows[ct->touched++];
	} else {
		return NULL;
	}
	f->conn.way[0] = *original;
	f->conn.way[1] = *reply;
	f->conn.zone = zone.id;
	f->zone_dirs = zone.dirs;
	f->link[1].direction = 1;
	ct->counts.connections++;
	return f;
}

void flow_list(struct conntrack *ct, struct flow *flow, bool original)
{
	struct zone zone = flow_zone(flow);

	for (unsigned d = original ? 0 : 1; d < 2; d++)
		chain_put(bucket_of(ct, &flow->conn.way[d], zone_id(zone, d)),
			  &flow->link[d].chain);
	flow->conn.status |= IPS_CONFIRMED;
	flow->listed = true;
	put_alarm(ct, flow);
}

void flow_put_source(struct conntrack *ct, struct flow *flow)
{
	chain_put(flow_sources(ct, &flow->conn.way[0], flow_zone(flow)), &flow->source);
}

static void lose_child(struct conntrack *ct, struct flow *master)
{
	master->children--;
	if (!master->children && (master->conn.status & IPS_DYING))
		chain_put(&ct->dead, &master->timer);
}

void flow_kill(struct conntrack *ct, struct flow *flow)
{
	if (flow->conn.status & IPS_DYING)
		return;
	flow->conn.status |= IPS_DYING;
	if (flow == &ct->scratch)
		return;
	expect_remove_all(ct, flow);
	chain_take(&flow->link[0].chain);
	chain_take(&flow->link[1].chain);
	chain_take(&flow->source);
	chain_take(&flow->timer);
	flow->listed = false;
	/* A master is there as long as those that name it. */
	if (!flow->children)
		chain_put(&ct->dead, &flow->timer);
	if (flow->conn.master)
		lose_child(ct, flow_of(flow->conn.master));
}

void flow_count(struct conntrack *ct, struct flow *flow, const struct eval *e)
{
	if (!ct->settings.acct)
		return;
	flow->conn.packets[e->ct.direction]++;
	flow->conn.bytes[e->ct.direction] += e->packet->len;
}

void flow_refresh(struct conntrack *ct, struct flow *flow, struct eval *e, uint64_t timeout)
{
	if (!(flow->conn.status & IPS_FIXED_TIMEOUT))
		flow_set_deadline(ct, flow, e->world->now + timeout);
	flow_count(ct, flow, e);
}

/*
 * Those of a bucket that are not assured, or whose time is over. One that others name as their
 * master keeps its room, and is passed over.
 */
static bool empty_bucket(struct conntrack *ct, struct chain **bucket)
{
	bool made = false;
	unsigned dir;

	for (struct chain *n = *bucket, *next; n; n = next) {
		struct flow *f = flow_of_link(n, &dir);
		bool is_over = f->conn.expires <= ct->now;

		next = n->next;
		/* Both its tuples may lie here: dead, it comes once more. */
		if (f->children || f->conn.status & IPS_DYING ||
		    (f->conn.status & IPS_ASSURED && !is_over))
			continue;
		ct->counts.early_dropped += !is_over;
		flow_kill(ct, f);
		chain_take(&f->timer);
		chain_put(&ct->free, &f->timer);
		ct->counts.connections--;
		made = true;
	}
	return made;
}

bool flow_make_room(struct conntrack *ct, const struct tuple *original, struct zone zone)
{
	enum { RANGE = 8 };	/* NF_CT_EVICTION_RANGE */
	struct chain **first = bucket_of(ct, original, zone_id(zone, IP_CT_DIR_ORIGINAL));
	bool made = false;

	for (uint32_t i = 0; i < RANGE && !made; i++)
		made = empty_bucket(ct, &ct->buckets[(first - ct->buckets + i) & ct->mask]);
	return made;
}

/* ------------------------------------------------------------------ from outside */

struct connection *conntrack_lookup(struct conntrack *ct, const struct tuple *tuple, uint16_t zone,
				    uint8_t *direction)
{
	struct zone z = { .id = zone, .dirs = 3 };
	struct flow *f = flow_find(ct, tuple, z, ct->now, direction);

	return f ? &f->conn : NULL;
}

struct connection *conntrack_find(struct conntrack *ct, const struct packet *packet, uint16_t zone,
				  uint8_t *direction)
{
	struct tuple tuple;

	if (packet->fragment || !tuple_of_packet(&tuple, packet))
		return NULL;
	return conntrack_lookup(ct, &tuple, zone, direction);
}

static void insert_tcp(struct flow *f, uint8_t state)
{
	f->tcp.state = state;
	/* Its windows were not seen; the first packet of each side begins them. */
	f->tcp.seen[0].flags = f->tcp.seen[1].flags = IP_CT_TCP_FLAG_BE_LIBERAL;
}

int conntrack_insert(struct conntrack *ct, const struct connection *conn, uint8_t tcp_state,
		     struct err *err)
{
	struct zone zone = { .id = conn->zone, .dirs = 3 };
	struct tuple reply = conn->way[1];
	struct flow *f;
	uint8_t dir;

	if (bytes_are_zero(&reply, sizeof(reply)) && !tuple_invert(&reply, &conn->way[0]))
		return err_set(err, ERR_OTHER, PLACE_NONE, "nothing answers this ICMP type");
	if (flow_find(ct, &conn->way[0], zone, 0, &dir) || flow_find(ct, &reply, zone, 0, &dir))
		return err_errno(err, ERR_OTHER, EEXIST, "the connection is there already");
	f = flow_new(ct, &conn->way[0], &reply, zone);
	if (!f)
		return err_errno(err, ERR_RESOURCE, ENOSPC, "the table of connections is full");
	f->conn = *conn;
	f->conn.way[1] = reply;
	/* A master in somebody else's memory could go away. */
	f->conn.master = NULL;
	f->conn.status &= ~(uint32_t)IPS_DYING;
	f->helper = helper_by_name(conn->helper, conn->way[0].proto);
	f->ftp.pickup[0] = f->ftp.pickup[1] = true;
	if (conn->way[0].proto == IPPROTO_TCP)
		insert_tcp(f, tcp_state);
	if (!f->conn.expires)
		f->conn.expires = ct->now + track_timeout(ct, f);
	if (f->conn.status & IPS_SRC_NAT)
		flow_put_source(ct, f);
	flow_list(ct, f, true);
	return 0;
}

static bool is_ours(const struct conntrack *ct, const struct connection *conn)
{
	const struct flow *f = flow_of(conn);

	return f == &ct->scratch || (f >= ct->flows && f < ct->flows + ct->room);
}

const char *conntrack_tcp_state(const struct conntrack *ct, const struct connection *conn)
{
	if (!is_ours(ct, conn) || conn->way[0].proto != IPPROTO_TCP)
		return "";
	return tcp_state_name(flow_of(conn)->tcp.state);
}

void conntrack_each(struct conntrack *ct, uint64_t now,
		    bool (*each)(void *context, struct connection *conn), void *context)
{
	for (uint32_t i = 0; i < ct->touched; i++) {
		struct flow *f = &ct->flows[i];

		if (f->listed && f->conn.expires > now && !each(context, &f->conn))
			return;
	}
}
