// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FTP: where the data connection will go is said in the control connection (RFC 959 PORT and 227,
 * RFC 2428 EPRT and 229), and rewritten there under NAT. After net/netfilter/nf_conntrack_ftp.c and
 * nf_nat_ftp.c, with what these take for a command and what they drop.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/flow.h"

enum { PORTS_TRIED = 128, COMMAND_MOST = 64 };

enum ftp_kind { FTP_PORT, FTP_EPRT, FTP_PASV, FTP_EPSV };

/* Text of a segment; not terminated. */
struct text {
	const char *at;
	size_t len;
};

/* What a command or an answer said. */
struct said {
	enum family family;
	union inet_addr address;
	be16 port;
	size_t at, len;		/* of the part that NAT writes anew */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Numbers between separators, up to `term` (0: up to whatever is none of it). Returns the length, or
 * 0. As in the kernel, nothing is said against numbers that are too large.
 */
static size_t read_numbers(struct text t, uint32_t *numbers, unsigned count, char sep, char term)
{
	unsigned i = 0;

	memset(numbers, 0, sizeof(*numbers) * count);
	for (size_t n = 0; n < t.len && i < count; n++) {
		char c = t.at[n];

		if (is_digit(c))
			numbers[i] = numbers[i] * 10 + (uint32_t)(c - '0');
		else if (c == sep)
			i++;
		else
			return (c == term || !term) && i == count - 1 ? n : 0;
	}
	return 0;
}

static void store_ipv4(struct said *said, const uint32_t n[4])
{
	said->address = (union inet_addr){ 0 };
	said->address.v4 = htonl(n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3]);
}

/* "192,168,1,1,4,210" */
static size_t read_rfc959(struct text t, char term, struct said *said)
{
	uint32_t n[6];
	size_t len = read_numbers(t, n, 6, ',', term);

	if (!len)
		return 0;
	store_ipv4(said, n);
	said->family = FAMILY_IPV4;
	said->port = htons((uint16_t)(n[4] << 8 | n[5]));
	return len;
}

/* A port up to `delim`, which counts. */
static size_t read_port(struct text t, size_t from, char delim, be16 *port)
{
	uint16_t value = 0;

	for (size_t i = from; i < t.len; i++) {
		if (t.at[i] == delim) {
			if (!value)
				return 0;
			*port = htons(value);
			return i + 1;
		}
		if (!is_digit(t.at[i]))
			return 0;
		value = (uint16_t)(value * 10 + (t.at[i] - '0'));
	}
	return 0;
}

static bool is_delimiter(char c)
{
	return !is_digit(c) && c >= 33 && c <= 126;
}

static size_t read_ipv6(struct text t, char delim, struct said *said)
{
	char buf[INET6_ADDRSTRLEN];
	const char *end = memchr(t.at, delim, t.len);
	size_t len = end ? (size_t)(end - t.at) : 0;

	if (!len || len >= sizeof(buf))
		return 0;
	memcpy(buf, t.at, len);
	buf[len] = '\0';
	return inet_pton(AF_INET6, buf, said->address.bytes) == 1 ? len : 0;
}

/* "|1|132.235.1.2|6275|" or "|2|1080::8:800:200C:417A|5282|" */
static size_t read_eprt(struct text t, struct said *said)
{
	char delim = t.len > 3 ? t.at[0] : '0';
	struct text rest = { t.at + 3, t.len > 3 ? t.len - 3 : 0 };
	uint32_t n[4];
	size_t len;

	if (!is_delimiter(delim) || t.at[2] != delim ||
	    t.at[1] != (said->family == FAMILY_IPV6 ? '2' : '1'))
		return 0;
	if (said->family == FAMILY_IPV6) {
		len = read_ipv6(rest, delim, said);
	} else {
		len = read_numbers(rest, n, 4, '.', delim);
		if (len)
			store_ipv4(said, n);
	}
	return len ? read_port(t, 3 + len + 1, delim, &said->port) : 0;
}

/* "|||6446|" */
static size_t read_epsv(struct text t, struct said *said)
{
	char delim = t.len > 3 ? t.at[0] : '0';

	if (!is_delimiter(delim) || t.at[1] != delim || t.at[2] != delim)
		return 0;
	return read_port(t, 3, delim, &said->port);
}

/* ------------------------------------------------------------------ what is looked for */

