/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lifelines: connections that the owner of this machine sits on. Found by what holds them, not by
 * port numbers (doc/safety.md, "Lifelines").
 */
#ifndef POSTERN_SAFE_LIFELINE_H
#define POSTERN_SAFE_LIFELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "net/addr.h"
#include "safe/config.h"

enum { LIFELINES_MOST = 256, LISTENERS_MOST = 32 };

enum lifeline_kind {
	LIFELINE_SESSION,	/* an established TCP connection of an SSH server */
	LIFELINE_MOSH,		/* a mosh-server's UDP port; the peer is who spoke last */
	LIFELINE_LOGIN,		/* where a mosh session came from, and logs in again */
	LIFELINE_CONFIGURED,	/* /etc/postern.conf; not necessarily connected now */
};

struct lifeline {
	struct lifeline *next;
	enum lifeline_kind kind;
	enum family family;
	uint8_t proto;			/* IPPROTO_TCP, IPPROTO_UDP */
	uint8_t tos;			/* of our packets: TOS, or traffic class */
	bool mine;			/* this process was started from it */
	bool root;			/* the socket was made by root */
	bool is_called;			/* a session: somebody listens at its port */
	bool has_peer;			/* `peer` and `peer_port` are known */
	union inet_addr local, peer;	/* local: zero when it is any */
	uint16_t port, peer_port;	/* host byte order; peer_port 0: any */
	uint64_t cgroup;		/* of the socket (safe/cgroup.h); 0: not known */
	uint64_t login_cgroup;		/* of the next one, which has it of who listens */
	int pid;			/* who holds it; 0: nobody is known */
	char program[16];		/* as in /proc/PID/comm */
	int line;			/* of the configuration */
};

struct listener {
	enum family family;
	union inet_addr addr;		/* zero: any */
	uint16_t port;
	char program[16];		/* "init" for socket activation */
};

struct lifelines {
	struct arena arena;
	struct lifeline *first;
	uint32_t count;
	struct listener listeners[LISTENERS_MOST];	/* of SSH servers, and of lifelines' ports */
	uint32_t listener_count;
	bool interactive;		/* stdin or stderr is a terminal that hangs on a lifeline */
	bool more;			/* there were more than LIFELINES_MOST */
};

#define LIFELINES_INIT ((struct lifelines){ 0 })
void lifelines_free(struct lifelines *lines);
#define AUTO_LIFELINES __attribute__((cleanup(lifelines_free))) struct lifelines

/* Of this network namespace. Only root sees what other users' processes hold. */
int lifelines_find(struct lifelines *lines, const struct config *config, struct err *err);

/* Puts a copy behind the others; NULL when there are LIFELINES_MOST. */
struct lifeline *lifelines_add(struct lifelines *lines, const struct lifeline *line);
/* Who speaks to the mosh-servers among them, and where they would log in again. */
void lifelines_find_mosh(struct lifelines *lines);

/* "SSH session 192.0.2.7:51234 -> 198.51.100.1:22" */
void lifeline_print(struct sink *sink, const struct lifeline *line);
/* "held by sshd (process 812), and you type in it" */
void lifeline_print_why(struct sink *sink, const struct lifeline *line);

/*
 * Ports of SSH servers, separated by blanks, without doubles: those listening now, then `saved`
 * ("22 2222", may be NULL), then `Port` of /etc/ssh/sshd_config; "22" when there is none of all.
 */
void lifelines_ports(struct sink *sink, const struct lifelines *lines, const char *saved);

#endif
