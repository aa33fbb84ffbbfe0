// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading what the kernel says, from messages made here: for what not every kernel can be made to
 * say, and for what none should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "dialect/iptables.h"
#include "kernel/decode.h"
#include "kernel/members.h"

/* One message, and where it is open. */
struct made {
	uint32_t room[512];
	struct msg msg;
	uint8_t *list, *element, *data;
};

static void begin(struct made *m, uint16_t kind)
{
	msg_begin_nft(&m->msg, m->room, sizeof(m->room), kind, 0, 1, FAMILY_IPV4);
}

static void open_expr(struct made *m, const char *name)
{
	m->element = msg_open(&m->msg, NFTA_LIST_ELEM);
	msg_put_str(&m->msg, NFTA_EXPR_NAME, name);
	m->data = msg_open(&m->msg, NFTA_EXPR_DATA);
}

static void close_expr(struct made *m)
{
	msg_close(&m->msg, m->data);
	msg_close(&m->msg, m->element);
}

static void begin_rule(struct made *m)
{
	begin(m, NFT_MSG_NEWRULE);
	msg_put_u64(&m->msg, NFTA_RULE_HANDLE, 7);
	m->list = msg_open(&m->msg, NFTA_RULE_EXPRESSIONS);
}

static const struct nlmsghdr *end_rule(struct made *m)
{
	msg_close(&m->msg, m->list);
	msg_end(&m->msg);
	assert_false(m->msg.full);
	return m->msg.head;
}

/* Reads it into a chain; what a save says of it. */
static const char *words_of(struct ruleset *rs, const struct nlmsghdr *h, struct members *members)
{
	struct table *t = ruleset_add_table(rs, FAMILY_IPV4, "filter");
	struct chain *c = table_chain(t, "c") ? table_chain(t, "c") : table_add_chain(t, "c");
	AUTO_SINK text = SINK_MEMORY;

	assert_int_equal(decode_rule(rs, c, h, true, members), 0);
	if (members) {
		for (struct member_set *set = members->first; set; set = set->next)
			members_done(members, set);
		members_settle(members);
	}
	if (c->last->unsaid)
		return arena_printf(&rs->arena, "unsaid: %s", c->last->unsaid->text);
	iptables_save_rule(&text, FAMILY_IPV4, c->name, c->last, false);
	return arena_strdup(&rs->arena, sink_text(&text));
}

/* ------------------------------------------------------------------ queues */

static void put_queue(struct made *m, uint16_t number, uint16_t total, uint16_t flags)
{
	begin_rule(m);
	open_expr(m, "queue");
	msg_put_u16(&m->msg, NFTA_QUEUE_NUM, number);
	msg_put_u16(&m->msg, NFTA_QUEUE_TOTAL, total);
	msg_put_u16(&m->msg, NFTA_QUEUE_FLAGS, flags);
	close_expr(m);
}

static const char *queue_words(struct ruleset *rs, uint16_t number, uint16_t total, uint16_t flags)
{
	struct made m;

	put_queue(&m, number, total, flags);
	return words_of(rs, end_rule(&m), NULL);
}

static void queues_are_said(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;

	(void)state;
	assert_string_equal(queue_words(&rs, 3, 1, 0), "-A c -j NFQUEUE --queue-num 3");
	assert_string_equal(queue_words(&rs, 3, 1, NFT_QUEUE_FLAG_BYPASS),
			    "-A c -j NFQUEUE --queue-num 3 --queue-bypass");
	assert_string_equal(queue_words(&rs, 0, 4, NFT_QUEUE_FLAG_CPU_FANOUT),
			    "-A c -j NFQUEUE --queue-balance 0:3 --queue-cpu-fanout");
	/* Of one queue there is no choice. */
	assert_string_equal(queue_words(&rs, 5, 1, NFT_QUEUE_FLAG_CPU_FANOUT),
			    "-A c -j NFQUEUE --queue-num 5");
	assert_memory_equal(queue_words(&rs, 5, 1, 4), "unsaid", 6);
	assert_memory_equal(queue_words(&rs, 5, 0, 0), "unsaid", 6);
}

