#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ./run install and ./run uninstall, with a prefix, with DESTDIR, and in front of the distribution's
# iptables. Every folder of the system that is written to is a copy on a tmpfs in a mount namespace of
# our own: the machine keeps what it has.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
cd "$ROOT" || exit 1
[ -x "$BIN/postern" ] || skip_all "nothing is built"

tree() { (cd "$1" && find . | LC_ALL=C sort); }

# ------------------------------------------------------------------ a prefix

# With the build, too, as people type it; it has nothing to do here.
run ./run install --prefix "$TMP/p"
is "install --prefix" "$rc$err" 0
is "nothing of it has more rights than its caller" "$(find "$TMP/p" -perm /7000)" ''
is "a link for every name" "$(find "$TMP/p/sbin" -type l -exec basename {} \; | sort)" \
	"$(find "$BIN" -type l -exec basename {} \; | sort)"
wrong=
for link in "$TMP"/p/sbin/*; do
	case $("$link" -V </dev/null 2>&1) in
	*"v1.8.13 (nf_tables)") case $link in *legacy*) wrong="$wrong $link" ;; esac ;;
	*"v1.8.13 (legacy)") case $link in *legacy*) ;; *) wrong="$wrong $link" ;; esac ;;
	"ipchains 1.3.10, "*) [ "${link##*/}" = ipchains ] || wrong="$wrong $link" ;;
	# As the originals: they have no version.
	"Usage: ipmasqadm portfw "* | "ipmasqadm: unknown module"*) ;;
	"ipportfw: unknown option \`-V'"*) ;;
	"ipfwadm: option \`-V' needs an argument"*) ;;
	"ipchains-"*": unknown argument \`-V'"*) ;;
	*" -- a safer way to update iptables remotely") case $link in *-apply) ;; *) wrong="$wrong $link" ;; esac ;;
	*) [ "${link##*/}" = postern ] || wrong="$wrong $link" ;;
	esac
done
is "every name answers -V" "$wrong" ''
man=$TMP/p/share/man/man8
is "a manual page for every name" "$(find "$man" -name '*.8' -exec basename {} .8 \; | grep -v '^iptables-extensions$' | sort)" \
	"$(find "$TMP/p/sbin" -type f -o -type l | sed 's|.*/||' | sort)"
is "... and no link without its page" "$(find -L "$man" "$TMP/p/share/bash-completion" -type l)" ''
is "the page of the extensions" "$(grep -c '^.SS conntrack$' "$man/iptables-extensions.8")" 1
if command -v man >/dev/null; then
	matches "man finds them" "$(MANPATH=$TMP/p/share/man man -P cat ip6tables-legacy-restore 2>&1)" '*IPTABLES-RESTORE*--noflush*'
else
	skip "man finds them" "man is not installed"
fi
if command -v bash >/dev/null; then
	wrong=$(for file in "$TMP"/p/share/bash-completion/completions/*; do
		# shellcheck disable=SC2016 # for bash
		bash -c '. "$1" && complete -p "${1##*/}"' bash "$file" >/dev/null 2>&1 || echo "${file##*/}"
	done)
	is "bash's completion of each name, by its file" "$wrong" ''
else
	skip "bash's completion of each name, by its file" "bash is not installed"
fi
run ./run install --no-build --prefix "$TMP/p"
is "installing again" "$rc$err" 0
run ./run uninstall --prefix "$TMP/p"
is "uninstall" "$rc$err" 0
is "nothing is left" "$([ -e "$TMP/p" ] && tree "$TMP/p")" ''
run ./run uninstall --prefix "$TMP/p"
is "uninstalling nothing is an error" "$rc" 1

mkdir -p "$TMP/q/sbin" "$TMP/q/share"
echo theirs >"$TMP/q/sbin/iptables"
run ./run install --no-build --prefix "$TMP/q"
is "somebody else's program is not overwritten" "$rc $(cat "$TMP/q/sbin/iptables")" "1 theirs"
is "... and then nothing is installed" "$([ -e "$TMP/q/sbin/postern" ] && echo there)" ''
rm "$TMP/q/sbin/iptables"
touch "$TMP/q/sbin/other"
must ./run install --no-build --prefix "$TMP/q" >/dev/null
must ./run uninstall --prefix "$TMP/q" >/dev/null
is "uninstall leaves what was there before" "$(tree "$TMP/q" | tr '\n' ' ')" ". ./sbin ./sbin/other ./share "

