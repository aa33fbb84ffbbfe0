// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop of `postern run`. Before each packet the store is looked at (one stat): a change holds
 * from the next packet on. Nothing is allocated per packet.
 */
#include "cli/filter.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/cut.h"
#include "safe/snapshot.h"

static const uint64_t SECOND = 1000000000, WRITE_EVERY = 5000000000;

uint64_t filter_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* ------------------------------------------------------------------ rules and counters */

static void clear_counters(struct ruleset *rs)
{
	for (struct table *t = rs->first; t; t = t->next)
		for (struct chain *c = t->first; c; c = c->next) {
			c->counters = (struct counters){ 0 };
			for (struct rule *r = c->first; r; r = r->next)
				r->counters = (struct counters){ 0 };
		}
}

/*
 * A bridge has no addresses to translate to: what nat says does not hold there. Returns the number
 * of its rules.
 */
static uint32_t leave_out_nat(struct ruleset *rs)
{
	struct table *last = NULL;
	uint32_t rules = 0;

	for (struct table **t = &rs->first; *t;) {
		if (!strcmp((*t)->name, "nat")) {
			for (const struct chain *c = (*t)->first; c; c = c->next)
				rules += c->rule_count;
			*t = (*t)->next;
			continue;
		}
		last = *t;
		t = &last->next;
	}
	rs->last = last;
	return rules;
}

/* Said when it begins, and when it changes. */
static void say_left_out(struct filter *f, uint32_t rules)
{
	if (rules && rules != f->nat_left_out)
		fprintf(stderr, "postern: a bridge does no NAT: %u rule%s of table nat %s left "
			"out\n", rules, rules == 1 ? "" : "s", rules == 1 ? "is" : "are");
	f->nat_left_out = rules;
}

/* Those of the older dialects translate addresses, wherever their rules stand. */
static int read_old_rules(struct filter *f, struct ruleset *rules, struct err *err)
{
	AUTO_RULESET ignored = RULESET_INIT;

	if (!f->wire.bridged)
		return snapshot_read_old(&f->backend, rules, err);
	if (!snapshot_read_old(&f->backend, &ignored, err) && ignored.first)
		fprintf(stderr, "postern: a bridge does no NAT: the rules of ipchains, ipfwadm and "
			"ipmasqadm are left out\n");
	return err_is_set(err) ? -EIO : 0;
}

static int read_rules(struct filter *f, struct ruleset *rules, struct err *err)
{
	int r = snapshot_read(&f->backend, rules, err);

	if (r < 0)
		return r;
	if (f->wire.bridged)
		say_left_out(f, leave_out_nat(rules));
	r = read_old_rules(f, rules, err);
	if (r < 0)
		return r;
	clear_counters(rules);
	return 0;
}

static int write_back(struct filter *f, struct err *err)
{
	int r;

	f->written = filter_clock();
	if (!f->counted)
		return 0;
	r = store_count(store_of(&f->backend), &f->rules[f->which], &f->generation, err);
	if (r)
		return r;
	clear_counters(&f->rules[f->which]);
	f->counted = false;
	return 0;
}

/* What is wrong is said once; the rules from before hold on. */
static void complain(struct filter *f, const struct err *err)
{
	fprintf(stderr, "postern: %s; the rules stay as they were\n", err->text);
	f->written = filter_clock();
}

static void follow_changes(struct filter *f)
{
	struct ruleset *next = &f->rules[!f->which];
	struct err err = ERR_INIT;
	const struct ruleset *now;

	if (!store_changed(store_of(&f->backend), &f->stamp))
		return;
	now = store_rules(store_of(&f->backend), &err);
	if (now && now->generation == f->generation)
		return;
	if (!now || write_back(f, &err) < 0 || read_rules(f, next, &err) < 0) {
		ruleset_free(next);
		complain(f, &err);
		return;
	}
	engine_replace(f->engine, next);
	ruleset_free(&f->rules[f->which]);
	f->which = !f->which;
	f->generation = next->generation;
}

