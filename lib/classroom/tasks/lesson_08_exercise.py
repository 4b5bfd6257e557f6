"""The tasks of the exercise of lesson 08.

Answers that wait are judged on a line in memory, in a loop whose clock is its own: so nothing ever
waits, and nobody can be too slow.
"""

import asyncio
import contextlib
import inspect
import io
import random

from pocketws.exceptions import InvalidHandshake, PayloadTooBig, ProtocolError
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, Frame, encode_close

from ..attempts import CRASHES, URI, Client, judge_attempts, result_misconception, shown
from ..awaiting import attempt_awaited
from ..checks import NotStarted, Stopped, Wrong, attempt, task
from ..judging import Text, attempt_with, letters_in_order, must_be, must_have, readable, stopped, with_article
from ..line import Line
from ..small_client import Connection, OneReader
from .lesson_06 import TooOften, out_of_time, quickly, with_idea


def played(story, *args, call):
    """Return what the coroutine function `story` returns, in a loop in which waiting takes no time.

    Raises Stopped if the answer never gives its turn back. What it prints is dropped.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return quickly(_quiet, story, *args)
    except TimeoutError:
        raise out_of_time(call) from None


async def _quiet(story, *args):
    """Carry out the story. An exception that the answer leaves in a task is not reported above the card."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    return await story(*args)


def method_of(answer, base, name):
    """Return the method `name` (a coroutine function) of the class `answer`.

    Raises NotStarted while it is a stub, and Wrong unless the class inherits from `base` and defines the method.
    """
    if not isinstance(answer, type) or not issubclass(answer, base):
        idea = "Give the check the class itself, without (). It inherits from the class in its first line."
        looks = "a class with another base." if isinstance(answer, type) else "something other than a class."
        raise Wrong(looks, idea)
    method = vars(answer).get(name)
    if method is None:
        raise Wrong(f"a class without {name}.", f"Write `async def {name}(self, ...)` in the class.")
    if not inspect.iscoroutinefunction(method):
        if callable(method) and getattr(method, "__code__", None) is not None:
            raise Wrong("a method without async.", f"Begin it with `async def {name}(self`.")
        raise Wrong(f"{name} that is no method.", f"Write `async def {name}(self` in the class.")
    attempt(method, *[None] * method.__code__.co_argcount).close()  # a coroutine that never began: only for its blanks
    return method


def connected(answer, line):
    """Return a connection of the class `answer` on the `line`. Raises Stopped or Wrong if its __init__ fails."""
    call = Text(f"{answer.__name__}(reader, writer)")
    try:
        client = answer(line.reader, line)
    except Exception as error:
        stop = stopped(error, answer.__init__, call)
        stop.details["idea"] = "A connection is made with a reader and a writer. It needs no __init__ of your own."
        raise stop from None
    if not hasattr(client, "reading"):
        idea = "It must call the one before: super().__init__(reader, writer). Or leave it out."
        raise Wrong("an __init__ that forgets the rest.", idea, call=call)
    return client


def death(task):
    """Return the exception of which a task has died, or None. Raises TimeoutError if it had to be stopped in a loop."""
    error = task.exception() if task.done() and not task.cancelled() else None
    if error is not None and not isinstance(error, Exception):
        raise TimeoutError from error
    return error


LONG = 3600  # seconds, by the loop's own clock: who waits that long waits for ever


# ---------------------------------------------------------------- 08.1

FIRST = b"Hi there"
WIRE = bytes.fromhex("8a 82 00 00 00 00 48 69")  # the eight bytes that follow the first header

NO_LOCK = {
    "ABCDE": ("messages that TCP keeps apart.", "TCP keeps the order of the bytes. Who decides which bytes come next?"),
    "DEABC": ("a pong that overtakes.", "The message was begun first, and its first piece is out."),
    "DAEBC": ("a pong that is begun first.", "gather begins its plans in order: the message is the first."),
    "DABEC": ("a pong that is begun first.", "gather begins its plans in order: the message is the first."),
    "ADEBC": ("a turn for a whole frame.", "The pong drains after each piece, too. Whose turn is it then?"),
    "ABDCE": ("a drain that keeps the turn.", "After A comes a drain. Who has the turn now?"),
    "ABDEC": ("a drain that keeps the turn.", "After A comes a drain. Who has the turn now?"),
}
LOCK = {
    "ADBEC": ("a lock that does not hold.", "Who waits for the lock writes nothing, until the other gives it back."),
    "DEABC": (
        "a lock that lets the pong go first.",
        "A lock knows nothing of frames. Who asks for it first has it first.",
    ),
    "ADEBC": (
        "pieces taken for fragments.",
        "A pong may stand between two fragments. These pieces belong to one frame: nothing may stand in it.",
    ),
}
HEARD = {
    FIRST: ("a server that puts the pieces in order.", "It knows no pieces. After A it takes the next eight bytes."),
    bytes.fromhex("8a 82 00 00 00 00 6f 6b"): (
        "the pong as a whole.",
        "Between its two pieces came another one: look at your first answer.",
    ),
    bytes.fromhex("8a 82 00 00 00 00"): ("fewer bytes than were promised.", "88 promises eight bytes. D has six."),
    b"ok": ("a pong that is understood.", "The server is in the middle of a payload, and looks for no header."),
    b"": ("a server that gives up.", "Nothing seems wrong to it yet: it was promised eight bytes, and they come."),
    FIRST[:6]: ("a server that skips the pong.", "It is in the middle of a payload: it takes whatever comes."),
}


