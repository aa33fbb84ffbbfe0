// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any words as a command line of iptables. What is accepted must be said again by its saved text:
 * that text parses, and saves as itself. The first byte picks the family; words end with a newline.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/iptables.h"
#include "alone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names of chains are saved as they are; these would not come back as one word. */
static bool is_plain(const char *name)
{
	return name && *name && !strpbrk(name, " \t\n\v\f\r\"\\") && !strchr("-!:[*#", *name);
}

static bool reads_back(const struct command *c, const struct rule *r)
{
	if (!is_plain(c->chain) || (r->chain_to && !is_plain(r->chain_to)))
		return false;
	/* Interfaces, too, are not quoted. */
	return !strpbrk(r->head.in, " \t\n\"") && !strpbrk(r->head.out, " \t\n\"") &&
	       !strchr("-!", r->head.in[0] ? r->head.in[0] : 'x') &&
	       !strchr("-!", r->head.out[0] ? r->head.out[0] : 'x');
}

static void check_again(enum family family, const struct command *c, const struct rule *rule)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK text = SINK_MEMORY, again = SINK_MEMORY;
	struct iptables_options options = { 0 };
	struct words words = { 0 };
	struct err err = ERR_INIT;
	struct command second;
	const char **items;

	iptables_save_rule(&text, family, c->chain, rule, c->counters_given);
	if (restore_split(&arena, sink_text(&text), &items, &words.count, &err) < 0)
		goto failed;
	words.items = items;
	if (iptables_parse(&arena, family, &words, &options, &second, &err) < 0)
		goto failed;
	iptables_save_rule(&again, family, second.chain, second.rules[0], second.counters_given);
	if (second.rule_count == 1 && !strcmp(sink_text(&text), sink_text(&again)))
		return;
failed:
	fprintf(stderr, "saved: %s\nagain: %s\nerror: %s\n", sink_text(&text), sink_text(&again),
		err.text);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { WORDS_MOST = 64 };
	const char *items[WORDS_MOST];
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK listed = SINK_MEMORY;
	struct iptables_options options = { 0 };
	struct words words = { .items = items };
	struct err err = ERR_INIT;
	struct command command;
	enum family family;
	char *text, *end;

	if (!size)
		return 0;
	family = data[0] & 1 ? FAMILY_IPV6 : FAMILY_IPV4;
	words.restoring = data[0] & 2;
	words.line = words.restoring;
	text = arena_strndup(&arena, (const char *)data + 1, size - 1);
	for (; *text && words.count < WORDS_MOST; text = end) {
		end = text + strcspn(text, "\n");
		if (*end)
			*end++ = '\0';
		items[words.count++] = text;
	}
	if (iptables_parse(&arena, family, &words, &options, &command, &err) < 0) {
		if (!err_is_set(&err))
			abort();
		return 0;
	}
	for (uint32_t i = 0; i < command.rule_count; i++) {
		iptables_print_rule(&listed, family, command.rules[i]);
		if (i < 4 && reads_back(&command, command.rules[i]))
			check_again(family, &command, command.rules[i]);
	}
	return 0;
}
