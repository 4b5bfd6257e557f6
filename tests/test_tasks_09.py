"""The checks of lesson 09: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[x]", "[!]" or "[ ]",
and words of the card that name the misconception.
"""

import pytest

from classroom import checks
from classroom.evidence import RESPONSE
from pocketws.exceptions import ProtocolError
from pocketws.frames import OP_BINARY, OP_TEXT, Frame, decode_header, encode_header
from tests.answers import right, spin, wrong

SECONDS = 3  # for one call: a fuzzer takes its time

H = bytes.fromhex

# ---------------------------------------------------------------- 09.a


def cutter(
    first=lambda wire, cut: [wire], second=lambda wire, cut: [wire[:cut], wire[cut:]], result=lambda a, b: a == b
):
    """Return a right cut_changes_nothing, or one with a slip."""

    def cut_changes_nothing(read_all, wire, cut):
        return result(read_all(first(wire, cut)), read_all(second(wire, cut)))

    return cut_changes_nothing


def blank_left(read_all, wire, cut):
    return read_all([wire]) == read_all([wire[:cut], ...])


def only_the_whole(read_all, wire, cut):
    return read_all([wire]) == read_all([wire])


def only_the_pieces(read_all, wire, cut):
    return read_all([wire[:cut], wire[cut:]]) is not None


CUTS = [
    ("a blank left", blank_left, "[ ]", "replace each ..."),
    ("a byte lost", cutter(second=lambda wire, cut: [wire[:cut], wire[cut + 1 :]]), "[x]", "bytes lost between"),
    ("all of it again", cutter(second=lambda wire, cut: [wire[:cut], wire]), "[x]", "bytes that come twice"),
    ("swapped", cutter(second=lambda wire, cut: [wire[cut:], wire[:cut]]), "[x]", "pieces in the wrong order"),
    ("another place", cutter(second=lambda wire, cut: [wire[:3], wire[3:]]), "[x]", "a cut in another place"),
    ("never cut", only_the_whole, "[x]", "a cut in another place"),
    ("never whole", only_the_pieces, "[x]", "a whole that was never read"),
    ("bytes, not a list", cutter(first=lambda wire, cut: wire), "[!]", "Even one piece comes in a list"),
    ("upside down", cutter(result=lambda a, b: a != b), "[x]", "accuses a right reader"),
    ("never False", cutter(result=lambda a, b: True), "[x]", "a property that is never False"),
    ("only the number", cutter(result=lambda a, b: len(a) == len(b)), "[x]", "a property that is never False"),
    ("the lists", cutter(result=lambda a, b: [a, b]), "[x]", "a list instead of a bool"),
    ("no return", cutter(result=lambda a, b: None), "[x]", "a function without a return"),
    ("endless", spin, "[!]", "stopped after"),
]


def cut_in_steps(read_all, wire, cut):
    whole = read_all([wire])
    pieces = read_all([wire[0:cut], wire[cut : len(wire)]])
    return bool(whole == pieces)


# ---------------------------------------------------------------- 09.b


def answer(read, data):
    try:
        return read(data)
    except Exception as error:
        return type(error).__name__


def searcher(what=lambda data, at: data, differs=lambda a, b: a != b, ask=answer, none=None):
    """Return a right first_difference, or one with a slip."""

    def first_difference(suspect, trusted, inputs):
        for at, data in enumerate(inputs):
            if differs(ask(suspect, data), ask(trusted, data)):
                return what(data, at)
        return none

    return first_difference


def empty_body(suspect, trusted, inputs):
    """Return the first of the inputs for which the two readers differ, or None."""
    ...  # your code here


def gives_up(suspect, trusted, inputs):
    for data in inputs:
        if answer(suspect, data) != answer(trusted, data):
            return data
        return None


def the_last(suspect, trusted, inputs):
    found = None
    for data in inputs:
        if answer(suspect, data) != answer(trusted, data):
            found = data
    return found


def all_of_them(suspect, trusted, inputs):
    return [data for data in inputs if answer(suspect, data) != answer(trusted, data)]


