// SPDX-License-Identifier: GPL-2.0-or-later
/* From the spec of an ipfwadm command to rules: the meaning of its words. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "dialect/ipfwadm_spec.h"
#include "net/names.h"

static const char *const policies[] = { "accept", "deny", "reject", "masquerade", NULL };
static const char *const directions[] = { "in", "out", "both", NULL };
static const char *const protocols[] = { "all", "tcp", "udp", "icmp", NULL };

int ipfwadm_policy(struct ipfwadm_parser *p, enum policy *policy)
{
	static const enum policy kinds[] = {
		POLICY_ACCEPT, POLICY_DROP, POLICY_REJECT, POLICY_MASQUERADE,
	};
	const char *text = p->spec.policy.items[0];
	int which = ipfwadm_word(policies, text);

	if (which < 0)
		return old_bad(p->err, "invalid policy `%s': accept, deny or reject", text);
	*policy = kinds[which];
	if (*policy == POLICY_MASQUERADE && p->spec.category != 'F')
		return old_bad(p->err, "masquerading goes with -F only");
	if (p->spec.options & FW_M) {
		if (*policy != POLICY_ACCEPT && *policy != POLICY_MASQUERADE)
			return old_bad(p->err, "-m goes with accept only");
		*policy = POLICY_MASQUERADE;
	}
	return 0;
}

static int parse_proto(struct ipfwadm_parser *p, uint8_t *proto)
{
	static const uint8_t numbers[] = { 0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP };
	const struct fw_words *w = &p->spec.proto;
	int which = w->count ? ipfwadm_word(protocols, w->items[0]) : 0;

	if (which < 0)
		return old_bad(p->err, "invalid protocol `%s': all, tcp, udp or icmp",
				   w->items[0]);
	*proto = numbers[which];
	if (!*proto && p->spec.command == 'c')
		return old_bad(p->err, "-c needs -P tcp, udp or icmp");
	return 0;
}

/* ------------------------------------------------------------------ ports */

static int one_port(struct ipfwadm_parser *p, const char *text, uint8_t proto, uint16_t *port)
{
	const char *end;
	uint64_t number;

	if (num_parse_decimal(text, &end, 0, proto == IPPROTO_ICMP ? UINT8_MAX : UINT16_MAX,
			      &number) && !*end) {
		*port = (uint16_t)number;
		return 0;
	}
	if (proto == IPPROTO_ICMP)
		return old_bad(p->err, "invalid ICMP type `%s'", text);
	/* Hexadecimal and octal are no numbers here, and no names either. */
	if (!num_parse(text, 0, UINT32_MAX, &number) &&
	    service_port(text, proto == IPPROTO_TCP ? "tcp" : "udp", port))
		return 0;
	return old_bad(p->err, "invalid port or service `%s'", text);
}

static int parse_range(struct ipfwadm_parser *p, const char *text, const char *colon,
		       uint8_t proto, uint16_t ends[2])
{
	char low[64];

	if ((size_t)(colon - text) >= sizeof(low) || colon == text || !colon[1])
		return old_bad(p->err, "invalid port range `%s'", text);
	memcpy(low, text, (size_t)(colon - text));
	low[colon - text] = '\0';
	if (one_port(p, low, proto, &ends[0]) < 0 || one_port(p, colon + 1, proto, &ends[1]) < 0)
		return -EINVAL;
	if (ends[0] > ends[1])
		return old_bad(p->err, "invalid port range `%s': it ends before it begins", text);
	return 0;
}

/* Behind those that are there; the range to the front of its side. */
static int add_ports(struct ipfwadm_parser *p, const struct fw_words *w, uint8_t proto,
		     struct old_port_list *list, bool *range, unsigned most)
{
	unsigned first = list->sources + list->destinations, n = first;
	uint16_t ends[2];

	for (size_t i = 1; i < w->count; i++) {
		const char *text = w->items[i], *colon = strchr(text, ':');

		if (n + (colon ? 2 : 1) > most)
			return old_bad(p->err, "too many ports: %u at most", most);
		if (!colon) {
			if (one_port(p, text, proto, &list->ports[n]) < 0)
				return -EINVAL;
			n++;
			continue;
		}
		if (*range)
			return old_bad(p->err, "two port ranges: `%s'", text);
		if (parse_range(p, text, colon, proto, ends) < 0)
			return -EINVAL;
		memmove(&list->ports[first + 2], &list->ports[first],
			(n - first) * sizeof(*list->ports));
		memcpy(&list->ports[first], ends, sizeof(ends));
		*range = true;
		n += 2;
	}
	return (int)(n - first);
}

static int check_packet_ports(struct ipfwadm_parser *p, const struct old_port_list *list)
{
	bool icmp = list->proto == IPPROTO_ICMP;

	if (list->source_range || list->destination_range || list->sources != 1 ||
	    list->destinations != !icmp)
		return old_bad(p->err, icmp ? "-c needs one ICMP type behind -S"
					   : "-c needs one port on each side");
	return 0;
}

