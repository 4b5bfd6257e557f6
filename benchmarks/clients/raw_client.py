"""On nothing but asyncio: what a client can reach at most; see benchmarks/clients.

It sends each message in a frame that it has built once, and takes for granted that each
message that comes is as long as the first.
"""

import asyncio
from collections import deque
from urllib.parse import urlsplit

from benchmarks.servers.load import CLOSE, KEY, REQUEST
from pocketws.frames import OP_BINARY, OP_TEXT, Frame, decode_header


class Raw(asyncio.Protocol):
    def __init__(self, text):
        self.text = text
        self.opened = self.closing = self.closed = False
        self.rest = b""
        self.frames = {}  # by their messages
        self.sizes = None  # of a frame that comes: its header's, and its own
        self.queue = deque()
        self.waiter = None
        self.room = None  # an Event, while there is none

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.closed = True
        self.wake()

    def pause_writing(self):
        self.room = asyncio.Event()

    def resume_writing(self):
        self.room.set()
        self.room = None

    def wake(self):
        if self.waiter is not None:
            self.waiter.set_result(None)
            self.waiter = None

    async def wait(self):
        self.waiter = asyncio.get_running_loop().create_future()
        await self.waiter

    def data_received(self, data):
        if self.closing:
            return
        data = self.rest + data if self.rest else data
        at, size = 0, len(data)
        if not self.opened:
            end = data.find(b"\r\n\r\n")
            if end >= 0:
                self.opened = True
                at = end + 4
        elif self.sizes is None and (header := decode_header(data)) is not None:
            self.sizes = header.size, header.size + header.length
        if self.sizes is not None:
            head, whole = self.sizes
            while size - at >= whole:
                payload = data[at + head : at + whole]
                self.queue.append(payload.decode() if self.text else payload)
                at += whole
        self.rest = data[at:]
        if self.queue or self.opened:
            self.wake()

    async def send(self, message):
        frame = self.frames.get(message)
        if frame is None:
            payload = message.encode() if self.text else message
            frame = Frame(OP_TEXT if self.text else OP_BINARY, payload).serialize(KEY)
            self.frames[message] = frame
        self.transport.write(frame)
        if self.room is not None:
            await self.room.wait()

    async def recv(self):
        while not self.queue:
            if self.closed:
                raise ConnectionError("closed")
            await self.wait()
        return self.queue.popleft()

    async def close(self):
        self.closing = True
        self.transport.write(CLOSE)
        while not self.closed:
            await self.wait()


async def connect(url, text):
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    transport, raw = await loop.create_connection(lambda: Raw(text), parts.hostname, parts.port)
    transport.write((REQUEST % (parts.path, parts.port)).encode())
    while not raw.opened:
        await raw.wait()
    return raw.send, raw.recv, raw.close
