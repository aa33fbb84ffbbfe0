/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The declaration of a match or a target: one `struct ext` in one file. Parsing, saving, listing,
 * help, manual, completion, the nf_tables form both ways, evaluation, explanation, tests and fuzz
 * seeds follow from it.
 *
 * The data of a use is laid out exactly as the kernel's xtables extension of that name and revision
 * wants it (the uapi struct), so that carrying it to the kernel as a compat blob is a copy, and so
 * is reading it back. Where nf_tables can say the same natively, the options' fields say how.
 */
#ifndef POSTERN_EXT_EXT_H
#define POSTERN_EXT_EXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "ext/eval.h"
#include "net/addr.h"
#include "net/field.h"
#include "net/names.h"
#include "rules/rules.h"

struct ext;
struct opt;
struct type;

/* ------------------------------------------------------------------ places inside the data */

struct span {
	uint16_t at, size;
};

/* A bit, or a whole word set to a value, that says "given" or "negated". */
struct bits {
	uint16_t at, size;	/* size 0: there is none */
	uint32_t set;		/* bits to set */
	uint32_t mask;		/* bits that must read as `set`; 0: those of `set` */
};

#define SPAN(type, member) \
	{ (uint16_t)offsetof(type, member), (uint16_t)sizeof(((type *)0)->member) }
/* From one member up to and with another one. */
#define SPANS(type, first, last) \
	{ (uint16_t)offsetof(type, first), \
	  (uint16_t)(offsetof(type, last) + sizeof(((type *)0)->last) - offsetof(type, first)) }
#define BITS(type, member, bits) \
	{ (uint16_t)offsetof(type, member), (uint16_t)sizeof(((type *)0)->member), (bits), 0 }
/* A word of modes that is zero to begin with: set to `value`, and told by these bits of it. */
#define MODE(type, member, value, mask) \
	{ (uint16_t)offsetof(type, member), (uint16_t)sizeof(((type *)0)->member), (value), (mask) }

/* ------------------------------------------------------------------ options */

enum opt_flags {
	OPT_MUST = 1,		/* the use is refused without it */
	OPT_ALWAYS = 2,		/* saved and listed even when it was not given */
	OPT_ALIAS = 4,		/* only parsed: another option saves the same data */
	OPT_REPEAT = 8,		/* may be given more than once */
	OPT_BLOB = 16,		/* no native form: when present the whole use is a blob */
	OPT_HIDDEN = 32,	/* not in help (old spellings) */
	OPT_EXACT_TEXT = 64,	/* text that is too long is refused,
		not cut; names in this case only */
	OPT_BEHIND = 128,	/* what it `needs` must stand before it; else `bad` is the complaint
				 * */
	OPT_PREFIX = 256,	/* names of the table may be cut short */
	OPT_MAYBE = 512,	/* its word may be missing: the next one starts with '-' or '!' */
	OPT_BY_VALUE = 1024,	/* shown when it differs from the preset, whatever `given` says */
	OPT_ELSE_TOO = 4096,	/* negated, it holds where there is no such field, too: no ask
				 * does */
	OPT_QUIET = 2048,	/* not listed when its type calls the value absent,
		or else when it is 0 */
};

struct opt {
	const char *name;	/* long name without dashes; NULL ends the table */
	const char *also;	/* further spellings, separated by blanks */
	const char *name_saved;	/* how saves spell it; NULL: `name` */
	const struct type *type;	/* how words become data and back; NULL: a flag without
					 * words */
	struct span at;		/* where the value lives */
	struct bits given;	/* set when given */
	struct bits invert;	/* turned over when negated; without it `!` is refused. A MODE:
				 * instead of `given` */
	const char *name_inverted;	/* name in saves when negated, instead of `!` */
	struct bits shown_if;	/* saved and listed just when these are so, whatever else says */
	uint64_t min, max;	/* bounds, for types that have them; max 0: what fits the span */
	const void *names;	/* table of names (`struct name`) or other argument of the type */
	const char *preset;	/* value when not given, as text of the type; NULL: all zero */
	const char *preset6;	/* that of IPv6, where it is another one */
	const char *list;	/* in listings: %v value, %! "! " if negated, %n "!" if negated,
		%(A|B) A,
				 * or B if negated, %s "s" if the value is more than one, %- the
				 * value with '-' for its commas, %< at the start: no blank before
				 * it; NULL: "%!NAME %v" */
	const char *bad;	/* complaint about a value, %v is the word; NULL: the type's own */
	const char *clash;	/* complaint about twice,
		or beside one it excludes; NULL: xtoptions' */
	const char *metavar;	/* in help; NULL: the type's own; "" none */
	const char *help;	/* one line */
	uint32_t excludes;	/* BIT(n): cannot stand beside the option of index n */
	uint32_t needs;			/* BIT(n): the option of index n must stand there, too */
	uint32_t with;		/* BIT(n): saved and listed also when the option of index n is */
	unsigned flags;		/* enum opt_flags */
	enum field field;	/* what it looks at, for a match; FIELD_NONE: hand-written */
	enum field field_or;	/* also true when this one satisfies the test (sport or dport) */
	enum relation relation;
};