def the_answer(suspect, trusted, inputs):
    for data in inputs:
        if answer(suspect, data) != answer(trusted, data):
            return answer(suspect, data)


def without_refusals(suspect, trusted, inputs):
    for data in inputs:
        if answer(suspect, data) != answer(trusted, data) and answer(trusted, data) != "ProtocolError":
            return data


def only_crashes(suspect, trusted, inputs):
    for data in inputs:
        if answer(suspect, data) in ("UnicodeDecodeError", "IndexError"):
            return data


def answer_undefined(suspect, trusted, inputs):
    raise NameError("name 'answer' is not defined")


DIFFERENCES = [
    ("the stub", empty_body, "[ ]", "write its body"),
    (
        "without answer()",
        searcher(ask=lambda read, data: read(data)),
        "[!]",
        "answer(trusted, data) gives it as a name",
    ),
    ("True", searcher(what=lambda data, at: True), "[x]", "True or False instead of the input"),
    ("the number", searcher(what=lambda data, at: at), "[x]", "a number instead of the input"),
    ("return in the loop", gives_up, "[x]", "a search that ends too early"),
    ("nothing returned", searcher(what=lambda data, at: None), "[x]", "or never returns what it found"),
    ("the last", the_last, "[x]", "the last difference instead of the first"),
    ("all", all_of_them, "[x]", "all differences instead of the first"),
    ("the answer", the_answer, "[x]", "an answer instead of the input"),
    ("equal ones", searcher(differs=lambda a, b: a == b), "[x]", "an input on which both agree"),
    ("always", searcher(differs=lambda a, b: True), "[x]", "an input on which both agree"),
    ("refusals left out", without_refusals, "[x]", "a search that ends too early"),
    ("only crashes", only_crashes, "[x]", "a search for crashes only"),
    ("False at the end", searcher(none=False), "[x]", "True or False instead of the input"),
    ("answer not defined", answer_undefined, "[!]", "run that one first"),
    ("endless", spin, "[!]", "stopped after"),
]


def difference_with_next(suspect, trusted, inputs):
    return next((data for data in inputs if answer(suspect, data) != answer(trusted, data)), None)


# ---------------------------------------------------------------- 09.1

VERDICTS = [
    ("dots", ..., "[ ]", "not started"),
    ("four letters", "AACA", "[x]", "4 letters instead of five"),
    ("another letter", "AACAX", "[x]", "not made of the letters A to D"),
    ("a number", 5, "[x]", "not made of the letters A to D"),
    ("line 1 lost", "CACAC", "[x]", "a whole message that is not delivered"),
    ("fragments as messages", "ABCAC", "[x]", "each fragment taken for a message"),
    ("fragments refused", "ADCAC", "[x]", "fragments refused"),
    ("half as whole", "AAAAC", "[x]", "half a message taken for a whole one"),
    ("an exception for the end", "AADAC", "[x]", "the end of TCP taken for an error"),
    ("good one lost", "AACCC", "[x]", "a good message lost because of the next one"),
    ("an exception for bad text", "AACDC", "[x]", "an exception for what the server did wrong"),
    ("reserved bit", "AACAA", "[x]", "a reserved bit let through"),
    ("line 5 otherwise", "AACAB", "[x]", "another end of line 5"),
]

# ---------------------------------------------------------------- 09.2


def finder(
    lengths=(0, 125, 126, 127, 65535, 65536), keys=(b"", b"abcd"), wrong=None, result=lambda *pair: pair, tries=300
):
    """Return a right find_fault, or one with a slip."""
    wrong = wrong or (lambda header, length, key: header is None or (header.length, header.mask_key) != (length, key))

    def find_fault(encode, rng):
        for _ in range(tries):
            length, key = rng.choice(lengths), rng.choice(keys)
            header = decode_header(encode(OP_TEXT, length, mask_key=key))
            if wrong(header, length, key):
                return result(length, key)

    return find_fault


