// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Time-outs of masqueraded flows. The kernel cannot change such an object, and one that is deleted
 * leaves its flows to the time-outs of all others; so a change makes a new object, named by what it
 * says, tells the rules to hand that one out, and leaves the old one to the flows that have it.
 */
#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nfnetlink_cttimeout.h>

#include "kernel/expr.h"
#include "kernel/frame.h"

enum { TRIES = 64, PROTO_TCP = 6, PROTO_UDP = 17, NAME_ROOM = 48 };

static const char masq_chain[] = "mark-masq";

/* linux/ip_masq.h of linux 2.2: 15 and 2 minutes, 5 minutes. */
const uint32_t masq_timeouts[TIMEOUT_COUNT] = { 900, 120, 300 };

/* The states of a TCP connection that is being closed. */
static const uint16_t closing[] = {
	CTA_TIMEOUT_TCP_FIN_WAIT, CTA_TIMEOUT_TCP_CLOSE_WAIT, CTA_TIMEOUT_TCP_LAST_ACK,
	CTA_TIMEOUT_TCP_TIME_WAIT,
};

static int add_timeout(const struct frame_batch *f, const char *name, uint8_t proto,
		       const uint32_t timeouts[TIMEOUT_COUNT])
{
	uint8_t *data, *values;
	struct msg msg;

	frame_begin_object(f, &msg, NFT_OBJECT_CT_TIMEOUT, name);
	data = msg_open(&msg, NFTA_OBJ_DATA);
	msg_put_u16(&msg, NFTA_CT_TIMEOUT_L3PROTO, NFPROTO_IPV4);
	msg_put(&msg, NFTA_CT_TIMEOUT_L4PROTO, &proto, sizeof(proto));
	values = msg_open(&msg, NFTA_CT_TIMEOUT_DATA);
	if (proto == PROTO_TCP) {
		msg_put_u32(&msg, CTA_TIMEOUT_TCP_ESTABLISHED, timeouts[TIMEOUT_TCP]);
		for (size_t i = 0; i < ARRAY_SIZE(closing); i++)
			msg_put_u32(&msg, closing[i], timeouts[TIMEOUT_FIN]);
	} else {
		msg_put_u32(&msg, CTA_TIMEOUT_UDP_UNREPLIED, timeouts[TIMEOUT_UDP]);
		msg_put_u32(&msg, CTA_TIMEOUT_UDP_REPLIED, timeouts[TIMEOUT_UDP]);
	}
	msg_close(&msg, values);
	msg_close(&msg, data);
	return batch_done(f->batch, &msg);
}

int frame_add_timeouts(const struct frame_batch *f, const uint32_t timeouts[TIMEOUT_COUNT])
{
	int r = add_timeout(f, "masq-tcp", PROTO_TCP, timeouts);

	return r ? r : add_timeout(f, "masq-udp", PROTO_UDP, timeouts);
}

/* ------------------------------------------------------------------ what is in force */

struct in_force {
	char tcp[NAME_ROOM], udp[NAME_ROOM];	/* objects; "": none */
	bool helper;
	uint32_t timeouts[TIMEOUT_COUNT];
};

/* The rules hand out one object for each protocol; which one is for which its name tells. */
static int take_rule(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *rule[NFTA_RULE_MAX + 1], *element;
	struct in_force *now = context;
	struct attrs list;
	struct expr e;

	attr_table(attr_of_message(h), rule, NFTA_RULE_MAX);
	list = attr_inside(rule[NFTA_RULE_EXPRESSIONS]);
	while ((element = attr_next(&list))) {
		if (!expr_read(&e, element) || e.kind != EXPR_OBJECT || !e.object.name)
			continue;
		if (e.object.type == NFT_OBJECT_CT_HELPER)
			now->helper = true;
		else if (e.object.type == NFT_OBJECT_CT_TIMEOUT)
			snprintf(strncmp(e.object.name, "masq-tcp", 8) ? now->udp : now->tcp,
				 NAME_ROOM, "%s", e.object.name);
	}
	return 0;
}

static int take_object(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *obj[NFTA_OBJ_MAX + 1], *data[NFTA_CT_TIMEOUT_MAX + 1];
	const struct nlattr *values[CTA_TIMEOUT_TCP_MAX + 1];
	struct in_force *now = context;

	attr_table(attr_of_message(h), obj, NFTA_OBJ_MAX);
	attr_table(attr_inside(obj[NFTA_OBJ_DATA]), data, NFTA_CT_TIMEOUT_MAX);
	attr_table(attr_inside(data[NFTA_CT_TIMEOUT_DATA]), values, CTA_TIMEOUT_TCP_MAX);
	if (!data[NFTA_CT_TIMEOUT_L4PROTO] || attr_len(data[NFTA_CT_TIMEOUT_L4PROTO]) != 1)
		return -EBADMSG;
	if (*(const uint8_t *)attr_data(data[NFTA_CT_TIMEOUT_L4PROTO]) == PROTO_UDP)
		return attr_u32(values[CTA_TIMEOUT_UDP_REPLIED], &now->timeouts[TIMEOUT_UDP])
			       ? 0 : -EBADMSG;
	return attr_u32(values[CTA_TIMEOUT_TCP_ESTABLISHED], &now->timeouts[TIMEOUT_TCP]) &&
			       attr_u32(values[closing[0]], &now->timeouts[TIMEOUT_FIN])
		       ? 0 : -EBADMSG;
}

