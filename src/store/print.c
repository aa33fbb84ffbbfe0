// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing the file of a store (text.h). */
#include "base/file.h"
#include "dialect/ipchains.h"
#include "dialect/iptables.h"
#include "store/text.h"

static void print_handles(struct sink *sink, const struct chain *c)
{
	const struct rule *r = c->first;

	if (!r)
		return;
	sink_str(sink, "# handles ");
	sink_str(sink, c->name);
	while (r) {
		uint64_t first = r->handle, last = first;

		while ((r = r->next) && r->handle == last + 1)
			last++;
		sink_char(sink, ' ');
		sink_u64(sink, first);
		if (last == first)
			continue;
		sink_char(sink, '-');
		sink_u64(sink, last);
	}
	sink_char(sink, '\n');
}

static void print_family(struct sink *sink, const struct ruleset *rs, enum family family,
			 const char *name)
{
	sink_printf(sink, "# family %s\n", name);
	for (size_t i = 0; i < builtin_table_count; i++) {
		const struct table *t = ruleset_table(rs, family, builtin_tables[i].name);

		if (!t || !t->exists)
			continue;
		iptables_save_table(sink, t, true);
		for (const struct chain *c = t->first; c; c = c->next)
			print_handles(sink, c);
	}
}

static void print_old_rules(struct sink *sink, const struct old_words *words,
			    const struct chain *c)
{
	for (const struct rule *r = c->first; r; r = r->next) {
		sink_printf(sink, "# [%llu:%llu] -A %s ", (unsigned long long)r->counters.packets,
			    (unsigned long long)r->counters.bytes, c->name);
		words->print(sink, c->name, r);
		sink_char(sink, '\n');
	}
}

/* Policies in the words of ipchains, which has them all. */
static void print_old(struct sink *sink, const struct table *t, enum dialect dialect)
{
	sink_printf(sink, "# dialect %s\n", t->name);
	for (const struct chain *c = t->first; c; c = c->next)
		sink_printf(sink, "# :%s %s [%llu:%llu]\n", c->name, ipchains_policy(c),
			    (unsigned long long)c->counters.packets,
			    (unsigned long long)c->counters.bytes);
	for (const struct chain *c = t->first; c; c = c->next)
		print_old_rules(sink, old_words(dialect), c);
	for (const struct chain *c = t->first; c; c = c->next)
		print_handles(sink, c);
}

static void print_olds(struct sink *sink, const struct ruleset *rs)
{
	for (const struct table *t = rs->first; t; t = t->next) {
		const struct builtin_table *old = old_table(t->family, t->name);

		if (old && t->exists)
			print_old(sink, t, old->dialect);
	}
}

void store_print(struct sink *sink, const struct ruleset *rs)
{
	AUTO_SINK body = SINK_MEMORY;

	sink_printf(&body, "# generation %u last-handle %llu\n", rs->generation,
		    (unsigned long long)rs->last_handle);
	print_family(&body, rs, FAMILY_IPV4, "ipv4");
	print_olds(&body, rs);
	print_family(&body, rs, FAMILY_IPV6, "ipv6");
	sink_printf(sink, "# postern store 1 checksum %016llx\n",
		    (unsigned long long)file_checksum(0, body.text, body.len));
	sink_bytes(sink, body.text, body.len);
}
