#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ipfwadm on nf_tables: every form of a rule is found again, counted and deleted as one; real packets
# between three hosts; accounting; beside ipchains and iptables.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need socat ss nft
[ -x /usr/bin/python3 ] || skip_all "python3 is not installed"

#   inside 10.2.0.2 ---- 10.2.0.1 gate 203.0.113.1 ---- 203.0.113.9 outside
host inside gate outside
cable inside eth0 gate lan
cable gate wan outside eth0
address inside eth0 10.2.0.2/24
address gate lan 10.2.0.1/24
address gate wan 203.0.113.1/24
address outside eth0 203.0.113.9/24
on inside ip route add default via 10.2.0.1
on outside ip route add 10.2.0.0/24 via 203.0.113.1
setting gate net.ipv4.ip_forward=1

fw() { on gate "$BIN/ipfwadm" "$@"; }
empty() {
	for list in -I -O -F; do fw $list -f; fw $list -p accept; done
	fw -A -f
}
send() { send_from=$1; shift; on "$send_from" /usr/bin/python3 "$TESTS/kernel/send.py" "$@"; }
# counted LIST NUMBER: packets of the rule
counted() { fw "$1" -l -n -e -x | awk -v n="$2" 'NR == n + 2 { print $1 }'; }
serve() {
	# shellcheck disable=SC2016 # for the shell that socat starts
	start "$1" socat "TCP4-LISTEN:$2,reuseaddr,fork" SYSTEM:'read -r line; echo "$SOCAT_PEERADDR"' 2>/dev/null
	wait_for 5 listens "$1" "$2"
}
ask() { echo | on "$1" timeout "${PATIENCE:-5}" socat -t 1 -T 3 - "TCP4:$2:$3,${4:-}" 2>/dev/null; }
unanswered() { PATIENCE=1 ask "$@"; }

# ------------------------------------------------------------------ rules

run fw -I -l
result 0 "IP firewall input rules, default policy: accept" "" "an empty list"
is "... and listing made nothing" "$(on gate nft list ruleset)" ""

cp "$TESTS/cases/ipfwadm.rules" "$TMP/rules"
# every COMMAND: with each of these rules
every() {
	bad=
	while read -r list first words; do
		case $list in
		-A) set -- "$1" -A "$first" "$1" ;;
		*) set -- "$1" "$list" "$1" "$first" ;;
		esac
		every_command=$1
		shift
		# shellcheck disable=SC2086 # words
		fw "$@" $words || bad="$bad
$* $words"
		set -- "$every_command"
	done <"$TMP/rules"
}
lists() { for list in -I -O -F -A; do fw $list -l -n "$@"; done; }

every -a
is "every line is taken" "$bad" ""
lists -e >"$TMP/list1"
is "as many rules are listed" "$(grep -c -v '^IP\|pkts' "$TMP/list1")" "$(grep -c . "$TMP/rules")"
is "none of them as made by nft" "$(grep -c nft "$TMP/list1")" 0
on gate nft list ruleset >"$TMP/nft"
on gate nft flush ruleset
is "nft loads what it listed" "$(on gate nft -f "$TMP/nft" 2>&1)" ""
# For several ports nft writes sets, and it forgets the checksum of a changed TOS byte: other rules.
is "... and ipfwadm finds all of it, but for rules with lists of ports and a changed TOS byte" \
	"$(lists -e | diff "$TMP/list1" - | sed -n 's/^< .* //p')" "1024,7
6,7,8,9,10
3128
*"
on gate nft flush ruleset
every -a
every -d
is "each rule can be deleted by its words" "$bad" ""
is "... with all that the kernel had of it" \
	"$(for chain in input output forward acct; do on gate nft list chain ip ipfwadm $chain; done | grep -c counter)" 0
run fw -I -d accept -P tcp -D 0/0 99
result 255 "" "ipfwadm: setsockopt failed: Invalid argument" "-d without an equal rule"
fw -I -a accept -P tcp -D 0/0 25 -t 0x01 0x10
quiet "-d does not look at TOS" fw -I -d accept -P tcp -D 0/0 25
fw -I -a accept -P tcp -S 0/0 25
run fw -I -d accept -P tcp -D 0/0 25
is "-d tells source from destination ports" "$rc" 255
run fw -I -a deny -V 10.99.0.1
matches "-V of nobody" "$rc $err" "2 *no device has the address 10.99.0.1*"
for list in -I -O -F; do fw $list -p reject; done
is "policies" "$(for list in -I -O -F; do fw $list -l | head -1; done)" \
	"IP firewall input rules, default policy: reject
IP firewall output rules, default policy: reject
IP firewall forward rules, default policy: reject"
fw -F -p a -m
is "policy with -m" "$(fw -F -l)" "IP firewall forward rules, default policy: accept/masquerade"

# ------------------------------------------------------------------ what would happen to a packet

