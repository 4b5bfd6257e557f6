"""What client and server share: a Protocol on a link, and tasks that send and receive.

    network -> link -> feed() -> Protocol -> a queue -> recv()
    send() -> Protocol -> link.send() -> network

Theory of operation:

- Nothing here waits for the network: the link pushes bytes in, and every answer they ask
  for (a Pong, a Close) goes out within that call. So a connection needs no task of its own.
- Only the tasks of the program wait: recv() for a message, send() for room, close() for the end.
  Cancelling one of them never loses a byte, because none of them holds any.
- One timer at a time: first the time left for opening, then keepalive, then the time left for closing.
- Memory has limits: a message (max_size), and the messages that wait for recv() (max_queue);
  beyond that, nothing more is read, and TCP makes the sender wait.

Names and meanings are those of `websockets`' asyncio API.
"""

import asyncio
import os
from binascii import hexlify

from .compat import MICROPYTHON, decode_utf8, encode_utf8
from .exceptions import ConcurrencyError, ConnectionClosed, ConnectionClosedOK
from .frames import OP_BINARY, OP_PONG, OP_TEXT
from .link import Waiter, call_later, clock, deque, seconds_since
from .protocol import CLOSE_SENT, CLOSED, CONNECTING, FAILED, OPEN, Protocol
from .utf8 import Utf8Decoder

MAX_SIZE = 65536 if MICROPYTHON else 1 << 20  # bytes
MAX_QUEUE = 1 if MICROPYTHON else 16  # messages
WRITE_LIMIT = 32768  # bytes


class State:
    """The state of a connection, as `websockets` counts them: compare with `is`.

    name: str. value: int.
    """

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __repr__(self):
        return "<State.%s: %d>" % (self.name, self.value)


State.CONNECTING = State("CONNECTING", 0)
State.OPEN = State("OPEN", 1)
State.CLOSING = State("CLOSING", 2)
State.CLOSED = State("CLOSED", 3)
_STATES = {CONNECTING: State.CONNECTING, OPEN: State.OPEN, CLOSED: State.CLOSED}


class Settings:
    """The limits of a connection, or of all connections of a server.

    open_timeout, ping_interval, ping_timeout, close_timeout: seconds, or None for no limit
        (ping_interval: for no keepalive).
    max_size: bytes of a message, once decompressed, or None.
    max_queue: messages that wait for recv() before the sender has to wait: int, or None for
        any number, or (high, low): reading stops at high and goes on at low.
    write_limit: bytes that wait to be sent before send() waits; of no effect on MicroPython,
        where all is sent before it returns.
    """

    def __init__(self, open_timeout, ping_interval, ping_timeout, close_timeout, max_size, max_queue, write_limit):
        seconds = (open_timeout, ping_interval, ping_timeout, close_timeout)
        for name, value in zip(("open_timeout", "ping_interval", "ping_timeout", "close_timeout"), seconds):
            if not (value is None or (isinstance(value, (int, float)) and value > 0)):
                raise ValueError("%s is %r; expected seconds, more than 0, or None" % (name, value))
        _check_limit("max_size", max_size, 0)
        _check_limit("write_limit", write_limit, 0)
        self.open_timeout, self.ping_interval, self.ping_timeout, self.close_timeout = seconds
        self.max_size = max_size
        self.high, self.low = _marks(max_queue)
        self.write_limit = write_limit


def _check_limit(name, value, least):
    if not (value is None or (isinstance(value, int) and value >= least)):
        raise ValueError("%s is %r; expected a whole number, %d or more, or None" % (name, value, least))


def _marks(max_queue):
    """Return the high and the low mark, of which one may be left to the other: (int, int), or (None, None)."""
    high, low = max_queue if isinstance(max_queue, tuple) and len(max_queue) == 2 else (max_queue, None)
    _check_limit("max_queue", high, 1)
    _check_limit("max_queue's low mark", low, 0)
    if low is None:
        low = high and high // 4
    elif high is None:
        high = 4 * low or 1
    if high is not None and low > high:
        raise ValueError("max_queue is %r; expected a low mark that is not above the high one" % (max_queue,))
    return high, low


