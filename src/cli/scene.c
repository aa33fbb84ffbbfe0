// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules and a host to judge packets by, from the kernel or from files; and words about fates. */
#include "cli/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/cli.h"
#include "ext/type/types.h"
#include "kernel/host.h"
#include "safe/snapshot.h"

enum { FILE_MOST = 256 * 1024 * 1024 };

int scene_option(struct scene_source *source, int argc, char **argv, int *at, struct err *err)
{
	const char *word = argv[*at], *value;
	const char **one = NULL;

	if (!strcmp(word, "--host"))
		one = &source->host;
	else if (strcmp(word, "--rules") != 0 && strcmp(word, "--rules6") != 0)
		return 0;
	if (++*at == argc)
		return err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)*at },
			       "option \"%s\" requires an argument", word);
	value = argv[*at];
	if (one) {
		*one = value;
	} else {
		bool six = !strcmp(word, "--rules6");
		size_t *count = six ? &source->rule6_count : &source->rule_count;

		if (*count == ARRAY_SIZE(source->rules))
			return err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)*at },
				       "%s: %zu files at most", word, *count);
		(six ? source->rules6 : source->rules)[(*count)++] = value;
	}
	return 1;
}

int scene_add_rules_text(struct scene *scene, enum family family, const char *text, size_t len,
			 const char *name, struct err *err)
{
	int r;

	/* A file names sets that this kernel need not have. */
	set_names_use(&set_names_given);
	r = snapshot_parse(&scene->rules, family, text, len, name, false, err);

	/* A place on the command line it is not. */
	if (r < 0 && err->place.line) {
		struct err told = *err;

		*err = ERR_INIT;
		err_set(err, told.code, PLACE_NONE, "%s, line %d: %s", name, told.place.line,
			told.text);
		err_hint(err, "%s", told.hint);
	}
	return r;
}

int scene_add_rules(struct scene *scene, enum family family, const char *path, struct err *err)
{
	AUTO_FREE char *text = NULL;
	size_t len;
	int r = file_read(AT_FDCWD, path, FILE_MOST, FILE_FOLLOW, &text, &len, err);

	return r < 0 ? r : scene_add_rules_text(scene, family, text, len, path, err);
}

int scene_read_host(struct scene *scene, const char *path, struct err *err)
{
	AUTO_FREE char *text = NULL;
	size_t len;
	struct err inner = ERR_INIT;
	int r = file_read(AT_FDCWD, path, FILE_MOST, FILE_FOLLOW, &text, &len, err);

	if (r < 0)
		return r;
	r = host_parse(&scene->host, text, len, &inner);
	return r < 0 ? err_set(err, ERR_SYNTAX, PLACE_NONE, "%s, %s", path, inner.text) : 0;
}

/* What the store has, or the kernel, which without privileges tells nothing. */
static int read_backend(struct scene *scene, struct err *err)
{
	const struct call call = { .store = chosen_store() };
	AUTO_BACKEND backend = { 0 };
	int r = open_backend(&call, &backend, err);

	if (r < 0 && !call.store)
		err_hint(err, "--rules FILE judges by a file of iptables-save, without privileges");
	return r < 0 ? r : snapshot_read(&backend, &scene->rules, err);
}

int scene_load_rules(struct scene *scene, const struct scene_source *source, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < source->rule_count; i++)
		r = scene_add_rules(scene, FAMILY_IPV4, source->rules[i], err);
	for (size_t i = 0; !r && i < source->rule6_count; i++)
		r = scene_add_rules(scene, FAMILY_IPV6, source->rules6[i], err);
	return r;
}

int scene_load(struct scene *scene, const struct scene_source *source, struct err *err)
{
	int r = scene_load_rules(scene, source, err);

	if (!r && !source->rule_count && !source->rule6_count)
		r = read_backend(scene, err);
	if (!r)
		r = source->host ? scene_read_host(scene, source->host, err) :
				   kernel_read_host(&scene->host, err);
	return r;
}

void scene_free(struct scene *scene)
{
	ruleset_free(&scene->rules);
	host_free(&scene->host);
}

void scene_arrival(const struct host *host, enum family family, const uint8_t *saddr,
		   const char *device, struct meta *meta)
{
	union inet_addr source = { 0 };
	struct route_answer route;

	meta->known |= KNOWN_IN;
	meta->known &= ~(unsigned)KNOWN_OWNER;
	*meta->in = '\0';
	memcpy(&source, saddr, addr_len(family));
	if (host_addr_type(host, family, &source, NULL) == RTN_LOCAL)
		return;
	meta->known |= KNOWN_OWNER;
	if (device)
		snprintf(meta->in, sizeof(meta->in), "%s", device);
	else if (host_route(host, family, &source, &route) && route.device)
		memcpy(meta->in, route.device->name, sizeof(meta->in));
	else
		snprintf(meta->in, sizeof(meta->in), "eth0");
}

/* ------------------------------------------------------------------ words */

static const struct {
	const char *word;
	int status;
} fates[] = {
	[FATE_DELIVERED] = { "accepted", 0 }, [FATE_FORWARDED] = { "accepted", 0 },
	[FATE_SENT] = { "accepted", 0 }, [FATE_DROPPED] = { "dropped", 1 },
	[FATE_REJECTED] = { "rejected", 1 }, [FATE_STOLEN] = { "taken away", 1 },
	[FATE_QUEUED] = { "queued", 3 }, [FATE_UNKNOWN] = { "unknown", 3 },
	[FATE_HELD] = { "held", 3 },
};

const char *fate_word(enum fate fate)
{
	return fates[fate].word;
}

int fate_status(enum fate fate)
{
	return fates[fate].status;
}

const char *hook_word(unsigned hook)
{
	static const char *const words[] = {
		"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING",
	};

	return hook < ARRAY_SIZE(words) ? words[hook] : "?";
}

void print_decider(struct sink *sink, const struct outcome *outcome)
{
	if (outcome->rule)
		sink_printf(sink, "rule %u of %s in table %s", outcome->number,
			    outcome->chain->name, outcome->table->name);
	else if (outcome->chain)
		sink_printf(sink, "the policy of %s in table %s", outcome->chain->name,
			    outcome->table->name);
	else if (outcome->why)
		sink_str(sink, outcome->why);
	else
		sink_str(sink, "no rule and no policy objects");
}

void print_rule_words(struct sink *sink, enum family family, const struct rule *rule)
{
	AUTO_SINK text = SINK_MEMORY;
	const char *words;

	iptables_save_rule(&text, family, "X", rule, false);
	words = sink_text(&text);
	sink_str(sink, !strncmp(words, "-A X", 4) ? words + 4 + (words[4] == ' ') : words);
}