int filter_start(struct filter *f, struct err *err)
{
	const struct engine_config config = {
		.rules = &f->rules[f->which], .host = f->host.known ? &f->host : NULL,
		.sets = f->knows_sets ? &f->sets : NULL, .limits = f->limits, .keep_counters = true,
	};
	int r;

	store_changed(store_of(&f->backend), &f->stamp);
	r = read_rules(f, &f->rules[f->which], err);
	if (r < 0)
		return r;
	f->generation = f->rules[f->which].generation;
	f->written = filter_clock();
	return engine_open(&f->engine, &config, err);
}

void filter_free(struct filter *f)
{
	struct err ignored = ERR_INIT;

	engine_close(&f->engine);
	ruleset_free(&f->rules[0]);
	ruleset_free(&f->rules[1]);
	host_free(&f->host);
	ipsets_free(&f->sets);
	backend_close(&f->backend);
	wire_close(&f->wire, &ignored);
	if (f->host_fd >= 0)
		close(f->host_fd);
}

/* ------------------------------------------------------------------ a packet */

static void keep_before(struct filter *f, const struct packet *p)
{
	f->before = *p;
	if (f->before.captured > sizeof(f->before_bytes))
		f->before.captured = sizeof(f->before_bytes);
	f->before.room = sizeof(f->before_bytes);
	f->before.bytes = f->before_bytes;
	memcpy(f->before_bytes, p->bytes, f->before.captured);
}

/*
 * icmp_send(): the address that was meant when it is ours, else one of the device it came by; what was
 * made here hears of it from its own address.
 */
static union inet_addr own_address(const struct filter *f, const struct arrival *a)
{
	enum family family = (enum family)f->before.family;
	union inet_addr to = { 0 }, from = { 0 }, own;
	const struct device *in;

	memcpy(&to, packet_daddr(&f->before), addr_len(family));
	memcpy(&from, packet_saddr(&f->before), addr_len(family));
	if (a->in && !*a->in)
		return from;
	in = f->wire.bridged || !a->in ? NULL : host_device(&f->host, a->in);
	for (const struct device_addr *d = f->host.addrs; in && d; d = d->next)
		if (d->family == family && !memcmp(&d->addr, &to, addr_len(family)))
			return to;
	if (in && host_device_source(&f->host, family, in, &from, &own))
		return own;
	return to;
}

/* Dropped between routing and FORWARD: the sender is told what a router tells. */
static int router_answer(struct filter *f, struct packet *answer, const struct outcome *o,
			 const union inet_addr *own)
{
	const struct device *out = host_device(&f->host, o->meta.out);

	if (o->fate != FATE_DROPPED || o->chain || o->hook != NF_INET_PRE_ROUTING ||
	    !(o->meta.known & KNOWN_OUT) || !*o->meta.out)
		return -ENOMSG;
	if (packet_ttl(&f->before) <= 1)
		return answer_expired(answer, &f->before, own, f->answer_bytes, ANSWER_ROOM);
	if (out && f->before.len > out->mtu)
		return answer_too_big(answer, &f->before, out->mtu, own, f->answer_bytes,
				      ANSWER_ROOM);
	return -ENOMSG;
}

/* Sent to everybody, as the link layer says, or this host's routes do (RTCF_BROADCAST). */
static bool was_for_all(const struct filter *f, const struct arrival *a)
{
	enum family family = (enum family)f->before.family;
	union inet_addr to = { 0 };

	if (a->has_pkttype && a->pkttype != PACKET_HOST)
		return true;
	memcpy(&to, packet_daddr(&f->before), addr_len(family));
	return f->host.known && host_addr_type(&f->host, family, &to, NULL) == RTN_BROADCAST;
}

static void refuse(struct filter *f, const struct arrival *a, const struct outcome *o)
{
	struct packet answer;
	union inet_addr own;
	int r;

	if (!f->wire.answer || f->before.family == 0 || was_for_all(f, a))
		return;
	own = own_address(f, a);
	if (o->fate != FATE_REJECTED)
		r = router_answer(f, &answer, o, &own);
	else if (o->reject_type == NFT_REJECT_TCP_RST)
		r = answer_reset(&answer, &f->before, f->answer_bytes, ANSWER_ROOM);
	else
		r = answer_unreachable(&answer, &f->before, o->reject_code, &own,
				       f->answer_bytes, ANSWER_ROOM);
	if (r > 0)
		f->wire.answer(f->wire.context, a, &answer);
}

