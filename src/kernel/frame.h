/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands around the chains of the older dialects (doc/dialects.md): hook chains, policies,
 * masquerading. A dialect declares its frame as tables; here they become messages, and are hidden
 * when the table is read. Inside kernel/ only.
 */
#ifndef POSTERN_KERNEL_FRAME_H
#define POSTERN_KERNEL_FRAME_H

#include "ext/old.h"
#include "kernel/batch.h"
#include "kernel/masquerade.h"

/* One test or act of a frame's rule, in nft's words beside it. */
enum step_kind {
	STEP_END,
	/* tests */
	STEP_LABEL,		/* ct label n */
	STEP_STATUS,		/* ct status & n == n */
	STEP_DIRECTION,		/* ct direction n */
	STEP_STATE,		/* ct state & n != 0 (NF_CT_STATE bits) */
	STEP_LOCAL,		/* iif 0: made here */
	STEP_ROUTED,		/* iif != 0 */
	STEP_ARRIVING,		/* oif 0: not routed yet */
	STEP_MULTICAST,		/* ip daddr 224.0.0.0/4 */
	STEP_NOTE,		/* meta priority n */
	STEP_PROTO,		/* meta l4proto n */
	STEP_PORT,		/* th dport n */
	STEP_FRAGMENT,		/* ip frag-off & 0x1fff != 0 */
	/* acts */
	STEP_JUMP, STEP_GOTO,	/* chain `name` */
	STEP_ACCEPT, STEP_DROP, STEP_RETURN,
	STEP_REJECT,		/* reject with icmp code n */
	STEP_SET_LABEL,		/* ct label set n */
	STEP_SET_NOTE,		/* meta priority set n */
	STEP_TIMEOUT,		/* ct timeout set `name`; the rule goes where there are none */
	STEP_HELPER,		/* ct helper set `name`; the same */
	STEP_MASQUERADE,	/* masquerade to :61000-65095; n 0: any port */
	STEP_REDIRECT,		/* redirect to :meta priority map `name`; NULL: redirect */
};

struct step {
	enum step_kind kind;
	uint32_t n;
	const char *name;
};

struct frame_rule {
	const char *chain;
	const struct step *steps;	/* up to STEP_END */
	const char *comment;		/* NULL: none */
};

struct frame_chain {
	const char *name;
	const char *type;		/* NULL: no base chain */
	int32_t priority;
	uint8_t hook;
};

/* What a policy of a built-in chain does when it rejects or masquerades. */
struct frame_policy {
	const char *chain;		/* the built-in one */
	const char *policy_chain;	/* the frame's chain with the rule of the policy */
	uint8_t reject;			/* ICMP code; NOTHING: goto reject_chain */
	const char *reject_chain;
	const char *masq_chain;		/* NULL: no such policy here */
};

enum { FRAME_NO_CODE = 255 };

struct frame {
	enum dialect dialect;
	const struct frame_chain *chains;	/* ends with a NULL name */
	const struct frame_rule *rules;		/* ends with a NULL chain */
	const struct frame_policy *policies;	/* ends with a NULL chain */
	const char *map;			/* of redirections, or NULL */
	bool masquerades;			/* has time-outs and a helper */
};

extern const struct frame frame_ipchains, frame_ipfwadm, frame_portfw;

/* The frame of a table, NULL when it is none of an older dialect's. */
const struct frame *frame_of(enum family family, const char *table);

/* What a message of the frame belongs to. */
struct frame_batch {
	struct kernel *kernel;
	struct batch *batch;
	const struct op *op;
	uint32_t seq;
};

/* A chain that is called, unless it is there. */
int frame_add_chain(const struct frame_batch *f, const char *name);
/* Opens a message about a new rule at the end of a chain, and the list of its expressions. */
uint8_t *frame_begin_rule(const struct frame_batch *f, struct msg *msg, const char *chain);
/* One rule, unless it needs what this kernel has not. */
int frame_add_rule(const struct frame_batch *f, const struct frame_rule *rule);
/* Opens a message about a named object: NFT_OBJECT_*. */
void frame_begin_object(const struct frame_batch *f, struct msg *msg, uint32_t type,
			const char *name);

/* frame_timeout.c: the objects of a new frame, named "masq-tcp" and "masq-udp". */
extern const uint32_t masq_timeouts[TIMEOUT_COUNT];
int frame_add_timeouts(const struct frame_batch *f, const uint32_t timeouts[TIMEOUT_COUNT]);

/* The messages of operation i of the plan, whose table has a frame. */
int frame_op(struct kernel *kernel, struct batch *batch, const struct frame *frame,
	     const struct plan *plan, size_t i, uint32_t seq);

/* Tests for, or sets, a bit of the connection's label. */
void frame_put_label(struct msg *m, unsigned bit, bool set);

/* A rule's comment as nft keeps it; of one read, NULL when there is none. */
void frame_put_comment(struct msg *m, const char *comment);
const char *frame_comment(const struct nlattr *userdata);
/* Makes sure that redirections to this port work. */
int frame_add_port(struct batch *batch, const struct frame *frame, const struct op *op,
		   uint32_t seq, uint16_t port);

/* frame_mark.c: the chains that add a number to a mark, or take it away, as they are to be. */
int frame_add_number(const struct frame_batch *f, const struct old_mark *mark);
/* Ends a rule: to them, and on behind it. */
void frame_put_number(struct msg *m, const struct old_mark *mark);

/* A chain of the frame: hidden. */
bool frame_hides(const char *chain);
/* What a rule of the frame tells of the chains: their policies. */
void frame_take_rule(const struct frame *frame, struct table *table, const char *chain,
		     const struct nlmsghdr *h);
/* A counter object of the table: of a policy. */
int frame_take_counter(struct table *table, const struct nlmsghdr *h);
/* When all is read: without the frame's chains, references counted. */
void frame_finish(struct table *table);

/* ------------------------------------------------------------------ rules (old_rule.c) */

/* One model rule as `old_variants` nf_tables rules, of which a packet fits one at most. */
unsigned old_variants(const struct op *where, const struct rule *rule);
/* The tests of one of them (old_variant.c). */
int old_put_tests(struct msg *m, const struct op *where, const struct rule *rule,
		  unsigned variant);
/*
 * Adding to a mark is a jump, which ends an nf_tables rule: the variant counts, adds and goes on to
 * the next one, which has the same tests and the end.
 */
bool old_adds(const struct op *where, const struct rule *rule, unsigned variant);
bool old_adds_before(const struct op *where, const struct rule *rule, unsigned variant);
/* Whether a rule's chain is called from hooks before routing and behind it. */
bool old_is_anywhere(const struct op *where);
/* Whether it stands before routing, as variants of it go. */
bool old_is_arriving(const struct op *where, const struct rule *rule, unsigned variant);
/* The expressions of one of them, into an open message. `words` go with it. -EOPNOTSUPP. */
int old_express(struct msg *m, const struct op *where, const struct rule *rule, const char *words,
		unsigned variant);
/* OP_RULE_ADD, OP_RULE_DELETE, OP_RULE_REPLACE. */
int old_rule_op(const struct frame_batch *f, const struct frame *frame);
/* A rule of the table, read and proved (old_read.c). Appended to the chain, or joined to its last. */
int old_take_rule(struct ruleset *rs, struct chain *chain, const struct nlmsghdr *h);
/* The last rule of a chain must have all its variants. */
void old_finish_chain(struct ruleset *rs, struct chain *chain);

#endif
