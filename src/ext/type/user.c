// SPDX-License-Identifier: GPL-2.0-or-later
/* Users and groups: a name, a number, or a range of numbers. */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

/* The all-ones number stands for "nobody at all" in system calls. */
#define ID_MOST (UINT32_MAX - 1)

static bool find_user(const char *name, uint32_t *id)
{
	const struct passwd *pw = getpwnam(name);

	if (pw)
		*id = pw->pw_uid;
	return pw != NULL;
}

static bool find_group(const char *name, uint32_t *id)
{
	const struct group *gr = getgrnam(name);

	if (gr)
		*id = gr->gr_gid;
	return gr != NULL;
}

/* "7" or "7-9" ("7:9"). Nothing else; a reversed range matches nobody and is refused. */
static bool read_ids(const char *text, uint32_t id[2])
{
	uint64_t low, high;
	const char *p;

	if (!num_parse_part(text, &p, 0, ID_MOST, &low))
		return false;
	high = low;
	if ((*p == '-' || *p == ':') && !num_parse_part(p + 1, &p, 0, ID_MOST, &high))
		return false;
	if (*p || low > high)
		return false;
	id[0] = (uint32_t)low;
	id[1] = (uint32_t)high;
	return true;
}

static int parse_ids(const struct opt_in *in, void *at, bool (*find)(const char *, uint32_t *))
{
	uint32_t id[2];

	if (find(in->words[0], &id[0]))
		id[1] = id[0];
	else if (!read_ids(in->words[0], id))
		return opt_bad_value(in);
	memcpy(at, id, sizeof(id));
	return 0;
}

static int parse_users(const struct opt_in *in, void *at)
{
	return parse_ids(in, at, find_user);
}

static int parse_groups(const struct opt_in *in, void *at)
{
	return parse_ids(in, at, find_group);
}

static void print_ids(struct sink *sink, const uint32_t id[2], const char *name)
{
	if (name && id[0] == id[1])
		sink_str(sink, name);
	else
		sink_u64(sink, id[0]);
	if (id[0] != id[1]) {
		sink_char(sink, '-');
		sink_u64(sink, id[1]);
	}
}

static void print_users(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint32_t *id = at;
	const struct passwd *pw = out->how & (HOW_SAVE | HOW_NUMERIC) ? NULL : getpwuid(id[0]);

	print_ids(sink, id, pw ? pw->pw_name : NULL);
}

static void print_groups(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint32_t *id = at;
	const struct group *gr = out->how & (HOW_SAVE | HOW_NUMERIC) ? NULL : getgrgid(id[0]);

	print_ids(sink, id, gr ? gr->gr_name : NULL);
}

static bool ask_ids(const struct opt *opt, const void *at, struct ask *ask)
{
	return type_range.ask(opt, at, ask);
}

static bool raise_ids(const struct opt *opt, const struct ask *ask, void *at)
{
	struct opt bounded = *opt;

	bounded.max = ID_MOST;
	return type_range.raise(&bounded, ask, at);
}

static void sample_ids(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	static const char *const words[] = { "root", "daemon", "4294967295", "9-3", "4294967294" };

	(void)opt;
	(void)family;
	if (seed % 3 == 0)
		sink_str(sink, words[seed / 3 % ARRAY_SIZE(words)]);
	else if (seed % 3 == 1)
		sink_u64(sink, seed);
	else
		sink_printf(sink, "%u-%u", seed, seed * 2);
}

const struct type type_users = {
	.name = "users", .metavar = "userid[-userid]", .words = 1, .parse = parse_users,
	.print = print_users, .ask = ask_ids, .raise = raise_ids, .sample = sample_ids,
};

const struct type type_groups = {
	.name = "groups", .metavar = "groupid[-groupid]", .words = 1, .parse = parse_groups,
	.print = print_groups, .ask = ask_ids, .raise = raise_ids, .sample = sample_ids,
};
