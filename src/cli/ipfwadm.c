// SPDX-License-Identifier: GPL-2.0-or-later
/* ipfwadm: one command line, its texts and its exit statuses. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/old.h"
#include "dialect/ipfwadm.h"
#include "kernel/host.h"
#include "net/packet.h"

/* The kernel's refusals were -1 to the program, and so to the shell. */
enum { EXIT_REFUSED = 255 };

static int ipfwadm_fail(const char *program, const struct err *err)
{
	fflush(stdout);
	if (err->told)
		return (int)err->code;
	if (err->code == ERR_SYNTAX) {
		fprintf(stderr, "%s: %s\nTry `%s -h' for more information.\n", program, err->text,
			program);
		return 2;
	}
	fprintf(stderr, "ipfwadm: %s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	/* Without rights it did not get as far as asking the kernel. */
	return err->code == ERR_RESOURCE || err->errnum == EPERM ? 1 : EXIT_REFUSED;
}

/* What planning and kernel said, in the words that scripts of the time look for. */
static void reword(struct err *err)
{
	int errnum = err->errnum == ENOENT || err->errnum == E2BIG || !err->errnum ? EINVAL
										   : err->errnum;

	*err = ERR_INIT;
	err_set(err, ERR_OTHER, PLACE_NONE, "setsockopt failed: %s", strerror(errnum));
	err->errnum = errnum;
}

/* ------------------------------------------------------------------ devices */

static bool find_device(void *context, const union inet_addr *addr, char name[IFNAMSIZ])
{
	struct host *host = context;
	struct err ignored = ERR_INIT;

	if (!host->known && kernel_read_host(host, &ignored) < 0)
		return false;
	for (const struct device_addr *a = host->addrs; a; a = a->next)
		if (a->family == FAMILY_IPV4 && a->addr.v4 == addr->v4) {
			memcpy(name, a->device->name, IFNAMSIZ);
			return true;
		}
	return false;
}

/* ------------------------------------------------------------------ commands */

static int change(struct old_session *s, const struct ipfwadm_call *call, struct err *err)
{
	const struct command *c = call->commands;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	int r = old_transact(s, c, err);

	if (r < 0) {
		if (err->code == ERR_OTHER)
			reword(err);
		return r;
	}
	for (uint32_t i = 0; call->verbose && i < c->rule_count; i++)
		ipfwadm_echo(&out, c->chain, c->rules[i], false);
	sink_flush(&out);
	return 0;
}

static int list(struct old_session *s, const struct ipfwadm_call *call, struct err *err)
{
	const struct command zero = {
		.kind = COMMAND_ZERO, .family = FAMILY_IPV4, .table = IPFWADM_TABLE,
		.chain = call->chain, .chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = old_read(s, &rs, IPFWADM_TABLE, err);
	struct chain *c = t ? table_chain(t, call->chain) : NULL;

	if (!c)
		return -EIO;
	ipfwadm_list(&out, c, call);
	if (sink_flush(&out) < 0)
		return err_errno(err, ERR_RESOURCE, -out.error, "cannot write: %s",
				 strerror(-out.error));
	return call->zero ? old_transact(s, &zero, err) : 0;
}

/* The packet is in the words of a rule: exact addresses, a port on each side. */
static struct packet_spec packet_of(const struct rule *rule)
{
	const struct use *ports = old_find(rule, OLD_PORT_LIST), *flags = old_find(rule, OLD_FLAGS);
	const struct old_port_list *l = ports ? ports->data : &(const struct old_port_list){ 0 };
	bool icmp = rule->head.proto == IPPROTO_ICMP;

	return (struct packet_spec){
		.family = FAMILY_IPV4, .saddr = rule->head.src.addr, .daddr = rule->head.dst.addr,
		.proto = rule->head.proto, .sport = l->ports[0], .dport = l->ports[1],
		.icmp_type = icmp ? (uint8_t)l->ports[0] : 0,
		.tcp_flags = flags && ((const struct old_flags *)flags->data)->syn ? 2 : 16,
	};
}

static int check(struct old_session *s, const struct ipfwadm_call *call, struct err *err)
{
	static const char *const words[] = {
		[OLD_ACCEPTED] = "accepted", [OLD_DENIED] = "denied", [OLD_REJECTED] = "rejected",
		[OLD_MASQUERADED] = "masqueraded", [OLD_REDIRECTED] = "redirected",
		[OLD_PASSED] = "accepted",
	};
	const struct command *c = call->commands;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = old_read(s, &rs, IPFWADM_TABLE, err);
	struct chain *chain = t ? table_chain(t, c->chain) : NULL;

	if (!chain)
		return -EIO;
	for (uint32_t i = 0; i < c->rule_count; i++) {
		const struct rule *r = c->rules[i];
		const struct packet_spec spec = packet_of(r);
		enum old_fate fate = old_judge(t, chain, &spec,
					       r->head.in[0] ? r->head.in : r->head.out, err);

		if (fate == OLD_UNKNOWN)
			return -EINVAL;
		if (call->verbose)
			ipfwadm_echo(&out, c->chain, r, true);
		sink_printf(&out, "packet %s\n", words[fate]);
	}
	sink_flush(&out);
	return 0;
}

static int carry_out(struct old_session *s, const struct ipfwadm_call *call, struct err *err)
{
	int r;

	switch (call->action) {
	case IPFWADM_COMMANDS:
		return change(s, call, err);
	case IPFWADM_LIST:
		return list(s, call, err);
	case IPFWADM_CHECK:
		return check(s, call, err);
	case IPFWADM_MASQ_LIST:
		return old_list_masquerade(&(const struct old_flow_style){
			.details = call->extended, .numeric = call->numeric, .lower = true }, err);
	case IPFWADM_MASQ_SET:
		r = old_set_timeouts(s, IPFWADM_TABLE, call->timeouts, err);
		if (r < 0 && err->errnum != EOPNOTSUPP && err->code == ERR_OTHER)
			reword(err);
		return r;
	case IPFWADM_HELP:
		break;
	}
	return err_errno(err, ERR_OTHER, EOPNOTSUPP, "%s", strerror(EOPNOTSUPP));
}

int run_ipfwadm(const char *name, int argc, char **argv)
{
	AUTO_OLD_SESSION s = { 0 };
	AUTO_HOST host = HOST_INIT;
	const struct ipfwadm_devices find = { find_device, &host };
	const struct ipfwadm_words words = {
		.items = (const char *const *)argv + 1,
		.count = argc > 0 ? (size_t)argc - 1 : 0,
		.devices = &find,
	};
	struct ipfwadm_call call = { 0 };
	struct err err = ERR_INIT;

	if (ipfwadm_parse(&s.arena, &words, &call, &err) < 0)
		return ipfwadm_fail(name, &err);
	if (call.action == IPFWADM_HELP) {
		AUTO_SINK out = SINK_FD(STDOUT_FILENO);

		ipfwadm_help(&out, name);
		return sink_flush(&out) < 0;
	}
	if (old_open(&s, name, &err) < 0)
		return ipfwadm_fail(name, &err);
	old_typed(&s, argc, argv);
	return carry_out(&s, &call, &err) < 0 ? ipfwadm_fail(name, &err) : 0;
}
