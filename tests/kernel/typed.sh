#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is typed is in the history, of whatever dialect, and can be taken back; a restore that is typed is one
# transaction. Scripts have no part in either. And nobody hears a word of it.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

command -v script >/dev/null || skip_all "no script(1) here: nobody can type"
mount -t tmpfs tmpfs /var/lib || skip_all "no tmpfs here"
export PATH="$BIN:$PATH"

# On a terminal; leaves $rc and what it showed in $out.
typed() {
	script -qec "$*" /dev/null </dev/null >"$TMP/out"
	rc=$?
	out=$(tr -d '\r' <"$TMP/out")
}
# The next one is another line.
pause() { sleep 1.2; }
rules() { { iptables-save; ip6tables-save; } | grep -v '^#' | sed 's/\[[0-9]*:[0-9]*\]//'; }
entries() { find /var/lib/postern/history -name '*[0-9]' 2>/dev/null | wc -l; }
start_from() {
	for family in iptables ip6tables; do
		for table in filter nat mangle raw; do
			printf '*%s\nCOMMIT\n' $table | must $family-restore
		done
	done
	rm -rf /var/lib/postern /run/postern
}

# ------------------------------------------------------------------ entries

start_from
must iptables -A INPUT -p tcp --dport 22 -j ACCEPT
is "scripts leave nothing behind" "$(find /var/lib /run/postern -mindepth 1 2>/dev/null)" ""
before=$(rules)
typed iptables -P INPUT DROP
is "a typed change: not a word" "$rc:$out" "0:"
matches "... is in the history: who, when, command, what" "$(postern history)" \
	"    1  20??-??-?? ??:??:??  root*, on pts/*
       typed: iptables -P INPUT DROP
       1 chain or policy changed"
is "... which is private" "$(stat -c '%a %U' /var/lib/postern/history /var/lib/postern/history/1)" \
	"700 root
600 root"
pause
typed iptables -A INPUT -p tcp --dport 80 -j ACCEPT
is "what can cut nobody off is, too" "$(entries)" 2
matches "... with what it changed" "$(postern history 2)" "*typed: iptables -A INPUT -p tcp --dport 80 -j ACCEPT
1 rule added
ip filter INPUT
  + 2: -p tcp -m tcp --dport 80 -j ACCEPT"
run postern rollback 1
is "rollback to before it" "$rc $(rules)" "0 $before"

pause
typed iptables -A INPUT -j NOSUCH
typed iptables -X nosuch
typed iptables -N INPUT
typed iptables -S
typed iptables -Z
typed iptables -C INPUT -j DROP
is "what fails, lists or counts is not" "$(entries)" 3

# ------------------------------------------------------------------ what belongs together

start_from
must iptables -A INPUT -p tcp --dport 22 -j ACCEPT
before=$(rules)
# shellcheck disable=SC2016 # for the inner shell
typed 'for i in 1 2 3; do iptables -A INPUT -s 10.0.0.$i -j DROP; done; iptables -A INPUT -j NOSUCH; iptables -X nosuch'
matches "a loop is one entry" "$(postern history)" "*typed: iptables -A INPUT -s 10.0.0.1 -j DROP, and 2 more
       3 rules added"
matches "... with all commands" "$(postern history 1)" "*typed: iptables -A INPUT -s 10.0.0.1 -j DROP
       iptables -A INPUT -s 10.0.0.2 -j DROP
       iptables -A INPUT -s 10.0.0.3 -j DROP
3 rules added
*+ 2: -s 10.0.0.1/32 -j DROP
*+ 3: -s 10.0.0.2/32 -j DROP
*+ 4: -s 10.0.0.3/32 -j DROP"
pause
typed "iptables -A FORWARD -j LOG; sleep 1.2; iptables -A FORWARD -j DROP"
is "two lines are two" "$(entries)" 3
cat >"$TMP/script" <<'EOF'
ipchains -A input -s 10.0.0.0/8 -j DENY
ipchains -P output REJECT
sleep 1.2
ipfwadm -I -a deny -S 10.0.0.0/8
ip6tables -A INPUT -j LOG
printf '*raw\n-A PREROUTING -j ACCEPT\nCOMMIT\n*nat\nCOMMIT\n*filter\n:OUTPUT DROP\nCOMMIT\n' | iptables-restore
EOF
pause
# As a shell with job control runs it, which does not become the script.
typed "set -m; sh $TMP/script; true"
is "a script is one, however long it takes" "$(entries)" 4
matches "... of all dialects" "$(postern history 4)" "*ipchains -A input -s 10.0.0.0/8 -j DENY
       ipchains -P output REJECT
       ipfwadm -I -a deny -S 10.0.0.0/8
       ip6tables -A INPUT -j LOG
       iptables-restore <FILE
*ip ipchains output
  ! policy ACCEPT -> REJECT*ip filter OUTPUT
  + policy DROP*"
