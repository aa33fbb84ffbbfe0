// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern explain`: its command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "net/capture.h"

struct options {
	struct scene_source source;
	struct assumptions assumptions;
	enum family family;		/* 0: as the packet shows */
	bool quiet, json, all;
	const char *capture;		/* --read */
	uint64_t frame;			/* --frame, from 1 */
	int64_t wall;			/* --time */
	/* What is left: the packet, and where each word stood. */
	struct { const char **items; size_t count, room; } words;
	struct { int *items; size_t count, room; } from;
};

static void options_free(struct options *o)
{
	free(o->words.items);
	free(o->from.items);
}

/* An option with an argument. */
static int with_argument(struct options *o, const char *word, int argc, char **argv, int *at,
			 struct err *err)
{
	if (++*at == argc)
		return err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)(*at - 1) },
			       "option \"%s\" requires an argument", word);
	if (!strcmp(word, "--assume")) {
		int r = assumptions_add(&o->assumptions, argv[*at], err);

		if (r < 0)
			err->place = (struct place){ .word = (int16_t)(*at - 1) };
		return r;
	}
	if (!strcmp(word, "--time"))
		return scene_parse_time(argv[*at], &o->wall) ? 0 :
		       err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)(*at - 1) },
			       "--time takes YYYY-MM-DDThh:mm (UTC), not \"%s\"", argv[*at]);
	if (!strcmp(word, "--read")) {
		o->capture = argv[*at];
		return 0;
	}
	if (!num_parse(argv[*at], 1, UINT32_MAX, &o->frame))
		return err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)(*at - 1) },
			       "--frame takes a number from 1 on, not \"%s\"", argv[*at]);
	return 0;
}

static int parse_options(struct options *o, int argc, char **argv, struct err *err)
{
	int r = 0;

	for (int i = 1; !r && i < argc; i++) {
		const char *word = argv[i];

		r = scene_option(&o->source, argc, argv, &i, err);
		if (r == 1)
			r = 0;
		else if (r < 0)
			err->place.word--;
		else if (!strcmp(word, "-q") || !strcmp(word, "--quiet"))
			o->quiet = true;
		else if (!strcmp(word, "--json"))
			o->json = true;
		else if (!strcmp(word, "--all"))
			o->all = true;
		else if (!strcmp(word, "-4"))
			o->family = FAMILY_IPV4;
		else if (!strcmp(word, "-6"))
			o->family = FAMILY_IPV6;
		else if (!strcmp(word, "--assume") || !strcmp(word, "--read") ||
			 !strcmp(word, "--frame") || !strcmp(word, "--time"))
			r = with_argument(o, word, argc, argv, &i, err);
		else {
			int from = i - 1;

			VEC_PUSH(&o->words, word);
			VEC_PUSH(&o->from, from);
		}
	}
	return r;
}

/* A frame of a capture, counted as Wireshark does; without a number, the first IP packet. */
static int read_frame(struct options *o, struct arena *arena, struct packet_words *words,
		      struct err *err)
{
	AUTO_CAPTURE *capture = NULL;
	struct frame f = { 0 };
	uint64_t n = 0;
	int r = capture_open(&capture, o->capture, err);

	while (!r && (o->frame ? n < o->frame : !f.bytes) &&
	       (r = capture_next(capture, &f, err)) == 1) {
		n++;
		r = 0;
		if (o->frame ? n == o->frame : f.bytes != NULL)
			break;
	}
	if (r < 0)
		return r;
	if (o->frame && n < o->frame)
		return err_set(err, ERR_OTHER, PLACE_NONE, "%s has %llu frames, not %llu",
			       o->capture, (unsigned long long)n, (unsigned long long)o->frame);
	if (!f.bytes)
		return err_set(err, ERR_OTHER, PLACE_NONE, o->frame ?
			       "frame %2$llu of %1$s is no IP packet" : "%1$s has no IP packet",
			       o->capture, (unsigned long long)o->frame);
	if (packet_words_take(words, arena_memdup(arena, f.bytes, f.captured), f.captured,
			      true) < 0)
		return err_set(err, ERR_OTHER, PLACE_NONE, words->said & SAID_PROTO ?
			       "the packet is in %1$s: its headers cannot be said otherwise" :
			       "frame %2$llu of %1$s is no whole IP header", o->capture,
			       (unsigned long long)n);
	if (f.link) {
		memcpy(words->link, f.link, sizeof(words->link));
		words->has_link = true;
	}
	if (f.has_type)
		words->meta.pkttype = f.type;
	return 0;
}

/* The packet, by words and capture. */
static int read_packet(struct options *o, struct explanation *e, struct err *err)
{
	struct words words = {
		.items = o->words.items, .count = o->words.count, .program = "postern explain",
	};
	int r;

	if (!o->family)
		o->family = packet_words_family(&words);
	r = packet_words_parse(e->arena, o->family, &words, &e->words, err);
	/* Back to the words as they were typed. */
	if (r < 0 && err->place.word >= 0 && (size_t)err->place.word < o->from.count)
		err->place.word = (int16_t)o->from.items[err->place.word];
	if (!r && o->capture)
		r = read_frame(o, e->arena, &e->words, err);
	e->family = e->words.spec.family;
	e->wall = o->wall;
	return r;
}

static int explain(struct options *o, struct explanation *e, struct err *err)
{
	AUTO_SCENE scene = { 0 };
	int r = read_packet(o, e, err);

	/* A file is of the packet's family unless --rules6 said so. */
	if (e->family == FAMILY_IPV6 && o->source.rule_count && !o->source.rule6_count) {
		memcpy(o->source.rules6, o->source.rules, sizeof(o->source.rules6));
		o->source.rule6_count = o->source.rule_count;
		o->source.rule_count = 0;
	}
	if (!r)
		r = scene_load(&scene, &o->source, err);
	return r ? r : explain_packet(e, &scene, &o->assumptions,
				      o->quiet ? EXPLAIN_VERDICT : EXPLAIN_ALL, err);
}

int run_explain(int argc, char **argv)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_EXPLANATION e = { .arena = &arena };
	AUTO_SINK out = SINK_FD(STDOUT_FILENO), text = SINK_MEMORY;
	struct options o = { 0 };
	struct err err = ERR_INIT;
	struct call call = {
		.program = "postern explain", .explain = true,
		.words = (const char *const *)argv + 1, .word_count = (size_t)argc - 1,
	};
	int r = parse_options(&o, argc, argv, &err);

	if (!r)
		r = explain(&o, &e, &err);
	options_free(&o);
	if (r < 0) {
		own_fail(&call, &err);
		return 2;
	}
	if (o.json)
		explain_json(&text, &e);
	else if (o.quiet)
		sink_printf(&text, "%s\n", fate_word(e.fate));
	else
		explain_print(&text, &e, o.all);
	sink_bytes(&out, text.text, text.len);
	return sink_flush(&out) < 0 ? 2 : explain_status(&e);
}
