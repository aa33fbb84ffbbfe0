// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libpostern.a: a rule set in memory behind postern.h. It is a store without a folder, so that
 * changes are planned, judged and refused as everywhere.
 */
#include "lib/postern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "cli/cli.h"
#include "cli/explain.h"
#include "ext/type/types.h"
#include "safe/snapshot.h"
#include "store/store.h"

struct postern {
	struct backend backend;
	struct host host;
	struct sink sets;		/* text; empty: nothing is known */
};

struct postern_engine {
	struct ruleset rules;
	struct host host;
	struct ipsets sets;
	struct engine *engine;
};

static enum family family_of(enum postern_family family)
{
	return family == POSTERN_IPV6 ? FAMILY_IPV6 : FAMILY_IPV4;
}

/* 0, or -1 and the error in the caller's hands. */
static int answer(int r, const struct err *err, struct postern_error *error)
{
	if (error)
		*error = (struct postern_error){ .word = -1 };
	if (r >= 0)
		return 0;
	if (error) {
		error->status = err->code ? (int)err->code : ERR_OTHER;
		error->line = err->place.line;
		error->word = err->place.word;
		snprintf(error->text, sizeof(error->text), "%s", err->text);
		snprintf(error->hint, sizeof(error->hint), "%s", err->hint);
	}
	return -1;
}

const char *postern_version(void)
{
	return VERSION_OWN;
}

struct postern *postern_new(void)
{
	struct postern *rules = mem_alloc(sizeof(*rules));
	struct err err = ERR_INIT;

	*rules = (struct postern){ .sets = SINK_MEMORY };
	/* Rules name sets; which numbers these have in a kernel is of no account. */
	set_names_use(&set_names_given);
	store_open_backend(&rules->backend, NULL, &err);
	return rules;
}

void postern_free(struct postern *rules)
{
	if (!rules)
		return;
	backend_close(&rules->backend);
	host_free(&rules->host);
	sink_free(&rules->sets);
	free(rules);
}

/* ------------------------------------------------------------------ changes */

static struct call call_of(enum postern_family family)
{
	return (struct call){
		.program = family == POSTERN_IPV6 ? "ip6tables" : "iptables",
		.flavour = "nf_tables", .family = family_of(family), .store = "memory",
		.explain = true,
	};
}

struct restoring {
	struct postern *rules;
	const struct call *call;
};

static int commit(void *context, struct arena *arena, struct command *first, struct err *err)
{
	struct restoring *r = context;
	const struct transaction t = {
		.call = r->call, .backend = &r->rules->backend, .arena = arena,
		.trust = PLAN_LOOKS,
	};

	if (first->kind == COMMAND_HELP || first->kind == COMMAND_VERSION)
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "-h and -V are no rules");
	return transact(&t, first, err);
}

int postern_restore(struct postern *rules, enum postern_family family, const char *text,
		    size_t len, bool counters, struct postern_error *error)
{
	const struct restore_options options = { .counters = counters };
	const struct call call = call_of(family);
	struct restoring context = { rules, &call };
	struct err err = ERR_INIT;
	FILE *in;
	int r;

	if (!len)
		return answer(0, &err, error);
	in = fmemopen((void *)text, len, "r");
	if (!in) {
		r = err_set(&err, ERR_RESOURCE, PLACE_NONE, "the text cannot be read");
		return answer(r, &err, error);
	}
	r = iptables_restore_read(in, "text", family_of(family), &options, commit, &context, &err);
	fclose(in);
	return answer(r, &err, error);
}

static bool only_prints(const struct command *c)
{
	return c->kind == COMMAND_NONE || c->kind == COMMAND_LIST ||
	       c->kind == COMMAND_LIST_RULES || c->kind == COMMAND_HELP ||
	       c->kind == COMMAND_VERSION;
}

