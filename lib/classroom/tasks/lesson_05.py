"""The tasks of lesson 05, Messages."""

import os
import random

from pocketws.exceptions import ProtocolError
from pocketws.frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_CONT,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    OPCODE_NAMES,
    Frame,
    FrameParser,
    decode_close,
)
from pocketws.utf8 import Utf8Decoder

from ..cards import ABSENT
from ..checks import Stopped, Wrong, attempt, call_text, task
from ..judging import attempt_with, letters_in_order, must_be, readable, with_article

# ---------------------------------------------------------------- in the lesson


class Endpoint:
    """As the lesson builds it, but without a parser: it keeps what a handler does to it."""

    def __init__(self):
        self.handlers, self.open = {}, True
        self.parts, self.events, self.output = [], [], b""

    def send(self, opcode, payload):
        if not isinstance(opcode, int) or not isinstance(payload, bytes | bytearray | memoryview):
            kinds = f"{with_article(type(opcode))} and {with_article(type(payload))}"
            raise TypeError(f"send() takes an opcode, an int, and a payload, bytes; not {kinds}")
        self.output += Frame(opcode, payload).serialize(os.urandom(4))

    def __repr__(self):
        return "endpoint"

    def sent(self):
        """Return the Frames in the output. Raises Wrong for what is no masked frame."""
        parser = FrameParser(masked=True)
        try:
            parser.feed(bytes(self.output))
            return list(iter(parser.next_frame, None))
        except (ProtocolError, TypeError, ValueError) as error:
            raise Wrong("bytes in the output that are no masked frame.", f"Send with endpoint.send: {error}.") from None


HANDLER_CRASHES = (
    (
        "send\\(\\) (takes|missing)",
        "endpoint.send takes the opcode first, such as OP_PONG, then the payload, such as frame.data.",
    ),
    ("append\\(\\) takes", "append takes one value, so an event needs brackets of its own: append((name, data))."),
    ("has no attribute 'payload'", "The payload of a frame is frame.data."),
    ("IndexError|unpack", "Does this payload have that many bytes? It may be empty."),
    ("UnicodeDecodeError", "The first two bytes are the code, a number. Only what follows is text."),
)


def handled(handler, frame):
    """Return an Endpoint on which the student's handler has handled `frame`."""
    spy = Endpoint()
    attempt_with(HANDLER_CRASHES, handler, spy, frame)
    return spy


def judge_event(spy, name, data, call):
    """Raise Wrong unless the only event is (name, data)."""
    wanted = (name, data)
    if not spy.events:
        raise Wrong("no event.", "endpoint.events.append(...) tells the program.", call=call, expected=[wanted], got=[])
    if len(spy.events) > 1:
        raise Wrong("more than one event.", "One frame, one event.", call=call, expected=[wanted], got=spy.events)
    event = spy.events[0]
    if not isinstance(event, tuple) or len(event) != 2:
        idea = f'An event is a pair: ("{name}", ...), with its own brackets.'
        raise Wrong("an event that is not a pair.", idea, call=call, expected=wanted, got=readable(event))
    if event[0] != name:
        raise Wrong("another name of the event.", f"It is called {name!r}.", call=call, expected=wanted, got=event)
    return event[1]


def judge_answer(spy, opcode, payload, call):
    """Raise Wrong unless the only frame sent has this opcode and payload."""
    sent, name = spy.sent(), OPCODE_NAMES[opcode]
    if not sent:
        idea = f"endpoint.send(opcode, payload) sends a {name} frame."
        if not payload:
            idea = f"Send a {name} frame here as well. Its payload is empty, too."
        raise Wrong(f"no {name} frame sent.", idea, call=call)
    if len(sent) > 1:
        raise Wrong(f"{len(sent)} frames sent.", "One answer is enough.", call=call)
    got = sent[0]
    if got.opcode != opcode:
        other = OPCODE_NAMES[got.opcode]
        idea = "A ping asks, a pong answers." if opcode == OP_PONG else "A Close frame is answered by a Close frame."
        raise Wrong(f"a {other} frame as the answer.", idea, call=call)
    if bytes(got.data) == payload:
        return
    looks, section = f"a {name} frame with another payload.", "5.5.3" if opcode == OP_PONG else "5.5.1"
    idea = f"Send back frame.data, as it came (section {section})."
    if opcode == OP_CLOSE and not payload and got.data[:2] == b"\x03\xed":
        looks, idea = "1005 put on the wire.", "1005 is never sent. An empty Close frame is answered by an empty one."
    raise Wrong(looks, idea, call=call, expected=payload, got=bytes(got.data))