/* ------------------------------------------------------------------ what a use becomes */

/*
 * A use that nf_tables can say natively is lowered to parts, and parts read from the kernel are
 * raised again. Asks follow from the options' fields; the others are written by `lower` and
 * `raise`.
 */
enum part_kind {
	PART_ASK,
	PART_LIMIT,		/* tick: token bucket */
	PART_LOG,		/* act: nfnetlink_log or the kernel log */
	PART_TRACE,		/* act: nftrace */
	PART_VERDICT,		/* act: accept, drop, return */
	PART_NAT,		/* act: native snat/dnat (read only) */
	PART_MASQUERADE,	/* act (read only) */
	PART_REDIRECT,		/* act (read only) */
	PART_REJECT,		/* act (read only) */
	PART_SET_MARK,		/* act: mark = (mark & mask) ^ xor,
		packet or connection (read only) */
	PART_NOTRACK,		/* act: not seen by connection tracking (read only) */
	PART_QUEUE,		/* act: to a program (read only) */
	PART_PORTS,		/* test: one of several ports (read only) */
	PART_ADDR_TYPE,		/* test: what routes call an address (read only) */
};

struct part {
	enum part_kind kind;
	union {
		struct ask ask;
		struct { uint64_t rate, unit; uint32_t burst; bool bytes, over; } limit;
		struct { uint16_t group; uint32_t snaplen; uint16_t threshold; bool to_group;
			 uint32_t level, flags; char prefix[128]; } log;
		enum verdict verdict;
		struct { bool source; bool has_addr, has_port; union inet_addr low, high;
			 uint16_t port_low, port_high; uint32_t flags; } nat;
		struct { uint8_t type, code; } reject;		/* NFT_REJECT_* and ICMP code */
		/* `from_other`: of the other one, the connection's or the packet's. */
		struct { enum field field; bool from_other; uint32_t mask, exclusive_or; } mark;
		struct { uint16_t number, total; bool bypass, by_cpu; } queue;
		struct { enum field field; bool negate; uint8_t count; uint16_t low[15], high[15];
			} ports;
		/* As seen from the device it came in by, or leaves by; RTN_* are the bits' numbers. */
		struct { bool source, negate, in, out; uint32_t types; } addr_type;
	};
};

/* ------------------------------------------------------------------ the declaration */

enum ext_kind { EXT_MATCH, EXT_TARGET };

enum { SHOWN_END = 0xff };

/* What a use does to a packet or to itself, for the index and for analysis. */
enum effect {
	EFFECT_UNKNOWN,		/* nothing may be concluded */
	EFFECT_PURE,		/* looks at the packet only */
	EFFECT_STATEFUL,	/* keeps state: asking it twice is not asking it once */
	EFFECT_COUNTS,		/* side effect (log, copy, mark), the packet goes on */
	EFFECT_ENDS,		/* the packet's way through the table ends here */
};

/* Facts that somebody who evaluates has to find out first, which costs something. */
enum looks {
	LOOKS_AT_LINK = 1,	/* the sender's hardware address */
	LOOKS_AT_GROUP = 2,	/* the control group of the socket */
};

enum {
	IN_V4 = 1, IN_V6 = 2, IN_BOTH = 3,
	TABLE_FILTER = 1, TABLE_NAT = 2, TABLE_MANGLE = 4, TABLE_RAW = 8, TABLE_SECURITY = 16,
	/* hooks are BIT(NF_INET_*) */
	HOOK_PREROUTING = 1, HOOK_INPUT = 2, HOOK_FORWARD = 4, HOOK_OUTPUT = 8,
	HOOK_POSTROUTING = 16,
};

