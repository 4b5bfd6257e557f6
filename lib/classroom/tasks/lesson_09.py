"""The tasks of lesson 09, Proving it.

Evidence is data: bytes for a server to send, and what a right client must make of them. It is
tried on both clients in a thread with an event loop of its own, so no answer can make it hang.
"""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

from pocketws.exceptions import ProtocolError
from pocketws.frames import FrameParser, decode_close, encode_header

from .. import suspects
from ..broken_client import BrokenClient
from ..checks import NotStarted, Stopped, Wrong, call_text, task
from ..evidence import RESPONSE, trial
from ..judging import Text, attempt_with, must_be, must_have, readable, with_article
from ..mended import FAULTS, mended
from ..small_client import AsyncWebsocketClient

# ---------------------------------------------------------------- in the lesson

WIRE = bytes.fromhex("81 05 48 65 6c 6c 6f 89 02 68 69")


class Reader:
    """A right reader of frames that keeps what it was given."""

    __name__ = "read_all"

    def __init__(self):
        self.calls = []

    def __call__(self, pieces):
        if not isinstance(pieces, list | tuple) or not all(isinstance(piece, bytes) for piece in pieces):
            raise TypeError("read_all() takes a list of bytes")
        self.calls.append(list(pieces))
        parser, found = FrameParser(masked=False), []
        try:
            for piece in pieces:
                parser.feed(piece)
                found += [bytes(frame.data) for frame in iter(parser.next_frame, None)]
        except ProtocolError:
            found.append("no frame")
        return found

    def __repr__(self):
        return "read_all"


def alone(pieces):
    """Read each piece as if it were the whole: wrong."""
    return [found for piece in pieces for found in Reader()([piece])]


def turned(pieces):
    """Put what comes in two pieces into the wrong order: wrong."""
    return Reader()(pieces)[:: 1 if len(pieces) == 1 else -1]


@task(
    "09.a",
    "a cut changes nothing",
    hints=(
        "On the left the wire in one piece. On the right two: what comes before the cut, and what comes from it on.",
        "wire[:cut] is what comes before. The second piece starts where the first one ends.",
        "The blanks, in order: wire, wire[cut:].",
    ),
)
def cut_changes_nothing(answer):
    for cut in (0, 1, 4, 7, 8, len(WIRE)):
        reader = Reader()
        call = call_text(answer, reader, WIRE, cut)
        got = attempt_with(PROPERTY_CRASHES, answer, reader, WIRE, cut)
        judge_pieces(reader.calls, cut, call)
        must_be(bool, got, call, "It is what == gives.")
        if not got:
            idea = "This reader is right: for any cut the answer must be True."
            raise Wrong("a property that accuses a right reader.", idea, call=call, expected=True, got=got)
        for wrong in (alone, turned):
            expected = wrong([WIRE]) == wrong([WIRE[:cut], WIRE[cut:]])
            got = attempt_with(PROPERTY_CRASHES, answer, wrong, WIRE, cut)
            if got != expected:
                idea = "This reader is wrong. Compare all that came of the whole with all that came of the pieces."
                call = call_text(answer, Text(wrong.__name__), WIRE, cut)
                raise Wrong("a property that is never False.", idea, call=call, expected=expected, got=got)


PROPERTY_CRASHES = (("takes a list of bytes", "Even one piece comes in a list: [wire]."),)


def judge_pieces(calls, cut, call):
    """Raise Wrong unless the reader was called with the whole, and with the two pieces."""
    wanted = [WIRE[:cut], WIRE[cut:]]
    pieces = [each for each in calls if each != [WIRE] or wanted == [WIRE]]
    if [WIRE] not in calls:
        raise Wrong("a whole that was never read.", "read_all([wire]) reads it in one piece.", call=call)
    if wanted in calls:
        return
    got = pieces[-1] if pieces else [WIRE]
    joined = b"".join(got)
    looks, idea = "pieces that are not the two sides of the cut.", "wire[:cut], then wire[cut:]."
    if sorted(got) == sorted(wanted):
        looks, idea = "the pieces in the wrong order.", "First what comes before the cut."
    elif len(joined) < len(WIRE):
        looks, idea = "bytes lost between the pieces.", "The second piece starts where the first ends: at cut."
    elif len(joined) > len(WIRE):
        looks, idea = "bytes that come twice.", "The second piece starts where the first ends: at cut."
    elif joined == WIRE:
        looks, idea = "a cut in another place.", "Cut the wire at `cut`."
    raise Wrong(looks, idea, call=call, expected=wanted, got=got)


