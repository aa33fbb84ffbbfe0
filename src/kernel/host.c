// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices, addresses, routes and neighbours of the current network namespace, over rtnetlink. Dumps
 * and two settings, and the groups that tell of changes; nothing here needs privileges.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/host.h"
#include "kernel/nl.h"

static struct device *device_of(const struct host *host, uint32_t index)
{
	struct device *d = host->devices;

	while (d && d->index != index)
		d = d->next;
	return d;
}

/* Numbers of rtnetlink are in host order. */
static bool host_u32(const struct nlattr *attr, uint32_t *value)
{
	if (!attr || attr_len(attr) < sizeof(*value))
		return false;
	memcpy(value, attr_data(attr), sizeof(*value));
	return true;
}

static bool attr_addr(const struct nlattr *attr, enum family family, union inet_addr *addr)
{
	if (!attr || attr_len(attr) < addr_len(family))
		return false;
	memcpy(addr->bytes, attr_data(attr), addr_len(family));
	return true;
}

static bool attr_mac(const struct nlattr *attr, uint8_t mac[6])
{
	if (!attr || attr_len(attr) != 6)
		return false;
	memcpy(mac, attr_data(attr), 6);
	return true;
}

static int each_link(const struct nlmsghdr *h, void *context)
{
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *table[IFLA_MAX + 1];
	struct host *host = context;
	const char *name;
	struct device *d;

	if (h->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(h) < sizeof(*m))
		return MNL_CB_OK;
	attr_table(attr_behind(h, sizeof(*m)), table, IFLA_MAX);
	name = attr_str(table[IFLA_IFNAME]);
	if (!name || strlen(name) >= IFNAMSIZ)
		return MNL_CB_OK;
	d = host_add_device(host, name);
	d->index = (uint32_t)m->ifi_index;
	d->up = m->ifi_flags & IFF_UP;
	d->loopback = m->ifi_flags & IFF_LOOPBACK;
	d->noarp = m->ifi_flags & (IFF_NOARP | IFF_POINTOPOINT);
	d->ether = m->ifi_type == ARPHRD_ETHER;
	if (d->ether)
		attr_mac(table[IFLA_ADDRESS], d->mac);
	host_u32(table[IFLA_GROUP], &d->group);
	host_u32(table[IFLA_MTU], &d->mtu);
	/* Its name is found when all are there. */
	host_u32(table[IFLA_MASTER], &d->master_index);
	return MNL_CB_OK;
}

static void name_masters(struct host *host)
{
	for (struct device *d = host->devices; d; d = d->next) {
		const struct device *master = d->master_index ? device_of(host, d->master_index) :
								NULL;

		if (master)
			memcpy(d->master, master->name, sizeof(d->master));
	}
}

static int each_addr(const struct nlmsghdr *h, void *context)
{
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *table[IFA_MAX + 1];
	struct host *host = context;
	union inet_addr addr = { 0 };
	struct device_addr *a;
	struct device *d;

	if (h->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    (m->ifa_family != FAMILY_IPV4 && m->ifa_family != FAMILY_IPV6))
		return MNL_CB_OK;
	attr_table(attr_behind(h, sizeof(*m)), table, IFA_MAX);
	d = device_of(host, m->ifa_index);
	/* On a point-to-point link IFA_ADDRESS is the other end. */
	if (!d || (!attr_addr(table[IFA_LOCAL], m->ifa_family, &addr) &&
		   !attr_addr(table[IFA_ADDRESS], m->ifa_family, &addr)))
		return MNL_CB_OK;
	a = host_add_addr(host, d, m->ifa_family, &addr, m->ifa_prefixlen);
	a->secondary = m->ifa_flags & IFA_F_SECONDARY;
	attr_addr(table[IFA_BROADCAST], m->ifa_family, &a->broadcast);
	return MNL_CB_OK;
}

/* The first of several next hops stands for all: which is taken depends on a hash of the flow. */
static uint32_t first_hop(const struct nlattr *hops, enum family family, union inet_addr *gateway)
{
	struct rtnexthop hop;
	const struct nlattr *table[RTA_MAX + 1];
	struct attrs in;

	if (!hops || attr_len(hops) < sizeof(hop))
		return 0;
	memcpy(&hop, attr_data(hops), sizeof(hop));
	if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > attr_len(hops))
		return 0;
	in = (struct attrs){ (const uint8_t *)attr_data(hops) + sizeof(hop),
			     hop.rtnh_len - sizeof(hop) };
	attr_table(in, table, RTA_MAX);
	attr_addr(table[RTA_GATEWAY], family, gateway);
	return (uint32_t)hop.rtnh_ifindex;
}

static int each_route(const struct nlmsghdr *h, void *context)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *table[RTA_MAX + 1];
	struct host *host = context;
	union inet_addr dst = { 0 };
	uint32_t index = 0;
	struct route *r;

	if (h->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    (m->rtm_family != FAMILY_IPV4 && m->rtm_family != FAMILY_IPV6) ||
	    m->rtm_flags & RTM_F_CLONED || m->rtm_dst_len > addr_len(m->rtm_family) * 8)
		return MNL_CB_OK;
	attr_table(attr_behind(h, sizeof(*m)), table, RTA_MAX);
	attr_addr(table[RTA_DST], m->rtm_family, &dst);
	r = host_add_route(host, m->rtm_family, &dst, m->rtm_dst_len);
	r->type = m->rtm_type;
	r->table = m->rtm_table;
	r->derived = m->rtm_protocol == RTPROT_KERNEL;
	host_u32(table[RTA_TABLE], &r->table);
	host_u32(table[RTA_PRIORITY], &r->metric);
	host_u32(table[RTA_FLOW], &r->realm);
	attr_addr(table[RTA_GATEWAY], m->rtm_family, &r->gateway);
	attr_addr(table[RTA_PREFSRC], m->rtm_family, &r->source);
	r->several = table[RTA_MULTIPATH] != NULL;
	if (!host_u32(table[RTA_OIF], &index))
		index = first_hop(table[RTA_MULTIPATH], m->rtm_family, &r->gateway);
	r->device = index ? device_of(host, index) : NULL;
	return MNL_CB_OK;
}

