"""The tasks of lesson 04, Masking."""

import os
import random
import time

from websockets.frames import Frame, Opcode

from pocketws.frames import apply_mask

from ..checks import NotStarted, Wrong, attempt, call_text, task
from ..judging import attempt_with, must_be, readable, with_article

KEY = bytes.fromhex("37 fa 21 3d")  # the masking key of the RFC's example, section 5.7
HELLO = b"Hello"
HELLO_FRAME = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")  # section 5.7
LENGTHS = (4, 8, 5, 0, 1, 2, 3, 7, 100, 1001)  # first a whole key or two, then all that is left over


def xor(data, key, start=0):
    """Return `data` masked; its first byte is number `start` of the payload. Short keys and long ones work, too."""
    return bytes([byte ^ key[(start + i) % len(key)] for i, byte in enumerate(data)])


def client_frame(payload):
    """Return a frame that a `websockets` client would send: bytes."""
    return Frame(Opcode.BINARY, payload).serialize(mask=True)


def explain(got, wanted, slips, otherwise):
    """Return (looks, idea) for wrong bytes `got`: those of the first slip that gives just them, or `otherwise`.

    slips: tuples (bytes, looks, idea).
    """
    for result, looks, idea in slips:
        if got == result != wanted:
            return looks, idea
    return otherwise


def must_be_bytes(got, call, also="bytes([...]) makes bytes out of numbers, and return hands them over."):
    """Return `got` as bytes, or raise Wrong."""
    if isinstance(got, bytearray | memoryview):
        got = bytes(got)  # the same bytes on the wire
    must_be(bytes, got, call, also)
    return got


# ---------------------------------------------------------------- in the lesson


@task(
    "04.a",
    "fill in the blanks",
    hints=(
        "Count the bytes before the payload: two, and then the key.",
        "The key is the bytes 2 to 5, and a slice leaves out its end. Where does the payload begin, then?",
        "The blanks, in order: 2 and 6, then 6, then i % 4.",
    ),
)
def unmask_frame(answer):
    for payload in (HELLO, b"", b"Hi", b"twelve bytes", bytes(range(125))):
        frame = HELLO_FRAME if payload == HELLO else client_frame(payload)
        call = call_text(answer, frame)
        got = must_be_bytes(attempt_with(FRAME_CRASHES, answer, frame), call)
        if got != payload:
            raise Wrong(*frame_misconception(got, payload, frame), call=call, expected=payload, got=got)


FRAME_CRASHES = (
    ("index out of range", "The key has four bytes, key[0] to key[3]. Is it cut right, and does it start again?"),
    ("ZeroDivision|modulo by zero", "What is left when you divide by 4: i % 4."),
)


