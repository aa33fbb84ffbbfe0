#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Nobody is locked out: changes typed in a live SSH session are refused exactly when they would cut it, or
keep its owner from logging in again. Each is then made all the same, from outside, and what dies is watched:
the session when this host speaks first, the session when the other end does, a new login.

client ---- server (dropbear; a fourth of them with OpenSSH where it is there). A few of the scenarios; all of them with NIGHTLY=1."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ssh  # noqa: E402
import wire  # noqa: E402

tap = wire.Tap()
ssh.prepare()
OPENSSH = ssh.find_openssh()
POSTERN, must, Session = ssh.POSTERN, wire.must, ssh.Session

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
    "ipchains": ["ipchains -A input -p tcp -d 0.0.0.0/0 @PORT -j ACCEPT", "ipchains -P input DENY"],
    "ipfwadm": ["ipfwadm -I -a accept -P tcp -D 0.0.0.0/0 @PORT", "ipfwadm -I -p deny"],
    "limited": ["-A INPUT -p tcp --dport @PORT -m limit --limit 3/min --limit-burst 3 -j ACCEPT"],
    "unknown": ["-A INPUT -m cgroup --cgroup 77 -j ACCEPT"],
    "mac": ["-A INPUT -m mac --mac-source @MAC -j ACCEPT", "-P INPUT DROP"],
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
-A INPUT -m string --algo bm --string SSH-2.0 -j DROP
-t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 22
-t nat -A POSTROUTING -o eth0 -j SNAT --to-source 192.0.2.77
-t nat -A POSTROUTING -o eth0 -j MASQUERADE
-t nat -A INPUT -p tcp --dport @PORT -j SNAT --to-source 203.0.113.1
-A INPUT -p tcp -j NFQUEUE --queue-num 5
-A INPUT -p tcp -j NFQUEUE --queue-num 5 --queue-bypass
-A INPUT -p tcp --syn -m tcpmss ! --mss 536:65535 -j DROP
-A INPUT -p tcp -m length --length 64:65535 -j DROP
-A INPUT -p tcp -m connbytes --connbytes 1000: --connbytes-dir both --connbytes-mode bytes -j DROP
-A INPUT -p tcp -m connbytes --connbytes 1000000: --connbytes-dir both --connbytes-mode bytes -j DROP
-A INPUT -p tcp -m recent --name some --update --seconds 60 --hitcount 4 -j DROP
-A INPUT -p tcp --syn -m connlimit --connlimit-above 0 -j REJECT
-A INPUT -p tcp --syn -m connlimit --connlimit-above 9 -j REJECT
-A INPUT -m mac --mac-source 02:99:99:99:99:99 -j DROP
-A INPUT -m mac --mac-source @MAC -j DROP
-A INPUT -m mac ! --mac-source @MAC -j DROP
-A INPUT -m conntrack --ctexpire 1000:10000 -j DROP
-A INPUT -m conntrack --ctexpire 1:60 -j DROP
-A INPUT -m conntrack --ctexpire 61:500000 -j DROP
-A INPUT -m conntrack --ctexpire 250:310 -j DROP
-A OUTPUT -m conntrack --ctexpire 50:60 -j DROP
-A OUTPUT -p tcp -m cgroup --path / -j DROP
-A OUTPUT -p tcp -m cgroup ! --path / -j DROP
""",
    "limited": """
-A INPUT -p tcp --dport @PORT -j DROP
-A INPUT -p tcp --dport 80 -j DROP
""",
    "unknown": """
-P INPUT DROP
-A INPUT -p udp -j DROP
""",
    "mac": """
