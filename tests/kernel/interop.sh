#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One machine, several programs: the distribution's iptables and nft read and edit what we loaded, and
# we read and edit what they loaded. Rules that nft makes by hand are said in iptables words where that
# says the same, are shown as what they are where not, and survive.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need nft

body() { sed '/^#/d'; }
nft_list() { here nft list ruleset 2>/dev/null; }

cat >"$TMP/rules4" <<'END'
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -m mark --mark 0x1/0xff -j MARK --set-xmark 0x2/0xffffffff
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 192.0.2.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8080
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:web - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -s 198.51.100.0/24 ! -d 192.0.2.1/32 -p tcp -m tcp --sport 1024:65535 --dport 22 -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80,443 -m comment --comment "the web" -g web
-A INPUT -p udp -m udp ! --dport 53 -m limit --limit 5/sec --limit-burst 10 -j LOG --log-prefix "x: "
-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A INPUT ! -i eth+ -j REJECT --reject-with icmp-host-prohibited
-A web -m statistic --mode nth --every 2 --packet 0 -j RETURN
-A web -j NFLOG --nflog-group 3
COMMIT
END

# ------------------------------------------------------------------ they read what we loaded

fresh
quiet "we load" here "$BIN/iptables-restore" "$TMP/rules4"
for table in mangle nat filter; do
	is "the distribution's save of our rules: $table" "$(here ref iptables-save -t $table | body)" \
		"$(sed -n "/^\*$table/,/^COMMIT/p" "$TMP/rules4")"
done
run here nft list ruleset
is "nft lists our rules" "$rc" 0
matches "nft knows our tables as iptables'" "$out$err" "*managed by iptables-nft*"
while read -r want; do
	matches "nft sees: $want" "$out" "*$want*"
done <<'END'
type filter hook input priority filter; policy drop;
type nat hook prerouting priority dstnat; policy accept;
type nat hook postrouting priority srcnat; policy accept;
type filter hook prerouting priority mangle; policy accept;
iifname "lo" counter packets 0 bytes 0 accept
END
quiet "the distribution deletes one of our rules" here ref iptables -D INPUT -i lo -j ACCEPT
quiet "... checks another" here ref iptables -C INPUT -p icmp --icmp-type 8 -j ACCEPT
quiet "... inserts one" here ref iptables -I INPUT 2 -s 203.0.113.5 -j DROP
quiet "... replaces one" here ref iptables -R web 2 -j DROP
is "and we see all that" "$(here ipt -S INPUT | head -n 4; here ipt -S web)" \
	"-P INPUT DROP
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -s 203.0.113.5/32 -j DROP
-A INPUT -s 198.51.100.0/24 ! -d 192.0.2.1/32 -p tcp -m tcp --sport 1024:65535 --dport 22 -j ACCEPT
-N web
-A web -m statistic --mode nth --every 2 --packet 0 -j RETURN
-A web -j DROP"
# From empty, by single calls: what is made on the way must not trouble the other one.
fresh
must here ipt -A INPUT -s 192.0.2.1 -j ACCEPT
quiet "the distribution appends to a chain that we made" here ref iptables -A INPUT -s 192.0.2.2 -j ACCEPT
quiet "... and uses the other chains of the table" here ref iptables -A FORWARD -j DROP
quiet "... and its policies" here ref iptables -P OUTPUT DROP
is "all of it is there" "$(here ipt -S)" "-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT DROP
-A INPUT -s 192.0.2.1/32 -j ACCEPT
-A INPUT -s 192.0.2.2/32 -j ACCEPT
-A FORWARD -j DROP"
quiet "the distribution's restore replaces our tables" here ref iptables-restore "$TMP/rules4"

# ------------------------------------------------------------------ we read what they loaded

fresh
must here ref iptables-restore "$TMP/rules4"
before=$(nft_list)
for table in mangle nat filter; do
	is "our save of the distribution's rules: $table" "$(here "$BIN/iptables-save" -t $table | body)" \
		"$(sed -n "/^\*$table/,/^COMMIT/p" "$TMP/rules4")"
