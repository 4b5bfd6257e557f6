"""WebSocket frames: RFC 6455 sections 5.2, 5.3, and the Close payload of 5.5.1.

A frame is a header of 2 to 14 bytes and then its payload:

    bit   0    1-3   4-7      8     9-15          then
         FIN  RSV1-3 opcode  MASK  payload len    [length: 2 or 8 bytes] [masking key: 4] payload

Three rules hold everywhere below:

- Splitting a header into its fields and judging them are two steps. `decode_header`
  only reads; `check_header` only judges, and names the section that it judges by.
- Nothing is allocated for a payload before its announced length passed the limit.
- No function here touches a socket, a clock or an event loop.
"""

from collections import namedtuple

from .compat import MICROPYTHON, decode_utf8, encode_utf8
from .exceptions import PayloadTooBig, ProtocolError
from .masking import apply_mask, turned  # noqa: F401, both for those who read frames

if MICROPYTHON:
    from .masking_micropython import mask_in_place, masked
else:
    from .masking_cpython import mask_in_place, masked

OP_CONT, OP_TEXT, OP_BINARY = 0x0, 0x1, 0x2
OP_CLOSE, OP_PING, OP_PONG = 0x8, 0x9, 0xA

# Section 5.2 reserves the other ten values.
OPCODE_NAMES = {
    OP_CONT: "continuation",
    OP_TEXT: "text",
    OP_BINARY: "binary",
    OP_CLOSE: "close",
    OP_PING: "ping",
    OP_PONG: "pong",
}

RSV1 = 0b100  # the only reserved bit in use: permessage-deflate (RFC 7692 section 6)

MAX_CONTROL = 125  # bytes of payload in a control frame, section 5.5

# One entry per part of the header, in the order of the wire.
#   fin: bool      rsv: int, the three reserved bits, RSV1 = 4, RSV3 = 1
#   opcode: int    length: int, payload bytes     mask_key: 4 bytes, or b"" if not masked
#   size: int, the bytes the header itself takes, masking key included
Header = namedtuple("Header", ("fin", "rsv", "opcode", "length", "mask_key", "size"))


def encode_header(opcode, length, fin=True, rsv1=False, mask_key=b""):
    """Return the header, as bytes, of a frame with `length` bytes of payload.

    The length takes the shortest of its three forms (section 5.2). `mask_key` is
    the client's 4 random bytes; a server leaves it empty (section 5.1).
    Raises ValueError for a frame that RFC 6455 does not allow.
    """
    if opcode not in OPCODE_NAMES:
        raise ValueError("opcode 0x%x is reserved (RFC 6455 section 5.2)" % opcode)
    if opcode >= OP_CLOSE and (rsv1 or not fin or length > MAX_CONTROL):
        raise ValueError("a control frame is whole and holds at most 125 bytes (RFC 6455 section 5.5)")
    if len(mask_key) not in (0, 4):
        raise ValueError("a masking key is 4 bytes, not %d (RFC 6455 section 5.3)" % len(mask_key))
    first = (fin and 0x80) | (rsv1 and 0x40) | opcode
    mask = 0x80 if mask_key else 0
    if length < 126:
        head = bytes((first, mask | length))
    elif length < 1 << 16:
        head = bytes((first, mask | 126)) + length.to_bytes(2, "big")
    elif length < 1 << 63:
        head = bytes((first, mask | 127)) + length.to_bytes(8, "big")
    else:
        raise ValueError("a payload is shorter than 2**63 bytes (RFC 6455 section 5.2)")
    return head + mask_key


def decode_header(data, start=0):
    """Split the header that begins at data[start] into a Header; judge nothing.

    Returns None while `data` (bytes-like) does not hold the whole header.
    """
    body = start + 2
    if len(data) < body:
        return None
    first, second = data[start], data[start + 1]
    length = second & 0x7F
    if length > 125:  # 126: the next 2 bytes hold the length; 127: the next 8 do
        body += 2 if length == 126 else 8
        length = int.from_bytes(data[start + 2 : body], "big")
    key = body
    body += 4 if second & 0x80 else 0
    if len(data) < body:
        return None
    return Header(first > 0x7F, first >> 4 & 7, first & 0xF, length, bytes(data[key:body]), body - start)


