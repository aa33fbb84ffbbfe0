#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine beside the kernel: the same packets of chance through the same rules of chance. Fate, translated packet
and device of each, and afterwards packets and bytes of every rule and policy, have to be equal.

left ---- this host ---- right, both TUN devices: packets are written to and read from them. What this host itself would
answer is dropped in front of all rules. What cannot be compared: connlimit (a kernel forgets closed connections once
per tick of its clock), and rates that time moves on within a round. SEED, ROUNDS (rule sets) in the environment; NIGHTLY=1 for many."""
import fcntl
import itertools
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402

ORACLE = os.path.join(os.path.dirname(wire.BIN), "oracle-engine")
tap = wire.Tap()
must = wire.must

# ------------------------------------------------------------------ the host

FACTS = """link left
link right
addr 10.0.0.100/24 dev left
addr 192.0.2.100/24 dev right
addr 2001:db8::100/64 dev left
addr fd00::100/64 dev right
route default via 192.0.2.254
route ::/0 via fd00::ff dev right
forward on
"""


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH", name.encode(), 0x1001))     # TUNSETIFF, IFF_TUN | IFF_NO_PI
    must("sysctl", "-qw", "net.ipv6.conf.%s.addr_gen_mode=1" % name, "net.ipv4.conf.%s.rp_filter=0" % name)
    must("ip", "link", "set", name, "up")
    return fd


try:
    must("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.all.accept_source_route=0",
         "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
    devices = {"left": tun("left"), "right": tun("right")}
except OSError as e:
    wire.skip_all("no TUN devices (%s)" % e)
for line in FACTS.splitlines():
    words = line.split()
    if words[0] == "addr":
        must("ip", "addr", "add", *words[1:], *(["nodad"] if ":" in line else []))
must("ip", "route", "add", "default", "via", "192.0.2.254")
must("ip", "-6", "route", "add", "::/0", "via", "fd00::ff", "dev", "right")
if wire.run("nft", "-f", "-", feed="""
table inet quiet {
	chain quiet { type filter hook output priority -1000; meta skuid 7 accept; drop; }
}""")[0]:
    wire.skip_all("nft does not work here")


def raw_socket(six):
    """User 7's: the kernel takes a socket's owner from the credentials that its file was opened with."""
    wire.LIBC.setfsgid(7), wire.LIBC.setfsuid(7)
    s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    if wire.LIBC.setfsuid(0) != 7 or wire.LIBC.setfsgid(0) != 7:
        wire.skip_all("there is no user 7 here")
    s.setsockopt(41 if six else 0, 36 if six else 3, 1)     # IPV6_HDRINCL, IP_HDRINCL
    return s


sockets = {six: raw_socket(six) for six in (False, True)}

# ------------------------------------------------------------------ rules of chance

HOOKS = {"raw": ["PREROUTING", "OUTPUT"], "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
         "nat": ["PREROUTING", "OUTPUT", "POSTROUTING"], "filter": ["INPUT", "FORWARD", "OUTPUT"]}


class Rules:
    def __init__(self, chance, six):
        self.chance, self.six = chance, six

    def net(self):
        return self.chance.choice(["2001:db8::/64", "2001:db8::1", "2001:db8:1::2", "2001:db8:1::/48", "fd00::/16", "::/1"]
                                  if self.six else ["10.0.0.0/24", "10.0.0.1", "198.51.100.2", "198.51.100.0/25",
                                                    "192.0.2.0/24", "0.0.0.0/1", "10.0.0.0/255.0.0.254"])

    def maybe_not(self, text):
        return ("! " if self.chance.random() < 0.2 else "") + text

    def ports(self):
        return self.chance.choice(["80", "53", "1024:65535", "0:1023", "40000:40010", "79:81"])

    def head(self, table, chain):
        c, words = self.chance, []
        if c.random() < 0.4:
            words.append(self.maybe_not("-s " + self.net()))
        if c.random() < 0.3:
            words.append(self.maybe_not("-d " + self.net()))
        if c.random() < 0.25 and chain in ("PREROUTING", "INPUT", "FORWARD"):
            words.append(self.maybe_not("-i " + c.choice(["left", "right", "l+", "lo"])))
        if c.random() < 0.25 and chain in ("POSTROUTING", "OUTPUT", "FORWARD"):
            words.append(self.maybe_not("-o " + c.choice(["left", "right", "ri+"])))
        return words

    def matches(self, table, chain, proto):
        c = self.chance
        kinds = {
            "state": lambda: "-m conntrack " + self.maybe_not("--ctstate " + c.choice(
                ["NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "NEW,INVALID", "RELATED", "UNTRACKED", "DNAT", "SNAT"])),
            "dir": lambda: "-m conntrack --ctdir " + c.choice(["ORIGINAL", "REPLY"]),
            "status": lambda: "-m conntrack " + self.maybe_not("--ctstatus " + c.choice(["ASSURED", "SEEN_REPLY", "CONFIRMED"])),
            "orig": lambda: "-m conntrack " + self.maybe_not("--ctorigsrc " + self.net()),
            "mark": lambda: "-m mark " + self.maybe_not("--mark " + c.choice(["0", "1", "0x2/0x2", "3/0xff"])),
            "connmark": lambda: "-m connmark " + self.maybe_not("--mark " + c.choice(["0", "1", "0x2/0x2"])),
            "length": lambda: "-m length " + self.maybe_not("--length " + c.choice(["0:60", "61:1500", "40", "28:48"])),
            "ttl": lambda: ("-m hl --hl-" if self.six else "-m ttl --ttl-") + c.choice(["lt 64", "gt 10", "eq 64", "eq 63"]),
            "tos": lambda: "-m tos " + self.maybe_not("--tos " + c.choice(["0x10/0xff", "0/0xff", "0x4/0x4"])),
            "dscp": lambda: "-m dscp " + self.maybe_not("--dscp " + c.choice(["0", "4", "46"])),
            "pkttype": lambda: "-m pkttype --pkt-type unicast",
            "limit": lambda: "-m limit --limit 1/day --limit-burst %d" % c.randrange(1, 6),
            "nth": lambda: "-m statistic --mode nth --every %d --packet 0" % c.randrange(2, 5),
            "connbytes": lambda: "-m connbytes --connbytes %d: --connbytes-dir both --connbytes-mode packets" % c.randrange(6),
            "helper": lambda: "-m helper " + self.maybe_not("--helper ftp"),
            "comment": lambda: "-m comment --comment x",
            "quota": lambda: "-m quota --quota %d" % c.choice([0, 100, 1000]),
            "range": lambda: "-m iprange " + self.maybe_not("--src-range " + (
                "2001:db8::1-2001:db8::f" if self.six else "10.0.0.1-10.0.0.3")),
        }
        kinds.update(self.rarer(table, chain, proto))
        words = []
        if proto in ("tcp", "udp"):
            if c.random() < 0.4:
                words.append("-m %s %s" % (proto, self.maybe_not(c.choice(["--dport ", "--sport "]) + self.ports())))
            elif c.random() < 0.3:
                words.append("-m multiport " + self.maybe_not(c.choice(["--dports ", "--sports ", "--ports "]) + "53,80,40000:40003"))
        if proto == "tcp" and c.random() < 0.3:
            words.append("-m tcp " + self.maybe_not("--tcp-flags " + c.choice(
                ["SYN,RST,ACK,FIN SYN", "ALL NONE", "RST RST", "ACK ACK", "SYN,FIN SYN,FIN"])))
        if proto == "icmp":
            words.append("-m icmp " + self.maybe_not("--icmp-type " + c.choice(["8", "0", "3", "3/1", "any", "11"])))
        if proto == "ipv6-icmp":
            words.append("-m icmp6 " + self.maybe_not("--icmpv6-type " + c.choice(["128", "129", "1", "1/4", "3"])))
        for name in c.sample(sorted(kinds), c.choice([0, 0, 0, 1, 1, 2])):
            if not (table == "raw" and name in ("state", "dir", "status", "orig", "connmark", "connbytes", "helper")):
                words.append(kinds[name]())
        return words

    def rarer(self, table, chain, proto):
        c = self.chance
        kinds = {
            "addrtype": lambda: "-m addrtype " + self.maybe_not(c.choice(["--src-type ", "--dst-type "]) + c.choice(
                ["LOCAL", "UNICAST", "MULTICAST"])),
            "u32": lambda: "-m u32 --u32 " + c.choice(["6&0xFF=6", "4&0x1FFF=0&&0>>22&0x3C@0&0xFFFF=80", "36=0x64646464",
                                                       "0>>22&0x3C@12>>26&0x3C@0>>24=0x64", "0&0xFFFF=0x28:0x40"]),
            "string": lambda: "-m string --algo %s --from %d --to %d %s" % (
                c.choice(["bm", "kmp"]), c.choice([0, 20, 40]), c.choice([44, 60, 100]),
                c.choice(["", "", "--icase "]) + self.maybe_not(c.choice(["--string xxx", "--string DDdd", "--hex-string |00000000|"]))),
            "recent": lambda: "-m recent --name %s %s" % (c.choice("ab"), c.choice(
                ["--set", "--rcheck --hitcount 2", "--update --seconds 60 --rdest", "! --rcheck", "--remove"])),
            "hashlimit": lambda: "-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst %d --hashlimit-mode %s --hashlimit-name h%d" % (
                c.randrange(1, 4), c.choice(["srcip", "dstip", "srcip,dstport"]), next(idents)),
            "cluster": lambda: "-m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 7",
            "bpf": lambda: '-m bpf --bytecode "4,48 0 0 %d,21 0 1 6,6 0 0 1,6 0 0 0"' % (6 if self.six else 9),
            "ecn": lambda: "-m ecn " + self.maybe_not("--ecn-ip-ect %d" % c.randrange(3)),
        }
        if proto == "tcp":
            kinds["mss"] = lambda: "-m tcpmss " + self.maybe_not("--mss 1000:1300")
            kinds["option"] = lambda: "-m tcp " + self.maybe_not("--tcp-option %d" % c.choice([2, 8]))
            kinds["ecn tcp"] = lambda: "-m ecn " + self.maybe_not(c.choice(["--ecn-tcp-cwr", "--ecn-tcp-ece"]))
        if self.six:
            kinds["header"] = lambda: "-m ipv6header --soft " + self.maybe_not("--header " + c.choice(["hop", "dst", "frag", "prot"]))
            kinds["hbh"] = lambda: c.choice(["-m hbh --hbh-len 8", "-m dst --dst-len 8", "-m hbh --hbh-opts 1:4", "-m dst --dst-opts 1"])
            kinds["frag"] = lambda: "-m frag " + c.choice(["--fragid 0:100000 --fraglast", "--fragfirst", "--fragmore", "--fragres"])
        if chain in ("OUTPUT", "POSTROUTING"):
            kinds["owner"] = lambda: "-m owner " + self.maybe_not(c.choice(["--uid-owner 7", "--gid-owner 8", "--socket-exists"]))
        if chain == "PREROUTING" and table in ("raw", "mangle"):
            kinds["rpfilter"] = lambda: "-m rpfilter " + c.choice(["", "--loose", "--invert", "--validmark"])
        return kinds

    def nat(self, chain, proto):
        c = self.chance
        port = ":%d" % c.choice([80, 8080, 53]) if proto in ("tcp", "udp") and c.random() < 0.5 else ""
        if chain == "POSTROUTING":
            if c.random() < 0.4:
                return "MASQUERADE"
            return "SNAT --to-source " + ("2001:db8:9::9" if self.six else "203.0.113.9")
        if c.random() < 0.15 and proto in ("tcp", "udp"):
            return "REDIRECT --to-ports 8080"
        to = c.choice(["2001:db8:1::5", "2001:db8:1::6"] if self.six else ["198.51.100.5", "198.51.100.6"])
        if c.random() < 0.1:
            return "NETMAP --to " + ("2001:db8:1::/64" if self.six else "198.51.100.0/24")
        return "DNAT --to-destination " + ("[%s]%s" % (to, port) if self.six and port else to + port)

    def target(self, table, chain, chains, proto):
        c = self.chance
        if table == "nat":
            return c.choice([self.nat(chain, proto), self.nat(chain, proto), "ACCEPT", "RETURN"]) if chain in HOOKS["nat"] \
                else c.choice(["ACCEPT", "RETURN"])
        if chains and c.random() < 0.2:
            return None
        choices = ["ACCEPT", "ACCEPT", "RETURN", ""]
        if c.random() < 0.3:
            choices = ["DROP"] + (["REJECT", "REJECT --reject-with tcp-reset" if proto == "tcp" else "REJECT"] if table == "filter" else [])
        elif table == "mangle":
            choices += ["MARK --set-mark 1", "MARK --or-mark 2", "MARK --set-xmark 3/0xff", "CONNMARK --set-mark 1",
                        "CONNMARK --save-mark", "CONNMARK --restore-mark", "TOS --set-tos 0x10", "DSCP --set-dscp 46"]
            if chain in ("FORWARD", "POSTROUTING"):
                choices.append("CLASSIFY --set-class 1:1")
            choices += ["MARK --xor-mark 5", "CONNMARK --set-xmark 6/3", "CONNMARK --save-mark --nfmask 1 --ctmask 3"]
            if proto == "tcp":
                choices += ["TCPMSS --set-mss 1200", "TCPOPTSTRIP --strip-options mss"] + ([] if self.six else ["ECN --ecn-tcp-remove"])
            if self.six and chain == "POSTROUTING":
                choices.append("SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db8:77::/64")
            choices.append("HMARK --hmark-tuple src,dst --hmark-mod 16 --hmark-rnd 0x1234")
            # The kernel looks at the way again behind mangle's OUTPUT: the same one here.
            if chain in ("PREROUTING", "FORWARD", "POSTROUTING"):
                choices += ["HL --hl-set 33" if self.six else "TTL --ttl-set 33"]
        elif table == "raw":
            choices += ["CT --notrack", "NFLOG"]
        return c.choice(choices)

    def rule(self, table, chain, chains):
        c = self.chance
        words = ["-A", chain] + self.head(table, chain)
        proto = c.choice(["tcp", "udp", "ipv6-icmp" if self.six else "icmp", "", "", "gre"])
        if table == "nat" and c.random() < 0.6:
            proto = c.choice(["tcp", "udp"])
        if proto:
            words.append("-p " + proto)
        target = self.target(table, chain, chains, proto)
        words += self.matches(table, chain, proto)
        if target is None:
            words.append("%s %s" % (c.choice(["-j", "-j", "-g"]), c.choice(chains)))
        elif target:
            words.append("-j " + target)
        return " ".join(words)

    def text(self, ftp=False):
        """`ftp`: sessions of FTP are followed, and come from an address that is longer in words."""
        c, out = self.chance, []
        for table in HOOKS:
            if table != "filter" and c.random() < 0.35 and not ftp:
                continue
            out.append("*" + table)
            for chain in HOOKS[table]:
                out.append(":%s %s [0:0]" % (chain, "DROP" if table == "filter" and c.random() < 0.15 else "ACCEPT"))
            chains = ["u%d" % n for n in range(c.randrange(4))] if table != "raw" else []
            out += [":%s - [0:0]" % name for name in chains]
            for n, name in enumerate(chains):
                out += [self.rule(table, name, chains[:n]) for _ in range(c.randrange(4))]
            if table == "raw" and (ftp or c.random() < 0.6):
                out.append("-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp")
            if table == "nat" and ftp:
                out.append("-A POSTROUTING -p tcp -m tcp --dport 21 -j SNAT --to-source " +
                           ("2001:db8:9::1234:9" if self.six else "203.0.113.9"))
            for chain in HOOKS[table]:
                out += [self.rule(table, chain, chains) for _ in range(c.randrange(2 if table == "nat" else 5))]
            out.append("COMMIT")
        return "\n".join(out) + "\n"


# ------------------------------------------------------------------ conversations of chance

def transport_of(packet):
    """Its protocol, and where its header stands."""
    if packet[0] >> 4 == 4:
        return packet[9], (packet[0] & 15) * 4
    proto, at = packet[6], 40
    while proto in (0, 43, 60) and len(packet) > at + 1:
        proto, at = packet[at], at + packet[at + 1] * 8 + 8
    return proto, at


def ends_of(packet):
    """Addresses and ports (or zeros) of a packet, as text and numbers."""
    if packet[0] >> 4 == 6:
        src, dst = (socket.inet_ntop(socket.AF_INET6, packet[a:a + 16]) for a in (8, 24))
    else:
        src, dst = (socket.inet_ntop(socket.AF_INET, packet[a:a + 4]) for a in (12, 16))
    proto, at = transport_of(packet)
    ports = struct.unpack_from("!HH", packet, at) if proto in (6, 17) and len(packet) >= at + 4 else (0, 0)
    return src, dst, ports[0], ports[1]


class Talk:
    """A client and a server; answers go to where the last packet of the client seemed to come from."""

    number = 0
    promised = False        # by a line of FTP

    def __init__(self, chance):
        Talk.number += 1
        self.chance, self.six = chance, chance.random() < 0.4
        self.kind = chance.choice(["tcp", "tcp", "udp", "icmp", "other"])
        self.outward = chance.random() < 0.75       # from left to right, or from right to an address of ours
        self.local = chance.random() < 0.15         # this host is the client
        n = chance.randrange(1, 4)
        client = ("10.0.0.%d" % n, "2001:db8::%d" % n) if self.outward else ("198.51.100.7", "2001:db8:1::7")
        server = ("198.51.100.2", "2001:db8:1::2") if self.outward else \
            chance.choice([("192.0.2.100", "fd00::100"), ("10.0.0.9", "2001:db8::9")])
        if self.local:
            client = "192.0.2.100", "fd00::100"
            server = "198.51.100.2", "2001:db8:1::2"
        self.client, self.server = client[self.six], server[self.six]
        self.sport, self.dport = 40000 + Talk.number % 20000, chance.choice([80, 53, 8080])
        self.step, self.seq = 0, {True: 1000, False: 5000}
        self.way, self.emitted = None, None     # where the client's last packet came out, and as what
        self.got = None                         # the last answer, as the client got it
        self.odd = {"ttl": chance.choice([64, 64, 64, 2, 1])} if chance.random() < 0.3 else {}
        if chance.random() < 0.3:
            self.odd["tos"] = chance.choice([0x10, 0xB8, 0x04])

    def layer(self, forth, sport, dport):
        c, six = self.chance, self.six
        if self.kind == "udp":
            return wire.udp(dport, sport, b"x" * c.randrange(30))
        if self.kind == "icmp":
            kind = (128 if forth else 129) if six else (8 if forth else 0)
            return (wire.icmp6 if six else wire.icmp)(kind, 0, struct.pack("!HH", self.sport, self.step) + b"x" * c.randrange(20))
        if self.kind == "other":
            return wire.other(c.choice([47, 50, 99]), b"\0" * 20)
        hands = {0: "S", 1: "SA", 2: "A"}
        flags = hands.get(self.step, "") if self.step < 3 and c.random() < 0.9 else \
            c.choice(["A", "A", "AP", "AP", "AF", "RA", "S", "SF", "R", ""])
        seq, ack = self.seq[forth], self.seq[not forth] if "A" in flags else 0
        size = c.choice([0, 5, 100]) if flags in ("A", "AP") else 0
        if c.random() < 0.05:
            seq += c.choice([1, -1, 70000])
        else:
            self.seq[forth] = seq + size + ("S" in flags) + ("F" in flags)
        options = wire.mss(c.choice([1460, 1200, 536])) if "S" in flags and c.random() < 0.5 else b""
        return wire.tcp(dport, sport, flags, seq=seq % 2**32, ack=ack % 2**32, data=b"d" * size, options=options)

    def error(self, about, device):
        """About the last packet that came out, from its receiver or from a router."""
        c = self.chance
        quoted = about[:c.choice([len(about), 48 if self.six else 28, 30])]
        more = c.choice([bytes(4), bytes(4), b"\0\0\5\xdc"])
        layer = wire.icmp6(1, 4, more + quoted) if self.six else wire.icmp(3, c.choice([1, 3]), more + quoted)
        dst, src = ends_of(about)[:2]
        if c.random() < 0.4:
            src = "fd00::fe" if self.six else "192.0.2.253"
        return device, (wire.ip6 if self.six else wire.ip4)(layer, src, dst)

    def packet(self):
        """(device or None for this host, bytes, judged to the byte)"""
        c = self.chance
        make = wire.ip6 if self.six else wire.ip4
        forth = self.emitted is None or (self.step == 2 if self.kind == "tcp" and self.step < 3 else c.random() < 0.5)
        if c.random() < 0.08 and self.kind != "icmp":
            about = self.got if forth else self.emitted
            if about:
                return self.error(about, self.way if not forth else None if self.local else "left" if self.outward else "right")
        if forth:
            src, dst, sport, dport = self.client, self.server, self.sport, self.dport
            device = None if self.local else "left" if self.outward else "right"
        else:
            dst, src, dport, sport = self.emitted_ends
            device = self.way
        layer = self.layer(forth, sport, dport)
        if c.random() < 0.04:
            layer.data = layer.data[:c.randrange(len(layer.data) + 1)]
            layer.sum_at = None
        elif c.random() < 0.03 and layer.sum_at is not None and device:
            layer.sum_at = None         # a checksum of 0: none, or a wrong one
        self.step += 1
        more = dict(self.odd) if forth else {}
        if c.random() < 0.03 and self.six:
            more["before"] = (c.choice([wire.hbh((1, b"\0\0\0\0")), wire.dst((1, b"\0\0\0\0"))]),)
        if not self.six:
            more["ident"] = self.step + 1
            if c.random() < 0.03:
                more["options"] = b"\x94\4\0\0"     # router alert
        if device is None:
            more.pop("options", None), more.pop("before", None)
        return device, make(layer, src, dst, **more)

    def came_out(self, device, packet):
        """What its receiver sees; talks that begin because of it are returned."""
        if self.emitted is None or ends_of(packet)[:2] != (self.emitted_ends[1], self.emitted_ends[0]):
            self.emitted, self.emitted_ends, self.way = packet, ends_of(packet), device
        else:
            self.got = packet
        return []


class Ftp(Talk):
    """A session of FTP: its data connections go where the other side reads that they should."""

    def __init__(self, chance):
        super().__init__(chance)
        self.kind, self.outward, self.local, self.odd = "tcp", True, False, {}
        self.client, self.server = (("2001:db8::4", "2001:db8:1::2") if self.six else ("10.0.0.4", "198.51.100.2"))
        self.dport, self.forth, self.seen = 21, True, {True: 0, False: 0}
        self.script = [(True, "S", b""), (False, "SA", b""), (True, "A", b""), (False, "AP", b"220 ready\r\n")]

    def lines(self):
        """A command and its answer."""
        port = self.chance.choice([self.chance.randrange(1024, 65536), 50000])
        numbers = lambda host: b",".join(b"%d" % n for n in socket.inet_aton(host) + struct.pack("!H", port))
        if self.chance.random() < 0.5:
            if self.six or self.chance.random() < 0.3:
                return [(True, "AP", b"EPSV\r\n"), (False, "AP", b"229 Entering (|||%d|)\r\n" % port)]
            return [(True, "AP", b"PASV\r\n"), (False, "AP", b"227 Entering (%s)\r\n" % numbers(self.server))]
        if self.six or self.chance.random() < 0.3:
            ask = b"EPRT |%d|%s|%d|\r\n" % (1 + self.six, self.client.encode(), port)
        else:
            ask = b"PORT %s\r\n" % numbers(self.client)
        return [(True, "AP", ask), (False, "AP", b"200 so be it\r\n")]

    def packet(self):
        self.is_error = self.chance.random() < 0.1 and bool(self.got if self.chance.random() < 0.7 else self.emitted)
        if self.is_error:
            mine = self.got and (not self.emitted or self.chance.random() < 0.7)
            return self.error(self.got if mine else self.emitted, "left" if mine else self.way)
        if not self.script:
            self.script = self.lines()
        self.forth, flags, data = self.script[0]
        if self.emitted is None or self.forth:
            src, dst, sport, dport = self.client, self.server, self.sport, self.dport
        else:
            dst, src, dport, sport = self.emitted_ends
        layer = wire.tcp(dport, sport, flags, seq=self.seq[self.forth], data=data,
                         ack=self.seen[not self.forth] if "A" in flags else 0)
        return "left" if self.forth else self.way or "right", (wire.ip6 if self.six else wire.ip4)(layer, src, dst)

    def came_out(self, device, packet):
        if not self.script or self.is_error:     # the other fragments of a line
            return []
        _, flags, data = self.script.pop(0)
        self.seq[self.forth] += len(data) + ("S" in flags)
        start = 40 if self.six else (packet[0] & 15) * 4
        if len(packet) < start + 20 or packet[6 if self.six else 9] != 6:
            return []
        text = packet[start + (packet[start + 12] >> 4) * 4:]
        self.seen[self.forth] = (struct.unpack_from("!I", packet, start + 4)[0] + len(text) + ("S" in flags)) % 2**32
        if self.forth:
            super().came_out(device, packet)
        else:
            self.got = packet
        return self.data(text) if data else []

    def data(self, text):
        """The connection that the receiver of a line opens."""
        numbers = re.search(rb"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)", text)
        extended = re.search(rb"\|\d*\|([^|]*)\|(\d+)\|", text)
        if not numbers and not extended:
            return []
        talk = Talk(self.chance)
        talk.promised = True
        talk.kind, talk.six, talk.outward, talk.local, talk.odd = "tcp", self.six, not self.forth, False, {}
        if numbers:
            n = [int(x) for x in numbers.groups()]
            host, talk.dport = "%d.%d.%d.%d" % tuple(n[:4]), n[4] * 256 + n[5]
        else:
            host, talk.dport = extended[1].decode(), int(extended[2])
        talk.client, talk.server = (self.emitted_ends[1], host) if self.forth else (self.client, host or self.server)
        return [talk]


# ------------------------------------------------------------------ side by side

def drain(seconds):
    """What has come out: [(device, packet)]; the first may take a moment."""
    out = []
    while select.select(list(devices.values()), [], [], 0 if out else seconds)[0]:
        for name, fd in devices.items():
            try:
                out.append((name, os.read(fd, 4096)))
            except BlockingIOError:
                pass
    return out


def kernel_counters():
    found = {}
    for six, save in ((4, "iptables-save"), (6, "ip6tables-save")):
        number = {}
        table = None
        for line in must(save, "-c").splitlines():
            if line.startswith("*"):
                table = line[1:]
            policy = re.match(r":(\S+) (ACCEPT|DROP) \[(\d+):(\d+)\]", line)
            rule = re.match(r"\[(\d+):(\d+)\] -A (\S+)", line)
            if policy:
                found[six, table, policy[1], 0] = int(policy[3]), int(policy[4])
            elif rule:
                key = table, rule[3]
                number[key] = number.get(key, 0) + 1
                found[six, table, rule[3], number[key]] = int(rule[1]), int(rule[2])
    return found


def our_counters(oracle):
    oracle.stdin.write("counters\n")
    found = {}
    while True:
        line = oracle.stdout.readline().split()
        if line == ["."]:
            return found
        family, table, chain, number, packets, octets = line
        found[int(family), table, chain, int(number)] = int(packets), int(octets)


def send(device, packet):
    if device:
        os.write(devices[device], packet)
        return
    six = packet[0] >> 4 == 6
    try:
        sockets[six].sendto(packet, (ends_of(packet)[1], 0))
    except OSError:
        pass        # dropped by rules: EPERM


def port_said(packet):
    """By a line of FTP; None: it says none."""
    numbers = re.search(rb"\d+,\d+,\d+,\d+,(\d+),(\d+)", packet)
    extended = re.search(rb"\|\d*\|[^|]*\|(\d+)\|", packet)
    return int(numbers[1]) * 256 + int(numbers[2]) if numbers else int(extended[1]) if extended else None


def drawn(before, after):
    """What the kernel drew if it chose a new source port (or echo number) for this packet: its place in the range
    that find_best_ips_proto() and nf_nat_l4proto_unique_tuple() of net/netfilter/nf_nat_core.c look through."""
    proto, at = transport_of(after)
    said, says = port_said(before), port_said(after)
    if said and says and said != says:      # somebody else expects that one (nf_nat_exp_find_port)
        return -(-(says - said << 32) // (65535 - said))
    if proto in (1, 58):
        return struct.unpack_from("!H", after.ljust(at + 6, b"\0"), at + 4)[0]
    old, new = ends_of(before)[2], ends_of(after)[2]
    return (new - (1 if old < 512 else 600 if old < 1024 else 1024)) % 65536


idents = itertools.count(1)     # of fragments: what is left of earlier rounds must not fit to later ones


def in_pieces(chance, packet):
    """As fragments, of 16 or 24 bytes of the datagram each, in any order."""
    six = packet[0] >> 4 == 6
    start = 40 if six else (packet[0] & 15) * 4
    head, data, size, pieces = packet[:start], packet[start:], chance.choice([16, 24]), []
    ident = next(idents)
    for at in range(0, len(data), size):
        piece, more = data[at:at + size], at + size < len(data)
        if six:
            pieces.append(head[:4] + struct.pack("!HB", len(piece) + 8, 44) + head[7:] +
                          struct.pack("!BBHI", head[6], 0, at | more, ident) + piece)
            continue
        top = head[:2] + struct.pack("!HHH", start + len(piece), ident % 65536, more << 13 | at // 8) + head[8:10]
        top += b"\0\0" + head[12:]
        pieces.append(top[:10] + struct.pack("!H", wire.checksum(top)) + top[12:] + piece)
    if chance.random() < 0.3:
        chance.shuffle(pieces)
    return pieces


def fragment_of(packet):
    """(what is in front of a fragment's piece when whole, its place, the piece), or None."""
    if packet[0] >> 4 == 4:
        start, (_, where) = (packet[0] & 15) * 4, struct.unpack_from("!HH", packet, 4)
        return (packet[:6] + b"\0\0" + packet[8:start], where & 0x1FFF, packet[start:]) if where & 0x3FFF else None
    proto_at, at = 6, 40
    while packet[proto_at] in (0, 43, 60):
        proto_at, at = at, at + packet[at + 1] * 8 + 8
    if packet[proto_at] != 44:
        return None
    front = packet[:proto_at] + packet[at:at + 1] + packet[proto_at + 1:at]
    return front, struct.unpack_from("!H", packet, at + 2)[0] & 0xFFF8, packet[at + 8:]


def in_one(came):
    """Fragments that came out, as the datagram that they are."""
    pieces = {}
    for _, packet in came:
        found = fragment_of(packet)
        if not found:
            return came
        pieces[found[1]] = found[2]
    front, data = found[0], b"".join(pieces[at] for at in sorted(pieces))
    if front[0] >> 4 == 6:
        return [(came[0][0], front[:4] + struct.pack("!H", len(front) - 40 + len(data)) + front[6:] + data)]
    front = front[:2] + struct.pack("!H", len(front) + len(data)) + front[4:10] + b"\0\0" + front[12:]
    return [(came[0][0], front[:10] + struct.pack("!H", wire.checksum(front)) + front[12:] + data)]


def one_packet(oracle, talks, talk, said):
    """None, or what differs."""
    device, packet = talk.packet()
    if device and len(packet) > 60 and talk.chance.random() < 0.15:
        for piece in in_pieces(talk.chance, packet):
            wrong = one_piece(oracle, talks, talk, said, device, piece, packet)
            if wrong:
                return wrong
        return None
    return one_piece(oracle, talks, talk, said, device, packet, packet) if len(packet) >= 20 else None


def one_piece(oracle, talks, talk, said, device, packet, whole):
    send(device, packet)
    came = drain(0)
    if came:
        oracle.stdin.write("drawn %d\n" % drawn(whole, in_one(came)[0][1]))
    oracle.stdin.write("in %s %s\n" % (device, packet.hex()) if device else "out %s\n" % packet.hex())
    answer = oracle.stdout.readline().rstrip("\n").split(" ", 3)
    fate, out, after = answer[:3]
    said.append("%s %s -> %s" % (device or "here", packet.hex(), " ".join(answer)))
    goes_on = fate in ("forwarded", "sent")
    came += drain(0.05 if goes_on and not came else 0)
    if goes_on and not came:
        return "the kernel lets nothing out"
    if not goes_on and came:
        return "the kernel lets out %s" % [(d, p.hex()) for d, p in came]
    seen[fate] = seen.get(fate, 0) + 1
    if goes_on:
        for what, good in (("translated", ends_of(packet)[:2] != ends_of(came[0][1])[:2]), ("pieces", len(came) > 1),
                           ("FTP data", talk.promised)):
            seen[what] = seen.get(what, 0) + good
        if came[0][1].hex() != after:
            came = in_one(came)
        talks += talk.came_out(*came[0])
        if came[0][0] != out or came[0][1].hex() != after:
            return "the kernel lets out %s %s" % (came[0][0], came[0][1].hex())
    return None


def hold(chance, folder):
    """One rule set; None, or what differs."""
    ftp = chance.random() < 0.15
    texts = {six: Rules(chance, six).text(ftp) for six in (False, True)}
    paths = []
    for six, tool in ((False, "iptables"), (True, "ip6tables")):
        paths.append(os.path.join(folder, tool + ".save"))
        with open(paths[-1], "w") as f:
            f.write(texts[six])
        empty = "".join("*%s\nCOMMIT\n" % table for table in HOOKS)
        must(os.path.join(wire.BIN, tool + "-restore"), feed=empty)
        status, _, err = wire.run(os.path.join(wire.BIN, tool + "-restore"), paths[-1])
        if status:
            return "%s is refused: %s\n%s" % (tool, err, texts[six])
    wire.run("conntrack", "-F")
    drain(0)
    said, sent, Talk.number = [], 0, 0
    with subprocess.Popen([ORACLE] + paths + [os.path.join(folder, "host")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, bufsize=1) as oracle:
        talks = [Ftp(chance), Ftp(chance)] if ftp else [Talk(chance) for _ in range(5)] + [Ftp(chance)]
        for _ in range(PACKETS):
            talk = chance.choice(talks)
            wrong = one_packet(oracle, talks, talk, said)
            sent += 1
            if wrong:
                break
        theirs, ours = kernel_counters(), our_counters(oracle)
        oracle.stdin.close()
    differ = ["%s: kernel %s, engine %s" % (" ".join(map(str, k)), v, ours.get(k, (0, 0)))
              for k, v in theirs.items() if v != ours.get(k, (0, 0))]
    if wrong or differ:
        return "\n".join(said[-int(os.environ.get("SAID", 12)):] + [wrong or ""] + differ + [texts[False], texts[True]])
    return None


PACKETS, seen = 100, {}
seed = int(os.environ.get("SEED") or random.randrange(1 << 30))
rounds = int(os.environ.get("ROUNDS") or (10000 if os.environ.get("NIGHTLY") else 100))
failed = None
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "host"), "w") as f:
        f.write(FACTS)
    first = int(os.environ.get("FIRST") or 0)
    for n in range(first, rounds):
        failed = hold(random.Random("%d %d" % (seed, n)), folder)
        if failed:
            failed = "round %d\n%s" % (n, failed)
            break
tap.ok(not failed, "%d packets through %d rule sets: fates, packets, counters (seed %d)" % (rounds * PACKETS, rounds, seed), failed)
if not failed and rounds - first >= 100:
    rare = [what for what in ("forwarded", "sent", "delivered", "dropped", "rejected", "held", "translated", "pieces", "FTP data")
            if seen.get(what, 0) < 20]
    tap.ok(not rare, "of every kind of packet there were some", "few: %s of %s" % (rare, seen))
tap.finish()
