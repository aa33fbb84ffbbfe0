/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Value types: what the words of an option mean. An extension picks one by address and says where
 * the value lives; the layout there is given here with each type. Missing types are added here,
 * never parsed by hand in an extension.
 */
#ifndef POSTERN_EXT_TYPE_TYPES_H
#define POSTERN_EXT_TYPE_TYPES_H

#include "ext/ext.h"

/* int.c: unsigned integers in host order, opt->min..max (max 0: as wide as the span). */
extern const struct type type_uint;		/* decimal; span 1, 2, 4 or 8 bytes */
extern const struct type type_hex;		/* shown as 0x1f */
extern const struct type type_hex_full;		/* shown as 0x001f, all digits of the span */
extern const struct type type_uint_below;	/* decimal; the field is below the value */
extern const struct type type_uint_above;
extern const struct type type_bit;		/* n from 1: bit n - 1 of the span is set */
extern const struct type type_uint_be;		/* network order; shown decimal */
extern const struct type type_hex_be_full;	/* network order; saved with all digits of the span
						 * */
extern const struct type type_range;		/* "a", "a:b", ":b", "a:"; two integers,
	span both */
/* "a", "a:", "a:b": u64[2], no end is all ones; negated when the first is above the second. */
extern const struct type type_range_swapped;
extern const struct type type_constant;		/* no words: stores opt->min at the span */

/* mark.c: "value[/mask]", two u32; shown 0x1, 0x1/0xff. Missing mask: all ones. */
extern const struct type type_mark;

/* file.c: numbers with names from a file, here opt->names is its path. */
extern const struct type type_mark_named;	/* as type_mark, or a name: "/etc/iproute2/group" */
extern const struct type type_label;		/* u16: bit of a connection label; no opt->names */
/* Lines "NUMBER NAME", numbers up to `max`; read once. The name is a word, or all of the line. */
const struct name *type_file_names(const char *path, uint32_t max, bool whole_line);

/* port.c */
extern const struct type type_port;		/* u16; number or service name of the rule's
						 * protocol */
extern const struct type type_port_be;		/* the same in network order,
	always shown as number */
extern const struct type type_ports;		/* "a", "a:b": u16[2]; unset is 0:65535 */

/* name.c: opt->names is a `struct name` table. */
extern const struct type type_name;		/* one of them (any case); unsigned of the span */
extern const struct type type_name_masked;	/* one; only the bits opt->max of the span are its
						 * own */
extern const struct type type_name_bits;	/* "A,B": value is OR of the rows */
extern const struct type type_name_bits_hex;	/* the same; listed as 0x0F with -n */
extern const struct type type_name_bits_numbers;	/* the same; listed as "0,1" with -n */
extern const struct type type_name_or_uint;	/* a name, or a number */
extern const struct type type_number_named;	/* the same, saved as the number */
/* "a", "a:b" of names, of beginnings of them or of numbers; two unsigned; names without -n only. */
extern const struct type type_name_range;

/* text.c: char[span], NUL-terminated, quoted when saved; longer text is refused. */
extern const struct type type_text;		/* opt->max: most characters, 0: span - 1 */
extern const struct type type_word;		/* a name: quoted only when it has to be */
extern const struct type type_text_quoted;	/* quoted in listings, too */
extern const struct type type_text_counted;	/* a name; behind it its length as u32 */

/* cgroup.c: of struct xt_cgroup_info_v2; class ids are not known. */
enum answer type_cgroup_match(struct eval *e, const void *data, void *state);

/* bpf.c: all of struct xt_bpf_info_v1 (mode is the extension's), or its path. */
extern const struct type type_bpf_program;	/* "COUNT,CODE JT JF K,..." */
extern const struct type type_bpf_pinned;	/* path of a pinned program */

/* addr.c: union nf_inet_addr (16 bytes) or be32 for a span of 4. */
extern const struct type type_host;		/* one address, no mask */
extern const struct type type_host_named;	/* the same; listed by name without -n */
extern const struct type type_mask;		/* the same as a mask; ones all over when it is full
						 * */
extern const struct type type_network;		/* "addr[/mask]": address then mask, span both */
extern const struct type type_network_named;	/* the same; listed by name without -n */
extern const struct type type_addr_range;	/* "low[-high]": span both */
extern const struct type type_mac;		/* six bytes, XX:XX:XX:XX:XX:XX */

/* rate.c: "3/min" as xt_limit's u32: units of 1/10000 s between two packets. */
extern const struct type type_rate;
/* The rate and its unit in seconds that such a number means, and back (0: too fast). */
void rate_split(uint32_t avg, uint64_t *rate, uint64_t *unit);
uint32_t rate_join(uint64_t rate, uint64_t unit);

