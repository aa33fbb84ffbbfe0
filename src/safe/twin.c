// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Services of both families, and strangers who call them. Closed is what no stranger reaches any
 * more; a rule about one host alone closes nothing. What the engine cannot know counts as no news.
 */
#include "safe/twin.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/wrap.h"
#include "dialect/iptables.h"
#include "ext/ext.h"
#include "safe/probe.h"
#include "safe/sockets.h"

enum {
	TCP_SYN = 0x02,
	SERVICES_MOST = 64,
	PORTS_MOST = 15,		/* of -m multiport */
	STRANGER_PORT = 52345,
	EPHEMERAL_FIRST = 32768,	/* net.ipv4.ip_local_port_range: of clients */
};

/* From all over; addresses that are in use somewhere, since bogons are often dropped first. */
static const char *const strangers4[] = {
	"5.45.97.3", "23.92.17.6", "77.12.200.9", "103.77.4.8", "185.199.6.5", "198.41.222.6",
};
static const char *const strangers6[] = {
	"2001:4860:7:3::9", "2600:1700:55::3", "2a02:2f00:8:1::7", "2405:200:1::5",
};

struct service {
	uint8_t proto;
	uint16_t port;
	bool v4, v6;			/* a socket hears it */
	union inet_addr own4, own6;	/* that it is bound to; zero: any */
	bool open;			/* closed in IPv4, open in IPv6 */
};

struct twin {
	const struct scenery *scenery;
	struct service services[SERVICES_MOST];
	size_t count;
};

/* ------------------------------------------------------------------ services */

static bool is_link_local(const union inet_addr *addr)
{
	return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

static bool is_loopback(const struct inet_socket *s)
{
	static const union inet_addr one = { .bytes = { [15] = 1 } };

	return s->family == FAMILY_IPV4 ? s->local.bytes[0] == 127
					: !memcmp(&s->local, &one, sizeof(one));
}

static bool is_service(const struct inet_socket *s)
{
	if (s->peer_port || is_loopback(s) ||
	    (s->family == FAMILY_IPV6 && is_link_local(&s->local)))
		return false;
	return s->proto == IPPROTO_TCP ? s->listens : s->port && s->port < EPHEMERAL_FIRST;
}

static struct service *service_of(struct twin *t, uint8_t proto, uint16_t port)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->services[i].proto == proto && t->services[i].port == port)
			return &t->services[i];
	if (t->count == SERVICES_MOST)
		return NULL;
	t->services[t->count] = (struct service){ .proto = proto, .port = port };
	return &t->services[t->count++];
}

static int by_port(const void *a, const void *b)
{
	const struct service *x = a, *y = b;

	return x->port < y->port ? -1 : x->port > y->port;
}

static void find_services(struct twin *t)
{
	AUTO_SOCKETS sockets = { 0 };
	struct err ignored = ERR_INIT;

	if (sockets_read(&sockets, &ignored) < 0)
		return;
	for (size_t i = 0; i < sockets.count; i++) {
		const struct inet_socket *s = &sockets.items[i];
		struct service *service = is_service(s) ? service_of(t, s->proto, s->port) : NULL;
		bool any = bytes_are_zero(&s->local, sizeof(s->local));

		if (!service)
			continue;
		if (s->family == FAMILY_IPV4) {
			service->v4 = true;
			service->own4 = s->local;
			continue;
		}
		service->v6 = true;
		service->own6 = s->local;
		service->v4 |= any && !s->only_v6;
	}
	qsort(t->services, t->count, sizeof(*t->services), by_port);
}

/* ------------------------------------------------------------------ strangers */