struct example {
	const char *rule;	/* options as after "iptables -A CHAIN"; saved as written unless
				 * `saved` */
	const char *means;	/* one sentence */
	const char *saved;	/* NULL: as `rule` */
	unsigned families;	/* 0: those of the extension */
	const char *before;	/* shell command to run first; when it fails,
		the rule cannot load there */
};

/* What `check` may look at; the data is still writable. */
struct check {
	const struct ext *ext;
	enum family family;
	const struct head *head;	/* the rule's own tests */
	void *data;
	uint32_t given;		/* BIT(index) of the options that stood there */
	struct place place;	/* of the -m or -j word */
	struct err *err;
};

/* A use at its place in a rule set, as the kernel's module looks at it (its checkentry). */
struct standing {
	enum family family;
	const struct head *head;
	unsigned hooks;		/* HOOK_* of the built-in chain; 0: a user chain */
	const void *data;
};

/*
 * Options that may be given several times over, each further set of them behind a flag (the
 * elements of a policy). Saves and listings show them behind the other options.
 */
struct series {
	uint32_t members;	/* BIT(n): the options of a set; their places are those of the first
				 * */
	uint8_t next;		/* index of the flag that begins a further one */
	uint16_t stride;	/* from one set to the next */
	struct span count;	/* sets there are; while options are read, those before the last */
	uint32_t most;
	const char *full;	/* complaint about more */
};

struct ext {
	const char *name;
	enum ext_kind kind;
	unsigned families;	/* IN_V4 | IN_V6 */
	uint8_t revision;
	const char *kernel_name;	/* of the blob; NULL: `name` */
	const char *also;	/* further names for -m or -j, separated by blanks */
	struct bits alias;	/* set in every use: tells it from the other owner of `kernel_name`
				 * */
	uint16_t size;		/* of the data, unpadded sizeof the uapi struct */
	uint16_t compared;	/* bytes that two equal uses share; 0: all. Kernel pointers lie
				 * behind. */
	const struct opt *opts;	/* NULL: none */
	const uint8_t *shown;	/* order of saves and listings: indexes into opts, SHOWN_END;
				 * NULL: as in opts */
	const uint8_t *listed;	/* order of listings, where it is another one */
	const struct series *series;	/* NULL: none */
	uint32_t some;		/* BIT(n): at least one of these options must stand there */
	const char *some_text;	/* complaint when there is none */
	const char *title;	/* first words of a listing (" tcp"); NULL: none */
	const uint8_t *protos;	/* needs one of these -p, 0-terminated; NULL: any */
	const char *proto_text;	/* complaint when it is missing; NULL: the kernel's business */
	bool read_apart;	/* options read from the kernel are a match each: together they would
				 * mean something else */
	bool always;		/* matches every packet: it says something to people only */
	bool implied;		/* `-p PROTO` brings it when one of its options stands there */
	unsigned tables, hooks;	/* where it may stand; 0: everywhere */
	enum effect effect;
	bool native;		/* the options' asks (or lower) say it all, no blob */
	bool tracks;		/* a rule with it makes the kernel track connections of the family
				 * (its check calls nf_ct_netns_get) */
	uint8_t looks_at;	/* enum looks: what it asks of beside the packet and its connection */
	struct bits tracks_unless;	/* ... but not when these are set in it */
	bool old;		/* of the older dialects (old.h): no command line of iptables finds it */
	bool not_compared;	/* rules that differ in this alone are equal (-D finds them) */
	const char *summary;	/* one line: what it is for */
	const char *manual;	/* further paragraphs for the manual, plain text; may be NULL */
	const char *kconfig;	/* kernel option that brings it */
	const char *gone;	/* no kernel has it any more: what replaces it */
	const struct example *examples;	/* ends with a NULL rule */

	/* Only where the tables cannot say it. All may be NULL. */
	int (*check)(const struct check *check);	/* 0 or error,
		after all options were read; before
							 * MUST, needs and excludes are looked at */
	/*
	 * What the kernel refuses beside `tables`, `hooks` and `protos`: NULL, or why, in a
	 * sentence for people, with errnum its (positive) errno.
	 */
	const char *(*refused)(const struct standing *standing, int *errnum);
	void (*save)(struct sink *sink, enum family family,
		const void *data);	/* instead of options */
	void (*list)(struct sink *sink, enum family family, const void *data, unsigned how);
	void (*help)(struct sink *sink,
		enum family family);	/* behind the options (lists of names) */
	bool (*lower)(const void *data, struct part *part);	/* one part; false: use the blob */
	bool (*raise)(const struct part *part, enum family family, void *data);
	/* True when `data`, of another revision or size, could be turned into ours. */
	bool (*adopt)(uint8_t revision, const void *theirs, size_t size, void *data);

