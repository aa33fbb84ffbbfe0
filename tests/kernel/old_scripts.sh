#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole scripts as they were typed in the time of linux 2.0 and 2.2 (era/), each in ipfwadm and in
# ipchains: the same packets must have the same fate, byte by byte on the wire, in counters and in logs.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need nft ss tcpdump tc conntrack
/usr/bin/python3 -c 'import pyftpdlib' 2>/dev/null || skip_all "python3-pyftpdlib is not installed"

# shellcheck source=era/network.sh
. "$TESTS/kernel/era/network.sh"
mkdir "$TMP/ftp"
echo "through the masquerade" >"$TMP/ftp/file"
chmod 755 "$TMP" "$TMP/ftp"
servers=
# serve HOST WORDS OF serve.py
serve() {
	start "$1" /usr/bin/python3 "$TESTS/kernel/era/serve.py" "$@" >"$TMP/serve.log" 2>&1
	servers="$servers $started"
}
serve world tcp:80 tcp:25 tcp:23 tcp:79 udp:53 tcp:4000
serve house tcp:8080 tcp:80 tcp:139
serve server tcp:25 tcp:110 tcp:80 tcp:22
serve gate tcp:22 tcp:2000 tcp:80
serve world "ftp:203.0.113.9:$TMP/ftp"
for one in "world 21" "world 4000" "house 139" "server 22" "gate 80"; do
	# shellcheck disable=SC2086 # two words
	wait_for 10 listens $one || { fail "the servers start: $one" "$(cat "$TMP/serve.log")"; finish; }
done

fate() { fate_at=$1; shift; on "$fate_at" timeout 10 /usr/bin/python3 "$TESTS/kernel/era/fate.py" "$@"; }
# Where silence is expected, less than half a second is patience enough.
silent() { PATIENCE=0.4 fate "$@"; }
send() { send_at=$1; shift; on "$send_at" /usr/bin/python3 "$TESTS/kernel/send.py" "$@"; }
# same NAME GOT WANT: with the dialect in front
same() { is "$era: $1" "$2" "$3"; }
listed() {
	if [ $era = ipchains ]; then
		on gate "$BIN/ipchains" -L -n -v -x
	else
		for list in -I -F -O -A; do on gate "$BIN/ipfwadm" $list -l -n -e -x; done
	fi
}
# script NAME: on an empty gate, as root of the time would
script() {
	on gate nft flush ruleset
	on gate conntrack -F 2>/dev/null
	setting gate net.ipv4.ip_forward=0
	run on gate env PATH="$BIN:$PATH" sh "$TESTS/kernel/era/$1.$era"
	same "$1: the script runs" "$rc$err" 0
	same "... and every rule is listed as its own" "$(listed | grep -c 'made by nft')" 0
}
# The log from here on. logged N: what came, N lines at least, without what varies. On a slow machine a SYN is
# sent again: that has another id (I=); a packet that was logged twice would have the same.
log() {
	start gate "$BIN/postern" log >"$TMP/log" 2>"$TMP/log.err"
	logger=$started
	wait_for 5 grep -q listening "$TMP/log.err"
}
log_lines() {
	awk '{ flow = $0; sub(/ I=[0-9]*/, "", flow); if (flow in first && first[flow] != $0) next; first[flow] = $0; print }' \
		"$TMP/log" | sed 's/ L=[^(]*T=[0-9]*//;s/:[0-9]* \([0-9.]*:\)/:PORT \1/'
}
has_lines() { [ "$(log_lines | wc -l)" -ge "$1" ]; }
logged() {
	wait_for 2 has_lines "$1"
	stop "$logger"
	log_lines
}

# ------------------------------------------------------------------ a dial-up gateway

