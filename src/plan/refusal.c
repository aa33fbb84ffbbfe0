// SPDX-License-Identifier: GPL-2.0-or-later
/* What a backend's refusal means: that the plan is out of date, or an error in iptables' words. */
#include <errno.h>
#include <string.h>

#include "plan/planner.h"

static bool made_before(const struct plan *plan, const struct op *op, const char *chain)
{
	for (const struct op *o = plan->items; o < op; o++) {
		const char *made = o->kind == OP_CHAIN_ADD ? o->chain
				 : o->kind == OP_CHAIN_RENAME ? o->name : NULL;

		if (made && o->family == op->family && !strcmp(o->table, op->table) &&
		    !strcmp(made, chain))
			return true;
	}
	return false;
}

static bool chain_went(const struct plan *plan, const struct view *view, const struct op *op,
		       const char *chain)
{
	return !made_before(plan, op, chain) &&
	       view->has_chain(view->context, op->family, op->table, chain) == -ENOENT;
}

bool plan_is_stale(const struct plan *plan, enum plan_trust trust, const struct view *view,
		   const struct op *op, int errnum)
{
	bool declared;

	if (!op)
		return false;
	declared = op->command && op->command->kind == COMMAND_CHAIN;
	switch (op->kind) {
	case OP_RULE_ADD:
	case OP_RULE_REPLACE:
		if (errnum != ENOENT)
			return false;
		if (trust == PLAN_HOPES)
			return true;
		return chain_went(plan, view, op, op->chain) ||
		       (op->rule->chain_to && chain_went(plan, view, op, op->rule->chain_to));
	case OP_CHAIN_POLICY:
		/* The kernel says EOPNOTSUPP to a policy of a chain that it would have to make. */
		if (errnum != ENOENT && errnum != EOPNOTSUPP)
			return false;
		return trust == PLAN_HOPES || chain_went(plan, view, op, op->chain);
	case OP_CHAIN_FLUSH:
		return errnum == ENOENT && op->chain && (declared || trust == PLAN_HOPES) &&
		       (declared || builtin_chain(op->table, op->chain));
	case OP_CHAIN_ADD:
		return errnum == EEXIST &&
		       (declared || builtin_chain(op->table, op->chain) != NULL);
	case OP_TABLE_ADD:
	case OP_TABLE_DELETE:
	case OP_CHAIN_DELETE:
	case OP_CHAIN_RENAME:
	case OP_RULE_DELETE:
	case OP_RULE_ZERO:
		break;
	}
	return false;
}

/* iptables' names of operations (nft.c, mnl_nft_error), which callers and people search for. */
static const char *op_name(const struct op *op)
{
	switch (op->kind) {
	case OP_TABLE_ADD:
		return "TABLE_ADD";
	case OP_TABLE_DELETE:
		return "TABLE_FLUSH";
	case OP_CHAIN_ADD:
		return builtin_chain(op->table, op->chain) ? "CHAIN_ADD" : "CHAIN_USER_ADD";
	case OP_CHAIN_DELETE:
		return "CHAIN_DEL";
	case OP_CHAIN_RENAME:
		return "CHAIN_RENAME";
	case OP_CHAIN_POLICY:
		return "CHAIN_UPDATE";
	case OP_CHAIN_FLUSH:
		return "RULE_FLUSH";
	case OP_RULE_ADD:
		return op->at_head || op->before_handle || op->before_id ? "RULE_INSERT"
									 : "RULE_APPEND";
	case OP_RULE_DELETE:
		return "RULE_DELETE";
	case OP_RULE_REPLACE:
	case OP_RULE_ZERO:
		break;
	}
	return "RULE_REPLACE";
}

static const char *plain_text(const struct op *op, int errnum)
{
	switch (op->kind) {
	case OP_CHAIN_ADD:
		return errnum == EEXIST ? "Chain already exists" : NULL;
	case OP_CHAIN_DELETE:
	case OP_CHAIN_FLUSH:
		return errnum == ENOENT ? text_no_chain : NULL;
	case OP_CHAIN_RENAME:
		return errnum == EEXIST ? "File exists" : errnum == ENOENT ? text_no_chain : NULL;
	case OP_CHAIN_POLICY:
		return errnum == ENOENT ? "Bad built-in chain name" : NULL;
	case OP_RULE_ADD:
	case OP_RULE_REPLACE:
	case OP_RULE_DELETE:
	case OP_RULE_ZERO:
	case OP_TABLE_ADD:
	case OP_TABLE_DELETE:
		break;
	}
	return NULL;
}

/*
 * Loops and too long paths may be found when the transaction ends; its last jump is the best guess.
 */
static const struct op *last_jump(const struct plan *plan)
{
	for (size_t i = plan->count; i > 0; i--) {
		const struct op *op = &plan->items[i - 1];

		if ((op->kind == OP_RULE_ADD || op->kind == OP_RULE_REPLACE) &&
		    op->rule->chain_to)
			return op;
	}
	return NULL;
}

int plan_refuse(struct err *err, struct place place, int errnum, const char *op, const char *of,
		const char *name)
{
	const char *tail = name ? name : "";

	of = of ? of : "";
	if (place.line)		/* on a line of its own behind the program's name */
		err_set(err, ERR_RESOURCE, place, "\nline %d: %s failed (%s)%s%s %s", place.line,
			op,
			strerror(errnum), *of ? ": " : "", of, tail);
	else
		err_set(err, ERR_RESOURCE, place, " %s failed (%s)%s%s %s", op, strerror(errnum),
			*of ? ": " : "", of, tail);
	err->errnum = errnum;
	return -errnum;
}

int plan_refused(const struct plan *plan, const struct op *op, int errnum, struct err *err)
{
	struct place place = PLACE_NONE;
	const char *text;

	if (errnum == EPERM || errnum == EACCES)
		return err_errno(err, ERR_RESOURCE, errnum,
				 "Could not fetch rule set generation id: "
				 "Permission denied (you must be root)");
	if (!op && (errnum == ELOOP || errnum == EMLINK))
		op = last_jump(plan);
	if (!op)
		return plan_refuse(err, place, errnum, "COMMIT", NULL, NULL);
	if (op->command) {
		place = op->command->chain_place;
		place.line = op->command->line;
	}
	text = plain_text(op, errnum);
	if (text) {
		err_styled(err, ERR_OTHER, ERR_STYLE_PLAIN, place, "%s", text);
		err->errnum = errnum;
		return -errnum;
	}
	return plan_refuse(err, place, errnum, op_name(op),
			   !op->chain ? "table" :
			   op->kind >= OP_RULE_ADD ? "rule in chain" : "chain",
			   op->chain ? op->chain : op->table);
}