static int change(struct postern *rules, const struct call *call, struct words *words,
		  struct err *err)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct iptables_options options = { 0 };
	struct command command = { 0 };
	const struct transaction t = {
		.call = call, .backend = &rules->backend, .arena = &arena, .trust = PLAN_LOOKS,
	};
	int r = iptables_parse(&arena, call->family, words, &options, &command, err);

	if (r < 0)
		return r;
	if (only_prints(&command))
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "this changes nothing; postern_save "
			       "prints rules");
	if (!builtin_table(command.table))
		return err_set(err, ERR_VERSION, PLACE_NONE, "table '%s' does not exist",
			       command.table);
	return transact(&t, &command, err);
}

int postern_command(struct postern *rules, enum postern_family family, const char *const *words,
		    size_t count, struct postern_error *error)
{
	const struct call call = call_of(family);
	struct words w = { .items = words, .count = count, .program = call.program };
	struct err err = ERR_INIT;
	int r = change(rules, &call, &w, &err);

	return answer(r, &err, error);
}

char *postern_save(struct postern *rules, enum postern_family family, bool counters,
		   struct postern_error *error)
{
	AUTO_RULESET read = RULESET_INIT;
	AUTO_SINK text = SINK_MEMORY;
	struct err err = ERR_INIT;

	if (answer(snapshot_read(&rules->backend, &read, &err), &err, error) < 0)
		return NULL;
	snapshot_save(&text, &read, family_of(family), counters);
	return strdup(sink_text(&text));
}

static int read_host(struct host *host, const char *text, size_t len, struct err *err)
{
	AUTO_HOST read = HOST_INIT;
	int r = host_parse(&read, text, len, err);

	if (r < 0)
		return r;
	host_free(host);
	*host = read;
	read = HOST_INIT;
	return 0;
}

int postern_host(struct postern *rules, const char *text, size_t len, struct postern_error *error)
{
	struct err err = ERR_INIT;
	int r = read_host(&rules->host, text, len, &err);

	return answer(r, &err, error);
}

int postern_sets(struct postern *rules, const char *text, size_t len, struct postern_error *error)
{
	AUTO_IPSETS sets = IPSETS_INIT;
	struct err err = ERR_INIT;
	int r = ipsets_parse(&sets, text, len, &err);

	if (r < 0)
		return answer(r, &err, error);
	rules->sets.len = 0;
	sink_bytes(&rules->sets, text, len);
	sink_char(&rules->sets, '\n');
	return 0;
}

/* The same again, for one who outlives the rules. */
static void copy_sets(struct ipsets *to, const struct postern *rules)
{
	struct err ignored = ERR_INIT;

	ipsets_parse(to, rules->sets.text, rules->sets.len, &ignored);
}

/* Another copy of what is known of the host, for one who outlives the rules. */
static int copy_host(struct host *to, const struct host *from, struct err *err)
{
	AUTO_SINK text = SINK_MEMORY;

	if (!from->known)
		return 0;
	host_print(&text, from);
	return read_host(to, sink_text(&text), text.len, err);
}

/* ------------------------------------------------------------------ judging */

static enum postern_verdict verdict_of(enum fate fate)
{
	switch (fate) {
	case FATE_DELIVERED:
	case FATE_FORWARDED:
	case FATE_SENT:
		return POSTERN_ACCEPTED;
	case FATE_DROPPED:
	case FATE_STOLEN:
		return POSTERN_DROPPED;
	case FATE_REJECTED:
		return POSTERN_REJECTED;
	case FATE_QUEUED:
		return POSTERN_QUEUED;
	case FATE_UNKNOWN:
		return POSTERN_UNKNOWN;
	case FATE_HELD:
		return POSTERN_HELD;
	}
	return POSTERN_UNKNOWN;
}

static int engine_prepare(struct postern_engine *e, struct postern *rules, uint32_t connections,
			  struct err *err)
{
	const struct engine_config config = {
		.rules = &e->rules, .host = rules->host.known ? &e->host : NULL,
		.sets = rules->sets.len ? &e->sets : NULL,
		.limits = { .connections = connections },
	};
	int r = snapshot_read(&rules->backend, &e->rules, err);

	copy_sets(&e->sets, rules);
	if (!r)
		r = copy_host(&e->host, &rules->host, err);
	return r ? r : engine_open(&e->engine, &config, err);
}

