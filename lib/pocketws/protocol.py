"""A WebSocket connection without any I/O: RFC 6455 sections 5.4 to 5.6, 6, 7 and 8.

Bytes go in, events and bytes to send come out:

    protocol = Protocol(SERVER)
    protocol.opened()                           # the opening handshake is done
    for event in protocol.receive_data(data):   # from the network
        ...
    protocol.send_text("hello")
    transport.write(protocol.data_to_send())    # to the network

Rules:

- The object never waits, never calls back, and knows no clock: time-outs are its user's.
- A fault of the peer never raises. `receive_data` returns the events before the fault,
  a Close frame with the right code stands in `data_to_send()`, after the replies to
  earlier frames, and `failure` holds the error.
- A fault of the caller, such as sending after close, raises InvalidState.
- `send_*` only adds to what `data_to_send()` returns, so nothing is ever half sent.
"""

import os

from .compat import MICROPYTHON, decode_utf8, encode_utf8
from .exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidState, PayloadTooBig, ProtocolError
from .frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_CONT,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    RSV1,
    Close,
    Event,
    FrameParser,
    decode_close,
    encode_close,
    encode_header,
    mask_in_place,
    masked,
)
from .masking import turned
from .utf8 import Utf8Decoder

if not MICROPYTHON:
    from .fastlane import take_messages

CLIENT, SERVER = "client", "server"

# The states of a connection, and what leads from one to the next (sections 4, 7.1).
CONNECTING = "connecting"  # the opening handshake is under way
OPEN = "open"
CLOSE_SENT = "close sent"  # we wait for the peer's Close frame; messages still come in
CLOSE_RECEIVED = "close received"  # we answer it at once, so no one sees this state for long
CLOSE_DONE = "close done"  # both Close frames went over; the server now ends the TCP connection
FAILED = "failed"  # the peer broke a rule, or we gave up: nothing it sends counts any more
CLOSED = "closed"  # the TCP connection is gone

TRANSITIONS = {
    (CONNECTING, "handshake done"): OPEN,
    (OPEN, "send Close"): CLOSE_SENT,
    (OPEN, "receive Close"): CLOSE_RECEIVED,
    (CLOSE_SENT, "receive Close"): CLOSE_DONE,
    (CLOSE_RECEIVED, "send Close"): CLOSE_DONE,
    (OPEN, "fail"): FAILED,
    (CLOSE_SENT, "fail"): FAILED,
    (CONNECTING, "TCP ends"): CLOSED,
    (OPEN, "TCP ends"): CLOSED,
    (CLOSE_SENT, "TCP ends"): CLOSED,
    (CLOSE_DONE, "TCP ends"): CLOSED,
    (FAILED, "TCP ends"): CLOSED,
}

_READING = (OPEN, CLOSE_SENT)


