// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading tables. A read belongs to one generation of the kernel's rule set: the generation is
 * asked before and after, and all is read again when it has moved on.
 */
#include <errno.h>
#include <time.h>

#include "kernel/decode.h"
#include "kernel/frame.h"
#include "kernel/members.h"

enum {
	TRIES = 200,
	DOUBTS = 4,		/* times that a read which may be torn is made again */
	/*
	 * A dump that continues walks its list from the start again, so a dump of n rules costs
	 * about n * n / 160 steps (80 rules fit one read), of some twenty nanoseconds each; a dump
	 * of its own for every chain costs a few microseconds more per chain. Measured on linux
	 * 6.18.
	 */
	RULES_PER_READ = 80,
	STEP_NS = 20,
	REQUEST_NS = 4000,
};

/* What one attempt reads. */
struct reading {
	struct kernel *kernel;
	struct ruleset *rs;
	struct table *table;
	struct chain *chain;		/* of the last rule */
	bool words;
	struct members members;		/* of the sets that rules look into */
};

static void start(struct kernel *k, struct msg *msg, void *room, size_t size, uint16_t kind,
		  uint16_t flags, enum family family)
{
	msg_begin_nft(msg, room, size, kind, flags, k->seq++, family);
}

/* ------------------------------------------------------------------ tables */

static int take_table(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *table[NFTA_TABLE_MAX + 1];
	struct table *t = context;

	attr_table(attr_of_message(h), table, NFTA_TABLE_MAX);
	return !t || attr_u64(table[NFTA_TABLE_HANDLE], &t->handle) ? 0 : -EBADMSG;
}

/* `t` may be NULL. */
static int get_table(struct kernel *k, enum family family, const char *name, struct table *t)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;

	start(k, &msg, room, sizeof(room), NFT_MSG_GETTABLE, 0, family);
	msg_put_str(&msg, NFTA_TABLE_NAME, name);
	return nl_get(k, &msg, take_table, t);
}

int kernel_has_table(struct kernel *kernel, enum family family, const char *table)
{
	return get_table(kernel, family, table, NULL);
}

struct family_reading {
	struct ruleset *rs;
	enum family family;
};

static int take_name(const struct nlmsghdr *h, void *context)
{
	const struct family_reading *r = context;
	const struct nlattr *table[NFTA_TABLE_MAX + 1];
	const char *name;
	struct table *t;

	attr_table(attr_of_message(h), table, NFTA_TABLE_MAX);
	name = attr_str(table[NFTA_TABLE_NAME]);
	if (!name)
		return -EBADMSG;
	t = ruleset_add_table(r->rs, r->family, name);
	t->exists = true;
	attr_u64(table[NFTA_TABLE_HANDLE], &t->handle);
	return 0;
}

static int complain(struct err *err, int r, const char *what)
{
	if (r == -EINTR || r == -EAGAIN)
		return err_errno(err, ERR_RESOURCE, EAGAIN,
				 "cannot read %s: others keep changing it", what);
	return err_errno(err, ERR_RESOURCE, -r, "cannot read %s: %s", what, strerror(-r));
}

int kernel_read_tables(struct kernel *k, struct ruleset *rs, enum family family, struct err *err)
{
	struct family_reading reading = { rs, family };
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;
	int r, tries = 0;

	do {
		start(k, &msg, room, sizeof(room), NFT_MSG_GETTABLE, NLM_F_DUMP, family);
		r = nl_dump(k, &msg, take_name, &reading);
	} while (r == -EINTR && tries++ < TRIES);
	return r < 0 ? complain(err, r, "the list of tables") : 0;
}

/* ------------------------------------------------------------------ chains */

static int take_chain(const struct nlmsghdr *h, void *context)
{
	return decode_chain(context, h);
}

static int get_chain(struct kernel *k, enum family family, const char *table, const char *chain,
		     nl_receive *receive, void *context)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;

	start(k, &msg, room, sizeof(room), NFT_MSG_GETCHAIN, 0, family);
	msg_put_str(&msg, NFTA_CHAIN_TABLE, table);
	msg_put_str(&msg, NFTA_CHAIN_NAME, chain);
	return nl_get(k, &msg, receive, context);
}

static int dump_chains(struct reading *r)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;

	start(r->kernel, &msg, room, sizeof(room), NFT_MSG_GETCHAIN, NLM_F_DUMP,
	      r->table->family);
	return nl_dump(r->kernel, &msg, take_chain, r->table);
}

struct chain_facts {
	uint64_t handle;
	bool base;
};

static int take_facts(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *table[NFTA_CHAIN_MAX + 1];
	struct chain_facts *f = context;

	attr_table(attr_of_message(h), table, NFTA_CHAIN_MAX);
	f->base = table[NFTA_CHAIN_HOOK];
	return attr_u64(table[NFTA_CHAIN_HANDLE], &f->handle) ? 0 : -EBADMSG;
}

