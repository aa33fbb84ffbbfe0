/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections counted by key, for connlimit (net/netfilter/nf_conncount.c). */
#ifndef POSTERN_ENGINE_COUNT_H
#define POSTERN_ENGINE_COUNT_H

#include <stddef.h>
#include <stdint.h>

#include "engine/conntrack.h"
#include "ext/eval.h"

struct counting;

/*
 * Connections under `key` of the rule to which the four bytes `state` belong (zero at first; they
 * become the rule's number here), that of the packet among them. Those that have gone, or closed,
 * are forgotten first. -1: the table of 65536 is full, nothing can be said. Makes the table at its
 * first call.
 */
int64_t counting_count(struct counting **counting, struct conntrack *ct, struct eval *e,
		       const void *key, size_t key_len, uint32_t *state);
void counting_free(struct counting **counting);

#endif
