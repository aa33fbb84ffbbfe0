// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `postern list`: all there is, for people. Tables of both families with chains, policies, hooks,
 * references and counted rules in the words that would make them; tables that others made by name.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"

struct lister {
	struct sink out;
	bool bold, handles;
	size_t width;
	const char *table;		/* only this one, or NULL */
	bool four, six;
	unsigned shown;
};

static const struct { enum family family; const char *name; } families[] = {
	{ FAMILY_IPV4, "ip" }, { FAMILY_IPV6, "ip6" }, { (enum family)1, "inet" },
	{ FAMILY_ARP, "arp" }, { FAMILY_BRIDGE, "bridge" }, { (enum family)5, "netdev" },
};

static const char *const hook_names[] = {
	"prerouting", "input", "forward", "output", "postrouting",
};

static void bold(struct lister *l, const char *text)
{
	sink_printf(&l->out, l->bold ? "\033[1m%s\033[0m" : "%s", text);
}

/* 1234567 as 1234567, 12345678901 as 12345M: what fits the column. */
static void put_count(struct sink *s, uint64_t n, size_t width)
{
	static const char units[] = " KMGTPE";
	char buf[32];
	int unit = 0, len = snprintf(buf, sizeof(buf), "%llu", (unsigned long long)n);

	while (len > (int)width) {
		n /= 1000;
		unit++;
		len = snprintf(buf, sizeof(buf), "%llu%c", (unsigned long long)n, units[unit]);
	}
	sink_printf(s, "%*s", (int)width, buf);
}

