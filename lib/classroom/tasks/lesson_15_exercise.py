"""The tasks of the exercise of lesson 15."""

import random
import zlib

from websockets.exceptions import NegotiationError
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode

from pocketws.exceptions import PayloadTooBig
from pocketws.frames import OP_CONT, OP_TEXT, Frame

from .. import compression
from ..checks import Stopped, Wrong, call_text, task
from ..judging import Text, attempt_with, letters_in_order, must_be, readable

TAIL = b"\x00\x00\xff\xff"
NOISE = random.Random(7692).randbytes(300)  # does not compress, so only what came before can make it shorter


class Sender:
    """A right sender. takeover: bool."""

    def __init__(self, takeover, bits=15):
        self.takeover, self.bits = takeover, bits
        self.deflater = None

    def pack(self, message):
        """Return the payload of the next message: bytes."""
        if self.deflater is None or not self.takeover:
            self.deflater = zlib.compressobj(wbits=-self.bits)
        return (self.deflater.compress(message) + self.deflater.flush(zlib.Z_SYNC_FLUSH))[: -len(TAIL)]


# ---------------------------------------------------------------- 15.1

LINES = (
    # (right letter, {wrong letter: what it looks like}, idea)
    ("A", {"B": "a set RSV1 overlooked.", "C": "RSV1 taken for a fault."}, "c1 is 1100 0001: the second bit is RSV1."),
    (
        "B",
        {"A": "compression where RSV1 is 0.", "C": "a plain message taken for a fault."},
        "81 is 1000 0001: RSV1 is 0. Each message may be compressed or not.",
    ),
    (
        "A",
        {"B": "a set RSV1 overlooked.", "C": "a compressed message that may not be cut."},
        "41 is 0100 0001: FIN 0, RSV1 1. Only the first frame of a message has RSV1, for all of it.",
    ),
    (
        "C",
        {"A": "RSV1 on a continuation let through.", "B": "RSV1 on a continuation let through."},
        "c0 is 1100 0000: RSV1 on a continuation. Only the first frame of a message has it.",
    ),
    (
        "C",
        {"A": "a compressed ping.", "B": "RSV1 on a ping let through."},
        "c9 is 1100 1001: RSV1 on a ping. Control frames are not compressed.",
    ),
    (
        "C",
        {"A": "an extension that nobody agreed on.", "B": "RSV1 let through."},
        "What may RSV1 be if there is no agreement?",
    ),
)


@task(
    "15.1",
    "judge what comes in",
    hints=(
        "Write the first byte of each frame as eight bits: FIN, RSV1, RSV2, RSV3, and four for the opcode.",
        "RSV1 may be 1 only where it was agreed on, and only in the first frame of a text or binary message.",
        "Lines 1 and 3 are compressed messages, line 2 is a plain one. The other three break a rule.",
    ),
)
def judge_lines(answer):
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    if not isinstance(answer, str | list | tuple) or not letters or not set(letters) <= set("ABC"):
        idea = "Write one of A to C for each line, such as 'CBACBA'."
        raise Wrong("an answer that is not made of the letters A to C.", idea, got=readable(answer))
    if len(letters) != len(LINES):
        raise Wrong(f"{len(letters)} letters instead of six.", "Six lines, so six letters.", got=answer)
    for number, (given, (right, slips, idea)) in enumerate(zip(letters, LINES, strict=True), 1):
        if given != right:
            raise Wrong(slips.get(given, f"another verdict on line {number}."), f"Line {number}: {idea}", got=answer)


# ---------------------------------------------------------------- 15.2

PARSONS = {
    "A": "    return message.decode()",
    "B": "def receive(frames, inflater, max_size):",
    "C": '    data = b"".join([frame.data for frame in frames])',
    "D": "    if len(message) > max_size:",
    "E": "    raise PayloadTooBig(len(message), max_size)",
    "F": "    message = inflater.decompress(data + TAIL, max_size + 1)",
    "G": "    if len(data) > max_size:",
}


