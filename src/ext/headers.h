/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers of a packet as matches of the kernel look for them. A packet that ends too early is
 * dropped there (hotdrop), a capture that ends too early leaves the answer unknown.
 */
#ifndef POSTERN_EXT_HEADERS_H
#define POSTERN_EXT_HEADERS_H

#include "ext/eval.h"

struct ip6t_opts;

/*
 * `len` bytes at offset `at` from the network header (skb_header_pointer). NO: the packet ends
 * before; UNKNOWN: the capture does. `*bytes` points into the packet.
 */
enum answer packet_bytes(struct eval *e, uint32_t at, uint32_t len, const uint8_t **bytes);
/* The same; a packet that ends before is dropped. */
enum answer packet_header(struct eval *e, uint32_t at, uint32_t len, const uint8_t **bytes);
/* The first `len` bytes of the transport header; NO without dropping for a later fragment. */
enum answer transport_header(struct eval *e, uint32_t len, const uint8_t **bytes);

/*
 * The four bytes at offset `at` that tell flows of this protocol apart, as proto_ports_offset() of the
 * kernel has them: both ports, of ESP and AH the SPI, zeros of the others. NO: the packet ends before.
 */
enum answer flow_bytes(struct eval *e, uint8_t proto, uint32_t at, uint8_t bytes[4]);

/*
 * Offset of an IPv6 extension header (IPPROTO_*), as ipv6_find_hdr() of net/ipv6/exthdrs_core.c
 * finds it. NO: it has none; a broken chain drops the packet.
 */
enum answer ip6_header(struct eval *e, uint8_t proto, uint32_t *at);
/* Length in bytes of an extension header of this protocol that begins so. */
uint32_t ip6_header_len(uint8_t proto, const uint8_t *header);

/* -m hbh and -m dst: the options of the extension header `proto` (hbh_mt6() of ip6t_hbh.c). */
enum answer ip6_options_answer(struct eval *e, uint8_t proto, const struct ip6t_opts *info);

/* The options of a TCP header; a malformed or short one drops the packet. */
enum answer tcp_options(struct eval *e, const uint8_t **options, uint32_t *len);
/* Offset of the option in them, walked as the kernel does (also DCCP's); -1 when it is not there. */
int option_find(const uint8_t *options, uint32_t len, uint8_t kind);

#endif