@task(
    "05.a",
    "answer a ping",
    hints=(
        "What does the program want to know of a ping? What does the other side want back?",
        "The event holds the payload, frame.data. The answer has another opcode and the same payload.",
        "The blanks, in order: frame.data, OP_PONG, frame.data.",
    ),
)
def answer_a_ping(answer):
    for payload in (b"hi", b"", bytes(range(125))):
        frame = Frame(OP_PING, payload)
        call = call_text(answer, Endpoint(), frame)
        spy = handled(answer, frame)
        data = judge_event(spy, "ping", payload, call)
        if data != payload:
            idea = "The event holds the payload of the ping: frame.data."
            raise Wrong("an event with other data.", idea, call=call, expected=payload, got=readable(data))
        judge_answer(spy, OP_PONG, payload, call)
        if not spy.open:
            raise Wrong("a connection that a ping closes.", "A ping changes nothing: leave endpoint.open.", call=call)
        if spy.parts:
            raise Wrong(
                "a ping taken for a part.", "A message under way is not touched: leave endpoint.parts.", call=call
            )


@task(
    "05.b",
    "answer a Close frame",
    hints=(
        "Four steps: find code and reason, report them, send the answer, set endpoint.open to False.",
        "If frame.data is empty, code and reason are 1005 and ''. Otherwise the code is in frame.data[:2], "
        "and the reason is frame.data[2:], decoded.",
        'code, reason = int.from_bytes(frame.data[:2], "big"), frame.data[2:].decode(), unless frame.data is empty. '
        'Then endpoint.events.append(("close", (code, reason))), endpoint.send(OP_CLOSE, frame.data), '
        "endpoint.open = False.",
    ),
)
def answer_a_close(answer):
    for payload in (b"\x03\xe8bye", b"\x03\xe9", b"", b"\x0f\xa1" + "à bientôt".encode()):
        frame = Frame(OP_CLOSE, payload)
        call = call_text(answer, Endpoint(), frame)
        spy = handled(answer, frame)
        wanted = tuple(decode_close(payload))
        data = judge_event(spy, "close", wanted, call)
        if data != wanted:
            looks, idea = close_misconception(data, wanted, payload)
            raise Wrong(looks, idea, call=call, expected=wanted, got=readable(data))
        judge_answer(spy, OP_CLOSE, payload, call)
        if spy.open:
            raise Wrong("an endpoint that still takes frames.", "Set endpoint.open to False at the end.", call=call)


def close_misconception(got, wanted, payload):
    """Return (looks, idea) for the wrong pair of code and reason `got`."""
    pair = "It is the pair (code, reason), an int and a str."
    if not isinstance(got, tuple | list) or len(got) != 2:
        return "something other than a pair.", pair
    if isinstance(got, list):
        return "a list instead of a tuple.", pair
    code, reason = got
    if not payload:
        if code == 1006:
            return (
                "1006 for an empty Close frame.",
                "1006 says that no Close frame came. One came, without a code: 1005.",
            )
        if code is None:
            return "None for a code that did not come.", "The program should be told something: 1005."
        if code == 1005:
            return "a reason that is not ''.", "Without a reason, it is '', an empty str."
        return "a code read from an empty payload.", "No payload means no code: report (1005, '')."
    if (reason, code) == wanted:
        return "code and reason swapped.", pair
    if not isinstance(code, int):
        return "a code that is not a number.", "int.from_bytes(frame.data[:2], 'big') makes a number of two bytes."
    if code == int.from_bytes(payload[:2], "little"):
        return "the two bytes of the code read backwards.", "The larger part comes first: 'big'."
    if code in list(payload[:2]):
        return "one byte taken for the code.", "The code has two bytes: frame.data[:2]."
    if code != wanted[0]:
        return "the wrong code.", "The code is in the first two bytes, and only there: frame.data[:2]."
    if isinstance(reason, bytes | bytearray):
        return "a reason that is still bytes.", "The reason is a str: decode it."
    if reason == str(payload[2:]):
        return "a reason made by str().", "str(b'bye') keeps the b and the quotes. Use .decode()."
    if not isinstance(reason, str):
        return "a reason that is not a str.", "Without a reason, it is '', an empty str."
    return "the wrong reason.", "The reason is what follows the two bytes of the code: frame.data[2:], decoded."


