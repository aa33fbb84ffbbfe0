#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Library code neither prints nor exits; cli/ does. And: nothing is read with functions that have no
# bounds, and no result lives in a static buffer.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

# code: the sources with comments and strings taken out, as FILE:LINE: TEXT
code() {
	# shellcheck disable=SC2016 # awk's
	find "$@" -name '*.[ch]' | LC_ALL=C sort | xargs awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		gsub(/\\./, "", line)
		gsub(/"[^"]*"/, "\"\"", line)
		text = ""
		while (line != "") {
			if (inside) {
				at = index(line, "*/")
				if (!at) { line = ""; break }
				line = substr(line, at + 2); inside = 0
			} else {
				at = index(line, "/*")
				if (!at) { text = text line; break }
				text = text substr(line, 1, at - 1)
				line = substr(line, at + 2); inside = 1
			}
		}
		sub(/\/\/.*/, "", text)
		if (text ~ /[^ \t]/) print FILENAME ":" FNR ": " text
	}'
}

code src >"$TMP/code"
grep -v '^src/cli/' "$TMP/code" >"$TMP/library"
# library PATTERN: hits, without those of out_of_memory in base/arena.c, the documented exception
library() { grep -E "$1" "$TMP/library" | grep -v '^src/base/arena\.c:'; }

is "no library code exits" "$(library '(^|[^a-zA-Z0-9_])(_?exit|_Exit|quick_exit|abort|errx?|verrx?) *\(')" ''
is "no library code prints" \
	"$(library '(^|[^a-zA-Z0-9_])(v?printf|puts|putchar|perror|warnx?|psignal) *\(|[^a-z_](stdout|stderr)[^a-z_]')" ''
is "base/arena.c exits in out_of_memory alone" "$(awk '/out_of_memory\(/ && !/;/ { inside = 1 } /^}/ { inside = 0 }
	/[^a-z]_?exit *\(/ && !inside { print FILENAME ":" FNR }' src/base/arena.c)" ''
is "nothing without bounds" \
	"$(grep -E '(^|[^a-zA-Z0-9_])(gets|strcpy|strcat|sprintf|vsprintf|stpcpy|tmpnam|mktemp|alloca|strtok) *\(' "$TMP/code")" ''
is "integers are parsed in one place (base/num.c)" \
	"$(grep -E '(^|[^a-zA-Z0-9_])(atoi|atol|atoll|strto(u?l|u?ll|[iu]max)|sscanf) *\(' "$TMP/code" |
		grep -v '^src/base/num\.c:')" ''
is "no commands are run" \
	"$(library '(^|[^a-zA-Z0-9_])(system|popen|exec[lv]p?e?|v?fork|posix_spawnp?) *\(')" ''
is "no shell is called, nobody searches PATH, and rights are never changed" \
	"$(grep -E '(^|[^a-zA-Z0-9_])(system|popen|wordexp|exec[lv]pe?|posix_spawnp|sete?[ug]id|setres[ug]id|setfs[ug]id) *\(' "$TMP/code")" ''
is "no shell is named" "$(grep -rnE '"(/usr)?/bin/[a-z]*sh"|"sh"' src --include='*.c')" ''
is "only cli/ reads the environment" "$(library '(^|[^a-zA-Z0-9_])(secure_)?getenv *\(')" ''
finish
