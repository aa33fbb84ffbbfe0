// SPDX-License-Identifier: GPL-2.0-or-later
/* -m socket: is there a socket here that this packet is for? */
#include <linux/netfilter/xt_socket.h>

#include "ext/type/types.h"

#define FLAG(bit) BITS(struct xt_socket_mtinfo3, flags, XT_SOCKET_##bit)

static const struct opt opts[] = {
	{ .name = "nowildcard", .given = FLAG(NOWILDCARD), .list = "--nowildcard",
	  .help = "Do not ignore LISTEN sockets bound on INADDR_ANY" },
	{ .name = "transparent", .given = FLAG(TRANSPARENT), .list = "--transparent",
	  .help = "Ignore non-transparent sockets" },
	{ .name = "restore-skmark", .given = FLAG(RESTORESKMARK), .list = "--restore-skmark",
	  .help = "Set the packet mark to the socket mark if\n"
		  "the socket matches and transparent / \n"
		  "nowildcard conditions are satisfied" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m socket --transparent", .means = "for a socket of a transparent proxy" },
	{ .rule = "-m socket --nowildcard --restore-skmark",
	  .means = "for any socket, which puts its mark on the packet" },
	{ 0 },
};

/* Revisions 1 and 2 have fewer of the same flags; 0 has no data. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	struct xt_socket_mtinfo3 *info = data;

	if (revision > 3 || (revision && size < sizeof(*info)))
		return false;
	info->flags = revision ? *(const uint8_t *)theirs : 0;
	return true;
}

static const struct ext socket_ = {
	.name = "socket", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 3,
	.size = sizeof(struct xt_socket_mtinfo3), .opts = opts, .title = "socket",
	.shown = (const uint8_t[]){ 1, 0, 2, SHOWN_END },
	.hooks = HOOK_PREROUTING | HOOK_INPUT, .effect = EFFECT_UNKNOWN,
	.summary = "packets for an open socket of this machine",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_SOCKET", .adopt = adopt, .examples = examples,
	.unknowable = "which sockets are open is known to the kernel only",
};
EXT_REGISTER(socket_);
