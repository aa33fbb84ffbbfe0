#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real exchanges through a kernel's firewall - HTTP, FTP both ways, TFTP, DNS, pings, errors, refused connections,
fragments - captured as they arrive there. `postern replay` of the capture with the same rules must count in every
rule what the kernel counted, packets and bytes; --vs, --write and cut captures on the same traffic.

client (inside) ---- fire ---- server (outside)"""
import ctypes
import fcntl
import ftplib
import http.client
import http.server
import json
import logging
import mmap
import os
import re
import select
import socket
import socketserver
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402

try:
    import warnings
    warnings.simplefilter("ignore")
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer
    logging.disable(logging.WARNING)
except ImportError:
    wire.skip_all("python3-pyftpdlib is not installed")

tap = wire.Tap()
tmp = tempfile.TemporaryDirectory()
client, fire, server, _ = wire.three_hosts()

FACTS = """link inside
link outside
addr 10.3.0.1/24 dev inside
addr 10.4.0.1/24 dev outside
addr fd03::1/64 dev inside
addr fd04::1/64 dev outside
forward on
"""
HELPERS4 = """*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
-A PREROUTING -p udp -m udp --dport 69 -j CT --helper tftp
COMMIT
"""
NAT4 = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i inside -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.4.0.2:80
-A POSTROUTING -o outside -j MASQUERADE
COMMIT
"""
FILTER = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -p tcp -m conntrack --ctstate ESTABLISHED -m tcp --tcp-flags SYN,RST,FIN NONE
-A FORWARD -p tcp -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT
-A FORWARD -p udp -m conntrack --ctstate RELATED -m helper --helper tftp -j ACCEPT
-A FORWARD -p {icmp} -m conntrack --ctstate RELATED -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i inside -p tcp -m tcp --dport 21 -j ACCEPT
-A FORWARD -i inside -p tcp -m tcp --dport 80 -j ACCEPT
-A FORWARD -i inside -p tcp -m tcp --dport 81 -j ACCEPT
-A FORWARD -i inside -p udp -m multiport --dports 53,69 -j ACCEPT
-A FORWARD -i inside -p udp -m udp --dport 99 -j ACCEPT
-A FORWARD -i inside -p {icmp} -j ACCEPT
-A FORWARD -j REJECT
COMMIT
"""
RULES = {False: HELPERS4 + NAT4 + FILTER.format(icmp="icmp"),
         True: HELPERS4 + FILTER.format(icmp="ipv6-icmp")}
SERVER = {False: "10.4.0.2", True: "fd04::2"}


# ------------------------------------------------------------------ packets as they are on a wire

def no_offload(host, dev):
    """Checksums in the packets, and no packet longer than the link's."""
    with host, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in (0x17, 0x1f, 0x24, 0x2c):    # ETHTOOL_STXCSUM, _STSO, _SGSO, _SGRO
            value = (ctypes.c_uint32 * 2)(command, 0)
            fcntl.ioctl(s, 0x8946, struct.pack("16sP8x", dev.encode(), ctypes.addressof(value)))


class Capture(threading.Thread):
    """What arrives at a host, with the time: by a ring, into which the kernel copies at once. (What a socket without
    one holds is changed by NAT and by forwarding fragments before it is read.)"""
    FRAME, FRAMES = 4096, 4096

    def __init__(self, host):
        super().__init__(daemon=True)
        with host:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(263, 10, 1)        # SOL_PACKET, PACKET_VERSION, TPACKET_V2
        self.sock.setsockopt(263, 5, struct.pack("4I", 1 << 20, self.FRAME * self.FRAMES >> 20, self.FRAME,
                                                 self.FRAMES))     # PACKET_RX_RING
        self.ring = mmap.mmap(self.sock.fileno(), self.FRAME * self.FRAMES)
        self.frames, self.over = [], False

    def run(self):
        at = 0
        while True:
            status, length, there, mac, _, s, ns = struct.unpack_from("IIIHHII", self.ring, at)
            if not status & 1:      # TP_STATUS_USER
                if self.over:
                    return
                select.select([self.sock], [], [], 0.1)
                continue
            frame = self.ring[at + mac:at + mac + there]
            kind, device = self.ring[at + 32 + 10], struct.unpack_from("i", self.ring, at + 32 + 4)[0]
            if kind != 4 and device != 1:       # PACKET_OUTGOING, lo
                self.frames.append((s * 10**9 + ns, frame))
            struct.pack_into("I", self.ring, at, 0)
            at = (at + self.FRAME) % (self.FRAME * self.FRAMES)

    def finish(self):
        time.sleep(0.3)
        self.over = True
        self.join()
        return self.frames


