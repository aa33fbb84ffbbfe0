#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ipchains on nf_tables: what is put there is found again, saved, loaded and saved the same; it
# stands beside iptables' tables; nft lists it, loads what it listed, and what nft makes is told apart.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need nft
chains() { "$BIN/ipchains" "$@"; }

run chains -L
result 0 "Chain input (policy ACCEPT):
Chain forward (policy ACCEPT):
Chain output (policy ACCEPT):" "" "an empty kernel has three chains"
is "... and listing made nothing" "$(nft list ruleset)" ""

cp "$TESTS/cases/ipchains.rules" "$TMP/script"
bad=
while read -r line; do
	# shellcheck disable=SC2086 # words
	chains --no-warnings $line || bad="$bad
$line"
done <"$TMP/script"
is "every line is taken" "$bad" ""

"$BIN/ipchains-save" >"$TMP/save1" 2>/dev/null
is "as many rules are saved as were entered" "$(grep -c '^-A' "$TMP/save1")" "$(grep -c '^-A' "$TMP/script")"
is "none of them as made by nft" "$(grep -c nft "$TMP/save1")" 0
is "policies, too" "$(grep '^:' "$TMP/save1")" ":input DENY
:forward MASQ
:output REJECT
:mailchk -"
is "a rule for one chain counts once, however often the kernel has it" \
	"$(chains -L mailchk -n | head -1)" "Chain mailchk (1 references):"

nft list ruleset >"$TMP/nft1"
chains -F && chains -X && chains -P input ACCEPT && chains -P forward ACCEPT && chains -P output ACCEPT
is "flushed: no rule and no user chain is left" "$("$BIN/ipchains-save" 2>/dev/null)" ":input ACCEPT
:forward ACCEPT
:output ACCEPT"
is "restore takes what save wrote" "$("$BIN/ipchains-restore" <"$TMP/save1" 2>&1)" ""
"$BIN/ipchains-save" >"$TMP/save2" 2>/dev/null
is "save, restore, save: the same" "$(diff "$TMP/save1" "$TMP/save2")" ""
nft list ruleset >"$TMP/nft2"
is "... as nft lists it" "$(sort "$TMP/nft1" >"$TMP/sorted1"; sort "$TMP/nft2" | diff "$TMP/sorted1" -)" ""
nft flush ruleset
is "nft loads what it listed" "$(nft -f "$TMP/nft2" 2>&1)" ""
# nft forgets the checksum of a changed TOS byte: that rule is another one now.
is "... and ipchains finds all of it, but for the changed TOS" \
	"$("$BIN/ipchains-save" 2>/dev/null | diff "$TMP/save1" - | grep '^<')" \
	"< -A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 22:22 -p 6 -t 0x01 0x10"
nft flush ruleset

chains -A input -s 1.2.3.4 -j DENY
handle=$(nft -a list chain ip ipchains input | sed -n 's/.*# handle //p' | tail -1)
nft replace rule ip ipchains input handle "$handle" ip saddr 1.2.3.4 counter accept comment '"-s 1.2.3.4 -j DENY"'
matches "a comment that does not say what the rule does is not believed" "$(chains -L input)" "*made by nft*accept*"
is "... and not saved as a rule" "$("$BIN/ipchains-save" 2>/dev/null | grep -c '^-A')" 0
chains -F

# beside iptables
"$BIN/iptables" -A INPUT -p tcp --dport 22 -j ACCEPT
chains -A input -p tcp -d 0/0 22 -j ACCEPT
is "iptables does not see ipchains" "$("$BIN/iptables" -S)" "-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
run "$BIN/iptables" -t ipchains -L
is "... nor its table" "$rc" 3
"$BIN/iptables" -F
is "ipchains does not see iptables" "$(chains -L -n | grep -c ACCEPT)" 4
chains -F

# numbers
for n in 1 2 3; do chains -A input -s 10.0.0.$n; done
chains -I input 2 -s 10.0.0.9
chains -I input 5 -s 10.0.0.8
chains -R input 1 -s 10.0.0.7
chains -D input 3
is "insert, replace and delete by number" \
	"$(chains -L input -n | sed -n 's/.*\(10\.0\.0\.[0-9]\).*/\1/p' | tr '\n' ' ')" "10.0.0.7 10.0.0.9 10.0.0.3 10.0.0.8 "
chains -N user
for n in 0 1 2; do chains -I user -i eth$n -j DENY; done
chains -R user 2 -i ppp0 -j DENY
chains -D user -i eth0 -j DENY
is "rules of two parts are one rule" "$(chains -L user -n -v | awk 'NR > 2 { print $8 }' | tr '\n' ' ')" "eth2 ppp0 "
is "... and leave nothing behind" "$(nft list chain ip ipchains user | grep -c counter)" 4
chains -D user 1 && chains -D user 1
is "... when all are gone" "$(nft list chain ip ipchains user | grep -c counter)" 0

# a mark that is added to: START, the option, what comes of it; a port for each
ip link set lo up
nft add table ip probe
nft add chain ip probe input '{ type filter hook input priority 0; }'
chains -N adding
chains -A input -p udp -i lo -j adding
port=7000 sums=0
while read -r from by sum; do
	chains -A adding -p udp -d 0/0 $port -m "$from"
	chains -A adding -p udp -d 0/0 $port -m "$by" -j ACCEPT
	chains -A adding -p udp -d 0/0 $port -m 99
	nft add rule ip probe input udp dport $port meta mark "$sum" counter
	socat -u - UDP4-SENDTO:127.0.0.1:$port </dev/null 2>/dev/null
	echo x | socat -u - UDP4-SENDTO:127.0.0.1:$port
	port=$((port + 1)) sums=$((sums + 1))
