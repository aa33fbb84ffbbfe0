#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Restore: every form of line that programs write, all or nothing per COMMIT, errors with their line,
# the options; and save -> another namespace -> restore: the same rules and counters.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need nft

# restore TEXT [OPTION...]: the text (printf's escapes) through iptables-restore
restore() {
	restore_text=$(printf '%b.' "$1")
	shift
	feed "${restore_text%.}" here "$BIN/iptables-restore" "$@"
}

filter() { here ref iptables -S; }

empty='-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT'

# good NAME TEXT WANT [OPTION...]: silent, rc 0, and filter is then WANT (on top of the policies)
good() {
	good_name=$1 good_text=$2 good_want=$3
	shift 3
	restore "$good_text" "$@"
	if [ "$rc$out$err" != 0 ]; then
		fail "$good_name" "rc $rc, out '$out', err '$err'"
		return
	fi
	is "$good_name" "$(filter)" "$good_want"
}

# bad NAME RC LINE TEXT [OPTION...]: refused, naming the line, and nothing changed
bad() {
	bad_name=$1 bad_rc=$2 bad_line=$3 bad_text=$4
	shift 4
	bad_before=$(here nft list ruleset)
	restore "$bad_text" "$@"
	# shellcheck disable=SC2254 # a line may be a choice
	case "$err " in
	*"line "${bad_line}[!0-9]* | *"line: "${bad_line}[!0-9]*) said=yes ;;
	*) said=no ;;
	esac
	if [ "$rc" != "$bad_rc" ] || [ $said = no ]; then
		fail "$bad_name" "want rc $bad_rc and line $bad_line" "got rc $rc: $err"
	else
		is "$bad_name" "$(here nft list ruleset)" "$bad_before"
	fi
}

# ------------------------------------------------------------------ the lines

fresh
good 'nothing but a comment' '#foo\n' "$empty"
good 'an empty file' '' "$empty"
good 'a table of nothing' '*filter\nCOMMIT\n' "$empty"
good 'no newline at the end' '*filter\n-A INPUT -j ACCEPT\nCOMMIT' "$empty
-A INPUT -j ACCEPT"
good 'without -n the table is replaced' '*filter\n-A INPUT -j DROP\nCOMMIT\n' "$empty
-A INPUT -j DROP"
good 'comments and blank lines anywhere' '\n# a\n*filter\n\n# b\n:INPUT ACCEPT [0:0]\n# c\n\n-A INPUT -j ACCEPT\n\n#d\nCOMMIT\n# e\n\n' "$empty
-A INPUT -j ACCEPT"
good 'a blank after the star' '* filter\n-A INPUT -i lo\nCOMMIT\n' "$empty
-A INPUT -i lo"
good 'policies with and without counters' \
	'*filter\n:INPUT DROP\n:FORWARD DROP [3:4]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n' '-P INPUT DROP
-P FORWARD DROP
-P OUTPUT ACCEPT'
good 'user chains in every spelling' '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT\n:a - [0:0]\n:b - -\n:c -\n-A a -j b\n-A b -j c\nCOMMIT\n' "$empty
-N a
-N b
-N c
-A a -j b
-A b -j c"
good 'a chain named twice' '*filter\n:a - [0:0]\n:a - [0:0]\n-A a -j DROP\nCOMMIT\n' "$empty
-N a
-A a -j DROP"
good 'long options' '*filter\n--append INPUT --protocol tcp --destination-port 22 --source 10.0.0.1 --jump ACCEPT\nCOMMIT\n' "$empty
-A INPUT -s 10.0.0.1/32 -p tcp -m tcp --dport 22 -j ACCEPT"
good 'inserts' '*filter\n-A INPUT -i c\n-I INPUT -i a\n-I INPUT 2 -i b\n-I INPUT 4 -i d\nCOMMIT\n' "$empty
-A INPUT -i a
-A INPUT -i b
-A INPUT -i c
-A INPUT -i d"
good 'more inserts, with several addresses' \
	'*filter\n-A INPUT -i c\n-I INPUT -s 10.0.0.1,10.0.0.2 -j DROP\nCOMMIT\n' "$(
		fresh
		must here ref iptables -A INPUT -i c
		must here ref iptables -I INPUT -s 10.0.0.1,10.0.0.2 -j DROP
		filter
	)"
