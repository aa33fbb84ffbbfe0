#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connection tracking beside the kernel's: the same conversations of chance, packet by packet, and what both
say of each: state, length behind defragmentation, seconds left, assured. SEED and ROUNDS (conversations) in the
environment; NIGHTLY=1 for many. Packets come in through one TUN device and are forwarded to another."""
import fcntl
import os
import random
import re
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402

ORACLE = os.path.join(os.path.dirname(wire.BIN), "oracle-track")
CLIENT, SERVER = ("10.0.0.1", "2001:db8::1"), ("198.51.100.2", "2001:db8:1::2")
STATES = "INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"
tap = wire.Tap()


# ------------------------------------------------------------------ the kernel

def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH", name.encode(), 0x1001))     # TUNSETIFF, IFF_TUN | IFF_NO_PI
    wire.must("ip", "link", "set", name, "up")
    return fd


try:
    left, right = tun("left"), tun("right")
except OSError as e:
    wire.skip_all("no TUN devices (%s)" % e)
if wire.run("conntrack", "-L")[0]:
    wire.skip_all("conntrack is not there, or cannot read connections")
for words in ("addr add 10.0.0.100/24 dev left", "addr add 192.0.2.100/24 dev right",
              "addr add 2001:db8::100/64 dev left nodad", "addr add fd00::100/64 dev right nodad",
              "route add default via 192.0.2.254", "-6 route add ::/0 via fd00::ff dev right"):
    wire.must("ip", *words.split())
for setting in ["ipv4.ip_forward=1", "ipv6.conf.all.forwarding=1"] + \
        ["ipv4.conf.%s.rp_filter=0" % name for name in ("all", "left", "right")]:
    wire.must("sysctl", "-qw", "net." + setting)
for tool in "iptables", "ip6tables":
    for state in STATES:
        wire.must(tool, "-A", "FORWARD", "-m", "conntrack", "--ctstate", state)


def counters(six):
    out = wire.must("ip6tables" if six else "iptables", "-L", "FORWARD", "-v", "-x", "-n")
    return {state: (int(packets), int(octets))
            for packets, octets, state in re.findall(r"^\s*(\d+)\s+(\d+) .*ctstate (\w+)", out, re.M)}


def ask_kernel(six, packet, forth):
    before = counters(six)
    os.write(left if forth else right, packet)
    after = counters(six)
    seen = [(state, after[state][1] - before[state][1]) for state in STATES if after[state] != before[state]]
    if not seen:
        return "gone"
    answer = "%s %d" % seen[0]
    if seen[0][0] in ("INVALID", "UNTRACKED"):
        return answer
    flows = wire.run("conntrack", "-L", "-f", "ipv6" if six else "ipv4")[1].splitlines()
    if len(flows) == 1:
        answer += " " + flows[0].split()[2] + (" assured" if "[ASSURED]" in flows[0] else "")
    return answer


def agree(one, other, flows_may_be_many=False):
    """The kernel's clock went on a little: a second makes no difference."""
    a, b = one.split(), other.split()
    if flows_may_be_many and len(a) == 2:
        b = b[:2]
    return len(a) == len(b) and a[:2] == b[:2] and a[3:] == b[3:] and \
        all(abs(int(x) - int(y)) <= 1 for x, y in zip(a[2:3], b[2:3]))


# ------------------------------------------------------------------ packets

