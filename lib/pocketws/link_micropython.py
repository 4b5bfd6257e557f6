"""The network on MicroPython: a task that reads a stream, and one that writes while there is a backlog.

See link.py. What MicroPython's asyncio asks for:

- Cancelling a read or a drain may lose or repeat bytes. So only these two tasks touch the
  stream, and those who wait for them wait on a Waiter.
- A large message is never held a second time: its bytes are taken and written in pieces.
"""

import asyncio
import gc
import socket
import sys
from time import ticks_diff
from time import ticks_us as clock

READ = 2048  # bytes read at once
WRITE = 4096  # bytes written at once, or a quarter where memory is short
LINGER = 0.2  # seconds for which finish() reads on: a socket here cannot end one direction
TCP_NODELAY = (6, 1, 1)  # Nagle's algorithm would hold small frames back


deque = list  # fast enough for the few messages that a board can hold


class log:
    """As much of a logger as is needed: errors go to the console."""

    @staticmethod
    def error(text, *values, exc_info=None):
        print(text % values)
        if exc_info is not None:
            sys.print_exception(exc_info)

    info = warning = error


def seconds_since(moment):
    """Return the seconds (float) that passed since `moment`, a result of clock() of the last eight minutes."""
    return ticks_diff(clock(), moment) / 1000000


class call_later:
    """Calls `callback` in `seconds` (float), unless cancel() is called before."""

    def __init__(self, seconds, callback):
        self._task = asyncio.create_task(self._run(seconds, callback))

    async def _run(self, seconds, callback):
        await asyncio.sleep(seconds)
        self._task = None  # cancel() is for others: a task cannot cancel itself
        callback()

    def cancel(self):
        if self._task is not None:
            self._task.cancel()


async def wait_for(coroutine, seconds):
    """Return what `coroutine` returns; cancel it and raise asyncio.TimeoutError after `seconds` (None: never).

    Where asyncio.wait_for() is itself cancelled just as the result comes, it drops the one or the other.
    """
    if seconds is None:
        return await coroutine
    task = asyncio.current_task()
    expired = []

    def expire():
        expired.append(True)
        task.cancel()

    timer = call_later(seconds, expire)
    try:
        return await coroutine
    except asyncio.CancelledError:
        if expired:
            raise asyncio.TimeoutError() from None
        raise
    finally:
        timer.cancel()


class Waiter(asyncio.Event):
    """A result that one task awaits. Setting it again does nothing."""

    _result = _error = _steps = None  # of the class: each recv() makes an object, which is smaller without them

    done = asyncio.Event.is_set

    def set(self, result=None):
        if not self.done():
            self._result = result
            asyncio.Event.set(self)

    def fail(self, error):
        if not self.done():
            self._error = error
            asyncio.Event.set(self)

    def __iter__(self):
        yield from self.wait()
        if self._error is not None:
            raise self._error
        return self._result

    __await__ = __iter__

    # asyncio.wait_for() takes only what looks like a coroutine.

    def send(self, value):
        return self._begun().send(value)

    def throw(self, error):
        return self._begun().throw(error)

    def _begun(self):
        if self._steps is None:
            self._steps = self.__iter__()
        return self._steps


