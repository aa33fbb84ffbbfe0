#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# clang-tidy, with the checks of .clang-tidy (a reason for each that is switched off). The static
# analyzer takes two minutes of both cores: it runs with ANALYZE=1, as .ci/run does.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1
command -v clang-tidy >/dev/null || skip_all "clang-tidy is not installed"

more='-clang-analyzer-*'
[ -z "${ANALYZE:-}" ] || more=

# Its own compile flags: those of gcc are not all known to clang.
find src -name '*.c' | LC_ALL=C sort >"$TMP/files"
mkdir "$TMP/said"
# shellcheck disable=SC2016 # for the inner shell
xargs -P 2 -n 1 sh -c 'out=$2/$(echo "$3" | tr / _)
	clang-tidy --quiet --checks="$1" "$3" -- -std=gnu17 -D_GNU_SOURCE -Isrc "-DPOSTERN_VERSION=\"0\"" \
		>"$out" 2>"$out.err" || echo "exit code $?" >>"$out"' sh "$more" "$TMP/said" <"$TMP/files"
while read -r file; do
	said=$(cat "$TMP/said/$(echo "$file" | tr / _)")
	if [ -z "$said" ]; then
		pass "clang-tidy $file"
	else
		fail "clang-tidy $file" "$(printf '%s\n' "$said" | grep -E 'error|warning|exit code' | head -n 12)"
	fi
done <"$TMP/files"

switched_off=$(sed -n 's/^  -\([a-z].*[a-zA-Z]\),*$/\1/p' .clang-tidy)
is "every check that is switched off has its reason" "$(for check in $switched_off; do
	sed -n 's/^# //p' .clang-tidy | grep -qF "$check" || echo "$check"
done)" ''
finish
