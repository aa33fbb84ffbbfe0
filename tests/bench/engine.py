#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The packet engine beside the kernel's filter: evaluations per second against the number of rules.

The same UDP packets of 1024 flows, with connection tracking: in user space through the engine (with its index
and without), and written to a TUN device, through nf_tables. What the kernel takes for a packet without any rules is
taken off, so that filtering is compared with filtering. Nanoseconds are processor time of one core, medians;
read the ratios.

usage: engine.py [--bin DIR] [--rules 10,100,1000,10000,100000] [--rounds 3]
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINEAR_MOST = 10000     # rule by rule takes long enough to know


def rules(n):
    """`n` rules of which a packet of no connection passes all: the last accepts it."""
    out = ["*filter", ":INPUT DROP", ":FORWARD DROP", ":OUTPUT ACCEPT",
           "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"]
    out += ["-A INPUT -s 10.%d.%d.%d/32 -p udp -m udp --dport %d -j DROP" % (
        10 + (i >> 16 & 255), i >> 8 & 255, i & 255, 1024 + i % 50000) for i in range(n - 2)]
    return "\n".join(out + ["-A INPUT -p udp -m udp --dport 53 -j ACCEPT", "COMMIT", ""])


def number(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1:] or ["exit %d" % done.returncode]
    return float(done.stdout), None


def kernel(bench, restore, path):
    """In a network namespace of its own; path None: no rules, no connection tracking."""
    script = 'rules=$1; shift; [ -z "$rules" ] || "$RESTORE" <"$rules" || exit; exec "$@"'
    return number(["env", "RESTORE=" + restore, "unshare", "--net", "sh", "-c", script, "sh", path or "",
                   bench, "kernel", "tun0"])


def row(opt, bench, restore, path, n):
    got = {"engine": [], "linear": [], "bare": [], "kernel": []}
    why = None
    for _ in range(opt.rounds):
        runs = [("engine", lambda: number([bench, "engine", path])),
                ("bare", lambda: kernel(bench, restore, None)),
                ("kernel", lambda: kernel(bench, restore, path))]
        if n <= LINEAR_MOST:
            runs.append(("linear", lambda: number([bench, "engine", path, "linear"])))
        for name, run in runs:
            value, trouble = run()
            why = why or (trouble and name + ": " + trouble[0])
            if value is not None:
                got[name].append(value)
    return {name: statistics.median(values) for name, values in got.items() if values}, why


def show(value, text="%.0f ns"):
    return "%14s" % (text % value if value is not None else "-")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bin", default=os.path.join(TOP, "build", "bin"))
    ap.add_argument("--rules", default="10,100,1000,10000,100000")
    ap.add_argument("--rounds", type=int, default=3)
    opt = ap.parse_args()
    ours = os.path.abspath(opt.bin)
    bench = os.path.join(os.path.dirname(ours), "bench-engine")
    trouble = None
    print("\nengine: a UDP packet with connection tracking, through as many rules\n")
    print("%8s" % "rules" + "".join("%14s" % w for w in (
        "engine", "a second", "rule by rule", "nf_tables", "kernel's way", "x nf_tables")))
    with tempfile.TemporaryDirectory() as tmp:
        for n in [int(x) for x in opt.rules.split(",") if x]:
            path = os.path.join(tmp, "rules%d" % n)
            with open(path, "w") as f:
                f.write(rules(n))
            got, why = row(opt, bench, os.path.join(ours, "iptables-restore"), path, n)
            trouble = trouble or why
            engine, all_of_it, bare = got.get("engine"), got.get("kernel"), got.get("bare")
            filtering = all_of_it - bare if all_of_it and bare else None
            if engine is None:
                sys.exit("bench: " + why)
            print("%8d" % n + show(engine) + show(1000 / engine, "%.2f million") + show(got.get("linear")) +
                  show(filtering) + show(all_of_it) +
                  show(engine / filtering if filtering else None, "%.3f"))
    print("\nnf_tables: what rules and connection tracking add to the kernel's way of a packet from a TUN device to a "
          "socket.\nThe ratio is the engine's time to it: below 1 the engine is faster. Medians of %d rounds." % opt.rounds)
    if trouble:
        print("Not measured: " + trouble)
    return 0


if __name__ == "__main__":
    sys.exit(main())
