#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An extension is a table: the median file is at most 60 lines long, none is above 200. What makes one
# longer belongs into a value type.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

MEDIAN=60 MOST=200

find src/ext/match src/ext/target -name '*.c' -exec wc -l {} + | grep -v ' total$' | sort -n >"$TMP/sizes"
count=$(wc -l <"$TMP/sizes")
[ "$count" -gt 0 ] || { fail "there are extensions"; finish; }

long=$(awk -v most="$MOST" '$1 > most { print $2 ": " $1 " lines" }' "$TMP/sizes")
is "no extension has more than $MOST lines" "$long" ''

median=$(sed -n "$(((count + 1) / 2))p" "$TMP/sizes" | awk '{ print $1 }')
if [ "$median" -le "$MEDIAN" ]; then
	pass "the median of $count extensions is $median lines, at most $MEDIAN"
else
	fail "the median of $count extensions is at most $MEDIAN lines" "it is $median"
fi
finish