/* `text` from `column` on, broken at blanks before the width; further lines stand at `indent`. */
static void put_wrapped(struct lister *l, const char *text, size_t column, size_t indent)
{
	bool first = true;

	while (*text) {
		size_t word = strcspn(text, " ");

		/* A quoted argument stays in one piece where it can. */
		if (text[0] == '"')
			while (text[word] && text[word - 1] != '"')
				word += 1 + strcspn(text + word + 1, " ");
		if (!first && column + 1 + word > l->width) {
			sink_printf(&l->out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!first) {
			sink_char(&l->out, ' ');
			column++;
		}
		sink_bytes(&l->out, text, word);
		column += word;
		text += word;
		while (*text == ' ')
			text++;
		first = false;
	}
	sink_char(&l->out, '\n');
}

static size_t number_width(uint32_t n)
{
	size_t width = 1;

	for (; n > 9; n /= 10)
		width++;
	return width < 3 ? 3 : width;
}

static void list_rule(struct lister *l, const struct chain *c, const struct rule *r,
		      uint32_t number)
{
	AUTO_SINK text = SINK_MEMORY;
	size_t width = number_width(c->rule_count), start = 0;

	if (r->unsaid) {
		sink_printf(&text, "nft: %s", r->unsaid->text);
	} else {
		iptables_save_rule(&text, c->table->family, c->name, r, false);
		/* Every line would say the chain again. */
		start = strlen("-A ") + strlen(c->name);
		start += strspn(sink_text(&text) + start, " ");
	}
	if (start >= text.len) {
		start = text.len;
		sink_str(&text, "(every packet)");
	}
	sink_printf(&l->out, "  %*u ", (int)width, number);
	if (r->counts) {
		put_count(&l->out, r->counters.packets, 8);
		sink_char(&l->out, ' ');
		put_count(&l->out, r->counters.bytes, 9);
	} else {
		sink_printf(&l->out, "%8s %9s", "-", "-");
	}
	sink_str(&l->out, "  ");
	if (l->handles)
		sink_printf(&text, "  # handle %llu", (unsigned long long)r->handle);
	put_wrapped(l, sink_text(&text) + start, width + 23, width + 25);
}

static void list_hook(struct lister *l, const struct chain *c, const struct builtin_chain *b)
{
	AUTO_SINK s = SINK_MEMORY;

	sink_printf(&s, "policy %s", c->policy == POLICY_DROP ? "DROP" : "ACCEPT");
	if (c->counts)
		sink_printf(&s, " (%llu packets, %llu bytes)",
			    (unsigned long long)c->counters.packets,
			    (unsigned long long)c->counters.bytes);
	sink_printf(&s, ", hook %s, priority %d, type %s", hook_names[b->hook], b->priority,
		    b->type);
	sink_str(&l->out, "  ");
	put_wrapped(l, sink_text(&s), strlen(c->name) + 4, strlen(c->name) + 4);
}

static void list_chain(struct lister *l, const struct chain *c)
{
	const struct builtin_chain *b = builtin_chain(c->table->name, c->name);
	uint32_t number = 0;

	sink_str(&l->out, "\n  ");
	bold(l, c->name);
	if (c->foreign)
		sink_str(&l->out, "  a base chain made by nft; `nft list ruleset' shows it\n");
	else if (b && c->policy != POLICY_NONE)
		list_hook(l, c, b);
	else if (c->references == 1)
		sink_str(&l->out, "  1 reference\n");
	else if (c->references)
		sink_printf(&l->out, "  %u references\n", c->references);
	else
		sink_str(&l->out, "  unused: nothing jumps to it\n");
	if (c->first)
		sink_printf(&l->out, "  %*s %8s %9s  rule\n", (int)number_width(c->rule_count), "#",
			    "packets", "bytes");
	for (struct rule *r = c->first; r; r = r->next)
		list_rule(l, c, r, ++number);
}

static void plural(struct sink *s, unsigned n, const char *what)
{
	sink_printf(s, "%u %s%s", n, what, n == 1 ? "" : "s");
}

static void list_table(struct lister *l, const struct table *t, const char *family)
{
	unsigned chains = 0, rules = 0;
	char title[80];

	for (const struct chain *c = t->first; c; c = c->next) {
		chains += c->exists;
		rules += c->rule_count;
	}
	snprintf(title, sizeof(title), "%s %s", family, t->name);
	if (l->shown++)
		sink_char(&l->out, '\n');
	bold(l, title);
	sink_str(&l->out, "  ");
	plural(&l->out, chains, "chain");
	sink_str(&l->out, ", ");
	plural(&l->out, rules, "rule");
	sink_char(&l->out, '\n');
	for (const struct chain *c = t->first; c; c = c->next)
		if (c->exists)
			list_chain(l, c);
}

static int list_family(struct lister *l, const struct backend *backend, size_t n, struct err *err)
{
	AUTO_RULESET names = RULESET_INIT;
	int r = backend->read_tables(backend->view.context, &names, families[n].family, err);
	bool ours = n < 2;

	for (struct table *t = names.first; r >= 0 && t; t = t->next) {
		AUTO_RULESET rs = RULESET_INIT;
		struct table *full;

		if (l->table && strcmp(l->table, t->name) != 0)
			continue;
		if (!ours || !builtin_table(t->name)) {
			if (l->shown++)
				sink_char(&l->out, '\n');
			bold(l, families[n].name);
			sink_char(&l->out, ' ');
			bold(l, t->name);
			sink_printf(&l->out, "  made by nft; `nft list table %s %s' shows it\n",
				    families[n].name, t->name);
			continue;
		}
		full = read_table(backend, &rs, families[n].family, t->name, NULL, err);
		if (!full)
			return -1;
		list_table(l, full, families[n].name);
	}
	return r;
}

static int usage(const char *word)
{
	fprintf(stderr, "postern list: %s `%s'\n"
		"usage: postern list [-4] [-6] [-t TABLE] [--handles]\n",
		word[0] == '-' ? "unknown option" : "unexpected word", word);
	return 2;
}

static size_t line_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 60)
		return 80;
	return size.ws_col;
}

int run_list(int argc, char **argv)
{
	struct call call = {
		.program = "postern", .flavour = "nf_tables", .store = chosen_store(),
	};
	struct lister l = { .out = SINK_FD(STDOUT_FILENO), .width = line_width() };
	AUTO_BACKEND backend = { 0 };
	struct err err = ERR_INIT;
	int r;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-4"))
			l.four = true;
		else if (!strcmp(argv[i], "-6"))
			l.six = true;
		else if (!strcmp(argv[i], "--handles"))
			l.handles = true;
		else if (!strcmp(argv[i], "-t") && i + 1 < argc)
			l.table = argv[++i];
		else
			return usage(argv[i]);
	}
	l.bold = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	call.explain = isatty(STDERR_FILENO);
	r = open_backend(&call, &backend, &err);
	for (size_t n = 0; r >= 0 && n < sizeof(families) / sizeof(*families); n++)
		if ((!l.four && !l.six) || (l.four && n == 0) || (l.six && n == 1))
			r = list_family(&l, &backend, n, &err);
	if (r >= 0 && !l.shown)
		sink_str(&l.out, l.table ? "No such table.\n"
					 : "No tables: every packet passes unfiltered.\n");
	if (sink_flush(&l.out) < 0 && r >= 0)
		r = err_errno(&err, ERR_OTHER, -l.out.error, "cannot write: %s",
			      strerror(-l.out.error));
	sink_free(&l.out);
	return r < 0 ? fail(&call, &err) : 0;
}
