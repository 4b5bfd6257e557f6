"""The tasks of lesson 03, Frames."""

import random

from pocketws.exceptions import ProtocolError
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, check_header, encode_header
from pocketws.frames import decode_header as split

from ..checks import Wrong, attempt, call_text, task

OPCODES = (OP_CONT, OP_TEXT, OP_BINARY, OP_CLOSE, OP_PING, OP_PONG)
KEY = bytes.fromhex("37 fa 21 3d")  # the masking key of the RFC's example, section 5.7

# (opcode, length, fin): every opcode, and both sides of every border between two forms of the length
EDGES = [(OP_TEXT, 5, True), (OP_BINARY, 0, True), (OP_PING, 4, True), (OP_CLOSE, 2, True), (OP_CONT, 3, False)]
EDGES += [(OP_BINARY, length, True) for length in (125, 126, 127, 256, 65535, 65536, 2**32 + 5)]


def random_headers(count=50):
    """Yield `count` random (opcode, length, fin) that RFC 6455 allows."""
    for _ in range(count):
        opcode = random.choice((OP_CONT, OP_TEXT, OP_BINARY))
        yield opcode, random.randrange(2 ** random.randrange(1, 40)), random.random() < 0.5


def must_be(kind, got, call, also=""):
    """Raise Wrong unless `got` is of the type `kind`."""
    if got is None:
        raise Wrong("a function without a return.", f"It gave None. {also}", call=call)
    if not isinstance(got, kind):
        article = f"{type(got).__name__} instead of {kind.__name__}"
        raise Wrong(f"{article}.", f"The function returns {kind.__name__}. {also}", call=call, got=got)


# ---------------------------------------------------------------- in the lesson


@task(
    "03.a",
    "fill in the blanks",
    hints=(
        "Ask of each blank: which bits does this byte hold? The worked example above has the same two bytes.",
        "The second byte holds 126, not the length. Where did the length go?",
        "The blanks, in order: opcode, 126, 2. The two bytes after them are length.to_bytes(2, 'big').",
    ),
)
def medium_header(answer):
    for length in (126, 300, 65535):
        got = attempt(answer, OP_BINARY, length)
        compare_header(got, encode_header(OP_BINARY, length), OP_BINARY, length, call_text(answer, OP_BINARY, length))


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
    for length in (65536, 10**6, 2**40):
        got = attempt(answer, OP_BINARY, length)
        compare_header(got, encode_header(OP_BINARY, length), OP_BINARY, length, call_text(answer, OP_BINARY, length))


# ---------------------------------------------------------------- in the exercise


@task(
    "03.1",
    "read a header",
    hints=(
        "The first byte holds FIN and the opcode, the second MASK and the 7-bit length.",
        "0x82 is 1000 0010 in bits. 0x7e is 126: a marker, not a length.",
        "FIN is 1 and the opcode is 2. The length is in the next two bytes, the larger part first: 0x0100. "
        "Two bytes and two more make the header.",
    ),
)
def read_a_header(answer):
    right = (True, 2, 256, 4)
    if not isinstance(answer, tuple) or len(answer) != 4:
        raise Wrong("something else than four values.", "Give a tuple: (fin, opcode, length, header_size).", got=answer)
    fin, opcode, length, size = answer
    for found, looks, idea in (
        (length == 126, "126 taken for the length.", "126 is a marker: the length is in the next two bytes."),
        (length == 1, "the two length bytes read backwards.", "The larger part comes first: 01 00 is 1 times 256."),
        (opcode == 0x82, "the whole first byte taken for the opcode.", "The opcode is only its last four bits."),
        (opcode == 8, "the halves of the first byte swapped.", "FIN and RSV1-3 are in the 8, the opcode is the 2."),
        (fin not in (True, 1), "FIN read as 0.", "FIN is the very first bit: 0x82 is 1000 0010."),
        (size == 2, "the extra length bytes left out.", "The header is everything before the payload."),
        (size == 8, "a masking key counted in.", "Look at the first bit of the second byte: is MASK set?"),
        (size == 260, "the payload counted in.", "The header is everything before the payload."),
        (answer != right, "one of the four is off.", "Write 0x82 and 0x7e as bits and name each group."),
    ):
        if found:
            raise Wrong(looks, idea, got=answer)


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
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    unknown = [letter for letter in letters if letter not in PARSONS]
    if unknown or not letters:
        raise Wrong("letters that name no line.", "Answer with letters from A to F, such as 'CAB'.", got=answer)
    if letters[0] != "D":
        raise Wrong("code before the function begins.", "A function starts with its def line.", got=answer)
    if len(set(letters)) != len(letters):
        raise Wrong("a line used twice.", "Each line is used at most once.", got=answer)
    function = assemble(letters)
    for fin, opcode, length in ((True, OP_TEXT, 5), (False, OP_TEXT, 125), (True, OP_CLOSE, 0), (False, OP_CONT, 3)):
        call = f"small_header({opcode}, {length}, {fin})"
        wanted, got = encode_header_any(opcode, length, fin), attempt(function, opcode, length, fin)
        if got == wanted:
            continue
        if got is None:
            raise Wrong("a function that never reaches its return.", "Which line hands the result back?", call=call)
        if "F" in letters:
            raise Wrong(
                "FIN set with &.", "first & 0x80 keeps only the first bit and wipes the opcode.", call=call,
                expected=wanted, got=got,
            )  # fmt: skip
        if "E" not in letters:
            raise Wrong("FIN set on every frame.", "FIN depends on fin.", call=call, expected=wanted, got=got)
        raise Wrong(idea="Follow the value of first, line by line.", call=call, expected=wanted, got=got)


