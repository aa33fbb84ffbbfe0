/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one format of what safe/ keeps on disk: a change of history, a change that waits for its
 * confirmation, the saved rules. Lines of "key value", then texts with their length, then a
 * checksum over all of it; a file that is not whole is no record.
 */
#ifndef POSTERN_SAFE_RECORD_H
#define POSTERN_SAFE_RECORD_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct record_text {
	const char *text;	/* NULL: not there */
	size_t len;
};

struct record {
	struct arena arena;	/* of all texts of one that was read; else the caller's business */
	uint64_t number;	/* in the history */
	uint64_t when;		/* seconds since 1970 */
	uint64_t deadline;	/* milliseconds of CLOCK_BOOTTIME of the boot `boot` */
	uint64_t window;	/* seconds between change and deadline */
	uint64_t last;		/* typed: ... of that of the last of its commands */
	uint64_t commands;	/* typed: how many */
	uint64_t added, removed, moved, others;	/* of struct difference */
	struct record_text kind;	/* "apply", "rollback", "typed", ... */
	struct record_text state;	/* saved rules: "writing" or "done" */
	struct record_text who, command, boot;
	struct record_text typed;	/* all commands, a line each; the first HISTORY_TYPED bytes */
	struct record_text job;		/* typed: the script or pipeline they came from */
	struct record_text summary;	/* "2 rules added" */
	struct record_text changes;	/* of diff_print */
	struct record_text ports;	/* saved rules: of SSH listeners then, "22 2222" */
	struct record_text sets;	/* of ipset save */
	struct record_text v4, v6;	/* of iptables-save -c */
	struct record_text old;		/* tables of the older dialects: snapshot_save_old */
};

void record_free(struct record *record);
#define AUTO_RECORD __attribute__((cleanup(record_free))) struct record

struct record_text record_text(const char *text);
/* For people: without control characters, one line, cut to what a history can hold. */
struct record_text record_line(struct arena *arena, const char *text);

int record_write(const char *path, const struct record *record, struct err *err);
/* As file_write_soon. */
int record_write_soon(const char *path, const struct record *record, struct err *err);
/* -ENOENT quietly; -EBADMSG (with an error text) when it is damaged. */
int record_read(const char *path, struct record *record, struct err *err);

#endif
