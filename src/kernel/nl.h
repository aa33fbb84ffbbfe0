/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink bytes, both ways. libmnl's own attribute functions are calls without bounds; 100,000
 * rules are millions of attributes, and what is read may be hostile, so these are inline and
 * checked. The socket itself is libmnl's.
 */
#ifndef POSTERN_KERNEL_NL_H
#define POSTERN_KERNEL_NL_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "net/addr.h"	/* in front of the kernel's: both know struct in_addr */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

/* Newer than the headers of Debian 12 (linux 6.3). */
enum { POSTERN_MSG_GETRULE_RESET = 25 };

/* NLA_HDRLEN and NLA_ALIGN are signed ints, sizes are not. */
#define ATTR_HEAD sizeof(struct nlattr)

static inline size_t attr_padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* ------------------------------------------------------------------ writing */

/* One message being written. `full` is set, and nothing more written, when it does not fit. */
struct msg {
	struct nlmsghdr *head;
	uint8_t *at, *end;
	bool full;
	/*
	 * Names of expressions go without their NUL. The kernel's policy does not ask for it: looking
	 * for an expression it cuts NULs off, once for each kind that it knows (nla_strcmp). Not where
	 * what it says is compared with the message, since it puts them there.
	 */
	bool bare_names;
};

static inline void msg_begin(struct msg *msg, void *room, size_t size, uint16_t type,
			     uint16_t flags, uint32_t seq, uint8_t family, uint16_t res_id)
{
	struct nlmsghdr *h = room;
	struct nfgenmsg *g = (struct nfgenmsg *)(h + 1);

	*h = (struct nlmsghdr){
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_seq = seq,
	};
	*g = (struct nfgenmsg){
		.nfgen_family = family, .version = NFNETLINK_V0, .res_id = htobe16(res_id),
	};
	*msg = (struct msg){ .head = h, .at = (uint8_t *)(g + 1), .end = (uint8_t *)room + size };
}

/* An nf_tables request. */
static inline void msg_begin_nft(struct msg *msg, void *room, size_t size, uint16_t type,
				 uint16_t flags, uint32_t seq, enum family family)
{
	msg_begin(msg, room, size, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, seq,
		  (uint8_t)family, 0);
}

/* Length of the finished message. */
static inline size_t msg_end(struct msg *msg)
{
	msg->head->nlmsg_len = (uint32_t)(msg->at - (uint8_t *)msg->head);
	return msg->head->nlmsg_len;
}

/* An attribute with room for `len` bytes, padding zeroed; NULL when the message is full. */
static inline uint8_t *msg_room(struct msg *msg, uint16_t type, size_t len)
{
	size_t all = attr_padded(ATTR_HEAD + len);
	struct nlattr *a = (struct nlattr *)msg->at;

	if (msg->full || all > (size_t)(msg->end - msg->at) || len > UINT16_MAX - ATTR_HEAD) {
		msg->full = true;
		return NULL;
	}
	a->nla_type = type;
	a->nla_len = (uint16_t)(ATTR_HEAD + len);
	if (all > ATTR_HEAD)
		memset(msg->at + all - 4, 0, 4);
	msg->at += all;
	return (uint8_t *)(a + 1);
}

static inline void msg_put(struct msg *msg, uint16_t type, const void *data, size_t len)
{
	uint8_t *to = msg_room(msg, type, len);

	if (to && len)
		memcpy(to, data, len);
}

static inline void msg_put_str(struct msg *msg, uint16_t type, const char *text)
{
	msg_put(msg, type, text, strlen(text) + 1);
}

static inline void msg_put_u16(struct msg *msg, uint16_t type, uint16_t value)
{
	value = htobe16(value);
	msg_put(msg, type, &value, sizeof(value));
}

static inline void msg_put_u32(struct msg *msg, uint16_t type, uint32_t value)
{
	value = htobe32(value);
	msg_put(msg, type, &value, sizeof(value));
}

static inline void msg_put_u64(struct msg *msg, uint16_t type, uint64_t value)
{
	value = htobe64(value);
	msg_put(msg, type, &value, sizeof(value));
}

