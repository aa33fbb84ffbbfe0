#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ipchains and ipfwadm: names with several addresses, what -v says, the forms of listings with names,
# zeroing, and every way of ipchains-save and ipchains-restore.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need nft setsid
[ -x /usr/bin/python3 ] || skip_all "python3 is not installed"
cat >"$TMP/hosts" <<'EOF'
127.0.0.1 localhost
10.0.0.1 two
10.0.0.2 two
10.0.1.1 three
10.0.1.2 three
10.0.1.3 three
10.0.2.7 one
10.0.2.8 mask
EOF
echo "lan 192.168.7.0" >"$TMP/networks"
echo "hosts: files
networks: files" >"$TMP/nsswitch.conf"
for file in hosts networks nsswitch.conf; do
	[ -e /etc/$file ] || skip_all "there is no /etc/$file"
	must mount --bind "$TMP/$file" /etc/$file
done
chains() { "$BIN/ipchains" --no-warnings "$@"; }
fw() { "$BIN/ipfwadm" "$@"; }
# saved CHAIN: the rules in short
saved() {
	"$BIN/ipchains-save" "$1" 2>/dev/null | sed -n 's|/255.255.255.255||g; s|0.0.0.0/0.0.0.0|any|g; s/^-A [a-z]* //p'
}

# ------------------------------------------------------------------ names

chains -A input -s two -d three -j DENY
is "two sources and three destinations are six rules" "$(saved input)" "-s 10.0.0.1 -d 10.0.1.1 -j DENY
-s 10.0.0.1 -d 10.0.1.2 -j DENY
-s 10.0.0.1 -d 10.0.1.3 -j DENY
-s 10.0.0.2 -d 10.0.1.1 -j DENY
-s 10.0.0.2 -d 10.0.1.2 -j DENY
-s 10.0.0.2 -d 10.0.1.3 -j DENY"
chains -D input -s two -d three -j DENY
is "... and are deleted as six" "$(saved input)" ""
chains -A input -j ACCEPT
chains -I input -s two
is "inserted ones stand in reverse" "$(saved input)" "-s 10.0.0.2 -d any
-s 10.0.0.1 -d any
-s any -d any -j ACCEPT"
chains -F
chains -A input -s two/24 -d three/255.255.255.252
is "what is the same behind its mask is one" "$(saved input)" "-s 10.0.0.0/255.255.255.0 -d 10.0.1.0/255.255.255.252"
chains -F
chains -A input -s lan/24 -d one
is "a network by its name" "$(saved input)" "-s 192.168.7.0/255.255.255.0 -d 10.0.2.7"
matches "... and in the listing; a host, too" "$(chains -L input)" "*lan/24 * one *n/a*"
lacks "... not with -n" "$(chains -L input -n)" "*lan*"
chains -A input ! -s one
is "one address may be inverted" "$(saved input | tail -1)" "-s ! 10.0.2.7 -d any"
# complains STATUS TEXT ARGUMENTS
complains() {
	complains_want="$1 ipchains: $2*"
	shift 2
	run chains "$@"
	matches "$*: refused" "$rc $err" "$complains_want"
}
complains 2 "*several addresses*" -A input -s ! two
complains 2 "\`-b' needs names with one address each" -A input -b -s two
complains 2 "\`-R' needs names with one address each" -R input 1 -d three
complains 2 "host/network \`nonesuch' not found" -A input -s nonesuch
chains -F
fw -I -a deny -P tcp -S two -D three 25
is "ipfwadm: two sources and three destinations are six rules" "$(fw -I -l -n | awk 'NR > 2 { print $3, $4 }' | tr '\n' ',')" \
	"10.0.0.1 10.0.1.1,10.0.0.1 10.0.1.2,10.0.0.1 10.0.1.3,10.0.0.2 10.0.1.1,10.0.0.2 10.0.1.2,10.0.0.2 10.0.1.3,"
