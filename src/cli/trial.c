// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets of a test: first ones, answers, conversations. */
#include "cli/trial.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_ACK = 0x10 };

/* Where the sequence numbers of either end begin. */
enum { FIRST_SEQ = 1000, SECOND_SEQ = 5000 };

#define MILLISECOND UINT64_C(1000000)

int trial_open(struct trial *t, const struct scene *scene, struct arena *arena, int64_t wall,
	       struct sink *diary, struct err *err)
{
	const struct engine_config config = {
		.rules = &scene->rules, .host = &scene->host, .sets = scene_sets(scene),
		.limits = { .connections = 1024, .expectations = 64, .fragments = 64 },
	};

	t->scene = scene;
	t->arena = arena;
	t->wall = wall;
	t->diary = diary;
	t->now = 1000 * MILLISECOND;
	t->has_packet = false;
	return engine_open(&t->engine, &config, err);
}

void trial_close(struct trial *t)
{
	engine_close(&t->engine);
}

void trial_wait(struct trial *t, uint64_t ns)
{
	t->now += ns;
}

void trial_print_outcome(struct sink *sink, const struct trial *t)
{
	print_outcome(sink, &t->outcome);
	if (t->outcome.rule) {
		sink_str(sink, ": ");
		print_rule_in(sink, t->outcome.chain, t->outcome.rule);
	}
}

/* ------------------------------------------------------------------ running one */

static void write_diary(struct trial *t, const struct meta *meta)
{
	packet_print(t->diary, &t->packet);
	sink_printf(t->diary, ", %s%s\n", *meta->in ? "from " : "made here", meta->in);
}

static enum answer decide(void *context, const struct unknown *unknown)
{
	const struct trial *t = context;

	return assumptions_answer(&t->assumptions, (enum family)t->packet.family, unknown);
}

static void run(struct trial *t, const struct meta *meta, const struct conn_view *fixed,
		enum packet_flaw flaw)
{
	struct input input = {
		.packet = &t->packet, .meta = *meta, .now = t->now, .fixed = fixed, .flaw = flaw,
		.decide = decide, .context = t,
	};
	struct world *world = engine_world(t->engine);

	write_diary(t, meta);
	t->before_len = t->packet.captured;
	memcpy(t->before, t->packet.bytes, t->before_len);
	scene_clock(world, t->wall + (int64_t)(t->now / (1000 * MILLISECOND)));
	world->time_known = t->wall != 0;
	engine_run(t->engine, &input, &t->outcome);
	sink_str(t->diary, "  ");
	trial_print_outcome(t->diary, t);
	sink_char(t->diary, '\n');
	if (t->packet.len != t->before_len || memcmp(t->before, t->packet.bytes, t->before_len)) {
		sink_str(t->diary, "  as ");
		packet_print(t->diary, &t->packet);
		sink_char(t->diary, '\n');
	}
	t->has_packet = true;
	t->now += MILLISECOND;
}

/* ------------------------------------------------------------------ sequence numbers */

static void say_numbers(const struct trial *t, unsigned sender, struct packet_spec *spec)
{
	const struct trial_end *end = &t->ends[sender];

	spec->seq = end->next;
	spec->ack = spec->tcp_flags & TCP_ACK ? end->heard : 0;
}

/* The number behind what a packet of TCP carries; false: it is none. */
static bool number_behind(const struct packet *p, uint32_t *number)
{
	const uint8_t *h = p->proto == IPPROTO_TCP ? packet_transport(p, 20) : NULL;
	uint32_t at, len;

	if (!h || !packet_payload(p, &at, &len))
		return false;
	*number = ((uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7]) + len +
		  ((h[13] & TCP_SYN) != 0) + ((h[13] & TCP_FIN) != 0);
	return true;
}

/* A packet went from one end to the other, perhaps changed on its way. One that was dropped did not. */
static void hear(struct trial *t, unsigned sender, uint32_t sent)
{
	uint32_t number;

	t->sender = sender;
	if (fate_status(t->outcome.fate) || !number_behind(&t->packet, &number))
		return;
	t->ends[sender].next = sent;
	t->ends[!sender].heard = number;
}

/* A packet of the end that began. */
static int build_and_run(struct trial *t, struct packet_words *words, struct err *err)
{
	struct conn_view view = packet_words_view(words);
	uint32_t sent = 0;
	int r;

	say_numbers(t, 0, &words->spec);
	r = packet_words_build(words, &t->packet, t->bytes, sizeof(t->bytes));

	if (r < 0)
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "these words make no packet");
	number_behind(&t->packet, &sent);
	run(t, &words->meta, words->said & SAID_STATE ? &view : NULL, words->flaw);
	hear(t, 0, sent);
	return 0;
}

int trial_packet(struct trial *t, const struct words *words, struct err *err)
{
	AUTO_SINK assumed = SINK_MEMORY;
	struct words rest = *words;
	struct packet_words p = { 0 };
	enum family family = packet_words_family(words);
	int r;

	/* The only word that is none of a packet. */
	if (rest.count && (!strcmp(rest.items[0], "-6") || !strcmp(rest.items[0], "-4"))) {
		family = rest.items[0][1] == '6' ? FAMILY_IPV6 : FAMILY_IPV4;
		rest.items++;
		rest.count--;
	}
	r = packet_words_parse(t->arena, family, &rest, &p, err);
	if (r < 0)
		return r;
	packet_words_assume(&p, &t->scene->host, &assumed);
	t->words = p;
	t->ends[0] = (struct trial_end){ .next = FIRST_SEQ };
	t->ends[1] = (struct trial_end){ .next = SECOND_SEQ };
	return build_and_run(t, &t->words, err);
}

