"""The tasks of lesson 01, Why WebSockets."""

from ..checks import NotStarted, Stopped, Wrong, attempt, call_text, task
from ..judging import Text, attempt_with, letters_in_order, must_be, not_a_number, readable, with_article

# ---------------------------------------------------------------- in the lesson


def judge_number(answer, args, wanted, slips):
    """Raise Wrong unless answer(*args) is the number `wanted`.

    slips: pairs (wrong number, looks, idea); the first that fits is the likely one.
    """
    call = call_text(answer, *args)
    got = attempt(answer, *args)
    if got is None or not isinstance(got, int | float):
        must_be(int, got, call, "Hand the result back with return." if got is None else "")
    if got == wanted:
        return
    for value, looks, idea in slips:
        if got == value:
            raise Wrong(looks, idea, call=call, expected=wanted, got=got)
    raise Wrong("another formula.", "Say it in words first: what is sent, and how often?", call=call, got=got)


@task(
    "01.a",
    "what long polling sends",
    hints=(
        "How many questions does a long-polling client ask for so many goals? You measured it in section 3.",
        "One for each goal. And an exchange is the bytes of one question and its answer.",
        "The blanks, in order: goals, exchange.",
    ),
)
def long_polling(answer):
    for goals, exchange in ((10, 146), (7, 100), (1, 146), (0, 146)):
        each = "Every goal has a request of its own, and a response."
        slips = (
            (exchange, "the bytes of one goal.", each),
            (2 * goals * exchange, "request and response counted twice.", "An exchange is both of them already."),
            ((goals + 1) * exchange, "one question too many.", "The client stops when it has the last goal."),
            ((goals - 1) * exchange, "one question too few.", "The first goal takes a question, too."),
            (10 * exchange, "ten goals, whatever `goals` is.", "Multiply by the parameter: the number may be another."),
            (goals, "a number of requests instead of bytes.", "Each request costs an exchange."),
            (goals * goals, "a number of requests instead of bytes.", "Each request costs an exchange."),
            (goals + exchange, "a sum.", "One exchange for each goal: that is a product."),
            (exchange * exchange, "bytes in the place of the number of requests.", each),
        )
        judge_number(answer, (goals, exchange), goals * exchange, slips)


@task(
    "01.b",
    "what a WebSocket sends",
    hints=(
        "Some bytes are sent once, whatever happens, and some with each goal.",
        "Once: the handshake. For each goal: two bytes, and its text, which is `size` bytes.",
        "return handshake + goals * (2 + size)",
    ),
)
def websocket(answer):
    for goals, handshake, size in ((10, 398, 7), (25, 400, 20), (1, 398, 6), (0, 398, 6)):
        slips = (
            (goals * (handshake + 2 + size), "a handshake for each goal.", "There is one, when the WebSocket opens."),
            (handshake + goals * size, "the two bytes before each text left out.", "Each goal takes 2 + size bytes."),
            (handshake + goals * size + 2, "the two bytes counted once.", "They come before each text: 2 + size."),
            (handshake + goals * 2 + size, "the text counted once.", "Each goal takes 2 + size bytes."),
            (handshake + goals * 2 * size, "each text counted twice.", "The two bytes are added to it: 2 + size."),
            (goals * (2 + size), "the handshake left out.", "Opening the WebSocket is an HTTP exchange."),
            (handshake + 2 + size, "the bytes of one goal.", "How many goals are there?"),
            (handshake + goals * 2, "the texts left out.", "Each goal takes 2 + size bytes."),
            (goals * (handshake + size), "an exchange for each goal.", "After the handshake nobody asks."),
        )
        judge_number(answer, (goals, handshake, size), handshake + goals * (2 + size), slips)


# ---------------------------------------------------------------- 01.1


FOUR = "Give the status, the number of headers, Content-Length, and the number for `after`, in this order."
READ_RIGHT = (200, 3, 14, 4)

