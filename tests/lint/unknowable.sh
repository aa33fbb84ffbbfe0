#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# What user space cannot know is listed in doc/engine.md, by name and with the reason that the
# extension gives; and nothing else is.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

# "| `-m NAME` | reason |" of every extension that declares one
find src/ext/match src/ext/target -name '*.c' ! -name 'old_*' -exec grep -l '\.unknowable = ' {} + |
	while read -r file; do
		{ tr '\n\t' '  ' <"$file" && echo; } | sed -n -e 's/EXT_MATCH/-m/' -e 's/EXT_TARGET/-j/' \
			-e 's/.* \.name = "\([^"]*\)", \.kind = \(-.\),.*\.unknowable = "\([^"]*\)".*/| `\2 \1` | \3 |/p'
	done | LC_ALL=C sort >"$TMP/declared"
sed -n '/^## What is never known/,/^## /s/^\(| `-[mj] [A-Za-z]*` | [^|]* |\).*/\1/p' doc/engine.md |
	LC_ALL=C sort >"$TMP/listed"

is "some extension declares that it cannot be evaluated" "$([ -s "$TMP/declared" ] && echo some)" some
is "doc/engine.md lists what is never known, with the reasons" "$(cat "$TMP/listed")" "$(cat "$TMP/declared")"
finish
