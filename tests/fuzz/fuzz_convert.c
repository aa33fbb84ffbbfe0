// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any text as a script or a saved set to be converted. What comes of it must be read by the next
 * dialect, and no packet may fare otherwise without a word about it. The first byte picks the
 * dialects.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert/convert.h"
#include "ext/type/types.h"
#include "safe/snapshot.h"
#include "alone.h"

enum { PACKETS = 300, LINES_MOST = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void give_up(struct sink *text, const char *why)
{
	fprintf(stderr, "%s\n%s\n", why, sink_text(text));
	abort();
}

static void read_back(const struct conversion *c, struct conversion *back, struct sink *text)
{
	struct err err = ERR_INIT;
	int r;

	if (c->to == DIALECT_IPTABLES) {
		r = snapshot_parse(&back->rules, FAMILY_IPV4, sink_text(text), text->len, "result",
				   false, &err);
	} else {
		back->from = c->to;
		r = convert_read(back, sink_text(text), text->len, &err);
		convert_keep_forwards(c, &back->rules);
	}
	if (r < 0)
		give_up(text, err.text);
	if (back->remarks.count)
		give_up(text, back->remarks.items[0].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_CONVERSION c = CONVERSION_INIT, back = CONVERSION_INIT;
	AUTO_SINK text = SINK_MEMORY, report = SINK_MEMORY;
	struct err err = ERR_INIT;
	struct proof proof;
	size_t lines = 0;

	if (!size)
		return 0;
	for (size_t i = 1; i < size; i++)
		lines += data[i] == '\n' || data[i] == ';';
	if (lines > LINES_MOST)
		return 0;
	set_names_use(&set_names_given);
	c.from = data[0] & 1 ? DIALECT_IPFWADM : DIALECT_IPCHAINS;
	c.to = data[0] & 2 && c.from == DIALECT_IPFWADM ? DIALECT_IPCHAINS : DIALECT_IPTABLES;
	if (convert_read(&c, (const char *)data + 1, size - 1, &err) < 0)
		return 0;
	convert_print(&c, &text);
	read_back(&c, &back, &text);
	if (convert_prove(&c, &back.rules, PACKETS, &report, &proof, &err) < 0)
		give_up(&text, err.text);
	if (proof.unexplained)
		give_up(&text, sink_text(&report));
	return 0;
}
