#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""For each target what it does to a packet, and that another packet is left alone; IPv4 and IPv6.
(Verdicts, REJECT, LOG, NFLOG, MARK, CONNMARK are in packets.sh, NAT in nat.sh.) What comes out of the engine in
user space has to be the same, byte by byte.

left ---- fire ---- right, and fire ---- side: left sends frames made byte by byte, fire forwards and
has the rules, and what comes out at right (or side) is looked at."""
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402
from wire import ip4, ip6, mac, mss, tcp, udp  # noqa: E402

tap = wire.Tap()
if os.geteuid():
    wire.skip_all("frames byte by byte want root of the machine")

fire = wire.Host("fire")
ends = {}
for n, name in ((1, "left"), (2, "right"), (3, "side")):
    host = wire.Host(name)
    host.setting("net.ipv6.conf.default.disable_ipv6", 1)
    host_mac, fire_mac = wire.cable(host, "eth0", fire, name)
    wire.address(fire, name, "10.%d.0.1/24" % n, "fd0%d::1/64" % n)
    for end in (2, 9, 0x99):
        fire.ip("neigh replace 10.%d.0.%d lladdr %s dev %s" % (n, end, host_mac, name))
        fire.ip("neigh replace fd0%d::%x lladdr %s dev %s" % (n, end, host_mac, name))
    ends[name] = wire.Port(host, "eth0")
    ends[name].peer = mac(fire_mac)
left, right, side = ends["left"], ends["right"], ends["side"]
for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
    fire.setting(key, 1)
for dev in ("all", "default", "left", "right", "side"):
    fire.setting("net.ipv4.conf.%s.rp_filter" % dev, 0)
# A network that is reached through left, so that its answers find the way back.
fire.ip("route add 10.70.0.0/16 via 10.1.0.2")
fire.ip("-6 route add 2001:db8:1::/48 via fd01::2")

FACTS = "link left\nlink right\nlink side\nforward on\n" + "".join(
    "addr 10.%d.0.1/24 dev %s\naddr fd0%d::1/64 dev %s\n" % (n, name, n, name)
    for n, name in ((1, "left"), (2, "right"), (3, "side")))
sent = []       # the last frame
loaded = []     # text of the rules
FROM = {False: "10.1.0.2", True: "fd01::2"}
TO = {False: "10.2.0.2", True: "fd02::2"}
BOTH = (False, True)


def v(six):
    return "IPv6: " if six else "IPv4: "


def made(six, layer, **how):
    how.setdefault("src", FROM[six])
    how.setdefault("dst", TO[six])
    return (ip6 if six else ip4)(layer, **how)


class Seen:
    """A packet that arrived, taken apart."""

    def __init__(self, packet):
        self.raw = packet
        self.six = packet[0] >> 4 == 6
        if self.six:
            self.tos = struct.unpack("!H", packet[:2])[0] >> 4 & 0xFF
            self.proto, self.ttl = packet[6], packet[7]
            raw, self.data = packet[8:40], packet[40:]
            self.src, self.dst = (socket.inet_ntop(socket.AF_INET6, raw[i:i + 16]) for i in (0, 16))
        else:
            size = (packet[0] & 15) * 4
            self.tos, self.ttl, self.proto = packet[1], packet[8], packet[9]
            raw, self.data = packet[12:20], packet[size:struct.unpack("!H", packet[2:4])[0]]
            self.src, self.dst = socket.inet_ntoa(raw[:4]), socket.inet_ntoa(raw[4:])
        pseudo = struct.pack("!II", len(self.data), self.proto) if self.six else \
            struct.pack("!BBH", 0, self.proto, len(self.data))
        self.sum_is_right = wire.checksum(raw + pseudo + self.data) == 0
        self.sport, self.dport = struct.unpack("!HH", self.data[:4])

    @property
    def options(self):
        """Of TCP."""
        return self.data[20:(self.data[12] >> 4) * 4]


def arrives(six, layer, at=None, seconds=1.0, **how):
    """Sends a packet through fire; what comes out, or None."""
    at = at or right
    at.drop()
    sent[:] = [("left", left.peer, left.send(made(six, layer, **how)))]
    ports = struct.unpack("!HH", layer.data[:4])
    packet = at.wait(lambda p: ports in (struct.unpack("!HH", p[at:at + 4]) for at in (20, 40)), seconds)
    return Seen(packet) if packet else None


def load(six, *rules):
    """Rules as "TABLE CHAIN WORDS"; everything else of these tables goes."""
    tables = {}
    for rule in rules:
        table, words = rule.split(" ", 1)
        tables.setdefault(table, []).append("-A " + words)
    loaded[:] = ["*%s\n%s\nCOMMIT\n" % (t, "\n".join(r)) for t, r in tables.items()]
    status, _, err = fire.restore(six, "".join(loaded))
    if status:
        raise RuntimeError(err)
    return list(tables)


def unload(six, *tables):
    fire.restore(six, "".join("*%s\nCOMMIT\n" % t for t in tables or ("raw", "mangle", "nat", "filter")))


def change(rule, packet, changed, unchanged, only=None, say=None, **how):
    """UDP or TCP to port 7 meets the rule, the same to port 8 does not; `changed` and `unchanged` judge
    what arrives."""
    for six in BOTH:
        if only == 4 and six or only == 6 and not six:
            continue
        title = v(six) + (say or rule)
        try:
            tables = load(six, rule)
        except RuntimeError as e:
            tap.ok(False, title, e)
            continue
        with_rule = arrives(six, packet(dport=7), **how)
        _, said = wire.engine_counts(six, "".join(loaded), FACTS, sent)
        without = arrives(six, packet(dport=8), **how)
        tap.ok(with_rule and without and changed(with_rule) and unchanged(without), title,
               with_rule and vars(with_rule), without and vars(without))
        tap.ok(with_rule and said[0] == ("forwarded", "right", with_rule.raw), title + ": and in user space",
               with_rule and with_rule.raw.hex(), said[0][:2], said[0][2].hex())
        unload(six, *tables)


first = arrives(False, udp(7)), arrives(True, udp(7))
if not all(first):
    tap.ok(False, "the net is there: fire forwards", first)
    tap.finish()

# ------------------------------------------------------------------ fields of the header

for N, n, only in (("TTL", "ttl", 4), ("HL", "hl", 6)):
    base = "mangle POSTROUTING -p udp --dport 7 -j %s --%s-" % (N, n)
    for words, want in (("set 9", 9), ("inc 7", 70), ("dec 5", 58)):
        change(base + words, udp, lambda p, want=want: p.ttl == want, lambda p: p.ttl == 63, only=only)
for words, want in (("--set-tos 0x10/0xff", 0x10), ("--set-tos Maximize-Throughput", 0xC8), ("--and-tos 0x0f", 5),
                    ("--or-tos 0x18", 0xDD), ("--xor-tos 0x81", 0x44)):
    change("mangle FORWARD -p udp --dport 7 -j TOS " + words, udp, lambda p, want=want: p.tos == want,
           lambda p: p.tos == 0xC5, tos=0xC5)
change("mangle FORWARD -p udp --dport 7 -j DSCP --set-dscp-class EF", udp, lambda p: p.tos == 0xB9,
       lambda p: p.tos == 0x29, tos=0x29)
change("mangle FORWARD -p udp --dport 7 -j DSCP --set-dscp 0", udp, lambda p: p.tos == 1, lambda p: p.tos == 0x29, tos=0x29)
change("mangle FORWARD -p tcp --dport 7 -j ECN --ecn-tcp-remove",
       lambda dport: tcp(dport, flags="SEC"), lambda p: p.data[13] == 2 and p.sum_is_right, lambda p: p.data[13] == 0xC2,
       only=4)
change("mangle FORWARD -p tcp --dport 7 --syn -j TCPMSS --set-mss 600", lambda dport: tcp(dport, options=mss(1400)),
       lambda p: p.options == mss(600) and p.sum_is_right, lambda p: p.options == mss(1400))
change("mangle FORWARD -p tcp --dport 7 --syn -j TCPMSS --clamp-mss-to-pmtu", lambda dport: tcp(dport, options=mss(9000)),
       lambda p: p.options in (mss(1460), mss(1440)) and p.sum_is_right, lambda p: p.options == mss(9000))
change("mangle FORWARD -p tcp --dport 7 -j TCPOPTSTRIP --strip-options sack-permitted,timestamp",
       lambda dport: tcp(dport, options=mss(1400) + b"\4\2" + b"\x08\x0a" + b"t" * 8),
       lambda p: p.options == mss(1400) + b"\1" * 12 and p.sum_is_right,
       lambda p: p.options.startswith(mss(1400) + b"\4\2\x08"))

# ------------------------------------------------------------------ addresses

MAPPED = {False: ("10.77.0.0/24", "10.2.0.0/24", "10.77.0.9", "10.2.0.9"),
          True: ("fd77::/64", "fd02::/64", "fd77::9", "fd02::9")}
for six in BOTH:
    public, private, asked, meant = MAPPED[six]
    load(six, "nat PREROUTING -d %s -j NETMAP --to %s" % (public, private))
    got = arrives(six, udp(7, 5001), dst=asked)
    tap.ok(got and got.dst == meant and got.sum_is_right, v(six) + "NETMAP: a network for another, the host stays",
           got and vars(got))
    other = arrives(six, udp(7, 5002))
    tap.ok(other and other.dst == TO[six], v(six) + "NETMAP: others are left alone", other and vars(other))
    left.drop()
    right.send(made(six, udp(5001, 7), src=meant, dst=FROM[six]))
    back = left.wait(lambda p: Seen(p).proto == 17)
    tap.ok(back and Seen(back).src == asked, v(six) + "NETMAP: the answer comes from the address that was asked")
    unload(six, "nat")
    load(six, "nat POSTROUTING -s %s -j NETMAP --to %s" % (("10.70.5.0/24", "10.2.0.0/24") if not six else
                                                           ("2001:db8:1::/64", "fd02::/64")))
    got = arrives(six, udp(7, 5003), src="2001:db8:1::99" if six else "10.70.5.153")
    tap.ok(got and got.src == ("fd02::99" if six else "10.2.0.153"), v(six) + "NETMAP: of the source, going out",
           got and vars(got))
    unload(six, "nat")

load(True, "mangle POSTROUTING -s fd01::/64 -o right -j SNPT --src-pfx fd01::/64 --dst-pfx 2001:db8:9::/64",
     "mangle PREROUTING -d 2001:db8:9::/64 -i right -j DNPT --src-pfx 2001:db8:9::/64 --dst-pfx fd01::/64")
got = arrives(True, udp(7, 5004))
tap.ok(got and got.src.startswith("2001:db8:9:") and got.sum_is_right,
       "IPv6: SNPT: another prefix, and the checksum still fits (RFC 6296)", got and vars(got))
left.drop()
if got:
    right.send(made(True, udp(5004, 7), src=TO[True], dst=got.src))
back = left.wait(lambda p: Seen(p).proto == 17)
tap.ok(back and Seen(back).dst == FROM[True] and Seen(back).sum_is_right,
       "IPv6: DNPT: the answer finds the host again, without any state", back and vars(Seen(back)))
got = arrives(True, udp(7, 5005), src="2001:db8:1::2")
tap.ok(got and got.src == "2001:db8:1::2", "IPv6: SNPT: others are left alone", got and vars(got))
unload(True, "mangle")

# ------------------------------------------------------------------ copies and queues

for six in BOTH:
    load(six, "mangle PREROUTING -p udp --dport 7 -j TEE --gateway %s" % ("fd03::2" if six else "10.3.0.2"))
    side.drop()
    got = arrives(six, udp(7, 5006))
    copy = side.wait(lambda p: Seen(p).proto == 17)
    tap.ok(got and copy and Seen(copy).dst == TO[six] and Seen(copy).data == got.data,
           v(six) + "TEE: the packet arrives, and its copy at the gateway", got, copy)
    got = arrives(six, udp(8, 5006))
    tap.ok(got and not side.wait(lambda p: Seen(p).proto == 17, 0.1), v(six) + "TEE: no copy of others", got)
    unload(six, "mangle")


class Queue:
    """A listener of nfnetlink_queue (subsystem 3) that gives one verdict and says what it saw."""

    def __init__(self, *numbers):
        self.netlink = wire.Netfilter(fire)
        for number in numbers:
            # NFQNL_MSG_CONFIG: NFQA_CFG_CMD bind, NFQA_CFG_PARAMS: whole packets
            for body in (wire.attribute(1, struct.pack("!BBH", 1, 0, 0)), wire.attribute(2, struct.pack("!IB", 65535, 2))):
                error = self.netlink.ask(3, 2, 4, body, resource=number)
                if error:
                    raise RuntimeError("nfnetlink_queue: " + os.strerror(error))

    def judge(self, verdict, seconds=1):
        """(queue, payload) of the next packet, or None."""
        self.netlink.sock.settimeout(seconds)
        try:
            message = self.netlink.sock.recv(65536)
        except TimeoutError:
            return None
        number = struct.unpack("!H", message[18:20])[0]
        at, ident, payload = 20, None, b""
        while at + 4 <= len(message):
            size, kind = struct.unpack("HH", message[at:at + 4])
            if kind & 0x7FFF == 1:          # NFQA_PACKET_HDR
                ident = message[at + 4:at + 8]
            elif kind & 0x7FFF == 10:       # NFQA_PAYLOAD
                payload = message[at + 4:at + size]
            at += (size + 3) & ~3
        body = struct.pack("!BBH", 0, 0, number) + wire.attribute(2, struct.pack("!I", verdict) + ident)
        self.netlink.sock.send(struct.pack("IHHII", 16 + len(body), 3 << 8 | 1, 1, 0, 0) + body)
        return number, payload

    def close(self):
        self.netlink.sock.close()


def queued(six, layer, queue, verdict):
    """What the listener saw, and what arrived then."""
    right.drop()
    left.send(made(six, layer))
    seen = queue.judge(verdict)
    packet = right.wait(lambda p: Seen(p).proto == 17, 1 if verdict else 0.1)
    return seen, packet


for six in BOTH:
    load(six, "filter FORWARD -p udp --dport 7 -j NFQUEUE --queue-num 11")
    tap.ok(not arrives(six, udp(7, 5010), seconds=0.1), v(six) + "NFQUEUE: nobody listens: dropped")
    queue = Queue(11)
    seen, packet = queued(six, udp(7, 5011, b"question"), queue, 1)
    tap.ok(seen and seen[0] == 11 and seen[1].endswith(b"question") and packet and packet.endswith(b"question"),
           v(six) + "NFQUEUE: the listener sees it, accepts it, and it arrives", seen, packet)
    seen, packet = queued(six, udp(7, 5012), queue, 0)
    tap.ok(seen and not packet, v(six) + "NFQUEUE: dropped by the listener, it does not", seen, packet)
    tap.ok(arrives(six, udp(8, 5013)), v(six) + "NFQUEUE: others are not asked about")
    queue.close()
    load(six, "filter FORWARD -p udp --dport 7 -j NFQUEUE --queue-num 11 --queue-bypass")
    tap.ok(arrives(six, udp(7, 5014)), v(six) + "NFQUEUE --queue-bypass: nobody listens: it passes")
    load(six, "filter FORWARD -p udp --dport 7 -j NFQUEUE --queue-balance 21:22")
    queue = Queue(21, 22)
    numbers = set()
    for n in range(32):
        left.send(made(six, udp(7, 6000 + n), src=("fd01::%x" if six else "10.1.0.%d") % (10 + n)))
        answer = queue.judge(1)
        numbers.add(answer and answer[0])
    tap.equal(v(six) + "NFQUEUE --queue-balance: both queues get some", sorted(numbers, key=str), [21, 22])
    queue.close()
    unload(six, "filter")

# ------------------------------------------------------------------ marks, and what connection tracking is told


def counted(six, setting, tests, sends, here_only=False):
    """Loads a rule and rules that only count (filter FORWARD); what they counted, here and in user space."""
    tables = load(six, setting, *["filter FORWARD " + t for t in tests])
    frames = []
    for one in sends:
        arrives(six, *one if isinstance(one, tuple) else (one,))
        frames += sent
    result = fire.counters(six, "filter", "FORWARD")
    counts, _ = wire.engine_counts(six, "".join(loaded), FACTS, frames)
    ours = [counts["filter", "FORWARD", n + 1] for n in range(len(tests))]
    if not here_only:
        tap.equal(v(six) + setting.split(" -j ")[1] + ": and in user space", ours, result)
    unload(six, *tables)
    return result


# NFNL_SUBSYS_CTNETLINK_TIMEOUT: CTA_TIMEOUT_NAME, _L3PROTO, _L4PROTO, _DATA of UDP (unreplied, replied).
for six in BOTH:
    timeouts = wire.Netfilter(fire).ask(8, 0, 4 | 0x400, b"".join((
        wire.attribute(1, b"patient%d\0" % (6 if six else 4)), wire.attribute(2, struct.pack("!H", 10 if six else 2)),
        wire.attribute(3, b"\x11"),
        wire.attribute(4 | 0x8000, wire.attribute(1, struct.pack("!I", 450)) + wire.attribute(2, struct.pack("!I", 450))))))

for six in BOTH:
    tap.equal(v(six) + "HMARK: one bucket: its offset is the mark", counted(
        six, "mangle PREROUTING -p udp --dport 7 -j HMARK --hmark-tuple src,dst --hmark-mod 1 --hmark-offset 7 --hmark-rnd 5",
        ["-m mark --mark 7", "-m mark --mark 0"], [udp(7), udp(8)]), [1, 1])
    two = counted(six, "mangle PREROUTING -p udp -j HMARK --hmark-tuple sport --hmark-mod 2 --hmark-offset 1 --hmark-rnd 5",
                  ["-m mark --mark 1", "-m mark --mark 2"], [udp(7, 7000 + n) for n in range(24)])
    tap.ok(sum(two) == 24 and min(two) > 0, v(six) + "HMARK: 24 ports fall into two buckets", two)
    for target in ("NOTRACK", "CT --notrack"):
        tap.equal(v(six) + target + ": not tracked", counted(
            six, "raw PREROUTING -p udp --dport 7 -j " + target,
            ["-m conntrack --ctstate UNTRACKED", "-m conntrack --ctstate NEW"], [udp(7, 5020), udp(8, 5020)]), [1, 1])
    # What was answered is ESTABLISHED; long packets of the same flow are of a zone that knows nothing of it.
    tables = load(six, "raw PREROUTING -p udp -m length --length 100: -j CT --zone 5",
                  "filter FORWARD -m conntrack --ctstate NEW", "filter FORWARD -m conntrack --ctstate ESTABLISHED")
    arrives(six, udp(7, 5021))
    left.drop()
    right.send(made(six, udp(5021, 7), src=TO[six], dst=FROM[six]))
    left.wait(lambda p: Seen(p).proto == 17)
    arrives(six, udp(7, 5021))
    arrives(six, udp(7, 5021, b"x" * 90))
    tap.equal(v(six) + "CT --zone: the same flow is another one there", fire.counters(six, "filter", "FORWARD"), [2, 2])
    unload(six, *tables)
    if timeouts:
        tap.skip(v(six) + "CT --timeout", "no timeout policies here (%s)" % os.strerror(timeouts))
    else:
        # The second packet of a flow shows how long the first one is remembered. User space does not know the policy.
        tap.equal(v(six) + "CT --timeout: 450 seconds for some, the usual for others", counted(
            six, "raw PREROUTING -p udp --dport 7 -j CT --timeout patient%d" % (6 if six else 4),
            ["-p udp --dport 7 -m conntrack --ctexpire 400:450", "-p udp --dport 8 -m conntrack --ctexpire 400:450"],
            [udp(7, 5022)] * 2 + [udp(8, 5022)] * 2, here_only=True), [1, 0])
    for target in ("AUDIT --type accept", "CONNSECMARK --save"):
        table = "security" if target.startswith("CONN") else "mangle"
        tables = load(six, "%s FORWARD -p udp --dport 7 -j %s" % (table, target))
        tap.ok(arrives(six, udp(7)) and arrives(six, udp(8)) and fire.counters(six, table, "FORWARD") == [1],
               v(six) + target.split()[0] + ": counts, and lets go on")
        unload(six, *tables)

# ------------------------------------------------------------------ sets

if wire.run("ipset", "list", host=fire)[0]:
    tap.skip("SET", "no ipset here: " + wire.run("ipset", "list", host=fire)[2].strip())
else:
    for six in BOTH:
        name = "seen6" if six else "seen4"
        wire.must("ipset", "create", name, "hash:ip", "family", "inet6" if six else "inet", "timeout", "0", host=fire)
        load(six, "mangle PREROUTING -p udp --dport 7 -j SET --add-set %s src" % name,
             "mangle PREROUTING -p udp --dport 8 -j SET --del-set %s src" % name,
             "mangle PREROUTING -p udp --dport 9 -j SET --add-set %s src --exist --timeout 500" % name)
        there = []
        for port in (6, 7, 8, 9):
            arrives(six, udp(port))
            there.append(wire.run("ipset", "test", name, FROM[six], host=fire)[0] == 0)
        tap.equal(v(six) + "SET: nothing, added, deleted, added with a timeout", there, [False, True, False, True])
        listed = wire.must("ipset", "list", name, host=fire)
        tap.ok(FROM[six] + " timeout 4" in listed or FROM[six] + " timeout 500" in listed, v(six) + "SET: the timeout", listed)
        unload(six, "mangle")
        load(six, "filter FORWARD -m set --match-set %s src" % name)
        arrives(six, udp(7))
        arrives(six, udp(7), src="fd01::9" if six else "10.1.0.9")
        tap.equal(v(six) + "SET: the set match finds it", fire.counters(six, "filter", "FORWARD"), [1])
        unload(six, "filter")

# ------------------------------------------------------------------ what is told to others

for six in BOTH:
    trace = wire.Netfilter(fire)
    trace.sock.setsockopt(270, 1, 9)            # SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTRACE
    load(six, "raw PREROUTING -p udp --dport 7 -j TRACE")
    trace.sock.settimeout(0.2)
    arrives(six, udp(8))
    try:
        quiet = trace.sock.recv(65536)
    except TimeoutError:
        quiet = None
    arrives(six, udp(7))
    try:
        told = trace.sock.recv(65536)
    except TimeoutError:
        told = b""
    tap.ok(quiet is None and b"raw\0" in told and b"PREROUTING\0" in told, v(six) + "TRACE: the way of that packet is told",
           quiet, told)
    unload(six, "raw")

label = "postern%d" % os.getpid()
load(False, "mangle PREROUTING -p udp --dport 7 -j IDLETIMER --timeout 100 --label %s" % label)
try:
    with open("/sys/class/xt_idletimer/timers/" + label, encoding="ascii") as f:
        at_first = int(f.read())
    time.sleep(1.1)
    arrives(False, udp(8))
    with open("/sys/class/xt_idletimer/timers/" + label, encoding="ascii") as f:
        later = int(f.read())
    arrives(False, udp(7))
    with open("/sys/class/xt_idletimer/timers/" + label, encoding="ascii") as f:
        again = int(f.read())
    tap.ok(later < at_first <= 100 and again > later, "IPv4: IDLETIMER: time goes on, the packet sets it back",
           at_first, later, again)
except OSError as e:
    tap.skip("IDLETIMER: time goes on, the packet sets it back", "no sysfs here (%s)" % e)
unload(False, "mangle")

# A datagram of the machine itself has no checksum yet: the device is thought to make it.
for six in BOTH:
    def own(port):
        with fire:
            s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        right.drop()
        s.sendto(b"x" * 20, (TO[six], port))
        s.close()
        packet = right.wait(lambda p: Seen(p).proto == 17)
        return packet and Seen(packet).sum_is_right
    load(six, "mangle POSTROUTING -p udp --dport 7 -j CHECKSUM --checksum-fill")
    tap.equal(v(six) + "CHECKSUM: filled in, and left to the device", (own(7), own(8)), (True, False))
    unload(six, "mangle")

for six in BOTH:
    status, _, err = fire.restore(six, "*filter\n-A FORWARD -p udp --dport 7 -j LED --led-trigger-id %s\nCOMMIT\n" % label)
    if status:
        tap.skip(v(six) + "LED", err.strip().splitlines()[-1])
    else:
        tap.ok(arrives(six, udp(7)) and fire.counters(six, "filter", "FORWARD") == [1], v(six) + "LED: lets go on")

tap.finish()
