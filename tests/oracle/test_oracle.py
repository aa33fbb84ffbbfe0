#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same generated command lines through Postern and through the distribution's iptables.

Two network namespaces: ours and theirs. Every line is appended in both; then acceptance, nf_tables
expressions (as sets), save texts (each program reading its own rules and the other's), listings,
and -C are compared. Differences that are meant are in differences.tsv with their reasons; whatever
else differs fails. TAP on stdout.

usage: test_oracle.py [--count N] [--first SEED] [--only EXT,EXT] [--verbose]
ORACLE_COUNT in the environment sets the default of --count (2,000; nightly 20,000).
"""
import argparse
import collections
import ctypes
import multiprocessing
import os
import re
import shlex
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CLONE_NEWNET = 0x40000000
THEIRS = "/usr/sbin/xtables-nft-multi"
CHUNK = 50


# ------------------------------------------------------------------ workers in namespaces

def worker(pipe):
    """Runs commands in a network namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        pipe.send(os.strerror(ctypes.get_errno()))
        return
    pipe.send(None)
    env = dict(os.environ, LC_ALL="C", TZ="UTC")
    for setup in ("ip link set lo up",
                  "ipset create oracle4 hash:ip", "ipset create oracle6 hash:ip family inet6"):
        subprocess.run(setup.split(), env=env, stderr=subprocess.DEVNULL, check=False)
    while True:
        jobs = pipe.recv()
        if jobs is None:
            return
        out = []
        for argv in jobs:
            try:
                p = subprocess.run(argv, env=env, timeout=60, text=True, errors="replace",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
                out.append((p.returncode, p.stdout, p.stderr))
            except subprocess.TimeoutExpired:
                out.append((124, "", "timed out"))
        pipe.send(out)


class Side:
    """One namespace and the program that is at home in it."""

    def __init__(self, program):
        self.program = program
        self.pipe, far_end = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=worker, args=(far_end,), daemon=True)
        self.process.start()
        self.error = self.pipe.recv()

    def start(self, commands):
        self.pipe.send(commands)

    def wait(self):
        return self.pipe.recv()

    def run(self, commands):
        self.start(commands)
        return self.wait()


class Ours:
    def __init__(self, bindir):
        self.bindir = bindir

    def __call__(self, tool, *args):
        return [os.path.join(self.bindir, tool)] + list(args)


class Theirs:
    def __call__(self, tool, *args):
        return [THEIRS, tool] + list(args)


def both(ours, theirs, commands):
    """Runs the same commands on both sides at once; -> pairs of results."""
    ours.start([ours.program(*c) for c in commands])
    theirs.start([theirs.program(*c) for c in commands])
    return zip(ours.wait(), theirs.wait())


# ------------------------------------------------------------------ what is compared

def debug_rules(text):
    """`nft --debug=netlink list ruleset` -> {chain: [tuple of expressions]}"""
    chains = collections.OrderedDict()
    rule = None
    for line in text.splitlines():
        if re.match(r"^(ip6?) \S+ \S+( \d+)*$", line):
            rule = []
            chains.setdefault(" ".join(line.split()[:3]), []).append(rule)
        elif line.startswith("  [ ") and rule is not None:
            rule.append(line.strip())
        elif line.startswith("table "):
            break
    return {c: [normal(r) for r in rules] for c, rules in chains.items()}


def normal(rule):
    """One rule as a set: the test of the protocol in either form, loads with their compares."""
    out, i = [], 0
    while i < len(rule):
        group = [rule[i]]
        while " load " in rule[i] or "bitwise" in rule[i]:
            i += 1
            if i == len(rule):
                break
            group.append(rule[i])
        text = " ".join(group)
        text = text.replace("[ payload load 1b @ network header + 9 => reg 1 ]",
                            "[ meta load l4proto => reg 1 ]")
        out.append(re.sub(r"counter pkts \d+ bytes \d+", "counter", text))
        i += 1
    return tuple(sorted(out))


COMMON = {"0": "all", "1": "icmp", "6": "tcp", "17": "udp", "33": "dccp", "50": "esp", "51": "ah",
          "58": "ipv6-icmp", "108": "ipcomp", "132": "sctp", "135": "mobility-header",
          "136": "udplite"}


def numbered(rule):
    """1.8.13 names only the common protocols in a save, whatever /etc/protocols says."""
    m = re.search(r" -p ([a-z][a-z0-9-]*)", rule)
    if not m or m.group(1) in COMMON.values():
        return rule
    try:
        number = socket.getprotobyname(m.group(1))
    except OSError:
        return rule
    return rule[:m.start(1)] + str(number) + rule[m.end(1):]


def save_rules(text):
    """save text -> {(table, chain): [rule]}"""
    rules, table = collections.OrderedDict(), None
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith("-A "):
            rules.setdefault((table, line.split()[1]), []).append(numbered(line.rstrip()))
        else:   # a rule that has no words in iptables still has its place
            m = re.match(r"# rule \d+ of (\S+): ", line)
            if m:
                rules.setdefault((table, m.group(1)), []).append(line)
    return rules


def listing(text):
    """-L -n -v: 1.8.13 names common protocols where 1.8.9 has numbers, and widens their column."""
    out = []
    for line in text.splitlines():
        words = line.replace("ipv6-icmp--", "ipv6-icmp --").split()
        for i, word in enumerate(words[1:6], 1):
            if word in ("--", "-f", "!f"):
                mark = "!" if words[i - 1].startswith("!") else ""
                words[i - 1] = mark + COMMON.get(words[i - 1].lstrip("!"),
                                                 words[i - 1].lstrip("!"))
                break
        out.append(" ".join(words))
    return out


# ------------------------------------------------------------------ meant differences

class Meant:
    def __init__(self, path):
        self.rows, self.seen = [], collections.Counter()
        for no, line in enumerate(open(path), 1):
            if line.strip() and not line.startswith("#"):
                f = line.rstrip("\n").split("\t")
                if len(f) != 3:
                    sys.exit("%s:%d: ASPECT <tab> PATTERN <tab> REASON" % (path, no))
                self.rows.append((re.compile(f[0]), re.compile(f[1]), f[2]))

    def covers(self, aspect, text):
        for a, pattern, reason in self.rows:
            if a.fullmatch(aspect) and pattern.search(text):
                self.seen[reason] += 1
                return True
        return False


class Report:
    def __init__(self, meant):
        self.meant = meant
        self.bad = collections.OrderedDict()
        self.compared = collections.Counter()

    def same(self, aspect, line, ours, theirs):
        self.compared[aspect] += 1
        if ours == theirs:
            return
        text = "%s\n      ours   %s\n      theirs %s" % (line, ours, theirs)
        if not self.meant.covers(aspect, text):
            self.bad.setdefault(aspect, []).append(text)

    def lists(self, aspect, ours, theirs, lines=None):
        """Two {chain: [rule]}; rules are compared by place, chain by chain."""
        for chain in list(ours) + [c for c in theirs if c not in ours]:
            a, b = ours.get(chain, []), theirs.get(chain, [])
            names = (lines or {}).get(chain, [])
            for i in range(max(len(a), len(b))):
                self.same(aspect, names[i] if i < len(names) else str(chain),
                          a[i] if i < len(a) else None, b[i] if i < len(b) else None)


# ------------------------------------------------------------------ one chunk

def append_all(chunk, ours, theirs, report):
    """Appends every line on both sides; -> the lines both took, by (tool, table, chain)."""
    taken = collections.OrderedDict()
    undo = {ours: [], theirs: []}
    length = {ours: collections.Counter(), theirs: collections.Counter()}
    answers = both(ours, theirs, [[c.tool, "-t", c.table, "-A", c.chain] + c.words for c in chunk])
    for c, (a, b) in zip(chunk, answers):
        key = (c.tool, c.table, c.chain)
        report.same("no crash", c.text, a[0] if a[0] not in range(5) else "", "")
        told = [("taken" if r[0] == 0 else "refused: %d %s" % (r[0], r[2].strip().split("\n")[0]))
                for r in (a, b)]
        if a[0] == 0 or b[0] == 0:
            report.same("acceptance", c.text, *told)
        else:
            report.same("exit code", c.text, *([a[0], b[0]] if a[0] == b[0] else told))
        for side, r, other in ((ours, a, b), (theirs, b, a)):
            length[side][key] += r[0] == 0
            if r[0] == 0 and other[0] != 0:
                undo[side].append([c.tool, "-t", c.table, "-D", c.chain, str(length[side][key])])
        if a[0] == 0 and b[0] == 0:
            taken.setdefault(key, []).append(c)
    for side, commands in undo.items():     # from the back, so that numbers stay true
        side.run([side.program(*c) for c in reversed(commands)])
    return taken


def compare(taken, ours, theirs, report):
    of_nft = {("ip6" if k[0] == "ip6tables" else "ip") + " %s %s" % k[1:]: [c.text for c in v]
              for k, v in taken.items()}
    nft = [["/usr/sbin/nft", "--debug=netlink", "list", "ruleset"]]
    report.lists("expressions", debug_rules(ours.run(nft)[0][1]),
                 debug_rules(theirs.run(nft)[0][1]), of_nft)
    for tool in ("iptables", "ip6tables"):
        mine = {k: v for k, v in taken.items() if k[0] == tool}
        lines = {k[1:]: [c.text for c in v] for k, v in mine.items()}
        saves = [ours.program(tool + "-save"), theirs.program(tool + "-save")]
        ours.start(saves)
        theirs.start(saves)
        (our_own, their_of_ours), (our_of_theirs, their_own) = ours.wait(), theirs.wait()
        want = save_rules(their_own[1])
        report.lists("our save", save_rules(our_own[1]), want, lines)
        report.lists("their save of our rules", save_rules(their_of_ours[1]), want, lines)
        report.lists("our save of their rules", save_rules(our_of_theirs[1]), want, lines)
        for key, (a, b) in zip(mine, both(ours, theirs, [
                [tool, "-t", k[1], "-nvL", k[2]] for k in mine])):
            report.lists("listing", {key: listing(a[1])[2:]}, {key: listing(b[1])[2:]},
                         {key: lines[key[1:]]})
    check = [c for v in taken.values() for c in v]
    found = ours.run([ours.program(c.tool, "-t", c.table, "-C", c.chain, *c.words)
                      for c in check])
    for c, r in zip(check, found):
        report.same("found by -C", c.text, r[0], 0)
    # Whoever wrote a rule, the other finds it by the words; unless the reference loses its own.
    ours.start([theirs.program(c.tool, "-t", c.table, "-C", c.chain, *c.words) for c in check])
    theirs.start([p(c.tool, "-t", c.table, "-C", c.chain, *c.words) for c in check
                  for p in (ours.program, theirs.program)])
    by_them, on_theirs = ours.wait(), theirs.wait()
    for c, a, b, own in zip(check, by_them, on_theirs[::2], on_theirs[1::2]):
        report.same("their rules found by our -C", c.text, b[0], 0)
        if own[0] == 0:
            report.same("our rules found by their -C", c.text, a[0], 0)


def clear(side):
    side.run([side.program(tool, "-t", table, "-F") for tool in ("iptables", "ip6tables")
              for table in ("filter", "nat", "mangle", "raw", "security")])


# ------------------------------------------------------------------ driver

Line = collections.namedtuple("Line", "text tool table chain words")


def read_lines(generator, first, count, only):
    text = subprocess.run([generator, str(first), str(count)] + only, check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    lines = []
    for row in text.splitlines():
        family, table, chain, rest = (row.split(" ", 3) + [""])[:4]
        lines.append(Line(row, "ip6tables" if family == "ip6" else "iptables", table, chain,
                          shlex.split(rest)))
    return lines


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--count", type=int, default=int(os.environ.get("ORACLE_COUNT", "2000")))
    ap.add_argument("--first", type=int, default=1)
    ap.add_argument("--only", default="")
    ap.add_argument("--bin", default=os.environ.get("BIN", os.path.join(TOP, "build", "bin")))
    ap.add_argument("--verbose", action="store_true")
    opt = ap.parse_args()
    generator = os.path.join(os.path.dirname(opt.bin.rstrip("/")), "oracle-generate")
    for need in (generator, THEIRS, "/usr/sbin/nft"):
        if not os.access(need, os.X_OK):
            print("1..0 # SKIP %s is not there" % need)
            return 0
    ours, theirs = Side(Ours(os.path.abspath(opt.bin))), Side(Theirs())
    if ours.error or theirs.error:
        print("1..0 # SKIP no network namespace: %s" % (ours.error or theirs.error))
        return 0
    report = Report(Meant(os.path.join(HERE, "differences.tsv")))
    lines = read_lines(generator, opt.first, opt.count, [x for x in opt.only.split(",") if x])
    for i in range(0, len(lines), CHUNK):
        taken = append_all(lines[i:i + CHUNK], ours, theirs, report)
        compare(taken, ours, theirs, report)
        clear(ours)
        clear(theirs)
    aspects = ["no crash", "acceptance", "exit code", "expressions", "our save", "their save of our rules",
               "our save of their rules", "listing", "found by -C",
               "their rules found by our -C", "our rules found by their -C"]
    print("1..%d" % len(aspects))
    for n, aspect in enumerate(aspects, 1):
        bad = report.bad.get(aspect, [])
        enough = report.compared[aspect] > 0
        print("%s %d - oracle: %s, %d compared" % (
            "ok" if not bad and enough else "not ok", n, aspect, report.compared[aspect]))
        for text in bad[:None if opt.verbose else 15]:
            print("#   " + text.replace("\n", "\n#   "))
        if len(bad) > 15:
            print("#   %d differences in all" % len(bad))
    for reason, count in sorted(report.meant.seen.items()):
        print("# meant: %5d  %s" % (count, reason))
    for side in (ours, theirs):
        side.pipe.send(None)
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
