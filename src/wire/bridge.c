// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two Ethernet devices as one wire: what comes by one leaves by the other. Packet sockets with a ring
 * each (packet(7), Documentation/networking/packet_mmap.rst, TPACKET_V2), in promiscuous mode.
 *
 * Offloads: PACKET_VNET_HDR tells of segments that are still to be cut (GSO, GRO) and of checksums
 * that are still to be made, and takes the same when they are sent on. Rules see checksums made
 * good; what is to be cut gets back the partial one that the kernel wants to begin with.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "wire/wire.h"

enum {
	/* A frame holds the longest GSO packet of the usual devices; 64 of them wait a port. */
	FRAME_SIZE = 1 << 17, FRAMES = 64, BLOCK_SIZE = FRAME_SIZE, RING_SIZE = FRAME_SIZE * FRAMES,
	VLAN_LEN = 4, MACS_LEN = 12,
};

struct port {
	int fd;
	char name[IFNAMSIZ];
	uint8_t *ring;
	size_t at;		/* next frame of the ring */
	struct tpacket2_hdr *held;	/* frame that was handed out, still ours */
	uint64_t missed;		/* frames that were not whole */
};

struct bridge {
	struct port ports[2];
	unsigned turn;
	/* Of the frame that is out: */
	struct virtio_net_hdr vnet;
	uint8_t tag[VLAN_LEN];
	bool tagged;
	uint8_t *frame;
	size_t len;		/* link header and packet */
	uint8_t partial[2];	/* the checksum as it came, when the kernel is to finish it */
	uint8_t *partial_at;
};

