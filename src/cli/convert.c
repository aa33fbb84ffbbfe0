// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern convert`: its command line, and what it says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "cli/cli.h"
#include "cli/scene.h"
#include "convert/convert.h"
#include "ext/type/types.h"
#include "safe/snapshot.h"

enum { INPUT_MOST = 16 * 1024 * 1024 };
enum { PACKETS = 10000, PACKETS_A_RULE = 100, PACKETS_MOST = 1000000 };
enum { EXIT_KEPT = 0, EXIT_NOT_KEPT = 1, EXIT_ERROR = 2 };

struct options {
	const char *from, *to, *host, *file;
	uint64_t packets;
	bool given;			/* packets */
};

static int usage(const char *format, const char *word)
{
	fputs("postern: ", stderr);
	fprintf(stderr, format, word);
	fputs("\nUsage: postern convert --from ipfwadm|ipchains --to ipchains|iptables "
	      "[--host FILE] [--packets N] [FILE]\n", stderr);
	return EXIT_ERROR;
}

/* 0, or the exit status. */
static int read_options(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char **value = !strcmp(argv[i], "--from") ? &o->from :
				     !strcmp(argv[i], "--to") ? &o->to :
				     !strcmp(argv[i], "--host") ? &o->host : NULL;

		if (value || !strcmp(argv[i], "--packets")) {
			if (++i == argc)
				return usage("%s wants something behind it", argv[i - 1]);
			if (value)
				*value = argv[i];
			else if (!(o->given = num_parse(argv[i], 0, PACKETS_MOST, &o->packets)))
				return usage("--packets: `%s' is no number up to 1000000", argv[i]);
		} else if ((argv[i][0] == '-' && argv[i][1]) || o->file) {
			return usage("what is `%s'?", argv[i]);
		} else {
			o->file = argv[i];
		}
	}
	return 0;
}

static bool dialect_of(const char *name, enum dialect *dialect)
{
	static const struct { const char *name; enum dialect dialect; } names[] = {
		{ "ipfwadm", DIALECT_IPFWADM }, { "ipchains", DIALECT_IPCHAINS },
		{ "iptables", DIALECT_IPTABLES },
	};

	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, name)) {
			*dialect = names[i].dialect;
			return true;
		}
	return false;
}

static const char *file_name(const struct options *o)
{
	return o->file && strcmp(o->file, "-") != 0 ? o->file : "standard input";
}

/* Forwards in time only. */
static int read_dialects(struct conversion *c, const struct options *o)
{
	if (!dialect_of(o->from, &c->from) || c->from == DIALECT_IPTABLES)
		return usage("--from is ipfwadm or ipchains%s", "");
	if (!dialect_of(o->to, &c->to) || c->to == DIALECT_IPFWADM || c->to == c->from)
		return usage("--to is %s", c->from == DIALECT_IPFWADM ? "ipchains or iptables" :
								       "iptables");
	return 0;
}

