/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet in iptables' own words: "-i eth0 -p tcp -s 203.0.113.9 --dport 25". The words are read
 * as the conditions of a rule, by the same parser and the same declarations; the packet is the
 * simplest one that satisfies them. So every option that names a packet field can be said of a
 * packet, and the matches need not be named (`--mark 3`, `--ctstate ESTABLISHED`).
 */
#ifndef POSTERN_DIALECT_PACKET_H
#define POSTERN_DIALECT_PACKET_H

#include "dialect/iptables.h"
#include "ext/eval.h"
#include "net/host.h"
#include "net/packet.h"

/* What was said; the rest is assumed. */
enum packet_said {
	SAID_SRC = 1, SAID_DST = 2, SAID_PROTO = 4, SAID_SPORT = 8, SAID_DPORT = 16,
	SAID_FLAGS = 32, SAID_ICMP = 64, SAID_IN = 128, SAID_OUT = 256, SAID_STATE = 512,
	SAID_RAW = 1024,
};

struct packet_words {
	unsigned said;			/* enum packet_said */
	struct packet_spec spec;
	struct meta meta;		/* what is known beside the bytes; in == "": made here */
	uint8_t link[14];		/* with --mac-source: an Ethernet header */
	bool has_link;
	const uint8_t *raw;		/* SAID_RAW: the packet as it is; not owned */
	size_t raw_len;
	enum packet_flaw flaw;		/* of these bytes */
	bool captured;			/* from a capture: the end may be missing */
	uint32_t length;		/* --length: of the whole packet; 0: as it comes */
	/* SAID_STATE: what connection tracking is to say, instead of what it would find out. */
	enum conn_state state;
	uint8_t direction;
	struct connection conn;		/* also its mark and status, where they were said */
};

/*
 * Reads the words (without a program's name). Beside iptables' options: --hex BYTES, --payload TEXT
 * (\xHH, \n, \r and \\ inside). Memory is taken from `arena`. -EINVAL with the place of the word
 * for anything that is no property of one packet: a `!`, a range of networks, a target, a match that
 * keeps state.
 */
int packet_words_parse(struct arena *arena, enum family family, const struct words *words,
		       struct packet_words *packet, struct err *err);

/* IPv6 when an address or the protocol shows it, else IPv4. */
enum family packet_words_family(const struct words *words);

/*
 * Fills in what was not said: no -d is this host's address, no -s a stranger's (or this host's, when
 * it was made here), no -p a ping, tcp without flags a SYN, port 40000 to 80. `assumed` gets it in
 * the same words, for people to read ("-d 192.0.2.1 --sport 40000"). `host` may be unknown: then
 * this host is 192.0.2.1 or 2001:db8::1.
 */
void packet_words_assume(struct packet_words *packet, const struct host *host,
			 struct sink *assumed);

/*
 * Makes the packet. Its length, or -EMSGSIZE, -EINVAL. After packet_words_assume. With a `flaw` it is
 * for struct input with that flaw only.
 */
int packet_words_build(const struct packet_words *words, struct packet *packet, uint8_t *bytes,
		       size_t room);
/*
 * The packet is these bytes, from its IP header on; they stay the caller's. -EINVAL: neither IPv4
 * nor IPv6, cut short (a captured one may be), or other words have said how its headers should be.
 */
int packet_words_take(struct packet_words *packet, const uint8_t *bytes, size_t len,
		      bool captured);
/* The connection that was said (SAID_STATE), for struct input. */
struct conn_view packet_words_view(struct packet_words *packet);

/* The options that can be said of a packet, each with a blank behind it; for completion. */
void packet_words_list(struct sink *sink);

/* Sets a field to the simplest value that satisfies the ask; -ENOTSUP: no packet has it. */
int packet_words_set(struct packet_words *packet, const struct ask *ask);

#endif
