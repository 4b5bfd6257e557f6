"""The checks of lesson 05: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[x]" or "[!]",
and words of the card that name the misconception.
"""

import codecs
import os

import pytest

from classroom import checks
from classroom.tasks import lesson_05
from pocketws.frames import CLOSE_CODES, OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, Frame, decode_close
from pocketws.utf8 import Utf8Decoder
from tests.answers import right, spin, wrong

# ---------------------------------------------------------------- 05.a


def pinger(name="ping", data=lambda frame: frame.data, opcode=OP_PONG, payload=lambda frame: frame.data, more=None):
    """Return a right on_ping, or one with a slip."""

    def on_ping(endpoint, frame):
        endpoint.events.append((name, data(frame)))
        if opcode is not None:
            endpoint.send(opcode, payload(frame))
        if more:
            more(endpoint, frame)

    return on_ping


def blank(endpoint, frame):
    endpoint.events.append(("ping", frame.data))
    endpoint.send(..., frame.data)


def swapped(endpoint, frame):
    endpoint.events.append(("ping", frame.data))
    endpoint.send(frame.data, OP_PONG)


def append_two(endpoint, frame):
    endpoint.events.append("ping", frame.data)


def send_a_frame(endpoint, frame):
    endpoint.events.append(("ping", frame.data))
    endpoint.send(Frame(OP_PONG, frame.data))


def closes(endpoint, frame):
    endpoint.open = False


PINGS = [
    ("a blank left", blank, "[ ]", "replace each ..."),
    ("ping back", pinger(opcode=OP_PING), "[x]", "a ping frame as the answer. A ping asks, a pong answers"),
    ("empty pong", pinger(payload=lambda frame: b""), "[x]", "a pong frame with another payload. Send back frame.data"),
    ("fixed payload", pinger(payload=lambda frame: b"pong"), "[x]", "a pong frame with another payload"),
    ("no answer", pinger(opcode=None), "[x]", "no pong frame sent"),
    ("two answers", pinger(more=lambda it, frame: it.send(OP_PONG, frame.data)), "[x]", "2 frames sent"),
    ("the frame as data", pinger(data=lambda frame: frame), "[x]", "an event with other data"),
    ("the opcode as data", pinger(data=lambda frame: OP_PING), "[x]", "an event with other data"),
    ("the frame as payload", pinger(payload=lambda frame: frame), "[!]", "takes the opcode first"),
    ("a str as payload", pinger(payload=lambda frame: "hi"), "[!]", "takes the opcode first"),
    ("swapped", swapped, "[!]", "takes the opcode first, such as OP_PONG"),
    ("frame.payload", pinger(data=lambda frame: frame.payload), "[!]", "The payload of a frame is frame.data"),
    ("named pong", pinger(name="pong"), "[x]", "another name of the event. It is called 'ping'"),
    ("closes", pinger(more=closes), "[x]", "a connection that a ping closes"),
    ("a part", pinger(more=lambda it, frame: it.parts.append(frame.data)), "[x]", "a ping taken for a part"),
    (
        "not masked",
        pinger(opcode=None, more=lambda it, frame: setattr(it, "output", b"\x8a\x00")),
        "[x]",
        "no masked frame",
    ),
    ("append with two values", append_two, "[!]", "append takes one value"),
    ("a Frame sent", send_a_frame, "[!]", "takes the opcode first, such as OP_PONG"),
    ("endless", spin, "[!]", "stopped after"),
]


def ping_by_hand(endpoint, frame):
    endpoint.events += [("ping", bytes(frame.data))]
    endpoint.output += Frame(OP_PONG, frame.data).serialize(os.urandom(4))


# ---------------------------------------------------------------- 05.b


