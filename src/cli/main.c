// SPDX-License-Identifier: GPL-2.0-or-later
/* One program under many names: the name it is called by, or the first word behind `postern`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/guard.h"
#include "cli/old.h"
#include "cli/safety.h"

/* iptables, ip6tables-nft-save, iptables-legacy-restore, ...: taken apart. */
struct name_parts {
	enum family family;
	bool legacy, save, restore, apply;
};

static bool take(const char **p, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*p, word, len) != 0)
		return false;
	*p += len;
	return true;
}

static bool name_take_apart(const char *name, struct name_parts *parts)
{
	*parts = (struct name_parts){ .family = FAMILY_IPV4 };
	if (take(&name, "ip6tables"))
		parts->family = FAMILY_IPV6;
	else if (!take(&name, "iptables"))
		return false;
	if (take(&name, "-apply")) {
		parts->apply = true;
		return !*name;
	}
	if (take(&name, "-legacy"))
		parts->legacy = true;
	else
		take(&name, "-nft");
	if (take(&name, "-save"))
		parts->save = true;
	else if (take(&name, "-restore"))
		parts->restore = true;
	return !*name;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What the reference calls itself in versions and errors: iptables-nft is "iptables". */
static const char *shown_name(const struct name_parts *parts, const char *name)
{
	bool six = parts->family == FAMILY_IPV6;

	if (parts->save && parts->legacy)
		return six ? "ip6tables-save" : "iptables-save";
	if (parts->restore && parts->legacy)
		return six ? "ip6tables-restore" : "iptables-restore";
	if (parts->save || parts->restore)
		return name;
	return six ? "ip6tables" : "iptables";
}

/* What waits for its confirmation is a change of the kernel's rules. */
static void catch_up_kernel(bool loud)
{
	if (!chosen_store())
		catch_up(loud);
}

static int no_store(const char *command)
{
	fprintf(stderr, "postern: `%s' is about the kernel's rules; those of %s are changed with "
		"iptables and iptables-restore\n", command, chosen_store());
	return 2;
}

static int run(const char *name, int argc, char **argv, bool explain)
{
	struct name_parts parts;
	struct call call = { 0 };

	if (old_program_find(name)) {
		catch_up_kernel(isatty(STDERR_FILENO));
		return old_program_find(name)(name, argc, argv);
	}
	if (!name_take_apart(name, &parts))
		return -1;
	catch_up_kernel(isatty(STDERR_FILENO));
	if (parts.apply && chosen_store())
		return no_store(name);
	if (parts.apply)
		return run_iptables_apply(name, argc, argv);
	call.program = shown_name(&parts, name);
	call.flavour = parts.legacy ? "legacy" : "nf_tables";
	call.family = parts.family;
	call.store = chosen_store();
	call.explain = explain || isatty(STDERR_FILENO);
	call.words = (const char *const *)argv + 1;
	call.word_count = argc > 0 ? (size_t)argc - 1 : 0;
	if (parts.save)
		return run_save(&call);
	if (parts.restore)
		return run_restore(&call);
	return run_iptables(&call);
}

/* `postern --help` and its kind are commands, too. */
static const char *postern_word(const char *word)
{
	if (!strcmp(word, "--version") || !strcmp(word, "-V"))
		return "version";
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return "help";
	return word;
}

/* Takes options from the front of the words; 0, or the exit status. */
static int read_global(int *argc, char ***argv, bool *explain)
{
	const char *store = NULL;

	for (; *argc > 1; --*argc, ++*argv) {
		const char *word = (*argv)[1];

		if (!strcmp(word, "--explain-errors")) {
			*explain = true;
		} else if (!strcmp(word, "--force")) {
			guard_wish(GUARD_FORCED);
		} else if (!strncmp(word, "--store=", 8)) {
			store = word + 8;
		} else if (!strcmp(word, "--store")) {
			store = *argc > 2 ? (*argv)[2] : "";
			--*argc;
			++*argv;
		} else {
			break;
		}
	}
	if (store && !*store) {
		fprintf(stderr, "postern: --store wants a folder\n");
		return 2;
	}
	if (store)
		choose_store(store);
	return 0;
}

static int run_postern(int argc, char **argv)
{
	const struct own_command *command;
	bool explain = false;
	int status = read_global(&argc, &argv, &explain);

	if (status)
		return status;
	if (argc < 2)
		return run_help(1, argv);
	command = own_command(postern_word(argv[1]));
	/* These two decide themselves about what waits. */
	if (strcmp(argv[1], "confirm") != 0 && strcmp(argv[1], "rollback") != 0)
		catch_up_kernel(true);
	if (command && command->kernel_only && chosen_store())
		return no_store(command->name);
	if (command)
		return command->run(argc - 1, argv + 1);
	status = run(argv[1], argc - 1, argv + 1, explain);
	if (status >= 0)
		return status;
	fprintf(stderr, "postern: no command `%s'. `postern help' lists them all.\n", argv[1]);
	return 2;
}

/* What `postern try` may run. */
static bool is_program(const char *name)
{
	struct name_parts parts;

	return name_take_apart(name, &parts) && !parts.apply;
}

static int run_silently(const char *name, int argc, char **argv)
{
	return run(name, argc, argv, false);
}

static const struct runner runner = { is_program, run_silently };

int main(int argc, char **argv)
{
	/* NULL where the program has more rights than its caller (AT_SECURE). */
	const char *store = secure_getenv("POSTERN_STORE");
	int status;

	if (store && *store)
		choose_store(store);
	set_runner(&runner);
	status = argc > 0 ? run(base_name(argv[0]), argc, argv, false) : -1;
	return status >= 0 ? status : run_postern(argc, argv);
}
