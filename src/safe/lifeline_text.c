// SPDX-License-Identifier: GPL-2.0-or-later
/* Lifelines in words, and the ports of SSH servers: those that listen, and those that are to. */
#include "safe/lifeline.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"

enum { CONFIG_MOST = 256 << 10 };

/* ------------------------------------------------------------------ words */

static void put_end(struct sink *sink, enum family family, const union inet_addr *addr,
		    uint16_t port)
{
	sink_str(sink, family == FAMILY_IPV6 ? "[" : "");
	addr_print(sink, family, addr);
	sink_str(sink, family == FAMILY_IPV6 ? "]" : "");
	if (port)
		sink_printf(sink, ":%u", port);
}

void lifeline_print(struct sink *sink, const struct lifeline *line)
{
	static const char *const names[] = {
		[LIFELINE_SESSION] = "SSH session", [LIFELINE_MOSH] = "mosh session",
		[LIFELINE_LOGIN] = "SSH login", [LIFELINE_CONFIGURED] = "lifeline",
	};
	static const union inet_addr zero;

	sink_printf(sink, "%s ", names[line->kind]);
	if (line->has_peer) {
		put_end(sink, line->family, &line->peer, line->peer_port);
		sink_str(sink, " -> ");
	}
	if (memcmp(&line->local, &zero, sizeof(zero)) != 0)
		put_end(sink, line->family, &line->local, line->port);
	else
		sink_printf(sink, "%s port %u", line->proto == IPPROTO_UDP ? "udp" : "tcp",
			    line->port);
}

void lifeline_print_why(struct sink *sink, const struct lifeline *line)
{
	if (line->kind == LIFELINE_CONFIGURED)
		sink_printf(sink, "%s:%d", CONFIG_FILE, line->line);
	else if (line->kind == LIFELINE_LOGIN)
		sink_printf(sink, "the mosh session (process %d) came from there", line->pid);
	else if (!line->pid)
		sink_str(sink, "whoever holds it is not seen from here");
	else
		sink_printf(sink, "held by %s (process %d)%s", line->program, line->pid,
			    line->mine ? "; you are typing in it" : "");
}

/* ------------------------------------------------------------------ ports */

static void put_port(struct sink *sink, uint64_t port)
{
	char word[16];
	const char *at;
	size_t len = (size_t)snprintf(word, sizeof(word), "%llu", (unsigned long long)port);

	for (at = sink_text(sink); (at = strstr(at, word)); at += len)
		if ((at == sink->text || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return;
	sink_printf(sink, "%s%s", sink->len ? " " : "", word);
}

/* Every number of a text, as a port. */
static void put_ports(struct sink *sink, const char *text)
{
	uint64_t port;

	for (const char *p = text; p && *p;) {
		const char *end = p;

		if (num_parse_decimal(p, &end, 1, 65535, &port))
			put_port(sink, port);
		p = end + strcspn(end, " ");
		p += strspn(p, " ");
	}
}

/* "Port N" lines of sshd's configuration (sshd_config(5)). */
static void put_configured_ports(struct sink *sink)
{
	AUTO_FREE char *text = NULL;
	struct err ignored = ERR_INIT;
	char *line;

	if (file_read(AT_FDCWD, "/etc/ssh/sshd_config", CONFIG_MOST, FILE_FOLLOW, &text, NULL,
		      &ignored))
		return;
	for (char *p = text; (line = strsep(&p, "\n"));) {
		const char *end;
		uint64_t port;

		line += strspn(line, " \t");
		if (strncasecmp(line, "port", 4) != 0 || !strchr(" \t=", line[4]))
			continue;
		line += 4 + strspn(line + 4, " \t=");
		if (num_parse_decimal(line, &end, 1, 65535, &port))
			put_port(sink, port);
	}
}

void lifelines_ports(struct sink *sink, const struct lifelines *lines, const char *saved)
{
	for (uint32_t i = 0; i < lines->listener_count; i++)
		put_port(sink, lines->listeners[i].port);
	put_ports(sink, saved);
	put_configured_ports(sink);
	if (!sink->len)
		put_port(sink, 22);
}
