# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # names that smtp.sh reads, and gives
# The demo's stage where namespaces are allowed: two of them as hosts, the kernel's own filter, real
# connections. Sourced by smtp.sh, whose `programs', addresses and colours it uses.

mail=postern-demo-$$-mail world=postern-demo-$$-world

stage_remove() {
	ip netns del "$mail" 2>/dev/null || true
	ip netns del "$world" 2>/dev/null || true
}

# False: this kernel has not what the hosts are made of; $why says what.
stage_make() {
	stage_remove
	why="ip netns does not work here"
	ip netns add "$mail" 2>/dev/null || return 1
	ip netns add "$world" 2>/dev/null || return 1
	why="this kernel has no veth devices"
	ip link add eth0 netns "$mail" type veth peer name eth0 netns "$world" 2>/dev/null || return 1
	why="this kernel has no nf_tables, or no rights to it"
	on_mail iptables -S >/dev/null 2>&1 || return 1
	ip -n "$mail" addr add "$server/24" dev eth0
	ip -n "$world" addr add "$partner/24" dev eth0
	ip -n "$world" addr add "$stranger/24" dev eth0
	for host in "$mail" "$world"; do
		ip -n "$host" link set lo up
		ip -n "$host" link set eth0 up
	done
	ip netns exec "$mail" socat TCP4-LISTEN:25,reuseaddr,fork,max-children=8 \
		SYSTEM:'echo 220 mail.example.org ready' >/dev/null 2>&1 &
	tries=100
	until ip netns exec "$mail" ss -Hnlt 'sport = :25' | grep -q .; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "the mail server did not start"; exit 1; }
		sleep 0.05
	done
}

stage_say() {
	say "Two hosts, made of network namespaces, with a cable between them:"
}

# Words of `postern explain' that say what host it is: none, it is this one.
the_host=

on_mail() {
	ip netns exec "$mail" env PATH="$programs:$PATH" "$@"
}

connections_are="Real connections to tcp port 25:"

# A connection from ADDRESS to the mail server: `seen' is answer or silence, `words' say it.
try_connection() {
	if words=$(ip netns exec "$world" socat -u -T 3 \
		"TCP4:$server:25,bind=$1,connect-timeout=2" STDOUT 2>/dev/null); then
		seen=answer
	else
		seen=silence words="no answer in 2 seconds"
	fi
}

counted="Rule 1 counted the partner's packets; rule 2 dropped the other's attempts to
connect. We keep these rules:"
stage_end="That was all. Both hosts are gone again; this machine's own rules were not touched."
