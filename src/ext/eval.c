// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asks, answered: fields of THE table read from a packet and from what is known beside it, tests of
 * them, and the tests that follow from a declaration. Where a field is read by xtables matches only,
 * what they do with a packet too short for it is done here, too: it is dropped (hotdrop).
 */
#include "ext/eval.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ext/ext.h"

enum answer eval_unknown(struct eval *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	e->why = e->text;
	return ANSWER_UNKNOWN;
}

/* ---------------------------------------------------------------- the packet's bytes */

/*
 * Loads `len` bytes at `offset` from the start of the transport header. A fragment that is not the
 * first has none (nft_payload_eval). What a cut capture lacks is not known.
 */
static enum answer read_transport(struct eval *e, enum field field, size_t offset, size_t len,
				  uint8_t *bytes)
{
	const struct packet *p = e->packet;
	size_t end = p->transport + offset + len;

	if (p->fragment || end > p->len)
		return ANSWER_NO;
	if (end > p->captured)
		return eval_unknown(e, "the %s lies behind the end of the capture",
				    field_table[field].words);
	memcpy(bytes, p->bytes + p->transport + offset, len);
	return ANSWER_YES;
}

/*
 * nft_payload_fast_eval() of Linux 6.18 does not look at the fragment offset: it takes the payload
 * of a later fragment for a header, and in IPv6, where ipv6_find_hdr() then tells no offset, the
 * network header. Matches of xtables do look.
 */
enum answer field_read_later(struct eval *e, enum field field, uint8_t bytes[16])
{
	const struct field_info *info = &field_table[field];
	const struct packet *p = e->packet;
	size_t at = (p->family == FAMILY_IPV6 ? 0 : p->transport) + info->key;

	memset(bytes, 0, 16);
	if (at + info->len > p->len)
		return ANSWER_NO;
	if (at + info->len > p->captured)
		return eval_unknown(e, "the %s lies behind the end of the capture", info->words);
	memcpy(bytes, p->bytes + at, info->len);
	return ANSWER_YES;
}

/* The same for a match of xtables: it drops a packet whose header of `need` bytes is not whole. */
static enum answer read_whole(struct eval *e, enum field field, size_t need, size_t offset,
			      size_t len, uint8_t *bytes)
{
	uint8_t unused;

	if (e->packet->fragment)
		return ANSWER_NO;
	if (e->packet->transport + need > e->packet->len) {
		e->hotdrop = true;
		return ANSWER_NO;
	}
	if (read_transport(e, field, need - 1, 1, &unused) == ANSWER_UNKNOWN)
		return ANSWER_UNKNOWN;
	return read_transport(e, field, offset, len, bytes);
}

static enum answer read_network(struct eval *e, enum field field, enum family family,
				uint8_t *bytes)
{
	const struct field_info *info = &field_table[field];

	if (e->packet->family != family)
		return ANSWER_NO;
	memcpy(bytes, e->packet->bytes + info->key, info->len);
	return ANSWER_YES;
}

/* xt_mac.c: an Ethernet header, or no answer at all. */
static enum answer read_ether(struct eval *e, uint8_t *bytes)
{
	enum { HEADER = 14, SOURCE = 6, LEN = 6 };

	if (e->packet->link && e->packet->link_len >= HEADER) {
		memcpy(bytes, e->packet->link + SOURCE, LEN);
		return ANSWER_YES;
	}
	if (e->meta->known & KNOWN_LINK)
		return ANSWER_NO;
	return eval_unknown(e, "the source hardware address is not known");
}

bool field_drops_unfit(enum field field)
{
	return field == FIELD_ICMP || field == FIELD_ICMP6 || field == FIELD_AH_SPI ||
	       field == FIELD_ESP_SPI || field == FIELD_IPCOMP_CPI;
}

/* ---------------------------------------------------------------- beside the bytes */