# ---------------------------------------------------------------- in the exercise

LINES = (
    # (right letter, {wrong letter: what it looks like}, idea)
    (
        "A",
        {"B": "a ping taken for a new message.", "D": "a ping between fragments taken for a fault."},
        "89 is a whole ping. Control frames may stand between fragments, and 80 goes on with the text.",
    ),
    (
        "B",
        {"A": "a binary frame taken for the rest of a text.", "C": "82 taken for a continuation."},
        "The first frame has FIN 0, so the rest must come as continuations, opcode 0. 82 begins a new message.",
    ),
    (
        "C",
        {"A": "a continuation taken for a message.", "B": "a continuation taken for a new message."},
        "80 is FIN 1 and opcode 0: the last piece. Of what?",
    ),
    (
        "D",
        {"A": "a ping with FIN 0 let through.", "C": "a ping taken for a continuation."},
        "Look at the first bit of 09. A control frame is never cut.",
    ),
    (
        "A",
        {"E": "a cut character taken for a fault.", "C": "80 taken for a piece of nothing."},
        "c3 a9 is one character. Only the whole text has to be UTF-8.",
    ),
)


@task(
    "05.1",
    "judge what comes in",
    hints=(
        "Take one frame at a time. After each, ask: is a message under way? Only FIN 0 leaves one open.",
        "The first hex digit holds FIN: 8 is FIN 1, 0 is FIN 0. The second is the opcode: 0 continues, 9 is a ping.",
        "Lines 1 and 5 break no rule. Line 2 begins anew, line 3 continues nothing, and line 4 cuts a ping.",
    ),
)
def judge_lines(answer):
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    if not isinstance(answer, str | list | tuple) or not letters or not set(letters) <= set("ABCDE"):
        idea = "Write one of A to E for each line, such as 'EDCBA'."
        raise Wrong("an answer that is not made of the letters A to E.", idea, got=readable(answer))
    if len(letters) != len(LINES):
        idea = "Five lines, so five letters. A letter may be used twice, or not at all."
        raise Wrong(f"{len(letters)} letters instead of five.", idea, got=answer)
    for number, (given, (right, slips, idea)) in enumerate(zip(letters, LINES, strict=True), 1):
        if given != right:
            raise Wrong(slips.get(given, f"another verdict on line {number}."), f"Line {number}: {idea}", got=answer)


PARSONS = {
    "A": "    parts.append(frame.data)",
    "B": "def take(parts, frame):",
    "C": "    if frame.opcode == OP_PING:",
    "D": '    return "pong", frame.data',
    "E": "    if frame.fin:",
    "F": '    return "message", b"".join(parts)',
    "G": "    if frame.opcode == OP_TEXT:",
}


@task(
    "05.2",
    "put the lines in order",
    hints=(
        "A ping has FIN 1 as well. What would go wrong if the function looked at FIN first?",
        "First the ping, which leaves the parts alone. Then keep the part. Then see if it was the last.",
        "B C D, then A E F. Line G would keep the first piece only: the others have opcode 0.",
    ),
)
def put_in_order(answer):
    letters = letters_in_order(answer, PARSONS)
    if letters[-1] in "BCEG":
        raise Wrong("a last line with nothing under it.", "What belongs under it?", got=answer)
    function = assemble(letters)
    if function is None:
        raise Wrong("an if right under an if.", "Which line belongs under each of them?", got=answer)
    first, ping, last = Frame(OP_TEXT, b"Hel", fin=False), Frame(OP_PING, b"hi"), Frame(OP_CONT, b"lo")
    parts = []
    for frame, wanted in ((first, None), (ping, ("pong", b"hi")), (last, ("message", b"Hello"))):
        call = f"take({parts}, {frame})"
        got = attempt(function, parts, frame)
        if got != wanted:
            raise Wrong(*order_misconception(letters, frame, got), call=call, expected=wanted, got=got)
    if len(letters) > 6:
        raise Wrong("one line too many.", "It works, but one line never does anything.", got=answer)