def assemble(letters):
    """Return the function made of the PARSONS lines; the line after the `if` is indented for the student."""
    lines, indent = [], ""
    for letter in letters:
        lines.append(indent + PARSONS[letter])
        indent = "    " if letter == "E" else ""
    scope = {}
    try:
        exec("\n".join(lines), scope)
    except SyntaxError:
        raise Wrong("an `if` with nothing under it.", "A line must follow the if: it is what the if decides.") from None
    return scope["small_header"]


def encode_header_any(opcode, length, fin):
    """As encode_header for short lengths, but also for frames that the RFC does not allow."""
    return bytes(((0x80 if fin else 0) | opcode, length))


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
            call = call_text(answer, opcode, length, fin, key)
            wanted, got = encode_header(opcode, length, fin, mask_key=key), attempt(answer, opcode, length, fin, key)
            compare_header(got, wanted, opcode, length, call)


def compare_header(got, wanted, opcode, length, call):
    """Raise Wrong, with the likely misconception, unless the header `got` is the `wanted` one."""
    must_be(bytes, got, call, "bytes([...]) makes bytes out of numbers.")
    if got == wanted:
        return
    raise Wrong(*header_misconception(got, wanted, length), call=call, expected=wanted, got=got)


def header_misconception(got, wanted, length):
    """Return (looks, idea) for the wrong header `got`."""
    extra = {126: 2, 127: 8}.get(wanted[1] & 127, 0)
    if not got:
        return "an empty header.", "Even an empty frame has two bytes before its payload."
    if got[0] != wanted[0]:
        if got[0] ^ wanted[0] == 0x80:
            return "the wrong FIN bit.", "Set the first bit, 0x80, only when fin is true."
        return "the wrong first byte.", "It holds FIN in its first bit and the opcode in its last four."
    if len(got) < 2:
        return "a header of one byte.", "The second byte holds MASK and the 7-bit length."
    if (got[1] ^ wanted[1]) & 0x80:
        return "the wrong MASK bit.", "MASK is the first bit of the second byte: 1 exactly when there is a key."
    if got[1] != wanted[1]:
        if {got[1] & 127, wanted[1] & 127} == {126, 127} or length in (125, 126, 65535, 65536):
            return "a border that is off by one.", "125 still fits, 126 does not. 65535 fits two bytes, 65536 does not."
        if extra:
            return "a length squeezed into seven bits.", f"{length} needs a marker, 126 or 127, and then its own bytes."
        return "the wrong 7-bit length.", "Up to 125 the length itself goes there."
    if extra and got[2 : 2 + extra] == wanted[2 : 2 + extra][::-1]:
        return "the length bytes in reverse.", "Network order puts the larger part first: to_bytes(..., 'big')."
    if extra == 8 and len(got) == len(wanted) - 4:
        return "a length of four bytes.", "After the marker 127 it takes eight, however small the number."
    if len(wanted) - len(got) == 4 and wanted.startswith(got):
        return "a masking key left out.", "With MASK set, the header ends with the 4 bytes of the key."
    if extra and len(got) < len(wanted):
        return "a length left out.", "After the marker the length follows, in 2 or 8 bytes."
    return "the right start with the wrong end.", "After the two bytes: the length's own bytes, then the key."


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
            wanted = (fin, opcode, bool(key), length, len(header))
            for data in (header, header + b"Hello"):
                call = call_text(answer, data)
                got = attempt(answer, data)
                must_be(tuple, got, call, "Here the header is whole, and None means that it is not.")
                compare_fields(got, wanted, call)
            for cut in range(len(header)):
                too_early(answer, header[:cut])


