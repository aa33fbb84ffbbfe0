#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An extension is one file: nothing else in src/ declares it, names it or links against it, so adding
# one, or taking one away, touches one file.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

files=$(find src/ext/match src/ext/target -name '*.c' 2>/dev/null | LC_ALL=C sort)
[ -n "$files" ] || { fail "there are extensions"; finish; }

# declared FILE: "kind name" of every `struct ext` in it
declared() {
	tr '\n\t' '  ' <"$1" | grep -o 'struct ext [a-z0-9_A-Z]* = {[^}]*}' |
		sed -n 's/.*\.name = "\([^"]*\)".*\.kind = EXT_\([A-Z]*\).*/\2 \1/p'
}

for file in $files; do
	declared "$file" | sed "s|^|$file |"
done >"$TMP/declared"

silent=$(for file in $files; do
	[ "$(grep -c '^EXT_REGISTER(' "$file")" = "$(declared "$file" | grep -c .)" ] || echo "$file"
done)
is "every file registers what it declares (.name, .kind, EXT_REGISTER)" "$silent" ''

twice=$(cut -d' ' -f2- "$TMP/declared" | sort | uniq -d | while read -r kind name; do
	grep " $kind $name\$" "$TMP/declared" | cut -d' ' -f1 | sort -u | wc -l | grep -qx 1 ||
		echo "$kind $name: $(grep " $kind $name\$" "$TMP/declared" | cut -d' ' -f1 | tr '\n' ' ')"
done)
is "every extension is declared in one file" "$twice" ''

is "nothing outside ext/match and ext/target registers one" \
	"$(grep -rln '^EXT_REGISTER(' src | grep -v -e '^src/ext/match/' -e '^src/ext/target/')" ''

is "no extension includes another one's file" \
	"$(grep -rn '#include "ext/\(match\|target\)/' src)" ''

# By name: code elsewhere that looks one up or asks "is it that one?" is knowledge that belongs into its
# file. The parser brings the verdicts and the matches of -p by what they declare, not by name.
cut -d' ' -f3 "$TMP/declared" | sort -u | while read -r name; do
	grep -rnE --include='*.[ch]' \
		"(ext_find[a-z_]*|str(case)?cmp|str_?eq[a-z]*|is_named|name_is)\([^\"]*(ext|match|target)[^\"]*\"$name\"" src |
		grep -v -e '^src/ext/match/' -e '^src/ext/target/'
done >"$TMP/named"
is "nothing else in src/ asks for an extension by its name" "$(cat "$TMP/named")" ''

# By symbol: what the linker sees. An object of an extension gives nothing to others.
objects=$(find "${BUILD:-build}" -path '*postern-all*' \
	\( -name 'src_ext_match_*.o' -o -name 'src_ext_target_*.o' \) 2>/dev/null)
if [ -z "$objects" ] || ! command -v nm >/dev/null; then
	skip "no object of an extension defines a global symbol" "nothing is built in ${BUILD:-build}"
else
	is "no object of an extension defines a global symbol" "$(for object in $objects; do
		nm -g --defined-only "$object" | sed "s|^|$(basename "$object"): |"
	done)" ''
fi
finish