def still_blank(encode, rng):
    for _ in range(300):
        length = rng.choice(...)
        header = decode_header(encode(OP_TEXT, length))
        if header is None or ...:
            return length


def no_list(encode, rng):
    for _ in range(300):
        return encode(OP_TEXT, rng.choice(125, 126))


def one_number(encode, rng):
    for _ in range(300):
        return encode(OP_TEXT, rng.choice(126))


TESTS = [
    ("a blank left", still_blank, "[ ]", "replace each ..."),
    ("no list", no_list, "[!]", "rng.choice takes one list"),
    ("one number", one_number, "[!]", "rng.choice takes one list"),
    ("small lengths", finder(lengths=range(126)), "[x]", "lets an encoder pass which puts 126 into the seven bits"),
    ("no border at 65536", finder(lengths=(0, 125, 126, 200)), "[x]", "pass which puts 65536 into two bytes"),
    ("lengths anywhere", finder(lengths=range(70_000)), "[x]", "pass which puts 126 into the seven bits"),
    (
        "length not compared",
        finder(wrong=lambda header, length, key: header is None or header.mask_key != key),
        "[x]",
        "pass which puts 65536 into two bytes",
    ),
    ("no keys", finder(keys=(b"",)), "[x]", "pass which forgets the bit MASK"),
    (
        "key not compared",
        finder(wrong=lambda header, length, key: header is None or header.length != length),
        "[x]",
        "pass which forgets the bit MASK",
    ),
    ("an even key", finder(keys=(b"", b"abba")), "[x]", "pass which writes the key backwards"),
    (
        "None not asked for",
        finder(wrong=lambda header, length, key: (header.length, header.mask_key) != (length, key)),
        "[!]",
        "Ask for that first",
    ),
    (
        "None asked for last",
        finder(wrong=lambda header, length, key: header.length != length or header is None),
        "[!]",
        "Ask for that first",
    ),
    (
        "upside down",
        finder(wrong=lambda header, length, key: header is None or header.length == length),
        "[x]",
        "accuses a right encoder",
    ),
    (
        "payload",
        finder(wrong=lambda header, length, key: header.payload != length),
        "[!]",
        "The fields of a header are",
    ),
    ("a short key", finder(keys=(b"", b"abc")), "[!]", "exactly four bytes"),
    ("None for no key", finder(keys=(None, b"abcd")), "[!]", "A key is b'' or exactly four bytes"),
    ("a key as str", finder(keys=("", "abcd")), "[!]", "A key is b'' or exactly four bytes"),
    ("a key as number", finder(keys=(0, 1)), "[!]", "four bytes, no number"),
    ("a negative length", finder(lengths=(-1, 125)), "[!]", "shorter than 0 bytes"),
    ("2**63", finder(lengths=(0, 1 << 63)), "[!]", "shorter than 0 bytes, or has 2**63"),
    ("True", finder(result=lambda *pair: True), "[x]", "an answer that no one can repeat"),
    ("only the length", finder(result=lambda length, key: length), "[x]", "an answer that no one can repeat"),
    ("endless", spin, "[!]", "stopped after"),
]


def find_in_order(encode, rng):
    for length in (0, 1, 125, 126, 127, 128, 65535, 65536, 65537):
        for key in (b"", rng.randbytes(4), b"\x01\x02\x03\x04"):
            if decode_header(encode(OP_TEXT, length, mask_key=key)) != decode_header(
                encode_header(OP_TEXT, length, mask_key=key)
            ):
                return [length, key]
    return None


# ---------------------------------------------------------------- 09.3

PROOFS = {
    "A": (H("81 05 48 69"), [None]),
    "B": (H("81 01 ff"), [None]),
    "C": (H("82 7f 00 00 00 00 00 30 00 00"), [None]),
    "D": (H("81 7e 00 02 48 69"), [None]),
}
BLANK = dict.fromkeys("ABCD", ...)


def with_one(letter, wire, *claim):
    return PROOFS | {letter: (H(wire), list(claim))}


