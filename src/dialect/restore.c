// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Restore files: table sections of chain lines and command lines, each up to its COMMIT. Lines are
 * iptables' (xtables-restore.c): what is special starts in the first column.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "dialect/parser.h"

struct restore {
	const char *file, *program;
	enum family family;
	const struct restore_options *options;
	restore_commit *commit;
	void *context;
	struct err *err;
	int line;
	const char *table;		/* of the section, also behind its COMMIT; NULL: none yet */
	bool in_table, done;
	struct arena section;		/* commands up to COMMIT, and all they point to */
	struct arena scratch;		/* words of one line */
	struct hash names;
	struct command *first, *last;
};

static struct place line_place(const struct restore *r, int word)
{
	return (struct place){ .line = r->line, .word = (int16_t)word };
}

static struct command *add_command(struct restore *r, enum command_kind kind)
{
	struct command *c = arena_alloc(&r->section, sizeof(*c));

	*c = (struct command){
		.kind = kind, .family = r->family, .table = r->table, .line = r->line,
		.chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};
	if (r->last)
		r->last->next = c;
	else
		r->first = c;
	r->last = c;
	return c;
}

static void drop_section(struct restore *r)
{
	r->first = r->last = NULL;
	hash_free(&r->names);
	arena_free(&r->section);
	r->in_table = false;
}

static int commit(struct restore *r)
{
	int result = 0;

	if (!r->options->test && r->commit)
		result = r->commit(r->context, &r->section, r->first, r->err);
	drop_section(r);
	return result;
}

/* "*TABLE"; what stands behind the name means nothing. */
static int read_table(struct restore *r, char *line)
{
	char *rest, *name = strtok_r(line + 1, " \t\n", &rest);
	const struct builtin_table *builtin = name ? builtin_table(name) : NULL;
	const char *names[16], *nearest = NULL;

	if (!name)
		return err_set(r->err, ERR_SYNTAX, line_place(r, 0),
			       "%s: line %u table name invalid", r->program, (unsigned)r->line);
	if (!builtin) {
		err_set(r->err, ERR_SYNTAX, line_place(r, name > line + 1),
			"%s: line %u table name '%s' invalid", r->program, (unsigned)r->line,
			name);
		for (size_t i = 0; i < builtin_table_count && i < ARRAY_SIZE(names); i++)
			names[i] = builtin_tables[i].name;
		nearest = err_nearest(name, names, builtin_table_count);
		err_hint(r->err, nearest ? "did you mean *%s?"
			 : "the tables are filter, nat, mangle, raw and security", nearest);
		return -EINVAL;
	}
	r->table = builtin->name;
	if (r->options->only_table && strcmp(r->options->only_table, name) != 0)
		return 0;
	r->in_table = true;
	add_command(r, r->options->noflush ? COMMAND_TABLE_KEEP : COMMAND_TABLE);
	return 0;
}

/* "[P:B]" and nothing else. */
static bool read_chain_counters(const char *text, struct counters *counters)
{
	const char *p = text;
	struct counters c;

	if (!p || *p++ != '[' || !num_parse_decimal(p, &p, 0, UINT64_MAX, &c.packets) ||
	    *p++ != ':' || !num_parse_decimal(p, &p, 0, UINT64_MAX, &c.bytes) ||
	    strcmp(p, "]") != 0)
		return false;
	*counters = c;
	return true;
}

/* A built-in chain's line: policy ("-": as it is), and counters with -c. */
static int read_builtin(struct restore *r, const char *chain, const char *policy,
			const char *counters, int word)
{
	struct command *c;

	if (r->options->counters) {
		struct counters dummy;

		if (!read_chain_counters(counters, &dummy)) {
			err_set(r->err, ERR_SYNTAX, line_place(r, word + 2),
				"invalid policy counters for chain '%s'", chain);
			err_hint(r->err, "with -c they stand behind the policy: :%s %s [0:0]",
				 chain, policy);
			return -EINVAL;
		}
	}
	if (strcmp(policy, "ACCEPT") != 0 && strcmp(policy, "DROP") != 0 &&
	    strcmp(policy, "-") != 0) {
		err_styled(r->err, ERR_OTHER, ERR_STYLE_PLAIN, line_place(r, word + 1),
			   "Bad policy name");
		err_hint(r->err, "a policy is ACCEPT or DROP; to reject, end the chain with "
				 "-j REJECT");
		return -EINVAL;
	}
	c = add_command(r, COMMAND_CHAIN);
	c->chain = builtin_chain(r->table, chain)->name;
	c->chain_place = line_place(r, word);
	c->policy = *policy == 'A' ? POLICY_ACCEPT : *policy == 'D' ? POLICY_DROP : POLICY_NONE;
	c->counters_given = r->options->counters &&
			    read_chain_counters(counters, &c->counters);
	return 0;
}

