#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ipchains and real packets between three hosts: who crosses which chain with which device and which
# addresses, masquerading and its replies, the answers of REJECT, TOS bytes and marks, REDIRECT, FTP.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need socat ss tcpdump tc
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
setting gate net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0
setting outside net.ipv4.icmp_ratelimit=0

chains() { on gate "$BIN/ipchains" --no-warnings "$@"; }
empty() {
	chains -F && chains -X
	for empty_chain in input forward output; do chains -P $empty_chain ACCEPT; done
}
# ping HOST ADDRESS: "yes" when an echo comes back
cat >"$TMP/ping.py" <<'END'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.settimeout(1)
s.sendto(b"\x08\0\xe6\xfb\x11\x04\0\0", (sys.argv[1], 0))
try:
    while True:
        packet = s.recv(200)
        if packet[20] == 0 and packet[24:28] == b"\x11\x04\0\0":
            print("yes")
            break
except OSError:
    print("no")
END
ping() { on "$1" /usr/bin/python3 "$TMP/ping.py" "$2"; }
send() { send_from=$1; shift; on "$send_from" /usr/bin/python3 "$TESTS/kernel/send.py" "$@"; }
# counted CHAIN NUMBER: packets
counted() { chains -L "$1" -n -v -x --line-numbers | awk -v n="$2" '$1 == n { print $2 }'; }
policy_counted() { chains -L "$1" -n -v | sed -n 's/.*policy [A-Z]*: \([0-9]*\) packets.*/\1/p'; }
# serve HOST PORT [u]: says whom it talks to
serve() {
	# shellcheck disable=SC2016 # for the shell that socat starts
	start "$1" socat "$([ "${3:-t}" = u ] && echo UDP4-LISTEN || echo TCP4-LISTEN):$2,reuseaddr,fork" \
		SYSTEM:'read -r line; echo "$SOCAT_PEERADDR:$SOCAT_PEERPORT"' 2>/dev/null
	wait_for 5 listens "$1" "$2" "${3:-t}"
}
# Where silence is expected, one second is patience enough: unanswered ARGUMENTS OF ask
unanswered() { PATIENCE=1 ask "$@"; }
# ask HOST ADDRESS PORT [UDP4]: what the server says, without the port it saw
asked() { echo | on "$1" timeout "${PATIENCE:-5}" socat -t 1 -T 3 - "${4:-TCP4}:$2:$3,${5:-}" 2>/dev/null; }
ask() { asked "$@" | sed 's/:[0-9]*$//'; }
# icmp_answer HOST COMMAND...: type and code of the unreachable message that comes back, "none"
icmp_answer() {
	start "$1" tcpdump -lnni any -c 1 'icmp[icmptype] == icmp-unreach' >"$TMP/icmp" 2>"$TMP/icmp.err"
	wait_for 5 grep -q 'listening on' "$TMP/icmp.err"
	shift
	"$@" >/dev/null 2>&1
	wait_for 1 grep -q unreachable "$TMP/icmp"
	stop "$started"
	sed -n 's/.*ICMP.* \(port\|host\) .*unreachable.*/\1/p;s/.*ICMP host .* unreachable.*/host/p' "$TMP/icmp" | head -1 | grep . || echo none
}

serve outside 80; web=$started
serve outside 53 u; dns=$started
serve gate 8080; proxy=$started

# ------------------------------------------------------------------ three chains, and their devices

for chain in input forward output; do
	chains -A $chain -p udp -d 203.0.113.9 7 -i lan
	chains -A $chain -p udp -d 203.0.113.9 7 -i wan
done
send inside udp 203.0.113.9 7 --src 10.2.0.2 --count 3
is "a routed packet crosses input, forward and output; -i is the device it comes by, goes by, goes by" \
	"$(for chain in input forward output; do counted $chain 1; counted $chain 2; done | tr '\n' ' ')" "3 0 0 3 0 3 "
for chain in input forward output; do
	empty
	chains -A $chain -p tcp -d 203.0.113.9 80 -j DENY
	is "DENY in $chain stops it" "$(unanswered inside 203.0.113.9 80)" ""
done
empty
is "and without, it passes" "$(ask inside 203.0.113.9 80)" "10.2.0.2"
chains -A input -i lo -p icmp
chains -A output -i lo -p icmp
chains -A input -i wan -p icmp
chains -A forward -p icmp
ping gate 127.0.0.1 >/dev/null
is "what goes over lo crosses output and input, both times lo" "$(counted input 1) $(counted output 1)" "2 2"
ping gate 203.0.113.9 >/dev/null
is "a reply to this host crosses input, not forward" "$(counted input 2) $(counted forward 1)" "1 0"

empty
chains -N which
chains -A which -i lan
chains -A which -i wan
chains -A which -i la+ -j RETURN
chains -A which -i ! lo
for chain in input forward output; do chains -A $chain -p udp -j which; done
send inside udp 203.0.113.9 7 --src 10.2.0.2
is "in a user chain -i is the device of the calling chain" \
	"$(for n in 1 2 3 4; do counted which $n; done | tr '\n' ' ')" "1 2 1 2 "