for era in ipfwadm ipchains; do
	script gateway
	log
	same "the house reaches the world from the gate's address: TCP" "$(fate house tcp 203.0.113.9 80)" "world sees 203.0.113.10"
	same "... UDP" "$(fate house udp 203.0.113.9 53)" "world sees 203.0.113.10"
	same "... FTP, passive" "$(fate house ftp 203.0.113.9 passive)" "through the masquerade"
	same "... FTP, active: the world comes in" "$(fate house ftp 203.0.113.9 active)" "through the masquerade"
	same "... the gate itself" "$(fate gate tcp 203.0.113.9 80)" "world sees 203.0.113.10"
	case $era in
	ipchains) on gate "$BIN/ipchains" -M -L -v -n >"$TMP/flows" ;;
	ipfwadm) on gate "$BIN/ipfwadm" -M -l -e -n >"$TMP/flows" ;;
	esac
	same "an address that FTP told was written anew, and the change of length remembered" \
		"$(awk '$NF == 21 && $4 != 0 { n++ } END { print n + 0 }' "$TMP/flows")" 1
	same "closed connections have the ten seconds they were given" \
		"$(awk '$NF == 80 { print ($2 <= "00:10.00") ? "yes" : $2 }' "$TMP/flows" | sort -u)" yes
	same "the world asks for ident: refused at once" "$(fate world tcp 203.0.113.10 113)" refused
	same "... for anything else: silence" "$(silent world tcp 203.0.113.10 22) $(silent world tcp 203.0.113.10 2000 203.0.113.66)" "silent silent"
	same "... for the house: silence" "$(silent world tcp 192.168.7.2 139)" silent
	send world udp 203.0.113.10 7 --src 192.168.7.99
	case $era in
	ipchains) want='Packet log: line DENY ppp0 PROTO=6 203.0.113.9:PORT 203.0.113.10:22 SYN (#8)
