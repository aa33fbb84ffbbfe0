// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What every declaration of a match or a target must hold: nobody writes a test for a new
 * extension, its table is the test. Examples that ask the kernel while they are read (sets, pinned
 * programs) are told by the complaint; tests/kernel loads those.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/netfilter/xt_tcpudp.h>

#include "base/sink.h"
#include "dialect/iptables.h"
#include "ext/type/types.h"

enum { DATA_MOST = 4096, SAMPLES = 150 };

static const enum family families[] = { FAMILY_IPV4, FAMILY_IPV6 };

/* Of one extension, in one test. */
enum { COMPLAINTS_MOST = 5 };

static unsigned failures, complaints;
static const struct ext *complained_about;

static void complain(const struct ext *ext, enum family family, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void complain(const struct ext *ext, enum family family, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	failures++;
	if (ext != complained_about)
		complaints = 0;
	complained_about = ext;
	if (complaints++ < COMPLAINTS_MOST)
		print_error("-%c %s (%s): %s\n", ext->kind == EXT_MATCH ? 'm' : 'j', ext->name,
			    family == FAMILY_IPV6 ? "IPv6" : "IPv4", text);
}

/* Says what is wrong and goes on: one run shows it all. */
#define CHECK(condition, ...)                 \
	do {                                  \
		if (!(condition))             \
			complain(__VA_ARGS__); \
	} while (0)

/* Calls `look` for every extension and each of its families. */
static void each(void (*look)(const struct ext *ext, enum family family))
{
	const struct ext *ext;

	failures = 0;
	complained_about = NULL;
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		for (size_t f = 0; f < ARRAY_SIZE(families); f++)
			if (ext_is_for(ext, families[f]))
				look(ext, families[f]);
	assert_int_equal(failures, 0);
}

/* ---------------------------------------------------------------- the table itself */

static void look_at_names(const struct ext *ext, enum family family)
{
	const char *p = ext->also ? ext->also : "", *word;
	char name[64];
	size_t len;

	CHECK(ext_find(ext->kind, family, ext->name) == ext, ext, family, "is not found");
	while (*p) {
		p = word_next(p, &word, &len);
		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		CHECK(ext_find(ext->kind, family, name) == ext, ext, family, "%s is not found",
		      name);
	}
	CHECK(ext->summary && *ext->summary, ext, family, "has no summary");
	CHECK(ext->kconfig || ext->gone, ext, family, "does not name its kernel option");
	CHECK(ext->size <= DATA_MOST, ext, family, "has very much data");
	CHECK(!ext->some || (ext->some_text && *ext->some_text), ext, family, "lacks some_text");
}

/* The option that a spelling leads to; each may only lead to one. */
static void look_at_spelling(const struct ext *ext, enum family family, const struct opt *o,
			     const char *word, size_t len)
{
	CHECK(len, ext, family, "--%s has an empty spelling", o->name);
	CHECK(ext_option(ext, word, len) == o, ext, family, "--%.*s is there twice", (int)len,
	      word);
}

static bool inside(const struct ext *ext, size_t at, size_t size)
{
	return at + size <= ext->size;
}

/* Its own, or that of the options below it, which it shares. */
static bool has_help(const struct opt *o)
{
	while (o->name && !o->help)
		o++;
	return o->name && *o->help;
}

static void look_at_options(const struct ext *ext, enum family family)
{
	const struct opt *o = ext->opts;

	for (; o && o->name; o++) {
		const char *p = o->also ? o->also : "", *word;
		size_t len;

		CHECK(o - ext->opts < 32, ext, family, "has more than 32 options");
		look_at_spelling(ext, family, o, o->name, strlen(o->name));
		while (*p) {
			p = word_next(p, &word, &len);
			look_at_spelling(ext, family, o, word, len);
		}
		CHECK(inside(ext, o->at.at, o->at.size) &&
		      inside(ext, o->given.at, o->given.size) &&
		      inside(ext, o->invert.at, o->invert.size), ext, family,
		      "--%s lies outside of the data", o->name);
		CHECK(o->flags & OPT_HIDDEN || has_help(o), ext, family, "--%s has no help",
		      o->name);
		if (!o->type || !o->type->words)
			continue;
		CHECK((o->metavar && *o->metavar) || (o->type->metavar && *o->type->metavar), ext,
		      family, "--%s has no word for its argument", o->name);
	}
}

static void look_at_presets(const struct ext *ext, enum family family)
{
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		const char *preset = family == FAMILY_IPV6 && o->preset6 ? o->preset6 : o->preset;
		uint64_t data[DATA_MOST / 8] = { 0 };
		char fresh[DATA_MOST];
		struct err err = ERR_INIT;
		struct opt_in in = { .ext = ext, .opt = o, .family = family, .words = &preset,
				     .err = &err };

		if (!preset || !o->type)
			continue;
		CHECK(o->type->parse(&in, (char *)data + o->at.at) == 0, ext, family,
		      "--%s %s, the preset: %s", o->name, preset, err.text);
		/* A type that says itself when it is absent may share its place with others. */
		if (o->type->absent)
			continue;
		use_init(ext, family, fresh);
		CHECK(!memcmp(fresh + o->at.at, (char *)data + o->at.at, o->at.size), ext, family,
		      "--%s %s, the preset, is not what a use starts with", o->name, preset);
	}
}

