# SPDX-License-Identifier: GPL-2.0-or-later
"""What the python tests of the kernel share: network namespaces, cables between them, packets byte by
byte, what arrives, netlink messages, and TAP. Runs inside tests/inside, so all of it is gone at the end."""
import ctypes
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.path.abspath(os.environ.get("BIN") or os.path.join(ROOT, os.environ.get("BUILD", "build"), "bin"))
os.environ["PATH"] += ":/usr/sbin:/sbin"
os.environ["LC_ALL"] = "C"
LIBC = ctypes.CDLL(None, use_errno=True)


# ------------------------------------------------------------------ TAP

class Tap:
    def __init__(self):
        self.run = self.failed = 0

    def ok(self, good, name, *why):
        self.run += 1
        print("%sok %d - %s" % ("" if good else "not ", self.run, name.replace("\n", " ")))
        if not good:
            self.failed += 1
            for line in "\n".join(str(w) for w in why).splitlines():
                print("#   " + line)
        sys.stdout.flush()
        return good

    def equal(self, name, got, want):
        return self.ok(got == want, name, "got:  %s" % (got,), "want: %s" % (want,))

    def skip(self, name, why):
        self.run += 1
        print("ok %d - %s # SKIP %s" % (self.run, name, why))
        sys.stdout.flush()

    def finish(self):
        print("1..%d" % self.run)
        sys.exit(1 if self.failed else 0)


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


# ------------------------------------------------------------------ namespaces

def run(*words, host=None, feed=None):
    """Runs a program, in the namespace of a host; returns (status, standard output, errors)."""
    if host:
        words = ("nsenter", "--net=" + host.path) + words
    p = subprocess.run(words, input=feed, capture_output=True, text=True)
    return p.returncode, p.stdout, p.stderr


def must(*words, host=None, feed=None):
    status, out, err = run(*words, host=host, feed=feed)
    if status:
        raise RuntimeError("%s: %d: %s" % (" ".join(words), status, err))
    return out


class Host:
    """A network namespace. `with host:` makes sockets there."""

    def __init__(self, name):
        self.name, self.path = name, "/run/netns/" + name
        must("ip", "netns", "add", name)
        must("ip", "link", "set", "lo", "up", host=self)
        self.fd = os.open(self.path, os.O_RDONLY)
        self.outside = os.open("/proc/self/ns/net", os.O_RDONLY)

    def __enter__(self):
        if LIBC.setns(self.fd, 0):
            raise OSError(ctypes.get_errno(), "setns")
        return self

    def __exit__(self, *_):
        LIBC.setns(self.outside, 0)

    def ip(self, words):
        return must("ip", *words.split(), host=self)

    def iptables(self, six, words):
        """`words` is a list, or a line for a shell-like split."""
        if isinstance(words, str):
            import shlex
            words = shlex.split(words)
        return run(os.path.join(BIN, "ip6tables" if six else "iptables"), *words, host=self)

    def restore(self, six, text, *options):
        return run(os.path.join(BIN, "ip6tables-restore" if six else "iptables-restore"), *options,
                   host=self, feed=text)

    def counters(self, six, table, chain):
        """Packets of each rule of the chain."""
        status, out, err = self.iptables(six, ["-t", table, "-S", chain, "-v"])
        if status:
            raise RuntimeError(err)
        return [int(line.split(" -c ")[1].split()[0]) for line in out.splitlines() if " -c " in line
                and line.startswith("-A")]

    def setting(self, key, value):
        must("sh", "-c", 'echo "$1" >"/proc/sys/$2"', "sh", str(value), key.replace(".", "/"), host=self)


def cable(one, dev_one, two, dev_two):
    """A veth pair, both ends up; returns the two MAC addresses."""
    must("ip", "link", "add", "name", dev_one, "netns", one.name, "type", "veth", "peer", "name",
         dev_two, "netns", two.name)
    macs = []
    for host, dev in ((one, dev_one), (two, dev_two)):
        # Else the IPv6 of a fresh device sends packets of its own into the counters.
        host.setting("net.ipv6.conf.%s.router_solicitations" % dev, 0)
        host.setting("net.ipv6.conf.%s.accept_dad" % dev, 0)
        host.ip("link set %s up" % dev)
        macs.append(link_address(host, dev))
    return macs


def link_address(host, dev):
    words = host.ip("-br link show " + dev).split()
    return words[2]


def address(host, dev, *addresses):
    for one in addresses:
        if ":" in one:
            host.ip("-6 addr add %s dev %s nodad" % (one, dev))
        else:
            host.ip("addr add %s dev %s" % (one, dev))


