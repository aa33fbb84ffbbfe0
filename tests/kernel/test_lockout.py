#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody is locked out: changes typed in a live SSH session are refused exactly when they would cut it, or
keep its owner from logging in again. Each is then made all the same, from outside, and what dies is watched:
the session when this host speaks first, the session when the other end does, a new login.

client ---- server (dropbear). A few of the scenarios; all of them with NIGHTLY=1."""
import os
import pty
import select
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import wire  # noqa: E402

tap = wire.Tap()
for program in ("dropbear", "dropbearkey", "dbclient"):
    if wire.run("sh", "-c", "command -v " + program)[0]:
        wire.skip_all(program + " is not installed")
if os.getuid():
    wire.skip_all("not root: dropbear lets nobody log in")
POSTERN = os.path.join(wire.BIN, "postern")

must = wire.must


def cover(folder, mode):
    """An empty folder in its place; the programs under test stay where they are, also below it."""
    seen = os.open(wire.BIN, os.O_PATH)
    must("mount", "-t", "tmpfs", "-o", "mode=" + mode, "tmpfs", folder)
    if not os.path.isdir(wire.BIN):
        os.makedirs(wire.BIN)
        must("mount", "-c", "--bind", "/proc/%d/fd/%d" % (os.getpid(), seen), wire.BIN)
    os.close(seen)


# The home of root is a folder of ours, so that the key lets us in.
cover("/root", "700")
cover("/var/lib", "755")
KEY, HOST_KEY = "/root/key", "/root/hostkey"
for path in (KEY, HOST_KEY):
    must("dropbearkey", "-t", "ed25519", "-f", path)
os.makedirs("/root/.ssh", 0o700)
public = [x for x in must("dropbearkey", "-y", "-f", KEY).splitlines() if x.startswith("ssh-")]
with open("/root/.ssh/authorized_keys", "w") as f:
    f.write("\n".join(public) + "\n")
os.chmod("/root/.ssh/authorized_keys", 0o600)

# ------------------------------------------------------------------ rules of before, and changes

STATE = "-m conntrack --ctstate "
SETUPS = {
    "open": [],
    "port": ["-A INPUT -p tcp --dport @PORT -j ACCEPT", "-P INPUT DROP"],
    "state": ["-A INPUT " + STATE + "ESTABLISHED,RELATED -j ACCEPT",
              "-A INPUT -p tcp --dport @PORT " + STATE + "NEW -j ACCEPT", "-P INPUT DROP"],
    "both": ["-A INPUT " + STATE + "ESTABLISHED -j ACCEPT",
             "-A INPUT -p tcp --dport @PORT " + STATE + "NEW -j ACCEPT", "-P INPUT DROP",
             "-A OUTPUT " + STATE + "ESTABLISHED -j ACCEPT", "-P OUTPUT DROP"],
    "chain": ["-N ssh", "-A INPUT -p tcp --dport @PORT -j ssh", "-A INPUT -j DROP", "-A ssh -s @PEER -j ACCEPT"],
}
CHANGES = {
    "open": """
-P INPUT DROP
-A INPUT -p tcp --dport 80 -j DROP
-A INPUT -j DROP
-A INPUT -p icmp -j DROP
-A INPUT -p tcp --dport @PORT -j DROP
-P FORWARD DROP
-A INPUT -s @PEER -j DROP
-A INPUT -s @OTHER -j DROP
-P OUTPUT DROP
-A INPUT ! -s @PEER -j DROP
-A OUTPUT -p tcp --sport @PORT -j DROP
-N web
-t raw -A PREROUTING -p tcp --dport @PORT -j DROP
-t raw -A PREROUTING -j NOTRACK
-t mangle -A PREROUTING -s @PEER -j DROP
-A INPUT -i lo -j DROP
-t mangle -A POSTROUTING -d @PEER -j DROP
-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080
-t nat -A PREROUTING -p tcp --dport @PORT -j REDIRECT --to-ports 9
-A INPUT -p udp -j DROP
-t nat -A PREROUTING -p tcp --dport @PORT -j DNAT --to-destination @OTHER
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -i eth0 -j DROP
-A INPUT -p tcp --tcp-flags ALL NONE -j DROP
-A INPUT -p tcp --syn -j DROP
-A INPUT -j LOG
-A INPUT -p tcp --dport @PORT --syn -j REJECT --reject-with tcp-reset
-A INPUT -m length --length 1600:65535 -j DROP
-A INPUT -p tcp -m multiport --dports 80,@PORT -j DROP
-A INPUT -m mark --mark 1 -j DROP
-A INPUT -p tcp -m multiport --dports 80,443 -j DROP
-A INPUT -j RETURN
-A OUTPUT -d @PEER -j REJECT
-A OUTPUT -d @OTHER -j REJECT
-F
-Z
-A INPUT -p tcp --sport 1:1023 -j DROP
-A INPUT -p tcp --sport 1024:65535 -j DROP
-A INPUT -m conntrack --ctstate NEW -j DROP
-A OUTPUT -o eth0 -j DROP
-A OUTPUT -o lo -j DROP
-A INPUT -m ttl --ttl-lt 5 -j DROP
""",
    "port": """
