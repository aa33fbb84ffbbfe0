#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run.sh [NAME...]: runs every test (or those whose path holds a NAME), two at a time, and ends
# with the line that counts. Each test is a program that prints TAP:
#
#   build*/test_*           unit tests (cmocka)
#   tests/*/*.sh            shell tests; those of fuzz/ and bench/ are no tests
#   tests/*/test_*.py       python tests
#
# What the kernel is needed for runs in namespaces of its own (tests/inside).
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
OUT=$BUILD/tests
export BUILD

# ------------------------------------------------------------------ one test

# Reads TAP with whatever else was printed; writes "passed failed skipped" and then what to show.
# A test that was promised and never reported has failed, and so has a program that died.
judge() {
	awk -v rc="$2" '
	/^1\.\.[0-9]+/ {
		planned += substr($1, 4); plans++
		if ($1 == "1..0" && /# *[Ss][Kk][Ii][Pp]/) { skipped++; sub(/.*# *[Ss][Kk][Ii][Pp] */, ""); why[++reasons] = $0 }
		next
	}
	/^not ok/ {
		seen++
		if (/# *TODO/) { passed++; showing = 0; next }
		failed++; showing = 1; text[++lines] = $0; next
	}
	/^ok( |$)/ {
		seen++; showing = 0
		if (/# *[Ss][Kk][Ii][Pp]/) { skipped++; why[++reasons] = substr($0, 4) } else passed++
		next
	}
	/^#/ { if (showing) text[++lines] = $0; else before[++early] = $0; next }
	{ if (showing) text[++lines] = $0; else before[++early] = $0 }
	END {
		if (plans && seen < planned) {
			failed += planned - seen
			text[++lines] = "not ok - " planned - seen " of " planned " tests never reported (exit code " rc ")"
			for (i = early > 15 ? early - 14 : 1; i <= early; i++) text[++lines] = "# " before[i]
		} else if (!plans || (rc != 0 && !failed)) {
			failed++
			text[++lines] = "not ok - " (plans ? "" : "no test plan, ") "exit code " rc
			for (i = early > 15 ? early - 14 : 1; i <= early; i++) text[++lines] = "# " before[i]
		}
		print passed + 0, failed + 0, skipped + 0
		for (i = 1; i <= lines && i <= 120; i++) print "    " text[i]
		if (lines > 120) print "    ... and " lines - 120 " more lines in the log"
		for (i = 1; i <= reasons && i <= 12; i++) print "    skipped: " why[i]
		if (reasons > 12) print "    skipped: ... and " reasons - 12 " more"
	}' "$1"
}

one() {
	test=$1
	name=$(echo "$test" | sed 's|^tests/||; s|[^A-Za-z0-9._-]|-|g')
	tap=$OUT/$name.tap
	case $test in
	*.py) set -- /usr/bin/python3 "$test" ;;
	*.sh) set -- sh "$test" ;;
	*) set -- "$test" ;;
	esac
	case $test in
	tests/lint/* | tests/unit/* | "$BUILD"/*) ;;
	*) set -- sh tests/inside "$@" ;;
	esac
	start=$(date +%s)
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "${TEST_TIMEOUT:-900}" "$@" >"$tap" 2>&1 </dev/null
	judge "$tap" $? >"$OUT/$name.result"
	took=$(($(date +%s) - start))
	{
		read -r passed failed skipped
		state=ok
		[ "$failed" = 0 ] || state=FAILED
		text=$(printf '%-7s%-40s %4d passed' "$state" "$test" "$passed")
		[ "$failed" = 0 ] || text="$text, $failed failed"
		[ "$skipped" = 0 ] || text="$text, $skipped skipped"
		[ "$took" -lt 10 ] || text="$text (${took}s)"
		# In one go, since another test may be reporting at the same time.
		printf '%s\n%s\n' "$text" "$(cat)" | sed '/^$/d'
	} <"$OUT/$name.result"
}

# ------------------------------------------------------------------ all of them

list() {
	sh run sources unit | sed "s|.*/|$BUILD/|; s|\.c\$||"
	find tests -mindepth 2 -maxdepth 2 \( -name '*.sh' -o -name 'test_*.py' \) \
		! -path 'tests/fuzz/*' ! -path 'tests/bench/*' | LC_ALL=C sort
}

if [ "${1:-}" = --one ]; then
	one "$2"
	exit
fi

chosen=$(list)
if [ $# -gt 0 ]; then
	chosen=$(for name in "$@"; do echo "$chosen" | grep -F -e "$name"; done | sort -u)
	[ -n "$chosen" ] || { echo "no test has '$*' in its path"; exit 1; }
fi
mkdir -p "$OUT"
rm -f "$OUT"/*.result "$OUT"/*.tap
echo "$chosen" | xargs -P "${JOBS:-$(nproc)}" -n 1 sh tests/run.sh --one

passed=0 failed=0 skipped=0
for result in "$OUT"/*.result; do
	read -r p f s <"$result" || f=1
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
