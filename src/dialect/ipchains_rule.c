// SPDX-License-Identifier: GPL-2.0-or-later
/* From the spec of an ipchains command to rules: the meaning of its words. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "dialect/ipchains_spec.h"
#include "net/names.h"

int ipchains_proto(struct ipchains_parser *p, uint8_t *proto)
{
	static const struct name usual[] = {
		{ "all", 0 }, { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "icmp", IPPROTO_ICMP }, { NULL, 0 },
	};
	const struct word *w = &p->spec.proto;
	const struct name *row = w->text ? name_find_nocase(usual, w->text) : NULL;
	uint64_t number;

	*proto = 0;
	if (!w->text)
		return 0;
	if (row) {
		*proto = (uint8_t)row->value;
	} else if (num_parse(w->text, 0, UINT16_MAX, &number)) {
		/* The old kernel kept two bytes; the field of the header has one. */
		if (number > UINT8_MAX)
			return ipchains_bad(p, w->at, "no packet has protocol %s: 0 to 255",
					    w->text);
		*proto = (uint8_t)number;
	} else if (!proto_number(w->text, proto)) {
		return ipchains_bad(p, w->at, "unknown protocol `%s'", w->text);
	}
	if (!*proto && w->inverted)
		return ipchains_bad(p, w->at, "`! %s' would match nothing", w->text);
	return 0;
}

int ipchains_addresses(struct ipchains_parser *p, const struct word *w, struct network *nets,
		       size_t *count)
{
	bool bad_mask = false;

	*count = 1;
	nets[0] = (struct network){ 0 };
	if (!w->text)
		return 0;
	if (p->words->numeric && w->text[strspn(w->text, "0123456789./")])
		return ipchains_bad(p, w->at, "`%s' is no number", w->text);
	*count = old_networks(w->text, nets, OLD_NETWORKS_MOST, &bad_mask);
	if (*count)
		return 0;
	if (bad_mask)
		return ipchains_bad(p, w->at, "invalid mask `%s'", strchr(w->text, '/') + 1);
	return ipchains_bad(p, w->at, "host/network `%s' not found", w->text);
}

int ipchains_device_name(struct ipchains_parser *p, char name[IFNAMSIZ])
{
	const struct word *w = &p->spec.device;

	memset(name, 0, IFNAMSIZ);
	if (!w->text)
		return 0;
	if (strlen(w->text) >= IFNAMSIZ)
		return ipchains_bad(p, w->at, "interface name `%s' is too long (%d characters "
				    "at most)", w->text, IFNAMSIZ - 1);
	/* "+" is every name, and so is none. */
	if (strcmp(w->text, "+") != 0 || w->inverted)
		memcpy(name, w->text, strlen(w->text));
	return 0;
}

/* ------------------------------------------------------------------ ports */

static int one_port(struct ipchains_parser *p, const struct word *w, const char *text,
		    uint8_t proto, uint16_t *port)
{
	const char *name = proto == IPPROTO_TCP ? "tcp" : proto == IPPROTO_UDP ? "udp" : NULL;
	uint64_t number;

	if (num_parse(text, 0, UINT16_MAX, &number)) {
		*port = (uint16_t)number;
		return 0;
	}
	if (name && service_port(text, name, port))
		return 0;
	return ipchains_bad(p, w->at, name ? "invalid port or service `%s'" :
			    "invalid ICMP type or code `%s'", text);
}

/* "a", "a:b", ":b", "a:" */
static int port_range(struct ipchains_parser *p, const struct word *w, uint8_t proto,
		      uint16_t range[2])
{
	const char *colon = strchr(w->text, ':');
	char low[64];
	int e = 0;

	if (!colon) {
		e = one_port(p, w, w->text, proto, &range[0]);
		range[1] = range[0];
		return e;
	}
	if ((size_t)(colon - w->text) >= sizeof(low))
		return ipchains_bad(p, w->at, "invalid port range `%s'", w->text);
	memcpy(low, w->text, (size_t)(colon - w->text));
	low[colon - w->text] = '\0';
	range[0] = 0;
	range[1] = UINT16_MAX;
	if (low[0])
		e = one_port(p, w, low, proto, &range[0]);
	if (!e && colon[1])
		e = one_port(p, w, colon + 1, proto, &range[1]);
	if (!e && range[0] > range[1])
		return ipchains_bad(p, w->at, "invalid port range `%s': it ends before it begins",
				    w->text);
	return e;
}

