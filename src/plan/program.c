// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a rule set to a program: heads and uses become steps, targets become ends, names of chains
 * become pointers.
 */
#include "plan/program.h"

#include <string.h>

#include "base/bits.h"
#include "dialect/old.h"
#include "plan/index.h"
#include "plan/make.h"

/* ------------------------------------------------------------------ steps */

/* A rule has at most this many; iptables has no such limit, but nobody comes near it. */
enum { STEPS_MOST = 512 };

struct row {
	struct step steps[STEPS_MOST];
	size_t count;
};

static struct step *row_add(struct row *row, enum step_kind kind, uint16_t use)
{
	struct step *step;

	if (row->count == STEPS_MOST) {
		step = &row->steps[STEPS_MOST - 1];
		*step = (struct step){ .kind = STEP_UNKNOWN, .use = use,
				       .why = "the rule has more tests than the engine takes" };
		return NULL;
	}
	step = &row->steps[row->count++];
	*step = (struct step){ .kind = kind, .use = use };
	return step;
}

/* Bytes behind `len` are none of the test's. */
static void step_bytes(struct step *step, const struct ask *ask, bool with_low)
{
	uint8_t mask[16] = { 0 }, low[16] = { 0 };

	memcpy(mask, ask->mask, ask->len);
	if (with_low)
		memcpy(low, ask->low, ask->len);
	memcpy(step->mask, mask, sizeof(mask));
	memcpy(step->low, low, sizeof(low));
}

static bool is_ports(const struct ask *ask)
{
	return ask->relation == REL_RANGE && ask->len == 2 && ask->mask[0] == 0xff &&
	       ask->mask[1] == 0xff && !field_table[ask->field].host_order;
}

static void row_add_test(struct arena *arena, struct row *row, const struct test *test,
			 uint16_t use, unsigned nth)
{
	const struct ask *ask = &test->ask;
	struct step *step = row_add(row, STEP_ASK, use);

	if (!step)
		return;
	step->field = (uint8_t)ask->field;
	step->field_or = (uint8_t)test->field_or;
	step->negate = ask->negate;
	step->nth = (uint8_t)nth;
	if (ask->relation == REL_EQUAL || ask->relation == REL_ANY_BIT) {
		step->kind = ask->relation == REL_EQUAL ? STEP_EQUAL : STEP_ANY_BIT;
		step_bytes(step, ask, ask->relation == REL_EQUAL);
		return;
	} else if (is_ports(ask)) {
		step->kind = STEP_PORTS;
		step->port_low = (uint16_t)(ask->low[0] << 8 | ask->low[1]);
		step->port_high = (uint16_t)(ask->high[0] << 8 | ask->high[1]);
		return;
	}
	step->ask = arena_memdup(arena, ask, sizeof(*ask));
}

/* Room for what a use keeps between packets, 0 when it keeps nothing. */
static void *state_of(struct arena *arena, const struct ext *ext)
{
	return ext->state ? arena_alloc(arena, ext->state) : NULL;
}

static void row_add_use(struct arena *arena, struct row *row, enum family family,
			const struct use *use, uint16_t nth)
{
	struct test tests[TESTS_MOST];
	const struct ext *ext = use->ext;
	size_t before = row->count;
	struct step *step;
	int count;

	/* -b of ipfwadm: make_chain() has made two of the rule. */
	if (ext->always || ext == old_ext(OLD_BOTH))
		return;
	if (ext->unknowable) {
		step = row_add(row, STEP_UNKNOWN, nth);
		if (step)
			step->why = ext->unknowable;
		return;
	}
	/* As use_answer(): tests where they say it all, else the extension's own function. */
	count = use_tests(family, use, tests, ARRAY_SIZE(tests));
	if (count < 0 && ext->match) {
		step = row_add(row, STEP_MATCH, nth);
		if (!step)
			return;
		step->match = ext->match;
		step->data = use->data;
		step->state = state_of(arena, ext);
		return;
	}
	for (int i = 0; i < count; i++)
		row_add_test(arena, row, &tests[i], nth, (unsigned)i);
	if (count > 0 && use_is_carried_by_xtables(family, use))
		for (size_t i = before; i < row->count; i++)
			row->steps[i].by_xtables = true;
	step = count < 0 ? row_add(row, STEP_UNKNOWN, nth) : NULL;
	if (step)
		step->why = arena_printf(arena, "what -m %s says is known to the kernel only",
					 ext->name);
}

