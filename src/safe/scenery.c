// SPDX-License-Identifier: GPL-2.0-or-later
/* What a review knows besides rules, and the engines that it asks. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/file.h"
#include "base/num.h"
#include "ext/ext.h"
#include "kernel/host.h"
#include "kernel/sets.h"
#include "safe/boot.h"
#include "safe/probe.h"

void scenery_free(struct scenery *scenery)
{
	host_free(&scenery->host);
	ipsets_free(&scenery->sets);
	*scenery = SCENERY_INIT;
}

/* What the matches of a rule set need to be known. */
struct asked {
	unsigned looks;			/* enum looks */
	bool state;			/* some keep state from packet to packet */
};

static struct asked asked_by(const struct ruleset *rules)
{
	struct asked asked = { 0 };

	for (const struct table *t = rules->first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next)
			for (const struct rule *r = c->first; r; r = r->next)
				for (unsigned i = 0; i < r->match_count; i++) {
					const struct ext *ext = r->matches[i].ext;

					asked.looks |= ext->looks_at;
					asked.state |= ext->effect == EFFECT_STATEFUL;
				}
	return asked;
}

static bool names_sets(const struct ruleset *rules)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct named_sets names = { 0 };
	bool some;

	boot_set_names(&names, &arena, rules);
	some = names.count > 0;
	mem_free_ptr(&names.items);
	return some;
}

/* False: this kernel has no such setting, or does not tell it. */
static bool read_setting(const char *name, uint64_t *value)
{
	char path[96], text[24];
	const char *end;
	AUTO_FD fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/sys/net/netfilter/nf_conntrack_%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (n <= 0)
		return false;
	text[n] = '\0';
	return num_parse_decimal(text, &end, 0, UINT32_MAX, value);
}

/*
 * Settings that change what becomes of a lifeline's packets. Whether bytes are counted is none of
 * them: a rule that asks switches that on (connbytes_mt_check).
 */
static void read_tracking(struct conntrack_settings *settings)
{
	static const struct {
		const char *name;
		size_t at;
		bool is_switch;
	} rows[] = {
#define SETTING(name, member, is_switch) \
	{ name, offsetof(struct conntrack_settings, member), is_switch }
		SETTING("tcp_loose", tcp_loose, true),
		SETTING("tcp_be_liberal", tcp_be_liberal, true),
		SETTING("tcp_ignore_invalid_rst", tcp_ignore_invalid_rst, true),
		SETTING("tcp_max_retrans", tcp_max_retrans, false),
		SETTING("tcp_timeout_established", tcp_established, false),
		SETTING("tcp_timeout_syn_recv", tcp_syn_recv, false),
		SETTING("tcp_timeout_max_retrans", tcp_max_retrans_time, false),
		SETTING("tcp_timeout_unacknowledged", tcp_unacknowledged, false),
		SETTING("udp_timeout", udp, false),
		SETTING("udp_timeout_stream", udp_stream, false),
#undef SETTING
	};
	uint64_t value;

	*settings = CONNTRACK_USUAL;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (read_setting(rows[i].name, &value))
			uint_store((uint8_t *)settings + rows[i].at,
				   rows[i].is_switch ? sizeof(bool) : sizeof(uint32_t),
				   rows[i].is_switch ? value != 0 : value);
}

int scenery_read(struct scenery *scenery, const struct ruleset *before,
		 const struct ruleset *after, struct err *err)
{
	unsigned looks = asked_by(before).looks | asked_by(after).looks;
	struct err ignored = ERR_INIT;
	int r = scenery->host.known ? 0 : kernel_read_host(&scenery->host, err);

	if (!r && !scenery->knows_sets && (names_sets(before) || names_sets(after)))
		scenery->knows_sets = kernel_read_sets(&scenery->sets, &ignored) == 0;
	if (!r && !scenery->knows_neighbours && looks & LOOKS_AT_LINK)
		scenery->knows_neighbours = kernel_read_neighbours(&scenery->host, &ignored) == 0;
	scenery->asks_for_groups = looks & LOOKS_AT_GROUP;
	if (!r)
		read_tracking(&scenery->tracking);
	return r;
}

int probe_engine(struct engine **engine, const struct ruleset *rules,
		 const struct scenery *scenery, struct err *err)
{
	/* A few packets are not worth an index. */
	const struct engine_config config = {
		.rules = rules, .host = &scenery->host, .linear = true,
		.sets = scenery->knows_sets ? &scenery->sets : NULL,
		.limits = { .connections = 8, .expectations = 1, .fragments = 1 },
	};
	int r = engine_open(engine, &config, err);

	if (!r)
		conntrack_set(engine_conntrack(*engine), &scenery->tracking);
	return r;
}

bool probe_needs_time(const struct ruleset *rules)
{
	return asked_by(rules).state;
}
