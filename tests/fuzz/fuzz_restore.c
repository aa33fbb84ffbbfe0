// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as a restore file; the first byte is the options. Rules that come out are shown. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/iptables.h"
#include "alone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int show(void *context, struct arena *arena, struct command *c, struct err *err)
{
	struct sink *sink = context;

	(void)arena;
	(void)err;
	for (; c; c = c->next)
		for (uint32_t i = 0; i < c->rule_count; i++) {
			iptables_save_rule(sink, c->family, c->chain, c->rules[i], true);
			iptables_print_rule(sink, c->family, c->rules[i]);
		}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_SINK shown = SINK_MEMORY, echo = SINK_MEMORY, warn = SINK_MEMORY;
	struct restore_options options = { .echo = &echo, .warn = &warn };
	struct err err = ERR_INIT;
	FILE *in;
	int r;

	if (size < 2)
		return 0;
	options.counters = data[0] & 1;
	options.noflush = data[0] & 2;
	options.test = data[0] & 4;
	options.verbose = data[0] & 8;
	options.only_table = data[0] & 16 ? "filter" : NULL;
	in = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	if (!in)
		return 0;
	r = iptables_restore_read(in, "input", data[0] & 32 ? FAMILY_IPV6 : FAMILY_IPV4, &options,
				  show, &shown, &err);
	fclose(in);
	if ((r < 0) != err_is_set(&err))
		abort();
	return 0;
}
