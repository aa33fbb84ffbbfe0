/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that write iptables' rules: places that a chain of the old dialects is copied to. */
#ifndef POSTERN_CONVERT_IPTABLES_H
#define POSTERN_CONVERT_IPTABLES_H

#include "convert/rows.h"

/* Where an address or port of the old chain is looked for. */
enum where {
	WHERE_PACKET,		/* as the packet has it */
	WHERE_ORIGINAL,		/* as its flow had it first: --ctorigdst of the destination */
	WHERE_REPLY,		/* as its flow's replies have it: --ctrepldst */
	WHERE_MASQ,		/* not yet there: the leaving device's address, ports of masquerading */
};

/* What the copy is for. */
enum purpose { FOR_VERDICTS, FOR_EFFECTS, FOR_NAT };

/* Tests of a row in a place, as text behind "-A CHAIN"; the device comes from `device`. */
struct tests {
	struct conversion *c;
	char device;			/* 'i' or 'o' */
	enum where src, dst;
	void (*each)(void *context, const struct row *row, const char *text);
	void *context;
};

/* Calls `each` for every rule of iptables that the row's tests need; never when it can fit nothing. */
void tests_print(const struct tests *tests, const struct row *row);

#endif
