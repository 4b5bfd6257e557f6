"""A wiretap: a proxy on this machine that records what a client and a server say to each other.

    async with Wiretap("ws://127.0.0.1:8765/chat") as tap:
        async with connect(tap.url) as websocket:
            await websocket.send("Hello")
            await websocket.recv()
        display(tap.ladder())

It passes the bytes on as they are, so neither side notices it, until it is told to fail:
`pause`, `delay`, `cut` and `corrupt` do to the link what a real one does now and then.

Each connection has two pipes. A pipe is two tasks with a queue between them: one reads and
records, the other writes when it is time. So what is sent into a paused link is seen at once.
"""

import asyncio
import contextlib
import os
import socket
import struct
import time

from pocketws.handshake import parse_uri

from .ladder import Event, ladder
from .wiretap_stream import LIMIT, Flip, Frame, Handshake, Recorder, Tapped

CHUNK = 1 << 16  # bytes read at a time
HELD = 1 << 20  # bytes held back in one direction before the sender has to wait
OPENING = 10  # seconds that the server may take to accept a connection
CLOSING = 5  # seconds that anything may take at the end

_SENDERS = ("client", "server")


class Wiretap:
    """A recording proxy between WebSocket (or HTTP) clients and the server at `url`.

    url: str, ws:// or http://, with or without path and query. wss:// raises ValueError.
    limit: int, bytes that are recorded; what is beyond is only counted, and a record says so.

    Use it as `async with Wiretap(url) as tap:`, or, where it must outlive a cell of a
    notebook, call `await tap.start()` and `await tap.stop()`. Then:

    url: str, where clients connect to instead; path and query are those of the server.
    bytes_from_client, bytes_from_server: int, all bytes that either side sent, those of
        the handshake included.

    Records stay readable after the end. All times are in seconds.
    """

    def __init__(self, url, limit=LIMIT):
        self._scheme, self._host, self._port, self._user, self._path = _taken_apart(url)
        self.url = None
        self._recorder = Recorder(limit)
        self._sent = dict.fromkeys(_SENDERS, 0)
        self._flips = {sender: [] for sender in _SENDERS}
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._delay = 0.0
        self._listener = None
        self._count = 0
        self._open = {}  # task: _Connection
        self._errors = []
        self._idle = asyncio.Event()
        self._idle.set()

    # ---- starting and stopping

    async def start(self):
        """Listen on a free port of 127.0.0.1. Returns the wiretap itself."""
        if self._listener is not None:
            raise RuntimeError("this wiretap listens already")
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._listener.sockets[0].getsockname()[1]
        self.url = f"{self._scheme}://{self._user}127.0.0.1:{port}{self._path}"
        return self

    async def stop(self):
        """Drop every connection and stop listening. Raises what went wrong inside the wiretap, if anything did."""
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        listener.close()
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSING)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await listener.wait_closed()
        if self._errors:
            raise self._errors[0]

    async def __aenter__(self):
        return await self.start()

    async def __aexit__(self, *exc_info):
        await self.stop()

    async def wait_ended(self, seconds=5.0):
        """Wait until no connection is open. Raises TimeoutError after that many `seconds`."""
        async with asyncio.timeout(seconds):
            await self._idle.wait()

    def _accept(self, reader, writer):
        """Take a client's connection: called by asyncio, which would not keep a task of its own."""
        self._count += 1
        self._recorder.seconds(time.perf_counter())  # the clock starts with the first
        connection = _Connection(self, Tapped(self._count, self._recorder, self._flips), reader, writer)
        task = asyncio.get_running_loop().create_task(connection.run())
        self._open[task] = connection
        self._idle.clear()
        task.add_done_callback(self._done)

    def _done(self, task):
        self._open.pop(task).drop()
        if not self._open:
            self._idle.set()
        if not task.cancelled() and task.exception() is not None:
            self._errors.append(task.exception())

    # ---- what was seen

    @property
    def records(self):
        """Everything in the order in which it was seen: a list of Event, of which Frame and Head are kinds."""
        return list(self._recorder.records)

    @property
    def frames(self):
        """The frames alone: a list of Frame."""
        return [record for record in self._recorder.records if isinstance(record, Frame)]

    @property
    def handshakes(self):
        """A list with a tuple (request, response, connection) for each request to open a WebSocket.

        request: bytes, the head. response: bytes, head and body; b"" while there is none.
        """
        return [
            Handshake(request.data, response.data + response.body if response else b"", request.connection)
            for request, response in self._recorder.exchanges
        ]

    @property
    def bytes_from_client(self):
        return self._sent["client"]

    @property
    def bytes_from_server(self):
        return self._sent["server"]

    def ladder(self, connection=None, title="On the wire", times=True):
        """Return a Figure of all that was seen, or of one connection, by its number (int).

        times: bool, see ladder.ladder().
        """
        shown = [r for r in self._recorder.records if connection is None or r.connection in (connection, 0)]
        return ladder(*shown, title=title, times=times)

    def clear(self):
        """Forget what was recorded and counted; the clock begins anew with what comes next."""
        self._recorder.clear()
        self._sent = dict.fromkeys(_SENDERS, 0)

    # ---- the failure lab

    def pause(self):
        """Let nothing pass any more, in either direction, and keep the connections open.

        What is sent meanwhile is recorded and held back.
        """
        if self._flowing.is_set():
            self._flowing.clear()
            self._recorder.note("pause")

    def resume(self):
        """Let everything pass again, what was held back first."""
        if not self._flowing.is_set():
            self._flowing.set()
            self._recorder.note("resume")

    def delay(self, seconds):
        """Let everything that is sent from now on arrive `seconds` later; the order stays. 0 ends that."""
        if seconds < 0:
            raise ValueError(f"a delay is 0 seconds or more, not {seconds}")
        self._delay = seconds
        words = f"from now on, {seconds * 1000:g} ms more each way" if seconds else "no more delay"
        self._recorder.note("delay", words)

    def cut(self):
        """Drop every connection at once, both sides with a TCP reset: no Close frame, nothing that was held back."""
        for task, connection in self._open.items():
            if connection.cut():
                task.cancel()  # its pipes may be waiting for the end of a pause

    def corrupt(self, sender, frame=1, byte=-1, xor=0xFF):
        """Flip bits in a frame to come.

        sender: "client" or "server". frame: int, which of its frames, 1 for the next.
        byte: int, which byte of the frame on the wire, from its end if negative.
        xor: int, 1 to 255, the bits to flip.
        """
        if sender not in _SENDERS:
            raise ValueError(f'sender is "client" or "server", not {sender!r}')
        if frame < 1:
            raise ValueError(f"frame is 1 for the next, 2 for the one after it, not {frame}")
        if not 0 < xor < 256:
            raise ValueError(f"xor is 1 to 255, the bits to flip, not {xor}")
        self._flips[sender].append(Flip(frame, byte, xor))

    # ---- for the pipes

    async def _due(self, moment):
        """Wait until the `moment` of time.perf_counter() is past, and nothing is paused."""
        while True:
            await self._flowing.wait()
            left = moment - time.perf_counter()
            if left <= 0:
                return
            await asyncio.sleep(left)