good 'deleted by text in the same restore' '*filter\n-A INPUT -i a\n-A INPUT -i b\n-D INPUT -i a\nCOMMIT\n' "$empty
-A INPUT -i b"
good 'deleted by number in the same restore' '*filter\n-A INPUT -i a\n-A INPUT -i b\n-D INPUT 2\n-A INPUT -i c\nCOMMIT\n' "$empty
-A INPUT -i a
-A INPUT -i c"
good 'replaced by number in the same restore' '*filter\n-A INPUT -i a\n-A INPUT -i b\n-R INPUT 1 -i c\nCOMMIT\n' "$empty
-A INPUT -i c
-A INPUT -i b"
good '-N, -F, -X, -P as lines' '*filter\n-N a\n-N b\n-A a -j ACCEPT\n-A INPUT -j a\n-F a\n-X b\n-P FORWARD DROP\nCOMMIT\n' '-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N a
-A INPUT -j a'
good '-n: -E as a line' '*filter\n-E a z\n-A z -j ACCEPT\nCOMMIT\n' '-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N z
-A INPUT -j z
-A z -j ACCEPT' -n
good '-E of a chain of the same restore' '*filter\n:FORWARD ACCEPT\n-N a\n-A INPUT -j a\n-E a z\nCOMMIT\n' "$empty
-N z
-A INPUT -j z"
good '-F and -X of everything' '*filter\n:FORWARD ACCEPT\n-N a\n-A INPUT -j a\n-F\n-X\n-A INPUT -i lo\nCOMMIT\n' "$empty
-A INPUT -i lo"
good '-Z as a line' '*filter\n-A INPUT -i lo -c 3 4\n-Z\n-Z INPUT\nCOMMIT\n' "$empty
-A INPUT -i lo"
fresh
must here ipt -N a
must here ipt -A a -j ACCEPT
must here ipt -A INPUT -j a
good '-n: -X of a chain whose last user went before' \
	'*filter\n-D INPUT -j a\n-F a\n-X a\n-A INPUT -i x\nCOMMIT\n' "$empty
-A INPUT -i x" -n
good 'quoting' '*filter\n-A INPUT -m comment --comment "two words"\n-A INPUT -m comment --comment "a \\"quoted\\" one"\n-A INPUT -m comment --comment single\nCOMMIT\n' "$empty
-A INPUT -m comment --comment \"two words\"
-A INPUT -m comment --comment \"a \\\"quoted\\\" one\"
-A INPUT -m comment --comment single"
good 'lines of the other family are left out' '*filter\n-6 -A INPUT -s ::1 -j ACCEPT\n-4 -A INPUT -s 10.0.0.1 -j DROP\nCOMMIT\n' "$empty
-A INPUT -s 10.0.0.1/32 -j DROP"
good 'blanks and tabs between words' '*filter\n-A  INPUT\t-p tcp   --dport\t22 -j  ACCEPT \nCOMMIT\n' "$empty
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
good 'counters in front of lines, without -c' '*filter\n[7:8] -A INPUT -i lo\nCOMMIT\n' "$empty
-A INPUT -i lo"
good 'a line of 1,000 bytes' "*filter\n-A INPUT -m comment --comment \"$(printf '%0255d' 7)\" -m comment --comment \"$(printf '%0255d' 8)\" -m comment --comment \"$(printf '%0255d' 9)\" -j ACCEPT\nCOMMIT\n" "$empty
-A INPUT -m comment --comment $(printf '%0255d' 7) -m comment --comment $(printf '%0255d' 8) -m comment --comment $(printf '%0255d' 9) -j ACCEPT"

# ------------------------------------------------------------------ errors: which line, nothing changed

