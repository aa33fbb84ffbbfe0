#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# explain, test and replay: text in, text out. No privileges and no namespaces are needed.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

post() { "$BIN/postern" "$@"; }
cd "$TMP" || exit 1

cat >gw.save <<'END'
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80
-A POSTROUTING -s 10.0.0.0/8 -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:office - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 25 -m comment --comment "mail from the office" -j ACCEPT
-A INPUT -p tcp -m tcp --dport 25 -j REJECT --reject-with icmp-port-unreachable
-A INPUT -p tcp -m tcp --dport 22 -j office
-A INPUT -m set --match-set friends src -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i eth1 -j ACCEPT
-A office -s 198.51.100.0/24 -j ACCEPT
COMMIT
END
cat >gw.host <<'END'
link eth0
link eth1
addr 192.0.2.1/24 dev eth0
addr 10.0.0.1/8 dev eth1
addr 2001:db8::1/64 dev eth0
route default via 192.0.2.254
forward on
END
explain() { post explain --rules gw.save --host gw.host "$@"; }

# ------------------------------------------------------------------ explain

is "the article's example: who is refused, and who would not be" \
	"$(explain -i eth0 -p tcp -s 203.0.113.9 --dport 25; echo "rc $?")" \
	'packet    IP 203.0.113.9.40000 > 192.0.2.1.25: tcp S, 40 bytes, from eth0
assumed   -d 192.0.2.1 --sport 40000 --syn --ctstate NEW

PREROUTING
  connection tracking: NEW
  nat PREROUTING
       1 no  -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination
                 10.0.0.5:80
               destination port is 25
    policy ACCEPT
  routing: to this host

INPUT
  filter INPUT
       1 no  -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
               connection state is NEW
       2 no  -s 192.0.2.0/24 -p tcp -m tcp --dport 25 -m comment --comment "mail
                 from the office" -j ACCEPT
               source address is 203.0.113.9
       3 YES -p tcp -m tcp --dport 25 -j REJECT --reject-with
                 icmp-port-unreachable

verdict   REJECTED by rule 3 of INPUT in table filter
          -p tcp -m tcp --dport 25 -j REJECT --reject-with icmp-port-unreachable
nearest   were the source address in 192.0.2.0/24, it would be accepted by rule
          2 of INPUT in table filter:
          -s 192.0.2.0/24 -p tcp -m tcp --dport 25 -m comment --comment "mail
          from the office" -j ACCEPT
rc 1'

# What a beginner gets wrong, and has to be told.
cat >right.save <<'END'
*filter
:INPUT ACCEPT [0:0]
-A INPUT -s 203.0.113.9/32 -p tcp -m tcp --dport 25 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 25 -j DROP
COMMIT
END
sed 's/^-A INPUT -s.*//; /^COMMIT/i -A INPUT -s 203.0.113.9/32 -p tcp -m tcp --dport 25 -j ACCEPT' right.save >wrong.save
smtp() { post explain --rules "$1.save" --host gw.host -i eth0 -p tcp -s "$2" --dport 25 | sed -n '/^INPUT/,$p'; }
is "SMTP in the right order: the friend" "$(smtp right 203.0.113.9)" 'INPUT
  filter INPUT
       1 YES -s 203.0.113.9/32 -p tcp -m tcp --dport 25 -j ACCEPT

verdict   ACCEPTED by rule 1 of INPUT in table filter, and goes to this host
          -s 203.0.113.9/32 -p tcp -m tcp --dport 25 -j ACCEPT'
is "SMTP in the right order: a stranger" "$(smtp right 198.51.100.7 | sed -n '/^verdict/,$p')" \
	'verdict   DROPPED by rule 2 of INPUT in table filter
          -p tcp -m tcp --dport 25 -j DROP
nearest   were the source address 203.0.113.9, it would be accepted by rule 1 of
          INPUT in table filter:
          -s 203.0.113.9/32 -p tcp -m tcp --dport 25 -j ACCEPT'