static int read_object(struct kernel *k, const char *table, const char *name,
		       struct in_force *now)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg m;

	msg_begin_nft(&m, room, sizeof(room), NFT_MSG_GETOBJ, 0, k->seq++, FAMILY_IPV4);
	msg_put_str(&m, NFTA_OBJ_TABLE, table);
	msg_put_str(&m, NFTA_OBJ_NAME, name);
	msg_put_u32(&m, NFTA_OBJ_TYPE, NFT_OBJECT_CT_TIMEOUT);
	return nl_get(k, &m, take_object, now);
}

static int read_in_force(struct kernel *k, const char *table, struct in_force *now)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg m;
	int r, tries = 0;

	do {
		*now = (struct in_force){ 0 };
		msg_begin_nft(&m, room, sizeof(room), NFT_MSG_GETRULE, NLM_F_DUMP, k->seq++,
			      FAMILY_IPV4);
		msg_put_str(&m, NFTA_RULE_TABLE, table);
		msg_put_str(&m, NFTA_RULE_CHAIN, masq_chain);
		r = nl_dump(k, &m, take_rule, now);
	} while (r == -EINTR && tries++ < TRIES);
	memcpy(now->timeouts, masq_timeouts, sizeof(now->timeouts));
	if (!r && now->tcp[0])
		r = read_object(k, table, now->tcp, now);
	if (!r && now->udp[0])
		r = read_object(k, table, now->udp, now);
	return r;
}

/* ------------------------------------------------------------------ a change */

static int flush_chain(const struct frame_batch *f)
{
	struct msg msg;

	encode_start(f->batch, &msg, f->op, NFT_MSG_DELRULE, 0, f->seq, NFTA_RULE_TABLE);
	msg_put_str(&msg, NFTA_RULE_CHAIN, masq_chain);
	return batch_done(f->batch, &msg);
}

/* The rule with other objects in the place of those it was declared with. */
static int add_rule(const struct frame_batch *f, const struct frame_rule *declared,
		    const struct in_force *now)
{
	struct step steps[8];
	struct frame_rule rule = *declared;
	size_t n = 0;

	do {
		steps[n] = declared->steps[n];
		if (steps[n].kind == STEP_TIMEOUT)
			steps[n].name = strcmp(steps[n].name, "masq-tcp") ? now->udp : now->tcp;
	} while (steps[n++].kind != STEP_END && n < ARRAY_SIZE(steps));
	rule.steps = steps;
	return frame_add_rule(f, &rule);
}

static void name_objects(struct in_force *now)
{
	snprintf(now->tcp, NAME_ROOM, "masq-tcp-%u-%u", now->timeouts[TIMEOUT_TCP],
		 now->timeouts[TIMEOUT_FIN]);
	snprintf(now->udp, NAME_ROOM, "masq-udp-%u", now->timeouts[TIMEOUT_UDP]);
}

static int put_change(const struct frame_batch *f, const struct frame *frame,
		      const struct in_force *next)
{
	int r = add_timeout(f, next->tcp, PROTO_TCP, next->timeouts);

	if (!r)
		r = add_timeout(f, next->udp, PROTO_UDP, next->timeouts);
	if (!r)
		r = flush_chain(f);
	for (const struct frame_rule *rule = frame->rules; !r && rule->chain; rule++)
		if (!strcmp(rule->chain, masq_chain))
			r = add_rule(f, rule, next);
	return r;
}

/* -ERESTART: somebody else has changed rules meanwhile. */
static int attempt(struct kernel *k, const char *table, const uint32_t timeouts[TIMEOUT_COUNT])
{
	const struct op op = { .family = FAMILY_IPV4, .table = table };
	struct batch_result result = { .last = 1 };
	AUTO_BATCH batch = { 0 };
	struct in_force next;
	uint32_t generation;
	struct frame_batch f;
	int r = nl_generation(k, &generation);

	if (!r)
		r = read_in_force(k, table, &next);
	if (r)
		return r;
	for (int i = 0; i < TIMEOUT_COUNT; i++)
		if (timeouts[i])
			next.timeouts[i] = timeouts[i];
	name_objects(&next);
	k->no_helper = !next.helper;
	f = (struct frame_batch){ k, &batch, &op, k->seq + 1 };
	batch_begin(&batch, k->seq, generation);
	r = put_change(&f, frame_of(FAMILY_IPV4, table), &next);
	if (r)
		return r;
	batch_end(&batch, k->seq);
	r = batch_send(k, &batch, k->seq, &result);
	k->seq += 3;
	return r;
}

int kernel_set_timeouts(const char *table, const uint32_t timeouts[TIMEOUT_COUNT],
			struct err *err)
{
	AUTO_KERNEL *k = NULL;
	int r = kernel_open(&k, err), tries = 0;

	if (r < 0)
		return r;
	do
		r = attempt(k, table, timeouts);
	while ((r == -ERESTART || r == -EINTR) && tries++ < TRIES);
	if (r == -EOPNOTSUPP || r == -ENOENT)
		return err_errno(err, ERR_OTHER, EOPNOTSUPP,
				 "this kernel has no time-outs for single flows "
				 "(CONFIG_NF_CONNTRACK_TIMEOUT)");
	return r < 0 ? err_errno(err, ERR_OTHER, -r, "cannot set time-outs: %s", strerror(-r)) : 0;
}
