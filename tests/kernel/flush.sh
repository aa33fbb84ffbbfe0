#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Flush, zero, replace, rename, policies: what they change, and that they change nothing else. For
# both families and all five tables; the judge of what is in the kernel is the distribution's save
# and nft.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
[ -n "${STORE:-}" ] || need nft

chains() {
	case $1 in
	filter | security) echo INPUT FORWARD OUTPUT ;;
	nat) echo PREROUTING INPUT OUTPUT POSTROUTING ;;
	mangle) echo PREROUTING INPUT FORWARD OUTPUT POSTROUTING ;;
	raw) echo PREROUTING OUTPUT ;;
	esac
}

tables='filter nat mangle raw security'

# A rule set with counters in every chain of every table, two user chains each: known state, whatever
# ours can do. No two rules of a table are equal.
full() {
	t=0
	for table in $tables; do
		t=$((t + 1)) n=0
		echo "*$table"
		for chain in $(chains "$table"); do
			echo ":$chain ACCEPT [0:0]"
		done
		echo ":one - [0:0]"
		echo ":two - [0:0]"
		for chain in $(chains "$table") one two; do
			n=$((n + 1))
			echo "[$n:50] -A $chain -p tcp -m tcp --sport ${t}00$n --dport 25"
			echo "[3:7$n] -A $chain -p udp -m udp --sport ${t}00$n"
		done
		echo "[9:90] -A $(chains "$table" | cut -d' ' -f1) -j one"
		echo "COMMIT"
	done
}

# The distribution's restore cannot set counters of IPv6 rules (1.8.9): they come as a copy of the
# IPv4 tables, through nft.
load() {
	fresh
	here nft -f "$TMP/scene.nft" || fail "nft could not load the scene"
}

fresh
full | here ref iptables-restore -c || fail "the reference could not load the scene"
here nft list ruleset 2>/dev/null >"$TMP/scene.nft"
sed 's/^table ip /table ip6 /' "$TMP/scene.nft" >"$TMP/scene6.nft"
cat "$TMP/scene6.nft" >>"$TMP/scene.nft"

[ -z "${STORE:-}" ] || load() {
	fresh
	for loaded_family in iptables ip6tables; do
		full | here "$BIN/$loaded_family-restore" -c || fail "the scene could not be loaded"
	done
}

# Everything of both families, as the distribution reads it, without the comments with the time.
saved() {
	for saved_family in iptables ip6tables; do
		here ref $saved_family-save -c | awk -v family=$saved_family '
			/^#/ { next } /^\*/ { table = substr($0, 2) } { print family, table, $0 }'
	done
}

# changes NAME COMMAND...: runs ours on the full scene; leaves the changed lines in $changes, as
# diff shows them (< gone, > new).
changes() {
	load
	saved >"$TMP/before"
	quiet "$@"
	saved >"$TMP/after"
	changes=$(diff "$TMP/before" "$TMP/after" | sed -n '/^[<>]/p')
}

# ------------------------------------------------------------------ flush

for family in iptables ip6tables; do
	for table in $tables; do
		changes "$family -t $table -F" here "$BIN/$family" -t "$table" -F
		is "$family -t $table -F took every rule of it and nothing else" "$changes" \
			"$(sed -n "/^$family $table .*-A /s/^/< /p" "$TMP/before")"
		for chain in $(chains "$table") one; do
			changes "$family -t $table -F $chain" here "$BIN/$family" -t "$table" -F "$chain"
			is "$family -t $table -F $chain took its rules and nothing else" "$changes" \
				"$(sed -n "/^$family $table .*-A $chain /s/^/< /p" "$TMP/before")"
		done
	done
done

# The article's very words.
changes "iptables -F INPUT" here ipt -F INPUT
is "iptables -F INPUT: nothing but INPUT of filter" \
	"$(echo "$changes" | grep -v 'iptables filter .*-A INPUT ')" ''

fresh
quiet "-F of an empty chain of an empty machine" here ipt -F INPUT
quiet "-F of an empty machine" here ipt -F
quiet "-t nat -F of an empty machine" here ipt -t nat -F
is "flushing nothing made no rules" "$(here "$BIN/iptables-save" | grep -c '^-A')" 0

# ------------------------------------------------------------------ delete chains