/* Whom a stranger calls, and through which device; on the link when there is no way beyond it. */
static bool find_way(const struct twin *t, enum family family, const char *stranger,
		     union inet_addr *from, struct route_answer *route)
{
	if (!addr_parse(family, stranger, from))
		return false;
	if (host_route(&t->scenery->host, family, from, route) && route->device &&
	    !route->device->loopback && !bytes_are_zero(&route->source, sizeof(route->source)))
		return family == FAMILY_IPV4 || !is_link_local(&route->source);
	for (const struct device_addr *a = t->scenery->host.addrs; a; a = a->next) {
		if (a->family != family || a->device->loopback || !a->device->up ||
		    (family == FAMILY_IPV6 && is_link_local(&a->addr)))
			continue;
		*from = a->addr;
		from->bytes[addr_len(family) - 1] ^= 0x55;
		*route = (struct route_answer){ .device = a->device, .source = a->addr };
		return true;
	}
	return false;
}

/* How a stranger fares: 1 is let in, 0 is not, -1 not known. */
static int calls(const struct twin *t, struct engine *engine, const struct service *service,
		 enum family family, const char *stranger)
{
	const union inet_addr *own = family == FAMILY_IPV4 ? &service->own4 : &service->own6;
	struct packet_spec spec = {
		.family = family, .proto = service->proto, .sport = STRANGER_PORT,
		.dport = service->port, .tcp_flags = TCP_SYN,
	};
	struct err ignored = ERR_INIT;
	struct route_answer route;
	uint8_t bytes[128];
	struct packet packet = { 0 };
	struct input input = { .packet = &packet, .now = 1000000 };
	struct outcome o = { 0 };
	const uint8_t *ports;

	if (!find_way(t, family, stranger, &spec.saddr, &route) ||
	    engine_forget(engine, &ignored) < 0)
		return -1;
	spec.daddr = bytes_are_zero(own, sizeof(*own)) ? route.source : *own;
	packet_build(&packet, &spec, bytes, sizeof(bytes));
	input.meta = (struct meta){
		.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY | KNOWN_OWNER,
		.in_group = route.device->group,
	};
	memcpy(input.meta.in, route.device->name, sizeof(input.meta.in));
	engine_run(engine, &input, &o);
	if (o.fate == FATE_UNKNOWN || o.fate == FATE_QUEUED || o.fate == FATE_STOLEN)
		return -1;
	ports = packet_transport(&packet, 4);
	return o.fate == FATE_DELIVERED && ports &&
	       packet_be16(ports + 2) == htons(service->port);
}

static bool some_get_in(const struct twin *t, struct engine *engine, const struct service *s,
			enum family family)
{
	const char *const *who = family == FAMILY_IPV4 ? strangers4 : strangers6;
	size_t n = family == FAMILY_IPV4 ? ARRAY_SIZE(strangers4) : ARRAY_SIZE(strangers6);

	for (size_t i = 0; i < n; i++)
		if (calls(t, engine, s, family, who[i]) == 1)
			return true;
	return false;
}

static bool all_are_kept_out(const struct twin *t, struct engine *engine,
			     const struct service *s, enum family family)
{
	const char *const *who = family == FAMILY_IPV4 ? strangers4 : strangers6;
	size_t n = family == FAMILY_IPV4 ? ARRAY_SIZE(strangers4) : ARRAY_SIZE(strangers6);

	for (size_t i = 0; i < n; i++)
		if (calls(t, engine, s, family, who[i]) != 0)
			return false;
	return true;
}

/* ------------------------------------------------------------------ telling */

static size_t put_ports(struct sink *sink, const struct twin *t, uint8_t proto, const char *comma)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count && n < PORTS_MOST; i++)
		if (t->services[i].open && t->services[i].proto == proto)
			sink_printf(sink, "%s%u", n++ ? comma : "", t->services[i].port);
	return n;
}

static bool closes(const struct twin *t, const struct ruleset *rules, uint8_t proto)
{
	AUTO_ENGINE *engine = NULL;
	struct err ignored = ERR_INIT;

	if (probe_engine(&engine, rules, t->scenery, &ignored) < 0)
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (t->services[i].open && t->services[i].proto == proto &&
		    !all_are_kept_out(t, engine, &t->services[i], FAMILY_IPV6))
			return false;
	return true;
}

