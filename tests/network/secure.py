"""What the tests of wss:// and of compression share: servers, and ways to end a connection."""

import asyncio
import contextlib
import socket
import ssl

import pytest
import websockets

import pocketws
from tests.network.raw import RESET, RawServer

LATE = 5  # seconds: half of the time-outs that connect() and serve() have by default
CLOSED = (pocketws.ConnectionClosed, websockets.ConnectionClosed)
UNKNOWN = "the certificate is self-signed, or signed by a CA that is not trusted here"
HOST = "the certificate is for another host"
EXPIRED = "the certificate has expired"
EARLY = "the certificate is not valid yet"
CUT = "the other side broke off in the TLS handshake"
REJECTED = "the other side refuses the certificate"
NOT_TLS = "the other side does not speak TLS"
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
LIBRARIES = [pocketws, websockets]


def by_library(name):
    return pytest.mark.parametrize(name, LIBRARIES, ids=[library.__name__ for library in LIBRARIES])


def in_all_pairs(test):
    return by_library("theirs")(by_library("ours")(test))


def port_of(listening):
    return listening.sockets[0].getsockname()[1]


def url(listening, host="localhost", scheme="wss"):
    return f"{scheme}://{host}:{port_of(listening)}/"


async def echo(ws):
    with contextlib.suppress(pocketws.ConnectionClosed, websockets.ConnectionClosed):
        async for message in ws:
            await ws.send(message)


async def never(ws):
    raise AssertionError("no one was to come this far")


async def fails(error, awaitable):
    with pytest.raises(error) as caught:
        await awaitable
    return caught.value


def words_of(error):
    """Return what pocketws says about an exception of connect(): its note, or the end of its text."""
    return "".join(getattr(error, "__notes__", [])) or str(error).partition("; ")[2]


async def check_serves(listening, context):
    """Check that a server is as good as new."""
    async with pocketws.connect(url(listening), ssl=context) as ws:
        await ws.send("next")
        assert await ws.recv() == "next"
    assert ws.close_code == 1000


def ending(error):
    """Return what a ConnectionClosed tells: (its class, code received, code sent)."""
    codes = [close and int(close.code) for close in (error.rcvd, error.sent)]
    return type(error).__name__, *codes


class Endings:
    """A handler that does what the client asks for, and notes how each connection ends."""

    def __init__(self):
        self.seen = asyncio.Queue()

    async def __call__(self, ws):
        try:
            while True:
                message = await ws.recv()
                if message == "close":
                    await ws.close(4001, "bye")
                elif message == "fail":
                    self.seen.put_nowait("failed")
                    raise ValueError("boom")
                else:
                    await ws.send(message)
        except CLOSED as error:
            self.seen.put_nowait((ending(error), error.__cause__))

    async def next(self):
        """Return the next ending, without its cause."""
        seen = await self.seen.get()
        return seen if isinstance(seen, str) else seen[0]


class SecureServer(RawServer):
    """A RawServer that speaks TLS."""

    def __init__(self, script, context):
        super().__init__(script)
        self._context = context

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0, ssl=self._context)
        self.url = url(self._server)
        return self


class Relay:
    """Hands on what clients and a server say, until cut() ends the connections without a word of TLS.

    count: int, bytes so far.
    """

    def __init__(self, listening):
        self.count = 0
        self._port = port_of(listening)
        self._ends = []
        self._tasks = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.url = url(self._server)
        return self

    async def _accepted(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends += [writer, back]
        self._tasks += [asyncio.create_task(self._hand_on(*ends)) for ends in ((reader, back), (there, writer))]

    async def _hand_on(self, reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self.count += len(data)
                writer.write(data)
            writer.close()

    def cut(self, reset):
        for writer in self._ends:
            if reset:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                writer.transport.abort()
            else:
                writer.close()

    async def __aexit__(self, kind, error, traceback):
        self.cut(reset=False)
        self._server.close()
        await self._server.wait_closed()
        await asyncio.gather(*self._tasks)


@contextlib.asynccontextmanager
async def idle_client(port, said=b""):
    """Give a coroutine function that waits until the server ends a connection on which it gets `said` and no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ended():
        with contextlib.suppress(ConnectionError):
            while await reader.read(1000):
                pass

    try:
        writer.write(said)
        yield ended
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def to(location):
    """Return a process_request that redirects to `location`."""

    def answer(connection, request):
        response = connection.respond(302, "")
        response.headers["Location"] = location
        return response

    return answer
