#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is about the store itself: its files, who may read them, many writers at once, damage, crashes,
# and how it is chosen.
STORE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

rules=$POSTERN_STORE/rules

# ------------------------------------------------------------------ choosing it

is "a store that is not there is empty" "$(ipt -S; [ -e "$POSTERN_STORE" ] || echo 1)" \
	"-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
1"
is "a save of nothing" "$("$BIN/iptables-save")" ''
quiet "a rule is kept" ipt -A INPUT -s 192.0.2.1 -j DROP
quiet "one of IPv6, too" ipt6 -t mangle -A FORWARD -p tcp -j MARK --set-mark 7
quiet "--store is the same" env -u POSTERN_STORE "$BIN/postern" --store "$POSTERN_STORE" iptables \
	-C INPUT -s 192.0.2.1 -j DROP
quiet "--store goes before POSTERN_STORE" "$BIN/postern" --store="$TMP/other" iptables -A INPUT -j ACCEPT
is "... and is another one" "$(POSTERN_STORE=$TMP/other ipt -S INPUT; ipt -S INPUT)" \
	"-P INPUT ACCEPT
-A INPUT -j ACCEPT
-P INPUT ACCEPT
-A INPUT -s 192.0.2.1/32 -j DROP"
run "$BIN/postern" --store
result 2 '' 'postern: --store wants a folder' "--store without a folder"
run "$BIN/postern" --store '' iptables -S
result 2 '' 'postern: --store wants a folder' "--store with an empty name"
is "postern list reads it" "$("$BIN/postern" list | grep -c '^ip[6 ]')" 2

# ------------------------------------------------------------------ its files

is "the folder is ours alone, and so are the files" \
	"$(stat -c '%a' "$POSTERN_STORE" "$rules" "$POSTERN_STORE/lock" | tr '\n' ' ')" '700 600 600 '
is "the file is what people can read" "$(sed '/ checksum /d' "$rules")" "# generation 3 last-handle 6
# family ipv4
*filter
:INPUT ACCEPT [0:0]
[0:0] -A INPUT -s 192.0.2.1/32 -j DROP
COMMIT
# handles INPUT 3
# family ipv6
*mangle
:FORWARD ACCEPT [0:0]
[0:0] -A FORWARD -p tcp -j MARK --set-xmark 0x7/0xffffffff
COMMIT
# handles FORWARD 6"
is "no temporary files are left" "$(find "$POSTERN_STORE" -type f | wc -l)" 2

before=$(cat "$rules")
run ipt -A INPUT -j DNAT --to-destination 192.0.2.9
is "what is refused leaves the file as it is" "$rc $(cat "$rules")" "4 $before"

# A reader has one state or the other, and never half of one.
if [ "$(id -u)" != 0 ]; then
	chmod 000 "$rules"
	run ipt -S
	result 4 '' "$V: cannot read $rules: Permission denied" "a file that we may not read"
	chmod 600 "$rules"
	chmod 500 "$POSTERN_STORE"
	run ipt -A INPUT -j ACCEPT
	result 4 '' "$V: cannot write $rules: Permission denied" "a folder that we may not write"
	is "... can be read" "$(ipt -S INPUT 1)" "-A INPUT -s 192.0.2.1/32 -j DROP"
	chmod 700 "$POSTERN_STORE"
fi
run env POSTERN_STORE="$TMP/no/where" "$BIN/iptables" -A INPUT
result 4 '' "$V: cannot make $TMP/no/where: No such file or directory" "a folder nowhere"

# ------------------------------------------------------------------ damage

# damaged NAME WANT-IN-ERROR: the file as it is now is refused by all, in one line, and stays
damaged() {
	damaged_before=$(cksum <"$rules")
	for damaged_call in "iptables -S" "iptables -A INPUT -j ACCEPT" "iptables-save" \
		"ip6tables -F"; do
		# shellcheck disable=SC2086 # words
		run "$BIN"/$damaged_call
		[ "$rc$out" = 4 ] || break
		[ "$(echo "$err" | wc -l)" = 1 ] || break
		case $err in *"$2"*) ;; *) break ;; esac
		damaged_call=
	done
	printf '*filter\nCOMMIT\n' | "$BIN/iptables-restore" 2>/dev/null && damaged_call=restore
	if [ -n "$damaged_call" ]; then
		fail "$1" "$damaged_call: rc $rc '$out' '$err'" "want: $2"
	else
		is "$1" "$(cksum <"$rules")" "$damaged_before"
	fi
}

