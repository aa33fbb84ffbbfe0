// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any words as a command line of ipchains, ipfwadm or ipmasqadm, and any text as what a store
 * or a kernel keeps of a rule. A rule that is accepted must be said by its words: these read back, and
 * are the same again. The first byte picks the program; words end with a newline.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/autofw.h"
#include "dialect/ipchains.h"
#include "dialect/ipfwadm.h"
#include "dialect/mfw.h"
#include "dialect/portfw.h"
#include "alone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Devices and chains are saved as they are; these would not come back as one word. */
static bool is_word(const char *name)
{
	return !name || (!strpbrk(name, " \t\n\r") && !strchr("-!", *name ? *name : 'x'));
}

static bool reads_back(const struct rule *r, const char *chain)
{
	const struct use *device = old_find(r, OLD_DEVICE), *address = old_find(r, OLD_ADDRESS);

	if (address && !is_word(((const struct old_address *)address->data)->device))
		return false;
	return is_word(chain) && is_word(r->chain_to) && is_word(r->head.in) &&
	       is_word(r->head.out) &&
	       (!device || is_word(((const struct old_device *)device->data)->name));
}

static void check_again(struct arena *arena, enum dialect dialect, const char *chain,
			const struct rule *rule)
{
	const struct old_words *words = old_words(dialect);
	AUTO_SINK text = SINK_MEMORY, again = SINK_MEMORY;
	const struct rule *second;

	words->print(&text, chain, rule);
	second = words->read(arena, chain, sink_text(&text));
	if (second)
		words->print(&again, chain, second);
	if (second && !strcmp(sink_text(&text), sink_text(&again)))
		return;
	fprintf(stderr, "words: %s\nagain: %s\n", sink_text(&text), sink_text(&again));
	abort();
}

static void check_rules(struct arena *arena, enum dialect dialect, const struct command *c)
{
	for (; c; c = c->next)
		for (uint32_t i = 0; i < c->rule_count && i < 4; i++)
			if (reads_back(c->rules[i], c->chain))
				check_again(arena, dialect, c->chain, c->rules[i]);
}

static void complain_or_abort(const struct err *err)
{
	if (!err_is_set(err))
		abort();
}

static void try_ipchains(struct arena *arena, const char *const *items, size_t count)
{
	const struct ipchains_words words = { .items = items, .count = count };
	AUTO_SINK shown = SINK_MEMORY;
	struct ipchains_call call = { 0 };
	struct err err = ERR_INIT;

	if (ipchains_parse(arena, &words, &call, &err) < 0) {
		complain_or_abort(&err);
		return;
	}
	if (call.action != IPCHAINS_COMMANDS)
		return;
	check_rules(arena, DIALECT_IPCHAINS, call.commands);
	for (uint32_t i = 0; i < call.commands->rule_count; i++) {
		ipchains_echo(&shown, call.commands->rules[i]);
		ipchains_save_rule(&shown, call.commands->chain, call.commands->rules[i]);
	}
}

static void try_ipfwadm(struct arena *arena, const char *const *items, size_t count)
{
	const struct ipfwadm_words words = { .items = items, .count = count };
	AUTO_SINK shown = SINK_MEMORY;
	struct ipfwadm_call call = { 0 };
	struct err err = ERR_INIT;

	if (ipfwadm_parse(arena, &words, &call, &err) < 0) {
		complain_or_abort(&err);
		return;
	}
	if (call.action != IPFWADM_COMMANDS)
		return;
	check_rules(arena, DIALECT_IPFWADM, call.commands);
	for (uint32_t i = 0; i < call.commands->rule_count; i++)
		ipfwadm_echo(&shown, call.chain, call.commands->rules[i], false);
}

static struct chain *forwards(struct ruleset *rs, const char *chain)
{
	struct table *t = ruleset_add_table(rs, FAMILY_IPV4, PORTFW_TABLE);

	table_add_builtins(t);
	return table_chain(t, chain);
}

static void try_mfw(struct arena *arena, const char *const *items, size_t count)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct chain *chain = forwards(&rs, MFW_CHAIN);
	struct command *commands;
	struct mfw_call call;
	struct err err = ERR_INIT;

	if (mfw_parse(arena, items, count, &call, &err) < 0)
		complain_or_abort(&err);
	else if ((call.action == MFW_APPEND || call.action == MFW_INSERT) &&
		 !mfw_commands(arena, chain, &call, &commands))
		check_rules(arena, DIALECT_PORTFW, commands);
}

static void try_autofw(struct arena *arena, const char *const *items, size_t count)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct chain *chain = forwards(&rs, AUTOFW_CHAIN);
	struct autofw_call call;
	struct err err = ERR_INIT;

	if (autofw_parse(arena, items, count, &call, &err) < 0)
		complain_or_abort(&err);
	else if (call.action == AUTOFW_ADD)
		check_rules(arena, DIALECT_PORTFW, autofw_commands(arena, chain, &call));
}

static void try_portfw(struct arena *arena, const char *const *items, size_t count)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct chain *chain = forwards(&rs, PORTFW_CHAIN);
	struct portfw_call call;
	struct err err = ERR_INIT;

	if (portfw_parse(arena, items, count, &call, &err) < 0) {
		complain_or_abort(&err);
		return;
	}
	if (call.action == PORTFW_ADD)
		check_rules(arena, DIALECT_PORTFW, portfw_commands(arena, chain, &call));
}

/* Words that nobody printed: read, or not. */
static void try_words(struct arena *arena, const char *text)
{
	static const struct { enum dialect dialect; const char *chain; } places[] = {
		{ DIALECT_IPCHAINS, "input" }, { DIALECT_IPCHAINS, "user" },
		{ DIALECT_IPFWADM, "forward" }, { DIALECT_IPFWADM, "acct" },
		{ DIALECT_PORTFW, PORTFW_CHAIN }, { DIALECT_PORTFW, MFW_CHAIN },
		{ DIALECT_PORTFW, AUTOFW_CHAIN },
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct rule *r = old_words(places[i].dialect)->read(arena, places[i].chain,
									  text);

		if (r && reads_back(r, NULL))
			check_again(arena, places[i].dialect, places[i].chain, r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { WORDS_MOST = 64 };
	const char *items[WORDS_MOST];
	AUTO_ARENA arena = ARENA_INIT;
	size_t count = 0;
	char *text, *end;

	if (!size)
		return 0;
	text = arena_strndup(&arena, (const char *)data + 1, size - 1);
	if (data[0] % 4 == 3) {
		try_words(&arena, text);
		return 0;
	}
	for (; *text && count < WORDS_MOST; text = end) {
		end = text + strcspn(text, "\n");
		if (*end)
			*end++ = '\0';
		items[count++] = text;
	}
	if (data[0] % 4 == 0)
		try_ipchains(&arena, items, count);
	else if (data[0] % 4 == 1)
		try_ipfwadm(&arena, items, count);
	else if (data[0] / 4 % 3 == 0)
		try_portfw(&arena, items, count);
	else if (data[0] / 4 % 3 == 1)
		try_mfw(&arena, items, count);
	else
		try_autofw(&arena, items, count);
	return 0;
}
