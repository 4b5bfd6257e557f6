"""Does the time grow with the bytes received, and no faster? Seconds for n and for 2n, and their ratio.

    python benchmarks/linear.py              each case at its full size
    python benchmarks/linear.py --scale 0.1  at a tenth of it

`python -m benchmarks --only 'linear-*'` has them too, at sizes that take as long as its other rows.
A ratio of about 2 is linear time, one of about 4 quadratic. The inputs are those of an
unkind peer: parts as small as the protocol allows, and as many as the limits let in.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "lib"))

from pocketws.exceptions import SecurityError  # noqa: E402  (so that it runs in a fresh clone)
from pocketws.frames import OP_BINARY, OP_CONT, OP_PING, OP_TEXT, Frame, encode_header  # noqa: E402
from pocketws.http import RequestParser  # noqa: E402
from pocketws.protocol import CLIENT, SERVER, Protocol  # noqa: E402

KEY = b"\x37\xfa\x21\x3d"


def opened(role):
    protocol = Protocol(role, max_size=None)
    protocol.opened()
    return protocol


def in_single_bytes(opcode, size):
    """Receive a message of `size` bytes as a server, one byte at a time."""
    protocol = opened(SERVER)
    protocol.receive_data(encode_header(opcode, size, mask_key=KEY))
    events = []
    single = [bytes((ord("x") ^ byte,)) for byte in KEY]
    for i in range(size):
        events += protocol.receive_data(single[i % 4])
    assert len(events[0].data) == size


def in_fragments(count):
    """Receive a message of `count` fragments of one byte, all in one read."""
    wire = Frame(OP_TEXT, b"x", False).serialize() + Frame(OP_CONT, b"x", False).serialize() * (count - 2)
    (event,) = opened(CLIENT).receive_data(wire + Frame(OP_CONT, b"x").serialize())
    assert len(event.data) == count


def pings_between_fragments(count):
    """Receive and answer `count` pings, each after a fragment, one frame at a time."""
    protocol = opened(SERVER)
    protocol.receive_data(Frame(OP_TEXT, b"x", False).serialize(KEY))
    pair = Frame(OP_PING, b"p").serialize(KEY), Frame(OP_CONT, b"x", False).serialize(KEY)
    for _ in range(count):
        for frame in pair:
            protocol.receive_data(frame)
    assert len(protocol.data_to_send()) == 3 * count


def pieces_to_send(size):
    """Send a message of `size` bytes as a client, 1 KiB at a time."""
    protocol = opened(CLIENT)
    protocol.send_binary(bytes(size))
    while protocol.data_to_send(1024):
        pass


def endless_header(size):
    """Receive `size` bytes of a request header without its end, one byte at a time, under no limit but that."""
    parser = RequestParser(max_line=size, max_headers=10, max_head=size)
    parser.feed(b"GET / HTTP/1.1\r\nX: ")
    try:
        for _ in range(size):
            parser.feed(b"x")
    except SecurityError:
        return
    raise AssertionError("a header without end was accepted")


# name, as part of a row's: (what it is, the function, n)
CASES = {
    "binary": ("binary, byte by byte", lambda n: in_single_bytes(OP_BINARY, n), 1 << 20),
    "text": ("text, byte by byte", lambda n: in_single_bytes(OP_TEXT, n), 1 << 20),
    "fragments": ("fragments of one byte", in_fragments, 1 << 16),
    "pings": ("pings between fragments", pings_between_fragments, 10_000),
    "pieces": ("sent in pieces of 1 KiB", pieces_to_send, 64 << 20),
    "header": ("a header without end, byte by byte", endless_header, 1 << 20),
}


def seconds(function, n):
    """Return the shorter of two runs: the longer one was disturbed."""
    times = []
    for _ in range(2):
        start = time.perf_counter()
        function(n)
        times.append(time.perf_counter() - start)
    return min(times)


def has(row, peer):
    """Tell whether `peer` is measured: only we are, where there is no numpy."""
    return peer.name == "pocketws"


class Group:
    """One round. seconds: float, how long the cases for n should take together, at most at their full size."""

    def __init__(self, stack, seconds):
        self.seconds = seconds

    def measure(self, row, peer):
        """Return how many times as long the case takes for 2n as for n, as process.Measured."""
        from .process import Measured  # not where this runs as a program of its own

        _, function, most = CASES[row.name.partition("-")[2]]
        n, once = 64, 0
        while n < most and once < self.seconds / 4:
            n = min(2 * n, most)
            once = seconds(function, n)
        return Measured(seconds(function, 2 * n) / once)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1, help="multiply each size by this (default: 1)")
    scale = parser.parse_args().scale
    print(f"{'case':<34}{'n':>10}{'seconds':>10}{'for 2n':>10}{'ratio':>8}")
    for name, function, size in CASES.values():
        n = max(4, int(size * scale))
        once, twice = seconds(function, n), seconds(function, 2 * n)
        print(f"{name:<34}{n:>10}{once:>10.3f}{twice:>10.3f}{twice / once:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
