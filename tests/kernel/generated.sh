#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is generated from the declarations and the tables of commands: descriptions, manual pages, bash
# completion.
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

# Manual pages: each name that the program answers to has one, and postern and the extensions, too.
"$POSTERN" manual --list >"$TMP/pages"
is "each name has a page" "$(find "$BIN" -type l -exec basename {} \; | LC_ALL=C sort)" \
	"$(sed 's/ .*//' "$TMP/pages" | grep -v -e '^postern$' -e '^iptables-extensions$' | LC_ALL=C sort)"
sed 's/.* //' "$TMP/pages" | sort -u | while read -r page; do
	"$POSTERN" manual "$page" >"$TMP/$page.8"
done
wrong=$(while read -r name page; do
	"$POSTERN" manual "$name" | cmp -s - "$TMP/$page.8" || echo "$name"
done <"$TMP/pages")
is "two names of a page print the same" "$wrong" ''
is "a page that there is not" "$("$POSTERN" manual nosuch 2>&1; echo $?)" \
	"postern manual: there is no page of \`nosuch'; \`postern manual --list' names them all
2"
for n in $names; do
	grep -qx ".SS $n" "$TMP/iptables-extensions.8" || echo "$n"
done >"$TMP/missing"
is "the manual page has every extension" "$(cat "$TMP/missing")" ''
# Long options of `iptables -h` and of the programs beside it; commands of `postern help`.
lacking() { # PAGE, long options on standard input
	sed 's/\\-/-/g' "$TMP/$1.8" >"$TMP/plain"
	while read -r word; do
		grep -qF -e "$word" "$TMP/plain" || echo "$word"
	done
}
is "iptables(8) has every option" "$(ipt -h | grep -oE -e '--[a-z0-9-]{2,}' | sort -u | lacking iptables)" ''
is "iptables-restore(8) has every option" \
	"$("$BIN/iptables-restore" -h 2>&1 | grep -oE -e '--[a-z0-9-]{2,}' | sort -u | lacking iptables-restore)" ''
is "postern(8) has every command" "$("$POSTERN" help | sed -n '/^Matches/q; s/^  \([a-z]*\) .*/.SS \1/p' |
	lacking postern)" ''
is "postern help has every command's help" "$("$POSTERN" manual postern | sed -n 's/^\.SS //p' | while read -r word; do
	"$POSTERN" help "$word" | grep -q . || echo "$word"
done)" ''
for page in "$TMP"/*.8; do
	name=$(basename "$page")
	if command -v groff >/dev/null; then
		is "$name: groff has nothing to complain about" "$(groff -ww -man -Tutf8 "$page" 2>&1 >/dev/null)" ''
	else
		skip "$name: groff has nothing to complain about" "groff is not installed"
	fi
	if command -v man >/dev/null; then
		is "$name: nor man --warnings" "$(MANWIDTH=80 man --warnings -l "$page" 2>&1 >/dev/null)" ''
	fi
done

if command -v bash >/dev/null; then
	"$POSTERN" completion >"$TMP/completion"
	# offered WORDS...: what is offered for the last of them
	offered() {
		# shellcheck disable=SC2016 # for bash
		PATH=$BIN:$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
			function=$(complete -p "$1") && function=${function#*-F } && "${function%% *}" "$1"
			printf "%s\n" "${COMPREPLY[@]}"' "$TMP/completion" "$@"
	}
	is "a table is completed" "$(offered iptables -t ma)" mangle
	is "the older dialects have their own words" \
		"$(for words in "ipchains --ap" "ipchains-restore -f" "ipmasqadm m" "ipmasqadm mfw -E" "ipmasqadm portfw -a" "ipportfw -C" \
			"postern ipmasqadm po" "postern ipmasqadm mfw -S" "postern ipchains --ins"; do
			# shellcheck disable=SC2086 # words
			offered $words
		done | tr '\n' ' ')" "--append -f mfw -E -a -C portfw -S --insert "
	is "... ipfwadm, too" "$(offered ipfwadm -I) $(offered postern ipfwadm -W)" "-I -W"
	is "a match is completed" "$(offered iptables -A INPUT -m connt)" conntrack
	is "an option of a match that was named" \
		"$(offered iptables -A INPUT -m conntrack --ctst)" "--ctstate
--ctstatus"
	is "an option of a protocol's match" "$(offered iptables -A INPUT -p tcp --tcp-f)" "--tcp-flags"
	is "an option of a target" "$(offered ip6tables-legacy -A INPUT -j REJECT --re)" "--replace
--rename-chain
--reject-with"
	is "an option of one family's match" "$(offered ip6tables -A INPUT -m frag --fragmo)" "--fragmore"
	is "a built-in chain of the table" "$(offered iptables -t nat -A PRE)" PREROUTING
	"$BIN/iptables" -N office
	is "a chain that somebody made" "$(offered iptables -A off)" office
	is "... is a target, too" "$(offered iptables -A INPUT -j off)" office
	is "an option of iptables-restore" "$(offered iptables-restore --nof)" --noflush
	is "a table of iptables-save" "$(offered ip6tables-save -t sec)" security
	is "a command of postern" "$(offered postern li)" list
	is "... its options" "$(offered postern list --h)" --handles
	is "... what can be said of a packet" "$(offered postern explain --dp | sort -u)" --dport
	is "... a file behind an option" "$(offered postern explain --rules "$TMP/complet")" "$TMP/completion"
	is "... a file of tests" "$(offered postern test "$TMP/complet")" "$TMP/completion"
	is "... an extension" "$(offered postern ext hashl)" hashlimit
	is "... iptables behind it" "$(offered postern iptables -t ma)" mangle
	is "every extension and its options are known to it" "$(for n in $names; do
		for kind in m j; do
			"$BIN/iptables" -$kind "$n" -h 2>/dev/null | sed -n "/^$n .*options:$/,\$p" |
				grep -oE '^(\[!\]|   ) --[a-z0-9-]+' | sed 's/.* --/--/' | while read -r option; do
				offered iptables -A INPUT -$kind "$n" "$option" | grep -qxF -e "$option" || echo "$n $option"
			done
		done
	done)" ''
else
	skip "completion" "bash is not installed"
fi
finish
