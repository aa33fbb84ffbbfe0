// SPDX-License-Identifier: GPL-2.0-or-later
/* What postern.h promises, asked for by a program that only has that header and the library. */
#include <postern.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tests;

static void check(bool holds, const char *what)
{
	printf("%sok %d - %s\n", holds ? "" : "not ", ++tests, what);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__ }), \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

static void restore(struct postern *p, const char *text, struct postern_error *e, int want,
		    const char *what)
{
	check(postern_restore(p, POSTERN_IPV4, text, strlen(text), true, e) == want, what);
}

static bool saved_is(struct postern *p, enum postern_family family, bool counters,
		     const char *want)
{
	struct postern_error e;
	char *got = postern_save(p, family, counters, &e);
	bool same = got && !strcmp(got, want);

	if (!same)
		printf("# got: %s\n", got ? got : e.text);
	free(got);
	return same;
}

static const char rules[] =
	"*filter\n:INPUT DROP [3:180]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	"[7:420] -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n"
	"[0:0] -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"[0:0] -A FORWARD -d 10.0.0.9/32 -j ACCEPT\nCOMMIT\n"
	"*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	":POSTROUTING ACCEPT [0:0]\n"
	"[0:0] -A PREROUTING -d 192.0.2.1/32 -p udp -m udp --dport 53 -j DNAT "
	"--to-destination 10.0.0.9\nCOMMIT\n";

static void changes(struct postern *p)
{
	struct postern_error e;

	check(saved_is(p, POSTERN_IPV4, false, ""), "a new rule set has no tables");
	restore(p, rules, &e, 0, "a saved text is read");
	check(saved_is(p, POSTERN_IPV4, true, rules), "and printed as it was, with counters");
	check(saved_is(p, POSTERN_IPV6, true, ""), "the other family has none of it");
	restore(p, "*filter\n-A INPUT -j ACCEPT\n-A INPUT -p bogus\nCOMMIT\n", &e, -1,
		"a text with a mistake is refused");
	check(e.status == 2 && e.line == 3 && strstr(e.text, "bogus"), "with place and text");
	check(saved_is(p, POSTERN_IPV4, true, rules), "and changes nothing");
	check(postern_command(p, POSTERN_IPV4, WORDS("-A", "INPUT", "-j", "NOWHERE"), &e) == -1 &&
	      e.status == 2 && strstr(e.text, "NOWHERE"), "a jump to no chain is refused");
	check(postern_command(p, POSTERN_IPV4, WORDS("-A", "INPUT", "-j", "MASQUERADE"), &e) == -1
	      && e.status == 4, "so is a target where it may not stand");
	check(postern_command(p, POSTERN_IPV4, WORDS("-L"), &e) == -1 && e.status == 2,
	      "and what only prints");
	check(postern_command(p, POSTERN_IPV4, WORDS("-t", "none", "-F"), &e) == -1 &&
	      e.status == 3, "and a table that is none");
	check(saved_is(p, POSTERN_IPV4, true, rules), "all of which changes nothing");
	check(postern_command(p, POSTERN_IPV4, WORDS("-A", "INPUT", "-i", "lo", "-j", "ACCEPT"), &e)
	      == 0, "a rule is added");
	check(postern_command(p, POSTERN_IPV4, WORDS("-C", "INPUT", "-i", "lo", "-j", "ACCEPT"), &e)
	      == 0, "and found");
	check(postern_command(p, POSTERN_IPV4, WORDS("-D", "INPUT", "2"), &e) == 0, "and deleted");
	check(postern_command(p, POSTERN_IPV4, WORDS("-C", "INPUT", "-i", "lo", "-j", "ACCEPT"), &e)
	      == -1 && e.status == 1, "and not found any more");
	check(saved_is(p, POSTERN_IPV4, true, rules), "as if nothing had been");
}

