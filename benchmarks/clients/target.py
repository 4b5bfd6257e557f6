"""The server that clients are measured against: sockets, and answers that are built beforehand.

It checks the first message of each connection. From then on it only counts bytes: all
frames of a client are as long as its first one.

    /text     sends back each message, which is TEXT
    /binary   sends back each message, which is BINARY
    /stream   after a message with a number, sends so many messages of 1 KiB

    python -m benchmarks.clients.target     prints its port, and ends when its standard input does
"""

import selectors
import socket
import sys

from benchmarks.clients import BINARY, TEXT
from benchmarks.servers import KIB
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_TEXT, Frame, apply_mask, decode_header
from pocketws.handshake import accept_key
from pocketws.http import RequestParser

EXPECTED = {"/text": Frame(OP_TEXT, TEXT.encode()), "/binary": Frame(OP_BINARY, BINARY)}
OPENED = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)
CLOSE = Frame(OP_CLOSE, (1000).to_bytes(2, "big")).serialize()
CLOSES = 0x80 | OP_CLOSE  # the first byte of a Close frame
MANY = 100  # answers that go out in one call
BUFFER = memoryview(bytearray(1 << 18))


class End(Exception):
    """The connection ends, for the reason that the text gives, if any."""


class Client:
    """One connection: `handle` takes the bytes that come, and is what goes on at the moment."""

    def __init__(self, peer):
        self.peer = peer
        self.handle = self.open
        self.parser = RequestParser()
        self.data = b""  # of the first message

    def open(self, data):
        request = self.parser.feed(bytes(data))
        if request is not None:
            self.path = request.path
            self.peer.sendall((OPENED % accept_key(request.headers["Sec-WebSocket-Key"])).encode())
            self.handle = self.stream if self.path == "/stream" else self.first
            if self.parser.rest:
                self.handle(self.parser.rest)

    def frame(self, data):
        """Return the first Frame that came, once it is complete, or None. Raises End if it is a Close."""
        self.data += data
        header = decode_header(self.data)
        if header is None or len(self.data) < header.size + header.length:
            return None
        if header.opcode == OP_CLOSE:
            self.peer.sendall(CLOSE)
            raise End
        end = header.size + header.length
        payload = apply_mask(self.data[header.size : end], header.mask_key)
        self.data = self.data[end:]
        return Frame(header.opcode, payload, header.fin)

    def first(self, data):
        size = len(self.data) + len(data)
        frame = self.frame(data)
        if frame is None:
            return
        if frame != EXPECTED[self.path]:
            raise End(f"instead of {EXPECTED[self.path]!r}, the client sent {frame!r}: {bytes(frame.data[:40])!r}")
        self.size = size - len(self.data)
        self.partial = 0
        self.answer = frame.serialize()
        self.answers = self.answer * MANY
        self.handle = self.counted
        self.counted(bytes(self.size))
        if self.data:
            self.counted(self.data)

    def counted(self, data):
        if data[0] == CLOSES and not self.partial:
            self.peer.sendall(CLOSE)
            raise End
        count, self.partial = divmod(self.partial + len(data), self.size)
        self.repeat(count)

    def stream(self, data):
        frame = self.frame(data)
        if frame is not None:
            self.answer = Frame(OP_BINARY, KIB).serialize()
            self.answers = self.answer * MANY
            self.repeat(int(frame.data))

    def repeat(self, count):
        """Send the answer so often."""
        while count >= MANY:
            self.peer.sendall(self.answers)
            count -= MANY
        if count:
            self.peer.sendall(self.answers[: count * len(self.answer)])


def serve():
    """Serve until standard input ends."""
    selector = selectors.DefaultSelector()
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    print(listener.getsockname()[1], flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return
            if key.fileobj is listener:
                peer, _ = listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(peer, selectors.EVENT_READ, Client(peer))
                continue
            peer, client = key.fileobj, key.data
            try:
                size = peer.recv_into(BUFFER)
                if not size:
                    raise End
                client.handle(BUFFER[:size])
            except (End, OSError) as reason:
                if str(reason):
                    print(reason, file=sys.stderr)
                selector.unregister(peer)
                peer.close()


if __name__ == "__main__":
    serve()
