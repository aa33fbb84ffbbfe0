/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in columns, for people: 80 wide, no colour needed. */
#ifndef POSTERN_BASE_WRAP_H
#define POSTERN_BASE_WRAP_H

#include <stddef.h>

#include "base/sink.h"

enum { WRAP_WIDTH = 80 };

/*
 * Writes `text` broken at blanks so that no line passes `width`, each line but the first indented
 * by `indent`; `column` is where the first one starts. A newline in the text stays one. Ends with a
 * newline. A word longer than the line is not broken.
 */
void sink_wrap(struct sink *sink, size_t column, size_t indent, size_t width, const char *text);

#endif