cp "$rules" "$TMP/good"
sed -i 's/192.0.2.1/192.0.2.2/' "$rules"
damaged "a byte that changed" "$rules is damaged: its checksum does not fit"
head -c 100 "$TMP/good" >"$rules"
damaged "a file that is cut off" "$rules is damaged: it is cut off"
: >"$rules"
damaged "an empty file" "$rules is damaged: it is cut off"
echo hello >"$rules"
damaged "another file" "$rules is damaged: it does not begin as"
sed '1s/store 1 /store 9 /' "$TMP/good" >"$rules"
damaged "a later version" "was written by another version of postern"
rm "$rules"
mkdir "$rules"
run ipt -A INPUT
result 4 '' "$V: cannot read $rules: Is a directory" "a folder in its place"
rmdir "$rules"
ln -s "$TMP/good" "$rules"
run ipt -A INPUT
result 4 '' "$V: cannot read $rules: Too many levels of symbolic links" "a link in its place"
rm "$rules"
cp "$TMP/good" "$rules"
quiet "what was put back is read" ipt -C INPUT -s 192.0.2.1 -j DROP

# ------------------------------------------------------------------ many at once

fresh
writers=40
i=0
while [ $i -lt $writers ]; do
	i=$((i + 1))
	case $((i % 4)) in
	0) "$BIN/ip6tables" -w 10 -A INPUT -p tcp --dport $i ;;
	1) printf '*filter\n-A INPUT -p tcp --dport %s\n-A OUTPUT -p tcp --dport %s\nCOMMIT\n' $i $i |
		"$BIN/iptables-restore" -n ;;
	2) "$BIN/iptables" -w -I INPUT -p tcp --dport $i ;;
	3) "$BIN/iptables" -w 10 -A INPUT -p tcp --dport $i && "$BIN/iptables" -w -N "c$i" &&
		"$BIN/iptables" -C INPUT -p tcp --dport $i ;;
	esac >"$TMP/writer.$i" 2>&1 || echo "rc $?" >>"$TMP/writer.$i" &
done
wait
is "40 writers at once: none fails, none says a word" "$(cat "$TMP"/writer.*)" ''
is "... and nothing is lost" "$(ipt -S | grep -c dport) $(ipt -S | grep -c '^-N') $(ipt6 -S | grep -c dport)" \
	"40 10 10"
is "... every rule has a handle of its own" "$(sed -n 's/^# handles [A-Za-z0-9]* //p' "$rules" | tr ' ' '\n' |
	awk -F- '{ for (i = $1; i <= ($2 ? $2 : $1); i++) print i }' | sort | uniq -d | wc -l)" 0

# Deleting by number or text while others change: each deletes one rule, and none twice.
i=0
while [ $i -lt 20 ]; do
	i=$((i + 1))
	"$BIN/iptables" -D INPUT 1 >"$TMP/writer.$i" 2>&1 || echo "rc $?" >>"$TMP/writer.$i" &
done
wait
is "20 deletions by number delete 20 rules" "$(cat "$TMP"/writer.*)$(ipt -S INPUT | grep -c dport)" 10

# ------------------------------------------------------------------ crashes

# Killed at any moment, the store is one state or the other.
fresh
must ipt -N a
i=0
while [ $i -lt 15 ]; do
	i=$((i + 1))
	"$BIN/iptables" -A a -p udp --dport $i &
	pid=$!
	sleep 0.00$((i % 7))
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	ipt -S a >"$TMP/listed" 2>&1 || echo broken
done >"$TMP/broken"
is "killed in the middle: the store is always whole" "$(cat "$TMP/broken")" ''
quiet "... and can be changed: a lock goes with its process" ipt -A a -j ACCEPT
finish