# (name, {wrong value: what it looks like}, idea)
MISREAD = (
    ("status", {1.1: "the version taken for the status."}, "The status is the number after HTTP/1.1."),
    (
        "number of headers",
        {
            4: "the first line or the empty line counted as a header.",
            5: "the first line and the empty line counted as headers.",
            7: "all of the lines counted as headers.",
            2: "one header overlooked.",
            1: "one header alone counted.",
        },
        "A header is a name, a colon and a value. The status has a line of its own, and the empty line ends them.",
    ),
    (
        "Content-Length",
        {
            12: "the ends of the lines left out.",
            13: "one end of a line left out.",
            16: "two bytes for the end of each line.",
            15: "the empty line counted in part.",
            18: "the empty line counted in the body.",
            7: "one line of the body.",
            2: "lines counted instead of bytes.",
        },
        "It counts every byte after the empty line. In this body a line ends with one byte, \\n.",
    ),
    (
        "number for after",
        {
            2: "the number of the last question, or the goals of this response counted.",
            3: "the first goal of the response.",
            5: "a goal that the client has not seen.",
            0: "a client that starts anew.",
        },
        "`after` names the last goal that the client knows.",
    ),
)


@task(
    "01.1",
    "read a response",
    hints=(
        "One line for the status, then the headers, then an empty line, then the body.",
        "A header has a name and a colon. For Content-Length, count the bytes of 'goal 3\\n', and add the other line.",
        "200 and three headers. Each line of the body has 6 letters and an end: 7. The last goal it knows is goal 4.",
    ),
)
def read_a_response(answer):
    if not isinstance(answer, tuple | list):
        raise Wrong(f"{with_article(type(answer))} instead of four values.", FOUR, got=readable(answer))
    if len(answer) != 4:
        raise Wrong(f"{len(answer)} values instead of four.", FOUR, got=answer)
    if ... in answer:
        raise NotStarted("There is still a ... among your four values.")
    if isinstance(answer[0], str):
        raise Wrong("the status as text.", "Write it as a number.", got=answer)
    if odd := not_a_number([value for value in answer if not isinstance(value, float)]):
        raise Wrong(odd, "Each of the four is a number.", got=answer)
    if sorted(answer) == sorted(READ_RIGHT) and tuple(answer) != READ_RIGHT:
        raise Wrong("the right values in the wrong order.", FOUR, got=answer)
    for (name, slips, idea), given, wanted in zip(MISREAD, answer, READ_RIGHT, strict=True):
        if given != wanted:
            raise Wrong(slips.get(given, f"the wrong {name}."), idea, got=answer)


# ---------------------------------------------------------------- 01.2


PARSONS = {
    "A": "        goals = ask(len(found))",
    "B": "    return found",
    "C": "        found = goals",
    "D": "def follow(ask, total):",
    "E": "    while len(found) < total:",
    "F": "        found = found + goals",
    "G": "    found = []",
}
MOST_QUESTIONS = 30


class TooOften(Exception):
    """The assembled loop does not end."""


def site(steps):
    """Return (ask, goals): a site on which `steps` goals are new at each question, and all its goals."""
    goals = [f"goal {number + 1}" for number in range(sum(steps))]
    asked = []

    def ask(after):
        if len(asked) > MOST_QUESTIONS:
            raise TooOften
        asked.append(after)
        there = sum(steps[: len(asked)])
        return goals[after:there]

    return ask, goals


@task(
    "01.2",
    "put the lines in order",
    hints=(
        "Which line must come first in any function? What must exist before the loop looks at it?",
        "Inside the loop: ask, then keep. One of the two lines that keep forgets what was there before.",
        "D G E, then ask, then add to what was found, then B.",
    ),
)
def put_in_order(answer):
    letters = letters_in_order(answer, PARSONS)
    if "E" not in letters:
        raise Wrong("a function without a loop.", "It has to ask until it has all the goals.", got=answer)
    scope = {}
    try:
        exec("\n".join(PARSONS[letter] for letter in letters), scope)
    except SyntaxError:
        raise Wrong(
            "a line in the wrong place under `while`.",
            "The lines with eight spaces belong directly under the `while`, and it needs at least one.",
            got=answer,
        ) from None
    for steps in ((1, 1, 1), (2, 1), (1, 0, 2)):
        ask, goals = site(steps)
        call = f"follow(ask, {len(goals)})"
        try:
            got = attempt(scope["follow"], ask, len(goals))
        except Stopped as stopped:
            raise Wrong(*parsons_crash(letters, stopped.details["error"]), call=call) from None
        if got is None:
            raise Wrong("a function that never reaches its return.", "Which line hands the goals back?", call=call)
        if got != goals:
            raise Wrong(*parsons_misconception(letters), call=call, expected=goals, got=got)


