// SPDX-License-Identifier: GPL-2.0-or-later
/* What a test expects of a packet: a row for each word behind "expect". */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/trial.h"

/* Word n of the statement, from 1; "" when it is not there. */
static const char *word(const struct words *words, size_t n)
{
	return n < words->count ? words->items[n] : "";
}

static int is_fate(const struct trial *t, const struct words *words, struct sink *got)
{
	trial_print_outcome(got, t);
	return !strcmp(word(words, 0), fate_word(t->outcome.fate));
}

/* "to here", "to eth1": where it goes. */
static int is_way(const struct trial *t, const struct words *words, struct sink *got)
{
	const char *out = t->outcome.fate == FATE_DELIVERED ? "here" : t->outcome.meta.out;

	if (fate_status(t->outcome.fate)) {
		trial_print_outcome(got, t);
		return 0;
	}
	sink_printf(got, "to %s", out);
	return !strcmp(word(words, 1), out);
}

/* "rule CHAIN NUMBER [in TABLE]" or "rule COMMENT". */
static int is_rule(const struct trial *t, const struct words *words, struct sink *got)
{
	const struct outcome *o = &t->outcome;
	AUTO_SINK rule = SINK_MEMORY;
	uint64_t number;

	trial_print_outcome(got, t);
	if (!o->rule)
		return 0;
	if (words->count >= 3 && num_parse(word(words, 2), 1, UINT32_MAX, &number))
		return !strcmp(o->chain->name, word(words, 1)) && o->number == number &&
		       (words->count < 5 || !strcmp(o->table->name, word(words, 4)));
	/* A comment, or anything else that stands in the rule. */
	print_rule_in(&rule, o->chain, o->rule);
	return strstr(sink_text(&rule), word(words, 1)) != NULL;
}

static int is_policy(const struct trial *t, const struct words *words, struct sink *got)
{
	const struct outcome *o = &t->outcome;

	trial_print_outcome(got, t);
	return !o->rule && o->chain && !strcmp(o->chain->name, word(words, 1));
}

static void print_end(struct sink *sink, const struct packet *p, bool source)
{
	const uint8_t *ports = packet_transport(p, 4);
	union inet_addr addr = { 0 };
	bool bracket = p->family == FAMILY_IPV6 && p->has_ports;

	memcpy(addr.bytes, source ? packet_saddr(p) : packet_daddr(p),
	       addr_len((enum family)p->family));
	sink_str(sink, bracket ? "[" : "");
	addr_print(sink, (enum family)p->family, &addr);
	sink_str(sink, bracket ? "]" : "");
	if (p->has_ports && ports)
		sink_printf(sink, ":%u", ntohs(packet_be16(ports + (source ? 0 : 2))));
}

/* "source 192.0.2.1" or with a port, "[2001:db8::1]:80". */
static int is_end(const struct trial *t, const struct words *words, struct sink *got)
{
	const char *want = word(words, 1), *text;
	size_t len = strlen(want);

	print_end(got, &t->packet, word(words, 0)[0] == 's');
	text = sink_text(got);
	if (!strcmp(text, want))
		return 1;
	/* Without its port. */
	if (t->packet.family == FAMILY_IPV6 && *text == '[')
		return !strncmp(text + 1, want, len) && text[len + 1] == ']';
	return !strncmp(text, want, len) && text[len] == ':';
}

static int is_state(const struct trial *t, const struct words *words, struct sink *got)
{
	static const char *const states[] = {
		[CONN_INVALID] = "INVALID", [CONN_NEW] = "NEW", [CONN_RELATED] = "RELATED",
		[CONN_ESTABLISHED] = "ESTABLISHED", [CONN_UNTRACKED] = "UNTRACKED",
	};

	sink_str(got, states[t->outcome.ct.state]);
	return !strcmp(sink_text(got), word(words, 1));
}