static const char friends[] = "create friends hash:ip\nadd friends 203.0.113.9";
static const char host[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/24 dev eth1\n"
	"route default via 192.0.2.254 dev eth0\nforward on\n";

/* A UDP packet over IPv4 without a UDP checksum. */
static size_t udp(uint8_t *b, uint32_t from, uint32_t to, unsigned sport, unsigned dport)
{
	static const uint8_t head[28] = { 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, [25] = 8 };
	uint32_t sum = 0;

	memcpy(b, head, sizeof(head));
	for (int i = 0; i < 4; i++) {
		b[12 + i] = (uint8_t)(from >> (24 - 8 * i));
		b[16 + i] = (uint8_t)(to >> (24 - 8 * i));
	}
	b[20] = (uint8_t)(sport >> 8), b[21] = (uint8_t)sport;
	b[22] = (uint8_t)(dport >> 8), b[23] = (uint8_t)dport;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)b[i] << 8 | b[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	b[10] = (uint8_t)(sum >> 8), b[11] = (uint8_t)sum;
	return sizeof(head);
}

static void judge(struct postern_engine *engine)
{
	uint8_t b[64];
	struct postern_packet packet = { .bytes = b, .room = sizeof(b), .in = "eth0", .ns = 1 };
	struct postern_outcome o;

	packet.len = udp(b, 0xcb007109, 0xc0000201, 5000, 53);
	postern_judge(engine, &packet, &o);
	check(o.verdict == POSTERN_ACCEPTED && o.number == 2 && !strcmp(o.chain, "FORWARD") &&
	      !strcmp(o.out, "eth1"), "a packet that is forwarded");
	check(!memcmp(b + 16, "\x0a\0\0\x09", 4), "to where the rules translate it");
	packet.in = "eth1", packet.ns++;
	packet.len = udp(b, 0x0a000009, 0xcb007109, 53, 5000);
	postern_judge(engine, &packet, &o);
	check(o.verdict == POSTERN_ACCEPTED && o.number == 1 && !strcmp(o.chain, "FORWARD"),
	      "its answer belongs to a connection");
	check(!memcmp(b + 12, "\xc0\0\x02\x01", 4), "and comes from where it was asked");
	packet.len = udp(b, 0x0a000009, 0xcb007109, 54, 5000);
	postern_judge(engine, &packet, &o);
	check(o.verdict == POSTERN_DROPPED && !o.number && !strcmp(o.table, "filter"),
	      "another one does not: the policy drops it");
	packet.len = 11;
	postern_judge(engine, &packet, &o);
	check(o.verdict == POSTERN_DROPPED && o.why[0], "what is no packet is dropped");
}

int main(void)
{
	struct postern *p = postern_new();
	struct postern_engine *engine;
	struct postern_error e;
	char *text = NULL;

	changes(p);
	check(postern_host(p, "link eth0\nbogus\n", 16, &e) == -1 && e.text[0],
	      "a host of nonsense is refused");
	check(postern_host(p, host, strlen(host), &e) == 0, "a host");
	engine = postern_engine_new(p, 16, &e);
	check(engine != NULL, "an engine");
	check(postern_explain(p, POSTERN_IPV4, WORDS("-i", "eth0", "-p", "tcp", "--dport", "25"),
			      false, &text, &e) == POSTERN_DROPPED &&
	      strstr(text, "policy of INPUT"), "an explanation");
	free(text);
	check(postern_command(p, POSTERN_IPV4, WORDS("-I", "INPUT", "-m", "set", "--match-set",
						     "friends", "src", "-j", "ACCEPT"), &e) == 0 &&
	      postern_explain(p, POSTERN_IPV4, WORDS("-i", "eth0", "-s", "203.0.113.9"), false,
			      &text, &e) == POSTERN_UNKNOWN, "who is in a set is not known");
	free(text);
	check(postern_sets(p, "create friends hash:cat", 23, &e) == -1 && e.text[0],
	      "until it is said, not in nonsense");
	check(postern_sets(p, friends, strlen(friends), &e) == 0 &&
	      postern_explain(p, POSTERN_IPV4, WORDS("-i", "eth0", "-s", "203.0.113.9"), false,
			      &text, &e) == POSTERN_ACCEPTED, "but as ipset saves it");
	free(text);
	check(postern_explain(p, POSTERN_IPV4, WORDS("--bogus"), true, &text, &e) == -1 &&
	      e.status == 2, "words that are no packet");
	postern_free(p);
	if (engine)
		judge(engine);
	postern_engine_free(engine);
	postern_engine_free(NULL);
	postern_free(NULL);
	printf("1..%d\n", tests);
	return 0;
}