def three_hosts():
    """10.3.0.2 client - inside [fire] outside - 10.4.0.2 server, fd03:: and fd04:: alike; returns the
    hosts, and the MAC addresses of the client and of what it is plugged into."""
    client, fire, server = (Host(name) for name in ("client", "fire", "server"))
    macs = cable(client, "eth0", fire, "inside")
    cable(server, "eth0", fire, "outside")
    address(client, "eth0", "10.3.0.2/24", "fd03::2/64")
    address(fire, "inside", "10.3.0.1/24", "fd03::1/64")
    address(fire, "outside", "10.4.0.1/24", "fd04::1/64")
    address(server, "eth0", "10.4.0.2/24", "fd04::2/64")
    for host, net in ((client, 3), (server, 4)):
        host.ip("route add default via 10.%d.0.1" % net)
        host.ip("-6 route add default via fd0%d::1" % net)
    for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
        fire.setting(key, 1)
    return client, fire, server, macs


def wait_until(seconds, condition):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


# ------------------------------------------------------------------ packets

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def mac(text):
    return bytes(int(part, 16) for part in text.split(":"))


class Layer:
    """Bytes of one protocol and where their checksum goes; `sum_at` None: nowhere."""

    def __init__(self, proto, data, sum_at=None, pseudo=True):
        self.proto, self.data, self.sum_at, self.pseudo = proto, data, sum_at, pseudo


def udp(dport=9, sport=40000, data=b"xxxxxxxx"):
    return Layer(17, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data, 6)


def udplite(dport=9, sport=40000, data=b"xxxxxxxx"):
    return Layer(136, struct.pack("!HHHH", sport, dport, 0, 0) + data, 6)


def tcp(dport=9, sport=40000, flags="S", options=b"", seq=1000, ack=0, window=8192, data=b"", urgent=0):
    bits = sum(1 << "FSRPAUEC".index(letter) for letter in flags)
    options += b"\1" * (-len(options) % 4)
    return Layer(6, struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 4, bits,
                                window, 0, urgent) + options + data, 16)


def mss(value):
    return struct.pack("!BBH", 2, 4, value)


def icmp(kind=8, code=0, data=b"\0\7\0\1"):
    return Layer(1, struct.pack("!BBH", kind, code, 0) + data, 2, pseudo=False)


def icmp6(kind=128, code=0, data=b"\0\7\0\1"):
    return Layer(58, struct.pack("!BBH", kind, code, 0) + data, 2)


def esp(spi):
    return Layer(50, struct.pack("!II", spi, 1) + b"x" * 16)


def ipcomp(cpi):
    return Layer(108, struct.pack("!BBH", 17, 0, cpi) + b"x" * 16)


def sctp(dport=9, sport=40000, chunks=((1, 0),)):
    body = b"".join(struct.pack("!BBH", kind, flags, 4) for kind, flags in chunks)
    return Layer(132, struct.pack("!HHII", sport, dport, 7, 0) + body)


def dccp(kind=0, dport=9, sport=40000, options=b""):
    """Type (RFC 4340) with long sequence numbers."""
    options += b"\0" * (-len(options) % 4)
    extra = struct.pack("!I", 1) if kind == 0 else struct.pack("!HHI", 0, 0, 1)
    size = (16 + len(extra) + len(options)) // 4
    return Layer(33, struct.pack("!HHBBHBBHI", sport, dport, size, 0, 0, kind << 1 | 1, 0, 0, 1) +
                 extra + options, 6)


def mobility(kind):
    return Layer(135, struct.pack("!BBBBHH", 59, 0, kind, 0, 0, 0), 4)


def other(proto, data=b"x" * 16):
    return Layer(proto, data)


# IPv6 extension headers: functions of the next protocol.