done
is "reading changed nothing" "$(nft_list)" "$before"
sed -n 's/^-A \([A-Z]* .*\)/\1/p; s/^-A \(web .*\)/\1/p; /^\*/p' "$TMP/rules4" >"$TMP/lines"
table=
checked=
while IFS= read -r line; do
	case $line in \**) table=${line#\*}; continue ;; esac
	eval "run here ipt -t $table -C $line"
	[ "$rc$err" = 0 ] || checked="$checked
-t $table -C $line: $rc $err"
done <"$TMP/lines"
is "-C finds every rule that the distribution loaded" "$checked" ''
deleted=
while IFS= read -r line; do
	case $line in \**) table=${line#\*}; continue ;; esac
	eval "run here ipt -t $table -D $line"
	[ "$rc$err" = 0 ] || deleted="$deleted
-t $table -D $line: $rc $err"
done <"$TMP/lines"
is "-D deletes every rule that the distribution loaded" "$deleted" ''
is "... and nothing is left" "$(here ref iptables-save | grep -c '^-A')" 0
fresh
must here ref iptables-restore "$TMP/rules4"
must here ipt -F
must here ipt -X
is "-F and -X of a table that the distribution made" "$(here ref iptables-save -t filter | body)" \
	"*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT"

# Turns: each edits the same chain in turn.
fresh
n=1
while [ $n -le 6 ]; do
	must here ipt -A INPUT -s 192.0.2.$n -j DROP
	must here ref iptables -A INPUT -s 192.0.2.1$n -j DROP
	n=$((n + 1))
done
must here ref iptables -D INPUT -s 192.0.2.3 -j DROP
must here ipt -D INPUT -s 192.0.2.14 -j DROP
must here ipt -D INPUT 1
must here ref iptables -D INPUT 1
is "both in turns on one chain" "$(here ipt -S INPUT)" "$(here ref iptables -S INPUT)"
is "... eight rules are left" "$(here ipt -S INPUT | grep -c '^-A')" 8

# IPv6 the same.
fresh
must here ref ip6tables -A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
must here ref ip6tables -A INPUT ! -s 2001:db8::1 -p tcp --dport 22 -j REJECT
is "IPv6: we read theirs" "$(here ipt6 -S INPUT)" "$(here ref ip6tables -S INPUT)"
quiet "IPv6: we delete theirs" here ipt6 -D INPUT ! -s 2001:db8::1 -p tcp --dport 22 -j REJECT
quiet "IPv6: they delete ours" here sh -c "'$BIN/ip6tables' -A FORWARD -d ff02::/16 -j DROP &&
	$REFERENCE ip6tables -D FORWARD -d ff02::/16 -j DROP"

# ------------------------------------------------------------------ rules that nft made by hand

fresh
must here ipt -P INPUT ACCEPT
must here ipt -A INPUT -i lo -j ACCEPT
# said NFT-RULE WORDS: nft adds the rule; our -S says WORDS (behind "-A INPUT "), and -C of them finds it
said() {
	must here ipt -F INPUT
	must here nft add rule ip filter INPUT "$1"
	is "by hand: $1" "$(here ipt -S INPUT | sed 1d)" "-A INPUT $2"
	eval "run here ipt -C INPUT $2"
	is "... and -C finds it by these words" "$rc$err" 0
	eval "run here ipt -D INPUT $2"
	is "... and -D takes it" "$rc$err $(here nft list chain ip filter INPUT 2>/dev/null | grep -c counter)" "0 0"
}
said 'ip saddr 192.0.2.7 counter drop' '-s 192.0.2.7/32 -j DROP'
said 'ip saddr 192.0.2.0/24 ip daddr != 198.51.100.1 counter accept' '-s 192.0.2.0/24 ! -d 198.51.100.1/32 -j ACCEPT'
said 'iifname "eth0" counter drop' '-i eth0 -j DROP'
said 'tcp dport 22 counter accept' '-p tcp -m tcp --dport 22 -j ACCEPT'
said 'udp sport 53 udp dport 1024-65535 counter accept' '-p udp -m udp --sport 53 --dport 1024:65535 -j ACCEPT'
said 'meta mark 0x1 counter drop' '-m mark --mark 0x1 -j DROP'
said 'limit rate 5/second burst 10 packets counter accept' '-m limit --limit 5/sec --limit-burst 10 -j ACCEPT'
said 'meta pkttype != multicast counter drop' '-m pkttype ! --pkt-type multicast -j DROP'
said 'ip saddr 192.0.2.1-192.0.2.9 counter accept' '-m iprange --src-range 192.0.2.1-192.0.2.9 -j ACCEPT'
said 'ip daddr != 192.0.2.1-192.0.2.9 tcp dport 22 counter drop' \
	'-p tcp -m iprange ! --dst-range 192.0.2.1-192.0.2.9 -m tcp --dport 22 -j DROP'
said 'ip protocol icmp counter return' '-p icmp -j RETURN'

# What iptables has no words for: a named set, a map of verdicts, a rule of several protocols.
fresh
must here ipt -A INPUT -s 192.0.2.1 -j ACCEPT
must here ipt -P FORWARD ACCEPT
must here ipt -N user
must here ipt -A user -j RETURN
must here nft 'add set ip filter bad { type ipv4_addr; elements = { 203.0.113.1, 203.0.113.2 }; }'
must here nft 'add rule ip filter INPUT ip saddr @bad counter drop'
must here nft 'add rule ip filter FORWARD meta l4proto { tcp, udp } counter accept'
must here nft 'add rule ip filter FORWARD ip saddr vmap { 10.0.0.1 : drop, 10.0.0.2 : accept }'
must here nft 'add table inet other'
must here nft 'add chain inet other in { type filter hook input priority 5; }'
must here nft 'add rule inet other in tcp dport 9 counter drop'
sets() { nft_list | grep -cE '@bad|l4proto \{ tcp, udp \}|vmap \{ 10.0.0.1 : drop|elements = \{ 203'; }
other() { here nft list table inet other; }
other_before=$(other)
is "the scene is set" "$(sets)" 4

run here ipt -S
is "-S with rules that cannot be said: rc 0" "$rc" 0
lacks "-S: a set lookup is no plain DROP" "
$out" "*
-A INPUT -j DROP*"
lacks "-S: a set of protocols is no plain ACCEPT" "
$out" "*
-A FORWARD -j ACCEPT*"
lacks "-S: ... nor one for TCP" "
$out" "*
-A FORWARD -p tcp*-j ACCEPT*"
matches "-S: it is shown, with its set" "$out" '*@bad*'
matches "-S: the rules beside it are there" "
$out
" "*
-A INPUT -s 192.0.2.1/32 -j ACCEPT
*"
run here ipt -L -n
matches "-L shows it, too" "$rc $out" '0 *@bad*'
run here "$BIN/iptables-save"
is "save with rules that cannot be said: rc 0" "$rc" 0
lacks "save: nothing that means something else" "
$out" "*
-A INPUT -j DROP*"
# What is saved must be loadable; that it lacks the rules is why they are comments.
feed "$out
" here "$BIN/iptables-restore" --test
is "save: restore takes it" "$rc$err" 0

quiet "-A beside them" here ipt -A INPUT -s 192.0.2.2 -j DROP
quiet "-I beside them" here ipt -I INPUT -s 192.0.2.3 -j DROP
quiet "-D by text beside them" here ipt -D INPUT -s 192.0.2.1 -j ACCEPT
quiet "-R beside them" here ipt -R INPUT 1 -s 192.0.2.4 -j DROP
quiet "-F of another chain" here ipt -F user
quiet "-F OUTPUT" here ipt -F OUTPUT
quiet "-Z" here ipt -Z
quiet "-N, -X" here sh -c "'$BIN/iptables' -N more && '$BIN/iptables' -X more"
quiet "-P" here ipt -P FORWARD DROP
feed "*filter
-A INPUT -s 192.0.2.5 -j DROP
COMMIT
" here "$BIN/iptables-restore" -n
is "restore --noflush" "$rc$err" 0
is "all of them survived" "$(sets)" 4
is "the rules around them" "$(here ipt -S INPUT | grep '^-A')" \
	"-A INPUT -s 192.0.2.4/32 -j DROP
-A INPUT -s 192.0.2.2/32 -j DROP
-A INPUT -s 192.0.2.5/32 -j DROP"
quiet "-D by number counts them as rules" here ipt -D INPUT 3
is "... (number 2 is the set lookup)" "$(here ipt -S INPUT | grep -c '^-A') $(sets)" "2 4"
quiet "-F of everything in the table" here ipt -F
is "... takes the rules; the set is not ours to take" "$(sets)" 1
is "another program's table: never touched" "$(other)" "$other_before"
run here ipt -t nat -L -n
is "a table beside ours is no trouble" "$rc" 0

# The legacy flavour's empty answer: with nft there are no names in /proc.
is "/proc/net/ip_tables_names has nothing for anybody to flush" \
	"$(here cat /proc/net/ip_tables_names 2>/dev/null)" ''

# Rules of the old interface, made by the distribution's legacy flavour, are invisible but told of.
if here /usr/sbin/xtables-legacy-multi iptables -A INPUT -i lo -j ACCEPT 2>/dev/null; then
	for call in "iptables -S" "iptables -nL INPUT" iptables-save "iptables-save -t filter"; do
		# shellcheck disable=SC2086 # words
		is "legacy rules are told of: $call" "$(here "$BIN/"$call 2>&1 >/dev/null)" \
			"$(here ref $call 2>&1 >/dev/null)"
	done
	run here "$BIN/iptables-save"
	is "... on standard error" "$err" \
		"# Warning: iptables-legacy tables present, use iptables-legacy-save to see them"
else
	skip "legacy rules are told of" "the kernel has no legacy tables"
fi
finish
