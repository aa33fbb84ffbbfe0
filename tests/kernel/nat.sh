#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Address translation with real servers: port forwarding from outside, from inside (hairpin) and from
# the host itself; MASQUERADE, SNAT, REDIRECT; TCP and UDP, IPv4 and IPv6. The server says whom it sees.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need socat ss

#   outside 203.0.113.9 ---- 203.0.113.1 router 10.2.0.1 ---- switch ---- 10.2.0.2 server
#                                                               `-------- 10.2.0.3 client
host outside router switch server client
cable outside eth0 router wan
cable router lan switch port0
cable server eth0 switch port1
cable client eth0 switch port2
on switch ip link add br0 type bridge || skip_all "this kernel has no bridges"
for port in port0 port1 port2; do on switch ip link set $port master br0; done
on switch ip link set br0 up
address outside eth0 203.0.113.9/24 2001:db8:1::9/64
address router wan 203.0.113.1/24 203.0.113.5/24 2001:db8:1::1/64
address router lan 10.2.0.1/24 fd02::1/64
address server eth0 10.2.0.2/24 fd02::2/64
address client eth0 10.2.0.3/24 fd02::3/64
for inside in server client; do
	on $inside ip route add default via 10.2.0.1
	on $inside ip -6 route add default via fd02::1
done
on outside ip -6 route add default via 2001:db8:1::1
setting router net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

# serve HOST PORT 4|6 [udp]: a server that says whom it talks to
serve() {
	case ${4:-tcp} in
	tcp) serve_how="TCP$3-LISTEN:$2,reuseaddr,fork,max-children=20" ;;
	udp) serve_how="UDP$3-LISTEN:$2,reuseaddr,fork" ;;
	esac
	[ "$3" = 4 ] || serve_how="$serve_how,ipv6only=1"
	# shellcheck disable=SC2016 # for the shell that socat starts
	start "$1" socat "$serve_how" SYSTEM:'echo "$SOCAT_PEERADDR:$SOCAT_PEERPORT sees $SOCAT_SOCKADDR:$SOCAT_SOCKPORT"' 2>/dev/null
	wait_for 5 listens "$1" "$2" "$([ "${4:-tcp}" = udp ] && echo u || echo t)"
}

# seen HOST ADDRESS: whom the server saw, "" when there was no answer
seen() {
	seen_at=$1
	case $2 in
	# A datagram may get lost on its way, of which its sender hears nothing: three times.
	udp:*)
		for _ in 1 2 3; do
			printf 'x\n' | on "$seen_at" timeout 6 socat -t 2 - "UDP${2#udp:}" | grep . && break
		done
		;;
	*) on "$seen_at" timeout 4 socat -u -T 2 "TCP$2,connect-timeout=2" STDOUT ;;
	esac 2>/dev/null | head -n 1 | sed 's/:[0-9]* sees.*//' | awk '
		/^\[/ {
			# socat writes all the zeros of an IPv6 address
			gsub(/[][]/, ""); gsub(/:0+/, ":"); gsub(/::+/, "::")
		}
		{ print }'
}

serve server 80 4
serve server 80 6
serve server 53 4 udp
serve outside 80 4
serve outside 80 6
serve router 2525 4
serve router 2525 6

is "the net is there: the router reaches the server" "$(seen router 4:10.2.0.2:80)" 10.2.0.1
is "without rules: the forwarded port answers nobody" "$(seen outside 4:203.0.113.1:8080)" ''
is "without rules: the inside is not hidden, and so gets no answer" "$(seen client 4:203.0.113.9:80)" ''

# ------------------------------------------------------------------ forwarding a port

forward() { # TOOL PUBLIC PRIVATE PRIVATE-NET PRIVATE:80
	on router "$1" -t nat -A PREROUTING -d "$2" -p tcp --dport 8080 -j DNAT --to-destination "$5" &&
		on router "$1" -t nat -A OUTPUT -d "$2" -p tcp --dport 8080 -j DNAT --to-destination "$5" &&
		on router "$1" -t nat -A POSTROUTING -s "$4" -d "$3" -p tcp --dport 80 -j MASQUERADE &&
		on router "$1" -P FORWARD DROP &&
		on router "$1" -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT &&
		on router "$1" -A FORWARD -p tcp -d "$3" --dport 80 -m conntrack --ctstate NEW -j ACCEPT
}
quiet "the classic rules" forward ipt 203.0.113.1 10.2.0.2 10.2.0.0/24 10.2.0.2:80
is "from outside: the server sees the caller" "$(seen outside 4:203.0.113.1:8080)" 203.0.113.9
is "from inside (hairpin): it sees the router" "$(seen client 4:203.0.113.1:8080)" 10.2.0.1
is "from the host itself" "$(seen router 4:203.0.113.1:8080)" 203.0.113.1
is "the private address from outside: not forwarded otherwise" "$(seen outside 4:203.0.113.1:8081)" ''
is "the other public address is not forwarded" "$(seen outside 4:203.0.113.5:8080)" ''
is "each way counted once per connection" "$(on router ipt -t nat -S PREROUTING 1 -v | sed 's/.* -c \([0-9]*\) .*/\1/') $(
	on router ipt -t nat -S OUTPUT 1 -v | sed 's/.* -c \([0-9]*\) .*/\1/')" "2 1"