def answered(read, data):
    """Return what the reader gives, or the name of its exception."""
    try:
        return read(data)
    except Exception as error:
        return type(error).__name__


def backwards(payload):
    """Return the code of a Close payload, its bytes in the wrong order."""
    if len(payload) == 1:
        raise ProtocolError("half a code", "5.5.1")
    return int.from_bytes(payload[:2], "little"), payload[2:].decode()


def plain(payload):
    """Return code and reason of a Close payload, read without care."""
    return (int.from_bytes(payload[:2], "big"), payload[2:].decode()) if payload else (1005, "")


PAYLOADS = (b"", b"\x03\xe8", b"\x03", b"\x03\xe8bye", b"\x03\xe8\xff", b"\x0f\xa0", b"\x03\xed")


@task(
    "09.b",
    "find a difference",
    hints=(
        "Go through the inputs. For each, get both answers, and compare.",
        "An exception is an answer, too: answer(suspect, data) turns it into its name. Return the input, no answer.",
        "for data in inputs: if answer(suspect, data) != answer(trusted, data): return data. "
        "After the loop: return None.",
    ),
)
def find_a_difference(answer):
    for suspect, trusted in ((plain, decode_close), (backwards, decode_close), (decode_close, decode_close)):
        inputs = list(PAYLOADS)
        different = [data for data in inputs if answered(suspect, data) != answered(trusted, data)]
        wanted = different[0] if different else None
        call = f"{getattr(answer, '__name__', 'answer')}({suspect.__name__}, {trusted.__name__}, inputs)"
        try:
            got = attempt_with(DIFFERENCE_CRASHES, answer, suspect, trusted, inputs)
        except Stopped as stopped:
            stopped.details["call"] = call
            raise
        if got != wanted or type(got) is not type(wanted):
            looks, idea = difference_misconception(got, wanted, different, suspect, trusted)
            raise Wrong(looks, idea, call=call, expected=wanted, got=readable(got) if got is not None else None)


DIFFERENCE_CRASHES = (
    ("ProtocolError", "To refuse bad bytes is right, and an answer: answer(trusted, data) gives it as a name."),
    (
        "UnicodeDecodeError|IndexError",
        "A reader may crash, and that is what you look for. Call it by answer(suspect, data).",
    ),
    ("NameError.*'answer'", "answer is in the cell above: run that one first."),
)


def difference_misconception(got, wanted, different, suspect, trusted):
    """Return (looks, idea) for the wrong input `got`."""
    if isinstance(got, bool):
        return "True or False instead of the input.", "Return data: someone has to repeat it."
    if got is None and wanted == PAYLOADS[0]:
        return "no difference found.", "Compare what answer() gives for both."
    if got is None:
        return (
            "a search that ends too early, or never returns what it found.",
            "return None belongs after the loop. Where two answers differ, return data.",
        )
    if wanted is None:
        return "a difference where there is none.", "Two equal answers agree, also where both are ProtocolError."
    if got == different:
        return "all differences instead of the first.", "Return the first one, alone."
    if got == different[-1]:
        return "the last difference instead of the first.", "Return at once, inside the loop."
    if isinstance(got, int):
        return "a number instead of the input.", "Return data itself."
    if got in (answered(suspect, wanted), answered(trusted, wanted)):
        return "an answer instead of the input.", "Return data: what went in, not what came out."
    if got in different:
        return (
            "a search for crashes only.",
            "An answer may be wrong without any exception: compare the two, whatever they are.",
        )
    if isinstance(got, bytes) and got in PAYLOADS:
        return "an input on which both agree.", "Return data only where the two answers differ."
    return "something other than an input.", "Return one of the inputs, as it is."


