#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What programs on top of iptables say to it, said to Postern and to the distribution's iptables.

The files of dialogues/ hold command lines for sh, some with the text of a restore behind <<'EOF'. They
are run one after the other, in a network namespace each with one of the two first in PATH. After every
line the exit codes, standard output and standard error must be the same, and every few lines what is
there. Only what 1.8.13 says otherwise may differ (test_walk.py has these texts). TAP.
"""
import glob
import os
import re
import sys
import tempfile

import test_oracle as oracle
import test_walk as walk

EACH = 25   # lines between two looks at all rules
NAMES = ["%s%s" % (ip, what) for ip in ("iptables", "ip6tables", "iptables-nft")
         for what in ("", "-save", "-restore")]


def lines_of(path):
    block = []
    for line in open(path):
        if not block and (line.startswith("#") or not line.strip()):
            continue
        block.append(line)
        if "<<'EOF'" not in block[0] or line == "EOF\n":
            yield "".join(block)
            block = []


def plain(text):
    """Without dates and versions."""
    return re.sub(r"(?m)^# (Generated|Completed) .*\n", "", text).replace("v1.8.13 ", "v1.8.9 ")


def judge(path, ours, theirs, folders):
    bad, compared, block = [], 0, list(lines_of(path))
    saves = ["iptables-save -c; ip6tables-save -c"]

    def run(texts):
        jobs = [[["env", "PATH=%s:%s" % (folder, os.environ["PATH"]), "sh", "-c", t] for t in texts]
                for folder in folders]
        ours.start(jobs[0])
        theirs.start(jobs[1])
        return ours.wait(), theirs.wait()

    for at in range(0, len(block), EACH):
        texts = block[at:at + EACH]
        for text, a, b in zip(texts + saves, *run(texts + saves)):
            compared += 1
            values = [(r[0], walk.printed(plain(r[1])), walk.said(plain(r[2]))) for r in (a, b)]
            if values[0] != values[1]:
                shown = "\n".join("%s rc %d %s\n%s" % (who, v[0], v[2], walk.first_difference(o[1], v[1]))
                                  for who, v, o in (("ours  ", values[0], values[1]),
                                                    ("theirs", values[1], values[0])))
                bad.append("%s\n%s" % (text.rstrip("\n") if text in texts else
                                       "the rules after: " + texts[-1].rstrip("\n"), shown))
    return bad, compared


def main():
    bindir = os.path.abspath(os.environ.get("BIN", os.path.join(oracle.TOP, "build", "bin")))
    if not os.access(oracle.THEIRS, os.X_OK):
        print("1..0 # SKIP %s is not there" % oracle.THEIRS)
        return 0
    files = sorted(glob.glob(os.path.join(oracle.HERE, "dialogues", "*.txt")))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            os.symlink(oracle.THEIRS, os.path.join(folder, name))
        for n, path in enumerate(files, 1):
            ours, theirs = oracle.Side(oracle.Ours(bindir)), oracle.Side(oracle.Theirs())
            if ours.error or theirs.error:
                print("1..0 # SKIP no network namespace: %s" % (ours.error or theirs.error))
                return 0
            bad, compared = judge(path, ours, theirs, (bindir, folder))
            failed += bool(bad)
            print("%s %d - dialogues: %s, %d compared" % (
                "not ok" if bad or not compared else "ok", n, os.path.basename(path), compared))
            for text in bad[:10]:
                print("#   " + text.replace("\n", "\n#   "))
            for side in (ours, theirs):
                side.pipe.send(None)
    print("1..%d" % len(files))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
