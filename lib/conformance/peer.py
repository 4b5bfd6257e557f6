"""The endpoint under test as we see it: what we send it frame by frame, and everything that it sends.

Only the codec of pocketws is used here: its parser is strict, so any frame of the peer
that breaks a rule shows up as a fault. What is sent is put together by hand, since most
of it may not be sent at all.
"""

import asyncio
import collections
import os
import time

from pocketws.exceptions import ProtocolError
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, RSV1, FrameParser, apply_mask

from .model import BINARY, CLIENT, PONG, SERVER, TEXT, Chopped, Fragmented, Frame, Part, close, ping, pong, words
from .wire import STALLED

RECORD = 20  # lines kept of the beginning, and of the end, of what went over the wire
SHOWN = 40  # bytes of each that are shown
LARGE = 1 << 16  # bytes: so much may not leave at once

_MESSAGES = {OP_TEXT: TEXT, OP_BINARY: BINARY}


def encode(frame, mask):
    """Return a model.Frame as bytes. mask: bool, whether our role masks its frames."""
    payload = bytes(frame.payload)
    length = len(payload) if frame.announced is None else frame.announced
    form = frame.form
    if form is None:
        form = 0 if length < 126 else 2 if length < 1 << 16 else 8
    mask = mask if frame.masked is None else frame.masked
    first = (0x80 if frame.fin else 0) | frame.rsv << 4 | frame.opcode
    second = (0x80 if mask else 0) | {0: length, 2: 126, 8: 127}[form]
    head = bytes((first, second)) + (length.to_bytes(form, "big") if form else b"")
    if not mask:
        return head + payload
    key = os.urandom(4) if frame.key is None else frame.key
    return head + key + apply_mask(payload, key)


def fragments(opcode, payload, size, rsv=0):
    """Return the Frames of a message whose payload (bytes) is cut every `size` bytes.

    Where the last cut falls on the end, an empty fragment follows, as in Autobahn's cases.
    """
    if len(payload) <= size:
        return [Frame(opcode, payload, rsv=rsv)]
    frames = []
    for at in range(0, len(payload) + 1, size):
        last = at + size > len(payload)
        frames.append(Frame(OP_CONT if at else opcode, payload[at : at + size], last, 0 if at else rsv))
    return frames


class Record:
    """What went over one connection. Of a long one, the beginning and the end are kept."""

    def __init__(self):
        self._start = time.perf_counter()
        self._first = []
        self._last = collections.deque(maxlen=RECORD)
        self._count = 0

    def add(self, arrow, what, data=b""):
        """Note something. arrow: "->" for what we sent, "<-" for what came. data: bytes, shown as hex."""
        line = time.perf_counter() - self._start, arrow, what, data[: SHOWN + 1]
        (self._first if len(self._first) < RECORD else self._last).append(line)
        self._count += 1

    @property
    def lines(self):
        """Lines of text for a person."""
        left_out = self._count - len(self._first) - len(self._last)
        gap = [f"... {left_out} more"] if left_out else []
        return [self._line(*line) for line in self._first] + gap + [self._line(*line) for line in self._last]

    @staticmethod
    def _line(seconds, arrow, what, data):
        rest = " ..." if len(data) > SHOWN else ""
        return f"{seconds:7.3f} s {arrow} {what}  {data[:SHOWN].hex(' ')}{rest}".rstrip()


