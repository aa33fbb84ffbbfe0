#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the programs on top do, call by call, in their own order and spelling, and what they conclude
# from it. Each client is a script that says nothing when all went as it needs.
# shellcheck source=../lib.sh
# shellcheck disable=SC2016 # the scripts are for another shell
. "${0%/*}/../lib.sh"

# client NAME SCRIPT [OUTPUT]: runs it with ours first in the PATH, in a fresh namespace; `die WHAT` in
# the script is the client's complaint
client() {
	fresh
	client_name=$1
	printf '%s\n' 'die() { echo "died: $*"; exit 9; }' "$2" >"$TMP/client"
	run on one env PATH="$BIN:$PATH" sh "$TMP/client"
	if [ "$rc" = 0 ] && [ "$out" = "${3:-}" ] && [ -z "$err" ]; then
		pass "$client_name"
	else
		fail "$client_name" "rc $rc" "out: $out" "err: $err" ${3:+"want: $3"}
	fi
}

client 'ufw: probes, batch, status' '
	case $(iptables -V | cut -d" " -f2 | tr -d v) in 1.[0-3]*) die version ;; esac
	# capabilities
	iptables -N ufw-caps-test || die -N
	iptables -A ufw-caps-test -m conntrack --ctstate NEW -m recent --set || die "recent --set"
	iptables -A ufw-caps-test -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 || die "recent --update"
	iptables -F ufw-caps-test || die -F
	iptables -X ufw-caps-test || die -X
	iptables -L ufw-user-input -n >/dev/null 2>&1; [ $? = 1 ] || die "inactive"
	ip6tables -L INPUT -n >/dev/null || die "IPv6"
	iptables-restore -n <<END || die "batch"
*filter
:ufw-user-input - [0:0]
:ufw-user-limit - [0:0]
:ufw-before-input - [0:0]
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j LOG --log-prefix "[UFW BLOCK] " -m limit --limit 3/min --limit-burst 10
-A ufw-before-input -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT
-A ufw-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --set
-A ufw-user-input -p tcp -m multiport --dports 80,443 -j ACCEPT -m comment --comment "dapp_Apache"
-A ufw-user-limit -m limit --limit 3/minute -j LOG --log-prefix "[UFW LIMIT BLOCK] "
-A ufw-user-limit -j REJECT
COMMIT
END
	iptables -L ufw-user-input -n >/dev/null || die "active"
	iptables -A INPUT -j ufw-before-input || die hook
	iptables -F ufw-user-input && iptables -Z ufw-user-input || die flush
	iptables -P INPUT DROP || die policy
	iptables -D INPUT -j ufw-before-input || die unhook
	[ "$(iptables -S ufw-user-limit | tail -n 1)" = "-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable" ] || die reject
'

client 'fail2ban: start, ban, check, unban, stop' '
	for chain in INPUT; do
		{ iptables -w -C f2b-sshd -j RETURN >/dev/null 2>&1; } || { iptables -w -N f2b-sshd || true; iptables -w -A f2b-sshd -j RETURN; }
		{ iptables -w -C $chain -p tcp -m multiport --dports ssh -j f2b-sshd >/dev/null 2>&1; } ||
			iptables -w -I $chain -p tcp -m multiport --dports ssh -j f2b-sshd
	done
	{ iptables -w -C INPUT -p tcp -m multiport --dports ssh -j f2b-sshd >/dev/null 2>&1; } || die check
	iptables -w -n -L INPUT | grep -q "f2b-sshd[ 	]" || die "grep"
	iptables -w -I f2b-sshd 1 -s 192.0.2.5 -j REJECT --reject-with icmp-port-unreachable || die ban
	iptables -w -D f2b-sshd -s 192.0.2.5 -j REJECT --reject-with icmp-port-unreachable || die unban
	iptables -w -D INPUT -p tcp -m multiport --dports ssh -j f2b-sshd || die stop
	iptables -w -F f2b-sshd || die flush
	iptables -w -X f2b-sshd || die delete
	iptables -w -I f2b-sshd 1 -s 192.0.2.5 -j REJECT >/dev/null 2>&1 && die "a ban without its chain"
	[ "$(iptables -S)" = "-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT" ] || die rest
'

