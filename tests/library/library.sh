#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# libpostern.a and postern.h: the example and a program of their own, built as anybody would; no
# privileges.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1
build=$ROOT/${BUILD:-build}
[ -f "$build/libpostern.a" ] || skip_all "no libpostern.a in ${BUILD:-build}"
CC=${CC:-cc}

# compile SOURCE: into $TMP/program
compile() {
	$CC -Wall -Wextra -Werror -Isrc/lib "$1" -L"$build" -lpostern -lmnl -o "$TMP/program"
}

quiet "the example is built" compile doc/example.c
feed '*filter
:INPUT ACCEPT
-A INPUT -p tcp --dport 22 -j ACCEPT
COMMIT
' "$TMP/program"
is "it runs" "$rc$err" 0
matches "its rules are printed" "$out" "*-A INPUT -s 203.0.113.0/24 -j DROP
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT*"
matches "its packet is explained" "$out" "*DROPPED by rule 1 of INPUT in table filter*"
feed 'nonsense' "$TMP/program"
is "it ends as iptables-restore does" "$rc" 1

quiet "a program is built" compile tests/library/program.c
"$TMP/program" >"$TMP/tap"
is "it comes to its end" "$?" 0
# Its results are ours.
while IFS= read -r line; do
	case $line in
	"ok "*) pass "${line#*- }" ;;
	"not ok "*) fail "${line#*- }" ;;
	"#"*) echo "$line" ;;
	esac
done <"$TMP/tap"

is "no name but postern_* is the library's" \
	"$(nm -g --defined-only "$build/libpostern.a" | sed -n 's/^[0-9a-f]* [A-Z] //p' | grep -v '^postern_')" ''
if command -v g++ >/dev/null; then
	printf '#include <postern.h>\nint main() { postern_free(postern_new()); }\n' >"$TMP/plus.cc"
	quiet "the header is one of C++, too" \
		g++ -Wall -Wextra -Werror -Isrc/lib "$TMP/plus.cc" -L"$build" -lpostern -lmnl -o "$TMP/plus"
	quiet "... and works there" "$TMP/plus"
else
	skip "the header is one of C++, too" "g++ is not installed"
fi
finish
