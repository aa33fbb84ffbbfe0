#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole runs of the programs under valgrind: what the unit tests cannot see, because it needs a kernel
# to answer. Bytes without a value that are handed to the kernel are errors here, and so are leaks.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need valgrind

# checked NAME RC COMMAND...: ends with RC, and valgrind has nothing to say
checked() {
	checked_name=$1 checked_rc=$2
	shift 2
	program=$BIN/$1
	shift
	here valgrind -q --log-file="$TMP/valgrind" --leak-check=full \
		--errors-for-leak-kinds=definite,indirect,possible "$program" "$@" \
		>"$TMP/out" 2>"$TMP/err"
	rc=$?
	if [ "$rc" = "$checked_rc" ] && [ ! -s "$TMP/valgrind" ]; then
		pass "$checked_name"
	else
		fail "$checked_name" "rc $rc, wanted $checked_rc" "$(head -n 40 "$TMP/valgrind")" \
			"$(head -n 5 "$TMP/err")"
	fi
}

# Rules of every kind: those of the generated lines that load.
fresh
for family in ip ip6; do
	tool=iptables
	[ $family = ip ] || tool=ip6tables
	"$ROOT/${BUILD:-build}/oracle-generate" 1 400 | while read -r kind table chain rest; do
		[ "$kind" = $family ] || continue
		printf '*%s\n-A %s %s\nCOMMIT\n' "$table" "$chain" "$rest" |
			here "$BIN/$tool-restore" -n 2>/dev/null
	done
	here "$BIN/$tool-save" -c >"$TMP/$family"
done
many=$(cat "$TMP/ip" "$TMP/ip6" | grep -c -- ' -A ')
is "enough of the generated rules load ($many)" "$([ "$many" -gt 60 ] && echo yes)" yes

fresh
for family in ip ip6; do
	tool=iptables
	[ $family = ip ] || tool=ip6tables
	checked "$tool-restore -c of $(grep -c -- ' -A ' "$TMP/$family") rules" 0 $tool-restore -c "$TMP/$family"
	checked "$tool-save -c" 0 $tool-save -c
	checked "$tool-restore of what is there already" 0 $tool-restore "$TMP/out"
	checked "$tool -L -n -v" 0 $tool -t mangle -L -n -v
done
checked "postern list" 0 postern list

fresh
checked "-A into a kernel without tables" 0 iptables -A INPUT -p tcp --dport 25 -s 192.0.2.1 -j ACCEPT
checked "-A again" 0 iptables -A INPUT -p tcp --dport 25 -j DROP
checked "-I" 0 iptables -I INPUT 2 -m conntrack --ctstate NEW -m comment --comment 'a "word"' -j DROP
checked "-R" 0 iptables -R INPUT 3 -j LOG --log-prefix 'x '
checked "-C" 0 iptables -C INPUT -s 192.0.2.1 -p tcp --dport 25 -j ACCEPT
checked "-C of what is not there" 1 iptables -C INPUT -s 192.0.2.2 -j ACCEPT
checked "-N" 0 iptables -N a
checked "-E" 0 iptables -E a b
checked "-P" 0 iptables -P FORWARD DROP
checked "-Z" 0 iptables -Z INPUT
checked "-A of a jump" 0 iptables -A INPUT -j b
checked "a loop is refused and named" 4 postern --explain-errors iptables -A b -j b
checked "a wrong option" 2 postern --explain-errors iptables -A INPUT -p tcp --ddport 22 -j DROP
checked "a pasted dash" 2 postern --explain-errors iptables –D INPUT 1
checked "-D" 0 iptables -D INPUT -s 192.0.2.1 -p tcp --dport 25 -j ACCEPT
finish
