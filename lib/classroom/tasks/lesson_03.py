"""The tasks of lesson 03, Frames."""

import random

from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from pocketws.exceptions import ProtocolError
from pocketws.frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_CONT,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    apply_mask,
    check_header,
    encode_header,
)
from pocketws.frames import decode_header as split

from ..checks import NotStarted, Stopped, Wrong, attempt, call_text, task
from ..judging import Text, attempt_with, letters_in_order, must_be, not_a_number, readable, with_article

KEY = bytes.fromhex("37 fa 21 3d")  # the masking key of the RFC's example, section 5.7

# (opcode, length, fin): every opcode, and both sides of every border between two forms of the length.
# 256 and 40000 come first: at 126 and 65535 a border that is off by one looks like slips that these two tell apart.
EDGES = [(OP_TEXT, 5, True), (OP_BINARY, 0, True), (OP_PING, 4, True), (OP_CLOSE, 2, True), (OP_PONG, 0, True)]
EDGES += [(OP_CONT, 3, False), (OP_TEXT, 1, False)]
EDGES += [(OP_BINARY, length, True) for length in (256, 40000, 125, 126, 65535, 65536, 2**32 + 5)]


def random_headers(count=50):
    """Yield `count` random (opcode, length, fin) that RFC 6455 allows."""
    for _ in range(count):
        opcode = random.choice((OP_CONT, OP_TEXT, OP_BINARY))
        yield opcode, random.randrange(2 ** random.randrange(1, 40)), random.random() < 0.5


# ---------------------------------------------------------------- in the lesson


@task(
    "03.a",
    "fill in the blanks",
    hints=(
        "Ask of each blank: what does this byte hold? The first is as in the worked example above.",
        "The second byte holds 126, not the length. Where did the length go?",
        "The blanks, in order: opcode, 126, 2. The two bytes after them are length.to_bytes(2, 'big').",
    ),
)
def medium_header(answer):
    for opcode, length in ((OP_BINARY, 300), (OP_TEXT, 126), (OP_BINARY, 65535)):
        judge_encoder(answer, opcode, length)


@task(
    "03.b",
    "the header of a large frame",
    hints=(
        "It is the medium header again with another marker and a longer number.",
        "The marker is 127. After it the length takes 8 bytes.",
        "return bytes([0x80 | opcode, 127]) + length.to_bytes(8, 'big')",
    ),
)
def large_header(answer):
    for opcode, length in ((OP_BINARY, 65536), (OP_TEXT, 10**6), (OP_BINARY, 2**40)):
        judge_encoder(answer, opcode, length)


# ---------------------------------------------------------------- in the exercise


FOUR_VALUES = "Give FIN, the opcode, the length and the header's size, in this order: (fin, opcode, length, size)."

# {field: ({wrong value: what it looks like}, idea)}
MISREAD = {
    "FIN": (
        {0: "FIN read as 0.", 8: "the first hex digit taken for FIN.", 0x80: "FIN left in its place, as 0x80."},
        "FIN is the very first bit, 0 or 1: 0x82 is 1000 0010.",
    ),
    "opcode": (
        {
            0x82: "the whole first byte taken for the opcode.",
            8: "the first half of the first byte taken for the opcode.",
            0: "the opcode read from the wrong bits.",
        },
        "The opcode is the last four bits of the first byte: 0x82 is 1000 0010.",
    ),
    "length": (
        {
            126: "the marker 126 taken for the length.",
            254: "the marker taken for the length, with MASK.",
            1: "the two length bytes read backwards.",
            100: "hex digits read as a decimal number.",
            0x7E01: "the marker read as part of the length.",
            0x7E0100: "the marker read as part of the length.",
            260: "the header counted in the length.",
        },
        "0x7e is 126, a marker: the length is in the next two bytes, 01 00, the byte worth most first.",
    ),
    "header size": (
        {
            2: "the extra length bytes left out.",
            3: "one length byte where there are two.",
            6: "a masking key counted in.",
            8: "a masking key counted in.",
            10: "eight length bytes where there are two.",
            256: "the size of the payload.",
            260: "the payload counted in.",
        },
        "The header is everything before the payload: two bytes, the extra length bytes, and a key if MASK is set.",
    ),
}


