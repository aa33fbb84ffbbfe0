/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and values in nft's words. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_WORDS_H
#define POSTERN_KERNEL_WORDS_H

#include "base/bits.h"
#include "base/sink.h"
#include "net/addr.h"

/* How a value is shown. */
enum shown_as {
	SHOWN_HEX,		/* bytes as they are */
	SHOWN_NUMBER,		/* big-endian, decimal */
	SHOWN_HOST_NUMBER,	/* host order, decimal */
	SHOWN_HOST_HEX,		/* host order, hexadecimal (marks) */
	SHOWN_ADDR, SHOWN_NAME, SHOWN_PROTO, SHOWN_DEVICE, SHOWN_NFPROTO, SHOWN_CT_STATE,
	SHOWN_CT_STATUS, SHOWN_TCP_FLAGS, SHOWN_PKTTYPE, SHOWN_ROUTE_TYPE,
};

struct field_words {
	const char *text;
	enum shown_as shown;
};

/* NULL when we have no words for it. */
const struct field_words *words_payload(enum family family, uint8_t proto, uint32_t base,
					uint32_t at, uint32_t len);
const struct field_words *words_meta(uint32_t key);
const struct field_words *words_ct(uint32_t key);

/* The form after a byteorder expression. */
enum shown_as words_turned(enum shown_as shown);

/* `bare`: as a number, where names would not be understood (masks). */
void words_value(struct sink *to, enum family family, enum shown_as shown, const uint8_t *bytes,
		 size_t len, bool bare);

#endif