@task(
    "08.1",
    "two writers",
    hints=(
        "Be the loop. Who is begun first writes one piece, then drains. Whose turn is it? And what does a lock change?",
        "Without the lock, the two take turns, piece by piece, until the pong has no more. With it, the second begins "
        "when the first has let go. The server takes eight bytes after A, whatever they are.",
        "Without: A D B E C. With: A B C D E. The server hears all of D, and then the first two bytes of B.",
    ),
)
def two_writers(answer):
    keys = ("no lock", "lock", "heard")
    must_have(
        keys, answer, 'It is a dict with the keys "no lock", "lock" and "heard". Keep them, and replace the dots.'
    )
    missing = [key for key in keys if answer[key] is ...]
    if len(missing) == len(keys):
        raise NotStarted()
    for key, right, slips in (("no lock", "ADBEC", NO_LOCK), ("lock", "ABCDE", LOCK)):
        if key not in missing:
            judge_pieces(key, answer[key], right, slips)
    if "heard" not in missing:
        judge_heard(answer["heard"])
    if missing:
        raise Wrong(idea=f"Right so far. Still to do: {', '.join(missing)}.")


def judge_pieces(key, given, right, slips):
    """Raise Wrong unless `given` names the five pieces in the `right` order."""
    letters = "".join(letter for letter in str(given).upper() if letter.isalpha())
    if not isinstance(given, str | list | tuple) or not letters or not set(letters) <= set(right):
        idea = f'"{key}" has the letters of the pieces, such as "EDCBA".'
        raise Wrong("an answer that is not made of the letters A to E.", idea, got=readable(given))
    if sorted(letters) != sorted(right):
        raise Wrong("a piece lost, or sent twice.", f'"{key}": each of the five pieces goes out once.', got=given)
    if letters != right:
        idea = "After each piece, drain gives the turn to the other one." if key == "no lock" else "The lock is one."
        if letters.index("A") > letters.index("B") or letters.index("B") > letters.index("C"):
            idea = "Each task writes its own pieces in their order."
        looks, idea = slips.get(letters, ("other turns.", idea))
        raise Wrong(looks, f'"{key}": {idea}', got=given)


def judge_heard(given):
    """Raise Wrong unless `given` is the payload that the server takes for the message."""
    if not isinstance(given, bytes | bytearray):
        idea = 'bytes.fromhex("48 69") makes bytes.'
        raise Wrong(f"{with_article(type(given))} instead of bytes.", idea, got=readable(given))
    if bytes(given) != WIRE:
        idea = "After the six bytes of A, which eight are next on the wire?"
        if given[:6] == bytes.fromhex("82 88 00 00 00 00"):
            idea = "A is the header: it says how long the payload is, and does not belong to it."
        looks, idea = HEARD.get(bytes(given), ("another payload.", idea))
        raise Wrong(looks, f'"heard": {idea}', expected=Text(f"{len(WIRE)} other bytes"), got=bytes(given).hex(" "))


# ---------------------------------------------------------------- 08.2

CLOSE_LINES = {
    "A": "    self.writer.transport.abort()",
    "B": "    await self.send_frame(OP_CLOSE, encode_close(1000))",
    "C": "    frame = await self.recv_frame()",
    "D": "    await self.inbox.end(drop=True)",
    "E": "async def close(self):",
    "F": "    await asyncio.wait([self.reading], timeout=5)",
}
CLOSE_DELAY = 1  # seconds after which the scripted server answers, and again until it ends TCP
MESSAGES = Frame(OP_TEXT, b"!").serialize() * 40  # more than an inbox takes


@task(
    "08.2",
    "put close in order",
    hints=(
        "Say goodbye, wait for the answer, but not for ever, and then cut. And who is it that reads the answer?",
        "A reader that waits for room in the inbox reads no Close frame. And a second reader is refused: one line "
        "does not belong.",
        "The method, then: end the inbox, send the Close frame, wait for the reader, abort. C is left over.",
    ),
)
def put_close_in_order(answer):
    letters = letters_in_order(answer, {letter: line.removeprefix("async ") for letter, line in CLOSE_LINES.items()})
    if len(letters) == 1:
        raise Wrong("a method without a body.", "After its first line come the others.", got=answer)
    if "C" in letters:
        idea = "The reader task reads, from the first frame to the last. Two at once are refused, as in the lesson."
        raise Wrong("a second reader.", idea, got=answer)
    source = "\n".join(CLOSE_LINES[letter] for letter in letters)
    scope = {"asyncio": asyncio, "OP_CLOSE": OP_CLOSE, "encode_close": encode_close}
    exec(source, scope)
    kind = type("Ordered", (Connection,), {"close": scope["close"]})
    polite = played(closed, kind, answers_close, b"", call=Text("close()"))
    if polite.said is None:
        idea = "Without a Close frame, the server is told 1006. Send it before the line is cut."
        raise Wrong("a line cut without a goodbye.", idea, got=answer)
    if polite.said > 0:
        idea = "It waited until the time was up, for the answer to a question that nobody had asked."
        raise Wrong("a wait before the goodbye.", idea, got=answer)
    if polite.code != 1000:
        idea = "The server's Close frame was on its way. Give it five seconds to come, and cut then."
        raise Wrong("a line cut before the answer came.", idea, got=answer)
    busy = played(closed, kind, answers_close, MESSAGES, call=Text("close()"))
    if busy.code != 1000:
        idea = (
            "The inbox was full. The reader waited for room, and never came to the server's Close frame. "
            "Nobody wants these messages any more: what makes room?"
        )
        raise Wrong("a reader that is stuck.", idea, got=answer)
    silent = played(closed, kind, None, b"", call=Text("close()"))
    if not silent.aborted:
        idea = "This server never answered. After five seconds close() came back, and TCP was still open."
        raise Wrong("a line that is never cut.", idea, got=answer)