static void ask_prefix(struct test *test, enum field field, const struct network *n, size_t len,
		       bool negate)
{
	*test = (struct test){ .ask = { .field = field, .relation = REL_EQUAL, .negate = negate,
					.len = (uint8_t)len } };
	memcpy(test->ask.mask, n->mask.bytes, len);
	for (size_t i = 0; i < len; i++)
		test->ask.low[i] = n->addr.bytes[i] & n->mask.bytes[i];
}

/* "eth+" is a prefix; a name counts with the NUL behind it, as nf_tables compares it. */
static void ask_device(struct test *test, enum field field, const char *name, bool negate)
{
	size_t len = strnlen(name, IFNAMSIZ);
	bool prefix = len && name[len - 1] == '+';

	*test = (struct test){ .ask = { .field = field, .relation = REL_EQUAL, .negate = negate,
					.len = IFNAMSIZ } };
	len = prefix ? len - 1 : len < IFNAMSIZ ? len + 1 : IFNAMSIZ;
	memcpy(test->ask.low, name, prefix ? len : strnlen(name, len));
	memset(test->ask.mask, 0xff, len);
}

int head_tests(enum family family, const struct head *head, struct test *tests, size_t room)
{
	bool six = family == FAMILY_IPV6;
	struct test all[HEAD_TESTS];
	size_t n = 0, len = addr_len(family);

	if (!bytes_are_zero(&head->src.mask, len) || head->invert & INVERT_SRC)
		ask_prefix(&all[n++], six ? FIELD_IP6_SADDR : FIELD_IP_SADDR, &head->src, len,
			   head->invert & INVERT_SRC);
	if (!bytes_are_zero(&head->dst.mask, len) || head->invert & INVERT_DST)
		ask_prefix(&all[n++], six ? FIELD_IP6_DADDR : FIELD_IP_DADDR, &head->dst, len,
			   head->invert & INVERT_DST);
	/* "-i +" is true of every packet, and says nothing (nft_rule_add of iptables-nft). */
	if (head->in[0] && (strcmp(head->in, "+") || head->invert & INVERT_IN))
		ask_device(&all[n++], FIELD_IIFNAME, head->in, head->invert & INVERT_IN);
	if (head->out[0] && (strcmp(head->out, "+") || head->invert & INVERT_OUT))
		ask_device(&all[n++], FIELD_OIFNAME, head->out, head->invert & INVERT_OUT);
	if (head->proto || head->invert & INVERT_PROTO) {
		all[n] = (struct test){ 0 };
		ask_equal_uint(&all[n].ask, FIELD_L4PROTO, head->proto);
		all[n++].ask.negate = head->invert & INVERT_PROTO;
	}
	if (head->fragment || head->invert & INVERT_FRAGMENT) {
		all[n] = (struct test){ 0 };
		ask_masked_uint(&all[n].ask, FIELD_IP_FRAG_OFF, 0, 0x1fff);
		all[n].ask.relation = REL_ANY_BIT;
		all[n++].ask.negate = head->invert & INVERT_FRAGMENT;
	}
	if (n > room)
		n = room;
	memcpy(tests, all, n * sizeof(*tests));
	return (int)n;
}

bool step_test(const struct program_rule *rule, const struct step *step, enum family family,
	       struct test *test)
{
	struct test tests[TESTS_MOST];
	int count;