static bool is_known(struct eval *e, enum field field, unsigned bit, enum answer *answer)
{
	if (e->meta->known & bit)
		return true;
	*answer = eval_unknown(e, "the %s is not known", field_table[field].words);
	return false;
}

static enum answer read_uint(struct eval *e, enum field field, unsigned bit, uint32_t value,
			     uint8_t *bytes)
{
	enum answer answer;

	if (!is_known(e, field, bit, &answer))
		return answer;
	uint_store(bytes, field_table[field].len, value);
	return ANSWER_YES;
}

static enum answer read_device(struct eval *e, enum field field, unsigned bit, const char *name,
			       uint8_t *bytes)
{
	enum answer answer;

	if (!is_known(e, field, bit, &answer))
		return answer;
	memcpy(bytes, name, strnlen(name, IFNAMSIZ));
	return ANSWER_YES;
}

/* No device, no group: the expression breaks. */
static enum answer read_group(struct eval *e, enum field field, unsigned bit, const char *name,
			      uint32_t group, uint8_t *bytes)
{
	if (e->meta->known & bit && !*name)
		return ANSWER_NO;
	return read_uint(e, field, bit, group, bytes);
}

static enum answer read_owner(struct eval *e, enum field field, uint32_t id, uint8_t *bytes)
{
	if (e->meta->known & KNOWN_OWNER && !e->meta->has_socket)
		return ANSWER_NO;
	return read_uint(e, field, KNOWN_OWNER, id, bytes);
}

/* xt_pkttype.c: what comes back to this host was sent to all, or to a group. */
static enum answer read_pkttype(struct eval *e, uint8_t *bytes)
{
	const struct packet *p = e->packet;
	uint8_t type = e->meta->pkttype;
	bool group = p->family == FAMILY_IPV6 ? *packet_daddr(p) == 0xff :
						(*packet_daddr(p) & 0xf0) == 0xe0;

	if (type == PACKET_LOOPBACK)
		type = group ? PACKET_MULTICAST : PACKET_BROADCAST;
	return read_uint(e, FIELD_PKTTYPE, KNOWN_PKTTYPE, type, bytes);
}

/* ---------------------------------------------------------------- the connection */

/* NF_CT_STATE_BIT, NF_CT_STATE_INVALID_BIT and NF_CT_STATE_UNTRACKED_BIT of the kernel. */
static uint32_t state_bit(enum conn_state state)
{
	switch (state) {
	case CONN_INVALID:
		return 1;
	case CONN_ESTABLISHED:
		return 1u << (IP_CT_ESTABLISHED + 1);
	case CONN_RELATED:
		return 1u << (IP_CT_RELATED + 1);
	case CONN_NEW:
		return 1u << (IP_CT_NEW + 1);
	case CONN_UNTRACKED:
		return 1u << 6;
	}
	return 0;
}

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* The kernel keeps type and code where others have the destination port. */
static void put_port(const struct tuple *t, bool source, uint8_t *bytes)
{
	const uint8_t icmp[2] = { t->icmp_type, t->icmp_code };

	memcpy(bytes, source ? (const void *)&t->sport :
	       is_icmp(t->proto) ? (const void *)icmp : (const void *)&t->dport, 2);
}

/*
 * nf_ct_expires(): before it is confirmed, a connection's time is none of the clock, and looks as if it
 * were over.
 */
uint64_t conn_time_left(const struct eval *e)
{
	const struct connection *c = e->ct.conn;

	return c->status & IPS_CONFIRMED && c->expires > e->world->now ?
	       c->expires - e->world->now : 0;
}

static void put_expiration(const struct eval *e, uint8_t *bytes)
{
	uint64_t left = conn_time_left(e) / 1000000;

	uint_store(bytes, 4, left < UINT32_MAX ? left : UINT32_MAX);
}

static enum answer read_connection(struct eval *e, enum field field, uint8_t *bytes)
{
	const struct connection *c = e->ct.conn;
	const struct tuple *t;

