# SPDX-License-Identifier: GPL-2.0-or-later
"""Real SSH sessions for the tests of the guard: a client and a server (dropbear, without a service) on a wire of
their own, a shell on the server's terminal, what is typed in it and what it still hears."""
import os
import pty
import select
import subprocess
import time

import wire

POSTERN = os.path.join(wire.BIN, "postern")
must = wire.must
KEY, HOST_KEY, OPENSSH_KEY = "/root/key", "/root/hostkey", "/root/opensshkey"


def cover(folder, mode):
    """An empty folder in its place; the programs under test stay where they are, also below it."""
    seen = os.open(wire.BIN, os.O_PATH)
    must("mount", "-t", "tmpfs", "-o", "mode=" + mode, "tmpfs", folder)
    if not os.path.isdir(wire.BIN):
        os.makedirs(wire.BIN)
        must("mount", "-c", "--bind", "/proc/%d/fd/%d" % (os.getpid(), seen), wire.BIN)
    os.close(seen)


def prepare():
    """Skips the test where sessions cannot be made."""
    for program in ("dropbear", "dropbearkey", "dbclient"):
        if wire.run("sh", "-c", "command -v " + program)[0]:
            wire.skip_all(program + " is not installed")
    if os.getuid():
        wire.skip_all("not root: dropbear lets nobody log in")
    # The home of root is a folder of ours, so that the key lets us in.
    cover("/root", "700")
    cover("/var/lib", "755")
    for path in (KEY, HOST_KEY):
        must("dropbearkey", "-t", "ed25519", "-f", path)
    os.makedirs("/root/.ssh", 0o700)
    public = [x for x in must("dropbearkey", "-y", "-f", KEY).splitlines() if x.startswith("ssh-")]
    with open("/root/.ssh/authorized_keys", "w") as f:
        f.write("\n".join(public) + "\n")
    os.chmod("/root/.ssh/authorized_keys", 0o600)


def find_openssh():
    """The path of OpenSSH's server made ready to run, or None: the system's, or (NIGHTLY=1) one that is unpacked in
    the build folder from Debian's package, where no service comes with it."""
    build = os.path.dirname(wire.BIN)
    unpacked = os.path.join(build, "openssh", "usr", "sbin", "sshd")
    if os.environ.get("NIGHTLY") and not os.path.exists("/usr/sbin/sshd") and not os.path.exists(unpacked):
        wire.run("sh", "-c", 'mkdir -p "$1" && cd "$1" && timeout 60 apt-get -q download openssh-server && '
                 "dpkg -x openssh-server_*.deb . ", "sh", os.path.join(build, "openssh"))
    path = next((x for x in ("/usr/sbin/sshd", unpacked) if os.path.exists(x)), None)
    if not path or wire.run("sh", "-c", "command -v dropbearconvert")[0]:
        return None
    must("dropbearconvert", "dropbear", "openssh", HOST_KEY, OPENSSH_KEY)
    os.chmod(OPENSSH_KEY, 0o600)
    os.makedirs("/run/sshd", 0o755, exist_ok=True)
    with open("/etc/passwd") as f:
        users = f.read()
    if "\nsshd:" not in users:
        with open("/run/passwd", "w") as f:
            f.write(users + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n")
        must("mount", "--bind", "/run/passwd", "/etc/passwd")
    return path


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
    """A client and a server of its own, on its own wire. Neighbour discovery is filtered, too; where it is not what
    is asked about, the neighbours know one another for good."""

    def __init__(self, n, acquainted=True, openssh=None):
        self.client, self.server = wire.Host("c%d" % n), wire.Host("s%d" % n)
        macs = wire.cable(self.client, "eth0", self.server, "eth0")
        self.mac = macs[0]
        wire.address(self.client, "eth0", "192.0.2.9/24", "2001:db8::9/64")
        wire.address(self.server, "eth0", "192.0.2.1/24", "2001:db8::1/64")
        if acquainted:
            self.client.ip("neigh replace 2001:db8::1 lladdr %s dev eth0 nud permanent" % macs[1])
            self.server.ip("neigh replace 2001:db8::9 lladdr %s dev eth0 nud permanent" % macs[0])
        enter = ["nsenter", "--net=" + self.server.path]
        if openssh:
            servers = [[openssh, "-D", "-e", "-f", "/dev/null", "-h", OPENSSH_KEY, "-p", "22", "-p", "2222",
                        "-o", "UsePAM=no", "-o", "StrictModes=no", "-o", "PermitRootLogin=yes",
                        "-o", "PidFile=/run/sshd.%d" % n]]
        else:
            servers = [["dropbear", "-F", "-s", "-r", HOST_KEY, "-P", "/run/dropbear.%d.%d" % (n, port), "-p", str(port)]
                       for port in (22, 2222)]
        self.daemons = [subprocess.Popen(enter + words, stderr=subprocess.DEVNULL) for words in servers]
        self.openssh = openssh
        self.family, self.port = 4, 22
        self.address = None		# what the client calls; None: the server's own

    def client_words(self, *more):
        return ["nsenter", "--net=" + self.client.path, "dbclient", "-y", "-y", *more, "-i", KEY, "-p",
                str(self.port), "root@" + (self.address or ("192.0.2.1" if self.family == 4 else "2001:db8::1"))]

    def close(self):
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()

    def words(self, line):
        """A command: options of iptables of the family, or another program and its options."""
        six = self.family == 6
        words = line.replace("@PORT", str(self.port)).replace("@PEER", "2001:db8::9" if six else "192.0.2.9") \
            .replace("@OTHER", "2001:db8:5::1" if six else "198.51.100.1").replace("@MAC", self.mac).split()
        if words[0].startswith("-"):
            return [self.program()] + words
        return [os.path.join(wire.BIN, words[0])] + words[1:]

    def program(self):
        return os.path.join(wire.BIN, "iptables" if self.family == 4 else "ip6tables")

    def login(self):
        try:
            return subprocess.run(self.client_words() + ["true"], stdin=subprocess.DEVNULL, timeout=3,
                                  capture_output=True).returncode == 0
        except subprocess.TimeoutExpired:
            return False
