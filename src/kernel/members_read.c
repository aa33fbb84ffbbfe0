// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking for anonymous sets: two requests for each, what it is and what is in it. Rules without any
 * cost none.
 */
#include "kernel/members.h"

struct set_reading {
	struct members *members;
	struct member_set *set;
};

static int take_set(const struct nlmsghdr *h, void *context)
{
	const struct set_reading *r = context;

	return members_take_set(r->set, h);
}

static int take_elements(const struct nlmsghdr *h, void *context)
{
	const struct set_reading *r = context;

	return members_take_elements(r->members, r->set, h);
}

/* Named sets, maps and the like are not looked into: nothing of them is told as words of a rule. */
static int read_set(struct members *members, struct kernel *k, enum family family,
		    const char *table, struct member_set *set)
{
	struct set_reading reading = { members, set };
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;
	int r;

	msg_begin_nft(&msg, room, sizeof(room), NFT_MSG_GETSET, 0, k->seq++, family);
	msg_put_str(&msg, NFTA_SET_TABLE, table);
	msg_put_str(&msg, NFTA_SET_NAME, set->name);
	r = nl_get(k, &msg, take_set, &reading);
	if (r < 0 || !set->plain)
		return r;
	msg_begin_nft(&msg, room, sizeof(room), NFT_MSG_GETSETELEM, NLM_F_DUMP, k->seq++, family);
	msg_put_str(&msg, NFTA_SET_ELEM_LIST_TABLE, table);
	msg_put_str(&msg, NFTA_SET_ELEM_LIST_SET, set->name);
	return nl_dump(k, &msg, take_elements, &reading);
}

int members_read(struct members *members, struct kernel *kernel, enum family family,
		 const char *table)
{
	int r = 0;

	for (struct member_set *set = members->first; !r && set; set = set->next) {
		r = read_set(members, kernel, family, table, set);
		if (!r)
			members_done(members, set);
	}
	return r;
}
