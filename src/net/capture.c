// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Captures, by libpcap. Linking it would cost every start of the program the loading of a dozen
 * libraries (libdbus and what that wants), so it is opened by name when it is needed.
 */
#include "net/capture.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

/* ------------------------------------------------------------------ the library */

static struct {
	void *handle;
	__typeof__(pcap_fopen_offline_with_tstamp_precision) *open;
	__typeof__(pcap_next_ex) *next;
	__typeof__(pcap_close) *close;
	__typeof__(pcap_datalink) *datalink;
	__typeof__(pcap_geterr) *geterr;
	__typeof__(pcap_open_dead_with_tstamp_precision) *open_dead;
	__typeof__(pcap_dump_fopen) *dump_open;
	__typeof__(pcap_dump) *dump;
	__typeof__(pcap_dump_flush) *dump_flush;
	__typeof__(pcap_dump_close) *dump_close;
} pcap;

static const struct {
	const char *name;
	void **at;
} symbols[] = {
	{ "pcap_fopen_offline_with_tstamp_precision", (void **)&pcap.open },
	{ "pcap_next_ex", (void **)&pcap.next },
	{ "pcap_close", (void **)&pcap.close },
	{ "pcap_datalink", (void **)&pcap.datalink },
	{ "pcap_geterr", (void **)&pcap.geterr },
	{ "pcap_open_dead_with_tstamp_precision", (void **)&pcap.open_dead },
	{ "pcap_dump_fopen", (void **)&pcap.dump_open },
	{ "pcap_dump", (void **)&pcap.dump },
	{ "pcap_dump_flush", (void **)&pcap.dump_flush },
	{ "pcap_dump_close", (void **)&pcap.dump_close },
};

static int load(struct err *err)
{
	if (pcap.handle)
		return 0;
	pcap.handle = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL);
	if (!pcap.handle)
		pcap.handle = dlopen("libpcap.so.1", RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; pcap.handle && i < sizeof(symbols) / sizeof(*symbols); i++) {
		*symbols[i].at = dlsym(pcap.handle, symbols[i].name);
		if (!*symbols[i].at) {
			dlclose(pcap.handle);
			pcap.handle = NULL;
		}
	}
	if (!pcap.handle) {
		err_errno(err, ERR_RESOURCE, ELIBACC, "captures need libpcap, which is not here");
		err_hint(err, "apt-get install libpcap0.8");
		return -ELIBACC;
	}
	return 0;
}

/* ------------------------------------------------------------------ reading */

struct capture {
	pcap_t *pcap;
	FILE *file;
	int link;
	uint64_t size, frames;
	const char *path;
	uint8_t *buf;		/* CAPTURE_ROOM and a link-layer header's worth */
};

enum { LINK_ROOM = 256 };

int capture_open(struct capture **capture, const char *path, struct err *err)
{
	char text[PCAP_ERRBUF_SIZE] = "";
	struct capture c = { .path = path };
	struct stat st;
	int r = load(err);

	if (r < 0)
		return r;
	c.file = strcmp(path, "-") != 0 ? fopen(path, "rbe") : stdin;
	if (!c.file)
		return err_errno(err, ERR_OTHER, errno, "cannot read %s: %s", path,
				 strerror(errno));
	if (fstat(fileno(c.file), &st) == 0 && S_ISREG(st.st_mode))
		c.size = (uint64_t)st.st_size;
	c.pcap = pcap.open(c.file, PCAP_TSTAMP_PRECISION_NANO, text);
	if (!c.pcap) {
		if (c.file != stdin)
			fclose(c.file);
		return err_errno(err, ERR_OTHER, EINVAL, "%s is no capture: %s", path, text);
	}
	c.link = pcap.datalink(c.pcap);
	c.buf = mem_alloc(CAPTURE_ROOM + LINK_ROOM);
	*capture = mem_alloc(sizeof(c));
	**capture = c;
	return 0;
}

static unsigned load16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* Ethernet's type behind VLAN tags; moves `at` to the network header. 0: not there. */
static unsigned ether_type(const uint8_t *b, size_t len, size_t *at)
{
	size_t p = 12;
	unsigned type = len >= 14 ? load16(b + p) : 0;

	while ((type == 0x8100 || type == 0x88a8) && p + 6 <= len) {
		p += 4;
		type = load16(b + p);
	}
	*at = p + 2;
	return type;
}

/* Length of the link-layer header, or SIZE_MAX when what follows is no IP packet. */
static size_t link_header(const struct capture *c, const uint8_t *b, size_t len,
			  struct frame *frame)
{
	unsigned type = 0;
	size_t at = 0;