static void computed_queues_are_not(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct made m;

	(void)state;
	begin_rule(&m);
	open_expr(&m, "queue");
	msg_put_u32(&m.msg, NFTA_QUEUE_SREG_QNUM, NFT_REG32_00);
	close_expr(&m);
	assert_memory_equal(words_of(&rs, end_rule(&m), NULL), "unsaid", 6);
}

/* ------------------------------------------------------------------ sets */

/* "tcp dport { ... }", of a set called "s". */
static const struct nlmsghdr *port_rule(struct made *m)
{
	static const uint8_t tcp = IPPROTO_TCP;
	uint8_t *data;

	begin_rule(m);
	open_expr(m, "meta");
	msg_put_u32(&m->msg, NFTA_META_KEY, NFT_META_L4PROTO);
	msg_put_u32(&m->msg, NFTA_META_DREG, NFT_REG_1);
	close_expr(m);
	open_expr(m, "cmp");
	msg_put_u32(&m->msg, NFTA_CMP_SREG, NFT_REG_1);
	msg_put_u32(&m->msg, NFTA_CMP_OP, NFT_CMP_EQ);
	data = msg_open(&m->msg, NFTA_CMP_DATA);
	msg_put(&m->msg, NFTA_DATA_VALUE, &tcp, 1);
	msg_close(&m->msg, data);
	close_expr(m);
	open_expr(m, "payload");
	msg_put_u32(&m->msg, NFTA_PAYLOAD_DREG, NFT_REG_1);
	msg_put_u32(&m->msg, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	msg_put_u32(&m->msg, NFTA_PAYLOAD_OFFSET, 2);
	msg_put_u32(&m->msg, NFTA_PAYLOAD_LEN, 2);
	close_expr(m);
	open_expr(m, "lookup");
	msg_put_str(&m->msg, NFTA_LOOKUP_SET, "s");
	msg_put_u32(&m->msg, NFTA_LOOKUP_SREG, NFT_REG_1);
	close_expr(m);
	return end_rule(m);
}

static void put_set(struct made *m, uint32_t flags, uint32_t key_len)
{
	begin(m, NFT_MSG_NEWSET);
	msg_put_u32(&m->msg, NFTA_SET_FLAGS, flags);
	msg_put_u32(&m->msg, NFTA_SET_KEY_LEN, key_len);
	msg_end(&m->msg);
}

struct element {
	uint16_t port;
	uint32_t flags;
};

static void put_elements(struct made *m, const struct element *e, size_t count, uint16_t more)
{
	begin(m, NFT_MSG_NEWSETELEM);
	m->list = msg_open(&m->msg, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < count; i++) {
		m->element = msg_open(&m->msg, NFTA_LIST_ELEM);
		m->data = msg_open(&m->msg, NFTA_SET_ELEM_KEY);
		msg_put_u16(&m->msg, NFTA_DATA_VALUE, e[i].port);
		msg_close(&m->msg, m->data);
		if (e[i].flags)
			msg_put_u32(&m->msg, NFTA_SET_ELEM_FLAGS, e[i].flags);
		if (more)
			msg_put_u64(&m->msg, more, 1);
		msg_close(&m->msg, m->element);
	}
	msg_close(&m->msg, m->list);
	msg_end(&m->msg);
	assert_false(m->msg.full);
}

/* What is said of the rule when the set is of these. */
static const char *port_words(struct ruleset *rs, uint32_t flags, uint32_t key_len,
			      const struct element *e, size_t count, uint16_t more)
{
	AUTO_MEMBERS members = { .arena = &rs->arena };
	struct made set, elements, rule;
	struct member_set *wanted;

	put_set(&set, flags, key_len);
	put_elements(&elements, e, count, more);
	members_find(&members, "s");
	wanted = members.first;
	assert_int_equal(members_take_set(wanted, set.msg.head), 0);
	assert_int_equal(members_take_elements(&members, wanted, elements.msg.head), 0);
	return words_of(rs, port_rule(&rule), &members);
}

enum {
	OF_RULE = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT,
	END = NFT_SET_ELEM_INTERVAL_END,
};

#define PORTS "-A c -p tcp -m multiport --dports "
#define SAID(flags, want, ...) do { \
	const struct element e_[] = { __VA_ARGS__ }; \
	assert_string_equal(port_words(&rs, flags, 2, e_, ARRAY_SIZE(e_), 0), want); \
} while (0)
#define UNSAID(flags, key_len, more, ...) do { \
	const struct element e_[] = { __VA_ARGS__ }; \
	assert_memory_equal(port_words(&rs, flags, key_len, e_, ARRAY_SIZE(e_), more), \
			    "unsaid", 6); \
} while (0)