static int is_tcp(const struct trial *t, const struct words *words, struct sink *got)
{
	const struct connection *conn = t->outcome.ct.conn;

	sink_str(got, conn ? conntrack_tcp_state(engine_conntrack(t->engine), conn) :
			     "no connection");
	return !strcmp(sink_text(got), word(words, 1));
}

static bool count_one(void *context, struct connection *conn)
{
	(void)conn;
	++*(uint64_t *)context;
	return true;
}

/* How many connections are tracked by now. */
static int is_connections(const struct trial *t, const struct words *words, struct sink *got)
{
	uint64_t want, count = 0;

	conntrack_each(engine_conntrack(t->engine), t->now, count_one, &count);
	sink_u64(got, count);
	return num_parse(word(words, 1), 0, UINT32_MAX, &want) && want == count;
}

/* How many are expected: FTP's data, say. */
static int is_expectations(const struct trial *t, const struct words *words, struct sink *got)
{
	uint32_t count = conntrack_counts(engine_conntrack(t->engine))->expectations;
	uint64_t want;

	sink_u64(got, count);
	return num_parse(word(words, 1), 0, UINT32_MAX, &want) && want == count;
}

static int is_mark(const struct trial *t, const struct words *words, struct sink *got)
{
	uint64_t mark;

	sink_hex(got, t->outcome.meta.mark);
	return num_parse(word(words, 1), 0, UINT32_MAX, &mark) && mark == t->outcome.meta.mark;
}

static int is_tos(const struct trial *t, const struct words *words, struct sink *got)
{
	uint64_t tos;

	sink_hex(got, packet_tos(&t->packet));
	return num_parse(word(words, 1), 0, 255, &tos) && tos == packet_tos(&t->packet);
}

static const struct {
	const char *name, *usage;
	size_t least, most;	/* words, the name among them */
	int (*check)(const struct trial *t, const struct words *words, struct sink *got);
} expectations[] = {
	{ "accepted", "accepted", 1, 1, is_fate }, { "dropped", "dropped", 1, 1, is_fate },
	{ "rejected", "rejected", 1, 1, is_fate }, { "unknown", "unknown", 1, 1, is_fate },
	{ "queued", "queued", 1, 1, is_fate }, { "held", "held", 1, 1, is_fate },
	{ "to", "to here|DEVICE", 2, 2, is_way },
	{ "rule", "rule COMMENT, or rule CHAIN NUMBER [in TABLE]", 2, 5, is_rule },
	{ "policy", "policy CHAIN", 2, 2, is_policy },
	{ "source", "source ADDRESS[:PORT]", 2, 2, is_end },
	{ "destination", "destination ADDRESS[:PORT]", 2, 2, is_end },
	{ "state", "state NEW|ESTABLISHED|RELATED|INVALID|UNTRACKED", 2, 2, is_state },
	{ "connections", "connections NUMBER", 2, 2, is_connections },
	{ "expectations", "expectations NUMBER", 2, 2, is_expectations },
	{ "tcp", "tcp STATE", 2, 2, is_tcp }, { "mark", "mark NUMBER", 2, 2, is_mark },
	{ "tos", "tos NUMBER", 2, 2, is_tos },
};

int trial_expect(struct trial *t, const struct words *words, struct sink *got, struct err *err)
{
	const char *names[ARRAY_SIZE(expectations)], *nearest;

	if (!t->has_packet)
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "nothing was sent yet");
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
		names[i] = expectations[i].name;
		if (strcmp(word(words, 0), names[i]) != 0)
			continue;
		if (words->count < expectations[i].least || words->count > expectations[i].most)
			return err_set(err, ERR_SYNTAX, PLACE_NONE, "usage: expect %s",
				       expectations[i].usage);
		return expectations[i].check(t, words, got);
	}
	nearest = err_nearest(word(words, 0), names, ARRAY_SIZE(names));
	return err_set(err, ERR_SYNTAX, PLACE_NONE,
		       "nothing can be expected that is called `%s'%s%s", word(words, 0),
		       nearest ? "; did you mean " : "", nearest ? nearest : "");
}