/* A name fixes type and code; true in `named` when it was one. */
static int icmp_type(struct ipchains_parser *p, const struct word *w, struct old_ports *ports,
		     bool *named)
{
	const struct ipchains_icmp *other, *icmp;

	*named = false;
	if (w->text[strspn(w->text, ":")] >= '0' && w->text[strspn(w->text, ":")] <= '9')
		return port_range(p, w, IPPROTO_ICMP, ports->src);
	icmp = ipchains_icmp_find(w->text, &other);
	if (!icmp)
		return ipchains_bad(p, w->at, "unknown ICMP type `%s'", w->text);
	if (other)
		return ipchains_bad(p, w->at, "ambiguous ICMP type `%s': `%s' or `%s'?", w->text,
				    icmp->name, other->name);
	if (w->inverted)
		return ipchains_bad(p, w->at, "an ICMP type cannot be inverted by name; "
				    "use its number, %u", icmp->type);
	ports->src[0] = ports->src[1] = icmp->type;
	if (icmp->code >= 0)
		ports->dst[0] = ports->dst[1] = (uint16_t)icmp->code;
	*named = true;
	return 0;
}

static int icmp_ports(struct ipchains_parser *p, struct old_ports *ports)
{
	const struct ipchains_spec *s = &p->spec;
	const struct word *type = s->icmp.text ? &s->icmp : &s->sport;
	bool named = false;
	int e = type->text ? icmp_type(p, type, ports, &named) : 0;

	if (!e && named && s->dport.text)
		return ipchains_bad(p, s->dport.at, "`%s' says the code already", type->text);
	if (!e && s->dport.text)
		e = port_range(p, &s->dport, IPPROTO_ICMP, ports->dst);
	if (e < 0)
		return e;
	if ((ports->src[0] > UINT8_MAX || ports->dst[0] > UINT8_MAX) ||
	    (ports->src[1] > UINT8_MAX && ports->src[1] != UINT16_MAX) ||
	    (ports->dst[1] > UINT8_MAX && ports->dst[1] != UINT16_MAX))
		return ipchains_bad(p, type->at, "ICMP types and codes are 0 to 255");
	if (type->inverted)
		ports->invert |= INVERT_SRC;
	return 0;
}

int ipchains_ports(struct ipchains_parser *p, uint8_t proto, struct old_ports *ports)
{
	const struct ipchains_spec *s = &p->spec;
	const struct word *first = s->sport.text ? &s->sport : s->dport.text ? &s->dport
									       : &s->icmp;
	int e = 0;

	*ports = (struct old_ports){ .src = { 0, UINT16_MAX }, .dst = { 0, UINT16_MAX },
				     .proto = proto };
	if (!first->text)
		return 0;
	if (s->icmp.text && s->sport.text)
		return ipchains_bad(p, s->icmp.at, "the ICMP type is given twice");
	if (s->proto.inverted || (proto != IPPROTO_TCP && proto != IPPROTO_UDP &&
				  proto != IPPROTO_ICMP))
		return ipchains_bad(p, first->at, "ports go with -p tcp, udp or icmp only");
	if (s->icmp.text && proto != IPPROTO_ICMP)
		return ipchains_bad(p, s->icmp.at, "--icmp-type goes with -p icmp only");
	if (s->fragment && !s->fragment_inverted)
		return ipchains_bad(p, first->at, "later fragments (-f) have no ports");
	if (proto == IPPROTO_ICMP) {
		e = icmp_ports(p, ports);
	} else {
		if (s->sport.text)
			e = port_range(p, &s->sport, proto, ports->src);
		if (!e && s->dport.text)
			e = port_range(p, &s->dport, proto, ports->dst);
		if (s->sport.inverted)
			ports->invert |= INVERT_SRC;
	}
	if (s->dport.inverted)
		ports->invert |= INVERT_DST;
	return e;
}

/* ------------------------------------------------------------------ side effects */

