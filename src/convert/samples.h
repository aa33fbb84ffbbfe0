/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the proof: packets worth comparing, made from the rules' own fields. */
#ifndef POSTERN_CONVERT_SAMPLES_H
#define POSTERN_CONVERT_SAMPLES_H

#include "convert/rows.h"

enum { DEVICES_MOST = 8, OTHERS_MOST = 24 };

struct sample {
	uint32_t src, dst;		/* host order */
	uint8_t proto, flags, type, code;
	uint16_t sport, dport;
	int in, out;			/* devices; in -1: made here */
};

/* What packets are made of, each value once. */
struct pool {
	struct { uint32_t *items; size_t count, room; } values;
};

struct samples {
	struct arena arena;
	char devices[DEVICES_MOST][IFNAMSIZ];
	uint32_t own[DEVICES_MOST];	/* address of each, host order */
	int device_count;
	/* More addresses of this host: where the rules speak of some that may be its own */
	uint32_t others[OTHERS_MOST];
	int other_count;
	struct pool addrs, ports, protos, types;
	uint64_t chance;
	/* False: enough. */
	bool (*each)(void *context, const struct sample *sample);
	void *context;
};

/*
 * Devices that the rules name, and one that they do not; each with an address of its own. What is this
 * host's besides nobody knows: an address of each network that input and output speak of.
 */
void samples_name_devices(struct samples *s, const struct rows *rows);
/* Around each row, and then mixed until `each` has enough. */
void samples_make(struct samples *s, const struct rows *rows);
void samples_free(struct samples *s);
/*
 * An address (host order) that no packet from a wire may have as its source, or as its destination
 * (net/ipv4/route.c): routing drops it, whatever the rules say.
 */
bool samples_is_martian(uint32_t addr, bool source);

#endif
