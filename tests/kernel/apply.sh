#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# apply, try, confirm, rollback, history: what changes is shown, counters stay, and what nobody
# confirms is taken back, whoever dies.
# shellcheck source=../lib.sh disable=SC2046 # lists of process ids
. "${0%/*}/../lib.sh"

mount -t tmpfs tmpfs /var/lib || skip_all "no tmpfs here"
mkdir /run/empty && mount --bind /run/empty /sys/fs/cgroup 2>/dev/null

post() { "$BIN/postern" "$@"; }
rules() { ref iptables-save; ref ip6tables-save; }
plain() { rules | grep -v '^#' | sed 's/\[[0-9]*:[0-9]*\]//'; }
watchers() { pgrep -r S,R,D,T -x postern-watch | tr '\n' ' '; }
gone() { [ -z "$(watchers)" ]; }
# Both at once: neither has the time to start another.
kill_watchers() {
	kill -STOP $(watchers)
	kill -KILL $(watchers)
	wait_for 5 gone
}
start_from() {
	wait_for 5 gone || fail "watchers of before are gone"
	for family in iptables ip6tables; do
		for table in filter nat mangle raw; do
			printf '*%s\nCOMMIT\n' $table
		done | must ref $family-restore
	done
	rm -rf /var/lib/postern /run/postern
	must ipt -A INPUT -p tcp --dport 22 -j ACCEPT
	must ipt -A INPUT -p tcp --dport 23 -j ACCEPT
	must ipt -A INPUT -i lo
	must ipt6 -A INPUT -p tcp --dport 22 -j ACCEPT
}

cat >"$TMP/v4" <<'END'
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
COMMIT
*filter
:INPUT DROP [0:0]
:web - [0:0]
-A INPUT -i lo
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 -j web
-A web -j ACCEPT
COMMIT
END
cat >"$TMP/v6" <<'END'
*filter
:INPUT DROP [0:0]
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
END

# ------------------------------------------------------------------ apply

start_from
for i in 1 2; do echo hello | socat -u - UDP:127.0.0.1:9; done
run post apply --dry-run "$TMP/v4" "$TMP/v6"
is "a dry run shows what would change" "$out" "ip nat PREROUTING
  + policy ACCEPT
  + 1: -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
ip filter INPUT
  ! policy ACCEPT -> DROP
  - 2: -p tcp -m tcp --dport 23 -j ACCEPT
  > 3 -> 1: -i lo
  + 3: -p tcp -m tcp --dport 80 -j web
ip filter web
  + new chain
  + 1: -j ACCEPT
ip6 filter INPUT
  ! policy ACCEPT -> DROP
3 rules added, 1 removed, 1 moved, 4 chains or policies changed"
is "... and changes nothing" "$(ref iptables -S INPUT | head -n 1)" "-P INPUT ACCEPT"
before=$(rules)
run post apply "$TMP/v4" "$TMP/v6"
is "apply: exit status" "$rc $err" "0 "
is "apply: IPv4 filter" "$(ref iptables -S)" "-P INPUT DROP
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-N web
-A INPUT -i lo
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 -j web
-A web -j ACCEPT"
is "apply: IPv4 nat" "$(ref iptables -t nat -S PREROUTING)" "-P PREROUTING ACCEPT
-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080"
is "apply: IPv6" "$(ref ip6tables -S INPUT)" "-P INPUT DROP
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
matches "a rule that moved has its counters" "$(ref iptables -S INPUT 1 -v)" "-A INPUT -i lo -c [2-9]*"
run post apply "$TMP/v4" "$TMP/v6"
is "the same again: nothing changes" "$rc $out" "0 nothing changes"
is "... and the history has one change" "$(post history | grep -c apply:)" 1
is "history: files are private" "$(stat -c '%a %U' /var/lib/postern /var/lib/postern/history/1)" \
	"700 root
600 root"
run post rollback
is "rollback brings everything back" "$(plain)" "$(echo "$before" | grep -v '^#' | sed 's/\[[0-9]*:[0-9]*\]//')"
is "... and is in the history itself" "$(post history | grep -c rollback:)" 1
now=$(plain)
run post rollback
matches "a rollback is not undone by another" "$rc $err" "1 postern: the last change has been taken back already (rollback)*"
is "... which changes nothing" "$(plain)" "$now"

echo '*filter
-A INPUT -p tcp --dport nosuchport -j ACCEPT
COMMIT' >"$TMP/bad"
before=$(plain)
run post apply "$TMP/v6" "$TMP/bad"
is "a file with an error changes nothing, in no family" "$rc $(plain)" "2 $before"
matches "... and says where" "$err" "postern: $TMP/bad:2: *nosuchport*"
run post apply "$TMP/nothere"
matches "a file that is not there" "$rc $err" "4 postern: cannot *nothere*"
echo hello >"$TMP/hello"
run post apply "$TMP/hello"
is "a file without rules" "$rc $(plain)" "1 $before"

# ------------------------------------------------------------------ confirm

