#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# doc/adding-a-match.md, followed literally: the file it shows goes into a copy of the sources, the commands it
# shows are typed there, and must answer what it shows.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
PAGE=$ROOT/doc/adding-a-match.md
copy=$TMP/copy

# A program of ours would be configured for the folder of this one.
unset BUILD BIN
mkdir "$copy"
(cd "$ROOT" && tar cf - --exclude='./build*' --exclude=./.git .) | (cd "$copy" && tar xf -)
start=$(date +%s)

# The first C block belongs to the file that is bold in front of it.
file=$(sed -n 's/^Create \*\*\(.*\)\*\*:$/\1/p' "$PAGE")
matches "the page names the file to create" "$file" 'src/ext/match/*.c'
is "it is a new one" "$([ -e "$copy/$file" ] && echo there)" ''
awk '/^```c$/ { on = 1; next } /^```$/ { if (on) exit } on' "$PAGE" >"$copy/$file"
must test -s "$copy/$file"

# Consoles: "$ COMMAND", then what it answers. One file per command, .sh and .want.
awk -v dir="$TMP" '
/^```console$/ { on = 1; next }
/^```$/ { on = 0; next }
!on { next }
/^\$ / {
	n++
	name = sprintf("%s/step%02d", dir, n)
	print substr($0, 3) >(name ".sh")
	printf "" >(name ".want")
	next
}
{ print >(name ".want") }' "$PAGE"

for step in "$TMP"/step*.sh; do
	command=$(cat "$step")
	(cd "$copy" && sh "$step") >"$TMP/got" 2>&1 </dev/null
	rc=$?
	got=$(sed 's/ *$//' "$TMP/got")
	is "$command" "$got" "$(cat "${step%.sh}.want")"
	case $command in ./run*) [ $rc = 0 ] || finish ;; esac
done

# What the page promises in words.
BIN=$copy/build/bin
saved=$(ipt -S | grep -- '-m l2tp')
must ipt -F
ipt6 -F
printf '*filter\n%s\nCOMMIT\n' "$saved" >"$TMP/in"
must "$BIN/iptables-restore" "$TMP/in"
is "a save of it restores to itself" "$(ipt -S | grep -- '-m l2tp')" "$saved"

help=$(ipt -m l2tp -h)
sed -n '/^static const struct opt /,/^};/s/.*{ \.name = "\([^"]*\)".*/\1/p' "$copy/$file" >"$TMP/names"
must test -s "$TMP/names"
while read -r name; do
	matches "help names --$name" "$help" "*--$name *"
done <"$TMP/names"

sed -n 's/.*{ \.rule = "\([^"]*\)".*/\1/p' "$copy/$file" >"$TMP/examples"
must test -s "$TMP/examples"
while read -r rule; do
	for tool in iptables ip6tables; do
		"$BIN/$tool" -F
		# shellcheck disable=SC2086 # a command line
		quiet "$tool loads the example: $rule" "$BIN/$tool" -A INPUT $rule
		is "$tool saves it as written" "$("$BIN/$tool" -S INPUT | sed 1d)" "-A INPUT $rule"
	done
done <"$TMP/examples"

# All of it changed one file, and a machine needs a part of the ten minutes.
is "one file was added, none was changed" "$(cd "$copy" &&
	find . -newer "$copy/$file" -type f ! -path './build*' ! -path "./$file")" ''
took=$(($(date +%s) - start))
if [ $took -lt 600 ]; then
	pass "ten minutes are enough ($took seconds of machine)"
else
	fail "ten minutes are enough" "$took seconds"
fi
finish