class Connection:
    """One endpoint of one connection. Programs get theirs from connect() or serve().

    To read only:
    request: http.Request, and response: http.Response, of the opening handshake.
    subprotocol: str or None. latency: float, seconds of the last ping's round trip, 0.0 before.
    protocol: protocol.Protocol.

    Iterating over it gives the messages until the connection is closed cleanly, as recv() does.
    An `async with` block closes it in the end: with 1000, or 1011 after an exception.
    """

    # What few connections ever change stands here, and takes no memory in the others.
    subprotocol = None
    latency = 0.0
    _deaf = False  # the queue is full and we are closing: what comes now is dropped
    _parts = None  # a list: those of a message that recv() joins
    _pieces = None  # the iterator that began a message and has not ended it
    _gate = None  # while a message goes out in fragments: an Event for others that want to send
    _pings = ()  # (payload, moment, Waiter), oldest first
    _keepalive_ping = None  # the payload of the one under way
    _ended = None  # an Event for those in wait_closed()
    _error = None  # what ended the connection
    _id = None

    def __init__(self, role, settings):
        self.protocol = Protocol(role, settings.max_size, patient=True)
        self.link = None
        self.request = None
        self.response = None
        self._settings = settings
        self._parser = None  # of the opening handshake, while it goes on
        self._timer = None
        # A deque takes 760 bytes, and is the better one only where the queue may become long.
        self._queue = deque() if settings.high is None else []  # (opcode, data, final): messages, or pieces of them
        self._paused = False  # the queue is full, so the link does not read
        self._receiver = None  # the Waiter of the task in recv()
        self._closing = False

    # ---------------------------------------------------------------- called by the link

    @property
    def write_limit(self):
        """How many bytes may wait to be sent before send() waits."""
        return self._settings.write_limit

    def made(self, link):
        """Take note that `link` stands."""
        self.link = link

    def feed(self, data):
        """Take `data` (bytes-like, not kept) from the network."""
        if self._parser is not None:
            self._read_head(bytes(data))
            return
        self.protocol.congested = self.link.blocked
        self._handle(self.protocol.receive_data(data))

    def data_to_send(self, size=None):
        """Return what is to go to the network now: bytes, at most `size`."""
        return self.protocol.data_to_send(size)

    def ended(self):
        """Take note that the peer sends nothing more. It may not read either: what waits for it has close_timeout."""
        if self._parser is None and not self._closing:
            self._closing = True
            self._set_timer(self._settings.close_timeout, self.link.abort)

    def lost(self, error):
        """Take note that the TCP connection is gone, because of `error` or for no reason given (None)."""
        self._set_error(error)
        self.protocol.receive_eof()
        self._set_timer(None)
        for _, _, waiter in self._pings:
            waiter.fail(self._closed_exception())
        self._pings = ()
        if self._receiver is not None:
            self._receiver.set()
        if self._ended is not None:
            self._ended.set()

    # ---------------------------------------------------------------- opening

    def _opened(self, subprotocol, codecs, rest):
        """Begin to exchange messages. rest: bytes that came behind the opening handshake."""
        if subprotocol is not None:
            self.subprotocol = subprotocol
        self._parser = None
        self.protocol.opened(codecs[0] if codecs else None)
        self._set_timer(self._settings.ping_interval, self._keepalive)
        if rest:
            self.feed(rest)

    # ---------------------------------------------------------------- receiving

    def _handle(self, events):
        protocol, link = self.protocol, self.link
        queue = [] if self._deaf else self._queue
        for event in events:
            opcode = event[0]
            if opcode == OP_TEXT or opcode == OP_BINARY:
                queue.append(event)
            elif opcode == OP_PONG:
                self._receive_pong(event.data)
        if protocol.output and not protocol.congested or protocol.state != OPEN:
            link.send()  # otherwise the link takes it when it can
        full = self._settings.high is not None and len(queue) >= self._settings.high
        if protocol.state != OPEN:
            self._deaf = self._deaf or full
            self._go_on_closing()
        elif protocol.fault is not None:  # let the program answer the messages before it; see _expect()
            link.pause()
            self._set_timer(self._settings.close_timeout, self._face_fault)
        elif full and not self._paused:
            self._paused = True
            link.pause()
        if self._receiver is not None:
            self._receiver.set()

    def _face_fault(self):
        self.link.resume()
        self.feed(b"")

    def recv(self, decode=None):
        """Return the next message: str for text, bytes for binary (on MicroPython perhaps a bytearray).

        decode: False gives bytes for text too, True gives str for binary too.
        Cancelling it is safe. Raises ConnectionClosed once the connection is closed and all
        that came before is received, and ConcurrencyError while another task is receiving.
        """
        return self._receive(decode, False)

    async def _receive(self, decode, iterating, whole=True):
        # One coroutine for all that wait for a message, since there is one for each connection. iterating: an orderly
        # end ends an `async for`. whole: False returns (data, final) of a message or of a piece of one.
        if whole and self._pieces is not None:
            raise ConcurrencyError("the message begun with recv_streaming() is not finished")
        while True:
            while not self._queue or self._receiver is not None:
                waiter = self._expect(iterating)
                try:
                    await waiter
                finally:
                    self._receiver = None
            data, final = self._take()
            if not whole:
                return data, final
            if self._parts is None:
                if final:
                    break
                self._parts = []
            self._parts.append(data)  # kept outside of this call, which may be cancelled
            if final:
                data = self._joined()
                break
        if decode is None or isinstance(data, str) == decode:
            return data
        return await self._as_text(decode_utf8, data) if decode else encode_utf8(data)

    def recv_streaming(self, decode=None):
        """Return an iterator, for `async for`, over the next message as it comes in: pieces of str or bytes.

        Where they begin and end means nothing (section 5.4). max_size holds for the whole
        message. decode: as for recv(). Use the iterator up before the next recv(); cancelling
        one step of it is safe. Its steps raise what recv() raises.
        Call this before a message comes that is too large to be held: later, its frame may
        be on its way already as a whole.
        """
        self.protocol.streaming = True
        return _Pieces(self, decode)

    def _expect(self, iterating):
        """Return the Waiter for what comes next; raise what recv() raises if nothing will, or an iterator's end."""
        if self._receiver is not None:
            raise ConcurrencyError("another task is receiving")
        if self.protocol.fault is not None and self.protocol.state != CLOSED:
            self._face_fault()
        if self.protocol.state == CLOSED:
            error = self._closed_exception()
            raise StopAsyncIteration if iterating and isinstance(error, ConnectionClosedOK) else error
        self._receiver = Waiter()
        return self._receiver

    def _take(self):
        """Take the next of the queue, which is not empty: return (data, final)."""
        queue = self._queue
        opcode, data, final = queue[0]
        del queue[0]
        if self._paused and len(queue) <= self._settings.low:
            self._paused = False
            if self.protocol.fault is None:
                self.link.resume()
        if opcode == OP_BINARY and not MICROPYTHON:  # a board has no room for a copy
            data = bytes(data)
        return data, final

    def _joined(self):
        """Return the parts that recv() has, as one, and forget them."""
        parts, self._parts = self._parts, None
        return ("" if isinstance(parts[0], str) else b"").join(parts)

    async def _as_text(self, decode, *arguments):
        """Return decode(*arguments); where that raises UnicodeError, the connection fails."""
        try:
            return decode(*arguments)
        except UnicodeError as error:
            self._fail(1007, "the program expects UTF-8", error)
            await self.wait_closed()
            raise self._closed_exception() from error

    def __aiter__(self):
        return self

    def __anext__(self):
        return self._receive(None, True)

    # ---------------------------------------------------------------- sending

    async def send(self, message, text=None):
        """Send a message, and wait until there is room for more.

        message: str is sent as text, bytes-like as binary; an iterable or asynchronous iterable
            of one of them as one message in fragments.
        text: False sends str as binary, True bytes-like (in UTF-8) as text.
        Cancelled while it waits for room, the message goes out all the same; cancelled between
        two fragments, the connection fails with 1011, since the message would have no end.
        Raises ConnectionClosed, and TypeError or UnicodeError for what cannot be sent.
        """
        if isinstance(message, _BYTES_OR_STR):
            while self._gate is not None:
                await self._gate.wait()
            if text is not None:
                message = as_asked(message, text)
            if self.protocol.state != OPEN:
                await self._raise_closed()
            self.protocol.send_message(message)
            if self.link.send():
                await self._drained()
        elif hasattr(message, "__aiter__"):
            await self._send_fragments(message, text)
        else:
            await self._send_fragments(_Async(message), text)

    def sender(self, data):
        """Return the protocol's method that sends `data` (str or bytes-like)."""
        return self.protocol.send_text if isinstance(data, str) else self.protocol.send_binary

    async def _put(self, send, *arguments):
        """Call `send`, one of the protocol's methods, and wait until there is room for more."""
        if self.protocol.state != OPEN:
            await self._raise_closed()
        send(*arguments)
        if self.link.send():
            await self._drained()

    async def _drained(self):
        await self.link.drain()
        if self.protocol.state == CLOSED:
            raise self._closed_exception()

    async def _raise_closed(self):
        await self.wait_closed()
        raise self._closed_exception()

    async def _send_fragments(self, parts, text):
        """Send what an asynchronous iterator gives as one message, or nothing if it gives nothing."""
        gate = None
        decoder = Utf8Decoder()  # with text=True, a character may be split over parts
        try:
            async for part in parts:
                if text and not isinstance(part, str):
                    part = decoder.decode(as_asked(part, None))
                part = as_asked(part, text)
                if gate is None:
                    while self._gate is not None:
                        await self._gate.wait()
                    gate = self._gate = asyncio.Event()
                    empty = "" if isinstance(part, str) else b""
                    await self._put(self.sender(part), part, False)
                else:
                    await self._put(self.protocol.send_continuation, part, False)
            if gate is not None:
                decoder.decode(b"", True)
                await self._put(self.protocol.send_continuation, empty, True)
        except BaseException as error:
            if gate is not None:
                self._fail(1011, "a message was not finished", error)
            raise
        finally:
            if gate is not None:
                self._gate = None
                gate.set()

    # ---------------------------------------------------------------- pings: sections 5.5.2, 5.5.3

    async def ping(self, data=None):
        """Send a Ping; return what to await for its Pong: `latency = await (await ws.ping())`, in seconds.

        data: str or bytes-like of up to 125 bytes, or None for 4 random ones. Raises
        ConnectionClosed, also where that is awaited, and ConcurrencyError for data that
        already is under way.
        """
        data = bytes(os.urandom(4) if data is None else as_asked(data, False))
        if data in [payload for payload, _, _ in self._pings]:
            raise ConcurrencyError("a ping with the same data is under way")
        waiter = Waiter()
        await self._put(self._send_ping, data, waiter)
        return waiter

    def _send_ping(self, data, waiter):
        self.protocol.send_ping(data)
        self._pings += ((data, clock(), waiter),)

    async def pong(self, data=b""):
        """Send a Pong that no Ping asked for; Pings are answered without this. data: as for ping()."""
        await self._put(self.protocol.send_pong, as_asked(data, False))

    def _receive_pong(self, data):
        """A Pong answers the Ping with the same data, and all older ones (section 5.5.3)."""
        payloads = [payload for payload, _, _ in self._pings]
        if data not in payloads:
            return
        count = payloads.index(data) + 1
        for payload, moment, waiter in self._pings[:count]:
            self.latency = seconds_since(moment)
            waiter.set(self.latency)
            if payload == self._keepalive_ping and not self._closing:
                self._keepalive_ping = None
                self._set_timer(max(0, self._settings.ping_interval - self.latency), self._keepalive)
        self._pings = self._pings[count:]

    def _keepalive(self):
        """Send a ping; unless it is answered in time, the connection is dead."""
        self._keepalive_ping = os.urandom(4)
        self._send_ping(self._keepalive_ping, Waiter())
        self.link.send()
        if self._settings.ping_timeout is None:
            self._set_timer(self._settings.ping_interval, self._keepalive)
        else:
            self._set_timer(self._settings.ping_timeout, self._pong_overdue)

    def _pong_overdue(self):
        self._set_timer(0.1, self._pong_missing)  # where the program held up the loop, the Pong may be there unread

    def _pong_missing(self):
        if self._paused and not self.link.pending():
            # The Pong may be there, but behind messages that the program does not receive; and we pile up nothing.
            self._set_timer(self._settings.ping_timeout, self._pong_overdue)
            return
        error = asyncio.TimeoutError("no pong within %s s (ping_timeout)" % self._settings.ping_timeout)
        self._fail(1011, "keepalive ping timeout", error)

    # ---------------------------------------------------------------- closing: sections 5.5.1, 7

    async def close(self, code=1000, reason=""):
        """Close the connection, and wait until it is closed: the peer's turn, for at most close_timeout.

        code: int, one that may be sent. reason: str of at most 123 bytes. Does nothing if it is
        closing already. Raises ValueError for a code or reason that may not be sent.
        """
        self.start_closing(code, reason)
        await self.wait_closed()

    def start_closing(self, code=1000, reason=""):
        """Do what close() does, without waiting."""
        if self.protocol.state == OPEN and self.protocol.fault is not None:
            self._face_fault()
        if self.protocol.state == OPEN:
            if self._gate is not None:
                self._fail(1011, "a message was not finished")
            else:
                self.protocol.send_close(code, reason)
                self.link.send()
                self._go_on_closing()

    async def wait_closed(self):
        """Wait until the connection is closed."""
        if self.protocol.state != CLOSED:
            if self._ended is None:
                self._ended = asyncio.Event()
            await self._ended.wait()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, error, traceback):
        await self.close(1000 if kind is None else 1011)

    def _fail(self, code, reason, error=None):
        """Give the connection up (section 7.1.7), because of `error`, unless that is done already."""
        if self.protocol.state not in (OPEN, CLOSE_SENT):
            return
        self._set_error(error)
        self.protocol.fail(code, reason)
        self.link.send()
        self._go_on_closing()

    def _go_on_closing(self):
        """See to it that the connection, which is not open any more, comes to its end."""
        if self.protocol.state == CLOSED:
            return
        if not self._closing:
            self._closing = True
            self._set_timer(self._settings.close_timeout, self._close_overdue)
            if self._paused:  # the peer's Close frame must get through
                self._paused = False
                self.link.resume()
        if self.protocol.state == FAILED:
            self.link.finish()
        elif self.protocol.should_close_tcp:
            self.link.close()

    def _close_overdue(self):
        message = "the peer did not end the connection within %s s (close_timeout)" % self._settings.close_timeout
        self._set_error(asyncio.TimeoutError(message))
        self.link.abort()

    def _set_timer(self, seconds, callback=None):
        """Call `callback` in `seconds`, or never if that is None; the call asked for before does not happen."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else call_later(seconds, callback)

    def _set_error(self, error):
        if self._error is None:
            self._error = error

    def _closed_exception(self):
        """Return the ConnectionClosed that says how it ended, and, as its cause, why."""
        exception = self.protocol.close_exception()
        exception.__cause__ = self.protocol.failure or self.protocol.fault or self._error
        return exception

    # ---------------------------------------------------------------- what there is to know

    @property
    def id(self):
        """A str that no other connection has, for logs and as a key."""
        if self._id is None:
            self._id = hexlify(os.urandom(16)).decode()
        return self._id

    @property
    def state(self):
        """State.CONNECTING, OPEN, CLOSING or CLOSED."""
        return _STATES.get(self.protocol.state, State.CLOSING)

    @property
    def close_code(self):
        """The code in the peer's Close frame, 1005 for none in it, 1006 for no such frame; None before the end."""
        return self.protocol.close_code

    @property
    def close_reason(self):
        """The reason in the peer's Close frame: str, or None before the end."""
        return self.protocol.close_reason

    @property
    def local_address(self):
        """(host, port, ...) on this side; None on MicroPython."""
        return self.link.local_address

    @property
    def remote_address(self):
        """(host, port, ...) of the peer."""
        return self.link.remote_address


