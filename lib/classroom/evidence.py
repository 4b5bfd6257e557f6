"""The stand of lesson 09: a server that says exactly what you tell it to, and what a client makes of that.

    seen = await trial(BrokenClient, bytes.fromhex("81 02 48 69"))
    seen.received                   # ["Hi", None]

and `echo`, the program that the conformance suite wants of a client under test.
"""

import asyncio
import contextlib
from collections import namedtuple

from pocketws.handshake import accept_key
from pocketws.http import RequestParser

from .messages import frames_in

SECONDS = 5  # for anything that a client or the server does
MOST = 50  # messages that are taken from a client

# received: list of what handshake() and recv() gave: messages, None at the end, or the exception that ended it.
# asked: str, the path and query in the client's request; "" if there was none.
# sent: list of pairs (name, payload), the frames that the client sent; without those that a TCP reset has taken along.
Seen = namedtuple("Seen", "received asked sent")

# What a right server answers. In a line, {accept} stands for the answer to the client's key, {key} for the key.
RESPONSE = (
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: {accept}",
)


async def trial(client_class, sends=b"", response=RESPONSE, tail="/"):
    """Let a new client of `client_class` connect to a server that follows a script; return what was Seen.

    The server sends the lines of `response` (str), then the bytes `sends`, and ends its side of
    TCP. The client receives until recv() returns None or raises an exception.

    client_class: has the interface of AsyncWebsocketClient. tail: str, what follows the port in the URL.
    """
    server = _Scripted(response, sends)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    client = client_class()
    try:
        received = await _received(client, f"ws://127.0.0.1:{port}{tail}")
    finally:
        with contextlib.suppress(Exception):  # of a client that is under suspicion
            async with asyncio.timeout(SECONDS):
                await client.close()
        listener.close()
    if server.began:
        await server.done.wait()
    return Seen(received, server.asked, server.sent())


async def _received(client, url):
    """Return what the client's program gets: messages, and then None or an exception."""
    received = []
    try:
        async with asyncio.timeout(SECONDS):
            await client.handshake(url)
            while len(received) < MOST:
                received.append(await client.recv())
                if received[-1] is None:
                    break
    except Exception as error:
        received.append(error)
    return received


class _Scripted:
    """The server's side of one connection."""

    def __init__(self, response, sends):
        self.response, self.sends = response, sends
        self.asked, self.data = "", b""
        self.began, self.done = False, asyncio.Event()

    async def serve(self, reader, writer):
        self.began = True
        try:
            async with asyncio.timeout(SECONDS):
                await self._follow(reader, writer)
        except (OSError, EOFError, TimeoutError):
            pass  # the client has left, or does not say what it should: that is what we want to see
        finally:
            writer.close()
            self.done.set()

    async def _follow(self, reader, writer):
        request = RequestParser().feed(await reader.readuntil(b"\r\n\r\n"))
        self.asked = request.path
        key = request.headers.get("Sec-WebSocket-Key", "")
        lines = [line.replace("{accept}", accept_key(key)).replace("{key}", key) for line in self.response]
        writer.write("".join(line + "\r\n" for line in [*lines, ""]).encode() + self.sends)
        writer.write_eof()
        while piece := await reader.read(1 << 16):
            self.data += piece

    def sent(self):
        try:
            return frames_in(self.data)
        except Exception as error:
            return [("no frame", str(error))]


async def echo(client_class, url):
    """Send each message back, on one connection after the other, until cancelled: what the suite asks of a client."""
    while True:
        client = client_class()
        try:
            await client.handshake(url)
            while (message := await client.recv()) is not None:
                await client.send(message)
        except Exception:
            pass  # the suite breaks rules on purpose: the next connection, please
        await client.close()