static int parse_mark(struct ipchains_parser *p, struct old_mark *mark)
{
	const struct word *w = &p->spec.mark;
	const char *text = w->text;
	uint64_t value;

	mark->mode = text[0] == '+' ? OLD_MARK_ADD : text[0] == '-' ? OLD_MARK_SUBTRACT
								    : OLD_MARK_SET;
	if (!num_parse(text + (mark->mode != OLD_MARK_SET), 0, UINT32_MAX, &value))
		return ipchains_bad(p, w->at, "invalid mark `%s'", text);
	mark->value = (uint32_t)value;
	return 0;
}

static int hex_byte(struct ipchains_parser *p, const struct word *w, uint8_t *byte)
{
	const char *text = w->text;
	char hex[8];
	uint64_t value;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	snprintf(hex, sizeof(hex), "0x%.4s", text);
	if (!*text || strlen(text) > 2 || !num_parse(hex, 0, UINT8_MAX, &value))
		return ipchains_bad(p, w->at, "invalid hexadecimal byte `%s'", w->text);
	*byte = (uint8_t)value;
	return 0;
}

/* How many of the bits that RFC 1349 lets stand alone are set. */
static int tos_bits(unsigned tos)
{
	return __builtin_popcount(tos & 0x0e);
}

static int parse_tos(struct ipchains_parser *p, struct old_tos *tos)
{
	static const uint8_t inputs[] = { 0x10, 0x08, 0x04, 0x02, 0x00 };
	const struct ipchains_spec *s = &p->spec;
	unsigned several = 0;

	if (hex_byte(p, &s->and, &tos->and) < 0 || hex_byte(p, &s->xor, &tos->xor) < 0)
		return -EINVAL;
	if (!(tos->and & 1) || tos->xor & 1)
		return ipchains_bad(p, s->and.at, "the lowest bit of the TOS byte must stay: "
				    "`-t %s %s' changes it", s->and.text, s->xor.text);
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++)
		several += tos_bits((inputs[i] & tos->and) ^ tos->xor) > 1;
	if (several == ARRAY_SIZE(inputs))
		return ipchains_bad(p, s->and.at, "`-t %s %s' always sets more than one TOS bit",
				    s->and.text, s->xor.text);
	if (several)
		sink_printf(&p->warnings, "Warning: `-t %s %s' may set more than one TOS bit\n",
			    s->and.text, s->xor.text);
	return 0;
}

static int parse_size(struct ipchains_parser *p, struct old_copy *copy)
{
	uint64_t value;

	if (!num_parse(p->spec.output.text, 0, UINT16_MAX, &value))
		return ipchains_bad(p, p->spec.output.at, "invalid output size `%s'",
				    p->spec.output.text);
	copy->size = (uint16_t)value;
	return 0;
}

/* ------------------------------------------------------------------ targets */

static bool is_chain(const struct ipchains_parser *p, const char *name)
{
	return !strcmp(p->spec.chain.text, name);
}

static bool is_user_chain(const struct ipchains_parser *p)
{
	return !builtin_chain(IPCHAINS_TABLE, p->spec.chain.text);
}

static int check_redirect(struct ipchains_parser *p, uint8_t proto, struct old_redirect *redirect)
{
	const struct ipchains_spec *s = &p->spec;

	if (is_chain(p, "forward") || is_chain(p, "output"))
		return ipchains_bad(p, s->target.at, "REDIRECT belongs into input or a user "
				    "chain, not into %s", s->chain.text);
	if (s->proto.inverted || (proto != IPPROTO_TCP && proto != IPPROTO_UDP))
		return ipchains_bad(p, s->target.at, "REDIRECT needs -p tcp or -p udp");
	if (s->redirect.text)
		return one_port(p, &s->redirect, s->redirect.text, proto, &redirect->port);
	return 0;
}

enum target_word ipchains_target_word(const char *text)
{
	static const struct { const char *text; enum target_word word; } words[] = {
		{ "ACCEPT", WORD_ACCEPT }, { "DENY", WORD_DENY }, { "REJECT", WORD_REJECT },
		{ "MASQ", WORD_MASQ }, { "REDIRECT", WORD_REDIRECT }, { "RETURN", WORD_RETURN },
	};

	for (size_t i = 0; text && i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].text, text))
			return words[i].word;
	return WORD_CHAIN;
}

