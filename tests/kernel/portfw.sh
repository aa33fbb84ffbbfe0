#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ipmasqadm portfw on nf_tables: entries found again, turns of several, and real connections from
# outside to an inside server: what input, forward and output see of them.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need socat ss nft script

#   inside 10.2.0.2, 10.2.0.3 ---- 10.2.0.1 gate 203.0.113.1 ---- 203.0.113.9 outside
host inside gate outside
cable inside eth0 gate lan
cable gate wan outside eth0
address inside eth0 10.2.0.2/24 10.2.0.3/24
address gate lan 10.2.0.1/24
address gate wan 203.0.113.1/24
address outside eth0 203.0.113.9/24
on inside ip route add default via 10.2.0.1
setting gate net.ipv4.ip_forward=1

portfw() { on gate "$BIN/ipmasqadm" portfw "$@"; }
chains() { on gate "$BIN/ipchains" --no-warnings "$@"; }
counted() { chains -L "$1" -n -v -x --line-numbers | awk -v n="$2" '$1 == n { print $2 }'; }
# serve ADDRESS PORT tcp|udp: says its own address, and whom it talks to
serve() {
	# shellcheck disable=SC2016 # for the shell that socat starts
	start inside socat "$([ "$3" = udp ] && echo UDP4-LISTEN || echo TCP4-LISTEN):$2,bind=$1,reuseaddr,fork" \
		SYSTEM:'read -r line; echo "$SOCAT_SOCKADDR sees $SOCAT_PEERADDR"' 2>/dev/null
	servers="${servers:-} $started"
	wait_for 5 on inside sh -c "ss -Hnl$([ "$3" = udp ] && echo u || echo t) 'src $1:$2' | grep -q ."
}
ask() { echo | on outside timeout "${PATIENCE:-5}" socat -t 1 -T 3 - "${2:-TCP4}:203.0.113.1:$1" 2>/dev/null; }

# ------------------------------------------------------------------ entries

is "an empty list" "$(portfw -l)" "prot localaddr            rediraddr               lport    rport  pcnt  pref"
is "... and listing made nothing" "$(on gate nft list ruleset)" ""
quiet "an entry" portfw -a -P tcp -L 203.0.113.1 80 -R 10.2.0.2 8080
quiet "another of the same key" portfw -a -P tcp -L 203.0.113.1 80 -R 10.2.0.3 8080 -p 3
quiet "one of UDP" portfw -a -P u -L 203.0.113.1 53 -R 10.2.0.3 domain -p 5
want="prot localaddr            rediraddr               lport    rport  pcnt  pref
UDP  203.0.113.1          10.2.0.3                   53       53     5     5
TCP  203.0.113.1          10.2.0.3                   80     8080     3     3
TCP  203.0.113.1          10.2.0.2                   80     8080    10    10"
is "new ones stand at the head" "$(portfw -l -n)" "$want"
on gate nft list ruleset >"$TMP/nft"
on gate nft flush ruleset
is "nft loads what it listed" "$(on gate nft -f "$TMP/nft" 2>&1)" ""
is "... and it is the same" "$(portfw -l -n)" "$want"
quiet "an entry that is there gets another preference" portfw -a -P tcp -L 203.0.113.1 80 -R 10.2.0.2 8080 -p 2
is "... and stays one" "$(portfw -l -n | awk '/TCP/ { print $3, $7 }')" "10.2.0.3 3
10.2.0.2 2"

# ------------------------------------------------------------------ connections

serve 10.2.0.2 8080 tcp
serve 10.2.0.3 8080 tcp
serve 10.2.0.3 53 udp
is "two entries take turns: three flows, two flows" \
	"$(for flow in 1 2 3 4 5 6 7 8; do ask 80 "TCP4" "$flow"; done | sed 's/ .*//' | tr '\n' ' ')" \
	"10.2.0.3 10.2.0.3 10.2.0.3 10.2.0.2 10.2.0.2 10.2.0.3 10.2.0.3 10.2.0.3 "
is "the server sees the client" "$(ask 80 | sed 's/.* //')" 203.0.113.9
is "UDP" "$(ask 53 UDP4)" "10.2.0.3 sees 203.0.113.9"
portfw -d -P tcp -L 203.0.113.1 80 -R 10.2.0.3 8080
chains -P forward DENY
chains -A input -p tcp -d 203.0.113.1 80
chains -A input -p tcp -d 10.2.0.2 8080
chains -A output -p tcp -d 10.2.0.2 8080
chains -A output -p tcp -d 203.0.113.1 80
is "forward is skipped, with ipchains" "$(ask 80)" "10.2.0.2 sees 203.0.113.9"
some() { [ "$1" -gt 0 ] && echo some || echo none; }
is "input sees the gate's address and port, output those of the server" \
	"$(some "$(counted input 1)") $(counted input 2) $(some "$(counted output 1)") $(counted output 2)" "some 0 some 0"