EVIDENCE = [
    ("dots", BLANK, "[ ]", "Write the evidence for report A first"),
    ("dots in pairs", dict.fromkeys("ABCD", (..., ...)), "[ ]", "Write the evidence for report A first"),
    ("two of four", BLANK | {"A": PROOFS["A"], "C": PROOFS["C"]}, "[x]", "A, C: proved. Still without evidence: B, D"),
    ("a list", list(PROOFS.values()), "[x]", "an answer of another shape"),
    ("a letter missing", {"A": PROOFS["A"]}, "[x]", "an answer of another shape"),
    ("bytes alone", PROOFS | {"A": H("81 05 48 69")}, "[x]", "evidence that is not a pair"),
    ("hex as str", PROOFS | {"A": ("81 05 48 69", [None])}, "[x]", "a str instead of bytes"),
    ("hex as bytes", PROOFS | {"A": (b"81 05 48 69", [None])}, "[x]", "hex digits instead of the bytes"),
    ("no list", PROOFS | {"A": (H("81 05 48 69"), None)}, "[x]", "None instead of a list"),
    ("a list without None", PROOFS | {"A": (H("81 05 48 69"), [])}, "[x]", "a list without its end"),
    (
        "what the suspect does",
        with_one("A", "81 05 48 69", "Hi", None),
        "[x]",
        "what the suspect does, not what is right",
    ),
    (
        "the suspect's exception",
        PROOFS | {"B": (H("81 01 ff"), [UnicodeDecodeError])},
        "[x]",
        "what the suspect does, not what is right",
    ),
    (
        "the name of one",
        with_one("B", "81 01 ff", "UnicodeDecodeError", None),
        "[x]",
        "more messages than these bytes hold",
    ),
    ("a number", with_one("B", "81 01 ff", 1007, None), "[x]", "something that recv() never gives"),
    ("a good text", with_one("B", "81 02 48 69", "Hi", None), "[x]", "bytes that make no difference"),
    ("nothing at all", with_one("A", "", None), "[x]", "bytes that make no difference"),
    ("cut in the header", with_one("A", "81", None), "[x]", "bytes that make no difference"),
    ("too small for C", with_one("C", "82 01 00", b"\0", None), "[x]", "bytes that make no difference"),
    ("a good message left out", with_one("A", "81 02 48 69 81 05 48", None), "[x]", "a message left out"),
    ("half claimed", with_one("A", "81 05 48 69", "Hi there", None), "[x]", "more messages than these bytes hold"),
    ("another text", with_one("A", "81 02 48 69", "Ho", None), "[x]", "evidence against a right client"),
    ("B for A", with_one("A", "81 01 ff", None), "[x]", "This is report B. Report A is about"),
    ("D for C", with_one("C", "81 7e 00 02 48 69", None), "[x]", "This is report D. Report C is about"),
    ("A for D", with_one("D", "81 05 48 69", None), "[x]", "This is report A. Report D is about"),
    ("fragments for A", with_one("A", "01 02 48 69", None), "[x]", "knows no fragments"),
    ("reserved bits for A", with_one("A", "c1 02 48 69", None), "[x]", "ignores reserved bits"),
    ("cut and not UTF-8", with_one("B", "81 05 ff", None), "[x]", "may be for either of two faults"),
    (
        "64 bits and large",
        with_one("C", "82 7f ff 00 00 00 00 00 00 00", None),
        "[x]",
        "may be for either of two faults",
    ),
    (
        "fragments and a cut",
        with_one("A", "01 03 48 65 6c 80 02 6c 6f 81 05 48", "Hello", None),
        "[x]",
        "evidence for two faults at once",
    ),
    ("a cut ping", with_one("A", "89 05 68 69", None), "[x]", "bytes that make no difference"),
    ("very long", PROOFS | {"C": (bytes((1 << 23) + 1), [None])}, "[x]", "very long evidence"),
]

# ---------------------------------------------------------------- 09.4