-F INPUT
-A INPUT -m mac --mac-source 02:99:99:99:99:99 -j ACCEPT
-R INPUT 1 -m mac --mac-source 02:99:99:99:99:99 -j ACCEPT
-I INPUT -m mac --mac-source 02:99:99:99:99:99 -j DROP
-I INPUT -m mac --mac-source @MAC -p udp -j DROP
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
    "ipchains": """
ipchains -F input
ipchains -P input ACCEPT
ipchains -D input 1
ipchains -I input -p tcp -d 0.0.0.0/0 80 -j DENY
ipchains -A output -p tcp -s 0.0.0.0/0 @PORT -j DENY
ipchains -I input -s @OTHER -j REJECT
ipchains -I input -p tcp -d 0.0.0.0/0 @PORT -j REDIRECT 9
ipchains -A forward -j DENY
ipchains -I input -s @PEER -j DENY
-A INPUT -p tcp --syn -j DROP
-A INPUT -p udp -j DROP
""",
    "ipfwadm": """
ipfwadm -I -f
ipfwadm -I -p accept
ipfwadm -O -a deny -P tcp -S 0.0.0.0/0 @PORT
ipfwadm -O -a deny -P udp
ipfwadm -I -i deny -S @PEER
ipfwadm -I -i deny -b -S @OTHER
ipfwadm -O -i deny -b -S @PEER
ipfwadm -I -d accept -P tcp -D 0.0.0.0/0 @PORT
ipmasqadm portfw -a -P tcp -L 192.0.2.1 80 -R 198.51.100.1 80
ipfwadm -F -p deny
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
    ("port", "-I INPUT -s @OTHER -j DROP"), ("state", "-D INPUT 2"),
    ("open", "-A INPUT -m mac --mac-source 02:99:99:99:99:99 -j DROP"),
    ("open", "-A INPUT -m mac --mac-source @MAC -j DROP"), ("mac", "-D INPUT 1"), ("chain", "-A ssh -j DROP"))]
if not os.environ.get("NIGHTLY"):
    SCENARIOS = SCENARIOS[1::6]


# ------------------------------------------------------------------ one scenario

class Net(ssh.Net):
    def fresh(self, setup):
        must("nft", "flush", "ruleset", host=self.server)
        wire.run("conntrack", "-F", host=self.server)
        for line in SETUPS[setup]:
            must(*self.words(line), host=self.server)

    def what_dies(self, setup, change):
        """Makes the change from outside, with nobody reviewing it."""
        dead = []
        for name in ("we speak first", "they speak first", "login"):
            self.fresh(setup)
            session = Session(self)
            time.sleep(0.05)
            status, _, err = wire.run(*self.words(change), host=self.server)
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
        command = " ".join(self.words(change))
        status, said = session.type(command)
        refused = status == 4 and "refused, nothing was changed" in said
        if not refused and status:
            return False, "status %s: %s" % (status, said)
        if not refused:
            dead = [] if session.hears_server() and session.hears_client() else ["session"]
            dead += [] if self.login() else ["login"]
        session.close()
        help = ""
        if refused:
            dead = self.what_dies(setup, change)
            # What ipfwadm inserts is always the first rule.
            help = "" if change.startswith("ipfwadm") and " -i " in change else self.is_no_help(setup, said)
        told = "refused" if refused else "let through"
        return refused == bool(dead) and not help, "%s; dead: %s%s\n%s" % (
            told, ", ".join(dead) or "nothing", help and "; the remedy: " + help, said), refused

    def is_no_help(self, setup, said):
        """Types what a refusal said would be safe: all of it is let through, and nothing dies. "" or what happened."""
        lines = said.replace("\r", "").split("safe in this order:\n")
        if len(lines) != 2:
            return "none was printed"
        self.fresh(setup)
        session = Session(self)
        try:
            for line in lines[1].splitlines():
                if not line.startswith("    "):
                    break
                program, rest = line.split(None, 1)
                status, said = session.type(os.path.join(wire.BIN, program) + " " + rest)
                if status:
                    return "%s: %s %s" % (line.strip(), status, said)
            if not (session.hears_server() and session.hears_client()):
                return "the session is dead"
            return "" if self.login() else "nobody gets in again"
        finally:
            session.close()


# ------------------------------------------------------------------ all of them, two at a time

results, judged_by = [None] * len(SCENARIOS), [None] * len(SCENARIOS)
queue = iter(range(len(SCENARIOS)))
lock = threading.Lock()


def work(n):
    net = Net(n, openssh=OPENSSH if n == 3 else None)
    try:
        while True:
            with lock:
                i = next(queue, None)
            if i is None:
                return
            try:
                results[i] = net.judge(*SCENARIOS[i])
                judged_by[i] = "OpenSSH" if net.openssh else "dropbear"
            except Exception as e:  # noqa: BLE001
                results[i] = (False, "%s: %s" % (type(e).__name__, e))
    finally:
        net.close()


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

if OPENSSH:
    tap.ok(judged_by.count("OpenSSH") > 2, "%d of them with OpenSSH" % judged_by.count("OpenSSH"))
else:
    tap.skip("sessions of OpenSSH", "openssh-server is not installed")
tap.finish()
