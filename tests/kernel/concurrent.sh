#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Many writers at once: nothing is lost, nothing is half done, and the lock file of old is neither
# made nor waited for.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

# together N SCRIPT: runs the script N times at once, each with its number in $i; everything that is
# said or goes wrong ends up in $said.
together() {
	rm -rf "$TMP/together"
	mkdir "$TMP/together"
	# shellcheck disable=SC2016 # for the inner shell
	BIN=$BIN here sh -c '
		n=$1 dir=$2
		for i in $(seq "$n"); do
			( iptables() { "$BIN/iptables" "$@"; }
			  eval "$3"
			  rc=$?
			  [ $rc = 0 ] || echo "writer $i: rc $rc" ) >"$dir/$i" 2>&1 &
		done
		wait' sh "$1" "$TMP/together" "$2"
	said=$(cat "$TMP"/together/*)
}

rules() { here ref iptables -S "$1" | grep -c '^-A'; }

# shellcheck disable=SC2016 # for eval
{
	fresh
	together 40 'iptables -w 10 -A INPUT -s 10.0.0.$i -j ACCEPT'
	is "40 writers append to an empty machine: all content and silent" "$said" ''
	is "... and no rule is lost" "$(rules INPUT)" 40
	is "... and none is there twice" "$(here ref iptables -S INPUT | sort -u | grep -c '^-A')" 40

	together 40 'iptables -w 10 -I INPUT -s 10.0.1.$i -j ACCEPT'
	is "40 insert at the head" "$said $(rules INPUT)" " 80"

	together 40 'iptables -w 10 -D INPUT -s 10.0.0.$i -j ACCEPT'
	is "40 delete by text, each its own" "$said $(rules INPUT)" " 40"
	is "... the others are all there" \
		"$(here ref iptables -S INPUT | grep -c -- '-s 10.0.1.')" 40

	together 40 'iptables -w 10 -N c$i && iptables -w 10 -A c$i -j RETURN && iptables -w 10 -A FORWARD -j c$i'
	is "40 make a chain, fill it and jump to it" "$said $(rules FORWARD)" " 40"

	together 40 'iptables -w 10 -D FORWARD -j c$i && iptables -w 10 -F c$i && iptables -w 10 -X c$i'
	is "40 take theirs away again" "$said $(rules FORWARD) $(here ref iptables -S | grep -c '^-N')" " 0 0"

	fresh
	together 20 'printf "*filter\n:r$i - [0:0]\n-A r$i -s 10.1.0.$i -j DROP\n-A OUTPUT -j r$i\nCOMMIT\n" |
		"$BIN/iptables-restore" -w 10 --noflush'
	is "20 restores with --noflush" "$said $(rules OUTPUT)" " 20"

	# Numbers move while others insert: each -D 1 takes some rule, and never two.
	fresh
	awk 'BEGIN { print "*filter"; for (i = 0; i < 60; i++) print "-A INPUT -s 10.2.0." i; print "COMMIT" }' >"$TMP/sixty"
	must here ref iptables-restore "$TMP/sixty"
	together 40 'case $((i % 2)) in
		0) iptables -w 10 -D INPUT 1 ;;
		1) iptables -w 10 -I INPUT 30 -s 10.3.0.$i ;;
		esac'
	is "20 delete rule 1 while 20 insert in the middle" "$said $(rules INPUT)" " 60"
	is "... all the inserted ones are there" \
		"$(here ref iptables -S INPUT | grep -c -- '-s 10.3.0.')" 20

	# Both families at once, one table each.
	fresh
	together 20 'iptables -w -A INPUT -s 10.0.0.$i && "$BIN/ip6tables" -w -A INPUT -s fd00::$i'
	is "20 writers in both families" \
		"$said $(rules INPUT) $(here ref ip6tables -S INPUT | grep -c '^-A')" " 20 20"
}

# Whoever reads while a table is replaced sees the old or the new one, never a mixture.
fresh
awk 'BEGIN { print "*filter"; for (i = 0; i < 200; i++) print "-A INPUT -s 10.4.0." i " -j ACCEPT"; print "COMMIT" }' >"$TMP/a"
sed 's/ACCEPT/DROP/' "$TMP/a" >"$TMP/b"
must here "$BIN/iptables-restore" "$TMP/a"
(
	n=0
	while [ $n -lt 60 ]; do
		here "$BIN/iptables-restore" "$TMP/b" || echo "restore failed"
		here "$BIN/iptables-restore" "$TMP/a" || echo "restore failed"
		n=$((n + 1))
	done
) >"$TMP/swapper" 2>&1 &
swapper=$!
mixed=none seen=0
while kill -0 $swapper 2>/dev/null && [ $seen -lt 400 ]; do
	here "$BIN/iptables-save" -t filter >"$TMP/seen" 2>>"$TMP/swapper"
	accepts=$(grep -c 'ACCEPT$' "$TMP/seen")
	drops=$(grep -c 'DROP$' "$TMP/seen")
	case "$accepts $drops" in "200 0" | "0 200") ;; *) mixed="$mixed, $accepts ACCEPT and $drops DROP" ;; esac
	seen=$((seen + 1))
done
wait $swapper
is "$seen saves while the table was replaced 120 times: none mixed" "$mixed $([ $seen -gt 3 ] && echo enough)" "none enough"
is "... and all restores succeeded" "$(cat "$TMP/swapper")" ''

# ------------------------------------------------------------------ the lock file

kernel_only "the lock file of old" || finish
fresh
rm -f /run/xtables.lock
must here ipt -w 5 -A INPUT -j ACCEPT
must here "$BIN/iptables-restore" -w 5 -n "$TMP/a"
is "no lock file is made" "$([ -e /run/xtables.lock ] && echo made)" ''

# Kubernetes holds the lock while it calls restore.
touch /run/xtables.lock
flock /run/xtables.lock sleep 20 &
holder=$!
wait_for 5 sh -c '! flock -n /run/xtables.lock true'
start=$(date +%s%N)
quiet "-w 5 -A while another holds the lock" here ipt -w 5 -A INPUT -j DROP
quiet "-A without -w while another holds the lock" here ipt -A INPUT -j DROP
quiet "restore -w 5 while another holds the lock" here "$BIN/iptables-restore" -w 5 -n "$TMP/a"
took=$((($(date +%s%N) - start) / 1000000))
is "... nobody waited for it" "$([ $took -lt 3000 ] && echo quick || echo "$took ms")" quick
kill $holder

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	here strace -f -e trace=openat,open,flock -o "$TMP/trace" "$BIN/iptables" -w 5 -A INPUT -j ACCEPT
	lacks "the lock file is not even opened" "$(cat "$TMP/trace")" '*xtables.lock*'
else
	skip "the lock file is not even opened" "no strace here"
fi
finish