def order_misconception(letters, frame, got):
    """Return (looks, idea) for lines that run, but with a wrong result for `frame`."""
    if "G" in letters and got is not None and got[0] == "pong":
        return "a pong for a text.", "Which if lets only pings in?"
    if "G" in letters:
        return "only the first fragment kept.", "The others have opcode 0, so G does not let them in."
    if "D" not in letters or "C" not in letters:
        return "a ping without an answer of its own.", "A ping needs its own if, and its own return."
    if letters.index("C") + 1 != letters.index("D"):
        return "the pong in the wrong case.", "Which line is under the if for a ping?"
    if frame.opcode == OP_PING and got is not None and b"hi" not in got[1]:
        return (
            "a ping taken for the end of the message.",
            "A ping has FIN 1 as well. Deal with it before you ask for FIN.",
        )
    if frame.opcode == OP_PING or (got is not None and b"hi" in got[1]):
        return "a ping taken for a part of the message.", "Deal with the ping before the line that keeps a part."
    if "A" not in letters:
        return "parts that are never kept.", "Which line adds the payload to the parts?"
    if "E" not in letters or letters.index("E") + 1 != letters.index("F"):
        return "a message that does not wait for FIN.", "Which line is under the if for FIN?"
    return "a part that is kept too late.", "Keep the part before you ask if it was the last."


def assemble(letters):
    """Return the function made of the PARSONS lines, or None; the line after an `if` is indented for the student."""
    lines, indent = [], ""
    for letter in letters:
        if indent and letter in "CEG":
            return None
        lines.append(indent + PARSONS[letter])
        indent = "    " if letter in "CEG" else ""
    scope = {"OP_PING": OP_PING, "OP_TEXT": OP_TEXT}
    exec("\n".join(lines), scope)
    return scope["take"]


# ---- reassemble


def cut(opcode, data, *places):
    """Return `data` as a message of several frames, cut at `places`."""
    edges = [0, *places, len(data)]
    pieces = [data[start:end] for start, end in zip(edges, edges[1:], strict=False)]
    last = len(pieces) - 1
    return [Frame(OP_CONT if at else opcode, piece, fin=at == last) for at, piece in enumerate(pieces)]


EURO = "5€ or é".encode()
PING, PONG = Frame(OP_PING, b"hi"), Frame(OP_PONG, b"")


def conversations():
    """Return lists of frames: first those that tell one slip from another, then random ones."""
    hel, lo = cut(OP_TEXT, b"Hello", 3)
    found = [
        [Frame(OP_TEXT, b"Hi")],
        [hel, lo],
        [Frame(OP_BINARY, b"\x00\xff")],
        cut(OP_BINARY, b"\x00\xff", 1),
        [hel, PING, lo],
        cut(OP_TEXT, EURO, 2),
        [hel, lo, Frame(OP_TEXT, b"Hi"), *cut(OP_BINARY, b"abc", 1, 2)],
        [Frame(OP_TEXT, b"Hi"), hel],
        [Frame(OP_TEXT, b"")],
        cut(OP_TEXT, b"end", 0, 3),
        [PING, PONG],
        [PONG, hel, PING, PONG, lo, PING],
    ]
    for _ in range(20):
        frames = []
        for _ in range(random.randrange(1, 4)):
            size = len(EURO)
            places = sorted(random.randrange(size + 1) for _ in range(random.randrange(4)))
            for frame in cut(random.choice((OP_TEXT, OP_BINARY)), EURO, *places):
                frames += [frame] + [PING] * (random.random() < 0.3)
        found.append(frames)
    return found


def joined(frames, control="skip", kind="first", clear=True, unfinished=False, empty=True, alone=False):
    """Return the messages in `frames`; each parameter is a slip that a student may make."""
    messages, parts, opcode = [], [], None
    for frame in frames:
        if frame.opcode >= OP_CLOSE and control == "skip":
            continue
        if frame.opcode >= OP_CLOSE and control == "lose":
            parts = []
            continue
        if frame.opcode < OP_CLOSE and (frame.opcode != OP_CONT or kind == "last" or alone):
            opcode = frame.opcode
        parts.append(frame.data)
        if frame.fin or alone:
            messages.append(converted(b"".join(parts), opcode, kind))
            parts = [] if clear else parts
    if unfinished and parts and clear:
        messages.append(converted(b"".join(parts), opcode, kind))
    return messages if empty else [message for message in messages if message]


def converted(data, opcode, kind):
    is_text = kind == "text" or (kind != "bytes" and opcode == OP_TEXT)
    return data.decode(errors="replace") if is_text else data


