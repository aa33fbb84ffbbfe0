#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The contract with the programs on top of iptables: exit codes, texts, silence, versions, the
# spellings of the lock options. Every call here is one that some program makes and judges.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
[ -n "${STORE:-}" ] || need nft

# ------------------------------------------------------------------ the table of failures

# commands TEXT: runs "iptables" with each part of the text between semicolons; the last one is left
# in rc, out, err, and the ones before it must succeed in silence.
commands() {
	first_bad=
	rest="$1;"
	while [ -n "$rest" ]; do
		call=${rest%%;*}
		rest=${rest#*;}
		before=$(here nft list ruleset)
		eval "run here ipt $call"
		[ -z "$rest" ] || [ "$rc$out$err" = 0 ] || first_bad="$call: rc $rc $out $err"
	done
}

# row CALL RC TEXT: the first line of stderr is TEXT, "<V>" being name and version; nothing on stdout,
# and a call that fails changes nothing.
row() {
	fresh
	commands "$1"
	name=$(printf '%.70s' "$1")
	[ -z "$first_bad" ] || { fail "$name" "an earlier command failed: $first_bad"; return; }
	want=$(printf '%s' "$3" | sed "s/<V>/$V/")
	got=$(printf '%s\n' "$err" | head -n 1)
	if [ "$rc" != "$2" ] || [ "$got" != "$want" ] || [ -n "$out" ]; then
		fail "$name" "want rc $2 '$want'" "got  rc $rc '$got'${out:+ and on stdout: $out}"
	elif [ "$rc" != 0 ] && [ "$(here nft list ruleset)" != "$before" ]; then
		fail "$name" "failed, and changed the rules all the same:" "$(here nft list ruleset)"
	else
		pass "$name"
	fi
}

long_comment=$(printf '%0256d' 0 | tr 0 x)
long_prefix=$(printf '%0200d' 0 | tr 0 y)
missing="iptables: No chain/target/match by that name."
bad_rule="iptables: Bad rule (does a matching rule exist in that chain?)."
chain_gone="<V>: Chain 'NOSUCH' does not exist"

row '-N A; -N A' 1 'iptables: Chain already exists.'
row '-N TOOLONGNAMEOFACHAINTHATISLONGERTHAN28' 2 \
	"<V>: chain name \`TOOLONGNAMEOFACHAINTHATISLONGERTHAN28' too long (must be under 29 chars)"
row '-N INPUT' 1 'iptables: Chain already exists.'
row '-X NOSUCH' 1 "$missing"
row '-X INPUT' 1 "$missing"
row '-F NOSUCH' 1 "$missing"
row '-L NOSUCH -n' 1 "$missing"
row '-S NOSUCH' 1 "$missing"
row '-S NOSUCH 1' 1 "$missing"
row '-Z NOSUCH' 1 "$missing"
row '-P NOSUCH DROP' 1 'iptables: Bad built-in chain name.'
row '-N A; -P A DROP' 1 'iptables: Bad built-in chain name.'
row '-P INPUT REJECT' 1 "iptables: Bad policy name. Run \`dmesg' for more information."
row '-A NOSUCH -j ACCEPT' 1 "$missing"
row '-I NOSUCH -j ACCEPT' 1 "$missing"
row '-I INPUT 5 -j ACCEPT' 1 'iptables: Index of insertion too big.'
row '-D INPUT 1' 1 "$missing"
row '-D INPUT -s 1.2.3.4 -j ACCEPT' 1 "$bad_rule"
row '-D NOSUCH -j ACCEPT' 1 "$bad_rule"
row '-C INPUT -s 1.2.3.4 -j ACCEPT' 1 "$bad_rule"
row '-C NOSUCH -j ACCEPT' 1 "$bad_rule"
row '-C INPUT -j NOSUCH' 2 "$chain_gone"
row '-D INPUT -j NOSUCH' 2 "$chain_gone"
row '-A INPUT -j NOSUCH' 2 "$chain_gone"
row '-A INPUT -m nosuch -j ACCEPT' 2 \
	"<V>: Couldn't load match \`nosuch':No such file or directory"
row '-A INPUT --nosuch -j ACCEPT' 2 '<V>: unknown option "--nosuch"'
row '-A INPUT -p tcp --dport nosuchport -j ACCEPT' 2 \
	"<V>: invalid port/service \`nosuchport' specified"
row '-A INPUT -s nosuchhost.invalid -j ACCEPT' 2 \
	"<V>: host/network \`nosuchhost.invalid' not found"
row '-A INPUT -s 1.2.3.4/33 -j ACCEPT' 2 "<V>: invalid mask \`33' specified"
row '-A INPUT --dport 22 -j ACCEPT' 2 '<V>: unknown option "--dport"'
row '-A INPUT -p nosuchproto -j ACCEPT' 2 '<V>: unknown protocol "nosuchproto" specified'
row '-t nosuch -L' 3 "<V>: table 'nosuch' does not exist"
row '-R INPUT 3 -j ACCEPT' 1 "$missing"
row '-E NOSUCH B' 1 "$missing"
row '-N A; -N B; -E A B' 1 'iptables: File exists.'
row '-N A; -N B; -A A -j B; -A B -j A' 0 ''
row "-t nat -L -n NOSUCH" 2 "Bad argument \`NOSUCH'"
row '' 2 '<V>: no command specified'
row '-Y' 2 '<V>: unknown option "-Y"'
row '-w x -L' 2 '<V>: wait seconds not numeric'
row "-A INPUT -m comment --comment ${long_comment#?}" 0 ''
row "-A INPUT -j LOG --log-prefix $long_prefix" 0 ''
kernel_only "a set that is not there" &&
	row '-A INPUT -m set --match-set nosuchset src -j DROP' 2 "<V>: Set nosuchset doesn't exist."
row '-A INPUT -i waytoolonginterfacename0 -j DROP' 2 \
	"<V>: interface name \`waytoolonginterfacename0' must be shorter than 16 characters"
row '-A INPUT -o eth0 -j DROP' 2 "<V>: Can't use --out-interface with INPUT"
row '-A OUTPUT -i eth0 -j DROP' 2 "<V>: Can't use --in-interface with OUTPUT"
row '-A INPUT -p icmp --icmp-type nosuch -j DROP' 2 "<V>: Unknown ICMP type \`nosuch'"
row '-L INPUT 9' 0 ''

# Not in the table, same kind.
row '-D PREROUTING' 1 "$bad_rule"
row '-t nat -D PREROUTING' 1 "$bad_rule"
row '-I INPUT 0 -j ACCEPT' 2 "<V>: Invalid rule number \`0'"
row '-D INPUT 0' 2 "<V>: Invalid rule number \`0'"
row '-A' 2 '<V>: option "-A" requires an argument'
row '-A INPUT -L' 2 '<V>: Cannot use -L with -A'
row '-F INPUT extra' 2 "Bad argument \`extra'"
row '-N -x' 2 "<V>: chain name not allowed to start with \`-'"
row '-N ACCEPT' 2 '<V>: chain name may not clash with target name'
row '-P INPUT' 2 '<V>: -P requires a chain and a policy'

# -c '' is an error since 1.8.13, renaming to a name that -N would refuse, too.
fresh
run here ipt -A INPUT -c 1 -j ACCEPT
matches "-c wants two numbers" "$rc $err" '2 * requires packet and byte counter*'
run here ipt -A INPUT -c '' -j ACCEPT
is "-c with nothing in it is refused" "$rc $(here ipt -S INPUT)" "2 -P INPUT ACCEPT"
must here ipt -N A
run here ipt -E A ACCEPT
is "renaming to an invalid name is refused" "$rc" 2
run here ipt -E A TOOLONGNAMEOFACHAINTHATISLONGERTHAN28
is "renaming to a name that is too long is refused" "$rc" 2

# ------------------------------------------------------------------ refused by the kernel: 4

# refused CALL WORD...: rc 4, the reference's text, and each of the words somewhere in stderr
refused() {
	fresh
	commands "$1"
	name="refused by the kernel: $1"
	after=$(here nft list ruleset)
	shift
	for word in "$@"; do
		case $err in
		*"$word"*) ;;
		*) fail "$name" "stderr lacks '$word': $err"; return ;;
		esac
	done
	if [ "$rc" = 4 ] && [ "$before" = "$after" ] && [ -z "$out$first_bad" ]; then
		pass "$name"
	else
		fail "$name" "rc $rc, out '$out', err '$err' $first_bad" "$after"
	fi
}

