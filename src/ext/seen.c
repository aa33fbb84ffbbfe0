// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists of addresses and times, as net/netfilter/xt_recent.c keeps them. The kernel's ring of times is
 * as long as the largest --hitcount of a list; a longer one gives the same answers.
 */
#include "ext/seen.h"

#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/xt_recent.h>
#include <string.h>

enum { ADDRESSES = 100, TIMES = 256 };

struct seen {
	uint8_t family, ttl;		/* family 0: the place is free */
	uint16_t next, count;		/* times: where the next goes, how many there are */
	union inet_addr addr;
	uint64_t used;			/* larger than that of all used before */
	int64_t times[TIMES];		/* ticks of the kernel */
};

struct list {
	bool begun;
	union inet_addr mask;		/* of the first rule that asks */
	uint64_t uses;
	struct seen seen[ADDRESSES];
};

static int64_t ticks(const struct eval *e)
{
	return (int64_t)(e->world->now / (1000000000 / (e->world->hz ? e->world->hz : 250)));
}

/* A TTL of 0 on either side is any. */
static struct seen *find(struct list *list, enum family family, const union inet_addr *addr,
			 uint8_t ttl)
{
	for (struct seen *s = list->seen; s < list->seen + ADDRESSES; s++)
		if (s->family == family && !memcmp(&s->addr, addr, sizeof(*addr)) &&
		    (!ttl || !s->ttl || s->ttl == ttl))
			return s;
	return NULL;
}

static struct seen *oldest(struct list *list)
{
	struct seen *old = NULL;

	for (struct seen *s = list->seen; s < list->seen + ADDRESSES; s++)
		if (s->family && (!old || s->used < old->used))
			old = s;
	return old;
}

static void add(struct list *list, enum family family, const union inet_addr *addr, uint8_t ttl,
		int64_t now)
{
	struct seen *s = list->seen;

	while (s < list->seen + ADDRESSES && s->family)
		s++;
	if (s == list->seen + ADDRESSES)
		s = oldest(list);
	s->family = (uint8_t)family;
	s->ttl = ttl;
	s->addr = *addr;
	s->next = s->count = 1;
	s->times[0] = now;
	s->used = ++list->uses;
}

static void update(struct list *list, struct seen *s, uint8_t ttl, int64_t now)
{
	s->next %= TIMES;
	s->times[s->next++] = now;
	if (s->next > s->count)
		s->count = s->next;
	s->ttl = ttl;
	s->used = ++list->uses;
}

/* Often enough since `since`? Without --seconds at any time. */
static bool has_hits(const struct xt_recent_mtinfo_v1 *info, const struct seen *s, int64_t since)
{
	uint32_t hits = 0;

	for (uint16_t i = 0; i < s->count; i++)
		if ((!info->seconds || s->times[i] >= since) &&
		    (!info->hit_count || ++hits >= info->hit_count))
			return true;
	return false;
}

/* The longest unseen one goes, unless it is just being updated. */
static void reap(struct list *list, const struct seen *updated, int64_t since)
{
	struct seen *s = oldest(list);

	if (s && s != updated && s->times[s->next - 1] < since)
		s->family = 0;
}

static void answer_on_list(struct list *list, const struct xt_recent_mtinfo_v1 *info,
			   const struct eval *e, const union inet_addr *addr, uint8_t ttl,
			   bool *answer)
{
	struct seen *s = find(list, e->family, addr, info->check_set & XT_RECENT_TTL ? ttl : 0);
	int64_t now = ticks(e), since = now - (int64_t)info->seconds *
						      (e->world->hz ? e->world->hz : 250);
	bool updates = info->check_set & XT_RECENT_SET;

	if (!s && !(info->check_set & XT_RECENT_SET))
		return;
	if (!s || info->check_set & (XT_RECENT_SET | XT_RECENT_REMOVE) || has_hits(info, s, since))
		*answer = !*answer;
	if (e->simulated)
		return;
	if (!s) {
		add(list, e->family, addr, ttl, now);
		return;
	}
	if (info->check_set & XT_RECENT_REMOVE) {
		s->family = 0;
		return;
	}
	updates |= info->check_set & XT_RECENT_UPDATE && *answer;
	if (info->check_set & XT_RECENT_REAP)
		reap(list, updates ? s : NULL, since);
	if (updates)
		update(list, s, ttl, now);
}

/* The TTL as it was before this host took one off (recent_mt()). */
static uint8_t first_ttl(const struct eval *e)
{
	bool leaves = e->hook == NF_INET_FORWARD || e->hook == NF_INET_LOCAL_OUT ||
		      e->hook == NF_INET_POST_ROUTING;
	bool ours = e->meta->known & KNOWN_IN && !*e->meta->in;

	return (uint8_t)(packet_ttl(e->packet) + (leaves && !ours));
}

enum answer seen_answer(struct eval *e, const struct xt_recent_mtinfo_v1 *info)
{
	const struct world *w = e->world;
	char name[XT_RECENT_NAME_LEN + 1] = "";
	union inet_addr addr = { 0 };
	struct list *list;
	bool answer = info->invert;

	memcpy(name, info->name, XT_RECENT_NAME_LEN);
	list = w->shared ? w->shared(w->context, "recent", name, sizeof(*list)) : NULL;
	if (!list)
		return eval_unknown(e, "who is in the list %s is not known", name);
	if (info->hit_count > TIMES)
		return eval_unknown(e, "the list %s remembers %d times, not %u", name, TIMES,
				    info->hit_count);
	if (!list->begun) {
		list->begun = true;
		memcpy(&list->mask, &info->mask, sizeof(list->mask));
	}
	memcpy(&addr, info->side == XT_RECENT_DEST ? packet_daddr(e->packet) :
	       packet_saddr(e->packet), addr_len(e->family));
	addr_apply_mask(&addr, &list->mask);
	answer_on_list(list, info, e, &addr, first_ttl(e), &answer);
	return answer_of(answer);
}
