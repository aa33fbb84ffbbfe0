/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saying expressions in nft's words: what words.c and say.c share. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_SPEAKER_H
#define POSTERN_KERNEL_SPEAKER_H

#include "kernel/expr.h"
#include "kernel/words.h"

enum { WORDS_MOST = 96 };

/* What a register holds: its words, and how values compared with it are to be shown. */
struct word_reg {
	char text[WORDS_MOST];
	enum shown_as shown;
	bool masked;
	bool fresh;			/* loaded since the last test */
	uint8_t words;			/* registers that it fills */
	uint32_t base, at, len;		/* of payload of several fields, else len 0 */
	struct bytes constant;		/* of an immediate; of a state, the mask */
};

struct speaker {
	struct sink *to;
	enum family family;
	uint8_t proto;
	struct members *members;	/* may be NULL */
	struct word_reg regs[REG_COUNT + 2];	/* the last two: nothing */
};

/* Adds a word, with a blank in front. */
static inline void say(struct speaker *s, const char *word)
{
	if (s->to->len)
		sink_char(s->to, ' ');
	sink_str(s->to, word);
}

static inline struct word_reg *speaker_reg(struct speaker *s, uint8_t reg)
{
	return &s->regs[reg <= REG_COUNT ? reg : REG_COUNT + 1];
}

/* Everything but loads and tests. */
void say_verdict(struct speaker *s, const struct expr *e);
void say_statement(struct speaker *s, const struct expr *e);

#endif