static void names_are_found(void **state)
{
	(void)state;
	each(look_at_names);
}

static void options_say_what_they_are(void **state)
{
	(void)state;
	each(look_at_options);
}

static void presets_are_read(void **state)
{
	(void)state;
	each(look_at_presets);
}

/* ---------------------------------------------------------------- bounds */

/* Integers; what is here takes every number from opt->min to type_max. */
static size_t width_of(const struct opt *o)
{
	if (o->type == &type_uint || o->type == &type_hex || o->type == &type_hex_full ||
	    o->type == &type_uint_be || o->type == &type_uint_below || o->type == &type_uint_above)
		return o->at.size;
	return o->type == &type_range ? o->at.size / 2u : 0;
}

static bool takes(const struct ext *ext, enum family family, const struct opt *o, const char *word)
{
	uint64_t data[DATA_MOST / 8] = { 0 };
	struct err err = ERR_INIT;
	struct opt_in in = { .ext = ext, .opt = o, .family = family, .words = &word, .err = &err };

	return o->type->parse(&in, (char *)data + o->at.at) == 0;
}

static void look_at_bounds(const struct ext *ext, enum family family)
{
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		size_t width = o->type ? width_of(o) : 0;
		uint64_t max = width ? type_max(o, width) : 0;
		char word[32];

		if (!width)
			continue;
		snprintf(word, sizeof(word), "%llu", (unsigned long long)o->min);
		CHECK(takes(ext, family, o, word), ext, family, "--%s %s is refused", o->name,
		      word);
		snprintf(word, sizeof(word), "%llu", (unsigned long long)max);
		CHECK(takes(ext, family, o, word), ext, family, "--%s %s is refused", o->name,
		      word);
		if (max < UINT64_MAX)
			snprintf(word, sizeof(word), "%llu", (unsigned long long)max + 1);
		else
			strcpy(word, "18446744073709551616");
		CHECK(!takes(ext, family, o, word), ext, family, "--%s %s is taken", o->name, word);
		snprintf(word, sizeof(word), "%lld", (long long)o->min - 1);
		CHECK(!takes(ext, family, o, word), ext, family, "--%s %s is taken", o->name, word);
		CHECK(!takes(ext, family, o, "nonsense"), ext, family, "--%s takes nonsense",
		      o->name);
	}
}

static void bounds_are_kept(void **state)
{
	(void)state;
	each(look_at_bounds);
}

/* ---------------------------------------------------------------- examples */