# ---------------------------------------------------------------- in the exercise

A, B, C, D = "['Hi', None]", "['H', 'i', None]", "[None]", "an exception"

SCRIPTS = (
    # (bytes, right letter, {wrong letter: what it looks like}, idea)
    (
        "81 02 48 69",
        "A",
        {"C": "a whole message that is not delivered."},
        "81 02 is a whole text, and its two bytes are there.",
    ),
    (
        "01 01 48 80 01 69",
        "A",
        {"B": "each fragment taken for a message.", "D": "fragments refused."},
        "01 has FIN 0, and 80 goes on with it: one text in two pieces. Every client must take them (section 5.4).",
    ),
    (
        "81 05 48 69",
        "C",
        {"A": "half a message taken for a whole one.", "D": "the end of TCP taken for an error of the program."},
        "05 bytes are announced, and two came. This text was never whole.",
    ),
    (
        "81 02 48 69 81 01 ff",
        "A",
        {"C": "a good message lost because of the next one.", "D": "an exception for what the server did wrong."},
        "The first text is whole and good: it is delivered. Then comes one that is not UTF-8.",
    ),
    (
        "c1 02 48 69",
        "C",
        {"A": "a reserved bit let through.", "D": "an exception for what the server did wrong."},
        "c is 1100: FIN, and RSV1. No extension gave that bit a meaning, so the connection fails (section 5.2).",
    ),
)


@task(
    "09.1",
    "say what a right client does",
    hints=(
        "For each line: is there a whole message? Is every rule kept? A connection that fails ends in None.",
        "Line 2 is one message in two pieces. In line 3 bytes are missing. What comes before a fault is delivered.",
        "Lines 1, 2 and 4 deliver Hi, and then the end. Lines 3 and 5 deliver nothing.",
    ),
)
def say_what_is_right(answer):
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    if not isinstance(answer, str | list | tuple) or not letters or not set(letters) <= set("ABCD"):
        idea = "Write one of A to D for each line, such as 'DCBAD'."
        raise Wrong("an answer that is not made of the letters A to D.", idea, got=readable(answer))
    if len(letters) != len(SCRIPTS):
        raise Wrong(f"{len(letters)} letters instead of five.", "Five lines, so five letters.", got=answer)
    for number, (given, (_, right, slips, idea)) in enumerate(zip(letters, SCRIPTS, strict=True), 1):
        if given != right:
            raise Wrong(slips.get(given, f"another end of line {number}."), f"Line {number}: {idea}", got=answer)


# ---- a test that catches faults


def encoder(
    form=lambda length: 0 if length < 126 else 2 if length < 65536 else 8, order="big", key=lambda key: key, bit=0x80
):
    """Return an encode_header, right, or with a fault; form: the extra bytes of a length."""

    def encode(opcode, length, fin=True, mask_key=b""):
        extra = form(length)
        second = {0: length & 0x7F, 2: 126, 8: 127}[extra] | (bit if mask_key else 0)
        more = (length % 256**extra).to_bytes(extra, order)
        return bytes([0x80 | opcode, second]) + more + key(mask_key)

    return encode


def forms(first, second):
    return lambda length: 0 if length <= first else 2 if length <= second else 8


# what is wrong with an encoder: (the encoder, what a test needs to see it)
FAULTY = {
    "puts 126 into the seven bits": (encoder(forms(126, 65535)), "Try lengths at the borders, 126 among them."),
    "puts 65536 into two bytes": (encoder(forms(125, 65536)), "Try lengths at the borders, 65536 among them."),
    "writes the length backwards": (encoder(order="little"), "Compare header.length with the length that went in."),
    "forgets the bit MASK": (encoder(bit=0), "Try with a key, and compare header.mask_key with it."),
    "writes the key backwards": (
        encoder(key=lambda key: key[::-1]),
        "Compare header.mask_key with the key; and take one that differs from itself backwards.",
    ),
}