class Peer:
    """One open WebSocket connection to the endpoint under test.

    wire: Wire. role: SERVER or CLIENT, what the peer is. record: Record.
    codec: the deflate.Codec that was agreed on, or None.
    first: bytes that came behind the opening handshake. keep: bool, keep all that comes.

    To read:
    replies: list of pairs as in model.py, the messages and Pong frames that came.
    closed: bool, their Close frame came; close_code: int, or None if it had none.
    ours_first: bool, whether the first Close frame was ours; None before any.
    ended: bool, the peer ended the TCP connection.
    fault: str, the rule that the peer broke with what it sent, or None. Nothing after it counts.
    kept: bytearray, all that came after the opening handshake, if it was to be kept.
    """

    def __init__(self, wire, role, record, codec=None, first=b"", keep=False):
        self.wire = wire
        self.role = role
        self.record = record
        self.codec = codec
        self.replies = []
        self.closed = False
        self.close_code = None
        self.ours_first = None
        self.ended = False
        self.fault = None
        self.kept = bytearray()
        self._keep = keep
        self._parser = FrameParser(masked=role == CLIENT, rsv=RSV1 if codec else 0)
        self._message = None  # (kind, list of parts, compressed) of the message that arrives in parts
        self._news = asyncio.Event()
        self._pings = []  # payloads that we still have to answer
        self._asked = 0  # how often we sent a Ping of our own
        self._answered = 0
        self._part = None  # the bytes of the frame that goes out in parts
        self._sending = False
        self._reader = asyncio.create_task(self._read(first))

    @property
    def over(self):
        """Whether nothing more is to come that counts."""
        return self.closed or self.ended or self.fault is not None

    # ---------------------------------------------------------------- sending

    async def send(self, step):
        """Send what a step of an Exchange says: a Frame, Together, Chopped, Fragmented or Part."""
        if not isinstance(step, Part) or step.start == 0:
            await self._answer()
        if isinstance(step, Part):
            await self._send_part(step)
            return
        if isinstance(step, Fragmented):
            frames = fragments(step.frame.opcode, bytes(step.frame.payload), step.size)
        else:
            frames = (step,) if isinstance(step, Frame) else step.frames
        data = b"".join([self._encoded(frame) for frame in frames])
        piece = step.size if isinstance(step, Chopped) else len(data)
        for at in range(0, len(data), piece):
            await self.write(data[at : at + piece])
            await asyncio.sleep(0)  # lets the pieces leave one by one

    def _encoded(self, frame):
        data = encode(frame, mask=self.role == SERVER)
        self.record.add("->", words(frame), data)
        if frame.opcode == OP_CLOSE and self.ours_first is None:
            self.ours_first = True
        return data

    async def _send_part(self, part):
        if part.start == 0:
            self._part = self._encoded(part.frame)
        before = len(self._part) - len(part.frame.payload)  # the header
        start = part.start and before + part.start
        stop = len(self._part) if part.stop is None else before + part.stop
        self.record.add("->", f"the bytes {start} to {stop} of it")
        await self.write(self._part[start:stop])
        if part.stop is None:
            self._part = None

    async def send_message(self, opcode, payload, cut=0):
        """Send a message, compressed if that was agreed on, in frames of `cut` bytes (0: one frame)."""
        await self._answer()
        rsv = 0
        if self.codec:
            payload, rsv = self.codec.compress(payload), RSV1
        frames = fragments(opcode, payload, cut or max(len(payload), 1), rsv)
        await self.write(b"".join([self._encoded(frame) for frame in frames]))

    async def write(self, data):
        """Send bytes, but give up where the peer is over and takes no more: it may wait for us."""
        if len(data) < LARGE:
            await self.wire.send(data)
            return
        self._sending = True
        task = asyncio.create_task(self.wire.send(data))
        task.add_done_callback(lambda _: self._news.set())
        await self.until(lambda: task.done() or self.over, STALLED)
        self._sending = False
        if not task.done():
            task.cancel()
            self.wire.broken = True  # in the middle of a frame: nothing that makes sense can follow

    async def close(self, code=1000):
        """Send a Close frame, unless one of ours is on its way."""
        if self.ours_first is None:
            await self.send(close(code))

    async def _answer(self):
        """Answer the peer's pings: it may ask at any time, and wait for us."""
        while self._pings and self._part is None and not self._sending:
            payload = self._pings.pop(0)
            if not self.over:
                await self.wire.send(self._encoded(pong(payload)))

    # ---------------------------------------------------------------- waiting

    async def until(self, ready, seconds):
        """Wait until `ready()` is true, at most `seconds`; return whether it is."""
        try:
            async with asyncio.timeout(seconds):
                while not ready():
                    self._news.clear()
                    await self._answer()
                    await self._news.wait()
        except TimeoutError:
            pass
        return ready()

    async def is_alive(self, seconds):
        """Ask with a Ping whether the peer still goes on; return whether it answers before it closes."""
        self._asked += 1
        await self.send(ping(b"still there?"))
        await self.until(lambda: self.over or self._answered == self._asked, seconds)
        return self._answered == self._asked and not self.over

    async def finish(self, seconds):
        """Say that we send nothing more, and wait for the peer to end the connection; return whether it did."""
        await self.wire.finish()
        return await self.until(lambda: self.ended, seconds)

    async def leave(self):
        """Let go of the connection, whatever its state."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self.wire.close()

    # ---------------------------------------------------------------- receiving

    async def _read(self, data):
        while True:
            if data:
                self.record.add("<-", f"{len(data)} bytes", data)
                self._take(data)
                self._news.set()
            data = await self.wire.receive()
            if not data:
                break
        self.record.add("<-", "the end of the TCP connection")
        self.ended = True
        self._news.set()

    def _take(self, data):
        if self._keep:
            self.kept += data
        if self.fault is not None:
            return
        try:
            self._parser.feed(data)
            while (frame := self._parser.next_frame()) is not None:
                self._handle(frame)
        except ProtocolError as error:
            self.fault = str(error)
            self.record.add("<-", "a fault: " + self.fault)

    def _handle(self, frame):
        payload = bytes(frame.data)
        if self.closed:
            raise ProtocolError("a frame after the Close frame", "5.5.1")
        if frame.opcode < OP_CLOSE:
            self._add(frame, payload)
        elif frame.opcode == OP_PING:
            self._pings.append(payload)
        elif frame.opcode == OP_PONG:
            if self._answered < self._asked and payload == b"still there?":
                self._answered += 1
            else:
                self._note(PONG, payload)
        else:
            self.closed = True
            self.close_code = int.from_bytes(payload[:2], "big") if len(payload) > 1 else None
            if self.ours_first is None:
                self.ours_first = False
            reason = payload[2:].decode(errors="replace")
            self.record.add("<-", f"Close {'without a code' if self.close_code is None else self.close_code} {reason}")
            if len(payload) == 1:
                raise ProtocolError("a close payload of 1 byte is half a code", "5.5.1")

    def _add(self, frame, payload):
        """Add a data frame to its message."""
        if (frame.opcode == OP_CONT) == (self._message is None):
            raise ProtocolError("a continuation without a message, or a message within another", "5.4")
        if frame.opcode != OP_CONT:
            self._message = (_MESSAGES[frame.opcode], [], frame.rsv1)
        elif frame.rsv1:
            raise ProtocolError("RSV1 on a continuation frame", "5.2")
        kind, parts, compressed = self._message
        parts.append(payload)
        if frame.fin:
            self._message = None
            payload = b"".join(parts)
            self._note(kind, self.codec.decompress(payload) if compressed else payload)

    def _note(self, kind, payload):
        shown = f"{len(payload)} bytes" if len(payload) > SHOWN else repr(payload)
        self.record.add("<-", f"{kind} {shown}")
        self.replies.append((kind, payload))
