// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What follows from a declaration for one use of an extension: reading options into the data, and
 * what is there. Texts of errors are libxtables' (xtoptions.c), which callers know.
 */
#include "ext/use.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* `!` before an option that is itself the opposite of another one takes the bit away again. */
static void bits_turn(const struct bits *bits, void *data)
{
	void *at = span_at(data, bits->at);

	if (bits_test(bits, data))
		uint_store(at, bits->size, uint_load(at, bits->size) & ~bits->set);
	else
		bits_set(bits, data);
}

void use_init(const struct ext *ext, enum family family, void *data)
{
	if (ext->size)
		memcpy(data, use_fresh(ext, family), ext->size);
}

const struct opt *ext_option(const struct ext *ext, const char *name, size_t len)
{
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		const char *word = o->name, *p = o->also ? o->also : "";
		size_t n = strlen(word);

		for (;;) {
			if (n == len && !memcmp(word, name, len))
				return o;
			if (!*p)
				break;
			p = word_next(p, &word, &n);
		}
	}
	return NULL;
}

bool opt_is_negated(const struct opt *opt, const void *data)
{
	if (opt->type && opt->type->negated)
		return opt->type->negated(opt, (const char *)data + opt->at.at);
	return bits_test(&opt->invert, data);
}

const struct opt *opt_shown(const struct ext *ext, size_t n, bool listing)
{
	const uint8_t *order = listing && ext->listed ? ext->listed : ext->shown;
	const struct opt *o = ext->opts;

	if (!o)
		return NULL;
	if (order)
		return order[n] == SHOWN_END ? NULL : o + order[n];
	return o[n].name ? o + n : NULL;
}

/* Whether the option is there for itself, not for company. */
static bool is_said(const struct ext *ext, enum family family, const struct opt *opt,
		    const void *data)
{
	const char *at = (const char *)data + opt->at.at;

	if (opt->shown_if.size)
		return bits_test(&opt->shown_if, data);
	if (opt->flags & OPT_ALWAYS)
		return true;
	if (opt->given.size && !(opt->flags & OPT_BY_VALUE))
		return bits_test(&opt->given, data) ||
		       (opt->invert.mask && bits_test(&opt->invert, data));
	if (opt_is_negated(opt, data))
		return true;
	if (opt->type && opt->type->absent)
		return !opt->type->absent(opt, family, at);
	if (!opt->preset)
		return !bytes_are_zero(at, opt->at.size);
	return memcmp(at, use_fresh(ext, family) + opt->at.at, opt->at.size) != 0;
}

bool opt_is_present(const struct ext *ext, enum family family, const struct opt *opt,
		    const void *data)
{
	if (opt->flags & OPT_ALIAS)
		return false;
	for (uint32_t with = opt->with; with; with &= with - 1)
		if (is_said(ext, family, ext->opts + __builtin_ctz(with), data))
			return true;
	return is_said(ext, family, opt, data);
}

int opt_bad(const struct opt_in *in, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(in->err, ERR_SYNTAX, in->place, "%s", text);
}

int opt_bad_word(const struct opt_in *in, const char *word)
{
	const char *bad = in->opt->bad, *at = bad ? strstr(bad, "%v") : NULL;

	if (at)
		return opt_bad(in, "%.*s%s%s", (int)(at - bad), bad, word, at + 2);
	if (bad)
		return opt_bad(in, "%s", bad);
	return opt_bad(in, "%s: Bad value for \"--%s\" option: \"%s\"", in->ext->name,
		       in->opt->name, word);
}

int opt_bad_value(const struct opt_in *in)
{
	return opt_bad_word(in, in->words[0]);
}

int opt_bad_number(const struct opt_in *in)
{
	return opt_bad(in, "%s: bad integer value for option \"--%s\", or out of range.\n",
		       in->ext->name, in->opt->name);
}

int opt_bad_bounds(const struct opt_in *in, uint64_t min, uint64_t max)
{
	if (in->opt->bad)
		return opt_bad_value(in);
	return opt_bad(in, "%s: bad value for option \"--%s\", or out of range (%llu-%llu).\n",
		       in->ext->name, in->opt->name, (unsigned long long)min,
		       (unsigned long long)max);
}

/* Where the places of an option lie that is of the n-th set of a series, or of none. */
static size_t series_at(const struct ext *ext, const struct opt *o, size_t n)
{
	const struct series *s = ext->series;

	return s && s->members & BIT(o - ext->opts) ? n * s->stride : 0;
}