@task(
    "09.2",
    "write a test that catches them",
    hints=(
        "A length has three forms. Faults sit where one form ends and the next begins. And a key may be there or not.",
        "The next form begins at 126 and at 65536: try these, and one less. A key is any four bytes. "
        "After decoding, two values must be what went in.",
        "length: rng.choice([0, 125, 126, 127, 65535, 65536]). key: rng.choice([b'', b'abcd']). "
        "The condition: header is None or header.length != length or header.mask_key != key.",
    ),
)
def write_a_test(answer):
    for seed in range(3):
        got = tested(answer, encode_header, "encode_header", seed)
        if got is not None:
            idea = "encode_header of pocketws is right, so there is nothing to find. Is the condition upside down?"
            raise Wrong("a test that accuses a right encoder.", idea, expected=None, got=readable(got))
    for what, (encode, idea) in FAULTY.items():
        got = tested(answer, encode, "encode", 9)
        if got is None:
            raise Wrong(
                f"a test that lets an encoder pass which {what}.",
                idea,
                expected=Text("the input that shows it"),
                got=got,
            )
        if not isinstance(got, tuple | list) or len(got) != 2:
            raise Wrong(
                "an answer that no one can repeat.", "Return the pair (length, key) that shows it.", got=readable(got)
            )


def tested(answer, encode, name, seed):
    """Return what the student's test finds in an encoder."""
    try:
        return attempt_with(TEST_CRASHES, answer, encode, random.Random(seed))
    except Stopped as stopped:
        stopped.details["call"] = f"{getattr(answer, '__name__', 'find_fault')}({name}, random.Random({seed}))"
        raise


TEST_CRASHES = (
    ("'NoneType' has no len|can't concat", "A key is b'' or exactly four bytes."),
    (
        "choice\\(\\) takes|has no len\\(\\)",
        "rng.choice takes one list: rng.choice([1, 2]). A key is b'' or exactly four bytes, no number.",
    ),
    (
        "'NoneType' object has no attribute",
        "decode_header gives None for half a header. Ask for that first, then `or`.",
    ),
    ("masking key is 4 bytes", "A key is b'' or exactly four bytes."),
    (
        "negative|OverflowError|range\\(0, 256\\)|shorter than 2",
        "No payload is shorter than 0 bytes, or has 2**63 or more.",
    ),
    ("has no attribute", "The fields of a header are fin, rsv, opcode, length, mask_key and size."),
    ("ellipsis", "Replace each ... with your code."),
)


# ---- evidence