if command -v conntrack >/dev/null; then
	matches "the connection table has the translation" \
		"$(on router conntrack -L -p tcp --orig-port-dst 8080 2>/dev/null)" '*src=203.0.113.9*dport=8080*src=10.2.0.2*sport=80*'
fi

quiet "IPv6: the classic rules" forward ipt6 2001:db8:1::1 fd02::2 fd02::/64 '[fd02::2]:80'
is "IPv6: from outside" "$(seen outside '6:[2001:db8:1::1]:8080')" 2001:db8:1::9
is "IPv6: from inside (hairpin)" "$(seen client '6:[2001:db8:1::1]:8080')" fd02::1
is "IPv6: from the host itself" "$([ -n "$(seen router '6:[2001:db8:1::1]:8080')" ] && echo answered)" answered

# UDP, with another port.
quiet "UDP: forwarded" on router ipt -t nat -A PREROUTING -d 203.0.113.1 -p udp --dport 5353 -j DNAT --to 10.2.0.2:53
quiet "... and let through" on router ipt -A FORWARD -p udp -d 10.2.0.2 --dport 53 -j ACCEPT
is "UDP: the server sees the caller" "$(seen outside udp:4:203.0.113.1:5353)" 203.0.113.9
is "UDP: only that port" "$(seen outside udp:4:203.0.113.1:5354)" ''

# ------------------------------------------------------------------ going out

on router ipt -A FORWARD -i lan -o wan -j ACCEPT
on router ipt6 -A FORWARD -i lan -o wan -j ACCEPT
quiet "MASQUERADE" on router ipt -t nat -A POSTROUTING -s 10.2.0.0/24 -o wan -j MASQUERADE
is "MASQUERADE: outside sees the router" "$(seen client 4:203.0.113.9:80)" 203.0.113.1
on router ipt -t nat -D POSTROUTING -s 10.2.0.0/24 -o wan -j MASQUERADE
quiet "SNAT" on router ipt -t nat -A POSTROUTING -s 10.2.0.0/24 -o wan -j SNAT --to-source 203.0.113.5
is "SNAT: outside sees the address that was named" "$(seen client 4:203.0.113.9:80)" 203.0.113.5
on router ipt -t nat -R POSTROUTING 2 -s 10.2.0.0/24 -o wan -p tcp -j SNAT --to-source 203.0.113.5:7000-7000
is "SNAT: and the port" "$(on client timeout 4 socat -u -T 2 TCP4:203.0.113.9:80,connect-timeout=2 STDOUT 2>/dev/null)" \
	"203.0.113.5:7000 sees 203.0.113.9:80"
quiet "IPv6: MASQUERADE" on router ipt6 -t nat -A POSTROUTING -s fd02::/64 -o wan -j MASQUERADE
is "IPv6: MASQUERADE: outside sees the router" "$(seen client '6:[2001:db8:1::9]:80')" 2001:db8:1::1

# ------------------------------------------------------------------ here

quiet "REDIRECT" on router ipt -t nat -A PREROUTING -p tcp --dport 25 -j REDIRECT --to-ports 2525
is "REDIRECT: the host's own server answers" "$(seen outside 4:203.0.113.1:25)" 203.0.113.9
is "REDIRECT: another port does not" "$(seen outside 4:203.0.113.1:26)" ''
quiet "IPv6: REDIRECT" on router ipt6 -t nat -A PREROUTING -p tcp --dport 25 -j REDIRECT --to-ports 2525
is "IPv6: REDIRECT" "$(seen outside '6:[2001:db8:1::1]:25')" 2001:db8:1::9

# Several targets: by number of connections, statistic chooses.
on router ipt -t nat -I PREROUTING -p tcp --dport 9090 -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.2.0.2:80
on router ipt -t nat -I PREROUTING 2 -p tcp --dport 9090 -j REDIRECT --to-ports 2525
one=$(on outside timeout 4 socat -u -T 2 TCP4:203.0.113.1:9090,connect-timeout=2 STDOUT 2>/dev/null | sed 's/.*sees //')
two=$(on outside timeout 4 socat -u -T 2 TCP4:203.0.113.1:9090,connect-timeout=2 STDOUT 2>/dev/null | sed 's/.*sees //')
is "statistic and DNAT share connections out" "$(printf '%s\n' "$one" "$two" | sort | tr '\n' ' ')" \
	"10.2.0.2:80 203.0.113.1:2525 "

# Taken away, all of it is gone.
on router ipt -t nat -F
is "-t nat -F: new connections are not forwarded any more" "$(seen outside 4:203.0.113.1:8080)" ''
finish
