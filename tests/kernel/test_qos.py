#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Quality of service: what TOS, DSCP, MARK, CONNMARK, HMARK and CLASSIFY write is seen by traffic control on
the way out. The counters of htb's classes are the proof, IPv4 and IPv6.

left ---- fire ---- right: left sends frames, fire forwards, has the rules and the classes."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402
from wire import ip4, ip6, mac, udp  # noqa: E402

tap = wire.Tap()
if wire.run("tc", "-V")[0]:
    wire.skip_all("tc is not installed (iproute2)")

left, fire, right = (wire.Host(name) for name in ("left", "fire", "right"))
for n, (host, dev) in enumerate(((left, "left"), (right, "right")), 1):
    host.setting("net.ipv6.conf.default.disable_ipv6", 1)
    host_mac, fire_mac = wire.cable(host, "eth0", fire, dev)
    wire.address(fire, dev, "10.%d.0.1/24" % n, "fd0%d::1/64" % n)
    fire.ip("neigh replace 10.%d.0.2 lladdr %s dev %s" % (n, host_mac, dev))
    fire.ip("neigh replace fd0%d::2 lladdr %s dev %s" % (n, host_mac, dev))
    if host is left:
        port = wire.Port(left, "eth0")
        port.peer = mac(fire_mac)
for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
    fire.setting(key, 1)


def tc(words, *more):
    return wire.run("tc", *words.split(), *more, host=fire)


# Four classes; what no filter takes goes to 1:30.
status, _, err = tc("qdisc add dev right root handle 1: htb default 30")
if status:
    wire.skip_all("this kernel has no CONFIG_NET_SCH_HTB (%s)" % err.strip())
for number in (10, 20, 30, 40):
    tc("class add dev right parent 1: classid 1:%d htb rate 100mbit" % number)


def classes():
    """Packets of each class: "class htb 1:10 root ..." and behind it "Sent 0 bytes 0 pkt"."""
    out = wire.must("tc", "-s", "class", "show", "dev", "right", host=fire)
    return {name: int(n) for name, n in re.findall(r"^class htb (\S+) .*\n Sent \d+ bytes (\d+) pkt", out, re.M)}


def filters(*lines):
    """Filters of fire's device; (True, "") or (False, why not)."""
    tc("filter del dev right")
    for line in lines:
        words, _, code = line.partition(" bytecode ")
        status, _, err = tc("filter add dev right parent 1: " + words, *(["bytecode", code] if code else []))
        if status:
            return False, err.strip().splitlines()[0]
    return True, ""


COPIES = 4  # of each packet: more than fire says on its own account meanwhile (reports of its groups)


def sorted_into(six, *sent):
    """Which classes the packets took, in the order they were sent."""
    took = []
    for layer, how in sent:
        before = classes()
        how = dict(how, src="fd01::2" if six else "10.1.0.2", dst="fd02::2" if six else "10.2.0.2")

        def grown():
            return ",".join(c for c, n in classes().items() if n >= before[c] + COPIES)

        for _ in range(COPIES):
            port.send((ip6 if six else ip4)(layer, **how))
        wire.wait_until(1, grown)
        took.append(grown())
    return took


def family(six):
    """u32's words for the TOS byte of that family: of IPv6 it lies across two bytes."""
    def tos(value, mask):
        if six:
            return "match u16 0x%x 0x%x at 0" % (value << 4, mask << 4)
        return "match u8 0x%x 0x%x at 1" % (value, mask)
    v = "IPv6: " if six else "IPv4: "
    protocol = "protocol ipv6 prio 2" if six else "protocol ip prio 1"

    def judge(name, rules, sent, want):
        lines = "".join("-A %s\n" % rule for rule in rules.splitlines())
        status, _, err = fire.restore(six, "*mangle\n%sCOMMIT\n" % lines)
        if status:
            tap.ok(False, v + name, err)
            return
        tap.equal(v + name, sorted_into(six, *sent), want)
        fire.restore(six, "*mangle\nCOMMIT\n")

    two = [(udp(7), {}), (udp(8), {})]
    works, why = filters("%s u32 %s flowid 1:10" % (protocol, tos(0x10, 0xFF)),
                         "%s u32 %s flowid 1:20" % (protocol, tos(0xB8, 0xFC)))
    if works:
        tap.equal(v + "u32 on the TOS byte: the classes work", sorted_into(
            six, (udp(7), {}), (udp(7), {"tos": 0x10}), (udp(7), {"tos": 0xB9})), ["1:30", "1:10", "1:20"])
        judge("TOS: Minimize-Delay gets its class", "FORWARD -p udp --dport 7 -j TOS --set-tos Minimize-Delay", two,
              ["1:10", "1:30"])
        judge("TOS: taken away, it has none", "FORWARD -p udp --dport 7 -j TOS --set-tos 0/0xff",
              [(udp(7), {"tos": 0x10}), (udp(8), {"tos": 0x10})], ["1:30", "1:10"])
        judge("DSCP: expedited forwarding gets its class", "POSTROUTING -p udp --dport 7 -j DSCP --set-dscp-class EF",
              two, ["1:20", "1:30"])
    else:
        tap.skip(v + "TOS, DSCP", "this kernel has no CONFIG_NET_CLS_U32 (%s)" % why)

    # ld mark; jeq 7, else 0; take the filter's own class. (BPF_ABS at SKF_AD_OFF + SKF_AD_MARK)
    works, why = filters("%s bpf flowid 1:40 bytecode 4,32 0 0 4294963220,21 0 1 7,6 0 0 4294967295,6 0 0 0" % protocol)
    if works:
        judge("MARK: cls_bpf reads it", "PREROUTING -p udp --dport 7 -j MARK --set-mark 7", two, ["1:40", "1:30"])
        judge("MARK: another one is another", "PREROUTING -p udp --dport 7 -j MARK --set-mark 6", two, ["1:30", "1:30"])
        judge("CONNMARK: what the connection remembers", "PREROUTING -p udp --dport 7 -j CONNMARK --set-mark 7\n"
              "POSTROUTING -j CONNMARK --restore-mark", two, ["1:40", "1:30"])
        judge("HMARK: cls_bpf reads it, too",
              "PREROUTING -p udp --dport 7 -j HMARK --hmark-tuple src --hmark-mod 1 --hmark-offset 7 --hmark-rnd 1", two,
              ["1:40", "1:30"])
    else:
        tap.skip(v + "MARK, HMARK", "this kernel has no CONFIG_NET_CLS_BPF (%s)" % why)

    filters()
    judge("CLASSIFY: straight into a class, without a filter",
          "POSTROUTING -p udp --dport 7 -j CLASSIFY --set-class 1:20", two, ["1:20", "1:30"])
    judge("CLASSIFY: in FORWARD", "FORWARD -o right -p udp --dport 7 -j CLASSIFY --set-class 0001:0010", two,
          ["1:10", "1:30"])
    judge("CLASSIFY: a class of another qdisc is none of ours",
          "POSTROUTING -p udp --dport 7 -j CLASSIFY --set-class 2:20", two, ["1:30", "1:30"])


for which in (False, True):
    family(which)
tap.finish()