def tried(client_class, *args, **kwargs):
    """Return what was Seen in a trial, run in a thread, since a notebook's event loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(trial(client_class, *args, **kwargs))).result()


# report: (fault, what the report is about)
REPORTS = {
    "A": ("cut", "a message that a lost connection has cut"),
    "B": ("text", "a text that is not UTF-8"),
    "C": ("large", "a message that is too large"),
    "D": ("length", "a length in more bytes than it needs"),
}
TOLD = {fault: f"This is report {letter}" for letter, (fault, _) in REPORTS.items()} | {
    "fragments": "This fault was found in the lesson: the suspect knows no fragments",
    "rsv": "This fault was found in the lesson: the suspect ignores reserved bits",
}
MOST = 1 << 23  # bytes of evidence


def parts_of(answer, letters, example):
    """Return the answer, a dict with these keys. Raises NotStarted or Wrong unless it is one, without blanks."""
    must_have(letters, answer, f"It is a dict with the keys {', '.join(letters)}: {example}.")
    return answer


def blank(value):
    return value is ... or (isinstance(value, list | tuple) and ... in value)


@task(
    "09.3",
    "prove four reports",
    hints=(
        "For each report, ask which bytes make it happen. The server ends TCP after them. "
        "Then write down what recv() must give: what is whole and good, then None.",
        "A: announce more bytes than you send. B: ff is never part of UTF-8. C: the header alone announces the size, "
        "in the eight bytes after 7f. D: a payload of two bytes, with its length in the two bytes after 7e.",
        "A: 81 05 48 69. B: 81 01 ff. C: 82 7f 00 00 00 00 00 30 00 00. D: 81 7e 00 02 48 69. All four end in [None].",
    ),
)
def prove_four_reports(answer):
    answer = parts_of(answer, REPORTS, '"A": (bytes.fromhex("..."), [...])')
    if all(blank(value) for value in answer.values()):
        raise NotStarted("Write the evidence for report A first. The check judges what is there.")
    for letter, (fault, about) in REPORTS.items():
        if not blank(answer[letter]):
            judge_evidence(letter, fault, about, answer[letter])
    missing = [letter for letter in REPORTS if blank(answer[letter])]
    if missing:
        done = [letter for letter in REPORTS if letter not in missing]
        raise Wrong(idea=f"{', '.join(done)}: proved. Still without evidence: {', '.join(missing)}.")


def judge_evidence(letter, fault, about, given):
    """Raise Wrong unless `given`, (bytes, what recv() must give), shows the `fault` and accuses no right client."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        idea = f"{letter} needs a pair: the bytes, and the list of what recv() must give."
        raise Wrong("evidence that is not a pair.", idea, got=readable(given))
    sends, expected = given
    call = f"{letter}: {call_text(trial, sends)}" if isinstance(sends, bytes) else f"report {letter}"
    if not isinstance(sends, bytes | bytearray):
        raise Wrong(
            f"{with_article(type(sends))} instead of bytes.", 'bytes.fromhex("81 02 48 69") makes bytes.', call=call
        )
    if sends and not bytes(sends).strip(b"0123456789abcdefABCDEF "):
        idea = 'b"81" is the two characters 8 and 1. bytes.fromhex("81") is one byte.'
        raise Wrong("hex digits instead of the bytes they stand for.", idea, call=call)
    if len(sends) > MOST:
        raise Wrong("very long evidence.", "A header is enough to announce a large message.", call=call)
    if not isinstance(expected, list):
        idea = "Everything that recv() gives, one after the other: a list, such as ['Hi', None]."
        raise Wrong(f"{with_article(type(expected))} instead of a list.", idea, call=call, got=readable(expected))
    if any(isinstance(each, BaseException | type) for each in expected):
        idea = "A right client lets no exception out of recv() for what a server does. Write what it should give."
        raise Wrong("what the suspect does, not what is right.", idea, call=call, got=Text(repr(expected)))
    if expected[-1:] != [None]:
        idea = "The server ends TCP after your bytes. So the last thing that recv() gives is None."
        raise Wrong("a list without its end.", idea, call=call, got=expected)
    right = tried(AsyncWebsocketClient, bytes(sends)).received
    suspect = tried(BrokenClient, bytes(sends)).received
    if right != expected:
        raise Wrong(*accused(right, expected, suspect), call=call, expected=shown(right), got=expected)
    if suspect == expected:
        idea = (
            f"Report {letter} is about {about}. With these bytes both clients give what is right: they prove nothing."
        )
        raise Wrong("bytes that make no difference.", idea, call=call, got=shown(suspect))
    found = [name for name in FAULTS if tried(mended([name]), bytes(sends)).received == expected]
    if found == [fault]:
        return
    if fault in found:
        other = next(name for name in found if name != fault)
        idea = f"Another fault would explain it, too. {TOLD[other]}. Leave out what {letter} does not need."
        raise Wrong("evidence that may be for either of two faults.", idea, call=call, got=shown(suspect))
    if found:
        idea = f"{TOLD[found[0]]}. Report {letter} is about {about}."
        raise Wrong("evidence for another fault.", idea, call=call, got=shown(suspect))
    idea = "The suspect stumbles over two things here. Leave out what report " + letter + " does not need."
    raise Wrong("evidence for two faults at once.", idea, call=call, got=shown(suspect))


