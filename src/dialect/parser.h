/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside dialect/: one command line of iptables while it is read. The scanner cuts words into
 * options as getopt_long does with a leading '-' in its option string (every word in its order),
 * over the program's own options and those of the extensions loaded so far; the parser acts on
 * each.
 */
#ifndef POSTERN_DIALECT_PARSER_H
#define POSTERN_DIALECT_PARSER_H

#include "base/hash.h"
#include "dialect/iptables.h"

/* ---------------------------------------------------------------- options of the program itself */

enum argument { ARGUMENT_NONE, ARGUMENT_MUST, ARGUMENT_MAY };

struct base_option {
	const char *name;
	char letter;
	uint8_t argument;	/* enum argument */
};

extern const struct base_option base_options[];	/* ends with a NULL name */

/* Ways to call the program, behind its name. */
extern const char *const iptables_usage[];
extern const size_t iptables_usage_count;

/* -1 when there is no such letter, else enum argument. */
int base_letter(char letter);

/* Options that a command allows or not, in the order in which iptables looks. */
enum head_option {
	OPTION_NUMERIC, OPTION_SOURCE, OPTION_DESTINATION, OPTION_PROTOCOL, OPTION_JUMP,
	OPTION_VERBOSE, OPTION_EXACT, OPTION_IN, OPTION_OUT, OPTION_LINE_NUMBERS, OPTION_COUNTERS,
	OPTION_FRAGMENT, OPTION_COUNT
};

struct head_option_info {
	const char *name;	/* "--source" */
	unsigned commands;	/* enum command_bit that take it */
	uint8_t invert;		/* enum head_invert; 0: no '!' before it */
};

extern const struct head_option_info head_options[OPTION_COUNT];

enum command_bit {
	CMD_INSERT = 1, CMD_DELETE = 2, CMD_DELETE_NUMBER = 4, CMD_REPLACE = 8, CMD_APPEND = 16,
	CMD_LIST = 32, CMD_FLUSH = 64, CMD_ZERO = 128, CMD_NEW_CHAIN = 256, CMD_DELETE_CHAIN = 512,
	CMD_SET_POLICY = 1024, CMD_RENAME_CHAIN = 2048, CMD_LIST_RULES = 4096,
	CMD_ZERO_NUMBER = 8192, CMD_CHECK = 16384,
	CMD_WITH_RULE = CMD_INSERT | CMD_DELETE | CMD_REPLACE | CMD_APPEND | CMD_CHECK,
};

/* 'A' for CMD_APPEND; of several bits the lowest. */
char command_letter(unsigned commands);
enum command_kind command_kind_of(unsigned command);

/* ---------------------------------------------------------------- one use while it is read */

struct loaded {
	const struct ext *ext;
	void *data;
	uint32_t given;		/* BIT(index) of the options that stood there */
	int word;		/* of its name after -m, -j, or of the option that brought it */
	bool again;		/* the same extension is loaded before: its options are known */
};

enum { LOADED_FEW = 8 };

struct parser {
	struct arena *arena;
	enum family family;
	const struct words *words;
	struct iptables_options *options;
	struct command *command;
	struct hash *names;	/* of chains and targets,
		shared by the lines of a section; or NULL */
	struct err *err;

	/* scanner */
	size_t at;		/* next word */
	const char *rest;	/* short options left in word at - 1; NULL: none */

	bool invert;		/* a `!` waits for its option */
	int invert_word;
	unsigned commands;	/* enum command_bit */
	int command_word;
	unsigned seen;		/* BIT(enum head_option) */
	int seen_word[OPTION_COUNT];

	struct head head;
	bool has_protocol;	/* -p, also `-p all` */
	bool proto_loaded;	/* -p has brought its match */
	const char *protocol;	/* the word behind -p */
	const char *source, *destination;
	int source_word, destination_word;

