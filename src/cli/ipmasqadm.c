// SPDX-License-Identifier: GPL-2.0-or-later
/* ipmasqadm: the modules of masquerading, of which portfw is there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/old.h"
#include "dialect/portfw.h"

static int portfw_fail(const char *program, const struct err *err)
{
	bool usage = err->code == ERR_SYNTAX;

	fflush(stdout);
	fprintf(stderr, "portfw: %s\n", err->text);
	if (usage)
		fprintf(stderr, "Try `%s portfw -h' for more information.\n", program);
	return usage ? 2 : 1;
}

static int refuse(struct err *err, int errnum)
{
	*err = ERR_INIT;
	return err_errno(err, ERR_OTHER, errnum, "setsockopt failed: %s", strerror(errnum));
}

static int list(const struct chain *chain, bool numeric, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);

	portfw_list(&out, chain, numeric);
	if (sink_flush(&out) < 0)
		return err_errno(err, ERR_OTHER, -out.error, "cannot write: %s",
				 strerror(-out.error));
	return 0;
}

static int carry_out(struct old_session *s, const struct portfw_call *call, struct err *err)
{
	const struct command flush = {
		.kind = COMMAND_FLUSH, .family = FAMILY_IPV4, .table = PORTFW_TABLE,
		.chain = PORTFW_CHAIN, .chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = old_read(s, &rs, PORTFW_TABLE, err);
	const struct chain *chain = t ? table_chain(t, PORTFW_CHAIN) : NULL;
	const struct command *commands = &flush;
	int r;

	if (!chain)
		return -EIO;
	if (call->action == PORTFW_LIST)
		return list(chain, call->numeric, err);
	if (call->action != PORTFW_FLUSH)
		commands = portfw_commands(&s->arena, chain, call);
	if (!commands)
		return refuse(err, ESRCH);
	r = old_transact(s, commands, err);
	if (r < 0 && err->code == ERR_OTHER)
		return refuse(err, err->errnum ? err->errnum : EINVAL);
	return r;
}

static int print_help(const char *name)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);

	portfw_help(&out, name);
	return sink_flush(&out) < 0;
}

int run_ipmasqadm(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	struct portfw_call call;
	struct err err = ERR_INIT;

	if (argc < 2 || !strcmp(argv[1], "-h"))
		return print_help(name);
	if (strcmp(argv[1], "portfw") != 0) {
		fprintf(stderr, "%s: unknown module `%s': portfw\n", name, argv[1]);
		return 1;
	}
	if (portfw_parse(&s.arena, (const char *const *)argv + 2, (size_t)argc - 2, &call,
			 &err) < 0)
		return portfw_fail(name, &err);
	if (call.action == PORTFW_HELP)
		return print_help(name);
	if (old_open(&s, name, &err) < 0 || carry_out(&s, &call, &err) < 0)
		return portfw_fail(name, &err);
	return 0;
}