	if (step->kind >= STEP_MATCH)
		return false;
	count = step->use == STEP_HEAD
			? head_tests(family, &rule->tested->head, tests, ARRAY_SIZE(tests))
			: use_tests(family, &rule->tested->matches[step->use], tests,
				    ARRAY_SIZE(tests));
	if (step->nth >= count)
		return false;
	*test = tests[step->nth];
	return true;
}

/* ------------------------------------------------------------------ ends */

static void end_of_target(struct arena *arena, enum family family, struct program_rule *rule)
{
	const struct use *use = &rule->rule->target;
	const struct ext *ext = use->ext;
	struct part part;

	if (use_lower(family, use, &part, 1) == 1 && part.kind == PART_VERDICT) {
		rule->end = END_VERDICT;
		rule->verdict = (uint8_t)part.verdict;
	} else if (ext->act && !ext->unknowable) {
		rule->end = END_ACT;
		rule->act = ext->act;
		rule->state = state_of(arena, ext);
	} else if (ext->effect == EFFECT_COUNTS && !ext->unknowable) {
		rule->end = END_NOTED;
	} else {
		rule->end = END_UNKNOWN;
		rule->why = ext->unknowable ? ext->unknowable :
					      arena_printf(arena, "what -j %s does is known to the "
								  "kernel only", ext->name);
	}
}

static void end_of_rule(struct maker *maker, enum family family, struct program_rule *rule)
{
	const struct rule *r = rule->rule;

	switch ((enum jump_kind)r->jump) {
	case JUMP_NONE:
		rule->end = END_NONE;
		return;
	case JUMP_TARGET:
		end_of_target(&maker->program->arena, family, rule);
		return;
	case JUMP_CHAIN:
	case JUMP_GOTO:
		rule->to = hash_get(&maker->names, r->chain_to);
		rule->end = !rule->to ? END_UNKNOWN : r->jump == JUMP_CHAIN ? END_JUMP : END_GOTO;
		if (!rule->to)
			rule->why = arena_printf(&maker->program->arena, "there is no chain %s",
						 r->chain_to);
		return;
	}
}

/* ------------------------------------------------------------------ rules and chains */

/* Extensions that make the kernel track connections: what they read is there for nobody else. */
static bool step_is_of_connections(const struct step *step)
{
	return step->kind < STEP_MATCH && field_table[step->field].from == FROM_CT;
}

static void note_tracking(struct program *program, enum family family,
			  const struct program_rule *rule)
{
	const struct rule *r = rule->rule;
	bool tracks = r->jump == JUMP_TARGET && ext_tracks(r->target.ext, r->target.data);

	for (uint16_t i = 0; i < r->match_count; i++)
		tracks |= ext_tracks(r->matches[i].ext, r->matches[i].data);
	for (uint16_t i = 0; i < rule->step_count; i++)
		tracks |= step_is_of_connections(&rule->steps[i]);
	if (tracks)
		program->tracked |= ext_family_bit(family);
}

static void make_rule(struct maker *maker, enum family family, struct program_rule *rule)
{
	struct arena *arena = &maker->program->arena;
	const struct rule *r = rule->tested;
	struct row *row = maker->row;
	struct test head[HEAD_TESTS];
	struct step *unsaid;
	int count = head_tests(family, &r->head, head, ARRAY_SIZE(head));

	row->count = 0;
	for (int i = 0; i < count; i++)
		row_add_test(arena, row, &head[i], STEP_HEAD, (unsigned)i);
	for (uint16_t i = 0; i < r->match_count; i++)
		row_add_use(arena, row, family, &r->matches[i], i);
	unsaid = r->unsaid ? row_add(row, STEP_UNKNOWN, STEP_HEAD) : NULL;
	if (unsaid)
		unsaid->why = "the rule holds what iptables has no words for";
	rule->steps = arena_memdup(arena, row->steps, row->count * sizeof(*row->steps));
	rule->step_count = (uint16_t)row->count;
	while (rule->leading < rule->step_count &&
	       step_only_answers(&rule->steps[rule->leading]))
		rule->leading++;
	end_of_rule(maker, family, rule);
	note_tracking(maker->program, family, rule);
}

