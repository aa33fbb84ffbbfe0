#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""serve.py NAME tcp:PORT|udp:PORT...: says to everybody who asks whom it sees.
serve.py NAME ftp:ADDRESS:FOLDER: an FTP server for anonymous (python3-pyftpdlib)."""
import selectors
import socket
import sys
import warnings


def ftp(addr, folder):
    warnings.simplefilter("ignore")
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import ActiveDTP, FTPHandler
    from pyftpdlib.servers import FTPServer

    class FromPort20(ActiveDTP):
        """Data comes from port 20 (RFC 959), which filters of the time looked at."""

        def connect_af_unspecified(self, addr, source_address=None):
            self.create_socket(socket.AF_INET, socket.SOCK_STREAM)
            self.set_reuse_addr()
            self.bind((source_address[0], 20))
            self.connect(addr)
            return socket.AF_INET

    FTPHandler.active_dtp = FromPort20
    FTPHandler.authorizer = DummyAuthorizer()
    FTPHandler.authorizer.add_anonymous(folder)
    FTPHandler.permit_foreign_addresses = False
    FTPServer((addr, 21), FTPHandler).serve_forever(timeout=0.1)


def serve(name, words):
    ready = selectors.DefaultSelector()
    for word in words:
        proto, port = word.split(":")
        s = socket.socket(socket.AF_INET, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", int(port)))
        if proto == "tcp":
            s.listen(16)
        ready.register(s, selectors.EVENT_READ, proto)
    while True:
        for key, _ in ready.select():
            try:
                answer(name, key.fileobj, key.data)
            except OSError:
                pass    # the client has gone


def answer(name, sock, proto):
    if proto == "tcp":
        conn, peer = sock.accept()
        conn.sendall(("%s sees %s\n" % (name, peer[0])).encode())
        conn.close()
    else:
        _, peer = sock.recvfrom(100)
        sock.sendto(("%s sees %s\n" % (name, peer[0])).encode(), peer)


if sys.argv[2].startswith("ftp:"):
    ftp(*sys.argv[2].split(":")[1:])
else:
    serve(sys.argv[1], sys.argv[2:])