static int parse_ports(struct ipfwadm_parser *p, struct old_port_list *list)
{
	const struct ipfwadm_spec *s = &p->spec;
	unsigned most = s->options & FW_R ? OLD_PORTS_MOST - 1 : OLD_PORTS_MOST;
	bool src_range = false, dst_range = false;
	int n;

	if (!list->proto && (s->src.count > 1 || s->dst.count > 1))
		return old_bad(p->err, "ports go with -P tcp, udp or icmp only");
	if (list->proto == IPPROTO_ICMP && s->dst.count > 1)
		return old_bad(p->err, "types of ICMP stand behind -S");
	n = add_ports(p, &s->src, list->proto, list, &src_range, most);
	if (n < 0)
		return n;
	list->sources = (uint8_t)n;
	n = add_ports(p, &s->dst, list->proto, list, &dst_range, most);
	if (n < 0)
		return n;
	list->destinations = (uint8_t)n;
	list->source_range = src_range;
	list->destination_range = dst_range;
	return s->command == 'c' ? check_packet_ports(p, list) : 0;
}

/* ------------------------------------------------------------------ devices */

/* "-V ADDRESS", in the words that go with a rule "-V ADDRESS=DEVICE". */
static int parse_address(struct ipfwadm_parser *p, struct rule *rule)
{
	const char *text = p->spec.address.items[0], *equals = strchr(text, '=');
	const struct ipfwadm_devices *devices = p->words->devices;
	struct old_address a = { 0 };
	union inet_addr addr = { 0 }, more[2];
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)(equals ? equals - text : 63), text);
	if (!old_parse_dotted(name, &addr)) {
		size_t n = p->words->numeric ? 0 : addr_resolve(FAMILY_IPV4, text, more, 2);

		if (n != 1)
			return old_bad(p->err, n ? "`%s' has several addresses"
						: "host `%s' not found", text);
		addr = more[0];
	}
	if (bytes_are_zero(&addr, 4))
		return 0;
	a.addr = addr.v4;
	if (equals)
		snprintf(a.device, sizeof(a.device), "%.15s", equals + 1);
	else if (devices && !devices->find(devices->context, &addr, a.device))
		return old_bad(p->err, "no device has the address %s: nf_tables can only be told "
				   "the device", name);
	old_add(p->arena, rule, OLD_ADDRESS, &a);
	return 0;
}

/* The head knows which device only where the chain does. */
static int set_device(struct ipfwadm_parser *p, struct rule *rule)
{
	const char *name = p->spec.device.count ? p->spec.device.items[0] : "";
	struct old_device device = { 0 };

	if (strlen(name) >= IFNAMSIZ)
		return old_bad(p->err, "device name `%s' is too long (%d characters at most)",
				   name, IFNAMSIZ - 1);
	memcpy(device.name, name, strlen(name));
	/* Exact names: no wildcards in this dialect. */
	if (*name && name[strlen(name) - 1] == '+')
		return old_bad(p->err, "no device has a name like `%s'", name);
	if (p->spec.category == 'A' && *name)
		old_add(p->arena, rule, OLD_DEVICE, &device);
	else
		memcpy(p->spec.category == 'I' ? rule->head.in : rule->head.out, device.name,
		       IFNAMSIZ);
	return p->spec.options & FW_V ? parse_address(p, rule) : 0;
}

/* ------------------------------------------------------------------ what happens */

static int hex_byte(struct ipfwadm_parser *p, const char *text, uint8_t *byte)
{
	const char *digits = text;
	char hex[8];
	uint64_t value;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		digits += 2;
	snprintf(hex, sizeof(hex), "0x%.4s", digits);
	if (!*digits || strlen(digits) > 2 || !num_parse(hex, 0, UINT8_MAX, &value))
		return old_bad(p->err, "invalid hexadecimal byte `%s'", text);
	*byte = (uint8_t)value;
	return 0;
}

static int set_effects(struct ipfwadm_parser *p, struct rule *rule)
{
	struct old_tos tos = { .and = 0xff };

	if (p->spec.options & FW_T) {
		if (hex_byte(p, p->spec.tos.items[0], &tos.and) < 0 ||
		    hex_byte(p, p->spec.tos.items[1], &tos.xor) < 0)
			return -EINVAL;
		/* Bit 0 stays as it is: RFC 1349 keeps it zero. */
		tos.and |= 1;
		tos.xor &= (uint8_t)~1;
		/* Accounting decides nothing, so there is nothing accepted to rewrite. */
		if ((tos.and != 0xff || tos.xor) && p->spec.category != 'A')
			old_add(p->arena, rule, OLD_TOS, &tos);
	}
	if (p->spec.options & FW_O)
		old_add(p->arena, rule, OLD_LOG, NULL);
	return 0;
}