def parsons_crash(letters, error):
    if "'found'" in error:
        return "a line that uses `found` before it has a value.", "Which line gives it the first one?"
    if "'goals'" in error:
        return "a line that uses `goals` before it has a value.", "Ask first, then keep what came."
    if "C" in letters and "F" in letters:
        return "two lines that keep the goals.", "One of the two does not belong."
    if "C" in letters:
        return "a loop that never ends: each answer replaces what was found before.", "Keep the earlier goals, too."
    return "a loop that never ends: what comes is never kept.", "After each answer, `found` must grow."


def parsons_misconception(letters):
    if letters.index("B") < letters.index("E"):
        return "a return before the work is done.", "The lines after a return never run."
    if "C" in letters and "F" in letters:
        return "two lines that keep the goals.", "One of the two does not belong."
    if "C" in letters:
        return "an answer that replaces what was found before.", "Keep the earlier goals, too."
    return "the goals of one answer alone.", "Go on until there are `total` goals."


# ---------------------------------------------------------------- 01.3


RESPONSES = (
    (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ngoal 1\n", (200, {"content-length": "7"}, b"goal 1\n")),
    (
        b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nCONTENT-LENGTH: 0\r\n\r\n",
        (404, {"content-type": "text/plain", "content-length": "0"}, b""),
    ),
    (b"HTTP/1.1 204 No Content\r\n\r\n", (204, {}, b"")),
    (
        b"HTTP/1.1 301 Moved Permanently\r\nLocation: http://news.example:8080/\r\n\r\n",
        (301, {"location": "http://news.example:8080/"}, b""),
    ),
    (b"HTTP/1.1 200 OK\r\nServer:tight\r\nVia:   loose \r\n\r\n", (200, {"server": "tight", "via": "loose"}, b"")),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\none\r\n\r\ntwo\r\n", (200, {"a": "b"}, b"one\r\n\r\ntwo\r\n")),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n" + b"\x89PNG\r\n\xff\xfe", (200, {"a": "b"}, b"\x89PNG\r\n\xff\xfe")),
)

SPLIT_CRASHES = (
    ("UnicodeDecodeError", "The body may be a picture. Only the lines before it are text: decode after you split."),
    (
        "too many values|not enough values",
        "A value may hold a colon, the body an empty line, and there may be no header. "
        "partition(...) cuts once, and never fails.",
    ),
    ("invalid literal for int", "The first line is split at spaces: version, status, and words that say it."),
    (
        "bytes-like object is required|must be str|cannot mix|must be bytes",
        "Text and bytes do not mix: b'\\r\\n' splits bytes, '\\r\\n' splits text.",
    ),
    ("IndexError", "There may be no header at all, no space after a colon, and an empty body."),
)


@task(
    "01.3",
    "take a response apart",
    hints=(
        "Cut it in two at the first empty line: before it is text, after it is the body.",
        "head, _, body = data.partition(b'\\r\\n\\r\\n'). Then decode head, and split it into lines.",
        "The status is int(lines[0].split(' ')[1]). For each other line: name, _, value = line.partition(':'), "
        "then headers[name.lower()] = value.strip().",
    ),
)
def take_apart(answer):
    for data, wanted in RESPONSES:
        call = f"{getattr(answer, '__name__', 'answer')}({data!r})"  # not in hex: its lines are to be read
        try:
            got = attempt_with(SPLIT_CRASHES, answer, data)
        except Stopped as stopped:
            stopped.details["call"] = call
            raise
        got = tuple(got) if isinstance(got, list) else got
        must_be(tuple, got, call, "Three values: status, headers, body.")
        if got != wanted:
            looks, idea = split_misconception(got, wanted)
            raise Wrong(looks, idea, call=call, expected=Text(wanted), got=Text(got))