/* A pipe will do. */
static int read_input(const struct options *o, struct sink *text, struct err *err)
{
	bool named = o->file && strcmp(o->file, "-") != 0;
	AUTO_FD fd = named ? open(o->file, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	char buffer[65536];
	ssize_t n = fd;

	while (n >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0) {
		sink_bytes(text, buffer, (size_t)n);
		if (text->len > INPUT_MOST)
			return err_set(err, ERR_OTHER, PLACE_NONE, "%s has more than %d bytes",
				       file_name(o), INPUT_MOST);
	}
	if (n < 0)
		return err_errno(err, ERR_OTHER, errno, "cannot read %s: %s", file_name(o),
				 strerror(errno));
	return 0;
}

/* ------------------------------------------------------------------ what is said */

static int by_line(const void *a, const void *b)
{
	const struct remark *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

static void say_remarks(struct sink *says, struct conversion *c, const char *file)
{
	if (c->remarks.count)
		qsort(c->remarks.items, c->remarks.count, sizeof(*c->remarks.items), by_line);
	for (size_t i = 0; i < c->remarks.count; i++) {
		const struct remark *r = &c->remarks.items[i];

		if (r->line)
			sink_printf(says, "%s:%d: %s\n", file, r->line, r->text);
		else
			sink_printf(says, "%s: %s\n", file, r->text);
	}
}

static void say_proof(struct sink *says, const struct proof *p)
{
	unsigned differ = p->explained + p->unexplained;

	sink_printf(says, "%u packets compared: ", p->packets);
	if (!differ && !p->unknown) {
		sink_str(says, "none differs\n");
		return;
	}
	sink_printf(says, "%u differ%s", differ, differ == 1 ? "s" : "");
	if (p->explained)
		sink_printf(says, ", %u by what is said above", p->explained);
	if (p->unexplained)
		sink_printf(says, ", %u WITHOUT EXPLANATION", p->unexplained);
	if (p->unknown)
		sink_printf(says, "; %u could not be judged", p->unknown);
	sink_char(says, '\n');
}

/* ------------------------------------------------------------------ all of it */

/* What was written, read as its own programs read it. */
static int read_back(const struct conversion *c, struct sink *text, struct conversion *back,
		     struct err *err)
{
	int r;

	if (c->to == DIALECT_IPTABLES) {
		set_names_use(&set_names_given);
		return snapshot_parse(&back->rules, FAMILY_IPV4, sink_text(text), text->len,
				      "the result", false, err);
	}
	back->from = c->to;
	r = convert_read(back, sink_text(text), text->len, err);
	convert_keep_forwards(c, &back->rules);
	if (!r && back->remarks.count)
		r = err_set(err, ERR_OTHER, PLACE_NONE, "line %d of the result: %s",
			    back->remarks.items[0].line, back->remarks.items[0].text);
	return r;
}

/* Enough for each rule's boundaries. */
static unsigned packets_for(const struct conversion *c)
{
	size_t packets = 0;

	for (const struct table *t = c->rules.first; t; t = t->next)
		for (const struct chain *k = t->first; k; k = k->next)
			packets += (size_t)k->rule_count * PACKETS_A_RULE;
	if (packets < PACKETS)
		return PACKETS;
	return packets < PACKETS_MOST ? (unsigned)packets : PACKETS_MOST;
}

static int prove(const struct conversion *c, const struct options *o, struct sink *text,
		 struct sink *says, struct proof *proof, struct err *err)
{
	AUTO_CONVERSION back = CONVERSION_INIT;
	int r = read_back(c, text, &back, err);

	if (r < 0 || !o->packets)
		return r;
	return convert_prove(c, &back.rules,
			     o->given ? (unsigned)o->packets : packets_for(c), says, proof, err);
}

static int convert(struct conversion *c, const struct options *o, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO), says = SINK_FD(STDERR_FILENO), text = SINK_MEMORY;
	AUTO_SINK input = SINK_MEMORY;
	struct proof proof = { 0 };
	int r = read_input(o, &input, err);

	if (!r)
		r = convert_read(c, sink_text(&input), input.len, err);
	if (!r)
		convert_print(c, &text);
	say_remarks(&says, c, file_name(o));
	if (!r)
		r = prove(c, o, &text, &says, &proof, err);
	if (!r && o->packets)
		say_proof(&says, &proof);
	sink_flush(&says);
	if (r < 0)
		return r;
	sink_bytes(&out, sink_text(&text), text.len);
	if (sink_flush(&out) < 0)
		return err_errno(err, ERR_OTHER, -out.error, "cannot write: %s",
				 strerror(-out.error));
	return c->remarks.count || proof.explained || proof.unexplained || proof.unknown;
}

int run_convert(int argc, char **argv)
{
	AUTO_CONVERSION c = CONVERSION_INIT;
	AUTO_SCENE scene = { 0 };
	struct options o = { .packets = PACKETS };
	struct err err = ERR_INIT;
	int r = read_options(&o, argc, argv);

	if (!r)
		r = read_dialects(&c, &o);
	if (r)
		return r;
	if (o.host)
		r = scene_read_host(&scene, o.host, &err);
	c.host = &scene.host;
	if (!r)
		r = convert(&c, &o, &err);
	if (r < 0) {
		const struct call call = { .program = "postern", .explain = true };

		own_fail(&call, &err);
		return EXIT_ERROR;
	}
	return r ? EXIT_NOT_KEPT : EXIT_KEPT;
}
