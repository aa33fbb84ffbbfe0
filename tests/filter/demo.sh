#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo where namespaces are forbidden: rules in files, judged by the engine. It says why, shows the
# same story, and ends badly when a packet does not go as the rules say. (The demo with two hosts is a
# step of .ci/run of its own.)
OUTSIDE=1
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
demo=$TESTS/../demo/smtp.sh
# The test itself may be in namespaces (tests/run.sh); the demo has to find out by itself.
unset POSTERN_INSIDE

story() {
	matches "$1: what is said" "$rc $out" "0 *no two hosts*$2*"
	is "$1: six times a connection, three of them answered" \
		"$(printf '%s\n' "$out" | sed -n 's/^  from [^)]*)  *//p' | tr '\n' ',')" \
		"$(printf '%s' 'Y,Y,Y,N,N,N,Y,N,' | sed 's/Y/passes, the mail server answers/g; s/N/is dropped, there is no answer/g')"
	matches "$1: listings and saved rules with counters" "$out" \
		"*1        1    40 ACCEPT *2        1    40 DROP *\[1:40\] -A INPUT -s 192.0.2.25/32 *1        2    80 DROP *2        0     0 ACCEPT *"
	matches "$1: why the order fails" "$out" "*DROPPED by rule 1 of INPUT*rule 2 of INPUT*would have accepted it*"
}

# What no user may have: a user namespace that allows no further ones, or no network namespaces in it.
here=$TMP/sandbox
cat >"$here" <<'END'
echo 1 >/proc/sys/user/max_user_namespaces && exec unshare --user "$@"
END
run unshare --user --map-root-user sh "$here" true
if [ "$rc" = 0 ]; then
	run unshare --user --map-root-user sh "$here" sh "$demo"
	story "not root" "not root, and user namespaces are forbidden here"
else
	skip "not root" "user namespaces are forbidden here already"
fi
echo 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' >"$here"
run unshare --user --map-root-user sh "$here" true
if [ "$rc" = 0 ]; then
	run unshare --user --map-root-user sh "$here" sh "$demo"
	story "root" "root, but namespaces are forbidden here"
else
	skip "root" "user namespaces are forbidden here"
fi
mkdir "$TMP/none"
run env POSTERN_DEMO=store TMPDIR="$TMP/none" sh "$demo"
story "asked for" "namespaces are forbidden here"
is "nothing stays behind" "$(ls "$TMP/none")" ''

# An iptables that does nothing: the connections do not go as the rules say.
mkdir "$TMP/bin"
ln -s "$(cd "$BIN" && pwd)/postern" "$TMP/bin/postern"
for name in iptables iptables-save iptables-restore; do
	printf '#!/bin/sh\nexit 0\n' >"$TMP/bin/$name"
	chmod +x "$TMP/bin/$name"
done
run env POSTERN_DEMO=store BIN="$TMP/bin" sh "$demo"
matches "a firewall that does nothing is noticed" "$rc $out" "1 *<-- not what the rules say*"
finish
