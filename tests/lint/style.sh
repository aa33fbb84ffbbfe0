#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How the C files look. Tables are aligned by hand, so clang-format is not the judge of every line;
# a file that it would change all over is in another style, though.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

find src tests -name '*.[ch]' | LC_ALL=C sort >"$TMP/files"
all() { xargs "$@" <"$TMP/files"; }

# A comment behind a declaration may stand out a little.
# shellcheck disable=SC2016 # awk's
is "lines have 100 columns at most" "$(all awk '{
	width = 0
	for (i = 1; i <= length($0); i++)
		width += substr($0, i, 1) == "\t" ? 8 - width % 8 : 1
	if (width > (/\/\*|\*\/|^[ \t]*\* / ? 110 : 100)) print FILENAME ":" FNR ": " width
}')" ''
is "indentation is tabs" "$(all grep -nH '^	* \{8\}')" ''
is "no blanks at the end of a line" "$(all grep -nH '[ 	]$')" ''
is "files end with a newline" "$(while read -r file; do
	[ -z "$(tail -c 1 "$file")" ] || echo "$file"
done <"$TMP/files")" ''
is "no structs behind typedefs" "$(all grep -nHE '^\s*typedef (struct|union|enum) [^(]*;')" ''
is "no // comments but the licence line" \
	"$(all grep -nHE '(^|[ 	;{])// ' | grep -v '// SPDX-License-Identifier')" ''
is "every file names its licence first" \
	"$(all awk 'FNR == 1 && !/SPDX-License-Identifier: GPL-2.0-or-later/ { print FILENAME }')" ''
is "every file of src/ says what it holds" "$(grep '^src/' "$TMP/files" |
	xargs awk 'FNR == 2 && !/^\/\*/ { print FILENAME }')" ''
is "headers are guarded by their path" "$(while read -r file; do
	case $file in
	src/*.h) guard=$(echo "POSTERN_${file#src/}" | tr 'a-z/.-' 'A-Z___') ;;
	*) continue ;;
	esac
	grep -q "^#ifndef $guard\$" "$file" || echo "$file: $guard"
done <"$TMP/files")" ''

if command -v clang-format >/dev/null; then
	is "the style is that of .clang-format" "$(while read -r file; do
		case $file in
		# Declarations are tables, and so are headers and lists of names.
		*.h | src/ext/match/* | src/ext/target/* | src/net/services.c | src/net/names.c)
			continue
			;;
		esac
		lines=$(wc -l <"$file")
		changed=$(clang-format --style=file "$file" | diff "$file" - | grep -c '^<')
		[ $((changed * 100)) -le $((lines * 45)) ] ||
			echo "$file: clang-format would change $changed of $lines lines"
	done <"$TMP/files")" ''
else
	skip "the style is that of .clang-format" "clang-format is not installed"
fi

# Where a second look is due; said, not judged.
grep '^src/' "$TMP/files" | xargs wc -l |
	awk '$1 > 450 && $2 != "total" { print "# " $2 ": " $1 " lines" }'
finish