is "SMTP in the wrong order: what was meant comes too late" "$(smtp wrong 203.0.113.9)" 'INPUT
  filter INPUT
       1 YES -p tcp -m tcp --dport 25 -j DROP

verdict   DROPPED by rule 1 of INPUT in table filter
          -p tcp -m tcp --dport 25 -j DROP
later     rule 2 of INPUT in table filter would have accepted it, but rule 1
          comes first, and the first that decides wins:
          -s 203.0.113.9/32 -p tcp -m tcp --dport 25 -j ACCEPT'
printf '*filter\n:INPUT ACCEPT\n-A INPUT -p tcp -j ACCEPT\n-A INPUT -s 203.0.113.9 -p tcp --dport 25 -j REJECT\n-A INPUT -j DROP\nCOMMIT\n' >lax.save
matches "an exception behind what it is an exception to" "$(smtp lax 203.0.113.9)" '*
later     rule 2 of INPUT in table filter would have rejected it, but rule 1*'
is "a last rule that drops the rest is none" "$(smtp lax 198.51.100.7 | grep later)" ''
forwarding() { post explain --rules "$1" --host "${2:-gw.host}" -i eth0 -p tcp --dport 8080; }
is "a forwarding that FORWARD forgot: what became of it, who dropped it, what would help" \
	"$(forwarding gw.save | sed -n '/^  translated/p; /^verdict/,$p')" \
	'  translated: IP 203.0.113.77.40000 > 10.0.0.5.80: tcp S, 40 bytes
verdict   DROPPED by the policy of FORWARD in table filter
becomes   IP 203.0.113.77.40000 > 10.0.0.5.80: tcp S, 40 bytes
note      rule 1 of PREROUTING in table nat only changes where the packet goes.
          FORWARD sees it with the new destination, and must let it through,
          too; nothing there does. This would:
          iptables -A FORWARD -i eth0 -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT'
sed 's/^-A FORWARD -i eth1.*/&\n-A FORWARD -p tcp -m tcp --dport 8080 -j ACCEPT\n-A FORWARD -j REJECT/' gw.save >old.save
is "a rule that asks for the port from before" "$(forwarding old.save | sed -n '/^note/,$p')" \
	'note      rule 3 of FORWARD asks for the destination port 8080, which the packet
          had before rule 1 of PREROUTING in table nat translated it; here it
          has the destination port 80. This would let it through:
          iptables -I FORWARD 4 -i eth0 -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT'
sed 's/forward on/forward off/' gw.host >off.host
is "a host that is no router" "$(forwarding gw.save off.host | sed -n '/^verdict/p; /^note/,$p')" \
	'verdict   DROPPED: this host does not forward
note      the packet is for another host, and this one passes nothing on,
          whatever its rules say. This lets it:
          sysctl -w net.ipv4.ip_forward=1'
sed 's/^-A FORWARD -i eth1.*/&\n-A FORWARD -d 10.0.0.5 -p tcp -m tcp --dport 80 -j ACCEPT/' gw.save >good.save
is "nothing to be said of a forwarding that works" "$(forwarding good.save | sed -n '/^verdict/,$p')" \
	'verdict   ACCEPTED by rule 3 of FORWARD in table filter, and leaves through eth1
          -d 10.0.0.5/32 -p tcp -m tcp --dport 80 -j ACCEPT
becomes   IP 203.0.113.77.40000 > 10.0.0.5.80: tcp S, 40 bytes'

is "from the inside, behind our address" \
	"$(explain -i eth1 -s 10.0.0.5 -d 8.8.8.8 -p udp --dport 53 | sed -n '/^verdict/,$p'; explain -q -i eth1 -s 10.0.0.5 -d 8.8.8.8; echo "rc $?")" \
	'verdict   ACCEPTED by rule 2 of FORWARD in table filter, and leaves through eth0
          -i eth1 -j ACCEPT
becomes   IP 192.0.2.1.40000 > 8.8.8.8.53: udp, 28 bytes
accepted
rc 0'
is "a chain of one's own" "$(explain -i eth0 -s 198.51.100.7 -p tcp --dport 22 | sed -n '/into chain/,$p')" \
	'    into chain office
         1 YES -s 198.51.100.0/24 -j ACCEPT

