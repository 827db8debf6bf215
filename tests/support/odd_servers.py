"""Servers that no one should run: they hang, drip, never end, or answer with anything."""

import contextlib
import itertools
import socketserver
import time

from support.serving import serving

HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"
UNSIZED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"


def answer(body, status="200 OK"):
    """A whole answer of this body."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return [f"{head}\r\nConnection: close\r\n\r\n".encode() + body]


def dripping(start=b""):
    """An answer that begins and then goes on with a byte at a time."""
    return itertools.chain([start], itertools.repeat(b" "))


def endless(start=UNSIZED):
    return itertools.chain([start], itertools.repeat(b" " * 2**16))


@contextlib.contextmanager
def odd_server(pieces, health=(HEALTHY,), pause=0.0):
    """Answers each request with `pieces`, and `/health` with `health`; gives its address.

    It waits `pause` seconds after each piece. Without pieces it does not answer.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            asked = self.request.recv(2**16)
            told = health if b" /health" in asked.partition(b"\r\n")[0] else pieces
            with contextlib.suppress(OSError):
                for piece in told() if callable(told) else told:
                    self.request.sendall(piece)
                    time.sleep(pause)
                    if self.server.over.is_set():
                        return
                if not told:
                    self.server.over.wait(60)

    with serving(socketserver.ThreadingTCPServer, Handler) as port:
        yield f"http://127.0.0.1:{port}"
