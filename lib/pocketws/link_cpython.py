"""The network on CPython: an asyncio.Protocol, called by its transport. See link.py."""

import asyncio
import logging
from collections import deque
from time import monotonic as clock

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


class Link(asyncio.Protocol):
    """A connection's link; also what asyncio calls its protocol."""

    __slots__ = ("_connection", "_transport", "_blocked", "_timer", "_sent")

    def __init__(self, connection):
        self._connection = connection
        self._transport = None
        self._timer = None
        self._sent = 0  # bytes since drain() last let others run
        self._blocked = None  # while the transport takes no more: the Waiters of those who drain

    # Called by the transport

    def connection_made(self, transport):
        self._transport = transport
        transport.set_write_buffer_limits(high=self._connection.write_limit)
        self._connection.made(self)

    def data_received(self, data):
        self._connection.feed(data)

    def eof_received(self):
        self._connection.ended()  # and the transport closes itself, once all is sent

    def connection_lost(self, error):
        if self._timer is not None:
            self._timer.cancel()
        self.resume_writing()
        self._connection.lost(error)

    def pause_writing(self):
        self._blocked = []

    def resume_writing(self):
        blocked, self._blocked = self._blocked, None
        for waiter in blocked or ():
            waiter.set()
        self.send()  # the Pong that had to wait

    # Called by the connection

    @property
    def blocked(self):
        return self._blocked is not None

    def write(self, data):
        self._transport.write(data)

    def send(self):
        data = self._connection.data_to_send()
        if data:
            self._sent += len(data)
            self._transport.write(data)

    async def drain(self):
        if self._blocked is not None:
            waiter = Waiter()
            self._blocked.append(waiter)
            await waiter
        elif self._sent > (self._connection.write_limit or 0) or self._transport.is_closing():
            self._sent = 0
            await asyncio.sleep(0)  # or a task that only sends would hold up the loop, which learns of the end

    def pending(self):
        return self._transport.get_write_buffer_size()

    def pause(self):
        self._transport.pause_reading()

    def resume(self):
        self._transport.resume_reading()

    def finish(self):
        if self._transport.can_write_eof():
            self._end_writing()
        elif self._timer is None:  # TLS cannot end one direction
            self._timer = call_later(LINGER, self._transport.close)

    def close(self):
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
