#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that nft made in tables of iptables, one by one: what we call them, that -C and -D find them by
# these words, that -D leaves everything else as nft lists it, and what cannot be said in words is said
# to be so. Words must mean the same packets, so some of what looks alike is left unsaid.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need nft

listed() { here nft -nn list ruleset 2>/dev/null; }

# Neighbours with sets of their own, in every chain that is used below.
fresh
for chain in filter/INPUT filter/FORWARD filter/OUTPUT nat/PREROUTING nat/POSTROUTING raw/PREROUTING \
	mangle/PREROUTING mangle/POSTROUTING; do
	must here ipt -t ${chain%/*} -P ${chain#*/} ACCEPT
	must here nft "add rule ip ${chain%/*} ${chain#*/} udp dport { 1, 2, 3 } counter"
	must here nft "add rule ip ${chain%/*} ${chain#*/} ip saddr { 10.0.0.1, 10.0.0.9 } counter"
done
must here ipt6 -P INPUT ACCEPT
must here nft 'add rule ip6 filter INPUT udp dport { 1, 2, 3 } counter'
must here nft 'add rule ip6 filter INPUT ip6 saddr { ::1, ::9 } counter'
must here nft 'add set ip filter bad { type ipv4_addr; elements = { 203.0.113.1 }; }'
must here nft 'add table inet other; add chain inet other in { type filter hook input priority 5; }'
must here nft 'add rule inet other in tcp dport { 9, 10 } counter drop'
before=$(listed)

# Between the neighbours, as our save and -S show it.
between() { here "$program" -t "$table" -S "$chain" | sed '1,2d;$d'; }

# made TABLE CHAIN RULE: nft puts it between the neighbours; false, and skipped, where this kernel cannot
made() {
	table=$1 chain=$2 program=ipt family=ip
	case $table in *6) table=${table%6} program=ipt6 family=ip6 ;; esac
	here nft "add rule $family $table $chain index 0 $3" 2>"$TMP/err" && return
	skip "by hand: $3" "nft cannot make it here: $(head -n 1 "$TMP/err")"
	false
}

said() {
	made "$1" "$2" "$3" || return 0
	with=$(listed)
	is "by hand: $3" "$(between)" "-A $chain $4"
	eval "run here $program -t $table -C $chain $4"
	is "... and -C finds it by these words" "$rc$err" 0
	is "... nothing was touched" "$(listed)" "$with"
	eval "run here $program -t $table -D $chain $4"
	is "... and -D takes it, and its set, and nothing else" "$rc$err$(listed)" "0$before"
}

unsaid() {
	made "$1" "$2" "$3" || return 0
	matches "not in words: $3" "$(between)" "# rule *: $4"
	quiet "... and -D by number takes it" here "$program" -t "$table" -D "$chain" 2
	is "... and nothing else" "$(listed)" "$before"
}

# ------------------------------------------------------------------ sets

said filter INPUT 'tcp dport { 22, 80 } counter accept' '-p tcp -m multiport --dports 22,80 -j ACCEPT'
said filter INPUT 'tcp dport { 22, 80 } accept' '-p tcp -m multiport --dports 22,80 -j ACCEPT'
said filter INPUT 'udp sport { 53, 1000-2000, 123 } counter' '-p udp -m multiport --sports 53,123,1000:2000'
said filter INPUT 'tcp dport != { 22, 80-90 } counter drop' '-p tcp -m multiport ! --dports 22,80:90 -j DROP'
said filter INPUT 'tcp dport { 1000-2000, 60000-65535 } counter' '-p tcp -m multiport --dports 1000:2000,60000:65535'
said filter INPUT 'tcp dport { 0-10, 22 } counter' '-p tcp -m multiport --dports 0:10,22'
said filter INPUT 'sctp dport { 22, 80 } counter' '-p sctp -m multiport --dports 22,80'
said filter INPUT 'udplite dport 22 counter' '-p udplite -m multiport --dports 22'
said filter INPUT 'tcp dport { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 } counter' \
	'-p tcp -m multiport --dports 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29'
unsaid filter INPUT 'tcp dport { 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31 } counter' \
	'meta l4proto tcp tcp dport { 1, 3, 5, * 31 } counter'