def split_misconception(got, wanted):
    """Return (looks, idea) for a wrong (status, headers, body)."""
    order = "Three values, in this order: status, headers, body."
    if len(got) != 3:
        return f"{len(got)} values instead of three.", order
    if sorted(map(str, got)) == sorted(map(str, wanted)) and str(got[0]) != str(wanted[0]):
        return "the right values in the wrong order.", order
    status, headers, body = got
    if status != wanted[0]:
        if isinstance(status, str | bytes):
            return "the status as text.", "Return it as a number: int(...)."
        return "the wrong status.", "It is the number after HTTP/1.1."
    if headers != wanted[1]:
        return headers_misconception(headers, wanted[1])
    if isinstance(body, str):
        return "the body as text.", "Leave it as bytes: it may be a picture."
    if not isinstance(body, bytes | bytearray):
        return (
            f"{with_article(type(body))} for a body.",
            "The body is the bytes after the empty line, b'' if none follow.",
        )
    if wanted[2] and wanted[2].startswith(body):
        return "a body that ends too early.", "Cut at the first empty line only: the body may hold others."
    if body.endswith(wanted[2]) and body.strip() == wanted[2].strip():
        return "the end of the head in the body.", "The body starts after the whole empty line."
    if body == wanted[2].strip():
        return "white space cut off the body.", "The body's own line ends belong to it."
    return "the wrong body.", "It is everything after the first empty line, unchanged."


def headers_misconception(headers, wanted):
    if not isinstance(headers, dict):
        return f"{with_article(type(headers))} for the headers.", "Collect them in a dict: {name: value}."
    if not all(isinstance(text, str) for pair in headers.items() for text in pair):
        return "header names or values that are not text.", "Decode the head before you split it: both are str."
    if "" in headers:
        return "an empty line taken for a header.", "Cut off the empty line, and what is behind it, first."
    if any(name.upper().startswith("HTTP/") for name in headers):
        return "the first line taken for a header.", "The headers begin with the second line."
    if {name.lower(): value for name, value in headers.items()} == wanted:
        return "names with capitals.", "Their case means nothing (RFC 9110, section 5.1): store name.lower()."
    if {name.lower().strip(): value.strip() for name, value in headers.items()} == wanted:
        return "white space around a value.", "It does not belong to the value (RFC 9112, section 5): strip() it."
    if {name.lower(): value.strip().lower() for name, value in headers.items()} == wanted:
        return "values whose case was changed.", "Only the names are to be in lower case."
    if headers.keys() == wanted.keys() and all(
        value.startswith(headers[name].strip()) for name, value in wanted.items()
    ):
        return "a value cut at its own colon.", "Cut at the first colon only: partition(':') does."
    if headers.keys() == wanted.keys() and all(value.endswith(headers[name].strip()) for name, value in wanted.items()):
        return "a value without its first letter.", "There may be no space after the colon: strip() what follows it."
    if len(headers) > len(wanted):
        return (
            "more headers than there are.",
            "They end at the first empty line. Or are some left from an earlier call?",
        )
    if len(headers) < len(wanted):
        return "a header left out.", "Every line between the first line and the empty line is one."
    return "the wrong headers.", "A name, a colon, a value: one pair for each line."


# ---------------------------------------------------------------- 01.4


LATENCY_CRASHES = (
    ("stopped after", "Does the time of the question grow in each round?"),
    ("TypeError.*list", "`moments` is a list: take its goals one by one."),
)

POLLED = (
    ([530], 200),
    ([130, 250, 399, 1030], 200),
    ([200, 1000], 200),
    ([0, 1, 99, 100, 101], 100),
    ([5, 6, 7], 1),
    ([], 200),
)


@task(
    "01.4",
    "the latency of each goal",
    hints=(
        "Take one goal: when is the next question? The latency is the time from the goal to it.",
        "moment % interval is the time since the last question. The rest of the interval is the wait. When is it 0?",
        "[(interval - moment % interval) % interval for moment in moments]; or count questions up in a while loop.",
    ),
)
def latencies(answer):
    for moments, interval in POLLED:
        given = list(moments)
        call = call_text(answer, given, interval)
        got = attempt_with(LATENCY_CRASHES, answer, given, interval)
        must_be(list, got, call, "One latency for each goal.")
        wanted = [-moment % interval for moment in moments]
        if got != wanted:
            looks, idea = latency_misconception(got, moments, interval)
            raise Wrong(looks, idea, call=call, expected=wanted, got=got)