@task(
    "03.1",
    "read a header",
    hints=(
        "The first byte holds FIN and the opcode, the second MASK and the 7-bit length.",
        "0x82 is 1000 0010 in bits. 0x7e is 126: a marker, not a length.",
        "FIN is 1 and the opcode is 2. The length is in the next two bytes, the byte worth most first: 0x0100. "
        "Two bytes and two more make the header.",
    ),
)
def read_a_header(answer):
    if not isinstance(answer, tuple | list):
        raise Wrong(f"{with_article(type(answer))} instead of four values.", FOUR_VALUES, got=readable(answer))
    if len(answer) != 4:
        raise Wrong(f"{len(answer)} values instead of four.", FOUR_VALUES, got=answer)
    if ... in answer:
        raise NotStarted("There is still a ... among your four values.")
    if not_a_number(answer):
        raise Wrong(not_a_number(answer), "Each of the four is a number, True or False.", got=answer)
    right = (True, 2, 256, 4)
    if sorted(answer) == sorted(right) and tuple(answer) != right:
        raise Wrong("the right values in the wrong order.", FOUR_VALUES, got=answer)
    for name, given, wanted in zip(("FIN", "opcode", "length", "header size"), answer, right, strict=True):
        if given != wanted:
            slips, idea = MISREAD[name]
            raise Wrong(slips.get(given, f"the wrong {name}."), idea, got=answer)


PARSONS = {
    "A": "    first = first | 0x80",
    "B": "    first = opcode",
    "C": "    return bytes([first, length])",
    "D": "def small_header(opcode, length, fin):",
    "E": "    if fin:",
    "F": "    first = first & 0x80",
}


@task(
    "03.2",
    "put the lines in order",
    hints=(
        "Which line must come first in any function? Which last?",
        "One of the lines does not belong. To set a bit and keep the others, use | and not &.",
        "D B E, then the line that sets a bit, then C. The line under `if` is indented once more for you.",
    ),
)
def put_in_order(answer):
    letters = letters_in_order(answer, PARSONS)
    if letters[-1] in "DE":
        what = "a function" if letters == ["D"] else "an `if`"
        raise Wrong(f"{what} with nothing under it.", "What does the last line need after it?", got=answer)
    function = assemble(letters)
    for fin, opcode, length in ((True, OP_TEXT, 5), (False, OP_TEXT, 125), (True, OP_CLOSE, 0), (False, OP_CONT, 3)):
        call = f"small_header({opcode}, {length}, {fin})"
        wanted = bytes(((0x80 if fin else 0) | opcode, length))
        try:
            got = attempt(function, opcode, length, fin)
        except Stopped:
            raise Wrong(
                "a line that uses `first` before it has a value.",
                "Which line gives it one, whatever fin is?",
                call=call,
            ) from None
        if got is None:
            raise Wrong("a function that never reaches its return.", "Which line hands the result back?", call=call)
        if got != wanted:
            raise Wrong(*order_misconception(letters), call=call, expected=wanted, got=got)
    if len(letters) > 5:
        raise Wrong("one line too many.", "It works, but a line after the return never runs.", got=answer)


def order_misconception(letters):
    """Return (looks, idea) for lines that run, but with a wrong result."""
    if "F" in letters:
        return "FIN set with &.", "first & 0x80 keeps only the first bit and wipes the opcode."
    if "A" not in letters:
        return "FIN never set.", "Which line sets a bit and keeps the others?"
    if letters.index("C") < letters.index("A"):
        return "a return too early.", "No line after the return runs any more."
    if "E" not in letters:
        return "FIN set on every frame.", "It depends on fin."
    return "FIN set in the wrong case.", "Which line is under the if? Only that one depends on fin."