	/*
	 * Evaluation in user space (eval.h). A match without `match` is the conjunction of its
	 * options' tests; one that says why it is `unknowable` is never asked.
	 */
	match_function *match;
	bool one_is_its_field;	/* has `match`, but a single option with a field is just its test */
	act_function *act;
	uint16_t state;		/* bytes that each use keeps between packets, zeroed at first */
	/*
	 * "what ... is known to the kernel only". Of a target: whether it takes the packet; then `act`
	 * is what it does when it does, and else it drops it. Without `act` it goes on.
	 */
	const char *unknowable;
};

/* How text is wanted. */
enum how {
	HOW_SAVE = 1,		/* as an option's argument on a command line */
	HOW_LIST = 2,		/* as a listing shows it */
	HOW_NUMERIC = 4,	/* listing with -n: no names of services and hosts */
};

/* ------------------------------------------------------------------ value types */

struct opt_in {
	const struct ext *ext;
	const struct opt *opt;
	enum family family;
	const struct head *head;
	const char *const *words;	/* type->words of them; the first is NULL when OPT_MAYBE
					 * lacks it */
	bool negated;
	struct place place;	/* of the first word */
	struct err *err;
};

struct opt_out {
	const struct ext *ext;
	const struct opt *opt;
	enum family family;
	const struct head *head;	/* of the rule, for listings; may be NULL */
	const void *data;	/* of the whole use */
	unsigned how;
};

/*
 * Where the words of an option get their meaning. `at` points to opt->at inside the data; the
 * layout there is the type's own and is described where the type is defined.
 */
struct type {
	const char *name;
	const char *metavar;
	uint8_t words;		/* arguments it takes */
	int (*parse)(const struct opt_in *in, void *at);
	void (*print)(struct sink *sink, const struct opt_out *out, const void *at);
	bool (*many)(const struct opt *opt, const void *at);	/* for %s; NULL: never */
	bool (*negated)(const struct opt *opt,
		const void *at);	/* the value itself says; NULL: opt->invert */
	/* The name under which a save shows this value; NULL: the option's own. */
	const char *(*spelt)(const struct opt *opt, const void *at);
	/*
	 * The value is what is there when the option is not given; NULL: compare with the preset.
	 */
	bool (*absent)(const struct opt *opt, enum family family, const void *at);
	/*
	 * Bytes that say nothing in this family become what parse leaves there: equal uses, equal
	 * bytes.
	 */
	void (*tidy)(const struct opt *opt, enum family family, void *at);
	/* False: no words mean this value, which another program wrote; NULL: some always do. */
	bool (*sayable)(const void *at);
	/* The test of opt->field, and back. NULL: no generic form. False: cannot be said. */
	bool (*ask)(const struct opt *opt, const void *at, struct ask *ask);
	bool (*raise)(const struct opt *opt, const struct ask *ask, void *at);
	/* Writes arguments worth testing, valid or just outside, for seed 0, 1, 2, ... */
	void (*sample)(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed);
};

/*
 * "%s: Bad value for "--%s" option: "%s"" and its kind, with the place filled in; returns -EINVAL.
 */
int opt_bad(const struct opt_in *in, const char *format, ...) __attribute__((format(printf, 2, 3)));
int opt_bad_value(const struct opt_in *in);
int opt_bad_word(const struct opt_in *in, const char *word);	/* one of several in the argument */
int opt_bad_number(const struct opt_in *in);
int opt_bad_bounds(const struct opt_in *in, uint64_t min, uint64_t max);

/* ------------------------------------------------------------------ registry */

/* Puts a declaration into the registry; nothing else in the project has to know the file. */
#define EXT_REGISTER(decl)                                                           \
	static const struct ext *const decl##_entry                                  \
		__attribute__((used, retain, section("postern_ext"))) = &(decl)

/* The extension of a name (or alias) for a family; NULL if unknown. */
const struct ext *ext_find(enum ext_kind kind, enum family family, const char *name);
/*
 * Whose blob this is: same kernel name, and the alias bits fit. The caller looks whether revision
 * and size are the extension's own, and otherwise asks its `adopt`. NULL if nobody's.
 */
const struct ext *ext_find_kernel(enum ext_kind kind, enum family family, const char *name,
				  uint8_t revision, const void *data, size_t size);