def check_header(header, masked=None, rsv=0, whole=True):
    """Raise ProtocolError for the first rule of sections 5.1, 5.2 and 5.5 that `header` breaks.

    masked: True where every frame must be masked (we are the server), False where
        none may be (we are the client), None to accept both.
    rsv: int, the reserved bits that a negotiated extension has given a meaning.
    whole: bool, False judges only what the first two bytes show, not the length.
    """
    control = header.opcode >= OP_CLOSE
    if header.rsv & ~rsv:
        bits = "%d%d%d" % (header.rsv >> 2, header.rsv >> 1 & 1, header.rsv & 1)
        raise ProtocolError("RSV1-3 is %s, but no extension gave these bits a meaning" % bits, "5.2", "RSV1-3")
    if header.opcode not in OPCODE_NAMES:
        raise ProtocolError("opcode 0x%x is reserved" % header.opcode, "5.2", "opcode")
    name = OPCODE_NAMES[header.opcode]
    if control and not header.fin:
        raise ProtocolError("a %s frame may not be fragmented" % name, "5.5", "FIN")
    if control and header.rsv:
        raise ProtocolError("a %s frame is never compressed" % name, "5.2", "RSV1-3")
    if masked is not None and masked != bool(header.mask_key):
        fault = "a client must mask every frame" if masked else "a server must not mask its frames"
        raise ProtocolError(fault, "5.1", "MASK")
    if not whole:
        return
    length = header.length
    if control and length > MAX_CONTROL:
        raise ProtocolError("a %s frame holds at most 125 bytes, not %d" % (name, length), "5.5", "payload len")
    extended = header.size - 2 - len(header.mask_key)
    if extended and length < (126 if extended == 2 else 1 << 16):
        fault = "length %d has a shorter form than these %d extra bytes" % (length, extended)
        raise ProtocolError(fault, "5.2", "payload len")
    if length >> 63:
        raise ProtocolError("the first bit of a 64-bit length must be 0", "5.2", "payload len")


class Frame:
    """One frame.

    opcode: int, one of OP_*. data: bytes-like, the payload, not masked.
    fin: bool, the last (or only) frame of its message. rsv1: bool (RFC 7692).
    """

    __slots__ = ("opcode", "data", "fin", "rsv1")

    def __init__(self, opcode, data=b"", fin=True, rsv1=False):
        self.opcode = opcode
        self.data = data
        self.fin = fin
        self.rsv1 = rsv1

    def serialize(self, mask_key=b""):
        """Return the frame as the bytes that go on the wire, masked if there is a key.

        Raises ValueError for a frame that RFC 6455 does not allow.
        """
        head = encode_header(self.opcode, len(self.data), self.fin, self.rsv1, mask_key)
        return head + (masked(self.data, mask_key) if mask_key else self.data)

    def __eq__(self, other):
        return isinstance(other, Frame) and self._all() == other._all()

    def _all(self):
        return self.opcode, bytes(self.data), bool(self.fin), bool(self.rsv1)

    def __repr__(self):
        name = OPCODE_NAMES.get(self.opcode, hex(self.opcode))
        flags = ("" if self.fin else ", fin=False") + (", rsv1=True" if self.rsv1 else "")
        return "<Frame %s, %d bytes%s>" % (name, len(self.data), flags)


# One event per message, or per piece of one (see streaming in protocol.py), and per control frame.
#   opcode: int, OP_TEXT, OP_BINARY, OP_PING, OP_PONG or OP_CLOSE
#   data: str for OP_TEXT, Close for OP_CLOSE, else bytes; 4 KiB or more may be a bytearray
#   final: bool, False for a piece that others follow
Event = namedtuple("Event", ("opcode", "data", "final"))

_ZEROS = bytes(12)  # stand for the part of a header that has not arrived
AHEAD = 1 << 20  # bytes: the most that an announced length reserves before its payload is there


