"""The checks of lesson 04: typical wrong answers are named for what they are, right ones pass in any style."""

import itertools
import operator
import random

import numpy as np
import pytest
import websockets.utils

from classroom import checks
from classroom.tasks import lesson_04
from pocketws.frames import apply_mask
from tests.answers import right, spin, wrong

KEY = lesson_04.KEY
xor = lesson_04.xor


SECONDS = 1  # for each check


# ---------------------------------------------------------------- 04.a, 04.b


def receiver(key=slice(2, 6), start=6, index=lambda i: i % 4, out=bytes):
    def unmask_frame(frame):
        the_key, masked = frame[key], frame[start:]
        return out([byte ^ the_key[index(i)] for i, byte in enumerate(masked)])

    return unmask_frame


def a_blank_left(frame):
    key = frame[2:6]
    masked = frame[...:]
    return bytes([byte ^ key[i % 4] for i, byte in enumerate(masked)])


RECEIVERS = [
    ("a blank left", a_blank_left, "[ ]", "replace each ..."),
    ("key 1:5", receiver(slice(1, 5)), "[x]", "a key that is cut one byte too early"),
    ("key 0:4", receiver(slice(0, 4)), "[x]", "the start of the frame taken for the key"),
    ("key 3:7", receiver(slice(3, 7)), "[x]", "a key that is cut one byte too late"),
    ("key 2:5", receiver(slice(2, 5)), "[!]", "key[0] to key[3]"),
    ("key 2:5 and % 3", receiver(slice(2, 5), index=lambda i: i % 3), "[x]", "three bytes of the key, over and over"),
    ("payload from 2", receiver(start=2), "[x]", "more than the payload unmasked"),
    ("payload from 5", receiver(start=5), "[x]", "more than the payload unmasked"),
    ("payload from 7", receiver(start=7), "[x]", "a part of the payload left out"),
    ("key[i]", receiver(index=lambda i: i), "[!]", "does it start again?"),
    ("key[i // 4]", receiver(index=lambda i: i // 4), "[x]", "i // 4 instead of i % 4"),
    ("key[0]", receiver(index=lambda i: 0), "[x]", "one byte of the key for all"),
    ("% 2", receiver(index=lambda i: i % 2), "[x]", "half of the key, over and over"),
    ("backwards", receiver(index=lambda i: 3 - i % 4), "[x]", "the key backwards"),
    ("one late", receiver(index=lambda i: (i + 1) % 4), "[x]", "a key that starts one byte late"),
    ("not unmasked", lambda frame: frame[6:], "[x]", "a payload that is still masked"),
    ("a list", receiver(out=list), "[x]", "a list instead of bytes"),
    ("no return", receiver(out=lambda numbers: None), "[x]", "a function without a return"),
    ("endless", spin, "[!]", "stopped after"),
]


def finder(one=lambda masked: masked, two=lambda known: known, join=operator.xor, out=bytes):
    return lambda masked, known: out([join(m, k) for m, k in zip(one(masked), two(known), strict=False)])


def too_long(masked, known):
    return bytes([masked[i] ^ known[i] for i in range(len(masked))])


def repeated(masked, known):
    return bytes([masked[i] ^ known[i % 4] for i in range(len(masked))])


FINDERS = [
    ("masked", lambda masked, known: masked[:4], "[x]", "the masked bytes themselves"),
    ("known", lambda masked, known: known, "[x]", "the known bytes themselves"),
    ("and", finder(join=operator.and_), "[x]", "& instead of ^"),
    ("or", finder(join=operator.or_), "[x]", "| instead of ^"),
    ("^ on bytes", lambda masked, known: masked ^ known, "[!]", "^ works on two numbers, not on bytes"),
    ("the whole length", too_long, "[!]", "four are enough"),
    ("longer", repeated, "[x]", "the key, and more"),
    ("three bytes", lambda masked, known: finder()(masked[:3], known), "[x]", "3 bytes instead of four"),
    ("backwards", lambda masked, known: finder()(masked, known)[::-1], "[x]", "the key backwards"),
    ("the example's", lambda masked, known: KEY, "[x]", "the key of the example"),
    ("a list", finder(out=list), "[x]", "a list instead of bytes"),
    ("no return", finder(out=lambda numbers: None), "[x]", "a function without a return"),
]

# ---------------------------------------------------------------- 04.1 to 04.3

BY_HAND = [
    ("four bytes", "b0 68 2f 9e", "[x]", "four bytes, as long as the key"),
    ("the fifth left", "b0 68 2f 9e 6f", "[x]", "a fifth byte left unmasked"),
    ("the last key byte twice", "b0 68 2f 9e 9f", "[x]", "the last byte of the key used twice"),
    ("OR", "ff 68 2f fe ff", "[x]", "OR instead of XOR"),
    ("AND", "4f 00 00 60 6f", "[x]", "AND instead of XOR"),
    ("XNOR", "4f 97 d0 61 6f", "[x]", "a flip where the key has a 0"),
    ("sum", "4e 68 2f 5e 6e", "[x]", "a sum"),
    ("0f and f0 mixed up", "b0 68 d0 61 90", "[x]", "0f and f0 mixed up"),
    ("backwards", "bf 67 20 91 9f", "[x]", "the key backwards"),
    ("payload", "4f 68 20 6e 6f", "[x]", "the payload, not masked"),
    ("key", "ff 00 0f f0 ff", "[x]", "the key alone"),
    ("with the key", "ff 00 0f f0 b0 68 2f 9e 90", "[x]", "the key sent before it"),
    ("one slip", "b0 68 2f 9e 91", "[x]", "a slip in byte 4. 6f is 0110 1111, and ff is 1111 1111"),
    ("letters", "Oh no", "[x]", "text that is not hex digits"),
    ("a number", 0xB0682F9E90, "[x]", "an int instead of hex digits"),
    ("dots left", "b0 ...", "[ ]", "still dots"),
]

BY_EYE = [
    ("still masked", "RupEmy", "[x]", "a payload that is still masked"),
    ("key used once", "Suremy", "[x]", "a key that was used once"),
    ("four letters", "Sure", "[x]", "only as many letters as the key has bytes"),
    ("20 left out", "SurEly", "[x]", "the fourth letter left as it was"),
    ("wrong capitals", "surely", "[x]", "the right letters, with the wrong capitals"),
    ("hex", "53 75 72 65 6c 79", "[x]", "the right bytes, as hex"),
    ("masked hex", "52 75 70 45 6d 79", "[x]", "a payload that is still masked"),
    ("backwards", xor(lesson_04.READ_FRAME[6:], bytes.fromhex("20 02 00 01")).decode(), "[x]", "the key backwards"),
    ("a letter lost", "Surel", "[x]", "5 characters instead of six"),
    ("a number", 5, "[x]", "an int instead of text"),
    ("other", "Simply", "[x]", "the wrong text"),
]

BY_TRACE = [
    ("B for D", "BDEC", "[x]", "row 1 blamed on a key used once. With fault B the server would read 48 65 6c 6c 58"),
    ("A for E", "DBAC", "[x]", "row 3 blamed on the key backwards"),
    ("E for C", "DBEE", "[x]", "row 4 blamed on no mask at all"),
    ("C for B", "DCEB", "[x]", "row 2 blamed on one key byte for all"),
    ("D for C", "DBED", "[x]", "row 4 blamed on a key that starts again"),
    ("three letters", "DBE", "[x]", "3 letters instead of four"),
    ("numbers", 1234, "[x]", "not made of the letters A to E"),
    ("other letters", "DBEF", "[x]", "not made of the letters A to E"),
    ("dots", "....", "[ ]", "still dots"),
]

# ---------------------------------------------------------------- 04.4, 04.6


def masker(
    pad=lambda key, size: (key * (size // 4 + 1))[:size],
    orders=("big", "big", "big"),
    size=lambda data, number: len(data),
    out=lambda result: result,
):
    """Return a right mask_fast, or one with a slip."""

    def mask_fast(data, key):
        number = int.from_bytes(data, orders[0]) ^ int.from_bytes(pad(key, len(data)), orders[1])
        return out(number.to_bytes(size(data, number), orders[2]))

    return mask_fast


def shortest(data, number):
    return (number.bit_length() + 7) // 8


def loop(data, key):
    return bytes([byte ^ key[i % 4] for i, byte in enumerate(data)])


def adding_up(data, key):
    result = b""
    for i, byte in enumerate(data):
        result += bytes([byte ^ key[i % 4]])
    return result


def translated(data, key):
    result = bytearray(data)
    for i in range(4):
        result[i::4] = result[i::4].translate(bytes(byte ^ key[i] for byte in range(256)))
    return result


def with_numpy(data, key):
    return (np.frombuffer(data, np.uint8) ^ np.resize(np.frombuffer(key, np.uint8), len(data))).tobytes()


def with_two_numbers_repeated(data, key):
    words, left = divmod(len(data), 4)
    pad = key * words + key[:left]
    number = int.from_bytes(data, "little") ^ int.from_bytes(pad, "little")
    return number.to_bytes(len(data), "little")


def only_whole_keys(data, key):
    whole = len(data) // 4 * 4
    return masker()(data[:whole], key)


def too_late(data, key):
    pad = key * (len(data) // 4 + 1)
    number = int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")
    return number.to_bytes(len(pad), "big")[: len(data)]


MASKERS = [
    ("a loop", loop, "[x]", "a loop over the bytes. It is right, but less than 5 times as fast"),
    ("map and cycle", lambda data, key: bytes(map(operator.xor, data, itertools.cycle(key))), "[x]", "a loop over"),
    ("key once", masker(lambda key, size: key), "[x]", "a key that is not repeated"),
    ("pad too short", masker(lambda key, size: key * (size // 4)), "[x]", "a pad that is too short"),
    ("pad too long", masker(lambda key, size: key * (size // 4 + 1)), "[!]", "Is the pad longer than the data?"),
    ("cut at the end", too_late, "[x]", "a pad that is longer than the data"),
    ("cut at the start", masker(lambda key, size: (key * (size // 4 + 1))[4 - size % 4 :]), "[x]", "cut at its start"),
    ("orders 1", masker(orders=("big", "little", "big")), "[x]", "the byte order mixed up"),
    ("orders 2", masker(orders=("big", "big", "little")), "[x]", "the byte order mixed up"),
    ("orders 3", masker(orders=("little", "big", "big")), "[x]", "the byte order mixed up"),
    ("shortest, big", masker(size=shortest), "[x]", "zeros lost at the start"),
    ("one byte", masker(size=lambda data, number: 1), "[!]", "Is len(data) the first argument of to_bytes?"),
    ("^ on bytes", lambda data, key: data ^ key, "[!]", "^ works on two numbers, not on bytes"),
    ("nothing", lambda data, key: data, "[x]", "data that is not masked"),
    ("whole keys only", only_whole_keys, "[x]", "the last bytes lost"),
    ("a number", lambda data, key: int.from_bytes(data, "big"), "[x]", "an int instead of bytes"),
    ("the key of the example", lambda data, key: masker()(data, KEY), "[x]", "the key of the example"),
    ("no return", masker(out=lambda result: None), "[x]", "a function without a return"),
    ("endless", spin, "[!]", "stopped after"),
]


def turned(turn=lambda start: start % 4, mask=apply_mask):
    return lambda piece, key, start: mask(piece, key[turn(start) :] + key[: turn(start)])


def padded_from_the_start(piece, key, start):
    return apply_mask(bytes(start) + piece, key)[start:]


GOING_ON = [
    ("start left out", lambda piece, key, start: apply_mask(piece, key), "[x]", "`start` left out"),
    ("the wrong way", turned(lambda start: -start % 4), "[x]", "the key turned the wrong way"),
    ("no % 4", turned(lambda start: start), "[x]", "a key that is not turned once `start` is 4 or more"),
    ("cut piece", lambda piece, key, start: apply_mask(piece, key)[start % 4 :], "[x]", "the piece cut, instead"),
    ("cut first", lambda piece, key, start: apply_mask(piece[start % 4 :], key), "[x]", "the piece cut, instead"),
    ("half a key", lambda piece, key, start: xor(piece, key[start % 4 :]), "[x]", "a part of the key lost"),
    ("turn without the rest", lambda piece, key, start: apply_mask(piece, key[start % 4 :] + key), "[x]", "wrong byte"),
    ("a loop", turned(mask=loop), "[x]", "a loop over the bytes"),
    ("counts up to start", padded_from_the_start, "[!]", "Only start % 4 matters"),
    ("no return", lambda piece, key, start: print(piece), "[x]", "a function without a return"),
]

# ---------------------------------------------------------------- 04.5


def joiner(step=lambda start, piece, number: start + len(piece), out=lambda payload: payload, early=False):
    """Return a right unmask_pieces, or one with a slip."""

    def unmask_pieces(pieces, key):
        payload, start = b"", 0
        for number, piece in enumerate(pieces, 1):
            if early:
                start = step(start, piece, number)
            payload += xor(piece, key, start)
            if not early:
                start = step(start, piece, number)
        return out(payload)

    return unmask_pieces


def return_inside(pieces, key):
    for piece in pieces:
        return xor(piece, key)
    return b""


def last_only(pieces, key):
    start, payload = 0, b""
    for piece in pieces:
        payload = xor(piece, key, start)
        start += len(piece)
    return payload


JOINERS = [
    ("one too many each time", joiner(lambda start, piece, number: start + len(piece) + 1), "[x]", "one byte too many"),
    ("from 1", lambda pieces, key: xor(b"".join(pieces), key, 1), "[x]", "a count that starts at 1"),
    ("as it was", joiner(lambda start, piece, number: len(piece)), "[x]", "the length of the last piece alone"),
    ("no start", joiner(lambda start, piece, number: 0), "[x]", "a key that starts again with every piece"),
    ("counts pieces", joiner(lambda start, piece, number: number), "[x]", "a count of the pieces"),
    ("one more", joiner(lambda start, piece, number: start + len(piece) + (number == 1)), "[x]", "one byte too many"),
    ("one less", joiner(lambda start, piece, number: start + len(piece) - 1), "[x]", "one byte too few"),
    ("backwards", joiner(lambda start, piece, number: start - len(piece)), "[x]", "a step in the wrong direction"),
    ("too early", joiner(early=True), "[x]", "a piece counted too early"),
    ("before, alone", joiner(lambda s, piece, n: len(piece), early=True), "[x]", "counted before it is unmasked"),
    ("return inside", return_inside, "[x]", "only the first piece"),
    ("last only", last_only, "[x]", "only the last piece"),
    ("joined", lambda pieces, key: b"".join(pieces), "[x]", "a payload that is still masked"),
    ("fixed", lambda pieces, key: b"Hello", "[x]", "the payload of the example"),
    ("a list", joiner(out=list), "[x]", "a list instead of bytes"),
    ("no return", joiner(out=lambda payload: None), "[x]", "a function without a return"),
]

WRONG = {
    "04.a": RECEIVERS,
    "04.b": FINDERS,
    "04.1": BY_HAND,
    "04.2": BY_EYE,
    "04.3": BY_TRACE,
    "04.4": MASKERS,
    "04.5": JOINERS,
    "04.6": GOING_ON,
}

RIGHT = [
    *right(
        "04.a",
        ours=receiver(),
        library=lambda frame: apply_mask(frame[6:], frame[2:6]),
        bytearray=receiver(out=bytearray),
        negative=receiver(index=lambda i: i % 4 - 4),
    ),
    *right(
        "04.b", ours=finder(), library=lambda masked, known: apply_mask(masked[:4], known), array=finder(out=bytearray)
    ),
    *right(
        "04.1",
        text="b0 68 2f 9e 90",
        capitals="B0682F9E90",
        prefixes="0xb0, 0x68, 0x2f, 0x9e, 0x90",
        bytes=bytes.fromhex("b0682f9e90"),
        numbers=[0xB0, 0x68, 0x2F, 0x9E, 0x90],
    ),
    *right("04.2", text="Surely", bytes=b"Surely", spaces=" Surely "),
    *right("04.3", text="DBEC", small="d b e c", letters=["D", "B", "E", "C"]),
    *right(
        "04.4",
        ours=masker(),
        little=masker(orders=("little",) * 3),
        rest=with_two_numbers_repeated,
        pocketws=apply_mask,
        websockets=websockets.utils.apply_mask,
        tables=translated,
        array=masker(out=bytearray),
        view=masker(out=memoryview),
    ),
    *right(
        "04.5",
        ours=joiner(),
        whole=lambda pieces, key: apply_mask(b"".join(pieces), key),
        modulo=joiner(lambda start, piece, number: (start + len(piece)) % 4),
        array=joiner(out=bytearray),
    ),
    *right(
        "04.6",
        ours=turned(),
        pad=lambda piece, key, start: apply_mask(bytes(start % 4) + piece, key)[start % 4 :],
        double=lambda piece, key, start: apply_mask(piece, (key + key)[start % 4 : start % 4 + 4]),
    ),
]


@pytest.mark.parametrize("task, answer, sign, phrase", [row for task in WRONG for row in wrong(task, WRONG[task])])
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    text = card(task, answer)
    assert text.startswith(f"{sign} Task {task}")
    assert phrase in text
    assert not checks.passed(task)


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}")
    assert checks.passed(task)


@pytest.mark.parametrize("task", WRONG)
def test_dots_and_none_are_not_started(card, task):
    for answer in (..., None):
        assert card(task, answer).startswith("[ ]")


@pytest.mark.parametrize("task", WRONG)
def test_whatever_comes_back_the_check_does_not_fail_itself(card, task):
    strange = ["", b"", b"\x81", (), [], {}, 0, -1, 1.5, True, object(), "x" * 500, (None,) * 4, [[]], (1, 2, 3, "4")]
    strange += [[None, b""], float("nan"), 2**80, int, {1: 2}, "\N{SNOWMAN}", [300], bytearray(b"x")]
    for value in strange:
        for answer in (value, lambda *args, value=value: value):
            text = card(task, answer)
            assert text[:3] in ("[x]", "[!]", "[ ]")
            assert "fault of its own" not in text


@pytest.mark.parametrize("task", ["04.a", "04.b", "04.4", "04.5", "04.6"])
def test_whatever_bytes_come_back_the_check_has_something_to_say(card, task):
    for seed in range(50):
        made = random.Random(seed).randbytes(seed % 12)
        text = card(task, lambda *args, made=made: made)
        assert text.startswith("[x]") and "Looks like" in text


def test_the_masker_of_the_checks_agrees_with_websockets():
    for size in (*lesson_04.LENGTHS, 5000):
        data, key = random.randbytes(size), random.randbytes(4)
        assert xor(data, key) == websockets.utils.apply_mask(data, key)
