/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For test_eval.c: matches, each with a packet that it fits and one that it does not. */
#ifndef TESTS_UNIT_EVAL_ROWS_H
#define TESTS_UNIT_EVAL_ROWS_H

#include "net/addr.h"

#define V6(next, len) "60000000" len next "40" \
	"20010db8000000000000000000000002" "20010db8000000000000000000000001"
/* Without a checksum: it is put in. */
#define V4(proto, len) "4500" len "0001000040" proto "000001020304c0000201"
#define HEX(bytes) "-i eth0 --hex " bytes

static const struct row {
	enum family family;
	const char *rule, *yes, *no;
} rows[] = {
	{ FAMILY_IPV4, "-m addrtype --dst-type LOCAL", "-i eth0 -d 192.0.2.1",
	  "-i eth0 -d 192.0.2.2" },
	{ FAMILY_IPV4, "-m addrtype ! --src-type UNICAST --dst-type BROADCAST,MULTICAST",
	  "-i eth0 -s 192.0.2.1 -d 224.0.0.1", "-i eth0 -s 192.0.2.9 -d 192.0.2.255" },
	{ FAMILY_IPV4, "-m addrtype --dst-type LOCAL --limit-iface-in", "-i eth0 -d 192.0.2.1",
	  "-i eth1 -d 192.0.2.1" },
	{ FAMILY_IPV6, "-m addrtype --dst-type LOCAL", "-i eth0 -d 2001:db8::1",
	  "-i eth0 -d 2001:db8::2" },
	{ FAMILY_IPV6, "-m addrtype --dst-type MULTICAST", "-i eth0 -d ff02::1",
	  "-i eth0 -d fe80::1" },
	{ FAMILY_IPV6, "-m addrtype --src-type UNICAST", "-i eth0 -s fe80::1",
	  "-i eth0 -s ::ffff:1.2.3.4" },
	{ FAMILY_IPV4, "-m time --timestart 10:30 --timestop 10:31", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --timestart 10:31 --timestop 10:29", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m time --timestart 23:00 --timestop 10:30:00", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --timestart 23:00 --timestop 11:00 --weekdays Wed --contiguous",
	  "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --timestart 23:00 --timestop 11:00 --weekdays Wed", NULL,
	  "-i eth0" },
	{ FAMILY_IPV4, "-m time --weekdays Thu --monthdays 26", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time ! --weekdays Thu", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m time --monthdays 1,25,27", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m time --timestart 11:30 --timestop 11:31 --kerneltz", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --datestart 2026-11-26T10:30:00 --datestop 2026-11-26T10:30:00",
	  "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --datestop 2026-11-26T10:29:59", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m string --string needle --algo bm", "-i eth0 -p udp --payload hayneedle",
	  "-i eth0 -p udp --payload haynEedle" },
	{ FAMILY_IPV4, "-m string --string \"nEEdle\" --algo kmp --icase",
	  "-i eth0 -p udp --payload hayNeedlehay", "-i eth0 -p udp --payload hayneedl" },
	{ FAMILY_IPV4, "-m string --hex-string \"|e400|z\" --algo bm --icase",
	  "-i eth0 -p udp --payload \\xc4\\x00Z", "-i eth0 -p udp --payload \\xf7\\x00Z" },
	{ FAMILY_IPV4, "-m string --string ab --algo bm --from 28 --to 30",
	  "-i eth0 -p udp --payload ab", "-i eth0 -p udp --payload xab" },
	{ FAMILY_IPV4, "-m string ! --string ab --algo bm --from 29 --to 30",
	  "-i eth0 -p udp --payload ab", NULL },
	{ FAMILY_IPV4, "-m u32 --u32 \"0x0&0xffff=0x1d:0xffff\"", "-i eth0 -p udp --payload a",
	  "-i eth0 -p udp" },
	{ FAMILY_IPV4, "-m u32 --u32 \"6&0xff=17&&0>>22&0x3c@0>>16=53,5353\"",
	  "-i eth0 -p udp --sport 5353", "-i eth0 -p udp --sport 54" },
	{ FAMILY_IPV4, "-m u32 ! --u32 \"28=0\"", "-i eth0 -p udp --payload \\x00\\x00\\x00",
	  "-i eth0 -p udp --payload \\x00\\x00\\x00\\x00" },
	{ FAMILY_IPV4, "-m u32 --u32 \"12@0xffffffff=0\"", NULL, "-i eth0 -p udp" },
	{ FAMILY_IPV4, "-p tcp -m ecn --ecn-tcp-ece ! --ecn-tcp-cwr",
	  "-i eth0 --hex \"" V4("06", "0028") " 00010050 00000000 00000000 "
	  "5042 0000 00000000\"",
	  "-i eth0 --hex \"" V4("06", "0028") " 00010050 00000000 00000000 "
	  "50c2 0000 00000000\"" },
	{ FAMILY_IPV4, "-m ecn --ecn-ip-ect 2", "-i eth0 --ecn-ip-ect 2",
	  "-i eth0 --ecn-ip-ect 3" },
	{ FAMILY_IPV6, "-m ecn ! --ecn-ip-ect 2", "-i eth0 --ecn-ip-ect 1",
	  "-i eth0 --ecn-ip-ect 2" },
	/* An MSS of 1460, behind a window scale; one whose length is wrong. */
	{ FAMILY_IPV4, "-p tcp -m tcpmss --mss 1400:1500",
	  "-i eth0 --hex \"" V4("06", "0030") " 00010050 00000000 00000000 "
	  "7002 0000 00000000 01 030307 020405b4\"",
	  "-i eth0 --hex \"" V4("06", "0030") " 00010050 00000000 00000000 "
	  "7002 0000 00000000 01 030307 020305b4\"" },
	{ FAMILY_IPV4, "-p tcp -m tcpmss ! --mss 1400:1500", "-i eth0 -p tcp",
	  "-i eth0 --hex \"" V4("06", "002c") " 00010050 00000000 00000000 "
	  "6002 0000 00000000 02040578\"" },
	{ FAMILY_IPV4, "-p dccp -m dccp --sport 1:100 ! --dport 5 --dccp-types REQUEST,RESET",
	  "-i eth0 --hex \"" V4("21", "0024") " 00010050 04000000 00000000 "
	  "00000000\"",
	  "-i eth0 --hex \"" V4("21", "0024") " 00010050 04000000 02000000 "
	  "00000000\"" },
	{ FAMILY_IPV4, "-p dccp -m dccp --dccp-option 38",
	  "-i eth0 --hex \"" V4("21", "0028") " 00010050 05000000 00000000 "
	  "00000000 00 2603 ff\"",
	  "-i eth0 --hex \"" V4("21", "0028") " 00010050 05000000 00000000 "
	  "00000000 00 2503 26\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp ! --sport 1024:65535 --chunk-types any INIT,ABORT:T",
	  "-i eth0 --hex \"" V4("84", "0024") " 00010050 00000000 00000000 "
	  "06010004\"",
	  "-i eth0 --hex \"" V4("84", "0024") " 00010050 00000000 00000000 "
	  "06000004\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp --chunk-types all COOKIE_ECHO,SACK",
	  "-i eth0 --hex \"" V4("84", "002c") " 00010050 00000000 00000000 "
	  "03000004 0a000005 ff000000\"",
	  "-i eth0 --hex \"" V4("84", "002c") " 00010050 00000000 00000000 "
	  "03000004 03000005 ff000000\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp ! --chunk-types only SACK",
	  "-i eth0 --hex \"" V4("84", "0028") " 00010050 00000000 00000000 "
	  "03000004 0a000004\"",
	  "-i eth0 --hex \"" V4("84", "0024") " 00010050 00000000 00000000 "
	  "03000004\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp --sport 7 --dport 9", "-i eth0 -p sctp --sport 7 --dport 9",
	  "-i eth0 -p sctp --sport 7 --dport 8" },
	/* Hop by hop: a router alert, padding of two; then UDP. */
	{ FAMILY_IPV6, "-m hbh --hbh-opts 5:2,1", HEX(V6("00", "0010") "1100050200000100"
	  "0001000200080000"),
	  HEX(V6("00", "0010") "1100050100000100" "0001000200080000") },
	{ FAMILY_IPV6, "-m hbh ! --hbh-len 16", HEX(V6("00", "0010") "1100050200000100"
	  "0001000200080000"),
	  "-i eth0" },
	{ FAMILY_IPV6, "-m dst --dst-len 8 --dst-opts 0,4:1",
	  HEX(V6("3c", "0010") "1100000401ff0000" "0001000200080000"),
	  HEX(V6("3c", "0010") "1100000402ffff00" "0001000200080000") },
	{ FAMILY_IPV6, "-m rt --rt-type 0 --rt-segsleft 1:2 --rt-0-res --rt-0-addrs ::1,::2",
	  HEX(V6("2b", "0030") "3b04000200000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000002" "0000000000000000"),
	  HEX(V6("2b", "0030") "3b04000300000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000002" "0000000000000000") },
	{ FAMILY_IPV6, "-m rt --rt-type 0 --rt-0-addrs ::2 --rt-0-not-strict",
	  HEX(V6("2b", "0028") "3b04000200000001" "00000000000000000000000000000001"
	      "00000000000000000000000000000002"),
	  HEX(V6("2b", "0018") "3b02000200000001" "00000000000000000000000000000001") },
	{ FAMILY_IPV6, "-m frag --fragid 5:6 --fragfirst --fragmore",
	  HEX(V6("2c", "0010") "1100000100000005" "0001000200080000"),
	  HEX(V6("2c", "0010") "1100000900000005" "0001000200080000") },
	{ FAMILY_IPV6, "-m frag ! --fragid 5:6 --fraglast --fragres",
	  HEX(V6("2c", "0010") "1100000800000004" "0001000200080000"),
	  HEX(V6("2c", "0010") "1100000c00000004" "0001000200080000") },
	{ FAMILY_IPV6, "-m ipv6header --header hop,prot",
	  HEX(V6("00", "0010") "1100050200000100" "0001000200080000"), "-i eth0" },
	{ FAMILY_IPV6, "-m ipv6header --header dst --soft",
	  HEX(V6("00", "0018") "3c00050200000100" "1100000401ff0000" "0001000200080000"),
	  HEX(V6("00", "0010") "1100050200000100" "0001000200080000") },
	{ FAMILY_IPV6, "-m ipv6header --header none", HEX(V6("3b", "0000")), "-i eth0" },
	{ FAMILY_IPV6, "-p mobility-header -m mh --mh-type 5:6", HEX(V6("87", "0008")
	  "3b00060000000000"),
	  HEX(V6("87", "0008") "3b00070000000000") },
	{ FAMILY_IPV6, "-m eui64",
	  "-i eth0 --mac-source 02:11:22:33:44:55 -s fe80::11:22ff:fe33:4455",
	  "-i eth0 --mac-source 00:11:22:33:44:55 -s fe80::11:22ff:fe33:4455" },
	{ FAMILY_IPV6, "-m srh --srh-segs-left-eq 1 --srh-last-entry-gt 0 ! --srh-tag 0 "
		       "--srh-psid ::/0 --srh-nsid ::1/128",
	  NULL, HEX(V6("2b", "0028") "3b04040101000007" "00000000000000000000000000000001"
		    "00000000000000000000000000000002") },
	{ FAMILY_IPV6,
	  "-m srh --srh-segs-left-eq 1 ! --srh-tag 0 --srh-nsid ::1/128 --srh-lsid ::1",
	  HEX(V6("2b", "0028") "3b04040101000007" "00000000000000000000000000000001"
	      "00000000000000000000000000000002"),
	  HEX(V6("2b", "0028") "3b04040101000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000002") },
	{ FAMILY_IPV6, "-m srh --srh-psid ::2/127", HEX(V6("2b", "0028") "3b04040001000000"
		"00000000000000000000000000000001" "00000000000000000000000000000003"),
	  HEX(V6("2b", "0028") "3b04040001000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000001") },
	{ FAMILY_IPV4, "-m rpfilter", "-i eth0 -s 192.0.2.7", "-i eth0 -s 198.51.100.1" },
	{ FAMILY_IPV4, "-m rpfilter --loose --invert", NULL, "-i eth0 -s 198.51.100.1" },
	{ FAMILY_IPV4, "-p tcp -m tcp --dport 80 --syn", "-i eth0 -p tcp --dport 80 --syn",
	  "-i eth0 -p tcp --dport 80 --tcp-flags ALL ACK" },
	{ FAMILY_IPV4, "-p udp -m udp ! --sport 1:5", "-i eth0 -p udp --sport 6",
	  "-i eth0 -p udp --sport 5" },
	{ FAMILY_IPV4, "-p icmp -m icmp --icmp-type 3/1",
	  "-i eth0 -p icmp --icmp-type host-unreachable",
	  "-i eth0 -p icmp --icmp-type port-unreachable" },
	{ FAMILY_IPV6, "-p icmpv6 -m icmp6 --icmpv6-type 135",
	  "-i eth0 -p icmpv6 --icmpv6-type 135", "-i eth0 -p icmpv6 --icmpv6-type 136" },
	{ FAMILY_IPV4, "-p udp -m multiport --dports 5,7:9", "-i eth0 -p udp --dport 8",
	  "-i eth0 -p udp --dport 6" },
	{ FAMILY_IPV4, "-m iprange --src-range 192.0.2.5-192.0.2.7", "-i eth0 -s 192.0.2.6",
	  "-i eth0 -s 192.0.2.8" },
	{ FAMILY_IPV4, "-p ah -m ah --ahspi 5:6", HEX("\"" V4("33", "0020")
	  " 11010000 00000005 00000000\""), HEX("\"" V4("33", "0020")
	  " 11010000 00000007 00000000\"") },
	{ FAMILY_IPV6, "-m ah --ahspi 5 --ahlen 12",
	  HEX(V6("33", "000c") "3b01000000000005" "00000000"),
	  HEX(V6("33", "000c") "3b01000000000004" "00000000") },
	{ FAMILY_IPV4, "-p esp -m esp ! --espspi 5",
	  HEX("\"" V4("32", "001c") " 00000006 00000000\""),
	  HEX("\"" V4("32", "001c") " 00000005 00000000\"") },
	{ FAMILY_IPV4, "-p 108 -m ipcomp --ipcompspi 5",
	  HEX("\"" V4("6c", "0018") " 04000005\""), HEX("\"" V4("6c", "0018") " 04000006\"") },
	{ FAMILY_IPV4, "-m length --length 28:29", "-i eth0 -p udp",
	  "-i eth0 -p udp --payload ab" },
	{ FAMILY_IPV4, "-m dscp --dscp 46", "-i eth0 --dscp 46", "-i eth0 --dscp 45" },
	{ FAMILY_IPV4, "-m tos --tos 0x10/0x3f", "-i eth0 --tos 0x10", "-i eth0 --tos 0x8" },
	{ FAMILY_IPV4, "-m ttl --ttl-lt 9", "-i eth0 --ttl-eq 8", "-i eth0 --ttl-eq 9" },
	{ FAMILY_IPV6, "-m hl --hl-gt 9", "-i eth0 --hl-eq 10", "-i eth0 --hl-eq 9" },
	{ FAMILY_IPV4, "-m mark --mark 4/4", "-i eth0 --mark 6", "-i eth0 --mark 3" },
	{ FAMILY_IPV4, "-m cpu --cpu 1", "-i eth0 --cpu 1", "-i eth0 --cpu 0" },
	{ FAMILY_IPV4, "-m realm --realm 5", "-i eth0 --realm 5", "-i eth0 --realm 4" },
	{ FAMILY_IPV4, "-m devgroup --src-group 5", "-i eth0 --src-group 5", "-i eth0" },
	{ FAMILY_IPV4, "-m pkttype --pkt-type broadcast", "-i eth0 --pkt-type broadcast",
	  "-i eth0" },
	{ FAMILY_IPV4, "-m mac --mac-source 02:00:00:00:00:01",
	  "-i eth0 --mac-source 02:00:00:00:00:01", "-i eth0 --mac-source 02:00:00:00:00:02" },
	{ FAMILY_IPV4, "-m owner --uid-owner 7 ! --gid-owner 8", "--uid-owner 7 --gid-owner 7",
	  "--uid-owner 7 --gid-owner 8" },
	{ FAMILY_IPV4, "-m bpf --bytecode \"4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0\"",
	  "-i eth0 -p udp", "-i eth0 -p tcp" },
	/* Loads: indexed, twice; the length; a word of memory. Outside of the packet: no. */
	{ FAMILY_IPV4,
	  "-m bpf --bytecode \"9,177 0 0 0,72 0 0 2,2 0 0 3,128 0 0 0,97 0 0 3,12 0 0 0,"
	  "21 0 1 81,6 0 0 7,6 0 0 0\"", "-i eth0 -p udp --dport 53", "-i eth0 -p udp --dport 54" },
	{ FAMILY_IPV4, "-m bpf --bytecode \"2,32 0 0 25,6 0 0 1\"", "-i eth0 -p udp --payload a",
	  "-i eth0 -p udp" },
	{ FAMILY_IPV4, "-m bpf --bytecode \"4,0 0 0 5,52 0 0 0,6 0 0 1,6 0 0 1\"", NULL,
	  "-i eth0" },
	{ FAMILY_IPV4, "-m cluster --cluster-total-nodes 2 --cluster-local-node 1 "
	  "--cluster-hash-seed 7", "-i eth0 -s 192.0.2.5 --ctstate NEW",
	  "-i eth0 -s 192.0.2.6 --ctstate NEW" },
	{ FAMILY_IPV4, "-m connbytes --connbytes :9 --connbytes-mode bytes --connbytes-dir both",
	  "-i eth0 --ctstate ESTABLISHED", "-i eth0 --ctstate INVALID" },
	{ FAMILY_IPV4, "-m connmark --mark 5", "-i eth0 -m connmark --mark 5",
	  "-i eth0 -m connmark --mark 4" },
	{ FAMILY_IPV4, "-m conntrack --ctstate NEW,RELATED", "-i eth0 --ctstate NEW",
	  "-i eth0 --ctstate ESTABLISHED" },
	{ FAMILY_IPV4, "-m state --state ESTABLISHED", "-i eth0 --ctstate ESTABLISHED",
	  "-i eth0 --ctstate NEW" },
	{ FAMILY_IPV4, "-m connlimit --connlimit-above 6", "-i eth0 -s 192.0.2.7 --ctstate NEW",
	  "-i eth0 -s 192.0.2.6 --ctstate NEW" },
	{ FAMILY_IPV4, "-m statistic --mode random --probability 0.5", "-i eth0", "-i eth0" },
	{ FAMILY_IPV4, "-m set --match-set friends src,dst", "-i eth0 -s 192.0.2.2",
	  "-i eth0 -s 192.0.2.3" },
	/* A device that is no bridge. */
	{ FAMILY_IPV4, "-m physdev ! --physdev-in eth1 ! --physdev-is-bridged", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m physdev ! --physdev-in eth1 --physdev-is-in", NULL, "-i eth0" },
};

#endif