/* What only a kernel with sets, programs, ... in it can read. */
static bool asks_the_kernel(const struct err *err)
{
	static const char *const signs[] = { "ipset", "xt_set", "Set ", "pinned", "bpf", "BPF" };

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (strstr(err->text, signs[i]))
			return true;
	return false;
}

/* "-A CHAIN" and the words of `text`; the rule, or NULL with err. */
static const struct rule *parse_rule(struct arena *arena, enum family family, const char *text,
				     struct err *err)
{
	struct iptables_options options = { 0 };
	struct command command = { 0 };
	struct words words = { 0 };
	const char **items;
	const char *line = arena_printf(arena, "-A user %s", text);

	if (restore_split(arena, line, &items, &words.count, err))
		return NULL;
	words.items = items;
	if (iptables_parse(arena, family, &words, &options, &command, err))
		return NULL;
	return command.rule_count ? command.rules[0] : NULL;
}

static bool same_uses(const struct rule *a, const struct rule *b)
{
	if (a->match_count != b->match_count || a->jump != b->jump)
		return false;
	for (unsigned i = 0; i < a->match_count; i++)
		if (!use_equal(&a->matches[i], &b->matches[i]))
			return false;
	return a->jump != JUMP_TARGET || use_equal(&a->target, &b->target);
}

/* Something must be listed when the declaration has words for it. */
static void look_at_listing(const struct ext *ext, enum family family, const struct head *head,
			    const struct use *use, const char *text)
{
	AUTO_SINK sink = SINK_MEMORY;
	bool expected = ext->title != NULL;

	for (const struct opt *o = ext->opts; o && o->name && !expected; o++)
		expected = opt_is_present(ext, family, o, use->data) && !(o->list && !*o->list);
	use_list(&sink, family, head, use, HOW_NUMERIC);
	CHECK(!expected || sink.len > 1, ext, family, "%s is listed as nothing", text);
}

static const struct use *find_use(const struct ext *ext, const struct rule *rule)
{
	for (unsigned i = 0; i < rule->match_count; i++)
		if (rule->matches[i].ext == ext)
			return &rule->matches[i];
	return rule->jump == JUMP_TARGET && rule->target.ext == ext ? &rule->target : NULL;
}

static void look_at_example(const struct ext *ext, enum family family, const struct example *x)
{
	const char *want = x->saved ? x->saved : x->rule;
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK saved = SINK_MEMORY;
	struct err err = ERR_INIT;
	const struct rule *rule = parse_rule(&arena, family, x->rule, &err), *again;
	const struct use *use;

	if (!rule && asks_the_kernel(&err))
		return;
	CHECK(rule, ext, family, "%s: %s", x->rule, err.text);
	use = rule ? find_use(ext, rule) : NULL;
	CHECK(!rule || use, ext, family, "%s has nothing of it", x->rule);
	if (!use)
		return;
	look_at_listing(ext, family, &rule->head, use, x->rule);
	iptables_save_rule(&saved, family, "user", rule, false);
	CHECK(!strcmp(sink_text(&saved) + strlen("-A user "), want), ext, family,
	      "%s\n  is saved as %s\n  and not as %s", x->rule, sink_text(&saved), want);
	again = parse_rule(&arena, family, want, &err);
	CHECK(again, ext, family, "%s: %s", want, err.text);
	CHECK(!again || same_uses(rule, again), ext, family, "%s: its save means something else",
	      x->rule);
}

static void look_at_examples(const struct ext *ext, enum family family)
{
	CHECK(ext->examples && ext->examples[0].rule, ext, family, "has no example");
	for (const struct example *x = ext->examples; x && x->rule; x++) {
		CHECK(x->means && *x->means, ext, family, "%s: what does it mean?", x->rule);
		if (!x->families || x->families & ext_family_bit(family))
			look_at_example(ext, family, x);
	}
}

static void examples_are_saved_as_written(void **state)
{
	(void)state;
	each(look_at_examples);
}

