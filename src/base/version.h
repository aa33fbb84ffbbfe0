/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions: the one that callers of iptables are told, and our own. */
#ifndef POSTERN_BASE_VERSION_H
#define POSTERN_BASE_VERSION_H

/* Whose behaviour the iptables dialect has; `iptables -V` says this because callers compare it. */
#define VERSION_COMPAT "1.8.13"
/* The truth about ourselves: `postern --version`. */
#define VERSION_OWN "0.1.0"
/* Of that version; the manual page carries it. */
#define VERSION_DATE "2026-11-23"

#endif