def answers_close(line, frame):
    """The script of a server that answers a Close frame after a while, and then ends TCP."""
    if frame.opcode == OP_CLOSE:
        line.later(CLOSE_DELAY, Frame(OP_CLOSE, frame.data).serialize())
        line.later(2 * CLOSE_DELAY, b"", end=True)


class Closed:
    """What is seen of a close(). said: when our Close frame went out, or None. code: int. aborted: bool."""

    def __init__(self, line, client):
        times = [seconds for seconds, frame in line.sent if frame.opcode == OP_CLOSE]
        self.said, self.code, self.aborted = times[0] if times else None, client.close_code, line.aborted


async def closed(kind, script, first):
    """Return what is seen of close() with a server that says `first` and then follows the `script`."""
    line = Line(script)
    line.says(first)
    client = kind(line.reader, line)
    for _ in range(100):  # let the reader come as far as it can
        await asyncio.sleep(0)
    with contextlib.suppress(OSError):  # the line was cut before
        await client.close()
    seen = Closed(line, client)
    client.reading.cancel()
    await asyncio.wait([client.reading])
    return seen


# ---------------------------------------------------------------- 08.3


def fragments(*texts):
    """Return the frames that are written as "01 He", "80 llo": first byte in hex, then the payload."""
    return [Frame(int(text[:2], 16) & 15, text[3:].encode("latin-1"), int(text[:2], 16) > 127) for text in texts]


# largest message, frames, and what add() gives for each: None, a message, or a close code.
# What is not ASCII is written as the byte that it is.
JOINS = (
    (100, ("81 Hi",), ["Hi"]),
    (100, ("82 Hi",), [b"Hi"]),
    (100, ("01 He", "80 llo"), [None, "Hello"]),
    (100, ("01 H", "00 e", "00 ll", "80 o"), [None, None, None, "Hello"]),
    (100, ("02 \x01", "80 \xff"), [None, b"\x01\xff"]),
    (100, ("01 a", "80 b", "02 c", "80 d", "81 e"), [None, "ab", None, b"cd", "e"]),
    (100, ("01 5\xe2\x82", "80 \xac"), [None, "5€"]),
    (100, ("81 ", "82 "), ["", b""]),
    (100, ("01 ", "00 ", "80 a"), [None, None, "a"]),
    (100, ("01 ", "80 "), [None, ""]),
    (100, ("80 lo",), [1002]),
    (100, ("00 l",), [1002]),
    (100, ("01 a", "80 b", "80 c"), [None, "ab", 1002]),
    (100, ("81 a", "80 b"), ["a", 1002]),
    (100, ("01 a", "81 b"), [None, 1002]),
    (100, ("01 a", "01 b"), [None, 1002]),
    (100, ("02 a", "81 b"), [None, 1002]),
    (100, ("01 ", "81 b"), [None, 1002]),
    (100, ("81 \xff",), [1007]),
    (5, ("81 Hello", "82 Hello"), ["Hello", b"Hello"]),
    (5, ("01 Hel", "80 lo", "01 Hel", "80 lo"), [None, "Hello", None, "Hello"]),
    (5, ("82 Hello!",), [1009]),
    (5, ("01 Hel", "80 lo!"), [None, 1009]),
    (5, ("01 Hel", "00 lo!"), [None, 1009]),
    (5, ("02 Hel", "00 lo", "00 "), [None, None, None]),
    (5, ("02 Hello!",), [1009]),
    (5, ("81 \xe2\x82\xac\xe2\x82\xac",), [1009]),
)

JOIN_CRASHES = (
    (
        "PayloadTooBig.__init__|__init__\\(\\) missing",
        "PayloadTooBig(size, self.max_size), ProtocolError(text, '5.4').",
    ),
    ("'int' object is not iterable", "frame.data is bytes already: bytes + bytes are bytes."),
    ("concat|can only concatenate", "Bytes go with bytes: frame.data is bytes, and b'' is an empty beginning."),
    ("sequence item", "b''.join takes a list of bytes."),
    ("no attribute 'decode'", "A list has no decode: make bytes of it first, with b''.join."),
    ("no attribute '(payload|final)'", "A frame has opcode, fin and data."),
    ("ValueError|Exception:", "Raise PayloadTooBig or ProtocolError: the client knows their close codes."),
    ("'NoneType'", "Is this set before the first frame of a message has come?"),
)


class Refusal:
    """What add() refused. code: int, the close code that the client sends for it."""

    def __init__(self, error):
        self.error, self.code = error, getattr(error, "close_code", 1007)


