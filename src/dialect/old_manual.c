// SPDX-License-Identifier: GPL-2.0-or-later
/* The manual pages of all programs of the older dialects. */
#include "dialect/describe.h"
#include "dialect/old.h"

static const struct old_page *page(size_t n)
{
	static const struct old_page *const lists[] = {
			ipchains_pages, ipfwadm_pages, portfw_pages,
		};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (const struct old_page *p = lists[i]; p->name; p++)
			if (!n--)
				return p;
	return NULL;
}

const char *old_page_name(size_t n)
{
	const struct old_page *p = page(n);

	return p ? p->name : NULL;
}

void old_manual(struct sink *sink, size_t n, const char *date)
{
	const struct old_page *p = page(n);

	manual_begin(sink, p->name, NULL, date, p->summary);
	p->put(sink);
}

void old_manual_rows(struct sink *sink, const char *heading, const struct words_meaning *rows,
		     size_t count)
{
	sink_printf(sink, ".SH %s\n", heading);
	for (size_t i = 0; i < count; i++) {
		sink_str(sink, ".TP\n\\fB");
		manual_text(sink, rows[i].words);
		sink_str(sink, "\\fP\n");
		manual_text(sink, rows[i].means);
		sink_char(sink, '\n');
	}
}