# ------------------------------------------------------------------ policies

empty
chains -P forward DENY
is "policy DENY" "$(unanswered inside 203.0.113.9 80)" ""
is "... has counted" "$([ "$(policy_counted forward)" -gt 0 ] && echo yes)" yes
chains -Z
is "... and -Z leaves that counter alone" "$([ "$(policy_counted forward)" -gt 0 ] && echo yes)" yes
chains -P forward ACCEPT

# ------------------------------------------------------------------ REJECT

empty
chains -A input -p udp -d 203.0.113.9 7 -j REJECT
is "REJECT in input: port unreachable" "$(icmp_answer inside send inside udp 203.0.113.9 7 --src 10.2.0.2)" port
empty
chains -A forward -p udp -d 203.0.113.9 7 -j REJECT
is "REJECT in forward: host unreachable" "$(icmp_answer inside send inside udp 203.0.113.9 7 --src 10.2.0.2)" host
empty
chains -A output -p udp -d 203.0.113.9 7 -j REJECT
is "REJECT in output, routed: host unreachable" "$(icmp_answer inside send inside udp 203.0.113.9 7 --src 10.2.0.2)" host
is "REJECT in output, made here: no answer" \
	"$(icmp_answer gate on gate sh -c 'echo x | socat - UDP4:203.0.113.9:7')" none
matches "... but EPERM" "$(on gate sh -c 'echo x | socat - UDP4:203.0.113.9:7' 2>&1)" "*not permitted*"
for chain in input forward output; do
	empty
	chains -N deeper
	chains -A deeper -p udp -d 203.0.113.9 7 -j REJECT
	chains -A $chain -j deeper
	want=host
	[ $chain = input ] && want=port
	is "REJECT in a user chain, called from $chain" "$(icmp_answer inside send inside udp 203.0.113.9 7 --src 10.2.0.2)" $want
	empty
	chains -P $chain REJECT
	chains -A output -p icmp -j ACCEPT
	is "policy REJECT of $chain" "$(icmp_answer inside send inside udp 203.0.113.9 7 --src 10.2.0.2)" $want
done
empty
chains -A input -p icmp -d 203.0.113.9 -j REJECT
is "an ICMP query is answered, whatever the manual said" \
	"$(icmp_answer inside ping inside 203.0.113.9)" port

# ------------------------------------------------------------------ masquerading

empty
chains -A forward -s 10.2.0.0/24 -d 0/0 -i wan -j MASQ
chains -A forward -j DENY
is "MASQ: the server sees the gate" "$(ask inside 203.0.113.9 80)" "203.0.113.1"
is "... with UDP, too" "$(ask inside 203.0.113.9 53 UDP4)" "203.0.113.1"
port=$(asked inside 203.0.113.9 80 | sed 's/.*://')
is "... from ports 61000 to 65095" "$([ "$port" -ge 61000 ] && [ "$port" -le 65095 ] && echo yes || echo "$port")" yes
is "ping through it" "$(ping inside 203.0.113.9)" yes
is "the flows of others are denied" "$(unanswered outside 10.2.0.2 22)" ""
empty
chains -A input -p tcp -s 203.0.113.9 80 -d 203.0.113.1
chains -A input -p tcp -s 203.0.113.9 80 -d 10.2.0.2
chains -A forward -p tcp -s 203.0.113.9 80 -d 0/0
chains -A forward -s 10.2.0.0/24 -j MASQ
chains -A output -p tcp -s 203.0.113.9 80 -d 10.2.0.2
chains -A output -p tcp -s 203.0.113.1 -d 203.0.113.9 80
chains -A output -p tcp -s 10.2.0.2 -d 203.0.113.9 80
is "a flow with rules to watch it" "$(ask inside 203.0.113.9 80)" "203.0.113.1"
yes() { [ "$1" -gt 0 ] && echo some || echo none; }
is "input sees replies with the gate's address, output with the inside host's; forward never" \
	"$(yes "$(counted input 1)") $(counted input 2) $(counted forward 1) $(yes "$(counted output 1)")" "some 0 0 some"
is "output sees what leaves with its new source only" "$(yes "$(counted output 2)") $(counted output 3)" "some 0"
empty
chains -P forward MASQ
is "policy MASQ" "$(ask inside 203.0.113.9 80)" "203.0.113.1"
empty
chains -A forward -s 10.2.0.0/24 -j MASQ
chains -A output -p tcp -d 203.0.113.9 80 -j DENY
is "DENY in output of a masqueraded packet" "$(unanswered inside 203.0.113.9 80)" ""
empty
chains -N user
chains -A user -j MASQ
chains -A output -i wan -j user
is "MASQ where only output calls it is ACCEPT" "$(ask inside 203.0.113.9 80)" "10.2.0.2"
chains -A forward -s 10.2.0.0/24 -j user
is "... where forward calls it, too, the server sees the gate" "$(ask inside 203.0.113.9 80)" "203.0.113.1"
chains -D output 1
is "... and no less where forward alone does" "$(ask inside 203.0.113.9 80)" "203.0.113.1"
empty
chains -A forward -p udp -s 10.2.0.0/24 -j MASQ
chains -A forward -p icmp -j DENY
is "an ICMP error about a masqueraded flow skips forward and reaches the inside" \
	"$(icmp_answer inside on inside sh -c 'echo x | socat - UDP4:203.0.113.9:99')" port