chains -I output -p tcp -s 10.2.0.2 -d 203.0.113.9 -j REJECT
is "output sees answers with the gate's address: a rule against leaks lets them pass" "$(ask 80)" \
	"10.2.0.2 sees 203.0.113.9"
chains -I output -p tcp -s 203.0.113.1 80 -j DENY
is "... and one about that address does not" "$(PATIENCE=1 ask 80)" ""
chains -D output 1 && chains -D output 1
chains -I input -p tcp -d 203.0.113.1 80 -j DENY
is "what input denies is not forwarded" "$(PATIENCE=1 ask 80)" ""
chains -F && chains -P forward ACCEPT
on gate "$BIN/ipfwadm" -F -p deny
is "forward is skipped, with ipfwadm" "$(ask 80)" "10.2.0.2 sees 203.0.113.9"
on gate "$BIN/ipfwadm" -F -p accept
chains -A forward -p tcp -s 10.2.0.2 8080 -j MASQ
is "a rule that masquerades the answers, as the manual wants it, does no harm" "$(ask 80)" "10.2.0.2 sees 203.0.113.9"

# ------------------------------------------------------------------ neighbours

chains -F
said=$(on gate script -qec "$BIN/ipmasqadm portfw -a -P tcp -L 203.0.113.1 80 -R 10.2.0.2 8080" /dev/null </dev/null | tr -d '\r')
matches "on a terminal it says who gets no answer" "$said" "Clients in 10.2.0.0/24 get no answer: 10.2.0.2 is their neighbour*"
neighbour() { echo | on inside timeout "$1" socat -t 1 -T 3 - TCP4:203.0.113.1:80,bind=10.2.0.3 2>/dev/null; }
is "... and is right" "$(neighbour 1)" ""
words=$(echo "$said" | sed -n 's/^ *iptables //p')
# shellcheck disable=SC2086 # words
must on gate ipt $words
is "... also about what would help" "$(neighbour 5)" "10.2.0.2 sees 10.2.0.1"
on gate ipt -t nat -F

# ------------------------------------------------------------------ the end of entries

quiet "-d with any address and without -R" portfw -d -P tcp -L 0.0.0.0 80
is "... only of that key" "$(portfw -l -n | grep -c '^[TU]')" 1
run portfw -d -P tcp -L 203.0.113.1 80
result 1 "" "portfw: setsockopt failed: No such process" "nothing to delete"
is "nobody answers any more" "$(PATIENCE=1 ask 80)" ""
quiet "-f" portfw -f
is "... all are gone" "$(portfw -l | wc -l)" 1

# complains TEXT ARGUMENTS: status 2
complains() {
	complains_text=$1
	shift
	run portfw "$@"
	matches "$*" "$rc $err" "2 portfw: $complains_text*"
}
complains "only one command" -a -d
complains "invalid protocol" -a -P icmp
complains "the protocol is given twice" -a -P tcp -P udp
complains "-P is missing" -a -L 1.2.3.4 80 -R 1.2.3.5 80
complains "-L is missing" -d -P tcp
complains "-R is missing" -a -P tcp -L 1.2.3.4 80
complains "-L is given twice" -a -L 1.2.3.4 80 -L 1.2.3.4 80
complains "-L needs an address and a port" -a -L 1.2.3.4
complains "invalid port" -a -P tcp -L 1.2.3.4 61000 -R 1.2.3.5 80
complains "invalid port" -a -n -P tcp -L 1.2.3.4 http -R 1.2.3.5 80
complains "invalid preference" -a -P tcp -L 1.2.3.4 80 -R 1.2.3.5 80 -p 0
complains "-l stands alone" -l -P tcp
complains "-f stands alone" -f -L 1.2.3.4 80
complains "unknown argument" -l x
run on gate "$BIN/ipmasqadm" nonesuch
is "an unknown module" "$rc" 1

# ------------------------------------------------------------------ as linux 2.0 had it