@task(
    "15.2",
    "put a receiver in order",
    hints=(
        "Follow the bytes: the fragments, the payload of the whole message, what it inflates to, and then the text.",
        "The limit is for what comes out. So one of the two ifs does not belong. The other stands behind F.",
        "B C F, then the if that looks at `message`, with the raise under it, and the return. G is left over.",
    ),
)
def put_in_order(answer):
    letters = letters_in_order(answer, PARSONS)
    if letters[-1] in "BDG":
        what = "a function" if letters[-1] == "B" else "an `if`"
        raise Wrong(f"{what} with nothing under it.", "What does the last line need after it?", got=answer)
    if any(first in "DG" and second in "DG" for first, second in zip(letters, letters[1:], strict=False)):
        raise Wrong("an `if` right under an `if`.", "One of the two does not belong.", got=answer)
    outcomes = [received(letters, *case) for case in CASES]
    if outcomes != [wanted for *_, wanted in CASES] or len(letters) > 6:
        raise Wrong(*order_misconception(letters), got=answer)


PLAIN = "Grüße, Grüße, Grüße"
SIZE = len(PLAIN.encode())
CASES = (
    # (message, fragments, max_size, what receive() gives)
    (PLAIN, 1, 100, PLAIN),
    (PLAIN, 3, 100, PLAIN),
    (PLAIN, 1, SIZE, PLAIN),
    (PLAIN, 1, SIZE - 1, PayloadTooBig),
    ("0" * 100_000, 2, 1000, PayloadTooBig),
)