static const struct pattern {
	const char *words;
	enum ftp_kind kind;
	char skip;		/* what follows the next one of these is read; 0: what follows */
	char term;
} patterns[2][2] = {
	[IP_CT_DIR_ORIGINAL] = {
		{ "PORT", FTP_PORT, ' ', '\r' }, { "EPRT", FTP_EPRT, ' ', '\r' },
	},
	[IP_CT_DIR_REPLY] = {
		{ "227 ", FTP_PASV, 0, 0 }, { "229 ", FTP_EPSV, '(', ')' },
	},
};

static size_t read_said(const struct pattern *p, struct text t, struct said *said)
{
	size_t skip = 0;

	switch (p->kind) {
	case FTP_PORT:
		return read_rfc959(t, p->term, said);
	case FTP_EPRT:
		return read_eprt(t, said);
	case FTP_EPSV:
		return read_epsv(t, said);
	case FTP_PASV:
		/* RFC 1123, 4.1.2.6: the first digit begins the numbers, whatever stands before. */
		while (skip < t.len && !is_digit(t.at[skip]))
			skip++;
		said->at += skip;
		return skip == t.len ? 0 :
		       read_rfc959((struct text){ t.at + skip, t.len - skip }, 0, said);
	}
	return 0;
}

enum found { FOUND_NOTHING, FOUND, FOUND_HALF };

/* FOUND_HALF: it looks like one and is not whole; the segment is dropped, and comes again whole. */
static enum found find(const struct pattern *p, struct text t, struct said *said)
{
	size_t words = strlen(p->words), at = words;

	if (t.len <= words)
		return t.len && !strncasecmp(t.at, p->words, t.len) ? FOUND_HALF : FOUND_NOTHING;
	if (strncasecmp(t.at, p->words, words) != 0)
		return FOUND_NOTHING;
	if (p->skip) {
		while (t.at[at] != p->skip)
			if (++at == t.len)
				return FOUND_HALF;
		at++;
	}
	said->at = at;
	said->len = read_said(p, (struct text){ t.at + at, t.len - at }, said);
	return said->len ? FOUND : FOUND_HALF;
}

/* ------------------------------------------------------------------ lines */

static bool begins_line(const struct ftp_track *f, unsigned direction, uint32_t seq)
{
	for (unsigned i = 0; i < f->count[direction]; i++)
		if (f->line[direction][i] == seq)
			return true;
	return false;
}

static void line_ends(struct ftp_track *f, unsigned direction, uint32_t seq)
{
	uint32_t *lines = f->line[direction];
	unsigned oldest;

	if (begins_line(f, direction, seq))
		return;
	if (f->count[direction] < 2) {
		lines[f->count[direction]++] = seq;
		return;
	}
	oldest = (int32_t)(lines[0] - lines[1]) < 0 ? 0 : 1;
	if ((int32_t)(lines[oldest] - seq) < 0)
		lines[oldest] = seq;
}

/* ------------------------------------------------------------------ NAT */

static size_t print_said(enum ftp_kind kind, const struct said *said, char *buf, size_t room)
{
	const uint8_t *a = said->address.bytes;
	unsigned port = ntohs(said->port);
	int n = 0;

	switch (kind) {
	case FTP_PORT:
	case FTP_PASV:
		n = snprintf(buf, room, "%u,%u,%u,%u,%u,%u", a[0], a[1], a[2], a[3], port >> 8,
			     port & 0xff);
		break;
	case FTP_EPRT:
		if (said->family == FAMILY_IPV4)
			n = snprintf(buf, room, "|1|%u.%u.%u.%u|%u|", a[0], a[1], a[2], a[3], port);
		else
			n = snprintf(buf, room, "|2|%02x%02x:%02x%02x:%02x%02x:%02x%02x:"
				     "%02x%02x:%02x%02x:%02x%02x:%02x%02x|%u|", a[0], a[1], a[2],
				     a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12],
				     a[13], a[14], a[15], port);
		break;
	case FTP_EPSV:
		n = snprintf(buf, room, "|||%u|", port);
		break;
	}
	return n > 0 && (size_t)n < room ? (size_t)n : 0;
}

/* nf_nat_exp_find_port(): the port that was said, or a higher one that nobody expects. */
static bool expect_some_port(struct conntrack *ct, struct eval *e, struct expectation *x)
{
	unsigned least = ntohs(x->saved_port), range = UINT16_MAX - least, port = least;

	for (unsigned left = range < PORTS_TRIED ? range : PORTS_TRIED;; left--) {
		int r;

		x->tuple.dport = htons((uint16_t)port);
		r = expect_add(ct, x, e->world->now);
		if (r != -EBUSY || !left)
			return !r;
		port = least + (unsigned)((uint64_t)conntrack_random(e) * range >> 32);
	}
}

