"""The client of lessons 07 and 08, complete: AsyncWebsocketClient on asyncio's streams, for CPython.

    client = AsyncWebsocketClient()
    await client.handshake("ws://127.0.0.1:8765/")
    await client.send("hello")
    print(await client.recv())
    await client.close()

It is built in steps: each class adds to the one before what had been missing, and each is at
most as long as a cell of a notebook. What is written in a lesson stands here in the same words.
Sections are those of RFC 6455. How it compares with lib/pocketws: docs/student-client.md.
"""

import asyncio
import contextlib
import os
import random
import ssl
from collections import deque

from pocketws.exceptions import PayloadTooBig, ProtocolError
from pocketws.frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_CONT,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    Frame,
    FrameParser,
    decode_close,
    encode_close,
)
from pocketws.handshake import build_request, check_response, generate_key, parse_uri
from pocketws.http import ResponseParser

MAX_SIZE = 1 << 20  # bytes of a message
MAX_QUEUE = 16  # messages that wait for recv()
OPEN_TIMEOUT = 10  # seconds
CLOSE_TIMEOUT = 5  # seconds


# ---------------------------------------------------------------- lesson 07


async def shake_hands(reader, writer, place, headers=(), subprotocols=(), origin=None):
    """Open the WebSocket on a TCP connection; return the subprotocol (str or None). Section 4.1."""
    key = generate_key()
    writer.write(build_request(place, key, subprotocols, (), origin, headers).serialize())
    head = await reader.readuntil(b"\r\n\r\n")  # no more: what follows it are frames
    parser = ResponseParser()
    response = parser.feed(head) or parser.feed_eof()  # only a refusal has a body, which nobody reads
    return check_response(response, key, subprotocols)[0]


class FrameSender:
    """Sends frames, and messages of one frame each."""

    chunk = 65536  # bytes written or read at a time

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def new_key(self):
        return os.urandom(4)

    async def send_frame(self, opcode, data=b""):
        wire = Frame(opcode, data).serialize(self.new_key())
        for at in range(0, len(wire), self.chunk):
            self.writer.write(wire[at : at + self.chunk])
            await self.writer.drain()

    async def send(self, message):
        text = isinstance(message, str)
        await self.send_frame(OP_TEXT if text else OP_BINARY, message.encode() if text else message)


class FrameStream(FrameSender):
    """Receives frames, too."""

    def __init__(self, reader, writer):
        super().__init__(reader, writer)
        self.parser = FrameParser(masked=False)

    async def recv_frame(self):
        while (frame := self.parser.next_frame()) is None:
            data = await self.reader.read(self.chunk)
            if not data:
                raise EOFError("TCP has ended")
            self.parser.feed(data)
        return frame

    async def wait_end(self):
        while await self.reader.read(self.chunk):
            pass  # what comes after the last frame that counts


# ---------------------------------------------------------------- given


class Inbox:
    """Messages that wait for recv(), at most MAX_QUEUE: like asyncio.Queue, but it can end."""

    def __init__(self):
        self.messages, self.ended, self.news = deque(), False, asyncio.Condition()

    async def put(self, message):
        """Add a message, once there is room. After the end, it is dropped."""
        async with self.news:
            await self.news.wait_for(lambda: len(self.messages) < MAX_QUEUE or self.ended)
            if not self.ended:
                self.messages.append(message)
            self.news.notify_all()

    async def get(self):
        """Return the next message, or None once there are no more. Cancelling it loses none."""
        async with self.news:
            await self.news.wait_for(lambda: self.messages or self.ended)
            self.news.notify_all()
            return self.messages.popleft() if self.messages else None

    async def end(self, drop=False):
        """Take no more; drop: forget what is there, too."""
        async with self.news:
            self.ended = True
            if drop:
                self.messages.clear()
            self.news.notify_all()


async def open_connection(kind, place, tls=None, *asked):
    """Return an open connection, a `kind` of FrameSender. Raises TimeoutError, OSError, EOFError, InvalidHandshake.

    place: WebSocketURI. tls: SSLContext for wss. asked: what shake_hands() takes after that.
    """
    async with asyncio.timeout(OPEN_TIMEOUT):
        reader, writer = await asyncio.open_connection(place.host, place.port, ssl=tls)
        try:
            subprotocol = await shake_hands(reader, writer, place, *asked)
        except BaseException:
            writer.transport.abort()
            raise
    connection = kind(reader, writer)
    connection.subprotocol = subprotocol
    return connection