/* A piece of a datagram, on its way. */
struct onward {
	struct filter *filter;
	const struct arrival *arrival;
	const char *out;
	uint32_t mark;
};

static int send_on(void *context, const struct packet *packet)
{
	const struct onward *on = context;
	const struct wire *wire = &on->filter->wire;

	return wire->pass(wire->context, on->arrival, packet, on->out, on->mark);
}

/*
 * What was put together from fragments, or may be cut, is cut where the link takes less. Not where
 * a kernel does it behind us; and a bridge gets longer packets from devices that cut by themselves.
 */
static uint32_t cut_to(const struct filter *f, const struct arrival *a, const struct packet *p,
		       const char *out)
{
	enum { DONT_FRAGMENT = 0x40 };
	const struct device *device = host_device(&f->host, out);
	bool gathered = p->bytes != a->bytes;
	bool may = p->family == FAMILY_IPV4 && !(p->bytes[6] & DONT_FRAGMENT);

	if (f->wire.hops_on || !f->live || !device || !device->mtu || p->len <= device->mtu)
		return 0;
	return gathered || (may && !f->wire.bridged) ? device->mtu : 0;
}

static void let_pass(struct filter *f, const struct arrival *a, struct packet *p,
		     const struct outcome *o)
{
	struct onward on = {
		f, a, o->fate == FATE_DELIVERED ? "" : o->meta.out, o->meta.mark,
	};
	uint32_t mtu = cut_to(f, a, p, on.out);
	uint8_t ttl = packet_ttl(p);
	int r;

	/* A hop that the kernel will take off by itself. */
	if (f->wire.hops_on && o->fate == FATE_FORWARDED && !a->out && ttl < 255)
		packet_set_ttl(p, (uint8_t)(ttl + 1));
	r = mtu ? packet_cut(p, mtu, ++f->fragment_id, f->piece_bytes, sizeof(f->piece_bytes),
			     send_on, &on) : send_on(&on, p);
	if (r)
		f->counts.lost++;
	else
		f->counts.passed++;
}

static void carry_out(struct filter *f, const struct arrival *a, struct packet *p,
		      const struct outcome *o)
{
	switch (o->fate) {
	case FATE_DELIVERED:
	case FATE_FORWARDED:
	case FATE_SENT:
		let_pass(f, a, p, o);
		return;
	case FATE_UNKNOWN:
		if (!f->counts.unknown++)
			snprintf(f->why, sizeof(f->why), "%s", o->why ? o->why : "");
		break;
	case FATE_REJECTED:
		f->counts.rejected++;
		break;
	case FATE_DROPPED:
	case FATE_STOLEN:
	case FATE_QUEUED:
		f->counts.dropped++;
		break;
	case FATE_HELD:
		break;
	}
	refuse(f, a, o);
	if (f->wire.drop)
		f->wire.drop(f->wire.context, a);
}

/*
 * A capture says nothing of devices: the one by which the sender is reached, and none for what comes
 * from an address of the host.
 */
static const char *device_of(const struct filter *f, const struct packet *p)
{
	struct route_answer route;
	union inet_addr source = { 0 };

	memcpy(&source, packet_saddr(p), addr_len(p->family));
	if (f->host.known && host_route(&f->host, (enum family)p->family, &source, &route) &&
	    route.device)
		return route.type == RTN_LOCAL ? "" : route.device->name;
	return "?";
}

static void fill_meta(struct filter *f, struct meta *meta, const struct arrival *a,
		      const struct packet *p)
{
	const char *in = a->in ? a->in : device_of(f, p);

	meta->known = KNOWN_IN | KNOWN_MARK | (a->has_pkttype ? KNOWN_PKTTYPE : 0);
	meta->mark = a->mark;
	meta->pkttype = a->pkttype;
	snprintf(meta->in, sizeof(meta->in), "%s", in);
	if (f->host.known && host_device(&f->host, in))
		meta->in_group = host_device(&f->host, in)->group;
	if (!a->out)
		return;
	meta->known |= KNOWN_OUT;
	snprintf(meta->out, sizeof(meta->out), "%s", a->out);
	if (!f->wire.bridged)
		return;
	meta->known |= KNOWN_BRIDGE;
	memcpy(meta->bridge_in, meta->in, sizeof(meta->bridge_in));
	memcpy(meta->bridge_out, meta->out, sizeof(meta->bridge_out));
}