refused '-A INPUT -j DNAT --to-destination 1.2.3.4' "$V" 'rule in chain INPUT'
refused '-t nat -A INPUT -j MASQUERADE' "$V" 'rule in chain INPUT'
refused '-N A; -A INPUT -j A; -X A' "$V" 'CHAIN_DEL failed (Device or resource busy): chain A'
refused '-N A; -A A -j ACCEPT; -X A' "$V" 'CHAIN_DEL failed (Device or resource busy): chain A'
refused '-N A; -N B; -A A -j B; -A B -j A; -A INPUT -j A' "$V" 'RULE_APPEND failed' 'INPUT'

# explained CALL HINT: what --explain-errors adds
explained() {
	eval "run here '$BIN/postern' --explain-errors iptables $1"
	matches "explained: $1" "$err" "*$2*"
}

fresh
explained '-A INPUT -j DNAT --to-destination 1.2.3.4' \
	'DNAT works only in nat PREROUTING and OUTPUT; you are in filter INPUT'
explained '-A INPUT -j REJECT --reject-with tcp-reset' '--reject-with tcp-reset needs -p tcp'
explained '-A FORWARD -j TCPMSS --clamp-mss-to-pmtu' 'TCPMSS needs -p tcp'
explained '-A input -j ACCEPT' 'did you mean INPUT?'
explained '-A INPUT -j accept' 'did you mean ACCEPT?'