done <<'END'
0 +5 5
7 +1 8
0xffffffff +1 0
0x7fffffff +1 0x80000000
0xfffffff0 +0x1234 0x1224
8 -1 7
0 -1 0xffffffff
0x80000000 -0x80000001 0xffffffff
3 +0xffffffff 2
0xdeadbeef +0xabcdef01 0x8a7badf0
0xdeadbeef -0x12345678 0xcc796877
1 -0 1
END
is "adding to a mark, and taking away" "$(nft list chain ip probe input | grep -c 'packets 1 ')" "$sums"
is "... counts each packet once" "$(chains -L adding -n -v -x | awk '$3 == "ACCEPT" && $1 == 1' | wc -l)" "$sums"
nft delete table ip probe
chains -F input
chains -F adding && chains -X adding

# words that scripts compare
fails() {
	want=$1 status=$2
	shift 2
	run chains "$@"
	result "$status" "" "$want" "ipchains $*"
}
fails "ipchains: No chain by that name" 1 -A nochain -j DENY
fails "ipchains: No chain by that name" 1 -D input 9
fails "ipchains: No chain by that name" 1 -F nochain
fails "ipchains: No chain by that name" 1 -L nochain
fails "ipchains: No target by that name" 1 -A input -j accept
fails "ipchains: No target by that name" 1 -A input -j forward
fails "ipchains: bad rule (does a matching rule exist in that chain?)" 1 -D input -s 9.9.9.9 -j DENY
fails "ipchains: bad rule (does a matching rule exist in that chain?)" 1 -I input 9 -j DENY
fails "ipchains: bad rule (does a matching rule exist in that chain?)" 1 -R input 9 -j DENY
fails "ipchains: Chain already exists" 1 -N user
fails "ipchains: Chain already exists" 1 -N input
fails "ipchains: Device or resource busy" 1 -X input
chains -A input -j user
fails "ipchains: Device or resource busy" 1 -X user
chains -A user -j DENY
fails "ipchains: Chain is not empty" 1 -X user
run chains -A user -j user
is "a loop is refused" "$rc" 1
matches "... by its name" "$err" "*user -> user*"
chains -F input
run chains -D user 1
chains -A user -p tcp -t 0x01 0x08 -m 3 -j DENY
quiet "-D looks neither at the mark nor at TOS" chains -D user -p tcp -m 9 -j DENY

# what would happen to a packet
chains -F && chains -X
chains -N user
while read -r line; do
	# shellcheck disable=SC2086 # words
	must chains --no-warnings $line
done <<'END'
-A user -p tcp -d 0/0 25 -i eth0 -j DENY
-A user -p udp -j RETURN
-A user -p icmp --icmp-type ping -j REJECT
-A input -p tcp -s 10.0.0.1 -d 0/0 25 -j ACCEPT
-A input -p tcp -d 0/0 80 -j REDIRECT 3128
-A input -y -p tcp -d 0/0 22 -j DENY -l
-A input -f -p 17 -j ACCEPT
-A input -j user
-P input REJECT
-A forward -i ppp+ -j MASQ
-P forward DENY
END
# check WANT PACKET...: of -C
check() {
	check_want=$1
	shift
	run chains -C "$@"
	result 0 "$check_want" "" "-C $*"
}
check accepted input -p tcp -s 10.0.0.1 1024 -d 10.0.0.2 25 -i eth0
check denied input -p tcp -s 10.0.0.9 1024 -d 10.0.0.2 25 -i eth0
check rejected input -p tcp -s 10.0.0.9 1024 -d 10.0.0.2 25 -i eth1
check redirected input -p tcp -s 10.0.0.9 1024 -d 10.0.0.2 80 -i eth1
check denied input -p tcp -s 10.0.0.9 1024 -d 10.0.0.2 22 -i eth1 -y
check rejected input -p tcp -s 10.0.0.9 1024 -d 10.0.0.2 22 -i eth1
check "denied
rejected" input -p tcp -s 10.0.0.9 1024 -d 10.0.0.2 22 -i eth1 -y -b
check accepted input -p udp -s 10.0.0.9 -d 10.0.0.2 -i eth1 -f
check rejected input -p udp -s 10.0.0.9 1 -d 10.0.0.2 2 -i eth1
check "passed through chain" user -p udp -s 10.0.0.9 1 -d 10.0.0.2 2 -i eth1
check rejected user -p icmp -s 10.0.0.9 ping -d 10.0.0.2 -i eth1
check "passed through chain" user -p icmp -s 10.0.0.9 pong -d 10.0.0.2 -i eth1
check masqueraded forward -p 50 -s 10.0.0.9 -d 10.0.0.2 -i ppp0
check denied forward -p 50 -s 10.0.0.9 -d 10.0.0.2 -i eth0
check "-  tcp opt    -y---- tos 0xFF 0x00  via eth1    10.0.0.9 -> 10.0.0.2    1024 ->   22
denied" input -v -y -p tcp -s 10.0.0.9 1024 -d 10.0.0.2 22 -i eth1
fails "ipchains: No chain by that name" 1 -C nochain -p 50 -s 10.0.0.9 -d 10.0.0.2 -i eth0
is "... and nothing was counted" "$(chains -L -v -x -n | awk '$1 ~ /^[1-9]/')" ""

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	run setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all "$BIN/ipchains" -A input
	is "not root" "$rc $err" "1 ipchains: Permission denied (you must be root)"
fi
finish