DESTDIR=$TMP/d
export DESTDIR
run ./run install --no-build
is "DESTDIR" "$rc$err $(cd "$TMP/d" && ls usr/local/sbin/postern)" "0 usr/local/sbin/postern"
is "links are relative, so they survive the move" "$(readlink "$TMP/d/usr/local/sbin/iptables")" postern
run ./run install --no-build --system
is "--system does not go with DESTDIR" "$rc" 1
must ./run uninstall >/dev/null
is "DESTDIR: nothing is left" "$(find "$TMP/d" ! -type d)" ''
unset DESTDIR

# ------------------------------------------------------------------ in front of the distribution's

command -v update-alternatives >/dev/null || { skip "--system" "no update-alternatives"; finish; }

# copy FOLDER: puts a copy on a tmpfs in its place
copy() {
	mkdir "$TMP/copy" "$TMP/old"
	must mount -t tmpfs -o mode=755 tmpfs "$TMP/copy"
	[ -n "${2:-}" ] || cp -a "$1/." "$TMP/copy/" 2>/dev/null
	must mount --move "$TMP/copy" "$1"
	rmdir "$TMP/copy" "$TMP/old"
}
must mount --make-rprivate /
real_sbin=$(readlink -f /usr/sbin)
copy "$real_sbin"
[ "$(readlink -f /sbin)" = "$real_sbin" ] || copy "$(readlink -f /sbin)"
copy /etc/alternatives
copy /var/lib/dpkg/alternatives
copy /var/log empty
copy /usr/local empty

if [ ! -e /usr/sbin/iptables-nft ]; then
	skip "--system above the distribution's" "Debian's iptables is not installed"
	finish
fi
for family in iptables ip6tables; do
	must update-alternatives --quiet --auto $family
done
state() {
	find "$real_sbin" /etc/alternatives /var/lib/dpkg/alternatives -name '*ip*tables*' -type l \
		-printf '%p -> %l\n' | sort
	for state_family in iptables ip6tables; do
		update-alternatives --query $state_family
	done
}
before=$(state)
is "before: the distribution's" "$(readlink -f /sbin/iptables)" "$(readlink -f /usr/sbin/iptables-nft)"

run ./run install --no-build --system
is "install --system" "$rc$err" 0
for family in iptables ip6tables; do
	for name in $family $family-save $family-restore; do
		for path in /sbin/$name /usr/sbin/$name; do
			is "$path is ours" "$("$path" -V </dev/null)" "$name v1.8.13 (nf_tables)"
		done
	done
done
must ref iptables -A INPUT -s 192.0.2.1 -j DROP
must ref iptables -A FORWARD -s 192.0.2.2 -j DROP
# The article's words, literally.
quiet "/sbin/iptables -F INPUT, typed literally" /sbin/iptables -F INPUT
is "... did it" "$(ref iptables -S | grep -e -A)" "-A FORWARD -s 192.0.2.2/32 -j DROP"
is "automatic choice, above the distribution's" "$(update-alternatives --query iptables | sed -n 's/^Status: //p; s/^Value: //p' | tr '\n' ' ')" \
	"auto /usr/local/sbin/iptables "
run ./run install --no-build --system
is "again" "$rc$err" 0
run ./run uninstall
is "uninstall" "$rc$err" 0
is "everything is as it was" "$(state)" "$before"
is "... and /usr/local is empty" "$(find /usr/local ! -type d)" ''

# A choice made by hand is respected when we go.
must update-alternatives --quiet --set iptables /usr/sbin/iptables-legacy
before=$(state)
must ./run install --no-build --system >/dev/null
is "above a choice made by hand, too" "$(readlink -f /sbin/iptables)" /usr/local/sbin/postern
must ./run install --no-build --system >/dev/null
must ./run uninstall >/dev/null
is "... which comes back" "$(state)" "$before"

# A machine without the distribution's iptables.
for family in iptables ip6tables; do
	must update-alternatives --quiet --remove-all $family
done
rm -f "$real_sbin"/*ip*tables* "$real_sbin"/xtables-*
run ./run install --no-build --system
is "--system without the distribution's iptables" "$rc$err" 0
is "/sbin/iptables is there" "$(/sbin/iptables -V)" "iptables v1.8.13 (nf_tables)"
must ./run uninstall >/dev/null
is "... and gone again" "$(find "$real_sbin" /etc/alternatives -name '*ip*tables*')" ''
finish
