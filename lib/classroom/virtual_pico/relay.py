"""The network of the virtual Pico: every TCP connection of its programs passes through here.

The board's getaddrinfo() gives the address of a relay on this computer, which passes all on,
both ways, while the Wi-Fi is joined and the cable in. Otherwise nothing passes, no data and no end of
a connection. Neither side is told; what was sent arrives when the link is back. TCP does the same.

What does not pass here: UDP, and what a program sends to an address that it did not get from
getaddrinfo(). An opening is not held up: connect() of the board returns at once even when no
packet gets through, and the silence begins after it.
"""

import asyncio
import contextlib
import socket
import struct

HOST = "127.0.0.1"
CHUNK = 1 << 14  # bytes read at a time
HELD = 1 << 13  # bytes that a side may send into a link that is down, beside what its own system holds
OPENING = 10  # seconds in which the other side has to accept a connection


class Relay:
    """listening: callable(port, address) told when the board begins to serve on a port."""

    def __init__(self, listening):
        self._listening = listening
        self._flowing = asyncio.Event()
        self._targets = {}  # (host, port): the server here that leads there
        self._served = {}  # port of the board: (the server that others connect to, the port it leads to)
        self._calls = set()

    def flow(self, on):
        """Let data pass, or nothing."""
        if on:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def reach(self, host, port):
        """Return the port here that leads to host:port."""
        if (host, port) not in self._targets:
            self._targets[host, port] = await self._serve(host, port)
        return _port(self._targets[host, port])

    async def listen(self, port):
        """Return the port here on which the board has to listen, so that others reach it on its `port`."""
        server, inner = self._served.get(port, (None, None))
        if inner is None:
            with socket.create_server((HOST, 0)) as free:
                inner = free.getsockname()[1]
            if server is None:
                server = await self._serve(None, port)
            self._served[port] = server, inner
        self._listening(port, f"{HOST}:{_port(server)}")
        return inner

    def address(self, port):
        """Return "host:port" at which others reach the board's `port`, or None."""
        server, _ = self._served.get(port, (None, None))
        return server and f"{HOST}:{_port(server)}"

    async def _serve(self, host, port):
        """Start a server that passes on to host:port, or to the board's own port if host is None."""

        async def called(reader, writer):
            call = _Call(self._flowing, reader, writer, host is None)
            self._calls.add(call)
            try:
                target = (HOST, self._served[port][1]) if host is None else (host, port)
                await call.run(*target)
            finally:
                self._calls.discard(call)

        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, HELD)
        listener.bind((HOST, 0))
        return await asyncio.start_server(called, sock=listener, limit=HELD)

    def board_gone(self):
        """Forget the board's side of all connections without a word to the other: it lost its power."""
        for call in self._calls:
            call.board_gone()
        self.board_restarts()

    def board_restarts(self):
        """Let the board's servers get new ports: the old ones may not be free yet."""
        self._served = {port: (server, None) for port, (server, _) in self._served.items()}

    def close(self):
        for server in (*self._targets.values(), *(server for server, _ in self._served.values())):
            server.close()
        for call in self._calls:
            call.cancel()


class _Call:
    """One connection, from `reader`, `writer` to where run() is told to go."""

    def __init__(self, flowing, reader, writer, to_board):
        self._flowing = flowing
        self._to_board = to_board
        self._ends = [(reader, writer)]
        self._pipes = []
        self._task = asyncio.current_task()
        self._is_board_gone = False

    async def run(self, host, port):
        try:
            await self._run(host, port)
        except asyncio.CancelledError:
            self._reset()
            if not self._is_board_gone:
                raise
        except (OSError, TimeoutError):
            self._reset()

    async def _run(self, host, port):
        await self._flowing.wait()
        if self._ends[0][0].at_eof():
            return self._reset()  # it gave up
        async with asyncio.timeout(OPENING):
            self._ends.append(await asyncio.open_connection(host, port, limit=HELD))
        (near, near_out), (far, far_out) = self._ends
        self._pipes = [
            asyncio.ensure_future(self._pipe(near, far_out)),
            asyncio.ensure_future(self._pipe(far, near_out)),
        ]
        try:
            await asyncio.gather(*self._pipes)
            near_out.close()
            far_out.close()
        except asyncio.CancelledError:
            if not self._is_board_gone or asyncio.current_task().cancelling():
                raise
            await self._outlive()
        finally:
            for pipe in self._pipes:
                pipe.cancel()

    async def _pipe(self, reader, writer):
        while True:
            data = await reader.read(CHUNK)
            await self._flowing.wait()
            if not data:
                break
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()

    def board_gone(self):
        self._is_board_gone = True
        for pipe in self._pipes:
            pipe.cancel()
        if not self._pipes and not self._to_board:
            self._task.cancel()  # nobody ever heard of it

    async def _outlive(self):
        """Let the other side find out that the board knows nothing of the connection: when it next sends."""
        (reader, writer), (_, gone) = self._ends if self._to_board else reversed(self._ends)
        gone.transport.abort()
        await self._flowing.wait()
        data = await reader.read(1)
        await self._flowing.wait()
        if data:
            _reset(writer)
        else:
            writer.close()

    def _reset(self):
        for _, writer in self._ends:
            _reset(writer)

    def cancel(self):
        self._task.cancel()


def _reset(writer):
    """End a connection with RST, as one that is refused or that nobody knows."""
    with contextlib.suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _port(server):
    return server.sockets[0].getsockname()[1]
