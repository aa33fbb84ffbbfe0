/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The extensions of the older dialects (ipchains, ipfwadm): their data, which no kernel ever sees,
 * and how to get at them. Each is declared in a file of its own in match/ or target/.
 */
#ifndef POSTERN_EXT_OLD_H
#define POSTERN_EXT_OLD_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "ext/ext.h"

enum old_use {
	/* tests */
	OLD_PORTS, OLD_SYN, OLD_DEVICE,
	OLD_PORT_LIST, OLD_FLAGS, OLD_BOTH, OLD_DIRECTION, OLD_ADDRESS, OLD_MARKED, OLD_LOCAL,
	/* side effects: matches that say yes, behind the tests */
	OLD_TOS, OLD_MARK, OLD_LOG, OLD_COPY,
	/* targets */
	OLD_MASQ, OLD_REDIRECT, OLD_REJECT, OLD_FORWARD,
	OLD_COUNT
};

/* Ports of TCP and UDP; type and code of ICMP, where 0:65535 is any. */
struct old_ports {
	uint16_t src[2], dst[2];
	uint8_t proto;
	uint8_t invert;			/* INVERT_SRC, INVERT_DST */
};

enum { OLD_PORTS_MOST = 10 };

/* Of ipfwadm: the sources, then the destinations; of a range its two ends come first. */
struct old_port_list {
	uint16_t ports[OLD_PORTS_MOST];	/* or types of ICMP, among the sources */
	uint8_t sources, destinations;
	uint8_t source_range, destination_range;	/* bool */
	uint8_t proto;
	uint8_t unused;
};

/* Of TCP packets alone; others pass. */
struct old_flags {
	uint8_t ack;			/* ACK set */
	uint8_t syn;			/* SYN set, ACK clear */
};

struct old_direction {
	uint8_t out;			/* leaving, else arriving */
};

/* The address of a device, and the device that had it when the rule was made. */
struct old_address {
	be32 addr;
	char device[IFNAMSIZ];
};

struct old_syn {
	uint8_t inverted;
};

/* The device of the chain that is being walked: in a user chain only the hook tells which. */
struct old_device {
	char name[IFNAMSIZ];		/* a final '+' stands for any rest */
	uint8_t inverted;
};

struct old_tos {
	uint8_t and, xor;		/* new = (old & and) ^ xor */
};

enum old_mark_mode { OLD_MARK_SET, OLD_MARK_ADD, OLD_MARK_SUBTRACT };

struct old_mark {
	uint32_t value;
	uint8_t mode;			/* enum old_mark_mode */
};

/* Of port forwards: TCP or UDP for an address of this host, with this mark. */
struct old_marked {
	uint32_t mark;
};

struct old_copy {
	uint16_t size;			/* most bytes of the packet */
};

struct old_redirect {
	uint16_t port;			/* host order; 0: the packet's own destination port */
};

/*
 * A port forward. Those with the same key share their flows: this one has `share` of each `sum` that
 * those in front of it left; with both 0 it takes all.
 */
struct old_forward {
	be32 addr;
	uint16_t port;			/* host order; 0: the packet's own */
	uint16_t unused;
	uint32_t share, sum;		/* equal: the last of its key, takes what comes */
};

/*
 * Notes that a rule leaves in the packet's priority for the end of the hook, where nothing has
 * looked at it yet: upper half NOTE_REDIRECT with the port below, or NOTE_REJECT.
 */
enum old_note { NOTE_REDIRECT = 0x7052, NOTE_REJECT = 0x70727201 };
/*
 * Bits of the connection label that masqueraded flows carry, flows of port forwards, and those that
 * output of ipchains has seen: it is too late to masquerade them.
 */
enum { OLD_LABEL = 126, OLD_LABEL_FORWARD = 127, OLD_LABEL_OUTPUT = 125 };
/* Netlink groups that log lines and copies of packets go to. */
enum { OLD_LOG_GROUP = 220, OLD_COPY_GROUP = 221 };

/* Codes of ICMP's destination unreachable (RFC 792) that REJECT answers with. */
enum { OLD_HOST_UNREACH = 1, OLD_PORT_UNREACH = 3 };

const struct ext *old_ext(enum old_use which);
/* The use of a rule's matches (or its target), or NULL. */
const struct use *old_find(const struct rule *rule, enum old_use which);

/* What a use tests, as asks; how many there are (of syn one, of ports up to two). */
size_t old_ports_asks(const struct old_ports *ports, struct ask asks[2]);
void old_syn_ask(const struct old_syn *syn, struct ask *ask);

/* Whether the device of the hook is that: of a packet that arrives the one it came by. */
enum answer old_device_answer(struct eval *e, const char *name);
/* Whether the packet is for an address of this host. */
enum answer old_local_answer(struct eval *e);
/* Whether a name with a final '+' fits a device. */
bool old_device_fits(const char *name, const char *device);

#endif