def assemble(letters):
    """Return the function made of the PARSONS lines; the line after the `if` is indented for the student."""
    lines, indent = [], ""
    for letter in letters:
        lines.append(indent + PARSONS[letter])
        indent = "    " if letter == "E" else ""
    scope = {}
    exec("\n".join(lines), scope)
    return scope["small_header"]


@task(
    "03.3",
    "write a header",
    hints=(
        "Build the first byte, then decide between three cases by the length, then put the bytes together.",
        "Up to 125 the length fits. Up to 65535 write 126 and two bytes; above, 127 and eight. "
        "length.to_bytes(2, 'big') gives two bytes.",
        "The second byte is (0x80 if mask_key else 0) | 126, for example. The key itself comes last.",
    ),
)
def write_a_header(answer):
    for opcode, length, fin in EDGES + list(random_headers()):
        for key in (b"", KEY):
            judge_encoder(answer, opcode, length, fin, key)
    for payload in random_payloads():
        header = attempt(answer, OP_BINARY, len(payload), True, KEY)
        read = read_by_websockets(bytes(header) + apply_mask(payload, KEY))
        if read != payload:
            idea = "The library `websockets` reads another payload from your frame than was put in."
            raise Wrong("a header that a real server misreads.", idea, expected=payload, got=read)


def random_payloads(count=5):
    """Return `count` payloads of up to 70,000 random bytes, so that all three forms of the length occur."""
    return [random.randbytes(random.choice((5, 125, 126, 3000, 70000))) for _ in range(count)]


def read_by_websockets(wire):
    """Return the payload of a client's frame as the `websockets` library reads it: bytes."""
    reader = StreamReader()
    reader.feed_data(wire)
    reader.feed_eof()
    parser = Frame.parse(reader.read_exact, mask=True)
    try:
        next(parser)
    except StopIteration as done:
        return bytes(done.value.data)


def written_by_websockets(payload):
    """Return a client's frame as the `websockets` library writes it, masked: bytes."""
    return Frame(Opcode.BINARY, payload).serialize(mask=True)


ENCODER_CRASHES = (
    ("int too big|<= 65535", "The length needs more bytes here: up to 65535 it fits in two, from 65536 on in eight."),
    (r"range\(0, 256\)|<= 255", "A byte holds 0 to 255. Which of your bytes should hold more than that?"),
    ("concat", "Only bytes can be added to bytes. bytes([5]) is one byte, the number 5."),
)
BORDERS = "125 still fits, 126 does not. 65535 fits two bytes, 65536 does not."
MARKERS = "After the marker 126 the length takes two bytes, after 127 eight."


def judge_encoder(answer, opcode, length, *fin_and_key):
    """Raise Wrong, with the likely misconception, unless the student's function writes this header."""
    wanted = encode_header(opcode, length, *fin_and_key[:1], mask_key=b"".join(fin_and_key[1:]))
    call = call_text(answer, opcode, length, *fin_and_key)
    got = attempt_with(ENCODER_CRASHES, answer, opcode, length, *fin_and_key)
    if isinstance(got, bytearray):
        got = bytes(got)  # the same bytes on the wire
    must_be(bytes, got, call, "bytes([...]) makes bytes out of numbers, and return hands them over.")
    if got != wanted:
        raise Wrong(*header_misconception(got, wanted, opcode, length), call=call, expected=wanted, got=got)


def header_misconception(got, wanted, opcode, length):
    """Return (looks, idea) for the wrong header `got`."""
    if not got:
        return "an empty header.", "Even an empty frame has two bytes before its payload."
    if any(wanted) and not any(got):
        return "nothing but zeros.", "bytes(5) makes five zero bytes. bytes([5]) makes one byte, the number 5."
    if got[0] != wanted[0]:
        return first_byte_misconception(got, wanted, opcode, length)
    if len(got) == 1:
        return "a header of one byte.", "The second byte holds MASK and the 7-bit length."
    if got[1] != wanted[1]:
        return second_byte_misconception(got, wanted, length)
    return tail_misconception(got, wanted, length)