fresh
must here ipt -A INPUT -s 192.0.2.99 -j ACCEPT
must here ipt -N old
first='*filter\n:new - [0:0]\n-A INPUT -i a\n'
bad 'unknown option' 2 4 "$first-A INPUT --nosuch\nCOMMIT\n"
bad 'unknown match' 2 4 "$first-A INPUT -m nosuch\nCOMMIT\n"
bad 'unknown chain to append to' 1 4 "$first-A NOSUCH -j ACCEPT\nCOMMIT\n"
# The reference notices at COMMIT; its own line is better.
bad 'unknown chain to jump to' 2 '[45]' "$first-A INPUT -j NOSUCH\nCOMMIT\n"
bad 'chain that is there already' 1 4 "$first-N new\nCOMMIT\n"
bad 'insert at a number that is not there' 1 4 "$first-I INPUT 3 -j ACCEPT\nCOMMIT\n"
bad 'delete what is not there' 1 4 "$first-D INPUT -i zzz\nCOMMIT\n"
bad 'check of what is not there' 1 4 "$first-C INPUT -i zzz\nCOMMIT\n"
bad 'what the kernel refuses' 4 4 "$first-A INPUT -j MASQUERADE\n-A INPUT -i b\nCOMMIT\n"
bad 'unknown table' 2 2 "# c\n*nosuch\nCOMMIT\n"
bad 'a word that is nothing' 2 4 "${first}foo\nCOMMIT\n"
bad 'no COMMIT' 1 4 "$first"
bad 'COMMIT without a table' 1 1 'COMMIT\n'
bad 'a rule without a table' 1 1 '-A INPUT -j ACCEPT\n'
bad 'a table inside a table' 2 2 '*filter\n*nat\nCOMMIT\n'
bad '-t inside' 2 2 '*filter\n-t nat -A INPUT -j ACCEPT\nCOMMIT\n'
bad 'a policy that is none' 1 2 '*filter\n:INPUT FOO [0:0]\nCOMMIT\n'
bad 'counters that are none, on a line' 2 4 "${first}[1:x] -A INPUT -j ACCEPT\nCOMMIT\n" -c
bad 'counters without an end' 2 4 "${first}[1:2 -A INPUT -j ACCEPT\nCOMMIT\n" -c
bad 'negative counters' 2 4 "${first}[-1:2] -A INPUT -j ACCEPT\nCOMMIT\n" -c
restore '*filter\n:INPUT ACCEPT [a:b]\nCOMMIT\n' -c
is 'malformed counters of a policy are refused' "$([ "$rc" != 0 ] && echo refused)" refused
restore '*filter\n:INPUT ACCEPT [-1:0]\nCOMMIT\n' -c
is 'negative counters of a policy are refused' "$([ "$rc" != 0 ] && echo refused)" refused

# Which of the 2,000 lines: the message names it, and nothing of the table changes.
long=$(awk 'BEGIN { print "*filter"; for (i = 0; i < 2000; i++) printf "-A INPUT -s 10.0.%d.%d/32 -j DROP\n", i / 250, i % 250
	print "-A INPUT -p tcp --dport 99999 -j DROP"; print "COMMIT" }')
before=$(here nft list ruleset)
feed "$long
" here "$BIN/iptables-restore"
matches "a bad line far down is named" "$rc $err" '2 *2002*'
is "... and nothing changed" "$(here nft list ruleset)" "$before"

# ------------------------------------------------------------------ several tables, each its own COMMIT

fresh
restore '*nat\n-A PREROUTING -i n\nCOMMIT\n*filter\n-A INPUT -i a\n-A INPUT --nosuch\nCOMMIT\n*raw\n-A OUTPUT -o r\nCOMMIT\n'
matches "the second of three tables is bad: its line" "$rc $err" '2 *line: 6*'
is "what was committed before stays" "$(here ref iptables -t nat -S PREROUTING)" "-P PREROUTING ACCEPT
-A PREROUTING -i n"
is "the bad table is as it was" "$(filter)" "$empty"
is "what comes behind is not done" "$(here ref iptables -t raw -S OUTPUT)" "-P OUTPUT ACCEPT"
fresh
good 'five tables' '*raw\n-A OUTPUT -o r\nCOMMIT\n*mangle\n-A OUTPUT -o m\nCOMMIT\n*nat\n-A OUTPUT -o n\nCOMMIT\n*filter\n-A OUTPUT -o f\nCOMMIT\n*security\n-A OUTPUT -o s\nCOMMIT\n' "$empty
-A OUTPUT -o f"
for table in raw:r mangle:m nat:n security:s; do
	is "five tables: ${table%:*}" "$(here ref iptables -t "${table%:*}" -S OUTPUT)" "-P OUTPUT ACCEPT
