/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows from declarations for people: descriptions, manual pages, shell completion. */
#ifndef POSTERN_DIALECT_DESCRIBE_H
#define POSTERN_DIALECT_DESCRIBE_H

#include "base/sink.h"
#include "ext/ext.h"

/* All extensions, a line each, matches first. */
void describe_all(struct sink *sink);
/* One extension: what it does, where it may stand, options, examples. 80 columns. */
void describe_ext(struct sink *sink, const struct ext *ext);

/*
 * Manual pages in man(7) macros, each without its SEE ALSO: iptables-extensions(8) and iptables(8).
 */
void manual_extensions(struct sink *sink, const char *date);
void manual_iptables(struct sink *sink, const char *date);
/* The head of a page and its NAME; `also` is a second name of it, or NULL. */
void manual_begin(struct sink *sink, const char *name, const char *also, const char *date,
		  const char *summary);
/* man(7) text: hyphens and leading dots are escaped. */
void manual_text(struct sink *sink, const char *text);
/* Each line of the text is a paragraph. */
void manual_paragraphs(struct sink *sink, const char *text);

/*
 * Completion of iptables for bash: the function _postern_iptables, and what it needs:
 * $_postern_matches, $_postern_targets, $_postern_tables.
 */
void completion_iptables(struct sink *sink);

/* "filter nat" of table bits, "PREROUTING OUTPUT" of hook bits; "all" when 0. */
void describe_tables(struct sink *sink, unsigned tables);
void describe_hooks(struct sink *sink, unsigned hooks);

#endif
