// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sets of ipset(8) in struct xt_set_info: rules carry the kernel's number of a set, people its
 * name. The kernel translates for who asks through a raw socket
 * (include/uapi/linux/netfilter/ipset/ip_set.h, "Interface to iptables/ip6tables"); that takes
 * CAP_NET_ADMIN.
 */
#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "ext/type/types.h"

/*
 * Whoever speaks to ipset's part of netlink makes the kernel load it; iptables does by asking for
 * the revision of xt_set. What it answers (a message without attributes is none) nobody reads.
 */
static void load_module(void)
{
	const struct {
		struct nlmsghdr head;
		struct nfgenmsg family;
	} message = {
		.head = { .nlmsg_len = sizeof(message), .nlmsg_flags = NLM_F_REQUEST,
			  .nlmsg_type = NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_PROTOCOL },
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return;
	send(fd, &message, sizeof(message), 0);
	close(fd);
}

static bool ask_version(int fd, unsigned *version)
{
	struct ip_set_req_version req = { .op = IP_SET_OP_VERSION };
	socklen_t size = sizeof(req);

	if (getsockopt(fd, SOL_IP, SO_IP_SET, &req, &size) != 0)
		return false;
	*version = req.version;
	return true;
}

static int open_sets(unsigned *version, const char **why)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	*why = "Can't open socket to ipset.\n";
	if (fd < 0)
		return -1;
	if (ask_version(fd, version))
		return fd;
	load_module();
	if (ask_version(fd, version))
		return fd;
	*why = "Kernel module xt_set is not loaded in.\n";
	close(fd);
	return -1;
}

/* ---------------------------------------------------------------- numbers without a kernel */

enum { GIVEN_MOST = 4096 };

static char given[GIVEN_MOST][IPSET_MAXNAMELEN];
static unsigned given_count;

static bool find_given(const char *name, uint16_t *index, unsigned *family)
{
	unsigned i = 0;

	while (i < given_count && strcmp(given[i], name) != 0)
		i++;
	if (i == GIVEN_MOST)
		return false;
	if (i == given_count)
		memcpy(given[given_count++], name, strlen(name) + 1);
	*index = (uint16_t)i;
	*family = 0;
	return true;
}

static bool name_given(uint16_t index, char name[IPSET_MAXNAMELEN])
{
	if (index >= given_count)
		return false;
	memcpy(name, given[index], IPSET_MAXNAMELEN);
	return true;
}

const struct set_names set_names_given = { .find = find_given, .name = name_given };

static const struct set_names *names_used;

void set_names_use(const struct set_names *names)
{
	names_used = names;
}

/* ---------------------------------------------------------------- the type */

static const char *family_name(unsigned family)
{
	return family == FAMILY_IPV4 ? "IPv4" : family == FAMILY_IPV6 ? "IPv6" : "other";
}

static int missing_set(const struct opt_in *in, const char *name)
{
	int r = opt_bad(in, "Set %s doesn't exist.\n", name);

	err_hint(in->err, "ipset create %s TYPE makes one; ipset list -n shows those there are",
		 name);
	return r;
}

static int check_family(const struct opt_in *in, const char *name, unsigned family)
{
	if (family != in->family && family)
		return opt_bad(in, "The protocol family of set %s is %s, which is not "
			       "applicable.\n", name, family_name(family));
	return 0;
}

static int find_set(const struct opt_in *in, const char *name, uint16_t *index)
{
	struct ip_set_req_get_set_family req = { .op = IP_SET_OP_GET_FNAME };
	socklen_t size = sizeof(req);
	unsigned family;
	const char *why;
	int fd, r, error;

	if (strlen(name) > IPSET_MAXNAMELEN - 1)
		return opt_bad(in, "setname `%s' too long, max %d characters.", name,
			       IPSET_MAXNAMELEN - 1);
	if (names_used)
		return names_used->find(name, index, &family) ? check_family(in, name, family) :
								missing_set(in, name);
	fd = open_sets(&req.version, &why);
	if (fd < 0)
		return opt_bad(in, "%s", why);
	memcpy(req.set.name, name, strlen(name) + 1);
	r = getsockopt(fd, SOL_IP, SO_IP_SET, &req, &size);
	error = errno;
	close(fd);
	if (r != 0)
		return opt_bad(in, "Problem when communicating with ipset, errno=%d.\n", error);
	if (req.set.index == IPSET_INVALID_ID)
		return missing_set(in, name);
	*index = req.set.index;
	return check_family(in, name, req.family);
}

