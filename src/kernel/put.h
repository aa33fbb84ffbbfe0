/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writers of single expressions. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_PUT_H
#define POSTERN_KERNEL_PUT_H

#include "kernel/internal.h"

enum { SNAPLEN_GIVEN = 1 };	/* XT_NFLOG_F_COPY_LEN in part.log.flags, with to_group */

/* Loads into register 1. */
void put_payload(struct msg *m, enum nft_payload_bases base, uint32_t at, size_t len);
void put_meta(struct msg *m, uint32_t key);
void put_ct(struct msg *m, const struct field_info *field);

/* Register 1 to itself: masked; from host to network order. */
void put_bitwise(struct msg *m, const void *mask, size_t len);
void put_byteorder(struct msg *m, size_t len);

/* Tests of register 1. */
void put_cmp(struct msg *m, enum nft_cmp_ops op, const void *bytes, size_t len);
void put_range(struct msg *m, bool negate, const void *low, const void *high, size_t len);

void put_limit(struct msg *m, const struct part *part);
void put_log(struct msg *m, const struct part *part);
void put_trace(struct msg *m);
/* `chain` for jumps, else NULL. */
void put_verdict(struct msg *m, int code, const char *chain);
void put_counter(struct msg *m, const struct counters *counters);
/* A match or target as nft_compat takes it. */
void put_blob(struct msg *m, const struct use *use);

#endif
