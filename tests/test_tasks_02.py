"""The checks of lesson 02: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[x]" or "[!]",
and words of the card that name the misconception.
"""

import base64
import re

import pytest
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.http11 import Response
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from classroom import checks
from classroom.tasks import lesson_02
from pocketws.handshake import accept_key
from tests.answers import right, spin, wrong

KEY = lesson_02.KEY


# ---------------------------------------------------------------- 02.a


def request(
    first="GET {path} HTTP/1.1",
    host="Host: {host}",
    upgrade="Upgrade: websocket",
    connection="Connection: Upgrade",
    key="Sec-WebSocket-Key: {key}",
    version="Sec-WebSocket-Version: 13",
    more=(),
    between="\r\n",
    end="\r\n\r\n",
    out=str.encode,
):
    """Return a right open_request, or one with a slip."""

    def open_request(host_, path, key_):
        lines = [line for line in (first, host, upgrade, connection, key, version, *more) if line]
        return out((between.join(lines) + end).format(host=host_, path=path, key=key_))

    return open_request


def blank_left(host, path, key):
    return ("Host: " + host + ...).encode()


def no_quotes(host, path, key):
    return ("Connection: " + Upgrade).encode()  # noqa: F821


def number_13(host, path, key):
    return ("Sec-WebSocket-Version: " + 13).encode()


REQUEST = [
    ("a blank left", blank_left, "[ ]", "replace each ..."),
    ("no empty line", request(end="\r\n"), "[x]", "without its empty line"),
    ("nothing at the end", request(end=""), "[x]", "without its empty line"),
    ("\\n alone", request(between="\n", end="\n\n"), "[x]", "lines that end in \\n alone"),
    ("\\n within", request(between="\n"), "[x]", "half of \\r\\n"),
    ("two empty lines", request(end="\r\n\r\n\r\n"), "[x]", "something after the empty line"),
    ("the number 13", number_13, "[!]", "'13' needs its quotes"),
    ("version 1.1", request(version="Sec-WebSocket-Version: 1.1"), "[x]", "a wrong version"),
    ("no quotes", no_quotes, "[!]", "A text needs quotes"),
    ("no version", request(version=""), "[x]", "a request without Sec-WebSocket-Version"),
    ("Connection: websocket", request(connection="Connection: websocket"), "[x]", "a wrong Connection"),
    ("keep-alive", request(connection="Connection: keep-alive"), "[x]", "must name the header Upgrade"),
    ("localhost always", request(host="Host: localhost"), "[x]", "a Host of its own"),
    ("the path as host", request(host="Host: {path}"), "[x]", "a Host of its own"),
    ("an example key", request(key="Sec-WebSocket-Key: " + KEY), "[x]", "a key of its own"),
    ("the path left out", request(first="GET / HTTP/1.1"), "[x]", "a wrong first line"),
    ("no encode", request(out=str), "[x]", "a str instead of bytes"),
    ("no return", request(out=lambda text: None), "[x]", "a function without a return"),
]
REQUEST_RIGHT = right(
    "02.a",
    plain=request(),
    other_case=request(upgrade="upgrade: WebSocket", connection="connection: upgrade"),
    more=request(more=["X-Mood: curious"]),
    bytearray_out=request(out=lambda text: text.encode("ascii")),
)


def test_websockets_accepts_the_request_that_passes():
    server = ServerProtocol()
    server.receive_data(request()("example.com", "/chat", KEY))
    [event] = server.events_received()
    assert server.accept(event).status_code == 101


# ---------------------------------------------------------------- 02.b


def opener(status="status == 101", upgrade=True, connection=True, accept=True, lower=True):
    """Return a right `opens`, or one that leaves something out."""

    def opens(status_, headers, key):
        def same(name, value):
            given = headers.get(name, "")
            return (given.lower() if lower else given) == (value.lower() if lower else value)

        good = status_ == 101 or not status
        good = good and (same("upgrade", "websocket") or not upgrade)
        good = good and (same("connection", "Upgrade") or not connection)
        return good and (headers.get("sec-websocket-accept") == accept_key(key) or not accept)

    return opens