int kernel_has_chain(struct kernel *kernel, enum family family, const char *table,
		     const char *chain, uint64_t *handle, bool *base)
{
	struct chain_facts facts = { 0 };
	int r = get_chain(kernel, family, table, chain, take_facts, &facts);

	if (r < 0)
		return r;
	if (handle)
		*handle = facts.handle;
	if (base)
		*base = facts.base;
	return 0;
}

/* ------------------------------------------------------------------ rules */

static const char *chain_of(const struct nlmsghdr *h)
{
	struct attrs attrs = attr_of_message(h);
	const struct nlattr *a;

	while ((a = attr_next(&attrs)))
		if (attr_type(a) == NFTA_RULE_CHAIN)
			return attr_str(a);
	return NULL;
}

static int take_rule(const struct nlmsghdr *h, void *context)
{
	struct reading *r = context;
	const char *name = chain_of(h);

	if (!name)
		return -EBADMSG;
	/* Rules come chain by chain. */
	if (!r->chain || strcmp(r->chain->name, name) != 0)
		r->chain = table_chain(r->table, name);
	/* A chain made since we asked for them: the generation will tell. */
	if (!r->chain || !r->chain->exists)
		return -EINTR;
	return decode_rule(r->rs, r->chain, h, r->words, &r->members);
}

static int dump_rules(struct reading *r, const char *chain)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;

	start(r->kernel, &msg, room, sizeof(room), NFT_MSG_GETRULE, NLM_F_DUMP, r->table->family);
	msg_put_str(&msg, NFTA_RULE_TABLE, r->table->name);
	if (chain)
		msg_put_str(&msg, NFTA_RULE_CHAIN, chain);
	return nl_dump(r->kernel, &msg, take_rule, r);
}

static uint64_t dump_cost(uint64_t rules)
{
	return rules * rules / (UINT64_C(2) * RULES_PER_READ) * STEP_NS;
}

/* `references` are still all users of a chain, rules included: an upper bound is good enough. */
static bool pays_per_chain(const struct table *t)
{
	uint64_t all = 0, apart = 0;

	for (const struct chain *c = t->first; c; c = c->next)
		if (c->exists) {
			all += c->references;
			apart += dump_cost(c->references) + (c->references ? REQUEST_NS : 0);
		}
	return apart < dump_cost(all);
}

static int read_all_rules(struct reading *r)
{
	int err = 0;

	if (!pays_per_chain(r->table))
		return dump_rules(r, NULL);
	for (struct chain *c = r->table->first; !err && c; c = c->next)
		if (c->exists && c->references)
			err = dump_rules(r, c->name);
	return err;
}

/* Sets that the rules look into, and these rules once more. */
static int read_members(struct reading *r)
{
	int err = members_read(&r->members, r->kernel, r->table->family, r->table->name);

	if (!err)
		members_settle(&r->members);
	return err;
}

static void rules_are_read(struct chain *c)
{
	c->loaded = true;
	c->references -= c->rule_count < c->references ? c->rule_count : c->references;
}

/* ------------------------------------------------------------------ tables with a frame */

static int take_framed(const struct nlmsghdr *h, void *context)
{
	struct reading *r = context;
	const char *name = chain_of(h);
	struct chain *c = name ? table_chain(r->table, name) : NULL;

	if (!name)
		return -EBADMSG;
	if (!c || !c->exists)
		return -EINTR;
	if (!frame_hides(name))
		return old_take_rule(r->rs, c, h);
	frame_take_rule(frame_of(r->table->family, r->table->name), r->table, name, h);
	return 0;
}

static int take_counter(const struct nlmsghdr *h, void *context)
{
	struct reading *r = context;

	return frame_take_counter(r->table, h);
}

static int dump_of_table(struct reading *r, uint16_t kind, uint16_t table_type, uint32_t object,
			 nl_receive *receive)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;

	start(r->kernel, &msg, room, sizeof(room), kind, NLM_F_DUMP, r->table->family);
	msg_put_str(&msg, table_type, r->table->name);
	if (object)
		msg_put_u32(&msg, NFTA_OBJ_TYPE, object);
	return nl_dump(r->kernel, &msg, receive, r);
}

/* Always all of it, with the words: parts of rules are told by them, references by all rules. */
static int read_framed(struct reading *r)
{
	int err;

	for (struct chain *c = r->table->first; c; c = c->next) {
		c->exists = false;
		chain_clear(c);
	}
	err = dump_chains(r);
	if (!err)
		err = dump_of_table(r, NFT_MSG_GETRULE, NFTA_RULE_TABLE, 0, take_framed);
	if (!err)
		err = dump_of_table(r, NFT_MSG_GETOBJ, NFTA_OBJ_TABLE, NFT_OBJECT_COUNTER,
				    take_counter);
	if (err < 0)
		return err;
	frame_finish(r->table);
	forget_missing(r->table);
	return 0;
}