client 'dockerd: any output is a failure' '
	quiet() { said=$("$@" 2>&1) || die "$*: $said"; [ -z "$said" ] || die "$* said $said"; }
	fails() { "$@" >/dev/null 2>&1 && die "$* succeeded"; :; }
	fails iptables --wait -t nat -D PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	fails iptables --wait -t nat -D PREROUTING
	fails iptables --wait -t nat -F DOCKER
	fails iptables --wait -t nat -X DOCKER
	fails iptables --wait -t filter -n -L DOCKER
	quiet iptables --wait -t nat -N DOCKER
	quiet iptables --wait -t filter -N DOCKER
	quiet iptables --wait -t filter -N DOCKER-ISOLATION-STAGE-1
	quiet iptables --wait -t filter -N DOCKER-ISOLATION-STAGE-2
	fails iptables --wait -t filter -C DOCKER-ISOLATION-STAGE-1 -j RETURN
	quiet iptables --wait -A DOCKER-ISOLATION-STAGE-1 -j RETURN
	fails iptables --wait -t nat -C POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	quiet iptables --wait -t nat -I POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	quiet iptables --wait -t nat -C POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	quiet iptables --wait -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	quiet iptables --wait -t nat -A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER "!" --dst 127.0.0.0/8
	quiet iptables --wait -t nat -C OUTPUT -m addrtype --dst-type LOCAL -j DOCKER "!" --dst 127.0.0.0/8
	quiet iptables --wait -I FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	quiet iptables --wait -I FORWARD -i docker0 ! -o docker0 -j ACCEPT
	quiet iptables --wait -P FORWARD DROP
	quiet iptables --wait -t nat -A DOCKER -p tcp -d 0/0 --dport 8080 -j DNAT --to-destination 172.17.0.2:80 ! -i docker0
	quiet iptables --wait -t nat -C DOCKER -p tcp -d 0/0 --dport 8080 -j DNAT --to-destination 172.17.0.2:80 ! -i docker0
	quiet iptables --wait -t filter -A DOCKER ! -i docker0 -o docker0 -p tcp -d 172.17.0.2 --dport 80 -j ACCEPT
	quiet iptables --wait -t nat -A POSTROUTING -p tcp -s 172.17.0.2 -d 172.17.0.2 --dport 80 -j MASQUERADE
	quiet iptables --wait -t filter -D DOCKER ! -i docker0 -o docker0 -p tcp -d 172.17.0.2 --dport 80 -j ACCEPT
	quiet ip6tables --wait -t nat -A POSTROUTING -s fd00::/80 ! -o docker0 -j MASQUERADE
	quiet ip6tables --wait -t nat -N DOCKER
	quiet ip6tables --wait -t nat -A DOCKER -p tcp -d ::/0 --dport 8080 -j DNAT --to-destination "[fd00::2]:80" ! -i docker0
	iptables --wait -t filter -n -L DOCKER >/dev/null || die list
'

client 'kube-proxy: restore with --noflush, in chains of hashes' '
	iptables -w 5 -W 100000 -N KUBE-PROXY-CANARY -t mangle 2>/dev/null || die canary
	iptables -w 5 -W 100000 -N KUBE-PROXY-CANARY -t mangle >/dev/null 2>&1; [ $? = 1 ] || die "canary again"
	iptables -w 5 -W 100000 -S KUBE-PROXY-CANARY 1 -t mangle >/dev/null 2>&1 || die monitor
	for chain in KUBE-SERVICES KUBE-NODEPORTS KUBE-POSTROUTING; do
		iptables -w 5 -W 100000 -N $chain -t nat 2>/dev/null || die $chain
	done
	iptables -w 5 -W 100000 -C PREROUTING -t nat -m comment --comment "kubernetes service portals" -j KUBE-SERVICES >/dev/null 2>&1
	[ $? = 1 ] || die "-C: exactly 1"
	iptables -w 5 -W 100000 -I PREROUTING -t nat -m comment --comment "kubernetes service portals" -j KUBE-SERVICES 2>/dev/null || die hook
	iptables -w 5 -W 100000 -C PREROUTING -t nat -m comment --comment "kubernetes service portals" -j KUBE-SERVICES 2>/dev/null || die "hook check"
	for round in 1 2; do
		iptables-restore -w 5 -W 100000 --noflush --counters 2>/dev/null <<END || die "sync $round"