E = [*RESPONSE[:3], "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
F = ("?token=7", "/?token=7")


def response(*lines):
    return {"E": list(lines), "F": F}


OPENINGS = [
    ("untouched", {"E": list(RESPONSE), "F": (..., ...)}, "[ ]", "Change the response of E"),
    ("only E", {"E": E, "F": (..., ...)}, "[x]", "E: proved. Still without evidence: F"),
    ("only F", {"E": list(RESPONSE), "F": F}, "[x]", "F: proved. Still without evidence: E"),
    ("E alone", {"E": E}, "[x]", "an answer of another shape"),
    ("one text", {"E": "\r\n".join(E), "F": F}, "[x]", "something other than a list of lines"),
    ("line ends", response(*(line + "\r\n" for line in E)), "[x]", "a line with a line end of its own"),
    ("an empty line", response(*E, ""), "[x]", "a line that is empty"),
    ("status 200", response("HTTP/1.1 200 OK", *RESPONSE[1:]), "[x]", "a response that both refuse"),
    ("accept left out", response(*RESPONSE[:3]), "[x]", "Leave it in, with a value that answers another key"),
    ("accept empty", response(*RESPONSE[:3], "Sec-WebSocket-Accept:"), "[x]", "missing or empty. Leave it in"),
    ("two lines changed", response(*RESPONSE[:2], "Connection: close", E[3]), "[x]", "Change only the one line"),
    ("another reason", response("HTTP/1.1 101 Yes", *RESPONSE[1:]), "[x]", "a response that is right"),
    ("a path", {"E": E, "F": ("/chat?token=7", "/chat?token=7")}, "[x]", "a URL that makes no difference"),
    ("a slash", {"E": E, "F": ("/?token=7", "/?token=7")}, "[x]", "a URL that makes no difference"),
    ("nothing behind the port", {"E": E, "F": ("", "/")}, "[x]", "a URL that makes no difference"),
    ("no mark", {"E": E, "F": ("token=7", "/token=7")}, "[x]", "what no WebSocket URL has behind"),
    ("what the suspect asks", {"E": E, "F": ("?token=7", "/")}, "[x]", "what the suspect does, not what is right"),
    ("no slash claimed", {"E": E, "F": ("?token=7", "?token=7")}, "[x]", "a request that a right client does not make"),
    (
        "the whole URL claimed",
        {"E": E, "F": ("?token=7", "ws://a/?token=7")},
        "[x]",
        "holds only the part from the path on",
    ),
    ("a space", {"E": E, "F": ("?token= 7", "/?token= 7")}, "[x]", "a URL that no client takes"),
    ("a str for F", {"E": E, "F": "?token=7"}, "[x]", "evidence that is not a pair of str"),
]

# ---------------------------------------------------------------- 09.5


def from_the_ends(data, fails):
    while len(data) > 1 and fails(data[1:]):
        data = data[1:]
    while len(data) > 1 and fails(data[:-1]):
        data = data[:-1]
    return data


def one_round(data, fails):
    at = 0
    while at < len(data):
        shorter = data[:at] + data[at + 1 :]
        if fails(shorter):
            data = shorter
        else:
            at += 1
    return data


def one_round_from_the_end(data, fails):
    for at in reversed(range(len(data))):
        shorter = data[:at] + data[at + 1 :]
        if fails(shorter):
            data = shorter
    return data


def without_asking(data, fails):
    return data[:1]


def untouched(data, fails):
    return data


def one_byte(data, fails):
    for at in range(len(data)):
        if fails(data[:at] + data[at + 1 :]):
            return data[:at] + data[at + 1 :]
    return data


def deletes(data, fails):
    for at in range(len(data)):
        del data[at]
    return data


def plus_a_number(data, fails):
    for at in range(len(data)):
        if fails(data[:at] + data[at]):
            return data
    return data


def zeros(data, fails):
    return bytes(len(data))


def invents(data, fails):
    return b"\x01\x02\x03\x04" + data


def no_end(data, fails):
    at = 0
    while True:
        if fails(data[:at] + data[at + 1 :]):
            data = data[:at] + data[at + 1 :]


def prints_it(data, fails):
    print(one_round(data, fails))


def calls_itself(data, fails):
    return calls_itself(data, fails)


def off_the_end(data, fails):
    for at in range(len(data)):
        if fails(data[:at] + data[at + 1 :]):
            data = data[:at] + data[at + 1 :]
        data[at]
    return data


def empty_shrink(data, fails):
    """Return the part of `data` (bytes) that still fails, and from which no byte can go."""
    pass  # your code here


SHRINKS = [
    ("the stub", empty_shrink, "[ ]", "write its body"),
    ("from the ends", from_the_ends, "[x]", "an input that could be shorter"),
    ("one round", one_round, "[x]", "only one round"),
    ("one round from the end", one_round_from_the_end, "[x]", "only one round"),
    ("without asking", without_asking, "[x]", "an input that does not fail any more"),
    ("untouched", untouched, "[x]", "an input that did not get shorter"),
    ("one byte only", one_byte, "[x]", "an input that could be shorter"),
    ("zeros", zeros, "[x]", "an input that does not fail any more"),
    ("invents", invents, "[x]", "bytes that were not there"),
    ("deletes in bytes", deletes, "[!]", "bytes cannot be changed"),
    ("plus a number", plus_a_number, "[!]", "data[at] is a number"),
    ("an index too far", off_the_end, "[!]", "gets shorter while you go on"),
    ("no return", prints_it, "[x]", "a function without a return"),
    ("a list", lambda data, fails: list(data), "[x]", "a list instead of bytes"),
    ("calls itself", calls_itself, "[!]", "needs an end"),
    ("endless: no end", no_end, "[!]", "stopped after"),
]


def shrink_again_and_again(data, fails):
    for at in range(len(data)):
        shorter = data[:at] + data[at + 1 :]
        if fails(shorter):
            return shrink_again_and_again(shorter, fails)
    return bytearray(data)


def shrink_until_nothing_changes(data, fails):
    before = None
    while data != before:
        before = data
        data = one_round(data, fails)
    return data


# ---------------------------------------------------------------- 09.6


def crasher(
    kept=lambda data, error: bytes(data),
    key=lambda error: type(error).__name__,
    refusal=ProtocolError,
    spoil=None,
    tries=10_000,
):
    """Return a right find_crashes, or one with a slip."""

    def flip(data, rng):
        for _ in range(rng.randint(1, 2)):
            data[rng.randrange(len(data))] = rng.randrange(256)

    def find_crashes(read, samples, rng):
        found = {}
        for _ in range(tries):
            data = bytearray(rng.choice(samples))
            (spoil or flip)(data, rng)
            try:
                read(bytes(data))
            except refusal:
                pass
            except Exception as error:
                found.setdefault(key(error), kept(data, error))
        return found

    return find_crashes


def nothing_caught(read, samples, rng):
    for _ in range(10_000):
        data = bytearray(rng.choice(samples))
        data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            read(bytes(data))
        except ProtocolError:
            pass


def stops_at_a_refusal(read, samples, rng):
    for _ in range(10_000):
        read(bytes([rng.randrange(256), 1]))


def changes_bytes(read, samples, rng):
    data = rng.choice(samples)
    data[0] = 1


def cuts(data, rng):
    del data[rng.randrange(len(data)) :]


def flips_the_first(data, rng):
    data[0] = rng.randrange(256)


def ascii_only(data, rng):
    data[rng.randrange(len(data))] = rng.randrange(128)


def one_anywhere(data, rng):
    at = rng.randrange(len(data) + 1)
    data[at : at + rng.randrange(2)] = rng.randbytes(1)


def spoil_as_in_the_lesson(data, rng):
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randrange(2)] = rng.randbytes(rng.randrange(2))


