#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is generated from the declarations: descriptions, the manual page, bash completion.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

POSTERN=$BIN/postern

# Every extension that is listed can be described, in 80 columns.
"$POSTERN" ext >"$TMP/all"
names=$(sed -n 's/^  \([A-Za-z0-9]*\) .*/\1/p' "$TMP/all" | sort -u)
is "more than 80 extensions are listed" "$([ "$(echo "$names" | wc -l)" -gt 80 ] && echo yes)" yes
is "each of them is described in 80 columns" "$(for n in $names; do
	"$POSTERN" ext "$n" >"$TMP/one" || echo "$n: exit code $?"
	awk -v n="$n" 'length > 80 { print n ": " length ": " $0 }' "$TMP/one"
done)" ''
is "an unknown name is refused, with the nearest" \
	"$("$POSTERN" ext conntarck 2>&1; echo $?)" \
	"postern ext: no match or target is called \`conntarck'; did you mean conntrack?
2"

"$POSTERN" manual >"$TMP/iptables-extensions.8"
for n in $names; do
	grep -qx ".SS $n" "$TMP/iptables-extensions.8" || echo "$n"
done >"$TMP/missing"
is "the manual page has every extension" "$(cat "$TMP/missing")" ''
if command -v groff >/dev/null; then
	is "groff has nothing to complain about" \
		"$(groff -ww -man -Tutf8 "$TMP/iptables-extensions.8" 2>&1 >/dev/null)" ''
else
	skip "groff has nothing to complain about" "groff is not installed"
fi

if command -v bash >/dev/null; then
	"$POSTERN" completion >"$TMP/completion"
	# offered WORDS...: what is offered for the last of them
	offered() {
		# shellcheck disable=SC2016 # for bash
		PATH=$BIN:$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
			_postern "$1"; printf "%s\n" "${COMPREPLY[@]}"' "$TMP/completion" "$@"
	}
	is "a table is completed" "$(offered iptables -t ma)" mangle
	is "a match is completed" "$(offered iptables -A INPUT -m connt)" conntrack
	is "an option of a match that was named" \
		"$(offered iptables -A INPUT -m conntrack --ctst)" "--ctstate
--ctstatus"
	is "a built-in chain of the table" "$(offered iptables -t nat -A PRE)" PREROUTING
	"$BIN/iptables" -N office
	is "a chain that somebody made" "$(offered iptables -A off)" office
else
	skip "completion" "bash is not installed"
fi
finish