*nat
:KUBE-SERVICES - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-SVC-ABCDEFGHIJKLMNOP - [0:0]
:KUBE-SEP-ABCDEFGHIJKLMNOP - [0:0]
:KUBE-SEP-QRSTUVWXYZ234567 - [0:0]
-A KUBE-POSTROUTING -m mark ! --mark 0x00004000/0x00004000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x00004000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000
-A KUBE-SERVICES -m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 80 -j KUBE-SVC-ABCDEFGHIJKLMNOP
-A KUBE-SVC-ABCDEFGHIJKLMNOP -m comment --comment "default/web:http -> 10.0.0.1:80" -m recent --name KUBE-SEP-A --rcheck --seconds 10800 --reap -j KUBE-SEP-ABCDEFGHIJKLMNOP
-A KUBE-SVC-ABCDEFGHIJKLMNOP -m comment --comment "default/web:http -> 10.0.0.1:80" -m statistic --mode random --probability 0.5000000000 -j KUBE-SEP-ABCDEFGHIJKLMNOP
-A KUBE-SVC-ABCDEFGHIJKLMNOP -j KUBE-SEP-QRSTUVWXYZ234567
-A KUBE-SEP-ABCDEFGHIJKLMNOP -s 10.0.0.1 -j KUBE-MARK-MASQ
-A KUBE-SEP-ABCDEFGHIJKLMNOP -m comment --comment default/web:http -m tcp -p tcp -m recent --name KUBE-SEP-A --set -j DNAT --to-destination 10.0.0.1:80
-A KUBE-SEP-QRSTUVWXYZ234567 -m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.0.0.2:80
-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
COMMIT
END
	done
	[ "$(iptables-save -t nat | grep -c -e "-A KUBE-SVC-")" = 3 ] || die "flushed and filled again, not doubled"
	# One bad line: all of the table stays.
	before=$(iptables-save -t nat | grep -v "^#")
	iptables-restore -w 5 --noflush --counters 2>/tmp/err.$$ <<END && die "bad line taken"