/* Options of `ext` among the words of an example. */
static uint32_t options_in(const struct ext *ext, const char *text)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct err err = ERR_INIT;
	uint32_t found = 0;
	const char **items;
	size_t count = 0;

	if (restore_split(&arena, text, &items, &count, &err))
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct opt *o = strncmp(items[i], "--", 2) != 0 ? NULL :
				      ext_option(ext, items[i] + 2, strlen(items[i] + 2));

		if (o)
			found |= BIT(o - ext->opts);
	}
	return found;
}

static void look_at_coverage(const struct ext *ext, enum family family)
{
	uint32_t found = 0;

	for (const struct example *x = ext->examples; x && x->rule; x++)
		found |= options_in(ext, x->rule) | (x->saved ? options_in(ext, x->saved) : 0);
	for (const struct opt *o = ext->opts; o && o->name; o++)
		CHECK(found & BIT(o - ext->opts) || o->flags & OPT_HIDDEN, ext, family,
		      "--%s is in no example", o->name);
}

static void examples_show_every_option(void **state)
{
	(void)state;
	each(look_at_coverage);
}

/* ---------------------------------------------------------------- samples */

/* Options alone, as use_save writes them. */
static int parse_options(struct arena *arena, const struct ext *ext, enum family family,
			 const char *text, void *data, bool check, struct err *err)
{
	struct head head = { .proto = ext->protos ? ext->protos[0] : 0 };
	struct opt_in in = { .ext = ext, .family = family, .head = &head, .err = err };
	uint32_t given = 0;
	const char **items;
	size_t count, i = 0;
	int r = restore_split(arena, text, &items, &count, err);

	if (!r)
		use_init(ext, family, data);
	while (!r && i < count) {
		const char *none[8] = { NULL };
		size_t words;

		in.negated = !strcmp(items[i], "!");
		i += in.negated;
		if (i == count || strncmp(items[i], "--", 2) != 0)
			return -1;
		in.opt = ext_option(ext, items[i] + 2, strlen(items[i] + 2));
		i++;
		if (!in.opt)
			return -1;
		words = in.opt->type ? in.opt->type->words : 0;
		if (words && in.opt->flags & OPT_MAYBE && (i == count || *items[i] == '-'))
			words = 0;
		if (i + words > count)
			return -1;
		in.words = words ? items + i : none;
		i += words;
		r = use_parse_option(&in, data, &given);
	}
	if (!r && check) {
		const struct check c = { .ext = ext, .family = family, .head = &head, .data = data,
					 .given = given, .err = err };

		r = use_check(&c);
	}
	return r;
}

/* Nothing can be said without it: a MUST, or the first of those that are as good as each other. */
static bool is_wanted(const struct ext *ext, const struct opt *o)
{
	uint32_t first = ext->some & -ext->some;

	return o->flags & OPT_MUST || first == BIT(o - ext->opts);
}

/* The first sample that the option takes. */
static void put_good_sample(struct sink *sink, const struct ext *ext, enum family family,
			    const struct opt *o)
{
	for (uint32_t seed = 0; seed < SAMPLES; seed++) {
		uint64_t data[DATA_MOST / 8] = { 0 };
		AUTO_SINK text = SINK_MEMORY;
		AUTO_ARENA arena = ARENA_INIT;
		struct err err = ERR_INIT;

		sink_printf(&text, "--%s ", o->name);
		if (o->type && o->type->words)
			o->type->sample(&text, o, family, seed);
		if (parse_options(&arena, ext, family, sink_text(&text), data, false, &err))
			continue;
		sink_printf(sink, "%s ", sink_text(&text));
		return;
	}
}

/* The kernel's number is finer than the text that libxtables has for it. */
static bool is_rounded(const struct type *type)
{
	return type == &type_rate || strstr(type->name, "hashlimit") != NULL;
}

