"""A toy of the attack that masking stops: RFC 6455 section 10.3, on loopback.

    toy = await toycache.start()
    await toy.visit("library.example", "/counter.js")    # a visitor asks, through the cache
    await toy.lure(frame)                                # a browser on the attacker's page sends this frame

Three servers run: the library, the attacker, and between them and all visitors a proxy
that keeps answers. Like the proxies of the experiment that section 10.3 tells of, it
knows nothing of WebSocket, takes whatever looks like a GET request for one, and files
the answer under the Host that the request names, whichever server gave it.

What is simplified: it speaks of hosts where a real one has addresses, it knows no other
method than GET, and it keeps what it stored until `forget`.
"""

import asyncio
import contextlib
import re
from collections import deque

from pocketws.exceptions import ProtocolError
from pocketws.frames import FrameParser
from pocketws.handshake import accept_key

from . import servers

LIBRARY, ATTACKER = "library.example", "attacker.example"
SCRIPT = "/counter.js"
GOOD, EVIL = "count_visit()", "steal_password()"  # what the script holds, and what the attacker wants it to hold
SECONDS = 5  # how long a visitor waits for anything
MOST = 1 << 16  # bytes that are kept of what may yet become a request or an answer

_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of the example handshake, RFC 6455 section 1.3
_REQUEST = re.compile(rb"GET (/[^ \r\n]*) HTTP/1\.1\r\n((?:[^\r\n]+\r\n)*)\r\n")
_ANSWER = re.compile(rb"HTTP/1\.1 (\d\d\d) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")


async def start():
    """Start the library, the attacker and the cache; return the Toy. Those of an earlier start make room."""
    toy = Toy()
    toy.addresses[LIBRARY] = await servers.listen("library", toy.library)
    toy.addresses[ATTACKER] = await servers.listen("attacker", toy.attacker)
    toy.cache_address = await servers.listen("cache", toy.cache)
    return toy


class Toy:
    """The three servers, and the people who use them.

    stored: dict, {host and path: the whole answer in bytes}, what the cache keeps.
    log: list of str, what the cache did. asked: int, how many requests reached the library.
    received: list of bytes, the payloads that reached the attacker's server, unmasked.
    """

    def __init__(self):
        self.addresses = {}
        self.cache_address = ""
        self.stored = {}
        self.log = []
        self.asked = 0
        self.received = []

    def forget(self):
        """Empty the cache and its log, as if all that it stored had grown old."""
        self.stored.clear()
        self.log.clear()

    # ---- those who ask

    async def visit(self, host, path):
        """Ask for `path` (str) of `host` (str) through the cache; return the body of the answer: str."""
        async with _connection(self.cache_address) as (reader, writer):
            writer.write(_request(host, path))
            return await _body(reader)

    async def lure(self, frame):
        """Be a browser on the attacker's page: open a WebSocket to the attacker's server, and send `frame` (bytes).

        Returns when the answer is here, or no answer came in time.
        """
        if not isinstance(frame, bytes | bytearray):
            raise TypeError(f"the browser sends a frame, which is bytes, not {type(frame).__name__}")
        async with _connection(self.cache_address) as (reader, writer):
            upgrade = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {_KEY}\r\n"
            writer.write(_request(ATTACKER, "/chat", upgrade + "Sec-WebSocket-Version: 13\r\n"))
            await _body(reader)
            writer.write(frame)
            with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError):
                await _body(reader)

    # ---- those who answer

    async def library(self, reader, writer):
        """Serve one connection as the library: honest HTTP."""
        while request := await _next_request(reader):
            self.asked += 1
            found = request[1].decode(errors="replace") == SCRIPT
            writer.write(_answer("200 OK", GOOD) if found else _answer("404 Not Found", "no such page"))
            await writer.drain()

    async def attacker(self, reader, writer):
        """Serve one connection as the attacker: agree to WebSocket, and answer each frame with HTTP.

        It can read masked frames as well as others: the key is in them.
        """
        if await _next_request(reader) is None:
            return
        accept = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept_key(_KEY)}\r\n"
        writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{accept}\r\n".encode())
        parser = FrameParser(max_size=MOST)
        with contextlib.suppress(ProtocolError):
            while data := await reader.read(MOST):
                parser.feed(data)
                while frame := parser.next_frame():
                    self.received.append(bytes(frame.data))
                    writer.write(_answer("200 OK", EVIL))
                await writer.drain()

    async def cache(self, reader, writer):
        """Serve one connection as the cache."""
        await _Passage(self, reader, writer).run()