*nat
:KUBE-SERVICES - [0:0]
-A KUBE-SERVICES -j KUBE-NO-SUCH-CHAIN
COMMIT
END
	grep -qE "line:? [34]" /tmp/err.$$ || die "which line: $(cat /tmp/err.$$)"
	rm -f /tmp/err.$$
	[ "$(iptables-save -t nat | grep -v "^#")" = "$before" ] || die "half a restore"
	# A service goes: its chains are emptied and deleted in the same restore.
	iptables-restore -w 5 --noflush --counters 2>/dev/null <<END || die cleanup
*nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-ABCDEFGHIJKLMNOP - [0:0]
:KUBE-SEP-ABCDEFGHIJKLMNOP - [0:0]
:KUBE-SEP-QRSTUVWXYZ234567 - [0:0]
-X KUBE-SVC-ABCDEFGHIJKLMNOP
-X KUBE-SEP-ABCDEFGHIJKLMNOP
-X KUBE-SEP-QRSTUVWXYZ234567
COMMIT
END
	iptables-save -t nat | grep -q KUBE-SVC && die "still there"
	:
'

client 'go-iptables (CNI): version, -S, -C, -A, -D with --wait last' '
	iptables --version | grep -qE "v([0-9]+)\.([0-9]+)\.([0-9]+).*nf_tables" || die version
	iptables -t nat -S --wait >/dev/null || die -S
	iptables -t nat -S CNI-HOSTPORT-DNAT 1 --wait >/dev/null 2>&1 && die "ChainExists"
	iptables -t nat -N CNI-HOSTPORT-DNAT --wait || die -N
	iptables -t nat -N CNI-HOSTPORT-DNAT --wait 2>/tmp/err.$$; [ $? = 1 ] || die "-N again"
	iptables -t nat -C CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"net\" id: \"a\"" -m multiport --destination-ports 8080 -j RETURN --wait >/dev/null 2>&1
	[ $? = 1 ] || die "-C"
	iptables -t nat -A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"net\" id: \"a\"" -m multiport --destination-ports 8080 -j RETURN --wait || die -A
	iptables -t nat -C CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"net\" id: \"a\"" -m multiport --destination-ports 8080 -j RETURN --wait || die "-C 2"
	iptables -t nat -S CNI-HOSTPORT-DNAT --wait
	iptables -t nat -F CNI-HOSTPORT-DNAT --wait || die -F
	iptables -t nat -X CNI-HOSTPORT-DNAT --wait || die -X
	iptables -t nat -D PREROUTING -j ACCEPT --wait 2>/tmp/err.$$; [ $? = 1 ] || die "-D"
	grep -qF "Bad rule (does a matching rule exist in that chain?)." /tmp/err.$$ || die "IsNotExist"
	iptables -t nat -F NOPE --wait 2>/tmp/err.$$
	grep -qF "No chain/target/match by that name." /tmp/err.$$ || die "IsNotExist 2"
	rm -f /tmp/err.$$
' '-N CNI-HOSTPORT-DNAT
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"net\" id: \"a\"" -m multiport --dports 8080 -j RETURN'

client 'libvirt: long options' '
	iptables -w --table filter --list-rules >/dev/null || die list
	iptables -w --table filter --new-chain LIBVIRT_INP || die new
	iptables -w --table filter --insert INPUT --jump LIBVIRT_INP || die insert
	iptables -w --table filter --insert LIBVIRT_INP --in-interface virbr0 --protocol udp --destination-port 53 --jump ACCEPT || die rule
	iptables -w --table nat --new-chain LIBVIRT_PRT || die nat
	iptables -w --table nat --insert LIBVIRT_PRT --source 192.168.122.0/24 -p tcp ! --destination 192.168.122.0/24 --jump MASQUERADE --to-ports 1024-65535 || die masquerade
	iptables -w --table filter --list-rules | grep -q -e "-N LIBVIRT_INP" || die found
	iptables -w --table filter --delete LIBVIRT_INP --in-interface virbr0 --protocol udp --destination-port 53 --jump ACCEPT || die delete
	iptables -w --table nat --list-rules LIBVIRT_PRT
' '-N LIBVIRT_PRT
-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535'

client 'netavark: DNAT with ranges, chain, then -j, then matches' '
	iptables --version >/dev/null || die version
	iptables -t nat -N NETAVARK-HOSTPORT-DNAT --wait || die -N
	iptables -t nat -A NETAVARK-HOSTPORT-DNAT -j DNAT -p tcp --to-destination 10.88.0.2:8000-8010/9000 --destination-port 9000:9010 --wait || die -A
	iptables -t nat -C NETAVARK-HOSTPORT-DNAT -j DNAT -p tcp --to-destination 10.88.0.2:8000-8010/9000 --destination-port 9000:9010 --wait || die -C
	iptables -t nat -N NETAVARK-HOSTPORT-SETMARK --wait || die -N
	iptables -t nat -A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000 --wait || die MARK
	iptables -t nat -S --wait | grep -e NETAVARK
' '-N NETAVARK-HOSTPORT-DNAT
-N NETAVARK-HOSTPORT-SETMARK
-A NETAVARK-HOSTPORT-DNAT -p tcp -m tcp --dport 9000:9010 -j DNAT --to-destination 10.88.0.2:8000-8010/9000
-A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000'

client 'wg-quick: what save prints becomes -D lines' '
	iptables-restore -n <<END || die up
*raw
-I PREROUTING ! -i wg0 -d 10.9.0.1 -m addrtype ! --src-type LOCAL -j DROP -m comment --comment "wg-quick(8) rule for wg0"
COMMIT
*mangle
-I POSTROUTING -m mark --mark 51820 -p udp -j CONNMARK --save-mark -m comment --comment "wg-quick(8) rule for wg0"
-I PREROUTING -p udp -j CONNMARK --restore-mark -m comment --comment "wg-quick(8) rule for wg0"
COMMIT
END
	iptables-save | awk "
		/^\\*/ { print } /^COMMIT/ { print }
		/^-A .*wg-quick\\(8\\) rule for wg0/ { sub(/^-A/, \"-D\"); print }" >/tmp/down.$$
	[ "$(grep -c -e ^-D /tmp/down.$$)" = 3 ] || die "found $(cat /tmp/down.$$)"
	iptables-restore -n </tmp/down.$$ || die down
	rm -f /tmp/down.$$
	iptables-save | grep -q -e "^-A" && die left
	:
'

client 'firewalld: probes and batches' '
	printf "#foo" | iptables-restore -w >/dev/null 2>/tmp/err.$$ || die probe
	grep -q -e "invalid option" -e "unrecognized option" /tmp/err.$$ && die "no -w"
	rm -f /tmp/err.$$
	iptables -w -L -n >/dev/null || die -w
	iptables -w10 -t mangle -L -n >/dev/null || die -w10
	iptables -p icmp --help | sed -n "/^Valid ICMP/,\$p" | grep -q "  *network-unreachable" || die types
	ip6tables -p ipv6-icmp --help | grep -q "^Valid ICMPv6 Types:" || die "IPv6 types"
	iptables-restore -w -n <<END || die batch
*raw
-F
-X
-Z
COMMIT
*filter
-F
-X
-Z
-N INPUT_direct
-N INPUT_ZONES
-I INPUT 1 -j INPUT_ZONES
-I INPUT 1 -j INPUT_direct
-I INPUT 1 -i lo -j ACCEPT
-I INPUT 1 -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -j REJECT --reject-with icmp-host-prohibited
-A INPUT_ZONES -g INPUT_direct
COMMIT
END
	iptables -S INPUT
' '-P INPUT ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -j INPUT_direct
-A INPUT -j INPUT_ZONES
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -j REJECT --reject-with icmp-host-prohibited'

client 'sshguard, sshuttle, fwknopd: short dialogues' '
	iptables -w -V >/dev/null 2>&1 || die "sshguard: -w"
	iptables -L -n >/dev/null || die "sshguard: list"
	iptables -w -N sshguard && iptables -w -I sshguard -s 192.0.2.0/24 -j DROP && iptables -w -D sshguard -s 192.0.2.0/24 -j DROP && iptables -w -F sshguard || die sshguard
	iptables -w -t nat -N sshuttle-12300 && iptables -w -t nat -F sshuttle-12300 || die sshuttle
	iptables -w -t nat -I OUTPUT 1 -j sshuttle-12300 && iptables -w -t nat -I PREROUTING 1 -j sshuttle-12300 || die "sshuttle: hooks"
	iptables -w -t nat -A sshuttle-12300 -j RETURN --dest 127.0.0.1/32 -p tcp || die "sshuttle: local"
	iptables -w -t nat -A sshuttle-12300 -j REDIRECT --dest 10.0.0.0/8 -p tcp --to-ports 12300 || die "sshuttle: redirect"
	iptables -w -t nat -nL | grep -q "^Chain sshuttle-12300 " || die "sshuttle: found"
	iptables -w -t nat -D OUTPUT -j sshuttle-12300 && iptables -w -t nat -D PREROUTING -j sshuttle-12300 &&
		iptables -w -t nat -F sshuttle-12300 && iptables -w -t nat -X sshuttle-12300 || die "sshuttle: down"
	iptables -t filter -N FWKNOP_INPUT || die fwknopd
	iptables -C INPUT -t filter -j FWKNOP_INPUT >/dev/null 2>&1 && die "fwknopd: check"
	iptables -t filter -I INPUT 1 -j FWKNOP_INPUT && iptables -C INPUT -t filter -j FWKNOP_INPUT || die "fwknopd: insert"
	iptables -t filter -A FWKNOP_INPUT -p 6 -s 192.0.2.9 --dport 22 -m comment --comment _exp_1234 -j ACCEPT || die "fwknopd: rule"
	[ "$(iptables -t filter -L FWKNOP_INPUT --line-numbers -n | sed -n "s|^\([0-9]*\) .*/\* _exp_\([0-9]*\) \*/|\1 \2|p")" = "1 1234" ] || die "fwknopd: expiry"
	iptables -t filter -D FWKNOP_INPUT 1 || die "fwknopd: delete"
'

client 'netfilter-persistent, ferm: save, test, restore' '
	iptables-restore <<END || die load
*nat
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
COMMIT
END
	iptables-save >/tmp/save.$$
	[ "$(sed -n "s/^\*//p" /tmp/save.$$ | sort | tr "\n" " ")" = "filter nat " ] || die tables
	iptables-restore --test </tmp/save.$$ || die --test
	iptables -F && iptables -t nat -F && iptables -P INPUT ACCEPT || die flush
	iptables-restore </tmp/save.$$ || die restore
	iptables-save | grep -v "^#" >/tmp/again.$$
	grep -v "^#" /tmp/save.$$ | cmp - /tmp/again.$$ || die different
	iptables-legacy -V | grep -q "(legacy)" || die "ferm prefers these"
	iptables-legacy-save >/dev/null && iptables-legacy-restore </tmp/save.$$ || die legacy
	rm -f /tmp/save.$$ /tmp/again.$$
'

client 'Felix: hashes in comments, -R and -D by number in a restore' '
	iptables-restore --noflush --verbose --wait 10 --wait-interval 50000 >/dev/null 2>&1 <<END || die 1
*filter
:cali-INPUT - -
:cali-fw - -
-A cali-INPUT -m comment --comment "cali:msRIDfJRWnYwzW4g" -m mark --mark 0x10000/0x10000 -j ACCEPT
-A cali-INPUT -m comment --comment "cali:_wjq-Yrma8Ly1Svo" -g cali-fw
-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT
COMMIT
END
	[ "$(iptables-save -t filter | grep -o "cali:[-_A-Za-z0-9]*" | tr "\n" " ")" = "cali:Cz_u1IQiXIMmKD4c cali:msRIDfJRWnYwzW4g cali:_wjq-Yrma8Ly1Svo " ] || die hashes
	iptables-restore --noflush --verbose --wait 10 --wait-interval 50000 >/dev/null 2>&1 <<END || die 2
*filter
-R cali-INPUT 1 -m comment --comment "cali:new" -j DROP
-D cali-INPUT 2
COMMIT
END
	iptables -S cali-INPUT
' '-N cali-INPUT
-A cali-INPUT -m comment --comment "cali:new" -j DROP'
finish