start_from
before=$(plain)
run post apply -q --confirm 30s "$TMP/v4"
is "apply --confirm tells what to do" "$rc $out" "0 \`postern confirm' within 30 seconds, or the old rules come back."
is "... two watch" "$(watchers | wc -w)" 2
is "... in sessions of their own, without a terminal" \
	"$(ps -o sid=,tty= $(watchers) | awk '{ print $2 }' | sort -u; ps -o sid=,pid= $(watchers) | awk '$1 != $2')" "?"
run post apply "$TMP/v6"
matches "no second change meanwhile" "$rc $err" "1 postern: another change waits*"
run post confirm
matches "confirm" "$rc $out" "0 confirmed: *"
is "... the new rules stay" "$(ref iptables -S INPUT | head -n 1)" "-P INPUT DROP"
is "... the watchers go" "$(wait_for 5 gone; watchers)" ""
is "... nothing waits" "$(ls -d /var/lib/postern/pending 2>/dev/null)" ""
run post confirm
matches "nothing waits for a confirmation" "$rc $err" "1 postern: nothing waits for a confirmation"

comes_back() {
	# shellcheck disable=SC2016 # for the inner shell
	wait_for "$1" sh -c '[ "$("$0" iptables -S INPUT | head -n 1)" = "-P INPUT ACCEPT" ]' "$REFERENCE" ||
		fail "$2: the old rules come back" "$(plain)"
	is "$2: exactly" "$(plain)" "$before"
}
start_from
post apply -q --confirm 2s "$TMP/v4" "$TMP/v6" >/dev/null
comes_back 6 "not confirmed"
is "... the watchers go" "$(wait_for 5 gone; watchers)" ""
is "... it is in the history" "$(post history | grep -c 'not confirmed')" 1
run post rollback
is "... and no rollback brings it back by mistake" "$rc $(plain)" "1 $before"

