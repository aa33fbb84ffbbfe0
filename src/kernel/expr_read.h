/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expr.c and statement.c share: readers of attributes, one per expression. */
#ifndef POSTERN_KERNEL_EXPR_READ_H
#define POSTERN_KERNEL_EXPR_READ_H

#include "kernel/expr.h"

/* Attributes by type; false when something needed is missing or malformed. */
typedef bool read_function(struct expr *e, const struct nlattr *const *a);

read_function read_counter, read_limit, read_quota, read_log, read_reject,
	read_queue, read_nat, read_masquerade, read_redirect, read_notrack,
	read_object, read_dynset, read_connlimit, read_match, read_target;

bool read_data_reg(const struct nlattr *a, uint8_t *number);

/* 0 when absent. */
static inline void maybe_u32(const struct nlattr *a, uint32_t *value)
{
	*value = 0;
	attr_u32(a, value);
}

static inline bool read_u8(const struct nlattr *a, uint8_t *value)
{
	if (!a || attr_len(a) < 1)
		return false;
	*value = *(const uint8_t *)attr_data(a);
	return true;
}

#endif