ippf() { on gate "$BIN/ipportfw" "$@"; }
quiet "ipportfw: TCP" ippf -A -t 203.0.113.1/80 -R 10.2.0.3/8080
quiet "ipportfw: UDP, the value behind its letter" ippf -A -u203.0.113.1/53 -R10.2.0.3/53
is "ipportfw: it forwards" "$(ask 80) $(ask 53 UDP4)" "10.2.0.3 sees 203.0.113.9 10.2.0.3 sees 203.0.113.9"
quiet "ipportfw: the same port again" ippf -A -t 203.0.113.1/80 -R 10.2.0.2/8080
is "ipportfw: ... takes the place of the other" "$(ask 80)$(ask 80)" "10.2.0.2 sees 203.0.113.910.2.0.2 sees 203.0.113.9"
is "ipportfw: the list is that of portfw" "$(ippf -L)" "$(portfw -l -n)"
is "ipportfw: ... with two" "$(ippf -L | grep -c '^[TU]')" 2
quiet "ipportfw: -D" ippf -D -t 203.0.113.1/80
run ippf -D -t 203.0.113.1/80
result 1 "" "ipportfw: setsockopt failed: No such process" "ipportfw: nothing to delete"
quiet "ipportfw: -C" ippf -C
is "ipportfw: ... all are gone" "$(ippf -L | wc -l)" 1
for words in "-A -t 203.0.113.1/80" "-A -R 1.2.3.4/5" "-A -t 203.0.113.1/61000 -R 1.2.3.4/5" "-A -t host/80 -R 1.2.3.4/5" \
	"-A -t 203.0.113.1 -R 1.2.3.4/5" "-A -D" "-L -t 1.2.3.4/5" "-A -t 1.2.3.4/5 -u 1.2.3.4/5" "-D -t 1.2.3.4/5 -R 1.2.3.4/5" "-x" x; do
	# shellcheck disable=SC2086 # words
	run ippf $words
	matches "ipportfw $words" "$rc $err" "2 ipportfw: *"
done

# ------------------------------------------------------------------ by mark

mfw() { on gate "$BIN/ipmasqadm" mfw "$@"; }
chains -F
columns="fwmark   rediraddr               rport  pcnt  pref"
is "mfw: an empty list" "$(mfw -L)" "$columns"
quiet "mfw: an entry that keeps the packet's port" mfw -A -m 7 -r 10.2.0.2
quiet "mfw: a second one of the same mark" mfw -A -m 0x7 -r 10.2.0.3 8080 -p 2
quiet "mfw: one of another mark, in front" mfw -I -m 8 -r 10.2.0.3 domain -p 0
want="$columns
7        10.2.0.2                    *    10    10
7        10.2.0.3                 8080     2     2
8        10.2.0.3                   53     0     0"
is "mfw: the list" "$(mfw -L -n)" "$want"
matches "mfw: ... with names" "$(mfw -L)" "*10.2.0.2 * any * 10.2.0.3 * domain *"
on gate nft list ruleset >"$TMP/nft"
on gate nft flush ruleset
is "mfw: nft loads what it listed" "$(on gate nft -f "$TMP/nft" 2>&1)" ""
is "mfw: ... and it is the same" "$(mfw -L -n)" "$want"
quiet "mfw: another preference" mfw -E -m 7 -r 10.2.0.2 -p 1
chains -A input -i wan -p tcp -d 203.0.113.1 8080 -m 7
chains -A input -i wan -p udp -d 0/0 53 -m 8
is "mfw: the entries of a mark take turns: one flow, two flows" \
	"$(for flow in 1 2 3 4; do ask 8080 TCP4 "$flow"; done | sed 's/ .*//' | tr '\n' ' ')" "10.2.0.2 10.2.0.3 10.2.0.3 10.2.0.2 "
is "mfw: UDP, to another port; the client's address stays" "$(ask 53 UDP4)" "10.2.0.3 sees 203.0.113.9"
quiet "mfw: -S moves on" mfw -S -m 7
is "mfw: ... to the next" "$(mfw -L -n | awk '$1 == 7 { print $2 }' | tr '\n' ' ')" "10.2.0.3 10.2.0.2 "
is "mfw: ... whose turn it is" "$(ask 8080 | sed 's/ .*//')" 10.2.0.3
chains -P forward DENY
is "mfw: forward is skipped" "$(ask 8080 | sed 's/.* //')" 203.0.113.9
chains -P forward ACCEPT
chains -D input 1
is "mfw: without the mark nothing is forwarded" "$(PATIENCE=1 ask 8080)" ""
# Packets with the mark that are not for the gate go where they want to.
chains -A input -i wan -p tcp -m 7
on outside ip route add 10.2.0.0/24 via 203.0.113.1
is "mfw: nor what is for somebody else" \
	"$(echo | on outside timeout 5 socat -t 1 -T 3 - TCP4:10.2.0.2:8080 | sed 's/ .*//')$(echo | on outside timeout 5 socat -t 1 -T 3 - TCP4:10.2.0.2:8080 | sed 's/ .*//')" 10.2.0.210.2.0.2