verdict   ACCEPTED by rule 1 of office in table filter, and goes to this host
          -s 198.51.100.0/24 -j ACCEPT
nearest   were the destination port 25, it would be rejected by rule 3 of INPUT
          in table filter:
          -p tcp -m tcp --dport 25 -j REJECT --reject-with icmp-port-unreachable'
unknown() { post explain --rules sets.save --host gw.host -i eth0 -p tcp --dport "$1" | sed -n '/^depends/,$p'; }
cat >sets.save <<'END'
*filter
:INPUT DROP [0:0]
-A INPUT -m set --match-set bans src -j DROP
-A INPUT -m set --match-set bans src -j NFLOG
-A INPUT -p tcp -m tcp --dport 22 -m set --match-set admins src -j ACCEPT
-A INPUT -m set ! --match-set bans src -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
END
matches "what is not known makes the verdict conditional" "$(unknown 80)" 'depends   (1) -m set --match-set bans src, asked by rule 1 of INPUT in table
          filter: *
verdict   if (1): DROPPED by rule 1 of INPUT in table filter
          if not (1): ACCEPTED by rule 4 of INPUT in table filter, and goes to
          this host'
matches "... upon two things" "$(unknown 22)" '*(2) -m set --match-set admins src, asked by rule 3 of *
verdict   if (1): DROPPED by rule 1 of INPUT in table filter
          if not (1) and (2): ACCEPTED by rule 3 of INPUT in table filter, and
          goes to this host
          if not (1) and not (2): DROPPED by the policy of INPUT in table filter'
is "... unless it is the same either way" \
	"$(post explain --rules sets.save --host gw.host -i eth0 -p tcp --dport 443 | sed -n '/^depends/p; /^verdict/,$p')" \
	'verdict   DROPPED by the policy of INPUT in table filter or by rule 1 of INPUT
          in table filter'
is "... the exit status says so, too" "$(for port in 22 443; do
	post explain -q --rules sets.save --host gw.host -i eth0 -p tcp --dport $port; echo "rc $?"
done)" 'unknown
rc 3
dropped
rc 1'
is "... unless it is settled" "$(for answer in yes no friends=yes friends=no; do
	explain -q -i eth0 -p udp --dport 99 --assume $answer
done)" 'accepted
dropped
accepted
dropped'
cat >bans.sets <<'END'
create bans hash:net timeout 3600 counters
add bans 203.0.113.0/24 timeout 60 packets 1 bytes 40
add bans 203.0.113.64/26 nomatch
create admins hash:ip
END
is "... or a file says what the sets hold" "$(for source in 9 65; do
	post explain -q --rules sets.save --sets bans.sets --host gw.host -i eth0 -p tcp -s 203.0.113.$source --dport 80
done)" 'dropped
accepted'
is "... which tells where it is wrong" \
	"$(echo 'add bans 203.0.113.300' >>bans.sets
	post explain --rules sets.save --sets bans.sets --host gw.host -i eth0 2>&1; echo "rc $?")" \
	'postern explain: bans.sets, line 5: no element of this set: "203.0.113.300"
rc 2'
cat >fixed.save <<'END'
*mangle
-A PREROUTING -p tcp -m tcp --dport 80 -j TPROXY --on-port 3129 --tproxy-mark 0x1/0x1
COMMIT
*filter
:INPUT DROP [0:0]
-A INPUT -m mark --mark 1 -j ACCEPT
-A INPUT -p udp -m time --timestart 08:00 --timestop 17:00 --weekdays Mon,Tue,Wed,Thu,Fri -j ACCEPT
-A INPUT -p sctp -m statistic --mode random --probability 0.25 -j ACCEPT
-A INPUT -p dccp -m physdev ! --physdev-is-bridged -j ACCEPT
COMMIT
END
fixed() { post explain --rules fixed.save --host gw.host -i eth0 "$@"; }
is "what a target does that only a kernel knows: the mark that lets it in, or its end" \
	"$(fixed -p tcp --dport 80 | sed -n '/^depends/,$p'; fixed -q -p tcp --dport 80 --assume TPROXY=yes)" \
	'depends   (1) -j TPROXY --on-port 3129 --on-ip 0.0.0.0 --tproxy-mark 0x1/0x1,
          asked by rule 1 of PREROUTING in table mangle: whether a transparent
          socket takes the packet is known to the kernel only