def first_byte_misconception(got, wanted, opcode, length):
    """Return (looks, idea) for a header with a wrong first byte."""
    if got[0] & 0x7F == length and got[1:2] == bytes([opcode]):
        return "the opcode and the length swapped.", "The opcode belongs to the first byte, the length to the second."
    if got[0] ^ wanted[0] == 0x80:
        return "the wrong FIN bit.", f"FIN, the first bit of the first byte, 0x80, must be {wanted[0] >> 7} here."
    if got[0] & 0x70:
        return "a bit set among RSV1-3.", "FIN is the very first bit, 0x80. The opcode is in the last four."
    if got[0] & 0x0F == 0:
        return "an opcode left out.", "The first byte is FIN and the opcode together: | adds bits, & takes some away."
    return "the wrong opcode.", f"It was to be {opcode}, in the last four bits of the first byte."


def second_byte_misconception(got, wanted, length):
    """Return (looks, idea) for a header with a wrong second byte."""
    form, right_form = got[1] & 127, wanted[1] & 127
    extra = {126: 2, 127: 8}.get(form, 0)
    key_size = 4 if wanted[1] & 0x80 else 0
    if (got[1] ^ wanted[1]) & 0x80:
        why = "There is a key, so MASK is 1" if key_size else "There is no key, so MASK is 0"
        return "the wrong MASK bit.", f"{why}: it is the first bit of the second byte, 0x80."
    if extra and len(got) == 2 + extra + key_size:  # a form of its own, only not for this length
        one_off = length in (125, 126, 65535, 65536)
        return "a border that is off by one." if one_off else "a border in the wrong place.", BORDERS
    if right_form < 126:
        if key_size and form == length + key_size:
            return "the key counted in the length.", "The length is that of the payload alone."
        return "the wrong 7-bit length.", "Up to 125 the length itself goes there."
    if form == length & 127:
        return "a length squeezed into seven bits.", f"{length} needs a marker, 126 or 127, and then its own bytes."
    return "the wrong marker.", MARKERS


def tail_misconception(got, wanted, length):
    """Return (looks, idea) for a header that is wrong only after its first two bytes."""
    form = wanted[1] & 127
    extra = {126: 2, 127: 8}.get(form, 0)
    number, key, tail = wanted[2 : 2 + extra], wanted[2 + extra :], got[2:]
    size = len(tail) - len(key)  # how many bytes the length seems to take
    if extra and tail in (b"", key):
        if length == form:
            return "a border that is off by one.", f"{length} is taken as a marker. {BORDERS}"
        return "a length left out.", MARKERS
    if tail == number:
        return "a masking key left out.", "With MASK set, the header ends with the 4 bytes of the key."
    if extra and tail[:extra] == number[::-1]:
        return "the length bytes in reverse.", "Network order puts the byte worth most first: to_bytes(..., 'big')."
    if extra and tail == key + number:
        return "the key before the length.", "After the two bytes: the length's own bytes, then the key."
    if extra and 0 < size != extra and int.from_bytes(tail[:size], "big") == length:
        return f"a length written in {size} byte{'s' * (size > 1)}.", MARKERS
    if got.startswith(wanted):
        what = "the payload" if len(got) - len(wanted) == length else "more bytes"
        return f"{what} after the header.", "Only the header is asked for."
    if extra and size == extra and tail[extra:] == key:
        return "the wrong number after the marker.", f"The bytes after it hold the whole length, here {length}."
    return "the right start with the wrong end.", "After the two bytes: the length's own bytes, if any, then the key."


