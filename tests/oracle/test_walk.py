#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Long sequences of commands through Postern and through the distribution's iptables.

Three network namespaces: in the first every command is ours, in the second theirs, in the third now
one's, now the other's, as on a machine where both are in use. Each walk starts from nothing; commands
are drawn with the state in mind (chains that are there and that are not, numbers within and just
outside), restores of several lines among them. After every command the exit codes, what was printed,
and what is there (save -c; now and then -S, listings and the expressions in the kernel) must be the
same in all three, whoever reads. What is meant to differ is in walk.tsv, with reasons; the next step
then starts from our state in all three.

usage: test_walk.py [--steps N] [--first SEED] [--walk STEPS] [--verbose]
WALK_STEPS in the environment sets the default of --steps (300; nightly 20,000). The same seed walks
the same way, so that `--first SEED --steps N` shows a failure again.
"""
import argparse
import difflib
import os
import random
import re
import shlex
import sys
import tempfile

import test_oracle as oracle

TABLES = ("filter", "nat", "mangle", "raw", "security")
BUILTIN = {"filter": "INPUT FORWARD OUTPUT", "security": "INPUT FORWARD OUTPUT",
           "nat": "PREROUTING INPUT OUTPUT POSTROUTING", "raw": "PREROUTING OUTPUT",
           "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING"}
NAMES = ("A", "B", "web-in", "KUBE-SVC-ABCDEFGHIJKLMNOP", "f2b-sshd")


# ------------------------------------------------------------------ what is drawn

MATCHES = (
    "-p tcp --dport 22", "--dport 80 -p tcp", "-p tcp -m tcp --sport 1024: --dport 80:90",
    "-p tcp ! --syn", "-p tcp --tcp-flags SYN,ACK,FIN SYN", "-p udp --dport 53", "-p udp",
    "! -p udp", "-p 47", "-p all", "-p sctp --dport 9", "-m conntrack --ctstate NEW,RELATED",
    "-m conntrack ! --ctstate INVALID", "-m state --state ESTABLISHED",
    "-m limit --limit 5/min", "-m limit --limit 1/s --limit-burst 9",
    "-m comment --comment plain", "-m comment --comment 'two words'",
    "-m comment --comment 'a \"quoted\" one'", "-p tcp -m multiport --dports 22,80:90",
    "-p udp -m multiport ! --ports 1,2,3", "-m mark --mark 0x1", "-m mark ! --mark 0x4000/0x4000",
    "-m connmark --mark 7/0xff", "-m addrtype --dst-type LOCAL",
    "-m addrtype ! --src-type UNICAST,BROADCAST", "-m pkttype --pkt-type broadcast",
    "-m statistic --mode random --probability 0.33333333349",
    "-m statistic --mode nth --every 3", "-m recent --name r --set",
    "-m recent --name r --rcheck --seconds 60 --reap", "-m length --length 100:200",
    "-m string --algo bm --string 'GET /'", "-m hashlimit --hashlimit-upto 10/s --hashlimit-name h",
    "-m time --timestart 09:00 --timestop 17:00", "-m mac --mac-source 00:11:22:33:44:55",
    "-m dscp --dscp 10", "-m connbytes --connbytes 10: --connbytes-dir both "
    "--connbytes-mode bytes", "-m quota --quota 5000",
    "-p tcp -m tcp --dport 1 -m conntrack --ctstate NEW -m comment --comment c -m limit",
)
MATCHES4 = (
    "-s 10.0.0.1", "-s 10.0.0.0/8", "! -s 192.168.0.0/16", "-d 10.1.2.3/255.255.0.0",
    "-d 172.16.0.0/12 -s 10.0.0.1/32", "-s 0/0", "-d 10.0.0.0/255.0.255.0", "-f", "! -f",
    "-s 10.0.0.1,10.0.0.2", "-d 10.9.0.0/16,10.8.0.0/16 -s 1.1.1.1,2.2.2.2",
    "-p icmp --icmp-type 8", "-p icmp -m icmp --icmp-type 3/1", "-m ttl --ttl-lt 5",
    "-m iprange --src-range 10.0.0.1-10.0.0.9", "-p icmp",
)
MATCHES6 = (
    "-s 2001:db8::1", "-s 2001:db8::/32", "! -d fe80::/10", "-s ::/0",
    "-s 2001:db8::1,2001:db8::2", "-p icmpv6 --icmpv6-type 128", "-p ipv6-icmp",
    "-m hl --hl-gt 5", "-m rt --rt-type 0", "-m frag --fragid 1 --fragfirst",
    "-m iprange --dst-range fe80::1-fe80::9",
)
TARGETS = {
    "filter": ("-j REJECT", "-j REJECT --reject-with {unreach}", "-p tcp -j REJECT --reject-with "
               "tcp-reset"),
    "nat": ("-j MASQUERADE", "-j MASQUERADE --random-fully", "-j DNAT --to-destination {addr}",
            "-p tcp -j DNAT --to-destination {addrport}", "-p tcp -j REDIRECT --to-ports 8080",
            "-j SNAT --to-source {addr}", "-j NETMAP --to {net}"),
    "mangle": ("-j MARK --set-mark 5", "-j MARK --set-xmark 0x4000/0x4000", "-j MARK --or-mark 8",
               "-j CONNMARK --save-mark", "-j TOS --set-tos 0x10", "-j DSCP --set-dscp 10",
               "-j CLASSIFY --set-class 1:10",
               "-p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"),
    "raw": ("-j NOTRACK", "-j CT --notrack", "-j CT --zone 3", "-j TRACE"),
    "security": ("-j CONNSECMARK --save",),
}
PLAIN = ("-j ACCEPT", "-j DROP", "-j RETURN", "", "-j LOG", "-j LOG --log-prefix 'drop: '",
         "-j NFLOG --nflog-group 2 --nflog-prefix x", "-j NFQUEUE --queue-num 1")
FILL = {4: {"unreach": "icmp-host-prohibited", "addr": "10.2.2.2", "addrport": "10.2.2.2:80",
            "net": "10.3.0.0/16"},
        6: {"unreach": "icmp6-port-unreachable", "addr": "2001:db8::9",
            "addrport": "[2001:db8::9]:80", "net": "2001:db8:3::/64"}}


class Drawing:
    """Draws commands for what is there: {family: {table: {chain: number of rules}}}."""

    def __init__(self, rnd):
        self.rnd = rnd
        self.states = {4: {}, 6: {}}
        self.family, self.state = 4, self.states[4]
        self.known = {}     # (family, table) -> rules that were added once: found again by -C, -D

    def one(self, *things):
        return self.rnd.choice(things)

    def odds(self, of):
        return self.rnd.randrange(of) == 0

    def chain(self, table, user=False):
        """Mostly one that is there."""
        there = list(self.state.get(table, ()))
        own = [c for c in there if c in NAMES]
        if self.odds(25):
            return self.one(*NAMES, "NOSUCH")
        if user or (own and self.odds(2)):
            return self.rnd.choice(own or NAMES)
        return self.rnd.choice(BUILTIN[table].split())

    def number(self, table, chain):
        length = self.state.get(table, {}).get(chain, 0)
        return str(self.one(1, max(length, 1), self.rnd.randrange(1, length + 3),
                            self.rnd.randrange(1, length + 1) if length else 1))

    def counters(self):
        return "-c %d %d" % (self.rnd.randrange(1000), self.rnd.randrange(1000000))

    def rule(self, table, chain):
        known = self.known.setdefault((self.family, table), ["-j ACCEPT"])
        if known and self.odds(2):
            return self.rnd.choice(known)
        parts = []
        for _ in range(self.one(0, 1, 1, 2)):
            parts.append(self.rnd.choice(MATCHES + 2 * (MATCHES4 if self.family == 4 else MATCHES6)))
        if self.odds(5) and chain not in ("OUTPUT", "POSTROUTING"):
            parts.append(self.one("-i eth0", "! -i eth+", "-i lo"))
        if self.odds(5) and chain not in ("INPUT", "PREROUTING"):
            parts.append(self.one("-o eth0", "! -o wg0"))
        self.rnd.shuffle(parts)
        target = self.one(*PLAIN, *TARGETS[table], *TARGETS[table]).format(**FILL[self.family])
        if self.odds(3):
            target = self.one("-j ", "-j ", "-g ") + self.chain(table, user=True)
        # Two words of the same kind are an error in both; one in a while is enough.
        words = [w for w in " ".join(parts + [target]).split() if w in
                 ("-p", "-s", "-d", "-f", "-i", "-o", "-m")]
        single = [w for w in words if w != "-m"]
        if len(set(single)) != len(single) and not self.odds(30):
            return self.rule(table, chain)
        text = " ".join(parts + [target]) if not self.odds(8) else " ".join([target] + parts)
        # 1.8.9 ignores the counters of rules in IPv6.
        if self.family == 4 and self.odds(15):
            text += " " + self.counters()
        else:
            known.append(text)
            del known[:-12]
        return text

    def command(self, table):
        """One command of a single call or of a line in a restore; -> text."""
        c = self.chain(table)
        kind = self.rnd.choices(("A", "I", "In", "R", "D", "Dn", "N", "X", "XX", "E", "F", "FF", "Z",
                                 "ZZ", "Zn", "P"),
                                (30, 12, 10, 8, 10, 8, 8, 4, 1, 4, 2, 1, 2, 1, 2, 3))[0]
        if kind == "A":
            return "-A %s %s" % (c, self.rule(table, c))
        if kind == "I":
            return "-I %s %s" % (c, self.rule(table, c))
        if kind == "In":
            return "-I %s %s %s" % (c, self.number(table, c), self.rule(table, c))
        if kind == "R":
            return "-R %s %s %s" % (c, self.number(table, c), self.rule(table, c))
        if kind == "D":
            return "-D %s %s" % (c, self.rule(table, c))
        if kind == "Dn":
            return "-D %s %s" % (c, self.number(table, c))
        if kind == "N":
            return "-N " + self.rnd.choice(NAMES)
        if kind == "E":
            return "-E %s %s" % (self.chain(table, user=True), self.rnd.choice(NAMES))
        if kind == "P":
            return "-P %s %s" % (c, self.one("ACCEPT", "DROP"))
        if kind == "Zn":
            return "-Z %s %s" % (c, self.number(table, c))
        if len(kind) == 2:
            return "-" + kind[0]
        return "-%s %s" % (kind, self.chain(table, user=kind == "X"))

    def look(self, table):
        c = self.chain(table)
        n = self.number(table, c)
        return self.one("-C %s %s" % (c, self.rule(table, c)), "-S", "-S " + c, "-S %s %s" % (c, n),
                        "-v -S " + c, "-L -n", "-nvL " + c, "-L %s %s -n --line-numbers" % (c, n),
                        "-nvxL", "-L %s -n -v -x --line-numbers" % c)

    def step(self):
        """-> program, words, text of a file or None"""
        self.family = self.one(4, 4, 6)
        self.state = self.states[self.family]
        ip = "ip6tables" if self.family == 6 else "iptables"
        table = self.one("filter", "filter", "nat", "mangle", "raw", "security")
        if self.odds(6):
            return ip + "-restore", *self.restore()
        text = self.look(table) if self.odds(5) else self.command(table)
        where = "" if table == "filter" and self.odds(2) else "-t " + table
        words = [where, text] if self.odds(2) else [text, where]
        return ip, shlex.split(self.one("", "-w ", "-w 5 ", "-4 " if self.family == 4 else "-6 ")
                               + " ".join(words)), None

    def restore(self):
        flags = [f for f, of in (("-c", 2), ("-t", 8), ("-v", 12)) if self.odds(of)]
        keeps = not self.odds(4)
        if keeps:
            flags.append(self.one("-n", "--noflush"))
        if self.odds(8):
            flags += ["-T", self.one(*TABLES)]
        lines = []
        for table in self.rnd.sample(TABLES, self.one(1, 1, 2)):
            lines += [self.one("", "# a comment"), "*" + table]
            there = set(self.state.get(table, ())) if keeps else set()
            for c in BUILTIN[table].split():
                if self.odds(2):
                    lines.append(":%s %s [%d:%d]" % (c, self.one("ACCEPT", "ACCEPT", "DROP"),
                                                     self.rnd.randrange(9), self.rnd.randrange(999)))
            declared = self.rnd.sample(NAMES, self.one(0, 1, 2, 3))
            lines += [":%s %s" % (c, self.one("- [0:0]", "- [0:0]", "- -")) for c in declared]
            # What comes later in the same section may rest on these chains.
            before = self.state
            self.state = dict(before)
            self.state[table] = {c: before.get(table, {}).get(c, 0)
                                 for c in sorted(there | set(declared) | set(BUILTIN[table].split()))}
            for _ in range(self.rnd.randrange(6)):
                line = self.command(table) if self.odds(2) else "-A " + " ".join(
                    (c := self.chain(table), self.rule(table, c)))
                if (self.family == 4 and self.odds(6) and line.startswith(("-A", "-I"))
                        and " -c " not in line):
                    line = "[%d:%d] " % (self.rnd.randrange(99), self.rnd.randrange(9999)) + line
                lines.append(line.replace("'", '"') if '"' not in line else
                             line.replace('"', '\\"').replace("'", '"'))
            self.state = before
            if not self.odds(30):
                lines.append("COMMIT")
        return flags, "\n".join(lines) + "\n"


# ------------------------------------------------------------------ what is compared

NEWER = [(re.compile(old), new) for old, new in (
    (r" v1.8.9 \(nf_tables\): chain `\S+' in table `\S+' is incompatible, use 'nft' tool.",
     ": No chain/target/match by that name."),
    # The reference looks for chains at COMMIT, and tells of that line.
    (r"(does not exist\nError occurred at line:) \d+", r"\1"),
    (r"v1\.8\.\d+", "v1.8"),
    ("Can't use -i with", "Can't use --in-interface with"),
    ("Can't use -o with", "Can't use --out-interface with"),
    ("multiple -p flags not allowed", "multiple --protocol options not allowed"),
    ("multiple -s flags not allowed", "multiple --source options not allowed"),
    ("multiple -d flags not allowed", "multiple --destination options not allowed"),
    ("Illegal option `-c' with", "Illegal option `--set-counters' with"))]


def said(text):
    """Standard error, with the texts of 1.8.13 for those of 1.8.9."""
    for old, new in NEWER:
        text = old.sub(new, text)
    return text.strip()


def printed(text):
    """Standard output, with what 1.8.13 says otherwise: protocols, and the widths that follow."""
    lines = text.splitlines()
    if any(re.search(r"^Chain | (--|-f|!f) ", line) for line in lines) and not text.startswith("-"):
        return [line.rstrip() for line in oracle.listing(text)]
    return [oracle.numbered(line.rstrip()) for line in lines if not line.startswith("#")]


def saved(text):
    """{table: lines}"""
    tables, name = {}, None
    for line in text.splitlines():
        if line.startswith("*"):
            name = line[1:]
        if not line.startswith("#") or line.startswith("# rule"):
            tables.setdefault(name, []).append(re.sub(r"^(\[.*\] )?-A.*",
                                                      lambda m: oracle.numbered(m.group(0)), line))
    return tables


def first_difference(a, b):
    lines = list(difflib.unified_diff(a, b, lineterm="", n=0))[2:]
    return "\n".join("        " + line for line in lines[:8])


class Walk:
    def __init__(self, sides, report, folder):
        self.ours, self.theirs, self.mixed = sides
        self.report, self.file = report, os.path.join(folder, "restore")

    def all(self, jobs_of):
        """jobs_of: {side: list of argv} -> {side: answers}, all three at work at once"""
        for side, jobs in jobs_of.items():
            side.start(jobs)
        return {side: side.wait() for side in jobs_of}

    def reads(self, tool, *args):
        """What four readers see: ours and theirs at home, both in the mixed one."""
        o, t = self.ours.program(tool, *args), self.theirs.program(tool, *args)
        got = self.all({self.ours: [o], self.theirs: [t], self.mixed: [o, t]})
        return (("ours", got[self.ours][0]), ("theirs of ours and theirs", got[self.mixed][1]),
                ("ours of ours and theirs", got[self.mixed][0]), ("theirs", got[self.theirs][0]))

    def same_for_all(self, aspect, text, seen):
        """seen: ((who, value)...), the last is the reference's; -> whether nothing differs"""
        want, fine = seen[-1][1], True
        for who, value in seen[:-1]:
            before = sum(map(len, self.report.bad.values())), sum(self.report.meant.seen.values())
            if isinstance(want, list):
                shown = first_difference(want, value)
                self.report.same("%s: %s" % (aspect, who), text, shown, "")
            else:
                self.report.same("%s: %s" % (aspect, who), text, value, want)
            fine = fine and before == (sum(map(len, self.report.bad.values())),
                                       sum(self.report.meant.seen.values()))
        return fine

    def start_again(self, text=None):
        """Nothing anywhere, or our state in all three: {family: save}."""
        nft = ["/usr/sbin/nft", "flush", "ruleset"]
        self.all({side: [nft] for side in (self.ours, self.theirs, self.mixed)})
        for family, save in (text or {}).items():
            with open(self.file, "w") as f:
                f.write(save)
            job = ["ip6tables-restore" if family == 6 else "iptables-restore", "-c", self.file]
            self.all({self.ours: [self.ours.program(*job)], self.theirs: [self.theirs.program(*job)],
                      self.mixed: [self.theirs.program(*job)]})

    def state(self, family):
        return self.reads("ip6tables-save" if family == 6 else "iptables-save", "-c")

    def take(self, drawing, name):
        tool, words, text = drawing.step()
        if text is not None:
            with open(self.file, "w") as f:
                f.write(text)
            words = words + [self.file]
        writer = self.one_of(drawing)
        shown = "%s%s %s%s" % (name, tool, " ".join(shlex.quote(w) for w in words),
                               "" if text is None else "\n        | " +
                               text.rstrip("\n").replace("\n", "\n        | "))
        shown += "\n      (both: by %s)" % ("us" if writer is self.ours else "them")
        got = self.all({self.ours: [self.ours.program(tool, *words)],
                        self.theirs: [self.theirs.program(tool, *words)],
                        self.mixed: [writer.program(tool, *words)]})
        answers = [(who, got[side][0]) for who, side in
                   (("ours", self.ours), ("ours and theirs", self.mixed), ("theirs", self.theirs))]
        for who, side in (("ours", self.ours), ("both", self.mixed)):
            if writer is self.ours or side is self.ours:
                self.report.same("no crash: " + who, shown, got[side][0][0] in range(5), True)
        if got[self.theirs][0][0] < 0:      # the reference died of a signal
            self.report.meant.seen["the reference crashed"] += 1
            return self.begin_from_ours(drawing)
        codes = len({a[0] for _, a in answers}) > 1     # then with what was said
        fine = self.same_for_all("exit code", shown, [
            (w, "%d %s" % (a[0], a[2].rstrip("\n") if codes else "")) for w, a in answers])
        if not fine:
            return self.begin_from_ours(drawing)
        self.same_for_all("said", shown, [(w, said(a[2])) for w, a in answers])
        # The reference says what it does (-v) before it is done, and before it fails.
        if got[self.theirs][0][0] == 0:
            self.same_for_all("printed", shown, [(w, printed(a[1])) for w, a in answers])
        seen = self.state(drawing.family)
        tables = [(who, saved(a[1])) for who, a in seen]
        for table in TABLES:
            fine &= self.same_for_all("save", shown, [(w, t.get(table, [])) for w, t in tables])
        if drawing.odds(6):
            fine &= self.look(drawing, shown)
        return tables[0][1] if fine else self.begin_from_ours(drawing)

    def begin_from_ours(self, drawing):
        """What was different shall not be told again with every step that follows."""
        self.start_again({f: self.state(f)[0][1][1] for f in (4, 6)})
        return saved(self.state(drawing.family)[0][1][1])

    def look(self, drawing, shown):
        ip, fine = "ip6tables" if drawing.family == 6 else "iptables", True
        table = drawing.one(*TABLES)
        for words in (("-S",), ("-v", "-S"), ("-nL",), ("-L", "-n", "-v", "-x", "--line-numbers")):
            seen = self.reads(ip, "-t", table, *words)
            fine &= self.same_for_all(" ".join(words), "%s\n      then %s -t %s" % (shown, ip, table),
                                      [(w, printed(a[1])) for w, a in seen])
        nft = ["/usr/sbin/nft", "--debug=netlink", "list", "ruleset"]
        got = self.all({side: [nft] for side in (self.ours, self.theirs, self.mixed)})
        kernel = [(who, sorted("%s: %s" % (chain, rule)
                               for chain, rules in oracle.debug_rules(got[side][0][1]).items()
                               for rule in rules))
                  for who, side in (("ours", self.ours), ("ours and theirs", self.mixed),
                                    ("theirs", self.theirs))]
        return fine & self.same_for_all("expressions", shown, kernel)

    def one_of(self, drawing):
        return drawing.one(self.ours, self.theirs)

    def go(self, seed, steps):
        drawing = Drawing(random.Random(seed))
        self.start_again()
        for step in range(steps):
            tables = self.take(drawing, "[%d, step %d] " % (seed, step))
            drawing.states[drawing.family] = {
                table: {line[1:].split()[0]: sum(1 for r in lines if re.match(
                    r"(\[\S+\] )?-A %s( |$)" % re.escape(line[1:].split()[0]), r))
                        for line in lines if line.startswith(":")}
                for table, lines in tables.items() if table}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--steps", type=int, default=int(os.environ.get("WALK_STEPS", "300")))
    ap.add_argument("--walk", type=int, default=150, help="steps from one start")
    ap.add_argument("--first", type=int, default=1)
    ap.add_argument("--bin", default=os.environ.get("BIN", os.path.join(oracle.TOP, "build", "bin")))
    ap.add_argument("--verbose", action="store_true")
    opt = ap.parse_args()
    for need in (oracle.THEIRS, "/usr/sbin/nft"):
        if not os.access(need, os.X_OK):
            print("1..0 # SKIP %s is not there" % need)
            return 0
    bindir = os.path.abspath(opt.bin)
    sides = [oracle.Side(oracle.Ours(bindir)), oracle.Side(oracle.Theirs()), oracle.Side(None)]
    if any(side.error for side in sides):
        print("1..0 # SKIP no network namespace: %s" % sides[0].error)
        return 0
    report = oracle.Report(oracle.Meant(os.path.join(oracle.HERE, "walk.tsv")))
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(sides, report, folder)
        for n in range(0, opt.steps, opt.walk):
            walk.go(opt.first + n // opt.walk, min(opt.walk, opt.steps - n))
    aspects = sorted(report.compared)
    print("1..%d" % len(aspects))
    for n, aspect in enumerate(aspects, 1):
        bad = report.bad.get(aspect, [])
        print("%s %d - walk: %s, %d compared" % ("not ok" if bad else "ok", n, aspect,
                                                 report.compared[aspect]))
        for text in bad[:None if opt.verbose else 6]:
            print("#   " + text.replace("\n", "\n#   "))
        if len(bad) > 6:
            print("#   %d differences in all" % len(bad))
    for reason, count in sorted(report.meant.seen.items()):
        print("# meant: %5d  %s" % (count, reason))
    for side in sides:
        side.pipe.send(None)
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