/* ":CHAIN POLICY [P:B]"; a user chain has no policy, whatever stands there. */
static int read_chain(struct restore *r, char *line)
{
	char *rest, *name = strtok_r(line + 1, " \t\n", &rest);
	char *policy = name ? strtok_r(NULL, " \t\n", &rest) : NULL;
	int word = name && name > line + 1;	/* ": NAME" is two words */
	struct command *c;
	int result;

	if (!name)
		return err_set(r->err, ERR_SYNTAX, line_place(r, 0),
			       "%s: line %u chain name invalid", r->program, (unsigned)r->line);
	result = chain_name_check(name, r->family, line_place(r, word), r->err);
	if (result)
		return result;
	if (!policy) {
		err_set(r->err, ERR_SYNTAX, line_place(r, word),
			"%s: line %u policy invalid", r->program, (unsigned)r->line);
		err_hint(r->err, "`:%s ACCEPT' for a built-in chain, `:%s -' for one of your own",
			 name, name);
		return -EINVAL;
	}
	if (builtin_chain(r->table, name))
		return read_builtin(r, name, policy, strtok_r(NULL, " \t\n", &rest), word);
	c = add_command(r, COMMAND_CHAIN);
	c->chain = arena_strdup(&r->section, name);
	c->chain_place = line_place(r, word);
	return 0;
}

/* Cuts "[P:B]" from the front of a line. */
static int cut_counters(struct restore *r, char **line, const char **packets, const char **bytes)
{
	char *close, *colon;

	if (**line != '[')
		return 0;
	close = strchr(*line, ']');
	colon = strchr(*line, ':');
	if (!close || !colon || colon > close || colon == *line + 1) {
		err_set(r->err, ERR_SYNTAX, line_place(r, 0), "Bad line %u: need ]",
			(unsigned)r->line);
		err_hint(r->err, "counters look like [12:3456]: packets and bytes");
		return -EINVAL;
	}
	*packets = *line + 1;
	*colon = '\0';
	*bytes = colon + 1;
	*close = '\0';
	*line = close + 1;
	return 0;
}

/* Words as they were parsed, with counters put in front, and as they stand in the line. */
struct line_words {
	struct words words;
	int put, stood;		/* words put in front, and words that stood there instead */
};

static void place_as_written(const struct line_words *w, struct place *place)
{
	if (place->word < 0)
		return;
	if (place->word < w->put) {
		place->word = 0;
		place->from = place->to = 0;
	} else {
		place->word += w->stood - w->put;
	}
}

static int split_line(struct restore *r, char *line, struct line_words *w)
{
	const char *packets = NULL, *bytes = NULL, **split, **items;
	size_t count;
	int result = cut_counters(r, &line, &packets, &bytes);

	if (result)
		return result;
	w->stood = packets && (*line == ' ' || *line == '\t');
	if (restore_split(&r->scratch, line, &split, &count, r->err)) {
		r->err->place.line = r->line;
		r->err->place.word += w->stood;
		return -EINVAL;
	}
	if (packets && r->options->counters) {
		items = arena_alloc(&r->scratch, (count + 3) * sizeof(*items));
		items[0] = "--set-counters";
		items[1] = packets;
		items[2] = bytes;
		memcpy(items + 3, split, count * sizeof(*items));
		split = items;
		count += 3;
		w->put = 3;
	}
	w->words.items = split;
	w->words.count = count;
	return 0;
}

/* -h and -V print and end the program, with nothing of the open section done. */
static int print_and_leave(struct restore *r, enum command_kind kind)
{
	drop_section(r);
	r->done = true;
	add_command(r, kind);
	return r->commit ? r->commit(r->context, &r->section, r->first, r->err) : 0;
}