def brackets(status, headers, key):
    return status == 101 and headers["upgrade"] == "websocket" and headers["sec-websocket-accept"] == accept_key(key)


def without_default(status, headers, key):
    return status == 101 and headers.get("upgrade").lower() == "websocket" and opener()(status, headers, key)


def accept_in_lower_case(status, headers, key):
    given = headers.get("sec-websocket-accept", "").lower()
    return opener(accept=False)(status, headers, key) and given == accept_key(key).lower()


def attribute(status, headers, key):
    return status == 101 and headers.upgrade == "websocket"


def key_as_text(status, headers, key):
    return headers.get("sec-websocket-accept") == key + b"GUID"


def returns_text(status, headers, key):
    return "yes" if opener()(status, headers, key) else ""


def early_return(status, headers, key):
    if status == 101:
        return opener()(status, headers, key)


OPENS = [
    ("status ignored", opener(status=None), "[x]", "a status that is not looked at"),
    ("answer ignored", opener(accept=False), "[x]", "an answer to another key let through"),
    ("Upgrade ignored", opener(upgrade=False), "[x]", "a missing Upgrade let through"),
    ("Connection ignored", opener(connection=False), "[x]", "a missing Connection let through"),
    ("capitals matter", opener(lower=False), "[x]", "capitals taken for a fault"),
    ("answer in lower case", accept_in_lower_case, "[x]", "the answer compared in lower case"),
    ("brackets", brackets, "[!]", "A header may be missing"),
    ("get without a default", without_default, "[!]", "None for a header that is missing"),
    ("attribute", attribute, "[!]", "headers is a dict"),
    ("the key as text", key_as_text, "[!]", "hashed wants bytes"),
    ("text", returns_text, "[x]", "instead of True"),
    ("no return otherwise", early_return, "[x]", "a function without a return"),
    ("always", lambda status, headers, key: True, "[x]", "a status that is not looked at"),
    ("the key itself", lambda s, h, key: s == 101 and h.get("sec-websocket-accept") == key, "[x]", "response refused"),
    ("endless", spin, "[!]", "stopped after"),
    ("a result", True, "[x]", "not a function"),
]


def one_if_each(status, headers, key):
    if status != 101:
        return False
    if headers.get("upgrade", "").casefold() != "websocket":
        return False
    if "upgrade" not in headers.get("connection", "").lower():
        return False
    return headers.get("sec-websocket-accept") == accept_key(key)


OPENS_RIGHT = right("02.b", plain=opener(), one_if_each=one_if_each)


# ---------------------------------------------------------------- 02.1 and 02.2

READ = [
    ("A", "ABF", "[x]", "status of A is 200"),
    ("C", "BCF", "[x]", "C sends the key back"),
    ("D", "BDF", "[x]", "client offered none"),
    ("E", "BEF", "[x]", "a and A stand for different bits"),
    ("B missing", "F", "[x]", "B refused, though it opens"),
    ("F missing", "B", "[x]", "F refused, though it opens"),
    ("a number", 2, "[x]", "not made of the letters A to F"),
    ("a G", "BG", "[x]", "not made of the letters A to F"),
]
READ_RIGHT = right("02.1", plain="BF", order="fb", commas="B, F", as_list=["B", "F"], as_set={"B", "F"})

ORDER = [
    ("decoded", "BDCA", "[x]", "the key decoded first"),
    ("GUID first", "BFCA", "[x]", "the fixed text put first"),
    ("no def", "ECA", "[x]", "code before the function begins"),
    ("digest too early", "BCEA", "[x]", "before it has a value"),
    ("return too early", "BAEC", "[x]", "before it has a value"),
    ("no return", "BEC", "[x]", "never reaches its return"),
    ("twice", "BEECA", "[x]", "a line used twice"),
    ("one too many", "BDECA", "[x]", "one line too many"),
    ("overwritten", "BEDCA", "[x]", "the key decoded first"),
    ("only def", "B", "[x]", "nothing under it"),
    ("a number", 42, "[x]", "not made of the letters"),
]
ORDER_RIGHT = right("02.2", plain="BECA", small="beca", spaced="B E C A", as_list=list("BECA"))