start_from
post apply -q --confirm 3s "$TMP/v4" >/dev/null
set -- $(watchers)
kill -9 "$1"
comes_back 7 "first watcher killed"
start_from
post apply -q --confirm 3s "$TMP/v4" >/dev/null
set -- $(watchers)
kill -9 "$2"
killed=$2
# Dying takes a moment, too.
two() { set -- $(watchers); [ $# = 2 ] && [ "$1" != "$killed" ] && [ "$2" != "$killed" ]; }
wait_for 2 two
is "a watcher that was killed is replaced" "$(watchers | wc -w)" 2
set -- $(watchers)
kill -9 "$1"
comes_back 7 "both killed one after the other"

start_from
post apply -q --confirm 600s "$TMP/v4" >/dev/null
kill_watchers
run post list
matches "both killed at once: the next call says so" "$rc $err" \
	"0 postern: a change was not confirmed, and nobody watched over it any more: the old rules are back*"
is "... and the old rules are back" "$(plain)" "$before"
start_from
post apply -q --confirm 600s "$TMP/v4" >/dev/null
kill_watchers
run ipt -A FORWARD -j ACCEPT
is "both killed: a call by a script is silent" "$rc $out$err" "0 "
is "... the old rules are back before it" "$(ref iptables -S INPUT | head -n 1; ref iptables -S FORWARD)" "-P INPUT ACCEPT
-P FORWARD ACCEPT
-A FORWARD -j ACCEPT"
start_from
post apply -q --confirm 600s "$TMP/v4" >/dev/null
kill_watchers
run post confirm
is "both killed, but confirmed in time: it stays" "$rc $(ref iptables -S INPUT | head -n 1)" "0 -P INPUT DROP"

start_from
post apply -q --confirm 600s "$TMP/v4" >/dev/null
kill -TERM $(watchers)
comes_back 5 "watchers told to end"
start_from
post apply -q --confirm 600s "$TMP/v4" >/dev/null
kill -HUP $(watchers); kill -INT $(watchers)
run post rollback
matches "rollback of what waits" "$rc $out" "0 rolled back: *"
is "... the old rules are back" "$(plain)" "$before"

# What other programs do meanwhile is not lost without a word; what nobody has words for is not lost.
start_from
must ipt -N bans
must ipt -A bans -j RETURN
post apply -q --confirm 600s "$TMP/v6" >/dev/null
must ipt -I bans -s 203.0.113.9 -j DROP
must ipt -N docker
must ipt -A FORWARD -j docker
must nft add rule ip filter INPUT ip saddr . tcp dport '{ 192.0.2.7 . 25 }' accept
run post rollback
is "rollback says what of others' went with it" "$rc $err" "0 postern: these went with it, though none of the changes taken back
made them; to have them again:
  iptables -N docker
  iptables -I FORWARD -j docker
  iptables -I bans -s 203.0.113.9/32 -j DROP"
echo "$err" | sed -n 's/^  //p' >"$TMP/again"
while read -r line; do
	# shellcheck disable=SC2086 # a command line
	PATH="$BIN:$PATH" must $line
done <"$TMP/again"
is "... in commands that bring it back" "$(ref iptables -S FORWARD; ref iptables -S bans)" "-P FORWARD ACCEPT
-A FORWARD -j docker
-N bans
-A bans -s 203.0.113.9/32 -j DROP
-A bans -j RETURN"
matches "... and leaves a rule that only nft can say" "$(nft list chain ip filter INPUT)" "*192.0.2.7 . 25 } accept*"
must post apply -q "$TMP/v6"
run post rollback
lacks "... nothing to say where nobody did anything" "$err" "*went with it*"
matches "... the rule of nft stays" "$(nft list chain ip filter INPUT)" "*192.0.2.7 . 25 } accept*"

# The terminal and the session die with all that is in them.
start_from
if command -v script >/dev/null; then
	setsid script -qec "$BIN/postern apply -q --confirm 2s $TMP/v4 && kill -9 -- -0; kill -9 \$PPID" /dev/null \
		>/dev/null 2>&1 </dev/null
	is "session killed: new rules for now" "$(ref iptables -S INPUT | head -n 1)" "-P INPUT DROP"
	comes_back 6 "session killed"
else
	skip "session killed" "no script(1) here"
fi

# Another boot: a reboot ends what was not confirmed.
start_from
post apply -q --confirm 600s "$TMP/v4" >/dev/null
kill_watchers
uuid=$(cat /proc/sys/kernel/random/uuid)
echo "$uuid" >"$TMP/boot"
must mount --bind "$TMP/boot" /proc/sys/kernel/random/boot_id
must ref iptables -F; must ref iptables -P INPUT ACCEPT
run post list
matches "after a reboot: it says so" "$rc $err" "0 postern: a change was not confirmed before the machine went down*"
is "... and touches nothing" "$(ref iptables -S INPUT)" "-P INPUT ACCEPT"
umount /proc/sys/kernel/random/boot_id

# ------------------------------------------------------------------ try and iptables-apply

start_from
run post try --confirm 30 iptables -P INPUT DROP
matches "try" "$rc $out" "0 *! policy ACCEPT -> DROP*postern confirm*30 seconds*"
run post rollback
is "... rolled back" "$(plain)" "$before"
run post try iptables -A INPUT -j NOSUCH
is "try of what fails: nothing waits" "$rc $(ls /var/lib/postern/pending 2>/dev/null)" "2 "
is "... nothing changed" "$(plain)" "$before"
run post try iptables -S
is "try of a listing: nothing waits" "$rc $(ls /var/lib/postern/pending 2>/dev/null)" "0 "

apply4() { "$BIN/iptables-apply" "$@"; }
feed y apply4 -t 5 "$TMP/v4"
matches "iptables-apply, y" "$rc $out" "0 Applying new iptables rules from '$TMP/v4'... done.*Can you establish NEW connections to the machine? (y/N)*... then my job is done. See you next time."
is "... stays" "$(ref iptables -S INPUT | head -n 1)" "-P INPUT DROP"
start_from
feed n apply4 -t 5 "$TMP/v4"
matches "iptables-apply, n" "$rc $out" "255 *Reverting to old iptables rules... done."
is "... goes back" "$(plain)" "$before"
sleep 3 | apply4 --timeout 1 "$TMP/v4" >"$TMP/out"
is "iptables-apply, no answer: goes back" "$(plain)" "$before"
matches "... and says so" "$(cat "$TMP/out")" "*Timeout!*"
feed y apply4 -w "$TMP/saved" -t 5 "$TMP/v4"
is "iptables-apply -w: the rules are written" "$rc $(grep -c -- '--dport 80' "$TMP/saved")" "0 2"
printf '#!/bin/sh\n%s/iptables -A FORWARD -j DROP\n' "$BIN" >"$TMP/cmd"
chmod +x "$TMP/cmd"
feed y apply4 -t 5 -c "$TMP/cmd"
is "iptables-apply -c" "$rc $(ref iptables -S FORWARD | tail -n 1)" "0 -A FORWARD -j DROP"
run apply4 -t nan "$TMP/v4"
is "iptables-apply: bad timeout" "$rc $err" "1 Error: timeout must be a positive number"
run apply4 "$TMP/nothere"
is "iptables-apply: no file" "$rc" 2
feed y "$BIN/ip6tables-apply" -t 5 "$TMP/v6"
is "ip6tables-apply" "$rc $(ref ip6tables -S INPUT | head -n 1)" "0 -P INPUT DROP"

# ------------------------------------------------------------------ bounds

start_from
for i in $(seq 70); do
	echo "*filter
-A INPUT -s 10.0.0.$i
COMMIT" >"$TMP/n"
	post apply -q "$TMP/n" || echo failed
done
is "the history is bounded, the oldest go" "$(find /var/lib/postern/history -name '[1-9]*' | wc -l) $(post history | awk '/^ *[0-9]+  20/ { print $1 }' | sed -n '1p;$p' | tr '\n' ' ')" "64 70 7 "
run post rollback 20
is "rollback N: as before change N" "$(ref iptables -S INPUT | tail -n 1)" "-A INPUT -s 10.0.0.19/32"
run post rollback 3
matches "rollback of a change that is forgotten" "$rc $err" "1 postern: the history has no change 3"
printf x >>/var/lib/postern/history/50
run post rollback 50
matches "a damaged entry is none" "$rc $err" "4 postern: */history/50 is damaged"

wait_for 5 gone
finish
