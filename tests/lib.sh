# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
# Helpers of the shell tests. A test begins with
#
#     . "${0%/*}/../lib.sh"
#
# and from then on is in namespaces of its own (tests/inside), with TAP to speak, programs to run and
# hosts to make. It ends with `finish`.
#
#   BIN=folder      the programs under test; build/bin when not set
#   STORE=1         rules live in a store of files: no namespaces, no privileges, no kernel. `fresh`
#                   empties it, and our own programs stand in for those that read the kernel
#   REFERENCE       the distribution's multi-call binary
set -u

TESTS=$(cd "${0%/*}/.." && pwd)
[ -n "${POSTERN_INSIDE:-}" ] || [ -n "${OUTSIDE:-}${STORE:-}" ] || exec sh "$TESTS/inside" sh "$0" "$@"
ROOT=${TESTS%/*}
BIN=${BIN:-$ROOT/${BUILD:-build}/bin}
REFERENCE=${REFERENCE:-/usr/sbin/xtables-nft-multi}
export LC_ALL=C
export PATH="$PATH:/usr/sbin:/sbin"

# Nothing about a store takes privileges: root becomes nobody, where nobody can read this folder.
if [ -n "${STORE:-}" ] && [ "$(id -u)" = 0 ]; then
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	# shellcheck disable=SC2086 # a list of words
	if $as_nobody test -r "$0" -a -x "$BIN/postern" 2>/dev/null; then
		exec $as_nobody sh "$0" "$@"
	fi
fi

TMP=$(mktemp -d "${TMPDIR:-/tmp}/postern-test.XXXXXX")
V="iptables $("$BIN/iptables" -V 2>/dev/null | cut -d' ' -f2-)"

if [ -n "${STORE:-}" ]; then
	POSTERN_STORE=$TMP/store
	export POSTERN_STORE
fi

tests_run=0 tests_failed=0

at_end() {
	clean_hosts
	rm -rf "$TMP"
}
trap at_end EXIT
trap 'exit 130' INT TERM HUP

# ------------------------------------------------------------------ TAP

# pass NAME; fail NAME [TEXT...]; skip NAME WHY
pass() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1"
}

fail() {
	tests_run=$((tests_run + 1)) tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $1"
	shift
	for line_of_fail in "$@"; do
		printf '%s\n' "$line_of_fail" | sed 's/^/#   /'
	done
}

skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

# The plan comes last; a test that dies before leaves none and counts as failed.
finish() {
	echo "1..$tests_run"
	[ "$tests_failed" = 0 ]
	exit
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# is NAME GOT WANT: equal texts
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		printf '%s\n' "$2" >"$TMP/got"
		printf '%s\n' "$3" >"$TMP/want"
		fail "$1" "$(diff -u --label want --label got "$TMP/want" "$TMP/got" | head -n "${DIFF_LINES:-25}")"
	fi
}

# matches NAME TEXT PATTERN: the pattern (of case) fits; lacks: it does not
matches() {
	# shellcheck disable=SC2254 # it is meant as a pattern
	case $2 in
	$3) pass "$1" ;;
	*) fail "$1" "got:  $2" "want: $3" ;;
	esac
}

lacks() {
	# shellcheck disable=SC2254 # it is meant as a pattern
	case $2 in
	$3) fail "$1" "got:      $2" "unwanted: $3" ;;
	*) pass "$1" ;;
	esac
}

# ------------------------------------------------------------------ running things

# run COMMAND...: leaves $rc, $out and $err
run() {
	"$@" >"$TMP/out" 2>"$TMP/err" </dev/null
	rc=$?
	out=$(cat "$TMP/out")
	err=$(cat "$TMP/err")
}

# The same with standard input from the text of $1.
feed() {
	printf '%s' "$1" >"$TMP/in"
	shift
	"$@" >"$TMP/out" 2>"$TMP/err" <"$TMP/in"
	rc=$?
	out=$(cat "$TMP/out")
	err=$(cat "$TMP/err")
}

# Judges the last run: result RC OUT ERR NAME
result() {
	if [ "$rc" = "$1" ] && [ "$out" = "$2" ] && [ "$err" = "$3" ]; then
		pass "$4"
		return
	fi
	fail "$4" "want rc $1, out '$2', err '$3'" "got  rc $rc, out '$out', err '$err'"
}

# quiet NAME COMMAND...: rc 0 and not a word
quiet() {
	quiet_name=$1
	shift
	run "$@"
	result 0 '' '' "$quiet_name"
}

# Sets a scene: what has to work for the test to make sense at all.
must() {
	"$@" && return
	fail "needed for the next tests: $*"
	finish
}

# Programs under test, in the current namespace or with `on HOST` in another.
ipt() { "$BIN/iptables" "$@"; }
ipt6() { "$BIN/ip6tables" "$@"; }

# The distribution's: ref iptables ARGS, ref iptables-save ...
ref() { "$REFERENCE" "$@"; }

need() {
	for program_needed in "$@"; do
		command -v "$program_needed" >/dev/null || skip_all "$program_needed is not installed"
	done
}

# ------------------------------------------------------------------ hosts

HOSTS=postern-test-$$-
hosts_made=

# host NAME...: fresh network namespaces with lo up
host() {
	for host_made in "$@"; do
		ip netns del "$HOSTS$host_made" 2>/dev/null
		must ip netns add "$HOSTS$host_made"
		on "$host_made" ip link set lo up
		hosts_made="$hosts_made $HOSTS$host_made"
	done
}

# on NAME COMMAND...: there, with this host's mounts, as daemons call us inside containers
on() {
	host_at=$HOSTS$1
	shift
	case $1 in
	ipt) shift; set -- "$BIN/iptables" "$@" ;;
	ipt6) shift; set -- "$BIN/ip6tables" "$@" ;;
	ref) shift; set -- "$REFERENCE" "$@" ;;
	esac
	nsenter --net="/run/netns/$host_at" "$@"
}

# start HOST COMMAND...: there, in the background; its process is $started, and stop ends it
start() {
	start_at=$HOSTS$1
	shift
	nsenter --net="/run/netns/$start_at" "$@" &
	started=$!
}

stop() {
	kill "$@" 2>/dev/null
	wait "$@" 2>/dev/null
}

# cable HOST DEV HOST DEV: a veth pair between two hosts, both ends up
cable() {
	must ip link add name "$2" netns "$HOSTS$1" type veth peer name "$4" netns "$HOSTS$3"
	on "$1" ip link set "$2" up
	on "$3" ip link set "$4" up
}

# address HOST DEV ADDRESS...
address() {
	address_host=$1 address_dev=$2
	shift 2
	for address_one in "$@"; do
		case $address_one in
		*:*) on "$address_host" ip -6 addr add "$address_one" dev "$address_dev" nodad ;;
		*) on "$address_host" ip addr add "$address_one" dev "$address_dev" ;;
		esac
	done
}

# setting HOST KEY=VALUE...: sysctls of that namespace
setting() {
	setting_host=$1
	shift
	for setting_one in "$@"; do
		# shellcheck disable=SC2016 # for the inner shell
		must on "$setting_host" sh -c 'echo "$1" >"/proc/sys/$2"' sh "${setting_one#*=}" \
			"$(echo "${setting_one%%=*}" | tr . /)"
	done
}

clean_hosts() {
	for host_made in $hosts_made; do
		ip netns del "$host_made" 2>/dev/null
	done
	hosts_made=
}

# Tests of one host: `fresh` is a new one without any rules, `here COMMAND...` runs there.
fresh() { if [ -n "${STORE:-}" ]; then rm -rf "$POSTERN_STORE"; else host one; fi; }
here() { if [ -n "${STORE:-}" ]; then in_store "$@"; else on one "$@"; fi; }

# Everything in the store, as `nft list ruleset` shows everything in the kernel.
in_store() {
	case $1 in
	nft)
		for name_in_store in iptables ip6tables; do
			"$BIN/$name_in_store-save" -c | grep -v '^# '
		done
		;;
	ref) shift; name_in_store=$1; shift; "$BIN/$name_in_store" "$@" ;;
	*) "$@" ;;
	esac
}

# kernel_only NAME...: true where the kernel has the rules; else these tests are skipped
kernel_only() {
	[ -n "${STORE:-}" ] || return 0
	for name_in_store in "$@"; do
		skip "$name_in_store" "it is about the kernel"
	done
	return 1
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	wait_left=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		wait_left=$((wait_left - 1))
		[ "$wait_left" -gt 0 ] || return 1
		sleep 0.05
	done
}

listens() { on "$1" ss -Hnl"${3:-t}" "sport = :$2" | grep -q .; }

# Counters of a rule: packets HOST TABLE CHAIN NUMBER [6]
packets() {
	on "$1" "ipt${5:-}" -t "$2" -S "$3" "$4" -v | sed -n 's/.* -c \([0-9]*\) [0-9]*.*/\1/p'
}
