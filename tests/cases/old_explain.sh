#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What explain shows of a packet that meets the rules of the older dialects: their chains at their
# places, masquerading and redirection behind them, both directions of -b, policies in their words.
STORE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

cat >"$TMP/host" <<'END'
link ppp0
link eth0
addr 203.0.113.1/24 dev ppp0
addr 192.168.7.1/24 dev eth0
route default via 203.0.113.254
forward on
END
chains() { "$BIN/ipchains" --no-warnings "$@"; }
fw() { "$BIN/ipfwadm" "$@"; }
# explain WORDS: status, and what it says without the lines about empty chains
explain() {
	run "$BIN/postern" explain --host "$TMP/host" -p tcp --syn "$@"
	out=$(printf '%s\n' "$out" | grep -v 'no rules, policy ACCEPT')
}
# verdict: from its line on
verdict() { printf '%s\n' "$out" | sed -n '/^verdict/,$p'; }

chains -P input DENY
chains -P forward REJECT
chains -A input -i eth0 -p tcp -d 0/0 80 -j REDIRECT 3128
chains -A input -i eth0 -j ACCEPT
chains -N out
chains -A forward -i ppp0 -s 192.168.7.0/24 -j MASQ
chains -A output -i ppp0 -j out
chains -A out -s 192.168.0.0/16 -j DENY
chains -A out -t 0x01 0x10 -p tcp -d 0/0 22

explain -i eth0 -s 192.168.7.9 -d 198.51.100.1 --dport 22
# Which port it gets is chance, from 61000 to 65095.
is "masqueraded: output sees the new source" "$(printf '%s\n' "$out" | sed 's/203\.0\.113\.1\.6[1-5]...\b/203.0.113.1.6xxxx/g')" \
"packet    IP 192.168.7.9.40000 > 198.51.100.1.22: tcp S, 40 bytes, from eth0
assumed   --sport 40000 --ctstate NEW

PREROUTING
  connection tracking: NEW
  ipchains input
       1 no  -d 0/0 80 -i eth0 -p tcp -j REDIRECT 3128
               destination port is 22
       2 YES -i eth0 -j ACCEPT
  routing: out through ppp0

FORWARD
  ipchains forward
       1 YES -s 192.168.7.0/24 -i ppp0 -j MASQ

POSTROUTING
  translated: IP 203.0.113.1.6xxxx > 198.51.100.1.22: tcp S, 40 bytes
  ipchains output
       1 YES -i ppp0 -j out
    into chain out
         1 no  -s 192.168.0.0/16 -j DENY
                 source address is 203.0.113.1
         2 YES -d 0/0 22 -p tcp -t 0x01 0x10
      back to chain output
    policy ACCEPT

verdict   ACCEPTED by rule 1 of forward in table ipchains, and leaves through
          ppp0
          -s 192.168.7.0/24 -i ppp0 -j MASQ
becomes   IP 203.0.113.1.6xxxx > 198.51.100.1.22: tcp S, 40 bytes"

explain -i eth0 -s 192.168.7.9 -d 198.51.100.1 --dport 80
is "redirected" "$rc $(verdict)" \
"0 verdict   ACCEPTED by rule 1 of input in table ipchains, and goes to this host
          -d 0/0 80 -i eth0 -p tcp -j REDIRECT 3128
becomes   IP 192.168.7.9.40000 > 192.168.7.1.3128: tcp S, 40 bytes"

explain -i eth0 -s 192.168.8.9 -d 192.168.7.44 --dport 81
is "policies have the dialect's words" "$rc $(printf '%s\n' "$out" | grep policy; verdict)" \
"1     policy REJECT
verdict   REJECTED by the policy of forward in table ipchains
verdict   REJECTED by the policy of forward in table ipchains
nearest   were the destination port 80, it would be accepted by rule 1 of input
          in table ipchains:
          -d 0/0 80 -i eth0 -p tcp -j REDIRECT 3128"

explain -i ppp0 -s 198.51.100.1 -d 203.0.113.1 --dport 81
is "... DENY among them" "$rc $(printf '%s\n' "$out" | grep ' policy ')" "1     policy DENY
verdict   DROPPED by the policy of input in table ipchains"

chains -P input ACCEPT
chains -A output -i lo -j REJECT
run "$BIN/postern" explain --host "$TMP/host" -p udp -d 203.0.113.1 --dport 53
is "REJECT of what is made here is a drop" "$rc $(verdict)" \
"1 verdict   DROPPED by rule 2 of output in table ipchains
          -i lo -j REJECT"

