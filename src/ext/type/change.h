/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listings of MARK and CONNMARK. */
#ifndef POSTERN_EXT_TYPE_CHANGE_H
#define POSTERN_EXT_TYPE_CHANGE_H

#include <stdint.h>

#include "base/sink.h"

/* " TITLE and 0xff", or whatever one word says what (old & ~mask) ^ value does. */
void change_list(struct sink *sink, const char *title, uint32_t value, uint32_t mask);

#endif