load
run here ipt -X
is "-X with chains in use: the kernel's no" "$rc" 4
saved >"$TMP/after"
is "a failed -X changed nothing" "$(diff "$TMP/before" "$TMP/after")" ''
must here ipt -F
quiet "-X of all chains, all empty" here ipt -X
is "-X left the built-in chains" "$(here ipt -S)" "-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT"
saved | grep -v '^iptables filter' >"$TMP/after"
grep -v '^iptables filter' "$TMP/before" >"$TMP/want"
is "-F and -X of filter: other tables as they were" "$(diff "$TMP/want" "$TMP/after")" ''

load
must here ipt -F two
changes_before=$(saved)
quiet "-X of one chain" here ipt -X two
is "-X two took the chain and nothing else" \
	"$(saved)" "$(echo "$changes_before" | grep -v '^iptables filter :two ')"

# ------------------------------------------------------------------ zero

for family in iptables ip6tables; do
	changes "$family -Z" here "$BIN/$family" -Z
	saved | grep "^$family filter" | grep -v -e '\*' -e COMMIT >"$TMP/zeroed"
	is "$family -Z: rules at zero" "$(grep -- '-A ' "$TMP/zeroed" | grep -v ' \[0:0\] ')" ''
	is "$family -Z: other tables and the other family as they were" \
		"$(echo "$changes" | grep -v "^. $family filter ")" ''
	is "$family -Z: no rule went or came" \
		"$(grep -c -- '-A ' "$TMP/zeroed")" "$(grep -c "^$family filter .*-A " "$TMP/before")"

	changes "$family -Z INPUT" here "$BIN/$family" -Z INPUT
	is "$family -Z INPUT: its rules at zero, nothing else" \
		"$(echo "$changes" | grep -v -e "$family filter :INPUT ")" "$(
		grep "^$family filter .*-A INPUT " "$TMP/before" >"$TMP/lines"
		sed 's/\[[0-9]*:[0-9]*\]/[0:0]/' "$TMP/lines" >"$TMP/zero"
		diff "$TMP/lines" "$TMP/zero" | sed -n '/^[<>]/p'
	)"

	changes "$family -Z INPUT 2" here "$BIN/$family" -Z INPUT 2
	line=$(grep "^$family filter .*-A INPUT " "$TMP/before" | sed -n 2p)
	is "$family -Z INPUT 2: rule 2 at zero, nothing else" "$changes" "< $line
> $(echo "$line" | sed 's/\[[0-9]*:[0-9]*\]/[0:0]/')"
done

load
before=$(saved)
run here ipt -Z INPUT 99
is "-Z of a rule that is not there fails" "$([ "$rc" != 0 ] && echo fails)" fails
is "... and changes nothing" "$(saved)" "$before"
fresh
quiet "-Z of a chain that is not in the kernel yet" here ipt -Z OUTPUT

load
run here ipt -L INPUT -Z -n -v -x
matches "-L -Z shows the old counters" "$out" '*       3       71 *'
is "-L -Z left none" "$(saved | grep '^iptables filter .*-A INPUT ' | grep -vc '\[0:0\]')" 0

# ------------------------------------------------------------------ replace, insert, delete

changes "-R INPUT 2" here ipt -R INPUT 2 -s 192.0.2.7 -p udp -j DROP
is "-R took rule 2 and put the new one at its place" "$changes" \
	"< iptables filter $(full | sed -n '/INPUT -p udp -m udp --sport 1001/p')
> iptables filter [0:0] -A INPUT -s 192.0.2.7/32 -p udp -j DROP"
is "... at place 2" "$(here ipt -S INPUT 2)" "-A INPUT -s 192.0.2.7/32 -p udp -j DROP"
is "rules 1 and 3 stay where they are" "$(here ipt -S INPUT 1; here ipt -S INPUT 3)" \
	"-A INPUT -p tcp -m tcp --sport 1001 --dport 25
-A INPUT -j one"

for place in 1 2 3 4; do
	changes "-I INPUT $place" here ipt -I INPUT $place -s 192.0.2.8 -j ACCEPT
	is "-I INPUT $place: one rule came" "$changes" \
		"> iptables filter [0:0] -A INPUT -s 192.0.2.8/32 -j ACCEPT"
	is "-I INPUT $place: at place $place" "$(here ipt -S INPUT $place)" \
		"-A INPUT -s 192.0.2.8/32 -j ACCEPT"
done

for place in 1 2 3; do
	load
	line=$(here ipt -S INPUT $place)
	changes "-D INPUT $place" here ipt -D INPUT $place
	is "-D INPUT $place took rule $place" "$(echo "$changes" | sed 's/.*\] //')" "$line"