def write_pcap(path, frames, snap=65535):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap, 1))
        for ns, frame in frames:
            f.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, min(len(frame), snap), len(frame)) + frame[:snap])


# ------------------------------------------------------------------ servers

def serve(make):
    """Runs a server in a thread of its own, which is in the namespace of the server."""
    ready = threading.Event()

    def body():
        with server:
            s = make()
            ready.set()
            s.serve_forever()
    threading.Thread(target=body, daemon=True).start()
    if not ready.wait(5):
        raise RuntimeError("a server does not start")


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 20000)

    def log_message(self, *_):
        pass


class Web(http.server.ThreadingHTTPServer):
    def __init__(self, six):
        self.address_family = socket.AF_INET6 if six else socket.AF_INET
        super().__init__((SERVER[six], 80), Page)

    def server_bind(self):
        # Without asking for the name of the address.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


class Names(socketserver.BaseRequestHandler):
    """A name server that knows one name (RFC 1035); long questions get long answers, in fragments."""

    def handle(self):
        data, sock = self.request
        end = data.index(b"\0", 12) + 5
        answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
        sock.sendto(data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + data[12:end] + answer + data[end:], self.client_address)


class NameServer(socketserver.ThreadingUDPServer):
    max_packet_size = 65535

    def __init__(self, six):
        self.address_family = socket.AF_INET6 if six else socket.AF_INET
        super().__init__((SERVER[six], 53), Names)


class Files(socketserver.BaseRequestHandler):
    """TFTP (RFC 1350): each file is sent from a port of its own."""

    def handle(self):
        with server, socket.socket(self.server.address_family, socket.SOCK_DGRAM) as s:
            s.bind((self.server.server_address[0], 0))
            s.settimeout(2)
            for block in (1, 2):
                s.sendto(struct.pack("!HH", 3, block) + (b"f" * 512 if block == 1 else b"end"), self.client_address)
                s.recvfrom(600)


class FileServer(socketserver.ThreadingUDPServer):
    def __init__(self, six):
        self.address_family = socket.AF_INET6 if six else socket.AF_INET
        super().__init__((SERVER[six], 69), Files)


def ftp_server(six):
    class Handler(FTPHandler):
        authorizer = DummyAuthorizer()
        use_sendfile = False
    Handler.authorizer.add_anonymous(tmp.name)
    # A loop of its own: the one that is there without asking is shared by all threads.
    return FTPServer((SERVER[six], 21), Handler, ioloop=IOLoop())


# ------------------------------------------------------------------ exchanges

def family(six):
    return socket.AF_INET6 if six else socket.AF_INET


def web(six, port):
    c = http.client.HTTPConnection(SERVER[six], port, timeout=5)
    c.request("GET", "/")
    return len(c.getresponse().read())


def ftp(six, passive):
    lines = []
    c = ftplib.FTP(timeout=5)
    c.connect(SERVER[six], 21)
    c.login()
    c.set_pasv(passive)
    c.retrlines("RETR file", lines.append)
    c.quit()
    return lines[0]


