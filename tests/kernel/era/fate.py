#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""fate.py tcp|udp|ping ADDRESS PORT [FROM]: what the server says, or refused, unreachable, silent (for
$PATIENCE seconds). fate.py ftp ADDRESS passive|active: the file named file."""
import errno
import ftplib
import os
import socket
import sys

ECHO = b"\x08\0\xe6\xfb\x11\x04\0\0"


def fetch(addr, mode):
    ftp = ftplib.FTP(timeout=3)
    try:
        ftp.connect(addr, 21)
        ftp.login()
        ftp.set_pasv(mode == "passive")
        ftp.retrlines("RETR file", print)
    except (OSError, EOFError, ftplib.Error) as e:
        print("failed", e)


def talk(sock, proto, addr):
    if proto == "udp":
        sock.send(b"x")
    if proto != "ping":
        return sock.recv(100).decode().strip()
    sock.send(ECHO)
    while True:
        got = sock.recv(100)
        # Before it was connected, the socket took answers of everybody: others ping at the same time.
        if got[12:16] == socket.inet_aton(addr) and got[20] == 0 and got[24:28] == ECHO[4:]:
            return "answered"


def fate(proto, addr, port, frm=""):
    if proto == "ping":
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
    sock.settimeout(float(os.environ.get("PATIENCE", 5)))
    sock.setsockopt(socket.IPPROTO_IP, 11, 1)       # IP_RECVERR: ICMP errors are told at once
    if frm:
        sock.bind((frm, 0))
    try:
        sock.connect((addr, int(port)))
        return talk(sock, proto, addr)
    except socket.timeout:
        return "silent"
    except OSError as e:
        return {errno.ECONNREFUSED: "refused", errno.EHOSTUNREACH: "unreachable"}.get(e.errno, str(e))


if sys.argv[1] == "ftp":
    fetch(*sys.argv[2:])
else:
    print(fate(*sys.argv[1:]))