class _Adding:
    """joiner.add as a function that returns a Refusal for the errors that a client expects."""

    def __init__(self, method):
        self.method = method
        for name in ("__name__", "__doc__", "__code__"):
            setattr(self, name, getattr(method, name, None))

    def __call__(self, frame):
        try:
            return self.method(frame)
        except (ProtocolError, PayloadTooBig, UnicodeError) as error:
            return Refusal(error)


@task(
    "08.3",
    "join, with a limit",
    hints=(
        "Four questions for each frame: is it allowed here? Does it begin a message? Is it too much? Is it the end?",
        "self.first is None exactly while no message is under way: set it at the beginning, and set it back at the "
        "end. Compare len(self.data) with self.max_size after each fragment, and decode only at the end.",
        "if (frame.opcode == OP_CONT) != (self.first is not None): raise ProtocolError('...', '5.4'). If it is no "
        "OP_CONT: self.first = frame.opcode, self.data = b''. self.data += frame.data. If it is longer than "
        "max_size: raise PayloadTooBig(len(self.data), self.max_size). If frame.fin: first = self.first, "
        "self.first = None, and return self.data.decode() if first == OP_TEXT else self.data.",
    ),
)
def join_with_a_limit(answer):
    if not isinstance(answer, type):
        raise Wrong("something other than a class.", "Give the check the class itself, without ().")
    if not callable(getattr(answer, "add", None)):
        raise Wrong("a class without add.", "Write the method `def add(self, frame)`.")
    for max_size, texts, wanted in JOINS:
        joiner = attempt(answer, max_size)
        for number, (frame, right) in enumerate(zip(fragments(*texts), wanted, strict=True)):
            so_far = " | ".join(wire(each) for each in fragments(*texts)[: number + 1])
            call = f"Joiner({max_size}), frames {so_far}"
            try:
                got = attempt_with(JOIN_CRASHES, _Adding(joiner.add), frame)
            except Stopped as error:
                error.details["call"] = call
                raise
            if asyncio.iscoroutine(got):
                got.close()
                raise Wrong("a method with async.", "Nothing is awaited here: plain `def add`.", call=call)
            if not same(got, right):
                looks, idea = join_misconception(got, right, fragments(*texts)[: number + 1], wanted[:number], max_size)
                raise Wrong(looks, idea, call=call, expected=told(right), got=told(got))


def wire(frame):
    """Return the frame in hex, as the lessons write it."""
    return frame.serialize().hex(" ")


def same(got, right):
    """Tell whether add() gave what is right: None, a message, or a refusal with the right code."""
    if isinstance(right, int):
        return isinstance(got, Refusal) and got.code == right
    return got == right and (got is None) == (right is None)


def told(value):
    """Return what add() gave, or should give, as it stands in a card."""
    if isinstance(value, Refusal):
        return Text(f"{type(value.error).__name__}, close code {value.code}")
    if isinstance(value, int) and value in (1002, 1007, 1009):
        return Text(f"an error with close code {value}")
    return Text("None") if value is None else readable(value)


def join_misconception(got, right, frames, before, max_size):
    """Return (looks, idea) for a wrong outcome of add() for the last of `frames`."""
    last, size = frames[-1], sum(len(frame.data) for frame in frames)
    if isinstance(got, Exception) or (isinstance(got, type) and issubclass(got, Exception)):
        return "an error that is returned.", "Write `raise`, not `return`."
    if isinstance(got, Refusal):
        return refusal_misconception(got, right, last, size, max_size)
    if right == 1009:
        return allowed_too_much(got, last, max_size)
    if right == 1002:
        if last.opcode == OP_CONT:
            return "a rest without a beginning, let through.", "No message is under way: OP_CONT has nothing to go on."
        return "a message inside a message, let through.", "Until FIN, only OP_CONT goes on (section 5.4)."
    if right == 1007:
        return "a text that is no text, let through.", "decode() without errors= raises a UnicodeDecodeError: let it."
    if right is None:
        return "each fragment taken for a message.", "FIN is 0, so the message is not whole: return None."
    if got is None:
        idea = "FIN is 1: return the message, also if it is empty."
        return "a message that is never given.", idea
    if isinstance(right, str) and isinstance(got, bytes | bytearray):
        if len(frames) > 1:
            return "a text as bytes.", "The opcode of the first fragment says text: keep it, OP_CONT does not."
        return "a text as bytes.", "For OP_TEXT return data.decode()."
    if isinstance(right, bytes) and isinstance(got, str):
        return "a binary message as text.", "Only what began with OP_TEXT is decoded."
    if not isinstance(got, str | bytes | bytearray):
        return f"{with_article(type(got))} instead of a message.", "Return a str for text, else bytes."
    if any(each is not None for each in before) and len(got) > len(right):
        return "a rest of the message before.", "Empty self.data when a new message begins."
    if len(frames) > 1 and len(got) < len(right):
        return "fragments that are lost.", "Put frame.data behind what has come so far: +=."
    return "another message.", "Join the fragments in the order in which they came."


