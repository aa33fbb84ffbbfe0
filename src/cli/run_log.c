// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `postern log`: the lines that -l of ipchains and -o of ipfwadm wrote to the kernel's log, as they
 * were; and the copies of packets that -o of ipchains makes, as a capture. Rules send both to netlink
 * groups, because a namespace's own log lines are shown to nobody.
 */
#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "dialect/old.h"
#include "ext/old.h"
#include "kernel/kernel.h"
#include "kernel/logs.h"
#include "net/capture.h"

enum { MOST_BYTES = 65535 };

/* The rules of one generation, by the sums of their words. */
struct known_rule {
	const struct table *table;
	const struct chain *chain;
	const struct rule *rule;
	unsigned number;
	uint32_t sum;
};

struct known {
	struct ruleset rs;
	struct { struct known_rule *items; size_t count, room; } rules;
	uint32_t generation;
};

struct logger {
	bool stamped;
	const char *copies;		/* the file; NULL: none */
	uint64_t left;			/* lines and copies; UINT64_MAX: no end */
	struct kernel *kernel;
	struct kernel_logs *logs;
	struct capture_out *capture;
	/* Of now and of before: a packet may have been logged just in front of a change. */
	struct known *known[2];		/* NULL: nothing was read */
	struct sink out;
	uint64_t lost;			/* times that the kernel had no room for more */
};

static volatile sig_atomic_t ends;

static void on_signal(int number)
{
	(void)number;
	ends = 1;
}

/* ------------------------------------------------------------------ rules */

static void known_free(struct known **known)
{
	if (!*known)
		return;
	free((*known)->rules.items);
	ruleset_free(&(*known)->rs);
	mem_free_ptr(known);
}

static void index_table(struct known *k, const struct table *t)
{
	const struct builtin_table *b = old_table(t->family, t->name);
	const struct old_words *words = b ? old_words(b->dialect) : NULL;

	for (const struct chain *c = words ? t->first : NULL; c; c = c->next) {
		unsigned number = 0;

		for (const struct rule *r = c->first; r; r = r->next) {
			struct known_rule one = { t, c, r, ++number, 0 };
			AUTO_SINK text = SINK_MEMORY;

			if (r->unsaid)
				continue;
			words->print(&text, c->name, r);
			one.sum = old_words_sum(sink_text(&text));
			VEC_PUSH(&k->rules, one);
		}
	}
}

static int read_rules(struct logger *l, struct err *err)
{
	static const char *const tables[] = { "ipchains", "ipfwadm" };
	uint32_t generation;
	int r = kernel_generation(l->kernel, &generation);

	if (r < 0)
		return err_errno(err, ERR_RESOURCE, -r, "cannot read the rules: %s", strerror(-r));
	if (l->known[0] && generation == l->known[0]->generation)
		return 0;
	known_free(&l->known[1]);
	l->known[1] = l->known[0];
	l->known[0] = mem_alloc(sizeof(*l->known[0]));
	memset(l->known[0], 0, sizeof(*l->known[0]));
	l->known[0]->generation = generation;
	for (size_t i = 0; !r && i < ARRAY_SIZE(tables); i++)
		r = kernel_read(l->kernel, &l->known[0]->rs, FAMILY_IPV4, tables[i], NULL,
				READ_RULES, err);
	for (const struct table *t = l->known[0]->rs.first; !r && t; t = t->next)
		index_table(l->known[0], t);
	return r;
}

/* "TABLE CHAIN SUM", as old_rule.c of kernel/ writes it. */
struct origin {
	char table[32], chain[32];
	uint32_t sum;
};

static bool read_prefix(struct origin *o, const char *prefix)
{
	char copy[128], *words[3], *save = NULL;
	uint64_t sum;

	snprintf(copy, sizeof(copy), "%s", prefix);
	words[0] = strtok_r(copy, " ", &save);
	words[1] = strtok_r(NULL, " ", &save);
	words[2] = strtok_r(NULL, " ", &save);
	if (!words[0] || !words[1] || !words[2] || strlen(words[2]) != 8)
		return false;
	snprintf(o->table, sizeof(o->table), "%s", words[0]);
	snprintf(o->chain, sizeof(o->chain), "%s", words[1]);
	/* In hexadecimal, which num_parse knows by its prefix. */
	snprintf(copy, sizeof(copy), "0x%.8s", strrchr(prefix, ' ') + 1);
	if (!num_parse(copy, 0, UINT32_MAX, &sum))
		return false;
	o->sum = (uint32_t)sum;
	return true;
}

static const struct known_rule *find_rule(const struct logger *l, const struct origin *o)
{
	for (size_t k = 0; k < ARRAY_SIZE(l->known); k++)
		for (size_t i = 0; l->known[k] && i < l->known[k]->rules.count; i++) {
			const struct known_rule *one = &l->known[k]->rules.items[i];

			if (one->sum == o->sum && !strcmp(one->chain->name, o->chain) &&
			    !strcmp(one->table->name, o->table))
				return one;
		}
	return NULL;
}

/* ------------------------------------------------------------------ lines and copies */

/* "Nov 26 02:30:00 gate kernel: ", as syslogd put it in front (RFC 3164). */
static void put_stamp(struct sink *s, uint64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	char text[32], host[65] = "";
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(text, sizeof(text), "%b %e %H:%M:%S", &tm))
		text[0] = '\0';
	gethostname(host, sizeof(host) - 1);
	sink_printf(s, "%s %s kernel: ", text, host);
}