def shown(received):
    """Return what a client received, as it stands in a card."""
    return Text(repr(received))


def accused(right, expected, suspect):
    """Return (looks, idea) for evidence on which the right client does not do what was `expected` of it."""
    if expected == suspect:
        return "what the suspect does, not what is right.", "The second half says what a right client must give."
    if not all(each is None or isinstance(each, str | bytes) for each in expected):
        return "something that recv() never gives.", "recv() gives a str, bytes, or None."
    if len(expected) > len(right):
        return "more messages than these bytes hold.", "Which of them is whole and breaks no rule?"
    if len(expected) < len(right):
        return "a message left out.", "What is whole and good is delivered, also before a fault."
    return "evidence against a right client.", "A right client gives something else for these bytes. Who is wrong?"


@task(
    "09.4",
    "prove two more",
    hints=(
        "E: change one line, so that it answers another key. F: look at the URL of the report. What is missing in it?",
        "E: the suspect looks whether the header is there, not what it says. "
        "F: the part after the port begins with ?, and a right client puts the missing / before it.",
        'E: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" as the last line. F: ("?token=7", "/?token=7").',
    ),
)
def prove_two_more(answer):
    answer = parts_of(answer, "EF", '"E": [lines], "F": ("...", "...")')
    if blank(answer["F"]) and answer["E"] == list(RESPONSE):
        raise NotStarted("Change the response of E, or replace the dots of F. The check judges what is there.")
    if answer["E"] != list(RESPONSE):
        judge_response(answer["E"])
    if not blank(answer["F"]):
        judge_tail(answer["F"])
    if blank(answer["F"]):
        raise Wrong(idea="E: proved. Still without evidence: F.")
    if answer["E"] == list(RESPONSE):
        raise Wrong(idea="F: proved. Still without evidence: E.")


def judge_response(lines):
    """Raise Wrong unless a right client refuses this response, and the suspect takes it."""
    if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
        idea = "E is a list of lines, each a str, without \\r\\n at its end."
        raise Wrong("something other than a list of lines.", idea, got=readable(lines))
    if any("\r" in line or "\n" in line for line in lines):
        raise Wrong(
            "a line with a line end of its own.", "The server adds \\r\\n to each line, and the empty line.", got=lines
        )
    if not all(line.isascii() for line in lines) or "" in lines:
        raise Wrong(
            "a line that is empty, or not ASCII.",
            "The lines of a head are plain text; leave the last one out.",
            got=lines,
        )
    right_refuses, suspect_refuses = (
        isinstance(tried(client, response=lines).received[0], Exception)
        for client in (AsyncWebsocketClient, BrokenClient)
    )
    if right_refuses and not suspect_refuses:
        return
    if not right_refuses:
        idea = "A right client opens the connection with this response. Which line proves that the server read our key?"
        raise Wrong("a response that is right.", idea, got=lines)
    idea = "The suspect refuses it as well, so it proves nothing. Change only the one line that depends on the key."
    accept = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("sec-websocket-accept:")]
    if not any(accept):
        idea = (
            "The suspect sees that Sec-WebSocket-Accept is missing or empty. "
            "Leave it in, with a value that answers another key."
        )
    raise Wrong("a response that both refuse.", idea, got=lines)