def frame_misconception(got, wanted, frame):
    """Return (looks, idea) for the wrong payload `got`."""
    key, rest = frame[2:6], frame[6:]
    after = "Two bytes and a key of four come first: the payload begins with byte 6."
    where = "Two bytes come first. The key is the bytes 2, 3, 4 and 5; a slice leaves out its end."
    slips = [
        (rest, "a payload that is still masked.", "XOR each byte with its byte of the key."),
        (xor(rest, frame[:4]), "the start of the frame taken for the key.", where),
        (xor(rest, frame[1:5]), "a key that is cut one byte too early.", where),
        (xor(rest, frame[3:7]), "a key that is cut one byte too late.", where),
        (xor(rest, key[::-1]), "the key backwards.", "Payload byte 0 meets key byte 0."),
        (xor(rest, key[:1]), "one byte of the key for all.", "Byte i meets key[i % 4]."),
        (xor(rest, key[:2]), "half of the key, over and over.", "The key has four bytes: byte i meets key[i % 4]."),
        (xor(rest, key[:3]), "three bytes of the key, over and over.", "A slice leaves out its end. i % 4 is 0 to 3."),
        (
            bytes([b ^ key[i // 4 % 4] for i, b in enumerate(rest)]),
            "i // 4 instead of i % 4.",
            "% gives the remainder.",
        ),
        (xor(rest, key, 1), "a key that starts one byte late.", "Payload byte 0 meets key byte 0."),
    ]
    if len(got) > len(wanted):
        return "more than the payload unmasked.", after
    if len(got) < len(wanted):
        return "a part of the payload left out.", after
    return explain(got, wanted, slips, ("the wrong byte of the key.", "Byte i of the payload meets key[i % 4]."))


@task(
    "04.b",
    "find the key",
    hints=(
        "Masked is payload XOR key. You have two of the three.",
        "XOR once more with what you know: masked XOR payload is the key. Four bytes are enough.",
        "return bytes([masked[i] ^ known[i] for i in range(4)])",
    ),
)
def find_key(answer):
    for payload in (b"GET /counter.js", b'{"id": 1}', b"Ping", bytes(40)):
        key = KEY if payload.startswith(b"GET") else os.urandom(4)
        masked, known = apply_mask(payload, key), payload[:4]
        call = call_text(answer, masked, known)
        crashes = [
            ("index out of range", "`known` has four bytes, and four are enough: the key is no longer."),
            ("unsupported operand", "^ works on two numbers, not on bytes. masked[0] is a number, and so is known[0]."),
        ]
        got = must_be_bytes(attempt_with(crashes, answer, masked, known), call)
        if got == key:
            continue
        slips = [
            (masked[:4], "the masked bytes themselves.", "The key is what lies between them and `known`: XOR."),
            (known, "the known bytes themselves.", "The key is what lies between them and `masked`: XOR."),
            (key[::-1], "the key backwards.", "Byte 0 of the payload met byte 0 of the key."),
            (bytes([m & k for m, k in zip(masked, known, strict=False)]), "& instead of ^.", "XOR is written ^."),
            (bytes([m | k for m, k in zip(masked, known, strict=False)]), "| instead of ^.", "XOR is written ^."),
            (KEY, "the key of the example, whatever was asked.", "Work it out from `masked` and `known`."),
        ]
        other = ("a wrong key.", "masked[0] is payload[0] ^ key[0]. You know the first two of these three.")
        if len(got) > 4 and got.startswith(key):
            other = "the key, and more.", "The key has four bytes. Stop there."
        elif len(got) != 4:
            other = f"{len(got)} bytes instead of four.", "The key has four bytes."
        looks, idea = explain(got, key, slips, other)
        raise Wrong(looks, idea, call=call, expected=key, got=got)


# ---------------------------------------------------------------- in the exercise

BY_HAND = bytes.fromhex("4f 68 20 6e 6f")
HAND_KEY = bytes.fromhex("ff 00 0f f0")


@task(
    "04.1",
    "mask by hand",
    hints=(
        "ff flips all eight bits, and 00 none. f0 flips only the first hex digit, 0f only the second.",
        "To flip a hex digit whole, take it from f: 4 becomes b. The fifth byte meets the first of the key again.",
        "The first four are b0 68 2f 9e. For the fifth, flip all bits of 6f.",
    ),
)
def mask_by_hand(answer):
    got = as_bytes(answer)
    wanted = apply_mask(BY_HAND, HAND_KEY)
    if got == wanted:
        return
    pad = (HAND_KEY * 2)[:5]
    pairs = list(zip(BY_HAND, pad, strict=True))
    again = "After four bytes the key starts again: the fifth meets ff."
    both = "XOR gives 1 where the two bits differ, and 0 where they are the same."
    slips = [
        (wanted[:4], "four bytes, as long as the key.", "The payload has five. " + again),
        (wanted[:4] + BY_HAND[4:], "a fifth byte left unmasked.", again),
        (wanted[:4] + bytes([BY_HAND[4] ^ 0xF0]), "the last byte of the key used twice.", again),
        (BY_HAND, "the payload, not masked.", "XOR each byte with its byte of the key."),
        (pad, "the key alone.", "XOR each byte of the payload with it."),
        (bytes([a | b for a, b in pairs]), "OR instead of XOR.", both),
        (bytes([a & b for a, b in pairs]), "AND instead of XOR.", both),
        (bytes([a ^ b ^ 0xFF for a, b in pairs]), "a flip where the key has a 0.", "A 1 in the key flips."),
        (bytes([(a + b) & 0xFF for a, b in pairs]), "a sum.", "XOR carries nothing over. " + both),
        (xor(BY_HAND, HAND_KEY[::-1]), "the key backwards.", "The first byte meets ff."),
        (xor(BY_HAND, HAND_KEY, 2), "0f and f0 mixed up, or the key turned.", "The first byte meets ff, then 00."),
        (HAND_KEY + wanted, "the key sent before it.", "So it is in a frame. Here, write the payload alone."),
    ]
    swapped = bytes([wanted[0], wanted[1], 0x20 ^ 0xF0, 0x6E ^ 0x0F, wanted[4]])
    slips.append((swapped, "0f and f0 mixed up.", "0f is 0000 1111: it flips the second digit."))
    other = f"{len(got)} bytes instead of five.", "As many bytes as the payload."
    if len(got) == 5:
        at = next(at for at in range(5) if got[at] != wanted[at])
        byte, key = BY_HAND[at], pad[at]
        other = (
            f"a slip in byte {at}.",
            f"{byte:02x} is {byte >> 4:04b} {byte & 15:04b}, and {key:02x} is {key >> 4:04b} {key & 15:04b}. {both}",
        )
    looks, idea = explain(got, wanted, slips, other)
    raise Wrong(looks, idea, got=readable(answer))


def as_bytes(answer):
    """Return the answer, hex digits as text or numbers or bytes, as bytes; or raise Wrong."""
    how = "Write the hex digits as text, such as '01 ab ff'."
    if isinstance(answer, str):
        text = answer.lower().replace("0x", " ").replace(",", " ").replace("\\x", " ")
        try:
            return bytes.fromhex(text)
        except ValueError:
            if "." in text:
                raise NotStarted("There are still dots in your answer.") from None
            raise Wrong("text that is not hex digits in pairs.", how, got=answer) from None
    if isinstance(answer, bytes | bytearray):
        return bytes(answer)
    if isinstance(answer, list | tuple):
        if ... in answer:
            raise NotStarted("There is still a ... among your bytes.")
        if all(isinstance(byte, int) and 0 <= byte < 256 for byte in answer):
            return bytes(answer)
    raise Wrong(f"{with_article(type(answer))} instead of hex digits.", how, got=readable(answer))


READ_FRAME = bytes.fromhex("81 86 01 00 02 20 52 75 70 45 6d 79")


@task(
    "04.2",
    "read a masked frame",
    hints=(
        "Two bytes, then the key, then six bytes of payload.",
        "The key is 01 00 02 20, the masked payload 52 75 70 45 6d 79. 52 ^ 01 is 53, an S.",
        "The bytes are 53 75 72 65 6c 79. bytes.fromhex('53 75 72 65 6c 79') shows them as letters.",
    ),
)
def read_a_masked_frame(answer):
    if isinstance(answer, bytes | bytearray):
        answer = bytes(answer).decode("latin-1")
    if not isinstance(answer, str):
        how = "Write the text that the client sent, in quotation marks."
        raise Wrong(f"{with_article(type(answer))} instead of text.", how, got=readable(answer))
    text = answer.strip()
    wire = READ_FRAME[6:]
    wanted = "Surely"
    if text == wanted:
        return
    if "." in text and not text.strip(". "):
        raise NotStarted("There are still dots in your answer.")
    if text.replace(" ", "").lower() in (wanted.encode().hex(), "53757265" + "6c79"):
        raise Wrong("the right bytes, as hex.", "Which letters are they? 41 is A, 61 is a.", got=answer)
    slips = {
        "RupEmy": ("a payload that is still masked.", "XOR it with the key, the four bytes before it."),
        "Suremy": ("a key that was used once.", "After four bytes the key starts again."),
        "Sure": ("only as many letters as the key has bytes.", "The second byte says how many: 86 is MASK and 6."),
        "SurEly": ("the fourth letter left as it was.", "It meets 20, the bit that makes capital letters small."),
        "SureLy": ("a small letter taken for a capital.", "6c is a small l: 61 to 7a are small."),
    }
    if text.lower() == wanted.lower() and text not in slips:
        raise Wrong("the right letters, with the wrong capitals.", "41 to 5a are capitals, 61 to 7a small.", got=answer)
    backwards = xor(wire, READ_FRAME[2:6][::-1]).decode("latin-1")
    slips[backwards] = "the key backwards.", "Payload byte 0 meets key byte 0."
    slips[wire[-6:].hex(" ")] = slips["RupEmy"]
    default = "the wrong text.", "The key is 01 00 02 20. Where does the payload begin, and which key byte comes fifth?"
    if len(text) != len(wanted):
        default = f"{len(text)} characters instead of six.", "The second byte says how many: 86 is MASK and 6."
    raise Wrong(*slips.get(text, default), got=answer)


FAULTS = {
    "A": ("the key backwards", xor(HELLO, KEY[::-1])),
    "B": ("a key used once", xor(HELLO[:4], KEY) + HELLO[4:]),
    "C": ("one key byte for all", xor(HELLO, KEY[:1])),
    "D": ("a key that starts again", xor(HELLO[:3], KEY) + xor(HELLO[3:], KEY)),
    "E": ("no mask at all", HELLO),
}
TRACES = "DBEC"


@task(
    "04.3",
    "name the fault",
    hints=(
        "In each row, ask which bytes are right. That tells which key bytes the client used there.",
        "In row 1, three are right, and the key goes wrong from there. In row 4, the first and the last are right: "
        "just those that meet key[0].",
        "Row 2: only byte 4 is wrong, and it would have met key[0] again. Row 3 is the masked payload of lesson 03's "
        "picture: unmasking masked it.",
    ),
)
def name_the_fault(answer):
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    how = "Write four letters, one for each row, such as 'ABCA'."
    if isinstance(answer, str) and not letters and "." in answer or isinstance(answer, list | tuple) and ... in answer:
        raise NotStarted("There are still dots in your answer.")
    if not isinstance(answer, str | list | tuple) or not set(letters) <= set(FAULTS):
        raise Wrong("an answer that is not made of the letters A to E.", how, got=readable(answer))
    if len(letters) != 4:
        raise Wrong(f"{len(letters)} letters instead of four.", how, got=answer)
    for row, (given, right) in enumerate(zip(letters, TRACES, strict=True), 1):
        if given == right:
            continue
        name, wire = FAULTS[given]
        would = apply_mask(wire, KEY)
        row_bytes = apply_mask(FAULTS[right][1], KEY)
        idea = f"With fault {given} the server would read {would.hex(' ')}, but it read {row_bytes.hex(' ')}."
        raise Wrong(f"row {row} blamed on {name}.", idea, got=answer)


BIG = 1 << 18  # bytes, for the time that a masker takes
FACTOR = 5  # how many times as fast as a loop it must be


@task(
    "04.4",
    "write a fast masker",
    hints=(
        "Three steps: the key, repeated to the length of the data; two numbers and one ^; back to bytes.",
        "key * (len(data) // 4 + 1) is long enough; cut it to len(data). int.from_bytes(data, 'big') makes the number.",
        "pad = (key * (len(data) // 4 + 1))[:len(data)], then "
        "(int.from_bytes(data, 'big') ^ int.from_bytes(pad, 'big')).to_bytes(len(data), 'big')",
    ),
)
def write_a_fast_masker(answer):
    for size in LENGTHS:
        judge_masker(answer, os.urandom(size), KEY if size in (4, 8) else os.urandom(4))
    judge_masker(answer, KEY + b"abc" + KEY[3:], KEY)  # masked, it begins and ends with zeros
    judge_masker(answer, os.urandom(70_000), os.urandom(4))
    judge_speed(answer)


MASKER_CRASHES = (
    (
        "int too big",
        "The number does not fit. Is the pad longer than the data? Is len(data) the first argument of to_bytes?",
    ),
    ("index out of range", "The key has four bytes, key[0] to key[3]."),
    ("unsupported operand|can't concat", "^ works on two numbers, not on bytes: int.from_bytes makes a number."),
    ("same shape|broadcast", "Repeat the key to the length of the data first."),
    ("stopped after", "It is slow for many bytes, here 262144. Do one XOR for the whole, with large numbers."),
    ("MemoryError", "`start` may be very large. Only start % 4 matters for the key."),
    ("argument for|must be str|byteorder", "Say the byte order, too: to_bytes(len(data), 'big')."),
)


def judge_masker(answer, data, key, *start):
    """Raise Wrong, with the likely misconception, unless the student's function masks `data`."""
    call = call_text(answer, data, key, *start)
    wanted = xor(data, key, *start)
    got = attempt_with(MASKER_CRASHES, answer, data, key, *start)
    got = must_be_bytes(got, call, "number.to_bytes(size, 'big') makes bytes of a number.")
    if got != wanted:
        raise Wrong(*masker_misconception(got, wanted, data, key, *start), call=call, expected=wanted, got=got)


def masker_misconception(got, wanted, data, key, start=0):
    """Return (looks, idea) for the wrong result `got`."""
    size = len(data)
    again = "The key goes on, over and over, to the end of the data."
    whole = key * (size // 4)
    number = int.from_bytes(data, "big") ^ int.from_bytes(whole, "big")
    long = key * (size // 4 + 1)
    too_long = (int.from_bytes(data, "big") ^ int.from_bytes(long, "big")).to_bytes(len(long), "big")
    order = "All three places must agree: from_bytes twice, and to_bytes."
    first = "The first byte of the piece meets key[start % 4]."
    no_turn = "`start` left out." if start < 4 else "a key that is not turned once `start` is 4 or more."
    slips = [
        (xor(data, key), no_turn, first),
        (xor(data, key[start % 4 :]), "a part of the key lost.", "What was before key[start % 4] comes at its end."),
        (xor(data[start % 4 :], key), "the piece cut, instead of the key turned.", "Mask all of the piece. " + first),
        (xor(data, key)[start % 4 :], "the piece cut, instead of the key turned.", "Mask all of the piece. " + first),
        (too_long[:size], "a pad that is longer than the data.", "Numbers line up at their ends: cut the pad first."),
        (xor(data, key, -start), "the key turned the wrong way.", "The piece begins with key[start % 4], not before."),
        (data, "data that is not masked.", "XOR it with the repeated key."),
        (number.to_bytes(size, "big"), "a pad that is too short.", f"{again} Repeat it once more, and cut it."),
        (wanted[: len(whole)], "the last bytes lost.", f"{again} It need not end with a whole key."),
        (wanted[: len(whole)] + data[len(whole) :], "a pad that is too short.", f"{again} Repeat once more, and cut."),
        (data[:-4] + xor(data[-4:], key), "a key that is not repeated.", f"{again} Numbers line up at their ends."),
        (xor(data[:4], key) + data[4:], "a key that is used once.", again),
        (wanted[::-1], "the byte order mixed up.", order),
        (xor(data, key[::-1], -size), "the byte order mixed up.", order),
        (xor(data[::-1], key), "the byte order mixed up.", order),
        (xor(data[::-1], key)[::-1], "the byte order mixed up.", order),
        (xor(data, key[::-1]), "the key backwards.", "Byte 0 meets key[0]."),
        (xor(data, key, -size), "a pad cut at its start.", "Cut the repeated key at its end: [:len(data)]."),
        (xor(data, key[:1]), "one byte of the key for all.", "Byte i meets key[i % 4]."),
        (xor(data, KEY, start), "the key of the example, whatever was asked.", "Read the parameter, `key`."),
        (wanted.lstrip(b"\0"), "zeros lost at the start.", "The result has len(data) bytes, whatever the number is."),
        (wanted.rstrip(b"\0"), "zeros lost at the end.", "The result has len(data) bytes, whatever the number is."),
    ]
    other = "the wrong byte of the key.", f"Byte i meets key[{'(start + i)' if start else 'i'} % 4]."
    if len(got) > size:
        other = "more bytes than were given.", "Masking keeps the length: cut the repeated key to it."
    elif len(got) < size:
        other = "fewer bytes than were given.", "Masking keeps the length: repeat the key far enough."
    return explain(got, wanted, slips, other)


def judge_speed(answer, *start):
    """Raise Wrong unless the student's function is FACTOR times as fast as a loop."""
    data, key = os.urandom(BIG), os.urandom(4)
    begin = time.perf_counter()
    attempt_with(MASKER_CRASHES, answer, data, key, *start)  # stopped here if it takes for ever
    if time.perf_counter() - begin < 1:
        part = data[: BIG // 16]  # short enough to be timed in one go on a busy machine
        if FACTOR * best_time(answer, data, key, *start) < 16 * best_time(loop, part, key):
            return
    raise Wrong(
        "a loop over the bytes.",
        f"It is right, but less than {FACTOR} times as fast as a loop. Do one XOR for the whole, with large numbers.",
    )


def loop(data, key):
    """Mask byte by byte, as the lesson's `mask_loop` does."""
    return bytes([byte ^ key[i % 4] for i, byte in enumerate(data)])


def best_time(function, *args):
    """Return the least seconds that a call takes of the processor, whatever else that has to do."""
    times = []
    for _ in range(8):
        begin = time.thread_time()
        function(*args)
        times.append(time.thread_time() - begin)
    return min(times)


@task(
    "04.5",
    "find the bug",
    hints=(
        "Print `start` each time around. What should it be at the third piece?",
        "`start` is how many bytes of the payload came before. After two pieces, that is the length of both.",
        "start = start + len(piece), or start += len(piece)",
    ),
)
def find_the_bug(answer):
    key = KEY
    for payload, cuts in pieces_to_try():
        masked = apply_mask(payload, key)
        edges = [0, *cuts, len(masked)]
        pieces = [masked[a:b] for a, b in zip(edges, edges[1:], strict=False)]
        call = call_text(answer, pieces, key)
        got = attempt(answer, list(pieces), key)
        got = must_be_bytes(got, call, "Join what you unmasked, and return it after the loop.")
        if got != payload:
            raise Wrong(*pieces_misconception(got, payload, pieces, key), call=call, expected=payload, got=got)
        key = os.urandom(4)


def pieces_to_try():
    """Yield (payload, cuts), at first short ones that tell the slips apart."""
    yield b"Hello", [3, 4]
    yield b"Hello", []
    yield b"Hello, reader", [3, 5, 6]
    yield b"Hello, reader", [0, 3, 3, 9]
    yield b"", []
    for _ in range(20):
        payload = os.urandom(random.randrange(1, 60))
        yield payload, sorted(random.choices(range(len(payload) + 1), k=random.randrange(5)))


def pieces_misconception(got, wanted, pieces, key):
    """Return (looks, idea) for the wrong payload `got`."""
    sizes = [len(piece) for piece in pieces]
    before = "`start` is how many bytes came before this piece, in all pieces."

    def with_starts(starts):
        return b"".join([xor(piece, key, start) for piece, start in zip(pieces, starts, strict=True)])

    sums = [sum(sizes[:at]) for at in range(len(sizes))]
    slips = [
        (with_starts([0] * len(sizes)), "a key that starts again with every piece.", before),
        (with_starts([0, *sizes][: len(sizes)]), "the length of the last piece alone.", before),
        (with_starts(range(len(sizes))), "a count of the pieces.", "Count the bytes. " + before),
        (with_starts(sizes), "a piece counted before it is unmasked.", "Move on after the piece, not before it."),
        (with_starts([total + size for total, size in zip(sums, sizes, strict=True)]), "a piece counted too early.",
         "Move on after the piece, not before it."),
        (with_starts([total + bool(at) for at, total in enumerate(sums)]), "one byte too many.", before),
        (with_starts([total + at for at, total in enumerate(sums)]), "one byte too many after each piece.", before),
        (with_starts([total + 1 for total in sums]), "a count that starts at 1.", "Nothing came before the first."),
        (with_starts([max(0, total - at) for at, total in enumerate(sums)]), "one byte too few after each piece.",
         "len(piece) bytes came. The last of them has the number len(piece) - 1."),
        (with_starts([-total for total in sums]), "a step in the wrong direction.", "Add the length."),
        (b"".join(pieces), "a payload that is still masked.", "XOR each byte with its byte of the key."),
        (xor(pieces[0], key), "only the first piece.", "Is the return inside the loop?"),
        (xor(pieces[-1], key, sums[-1]), "only the last piece.", "Add each piece to the payload: +=."),
        (b"Hello", "the payload of the example, whatever was asked.", "Read the parameter, `pieces`."),
    ]  # fmt: skip
    return explain(got, wanted, slips, ("the wrong byte of the key.", before))


@task(
    "04.6",
    "go on where you were (optional)",
    hints=(
        "Turn the key first, so that it begins with the byte that the piece begins with. The rest is task 4.",
        "turn = start % 4. The turned key begins with key[turn], and what was before that comes at its end.",
        "turned = key[start % 4:] + key[:start % 4], then return mask_fast(piece, turned)",
    ),
)
def go_on(answer):
    for start in (1, 2, 3, 4, 0, 5, 1000, 2**40 + 3):
        for size in LENGTHS:
            judge_masker(answer, os.urandom(size), KEY, start)
            judge_masker(answer, os.urandom(size), os.urandom(4), start)
    judge_speed(answer, 3)