-F INPUT
-A INPUT -j DROP
-D INPUT 1
-P INPUT ACCEPT
-I INPUT -j DROP
-I INPUT 2 -j DROP
-F
-I INPUT -p tcp --dport 80 -j DROP
-R INPUT 1 -p tcp --dport 1 -j ACCEPT
-I INPUT -j ACCEPT
-D INPUT -p tcp --dport @PORT -j ACCEPT
-I INPUT -s @OTHER -j DROP
-I INPUT -s @PEER -j DROP
-R INPUT 1 -j ACCEPT
-R INPUT 1 -p tcp --dport @PORT -s @OTHER -j ACCEPT
-R INPUT 1 -p tcp --dport @PORT -s @PEER -j ACCEPT
-P OUTPUT DROP
-A INPUT -p tcp --dport 443 -j ACCEPT
-R INPUT 1 -p tcp --dport @PORT --syn -j ACCEPT
-A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
""",
    "state": """
-F INPUT
-P INPUT ACCEPT
-D INPUT 1
-I INPUT 3 -j DROP
-D INPUT 2
-A INPUT -p tcp --dport 443 -j ACCEPT
-I INPUT -p tcp --dport @PORT -j DROP
-R INPUT 1 -m conntrack --ctstate ESTABLISHED -j ACCEPT
-I INPUT 2 -p tcp --dport @PORT -j DROP
-P FORWARD DROP
-t raw -A PREROUTING -p tcp --dport @PORT -j NOTRACK
-t raw -A PREROUTING -p udp -j NOTRACK
-R INPUT 1 -m conntrack --ctstate RELATED -j ACCEPT
-I INPUT -m conntrack --ctstate INVALID -j DROP
-R INPUT 2 -p tcp --dport 2 -m conntrack --ctstate NEW -j ACCEPT
-R INPUT 2 -p tcp -m conntrack --ctstate NEW -j ACCEPT
-P OUTPUT DROP
""",
    "both": """
-F OUTPUT
-P OUTPUT ACCEPT
-D OUTPUT 1
-A OUTPUT -p udp -j ACCEPT
-I OUTPUT -p tcp --sport @PORT -j DROP
-I OUTPUT -p tcp --sport 80 -j DROP
-I OUTPUT -d @PEER -j DROP
-I OUTPUT -d @OTHER -j DROP
-R OUTPUT 1 -m conntrack --ctstate NEW -j ACCEPT
""",
    "chain": """
