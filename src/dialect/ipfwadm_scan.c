// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the words of an ipfwadm command line to a spec, and from a spec to what is asked for. Letters
 * may stand together ("-Fln"); the words of an option follow the last of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "dialect/ipfwadm_spec.h"

int ipfwadm_word(const char *const *names, const char *text)
{
	for (int i = 0; *text && names[i]; i++)
		if (!strncmp(names[i], text, strlen(text)))
			return i;
	return -1;
}

/* ------------------------------------------------------------------ words */

enum { MANY = 255 };

/* How many words belong to an option. */
static const struct row {
	char letter;
	uint8_t least, most;
	unsigned option;		/* 0: a category or a command */
} rows[] = {
	{ 'A', 0, 1, 0 }, { 'F', 0, 0, 0 }, { 'I', 0, 0, 0 }, { 'O', 0, 0, 0 }, { 'M', 0, 0, 0 },
	{ 'a', 0, 1, 0 }, { 'i', 0, 1, 0 }, { 'd', 0, 1, 0 }, { 'l', 0, 0, 0 }, { 'z', 0, 0, 0 },
	{ 'f', 0, 0, 0 }, { 'p', 1, 1, 0 }, { 'c', 0, 0, 0 }, { 's', 3, 3, 0 }, { 'h', 0, 0, 0 },
	{ 'P', 1, 1, FW_P }, { 'S', 1, MANY, FW_S }, { 'D', 1, MANY, FW_D }, { 'V', 1, 1, FW_V },
	{ 'W', 1, 1, FW_W }, { 'b', 0, 0, FW_B }, { 'e', 0, 0, FW_E }, { 'k', 0, 0, FW_K },
	{ 'm', 0, 0, FW_M }, { 'n', 0, 0, FW_N }, { 'o', 0, 0, FW_O }, { 'r', 0, 1, FW_R },
	{ 't', 2, 2, FW_T }, { 'v', 0, 0, FW_VERBOSE }, { 'x', 0, 0, FW_X }, { 'y', 0, 0, FW_Y },
};

static const struct row *row_of(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == letter)
			return &rows[i];
	return NULL;
}

static void store_words(struct ipfwadm_spec *s, char letter, const struct fw_words *w)
{
	const struct { char letter; struct fw_words *to; } places[] = {
		{ 'A', &s->direction }, { 'a', &s->policy }, { 'i', &s->policy },
		{ 'd', &s->policy }, { 'p', &s->policy }, { 'P', &s->proto }, { 'S', &s->src },
		{ 'D', &s->dst }, { 'V', &s->address }, { 'W', &s->device },
		{ 'r', &s->redirect }, { 't', &s->tos }, { 's', &s->timeouts },
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].letter == letter)
			*places[i].to = *w;
}

static int take_category(struct ipfwadm_parser *p, char letter)
{
	if (p->spec.category)
		return old_bad(p->err, "only one of -A, -F, -I, -M, -O can be used");
	p->spec.category = letter;
	return 0;
}

static int take_command(struct ipfwadm_parser *p, char letter)
{
	char *command = &p->spec.command;

	if ((*command == 'l' && letter == 'z') || (*command == 'z' && letter == 'l')) {
		if (p->spec.zero)
			return old_bad(p->err, "option `-%c' is given twice", letter);
		p->spec.zero = true;
		*command = 'l';
		return 0;
	}
	if (*command)
		return old_bad(p->err, "only one command can be used: -%c or -%c?", *command,
				   letter);
	*command = letter;
	return 0;
}

static int take_letter(struct ipfwadm_parser *p, const struct row *row)
{
	if (row->option) {
		if (p->spec.options & row->option)
			return old_bad(p->err, "option `-%c' is given twice", row->letter);
		p->spec.options |= row->option;
		return 0;
	}
	return strchr("AFIOM", row->letter) ? take_category(p, row->letter)
					    : take_command(p, row->letter);
}

/* The words behind an option, up to the next one. */
static int take_words(struct ipfwadm_parser *p, const struct row *row, const char *glued)
{
	const char *const *items = p->words->items + p->next;
	struct fw_words w = { .items = items };

	if (*glued) {
		/* "-Ptcp": a word of its own, and those that follow. */
		const char **joined = arena_alloc(p->arena, (p->words->count + 1) *
						  sizeof(*joined));

		joined[w.count++] = glued;
		for (size_t i = p->next; i < p->words->count; i++)
			joined[w.count + i - p->next] = p->words->items[i];
		w.items = joined;
	}
	while (w.count < row->most && p->next < p->words->count &&
	       p->words->items[p->next][0] != '-') {
		w.count++;
		p->next++;
	}
	if (w.count < row->least)
		return old_bad(p->err, "option `-%c' needs %s", row->letter,
				   row->least > 1 ? "more arguments" : "an argument");
	store_words(&p->spec, row->letter, &w);
	return 0;
}

static int take_option(struct ipfwadm_parser *p, const char *letters)
{
	for (; *letters; letters++) {
		const struct row *row = row_of(*letters);

		if (!row)
			return old_bad(p->err, "unknown option `-%c'", *letters);
		if (take_letter(p, row) < 0)
			return -EINVAL;
		if (!row->most)
			continue;
		/* What may have a word has one of its own, or is the last letter. */
		if (row->least || !letters[1])
			return take_words(p, row, letters + 1);
	}
	return 0;
}

int ipfwadm_scan(struct ipfwadm_parser *p)
{
	while (p->next < p->words->count) {
		const char *word = p->words->items[p->next];

		if (word[0] != '-' || !word[1])
			return old_bad(p->err, "unknown argument `%s'", word);
		p->next++;
		if (take_option(p, word + 1) < 0)
			return -EINVAL;
		if (p->spec.command == 'h')
			return 0;
	}
	return 0;
}