def too_large(data, rng):
    data[0] = 256


def noise(read, samples, rng):
    """Pure noise does not get far."""
    found = {}
    for _ in range(20_000):
        data = rng.randbytes(rng.randrange(1, 6))
        name = answer(read, data)
        if isinstance(name, str) and name != "ProtocolError":
            found[name] = data
    return found


CRASHES = [
    ("a list", lambda read, samples, rng: [], "[x]", "a list instead of a dict"),
    ("nothing", lambda read, samples, rng: {}, "[x]", "a fuzzer that never meets KeyError"),
    ("good ones only", crasher(spoil=lambda data, rng: None), "[x]", "a fuzzer that never meets KeyError"),
    ("cuts", crasher(spoil=cuts), "[x]", "a fuzzer that never meets KeyError"),
    ("the first byte", crasher(spoil=flips_the_first), "[x]", "a fuzzer that never meets IndexError"),
    ("the lesson's 2000", crasher(spoil=spoil_as_in_the_lesson, tries=2000), "[x]", "This one is rare: try 30,000"),
    ("noise", noise, "[x]", "a fuzzer that never meets UnicodeDecodeError"),
    ("refusals, too", crasher(refusal=ZeroDivisionError), "[x]", "a refusal taken for a fault"),
    ("errors as keys", crasher(key=type), "[x]", "keys that are not names"),
    ("texts as values", crasher(kept=lambda data, error: str(error)), "[x]", "values that are not inputs"),
    ("other inputs", crasher(kept=lambda data, error: b"\x81\x00"), "[x]", "does not raise this error"),
    ("an error goes up", nothing_caught, "[!]", "catch it, and keep the input"),
    ("a refusal goes up", stops_at_a_refusal, "[!]", "catch it, and keep the input|Catch it, and go on"),
    ("bytes changed", changes_bytes, "[!]", "a bytearray can"),
    ("256", crasher(spoil=too_large), "[!]", "A byte is a number from 0 to 255"),
    ("endless", spin, "[!]", "stopped after"),
]


