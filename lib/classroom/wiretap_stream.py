"""What a wiretap makes of the bytes it sees: HTTP heads, WebSocket frames, and what is neither.

    tapped = Tapped(1, Recorder(), {"client": [], "server": []})
    passed_on = tapped.client.feed(data, time.perf_counter())

Everything is lenient here: what a strict endpoint would refuse is recorded with the
library's own words on what is wrong with it. Nothing touches a socket.
"""

import re
import time
import zlib
from collections import deque, namedtuple
from dataclasses import dataclass, field

from pocketws.exceptions import ProtocolError
from pocketws.frames import (
    OP_CLOSE,
    OP_CONT,
    OPCODE_NAMES,
    RSV1,
    apply_mask,
    check_header,
    decode_close,
    decode_header,
)

from .ladder import Event

LIMIT = 16 << 20  # bytes that are recorded
MAX_HEAD = 1 << 16  # bytes of an HTTP head
MAX_BODY = 1 << 20  # bytes of an HTTP body that are kept; more are counted
MAX_INFLATED = 1 << 20  # bytes that one compressed frame may give


@dataclass
class Head(Event):
    """The head of an HTTP request or response, in `data`, and what is known of its body.

    body: bytes, as on the wire, at most MAX_BODY. body_size: int, all of its bytes.
    """

    body: bytes = b""
    body_size: int = 0


@dataclass
class Frame(Event):
    """A frame. `data` is its payload, not masked, and still compressed if it was.

    opcode: int. rsv: int, RSV1 = 4. masked: bool.
    wire: bytes, the frame as it was sent. delivered: bytes, as it was passed on: another
        than `wire` where the wiretap corrupted it.
    error: str, the rule of RFC 6455 that it breaks, or "".
    inflated: bytes, the decompressed payload, or None if it is not compressed.
    """

    opcode: int = 0
    rsv: int = 0
    masked: bool = False
    wire: bytes = field(default=b"", repr=False)
    delivered: bytes = field(default=b"", repr=False)
    error: str = ""
    inflated: bytes | None = None

    @property
    def content(self):
        return self.data if self.inflated is None else self.inflated

    @property
    def remark(self):
        return "compressed" if self.rsv & RSV1 else ""


Handshake = namedtuple("Handshake", "request response connection")


class Recorder:
    """The records of a wiretap, and how many bytes they hold.

    limit: int, bytes; what is beyond is not recorded, and a record says so.
    records: list of Event.
    """

    def __init__(self, limit=LIMIT):
        self.limit = limit
        self.clear()

    def clear(self):
        """Forget all; the clock begins anew with what comes next."""
        self.records = []
        self.exchanges = []  # a list [request, response or None] of Heads for each request to open a WebSocket
        self.is_full = False
        self._size = 0
        self._start = None

    def seconds(self, moment):
        """Return the time since the start, in seconds, of a `moment` of time.perf_counter()."""
        if self._start is None:
            self._start = moment
        return max(0.0, moment - self._start)

    def take(self, size):
        """Tell whether `size` more bytes may be recorded; if so, count them."""
        if self.is_full:
            return False
        if self._size + size <= self.limit:
            self._size += size
            return True
        self.is_full = True
        self.note("limit", f"{self.limit:,} bytes are recorded; from here on, bytes are only counted")
        return False

    def add(self, record):
        """Add the record of something that was sent, unless the limit is reached."""
        if not self.is_full:
            self.records.append(record)

    def note(self, name, note="", connection=0):
        """Add a record of what happens to the link itself."""
        now = self.seconds(time.perf_counter())
        self.records.append(Event(now, "", name, note=note, connection=connection))


@dataclass
class Flip:
    """Bits to flip in a frame to come: in the `frame`-th from now, those of `xor` in byte number `byte`."""

    frame: int
    byte: int
    xor: int