verdict   if (1): ACCEPTED by rule 1 of INPUT in table filter, and goes to this
          host
          if not (1): DROPPED by rule 1 of PREROUTING in table mangle
accepted'
is "the time that --time says: Monday morning, Monday night, Sunday" \
	"$(for time in 05T08:00 05T17:01 04T12:00; do fixed -q -p udp --time 2026-01-$time; done)" 'accepted
dropped
dropped'
is "... or no time at all" "$(fixed -p udp --time noon 2>&1 | head -1)" \
	'postern explain: --time takes YYYY-MM-DDThh:mm (UTC), not "noon"'
is "chance is not known, but how often" "$(fixed -p sctp | sed -n '/^depends/,/^verdict/p' | tr -s ' \n' ' ')" \
	'depends (1) -m statistic --mode random --probability 0.25000000000, asked by rule 3 of INPUT in table filter: chance decides (25 % are yes) verdict if (1): ACCEPTED by rule 3 of INPUT in table filter, and goes to this '
is "a device that is no bridge has no ports" "$(fixed -q -p dccp)" 'accepted'
is "IPv6, told by an address; no rules of that family, so nobody objects" \
	"$(: >none.save; post explain --rules6 none.save --host gw.host -q -i eth0 -s 2001:db8::9 -p tcp --dport 22; echo "rc $?")" 'accepted
rc 0'
is "a packet in hexadecimal digits" \
	"$(explain -q -i eth0 --hex '4500001c000100004011f6c5c0000209c0000201 003500350008 0000' --assume no; echo "rc $?")" 'dropped
rc 1'
is "... whose checksum is wrong" \
	"$(explain -i eth0 --hex '4500001c000100004011f6c6c0000209c0000201 003500350008 0000' | sed -n '/^verdict/p')" \
	'verdict   DROPPED: the checksum of its header is wrong'
is "... of a connection" \
	"$(explain -q -i eth0 --hex 45:00:00:1c:00:01:00:00:40:11:f6:c5:c0:00:02:09:c0:00:02:01:00:35:00:35:00:08:00:00 --ctstate ESTABLISHED)" accepted
run explain -i eth0 -p tcp --hex 4500001c000100004011f6c5c0000209c0000201003500350008
matches "... is all of it" "$rc $err" '2 *--hex is the whole packet;*^^^^^*'
run explain -i eth0 --hex 4500001c000100004011f6c5c0000209c000
matches "... or is refused" "$rc $err" '2 *is no whole IP packet*'
is "ICMPv6 is IPv6" "$(post explain --rules6 none.save --host gw.host -i eth0 -p icmpv6 | sed -n 1,2p)" \
	'packet    IP6 2001:db8:ffff::77 > 2001:db8::1: ipv6-icmp type 128 code 0, 48
          bytes, from eth0'
is "what comes over loopback comes from here" "$(explain -i lo -p tcp | sed -n 1p)" \
	'packet    IP 127.0.0.1.40000 > 127.0.0.1.80: tcp S, 40 bytes, from lo'