def closer(code=lambda data: int.from_bytes(data[:2], "big"), reason=lambda data: data[2:].decode(), **slips):
    """Return a right on_close, or one with a slip."""
    empty = slips.get("empty", (1005, ""))
    pair = slips.get("pair", lambda code, reason: ("close", (code, reason)))
    payload = slips.get("payload", lambda data: data)

    def on_close(endpoint, frame):
        found = (code(frame.data), reason(frame.data)) if frame.data or empty is None else empty
        endpoint.events.append(pair(*found))
        if payload is not None:
            endpoint.send(slips.get("opcode", OP_CLOSE), payload(frame.data))
        endpoint.open = slips.get("open", False)

    return on_close


def empty_body(endpoint, frame):
    """Report the code and the reason, answer, and take no more frames."""
    ...  # your code here


CLOSES = [
    ("the stub", empty_body, "[ ]", "write its body"),
    ("little-endian", closer(lambda data: int.from_bytes(data[:2], "little")), "[x]", "read backwards"),
    ("one byte", closer(lambda data: data[0]), "[x]", "one byte taken for the code"),
    ("code as bytes", closer(lambda data: data[:2]), "[x]", "a code that is not a number"),
    ("whole payload as code", closer(lambda data: int.from_bytes(data, "big")), "[x]", "the wrong code"),
    ("reason as bytes", closer(reason=lambda data: bytes(data[2:])), "[x]", "a reason that is still bytes"),
    ("str() of the reason", closer(reason=lambda data: str(bytes(data[2:]))), "[x]", "a reason made by str()"),
    ("reason with the code", closer(reason=lambda data: data.decode()), "[!]", "The first two bytes are the code"),
    ("reason cut wrongly", closer(reason=lambda data: data[3:].decode()), "[x]", "the wrong reason"),
    ("None as reason", closer(reason=lambda data: data[2:].decode() or None), "[x]", "a reason that is not a str"),
    ("empty not treated", closer(empty=None), "[x]", "a code read from an empty payload"),
    ("empty crashes", closer(lambda data: data[0] * 256 + data[1], empty=None), "[!]", "It may be empty"),
    ("1006 for empty", closer(empty=(1006, "")), "[x]", "1006 for an empty Close frame"),
    ("None for empty", closer(empty=(None, "")), "[x]", "None for a code that did not come"),
    ("None as the empty reason", closer(empty=(1005, None)), "[x]", "a reason that is not ''"),
    ("1000 for empty", closer(empty=(1000, "")), "[x]", "a code read from an empty payload"),
    ("1005 sent", closer(payload=lambda data: data or b"\x03\xed"), "[x]", "1005 put on the wire"),
    ("1000 sent", closer(payload=lambda data: b"\x03\xe8"), "[x]", "a close frame with another payload"),
    ("no answer", closer(payload=None), "[x]", "no close frame sent"),
    ("pong sent", closer(opcode=OP_PONG), "[x]", "a pong frame as the answer. A Close frame is answered"),
    ("still open", closer(open=True), "[x]", "an endpoint that still takes frames"),
    ("swapped", closer(pair=lambda code, reason: ("close", (reason, code))), "[x]", "code and reason swapped"),
    ("three values", closer(pair=lambda code, reason: ("close", code, reason)), "[x]", "an event that is not a pair"),
    ("no name", closer(pair=lambda code, reason: (code, reason)), "[x]", "another name of the event"),
    ("only the code", closer(pair=lambda code, reason: ("close", code)), "[x]", "something other than a pair"),
    ("a list", closer(pair=lambda code, reason: ("close", [code, reason])), "[x]", "a list instead of a tuple"),
]


def close_with_the_library(endpoint, frame):
    endpoint.events.append(("close", decode_close(frame.data)))
    endpoint.send(OP_CLOSE, frame.data)
    endpoint.open = False


def close_step_by_step(endpoint, frame):
    code = frame.data[0] * 256 + frame.data[1] if len(frame.data) > 1 else 1005
    endpoint.open = False
    endpoint.send(OP_CLOSE, bytes(frame.data))
    endpoint.events.append(("close", (code, str(frame.data[2:], "utf-8"))))