/* The match that `-p PROTO` brings with it when an option needs it. */
const struct ext *ext_for_proto(enum family family, uint8_t proto);
/* All of iptables', sorted by kind and name; n from 0, NULL at the end. */
const struct ext *ext_nth(size_t n);
/* Those of the older dialects, which the functions above do not know: by name, and all of them. */
const struct ext *ext_find_old(enum ext_kind kind, const char *name);
const struct ext *ext_nth_old(size_t n);

/* Whether a rule with this use makes the kernel track connections. */
bool ext_tracks(const struct ext *ext, const void *data);

static inline unsigned ext_family_bit(enum family family)
{
	return family == FAMILY_IPV6 ? IN_V6 : family == FAMILY_IPV4 ? IN_V4 : 0;
}

static inline bool ext_is_for(const struct ext *ext, enum family family)
{
	return (ext->families & ext_family_bit(family)) != 0;
}

/* Blank-separated words, as in `also`: the next one at or behind `p`; returns what follows it. */
const char *word_next(const char *p, const char **word, size_t *len);

/* ------------------------------------------------------------------ uses */

/* Fills `data` with the presets. */
void use_init(const struct ext *ext, enum family family, void *data);

/* An option of `ext` with this exact name (also its other spellings), or NULL. */
const struct opt *ext_option(const struct ext *ext, const char *name, size_t len);

/* True when saving would show the option: it was given, or differs from its preset, or negated. */
bool opt_is_present(const struct ext *ext, enum family family, const struct opt *opt,
		    const void *data);
bool opt_is_negated(const struct opt *opt, const void *data);
/* `!` may stand before it. */
static inline bool opt_is_invertible(const struct opt *opt)
{
	return opt->invert.size || (opt->type && opt->type->negated);
}
/* The n-th option in the order of saves, or of listings, or NULL. */
const struct opt *opt_shown(const struct ext *ext, size_t n, bool listing);

/* Reads one option into the data; `given` collects BIT(index). */
int use_parse_option(const struct opt_in *in, void *data, uint32_t *given);
/* After the last option: what must be there, protocol, the extension's own check. */
int use_check(const struct check *check);

/*
 * Bytes without meaning (what other programs leave behind a text, say) become ours. For data read.
 */
void use_tidy(const struct ext *ext, enum family family, void *data);
/* Whether words can give every option the value it has in `data`, which is tidy. */
bool use_is_sayable(const struct ext *ext, const void *data);

/* " --option value ..." of a use, without -m NAME. */
void use_save(struct sink *sink, enum family family, const struct use *use);
/* The listing form, each piece with a blank before it. `head` (may be NULL) is the rule's own. */
void use_list(struct sink *sink, enum family family, const struct head *head, const struct use *use,
	      unsigned how);

bool use_equal(const struct use *a, const struct use *b);

/*
 * The same rule by meaning: header, matches (in any order, unless one of them keeps state), target
 * or jump; counters, handles and lines do not count. Rules with something unsaid equal nothing.
 */
bool rule_equal(const struct rule *a, const struct rule *b);

/*
 * The rule as a kernel would give it back: neighbours of one native match are one there ("-m tcp
 * --sport 1 -m tcp --dport 2"), and rates are rounded once more. A copy in the arena, or the rule
 * itself when nothing of it is native.
 */
const struct rule *rule_as_read(struct arena *arena, enum family family, const struct rule *rule);

/*
 * A copy in the arena that shares nothing with the rule; linked nowhere, else all of it as it is.
 */
struct rule *rule_copy(struct arena *arena, const struct rule *rule);

enum { PARTS_MOST = 16 };	/* of the native form of any use */

/*
 * The native form of a use: up to `room` parts. Returns their number, or -1 when only the blob can
 * say it.
 */
int use_lower(enum family family, const struct use *use, struct part *parts, size_t room);
/* An extension of xtables does it in the kernel: there is no native form. */
bool use_is_carried_by_xtables(enum family family, const struct use *use);

/*
 * Takes one part read from the kernel into the uses of a rule: sets an option of the last use of
 * the fitting extension, or starts a new use (arena memory). False: nobody knows it.
 */
bool use_raise(struct arena *arena, enum family family, uint8_t proto, const struct part *part,
	       struct use *uses, uint16_t *count, size_t room);
/*
 * Is its native form, read again, the same use? Of a blob that no command line makes it need not be:
 * flags without a name, bits that mean nothing, another protocol. (Without a native form it is.)
 */
bool use_comes_back(struct arena *arena, enum family family, uint8_t proto, const struct use *use);

#endif
