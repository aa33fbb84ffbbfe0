#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""-l of ipchains and -o of ipfwadm: `postern log` prints the lines of the time, to the letter; -o of ipchains
copies packets into a capture.

outside ---- gate ---- inside: whole frames come from outside, gate has the rules."""
import os
import signal
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402
from wire import icmp, ip4, mac, other, tcp, udp  # noqa: E402

tap = wire.Tap()
outside, gate, inside = (wire.Host(name) for name in ("outside", "gate", "inside"))
for n, (host, dev) in enumerate(((outside, "eth0"), (inside, "eth1")), 1):
    gate.setting("net.ipv6.conf.default.disable_ipv6", 1)
    host.setting("net.ipv6.conf.default.disable_ipv6", 1)
    host_mac, gate_mac = wire.cable(host, "eth0", gate, dev)
    wire.address(gate, dev, "10.%d.0.1/24" % n)
    gate.ip("neigh replace 10.%d.0.2 lladdr %s dev %s" % (n, host_mac, dev))
    if host is outside:
        port = wire.Port(outside, "eth0")
        port.peer = mac(gate_mac)
gate.ip("route add default via 10.1.0.2")
for key in ("net.ipv4.ip_forward", "net.ipv4.conf.all.accept_source_route"):
    gate.setting(key, 1)


def program(name, *words):
    return wire.run(os.path.join(wire.BIN, name), *words, host=gate)


def chains(line):
    status, _, err = program("ipchains", "--no-warnings", *line.split())
    if status:
        raise RuntimeError("%s: %s" % (line, err))


def fw(line):
    status, _, err = program("ipfwadm", *line.split())
    if status:
        raise RuntimeError("%s: %s" % (line, err))


class Log:
    """`postern log`, listening from here on; at the end what it has printed."""

    def __init__(self, *words):
        self.process = subprocess.Popen(
            ("nsenter", "--net=" + gate.path, os.path.join(wire.BIN, "postern"), "log") + words,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.first = self.process.stderr.readline()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        try:
            out, _ = self.process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out = "nothing came\n" + self.process.communicate()[0]
        return out.splitlines()


def lines(count, *packets):
    """What is logged of these packets."""
    log = Log("-n", str(count))
    for packet in packets:
        port.send(packet)
    return log.wait()


HERE, THERE = {"src": "198.51.100.7", "dst": "10.1.0.1"}, {"src": "198.51.100.7", "dst": "10.2.0.2"}
SYN = dict(HERE, ident=4711, df=True, ttl=55)

# ------------------------------------------------------------------ ipchains

chains("-A input -p udp -d 0/0 9")
chains("-A input -p tcp -d 0/0 23 -l -j DENY")
tap.equal("a connection that is denied", lines(1, ip4(tcp(23, 40112, options=b"\2\4\5\xb4" + b"\1" * 16), **SYN)), [
    "Packet log: input DENY eth0 PROTO=6 198.51.100.7:40112 10.1.0.1:23 L=60 S=0x00 I=4711 F=0x4000 T=55 SYN (#2)"])
tap.equal("no SYN, a TOS byte", lines(1, ip4(tcp(23, 40112, flags="A"), tos=0x10, **HERE)), [
    "Packet log: input DENY eth0 PROTO=6 198.51.100.7:40112 10.1.0.1:23 L=40 S=0x10 I=1 F=0x0000 T=64 (#2)"])
chains("-I input 1 -p 47 -l -j REJECT")
chains("-I input 1 -p icmp -l -j ACCEPT")
chains("-I input 1 -p udp -l")
tap.equal("numbers are those of now; UDP, ICMP, others; no target", lines(
    3, ip4(udp(9, 4000), **HERE), ip4(icmp(8), ttl=9, **HERE), ip4(other(47), **HERE)), [
    "Packet log: input - eth0 PROTO=17 198.51.100.7:4000 10.1.0.1:9 L=36 S=0x00 I=1 F=0x0000 T=64 (#1)",
    "Packet log: input ACCEPT eth0 PROTO=1 198.51.100.7:8 10.1.0.1:0 L=28 S=0x00 I=1 F=0x0000 T=9 (#2)",
    "Packet log: input REJECT eth0 PROTO=47 198.51.100.7:65535 10.1.0.1:65535 L=36 S=0x00 I=1 F=0x0000 T=64 (#3)"])
tap.equal("options of the IP header", lines(1, ip4(udp(9, 4000), options=b"\7\7\4\0\0\0\0\0", **HERE)), [
    "Packet log: input - eth0 PROTO=17 198.51.100.7:4000 10.1.0.1:9 L=44 S=0x00 I=1 F=0x0000 T=64"
    " O=0x07070400 O=0x00000000 (#1)"])
chains("-F")
chains("-N tunnel")
chains("-A tunnel -p udp -d 0/0 7 -l -j RETURN")
chains("-A input -p udp -l -j tunnel")
chains("-A input -p tcp -d 0/0 80 -l -j REDIRECT 3128")
tap.equal("a user chain's name, as target and as chain; REDIRECT with its port", lines(
    3, ip4(udp(7, 4001), **HERE), ip4(tcp(80, 4002), **THERE)), [
    "Packet log: input tunnel eth0 PROTO=17 198.51.100.7:4001 10.1.0.1:7 L=36 S=0x00 I=1 F=0x0000 T=64 (#1)",
    "Packet log: tunnel RETURN eth0 PROTO=17 198.51.100.7:4001 10.1.0.1:7 L=36 S=0x00 I=1 F=0x0000 T=64 (#1)",
    "Packet log: input REDIRECT 3128 eth0 PROTO=6 198.51.100.7:4002 10.2.0.2:80 L=40 S=0x00 I=1 F=0x0000 T=64"
    " SYN (#2)"])
chains("-F")
for chain in ("input", "forward", "output"):
    chains("-A %s -p udp -d 0/0 7 -l -j %s" % (chain, "MASQ" if chain == "forward" else "ACCEPT"))
got = lines(3, ip4(udp(7, 4003), **THERE))
tap.equal("a routed packet crosses three chains, each with its device; output sees what masquerading made", [
    line.replace(":" + line.split()[6].split(":")[1] + " ", ":PORT ", 1) if "10.2.0.1:" in line else line for line in got], [
    "Packet log: input ACCEPT eth0 PROTO=17 198.51.100.7:4003 10.2.0.2:7 L=36 S=0x00 I=1 F=0x0000 T=64 (#1)",
    "Packet log: forward MASQ eth1 PROTO=17 198.51.100.7:4003 10.2.0.2:7 L=36 S=0x00 I=1 F=0x0000 T=63 (#1)",
    "Packet log: output ACCEPT eth1 PROTO=17 10.2.0.1:PORT 10.2.0.2:7 L=36 S=0x00 I=1 F=0x0000 T=63 (#1)"])
chains("-F")
chains("-A input -p udp -t 0x01 0x10 -m 7 -l")
tap.equal("the line shows the packet as it came", lines(1, ip4(udp(7), tos=8, **HERE)), [
    "Packet log: input - eth0 PROTO=17 198.51.100.7:40000 10.1.0.1:7 L=36 S=0x08 I=1 F=0x0000 T=64 (#1)"])
log = Log("-t", "-n", "1")
port.send(ip4(udp(7), **HERE))
stamped = log.wait()
tap.ok(len(stamped) == 1 and " kernel: Packet log: input - " in stamped[0] and stamped[0][:3].isalpha(),
       "-t puts what syslogd put in front", stamped)
chains("-F")

# ------------------------------------------------------------------ copies

chains("-A input -p udp -d 0/0 7 -o")
chains("-A input -p udp -d 0/0 8 -o 24")
capture = os.path.join(os.environ.get("TMPDIR", "/tmp"), "postern-copies.%d" % os.getpid())
whole, long = ip4(udp(7, data=b"copy me"), **HERE), ip4(udp(8, data=b"x" * 100), **HERE)
log = Log("-n", "2", "--copies", capture)
port.send(whole)
port.send(long)
log.wait()
with open(capture, "rb") as f:
    data = f.read()
os.unlink(capture)
records, at = [], 24
while at + 16 <= len(data):
    _, _, kept, wire_length = struct.unpack("IIII", data[at:at + 16])
    records.append((data[at + 16:at + 16 + kept], wire_length))
    at += 16 + kept
tap.equal("copies: whole packets, or as much as the rule says", records, [(whole, len(whole)), (long[:24], len(long))])
other_log = Log("-n", "1")
status, _, err = program("postern", "log")
tap.ok(status == 2 and "another program does" in err, "one program listens at a time", status, err)
chains("-F")
tap.equal("a signal ends it", other_log.end(), [])
status, _, err = program("postern", "log", "-n", "0")
tap.ok(status == 2 and "-n takes a number" in err, "-n 0", status, err)

# ------------------------------------------------------------------ ipfwadm

fw("-I -a deny -P tcp -D 0/0 23 -o")
fw("-I -a reject -P udp -D 0/0 9 -o")
fw("-I -a accept -P tcp -D 0/0 80 -r 3128 -o")
fw("-I -a accept -P icmp -S 0/0 8 -o")
fw("-I -a accept -o")
tap.equal("ipfwadm: input", lines(
    5, ip4(tcp(23, 40112), **SYN), ip4(udp(9, 4000), **HERE), ip4(tcp(80, 4002), **THERE), ip4(icmp(8), **HERE),
    ip4(other(47), **HERE)), [
    "IP fw-in deny eth0 TCP 198.51.100.7:40112 10.1.0.1:23 L=40 S=0x00 I=4711 F=0x4000 T=55",
    "IP fw-in rej eth0 UDP 198.51.100.7:4000 10.1.0.1:9 L=36 S=0x00 I=1 F=0x0000 T=64",
    "IP fw-in acc/r3128 eth0 TCP 198.51.100.7:4002 10.2.0.2:80 L=40 S=0x00 I=1 F=0x0000 T=64",
    "IP fw-in acc eth0 ICMP/8 198.51.100.7 10.1.0.1 L=28 S=0x00 I=1 F=0x0000 T=64",
    "IP fw-in acc eth0 PROTO=47 198.51.100.7 10.1.0.1 L=36 S=0x00 I=1 F=0x0000 T=64"])
fw("-I -f")
fw("-A -a -P udp -D 10.2.0.2 -o")
fw("-F -a accept -m -P udp -D 10.2.0.2 -o")
fw("-O -a accept -P udp -D 10.2.0.2 -o")
got = lines(4, ip4(udp(7, 4003), **THERE))
tap.equal("ipfwadm: accounting, forwarding, output", [
    " ".join("10.2.0.1:PORT" if word.startswith("10.2.0.1:") else word for word in line.split()) for line in got], [
    "IP acct in eth0 UDP 198.51.100.7:4003 10.2.0.2:7 L=36 S=0x00 I=1 F=0x0000 T=64",
    "IP fw-fwd acc/masq eth1 UDP 198.51.100.7:4003 10.2.0.2:7 L=36 S=0x00 I=1 F=0x0000 T=63",
    "IP fw-out acc eth1 UDP 10.2.0.1:PORT 10.2.0.2:7 L=36 S=0x00 I=1 F=0x0000 T=63",
    "IP acct out eth1 UDP 10.2.0.1:PORT 10.2.0.2:7 L=36 S=0x00 I=1 F=0x0000 T=63"])
tap.finish()