class Tapped:
    """One connection: two Streams, `client` and `server`, which must know of each other.

    number: int. recorder: Recorder. flips: {"client": list of Flip, "server": list of Flip}.
    """

    def __init__(self, number, recorder, flips):
        self.number = number
        self.recorder = recorder
        self.upgraded = False
        self.rsv = 0  # the reserved bits that an extension has given a meaning
        self._requests = deque()  # those without an answer: (head, method, whether it asks for an upgrade)
        self.client = _ClientStream(self, flips["client"])
        self.server = _ServerStream(self, flips["server"])

    def asked(self, head, method, asks_upgrade):
        """Take note of a request."""
        self._requests.append((head, method, asks_upgrade))
        if asks_upgrade:
            self.recorder.exchanges.append([head, None])

    @property
    def is_deciding(self):
        """Whether a request to upgrade waits for its answer: until then, no one knows what the bytes after it are."""
        return any(asks_upgrade for _, _, asks_upgrade in self._requests)

    def answered(self, head, status, fields):
        """Take note of a final response; return the method that it answers."""
        request, method, _ = self._requests.popleft() if self._requests else (None, "GET", False)
        for exchange in self.recorder.exchanges:
            if exchange[0] is request:
                exchange[1] = head
        if status == 101:
            self.upgraded = True
            self._agree(fields.get("sec-websocket-extensions", ""))
        return method

    def _agree(self, extensions):
        """Prepare for what the Sec-WebSocket-Extensions of the response, a str, agreed to."""
        if "permessage-deflate" in extensions:
            self.rsv = RSV1
            for stream in (self.client, self.server):
                stream.inflater = _Inflater(fresh=f"{stream.sender}_no_context_takeover" in extensions)

    def finish(self, now):
        """Say that no more bytes pass: half frames are recorded, and what was held back is lost."""
        for stream in (self.client, self.server):
            stream.end(now)
            stream.lose()


