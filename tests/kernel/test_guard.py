#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guard does besides refusing: it is overruled and says so in a log, hears of sessions below su, tmux and mosh,
knows neighbour discovery and restores, follows /etc/postern.conf, tells of services that stay open in IPv6, and costs
scripts nothing."""
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ssh  # noqa: E402
import wire  # noqa: E402

tap = wire.Tap()
ssh.prepare()
POSTERN, must, Session = ssh.POSTERN, wire.must, ssh.Session
IPTABLES, RESTORE = os.path.join(wire.BIN, "iptables"), os.path.join(wire.BIN, "iptables-restore")
IP6TABLES = os.path.join(wire.BIN, "ip6tables")

# A configuration of our own, and a system log that can be read.
etc = tempfile.mkdtemp()
for name in ("passwd", "shadow", "group", "hosts", "shells", "pam.d", "nsswitch.conf", "security", "login.defs", "environment", "ld.so.cache"):
    must("sh", "-c", 'if [ -e "/etc/$1" ]; then cp -a "/etc/$1" "$2"; fi', "sh", name, etc)
must("mount", "--bind", etc, "/etc")
must("mount", "-t", "tmpfs", "tmpfs", "/dev/shm")
CONFIG = "/etc/postern.conf"

net = ssh.Net(9)
server = net.server


def fresh(*before):
    must("nft", "flush", "ruleset", host=server)
    wire.run("conntrack", "-F", host=server)
    for line in before:
        must(*net.words(line), host=server)


def configure(text):
    with open(CONFIG, "w") as f:
        f.write(text)


def rules(six=False):
    return len(server.counters(six, "filter", "INPUT"))


CUTS = "-A INPUT -p tcp --syn -j DROP"
fresh()
wire.wait_until(5, net.login)
session = Session(net)

# ------------------------------------------------------------------ overruled

logged = []
if not os.path.exists("/dev/log"):
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/dev/log")
    log.setblocking(False)
else:
    log = None


def log_lines():
    text = ""
    while log:
        try:
            text += log.recv(4096).decode(errors="replace") + "\n"
        except BlockingIOError:
            break
    return text


status, said = session.type("%s --force iptables %s" % (POSTERN, CUTS))
tap.equal("--force: made all the same", (status, rules()), (0, 1))
if log:
    text = log_lines()
    tap.ok("forced: iptables " + CUTS in text and "1 lifeline" in text, "... and is in the system log", text)
fresh()
status, said = session.type("POSTERN_GUARD=off %s %s" % (IPTABLES, CUTS))
tap.equal("POSTERN_GUARD=off: likewise", (status, rules()), (0, 1))
if log:
    text = log_lines()
    tap.ok("forced: iptables " + CUTS in text, "... and is in the system log", text)
fresh()
status, said = session.type("%s %s </dev/null 2>/root/said; cat /root/said" % (IPTABLES, CUTS))
tap.equal("no terminal on either side: nobody reviews it", rules(), 1)

# ------------------------------------------------------------------ what is said

fresh()
status, said = session.type(IPTABLES + " -P INPUT DROP")
said = said.replace("\r", "")
tap.ok("postern try iptables -P INPUT DROP" in said and "SSH session 192.0.2.9" in said and
       "the policy of INPUT in table filter" in " ".join(said.split()) and
       "iptables -I INPUT -p tcp -s 192.0.2.9 --dport 22 -j ACCEPT\n    iptables -P INPUT DROP" in said,
       "a refusal names lifeline, decision, and what would be safe", said)
tap.ok(all(len(line) <= 80 for line in said.splitlines()), "... in 80 columns", said)
fresh("-A INPUT -p tcp --dport 22 -j ACCEPT", "-P INPUT DROP")
status, said = session.type(IPTABLES + " -I INPUT -j DROP")
tap.ok("iptables -I INPUT 2 -j DROP" in said, "an insertion moves behind what keeps the lifeline", said)
status, said = session.type(IPTABLES + " -F")
tap.ok("iptables -P INPUT ACCEPT\r\n    iptables -F\r\n" in said, "flushing: the policy first, as ever", said)
status, said = session.type(POSTERN + " guard")
tap.ok("you are typing in it" in said, "postern guard shows the session and why", said)

# Restores, and the commands that change everything.
FILE = "/root/v4"
with open(FILE, "w") as f:
    f.write("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 80 -j ACCEPT\nCOMMIT\n")
fresh()
for what, command, again in (
        ("restore <FILE", "%s <%s" % (RESTORE, FILE), "postern try iptables-restore <FILE"),
        ("restore FILE", "%s %s" % (RESTORE, FILE), "postern --force iptables-restore " + FILE),
        ("apply FILE", "%s apply %s" % (POSTERN, FILE), "postern apply %s --confirm" % FILE)):
    status, said = session.type(command)
    tap.ok(status == 4 and "safe with this in the file:\r\n    -I INPUT -p tcp -s 192.0.2.9 --dport 22 -j ACCEPT\r\n" in said and
           again in said, what + " is reviewed", status, said)
tap.equal("... and changed nothing", rules(), 0)
with open(FILE, "w") as f:
    f.write("*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 80 -j ACCEPT\n"
            "-I INPUT -p tcp -s 192.0.2.9 --dport 22 -j ACCEPT\nCOMMIT\n")
status, said = session.type("%s <%s" % (RESTORE, FILE))
tap.equal("with the line in the file it is loaded", (status, rules()), (0, 2))
with open("/root/two", "w") as f:
    f.write("*mangle\n-A INPUT -j ACCEPT\nCOMMIT\n*filter\n:INPUT DROP [0:0]\nCOMMIT\n")
fresh()
status, said = session.type("%s /root/two" % RESTORE)
tap.ok(status == 4 and "nothing was changed" in said and not server.counters(False, "mangle", "INPUT") and
       "-P INPUT ACCEPT" in must(IPTABLES, "-S", host=server),
       "a restore that cuts in its second table is refused before the first is made", status, said)
for what, text, cuts in (
        ("tables that are safe only together", "*filter\n:INPUT DROP [0:0]\n-A INPUT -m mark --mark 7 -j ACCEPT\nCOMMIT\n"
         "*mangle\n-A PREROUTING -p tcp -j MARK --set-mark 7\nCOMMIT\n", False),
        ("tables that cut only together", "*mangle\n-A PREROUTING -p tcp -j MARK --set-mark 7\nCOMMIT\n"
         "*filter\n-A INPUT -m mark --mark 7 -j DROP\nCOMMIT\n", True),
        ("a mistake behind what cuts", "*filter\n:INPUT DROP [0:0]\nCOMMIT\n*mangle\n-A INPUT --nosuch\nCOMMIT\n", True)):
    with open("/root/two", "w") as f:
        f.write(text)
    for how in ("%s /root/two", "cat /root/two | %s", "%s </root/two 2>/root/said"):
        fresh()
        status, said = session.type(how % RESTORE)
        if "said" in how:
            # A file on one side, a file on the other: nobody types.
            tap.ok(status == (2 if "nosuch" in text else 0), what + ": as ever without a terminal", status, said)
        else:
            tap.ok(status == (4 if cuts else 0) and (cuts or session.hears_server() and session.hears_client() and net.login()),
                   "%s: %s" % (what, how % "iptables-restore"), status, said)
fresh()
status, said = session.type(IPTABLES + " -A INPUT -p tcp --dport 22 -m comment --comment \"it's mine\" -j DROP")
again = said.replace("\r", "").rsplit("postern --force ", 1)[1].splitlines()[0]
status, said = session.type("%s --force %s" % (POSTERN, again))
tap.ok(status == 0 and "s mine" in must(IPTABLES, "-S", host=server), "what is printed can be typed, quotes and all", again)

# What is taken back unless somebody confirms is only warned of.
with open(FILE, "w") as f:
    f.write("*filter\n:INPUT ACCEPT [0:0]\n%s\nCOMMIT\n" % CUTS)
with open("/root/cut", "w") as f:
    f.write("#!/bin/sh\nexec %s %s\n" % (IPTABLES, CUTS))
os.chmod("/root/cut", 0o755)
for what, command in (("try", POSTERN + " try --confirm 2s iptables " + CUTS),
                      ("iptables-apply", "echo n | %s-apply -t 2 %s" % (IPTABLES, FILE)),
                      ("iptables-apply -c", "echo n | %s-apply -t 2 -c /root/cut" % IPTABLES)):
    fresh()
    status, said = session.type(command)
    tap.ok(status in (0, 255) and "warning: the change is made all the same" in said, what + " only warns", status, said)
    tap.ok(wire.wait_until(6, lambda: rules() == 0), "... and it is taken back", rules())

# Who may not change anything hears it in the kernel's words.
fresh()
status, said = session.type("setpriv --reuid 65534 --clear-groups %s -A INPUT -j DROP" % IPTABLES)
tap.ok(status == 4 and "Permission denied (you must be root)" in said, "not root: the usual words", status, said)

# Who is in a set is asked, not guessed.
if shutil.which("ipset") and not wire.run("ipset", "create", "bans", "hash:net", host=server)[0]:
    must("ipset", "add", "bans", "198.51.100.0/24", host=server)
    fresh()
    status, said = session.type(IPTABLES + " -I INPUT -m set --match-set bans src -j DROP")
    tap.equal("a set without the peer is let through", (status, rules()), (0, 1))
    fresh()
    must("ipset", "add", "bans", "192.0.2.0/28", host=server)
    status, said = session.type(IPTABLES + " -I INPUT -m set --match-set bans src -j DROP")
    tap.ok(status == 4 and "is dropped by rule 1" in " ".join(said.split()), "... and one with it is not", status, said)
else:
    tap.skip("a set without the peer is let through", "no sets here")

# Hardware addresses: of the peer, else of the gateway that it is behind (here the client plays both).
for what, peer in (("a peer on the link", "192.0.2.9"), ("one behind a gateway", "198.51.100.9")):
    fresh()
    net.client.ip("addr add 198.51.100.9/32 dev lo")
    net.client.ip("route replace 192.0.2.0/24 dev eth0 src " + peer)
    server.ip("route replace 198.51.100.0/24 via 192.0.2.9")
    here = Session(net)
    known = [here.type("%s -I INPUT -m mac --mac-source %s -j DROP" % (IPTABLES, mac))[0]
             for mac in ("02:99:99:99:99:99", net.mac)]
    tap.equal(what + ": another's hardware address may be dropped, its own may not", known, [0, 4])
    tap.ok(peer in here.type("echo $SSH_CLIENT")[1], "... and the session is one of " + peer)
    if peer == "198.51.100.9":
        fresh()
        # Routers with one address of VRRP send from their own.
        net.client.ip("link set eth0 address 00:00:5e:00:01:07")
        server.ip("neigh replace 192.0.2.9 lladdr 00:00:5e:00:01:07 dev eth0 nud reachable")
        status, said = here.type("%s -I INPUT -m mac --mac-source 02:99:99:99:99:98 -j DROP" % IPTABLES)
        net.client.ip("link set eth0 address " + net.mac)
        server.ip("neigh replace 192.0.2.9 lladdr %s dev eth0 nud reachable" % net.mac)
        tap.ok(status == 4 and "may be dropped" in " ".join(said.split()), "... whose gateway is several: not known", status, said)
    here.close()
    net.client.ip("route replace 192.0.2.0/24 dev eth0 src 192.0.2.9")
    server.ip("route del 198.51.100.0/24")
    net.client.ip("addr del 198.51.100.9/32 dev lo")

# Control groups: a session's socket is in that of who listened.
with tempfile.TemporaryDirectory() as folder:
    try:
        must("mount", "-t", "cgroup2", "none", folder)
        group = os.path.join(folder, "postern-guard-%d" % time.time_ns())
        os.mkdir(group)
    except (RuntimeError, OSError) as e:
        tap.skip("control groups", "none can be made here (%s)" % e)
    else:
        rule = "-A OUTPUT -p tcp -m cgroup --path %s -j " % os.path.basename(group)
        fresh()
        tap.equal("a control group that no session is in may be dropped", session.type("%s %sDROP" % (IPTABLES, rule))[0], 0)
        daemon = subprocess.Popen(["sh", "-c", 'echo $$ >"$1"/cgroup.procs && shift && exec "$@"', "sh", group, "nsenter",
                                   "--net=" + server.path, "dropbear", "-F", "-s", "-r", ssh.HOST_KEY, "-P", "/run/dropbear.group",
                                   "-p", "2223"], stderr=subprocess.DEVNULL)
        fresh()
        net.port = 2223
        wire.wait_until(5, net.login)
        grouped = Session(net)
        status, said = grouped.type("%s %sDROP" % (IPTABLES, rule))
        tap.ok(status == 4 and "is dropped by rule 1" in " ".join(said.split()), "... and one with a session may not", status, said)
        status, said = grouped.type("%s %sACCEPT && %s -P OUTPUT DROP" % (IPTABLES, rule, IPTABLES))
        tap.equal("accepted alone, it keeps a session, but nobody logs in: the kernel answers for no group",
                  (status, "nobody could log in" in " ".join(said.split()), grouped.hears_server()), (4, True, True))
        must(*net.words(rule + "DROP"), host=server)
        must(*net.words("-D OUTPUT 1"), host=server)
        tap.equal("... which is what the kernel does", (grouped.hears_server(), session.hears_server()), (False, True))
        grouped.close()
        net.port = 22
        daemon.kill()
        daemon.wait()

        def is_gone():
            """A session of a client that is dead goes on waiting for it."""
            with open(os.path.join(group, "cgroup.procs")) as procs:
                for pid in [int(x) for x in procs if int(x)]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            return not wire.run("rmdir", group)[0]
        tap.ok(wire.wait_until(5, is_gone), "the group is empty again")
        wire.run("umount", folder)

# Times of connections are those of this host.
if os.path.exists("/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established"):
    for seconds, wanted in ((432000, 0), (5000, 4)):
        fresh()
        server.setting("net.netfilter.nf_conntrack_tcp_timeout_established", seconds)
        status, said = session.type(IPTABLES + " -A INPUT -m conntrack --ctexpire 4000:5000 -j DROP")
        tap.equal("--ctexpire 4000:5000 where sessions last %d s" % seconds, status, wanted)
    server.setting("net.netfilter.nf_conntrack_tcp_timeout_established", 432000)
    # Not tracked, and tracking picks nothing up: no rule of before lets it through by its state.
    fresh("-A INPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT", "-A INPUT -p tcp --dport 22 -j ACCEPT")
    server.setting("net.netfilter.nf_conntrack_tcp_loose", 0)
    status, said = session.type("%s -A INPUT -j DROP; %s -D INPUT 2" % (IPTABLES, IPTABLES))
    server.setting("net.netfilter.nf_conntrack_tcp_loose", 1)
    tap.equal("a session that tracking does not pick up is not one that it knows", status, 4)
else:
    tap.skip("times of connections", "no conntrack here")

fresh("-t nat -A PREROUTING -p tcp --dport 99 -j REDIRECT --to-ports 22")
net.port = 99
redirected = Session(net)
status, said = redirected.type(POSTERN + " stop")
tap.ok(status == 4 and "refused, nothing was changed" in said, "stop that takes the way in away is refused", status, said)
redirected.close()
net.port = 22
# Whoever jumps on from here sits on a connection that the server made itself: nobody logs in over that one.
fresh()
with net.client:
    beyond = socket.socket()
beyond.bind(("192.0.2.9", 4000))
beyond.listen(1)
jump = subprocess.Popen(net.client_words("-N", "-L", "4001:192.0.2.9:4000"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
beyond.settimeout(0.5)


def go_beyond():
    """Both ends of a connection through the server; None while there is no session yet."""
    with net.client:
        near = socket.socket()
    try:
        near.connect(("127.0.0.1", 4001))
        far = beyond.accept()[0]
        far.settimeout(0.5)
        near.sendall(b"x")
        if far.recv(1):
            return near, far
        raise OSError("of an attempt before")
    except OSError:
        near.close()
        return None


ends = []
wire.wait_until(8, lambda: ends.extend(go_beyond() or ()) or ends)
status, said = session.type(IPTABLES + " -A INPUT -p tcp --syn -m multiport ! --dports 22,2222 -j DROP")
tap.equal("only SSH may begin: no matter who jumps", status, 0)
status, said = session.type(IPTABLES + " -A OUTPUT -p tcp --dport 4000 -j DROP")
tap.ok(status == 4 and "-> 192.0.2.1:" in said, "... but their connections are not cut", status, said)
for s in (*ends, beyond):
    s.close()
jump.kill()
jump.wait()

# A translated session dies with the rule that translated it, though a new one still comes through.
must("ip", "addr", "add", "198.51.100.1/32", "dev", "eth0", host=server)
must("ip", "route", "add", "198.51.100.1", "via", "192.0.2.1", host=net.client)
fresh("-t nat -A PREROUTING -d 198.51.100.1 -p tcp --dport 22 -j DNAT --to-destination 192.0.2.1:22")
net.address = "198.51.100.1"
translated = Session(net)
_, parent = translated.type("echo $PPID")
status, said = translated.type(IPTABLES + " -t nat -F")
tap.ok(status == 4 and translated.hears_client(), "nat is not flushed below a translated session", status, said)
must(IPTABLES, "-t", "nat", "-F", host=server)
tap.ok(not translated.hears_client() and net.login(), "... and rightly: it dies")
translated.close()
os.kill(int(parent.split()[-1]), 9)	# its server has not heard of it
net.address = None

# ------------------------------------------------------------------ other sessions

with open("/root/cuts", "w") as f:
    f.write("#!/bin/sh\n%s %s\necho $? >/root/status\n" % (IPTABLES, CUTS))
os.chmod("/root/cuts", 0o755)

fresh()
status, said = session.type("su -c '%s %s'" % (IPTABLES, CUTS))
tap.ok(status == 4 and rules() == 0, "below su", status, said)
if shutil.which("tmux"):
    status, said = session.type("tmux -L t -f /dev/null new-session -d '%s %s 2>&1 | tee /root/out; "
                                "%s %s; echo $? >/root/status'" % (IPTABLES, CUTS, IPTABLES, CUTS))
    wire.wait_until(10, lambda: os.path.exists("/root/status") and os.path.getsize("/root/status"))
    tap.equal("below tmux, whose server is nobody's child", (open("/root/status").read().strip(), rules()), ("4", 0))
else:
    tap.skip("below tmux", "tmux is not installed")
if shutil.which("script"):
    status, said = session.type("script -qec '%s %s' /dev/null" % (IPTABLES, CUTS))
    tap.ok(status == 4 and rules() == 0, "below a terminal in the terminal", status, said)

# Whose parents do not lead to the login any more: the terminal does.
for how in ("(sh -c 'sleep 0.1; %s' &)", "setsid -f sh -c '%s'", "script -qec '(sh -c \"sleep 0.1; %s\" &); sleep 0.5' /dev/null",
            "tmux -L o -f /dev/null new-session -d '(sh -c \"sleep 0.1; %s\" &); sleep 0.5'", "unshare -mpf --mount-proc %s"):
    if shutil.which(how.split()[0].strip("(")) or how[0] == "(":
        if os.path.exists("/root/status"):
            os.unlink("/root/status")
        session.type(how % ("/root/cuts"))
        wire.wait_until(5, lambda: os.path.exists("/root/status") and os.path.getsize("/root/status"))
        tap.equal("away from the login: " + how % "cut", (open("/root/status").read().strip(), rules()), ("4", 0))

# mosh: a server of that name, a client that has spoken to it, a command typed below it.
MOSH = r"""
import ctypes, os, socket, subprocess, pty, sys
ctypes.CDLL(None).prctl(15, b"mosh-server", 0, 0, 0)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.1", 60001))
print("ready", flush=True)
data, peer = s.recvfrom(100)
s.sendto(b"hello", peer)
for line in sys.stdin:
    master, slave = pty.openpty()
    p = subprocess.Popen(line.split(), stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    out = b""
    while True:
        try:
            more = os.read(master, 4096)
        except OSError:
            break
        if not more:
            break
        out += more
    print(p.wait(), repr(out.decode()), flush=True)
"""
fresh("-A FORWARD -m conntrack --ctstate NEW")
session.close()
p = subprocess.Popen(["nsenter", "--net=" + server.path, "/usr/bin/python3", "-c", MOSH], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, text=True)
p.stdout.readline()
with net.client:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("192.0.2.9", 40001))
udp.sendto(b"hello", ("192.0.2.1", 60001))


def mosh(line):
    p.stdin.write(line + "\n")
    p.stdin.flush()
    status, said = p.stdout.readline().split(None, 1)
    return int(status), said


status, said = mosh(POSTERN + " guard")
tap.ok("mosh session 192.0.2.9:40001 -> 192.0.2.1:60001" in said and "SSH login 192.0.2.9" in said,
       "mosh: who speaks to it, and where it came from", said)
for change, why in (("-A INPUT -p udp --dport 60001 -j DROP", "mosh session"), ("-A INPUT -p tcp --dport 22 -j DROP", "SSH login"),
                    ("-A INPUT -p udp --dport 53 -j DROP", ""), ("-A INPUT -p tcp --dport 80 -j DROP", "")):
    status, said = mosh(IPTABLES + " " + change)
    tap.ok((status == 4 and why in said) if why else status == 0, "mosh: " + change, status, said)
p.stdin.close()
p.wait()

# ------------------------------------------------------------------ neighbour discovery

strange = ssh.Net(8, acquainted=False)
strange.family, mine = 6, net
net, server = strange, strange.server
fresh()
wire.wait_until(20, net.login)
session = Session(net)


def forget():
    for host in (net.client, net.server):
        must("ip", "-6", "neigh", "flush", "dev", "eth0", host=host)


status, said = session.type(IP6TABLES + " -A INPUT -p ipv6-icmp --icmpv6-type echo-request -j DROP")
forget()
tap.ok(status == 0 and session.hears_client() and net.login(), "IPv6 without ping: nothing dies", status, said)
fresh()
status, said = session.type(IP6TABLES + " -A INPUT -p ipv6-icmp -j DROP")
tap.ok(status == 4 and "neighbour" in said and "ip6tables -I INPUT -p ipv6-icmp -j ACCEPT" in said,
       "IPv6 without neighbour discovery is refused", status, said)
must(IP6TABLES, "-A", "INPUT", "-p", "ipv6-icmp", "-j", "DROP", host=server)
forget()
tap.ok(not net.login(), "... and rightly: nobody finds this host any more")
session.close()
fresh()
forget()
wire.wait_until(10, net.login)
session = Session(net)
status, said = session.type(IPTABLES + " -P INPUT DROP")
tap.equal("who came over IPv6 may close IPv4", status, 0)
status, said = session.type(IP6TABLES + " -P INPUT DROP")
lines = said.replace("\r", "").split("in this order:\n")[1].splitlines()
for line in lines:
    if line.startswith("    "):
        status, said = session.type(os.path.join(wire.BIN, line.strip()))
    else:
        break
forget()
tap.ok(status == 0 and session.hears_client() and net.login() and len(lines) > 3,
       "a policy of IPv6: what is said to be safe keeps neighbours, too", lines)
session.close()
strange.close()
net, server = mine, mine.server

# ------------------------------------------------------------------ the configuration

fresh()
configure("guard = refuse\n")
wire.wait_until(5, net.login)
session = Session(net)


def script(line):
    """As a script does it: no terminal."""
    return wire.run(*net.words(line), host=server)


status, out, err = script(CUTS)
tap.ok(status == 4 and "refused, nothing was changed" in err and rules() == 0, "guard = refuse: scripts, too", status, err)
tap.equal("... what cuts nothing is made", script("-A INPUT -p udp -j DROP")[0], 0)
status, out, err = wire.run(POSTERN, "--force", "iptables", *CUTS.split(), host=server)
tap.equal("... and what is forced", (status, rules()), (0, 2))
fresh()
configure("guard = warn\n")
status, out, err = script(CUTS)
tap.ok(status == 0 and "warning: the change is made all the same" in err and rules() == 1, "guard = warn", status, err)
fresh()
configure("guard = off\n")
log_lines()
status, said = session.type(IPTABLES + " " + CUTS)
tap.ok(status == 0 and rules() == 1 and "SSH" not in said, "guard = off: not a word", status, said)
if log:
    tap.ok("forced: iptables " + CUTS in log_lines(), "... but in the system log")
fresh()
configure("lifeline = tcp 192.0.2.77 443\n")
status, said = session.type(IPTABLES + " -A INPUT -p tcp --dport 443 -j DROP")
tap.ok(status == 4 and "lifeline 192.0.2.77 -> tcp port 443" in said, "a lifeline of the configuration", status, said)
status, said = session.type(IPTABLES + " -A INPUT -p tcp --dport 444 -j DROP")
tap.equal("... is that port alone", status, 0)
configure("# nothing\n\nguard = maybe\n")
status, said = session.type(IPTABLES + " " + CUTS)
tap.ok(status == 2 and "/etc/postern.conf:3: guard is interactive, warn, refuse or off, not `maybe'" in said,
       "a mistake in the configuration stops who can mend it", status, said)
status, out, err = script("-A INPUT -p udp -j DROP")
tap.ok(status == 0 and "/etc/postern.conf:3:" in err and "not used" in err, "... and no script", status, err)
os.unlink(CONFIG)
session.close()

# ------------------------------------------------------------------ the other family


def listen(six, port, kind=socket.SOCK_STREAM, only=False):
    with server:
        s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    if six:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
    s.bind(("::" if six else "0.0.0.0", port))
    if kind == socket.SOCK_STREAM:
        s.listen(1)
    return s


def typed(words, *setup):
    """On a terminal that is nobody's session: what it says."""
    fresh(*setup)
    status, out, err = wire.run("script", "-qec", " ".join(net.words(words)), "/dev/null", host=server)
    return out.replace("\r", "")


if shutil.which("script"):
    both, four, six, udp = listen(True, 25), listen(False, 110), listen(True, 143, only=True), \
        listen(True, 53, socket.SOCK_DGRAM)
    said = typed("-A INPUT -p tcp --dport 25 -j DROP")
    tap.equal("closed in IPv4, open in IPv6: said, with the command", said,
              "postern: closed in IPv4 now, and still open to everybody in IPv6: tcp port 25;\n"
              "  there, too:\n    ip6tables -A INPUT -p tcp --dport 25 -j DROP\n")
    must(*net.words(said.splitlines()[-1].strip()), host=server)
    tap.ok(not wire.run("socat", "-u", "OPEN:/dev/null", "TCP6:[2001:db8::1]:25,connect-timeout=1", host=net.client)[0] == 0,
           "... and the command closes it")
    said = typed("-P INPUT DROP")
    tap.ok("tcp port 22, 25, 2222 and udp port 53" in " ".join(said.split()) and "-m multiport --dports 22,25,2222 -j DROP" in said,
           "a policy closes all of them", said)
    said = typed("-A INPUT -p tcp --dport 25 -j DROP", "-A OUTPUT -j ACCEPT")
    for what, words, setup in (
            ("closed in both", "-A INPUT -p tcp --dport 25 -j DROP", ["ip6tables -A INPUT -p tcp --dport 25 -j REJECT"]),
            ("closed already", "-A INPUT -p tcp --dport 25 -j REJECT", ["-A INPUT -p tcp --dport 25 -j DROP"]),
            ("for one host alone", "-A INPUT -s 198.51.100.7 -p tcp --dport 25 -j DROP", []),
            ("nobody listens in IPv6", "-A INPUT -p tcp --dport 110 -j DROP", []),
            ("nobody listens in IPv4", "-A INPUT -p tcp --dport 143 -j DROP", []),
            ("nobody listens", "-A INPUT -p tcp --dport 80 -j DROP", []),
            ("opened", "-A INPUT -p tcp --dport 25 -j ACCEPT", ["-P INPUT DROP"]),
            ("a limit", "-A INPUT -p tcp --dport 25 -m limit --limit 1/s -j DROP", ["-A INPUT -p tcp --dport 25 -j ACCEPT"]),
            ("loopback alone", "-A INPUT -i lo -j DROP", []),
            ("a connection that goes on", "-A INPUT -m conntrack --ctstate ESTABLISHED -j DROP", []),
            ("the other way round", "ip6tables -A INPUT -p tcp --dport 25 -j DROP", [])):
        tap.equal("not a word: " + what, typed(words, *setup), "")
    fresh()
    tap.equal("scripts hear nothing", script("-A INPUT -p tcp --dport 25 -j DROP"), (0, "", ""))
    must("ip", "-6", "addr", "flush", "dev", "eth0", "scope", "global", host=server)
    tap.equal("not a word: no address of IPv6 beyond the link", typed("-A INPUT -p tcp --dport 25 -j DROP"), "")
else:
    tap.skip("closed in IPv4, open in IPv6", "script(1) is not installed")

# ------------------------------------------------------------------ what it costs

strace = shutil.which("strace")


def calls(setup, line, *trace):
    fresh(*setup)
    out = os.path.join(etc, "trace")
    wire.run(strace, "-f", "-o", out, "-e", "trace=" + ",".join(trace), *net.words(line), host=server)
    with open(out) as f:
        return [x for x in f if "(" in x]


if strace and not wire.run(strace, "-o", "/dev/null", "true")[0]:
    def messages(count):
        """Of a change that is reviewed, with so many rules."""
        fresh()
        must(RESTORE, host=server, feed="*filter\n" + "".join("-A INPUT -s 10.0.%d.%d -j DROP\n" % (i >> 8, i & 255) for i in
                                                              range(count)) + "COMMIT\n")
        configure("guard = refuse\n")
        out = os.path.join(etc, "trace")
        wire.run(strace, "-f", "-o", out, "-e", "trace=sendto,sendmsg", *net.words("-A INPUT -p tcp --dport 80 -j DROP"),
                 host=server)
        os.unlink(CONFIG)
        with open(out) as f:
            return len([x for x in f if "(" in x])

    tap.equal("a review asks no more of a kernel with many rules", messages(2000), messages(2))
    some = ["-A INPUT -p udp -j ACCEPT"]
    sent = calls(some, "-A INPUT -p tcp --dport 80 -j DROP", "sendmsg,sendto")
    sockets = calls(some, "-A INPUT -p tcp --dport 80 -j DROP", "socket")
    look = [x for x in calls(some, "-A INPUT -p tcp --dport 80 -j DROP", "open,openat,access,faccessat2,readlinkat,getdents64")
            if "/proc" in x or "postern.conf" in x or "getdents" in x]
    tap.equal("a script: one socket, nothing asked of /proc, one look for the configuration",
              (len([x for x in sockets if "NETLINK" in x]), [x.split('"')[1] for x in look]), (1, [CONFIG]))
    tap.ok(len(sent) <= 2, "... and no message more than the change", "".join(sent))
    configure("confirm = 60s\n")
    sockets = calls(some, "-A INPUT -p tcp --dport 80 -j DROP", "socket")
    tap.equal("... also with a configuration that does not ask for more",
              len([x for x in sockets if "NETLINK" in x]), 1)
    os.unlink(CONFIG)
else:
    tap.skip("what it costs", "strace does not work here")
net.close()
tap.finish()
