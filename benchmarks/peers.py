"""Who is measured: each Peer, and what differs between them."""

import fnmatch
from collections import namedtuple

from . import install


class Peer(namedtuple("Peer", "name library variants needs rows note")):
    """One implementation, in one setting.

    name: str, as `--peers` takes it. library: str, by which each group finds what to run.
    variants: tuple of words for start.py. needs: str, the module that it needs besides those that the
        project installs, or None. rows: tuple of patterns: of the rows that its library can, it takes
        part only in these. note: str, for the page.
    """

    __slots__ = ()

    def wants(self, row):
        """Tell whether it takes part in `row` (Row), if its library can."""
        return any(fnmatch.fnmatchcase(row.name, pattern) for pattern in self.rows)

    def missing(self):
        """Return why it cannot take part: str, or None if it can."""
        if self.needs is None or install.has(self.needs):
            return None
        return f"{self.needs} is not installed"

    def environment(self):
        """Return the environment variables for its programs: dict."""
        return install.environment(self.needs is not None)


ALL = ("*",)
NETWORK = ("server-*", "client-*")
MASKED = ("server-64k", "server-1m", "client-64k", "mask-*", "parse-64k")  # where numpy may matter

BASE = "websockets"  # what the ratios refer to, except on MicroPython, where it does not run
BOARD_BASE = "async-websocket-client"

PEERS = [
    Peer("pocketws", "pocketws", ("no-numpy",), None, ALL, "where there is no numpy"),
    Peer("pocketws+numpy", "pocketws", ("numpy",), None, MASKED, "in a program that has imported numpy"),
    Peer(BASE, "websockets", (), None, ALL, "with its speedups in C"),
    Peer("websockets-python", "websockets", ("no-speedups",), None, ALL, "without them"),
    Peer("aiohttp", "aiohttp", (), None, ALL, "in C where it counts; no keepalive unless asked for"),
    Peer("wsproto", "wsproto", (), None, ALL, "does no I/O, so on an asyncio.Protocol; no keepalive, no limits"),
    Peer(
        "picows",
        "picows",
        (),
        "picows",
        ALL,
        "in Cython, with transports of its own; as a server through callbacks, without keepalive and UTF-8 check",
    ),
    Peer("raw", "raw", (), None, ALL, "no WebSocket: the limit; asyncio alone"),
    Peer("pocketws+uvloop", "pocketws", ("no-numpy", "uvloop"), "uvloop", NETWORK, "on another event loop, in C"),
    Peer("websockets+uvloop", "websockets", ("uvloop",), "uvloop", NETWORK, "the same"),
    Peer("loop", "loop", (), None, ALL, "a loop over the bytes"),
    Peer("number", "number", (), None, ALL, "one XOR of two large numbers"),
    Peer("lanes", "lanes", (), None, ALL, "bytes.translate() on each fourth byte"),
    Peer("numpy", "numpy", (), None, ALL, "one XOR of two arrays"),
    Peer(BOARD_BASE, "async-websocket-client", (), None, ALL, "a MicroPython client on PyPI, 0.3.4"),
]
