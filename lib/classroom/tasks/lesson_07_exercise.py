"""The tasks of exercise 07, from 07.1 on; those of the lesson itself are in lesson_07.py.

The answers are coroutine functions that use streams. Each is awaited in an event loop of its own, in another
thread. A stream is filled by hand, piece by piece, or belongs to a connection with a server that runs there.
"""

import asyncio
import contextlib
import inspect
import logging
import random
import re

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from pocketws.frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_PING,
    OP_TEXT,
    OPCODE_NAMES,
    Frame,
    FrameParser,
    apply_mask,
    decode_header,
)
from pocketws.handshake import accept_key, build_request, check_response, generate_key, parse_uri
from pocketws.http import RequestParser, ResponseParser

from .. import checks
from ..checks import Stopped, Wrong, attempt, call_text, task
from ..evidence import RESPONSE
from ..judging import Text, in_own_loop, letters_in_order, must_be, readable, stopped, with_article
from ..small_client import shake_hands

BEAT = 0.05  # seconds between two moments in which an answer that refuses to end can be stopped
MOST_ENDS = 50  # how often an answer may be told that TCP has ended
TURNS = 5  # of the event loop that an answer has before more bytes come

# ---------------------------------------------------------------- awaiting the student's code


def in_a_loop(call, scene, *args):
    """Return what `await scene(*args)` gives, in a loop of its own. Raises what it raises, or Stopped."""
    try:
        return in_own_loop(_kept_awake, scene, *args)
    except TimeoutError:
        idea = "Your code never gave the turn back. Which loop has no end?"
        raise Stopped(f"stopped after {checks.SECONDS} seconds", idea, call) from None


async def _kept_awake(scene, *args):
    """Await scene(*args) in a loop that wakes up now and then: only so can a wait without end be ended from outside."""
    loop = asyncio.get_running_loop()

    def beat():
        loop.call_later(BEAT, beat)

    beat()
    return await scene(*args)


async def awaited(answer, *args, call, ideas=(), waits="", passing=()):
    """Return what `await answer(*args)` gives. Raises NotStarted, Wrong or Stopped.

    ideas: pairs (regular expression, idea) for exceptions. waits: str, the idea if its time is up.
    passing: classes of exceptions that come out as they are.
    """
    plan = attempt(answer, *args)
    if not inspect.isawaitable(plan):
        raise Wrong("a function without async.", "Begin it with `async def`: only there may `await` stand.", call=call)
    try:
        async with asyncio.timeout(checks.SECONDS) as limit:
            got = await plan
    except TooOften:
        idea = "At the end of TCP, read gives b'', again and again. Leave the loop then."
        raise Wrong("a loop that goes on after the end of TCP.", idea, call=call) from None
    except Exception as error:
        if limit.expired():
            idea = waits or "It waits for something that never comes. What has the other side got to do first?"
            raise Stopped(f"stopped after {checks.SECONDS} seconds", idea, call) from None
        if isinstance(error, passing):
            raise
        crash = stopped(error, answer, call)
        for pattern, idea in ideas:
            if re.search(pattern, crash.details["error"]):
                crash.details["idea"] = idea
                break
        raise crash from None
    if inspect.iscoroutine(got):
        got.close()
        raise Wrong("a plan that nobody carries out.", "Put `await` before the call that makes it.", call=call)
    return got


class TooOften(BaseException):
    """An answer reads on for ever. Not an Exception, so that the student's `except Exception` lets it pass."""


