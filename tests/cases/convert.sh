#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# postern convert: what becomes of each kind of rule, what is told of each line, that the proof finds
# nothing where nothing differs, and that what is printed can be loaded.
STORE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$TMP" || exit 1

# convert FROM TO: rules of stdin; $rc, $out, $err
convert() {
	cat >in
	"$BIN/postern" convert --from "$1" --to "$2" ${3:+"$3" "$4"} in >result 2>told
	rc=$?
	out=$(cat result)
	# How many it is depends on where the last conversation ended.
	err=$(sed 's/^1000[0-9] packets/N packets/' told)
}
# Without what each result has: chain lines, and policies that let pass.
rules() { grep '^-A' result; }
none="N packets compared: none differs"

# ------------------------------------------------------------------ ipchains to iptables

convert ipchains iptables <<'END'
#!/bin/sh
# A gateway that dials up.
IPCHAINS=/sbin/ipchains
EXT="ppp0"
LAN=192.168.7.0/24   # everybody at home
$IPCHAINS -F; $IPCHAINS -X
$IPCHAINS -P input DENY
$IPCHAINS -P forward DENY
$IPCHAINS -A input -i eth0 -s $LAN -j ACCEPT
${IPCHAINS} -A input -i $EXT -p tcp \
	-d 0/0 61000:65095 ! -y -j ACCEPT > /dev/null 2>&1