def test_the_six_responses_are_judged_as_websockets_judges_them():
    accept = accept_key(KEY)
    good = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
    table = {
        "A": (200, good),
        "B": (101, {"upgrade": "WebSocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}),
        "C": (101, good | {"Sec-WebSocket-Accept": KEY}),
        "D": (101, good | {"Sec-WebSocket-Protocol": "chat"}),
        "E": (101, good | {"Sec-WebSocket-Accept": accept.lower()}),
        "F": (101, good | {"X-Mood": "curious"}),
    }
    opening = ""
    for letter, (status, headers) in table.items():
        client = ClientProtocol(parse_uri("ws://localhost/"))
        client.key = KEY
        response = Response(status, "Words", type(client.connect().headers)(headers))
        try:
            client.process_response(response)
        except InvalidHandshake:
            continue
        opening += letter
    assert opening == lesson_02.OPENING


# ---------------------------------------------------------------- 02.3


def reader(
    cut=lambda data: data.partition(b"\r\n\r\n"),
    decode=lambda head: head.decode(),
    pair=lambda line: line.partition(":")[::2],
    name=str.lower,
    value=str.strip,
    out=lambda first, headers: (first, headers),
    missing=None,
):
    """Return a right read_head, or one with a slip."""

    def read_head(data):
        head, empty, _ = cut(data)
        if not empty:
            return missing
        first, *lines = decode(head).split("\r\n")
        headers = {}
        for line in lines:
            key, text = pair(line)
            headers[name(key)] = value(text)
        return out(first, headers)

    return read_head


def split_colon(line):
    name, value = line.split(":")
    return name, value


def colon_and_space(line):
    name, value = line.split(": ")
    return name, value


def decode_everything(data):
    text = data.decode()
    return reader()(text.encode())


def with_first_line(data):
    if b"\r\n\r\n" not in data:
        return None
    headers = {}
    for line in data.decode().split("\r\n"):
        name, value = line.split(":", 1)
        headers[name] = value
    return headers


def only_if_nothing_follows(data):
    return reader()(data) if data.endswith(b"\r\n\r\n") else None


def raises(data):
    if b"\r\n\r\n" not in data:
        raise ValueError("not a head")
    return reader()(data)


def to_the_last_empty_line(data):
    head, empty, _ = data.rpartition(b"\r\n\r\n")
    if not empty:
        return None
    head = head.decode()
    first, *lines = head.split("\r\n")
    return first, {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}


def no_wait(data):
    head = data.partition(b"\r\n\r\n")[0].decode()
    first, *lines = head.split("\r\n")
    return first, {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}


HEAD = [
    ("names as they came", reader(name=str), "[x]", "names as they came"),
    ("values not stripped", reader(value=str), "[x]", "spaces left around"),
    ("values in lower case", reader(value=lambda text: text.strip().lower()), "[x]", "values in lower case"),
    ("cut at colon and space", reader(pair=colon_and_space), "[!]", "The space may be missing"),
    ("split at each colon", reader(pair=split_colon), "[!]", "Cut at the first one only"),
    ("second part only", reader(pair=lambda line: line.split(":")[:2]), "[x]", "the value of host cut short"),
    ("all decoded", decode_everything, "[!]", "What follows the empty line need not be text"),
    ("first line among them", with_first_line, "[!]", "the first has none"),
    ("nothing may follow", only_if_nothing_follows, "[x]", "None because more bytes follow"),
    ("an error too early", raises, "[!]", "The empty line has not come yet"),
    ("no wait", no_wait, "[x]", "an answer given too early"),
    ("an empty tuple", reader(missing=()), "[x]", "an answer given too early"),
    ("the last empty line", to_the_last_empty_line, "[x]", "empty line taken for a header"),
    ("bytes", reader(out=lambda first, headers: (first, {k.encode(): v for k, v in headers.items()})), "[x]", "bytes"),
    ("only headers", reader(out=lambda first, headers: headers), "[x]", "a dict instead of a tuple"),
    ("a list", reader(out=lambda first, headers: [first, headers]), "[x]", "a list instead of a tuple"),
    ("the first line cut", reader(out=lambda first, headers: (first.split(), headers)), "[x]", "another shape"),
    ("no return", reader(out=lambda first, headers: None), "[x]", "None though the head is all here"),
    ("space demanded", reader(pair=lambda line: line.partition(": ")[::2]), "[x]", "other headers|headers lost"),
]


def with_regular_expression(data):
    if (end := data.find(b"\r\n\r\n")) < 0:
        return None
    first, _, rest = data[:end].decode("latin-1").partition("\r\n")
    return first, {name.lower(): value for name, value in re.findall(r"(.+?):[ \t]*(.*?)[ \t]*(?:\r\n|$)", rest)}


HEAD_RIGHT = right("02.3", plain=reader(), regular_expression=with_regular_expression)


# ---------------------------------------------------------------- 02.4


def words(headers, name):
    return [word.strip().lower() for word in headers.get(name, "").split(",")]


def right_wants(headers):
    return words(headers, "upgrade") == ["websocket"] and "upgrade" in words(headers, "connection")


WANTS = [
    (
        "unmended",
        lambda h: h.get("upgrade") == "websocket" and h.get("connection") == "Upgrade",
        "[x]",
        "capitals in Upgrade",
    ),
    (
        "Upgrade alone mended",
        lambda h: h.get("upgrade", "").lower() == "websocket" and h.get("connection") == "Upgrade",
        "[x]",
        "capitals missed in Connection",
    ),
    (
        "no list",
        lambda h: h.get("upgrade", "").lower() == "websocket" and h.get("connection", "").lower() == "upgrade",
        "[x]",
        "a list taken for one word",
    ),
    (
        "part of a word",
        lambda h: h.get("upgrade", "").lower() == "websocket" and "upgrade" in h.get("connection", "").lower(),
        "[x]",
        "a part of a word taken for the word",
    ),
    (
        "not stripped",
        lambda h: (
            h.get("upgrade", "").lower() == "websocket" and "upgrade" in h.get("connection", "").lower().split(",")
        ),
        "[x]",
        "the word after a comma missed",
    ),
    (
        "cut at comma and space",
        lambda h: (
            h.get("upgrade", "").lower() == "websocket" and "upgrade" in h.get("connection", "").lower().split(", ")
        ),
        "[x]",
        "a list without spaces",
    ),
    ("brackets", lambda h: h["upgrade"].lower() == "websocket" and right_wants(h), "[!]", "A header may be missing"),
    ("Connection ignored", lambda h: h.get("upgrade", "").lower() == "websocket", "[x]", "without Upgrade let through"),
    ("Upgrade ignored", lambda h: "upgrade" in words(h, "connection"), "[x]", "another protocol let through"),
    ("no return otherwise", lambda h: right_wants(h) or None, "[x]", "without a return"),
]
WANTS_RIGHT = right(
    "02.4",
    plain=right_wants,
    regular_expression=lambda h: (
        bool(re.fullmatch("(?i)websocket", h.get("upgrade", "")))
        and bool(re.search(r"(?i)(^|,)\s*upgrade\s*(,|$)", h.get("connection", "")))
    ),
)


# ---------------------------------------------------------------- 02.5


OPENING = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
REFUSAL = "HTTP/1.1 400 Bad Request"
OTHER_VERSION = ("HTTP/1.1 426 Upgrade Required", "Sec-WebSocket-Version: 13", "Upgrade: websocket")


def server(
    checks=("GET", "1.1", "host", "wants", "key", "version"),
    opening=OPENING,
    accept=accept_key,
    other_version=OTHER_VERSION,
    has_key=lambda key: len(key) == 24,
    end="\r\n\r\n",
    out=str.encode,
):
    """Return a right answer_request, or one with a slip; `checks` are those that it makes."""

    def answer_request(first, headers):
        key = headers.get("sec-websocket-key", "")
        faults = {
            "GET": not first.startswith("GET "),
            "1.1": not first.endswith("HTTP/1.1"),
            "host": "host" not in headers,
            "wants": not right_wants(headers),
            "key": not has_key(key),
        }
        if any(faults[name] for name in checks if name != "version"):
            lines = [REFUSAL]
        elif "version" in checks and headers.get("sec-websocket-version") != "13":
            lines = other_version
        else:
            lines = [*opening, "Sec-WebSocket-Accept: " + accept(key)]
        return out("\r\n".join(lines) + end)

    return answer_request


def all_but(name):
    return tuple(check for check in ("GET", "1.1", "host", "wants", "key", "version") if check != name)


def decoded_length(key):
    return len(base64.b64decode(key)) == 16


def careful_length(key):
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


def key_in_brackets(first, headers):
    accept = accept_key(headers["sec-websocket-key"])
    return server(accept=lambda key: accept)(first, headers)


SERVER = [
    ("version ignored", server(all_but("version")), "[x]", "a WebSocket opened for version 12"),
    ("400 for a version", server(other_version=(REFUSAL,)), "[x]", "status 400 for version 12"),
    ("426 without a version", server(other_version=OTHER_VERSION[:1]), "[x]", "a 426 that names no version"),
    ("426 without a protocol", server(other_version=OTHER_VERSION[:2]), "[x]", "a 426 that names no protocol"),
    ("key ignored", server(all_but("key")), "[x]", "opened for no key"),
    ("any key", server(has_key=bool), "[x]", "a key of 5 bytes"),
    ("Host ignored", server(all_but("host")), "[x]", "opened for no Host"),
    ("upgrade ignored", server(all_but("wants")), "[x]", "opened for no Upgrade"),
    ("method ignored", server(all_but("GET")), "[x]", "opened for POST"),
    ("HTTP version ignored", server(all_but("1.1")), "[x]", "opened for HTTP/1.0"),
    ("b64decode that crashes", server(has_key=decoded_length), "[!]", "Anything may stand in a header"),
    ("key in brackets", key_in_brackets, "[!]", "A header may be missing"),
    ("the key sent back", server(accept=str), "[x]", "the key sent back as it came"),
    ("one answer for all", server(accept=lambda key: accept_key(KEY)), "[x]", "always the same answer"),
    ("no Upgrade", server(opening=OPENING[::2]), "[x]", "wrong or missing Upgrade"),
    ("no Connection", server(opening=OPENING[:2]), "[x]", "wrong or missing Connection"),
    ("200", server(opening=("HTTP/1.1 200 OK", *OPENING[1:])), "[x]", "status 200 for a good request"),
    ("no version of HTTP", server(opening=("101 Switching Protocols", *OPENING[1:])), "[x]", "no client can read"),
    ("a subprotocol", server(opening=(*OPENING, "Sec-WebSocket-Protocol: chat")), "[x]", "was not offered"),
    ("no empty line", server(end="\r\n"), "[x]", "without its empty line"),
    ("more after it", server(end="\r\n\r\nHello"), "[x]", "something after the empty line"),
    ("text", server(out=str), "[x]", "a str instead of bytes"),
    ("no return", server(out=lambda text: None), "[x]", "a function without a return"),
    ("always 400", lambda first, headers: b"HTTP/1.1 400 No\r\n\r\n", "[x]", "status 400 for a good request"),
]


def with_bodies(first, headers):
    head = server()(first, headers)
    return head if b" 101 " in head else head[:-2] + b"Content-Length: 3\r\n\r\nNo\n"


SERVER_RIGHT = right("02.5", plain=server(), decoded=server(has_key=careful_length), with_bodies=with_bodies)


# ---------------------------------------------------------------- 02.6


def offered(header):
    return [name.strip() for name in (header or "").split(",")]


CHOOSE = [
    ("client's order", lambda h, s: next((n for n in offered(h) if n in s), None), "[x]", "the client's order"),
    (
        "part of a name",
        lambda h, s: next((n for n in s if n in (h or "")), None),
        "[x]",
        "a part of a name taken for the name",
    ),
    (
        "None not expected",
        lambda h, s: next((n for n in s if n in h.split(", ")), None),
        "[x]",
        "a list without spaces",
    ),
    (
        "no test for None",
        lambda h, s: next((n for n in s if n in [x.strip() for x in h.split(",")]), None),
        "[!]",
        "None when the client",
    ),
    ("the first offered", lambda h, s: offered(h)[0] or None, "[x]", "the name after a comma missed"),
    ("the first supported", lambda h, s: s[0], "[x]", "a part of a name"),
    ("an empty text", lambda h, s: next((n for n in s if n in offered(h)), ""), "[x]", "'' instead of None"),
    ("a list", lambda h, s: [n for n in s if n in offered(h)], "[x]", "a list of names"),
]
CHOOSE_RIGHT = right("02.6", plain=lambda h, s: next((name for name in s if name in offered(h)), None))


@pytest.mark.parametrize(
    "task, answer, sign, phrase",
    wrong("02.a", REQUEST)
    + wrong("02.b", OPENS)
    + wrong("02.1", READ)
    + wrong("02.2", ORDER)
    + wrong("02.3", HEAD)
    + wrong("02.4", WANTS)
    + wrong("02.5", SERVER)
    + wrong("02.6", CHOOSE),
)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    shown = card(task, answer)
    assert shown.startswith(sign), shown
    assert re.search("|".join(map(re.escape, phrase.split("|"))), shown), shown
    assert not checks.passed(task)


@pytest.mark.parametrize(
    "task, answer",
    REQUEST_RIGHT + OPENS_RIGHT + READ_RIGHT + ORDER_RIGHT + HEAD_RIGHT + WANTS_RIGHT + SERVER_RIGHT + CHOOSE_RIGHT,
)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith("[ok]"), card(task, answer)


@pytest.mark.parametrize("task", ["02.a", "02.b", "02.1", "02.2", "02.3", "02.4", "02.5", "02.6"])
@pytest.mark.parametrize("answer", [..., None])
def test_no_answer_is_not_started(card, task, answer):
    assert card(task, answer).startswith("[ ]")


@pytest.mark.parametrize("task", ["02.a", "02.b", "02.3", "02.4", "02.5", "02.6"])
def test_an_endless_loop_is_stopped(card, task):
    assert "stopped after" in card(task, spin)


@pytest.mark.parametrize("task", ["02.a", "02.b", "02.1", "02.2", "02.3", "02.4", "02.5", "02.6"])
def test_whatever_comes_back_the_check_does_not_fail_itself(card, task):
    strange = [
        "",
        b"",
        b"\x81",
        b"\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"HTTP/1.1 101\r\n\r\n",
        b"a\r\nb\r\n\r\n",
        b"\xff: \r\n\r\n",
    ]
    strange += [
        (),
        [],
        {},
        0,
        1.5,
        True,
        object(),
        (1, 2),
        ("", {}),
        ("", {1: 2}),
        ("", {"a": None}),
        int,
        float("nan"),
    ]
    for value in strange:
        for answer in (value, lambda *args, value=value: value):
            shown = card(task, answer)
            assert shown[:3] in ("[x]", "[!]", "[ ]"), shown
            assert "fault of its own" not in shown, shown
