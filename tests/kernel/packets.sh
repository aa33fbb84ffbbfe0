#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets, and the counters of the kernel: for each extension one packet that matches and one that
# does not; TCP and UDP, IPv4 and IPv6; the states of connection tracking.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need socat ss
[ -x /usr/bin/python3 ] || skip_all "python3 is not installed"
send() { send_from=$1; shift; on "$send_from" /usr/bin/python3 "$TESTS/kernel/send.py" "$@"; }

# left ---- right; left sends, right has the rules.
host left right
cable left left0 right right0
address left left0 10.1.0.1/24 10.1.0.3/24 fd01::1/64 fd01::3/64
address right right0 10.1.0.2/24 fd01::2/64
# Nobody may have to ask for neighbours in the middle of a test.
mac_left=$(on left ip -br link show left0 | awk '{ print $3 }')
mac_right=$(on right ip -br link show right0 | awk '{ print $3 }')
for there in 10.1.0.2 fd01::2; do on left ip neigh replace $there lladdr "$mac_right" dev left0; done
for there in 10.1.0.1 10.1.0.3 fd01::1 fd01::3; do on right ip neigh replace $there lladdr "$mac_left" dev right0; done

# Every refusal is told, however many there were (a setting of this namespace).
setting right net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_ratelimit=0

# family 4|6
family() {
	if [ "$1" = 4 ]; then
		T=ipt R=10.1.0.2 L=10.1.0.1 L2=10.1.0.3 S=4 ICMP=icmp BOX=10.1.0.2 INET=inet V6ONLY=
		FROM=$L FROM2=$L2 REJECTS="icmp-port-unreachable icmp-host-prohibited icmp-admin-prohibited"
	else
		T=ipt6 R=fd01::2 L=fd01::1 L2=fd01::3 S=6 ICMP=ipv6-icmp BOX='[fd01::2]' INET=inet6 V6ONLY=,ipv6only=1
		FROM="[$L]" FROM2="[$L2]" REJECTS="icmp6-port-unreachable icmp6-adm-prohibited"
	fi
}

# What is sent, by name: udp PORT, tcp PORT, icmp TYPE, with further options of send.py
sent() {
	sent_what=$1 sent_port=$2
	shift 2
	send left "$sent_what" "$R" "$sent_port" --src "$L" "$@"
}

# One packet with another MAC address as its source.
other_mac() {
	on left ip link set left0 address 02:00:00:00:00:99
	sent udp 9
	on left ip link set left0 address "$mac_left"
}

# rule TABLE CHAIN WORDS: the only rule of the chain
rule() {
	on right $T -t "$1" -F "$2"
	eval "run on right $T -t $1 -A $2 $3"
}

counted() { on right $T -t "$1" -S "$2" "${3:-1}" -v | sed -n 's/.* -c \([0-9]*\) [0-9]*.*/\1/p'; }

# hits RULE YES NO [TABLE CHAIN]: after the command NO the rule has counted nothing, after YES one
# packet or more
hits() {
	hits_table=${4:-filter} hits_chain=${5:-INPUT}
	hits_name="IPv$S: $1"
	rule "$hits_table" "$hits_chain" "$1"
	[ "$rc" = 0 ] || { fail "$hits_name" "rc $rc: $err"; return; }
	eval "$3"
	hits_no=$(counted "$hits_table" "$hits_chain")
	eval "$2"
	hits_yes=$(counted "$hits_table" "$hits_chain")
	on right $T -t "$hits_table" -F "$hits_chain"
	if [ "$hits_no" = 0 ] && [ "${hits_yes:-0}" -ge 1 ]; then
		pass "$hits_name"
	else
		fail "$hits_name" "after '$3': $hits_no, wanted 0" "after '$2': $hits_yes, wanted 1 or more"
	fi
}

# exactly N RULE COMMAND: exactly N packets are counted
exactly() {
	rule filter INPUT "$2"
	[ "$rc" = 0 ] || { fail "IPv$S: $2" "rc $rc: $err"; return; }
	eval "$3"
	is "IPv$S: $2: $1 packets" "$(counted filter INPUT)" "$1"
	on right $T -F INPUT
}