# ---------------------------------------------------------------- 05.1, 05.2


VERDICTS = [
    ("a ping as a fault", "DBCDA", "[x]", "a ping between fragments taken for a fault"),
    ("a ping as a message", "BBCDA", "[x]", "a ping taken for a new message"),
    ("binary as the rest", "AACDA", "[x]", "a binary frame taken for the rest of a text"),
    ("82 as continuation", "ACCDA", "[x]", "82 taken for a continuation"),
    ("continuation as message", "ABADA", "[x]", "a continuation taken for a message"),
    ("ping in pieces let through", "ABCAA", "[x]", "a ping with FIN 0 let through"),
    ("half a character", "ABCDE", "[x]", "a cut character taken for a fault"),
    ("another letter", "ABCDB", "[x]", "another verdict on line 5"),
    ("four letters", "ABCD", "[x]", "4 letters instead of five"),
    ("numbers", [1, 2, 3, 4, 5], "[x]", "not made of the letters"),
    ("a blank", ..., "[ ]", "Replace the dots"),
]

ORDERS = [
    ("FIN first", "BAEFCD", "[x]", "a ping taken for a part"),
    ("part before ping", "BACDEF", "[x]", "a ping taken for a part"),
    ("part last", "BCDEFA", "[x]", "a part that is kept too late"),
    ("part never", "BCDEF", "[x]", "parts that are never kept"),
    ("G", "BCDGAEF", "[x]", "only the first fragment kept"),
    ("G for the ping", "BGDAEF", "[x]", "a pong for a text"),
    ("FIN before ping", "BEFCDA", "[x]", "a ping taken for the end of the message"),
    ("no FIN", "BCDAF", "[x]", "a message that does not wait for FIN"),
    ("returns swapped", "BCFAED", "[x]", "the pong in the wrong case"),
    ("no ping", "BAEF", "[x]", "a ping without an answer of its own"),
    ("no def first", "CDBAEF", "[x]", "code before the function begins"),
    ("twice", "BCDAEFA", "[x]", "a line used twice"),
    ("if last", "BCDAFE", "[x]", "a last line with nothing under it"),
    ("if under if", "BCGDAEF", "[x]", "an if right under an if"),
    ("another letter", "BCDAEX", "[x]", "not made of the letters"),
]


# ---------------------------------------------------------------- 05.3


def joiner(**slip):
    """Return a right join, or one with a slip of lesson_05.joined."""

    def join(frames):
        return lesson_05.joined(frames, **slip)

    return join


def decode_each(frames):
    found, message, kind = [], None, None
    for frame in frames:
        if frame.opcode < OP_CLOSE:
            if frame.opcode != OP_CONT:
                kind, message = frame.opcode, "" if frame.opcode == OP_TEXT else b""
            message += frame.data.decode() if kind == OP_TEXT else frame.data
            if frame.fin:
                found.append(message)
    return found


def one_return(frames):
    parts = []
    for frame in frames:
        if frame.opcode < OP_CLOSE:
            parts.append(frame.data)
            if frame.fin:
                return [b"".join(parts).decode()]


def str_join(frames):
    return ["".join(frame.data for frame in frames)]


def kind_by_exact_text(frames):
    found, parts = [], []
    for frame in frames:
        if frame.opcode == OP_PING:
            continue
        parts.append(frame.data)
        if frame.fin:
            found.append(b"".join(parts))
            parts = []
    return found


def unset(frames):
    for frame in frames:
        parts += [frame.data]  # noqa: F821, F841