is "a fragment waits for the others, where connections are tracked" "$(explain -q -i eth0 -f; echo "rc $?")" 'held
rc 3'
wide() { awk 'length > 80 { print length ": " $0 }'; }
awk 'BEGIN {
	print "*filter\n:INPUT DROP"
	for (i = 0; i < 20000; i++)
		printf "-A INPUT -s 10.%d.%d.0/24 -p tcp -m multiport --dports 25,%d -j ACCEPT\n", i / 256, i % 256, i % 60000 + 1
	print "-A INPUT -p udp -m multiport --dports 53,123 -j ACCEPT\nCOMMIT"
}' >long.save
is "of very many rules that do not match, a few are shown" \
	"$(post explain --rules long.save --host gw.host -i eth0 -p tcp --dport 26 | sed -n '/^INPUT/,$p')" 'INPUT
  filter INPUT
       1 no  -s 10.0.0.0/24 -p tcp -m multiport --dports 25,1 -j ACCEPT
               source address is 203.0.113.77
       2 no  -s 10.0.1.0/24 -p tcp -m multiport --dports 25,2 -j ACCEPT
               source address is 203.0.113.77
         rules 3 to 19999 do not match: source address is 203.0.113.77 (19997);
               --all shows them
    20000 no  -s 10.78.31.0/24 -p tcp -m multiport --dports 25,20000 -j ACCEPT
                source address is 203.0.113.77
    20001 no  -p udp -m multiport --dports 53,123 -j ACCEPT
                protocol is tcp
    policy DROP

verdict   DROPPED by the policy of INPUT in table filter
nearest   were the source address in 10.0.25.0/24, it would be accepted by rule
          26 of INPUT in table filter:
          -s 10.0.25.0/24 -p tcp -m multiport --dports 25,26 -j ACCEPT'
is "... unless all are asked for" "$(post explain --all --rules long.save --host gw.host -i eth0 -p tcp --dport 26 | grep -c ' no ')" 20001
is "the nearest miss in a list of ports" \
	"$(post explain --rules long.save --host gw.host -i eth0 -p udp --dport 54 | sed -n '/^nearest/,$p')" \
	'nearest   were the destination port 53, it would be accepted by rule 20001 of
          INPUT in table filter:
          -p udp -m multiport --dports 53,123 -j ACCEPT'
is "80 columns" "$(for port in 22 25 99 8080; do explain --all -i eth0 -p tcp --dport $port; done | wide)" ''
if command -v python3 >/dev/null; then
	is "--json is JSON, and says the same" \
		"$(explain --json -i eth0 -p tcp -s 203.0.113.9 --dport 25 | python3 -c '
import json, sys
e = json.load(sys.stdin)
print(e["verdict"], e["by"], [s["number"] for s in e["path"] if s["what"] == "rule"], e["nearest"][0]["value"])')" \
		"rejected rule 3 of INPUT in table filter [1, 1, 2, 3] 192.0.2.0/24"
fi

run explain -i eth0 -p tcp ! --dport 25
matches "a packet is one thing" "$rc $err" "2 *leaves open*"
matches "... and the word is marked" "$err" "*^*"
run explain -i eth0 -p tcp --dprot 25
matches "an option nobody has" "$rc $err" '2 *unknown option "--dprot"*'
run post explain --rules nowhere -i eth0
matches "a file that is not there" "$rc $err" "2 *nowhere*No such file*"
printf '*filter\n-A INPUT -j NOSUCH\nCOMMIT\n' >bad.save
run post explain --rules bad.save -i eth0
matches "rules that cannot be: file and line" "$rc $err" "2 *bad.save, line *NOSUCH*"
is "a longer rule set in 80 columns" \
	"$(post explain --rules "$ROOT/tests/oracle/rulesets/office.save" --host gw.host -i eth0 -p tcp --dport 22 2>&1 | wide)" ''

# ------------------------------------------------------------------ test

cat >gw.test <<'END'
# Tests of a gateway.
rules gw.save
host gw.host

test "mail from the office"
  packet -i eth0 -s 192.0.2.9 -p tcp --dport 25
  expect accepted
  expect rule INPUT 2 in filter
  expect rule "mail from the office"
  expect to here
  expect state NEW
  reply
  expect accepted
  expect tcp SYN_RECV
  again
  expect tcp ESTABLISHED

test "mail from elsewhere is refused"
  packet -i eth0 -s 203.0.113.9 -p tcp --dport 25
  expect rejected