for s in 4 6; do
	family $s

	# ---------------------------------------------------------------- header
	hits "-s $L" 'sent udp 9' "sent udp 9 --src $L2"
	hits "! -s $L" "sent udp 9 --src $L2" "sent udp 9 --src $L"
	hits "-i right0 -p udp" 'sent udp 9' 'sent tcp 9'
	exactly 0 "-i other+" 'sent udp 9'
	exactly 1 "-i right0" 'sent udp 9'

	# ---------------------------------------------------------------- matches
	hits '-p tcp --dport 22' 'sent tcp 22' 'sent tcp 23; sent udp 22'
	hits '-p tcp --sport 1000:2000' 'sent tcp 9 --sport 1500' 'sent tcp 9 --sport 2500'
	hits '-p tcp ! --dport 22' 'sent tcp 23' 'sent tcp 22'
	hits '-p tcp --syn' 'sent tcp 9 --flags S' 'sent tcp 9 --flags A'
	hits '-p tcp --tcp-flags SYN,ACK,FIN FIN' 'sent tcp 9 --flags F' 'sent tcp 9 --flags SF'
	hits '-p udp --dport 53' 'sent udp 53' 'sent udp 54; sent tcp 53'
	hits '-p udp --sport 53 --dport 1024:' 'sent udp 2000 --sport 53' 'sent udp 2000 --sport 54'
	if [ $s = 4 ]; then
		hits '-p icmp --icmp-type echo-request' 'sent icmp 8' 'sent icmp 13'
		hits '-p icmp --icmp-type 3/4' 'sent icmp 3 --code 4' 'sent icmp 3 --code 3'
	else
		hits '-p ipv6-icmp --icmpv6-type echo-request' 'sent icmp 128' 'sent icmp 129'
		hits '-p ipv6-icmp --icmpv6-type 1/4' 'sent icmp 1 --code 4' 'sent icmp 1 --code 3'
	fi
	hits '-p udp -m multiport --dports 22,80:90' 'sent udp 85' 'sent udp 91'
	hits '-p tcp -m multiport --ports 22,1500' 'sent tcp 9 --sport 1500' 'sent tcp 9 --sport 1501'
	hits '-p udp --dport 5 -m comment --comment "port five"' 'sent udp 5' 'sent udp 6'
	hits "-m addrtype --dst-type LOCAL" 'sent udp 9' ':'
	if [ $s = 4 ]; then
		hits "-m addrtype --dst-type BROADCAST" 'R=10.1.0.255 sent udp 9' 'sent udp 9'
		hits "-m iprange --src-range 10.1.0.1-10.1.0.2" 'sent udp 9' "sent udp 9 --src $L2"
	else
		hits "-p udp -m addrtype --dst-type MULTICAST" 'R=ff02::1%left0 sent udp 9' 'sent udp 9'
		hits "-m iprange --src-range fd01::1-fd01::2" 'sent udp 9' "sent udp 9 --src $L2"
	fi
	hits "-p udp -m mac --mac-source $mac_left" 'sent udp 9' \
		'other_mac'

	# Marks: set by one table, seen by the next.
	on right $T -t mangle -A PREROUTING -p udp --dport 7 -j MARK --set-mark 0x17
	hits "-m mark --mark 0x17" 'sent udp 7' 'sent udp 8'
	hits "-m mark --mark 0x10/0xf0" 'sent udp 7' 'sent udp 8'
	hits "-m mark ! --mark 0x17" 'sent udp 8' 'sent udp 7'
	on right $T -t mangle -R PREROUTING 1 -p udp --dport 7 -j MARK --or-mark 0x100
	hits "-m mark --mark 0x100" 'sent udp 7' 'sent udp 8'
	on right $T -t mangle -F

	# Limits: the burst, then no more.
	exactly 2 '-p udp -m limit --limit 1/hour --limit-burst 2' 'sent udp 9 --count 5'
	exactly 2 "-p udp -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name t$s" \
		'sent udp 9 --count 5'
	exactly 4 "-p udp -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name u$s" \
		"sent udp 9 --count 5; sent udp 9 --count 5 --src $L2"
	exactly 3 "-p udp -m hashlimit --hashlimit-above 1/hour --hashlimit-burst 2 --hashlimit-mode dstport --hashlimit-name v$s" \
		'sent udp 9 --count 5'
	exactly 3 '-p udp -m statistic --mode nth --every 2 --packet 0' 'sent udp 9 --count 6'
	exactly 0 '-p udp -m statistic --mode random --probability 0' 'sent udp 9 --count 6'
	exactly 6 '-p udp -m statistic --mode random --probability 1' 'sent udp 9 --count 6'

	# recent: a source is remembered by one rule, and found by the next.
	on right $T -F INPUT
	on right $T -A INPUT -p udp --dport 11 -m recent --set --name seen$s
	on right $T -A INPUT -p udp --dport 12 -m recent --rcheck --seconds 60 --name seen$s
	on right $T -A INPUT -p udp --dport 13 -m recent --update --hitcount 3 --name seen$s
	sent udp 12
	is "IPv$S: recent --rcheck knows nobody yet" "$(counted filter INPUT 2)" 0
	sent udp 11
	sent udp 12
	sent udp 12 --src $L2
	is "IPv$S: recent --rcheck knows who was seen" "$(counted filter INPUT 2)" 1
	sent udp 13
	is "IPv$S: recent --hitcount 3: one hit is not enough" "$(counted filter INPUT 3)" 0
	sent udp 11 --count 2
	sent udp 13
	is "IPv$S: recent --hitcount 3: three are" "$(counted filter INPUT 3)" 1
	on right $T -F INPUT

	# set
	if command -v ipset >/dev/null && on right ipset create s$s hash:ip family $INET 2>"$TMP/err"; then
		on right ipset add s$s $L
		hits "-m set --match-set s$s src" 'sent udp 9' "sent udp 9 --src $L2"
		hits "-m set ! --match-set s$s src" "sent udp 9 --src $L2" 'sent udp 9'
	else
		skip "IPv$S: set" "no ipset here: $(cat "$TMP/err" 2>/dev/null)"
	fi

	# owner: in OUTPUT of the one who sends
	hits '-p udp -m owner --uid-owner 0' "send right udp $L 9" ':' filter OUTPUT
	rule filter OUTPUT '-p udp -m owner ! --uid-owner 0'
	send right udp $L 9
	is "IPv$S: owner of somebody else: 0" "$rc $(counted filter OUTPUT)" "0 0"
	on right $T -F OUTPUT

	# ---------------------------------------------------------------- states
	on right $T -F INPUT
	for state in 'conntrack --ctstate' 'state --state'; do
		hits "-p udp -m $state NEW" "sent udp 4$s --sport 1$s$((${#state}))" ':'
	done
	# ESTABLISHED: the second packet of a conversation, and only when there was an answer.
	on right $T -A INPUT -p udp --dport 7 -m conntrack --ctstate NEW
	on right $T -A INPUT -p udp --dport 7 -m conntrack --ctstate ESTABLISHED
	on right $T -A INPUT -p udp --dport 7 -m state --state NEW,RELATED
	start right socat "UDP$S-LISTEN:7,reuseaddr,fork$V6ONLY" PIPE 2>/dev/null
	echo_server=$started
	wait_for 5 listens right 7 u
	printf 'a' | on left timeout 3 socat -t 0.3 - "UDP$S:$BOX:7,sourceport=3007" >/dev/null
	is "IPv$S: NEW: the first packet" "$(counted filter INPUT 1) $(counted filter INPUT 2)" "1 0"
	printf 'b' | on left timeout 3 socat -t 0.3 - "UDP$S:$BOX:7,sourceport=3007" >/dev/null
	is "IPv$S: ESTABLISHED: the second" "$(counted filter INPUT 1) $(counted filter INPUT 2)" "1 1"
	is "IPv$S: state sees the same" "$(counted filter INPUT 3)" 1
	on right $T -F INPUT

	# RELATED: the error that a datagram to a closed port brings back; at the sender.
	on left $T -A INPUT -p $ICMP -m conntrack --ctstate RELATED
	on left $T -A INPUT -p $ICMP -m state --state RELATED
	on left $T -A INPUT -p $ICMP -m conntrack --ctstate NEW,ESTABLISHED,INVALID -m addrtype --dst-type LOCAL
	send left udp "$R" 4444
	on left sh -c "printf x | timeout 2 socat -t 0.2 - UDP$S:$BOX:4444,sourceport=3008" >/dev/null 2>&1
	related=$(on left $T -S INPUT 1 -v | sed -n 's/.* -c \([0-9]*\) .*/\1/p')
	is "IPv$S: RELATED: the ICMP error of a connection" "$([ "${related:-0}" -ge 1 ] && echo yes)" yes
	is "IPv$S: state RELATED sees the same" "$(on left $T -S INPUT 2 -v | sed -n 's/.* -c \([0-9]*\) .*/\1/p')" "$related"
	on left $T -F INPUT

	# INVALID: a reset of a connection that there never was; UNTRACKED: by order.
	hits "-p tcp -m conntrack --ctstate INVALID" 'sent tcp 9 --flags R --sport 3333' 'sent tcp 9 --flags S --sport 3334'
	hits "-p tcp -m state --state INVALID" 'sent tcp 9 --flags R --sport 3335' 'sent tcp 9 --flags S --sport 3336'
	on right $T -t raw -A PREROUTING -p udp --dport 7 -j CT --notrack
	hits "-m conntrack --ctstate UNTRACKED" 'sent udp 7' 'sent udp 8'
	hits "-m state --state UNTRACKED" 'sent udp 7' 'sent udp 8'
	on right $T -t raw -F

	# CONNMARK: a mark given to the connection comes back with the answer.
	on right $T -t mangle -A PREROUTING -p udp --dport 7 -j CONNMARK --set-mark 9
	on right $T -t mangle -A OUTPUT -j CONNMARK --restore-mark
	hits '-p udp -m mark --mark 9' \
		"printf a | on left timeout 3 socat -t 0.3 - UDP$S:$BOX:7,sourceport=3009 >/dev/null" \
		"send right udp $L 9" filter OUTPUT
	on right $T -t mangle -F
	stop $echo_server

	# ---------------------------------------------------------------- targets
	start right socat "TCP$S-LISTEN:25,reuseaddr,fork$V6ONLY,max-children=20" SYSTEM:'echo hello; sleep 2' 2>/dev/null
	server=$started
	wait_for 5 listens right 25
	call() { on left timeout 4 socat -u -T 3 "TCP$S:$BOX:25,connect-timeout=2${1:+,$1}" STDOUT 2>"$TMP/call"; }

	# Through the whole of it: who may connect, who may not.
	on right $T -A INPUT -p tcp -s $L --dport 25 -j ACCEPT
	on right $T -A INPUT -p tcp --dport 25 -j DROP
	is "IPv$S: ACCEPT" "$(call "bind=$FROM")" hello
	is "IPv$S: DROP" "$(call "bind=$FROM2")" ''
	is "IPv$S: both counted" "$([ "$(counted filter INPUT 1)" -ge 3 ] && [ "$(counted filter INPUT 2)" -ge 1 ] && echo yes)" yes
	on right $T -F INPUT
	for how in tcp-reset $REJECTS; do
		on right $T -A INPUT -p tcp --dport 25 -j REJECT --reject-with "$how"
		# Over a veth the error of the first SYN can come back before its sender is done with it, and
		# is lost; the second one a second later finds it waiting.
		start=$(date +%s%N)
		call >/dev/null
		took=$((($(date +%s%N) - start) / 1000000))
		grep -qiE 'refused|route to host|unreachable|denied' "$TMP/call" && [ $took -lt 1900 ]
		is "IPv$S: REJECT --reject-with $how: told, not left waiting" "$?" 0
		on right $T -F INPUT
	done
	is "IPv$S: without rules it connects again" "$(call)" hello
	on right $T -N sub
	on right $T -A sub -p udp --dport 9 -j RETURN
	on right $T -A sub -p udp
	on right $T -A INPUT -j sub
	on right $T -A INPUT -p udp
	sent udp 9
	is "IPv$S: RETURN: back in the caller" "$(counted filter sub 1) $(counted filter sub 2) $(counted filter INPUT 2)" "1 0 1"
	sent udp 10
	is "IPv$S: ... others go on in the chain" "$(counted filter sub 1) $(counted filter sub 2) $(counted filter INPUT 2)" "1 1 2"
	on right $T -R INPUT 1 -g sub
	on right $T -Z
	sent udp 9
	is "IPv$S: -g: RETURN ends in the policy" "$(counted filter sub 1) $(counted filter INPUT 2)" "1 0"
	on right $T -F
	on right $T -X sub
	on right $T -A INPUT -p udp --dport 9 -j LOG --log-prefix "test "
	on right $T -A INPUT -p udp --dport 9
	sent udp 9
	sent udp 10
	is "IPv$S: LOG counts and lets go on" "$(counted filter INPUT 1) $(counted filter INPUT 2)" "1 1"
	on right $T -F INPUT
	on right $T -A INPUT -p udp --dport 9 -j NFLOG --nflog-group 5 --nflog-prefix "nine $s"
	on right $T -A INPUT -p udp --dport 9
	send right nflog 5 >"$TMP/nflog" 2>&1 &
	logger=$!
	wait_for 5 grep -q ready "$TMP/nflog"
	sent udp 10
	sent udp 9
	wait $logger
	is "IPv$S: NFLOG: the group gets the packet, with the prefix" "$(cat "$TMP/nflog")" "ready