class Protocol:
    """One endpoint of one connection.

    role: CLIENT or SERVER.
    max_size: int or None, bytes: the largest message that is accepted, once decompressed.
        A larger one fails the connection with 1009 (section 10.4).
    streaming: bool, may be changed at any time. True hands out what arrives of a message
        as it arrives, instead of the whole message in the end.
    patient: bool, may be changed at any time. True leaves a fault that follows a message in
        the same data to the next receive_data(), of b"" or more, so that the program can
        answer the message before the connection fails.
    congested: bool, may be changed at any time. True answers only the last of several Pings
        while their Pongs wait in data_to_send() (section 5.5.3): a peer that sends Pings
        and reads nothing must not fill our memory.

    After that, to read only:
    state: str, one of the seven above.
    failure: ProtocolError, PayloadTooBig, MemoryError or None: why we gave the connection up.
    fault: the same, while it waits; see patient.
    close_rcvd, close_sent: Close or None.
    output: list, empty when there is nothing in data_to_send().
    """

    def __init__(self, role, max_size=1 << 20, streaming=False, patient=False):
        if role not in (CLIENT, SERVER):
            raise ValueError("role is %r; expected CLIENT or SERVER" % (role,))
        self.role = role
        self.max_size = max_size
        self.streaming = streaming
        self.patient = patient
        self.congested = False
        self.state = CONNECTING
        self.failure = None
        self.fault = None
        self.close_rcvd = None
        self.close_sent = None
        self._peer_closed_first = None
        self._extension = None
        self._parser = FrameParser(role == SERVER, max_size)
        self._receiving = None  # the _Message that arrives in parts
        self._sending = None  # the opcode of the message that we send in parts
        self._events = None  # while receive_data() runs: a list
        self.output = []  # (bytes-like, masking key or b""): a frame each, or a header and a large payload
        self._pong = None  # the last item that is a Pong
        self._output_at = 0  # the bytes of the first of them that data_to_send() gave out

    def opened(self, extension=None):
        """Say that the opening handshake is done, and what it agreed on.

        extension: None, or an object (RFC 7692) with `encode(data, final)`, whose result is
            sent with RSV1 set, `compresses`, False where messages are sent as they are, and
            `decode(data, final, max_size)`, which undoes it, or raises ProtocolError, or
            PayloadTooBig for more than `max_size` bytes. Both return bytes-like objects.
            `bound(size)` is how many bytes a message of `size` bytes may take on the wire.
        """
        self._go("handshake done")
        if extension is not None:
            self._extension = extension
            self._parser.rsv = RSV1
            self._allow(self.max_size)

    def _go(self, event):
        try:
            self.state = TRANSITIONS[self.state, event]
        except KeyError:
            raise InvalidState("%r is not possible while the connection is %s" % (event, self.state)) from None

    # ---------------------------------------------------------------- receiving

    def receive_data(self, data):
        """Take `data` (bytes-like) from the network; return the list of Events that it completes.

        What comes after a Close frame or a failure is dropped (sections 1.4 and 7.1.7).
        Raises InvalidState before opened(), so that no frame right behind the handshake is lost.
        """
        if self.state not in _READING:
            if self.state == CONNECTING:
                raise InvalidState("cannot receive frames before opened()")
            return []
        parser = self._parser
        events = self._events = []
        try:
            if self.fault is not None:
                raise self.fault
            parser.feed(data)
            while self.state in _READING:
                if not MICROPYTHON and self._receiving is None and take_messages(parser, self.max_size, events):
                    break
                # Inside a message also a binary frame: there it is a fault, which shows before the frame is whole.
                parser.pieces = _IN_PIECES[self.streaming or self._receiving is not None]
                frame = parser.next_frame()
                if frame is None:
                    break
                if frame.opcode < OP_CLOSE:
                    self._receive_part(frame)
                else:
                    self._receive_control(frame)
                if parser.pos == len(parser.data):
                    break
            if self.streaming and self._receiving is not None:  # what came before streaming was asked for
                self._hand_out(self._receiving, False)
        except (ProtocolError, PayloadTooBig, MemoryError) as error:
            if self.patient and self.fault is None and any([event.opcode < OP_CLOSE for event in events]):
                self.fault = error
            else:
                self._give_up(error)
        self._events = None
        return events

    def receive_eof(self):
        """Say that the TCP connection has ended. Without Close frames before, that is no clean close.

        A message that is cut short by it is not delivered.
        """
        if self.state != CLOSED:
            self._go("TCP ends")

    def _receive_control(self, frame):
        """Handle a control frame, which may stand between the parts of a message (section 5.5)."""
        data = payload = bytes(frame.data)
        if frame.opcode == OP_CLOSE:
            data = self.close_rcvd = decode_close(payload)
            self._go("receive Close")
            self._peer_closed_first = self.state == CLOSE_RECEIVED
            if self._peer_closed_first:
                self._send_close(data, payload)  # section 5.5.1: the same code, back at once
        elif frame.opcode == OP_PING:  # also after our own Close frame, which ends only our data (section 5.5.1)
            self._send_answer(payload)
        self._events.append(Event(frame.opcode, data, True))

    def _send_answer(self, payload):
        """Answer a Ping with the same payload (section 5.5.2), in place of the last answer if that still waits."""
        if self.congested and len(self.output) > 1 and self.output[-1] is self._pong:
            self.output = self.output[:-1]
        self._send(OP_PONG, payload)
        self._pong = self.output[-1]

    def _receive_part(self, frame):
        """Handle a data frame: a whole message, or a part of one (section 5.4)."""
        message = self._receiving
        if frame.opcode == OP_CONT:
            if message is None:
                raise ProtocolError("a continuation frame, but no message to continue", "5.4", "opcode")
            if frame.rsv1:
                raise ProtocolError("RSV1 is set on a continuation frame", "5.2", "RSV1-3")
        elif message is not None:
            raise ProtocolError("a new message began before the last one ended", "5.4", "opcode")
        elif frame.fin and not frame.rsv1:  # most messages: one frame, all there, not compressed
            _check_size(len(frame.data), self.max_size)
            self._events.append(Event(frame.opcode, _content(frame), True))
            return
        else:
            message = self._receiving = _Message(frame.opcode, frame.rsv1)
        self._add_part(message, frame)

    def _add_part(self, message, frame):
        """Add what `frame` holds to `message`, and hand out what is ready."""
        data = frame.data
        left = self._left(message)
        if message.compressed:
            data = self._extension.decode(data, frame.fin, left)
        _check_size(len(data), left)
        message.add(data, frame.fin)
        if frame.fin:
            self._receiving = None
        if frame.fin or self.streaming:
            self._hand_out(message, frame.fin)
        self._allow(self.max_size if frame.fin else self._left(message))

    def _hand_out(self, message, final):
        """Make an event of what came of `message` since the last one."""
        if final or message.waits:
            self._events.append(Event(message.opcode, message.take(), final))

    def _left(self, message):
        """Return how many bytes `message` may still grow by, or None for any number."""
        return None if self.max_size is None else self.max_size - message.size

    def _allow(self, size):
        """Let the next data frame hold `size` bytes (None: any number), decompressed.

        Whether it is compressed, its header will tell; _check_size holds the others to the same limit.
        """
        if size is not None and self._extension is not None:
            size = self._extension.bound(size)  # what does not compress grows
        self._parser.max_size = size

    # ---------------------------------------------------------------- sending

    def send_text(self, text, final=True):
        """Send `text` (str): a message, or, with final=False, its first part.

        Raises InvalidState unless the connection is open and no other message half sent,
        and UnicodeError for a text that UTF-8 cannot hold.
        """
        self._send_part(OP_TEXT, text, final)

    def send_binary(self, data, final=True):
        """Send `data` (bytes-like): a message, or, with final=False, its first part.

        It is not copied: leave a buffer as it is until data_to_send() has given out all of it.
        """
        self._send_part(OP_BINARY, data, final)

    def send_continuation(self, data, final):
        """Send the next part, str or bytes-like as the first one was (section 5.4)."""
        self._send_part(OP_CONT, data, final)

    def send_message(self, data):
        """Send `data`, a whole message: str as text, bytes-like as binary. Raises what send_text, send_binary raise."""
        text = isinstance(data, str)
        if self._extension is not None or self._sending is not None or self.state != OPEN:
            self._send_part(OP_TEXT if text else OP_BINARY, data, True)
        elif text:
            self._send(OP_TEXT, encode_utf8(data))
        else:
            if not isinstance(data, bytes):
                _check_bytes(data)
            self._send(OP_BINARY, data)

    def send_frame(self, frame):
        """Send `frame` (bytes) as it is: a server's whole message, which was encoded once for many connections.

        Raises InvalidState as send_text() does.
        """
        self._must_be_open()
        if self._sending is not None:
            raise InvalidState("finish the message begun first")
        self.output += [(frame, b"")]

    def send_ping(self, data=b""):
        """Send a Ping frame with up to 125 bytes (section 5.5.2)."""
        self._send_control(OP_PING, data)

    def send_pong(self, data=b""):
        """Send a Pong frame that no Ping asked for (section 5.5.3). Pings are answered without this."""
        self._send_control(OP_PONG, data)

    def send_close(self, code=None, reason=""):
        """Send a Close frame: the last thing that we send (section 5.5.1).

        Raises InvalidState unless the connection is open, and ValueError for a code that
        may not be sent or a reason longer than 123 bytes.
        """
        payload = encode_close(code, reason)
        self._must_be_open()
        self._send_close(Close(1005 if code is None else code, reason), payload)

    def fail(self, code, reason=""):
        """Give the connection up (section 7.1.7): send a Close frame if we still may, read nothing more.

        reason: str, of which only what fits is sent. Raises ValueError for a code that may not be sent.
        """
        reason = reason[:_REASON]
        while len(encode_utf8(reason)) > _REASON:
            reason = reason[:-1]
        payload = encode_close(code, reason)
        if self.state not in _READING:
            return
        self._receiving = self._parser = self.fault = None  # a board may need their memory for the Close frame
        if self.state == OPEN:
            self._send(OP_CLOSE, payload)
            self.close_sent = Close(code, reason)
        self._go("fail")

    def _give_up(self, error):
        """Fail the connection because of `error`."""
        code, reason = 1009, "no memory for this message"  # on a board, a message may be too big long before max_size
        if isinstance(error, PayloadTooBig):  # it knows of one frame, and we of the whole message
            before = 0 if self._receiving is None else self._receiving.size
            error = PayloadTooBig(before + error.size, self.max_size)
        if not isinstance(error, MemoryError):
            code, reason = error.close_code, str(error)
        self.failure = error
        self.fail(code, reason)

    def data_to_send(self, size=None):
        """Return the bytes that are to go to the network now, and forget them.

        size: int or None, the most to return at once; then it may be a bytearray. A board cannot
            hold a large message and its frame: it writes, say, 4 KiB at a time, until there is b"".
        """
        if len(self.output) == 1 and not self._output_at:
            data, key = self.output[0]
            if not key and (size is None or len(data) <= size):  # a small frame, as most are
                self.output = []
                return data
        taken = bytearray()
        done, at = 0, self._output_at
        while done < len(self.output) and (size is None or len(taken) < size):
            data, key = self.output[done]
            start = len(taken)
            end = len(data) if size is None else min(len(data), at + size - start)
            taken += memoryview(data)[at:end]
            if key:  # it goes on where it ended
                mask_in_place(taken, turned(key, at - start), start, len(taken))
            at = end
            if at == len(data):
                done, at = done + 1, 0
        self.output = self.output[done:]  # only now: where memory was short, all is still there
        self._output_at = at
        return bytes(taken) if size is None else taken

    def _must_be_open(self):
        if self.state != OPEN:
            raise InvalidState("cannot send while the connection is %s" % self.state)

    def _send_part(self, opcode, data, final):
        if self.state != OPEN:
            self._must_be_open()
        started = self._sending
        if (opcode == OP_CONT) != (started is not None):
            raise InvalidState("finish the message begun first" if started is not None else "no message to continue")
        kind = opcode if started is None else started
        if kind == OP_BINARY:
            if not isinstance(data, bytes):
                _check_bytes(data)
        elif isinstance(data, str):
            data = encode_utf8(data)
        else:
            raise TypeError("a text message takes str, not %s" % type(data).__name__)
        compress = self._extension is not None and self._extension.compresses
        if compress:
            data = self._extension.encode(data, final)
        self._send(opcode, data, final, compress and opcode != OP_CONT)
        self._sending = None if final else kind

    def _send_control(self, opcode, data):
        self._must_be_open()
        _check_bytes(data)
        self._send(opcode, data)

    def _send_close(self, close, payload):
        self._send(OP_CLOSE, payload)
        self._go("send Close")
        self.close_sent = close

    def _send(self, opcode, data, fin=True, rsv1=False):
        # Section 5.3: for each frame of a client a fresh key, that no one can predict.
        key = os.urandom(4) if self.role == CLIENT else b""
        header = encode_header(opcode, len(data), fin, rsv1, key)
        if len(data) < _ALONE:
            self.output += [(header + (masked(data, key) if key else data), b"")]
        else:
            self.output += [(header, b""), (data, key)]  # in one step: nothing is ever half sent

    # ---------------------------------------------------------------- closing

    @property
    def should_close_tcp(self):
        """Whether it is on us to end the TCP connection now; the server does it first (section 7.1.1)."""
        return self.state == FAILED or (self.state == CLOSE_DONE and self.role == SERVER)

    @property
    def close_code(self):
        """The code of the connection's end (section 7.1.5): int, or None before it has ended.

        1005 stands for a Close frame without a code, 1006 for none at all.
        """
        if self.state != CLOSED:
            return None
        return 1006 if self.close_rcvd is None else self.close_rcvd.code

    @property
    def close_reason(self):
        """The reason in the peer's Close frame (section 7.1.6): str, or None before the end."""
        if self.state != CLOSED:
            return None
        return "" if self.close_rcvd is None else self.close_rcvd.reason

    def close_exception(self):
        """Return the ConnectionClosedOK or ConnectionClosedError that says how it ended."""
        both = (self.close_rcvd, self.close_sent)  # after a failure, one of them is missing
        clean = all(close is not None and close.code in _CLEAN for close in both)
        kind = ConnectionClosedOK if clean else ConnectionClosedError
        return kind(self.close_rcvd, self.close_sent, self._peer_closed_first)


