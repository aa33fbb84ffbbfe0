#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Control plane against the distribution's nft and legacy, as ratios inside one run.

Restore of 1,000 to 100,000 rules, then -A -I -D -C -S -L and save at 10,000 and 50,000, elapsed
time and peak memory. Every variant is measured in turn, round by round, in a namespace of its own;
the figures are medians. Absolute numbers mean little on a shared machine: read the ratios.

usage: bench.py [--bin DIR] [--restore 1000,10000,100000] [--edit 10000,50000] [--rounds 3]
"""
import argparse
import ctypes
import os
import statistics
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLONE_NEWNET = 0x40000000
MEASURE = None


def rules(n):
    """`n` rules of the common kind: source address, udp, port."""
    out = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    out += ["-A INPUT -s 10.%d.%d.%d/32 -p udp -m udp --dport %d -j DROP" % (
        i >> 16 & 255, i >> 8 & 255, i & 255, 1024 + i % 50000) for i in range(n)]
    return "\n".join(out + ["COMMIT", ""])


class Variant:
    def __init__(self, name, tool, restore, save):
        self.name, self.tool, self.restore, self.save = name, tool, restore, save


def measure(argv, stdin=None):
    """-> (milliseconds, MiB) of one run."""
    text = subprocess.run([MEASURE, stdin or os.devnull] + argv, stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    micros, kilobytes, status = map(int, text.split())
    if status != 0:
        sys.exit("%s: exit %d" % (" ".join(argv), status))
    return micros / 1000, kilobytes / 1024


def in_namespace(work):
    """Runs work() in a child with a network namespace of its own; returns what it returns."""
    rd, wr = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(rd)
        if ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
            os._exit(77)
        with os.fdopen(wr, "w") as f:
            f.write(repr(work()))
        os._exit(0)
    os.close(wr)
    with os.fdopen(rd) as f:
        text = f.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status == 77:
        print("bench: no network namespace here, nothing measured")
        sys.exit(0)
    if status != 0:
        sys.exit(status)
    return eval(text, {})  # our own repr


def edits(variant, floor, path, rounds):
    def work():
        measure(variant.restore, path)
        new = ["-s", "172.16.0.9", "-p", "udp", "--dport", "53", "-j", "DROP"]
        got = {}

        def note(op, argv):
            got.setdefault(op, []).append(measure(argv))
        for _ in range(rounds):
            note("-A", variant.tool + ["-A", "INPUT"] + new)
            note("-C (last)", variant.tool + ["-C", "INPUT"] + new)
            note("-D (text, last)", variant.tool + ["-D", "INPUT"] + new)
            note("-I (head)", variant.tool + ["-I", "INPUT"] + new)
            note("-D 1", variant.tool + ["-D", "INPUT", "1"])
            if floor and os.access(floor, os.X_OK):
                note("floor: raw append", [floor])
                measure(variant.tool + ["-D", "INPUT"] + new)
            note("-S", variant.tool + ["-S"])
            note("-L -n", variant.tool + ["-L", "-n"])
            note("save", variant.save)
        return got
    return in_namespace(work)


def table(title, names, figures):
    print("\n" + title)
    print("%-20s" % "" + "".join("%20s" % n for n in names) +
          "".join("%9s" % ("x " + n[:7]) for n in names[1:]))
    for op, row in figures:
        med = [tuple(statistics.median(x[k] for x in row[n]) for k in (0, 1)) if row.get(n)
               else None for n in names]
        line = "%-20s" % op + "".join("%12.1f ms%4.0f M" % m if m else "%20s" % "-" for m in med)
        for m in med[1:]:
            line += "%9.2f" % (med[0][0] / m[0]) if m and med[0] else "%9s" % "-"
        print(line)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bin", default=os.path.join(TOP, "build", "bin"))
    ap.add_argument("--restore", default="1000,10000,100000")
    ap.add_argument("--edit", default="10000,50000")
    ap.add_argument("--rounds", type=int, default=3)
    opt = ap.parse_args()
    ours = os.path.abspath(opt.bin)
    variants = [Variant("postern", [ours + "/iptables"], [ours + "/iptables-restore"],
                        [ours + "/iptables-save"])]
    for name in ("nft", "legacy"):
        multi = "/usr/sbin/xtables-%s-multi" % name
        if os.access(multi, os.X_OK):
            variants.append(Variant(name, [multi, "iptables"], [multi, "iptables-restore"],
                                    [multi, "iptables-save"]))
    names = [v.name for v in variants]
    floor = os.path.join(os.path.dirname(ours), "bench-floor")
    global MEASURE
    MEASURE = os.path.join(os.path.dirname(ours), "bench-measure")
    with tempfile.TemporaryDirectory() as tmp:
        figures = []
        for n in [int(x) for x in opt.restore.split(",") if x]:
            path = os.path.join(tmp, "rules%d" % n)
            with open(path, "w") as f:
                f.write(rules(n))
            row = {}
            for _ in range(opt.rounds):
                for v in variants:
                    row.setdefault(v.name, []).append(
                        in_namespace(lambda v=v: measure(v.restore, path)))
            figures.append(("restore %d" % n, row))
        table("restore: time, peak memory; ratio of Postern's time to each", names, figures)
        for op, row in figures:
            mem = {k: statistics.median(x[1] for x in r) for k, r in row.items()}
            print("%-20s memory ratio %s" % (op, ", ".join(
                "%.2f x %s" % (mem["postern"] / mem[k], k) for k in names[1:])))
        for n in [int(x) for x in opt.edit.split(",") if x]:
            path = os.path.join(tmp, "edit%d" % n)
            with open(path, "w") as f:
                f.write(rules(n))
            per_op = {}
            for v in variants:
                got = edits(v, floor if v.name == "postern" else None, path, opt.rounds)
                for op, list_ in got.items():
                    per_op.setdefault(op, {})[v.name] = list_
            table("at %d rules" % n, names, list(per_op.items()))
            raw = per_op.get("floor: raw append", {}).get("postern")
            if raw:
                print("-A against the raw netlink floor: %.2f" % (
                    statistics.median(x[0] for x in per_op["-A"]["postern"]) /
                    statistics.median(x[0] for x in raw)))
    print("\nRatios below 1 mean that Postern is faster. Medians of %d rounds." % opt.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