matches "... with names" "$(fw -I -l)" "*two * three *any -> smtp*"
run fw -I -a deny -V two
matches "ipfwadm: -V with two addresses: refused" "$rc $err" "2 *several addresses*"
fw -I -f

# ------------------------------------------------------------------ what -v says

run chains -v -N user
result 0 "" "" "-N -v"
run chains -v -A user -s two -j DENY -p udp -d 0/0 53 -l
result 0 "DENY  udp opt    ----l- tos 0xFF 0x00  via *    10.0.0.1 -> 0.0.0.0/0    * ->   53
DENY  udp opt    ----l- tos 0xFF 0x00  via *    10.0.0.2 -> 0.0.0.0/0    * ->   53" "" "-A -v: a line for each"
run chains -v -A input -b -p tcp -s one 25 -d 0/0
result 0 "-  tcp opt    ------ tos 0xFF 0x00  via *    10.0.2.7 -> 0.0.0.0/0    25 ->   *
-  tcp opt    ------ tos 0xFF 0x00  via *    0.0.0.0/0 -> 10.0.2.7    * ->   25" "" "-A -b -v"
run chains -v -D input -b -p tcp -s one 25 -d 0/0
result 0 "-  tcp opt    ------ tos 0xFF 0x00  via *    10.0.2.7 -> 0.0.0.0/0    25 ->   *
-  tcp opt    ------ tos 0xFF 0x00  via *    0.0.0.0/0 -> 10.0.2.7    * ->   25" "" "-D -b -v"
run chains -v -F user
result 0 "Flushing chain \`user'." "" "-F -v"
run chains -v -F
result 0 "Flushing chain \`input'.
Flushing chain \`forward'.
Flushing chain \`output'.
Flushing chain \`user'." "" "-F -v of all"
run chains -v -Z forward
result 0 "Zeroing chain \`forward'." "" "-Z -v"
run chains -v -X
result 0 "Deleting chain \`user'." "" "-X -v of all"
run fw -I -a accept -v -P tcp -S two -D 0/0 25 -W lo -k
result 0 "acc tcp opt -k-- tos 0xFF 0x00 via lo 0.0.0.0   10.0.0.1 -> 0.0.0.0/0   * -> 25
acc tcp opt -k-- tos 0xFF 0x00 via lo 0.0.0.0   10.0.0.2 -> 0.0.0.0/0   * -> 25" "" "ipfwadm: -a -v"
fw -I -f

# ------------------------------------------------------------------ counters

chains -A input -i lo -p udp -d 0/0 9
chains -A output -p udp -d 0/0 9
/usr/bin/python3 "$TESTS/kernel/send.py" udp 127.0.0.1 9 --count 3 --size 4
is "-L -v counts" "$(chains -L input -v -n | awk 'NR == 3 { print $1, $2 }')" "3 96"
chains -Z input
is "-Z of one chain" "$(chains -L -v -n | awk '/udp/ { print $1 }' | tr '\n' ' ')" "0 3 "
is "-L -Z shows what it zeroes" "$(chains -L -Z -v -n | awk '/udp/ { print $1 }' | tr '\n' ' ')$(chains -L -v -n | awk '/udp/ { print $1 }' | tr '\n' ' ')" "0 3 0 0 "
chains -F

# ------------------------------------------------------------------ save and restore

cat >"$TMP/set" <<'EOF'
# by hand
:input DENY
:forward MASQ
:output ACCEPT
:checks -

  -A input -s 0/0 -d 0/0 22 -p tcp -y -j ACCEPT	# words in any order
-A input --jump checks --protocol udp
-A checks -i ! ppp+ -p icmp --icmp-type ping -j REJECT -l -m 0x10 -t 01 10 -o 100
-A checks -s lan/24 -d one smtp -p 6 -j REDIRECT 8080
EOF
run sh -c '"$1" <"$2"' sh "$BIN/ipchains-restore" "$TMP/set"
result 0 "" "" "a file written by hand"
"$BIN/ipchains-save" >"$TMP/save1" 2>"$TMP/said"
is "save" "$(cat "$TMP/save1")" ":input DENY
:forward MASQ
:output ACCEPT
:checks -
-A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 22:22 -p 6 -j ACCEPT -y
-A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 -p 17 -j checks
-A checks -s 0.0.0.0/0.0.0.0 8:8 -d 0.0.0.0/0.0.0.0 -i ! ppp+ -p 1 -j REJECT -l -o 100 -m 0x10 -t 0x01 0x10
-A checks -s 192.168.7.0/255.255.255.0 -d 10.0.2.7/255.255.255.255 25:25 -p 6 -j REDIRECT 8080"
is "... says what it saves" "$(cat "$TMP/said")" "Saving \`input'.
Saving \`forward'.
Saving \`output'.
Saving \`checks'."
run "$BIN/ipchains-save" checks
is "save of one chain" "$out" "$(grep checks "$TMP/save1" | grep -v input)"
run "$BIN/ipchains-save" -v checks
matches "save -v repeats the rules" "$err" "Saving \`checks'.
REJECT  icmp opt *REDIRECT  tcp opt *"
run "$BIN/ipchains-save" nonesuch
result 1 "" "ipchains: No chain by that name" "save of a chain that is not there"
# Everything away, then what was saved.
away() { chains -F && chains -X && for away_chain in input forward output; do chains -P $away_chain ACCEPT; done; }
restores() {
	setsid "$BIN/ipchains-restore" "$@" <"$TMP/file" >"$TMP/out" 2>"$TMP/err"
	rc=$?
	out=$(cat "$TMP/out") err=$(cat "$TMP/err")
}
away
cp "$TMP/save1" "$TMP/file"
restores
result 0 "" "" "restore"
is "save, restore, save" "$("$BIN/ipchains-save" 2>/dev/null)" "$(cat "$TMP/save1")"
restores
matches "a user chain that is there is skipped without a terminal" "$rc $err" "0 *Chain \`checks' already exists*skipped*"
is "... and built-in chains got the rules once more" "$(saved input | wc -l) $(saved checks | wc -l)" "4 2"
restores -f
result 0 "" "" "restore -f"
is "... flushes it" "$(saved checks | wc -l)" 2
away
restores -v
is "restore -v says what is read" "$(echo "$out" | wc -l)" 4
away
printf ':input ACCEPT\n-A input -p udp -j missing\n-A missing -j DENY\n' >"$TMP/file"
restores
result 1 "" "ipchains: line 2: No target by that name" "a chain that nobody declared"
is "... and nothing of the file is there" "$("$BIN/ipchains-save" 2>/dev/null)" ":input ACCEPT
:forward ACCEPT
:output ACCEPT"
restores -p
result 0 "" "" "restore -p"
is "... makes it" "$(saved missing)" "-s any -d any -j DENY"
away
# bad TEXT LINE...: one wrong line, and nothing changes
bad() {
	bad_want=$1
	shift
	printf '%s\n' ":input DENY" "-A input -j ACCEPT" "$@" >"$TMP/file"
	restores
	result 1 "" "ipchains: line 3: $bad_want" "restore: $*"
	is "... nothing is changed" "$("$BIN/ipchains-save" 2>/dev/null | head -1)$(saved input)" ":input ACCEPT"
}
bad "unknown protocol \`x'" "-A input -p x"
bad "No chain by that name" "-A nochain -j DENY"
bad "a user chain has no policy" ":user DENY"
bad "bad policy \`NONE': ACCEPT, DENY, REJECT or MASQ" ":input NONE"
bad "a chain has a name and a policy: \`:input ACCEPT'" ":input"
bad "neither \`:CHAIN POLICY' nor \`-A CHAIN RULE'" "-F input"
bad "chain name \`averylongname' is too long (8 characters at most)" ":averylongname -"
run "$BIN/ipchains-restore" -x
is "an unknown option" "$rc" 2
finish
