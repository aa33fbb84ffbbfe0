#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# postern convert on real packets: scripts of the time (era/), and what they become in iptables, in turns
# on the same gate; every packet has the same fate. The distribution's iptables takes the results, too.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need nft ss conntrack
/usr/bin/python3 -c 'import pyftpdlib' 2>/dev/null || skip_all "python3-pyftpdlib is not installed"

# shellcheck source=era/network.sh
. "$TESTS/kernel/era/network.sh"
setting gate net.ipv4.ip_forward=1
cat >"$TMP/host" <<'END'
link eth1
link eth2
link ppp0
addr 192.168.7.1/24 dev eth1
addr 198.51.100.30/28 dev eth2
addr 203.0.113.10/24 dev ppp0
route default via 203.0.113.9
forward on
END

servers() { start "$1" /usr/bin/python3 "$TESTS/kernel/era/serve.py" "$@" >"$TMP/serve.log" 2>&1; }
servers world tcp:80 tcp:25 tcp:23 udp:53
servers house tcp:8080 tcp:139
servers server tcp:25 tcp:110 tcp:80 tcp:22
servers gate tcp:22 tcp:80
for one in "world 23" "house 139" "server 22" "gate 80"; do
	# shellcheck disable=SC2086 # two words
	wait_for 10 listens $one || { fail "the servers start: $one" "$(cat "$TMP/serve.log")"; finish; }
done

# From whom, and what is asked for.
cat >"$TMP/asked" <<'END'
house tcp 203.0.113.9 80
house tcp 203.0.113.9 25
house tcp 203.0.113.9 23
house udp 203.0.113.9 53
house ping 203.0.113.9 0
house tcp 198.51.100.17 80
house tcp 198.51.100.17 22
house tcp 192.168.7.1 22
house ping 198.51.100.17 0
gate tcp 203.0.113.9 80
gate udp 203.0.113.9 53
gate tcp 198.51.100.17 25
world tcp 203.0.113.10 22
world tcp 203.0.113.10 113
world tcp 203.0.113.10 80
world tcp 192.168.7.2 139
world tcp 198.51.100.17 25
world tcp 198.51.100.17 110
world ping 203.0.113.10 0
server tcp 203.0.113.9 25
server tcp 203.0.113.9 80
server tcp 192.168.7.2 139
END
# All at the same time: nobody is in another's way.
fates() {
	n=100
	while read -r from words; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # words
		echo "$from $words: $(on "$from" env PATIENCE=1 timeout 10 /usr/bin/python3 "$TESTS/kernel/era/fate.py" $words 2>&1 </dev/null)" >"$TMP/fate.$n" &
	done <"$TMP/asked"
	wait_all
	cat "$TMP"/fate.*
	rm "$TMP"/fate.*
}
# Not the servers, which are children, too.
wait_all() { wait_for 20 sh -c "[ \"\$(cat '$TMP'/fate.* 2>/dev/null | wc -l)\" = $(wc -l <"$TMP/asked") ]"; }

clear_gate() {
	on gate nft flush ruleset
	on gate conntrack -F 2>/dev/null
}

for name in gateway bastion webserver; do
	for era in ipchains ipfwadm; do
		# One dialect of each is enough for a day, and the gateway is in both.
		case ${NIGHTLY:-}$name.$era in
		bastion.ipfwadm | webserver.ipchains) continue ;;
		esac
		script=$TESTS/kernel/era/$name.$era
		clear_gate
		on gate env PATH="$BIN:$PATH" sh "$script" >/dev/null 2>"$TMP/err"
		fates >"$TMP/before"
		"$BIN/postern" convert --from $era --to iptables --host "$TMP/host" "$script" >"$TMP/rules" 2>"$TMP/told"
		is "$name.$era: the proof" "$(sed -n '$s/^[0-9]* //p' "$TMP/told")" "packets compared: none differs"
		clear_gate
		quiet "... is loaded" on gate "$BIN/iptables-restore" "$TMP/rules"
		fates >"$TMP/after"
		is "... and real packets agree" "$(diff "$TMP/before" "$TMP/after")" ""
		matches "... of which some pass, and some do not" "$(cut -d: -f2 "$TMP/after" | tr '\n' ' ')" \
			"*sees*silent*"
		if [ -x "$REFERENCE" ]; then
			is "... and iptables-restore of the distribution takes it" \
				"$(on gate "$REFERENCE" iptables-nft-restore --test "$TMP/rules" 2>&1)" ""
		fi
	done
done
finish