def options_header(*options):
    """Of hop-by-hop and destination options: (type, data) pairs, padded with PadN."""
    body = b"".join(bytes([kind, len(data)]) + data for kind, data in options)
    gap = -(len(body) + 2) % 8
    if gap == 1:
        body += b"\0"
    elif gap:
        body += bytes([1, gap - 2]) + b"\0" * (gap - 2)
    return lambda next_proto: bytes([next_proto, (len(body) + 2) // 8 - 1]) + body


def hbh(*options):
    return 0, options_header(*options)


def dst(*options):
    return 60, options_header(*options)


def routing(kind=0, left=0, addresses=(), word=0):
    body = b"".join(socket.inet_pton(socket.AF_INET6, a) for a in addresses)
    return 43, lambda next_proto: struct.pack("!BBBBI", next_proto, len(body) // 8, kind, left, word) + body


def srh(left, segments, tag=0):
    body = b"".join(socket.inet_pton(socket.AF_INET6, a) for a in segments)
    return 43, lambda next_proto: struct.pack("!BBBBBBH", next_proto, len(body) // 8, 4, left,
                                              len(segments) - 1, 0, tag) + body


def fragment(offset=0, more=False, number=1, reserved=0):
    return 44, lambda next_proto: struct.pack("!BBHI", next_proto, reserved, offset << 3 | more, number)


def auth(spi, reserved=0, size=12):
    return 51, lambda next_proto: struct.pack("!BBHII", next_proto, 1 + size // 4, reserved, spi, 1) + b"v" * size


def ip4(layer, src="10.1.0.1", dst="10.1.0.2", ttl=64, tos=0, ident=1, offset=0, more=False, options=b"",
        before=(), df=False):
    data = finished(layer, socket.inet_aton(src) + socket.inet_aton(dst), False)
    proto = layer.proto
    for kind, header in reversed(before):
        data = header(proto) + data
        proto = kind
    options += b"\1" * (-len(options) % 4)
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, tos, 20 + len(options) + len(data), ident,
                       df << 14 | more << 13 | offset, ttl, proto, 0, socket.inet_aton(src),
                       socket.inet_aton(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + data


def ip6(layer, src="fd01::1", dst="fd01::2", ttl=64, tos=0, before=()):
    raw = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    data = finished(layer, raw, True)
    proto = layer.proto
    for kind, header in reversed(before):
        data = header(proto) + data
        proto = kind
    return struct.pack("!IHBB", 6 << 28 | tos << 20, len(data), proto, ttl) + raw + data


def finished(layer, addresses, six):
    """The layer's bytes with their checksum."""
    data = layer.data
    if layer.sum_at is None:
        return data
    pseudo = b""
    if layer.pseudo and six:
        pseudo = addresses + struct.pack("!II", len(data), layer.proto)
    elif layer.pseudo:
        pseudo = addresses + struct.pack("!BBH", 0, layer.proto, len(data))
    at = layer.sum_at
    return data[:at] + struct.pack("!H", checksum(pseudo + data)) + data[at + 2:]


class Port:
    """A device of a host, for whole frames: send and look at what arrives."""

    def __init__(self, host, dev):
        with host:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        with host:
            self.sock.bind((dev, 3))
        self.sock.setblocking(False)
        self.mac = mac(link_address(host, dev))
        self.peer = None    # MAC address of the other end

    def send(self, packet, to=None, frm=None):
        """The frame that was sent."""
        kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
        frame = (to or self.peer) + (frm or self.mac) + struct.pack("!H", kind) + packet
        self.sock.send(frame)
        return frame

    def drop(self):
        """Forgets what has arrived."""
        while self.next() is not None:
            pass

    def next(self):
        """The next packet that came in (not our own), without its Ethernet header, or None."""
        while True:
            try:
                frame, where = self.sock.recvfrom(65536)
            except BlockingIOError:
                return None
            if where[2] != 4 and frame[12:14] in (b"\x08\x00", b"\x86\xdd"):     # PACKET_OUTGOING
                return frame[14:]

    def wait(self, wanted=lambda packet: True, seconds=2):
        """The first packet that arrives and is wanted, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            packet = self.next()
            if packet is None:
                time.sleep(0.005)
            elif wanted(packet):
                return packet
        return None


# ------------------------------------------------------------------ the engine in user space

ORACLE = os.path.join(os.path.dirname(BIN), "oracle-engine")


def engine_counts(six, rules, facts, frames, sets=None):
    """What the engine's rules count when the frames come in: {(table, chain, number): packets}; and of each frame its
    fate, the device it leaves by, and the packet then."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, text in (("rules4", "" if six else rules), ("rules6", rules if six else ""), ("host", facts),
                           ("sets", sets)):
            if text is not None:
                paths.append(os.path.join(folder, name))
                with open(paths[-1], "w", encoding="utf-8") as out:
                    out.write(text)
        lines = "".join("frame %s %s %s\n" % (dev, own.hex(), frame.hex()) for dev, own, frame in frames)
        said = must(ORACLE, *paths, feed=lines + "counters\n").splitlines()
    counts = {}
    for line in said[len(frames):]:
        words = line.split()
        if len(words) == 6:
            counts[words[1], words[2], int(words[3])] = int(words[4])
    return counts, [(fate, out, bytes.fromhex(packet)) for fate, out, packet in
                    (line.split()[:3] for line in said[:len(frames)])]


# ------------------------------------------------------------------ netlink

def attribute(kind, value):
    return struct.pack("HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


class Netfilter:
    """A socket of nfnetlink in a host."""

    def __init__(self, host):
        with host:
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.sock.bind((0, 0))
        self.sock.settimeout(5)

    def ask(self, subsystem, message, flags, body, family=0, resource=0):
        """Sends a message and returns the errno of its answer, or the message that is one."""
        body = struct.pack("!BBH", family, 0, resource) + body
        self.sock.send(struct.pack("IHHII", 16 + len(body), subsystem << 8 | message, flags | 1, 1, 0) + body)
        answer = self.sock.recv(65536)
        if struct.unpack("H", answer[4:6])[0] == 2:
            return -struct.unpack("i", answer[16:20])[0]
        return answer