	if (!e->ct.known)
		return eval_unknown(e, "the %s is not known", field_table[field].words);
	if (field == FIELD_CT_STATE) {
		uint_store(bytes, 4, state_bit(e->ct.state));
		return ANSWER_YES;
	}
	if (!c)
		return ANSWER_NO;
	t = &c->way[field_table[field].direction];
	if (field == FIELD_CT_STATUS)
		uint_store(bytes, 4, c->status);
	else if (field == FIELD_CT_MARK)
		uint_store(bytes, 4, c->mark);
	else if (field == FIELD_CT_DIRECTION)
		bytes[0] = e->ct.direction;
	else if (field == FIELD_CT_EXPIRATION)
		put_expiration(e, bytes);
	else if (field == FIELD_CT_PROTO)
		bytes[0] = t->proto;
	else if (field == FIELD_CT_ORIG_SADDR || field == FIELD_CT_REPL_SADDR)
		memcpy(bytes, &t->src, addr_len(e->family));
	else if (field == FIELD_CT_ORIG_DADDR || field == FIELD_CT_REPL_DADDR)
		memcpy(bytes, &t->dst, addr_len(e->family));
	else
		put_port(t, field == FIELD_CT_ORIG_SPORT || field == FIELD_CT_REPL_SPORT, bytes);
	return ANSWER_YES;
}

/* ---------------------------------------------------------------- THE table, read */

static enum answer read_byte(uint8_t *bytes, uint8_t value)
{
	bytes[0] = value;
	return ANSWER_YES;
}

static enum answer read_length(const struct packet *p, uint8_t *bytes)
{
	uint_store(bytes, 4, p->len);
	return ANSWER_YES;
}

enum answer field_read(struct eval *e, enum field field, uint8_t bytes[16])
{
	const struct meta *m = e->meta;
	const struct packet *p = e->packet;

