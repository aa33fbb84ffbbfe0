// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who holds which socket: /proc/PID/comm names programs, /proc/PID/fd their sockets, the parents
 * of this process lead to the session it was started from.
 */
#include "safe/lifeline.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "safe/process.h"
#include "safe/sockets.h"

enum {
	ANCESTORS_MOST = 64,
	MOSH_FIRST = 60000, MOSH_LAST = 61000,	/* mosh(1), --port */
	CONFIG_MOST = 256 << 10,
	PATH_ROOM = 64 + 256,
};

/* Servers whose sessions are lifelines, by /proc/PID/comm (15 characters at most). */
static const char *const servers[] = {
	"sshd", "sshd-session", "sshd-auth", "dropbear", "tinysshd", "mosh-server",
};

/* Their children are no descendants of the login: sessions that outlive it. */
static const char *const detachers[] = { "tmux", "screen", "SCREEN", "dtach", "abduco", "zellij" };

struct finder {
	struct lifelines *lines;
	const struct config *config;
	struct inet_sockets sockets;
	int ancestors[ANCESTORS_MOST];
	size_t ancestor_count;
	bool detached;			/* below tmux or its kind */
};

void lifelines_free(struct lifelines *lines)
{
	arena_free(&lines->arena);
	*lines = LIFELINES_INIT;
}

/* ------------------------------------------------------------------ processes */

static bool starts_with_one(const char *comm, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(comm, names[i], strlen(names[i])))
			return true;
	return false;
}

static void find_ancestors(struct finder *f)
{
	int pid = getpid();

	while (pid > 1 && f->ancestor_count < ANCESTORS_MOST) {
		char comm[32];

		f->ancestors[f->ancestor_count++] = pid;
		if (process_read(pid, "comm", comm, sizeof(comm)) &&
		    starts_with_one(comm, detachers, sizeof(detachers) / sizeof(*detachers)))
			f->detached = true;
		pid = process_parent(pid);
	}
}

static bool is_ancestor(const struct finder *f, int pid)
{
	for (size_t i = 0; i < f->ancestor_count; i++)
		if (f->ancestors[i] == pid)
			return true;
	return false;
}

static bool is_server(const struct finder *f, const char *comm)
{
	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++)
		if (!strcmp(comm, servers[i]))
			return true;
	for (size_t i = 0; f->config && i < f->config->program_count; i++)
		if (!strcmp(comm, f->config->programs[i]))
			return true;
	return false;
}

/* ------------------------------------------------------------------ lifelines */

struct lifeline *lifelines_add(struct lifelines *lines, const struct lifeline *line)
{
	struct lifeline **end = &lines->first;

	if (lines->count >= LIFELINES_MOST) {
		lines->more = true;
		return NULL;
	}
	while (*end)
		end = &(*end)->next;
	*end = arena_memdup(&lines->arena, line, sizeof(*line));
	(*end)->next = NULL;
	lines->count++;
	return *end;
}

static struct lifeline *find_line(const struct lifelines *lines, const struct lifeline *like)
{
	struct lifeline *l = lines->first;

	while (l && (l->family != like->family || l->proto != like->proto ||
		     l->port != like->port || l->peer_port != like->peer_port ||
		     memcmp(&l->local, &like->local, sizeof(l->local)) != 0 ||
		     memcmp(&l->peer, &like->peer, sizeof(l->peer)) != 0))
		l = l->next;
	return l;
}

static void add_listener(struct lifelines *lines, const struct inet_socket *s, const char *program)
{
	static const union inet_addr loopback6 = { .bytes = { [15] = 1 } };
	struct listener *l;

	/* What a session forwards (X11, ssh -R) is not the way in. */
	if (s->family == FAMILY_IPV4 ? s->local.bytes[0] == 127
				     : !memcmp(&s->local, &loopback6, sizeof(loopback6)))
		return;
	for (uint32_t i = 0; i < lines->listener_count; i++)
		if (lines->listeners[i].port == s->port &&
		    lines->listeners[i].family == s->family)
			return;
	if (lines->listener_count >= LISTENERS_MOST)
		return;
	l = &lines->listeners[lines->listener_count++];
	*l = (struct listener){ .family = s->family, .addr = s->local, .port = s->port };
	snprintf(l->program, sizeof(l->program), "%.15s", program);
}