def refusal_misconception(got, right, last, size, max_size):
    """Return (looks, idea) for a Refusal that is not right."""
    if isinstance(right, int):
        names = "1002 ProtocolError, 1009 PayloadTooBig, 1007 a UnicodeDecodeError"
        return "the wrong code.", f"What is wrong with this frame? {names}."
    if got.code == 1007 and last.opcode != OP_BINARY and isinstance(right, bytes):
        return "a binary message as text.", "Only what began with OP_TEXT is decoded."
    if got.code == 1007:
        return (
            "each fragment decoded alone.",
            "A character may be cut in two. Collect bytes, and decode when the message is whole.",
        )
    if got.code == 1009:
        if size > max_size:
            return "a limit for all messages together.", "Each message begins again at 0."
        return "a limit that is one too low.", f"{max_size} bytes are allowed, {max_size + 1} are not."
    if size == len(last.data) == 0 or size == len(last.data):
        idea = "An empty fragment is a beginning, too. self.first says if a message is under way, the data do not."
        if last.opcode == OP_CONT:
            return "an empty fragment taken for none.", idea
        return "a beginning that is refused.", "No message is under way: this frame begins one."
    if last.opcode == OP_CONT:
        return "a continuation that is refused.", "A message is under way, and OP_CONT goes on with it."
    return "a state that is not set back.", "After FIN no message is under way: self.first is None again."


def allowed_too_much(got, last, max_size):
    """Return (looks, idea) for a message above the limit that was not refused."""
    if last.opcode == OP_CONT and not last.fin:
        idea = "The end may never come, and the memory is full before. Look at the size after each fragment."
        return "a limit that is looked at too late.", idea
    if isinstance(got, str) and len(got) <= max_size:
        return "a limit in characters.", "The limit is in bytes, and € has three. Measure before you decode."
    if last.opcode == OP_CONT:
        return "a limit for each fragment.", "The limit is for the message: add up what has come."
    return "a message without a limit.", f"Here {max_size} bytes are the most: raise PayloadTooBig."


# ---------------------------------------------------------------- 08.4

HI, MARK = bytes.fromhex("81 02 48 69"), bytes.fromhex("81 01 21")
NO_UTF8, RSV, GOODBYE = bytes.fromhex("81 01 ff"), bytes.fromhex("c1 02 48 69"), bytes.fromhex("88 00")

# what happens, what the server sends, whether it then ends TCP, and what is kept as `error`
ENDS = (
    ("TCP ends", HI, True, "EOFError"),
    ("a text is not UTF-8", HI + NO_UTF8 + MARK, False, "UnicodeDecodeError"),
    ("a reserved bit is set", HI + RSV + MARK, False, "ProtocolError"),
    ("the connection is reset", HI, None, "ConnectionResetError"),
    ("over is set", HI + GOODBYE + MARK, False, None),
    ("the task is cancelled", HI, False, None),
)

READ_CRASHES = (
    ("has no attribute 'stop'|has no attribute 'close'", "An inbox has put, get and end."),
    ("was never awaited|'coroutine'", "self.step() and self.inbox.end() are only plans: await them."),
)


@task(
    "08.4",
    "find what waits for ever",
    hints=(
        "step() can raise an exception. Which line of read_all is then never reached?",
        "try: the loop. What must happen in any case stands under finally. What went wrong is caught with "
        "`except Exception as error`, and kept in self.error.",
        "try: while not self.over: await self.step(). except Exception as error: self.error = error. "
        "finally: await self.inbox.end().",
    ),
)
def find_what_waits(answer):
    method = method_of(answer, OneReader, "read_all")
    for what, sends, end, kept in ENDS:
        call = Text(f"recv(), while {what}")
        try:
            received, error, pongs = played(read_to_the_end, answer, what, sends, end, call=call)
        except Stopped as stop:
            if "stopped after" in stop.details["error"]:
                idea = "Is step() awaited? And after an error, the next step() raises it again: leave the loop."
                stop.details["idea"] = idea
            raise
        judge_end(answer, method, what, received, error, kept, call)
        if not pongs:
            raise Wrong("a reader that answers no ping.", "step() does: call it for each frame.", call=call)


async def read_to_the_end(answer, what, sends, end):
    """Return (what recv() gave, the error that was kept, how many pongs came)."""

    class Watched(answer):
        async def take(self, frame):
            self.over = self.over or frame.opcode == OP_CLOSE
            await super().take(frame)

    Watched.__name__ = answer.__name__
    line = Line()
    line.says(Frame(OP_PING, b"?").serialize() + sends, bool(end))
    if end is None:
        asyncio.get_running_loop().call_later(1, line.reader.set_exception, ConnectionResetError("reset"))
    client = connected(Watched, line)
    received = []
    try:
        for _ in range(5):
            async with asyncio.timeout(LONG):
                if what == "the task is cancelled":
                    asyncio.get_running_loop().call_later(1, client.reading.cancel)
                received.append(await client.recv())
    except TimeoutError:
        received.append("nothing, for ever")
    left = death(client.reading)
    client.reading.cancel()
    await asyncio.wait([client.reading], timeout=LONG)
    return received, (getattr(client, "error", None), left), len(line.frames(OP_PONG))


