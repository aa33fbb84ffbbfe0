/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine of classic BPF programs (McCanne, Jacobson 1993), as the kernel runs them on packets. */
#ifndef POSTERN_EXT_BPF_H
#define POSTERN_EXT_BPF_H

#include "ext/eval.h"

struct sock_filter;

/*
 * Runs the program over the packet from its network header on. YES and what it returns; or UNKNOWN: it
 * asks for something that is not known. Jumps go forward, so it ends; a load outside the packet
 * returns 0, as does a division by 0, and as does what the kernel would not have loaded.
 */
enum answer bpf_run(struct eval *e, const struct sock_filter *program, unsigned count,
		    uint32_t *result);

#endif