static void add_rule(struct maker *maker, struct program_chain *chain, struct rule *rule,
		     const struct rule *tested, uint32_t number)
{
	struct program_rule *made = &chain->rules[chain->count++];

	made->rule = rule;
	made->tested = tested;
	made->number = number;
	make_rule(maker, chain->chain->table->family, made);
}

/* A rule with -b is two, one for each direction: a packet that fits both is the first one's. */
static void make_chain(struct maker *maker, struct program_chain *chain)
{
	struct arena *arena = &maker->program->arena;
	uint32_t room = chain->chain->rule_count, n = 0;

	for (const struct rule *r = chain->chain->first; r; r = r->next)
		room += old_find(r, OLD_BOTH) != NULL;
	chain->rules = arena_alloc(arena, room * sizeof(*chain->rules));
	for (struct rule *r = chain->chain->first; r; r = r->next) {
		add_rule(maker, chain, r, r, ++n);
		if (old_find(r, OLD_BOTH))
			add_rule(maker, chain, r, old_turn_rule(arena, r), n);
	}
	if (maker->indexed)
		chain->index = index_make(&maker->program->arena, chain);
}

static void leave_out(struct program *program, const struct chain *chain)
{
	const struct chain **more =
		arena_alloc(&program->arena, (program->left_out_count + 1) * sizeof(*more));

	if (program->left_out_count)
		memcpy(more, program->left_out, program->left_out_count * sizeof(*more));
	more[program->left_out_count++] = chain;
	program->left_out = more;
}

/* Of a family and place that packets pass here; the others are left out. */
static bool chain_is_evaluated(const struct table *table, const struct chain *chain)
{
	if (chain->foreign)
		return false;
	return table->family == FAMILY_IPV4 || table->family == FAMILY_IPV6;
}

static uint8_t table_bit(const char *name)
{
	static const struct { const char *name; uint8_t bit; } bits[] = {
		{ "filter", TABLE_FILTER }, { "nat", TABLE_NAT }, { "mangle", TABLE_MANGLE },
		{ "raw", TABLE_RAW }, { "security", TABLE_SECURITY },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (!strcmp(bits[i].name, name))
			return bits[i].bit;
	return 0;
}

static void make_table(struct maker *maker, struct table *table, struct program_chain ***link)
{
	struct program_chain *first = NULL;

	for (struct chain *c = table->first; c; c = c->next) {
		struct program_chain *made;

		if (!chain_is_evaluated(table, c)) {
			if (c->foreign || (c->builtin && c->first))
				leave_out(maker->program, c);
			continue;
		}
		made = arena_alloc(&maker->program->arena, sizeof(*made));
		made->chain = c;
		made->table = table_bit(table->name);
		if (c->builtin)
			made->base = builtin_chain(table->name, c->name);
		hash_put(&maker->names, c->name, made);
		**link = made;
		*link = &made->next;
		if (!first)
			first = made;
		/* The frames of the older dialects translate addresses. */
		if (made->base && old_table(table->family, table->name))
			maker->program->tracked |= ext_family_bit(table->family);
	}
	for (struct program_chain *c = first; c; c = c->next)
		make_chain(maker, c);
	hash_free(&maker->names);
	maker->names = HASH_INIT;
}

void program_make(struct program *program, const struct ruleset *rules,
		  const struct program *before, bool indexed)
{
	struct program_chain **link = &program->chains;
	struct maker maker = {
		.program = program, .row = mem_alloc(sizeof(struct row)), .indexed = indexed,
	};

	*program = PROGRAM_INIT;
	for (struct table *t = rules->first; t; t = t->next)
		make_table(&maker, t, &link);
	mem_free_ptr(&maker.row);
	program_cut_loops(program);
	if (before)
		program_inherit(program, before);
}

void program_free(struct program *program)
{
	arena_free(&program->arena);
	*program = PROGRAM_INIT;
}
