#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo: the mail example, the right way and the wrong way. `./run demo` builds first. On two hosts
# in network namespaces of our own (tests/inside, kernel.sh), with real connections; where these are
# forbidden, on rules in files, with packets for the engine (store.sh). Nothing outside changes, and
# nothing is left behind. Ends badly if a connection did not go as the rules say.
set -eu
root=$(cd "${0%/*}/.." && pwd)
programs=$(cd "${BIN:-$root/${BUILD:-build}/bin}" && pwd)

if [ -z "${COLOUR+set}" ]; then
	COLOUR=
	if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
		COLOUR=1
	fi
	export COLOUR
fi
# POSTERN_DEMO=store asks for the second stage; WHY says why it must be.
if [ -z "${POSTERN_INSIDE:-}" ] && [ "${POSTERN_DEMO:-}" != store ]; then
	export POSTERN_ELSE="$root/demo/smtp.sh" POSTERN_DEMO=store
	exec sh "$root/tests/inside" env POSTERN_DEMO= sh "$root/demo/smtp.sh"
fi

bold='' dim='' good='' bad='' off=''
if [ -n "$COLOUR" ]; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') good=$(printf '\033[32m')
	bad=$(printf '\033[31m') off=$(printf '\033[0m')
fi

server=192.0.2.1 partner=192.0.2.25 stranger=192.0.2.66
wrong=0 why=${WHY:-}

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

# A connection from ADDRESS to the mail server; EXPECT is answer or silence.
connect() {
	printf '  from %-10s  %-14s' "$1" "($2)"
	try_connection "$1"
	if [ "$seen" = answer ]; then
		printf '  %s%s%s' "$good" "$words" "$off"
	else
		printf '  %s%s%s' "$bad" "$words" "$off"
	fi
	if [ "$seen" != "$3" ]; then
		wrong=1
		printf '   <-- not what the rules say'
	fi
	printf '\n'
}

connections() {
	say "$connections_are" ""
	connect $partner 'the partner' "$1"
	connect $stranger 'anybody else' "$2"
}

# ------------------------------------------------------------------ the stage

rules=''
cleanup() {
	stage_remove
	[ -z "$rules" ] || rm -f "$rules"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

if [ "${POSTERN_DEMO:-}" != store ]; then
	# shellcheck source=kernel.sh
	. "$root/demo/kernel.sh"
	stage_make || { stage_remove; POSTERN_DEMO=store; }
fi
if [ "${POSTERN_DEMO:-}" = store ]; then
	# shellcheck source=store.sh
	. "$root/demo/store.sh"
	stage_make
fi

title "Postern: a firewall you can watch at work"
stage_say
say "" \
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
say "" "$counted" ""
rules=$(mktemp)
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
say "" "Rule 2 counted nothing. The order is the firewall, and Postern says so when asked:" ""
# shellcheck disable=SC2086 # two words, or none
mail postern explain $the_host -i eth0 -p tcp -s $partner -d $server --dport 25 || [ $? = 1 ]

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
title "$stage_end"
