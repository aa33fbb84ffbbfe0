/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libpostern: rule sets of iptables as values. Read, change, print them; judge packets by them; have
 * a judgement explained. No kernel and no privileges are needed, nothing on the machine is changed.
 *
 * UNSTABLE: names, structures and texts may change with every version.
 *
 * Link with -lpostern -lmnl. A rule set, or an engine, may be used by one thread at a time. Running
 * out of memory ends the program with status 4, as it does everywhere in Postern.
 */
#ifndef POSTERN_LIB_POSTERN_H
#define POSTERN_LIB_POSTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum postern_family { POSTERN_IPV4 = 4, POSTERN_IPV6 = 6 };

struct postern_error {
	int status;		/* exit status of iptables: 1 to 4; 0: no error */
	int line, word;		/* in the input: from 1, and from 0; 0 and -1: none */
	char text[640];		/* as iptables says it */
	char hint[512];		/* what would be right; may be empty */
};

/* "0.1.0" */
const char *postern_version(void);

/* ------------------------------------------------------------------ a rule set */

struct postern;		/* tables of both families; made empty, as on a machine just started */

struct postern *postern_new(void);
void postern_free(struct postern *rules);

/*
 * Text of iptables-save or ip6tables-save. Each table that it names is replaced, up to its COMMIT as
 * a whole or not at all; `counters`: those in the text are taken. 0, or -1 with `error`.
 */
int postern_restore(struct postern *rules, enum postern_family family, const char *text,
		    size_t len, bool counters, struct postern_error *error);

/*
 * One change, in the words behind "iptables": { "-A", "INPUT", "-p", "tcp", ... }. What the kernel
 * would refuse is refused, with the words and the status of iptables. -C finds out whether a rule
 * is there; what only prints (-L, -S, -h, -V) is an error. 0, or -1 with `error`.
 */
int postern_command(struct postern *rules, enum postern_family family, const char *const *words,
		    size_t count, struct postern_error *error);

/* As iptables-save prints it, [-c]; the caller frees it. NULL with `error`. */
char *postern_save(struct postern *rules, enum postern_family family, bool counters,
		   struct postern_error *error);

/*
 * The host that packets come to, a fact a line: "link eth0", "addr 192.0.2.1/24 dev eth0", "route
 * default via 192.0.2.254 dev eth0", "forward on". Replaces what was said before. Without it nothing
 * is known of the host: what depends on it is judged "unknown". 0, or -1 with `error`.
 */
int postern_host(struct postern *rules, const char *text, size_t len,
		 struct postern_error *error);

/*
 * What sets of ipset hold, as `ipset save` prints it. Replaces what was said before. Without it, who is
 * in a set is not known. 0, or -1 with `error`.
 */
int postern_sets(struct postern *rules, const char *text, size_t len,
		 struct postern_error *error);

/* ------------------------------------------------------------------ judging packets */

enum postern_verdict {
	POSTERN_ACCEPTED, POSTERN_DROPPED,
	POSTERN_REJECTED,	/* dropped, and the sender is told */
	POSTERN_UNKNOWN,	/* it depends on what is not known; see `why` */
	POSTERN_HELD,		/* a fragment that waits for the others */
	POSTERN_QUEUED,		/* a program would decide (NFQUEUE) */
};

/* A packet and what is beside it. */
struct postern_packet {
	uint8_t *bytes;		/* from the IP header on; changed as the rules say (NAT, TTL) */
	size_t len;		/* bytes there; afterwards, those that it has then */
	size_t room;		/* of the buffer, at least len: NAT of FTP makes packets longer */
	const char *in;		/* the device it came by; NULL: made on this host */
	const char *out;	/* the device it leaves by, "" to this host; NULL: by the routes */
	uint32_t mark;
	uint64_t ns;		/* a clock that only goes forward */
};

struct postern_outcome {
	enum postern_verdict verdict;
	char table[32], chain[32];	/* whose rule or policy decided; "": no rule */
	unsigned number;		/* of the rule, from 1; 0: the policy, or no rule */
	char why[160];			/* when it was not by rules; may be empty */
	char out[16];			/* the device it leaves by; "": it stays here */
	uint32_t mark;
};

struct postern_engine;

/*
 * An engine with connection tracking and NAT for the rules as they are now; they may be changed or
 * freed afterwards. `connections`: the most it keeps, 0: 65536; new flows beyond them are
 * dropped. NULL with `error`.
 */
struct postern_engine *postern_engine_new(struct postern *rules, uint32_t connections,
					  struct postern_error *error);
void postern_engine_free(struct postern_engine *engine);

/*
 * Never fails: what is no packet is dropped, with the reason. Rules that look at the time of day,
 * or into sets, are unknown.
 */
void postern_judge(struct postern_engine *engine, struct postern_packet *packet,
		   struct postern_outcome *outcome);

/*
 * What becomes of the first packet of a connection, and why, for people to read; `json`: for
 * programs. The words are those of `postern explain`: { "-i", "eth0", "-p", "tcp", "--dport",
 * "25" }. *text is the caller's to free. An enum postern_verdict, or -1 with `error`.
 */
int postern_explain(struct postern *rules, enum postern_family family, const char *const *words,
		    size_t count, bool json, char **text, struct postern_error *error);

#ifdef __cplusplus
}
#endif

#endif
