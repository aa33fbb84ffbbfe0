// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host of `postern run` as it is now: read at the start, when the kernel tells of a change, and
 * on SIGHUP. What cannot be read is said, and the host stays as it was.
 */
#include "cli/filter.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/scene.h"
#include "kernel/host.h"

/* Busy routers change routes all the time: a tenth of our time at most goes into reading them. */
static const uint64_t LOOK_EVERY = 10000000, SHARE = 10;

int filter_read_host(struct filter *f, struct err *err)
{
	struct scene scene = { 0 };
	int r = f->host_path ? scene_read_host(&scene, f->host_path, err) :
			       kernel_read_host(&scene.host, err);

	if (r < 0) {
		host_free(&scene.host);
		return r;
	}
	host_free(&f->host);
	f->host = scene.host;
	if (f->engine)
		conntrack_host_changed(engine_conntrack(f->engine), &f->host);
	if (f->wire.host_changed)
		f->wire.host_changed(f->wire.context);
	return 0;
}

int filter_watch_host(struct filter *f, struct err *err)
{
	if (f->host_path || !f->live)
		return 0;
	f->host_fd = kernel_watch_host(err);
	return f->host_fd < 0 ? f->host_fd : 0;
}

void filter_follow_host(struct filter *f, bool has_waited)
{
	bool asked = atomic_exchange(f->again, false);
	uint64_t begun = filter_clock();
	struct err err = ERR_INIT;

	if (f->host_fd >= 0 && (has_waited || begun >= f->host_look)) {
		f->host_look = begun + LOOK_EVERY;
		f->host_stale = kernel_host_changed(f->host_fd) || f->host_stale;
	}
	if (!asked && (!f->host_stale || begun < f->host_next))
		return;
	f->host_stale = false;
	if (filter_read_host(f, &err) < 0)
		fprintf(stderr, "postern: %s; the host stays as it was\n", err.text);
	else if (asked)
		fprintf(stderr, "postern: devices, addresses and routes were read again\n");
	f->host_next = filter_clock() + SHARE * (filter_clock() - begun);
}
