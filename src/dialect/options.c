// SPDX-License-Identifier: GPL-2.0-or-later
/* The program's own options: their letters, long names, and which commands take them. */
#include "dialect/parser.h"

#include "base/bits.h"

/* Names and order of iptables' xtables.c; the order decides nothing, prefixes must be unique. */
const struct base_option base_options[] = {
	{ "append", 'A', ARGUMENT_MUST },
	{ "delete", 'D', ARGUMENT_MUST },
	{ "check", 'C', ARGUMENT_MUST },
	{ "insert", 'I', ARGUMENT_MUST },
	{ "replace", 'R', ARGUMENT_MUST },
	{ "list", 'L', ARGUMENT_MAY },
	{ "list-rules", 'S', ARGUMENT_MAY },
	{ "flush", 'F', ARGUMENT_MAY },
	{ "zero", 'Z', ARGUMENT_MAY },
	{ "new-chain", 'N', ARGUMENT_MUST },
	{ "delete-chain", 'X', ARGUMENT_MAY },
	{ "rename-chain", 'E', ARGUMENT_MUST },
	{ "policy", 'P', ARGUMENT_MUST },
	{ "source", 's', ARGUMENT_MUST },
	{ "destination", 'd', ARGUMENT_MUST },
	{ "src", 's', ARGUMENT_MUST },
	{ "dst", 'd', ARGUMENT_MUST },
	{ "protocol", 'p', ARGUMENT_MUST },
	{ "in-interface", 'i', ARGUMENT_MUST },
	{ "jump", 'j', ARGUMENT_MUST },
	{ "table", 't', ARGUMENT_MUST },
	{ "match", 'm', ARGUMENT_MUST },
	{ "numeric", 'n', ARGUMENT_NONE },
	{ "out-interface", 'o', ARGUMENT_MUST },
	{ "verbose", 'v', ARGUMENT_NONE },
	{ "wait", 'w', ARGUMENT_MAY },
	{ "wait-interval", 'W', ARGUMENT_MAY },
	{ "exact", 'x', ARGUMENT_NONE },
	{ "fragments", 'f', ARGUMENT_NONE },
	{ "version", 'V', ARGUMENT_NONE },
	{ "help", 'h', ARGUMENT_MAY },
	{ "line-numbers", '0', ARGUMENT_NONE },
	{ "modprobe", 'M', ARGUMENT_MUST },
	{ "set-counters", 'c', ARGUMENT_MUST },
	{ "goto", 'g', ARGUMENT_MUST },
	{ "ipv4", '4', ARGUMENT_NONE },
	{ "ipv6", '6', ARGUMENT_NONE },
	{ NULL, 0, 0 },
};

int base_letter(char letter)
{
	/* --line-numbers has no letter of its own. */
	if (letter == '0')
		return -1;
	for (const struct base_option *o = base_options; o->name; o++)
		if (o->letter == letter)
			return o->argument;
	return -1;
}

#define ANY_COMMAND (~0u)

const struct head_option_info head_options[OPTION_COUNT] = {
	[OPTION_NUMERIC] = { "--numeric", CMD_LIST, 0 },
	[OPTION_SOURCE] = { "--source", CMD_WITH_RULE, INVERT_SRC },
	[OPTION_DESTINATION] = { "--destination", CMD_WITH_RULE, INVERT_DST },
	[OPTION_PROTOCOL] = { "--protocol", CMD_WITH_RULE, INVERT_PROTO },
	[OPTION_JUMP] = { "--jump", CMD_WITH_RULE, 0 },
	[OPTION_VERBOSE] = { "--verbose", ANY_COMMAND, 0 },
	[OPTION_EXACT] = { "--exact", CMD_LIST, 0 },
	[OPTION_IN] = { "--in-interface", CMD_WITH_RULE, INVERT_IN },
	[OPTION_OUT] = { "--out-interface", CMD_WITH_RULE, INVERT_OUT },
	[OPTION_LINE_NUMBERS] = { "--line-numbers", CMD_LIST, 0 },
	[OPTION_COUNTERS] = { "--set-counters",
			      CMD_INSERT | CMD_REPLACE | CMD_APPEND | CMD_SET_POLICY, 0 },
	[OPTION_FRAGMENT] = { "--fragments", CMD_WITH_RULE, INVERT_FRAGMENT },
};

static const struct {
	char letter;
	enum command_kind kind;
} commands[] = {
	{ 'I', COMMAND_INSERT }, { 'D', COMMAND_DELETE }, { 'D', COMMAND_DELETE_NUMBER },
	{ 'R', COMMAND_REPLACE }, { 'A', COMMAND_APPEND }, { 'L', COMMAND_LIST },
	{ 'F', COMMAND_FLUSH }, { 'Z', COMMAND_ZERO }, { 'N', COMMAND_NEW_CHAIN },
	{ 'X', COMMAND_DELETE_CHAIN }, { 'P', COMMAND_POLICY }, { 'E', COMMAND_RENAME_CHAIN },
	{ 'S', COMMAND_LIST_RULES }, { 'Z', COMMAND_ZERO_NUMBER }, { 'C', COMMAND_CHECK },
};

char command_letter(unsigned bits)
{
	return commands[__builtin_ctz(bits)].letter;
}

enum command_kind command_kind_of(unsigned command)
{
	return commands[__builtin_ctz(command)].kind;
}