def judge_end(answer, method, what, received, error, kept, call):
    """Raise Wrong or Stopped unless recv() gave Hi, and then None again and again, and the error was kept."""
    right = ["Hi", None, None, None, None]
    kept_error, left = error
    if left is not None and type(left).__name__ != kept:
        raise with_idea(stopped(left, method, call), READ_CRASHES)
    if received != right:
        shown = {"call": call, "expected": right, "got": received}
        if "!" in received:
            if what == "over is set":
                idea = "`over` says that nothing more counts. Look at it before each step."
                raise Wrong("a reader that goes on after the end.", idea, **shown)
            idea = "A server that broke a rule is not read any more. Leave the loop."
            raise Wrong("a reader that goes on after a fault.", idea, **shown)
        if "Hi" not in received:
            if received[0] is None:
                idea = (
                    "What came before the end is good: recv() must give it. Read to the end, and do not drop the inbox."
                )
                raise Wrong("messages lost at the end.", idea, **shown)
            raise Wrong("a reader that reads nothing.", "Await self.step(), again and again.", **shown)
        if what == "the task is cancelled":
            idea = "CancelledError is no Exception, so that `except Exception` lets it pass. `finally` sees it, too."
            raise Wrong("a cancelled reader that tells nobody.", idea, **shown)
        if what == "over is set":
            raise Wrong("an end without an error that is not told.", "End the inbox in any case.", **shown)
        idea = f"The reader died of {kept}, and the inbox was not ended. What is carried out, and awaited, in any case?"
        raise Wrong("a reader that dies silently.", idea, **shown)
    got = type(kept_error).__name__ if kept_error is not None else None
    if what == "the task is cancelled" or got == kept:
        return
    shown = {"call": call, "expected": Text(kept or "None"), "got": Text(got or "None")}
    if kept is None:
        raise Wrong("an error where there was none.", "`over` is an orderly end: self.error stays None.", **shown)
    if isinstance(kept_error, str) or (isinstance(kept_error, type) and kept_error.__name__ == kept):
        raise Wrong("something about the error.", "Keep the exception itself: self.error = error.", **shown)
    if got is None:
        idea = "self.error should be the exception that ended the reader: `except Exception as error`."
        raise Wrong("an error that nobody hears of.", idea, **shown)
    raise Wrong("another error.", "Keep the exception that step() raised.", **shown)


# ---------------------------------------------------------------- 08.5

WAIT_CRASHES = (
    ("OverflowError|too large to convert", "2**1100 is too large for a float. Stop doubling at longest."),
    ("uniform\\(\\) missing|uniform\\(\\) takes", "rng.uniform(a, b) gives a number between a and b."),
    ("'(Random|_Random)' object is not callable", "rng.uniform(a, b) gives a number between a and b."),
    ("NameError.*'random'", "The random numbers come from the parameter: rng.uniform(a, b)."),
    *CRASHES,
)

# what the tries give, how many may be made, and what is to come of it
TRIES = (
    ([True], 5, True),
    ([OSError("no network"), True], 5, True),
    ([EOFError("TCP has ended"), ConnectionError("no network"), TimeoutError("no network"), True], 5, True),
    ([OSError("no network"), False], 5, False),
    ([], 4, False),
    ([], 1, False),
    ([OSError("no network"), InvalidHandshake("not you")], 5, InvalidHandshake),
)
SEEDS = 100
MANY = 3000  # tries


@task(
    "08.5",
    "try again, but not all at once",
    hints=(
        "The lesson has the loop, and how a delay doubles. New are the tries that are counted, and the chance.",
        "Keep one number, `delay`, which only doubles and stops at longest. The wait is drawn from it: "
        "rng.uniform(delay / 2, delay). And after the last try, no wait.",
        "delay = first. for number in range(tries): try: return await client.handshake(uri). except (OSError, "
        "EOFError): if number + 1 < tries: await asyncio.sleep(rng.uniform(delay / 2, delay)), and "
        "delay = min(2 * delay, longest). After the loop: return False.",
    ),
)
def try_again(answer):
    for outcomes, tries, right in TRIES:
        events, got = tried_again(answer, outcomes, 1, 10, tries, 8)
        call = tries_text(answer, 1, 10, tries)
        judge_tries(events, len(outcomes) or tries, right, call)
        if got is not right:
            looks, idea = result_misconception(got, right)
            if got is None:
                idea = "Return what handshake() gives, and False when the last try has failed."
            raise Wrong(looks, idea, call=call, expected=shown(right), got=shown(got))
        judge_places(events, call)
    for first, longest, tries in ((1, 10, 7), (0.5, 30, 9)):
        waits = [
            [seconds for name, seconds in tried_again(answer, [], first, longest, tries, seed)[0] if name == "sleep"]
            for seed in range(SEEDS)
        ]
        judge_waits(waits, first, longest, tries_text(answer, first, longest, tries))
    events, got = tried_again(answer, [], 0.5, 30, MANY, 8)
    judge_tries(events, MANY, False, tries_text(answer, 0.5, 30, MANY))


def tries_text(answer, first, longest, tries):
    name = getattr(answer, "__name__", "answer")
    return f"await {name}(client, {URI!r}, {first}, {longest}, {tries}, rng)"


class CountedClient(Client):
    """A client that does not let itself be asked for ever."""

    async def handshake(self, uri):
        if len(self.events) > 5 * MANY:
            raise TooOften()
        return await super().handshake(uri)


def tried_again(answer, outcomes, first, longest, tries, seed):
    """Return (events, what came of it): of the answer, with a client whose handshake() gives the `outcomes`."""
    events = []
    args = (CountedClient(outcomes, events), URI, first, longest, tries, random.Random(seed))
    try:
        got = attempt_awaited(WAIT_CRASHES, answer, *args, events=events, passing=(InvalidHandshake,))
    except InvalidHandshake:
        got = InvalidHandshake
    except TooOften:
        idea = "`tries` says how often to try. When the last one has failed, return False."
        raise Wrong("tries without end.", idea, call=tries_text(answer, first, longest, tries)) from None
    except Stopped as error:
        error.details["call"] = tries_text(answer, first, longest, tries)
        raise
    return events, got


