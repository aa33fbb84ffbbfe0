// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a kernel (or somebody in its place) could send: the attributes of a NEWRULE or NEWCHAIN
 * message, in the family of the first byte; when its second bit is set, in front of them those of a
 * NEWSET and of a NEWSETELEM message, each behind its length in two bytes, for every set that the
 * rule looks into. Nothing may read outside of them; and a rule that could be said, written again,
 * must be read as the same rule.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sink.h"
#include "ext/ext.h"
#include "kernel/decode.h"
#include "kernel/members.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message around attributes; malloc'd to the byte, so that sanitizers see every step outside. */
static struct nlmsghdr *wrap(const uint8_t *attrs, size_t size)
{
	size_t head = NLMSG_HDRLEN + sizeof(struct nfgenmsg);
	struct nlmsghdr *h = malloc(head + size);

	memset(h, 0, head);
	memcpy((char *)h + head, attrs, size);
	h->nlmsg_len = (uint32_t)(head + size);
	return h;
}

static void save_and_list(enum family family, const struct rule *rule)
{
	AUTO_SINK s = SINK_MEMORY;

	for (unsigned i = 0; i < rule->match_count; i++) {
		use_save(&s, family, &rule->matches[i]);
		use_list(&s, family, &rule->head, &rule->matches[i], HOW_LIST | HOW_NUMERIC);
	}
	if (rule->jump != JUMP_TARGET)
		return;
	use_save(&s, family, &rule->target);
	use_list(&s, family, &rule->head, &rule->target, HOW_LIST | HOW_NUMERIC);
}

static void print(const char *what, enum family family, const struct rule *rule)
{
	AUTO_SINK s = SINK_MEMORY;

	for (unsigned i = 0; i < rule->match_count; i++)
		use_save(&s, family, &rule->matches[i]);
	if (rule->jump == JUMP_TARGET)
		use_save(&s, family, &rule->target);
	fprintf(stderr, "%s: protocol %u,%s\n", what, rule->head.proto, sink_text(&s));
	for (unsigned i = 0; i < rule->match_count; i++) {
		const uint8_t *data = rule->matches[i].data;

		for (size_t n = 0; n < rule->matches[i].ext->size && n < 64; n++)
			fprintf(stderr, "%02x%s", data[n], n % 4 == 3 ? " " : "");
		fprintf(stderr, "\n");
	}
}

/* Written and read once more. */
static void check_again(struct ruleset *rs, struct chain *chain, const struct rule *rule)
{
	size_t size = 4 * MESSAGE_MOST;
	uint8_t *room = malloc(size);
	struct msg msg;

	msg_begin_nft(&msg, room, size, NFT_MSG_NEWRULE, 0, 1, chain->table->family);
	msg_put_u64(&msg, NFTA_RULE_HANDLE, 2);
	if (express_rule(&msg, chain->table->family, rule) < 0)
		abort();
	msg_end(&msg);
	if (!msg.full && (decode_rule(rs, chain, msg.head, true, NULL) < 0 || chain->last->unsaid ||
			  !rule_equal(rule, chain->last))) {
		print("read", chain->table->family, rule);
		print("again", chain->table->family, chain->last);
		abort();
	}
	free(room);
}

/* The next part of the input, as a message. */
static struct nlmsghdr *part(const uint8_t **data, size_t *size)
{
	size_t len = *size < 2 ? 0 : (size_t)((*data)[0] | (*data)[1] << 8);
	struct nlmsghdr *h;

	if (*size >= 2) {
		*data += 2;
		*size -= 2;
	}
	if (len > *size)
		len = *size;
	h = wrap(*data, len);
	*data += len;
	*size -= len;
	return h;
}

static void check_members(const struct members *members)
{
	for (const struct member_set *set = members->first; set; set = set->next) {
		if (set->count > MEMBERS_MOST || set->key_len > VALUE_MOST)
			abort();
		for (uint16_t i = 0; set->plain && i < set->count; i++)
			if (memcmp(set->members[i].low, set->members[i].high, set->key_len) > 0)
				abort();
	}
}

static void read_members(struct members *members, struct nlmsghdr *head, struct nlmsghdr *elements)
{
	for (struct member_set *set = members->first; set; set = set->next) {
		if (!members_take_set(set, head))
			members_take_elements(members, set, elements);
		members_done(members, set);
	}
	check_members(members);
	members_settle(members);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_RULESET rs = RULESET_INIT;
	AUTO_MEMBERS members = { .arena = &rs.arena };
	struct nlmsghdr *h, *head = NULL, *elements = NULL;
	struct table *t;
	struct chain *c;

	if (!size || size > UINT16_MAX)
		return 0;
	t = ruleset_add_table(&rs, data[0] & 1 ? FAMILY_IPV6 : FAMILY_IPV4, "filter");
	size--;
	if (*data++ & 2) {
		head = part(&data, &size);
		elements = part(&data, &size);
	}
	h = wrap(data, size);
	decode_chain(t, h);
	c = table_chain(t, "FUZZ");
	if (!c)
		c = table_add_chain(t, "FUZZ");
	if (!decode_rule(&rs, c, h, true, &members)) {
		if (head)
			read_members(&members, head, elements);
		if (!c->last->unsaid) {
			save_and_list(t->family, c->last);
			check_again(&rs, c, c->last);
		}
	}
	free(h);
	free(head);
	free(elements);
	return 0;
}
