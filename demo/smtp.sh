#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo: two hosts in network namespaces, the mail example, real connections. `./run demo` builds
# first. Everything happens in namespaces of our own (tests/inside): nothing outside changes, and
# nothing is left behind. Ends badly if a connection did not go as the rules say.
set -eu
root=$(cd "${0%/*}/.." && pwd)
programs=${BIN:-$root/${BUILD:-build}/bin}

if [ -z "${POSTERN_INSIDE:-}" ]; then
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
		COLOUR=1
	fi
	NO_SPACE="The demo was skipped (on a machine of your own, as root, it runs):"
	export NO_SPACE COLOUR="${COLOUR:-}"
	exec sh "$root/tests/inside" sh "$root/demo/smtp.sh"
fi

bold='' dim='' good='' bad='' off=''
if [ -n "${COLOUR:-}" ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') good=$(printf '\033[32m')
	bad=$(printf '\033[31m') off=$(printf '\033[0m')
fi

server=192.0.2.1 partner=192.0.2.25 stranger=192.0.2.66
mail=postern-demo-$$-mail world=postern-demo-$$-world
wrong=0

cleanup() {
	ip netns del "$mail" 2>/dev/null || true
	ip netns del "$world" 2>/dev/null || true
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# ------------------------------------------------------------------ how we talk

title() { printf '\n%s%s%s\n\n' "$bold" "$*" "$off"; }
say() { printf '%s\n' "$@"; }

# Types a command on the mail host, as you would, and shows what it prints.
# Our programs come first in the PATH there.
mail() {
	typed "$*"
	on_mail "$@"
}

typed() { printf '  %smail#%s %s%s%s\n' "$dim" "$off" "$bold" "$*" "$off"; }

on_mail() {
	ip netns exec "$mail" env PATH="$programs:$PATH" "$@"
}

# A connection from ADDRESS to the mail server; EXPECT is answer or silence.
connect() {
	printf '  from %-10s  %-14s' "$1" "($2)"
	if greeting=$(ip netns exec "$world" socat -u -T 3 \
		"TCP4:$server:25,bind=$1,connect-timeout=2" STDOUT 2>/dev/null); then
		seen=answer
		printf '  %s%s%s' "$good" "$greeting" "$off"
	else
		seen=silence
		printf '  %sno answer in 2 seconds%s' "$bad" "$off"
	fi
	if [ "$seen" != "$3" ]; then
		wrong=1
		printf '   <-- not what the rules say'
	fi
	printf '\n'
}

connections() {
	say "Real connections to tcp port 25:" ""
	connect $partner 'the partner' "$1"
	connect $stranger 'anybody else' "$2"
}

# ------------------------------------------------------------------ the two hosts

cleanup
ip netns add "$mail"
ip netns add "$world"
ip link add eth0 netns "$mail" type veth peer name eth0 netns "$world"
ip -n "$mail" addr add $server/24 dev eth0
ip -n "$world" addr add $partner/24 dev eth0
ip -n "$world" addr add $stranger/24 dev eth0
for host in "$mail" "$world"; do
	ip -n "$host" link set lo up
	ip -n "$host" link set eth0 up
done
ip netns exec "$mail" socat TCP4-LISTEN:25,reuseaddr,fork,max-children=8 \
	SYSTEM:'echo 220 mail.example.org ready' >/dev/null 2>&1 &
tries=100
until ip netns exec "$mail" ss -Hnlt 'sport = :25' | grep -q .; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || { say "the mail server did not start"; exit 1; }
	sleep 0.05
done

title "Postern: a firewall you can watch at work"
say "Two hosts, made of network namespaces, with a cable between them:" "" \
	"    world                                     mail" \
	"    $partner  the partner   ---- cable ----   $server  mail server, tcp 25" \
	"    $stranger  anybody else" "" \
	"The wish: only the partner may reach the mail server."

title "0. No rules yet"
connections answer answer

# ------------------------------------------------------------------ inserted

title "1. Close the port, then open it for one"
mail iptables -I INPUT -p tcp --dport 25 -j DROP
mail iptables -I INPUT -p tcp -s $partner --dport 25 -j ACCEPT
say "" "-I puts a rule at the head of the chain, so the second command lands above the" \
	"first. A packet takes the first rule that fits: the partner's finds ACCEPT." ""
connections answer silence
say ""
mail iptables -L -n -v --line-numbers
say "" "Rule 1 counted the partner's packets; rule 2 dropped the other's attempts to" \
	"connect. We keep these rules:" ""
rules=$(mktemp)
trap 'rm -f "$rules"; cleanup' EXIT
typed iptables-save -c -t filter
on_mail iptables-save -c -t filter | tee "$rules"

# ------------------------------------------------------------------ appended

title "2. The same two rules, appended in that order: it fails"
mail iptables -F INPUT
mail iptables -A INPUT -p tcp --dport 25 -j DROP
mail iptables -A INPUT -p tcp -s $partner --dport 25 -j ACCEPT
say "" "-A puts a rule at the end. DROP comes first now and decides everything; the" \
	"ACCEPT below it is never asked." ""
connections silence silence
say ""
mail iptables -L INPUT -n -v --line-numbers
say "" "Rule 2 counted nothing. The order is the firewall."

# ------------------------------------------------------------------ restored

title "3. Back to the rules we kept"
typed 'iptables-restore -c < rules'
on_mail iptables-restore -c <"$rules"
say ""
connections answer silence
say ""
mail iptables-save -t filter

if [ $wrong != 0 ]; then
	title "Something did not go as the rules say: see the marked lines above."
	exit 1
fi
title "That was all. Both hosts are gone again; this machine's own rules were not touched."
