// SPDX-License-Identifier: GPL-2.0-or-later
/* Captures: written and read again; other link layers, cut and damaged files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/capture.h"
#include "net/packet.h"

static char folder[] = "/tmp/postern-capture.XXXXXX";
static char path[64];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/capture", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int example(struct packet *p, uint8_t *bytes, size_t room)
{
	const struct packet_spec spec = {
		.family = FAMILY_IPV4, .proto = 17, .sport = 53, .dport = 1000,
		.payload = (const uint8_t *)"hello", .payload_len = 5,
	};

	return packet_build(p, &spec, bytes, room);
}

static void written_and_read_again(void **state)
{
	AUTO_CAPTURE *in = NULL;
	struct capture_out *out = NULL;
	struct err err = ERR_INIT;
	struct packet p = { 0 };
	struct frame f;
	uint8_t bytes[100];
	uint64_t done, all;
	size_t len = (size_t)example(&p, bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(capture_create(&out, path, &err), 0);
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(capture_write(out, 1700000000123456789 + i, bytes, len, len + i,
					       &err), 0);
	assert_int_equal(capture_finish(&out, &err), 0);
	assert_null(out);
	assert_int_equal(capture_open(&in, path, &err), 0);
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(capture_next(in, &f, &err), 1);
		assert_int_equal(f.ns, 1700000000123456789 + i);
		assert_int_equal(f.captured, len);
		assert_int_equal(f.wire, len + i);
		assert_memory_equal(f.bytes, bytes, len);
		assert_true(f.room >= len + 256);
	}
	assert_int_equal(capture_next(in, &f, &err), 0);
	capture_progress(in, &done, &all);
	assert_int_equal(done, all);
	assert_true(all > 3 * len);
}

/* A classic file by hand: header, then frames of any link type. */
static void write_file(uint32_t link, const void *frame, uint32_t captured, uint32_t wire)
{
	const uint32_t head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, link };
	const uint32_t record[4] = { 7, 8, captured, wire };
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fwrite(head, sizeof(head), 1, f);
	fwrite(record, sizeof(record), 1, f);
	fwrite(frame, captured, 1, f);
	fclose(f);
}

static void read_one(struct frame *f, int want)
{
	AUTO_CAPTURE *in = NULL;
	struct err err = ERR_INIT;
	struct packet p = { 0 };

	assert_int_equal(capture_open(&in, path, &err), 0);
	assert_int_equal(capture_next(in, f, &err), want);
	if (want == 1 && f->bytes)
		assert_int_equal(packet_parse(&p, f->bytes, f->captured, f->room), PACKET_GOOD);
}

static void link_layers(void **state)
{
	static const struct { uint32_t link; uint8_t head[24]; size_t len; } layers[] = {
		{ 101, { 0 }, 0 },
		{ 1, { [12] = 8, 0 }, 14 },
		{ 1, { [12] = 0x81, 0, 0, 5, 8, 0 }, 18 },
		{ 1, { [12] = 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0 }, 22 },
		{ 113, { 0, 4, [14] = 8, 0 }, 16 },
		{ 276, { 8, 0, [10] = 4 }, 20 },
		{ 0, { 2 }, 4 },
		{ 228, { 0 }, 0 },
	};
	uint8_t bytes[100], frame[200];
	struct packet p = { 0 };
	struct frame f;
	size_t len = (size_t)example(&p, bytes, sizeof(bytes));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(layers); i++) {
		memcpy(frame, layers[i].head, layers[i].len);
		memcpy(frame + layers[i].len, bytes, len);
		write_file(layers[i].link, frame, (uint32_t)(layers[i].len + len),
			   (uint32_t)(layers[i].len + len));
		read_one(&f, 1);
		assert_non_null(f.bytes);
		assert_int_equal(f.captured, len);
		assert_int_equal(f.wire, len);
		assert_int_equal(f.has_type, layers[i].link == 113 || layers[i].link == 276);
		assert_int_equal(f.type, f.has_type ? 4 : 0);
	}
	/* ARP is no IP packet, and a link layer we do not know has none for us. */
	memcpy(frame, (const uint8_t[14]){ [12] = 8, 6 }, 14);
	write_file(1, frame, 42, 42);
	read_one(&f, 1);
	assert_null(f.bytes);
	write_file(105, frame, 42, 42);
	read_one(&f, 1);
	assert_null(f.bytes);
}

static void cut_and_damaged(void **state)
{
	AUTO_CAPTURE *in = NULL;
	struct err err = ERR_INIT;
	uint8_t bytes[100];
	struct packet p = { 0 };
	struct frame f;
	size_t len = (size_t)example(&p, bytes, sizeof(bytes));

	(void)state;
	write_file(101, bytes, (uint32_t)len - 3, (uint32_t)len);
	read_one(&f, 1);
	assert_int_equal(f.captured, len - 3);
	assert_int_equal(f.wire, len);
	/* The file ends inside the record. */
	assert_int_equal(truncate(path, 24 + 16 + 10), 0);
	assert_int_equal(capture_open(&in, path, &err), 0);
	assert_true(capture_next(in, &f, &err) < 0);
	assert_non_null(strstr(err.text, "damaged"));
	capture_close(&in);
	assert_int_equal(truncate(path, 10), 0);
	err = ERR_INIT;
	assert_true(capture_open(&in, path, &err) < 0);
	assert_non_null(strstr(err.text, "no capture"));
	err = ERR_INIT;
	assert_true(capture_open(&in, "/nowhere/at-all", &err) < 0);
	assert_null(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_read_again),
		cmocka_unit_test(link_layers),
		cmocka_unit_test(cut_and_damaged),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
