"""The checks of lesson 15: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[x]" or "[!]",
and words of the card that name the misconception.
"""

import gzip
import io
import re
import zlib

import pytest

from classroom import checks
from classroom.tasks import lesson_15_exercise
from classroom.workspace import ROOT
from pocketws.deflate import PerMessageDeflate
from pocketws.exceptions import PayloadTooBig
from pocketws.protocol import CLIENT, Protocol
from tests.answers import right, spin, wrong

TAIL = b"\x00\x00\xff\xff"
SECONDS = 1  # for each call of an answer: the bombs take a moment

# ---------------------------------------------------------------- 15.a


def compressor(wbits=-15, flush=zlib.Z_SYNC_FLUSH, end=-4, start=None):
    """Return a right compress, or one with a slip."""

    def compress(message):
        deflater = zlib.compressobj(wbits=wbits)
        packed = deflater.compress(message) + deflater.flush(flush)
        return packed[start:end]

    return compress


def blank(message):
    deflater = zlib.compressobj(wbits=...)
    packed = deflater.compress(message) + deflater.flush(...)
    return packed[:...]


def text_flush(message):
    deflater = zlib.compressobj(wbits=-15)
    return (deflater.compress(message) + deflater.flush("sync"))[:-4]


def no_such_flush(message):
    return zlib.compressobj(wbits=-15).flush(zlib.Z_SYNC)


COMPRESSORS = [
    ("blanks left", blank, "[ ]", "replace each ..."),
    ("the tail left on", compressor(end=None), "[x]", "the four bytes left on"),
    ("cut by three", compressor(end=-3), "[x]", "too little cut off"),
    ("cut by five", compressor(end=-5), "[x]", "too much cut off"),
    ("the first four", compressor(end=4), "[x]", "too much cut off"),
    ("the last four", compressor(start=-4, end=None), "[x]", "the four bytes left on"),
    ("nothing", compressor(end=0), "[x]", "nothing left"),
    ("zlib header", compressor(wbits=15), "[x]", "zlib's own header, 78 9c"),
    ("zlib header, small window", compressor(wbits=9), "[x]", "zlib's own header, 18 95"),
    ("gzip", compressor(wbits=31), "[x]", "a gzip header, 1f 8b"),
    ("Z_FINISH", compressor(flush=zlib.Z_FINISH), "[x]", "a stream that has ended"),
    ("no flush", compressor(flush=zlib.Z_NO_FLUSH), "[x]", "nothing left"),
    ("plain", lambda message: message, "[x]", "a message that was not compressed"),
    ("str", lambda message: "f2", "[x]", "a str instead of bytes or a bytearray"),
    ("a str as flush", text_flush, "[!]", "Each of the blanks is a whole number"),
    ("2**15", compressor(wbits=-(2**15)), "[!]", "wbits is the number of bits"),
    ("no such constant", no_such_flush, "[!]", "The constant is called zlib.Z_SYNC_FLUSH"),
    ("endless", spin, "[!]", "stopped after"),
]


def compress_in_halves(message):
    deflater, half = zlib.compressobj(level=9, wbits=-12, memLevel=5), len(message) // 2
    out = deflater.compress(message[:half]) + deflater.compress(message[half:]) + deflater.flush(zlib.Z_FULL_FLUSH)
    return out.removesuffix(TAIL)


# ---------------------------------------------------------------- 15.b


def inflater_with(
    room=lambda limit: limit + 1, judge=lambda message, limit: len(message) <= limit, tail=TAIL, wbits=-15
):
    """Return a right inflate, or one with a slip."""

    def inflate(data, max_size):
        message = zlib.decompressobj(wbits=wbits).decompress(data + tail, room(max_size))
        return message if judge(message, max_size) else None

    return inflate


def empty_body(data, max_size):
    """Return the message, or None if it has more than max_size bytes. Inflate no more than you need to know."""
    ...  # your code here


def one_shot(data, max_size):
    message = zlib.decompress(data + TAIL, wbits=-15)
    return message if len(message) <= max_size else None


def by_the_wire(data, max_size):
    return zlib.decompressobj(wbits=-15).decompress(data + TAIL) if len(data) <= max_size else None


def no_answer(data, max_size):
    if len(zlib.decompressobj(wbits=-15).decompress(data + TAIL, max_size + 1)) > max_size:
        return None


