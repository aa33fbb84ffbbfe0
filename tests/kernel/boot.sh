#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that live again: save, start, stop, restart, status, panic; damaged files, files a kernel
# refuses, death at any write; the SysV script. /etc and /var/lib are copies in a mount namespace.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"

mount -t tmpfs tmpfs /var/lib || skip_all "no tmpfs here"
mkdir "$TMP/etc" "$TMP/etc/init.d" && cp -a /etc/passwd /etc/group /etc/hosts /etc/protocols "$TMP/etc" 2>/dev/null
mount --bind "$TMP/etc" /etc

post() { "$BIN/postern" "$@"; }
rules() { { ref iptables-save; ref ip6tables-save; } | grep -v '^#' | sed 's/\[[0-9]*:[0-9]*\]//'; }
open_rules() {
	for family in iptables ip6tables; do
		for table in filter nat mangle raw; do
			printf '*%s\nCOMMIT\n' $table
		done | must ref $family-restore
	done
}

# ------------------------------------------------------------------ nothing is saved

is "status of an open machine" "$(post status; echo "rc $?")" "IPv4: open, every packet passes
IPv6: open, every packet passes
saved: nothing; the next boot is open (\`postern save')
rc 3"

# ------------------------------------------------------------------ the article's example

must ipt -P INPUT DROP
must ipt -A INPUT -i lo -j ACCEPT
must ipt -A INPUT -p tcp --dport 25 -s 203.0.113.9 -j ACCEPT
must ipt -A INPUT -p tcp --dport 25 -j DROP
must ipt -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
must ipt6 -A INPUT -p tcp --dport 25 -j REJECT
sets=
if command -v ipset >/dev/null && ipset create bans hash:ip 2>/dev/null; then
	sets=yes
	must ipset add bans 198.51.100.1
	must ipt -A INPUT -m set --match-set bans src -j DROP
fi
was=$(rules)
run post save
result 0 "saved: /etc/iptables/rules.v4, /etc/iptables/rules.v6" '' "save"
is "only root reads the files" "$(stat -c %a /etc/iptables/* | sort -u)" 600
private() {
	find /var/lib/postern /run/postern \( -type f ! -perm 600 -o -type d ! -perm 700 -o ! -user root \) -print
}
is "... nor anything else that is kept" "$(private)" ""
matches "status knows that all is saved" "$(post status)" "*saved: what is in force"
run ref iptables-restore --test /etc/iptables/rules.v4
is "the distribution's program reads them, too" "$rc$err" 0

run post stop
matches "stop says how to go back" "$rc $out" "0 stopped: every packet passes.*"
is "stopped: everything passes" "$(ipt -S; ipt6 -S; ipt -t nat -S PREROUTING)" "-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-P INPUT ACCEPT
-P FORWARD ACCEPT
-P OUTPUT ACCEPT
-P PREROUTING ACCEPT"
post status >/dev/null
is "status of a stopped one" $? 3
[ -z "$sets" ] || must ipset destroy bans
quiet "start" post start
is "every rule of both families is back" "$(rules)" "$was"
[ -z "$sets" ] || is "... and the set with its member" "$(ipset list bans | tail -n 1)" 198.51.100.1

# A namespace that never saw them, as after a boot.
open_rules
[ -z "$sets" ] || { ipt -F; must ipset destroy bans; }
rm -rf /run/postern
quiet "the boot's start" post start
is "... the same rules" "$(rules)" "$was"
must ipt -A INPUT -s 192.0.2.1 -j ACCEPT
quiet "restart drops what was not saved" post restart
is "... the same rules again" "$(rules)" "$was"

# ------------------------------------------------------------------ files that cannot be loaded

good=$(cat /etc/iptables/rules.v4)
echo garbage >/etc/iptables/rules.v4
open_rules
run post start
matches "a damaged file: the last good copy, loudly" "$rc $err" "1 *rules.v4, line 1: *last good copy*"
is "... is what it was" "$(rules)" "$was"
printf '%s\n' "$good" | sed 's/-i lo/-i lo -m quota2/' >/etc/iptables/rules.v4
open_rules
run post start
is "a match nobody knows: the last good copy" "$rc" 1
is "... is what it was, too" "$(rules)" "$was"
printf '%s\n' "$good" | head -c 100 >/etc/iptables/rules.v4
open_rules
run post start
matches "a torn file: the last good copy" "$rc $err" "1 *rules.v4 is damaged: it ends after 100 of*last good copy*"
is "... is what it was, again" "$(rules)" "$was"
printf '%s\n\0\0' "$good" >/etc/iptables/rules.v4
run post restart
matches "a file with NULs: the last good copy" "$rc $err" "1 *rules.v4 is damaged: it holds NULs*last good copy*"
mv /etc/iptables/rules.v6 "$TMP/v6"
printf '%s\n' "$good" >/etc/iptables/rules.v4
run post restart
matches "a file that is gone: the last good copy" "$rc $err" "1 *rules.v6 was saved, and is gone*last good copy*"
is "... both families" "$(rules)" "$was"
mv "$TMP/v6" /etc/iptables/rules.v6
# A valid file that the kernel refuses: a rule where its target does not work.
printf '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j MASQUERADE\nCOMMIT\n' >/etc/iptables/rules.v4
open_rules
run post start
is "a file that this kernel refuses: the last good copy" "$rc $(rules | cksum)" "1 $(printf '%s\n' "$was" | cksum)"
# And no copy either: nobody but SSH, never an open machine.
rm -f /var/lib/postern/saved*
open_rules
run post start
is "nothing good at all: not open" "$rc $(ipt -S INPUT 1 2>/dev/null; ipt -S | head -n 1)" \
	"1 $(ipt -S INPUT 1)
-P INPUT DROP"
matches "... but for SSH" "$(ipt -S)" "*--dport*22*ACCEPT*"
matches "... in both families" "$(ipt6 -S)" "-P INPUT DROP*--dport 22*ACCEPT*"
matches "... and said loudly" "$err" "*NO SAVED RULES COULD BE LOADED: everything is dropped but SSH*"
printf '%s\n' "$good" >/etc/iptables/rules.v4
quiet "the right file again" post restart
is "... as it was" "$(rules)" "$was"

# Where SSH really listens, and where it did when the rules were saved.
if command -v dropbear >/dev/null && dropbearkey -t ed25519 -f "$TMP/key" >/dev/null 2>&1; then
	dropbear -F -r "$TMP/key" -P "$TMP/pid" -p 2222 2>/dev/null &
	server=$!
	listening() { ss -Hnlt 'sport = :2222' | grep -q .; }
	wait_for 5 listening
	cp -a /var/lib/postern "$TMP/kept"
	echo garbage >/etc/iptables/rules.v4
	rm -f /var/lib/postern/saved*
	open_rules
	post start 2>/dev/null
	matches "nothing good: the port where SSH listens stays open" "$(ipt -S)" "*-p tcp -m tcp --dport 2222 -j ACCEPT*"
	rm -rf /var/lib/postern && cp -a "$TMP/kept" /var/lib/postern
	printf '%s\n' "$good" >/etc/iptables/rules.v4
	must post restart
	stop $server
else
	skip "nothing good: the port where SSH listens stays open" "dropbear is not installed"
fi

# ------------------------------------------------------------------ what waits for a confirmation

printf '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n' >"$TMP/open"
post apply -q --confirm 600s "$TMP/open" >/dev/null
run post save
matches "nothing is saved while a change waits" "$rc $err" "1 postern: a change waits for its confirmation*"
run post restart
matches "restart ends what waits" "$rc $err" "0 postern: the change that waited for its confirmation is over: postern apply*"
is "... with the saved rules" "$(rules)" "$was"
is "... and nothing waits any more" "$(ls /var/lib/postern/pending 2>/dev/null)" ""

# ------------------------------------------------------------------ who else loads rules

mkdir -p /etc/ufw /etc/systemd/system/multi-user.target.wants
echo ENABLED=no >/etc/ufw/ufw.conf
lacks "a ufw that is off is none" "$(post status)" "*ufw*"
echo ENABLED=yes >/etc/ufw/ufw.conf
for unit in firewalld netfilter-persistent; do
	ln -s /lib/systemd/system/$unit.service /etc/systemd/system/multi-user.target.wants/
done
out=$(post status)
for name in ufw firewalld netfilter-persistent; do
	matches "status: $name is enabled, too" "$out" "*warning: $name is enabled too*"
done
run post start
is "start says it, too" "$rc $(printf '%s\n' "$err" | grep -c 'is enabled too')" "0 3"
is "... in 80 columns" "$( (printf '%s\n' "$err"; post status) | awk 'length > 80')" ""
rm -r /etc/ufw /etc/systemd/system/multi-user.target.wants

# ------------------------------------------------------------------ panic

run post panic
is "panic" "$rc" 0
is "panic: policies of both families" "$(for family in ipt ipt6; do $family -S | grep '^-P'; done | sort -u)" \
	"-P FORWARD DROP
-P INPUT DROP
-P OUTPUT DROP"
quiet "restart ends it" post restart
is "... as it was before" "$(rules)" "$was"
is "the history has all of it" "$(post history | grep -c 'panic: postern panic')" 1

# ------------------------------------------------------------------ death at every system call

# The files are the old ones or the new ones, whenever a save is killed.
if command -v strace >/dev/null && strace -o "$TMP/trace" -f true 2>/dev/null; then
	must post save
	old=$(cat /etc/iptables/rules.v4 /etc/iptables/rules.v6 | grep -v '^#' | cksum)
	must ipt -A INPUT -s 192.0.2.7 -j ACCEPT
	kinds=openat,write,rename,renameat,renameat2,fsync,unlink,unlinkat
	[ -z "${NIGHTLY:-}" ] || kinds=all
	strace -f -o "$TMP/trace" -e trace=$kinds "$BIN/postern" save >/dev/null
	calls=$(wc -l <"$TMP/trace")
	must post save
	new=$(cat /etc/iptables/rules.v4 /etc/iptables/rules.v6 | grep -v '^#' | cksum)
	must ipt -D INPUT -s 192.0.2.7 -j ACCEPT
	step=3
	[ -z "${NIGHTLY:-}" ] || step=1
	n=1 half=
	while [ $n -le "$calls" ]; do
		must post save
		ipt -A INPUT -s 192.0.2.7 -j ACCEPT
		strace -f -o /dev/null \
			-e inject=$kinds:signal=KILL:when=$n \
			"$BIN/postern" save >/dev/null 2>&1
		# The next boot, whatever it finds.
		ipt -D INPUT -s 192.0.2.7 -j ACCEPT
		post start >"$TMP/start" 2>&1 || half="$half $n($(cat "$TMP/start"))"
		case $(cat /etc/iptables/rules.v4 /etc/iptables/rules.v6 | grep -v '^#' | cksum) in
		"$old" | "$new") ;;
		*) half="$half $n" ;;
		esac
		ipt -D INPUT -s 192.0.2.7 -j ACCEPT 2>/dev/null
		n=$((n + step))
	done
	is "killed at $((calls / step)) of $calls system calls: the old files or the new ones" "$half" ''
else
	skip "killed at system calls" "strace does not work here"
fi

# ------------------------------------------------------------------ another machine, as it were

# The namespace is thrown away; in a new one, whose first process is in it, the unit's own command.
must ipt -F; must ipt -P INPUT ACCEPT; must ipt -t nat -F
must ipt -A INPUT -p tcp --dport 25 -s 203.0.113.9 -j ACCEPT
must ipt -A INPUT -p tcp --dport 25 -j DROP
[ -z "$sets" ] || must ipt -A INPUT -m set --match-set bans src -j DROP
must post save
was=$(rules)
command=$(sed -n "s|^ExecStart=@SBIN@|$BIN|p" "$ROOT/dist/postern.service.in")
cat >"$TMP/boot.sh" <<'END'
ip link set lo up
for one in 203.0.113.9 203.0.113.10; do ip addr add $one/32 dev lo; done
$1 || exit
{ $2 iptables-save; $2 ip6tables-save; } | grep -v '^#' | sed 's/\[[0-9]*:[0-9]*\]//' >"$3/rules"
ipset list bans 2>/dev/null | tail -n 1 >"$3/set"
socat TCP-LISTEN:25,fork,reuseaddr OPEN:/dev/null & server=$!
for i in 1 2 3 4 5 6 7 8 9; do ss -Hnlt 'sport = :25' | grep -q . && break; sleep 0.1; done
socat -u OPEN:/dev/null TCP:127.0.0.1:25,bind=203.0.113.9,connect-timeout=2 && echo in
socat -u OPEN:/dev/null TCP:127.0.0.1:25,bind=203.0.113.10,connect-timeout=1 2>/dev/null || echo out
kill $server
END
run unshare --net --pid --fork --mount-proc sh "$TMP/boot.sh" "$command" "$REFERENCE" "$TMP"
is "a new machine: the unit's command, and the article's example works" "$rc $out$err" "0 in
out"
is "... every rule and policy" "$(cat "$TMP/rules")" "$was"
[ -z "$sets" ] || is "... and the set" "$(cat "$TMP/set")" 198.51.100.1

# ------------------------------------------------------------------ service iptables ...

sed "s|@SBIN@|$BIN|" "$ROOT/dist/iptables.init.in" >/etc/init.d/iptables && chmod 755 /etc/init.d/iptables
service() { if command -v service >/dev/null; then command service "$@"; else "/etc/init.d/$1" "$2"; fi; }
must ipt -F INPUT
must ipt -A INPUT -p tcp --dport 22 -j ACCEPT
run service iptables save
is "service iptables save" "$rc" 0
run service iptables stop
is "service iptables stop" "$rc $(ipt -S | grep -c '^-A')" "0 0"
run service iptables status
is "service iptables status: stopped" "$rc" 3
run service iptables start
is "service iptables start" "$rc $(ipt -S INPUT | tail -n 1)" "0 -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
run service iptables restart
is "service iptables restart" "$rc $(ipt -S INPUT | tail -n 1)" "0 -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
run service iptables status
is "service iptables status" "$rc" 0
run service iptables nonsense
is "service iptables nonsense" "$rc" 2

# ------------------------------------------------------------------ the unit

if command -v systemd-analyze >/dev/null; then
	mkdir "$TMP/unit" && sed "s|@SBIN@|$BIN|" "$ROOT/dist/postern.service.in" >"$TMP/unit/postern.service"
	is "systemd has nothing to complain about the unit" \
		"$(systemd-analyze verify --man=no "$TMP/unit/postern.service" 2>&1 | grep postern)" ''
	# Root, netlink and CAP_NET_ADMIN are what it is about; everything else is closed.
	if systemd-analyze security --help 2>/dev/null | grep -q -e --threshold; then
		run systemd-analyze security --offline=yes --threshold=22 --no-pager "$TMP/unit/postern.service"
		is "... and finds it closed but for what it needs" "$rc" 0
	else
		skip "systemd-analyze security" "this version cannot look at a file"
	fi
	# What it calls, the filter lets through.
	set_of() {
		for set_name in "$@"; do
			systemd-analyze syscall-filter "$set_name" | sed 's/^ *//' | grep -v '^#' | grep -v "^$set_name\$" |
				while read -r call; do
					case $call in @*) set_of "$call" ;; *) echo "$call" ;; esac
				done
		done
	}
	set_of @system-service | sort -u >"$TMP/let"
	set_of @resources @privileged | sort -u >"$TMP/not"
	if strace -o /dev/null true 2>/dev/null; then
		for word in start restart stop; do strace -f -qq -o "$TMP/trace.$word" "$BIN/postern" $word >/dev/null; done
		sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$TMP"/trace.* | sort -u >"$TMP/called"
		# The C library asks for its limits, and can do without an answer.
		is "the unit's filter lets through what is called" \
			"$(comm -23 "$TMP/let" "$TMP/not" | comm -13 - "$TMP/called" | grep -v '^prlimit64$')" ""
	else
		skip "the unit's filter lets through what is called" "strace does not work here"
	fi
else
	skip "the unit" "systemd-analyze is not installed"
fi
if command -v setpriv >/dev/null; then
	quiet "the unit's two capabilities are enough" setpriv --bounding-set -all,+net_admin,+net_raw \
		--inh-caps -all,+net_admin,+net_raw "$BIN/postern" restart
else
	skip "the unit's two capabilities are enough" "no setpriv here"
fi
finish