unsaid filter INPUT 'tcp dport { 1-2, 4-5, 7-8, 10-11, 13-14, 16-17, 19-20, 22-23 } counter' \
	'meta l4proto tcp tcp dport { 1-2, 4-5, * } counter'
said filter INPUT 'tcp dport { 22, 80 } tcp sport 1024-65535 ip saddr 10.0.0.0/8 counter accept' \
	'-s 10.0.0.0/8 -p tcp -m multiport --dports 22,80 -m tcp --sport 1024:65535 -j ACCEPT'
said filter INPUT 'ct state { established, related } counter accept' \
	'-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
said filter INPUT 'ct state != { new, invalid } counter' '-m conntrack ! --ctstate INVALID,NEW'
said filter INPUT 'ip saddr { 10.0.0.1, 10.0.0.2, 10.0.0.3 } counter' '-m iprange --src-range 10.0.0.1-10.0.0.3'
said filter INPUT 'ip saddr { 10.0.0.0/9, 10.128.0.0/9 } counter' '-s 10.0.0.0/8'
unsaid filter INPUT 'ip saddr { 10.0.0.0/8, 192.168.0.0/16 } counter' 'ip saddr { 10.0.0.0/8, 192.168.0.0/16 } counter'
said filter INPUT 'ip saddr != { 10.0.0.0/8, 192.0.2.7 } counter drop' \
	'-m iprange ! --src-range 10.0.0.0-10.255.255.255 -m iprange ! --src-range 192.0.2.7-192.0.2.7 -j DROP'
said filter INPUT 'ip ttl { 1, 2, 3 } counter' '-m ttl --ttl-gt 0 -m ttl --ttl-lt 4'
said filter INPUT 'meta pkttype != { broadcast, multicast } counter' \
	'-m pkttype ! --pkt-type broadcast -m pkttype ! --pkt-type multicast'
unsaid filter INPUT 'meta pkttype { broadcast, multicast } counter drop' 'meta pkttype { broadcast, multicast } counter drop'
said filter INPUT 'icmp type != { echo-request, echo-reply } counter' \
	'-p icmp -m icmp ! --icmp-type 0 -m icmp ! --icmp-type 8'
unsaid filter INPUT 'icmp type { echo-request, echo-reply } counter' 'meta l4proto icmp icmp type { 0, 8 } counter'
said filter INPUT 'meta mark != { 1, 2 } counter' '-m mark ! --mark 0x1 -m mark ! --mark 0x2'
unsaid filter INPUT 'meta mark { 1, 2 } counter' 'meta mark { 0x1, 0x2 } counter'
unsaid filter INPUT 'iifname { "a", "b*" } counter' 'iifname { "a", "b*" } counter'
unsaid filter INPUT 'meta l4proto { tcp, udp } th dport 53 counter' 'meta l4proto { tcp, udp } th dport 53 counter'
unsaid filter INPUT 'ip saddr . tcp dport { 10.0.0.1 . 22 } counter' '*ip saddr . tcp dport @__set* counter'
unsaid filter INPUT 'ct state vmap { established : accept, invalid : drop }' \
	'ct state vmap { invalid : drop, established : accept }'
unsaid filter INPUT 'ip saddr @bad counter drop' 'ip saddr @bad counter drop'
said filter OUTPUT 'meta skuid { 1000, 1001 } counter' '-m owner --uid-owner 1000-1001'
said filter6 INPUT 'tcp dport { 22, 80 } counter accept' '-p tcp -m multiport --dports 22,80 -j ACCEPT'
said filter6 INPUT 'ip6 saddr { fe80::1, fe80::2 } counter' '-m iprange --src-range fe80::1-fe80::2'
said nat PREROUTING 'tcp dport { 80, 443 } counter dnat to 10.0.0.1' \
	'-p tcp -m multiport --dports 80,443 -j DNAT --to-destination 10.0.0.1'

# ------------------------------------------------------------------ what routes, devices and links say