	memset(bytes, 0, 16);
	switch (field) {
	case FIELD_NONE:
	case FIELD_TCP_OPTION:		/* there may be several; -m tcp looks itself */
	case FIELD_COUNT:
		return ANSWER_NO;
	case FIELD_IIFNAME:
		return read_device(e, field, KNOWN_IN, m->in, bytes);
	case FIELD_OIFNAME:
		return read_device(e, field, KNOWN_OUT, m->out, bytes);
	case FIELD_MARK:
		return read_uint(e, field, KNOWN_MARK, m->mark, bytes);
	case FIELD_L4PROTO:
		return read_byte(bytes, p->proto);
	case FIELD_LENGTH:
		return read_length(p, bytes);
	case FIELD_PKTTYPE:
		return read_pkttype(e, bytes);
	case FIELD_SKUID:
		return read_owner(e, field, m->uid, bytes);
	case FIELD_SKGID:
		return read_owner(e, field, m->gid, bytes);
	case FIELD_CPU:
		return read_uint(e, field, KNOWN_CPU, m->cpu, bytes);
	case FIELD_IIFGROUP:
		return read_group(e, field, KNOWN_IN, m->in, m->in_group, bytes);
	case FIELD_OIFGROUP:
		return read_group(e, field, KNOWN_OUT, m->out, m->out_group, bytes);
	case FIELD_RTCLASSID:
		return read_uint(e, field, KNOWN_REALM, m->realm, bytes);
	case FIELD_IP_SADDR:
	case FIELD_IP_DADDR:
	case FIELD_IP_PROTOCOL:
	case FIELD_IP_FRAG_OFF:
	case FIELD_IP_TTL:
	case FIELD_IP_LENGTH:
		return read_network(e, field, FAMILY_IPV4, bytes);
	case FIELD_IP_TOS:		/* -m tos asks for it in both families */
		return read_byte(bytes, packet_tos(p));
	case FIELD_IP6_SADDR:
	case FIELD_IP6_DADDR:
	case FIELD_IP6_HOPLIMIT:
	case FIELD_IP6_TRAFFIC_CLASS:
		return read_network(e, field, FAMILY_IPV6, bytes);
	case FIELD_SPORT:
	case FIELD_DPORT:
	case FIELD_TCP_FLAGS:
	case FIELD_ICMP_TYPE:
	case FIELD_ICMP_CODE:
	case FIELD_ICMP6_TYPE:
	case FIELD_ICMP6_CODE:
		return read_transport(e, field, field_table[field].key, field_table[field].len,
				      bytes);
	case FIELD_ICMP:		/* icmp_match() and icmp6_match(): all of the header */
	case FIELD_ICMP6:
		return read_whole(e, field, 8, 0, 2, bytes);
	case FIELD_ETHER_SADDR:
		return read_ether(e, bytes);
	case FIELD_DSCP:
		return read_byte(bytes, packet_tos(p) >> 2);
	case FIELD_ECN:
		return read_byte(bytes, packet_tos(p) & 3);
	case FIELD_AH_SPI:		/* ipt_ah.c */
		return read_whole(e, field, 12, 4, 4, bytes);
	case FIELD_ESP_SPI:		/* xt_esp.c */
		return read_whole(e, field, 8, 0, 4, bytes);
	case FIELD_IPCOMP_CPI:		/* xt_ipcomp.c; 16 bits, asked for as 32 */
		return read_whole(e, field, 4, 2, 2, bytes + 2);
	case FIELD_CT_STATE:
	case FIELD_CT_STATUS:
	case FIELD_CT_MARK:
	case FIELD_CT_DIRECTION:
	case FIELD_CT_EXPIRATION:
	case FIELD_CT_PROTO:
	case FIELD_CT_ORIG_SADDR:
	case FIELD_CT_ORIG_DADDR:
	case FIELD_CT_REPL_SADDR:
	case FIELD_CT_REPL_DADDR:
	case FIELD_CT_ORIG_SPORT:
	case FIELD_CT_ORIG_DPORT:
	case FIELD_CT_REPL_SPORT:
	case FIELD_CT_REPL_DPORT:
		return read_connection(e, field, bytes);
	}
	return ANSWER_NO;
}

/* ---------------------------------------------------------------- tests */

static bool is_masked(const struct ask *ask, const uint8_t *bytes)
{
	for (size_t i = 0; i < ask->len; i++)
		if ((bytes[i] & ask->mask[i]) != ask->low[i])
			return false;
	return true;
}

static bool has_any_bit(const struct ask *ask, const uint8_t *bytes)
{
	for (size_t i = 0; i < ask->len; i++)
		if (bytes[i] & ask->mask[i])
			return true;
	return false;
}

static bool is_between(const struct ask *ask, const uint8_t *bytes)
{
	uint64_t value;

	if (!field_table[ask->field].host_order)
		return memcmp(bytes, ask->low, ask->len) >= 0 &&
		       memcmp(bytes, ask->high, ask->len) <= 0;
	value = field_uint(ask->field, bytes);
	return value >= field_uint(ask->field, ask->low) &&
	       value <= field_uint(ask->field, ask->high);
}

bool ask_holds(const struct ask *ask, const uint8_t bytes[16])
{
	switch (ask->relation) {
	case REL_EQUAL:
		return is_masked(ask, bytes);
	case REL_RANGE:
		return is_between(ask, bytes);
	case REL_ANY_BIT:
		return has_any_bit(ask, bytes);
	case REL_ONE_OF:	/* no ask has several values */
		return false;
	}
	return false;
}

enum answer ask_answer(struct eval *e, const struct ask *ask)
{
	uint8_t bytes[16];
	enum answer there = field_read(e, ask->field, bytes);

	return there == ANSWER_YES ? answer_of(ask_holds(ask, bytes) != ask->negate) : there;
}

