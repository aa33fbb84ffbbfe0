#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The documentation is true: the commands it shows exist, and so do the files it names.
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

{ git ls-files 2>/dev/null || find . -type f ! -path './build*' ! -path './.git/*' | sed 's|^\./||'; } >"$TMP/tree"
pages=$(grep '\.md$' "$TMP/tree")
for page in README.md ARCHITECTURE.md CHANGES.md COPYING; do
	is "$page is there" "$([ -s $page ] && echo there)" there
done

# ./run WORD
for page in $pages; do
	wrong=$(grep -oE '\./run [a-z]+' "$page" | sort -u | while read -r _ word; do
		grep -qE "^([a-z -]*\| )?$word( \|[a-z |-]*)?\)" run || echo "./run $word"
	done)
	is "$page: every ./run command exists" "$wrong" ''
done
is "./run help names every command" "$(sed -n '/^case \$command in/,/^esac/s/^\([a-z]*\)).*/\1/p' run |
	grep -v '^sources$' | while read -r word; do
		./run help | grep -q "^\./run $word" || echo "$word"
	done)" ''

# Files in backticks.
for page in $pages; do
	wrong=$(grep -oE '`[A-Za-z0-9_./-]+`' "$page" | tr -d '`' | sort -u | while read -r file; do
		case $file in
		# build/, other projects' and the kernel's own files
		build* | */ | ../* | /* | net/netfilter/* | include/*) continue ;;
		src/* | tests/* | doc/* | demo/* | *.md | *.sh | *.py | *.c | *.h) ;;
		*) continue ;;
		esac
		[ -e "$file" ] || [ -e "src/$file" ] || [ -e "$(dirname "$page")/$file" ] ||
			grep -qE "/$file\$" "$TMP/tree" || echo "$file"
	done)
	is "$page: every file it names exists" "$wrong" ''
done

# postern SUBCOMMAND, as `postern help` knows them
if [ -x "$BIN/postern" ]; then
	"$BIN/postern" help >"$TMP/help" 2>&1
	for page in $pages; do
		wrong=$(grep -oE '(^|[` ])postern [a-z]+' "$page" | sed 's/.*postern //' | sort -u |
			while read -r word; do
				case $word in ip6tables* | iptables* | help | is | does | has | and) continue ;; esac
				grep -qE "(^|[^a-z])$word([^a-z]|\$)" "$TMP/help" || echo "postern $word"
			done)
		is "$page: every postern command exists" "$wrong" ''
	done
else
	skip "postern commands in the documentation" "nothing is built"
fi

# What belongs to one machine or one workplace is no part of the project.
is "nothing here speaks of the workplace" "$(xargs grep -nIE \
	'(^|[^a-z.])/wor[k]/|[.]librar[y]/|farm-(benc[h]|studi[o])|issues (sho[w]|lis[t])' <"$TMP/tree" 2>/dev/null |
	grep -v '^tests/lint/docs.sh:')" ''
finish