	switch (c->link) {
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return 0;
	case DLT_EN10MB:
		type = ether_type(b, len, &at);
		break;
	case DLT_LINUX_SLL:
		at = 16;
		type = len >= at ? load16(b + 14) : 0;
		frame->type = (uint8_t)(len >= at ? load16(b) : 0);
		frame->has_type = len >= at;
		break;
	case DLT_LINUX_SLL2:
		at = 20;
		type = len >= at ? load16(b) : 0;
		frame->type = len >= at ? b[10] : 0;
		frame->has_type = len >= at;
		break;
	case DLT_NULL:
	case DLT_LOOP:
		/* The address family, in whose byte order is not said; 4 and 6 tell themselves. */
		at = 4;
		type = len > at ? b[4] >> 4 == 4 ? 0x0800 : b[4] >> 4 == 6 ? 0x86dd : 0 : 0;
		break;
	}
	return (type == 0x0800 || type == 0x86dd) && at < len ? at : SIZE_MAX;
}

int capture_next(struct capture *capture, struct frame *frame, struct err *err)
{
	struct pcap_pkthdr *head;
	const u_char *data;
	size_t skip, len;
	int r = pcap.next(capture->pcap, &head, &data);

	if (r == PCAP_ERROR_BREAK)
		return 0;
	if (r != 1)
		return err_errno(err, ERR_OTHER, EINVAL, "%s is damaged behind frame %llu: %s",
				 capture->path, (unsigned long long)capture->frames,
				 pcap.geterr(capture->pcap));
	capture->frames++;
	*frame = (struct frame){
		.ns = (uint64_t)head->ts.tv_sec * 1000000000u + (uint64_t)head->ts.tv_usec,
		.wire = head->len,
	};
	len = head->caplen;
	skip = link_header(capture, data, len, frame);
	if (skip == SIZE_MAX || skip > LINK_ROOM || skip >= len)
		return 1;
	if (len - skip > CAPTURE_ROOM - 256)
		len = skip + CAPTURE_ROOM - 256;
	/* The network header is aligned wherever the link-layer one ends. */
	memcpy(capture->buf + LINK_ROOM - skip, data, len);
	frame->bytes = capture->buf + LINK_ROOM;
	frame->captured = len - skip;
	frame->room = CAPTURE_ROOM;
	frame->wire -= skip;
	if (capture->link == DLT_EN10MB) {
		frame->link = frame->bytes - skip;
		frame->link_len = (uint16_t)skip;
	}
	return 1;
}

void capture_progress(const struct capture *capture, uint64_t *done, uint64_t *all)
{
	long at = capture->size ? ftell(capture->file) : -1;

	*done = at > 0 ? (uint64_t)at : 0;
	*all = capture->size;
}

void capture_close(struct capture **capture)
{
	struct capture *c = *capture;

	if (!c)
		return;
	pcap.close(c->pcap);	/* closes the file, unless it is standard input */
	free(c->buf);
	free(c);
	*capture = NULL;
}

/* ------------------------------------------------------------------ writing */

struct capture_out {
	pcap_t *pcap;
	pcap_dumper_t *dumper;
	FILE *file;		/* the dumper's */
	const char *path;
};

bool capture_is_same(const char *path, const char *other)
{
	struct stat a, b;

	return !stat(path, &a) && !stat(other, &b) && S_ISREG(a.st_mode) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int capture_create(struct capture_out **out, const char *path, struct err *err)
{
	struct capture_out o = { .path = path };
	FILE *file;
	int r = load(err);

	if (r < 0)
		return r;
	/* A copy of standard output: it is closed with the capture. */
	file = strcmp(path, "-") != 0 ? fopen(path, "wbe") :
	       fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), "wb");
	if (!file)
		return err_errno(err, ERR_OTHER, errno, "cannot write %s: %s", path,
				 strerror(errno));
	o.pcap = pcap.open_dead(DLT_RAW, CAPTURE_ROOM, PCAP_TSTAMP_PRECISION_NANO);
	o.dumper = o.pcap ? pcap.dump_open(o.pcap, file) : NULL;
	if (!o.dumper) {
		err_errno(err, ERR_OTHER, EIO, "cannot write %s: %s", path,
			  o.pcap ? pcap.geterr(o.pcap) : "no memory");
		if (o.pcap)
			pcap.close(o.pcap);
		fclose(file);
		return -EIO;
	}
	o.file = file;
	*out = mem_alloc(sizeof(o));
	**out = o;
	return 0;
}

int capture_write(struct capture_out *out, uint64_t ns, const uint8_t *bytes, size_t captured,
		  size_t wire, struct err *err)
{
	struct pcap_pkthdr head = {
		.ts = { .tv_sec = (time_t)(ns / 1000000000u),
			.tv_usec = (suseconds_t)(ns % 1000000000u) },
		.caplen = (bpf_u_int32)captured, .len = (bpf_u_int32)wire,
	};

	pcap.dump((u_char *)out->dumper, &head, bytes);
	return ferror(out->file) ? err_errno(err, ERR_OTHER, EIO, "cannot write %s", out->path) : 0;
}

int capture_finish(struct capture_out **out, struct err *err)
{
	struct capture_out *o = *out;
	int r = 0;

	if (!o)
		return 0;
	if (pcap.dump_flush(o->dumper) != 0)
		r = err_errno(err, ERR_OTHER, errno, "cannot write %s: %s", o->path,
			      strerror(errno));
	pcap.dump_close(o->dumper);
	pcap.close(o->pcap);
	free(o);
	*out = NULL;
	return r;
}