struct postern_engine *postern_engine_new(struct postern *rules, uint32_t connections,
					  struct postern_error *error)
{
	struct postern_engine *e = mem_alloc(sizeof(*e));
	struct err err = ERR_INIT;

	*e = (struct postern_engine){ 0 };
	if (answer(engine_prepare(e, rules, connections, &err), &err, error) == 0)
		return e;
	postern_engine_free(e);
	return NULL;
}

void postern_engine_free(struct postern_engine *engine)
{
	if (!engine)
		return;
	engine_close(&engine->engine);
	ruleset_free(&engine->rules);
	host_free(&engine->host);
	ipsets_free(&engine->sets);
	free(engine);
}

static void fill_meta(struct meta *meta, const struct postern_packet *packet)
{
	meta->known = KNOWN_IN | KNOWN_MARK;
	meta->mark = packet->mark;
	snprintf(meta->in, sizeof(meta->in), "%s", packet->in ? packet->in : "");
	if (!packet->out)
		return;
	meta->known |= KNOWN_OUT;
	snprintf(meta->out, sizeof(meta->out), "%s", packet->out);
}

static void tell(struct postern_outcome *told, const struct outcome *o)
{
	told->verdict = verdict_of(o->fate);
	if (o->chain) {
		snprintf(told->table, sizeof(told->table), "%s", o->table->name);
		snprintf(told->chain, sizeof(told->chain), "%s", o->chain->name);
	}
	told->number = o->number;
	if (o->why)
		snprintf(told->why, sizeof(told->why), "%s", o->why);
	snprintf(told->out, sizeof(told->out), "%s", o->meta.out);
	told->mark = o->meta.mark;
}

void postern_judge(struct postern_engine *engine, struct postern_packet *packet,
		   struct postern_outcome *outcome)
{
	struct packet p;
	struct outcome o;
	struct input input = { .packet = &p, .now = packet->ns };

	*outcome = (struct postern_outcome){ .verdict = POSTERN_DROPPED };
	input.flaw = packet_parse(&p, packet->bytes, packet->len,
				  packet->room > packet->len ? packet->room : packet->len);
	fill_meta(&input.meta, packet);
	engine_run(engine->engine, &input, &o);
	tell(outcome, &o);
	/* A datagram put together from fragments lies elsewhere, and may not fit. */
	if (p.bytes != packet->bytes && p.len <= packet->room)
		memcpy(packet->bytes, p.bytes, p.len);
	else if (p.bytes != packet->bytes && outcome->verdict == POSTERN_ACCEPTED)
		*outcome = (struct postern_outcome){
			.verdict = POSTERN_DROPPED, .why = "it is too long for the buffer",
		};
	packet->len = p.bytes != packet->bytes && p.len > packet->room ? 0 : p.len;
}

static int explain(struct postern *rules, struct explanation *e, const struct words *words,
		   struct err *err)
{
	AUTO_SCENE scene = { 0 };
	int r = packet_words_parse(e->arena, e->family, words, &e->words, err);

	if (r < 0)
		return r;
	e->words.spec.family = e->family;
	r = snapshot_read(&rules->backend, &scene.rules, err);
	scene.knows_sets = rules->sets.len != 0;
	copy_sets(&scene.sets, rules);
	if (!r)
		r = copy_host(&scene.host, &rules->host, err);
	return r ? r : explain_packet(e, &scene, NULL, EXPLAIN_ALL, err);
}

int postern_explain(struct postern *rules, enum postern_family family, const char *const *words,
		    size_t count, bool json, char **text, struct postern_error *error)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_EXPLANATION e = { .arena = &arena, .family = family_of(family) };
	AUTO_SINK out = SINK_MEMORY;
	const struct words w = { .items = words, .count = count, .program = "postern explain" };
	struct err err = ERR_INIT;

	if (answer(explain(rules, &e, &w, &err), &err, error) < 0)
		return -1;
	if (json)
		explain_json(&out, &e);
	else
		explain_print(&out, &e, false);
	*text = strdup(sink_text(&out));
	return (int)verdict_of(e.fate);
}