/* ------------------------------------------------------------------ answers */

/* --tcp-flags and --payload of "reply" and "again", into the packet that is made. */
static int take_more(struct trial *t, const struct words *words, struct packet_spec *spec,
		     struct err *err)
{
	struct packet_words p = { 0 };
	struct words all = { .program = words->program };
	const char **items = arena_alloc(t->arena, sizeof(*items) * (words->count + 2));
	int r;

	if (!words->count)
		return 0;
	items[0] = "-p";
	items[1] = spec->proto == IPPROTO_TCP ? "tcp" : spec->proto == IPPROTO_UDP ? "udp" : "all";
	for (size_t i = 0; i < words->count; i++)
		items[i + 2] = words->items[i];
	all.items = items;
	all.count = words->count + 2;
	r = packet_words_parse(t->arena, spec->family, &all, &p, err);
	if (r < 0)
		return r;
	if (p.said & SAID_FLAGS)
		spec->tcp_flags = p.spec.tcp_flags;
	if (p.spec.payload_len) {
		spec->payload = p.spec.payload;
		spec->payload_len = p.spec.payload_len;
	}
	return 0;
}

static uint16_t port_at(const struct packet *p, unsigned at)
{
	const uint8_t *h = packet_transport(p, at + 2);

	return h ? ntohs(packet_be16(h + at)) : 0;
}

/* The packet turned round: who got it speaks to whom it seemed to come from. */
static void turn_round(const struct packet *p, struct packet_spec *spec)
{
	const uint8_t *h = packet_transport(p, 8);
	size_t len = addr_len((enum family)p->family);

	*spec = (struct packet_spec){
		.family = (enum family)p->family, .proto = p->proto,
	};
	memcpy(spec->saddr.bytes, packet_daddr(p), len);
	memcpy(spec->daddr.bytes, packet_saddr(p), len);
	if (p->has_ports) {
		spec->sport = port_at(p, 2);
		spec->dport = port_at(p, 0);
	}
	if (p->proto == IPPROTO_TCP) {
		const uint8_t *tcp = packet_transport(p, 14);

		spec->tcp_flags = tcp && (tcp[13] & (TCP_SYN | TCP_ACK)) == TCP_SYN ?
				  TCP_SYN | TCP_ACK : TCP_ACK;
	}
	if (h && (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6)) {
		/* An echo reply is 0, or one more than the request. */
		spec->icmp_type = p->proto == IPPROTO_ICMP ? 0 : (uint8_t)(h[0] + 1);
		spec->icmp_id = ntohs(packet_be16(h + 4));
		spec->icmp_seq = ntohs(packet_be16(h + 6));
	}
}

/* Where the answer comes in: made here, or from where the packet went. */
static void answer_meta(const struct trial *t, struct meta *meta)
{
	*meta = (struct meta){
		.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY,
	};
	if (t->outcome.fate == FATE_DELIVERED)
		return;
	memcpy(meta->in, t->outcome.meta.out, sizeof(meta->in));
	meta->known |= KNOWN_OWNER;
}

static int need_packet(const struct trial *t, struct err *err)
{
	if (!t->has_packet)
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "there was no packet before");
	return 0;
}

int trial_reply(struct trial *t, const struct words *words, struct err *err)
{
	unsigned sender = !t->sender;
	struct packet_spec spec;
	struct meta meta;
	uint32_t sent = 0;
	int r = need_packet(t, err);

	if (r < 0)
		return r;
	if (fate_status(t->outcome.fate))
		return err_set(err, ERR_OTHER, PLACE_NONE,
			       "nobody got the last packet, so nobody answers it");
	turn_round(&t->packet, &spec);
	r = take_more(t, words, &spec, err);
	if (r < 0)
		return r;
	answer_meta(t, &meta);
	say_numbers(t, sender, &spec);
	if (packet_build(&t->packet, &spec, t->bytes, sizeof(t->bytes)) < 0)
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "these words make no packet");
	number_behind(&t->packet, &sent);
	run(t, &meta, NULL, PACKET_GOOD);
	hear(t, sender, sent);
	return 0;
}

int trial_again(struct trial *t, const struct words *words, struct err *err)
{
	struct packet_words p = t->words;
	int r = need_packet(t, err);

	if (r < 0)
		return r;
	if (p.spec.proto == IPPROTO_TCP)
		p.spec.tcp_flags = TCP_ACK;
	r = take_more(t, words, &p.spec, err);
	return r < 0 ? r : build_and_run(t, &p, err);
}

int trial_conversation(struct trial *t, const struct words *words, const char **failed,
		       struct err *err)
{
	static const char *const names[] = {
		"the first packet", "the answer", "what the caller says then",
		"what the other end says then",
	};
	const struct words none = { .program = words->program };
	int r = 0;

	*failed = NULL;
	for (size_t i = 0; !r && i < ARRAY_SIZE(names); i++) {
		r = !i ? trial_packet(t, words, err) : i % 2 ? trial_reply(t, &none, err) :
							       trial_again(t, &none, err);
		if (!r && fate_status(t->outcome.fate)) {
			*failed = names[i];
			return 0;
		}
	}
	return r;
}