/* "src,dst": bit n is set when the n-th dimension is taken from the source. */
static int read_directions(const struct opt_in *in, const char *text, struct xt_set_info *info)
{
	char buf[64], *parts[IPSET_DIM_MAX];
	size_t n = type_split(text, ',', buf, sizeof(buf), parts, IPSET_DIM_MAX);

	if (!n)
		return opt_bad(in, "Can't be more src/dst options than %i.", IPSET_DIM_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(parts[i], "src"))
			info->flags |= (uint8_t)(1u << (i + 1));
		else if (strcmp(parts[i], "dst") != 0)
			return opt_bad(in, "You must spefify (the comma separated list of) 'src' "
				       "or 'dst'.");
	}
	info->dim = (uint8_t)n;
	return 0;
}

static int parse_set(const struct opt_in *in, void *at)
{
	struct xt_set_info info = { 0 };
	int r = find_set(in, in->words[0], &info.index);

	if (!r)
		r = read_directions(in, in->words[1], &info);
	if (!r)
		memcpy(at, &info, sizeof(info));
	return r;
}

/* False when the kernel does not say: it has no such set, or we may not ask. */
bool set_name(uint16_t index, char name[IPSET_MAXNAMELEN])
{
	struct ip_set_req_get_set req = { .op = IP_SET_OP_GET_BYINDEX, .set = { .index = index } };
	socklen_t size = sizeof(req);
	const char *why;
	int fd, r;

	if (names_used)
		return names_used->name(index, name);
	fd = open_sets(&req.version, &why);
	if (fd < 0)
		return false;
	r = getsockopt(fd, SOL_IP, SO_IP_SET, &req, &size);
	close(fd);
	if (r != 0 || size != sizeof(req) || !*req.set.name)
		return false;
	memcpy(name, req.set.name, IPSET_MAXNAMELEN);
	name[IPSET_MAXNAMELEN - 1] = '\0';
	return true;
}

static void print_set(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct xt_set_info info;
	char name[IPSET_MAXNAMELEN];

	memcpy(&info, at, sizeof(info));
	if (!set_name(info.index, name))
		/* No set can be called so: it begins with a comma, and nothing reads it again. */
		sink_printf(sink, ",set-number-%u", info.index);
	else if (out->how & HOW_SAVE && strpbrk(name, " \t\"'\\"))
		type_quote(sink, name);
	else
		sink_str(sink, name);
	for (unsigned i = 1; i <= info.dim && i <= IPSET_DIM_MAX; i++) {
		sink_char(sink, i == 1 ? ' ' : ',');
		sink_str(sink, info.flags & (1u << i) ? "src" : "dst");
	}
}

static void sample_set(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	static const char *const ways[] = {
		"src", "dst", "src,dst", "dst,src,src", "both", "src,",
	};

	(void)opt;
	(void)family;
	sink_printf(sink, "set%u %s", seed % 3, ways[seed / 3 % ARRAY_SIZE(ways)]);
}

const struct type type_set = {
	.name = "set", .metavar = "name flags", .words = 2, .parse = parse_set, .print = print_set,
	.sample = sample_set,
};

/* The preset is "", no set at all. */
static int parse_set_maybe(const struct opt_in *in, void *at)
{
	const struct xt_set_info none = { .index = IPSET_INVALID_ID };

	if (*in->words[0])
		return parse_set(in, at);
	memcpy(at, &none, sizeof(none));
	return 0;
}

static bool set_absent(const struct opt *opt, enum family family, const void *at)
{
	(void)opt;
	(void)family;
	return ((const struct xt_set_info *)at)->index == IPSET_INVALID_ID;
}

const struct type type_set_maybe = {
	.name = "set_maybe", .metavar = "name flags", .words = 2, .parse = parse_set_maybe,
	.print = print_set, .absent = set_absent, .sample = sample_set,
};

/* The preset is "", the set's own timeout. */
static int parse_set_timeout(const struct opt_in *in, void *at)
{
	uint64_t v = UINT32_MAX;

	if (*in->words[0] && !num_parse(in->words[0], 0, UINT32_MAX - 1, &v))
		return opt_bad(in, "Invalid value for option --%s or out of range 0-%u",
			in->opt->name,
			       UINT32_MAX - 1);
	uint_store(at, 4, v);
	return 0;
}

static void print_set_timeout(struct sink *sink, const struct opt_out *out, const void *at)
{
	type_uint.print(sink, out, at);
}

static bool set_timeout_absent(const struct opt *opt, enum family family, const void *at)
{
	(void)opt;
	(void)family;
	return uint_load(at, 4) == UINT32_MAX;
}

static void sample_set_timeout(struct sink *sink, const struct opt *opt, enum family family,
			       uint32_t seed)
{
	type_uint.sample(sink, opt, family, seed);
}

const struct type type_set_timeout = {
	.name = "set_timeout", .metavar = "seconds", .words = 1, .parse = parse_set_timeout,
	.print = print_set_timeout, .absent = set_timeout_absent, .sample = sample_set_timeout,
};
