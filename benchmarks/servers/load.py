"""The load on a server: blocking sockets, and frames that are built beforehand, so that only the server costs.

Each function of ROWS takes a Target and the seconds to go on for, and returns the figure of its row.
The first answers are compared with what they should be, byte by byte; then only their length counts.
"""

import os
import selectors
import socket
import time

from benchmarks.process import cpu_seconds, resident
from benchmarks.servers import KIB, NOTE
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_TEXT, Frame

KEY = b"\x12\x34\x56\x78"
CLOSE = Frame(OP_CLOSE, (1000).to_bytes(2, "big")).serialize(KEY)
REQUEST = (
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
TIMEOUT = 20  # seconds for any one answer
SHORT = b"sixteen letters!"
BATCH = 20  # connections that are opened at once


class Wrong(Exception):
    """The server did not answer as it should."""


class Target:
    """A server to load: what it expects, and what it answers.

    server: process.Program that has just been started. raw: bool, it takes messages as
    benchmarks/servers/raw_server.py does.
    busy, other: of the last measurement, as in process.Measured.
    """

    def __init__(self, server, raw):
        self.port = server.read()
        self.pid = server.pid
        self.name = server.name
        self.complaint = server.complaint
        self.raw = raw
        self.busy = self.other = None
        self.buffer = bytearray(1 << 20)
        self.peers = set()  # sockets that are open

    def message(self, payload, opcode=OP_BINARY):
        """Return the bytes that carry a message to the server."""
        return self._packed(payload) if self.raw else Frame(opcode, payload).serialize(KEY)

    def answer(self, payload, opcode=OP_BINARY):
        """Return the bytes that carry a message back."""
        return self._packed(payload) if self.raw else Frame(opcode, payload).serialize()

    def _packed(self, payload):
        return len(payload).to_bytes(4, "big") + payload

    def ask(self, path):
        """Return a new connection, on which a WebSocket is asked for."""
        peer = socket.create_connection(("127.0.0.1", self.port), TIMEOUT)
        self.peers.add(peer)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.sendall((REQUEST % (path, self.port)).encode())
        return peer

    def opened(self, peer):
        """Wait for the end of the opening handshake."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = peer.recv(4096)
            if not data:
                raise Wrong(f"it ended the opening handshake after {head!r}")
            head += data
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Wrong(f"it answered {head!r}")

    def connect(self, path):
        """Return an open connection."""
        peer = self.ask(path)
        self.opened(peer)
        return peer

    def end(self, peer):
        """Begin to close the connection, as a WebSocket where it is one."""
        if self.raw:
            peer.shutdown(socket.SHUT_WR)
        else:
            peer.sendall(CLOSE)

    def ended(self, peer):
        """Wait for the server to end the connection too."""
        while peer.recv_into(self.buffer):
            pass
        peer.close()
        self.peers.discard(peer)

    def abandon(self):
        """Close what is still open, after an error."""
        for peer in self.peers:
            peer.close()
        self.peers.clear()

    def close(self, peer):
        """Close the connection, both steps of it."""
        self.end(peer)
        self.ended(peer)

    def receive(self, peer, size):
        """Receive `size` bytes, whatever they are."""
        buffer = self.buffer
        while size > 0:
            count = peer.recv_into(buffer, min(size, len(buffer)))
            if not count:
                raise Wrong("it closed the connection")
            size -= count

    def check(self, peer, expected):
        """Receive `expected`, and nothing else."""
        data = bytearray()
        while len(data) < len(expected):
            part = peer.recv(len(expected) - len(data))
            if not part:
                raise Wrong("it closed the connection")
            data += part
        if data != expected:
            raise Wrong(f"it answered {bytes(data[:40])!r}, and {expected[:40]!r} was expected")


class Stretch:
    """The time that counts."""

    def __init__(self, target, seconds):
        self.target = target
        self.cpu = cpu_seconds(target.pid)
        self.own = time.thread_time()
        self.start = self.now = time.perf_counter()
        self.end = self.start + seconds

    def goes_on(self):
        self.now = time.perf_counter()
        return self.now < self.end

    def rate(self, count):
        """Return how many of `count` there were in a second, by the last look at the clock."""
        lasted = self.now - self.start
        if self.cpu is not None:
            used = cpu_seconds(self.target.pid) - self.cpu
            self.target.busy = used / lasted
            self.target.other = (time.thread_time() - self.own) / used if used else None
        return count / lasted


def echo(target, payload, opcode, batch, seconds):
    """Return messages per second: `batch` of them go out at once, and are all awaited."""
    peer = target.connect("/echo")
    sent = target.message(payload, opcode) * batch
    expected = target.answer(payload, opcode) * batch
    size = len(expected)
    warm = Stretch(target, seconds / 10)
    while warm.goes_on():
        peer.sendall(sent)
        target.check(peer, expected)
    count = 0
    stretch = Stretch(target, seconds)
    while stretch.goes_on():
        peer.sendall(sent)
        target.receive(peer, size)
        count += batch
    rate = stretch.rate(count)
    target.close(peer)
    return rate


def round_trips(target, seconds):
    return echo(target, SHORT, OP_TEXT, 1, seconds)


def pipelined(target, seconds):
    return echo(target, SHORT, OP_TEXT, 100, seconds)


def megabytes(size):
    """Return the row function that measures the echo of `size` bytes in MB/s: what one direction carries."""
    payload = os.urandom(size)
    return lambda target, seconds: echo(target, payload, OP_BINARY, 1, seconds) * size / 1e6


def stream(target, seconds):
    """Return messages per second that the server sends by itself."""
    peer = target.connect("/stream")
    size = len(target.answer(KIB))
    peer.sendall(target.message(b"2", OP_TEXT))
    target.check(peer, target.answer(KIB) * 2)

    def take(count):
        stretch = Stretch(target, seconds)
        peer.sendall(target.message(b"%d" % count, OP_TEXT))
        target.receive(peer, count * size)
        stretch.goes_on()
        return stretch.rate(count)

    rate = take(500)
    rate = take(max(500, int(rate * seconds / 10)))  # what follows is to last as long as it should
    rate = take(max(500, int(rate * seconds)))
    target.close(peer)
    return rate


class Crowd:
    """Many open connections."""

    def __init__(self, target, path, count):
        self.target = target
        self.selector = selectors.DefaultSelector()
        self.peers = []
        for _ in range(count):
            peer = target.connect(path)
            self.peers.append(peer)
            self.selector.register(peer, selectors.EVENT_READ)

    def ready(self):
        """Return (key, events) for each connection on which something came; key.fileobj is the connection."""
        events = self.selector.select(TIMEOUT)
        if not events:
            raise Wrong(f"it sent nothing for {TIMEOUT} s")
        return events

    def close(self):
        self.selector.close()
        for peer in self.peers:
            self.target.end(peer)
        for peer in self.peers:
            self.target.ended(peer)


def hundred(target, seconds):
    """Return messages per second, round trips on 100 connections at the same time."""
    crowd = Crowd(target, "/echo", 100)
    sent, expected = target.message(SHORT, OP_TEXT), target.answer(SHORT, OP_TEXT)
    for peer in crowd.peers:
        peer.sendall(sent)
        target.check(peer, expected)
    size, buffer = len(expected), target.buffer
    for peer in crowd.peers:
        peer.sendall(sent)
    count = 0
    stretch = Stretch(target, seconds)
    while stretch.goes_on():
        for key, _ in crowd.ready():
            peer = key.fileobj
            if peer.recv_into(buffer, size) != size:
                raise Wrong("it sent half a message, or none")
            peer.send(sent)
            count += 1
    rate = stretch.rate(count)
    for peer in crowd.peers:
        target.receive(peer, size)
    crowd.close()
    return rate


def broadcast(target, seconds):
    """Return messages per second that reach one of 1,000 clients."""
    crowd = Crowd(target, "/broadcast", 1000)
    first, sent, expected = crowd.peers[0], target.message(b"go", OP_TEXT), target.answer(NOTE)
    first.sendall(sent)
    for peer in crowd.peers:
        target.check(peer, expected)
    all_bytes, buffer = len(expected) * len(crowd.peers), target.buffer
    count = 0
    stretch = Stretch(target, seconds)
    while stretch.goes_on():
        first.sendall(sent)
        left = all_bytes
        while left:
            for key, _ in crowd.ready():
                size = key.fileobj.recv_into(buffer)
                if not size:
                    raise Wrong("it closed a connection")
                left -= size
        count += len(crowd.peers)
    rate = stretch.rate(count)
    crowd.close()
    return rate


def opening(target, seconds):
    """Return connections per second that are opened and closed: BATCH at once, so that the server never waits."""
    open_and_close(target)
    count = 0
    stretch = Stretch(target, seconds)
    while stretch.goes_on():
        open_and_close(target)
        count += BATCH
    return stretch.rate(count)


def open_and_close(target):
    peers = [target.ask("/echo") for _ in range(BATCH)]
    for peer in peers:
        target.opened(peer)
        target.end(peer)
    for peer in peers:
        target.ended(peer)


def memory(target, seconds):
    """Return KiB of memory that each of 1,000 idle connections adds to a server that has just been started."""
    warm = Crowd(target, "/echo", 20)
    before = resident(target.pid)
    idle = Crowd(target, "/echo", 1000)
    idle.peers[-1].sendall(target.message(SHORT, OP_TEXT))
    target.check(idle.peers[-1], target.answer(SHORT, OP_TEXT))  # by now all handlers run
    added = resident(target.pid) - before
    idle.close()
    warm.close()
    return added / 1000


ROWS = {
    "server-round-trips": round_trips,
    "server-pipelined": pipelined,
    "server-64k": megabytes(65536),
    "server-1m": megabytes(1 << 20),
    "server-stream": stream,
    "server-100": hundred,
    "server-broadcast": broadcast,
    "server-open": opening,
    "server-memory": memory,
}
