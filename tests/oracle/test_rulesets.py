#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole rule sets through Postern and through the distribution's iptables.

Restored in a namespace each; then saved text (ours of ours, theirs of ours, ours of theirs) and the
listing -L -n -v of every table must be theirs of theirs. The files are in rulesets/, and whatever
lies in RULESETS (default: ../shared/rulesets when it is there). TAP.
"""
import glob
import os
import re
import sys
import tempfile

import test_oracle as oracle


def files():
    folders = [os.path.join(oracle.HERE, "rulesets"),
               os.environ.get("RULESETS", os.path.join(oracle.TOP, "..", "shared", "rulesets"))]
    return [f for folder in folders for f in sorted(glob.glob(os.path.join(folder, "*.save")))]


def repaired(path, folder):
    """The file with reversed port ranges turned round: 1.8.9 takes some, 1.8.13 refuses them all."""
    def turn(m):
        a, b = int(m.group(2)), int(m.group(3))
        return "%s%d:%d" % (m.group(1), min(a, b), max(a, b))
    new = os.path.join(folder, os.path.basename(path))
    with open(path) as old, open(new, "w") as f:
        f.write(re.sub(r"(--[sd]ports? )(\d+):(\d+)", turn, old.read()))
    return new


def tables(text):
    return [line[1:] for line in text.splitlines() if line.startswith("*")]


def plain(text):
    """A save without its comments, and with numbers for protocols that 1.8.13 does not name."""
    return [oracle.numbered(line.rstrip()) for line in text.splitlines() if line and line[0] != "#"]


def differing(a, b):
    for x, y in zip(a + [None] * (len(b) - len(a)), b + [None] * (len(a) - len(b))):
        if x != y:
            return "ours   %s\n#     theirs %s" % (x, y)
    return None


def judge(path, ours, theirs):
    """-> list of (what, difference or None); a reason in a string when theirs refuses it."""
    tool = "ip6tables" if path.endswith(".ip6.save") else "iptables"
    flags = ["-c"]
    if theirs.run([theirs.program(tool + "-restore", "-c", "-t", path)])[0][0] != 0:
        flags = []      # policies without counters
    answers = list(oracle.both(ours, theirs, [[tool + "-restore"] + flags + [path]]))[0]
    if answers[1][0] != 0:
        return "the distribution's %s-restore refuses it: %s" % (tool, answers[1][2].split("\n")[0])
    rows = [("restore", None if answers[0][0] == 0 else "exit %d: %s" % (
        answers[0][0], answers[0][2].strip()))]
    if answers[0][0] != 0:
        return rows
    saves = [ours.program(tool + "-save", "-c"), theirs.program(tool + "-save", "-c")]
    ours.start(saves)
    theirs.start(saves)
    (mine, their_of_mine), (mine_of_theirs, own) = ours.wait(), theirs.wait()
    want = plain(own[1])
    for what, text in (("save", mine[1]), ("their save of our rules", their_of_mine[1]),
                       ("our save of their rules", mine_of_theirs[1])):
        rows.append((what, differing(plain(text), want)))
    lists = [[tool, "-t", t, "-L", "-n", "-v"] for t in tables(own[1])]
    for command, (a, b) in zip(lists, oracle.both(ours, theirs, lists)):
        rows.append(("-t %s -L -n -v" % command[2],
                     differing(oracle.listing(a[1]), oracle.listing(b[1]))))
    return rows


def main():
    bindir = os.path.abspath(os.environ.get("BIN", os.path.join(oracle.TOP, "build", "bin")))
    if not os.access(oracle.THEIRS, os.X_OK):
        print("1..0 # SKIP %s is not there" % oracle.THEIRS)
        return 0
    bad = n = 0
    for path in files():
        ours, theirs = oracle.Side(oracle.Ours(bindir)), oracle.Side(oracle.Theirs())
        if ours.error or theirs.error:
            print("1..0 # SKIP no network namespace: %s" % (ours.error or theirs.error))
            return 0
        n += 1
        name = os.path.basename(path)
        with tempfile.TemporaryDirectory() as folder:
            rows = judge(repaired(path, folder), ours, theirs)
        for side in (ours, theirs):
            side.pipe.send(None)
        if isinstance(rows, str):
            print("ok %d - rule set %s # SKIP %s" % (n, name, rows))
            continue
        wrong = [r for r in rows if r[1]]
        bad += bool(wrong)
        print("%s %d - rule set %s, %d comparisons" % ("not ok" if wrong else "ok", n, name,
                                                       len(rows)))
        for what, text in wrong:
            print("#   %s:\n#     %s" % (what, text))
    print("1..%d" % n)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