/* ------------------------------------------------------------------ one attempt */

static int read_one_chain(struct reading *r, const char *name)
{
	struct chain *c = table_chain(r->table, name);
	int err;

	if (c)
		c->exists = false;
	err = get_chain(r->kernel, r->table->family, r->table->name, name, take_chain, r->table);
	if (err == -ENOENT) {
		if (c)
			forget_chain(c);
		return 0;
	}
	if (err < 0)
		return err;
	c = table_chain(r->table, name);
	if (!c)
		return -EBADMSG;
	chain_clear(c);
	err = dump_rules(r, name);
	if (!err)
		err = read_members(r);
	rules_are_read(c);
	return err;
}

static int read_whole_table(struct reading *r, enum read_depth depth)
{
	int err;

	for (struct chain *c = r->table->first; c; c = c->next) {
		c->exists = false;
		if (depth != READ_CHAINS)
			chain_clear(c);
	}
	err = dump_chains(r);
	if (!err && depth != READ_CHAINS)
		err = read_all_rules(r);
	if (!err)
		err = read_members(r);
	if (err < 0)
		return err;
	forget_missing(r->table);
	if (depth != READ_CHAINS)
		for (struct chain *c = r->table->first; c; c = c->next)
			rules_are_read(c);
	return 0;
}

/*
 * A dump of rules looks only at the first table of the name (nf_tables_dump_rules). While a
 * transaction that replaced the table is being cleaned up, that is the old one, whose rules do not
 * count any more: rules are missing, and the generation says nothing of it, because it moved on
 * before. But the chains, which were read rightly, say how often each is used: by its rules, and by
 * jumps to it. Elements of maps use chains, too, so this is a doubt and not a proof.
 */
static bool seems_torn(const struct reading *r, const char *chain, enum read_depth depth)
{
	uint64_t users = 0, jumps = 0, rules = 0;

	if (!r->table->exists || depth == READ_CHAINS)
		return false;
	for (const struct chain *c = r->table->first; c; c = c->next) {
		if (!c->loaded || !c->exists)
			continue;
		users += c->references;
		rules += c->rule_count;
		for (const struct rule *rule = r->words ? c->first : NULL; rule; rule = rule->next)
			jumps += rule->jump == JUMP_CHAIN || rule->jump == JUMP_GOTO;
	}
	/* Who jumps to a single chain, or has read no words, is not known. */
	return chain || !r->words ? users && !rules : users > jumps;
}

static void pause_for_cleaning_up(void)
{
	const struct timespec moment = { .tv_nsec = 300000 };

	nanosleep(&moment, NULL);
}

static int attempt(struct reading *r, const char *chain, enum read_depth depth,
		   uint32_t *generation)
{
	uint32_t after;
	int err = nl_generation(r->kernel, generation);

	if (!err)
		err = get_table(r->kernel, r->table->family, r->table->name, r->table);
	r->table->exists = !err;
	if (err == -ENOENT) {
		forget_missing(r->table);
		err = 0;
	} else if (!err && frame_of(r->table->family, r->table->name)) {
		err = read_framed(r);
	} else if (!err) {
		err = chain && depth != READ_CHAINS ? read_one_chain(r, chain)
						    : read_whole_table(r, depth);
	}
	if (!err)
		err = nl_generation(r->kernel, &after);
	return err ? err : after == *generation ? 0 : -EINTR;
}

int kernel_read(struct kernel *kernel, struct ruleset *rs, enum family family, const char *table,
		const char *chain, enum read_depth depth, struct err *err)
{
	struct reading reading = {
		.kernel = kernel, .rs = rs, .table = ruleset_add_table(rs, family, table),
		.words = depth == READ_RULES,
	};
	uint32_t generation = 0;
	char what[80];
	int r, tries = 0, doubts = 0;

	do {
		reading.chain = NULL;
		reading.members = (struct members){ .arena = &rs->arena };
		r = attempt(&reading, chain, depth, &generation);
		members_free(&reading.members);
		if (!r && doubts++ < DOUBTS && seems_torn(&reading, chain, depth)) {
			pause_for_cleaning_up();
			r = -EINTR;
		}
		/* -ENOENT: it went while we looked. */
	} while ((r == -EINTR || r == -ENOENT) && tries++ < TRIES);
	if (r < 0) {
		snprintf(what, sizeof(what), "table `%.40s'", table);
		return complain(err, r, what);
	}
	/* A view of several reads is as old as its first: the kernel refuses what has moved on. */
	if (!rs->generation)
		rs->generation = generation;
	if (chain && depth != READ_CHAINS)
		table_add_builtin(reading.table, chain);
	else
		table_add_builtins(reading.table);
	table_order(reading.table);
	return 0;
}
