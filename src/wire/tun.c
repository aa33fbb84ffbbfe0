// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TUN devices (Documentation/networking/tuntap.rst). Without IFF_VNET_HDR the kernel hands out
 * packets of at most the device's MTU with their checksums done: no offload reaches us.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/arena.h"
#include "wire/wire.h"

struct tuns {
	int fds[WIRE_PORTS];
	char names[WIRE_PORTS][IFNAMSIZ];
	size_t count, turn;	/* whose turn it is: each gets one packet */
	uint8_t bytes[WIRE_ROOM];
};

static int next(void *context, struct arrival *arrival, struct err *err)
{
	struct tuns *t = context;

	for (size_t tried = 0; tried < t->count; tried++) {
		size_t n = t->turn;
		ssize_t len = read(t->fds[n], t->bytes, sizeof(t->bytes));

		t->turn = (n + 1) % t->count;
		if (len > 0) {
			*arrival = (struct arrival){
				.bytes = t->bytes, .captured = (size_t)len,
				.room = sizeof(t->bytes), .in = t->names[n], .port = (uint32_t)n,
			};
			return 1;
		}
		/* EIO: it is down; EBADFD: it was deleted (tun_chr_read_iter). */
		if (len < 0 && errno == EBADFD)
			return err_errno(err, ERR_RESOURCE, EBADFD, "%s was deleted", t->names[n]);
		if (len < 0 && errno != EAGAIN && errno != EINTR && errno != EIO)
			return err_errno(err, ERR_RESOURCE, errno, "cannot read from %s: %s",
					 t->names[n], strerror(errno));
	}
	return 0;
}

static int put(const struct tuns *t, uint32_t port, const struct packet *packet)
{
	ssize_t len = write(t->fds[port], packet->bytes, packet->len);

	return len < 0 ? -errno : 0;
}

/*
 * By the device that routing named, when it is one of ours. Otherwise the kernel behind the device
 * it came by delivers it, or sends it on.
 */
static int pass(void *context, const struct arrival *arrival, const struct packet *packet,
		const char *out, uint32_t mark)
{
	const struct tuns *t = context;

	(void)mark;
	for (size_t n = 0; n < t->count; n++)
		if (!strcmp(t->names[n], out))
			return put(t, (uint32_t)n, packet);
	return put(t, arrival->port, packet);
}

static int answer(void *context, const struct arrival *arrival, const struct packet *packet)
{
	return put(context, arrival->port, packet);
}

static int close_tuns(void *context, struct err *err)
{
	struct tuns *t = context;

	(void)err;
	for (size_t n = 0; n < t->count; n++)
		close(t->fds[n]);
	free(t);
	return 0;
}

static int add(struct tuns *t, const char *name, struct err *err)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd;

	if (strlen(name) >= IFNAMSIZ)
		return err_errno(err, ERR_SYNTAX, ENAMETOOLONG, "%s is no name of a device", name);
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_errno(err, ERR_RESOURCE, errno, "cannot open /dev/net/tun: %s",
				 strerror(errno));
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		int errnum = errno;

		close(fd);
		return err_errno(err, ERR_RESOURCE, errnum, "cannot use the TUN device %s: %s",
				 name, strerror(errnum));
	}
	snprintf(t->names[t->count], IFNAMSIZ, "%s", request.ifr_name);
	t->fds[t->count++] = fd;
	return 0;
}

int wire_open_tun(struct wire *wire, const char *const *names, size_t count, struct err *err)
{
	struct tuns *t = mem_alloc(sizeof(*t));
	int r = 0;

	t->count = t->turn = 0;
	for (size_t i = 0; !r && i < count; i++)
		r = add(t, names[i], err);
	if (r) {
		close_tuns(t, err);
		return r;
	}
	*wire = (struct wire){
		.context = t, .fd_count = count, .next = next, .pass = pass, .answer = answer,
		.close = close_tuns,
	};
	for (size_t i = 0; i < count; i++)
		wire->fds[i] = (struct pollfd){ .fd = t->fds[i], .events = POLLIN };
	return 0;
}
