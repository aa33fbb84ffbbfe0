// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes command lines made from the declarations: every option of every extension, with arguments
 * that its value type finds worth trying, valid and just outside. One line per rule:
 *
 *	FAMILY TABLE CHAIN OPTIONS...		(OPTIONS quoted as in a save file)
 *
 * usage: oracle-generate FIRST-SEED COUNT [EXTENSION...]
 * The same seed gives the same line; with names, only these matches and targets are drawn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext/ext.h"

struct random {
	uint64_t state;
};

/* splitmix64 (public domain, Sebastiano Vigna) */
static uint32_t draw(struct random *r, uint32_t below)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) >> 33) % below;
}

static const char *const *wanted;
static int wanted_count;

static bool is_wanted(const struct ext *ext)
{
	for (int i = 0; i < wanted_count; i++)
		if (!strcmp(wanted[i], ext->name))
			return true;
	return !wanted_count;
}

/* The n-th of the extensions of a kind that may stand in this family. */
static const struct ext *pick(struct random *r, enum ext_kind kind, enum family family)
{
	const struct ext *found = NULL, *e;
	uint32_t seen = 0;

	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++)
		if (e->kind == kind && ext_is_for(e, family) && is_wanted(e) && !draw(r, ++seen))
			found = e;
	return found;
}

static void put_options(struct sink *out, struct random *r, const struct ext *ext,
			enum family family)
{
	uint32_t given = 0, refused = 0;
	size_t count = 0;

	while (ext->opts && ext->opts[count].name)
		count++;
	for (size_t k = 0; k < count; k++) {
		size_t i = (k + draw(r, 2)) % count;
		const struct opt *o = &ext->opts[i];
		bool must = o->flags & OPT_MUST;

		if (given & BIT(i) || (o->type && o->type->words && !o->type->sample))
			continue;
		/* Mostly what can stand together, now and then what cannot. */
		if ((refused & BIT(i) || o->excludes & given) && draw(r, 12))
			continue;
		if (!must && draw(r, (uint32_t)count) > 2)
			continue;
		given |= BIT(i);
		refused |= o->excludes;
		if ((opt_is_invertible(o) && !draw(r, 4)) || !draw(r, 60))
			sink_str(out, " !");
		sink_printf(out, " --%s", o->name);
		if (o->type && o->type->words) {
			sink_char(out, ' ');
			o->type->sample(out, o, family, draw(r, 1u << 20));
		}
	}
}

static void put_network(struct sink *out, struct random *r, enum family family, const char *option)
{
	sink_printf(out, "%s %s ", draw(r, 5) ? "" : " !", option);
	if (family == FAMILY_IPV6)
		sink_printf(out, "2001:db8:%x::%x/%u", draw(r, 65536), draw(r, 9), draw(r, 129));
	else if (!draw(r, 10))
		sink_printf(out, "10.%u.0.0/255.%u.0.255", draw(r, 256), draw(r, 256));
	else
		sink_printf(out, "10.%u.%u.%u/%u", draw(r, 256), draw(r, 256), draw(r, 256),
			    1 + draw(r, 32));
}

static void put_head(struct sink *out, struct random *r, enum family family, const char *chain,
		     uint8_t proto)
{
	static const char *const devices[] = { "eth0", "eth+", "lo", "wg0", "a", "ppp+" };
	static const char *const protos[] = { "tcp", "udp", "icmp", "47", "ipv6-icmp", "sctp",
		"esp" };
	bool in = strcmp(chain, "OUTPUT") && strcmp(chain, "POSTROUTING");
	bool to = strcmp(chain, "INPUT") && strcmp(chain, "PREROUTING");

	if (!draw(r, 3))
		put_network(out, r, family, "-s");
	if (!draw(r, 3))
		put_network(out, r, family, "-d");
	if (in && !draw(r, 4))
		sink_printf(out, "%s -i %s", draw(r, 3) ? "" : " !", devices[draw(r, 6)]);
	if (to && !draw(r, 4))
		sink_printf(out, "%s -o %s", draw(r, 3) ? "" : " !", devices[draw(r, 6)]);
	if (proto)
		sink_printf(out, " -p %u", proto);
	else if (!draw(r, 3))
		sink_printf(out, "%s -p %s", draw(r, 4) ? "" : " !", protos[draw(r, 7)]);
	if (family == FAMILY_IPV4 && !draw(r, 12))
		sink_str(out, draw(r, 2) ? " -f" : " ! -f");
}

struct spot {
	const char *table, *chain;
};

static struct spot pick_spot(struct random *r, const struct ext *target)
{
	static const char *const tables[] = { "filter", "nat", "mangle", "raw", "security" };
	const struct builtin_table *t;
	unsigned allowed = target && target->tables ? target->tables : TABLE_FILTER | TABLE_MANGLE;
	uint32_t n = draw(r, 5);

	/* One line in twenty goes where it does not belong. */
	while (draw(r, 20) && !(allowed & BIT(n)))
		n = (n + 1) % 5;
	t = builtin_table(tables[n]);
	n = draw(r, (uint32_t)t->count);
	for (size_t i = 0; target && target->hooks && i < t->count && draw(r, 20); i++) {
		if (target->hooks & BIT(t->chains[n].hook))
			break;
		n = (n + 1) % (uint32_t)t->count;
	}
	return (struct spot){ t->name, t->chains[n].name };
}

static void put_line(struct sink *out, uint64_t seed)
{
	struct random r = { seed * 0x2545f4914f6cdd1du + 1 };
	enum family family = draw(&r, 3) ? FAMILY_IPV4 : FAMILY_IPV6;
	const struct ext *matches[3] = { NULL }, *target = NULL;
	size_t count = draw(&r, 4);
	uint8_t proto = 0;
	struct spot spot;

	if (draw(&r, 6))
		target = pick(&r, EXT_TARGET, family);
	for (size_t i = 0; i < count && i < 3; i++) {
		matches[i] = pick(&r, EXT_MATCH, family);
		if (matches[i] && matches[i]->protos && draw(&r, 15))
			proto = matches[i]->protos[0];
	}
	if (target && target->protos && draw(&r, 15))
		proto = target->protos[0];
	spot = pick_spot(&r, target);
	sink_printf(out, "%s %s %s", family == FAMILY_IPV6 ? "ip6" : "ip", spot.table, spot.chain);
	put_head(out, &r, family, spot.chain, proto);
	for (size_t i = 0; i < count && i < 3; i++) {
		if (!matches[i])
			continue;
		sink_printf(out, " -m %s", matches[i]->name);
		put_options(out, &r, matches[i], family);
	}
	if (target) {
		sink_printf(out, " -j %s", target->name);
		put_options(out, &r, target, family);
	}
	sink_char(out, '\n');
}

int main(int argc, char **argv)
{
	AUTO_SINK out = SINK_FD(1);

	if (argc < 3) {
		fprintf(stderr, "usage: %s FIRST-SEED COUNT [EXTENSION...]\n", argv[0]);
		return 2;
	}
	wanted = (const char *const *)argv + 3;
	wanted_count = argc - 3;
	for (uint64_t i = 0, n = strtoull(argv[2], NULL, 10); i < n; i++)
		put_line(&out, strtoull(argv[1], NULL, 10) + i);
	return sink_flush(&out) < 0;
}