def received(letters, message, count, max_size, wanted):
    """Return what the function made of the lines gives: the message, or the class of its exception."""
    lines, indent = [], ""
    for letter in letters:
        lines.append(indent + PARSONS[letter])
        indent = "    " if letter in "DG" else ""
    scope = {"TAIL": TAIL, "PayloadTooBig": PayloadTooBig}
    exec("\n".join(lines), scope)
    payload = Sender(False).pack(message.encode())
    cuts = [len(payload) * part // count for part in range(count + 1)]
    frames = [
        Frame(OP_CONT if start else OP_TEXT, payload[start:end], end == len(payload), rsv1=not start)
        for start, end in zip(cuts, cuts[1:], strict=False)
    ]
    try:
        return scope["receive"](frames, zlib.decompressobj(-15), max_size)
    except Exception as error:
        return type(error)


def order_misconception(letters):
    """Return (looks, idea) for lines in a wrong order."""
    place = {letter: letters.index(letter) if letter in letters else 99 for letter in PARSONS}
    if place["F"] == 99:
        return "data that is never inflated.", "Which line makes the message?"
    if place["C"] > place["F"] or place["C"] > place["G"] != 99:
        return "data that is used before it is there.", "The fragments are joined first, and then inflated."
    if place["G"] != 99 and place["E"] == place["G"] + 1:
        return "a limit for what was on the wire.", "100 bytes of data may become 100,000. Which of the two is counted?"
    if min(place["A"], place["D"], place["E"]) < place["F"]:
        return "a message that is used before it is there.", "Which line gives `message` its value?"
    if place["D"] == 99 or place["E"] == 99:
        return "a receiver without a limit.", "What happens to a message that is too large?"
    if place["A"] < place["D"]:
        return "a return too early.", "No line after the return runs any more."
    if place["A"] == 99:
        return "a message that is never handed back.", "Which line returns it?"
    if place["E"] != place["D"] + 1:
        return "a raise that stands in the wrong place.", "Only the line after the `if` is under it."
    return "one line too many.", "One of the lines does not belong."


# ---------------------------------------------------------------- 15.3

CRASHES = (
    ("too far back", "It refers to an earlier message, which this inflater has never seen. Where is it made?"),
    ("invalid (stored block|block type|code|distance|bit length|literal)", "Behind each payload belongs TAIL."),
    ("incorrect header|header check", "The stream is raw: wbits=-15."),
    ("incomplete or truncated", "zlib.decompress wants a whole stream. zlib.decompressobj(wbits=-15) does not."),
    ("PayloadTooBig.__init__|__init__\\(\\) missing", "PayloadTooBig(size, self.max_size): both are numbers of bytes."),
    ("concat", "Only bytes can be added to bytes: payload + TAIL."),
    ("'NoneType'", "Was this made before the first message? Look at __init__."),
    ("object has no attribute", "What __init__ puts into self is there for the other methods. Is it spelt alike?"),
    ("inconsistent stream|Inconsistent flush|stream error", "A compressor that has ended takes no more: Z_SYNC_FLUSH."),
)
TOO_BIG = Text("PayloadTooBig raised")


class _Called:
    """A method as a function that returns TOO_BIG instead of raising PayloadTooBig."""

    def __init__(self, method):
        self.method = method
        for name in ("__name__", "__doc__", "__code__"):
            setattr(self, name, getattr(method, name, None))

    def __call__(self, *args):
        try:
            return self.method(*args)
        except PayloadTooBig:
            return TOO_BIG


def called(method, *args):
    """Return what the student's method gives, TOO_BIG for PayloadTooBig."""
    return attempt_with(CRASHES, _Called(method), *args)


def made(answer, names, *args):
    """Return an object of the class `answer`, which must have the methods `names`."""
    if not isinstance(answer, type):
        raise Wrong("something other than a class.", "Give the check the class itself, without ().")
    for name in names:
        if not callable(getattr(answer, name, None)):
            raise Wrong(f"a class without {name}.", f"Write `def {name}(self, ...)` in the class.")
    return attempt_with(CRASHES, answer, *args)


@task(
    "15.3",
    "write both ends",
    hints=(
        "Two objects of zlib do the work, one for each direction. The question is when to make new ones.",
        "With takeover, make both once, in __init__. Without, a new one for each message. The rest is compress and "
        "inflate of the lesson, with PayloadTooBig instead of None.",
        "compress: if not self.takeover: self.deflater = zlib.compressobj(wbits=-15); then compress, flush with "
        "zlib.Z_SYNC_FLUSH, and [:-4]. inflate: if not self.takeover: self.inflater = zlib.decompressobj(wbits=-15); "
        "message = self.inflater.decompress(payload + TAIL, self.max_size + 1); if it is longer than self.max_size, "
        "raise PayloadTooBig(len(message), self.max_size); return message.",
    ),
)
def write_both_ends(answer):
    both = ("compress", "inflate")
    for takeover in (False, True):
        judge_compress(made(answer, both, takeover, 1000), takeover)
    for takeover in (False, True):
        judge_inflate(made(answer, both, takeover, 1000), takeover)
    for limit in (5, 0, 1, 1000, 70_000):
        judge_limit(answer, both, limit)
    for takeover in (False, True):
        judge_with_websockets(made(answer, both, takeover, 1000), takeover)


def judge_compress(end, takeover):
    """Raise Wrong unless compress() gives what a receiver understands, and uses the context as agreed."""
    inflater = zlib.decompressobj(-15)
    for number, message in enumerate((b"Hello", b"Hello", b"", NOISE, NOISE)):
        call = f"Deflate({takeover}, 1000), {call_text(_Called(end.compress), message)}, message {number + 1}"
        got = called(end.compress, message)
        must_be(bytes | bytearray, got, call)
        got = bytes(got)
        if got.endswith(TAIL):
            raise Wrong(
                "the four bytes left on.", "They do not travel: cut them off.", call=call, got=readable(got[-12:])
            )
        if not takeover:
            inflater = zlib.decompressobj(-15)
        try:
            message_back = inflater.decompress(got + TAIL)
        except zlib.error as error:
            if "too far back" in str(error):
                idea = "Without takeover, no message may refer to an earlier one: each needs a new compressor."
                raise Wrong("context taken over where it was ruled out.", idea, call=call) from None
            message_back = None
        if message_back != message:
            idea = "Raw DEFLATE, flushed with zlib.Z_SYNC_FLUSH, without the last four bytes."
            card = {"expected": readable(message), "got": readable(message_back)} if message_back is not None else {}
            raise Wrong("a payload that does not inflate to the message.", idea, call=call, **card)
    if takeover and len(got) > len(NOISE) / 2:
        idea = f"The same {len(NOISE)} bytes came a second time, and took {len(got)} again. Keep the compressor."
        raise Wrong("a message that refers to no earlier one.", idea, call=call)


def judge_inflate(end, takeover):
    """Raise Wrong unless inflate() gives the messages of a right sender."""
    sender = Sender(takeover)
    for number, message in enumerate((b"Hello", b"Hello", b"", NOISE, NOISE, bytes(1000))):
        payload = sender.pack(message)
        call = f"Deflate({takeover}, 1000), {call_text(_Called(end.inflate), payload)}, message {number + 1}"
        got = told(end.inflate, payload, call)
        if got == message:
            continue
        if got is TOO_BIG:
            idea = f"It has {len(message)} bytes, and 1000 are allowed."
            raise Wrong("a message that is refused.", idea, call=call, expected=readable(message), got=got)
        idea = "Inflate payload + TAIL, and return what comes out."
        raise Wrong("another message.", idea, call=call, expected=readable(message), got=readable(got))


def told(method, payload, call, too_big=False):
    """Return what inflate() gives, as bytes, or TOO_BIG. too_big: bool, the message is above the limit."""
    try:
        got = called(method, payload)
    except Stopped as stopped:
        stopped.details["call"] = call
        raise
    if got is None and too_big:
        idea = "Here a message above the limit raises PayloadTooBig(size, self.max_size)."
        raise Wrong("the lesson's inflate, which returns None.", idea, call=call, expected=TOO_BIG)
    if got is not TOO_BIG:
        must_be(bytes | bytearray, got, call)
    return got


def judge_limit(answer, both, limit):
    """Raise Wrong unless a message of `limit` bytes passes, one more is too big, and a bomb fills no memory."""
    for size, wanted in ((limit, bytes(limit)), (limit + 1, TOO_BIG)):
        end = made(answer, both, True, limit)
        payload = Sender(True).pack(bytes(size))
        call = f"Deflate(True, {limit}).inflate(...), a message of {size} bytes"
        got = told(end.inflate, payload, call, wanted is TOO_BIG)
        if got == wanted:
            continue
        if wanted is not TOO_BIG and got is TOO_BIG and len(payload) > limit:
            raise Wrong("a limit for what was on the wire.", "Count what comes out of the inflater.", call=call)
        if wanted is not TOO_BIG and got is TOO_BIG:
            raise Wrong("a limit that is one too low.", f"{limit} bytes are allowed, and one more is not.", call=call)
        if wanted is TOO_BIG and len(got) <= limit:
            raise Wrong("a message cut off.", "What is above the limit is refused: raise PayloadTooBig.", call=call)
        raise Wrong(
            "a message above the limit.", f"max_size is {limit}: raise PayloadTooBig.", call=call, expected=TOO_BIG
        )
    bomb = Sender(True).pack(bytes(1 << 23))
    end = made(answer, both, True, limit)
    call = f"Deflate(True, {limit}).inflate(...), a bomb of {len(bomb):,} bytes"
    used = compression.peak(told, end.inflate, bomb, call, True)
    if used > 1 << 20:
        idea = f"Your answer filled {used >> 20} MiB of memory before it refused. Ask for max_size + 1 bytes at most."
        raise Wrong("an end that looks when all is inflated.", idea, call=call)


def judge_with_websockets(end, takeover):
    """Raise Wrong unless `websockets` understands what compress() gives, and inflate() what `websockets` sends."""
    theirs = PerMessageDeflate(not takeover, not takeover, 15, 15)
    dice = random.Random(15)
    for _ in range(30):
        message = b"".join(dice.choice((b"Hello", b"sensor", NOISE[:50], bytes(20))) for _ in range(dice.randrange(8)))
        payload = called(end.compress, message)
        call = "compress(...), read by the library `websockets`"
        try:
            back = theirs.decode(TheirFrame(Opcode.BINARY, payload, rsv1=True)).data
        except Exception as error:
            raise Wrong("a payload that a real library refuses.", f"It says: {error}.", call=call) from None
        if bytes(back) != message:
            raise Wrong("a payload that a real library misreads.", "", call=call, expected=message, got=bytes(back))
        payload = bytes(theirs.encode(TheirFrame(Opcode.BINARY, message)).data)
        if told(end.inflate, payload, "inflate(...), of what the library `websockets` sends") != message:
            raise Wrong("a message of a real library that is misread.", "Inflate payload + TAIL.")


# ---------------------------------------------------------------- 15.4


@task(
    "15.4",
    "find the bug",
    hints=(
        "Which message is the first to fail, and what does zlib say? Which servers does it fail with, and which not?",
        "Too far back: the message refers to an earlier one. Which object remembers the earlier ones, and what happens "
        "to it at the end of a message?",
        "Make a new inflater only if there is no takeover: put the line `self.inflater = ...` under "
        "`if not self.takeover:`.",
    ),
)
def find_the_bug(answer):
    for takeover in (False, True):
        for count in (1, 3):
            judge_add(answer, takeover, count)
    judge_add_limit(answer)


def parts(payload, count):
    """Return the payload cut into `count` parts."""
    cuts = [len(payload) * number // count for number in range(count + 1)]
    return [payload[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]


def judge_add(answer, takeover, count):
    """Raise Wrong unless add() gives the messages of a sender, each cut into `count` fragments."""
    receiver, sender = made(answer, ("add",), takeover, 1000), Sender(takeover)
    for number, message in enumerate((b"Hello", b"Hello", NOISE, b"", NOISE), 1):
        pieces = parts(sender.pack(message), count)
        for at, piece in enumerate(pieces, 1):
            call = f"Receiver({takeover}, 1000), message {number}, fragment {at} of {count}"
            try:
                got = called(receiver.add, piece, at == count)
            except Stopped as stopped:
                stopped.details["call"] = call
                if count > 1 and "invalid" in stopped.details["error"] and "too far" not in stopped.details["error"]:
                    stopped.details["idea"] = "The fragments of a message are one stream. TAIL belongs behind the last."
                raise
            wanted = message if at == count else None
            if got != wanted or (got is None) != (wanted is None):
                raise Wrong(*add_misconception(got, wanted, count), call=call, expected=wanted, got=readable(got))


def add_misconception(got, wanted, count):
    """Return (looks, idea) for a wrong result of add()."""
    if got is TOO_BIG:
        return "a message that is refused.", "It is below the limit. Is self.message empty when a message begins?"
    if wanted is None:
        return "a message before its end.", "Return None until fin is True."
    if got is None:
        return "a message that is never handed back.", "When fin is True, return it."
    if isinstance(got, bytes | bytearray) and got.endswith(wanted) and len(got) > len(wanted):
        return "a message that begins with the one before.", "Empty self.message when a message ends."
    return "another message.", "Join what all the fragments inflate to. Only the last one gets TAIL."


def judge_add_limit(answer):
    """Raise Wrong unless the limit is for the whole message, and counts while it comes in."""
    for size, wanted in ((1000, bytes(1000)), (1001, TOO_BIG)):
        receiver = made(answer, ("add",), True, 1000)
        call = f"Receiver(True, 1000), a message of {size} bytes in 2 fragments"
        pieces = parts(Sender(True).pack(bytes(size)), 2)
        for at, piece in enumerate(pieces):
            got = called(receiver.add, piece, at == 1)
            if got is TOO_BIG:
                break
        if got != wanted:
            raise Wrong(
                "another limit than max_size.", "It is for the whole message.", call=call, expected=shown(wanted)
            )
    noisy = Sender(True).pack(NOISE * 4)
    receiver = made(answer, ("add",), True, 1000)
    if TOO_BIG not in [called(receiver.add, piece, False) for piece in parts(noisy, 6)]:
        idea = "1200 bytes have come out, in several fragments, and the limit is 1000. Look at it after each."
        raise Wrong("a limit that is looked at too late.", idea, call="Receiver(True, 1000), fragments of one message")


def shown(value):
    return value if value is TOO_BIG else Text(f"{len(value)} bytes")


# ---------------------------------------------------------------- 15.5

NO_VALUE = ("server_no_context_takeover", "client_no_context_takeover")
OFFERS = (
    {"client_max_window_bits": None},
    {},
    {"client_max_window_bits": "10"},
    {"client_max_window_bits": "15"},
    {"client_max_window_bits": "8"},
    {"server_max_window_bits": "10"},
    {"server_max_window_bits": "15"},
    {"server_max_window_bits": "9", "client_max_window_bits": None},
    {"server_no_context_takeover": None},
    {"client_no_context_takeover": None},
    {"server_no_context_takeover": None, "client_no_context_takeover": None, "client_max_window_bits": "12"},
    {"server_max_window_bits": "16"},
    {"server_max_window_bits": "7"},
    {"server_max_window_bits": None},
    {"server_max_window_bits": "010"},
    {"client_max_window_bits": "twelve"},
    {"server_no_context_takeover": "1"},
    {"client_no_context_takeover": "true"},
    {"level": "9"},
)


def right_answer(offer):
    """Return what the server of `websockets` answers with its own settings: a dict, or None to decline."""
    factory = ServerPerMessageDeflateFactory(server_max_window_bits=12, client_max_window_bits=12)
    try:
        return dict(factory.process_request_params(list(offer.items()), [])[0])
    except NegotiationError:
        return None


ANSWER_CRASHES = (
    ("KeyError", "Not every offer has every parameter: offer.get(name), or `name in offer`."),
    ("invalid literal|int\\(\\) argument", "A value may be anything, or None. Decline before you make a number of it."),
    ("not supported between", "The values are str, or None: make a number of one before you compare."),
)


@task(
    "15.5",
    "answer an offer (optional)",
    hints=(
        "First decline: go through the parameters of the offer, and return None for a bad one. Then build the answer.",
        "A good number of bits is one of the str '8' to '15'. Only client_max_window_bits may have no value. In the "
        "answer, min(12, int(value)) is the number, or 12 where there is no value.",
        "bits = [str(n) for n in range(8, 16)]. For name, value in offer.items(): a ..._takeover has the value None, "
        "a ..._bits is in bits, or, for the client's, None; all else returns None. Then answer = {name: None} for "
        "each takeover in the offer; server_max_window_bits always, str(min(12, int(offer.get(name) or 12))); the "
        "client's in the same way, but only if it is in the offer.",
    ),
)
def answer_an_offer(answer):
    for offer in OFFERS:
        call = call_text(answer, dict(offer))
        got = attempt_with(ANSWER_CRASHES, answer, dict(offer))
        wanted = right_answer(offer)
        if got == wanted or (wanted is not None and got == {k: v for k, v in wanted.items() if k != NO_VALUE[1]}):
            continue  # client_no_context_takeover is a hint: the answer may leave it out (section 7.1.1.2)
        looks, idea = answer_misconception(got, wanted, offer)
        raise Wrong(looks, idea, call=call, expected=Text(repr(wanted)), got=Text(repr(got)))


def answer_misconception(got, wanted, offer):
    """Return (looks, idea) for the wrong answer `got` to an offer."""
    if got is None:
        return "a good offer declined.", "Each of its parameters is allowed, with the value it has."
    if not isinstance(got, dict):
        return "something other than a dict.", "Return a dict such as the offer, or None."
    if wanted is None:
        return "a bad offer accepted.", "Decline it: return None for a parameter or a value that is not allowed."
    if any(isinstance(value, int) for value in got.values()):
        return "a number where a str belongs.", "The values stand in a header: str(12)."
    if set(got) - set(wanted) == {"client_max_window_bits"}:
        idea = "The client did not offer that its own window be limited, so the answer must not ask (section 7.1.2.2)."
        return "a limit that the client does not know.", idea
    for name in sorted(wanted):
        if name not in got and name != NO_VALUE[1]:
            return f"{name} left out.", "What the client asks for is in the answer, and our own limit for the server."
        if name in got and got[name] != wanted[name]:
            if name in NO_VALUE:
                return f"{name} with a value.", "It has none: None."
            idea = "The smaller of 12 and what the client allows; 12 where it gives no number."
            if offer.get(name) in ("8", "9"):
                idea += " Compare numbers: as text, '12' is smaller than '8'."
            return f"another {name}.", idea
    return "a parameter too many.", "Answer only what the offer has, and server_max_window_bits."