JOINS = [
    ("no value before the loop", unset, "[!]", "Set it before the loop"),
    ("each frame", joiner(alone=True), "[x]", "each frame taken for a message"),
    ("kind of the last", joiner(kind="last"), "[x]", "the kind taken from the last frame"),
    ("always bytes", joiner(kind="bytes"), "[x]", "a text that is still bytes"),
    ("always text", joiner(kind="text"), "[x]", "binary data decoded"),
    ("control joined", joiner(control="join"), "[x]", "a control frame taken for a part"),
    ("control loses", joiner(control="lose"), "[x]", "parts lost at a control frame"),
    ("parts kept", joiner(clear=False), "[x]", "parts of an earlier message"),
    ("unfinished", joiner(unfinished=True), "[x]", "a message reported before its end"),
    ("empty left out", joiner(empty=False), "[x]", "empty messages left out"),
    ("decode each part", decode_each, "[!]", "Join the bytes before"),
    ("only ping skipped, bytes", kind_by_exact_text, "[x]", "a text that is still bytes"),
    ("return in the loop", one_return, "[!]", "Is it a text at all"),
    ("str.join", str_join, "[!]", "Parts are bytes"),
    ("no return", lambda frames: print(end=""), "[x]", "a function without a return"),
    ("a tuple", lambda frames: tuple(joiner()(frames)), "[x]", "a tuple instead of a list"),
    ("last only", lambda frames: joiner()(frames)[-1:], "[x]", "only the last message kept"),
    ("endless", spin, "[!]", "stopped after"),
]


def join_with_a_bytearray(frames):
    messages, data, text = [], bytearray(), False
    for frame in [frame for frame in frames if frame.opcode in (OP_TEXT, OP_BINARY, OP_CONT)]:
        text = text if frame.opcode == OP_CONT else frame.opcode == OP_TEXT
        data += frame.data
        if frame.fin:
            messages.append(str(data, "utf-8") if text else data)
            data = bytearray()
    return messages


def join_with_decoders(frames):
    messages, message, decoder = [], None, None
    for frame in frames:
        if frame.opcode == OP_TEXT:
            message, decoder = "", codecs.getincrementaldecoder("utf-8")()
        elif frame.opcode == OP_BINARY:
            message, decoder = b"", None
        elif frame.opcode != OP_CONT:
            continue
        message += decoder.decode(frame.data, frame.fin) if decoder else frame.data
        if frame.fin:
            messages.append(message)
    return messages


# ---------------------------------------------------------------- 05.4


def close_reader(may=None, **slips):
    """Return a right read_close, or one with a slip."""
    may = may or (lambda code: 3000 <= code <= 4999 or code in CLOSE_CODES and code not in (1005, 1006, 1015))

    def read_close(payload):
        if not payload:
            return slips.get("empty", (1005, ""))
        if len(payload) < slips.get("least", 2):
            return None
        code = int.from_bytes(payload[:2], slips.get("order", "big"))
        if not may(code):
            return None
        try:
            reason = payload[2:].decode(errors=slips.get("errors", "strict"))
        except UnicodeDecodeError:
            if slips.get("raises"):
                raise
            return None
        return slips.get("out", lambda code, reason: (code, reason))(code, reason)

    return read_close


def raises(payload):
    found = close_reader()(payload)
    if found is None:
        raise ValueError("not a Close payload")
    return found