@task(
    "03.4",
    "read any header",
    hints=(
        "Read the two first bytes, then find out how long the header is, then see whether you have all of it.",
        "data[1] & 0x7f is the 7-bit length; 126 and 127 are markers. int.from_bytes(data[2:4], 'big') reads two.",
        "Compute size = 2 + (0, 2 or 8) + (4 if masked else 0). If len(data) < size: return None.",
    ),
)
def read_any_header(answer):
    for opcode, length, fin in EDGES + list(random_headers()):
        for key in (b"", KEY):
            header = encode_header(opcode, length, fin, mask_key=key)
            judge_decoder(answer, header, (fin, opcode, bool(key), length, len(header)))
            for cut in range(len(header)):
                too_early(answer, header[:cut])
    judge_decoder(answer, bytes.fromhex("c1 05"), (True, OP_TEXT, False, 5, 2))  # RSV1 is set: not in the opcode
    for payload in random_payloads():
        wire = written_by_websockets(payload)
        size = len(wire) - len(payload)
        judge_decoder(answer, wire[:size], (True, OP_BINARY, True, len(payload), size))


CUT_SHORT = (
    (
        "^(IndexError|error|ValueError|ProtocolError|EOFError|AssertionError|Exception):?",
        "This is only the beginning of a header, and that is no error: return None before you read on.",
    ),
    ("stopped after", "No bytes arrive while your function waits. Return None, and the caller will come back."),
)


def judge_decoder(answer, header, wanted):
    """Raise Wrong, with the likely misconception, unless the student's function reads this header."""
    for data in (header, header + b"Hello"):
        call = call_text(answer, data)
        got = attempt(answer, data)
        if got is None and data is not header:
            idea = "`data` begins with a header, and perhaps more follows. You need not look at the rest."
            raise Wrong("None because more bytes follow.", idea, call=call, expected=wanted, got=got)
        if got is None and attempt(answer, header + bytes(300)) is not None:
            idea = f"The header is all here, in {len(header)} bytes. None is for a header that is cut short."
            idea += f" {MARKERS}" if header[1] & 127 > 125 else ""
            raise Wrong("a wait for more than the header.", idea, call=call, expected=wanted, got=got)
        must_be(tuple, got, call, "Here the header is whole, and None means that it is not." if got is None else "")
        if got != wanted:
            raise Wrong(*field_misconception(got, wanted, data), call=call, expected=wanted, got=got)


# (field, idea), in the order of the tuple
FIELDS = (
    ("FIN", "FIN is the first bit of the first byte: True or False, 1 or 0."),
    ("opcode", "Keep only the last four bits of the first byte: & 0x0f."),
    ("MASK", "MASK is the first bit of the second byte: True or False, 1 or 0."),
    ("length", "It is & 0x7f of the second byte. If that is 126 or 127, it is the next 2 or 8 bytes instead: 'big'."),
    ("size", "Count the two bytes, then 0, 2 or 8 for the length, then 4 if there is a key."),
)


def field_misconception(got, wanted, data):
    """Return (looks, idea) for the wrong tuple `got`, by the first field that is wrong."""
    order = "The five, in this order: (fin, opcode, masked, length, size)."
    if len(got) != 5:
        return f"{len(got)} values instead of five.", order
    if not_a_number(got):
        return not_a_number(got), f"{order} Each is a number, True or False."
    if sorted(got) == sorted(wanted):
        return "the right values in the wrong order.", order
    at = next(at for at in range(5) if got[at] != wanted[at])
    name, idea = FIELDS[at]
    for field, value, looks in misreadings(wanted, data):
        if (field, value) == (name, got[at]):
            return looks, idea
    return f"the wrong {name}.", idea


