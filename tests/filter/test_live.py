#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""postern run with real connections: between TUN devices, on a queue of the kernel, as a bridge; NAT, connection
tracking, answers to what is refused, rules that change, counters, and the end."""
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kernel"))
import wire  # noqa: E402

tap = wire.Tap()
TMP = tempfile.TemporaryDirectory()
POSTERN = os.path.join(wire.BIN, "postern")
BIG = 3000000


class Filter:
    """`postern run` in a namespace (None: this one), on a store of its own."""

    def __init__(self, name, host, *options):
        self.store, self.host = os.path.join(TMP.name, name), host
        self.options, self.process = options, None

    def start(self):
        words = (POSTERN, "run", "--store", self.store) + self.options
        if self.host:
            words = ("nsenter", "--net=" + self.host.path) + words
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        self.first = self.process.stderr.readline()
        return self

    def ipt(self, words, six=False):
        return wire.must(os.path.join(wire.BIN, "ip6tables" if six else "iptables"), *words.split())

    def rules(self, *lines, six=False):
        os.environ["POSTERN_STORE"] = self.store
        for line in lines:
            self.ipt(line, six)
        del os.environ["POSTERN_STORE"]

    def end(self):
        """(status, last words)"""
        self.process.send_signal(signal.SIGTERM)
        try:
            words = self.process.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            words = self.process.communicate()[1]
        return self.process.returncode, words

    def packets(self, table, chain):
        os.environ["POSTERN_STORE"] = self.store
        out = wire.must(os.path.join(wire.BIN, "iptables"), "-t", table, "-S", chain, "-v")
        del os.environ["POSTERN_STORE"]
        return [int(line.split(" -c ")[1].split()[0]) for line in out.splitlines() if line.startswith("-A")]


class Server:
    """Takes one connection after the other, reads all of it, answers with the number of bytes and the caller."""

    def __init__(self, host, port, family=socket.AF_INET):
        with host:
            self.sock = socket.socket(family)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("", port))
        self.sock.listen()
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        while True:
            s, caller = self.sock.accept()
            s.settimeout(10)
            count = 0
            try:
                while chunk := s.recv(1 << 16):
                    count += len(chunk)
                s.sendall(b"%d from %s" % (count, caller[0].encode()))
            except OSError:
                pass
            s.close()


def call(host, to, port, data=b"x", seconds=8, family=socket.AF_INET):
    """What the server says, or the error's name."""
    with host:
        s = socket.socket(family)
    s.settimeout(seconds)
    try:
        s.connect((to, port))
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := s.recv(100):
            answer += chunk
        return answer.decode()
    except OSError as e:
        return type(e).__name__
    finally:
        s.close()


def ping(host, to, size=8, ttl=64, df=False):
    """Type and code of the ICMP that comes back, its sender and time to live; None: nothing does."""
    with host:
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with s:
        s.settimeout(1)
        s.setsockopt(socket.SOL_IP, socket.IP_TTL, ttl)
        s.setsockopt(socket.SOL_IP, 10, 3 if df else 0)     # IP_MTU_DISCOVER: PROBE, DONT
        s.sendto(echo(size), (to, 0))
        try:
            while True:
                data, sender = s.recvfrom(1 << 16)
                if data[20] != 8:
                    return data[20], data[21], sender[0], data[8]
        except OSError:
            return None


def echo(size):
    data = struct.pack("!BBHHH", 8, 0, 0, 7, 1) + b"p" * size
    return data[:2] + struct.pack("!H", wire.checksum(data)) + data[4:]


def datagram(host, there, to, data):
    """What of a UDP datagram over IPv6 arrives; None: nothing."""
    with there:
        server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with host:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with server, s:
        server.settimeout(2)
        server.bind(("", 9))
        s.sendto(data, (to, 9))
        try:
            return server.recv(1 << 16)
        except OSError:
            return None


def ended(f, name):
    status, words = f.end()
    tap.ok(status == 0 and " passed" in words, name + ": SIGTERM ends it", status, words)
    return words


# ------------------------------------------------------------------ a router between two TUN devices

