#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# postern run from capture to capture: no privileges, no kernel. What passes, as it was translated, by the
# time of the capture; counters; what is wrong with the words.
STORE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
here=$TESTS/filter
cat >"$TMP/host" <<'END'
link eth0
link eth1
addr 192.0.2.1/24 dev eth0
addr 10.0.0.1/24 dev eth1
route default via 192.0.2.254 dev eth0
forward on
END
must ipt -P FORWARD DROP
must ipt -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
must ipt -A FORWARD -i eth0 -d 10.0.0.9 -p udp --dport 53 -j ACCEPT
must ipt -A FORWARD -i eth1 -p udp --dport 123 -j ACCEPT
must ipt -t nat -A PREROUTING -d 192.0.2.1 -p udp --dport 53 -j DNAT --to 10.0.0.9
must ipt -t nat -A POSTROUTING -o eth0 -j MASQUERADE

judge() {
	out_file=$TMP/out.pcap
	rm -f "$out_file"
	must python3 -B "$here/captures.py" make "$TMP/in.pcap" "$@"
	run "$BIN/postern" run --read "$TMP/in.pcap" --write "$out_file" --host "$TMP/host"
}
passed() { python3 -B "$here/captures.py" show "$out_file"; }

judge 100:udp:203.0.113.9:5000:192.0.2.1:53 101:udp:10.0.0.9:53:203.0.113.9:5000 102:udp:10.0.0.9:54:203.0.113.9:5000
is "a conversation, translated both ways, and what is no part of it" "$(passed)" \
"100 17 203.0.113.9:5000 10.0.0.9:53 ttl 63 len 36 good
101 17 192.0.2.1:53 203.0.113.9:5000 ttl 63 len 36 good"
is "how it ended" "$rc$out" 0
is "what it says" "$err" "postern: filtering by the rules of $POSTERN_STORE
postern: 2 passed, 1 dropped, 0 rejected, 0 lost, 0 not IP"
is "the counters" "$(ipt -S FORWARD -v)" "-P FORWARD DROP -c 1 36
-A FORWARD -m conntrack --ctstate ESTABLISHED -c 1 36 -j ACCEPT
-A FORWARD -d 10.0.0.9/32 -i eth0 -p udp -m udp --dport 53 -c 1 36 -j ACCEPT
-A FORWARD -i eth1 -p udp -m udp --dport 123 -c 0 0 -j ACCEPT"

judge 100:udp:203.0.113.9:5000:192.0.2.1:53 200:udp:10.0.0.9:53:203.0.113.9:5000
is "an answer after the connection ran out" "$(passed)" "100 17 203.0.113.9:5000 10.0.0.9:53 ttl 63 len 36 good"
is "counters add up" "$(ipt -S FORWARD 2 -v)" \
	"-A FORWARD -d 10.0.0.9/32 -i eth0 -p udp -m udp --dport 53 -c 2 72 -j ACCEPT"

judge 100:udp:10.0.0.5:700:198.51.100.7:123 101:udp:10.0.0.6:700:198.51.100.7:123
is "two hosts behind one address get two ports" "$(passed | cut -d: -f1-2 | sort -u | wc -l | tr -d ' ')" 2
is "of that address" "$(passed | grep -c '17 192.0.2.1:.* 198.51.100.7:123 .* good')" 2

judge 100:frag1:203.0.113.9:5000:192.0.2.1:53:7 101:frag2:203.0.113.9:5000:192.0.2.1:53:7
is "fragments are judged and written as one" "$(passed)" "101 17 203.0.113.9:5000 10.0.0.9:53 ttl 63 len 52 good"

must ipt -A OUTPUT -p udp --dport 99 -j DROP
judge 1:udp:192.0.2.1:1:198.51.100.7:98 1:udp:192.0.2.1:1:198.51.100.7:99
is "the host's own packets pass OUTPUT" "$(passed)" "1 17 192.0.2.1:1 198.51.100.7:98 ttl 64 len 36 good"