class _Passage:
    """One connection through the cache. All bytes pass; on the way they are read as HTTP, whatever they are."""

    def __init__(self, toy, reader, writer):
        self.toy = toy
        self.reader, self.writer = reader, writer  # to the visitor
        self.host = ""  # whose server this connection leads to: the Host of its first request
        self.server = None  # the writer to that server
        self.waiting = deque()  # the requests, host and path, whose answers are on their way
        self.answers = None  # the task that brings them

    async def run(self):
        data, sent = b"", 0  # data[:sent] is passed on already, and only looked at again
        try:
            while more := await self.reader.read(MOST):
                data += more
                while found := _REQUEST.search(data):
                    start = max(sent, found.start())
                    await self._pass_on(data[sent:start])
                    await self._request(found, data[start : found.end()])
                    data, sent = data[found.end() :], 0
                if self.server:
                    await self._pass_on(data[sent:])
                    sent = len(data)
                data = data[-MOST:]
                sent = min(sent, len(data))
        finally:
            if self.server:
                self.server.close()
                self.answers.cancel()
                await asyncio.wait([self.answers])

    async def _pass_on(self, data):
        if self.server and data:
            self.server.write(data)
            await self.server.drain()

    async def _request(self, found, unsent):
        """Answer the request, a match of _REQUEST, from the store, or pass on what is still `unsent` of it."""
        lines = re.search(rb"^host: *(\S+)", found[2], re.IGNORECASE | re.MULTILINE)
        host = lines[1].decode(errors="replace") if lines else self.host
        name = host + found[1].decode(errors="replace")
        if name in self.toy.stored and unsent == found[0] and not self.waiting:
            self.toy.log.append(f"GET {name}, answered from the store")
            self.writer.write(self.toy.stored[name])
            await self.writer.drain()
            return
        if not self.server:
            if host not in self.toy.addresses:
                self.writer.write(_answer("502 Bad Gateway", "no such host"))
                return
            reader, self.server = await asyncio.open_connection(*_split(self.toy.addresses[host]))
            self.host = host
            self.answers = asyncio.create_task(self._bring(reader), name="toy cache")
        self.toy.log.append(f"GET {name}, sent on to {self.host}")
        self.waiting.append(name)
        await self._pass_on(unsent)

    async def _bring(self, reader):
        """Pass on what the server sends, and store what looks like the answer to a request."""
        data = b""
        with contextlib.suppress(ConnectionError):
            while more := await reader.read(MOST):
                data = (data + more)[-MOST:] if self.waiting else b""
                while self.waiting and (answer := _whole_answer(data)):
                    name = self.waiting.popleft()
                    if answer.status == 200:
                        self.toy.stored[name] = answer.all
                        self.toy.log.append(f"answer stored as {name}")
                    data = data[answer.end :]
                self.writer.write(more)
                await self.writer.drain()
        self.writer.close()


class _Answer:
    """An HTTP answer found in a stream: its status (int), all of it and its body (bytes), and where it ends."""

    def __init__(self, status, whole, body, end):
        self.status, self.all, self.body, self.end = status, whole, body, end


def _whole_answer(data):
    """Return the first _Answer in `data` (bytes), or None while it is not all there."""
    found = _ANSWER.search(data)
    if not found:
        return None
    length = re.search(rb"^content-length: *(\d{1,9})", found[2], re.IGNORECASE | re.MULTILINE)
    end = found.end() + int(length[1] if length else 0)
    if len(data) < end:
        return None
    return _Answer(int(found[1]), data[found.start() : end], data[found.end() : end], end)


def _request(host, path, lines=""):
    """Return a GET request as bytes."""
    if re.search(r"[^!-~]", host + path) or not path.startswith("/"):
        raise ValueError(f"a path begins with / and has no spaces, and a host has none either: {host!r}, {path!r}")
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode()


def _answer(status, body):
    """Return an HTTP answer as bytes."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def _next_request(reader):
    """Return the next request that arrives, as a match, or None if the stream ends or is none of HTTP."""
    try:
        return _REQUEST.fullmatch(await reader.readuntil(b"\r\n\r\n"))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None


async def _body(reader):
    """Return the body of the next answer, as str; raise TimeoutError if it does not come."""
    data = b""
    async with asyncio.timeout(SECONDS):
        while not (answer := _whole_answer(data)):
            more = await reader.read(MOST)
            if not more:
                raise asyncio.IncompleteReadError(data, None)
            data += more
    return answer.body.decode(errors="replace")


@contextlib.asynccontextmanager
async def _connection(address):
    """Give (reader, writer) to `address`, "host:port"; closed at the end."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(*_split(address))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def _split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)