/* Opens a nest; the result is for msg_close. */
static inline uint8_t *msg_open(struct msg *msg, uint16_t type)
{
	uint8_t *nest = msg->at;

	msg_put(msg, (uint16_t)(type | NLA_F_NESTED), NULL, 0);
	return nest;
}

static inline void msg_close(struct msg *msg, uint8_t *nest)
{
	size_t len = (size_t)(msg->at - nest);

	if (len > UINT16_MAX)
		msg->full = true;
	if (!msg->full)
		((struct nlattr *)nest)->nla_len = (uint16_t)len;
}

/* ------------------------------------------------------------------ reading */

static inline const void *attr_data(const struct nlattr *attr)
{
	return attr + 1;
}

static inline size_t attr_len(const struct nlattr *attr)
{
	return attr->nla_len - ATTR_HEAD;
}

static inline uint16_t attr_type(const struct nlattr *attr)
{
	return attr->nla_type & (uint16_t)NLA_TYPE_MASK;
}

/* A run of attributes, not yet looked at. */
struct attrs {
	const uint8_t *at;
	size_t left;
};

static inline struct attrs attr_inside(const struct nlattr *attr)
{
	if (!attr)
		return (struct attrs){ .at = NULL, .left = 0 };
	return (struct attrs){ attr_data(attr), attr_len(attr) };
}

/* The attributes behind a header of `size` bytes in a message; none when it is too short. */
static inline struct attrs attr_behind(const struct nlmsghdr *h, size_t size)
{
	size_t skip = NLMSG_HDRLEN + NLMSG_ALIGN(size);

	if (h->nlmsg_len < skip)
		return (struct attrs){ .at = NULL, .left = 0 };
	return (struct attrs){ (const uint8_t *)h + skip, h->nlmsg_len - skip };
}

/* Those of a message of nfnetlink. */
static inline struct attrs attr_of_message(const struct nlmsghdr *h)
{
	return attr_behind(h, sizeof(struct nfgenmsg));
}

/* The next attribute, or NULL at the end or where the rest is no attribute. */
static inline const struct nlattr *attr_next(struct attrs *attrs)
{
	const struct nlattr *a = (const struct nlattr *)attrs->at;
	size_t all;

	if (attrs->left < ATTR_HEAD || a->nla_len < ATTR_HEAD || a->nla_len > attrs->left)
		return NULL;
	all = attr_padded(a->nla_len);
	if (all > attrs->left)
		all = attrs->left;
	attrs->at += all;
	attrs->left -= all;
	return a;
}

/* Attributes by their type, up to `max`; absent ones NULL. */
static inline void attr_table(struct attrs attrs, const struct nlattr **table, unsigned max)
{
	const struct nlattr *a;

	memset(table, 0, (max + 1) * sizeof(*table));
	while ((a = attr_next(&attrs)))
		if (attr_type(a) <= max)
			table[attr_type(a)] = a;
}

/* Values; false, with `value` untouched, when the attribute is absent or too short. */
static inline bool attr_u16(const struct nlattr *attr, uint16_t *value)
{
	if (!attr || attr_len(attr) < sizeof(*value))
		return false;
	memcpy(value, attr_data(attr), sizeof(*value));
	*value = be16toh(*value);
	return true;
}

static inline bool attr_u32(const struct nlattr *attr, uint32_t *value)
{
	if (!attr || attr_len(attr) < sizeof(*value))
		return false;
	memcpy(value, attr_data(attr), sizeof(*value));
	*value = be32toh(*value);
	return true;
}

static inline bool attr_u64(const struct nlattr *attr, uint64_t *value)
{
	if (!attr || attr_len(attr) < sizeof(*value))
		return false;
	memcpy(value, attr_data(attr), sizeof(*value));
	*value = be64toh(*value);
	return true;
}

/* The string inside, or NULL when it is absent or not terminated. */
static inline const char *attr_str(const struct nlattr *attr)
{
	if (!attr || !memchr(attr_data(attr), 0, attr_len(attr)))
		return NULL;
	return attr_data(attr);
}

#endif