done
changes "-D by text" here ipt -D INPUT -p udp --sport 1001
is "-D by text took that rule" "$changes" \
	"< iptables filter $(full | sed -n '/INPUT -p udp -m udp --sport 1001/p')"

fresh
must here ipt -A INPUT -s 192.0.2.1,192.0.2.2 -d 198.51.100.1,198.51.100.2 -j ACCEPT
is "-A of two sources and two destinations: four rules" "$(here ref iptables -S INPUT)" \
	"-P INPUT ACCEPT
-A INPUT -s 192.0.2.1/32 -d 198.51.100.1/32 -j ACCEPT
-A INPUT -s 192.0.2.1/32 -d 198.51.100.2/32 -j ACCEPT
-A INPUT -s 192.0.2.2/32 -d 198.51.100.1/32 -j ACCEPT
-A INPUT -s 192.0.2.2/32 -d 198.51.100.2/32 -j ACCEPT"
quiet "-D of the same takes all four" here ipt -D INPUT -s 192.0.2.1,192.0.2.2 \
	-d 198.51.100.1,198.51.100.2 -j ACCEPT
is "... and leaves none" "$(here ref iptables -S INPUT)" "-P INPUT ACCEPT"
must here ipt -A INPUT -j DROP
must here ipt -I INPUT -s 192.0.2.1,192.0.2.2 -j ACCEPT
here ref iptables -S INPUT >"$TMP/ours"
fresh
must here ref iptables -A INPUT -j DROP
must here ref iptables -I INPUT -s 192.0.2.1,192.0.2.2 -j ACCEPT
is "-I of two sources: in the reference's order" "$(cat "$TMP/ours")" "$(here ref iptables -S INPUT)"

fresh
must here ipt -A INPUT -j DROP
must here ipt -A INPUT -s 192.0.2.1 -j ACCEPT
must here ipt -A INPUT -j DROP
must here ipt -D INPUT -j DROP
is "-D by text takes the first of two equal rules" "$(here ref iptables -S INPUT)" \
	"-P INPUT ACCEPT
-A INPUT -s 192.0.2.1/32 -j ACCEPT
-A INPUT -j DROP"

# ------------------------------------------------------------------ rename

for family in iptables ip6tables; do
	changes "$family -E one three" here "$BIN/$family" -E one three
	is "$family -E: the chain and the jumps to it have the new name" "$(saved | sort)" \
		"$(sed -e "/^$family filter/{s/:one /:three /; s/-A one /-A three /; s/-j one\$/-j three/}" \
			"$TMP/before" | sort)"
done

# ------------------------------------------------------------------ policies

for family in iptables ip6tables; do
	for table in filter mangle raw security; do
		for chain in $(chains "$table"); do
			changes "$family -t $table -P $chain DROP" here "$BIN/$family" -t "$table" -P "$chain" DROP
			is "... set that policy and nothing else" \
				"$(echo "$changes" | sed 's/ \[[0-9:]*\]$//')" \
				"< $family $table :$chain ACCEPT
> $family $table :$chain DROP"
		done
	done
done
load
before=$(saved)
run here ipt -t nat -P PREROUTING DROP
is "the nat table has no policy DROP" "$rc" 2
matches "... and it is said" "$err" '*"nat" table is not intended for filtering*'
is "... and nothing changed" "$(saved)" "$before"
fresh
must here ipt -P FORWARD DROP
must here ipt -A FORWARD -i lo -j ACCEPT
must here ipt -F
is "-F leaves the policy" "$(here ipt -S FORWARD)" "-P FORWARD DROP"
must here ipt -P FORWARD ACCEPT
is "back to ACCEPT" "$(here ref iptables -S FORWARD)" "-P FORWARD ACCEPT"

# ------------------------------------------------------------------ tables apart

fresh
must here ipt -A INPUT -j ACCEPT
must here ipt6 -A INPUT -j DROP
must here ipt -t nat -A PREROUTING -j ACCEPT
quiet "iptables -F" here ipt -F
is "IPv6 has its rule still" "$(here ref ip6tables -S INPUT)" "-P INPUT ACCEPT
-A INPUT -j DROP"
is "nat has its rule still" "$(here ref iptables -t nat -S PREROUTING)" "-P PREROUTING ACCEPT
-A PREROUTING -j ACCEPT"

finish
