#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""For each match a packet that it matches and one that it does not, seen in the kernel's counters; IPv4
and IPv6. (Those of header, ports, states, limits and sets are in packets.sh.) The engine in user space gets
the same frames, and has to count the same.

left ---- right: left has no addresses and sends frames made byte by byte; right has the rules."""
import ctypes
import datetime
import os
import socket
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402
from wire import (auth, dccp, dst, esp, fragment, hbh, icmp, icmp6, ip4, ip6, ipcomp, mac, mobility,  # noqa: E402
                  mss, routing, sctp, srh, tcp, udp)

tap = wire.Tap()
if os.geteuid():
    wire.skip_all("frames byte by byte want root of the machine")

left, right = wire.Host("left"), wire.Host("right")
ports = []
for n in (0, 1):
    left.setting("net.ipv6.conf.default.disable_ipv6", 1)
    left_mac, right_mac = wire.cable(left, "left%d" % n, right, "right%d" % n)
    wire.address(right, "right%d" % n, "10.%d.0.2/24" % (n + 1), "fd0%d::2/64" % (n + 1))
    for end in range(1, 40):
        right.ip("neigh replace 10.%d.0.%d lladdr %s dev right%d" % (n + 1, end + 100, left_mac, n))
    for neighbour in ("10.%d.0.1" % (n + 1), "10.%d.0.3" % (n + 1), "fd0%d::1" % (n + 1)):
        right.ip("neigh replace %s lladdr %s dev right%d" % (neighbour, left_mac, n))
    port = wire.Port(left, "left%d" % n)
    port.peer = mac(right_mac)
    ports.append(port)
right.setting("net.ipv4.conf.all.rp_filter", 0)
for dev in ("right0", "right1", "default"):
    right.setting("net.ipv4.conf.%s.rp_filter" % dev, 0)


FACTS = """link right0
link right1%s
addr 10.1.0.2/24 dev right0
addr 10.2.0.2/24 dev right1
addr fd01::2/64 dev right0
addr fd02::2/64 dev right1
forward off
"""
groups = [0]    # of right1
sent = []       # device, its hardware address, frame: since a case began
SETS = []       # text of ipset save


def send(six, layer, dev=0, to=None, frm=None, **how):
    """One packet from left; a callable makes the layer for the family."""
    if callable(layer):
        layer = layer(six)
    packet = (ip6 if six else ip4)(layer, **how)
    sent.append(("right%d" % dev, ports[dev].peer, ports[dev].send(packet, to, frm)))


def sending(layer, **how):
    return lambda six: send(six, layer, **how)


def steps(what):
    """What to do, as a list of functions of the family: layers are sent."""
    if not isinstance(what, list):
        what = [what]
    return [step if callable(step) and not isinstance(step, wire.Layer) else sending(step) for step in what]


def count_is(six, table, chain, number, want, seconds=1.0):
    wire.wait_until(seconds, lambda: right.counters(six, table, chain)[number] >= want)
    return right.counters(six, table, chain)[number]


def agrees(six, text, table, chain, want):
    """Does the engine count so, too? None: nothing can be said, for the packets were not frames or it does not know."""
    counts, said = wire.engine_counts(six, text, FACTS % (" group %d" % groups[-1] if groups[-1] else ""), sent,
                                       "".join(SETS))
    if not sent or any(fate == "unknown" for fate, _, _ in said):
        return None
    return counts[table, chain, 1] == want or "the engine counts %d: %s" % (counts[table, chain, 1], said)


compared, not_compared = set(), set()


def case(rule, yes, no, only=None, table="filter", chain="INPUT", count=None, first=(), name=None):
    """The rule counts nothing for `no` and every packet of `yes`. `first`: rules of other tables."""
    words = rule.split()
    matches = {words[i + 1] for i, word in enumerate(words) if word == "-m"}
    for six in (False, True):
        if only == 4 and six or only == 6 and not six:
            continue
        title = "IPv%d: %s" % (6 if six else 4, name or rule)
        text = "".join("*%s\n-A %s\nCOMMIT\n" % (where, words) for where, words in first)
        text += "*%s\n-A %s %s\nCOMMIT\n" % (table, chain, rule)
        status, _, err = right.restore(six, text)
        if status:
            tap.ok(False, title, err)
            continue
        sent.clear()
        for step in steps(no):
            step(six)
        done = steps(yes)
        for step in done:
            step(six)
        want = len(done) if count is None else count
        got = count_is(six, table, chain, 0, want)
        tap.ok(got == want, title, "counted %d, wanted %d" % (got, want))
        same = agrees(six, text, table, chain, got)
        (not_compared if same is None else compared).update(matches)
        if same is not None:
            tap.ok(same is True, title + ": and in user space", same)
        right.restore(six, "".join("*%s\nCOMMIT\n" % where for where, _ in list(first) + [(table, "")]))


# ------------------------------------------------------------------ fields of the IP header

case("-p udp -m length --length 30:60", udp(data=b"x" * 12), udp(data=b"x" * 40))
case("-p udp -m length ! --length 0:60", udp(data=b"x" * 40), udp(data=b"x" * 4))
case("-m tos --tos 0x10/0x3f", sending(udp(), tos=0x10), sending(udp(), tos=0x08))
case("-m tos --tos Maximize-Throughput", sending(udp(), tos=0x08), sending(udp(), tos=0x10))
case("-m dscp --dscp 0x2e", sending(udp(), tos=0xB8), sending(udp(), tos=0xB0))
case("-m dscp --dscp-class AF11", sending(udp(), tos=0x28), sending(udp(), tos=0x2E << 2))
case("-p udp -m dscp ! --dscp-class EF", udp(), sending(udp(), tos=0xB8))
case("-m ttl --ttl-eq 3", sending(udp(), ttl=3), sending(udp(), ttl=4), only=4)
case("-m ttl --ttl-lt 3", sending(udp(), ttl=2), sending(udp(), ttl=3), only=4)
case("-m ttl --ttl-gt 250", sending(udp(), ttl=251), sending(udp(), ttl=250), only=4)
case("-m hl --hl-eq 3", sending(udp(), ttl=3), sending(udp(), ttl=4), only=6)
case("-m hl --hl-lt 3", sending(udp(), ttl=2), sending(udp(), ttl=3), only=6)
case("-m hl --hl-gt 250", sending(udp(), ttl=251), sending(udp(), ttl=250), only=6)
case("-m ecn --ecn-ip-ect 2", sending(udp(), tos=2), sending(udp(), tos=1))
case("-p tcp -m ecn --ecn-tcp-cwr", tcp(flags="AC"), tcp(flags="AE"))
case("-p tcp -m ecn --ecn-tcp-ece", tcp(flags="AE"), tcp(flags="AC"))
case('-m u32 --u32 "0x6&0xFF=17&&0x14&0xFFFF=5000:6000"', udp(5555), [udp(4999), tcp(5555)], only=4,
     name="u32: protocol, then the port behind a header of 20 bytes")
case('-m u32 --u32 "0>>22&0x3C@0&0xFFFF=5000:6000"', sending(udp(5555), options=b"\1" * 4), udp(4999), only=4,
     name="u32: the port behind a header of any length")
case('-m u32 --u32 "0x4&0xFF00=0x1100&&0x28&0xFFFF=5000:6000"', udp(5555), [udp(4999), tcp(5555)], only=6)
case('-p udp -m u32 --u32 "0>>22&0x3C@8=0x6869"', udp(data=b"\0\0hi"), udp(data=b"\0\0ho"), only=4,
     name="u32: the payload")
case("-p udp -m pkttype --pkt-type broadcast",
     sending(udp(), to=b"\xff" * 6, dst="10.1.0.255"), udp(), only=4)
case("-p udp -m pkttype --pkt-type multicast",
     sending(udp(), to=mac("33:33:00:00:00:01"), dst="ff02::1"), udp(), only=6)
case("-p udp -m pkttype --pkt-type unicast", udp(), sending(udp(), to=b"\xff" * 6, dst="10.1.0.255"), only=4)
case("-m eui64", sending(udp(), src="fe80::ff:fe00:99", frm=mac("02:00:00:00:00:99")),
     sending(udp(), src="fe80::ff:fe00:98", frm=mac("02:00:00:00:00:99")), only=6)
case('-m bpf --bytecode "4,48 0 0 9,21 0 1 17,6 0 0 1,6 0 0 0"', udp(), tcp(), only=4)
case('-m bpf --bytecode "4,48 0 0 6,21 0 1 17,6 0 0 1,6 0 0 0"', udp(), tcp(), only=6)

# The same by a program that lies in a file system of the kernel: bpf(2) loads and pins it.
with tempfile.TemporaryDirectory() as folder:
    # r0 = the byte at 9 of the IP header (protocol) == 17
    code = b"".join(struct.pack("<BBhi", *insn) for insn in (
        (0xBF, 0x16, 0, 0), (0x30, 0, 0, 9), (0x15, 0, 2, 17), (0xB7, 0, 0, 0), (0x95, 0, 0, 0), (0xB7, 0, 0, 1),
        (0x95, 0, 0, 0)))
    bpf = {"x86_64": 321, "aarch64": 280}.get(os.uname().machine, -1)       # __NR_bpf
    status, _, why = wire.run("mount", "-t", "bpf", "none", folder)
    if not status:
        instructions, licence = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
        load = struct.pack("=IIQQ", 1, len(code) // 8, ctypes.addressof(instructions), ctypes.addressof(licence))
        load = ctypes.create_string_buffer(load.ljust(128, b"\0"))
        program = wire.LIBC.syscall(bpf, 5, load, 128)          # BPF_PROG_LOAD, a socket filter
        where = ctypes.create_string_buffer(os.path.join(folder, "udp").encode())
        pin = ctypes.create_string_buffer(struct.pack("=QI", ctypes.addressof(where), max(program, 0)).ljust(128, b"\0"))
        if program < 0 or wire.LIBC.syscall(bpf, 6, pin, 128):  # BPF_OBJ_PIN
            status, why = 1, os.strerror(ctypes.get_errno())
    if status:
        tap.skip("bpf --object-pinned", "no program can be pinned here (%s)" % why.strip().splitlines()[0])
    else:
        case("-m bpf --object-pinned %s/udp" % folder, udp(), tcp(), only=4, name="bpf --object-pinned")
    wire.run("umount", folder)

# ------------------------------------------------------------------ IPv6 extension headers

UNASSEMBLED = {"only": 6, "table": "raw", "chain": "PREROUTING"}


def six(layer, *headers, **how):
    return sending(layer, before=headers, **how)


case("-m frag --fragid 10:20", six(udp(), fragment(0, True, 15)), six(udp(), fragment(0, True, 21)), **UNASSEMBLED)
case("-m frag --fragfirst", six(udp(), fragment(0, True)), six(udp(), fragment(5, True)), **UNASSEMBLED)
case("-m frag --fragmore", six(udp(), fragment(5, True)), six(udp(), fragment(5, False)), **UNASSEMBLED)
case("-m frag --fraglast", six(udp(), fragment(5, False)), six(udp(), fragment(5, True)), **UNASSEMBLED)
case("-f -d 10.1.0.2", sending(udp(), offset=5), sending(udp(), more=True), only=4, table="raw", chain="PREROUTING",
     name="-f: second and further fragments")
case("-m hbh --hbh-len 8", six(udp(), hbh((5, b"\0\0"))), six(udp(), hbh((5, b"\0" * 8))), **UNASSEMBLED)
case("-m hbh --hbh-opts 5:2", six(udp(), hbh((5, b"\0\0"))), [six(udp(), hbh((6, b"\0\0"))), udp()], **UNASSEMBLED)
case("-m dst --dst-len 8", six(udp(), dst((5, b"\0\0"))), six(udp(), dst((5, b"\0" * 8))), **UNASSEMBLED)
case("-m dst --dst-opts 30:4", six(udp(), dst((30, b"\0" * 4))), six(udp(), dst((30, b"\0" * 3))), **UNASSEMBLED)
case("-m rt --rt-type 0", six(udp(), routing(0)), six(udp(), routing(2)), **UNASSEMBLED)
case("-m rt --rt-segsleft 2:3", six(udp(), routing(0, 3, ("fd01::7",) * 3)),
     six(udp(), routing(0, 1, ("fd01::7",) * 3)), **UNASSEMBLED)
case("-m rt --rt-type 0 --rt-0-addrs fd01::7 --rt-0-not-strict",
     six(udp(), routing(0, 2, ("fd01::6", "fd01::7"))), six(udp(), routing(0, 2, ("fd01::6", "fd01::8"))),
     **UNASSEMBLED)
# The kernel compares the tag without regard to byte order, so one that has none.
case("-m srh --srh-segs-left-eq 1 --srh-tag 257", six(udp(), srh(1, ("fd01::7", "fd01::2"), 257)),
     [six(udp(), srh(0, ("fd01::7", "fd01::2"), 257)), six(udp(), srh(1, ("fd01::7", "fd01::2"), 6))],
     **UNASSEMBLED)
case("-m srh --srh-lsid fd01::7/128", six(udp(), srh(1, ("fd01::7", "fd01::2"))),
     six(udp(), srh(1, ("fd01::8", "fd01::2"))), **UNASSEMBLED)
case("-p mobility-header -m mh --mh-type binding-update", mobility(5), mobility(6), **UNASSEMBLED)
case("-m ipv6header --header dst --soft", six(udp(), dst((5, b"\0\0"))), udp(), **UNASSEMBLED)
case("-m ipv6header --header hop,dst,prot", six(udp(), hbh((5, b"\0\0")), dst((5, b"\0\0"))),
     six(udp(), dst((5, b"\0\0"))), **UNASSEMBLED)
case("-m ah --ahspi 500:600", six(udp(), auth(550)), six(udp(), auth(601)), **UNASSEMBLED)
case("-m ah --ahspi 7 --ahlen 24 --ahres", six(udp(), auth(7)), six(udp(), auth(7, reserved=1)), **UNASSEMBLED)

# ------------------------------------------------------------------ protocols

case("-p ah -m ah --ahspi 500:600", sending(udp(), before=[auth(550)]), sending(udp(), before=[auth(601)]), only=4)
case("-p esp -m esp --espspi 500:600", esp(550), esp(499))
case("-p ipcomp -m ipcomp --ipcompspi 500:600", ipcomp(600), ipcomp(601))
case("-p sctp -m sctp --dport 80:90", sctp(85), sctp(91))
case("-p sctp -m sctp --sport 80", sctp(sport=80), sctp(sport=81))
case("-p sctp -m sctp --chunk-types only INIT", sctp(), sctp(chunks=((1, 0), (0, 0))))
case("-p sctp -m sctp --chunk-types any INIT,DATA", sctp(chunks=((0, 0), (3, 0))), sctp(chunks=((3, 0),)))
case("-p sctp -m sctp --chunk-types all DATA:Be", sctp(chunks=((0, 2),)), sctp(chunks=((0, 3),)))
case("-p dccp -m dccp --dport 80:90", dccp(dport=85), dccp(dport=91))
case("-p dccp -m dccp --dccp-types REQUEST,DATA", dccp(0), dccp(1))
case("-p dccp -m dccp --dccp-option 40", dccp(0, options=b"\x28\3\0"), dccp(0, options=b"\x29\3\0"))
case("-p tcp -m tcpmss --mss 500:600", tcp(options=mss(536)), [tcp(options=mss(601)), tcp()])
case("-p tcp -m tcp --tcp-option 8", tcp(options=b"\x08\x0a" + b"\0" * 8), tcp(options=mss(536)))
case("-p udplite -m multiport --dports 7,9", wire.udplite(7), wire.udplite(8))
case('-p udp -m string --algo bm --string "needle"', udp(data=b"hay needle hay"), udp(data=b"hay nedle hay"))
case('-p udp -m string --algo kmp --icase --string "needle"', udp(data=b"hay NeedLe hay"), udp(data=b"hay need le"))
case('-p udp -m string --algo kmp --hex-string "|00 ff|x" --from 40', udp(data=b"abcdefghijklmnopqrstu\0\xffx"),
     udp(data=b"\0\xff"))
case('-p udp -m string --algo bm --string "needle" --to 40', udp(data=b"needle" + b"." * 40),
     udp(data=b"." * 40 + b"needle"), only=4)

# ------------------------------------------------------------------ devices, routes, sockets

right.ip("link set right1 group 5")
groups.append(5)
OTHER = {False: {"dev": 1, "dst": "10.2.0.2", "src": "10.2.0.1"}, True: {"dev": 1, "dst": "fd02::2", "src": "fd02::1"}}


def other_way(layer):
    return lambda family: send(family, layer, **OTHER[family])


case("-p udp -m devgroup --src-group 5", other_way(udp()), udp())
case("-p udp -m devgroup ! --src-group 5", udp(), other_way(udp()))


def spoofed(layer):
    """A source that is reached by the other device."""
    return lambda family: send(family, layer, src=OTHER[family]["src"])


case("-p udp -m rpfilter", udp(), spoofed(udp()), table="raw", chain="PREROUTING")
case("-p udp -m rpfilter --invert", spoofed(udp()), udp(), table="raw", chain="PREROUTING")
case("-p udp -m rpfilter --loose", spoofed(udp()),
     lambda family: send(family, udp(), src="fd77::1" if family else "10.77.0.1"), table="raw", chain="PREROUTING")

with right:
    listeners = [socket.socket(kind, socket.SOCK_DGRAM) for kind in (socket.AF_INET, socket.AF_INET6)]
    listeners[1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
listeners[0].bind(("10.1.0.2", 77))
listeners[1].bind(("fd01::2", 77))
case("-p udp -m socket", udp(77), udp(78), table="mangle", chain="PREROUTING")
case("-p udp -m socket --transparent", [], udp(77), table="mangle", chain="PREROUTING")


def from_right(six_is, to, data=b"x"):
    with right:
        s = socket.socket(socket.AF_INET6 if six_is else socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(data, to)
    s.close()


right.ip("route add 10.55.0.0/16 via 10.1.0.1 realm 5")
right.ip("route add 10.66.0.0/16 via 10.1.0.1 realm 6")
case("-p udp -m realm --realm 5", lambda _: from_right(False, ("10.55.0.1", 9)),
     lambda _: from_right(False, ("10.66.0.1", 9)), only=4, chain="OUTPUT")
case("-p udp -m policy --dir in --pol none", udp(), tcp())
case("-p udp -m policy --dir in --pol ipsec", [], udp())
try:
    # Not encrypted, not signed: the datagram lies in the packet as it is, padded to four bytes.
    right.ip("xfrm state add src 10.1.0.1 dst 10.1.0.2 proto esp spi 0x99 mode transport enc ecb(cipher_null) 0x")
    inner = wire.finished(udp(), socket.inet_aton("10.1.0.1") + socket.inet_aton("10.1.0.2"), False)
    sealed = struct.pack("!II", 0x99, 1) + inner + b"\1\2" + bytes([2, 17])
    case("-p udp -m policy --dir in --pol ipsec --proto esp --spi 0x99", wire.other(50, sealed), udp(), only=4)
except RuntimeError as e:
    tap.skip("policy: a packet that went through IPsec", "this kernel has no ESP (%s)" % str(e).strip())
status, _, err = right.restore(False, "*filter\n-A INPUT -m ipvs --ipvs\nCOMMIT\n")
if status:
    tap.skip("ipvs", err.strip().splitlines()[-1])
else:
    case("-p udp -m ipvs ! --ipvs", udp(), tcp(), name="ipvs: what is not balanced")
    case("-p udp -m ipvs --ipvs", [], udp(), name="ipvs: what is not balanced does not match")


def on_processor(number):
    def act(family):
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {number})
        send(family, udp())
        os.sched_setaffinity(0, before)
    return act


# What comes over a veth is handled by the processor that sent it.
processors = sorted(os.sched_getaffinity(0))
if len(processors) > 1:
    case("-p udp -m cpu --cpu %d" % processors[1], on_processor(processors[1]), on_processor(processors[0]))
else:
    tap.skip("cpu", "one processor")

# physdev: only what crosses a bridge has one.
bridge = wire.Host("bridge")
far = wire.Host("far")
for host, dev, peer in ((left, "lb", "port0"), (far, "fb", "port1")):
    host.setting("net.ipv6.conf.default.disable_ipv6", 1)
    wire.cable(host, dev, bridge, peer)
bridge.ip("link add br0 type bridge")
bridge.ip("link set br0 up")
for peer in ("port0", "port1"):
    bridge.ip("link set %s master br0" % peer)
try:
    for family in ("ip", "ip6"):
        bridge.setting("net.bridge.bridge-nf-call-%stables" % family, 1)
    a, b = wire.Port(left, "lb"), wire.Port(far, "fb")
    a.peer, b.peer = b.mac, a.mac
    for family in (False, True):
        status, _, err = bridge.restore(family, "*filter\n-A FORWARD -m physdev --physdev-in port0\n"
                                        "-A FORWARD -m physdev --physdev-out port0 --physdev-is-bridged\nCOMMIT\n")
        make = ip6 if family else ip4
        a.send(make(udp()))
        got = wire.wait_until(1, lambda: bridge.counters(family, "filter", "FORWARD") == [1, 0])
        b.send(make(udp(sport=1)))
        got = got and wire.wait_until(1, lambda: bridge.counters(family, "filter", "FORWARD") == [1, 1])
        tap.ok(got and not status, "IPv%d: physdev: in by one port, out by the other" % (6 if family else 4), err,
               bridge.counters(family, "filter", "FORWARD"))
except RuntimeError as e:
    tap.skip("physdev", "this kernel has no bridge netfilter (%s)" % e)

# ------------------------------------------------------------------ connections

right.setting("net.netfilter.nf_conntrack_acct", 1)


case("-p udp -m connbytes --connbytes 3 --connbytes-mode packets --connbytes-dir original",
     [udp(100, 7001)] * 4, [udp(101, 7002)] * 2, count=2, name="connbytes: from the third packet on")
case("-p udp -m connbytes --connbytes :100 --connbytes-mode bytes --connbytes-dir both",
     [udp(100, 7003, b"x" * 50)] * 3, [], count=1, name="connbytes: while there are few bytes")
case("-p udp -m connmark --mark 9", udp(7), udp(8),
     first=[("mangle", "PREROUTING -p udp --dport 7 -j CONNMARK --set-mark 9")])
case("-p udp -m connmark ! --mark 8/8", udp(8), udp(7),
     first=[("mangle", "PREROUTING -p udp --dport 7 -j CONNMARK --set-mark 9")])
case("-p udp -m connlabel --label 40", udp(7, 7005), udp(8, 7005),
     first=[("mangle", "PREROUTING -p udp --dport 7 -m connlabel --label 40 --set")])
case("-p udp -m conntrack --ctproto udp --ctorigdstport 50:60 --ctdir ORIGINAL", udp(55, 7007), udp(61, 7007))
case("-p udp -m conntrack --ctexpire 20:40", [udp(55, 7008)] * 2, [], count=1,
     name="conntrack: a timeout of 30 seconds, from the second packet on")
case("-p udp -m conntrack --ctorigsrc 10.1.0.1", udp(55, 7009), sending(udp(55, 7009), src="10.1.0.3"), only=4)

# Every source belongs to one of the two nodes; of an IPv6 address the kernel looks at the first 32 bits.
for family in (False, True):
    text = "*filter\n" + "".join(
        "-A INPUT -p udp -m cluster --cluster-total-nodes 2 --cluster-local-node %d --cluster-hash-seed 0x5eed\n" % node
        for node in (1, 2)) + "COMMIT\n"
    right.restore(family, text)
    for end in range(1, 33):
        send(family, udp(), src=("20%02d::1" if family else "10.1.0.1%02d") % end)
    wire.wait_until(1, lambda: sum(right.counters(family, "filter", "INPUT")) >= 32)
    one, two = right.counters(family, "filter", "INPUT")
    tap.ok(one + two == 32 and one > 0 and two > 0, "IPv%d: cluster: 32 sources are shared by two nodes" %
           (6 if family else 4), one, two)
    right.restore(family, "*filter\nCOMMIT\n")

# ------------------------------------------------------------------ state of a rule

for family in (False, True):
    v = "IPv%d: " % (6 if family else 4)
    size = (48 if family else 28) + 12
    right.restore(family, "*filter\n-A INPUT -p udp -m quota --quota %d\n-A INPUT -p udp\nCOMMIT\n" % (3 * size))
    for _ in range(5):
        send(family, udp(data=b"x" * 12))
    wire.wait_until(1, lambda: right.counters(family, "filter", "INPUT")[1] >= 5)
    tap.equal(v + "quota: three packets, then it has run out", right.counters(family, "filter", "INPUT"), [3, 5])

    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    inside = "--timestart %s --timestop %s" % tuple((now + d).strftime("%H:%M:%S") for d in (-hour, hour))
    outside = "--timestart %s --timestop %s" % tuple((now + d).strftime("%H:%M:%S") for d in (hour, 2 * hour))
    today = "--datestart %s --datestop %s" % tuple((now + d).strftime("%Y-%m-%dT%H:%M:%S") for d in (-hour, hour))
    later = "--datestart %s" % (now + hour).strftime("%Y-%m-%dT%H:%M:%S")
    weekday = "--weekdays %s" % now.strftime("%a")
    right.restore(family, "*filter\n" + "".join("-A INPUT -p udp -m time %s\n" % words for words in (
        inside, outside, today, later, weekday, "! " + weekday, "--monthdays %d" % now.day)) + "COMMIT\n")
    send(family, udp())
    wire.wait_until(1, lambda: right.counters(family, "filter", "INPUT")[0])
    tap.equal(v + "time: of the day, dates, weekdays, days of the month: inside and outside",
              right.counters(family, "filter", "INPUT"), [1, 0, 1, 0, 1, 0, 1])

    # rateest: 400 packets in half a second are more than 20 a second; before there were none.
    name = "est%d" % (6 if family else 4)
    status, _, err = right.restore(family, "*mangle\n-A PREROUTING -p udp -j RATEEST --rateest-name %s "
                                   "--rateest-interval 250ms --rateest-ewmalog 500ms\nCOMMIT\n"
                                   "*filter\n-A INPUT -p udp --dport 1 -m rateest --rateest %s --rateest-gt "
                                   "--rateest-pps 20\n-A INPUT -p udp --dport 1 -m rateest --rateest %s "
                                   "--rateest-lt --rateest-pps 20\nCOMMIT\n" % (name, name, name))
    send(family, udp(1))
    wire.wait_until(1, lambda: sum(right.counters(family, "filter", "INPUT")))
    quiet = right.counters(family, "filter", "INPUT") if not status else err

    def busy():
        for _ in range(40):
            send(family, udp(2))
        send(family, udp(1))
        return right.counters(family, "filter", "INPUT")[0] > 0
    loud = wire.wait_until(5, busy)
    tap.ok(quiet == [0, 1] and loud, v + "rateest: few packets are not many, many are", quiet,
           right.counters(family, "filter", "INPUT"))
    right.restore(family, "*filter\nCOMMIT\n*mangle\nCOMMIT\n")

# ------------------------------------------------------------------ objects of nfnetlink

netfilter = wire.Netfilter(right)
NLM_F_ACK, NLM_F_REPLACE, NLM_F_CREATE = 4, 0x100, 0x400

# NFNL_SUBSYS_ACCT: NFNL_MSG_ACCT_NEW, _GET; NFACCT_NAME, _PKTS.
error = netfilter.ask(7, 0, NLM_F_ACK | NLM_F_CREATE, wire.attribute(1, b"counted\0"))
if error:
    tap.skip("nfacct", "this kernel has no CONFIG_NETFILTER_NETLINK_ACCT (%s)" % os.strerror(error))
else:
    case("-p udp -m nfacct --nfacct-name counted", udp(), tcp())
    answer = netfilter.ask(7, 1, 0, wire.attribute(1, b"counted\0"))
    at = answer.find(struct.pack("HH", 12, 2))
    tap.equal("nfacct: the object has counted the packets of both families",
              struct.unpack("!Q", answer[at + 4:at + 12])[0] if at > 0 else None, 2)

# NFNL_SUBSYS_OSF, OSF_MSG_ADD: struct nf_osf_user_finger; a system that sends SYN, MSS only, window 4 * MSS.
finger = struct.pack("=IIBBHHH32s32s32s", 1, 4, 64, 1, 44, 0, 1, b"Posternix", b"1", b"")
finger += struct.pack("=HHII", 2, 4, 0, 0) + b"\0" * 12 * 39
error = netfilter.ask(5, 0, NLM_F_ACK | NLM_F_CREATE, wire.attribute(1, finger))
if error:
    tap.skip("osf", "no fingerprint can be loaded (%s)" % os.strerror(error))
else:
    case("-p tcp -m osf --genre Posternix --ttl 2", sending(tcp(options=mss(1000), window=4000), df=True),
         sending(tcp(options=mss(1000), window=4001), df=True), only=4)

# ------------------------------------------------------------------ cgroups

with tempfile.TemporaryDirectory() as folder:
    try:
        wire.must("mount", "-t", "cgroup2", "none", folder)
        group = os.path.join(folder, "postern-test-%d" % os.getpid())
        os.mkdir(group)
    except (RuntimeError, OSError) as e:
        tap.skip("cgroup", "no group of processes can be made here (%s)" % e)
    else:
        def from_group(family):
            """A socket belongs to the group of the process that made it."""
            child = os.fork()
            if not child:
                with open(os.path.join(group, "cgroup.procs"), "w") as procs:
                    procs.write(str(os.getpid()))
                from_right(family, ("fd01::1" if family else "10.1.0.1", 9))
                os._exit(0)
            os.waitpid(child, 0)

        def outside_of_it(family):
            from_right(family, ("fd01::1" if family else "10.1.0.1", 9))
        words = os.path.basename(group)
        where = wire.must("cat", "/proc/self/cgroup").strip().rpartition("::")[2]
        case("-p udp -m cgroup --path %s" % words, from_group, outside_of_it, chain="OUTPUT")
        os.rmdir(group)
        wire.run("umount", folder)

print("# compared with the engine: " + " ".join(sorted(compared)))
print("# not compared: " + " ".join(sorted(not_compared - compared)))
tap.finish()
