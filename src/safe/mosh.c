// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is at the other end of a mosh-server. Its socket has no peer (the client may roam), so
 * connection tracking is asked, and where that knows nothing the server's own SSH_CONNECTION, from
 * which it was started. Both name an address that logged in by SSH, and would again.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/file.h"
#include "kernel/connection.h"
#include "safe/lifeline.h"

enum { FLOWS_MOST = 8, ENVIRONMENT_MOST = 1 << 14 };

/* "SSH_CONNECTION=PEER PORT OWN PORT" of sshd(8): the peer's address. */
static bool read_connection(int pid, enum family family, union inet_addr *peer)
{
	static const char name[] = "SSH_CONNECTION=";
	char path[64], text[ENVIRONMENT_MOST + 1], word[64];
	AUTO_FD fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, ENVIRONMENT_MOST) : 0;
	if (n <= 0)
		return false;
	text[n] = '\0';
	for (const char *p = text; p < text + n; p += strlen(p) + 1) {
		if (strncmp(p, name, sizeof(name) - 1) != 0)
			continue;
		p += sizeof(name) - 1;
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(p, " "), p);
		return addr_parse(family, word, peer);
	}
	return false;
}

static bool is_known(const struct lifelines *lines, const struct lifeline *like)
{
	const struct lifeline *l = lines->first;

	while (l && (l->family != like->family || l->proto != like->proto ||
		     l->port != like->port ||
		     memcmp(&l->peer, &like->peer, sizeof(l->peer)) != 0))
		l = l->next;
	return l;
}

/* Mosh begins with a login by SSH, from the same host. */
static void add_logins(struct lifelines *lines, const struct lifeline *mosh)
{
	for (uint32_t i = 0; i < lines->listener_count; i++) {
		const struct listener *listener = &lines->listeners[i];
		struct lifeline login = {
			.kind = LIFELINE_LOGIN, .family = mosh->family, .proto = IPPROTO_TCP,
			.peer = mosh->peer, .has_peer = true, .local = listener->addr,
			.port = listener->port, .pid = mosh->pid, .root = true,
		};

		/* A socket of IPv6 that listens everywhere hears IPv4, too. */
		if (listener->family != mosh->family)
			memset(&login.local, 0, sizeof(login.local));
		if (listener->family != mosh->family &&
		    !bytes_are_zero(&listener->addr, sizeof(listener->addr)))
			continue;
		if (!is_known(lines, &login))
			lifelines_add(lines, &login);
	}
}

struct gathering {
	const struct lifeline *mosh;
	struct connection flows[FLOWS_MOST];
	size_t count;
};

static int gather(void *context, const struct kernel_flow *flow)
{
	struct gathering *g = context;
	const struct tuple *answer = &flow->conn.way[1];

	if (g->count < FLOWS_MOST && answer->proto == IPPROTO_UDP &&
	    answer->sport == htons(g->mosh->port))
		g->flows[g->count++] = flow->conn;
	return 0;
}

static void find_peers(struct lifelines *lines, struct lifeline *mosh)
{
	const struct lifeline without = *mosh;
	struct gathering g = { .mosh = &without };
	struct err ignored = ERR_INIT;

	kernel_flows(mosh->family, gather, &g, &ignored);
	for (size_t i = 0; i < g.count; i++) {
		struct lifeline line = without;
		struct lifeline *to = i ? lifelines_add(lines, &line) : mosh;

		if (!to)
			return;
		to->peer = g.flows[i].way[0].src;
		to->peer_port = ntohs(g.flows[i].way[0].sport);
		to->local = g.flows[i].way[1].src;
		to->has_peer = true;
		add_logins(lines, to);
	}
	if (!g.count && read_connection(mosh->pid, mosh->family, &mosh->peer)) {
		mosh->has_peer = true;
		add_logins(lines, mosh);
	}
}

void lifelines_find_mosh(struct lifelines *lines)
{
	struct lifeline *l = lines->first;

	/* Those that are added on the way are behind, and have their peers. */
	for (uint32_t left = lines->count; left > 0; left--, l = l->next)
		if (l->kind == LIFELINE_MOSH && !l->has_peer)
			find_peers(lines, l);
}