READERS = [
    (
        "CLOSE_CODES only",
        close_reader(lambda code: code in CLOSE_CODES and code not in (1005, 1006, 1015)),
        "[x]",
        "of your own",
    ),
    (
        "1005 let through",
        close_reader(lambda code: 3000 <= code <= 4999 or code in CLOSE_CODES),
        "[x]",
        "1005 accepted",
    ),
    (
        "1006 let through",
        close_reader(lambda code: 3000 <= code <= 4999 or code in CLOSE_CODES and code != 1005),
        "[x]",
        "1006 acc",
    ),
    ("any code", close_reader(lambda code: True), "[x]", "1005 accepted from the wire"),
    (
        "1000 to 4999",
        close_reader(lambda code: 1000 <= code <= 4999 and code not in (1005, 1006, 1015)),
        "[x]",
        "a code that may not be sent let through",
    ),
    ("half a code", close_reader(lambda code: True, least=1), "[x]", "half a code let through"),
    ("little-endian", close_reader(lambda code: True, order="little"), "[x]", "read backwards"),
    ("little-endian, judged", close_reader(order="little"), "[x]", "a good payload refused"),
    ("empty refused", close_reader(empty=None), "[x]", "an empty payload refused"),
    ("1006 for empty", close_reader(empty=(1006, "")), "[x]", "1006 for an empty Close frame"),
    ("errors ignored", close_reader(errors="ignore"), "[x]", "a reason that is not UTF-8 let through"),
    ("error goes up", close_reader(raises=True), "[!]", "Use try and except"),
    ("raises", raises, "[!]", "Do not raise"),
    ("a list", close_reader(out=lambda code, reason: [code, reason]), "[x]", "a list instead of a tuple"),
    ("swapped", close_reader(out=lambda code, reason: (reason, code)), "[x]", "code and reason swapped"),
    (
        "reason as bytes",
        close_reader(out=lambda code, reason: (code, reason.encode())),
        "[x]",
        "a reason that is still bytes",
    ),
    ("no return", close_reader(out=lambda code, reason: None), "[x]", "a function without a return"),
    (
        "no case for empty",
        lambda payload: (payload[0] << 8 | payload[1], payload[2:].decode()),
        "[!]",
        "that many bytes",
    ),
]


def read_with_the_library(payload):
    try:
        return decode_close(payload)
    except Exception:
        return None


# ---------------------------------------------------------------- 05.5


def decode_ignoring(pieces):
    return [piece.decode(errors="ignore") for piece in pieces]


def decode_replacing(pieces):
    return [piece.decode(errors="replace") for piece in pieces]


def decode_plainly(pieces):
    return [piece.decode() for piece in pieces]


def new_decoder_each_time(pieces):
    return [Utf8Decoder().decode(piece) for piece in pieces]


def never_final(pieces):
    decoder = Utf8Decoder()
    return [decoder.decode(piece) for piece in pieces]


def always_final(pieces):
    decoder = Utf8Decoder()
    return [decoder.decode(piece, True) for piece in pieces]


def all_at_once(pieces):
    return [b"".join(pieces).decode()]


def all_in_the_last(pieces):
    return [""] * (len(pieces) - 1) + [b"".join(pieces).decode()]


def no_empty_texts(pieces):
    return [text for text in decode_well(pieces) if text]


def catches(pieces):
    try:
        return decode_well(pieces)
    except UnicodeError:
        return []


def returns_text(pieces):
    return "".join(decode_well(pieces))


def decode_well(pieces):
    decoder = codecs.getincrementaldecoder("utf-8")()
    return [decoder.decode(piece, at == len(pieces) - 1) for at, piece in enumerate(pieces)]


def decode_by_hand(pieces):
    texts, tail = [], b""
    for at, piece in enumerate(pieces):
        data, back = tail + piece, 0
        while True:
            try:
                texts.append(data[: len(data) - back].decode())
                break
            except UnicodeDecodeError:
                back += 1
                if back > 3 or at == len(pieces) - 1:
                    raise
        tail = data[len(data) - back :]
    return texts


DECODERS = [
    ("ignore", decode_ignoring, "[x]", "bytes thrown away"),
    ("replace", decode_replacing, "[x]", "characters replaced"),
    ("each by itself", decode_plainly, "[!]", "must remember the bytes"),
    ("a decoder each", new_decoder_each_time, "[!]", "must remember the bytes"),
    ("never final", never_final, "[x]", "a text that ends inside a character let through"),
    ("always final", always_final, "[!]", "True only for the last piece"),
    ("all at once", all_at_once, "[x]", "one text for all pieces"),
    ("all in the last", all_in_the_last, "[x]", "too early or too late"),
    ("no empty texts", no_empty_texts, "[x]", "empty texts left out"),
    ("error caught", catches, "[x]", "a text that is not UTF-8 let through"),
    ("a str", returns_text, "[x]", "a str instead of a list"),
]