JOIN_SLIPS = (
    ({"unfinished": True}, "a message reported before its end.", "Without FIN 1 it is no message yet. Leave it out."),
    ({"alone": True}, "each frame taken for a message.", "Collect the parts until FIN is 1."),
    (
        {"kind": "last"},
        "the kind taken from the last frame.",
        "A continuation does not say text or binary. The first frame does: keep its opcode.",
    ),
    (
        {"kind": "bytes"},
        "a text that is still bytes.",
        "A message that begins with OP_TEXT is a str: decode it when it is whole.",
    ),
    ({"kind": "text"}, "binary data decoded.", "A message that begins with OP_BINARY stays bytes, whatever it holds."),
    (
        {"control": "join"},
        "a control frame taken for a part.",
        "Opcodes from 8 up are control frames. They belong to no message, and their FIN ends none.",
    ),
    ({"control": "lose"}, "parts lost at a control frame.", "A control frame does not touch the message under way."),
    ({"clear": False}, "parts of an earlier message in the next one.", "Begin with no parts after each message."),
    ({"empty": False}, "empty messages left out.", "A message may be empty. It is '' or b'', and counts."),
)


@task(
    "05.3",
    "reassemble messages",
    hints=(
        "Go through the frames, skip control frames, and collect parts. When FIN is 1, join them.",
        "Keep the opcode of the first frame of each message: it tells text from binary. "
        "Decode the joined bytes, not the parts.",
        "if frame.opcode >= OP_CLOSE: continue. if frame.opcode != OP_CONT: kind = frame.opcode. "
        "Append frame.data to parts. If frame.fin: data = b''.join(parts), append data.decode() or data, parts = [].",
    ),
)
def reassemble(answer):
    for frames in conversations():
        wanted = joined(frames)
        listed = [brief(frame) for frame in frames[:8]] + ["…"] * (len(frames) > 8)
        call = f"{getattr(answer, '__name__', 'join')}([{', '.join(listed)}])"
        got = attempt_with(JOIN_CRASHES, answer, frames)
        must_be(list, got, call, "Collect the messages in a list, and return it after the loop.")
        got = [bytes(message) if isinstance(message, bytearray) else message for message in got]
        if got != wanted:
            raise Wrong(*join_misconception(got, wanted, frames), call=call, expected=wanted, got=got)


JOIN_CRASHES = (
    ("can't decode byte 0xff", "Is it a text at all? The opcode of the first frame tells."),
    ("UnicodeDecodeError", "A part may end inside a character. Join the bytes before you decode them."),
    ("can only concatenate|can't concat|sequence item", "Parts are bytes: b''.join(parts) joins them."),
    (
        "UnboundLocalError",
        "This name has no value yet. Set it before the loop; the first frame may be a ping.",
    ),
)


def brief(frame):
    """Return a frame as a few words."""
    return f"{OPCODE_NAMES[frame.opcode]}{'' if frame.fin else ' FIN 0'} {bytes(frame.data)!r}"


def join_misconception(got, wanted, frames):
    """Return (looks, idea) for the wrong messages `got`."""
    for slip, looks, idea in JOIN_SLIPS:
        if got == joined(frames, **slip) and got != wanted:
            return looks, idea
    if got == wanted[-1:]:
        return "only the last message kept.", "Append each message to a list."
    if got == wanted[:1]:
        return "only the first message returned.", "Is the return inside the loop?"
    if len(got) > len(wanted):
        return "too many messages.", "A message ends where FIN is 1, in a frame that is no control frame."
    if len(got) < len(wanted):
        return "too few messages.", "Each FIN 1 of a frame that is no control frame ends a message."
    return "the wrong messages.", "Try it with the frames of the call, and print the parts."


# ---- a Close payload


@task(
    "05.4",
    "read a Close payload",
    hints=(
        "Three cases: no bytes, one byte, two or more. Only the third has a code to look at.",
        "After the code, ask two questions: may it be sent? Is the rest UTF-8? try/except UnicodeDecodeError "
        "answers the second.",
        "code = int.from_bytes(payload[:2], 'big'). It may be sent if 3000 <= code <= 4999, or if it is in CLOSE_CODES "
        "and not in (1005, 1006, 1015). In try: return code, payload[2:].decode(); in except: return None.",
    ),
)
def read_a_close(answer):
    for payload in close_payloads():
        try:
            wanted = tuple(decode_close(payload))
        except ProtocolError:
            wanted = None
        call = call_text(answer, payload)
        got = attempt_with(CLOSE_CRASHES, answer, payload)
        if got == wanted and type(got) in (tuple, type(None), type(decode_close(b""))):
            continue
        looks, idea = (
            refused_misconception(got, payload) if wanted is None else read_misconception(got, wanted, payload)
        )
        raise Wrong(looks, idea, call=call, expected=wanted, got=readable(got) if got is not None else None)


