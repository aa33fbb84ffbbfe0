/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From netlink to the rules model. Pure: no socket, all input is untrusted. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_DECODE_H
#define POSTERN_KERNEL_DECODE_H

#include "kernel/internal.h"

/*
 * Appends the rule of a NEWRULE message to the chain. `h` is as received: nlmsg_len bytes are
 * there, nothing else is trusted. What cannot be said exactly becomes `unsaid` with a text.
 * -EBADMSG, and no rule, when the message is not even a rule (no handle). With `words` false only
 * the handle is read. A rule that looks into sets which `members` (may be NULL) has not read yet
 * is unsaid, and waits there for members_settle.
 */
struct members;
int decode_rule(struct ruleset *rs, struct chain *chain, const struct nlmsghdr *h, bool words,
		struct members *members);

/*
 * words.c: the expressions in nft's words, as well as we can; in the arena. `members` may be NULL.
 */
const char *expr_words(struct arena *arena, enum family family, const struct nlattr *expressions,
		       struct members *members);

#endif
