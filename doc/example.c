// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libpostern can do, in one program: rules from a file of iptables-save, one more rule, the
 * result printed, and a packet judged by it.
 *
 *     cc example.c -lpostern -lmnl -o example && ./example rules.v4
 */
#include <postern.h>
#include <stdio.h>
#include <stdlib.h>

static int complain(const struct postern_error *error)
{
	fprintf(stderr, "%s\n%s%s", error->text, error->hint, error->hint[0] ? "\n" : "");
	return error->status;
}

static int work(struct postern *rules, const char *text, size_t len)
{
	static const char *const rule[] = {
		"-I", "INPUT", "-s", "203.0.113.0/24", "-j", "DROP",
	};
	static const char *const packet[] = {
		"-i", "eth0", "-p", "tcp", "-s", "203.0.113.9", "-d", "192.0.2.1",
		"--dport", "22",
	};
	static const char host[] = "link eth0\naddr 192.0.2.1/24 dev eth0\n";
	struct postern_error error;
	char *saved, *explained;

	if (postern_restore(rules, POSTERN_IPV4, text, len, false, &error) < 0 ||
	    postern_command(rules, POSTERN_IPV4, rule, 6, &error) < 0 ||
	    postern_host(rules, host, sizeof(host) - 1, &error) < 0)
		return complain(&error);
	saved = postern_save(rules, POSTERN_IPV4, false, &error);
	if (!saved)
		return complain(&error);
	fputs(saved, stdout);
	free(saved);
	if (postern_explain(rules, POSTERN_IPV4, packet, 10, false, &explained, &error) < 0)
		return complain(&error);
	fputs(explained, stdout);
	free(explained);
	return 0;
}

int main(int argc, char **argv)
{
	static char text[1 << 20];
	FILE *file = argc > 1 ? fopen(argv[1], "r") : stdin;
	struct postern *rules;
	size_t len;
	int status;

	if (!file) {
		perror(argv[1]);
		return 4;
	}
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	rules = postern_new();
	status = work(rules, text, len);
	postern_free(rules);
	return status;
}