def judge_tries(events, count, right, call):
    """Raise Wrong unless the client was asked `count` times, with the address."""
    asked = sum(name == "handshake" for name, _ in events)
    if asked not in (0, count) and right is not InvalidHandshake:
        idea = "At most `tries`, until one of them returns."
        raise Wrong("another number of tries.", idea, call=call, expected=count, got=asked)
    judge_attempts(events, count, right, call)


def judge_places(events, call):
    """Raise Wrong unless there is one wait between any two tries, and nowhere else."""
    names = [name for name, _ in events]
    if names[0] == "sleep":
        raise Wrong("a wait before the first try.", "Try first. Wait only if it fails.", call=call)
    if names[-1] == "sleep":
        raise Wrong("a wait after the last try.", "Nobody tries after it: return at once.", call=call)
    if names[1::2] != ["sleep"] * (len(names) // 2) or "sleep" in names[::2]:
        raise Wrong("tries without a wait.", "Between two tries comes one wait.", call=call)


def judge_waits(waits, first, longest, call):
    """Raise Wrong unless each wait is drawn between half of a delay and the delay, which doubles up to `longest`."""
    for number, drawn in enumerate(zip(*waits, strict=True)):
        delay = min(first * 2**number, longest)
        low, high = min(drawn), max(drawn)
        card = {
            "call": call,
            "expected": Text(f"wait {number + 1}: from {delay / 2:g} to {delay:g} seconds"),
            "got": Text(f"wait {number + 1}: from {low:.3g} to {high:.3g} seconds"),
        }
        if low == high:
            idea = "A thousand clients that lost the same server would all come back in the same moment. Draw the wait."
            raise Wrong("waits without chance.", idea, **card)
        if high > longest:
            raise Wrong("a wait above the limit.", "`longest` is the most, with chance and all.", **card)
        if high > delay * 1.0001:
            idea = "Chance makes a wait shorter, not longer: at most the delay." if number == 0 else GROWS
            raise Wrong("a wait that is too long.", idea, **card)
        if low < delay / 2 * 0.9999:
            raise Wrong(*too_short(waits, number, high, delay), **card)
        if low > 0.6 * delay or high < 0.9 * delay:
            raise Wrong("a narrow chance.", "Draw from the whole range: from half the delay to the delay.", **card)


GROWS = "The first delay is `first`. After each failure it doubles."


def too_short(waits, number, high, delay):
    """Return (looks, idea) for waits number `number`, some of which are too short."""
    if number == 0:
        return "a wait that may be next to nothing.", "At least half the delay: rng.uniform(a, b) takes both ends."
    if high <= max(each[0] for each in waits) * 1.1:
        return "delays that do not grow.", GROWS
    if high > 0.75 * delay:
        idea = "Double the delay, not the random number that was drawn from it: keep them apart."
        return "a wait made from the wait before.", idea
    return "delays that grow too slowly.", GROWS


# ---------------------------------------------------------------- 08.6

ALIVE_CRASHES = (
    (
        "read\\(\\) called while another",
        "Two readers. Only the reader task reads: take the pong where all frames pass, in take.",
    ),
    ("TimeoutError", "The time was up, and asyncio says so with a TimeoutError. Catch it, and return False."),
    ("our Close frame has been sent", "No ping may follow our Close frame. A ConnectionError: return False."),
    ("ConnectionResetError|Connection lost", "The ping could not be sent: an OSError. Return False."),
    ("InvalidStateError", "A Future has one result. Make a new one for each ping."),
    ("a control frame is whole", "A ping has at most 125 bytes (section 5.5)."),
    ("bytes-like|concat|encoding|has no len", "The payload of a ping is bytes."),
    ("'Frame' object has no attribute", "A frame has opcode, fin and data."),
    ("has no attribute", "What take uses must be there before the first frame comes: set it in the class."),
)


def answers_ping(line, frame):
    if frame.opcode == OP_PING:
        line.later(0.5, Frame(OP_PONG, frame.data).serialize())


def answers_otherwise(line, frame):
    if frame.opcode == OP_PING:
        line.later(0.5, Frame(OP_PONG, b"unasked").serialize())


def answers_first(line, frame):
    if frame.opcode == OP_PING and len(line.frames(OP_PING)) == 1:
        answers_ping(line, frame)


def answers_first_late(line, frame):
    if frame.opcode == OP_PING and len(line.frames(OP_PING)) == 1:
        line.later(7, Frame(OP_PONG, frame.data).serialize())


@task(
    "08.6",
    "notice the silence (optional)",
    hints=(
        "Two tasks meet here: who asks, and the reader, to whom the pong comes. How does one wake the other?",
        "An asyncio.Event, a new one for each ping: take sets it when the pong has the payload of the ping, and "
        "is_alive waits for it inside `async with asyncio.timeout(seconds)`. All other frames are for super().take.",
        "take: if frame.opcode == OP_PONG and frame.data == self.payload: self.answered.set(); then await "
        "super().take(frame). is_alive: self.payload, self.answered = os.urandom(4), asyncio.Event(). try: async with "
        "asyncio.timeout(seconds): await self.send_frame(OP_PING, self.payload), await self.answered.wait(), "
        "return True. except OSError: return False. TimeoutError is an OSError.",
    ),
)
def notice_the_silence(answer):
    methods = [method_of(answer, Connection, name) for name in ("is_alive", "take")]
    asked = Text("await client.is_alive(5)")
    if not alive(answer, methods, answers_ping)[0]:
        idea = "The pong came after half a second, with the payload of the ping. Did take see it?"
        raise Wrong("a living server taken for dead.", idea, call=asked, expected=True, got=False)
    if alive(answer, methods, None)[0]:
        idea = "This server never answers. True only if the pong has come."
        raise Wrong("a dead line taken for alive.", idea, call=asked, expected=False, got=True)
    if alive(answer, methods, answers_otherwise)[0]:
        idea = "A server may send a pong that nobody asked for (section 5.5.3). Compare its payload with the ping's."
        raise Wrong("any pong taken for the answer.", idea, call=asked, expected=False, got=True)
    for script, idea in (
        (answers_first, "The second ping had no answer. Does something remember the first pong?"),
        (
            answers_first_late,
            "The first pong came late, during the second ping. Give each its own payload.",
        ),
    ):
        if alive(answer, methods, script, times=2)[1]:
            raise Wrong("an old pong taken for a new one.", idea, call="the second is_alive(5)", got=True)
    judge_others(answer, methods)


def alive(answer, methods, script, times=1):
    """Return the list of what is_alive(5) gave, `times` times. Raises Wrong and Stopped for anything but a bool."""
    call = Text("await client.is_alive(5)")
    results = played(asked_alive, answer, methods, script, times, call=call)
    for got, seconds, pings in results:
        if got == "for ever":
            raise Wrong("a wait without a limit.", "No pong came, and `seconds` were over long ago.", call=call)
        must_be(bool, got, call, "True or False.")
        if not pings:
            raise Wrong("an answer without a question.", "Send a ping: await self.send_frame(OP_PING, ...).", call=call)
        if not got and abs(seconds - 5) > 0.01:
            idea = "No pong came within 5 seconds: then the answer is False, not earlier and not later."
            raise Wrong("another limit than `seconds`.", idea, call=call, expected=5, got=round(seconds, 3))
    return [got for got, _, _ in results]


async def asked_alive(answer, methods, script, times):
    """Return, for each time, (what is_alive(5) gave, the seconds it took, how many pings went out)."""
    line, results = Line(script), []
    client = connected(answer, line)
    loop = asyncio.get_running_loop()
    for _ in range(times):
        start = loop.time()
        pings = len(line.frames(OP_PING))
        got = await carried_out(client.is_alive(5), methods, client)
        results.append((got, loop.time() - start, len(line.frames(OP_PING)) - pings))
    stop_if_dead(client, methods)
    client.reading.cancel()
    await asyncio.wait([client.reading], timeout=LONG)
    return results


async def carried_out(plan, methods, client):
    """Return what the plan gives, or "for ever". Raises Stopped for an exception, in the plan or in the reader."""
    call = Text("await client.is_alive(5)")
    try:
        async with asyncio.timeout(LONG) as limit:
            return await plan
    except Exception as error:
        stop_if_dead(client, methods)
        if limit.expired():
            return "for ever"
        raise with_idea(stopped(error, methods[0], call), ALIVE_CRASHES) from None


def stop_if_dead(client, methods):
    """Raise Stopped if the reader task has died of an exception, as it does if take() raises one."""
    error = death(client.reading)
    if error is not None:
        raise with_idea(stopped(error, methods[1], Text("await client.take(frame)")), ALIVE_CRASHES)


def judge_others(answer, methods):
    """Raise Wrong unless messages, pings and the end are treated as before."""
    call = Text("await client.recv(), after is_alive")
    received, pongs, after = played(asked_and_received, answer, methods, call=call)
    if received != ["Hi", None]:
        idea = "take passes on what it does not need: await super().take(frame)."
        raise Wrong("a message that never comes to recv.", idea, call=call, expected=["Hi", None], got=received)
    if pongs != [b"?"]:
        raise Wrong("a ping that is not answered any more.", "Pass it on: await super().take(frame).", call=call)
    if after is not False:
        call = Text("await client.is_alive(5), after close()")
        raise Wrong("a closed connection taken for alive.", "Return False.", call=call, expected=False, got=after)


async def asked_and_received(answer, methods):
    """Return (what recv() gave, the payloads of our pongs, what is_alive(5) gave after close())."""

    def script(line, frame):
        answers_ping(line, frame)
        answers_close(line, frame)

    line, received = Line(script), []
    line.says(Frame(OP_PONG).serialize())  # before anybody has asked: a server may do that
    client = connected(answer, line)
    await asyncio.sleep(1)  # let the reader take it
    line.later(0.25, Frame(OP_PING, b"?").serialize() + HI)
    await carried_out(client.is_alive(5), methods, client)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONG):
            received.append(await client.recv())
            await client.close()
            received.append(await client.recv())
    after = await carried_out(client.is_alive(5), methods, client)
    stop_if_dead(client, methods)
    client.reading.cancel()
    await asyncio.wait([client.reading], timeout=LONG)
    return received, line.frames(OP_PONG), after
