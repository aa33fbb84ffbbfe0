/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What packets are judged by: rules and a host, from the kernel or from files. Shared by explain,
 * test and replay.
 */
#ifndef POSTERN_CLI_SCENE_H
#define POSTERN_CLI_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sink.h"
#include "engine/engine.h"
#include "net/host.h"
#include "rules/rules.h"

/* Where a scene comes from; NULL: from the kernel. */
struct scene_source {
	const char *rules[8];		/* save files, IPv4 */
	const char *rules6[8];		/* save files, IPv6 */
	size_t rule_count, rule6_count;
	const char *host;		/* file of facts about the host */
};

struct scene {
	struct ruleset rules;
	struct host host;
};

/* The option at argv[*at] when it is one of a scene's, with its argument: 1, 0, or -EINVAL. */
int scene_option(struct scene_source *source, int argc, char **argv, int *at, struct err *err);
/* What `postern help` says of these options. */
#define SCENE_OPTIONS \
	{ "--rules FILE", "rules of IPv4 from a file of iptables-save" }, \
	{ "--rules6 FILE", "rules of IPv6, likewise" }, \
	{ "--host FILE", "devices, addresses and routes of the host from a file" }

/*
 * Reads it all. With no rules of either family named, those of the store that was chosen, or of the
 * kernel. Without a host file, the host is this machine, which needs no privileges.
 */
int scene_load(struct scene *scene, const struct scene_source *source, struct err *err);
/* The files alone. */
int scene_load_rules(struct scene *scene, const struct scene_source *source, struct err *err);
void scene_free(struct scene *scene);
#define AUTO_SCENE __attribute__((cleanup(scene_free))) struct scene

/* Rules of a file of iptables-save into the scene. */
int scene_add_rules(struct scene *scene, enum family family, const char *path, struct err *err);
int scene_add_rules_text(struct scene *scene, enum family family, const char *text, size_t len,
			 const char *name, struct err *err);
int scene_read_host(struct scene *scene, const char *path, struct err *err);

struct meta;
/*
 * How a packet of a capture came: from an address of the host it was made here, others came by
 * `device`, or when that is NULL by the device that leads to them, else by eth0. Sets meta->in and
 * what is known with it.
 */
void scene_arrival(const struct host *host, enum family family, const uint8_t *saddr,
		   const char *device, struct meta *meta);

/* ------------------------------------------------------------------ words about fates */

/* "accepted", "dropped", ...; what a script's exit status is (0, 1, 3). */
const char *fate_word(enum fate fate);
int fate_status(enum fate fate);
/*
 * "rule 2 of INPUT in table filter", "policy of FORWARD in table filter", "nothing: no rule objects",
 * or the engine's reason.
 */
void print_decider(struct sink *sink, const struct outcome *outcome);
/* The rule as one would type it behind -A CHAIN. */
void print_rule_words(struct sink *sink, enum family family, const struct rule *rule);
/* "prerouting" etc. in capitals. */
const char *hook_word(unsigned hook);

#endif
