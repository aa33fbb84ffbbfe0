// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipmasqadm: three modules of masquerading, forwards by address, by mark and of a range of ports; and
 * ipportfw, the program in front of the first one.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/old.h"
#include "dialect/autofw.h"
#include "dialect/mfw.h"
#include "dialect/portfw.h"
#include "kernel/host.h"

static int module_fail(const char *program, const char *module, const struct err *err)
{
	bool usage = err->code == ERR_SYNTAX;

	fflush(stdout);
	if (err->told)
		return (int)err->code;
	fprintf(stderr, "%s: %s\n", module, err->text);
	if (usage)
		fprintf(stderr, "Try `%s %s -h' for more information.\n", program, module);
	return usage ? 2 : 1;
}

static int refuse(struct err *err, int errnum)
{
	*err = ERR_INIT;
	return err_errno(err, ERR_OTHER, errnum, "setsockopt failed: %s", strerror(errnum));
}

typedef void put_list(struct sink *sink, const struct chain *chain, bool numeric);
typedef void put_help(struct sink *sink, const char *program);

static int list(put_list *put, const struct chain *chain, bool numeric, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);

	put(&out, chain, numeric);
	if (sink_flush(&out) < 0)
		return err_errno(err, ERR_OTHER, -out.error, "cannot write: %s",
				 strerror(-out.error));
	return 0;
}

static int print_help(put_help *put, const char *name)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);

	put(&out, name);
	return sink_flush(&out) < 0;
}

static const struct chain *read_chain(struct old_session *s, struct ruleset *rs, const char *name,
				      struct err *err)
{
	struct table *t = old_read(s, rs, PORTFW_TABLE, err);

	return t ? table_chain(t, name) : NULL;
}

static int transact_all(struct old_session *s, const struct command *commands, struct err *err)
{
	int r = old_transact(s, commands, err);

	return r < 0 && err->code == ERR_OTHER ? refuse(err, err->errnum ? err->errnum : EINVAL)
					       : r;
}

static int flush(struct old_session *s, const char *chain, struct err *err)
{
	return transact_all(s, portfw_command(&s->arena, COMMAND_FLUSH, chain), err);
}

/* ------------------------------------------------------------------ portfw */

static int carry_out_portfw(struct old_session *s, const struct portfw_call *call,
			    struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	const struct chain *chain = read_chain(s, &rs, PORTFW_CHAIN, err);
	const struct command *commands;

	if (!chain)
		return -EIO;
	if (call->action == PORTFW_LIST)
		return list(portfw_list, chain, call->numeric, err);
	if (call->action == PORTFW_FLUSH)
		return flush(s, PORTFW_CHAIN, err);
	commands = portfw_commands(&s->arena, chain, call);
	return commands ? transact_all(s, commands, err) : refuse(err, ESRCH);
}

/* The network that the host and this machine share; false: there is none. */
static bool shares_network(const struct host *host, const union inet_addr *inside,
			   struct network *net)
{
	struct route_answer way;

	if (!host_route(host, FAMILY_IPV4, inside, &way) || way.gateway.v4)
		return false;
	for (const struct device_addr *a = host->addrs; a; a = a->next) {
		union inet_addr at = *inside;

		if (a->device != way.device || a->family != FAMILY_IPV4)
			continue;
		net->addr = a->addr;
		addr_mask_from_prefix(FAMILY_IPV4, a->prefix, &net->mask);
		addr_apply_mask(&net->addr, &net->mask);
		addr_apply_mask(&at, &net->mask);
		if (at.v4 == net->addr.v4)
			return true;
	}
	return false;
}

/* People are told what surprises them most: neighbours of the server get no answer. */
static void explain_neighbours(const struct portfw_call *call)
{
	AUTO_SINK out = SINK_FD(STDERR_FILENO), net = SINK_MEMORY, inside = SINK_MEMORY;
	struct err ignored = ERR_INIT;
	struct network shared;
	AUTO_HOST host = HOST_INIT;

	if (call->action != PORTFW_ADD || !isatty(STDERR_FILENO) || chosen_store() ||
	    kernel_read_host(&host, &ignored) < 0 ||
	    !shares_network(&host, &call->inside, &shared))
		return;
	old_print_network(&net, &shared, true);
	addr_print(&inside, FAMILY_IPV4, &call->inside);
	sink_printf(&out, "Clients in %s get no answer: %s is their neighbour and answers them\n"
		    "directly, with its own address. If they need one:\n"
		    "  iptables -t nat -A POSTROUTING -s %s -d %s -p %s --dport %u -j MASQUERADE\n",
		    sink_text(&net), sink_text(&inside), sink_text(&net), sink_text(&inside),
		    call->proto == IPPROTO_TCP ? "tcp" : "udp", call->inside_port);
	sink_flush(&out);
}

