#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Death at every system call of apply, apply --confirm, confirm, rollback, and of a watcher that rolls
# back: what is there afterwards is what was before or what was wanted, and whoever comes next finishes
# it. And clocks that are changed. A few system calls; all of them with NIGHTLY=1.
# shellcheck source=../lib.sh disable=SC2046,SC2086 # lists of process ids
. "${0%/*}/../lib.sh"

need strace
strace -o /dev/null -f true 2>/dev/null || skip_all "strace does not work here"
mount -t tmpfs tmpfs /var/lib || skip_all "no tmpfs here"
mkdir /run/empty && mount --bind /run/empty /sys/fs/cgroup 2>/dev/null

post() { "$BIN/postern" "$@"; }
rules() { { ref iptables-save; ref ip6tables-save; } | grep -v '^#' | sed 's/\[[0-9]*:[0-9]*\]//'; }
watchers() { pgrep -r S,R,D,T -x postern-watch | tr '\n' ' '; }
gone() { [ -z "$(watchers)" ]; }
waits() { ls /var/lib/postern/pending/[0-9]* >/dev/null 2>&1; }

# The rules of before and those that are wanted, each as the whole of what is there.
cat >"$TMP/old" <<'END'
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 23 -j ACCEPT
COMMIT
END
cat >"$TMP/new" <<'END'
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:web - [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 -j web
-A web -j ACCEPT
COMMIT
END
be() { must ref iptables-restore <"$TMP/$1"; }
be new
NEW=$(rules)
be old
OLD=$(rules)

# is_now: "old", "new", or the rules
is_now() {
	case $(rules) in
	"$OLD") echo old ;;
	"$NEW") echo new ;;
	*) echo "neither: $(rules)" ;;
	esac
}

begin() {
	wait_for 5 gone || fail "watchers of before are gone"
	rm -rf /var/lib/postern /run/postern
	be old
}

# Each is begun, killed at the n-th call, and judged: a word about what is wrong, or nothing.
ready_apply() { :; }
ready_apply_confirm() { :; }
ready_confirm() { post apply -q --confirm 600s "$TMP/new" >/dev/null; }
ready_rollback() { ready_confirm; }
ready_rollback_1() { post apply -q "$TMP/new"; }
args() {
	case $1 in
	apply) echo "apply -q $TMP/new" ;;
	apply_confirm) echo "apply -q --confirm 600s $TMP/new" ;;
	confirm) echo "confirm" ;;
	rollback) echo "rollback -q" ;;
	rollback_1) echo "rollback -q 1" ;;
	esac
}

# What waits, and is watched or will be by the next who comes, goes back; nothing half done is left.
goes_back() {
	post list >/dev/null 2>&1
	if waits; then
		[ -n "$(watchers)" ] || echo "nobody watches"
		post rollback -q >/dev/null 2>&1 || echo "no rollback"
	fi
	[ "$(is_now)" = old ] || echo "then $(is_now)"
	waits && echo "it waits for ever"
}
after_apply() {
	case $(is_now) in old | new) ;; *) is_now ;; esac
	waits && echo "it waits"
	post apply -q "$TMP/new" >/dev/null 2>&1 && [ "$(is_now)" = new ] || echo "not again"
	post history >/dev/null 2>&1 || echo "no history"
}
after_apply_confirm() {
	state=$(is_now)
	[ "$state" = old ] || waits || echo "$state and nobody can confirm it"
	goes_back
}
after_confirm() {
	[ "$(is_now)" = new ] || is_now
	if waits; then goes_back; else
		wait_for 5 gone || echo "it is watched for ever"
		[ "$(is_now)" = new ] || echo "then $(is_now)"
	fi
}
after_rollback() {
	case $(is_now) in old | new) ;; *) is_now ;; esac
	[ "$(is_now)" = old ] || waits || echo "new for good"
	goes_back
}
after_rollback_1() {
	case $(is_now) in old | new) ;; *) is_now ;; esac
	post rollback -q 1 >/dev/null 2>&1
	[ "$(is_now)" = old ] || echo "not again"
}

