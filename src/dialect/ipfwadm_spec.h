/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside dialect/: an ipfwadm command line taken apart, before its words get their meaning. */
#ifndef POSTERN_DIALECT_IPFWADM_SPEC_H
#define POSTERN_DIALECT_IPFWADM_SPEC_H

#include "dialect/ipfwadm.h"

enum ipfwadm_option {
	FW_P = 1, FW_S = 2, FW_D = 4, FW_V = 8, FW_W = 16, FW_B = 32, FW_E = 64, FW_K = 128,
	FW_M = 256, FW_N = 512, FW_O = 1024, FW_R = 2048, FW_T = 4096, FW_VERBOSE = 8192,
	FW_X = 16384, FW_Y = 32768,
};

/* Words of the command line, one behind the other; `count` 0: none. */
struct fw_words {
	const char *const *items;
	size_t count;
};

struct ipfwadm_spec {
	char category;		/* A F I O M; 0: none yet */
	char command;		/* a i d l z f p c s; 0: none yet */
	bool zero;		/* -z beside -l */
	unsigned options;	/* enum ipfwadm_option */
	struct fw_words policy, direction, proto, src, dst, address, device, redirect, tos,
			timeouts;
};

struct ipfwadm_parser {
	struct arena *arena;
	const struct ipfwadm_words *words;
	struct ipfwadm_call *call;
	struct err *err;
	struct ipfwadm_spec spec;
	size_t next;		/* word */
};

/* The first of the names (up to NULL) that the text begins, or -1. */
int ipfwadm_word(const char *const *names, const char *text);

/* ipfwadm_scan.c */
int ipfwadm_scan(struct ipfwadm_parser *p);

/* ipfwadm_rule.c: the rules of the spec, as many as its addresses make, into `command`. */
int ipfwadm_rules(struct ipfwadm_parser *p, struct command *command);
/* accept, deny, reject, masquerade */
int ipfwadm_policy(struct ipfwadm_parser *p, enum policy *policy);

#endif