static int run_portfw(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	struct portfw_call call;
	struct err err = ERR_INIT;

	if (portfw_parse(&s.arena, (const char *const *)argv, (size_t)argc, &call, &err) < 0)
		return module_fail(name, "portfw", &err);
	if (call.action == PORTFW_HELP)
		return print_help(portfw_help, name);
	if (old_open(&s, name, &err) < 0)
		return module_fail(name, "portfw", &err);
	/* The words in front are the program's name and the module's. */
	old_typed(&s, argc + 2, argv - 2);
	if (carry_out_portfw(&s, &call, &err) < 0)
		return module_fail(name, "portfw", &err);
	explain_neighbours(&call);
	return 0;
}

static int ipportfw_fail(const char *name, const struct err *err)
{
	bool usage = err->code == ERR_SYNTAX;

	fflush(stdout);
	fprintf(stderr, "ipportfw: %s\n", err->text);
	if (usage)
		fprintf(stderr, "Try `%s -h' for more information.\n", name);
	return usage ? 2 : 1;
}

int run_ipportfw(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	struct portfw_call call;
	struct err err = ERR_INIT;
	size_t count = argc > 0 ? (size_t)argc - 1 : 0;

	if (ipportfw_parse((const char *const *)argv + 1, count, &call, &err) < 0)
		return ipportfw_fail(name, &err);
	if (call.action == PORTFW_HELP)
		return print_help(ipportfw_help, name);
	if (old_open(&s, name, &err) < 0 || carry_out_portfw(&s, &call, &err) < 0)
		return ipportfw_fail(name, &err);
	explain_neighbours(&call);
	return 0;
}

/* ------------------------------------------------------------------ mfw */

static int carry_out_mfw(struct old_session *s, const struct mfw_call *call, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	const struct chain *chain = read_chain(s, &rs, MFW_CHAIN, err);
	struct command *commands;
	int r;

	if (!chain)
		return -EIO;
	if (call->action == MFW_LIST)
		return list(mfw_list, chain, call->numeric, err);
	if (call->action == MFW_FLUSH)
		return flush(s, MFW_CHAIN, err);
	r = mfw_commands(&s->arena, chain, call, &commands);
	if (r == -EOPNOTSUPP)
		return err_errno(err, ERR_OTHER, EOPNOTSUPP, "preference 0 is for the first entry "
				 "of a mark: nf_tables cannot say \"for ever, later\"");
	return r < 0 ? refuse(err, -r) : transact_all(s, commands, err);
}

static int run_mfw(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	struct mfw_call call;
	struct err err = ERR_INIT;

	if (mfw_parse(&s.arena, (const char *const *)argv, (size_t)argc, &call, &err) < 0)
		return module_fail(name, "mfw", &err);
	if (call.action == MFW_HELP)
		return print_help(mfw_help, name);
	if (old_open(&s, name, &err) < 0)
		return module_fail(name, "mfw", &err);
	old_typed(&s, argc + 2, argv - 2);
	if (carry_out_mfw(&s, &call, &err) < 0)
		return module_fail(name, "mfw", &err);
	return 0;
}

/* ------------------------------------------------------------------ autofw */

static int carry_out_autofw(struct old_session *s, const struct autofw_call *call, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	const struct chain *chain = read_chain(s, &rs, AUTOFW_CHAIN, err);
	const struct command *commands;

	if (!chain)
		return -EIO;
	if (call->action == AUTOFW_LIST)
		return list(autofw_list, chain, call->numeric, err);
	if (call->action == AUTOFW_FLUSH)
		return flush(s, AUTOFW_CHAIN, err);
	commands = autofw_commands(&s->arena, chain, call);
	return commands ? transact_all(s, commands, err) : refuse(err, ESRCH);
}

static int run_autofw(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	struct autofw_call call;
	struct err err = ERR_INIT;

	if (autofw_parse(&s.arena, (const char *const *)argv, (size_t)argc, &call, &err) < 0)
		return module_fail(name, "autofw", &err);
	if (call.action == AUTOFW_HELP)
		return print_help(autofw_help, name);
	if (old_open(&s, name, &err) < 0)
		return module_fail(name, "autofw", &err);
	old_typed(&s, argc + 2, argv - 2);
	if (carry_out_autofw(&s, &call, &err) < 0)
		return module_fail(name, "autofw", &err);
	return 0;
}

/* ------------------------------------------------------------------ all of them */

int run_ipmasqadm(const char *name, int argc, char **argv)
{
	if (argc < 2 || !strcmp(argv[1], "-h")) {
		static put_help *const helps[] = { portfw_help, mfw_help, autofw_help };
		int r = 0;

		for (size_t i = 0; i < ARRAY_SIZE(helps); i++) {
			if (i)
				putchar('\n');
			fflush(stdout);
			r |= print_help(helps[i], name);
		}
		return r;
	}
	if (!strcmp(argv[1], "portfw"))
		return run_portfw(name, argc - 2, argv + 2);
	if (!strcmp(argv[1], "mfw"))
		return run_mfw(name, argc - 2, argv + 2);
	if (!strcmp(argv[1], "autofw"))
		return run_autofw(name, argc - 2, argv + 2);
	fprintf(stderr, "%s: unknown module `%s': portfw, mfw, autofw\n", name, argv[1]);
	return 1;
}