CLOSE_CRASHES = (
    (
        "UnicodeDecodeError",
        "Not every payload is right. Where the reason is not UTF-8, return None. Use try and except.",
    ),
    ("IndexError|unpack", "Does this payload have that many bytes?"),
    ("^(ValueError|ProtocolError|AssertionError|Exception)", "Do not raise: return None."),
)


def close_payloads():
    """Return payloads of Close frames, good and bad, each with one fault at the most."""
    good = [b"\x03\xe8bye", b"\x03\xe9", b"", b"\x0f\xa0" + "été".encode(), b"\x03\xf3" + b"x" * 123]
    good += [code.to_bytes(2, "big") for code in (1014, 3000, 4999)]
    bad = [b"\x03", b"\x03\xe8\xff", b"\x03\xe8" + "é".encode()[:1]]
    bad += [code.to_bytes(2, "big") for code in (1005, 1006, 1015, 999, 0, 1004, 1016, 2999, 5000, 65535)]
    return good + bad


def refused_misconception(got, payload):
    """Return (looks, idea) for an answer `got` to a payload that breaks a rule."""
    if len(payload) == 1:
        return "half a code let through.", "A code has two bytes. One byte breaks the rule: return None."
    code = int.from_bytes(payload[:2], "big")
    if len(payload) > 2:
        return "a reason that is not UTF-8 let through.", "Decode it strictly, and return None where that fails."
    if code in (1005, 1006, 1015):
        return f"{code} accepted from the wire.", "1005, 1006 and 1015 are never sent. So who sends them breaks a rule."
    idea = "Below 3000, only the codes in CLOSE_CODES may be sent. Above 4999, none."
    return "a code that may not be sent let through.", idea


def read_misconception(got, wanted, payload):
    """Return (looks, idea) for a wrong answer `got` to a payload that is right."""
    if got is None and not payload:
        return "an empty payload refused.", "A Close frame need not have a payload. Then the answer is (1005, '')."
    if got is None and wanted[0] >= 3000:
        return (
            "a code of your own refused.",
            "3000 to 4999, both included, are for libraries and programs (section 7.4.2).",
        )
    if got is None:
        return "a good payload refused, or a function without a return.", "Return (code, reason) for this one."
    return close_misconception(got, wanted, payload)


# ---- UTF-8 in pieces


@task(
    "05.5",
    "find the bug",
    hints=(
        "Look at what comes out for the € in `cut_price`. Which bytes did each decode see?",
        "Each piece is decoded as if it were alone. One Utf8Decoder for all pieces remembers half a character.",
        "Make decoder = Utf8Decoder() before the loop. In the loop: decoder.decode(piece, final), "
        "where final is True for the last piece only.",
    ),
)
def find_the_bug(answer):
    for pieces in texts_in_pieces():
        wanted = decoded(pieces)
        call = call_text(answer, pieces)
        try:
            got = attempt_with(DECODER_CRASHES, answer, list(pieces))
        except Stopped as stopped:
            if wanted is None and stopped.details["error"].startswith("Unicode"):
                continue
            raise
        must_be(list, got, call, "Collect the texts in a list, and return it after the loop.")
        if got != wanted:
            looks, idea = decoder_misconception(got, wanted, pieces)
            raise Wrong(looks, idea, call=call, expected=ABSENT if wanted is None else wanted, got=got)


DECODER_CRASHES = (
    ("ends in the middle", "This text is good UTF-8. Say True only for the last piece: others follow here."),
    (
        "UnicodeDecodeError|UnicodeError",
        "This text is good UTF-8. To decode a piece, you must remember the bytes of the one before.",
    ),
)


def texts_in_pieces():
    """Return lists of pieces, good and bad: what no continuation can mend comes last."""
    euro, smile = "€".encode(), "😀".encode()
    good = [
        [b"Hel", b"lo"],
        [b"5" + euro[:1], euro[1:] + b"!"],
        [b"5" + euro[:2], euro[2:] + b"!"],
        [smile[:1], smile[1:2], smile[2:3], smile[3:]],
        [b"a", b"", b"b"],
        ["é".encode()[:1], "é".encode()[1:], "é".encode()],
    ]
    return good + [[b"a\xff", b"b"], [b"ab", b"5" + euro[:2]], [euro[:1], b"a"]]