static int check_target_name(struct ipchains_parser *p)
{
	const struct word *w = &p->spec.target;

	if (!w->text[0])
		return ipchains_bad(p, w->at, "the name of the target is empty");
	if (w->text[strcspn(w->text, " \t\n")])
		return ipchains_bad(p, w->at, "target `%s' has blanks in it", w->text);
	if (strlen(w->text) > IPCHAINS_LABEL_MOST)
		return ipchains_bad(p, w->at, "target `%s' is too long (%d characters at most)",
				    w->text, IPCHAINS_LABEL_MOST);
	return 0;
}

static int set_target(struct ipchains_parser *p, uint8_t proto, struct rule *rule)
{
	const struct word *w = &p->spec.target;
	struct old_redirect redirect = { 0 };
	int e;

	if (!w->text)
		return 0;
	e = check_target_name(p);
	if (e < 0)
		return e;
	switch (ipchains_target_word(w->text)) {
	case WORD_ACCEPT:
	case WORD_RETURN:
		old_target(p->arena, rule, w->text, 0, NULL);
		break;
	case WORD_DENY:
		old_target(p->arena, rule, "DROP", 0, NULL);
		break;
	case WORD_REJECT:
		old_target(p->arena, rule, NULL, OLD_REJECT, NULL);
		break;
	case WORD_MASQ:
		if (!is_chain(p, "forward") && !is_user_chain(p))
			return ipchains_bad(p, w->at, "MASQ belongs into forward or a user "
					    "chain, not into %s", p->spec.chain.text);
		old_target(p->arena, rule, NULL, OLD_MASQ, NULL);
		break;
	case WORD_REDIRECT:
		e = check_redirect(p, proto, &redirect);
		if (!e)
			old_target(p->arena, rule, NULL, OLD_REDIRECT, &redirect);
		break;
	case WORD_CHAIN:
		rule->jump = JUMP_CHAIN;
		rule->chain_to = arena_strdup(p->arena, w->text);
		break;
	}
	return e;
}

/* ------------------------------------------------------------------ rules */

/* The head knows which device only where the chain does. */
static int set_device(struct ipchains_parser *p, struct rule *rule)
{
	struct old_device device = { .inverted = p->spec.device.inverted };
	int e = ipchains_device_name(p, device.name);

	if (e < 0 || !device.name[0])
		return e;
	if (is_user_chain(p)) {
		old_add(p->arena, rule, OLD_DEVICE, &device);
	} else if (is_chain(p, "input")) {
		memcpy(rule->head.in, device.name, IFNAMSIZ);
		rule->head.invert |= device.inverted ? INVERT_IN : 0;
	} else {
		memcpy(rule->head.out, device.name, IFNAMSIZ);
		rule->head.invert |= device.inverted ? INVERT_OUT : 0;
	}
	return 0;
}

static int set_syn(struct ipchains_parser *p, struct rule *rule)
{
	struct old_syn syn = { .inverted = p->spec.syn_inverted };

	if (!p->spec.syn)
		return 0;
	if (rule->head.proto != IPPROTO_TCP || p->spec.proto.inverted)
		return ipchains_bad(p, -1, "-y needs -p tcp");
	if (p->spec.fragment && !p->spec.fragment_inverted)
		return ipchains_bad(p, -1, "later fragments (-f) have no flags for -y");
	old_add(p->arena, rule, OLD_SYN, &syn);
	return 0;
}

/* What the kernel does beside judging; in the order of listings. */
static int set_effects(struct ipchains_parser *p, struct rule *rule)
{
	const struct ipchains_spec *s = &p->spec;
	struct old_tos tos = { 0 };
	struct old_mark mark = { 0 };
	struct old_copy copy = { 0 };

	if (s->and.text) {
		if (parse_tos(p, &tos) < 0)
			return -EINVAL;
		if (tos.and != 0xff || tos.xor)
			old_add(p->arena, rule, OLD_TOS, &tos);
	}
	if (s->mark.text) {
		if (parse_mark(p, &mark) < 0)
			return -EINVAL;
		if (mark.mode == OLD_MARK_SET || mark.value)
			old_add(p->arena, rule, OLD_MARK, &mark);
	}
	if (s->log)
		old_add(p->arena, rule, OLD_LOG, NULL);
	if (s->output.text) {
		if (parse_size(p, &copy) < 0)
			return -EINVAL;
		old_add(p->arena, rule, OLD_COPY, &copy);
	}
	return 0;
}

static struct rule *copy_rule(struct arena *arena, const struct rule *rule)
{
	struct rule *r = arena_memdup(arena, rule, sizeof(*r));

