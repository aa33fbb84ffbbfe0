// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of /etc/postern.conf: every key, and every mistake with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bits.h"
#include "safe/config.h"

static char path[] = "/tmp/postern-config.XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void write_file(const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int read_text(struct config *config, const char *text, struct err *err)
{
	write_file(text, strlen(text));
	return config_read(config, path, err);
}

static void no_file_is_no_error(void **state)
{
	AUTO_CONFIG config = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(config_read(&config, "/nowhere/postern.conf", &err), 0);
	assert_int_equal(config.guard, GUARD_USUAL);
	assert_int_equal(config.confirm, 60);
	assert_null(config.lifelines);
}

static void every_key(void **state)
{
	AUTO_CONFIG config = { 0 };
	struct err err = ERR_INIT;
	const struct config_lifeline *l;

	(void)state;
	assert_int_equal(read_text(&config, "# a comment\n\n  guard=refuse # behind\r\n"
				   "confirm = 5m\nprogram = telnetd\nprogram\t=\tin.rlogind\n"
				   "lifeline = tcp 192.0.2.7 443\nlifeline = udp 2001:db8::7 51820",
				   &err), 0);
	assert_int_equal(config.guard, GUARD_REFUSE);
	assert_int_equal(config.confirm, 300);
	assert_int_equal(config.program_count, 2);
	assert_string_equal(config.programs[0], "telnetd");
	assert_string_equal(config.programs[1], "in.rlogind");
	l = config.lifelines;
	assert_non_null(l);
	assert_int_equal(l->family, FAMILY_IPV6);
	assert_int_equal(l->proto, 17);
	assert_int_equal(l->port, 51820);
	assert_int_equal(l->line, 8);
	l = l->next;
	assert_non_null(l);
	assert_int_equal(l->family, FAMILY_IPV4);
	assert_int_equal(l->port, 443);
	assert_int_equal(l->line, 7);
	assert_null(l->next);
}

static void every_guard(void **state)
{
	static const struct { const char *text; enum guard_mode mode; } modes[] = {
		{ "guard = interactive", GUARD_USUAL }, { "guard = off", GUARD_OFF },
		{ "guard = warn", GUARD_WARN }, { "guard = refuse", GUARD_REFUSE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		AUTO_CONFIG config = { 0 };
		struct err err = ERR_INIT;

		assert_int_equal(read_text(&config, modes[i].text, &err), 0);
		assert_int_equal(config.guard, modes[i].mode);
	}
}

static void mistakes(void **state)
{
	static const struct { const char *text, *said; } wrong[] = {
		{ "guard", ":1: a line is KEY = VALUE, not `guard'" },
		{ "\n\nguard = maybe",
		  ":3: guard is interactive, warn, refuse or off, not `maybe'" },
		{ "guard =", ":1: guard is interactive, warn, refuse or off, not `'" },
		{ "guard = off\nguard = off", ":2: this key stands once, not `guard'" },
		{ "confirm = 0", ":1: confirm is a time from 1s to 24h, not `0'" },
		{ "confirm = 25h", ":1: confirm is a time from 1s to 24h, not `25h'" },
		{ "confirm = 18446744073709551616s",
		  ":1: confirm is a time from 1s to 24h, not `18446744073709551616s'" },
		{ "confirm = 60 s", ":1: confirm is a time from 1s to 24h, not `60 s'" },
		{ "program = /usr/sbin/sshd", ":1: program is a name of at most 15 characters, "
		  "as in /proc/PID/comm, not `/usr/sbin/sshd'" },
		{ "program = sixteen-long-name", ":1: program is a name of at most 15 characters, "
		  "as in /proc/PID/comm, not `sixteen-long-name'" },
		{ "lifeline = tcp 192.0.2.7",
		  ":1: lifeline is tcp|udp ADDRESS PORT, not `tcp 192.0.2.7'" },
		{ "lifeline = tcp example.org 22",
		  ":1: lifeline is tcp|udp ADDRESS PORT, not `tcp example.org 22'" },
		{ "lifeline = icmp 192.0.2.7 1",
		  ":1: lifeline is tcp|udp ADDRESS PORT, not `icmp 192.0.2.7 1'" },
		{ "lifeline = tcp 192.0.2.7 65536",
		  ":1: lifeline is tcp|udp ADDRESS PORT, not `tcp 192.0.2.7 65536'" },
		{ "lifeline = tcp 192.0.2.7 22 23",
		  ":1: lifeline is tcp|udp ADDRESS PORT, not `tcp 192.0.2.7 22 23'" },
		{ "gaurd = off",
		  ":1: the keys are guard, confirm, program, lifeline, not `gaurd'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO_CONFIG config = { 0 };
		struct err err = ERR_INIT;

		assert_true(read_text(&config, wrong[i].text, &err) < 0);
		assert_int_equal(err.code, ERR_SYNTAX);
		assert_true(!strncmp(err.text, path, strlen(path)));
		assert_string_equal(err.text + strlen(path), wrong[i].said);
	}
}

static void a_hint(void **state)
{
	AUTO_CONFIG config = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_true(read_text(&config, "gaurd = off", &err) < 0);
	assert_string_equal(err.hint, "did you mean guard?");
}

static void too_many(void **state)
{
	AUTO_CONFIG config = { 0 };
	struct err err = ERR_INIT;
	char text[65 * 16], *p = text;

	(void)state;
	for (int i = 0; i < 65; i++)
		p += sprintf(p, "program = p%d\n", i);
	assert_true(read_text(&config, text, &err) < 0);
	assert_non_null(strstr(err.text, ":65: there is no room for more, not `p64'"));
}

static void damaged(void **state)
{
	AUTO_CONFIG config = { 0 };
	struct err err = ERR_INIT;

	(void)state;
	write_file("guard = off\0\0\0", 14);
	assert_true(config_read(&config, path, &err) < 0);
	assert_non_null(strstr(err.text, "holds NULs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_file_is_no_error), cmocka_unit_test(every_key),
		cmocka_unit_test(every_guard), cmocka_unit_test(mistakes),
		cmocka_unit_test(a_hint), cmocka_unit_test(too_many), cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests_name("config", tests, make_file, remove_file);
}
