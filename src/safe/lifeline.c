// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who holds which socket: /proc/PID/comm names programs, /proc/PID/fd their sockets, the parents
 * of this process, or of who holds its terminal, lead to the session it was started from.
 */
#include "safe/lifeline.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "safe/process.h"
#include "safe/sockets.h"
#include "safe/terminal.h"

enum {
	ANCESTORS_MOST = 128, HOLDERS_MOST = 8,
	MOSH_FIRST = 60000, MOSH_LAST = 61000,	/* mosh(1), --port */
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

static void add_ancestors(struct finder *f, int pid)
{
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
		.mine = is_ancestor(f, pid), .root = !s->uid, .tos = s->tos,
		.cgroup = s->cgroup,
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

/*
 * Who listens at a session's port: init where sockets are activated; nobody when the server made the
 * connection itself, for a client that forwards or jumps.
 */
static void look_for_listeners(struct finder *f)
{
	for (struct lifeline *l = f->lines->first; l; l = l->next) {
		bool found = false;

		for (size_t i = 0; l->kind == LIFELINE_SESSION && i < f->sockets.count; i++) {
			const struct inet_socket *s = &f->sockets.items[i];

			if (!s->listens || s->port != l->port)
				continue;
			l->is_called = true;
			/* Of several that listen there, any may be called. */
			l->login_cgroup = !found || l->login_cgroup == s->cgroup ?
						  s->cgroup : 0;
			found = true;
			add_listener(f->lines, s, "init");
		}
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

static bool has_port(const char *ports, uint16_t port)
{
	for (const char *p = ports; *p; p += strspn(p, " ")) {
		uint64_t number;

		if (!num_parse_decimal(p, &p, 1, 65535, &number))
			return false;
		if (number == port)
			return true;
	}
	return false;
}

/*
 * In a container that shares the network but not the processes of its host nobody is seen to hold a
 * session; those of SSH's ports are taken for what they look like, and one of them for ours.
 */
static void look_for_hidden(struct finder *f)
{
	AUTO_SINK ports = SINK_MEMORY;
	struct stat st;

	/* The first namespace of processes has this inode (PROC_PID_INIT_INO, linux/proc_ns.h). */
	if (f->lines->first || stat("/proc/self/ns/pid", &st) || st.st_ino == 0xeffffffc)
		return;
	lifelines_ports(&ports, f->lines, NULL);
	for (size_t i = 0; i < f->sockets.count; i++) {
		const struct inet_socket *s = &f->sockets.items[i];
		struct lifeline line = {
			.kind = LIFELINE_SESSION, .family = s->family, .proto = s->proto,
			.local = s->local, .peer = s->peer, .port = s->port,
			.peer_port = s->peer_port, .has_peer = true, .root = true,
			.tos = s->tos,
		};

		if (s->proto != IPPROTO_TCP || s->listens || s->uid ||
		    !has_port(sink_text(&ports), s->port))
			continue;
		lifelines_add(f->lines, &line);
		f->detached = true;
	}
}

static bool hangs_on_one(const struct finder *f)
{
	for (const struct lifeline *l = f->lines->first; l; l = l->next)
		if (l->mine || f->detached)
			return true;
	return false;
}

/*
 * A terminal alone is not enough: on the console nobody is locked out by packets. Who has left the tree
 * of the login (setsid, a background process whose shell has ended) is known by the terminal.
 */
static bool is_interactive(struct finder *f)
{
	int holders[HOLDERS_MOST];
	size_t count;

	if (!isatty(STDIN_FILENO) && !isatty(STDERR_FILENO))
		return false;
	if (hangs_on_one(f))
		return true;
	count = f->lines->first ? terminal_holders(holders, HOLDERS_MOST) : 0;
	for (size_t i = 0; i < count; i++)
		add_ancestors(f, holders[i]);
	for (struct lifeline *l = f->lines->first; l; l = l->next)
		l->mine |= l->pid && is_ancestor(f, l->pid);
	return hangs_on_one(f);
}

int lifelines_find(struct lifelines *lines, const struct config *config, struct err *err)
{
	struct finder f = { .lines = lines, .config = config };
	int r;

	*lines = LIFELINES_INIT;
	add_ancestors(&f, getpid());
	r = sockets_read(&f.sockets, err);
	if (!r)
		r = look_at_processes(&f, err);
	if (!r) {
		look_for_hidden(&f);
		look_for_listeners(&f);
		lifelines_find_mosh(lines);
		lines->interactive = is_interactive(&f);
		add_configured(&f);
	}
	sockets_free(&f.sockets);
	return r;
}