# ------------------------------------------------------------------ versions

is "the version that callers parse" "$V" "iptables v1.8.13 (nf_tables)"
for program in iptables ip6tables iptables-restore ip6tables-restore iptables-save ip6tables-save; do
	for option in -V --version; do
		run here "$BIN/$program" $option
		result 0 "$program v1.8.13 (nf_tables)" '' "$program $option"
	done
	for flavour in nft:nf_tables legacy:legacy; do
		action=${program#*tables}
		run here "$BIN/${program%%-*}-${flavour%:*}$action" -V
		is "${program%%-*}-${flavour%:*}$action -V" "$rc ${out#* }$err" "0 v1.8.13 (${flavour#*:})"
	done
done
run here ipt -w -V
result 0 "$V" '' "-w -V, how sshguard looks for -w"
run here ipt -w --version
result 0 "$V" '' "-w --version, how arno looks for -w"
run here sh -c "exec <&-; exec '$BIN/iptables-restore' --version"
result 0 "iptables-restore v1.8.13 (nf_tables)" '' "iptables-restore --version with stdin closed"
run here ipt -h
is "-h: first line" "$rc $(printf '%s\n' "$out" | head -n 1) $err" "0 $V "
for pair in iptables:icmp ip6tables:ipv6-icmp; do
	run here "$BIN/${pair%:*}" -p "${pair#*:}" --help
	is "${pair%:*} -p ${pair#*:} --help" "$rc$err" 0
	ref "${pair%:*}" -p "${pair#*:}" --help | sed -n '/^Valid ICMP/,$p' >"$TMP/want.types"
	# 1.8.13 knows a few more.
	printf '%s\n' "$out" | sed -n '/^Valid ICMP/,$p' |
		grep -v -e info-request -e info-reply -e mld-listener >"$TMP/got.types"
	is "${pair%:*}: the types that firewalld reads from it" "$(sort "$TMP/got.types")" \
		"$(sort "$TMP/want.types")"
done

# ------------------------------------------------------------------ the lock options

fresh
for wait in -w '-w 5' -w5 -w10 --wait --wait=5 '--wait 5' '-w 5 -W 100000' '-w -W 100000' \
	'--wait --wait-interval 100000' '--wait=5 --wait-interval=100000' '-w5 -W100000'; do
	# shellcheck disable=SC2086 # several words
	{
		# -W may be called deprecated; nothing else may be said.
		run here ipt $wait -t nat -S PREROUTING
		is "$wait before the command" "$rc $out" "0 -P PREROUTING ACCEPT"
		lacks "$wait is no unknown option" "$err" '*option*"*'
		run here ipt -t nat -S PREROUTING $wait
		is "$wait at the end" "$rc $out" "0 -P PREROUTING ACCEPT"
		case $wait in -w[0-9]*) continue ;; esac
		feed '#foo
' here "$BIN/iptables-restore" $wait -n
		is "iptables-restore $wait" "$rc $out" "0 "
		lacks "iptables-restore $wait: the words firewalld looks for" "$err" \
			'*in*valid option*'
		lacks "iptables-restore $wait: the other words" "$err" '*unrecognized option*'
	}