class Pieces:
    """A reader that has `pieces` (bytes) come one by one, each when someone waits for more; then TCP ends.

    It has what asyncio.StreamReader has for those who read. at_wait: called before each piece, if given.
    """

    def __init__(self, pieces, at_wait=None):
        self.pieces, self.at_wait = list(pieces), at_wait
        self.buffer, self.ends, self.asked = bytearray(), 0, []

    def __repr__(self):
        return "reader"

    async def _more(self):
        """Let the next piece come. Return False if TCP has ended."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if self.at_wait is not None:
            self.at_wait()
        if not self.pieces:
            self.ends += 1
            if self.ends > MOST_ENDS:
                raise TooOften
            return False
        self.buffer += self.pieces.pop(0)
        return True

    def _take(self, size):
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    async def read(self, n=-1):
        if n < 0:
            while await self._more():
                pass
            return self._take(len(self.buffer))
        if n and not self.buffer:
            await self._more()
        return self._take(n)

    async def readexactly(self, n):
        if n < 0:
            raise ValueError("readexactly size can not be less than zero")
        self.asked.append(n)
        while len(self.buffer) < n:
            if not await self._more():
                raise asyncio.IncompleteReadError(self._take(n), n)
        return self._take(n)

    async def readuntil(self, separator=b"\n"):
        while separator not in self.buffer:
            if not await self._more():
                raise asyncio.IncompleteReadError(self._take(len(self.buffer)), None)
        return self._take(self.buffer.index(separator) + len(separator))

    def at_eof(self):
        return not self.pieces and not self.buffer and self.ends > 0


class Writer:
    """A writer that keeps what is written, in `written`, and in `drained` how many bytes a drain waited for."""

    def __init__(self):
        self.written, self.drained = b"", None

    def __repr__(self):
        return "writer"

    def write(self, data):
        if not isinstance(data, bytes | bytearray | memoryview):
            raise TypeError(f"write() takes bytes, not {with_article(type(data))}")
        self.written += data

    def writelines(self, parts):
        self.write(b"".join(parts))

    def drain(self):
        return _Drain(self)


class _Drain:
    """What drain() gives. Unlike a coroutine, it does not complain when nobody awaits it: the card does."""

    def __init__(self, writer):
        self.writer = writer

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        self.writer.drained = len(self.writer.written)


@contextlib.asynccontextmanager
async def connections_kept():
    """Give the list of the TCP connections that are opened in this loop, and cut those left open at the end."""
    loop, transports = asyncio.get_running_loop(), []
    create_connection = loop.create_connection

    async def create(*args, **kwargs):
        transport, protocol = await create_connection(*args, **kwargs)
        transports.append(transport)
        return transport, protocol

    loop.create_connection = create
    try:
        yield transports
    finally:
        for transport in transports:
            transport.abort()
        await asyncio.sleep(0)  # an aborted transport closes its socket in the loop's next turn


@contextlib.asynccontextmanager
async def real_server(handler, **options):
    """Run a server of `websockets`; give its URL, and the list of the connections that are opened in this loop."""
    quiet = logging.getLogger("classroom.lesson_07")
    quiet.disabled = True  # an answer that breaks a rule is no fault of the server: no traceback above its card
    options |= {"compression": None, "close_timeout": 1, "logger": quiet}
    async with serve(handler, "127.0.0.1", 0, **options) as server, connections_kept() as transports:
        host, port = server.sockets[0].getsockname()
        yield f"ws://{host}:{port}/", transports


# ---------------------------------------------------------------- 07.1

LINES = (
    # (right letter, {wrong letter: what it looks like}, idea)
    (
        "B",
        {"C": "a read that waits for 100 bytes.", "D": "too few bytes taken for an error."},
        "100 is the most that read returns, not the least.",
    ),
    (
        "C",
        {"B": "readexactly taken for read.", "D": "an error while more may still come.", "E": "the end of TCP."},
        "Six bytes are fewer than 100, and TCP is open: the others may still come.",
    ),
    (
        "A",
        {"B": "a read that takes more than it may.", "C": "a wait although there is something."},
        "2 is the most that it returns. The other four stay in the stream.",
    ),
    (
        "C",
        {"E": "an empty stream taken for the end of TCP.", "B": "bytes that come twice."},
        "The first read has taken everything. TCP is open, so b'' would be a lie.",
    ),
    (
        "D",
        {
            "B": "readexactly taken for read.",
            "C": "a wait for bytes that cannot come.",
            "E": "readexactly that returns the end.",
        },
        "100 bytes will never come, and it never gives fewer. What is left?",
    ),
    (
        "E",
        {
            "C": "a wait for bytes that cannot come.",
            "D": "the end of TCP taken for an error.",
            "B": "bytes that come twice.",
        },
        "Nothing is left, and nothing will come. read says so without an exception.",
    ),
)


@task(
    "07.1",
    "what does the stream give?",
    hints=(
        "Two questions for each line: how many bytes may the call take, and can more still come?",
        "read gives what is there, at most so many. readexactly gives just so many. If they cannot: does it wait, or "
        "has TCP ended? Then read gives b'', and readexactly raises an error.",
        "Lines 2 and 4 wait. Line 5 raises, line 6 gives b''. Line 1 takes all that is there, line 3 two bytes of it.",
    ),
)
def what_the_stream_gives(answer):
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    if not isinstance(answer, str | list | tuple) or not letters or not set(letters) <= set("ABCDE"):
        idea = "Write one of A to E for each line, such as 'EDCBAA'."
        raise Wrong("an answer that is not made of the letters A to E.", idea, got=readable(answer))
    if len(letters) != len(LINES):
        idea = "Six lines, so six letters. A letter may be used twice."
        raise Wrong(f"{len(letters)} letters instead of six.", idea, got=answer)
    for number, (given, (right, slips, idea)) in enumerate(zip(letters, LINES, strict=True), 1):
        if given != right:
            raise Wrong(slips.get(given, f"another end of line {number}."), f"Line {number}: {idea}", got=answer)


# ---------------------------------------------------------------- 07.2

PARSONS = {
    "A": "    check_response(response, key)",
    "B": "async def connect(url):",
    "C": '    head = await reader.readuntil(b"\\r\\n\\r\\n")',
    "D": "    writer.write(build_request(place, key).serialize())",
    "E": "    place = parse_uri(url)",
    "F": "    return reader, writer",
    "G": "    reader, writer = await asyncio.open_connection(place.host, place.port)",
    "H": "    response = ResponseParser().feed(head)",
    "I": "    key = generate_key()",
    "J": "    head = await reader.read(65536)",
}

# what is missing: letter: (looks, idea)
MISSING = {
    "E": ("a connection to nobody knows where.", "Host and port are parts of the URL. Who takes it apart?"),
    "G": ("a client without a connection.", "Which line connects, and gives reader and writer?"),
    "I": ("a request without a key.", "The request holds a random key, and the check needs it again."),
    "D": ("a client that never asks.", "The server answers a request. Which line sends it?"),
    "H": ("a response that nobody reads.", "The head is only bytes. Which line makes a response of them?"),
    "A": ("a response that nobody checks.", "Any server may answer. Which line looks if it answers our key?"),
    "F": ("a function without a return.", "The program wants reader and writer."),
}

# (line, line that has to come before it, looks, idea)
EARLIER = (
    ("G", "E", "an address used before it is taken apart.", "open_connection needs place."),
    ("D", "E", "an address used before it is taken apart.", "build_request needs place."),
    ("D", "I", "a key used before it is made.", "build_request needs key."),
    ("D", "G", "a request before there is a connection.", "writer comes from open_connection."),
    ("C", "G", "an answer read before there is a connection.", "reader comes from open_connection."),
    ("J", "G", "an answer read before there is a connection.", "reader comes from open_connection."),
    ("C", "D", "a wait for the answer to a question that nobody has asked.", "The server would wait, too. Who begins?"),
    ("J", "D", "a wait for the answer to a question that nobody has asked.", "The server would wait, too. Who begins?"),
    ("H", "C", "a response read before it has come.", "head comes from the stream."),
    ("H", "J", "a response read before it has come.", "head comes from the stream."),
    ("A", "I", "a key used before it is made.", "check_response needs key."),
    ("A", "H", "a check of a response that is not there yet.", "response comes from the parser."),
)


@task(
    "07.2",
    "put the lines in order",
    hints=(
        "Each line needs names that other lines make. And one side has to speak first.",
        "Take the URL apart, connect, make a key, ask, read the answer, check it. "
        "Two lines read: which of them takes no byte too many?",
        "B E G I, then D, C, H, A and F. J would take the first frame along.",
    ),
)
def put_in_order(answer):
    letters = letters_in_order(answer, {letter: line.removeprefix("async ") for letter, line in PARSONS.items()})
    for letter, (looks, idea) in MISSING.items():
        if letter not in letters:
            raise Wrong(looks, idea, got=answer)
    if letters[-1] != "F":
        raise Wrong("a line behind the return.", "Nothing that stands there is ever done.", got=answer)
    if not set("CJ") & set(letters):
        raise Wrong("an answer that is never read.", "Which line takes the head out of the stream?", got=answer)
    place = {letter: at for at, letter in enumerate(letters)}
    for line, before, looks, idea in EARLIER:
        if line in place and before in place and place[line] < place[before]:
            raise Wrong(looks, idea, got=answer)
    if {"C", "J"} <= set(letters):
        idea = "The second would wait for bytes that belong to a frame. Which of the two takes no byte too many?"
        raise Wrong("a head that is read twice.", idea, got=answer)
    connect = assembled(letters)
    greeting = in_a_loop("connect(url)", greeted, connect)
    if greeting != b"\x81\x05Hello":
        idea = (
            "This server says Hello at once: the frame came together with its response, "
            "and read took both. Which line stops behind the empty line?"
        )
        raise Wrong("a first frame lost.", idea, call="connect(url)", expected=b"\x81\x05Hello", got=greeting)


def assembled(letters):
    """Return the function made of the PARSONS lines."""
    scope = {
        "asyncio": asyncio,
        "build_request": build_request,
        "check_response": check_response,
        "generate_key": generate_key,
        "parse_uri": parse_uri,
        "ResponseParser": ResponseParser,
    }
    exec("\n".join(PARSONS[letter] for letter in letters), scope)
    return scope["connect"]


async def greeted(connect):
    """Return what can be read behind the handshake with a server that says Hello in the same breath."""

    done = asyncio.Event()

    async def answer(reader, writer):
        try:
            request = RequestParser().feed(await reader.readuntil(b"\r\n\r\n"))
            accept = accept_key(request.headers["Sec-WebSocket-Key"])
            head = "".join(line.format(accept=accept) + "\r\n" for line in [*RESPONSE, ""])
            writer.write(head.encode() + Frame(OP_TEXT, b"Hello").serialize())
            writer.write_eof()
            await reader.read()
        except (OSError, EOFError):
            pass  # the client has left in the middle
        finally:
            writer.close()
            done.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server, connections_kept():
        host, port = server.sockets[0].getsockname()
        reader, writer = await awaited(connect, f"ws://{host}:{port}/", call="connect(url)")
        async with asyncio.timeout(checks.SECONDS):
            greeting = await reader.read()
            writer.close()
            await done.wait()
        return greeting


# ---------------------------------------------------------------- 07.3


def sizes(*lengths):
    """Return a frame for each length, the kinds by turns."""
    return [Frame((OP_TEXT, OP_BINARY)[at % 2], bytes([97 + at]) * length) for at, length in enumerate(lengths)]


# (frames, how many bytes come at a time, 0: all at once)
STREAMS = (
    ([Frame(OP_TEXT, b"Hello")], 0),
    ([Frame(OP_TEXT, b"Hel", fin=False)], 0),
    (sizes(3, 0, 5), 0),
    (sizes(300), 0),
    (sizes(127, 126, 125, 2), 0),
    (sizes(65535), 0),
    (sizes(65536, 1), 0),
    ([Frame(OP_TEXT, b"Hello"), Frame(OP_CLOSE, b"\x03\xe8")], 1),
    (sizes(300, 70000), 1000),
)


@task(
    "07.3",
    "read a frame",
    hints=(
        "The length has three forms. Which two values of the second byte say that it comes later, and in how many "
        "bytes? Which bits of the first byte are the opcode?",
        "126 is followed by two bytes of length, 127 by eight. The opcode is the lower four bits: which number has "
        "just these four bits set?",
        "The blanks, in order: 2, 127, 8, 0x0f.",
    ),
)
def read_a_frame(answer):
    for frames, size in STREAMS:
        in_a_loop("await read_frame(reader)", read_stream, answer, frames, size)
    in_a_loop("await read_frame(reader)", read_half, answer)


async def read_stream(answer, frames, size):
    """Raise Wrong unless the answer reads these frames out of a stream."""
    wire = b"".join(frame.serialize() for frame in frames)
    reader = Pieces(wire[at : at + (size or len(wire))] for at in range(0, len(wire), size or len(wire)))
    for frame in frames:
        call = (
            f"await read_frame(reader), where this comes{', in pieces' if size else ''}: {shortened(frame.serialize())}"
        )
        reader.asked.clear()
        try:
            got = await awaited(answer, reader, call=call, ideas=READ_CRASHES, passing=asyncio.IncompleteReadError)
        except asyncio.IncompleteReadError:
            raise Wrong("a wait for more bytes than there are.", missing_bytes(frame, reader), call=call) from None
        judge_pair(got, call)
        opcode, payload = got
        if inspect.iscoroutine(payload):
            payload.close()
            raise Wrong("a plan where the payload belongs.", "readexactly has to be awaited there, too.", call=call)
        if isinstance(opcode, bool) or opcode != frame.opcode:
            looks, idea = opcode_misconception(opcode, payload, frame)
            raise Wrong(looks, idea, call=call, expected=frame.opcode, got=readable(opcode))
        if payload != frame.data:
            looks, idea = payload_misconception(payload, frame, size, reader.asked[1:])
            raise Wrong(looks, idea, call=call, expected=counted(frame.data), got=counted(payload))


READ_CRASHES = (
    ("coroutine", "A read is only a plan: put `await` before reader.readexactly(...)."),
    ("ProtocolError", "These bytes are no header. Which bytes were left in the stream, or taken twice?"),
    ("not enough values|too many values|index out of range", "read may give fewer bytes than you ask for."),
    ("size can not be less", "A length is never negative. Which bits of the second byte are the length?"),
    ("NameError", "Which name has the lesson, or this function, for that value?"),
    ("must be str|not 'str'|an integer is required|cannot be interpreted", "A length is a number, a payload is bytes."),
)


def shortened(wire):
    """Return a frame as hex, without the end of a long one."""
    return wire.hex(" ") if len(wire) <= 18 else f"{wire[:16].hex(' ')} ... ({len(wire)} bytes)"


def counted(data):
    """Return bytes as they are if they are short, or else what a card can show of them."""
    if not isinstance(data, bytes | bytearray):
        return readable(data)
    return bytes(data) if len(data) <= 16 else Text(f"{len(data)} bytes, {bytes(data[:4]).hex(' ')} ...")


def missing_bytes(frame, reader):
    """Return the idea for an answer that waited in vain in a stream that holds the frame."""
    second = frame.serialize()[1]
    if second == 126 and 8 in reader.asked[1:]:
        return "After 126, the length is in the next two bytes. Eight come after 127."
    if second >= 126:
        return f"After {second}, the length is in the next {'two' if second == 126 else 'eight'} bytes, and no more."
    if len(frame.data) < 126 and len(reader.asked) > 2:
        return "This frame has a short length: it stands in the second byte. Nothing else comes before the payload."
    return f"The frame has {len(frame.data)} bytes of payload. How many did you ask for?"


def judge_pair(got, call):
    """Raise Wrong unless `got` is a pair."""
    if got is None:
        raise Wrong("a function without a return.", "Return the pair (opcode, payload).", call=call)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("something other than a pair.", "Return (opcode, payload).", call=call, got=readable(got))


def opcode_misconception(got, payload, frame):
    """Return (looks, idea) for a wrong opcode."""
    first = frame.serialize()[0]
    if isinstance(got, bytes | bytearray):
        return "the payload where the opcode belongs.", "The pair is (opcode, payload), in this order."
    if got == first:
        return "the whole first byte taken for the opcode.", "Its upper half is FIN and the three RSV bits: mask them."
    if got in (first & 0xF0, first >> 4, first >> 7, first & 0x80):
        return "FIN taken for the opcode.", "The opcode is the lower half of the first byte: four bits."
    if got == first - 0x80:
        return "FIN taken for 1.", "This frame has FIN 0. Mask the bit, do not subtract it."
    if got == frame.serialize()[1] > 0:
        return "the length taken for the opcode.", "The opcode is in the first byte."
    return "another opcode.", "The opcode is the lower half of the first byte: four bits."


def payload_misconception(got, frame, size, asked):
    """Return (looks, idea) for a wrong payload; asked: for how many bytes the answer asked behind the first two."""
    wire, right = frame.serialize(), frame.data
    width, name = {126: (2, "two"), 127: (8, "eight")}.get(wire[1], (0, ""))
    if not isinstance(got, bytes | bytearray):
        return f"{with_article(type(got))} where the payload belongs.", "The payload stays what it is: bytes."
    if len(got) == wire[1] and len(right) != wire[1]:
        idea = f"{wire[1]} says that the length comes in the next bytes. That length counts the payload."
        return f"{wire[1]} taken for the length.", idea
    if width and len(asked) > 1 and width not in asked:
        return (
            f"a length of {asked[0]} byte{'s' * (asked[0] > 1)}.",
            f"After {wire[1]}, the length is in the next {name} bytes.",
        )
    if got and wire.startswith(bytes(got)) or bytes(got) in (wire[2:], wire[2 : 2 + len(right)]):
        return "a header taken for the payload.", "First take the whole header out of the stream, then the payload."
    if len(got) < len(right) and right.startswith(bytes(got)):
        if size:
            idea = "read(n) gives what is there, at most n. readexactly(n) waits for all of it."
            return "half a payload taken for all of it.", idea
        return "a payload that is too short.", "The length says how many bytes to take."
    if len(got) > len(right):
        return "a payload that is too long.", "Take as many bytes as the length says: what follows is another frame."
    return "another payload.", "The payload is what follows the header."


async def read_half(answer):
    """Raise Wrong unless the answer raises EOFError where TCP ends inside a frame."""
    call = "await read_frame(reader), where TCP ends behind 81 05 48 65"
    try:
        got = await awaited(answer, Pieces([b"\x81\x05He"]), call=call, ideas=READ_CRASHES, passing=EOFError)
    except EOFError:
        return
    idea = "readexactly raises an error when TCP ends too early, and that is right: let it go up to the caller."
    raise Wrong("half a frame taken for a whole one.", idea, call=call, got=readable(got) if got is not None else None)


# ---------------------------------------------------------------- 07.4

MESSAGES = (
    "Hello",
    b"\x00\xff\x10",
    "",
    "é" * 5,
    "a" * 125,
    b"b" * 126,
    "é" * 100,
    b"\x00" * 300,
    b"c" * 65535,
    "d" * 65536,
)


@task(
    "07.4",
    "send a message",
    hints=(
        "Text or binary? Encode first: the length counts bytes. Then the header, the key, the masked payload.",
        "First byte 0x80 plus the opcode. Second byte 0x80 plus the length, or plus 126 with two more bytes, or plus "
        "127 with eight. Then a key from os.urandom(4), and apply_mask(payload, key). Write, and await drain.",
        "payload = message.encode() for a str. header = bytes([0x80 | opcode, 0x80 | size]) for less than 126; up to "
        '65535 bytes([0x80 | opcode, 0x80 | 126]) + size.to_bytes(2, "big"); else 127 and 8. '
        "writer.write(header + key + apply_mask(payload, key)). await writer.drain().",
    ),
)
def send_a_message(answer):
    in_a_loop("await send(writer, message)", sent_by_hand, answer)
    for message in ("Hello", b"\x00\xff" * 35_000):
        call = "await send(writer, message), to a real server"
        got = in_a_loop(call, sent_for_real, answer, message, call)
        if got != message:
            idea = "The server of `websockets` got something else, or nothing."
            raise Wrong("a message that does not arrive.", idea, call=call, expected=counted(message), got=counted(got))


async def sent_by_hand(answer):
    """Raise Wrong unless each message is written as one masked frame, with a key that nobody foresees."""
    keys = []
    for message in MESSAGES:
        writer = Writer()
        short = Text(f"{message[:1]!r} * {len(message)}") if len(message) > 40 else message
        call = "await " + call_text(answer, writer, short)
        await awaited(answer, writer, message, call=call, ideas=SEND_CRASHES)
        if not writer.written:
            raise Wrong("a message that is never written.", "writer.write(...) puts bytes on their way.", call=call)
        looks, idea = frame_misconception(writer.written, message)
        if looks:
            raise Wrong(looks, idea, call=call, got=Text(shortened(writer.written)))
        if writer.drained is None:
            idea = "`await writer.drain()` waits while the buffer is too full. Without await it is only a plan."
            raise Wrong("a send that no one slows down.", idea, call=call)
        if writer.drained != len(writer.written):
            raise Wrong("a drain that comes too early.", "First write, then wait for room.", call=call)
        keys.append(decode_header(writer.written).mask_key)
    await judge_keys(answer, keys)


async def judge_keys(answer, keys):
    """Raise Wrong if the keys of several messages can be foreseen."""
    call = "await send(writer, message), again and again"
    if len(set(keys)) == 1:
        raise Wrong(
            "the same key for every frame.", "Each frame gets a new one: os.urandom(4), inside send.", call=call
        )
    if len(set(keys)) < len(keys):
        raise Wrong("keys that come again.", "Take all four bytes from os.urandom(4), for each frame.", call=call)
    state, again = random.getstate(), []
    try:
        for _ in range(2):
            random.seed(7)
            writer = Writer()
            await awaited(answer, writer, "Hello", call=call)
            again.append(decode_header(writer.written).mask_key)
    finally:
        random.setstate(state)
    if again[0] == again[1]:
        idea = "random computes its numbers, and who has seen some can foresee the rest (section 5.3). Use os.urandom."
        raise Wrong("a key that can be foreseen.", idea, call=call)


SEND_CRASHES = (
    ("used in 'await' expression", "write does not wait, so there is nothing to await. drain does wait."),
    ("write\\(\\) takes bytes", "Only bytes go over the wire. Which of the parts is not bytes?"),
    ("must be in range\\(0, 256\\)", "A byte is less than 256. Longer lengths need more bytes: two, or eight."),
    ("int too big", "This length does not fit into so few bytes. The next form has eight."),
    ("can't concat|can only concatenate|unsupported operand", "All parts must be bytes before they are joined."),
    ("has no attribute 'encode'", "Only a str is encoded. What tells you which one it is?"),
    ("masking key is 4 bytes", "A key has four bytes."),
    ("string argument without an encoding|cannot be interpreted|invalid start", "A str becomes bytes by .encode()."),
)


def frame_misconception(wire, message):
    """Return (looks, idea) for what is wrong with the bytes of a frame, or ("", "")."""
    text = isinstance(message, str)
    payload, opcode = message.encode() if text else message, OP_TEXT if text else OP_BINARY
    size = len(payload)
    if wire == payload:
        return "a payload without a frame.", "A header comes first: it says what this is, and how long."
    if wire[0] != 0x80 | opcode:
        return first_byte_misconception(wire[0], opcode)
    if len(wire) < 2:
        return "half a header.", "The second byte has the mask bit and the length."
    if not wire[1] & 0x80:
        if size and payload in wire:
            return (
                "a frame that is not masked.",
                "A client must mask every frame, or the server closes (section 5.1).",
            )
        return "a mask bit that is 0.", "The first bit of the second byte says that a key follows: add 0x80."
    form = 0 if size < 126 else 2 if size < 65536 else 8
    seven, said = wire[1] & 0x7F, {0: size, 2: 126, 8: 127}[form]
    length = int.from_bytes(wire[2 : 2 + form], "big") if form else seven
    if seven != said or length != size:
        return length_misconception(wire, seven, length, form, message, payload)
    rest = wire[2 + form :]
    key, body = rest[:4], rest[4:]
    if len(rest) == size:
        if rest == payload:
            return "a frame without a key.", "The bit says that a key follows. Four bytes, before the payload."
        return "a key that is not sent.", "The server needs it, to unmask: it stands before the payload."
    if len(rest) < size + 4:
        return "a key that is too short.", "A key has four bytes: os.urandom(4)."
    if body == apply_mask(payload, key):
        return "", ""
    if body == payload:
        return "a payload that is not masked, though a key is there.", "apply_mask(payload, key) masks it."
    if len(rest) == size + 4 and apply_mask(rest[:size], rest[size:]) == payload:
        return "a key behind the payload.", "The key comes first, then the payload."
    if len(body) > size:
        return "more bytes than the length announces.", "One message, one frame: what is written twice, or too much?"
    return "a payload masked with another key than the one that is sent.", "Take one key, send it, and mask with it."


def first_byte_misconception(first, opcode):
    """Return (looks, idea) for a wrong first byte."""
    if first == opcode:
        return "a frame that others should follow.", "This is the whole message: FIN is 1, so add 0x80 (section 5.4)."
    if first & 0x0F != opcode and first & 0x0F in (OP_TEXT, OP_BINARY):
        sent, name = OPCODE_NAMES[first & 0x0F], OPCODE_NAMES[opcode]
        return f"{name} sent as {sent}.", "A str is sent as text, bytes as binary. isinstance(message, str) tells."
    return "another first byte.", f"FIN and the opcode: 0x80 | {opcode}."


def length_misconception(wire, seven, length, form, message, payload):
    """Return (looks, idea) for a wrong length in a frame; form: how many more bytes it should have."""
    size = len(payload)
    if isinstance(message, str) and len(message) != size and len(message) in (seven, length):
        idea = "é is one character and two bytes. Encode first, then take the length."
        return "characters counted in place of bytes.", idea
    if seven == {0: 0, 2: 126, 8: 127}[form] and int.from_bytes(wire[2 : 2 + form], "little") == size and form:
        return "a length with its bytes backwards.", 'The larger part comes first: "big".'
    if form == 0:
        idea = f"{size} is less than 126: it stands in the seven bits, and no more bytes of length follow."
    else:
        seven_bits, name = (126, "two") if form == 2 else (127, "eight")
        idea = f"For {size} bytes, the seven bits are {seven_bits}, and the length is in the next {name} bytes."
    if seven >= 126 and form in (2, 8) and seven != {2: 126, 8: 127}[form]:
        return "the wrong form of the length.", idea
    return "a wrong length.", idea


async def sent_for_real(answer, message, call):
    """Return what a server of `websockets` receives when the answer sends `message`."""
    received = asyncio.Queue()

    async def handler(connection):
        async for each in connection:
            received.put_nowait(each)

    async with real_server(handler) as (url, _):
        place = parse_uri(url)
        reader, writer = await asyncio.open_connection(place.host, place.port)
        await shake_hands(reader, writer, place)
        await awaited(answer, writer, message, call=call, ideas=SEND_CRASHES)
        try:
            return await asyncio.wait_for(received.get(), checks.SECONDS)
        except TimeoutError:
            return None
        finally:
            writer.close()


# ---------------------------------------------------------------- 07.5


def texts_of(*texts):
    return [Frame(OP_TEXT, text.encode()).serialize() for text in texts]


ONE, TWO, THREE, FOUR = texts_of("one", "two", "three", "four")
PING, CLOSE = Frame(OP_PING, b"hi").serialize(), Frame(OP_CLOSE, b"\x03\xe8").serialize()

LATE = (
    "one frame for each read.",
    "Three came with one read. Ask the parser until it has no more, before you wait for the stream again.",
)
FORGOT = (
    "a parser that forgets what it got.",
    "This headline came in pieces. A new parser for each piece never sees all of it.",
)
PINGED = (
    "a ping that ends the search.",
    "A ping is no headline, but others may follow it. Go on until next_frame() gives None.",
)
EMPTY = ("an empty headline left out.", "'' is a text, too: look at the opcode, not if there is data.")

# (pieces, the headlines, (looks, idea) where one is missing)
NEWS = (
    ((ONE + TWO + THREE, FOUR), ("one", "two", "three", "four"), LATE),
    ((ONE, TWO), ("one", "two"), LATE),
    ((ONE[:3], ONE[3:], TWO[:1], TWO[1:]), ("one", "two"), FORGOT),
    (tuple(bytes([byte]) for byte in ONE + TWO), ("one", "two"), FORGOT),
    ((ONE + TWO + THREE[:4], THREE[4:] + FOUR), ("one", "two", "three", "four"), FORGOT),
    ((PING + ONE + PING + PING + TWO + CLOSE,), ("one", "two"), PINGED),
    ((b"".join(texts_of("", "one", "")) + PING,), ("", "one", ""), EMPTY),
    (texts_of("é" * 200), ("é" * 200,), FORGOT),
)


@task(
    "07.5",
    "find the bug",
    hints=(
        "How many frames may come with one read? How many does one round of the loop take?",
        "Feed the parser, then take frames until next_frame() gives None, and only then read again. "
        "That is a loop inside the loop.",
        "Inside: while (frame := parser.next_frame()) is not None: if frame.opcode == OP_TEXT: "
        "show(frame.data.decode()). The parser is made once, before both loops.",
    ),
)
def find_the_bug(answer):
    for pieces, texts, short in NEWS:
        call = "await headlines(reader, show), where this comes: " + " | ".join(
            piece.hex(" ") if len(piece) < 30 else f"{piece[:6].hex(' ')} ..." for piece in pieces[:6]
        )
        call += " | ..." if len(pieces) > 6 else ""
        in_a_loop(call, shown_in_time, answer, pieces, texts, short, call)


async def shown_in_time(answer, pieces, texts, short, call):
    """Raise Wrong unless every headline is shown before the answer waits for more bytes."""
    shown, waits, parser, fed = [], [], FrameParser(), list(pieces)
    due = 0

    def wait():
        nonlocal due
        waits.append((due, list(shown)))
        if fed:
            parser.feed(fed.pop(0))
            due += sum(frame.opcode == OP_TEXT for frame in iter(parser.next_frame, None))

    try:
        got = await awaited(answer, Pieces(pieces, wait), shown.append, call=call, ideas=NEWS_CRASHES)
    except Stopped as stop:
        if short is FORGOT and stop.details["error"].startswith("ProtocolError"):
            raise Wrong(*FORGOT, call=call) from None
        raise
    if isinstance(got, list | tuple | str) and not shown:
        raise Wrong("headlines returned instead of shown.", "Call show(text) for each.", call=call)
    for number, seen in [*waits, (due, shown)]:
        if seen != list(texts[:number]):
            looks, idea = news_misconception(seen, list(texts[:number]), short)
            raise Wrong(looks, idea, call=call, expected=list(texts[:number]), got=as_shown(seen))
    if fed:
        raise Wrong("an end before TCP has ended.", "Go on until read gives b''.", call=call)


def as_shown(seen):
    return seen if all(isinstance(each, str | bytes) for each in seen) else Text(repr(seen))


def news_misconception(seen, right, short):
    """Return (looks, idea) for the list of what was `seen` where it should be `right`."""
    if any(inspect.iscoroutine(each) for each in seen):
        for each in seen:
            each.close()
        return "a plan shown.", "Await it first."
    if any(isinstance(each, Frame) for each in seen):
        return "a frame shown.", "A headline is a str: frame.data.decode()."
    if any(isinstance(each, bytes | bytearray) for each in seen):
        return "bytes shown.", "A headline is a str: frame.data.decode()."
    if any(str(each).startswith(("bytearray(", "b'")) for each in seen):
        return "a headline made by str().", "Use .decode(): str(b'one') keeps the b and the quotes."
    if "hi" in seen or "\x03\ufffd" in seen:
        return "a ping shown as a headline.", "Look at frame.opcode."
    if len(seen) > len(right):
        return "a headline shown twice.", "Each frame is one headline. Is something asked once too often?"
    if seen != right[: len(seen)] and all(each in right for each in seen):
        if seen == [each for each in right if each]:
            return EMPTY
        if sorted(seen) == sorted(right):
            return "headlines in another order.", "Show each as it comes."
        idea = "Each call of next_frame() takes a frame away. Call it once in a round, and keep what it gives."
        return "frames taken and thrown away.", idea
    if len(seen) < len(right):
        return short
    return "other headlines.", "Show what the text frames hold, as a str."


NEWS_CRASHES = (
    ("'NoneType' object has no attribute", "next_frame() gives None while no frame is whole. Ask for that first."),
    ("coroutine|a bytes-like object is required", "A read is only a plan: put `await` before reader.read."),
    ("ProtocolError", "The parser saw bytes that begin no frame. Which bytes did it not get?"),
    ("codec can't decode", "Only a text frame holds UTF-8: look at frame.opcode first."),
    ("not callable", "show is a function: show(text)."),
    ("object is not iterable", "next_frame() gives one frame, or None. Ask again for the next."),
    ("'int'", "feed takes bytes, such as read gives, not single numbers."),
    ("IncompleteReadError|EOFError", "At the end of TCP, just return: that is no error here."),
    ("missing 1 required|has no attribute 'payload'", "The payload of a frame is frame.data."),
)


# ---------------------------------------------------------------- 07.6

QUESTIONS = ("tea", "Käse", "m" * 200)


@task(
    "07.6",
    "the whole client (optional)",
    hints=(
        "It is task 2 with one thing more in its request, then send and read_frame for each question, then a Close "
        "frame.",
        "build_request and check_response take the subprotocols as their third argument, and check_response(...)[0] "
        "is the chosen one. To close: send a masked Close frame with 1000, read until the server's comes, and then "
        "to the end.",
        "After the answers: writer.write(Frame(OP_CLOSE, encode_close(1000)).serialize(os.urandom(4))). Then "
        "while (await read_frame(reader))[0] != OP_CLOSE: pass. Then await reader.read(), and writer.close().",
    ),
)
def the_whole_client(answer):
    for questions, offers, chosen in (
        (QUESTIONS[:1], ["chat"], "chat"),
        (QUESTIONS, ["soup", "chat"], "chat"),
        (QUESTIONS[:2], [], None),
        ((), ["soup"], None),
    ):
        call = "await " + call_text(answer, Text("url"), list(questions), offers)
        in_a_loop(call, asked, answer, questions, offers, chosen, call)


async def asked(answer, questions, offers, chosen, call):
    """Raise Wrong unless the answer gets what a real server says to the questions, and closes with 1000."""
    heard, offered, told = [], [], asyncio.Queue()

    def choose(connection, subprotocols):
        offered.extend(subprotocols)
        return "chat" if "chat" in subprotocols else None

    async def handler(connection):
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                heard.append(message)
                await connection.send(f"{message}? Yes.")
        await connection.wait_closed()
        told.put_nowait(connection.close_code)

    async with real_server(handler, select_subprotocol=choose) as (url, transports):
        try:
            got = await awaited(answer, url, list(questions), list(offers), call=call, ideas=ASK_CRASHES)
        except Stopped as stop:
            if stop.details["error"].startswith("stopped"):
                count = f"The server heard {len(heard)} of {len(questions)} questions, and answers each once."
                stop.details["idea"] = f"{count} Is there a read too many? Or was the response never read?"
            raise
        if not transports:
            raise Wrong("a client that never connects.", "asyncio.open_connection(place.host, place.port).", call=call)
        for transport in transports:
            transport.abort()
        try:
            code = await asyncio.wait_for(told.get(), checks.SECONDS)
        except TimeoutError:
            raise Wrong("a handshake that was never done.", "The server got no whole request.", call=call) from None
    judge_asked(got, questions, chosen, heard, offered == list(offers), call)
    judge_closed(code, call)


def judge_asked(got, questions, chosen, heard, offered, call):
    """Raise Wrong unless `got` is (the chosen subprotocol, the answers)."""
    if got is None:
        raise Wrong("a function without a return.", "Return the pair (subprotocol, answers).", call=call)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("something other than a pair.", "Return (subprotocol, answers).", call=call, got=readable(got))
    if heard != list(questions):
        idea = f"The server heard {heard!r}." if len(str(heard)) < 60 else "The server heard other texts."
        raise Wrong("other questions than these.", idea, call=call, expected=list(questions), got=heard)
    if not offered:
        idea = "The third argument of build_request puts them into the request."
        raise Wrong("subprotocols that were not offered.", idea, call=call)
    subprotocol, answers = got
    right = [f"{question}? Yes." for question in questions]
    if isinstance(subprotocol, list) and subprotocol == right:
        raise Wrong("the pair the wrong way round.", "Return (subprotocol, answers).", call=call)
    if subprotocol != chosen:
        idea = "The server chooses one of those offered, or none. check_response(...)[0] tells which."
        if isinstance(subprotocol, tuple | list) and subprotocol and subprotocol[0] == chosen:
            idea = "check_response returns two things. The subprotocol is the first."
        raise Wrong("another subprotocol.", idea, call=call, expected=chosen, got=readable(subprotocol))
    must_be(list | tuple, answers, call, "The answers are a list of str.")
    if list(answers) != right:
        looks, idea = "other answers.", "One answer for each question, in the order of the questions."
        if any(isinstance(each, bytes | bytearray) for each in answers):
            looks, idea = "answers that are still bytes.", "They are texts: decode the payload."
        elif any(isinstance(each, tuple) for each in answers):
            looks, idea = "frames in place of answers.", "read_frame gives (opcode, payload). Decode the payload."
        elif len(answers) != len(right):
            looks = f"{len(answers)} answers to {len(right)} questions."
        raise Wrong(looks, idea, call=call, expected=right, got=readable(list(answers)))


def judge_closed(code, call):
    """Raise Wrong unless the server was told 1000."""
    if code != 1000:
        idea = {
            1005: "A Close frame came, but it was empty. encode_close(1000) makes its payload.",
            1006: "No Close frame came that was right, so for the server you just vanished. Send one, masked.",
        }.get(code, "A frame broke a rule. Was each of them masked?")
        raise Wrong("a client that is not polite at the end.", f"The server was told {code}. {idea}", call=call)


ASK_CRASHES = (
    ("NegotiationError", "check_response needs to know what was offered: its third argument."),
    ("IncompleteReadError", "The server has ended TCP. Was a frame not masked, or is there a read too many?"),
    ("InvalidStatus|InvalidHeader|InvalidUpgrade", "The response does not fit the request. Is it the same key?"),
    ("NameError: name 'connect'", "Task 2 gave only letters. Write its lines here, with the subprotocols."),
    ("NameError: name '(send|read_frame)'", "Run the cells of tasks 3 and 4 first: their functions are used here."),
    ("codec can't decode", "Only a text is UTF-8. Was it a Close frame that you read?"),
    ("coroutine", "A coroutine is only a plan: put `await` before the call that makes it."),
    ("has no attribute 'status_code'", "feed gives None until the head is whole. readuntil gets all of it."),
    ("LimitOverrunError", "No empty line came. Was the request sent?"),
)