def router():
    inside, outside = wire.Host("inside"), wire.Host("outside")
    facts = os.path.join(TMP.name, "host")
    with open(facts, "w") as file:
        file.write("link tin\nlink tout mtu 1400\naddr 10.9.0.1/24 dev tin\naddr 192.0.2.1/24 dev tout\n"
                   "addr fd09::1/64 dev tin\naddr fd0a::1/64 dev tout\nforward on\n")
    f = Filter("router", None, "--tun", "tin", "--tun", "tout", "--host", facts)
    f.rules("-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "-A FORWARD -i tin -p tcp --dport 80 -j ACCEPT", "-A FORWARD -i tin -p icmp -j ACCEPT",
            "-A FORWARD -i tin -p tcp --dport 81 -j REJECT --reject-with tcp-reset",
            "-A FORWARD -i tin -p tcp --dport 82 -j REJECT",
            "-t nat -A POSTROUTING -o tout -j MASQUERADE")
    f.rules("-P FORWARD DROP", "-A FORWARD -p tcp --dport 80 -j ACCEPT",
            "-A FORWARD -m state --state ESTABLISHED -j ACCEPT", six=True)
    f.start()
    for dev, host, net4, net6 in (("tin", inside, "10.9.0", "fd09"), ("tout", outside, "192.0.2", "fd0a")):
        wire.must("ip", "link", "set", dev, "netns", host.name)
        host.ip("addr add %s.2/24 dev %s" % (net4, dev))
        host.ip("link set %s up mtu %d" % (dev, 1400 if dev == "tout" else 1500))
        host.ip("-6 addr add %s::2/64 dev %s nodad" % (net6, dev))
        host.ip("route add default via %s.1" % net4)
        host.ip("-6 route add default via %s::1" % net6)
    servers = [Server(outside, port) for port in (80, 81, 82, 83)] + [Server(outside, 180, socket.AF_INET6)]
    f.rules("-R FORWARD 1 -p tcp --dport 180 -j ACCEPT", six=True)
    tap.equal("router: TCP through masquerading", call(inside, "192.0.2.2", 80), "1 from 192.0.2.1")
    tap.equal("router: a lot of it, past a smaller MTU", call(inside, "192.0.2.2", 80, b"x" * BIG),
              "%d from 192.0.2.1" % BIG)
    tap.equal("router: IPv6", call(inside, "fd0a::2", 180, b"x" * 100000, family=socket.AF_INET6),
              "100000 from fd09::2")
    tap.equal("router: ping", ping(inside, "192.0.2.2"), (0, 0, "192.0.2.2", 63))
    tap.equal("router: a hop too many is told", ping(inside, "192.0.2.2", ttl=1), (11, 0, "10.9.0.1", 64))
    tap.equal("router: what is too long is told", ping(inside, "192.0.2.2", 1440, df=True), (3, 4, "10.9.0.1", 64))
    tap.equal("router: or cut", ping(inside, "192.0.2.2", 1440), (0, 0, "192.0.2.2", 63))
    tap.equal("router: fragments", ping(inside, "192.0.2.2", 4000), (0, 0, "192.0.2.2", 63))
    tap.equal("router: a reset", call(inside, "192.0.2.2", 81), "ConnectionRefusedError")
    tap.equal("router: an ICMP error", call(inside, "192.0.2.2", 82), "ConnectionRefusedError")
    tap.equal("router: the policy", call(inside, "192.0.2.2", 83, seconds=0.5), "TimeoutError")
    tap.equal("router: nobody comes in", call(outside, "10.9.0.2", 80, seconds=0.5), "TimeoutError")
    told_again(f, inside, facts)
    f.rules("-I FORWARD -p tcp --dport 83 -j ACCEPT")
    tap.equal("router: a new rule holds at once", call(inside, "192.0.2.2", 83), "1 from 192.0.2.1")
    f.rules("-D FORWARD 1")
    tap.equal("router: and no longer", call(inside, "192.0.2.2", 83, seconds=0.5), "TimeoutError")
    with open(os.path.join(f.store, "rules"), "r+") as file:
        file.write("X")
    tap.equal("router: with a damaged store the rules stay", call(inside, "192.0.2.2", 80), "1 from 192.0.2.1")
    with open(os.path.join(f.store, "rules"), "r+") as file:
        file.write("#")
    words = ended(f, "router")
    tap.ok("damaged" in words or "the rules stay" in words, "router: and it was said", words)
    counted = f.packets("filter", "FORWARD")
    # An end of a connection that came when its address had gone begins it anew.
    tap.ok(counted[0] > BIG // 1500 and counted[1] >= 6 and counted[3] == 1 and counted[4] == 1,
           "router: the counters are in the store", counted)
    tap.equal("router: new connections in nat's", f.packets("nat", "POSTROUTING")[0] >= 4, True)
    return servers


