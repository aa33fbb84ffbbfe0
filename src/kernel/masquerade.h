/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time-outs of the flows that a table of ipchains or ipfwadm masquerades. They are objects of that
 * table: other connections, and the sysctls of all, are not touched.
 */
#ifndef POSTERN_KERNEL_MASQUERADE_H
#define POSTERN_KERNEL_MASQUERADE_H

#include <stdint.h>

#include "base/err.h"

/* In seconds: of an open TCP connection, of one that is being closed, of UDP. */
enum masq_timeout { TIMEOUT_TCP, TIMEOUT_FIN, TIMEOUT_UDP, TIMEOUT_COUNT };

/*
 * Sets those that are not 0, for flows that begin from now on: the kernel ties a flow to its
 * time-outs when it begins. The table has to be there. 0, or -errno with err set: ERR_OTHER.
 */
int kernel_set_timeouts(const char *table, const uint32_t timeouts[TIMEOUT_COUNT],
			struct err *err);

#endif
