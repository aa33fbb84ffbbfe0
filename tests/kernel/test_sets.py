#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sets of ipset beside the kernel's: elements of chance in sets of every type that this kernel has, packets of chance,
and what rules with these sets count, in the kernel and in the engine, which gets `ipset save`. Then explain, which reads
the sets from the kernel. SEED in the environment.

left ---- right: left sends frames made byte by byte; right has sets and rules."""
import os
import random
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402
from wire import icmp, icmp6, ip4, ip6, mac, sctp, tcp, udp  # noqa: E402

tap = wire.Tap()
if os.geteuid():
    wire.skip_all("frames byte by byte want root of the machine")
left, right = wire.Host("left"), wire.Host("right")
if wire.run("ipset", "list", host=right)[0]:
    wire.skip_all("no ipset here: " + wire.run("ipset", "list", host=right)[2].strip())
left.setting("net.ipv6.conf.default.disable_ipv6", 1)
left_mac, right_mac = wire.cable(left, "left0", right, "right0")
wire.address(right, "right0", "10.1.0.2/24", "fd01::2/64")
port = wire.Port(left, "left0")
port.peer = mac(right_mac)
FACTS = "link right0\naddr 10.1.0.2/24 dev right0\naddr fd01::2/64 dev right0\nforward off\n"
seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
chance = random.Random(seed)
print("# SEED=%d" % seed)
MACS = ["02:00:00:00:00:%02x" % n for n in range(3)]

# ------------------------------------------------------------------ elements, and packets that may fit them


def address(six):
    return ("fd01::%x" if six else "10.1.0.%d") % chance.randrange(1, 12)


def network(six):
    bits = chance.choice([120, 124, 126, 127, 128, 64] if six else [24, 28, 30, 31, 32, 8])
    return "%s/%d" % (address(six), bits)


def some_port(six):
    return chance.choice(["tcp:%d" % chance.randrange(1, 5), "udp:%d" % chance.randrange(1, 5), "sctp:1",
                          "icmpv6:128/0" if six else "icmp:8/0"])


PARTS = {
    "ip": address, "net": network, "port": some_port, "mac": lambda six: chance.choice(MACS),
    "iface": lambda six: chance.choice(["right0", "right1", "physdev:right0"]),
    "mark": lambda six: "0x%x" % chance.randrange(4),
}


def packet(six):
    proto = chance.choice([udp, tcp, sctp, icmp6 if six else icmp])
    layer = proto() if proto in (icmp, icmp6) else proto(chance.randrange(1, 5), chance.randrange(1, 5))
    return (ip6 if six else ip4)(layer, src=address(six), dst=address(six) if chance.random() < 0.5 else
                                 "fd01::2" if six else "10.1.0.2")


TYPES = [
    ("hash:ip", ""), ("hash:ip", "netmask 30"), ("hash:ip,port", ""), ("hash:ip,port,ip", ""), ("hash:ip,port,net", ""),
    ("hash:net", ""), ("hash:net,port", ""), ("hash:net,iface", ""), ("hash:net,net", ""), ("hash:net,port,net", ""),
    ("hash:ip,mac", ""), ("hash:mac", ""), ("hash:ip,mark", "markmask 0x3"), ("bitmap:ip", "range 10.1.0.0/28"),
    ("bitmap:ip", "range 10.1.0.0/24 netmask 30"), ("bitmap:ip,mac", "range 10.1.0.0/28"), ("bitmap:port", "range 0-9"),
]


def fill(name, kind, six):
    """Elements of chance; what the kernel does not take is no matter."""
    parts = kind.split(":")[1].split(",")
    lines = []
    for _ in range(chance.randrange(1, 9)):
        words = [PARTS[part](six) for part in parts]
        if kind == "bitmap:port":
            words = [str(chance.randrange(1, 5))]
        if kind == "bitmap:ip,mac" and chance.random() < 0.5:
            words = words[:1]
        more = " nomatch" if "net" in parts and chance.random() < 0.3 else ""
        if kind == "hash:net,iface" and chance.random() < 0.3:
            words[1], more = "right", more + " wildcard"
        lines.append("add %s %s%s" % (name, ",".join(words), more))
    for line in lines:
        wire.run("ipset", *line.split(), host=right)


def ways(count):
    return ",".join(chance.choice(["src", "dst"]) for _ in range(count))


def kernel_counts(six, chain, number):
    return right.counters(six, "mangle", chain)[:number]


def hold(six, rules, frames):
    """(what the kernel counts, what the engine counts) of rules in mangle PREROUTING; the last one counts all."""
    text = "*mangle\n" + "".join("-A PREROUTING -i right0 %s\n" % rule for rule in rules + [""]) + "COMMIT\n"
    saved = wire.must("ipset", "save", host=right)
    status, _, err = right.restore(six, text)
    if status:
        return err, None
    sent = []
    for frame, frm in frames:
        sent.append(("right0", mac(right_mac), port.send(frame, None, frm)))
    wire.wait_until(2, lambda: right.counters(six, "mangle", "PREROUTING")[-1] >= len(frames))
    theirs = right.counters(six, "mangle", "PREROUTING")
    counts, said = wire.engine_counts(six, text, FACTS, sent, saved)
    right.restore(six, "*mangle\nCOMMIT\n")
    ours = [counts["mangle", "PREROUTING", n + 1] for n in range(len(rules) + 1)]
    return theirs, ours if all(fate != "unknown" for fate, _, _ in said) else said


def frames_of(six, count=40):
    return [(packet(six), mac(chance.choice(MACS))) for _ in range(count)]


for kind, more in TYPES:
    dims = len(kind.split(":")[1].split(","))
    for six in (False, True):
        if six and (kind.startswith("bitmap:ip") or "netmask" in more):
            continue
        family = "" if kind in ("hash:mac",) or kind.startswith("bitmap") else "family inet6" if six else "family inet"
        title = "IPv%d: %s %s" % (6 if six else 4, kind, more)
        status, _, err = wire.run("ipset", *("create s %s %s %s counters" % (kind, family, more)).split(), host=right)
        if status:
            tap.skip(title, "this kernel has no such type")
            continue
        fill("s", kind, six)
        rules = []
        for flag in ("", "! ", "", ""):
            rules.append("-m set %s--match-set s %s" % (flag, ways(dims)))
        rules[2] += " --return-nomatch"
        rules[3] += " --packets-gt 2"
        theirs, ours = hold(six, rules, frames_of(six))
        tap.ok(theirs == ours, title, "kernel: %s" % theirs, "engine: %s" % ours, *rules,
               wire.must("ipset", "save", host=right))
        wire.run("ipset", "destroy", "s", host=right)

# ------------------------------------------------------------------ lists, and rules that change sets

for six in (False, True):
    v, family = "IPv%d: " % (6 if six else 4), "inet6" if six else "inet"
    for words in ("create a hash:ip family " + family, "create b hash:net family " + family, "create all list:set",
                  "add all a", "add all b", "create dyn hash:ip timeout 100 family " + family,
                  "create pairs hash:ip,port family " + family, "create nets hash:net family " + family):
        wire.must("ipset", *words.split(), host=right)
    for name, kind in (("a", "hash:ip"), ("b", "hash:net"), ("nets", "hash:net")):
        fill(name, kind, six)
    rules = ["-m set --match-set all src", "-m set ! --match-set all dst", "-m set --match-set dyn src",
             "-p udp -j SET --add-set dyn src", "-m set --match-set dyn src", "-p tcp -j SET --del-set dyn src",
             "-p tcp -j SET --add-set pairs src,dst --exist", "-m set --match-set pairs dst,src",
             "-m set --match-set pairs src,dst", "-p udp -j SET --add-set nets dst", "-m set --match-set nets src",
             "-p sctp -j SET --add-set all src", "-m set --match-set all src"]
    theirs, ours = hold(six, rules, frames_of(six, 60))
    tap.ok(theirs == ours, v + "lists, and rules that change sets", *["%s: kernel, engine %s" % (rule, pair) for rule, pair in
           zip(rules, zip(theirs, ours or theirs))])
    for name in ("all", "a", "b", "dyn", "pairs", "nets"):
        wire.must("ipset", "destroy", name, host=right)

# ------------------------------------------------------------------ what explain reads from the kernel

with tempfile.TemporaryDirectory() as folder:
    for kind, more in TYPES:
        dims = len(kind.split(":")[1].split(","))
        if "mark" in kind or wire.run("ipset", *("create s %s %s" % (kind, more)).split(), host=right)[0]:
            continue
        fill("s", kind, False)
        right.restore(False, "*filter\n-A INPUT -m set --match-set s %s -j DROP\nCOMMIT\n" % ways(dims))
        files = []
        for name, words in (("rules", [os.path.join(wire.BIN, "iptables-save")]), ("sets", ["ipset", "save"])):
            files += ["--" + name, os.path.join(folder, name)]
            with open(files[-1], "w", encoding="utf-8") as out:
                out.write(wire.must(*words, host=right))
        answers = []
        for _ in range(6):
            words = ["-i", "right0", "-p", "udp", "-s", address(False), "-d", address(False), "--sport",
                     str(chance.randrange(1, 5)), "--dport", str(chance.randrange(1, 5)), "--mac-source", MACS[0]]
            if kind.endswith("mac"):
                words = words[:-2]
            both = [wire.run(os.path.join(wire.BIN, "postern"), "explain", "-q", *words, *given, host=right)
                    for given in ([], files)]
            answers.append((both[0] == both[1] and both[0][0] in ((0, 1, 3) if kind.endswith("mac") else (0, 1)), both, words))
        tap.ok(all(good for good, _, _ in answers), "explain reads %s %s from the kernel as from a file" % (kind, more),
               *[why for good, *why in answers if not good], wire.must("ipset", "save", host=right))
        right.restore(False, "*filter\nCOMMIT\n")
        wire.must("ipset", "destroy", "s", host=right)

tap.finish()