/* What is read from a sample is saved as a text that is read as the same. */
static void look_at_sample(const struct ext *ext, enum family family, const struct opt *o,
			   uint32_t seed)
{
	uint64_t data[DATA_MOST / 8] = { 0 }, again[DATA_MOST / 8] = { 0 };
	const struct use a = { ext, data }, b = { ext, again };
	AUTO_SINK text = SINK_MEMORY, saved = SINK_MEMORY, saved_again = SINK_MEMORY;
	AUTO_ARENA arena = ARENA_INIT;
	struct err err = ERR_INIT;

	for (const struct opt *must = ext->opts; must->name; must++)
		if (must != o && is_wanted(ext, must) && !(must->excludes & BIT(o - ext->opts)))
			put_good_sample(&text, ext, family, must);
	sink_printf(&text, "--%s ", o->name);
	o->type->sample(&text, o, family, seed);
	if (parse_options(&arena, ext, family, sink_text(&text), data, true, &err))
		return;
	use_save(&saved, family, &a);
	if (parse_options(&arena, ext, family, sink_text(&saved), again, true, &err)) {
		complain(ext, family, "%s is saved as%s: %s", sink_text(&text), sink_text(&saved),
			 err.text);
		return;
	}
	CHECK(use_equal(&a, &b) || is_rounded(o->type), ext, family,
	      "%s is saved as%s, which means something else", sink_text(&text), sink_text(&saved));
	/* As a blob that another program made it is read as what it is. */
	CHECK(ext->old || use_comes_back(&arena, family, ext->protos ? *ext->protos : 0, &a) ||
	      is_rounded(o->type), ext, family, "%s does not come back", sink_text(&text));
	use_save(&saved_again, family, &b);
	CHECK(!strcmp(sink_text(&saved), sink_text(&saved_again)), ext, family,
	      "%s is saved as%s and then as%s", sink_text(&text), sink_text(&saved),
	      sink_text(&saved_again));
}

static void look_at_samples(const struct ext *ext, enum family family)
{
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		if (!o->type || !o->type->words)
			continue;
		CHECK(o->type->sample, ext, family, "--%s: no samples of %s", o->name,
		      o->type->name);
		for (uint32_t seed = 0; o->type->sample && seed < SAMPLES; seed++)
			look_at_sample(ext, family, o, seed);
	}
}

static void saves_of_samples_mean_the_same(void **state)
{
	(void)state;
	each(look_at_samples);
}

/* Blobs of -m tcp that no command line makes: their native form says something else, or nothing. */
static void odd_blobs_do_not_come_back(void **state)
{
	static const struct {
		uint8_t proto;
		struct xt_tcp info;
		bool good;
	} rows[] = {
		{ 6, { .spts = { 1, 5 }, .dpts = { 0, 9 } }, true },
		{ 6, { .spts = { 1, 5 }, .dpts = { 0, 9 }, .flg_mask = 3, .flg_cmp = 16 }, true },
		/* ECE has no name here. */
		{ 6, { .spts = { 1, 5 }, .dpts = { 0, 9 }, .flg_mask = 0x43 }, false },
		{ 6, { .spts = { 1, 5 }, .dpts = { 0, 9 }, .invflags = 0x20 }, false },
		{ 17, { .spts = { 1, 5 }, .dpts = { 0, 9 }, .flg_mask = 3 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct xt_tcp info = rows[i].info;
		const struct use use = { ext_find(EXT_MATCH, FAMILY_IPV4, "tcp"), &info };

		if (use_comes_back(&arena, FAMILY_IPV4, rows[i].proto, &use) != rows[i].good)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(options_say_what_they_are),
		cmocka_unit_test(presets_are_read),
		cmocka_unit_test(bounds_are_kept),
		cmocka_unit_test(examples_are_saved_as_written),
		cmocka_unit_test(examples_show_every_option),
		cmocka_unit_test(saves_of_samples_mean_the_same),
		cmocka_unit_test(odd_blobs_do_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