def tail_as_text(data, max_size):
    return zlib.decompressobj(wbits=-15).decompress(data + "00 00 ff ff", max_size + 1)


INFLATERS = [
    ("the stub", empty_body, "[ ]", "write its body"),
    ("naive", inflater_with(room=lambda limit: 0), "[x]", "an answer that looks when all is inflated"),
    ("no limit at all", inflater_with(room=lambda limit: 0, judge=lambda *_: True), "[x]", "a message above the limit"),
    ("room is the limit", inflater_with(room=lambda limit: limit), "[x]", "a message cut off"),
    ("one too low", inflater_with(judge=lambda m, limit: len(m) < limit), "[x]", "a limit that is one too low"),
    ("one too high", inflater_with(lambda n: n + 2, lambda m, n: len(m) <= n + 1), "[x]", "a message above the limit"),
    ("cut off", inflater_with(judge=lambda *_: True), "[x]", "a message above the limit"),
    ("with a header", inflater_with(wbits=15), "[!]", "The stream is raw"),
    ("zlib.decompress", one_shot, "[!]", "zlib.decompress wants a whole stream"),
    ("the wire counted", by_the_wire, "[x]", "a limit for what was on the wire"),
    ("no return", no_answer, "[x]", "a message that is refused, or not returned"),
    ("a tail of text", tail_as_text, "[!]", "Only bytes can be added to bytes"),
    ("True", lambda data, max_size: True, "[x]", "something else than the message"),
    ("another message", lambda data, max_size: b"Hallo", "[x]", "another message"),
    ("two arguments left out", lambda data: data, "[!]", "Did its parameters change?"),
    ("endless", spin, "[!]", "stopped after"),
]


def inflate_in_steps(data, max_size):
    inflater, out, rest = zlib.decompressobj(wbits=-15), bytearray(), data + TAIL
    while rest and len(out) <= max_size:
        out += inflater.decompress(rest, min(1000, max_size + 1 - len(out)))
        rest = inflater.unconsumed_tail
    while len(out) <= max_size and (more := inflater.decompress(b"", 1000)):
        out += more
    return out if len(out) <= max_size else None


# ---------------------------------------------------------------- 15.1, 15.2

VERDICTS = [
    ("untouched", ..., "[ ]", "Replace the dots"),
    ("RSV1 a fault", "CBACCC", "[x]", "RSV1 taken for a fault"),
    ("all compressed", "AAACCC", "[x]", "compression where RSV1 is 0"),
    ("plain a fault", "ACACCC", "[x]", "a plain message taken for a fault"),
    ("fragments a fault", "ABCCCC", "[x]", "a compressed message that may not be cut"),
    ("RSV1 on each fragment", "ABAACC", "[x]", "RSV1 on a continuation let through"),
    ("a compressed ping", "ABACAC", "[x]", "a compressed ping"),
    ("no agreement", "ABACCA", "[x]", "an extension that nobody agreed on"),
    ("five", "ABACC", "[x]", "5 letters instead of six"),
    ("D", "ABACDD", "[x]", "not made of the letters A to C"),
    ("numbers", [1, 2, 3, 4, 5, 6], "[x]", "not made of the letters A to C"),
]

ORDERS = [
    ("untouched", ..., "[ ]", "Replace the dots"),
    ("on the wire", "BCFGEA", "[x]", "a limit for what was on the wire"),
    ("on the wire, first", "BCGEFA", "[x]", "a limit for what was on the wire"),
    ("no limit", "BCFA", "[x]", "a receiver without a limit"),
    ("limit first", "BCDEFA", "[x]", "a message that is used before it is there"),
    ("not inflated", "BCDEA", "[x]", "data that is never inflated"),
    ("not joined", "BFDEA", "[x]", "data that is used before it is there"),
    ("joined late", "BFCDEA", "[x]", "data that is used before it is there"),
    ("early return", "BCFADE", "[x]", "a return too early"),
    ("no return", "BCFDE", "[x]", "a message that is never handed back"),
    ("the return under the if", "BCFDAE", "[x]", "a raise that stands in the wrong place"),
    ("both ifs", "BCFGDEA", "[x]", "an `if` right under an `if`"),
    ("if last", "BCFEAD", "[x]", "an `if` with nothing under it"),
    ("only def", "B", "[x]", "a function with nothing under it"),
    ("no def", "CFDEA", "[x]", "code before the function begins"),
    ("twice", "BCFDEAA", "[x]", "a line used twice"),
    ("H", "BCFDEH", "[x]", "not made of the letters A to G"),
]