/* Those that packets are sent to without asking again, or while it is asked. */
static int each_neighbour(const struct nlmsghdr *h, void *context)
{
	enum { VALID = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT };
	const struct ndmsg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *table[NDA_MAX + 1];
	struct host *host = context;
	union inet_addr addr = { 0 };
	const struct device *d;
	uint8_t mac[6];

	if (h->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    (m->ndm_family != FAMILY_IPV4 && m->ndm_family != FAMILY_IPV6) ||
	    !(m->ndm_state & VALID))
		return MNL_CB_OK;
	attr_table(attr_behind(h, sizeof(*m)), table, NDA_MAX);
	d = device_of(host, (uint32_t)m->ndm_ifindex);
	if (d && d->ether && attr_addr(table[NDA_DST], m->ndm_family, &addr) &&
	    attr_mac(table[NDA_LLADDR], mac))
		host_add_neighbour(host, d, m->ndm_family, &addr, mac);
	return MNL_CB_OK;
}

/* One dump. -EINTR: something changed meanwhile (NLM_F_DUMP_INTR). */
static int dump(struct mnl_socket *nl, uint16_t type, size_t header, mnl_cb_t each,
		struct host *host)
{
	char buf[65536] __attribute__((aligned(8)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	ssize_t n;
	int r = MNL_CB_OK;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	/* Zero means "all" in each of them. */
	mnl_nlmsg_put_extra_header(h, header);
	if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buf, (size_t)n, 0, mnl_socket_get_portid(nl), each, host);
		if (r < 0)
			return -errno;
	}
	return 0;
}

static bool setting_is_on(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = '0';

	if (fd < 0)
		return false;
	if (read(fd, &c, 1) != 1)
		c = '0';
	close(fd);
	return c != '0';
}

/* A socket of its own: what is left of a dump that was broken off must not come in the next one. */
static int open_route(struct mnl_socket **nl)
{
	*nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	return *nl && mnl_socket_bind(*nl, 0, MNL_SOCKET_AUTOPID) >= 0 ? 0 : -errno;
}

static int read_once(struct host *host)
{
	struct mnl_socket *nl;
	int r = open_route(&nl);

	if (!r)
		r = dump(nl, RTM_GETLINK, sizeof(struct ifinfomsg), each_link, host);
	name_masters(host);
	if (!r)
		r = dump(nl, RTM_GETADDR, sizeof(struct ifaddrmsg), each_addr, host);
	if (!r)
		r = dump(nl, RTM_GETROUTE, sizeof(struct rtmsg), each_route, host);
	if (nl)
		mnl_socket_close(nl);
	return r;
}

int kernel_read_neighbours(struct host *host, struct err *err)
{
	struct mnl_socket *nl;
	int r = open_route(&nl);

	/* What changes meanwhile is old or new; there is nothing that it has to agree with. */
	if (!r)
		r = dump(nl, RTM_GETNEIGH, sizeof(struct ndmsg), each_neighbour, host);
	if (nl)
		mnl_socket_close(nl);
	if (r >= 0 || r == -EINTR)
		return 0;
	return err_errno(err, ERR_RESOURCE, -r, "cannot read the neighbours of this machine: %s",
			 strerror(-r));
}

int kernel_read_host(struct host *host, struct err *err)
{
	enum { TRIES = 20 };
	struct host made = HOST_INIT;
	int r = -EINTR;

	for (int n = 0; n < TRIES && r == -EINTR; n++) {
		host_free(&made);
		r = read_once(&made);
	}
	if (r < 0) {
		host_free(&made);
		return err_errno(err, ERR_RESOURCE, -r,
				 "cannot read devices and routes of this machine: %s",
				 strerror(-r));
	}
	made.forwards4 = setting_is_on("/proc/sys/net/ipv4/ip_forward");
	made.forwards6 = setting_is_on("/proc/sys/net/ipv6/conf/all/forwarding");
	host_free(host);
	*host = made;
	return 0;
}

/* ------------------------------------------------------------------ changes */

int kernel_watch_host(struct err *err)
{
	/* The last two tell of forwarding (inet_netconf_notify_devconf). */
	static const int groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
		RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int r = fd < 0 ? -errno : 0;

	/* One without a name would count as the kernel's own, and hear nothing (do_one_broadcast). */
	if (!r && bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
		r = -errno;
	for (size_t i = 0; !r && i < sizeof(groups) / sizeof(*groups); i++)
		if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i],
			       sizeof(groups[i])) < 0)
			r = -errno;
	if (!r)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_errno(err, ERR_RESOURCE, -r, "cannot hear of changes of devices and routes: %s",
			 strerror(-r));
}

bool kernel_host_changed(int fd)
{
	bool changed = false;
	char byte;

	/* ENOBUFS: more has changed than there was room to tell. */
	while (recv(fd, &byte, 1, 0) >= 0 || errno == ENOBUFS)
		changed = true;
	return changed;
}
