// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of floor 0: integers from text, sinks, arenas, hashes, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/sink.h"
#include "base/vec.h"

static void numbers(void **state)
{
	static const struct { const char *text; uint64_t value; bool good; } cases[] = {
		{ "0", 0, true }, { "255", 255, true }, { "0xff", 255, true }, { "0XFf", 255,
		  true },
		{ "010", 8, true }, { "18446744073709551615", UINT64_MAX, true },
		{ "18446744073709551616", 0, false }, { "", 0, false }, { "-1", 0, false },
		{ "+1", 0, false }, { " 1", 0, false }, { "1 ", 0, false }, { "0x", 0, false },
		{ "08", 0, false }, { "1a", 0, false }, { "99999999999999999999999", 0, false },
	};
	const char *end;
	uint64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		v = 4711;
		assert_int_equal(num_parse(cases[i].text, 0, UINT64_MAX, &v), cases[i].good);
		assert_true(v == (cases[i].good ? cases[i].value : 4711));
	}
	assert_false(num_parse("4", 5, 10, &v));
	assert_false(num_parse("11", 5, 10, &v));
	assert_true(num_parse("10", 5, 10, &v));
	assert_true(num_parse_part("0x1f/3", &end, 0, 100, &v) && v == 0x1f && !strcmp(end, "/3"));
	assert_true(num_parse_decimal("010", &end, 0, 100, &v) && v == 10);
	/* "0x" is the number 0 with an x behind it, as strtoul reads it. */
	assert_true(num_parse_part("0x", &end, 0, 9, &v) && v == 0 && !strcmp(end, "x"));
}

static void sinks(void **state)
{
	AUTO_SINK s = SINK_MEMORY;
	size_t start;

	(void)state;
	sink_str(&s, "a");
	start = s.len;
	sink_u64(&s, 120);
	sink_pad(&s, start, 5);
	sink_hex(&s, 0xbeef);
	sink_printf(&s, "%s%c", "!", '?');
	assert_string_equal(sink_text(&s), "a120  0xbeef!?");
	for (int i = 0; i < 100000; i++)
		sink_char(&s, 'x');
	assert_int_equal(s.len, 14 + 100000);
	assert_int_equal(sink_flush(&s), 0);
}

static void sink_to_a_pipe(void **state)
{
	int fd[2];
	char buf[16];
	AUTO_SINK s = SINK_MEMORY;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	s.fd = fd[1];
	sink_str(&s, "line\n");
	assert_int_equal(s.len, 5);	/* nothing leaves before it is asked for or plenty */
	assert_int_equal(sink_flush(&s), 0);
	assert_int_equal(read(fd[0], buf, sizeof(buf)), 5);
	close(fd[0]);
	close(fd[1]);
	sink_str(&s, "gone\n");
	assert_true(sink_flush(&s) < 0);	/* EBADF stays known */
	assert_true(sink_flush(&s) < 0);
}

static void arenas(void **state)
{
	AUTO_ARENA a = ARENA_INIT;
	char *big, *text;

	(void)state;
	for (size_t i = 1; i < 3000; i++) {
		unsigned char *p = arena_alloc(&a, i);

		assert_true((uintptr_t)p % 8 == 0);
		assert_true(bytes_are_zero(p, i));
		memset(p, 0xff, i);
	}
	big = arena_alloc(&a, 5 << 20);
	memset(big, 1, 5 << 20);
	text = arena_printf(&a, "%d-%s", 7, "x");
	assert_string_equal(text, "7-x");
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	assert_true(a.total > 5u << 20);
}

static void hashes(void **state)
{
	struct hash h = HASH_INIT;
	static char keys[2000][16];

	(void)state;
	assert_null(hash_get(&h, "nothing"));
	for (int i = 0; i < 2000; i++) {
		snprintf(keys[i], sizeof(keys[i]), "chain%d", i);
		hash_put(&h, keys[i], keys[i]);
	}
	for (int i = 0; i < 2000; i += 2)
		hash_remove(&h, keys[i]);
	for (int i = 0; i < 2000; i++)
		assert_ptr_equal(hash_get(&h, keys[i]), i % 2 ? keys[i] : NULL);
	hash_put(&h, keys[0], keys[1]);
	assert_ptr_equal(hash_get(&h, "chain0"), keys[1]);
	hash_free(&h);
}

static void errors(void **state)
{
	static const char *const names[] = { "dport", "sport", NULL, "ctstate" };
	struct err e = ERR_INIT;
	struct place p = { .word = 3 };

	(void)state;
	err_hint(&e, "no error, no hint");
	assert_string_equal(e.hint, "");
	assert_true(err_set(&e, ERR_SYNTAX, p, "first %d", 1) < 0);
	assert_true(err_set(&e, ERR_OTHER, PLACE_NONE, "second") < 0);
	err_hint(&e, "try %s", "this");
	err_hint(&e, "not that");
	assert_int_equal(e.code, ERR_SYNTAX);
	assert_int_equal(e.place.word, 3);
	assert_string_equal(e.text, "first 1");
	assert_string_equal(e.hint, "try this");
	assert_string_equal(err_nearest("ddport", names, 4), "dport");
	assert_string_equal(err_nearest("ctsatte", names, 4), "ctstate");
	assert_null(err_nearest("completely", names, 4));
}

static void vectors(void **state)
{
	struct { int *items; size_t count, room; } v = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		VEC_PUSH(&v, i);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v.items[i], i);
	free(v.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(sinks),
			cmocka_unit_test(sink_to_a_pipe),
		cmocka_unit_test(arenas), cmocka_unit_test(hashes), cmocka_unit_test(errors),
		cmocka_unit_test(vectors),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
