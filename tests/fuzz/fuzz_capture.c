// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as a capture; what comes out of it is looked at as a packet, and printed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/capture.h"
#include "net/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct frame *f)
{
	AUTO_SINK text = SINK_MEMORY;
	struct packet p = { .link = f->link, .link_len = f->link_len };

	if (!f->bytes)
		return;
	if (f->captured > f->room || f->room > CAPTURE_ROOM)
		abort();
	if (packet_parse(&p, f->bytes, f->captured, f->room) == PACKET_GOOD)
		packet_print(&text, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_CAPTURE *capture = NULL;
	struct err err = ERR_INIT;
	struct frame f;
	char path[64];
	int fd = memfd_create("capture", MFD_CLOEXEC), r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = capture_open(&capture, path, &err);
	for (int n = 0; !r && n < 1000; n++) {
		r = capture_next(capture, &f, &err);
		if (r != 1)
			break;
		look(&f);
		r = 0;
	}
	if ((r < 0) != err_is_set(&err))
		abort();
	close(fd);
	return 0;
}
