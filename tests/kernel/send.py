#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One packet as ordered, for tests: send.py [options] udp|tcp|icmp DST [PORT or TYPE].

Raw sockets, so that flags, types and sources are exactly what was asked for. Also:
send.py nflog GROUP waits for one packet of that nfnetlink_log group and prints its prefix."""
import argparse
import socket
import struct
import sys


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def bind(sock, src):
    """Also to an address that is somebody else's."""
    try:
        sock.bind((src, 0))
    except OSError:
        sock.setsockopt(socket.IPPROTO_IP, 19, 1)   # IP_TRANSPARENT
        sock.bind((src, 0))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("what", choices=["udp", "tcp", "icmp", "nflog"])
    ap.add_argument("dst")
    ap.add_argument("number", nargs="?", type=int, default=0)
    ap.add_argument("--src", default="")
    ap.add_argument("--sport", type=int, default=40000)
    ap.add_argument("--flags", default="S", help="of tcp: letters of FSRPAU")
    ap.add_argument("--code", type=int, default=0)
    ap.add_argument("--count", type=int, default=1)
    ap.add_argument("--size", type=int, default=8)
    args = ap.parse_args()
    if args.what == "nflog":
        return nflog(int(args.dst))

    family = socket.AF_INET6 if ":" in args.dst else socket.AF_INET
    six = family == socket.AF_INET6
    proto = {"udp": 17, "tcp": 6, "icmp": 58 if six else 1}[args.what]
    sock = socket.socket(family, socket.SOCK_RAW, proto)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if args.src:
        bind(sock, args.src)
    # The source that the kernel will choose is part of the checksum.
    probe = socket.socket(family, socket.SOCK_DGRAM)
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if args.src:
        bind(probe, args.src)
    to = socket.getaddrinfo(args.dst, 9, family, socket.SOCK_DGRAM)[0][4]
    probe.connect(to)
    src = probe.getsockname()[0].split("%")[0]
    args.dst = args.dst.split("%")[0]

    payload = b"x" * args.size
    if args.what == "udp":
        head = struct.pack("!HHHH", args.sport, args.number, 8 + len(payload), 0)
        at = 6
    elif args.what == "tcp":
        bits = sum(1 << "FSRPAU".index(letter) for letter in args.flags)
        payload = b""
        head = struct.pack("!HHIIBBHHH", args.sport, args.number, 1000, 0, 5 << 4, bits, 8192, 0, 0)
        at = 16
    else:
        head = struct.pack("!BBHHH", args.number, args.code, 0, 7, 1)
        at = 2
    data = head + payload
    pseudo = b""
    if six:
        pseudo = (socket.inet_pton(family, src) + socket.inet_pton(family, args.dst)
                  + struct.pack("!II", len(data), proto))
    elif args.what != "icmp":
        pseudo = (socket.inet_aton(src) + socket.inet_aton(args.dst)
                  + struct.pack("!BBH", 0, proto, len(data)))
    total = checksum(pseudo + data)
    data = data[:at] + struct.pack("!H", total) + data[at + 2:]
    for _ in range(args.count):
        sock.sendto(data, (to[0], 0) + to[2:])
    return 0


def nflog(group):
    """NETLINK_NETFILTER by hand: bind the group, ask for whole packets, print the first prefix."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    sock.bind((0, 0))
    sock.settimeout(10)

    def config(resource, kind, value):
        attr = struct.pack("HH", 4 + len(value), kind) + value
        attr += b"\0" * (-len(attr) % 4)
        body = struct.pack("!BBH", 0, 0, resource) + attr
        sock.send(struct.pack("IHHII", 16 + len(body), (4 << 8) | 1, 1 | 4, 0, 0) + body)
        answer = sock.recv(65536)
        if struct.unpack("i", answer[16:20])[0]:
            sys.exit("nfnetlink_log says no")

    config(group, 1, b"\x01\0\0\0")             # NFULNL_CFG_CMD: bind
    config(group, 2, struct.pack("!IBB", 65535, 2, 0))    # NFULNL_CFG_MODE: copy packets
    print("ready", flush=True)
    message = sock.recv(65536)
    at = 20
    while at + 4 <= len(message):
        size, kind = struct.unpack("HH", message[at:at + 4])
        if size < 4:
            break
        if kind & 0x7FFF == 10:                 # NFULA_PREFIX
            print("prefix", message[at + 4:at + size].split(b"\0")[0].decode())
        at += (size + 3) & ~3
    return 0


sys.exit(main())
