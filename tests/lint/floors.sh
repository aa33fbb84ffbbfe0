#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An #include goes to the same floor or down (ARCHITECTURE.md, "Floors").
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1

# plan/pass.h only declares `struct pass`, so that kernel/ and engine/ can ask for one; safe/ makes it.
exceptions='plan/pass.h'

floors='base net rules ext dialect plan engine,kernel,store,wire,analyse safe,convert cli lib'

floor() {
	floor_n=0
	for floor_names in $floors; do
		case ",$floor_names," in *",$1,"*) echo $floor_n; return ;; esac
		floor_n=$((floor_n + 1))
	done
	echo none
}

for folder in src/*/; do
	name=$(basename "$folder")
	mine=$(floor "$name")
	if [ "$mine" = none ]; then
		fail "src/$name is on a floor" "no floor holds src/$name; see ARCHITECTURE.md"
		continue
	fi
	grep -rn --include='*.[ch]' '^#include "' "$folder" | sort >"$TMP/includes"
	wrong=
	while IFS= read -r line; do
		file=${line#*\"}
		file=${file%%\"*}
		case " $exceptions " in *" $file "*) continue ;; esac
		theirs=$(floor "${file%%/*}")
		if [ "$theirs" = none ] || ! [ -e "src/$file" ]; then
			wrong="$wrong
${line%%:#*}: \"$file\" is not below src/"
		elif [ "$theirs" -gt "$mine" ]; then
			wrong="$wrong
${line%%:#*}: \"$file\" is $((theirs - mine)) up"
		elif [ "$theirs" = "$mine" ] && [ "${file%%/*}" != "$name" ]; then
			wrong="$wrong
${line%%:#*}: \"$file\" is a neighbour on the same floor"
		fi
	done <"$TMP/includes"
	if [ -z "$wrong" ]; then
		pass "src/$name includes nothing from above"
	else
		fail "src/$name includes nothing from above" "${wrong#?}"
	fi
done

# The floors of the documentation are those of the lint.
# shellcheck disable=SC2016 # backticks of the page
documented=$(sed -n 's/^| [0-9] | `src\/\([a-z]*\)`.*/\1/p' ARCHITECTURE.md | tr '\n' ' ')
for name in $documented; do
	case ",$(echo "$floors" | tr ' ' ',')," in
	*",$name,"*) ;;
	*) fail "floor of src/$name" "ARCHITECTURE.md names it, this lint does not" ;;
	esac
done
is "ARCHITECTURE.md names every folder of src/" \
	"$(for folder in src/*/; do basename "$folder"; done | sort | tr '\n' ' ')" \
	"$(echo "$documented" | tr ' ' '\n' | sed '/^$/d' | sort | tr '\n' ' ')"
finish