for what in apply apply_confirm confirm rollback rollback_1; do
	begin
	ready_$what
	strace -o "$TMP/trace" "$BIN/postern" $(args $what) >/dev/null 2>&1
	calls=$(grep -c '(' "$TMP/trace")
	# Loading the program is no step of it.
	n=$(grep -n 'getrandom\|SO_NETNS_COOKIE\|boot_id' "$TMP/trace" | head -n 1 | cut -d: -f1)
	step=$(((calls - n) / 5))
	[ -z "${NIGHTLY:-}" ] || step=1
	tried=0 wrong=
	post rollback -q >/dev/null 2>&1
	while [ "$n" -le "$calls" ]; do
		begin
		ready_$what
		strace -o /dev/null -e inject=all:signal=KILL:when="$n" "$BIN/postern" $(args $what) >/dev/null 2>&1
		found=$(after_$what)
		[ -z "$found" ] || wrong="$wrong
$n: $found"
		post rollback -q >/dev/null 2>&1
		tried=$((tried + 1)) n=$((n + step))
	done
	[ "$tried" -ge 5 ] || wrong="only $tried of $calls"
	is "$(args $what | sed "s|$TMP/||") killed at $tried of $calls system calls" "$wrong" ''
done

# A watcher that dies while it rolls back: told to, so that nobody has to wait.
n=1 wrong='' tried=0 step=9
[ -z "${NIGHTLY:-}" ] || step=1
while [ $n -le "${WATCHER_CALLS:-120}" ]; do
	begin
	ready_confirm
	first=$(watchers | cut -d' ' -f1)
	strace -o "$TMP/trace" -e inject=all:signal=KILL:when=$n -p "$first" >/dev/null 2>&1 &
	tracer=$!
	wait_for 2 grep -q TracerPid:.*[1-9] "/proc/$first/status"
	kill -TERM "$first" 2>/dev/null
	ended() { [ ! -d "/proc/$first" ] || grep -q '^State:.*[ZX]' "/proc/$first/status"; }
	wait_for 5 ended || wrong="$wrong $n: it lives"
	kill $tracer 2>/dev/null
	wait $tracer 2>/dev/null
	case $(is_now) in old | new) ;; *) wrong="$wrong
$n: $(is_now)" ;; esac
	found=$(goes_back)
	[ -z "$found" ] || wrong="$wrong
$n: $found"
	tried=$((tried + 1)) n=$((n + step))
done
is "a watcher killed at $tried system calls of its rollback" "$wrong" ''

# ------------------------------------------------------------------ clocks

# The time of day jumps by ten years, either way: nothing of it matters.
cat >"$TMP/shift.c" <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	int r;

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	r = real(clock, now);
	if (clock == CLOCK_REALTIME)
		now->tv_sec += atol(getenv("SHIFT"));
	return r;
}
time_t time(time_t *to)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (to)
		*to = now.tv_sec;
	return now.tv_sec;
}
END
if command -v cc >/dev/null && cc -shared -fPIC -o "$TMP/shift.so" "$TMP/shift.c" -ldl 2>/dev/null; then
	at() { SHIFT=$1 LD_PRELOAD=$TMP/shift.so "$BIN/postern" $2; }
	years=315360000
	begin
	at $years "apply -q --confirm 600s $TMP/new" >/dev/null
	at -$years list >/dev/null
	at $years list >/dev/null
	is "ten years forth and back: it still waits" "$(is_now) $(watchers | wc -w)" "new 2"
	matches "... the history shows that clock" "$(post history)" "*$(date -u -d @$(($(date +%s) + years)) +%Y)-*"
	run at -$years confirm
	is "... and is confirmed in time" "$rc $(is_now)" "0 new"
	begin
	at -$years "apply -q --confirm 1s $TMP/new" >/dev/null
	back() { [ "$(is_now)" = old ]; }
	wait_for 5 back
	is "... or goes back in time" "$(is_now)" old
else
	skip "the time of day" "no compiler here"
fi
# Time that passed in a suspend counts: the clock since the boot is over the deadline when it wakes.
begin
if unshare --time --boottime 100000 true 2>/dev/null; then
	post apply -q --confirm 600s "$TMP/new" >/dev/null
	unshare --time --boottime 100000 "$BIN/postern" list >/dev/null 2>&1
	is "a suspend of a day: the time to confirm is over" "$(is_now)" old
else
	skip "a suspend" "no time namespaces here"
fi
wait_for 5 gone
finish