test "the inside goes out behind our address"
  packet -i eth1 -s 10.0.0.5 -d 8.8.8.8 -p udp --dport 53
  expect to eth0
  expect source 192.0.2.1:40000
  reply
  expect destination 10.0.0.5:40000
  expect state ESTABLISHED
  wait 29s
  again
  expect state ESTABLISHED
  wait 3m
  again
  expect state NEW

test "nothing else comes in"
  packet -i eth0 -p tcp --dport 80 -s 192.0.2.9 --ctstate INVALID
  expect unknown
  packet -i eth0 -p icmp
  expect unknown
END
is "tests that pass" "$(post test gw.test; echo "rc $?")" 'ok 1 - mail from the office
ok 2 - mail from elsewhere is refused
ok 3 - the inside goes out behind our address
ok 4 - nothing else comes in
1..4
rc 0'
cat >wrong.test <<'END'
rules gw.save
host gw.host
test "a forwarding that works"
  conversation -i eth0 -p tcp --dport 8080
test "no mail at all"
  packet -i eth0 -s 192.0.2.9 -p tcp --dport 25
  expect dropped
END
is "tests that fail say what happened" "$(post test wrong.test; echo "rc $?")" \
	'not ok 1 - a forwarding that works
#   line 4: conversation: the first packet does not come through
#     got: dropped by the policy of FORWARD in table filter
#   IP 203.0.113.77.40000 > 192.0.2.1.8080: tcp S, 40 bytes, from eth0
#     dropped by the policy of FORWARD in table filter
#     as IP 203.0.113.77.40000 > 10.0.0.5.80: tcp S, 40 bytes
not ok 2 - no mail at all
#   line 7: expect dropped
#     got: accepted by rule 2 of INPUT in table filter: -s 192.0.2.0/24 -p tcp
#         -m tcp --dport 25 -m comment --comment "mail from the office" -j
#         ACCEPT
#   IP 192.0.2.9.40000 > 192.0.2.1.25: tcp S, 40 bytes, from eth0
#     accepted by rule 2 of INPUT in table filter: -s 192.0.2.0/24 -p tcp -m tcp
#         --dport 25 -m comment --comment "mail from the office" -j ACCEPT
1..2
rc 1'
for line in 'expct accepted' 'packet -p tcp' 'test' 'rules' 'wait forever' 'link'; do
	printf 'rules gw.save\n%s\n' "$line" >bad.test
	run post test bad.test
	matches "a line that is wrong: $line" "$rc $err" "2 postern test: bad.test, line 2:*"
done
cat >more.test <<'END'
rules gw.save    # a comment behind it
host gw.host
assume friends=no
test "what is assumed holds"
  packet -i eth0 -p udp
  expect dropped
  expect connections 0
test "... and for one test something else"
  assume no
  packet -i eth0 -p udp
  expect dropped
test "a rule by words of it, not of what is said about it"
  packet -i eth0 -s 192.0.2.9 -p tcp --dport 25
  expect rule "filter"
test "sequence numbers go on, also under NAT"
  conversation -i eth1 -s 10.0.0.5 -d 198.51.100.7 -p tcp --dport 80
  again --tcp-flags ALL PSH,ACK --payload "GET / HTTP/1.0\r\n\r\n"
  expect accepted
  reply --tcp-flags ALL FIN,ACK
  expect tcp FIN_WAIT
  reply --tcp-flags ALL FIN,ACK
  expect tcp LAST_ACK
  reply
  expect tcp TIME_WAIT
  expect connections 1
  wait 121s
  expect connections 0
END
is "what is not known is assumed; comments; what a connection goes through" "$(post test more.test)" \
	'ok 1 - what is assumed holds