# ---------------------------------------------------------------- 15.3


class Deflate:
    """A right one, in methods that a wrong one replaces."""

    wbits = -15

    def __init__(self, takeover, max_size):
        self.takeover, self.max_size = takeover, max_size
        self.deflater = zlib.compressobj(wbits=self.wbits)
        self.inflater = zlib.decompressobj(wbits=self.wbits)

    def compress(self, message):
        if not self.takeover:
            self.deflater = zlib.compressobj(wbits=self.wbits)
        return self.cut(self.deflater.compress(message) + self.deflater.flush(zlib.Z_SYNC_FLUSH))

    def cut(self, packed):
        return packed[:-4]

    def inflate(self, payload):
        if not self.takeover:
            self.inflater = zlib.decompressobj(wbits=self.wbits)
        message = self.inflater.decompress(payload + TAIL, self.max_size + 1)
        return self.limited(message)

    def limited(self, message):
        if len(message) > self.max_size:
            raise PayloadTooBig(len(message), self.max_size)
        return message


def ends(**methods):
    return type("Deflate", (Deflate,), methods)


class Stub:
    def __init__(self, takeover, max_size):
        self.takeover, self.max_size = takeover, max_size

    def compress(self, message):
        """Return the payload for the next message that goes out, both bytes."""
        pass  # your code here

    def inflate(self, payload):
        """Return the message in the next payload that comes in. Or raise PayloadTooBig."""
        pass  # your code here