def judge_tail(given):
    """Raise Wrong unless (tail, what to ask for) shows that the suspect asks for something else."""
    if not isinstance(given, tuple | list) or len(given) != 2 or not all(isinstance(each, str) for each in given):
        idea = "F is a pair of str: what follows the port in the URL, and what a right client then asks for."
        raise Wrong("evidence that is not a pair of str.", idea, got=readable(given))
    tail, expected = given
    call = f'the URL "ws://127.0.0.1:8765{tail}"'
    if tail[:1] not in ("", "/", "?"):
        raise Wrong(
            "what no WebSocket URL has behind its port.",
            "After the port comes a path, with /, or a query, with ?.",
            call=call,
            got=tail,
        )
    right, suspect = (tried(client, tail=tail).asked for client in (AsyncWebsocketClient, BrokenClient))
    if not right:
        raise Wrong(
            "a URL that no client takes.", "Write plain letters, without spaces and without #.", call=call, got=tail
        )
    if expected != right and expected == suspect:
        idea = "The second half says what a right client must ask for."
        raise Wrong("what the suspect does, not what is right.", idea, call=call, expected=right, got=expected)
    if expected != right:
        idea = "The request asks for a path, which begins with /, and for the query after it (RFC 6455 section 3)."
        if expected.startswith("ws:"):
            idea = "The request holds only the part from the path on, not the whole URL."
        raise Wrong("a request that a right client does not make.", idea, call=call, expected=right, got=expected)
    if suspect == expected:
        idea = "The suspect asks for the same. Look at the URL in report F: which part does it not have?"
        raise Wrong("a URL that makes no difference.", idea, call=call, got=suspect)


# ---- shrinking


def has(*values):
    """Return a function that tells whether each of the byte `values` is in the data."""

    def fails(data):
        return all(value in data for value in values)

    return fails


def knotted(data):
    """Fail where 1 is in it, and 2 only together with 3: so 3 can go only after 2 has gone."""
    return 1 in data and (2 not in data or 3 in data)


def crashes(data):
    """Fail where the suspect's reader crashes on a text."""
    return answered(suspects.read_frame, data) == "UnicodeDecodeError"


SHRINKS = (
    # (input, fails, a name for the card)
    (b"\x05\x06\xff\x07\x08", has(255), "ff is in it"),
    (b"\x01\x05\x06\x02\x07", has(1, 2), "01 and 02 are in it"),
    (bytes(range(40, 60)), lambda data: len(data) >= 3, "it has 3 bytes or more"),
    (b"\x09\x03\x02\x01\x08", knotted, "01 is in it, and 02 only beside 03"),
    (b"\x08\x01\x02\x03\x09", knotted, "01 is in it, and 02 only beside 03"),  # for who goes from the end
    (b"\x01\x02\x03\x04", lambda data: data == b"\x01\x02\x03\x04", "it is just this"),
    (b"\x81\x04ab\xffd", crashes, "read_frame raises UnicodeDecodeError"),
    (b"", lambda data: True, "it fails always"),
)


@task(
    "09.5",
    "make it small",
    hints=(
        "Leave out one byte. Does it still fail? Then go on with the shorter one. If not, try the next place.",
        "data[:at] + data[at + 1:] is the data without the byte at `at`. "
        "After a success, begin again at 0: what could not go before may go now.",
        "at = 0. while at < len(data): shorter = data[:at] + data[at + 1:]; if fails(shorter): data, at = shorter, 0; "
        "else: at += 1. Then return data.",
    ),
)
def make_it_small(answer):
    for data, fails, what in SHRINKS:
        call = f"{getattr(answer, '__name__', 'shrink')}(bytes.fromhex('{data.hex(' ')}'), fails)"
        try:
            got = attempt_with(SHRINK_CRASHES, answer, data, fails)
        except Stopped as stopped:
            stopped.details["call"] = call
            raise
        must_be(bytes | bytearray, got, call, "It is the shorter input.")
        looks, idea = shrink_misconception(bytes(got), data, fails)
        if looks:
            raise Wrong(looks, f"{idea} Here an input fails if {what}.", call=call, got=bytes(got))


SHRINK_CRASHES = (
    (
        "support item (assignment|deletion)|no attribute '(pop|remove)'",
        "bytes cannot be changed. Make new ones: data[:at] + data[at + 1:].",
    ),
    ("can't concat int|concat", "data[at] is a number. The slice data[:at] is bytes."),
    ("IndexError", "The data gets shorter while you go on."),
    ("RecursionError", "A call that calls itself needs an end: when no byte can go, return data."),
)