def decoded(pieces):
    """Return the characters that each piece completes: a list of str, or None if the text is not UTF-8."""
    decoder = Utf8Decoder()
    try:
        return [decoder.decode(piece, at == len(pieces) - 1) for at, piece in enumerate(pieces)]
    except UnicodeError:
        return None


def decoder_misconception(got, wanted, pieces):
    """Return (looks, idea) for the wrong list of texts `got`."""
    whole = b"".join(pieces)
    if any("\ufffd" in text for text in got if isinstance(text, str)):
        return "characters replaced by a question mark.", 'errors="replace" hides what you have lost. Keep the bytes.'
    if wanted is None:
        if pieces[-1].endswith(b"\xe2\x82"):
            return "a text that ends inside a character let through.", "Tell the decoder which piece is the last."
        return "a text that is not UTF-8 let through.", "Let the error of the decoder go up: do not catch it."
    if got == [piece.decode(errors="ignore") for piece in pieces]:
        return "bytes thrown away.", 'errors="ignore" drops half a character, and drops what is wrong as well.'
    if not all(isinstance(text, str) for text in got):
        return "something other than text in the list.", "Each piece gives a str, which may be empty."
    if got == [text for text in wanted if text]:
        return "empty texts left out.", "One str for each piece: '' where it completes no character."
    if got == [whole.decode()]:
        return "one text for all pieces.", "Return one str for each piece, so that a reader can show it at once."
    if "".join(got) == whole.decode():
        return "characters that come out too early or too late.", "Each comes with the piece that completes it."
    return "characters lost or added.", "Make one decoder before the loop, and give it each piece."


# ---- the closing handshake


STEPS = ("go on", "send Close", "wait", "end TCP")


def right_step(role, sent, received):
    """Return what an endpoint does next, by sections 5.5.1 and 7.1.1."""
    if received and not sent:
        return "send Close"
    if sent and received:
        return "end TCP" if role == "server" else "wait"
    return "wait" if sent else "go on"


@task(
    "05.6",
    "close from both sides (optional)",
    hints=(
        "Make a table: two roles, sent or not, received or not. Fill in the eight cases before you write code.",
        "The role matters in one case only: when both Close frames have gone over.",
        "received and not sent: send Close. sent and received: end TCP if the role is server, else wait. "
        "Only sent: wait. Neither: go on.",
    ),
)
def close_from_both_sides(answer):
    for sent, received in ((False, False), (True, False), (False, True), (True, True)):
        for role in ("client", "server"):
            wanted = right_step(role, sent, received)
            call = call_text(answer, role, sent, received)
            got = attempt(answer, role, sent, received)
            must_be(str, got, call, f"It is one of {', '.join(map(repr, STEPS))}.")
            if got != wanted:
                looks, idea = step_misconception(got, role, sent, received)
                raise Wrong(looks, idea, call=call, expected=wanted, got=got)


def step_misconception(got, role, sent, received):
    """Return (looks, idea) for the wrong step `got`."""
    if got not in STEPS:
        return "an answer that is none of the four.", f"The answers are {', '.join(map(repr, STEPS))}."
    if sent and received and got == "send Close":
        return "an answer to an answer.", "If answers were answered, it would never end."
    if sent and received and got == "go on":
        return "an endpoint that goes on after the closing handshake.", "Only TCP is left to end. By which side?"
    if sent and received and role == "server":
        return "both sides waiting for each other.", "Both Close frames have gone over: one side must end TCP now."
    if sent and received:
        return "a client that ends TCP first.", "The server ends it first (section 7.1.1). The client waits for that."
    if received:
        return "a Close frame that gets no answer.", "They sent one, we have not: answer it (section 5.5.1)."
    if sent and got == "send Close":
        return "a second Close frame.", "One is enough. Now the other side has to answer."
    if sent and got == "end TCP":
        return "TCP ended before the answer.", "The other side may still be sending. Wait for its Close frame."
    if sent:
        return "an endpoint that goes on after its Close frame.", "It may not send messages any more (section 5.5.1)."
    if got == "wait":
        return "waiting for a Close frame that no one asked for.", "No Close frame was sent or received: go on."
    return "a connection closed without a reason.", "No Close frame was sent or received: go on."