WRONG = [
    *wrong("09.a", CUTS),
    *wrong("09.b", DIFFERENCES),
    *wrong("09.1", VERDICTS),
    *wrong("09.2", TESTS),
    *wrong("09.3", EVIDENCE),
    *wrong("09.4", OPENINGS),
    *wrong("09.5", SHRINKS),
    *wrong("09.6", CRASHES),
]

LONG = Frame(OP_BINARY, bytes(3_000_000)).serialize()

RIGHT = [
    *right("09.a", plain=cutter(), in_steps=cut_in_steps),
    *right("09.b", plain=searcher(), with_next=difference_with_next),
    *right("09.1", text="AACAC", small="a a c a c", a_list=list("AACAC")),
    *right("09.2", plain=finder(), in_order=find_in_order),
    *right(
        "09.3",
        plain=PROOFS,
        behind_a_good_one=with_one("A", "81 02 48 69 82 7e 01 00 00", "Hi", None),
        with_the_picture=PROOFS | {"C": (LONG, [None])},
        a_surrogate=with_one("B", "81 03 ed a0 80", None),
        sixty_four_bits=with_one("D", "82 7f 00 00 00 00 00 00 00 01 ff", None),
        lists_and_bytearrays={letter: [bytearray(wire), claim] for letter, (wire, claim) in PROOFS.items()},
    ),
    *right(
        "09.4",
        plain={"E": E, "F": F},
        the_key_itself={"E": [*RESPONSE[:3], "Sec-WebSocket-Accept: {key}"], "F": ["?a=b&c", "/?a=b&c"]},
    ),
    *right("09.5", by_itself=shrink_again_and_again, until_nothing_changes=shrink_until_nothing_changes),
    *right(
        "09.6",
        plain=crasher(),
        one_byte=crasher(spoil=one_anywhere),
        as_in_the_lesson=crasher(spoil=spoil_as_in_the_lesson, tries=20_000),
    ),
]


@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert any(part in words for part in phrase.split("|")), words
    assert "fault of its own" not in words
    assert not checks.passed(task)


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}"), card(task, answer)
    assert checks.passed(task)
