// SPDX-License-Identifier: GPL-2.0-or-later
/* What the extensions of the older dialects share: their names, and their tests as asks. */
#include "ext/old.h"

#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { PROTO_ICMP = 1 };

static const struct {
	enum ext_kind kind;
	const char *name;
} olds[OLD_COUNT] = {
	[OLD_PORTS] = { EXT_MATCH, "old-ports" },
	[OLD_SYN] = { EXT_MATCH, "old-syn" },
	[OLD_DEVICE] = { EXT_MATCH, "old-device" },
	[OLD_PORT_LIST] = { EXT_MATCH, "old-port-list" },
	[OLD_FLAGS] = { EXT_MATCH, "old-flags" },
	[OLD_BOTH] = { EXT_MATCH, "old-both" },
	[OLD_DIRECTION] = { EXT_MATCH, "old-direction" },
	[OLD_ADDRESS] = { EXT_MATCH, "old-address" },
	[OLD_MARKED] = { EXT_MATCH, "old-marked" },
	[OLD_LOCAL] = { EXT_MATCH, "old-local" },
	[OLD_TOS] = { EXT_MATCH, "old-tos" },
	[OLD_MARK] = { EXT_MATCH, "old-mark" },
	[OLD_LOG] = { EXT_MATCH, "old-log" },
	[OLD_COPY] = { EXT_MATCH, "old-copy" },
	[OLD_MASQ] = { EXT_TARGET, "MASQ" },
	[OLD_REDIRECT] = { EXT_TARGET, "old-redirect" },
	[OLD_FORWARD] = { EXT_TARGET, "old-forward" },
	[OLD_REJECT] = { EXT_TARGET, "old-reject" },
};

const struct ext *old_ext(enum old_use which)
{
	static const struct ext *found[OLD_COUNT];

	if (!found[which])
		found[which] = ext_find_old(olds[which].kind, olds[which].name);
	return found[which];
}

const struct use *old_find(const struct rule *rule, enum old_use which)
{
	const struct ext *ext = old_ext(which);

	for (unsigned i = 0; i < rule->match_count; i++)
		if (rule->matches[i].ext == ext)
			return &rule->matches[i];
	return rule->jump == JUMP_TARGET && rule->target.ext == ext ? &rule->target : NULL;
}

static size_t add_range(struct ask *asks, size_t n, enum field field, const uint16_t range[2],
			bool negate)
{
	uint16_t most = field == FIELD_ICMP_TYPE || field == FIELD_ICMP_CODE ? UINT8_MAX
									     : UINT16_MAX;

	if (!range[0] && range[1] == UINT16_MAX && !negate)
		return n;
	ask_range_uint(&asks[n], field, range[0], range[1] < most ? range[1] : most);
	asks[n].negate = negate;
	return n + 1;
}

size_t old_ports_asks(const struct old_ports *ports, struct ask asks[2])
{
	bool icmp = ports->proto == PROTO_ICMP;
	size_t n = add_range(asks, 0, icmp ? FIELD_ICMP_TYPE : FIELD_SPORT, ports->src,
			     ports->invert & INVERT_SRC);

	return add_range(asks, n, icmp ? FIELD_ICMP_CODE : FIELD_DPORT, ports->dst,
			 ports->invert & INVERT_DST);
}

/* SYN set, ACK and RST clear (ip_fw_check of linux 2.2; the manual of the time said FIN). */
void old_syn_ask(const struct old_syn *syn, struct ask *ask)
{
	enum { FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

	ask_masked_uint(ask, FIELD_TCP_FLAGS, FLAG_SYN, FLAG_SYN | FLAG_RST | FLAG_ACK);
	ask->negate = syn->inverted;
}

bool old_device_fits(const char *name, const char *device)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '+')
		return !strncmp(name, device, len - 1);
	return !strcmp(name, device);
}

enum answer old_device_answer(struct eval *e, const char *name)
{
	bool arriving = e->hook == NF_INET_PRE_ROUTING;

	if (!(e->meta->known & (arriving ? KNOWN_IN : KNOWN_OUT)))
		return eval_unknown(e, "the device is not known");
	return answer_of(old_device_fits(name, arriving ? e->meta->in : e->meta->out));
}

enum answer old_local_answer(struct eval *e)
{
	const struct world *w = e->world;
	int type = w->addr_type ? w->addr_type(w->context, FAMILY_IPV4, packet_daddr(e->packet),
					       NULL) : -1;

	if (type < 0)
		return eval_unknown(e, "the addresses of the host are not known");
	return answer_of(type == RTN_LOCAL);
}