static void hint_line_end(struct restore *r, const char *line)
{
	size_t len = strlen(line);

	/* The carriage return sticks to the last word, whatever is wrong with that. */
	if (len > 1 && line[len - 2] == '\r' && r->err->hint[0] == '\0')
		err_hint(r->err, "the file has the line ends of Windows (CR LF); convert it: "
				 "sed -i 's/\\r$//' FILE");
}

static int read_command(struct restore *r, char *line)
{
	struct line_words w = { .words = { .file = r->file, .line = r->line, .restoring = true,
					   .program = r->program } };
	struct iptables_options options = { .table = r->table };
	struct command *c;
	int result;

	/* The newest block is used again for each line; older ones are smaller. */
	r->scratch.used = 0;
	result = split_line(r, line, &w);
	if (result)
		return result;
	c = arena_alloc(&r->section, sizeof(*c));
	result = parse_line(&r->section, r->family, &w.words, &options, c, &r->names, r->err);
	if (options.warnings && r->options->warn)
		sink_str(r->options->warn, options.warnings);
	if (result) {
		place_as_written(&w, &r->err->place);
		return result;
	}
	if (options.help || options.version)
		return print_and_leave(r, options.help ? COMMAND_HELP : COMMAND_VERSION);
	if (c->kind == COMMAND_NONE)
		return 0;
	place_as_written(&w, &c->chain_place);
	place_as_written(&w, &c->jump_place);
	r->last->next = c;
	while (c->next)
		c = c->next;
	r->last = c;
	return 0;
}

static int line_failed(struct restore *r, const char *line)
{
	err_styled(r->err, ERR_OTHER, ERR_STYLE_PLAIN, line_place(r, 0), "%s", "");
	if (*line == '*' || !strncmp(line, "COMMIT", 6) || !r->table)
		err_hint(r->err, "a section starts with *TABLE and ends with COMMIT");
	else
		err_hint(r->err, "it stands behind COMMIT; the next section starts with *TABLE");
	return -EINVAL;
}

static int read_line(struct restore *r, char *line)
{
	if (line[0] == '\n' || !line[0])
		return 0;
	if (line[0] == '#') {
		if (r->options->verbose && r->options->echo)
			sink_str(r->options->echo, line);
		return 0;
	}
	if (r->in_table) {
		if (text_is(line, "COMMIT\n") || text_is(line, "COMMIT"))
			return commit(r);
		return line[0] == ':' ? read_chain(r, line) : read_command(r, line);
	}
	if (line[0] == '*')
		return read_table(r, line);
	/* With -T, lines of other tables are nothing to us. */
	if (r->options->only_table && r->table && strcmp(r->options->only_table, r->table) != 0)
		return 0;
	return line_failed(r, line);
}

static int read_lines(struct restore *r, FILE *in)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	int result = 0;

	while (!result && !r->done && getline(&line, &room, in) >= 0) {
		r->line++;
		result = read_line(r, line);
		if (result && err_is_set(r->err))
			hint_line_end(r, line);
	}
	if (!result && ferror(in))
		return err_errno(r->err, ERR_OTHER, errno ? errno : EIO, "cannot read %s: %s",
				 r->file ? r->file : "standard input", strerror(errno));
	if (result || r->done || !r->in_table)
		return result;
	r->line++;
	err_styled(r->err, ERR_OTHER, ERR_STYLE_BARE, line_place(r, -1),
		   "%s: COMMIT expected at line %u", r->program, (unsigned)r->line);
	err_hint(r->err, "nothing of table %s was changed", r->table);
	return -EINVAL;
}

int iptables_restore_read(FILE *in, const char *file, enum family family,
			  const struct restore_options *options, restore_commit *commit_section,
			  void *context, struct err *err)
{
	struct restore r = {
		.file = file, .family = family, .options = options, .commit = commit_section,
		.context = context, .err = err, .names = HASH_INIT, .program = options->program,
	};
	int result;

	if (!r.program)
		r.program = family == FAMILY_IPV6 ? "ip6tables-restore" : "iptables-restore";
	result = read_lines(&r, in);
	drop_section(&r);
	arena_free(&r.scratch);
	return result;
}
