// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of ipfwadm as words that go with them into the kernel, as listings and as -v's line. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "dialect/ipfwadm_spec.h"
#include "net/names.h"

static const void *data_of(const struct rule *rule, enum old_use which)
{
	const struct use *use = old_find(rule, which);

	return use ? use->data : NULL;
}

static const struct old_flags *flags_of(const struct rule *rule)
{
	static const struct old_flags none;
	const struct old_flags *flags = data_of(rule, OLD_FLAGS);

	return flags ? flags : &none;
}

static const char *proto_text(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	default:
		return "all";
	}
}

static const char *device_of(const struct rule *rule)
{
	const struct old_device *d = data_of(rule, OLD_DEVICE);

	return d ? d->name : rule->head.in[0] ? rule->head.in : rule->head.out;
}

static bool is_target(const struct rule *rule, enum old_use which)
{
	return rule->jump == JUMP_TARGET && rule->target.ext == old_ext(which);
}

/* ------------------------------------------------------------------ words */

static void put_side(struct sink *s, char letter, const struct network *net,
		     const uint16_t *ports, unsigned n, bool range)
{
	bool any = bytes_are_zero(&net->mask, sizeof(net->mask));

	if (any && !n)
		return;
	sink_printf(s, " -%c ", letter);
	if (any) {
		sink_str(s, "0/0");
	} else {
		addr_print(s, FAMILY_IPV4, &net->addr);
		addr_print_mask(s, FAMILY_IPV4, &net->mask, false);
	}
	for (unsigned i = 0; i < n; i++)
		sink_printf(s, range && i == 1 ? ":%u" : " %u", ports[i]);
}

static void put_policy(struct sink *s, const struct rule *rule)
{
	if (rule->jump == JUMP_NONE)
		return;
	sink_str(s, old_is_verdict(rule, "DROP") ? " deny" :
		    is_target(rule, OLD_REJECT) ? " reject" : " accept");
	if (is_target(rule, OLD_MASQ))
		sink_str(s, " -m");
	if (is_target(rule, OLD_REDIRECT)) {
		const struct old_redirect *r = rule->target.data;

		sink_printf(s, " -r %u", r->port);
	}
}

static void put_options(struct sink *s, const struct rule *rule)
{
	const struct old_address *a = data_of(rule, OLD_ADDRESS);
	const struct old_tos *tos = data_of(rule, OLD_TOS);
	const struct old_flags *flags = flags_of(rule);
	const char *device = device_of(rule);

	if (a) {
		sink_str(s, " -V ");
		addr_print(s, FAMILY_IPV4, &(const union inet_addr){ .v4 = a->addr });
		if (a->device[0])
			sink_printf(s, "=%s", a->device);
	}
	if (device[0])
		sink_printf(s, " -W %s", device);
	if (old_find(rule, OLD_BOTH))
		sink_str(s, " -b");
	if (flags->ack)
		sink_str(s, " -k");
	if (flags->syn)
		sink_str(s, " -y");
	if (old_find(rule, OLD_LOG))
		sink_str(s, " -o");
	if (tos)
		sink_printf(s, " -t 0x%02X 0x%02X", tos->and, tos->xor);
}

static void print_words(struct sink *sink, const char *chain, const struct rule *rule)
{
	static const struct old_port_list none;
	const struct old_port_list *list = data_of(rule, OLD_PORT_LIST);
	const struct old_direction *d = data_of(rule, OLD_DIRECTION);

	if (!list)
		list = &none;
	if (!strcmp(chain, "acct"))
		sink_printf(sink, "-A %s", d ? d->out ? "out" : "in" : "both");
	else
		sink_printf(sink, "-%c", chain[0] - 'a' + 'A');
	sink_str(sink, " -a");
	put_policy(sink, rule);
	if (rule->head.proto)
		sink_printf(sink, " -P %s", proto_text(rule->head.proto));
	put_side(sink, 'S', &rule->head.src, list->ports, list->sources, list->source_range);
	put_side(sink, 'D', &rule->head.dst, list->ports + list->sources, list->destinations,
		 list->destination_range);
	put_options(sink, rule);
}