said filter INPUT 'fib daddr type local counter' '-m addrtype --dst-type LOCAL'
said filter INPUT 'fib daddr type != local counter' '-m addrtype ! --dst-type LOCAL'
said filter INPUT 'fib daddr type { local, broadcast } counter' '-m addrtype --dst-type LOCAL,BROADCAST'
said filter INPUT 'fib saddr . iif type != { unicast, local } counter' \
	'-m addrtype ! --src-type UNICAST,LOCAL --limit-iface-in'
# IPv6's routes are asked otherwise by -m addrtype.
unsaid filter6 INPUT 'fib daddr type local counter' 'fib daddr type local counter'
# The other way round is a DHCP server's business: -m rpfilter does not see 0.0.0.0 as nft does.
unsaid filter INPUT 'fib saddr . iif oif missing counter drop' 'fib saddr . iif oif * counter drop'
said filter INPUT 'iif lo counter accept' '-i lo -j ACCEPT'
said filter OUTPUT 'oif != lo counter' '! -o lo'
must here ip link add veth7 type veth peer name veth8
unsaid filter INPUT 'iif veth7 counter' 'iif "veth7" counter'
said filter INPUT 'ether saddr 02:00:00:00:00:01 counter' '-m mac --mac-source 02:00:00:00:00:01'
# There the kernel knows no -m mac.
unsaid filter OUTPUT 'ether saddr 02:00:00:00:00:01 counter' 'iiftype 1 ether saddr 0x020000000001 counter'
# No program of the family takes -o there.
unsaid filter INPUT 'oifname != "a" counter' 'oifname != "a" counter'
unsaid filter INPUT 'iiftype ether counter' 'iiftype 1 counter'
unsaid filter INPUT '@ll,48,48 0x020000000001 counter' 'ether saddr 0x020000000001 counter'
said filter INPUT 'rt classid 5 counter' '-m realm --realm 0x5'
said filter INPUT 'iifgroup 5 counter' '-m devgroup --src-group 0x5'

# ------------------------------------------------------------------ numbers

said filter INPUT 'ip ttl < 5 counter' '-m ttl --ttl-lt 5'
said filter INPUT 'ip ttl >= 5 counter' '-m ttl --ttl-gt 4'
said filter INPUT 'ip ttl 5-10 counter' '-m ttl --ttl-gt 4 -m ttl --ttl-lt 11'
said filter6 INPUT 'ip6 hoplimit < 5 counter' '-m hl --hl-lt 5'
said filter INPUT 'ip dscp cs1 counter' '-m dscp --dscp 0x08'
said filter6 INPUT 'ip6 dscp != ef counter' '-m dscp ! --dscp 0x2e'
said filter INPUT 'ip ecn ce counter' '-m ecn --ecn-ip-ect 3'
said filter6 INPUT 'ip6 ecn ce counter' '-m ecn --ecn-ip-ect 3'
said filter INPUT 'ip length 100-200 counter' '-m length --length 100:200'
said filter INPUT 'meta length > 1000 counter' '-m length --length 1001:65535'
unsaid filter INPUT 'meta length 70000 counter' 'meta length 70000 counter'
said filter OUTPUT 'meta skuid > 1000 counter' '-m owner --uid-owner 1001-4294967294'
# -m owner holds for packets of no socket, too, when it is negated, and stands in OUTPUT only.
unsaid filter OUTPUT 'meta skuid != 0 counter' 'meta skuid != 0 counter'
unsaid filter INPUT 'meta skuid 0 counter' 'meta skuid 0 counter'
said filter INPUT 'tcp flags & (fin|syn|rst|ack) == syn counter' '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN'
unsaid filter INPUT 'tcp flags == syn counter' 'meta l4proto tcp tcp flags syn counter'

# ------------------------------------------------------------------ connections

said filter INPUT 'ct status dnat counter' '-m conntrack --ctstate DNAT'
unsaid filter INPUT 'ct status != dnat counter' 'ct status != dnat counter'
# One match of both would hold for packets of no connection.
said filter INPUT 'ct state invalid ct status expected counter' '-m conntrack --ctstate INVALID -m conntrack --ctstatus EXPECTED'
said filter INPUT 'ct direction != reply counter' '-m conntrack --ctdir ORIGINAL'
said filter INPUT 'ct mark & 0xff == 0x1 counter' '-m connmark --mark 0x1/0xff'
said mangle PREROUTING 'counter meta mark set ct mark' \
	'-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff'