-A OUTPUT -o ${table#*:}"
done
quiet "only one of them: -T" here sh -c "printf '*raw\nCOMMIT\n*nat\nCOMMIT\n' | '$BIN/iptables-restore' -T nat"
is "-T nat: nat was replaced" "$(here ref iptables -t nat -S OUTPUT)" "-P OUTPUT ACCEPT"
is "-T nat: raw was not" "$(here ref iptables -t raw -S OUTPUT)" "-P OUTPUT ACCEPT
-A OUTPUT -o r"

# ------------------------------------------------------------------ --noflush

fresh
restore '*filter\n:FORWARD DROP [0:0]\n:keep - [0:0]\n:again - [0:0]\n-A INPUT -i a\n-A keep -i k\n-A again -i old\nCOMMIT\n'
good '-n: user chains named are flushed, all else stays' \
	'*filter\n:INPUT ACCEPT [0:0]\n:again - [0:0]\n:fresh - [0:0]\n-A again -i new\n-A INPUT -i b\nCOMMIT\n' \
	'-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N again
-N fresh
-N keep
-A INPUT -i a
-A INPUT -i b
-A again -i new
-A keep -i k' -n
# The order of chains is not what this is about.
fresh
restore '*filter\n-A INPUT -i a\nCOMMIT\n'
good '-n: :INPUT sets the policy and does not flush' '*filter\n:INPUT DROP\nCOMMIT\n' '-P INPUT DROP
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-A INPUT -i a' --noflush
good '-n: delete and replace by number' \
	'*filter\n-A INPUT -i b\n-A INPUT -i c\n-D INPUT 1\n-R INPUT 1 -i z\nCOMMIT\n' '-P INPUT DROP
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-A INPUT -i z
-A INPUT -i c' -n
good 'without -n: policies that are not named' '*filter\n-A INPUT -i q\nCOMMIT\n' "$(
	fresh
	here ref iptables -P INPUT DROP
	printf '*filter\n-A INPUT -i q\nCOMMIT\n' | here ref iptables-restore
	filter
)"

# ------------------------------------------------------------------ -t, -v, -c, files

