"""The checks of lesson 01: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer: what it is, the answer, the sign of its card, and words of
the card that name the misconception.
"""

import email
import math

import pytest

from classroom import checks
from classroom.tasks import lesson_01
from tests.answers import right, spin

# ---------------------------------------------------------------- in the lesson: 01.a, 01.b


def one_blank_left(goals, exchange):
    requests = goals
    return requests * ...


def no_return(*args):
    len(args)


LONG = [
    ("a blank left", one_blank_left, "[ ]", "replace each ..."),
    ("one exchange", lambda goals, exchange: exchange, "[x]", "the bytes of one goal"),
    ("twice", lambda goals, exchange: 2 * goals * exchange, "[x]", "request and response counted twice"),
    ("one more", lambda goals, exchange: (goals + 1) * exchange, "[x]", "one question too many"),
    ("requests", lambda goals, exchange: goals, "[x]", "a number of requests instead of bytes"),
    ("goals twice", lambda goals, exchange: goals * goals, "[x]", "a number of requests instead of bytes"),
    ("sum", lambda goals, exchange: goals + exchange, "[x]", "a sum"),
    ("exchange twice", lambda goals, exchange: exchange * exchange, "[x]", "bytes in the place of the number"),
    ("one fewer", lambda goals, exchange: (goals - 1) * exchange, "[x]", "one question too few"),
    ("always ten", lambda goals, exchange: 10 * exchange, "[x]", "ten goals, whatever"),
    ("constant", lambda goals, exchange: 1460, "[x]", "another formula"),
    ("text", lambda goals, exchange: f"{goals * exchange}", "[x]", "a str instead of an int"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("a result", 1460, "[x]", "not a function"),
]

SOCKET = [
    ("a handshake each", lambda g, h, s: g * (h + 2 + s), "[x]", "a handshake for each goal"),
    ("no two bytes", lambda g, h, s: h + g * s, "[x]", "the two bytes before each text left out"),
    ("two bytes once", lambda g, h, s: h + 2 + g * s, "[x]", "the two bytes counted once"),
    ("no handshake", lambda g, h, s: g * (2 + s), "[x]", "the handshake left out"),
    ("one goal", lambda g, h, s: h + 2 + s, "[x]", "the bytes of one goal"),
    ("no texts", lambda g, h, s: h + 2 * g, "[x]", "the texts left out"),
    ("text once", lambda g, h, s: h + g * 2 + s, "[x]", "the text counted once"),
    ("text twice", lambda g, h, s: h + g * 2 * s, "[x]", "each text counted twice"),
    ("an exchange each", lambda g, h, s: g * (h + s), "[x]", "an exchange for each goal"),
    ("six bytes", lambda g, h, s: h + g * (6 + s), "[x]", "another formula"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("two parameters", lambda g, h: h, "[!]", "Did its parameters change?"),
    ("endless", spin, "[!]", "stopped after"),
]


# ---------------------------------------------------------------- the exercise: 01.1, 01.2


READINGS = [
    ("a number", 200, "[x]", "an int instead of four values"),
    ("three values", (200, 3, 14), "[x]", "3 values instead of four"),
    ("a blank left", (200, ..., 14, 4), "[ ]", "still a ..."),
    ("OK", ("OK", 3, 14, 4), "[x]", "the status as text"),
    ("a word", (200, 3, "fourteen", 4), "[x]", "a str where a whole number belongs"),
    ("the version", (1.1, 3, 14, 4), "[x]", "the version taken for the status"),
    ("order", (3, 200, 14, 4), "[x]", "the right values in the wrong order"),
    ("first line", (200, 4, 14, 4), "[x]", "the first line or the empty line counted as a header"),
    ("all lines", (200, 7, 14, 4), "[x]", "all of the lines counted as headers"),
    ("no line ends", (200, 3, 12, 4), "[x]", "the ends of the lines left out"),
    ("two bytes each", (200, 3, 16, 4), "[x]", "two bytes for the end of each line"),
    ("one line", (200, 3, 7, 4), "[x]", "one line of the body"),
    ("some length", (200, 3, 99, 4), "[x]", "the wrong Content-Length"),
    ("goals here", (200, 3, 14, 2), "[x]", "the goals of this response counted"),
    ("next goal", (200, 3, 14, 5), "[x]", "a goal that the client has not seen"),
]

ORDERS = [
    ("a number", 123, "[x]", "not made of the letters A to G"),
    ("another letter", "DGEAFX", "[x]", "not made of the letters A to G"),
    ("no def", "GEAFB", "[x]", "code before the function begins"),
    ("twice", "DGEAFFB", "[x]", "a line used twice"),
    ("no loop", "DGAFB", "[x]", "a function without a loop"),
    ("found in the loop", "DEAFGB", "[x]", "uses `found` before it has a value"),
    ("found under while", "DEGAFB", "[x]", "a line in the wrong place under `while`"),
    ("nothing under while", "DGEB", "[x]", "a line in the wrong place under `while`"),
    ("no start", "DEAFB", "[x]", "uses `found` before it has a value"),
    ("keep before asking", "DGEFAB", "[x]", "uses `goals` before it has a value"),
    ("the other line", "DGEACB", "[x]", "each answer replaces what was found before"),
    ("both lines", "DGEACFB", "[x]", "two lines that keep the goals"),
    ("never kept", "DGEAB", "[x]", "what comes is never kept"),
    ("early return", "DGBEAF", "[x]", "a return before the work is done"),
    ("no return", "DGEAF", "[x]", "never reaches its return"),
]


# ---------------------------------------------------------------- the exercise: 01.3


def splitter(
    cut=lambda data: data.partition(b"\r\n\r\n")[::2],
    status=lambda line: int(line.split(" ")[1]),
    first=1,
    pair=lambda line: line.partition(":")[::2],
    name=str.lower,
    value=str.strip,
    body=lambda body: body,
    out=lambda *parts: parts,
):
    """Return a right split_response, or one with a slip."""

    def split_response(data):
        head, rest = cut(data)
        lines = head.decode("ascii").split("\r\n")
        headers = {}
        for line in lines[first:]:
            key, text = pair(line)
            headers[name(key)] = value(text)
        return out(status(lines[0]), headers, body(rest))

    return split_response


def decodes_everything(data):
    text = data.decode("ascii")
    head, _, body = text.partition("\r\n\r\n")
    return splitter()(data)[:2] + (body.encode("ascii"),)


def body_as_text(data):
    status, headers, body = splitter()(data)
    return status, headers, body.decode("ascii")


def headers_as_bytes(data):
    status, headers, body = splitter()(data)
    return status, {name.encode(): value.encode() for name, value in headers.items()}, body


kept = {}


def headers_left_over(data):
    status, headers, body = splitter()(data)
    kept.update(headers)
    return status, kept, body


SPLITTERS = [
    ("no return", no_return, "[x]", "a function without a return"),
    ("a dict", lambda data: splitter()(data)[1], "[x]", "a dict instead of a tuple"),
    ("two values", lambda data: splitter()(data)[:2], "[x]", "2 values instead of three"),
    ("order", lambda data: splitter()(data)[::-1], "[x]", "the right values in the wrong order"),
    ("status as text", splitter(status=lambda line: line.split(" ")[1]), "[x]", "the status as text"),
    ("whole first line", splitter(status=str), "[x]", "the status as text"),
    ("int of the words", splitter(status=lambda line: int(line.split(" ")[2])), "[!]", "is split at spaces"),
    ("capitals", splitter(name=str), "[x]", "names with capitals"),
    ("spaces", splitter(value=str), "[x]", "white space around a value"),
    ("lower values", splitter(value=lambda text: text.strip().upper()), "[x]", "values whose case was changed"),
    ("all colons", splitter(pair=lambda line: line.split(":")), "[!]", "A value may hold a colon"),
    ("cut at each colon", splitter(pair=lambda line: line.split(":")[:2]), "[x]", "a value cut at its own colon"),
    ("colon and space", splitter(pair=lambda line: line.split(": ")), "[!]", "partition(...) cuts once"),
    ("first line a header", splitter(first=0), "[x]", "the first line taken for a header"),
    ("a header lost", splitter(first=2), "[x]", "a header left out"),
    ("an empty header", splitter(pair=lambda line: ("", line)), "[x]", "an empty line taken for a header"),
    ("left over", headers_left_over, "[x]", "more headers than there are"),
    ("first letter", splitter(value=lambda text: text[1:]), "[x]", "a value without its first letter"),
    ("index", splitter(pair=lambda line: (line.split(": ")[0], line.split(": ")[1])), "[!]", "no space after a colon"),
    ("call in text", splitter(name=str), "[x]", "HTTP/1.1 200 OK"),
    ("headers as bytes", headers_as_bytes, "[x]", "not text"),
    ("headers as list", splitter(out=lambda s, h, b: (s, list(h), b)), "[x]", "a list for the headers"),
    ("body as text", body_as_text, "[x]", "the body as text"),
    ("all decoded", decodes_everything, "[!]", "The body may be a picture"),
    ("body cut", splitter(cut=lambda data: data.split(b"\r\n\r\n")[:2]), "[x]", "a body that ends too early"),
    ("body stripped", splitter(body=bytes.strip), "[x]", "body that ends too early"),
    (
        "empty line in the body",
        splitter(cut=lambda data: (data.partition(b"\r\n\r\n")[0], data[data.index(b"\r\n\r\n") + 2 :])),
        "[x]",
        "the end of the head in the body",
    ),
    ("three parts", splitter(cut=lambda data: data.split(b"\r\n\r\n")), "[!]", "the body an empty line"),
    ("text and bytes", lambda data: data.split("\r\n"), "[!]", "Text and bytes do not mix"),
]


def split_by_hand(data):
    end = data.index(b"\r\n\r\n")
    lines = data[:end].split(b"\r\n")
    headers = {}
    for line in lines[1:]:
        colon = line.index(b":")
        headers[line[:colon].decode().lower()] = line[colon + 1 :].decode().strip()
    return [int(lines[0][9:12]), headers, bytearray(data[end + 4 :])]


def split_with_email(data):
    head, _, body = data.partition(b"\r\n\r\n")
    first, _, rest = head.partition(b"\r\n")
    headers = email.message_from_bytes(rest)
    return int(first.split()[1]), {name.lower(): value.strip() for name, value in headers.items()}, body


# ---------------------------------------------------------------- the exercise: 01.4, 01.5, 01.6


def each(latency):
    """Return a function for task 01.4 that computes each latency with `latency`."""

    def latencies(moments, interval):
        return [latency(moment, interval) for moment in moments]

    return latencies


def counted_up(moments, interval):
    found = []
    for moment in moments:
        question = 0
        while question < moment:
            question += interval
        found.append(question - moment)
    return found


LATENCIES = [
    ("since the last", each(lambda m, i: m % i), "[x]", "the time since the last question"),
    ("whole interval", each(lambda m, i: i - m % i), "[x]", "a whole interval where the goal comes with a question"),
    ("the last question", each(lambda m, i: m // i * i - m), "[x]", "the last question instead of the next"),
    ("arrival", each(lambda m, i: math.ceil(m / i) * i), "[x]", "the time of arrival"),
    ("number", each(lambda m, i: math.ceil(m / i)), "[x]", "the numbers of the questions"),
    ("average", each(lambda m, i: i / 2), "[x]", "the average for each"),
    ("longest", each(lambda m, i: i), "[x]", "the longest latency for each"),
    ("negative", each(lambda m, i: -1), "[x]", "a negative latency"),
    ("two intervals", each(lambda m, i: 2 * i - m % i), "[x]", "a latency of a whole interval or more"),
    ("off by one", each(lambda m, i: (-m - 1) % i), "[x]", "the wrong latencies"),
    ("first only", lambda moments, i: [-moments[0] % i], "[x]", "1 latencies for 4 goals"),
    ("sorted", lambda moments, i: sorted(-m % i for m in moments), "[x]", "the latencies in another order"),
    ("the mean", lambda moments, i: sum(-m % i for m in moments) / len(moments), "[x]", "a float instead of a list"),
    ("no loop", lambda moments, i: -moments % i, "[!]", "take its goals one by one"),
    ("only the first question", each(lambda m, i: i - m), "[x]", "a negative latency"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("endless", spin, "[!]", "Does the time of the question grow"),
]


def pops(board, after):
    new = []
    while board:
        new.append(board.pop(0))
    return new


def pops_slice(board, after):
    new = board[after:]
    del board[after:]
    return new


told = []


def told_once(board, after):
    new = [goal for goal in board if goal not in told]
    told.extend(new)
    return new


def adds(board, after):
    new = board[after:]
    board.append("asked")
    return new


def by_index(board, after):
    return [board[number] for number in range(after, after + 1)]


NEWS = [
    ("still pops", pops, "[x]", "goals taken off the board"),
    ("pops a slice", pops_slice, "[x]", "goals taken off the board"),
    ("adds", adds, "[x]", "a board that was changed"),
    ("the board", lambda board, after: board, "[x]", "the board itself handed out"),
    ("a copy of it all", lambda board, after: list(board), "[x]", "all goals, whatever the visitor knows"),
    ("known ones", lambda board, after: board[:after], "[x]", "the goals that the visitor knows already"),
    ("one left out", lambda board, after: board[after + 1 :], "[x]", "one goal left out"),
    ("one before", lambda board, after: board[after - 1 :], "[x]", "only the last goal"),
    ("one twice", lambda board, after: board[max(after - 1, 0) :], "[x]", "one goal told twice"),
    ("first new", lambda board, after: board[after : after + 1], "[x]", "one goal only"),
    ("last", lambda board, after: board[-1:], "[x]", "one goal only"),
    ("backwards", lambda board, after: board[after:][::-1], "[x]", "the latest goal first"),
    ("told once", told_once, "[x]", "news told once, to whoever asks first"),
    ("text", lambda board, after: "\n".join(board[after:]), "[x]", "a str instead of a list"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("an index", by_index, "[x]", "one goal only"),
    ("an index too far", lambda board, after: [board[after]] + board[after + 1 :], "[!]", "A slice never fails"),
]


def news_in_a_loop(board, after):
    new = []
    for number, goal in enumerate(board):
        if number >= after:
            new.append(goal)
    return new


def reader(
    ends=lambda line: line == "",
    takes=lambda line: line.startswith("data:"),
    value=lambda line: line[5:].removeprefix(" "),
    glue="\n",
    lines=lambda text: text.split("\n")[:-1],
    without_data=False,
    finish=False,
    close=lambda text: text,
):
    """Return a right read_events, or one with a slip."""

    def read_events(text):
        events, data = [], []
        for line in lines(text):
            if ends(line):
                if data or without_data:
                    events.append(close(glue.join(data)))
                data = []
            elif takes(line):
                data.append(value(line))
        if finish and data:
            events.append(glue.join(data))
        return events

    return read_events


def line_by_line(text):
    return [line[5:].removeprefix(" ") for line in text.split("\n") if line.startswith("data:")]


def blocks(text):
    events = []
    for block in text.split("\n\n")[:-1]:
        data = [line[5:].removeprefix(" ") for line in block.split("\n") if line.startswith("data:")]
        if data:
            events.append("\n".join(data))
    return events


EVENTS = [
    ("split's last piece", reader(lines=lambda text: text.split("\n")), "[x]", "a '' that is not a line"),
    ("each line", line_by_line, "[x]", "an event for each data line"),
    ("glued without", reader(glue=""), "[x]", "data lines joined in another way"),
    ("glued with a space", reader(glue=" "), "[x]", "data lines joined in another way"),
    ("a line end too many", reader(close=lambda text: text + "\n"), "[x]", "a line end too many"),
    ("the space kept", reader(value=lambda line: line[5:]), "[x]", "the wrong white space"),
    ("all space gone", reader(value=lambda line: line[5:].strip()), "[x]", "the wrong white space"),
    ("one letter too many", reader(value=lambda line: line[6:]), "[x]", "a value that was cut"),
    ("the last piece", reader(value=lambda line: line.split(":")[-1].strip()), "[x]", "a value that was cut"),
    ("the name kept", reader(value=lambda line: line), "[x]", "the name of the field left in the data"),
    ("comments", reader(takes=lambda line: line[:5] in ("data:", ": are"), value=str), "[x]", "the name of the field"),
    (
        "a comment",
        reader(takes=lambda line: True, value=lambda line: line.partition(":")[2].removeprefix(" ")),
        "[x]",
        "a comment taken for data",
    ),
    (
        "other fields",
        reader(
            takes=lambda line: not line.startswith(":"), value=lambda line: line.partition(":")[2].removeprefix(" ")
        ),
        "[x]",
        "another field taken for data",
    ),
    ("unfinished", reader(finish=True), "[x]", "an event that is not over"),
    ("empty events", reader(without_data=True), "[x]", "an event without data"),
    ("first only", lambda text: reader()(text)[:1], "[x]", "events left out"),
    (
        "too many values",
        reader(value=lambda line: [part.removeprefix(" ") for _, part in [line.split(":")]][0]),
        "[!]",
        "partition(':')",
    ),
    ("the first letter", reader(ends=lambda line: line[0] == "\n"), "[!]", "An empty line has no first character"),
    ("text", lambda text: "\n".join(reader()(text)), "[x]", "a str instead of a list"),
    ("no return", no_return, "[x]", "a function without a return"),
]

WRONG = {
    "01.a": LONG,
    "01.b": SOCKET,
    "01.1": READINGS,
    "01.2": ORDERS,
    "01.3": SPLITTERS,
    "01.4": LATENCIES,
    "01.5": NEWS,
    "01.6": EVENTS,
}


RIGHT = [
    *right("01.a", plain=lambda goals, exchange: goals * exchange, floats=lambda g, e: float(g * e)),
    *right("01.a", loop=lambda goals, exchange: sum(exchange for _ in range(goals))),
    *right("01.b", plain=lambda g, h, s: h + g * (2 + s), spread=lambda g, h, s: h + 2 * g + s * g),
    *right("01.b", other_names=lambda goals, start, size: sum([start] + [size + 2] * goals)),
    *right("01.1", tuple=(200, 3, 14, 4), list=[200, 3, 14, 4], hexes=(0xC8, 3, 0xE, 4)),
    *right("01.2", plain="DGEAFB", lower="dgeafb", commas="D, G, E, A, F, B", list=list("DGEAFB")),
    *right("01.3", plain=splitter(), by_hand=split_by_hand, email=split_with_email),
    *right("01.3", once=splitter(pair=lambda line: line.split(":", 1))),
    *right("01.4", modulo=each(lambda m, i: -m % i), twice=each(lambda m, i: (i - m % i) % i), counted=counted_up),
    *right("01.4", ceil=each(lambda m, i: math.ceil(m / i) * i - m), floats=each(lambda m, i: float(-m % i))),
    *right("01.5", slice=lambda board, after: board[after:], loop=news_in_a_loop),
    *right("01.5", copy=lambda board, after: board.copy()[after:]),
    *right("01.6", plain=reader(), blocks=blocks),
]


@pytest.mark.parametrize(
    "task, answer, sign, phrase",
    [pytest.param(task, *row[1:], id=f"{task} {row[0]}") for task, rows in WRONG.items() for row in rows],
)
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    kept.clear()
    told.clear()
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
    strange = ["", b"", b"\x81", (), [], {}, 0, -1, 1.5, True, object(), "x" * 500, (None,) * 4, [[]], 2**80, int]
    strange += [
        (1, 2, 3, "4"),
        ("", [], {}, 1.5),
        [None, b""],
        float("nan"),
        (200, {}, 5),
        (200, {1: 2}, b""),
        [1, "a"],
    ]
    for value in strange:
        for answer in (value, lambda *args, value=value: value):
            text = card(task, answer)
            assert text[:3] in ("[x]", "[!]", "[ ]")
            assert "fault of its own" not in text


def test_every_order_of_the_lines_has_its_words(card):
    """Whatever subset of the lines comes in whatever order, the check says something, and only one order passes."""
    import itertools

    passed = set()
    for size in range(1, 8):
        for letters in itertools.permutations("ABCDEFG", size):
            if letters[0] == "D" and (size > 4 or letters[-1] in "BE"):
                text = card("01.2", "".join(letters))
                assert "fault of its own" not in text
                if checks.passed("01.2"):
                    passed.add("".join(letters))
    assert passed == {"DGEAFB"}


def test_the_tasks_of_the_lesson_are_these():
    checks._find("01.1")
    names = {name for name in checks._tasks if name.startswith("01.")}
    assert names == set(WRONG)
    assert all(len(checks._tasks[name].hints) == 3 for name in names)
    assert lesson_01.site((1, 2))[1] == ["goal 1", "goal 2", "goal 3"]
