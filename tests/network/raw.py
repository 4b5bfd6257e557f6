"""A raw peer: a client or a server that sends any bytes, and looks at every byte that it gets.

    async with RawServer(script) as server:         # script(peer) is called for each client
        ...                                         # connect to server.url
    server.results                                  # what the calls returned, in order

    async with raw_client(port) as peer:
        ...

It never answers anything by itself: not a Ping, and not a Close.
"""

import asyncio
import contextlib
import socket
import struct

from pocketws.exceptions import ProtocolError
from pocketws.frames import OP_CLOSE, OPCODE_NAMES, Frame, FrameParser, decode_close
from pocketws.handshake import accept, build_request, generate_key, parse_uri
from pocketws.http import RequestParser, ResponseParser
from pocketws.protocol import CLIENT, SERVER

KEY = b"\x12\x34\x56\x78"  # any will do to mask with
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, with no time: closing sends RST instead of FIN


class Peer:
    """One end of a TCP connection.

    role: CLIENT or SERVER, what this end plays. over: asyncio.Event, set once the test is over.
    """

    def __init__(self, reader, writer, role, over):
        self.over = over
        self.role = role
        self._reader = reader
        self._writer = writer
        self._frames = FrameParser(masked=role == SERVER)

    def wire(self, *items):
        """Return bytes and Frames as the bytes that go on the wire."""
        key = KEY if self.role == CLIENT else b""
        return b"".join(item.serialize(key) if isinstance(item, Frame) else item for item in items)

    async def send(self, *items):
        """Send bytes and Frames."""
        self._writer.write(self.wire(*items))
        await self._writer.drain()

    # ---------------------------------------------------------------- the opening handshake

    async def _message(self, parser):
        while (message := parser.feed(await self._more())) is None:
            pass
        self._frames.feed(parser.rest)
        return message

    async def _more(self):
        data = await self._reader.read(65536)
        if not data:
            raise EOFError("the peer ended the connection")
        return data

    async def request(self):
        """Return the client's Request."""
        return await self._message(RequestParser())

    async def response(self):
        """Return the server's Response."""
        return await self._message(ResponseParser())

    async def refusal(self):
        """Return [the status of the server's Response], and end the connection together with the server."""
        status = (await self.response()).status_code
        self.finish()
        return [status, *await self.ending()]

    async def accept(self, *items):
        """Open the connection as a server should, and send `items` right behind the response."""
        await self.send(agreed(await self.request()).serialize(), *items)

    async def open(self, *items, early=()):
        """Open the connection as a client should, and send `items`; and before, with the request, `early`."""
        await self.send(request().serialize(), *early)
        response = await self.response()
        assert response.status_code == 101, response
        await self.send(*items)

    # ---------------------------------------------------------------- frames

    async def frame(self):
        """Return the next Frame, or None where the connection ends."""
        while (frame := self._frames.next_frame()) is None:
            try:
                self._frames.feed(await self._more())
            except EOFError:
                return None
        return frame

    async def ending(self, finish=True):
        """Return the frames up to the orderly end of the connection: list of str such as "close 1000".

        finish: bool, end this direction too, on a Close frame or on that end.
        An RST before it raises ConnectionResetError: it may destroy what was sent before.
        """
        names = []
        while (frame := await self.frame()) is not None:
            names.append(name_of_frame(frame))
            if finish and frame.opcode == OP_CLOSE:
                self.finish()
        if finish:
            self.finish()
        return names

    async def stay(self):
        """As ending(), but never end the connection from this side."""
        names = await self.ending(False)
        await self.over.wait()
        return names

    async def ended(self):
        """Wait for the end of the connection, of whatever kind; return [] if no byte came before."""
        with contextlib.suppress(ConnectionError):
            return [f"{len(data)} bytes"] if (data := await self._reader.read()) else []
        return []

    # ---------------------------------------------------------------- the end

    def finish(self):
        """End this direction with FIN; the other one goes on."""
        with contextlib.suppress(OSError):  # both are at their end
            self._writer.write_eof()

    def reset(self):
        """End with RST: as if the process, or the machine, were gone."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._writer.transport.abort()

    def deafen(self):
        """Read nothing more, until listen()."""
        self._writer.transport.pause_reading()

    def listen(self):
        self._writer.transport.resume_reading()

    async def close(self):
        self._writer.transport.abort()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def name_of_frame(frame):
    """Return a str such as "close 1000" or "text 5"."""
    name = OPCODE_NAMES[frame.opcode]
    if frame.opcode != OP_CLOSE:
        return f"{name} {len(frame.data)}"
    try:
        return f"close {decode_close(bytes(frame.data)).code}"
    except ProtocolError:  # never by pocketws
        return f"close with {bytes(frame.data)!r}"


def request(subprotocols=(), headers=()):
    """Return a Request that opens a connection."""
    return build_request(parse_uri("ws://localhost/"), generate_key(), subprotocols, additional_headers=headers)


def agreed(request, **changes):
    """Return the Response that accepts `request`, but for the headers in `changes` (sec_websocket_accept="...").

    None leaves a header out.
    """
    response, _, _ = accept(request)
    for name, value in changes.items():
        name = name.replace("_", "-")
        if name in response.headers:
            del response.headers[name]
        if value is not None:
            response.headers[name] = value
    return response


class RawServer:
    """A server on a free port of 127.0.0.1 that calls script(peer) for each client.

    After it, results holds what the calls returned, and what a call raised is raised.
    receive_buffer: bytes that the operating system takes for a client that is not read, about.
    """

    def __init__(self, script, receive_buffer=None):
        self._script = script
        self._receive_buffer = receive_buffer
        self._tasks = []
        self.results = []
        self.over = asyncio.Event()

    async def __aenter__(self):
        listener = socket.create_server(("127.0.0.1", 0))
        if self._receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        self._server = await asyncio.start_server(self._accepted, sock=listener)
        self.url = "ws://127.0.0.1:%d/" % listener.getsockname()[1]
        return self

    def _accepted(self, reader, writer):
        self._tasks.append(asyncio.create_task(self._serve(Peer(reader, writer, SERVER, self.over))))

    async def _serve(self, peer):
        try:
            return await self._script(peer)
        finally:
            await peer.close()

    async def __aexit__(self, kind, error, traceback):
        self.over.set()
        self._server.close()
        await self._server.wait_closed()
        self.results += await asyncio.gather(*self._tasks)


@contextlib.asynccontextmanager
async def raw_client(port, receive_buffer=None):
    """Give a Peer that is connected to `port` of 127.0.0.1, and nothing more."""
    sock = socket.socket()
    sock.setblocking(False)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    peer = Peer(*await asyncio.open_connection(sock=sock), CLIENT, asyncio.Event())
    try:
        yield peer
    finally:
        await peer.close()