ok 2 - ... and for one test something else
not ok 3 - a rule by words of it, not of what is said about it
#   line 14: expect rule filter
#     got: accepted by rule 2 of INPUT in table filter: -s 192.0.2.0/24 -p tcp
#         -m tcp --dport 25 -m comment --comment "mail from the office" -j
#         ACCEPT
#   IP 192.0.2.9.40000 > 192.0.2.1.25: tcp S, 40 bytes, from eth0
#     accepted by rule 2 of INPUT in table filter: -s 192.0.2.0/24 -p tcp -m tcp
#         --dport 25 -m comment --comment "mail from the office" -j ACCEPT
ok 4 - sequence numbers go on, also under NAT
1..4'
is "the example of doc/" "$(post test "$ROOT/doc/gateway.test" | grep -c '^ok'; post test "$ROOT/doc/gateway.test" | grep '^not')" 9
is "the example in doc/testing.md" \
	"$(awk '/^```$/ { on = !on; next } on' "$ROOT/doc/testing.md" >doc.test
	cp good.save gateway.save; : >gateway6.save; post test doc.test)" \
	'ok 1 - mail from the office
ok 2 - the port forwarding works from end to end
1..2'
printf 'test "nothing"\npacket -i eth0\n' >bare.test
run post test bare.test
matches "without rules nothing is tested" "$rc $err" "2 *bare.test, line 1: no rules yet:*"
must "$BIN/postern" --store "$TMP/store" iptables -A INPUT -p icmp -j DROP
printf 'test "a store"\npacket -i eth0\nexpect dropped\nexpect rule INPUT 1\n' >store.test
is "... those of a store will do" "$(post --store "$TMP/store" test store.test)" 'ok 1 - a store
1..1'
printf '*filter\n:INPUT DROP\nCOMMIT\n' >closed.save
is "other rules than the file names" "$(post test --rules closed.save wrong.test | sed -n 's/^\(not \)\{0,1\}ok.*/&/p')" \
	'not ok 1 - a forwarding that works
ok 2 - no mail at all'

# ------------------------------------------------------------------ replay

if ! ldconfig -p 2>/dev/null | grep -q 'libpcap\.so'; then
	skip "replay" "libpcap is not installed"
	finish
fi
# 30 mails from the office, 20 from elsewhere, 5 from the inside; little-endian, raw IP.
python3 - >mail.pcap <<'END'
import struct, sys
def ip(src, dst, proto, payload):
    h = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0, bytes(map(int, src.split("."))), bytes(map(int, dst.split("."))))
    s = sum(struct.unpack("!10H", h)); s = (s & 0xffff) + (s >> 16); s = (s & 0xffff) + (s >> 16)
    return h[:10] + struct.pack("!H", s ^ 0xffff) + h[12:] + payload
