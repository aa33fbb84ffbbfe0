#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Application tracking: TFTP and SIP through a firewall that lets in nothing but their known port and what
the helper expects, given by `CT --helper`. Without the helper both must fail, or the test proves nothing.
IPv4, IPv6, and TFTP behind NAT. (FTP is in ftp.sh.)

client ---- fire ---- server"""
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402

tap = wire.Tap()
client, fire, server, _ = wire.three_hosts()
CLIENT = {False: "10.3.0.2", True: "fd03::2"}
SERVER = {False: "10.4.0.2", True: "fd04::2"}


def datagrams(host, six, where, port=0, wait=1.0):
    with host:
        s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((where[six], port))
    s.settimeout(wait)
    return s


def receive(s, wait=None):
    """(data, from), or (None, None) when nothing comes."""
    if wait is not None:
        s.settimeout(wait)
    try:
        return s.recvfrom(65536)
    except (TimeoutError, OSError):
        return None, None


# ------------------------------------------------------------------ the two protocols

CONTENT = b"through the firewall"


def tftp(six):
    """RFC 1350: the request goes to port 69, the file comes from another one. What arrives, or None."""
    known = datagrams(server, six, SERVER, 69)
    with_file = datagrams(server, six, SERVER)
    asking = datagrams(client, six, CLIENT)
    try:
        asking.sendto(struct.pack("!H", 1) + b"file\0octet\0", (SERVER[six], 69))
        request, where = receive(known)
        if not request or request[2:6] != b"file":
            return None
        with_file.sendto(struct.pack("!HH", 3, 1) + CONTENT, where)
        data, where = receive(asking, 0.3)
        if data is None:
            return None
        asking.sendto(struct.pack("!HH", 4, 1), where)
        answer, _ = receive(with_file, 0.3)
        return data[4:] if answer == struct.pack("!HH", 4, 1) else b"no acknowledgement"
    finally:
        for s in (known, with_file, asking):
            s.close()


def message(first, six, sender, call, port, cseq):
    """RFC 3261, with a description of the session (RFC 4566) that names the port of the media."""
    kind, name = ("IP6", "[%s]") if six else ("IP4", "%s")
    body = ("v=0\r\no=- 1 1 IN {k} {a}\r\ns=-\r\nc=IN {k} {a}\r\nt=0 0\r\nm=audio {p} RTP/AVP 0\r\n"
            .format(k=kind, a=sender, p=port))
    return ("{f}\r\nVia: SIP/2.0/UDP {c}:5060;branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\n"
            "From: <sip:a@{c}>;tag=1\r\nTo: <sip:b@{s}>\r\nCall-ID: {n}@example\r\nCSeq: {q} INVITE\r\n"
            "Contact: <sip:x@{h}:5060>\r\nContent-Type: application/sdp\r\nContent-Length: {l}\r\n\r\n{b}"
            .format(f=first, c=name % CLIENT[six], s=name % SERVER[six], h=name % sender, n=call, q=cseq, l=len(body),
                    b=body)).encode()


def sip(six, call):
    """A call from the inside, and one packet of sound in each direction; what arrives (called, caller)."""
    caller, called = datagrams(client, six, CLIENT, 5060), datagrams(server, six, SERVER, 5060)
    ear, mouth = datagrams(client, six, CLIENT), datagrams(server, six, SERVER)
    try:
        while ear.getsockname()[1] % 2:     # RTP has even ports
            ear.close()
            ear = datagrams(client, six, CLIENT)
        invite = "INVITE sip:b@%s SIP/2.0" % (("[%s]" if six else "%s") % SERVER[six])
        caller.sendto(message(invite, six, CLIENT[six], call, ear.getsockname()[1], 1), (SERVER[six], 5060))
        got, where = receive(called)
        if not got or not got.startswith(b"INVITE"):
            return None
        called.sendto(message("SIP/2.0 200 OK", six, SERVER[six], call, mouth.getsockname()[1], 1), where)
        if not (receive(caller)[0] or b"").startswith(b"SIP/2.0 200"):
            return None
        # The one who was called speaks first: to a port that nothing but the INVITE has named.
        mouth.sendto(b"hello", (CLIENT[six], ear.getsockname()[1]))
        heard = receive(ear, 0.3)[0]
        ear.sendto(b"hello, too", (SERVER[six], mouth.getsockname()[1]))
        return receive(mouth, 0.3)[0], heard
    finally:
        for s in (caller, called, ear, mouth):
            s.close()


# ------------------------------------------------------------------ the firewall


def fire_rules(six, port, helper, give):
    raw = "-A PREROUTING -p udp --dport %d -j CT --helper %s" % (port, helper) if give else ""
    status, _, err = fire.restore(six, """*raw
%s
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -i inside -p udp --dport %d -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -p udp -m conntrack --ctstate RELATED -m helper --helper %s -j ACCEPT
-A FORWARD -p udp -m helper --helper amanda
COMMIT
""" % (raw, port, helper))
    if status:
        raise RuntimeError(err)


def forget():
    """Connections of one try must not help the next."""
    wire.run("conntrack", "-F", host=fire)


for six in (False, True):
    v = "IPv6: " if six else "IPv4: "
    for name, port, act, works in (("tftp", 69, tftp, CONTENT), ("sip", 5060, None, (b"hello, too", b"hello"))):
        if act is None:
            def act(family, calls=iter(range(100, 200))):
                return sip(family, next(calls))
        title = v + name.upper()
        fire.restore(six, "*raw\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n")
        tap.equal(title + ": works without a firewall", act(six), works)
        try:
            fire_rules(six, port, name, False)
            got = act(six)
            tap.ok(got in (None, (None, None)), title + ": without the helper nothing comes through", got)
            forget()
            fire_rules(six, port, name, True)
        except RuntimeError as e:
            tap.ok(False, title + ": the rules are loaded", e)
            continue
        tap.equal(title + ": works with the helper", act(six), works)
        counts = fire.counters(six, "filter", "FORWARD")
        tap.ok(counts[0] == 1 and counts[2] >= 1 and counts[3] == 0,
               title + ": what the helper expected came in as RELATED, and the helper match knows whose it is", counts)
        status, saved, _ = fire.iptables(six, "-t raw -S PREROUTING")
        tap.equal(title + ": the rule is saved as it was typed", saved.splitlines()[1:],
                  ["-A PREROUTING -p udp -m udp --dport %d -j CT --helper %s" % (port, name)])
        forget()

# TFTP behind an address that is not its own: the helper tells the translation, too.
fire_rules(False, 69, "tftp", True)
status, _, err = fire.restore(False, "*nat\n-A POSTROUTING -o outside -j MASQUERADE\nCOMMIT\n")
server.ip("route del default")
tap.equal("IPv4: TFTP: works behind NAT", (status, tftp(False)), (0, CONTENT))
forget()
fire_rules(False, 69, "tftp", False)
tap.equal("IPv4: TFTP: and not without the helper", tftp(False), None)

status, _, err = fire.iptables(False, "-t raw -A PREROUTING -p udp --dport 9 -j CT --helper nosuch")
tap.ok(status == 4 and err, "a helper that the kernel does not have is refused", status, err)
tap.finish()
