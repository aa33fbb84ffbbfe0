#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# FTP through a firewall that lets in nothing but port 21 and what the helper expects, given by
# `CT --helper ftp`: active and passive. Without the helper both must fail, or the test proves nothing.
# shellcheck source=../lib.sh
. "${0%/*}/../lib.sh"
need ss
/usr/bin/python3 -c 'import pyftpdlib' 2>/dev/null || skip_all "python3-pyftpdlib is not installed"

# client ---- firewall ---- server
host client fire server
cable client eth0 fire left
cable fire right server eth0
address client eth0 10.3.0.2/24 fd03::2/64
address fire left 10.3.0.1/24 fd03::1/64
address fire right 10.4.0.1/24 fd04::1/64
address server eth0 10.4.0.2/24 fd04::2/64
on client ip route add default via 10.3.0.1
on server ip route add default via 10.4.0.1
on client ip -6 route add default via fd03::1
on server ip -6 route add default via fd04::1
setting fire net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

mkdir "$TMP/ftp"
echo "through the firewall" >"$TMP/ftp/file"
chmod 755 "$TMP" "$TMP/ftp"
cat >"$TMP/server.py" <<'END'
import sys, warnings
warnings.simplefilter("ignore")
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
handler = FTPHandler
handler.authorizer = DummyAuthorizer()
handler.authorizer.add_anonymous(sys.argv[2])
handler.permit_foreign_addresses = False
FTPServer((sys.argv[1], 21), handler).serve_forever(timeout=0.2)
END
cat >"$TMP/client.py" <<'END'
import ftplib, sys
ftp = ftplib.FTP(timeout=3)
try:
    ftp.connect(sys.argv[1], 21)
    ftp.login()
    ftp.set_pasv(sys.argv[2] == "passive")
    ftp.retrlines("RETR file", print)
except (OSError, EOFError, ftplib.Error) as e:
    print("failed")
END
get() { on client timeout 10 /usr/bin/python3 "$TMP/client.py" "$@" 2>&1; }

for address in 10.4.0.2 fd04::2; do
	start server /usr/bin/python3 "$TMP/server.py" $address "$TMP/ftp" >"$TMP/server.log" 2>&1
	server=$started
	wait_for 10 listens server 21 || { fail "the FTP server starts" "$(cat "$TMP/server.log")"; finish; }
	case $address in
	*:*) T=ipt6 S=IPv6 ;;
	*) T=ipt S=IPv4 ;;
	esac
	is "$S: without rules: passive works" "$(get $address passive)" "through the firewall"

	quiet "$S: nothing new but port 21" on fire $T -A FORWARD -p tcp --dport 21 -m conntrack --ctstate NEW -j ACCEPT
	must on fire $T -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
	must on fire $T -A FORWARD -m conntrack --ctstate RELATED -p tcp -j ACCEPT
	must on fire $T -P FORWARD DROP
	for mode in passive active; do
		is "$S: without the helper: $mode fails" "$(get $address $mode)" failed
	done
	quiet "$S: CT --helper ftp" on fire $T -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp
	for mode in passive active; do
		is "$S: with the helper: $mode works" "$(get $address $mode)" "through the firewall"
	done
	related=$(on fire $T -S FORWARD 3 -v | sed -n 's/.* -c \([0-9]*\) .*/\1/p')
	is "$S: the data connections came in as RELATED" "$related" 2
	is "$S: the rule is saved as it was typed" "$(on fire $T -t raw -S PREROUTING | sed 1d)" \
		"-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp"
	quiet "$S: ... and deleted by these words" on fire $T -t raw -D PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
	is "$S: then it fails again" "$(get $address passive)" failed
	on fire $T -P FORWARD ACCEPT
	on fire $T -F
	stop $server
done
finish