# ------------------------------------------------------------------ REDIRECT

empty
chains -A input -p tcp -i lan -d 0/0 80 -j REDIRECT 8080
is "REDIRECT: the gate's own server answers" "$(ask inside 203.0.113.9 80)" "10.2.0.2"
stop "$proxy"
is "... only that one" "$(unanswered inside 203.0.113.9 80)" ""
empty
chains -N user
chains -A user -p tcp -d 0/0 80 -j REDIRECT 8081
chains -A input -i lan -j user
serve gate 8081
is "REDIRECT in a user chain" "$(ask inside 203.0.113.9 80)" "10.2.0.2"
stop "$started"

# ------------------------------------------------------------------ TOS, marks, traffic control

empty
chains -A output -p tcp -d 0/0 81 -t 0x01 0x10
chains -A output -p udp -t 0xFF 0x08 -m 0x1f
# Classes of htb: 1:2 by the TOS byte, 1:3 by the mark (ld [mark]; jeq 0x1f), 1:4 the rest.
on gate tc qdisc add dev wan root handle 1: htb default 4 2>/dev/null && htb=1
for class in 2 3 4; do on gate tc class add dev wan parent 1: classid 1:$class htb rate 100mbit 2>/dev/null; done
on gate tc filter add dev wan parent 1: protocol ip prio 1 u32 match ip tos 0x10 0x1e flowid 1:2 2>/dev/null && u32=1
on gate tc filter add dev wan parent 1: protocol ip prio 2 bpf flowid 1:3 bytecode \
	"4,32 0 0 4294963220,21 0 1 31,6 0 0 4294967295,6 0 0 0" 2>/dev/null && bpf=1
sent_by() { on gate tc -s class show dev wan | sed -n "/class htb $1 /,/Sent/s/.*Sent [0-9]* bytes \\([0-9]*\\) pkt.*/\\1/p"; }
start outside tcpdump -vlnni eth0 -c 2 "ip and (dst port 81 or dst port 7) and src 10.2.0.2" >"$TMP/wire" 2>"$TMP/wire.err"
dump=$started
wait_for 5 grep -q 'listening on' "$TMP/wire.err"
send inside tcp 203.0.113.9 81 --src 10.2.0.2
send inside udp 203.0.113.9 7 --src 10.2.0.2
wait "$dump"
is "TOS bytes on the wire, with right checksums" "$(sed -n 's/.*(tos \(0x[0-9a-f]*\),.*/\1/p' "$TMP/wire" | tr '\n' ' ')$(grep -c 'bad cksum' "$TMP/wire")" "0x10 0x8 0"
if [ -n "${htb:-}" ] && [ -n "${u32:-}" ]; then
	is "traffic control sees the TOS byte" "$(sent_by 1:2)" 1
else
	skip "traffic control sees the TOS byte" "this kernel lacks htb or u32"
fi
if [ -n "${htb:-}" ] && [ -n "${bpf:-}" ]; then
	is "... and the mark" "$(sent_by 1:3)" 1
else
	skip "... and the mark" "this kernel lacks htb or cls_bpf"
fi

# ------------------------------------------------------------------ a bastion of the time

empty
chains -A input -p tcp -s 10.2.0.2 -d 203.0.113.9 25 -j ACCEPT
chains -A input -p tcp -d 0/0 25 -j DENY
serve outside 25; smtp=$started
address inside eth0 10.2.0.3/24
is "SMTP for one address" "$(ask inside 203.0.113.9 25 TCP4 bind=10.2.0.2) $(unanswered inside 203.0.113.9 25 TCP4 bind=10.2.0.3)" "10.2.0.2 "
stop "$smtp"

empty
serve inside 79; finger=$started
is "a service inside" "$(ask outside 10.2.0.2 79)" "203.0.113.9"
chains -A input -p tcp -i wan -y -j DENY
is "-y: connections from outside are refused, those to outside work" \
	"$(unanswered outside 10.2.0.2 79) $(ask inside 203.0.113.9 80)" " 10.2.0.2"
stop "$finger"
empty
chains -A input -b -p udp -s 10.2.0.2 -d 203.0.113.9 53 -j ACCEPT
chains -A input -p udp -j DENY
is "-b: there and back" "$(ask inside 203.0.113.9 53 UDP4) $(chains -L input -n | grep -c ACCEPT)" "10.2.0.2 3"

stop "$web" "$dns"
finish