def compare_fields(got, wanted, call):
    """Raise Wrong, with the likely misconception, unless the tuples are equal."""
    if got == wanted:
        return
    looks, idea = "", "Compare the two, field by field: (fin, opcode, masked, length, size)."
    if len(got) != 5:
        looks = f"{len(got)} values instead of five."
    elif got[1] == wanted[1] | 0x80:
        looks, idea = "FIN left inside the opcode.", "Keep only the last four bits of the first byte: & 0x0f."
    elif got[3] == wanted[3] + 128:
        looks, idea = "MASK left inside the length.", "Keep only the last seven bits of the second byte: & 0x7f."
    elif got[3] in (126, 127) and wanted[3] > 125:
        looks, idea = "the marker taken for the length.", "126 and 127 say how many bytes of length come next."
    elif reversed_length(got[3], wanted[3]):
        looks, idea = "the length bytes read backwards.", "Network order: int.from_bytes(..., 'big')."
    elif got[:4] == wanted[:4] and wanted[4] - got[4] == 4:
        looks, idea = "the masking key left out of the size.", "The key is part of the header: four more bytes."
    elif got[0] != wanted[0]:
        looks, idea = "the wrong FIN.", "FIN is the first bit of the first byte, 0x80."
    elif got[2] != wanted[2]:
        looks, idea = "the wrong MASK.", "MASK is the first bit of the second byte, 0x80."
    raise Wrong(looks, idea, call=call, expected=wanted, got=got)


def reversed_length(got, wanted):
    """Tell whether `got` is what the bytes of `wanted`, read the wrong way round, would give."""
    size = 2 if wanted < 65536 else 8
    return isinstance(got, int) and got == int.from_bytes(wanted.to_bytes(size, "big"), "little") != wanted


def too_early(answer, data):
    """Raise Wrong unless the student's function returns None for the beginning of a header."""
    call = call_text(answer, data)
    got = attempt(answer, data)
    if got is not None:
        raise Wrong(
            "an answer given too early.",
            "The header is not all here yet. Return None, and the caller will come back with more bytes.",
            call=call,
            expected=None,
            got=got,
        )


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
    for payloads in ([b"Hello"], [b"one", b"two", b"three"], [b"", b"x" * 200, b"", b"y"], [b"z" * 126] * 3):
        stream = b"".join(encode_header(OP_BINARY, len(payload)) + payload for payload in payloads)
        call = call_text(answer, stream)
        got = attempt(answer, stream)
        must_be(list, got, call)
        if got == payloads:
            continue
        if len(got) < len(payloads) and got == payloads[: len(got)]:
            raise Wrong("frames lost at the end.", "Go on while bytes are left.", call=call, expected=payloads, got=got)
        raise Wrong(
            "a step of the wrong size.",
            "Where does the next frame start? Count its header too.",
            call=call,
            expected=payloads,
            got=got,
        )


@task(
    "03.6",
    "judge a header (optional)",
    hints=(
        "The malformed pictures in the lesson name four fields. Test for each of them.",
        "RSV1-3 are the bits 0x70 of the first byte. Control frames have an opcode of 8 or more.",
        "In this order: RSV1-3 not 0; opcode not in (0, 1, 2, 8, 9, 10); a control frame without FIN; "
        "a control frame longer than 125, or a length with a shorter form.",
    ),
)
def judge_a_header(answer):
    for data in judged_headers():
        wanted, got = verdict(data), attempt(answer, data)
        if got == wanted:
            continue
        if wanted is None:
            looks = f"a good header refused for its {got}."
        elif got is None:
            looks = f"a wrong {wanted} let through."
        else:
            looks = f"the blame put on {got}."
        idea = "RFC 6455 sections 5.2 and 5.5 have the rules."
        raise Wrong(looks, idea, call=call_text(answer, data), expected=wanted, got=got)


def judged_headers():
    """Return unmasked headers, good and bad, each with one fault at the most."""
    good = [encode_header(opcode, length, fin) for opcode, length, fin in EDGES]
    reserved_bits = [bytes((0x80 | bits | OP_TEXT, 5)) for bits in (0x40, 0x20, 0x10)]
    reserved_opcodes = [bytes((0x80 | opcode, 5)) for opcode in (3, 7, 11, 15)]
    control = [bytes((OP_PING, 5)), bytes((0x80 | OP_CLOSE, 126, 0, 126))]
    long_way = [bytes((0x82, 126, 0, 125)), bytes((0x82, 127)) + (65535).to_bytes(8, "big")]
    return good + reserved_bits + reserved_opcodes + control + long_way


def verdict(data):
    """Return the field at fault, by pocketws, or None."""
    try:
        check_header(split(data))
    except ProtocolError as error:
        return error.field