static int put_line(struct logger *l, const struct kernel_log *packet, struct err *err)
{
	const struct known_rule *rule;
	AUTO_SINK line = SINK_MEMORY;
	struct origin o;
	struct old_log log = {
		.arriving = packet->hook == NF_INET_PRE_ROUTING,
		.bytes = packet->bytes, .len = packet->len,
	};
	int r;

	if (!read_prefix(&o, packet->prefix))
		return 0;
	r = read_rules(l, err);
	if (r < 0)
		return r;
	rule = find_rule(l, &o);
	log.chain = o.chain;
	log.device = log.arriving ? packet->in : packet->out;
	if (!log.device[0])
		log.device = "-";
	if (rule) {
		log.rule = rule->rule;
		log.number = rule->number;
	}
	if (!(!strcmp(o.table, "ipfwadm") ? ipfwadm_log : ipchains_log)(&line, &log))
		return 0;
	if (l->stamped)
		put_stamp(&l->out, packet->ns);
	sink_str(&l->out, sink_text(&line));
	l->left -= l->left != UINT64_MAX;
	return sink_flush(&l->out) < 0 ? err_errno(err, ERR_OTHER, -l->out.error,
						   "cannot write: %s", strerror(-l->out.error)) : 0;
}

/* How long it was on the wire its header says. */
static int put_copy(struct logger *l, const struct kernel_log *packet, struct err *err)
{
	size_t wire = packet->len >= 4 ? (size_t)(packet->bytes[2] << 8 | packet->bytes[3]) : 0;

	if (!packet->len)
		return 0;
	l->left -= l->left != UINT64_MAX;
	return capture_write(l->capture, packet->ns, packet->bytes, packet->len,
			     wire > packet->len ? wire : packet->len, err);
}

static int take(struct logger *l, struct err *err)
{
	struct kernel_log packet;
	int r = 0;

	while (l->left && (r = kernel_logs_next(l->logs, &packet, err))) {
		if (r == -ENOBUFS) {
			l->lost++;
			continue;
		}
		if (r > 0)
			r = packet.group == OLD_LOG_GROUP ? put_line(l, &packet, err)
							  : put_copy(l, &packet, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ------------------------------------------------------------------ the command */

static int open_all(struct logger *l, struct err *err)
{
	static const uint16_t groups[] = { OLD_LOG_GROUP, OLD_COPY_GROUP };
	bool bare = l->copies && !strcmp(l->copies, "-");
	int r = kernel_open(&l->kernel, err);

	/* Standard output is either lines or a capture. */
	if (!r)
		r = kernel_logs_open(&l->logs, bare ? groups + 1 : groups,
				     bare || !l->copies ? 1 : 2, MOST_BYTES, err);
	if (!r && l->copies)
		r = capture_create(&l->capture, l->copies, err);
	return r;
}

static int follow(struct logger *l, struct err *err)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct pollfd p = { .fd = kernel_logs_fd(l->logs), .events = POLLIN };
	sigset_t blocked, before;
	int r = 0;

	/* Signals come while we wait, and never between looking at `ends` and waiting. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	fputs("listening to what -l and -o log\n", stderr);
	while (!r && l->left && !ends) {
		if (ppoll(&p, 1, NULL, &before) < 0 && errno != EINTR)
			return err_errno(err, ERR_RESOURCE, errno, "cannot wait: %s",
					 strerror(errno));
		r = take(l, err);
	}
	return r;
}

static int bad_option(struct err *err, int at, const char *format, const char *word)
{
	return err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)at }, format, word);
}

static int read_options(struct logger *l, int argc, char **argv, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		bool count = !strcmp(argv[i], "-n") || !strcmp(argv[i], "--count");

		if (!strcmp(argv[i], "-t") || !strcmp(argv[i], "--time")) {
			l->stamped = true;
			continue;
		}
		if (!count && strcmp(argv[i], "--copies") != 0)
			return bad_option(err, i - 1, "unexpected \"%s\"", argv[i]);
		if (++i == argc)
			return bad_option(err, i - 1, "option \"%s\" requires an argument",
					  argv[i - 1]);
		if (!count)
			l->copies = argv[i];
		else if (!num_parse(argv[i], 1, UINT32_MAX, &l->left))
			return bad_option(err, i - 1, "-n takes a number from 1 on, not \"%s\"",
					  argv[i]);
	}
	return 0;
}

int run_log(int argc, char **argv)
{
	struct logger l = {
		.left = UINT64_MAX, .out = SINK_FD(STDOUT_FILENO),
	};
	struct err err = ERR_INIT;
	struct call call = {
		.program = "postern log", .explain = true,
		.words = (const char *const *)argv + 1, .word_count = (size_t)argc - 1,
	};
	int r = read_options(&l, argc, argv, &err);

	if (!r)
		r = open_all(&l, &err);
	if (!r)
		r = follow(&l, &err);
	if (capture_finish(&l.capture, &err) < 0 && !r)
		r = -EIO;
	if (l.lost)
		fprintf(stderr, "postern log: some packets were lost: they came faster than they "
			"were read\n");
	for (size_t i = 0; i < ARRAY_SIZE(l.known); i++)
		known_free(&l.known[i]);
	kernel_logs_close(&l.logs);
	kernel_close(&l.kernel);
	sink_free(&l.out);
	if (r < 0)
		own_fail(&call, &err);
	return r < 0 ? 2 : 0;
}