class Link:
    """A connection's link."""

    local_address = None  # MicroPython does not tell

    def __init__(self, connection, stream, remote_address, ssl=None, **options):
        """Raise what wrapping the stream's socket in TLS raises; then it is closed.

        ssl: SSLContext or None. options: those of its wrap_socket().
        """
        self.remote_address = remote_address
        self._connection = connection
        self._socket = stream.s
        self._stream = stream
        self._socket.setsockopt(*TCP_NODELAY)
        if ssl is not None:
            try:
                secure = ssl.wrap_socket(self._socket, do_handshake_on_connect=False, **options)
            except Exception:
                self._socket.close()
                raise
            secure.setblocking(False)
            self._stream = asyncio.StreamReader(secure)
        self._error = None
        self._first = b""  # what goes out before all that data_to_send() gives
        self._ending = False  # end as soon as nothing waits to be sent
        self._ended = False
        self._wrote = False  # since data came
        self._paused = False
        self._resumed = None  # the Waiter of the reader, while it is held by that
        self._reader = None
        self._writer = None  # a task, while the network does not take all at once
        self.blocked = False  # whether there is one; as a property it would cost a round trip 1 of its 40 us
        self._drained = []  # the Waiters of those who drain
        self._timer = None

    async def run(self):
        """Read until the end: the task of this link."""
        self._reader = asyncio.current_task()
        readable = _Readable(self._stream.s)
        try:
            while not self._ended:
                await readable
                while self._paused:  # looked at only now: until something comes, it often is over
                    self._resumed = Waiter()
                    await self._resumed
                self._wrote = False
                if not self._read():
                    break
        except asyncio.CancelledError:  # by abort()
            pass
        except Exception as error:  # OSError; ValueError of TLS; MemoryError
            self._error = self._error or error
        self._ended = True
        if self._writer is not None:
            self._writer.cancel()
        if self._timer is not None:
            self._timer.cancel()
        await self._stream.wait_closed()
        self._socket.close()  # a TLS handshake that failed leaves it open
        self._wake()
        self._connection.lost(self._error)

    def _read(self):
        """Hand on what has come; return whether more may come."""
        sock = self._stream.s
        parser = self._connection.protocol._parser
        in_place = parser is not None and parser.payload is not None and sock is self._socket
        place = parser.room() if in_place else None
        if place is not None:
            size = sock.readinto(place)  # all that is there
            if size:
                parser.filled(size)
                self._connection.feed(b"")
            return size != 0
        if sock is not self._socket and hasattr(sock, "recv"):  # since 1.25
            data = sock.recv(READ)  # read() takes all there is, and of TLS drops an end that is with it
        else:
            data = sock.read(READ)
        if data:
            self._connection.feed(data)
        return data != b""  # None: nothing came after all

    def _wake(self):
        waiters, self._drained = self._drained, []
        for waiter in waiters:
            waiter.set()

    def write(self, data):
        self._first = data
        self.send()

    def send(self, at_once=True):
        # A task that only sends must not hold up the others, so it drains. One that answers what came waits anyway.
        again, self._wrote = self._wrote, True
        if self._writer is None and not self._ended:
            try:
                done = self._write_all()
            except Exception as error:
                self.abort(error)
                return True
            if not done:
                self._writer = asyncio.create_task(self._write_on())
                self.blocked = True
        return again or self._ended or self.blocked

    def _write_all(self):
        """Write until the network takes no more; return whether nothing is left."""
        stream = self._stream
        while self._first or self._connection.protocol.output:
            if stream.out_buf:
                return False
            data, self._first = self._first or self._piece(), b""
            stream.write(data if len(data) < 256 else memoryview(data))  # a view: what is not taken is copied but once
        return not stream.out_buf

    def _piece(self):
        try:
            return self._connection.data_to_send(WRITE)
        except MemoryError:
            return self._connection.data_to_send(WRITE // 4)

    async def _write_on(self):
        """Write the rest, as the network takes it: the task of a backlog."""
        try:
            while not self._write_all():
                await self._stream.drain()
        except Exception as error:
            self.abort(error)
        self._writer = None
        self.blocked = False
        self._wake()
        if self._ending:
            self.abort()

    async def drain(self):
        if self._writer is None:
            await asyncio.sleep(0)
        else:
            waiter = Waiter()
            self._drained.append(waiter)
            await waiter

    def pending(self):
        return 1 if self.blocked else 0

    def pause(self):
        self._paused = True

    def resume(self):
        self._paused = False
        if self._resumed is not None:
            self._resumed.set()

    def finish(self):
        if self._timer is None:
            self._timer = call_later(LINGER, self.close)

    def close(self):
        self._ending = True
        if self._writer is None:
            self.abort()

    def abort(self, error=None):
        if not self._ended:
            self._ended = True
            self._error = error
            if self._reader is not None and self._reader is not asyncio.current_task():
                self._reader.cancel()


class _Readable:
    """To be awaited until a socket has something to read."""

    def __init__(self, sock):
        self._socket = sock

    def __iter__(self):
        yield asyncio.core._io_queue.queue_read(self._socket)

    __await__ = __iter__


async def open_link(connection, host, port, ssl, server_hostname):
    """Connect `connection` to a server. Raises OSError.

    Returns before it is known whether the server answers: where it does not, the link is lost.
    ssl: SSLContext or None.
    """

    gc.collect()  # TLS takes 20 KiB in two pieces
    stream, _ = await asyncio.open_connection(host, port)
    link = Link(connection, stream, (host, port), ssl, server_hostname=server_hostname)
    connection.made(link)
    asyncio.create_task(link.run())


def _address(name):
    """Return (host, port) of what accept() gave: that pair on a board, and bytes on the unix port."""
    if isinstance(name, tuple):
        return name[:2]
    family, host, port = socket.sockaddr(name)[:3]
    return socket.inet_ntop(family, host), port


async def start_server(make_connection, host, port, ssl, open_timeout, **options):
    """Listen, and give each client that connects to `make_connection()`; return the asyncio server.

    ssl: SSLContext or None. open_timeout: of no use here, where a connection is made before TLS
    begins, and has its own. options: those of asyncio.start_server, such as `backlog`.
    """

    async def accepted(stream, _):
        connection = make_connection()
        address = _address(stream.get_extra_info("peername"))
        try:
            link = Link(connection, stream, address, ssl, server_side=True)
        except Exception as error:  # MemoryError, most likely
            log.error("no TLS with %s", address[0], exc_info=error)
            return
        connection.made(link)
        await link.run()

    return await asyncio.start_server(accepted, host or "0.0.0.0", port, **options)