empty
fw -I -a deny -P tcp -S 0/0 1:5 80 -D 10.0.0.0/8 -W lan
fw -I -a reject -b -P udp -S 10.0.0.1 53 -D 10.0.0.2
fw -I -a a -P tcp -D 0/0 8080 -r 80
fw -I -a accept -k
fw -I -p deny
fw -F -p masquerade
# check WANT PACKET...: of -c on the device lan
check() {
	check_want=$1
	shift
	run fw "$@" -V 10.2.0.1 -W lan
	result 0 "packet $check_want" "" "-c $*"
}
check denied -I -c -P tcp -S 1.2.3.4 3 -D 10.0.0.1 9
check denied -I -c -P tcp -S 1.2.3.4 80 -D 10.0.0.1 9
check denied -I -c -P tcp -S 1.2.3.4 6 -D 10.0.0.1 9 -y
check accepted -I -c -P tcp -S 1.2.3.4 6 -D 10.0.0.1 9
check redirected -I -c -P tcp -S 1.2.3.4 6 -D 10.0.0.1 8080
check rejected -I -c -P udp -S 10.0.0.1 53 -D 10.0.0.2 7
check rejected -I -c -P udp -S 10.0.0.2 7 -D 10.0.0.1 53
check accepted -I -c -P udp -S 10.0.0.2 7 -D 10.0.0.1 54
check accepted -I -c -P icmp -S 10.0.0.1 8 -D 10.0.0.2
check accepted -O -c -P udp -S 10.0.0.1 8 -D 10.0.0.2 1
check masqueraded -F -c -P udp -S 10.0.0.1 8 -D 10.0.0.2 1
run fw -I -c -v -P tcp -S 1.2.3.4 6 -D 10.0.0.1 9 -V 10.2.0.1 -W lan
is "-c -v" "$out" "tcp via lan 10.2.0.1   1.2.3.4 -> 10.0.0.1   6 -> 9
packet accepted"
is "... and nothing was counted" "$(fw -I -l -e -n -x | awk '$1 ~ /^[1-9]/')" ""

# ------------------------------------------------------------------ packets

empty
serve outside 80; web=$started
serve outside 25; smtp=$started
serve gate 3128; proxy=$started
address inside eth0 10.2.0.3/24
fw -I -i deny -P tcp -D 0.0.0.0/0 25
fw -I -i accept -P tcp -S 10.2.0.2 -D 0.0.0.0/0 25
is "SMTP for one address only" \
	"$(ask inside 203.0.113.9 25 bind=10.2.0.2) $(unanswered inside 203.0.113.9 25 bind=10.2.0.3)" "10.2.0.2 "
for denied in -I -F -O; do
	empty
	fw $denied -p deny
	is "policy deny of $denied stops a routed packet" "$(unanswered inside 203.0.113.9 80)" ""
done
empty
fw -F -a accept -m -S 10.2.0.0/24 -W wan
fw -F -p deny
is "-m masquerades, and replies skip the forwarding list" "$(ask inside 203.0.113.9 80)" "203.0.113.1"
empty
fw -I -a accept -P tcp -S 10.2.0.0/24 -D 0/0 80 8080 -r 3128
is "-r: this host's own server answers" "$(ask inside 203.0.113.9 80)" "10.2.0.2"
stop "$proxy"
is "... only that one" "$(unanswered inside 203.0.113.9 80)" ""
empty
fw -I -a deny -y -P tcp -W wan
fw -I -a deny -k -W lan -D 203.0.113.9
send inside udp 203.0.113.9 7 --src 10.2.0.2
is "-k without -P: UDP passes the test, TCP without ACK does not" \
	"$(counted -I 2) $(send inside tcp 203.0.113.9 7 --src 10.2.0.2; counted -I 2) $(send inside tcp 203.0.113.9 7 --src 10.2.0.2 --sport 40001 --flags A; counted -I 2)" "1 1 2"
empty
fw -I -a accept -b -P udp -S 10.2.0.2 -D 203.0.113.9 7 9 100:200
fw -I -a deny -P udp
for port in 7 9 100 150 200 201 8; do send inside udp 203.0.113.9 $port --src 10.2.0.2; done
is "several ports and a range in one rule, with one counter" "$(counted -I 1) $(counted -I 2)" "5 2"
send outside udp 10.2.0.2 5000 --src 203.0.113.9 --sport 150
is "-b: back from such a port" "$(counted -I 1)" 6
empty
fw -I -a deny -P icmp -S 0/0 8 13
send inside icmp 203.0.113.9 8 --src 10.2.0.2
send inside icmp 203.0.113.9 13 --src 10.2.0.2
send inside icmp 203.0.113.9 17 --src 10.2.0.2
is "several types of ICMP" "$(counted -I 1)" 2

# ------------------------------------------------------------------ accounting

empty
fw -A -a -P udp -S 10.2.0.2
fw -A in -a -P udp -S 10.2.0.2
fw -A out -a -P udp -S 10.2.0.2
fw -A both -a -b -P udp -S 10.2.0.2 -D 10.2.0.0/16
fw -A -a -b -P udp -S 10.2.0.2 -W wan
send inside udp 203.0.113.9 7 --src 10.2.0.2 --count 4
is "accounting counts in, out or both, and every rule that fits" \
	"$(for n in 1 2 3 4 5; do counted -A $n; done | tr '\n' ' ')" "8 4 4 0 4 "
fw -O -a deny -P udp
fw -A -z
send inside udp 203.0.113.9 7 --src 10.2.0.2
is "what output denies is not counted on its way out" "$(counted -A 2) $(counted -A 3)" "1 0"
is "-l -z lists and zeroes" "$(fw -A -l -z -n | awk 'NR == 4 { print $1 }') $(counted -A 2)" "1 0"
empty
fw -A in -a -b -P udp -S 10.2.0.0/24 -D 10.2.0.0/24
send inside udp 10.2.0.1 7 --src 10.2.0.2
is "-b counts a packet that fits both ways once" "$(counted -A 1)" 1

# ------------------------------------------------------------------ with the other two

empty
fw -I -a accept -P udp
on gate "$BIN/ipchains" -A input -p udp -j ACCEPT
on gate ipt -t mangle -A PREROUTING -p udp
on gate ipt -A FORWARD -p udp -j DROP
send inside udp 203.0.113.9 7 --src 10.2.0.2
is "three firewalls, and a packet meets them all" \
	"$(counted -I 1) $(on gate "$BIN/ipchains" -L input -v -n | awk 'NR == 3 { print $1 }') $(packets gate mangle PREROUTING 1) $(packets gate filter FORWARD 1)" "1 1 1 1"
stop "$web" "$smtp"
finish
