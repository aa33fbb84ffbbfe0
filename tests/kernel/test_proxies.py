#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Transparent proxies with real connections: TPROXY takes TCP and UDP of others to a local socket that sees
where they wanted to go; SYNPROXY answers for a server and lets only those through that answer back.

client ---- fire ---- server"""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402

tap = wire.Tap()
client, fire, server, (client_mac, inside_mac) = wire.three_hosts()
fire.setting("net.ipv4.conf.inside.rp_filter", 0)
fire.setting("net.ipv4.conf.all.rp_filter", 0)
CLIENT = {False: "10.3.0.2", True: "fd03::2"}
SERVER = {False: "10.4.0.2", True: "fd04::2"}
IP_TRANSPARENT, IPV6_TRANSPARENT = 19, 75
IP_RECVORIGDSTADDR, IPV6_RECVORIGDSTADDR = 20, 74


def made(host, six, kind, where="", port=0, transparent=False):
    with host:
        s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    s.settimeout(2)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if six:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if transparent:
        level, option, told = (socket.IPPROTO_IPV6, IPV6_TRANSPARENT, IPV6_RECVORIGDSTADDR) if six else \
            (socket.SOL_IP, IP_TRANSPARENT, IP_RECVORIGDSTADDR)
        s.setsockopt(level, option, 1)
        if kind == socket.SOCK_DGRAM:
            s.setsockopt(level, told, 1)
    s.bind((where, port))
    if kind == socket.SOCK_STREAM and port:
        s.listen()
    return s


def call(six, port, seconds=1.0):
    """A connection from the client to the server, or why there is none."""
    s = made(client, six, socket.SOCK_STREAM, CLIENT[six])
    s.settimeout(seconds)
    try:
        s.connect((SERVER[six], port))
    except (TimeoutError, OSError) as e:
        s.close()
        return type(e).__name__
    return s


# ------------------------------------------------------------------ TPROXY

for family in ("", "-6 "):
    fire.ip(family + "rule add fwmark 1 lookup 100")
    fire.ip(family + "route add local %s dev lo table 100" % ("::/0" if family else "0.0.0.0/0"))

for six in (False, True):
    v = "IPv6: " if six else "IPv4: "
    rules = "-p tcp --dport 80 -j TPROXY --on-port 5080 --on-ip %s --tproxy-mark 0x1/0x1" % ("::" if six else "0.0.0.0")
    status, _, err = fire.restore(six, """*mangle