def misreadings(wanted, data):
    """Yield (field, wrong value, what it looks like) for the header in `data`, the likely ones first."""
    first, second = data[0], data[1]
    extra = {126: 2, 127: 8}.get(second & 127, 0)
    yield "FIN", first & 0x80, "FIN left in its place, as 0x80."
    yield "FIN", first >> 4, "the first half of the first byte taken for FIN."
    yield "opcode", first, "FIN left inside the opcode."
    yield "opcode", first & 0x7F, "RSV1-3 left inside the opcode."
    yield "opcode", first >> 4, "the first half of the first byte taken for the opcode."
    yield "opcode", first & 0x07, "only three bits of the opcode."
    yield "MASK", second & 0x80, "MASK left in its place, as 0x80."
    if extra:
        yield "length", second, "the marker taken for the length."
        yield "length", second & 127, "the marker taken for the length."
        yield "length", int.from_bytes(data[2 : 2 + extra], "little"), "the length bytes read backwards."
        for size in (2, 4):
            yield "length", number(data, 2, size), "not all of the length bytes read."
        for start in (1, 3, 4, 6):
            yield "length", number(data, start, extra), "the length read from the wrong place."
    else:
        yield "length", second, "MASK left inside the length."
    yield "size", wanted[4] - (4 if second & 0x80 else 0), "the masking key left out of the size."
    yield "size", wanted[4] - extra, "the length bytes left out of the size."
    yield "size", wanted[4] + wanted[3], "the payload counted in the size."
    yield "size", len(data), "all of `data` counted in the size."


def number(data, at, size):
    """Return the number in the `size` bytes at data[at]."""
    return int.from_bytes(data[at : at + size], "big")


def too_early(answer, data):
    """Raise Wrong unless the student's function returns None for the beginning of a header."""
    call = call_text(answer, data)
    got = attempt_with(CUT_SHORT, answer, data)
    if got is None:
        return
    looks = "an answer given too early."
    if not isinstance(got, tuple):
        looks = "something other than None for a header that is cut short."
    elif not got or None in got:
        looks = "a tuple where None alone belongs."
    idea = "The header is not all here yet. Return None, and the caller will come back with more bytes."
    raise Wrong(looks, idea, call=call, expected=None, got=got)


@task(
    "03.5",
    "find the bug",
    hints=(
        "Run it on a stream of two frames, and print `start` each time around.",
        "After the first frame, `start` points into the middle of it. What was left out?",
        "A frame is its header and its payload: the next one starts at start + size + length.",
    ),
)
def find_the_bug(answer):
    for payloads in (
        [b"Hello"],
        [b"A", b"BC"],
        [b"A", b"", b"B"],
        [b"one", b"two", b"three"],
        [b"", b"x" * 200, b"", b"y"],
        [b"z" * 126] * 3,
        [b"Hi", b""],
    ):
        frames = [encode_header(OP_BINARY, len(payload)) + payload for payload in payloads]
        stream = b"".join(frames)
        call = call_text(answer, stream)
        got = attempt_with(SPLITTER_CRASHES, answer, stream)
        must_be(list, got, call, "Collect the payloads in a list, and return it after the loop.")
        if got != payloads:
            looks, idea = split_misconception(got, payloads, frames)
            raise Wrong(looks, idea, call=call, expected=summary(payloads), got=summary(got))


SPLITTER_CRASHES = (
    ("NoneType|IndexError", "No whole header begins at `start`. Is it inside a frame, or past the last? Print it."),
    ("stopped after", "Does `start` move on in every round, and never back? Print it."),
)


def split_misconception(got, payloads, frames):
    """Return (looks, idea) for the wrong list `got`."""
    if not all(isinstance(payload, bytes | bytearray | memoryview) for payload in got):
        return "a list of something other than bytes.", "A slice of the stream is bytes already: leave it as it is."
    if got == [b"Hello", b"Hi"]:
        return "the frames of `two`, whatever was asked.", "Read the parameter, `stream`."
    if got == frames:
        return "whole frames instead of payloads.", "Leave out the header: the payload begins after it."
    if len(got) > len(payloads) and got[-len(payloads) :] == payloads:
        return "payloads left over from an earlier call.", "Make the list inside the function."
    if got == payloads[: len(got)]:
        return "frames lost at the end.", "Go on while bytes are left."
    if got == [payload for payload in payloads if payload]:
        return "empty payloads left out.", "A frame may be empty. Its payload is b'', and counts."
    if got == payloads[-1:]:
        return "only the last payload kept.", "Is the append inside the loop?"
    if sorted(map(bytes, got)) == sorted(payloads):
        return "the payloads in another order.", "Keep the order of the stream."
    same = 0
    while same < min(len(got), len(payloads)) and got[same] == payloads[same]:
        same += 1
    if any(len(payload) > 125 for payload in payloads[: same + 1]):
        return "a header of two bytes, always.", "A longer length makes a longer header: header.size has it."
    if same == 0:
        return "a payload cut in the wrong places.", "It begins after its header. How long is it?"
    return "a step to the wrong place.", "Where does the next frame start, and is its header read there?"