class _Connection:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, tap, tapped, reader, writer):
        self._tap = tap
        self._tapped = tapped
        self._client = reader, writer
        self._server = None
        self.is_over = False  # by our own doing
        self._ends = 0  # how many sides have ended TCP

    async def run(self):
        """Relay until both directions have ended, or one has failed."""
        try:
            self._server = await self._reach_server()
            if self._server is not None:
                await self._relay()
        finally:
            self._finish()
            await self._close()

    async def _reach_server(self):
        """Return the streams to the server, or None if it cannot be reached."""
        tap = self._tap
        try:
            async with asyncio.timeout(OPENING):
                return await asyncio.open_connection(tap._host, tap._port)
        except (OSError, TimeoutError) as error:
            tap._recorder.note("refused", _said(error), self._tapped.number)
            return None

    async def _relay(self):
        pipes = (
            _Pipe(self._tap, self, self._tapped.client, self._client[0], self._server[1]),
            _Pipe(self._tap, self, self._tapped.server, self._server[0], self._client[1]),
        )
        try:
            async with asyncio.TaskGroup() as group:
                for pipe in pipes:
                    group.create_task(pipe.read())
                    group.create_task(pipe.write())
        except* OSError:  # a side has reset its connection, or is gone: the other one shall see that too
            self._reset()

    def ended(self, sender, now, error):
        """Record that a side ended TCP, unless that only answers the end of the other side."""
        if error or not self._ends:
            moment = self._tap._recorder.seconds(now)
            name = "reset" if error else "end"
            self._tap._recorder.add(Event(moment, sender, name, connection=self._tapped.number))
        self._ends += 1

    def cut(self):
        """Reset both sides at once; return False if they are closing anyway."""
        if self.is_over or self._ends == 2:
            return False
        self._finish()
        self._tap._recorder.note("cut", connection=self._tapped.number)
        self._reset()
        return True

    def _finish(self):
        self.is_over = True
        self._tapped.finish(time.perf_counter())

    def _reset(self):
        for _, writer in filter(None, (self._client, self._server)):
            _reset(writer)

    async def _close(self):
        """Close both sockets; what is still in their buffers may go out if that takes no more than a moment."""
        writers = [writer for _, writer in filter(None, (self._client, self._server))]
        try:
            for writer in writers:
                writer.close()
            async with asyncio.timeout(CLOSING):
                for writer in writers:
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except TimeoutError:
            pass
        finally:
            self.drop()

    def drop(self):
        """Close whatever is left: all of it, where the task was cancelled before it began."""
        for _, writer in filter(None, (self._client, self._server)):
            writer.transport.abort()