/* tcp.c: "MASK COMP" and --syn as u8[2]: flags looked at, flags wanted. */
extern const struct type type_tcp_flags;
extern const struct type type_tcp_flags_syn;

/* ip6.c: IPv6 header options, "TYPE[:LEN],..." as the opts and optsnr of struct ip6t_opts. */
extern const struct type type_ip6_opts;

/* dscp.c: class names of DiffServ code points, for type_name and for DSCP values. */
extern const struct name dscp_classes[];

/* iface.c: char name[16], then the mask of the bytes that count ("eth+" has three). */
extern const struct type type_iface;

/*
 * proto.c: a protocol by name or number; opt->names: only these, saved by name; else saved as
 * number.
 */
extern const struct type type_proto;

/* hosts.c: IPv6 addresses as an array, behind it their number in one byte. */
extern const struct type type_hosts6;
/*
 * "addr[/len]", IPv6: address at the start of the span, mask in its last 16 bytes; always with
 * /len.
 */
extern const struct type type_prefix6;
/* apart.c: "addr/len", not masked: address at the start of the span, length in its last byte. */
extern const struct type type_network_apart;

/* tos.c: "value[/mask]" or a name, two bytes. */
extern const struct type type_tos;		/* value, mask */
extern const struct type type_tos_mask_first;	/* mask, value */
void type_tos_names(struct sink *sink);		/* for help */

/* bitrate.c: "8bit", "1.5mbps" as tc has them: u32, bytes in a second. */
extern const struct type type_bitrate;
void bitrate_print(struct sink *sink, uint32_t rate, unsigned how);

/* calendar.c: in UTC. */
extern const struct type type_daytime;		/* u32 seconds, "hh:mm[:ss]" */
extern const struct type type_date;		/* u32 seconds, "YYYY[-MM[-DD[Thh[:mm[:ss]]]]]" */
/* Bit n for day n, opt->max of them; opt->names: called so, two letters are enough. */
extern const struct type type_days;

/* pattern.c: char[opt->max], then its length in one byte. */
extern const struct type type_pattern;		/* a text; saved as hex-string when it has to be */
extern const struct type type_pattern_hex;	/* text with |hex digits| inside */
extern const struct type type_algorithm;	/* type_word: a text search of the kernel */

/* sctp.c: "all|any|only CHUNK[:FLAGS],...": from chunkmap to flag_count of struct xt_sctp_info. */
extern const struct type type_sctp_chunks;
void type_sctp_names(struct sink *sink);	/* for help */

/* u32.c: all of struct xt_u32 but `invert`. */
extern const struct type type_u32;

/* prefix.c: leading bits of an address, "24" or "255.255.255.0"; shown as a length. */
extern const struct type type_prefix_len;	/* u8 */
extern const struct type type_prefix_mask;	/* union nf_inet_addr,
	a mask; ones all over when full */

/* icmp.c: u8[3]: type, lowest and highest code. opt->names is a table made with ICMP_NAME. */
extern const struct type type_icmp;
#define ICMP_NAME(name, type, low, high) { (name), (type) << 16 | (low) << 8 | (high) }
/* The table as the original's help lists it: codes indented, second names in parentheses. */
void type_icmp_names(struct sink *sink, const struct name *names);

/* conntrack.c: parts of struct xt_conntrack_mtinfo3. */
extern const struct type type_ct_state;		/* bits XT_CONNTRACK_STATE_*, of opt->names */
extern const struct type type_ct_proto;		/* u16, by name or number; shown as number */
extern const struct type type_ct_dir;		/* opt->names with the bit opt->max for REPLY */
extern const struct type type_ct_ports;		/* as type_ports, its high end lies elsewhere */

/* user.c: u32[2], a range of ids; one of them listed by name without -n. */
extern const struct type type_users;
extern const struct type type_groups;

/* masked.c: as type_name_bits; only the bits opt->max of the span are its own. */
extern const struct type type_name_bits_masked;

/* statistic.c */
extern const struct type type_probability;	/* u32, 2^31 is one */
extern const struct type type_uint_less;	/* stored one less than written; opt->min 1 */

/* ports.c: from `count` to `pflags` of struct xt_multiport_v1. */
extern const struct type type_port_list;

