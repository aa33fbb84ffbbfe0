// SPDX-License-Identifier: GPL-2.0-or-later
/* What follows from a declaration for one use of an extension: its text in saves and in listings. */
#include <stdio.h>
#include <string.h>

#include "ext/use.h"

static void put_name(struct sink *sink, const struct opt *o, const void *data, bool negated)
{
	const char *name = o->name_saved ? o->name_saved : o->name;

	if (o->type && o->type->spelt)
		name = o->type->spelt(o, (const char *)data + o->at.at);
	if (negated && o->name_inverted)
		name = o->name_inverted;
	else if (negated)
		sink_str(sink, " !");
	sink_str(sink, " --");
	sink_str(sink, name);
}

static void save_option(struct sink *sink, const struct opt_out *out)
{
	const struct opt *o = out->opt;

	if (!opt_is_present(out->ext, out->family, o, out->data))
		return;
	put_name(sink, o, out->data, opt_is_negated(o, out->data));
	if (o->type && o->type->words) {
		sink_char(sink, ' ');
		o->type->print(sink, out, (const char *)out->data + o->at.at);
	}
}

/* Puts every option that is there, each set of a series in its turn. */
static void put_options(struct sink *sink, const struct opt_out *all,
			void (*put)(struct sink *sink, const struct opt_out *out),
			void (*begin)(struct sink *sink, const struct opt_out *out, size_t set,
				      size_t count))
{
	const struct series *s = all->ext->series;
	struct opt_out out = *all;
	size_t count = s ? series_count(s, all->data) : 0;
	bool listing = all->how & HOW_LIST;

	for (size_t n = 0; (out.opt = opt_shown(all->ext, n, listing)) != NULL; n++)
		if (!s || !(BIT(out.opt - all->ext->opts) & (s->members | BIT(s->next))))
			put(sink, &out);
	for (size_t set = 0; set < count; set++) {
		out.data = (const char *)all->data + set * s->stride;
		out.opt = all->ext->opts + s->next;
		begin(sink, &out, set, count);
		for (size_t n = 0; (out.opt = opt_shown(all->ext, n, listing)) != NULL; n++)
			if (BIT(out.opt - all->ext->opts) & s->members)
				put(sink, &out);
	}
}

static void save_begin(struct sink *sink, const struct opt_out *out, size_t set, size_t count)
{
	(void)count;
	if (set)
		sink_printf(sink, " --%s", out->opt->name);
}

void use_save(struct sink *sink, enum family family, const struct use *use)
{
	const struct opt_out all = {
		.ext = use->ext, .family = family, .data = use->data, .how = HOW_SAVE,
	};

	if (use->ext->save)
		use->ext->save(sink, family, use->data);
	else
		put_options(sink, &all, save_option, save_begin);
}

/* The value, with '-' between its parts. */
static void put_joined(struct sink *sink, const struct opt_out *out, const void *at)
{
	AUTO_SINK value = SINK_MEMORY;

	out->opt->type->print(&value, out, at);
	for (const char *p = sink_text(&value); *p; p++)
		sink_char(sink, *p == ',' ? '-' : *p);
}

/* "(A|B)" of a template: A, or B when negated; returns its last character. */
static const char *put_either(struct sink *sink, const char *t, bool negated)
{
	const char *bar = strchr(t, '|'), *end = bar ? strchr(bar, ')') : NULL;

	if (!end)
		return t;
	if (negated)
		sink_bytes(sink, bar + 1, (size_t)(end - bar - 1));
	else
		sink_bytes(sink, t + 1, (size_t)(bar - t - 1));
	return end;
}

/* Expands an option's listing template. */
static void list_option(struct sink *sink, const struct opt_out *out)
{
	const struct opt *o = out->opt;
	const void *at = (const char *)out->data + o->at.at;
	bool negated = opt_is_negated(o, out->data);
	const char *t = o->list;

	if (!t) {
		sink_str(sink, negated ? "! " : "");
		sink_str(sink, o->name);
		if (o->type && o->type->words) {
			sink_char(sink, ' ');
			o->type->print(sink, out, at);
		}
		return;
	}
	for (; *t; t++) {
		if (*t != '%' || !t[1]) {
			sink_char(sink, *t);
			continue;
		}
		switch (*++t) {
		case 'v':
			o->type->print(sink, out, at);
			break;
		case '!':
			sink_str(sink, negated ? "! " : "");
			break;
		case 'n':
			sink_str(sink, negated ? "!" : "");
			break;
		case 's':
			if (o->type->many && o->type->many(o, at))
				sink_char(sink, 's');
			break;
		case '<':
			break;
		case '(':
			t = put_either(sink, t, negated);
			break;
		case '-':
			put_joined(sink, out, at);
			break;
		default:
			sink_char(sink, *t);
		}
	}
}

static bool is_quiet(const struct opt_out *out)
{
	const struct opt *o = out->opt;
	const void *at = (const char *)out->data + o->at.at;

	if (!(o->flags & OPT_QUIET) || opt_is_negated(o, out->data))
		return false;
	return o->type->absent ? o->type->absent(o, out->family, at) :
				 bytes_are_zero(at, o->at.size);
}

static void list_present(struct sink *sink, const struct opt_out *out)
{
	const struct opt *o = out->opt;

	if (!opt_is_present(out->ext, out->family, o, out->data) || (o->list && !*o->list) ||
	    is_quiet(out))
		return;
	if (!o->list || strncmp(o->list, "%<", 2) != 0)
		sink_char(sink, ' ');
	list_option(sink, out);
}

static void list_begin(struct sink *sink, const struct opt_out *out, size_t set, size_t count)
{
	(void)out;
	if (count > 1)
		sink_printf(sink, " [%zu]", set);
}

void use_list(struct sink *sink, enum family family, const struct head *head, const struct use *use,
	      unsigned how)
{
	const struct ext *ext = use->ext;
	const struct opt_out all = {
		.ext = ext, .family = family, .head = head, .data = use->data,
		.how = how | HOW_LIST,
	};

	if (ext->list) {
		ext->list(sink, family, use->data, how);
		return;
	}
	if (ext->title) {
		sink_char(sink, ' ');
		sink_str(sink, ext->title);
	}
	put_options(sink, &all, list_present, list_begin);
}