def tls_context(keyfile=None, certfile=None, cafile=None, cert_reqs=2):
    """Return an SSLContext, as handshake() understands its arguments: files by their paths, in PEM."""
    if cert_reqs not in (0, 1, 2):
        raise ValueError(f"cert_reqs is {cert_reqs!r}; expected 0, 1 or 2")
    context = ssl.create_default_context(cafile=cafile)  # verifies name, dates and CA
    if cert_reqs == 0 or (cert_reqs == 1 and cafile is None):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certfile is not None:
        context.load_cert_chain(certfile, keyfile)
    return context


class Opening:
    """What AsyncWebsocketClient does before its connection is open.

    kind: the class of its connections. connection: the last one, or None.

    WARNING: by default, wss:// VERIFIES NOTHING. That default belongs to the API of boards:
    pass cert_reqs=2, and cafile= where the server's CA is not one that the system trusts.
    """

    kind = None

    def __init__(self, ms_delay_for_read=5):
        self.ms_delay_for_read = self.delay_read = ms_delay_for_read  # nobody polls any more: lesson 06
        self.connection = self.attempt = None

    async def handshake(self, uri, headers=[], keyfile=None, certfile=None, cafile=None, cert_reqs=0):  # noqa: B006
        """Connect. Return True, or False if close() or another handshake() came in between."""
        await self._give_up()
        attempt = self.attempt = object()
        place = parse_uri(uri)
        tls = tls_context(keyfile, certfile, cafile, cert_reqs) if place.secure else None
        connection = await open_connection(self.kind, place, tls, *sort_headers(headers, place))
        if self.attempt is not attempt:
            await connection.close()
            return False
        self.connection = connection
        return True

    async def _give_up(self):
        """Close the connection, if there is one, and let no handshake() that goes on make another."""
        self.attempt = None
        if self.connection:
            await self.connection.close()