def shrink_misconception(got, data, fails):
    """Return (looks, idea) for a wrong result, or ("", "")."""
    if not fails(got):
        return "an input that does not fail any more.", "Keep the shorter one only if fails(shorter)."
    rest = iter(data)
    if not all(byte in rest for byte in got):
        return "an input with bytes that were not there.", "Leave bytes out, change none, and keep their order."
    for at in range(len(got)):
        if fails(got[:at] + got[at + 1 :]):
            if got == data:
                return "an input that did not get shorter.", "Keep the shorter one where it still fails."
            if knotted is fails:
                return "only one round.", "Begin again after each success: what could not go before may go now."
            return "an input that could be shorter.", f"The byte {got[at]:02x} could go, and it would still fail."
    return "", ""


# ---- a fuzzer

SAMPLES = (b"\x81\x05Hello", b"\x88\x02\x03\xe8", b"\x89\x02hi")
PLANTED = {
    "KeyError": "Flip bits in the first byte: some opcodes have no name.",
    "UnicodeDecodeError": "Replace a byte of a payload by any other, up to 255.",
    "IndexError": "This one is rare: try 30,000 inputs. Some must have a length that is smaller than it was.",
}


@task(
    "09.6",
    "write a fuzzer (optional)",
    hints=(
        "Two parts: one spoils a sample at random, the other reads it and keeps what it raises.",
        "To spoil: make a bytearray, and set one or two random places to random numbers from 0 to 255. "
        "Then try to read it. except ProtocolError: pass. except Exception as error: keep the input.",
        "found = {}; for _ in range(30000): data = bytearray(rng.choice(samples)); for _ in range(rng.randint(1, 2)): "
        "data[rng.randrange(len(data))] = rng.randrange(256); then try: read(bytes(data)), and the two excepts; "
        "found.setdefault(type(error).__name__, bytes(data)). Return found.",
    ),
)
def write_a_fuzzer(answer):
    call = f"{getattr(answer, '__name__', 'fuzz')}(read_frame, samples, rng)"
    for seed in (1, 2):
        try:
            got = attempt_with(FUZZ_CRASHES, answer, suspects.read_frame, list(SAMPLES), random.Random(seed))
        except Stopped as stopped:
            stopped.details["call"] = call
            raise
        must_be(dict, got, call, "Its keys are names of errors, its values the inputs.")
        judge_found(got, call)


FUZZ_CRASHES = (
    ("ProtocolError", "ProtocolError is the right answer to bad bytes. Catch it, and go on."),
    (
        "KeyError|UnicodeDecodeError|invalid start byte|bytes? index out",
        "This is one of the faults: catch it, and keep the input.",
    ),
    ("IndexError", "Is this your own code, or the reader's? Catch what read() raises."),
    ("unhashable", "A key is the name of the error: type(error).__name__."),
    ("item assignment", "bytes cannot be changed, a bytearray can."),
    ("range\\(0, 256\\)", "A byte is a number from 0 to 255."),
)


def judge_found(got, call):
    """Raise Wrong unless each of the planted errors is in `got`, with an input that raises it."""
    for name, data in got.items():
        if name == "ProtocolError" or name is ProtocolError:
            raise Wrong("a refusal taken for a fault.", "ProtocolError is the right answer to bad bytes.", call=call)
        if not isinstance(name, str):
            raise Wrong("keys that are not names.", "type(error).__name__ is the name of an error.", call=call)
        if not isinstance(data, bytes | bytearray):
            raise Wrong("values that are not inputs.", "Keep the bytes that went in: they are the evidence.", call=call)
        seen = answered(suspects.read_frame, bytes(data))
        if seen != name:
            idea = f"Kept under {name}, but read_frame answers {seen if isinstance(seen, str) else 'without an error'}."
            raise Wrong("an input that does not raise this error.", idea, call=call, got=bytes(data))
    for name, idea in PLANTED.items():
        if name not in got:
            raise Wrong(
                f"a fuzzer that never meets {name}.", idea, call=call, expected=sorted(PLANTED), got=sorted(got)
            )