done
for wait in -w '-w 5' '--wait=2' '--wait 60'; do
	# shellcheck disable=SC2086 # several words
	feed '#foo
' here "$BIN/iptables-restore" $wait
	result 0 '' '' "iptables-restore $wait of a comment is silent"
	# shellcheck disable=SC2086
	quiet "iptables $wait -A is silent" here ipt $wait -A INPUT -j ACCEPT
done
run here ipt -W 100 -L
is "-W without -w" "$rc $out" "2 "

# ------------------------------------------------------------------ silence

fresh
while read -r call; do
	# shellcheck disable=SC2086 # a command line
	quiet "silent: $call" here ipt $call
done <<'END'
-N DOCKER
-A INPUT -p tcp --dport 22 -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-I INPUT -p udp --dport 53 -j ACCEPT
-I INPUT 2 -s 10.0.0.0/8 -j DROP
-R INPUT 2 -s 10.0.0.0/9 -j DROP
-C INPUT -s 10.0.0.0/9 -j DROP
-D INPUT -s 10.0.0.0/9 -j DROP
-D INPUT 1
-P FORWARD DROP
-P FORWARD ACCEPT
-Z
-Z INPUT
-Z INPUT 1
-F INPUT
-D FORWARD -o docker0 -j DOCKER
-E DOCKER BOAT
-X BOAT
-F
-X
-t nat -F
-t mangle -X
-t raw -Z
END

# ------------------------------------------------------------------ -C and -D go by meaning

# same ADDED ASKED: -C and -D find the rule that -A wrote otherwise
same() {
	fresh
	eval "run here ipt -A $1"
	[ "$rc" = 0 ] || { fail "same: $1" "could not be added: $err"; return; }
	eval "run here ipt -C $2"
	[ "$rc" = 0 ] || { fail "-C: $1 = $2" "rc $rc $err"; return; }
	eval "run here ipt -D $2"
	is "-C, -D: $1 = $2" "$rc$err$(here "$BIN/iptables-save" | grep -c '^-A')" 00
}

other() {
	fresh
	eval "must here ipt -A $1"
	eval "run here ipt -C $2"
	result 1 '' "$bad_rule" "-C: $1 is not $2"
}

same 'INPUT -p tcp --dport 22 -j ACCEPT' 'INPUT -j ACCEPT -m tcp --dport 22 -p tcp'
same 'INPUT -p 6 -j ACCEPT' 'INPUT -p tcp -j ACCEPT'
same 'INPUT -s 0/0 -d 0/0 -j ACCEPT' 'INPUT -j ACCEPT'
same 'INPUT -s 0.0.0.0/0 -j ACCEPT' 'INPUT -j ACCEPT'
same 'INPUT -s 10.1.2.3/8 -j ACCEPT' 'INPUT --source 10.0.0.0/255.0.0.0 -j ACCEPT'
same 'FORWARD --dst 10.0.0.1 -j DROP' 'FORWARD -d 10.0.0.1/32 -j DROP'
same 'INPUT ! -i lo -j DROP' 'INPUT -j DROP ! -i lo'
same 'POSTROUTING -t nat -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE' \
	'POSTROUTING -t nat -s 172.17.0.0/16 -j MASQUERADE ! -o docker0'