def told_again(f, inside, facts):
    """SIGHUP: the file that tells of the host is read again, or the host stays as it was."""
    with open(facts, "r+") as file:
        old = file.read()
        for text, says, source in ((old.replace("192.0.2.1/", "192.0.2.9/"), "were read again", "192.0.2.9"),
                                   ("nonsense", "line 1: ", "192.0.2.9"), (old, "were read again", "192.0.2.1")):
            file.seek(0)
            file.write(text)
            file.truncate()
            file.flush()
            f.process.send_signal(signal.SIGHUP)
            tap.equal("router: SIGHUP, " + source, says in f.process.stderr.readline(), True)
            tap.equal("router: masqueraded by it", call(inside, "192.0.2.2", 80), "1 from " + source)


# ------------------------------------------------------------------ a queue of the kernel

def queue():
    client, fire, server = wire.Host("client"), wire.Host("fire"), wire.Host("server")
    wire.cable(client, "eth0", fire, "eth0")
    wire.cable(server, "eth0", fire, "eth1")
    for host, dev, net, end in ((client, "eth0", 1, 2), (fire, "eth0", 1, 1),
                                (server, "eth0", 2, 2), (fire, "eth1", 2, 1)):
        wire.address(host, dev, "10.%d.0.%d/24" % (net, end), "fd0%d::%d/64" % (net, end))
    for host, net in ((client, 1), (server, 2)):
        host.ip("route add default via 10.%d.0.1" % net)
        host.ip("-6 route add default via fd0%d::1" % net)
    fire.setting("net.ipv4.ip_forward", 1)
    fire.setting("net.ipv6.conf.all.forwarding", 1)
    # What is translated before the kernel routes comes from addresses of this host.
    for dev in ("all", "eth0", "eth1"):
        fire.setting("net.ipv4.conf.%s.rp_filter" % dev, 0)
        fire.setting("net.ipv4.conf.%s.accept_local" % dev, 1)
    status, _, err = fire.iptables(False, "-t raw -A PREROUTING -j NFQUEUE --queue-num 7")
    if status:
        tap.skip("a queue of the kernel", "this kernel has no NFQUEUE")
        return []
    f = Filter("queue", fire, "--queue", "7")
    f.rules("-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
            "-A FORWARD -d 10.2.0.2 -p tcp --dport 80 -j ACCEPT",
            "-t nat -A PREROUTING -d 10.1.0.1 -p tcp --dport 8080 -j DNAT --to-destination 10.2.0.2:80",
            "-t nat -A POSTROUTING -o eth1 -j SNAT --to-source 10.2.0.77")
    f.start()
    server.ip("route add 10.2.0.77 via 10.2.0.1")
    servers = [Server(server, 80), Server(server, 81)]
    tap.equal("queue: TCP, translated both ways", call(client, "10.1.0.1", 8080, b"x" * BIG),
              "%d from 10.2.0.77" % BIG)
    wire.must(*"ip6tables -t raw -A PREROUTING -j NFQUEUE --queue-num 7".split(), host=fire)
    f.rules("-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
            "-A FORWARD -p tcp --dport 180 -j ACCEPT", six=True)
    servers += [Server(server, port, socket.AF_INET6) for port in (180, 181)]
    tap.equal("queue: IPv6", call(client, "fd02::2", 180, b"x" * BIG, family=socket.AF_INET6), "%d from fd01::2" % BIG)
    tap.equal("queue: its policy", call(client, "fd02::2", 181, seconds=0.5, family=socket.AF_INET6), "TimeoutError")
    tap.equal("queue: the policy", call(client, "10.2.0.2", 81, seconds=0.5), "TimeoutError")
    f.rules("-A FORWARD -p icmp -j ACCEPT")
    tap.equal("queue: one hop is taken off, not two", ping(client, "10.2.0.2"), (0, 0, "10.2.0.2", 63))
    f.rules("-I FORWARD -d 10.2.0.2 -p tcp --dport 85 -j ACCEPT",
            "-t nat -I POSTROUTING -o eth1 -p tcp --dport 85 -j MASQUERADE")
    servers.append(Server(server, 85))
    for old, new in ((1, 9), (9, 1)):
        fire.ip("addr del 10.2.0.%d/24 dev eth1" % old)
        fire.ip("addr add 10.2.0.%d/24 dev eth1" % new)
        tap.equal("queue: another address of this host", call(client, "10.2.0.2", 85), "1 from 10.2.0.%d" % new)
    f.rules("-D FORWARD 1")
    queue_answers(client, fire, f)
    ended(f, "queue")
    tap.ok(f.packets("filter", "FORWARD")[1] == 1, "queue: counters", f.packets("filter", "FORWARD"))
    return servers


