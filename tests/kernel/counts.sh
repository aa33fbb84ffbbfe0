#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How much is asked of the kernel: what needs no look at the rules does not dump them. Counted in the
# netlink messages that strace sees, with 500 rules there.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need strace
strace -o /dev/null true 2>/dev/null || skip_all "strace may not trace here"

scene() {
	fresh
	{
		echo '*filter'
		echo ':a - [0:0]'
		echo ':b - [0:0]'
		awk 'BEGIN { for (i = 0; i < 500; i++) printf "-A INPUT -s 10.0.%d.%d/32 -j ACCEPT\n", i / 250, i % 250 }'
		echo '-A a -j ACCEPT'
		echo COMMIT
	} | here ref iptables-restore
}

# dumps COMMAND...: leaves the dumps that it asks for in $dumped, its exit code in $rc
dumps() {
	here strace -f -e trace=sendto,sendmsg,write -o "$TMP/trace" "$@" >"$TMP/out" 2>&1 </dev/null
	rc=$?
	dumped=$(grep -o 'nlmsg_type=[^,]*, nlmsg_flags=[^,]*NLM_F_DUMP' "$TMP/trace" |
		sed 's/.*NFT_MSG_//; s/,.*//' | sort | uniq -c | sed 's/^ *//')
}

sends() { grep -cE '^[0-9 ]*(sendto|sendmsg)\(' "$TMP/trace"; }

scene
# If strace stopped showing dumps, every test below would pass for nothing.
dumps "$BIN/iptables" -S
matches "a listing is seen to dump" "$dumped" '*GETRULE*'

while read -r most call; do
	# shellcheck disable=SC2086 # a command line
	dumps "$BIN/iptables" $call
	is "nothing is dumped: $call" "$rc:$dumped" "0:"
	count=$(sends)
	if [ "$count" -le "$most" ]; then
		pass "at most $most messages are sent: $call"
	else
		fail "at most $most messages are sent: $call" "$count" "$(cut -c1-150 "$TMP/trace")"
	fi
done <<'END'
4 -A INPUT -s 192.0.2.1 -j DROP
4 -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
4 -I INPUT -s 192.0.2.2 -j DROP
4 -I INPUT 1 -s 192.0.2.3 -j DROP
4 -A INPUT -j a
4 -N new
4 -P FORWARD DROP
4 -F b
4 -X b
4 -F INPUT
4 -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1:8080
END

# On a machine where nothing is loaded yet.
fresh
while read -r call; do
	# shellcheck disable=SC2086 # a command line
	dumps "$BIN/iptables" $call
	is "nothing is dumped on an empty machine: $call" "$rc:$dumped" "0:"
done <<'END'
-A INPUT -s 192.0.2.1 -j DROP
-t nat -A POSTROUTING -j MASQUERADE
-N chain
-P OUTPUT DROP
END

# What has to look asks for the chain it is about, once.
scene
must here ipt -A FORWARD -j ACCEPT
dumps "$BIN/iptables" -D FORWARD -j ACCEPT
is "-D by text: works" "$rc" 0
is "-D by text: rules are dumped once" "$(echo "$dumped" | grep GETRULE)" "1 GETRULE"

# Sets of nft's rules: asked for where the rules are looked at, one dump each, and only where there are any.
if command -v nft >/dev/null; then
	must here nft 'add rule ip filter FORWARD tcp dport { 22, 80 } tcp sport { 1, 2 } counter'
	must here ipt -P OUTPUT ACCEPT
	must here nft 'add rule ip filter OUTPUT tcp dport { 22, 80 } counter'
	must here nft 'add set ip filter bad { type ipv4_addr; elements = { 203.0.113.1 }; }'
	must here nft 'add rule ip filter FORWARD ip saddr @bad counter'
	dumps "$BIN/iptables" -S FORWARD
	is "the sets of the rules that are listed are dumped, no others" \
		"$(echo "$dumped" | grep SET)" "2 GETSETELEM"
	dumps "$BIN/iptables" -S INPUT
	is "... none for a chain without any" "$rc$(echo "$dumped" | grep SET)" 0
	dumps "$BIN/iptables" -D OUTPUT 1
	is "... nor for -D by number" "$rc$(echo "$dumped" | grep SET)" 0
	while read -r call; do
		# shellcheck disable=SC2086 # a command line
		dumps "$BIN/iptables" $call
		is "nothing is dumped beside such rules: $call" "$rc:$dumped" "0:"
	done <<-'END'
		-A FORWARD -s 192.0.2.1 -j DROP
		-I FORWARD -s 192.0.2.1 -j DROP
		-P FORWARD DROP
		-F OUTPUT
	END
fi

# A whole table in one transaction: one batch, whatever its length.
scene
awk 'BEGIN { print "*filter"; for (i = 0; i < 3000; i++) printf "-A INPUT -s 10.1.%d.%d/32 -j ACCEPT\n", i / 250, i % 250; print "COMMIT" }' >"$TMP/big"
here strace -f -e trace=sendto,sendmsg -o "$TMP/trace" -s 100000 "$BIN/iptables-restore" "$TMP/big"
is "a restore of 3,000 rules is one batch" "$(grep -o NFNL_MSG_BATCH_BEGIN "$TMP/trace" | wc -l)" 1
is "... and loads them" "$(here ref iptables -S INPUT | grep -c '^-A')" 3000
finish