same 'PREROUTING -t mangle -j MARK --set-mark 0x4000/0x4000' \
	'PREROUTING -t mangle -j MARK --set-xmark 0x4000/0x4000'
same 'PREROUTING -t mangle -j MARK --or-mark 0x4000' \
	'PREROUTING -t mangle -j MARK --set-xmark 0x4000/0x4000'
same 'INPUT -m mark --mark 0x00004000/0x00004000 -j ACCEPT' 'INPUT -m mark --mark 0x4000/0x4000 -j ACCEPT'
same 'INPUT -j REJECT' 'INPUT -j REJECT --reject-with icmp-port-unreachable'
same 'INPUT -m recent --set --name x' 'INPUT -m recent --set --name x --mask 255.255.255.255 --rsource'
same 'POSTROUTING -t nat -j MASQUERADE --random-fully' 'POSTROUTING -t nat -j MASQUERADE --random-fully'
same 'INPUT -m comment --comment "it is a \"test\"" -j ACCEPT' \
	'INPUT -m comment --comment "it is a \"test\"" -j ACCEPT'
same 'INPUT -p tcp -m multiport --dports 22,80 -j ACCEPT' \
	'INPUT -p tcp -m multiport --destination-ports ssh,http -j ACCEPT'
same 'INPUT -m limit --limit 3/minute -j ACCEPT' 'INPUT -m limit --limit 3/m --limit-burst 5 -j ACCEPT'
same 'INPUT -p tcp -m tcp --sport 1 -m tcp --dport 2' 'INPUT -p tcp -m tcp --sport 1 -m tcp --dport 2'
same 'INPUT -p tcp -m tcp --sport 1 -m tcp --dport 2' 'INPUT -p tcp --sport 1 --dport 2'
same 'INPUT -m limit --limit 4822/m -j DROP' 'INPUT -m limit --limit 4822/m -j DROP'
same 'INPUT -m hashlimit --hashlimit 5/s --hashlimit-name x --hashlimit-htable-max 4000000' \
	'INPUT -m hashlimit --hashlimit 5/s --hashlimit-name x --hashlimit-htable-max 4000000'
same 'INPUT -m conntrack --ctstate NEW -m comment --comment x -m pkttype --pkt-type host' \
	'INPUT -m comment --comment x -m pkttype --pkt-type host -m conntrack --ctstate NEW'
same 'INPUT -m length --length 5 -m comment --comment x -m limit --limit 5/s' \
	'INPUT -m comment --comment x -m length --length 5 -m limit --limit 5/s'
# Who stands behind a limit sees less than who stands before it.
other 'INPUT -m length --length 5 -m limit --limit 5/s' 'INPUT -m limit --limit 5/s -m length --length 5'
other 'INPUT -p tcp -m tcp --sport 1 -m tcp --dport 2' 'INPUT -p tcp -m tcp --sport 2 -m tcp --dport 1'
other 'INPUT -s 10.0.0.1 -j ACCEPT' 'INPUT -s 10.0.0.2 -j ACCEPT'
other 'INPUT -s 10.0.0.1 -j ACCEPT' 'INPUT ! -s 10.0.0.1 -j ACCEPT'
other 'INPUT -s 10.0.0.1 -j ACCEPT' 'INPUT -d 10.0.0.1 -j ACCEPT'
other 'INPUT -s 10.0.0.1 -j ACCEPT' 'INPUT -s 10.0.0.1 -j DROP'
other 'INPUT -p tcp -j ACCEPT' 'INPUT -p tcp --dport 1 -j ACCEPT'
other 'INPUT -p tcp --dport 1:5 -j ACCEPT' 'INPUT -p tcp --dport 1:6 -j ACCEPT'
other 'INPUT -m comment --comment a' 'INPUT -m comment --comment b'
other 'INPUT -i eth0 -j ACCEPT' 'INPUT -i eth+ -j ACCEPT'
other 'INPUT' 'INPUT -j ACCEPT'

