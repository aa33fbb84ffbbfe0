// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as a file of `postern test`. Rules, host and sets are given: no file it names is read. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"
#include "alone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules[] =
	"*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\nCOMMIT\n"
	"*nat\n-A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80\n"
	"-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
	"*filter\n:INPUT DROP\n:FORWARD DROP\n:OUTPUT ACCEPT\n"
	"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"-A INPUT -m set --match-set banned src -j DROP\n-A INPUT -p icmp -m limit -j ACCEPT\n"
	"-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -p tcp -j REJECT\n"
	"-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"-A FORWARD -i eth1 -j ACCEPT\n-A FORWARD -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT\n"
	"COMMIT\n";
static const char host[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/24 dev eth1\n"
	"route default via 192.0.2.254 dev eth0\nforward on\n";

static const char sets[] = "create banned hash:ip\nadd banned 203.0.113.66\n";

static int file_of(const void *bytes, size_t len, char path[32])
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char rules_path[32], host_path[32], sets_path[32];
	char path[32], words[4][8] = { "test", "--rules", "--host", "--sets" };
	char *argv[] = {
		words[0], words[1], rules_path, words[2], host_path,
		words[3], sets_path, path, NULL,
	};
	int fd;

	if (!*rules_path) {
		/* What it says is not looked at; stderr stays for the sanitizers. */
		if (!freopen("/dev/null", "w", stdout))
			abort();
		stderr = fopen("/dev/null", "w");
		file_of(rules, strlen(rules), rules_path);
		file_of(host, strlen(host), host_path);
		file_of(sets, strlen(sets), sets_path);
	}
	if (size > 8192)
		return 0;
	fd = file_of(data, size, path);
	if (run_test(8, argv) > 2)
		abort();
	close(fd);
	return 0;
}