class _Pipe:
    """One direction of a connection."""

    def __init__(self, tap, connection, stream, reader, writer):
        self._tap = tap
        self._connection = connection
        self._stream = stream
        self._reader = reader
        self._writer = writer
        # (the moment it may pass, bytes or None for the end or the OSError that ended it, its end in the stream)
        self._queue = asyncio.Queue()
        self._held = 0
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def read(self):
        """Record what one side sends, and queue it."""
        error = None
        try:
            while data := await self._reader.read(CHUNK):
                now = time.perf_counter()
                self._tap._sent[self._stream.sender] += len(data)
                self._put(self._stream.feed(data, now), now)
                await self._has_room.wait()
        except OSError as reset:
            error = reset
        if self._connection.is_over:
            return
        now = time.perf_counter()
        self._stream.end(now)
        self._connection.ended(self._stream.sender, now, error)
        self._put(error, now)

    def _put(self, item, now):
        self._queue.put_nowait((now + self._tap._delay, item, self._stream.total))
        if isinstance(item, bytes):
            self._held += len(item)
            if self._held > HELD:
                self._has_room.clear()

    async def write(self):
        """Pass on what is queued, each thing when it is due. Raises OSError when the connection is lost."""
        while True:
            due, item, end = await self._queue.get()
            await self._tap._due(due)
            if isinstance(item, OSError):
                raise item
            if item is None:
                break
            self._writer.write(item)
            await self._writer.drain()
            self._stream.passed(end, time.perf_counter())
            self._held -= len(item)
            if self._held <= HELD:
                self._has_room.set()
        with contextlib.suppress(OSError):  # the other side may be gone by now
            self._writer.write_eof()


def _taken_apart(url):
    """Return (scheme, host, port, user with its "@", path with its query) of a ws:// or http:// URL, all but port str.

    Raises ValueError for another scheme, InvalidURI for what is no URL.
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme in ("wss", "https"):
        raise ValueError(
            f"{url!r:.80}: a wiretap reads ws:// and http:// only; {scheme}:// is encrypted, and what it takes to read "
            "that is in lesson 14 (classroom.impostor)"
        )
    uri = parse_uri(f"ws://{rest}" if scheme == "http" else url)
    authority = rest.partition("?")[0].partition("/")[0]
    user = authority.rpartition("@")[0]
    return scheme, uri.host, uri.port, user + "@" if user else "", rest[len(authority) :]


def _reset(writer):
    """Drop a connection with a TCP reset: the other side gets an error, not an end."""
    with contextlib.suppress(OSError):  # closed already
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # on, 0 seconds: forget what is unsent
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


def _said(error):
    """Return why a server cannot be reached (str), the same words on every system."""
    if isinstance(error, ConnectionRefusedError):
        return "the server refuses the connection"
    if isinstance(error, TimeoutError):
        return f"the server does not answer within {OPENING} s"
    if isinstance(error, socket.gaierror):
        return "no server has this name"
    return f"the server cannot be reached: {error.strerror or error}"