fresh
must here ipt6 -A INPUT -s fe80::1/64 -j ACCEPT
quiet "-C: fe80::/64 in another spelling" here ipt6 -C INPUT -s fe80:0:0:0::/64 -j ACCEPT

# ------------------------------------------------------------------ listings that programs read

fresh
must here ipt -N fail2ban
must here ipt -A INPUT -p tcp -m multiport --dports 22,80 -j fail2ban
must here ipt -A INPUT -p tcp --dport 22 -m comment --comment '_exp_1234' -j ACCEPT
must here ipt -A INPUT -j LOG --log-prefix 'IN ' --log-level 6 --log-tcp-options --log-ip-options
must here ipt -A INPUT -m conntrack --ctstate NEW,RELATED -j DROP
must here ipt -A INPUT -p 47 -j DROP
must here ipt -P FORWARD DROP
run here ipt -nL
is "-nL" "$rc
$out" '0
Chain INPUT (policy ACCEPT)
target     prot opt source               destination         
fail2ban   tcp  --  0.0.0.0/0            0.0.0.0/0            multiport dports 22,80
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22 /* _exp_1234 */
LOG        all  --  0.0.0.0/0            0.0.0.0/0            LOG flags 6 level 6 prefix "IN "
DROP       all  --  0.0.0.0/0            0.0.0.0/0            ctstate NEW,RELATED
DROP       47   --  0.0.0.0/0            0.0.0.0/0           

Chain FORWARD (policy DROP)
target     prot opt source               destination         

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination         

Chain fail2ban (1 references)
target     prot opt source               destination         '
run here ipt -vnL INPUT --line-numbers
is "-vnL --line-numbers" "$rc
$out" '0
Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
num   pkts bytes target     prot opt in     out     source               destination         
1        0     0 fail2ban   tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            multiport dports 22,80
2        0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:22 /* _exp_1234 */
3        0     0 LOG        all  --  *      *       0.0.0.0/0            0.0.0.0/0            LOG flags 6 level 6 prefix "IN "
4        0     0 DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate NEW,RELATED
5        0     0 DROP       47   --  *      *       0.0.0.0/0            0.0.0.0/0           '
run here ipt -S
is "-S: policies, then -N, then -A" "$rc
$out" '0
-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N fail2ban
-A INPUT -p tcp -m multiport --dports 22,80 -j fail2ban
-A INPUT -p tcp -m tcp --dport 22 -m comment --comment _exp_1234 -j ACCEPT
-A INPUT -j LOG --log-prefix "IN " --log-level 6 --log-tcp-options --log-ip-options
-A INPUT -m conntrack --ctstate NEW,RELATED -j DROP
-A INPUT -p 47 -j DROP'
listed=$out
run here ipt --list-rules
is "--list-rules is -S" "$out" "$listed"
run here ipt -S fail2ban
is "-S of a chain" "$rc $out" "0 -N fail2ban"
run here ipt -S INPUT 2
is "-S of a rule" "$rc $out" \
	"0 -A INPUT -p tcp -m tcp --dport 22 -m comment --comment _exp_1234 -j ACCEPT"
must here ipt -A fail2ban -c 7 700 -j RETURN
run here ipt -v -S fail2ban
is "-v -S" "$rc $out" "0 -N fail2ban
-A fail2ban -c 7 700 -j RETURN"
run here ipt -nvxL fail2ban
is "-nvxL" "$rc $out" "0 Chain fail2ban (1 references)
    pkts      bytes target     prot opt in     out     source               destination         
       7      700 RETURN     all  --  *      *       0.0.0.0/0            0.0.0.0/0           "
fresh
run here ipt -L -n -t security
is "a listing of nothing ends well" "$rc$err" 0

finish