/* The engine's clock only goes forward; a capture's need not. */
static void set_time(struct filter *f, const struct arrival *a)
{
	struct world *world = engine_world(f->engine);
	uint64_t ns = f->live ? filter_clock() : a->ns;

	if (ns > f->now)
		f->now = ns;
	world->time_known = true;
	world->wall = f->live ? time(NULL) : (int64_t)(a->ns / SECOND);
}

static void judge(struct filter *f, const struct arrival *a)
{
	struct packet p;
	struct outcome o;
	struct input input = { .packet = &p, .bridged = f->wire.bridged };

	input.flaw = packet_parse(&p, a->bytes, a->captured, a->room);
	if (input.flaw == PACKET_GOOD) {
		keep_before(f, &p);
		fill_meta(f, &input.meta, a, &p);
		/* The kernel has taken the hop off that the engine will take off. */
		if (f->wire.hops_on && a->out && *a->out && *a->in && packet_ttl(&p) < 255)
			packet_set_ttl(&p, (uint8_t)(packet_ttl(&p) + 1));
	} else {
		f->before.family = 0;
	}
	set_time(f, a);
	input.now = f->now;
	engine_run(f->engine, &input, &o);
	f->counted = true;
	carry_out(f, a, &p, &o);
}

/* ------------------------------------------------------------------ the loop */

static int one_packet(struct filter *f, struct err *err)
{
	struct arrival a;
	int r = f->wire.next(f->wire.context, &a, err);

	if (r <= 0)
		return r;
	follow_changes(f);
	filter_follow_host(f, f->has_waited);
	f->has_waited = false;
	if (a.bytes) {
		judge(f, &a);
		return 1;
	}
	f->wire.pass(f->wire.context, &a, NULL, "", 0);
	f->counts.other++;
	return 1;
}

/* A signal between the look at `stop` and the wait would go unheard: it may come in ppoll() only. */
static int wait_for_packets(struct filter *f)
{
	const struct timespec second = { .tv_sec = 1 };
	sigset_t all, before;
	int r = -1;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (!atomic_load(f->stop) && !atomic_load(f->again))
		r = ppoll(f->wire.fds, f->wire.fd_count, f->counted ? &second : NULL, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void pause_until_something(struct filter *f)
{
	f->has_waited = true;
	if (wait_for_packets(f) < 0) {
		if (atomic_load(f->again))
			filter_follow_host(f, true);
		return;
	}
	/* A device that is down says so all the time. */
	for (size_t i = 0; i < f->wire.fd_count; i++)
		if (f->wire.fds[i].revents & (POLLERR | POLLHUP)) {
			nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
			return;
		}
}

static int drain(struct filter *f, struct err *err)
{
	uint64_t end = filter_clock() + SECOND;
	int r = 1;

	while (r == 1 && filter_clock() < end)
		r = one_packet(f, err);
	return r == -ENODATA ? 0 : r < 0 ? r : 0;
}

int filter_run(struct filter *f, struct err *err)
{
	struct err late = ERR_INIT;
	int r = 0, written;

	while (!atomic_load(f->stop) && r >= 0) {
		r = one_packet(f, err);
		if (r == 0)
			pause_until_something(f);
		if (f->counted && filter_clock() - f->written > WRITE_EVERY &&
		    write_back(f, &late) < 0) {
			complain(f, &late);
			late = ERR_INIT;
		}
	}
	if (r >= 0)
		r = drain(f, err);
	if (r == -ENODATA)
		r = 0;
	if (f->wire.missed)
		f->counts.lost += f->wire.missed(f->wire.context);
	written = write_back(f, err);
	return r ? r : written;
}