:DIVERT - [0:0]
-A DIVERT -j MARK --set-mark 1
-A DIVERT -j ACCEPT
-A PREROUTING -p tcp -m socket --transparent -j DIVERT
-A PREROUTING %s
-A PREROUTING -p udp -m udp --dport 53 -j TPROXY --on-port 5053 --tproxy-mark 0x1/0x1
COMMIT
""" % rules)
    if not tap.ok(not status, v + "TPROXY: the rules are loaded", err):
        continue
    proxy = made(fire, six, socket.SOCK_STREAM, "", 5080, transparent=True)
    beside = made(server, six, socket.SOCK_STREAM, SERVER[six], 81)
    outgoing = call(six, 80)
    if isinstance(outgoing, str):
        tap.ok(False, v + "TPROXY: TCP", outgoing)
    else:
        taken, peer = proxy.accept()
        tap.equal(v + "TPROXY: the proxy sees who calls, and whom", (peer[:2], taken.getsockname()[:2]),
                  (outgoing.getsockname()[:2], (SERVER[six], 80)))
        taken.sendall(b"from the proxy")
        outgoing.sendall(b"from the client")
        tap.equal(v + "TPROXY: both ways", (outgoing.recv(99), taken.recv(99)), (b"from the proxy", b"from the client"))
        tap.ok(fire.counters(six, "mangle", "PREROUTING")[0] >= 2,
               v + "socket --transparent: knows the packets of that connection", fire.counters(six, "mangle", "PREROUTING"))
        taken.close()
        outgoing.close()
    other = call(six, 81)
    got = other if isinstance(other, str) else beside.accept()[1][:2]
    tap.equal(v + "TPROXY: another port goes to the server", got, None if isinstance(other, str) else other.getsockname()[:2])
    questions = made(fire, six, socket.SOCK_DGRAM, "", 5053, transparent=True)
    asking = made(client, six, socket.SOCK_DGRAM, CLIENT[six])
    asking.sendto(b"question", (SERVER[six], 53))
    try:
        data, told, _, where = questions.recvmsg(100, 100)
        meant = told[0][2] if told else b""
        port = struct.unpack("!H", meant[2:4])[0] if meant else 0
        to = (socket.inet_ntop(socket.AF_INET6, meant[8:24]) if six else socket.inet_ntoa(meant[4:8])) if meant else ""
        tap.equal(v + "TPROXY: UDP: the proxy sees who asks, and whom", (data, where[:2], (to, port)),
                  (b"question", asking.getsockname()[:2], (SERVER[six], 53)))
    except TimeoutError:
        tap.ok(False, v + "TPROXY: UDP", "nothing came")
    for s in (proxy, beside, questions, asking):
        s.close()
    fire.restore(six, "*mangle\nCOMMIT\n")

# ------------------------------------------------------------------ SYNPROXY

# What is picked up in the middle has to stay INVALID until SYNPROXY has seen it.
fire.setting("net.netfilter.nf_conntrack_tcp_loose", 0)
fire.setting("net.ipv4.tcp_syncookies", 1)
fire.setting("net.ipv4.tcp_timestamps", 1)
strangers = wire.Port(client, "eth0")
strangers.peer = wire.mac(inside_mac)
arriving = wire.Port(server, "eth0")


def stranger(six, port):
    """A SYN from one who will never answer; does the server get it?"""
    source = "fd03::77" if six else "10.3.0.77"
    packet = (wire.ip6 if six else wire.ip4)(wire.tcp(port, 7777, options=wire.mss(1400)), src=source, dst=SERVER[six])
    arriving.drop()
    strangers.send(packet)
    raw = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, source)
    return arriving.wait(lambda p: raw in p[:40] and p[6 if six else 9] == 6, 0.3) is not None


for six in (False, True):
    v = "IPv6: " if six else "IPv4: "
    listener = made(server, six, socket.SOCK_STREAM, SERVER[six], 80)
    tap.ok(stranger(six, 80), v + "SYNPROXY: without it the server hears from everybody")
    status, _, err = fire.restore(six, """*raw
-A PREROUTING -i inside -p tcp -m tcp --dport 80 --syn -j CT --notrack
COMMIT
*filter
-A FORWARD -i inside -p tcp -m tcp --dport 80 -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1460
-A FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
""")
    if not tap.ok(not status, v + "SYNPROXY: the rules are loaded", err):
        continue
    tap.ok(not stranger(six, 80), v + "SYNPROXY: the server does not hear of one who does not answer")
    tap.ok(stranger(six, 81), v + "SYNPROXY: other ports are left alone")
    outgoing = call(six, 80, 2)
    if isinstance(outgoing, str):
        tap.ok(False, v + "SYNPROXY: a client who answers is let through", outgoing)
    else:
        try:
            taken, peer = listener.accept()
            outgoing.sendall(b"question")
            taken.sendall(b"answer")
            tap.equal(v + "SYNPROXY: a client who answers is let through", (peer[:2], taken.recv(99), outgoing.recv(99)),
                      (outgoing.getsockname()[:2], b"question", b"answer"))
            taken.close()
        except TimeoutError:
            tap.ok(False, v + "SYNPROXY: a client who answers is let through", "the server never heard of it")
        outgoing.close()
    listener.close()
    fire.restore(six, "*raw\nCOMMIT\n*filter\nCOMMIT\n")

tap.finish()
