// SPDX-License-Identifier: GPL-2.0-or-later
/* What a test saw, in words. */
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>

#include "base/bits.h"
#include "engine/engine.h"
#include "net/names.h"

struct word {
	uint32_t value;
	const char *word;
};

/* NF_CT_STATE bits as field_read gives them. */
static const struct word states[] = {
	{ 1, "INVALID" }, { 2, "ESTABLISHED" }, { 4, "RELATED" }, { 8, "NEW" },
	{ 64, "UNTRACKED" }, { 0, NULL },
};

static const struct word packet_types[] = {
	{ PACKET_HOST, "unicast" }, { PACKET_BROADCAST, "broadcast" },
	{ PACKET_MULTICAST, "multicast" }, { PACKET_OTHERHOST, "otherhost" }, { 0, NULL },
};

static const struct word tcp_flags[] = {
	{ 1, "FIN" }, { 2, "SYN" }, { 4, "RST" }, { 8, "PSH" }, { 16, "ACK" }, { 32, "URG" },
	{ 64, "ECE" }, { 128, "CWR" }, { 0, NULL },
};

static const char *word_of(const struct word *words, uint32_t value)
{
	for (; words->word; words++)
		if (words->value == value)
			return words->word;
	return NULL;
}

static void print_flags(struct sink *sink, uint32_t value)
{
	const char *comma = "";

	if (!value)
		sink_str(sink, "NONE");
	for (const struct word *w = tcp_flags; w->word; w++)
		if (value & w->value) {
			sink_str(sink, comma);
			sink_str(sink, w->word);
			comma = ",";
		}
}

static void print_address(struct sink *sink, size_t len, const uint8_t *bytes)
{
	union inet_addr addr = { 0 };

	memcpy(&addr, bytes, len);
	addr_print(sink, len == 4 ? FAMILY_IPV4 : FAMILY_IPV6, &addr);
}

static void print_number(struct sink *sink, enum field field, const uint8_t *bytes)
{
	uint64_t value = field_uint(field, bytes);
	char name[32];
	const char *word = field == FIELD_CT_STATE ? word_of(states, (uint32_t)value) :
			   field == FIELD_PKTTYPE ? word_of(packet_types, (uint32_t)value) :
			   field == FIELD_L4PROTO || field == FIELD_CT_PROTO ?
			   proto_name_any((uint8_t)value, name, sizeof(name)) : NULL;

	if (word)
		sink_str(sink, word);
	else if (field == FIELD_MARK || field == FIELD_CT_MARK || field == FIELD_IP_TOS ||
		 field == FIELD_DSCP || field == FIELD_AH_SPI || field == FIELD_ESP_SPI)
		sink_hex(sink, value);
	else
		sink_u64(sink, value);
}

static void print_fragment(struct sink *sink, const uint8_t *bytes)
{
	sink_u64(sink, (uint64_t)((bytes[0] & 0x1f) << 8 | bytes[1]) * 8);
}

void event_print_seen(struct sink *sink, const struct event *event)
{
	enum field field = event->test ? event->test->ask.field : FIELD_NONE;
	const struct field_info *info = &field_table[field];
	const uint8_t *seen = event->seen;

	if (!field)
		return;
	if (!event->has_seen) {
		sink_printf(sink, "it has no %s", info->words);
		return;
	}
	sink_printf(sink, "%s is ", info->words);
	switch (field) {
	case FIELD_IIFNAME:
	case FIELD_OIFNAME:
		if (*seen)
			sink_bytes(sink, seen, strnlen((const char *)seen, IFNAMSIZ));
		else
			sink_str(sink, "none");
		return;
	case FIELD_IP_SADDR:
	case FIELD_IP_DADDR:
		print_address(sink, 4, seen);
		return;
	case FIELD_IP6_SADDR:
	case FIELD_IP6_DADDR:
		print_address(sink, 16, seen);
		return;
	case FIELD_CT_ORIG_SADDR:
	case FIELD_CT_ORIG_DADDR:
	case FIELD_CT_REPL_SADDR:
	case FIELD_CT_REPL_DADDR:
		print_address(sink, addr_len(event->eval->family), seen);
		return;
	case FIELD_TCP_FLAGS:
		print_flags(sink, seen[0]);
		return;
	case FIELD_IP_FRAG_OFF:
		print_fragment(sink, seen);
		return;
	case FIELD_ETHER_SADDR:
		sink_printf(sink, "%02x:%02x:%02x:%02x:%02x:%02x", seen[0], seen[1], seen[2],
			    seen[3], seen[4], seen[5]);
		return;
	case FIELD_ICMP:
	case FIELD_ICMP6:
		sink_printf(sink, "%u/%u", seen[0], seen[1]);
		return;
	default:
		print_number(sink, field, seen);
		return;
	}
}