def with_compression(extensions, compression):
    """Return the extensions to offer or to accept, by the arguments of connect() or serve(). Raises ValueError."""
    if compression not in ("deflate", None):
        raise ValueError("compression is %r; expected 'deflate' or None" % (compression,))
    if extensions or compression is None:
        return extensions or ()
    from .deflate import PerMessageDeflate  # a module that a board without compression does not load

    return (PerMessageDeflate(),)


_BYTES_OR_STR = (str, bytes, bytearray, memoryview)


def as_asked(data, text):
    """Return `data` as str if `text` is True, as bytes if it is False, as it is if it is None."""
    if not isinstance(data, _BYTES_OR_STR):
        raise TypeError("expected str or bytes-like, not %s" % type(data).__name__)
    if text is None or isinstance(data, str) == text:
        return data
    return decode_utf8(data) if text else encode_utf8(data)


class _Async:
    """An asynchronous iterator over an iterable."""

    def __init__(self, parts):
        try:
            self._parts = None if hasattr(parts, "keys") else iter(parts)  # the keys of a dict are no message
        except TypeError:
            self._parts = None
        if self._parts is None:
            kind = type(parts).__name__
            raise TypeError("a message is str, bytes-like, or an iterable of one of them, but not %s" % kind)

    def __aiter__(self):
        return self

    async def __anext__(self):
        for part in self._parts:
            return part
        raise StopAsyncIteration


