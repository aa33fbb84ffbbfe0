# SPDX-License-Identifier: GPL-2.0-or-later
"""For captures.sh: makes a capture of bare packets, and prints one, a packet a line, with its checksums judged.

make FILE WORDS...: each word is SECONDS:PROTO:FROM:PORT:TO:PORT[:more], PROTO udp, syn, or frag1/frag2 (halves of a
UDP datagram with id `more`)"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kernel"))
import wire  # noqa: E402


def packet(kind, src, sport, dst, dport, more=0):
    if kind == "udp":
        return wire.ip4(wire.udp(dport, sport), src, dst)
    if kind == "syn":
        return wire.ip4(wire.tcp(dport, sport), src, dst)
    whole = wire.ip4(wire.udp(dport, sport, b"f" * 24), src, dst)[20:]
    first = kind == "frag1"
    return wire.ip4(wire.other(17, whole[:16] if first else whole[16:]), src, dst, ident=more,
                    offset=0 if first else 2, more=first)


def make(path, words):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for word in words:
            at, kind, src, sport, dst, dport, *more = word.split(":")
            data = packet(kind, src, int(sport), dst, int(dport), *map(int, more))
            out.write(struct.pack("<IIII", int(at), 0, len(data), len(data)) + data)


def show(path):
    data = open(path, "rb").read()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at < len(data):
        sec, _, got, _ = struct.unpack(order + "IIII", data[at:at + 16])
        p = data[at + 16:at + 16 + got]
        at += 16 + got
        src, dst = (".".join(map(str, p[n:n + 4])) for n in (12, 16))
        sport, dport = struct.unpack("!HH", p[20:24])
        pseudo = p[12:20] + struct.pack("!BBH", 0, p[9], got - 20)
        good = wire.checksum(p[:20]) == 0 and wire.checksum(pseudo + p[20:]) == 0
        print(sec, p[9], "%s:%d" % (src, sport), "%s:%d" % (dst, dport), "ttl", p[8], "len", got,
              "good" if good else "BAD")


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3:])
else:
    show(sys.argv[2])