static int set_redirect(struct ipfwadm_parser *p, struct rule *rule)
{
	struct old_redirect r = { 0 };
	uint8_t proto = rule->head.proto;

	if (proto == IPPROTO_ICMP)
		return old_bad(p->err, "-r cannot be used with -P icmp");
	if (p->spec.redirect.count &&
	    one_port(p, p->spec.redirect.items[0], proto ? proto : IPPROTO_TCP, &r.port) < 0)
		return -EINVAL;
	old_target(p->arena, rule, NULL, OLD_REDIRECT, &r);
	return 0;
}

static int set_end(struct ipfwadm_parser *p, struct rule *rule)
{
	enum policy policy;

	if (p->spec.category == 'A' || p->spec.command == 'c')
		return 0;
	if (ipfwadm_policy(p, &policy) < 0)
		return -EINVAL;
	if (p->spec.options & FW_R) {
		if (policy != POLICY_ACCEPT)
			return old_bad(p->err, "-r goes with accept only");
		return set_redirect(p, rule);
	}
	switch (policy) {
	case POLICY_MASQUERADE:
		if (rule->head.proto == IPPROTO_ICMP)
			return old_bad(p->err, "-m cannot be used with -P icmp");
		old_target(p->arena, rule, NULL, OLD_MASQ, NULL);
		break;
	case POLICY_DROP:
		old_target(p->arena, rule, "DROP", 0, NULL);
		break;
	case POLICY_REJECT:
		old_target(p->arena, rule, NULL, OLD_REJECT, NULL);
		break;
	case POLICY_NONE:
	case POLICY_ACCEPT:
		old_target(p->arena, rule, "ACCEPT", 0, NULL);
		break;
	}
	return 0;
}

/* ------------------------------------------------------------------ rules */

static int set_direction(struct ipfwadm_parser *p, struct rule *rule)
{
	const struct fw_words *w = &p->spec.direction;
	int which = w->count ? ipfwadm_word(directions, w->items[0]) : 2;
	struct old_direction direction = { .out = which == 1 };

	if (which < 0)
		return old_bad(p->err, "invalid direction `%s': in, out or both", w->items[0]);
	if (p->spec.category == 'A' && which < 2)
		old_add(p->arena, rule, OLD_DIRECTION, &direction);
	return 0;
}

static int make_pattern(struct ipfwadm_parser *p, struct rule *rule)
{
	struct old_flags flags = {
		.ack = (p->spec.options & FW_K) != 0, .syn = (p->spec.options & FW_Y) != 0,
	};
	struct old_port_list list = { 0 };

	rule->counts = true;
	if (parse_proto(p, &list.proto) < 0 || parse_ports(p, &list) < 0)
		return -EINVAL;
	rule->head.proto = list.proto;
	if (set_direction(p, rule) < 0 || set_device(p, rule) < 0)
		return -EINVAL;
	if (list.sources || list.destinations)
		old_add(p->arena, rule, OLD_PORT_LIST, &list);
	if (flags.ack || flags.syn)
		old_add(p->arena, rule, OLD_FLAGS, &flags);
	if (p->spec.options & FW_B)
		old_add(p->arena, rule, OLD_BOTH, NULL);
	return set_effects(p, rule) < 0 ? -EINVAL : set_end(p, rule);
}

static int addresses(struct ipfwadm_parser *p, const struct fw_words *w, struct network *nets,
		     size_t *count)
{
	bool bad_mask = false;

	*count = 1;
	nets[0] = (struct network){ 0 };
	if (!w->count)
		return 0;
	if (p->words->numeric && w->items[0][strspn(w->items[0], "0123456789./")])
		return old_bad(p->err, "`%s' is no number", w->items[0]);
	*count = old_networks(w->items[0], nets, OLD_NETWORKS_MOST, &bad_mask);
	if (*count)
		return 0;
	return old_bad(p->err, bad_mask ? "invalid mask in `%s'" : "host/network `%s' not found",
			   w->items[0]);
}

int ipfwadm_rules(struct ipfwadm_parser *p, struct command *command)
{
	struct network src[OLD_NETWORKS_MOST], dst[OLD_NETWORKS_MOST];
	size_t sources, destinations, count = 0;
	struct rule pattern = { 0 };

	if (make_pattern(p, &pattern) < 0 || addresses(p, &p->spec.src, src, &sources) < 0 ||
	    addresses(p, &p->spec.dst, dst, &destinations) < 0)
		return -EINVAL;
	command->rules = arena_alloc(p->arena, sources * destinations * sizeof(*command->rules));
	for (size_t i = 0; i < sources; i++)
		for (size_t j = 0; j < destinations; j++) {
			struct rule *r = arena_memdup(p->arena, &pattern, sizeof(pattern));

			if (r->match_count)
				r->matches = arena_memdup(p->arena, r->matches, r->match_count *
							  sizeof(*r->matches));
			r->head.src = src[i];
			r->head.dst = dst[j];
			command->rules[count++] = r;
		}
	command->rule_count = (uint32_t)count;
	return 0;
}