def keeps_compressor(self, message):
    return (self.deflater.compress(message) + self.deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def new_compressor(self, message):
    deflater = zlib.compressobj(wbits=-15)
    return (deflater.compress(message) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def full_flush(self, message):
    self.deflater = self.deflater if self.takeover else zlib.compressobj(wbits=-15)
    return (self.deflater.compress(message) + self.deflater.flush(zlib.Z_FULL_FLUSH))[:-4]


def finishes(self, message):
    return (self.deflater.compress(message) + self.deflater.flush())[:-4]


def finishes_anew(self, message):
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(message) + deflater.flush()


def new_inflater(self, payload):
    return self.limited(zlib.decompressobj(wbits=-15).decompress(payload + TAIL, self.max_size + 1))


def no_tail(self, payload):
    if not self.takeover:
        self.inflater = zlib.decompressobj(wbits=-15)
    return self.limited(self.inflater.decompress(payload, self.max_size + 1))


def looks_late(self, payload):
    if not self.takeover:
        self.inflater = zlib.decompressobj(wbits=-15)
    return self.limited(self.inflater.decompress(payload + TAIL))


def no_limit(self, message):
    return message


def cut_to_the_limit(self, message):
    return message[: self.max_size]


def limit_one_too_low(self, message):
    if len(message) >= self.max_size:
        raise PayloadTooBig(len(message), self.max_size)
    return message


def limit_without_size(self, message):
    if len(message) > self.max_size:
        raise PayloadTooBig(self.max_size)
    return message


def returns_error(self, message):
    return message if len(message) <= self.max_size else PayloadTooBig(len(message), self.max_size)


def returns_none(self, message):
    return message if len(message) <= self.max_size else None


def value_error(self, message):
    if len(message) > self.max_size:
        raise ValueError("too big")
    return message


def text(self, message):
    return message.decode("latin-1")


def limit_of_the_wire(self, payload):
    if len(payload) > self.max_size:
        raise PayloadTooBig(len(payload), self.max_size)
    return Deflate.inflate(self, payload)


ENDS = [
    ("untouched", Stub, "[ ]", "compress is still empty"),
    ("half of it", type("Half", (Stub,), {"compress": new_compressor}), "[x]", "refers to no earlier one"),
    ("only compress", type("Half", (Deflate,), {"inflate": Stub.inflate}), "[ ]", "inflate is still empty"),
    ("an object", Deflate(True, 5), "[x]", "something other than a class"),
    ("no inflate", type("Deflate", (), {"compress": keeps_compressor}), "[x]", "a class without inflate"),
    ("always takeover", ends(compress=keeps_compressor), "[x]", "context taken over where it was ruled out"),
    ("never takeover", ends(compress=new_compressor), "[x]", "a message that refers to no earlier one"),
    ("full flush", ends(compress=full_flush), "[x]", "a message that refers to no earlier one"),
    ("the tail left on", ends(cut=lambda self, packed: packed), "[x]", "the four bytes left on"),
    ("five cut off", ends(cut=lambda self, packed: packed[:-5]), "[x]", "a payload that does not inflate"),
    ("a header", ends(wbits=15), "[x]", "a payload that does not inflate"),
    ("finished", ends(compress=finishes), "[x]", "a payload that does not inflate"),
    ("finished, anew", ends(compress=finishes_anew), "[x]", "a payload that does not inflate"),
    ("hex", ends(cut=lambda self, packed: packed[:-4].hex()), "[x]", "a str instead of bytes"),
    ("inflater anew", ends(inflate=new_inflater), "[!]", "refers to an earlier message, which this inflater"),
    ("no tail", ends(inflate=no_tail), "[!]", "Behind each payload belongs TAIL"),
    ("looks late", ends(inflate=looks_late), "[x]", "an end that looks when all is inflated"),
    ("no limit", ends(limited=no_limit), "[x]", "a message above the limit"),
    ("cut to the limit", ends(limited=cut_to_the_limit), "[x]", "a message cut off"),
    ("one too low", ends(limited=limit_one_too_low), "[x]", "a message that is refused"),
    ("the error without its size", ends(limited=limit_without_size), "[!]", "PayloadTooBig(size, self.max_size)"),
    ("the error returned", ends(limited=returns_error), "[x]", "instead of bytes"),
    ("None, as in the lesson", ends(limited=returns_none), "[x]", "the lesson's inflate, which returns None"),
    ("another error", ends(limited=value_error), "[!]", "ValueError: too big"),
    ("text", ends(limited=text), "[x]", "a str instead of bytes"),
    ("the limit on the wire", ends(inflate=limit_of_the_wire), "[x]", "a limit for what was on the wire"),
    ("a misspelt name", ends(compress=lambda self, message: self.deflator), "[!]", "Is it spelt alike?"),
    ("nothing made", ends(__init__=Stub.__init__), "[!]", "is there for the other methods"),
    ("endless", ends(compress=spin), "[!]", "stopped after"),
]


class MadeWhenNeeded:
    """A right one in another style: a fresh pair for each message, or the same all the time."""

    def __init__(self, takeover, max_size):
        self.max_size = max_size
        pair = self.pair()
        self.new_pair = (lambda: pair) if takeover else self.pair

    def pair(self):
        return zlib.compressobj(9, zlib.DEFLATED, -12, 5), zlib.decompressobj(-15)

    def compress(self, message):
        out, packer = io.BytesIO(), self.new_pair()[0]
        out.write(packer.compress(message))
        out.write(packer.flush(zlib.Z_SYNC_FLUSH))
        return bytearray(out.getvalue()).removesuffix(TAIL)

    def inflate(self, payload):
        unpacker = self.new_pair()[1]
        found = bytearray(unpacker.decompress(bytes(payload), self.max_size + 1))
        while len(found) <= self.max_size and unpacker.unconsumed_tail:
            found += unpacker.decompress(unpacker.unconsumed_tail, self.max_size + 1 - len(found))
        if len(found) <= self.max_size:
            found += unpacker.decompress(TAIL, self.max_size + 1 - len(found))
        if len(found) > self.max_size:
            raise PayloadTooBig(len(found), self.max_size)
        return bytes(found)


class KeepsItsInflater(Deflate):
    """Right: an inflater that remembers does no harm where the other end forgets."""

    def inflate(self, payload):
        return self.limited(self.inflater.decompress(payload + TAIL, self.max_size + 1))


# ---------------------------------------------------------------- 15.4


class Receiver:
    """A right one, in methods that a wrong one replaces."""

    def __init__(self, takeover, max_size):
        self.takeover, self.max_size = takeover, max_size
        self.inflater = zlib.decompressobj(wbits=-15)
        self.message = b""

    def add(self, data, fin):
        self.message += self.inflater.decompress(self.tailed(data, fin), self.max_size + 1)
        self.limit(fin)
        return self.end() if fin else None

    def tailed(self, data, fin):
        return data + TAIL if fin else data

    def limit(self, fin):
        if len(self.message) > self.max_size:
            raise PayloadTooBig(len(self.message), self.max_size)

    def end(self):
        message, self.message = self.message, b""
        self.renew()
        return message

    def renew(self):
        if not self.takeover:
            self.inflater = zlib.decompressobj(wbits=-15)


def receiver(**methods):
    return type("Receiver", (Receiver,), methods)


class StubReceiver(Receiver):
    def add(self, data, fin):
        """Take the payload of the next frame. Return the message if fin ends it, or None."""
        pass  # your code here


def always_renews(self):
    self.inflater = zlib.decompressobj(wbits=-15)


def renews_the_wrong_way(self):
    if self.takeover:
        self.inflater = zlib.decompressobj(wbits=-15)


def keeps_the_message(self):
    self.renew()
    return self.message


def returns_nothing(self):
    Receiver.end(self)


def limit_at_the_end(self, fin):
    if fin:
        Receiver.limit(self, fin)


def always_hands_out(self, data, fin):
    Receiver.add(self, data, fin)
    return self.message


def renews_each_frame(self, data, fin):
    got = Receiver.add(self, data, fin)
    always_renews(self)
    return got


def ignores_errors(self, data, fin):
    try:
        return Receiver.add(self, data, fin)
    except zlib.error:
        return None


def limit_of_the_frame(self, data, fin):
    part = self.inflater.decompress(self.tailed(data, fin), self.max_size + 1)
    if len(part) > self.max_size:
        raise PayloadTooBig(len(part), self.max_size)
    self.message += part
    return self.end() if fin else None


RECEIVERS = [
    ("untouched", StubReceiver, "[ ]", "add is still empty"),
    ("as it was", receiver(renew=always_renews), "[!]", "refers to an earlier message, which this inflater"),
    ("the wrong way round", receiver(renew=renews_the_wrong_way), "[!]", "which this inflater has never seen"),
    ("anew for each frame", receiver(add=renews_each_frame), "[!]", "Error -3"),
    (
        "the tail on each frame",
        receiver(tailed=lambda self, data, fin: data + TAIL),
        "[!]",
        "TAIL belongs behind the last",
    ),
    ("no tail", receiver(tailed=lambda self, data, fin: data), "[!]", "Behind each payload belongs TAIL"),
    ("the message kept", receiver(end=keeps_the_message), "[x]", "a message that begins with the one before"),
    ("nothing returned", receiver(end=returns_nothing), "[x]", "a message that is never handed back"),
    ("too early", receiver(add=always_hands_out), "[x]", "another message"),
    ("errors swallowed", receiver(renew=always_renews, add=ignores_errors), "[x]", "never handed back"),
    ("no limit", receiver(limit=lambda self, fin: None), "[x]", "another limit than max_size"),
    ("a limit at the end", receiver(limit=limit_at_the_end), "[x]", "a limit that is looked at too late"),
    ("a limit for each frame", receiver(add=limit_of_the_frame), "[x]", "another limit than max_size"),
    ("an object", Receiver(True, 5), "[x]", "something other than a class"),
    ("no add", type("Receiver", (), {"__init__": Receiver.__init__}), "[x]", "a class without add"),
    ("endless", receiver(add=spin), "[!]", "stopped after"),
]


# ---------------------------------------------------------------- 15.5

BITS = [str(number) for number in range(8, 16)]
NO_VALUE = ("server_no_context_takeover", "client_no_context_takeover")


def answerer(**slips):
    """Return a right answer(), or one with slips."""

    def answer(offer):
        for name, value in offer.items():
            allowed = {"server_max_window_bits": BITS, "client_max_window_bits": [*BITS, None]}
            allowed |= dict.fromkeys(NO_VALUE, [None])
            if name not in allowed and not slips.get("any_name") or value not in allowed.get(name, [value]):
                if not slips.get("any_value"):
                    return None
        found = {name: slips.get("empty") for name in slips.get("echo", NO_VALUE) if name in offer}
        for name in ("server_max_window_bits", "client_max_window_bits"):
            if name in offer or name in slips.get("always", ("server_max_window_bits",)):
                found[name] = slips.get("kind", str)(slips.get("smaller", min)(12, int(offer.get(name) or 12)))
        return found

    return answer


def only_echo(offer):
    return dict(offer)


def crashes(offer):
    return {"server_max_window_bits": str(min(12, int(offer["server_max_window_bits"])))}


def compares_text(offer):
    found = answerer()(offer)
    assert min(12, offer.get("server_max_window_bits", 12)) or found
    return found


def smaller_text(offer):
    found = answerer()(offer)
    if found and offer.get("client_max_window_bits"):
        found["client_max_window_bits"] = min("12", offer["client_max_window_bits"])
    return found


def answer_stub(offer):
    """Return the parameters of the answer, or None to decline."""
    pass  # your code here


NAMES = ("server_max_window_bits", "client_max_window_bits")
ANSWERS = [
    ("untouched", answer_stub, "[ ]", "write its body"),
    ("an echo", only_echo, "[x]", "another client_max_window_bits"),
    ("KeyError", crashes, "[!]", "Not every offer has every parameter"),
    ("text compared", compares_text, "[!]", "make a number of one before you compare"),
    ("the smaller text", smaller_text, "[x]", "as text, '12' is smaller than '8'"),
    ("numbers", answerer(kind=int), "[x]", "a number where a str belongs"),
    ("the larger", answerer(smaller=max), "[x]", "another client_max_window_bits"),
    ("client's bits unasked", answerer(always=NAMES), "[x]", "a limit that the client does not know"),
    ("server's bits only if asked", answerer(always=()), "[x]", "server_max_window_bits left out"),
    ("takeover forgotten", answerer(echo=()), "[x]", "server_no_context_takeover left out"),
    ("takeover with a value", answerer(empty="true"), "[x]", "server_no_context_takeover with a value"),
    ("all declined", lambda offer: {} if offer is None else None, "[x]", "a good offer declined"),
    ("unknown accepted", answerer(any_name=True), "[x]", "a bad offer accepted"),
    ("bad value", answerer(any_value=True), "[x]", "a bad offer accepted"),
    ("a list", lambda offer: list(offer.items()), "[x]", "something other than a dict"),
    ("one too many", lambda offer: {**answerer()(offer), "level": "9"}, "[x]", "a parameter too many"),
]


def answer_with_pocketws(offer):
    found = PerMessageDeflate(server_max_window_bits=12, client_max_window_bits=12).accept(list(offer.items()))
    return None if found is None else dict(found[0])


WRONG = [
    *wrong("15.a", COMPRESSORS),
    *wrong("15.b", INFLATERS),
    *wrong("15.1", VERDICTS),
    *wrong("15.2", ORDERS),
    *wrong("15.3", ENDS),
    *wrong("15.4", RECEIVERS),
    *wrong("15.5", ANSWERS),
]

RIGHT = [
    *right("15.a", plain=compressor(), in_halves=compress_in_halves, small_window=compressor(wbits=-9)),
    *right("15.b", plain=inflater_with(), in_steps=inflate_in_steps, more_room=inflater_with(lambda limit: limit + 9)),
    *right("15.1", text="ABACCC", small="a, b, a, c, c, c", a_list=list("ABACCC")),
    *right("15.2", text="BCFDEA", commas="b, c, f, d, e, a"),
    *right("15.3", plain=Deflate, when_needed=MadeWhenNeeded, keeps=KeepsItsInflater),
    *right("15.4", plain=Receiver, never_renews=receiver(renew=lambda self: None)),
    *right("15.5", plain=answerer(), without_the_hint=answerer(echo=NO_VALUE[:1]), pocketws=answer_with_pocketws),
]


@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words
    assert not checks.passed(task)


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}"), card(task, answer)
    assert checks.passed(task)


def test_every_line_to_judge_gets_its_verdict_from_the_library():
    """The letters of 15.1 are what pocketws says of the same bytes, as the exercise shows them."""
    exercise = (ROOT / "exercises" / "15_compression.ipynb").read_text()
    rows = re.findall(r"\| [1-6] \| (.+?) \|", exercise)
    found = ""
    for number, row in enumerate(rows, 1):
        library = Protocol(CLIENT)
        library.opened(PerMessageDeflate().finalize([]) if number < 6 else None)
        data = bytes.fromhex("".join(re.findall(r"`(.+?)`", row)))
        events = library.receive_data(data)
        compressed = "A" if data[0] & 0x40 else "B"
        found += "C" if library.failure else compressed
        assert library.failure or [event.data for event in events] == ["Hello"]
    assert found == "".join(letter for letter, _, _ in lesson_15_exercise.LINES)


def test_a_gzip_file_begins_as_the_card_says():
    assert gzip.compress(b"Hello").startswith(b"\x1f\x8b") and zlib.compress(b"Hello").startswith(b"\x78\x9c")