# ---------------------------------------------------------------- 05.6


def stepper(**changes):
    """Return a right next_step, or one with changes; keys: "sent_received_role" with 1 for True, 0 for False."""

    def next_step(role, sent, received):
        key = f"s{sent:d}r{received:d}_{role}"
        return changes.get(key, changes.get(key[:4], lesson_05.right_step(role, sent, received)))

    return next_step


NEXT = [
    ("no answer", stepper(s0r1="wait"), "[x]", "a Close frame that gets no answer"),
    ("ends at once", stepper(s0r1="end TCP"), "[x]", "a Close frame that gets no answer"),
    ("answers the answer", stepper(s1r1="send Close"), "[x]", "an answer to an answer"),
    ("both wait", stepper(s1r1_server="wait"), "[x]", "both sides waiting for each other"),
    ("client ends", stepper(s1r1_client="end TCP"), "[x]", "a client that ends TCP first"),
    ("ends before the answer", stepper(s1r0="end TCP"), "[x]", "TCP ended before the answer"),
    ("goes on", stepper(s1r0="go on"), "[x]", "an endpoint that goes on after its Close frame"),
    ("sends twice", stepper(s1r0="send Close"), "[x]", "a second Close frame"),
    ("goes on after both", stepper(s1r1="go on"), "[x]", "goes on after the closing handshake"),
    ("waits for no one", stepper(s0r0="wait"), "[x]", "waiting for a Close frame that no one asked for"),
    ("closes for no reason", stepper(s0r0="send Close"), "[x]", "a connection closed without a reason"),
    ("another word", stepper(s0r0="nothing"), "[x]", "none of the four"),
    ("no return", stepper(s0r0=None), "[x]", "a function without a return"),
]


def step_by_table(role, sent, received):
    last = "end TCP" if role == "server" else "wait"
    return {(0, 0): "go on", (1, 0): "wait", (0, 1): "send Close", (1, 1): last}[sent, received]


WRONG = [
    *wrong("05.a", PINGS),
    *wrong("05.b", CLOSES),
    *wrong("05.1", VERDICTS),
    *wrong("05.2", ORDERS),
    *wrong("05.3", JOINS),
    *wrong("05.4", READERS),
    *wrong("05.5", DECODERS),
    *wrong("05.6", NEXT),
]

RIGHT = [
    *right("05.a", plain=pinger(), by_hand=ping_by_hand),
    *right("05.b", plain=closer(), with_the_library=close_with_the_library, other_order=close_step_by_step),
    *right("05.1", text="ABCDA", small="a b c d a", a_list=list("ABCDA")),
    *right("05.2", text="BCDAEF", commas="b, c, d, a, e, f"),
    *right("05.3", plain=joiner(), with_a_bytearray=join_with_a_bytearray, with_decoders=join_with_decoders),
    *right("05.4", plain=close_reader(), with_the_library=read_with_the_library),
    *right("05.5", with_codecs=decode_well, by_hand=decode_by_hand),
    *right("05.6", plain=stepper(), by_table=step_by_table),
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
    """The letters of 05.1 are what pocketws says of the same bytes."""
    from classroom.messages import opened

    sections = {"A": None, "B": "5.4", "C": "5.4", "D": "5.5"}
    lines = ["01 02 48 65 89 00 80 01 79", "01 02 48 65 82 01 79", "80 02 48 69", "89 00 09 00", "01 01 c3 80 01 a9"]
    exercise = (lesson_05.__file__.rsplit("/lib/", 1)[0]) + "/exercises/05_messages.ipynb"
    text = open(exercise).read().replace("` &nbsp; `", " ")
    for line, (letter, _, _) in zip(lines, lesson_05.LINES, strict=True):
        assert f"`{line}`" in text
        library = opened()
        library.receive_data(bytes.fromhex(line))
        assert getattr(library.failure, "section", None) == sections[letter]