class _Pieces:
    """Iterates over one message as it comes in; see recv_streaming()."""

    def __init__(self, connection, decode):
        self._connection = connection
        self._decode = decode
        self._decoder = Utf8Decoder() if decode else None
        self._final = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        connection = self._connection
        if self._final:
            raise StopAsyncIteration
        if connection._pieces not in (None, self):
            raise ConcurrencyError("another iterator has begun this message and not finished it")
        connection.protocol.streaming = True
        data = ""
        while not (data or self._final):  # a piece may hold no whole character
            data = await self._piece()
        if self._final:
            connection.protocol.streaming = False
        if not data:
            raise StopAsyncIteration
        return data

    async def _piece(self):
        """Return what has come of the message since the last piece, or else wait for more."""
        connection = self._connection
        if connection._parts:  # of a recv() that was cancelled
            data = connection._joined()
        else:
            if not connection._queue and connection.protocol.fault is None:
                connection.feed(b"")  # for what came before it was asked for
            try:
                data, self._final = await connection._receive(None, False, False)
            except ConnectionClosed:
                connection._pieces = None
                raise
        connection._pieces = None if self._final else self
        if self._decode is None or isinstance(data, str) == self._decode:
            return data
        if not self._decode:
            return encode_utf8(data)
        return await connection._as_text(self._decoder.decode, data, self._final)