class _Stream:
    """The bytes of one direction, however they are chopped, and what they say.

    Each step of `_parse`, a generator, takes what has arrived; each yield waits for more.
    total: int, the bytes fed so far.
    """

    sender = ""

    def __init__(self, tapped, flips):
        self.total = 0
        self.inflater = None
        self._tapped = tapped
        self._recorder = tapped.recorder
        self._flips = flips
        self._data = bytearray()  # fed, and not yet taken
        self._unit = bytearray()  # taken of a frame that is not complete
        self._marks = {}  # the place in the stream of a byte to change: the bits to flip
        self._chunk = 0  # the place of the piece that is being fed
        self._now = 0.0
        self._passed = 0  # bytes that have been passed on
        self._waiting = deque()  # (place of its end, record) of what has not been passed on
        self._compressed = False  # whether the message under way is
        self._ended = False
        self._steps = self._parse()

    # ---- for the relay

    def feed(self, data, now):
        """Take `data` (bytes), read at the moment `now`; return it as it is to be passed on."""
        start = self._chunk = self.total
        self.total += len(data)
        self._now = now
        self._data += data
        self.step()
        hit = [place for place in self._marks if start <= place < self.total]
        if not hit:
            return data
        changed = bytearray(data)
        for place in hit:
            changed[place - start] ^= self._marks.pop(place)
        return bytes(changed)

    def step(self):
        """Go on with what has arrived."""
        next(self._steps)

    def passed(self, place, now):
        """Say that everything up to `place` in the stream was passed on at the moment `now`."""
        self._passed = place
        while self._waiting and self._waiting[0][0] <= place:
            _, record = self._waiting.popleft()
            record.arrived, record.held = self._recorder.seconds(now), False

    def end(self, now):
        """Say that nothing more comes."""
        rest = bytes(self._unit + self._data)
        if rest and not self._ended:
            self._now = now
            what = "a frame" if self._tapped.upgraded else "an HTTP head"
            self._record(self._event("bytes", rest, now, note=f"the beginning of {what}, cut short"))
        self._ended = True

    def lose(self):
        """Say that what has not been passed on never will be."""
        for _, record in self._waiting:
            record.lost, record.held = True, False
        self._waiting.clear()

    # ---- reading

    def _parse(self):
        is_http = True
        while is_http and not self._tapped.upgraded:
            is_http = yield from self._message()
        while is_http:
            is_http = yield from self._frame()
        yield from self._raw("neither HTTP nor frames: shown as bytes from here on")

    def _need(self, size):
        while len(self._data) < size:
            yield

    def _take(self, size):
        data = bytes(self._data[:size])
        del self._data[:size]
        return data

    def _event(self, name, data, began, kind=Event, **more):
        return kind(self._recorder.seconds(began), self.sender, name, data, connection=self._tapped.number, **more)

    def _record(self, record):
        """Add the record of something that ends where the stream has been taken to."""
        self._recorder.add(record)
        place = self.total - len(self._data)
        if place <= self._passed:
            record.arrived = self._recorder.seconds(self._now)
        else:
            record.held = True
            self._waiting.append((place, record))

    def _raw(self, note):
        """Record all that comes as bytes, without an attempt to read it."""
        while True:
            yield from self._need(1)
            data = self._take(len(self._data))
            if self._recorder.take(len(data)):
                self._record(self._event("bytes", data, self._now, note=note))
                note = ""

    # ---- HTTP

    def _message(self):
        """Take an HTTP message; return False if it is none."""
        yield from self._need(1)
        if self._tapped.upgraded:  # while we waited
            return True
        began = self._now
        while (end := self._data.find(b"\r\n\r\n")) < 0:
            if len(self._data) > MAX_HEAD or not self._begins_like_http():
                return False
            yield
        if not self._begins_like_http():
            return False
        head = self._take(end + 4)
        record = self._event(self._kind, head, began, Head)
        self._recorder.take(len(head))
        self._record(record)
        yield from self._after_head(record, *_split_head(head))
        return True

    def _begins_like_http(self):
        return self._first.match(self._data) is not None

    def _keep(self, record, data):
        """Count `data` towards the body of `record`, and keep it if it may be."""
        record.body_size += len(data)
        kept = data[: MAX_BODY - len(record.body)]
        if kept and self._recorder.take(len(kept)):
            record.body += kept

    def _body(self, record, fields):
        """Take a body, whose end RFC 9112 section 6.3 tells how to find."""
        if fields.get("transfer-encoding", "").lower().endswith("chunked"):
            yield from self._chunks(record)
        else:
            length = fields.get("content-length", "")
            yield from self._bytes(record, int(length) if length.isdecimal() else self._without_length)

    def _bytes(self, record, size):
        """Take `size` bytes of a body."""
        while size > 0:
            yield from self._need(1)
            data = self._take(min(size, len(self._data)))
            size -= len(data)
            self._keep(record, data)

    def _chunks(self, record):
        """Take a body in chunks, the sizes between them included (RFC 9112 section 7.1)."""
        size = 1
        while size:
            line = yield from self._line(record)
            try:
                size = int(line.partition(b";")[0], 16)
            except ValueError:
                return  # no chunk: what follows is read as the next head
            if size:
                yield from self._bytes(record, size + 2)  # and its CRLF
        while (yield from self._line(record)) not in (b"\r\n", b"\n"):  # trailers
            pass

    def _line(self, record):
        """Take a line of a body, and return it."""
        while (end := self._data.find(b"\n")) < 0 and len(self._data) < MAX_HEAD:
            yield
        line = self._take(end + 1 or MAX_HEAD)
        self._keep(record, line)
        return line

    # ---- frames

    def _frame(self):
        """Take a frame; return False if what is there can be none."""
        yield from self._need(1)
        place, began = self.total - len(self._data), self._now
        flips = self._claim_flips()
        for flip in flips:
            if flip.byte >= 0:  # it may be in the header, so do not wait until that is complete
                self._marks[place + flip.byte] = flip.xor
        while (header := decode_header(self._data)) is None:
            yield
        if header.length >> 63:
            return False
        size = header.size + header.length
        changes, missed = self._aim(flips, place, size)
        wire = yield from self._whole(size)
        if wire is not None:
            record = self._decoded(header, wire, began)
            _tell_changes(record, changes, missed)
            self._record(record)
        return True

    def _aim(self, flips, place, size):
        """Mark what the flips mean in a frame of `size` bytes at `place`.

        Returns {number of the byte: bits to flip}, and a list of words (str) for those that hit nothing.
        """
        changes, missed = {}, []
        for flip in flips:
            at = flip.byte if flip.byte >= 0 else size + flip.byte
            if not 0 <= at < size:
                self._marks.pop(place + at, None)
                missed.append(f"not corrupted: there is no byte {flip.byte} among {size}")
            elif flip.byte < 0 and place + at < self._chunk:
                missed.append(f"not corrupted: byte {flip.byte} had passed before the length was known")
            else:
                changes[at] = flip.xor
                if flip.byte < 0:
                    self._marks[place + at] = flip.xor
        return changes, missed

    def _claim_flips(self):
        """Return the flips that are for the frame that begins now, and count the others down."""
        mine = [flip for flip in self._flips if flip.frame == 1]
        self._flips[:] = [Flip(flip.frame - 1, flip.byte, flip.xor) for flip in self._flips if flip.frame > 1]
        return mine

    def _whole(self, size):
        """Take a frame of `size` bytes; return it, or None if it is too much to be recorded."""
        kept = True
        left = size
        while left:
            yield from self._need(1)
            data = self._take(min(left, len(self._data)))
            left -= len(data)
            kept = kept and self._recorder.take(len(data))
            self._unit += data if kept else b""
            if not kept:
                self._unit.clear()
        wire = bytes(self._unit) if kept else None
        self._unit.clear()
        return wire

    def _decoded(self, header, wire, began):
        """Return the Frame that `wire` holds."""
        data = wire[header.size :]
        if header.mask_key:
            data = apply_mask(data, header.mask_key)
        name = OPCODE_NAMES.get(header.opcode, f"opcode 0x{header.opcode:x}")
        record = self._event(name, data, began, Frame, fin=header.fin)
        record.opcode, record.rsv, record.masked = header.opcode, header.rsv, bool(header.mask_key)
        record.wire = record.delivered = wire
        record.error = record.note = self._judge(header, data)
        if header.opcode < OP_CLOSE:
            self._inflate(record)
        return record

    def _judge(self, header, data):
        """Return what the library finds wrong (str) with a frame, "" for nothing."""
        try:
            check_header(header, self.sender == "client", self._tapped.rsv)
            if header.opcode == OP_CLOSE:
                decode_close(data)
        except ProtocolError as error:
            return str(error)
        return ""

    def _inflate(self, record):
        """Decompress what a data frame holds, if its message is compressed (RFC 7692)."""
        if record.opcode != OP_CONT:
            self._compressed = bool(record.rsv & self._tapped.rsv)
        if self._compressed and self.inflater is not None:
            record.inflated = self.inflater.add(record.data, record.fin)