	if (r->match_count)
		r->matches = arena_memdup(arena, r->matches, r->match_count * sizeof(*r->matches));
	return r;
}

/* Source and destination change places; types and codes of ICMP do not. */
static struct rule *turned(struct arena *arena, const struct rule *rule)
{
	struct rule *r = copy_rule(arena, rule);
	struct head *h = &r->head;
	struct network net = h->src;
	uint8_t invert = h->invert & (uint8_t)~(INVERT_SRC | INVERT_DST);

	h->src = h->dst;
	h->dst = net;
	h->invert = invert | (rule->head.invert & INVERT_SRC ? INVERT_DST : 0) |
		    (rule->head.invert & INVERT_DST ? INVERT_SRC : 0);
	for (unsigned i = 0; i < r->match_count; i++) {
		struct old_ports ports;

		if (r->matches[i].ext != old_ext(OLD_PORTS))
			continue;
		ports = *(const struct old_ports *)r->matches[i].data;
		if (ports.proto == IPPROTO_ICMP)
			break;
		memcpy(ports.src, ((const struct old_ports *)r->matches[i].data)->dst,
		       sizeof(ports.src));
		memcpy(ports.dst, ((const struct old_ports *)r->matches[i].data)->src,
		       sizeof(ports.dst));
		ports.invert = (ports.invert & INVERT_SRC ? INVERT_DST : 0) |
			       (ports.invert & INVERT_DST ? INVERT_SRC : 0);
		r->matches[i].data = arena_memdup(arena, &ports, sizeof(ports));
	}
	return r;
}

static int make_pattern(struct ipchains_parser *p, struct rule *rule)
{
	const struct ipchains_spec *s = &p->spec;
	struct old_ports ports;

	rule->counts = true;
	rule->line = p->words->line;
	if (ipchains_proto(p, &rule->head.proto) < 0)
		return -EINVAL;
	rule->head.invert |= (uint8_t)((s->proto.inverted ? INVERT_PROTO : 0) |
				       (s->src.inverted ? INVERT_SRC : 0) |
				       (s->dst.inverted ? INVERT_DST : 0) |
				       (s->fragment_inverted ? INVERT_FRAGMENT : 0));
	rule->head.fragment = s->fragment;
	if (set_device(p, rule) < 0 || ipchains_ports(p, rule->head.proto, &ports) < 0)
		return -EINVAL;
	if (ports.invert || ports.src[0] || ports.dst[0] || ports.src[1] != UINT16_MAX ||
	    ports.dst[1] != UINT16_MAX)
		old_add(p->arena, rule, OLD_PORTS, &ports);
	if (set_syn(p, rule) < 0 || set_effects(p, rule) < 0)
		return -EINVAL;
	return set_target(p, rule->head.proto, rule);
}

int ipchains_rules(struct ipchains_parser *p, struct command *command)
{
	const struct ipchains_spec *s = &p->spec;
	struct network src[OLD_NETWORKS_MOST], dst[OLD_NETWORKS_MOST];
	size_t sources, destinations, count = 0;
	struct rule pattern = { 0 };

	if (make_pattern(p, &pattern) < 0 ||
	    ipchains_addresses(p, &s->src, src, &sources) < 0 ||
	    ipchains_addresses(p, &s->dst, dst, &destinations) < 0)
		return -EINVAL;
	if (sources * destinations > 1) {
		if (s->both || s->command == 'R')
			return ipchains_bad(p, -1, "`-%c' needs names with one address each",
					    s->both ? 'b' : 'R');
		if ((s->src.inverted && sources > 1) || (s->dst.inverted && destinations > 1))
			return ipchains_bad(p, s->src.inverted ? s->src.at : s->dst.at,
					    "`!' before a name with several addresses");
	}
	command->rules = arena_alloc(p->arena, (sources * destinations + s->both) *
				     sizeof(*command->rules));
	for (size_t i = 0; i < sources; i++)
		for (size_t j = 0; j < destinations; j++) {
			struct rule *r = copy_rule(p->arena, &pattern);

			r->head.src = src[i];
			r->head.dst = dst[j];
			command->rules[count++] = r;
		}
	if (s->both) {
		command->rules[count] = turned(p->arena, command->rules[0]);
		count++;
	}
	command->rule_count = (uint32_t)count;
	return 0;
}
