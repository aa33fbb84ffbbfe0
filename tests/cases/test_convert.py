#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rule sets of chance, converted: no packet fares otherwise without a word about it.

SEEDS=N, or NIGHTLY=1, for more than a few; SEED=N for that one alone.
"""
import os
import random
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
POSTERN = os.path.join(os.environ.get("BIN") or
                       os.path.join(ROOT, os.environ.get("BUILD", "build"), "bin"), "postern")
SEEDS = int(os.environ.get("SEEDS") or (400 if os.environ.get("NIGHTLY") else 25))

NETS = ["10.0.0.0/8", "192.168.7.0/24", "192.168.7.9", "203.0.113.1", "198.51.100.0/25",
        "0.0.0.0/0", "10.9.0.0/255.255.0.0", "192.0.2.8/29"]
DEVICES = ["eth0", "ppp0", "eth1"]
PORTS = [20, 25, 53, 80, 1023, 1024, 8080, 61000, 65095, 65535]


def some(rng, chance, *words):
    return list(words) if rng.random() < chance else []


def port(rng, most=65535):
    low, high = sorted(rng.sample(PORTS, 2))
    return rng.choice([str(low), f"{low}:{high}", f":{high}", f"{low}:"])


def bang(rng):
    return some(rng, 0.15, "!")


def ipchains_rule(rng, chain, users):
    words = []
    proto = rng.choice(["tcp", "tcp", "udp", "icmp", "all", "50"])
    inverted = proto in ("50", "udp") and rng.random() < 0.2
    with_ports = proto in ("tcp", "udp") and not inverted
    if proto != "all":
        words += ["-p"] + (["!"] if inverted else []) + [proto]
    syn = proto == "tcp" and rng.random() < 0.3
    for side in ("-s", "-d"):
        if rng.random() < 0.6:
            words += [side] + bang(rng) + [rng.choice(NETS)]
            if with_ports and rng.random() < 0.5:
                words += bang(rng) + [port(rng)]
    if proto == "icmp" and rng.random() < 0.6:
        words += ["--icmp-type", rng.choice(["echo-request", "3", "host-unreachable", "11", "0"])]
    if syn:
        words += bang(rng) + ["-y"]
    if rng.random() < 0.4:
        words += ["-i"] + bang(rng) + [rng.choice(DEVICES + ["eth+", "ppp+"])]
    words += some(rng, 0.1, "-l")
    words += some(rng, 0.1, "-t", "0x01", rng.choice(["0x10", "0x08"]))
    words += some(rng, 0.1, "-m", str(rng.randrange(9)))
    targets = ["ACCEPT", "ACCEPT", "DENY", "REJECT", "RETURN"] + users
    if chain == "forward" or chain not in ("input", "output"):
        targets.append("MASQ")
    if chain not in ("forward", "output") and with_ports:
        targets.append("REDIRECT")
        targets.append("REDIRECT 3128")
    if rng.random() < 0.9:
        words += ["-j", rng.choice(targets)]
    return f"ipchains -A {chain} " + " ".join(words)


def ipchains(rng):
    lines = ["#!/bin/sh"]
    for chain in ("input", "forward", "output"):
        policy = rng.choice(["ACCEPT", "DENY", "REJECT"] +
                            (["MASQ"] if chain == "forward" else ["ACCEPT"]))
        lines.append(f"ipchains -P {chain} {policy}")
    users = ["one", "two"][:rng.randrange(3)]
    lines += [f"ipchains -N {user}" for user in users]
    for n, user in enumerate(users):
        for _ in range(rng.randrange(1, 4)):
            lines.append(ipchains_rule(rng, user, users[n + 1:]))
    for chain in ("input", "forward", "output"):
        for _ in range(rng.randrange(0, 6)):
            lines.append(ipchains_rule(rng, chain, users))
    return lines


def ports(rng):
    return [str(p) for p in rng.sample(PORTS, rng.randrange(1, 4))] if rng.random() < 0.5 else []


def ipfwadm_rule(rng, category):
    proto = rng.choice(["tcp", "tcp", "udp", "icmp", "all"])
    words = ["-P", proto] if proto != "all" else []
    for side in ("-S", "-D"):
        words += [side, rng.choice(NETS)]
        if proto in ("tcp", "udp"):
            words += ports(rng)
        elif proto == "icmp" and side == "-S":
            words += some(rng, 0.6, "8", "0")
    words += some(rng, 0.3, "-W", rng.choice(DEVICES)) + some(rng, 0.2, "-b")
    words += some(rng, 0.2, rng.choice(["-k", "-y"])) + some(rng, 0.1, "-o")
    if category == "A":
        return f"ipfwadm -A {rng.choice(['in', 'out', 'both'])} -a " + " ".join(words)
    words += some(rng, 0.1, "-t", "0x01", "0x10")
    policy = rng.choice(["accept", "accept", "deny", "reject"])
    if policy == "accept" and proto != "icmp" and rng.random() < 0.4:
        words += ["-m"] if category == "F" else ["-r", "3128"] if category == "I" else []
    return f"ipfwadm -{category} -{rng.choice('ai')} {policy} " + " ".join(words)


def ipfwadm(rng):
    lines = [f"ipfwadm -{category} -p {rng.choice(['accept', 'deny', 'reject'])}"
             for category in "IFO"]
    for category in "IFOA":
        for _ in range(rng.randrange(0, 5)):
            lines.append(ipfwadm_rule(rng, category))
    return lines


def forwards(rng):
    return [f"ipmasqadm portfw -a -P tcp -L 203.0.113.1 {rng.choice([80, 8080])} "
            f"-R {rng.choice(['10.0.0.2', '192.168.7.9'])} {rng.choice([80, 8080])}"
            ] if rng.random() < 0.3 else []


def convert(seed, dialect, to):
    rng = random.Random(seed)
    lines = (ipchains if dialect == "ipchains" else ipfwadm)(rng) + forwards(rng)
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write("\n".join(lines) + "\n")
        script.flush()
        done = subprocess.run([POSTERN, "convert", "--from", dialect, "--to", to,
                               "--packets", "4000", script.name],
                              capture_output=True, text=True, check=False)
    told = done.stderr.replace(script.name, "script")
    if done.returncode not in (0, 1) or "left out" in told or "WITHOUT" in told:
        return "\n".join(lines) + "\n" + told
    return None


def main():
    chosen = os.environ.get("SEED")
    ways = [("ipchains", "iptables"), ("ipfwadm", "iptables"), ("ipfwadm", "ipchains")]
    print(f"1..{len(ways)}")
    ok = True
    for n, (dialect, to) in enumerate(ways, 1):
        failed = None
        for seed in [int(chosen)] if chosen else range(SEEDS):
            failed = convert(seed, dialect, to)
            if failed:
                break
        ok &= not failed
        print(f"{'not ok' if failed else 'ok'} {n} - {dialect} to {to}, rule sets of chance")
        if failed:
            print(f"# seed {seed}")
            print("\n".join("# " + line for line in failed.split("\n")))
    return 0 if ok else 1


sys.exit(main())