fresh
must here ipt -A INPUT -i a
good '-t tries and changes nothing' '*filter\n-A INPUT -i b\nCOMMIT\n' "$empty
-A INPUT -i a" -t
good '--test, the same' '*filter\n-A INPUT -i b\nCOMMIT\n' "$empty
-A INPUT -i a" --test
bad '-t finds errors' 2 2 '*filter\n-A INPUT --nosuch\nCOMMIT\n' -t
run here "$BIN/iptables-restore" -v <<'END'
END
is "-v of nothing" "$rc$err" 0
printf '*filter\n-A INPUT -i c\nCOMMIT\n' >"$TMP/file"
quiet "a file as argument" here "$BIN/iptables-restore" "$TMP/file"
is "... is what was loaded" "$(filter)" "$empty
-A INPUT -i c"
run here "$BIN/iptables-restore" "$TMP/nosuch"
is "a file that is not there" "$rc $err" "1 Can't open $TMP/nosuch: No such file or directory"
restore '*filter\n-A INPUT -i v\nCOMMIT\n' -v
is "-v: done, and nothing on stderr" "$rc$err" 0
is "-v: the rules are there" "$(filter)" "$empty
-A INPUT -i v"
must here ipt -N own
restore '# one\n*filter\n:new - -\n# two\n-A INPUT -i v\nCOMMIT\n# three\n' -v
is "-v: comments in their places, chains emptied and deleted, rules" "$rc$err$out" "0# one
# two
Flushing chain \`INPUT'
Flushing chain \`FORWARD'
Flushing chain \`OUTPUT'
Flushing chain \`own'
Deleting chain \`own'
  all opt -- in v out *  0.0.0.0/0  -> 0.0.0.0/0  
# three"
restore '*filter\n-v -A INPUT -i v\n-A INPUT -i w\n-N own\n-v -F own\n-v -X own\n-Z INPUT\nCOMMIT\n'
is "-v on a line is for that line" "$rc$err$out" "0  all opt -- in v out *  0.0.0.0/0  -> 0.0.0.0/0  
Flushing chain \`own'
Deleting chain \`own'"
restore '*filter\n-A INPUT -i v -c 1 2\n-L INPUT -nvx --line-numbers\n-S INPUT -v\nCOMMIT\n'
is "-L and -S on a line: with the options of that line" "$rc$err$out" '0Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
num      pkts      bytes target     prot opt in     out     source               destination         
1           1        2            all  --  v      *       0.0.0.0/0            0.0.0.0/0           
-P INPUT ACCEPT -c 0 0
-A INPUT -i v -c 1 2'
restore '*filter\n:INPUT ACCEPT [0:0]\n[12:345] -A INPUT -i c\n-A INPUT -i d -c 6 7\nCOMMIT\n' -c
is "-c: the counters" "$rc$err$(here ref iptables-save -c | grep -e '-A')" '0[12:345] -A INPUT -i c
[6:7] -A INPUT -i d'
restore '*filter\n:INPUT ACCEPT [0:0]\n[12:345] -A INPUT -i c\nCOMMIT\n'
is "without -c: none" "$(here ref iptables-save -c | grep -e '-A')" '[0:0] -A INPUT -i c'
restore '*filter\n:INPUT ACCEPT [11:22]\n:FORWARD DROP [33:44]\nCOMMIT\n' -c
is "-c: counters of policies come back" "$(here "$BIN/iptables-save" -c | grep '^:')" ':INPUT ACCEPT [11:22]
:FORWARD DROP [33:44]
:OUTPUT ACCEPT [0:0]'

# ------------------------------------------------------------------ save, throw away, restore

cat >"$TMP/everything" <<'END'
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
[1:100] -A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
[2:200] -A OUTPUT -p udp -m udp --dport 53 -j CT --notrack
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:marks - [0:0]
[3:300] -A PREROUTING -m mark --mark 0x0/0xff -j marks
[4:400] -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
[5:500] -A marks -m statistic --mode random --probability 0.50000000000 -j MARK --set-xmark 0x10/0xff
[6:600] -A marks -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
[7:700] -A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80
[8:800] -A PREROUTING -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353
[9:900] -A POSTROUTING -s 10.0.0.0/24 ! -d 10.0.0.0/24 -o eth0 -j MASQUERADE
[10:1000] -A POSTROUTING -s 10.0.1.0/24 -j SNAT --to-source 192.0.2.1-192.0.2.9
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:limits - [0:0]
:logdrop - [0:0]
[11:1100] -A INPUT -i lo -j ACCEPT
[12:1200] -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[13:1300] -A INPUT -m state --state INVALID -j logdrop
[14:1400] -A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 5/sec -j ACCEPT
[15:1500] -A INPUT -p tcp -m multiport --dports 22,80,443,8000:8080 -m comment --comment "the services" -g limits
[16:1600] -A INPUT -m recent --rcheck --seconds 60 --name bad --mask 255.255.255.255 --rsource -j DROP
[17:1700] -A INPUT -m addrtype --dst-type BROADCAST -j DROP
[18:1800] -A INPUT -m iprange --src-range 10.0.0.5-10.0.0.9 -j ACCEPT
[19:1900] -A INPUT -m mac --mac-source 00:11:22:33:44:55 -j ACCEPT
[20:2000] -A INPUT -p tcp -m connlimit --connlimit-above 10 --connlimit-mask 32 --connlimit-saddr -j REJECT --reject-with tcp-reset
[21:2100] -A FORWARD -s 192.0.2.0/24 -d 198.51.100.7/32 -i eth+ ! -o eth1 -p udp -m udp --sport 1024:65535 --dport 53 -j ACCEPT
[22:2200] -A FORWARD -f -j DROP
[23:2300] -A OUTPUT -m owner --uid-owner 0 -j ACCEPT
[24:2400] -A OUTPUT ! -p esp -j RETURN
[25:2500] -A limits -m hashlimit --hashlimit-above 10/sec --hashlimit-burst 20 --hashlimit-mode srcip --hashlimit-name ssh -j DROP
[26:2600] -A limits -j ACCEPT
[27:2700] -A logdrop -j LOG --log-prefix "drop: " --log-level 6
[28:2800] -A logdrop -j NFLOG --nflog-prefix "d \"q\"" --nflog-group 2
[29:2900] -A logdrop -j REJECT --reject-with icmp-host-prohibited
COMMIT
END

body() { sed '/^#/d'; }
fresh
quiet "everything is loaded" here "$BIN/iptables-restore" -c "$TMP/everything"
here "$BIN/iptables-save" -c >"$TMP/save1"
tables_of() { awk -v t="$2" '/^\*/ { on = $0 == "*" t } on' "$1" | body; }
for table in raw mangle nat filter; do
	is "saved as it was: $table" "$(tables_of "$TMP/save1" $table)" "$(tables_of "$TMP/everything" $table)"
	is "the distribution reads the same: $table" "$(here ref iptables-save -c -t $table | body)" \
		"$(here "$BIN/iptables-save" -c -t $table | body)"
done
here ref iptables-save -c | body >"$TMP/ref1"
by_nft() { for t in raw mangle nat filter; do here nft list table ip $t 2>/dev/null; done; }
by_nft >"$TMP/nft1"
fresh
is "the new namespace is empty" "$(here nft list ruleset)" ''
quiet "what was saved is restored" here "$BIN/iptables-restore" -c "$TMP/save1"
here "$BIN/iptables-save" -c >"$TMP/save2"
is "save, restore, save: the same rules and counters" "$(body <"$TMP/save2")" "$(body <"$TMP/save1")"
is "... as the distribution sees it" "$(here ref iptables-save -c | body)" "$(cat "$TMP/ref1")"
is "... as nft sees it" "$(by_nft)" "$(cat "$TMP/nft1")"
quiet "restored over itself" here "$BIN/iptables-restore" -c "$TMP/save2"
is "... nothing changed" "$(here "$BIN/iptables-save" -c | body)" "$(body <"$TMP/save1")"

fresh
quiet "the reference's restore takes our save" here ref iptables-restore -c "$TMP/save1"
is "... and gets the same rules" "$(here ref iptables-save | body)" \
	"$(body <"$TMP/ref1" | sed 's/^\[[0-9:]*\] //; /^:/s/\[.*/[0:0]/')"

# IPv6, through and through.
cat >"$TMP/six" <<'END'
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:six - [0:0]
[1:100] -A INPUT -s fe80::/10 -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT
[2:200] -A INPUT -s 2001:db8::/32 ! -d 2001:db8::1/128 -p tcp -m tcp --dport 22 -j six
[3:300] -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[4:400] -A six -j REJECT --reject-with icmp6-adm-prohibited
COMMIT
END
fresh
quiet "IPv6: loaded" here "$BIN/ip6tables-restore" -c "$TMP/six"
is "IPv6: saved as it was" "$(here "$BIN/ip6tables-save" -c | body)" "$(cat "$TMP/six")"
is "IPv6: the distribution reads the same" "$(here ref ip6tables-save -c | body)" "$(cat "$TMP/six")"
is "IPv6: nothing for IPv4" "$(here "$BIN/iptables-save" | body | grep -c -e -A)" 0

# The same tests are the same matches, however often they are written and read.
fresh
must here ipt -A INPUT -p tcp -m tcp --dport 1 -m tcp --dport 2 -m tcp --sport 3
here "$BIN/iptables-save" >"$TMP/thrice"
quiet "a match three times: loaded again" here "$BIN/iptables-restore" "$TMP/thrice"
is "a match three times: saved as it was" "$(here "$BIN/iptables-save" | body)" "$(body <"$TMP/thrice")"
quiet "a match three times: found by what was typed" \
	here ipt -D INPUT -p tcp -m tcp --dport 1 -m tcp --dport 2 -m tcp --sport 3

# ------------------------------------------------------------------ save

fresh
is "a save of nothing" "$(here "$BIN/iptables-save")" ''
must here ipt -t nat -A PREROUTING -i x
must here ipt -A INPUT -i y
run here "$BIN/iptables-save" -t nat
is "-t nat: only that" "$(printf '%s\n' "$out" | sed 's/^\(# [A-Z][a-z]*\).*/\1/; s/\[[0-9:]*\]/[0:0]/')" '# Generated
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i x
COMMIT
# Completed'
quiet "-f FILE" here "$BIN/iptables-save" -f "$TMP/saved.file"
is "-f FILE: the save is in it" "$(body <"$TMP/saved.file")" "$(here "$BIN/iptables-save" | body)"
run here "$BIN/iptables-save" -t nosuch
is "-t of no table" "$([ "$rc" != 0 ] && echo fails)" fails

finish