Packet log: line DENY ppp0 PROTO=6 203.0.113.66:PORT 203.0.113.10:2000 SYN (#8)
Packet log: line DENY ppp0 PROTO=6 203.0.113.9:PORT 192.168.7.2:139 SYN (#8)
Packet log: input DENY ppp0 PROTO=17 192.168.7.99:PORT 203.0.113.10:7 (#3)' ;;
	ipfwadm) want='IP fw-in deny ppp0 TCP 203.0.113.9:PORT 203.0.113.10:22
IP fw-in deny ppp0 TCP 203.0.113.66:PORT 203.0.113.10:2000
IP fw-in deny ppp0 TCP 203.0.113.9:PORT 192.168.7.2:139
IP fw-in deny ppp0 UDP 192.168.7.99:PORT 203.0.113.10:7' ;;
	esac
	same "strangers and liars are in the log" "$(logged 4)" "$want"
	start world tcpdump -vlnni eth0 -c 4 "tcp[tcpflags] & tcp-syn != 0 and src 203.0.113.10" >"$TMP/wire" 2>"$TMP/wire.err"
	dump=$started
	wait_for 5 grep -q 'listening on' "$TMP/wire.err"
	for port in 23 21 80 79; do send house tcp 203.0.113.9 $port --src 192.168.7.2 --sport 3000; done
	wait "$dump"
	same "TOS bytes on the wire, with right checksums" \
		"$(sed -n 's/.*(tos \(0x[0-9a-f]*\),.*/\1/p' "$TMP/wire" | tr '\n' ' ')$(grep -c 'bad cksum' "$TMP/wire")" "0x10 0x10 0x8 0x0 0"
done
same "ping through the masquerade, which linux 2.0 had not" "$(fate house ping 203.0.113.9 0)" answered

# ------------------------------------------------------------------ a bastion with a DMZ

for era in ipfwadm ipchains; do
	script bastion
	log
	same "the house: mail, mailbox and pages of the server, from its own address" \
		"$(for port in 25 110 80; do fate house tcp 198.51.100.17 $port; done | sort -u)" "server sees 192.168.7.2"
	same "... not its shell: host unreachable" "$(fate house tcp 198.51.100.17 22)" unreachable
	same "... a ping" "$(fate house ping 198.51.100.17 0)" answered
	same "... the world's pages, masqueraded" "$(fate house tcp 203.0.113.9 80)" "world sees 203.0.113.10"
	same "... not the world's mail" "$(fate house tcp 203.0.113.9 25)" unreachable
	same "... FTP with its data" "$(fate house ftp 203.0.113.9 passive)" "through the masquerade"
	same "the world: mail and pages of the server" \
		"$(fate world tcp 198.51.100.17 25) $(fate world tcp 198.51.100.17 80)" "server sees 203.0.113.9 server sees 203.0.113.9"
	same "... not its mailbox, nor its shell" "$(silent world tcp 198.51.100.17 110) $(silent world tcp 198.51.100.17 22)" "silent silent"
	same "the server: mail to the world, names from it" \
		"$(fate server tcp 203.0.113.9 25) $(fate server udp 203.0.113.9 53)" "world sees 198.51.100.17 world sees 198.51.100.17"
	same "... not the world's pages" "$(fate server tcp 203.0.113.9 80)" unreachable
	same "... nor the house" "$(silent server tcp 192.168.7.2 139)" silent
	same "the world does not reach the house" "$(silent world tcp 192.168.7.2 139)" silent
	send world udp 198.51.100.17 53 --src 192.168.7.2 --sport 53
	send server udp 203.0.113.9 53 --src 192.168.7.2
	case $era in
	ipchains) want='Packet log: dmz-out REJECT ppp0 PROTO=6 198.51.100.17:PORT 203.0.113.9:80 SYN (#5)
Packet log: dmz-lan DENY eth1 PROTO=6 198.51.100.17:PORT 192.168.7.2:139 SYN (#5)
Packet log: out-lan DENY eth1 PROTO=6 203.0.113.9:PORT 192.168.7.2:139 SYN (#1)
Packet log: input DENY ppp0 PROTO=17 192.168.7.2:PORT 198.51.100.17:53 (#1)
Packet log: input DENY eth2 PROTO=17 192.168.7.2:PORT 203.0.113.9:53 (#1)' ;;
	ipfwadm) want='IP fw-fwd rej ppp0 TCP 198.51.100.17:PORT 203.0.113.9:80
IP fw-fwd deny eth1 TCP 198.51.100.17:PORT 192.168.7.2:139
IP fw-fwd deny eth1 TCP 203.0.113.9:PORT 192.168.7.2:139
IP fw-in deny ppp0 UDP 192.168.7.2:PORT 198.51.100.17:53
IP fw-in deny eth2 UDP 192.168.7.2:PORT 203.0.113.9:53' ;;
	esac
	same "what should not be is in the log" "$(logged 5)" "$want"
done

# ------------------------------------------------------------------ accounting

# Nobody answers what nobody asked.
for one in house world server; do
	must on $one ipt -A OUTPUT -p icmp --icmp-type destination-unreachable -j DROP
	must on $one ipt -A OUTPUT -p tcp --tcp-flags RST RST -j DROP
done
for era in ipfwadm ipchains; do
	script accounting
	send house tcp 203.0.113.9 80 --src 192.168.7.2 --flags A --count 3
	send world tcp 192.168.7.2 4001 --sport 80 --src 203.0.113.9 --flags A --count 5
	send world tcp 198.51.100.17 4001 --sport 25 --src 203.0.113.9 --flags A --count 2
	send house udp 203.0.113.9 54 --src 192.168.7.2 --sport 4000 --count 4 --size 100
	send world udp 192.168.7.2 4000 --sport 53 --src 203.0.113.9 --count 9 --size 20
	send house icmp 203.0.113.9 17 --src 192.168.7.2 --count 6
	send house udp 203.0.113.9 54 --src 192.168.7.3 --sport 4000 --count 7 --size 30
	send world udp 192.168.7.3 9 --src 203.0.113.9 --count 8 --size 40
	case $era in
	ipchains)
		on gate "$BIN/ipchains" -L acct -n -v -x >"$TMP/acct"
		# -b made two rules of one.
		got=$(awk 'NR < 3 { next } NR < 9 { print $1 ":" $2 } NR >= 9 { p += $1; b += $2 } END { print p ":" b }' "$TMP/acct") ;;
	ipfwadm)
		on gate "$BIN/ipfwadm" -A -l -n -x >"$TMP/acct"
		got=$(awk 'NR > 2 { print $1 ":" $2 }' "$TMP/acct") ;;
	esac
	# The header of IP has 20 bytes, of TCP 20, of UDP 8, of ICMP 8.
	same "packets and bytes of each service" "$(echo "$got" | tr '\n' ' ')" \
		"5:200 3:120 2:80 0:0 9:432 6:216 15:950 "
done
for one in house world server; do on $one ipt -F OUTPUT; done

# ------------------------------------------------------------------ a web server inside

for era in ipfwadm ipchains; do
	script webserver
	log
	same "the world reads pages at the gate's address; the server sees it" "$(fate world tcp 203.0.113.10 80)" "house sees 203.0.113.9"
	same "... and nothing else" "$(silent world tcp 203.0.113.10 22)" silent
	same "the house masquerades beside it" "$(fate house tcp 203.0.113.9 80)" "world sees 203.0.113.10"
	same "the gate's own pages are the house's to the world alone" "$(fate house tcp 192.168.7.1 80)" "gate sees 192.168.7.2"
	want='IP fw-in deny ppp0 TCP 203.0.113.9:PORT 203.0.113.10:22'
	[ $era = ipfwadm ] || want='Packet log: input DENY ppp0 PROTO=6 203.0.113.9:PORT 203.0.113.10:22 SYN (#2)'
	same "the other is in the log" "$(logged 1)" "$want"
	same "the forward is listed" "$(on gate "$BIN/ipmasqadm" portfw -l -n | tail -1)" \
		"TCP  203.0.113.10         192.168.7.2                80     8080    10    10"
done

# ------------------------------------------------------------------ marks, TOS and traffic control

# Classes of htb on the line: 1:2 by the TOS byte, 1:3 by the mark (ld [mark]; jeq 31), 1:4 the rest.
why=
on gate tc qdisc add dev ppp0 root handle 1: htb default 4 2>/dev/null || why="no CONFIG_NET_SCH_HTB"
for class in 2 3 4; do on gate tc class add dev ppp0 parent 1: classid 1:$class htb rate 100mbit 2>/dev/null; done
on gate tc filter add dev ppp0 parent 1: protocol ip prio 1 u32 match ip tos 0x10 0x1e flowid 1:2 2>/dev/null ||
	why=${why:-no CONFIG_NET_CLS_U32}
on gate tc filter add dev ppp0 parent 1: protocol ip prio 2 bpf flowid 1:3 bytecode \
	"4,32 0 0 4294963220,21 0 1 31,6 0 0 4294967295,6 0 0 0" 2>/dev/null || why=${why:-no CONFIG_NET_CLS_BPF}
sent() { on gate tc -s class show dev ppp0 | awk '/^class htb/ { c = $3 } / Sent / { print c, $4 }'; }
# took HOST WORDS OF send: the class that twenty such packets took (a few others go by on a busy machine)
took() {
	sent >"$TMP/before"
	send "$@" --count 20
	sent | awk 'NR == FNR { n[$1] = $2; next } $2 >= n[$1] + 20 { print $1 }' "$TMP/before" - | tr '\n' ' '
}
for era in ipfwadm ipchains; do
	script lines
	if [ -n "$why" ]; then
		skip "$era: traffic control sorts" "$why"
		continue
	fi
	same "telnet and names go first, by their TOS byte" \
		"$(took house tcp 203.0.113.9 23 --src 192.168.7.2)$(took house udp 203.0.113.9 53 --src 192.168.7.2)" "1:2 1:2 "
	same "what is not named is the rest" "$(took house udp 203.0.113.9 54 --src 192.168.7.2)" "1:4 "
	[ $era = ipchains ] || continue
	same "marks have a class of their own" \
		"$(took house tcp 203.0.113.9 20 --src 192.168.7.2)$(took house udp 203.0.113.9 5999 --src 192.168.7.2)" "1:3 1:3 "
	same "... to their last port" "$(took house udp 203.0.113.9 6000 --src 192.168.7.2)" "1:4 "
done

# ------------------------------------------------------------------ the same firewall three times

# Nobody may send mail but one.
smtp_ipfwadm() {
	on gate "$BIN/ipfwadm" -I -i deny -P tcp -D 0.0.0.0/0 25 &&
		on gate "$BIN/ipfwadm" -I -i accept -P tcp -S 192.168.7.2 -D 0.0.0.0/0 25
}
smtp_ipchains() {
	on gate "$BIN/ipchains" -A input -p tcp -s 192.168.7.2 -d 0.0.0.0/0 smtp -j ACCEPT &&
		on gate "$BIN/ipchains" -A input -p tcp -d 0.0.0.0/0 smtp -j DENY
}
smtp_iptables() {
	for smtp_chain in INPUT FORWARD; do
		on gate ipt -A "$smtp_chain" -p tcp -s 192.168.7.2 --dport smtp -j ACCEPT &&
			on gate ipt -A "$smtp_chain" -p tcp --dport smtp -j DROP || return
	done
}
for era in ipfwadm ipchains iptables; do
	on gate nft flush ruleset
	on gate conntrack -F 2>/dev/null
	quiet "SMTP for one address in $era" smtp_$era
	same "the one" "$(fate house tcp 203.0.113.9 25 192.168.7.2)" "world sees 192.168.7.2"
	same "another of the house" "$(silent house tcp 203.0.113.9 25 192.168.7.3)" silent
	same "the world, to the house and to the server" "$(silent world tcp 192.168.7.2 25) $(silent world tcp 198.51.100.17 25)" "silent silent"
	same "the one, to the server and to the gate, where nobody listens" \
		"$(fate house tcp 198.51.100.17 25 192.168.7.2) $(fate house tcp 192.168.7.1 25 192.168.7.2)" "server sees 192.168.7.2 refused"
	same "other services of all" "$(fate house tcp 203.0.113.9 80 192.168.7.3) $(fate world tcp 198.51.100.17 80)" \
		"world sees 192.168.7.3 server sees 203.0.113.9"
	same "other protocols" "$(fate house udp 203.0.113.9 53 192.168.7.3)" "world sees 192.168.7.3"
done

# shellcheck disable=SC2086 # a list
stop $servers
finish
