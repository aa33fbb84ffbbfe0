/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pass: permission to change what filters packets. Opaque here; only safe/ makes one, and every
 * way to apply a plan asks for one.
 */
#ifndef POSTERN_PLAN_PASS_H
#define POSTERN_PLAN_PASS_H

struct pass;

#endif