enum { WORDS_MOST = 48 };

static struct rule *read_words(struct arena *arena, const char *chain, const char *text)
{
	const char *items[WORDS_MOST];
	struct ipfwadm_words words = { .items = items, .numeric = true };
	struct ipfwadm_call call = { 0 };
	struct err err = ERR_INIT;

	for (char *p = arena_strdup(arena, text); *p;) {
		if (words.count == WORDS_MOST)
			return NULL;
		items[words.count++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	if (ipfwadm_parse(arena, &words, &call, &err) < 0 || call.action != IPFWADM_COMMANDS ||
	    call.commands->kind != COMMAND_APPEND || call.commands->rule_count != 1 ||
	    strcmp(call.chain, chain) != 0)
		return NULL;
	return call.commands->rules[0];
}

const struct old_words ipfwadm_words = { .print = print_words, .read = read_words };

/* ------------------------------------------------------------------ parts of lines */

static const char *type_text(const struct rule *rule)
{
	if (is_target(rule, OLD_REDIRECT))
		return "acc/r";
	if (is_target(rule, OLD_MASQ))
		return "acc/m";
	if (is_target(rule, OLD_REJECT))
		return "rej";
	return old_is_verdict(rule, "DROP") ? "deny" : "acc";
}

static const char *direction_text(const struct rule *rule)
{
	const struct old_direction *d = data_of(rule, OLD_DIRECTION);

	return d ? d->out ? "out" : "in" : "i/o";
}

static void put_flags(struct sink *s, const struct rule *rule)
{
	const struct old_flags *flags = flags_of(rule);

	sink_char(s, old_find(rule, OLD_BOTH) ? 'b' : '-');
	sink_char(s, flags->ack ? 'k' : '-');
	sink_char(s, flags->syn ? 'y' : '-');
	sink_char(s, old_find(rule, OLD_LOG) ? 'o' : '-');
}

static void put_tos(struct sink *s, const struct rule *rule)
{
	static const struct old_tos same = { .and = 0xff };
	const struct old_tos *tos = data_of(rule, OLD_TOS);

	if (!tos)
		tos = &same;
	sink_printf(s, "0x%02X 0x%02X ", tos->and, tos->xor);
}

static void put_device(struct sink *s, const struct rule *rule, bool numeric, bool padded)
{
	const struct old_address *a = data_of(rule, OLD_ADDRESS);
	const char *device = device_of(rule), *any = numeric ? "*" : "any";
	size_t start;

	sink_printf(s, padded ? "%-7.16s " : "%s ", device[0] ? device : any);
	start = s->len;
	if (a)
		addr_print(s, FAMILY_IPV4, &(const union inet_addr){ .v4 = a->addr });
	else
		sink_str(s, numeric ? "0.0.0.0" : "any");
	if (padded) {
		sink_pad(s, start, 15);
		sink_char(s, ' ');
	}
}

static void put_ports(struct sink *s, const uint16_t *ports, unsigned n, bool range,
		      uint8_t proto, bool numeric)
{
	if (!n)
		sink_str(s, numeric ? "*" : "any");
	for (unsigned i = 0; i < n; i++) {
		if (i)
			sink_char(s, range && i == 1 ? ':' : ',');
		old_print_port(s, ports[i], proto, numeric);
	}
}

static void put_all_ports(struct sink *s, const struct rule *rule, bool numeric)
{
	static const struct old_port_list none;
	const struct old_port_list *list = data_of(rule, OLD_PORT_LIST);
	uint8_t proto = rule->head.proto;

	if (!list)
		list = &none;
	if (!proto) {
		sink_str(s, "n/a");
		return;
	}
	put_ports(s, list->ports, list->sources, list->source_range, proto, numeric);
	if (proto == IPPROTO_ICMP)
		return;
	sink_str(s, " -> ");
	put_ports(s, list->ports + list->sources, list->destinations, list->destination_range,
		  proto, numeric);
}

static void put_redirect(struct sink *s, const struct rule *rule, bool numeric)
{
	const struct old_redirect *r = is_target(rule, OLD_REDIRECT) ? rule->target.data : NULL;

	if (!r)
		return;
	sink_str(s, " => ");
	if (r->port)
		old_print_port(s, r->port, rule->head.proto, numeric);
	else
		sink_str(s, numeric ? "*" : "any");
}

/* ------------------------------------------------------------------ listings */

static void list_rule(struct sink *s, const struct rule *rule, bool accounting,
		      const struct ipfwadm_call *how)
{
	if (accounting || how->extended) {
		old_print_count(s, rule->counters.packets, how->exact ? 8 : 5, how->exact);
		old_print_count(s, rule->counters.bytes, how->exact ? 10 : 5, how->exact);
	}
	if (rule->unsaid) {
		sink_printf(s, "(made by nft: %s)\n", rule->unsaid->text);
		return;
	}
	if (accounting)
		sink_printf(s, "%-3s ", direction_text(rule));
	else
		sink_printf(s, "%-5s ", type_text(rule));
	sink_printf(s, "%-5s", proto_text(rule->head.proto));
	if (how->extended) {
		put_flags(s, rule);
		sink_char(s, ' ');
		if (!accounting)
			put_tos(s, rule);
		put_device(s, rule, how->numeric, true);
	}
	old_print_address(s, &rule->head.src, how->numeric);
	sink_char(s, ' ');
	old_print_address(s, &rule->head.dst, how->numeric);
	sink_char(s, ' ');
	put_all_ports(s, rule, how->numeric);
	put_redirect(s, rule, how->numeric);
	sink_char(s, '\n');
}

static void list_columns(struct sink *s, bool accounting, const struct ipfwadm_call *how)
{
	if (accounting || how->extended)
		sink_printf(s, how->exact ? "%8s %10s " : "%5s %5s ", "pkts", "bytes");
	if (accounting)
		sink_printf(s, "%-3s ", "dir");
	else
		sink_printf(s, "%-5s ", "type");
	sink_str(s, "prot ");
	if (how->extended) {
		sink_str(s, "opt  ");
		if (!accounting)
			sink_str(s, "tosa tosx ");
		sink_printf(s, "%-7s %-15s ", "ifname", "ifaddress");
	}
	sink_printf(s, "%-20s %-20s ports\n", "source", "destination");
}

static const char *policy_text(enum policy policy)
{
	switch (policy) {
	case POLICY_DROP:
		return "deny";
	case POLICY_REJECT:
		return "reject";
	case POLICY_MASQUERADE:
		return "accept/masquerade";
	case POLICY_NONE:
	case POLICY_ACCEPT:
		break;
	}
	return "accept";
}

void ipfwadm_list(struct sink *sink, const struct chain *chain, const struct ipfwadm_call *how)
{
	bool accounting = !strcmp(chain->name, "acct");

	if (accounting)
		sink_str(sink, "IP accounting rules\n");
	else
		sink_printf(sink, "IP firewall %s rules, default policy: %s\n", chain->name,
			    policy_text(chain->policy));
	if (chain->first)
		list_columns(sink, accounting, how);
	for (const struct rule *r = chain->first; r; r = r->next)
		list_rule(sink, r, accounting, how);
}

void ipfwadm_echo(struct sink *s, const char *chain, const struct rule *rule, bool packet)
{
	bool accounting = !strcmp(chain, "acct");

	if (!packet)
		sink_printf(s, "%s ", accounting ? direction_text(rule) : type_text(rule));
	sink_printf(s, "%s ", proto_text(rule->head.proto));
	if (!packet) {
		sink_str(s, "opt ");
		put_flags(s, rule);
		sink_str(s, " tos ");
		put_tos(s, rule);
	}
	sink_str(s, "via ");
	put_device(s, rule, true, false);
	sink_str(s, "   ");
	old_print_network(s, &rule->head.src, true);
	sink_str(s, " -> ");
	old_print_network(s, &rule->head.dst, true);
	sink_str(s, "   ");
	put_all_ports(s, rule, true);
	put_redirect(s, rule, true);
	sink_char(s, '\n');
}
