// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Between a use and its native form: options with a field become asks, and asks read from the
 * kernel find the option that says them.
 */
#include <string.h>
#include <threads.h>

#include "ext/use.h"

static bool lower_option(const struct opt *o, const void *data, struct part *part)
{
	*part = (struct part){ .kind = PART_ASK };
	if (!o->field || o->field_or || o->flags & OPT_BLOB || !o->type || !o->type->ask)
		return false;
	part->ask.field = o->field;
	if (!o->type->ask(o, (const char *)data + o->at.at, &part->ask) ||
	    part->ask.relation == REL_ONE_OF)
		return false;
	part->ask.negate ^= opt_is_negated(o, data);
	return !part->ask.negate || !(o->flags & OPT_ELSE_TOO);
}

int use_lower(enum family family, const struct use *use, struct part *parts, size_t room)
{
	const struct ext *ext = use->ext;
	const struct opt *o;
	size_t count = 0;

	if (!ext->native || !room)
		return -1;
	if (ext->lower) {
		parts[0] = (struct part){ 0 };
		return ext->lower(use->data, &parts[0]) ? 1 : -1;
	}
	/* In the order of saves, which is the original's order of expressions. */
	for (size_t n = 0; (o = opt_shown(ext, n, false)) != NULL; n++) {
		if (!opt_is_present(ext, family, o, use->data))
			continue;
		if (count == room || !lower_option(o, use->data, &parts[count]))
			return -1;
		count++;
	}
	/* A match that tests nothing still has to be there when it is read back: as a blob. */
	return count ? (int)count : -1;
}

bool use_is_carried_by_xtables(enum family family, const struct use *use)
{
	struct part parts[PARTS_MOST];

	return use_lower(family, use, parts, PARTS_MOST) < 0;
}

/* Options by the field they look at; filled at first use. */
struct claim {
	const struct ext *ext;
	const struct opt *opt;
};

enum { CLAIMS_MOST = 16 };

static struct claim claims[FIELD_COUNT][CLAIMS_MOST];
static once_flag claims_are_loaded = ONCE_FLAG_INIT;

static void load_claims(void)
{
	const struct ext *e;

	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++) {
		if (e->kind != EXT_MATCH || e->alias.size)
			continue;
		for (const struct opt *o = e->opts; o && o->name; o++) {
			struct claim *c = claims[o->field];

			if (!o->field || o->field_or || !o->type || !o->type->raise ||
			    o->flags & OPT_ALIAS)
				continue;
			while (c->ext && c < claims[o->field] + CLAIMS_MOST - 1)
				c++;
			*c = (struct claim){ e, o };
		}
	}
}

static bool is_for_proto(const struct ext *ext, uint8_t proto)
{
	for (const uint8_t *p = ext->protos; p && *p; p++)
		if (*p == proto)
			return true;
	return !ext->protos;
}

static void *new_use(struct arena *arena, enum family family, const struct ext *ext,
		     struct use *use)
{
	use->ext = ext;
	use->data = ext->size ? arena_alloc(arena, ext->size) : NULL;
	use_init(ext, family, use->data);
	return use->data;
}

/* The use may take the option: it lacks it, and has none beside it that excludes it. */
static bool has_room(const struct use *use, enum family family, const struct claim *claim)
{
	const struct ext *ext = claim->ext;
	const struct opt *o = claim->opt;

	if (opt_is_present(ext, family, o, use->data))
		return false;
	for (const struct opt *p = ext->opts; p->name; p++)
		/* What only a blob can say came as one, and is written as one again. */
		if ((p->excludes & BIT(o - ext->opts) || o->excludes & BIT(p - ext->opts) ||
		     p->flags & OPT_BLOB) && opt_is_present(ext, family, p, use->data))
			return false;
	return true;
}

/*
 * Where the option goes: of the uses of its extension that the rule ends with so far, the first one
 * that has room. So the same tests make the same uses, in whatever order they come: what is read,
 * written and read again stays what it is. NULL: it needs one of its own.
 */
static struct use *use_with_room(struct use *uses, uint16_t count, enum family family,
				 const struct claim *claim)
{
	struct use *found = NULL;

	if (claim->ext->read_apart)
		return NULL;
	while (count-- && uses[count].ext == claim->ext)
		if (has_room(&uses[count], family, claim))
			found = &uses[count];
	return found;
}

/* Tries one option: in a use that has room for it, else anew. */
static bool raise_option(struct arena *arena, enum family family, const struct claim *claim,
			 const struct ask *ask, struct use *uses, uint16_t *count, size_t room)
{
	struct use *old = use_with_room(uses, *count, family, claim), fresh = { 0 };
	const struct opt *o = claim->opt;
	struct ask plain = *ask;
	void *data;

	if (ask->negate && (!o->invert.size || o->flags & OPT_ELSE_TOO))
		return false;
	plain.negate = false;
	if (old) {
		data = old->data;
	} else {
		if (*count == room)
			return false;
		data = new_use(arena, family, claim->ext, &fresh);
	}
	/* A type leaves its bytes alone when it cannot say the ask. */
	if (!o->type->raise(o, &plain, (char *)data + o->at.at))
		return false;
	if (fresh.ext)
		uses[(*count)++] = fresh;
	bits_set(&o->given, data);
	if (ask->negate)
		bits_set(&o->invert, data);
	return true;
}

static bool raise_ask(struct arena *arena, enum family family, uint8_t proto,
		      const struct ask *ask, struct use *uses, uint16_t *count, size_t room)
{
	call_once(&claims_are_loaded, load_claims);
	for (const struct claim *c = claims[ask->field]; c < claims[ask->field] + CLAIMS_MOST; c++)
		if (c->ext && ext_is_for(c->ext, family) && is_for_proto(c->ext, proto) &&
		    raise_option(arena, family, c, ask, uses, count, room))
			return true;
	return false;
}

bool use_raise(struct arena *arena, enum family family, uint8_t proto, const struct part *part,
	       struct use *uses, uint16_t *count, size_t room)
{
	bool is_test = part->kind == PART_ASK || part->kind == PART_LIMIT ||
		       part->kind == PART_PORTS || part->kind == PART_ADDR_TYPE;
	enum ext_kind kind = is_test ? EXT_MATCH : EXT_TARGET;
	uint64_t data[64];
	const struct ext *e;

	if (part->kind == PART_ASK &&
	    raise_ask(arena, family, proto, &part->ask, uses, count, room))
		return true;
	for (size_t n = 0; *count < room && (e = ext_nth(n)) != NULL; n++) {
		if (e->kind != kind || !e->raise || !ext_is_for(e, family) ||
		    e->size > sizeof(data))
			continue;
		use_init(e, family, data);
		if (!e->raise(part, family, data))
			continue;
		uses[*count].ext = e;
		uses[*count].data = e->size ? arena_memdup(arena, data, e->size) : NULL;
		(*count)++;
		return true;
	}
	return false;
}

bool use_comes_back(struct arena *arena, enum family family, uint8_t proto, const struct use *use)
{
	struct part parts[PARTS_MOST];
	int n = use_lower(family, use, parts, PARTS_MOST);
	struct use again[PARTS_MOST];
	uint16_t count = 0;

	for (int i = 0; i < n; i++)
		if (!use_raise(arena, family, proto, &parts[i], again, &count, PARTS_MOST))
			return false;
	return n < 0 || (count == 1 && use_equal(&again[0], use));
}
