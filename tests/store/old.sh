#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ipchains, ipfwadm and ipmasqadm on a store of files: the same command lines as on a kernel, with the
# same texts and exit codes; what is kept there is found again by the next call, and told when damaged.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

need nft
ip addr add 10.2.0.1/32 dev lo
ip addr add 203.0.113.1/32 dev lo
CASES=$TESTS/cases
chains() { "$BIN/ipchains" --no-warnings "$@"; }
fw() { "$BIN/ipfwadm" "$@"; }
portfw() { "$BIN/ipmasqadm" portfw "$@"; }
# save CHAIN OPTION, both may be empty
save() { "$BIN/ipchains-save" ${1:+"$1"} ${2:+"$2"}; }
restore() { "$BIN/ipchains-restore" "$@" <"$TMP/saved"; }

# Each command line, what it said and its exit code.
tell() {
	echo "\$ $*"
	"$@" 2>&1
	echo "= $?"
}
# tell PROGRAM with each line of stdin
lines() {
	while read -r line; do
		# shellcheck disable=SC2086 # words
		tell "$1" $line
	done
}

all_of_ipchains() {
	lines chains <<-'END'
		-L
		-L nosuch
		-X input
		-D input 1
	END
	lines chains <"$CASES/ipchains.rules"
	lines chains <<-'END'
		-L
		-L -n -v
		-L -n --line-numbers -v -x
		-L mailchk -n
		-N mailchk
		-N toolongname
		-P input MASQ
		-P mailchk DENY
		-D input 99
		-D input -s 9.9.9.9
		-X mailchk
		-X input
		-F nosuch
		-A nosuch -j ACCEPT
		-A input -j nosuch
		-A input -j output
		-I input 2 -s 1.1.1.1 -j DENY -v
		-I input 99 -j DENY
		-R input 1 -s 2.2.2.2 -j ACCEPT -v
		-R input 99 -j ACCEPT
		-D input 1 -v
		-D input -s 1.1.1.1 -j DENY -v
		-A output -b -s 1.2.3.4 -d 2.3.4.5 -v
		-C input -p tcp -s 1.2.3.4 5 -d 10.20.30.40 25 -i lo -y
		-C input -p tcp -s 10.20.30.40 5 -d 10.20.30.40 25 -i eth0 -y -v
		-C forward -p udp -s 192.168.7.1 5 -d 10.20.30.40 53 -i ppp0 -b
		-C mailchk -p tcp -s 1.2.3.4 5 -d 2.3.4.5 25 -i lo
		-Q
		-L -Z
		-Z input -v
	END
	tell save ""
	save "" >"$TMP/saved" 2>"$TMP/err"
	tell save -v input
	tell save nosuch
	lines chains <<-'END'
		-F mailchk -v
		-N a
		-N b
		-A a -j b
		-A b -j a
		-A input -j a
		-D b -j a -v
		-X
		-F -v
		-X -v
		-P input ACCEPT
		-P forward ACCEPT
		-P output ACCEPT
	END
	tell restore -f
	tell save ""
	echo "nonsense" >>"$TMP/saved"
	tell restore -f
	tell save ""
}

all_of_ipfwadm() {
	tell fw -I -l
	while read -r list first words; do
		# shellcheck disable=SC2086 # words
		case $list in
		-A) tell fw -A "$first" -a $words ;;
		*) tell fw "$list" -a "$first" $words ;;
		esac
	done <"$CASES/ipfwadm.rules"
	lines fw <<-'END'
		-I -p deny
		-O -p r
		-F -p m
		-A -l -n -e
		-I -l -n -e -x
		-I -l -n
		-O -l -n -e
		-F -l -n
		-I -i deny -P tcp -S 10.20.30.40 -D 10.0.0.1 1:9 -v
		-I -d deny -P tcp -S 10.20.30.40 -D 10.0.0.1 1:9 -v
		-I -d accept -P tcp
		-I -d accept
		-I -c -P tcp -S 10.20.30.40 1 -D 10.0.0.1 25 -V 10.2.0.1 -W lo -v
		-I -a accept -V 192.0.2.77
		-A -z
		-I -l -z
		-I -f
		-I -l
		-Z
	END
}

