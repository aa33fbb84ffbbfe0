// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules that safe/ makes itself: nothing, lifelines only, panic. They use no extension but those
 * that are header tests, so that any kernel that filters at all takes them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "safe/boot.h"

void boot_empty(struct ruleset *rs, const struct ruleset *have)
{
	for (const struct table *t = have->first; t; t = t->next) {
		struct table *mine;

		if (!t->exists)
			continue;
		mine = ruleset_add_table(rs, t->family, t->name);
		mine->exists = true;
		for (const struct chain *c = t->first; c; c = c->next) {
			struct chain *chain;

			if (!c->builtin || !c->exists)
				continue;
			chain = table_chain(mine, c->name);
			if (!chain)
				chain = table_add_chain(mine, c->name);
			chain->exists = true;
			chain->policy = POLICY_ACCEPT;
		}
	}
}

/*
 * Only filter: what other tables do to a lifeline they do already, and a login that is redirected
 * needs them.
 */
static void put_head(struct sink *sink, const char *input, const char *output)
{
	sink_printf(sink, "*filter\n:INPUT %s [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT %s [0:0]\n",
		    input, output);
	sink_str(sink, "-A INPUT -i lo -j ACCEPT\n");
	if (!strcmp(output, "DROP"))
		sink_str(sink, "-A OUTPUT -o lo -j ACCEPT\n");
}

/* IPv6 is dead without neighbour discovery (RFC 4861: types 133 to 136). */
static void put_neighbours(struct sink *sink, const char *chain)
{
	for (int type = 133; type <= 136; type++)
		sink_printf(sink, "-A %s -p ipv6-icmp -m icmp6 --icmpv6-type %d -j ACCEPT\n", chain,
			    type);
}

void boot_lifelines_only(struct sink *sink, enum family family, const char *ports)
{
	bool six = family == FAMILY_IPV6;

	put_head(sink, "DROP", "ACCEPT");
	sink_printf(sink, "-A INPUT -p %s -j ACCEPT\n", six ? "ipv6-icmp" : "icmp");
	sink_printf(sink, "-A INPUT -p udp -m udp --dport %d -j ACCEPT\n", six ? 546 : 68);
	for (const char *p = ports; *p;) {
		const char *end = p;
		uint64_t port;

		if (num_parse_decimal(p, &end, 1, 65535, &port))
			sink_printf(sink, "-A INPUT -p tcp -m tcp --dport %u -j ACCEPT\n",
				    (unsigned)port);
		p = end + strcspn(end, " ");
		p += strspn(p, " ");
	}
	sink_str(sink, "COMMIT\n");
}

static void put_lifeline(struct sink *sink, const struct lifeline *l)
{
	static const union inet_addr zero;
	const char *proto = l->proto == 17 ? "udp" : "tcp";
	bool any = !memcmp(&l->local, &zero, sizeof(zero));

	/* Both ways; a fresh login comes from another port, so that one is not named. */
	for (int out = 0; out < 2; out++) {
		sink_printf(sink, "-A %s", out ? "OUTPUT" : "INPUT");
		if (l->has_peer) {
			sink_str(sink, out ? " -d " : " -s ");
			addr_print(sink, l->family, &l->peer);
		}
		if (!any) {
			sink_str(sink, out ? " -s " : " -d ");
			addr_print(sink, l->family, &l->local);
		}
		sink_printf(sink, " -p %s -m %s --%s %u -j ACCEPT\n", proto, proto,
			    out ? "sport" : "dport", l->port);
	}
}

void boot_panic(struct sink *sink, enum family family, const struct lifelines *lines)
{
	put_head(sink, "DROP", "DROP");
	if (family == FAMILY_IPV6) {
		put_neighbours(sink, "INPUT");
		put_neighbours(sink, "OUTPUT");
	}
	for (const struct lifeline *l = lines->first; l; l = l->next)
		if (l->family == family)
			put_lifeline(sink, l);
	sink_str(sink, "COMMIT\n");
}

/* ------------------------------------------------------------------ who else loads rules */

static bool file_has(const char *path, const char *line)
{
	char buf[512];
	FILE *f = fopen(path, "re");
	bool found = false;

	while (f && !found && fgets(buf, sizeof(buf), f))
		found = !strncmp(buf, line, strlen(line));
	if (f)
		fclose(f);
	return found;
}

void boot_others(struct sink *sink)
{
	static const struct { const char *name, *unit; } units[] = {
		{ "firewalld", "multi-user.target.wants/firewalld.service" },
		{ "netfilter-persistent", "multi-user.target.wants/netfilter-persistent.service" },
		{ "iptables.service", "multi-user.target.wants/iptables.service" },
		{ "ip6tables.service", "multi-user.target.wants/ip6tables.service" },
		{ "nftables", "sysinit.target.wants/nftables.service" },
	};
	struct stat st;
	char path[128];

	if (file_has("/etc/ufw/ufw.conf", "ENABLED=yes"))
		sink_str(sink, "ufw\n");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		snprintf(path, sizeof(path), "/etc/systemd/system/%s", units[i].unit);
		if (!lstat(path, &st))
			sink_printf(sink, "%s\n", units[i].name);
	}
}