enum answer test_answer(struct eval *e, const struct test *test)
{
	struct ask other = test->ask, plain = test->ask;
	enum answer a, b;

	if (!test->field_or)
		return ask_answer(e, &test->ask);
	other.field = test->field_or;
	other.negate = plain.negate = false;
	a = ask_answer(e, &plain);
	b = ask_answer(e, &other);
	if (a == ANSWER_YES || b == ANSWER_YES)
		return answer_of(!test->ask.negate);
	if (a == ANSWER_UNKNOWN || b == ANSWER_UNKNOWN)
		return ANSWER_UNKNOWN;
	return answer_of(test->ask.negate);
}

/* ---------------------------------------------------------------- uses */

static bool test_from_option(const struct opt *o, const void *data, struct test *test)
{
	*test = (struct test){ .ask = { .field = o->field }, .field_or = o->field_or, .opt = o };
	if (!o->field || !o->type || !o->type->ask ||
	    !o->type->ask(o, (const char *)data + o->at.at, &test->ask) ||
	    test->ask.relation == REL_ONE_OF)
		return false;
	test->ask.negate ^= opt_is_negated(o, data);
	return true;
}

enum answer opt_answer(struct eval *e, const struct opt *opt, const void *data)
{
	struct test test;

	return test_from_option(opt, data, &test) ? test_answer(e, &test) :
	       eval_unknown(e, "what --%s says is not known", opt->name);
}

/* Of all options that stand there; -1 when one of them cannot be said. */
static int tests_from_options(enum family family, const struct use *use, struct test *tests,
			      size_t room, bool *blob)
{
	const struct opt *o;
	size_t count = 0;

	for (size_t n = 0; (o = opt_shown(use->ext, n, false)) != NULL; n++) {
		if (!opt_is_present(use->ext, family, o, use->data))
			continue;
		if (count == room || !test_from_option(o, use->data, &tests[count]))
			return -1;
		*blob |= (o->flags & OPT_BLOB) != 0;
		count++;
	}
	return (int)count;
}

static bool has_fields(const struct ext *ext)
{
	for (const struct opt *o = ext->opts; o && o->name; o++)
		if (o->field)
			return true;
	return false;
}

int use_asks(enum family family, const struct use *use, struct test *tests, size_t room)
{
	bool blob = false;

	if (use->ext->always)
		return 0;
	if (use->ext->unknowable || !has_fields(use->ext))
		return -1;
	return tests_from_options(family, use, tests, room, &blob);
}

int use_tests(enum family family, const struct use *use, struct test *tests, size_t room)
{
	const struct ext *ext = use->ext;
	bool blob = false;
	int count;

	if (ext->always)
		return 0;
	if (ext->unknowable || !has_fields(ext))
		return -1;
	count = tests_from_options(family, use, tests, room, &blob);
	if (!ext->match || count < 0)
		return count;
	/* What nf_tables evaluates itself breaks where a match would drop. */
	if (ext->native && !ext->lower && count > 0 && !blob)
		return count;
	return ext->one_is_its_field && count == 1 ? count : -1;
}

enum answer use_answer(struct eval *e, const struct use *use, void *state)
{
	struct test tests[TESTS_MOST];
	enum answer all = ANSWER_YES;
	int count;

	if (use->ext->unknowable)
		return eval_unknown(e, "%s", use->ext->unknowable);
	count = use_tests(e->family, use, tests, TESTS_MOST);
	if (count < 0 && use->ext->match)
		return use->ext->match(e, use->data, state);
	if (count < 0)
		return eval_unknown(e, "what -m %s answers is known to the kernel only",
				    use->ext->name);
	for (int i = 0; i < count; i++) {
		enum answer answer = test_answer(e, &tests[i]);

		if (answer == ANSWER_NO)
			return ANSWER_NO;
		if (answer == ANSWER_UNKNOWN)
			all = ANSWER_UNKNOWN;
	}
	return all;
}