# Both have been answered for a while: nobody may take their room.
talk=
for at in 1 4; do
	for n in 1 2; do
		talk="$talk $at:udp:10.0.0.5:$n:198.51.100.7:123 $at:udp:198.51.100.7:123:192.0.2.1:$n"
	done
done
# shellcheck disable=SC2086 # a list of words
must python3 -B "$here/captures.py" make "$TMP/in.pcap" $talk 5:udp:10.0.0.5:3:198.51.100.7:123 5:udp:10.0.0.5:1:198.51.100.7:123
run "$BIN/postern" run --read "$TMP/in.pcap" --host "$TMP/host" --connections 2
matches "a full table refuses new flows and keeps the old" "$err" \
	"*9 passed, 1 dropped*1 dropped that would have begun a connection, while the table was full"

# Memory taken does not grow with the packets: those of 20 connections, then of 400.
allocations() {
	packets=
	for n in $(seq "$1"); do
		packets="$packets 1:udp:10.0.0.5:$n:198.51.100.7:123"
	done
	# shellcheck disable=SC2086 # a list of words
	must python3 -B "$here/captures.py" make "$TMP/in.pcap" $packets
	valgrind "$BIN/postern" run --read "$TMP/in.pcap" --write "$TMP/out.pcap" --host "$TMP/host" 2>&1 |
		sed -n "s/^postern: $1 passed,.*/all/p; s/.*total heap usage: \([0-9,]*\) allocs.*/\1/p"
}
if command -v valgrind >/dev/null; then
	few=$(allocations 20)
	is "nothing is allocated per packet" "$(allocations 400)" "$few"
	matches "and that was counted" "$few" "all
*[0-9]*"
else
	skip "nothing is allocated per packet" "there is no valgrind"
fi

must ipt -I FORWARD -p tcp -m set --match-set friends src -j ACCEPT
judge 1:syn:203.0.113.9:1:10.0.0.9:80
matches "what cannot be judged is dropped, and said" "$err" "*0 passed, 0 dropped*
*1 dropped that could not be judged, the first because who is in set friends*"
is "and not written" "$(passed)" ''
must ipt -D FORWARD 1

run "$BIN/postern" run --store "$TMP/nothing" --read "$TMP/in.pcap" --host "$TMP/host"
matches "a store with nothing in it lets all pass" "$rc $err" "0 *1 passed, 0 dropped*"
run test -e "$TMP/nothing"
is "and still is not there" "$rc" 1

# ------------------------------------------------------------------ what is wrong
wrong() {
	name=$1 want=$2
	shift 2
	run "$BIN/postern" run "$@"
	matches "$name" "$rc $out $err" "$want"
}
wrong "no wire" "2 *--tun, --queue, --bridge*"
wrong "two of them" "2 *--tun, --queue, --bridge*" --tun a --queue 1
wrong "an unknown word" "2 *no option*" --bogus
wrong "nothing behind it" "2 *wants something*" --tun
wrong "a queue that is no number" "2 *\"x\" is no number*" --queue x
wrong "a bridge of one" "2 *two devices*" --bridge eth0
wrong "no capture" "4 *$TMP/none*No such file*" --read "$TMP/none"
wrong "the capture itself to write over" "4 *is the capture that is read*" --read "$TMP/in.pcap" --write "$TMP/in.pcap"
wrong "a host file with a mistake" "2 *line 1*" --read "$TMP/in.pcap" --host /etc/passwd
echo damaged >"$POSTERN_STORE/rules"
wrong "a damaged store" "4 *$POSTERN_STORE/rules*" --read "$TMP/in.pcap" --host "$TMP/host"
is "is left alone" "$(cat "$POSTERN_STORE/rules")" damaged
unset POSTERN_STORE
wrong "no store" "2 *--store DIR*" --tun a
finish
