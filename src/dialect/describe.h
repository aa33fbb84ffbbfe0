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

/* The extensions page (man 8 iptables-extensions), in man(7) macros. */
void manual_extensions(struct sink *sink, const char *date);
/* man(7) text: hyphens and leading dots are escaped. */
void manual_text(struct sink *sink, const char *text);

/* bash completion for all programs. */
void completion_bash(struct sink *sink);

/* "filter nat" of table bits, "PREROUTING OUTPUT" of hook bits; "all" when 0. */
void describe_tables(struct sink *sink, unsigned tables);
void describe_hooks(struct sink *sink, unsigned hooks);

#endif