-F ssh
-A ssh -j DROP
-D ssh 1
-A INPUT -p tcp --dport 80 -j ACCEPT
-I ssh -j DROP
-I ssh -s @OTHER -j DROP
-I ssh -s @PEER -j RETURN
-I INPUT -p tcp --dport 80 -j ssh
-R ssh 1 -s @OTHER -j ACCEPT
-R ssh 1 -j ACCEPT
-D INPUT 1
-N other
""",
}
SCENARIOS = [(setup, change, 4, 22) for setup in CHANGES for change in CHANGES[setup].strip().splitlines()]
SCENARIOS += [(setup, change, 6, 2222) for setup, change in (
    ("open", "-P INPUT DROP"), ("open", "-A INPUT -p udp -j DROP"), ("port", "-F INPUT"),
    ("port", "-I INPUT -s @OTHER -j DROP"), ("state", "-D INPUT 2"), ("chain", "-A ssh -j DROP"))]
if not os.environ.get("NIGHTLY"):
    SCENARIOS = SCENARIOS[::5]


# ------------------------------------------------------------------ a session

class Session:
    """A shell on the server's terminal."""

    def __init__(self, net):
        self.net, self.text = net, b""
        # dbclient asks for a terminal there when it has one here.
        self.fd, far = pty.openpty()
        self.p = subprocess.Popen(net.client_words("-t"), stdin=far, stdout=far, stderr=far, start_new_session=True)
        os.close(far)
        self.send("PS1= PS2=; stty -echo; tty; echo RE''ADY")
        if not self.until(b"READY", 8):
            raise RuntimeError("no session: %r" % self.text)
        self.tty = next(w for w in self.text.decode().split() if w.startswith("/dev/pts/"))

    def send(self, line):
        try:
            os.write(self.fd, line.encode() + b"\n")
        except OSError:
            pass

    def until(self, word, seconds):
        end = time.monotonic() + seconds
        while word not in self.text:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return False
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                return False
            self.text += more
        return True

    def type(self, command):
        """Types a command; (status, what it said)."""
        self.text = b""
        self.send(command + "; echo DO''NE=$?.")
        if not self.until(b"DONE=", 15) or not self.until(b".", 2):
            return None, self.text.decode()
        said, status = self.text.decode().rsplit("DONE=", 1)
        return int(status.split(".")[0]), said

    def hears_server(self):
        self.text = b""
        with open(self.tty, "w") as f:
            f.write("we speak\n")
        return self.until(b"we speak", 2)

    def hears_client(self):
        self.text = b""
        self.send("echo th''ey speak")
        return self.until(b"they speak", 2)

    def close(self):
        self.p.kill()
        self.p.wait()
        os.close(self.fd)


class Net:
    """A client and a server of its own, on its own wire."""

    def __init__(self, n):
        self.client, self.server = wire.Host("c%d" % n), wire.Host("s%d" % n)
        macs = wire.cable(self.client, "eth0", self.server, "eth0")
        wire.address(self.client, "eth0", "192.0.2.9/24", "2001:db8::9/64")
        wire.address(self.server, "eth0", "192.0.2.1/24", "2001:db8::1/64")
        # Neighbour discovery is filtered, too; here it is not what is asked about.
        self.client.ip("neigh replace 2001:db8::1 lladdr %s dev eth0 nud permanent" % macs[1])
        self.server.ip("neigh replace 2001:db8::9 lladdr %s dev eth0 nud permanent" % macs[0])
        self.daemons = [subprocess.Popen(["nsenter", "--net=" + self.server.path, "dropbear", "-F", "-s",
                                          "-r", HOST_KEY, "-P", "/run/dropbear.%d.%d" % (n, port),
                                          "-p", str(port)], stderr=subprocess.DEVNULL) for port in (22, 2222)]
        self.family, self.port = 4, 22

    def client_words(self, *more):
        return ["nsenter", "--net=" + self.client.path, "dbclient", "-y", "-y", *more, "-i", KEY, "-p",
                str(self.port), "root@" + ("192.0.2.1" if self.family == 4 else "2001:db8::1")]

    def words(self, line):
        six = self.family == 6
        return line.replace("@PORT", str(self.port)).replace("@PEER", "2001:db8::9" if six else "192.0.2.9") \
            .replace("@OTHER", "2001:db8:5::1" if six else "198.51.100.1").split()

    def program(self):
        return os.path.join(wire.BIN, "iptables" if self.family == 4 else "ip6tables")

    def fresh(self, setup):
        must("nft", "flush", "ruleset", host=self.server)
        wire.run("conntrack", "-F", host=self.server)
        for line in SETUPS[setup]:
            must(self.program(), *self.words(line), host=self.server)

    def login(self):
        try:
            return subprocess.run(self.client_words() + ["true"], stdin=subprocess.DEVNULL, timeout=3,
                                  capture_output=True).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def what_dies(self, setup, change):
        """Makes the change from outside, with nobody reviewing it."""
        dead = []
        for name in ("we speak first", "they speak first", "login"):
            self.fresh(setup)
            session = Session(self)
            time.sleep(0.05)
            status, _, err = wire.run(self.program(), *self.words(change), host=self.server)
            if status:
                raise RuntimeError(err)
            works = session.hears_server() and session.hears_client() if name[0] == "w" else \
                session.hears_client() and session.hears_server() if name[0] == "t" else self.login()
            if not works:
                dead.append(name)
            session.close()
        return dead

    def judge(self, setup, change, family, port):
        self.family, self.port = family, port
        self.fresh(setup)
        if not wire.wait_until(5, self.login):
            return False, "no login before the change"
        session = Session(self)
        command = " ".join([POSTERN, os.path.basename(self.program())] + self.words(change))
        status, said = session.type(command)
        refused = status == 4 and "refused, nothing was changed" in said
        if not refused and status:
            return False, "status %s: %s" % (status, said)
        if not refused:
            dead = [] if session.hears_server() and session.hears_client() else ["session"]
            dead += [] if self.login() else ["login"]
        session.close()
        if refused:
            dead = self.what_dies(setup, change)
        told = "refused" if refused else "let through"
        return refused == bool(dead), "%s; dead: %s\n%s" % (told, ", ".join(dead) or "nothing", said), refused


