/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/postern.conf: few keys, all optional. */
#ifndef POSTERN_SAFE_CONFIG_H
#define POSTERN_SAFE_CONFIG_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/addr.h"

#define CONFIG_FILE "/etc/postern.conf"

enum guard_mode {
	GUARD_USUAL,		/* interactive changes are reviewed, and refused when they cut */
	GUARD_OFF, GUARD_WARN, GUARD_REFUSE,	/* of whoever calls */
};

/* "lifeline = tcp ADDRESS PORT": whoever comes from there must reach this port of ours. */
struct config_lifeline {
	struct config_lifeline *next;
	enum family family;
	union inet_addr from;
	uint8_t proto;
	uint16_t port;
	int line;
};

struct config {
	struct arena arena;
	enum guard_mode guard;
	uint32_t confirm;			/* seconds of --confirm without a number */
	const char **programs;			/* further ones whose sessions are lifelines */
	size_t program_count;
	struct config_lifeline *lifelines;
};

void config_free(struct config *config);
#define AUTO_CONFIG __attribute__((cleanup(config_free))) struct config

/* No file is no error. A bad line is, with its number: ERR_SYNTAX. */
int config_read(struct config *config, const char *path, struct err *err);

/* "60", "60s", "5m", "1h": seconds in [least, most]. */
int seconds_parse(const char *text, uint32_t least, uint32_t most, uint32_t *seconds);

#endif
