"""The checks of lesson 17: typical wrong answers are named for what they are, right ones pass, on both runtimes.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception. Right ones go to MicroPython, so each stands alone.
"""

import struct

import pytest

from classroom import judging_board
from pocketws.masking import apply_mask
from tests.answers import right, spin, wrong
from tests.test_micropython import micropython

SECONDS = 0.5  # for one check


@pytest.fixture(autouse=True)
def needs_micropython():
    micropython()


# ---------------------------------------------------------------- 17.a


def two_bytes_stub(size):
    """Return `size` (int) as two bytes, the one worth most first. Raises ValueError if it does not fit."""
    if not 0 <= size <= ...:
        raise ValueError("it does not fit")
    return struct.pack(..., size)


def two_bytes(size):
    if not 0 <= size <= 65535:
        raise ValueError
    return struct.pack(">H", size)


def no_return(*args):
    len(args)


def too_high(size):
    if not 0 <= size <= 65536:
        raise ValueError("too large")
    return struct.pack(">H", size)


def too_low(size):
    if not 0 <= size <= 255:
        raise ValueError("too large")
    return struct.pack(">H", size)


def strict_by_struct(size):
    try:
        return struct.pack(">H", size)
    except struct.error:
        raise ValueError("too large") from None


def other_error(size):
    if not 0 <= size <= 65535:
        raise OverflowError("too large")
    return struct.pack(">H", size)


def string_raised(size):
    if not 0 <= size <= 65535:
        raise "too large"  # noqa: B016
    return struct.pack(">H", size)


def little(size):
    if not 0 <= size <= 65535:
        raise ValueError("too large")
    return struct.pack("<H", size)


def returns_none(size):
    if 0 <= size <= 65535:
        return struct.pack(">H", size)


def by_keywords(size):
    if not 0 <= size <= 65535:
        raise ValueError("too large")
    return struct.pack(">H", int(("%d," % size).split(",", maxsplit=1)[0]))


def by_justifying(size):
    if not 0 <= size <= 65535:
        raise ValueError("too large")
    return bytes.fromhex(hex(size)[2:].rjust(4, "0"))


TWO_BYTES = [
    ("the stub", two_bytes_stub, "[ ]", "still has a blank"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("too high", too_high, "[x]", "a limit that is too high"),
    ("too low", too_low, "[x]", "a limit that is too low"),
    ("struct checks", strict_by_struct, "[x]", "a check that CPython made for you"),
    ("another error", other_error, "[!]", "OverflowError: too large"),
    ("a text raised", string_raised, "[!]", "After raise stands an exception"),
    ("the other end first", little, "[x]", "other bytes"),
    ("None", returns_none, "[x]", "a number that is too large for two bytes"),
    ("keywords", by_keywords, "[!]", "takes no names for its arguments"),
    ("a method that is not there", by_justifying, "[!]", "have fewer methods"),
    ("endless", spin, "[!]", "stopped after"),
]


def by_arithmetic(size):
    if size < 0 or size >= 1 << 16:
        raise ValueError("%d does not fit" % size)
    return bytes((size >> 8, size & 255))


# ---------------------------------------------------------------- 17.b


def mask_stub(data, key, step):
    """Mask the bytearray `data` with the 4-byte `key`, `step` bytes at a time."""
    ...  # your code here


def mask_by_pieces(data, key, step):
    for at in range(0, len(data), step):
        data[at : at + step] = apply_mask(data[at : at + step], key)


def at_once(data, key, step):
    data[:] = apply_mask(data, key)


def new_object(data, key, step):
    return apply_mask(data, key)


def forgets(data, key, step):
    for at in range(0, len(data), step):
        piece = data[at : at + step]
        piece = apply_mask(piece, key)


def first_only(data, key, step):
    data[:step] = apply_mask(data[:step], key)


def whole_pieces(data, key, step):
    for at in range(0, len(data) // step * step, step):
        data[at : at + step] = apply_mask(data[at : at + step], key)


def overlapping(data, key, step):
    for at in range(len(data) // step + 1):
        data[at : at + step] = apply_mask(data[at : at + step], key)


def doubles(data, key, step):
    for at in range(0, len(data), step):
        data[at:at] = apply_mask(data[at : at + step], key)


def forever(data, key, step):
    at = 0
    while at < len(data):
        data[at : at + step] = apply_mask(data[at : at + step], key)


def given_key(data, key, step):
    for at in range(0, len(data), step):
        data[at : at + step] = apply_mask(data[at : at + step], MASKING_KEY)


MASKING_KEY = b"\x37\xfa\x21\x3d"

MASK = [
    ("the stub", mask_stub, "[ ]", "write its body"),
    ("at once", at_once, "[!]", "64 KiB at once are too much"),
    ("a new object", new_object, "[x]", "a new object"),
    ("put back nowhere", forgets, "[x]", "data that is as it was"),
    ("the first only", first_only, "[x]", "the first piece only"),
    ("the last left out", whole_pieces, "[x]", "a last piece that is left out"),
    ("overlapping", overlapping, "[x]", "other bytes"),
    ("inserted", doubles, "[x]", "data of another length"),
    ("a name of the notebook", given_key, "[!]", "Your function goes there alone"),
    ("a lambda", lambda data, key, step: mask_by_pieces(data, key, step), "[x]", "not made by a def"),
    ("endless", forever, "[!]", "stopped after"),
]


def with_a_view(data, key, step):
    view = memoryview(data)
    for at in range(0, len(data), step):
        view[at : at + step] = apply_mask(view[at : at + step], key)


def byte_by_byte(data, key, step):
    for i in range(len(data)):
        data[i] ^= key[i % 4]


def with_while(data, key, step):
    at = 0
    while at < len(data):
        end = min(at + step, len(data))
        data[at:end] = apply_mask(bytes(data[at:end]), key)
        at = end


# ----------------------------------------------------------------

ROWS = {"17.a": TWO_BYTES, "17.b": MASK}
ALL_WRONG = [row for task, rows in ROWS.items() for row in wrong(task, rows)]


@pytest.mark.parametrize("task, answer, sign, phrase", ALL_WRONG)
def test_wrong_answers_are_named(card, task, answer, sign, phrase):
    text = card(task, answer)
    assert text.startswith(sign) and phrase in text, text


RIGHT = [
    *right("17.a", usual=two_bytes, by_arithmetic=by_arithmetic),
    *right("17.b", usual=mask_by_pieces, with_a_view=with_a_view, byte_by_byte=byte_by_byte, with_while=with_while),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_right_answers_pass(card, task, answer):
    assert card(task, answer).startswith("[ok]")


# ---------------------------------------------------------------- what the judges share


def test_without_micropython_a_right_answer_does_not_pass_and_is_told_why(card, monkeypatch):
    monkeypatch.setattr(judging_board, "find_micropython", lambda: None)
    for task, answer in (("17.a", two_bytes), ("17.b", mask_by_pieces)):
        text = card(task, answer)
        assert text.startswith("[ ]") and "Right on CPython. But there is no MicroPython here" in text
    assert card("17.a", too_high).startswith("[x]"), "what is wrong on CPython is said as before"


def test_the_line_that_fails_on_micropython_is_shown(card):
    text = card("17.a", by_keywords)
    assert "on MicroPython: TypeError" in text
    assert "at your line 4 4 | return struct.pack(" in text, text