def tftp(six):
    with socket.socket(family(six), socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.sendto(struct.pack("!H", 1) + b"file\0octet\0", (SERVER[six], 69))
        got = b""
        for _ in range(2):
            data, where = s.recvfrom(600)
            got += data[4:]
            s.sendto(struct.pack("!H", 4) + data[2:4], where)
        return got[-3:].decode()


def name(six, extra):
    with socket.socket(family(six), socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.sendto(b"\0\7\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1" + b"x" * extra, (SERVER[six], 53))
        return s.recvfrom(65535)[0][-4 - extra:][:4].hex()


def ping(six):
    """Two echo requests, of one identifier, and a long one."""
    kind = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
    got = 0
    with socket.socket(family(six), socket.SOCK_RAW, kind) as s:
        s.settimeout(3)
        for sequence, size in ((1, 30), (2, 30), (3, 3000)):
            echo = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 77, sequence) + b"p" * size
            if not six:
                echo = echo[:2] + struct.pack("!H", wire.checksum(echo)) + echo[4:]
            s.sendto(echo, (SERVER[six], 0))
            while True:
                answer = s.recv(65535)
                answer = answer if six else answer[20:]
                if answer[0] == (129 if six else 0):
                    got += 1
                    break
    return got


def refused(six, port):
    try:
        socket.create_connection((SERVER[six], port), timeout=3).close()
    except OSError as e:
        return type(e).__name__
    return "connected"


def unreachable(six):
    """Nobody listens on port 99: an error comes back, and is told when one asks again."""
    with socket.socket(family(six), socket.SOCK_DGRAM) as s:
        s.settimeout(3)
        s.connect((SERVER[six], 99))
        s.send(b"hello")
        try:
            s.recv(10)
        except OSError as e:
            return type(e).__name__
    return "something came"


def from_outside(six):
    """The other way nothing is allowed."""
    with server:
        try:
            socket.create_connection(("fd03::2" if six else "10.3.0.2", 22), timeout=3).close()
        except OSError as e:
            return type(e).__name__
    return "connected"


def exchanges(six):
    v = "IPv6" if six else "IPv4"
    with client:
        tap.equal(v + ": HTTP", web(six, 80), 20000)
        if not six:
            tap.equal(v + ": HTTP by a port that is translated", web(six, 8080), 20000)
        tap.equal(v + ": FTP, passive", ftp(six, True), "hello")
        tap.equal(v + ": FTP, active", ftp(six, False), "hello")
        tap.equal(v + ": TFTP", tftp(six), "end")
        tap.equal(v + ": DNS", name(six, 0), "c0000201")
        tap.equal(v + ": DNS in fragments", name(six, 4000), "c0000201")
        tap.equal(v + ": pings", ping(six), 3)
        tap.equal(v + ": a port that is closed", refused(six, 81), "ConnectionRefusedError")
        tap.equal(v + ": a port that is closed, UDP", unreachable(six), "ConnectionRefusedError")
        tap.equal(v + ": a port that the firewall refuses", refused(six, 22), "ConnectionRefusedError")
    tap.equal(v + ": from outside", from_outside(six), "ConnectionRefusedError")


# ------------------------------------------------------------------ the kernel's counters, and ours

def kernel_counters(six):
    """{(table, chain, number): (packets, bytes, words)}"""
    found, table, numbers = {}, None, {}
    text = wire.must(os.path.join(wire.BIN, "ip6tables-save" if six else "iptables-save"), "-c", host=fire)
    for line in text.splitlines():
        if line.startswith("*"):
            table, numbers = line[1:], {}
        rule = re.match(r"\[(\d+):(\d+)\] -A (\S+) (.*)", line)
        if rule:
            chain = rule.group(3)
            numbers[chain] = numbers.get(chain, 0) + 1
            found[table, chain, numbers[chain]] = (int(rule.group(1)), int(rule.group(2)), rule.group(4))
    return found


def postern(*words):
    return wire.run(os.path.join(wire.BIN, "postern"), *words)


def in_tmp(file, text=None):
    path = os.path.join(tmp.name, file)
    if text is not None:
        with open(path, "w") as f:
            f.write(text)
    return path


def replay(*words):
    status, out, err = postern("replay", "--json", "--rules", in_tmp("rules.v4"), "--rules6", in_tmp("rules.v6"),
                               "--host", in_tmp("facts"), *words)
    if status:
        raise RuntimeError(err)
    return json.loads(out)


def compare(six, told):
    ours = {(r["table"], r["chain"], r["number"]): (r["packets"], r["bytes"], r["rule"])
            for r in told["rules"] if r["family"] == (6 if six else 4)}
    kernel = kernel_counters(six)
    v = "IPv6" if six else "IPv4"
    for key in sorted(kernel):
        tap.equal("%s: %s %s %d counts as the kernel's: %s" % ((v,) + key + (kernel[key][2],)),
                  ours.get(key, (None, None))[:2], kernel[key][:2])
    # Rules that count nothing compare nothing: all but the one about INVALID are for something here.
    tap.equal(v + ": rules that counted nothing", [k[2] for k in sorted(kernel) if not kernel[k][0]], [1])


for host, dev in ((client, "eth0"), (server, "eth0"), (fire, "inside"), (fire, "outside")):
    no_offload(host, dev)
in_tmp("file", "hello\n")
in_tmp("facts", FACTS)
for six in (False, True):
    in_tmp("rules.v6" if six else "rules.v4", RULES[six])
    for make in (Web, NameServer, FileServer, ftp_server):
        serve(lambda make=make, six=six: make(six))
capture = Capture(fire)
capture.start()
for six in (False, True):
    status, _, err = fire.restore(six, RULES[six])
    tap.ok(not status, "the rules are loaded", err)
for six in (False, True):
    exchanges(six)
frames = capture.finish()
write_pcap(in_tmp("all.pcap"), frames)
told = replay(in_tmp("all.pcap"))
for six in (False, True):
    compare(six, told)
tap.ok(told["whole"] and not told["unknown"], "nothing is unknown", told)

# Without the helpers, the data of FTP and TFTP fare otherwise, and nothing else.
in_tmp("bare.v4", NAT4 + FILTER.format(icmp="icmp"))
flows = replay("--vs", in_tmp("bare.v4"), in_tmp("all.pcap"))["otherwise"]
tap.equal("--vs rules without helpers: the flows they were for, either way", len(flows), 6)
tap.ok(all(f["was"].startswith("accepted by rule") for f in flows), "... were accepted, by helpers' rules", flows)
tap.equal("... what comes to the firewall's address would stay there",
          [f["then"].split(", ")[1] for f in flows if f["then"].startswith("accepted")], ["to this host"] * 3)
tap.equal("... of TCP and UDP", sorted("udp" if ": udp" in f["flow"] else "tcp" for f in flows), ["tcp"] * 4 + ["udp"] * 2)

# What was accepted is accepted again, and is all of that.
again = replay("--write", in_tmp("accepted.pcap"), in_tmp("all.pcap"))
once_more = replay(in_tmp("accepted.pcap"))
tap.equal("--write: what was accepted, and the fragments of it", once_more["packets"],
          again["accepted"] + again["held"])
tap.equal("... is judged as before", once_more["accepted"], again["accepted"])

# Cut frames: headers are there, contents are not. The file itself cut at any place is an error with its place.
write_pcap(in_tmp("short.pcap"), frames, 70)
short = replay(in_tmp("short.pcap"))
tap.equal("frames cut behind their headers are judged", short["packets"], told["packets"])
size = os.path.getsize(in_tmp("all.pcap"))
bad = []
for cut in range(24, 4000, 97):
    with open(in_tmp("all.pcap"), "rb") as f, open(in_tmp("cut.pcap"), "wb") as to:
        to.write(f.read(cut))
    status, _, err = postern("replay", "--rules", in_tmp("rules.v4"), "--host", in_tmp("facts"), in_tmp("cut.pcap"))
    if status not in (0, 2) or (status == 2 and not re.search(r"cut\.pcap is damaged behind frame \d+: ", err)):
        bad.append((cut, status, err))
tap.equal("a capture that ends anywhere", bad, [])
tmp.cleanup()
tap.finish()