static void hold(struct finder *f, const struct inet_socket *s, int pid, const char *comm)
{
	bool mosh = s->proto == IPPROTO_UDP;
	struct lifeline line = {
		.kind = mosh ? LIFELINE_MOSH : LIFELINE_SESSION, .family = s->family,
		.proto = s->proto, .local = s->local, .peer = s->peer, .port = s->port,
		.peer_port = s->peer_port, .pid = pid, .has_peer = s->peer_port != 0,
		.mine = is_ancestor(f, pid), .root = !s->uid,
	};
	struct lifeline *known;

	if (s->listens) {
		add_listener(f->lines, s, comm);
		return;
	}
	if (mosh && (strcmp(comm, "mosh-server") != 0 || s->port < MOSH_FIRST ||
		     s->port > MOSH_LAST))
		return;
	snprintf(line.program, sizeof(line.program), "%.15s", comm);
	/* The privileged and the user's process of a session hold the same socket. */
	known = find_line(f->lines, &line);
	if (known)
		known->mine |= line.mine;
	else
		lifelines_add(f->lines, &line);
}

static void look_at_process(struct finder *f, int pid, const char *comm)
{
	char path[PATH_ROOM], target[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		const struct inet_socket *s = NULL;
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		const char *end;
		uint64_t inode;

		if (n < 9)
			continue;
		target[n] = '\0';
		if (!strncmp(target, "socket:[", 8) &&
		    num_parse_decimal(target + 8, &end, 0, UINT32_MAX, &inode))
			s = sockets_find(&f->sockets, (uint32_t)inode);
		if (s)
			hold(f, s, pid, comm);
	}
	if (dir)
		closedir(dir);
}

static int look_at_processes(struct finder *f, struct err *err)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (!dir)
		return err_errno(err, ERR_RESOURCE, errno, "cannot read /proc: %s",
				 strerror(errno));
	while ((entry = readdir(dir))) {
		const char *end;
		uint64_t pid;
		char comm[32];

		if (num_parse_decimal(entry->d_name, &end, 1, INT32_MAX, &pid) && !*end &&
		    process_read((int)pid, "comm", comm, sizeof(comm)) && is_server(f, comm))
			look_at_process(f, (int)pid, comm);
	}
	closedir(dir);
	return 0;
}

/* A port that a lifeline uses is listened on by init where sockets are activated. */
static void look_for_activation(struct finder *f)
{
	for (const struct lifeline *l = f->lines->first; l; l = l->next)
		for (size_t i = 0; l->kind == LIFELINE_SESSION && i < f->sockets.count; i++) {
			const struct inet_socket *s = &f->sockets.items[i];

			if (s->listens && s->port == l->port)
				add_listener(f->lines, s, "init");
		}
}

static void add_configured(struct finder *f)
{
	for (const struct config_lifeline *c = f->config ? f->config->lifelines : NULL; c;
	     c = c->next) {
		struct lifeline line = {
			.kind = LIFELINE_CONFIGURED, .family = c->family, .proto = c->proto,
			.peer = c->from, .port = c->port, .has_peer = true, .line = c->line,
		};

		lifelines_add(f->lines, &line);
	}
}

/* A terminal alone is not enough: on the console nobody is locked out by packets. */
static bool is_interactive(const struct finder *f)
{
	if (!isatty(STDIN_FILENO) && !isatty(STDERR_FILENO))
		return false;
	for (const struct lifeline *l = f->lines->first; l; l = l->next)
		if (l->mine || f->detached)
			return true;
	return false;
}

int lifelines_find(struct lifelines *lines, const struct config *config, struct err *err)
{
	struct finder f = { .lines = lines, .config = config };
	int r;

	*lines = LIFELINES_INIT;
	find_ancestors(&f);
	r = sockets_read(&f.sockets, err);
	if (!r)
		r = look_at_processes(&f, err);
	if (!r) {
		look_for_activation(&f);
		lifelines_find_mosh(lines);
		lines->interactive = is_interactive(&f);
		add_configured(&f);
	}
	sockets_free(&f.sockets);
	return r;
}

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
