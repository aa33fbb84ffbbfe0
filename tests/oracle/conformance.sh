#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rule lines of the public iptables project with their expected results, line by line and whole
# files through restore. They lie beside the project (RUNT=path of runt.py); without them: skipped.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
RUNT=${RUNT:-$ROOT/../shared/conformance/runt.py}
[ -e "$RUNT" ] || skip_all "no conformance cases beside the project ($RUNT)"
[ -x /usr/bin/python3 ] || skip_all "python3 is not installed"
cases=$(dirname "$RUNT")/cases
only=$(cd "$cases" && find . -name '*.t' ! -name 'libarpt_*' ! -name 'libebt_*' | sed 's|^\./||; s|\.t$||' | sort | paste -sd,)

for mode in line bulk; do
	BIN=$BIN /usr/bin/python3 "$RUNT" --tests "$cases" --mode $mode --only "$only" \
		--tools iptables,ip6tables --failures "$TMP/failures" >"$TMP/out" 2>"$TMP/err"
	# "libxt_tcp.t   iptables   12/12" for each file and tool
	awk '$1 ~ /\.t$/ && $3 ~ /^[0-9]+\/[0-9]+$/ { print $1, $2, $3 }' "$TMP/out" >"$TMP/files"
	while read -r file tool points; do
		if [ "${points%/*}" = "${points#*/}" ]; then
			pass "$mode mode: $file, $tool: $points"
		else
			fail "$mode mode: $file, $tool: $points" "$(grep -A12 -F "$file" "$TMP/failures" | head -n 40)"
		fi
	done <"$TMP/files"
	matches "$mode mode: the judge came to an end" "$(tail -n 1 "$TMP/out")$(cat "$TMP/err")" 'TOTAL [0-9]*'
done
finish