$IPCHAINS -N mail
$IPCHAINS -A mail -s 10.20.30.40 -j ACCEPT
$IPCHAINS -A input -p tcp -d 0/0 25 -j mail
$IPCHAINS -A input -p tcp -d 0/0 113 -j REJECT
$IPCHAINS -A forward -i $EXT -s $LAN -j MASQ
END
is "a gateway: all is kept, and proved" "$rc $err" "0 $none"
is "... input in front of forward, replies by the gateway's address, MASQ by ports" "$out" "*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -m addrtype --src-type LOCAL -j ACCEPT
-A POSTROUTING -s 192.168.7.0/24 -o ppp0 -p tcp -j MASQUERADE --to-ports 61000-65095
-A POSTROUTING -s 192.168.7.0/24 -o ppp0 -p udp -j MASQUERADE --to-ports 61000-65095
-A POSTROUTING -s 192.168.7.0/24 -o ppp0 -j MASQUERADE
COMMIT
*filter
:input-mail - [0:0]
:INPUT DROP [0:0]
:reply-input - [0:0]
:routed-forward - [0:0]
:routed-input-mail - [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:reply-input-mail - [0:0]
-A INPUT -s 192.168.7.0/24 -i eth0 -j ACCEPT
-A INPUT -i ppp0 -p tcp -m tcp --dport 61000:65095 ! --tcp-flags SYN,RST,ACK SYN -j ACCEPT
-A INPUT -p tcp -m tcp --dport 25 -j input-mail
-A INPUT -p tcp -m tcp --dport 113 -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -m conntrack --ctstate SNAT --ctdir REPLY -g reply-input
-A FORWARD -s 192.168.7.0/24 -i eth0 -g routed-forward
-A FORWARD -i ppp0 -p tcp -m tcp --dport 61000:65095 ! --tcp-flags SYN,RST,ACK SYN -g routed-forward
-A FORWARD -p tcp -m tcp --dport 25 -j routed-input-mail
-A FORWARD -p tcp -m tcp --dport 113 -j REJECT --reject-with icmp-port-unreachable
-A input-mail -s 10.20.30.40 -j ACCEPT
-A reply-input -s 192.168.7.0/24 -i eth0 -j ACCEPT
-A reply-input -i ppp0 -p tcp -m tcp ! --tcp-flags SYN,RST,ACK SYN -m conntrack \
--ctrepldstport 61000:65095 -j ACCEPT
-A reply-input -p tcp -m conntrack --ctrepldstport 25 -j reply-input-mail
-A reply-input -p tcp -m conntrack --ctrepldstport 113 -j REJECT --reject-with icmp-port-unreachable
-A reply-input -j DROP
-A routed-forward -p icmp -m conntrack --ctstate RELATED -m conntrack --ctstate SNAT -j ACCEPT
-A routed-forward -s 192.168.7.0/24 -o ppp0 -j ACCEPT
-A routed-forward -j DROP
-A routed-input-mail -s 10.20.30.40 -g routed-forward
-A reply-input-mail -s 10.20.30.40 -j ACCEPT
COMMIT"
quiet "... and iptables-restore takes it" "$BIN/iptables-restore" "$TMP/result"
is "... all of it" "$("$BIN/iptables-save" | grep -c '^-A')" "$(grep -c '^-A' result)"

# Each form that a rule has.
{ sed '/-m +/d; /-m -/d; s/^/ipchains /' "$TESTS/cases/ipchains.rules"; echo ipchains -A input -m +3; } >forms
convert ipchains iptables <forms
is "every form of a rule: what is told of each line" "$rc $err" \
"1 in:3: not kept: the log's line; LOG writes its own
in:4: not kept: the device that copies went to; NFLOG has group 221
in:14: not kept: the log's line; LOG writes its own
in:14: not kept: the device that copies went to; NFLOG has group 221
in:19: not kept: the log's line; LOG writes its own
in:21: not kept of masqueraded packets, which output saw with this host's address: whether it fits is not known (--host); it is taken not to fit
in:25: not kept: adding to the mark; MARK of iptables sets it
$none"
quiet "... the result can be loaded" "$BIN/iptables-restore" "$TMP/result"
matches "... TOS and marks change in mangle" "$(rules)" \
	"*-A PREROUTING ! -f -j MARK --set-mark 0x5*-A PREROUTING -p tcp -m tcp --dport 22 -j TOS --set-tos 0x10/0xfe*"
matches "... REJECT is an answer here, a drop there" "$(rules | grep -- '--dport 137:139')" \
	"*-A OUTPUT -o ppp+ -p udp*-j DROP*-A routed-output -o ppp+ -p udp*icmp-host-unreachable*"

# The address that masqueraded packets leave with.
cat >host <<'END'
link ppp0
link eth0
addr 203.0.113.1/24 dev ppp0
addr 192.168.7.1/24 dev eth0
END
convert ipchains iptables --host host <<'END'
:input ACCEPT
:forward ACCEPT
:output DENY
-A forward -i ppp0 -j MASQ
-A output -i ppp0 -s 192.168.0.0/16 -j DENY
-A output -i ppp0 -s 203.0.113.1 1024: -p tcp -j ACCEPT
-A output -i eth0 -j ACCEPT
END
is "with a host that is known, output of masqueraded packets is, too" "$rc $(rules | grep masq-output)" \
"0 -A routed-forward -p icmp -m conntrack --ctstate RELATED -m conntrack --ctstate SNAT -g masq-output
-A routed-forward -o ppp0 -g masq-output
-A masq-output -m conntrack --ctstate INVALID -g routed-output
-A masq-output -m conntrack --ctdir REPLY -g routed-output
-A masq-output -o ppp0 -p tcp -j ACCEPT
-A masq-output -o eth0 -j ACCEPT
-A masq-output -j DROP"

convert ipchains iptables <<'END'
ipchains -P forward DENY
ipchains -A input -p tcp -d 10.9.0.0/16 80 -j REDIRECT 3128
ipchains -A input -p udp -d 0/0 53 -j DENY
ipchains -A output -p tcp -s 10.9.0.0/16 80 -j ACCEPT
ipchains -A output -j REJECT
ipmasqadm portfw -a -P tcp -L 203.0.113.1 80 -R 10.0.0.2 8080
END
is "redirected and forwarded ports" "$rc $err" "0 $none"
is "... are known by what they were" "$(rules | grep -e DNAT -e REDIRECT -e ctorig)" \
"-A PREROUTING -d 203.0.113.1 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8080
-A PREROUTING -d 10.9.0.0/16 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128
-A INPUT -m conntrack --ctstate DNAT --ctdir ORIGINAL -g nat-input
-A FORWARD -m conntrack --ctstate DNAT --ctdir ORIGINAL -g forwarded-input
-A OUTPUT -m conntrack --ctstate DNAT --ctdir REPLY -g nat-output
-A nat-input -p tcp -m conntrack --ctorigdst 10.9.0.0/16 --ctorigdstport 80 -j ACCEPT
-A nat-input -p udp -m conntrack --ctorigdstport 53 -j DROP
-A forwarded-input -p tcp -m conntrack --ctorigdst 10.9.0.0/16 --ctorigdstport 80 -g routed-output
-A forwarded-input -p udp -m conntrack --ctorigdstport 53 -j DROP
-A routed-forward -m conntrack --ctstate DNAT -g routed-output
-A nat-output -p tcp -m conntrack --ctorigdst 10.9.0.0/16 --ctorigdstport 80 -j ACCEPT
-A routed-output -m conntrack --ctstate DNAT --ctdir REPLY -g nat-output"

# ------------------------------------------------------------------ what is left out

convert ipchains iptables <<'END'
echo 1 >/proc/sys/net/ipv4/ip_forward
modprobe ip_masq_ftp
ADDRESS=`ifconfig ppp0 | cut -c 2-`
ipchains -A input -s $ADDRESS -j DENY
if [ -x /etc/rc.local ]; then
	for i in 1 2 3; do
		ipchains -A input -j DENY
	done
fi
while true; do ipchains -A input -j DENY; done
ipchains -A input -j DENY && echo done
ipchains -L
ipchains -A nosuch -j DENY
ipchains -A input -j nosuch
ipchains -A input -j output
ipchains -A input -p tcp -y -f
ipchains -D input 7
ipchains -M -S 3600 0 0
iptables -A INPUT -j DROP
ipchains -A input -s 'not closed
block() {
	ipchains -A input -s $1 -j DENY
}
ipchains -A input -s 192.0.2.1 -j DENY -l; ipchains -D input 1
ipchains -A input -s 192.0.2.2 -j DENY
ipmasqadm autofw -A -r tcp 6000 6010 -c tcp 7175
END
is "what is no plain command is told with its line" "$rc $err" \
"1 in:1: left out: its output goes somewhere
in:2: left out: \`modprobe' is no command of ipchains
in:3: left out: the shell would have to work that out
in:4: left out: it has a variable that is not set to plain words here
in:5: left out up to line 9: nobody knows whether the shell would have come to it
in:10: left out: nobody knows whether the shell would have come to it
in:11: left out: the shell would have to work that out
in:12: left out: it changes no rule
in:13: left out: No chain/target/match by that name
in:14: left out: Chain 'nosuch' does not exist
in:15: left out: a built-in chain is no target
in:16: left out: later fragments (-f) have no flags for -y
in:17: left out: No chain/target/match by that name
in:18: not kept: the time-outs of masqueraded flows
in:19: left out: \`iptables' is no command of ipchains
in:20: left out: a quote stays open
in:21: left out up to line 23: nobody knows whether the shell would have come to it
in:26: left out: forwards that a control port triggers are not kept: -h gives the host
$none"
is "... and nothing of it is in the result" "$(rules)" "-A INPUT -s 192.0.2.2 -j DROP
-A FORWARD -s 192.0.2.2 -j DROP"

convert ipchains iptables <<'END'
ipchains -P forward DENY
ipchains -A input -p tcp -d 203.0.113.1 80 -m 7
ipchains -A input -p tcp -d 203.0.113.1 22 -m 9 -j DENY
ipmasqadm mfw -A -m 7 -r 10.0.0.2 8080
ipmasqadm mfw -A -m 7 -r 10.0.0.3 -p 5
ipmasqadm mfw -I -m 9 -r 10.0.0.4
ipmasqadm mfw -A -m 9 -r 10.0.0.4
ipmasqadm mfw -D -m 7 -r 10.0.0.3
ipmasqadm mfw -D -m 8
ipmasqadm mfw -A -m 7
ipmasqadm autofw -A -r udp 6000 6010 -h 10.0.0.3
ipmasqadm autofw -A -r tcp 21 21 -h 10.0.0.4
ipmasqadm autofw -D -r tcp 21 21 -h 10.0.0.4
ipmasqadm autofw -D -r tcp 21 21 -h 10.0.0.4
END
is "forwards by mark, and of ranges: what is kept is proved" "$err" "in:7: left out: there is such a forward already
in:9: left out: there is no such forward
in:10: left out: -r is missing
in:14: left out: there is no such forward
$none"
is "... a rule for each protocol with ports, where input has marked the packet" \
	"$(rules | grep -e MARK -e DNAT.*to-dest)" \
	"-A PREROUTING -d 203.0.113.1 -p tcp -m tcp --dport 80 -j MARK --set-mark 0x7
-A PREROUTING -d 203.0.113.1 -p tcp -m tcp --dport 22 -j MARK --set-mark 0x9
-A PREROUTING -p tcp -m mark --mark 0x9 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.0.0.4
-A PREROUTING -p udp -m mark --mark 0x9 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.0.0.4
-A PREROUTING -p tcp -m mark --mark 0x7 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.0.0.2:8080
-A PREROUTING -p udp -m mark --mark 0x7 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.0.0.2:8080
-A PREROUTING -p udp -m udp --dport 6000:6010 -m addrtype --dst-type LOCAL -j DNAT --to-destination 10.0.0.3"
quiet "... and can be loaded" "$BIN/iptables-restore" "$TMP/result"

convert ipchains iptables <<'END'
ipchains -N home
ipchains -A home -s 192.168.7.0/24 -j MASQ
ipchains -A forward -i ppp0 -j home
ipchains -A output -i ppp0 -j home
ipchains -A output -i ppp0 -p udp -j DENY
END
is "MASQ masquerades where forward calls it, and is ACCEPT where output does" \
	"${err#*
} $(rules | grep -c MASQUERADE) $(rules | grep routed-output-home)" "$none 3 -A routed-output -o ppp0 -j routed-output-home
-A routed-output-home -s 192.168.7.0/24 -j ACCEPT"

convert ipchains iptables <<'END'
PORTS="25 80"
for chain in input \
	output; do
	ipchains -P $chain DENY
	for port in $PORTS; do ipchains -A $chain -p tcp -d 0/0 $port -j ACCEPT; done
done
for i in `seq 3`; do ipchains -A input -j ACCEPT; done
END
is "for goes through plain words, and through nothing else" "$err
$(rules | grep 'PUT -p')" "in:7: left out: nobody knows whether the shell would have come to it
$none
-A INPUT -p tcp -m tcp --dport 25 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT
-A OUTPUT -p tcp -m tcp --dport 25 -j ACCEPT
-A OUTPUT -p tcp -m tcp --dport 80 -j ACCEPT"
echo 'echo hello' >plain
convert ipchains iptables <plain
is "nothing to convert" "$rc $err $out" "2 in:1: left out: \`echo' is no command of ipchains
postern: there is no command of ipchains in it "
run "$BIN/postern" convert --from iptables --to ipchains
is "not backwards" "$rc ${err%%
*}" "2 postern: --from is ipfwadm or ipchains"
run "$BIN/postern" convert --from ipchains --to ipchains
is "nor to itself" "$rc ${err%%
*}" "2 postern: --to is iptables"
run "$BIN/postern" convert --from ipchains --to iptables nosuch
is "a file that is not there" "$rc $err" "2 postern: cannot read nosuch: No such file or directory"

# ------------------------------------------------------------------ ipfwadm

cat >old <<'END'
ipfwadm -I -p deny
ipfwadm -F -p m
ipfwadm -I -a accept -P tcp -D 0.0.0.0/0 25 110 143:150 -W eth0
ipfwadm -I -a accept -b -S 10.0.0.1 -D 10.0.0.2 -k
ipfwadm -I -i deny -y -W ppp0
ipfwadm -O -a reject -P icmp -S 0/0 3 5
ipfwadm -A both -a -S 10.0.0.0/8
END
convert ipfwadm ipchains <old
is "ipfwadm to ipchains: what is told" "$rc $(printf '%s\n' "$err" | grep '^in')" \
"1 in:3: not kept: its counter; it is 3 rules now
in:4: not kept: -k; \`! -y' is also true of packets without ACK that are no requests
in:4: not kept: its counter; it is 4 rules now
in:5: not kept: -y of packets with RST, too; -y of ipchains wants it clear
in:5: not kept: its counter; it is 2 rules now
in:6: not kept: its counter; it is 2 rules now
in:7: not kept: its counter; packets that arrive and packets that leave are counted apart
in:7: not kept: what output refuses is counted, too"
matches "... and nothing differs without a word" "$err" "*differs: *see what is said of line [45]
N packets compared: [1-9]* differ, [1-9]* by what is said above"
is "... the rules" "$out" ":input DENY
:forward MASQ
:output ACCEPT
:acctin -
:acctout -
-A input -j acctin
-A output -j acctout
-A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 -i ppp0 -p 6 -j DENY -y
-A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 -i ppp0 -p ! 6 -j DENY
-A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 143:150 -i eth0 -p 6 -j ACCEPT
-A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 25:25 -i eth0 -p 6 -j ACCEPT
-A input -s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 110:110 -i eth0 -p 6 -j ACCEPT
-A input -s 10.0.0.1/255.255.255.255 -d 10.0.0.2/255.255.255.255 -p 6 -j ACCEPT ! -y
-A input -s 10.0.0.1/255.255.255.255 -d 10.0.0.2/255.255.255.255 -p ! 6 -j ACCEPT
-A input -s 10.0.0.2/255.255.255.255 -d 10.0.0.1/255.255.255.255 -p 6 -j ACCEPT ! -y
-A input -s 10.0.0.2/255.255.255.255 -d 10.0.0.1/255.255.255.255 -p ! 6 -j ACCEPT
-A output -s 0.0.0.0/0.0.0.0 3:3 -d 0.0.0.0/0.0.0.0 -p 1 -j REJECT
-A output -s 0.0.0.0/0.0.0.0 5:5 -d 0.0.0.0/0.0.0.0 -p 1 -j REJECT
-A acctin -s 10.0.0.0/255.0.0.0 -d 0.0.0.0/0.0.0.0
-A acctout -s 10.0.0.0/255.0.0.0 -d 0.0.0.0/0.0.0.0"
run "$BIN/ipchains-restore" <result
result 0 "" "" "... ipchains-restore takes them"
cp result saved
"$BIN/postern" convert --from ipchains --to iptables saved >twice 2>told
is "... and they go on to iptables" "$(sed -n '$s/^1000[0-9]* /N /p' told)" "$none"

convert ipfwadm iptables <old
is "ipfwadm to iptables keeps flags and lists of ports" "$rc $err" \
"1 in:7: not kept: its counter; packets that arrive and packets that leave are counted apart
in:7: not kept: packets that were masqueraded are counted with their old source
$none"
is "... in one rule" "$(rules | grep -e multiport -e 'ACK ACK')" \
"-A INPUT -i eth0 -p tcp -m multiport --dports 143:150,25,110 -j ACCEPT
-A INPUT -s 10.0.0.1 -d 10.0.0.2 -p tcp -m tcp --tcp-flags ACK ACK -j ACCEPT
-A INPUT -s 10.0.0.2 -d 10.0.0.1 -p tcp -m tcp --tcp-flags ACK ACK -j ACCEPT
-A FORWARD -i eth0 -p tcp -m multiport --dports 143:150,25,110 -g routed-forward
-A FORWARD -s 10.0.0.1 -d 10.0.0.2 -p tcp -m tcp --tcp-flags ACK ACK -g routed-forward
-A FORWARD -s 10.0.0.2 -d 10.0.0.1 -p tcp -m tcp --tcp-flags ACK ACK -g routed-forward
-A reply-input -s 10.0.0.1 -p tcp -m tcp --tcp-flags ACK ACK -m conntrack --ctrepldst 10.0.0.2 -g routed-output
-A reply-input -s 10.0.0.2 -p tcp -m tcp --tcp-flags ACK ACK -m conntrack --ctrepldst 10.0.0.1 -g routed-output"
quiet "... iptables-restore takes it" "$BIN/iptables-restore" "$TMP/result"

# ------------------------------------------------------------------ whole scripts of the time

for era in "$TESTS"/kernel/era/*.ipchains "$TESTS"/kernel/era/*.ipfwadm; do
	convert "${era##*.}" iptables <"$era"
	is "${era##*/}: no packet fares otherwise" "$(tail -n 1 told | sed 's/^1000[0-9]* /N /')" "$none"
done
finish
