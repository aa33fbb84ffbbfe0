// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of interfaces with the mask of the bytes that count, as the kernel's matches want them. */
#include <net/if.h>
#include <string.h>

#include "ext/type/types.h"

static int parse_iface(const struct opt_in *in, void *at)
{
	const char *text = in->words[0];
	size_t len = strlen(text), count;
	char *mask = (char *)at + IFNAMSIZ;

	if (!len)
		return opt_bad(in, "Empty interface name specified for option \"--%s\"",
			       in->opt->name);
	if (len >= IFNAMSIZ)
		return opt_bad(in, "interface name `%s' must be shorter than %d characters", text,
			       IFNAMSIZ);
	memset(at, 0, in->opt->at.size);
	memcpy(at, text, len);
	/* The NUL counts too: "eth1" is not "eth10". A '+' and what follows does not. */
	count = text[len - 1] == '+' ? len - 1 : len + 1;
	memset(mask, 0xff, count);
	return 0;
}

static void print_iface(struct sink *sink, const struct opt_out *out, const void *at)
{
	char name[IFNAMSIZ + 1] = "";

	memcpy(name, at, IFNAMSIZ);
	if (out->how & HOW_SAVE && strpbrk(name, " \t\"'\\"))
		type_quote(sink, name);
	else
		sink_str(sink, name);
}

static void sample_iface(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	static const char *const names[] = {
		"eth0", "eth+", "+", "lo", "br0.100", "fifteenchars123", "sixteenchars1234",
	};

	(void)opt;
	(void)family;
	sink_str(sink, names[seed % ARRAY_SIZE(names)]);
}

const struct type type_iface = {
	.name = "iface", .metavar = "name[+]", .words = 1, .parse = parse_iface,
	.print = print_iface, .sample = sample_iface,
};