static enum verdict translate(struct conntrack *ct, struct eval *e, struct flow *flow,
			      enum ftp_kind kind, struct expectation *x, uint32_t payload,
			      uint32_t seq, const struct said *said)
{
	unsigned direction = e->ct.direction;
	struct said anew = *said;
	char buf[COMMAND_MOST];
	size_t len;

	/* The connection will come from wherever this packet goes. */
	anew.address = flow->conn.way[!direction].dst;
	anew.family = (enum family)flow->conn.way[0].family;
	x->saved_port = x->tuple.dport;
	x->direction = !direction;
	x->follows = true;
	if (!expect_some_port(ct, e, x))
		return VERDICT_DROP;
	anew.port = x->tuple.dport;
	len = print_said(kind, &anew, buf, sizeof(buf));
	if (!len || !packet_splice(e->packet, payload + (uint32_t)said->at, (uint32_t)said->len,
				   buf, (uint32_t)len)) {
		expect_remove(ct, x);
		return VERDICT_DROP;
	}
	ct->mangled = true;
	if (len != said->len)
		seqadj_add(flow, direction, seq, (int32_t)len - (int32_t)said->len);
	return VERDICT_ACCEPT;
}

/* ------------------------------------------------------------------ one segment */

static enum verdict expect(struct conntrack *ct, struct eval *e, struct flow *flow,
			   const struct pattern *p, const struct said *said, uint32_t payload,
			   uint32_t seq)
{
	const struct tuple *back = &flow->conn.way[!e->ct.direction];
	const union inet_addr *to = &back->dst;
	struct expectation x;

	/*
	 * Another address than the one that speaks: a server behind a translation of its own, or
	 * somebody who wants holes in a firewall. Taken only when the setting says so.
	 */
	if (said->family == (enum family)back->family &&
	    memcmp(&said->address, &flow->conn.way[e->ct.direction].src, sizeof(said->address))) {
		if (!ct->settings.ftp_loose)
			return VERDICT_ACCEPT;
		to = &said->address;
	}
	expect_init(&x, flow, &back->src, to, IPPROTO_TCP, said->port);
	if (flow->conn.status & IPS_NAT_MASK)
		return translate(ct, e, flow, p->kind, &x, payload, seq, said);
	return expect_add(ct, &x, e->world->now) ? VERDICT_DROP : VERDICT_ACCEPT;
}

static enum verdict look(struct conntrack *ct, struct eval *e, struct flow *flow, struct text t,
			 uint32_t payload, uint32_t seq)
{
	unsigned direction = e->ct.direction;

	for (size_t i = 0; i < ARRAY_SIZE(patterns[0]); i++) {
		const struct pattern *p = &patterns[direction][i];
		struct said said = {
			.family = (enum family)flow->conn.way[0].family,
			.address = flow->conn.way[direction].src,
		};

		switch (find(p, t, &said)) {
		case FOUND_NOTHING:
			break;
		case FOUND_HALF:
			return VERDICT_DROP;
		case FOUND:
			return expect(ct, e, flow, p, &said, payload, seq);
		}
	}
	return VERDICT_ACCEPT;
}

enum verdict helper_ftp(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	unsigned direction = e->ct.direction;
	uint32_t payload, len, seq;
	enum verdict verdict = VERDICT_ACCEPT;
	bool ends_line, looks;
	const uint8_t *h;
	struct text t;

	if (e->ct.state != CONN_ESTABLISHED || !packet_payload(e->packet, &payload, &len) || !len ||
	    e->packet->captured < e->packet->len)
		return VERDICT_ACCEPT;
	h = e->packet->bytes + e->packet->transport;
	seq = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	t = (struct text){ (const char *)e->packet->bytes + payload, len };
	ends_line = t.at[len - 1] == '\n';
	looks = begins_line(&flow->ftp, direction, seq);
	if (!looks && flow->ftp.pickup[direction]) {
		flow->ftp.pickup[direction] = false;
		looks = true;
	}
	if (looks)
		verdict = look(ct, e, flow, t, payload, seq);
	/* A segment that was dropped comes again. */
	if (ends_line && verdict == VERDICT_ACCEPT)
		line_ends(&flow->ftp, direction, seq + len);
	return verdict;
}
