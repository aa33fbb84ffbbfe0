// SPDX-License-Identifier: GPL-2.0-or-later
/* Asking the kernel whether it has the xtables extension that a use becomes (nft_compat). */
#include "kernel/internal.h"

#include <linux/netfilter/nf_tables_compat.h>

int kernel_has_extension(struct kernel *k, enum family family, const struct ext *ext)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;

	msg_begin(&msg, room, sizeof(room), NFNL_SUBSYS_NFT_COMPAT << 8 | NFNL_MSG_COMPAT_GET, 0,
		  k->seq++, (uint8_t)family, 0);
	msg_put_str(&msg, NFTA_COMPAT_NAME, ext->kernel_name ? ext->kernel_name : ext->name);
	msg_put_u32(&msg, NFTA_COMPAT_REV, ext->revision);
	msg_put_u32(&msg, NFTA_COMPAT_TYPE, ext->kind == EXT_TARGET);
	return nl_get(k, &msg, NULL, NULL);
}