def refusal(host, to, family=socket.AF_INET):
    """What a datagram to a port gets: the error's name, and who says so."""
    with host:
        s = socket.socket(family, socket.SOCK_DGRAM)
    level, option = (socket.SOL_IP, 11) if family == socket.AF_INET else (socket.IPPROTO_IPV6, 25)    # RECVERR
    with s:
        s.settimeout(2)
        s.setsockopt(level, option, 1)
        s.connect((to, 99))
        s.send(b"x")
        try:
            s.recv(10)
        except OSError as e:
            try:
                notes = s.recvmsg(100, 200, socket.MSG_ERRQUEUE)[1]
            except OSError:
                return type(e).__name__, e.errno
            at = 20 if family == socket.AF_INET else 24     # behind sock_extended_err, in a sockaddr
            size = 4 if family == socket.AF_INET else 16
            return e.errno, socket.inet_ntop(family, notes[0][2][at:at + size])
        return None


def queue_answers(client, fire, f):
    """REJECT: by a raw socket, past the rules that queue what is made here."""
    f.rules("-A FORWARD -p tcp --dport 90 -j REJECT --reject-with tcp-reset",
            "-A FORWARD -p tcp --dport 91 -j REJECT", "-A FORWARD -p udp -j REJECT --reject-with icmp-host-prohibited",
            "-t nat -A PREROUTING -d 10.1.0.1 -p tcp --dport 9090 -j DNAT --to-destination 10.2.0.2:90",
            "-A OUTPUT -p udp -j REJECT", "-P OUTPUT DROP", "-P INPUT DROP")
    f.rules("-A FORWARD -p tcp --dport 90 -j REJECT --reject-with tcp-reset",
            "-A FORWARD -p udp -j REJECT", "-P OUTPUT DROP", six=True)
    for tool in ("iptables", "ip6tables"):
        wire.must(*(tool + " -t raw -A OUTPUT -j NFQUEUE --queue-num 7").split(), host=fire)
    six = socket.AF_INET6
    tap.equal("queue: a reset", call(client, "10.2.0.2", 90), "ConnectionRefusedError")
    tap.equal("queue: a reset from the address that was asked", call(client, "10.1.0.1", 9090), "ConnectionRefusedError")
    tap.equal("queue: an ICMP error", call(client, "10.2.0.2", 91), "ConnectionRefusedError")
    tap.equal("queue: an ICMP error, from the device it came by", refusal(client, "10.2.0.2"), (113, "10.1.0.1"))
    tap.equal("queue: a reset, IPv6", call(client, "fd02::2", 90, family=six), "ConnectionRefusedError")
    tap.equal("queue: an ICMP error, IPv6", refusal(client, "fd02::2", six), (111, "fd01::1"))
    tap.equal("queue: an ICMP error to this host itself", refusal(fire, "10.2.0.2"), (111, "10.2.0.1"))


# ------------------------------------------------------------------ a bridge

def vlans(one):
    tap.equal("bridge: a VLAN, filtered", call(one, "10.6.0.2", 80, b"x" * BIG), "%d from 10.6.0.1" % BIG)
    tap.equal("bridge: a VLAN's policy", call(one, "10.6.0.2", 82, seconds=0.5), "TimeoutError")


def tagged(one, two):
    """Frames with a VLAN tag, byte by byte: the kernels of both ends need not know of VLANs."""
    with one:
        out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    with two:
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    with out, ear:
        out.bind(("eth0", 0))
        ear.bind(("eth0", 3))
        ear.setsockopt(263, 8, 1)       # SOL_PACKET, PACKET_AUXDATA
        ear.settimeout(2)
        macs = wire.mac(wire.link_address(two, "eth0")) + wire.mac(wire.link_address(one, "eth0"))
        for port, tag in ((82, 9), (80, 0x6009), (80, 10)):
            packet = wire.ip4(wire.udp(port), src="10.6.0.1", dst="10.6.0.2")
            out.send(macs + struct.pack("!HHH", 0x8100, tag, 0x800) + packet)
        seen = []
        try:
            while len(seen) < 2:
                data, notes = ear.recvmsg(2000, 100)[:2]
                status, _, _, _, net, tci, tpid = struct.unpack("IIIHHHH", notes[0][2])
                if data[23:24] == b"\x11" and status & 16:      # UDP, TP_STATUS_VLAN_VALID
                    seen.append((hex(tpid), hex(tci), struct.unpack("!H", data[36:38])[0]))
        except socket.timeout:
            pass
        return seen