def sort_headers(headers, place):
    """Return (headers, subprotocols, origin) for shake_hands, from the pairs or dict given to handshake()."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    others, subprotocols = [], []
    host = f"[{place.host}]" if ":" in place.host else place.host
    origin = f"http://{host}:{place.port}"
    for name, value in pairs:
        name, value = (each.decode() if isinstance(each, bytes) else str(each) for each in (name, value))
        if name.lower() == "origin":
            origin = value
        elif name.lower() == "sec-websocket-protocol":
            subprotocols += [each.strip() for each in value.split(",")]
        else:
            others.append((name, value))
    return others, subprotocols, origin


# ---------------------------------------------------------------- lesson 08


class OneWriter(FrameStream):
    """Lets one frame out at a time, and no message after our Close frame (section 5.5.1)."""

    def __init__(self, reader, writer):
        super().__init__(reader, writer)
        self.lock, self.closing = asyncio.Lock(), False

    async def send_frame(self, opcode, data=b""):
        async with self.lock:
            if self.closing and opcode != OP_PONG:
                raise ConnectionError("our Close frame has been sent")
            self.closing = self.closing or opcode == OP_CLOSE
            try:
                await super().send_frame(opcode, data)
            except asyncio.CancelledError:  # perhaps in the middle of the frame: nothing can follow
                self.writer.transport.abort()
                raise


class OneReader(OneWriter):
    """Reads in a task of its own, from the first frame to the last. Lets recv() take messages from an inbox."""

    def __init__(self, reader, writer):
        super().__init__(reader, writer)
        self.inbox, self.over = Inbox(), False
        self.reading = asyncio.create_task(self.read_all())

    async def read_all(self):
        with contextlib.suppress(OSError, EOFError):  # TCP has ended
            while not self.over:
                await self.step()
        await self.inbox.end()

    async def step(self):
        await self.take(await self.recv_frame())

    async def recv(self):
        return await self.inbox.get()


class Answering(OneReader):
    """Answers pings (section 5.5.2), and takes messages of one frame."""

    async def take(self, frame):
        if frame.opcode == OP_PING:
            await self.send_frame(OP_PONG, frame.data)
        elif frame.opcode in (OP_TEXT, OP_BINARY):
            await self.inbox.put(frame.data.decode() if frame.opcode == OP_TEXT else bytes(frame.data))


class Joining(Answering):
    """Joins the fragments of a message (section 5.4)."""

    first, parts = None, b""  # of the message under way: the opcode, and what has come

    async def take(self, frame):
        if frame.opcode not in (OP_TEXT, OP_BINARY, OP_CONT):
            return await super().take(frame)
        if (frame.opcode == OP_CONT) != (self.first is not None):
            raise ProtocolError("a message inside a message, or a rest without a beginning", "5.4")
        if frame.opcode != OP_CONT:
            self.first, self.parts = frame.opcode, bytearray()
        self.parts += frame.data
        if frame.fin:
            whole = Frame(self.first, self.parts)
            self.first, self.parts = None, b""
            await super().take(whole)


class Strict(Joining):
    """Ends the connection at the first broken rule or limit, and says why (section 7.1.7)."""

    async def step(self):
        try:
            self.parser.max_size = MAX_SIZE - len(self.parts)
            await super().step()
        except (ProtocolError, PayloadTooBig, UnicodeError) as error:
            self.over = True
            code = getattr(error, "close_code", 1007)  # a UnicodeError has none
            await self.send_frame(OP_CLOSE, encode_close(code, str(error)[:100]))


class Closing(Strict):
    """Answers a Close frame, and keeps what it says (section 5.5.1)."""

    close_code, close_reason = 1006, ""  # until a Close frame says otherwise

    async def take(self, frame):
        if frame.opcode != OP_CLOSE:
            return await super().take(frame)
        self.close_code, self.close_reason = decode_close(frame.data)
        self.over = True
        if not self.closing:
            await self.send_frame(OP_CLOSE, frame.data)

    def is_open(self):
        return bool(self.inbox.messages) or not (self.closing or self.inbox.ended)

    async def wait_closed(self):
        await asyncio.wait([self.reading])


class Connection(Closing):
    """Lets the server end TCP first (section 7.1.1), but does not wait for ever."""

    async def read_all(self):
        await super().read_all()
        with contextlib.suppress(OSError):  # TimeoutError is one
            await asyncio.wait_for(self.wait_end(), CLOSE_TIMEOUT)
        self.writer.transport.abort()

    async def close(self, code=1000, reason=""):
        await self.inbox.end(drop=True)  # nobody wants what comes now
        with contextlib.suppress(OSError):  # a Close frame was sent before, or TCP has ended, or nobody reads
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self.send_frame(OP_CLOSE, encode_close(code, reason))
        await asyncio.wait([self.reading], timeout=CLOSE_TIMEOUT)
        self.writer.transport.abort()
        await self.wait_closed()


class AsyncWebsocketClient(Opening):
    """The API that programs on boards know, as in lib/async_websocketclient.py."""

    kind = Connection

    async def send(self, buf):
        if self.connection:
            with contextlib.suppress(OSError):  # it has ended: recv() tells
                await self.connection.send(buf)

    async def recv(self):
        return await self.connection.recv() if self.connection else None

    async def close(self):
        return await self.open(False)

    async def open(self, new_val=None):
        if new_val is not None and not new_val:
            await self._give_up()
        return bool(self.connection and self.connection.is_open())


def backoff(first=0.5, longest=30.0):
    """Yield the seconds to wait before each new attempt: twice as long each time, up to `longest`, less a random part.

    Without it, a thousand clients of a server that restarts would all come back in the same moment.
    """
    seconds = first
    while True:
        yield seconds * random.uniform(0.5, 1.0)
        seconds = min(2 * seconds, longest)


async def reconnect(client, uri, delays):
    """Connect, and try again after each of `delays` (seconds) while the network fails. Tell whether it is open."""
    for delay in delays:
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):  # not InvalidHandshake: what a server refuses, it refuses again
            await asyncio.sleep(delay)
    return False