_LARGE = 4096  # bytes: a binary message as large as this may stay in the bytearray that it was received in
_ALONE = 1024 if MICROPYTHON else 1 << 17  # bytes: a payload as large as this is not copied behind its header
_REASON = 123  # bytes of a reason that fit in a Close frame
_CLEAN = (1000, 1001, 1005)  # the codes with which nothing went wrong

# What the parser hands out before it is complete, by `streaming`: text, to refuse bad UTF-8
# at once (section 8.1), and parts, which are joined later anyhow. A binary frame is received
# in place, since a board has no memory for it twice.
_IN_PIECES = ((OP_TEXT, OP_CONT), (OP_TEXT, OP_BINARY, OP_CONT))


def _content(frame):
    """Return the content of a whole text or binary message: str or bytes-like."""
    if frame.opcode == OP_BINARY:
        return _small_as_bytes(frame.data)
    try:
        return decode_utf8(frame.data)
    except UnicodeError:
        raise _not_utf8() from None


def _small_as_bytes(data):
    """Return `data` as bytes, if that costs little: what arrived in parts is a bytearray, which no set can hold."""
    return data if len(data) >= _LARGE else bytes(data)


def _not_utf8():
    """Return the error for bad UTF-8. Where it lies is not said: pieces of a message know only their own beginning."""
    return ProtocolError("the text is not UTF-8", "8.1", "payload", 1007)


