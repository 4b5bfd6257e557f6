"""The network on CPython: an asyncio.BufferedProtocol, called by its transport. See link.py."""

import asyncio
import logging
from collections import deque
from time import monotonic as clock
from weakref import WeakKeyDictionary

from .fastlane import filled, keep, pieces_to_send, room

__all__ = (
    "Link",
    "Waiter",
    "call_later",
    "clock",
    "deque",
    "log",
    "open_link",
    "seconds_since",
    "start_server",
    "wait_for",
)

LINGER = 1.0  # seconds for which finish() reads on over TLS

log = logging.getLogger("pocketws")


def seconds_since(moment):
    """Return the seconds (float) that passed since `moment`, a result of clock()."""
    return clock() - moment


def call_later(seconds, callback):
    """Call `callback` in `seconds` (float), unless the result's cancel() is called before."""
    return asyncio.get_running_loop().call_later(seconds, callback)


async def wait_for(coroutine, seconds):
    """Return what `coroutine` returns; cancel it and raise TimeoutError after `seconds` (None: never)."""
    async with asyncio.timeout(seconds):  # asyncio.wait_for may lose a result before Python 3.12
        return await coroutine


class Waiter(asyncio.Future):
    """A result that one task awaits. Setting it again, or after the task gave up, does nothing."""

    def set(self, result=None):
        if not self.done():
            self.set_result(result)

    def fail(self, error):
        if not self.done():
            self.set_exception(error)
            self.exception()  # counts as seen: no one has to await it


_BUFFER = 1 << 18  # bytes: asyncio reads as many at once
_TOGETHER = 32  # messages that go out together, at most,
_LITTLE = 2048  # bytes: and each of them smaller than this
_LARGE = 1 << 15  # bytes: from here on, copying costs more than working on a view

_buffers = WeakKeyDictionary()  # of each event loop, shared by its links: what is received is handled at once


def _buffer():
    loop = asyncio.get_running_loop()
    if loop not in _buffers:
        # From byte 2 on: behind its 14 bytes of header, a large payload then lies where numpy is a third faster.
        _buffers[loop] = memoryview(bytearray(_BUFFER + 2))[2:]
    return _buffers[loop]


class Link(asyncio.BufferedProtocol):
    """A connection's link; also what asyncio calls its protocol."""

    __slots__ = (
        "blocked",
        "_connection",
        "_transport",
        "_buffer",
        "_large",
        "_room",
        "_drained",
        "_timer",
        "_wrote",
        "_turn",
        "_sent",
        "_limit",
    )

    def __init__(self, connection):
        self.blocked = False  # the transport takes no more
        self._connection = connection
        self._transport = None
        self._buffer = _buffer()
        self._large = False  # so much came the last time that more of a large payload may follow
        self._room = None  # and where it then goes, to be copied once less
        self._drained = ()  # the Waiters of those who drain
        self._timer = None
        self._wrote = False  # since data came, or the loop's turn began
        self._turn = None  # what the loop will call in its next turn, to write the rest
        self._sent = 0  # bytes since drain() last let others run

    # Called by the transport

    def connection_made(self, transport):
        self._transport = transport
        self._limit = self._connection.write_limit or 0
        transport.set_write_buffer_limits(high=self._connection.write_limit)
        self._connection.made(self)

    def get_buffer(self, hint):
        if self._large:
            self._room = room(self._connection.protocol)
        return self._buffer if self._room is None else self._room

    def buffer_updated(self, size):
        connection = self._connection
        place, self._room = self._room, None
        self._wrote = False
        self._large = size >= _LARGE
        if place is not None:
            filled(connection.protocol, size)
            connection.feed(b"")
        elif self._large:
            connection.feed(self._buffer[:size])
            keep(connection.protocol)
        else:
            connection.feed(bytes(self._buffer[:size]))

    def eof_received(self):
        self._connection.ended()  # and the transport closes itself, once all is sent

    def connection_lost(self, error):
        if self._timer is not None:
            self._timer.cancel()
        if self._turn is not None:
            self._turn.cancel()
        self.resume_writing()
        self._connection.lost(error)

    def pause_writing(self):
        self.blocked = True

    def resume_writing(self):
        self.blocked = False
        waiters, self._drained = self._drained, ()
        for waiter in waiters:
            waiter.set()
        self._write_out()  # the Pong that had to wait

    # Called by the connection

    def write(self, data):
        self._transport.write(data)

    def send(self, at_once=False):
        # The first small message goes out at once. Others that follow before the loop's next turn then go out
        # together: a system call costs more than all else that is done for a small message.
        waiting = self._connection.protocol.output
        if (
            self._wrote
            and not at_once
            and 0 < len(waiting) < _TOGETHER
            and len(waiting[-1][0]) < _LITTLE
            and not self.blocked
        ):
            if self._turn is None:
                self._turn = asyncio.get_running_loop().call_soon(self._next_turn)
            return False
        self._wrote = True
        self._write_out()
        return self.blocked or self._sent > self._limit or self._transport.is_closing()

    def _next_turn(self):
        self._turn = None
        self._wrote = False
        self._write_out()

    def _write_out(self):
        pieces = pieces_to_send(self._connection.protocol)
        if len(pieces) > 2:
            pieces = [b"".join(pieces)]
        for data in pieces:
            self._sent += len(data)
            self._transport.write(data)

    async def drain(self):
        if self.blocked:
            waiter = Waiter()
            self._drained += (waiter,)
            await waiter
        else:
            self._sent = 0
            await asyncio.sleep(0)  # or a task that only sends would hold up the loop, which learns of the end

    def pending(self):
        return self._transport.get_write_buffer_size()

    def pause(self):
        self._transport.pause_reading()

    def resume(self):
        self._transport.resume_reading()

    def finish(self):
        self._write_out()
        if self._transport.can_write_eof():
            self._end_writing()
        elif self._timer is None:  # TLS cannot end one direction
            self._timer = call_later(LINGER, self._transport.close)

    def close(self):
        self._write_out()
        # What still comes is read where it can be: closing would reset the connection, and our Close frame with it.
        if self._transport.can_write_eof():
            self._end_writing()
        else:
            self._transport.close()

    def _end_writing(self):
        try:
            self._transport.write_eof()
        except OSError:  # the peer has reset the connection already
            self._transport.abort()

    def abort(self, error=None):
        self._write_out()
        self._transport.abort()

    @property
    def local_address(self):
        return self._transport.get_extra_info("sockname")

    @property
    def remote_address(self):
        return self._transport.get_extra_info("peername")


async def open_link(connection, host, port, ssl, server_hostname, **options):
    """Connect `connection` to a server. Raises OSError.

    ssl: SSLContext or None. options: those of loop.create_connection, such as `sock`.
    """
    if ssl is not None:
        options["ssl"] = ssl
        options["server_hostname"] = server_hostname
    if "sock" not in options:
        options.update(host=host, port=port)
    await asyncio.get_running_loop().create_connection(lambda: Link(connection), **options)


async def start_server(make_connection, host, port, ssl, open_timeout, **options):
    """Listen, and give each client that connects to `make_connection()`; return the asyncio.Server.

    ssl: SSLContext or None. open_timeout: seconds or None, for the handshake of TLS.
    options: those of loop.create_server, such as `sock` and `backlog`.
    """
    if ssl is not None:
        options["ssl"] = ssl
        options.setdefault("ssl_handshake_timeout", open_timeout)
    return await asyncio.get_running_loop().create_server(lambda: Link(make_connection()), host, port, **options)
