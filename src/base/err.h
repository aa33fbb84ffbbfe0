/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An error with its place in the input. Library code fills one in and returns a negative errno;
 * only cli/ turns it into text on a terminal. The first error wins: a later err_set on the same
 * struct is ignored, so an outer function may add its general complaint without hiding the exact
 * one.
 */
#ifndef POSTERN_BASE_ERR_H
#define POSTERN_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses of the iptables family (xtables.h, enum xtables_exittype). */
enum err_code {
	ERR_NONE = 0,
	ERR_OTHER = 1,		/* it is not there, or there already */
	ERR_SYNTAX = 2,		/* bad command line */
	ERR_VERSION = 3,	/* unknown table */
	ERR_RESOURCE = 4,	/* refused by the kernel, or no resources */
};

/* How programs of the family put the text: callers compare whole lines. */
enum err_style {
	ERR_STYLE_FULL,		/* "iptables v1.8.13 (nf_tables): TEXT" */
	ERR_STYLE_PLAIN,	/* "iptables: TEXT." */
	ERR_STYLE_BARE,		/* "TEXT" */
};

/*
 * Where in the input. Words count from 0; columns are byte offsets inside the word. Small, because
 * every command of a restore carries two.
 */
struct place {
	int line;		/* from 1; 0: no lines in this input */
	int16_t word;		/* -1: none */
	uint16_t from, to;	/* part of that word, [from, to); both 0: all of it */
};

#define PLACE_NONE ((struct place){ .word = -1 })

struct err {
	enum err_code code;
	enum err_style style;
	int errnum;		/* positive errno behind it, 0 if none */
	struct place place;
	char text[640];		/* what is wrong; frozen where the contract compares it */
	char hint[512];		/* what would be right; free text, may be empty */
	bool tell;		/* the hint is for scripts' logs, too, not for terminals only */
	bool told;		/* all of it has been said already: only the code counts */
};

#define ERR_INIT ((struct err){ .place = { .word = -1 } })

/*
 * Records an error if none is recorded yet. Returns -EINVAL for ERR_SYNTAX and -EPERM otherwise, so
 * that `return err_set(...)` reads well; use err_errno to carry an errno.
 */
int err_set(struct err *err, enum err_code code, struct place place, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* As err_set, with a style. */
int err_styled(struct err *err, enum err_code code, enum err_style style, struct place place,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Records an errno (positive) with the text; returns -errnum. */
int err_errno(struct err *err, enum err_code code, int errnum, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Adds what would be right. Does nothing without an error, or when a hint is there already. */
void err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The nearest of `count` names to `word` within a third of its length, or NULL. Names may be NULL.
 */
const char *err_nearest(const char *word, const char *const *names, size_t count);

static inline bool err_is_set(const struct err *err)
{
	return err->code != ERR_NONE;
}

#endif
