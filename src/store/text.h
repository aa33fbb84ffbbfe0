/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of a store. It is what iptables-save -c prints, family by family, between comment lines
 * that iptables-restore passes over:
 *
 *     # postern store 1 checksum 2bb1f5e0a7d1c643
 *     # generation 12 last-handle 57
 *     # family ipv4
 *     *filter
 *     :INPUT DROP [7:420]
 *     [3:180] -A INPUT -s 192.0.2.1/32 -j ACCEPT
 *     COMMIT
 *     # handles INPUT 1 4-9
 *     # dialect ipchains
 *     # :input DENY [0:0]
 *     # [3:180] -A input -p tcp -d 0.0.0.0/0 25 -j ACCEPT
 *     # handles input 10
 *     # family ipv6
 *
 * The checksum (file_checksum) is of everything below the first line. The handles of a chain's
 * rules follow its table, runs of them as FIRST-LAST, so that a rule is known again after others
 * came and went. The tables of the older dialects (doc/dialects.md) are comments to iptables-restore,
 * each rule in the words that go with it into a kernel.
 */
#ifndef POSTERN_STORE_TEXT_H
#define POSTERN_STORE_TEXT_H

#include "base/err.h"
#include "base/sink.h"
#include "rules/rules.h"

/* All of the file; of rs, the tables that exist. */
void store_print(struct sink *sink, const struct ruleset *rs);

/*
 * One line of an older dialect's table, behind "# " and up to its end; -EINVAL when it is none (or
 * stands where it cannot). For store_parse.
 */
int store_parse_old(struct table *table, const char *line);

/*
 * Reads all of the file into an empty rule set. `path` is for errors: -EBADMSG with a text that
 * names it and says what is wrong. Nothing of rs is of use then, but freeing it.
 */
int store_parse(const char *text, size_t len, const char *path, struct ruleset *rs,
		struct err *err);

#endif
