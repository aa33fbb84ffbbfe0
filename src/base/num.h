/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place where text becomes an integer. */
#ifndef POSTERN_BASE_NUM_H
#define POSTERN_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads an unsigned integer, decimal, 0x hexadecimal or 0 octal as strtoul with base 0 does (what
 * every iptables option takes). No sign, no white space. True when the whole text is a number in
 * [min, max]; `value` is untouched otherwise.
 */
bool num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* As num_parse, but stops behind the number and says where; at least one digit is needed. */
bool num_parse_part(const char *text, const char **end, uint64_t min, uint64_t max,
		    uint64_t *value);

/* Decimal only (counters, files of the kernel); 010 is ten. */
bool num_parse_decimal(const char *text, const char **end, uint64_t min, uint64_t max,
		       uint64_t *value);

/* What a hexadecimal digit stands for; -1 if it is none. */
int num_hex_digit(char c);

#endif