/* hashlimit.c: all of the `cfg` of struct xt_hashlimit_mtinfo3. */
extern const struct type type_hashlimit_rate;	/* "3/min", "4kb/s" */
extern const struct type type_hashlimit_burst;	/* packets, or bytes with k and m */
extern const struct type type_hashlimit_expire;	/* milliseconds; absent when the rate's own */
extern const struct type type_hashlimit_interval;	/* seconds, with --hashlimit-rate-match */
/* What must follow from each other once all options are there; `given` are the bits of check. */
int type_hashlimit_settle(const struct check *check, bool burst_given, bool expire_given);

/* set.c: struct xt_set_info, "NAME src,dst": the kernel is asked for its number. */
extern const struct type type_set;
extern const struct type type_set_maybe;	/* preset "": no set */
extern const struct type type_set_timeout;	/* u32 seconds; preset "": the set's own */

/*
 * Where sets have their numbers from. Usually that is the kernel; a program that only reads rules,
 * or keeps them elsewhere, says so once before it parses the first one.
 */
struct set_names {
	/* False: there is no such set. `family` 0: it is of no family of its own. */
	bool (*find)(const char *name, uint16_t *index, unsigned *family);
	bool (*name)(uint16_t index, char name[32]);
};
/* Numbers in the order in which names come up, at most 4096 of them in a process. */
extern const struct set_names set_names_given;
void set_names_use(const struct set_names *names);	/* NULL: the kernel's */
/* The name of a rule's set; false when nobody knows it. */
bool set_name(uint16_t index, char name[32]);

/*
 * change.c: new = (old & ~mask) ^ value; value and mask, two u32 or two u8; shown 0x1/0xffffffff.
 */
extern const struct type type_change;		/* "value[/mask]" */
extern const struct type type_change_set;	/* the same, the bits of the value are set */
extern const struct type type_change_and;	/* "bits", as the other two */
extern const struct type type_change_or;
extern const struct type type_change_xor;
extern const struct type type_mask_twice;	/* one mask for two u32 */

/* nat.c: all of a range struct of the kernel, told by its size (see there). */
extern const struct type type_nat_to;		/* "addr[-addr][:port[-port[/base]]]",
	"[addr]:port" */
extern const struct type type_nat_ports;	/* "port[-port]" */
extern const struct type type_nat_network;	/* "addr/mask" as first and last address */

/* zone.c: flags and zone of struct xt_ct_target_info_v1; opt->max: flag of the direction. */
extern const struct type type_zone;

/* class.c: "MAJOR:MINOR" of traffic control, u32. */
extern const struct type type_class;

/* queue.c: first queue and how many, u16[2]. */
extern const struct type type_queue;		/* "first" */
extern const struct type type_queues;		/* "first:last" */

/* tcpopt.c: u32[8], a bit for each kind of TCP option. */
extern const struct type type_tcp_options;
extern const struct name tcp_option_names[];

/* duration.c: "250ms": u32 microseconds. */
extern const struct type type_duration;
void duration_put(struct sink *sink, uint64_t usec);

/* mark.c, again: mask before value, as TPROXY has them; shown with the mask always. */
extern const struct type type_mark_mask_first;

/* hmark.c: all of struct xt_hmark_info: "src,dst,sport,dport,spi,proto,ct". */
extern const struct type type_hmark_tuple;
extern const struct type type_hmark_prefix;	/* union nf_inet_addr, a mask; shown as a length */
extern const struct type type_hmark_hex;	/* u16 or u32: saved 0x01 or 0x00000001,
	listed 0x1 */
extern const struct type type_hmark_offset;	/* u32: saved decimal, listed 0x1 */

/* Helpers shared by types. */

/* "neither a valid network mask nor valid CIDR". */
int type_bad_mask(const struct opt_in *in);

/* Splits `text` at `separator` into at most `room` parts,
    copied into `buf`; parts are NUL-terminated.
 * Returns their number, 0 when there are more or the buffer is too small. */
size_t type_split(const char *text, char separator, char *buf, size_t size, char **parts,
		  size_t room);

/* The largest value of an unsigned of `width` bytes, or opt->max when that is set. */
uint64_t type_max(const struct opt *opt, size_t width);

/*
 * "a", "a:b", ":b", "a:" into `value`, which holds what an end left out means. Returns how many
 * ends there are, or -EINVAL with xtopt_parse_mint's texts.
 */
int type_read_range(const struct opt_in *in, uint64_t most, uint64_t value[2]);

/* Writes text as a save file wants it: quoted and escaped when needed (xtables_save_string). */
void type_quote(struct sink *sink, const char *text);

/* "tcp" for the protocol of the rule, NULL when it has none with ports. */
const char *type_proto_name(const struct head *head);

#endif