class Talk:
    """One conversation: what each end sent last."""

    def __init__(self, chance):
        self.chance, self.six, self.step = chance, chance.random() < 0.4, 0
        self.seq = {True: 1000, False: 5000}
        self.tag = {True: 7, False: 9}
        self.last = {True: None, False: None}
        self.forth, self.ident = True, chance.randrange(1 << 16)

    def rarely(self, share=0.03):
        return self.chance.random() < share

    def packet(self, layer, frm=None, to=None):
        ends = (CLIENT, SERVER) if self.forth else (SERVER, CLIENT)
        make = wire.ip6 if self.six else wire.ip4
        if self.rarely():
            layer.data = layer.data[:self.chance.randrange(len(layer.data) + 1)]
            layer.sum_at = None
        return make(layer, frm or ends[0][self.six], to or ends[1][self.six])

    def ports(self):
        return {"sport": 40000 if self.forth else 80, "dport": 80 if self.forth else 40000}

    def tcp(self):
        hands = [(True, "S"), (False, "SA"), (True, "A")]
        if self.step < 3 and not self.rarely(0.15):
            self.forth, flags = hands[self.step]
        else:
            flags = self.chance.choice(["A", "A", "A", "AP", "AP", "AF", "AF", "R", "RA", "S", "SA", "S", "SF", ""])
        seq, ack = self.seq[self.forth], self.seq[not self.forth] if "A" in flags else 0
        size = self.chance.choice([0, 0, 10, 100, 900]) if not set(flags) & set("SR") else 0
        right_place = not self.rarely(0.25)
        if not right_place:
            seq += self.chance.choice([-1, 1, -5, 9, -1000, 500, 999, 1000, 1001, 1500, 70000, -70000])
        if self.rarely(0.2) and "A" in flags:
            ack += self.chance.choice([-1, 1, -50, 7, -66000, -67000, 66001, 1000])
        seq, ack = (0 if self.rarely() else n % 2**32 for n in (seq, ack))
        options = b""
        if "S" in flags and self.rarely(0.6):
            options += bytes((3, 3, self.chance.choice([0, 1, 7, 15]), 1))
        if "S" in flags and self.rarely(0.6):
            options += b"\4\2\1\1"
        if "S" not in flags and self.rarely(0.1):
            options += struct.pack("!BBII", 5, 10, (ack + 10) % 2**32,
                                   (ack + self.chance.choice([20, 200, 5000])) % 2**32) + b"\1\1"
        if right_place:
            self.seq[self.forth] = (seq + size + ("S" in flags) + ("F" in flags)) % 2**32
        return self.packet(wire.tcp(flags=flags, options=options, seq=seq, ack=ack, data=b"x" * size,
                                    window=self.chance.choice([1000, 1000, 1000, 500, 0, 30000, 65535]), **self.ports()))

    def udp(self):
        layer = wire.udp(data=b"x" * self.chance.randrange(20), **self.ports())
        if self.rarely(0.2):
            layer.data = layer.data[:4] + struct.pack("!H", self.chance.randrange(32)) + layer.data[6:]
        return self.packet(layer)

    def gre(self):
        return self.packet(wire.other(47, struct.pack("!BBHHH", 0x20, self.chance.choice([0, 1, 1, 2]),
                                                      self.chance.choice([0x880B, 0x800]), 4, self.chance.choice([5, 6]))))

    def other(self):
        return self.packet(wire.other(50))

    def ping(self):
        kinds = [128, 129, 128, 129, 139, 140, 1, 133, 135, 136, 130, 131, 143, 151, 200, 127] if self.six else \
            [8, 0, 8, 0, 13, 14, 15, 16, 17, 18, 9, 10, 40, 19, 1]
        return self.packet((wire.icmp6 if self.six else wire.icmp)(self.chance.choice(kinds),
                                                                   data=b"\0\7\0\1" + b"x" * self.chance.choice([0, 4, 40])))

    def error(self):
        quoted = self.last[not self.forth]
        if quoted is None:
            return self.udp()
        quoted = quoted[:self.chance.choice([len(quoted), len(quoted), 48 if self.six else 28,
                                             self.chance.randrange(len(quoted) + 1)])]
        kind = self.chance.choice([1, 2, 3, 4, 100] if self.six else [3, 4, 5, 11, 12])
        layer = (wire.icmp6 if self.six else wire.icmp)(kind, self.chance.choice([0, 1, 4]), bytes(4) + quoted)
        router = ("192.0.2.254", "fd00::ff")[self.six] if self.rarely(0.3) else None
        return self.packet(layer, router, ("10.0.0.9", "2001:db8::9")[self.six] if self.rarely(0.1) else None)

    def fragment(self):
        """Pieces of a datagram of 32 bytes; some of them do not fit."""
        self.forth = True
        start = self.chance.choice([0, 8, 16, 24])
        end = start + self.chance.choice([8, 8, 8, 16, 32 - start, 0, 5])
        more = end < 32 if not self.rarely(0.1) else self.rarely(0.5)
        data = (struct.pack("!HHHH", 40000, 80, 32, 0) + bytes(range(24)))[start:end]
        if self.six:
            return wire.ip6(wire.other(17, data), CLIENT[1], SERVER[1],
                            before=(wire.fragment(start // 8, more, self.ident),))
        return wire.ip4(wire.other(17, data), CLIENT[0], SERVER[0], ident=self.ident, offset=start // 8, more=more)


KINDS = {"tcp": ["tcp"], "udp": ["udp", "udp", "error"], "gre": ["gre"], "other": ["other", "error"],
         "icmp": ["ping", "ping", "error"], "fragments": ["fragment"]}


# ------------------------------------------------------------------ side by side

def hold(kind, chance, oracle):
    """True, or the conversation up to the packet that is judged otherwise."""
    talk, said = Talk(chance), []
    wire.run("conntrack", "-F")
    oracle.stdin.write("new\n")
    for talk.step in range(chance.randrange(4, 16)):
        talk.forth = talk.step == 0 or chance.random() < 0.5
        what = chance.choice(KINDS[kind])
        packet = getattr(talk, what)()
        if what != "error":
            talk.last[talk.forth] = packet
        theirs = ask_kernel(talk.six, packet, talk.forth)
        oracle.stdin.write(packet.hex() + "\n")
        ours = oracle.stdout.readline().strip()
        said.append("%s %s %s: %s" % ("->" if talk.forth else "<-", what, packet.hex(), theirs))
        if not agree(theirs, ours, kind != "tcp"):
            return "\n".join(said + ["here: " + ours])
    return True


seed = int(os.environ.get("SEED") or random.randrange(1 << 30))
rounds = int(os.environ.get("ROUNDS") or (4000 if os.environ.get("NIGHTLY") else 12))
with subprocess.Popen([ORACLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as oracle:
    for kind in KINDS:
        chance = random.Random("%d %s" % (seed, kind))
        result = True
        for n in range(rounds):
            result = hold(kind, chance, oracle)
            if result is not True:
                break
        tap.ok(result is True, "%d conversations of %s (seed %d)" % (rounds, kind, seed), result)
    oracle.stdin.close()
tap.finish()