def flood(one, count):
    with one:
        out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with out:
        for _ in range(count):
            out.sendto(b"x", ("10.5.0.2", 80))


def bridge():
    one, mid, two = wire.Host("one"), wire.Host("mid"), wire.Host("two")
    wire.cable(one, "eth0", mid, "left")
    wire.cable(two, "eth0", mid, "right")
    wire.address(one, "eth0", "10.5.0.1/24", "fd05::1/64")
    wire.address(two, "eth0", "10.5.0.2/24", "fd05::2/64")
    vlan = True
    for host, n in ((one, 1), (two, 2)):
        vlan = vlan and wire.run(*"ip link add link eth0 name eth0.9 type vlan id 9".split(), host=host)[0] == 0
        if vlan:
            host.ip("link set eth0.9 up")
            wire.address(host, "eth0.9", "10.6.0.%d/24" % n)
    f = Filter("bridge", mid, "--bridge", "left,right")
    f.rules("-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
            "-A FORWARD -i left -o right -p tcp --dport 80 -j ACCEPT",
            "-A FORWARD -i left -p icmp -j ACCEPT", "-A FORWARD -p udp --dport 80 -j ACCEPT",
            "-A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset",
            "-t nat -A POSTROUTING -j SNAT --to-source 10.5.0.99")
    f.start()
    tap.ok("no NAT: 1 rule of table nat is left out" in f.first, "bridge: says that there is no NAT", f.first)
    servers = [Server(two, port) for port in (80, 81, 82)] + [Server(one, 80)]
    tap.equal("bridge: TCP with segments for the device to cut, no NAT", call(one, "10.5.0.2", 80, b"x" * BIG),
              "%d from 10.5.0.1" % BIG)
    tap.equal("bridge: ping", ping(one, "10.5.0.2"), (0, 0, "10.5.0.2", 64))
    tap.equal("bridge: not from the other side", ping(two, "10.5.0.1"), None)
    tap.equal("bridge: a reset", call(one, "10.5.0.2", 81), "ConnectionRefusedError")
    tap.equal("bridge: the policy", call(one, "10.5.0.2", 82, seconds=0.5), "TimeoutError")
    tap.equal("bridge: the direction", call(two, "10.5.0.1", 80, seconds=0.5), "TimeoutError")
    tap.equal("bridge: the tags of VLANs stay, what is in them is filtered", tagged(one, two),
              [("0x8100", "0x6009", 80), ("0x8100", "0xa", 80)])
    if vlan:
        vlans(one)
    else:
        tap.skip("bridge: a VLAN", "this kernel has none")
    tap.equal("bridge: fragments, cut again", ping(one, "10.5.0.2", 4000), (0, 0, "10.5.0.2", 64))
    f.rules("-A FORWARD -p udp --dport 9 -j ACCEPT", six=True)
    tap.equal("bridge: fragments of IPv6", datagram(one, two, "fd05::2", b"x" * 4000), b"x" * 4000)
    mid.ip("link set left down")
    mid.ip("link set left up")
    tap.equal("bridge: down and up again", call(one, "10.5.0.2", 80), "1 from 10.5.0.1")
    ended(f, "bridge")
    tap.equal("bridge: counters", f.packets("filter", "FORWARD")[1:], [2, 1, 2, 1])
    f.start()
    f.process.send_signal(signal.SIGSTOP)
    flood(one, 200)
    f.process.send_signal(signal.SIGCONT)
    words = ended(f, "bridge, behind")
    lost = int(words.split(" lost")[0].split()[-1])
    tap.ok(lost >= 200 - 64 - 10, "bridge: what the ring had no room for is counted", words)
    f.start()
    mid.ip("link del left")
    try:
        words = f.process.communicate(timeout=10)[1]
    except subprocess.TimeoutExpired:
        f.process.kill()
        words = f.process.communicate()[1]
    tap.ok(f.process.returncode == 4 and "left was deleted" in words, "bridge: a device goes away", words)
    return servers


if not os.path.exists("/dev/net/tun"):
    tap.skip("between TUN devices", "there is no /dev/net/tun")
    kept = []
else:
    kept = router()
kept += queue()
kept += bridge()
status, _, err = wire.run(POSTERN, "run", "--store", os.path.join(TMP.name, "x"), "--bridge", "nodev,lo")
tap.ok(status == 4 and "nodev" in err, "a device that is not there", status, err)
tap.finish()
