"""MicroPython's asyncio as link_micropython.py uses it, acted out by CPython's: for coverage and fault tests.

The real one runs the same link in test_board_*.py. Written after what its documentation and
behaviour promise: a stream on a non-blocking socket, whose write() sends at once what it can
and keeps the rest in out_buf for drain(), and whose socket wait_closed() closes.
"""

import asyncio
import importlib
import socket
import sys
import time

import pytest


class Socket(socket.socket):
    """A socket there."""

    __slots__ = ()

    def read(self, size):
        """Return what is there, at most `size` bytes; None is for nothing to read."""
        return self._unless_it_blocks(self.recv, size)

    def readinto(self, place):
        """Read what is there into `place`, and return how much; None is for nothing to read."""
        return self._unless_it_blocks(self.recv_into, place)

    def _unless_it_blocks(self, function, argument):
        try:
            return function(argument)
        except BlockingIOError:
            return None


class Stream:
    def __init__(self, sock, extra=None):
        if type(sock) is socket.socket:  # whoever made it may keep it, and see when it is closed
            sock.__class__ = Socket
        self.s = sock
        self.out_buf = b""
        self._extra = extra or {}

    def get_extra_info(self, name):
        return self._extra[name]

    def write(self, data):
        if not self.out_buf:
            try:
                data = data[self.s.send(data) :]
            except BlockingIOError:
                pass
        self.out_buf += data

    async def drain(self):
        data = self.out_buf
        await asyncio.get_running_loop().sock_sendall(self.s, data)
        self.out_buf = b""

    async def wait_closed(self):
        self.s.close()


class Wait:
    """What Event.wait() returns there: a generator, which `yield from` takes as well as `await`."""

    def __init__(self, coroutine):
        self._coroutine = coroutine

    def __await__(self):
        return self._coroutine.__await__()

    __iter__ = __await__


class Event(asyncio.Event):
    def wait(self):
        return Wait(super().wait())


class Server:
    """What asyncio.start_server() returns there."""

    def __init__(self, listener, accepted):
        self._listener = listener
        self._accepted = accepted
        self._tasks = set()
        self._task = asyncio.create_task(self._serve())

    async def _serve(self):
        try:
            while True:
                sock, address = await asyncio.get_running_loop().sock_accept(self._listener)
                stream = Stream(sock, {"peername": address})
                task = asyncio.create_task(self._accepted(stream, stream))
                self._tasks.add(task)
                task.add_done_callback(self._done)
        except asyncio.CancelledError:
            self._listener.close()

    def _done(self, task):
        self._tasks.discard(task)
        if task.exception():
            print("Task exception wasn't retrieved:", repr(task.exception()))

    def close(self):
        self._task.cancel()

    async def wait_closed(self):
        await self._task


async def open_connection(host, port):
    sock = socket.socket()
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except BaseException:
        sock.close()
        raise
    stream = Stream(sock)
    return stream, stream


async def start_server(accepted, host, port, backlog=5, ssl=None):
    listener = socket.create_server((host, port), backlog=backlog)
    listener.setblocking(False)
    server = Server(listener, accepted)
    server.address = listener.getsockname()
    return server


class TlsSocket:
    """A TLS socket there, but that nothing is encrypted. It blocks until told not to; then None is for nothing to read.

    What comes first is TLS's own: there is something to read, but nothing for the program.
    """

    def __init__(self, sock):
        self._socket = sock
        self._opened = False
        self._blocks = True
        self.closed = False

    def fileno(self):
        return self._socket.fileno()

    def setblocking(self, blocks):
        self._blocks = blocks

    def recv(self, size):
        if not self._opened:
            self._opened = True
            return None
        return self._unless_it_blocks(self._socket.recv, size)

    def send(self, data):
        return self._unless_it_blocks(self._socket.send, data) or 0

    def _unless_it_blocks(self, function, argument):
        assert not self._blocks, "the whole program would wait"
        try:
            return function(argument)
        except BlockingIOError:
            return None

    def close(self):
        """Leave the socket below open, as there after a handshake that failed."""
        self.closed = True


class OldTlsSocket:
    """The same before MicroPython 1.25, without recv()."""

    def __init__(self, sock):
        secure = TlsSocket(sock)
        self.fileno, self.setblocking = secure.fileno, secure.setblocking
        self.read, self.send, self.close = secure.recv, secure.send, secure.close


class TlsContext:
    """What a context of ssl is to a link there.

    kind: class of its sockets. error: what wrap_socket() raises, if not None.
    asked: list of dict, the options of each wrap_socket().
    """

    def __init__(self, kind=TlsSocket, error=None):
        self._kind = kind
        self._error = error
        self.asked = []

    def wrap_socket(self, sock, **options):
        self.asked.append(options)
        if self._error is not None:
            raise self._error
        return self._kind(sock)


class IOQueue:
    """What wakes tasks there."""

    @staticmethod
    def queue_read(sock):
        """Return what a task yields to wait until `sock` can be read."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        waiting._asyncio_future_blocking = True  # as `await` would say
        loop.add_reader(sock.fileno(), lambda: waiting.done() or waiting.set_result(None))
        waiting.add_done_callback(lambda _: loop.remove_reader(sock.fileno()))
        return waiting


class Core:
    _io_queue = IOQueue


class _Asyncio:
    """The module asyncio, with the names above in place of CPython's."""

    Event = Event
    core = Core
    StreamReader = Stream
    open_connection = staticmethod(open_connection)
    start_server = staticmethod(start_server)

    def __getattr__(self, name):
        return getattr(asyncio, name)


def load(monkeypatch):
    """Return link_micropython, ready to run on CPython, and let connect() and serve() use it until the test ends."""
    monkeypatch.setattr(time, "ticks_us", lambda: time.monotonic_ns() // 1000, raising=False)
    monkeypatch.setattr(time, "ticks_diff", lambda end, start: end - start, raising=False)
    monkeypatch.setattr(sys, "print_exception", lambda error: print(repr(error)), raising=False)
    monkeypatch.delitem(sys.modules, "pocketws.link_micropython", raising=False)
    with monkeypatch.context() as during:  # it has a class that is based on one of asyncio's
        during.setitem(sys.modules, "asyncio", _Asyncio())
        link = importlib.import_module("pocketws.link_micropython")
    connection, client, server = (
        importlib.import_module("pocketws." + name) for name in ("connection", "client", "server")
    )
    for module in (connection, client, server):
        for name in link_names(module):
            monkeypatch.setattr(module, name, getattr(link, name))
    return link


def link_names(module):
    """Return the names that `module` has imported from pocketws.link."""
    from pocketws import link

    return [name for name in link.__all__ if getattr(module, name, None) is getattr(link, name)]


@pytest.fixture
def board_link(monkeypatch):
    return load(monkeypatch)