	struct loaded few[LOADED_FEW], *loaded;	/* matches and target in the order of loading */
	size_t loaded_count, loaded_room;
	bool has_target;
	const char *jump;	/* NULL: none */
	bool jump_goto;
	int jump_word;

	const char *chain, *name, *policy;
	int chain_word, name_word, policy_word;
	uint32_t number;
	int number_word;
	struct counters counters;
	bool wait, wait_interval, table_given;
	int wait_word, table_word;
	bool done;		/* -h, -V, a line of the other family: look no further */
};

/* ---------------------------------------------------------------- scan.c */

enum token_kind {
	TOKEN_END,		/* no more, or "--" */
	TOKEN_WORD,		/* no option */
	TOKEN_BASE,		/* `letter` */
	TOKEN_EXT,		/* `ext`, `opt` */
	TOKEN_UNKNOWN,
	TOKEN_AMBIGUOUS,
	TOKEN_NO_ARGUMENT,	/* the option is known, its argument is missing */
};

struct token {
	enum token_kind kind;
	char letter;
	const struct ext *ext;
	const struct opt *opt;
	const char *argument;	/* NULL: none */
	int word;		/* where the option stands */
	int argument_word;
	int from;		/* where in that word the argument starts ("--opt=value",
		"-ptcp") */
	int letter_at;		/* a short option: where in its word */
};

void scan(struct parser *p, struct token *token);

/* The next word, taken when it starts neither with '-' nor with '!'; else NULL. */
const char *scan_word(struct parser *p);

struct place word_place(const struct parser *p, int word);
struct place argument_place(const struct parser *p, const struct token *token);

/* ---------------------------------------------------------------- parts of the parser */

/* iptables_parse; equal names of chains become one string when `names` is not NULL. */
int parse_line(struct arena *arena, enum family family, const struct words *words,
	       struct iptables_options *options, struct command *command, struct hash *names,
	       struct err *err);

/* parse.c: err_set at a word. */
int parse_fail(struct parser *p, int word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line for stderr that is no error. */
void parse_warn(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A copy that lives as long as the command; NULL stays NULL. */
const char *parse_keep(struct parser *p, const char *text);

/* command.c: -A ... -E and their arguments. */
int command_parse(struct parser *p, const struct token *token);
/* A name for a new chain (-N, -E, ":"). */
int chain_name_check(const char *name, enum family family, struct place place, struct err *err);

/* head.c: -s -d -p -i -o -f -n -v -x -c --line-numbers. */
int head_parse(struct parser *p, const struct token *token);
int head_option_seen(struct parser *p, enum head_option option, int word);

/* use.c: -m -j -g, and options of extensions. */
int match_parse(struct parser *p, const struct token *token);
int jump_parse(struct parser *p, const struct token *token);
int ext_option_parse(struct parser *p, const struct token *token);
/* Loads the match that -p brings when an unknown option stands there; false: none, or no more. */
bool proto_load(struct parser *p, int word);
/* use_check of all, matches first. */
int uses_check(struct parser *p);
bool is_verdict(const char *name);

/* finish.c: what is looked at behind the last word; makes the command. */
int command_finish(struct parser *p);

/* address.c: networks of -s and -d. */
struct networks {
	struct network few[4], *items;
	size_t count, room;
};

int networks_parse(struct parser *p, const char *text, int word, struct networks *out);

/* hint.c: what would be right. Only called on the way out with an error. */
void hint_unknown_option(struct parser *p, const struct token *token);
void hint_no_argument(struct parser *p, const struct token *token);
void hint_bad_argument(struct parser *p, const struct token *token);
void hint_no_match(struct parser *p, const char *name);
void hint_table(struct parser *p);
/* pasted.c: typographic dashes, quotes and blanks anywhere: the corrected command line. */
void hint_pasted(struct parser *p);
/*
 * True when some extension or the program has this long option (or a unique prefix of three
 * letters).
 */
bool long_option_exists(enum family family, const char *name, size_t len);

#endif
