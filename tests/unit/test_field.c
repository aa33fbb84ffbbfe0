// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of THE field table and the helpers that make asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "net/field.h"

static void every_field_has_a_name_and_a_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field_info *f = &field_table[i];

		assert_non_null(f->name);
		assert_non_null(f->words);
		/* What has a place has a length, and that fits an ask. */
		assert_true(f->from == FROM_NOWHERE || f->len > 0);
		assert_true(f->len <= member_size(struct ask, low));
	}
}

static void places_are_the_headers(void **state)
{
	(void)state;
	assert_int_equal(field_table[FIELD_IP_SADDR].key, 12);
	assert_int_equal(field_table[FIELD_IP_DADDR].key, 16);
	assert_int_equal(field_table[FIELD_IP6_DADDR].key, 24);
	assert_int_equal(field_table[FIELD_TCP_FLAGS].key, 13);
	assert_int_equal(field_table[FIELD_ETHER_SADDR].len, 6);
	assert_true(field_table[FIELD_CT_REPL_DPORT].per_direction);
	assert_int_equal(field_table[FIELD_CT_REPL_DPORT].direction, 1);
}

static void numbers_go_in_and_come_back(void **state)
{
	struct ask ask;

	(void)state;
	ask_equal_uint(&ask, FIELD_DPORT, 0x1234);
	assert_int_equal(ask.len, 2);
	assert_int_equal(ask.relation, REL_EQUAL);
	/* On the wire the high byte is first. */
	assert_int_equal(ask.low[0], 0x12);
	assert_int_equal(ask.low[1], 0x34);
	assert_int_equal(ask.mask[0] & ask.mask[1], 0xff);
	assert_int_equal(ask.mask[2], 0);
	assert_int_equal(field_uint(FIELD_DPORT, ask.low), 0x1234);

	ask_masked_uint(&ask, FIELD_MARK, 0x01020304, 0xff);
	assert_int_equal(ask.len, 4);
	assert_int_equal(uint_load(ask.low, 4), 0x01020304);
	assert_int_equal(uint_load(ask.mask, 4), 0xff);
	assert_int_equal(field_uint(FIELD_MARK, ask.low), 0x01020304);

	ask_range_uint(&ask, FIELD_LENGTH, 64, 1500);
	assert_int_equal(ask.relation, REL_RANGE);
	assert_int_equal(field_uint(FIELD_LENGTH, ask.low), 64);
	assert_int_equal(field_uint(FIELD_LENGTH, ask.high), 1500);
}

static void a_field_without_a_place_is_a_byte(void **state)
{
	struct ask ask;

	(void)state;
	ask_equal_uint(&ask, FIELD_TCP_OPTION, 8);
	assert_int_equal(ask.len, 1);
	assert_int_equal(field_uint(FIELD_TCP_OPTION, ask.low), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_has_a_name_and_a_place),
		cmocka_unit_test(places_are_the_headers),
		cmocka_unit_test(numbers_go_in_and_come_back),
		cmocka_unit_test(a_field_without_a_place_is_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
