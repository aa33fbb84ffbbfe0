// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lines that kernels of the time wrote to their log: ip_fw.c of linux 2.2 for ipchains -l, of
 * linux 2.0 for ipfwadm -o. Words of four bytes and the fragment word are in the order of the wire.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/hash.h"
#include "dialect/ipchains.h"
#include "net/packet.h"

enum { HEADER = 20, NO_PORT = 65535, FRAGMENT_OFFSET = 0x1fff };
enum { FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

uint32_t old_words_sum(const char *words)
{
	return hash_bytes(words, strlen(words)) & UINT32_MAX;
}

/* What a line says of a packet; what is not there is as the kernels had it. */
struct seen {
	const uint8_t *ip;
	uint16_t sport, dport;		/* type and code of ICMP */
	size_t options;			/* words of four bytes */
	bool ports, syn;
};

static bool look(const struct old_log *log, struct seen *p)
{
	const uint8_t *ip = log->bytes, *l4;
	size_t len = log->len, head;
	uint8_t flags;

	*p = (struct seen){ .ip = ip, .sport = NO_PORT, .dport = NO_PORT };
	if (len < HEADER || ip[0] >> 4 != 4)
		return false;
	head = (size_t)(ip[0] & 15) * 4;
	if (head < HEADER || head > len)
		return false;
	p->options = (head - HEADER) / 4;
	p->ports = ip[9] == IPPROTO_TCP || ip[9] == IPPROTO_UDP;
	if (be16toh(packet_be16(ip + 6)) & FRAGMENT_OFFSET || len - head < 4)
		return true;
	l4 = ip + head;
	if (p->ports) {
		p->sport = be16toh(packet_be16(l4));
		p->dport = be16toh(packet_be16(l4 + 2));
	} else if (ip[9] == IPPROTO_ICMP) {
		p->sport = l4[0];
		p->dport = l4[1];
	}
	flags = ip[9] == IPPROTO_TCP && len - head > 13 ? l4[13] : 0;
	p->syn = (flags & (FLAG_SYN | FLAG_RST | FLAG_ACK)) == FLAG_SYN;
	return true;
}

static void put_address(struct sink *s, const uint8_t *at)
{
	union inet_addr addr = { 0 };

	memcpy(&addr.v4, at, 4);
	addr_print(s, FAMILY_IPV4, &addr);
}

static void put_rest(struct sink *s, const struct seen *p)
{
	const uint8_t *ip = p->ip;

	sink_printf(s, " L=%u S=0x%02X I=%u F=0x%04X T=%u", be16toh(packet_be16(ip + 2)), ip[1],
		    be16toh(packet_be16(ip + 4)), be16toh(packet_be16(ip + 6)), ip[8]);
	for (size_t i = 0; i < p->options; i++) {
		uint32_t word;

		memcpy(&word, ip + HEADER + i * 4, 4);
		sink_printf(s, " O=0x%08X", ntohl(word));
	}
}

static bool is_target(const struct rule *rule, enum old_use which)
{
	return rule->jump == JUMP_TARGET && rule->target.ext == old_ext(which);
}

/* ------------------------------------------------------------------ ipchains */

bool ipchains_log(struct sink *s, const struct old_log *log)
{
	struct seen p;

	if (!look(log, &p))
		return false;
	sink_printf(s, "Packet log: %s %s ", log->chain,
		    log->rule ? ipchains_target(log->rule) : "-");
	if (log->rule && is_target(log->rule, OLD_REDIRECT))
		sink_printf(s, "%u ", ((const struct old_redirect *)log->rule->target.data)->port);
	sink_printf(s, "%s PROTO=%u ", log->device, p.ip[9]);
	put_address(s, p.ip + 12);
	sink_printf(s, ":%u ", p.sport);
	put_address(s, p.ip + 16);
	sink_printf(s, ":%u", p.dport);
	put_rest(s, &p);
	sink_printf(s, " %s(#%u)\n", p.syn ? "SYN " : "", log->number);
	return true;
}

/* ------------------------------------------------------------------ ipfwadm */

static void put_list(struct sink *s, const struct old_log *log)
{
	static const struct { const char *chain, *name; } names[] = {
		{ "input", "fw-in" }, { "output", "fw-out" }, { "forward", "fw-fwd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(log->chain, names[i].chain))
			sink_printf(s, "%s ", names[i].name);
	if (!strcmp(log->chain, "acct"))
		sink_str(s, log->arriving ? "acct in " : "acct out ");
}

static void put_action(struct sink *s, const struct rule *rule)
{
	if (!rule || rule->jump == JUMP_NONE)
		return;
	if (is_target(rule, OLD_REDIRECT))
		sink_printf(s, "acc/r%u ", ((const struct old_redirect *)rule->target.data)->port);
	else
		sink_str(s, is_target(rule, OLD_MASQ) ? "acc/masq " :
			    is_target(rule, OLD_REJECT) ? "rej " :
			    old_is_verdict(rule, "DROP") ? "deny " : "acc ");
}

bool ipfwadm_log(struct sink *s, const struct old_log *log)
{
	struct seen p;

	if (!look(log, &p))
		return false;
	sink_str(s, "IP ");
	put_list(s, log);
	put_action(s, log->rule);
	sink_str(s, log->device);
	switch (p.ip[9]) {
	case IPPROTO_TCP:
		sink_str(s, " TCP ");
		break;
	case IPPROTO_UDP:
		sink_str(s, " UDP ");
		break;
	case IPPROTO_ICMP:
		sink_printf(s, " ICMP/%u ", p.sport == NO_PORT ? UINT8_MAX : p.sport);
		break;
	default:
		sink_printf(s, " PROTO=%u ", p.ip[9]);
		break;
	}
	put_address(s, p.ip + 12);
	if (p.ports)
		sink_printf(s, ":%u", p.sport);
	sink_char(s, ' ');
	put_address(s, p.ip + 16);
	if (p.ports)
		sink_printf(s, ":%u", p.dport);
	put_rest(s, &p);
	sink_char(s, '\n');
	return true;
}