def _check_size(size, limit):
    """Raise PayloadTooBig unless `limit` (int or None) lets `size` more bytes in."""
    if limit is not None and size > limit:
        raise PayloadTooBig(size, limit)


def _check_bytes(data):
    """Raise TypeError unless `data` is bytes-like, and counts in bytes, as a memoryview of an array does not."""
    if not isinstance(data, (bytes, bytearray, memoryview)) or len(bytes(data[:1])) > 1:
        raise TypeError("expected bytes, bytearray or a memoryview of bytes, not %s" % type(data).__name__)


class _Message:
    """A message that arrives in parts."""

    def __init__(self, opcode, compressed):
        self.opcode = opcode
        self.compressed = compressed
        self.size = 0  # bytes so far, decompressed
        self._decoder = Utf8Decoder() if opcode == OP_TEXT else None
        self._parts = []

    def add(self, data, final):
        """Add the next `data` (bytes-like). Raises ProtocolError with 1007 for bad UTF-8."""
        self.size += len(data)
        if self._decoder is not None:
            try:
                data = self._decoder.decode(data, final)
            except UnicodeError:
                raise _not_utf8() from None
        else:
            data = _small_as_bytes(data)
        parts = self._parts
        parts.append(data)
        # Single bytes would cost 60 times their size, and scatter over a board's heap: join what is below 1 KiB.
        while len(parts) > 1 and len(parts[-2]) <= len(parts[-1]) < 1024:
            last = parts.pop()
            parts[-1] += last

    @property
    def waits(self):
        """Whether something was added since the last take()."""
        return bool(self._parts)

    def take(self):
        """Return all that was added since the last time: str or bytes-like."""
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else ("" if self._decoder else b"").join(parts)