def summary(payloads, most=8):
    """Return a list of payloads as a short text."""
    parts = [_brief(payload) for payload in payloads[:most]] + ["…"] * (len(payloads) > most)
    return Text(f"[{', '.join(parts)}]")


def _brief(payload):
    text = repr(payload)
    return text if len(text) <= 40 else f"{payload[:4]!r}… {len(payload)} bytes"


@task(
    "03.6",
    "judge a header (optional)",
    hints=(
        "Four fields can break a rule. Test one after the other, and return the name of the first that does.",
        "RSV1-3 are the bits 0x70 of the first byte. Control frames have an opcode of 8 or more. "
        "library_decode(data), from task 5, gives you the length and the size.",
        "In this order: RSV1-3 not 0; opcode not in (0, 1, 2, 8, 9, 10); a control frame without FIN; "
        "a control frame longer than 125, or a length with a shorter form.",
    ),
)
def judge_a_header(answer):
    for data in judged_headers():
        wanted = verdict(data)
        got = attempt_with([NO_SUCH_BYTE, RAISED] if wanted else [NO_SUCH_BYTE], answer, data)
        if got == wanted:
            continue
        idea = RULES.get(wanted or str(got), "")
        if wanted is None and str(got) not in RULES:
            looks, idea = "something other than None for a good header.", "Return None if all is well."
        elif wanted is None:
            looks = f"a good header refused for its {got}."
        elif got is None:
            looks = f"a wrong {wanted} let through."
        elif str(got) not in RULES:
            looks, idea = "an answer that is none of the four names.", f"The names are {', '.join(map(repr, RULES))}."
        else:
            looks = f"the blame put on {got} instead of {wanted}."
        raise Wrong(looks, idea, call=call_text(answer, data), expected=wanted, got=got)


RULES = {
    "RSV1-3": "These three bits of the first byte, 0x70, stay 0. The others are FIN and the opcode.",
    "opcode": "0, 1, 2, 8, 9 and 10 have a meaning. The other values, up to 15, are reserved.",
    "FIN": "FIN may be 0: more pieces follow. Only a control frame, opcode 8 or more, is always whole.",
    "payload len": "A control frame holds at most 125 bytes. Others have any length, in the shortest form that fits: "
    "126 to 65535 in two bytes, 65536 and up in eight.",
}
NO_SUCH_BYTE = "^(IndexError|error):", "Is there such a byte? More length bytes come only after 126 or 127."
RAISED = "^(ValueError|ProtocolError|AssertionError|Exception)", "Do not raise: return the name of the field."


def judged_headers():
    """Return unmasked headers, good and bad, each with one fault at the most."""
    good = [encode_header(opcode, length, fin) for opcode, length, fin in EDGES] + [encode_header(OP_PING, 125)]
    reserved_bits = [bytes((0x80 | bits | OP_TEXT, 5)) for bits in (0x40, 0x20, 0x10)]
    reserved_opcodes = [bytes((0x80 | opcode, 5)) for opcode in (3, 7, 11, 15)]
    control = [bytes((OP_PING, 5)), bytes((OP_CLOSE, 2)), bytes((0x80 | OP_CLOSE, 126, 0, 126))]
    long_way = [bytes((0x82, 126, 0, 125)), bytes((0x82, 127)) + (65535).to_bytes(8, "big")]
    return good + reserved_bits + reserved_opcodes + control + long_way


def verdict(data):
    """Return the field at fault, by pocketws, or None."""
    try:
        check_header(split(data))
    except ProtocolError as error:
        return error.field