quiet "mfw: preference 0 at the head" mfw -E -m 7 -r 10.2.0.3 -p 0
is "mfw: ... serves all" "$(for flow in 1 2 3; do ask 8080 TCP4 "$flow"; done | sed 's/ .*//' | tr '\n' ' ')" "10.2.0.3 10.2.0.3 10.2.0.3 "
run mfw -S -m 7
result 1 "" "mfw: preference 0 is for the first entry of a mark: nf_tables cannot say \"for ever, later\"" "mfw: ... and cannot wait for its turn"
run mfw -A -m 7 -r 10.2.0.2
result 1 "" "mfw: setsockopt failed: File exists" "mfw: the same entry twice"
quiet "mfw: -D of one" mfw -D -m 7 -r 10.2.0.3
is "mfw: ... leaves the other" "$(mfw -L -n | awk '$1 == 7 { print $2, $5 }')" "10.2.0.2 1"
quiet "mfw: -D of all of a mark" mfw -D -m 7
run mfw -D -m 7
result 1 "" "mfw: setsockopt failed: No such process" "mfw: nothing to delete"
quiet "mfw: -F" mfw -F
is "mfw: ... all are gone" "$(mfw -L)" "$columns"

# mfw_complains TEXT ARGUMENTS: status 2
mfw_complains() {
	complains_text=$1
	shift
	run mfw "$@"
	matches "mfw $*" "$rc $err" "2 mfw: $complains_text*"
}
mfw_complains "only one command" -A -D
mfw_complains "-m is missing" -A -r 1.2.3.4
mfw_complains "-r is missing" -A -m 1
mfw_complains "-p is missing" -E -m 1
mfw_complains "invalid mark" -A -m 0 -r 1.2.3.4
mfw_complains "invalid mark" -A -m x -r 1.2.3.4
mfw_complains "invalid port" -A -m 1 -r 1.2.3.4 61000
mfw_complains "host" -A -m 1 -n -r localhost
mfw_complains "-D takes no preference" -D -m 1 -p 3
mfw_complains "-S is about all of a mark" -S -m 1 -r 1.2.3.4
mfw_complains "-L stands alone" -L -m 1
mfw_complains "unknown argument" -L x
mfw_complains "-m is given twice" -D -m 1 -m 1

# ------------------------------------------------------------------ of a range

autofw() { on gate "$BIN/ipmasqadm" autofw "$@"; }
chains -F
columns="prot      low     high host                "
is "autofw: an empty list" "$(autofw -L)" "$columns"
quiet "autofw: a range" autofw -A -v -r tcp 8000 8080 -h 10.2.0.2
quiet "autofw: UDP" autofw -A -r udp 53 53 -h 10.2.0.3 -u
want="$columns
UDP        53       53 10.2.0.3             
TCP      8000     8080 10.2.0.2             "
is "autofw: the list" "$(autofw -L -n)" "$want"
on gate nft list ruleset >"$TMP/nft"
on gate nft flush ruleset
is "autofw: nft loads what it listed" "$(on gate nft -f "$TMP/nft" 2>&1)" ""
is "autofw: ... and it is the same" "$(autofw -L -n)" "$want"
chains -P forward DENY
is "autofw: ports stay, forward is skipped, the client's address stays" "$(ask 8080)" "10.2.0.2 sees 203.0.113.9"
is "autofw: UDP" "$(ask 53 UDP4)" "10.2.0.3 sees 203.0.113.9"
quiet "autofw: a newer one is asked first" autofw -A -r tcp 8080 8080 -h 10.2.0.3
is "autofw: ... it is" "$(ask 8080)" "10.2.0.3 sees 203.0.113.9"
quiet "autofw: -D" autofw -D -r tcp 8080 8080 -h 10.2.0.3
is "autofw: ... the other one serves again" "$(ask 8080 TCP4 2)" "10.2.0.2 sees 203.0.113.9"
run autofw -D -r tcp 8080 8080 -h 10.2.0.3
result 1 "" "autofw: setsockopt failed: No such process" "autofw: nothing to delete"
quiet "autofw: -F" autofw -F
is "autofw: ... all are gone" "$(autofw -L)" "$columns"
chains -P forward ACCEPT
autofw_complains() {
	complains_text=$1
	shift
	run autofw "$@"
	matches "autofw $*" "$rc $err" "2 autofw: $complains_text*"
}
autofw_complains "only one command" -A -D
autofw_complains "-r is missing" -A
autofw_complains "-h is missing" -A -r tcp 1 2
autofw_complains "-r needs a protocol and two ports" -A -r tcp 1
autofw_complains "invalid protocol" -A -r icmp 1 2
autofw_complains "invalid range 9 to 2" -A -r tcp 9 2 -h 1.2.3.4
autofw_complains "invalid port" -A -r tcp 0 2
autofw_complains "-h is given twice" -A -h 1.2.3.4 -h 1.2.3.5
autofw_complains "forwards that a control port triggers are not kept" -A -r tcp 1 2 -c tcp 3
autofw_complains "-L stands alone" -L -h 1.2.3.4
autofw_complains "no command" -v
# shellcheck disable=SC2086 # a list
stop $servers
finish