said mangle POSTROUTING 'counter ct mark set meta mark & 0xff' \
	'-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xffffffff'
unsaid mangle PREROUTING 'meta mark set ct mark counter' 'meta mark set ct mark counter'
said raw PREROUTING 'counter notrack' '-j CT --notrack'
unsaid filter INPUT 'counter notrack' 'counter notrack'

# ------------------------------------------------------------------ order, and what follows a target

said filter INPUT 'tcp dport 22 limit rate 5/second counter' '-p tcp -m tcp --dport 22 -m limit --limit 5/sec'
unsaid filter INPUT 'limit rate 5/second tcp dport 22 counter' 'limit rate 5/second * tcp dport 22 counter'
unsaid filter INPUT 'counter tcp dport { 22, 80 }' 'counter meta l4proto tcp tcp dport { 22, 80 }'
said filter INPUT 'log prefix "x: " counter' '-j LOG --log-prefix "x: "'
said filter INPUT 'meta mark set 1 counter' '-j MARK --set-xmark 0x1/0xffffffff'
unsaid filter INPUT 'counter log prefix "x: " level info flags skuid drop' \
	'counter log prefix "x: " level info flags skuid drop'
unsaid nat POSTROUTING 'counter masquerade persistent' 'counter masquerade persistent'
said filter INPUT 'counter queue num 0-3 bypass' '-j NFQUEUE --queue-balance 0:3 --queue-bypass'
said filter INPUT 'tcp dport { 22, 23 } counter comment "two ports"' \
	'-p tcp -m multiport --dports 22,23 -m comment --comment "two ports"'

# ------------------------------------------------------------------ edits around them

must here nft 'add rule ip filter FORWARD index 0 tcp dport { 22, 80 } counter accept'
with=$(listed)
forward() { here ipt -S FORWARD | grep -c '^-A FORWARD -p tcp -m multiport --dports 22,80 -j ACCEPT$'; }
quiet "-I in front of one" here ipt -I FORWARD -s 192.0.2.1 -j DROP
quiet "-A behind it" here ipt -A FORWARD -s 192.0.2.2 -j DROP
quiet "-R of a neighbour" here ipt -R FORWARD 1 -s 192.0.2.3 -j DROP
quiet "-Z of it" here ipt -Z FORWARD 3
quiet "-Z of all" here ipt -Z
quiet "-D of the neighbours" here sh -c "'$BIN/iptables' -D FORWARD -s 192.0.2.3 -j DROP &&
	'$BIN/iptables' -D FORWARD 4"
is "... and all is as before" "$(listed)" "$with"
feed "*filter
-A FORWARD -s 192.0.2.5 -j DROP
-D FORWARD -s 192.0.2.5 -j DROP
COMMIT
" here "$BIN/iptables-restore" -n
is "a restore beside it" "$rc$err$(listed)" "0$with"
here "$BIN/iptables-save" -t filter >"$TMP/saved"
is "it is saved" "$(grep -c '^-A FORWARD -p tcp -m multiport --dports 22,80 -j ACCEPT$' "$TMP/saved")" 1
quiet "-R of it" here ipt -R FORWARD 2 -p tcp --dport 22 -j ACCEPT
is "... takes its set with it" "$(here nft list ruleset 2>/dev/null | grep -c '22, 80')" 0
quiet "-F" here ipt -F FORWARD
quiet "the save is loaded again" here "$BIN/iptables-restore" "$TMP/saved"
is "... with the rule" "$(forward)" 1

# Judging by it: the words are what is evaluated.
fresh
must here ipt -P INPUT DROP
must here nft 'add rule ip filter INPUT tcp dport { 22, 80-90 } ip saddr != { 192.0.2.1, 192.0.2.3 } counter accept'
explain() { here "$BIN/postern" explain -q -i lo -d 127.0.0.1 "$@"; }
is "explain: a port of the set" "$(explain -s 192.0.2.2 -p tcp --dport 85)" accepted
is "explain: a port between" "$(explain -s 192.0.2.2 -p tcp --dport 23)" dropped
is "explain: an address of the other set" "$(explain -s 192.0.2.3 -p tcp --dport 85)" dropped
finish
