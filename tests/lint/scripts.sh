#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Shell scripts pass shellcheck, python compiles.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

scripts=$(git ls-files 2>/dev/null || find . -type f ! -path './build*' ! -path './.git/*')
if command -v shellcheck >/dev/null; then
	for file in $scripts; do
		[ -f "$file" ] || continue
		case $file in
		*.sh) ;;
		*) head -n 1 "$file" | grep -aqE '^#!/(bin|usr/bin)/(env )?(ba|da)?sh' || continue ;;
		esac
		said=$(shellcheck -x "$file" 2>&1)
		if [ -z "$said" ]; then
			pass "shellcheck $file"
		else
			fail "shellcheck $file" "$(printf '%s\n' "$said" | head -n 30)"
		fi
	done
else
	skip "shellcheck" "it is not installed"
fi
for file in $scripts; do
	case $file in *.py) ;; *) continue ;; esac
	[ -f "$file" ] || continue
	run /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$file"
	is "python reads $file" "$rc$err" 0
done
finish