static void release(struct port *port)
{
	if (port->held)
		__atomic_store_n(&port->held->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	port->held = NULL;
}

/* Where IP begins, behind up to two further VLAN tags; 0: it is something else. */
static size_t network_at(const uint8_t *frame, size_t len)
{
	size_t at = MACS_LEN;

	for (unsigned tags = 0; at + 2 <= len; tags++, at += VLAN_LEN) {
		unsigned type = (unsigned)frame[at] << 8 | frame[at + 1];

		if (type == ETH_P_IP || type == ETH_P_IPV6)
			return at + 2;
		if ((type != ETH_P_8021Q && type != ETH_P_8021AD) || tags == 2)
			return 0;
	}
	return 0;
}

/* Makes a checksum that the sender left to its device: virtio_net.h, NEEDS_CSUM. */
static void make_checksum(struct bridge *b)
{
	size_t start = b->vnet.csum_start, at = start + b->vnet.csum_offset;
	be16 sum;

	b->partial_at = NULL;
	if (!(b->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || at + 2 > b->len || start >= b->len)
		return;
	b->partial_at = b->frame + at;
	memcpy(b->partial, b->partial_at, 2);
	sum = checksum_finish(checksum_add(0, b->frame + start, b->len - start));
	/* 0 would mean "none" to UDP (RFC 768). */
	if (!sum && b->vnet.csum_offset == 6)
		sum = 0xffff;
	memcpy(b->partial_at, &sum, 2);
}

/* A frame that is not whole, or too long for its slot, is not let through in parts. */
static bool take_frame(struct bridge *b, struct port *port)
{
	struct tpacket2_hdr *h = (void *)(port->ring + port->at * FRAME_SIZE);

	if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	port->at = (port->at + 1) % FRAMES;
	port->held = h;
	b->frame = (uint8_t *)h + h->tp_mac;
	b->len = h->tp_snaplen;
	memcpy(&b->vnet, b->frame - sizeof(b->vnet), sizeof(b->vnet));
	b->tagged = h->tp_status & TP_STATUS_VLAN_VALID;
	if (b->tagged) {
		uint16_t type = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->tp_vlan_tpid :
									   ETH_P_8021Q;

		memcpy(b->tag, (const uint8_t[]){ (uint8_t)(type >> 8), (uint8_t)type,
			       (uint8_t)(h->tp_vlan_tci >> 8), (uint8_t)h->tp_vlan_tci }, VLAN_LEN);
	}
	return true;
}

static void describe(struct bridge *b, unsigned n, struct arrival *arrival)
{
	struct port *port = &b->ports[n];
	const struct sockaddr_ll *from = (const void *)((uint8_t *)port->held +
							TPACKET_ALIGN(sizeof(struct tpacket2_hdr)));
	size_t at = network_at(b->frame, b->len);

	*arrival = (struct arrival){
		.in = port->name, .out = b->ports[!n].name, .port = n,
		.pkttype = from->sll_pkttype, .has_pkttype = true,
		.link = b->frame, .link_len = (uint16_t)(at ? at : MACS_LEN + 2),
	};
	/* What is for others is what a bridge is for. */
	if (arrival->pkttype == PACKET_OTHERHOST)
		arrival->pkttype = PACKET_HOST;
	if (!at)
		return;
	make_checksum(b);
	arrival->bytes = b->frame + at;
	arrival->captured = arrival->room = b->len - at;
}

/*
 * Nothing has come. The error of a socket whose device went down stays until somebody asks
 * (packet_notifier); one that comes up again goes on.
 */
static int look_for_trouble(const struct bridge *b, struct err *err)
{
	for (unsigned n = 0; n < 2; n++) {
		const struct port *port = &b->ports[n];
		socklen_t len = sizeof(int);
		int trouble = 0;

		getsockopt(port->fd, SOL_SOCKET, SO_ERROR, &trouble, &len);
		if (trouble && !if_nametoindex(port->name))
			return err_errno(err, ERR_RESOURCE, ENODEV, "%s was deleted", port->name);
	}
	return 0;
}

static int next(void *context, struct arrival *arrival, struct err *err)
{
	struct bridge *b = context;

	release(&b->ports[0]);
	release(&b->ports[1]);
	for (unsigned tried = 0; tried < 2; tried++) {
		unsigned n = b->turn;
		struct port *port = &b->ports[n];

		b->turn = !n;
		while (take_frame(b, port)) {
			bool whole = b->len == port->held->tp_len && b->len >= MACS_LEN + 2;

			if (whole) {
				describe(b, n, arrival);
				return 1;
			}
			port->missed++;
			release(port);
		}
	}
	return look_for_trouble(b, err);
}

/* What the ring had no room for: packet(7), PACKET_STATISTICS; reading it begins anew. */
static uint64_t missed(void *context)
{
	struct bridge *b = context;
	uint64_t sum = 0;

	for (unsigned n = 0; n < 2; n++) {
		struct port *port = &b->ports[n];
		struct tpacket_stats stats = { 0 };
		socklen_t len = sizeof(stats);

		getsockopt(port->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
		sum += port->missed + stats.tp_drops;
		port->missed = 0;
	}
	return sum;
}

/* Frame header, then `packet` behind it (NULL: the frame as it is). */
static int put(struct bridge *b, unsigned port, const struct arrival *a,
	       const struct packet *packet, struct virtio_net_hdr *vnet)
{
	uint8_t *head = b->frame;
	size_t head_len = packet ? a->link_len : b->len, skip = b->tagged ? VLAN_LEN : 0;
	struct iovec parts[] = {
		{ vnet, sizeof(*vnet) }, { head, MACS_LEN }, { b->tag, skip },
		{ head + MACS_LEN, head_len - MACS_LEN },
		{ packet ? packet->bytes : NULL, packet ? packet->len : 0 },
	};

	if (vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		vnet->csum_start = (uint16_t)(vnet->csum_start + skip);
	vnet->hdr_len = (uint16_t)(vnet->hdr_len ? vnet->hdr_len + skip : 0);
	return writev(b->ports[port].fd, parts, 5) < 0 ? -errno : 0;
}

static int pass(void *context, const struct arrival *arrival, const struct packet *packet,
		const char *out, uint32_t mark)
{
	struct bridge *b = context;
	struct virtio_net_hdr vnet = b->vnet;

	(void)out, (void)mark;
	vnet.flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (!packet)
		return put(b, !arrival->port, arrival, NULL, &vnet);
	/* A datagram put together from fragments has its checksum, and no segments. */
	if (packet->bytes != arrival->bytes || !b->partial_at ||
	    vnet.gso_type == VIRTIO_NET_HDR_GSO_NONE)
		vnet = (struct virtio_net_hdr){ 0 };
	else
		memcpy(b->partial_at, b->partial, 2);
	return put(b, !arrival->port, arrival, packet, &vnet);
}

/* With the addresses of the link turned round. */
static int answer(void *context, const struct arrival *arrival, const struct packet *packet)
{
	struct bridge *b = context;
	struct virtio_net_hdr vnet = { 0 };
	uint8_t macs[MACS_LEN];

	memcpy(macs, b->frame + 6, 6);
	memcpy(macs + 6, b->frame, 6);
	memcpy(b->frame, macs, MACS_LEN);
	return put(b, arrival->port, arrival, packet, &vnet);
}

/* ------------------------------------------------------------------ opening */

static int port_failed(const struct port *port, const char *what, struct err *err)
{
	return err_errno(err, ERR_RESOURCE, errno, "%s: %s: %s", port->name, what,
			 strerror(errno));
}

static int set(const struct port *port, int option, int value)
{
	return setsockopt(port->fd, SOL_PACKET, option, &value, sizeof(value));
}

static int make_ring(struct port *port, struct err *err)
{
	const struct tpacket_req request = {
		.tp_block_size = BLOCK_SIZE, .tp_block_nr = RING_SIZE / BLOCK_SIZE,
		.tp_frame_size = FRAME_SIZE, .tp_frame_nr = FRAMES,
	};
	void *ring;

	if (set(port, PACKET_VERSION, TPACKET_V2) < 0 || set(port, PACKET_VNET_HDR, 1) < 0 ||
	    set(port, PACKET_IGNORE_OUTGOING, 1) < 0 ||
	    setsockopt(port->fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return port_failed(port, "no ring for packets", err);
	ring = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, port->fd, 0);
	if (ring == MAP_FAILED)
		return port_failed(port, "no memory for packets", err);
	port->ring = ring;
	return 0;
}

static int open_port(struct port *port, const char *name, struct err *err)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	struct packet_mreq promiscuous = {
		.mr_ifindex = at.sll_ifindex, .mr_type = PACKET_MR_PROMISC,
	};
	int r;

	if (!at.sll_ifindex)
		return err_errno(err, ERR_RESOURCE, ENODEV, "there is no device %s", name);
	strncpy(port->name, name, sizeof(port->name) - 1);
	/* Protocol 0: nothing comes before the ring stands. */
	port->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (port->fd < 0)
		return port_failed(port, "cannot open it", err);
	r = make_ring(port, err);
	if (r)
		return r;
	if (setsockopt(port->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
		       sizeof(promiscuous)) < 0 ||
	    bind(port->fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return port_failed(port, "cannot listen", err);
	return 0;
}

static int close_bridge(void *context, struct err *err)
{
	struct bridge *b = context;

	(void)err;
	for (unsigned n = 0; n < 2; n++) {
		if (b->ports[n].ring)
			munmap(b->ports[n].ring, RING_SIZE);
		if (b->ports[n].fd >= 0)
			close(b->ports[n].fd);
	}
	free(b);
	return 0;
}

int wire_open_bridge(struct wire *wire, const char *one, const char *other, struct err *err)
{
	struct bridge *b = mem_alloc(sizeof(*b));
	int r;

	*b = (struct bridge){ .ports = { { .fd = -1 }, { .fd = -1 } } };
	r = open_port(&b->ports[0], one, err);
	if (!r)
		r = open_port(&b->ports[1], other, err);
	if (r) {
		close_bridge(b, err);
		return r;
	}
	*wire = (struct wire){
		.context = b, .bridged = true, .fd_count = 2, .next = next, .pass = pass,
		.answer = answer, .missed = missed, .close = close_bridge,
	};
	for (unsigned n = 0; n < 2; n++)
		wire->fds[n] = (struct pollfd){ .fd = b->ports[n].fd, .events = POLLIN };
	return 0;
}
