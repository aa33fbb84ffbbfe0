#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# explain, by the rules and the devices of the kernel: nothing is counted, nothing is changed.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

host alone other
cable alone eth0 other eth0
address alone eth0 192.0.2.5/24 2001:db8::5/64
explain() { on alone "$BIN/postern" explain "$@"; }
ends() { sed -n '/^verdict/,$p'; }

is "no rules at all" "$(explain -i eth0 -p tcp --dport 80 | sed 2d)" 'packet    IP 203.0.113.77.40000 > 192.0.2.5.80: tcp S, 40 bytes, from eth0

PREROUTING
  routing: to this host

INPUT

verdict   ACCEPTED: no rule and no policy objects, and goes to this host'
must on alone ipt -P INPUT DROP
must on alone ipt -A INPUT -p tcp --dport 22 -j ACCEPT
must on alone ipt6 -A INPUT -p tcp --dport 22 -j REJECT
before=$(on alone "$BIN/iptables-save" -c | grep -v '^#')
is "the rules of the kernel; only tables that are there" "$(explain -i eth0 -p tcp --dport 22 | sed -n '/^PRE/,$p')" \
	'PREROUTING
  routing: to this host

INPUT
  filter INPUT
       1 YES -p tcp -m tcp --dport 22 -j ACCEPT

verdict   ACCEPTED by rule 1 of INPUT in table filter, and goes to this host
          -p tcp -m tcp --dport 22 -j ACCEPT'
is "those of IPv6 for a packet of IPv6" "$(explain -q -i eth0 -s 2001:db8::9 -p tcp --dport 22)" rejected
is "a device that is not there" "$(explain -q -i ppp7 -p tcp --dport 22; explain -q -i ppp7 -p tcp --dport 23)" 'accepted
dropped'
is "nothing was counted" "$(on alone "$BIN/iptables-save" -c | grep -v '^#')" "$before"
is "tables that nft made are told of" \
	"$(on alone nft add table inet mine; on alone nft add table ip6 more; explain -i eth0 -p tcp --dport 22 | sed -n '/^note/,$p')" \
	'note      tables that nft made are not asked, and may decide otherwise: ip6
          more, inet mine'
on alone nft delete table inet mine
on alone nft delete table ip6 more

must on alone ipt -t mangle -A POSTROUTING -j MARK --set-mark 1
must on alone ipt -t nat -A OUTPUT -p udp --dport 53 -j DNAT --to 192.0.2.9:5353
is "the policy of filter, not that of a table behind it; NAT of what is made here" \
	"$(explain -o eth0 -d 192.0.2.7 -p udp --dport 53 | ends)" \
	'verdict   ACCEPTED by the policy of OUTPUT in table filter, and leaves through
          eth0
becomes   IP 192.0.2.5.40000 > 192.0.2.9.5353: udp, 28 bytes'

must on alone ipt -I INPUT -m comment --comment first -j RETURN
is "RETURN in a built-in chain is its policy" "$(explain -i eth0 -p tcp --dport 22 | ends)" \
	'verdict   DROPPED by the policy of INPUT in table filter'
must on alone ipt -D INPUT 1

if [ "$(id -u)" = 0 ] && on alone setpriv --reuid 65534 --clear-groups test -x "$BIN/postern"; then
	run on alone setpriv --reuid 65534 --clear-groups "$BIN/postern" explain -i eth0 -p tcp
	matches "without privileges: one line, and what would do" "$rc $err" \
		"2 postern explain: the kernel tells its rules to root only
*--rules FILE*"
	on alone "$BIN/iptables-save" >"$TMP/rules"
	chmod 755 "$TMP"
	chmod 644 "$TMP/rules"
	is "... which does" \
		"$(on alone setpriv --reuid 65534 --clear-groups "$BIN/postern" explain -q --rules "$TMP/rules" -i eth0 -p tcp --dport 22)" accepted
else
	skip "without privileges: one line, and what would do" "nobody can read this folder"
fi
must "$BIN/postern" --store "$TMP/store" iptables -A INPUT -p tcp -j DROP
is "the rules of a store" "$("$BIN/postern" --store "$TMP/store" explain -q -i eth0 -p tcp)" dropped
finish
