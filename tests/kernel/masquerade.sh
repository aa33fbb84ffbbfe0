#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# -M of ipchains and ipfwadm: the masqueraded flows as they are in connection tracking, and their
# time-outs, which are theirs alone: neither other connections nor the sysctls of all notice.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need socat ss conntrack nft

#   inside 10.2.0.2 ---- 10.2.0.1 gate 203.0.113.1 ---- 203.0.113.9 outside
host inside gate outside
cable inside eth0 gate lan
cable gate wan outside eth0
address inside eth0 10.2.0.2/24
address gate lan 10.2.0.1/24
address gate wan 203.0.113.1/24
address outside eth0 203.0.113.9/24
on inside ip route add default via 10.2.0.1
setting gate net.ipv4.ip_forward=1

chains() { on gate "$BIN/ipchains" --no-warnings "$@"; }
fw() { on gate "$BIN/ipfwadm" "$@"; }
start outside socat TCP4-LISTEN:80,reuseaddr,fork EXEC:cat 2>/dev/null; web=$started
start outside socat UDP4-LISTEN:53,reuseaddr,fork EXEC:cat 2>/dev/null; dns=$started
wait_for 5 listens outside 80
wait_for 5 listens outside 53 u
clients=
# hold PORT: a connection from inside that stays
hold() {
	start inside socat "TCP4:203.0.113.9:80,sourceport=$1" EXEC:"sleep 60" 2>/dev/null
	clients="$clients $started"
	wait_for 5 on gate sh -c "conntrack -L -p tcp --orig-port-src $1 2>/dev/null | grep -q ESTABLISHED"
}
say() { echo x | on inside socat -t 0.3 - "UDP4:203.0.113.9:53,sourceport=$1" >/dev/null 2>&1; }
# listed PROGRAM...: without the time, and without the port that the kernel chose
listed() { "$@" -n | sed 's/[0-9][0-9]*:[0-9][0-9]\.00/TIME   /; s/(6[1-5][0-9]*)/(6xxxx)/'; }
# left PORT: seconds that connection tracking gives the flow from that port
left() { on gate conntrack -L 2>/dev/null | sed -n "s/^[a-z]* *[0-9]* \\([0-9]*\\) [^=]*src=[0-9.]* dst=[0-9.]* sport=$1 .*/\\1/p"; }
# about PORT SECONDS: yes when that is what is left, or a little less
about() { n=$(left "$1"); [ -n "$n" ] && [ "$n" -le "$2" ] && [ "$n" -gt $(($2 - 20)) ] && echo yes || echo "$1: ${n:-none}"; }

is "nothing is masqueraded" "$(chains -M -L)" "IP masquerading entries"
is "... and listing made nothing" "$(on gate nft list ruleset)" ""
is "ipfwadm says the same" "$(fw -M -l)" "IP masquerading entries"

quiet "time-outs before there is a table" chains -M -S 1000 100 50
matches "... make one" "$(on gate nft list table ip ipchains)" "*ct timeout masq-tcp-1000-100 {*established : 1000,*"
chains -A forward -i wan -s 10.2.0.0/24 -j MASQ
sysctls() { on gate sh -c 'cat /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_* /proc/sys/net/netfilter/nf_conntrack_udp_timeout*'; }
before=$(sysctls)
hold 4021
say 1046
on inside /usr/bin/python3 "$TESTS/kernel/send.py" icmp 203.0.113.9 8 --src 10.2.0.2
listed chains -M -L >"$TMP/list"
is "TCP, UDP and ICMP, by their sources" "$(sed 's/[0-9]* ([0-9]*) -> 8$/ID (ID) -> 8/' "$TMP/list")" \
	"IP masquerading entries
prot expire   source               destination          ports
ICMP TIME    10.2.0.2             203.0.113.9          ID (ID) -> 8
TCP  TIME    10.2.0.2             203.0.113.9          4021 (6xxxx) -> 80
UDP  TIME    10.2.0.2             203.0.113.9          1046 (6xxxx) -> 53"
is "... with -v the sequence numbers" "$(listed chains -M -L -v | grep -v ICMP)" \
	"IP masquerading entries
prot expire      initseq delta prevd source               destination          ports
TCP  TIME             0     0     0 10.2.0.2             203.0.113.9          4021 (6xxxx) -> 80
UDP  TIME             0     0     0 10.2.0.2             203.0.113.9          1046 (6xxxx) -> 53"
matches "... and names without -n" "$(chains -M -L)" "*UDP *10.2.0.2 * 203.0.113.9 *1046 (6*) -> domain*"
is "ipfwadm has the protocols small" "$(listed fw -M -l | sed -n 's/^\(tcp\|udp\) .*/\1/p' | tr '\n' ' ')" "tcp udp "
is "... and the sequence numbers with -e" "$(fw -M -l -e -n | sed -n 2p)" \
	"prot expire      initseq delta prevd source               destination          ports"
outside_port=$(chains -M -L -n | sed -n 's/^TCP.*4021 (\([0-9]*\)).*/\1/p')
is "the port in brackets is the one outside" "$(on outside ss -Hnt state established "( dport = :$outside_port )" | grep -c 203.0.113.1)" 1
is "these flows have the time that was set" "$(about 4021 1000) $(about 1046 50)" "yes yes"

quiet "other time-outs; 0 stays" chains -M -S 2000 0 70
hold 4022
say 1047
is "... for flows that begin from now on" "$(about 4022 2000) $(about 1047 70)" "yes yes"
is "flows of before keep theirs" "$(about 4021 1000)" "yes"
quiet "-S alone means -M -S" chains -S 0 30 0
hold 4023
is "... and leaves the others" "$(about 4023 2000)" yes
kill "$started"
wait_for 5 on gate sh -c "conntrack -L -p tcp --orig-port-src 4023 2>/dev/null | grep -q WAIT"
is "a connection that is closed" "$(about 4023 30)" yes
start gate socat "TCP4:203.0.113.9:80,sourceport=4030" EXEC:"sleep 60" 2>/dev/null
clients="$clients $started"
wait_for 5 on gate sh -c "conntrack -L -p tcp --orig-port-src 4030 2>/dev/null | grep -q ESTABLISHED"
is "a connection of the gate's own has the time of all" "$([ "$(left 4030)" -gt 100000 ] && echo yes)" yes
is "... and is not listed" "$(chains -M -L -n | grep -c 4030)" 0
is "the sysctls are what they were" "$(sysctls)" "$before"
is "FTP's helper is still given out" "$(on gate nft list chain ip ipchains mark-masq | grep -c 'ct helper set "masq-ftp"')" 1
on gate nft list ruleset >"$TMP/nft"
is "nft loads what it listed" "$(on gate sh -c "nft flush ruleset; nft -f $TMP/nft" 2>&1)" ""
hold 4024
is "... with its time-outs" "$(about 4024 2000)" yes

chains -F
quiet "ipfwadm's" fw -M -s 500 40 0
fw -F -a accept -m -S 10.2.0.0/24 -W wan
hold 4025
say 1048
is "... the third is as in linux 2.0" "$(about 4025 500) $(about 1048 300)" "yes yes"
run fw -M -s 1 2
is "three numbers are needed" "$rc" 2
run chains -M -S 1 2 x
matches "... numbers" "$rc $err" "2 *invalid timeout*"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	for words in "ipchains -M -L" "ipfwadm -M -l"; do
		# shellcheck disable=SC2086 # words
		run on gate setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$BIN/"$words
		matches "$words, not root" "$rc $err" "1 *ermission denied*"
	done
fi
# shellcheck disable=SC2086 # a list
stop $clients "$web" "$dns"
finish