class FrameParser:
    """Cuts a stream of bytes into frames, however the network chopped it.

        parser = FrameParser(masked=True)
        parser.feed(data)
        while (frame := parser.next_frame()) is not None:
            ...

    masked, rsv: as for `check_header`.
    max_size: int or None, the largest payload in bytes that a data frame may have;
        may be changed between frames.
    pieces: opcodes of the data frames to hand out as they arrive. Each piece is then a
        frame of its own, the later ones with OP_CONT, as if the sender had cut the
        message smaller, which is the same message (section 5.4).

    Take frames until None comes before you feed more: then the cost is linear in
    the bytes received. After an error, the stream has lost its framing: every
    further call raises the same error.
    """

    def __init__(self, masked=None, max_size=None, rsv=0, pieces=()):
        self.masked = masked
        self.max_size = max_size
        self.rsv = rsv
        self.pieces = pieces
        self.header = None  # of the frame whose payload is still arriving
        self.payload = None  # bytearray: its first `received` bytes are here, unmasked; None if in pieces
        self.received = 0
        self.data = b""  # what came; before `pos`, it is used up
        self.pos = 0

    def feed(self, data):
        """Add `data` (bytes-like), the next bytes from the network."""
        self.data = bytes(self.data[self.pos :]) + data if self.data else data
        self.pos = 0

    def next_frame(self):
        """Return the next Frame, or None while there is none.

        Raises ProtocolError, or PayloadTooBig as soon as the header announces it.
        """
        if self.header is not None:
            return self._fill() if self.payload is not None else self._piece()
        header = decode_header(self.data, self.pos)
        if header is None:
            if len(self.data) - self.pos > 1:  # do not wait for the rest of what is wrong already
                check_header(decode_header(bytes(self.data[self.pos :]) + _ZEROS), self.masked, self.rsv, whole=False)
            return None
        check_header(header, self.masked, self.rsv)
        if self.max_size is not None and header.length > self.max_size and header.opcode < OP_CLOSE:
            raise PayloadTooBig(header.length, self.max_size)
        start = self.pos + header.size
        end = start + header.length
        if end > len(self.data):  # the rest is still on its way
            # Reserve first: where memory is short, nothing has changed yet.
            self.payload = None if header.opcode in self.pieces else bytearray(min(header.length, AHEAD))
            self.pos = start
            self.header = header
            self.received = 0
            return self._fill() if self.payload is not None else self._piece()
        data = self.data[start:end]
        frame = _frame(header, masked(data, header.mask_key) if header.mask_key else bytes(data))
        self.pos = end
        return frame

    def _take(self):
        """Return what has arrived of the rest of the payload; the caller then moves on by its length."""
        size = min(self.header.length - self.received, len(self.data) - self.pos)  # a slice takes no 2**63
        return self.data[self.pos : self.pos + size]

    def room(self):
        """Return where the next bytes may be received straight into, to save a copy, and then filled() be called.

        A memoryview of the reserved rest of a payload that is on its way, or None: then feed() takes them.
        """
        if self.payload is None or self.pos < len(self.data):
            return None
        return memoryview(self.payload)[self.received :] or None

    def filled(self, size):
        """Take note that `size` bytes of the payload are in their place: next_frame() tells whether that was all."""
        end = self.received + size
        if self.header.mask_key:
            mask_in_place(self.payload, self.header.mask_key, self.received, end)
        self.received = end

    def _fill(self):
        """Move what has arrived into the payload; return the Frame once it is whole."""
        header, payload = self.header, self.payload
        chunk = self._take()
        payload[self.received : self.received + len(chunk)] = chunk  # grows the payload where it was not all reserved
        self.filled(len(chunk))
        self.pos += len(chunk)
        if self.received < header.length:
            return None
        self.header = self.payload = None
        return _frame(header, payload)

    def _piece(self):
        """Return what has arrived as a Frame of its own, or None if that is nothing."""
        header, start = self.header, self.received
        chunk = self._take()
        if not chunk:
            return None
        key = header.mask_key
        chunk = masked(chunk, turned(key, start)) if key else bytes(chunk)
        self.pos += len(chunk)
        self.received += len(chunk)
        last = self.received == header.length
        if last:
            self.header = None
        if start:
            return Frame(OP_CONT, chunk, header.fin and last)
        return Frame(header.opcode, chunk, header.fin and last, bool(header.rsv & RSV1))


def _frame(header, data):
    return Frame(header.opcode, data, header.fin, bool(header.rsv & RSV1))


# The status codes of section 7.4.1 and of the registry it opened (section 11.7).
CLOSE_CODES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no status received",
    1006: "abnormal closure",
    1007: "invalid frame payload data",
    1008: "policy violation",
    1009: "message too big",
    1010: "mandatory extension",
    1011: "internal error",
    1012: "service restart",
    1013: "try again later",
    1014: "bad gateway",
    1015: "TLS handshake",
}

_NEVER_SENT = (1005, 1006, 1015)  # how an endpoint tells itself that no code came, section 7.4.1


def _may_be_sent(code):
    """Tell whether a Close frame may carry `code` (section 7.4)."""
    return 3000 <= code <= 4999 or (code in CLOSE_CODES and code not in _NEVER_SENT)


def encode_close(code=None, reason=""):
    """Return the payload of a Close frame: bytes (section 5.5.1).

    code: int or None for an empty payload. reason: str, at most 123 bytes as UTF-8.
    Raises ValueError for what may not be sent.
    """
    if code is None:
        if reason:
            raise ValueError("a close reason needs a code before it (RFC 6455 section 5.5.1)")
        return b""
    if not _may_be_sent(code):
        raise ValueError("%r is not a close code that may be sent (RFC 6455 section 7.4)" % (code,))
    payload = code.to_bytes(2, "big") + encode_utf8(reason)
    if len(payload) > MAX_CONTROL:
        raise ValueError("a close reason is at most 123 bytes as UTF-8 (RFC 6455 section 5.5)")
    return payload


Close = namedtuple("Close", ("code", "reason"))  # an int and a str


def decode_close(payload):
    """Return the Close that the payload of a Close frame holds.

    An empty payload gives Close(1005, ""): no code was sent (section 7.1.5).
    Raises ProtocolError for half a code, a code that may not be sent, or a reason
    that is not UTF-8.
    """
    if not payload:
        return Close(1005, "")
    if len(payload) == 1:
        raise ProtocolError("a close payload of 1 byte is half a code", "5.5.1", "payload")
    code = int.from_bytes(payload[:2], "big")
    if not _may_be_sent(code):
        raise ProtocolError("close code %d may not be sent" % code, "7.4", "payload")
    try:
        return Close(code, decode_utf8(payload[2:]))
    except UnicodeError:
        raise ProtocolError("the close reason is not UTF-8", "5.5.1", "payload", 1007) from None