/* -A where that is enough, else in front of all other rules; nothing where that is no help. */
static void put_command(struct sink *sink, const struct twin *t, struct ruleset *rules,
			uint8_t proto)
{
	AUTO_SINK ports = SINK_MEMORY;
	const char *name = proto == IPPROTO_TCP ? "tcp" : "udp";
	size_t n = put_ports(&ports, t, proto, ",");
	const char *items[] = { "-A", "INPUT", "-p", name, n > 1 ? "--dports" : "--dport",
				sink_text(&ports), "-j", "DROP" };
	const char *many[] = { "-A", "INPUT", "-p", name, "-m", "multiport", "--dports",
			       sink_text(&ports), "-j", "DROP" };
	struct words words = { .items = n > 1 ? many : items, .program = "ip6tables",
			       .count = n > 1 ? ARRAY_SIZE(many) : ARRAY_SIZE(items) };
	struct iptables_options options = { 0 };
	struct command c = { 0 };
	struct err ignored = ERR_INIT;
	struct table *table = ruleset_add_table(rules, FAMILY_IPV6, "filter");
	struct chain *input;

	table_add_builtin(table, "INPUT");
	input = table_chain(table, "INPUT");
	if (!n || !input ||
	    iptables_parse(&rules->arena, FAMILY_IPV6, &words, &options, &c, &ignored) < 0)
		return;
	for (int head = 0; head < 2; head++) {
		struct rule *rule = rule_copy(&rules->arena, c.rules[0]);
		bool helps;

		chain_insert(input, rule, head ? input->first : NULL);
		helps = closes(t, rules, proto);
		/* What is only tried must not be judged with the change. */
		chain_remove(input, rule);
		if (!helps)
			continue;
		sink_printf(sink, "    ip6tables %s INPUT -p %s %s %s -j DROP\n",
			    head ? "-I" : "-A", name, n > 1 ? "-m multiport --dports" : "--dport",
			    sink_text(&ports));
		return;
	}
}

static void tell(struct sink *sink, const struct twin *t, struct ruleset *rules)
{
	static const struct { uint8_t proto; const char *name; } protos[] = {
		{ IPPROTO_TCP, "tcp" }, { IPPROTO_UDP, "udp" },
	};
	AUTO_SINK said = SINK_MEMORY, commands = SINK_MEMORY;

	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		AUTO_SINK ports = SINK_MEMORY;

		if (!put_ports(&ports, t, protos[i].proto, ", "))
			continue;
		sink_printf(&said, "%s%s port %s", said.len ? " and " : "", protos[i].name,
			    sink_text(&ports));
		put_command(&commands, t, rules, protos[i].proto);
	}
	if (!said.len)
		return;
	sink_wrap(sink, 0, 2, WRAP_WIDTH,
		  arena_printf(&rules->arena, "postern: closed in IPv4 now, and still open to "
			       "everybody in IPv6: %s%s", sink_text(&said),
			       commands.len ? "; there, too:" : ""));
	sink_str(sink, sink_text(&commands));
}

void twin_look(struct sink *sink, struct ruleset *before, struct ruleset *after,
	       const struct scenery *scenery)
{
	AUTO_ENGINE *was = NULL, *now = NULL;
	struct twin t = { .scenery = scenery };
	struct err ignored = ERR_INIT;

	find_services(&t);
	for (size_t i = 0; i < t.count; i++) {
		struct service *s = &t.services[i];

		if (!s->v4 || !s->v6)
			continue;
		if (!was && (probe_engine(&was, before, scenery, &ignored) < 0 ||
			     probe_engine(&now, after, scenery, &ignored) < 0))
			return;
		s->open = all_are_kept_out(&t, now, s, FAMILY_IPV4) &&
			  some_get_in(&t, was, s, FAMILY_IPV4) &&
			  some_get_in(&t, now, s, FAMILY_IPV6);
	}
	engine_close(&was);
	engine_close(&now);
	tell(sink, &t, after);
}
