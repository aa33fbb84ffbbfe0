// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports of ipfwadm: up to ten, with a range on each side; types of ICMP. */
#include "ext/old.h"

enum { PROTO_ICMP = 1 };

/* Whether the field has one of the values. */
static enum answer one_of(struct eval *e, enum field field, const uint16_t *ports, unsigned n,
			  bool range)
{
	struct ask ask;

	for (unsigned i = 0; i < n; i++) {
		bool is_range = range && !i;
		enum answer answer;

		ask_range_uint(&ask, field, ports[i], ports[is_range ? i + 1 : i]);
		answer = ask_answer(e, &ask);
		if (answer != ANSWER_NO)
			return answer;
		i += is_range;
	}
	return answer_of(!n);
}

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_port_list *l = data;
	bool icmp = l->proto == PROTO_ICMP;
	enum answer answer = one_of(e, icmp ? FIELD_ICMP_TYPE : FIELD_SPORT, l->ports, l->sources,
				    l->source_range);

	(void)state;
	if (answer != ANSWER_YES)
		return answer;
	return one_of(e, FIELD_DPORT, l->ports + l->sources, l->destinations,
		      l->destination_range);
}

static const struct ext port_list = {
	.name = "old-port-list", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_port_list), .effect = EFFECT_PURE, .match = match,
	.summary = "one of several ports, or types of ICMP",
};
EXT_REGISTER(port_list);