static int series_begin(const struct opt_in *in, void *data, uint32_t *given)
{
	const struct series *s = in->ext->series;
	size_t n = series_count(s, data) + 1;

	if (n >= s->most)
		return opt_bad(in, "%s", s->full);
	uint_store(span_at(data, s->count.at), s->count.size, n);
	*given &= ~s->members;
	return 0;
}

int use_parse_option(const struct opt_in *in, void *data, uint32_t *given)
{
	const struct opt *o = in->opt;
	const struct series *series = in->ext->series;
	uint32_t bit = BIT(o - in->ext->opts);

	if (o->clash && *given & (bit | o->excludes))
		return opt_bad(in, "%s", o->clash);
	if (o->flags & OPT_BEHIND && ~*given & o->needs)
		return opt_bad_value(in);
	if (*given & bit && !(o->flags & OPT_REPEAT))
		return opt_bad(in, "%s: option \"--%s\" can only be used once.\n", in->ext->name,
			       o->name);
	if (in->negated && !opt_is_invertible(o))
		return opt_bad(in, "%s: option \"--%s\" cannot be inverted.\n", in->ext->name,
			       o->name);
	if (series && bit == BIT(series->next) && series_begin(in, data, given))
		return -EINVAL;
	if (series)
		data = (char *)data + series_at(in->ext, o, series_count(series, data));
	if (o->type && (!o->type->words || in->words[0])) {
		int r = o->type->parse(in, span_at(data, o->at.at));

		if (r < 0)
			return r;
	}
	*given |= bit;
	bits_set(&o->given, data);
	if (in->negated && o->invert.size)
		bits_turn(&o->invert, data);
	return 0;
}

static int first_of(uint32_t bits)
{
	return __builtin_ctz(bits);
}

static int check_options(const struct check *c)
{
	const struct opt *opts = c->ext->opts;

	for (const struct opt *o = opts; o && o->name; o++) {
		if (!(c->given & BIT(o - opts))) {
			if (o->flags & OPT_MUST)
				return err_set(c->err, ERR_SYNTAX, c->place,
					       "%s: option \"--%s\" must be specified\n",
					       c->ext->name, o->name);
			continue;
		}
		if (c->given & o->excludes)
			return err_set(c->err, ERR_SYNTAX, c->place,
				       "%s: option \"--%s\" cannot be used together with "
				       "\"--%s\".\n",
				       c->ext->name, o->name,
				       opts[first_of(c->given & o->excludes)].name);
		if (~c->given & o->needs)
			return err_set(c->err, ERR_SYNTAX, c->place,
				       "%s: option \"--%s\" also requires \"--%s\".\n",
				       c->ext->name, o->name,
				       opts[first_of(~c->given & o->needs)].name);
	}
	return 0;
}

static bool proto_fits(const struct ext *ext, const struct head *head)
{
	if (!ext->protos || !ext->proto_text)
		return true;
	if (head->invert & INVERT_PROTO)
		return false;
	for (const uint8_t *p = ext->protos; *p; p++)
		if (*p == head->proto)
			return true;
	return false;
}

int use_check(const struct check *check)
{
	const struct ext *ext = check->ext;
	int r = 0;

	if (check->head && !proto_fits(ext, check->head))
		return err_set(check->err, ERR_SYNTAX, check->place, "%s", ext->proto_text);
	if (ext->some && !(check->given & ext->some))
		return err_set(check->err, ERR_SYNTAX, check->place, "%s", ext->some_text);
	if (ext->check)
		r = ext->check(check);
	return r ? r : check_options(check);
}

void use_tidy(const struct ext *ext, enum family family, void *data)
{
	size_t sets = ext->series ? series_count(ext->series, data) : 0;

	for (const struct opt *o = ext->opts; o && o->name; o++) {
		/* What is not given may share its place with what is. */
		if (!o->type || !o->type->tidy || (o->given.size && !bits_test(&o->given, data)))
			continue;
		o->type->tidy(o, family, span_at(data, o->at.at));
		for (size_t n = 1; n < sets && series_at(ext, o, n); n++)
			o->type->tidy(o, family, span_at((char *)data + series_at(ext, o, n),
							 o->at.at));
	}
}

bool use_is_sayable(const struct ext *ext, const void *data)
{
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		if (!o->type || !o->type->sayable || (o->given.size && !bits_test(&o->given, data)))
			continue;
		if (!o->type->sayable((const char *)data + o->at.at))
			return false;
	}
	return true;
}