static void sets_of_ports_are_said(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	const uint32_t intervals = OF_RULE | NFT_SET_INTERVAL;

	(void)state;
	SAID(OF_RULE, PORTS "22,80", { 80, 0 }, { 22, 0 });
	SAID(OF_RULE, "-A c -p tcp -m tcp --dport 22", { 22, 0 });
	/* Edges in any order; a loose end in front, none behind the highest port. */
	SAID(intervals, PORTS "22,1000:2000", { 2001, END }, { 0, END }, { 22, 0 }, { 1000, 0 },
	     { 23, END });
	SAID(intervals, PORTS "22,60000:65535", { 22, 0 }, { 23, END }, { 60000, 0 });
	/* One ends where the next begins. */
	SAID(intervals, PORTS "1:9,10:19", { 1, 0 }, { 10, 0 }, { 10, END }, { 20, END });
}

static void other_sets_are_not(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	const uint32_t intervals = OF_RULE | NFT_SET_INTERVAL;

	(void)state;
	UNSAID(NFT_SET_CONSTANT, 2, 0, { 22, 0 }, { 80, 0 });
	UNSAID(NFT_SET_ANONYMOUS, 2, 0, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE | NFT_SET_MAP, 2, 0, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE | NFT_SET_OBJECT, 2, 0, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE | NFT_SET_TIMEOUT, 2, 0, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE | NFT_SET_CONCAT, 2, 0, { 22, 0 }, { 80, 0 });
	/* Keys of other lengths than the set's, longer ones than the field's. */
	UNSAID(OF_RULE, 4, 0, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE, 0, 0, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE, 17, 0, { 22, 0 }, { 80, 0 });
	/* Elements that count, or expire; ends where there are no intervals; the one for all. */
	UNSAID(OF_RULE, 2, NFTA_SET_ELEM_TIMEOUT, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE, 2, NFTA_SET_ELEM_EXPR, { 22, 0 }, { 80, 0 });
	UNSAID(OF_RULE, 2, 0, { 22, 0 }, { 80, END });
	UNSAID(OF_RULE, 2, 0, { 22, 0 }, { 80, NFT_SET_ELEM_CATCHALL });
	/* Empty; one inside of another; one that ends where it begins. */
	UNSAID(intervals, 2, 0, { 0, END });
	UNSAID(intervals, 2, 0, { 1, 0 }, { 2, 0 }, { 3, END });
	UNSAID(intervals, 2, 0, { 1, 0 }, { 1, END }, { 5, 0 }, { 6, END });
}

static void large_sets_are_shown_in_part(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct element e[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(e); i++)
		e[i] = (struct element){ (uint16_t)(2 * i), 0 };
	assert_non_null(strstr(port_words(&rs, OF_RULE, 2, e, ARRAY_SIZE(e), 0),
			       "tcp dport { 0, 2, 4, "));
	assert_non_null(strstr(port_words(&rs, OF_RULE, 2, e, ARRAY_SIZE(e), 0), ", ... }"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues_are_said),
		cmocka_unit_test(computed_queues_are_not),
		cmocka_unit_test(sets_of_ports_are_said),
		cmocka_unit_test(other_sets_are_not),
		cmocka_unit_test(large_sets_are_shown_in_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
