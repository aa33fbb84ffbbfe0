#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ipportfw and ipmasqadm mfw on a store of files: entries are kept, and the engine forwards by them, by
# address and by the mark that a rule of ipchains gave.
STORE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
chains() { "$BIN/ipchains" --no-warnings "$@"; }
mfw() { "$BIN/ipmasqadm" mfw "$@"; }
cat >"$TMP/host" <<'EOF'
link wan
link lan
addr 203.0.113.1/24 dev wan
addr 10.2.0.1/24 dev lan
forward on
EOF
# becomes ADDRESS PORT: what a connection from outside to it becomes
becomes() {
	"$BIN/postern" explain --host "$TMP/host" -i wan -p tcp -s 203.0.113.9 --sport 4000 -d "$1" --dport "$2" |
		sed -n 's/^becomes *IP 203.0.113.9.4000 > \([0-9.]*\): .*/\1/p'
}
chains -A input -i wan -p tcp -d 0/0 8080 -m 7
quiet "mfw: to a port" mfw -A -m 7 -r 10.2.0.2 80
quiet "mfw: of the same mark" mfw -A -m 7 -r 10.2.0.3 -p 2
quiet "ipportfw" "$BIN/ipportfw" -A -t 203.0.113.1/25 -R 10.2.0.2/2525
is "mfw: the list" "$(mfw -L -n)" "fwmark   rediraddr               rport  pcnt  pref
7        10.2.0.2                   80    10    10
7        10.2.0.3                    *     2     2"
is "by address" "$(becomes 203.0.113.1 25)" 10.2.0.2.2525
is "by mark" "$(becomes 203.0.113.1 8080)" 10.2.0.2.80
is "not what goes elsewhere" "$(becomes 10.2.0.9 8080)" ""
quiet "mfw: the next one" mfw -S -m 7
is "... keeps the packet's port" "$(becomes 203.0.113.1 8080)" 10.2.0.3.8080
quiet "mfw: all away" mfw -F
is "... nothing is forwarded by mark" "$(becomes 203.0.113.1 8080)$(becomes 203.0.113.1 25)" 10.2.0.2.2525
quiet "autofw: a range" "$BIN/ipmasqadm" autofw -A -r tcp 8000 8080 -h 10.2.0.3
is "... is forwarded, ports unchanged" "$(becomes 203.0.113.1 8001)" 10.2.0.3.8001
is "... what is beside it is not" "$(becomes 203.0.113.1 7999)" ""
for words in "ipchains -M -L" "ipfwadm -M -l" "ipchains -M -S 1 2 3" "postern log"; do
	# shellcheck disable=SC2086 # words
	run "$BIN/"$words
	matches "$words is about the kernel" "$((rc > 0)) $err" "1 *kernel*"
done
finish