fw -A in -a -P tcp -D 203.0.113.1
fw -I -a deny -b -P tcp -S 192.168.7.9 -D 0.0.0.0/0 22
explain -i eth0 -s 198.51.100.1 --sport 22 -d 192.168.7.9
is "ipfwadm comes first; -b is about both directions" "$rc $(printf '%s\n' "$out" | sed -n '/tracking/,$p')" \
"1   connection tracking: NEW
  ipfwadm acct
       1 no  -A in -a -P tcp -D 203.0.113.1
               destination address is 192.168.7.9
    policy ACCEPT
  ipfwadm input
       1 no  -I -a deny -P tcp -S 192.168.7.9 -D 0/0 22 -b
               source address is 198.51.100.1
       1 YES -I -a deny -P tcp -S 192.168.7.9 -D 0/0 22 -b

verdict   DROPPED by rule 1 of input in table ipfwadm
          -I -a deny -P tcp -S 192.168.7.9 -D 0/0 22 -b"

# ------------------------------------------------------------------ rules from files

cat >"$TMP/gate" <<'END'
#!/bin/sh
PATH=/sbin:/usr/sbin
ipchains -P input DENY
ipchains -P forward DENY
ipchains -A input -i eth0 -j ACCEPT
ipchains -A input -i ppp0 -p tcp -d 203.0.113.1 61000:65095 ! -y -j ACCEPT
ipchains -A input -i ppp0 -p icmp -d 203.0.113.1 -j ACCEPT
ipchains -A forward -i ppp0 -s 192.168.7.0/24 -j MASQ
ipchains -A output -i ppp0 -p udp -s 0/0 ! 61000:65095 -j REJECT
ipmasqadm portfw -a -P tcp -L 203.0.113.1 8080 -R 192.168.7.20 80
ipchains -I input -i ppp0 -p tcp -d 203.0.113.1 8080 -j ACCEPT
END
cat >"$TMP/gate.test" <<END
rules gate
host host
test "masqueraded there, and back without forward"
  packet -i eth0 -s 192.168.7.9 -p tcp -d 198.51.100.1 --dport 25
  expect accepted
  expect to ppp0
  expect rule forward 1
  reply
  expect accepted
  expect rule input 3 in ipchains
  expect destination 192.168.7.9
  again
  expect accepted
test "not for others"
  packet -i eth0 -s 192.168.8.9 -p tcp -d 198.51.100.1 --dport 25
  expect dropped
  expect policy forward
test "a forwarded port, both ways"
  packet -i ppp0 -s 198.51.100.9 -p tcp -d 203.0.113.1 --dport 8080
  expect accepted
  expect destination 192.168.7.20:80
  reply
  expect source 203.0.113.1:8080
test "what is made here"
  packet -p udp -s 192.168.7.1 -d 198.51.100.1 --dport 53
  expect dropped
  expect rule output 1
END
run "$BIN/postern" test "$TMP/gate.test"
result 0 "ok 1 - masqueraded there, and back without forward
ok 2 - not for others
ok 3 - a forwarded port, both ways
ok 4 - what is made here
1..4" "" "test takes a script of the old days for rules"
echo "ipchains -A nosuch -j DENY" >>"$TMP/gate"
run "$BIN/postern" explain -q --rules "$TMP/gate" --host "$TMP/host" -i ppp0 -p tcp -s 198.51.100.1 -d 203.0.113.1 --dport 80
is "... so does explain, and tells what it leaves out" "$rc $err" \
	"1 postern: $TMP/gate, line 12: left out: No chain/target/match by that name"
printf ':input ACCEPT\n:forward ACCEPT\n:output DENY\n' >"$TMP/saved"
run "$BIN/postern" explain --rules "$TMP/saved" --host "$TMP/host" -p tcp -d 198.51.100.1 --dport 80
matches "... and a saved set" "$rc $out$err" "1 *DROPPED by the policy of output in table ipchains*"
printf 'ipfwadm -O -p deny\n' >"$TMP/saved"
run "$BIN/postern" explain --rules "$TMP/saved" --host "$TMP/host" -p tcp -d 198.51.100.1 --dport 80
matches "... of ipfwadm, too" "$rc $out$err" "1 *DROPPED by the policy of output in table ipfwadm*"
finish