prefix nine $s"
	is "IPv$S: NFLOG counts and lets go on" "$(counted filter INPUT 1) $(counted filter INPUT 2)" "1 1"
	on right $T -F INPUT

	# connlimit: the third connection of one source at the same time.
	on right $T -A INPUT -p tcp --syn --dport 25 -m connlimit --connlimit-above 2 -j REJECT --reject-with tcp-reset
	call >/dev/null &
	one=$!
	call >/dev/null &
	two=$!
	sleep 0.5
	is "IPv$S: connlimit: two are let in" "$(counted filter INPUT)" 0
	is "IPv$S: connlimit: the third is not" "$(call)$([ "$(counted filter INPUT)" -ge 1 ] && echo counted)" counted
	wait $one $two
	on right $T -F INPUT

	# TCPMSS: what the peer is told to send at most.
	on right $T -t mangle -A OUTPUT -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 600
	call >/dev/null &
	caller=$!
	wait_for 3 sh -c "nsenter --net=/run/netns/${HOSTS}left ss -Htin 'dport = :25' | grep -q mss:"
	is "IPv$S: TCPMSS" "$(on left ss -Htin state established 'dport = :25' | grep -o ' mss:[0-9]*' | head -n 1)" " mss:588"
	on right $T -t mangle -F
	wait $caller
	stop $server
	on right $T -F
done
finish