later=$(rules) chains=$(ipchains-save 2>/dev/null)
run postern rollback 4
is "rollback takes all of it back" "$rc $(iptables -S FORWARD | wc -l)" "0 3"
lacks "... the older dialects, too" "$(ipchains -L -n; ipfwadm -I -l -n)" "*10.0.0.0/8*"
lacks "... and their policies" "$(ipchains -L -n)" "*REJECT*"
run postern rollback 5
is "and brings it back" "$rc $(rules)" "0 $later"
is "... with the older dialects" "$(ipchains-save 2>/dev/null)" "$chains"
matches "... all of them" "$(ipfwadm -I -l -n)" "*10.0.0.0/8*"
must postern rollback -q 1
is "back to the beginning" "$(rules)" "$before"
pause
typed postern try --confirm 30s iptables -P INPUT DROP
is "what is tried is one entry" "$(postern history | head -n 2 | tail -n 1)" "       try: iptables -P INPUT DROP"
must postern rollback

# ------------------------------------------------------------------ a restore

start_from
printf '*nat\n-A PREROUTING -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP\n-A INPUT --nosuch\nCOMMIT\n*raw\n-A OUTPUT -j ACCEPT\nCOMMIT\n' >"$TMP/mistake"
before=$(rules)
typed iptables-restore "$TMP/mistake"
is "a mistake in the second table: the first is made, as ever" "$rc $(iptables -t nat -S PREROUTING | wc -l) $(iptables -S INPUT)" "2 2 -P INPUT ACCEPT"
start_from
printf '*nat\n-A PREROUTING -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP\n-D INPUT 7\nCOMMIT\n' >"$TMP/refused"
typed iptables-restore "$TMP/refused"
matches "what cannot be made" "$rc:$out" "1:iptables-restore: line 6 failed*"
is "... is made in no table" "$(iptables -t nat -S PREROUTING)" "-P PREROUTING ACCEPT"
is "... nor in the history" "$(entries)" 0
iptables-restore "$TMP/refused" >/dev/null 2>&1 </dev/null
is "... but a script gets table by table" "$(iptables -t nat -S PREROUTING | wc -l)" 2
start_from
printf '*nat\n-A PREROUTING -j ACCEPT\n-A PREROUTING -j LOG\nCOMMIT\n*filter\n:INPUT DROP\n:a -\n-A INPUT -j a\n-S INPUT\nCOMMIT\n*filter\n-D INPUT 1\n-E a b\nCOMMIT\n' >"$TMP/twice"
iptables-restore -n "$TMP/twice" >"$TMP/said" 2>&1 </dev/null
want=$(rules)
start_from
typed iptables-restore -n "$TMP/twice"
is "the same rules in one transaction, the same words" "$(rules)
$out" "$want
$(cat "$TMP/said")"
is "... one entry" "$(entries) $(postern history | sed -n '2s/.*: //p' | sed "s|$TMP/||")" "1 iptables-restore -n twice"

# ------------------------------------------------------------------ where it cannot be written

start_from
must mount -o remount,ro /var/lib
typed iptables -P FORWARD DROP
is "nowhere to write: the change is made" "$rc $(iptables -S FORWARD)" "0 -P FORWARD DROP"
matches "... a line tells it" "$out" "postern: no history is kept of what is typed: cannot make /var/lib/postern: Read-only file system"
typed iptables -P FORWARD ACCEPT
is "... once" "$rc:$out" "0:"
must mount -o remount,rw /var/lib
typed iptables -P FORWARD DROP
is "... until it is kept again" "$rc:$out $(entries)" "0: 1"
pause
must mount -o remount,ro /var/lib
typed "iptables -P FORWARD ACCEPT 2>$TMP/said"
is "who reads the errors of iptables gets no others" "$rc:$(cat "$TMP/said")" "0:"
must mount -o remount,rw /var/lib

# ------------------------------------------------------------------ death

if strace -o /dev/null true 2>/dev/null; then
	start_from
	typed "strace -o $TMP/trace iptables -P INPUT DROP"
	calls=$(grep -c '(' "$TMP/trace")
	n=$(grep -n 'postern.conf\|/dev/pts' "$TMP/trace" | head -n 1 | cut -d: -f1)
	step=$(((calls - ${n:-1}) / 7)) wrong='' made=0 tried=0
	[ -z "${NIGHTLY:-}" ] || step=1
	while [ "$n" -le "$calls" ]; do
		start_from
		must iptables -A INPUT -p tcp --dport 22 -j ACCEPT
		typed "strace -o /dev/null -e inject=all:signal=KILL:when=$n iptables -P INPUT DROP"
		case $(iptables -S INPUT | head -n 1) in
		*DROP)
			made=$((made + 1))
			postern rollback -q >/dev/null 2>&1
			[ "$(iptables -S INPUT | head -n 1)" = "-P INPUT ACCEPT" ] || wrong="$wrong $n: not in the history"
			;;
		esac
		postern history >/dev/null 2>&1 || wrong="$wrong $n: no history"
		tried=$((tried + 1)) n=$((n + step))
	done
	is "killed at $tried of $calls system calls, $made times behind the change: it can be taken back" "$wrong" ''
else
	skip "killed at its system calls" "strace does not work here"
fi
finish