def syn(src, dst, sport, dport):
    t = struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 0x50, 2, 8192, 0, 0)
    p = bytes(map(int, (src + "." + dst).split("."))) + struct.pack("!HH", 6, 20) + t
    s = sum(struct.unpack("!%dH" % (len(p) // 2), p))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ip(src, dst, 6, t[:16] + struct.pack("!H", s ^ 0xffff) + t[18:])
out = sys.stdout.buffer
out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
frames = [syn("192.0.2.9", "192.0.2.1", 3000 + i, 25) for i in range(30)]
frames += [syn("203.0.113.9", "192.0.2.1", 3000 + i, 25) for i in range(20)]
frames += [syn("10.0.0.5", "8.8.8.8", 3000 + i, 443) for i in range(5)]
for i, f in enumerate(frames):
    out.write(struct.pack("<IIII", 1700000000 + i, 0, len(f), len(f)) + f)
END
is "explain a frame of a capture: where it came from is found out" "$(explain --read mail.pcap --frame 31 | sed -n '1,2p; /^verdict/p')" \
	'packet    IP 203.0.113.9.3000 > 192.0.2.1.25: tcp S, 40 bytes, from eth0
assumed   -i eth0
verdict   REJECTED by rule 3 of INPUT in table filter'
is "... the first one, and from the inside" "$(explain -q --read mail.pcap; explain --read mail.pcap --frame 51 | sed -n 2p)" 'accepted
assumed   -i eth1'
run explain --read mail.pcap --frame 56
matches "... of those there are" "$rc $err" '2 *mail.pcap has 55 frames, not 56*'
run explain --read mail.pcap -p tcp
matches "... whose headers are its own" "$rc $err" '2 *cannot be said otherwise*'
got=$(post replay --rules gw.save --host gw.host mail.pcap)
is "replay: totals" "$(echo "$got" | sed -n '1,4p')" 'mail.pcap: 55 packets, 2200 bytes, 54.000 seconds
              35 accepted
               0 dropped
              20 rejected'
matches "replay: how often a rule matched" "$got" "*filter INPUT*2         30         1200  -s 192.0.2.0/24*3         20          800*"
sed 's/^-A INPUT -s 192.0.2.0.24.*//' gw.save >strict.save
got=$(post replay --rules gw.save --host gw.host --vs strict.save mail.pcap)
is "... in 80 columns" "$(echo "$got" | wide)" ''
is "replay --vs: the flows that fare otherwise" "$(echo "$got" | grep -c '    was accepted by rule 2 of INPUT in table filter')" 30
is "... which, and how" "$(echo "$got" | sed -n '/^Flows/,$p' | sed 6q)" \
	'Flows that fare otherwise with strict.save: 30 of 55
  IP 192.0.2.9.3000 > 192.0.2.1.25: tcp S, 40 bytes
    1 of its 1 packets, of which the first
    was accepted by rule 2 of INPUT in table filter
    then rejected by rule 2 of INPUT in table filter
  IP 192.0.2.9.3001 > 192.0.2.1.25: tcp S, 40 bytes'
is "replay --vs the same rules: none" "$(post replay --rules gw.save --host gw.host --vs gw.save mail.pcap | tail -n 1)" \
	'Flows that fare otherwise with gw.save: 0 of 55'
must post replay --rules gw.save --host gw.host --write accepted.pcap mail.pcap >/dev/null
is "replay --write: what was accepted, as it came" \
	"$(post replay --rules strict.save --host gw.host --json accepted.pcap | sed 's/,"rules.*//; s/.*"packets"/"packets"/')" \
	'"packets":35,"bytes":1400,"not-ip":0,"accepted":5,"dropped":0,"rejected":30,"taken away":0,"queued":0,"unknown":0,"held":0,"reasons":[]'
run post replay --rules gw.save --host gw.host --write ./mail.pcap mail.pcap
is "... but not over the capture itself" "$rc$out$err $(wc -c <mail.pcap | tr -d ' ')" \
	"2postern replay: ./mail.pcap is the capture that is read 3104"
head -c 100 mail.pcap >cut.pcap
run post replay --rules gw.save --host gw.host cut.pcap
matches "a damaged capture: where, and what was before it" "$rc $out $err" \
	"2 cut.pcap: 1 packets, 40 bytes*1 accepted*postern replay: cut.pcap is damaged behind frame 1: *"
printf 'no capture at all, but long enough to be one' >none.pcap
run post replay --rules gw.save --host gw.host none.pcap
matches "a file that is no capture" "$rc $out $err" "2  postern replay: none.pcap is no capture: *"
is "what is not known, by the rule that could not say" \
	"$(sed 's/^-A INPUT -s 192.*//; s/^-A INPUT -p tcp -m tcp --dport 25.*//' gw.save >dim.save
	post replay --rules dim.save --host gw.host mail.pcap | sed -n '2,5p' | cut -c1-54)" \
	'               5 accepted
               0 dropped
              50 unknown
              50   at rule 3 of INPUT in table filter:'
is "... unless it is settled" \
	"$(post replay --rules dim.save --host gw.host --assume friends=yes mail.pcap | sed -n '2,3p')" \
	'              55 accepted
               0 dropped'
if command -v script >/dev/null; then
	python3 - <<'END'
data = open("mail.pcap", "rb").read()
open("long.pcap", "wb").write(data[:24] + data[24:] * 2500)
END
	matches "progress on a terminal, for long ones" \
		"$(script -qec "$BIN/postern replay --rules gw.save --host gw.host long.pcap" /dev/null)" "*[0-9]%  65536 packets*"
	is "... and only there" "$(post replay --rules gw.save --host gw.host long.pcap 2>&1 >/dev/null)" ''
else
	skip "progress on a terminal, for long ones" "script is not installed"
fi
finish