# ------------------------------------------------------------------ all of them, two at a time

results = [None] * len(SCENARIOS)
queue = iter(range(len(SCENARIOS)))
lock = threading.Lock()


def work(n):
    net = Net(n)
    try:
        while True:
            with lock:
                i = next(queue, None)
            if i is None:
                return
            try:
                results[i] = net.judge(*SCENARIOS[i])
            except Exception as e:  # noqa: BLE001
                results[i] = (False, "%s: %s" % (type(e).__name__, e))
    finally:
        for daemon in net.daemons:
            daemon.kill()


workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
refused = harmless = 0
for (setup, change, family, port), result in zip(SCENARIOS, results):
    tap.ok(result and result[0], "IPv%d, port %d, rules '%s': %s" % (family, port, setup, change), result and result[1])
    if result and len(result) > 2:
        refused += result[2]
        harmless += not result[2]
tap.ok(refused and harmless >= len(SCENARIOS) * 0.4, "%d refused, %d harmless" % (refused, harmless))

# ------------------------------------------------------------------ overruled

net = Net(9)
net.fresh("open")
wire.wait_until(5, net.login)
session = Session(net)
status, said = session.type(POSTERN + " --force iptables -A INPUT -p tcp --syn -j DROP")
tap.equal("--force: made all the same", (status, net.server.counters(False, "filter", "INPUT")), (0, [0]))
net.fresh("open")
status, said = session.type("POSTERN_GUARD=off %s -A INPUT -p tcp --syn -j DROP" % net.program())
tap.equal("POSTERN_GUARD=off: likewise", (status, len(net.server.counters(False, "filter", "INPUT"))), (0, 1))
net.fresh("open")
status, said = session.type("%s -A INPUT -p tcp --syn -j DROP </dev/null 2>/root/said; cat /root/said" % net.program())
tap.equal("no terminal on either side: nobody reviews it", len(net.server.counters(False, "filter", "INPUT")), 1)
net.fresh("open")
status, said = session.type(net.program() + " -P INPUT DROP")
tap.ok("postern try iptables -P INPUT DROP" in said and "SSH session 192.0.2.9" in said and
       "the policy of INPUT in table filter" in said,
       "a refusal names lifeline, decision, and what would be safe", said)
tap.ok(all(len(line) <= 80 for line in said.replace("\r", "").splitlines()), "... in 80 columns", said)
status, said = session.type(POSTERN + " guard")
tap.ok("you are typing in it" in said, "postern guard shows the session and why", said)
session.close()
for daemon in net.daemons:
    daemon.kill()
tap.finish()