all_of_portfw() {
	lines portfw <<-'END'
		-l -n
		-a -P tcp -L 10.2.0.1 80 -R 10.0.0.2 8080
		-a -P tcp -L 10.2.0.1 80 -R 10.0.0.3 8080 -p 3
		-a -P udp -L 10.2.0.1 53 -R 10.0.0.3 53
		-a -P tcp -L 10.2.0.1 80 -R 10.0.0.2 8080 -p 7
		-l -n
		-d -P tcp -L 10.2.0.1 80 -R 10.0.0.2 8080
		-d -P tcp -L 10.2.0.1 80 -R 10.0.0.2 8080
		-a -P tcp -L 10.2.0.1 61000 -R 10.0.0.2 8080
		-l -n
		-f
		-l -n
	END
}

# ------------------------------------------------------------------ as on a kernel

export POSTERN_STORE="$TMP/store"
for program in ipchains ipfwadm portfw; do
	all_of_$program >"$TMP/$program.store"
	(
		unset POSTERN_STORE
		all_of_$program
	) >"$TMP/$program.kernel"
	is "$program says the same of a store as of a kernel" \
		"$(diff "$TMP/$program.kernel" "$TMP/$program.store")" ""
	matches "... of $(grep -c '^\$' "$TMP/$program.store") command lines" \
		"$(cat "$TMP/$program.store")" '*= 0*= [12]*'
done

# ------------------------------------------------------------------ status

fill() {
	"$BIN/ipchains" -P input DENY
	"$BIN/ipfwadm" -F -p m
	"$BIN/ipmasqadm" portfw -a -P tcp -L 10.2.0.1 80 -R 10.0.0.1 80
	"$BIN/iptables" -t nat -A PREROUTING -j ACCEPT
	"$BIN/iptables" -P FORWARD DROP
	"$BIN/postern" status | grep -v '^saved:\|^warning:'
}
want="IPv4: 1 rule in 2 tables, 1 policy DROP
IPv6: open, every packet passes
portfw: 1 rule
ipfwadm: 0 rules, policies forward MASQ
ipchains: 0 rules, policies input DENY
an IPv4 packet meets, in this order:
  PREROUTING  ipfwadm acct, ipfwadm input, ipchains input, portfw, portfw mfw, portfw autofw, \
ipfwadm redirection, ipchains redirection, nat PREROUTING
  FORWARD     ipfwadm forward, ipfwadm output, ipchains forward, ipchains output, filter FORWARD
  POSTROUTING ipfwadm masquerading, ipchains masquerading, ipchains output, ipfwadm output, \
ipfwadm acct"
is "status tells dialects and order of a store" "$(POSTERN_STORE=$TMP/status; fill)" "$want"
is "... and of a kernel" "$(unset POSTERN_STORE; nft flush ruleset; fill)" "$want"

(POSTERN_STORE=$TMP/alone; "$BIN/ipchains" -P input DENY; "$BIN/postern" status >"$TMP/said"; echo $? >"$TMP/code")
is "where ipchains alone is loaded, nobody says that the machine is open" \
	"$(head -3 "$TMP/said") $(cat "$TMP/code")" "IPv4: no rules of iptables
IPv6: open, every packet passes
ipchains: 0 rules, policies input DENY 0"

# ------------------------------------------------------------------ the file

rules=$TMP/store/rules
"$BIN/iptables" -A INPUT -s 192.0.2.1 -j ACCEPT
is "iptables-restore reads the file, and passes over what is not its own" \
	"$("$BIN/iptables-restore" --test <"$rules" 2>&1)" ""
is "... which says it in words" "$(grep -c '^# \[.* -A mailchk .*-j MASQ$' "$rules")" 1
is "iptables and the old dialects keep out of each other's way" \
	"$("$BIN/iptables" -S INPUT; chains -L mailchk -n | head -1)" "-P INPUT ACCEPT
-A INPUT -s 192.0.2.1/32 -j ACCEPT
Chain mailchk (1 references):"
cp "$rules" "$TMP/good"
sed 's/-A mailchk -j MASQ/-A mailchk -j MESQ/' "$TMP/good" >"$rules"
run chains -L
is "a changed file is not taken" "$rc" 1
matches "... and told" "$err" "*$rules is damaged: its checksum does not fit*"
cp "$TMP/good" "$rules"
quiet "as it was, it is good" chains -D mailchk 1
finish