def latency_misconception(got, moments, interval):
    """Return (looks, idea) for a wrong list of latencies."""
    if len(got) != len(moments):
        return f"{len(got)} latencies for {len(moments)} goals.", "One for each goal, in the same order."
    looks = (
        ([m % interval for m in moments], "the time since the last question.", "How long is it to the next one?"),
        (
            [interval - m % interval for m in moments],
            "a whole interval where the goal comes with a question.",
            "Such a goal is in the answer to that question: latency 0.",
        ),
        (
            [-(m % interval) for m in moments],
            "the last question instead of the next.",
            "No goal arrives before it is scored.",
        ),
        ([m + -m % interval for m in moments], "the time of arrival.", "Latency is the time from the goal to there."),
        ([-(-m // interval) for m in moments], "the numbers of the questions.", "Question n is asked at n * interval."),
        (
            [interval] * len(moments),
            "the longest latency for each.",
            "Each goal has its own: when is the next question?",
        ),
    )
    for value, what, idea in looks:
        if got == value:
            return what, idea
    if got == [interval / 2] * len(moments):
        return "the average for each.", "Each goal has its own: when is the next question?"
    if all(isinstance(value, int | float) for value in got):
        if sorted(got) == sorted(-m % interval for m in moments):
            return "the latencies in another order.", "Keep the order of the goals."
        if min(got) < 0:
            return "a negative latency.", "No goal arrives before it is scored: take the next question, not the last."
        if max(got) >= interval and interval > 1:
            return (
                "a latency of a whole interval or more.",
                "There is a question every `interval`: the next one answers.",
            )
    return (
        "the wrong latencies.",
        "Questions are asked at 0, interval, 2 * interval ... Which is the first at or after the goal?",
    )


# ---------------------------------------------------------------- 01.5


@task(
    "01.5",
    "find the bug",
    hints=(
        "Print the board after the first visitor has asked.",
        "pop takes a goal off the board. Who else needs it? And which parameter is never used?",
        "The board must stay as it is. The goals after the first `after` are a slice of it: board[after:].",
    ),
)
def find_the_bug(answer):
    for board, questions in (
        (["goal 1", "goal 2", "goal 3"], (0, 0, 2, 1, 3)),
        (["goal 1"], (0,)),
        (["goal 1", "goal 2", "goal 3", "goal 4", "goal 5"], (2, 2, 4, 0, 5)),
        ([], (0,)),
    ):
        mine = list(board)
        for number, after in enumerate(questions):
            call = call_text(answer, list(board), after)
            got = attempt_with([NEWS_CRASH], answer, mine, after)
            must_be(list, got, call, "The goals that the visitor does not know yet.")
            wanted = board[after:]
            if got is mine:
                raise Wrong(
                    "the board itself handed out.", "Hand out a part of it: a slice is a list of its own.", call=call
                )
            if mine != board:
                raise Wrong(*board_misconception(mine, board), call=call)
            if got != wanted:
                looks, idea = news_misconception(got, board, after, after in questions[:number])
                raise Wrong(looks, idea, call=call, expected=wanted, got=got)


NEWS_CRASH = (
    "IndexError",
    "There may be no news, or no goals at all. A slice never fails: board[5:] of a short list is [].",
)


def board_misconception(mine, board):
    if len(mine) < len(board):
        return "goals taken off the board.", "Another visitor needs them. Only read the board."
    return "a board that was changed.", "Only read the board: to tell the news does not change it."


def news_misconception(got, board, after, again):
    """Return (looks, idea) for the wrong list `got`; `again`: the same question was answered well before."""
    new = board[after:]
    known = f"This visitor knows {after} of the goals: those are left out, and all others told."
    if got == board:
        return "all goals, whatever the visitor knows.", known
    if not got and again:
        return "news told once, to whoever asks first.", f"Do not remember what was told: `after` says it. {known}"
    if got == board[:after]:
        return "the goals that the visitor knows already.", known
    if got == board[after + 1 :]:
        return "one goal left out.", "The first goal is board[0]. After one known goal comes board[1]."
    if after and got == board[after - 1 :]:
        return "one goal told twice.", "The first goal is board[0]. After one known goal comes board[1]."
    if not after and got == board[-1:]:
        return "one goal only.", "`after` is 0, so all are new. Was the slice board[-1:], which is only the last goal?"
    if got == new[:1] or got == new[-1:]:
        return "one goal only.", "There may be several that this visitor does not know."
    if got == new[::-1]:
        return "the latest goal first.", "Keep the order of the board."
    return "the wrong goals.", known


# ---------------------------------------------------------------- 01.6


STREAMS = (
    ("data: goal 1\n\n", ["goal 1"]),
    ("data: goal 1\n\ndata: goal 2\n\n", ["goal 1", "goal 2"]),
    ("data: one\ndata: two\n\n", ["one\ntwo"]),
    (": are you there?\n\ndata: goal 1\n\n", ["goal 1"]),
    ("id: 7\nevent: score\ndata: goal 7\nretry: 100\n\n", ["goal 7"]),
    ("data: 12:30 goal 1\n\n", ["12:30 goal 1"]),
    ("data:tight\n\ndata:  loose \n\n", ["tight", " loose "]),
    ("data: goal 1\n\ndata: half", ["goal 1"]),
    ("data: goal 1\n\ndata: not yet over\n", ["goal 1"]),
    ("id: 8\n\n\n\ndata: goal 2\n\n", ["goal 2"]),
    ("", []),
)


@task(
    "01.6",
    "read server-sent events (optional)",
    hints=(
        "Go through the lines, and collect the data of the event that is under way.",
        "At an empty line: if there is any data, join it with '\\n', append it to the events, and start a new list.",
        "For line in text.split('\\n')[:-1]: if line is '', finish the event; if it starts with 'data:', keep line[5:] "
        "without one leading space, removeprefix(' '); all else is skipped. After the loop, forget what is unfinished.",
    ),
)
def read_events(answer):
    for text, wanted in STREAMS:
        call = call_text(answer, text)
        got = attempt_with(EVENT_CRASHES, answer, text)
        must_be(list, got, call, "One text for each event.")
        if got != wanted:
            looks, idea = event_misconception(got, wanted, text)
            raise Wrong(looks, idea, call=call, expected=wanted, got=got)


EVENT_CRASHES = (
    ("too many values|not enough values", "A value may hold a colon: partition(':') cuts once, and never fails."),
    ("IndexError", "An empty line has no first character. Test for it first."),
)


def event_misconception(got, wanted, text):
    """Return (looks, idea) for a wrong list of events."""
    if not all(isinstance(event, str) for event in got):
        return "a list of something other than texts.", "Each event is one str, its data lines joined."
    if got == [line for event in wanted for line in event.split("\n")] != wanted:
        return "an event for each data line.", "The event ends at the empty line. Its data lines are joined with '\\n'."
    if [event.strip() for event in got] == [event.strip() for event in wanted]:
        if any(event.endswith("\n") for event in got):
            return "a line end too many.", "'\\n' stands between two data lines, not after the last."
        return "the wrong white space.", "After the colon one space is removed, if there is one, and no more."
    if [event.replace("\n", "") for event in wanted] == got or [event.replace("\n", " ") for event in wanted] == got:
        return "data lines joined in another way.", "Put '\\n' between them."
    if any("are you there" in event for event in got):
        return "a comment taken for data.", "A line that begins with a colon is a comment: skip it."
    if "" in got:
        return "an event without data.", "If there is no data line before the empty line, there is no event."
    if got[:-1] == wanted and text.endswith("\n"):
        return (
            "an event that is not over.",
            "No empty line follows its data. Beware: text.split('\\n') ends with a '' that is not a line.",
        )
    if text.count("\n\n") < len(got) or got[:-1] == wanted:
        return (
            "an event that is not over.",
            "Only an empty line ends an event. What comes after the last one is dropped.",
        )
    if any(field in event for event in got for field in ("score", "100", "id:", "retry")):
        return "another field taken for data.", "Only the lines that begin with data: count here."
    if any(event.startswith("data") for event in got):
        return "the name of the field left in the data.", "The value begins after the colon."
    if got and len(got) < len(wanted):
        return "events left out.", "Go on to the end of the text, and start a new event after each empty line."
    if any(want.startswith(have) or want.endswith(have) for have, want in zip(got, wanted, strict=False)):
        return "a value that was cut.", "Only the first colon ends the name of the field."
    return "the wrong events.", "An empty line ends an event, and its data lines make its text."