class _ClientStream(_Stream):
    sender = "client"
    _kind = "request"
    _first = re.compile(rb"[A-Z]{1,20}($| )")
    _without_length = 0

    def _after_head(self, record, first, fields):
        asks_upgrade = any(name == "upgrade" or name.startswith("sec-websocket-") for name in fields)
        self._tapped.asked(record, first.partition(" ")[0], asks_upgrade)
        yield from self._body(record, fields)
        while self._tapped.is_deciding:
            yield


class _ServerStream(_Stream):
    sender = "server"
    _kind = "response"
    _first = re.compile(rb"H($|T($|T($|P($|/))))")
    _without_length = 1 << 63  # all that comes

    def _after_head(self, record, first, fields):
        digits = first.partition(" ")[2][:3]
        status = int(digits) if digits.isdecimal() else 0
        if 100 <= status < 200 and status != 101:  # informational: the answer is still to come
            return
        method = self._tapped.answered(record, status, fields)
        if status not in (101, 204, 304) and method != "HEAD":
            self._tapped.client.step()  # which may have waited for this
            yield from self._body(record, fields)
        elif status == 101:
            self._tapped.client.step()


class _Inflater:
    """Decompresses the messages of one direction.

    fresh: bool, each message starts without the context of the one before (RFC 7692 section 7.1.1).
    """

    def __init__(self, fresh):
        self._fresh = fresh
        self._zlib = zlib.decompressobj(-15)

    def add(self, data, fin):
        """Return what the next frame holds (bytes), or None once something would not decompress."""
        if self._zlib is None:
            return None
        try:
            # Section 7.2.2: the sender has left these four bytes away.
            text = self._zlib.decompress(data + (b"\0\0\xff\xff" if fin else b""), MAX_INFLATED)
        except zlib.error:
            self._zlib = None
            return None
        if self._zlib.unconsumed_tail:  # larger than we care to look at, and so out of step
            self._zlib = None
        elif fin and (self._fresh or self._zlib.eof):
            self._zlib = zlib.decompressobj(-15)
        return text


def _tell_changes(record, changes, missed):
    """Say in the record of a frame what was done to it, see _Stream._aim."""
    delivered = bytearray(record.wire)
    notes = [record.note] if record.note else []
    for at, xor in sorted(changes.items()):
        delivered[at] ^= xor
        notes.append(f"corrupted: byte {at} was {record.wire[at]:02x}, now {delivered[at]:02x}")
    record.delivered = bytes(delivered)
    record.note = "; ".join(notes + missed)


def _split_head(head):
    """Return the first line of an HTTP head (bytes) as a str, and its fields: {name in lower case: value}."""
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {}
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        fields[name] = f"{fields[name]}, {value.strip()}" if name in fields else value.strip()
    return first, fields
