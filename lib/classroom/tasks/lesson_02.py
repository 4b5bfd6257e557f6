"""The tasks of lesson 02, The opening handshake."""

import base64
import hashlib

from pocketws.exceptions import InvalidHandshake
from pocketws.handshake import accept_key
from pocketws.http import ResponseParser

from ..checks import Stopped, Wrong, attempt, call_text, task
from ..judging import Text, attempt_with, must_be, readable

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 section 1.3
KEYS = (KEY, "AQIDBAUGBwgJCgsMDQ4PEA==", "x3JJHMbDL1EzLkh9GBhXDw==")

RETURN = "Hand the result back with return."
NOT_TEXT = (
    (
        'concatenate str|must be str, not|not "(int|bytes)" to str|expected str instance',
        "Everything in a header is text: '13' needs its quotes, and encode() comes last.",
    ),
    ("concat|bytes-like", "Text and bytes do not mix: encode() makes bytes of a text, decode() a text of bytes."),
)
HEADER_MISSING = (
    "KeyError",
    "A header may be missing. headers.get(name, '') gives an empty text then, headers[name] an error.",
)
NOT_THERE = "NoneType", "headers.get(name) is None for a header that is missing."
A_DICT = "'dict' object has no attribute", "headers is a dict: headers.get('upgrade', '') reads one header."
NO_QUOTES = "NameError", "A text needs quotes. Without them Python looks for a variable of that name."
HASH_BYTES = "concatenate", "hashed wants bytes, and the key is text: hashed(key.encode())."


def tried(call, ideas, function, *args):
    """As attempt_with, but its cards show `call`: bytes in hex, or cut short, tell little about a head."""
    try:
        return attempt_with(ideas, function, *args)
    except Stopped as stopped:
        stopped.details["call"] = call
        raise


def lines_of(data):
    """Return (first line, {name in lower case: value}) of the head that `data` (bytes) begins with."""
    first, *lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines]
    return first, {name.strip().lower(): value.strip() for name, _, value in pairs}


def judge_lines(got, call):
    """Raise Wrong unless the bytes `got` are one head: lines that end in CRLF, and an empty line."""
    if b"\n" in got and b"\r\n" not in got:
        raise Wrong("lines that end in \\n alone.", "HTTP ends each line with \\r\\n.", call=call, got=got)
    if b"\r\n\r\n" not in got:
        idea = "The last header ends with \\r\\n like any line, then \\r\\n once more makes the empty line."
        end = Text(f"… {got[-24:]!r}") if len(got) > 24 else got
        raise Wrong("a head without its empty line.", idea, call=call, got=end)
    head, _, rest = got.partition(b"\r\n\r\n")
    if b"\n" in head.replace(b"\r\n", b"") or b"\r" in head.replace(b"\r\n", b""):
        raise Wrong(
            "some lines that end in half of \\r\\n.", "Each line ends with both characters.", call=call, got=got
        )
    for line in head.decode("latin-1").split("\r\n")[1:]:
        name, colon, _ = line.partition(":")
        if not colon or name != name.strip():
            raise Wrong(f"the line {line[:40]!r} as a header.", "A header is a name, a colon, a value.", call=call)
    return rest


# ---------------------------------------------------------------- in the lesson


@task(
    "02.a",
    "the request, with blanks",
    hints=(
        "Look at the request in section 2. Which parts of it change from one connection to the next?",
        "The first blank is a parameter. The next two are always the same text, in quotes. The last one ends the head.",
        "The blanks, in order: host, 'Upgrade', '13', '\\r\\n\\r\\n'.",
    ),
)
def open_request(answer):
    for host, path, key in (("localhost", "/", KEYS[0]), ("example.com:8000", "/chat?room=2", KEYS[1])):
        call = call_text(answer, host, path, key)
        got = attempt_with((NO_QUOTES, *NOT_TEXT), answer, host, path, key)
        must_be(bytes, got, call, RETURN)
        if judge_lines(got, call):
            idea = "After the empty line the head is over: what follows would be taken for a frame."
            raise Wrong("something after the empty line.", idea, call=call, got=got)
        first, headers = lines_of(got)
        if first != f"GET {path} HTTP/1.1":
            raise Wrong("a wrong first line.", "Method, path, version, with single spaces.", call=call, got=Text(first))
        for name, value, same, looks, idea in (
            ("Host", host, False, "a Host of its own.", "Host names the server that the request goes to."),
            ("Upgrade", "websocket", True, "a wrong Upgrade.", "The protocol that we ask for is websocket."),
            (
                "Connection",
                "Upgrade",
                True,
                "a wrong Connection.",
                "It must name the header Upgrade: this request asks to change the protocol of the connection.",
            ),
            ("Sec-WebSocket-Key", key, False, "a key of its own.", "The caller has made the key. Send it as it is."),
            ("Sec-WebSocket-Version", "13", False, "a wrong version.", "The version of RFC 6455 is 13, and no other."),
        ):
            sent = headers.get(name.lower())
            if sent is None:
                raise Wrong(f"a request without {name}.", idea, call=call, got=got)
            if (sent.lower() if same else sent) != (value.lower() if same else value):
                shown = Text(f"{name}: {value}"), Text(f"{name}: {sent}")
                raise Wrong(looks, idea, call=call, expected=shown[0], got=shown[1])


@task(
    "02.b",
    "does it open the WebSocket?",
    hints=(
        "Four things must be right: the status, Upgrade, Connection, and the answer to the key.",
        "headers.get('upgrade', '') gives the value, or an empty text if it is missing. Compare it in lower case. "
        "But in base64, upper and lower case differ.",
        "status == 101 and headers.get('upgrade', '').lower() == 'websocket' and "
        "'upgrade' in headers.get('connection', '').lower() and "
        "headers.get('sec-websocket-accept') == hashed(key.encode())",
    ),
)
def opens(answer):
    right = {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": accept_key(KEYS[2])}
    for status, change, looks, idea in RESPONSES:
        headers = {name: value for name, value in (right | change).items() if value is not None}
        wanted = not looks.startswith("!")
        call = f"opens({status}, {headers}, {KEYS[2]!r})"
        got = tried(call, [HEADER_MISSING, A_DICT, NOT_THERE, HASH_BYTES], answer, status, dict(headers), KEYS[2])
        judge_truth(got, wanted, looks.lstrip("!"), idea, call)


def judge_truth(got, wanted, looks, idea, call):
    """Raise Wrong unless `got` is as true as `wanted`."""
    if got is None:
        raise Wrong("a function without a return.", "It returns True or False, in each case.", call=call)
    if not isinstance(got, bool) and bool(got) == wanted:
        raise Wrong(f"{readable(got)!r} instead of {wanted}.", "A comparison, ==, gives True or False.", call=call)
    if bool(got) != wanted:
        raise Wrong(looks, idea, call=call, expected=wanted, got=got)


_STEP = "The client fails the connection otherwise (RFC 6455, section 4.1)."
# (status, changed headers, what a wrong verdict looks like, idea); "!" where the right verdict is False
RESPONSES = (
    (
        101,
        {},
        "a good response refused.",
        "Nothing is missing. `status` is a number, and the names in `headers` are in lower case.",
    ),
    (200, {}, "!a status that is not looked at.", "Only 101 says that the server switches."),
    (426, {}, "!a status that is not looked at.", "Only 101 says that the server switches."),
    (
        101,
        {"sec-websocket-accept": accept_key(KEY)},
        "!an answer to another key let through.",
        "Compute the answer to this key, and compare.",
    ),
    (
        101,
        {"sec-websocket-accept": KEYS[2]},
        "!the key itself taken for its answer.",
        "Compare with hashed(key.encode()).",
    ),
    (
        101,
        {"sec-websocket-accept": accept_key(KEYS[2]).lower()},
        "!the answer compared in lower case.",
        "In base64, a and A stand for different bits.",
    ),
    (101, {"sec-websocket-accept": None}, "!a missing answer let through.", _STEP),
    (101, {"upgrade": None}, "!a missing Upgrade let through.", _STEP),
    (101, {"upgrade": "h2c"}, "!another protocol let through.", "Upgrade must say websocket."),
    (101, {"connection": None}, "!a missing Connection let through.", _STEP),
    (101, {"connection": "close"}, "!a wrong Connection let through.", "Connection must say Upgrade."),
    (
        101,
        {"upgrade": "WebSocket", "connection": "upgrade"},
        "capitals taken for a fault.",
        "websocket and Upgrade count in any case: compare with lower().",
    ),
)


# ---------------------------------------------------------------- in the exercise


RESPONSE_LETTERS = {
    "A": "The status of A is 200. Only 101 says that the server switches.",
    "B": "B is fine. The words after the status are for people (RFC 9112, section 4). "
    "Names of headers, websocket and Upgrade count in any case.",
    "C": "C sends the key back as it came. The answer is its hash, joined with the fixed text.",
    "D": "D chooses a subprotocol, but the client offered none.",
    "E": "The answer of E is in lower case. In base64, a and A stand for different bits.",
    "F": "F is fine. A header that the client does not know is no fault.",
}
OPENING = "BF"


@task(
    "02.1",
    "which responses open it?",
    hints=(
        "For each of them ask: 101? Upgrade? Connection? The right answer? And nothing that was not asked for?",
        "Two of the six are fine. Names of headers and the words websocket and Upgrade count in any case.",
        "A has the wrong status, C and E the wrong answer. One of the other three chooses what was not offered.",
    ),
)
def which_open(answer):
    letters = letters_of(answer, RESPONSE_LETTERS)
    for letter in "ACE":  # the plain faults first
        if letter in letters:
            raise Wrong(f"a fault in {letter} not seen.", RESPONSE_LETTERS[letter], got=answer)
    for letter in OPENING:
        if letter not in letters:
            raise Wrong(f"{letter} refused, though it opens.", RESPONSE_LETTERS[letter], got=answer)
    if "D" in letters:
        raise Wrong("a fault in D not seen.", RESPONSE_LETTERS["D"], got=answer)


def letters_of(answer, known):
    """Return the letters in an answer such as "BF", "b, f" or ["B", "F"]. Raises Wrong."""
    letters = [letter for letter in str(answer).upper() if letter.isalpha()]
    if not isinstance(answer, str | list | tuple | set) or not letters or not set(letters) <= set(known):
        looks = f"an answer that is not made of the letters A to {max(known)}."
        raise Wrong(looks, "Write the letters as one text, such as 'AC'.", got=readable(answer))
    return letters


PARSONS = {
    "A": "    return base64.b64encode(digest).decode()",
    "B": "def accept_key(key):",
    "C": "    digest = hashlib.sha1(joined).digest()",
    "D": "    joined = base64.b64decode(key) + GUID",
    "E": "    joined = key.encode() + GUID",
    "F": "    joined = GUID + key.encode()",
}
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@task(
    "02.2",
    "put the lines in order",
    hints=(
        "Which line must come first in any function? Which last?",
        "Three lines make `joined`, and only one of them is right. Is the key joined as text, or decoded? "
        "Which stands first, key or GUID?",
        "B, then the key as text with GUID behind it, then C, then A.",
    ),
)
def put_in_order(answer):
    letters = letters_of(answer, PARSONS)
    if letters[0] != "B":
        raise Wrong("code before the function begins.", "A function starts with its def line.", got=answer)
    if len(set(letters)) != len(letters):
        raise Wrong("a line used twice.", "Each line is used at most once.", got=answer)
    if letters == ["B"]:
        raise Wrong("a function with nothing under it.", "What does it compute?", got=answer)
    scope = {"base64": base64, "hashlib": hashlib, "GUID": GUID}
    exec("\n".join(PARSONS[letter] for letter in letters), scope)
    call, wanted = f"accept_key({KEY!r})", accept_key(KEY)
    try:
        got = attempt(scope["accept_key"], KEY)
    except Stopped:
        looks = "a line that uses a name before it has a value."
        raise Wrong(looks, "joined comes before digest, and digest before the return.", call=call) from None
    if got is None:
        raise Wrong("a function that never reaches its return.", "Which line hands the result back?", call=call)
    if got != wanted:
        used = [letter for letter in letters if letter in "DEF"]
        looks, idea = {
            "D": ("the key decoded first.", "The server hashes the key as it stands in the header, as text."),
            "F": ("the fixed text put first.", "The key comes first, then the fixed text (section 1.3)."),
        }.get(used[-1], ("the wrong lines.", "Which line makes the right `joined`?"))
        raise Wrong(looks, idea, call=call, expected=wanted, got=got)
    if len(letters) > 4:
        raise Wrong("one line too many.", "It works, but four lines do.", got=answer)


# ---- 02.3


REQUEST_HEAD = (
    b"GET /chat HTTP/1.1\r\nHost: example.com:8000\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin:   http://example.com\r\nX-Nothing:\r\n\r\n"
)
HEADS = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    REQUEST_HEAD,
    b"GET / HTTP/1.1\r\n\r\n",
)
FRAME = bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")  # RFC 6455 section 5.7: not UTF-8
READER_CRASHES = (
    (
        "UnicodeDecodeError",
        "Is it the head that you decode, or all of `data`? What follows the empty line need not be text.",
    ),
    (
        "not enough values to unpack",
        "Not every line has a colon: the first has none, nor has the empty one. "
        "And do you cut at ': '? The space may be missing.",
    ),
    ("too many values to unpack", "A value may hold a colon, as example.com:8000 does. Cut at the first one only."),
    ("bytes-like|a str|must be str", "`data` is bytes: b'\\r\\n\\r\\n' in data, and decode() for the head."),
)


@task(
    "02.3",
    "read a head",
    hints=(
        "First find out whether the empty line is there. If not, return None.",
        "head, empty, rest = data.partition(b'\\r\\n\\r\\n'). Decode the head alone, split it at '\\r\\n'. "
        "The first line stands apart from the others.",
        "For each other line: name, colon, value = line.partition(':'), then "
        "headers[name.lower()] = value.strip(). Return (first, headers).",
    ),
)
def read_head(answer):
    for head in HEADS:
        judge_reader(answer, head, head)
    for head in HEADS:
        judge_reader(answer, head + FRAME, head)
    judge_reader(answer, HEADS[0] + b"\r\nA: b\r\n\r\n", HEADS[0])
    for head in HEADS:
        for cut in range(len(head)):
            too_early(answer, head[:cut])


def judge_reader(answer, data, head):
    call = f"read_head({data!r})"
    first, headers = lines_of(head)
    got = tried(call, READER_CRASHES, answer, data)
    if got is None:
        looks = "None though the head is all here." if data is head else "None because more bytes follow."
        raise Wrong(looks, "The empty line, \\r\\n\\r\\n, is in `data`: return (first, headers).", call=call, got=got)
    must_be(tuple, got, call, "Return the two with a comma: return first, headers.")
    if len(got) != 2 or not isinstance(got[0], str) or not isinstance(got[1], dict):
        idea = "A tuple of the first line, a str, and the headers, a dict."
        raise Wrong("another shape than (first, headers).", idea, call=call, got=got)
    if got[0] != first:
        idea = "It is the text before the first \\r\\n, without it."
        raise Wrong("the wrong first line.", idea, call=call, expected=first, got=got[0])
    if got[1] != headers:
        raise Wrong(*headers_misconception(got[1], headers), call=call, expected=headers, got=got[1])


def headers_misconception(got, wanted):
    """Return (looks, idea) for the wrong dict `got`."""
    if any(not isinstance(text, str) for pair in got.items() for text in pair):
        return "bytes among the headers.", "Names and values are text: decode the head before you split it."
    if "" in got:
        return "an empty line taken for a header.", "The empty line ends the head, and is none of the headers."
    if {name.strip().lower(): value.strip() for name, value in got.items()} == wanted:
        if any(name != name.lower() for name in got):
            return "names as they came.", "Upgrade, UPGRADE and upgrade are one name: keep it in lower case."
        return "spaces left around a value or a name.", "value.strip() takes them off."
    if {name: value.lower() for name, value in wanted.items()} == got:
        return "values in lower case.", "Only the names. A key in lower case is another key."
    if set(got) > set(wanted):
        return "lines after the empty one taken for headers.", "The head is what stands before the first empty line."
    if set(got) < set(wanted):
        lost = ", ".join(sorted(set(wanted) - set(got)))
        return (
            f"headers lost: {lost}.",
            "A space after the colon is usual, but need not be there. A value may be empty.",
        )
    for name in wanted:
        if name in got and got[name].strip() != wanted[name] and wanted[name].startswith(got[name].strip()):
            return f"the value of {name} cut short.", "A value may hold a colon: cut the line at the first one only."
    return "other headers than those in the head.", "Each line: name, colon, value."


def too_early(answer, data):
    """Raise Wrong unless the student's function returns None for the beginning of a head."""
    call = f"read_head({data!r})"
    idea = "The empty line has not come yet. Return None, and the caller will come back with more."
    got = tried(call, [("Error", idea)], answer, data)
    if got is not None:
        raise Wrong("an answer given too early.", idea, call=call, expected=None, got=got)


# ---- 02.4


@task(
    "02.4",
    "find the bug",
    hints=(
        "Look at the False among the results. What is in those headers, letter by letter?",
        "Two slips: upper and lower case, and Connection, which is a list with commas.",
        "[word.strip().lower() for word in headers.get('connection', '').split(',')] gives the list; "
        "then 'upgrade' in that list.",
    ),
)
def wants_websocket(answer):
    for headers, wanted, looks, idea in WISHES:
        call = f"wants_websocket({headers})"
        got = tried(call, [HEADER_MISSING, A_DICT, NOT_THERE], answer, dict(headers))
        judge_truth(got, wanted, looks, idea, call)


_ANY_CASE = "websocket and Upgrade count in any case: compare with lower()."
_LIST = "Connection is a list: cut it at the commas, strip each word, and look for upgrade among them."
WISHES = (
    ({"upgrade": "websocket", "connection": "Upgrade"}, True, "a plain request refused.", "Both headers are right."),
    ({"upgrade": "WebSocket", "connection": "Upgrade"}, True, "capitals in Upgrade taken for a fault.", _ANY_CASE),
    ({"upgrade": "websocket", "connection": "upgrade"}, True, "capitals missed in Connection.", _ANY_CASE),
    ({"upgrade": "websocket", "connection": "Upgrade, keep-alive"}, True, "a list taken for one word.", _LIST),
    ({"upgrade": "websocket", "connection": "keep-alive, Upgrade"}, True, "the word after a comma missed.", _LIST),
    ({"upgrade": "websocket", "connection": "upgrade,keep-alive"}, True, "a list without spaces not cut.", _LIST),
    ({"upgrade": "websocket", "connection": "close ,  UPGRADE"}, True, "spaces or capitals left in a list.", _LIST),
    ({"upgrade": "websocket", "connection": "keep-alive"}, False, "a Connection without Upgrade let through.", _LIST),
    (
        {"upgrade": "websocket", "connection": "upgrade-later, close"},
        False,
        "a part of a word taken for the word.",
        _LIST,
    ),
    ({"upgrade": "h2c", "connection": "Upgrade"}, False, "another protocol let through.", "It asks for h2c."),
    ({"connection": "Upgrade"}, False, "a missing Upgrade let through.", "Both headers must be there."),
    ({"upgrade": "websocket"}, False, "a missing Connection let through.", "Both headers must be there."),
    ({}, False, "a request without headers let through.", "Both headers must be there."),
)


# ---- 02.5


ANSWER_CRASHES = (
    HEADER_MISSING,
    ("NoneType", "headers.get(name) is None for a header that is missing. Ask before you use it."),
    (
        "binascii|Incorrect padding|base64",
        "Anything may stand in a header. b64decode raises an error for what is not base64: "
        "catch it, or look at the length of the text instead.",
    ),
    *NOT_TEXT,
)
GOOD = {
    "host": "localhost",
    "upgrade": "websocket",
    "connection": "keep-alive, Upgrade",
    "sec-websocket-version": "13",
}
GET = "GET / HTTP/1.1"
# (first line, changed headers, statuses that are right, what another looks like, idea)
REQUESTS = (
    (GET, {"sec-websocket-version": "12"}, (426,), "version 12", "Only 13 is ours. Anything else: 426."),
    (GET, {"sec-websocket-version": "8"}, (426,), "version 8", "Only 13 is ours. Anything else: 426."),
    (GET, {"sec-websocket-version": None}, (400, 426), "no version", "The version must be there (section 4.2.1)."),
    (GET, {"sec-websocket-key": None}, (400,), "no key", "Without a key there is nothing to answer: 400."),
    (GET, {"sec-websocket-key": "c2hvcnQ="}, (400,), "a key of 5 bytes", "A key is 16 bytes, 24 characters."),
    (
        GET,
        {"sec-websocket-key": base64.b64encode(bytes(24)).decode()},
        (400,),
        "a key of 24 bytes",
        "A key is 16 bytes, which base64 writes with 24 characters.",
    ),
    (GET, {"sec-websocket-key": "not a key"}, (400,), "a key that is no base64", "A key is 16 bytes in base64."),
    (GET, {"upgrade": None}, (400, 426), "no Upgrade", "wants_websocket(headers) tells you: 400."),
    (GET, {"connection": "keep-alive"}, (400, 426), "a Connection without Upgrade", "wants_websocket tells you: 400."),
    (GET, {"host": None}, (400,), "no Host", "A request names the server (section 4.2.1): 400."),
    ("POST / HTTP/1.1", {}, (400, 405), "POST", "A handshake is a GET: 400 for any other method."),
    ("GET / HTTP/1.0", {}, (400, 426, 505), "HTTP/1.0", "HTTP/1.1 at least (section 4.2.1): 400."),
)


@task(
    "02.5",
    "be the server",
    hints=(
        "First the reasons to refuse, one `if` for each, with a return. What is left at the end is the 101.",
        "The first line must start with GET and end with HTTP/1.1. Then 'host' in headers, wants_websocket(headers), "
        "and a key of 24 characters. Version 13 has a status of its own, 426.",
        "The 101 has four lines: the first, Upgrade: websocket, Connection: Upgrade, and "
        "'Sec-WebSocket-Accept: ' + accept_key(key). Join them with '\\r\\n', end with '\\r\\n\\r\\n', encode.",
    ),
)
def be_the_server(answer):
    for key in KEYS:
        judge_opening(answer, GET, GOOD | {"sec-websocket-key": key})
    judge_opening(answer, "GET /chat?room=2 HTTP/1.1", GOOD | {"sec-websocket-key": KEY, "x-mood": "curious"})
    for first, change, statuses, what, idea in REQUESTS:
        headers = GOOD | {"sec-websocket-key": KEYS[1]} | change
        headers = {name: value for name, value in headers.items() if value is not None}
        call, response = ask(answer, first, headers)
        status = response.status_code
        if status == 101:
            raise Wrong(
                f"a WebSocket opened for {what}.", idea, call=call, expected=Text(statuses[0]), got=Text(status)
            )
        if status not in statuses:
            looks = f"status {status} for {what}."
            raise Wrong(looks, idea, call=call, expected=Text(statuses[0]), got=Text(status))
        if status == 426 and "12" in headers.get("sec-websocket-version", ""):
            if response.headers.get_all("Sec-WebSocket-Version") != ["13"]:
                idea = "The refusal must say which version you do speak: Sec-WebSocket-Version: 13 (section 4.2.2)."
                raise Wrong("a 426 that names no version.", idea, call=call)
            if [text.lower() for text in response.headers.get_all("Upgrade")] != ["websocket"]:
                idea = "A 426 says which protocol is wanted: Upgrade: websocket (RFC 9110, section 15.5.22)."
                raise Wrong("a 426 that names no protocol.", idea, call=call)


def ask(answer, first, headers):
    """Return (call, Response) for what the student's server answers."""
    call = f"answer_request({first!r}, {headers})"
    got = tried(call, ANSWER_CRASHES, answer, first, dict(headers))
    must_be(bytes, got, call, "Join the lines, then encode() makes bytes of the text. " + RETURN)
    judge_lines(got, call)
    parser = ResponseParser()
    try:
        response = parser.feed(got) or parser.feed_eof()
    except InvalidHandshake as error:
        idea = "The first line is the version, the status, and words, such as HTTP/1.1 400 Bad Request."
        raise Wrong("a response that no client can read.", f"{idea} ({error})", call=call, got=got) from None
    if response.status_code == 101 and parser.rest:
        raise Wrong("something after the empty line.", "A client takes it for a frame.", call=call, got=parser.rest)
    return call, response


def judge_opening(answer, first, headers):
    """Raise Wrong unless the student's server accepts this good request."""
    call, response = ask(answer, first, headers)
    if response.status_code != 101:
        looks = f"status {response.status_code} for a good request."
        raise Wrong(looks, "Nothing is wrong here: which of your tests says no?", call=call)
    for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
        sent = response.headers.get_all(name)
        if [text.lower() for text in sent] != [value.lower()]:
            idea = f"The 101 repeats {name}: {value} (section 4.2.2)."
            raise Wrong(f"a 101 with a wrong or missing {name}.", idea, call=call, got=Text(", ".join(sent) or "none"))
    wanted, sent = [accept_key(headers["sec-websocket-key"])], response.headers.get_all("Sec-WebSocket-Accept")
    if sent != wanted:
        looks, idea = "the wrong Sec-WebSocket-Accept.", "It is accept_key of the key in this request."
        if not sent:
            looks = "a 101 without Sec-WebSocket-Accept."
        elif sent == [headers["sec-websocket-key"]]:
            looks = "the key sent back as it came."
        elif sent == [accept_key(KEY)]:
            looks = "always the same answer."
        raise Wrong(looks, idea, call=call, expected=Text(wanted[0]), got=Text(", ".join(sent) or "none"))
    if "Sec-WebSocket-Protocol" in response.headers or "Sec-WebSocket-Extensions" in response.headers:
        raise Wrong("a choice of what was not offered.", "The client offered none: leave that header out.", call=call)


# ---- 02.6


@task(
    "02.6",
    "choose a subprotocol (optional)",
    hints=(
        "Make a list of what the client offers, then go through `supported` in order.",
        "header is None if the client offers nothing. Otherwise header.split(','), and strip() each name.",
        "for name in supported: if name in offered: return name. After the loop: return None.",
    ),
)
def choose(answer):
    for header, supported, wanted, looks, idea in CHOICES:
        ideas = [("NoneType", "`header` is None when the client offers nothing. Then the choice is None, too.")]
        got = attempt_with(ideas, answer, header, list(supported))
        call = call_text(answer, header, supported)
        if wanted is None and got in ("", [], False):
            raise Wrong(f"{got!r} instead of None.", "If there is none to choose, return None.", call=call)
        if isinstance(got, list) and got:
            raise Wrong("a list of names.", "Return one name, the first that fits.", call=call, got=got)
        if got != wanted:
            raise Wrong(looks, idea, call=call, expected=wanted, got=readable(got))


_NAMES = "Cut at the commas, strip each name."
CHOICES = (
    ("chat", ["chat"], "chat", "the only name not chosen.", "It is offered and supported: return it."),
    ("chat.v1, chat.v2", ["chat.v1"], "chat.v1", "a list that is not cut.", _NAMES),
    ("chat.v2, chat.v1", ["chat.v1"], "chat.v1", "the name after a comma missed.", _NAMES),
    ("chat.v2,chat.v1", ["chat.v1"], "chat.v1", "a list without spaces not cut.", _NAMES),
    (
        "chat.v2, chat.v1",
        ["chat.v1", "chat.v2"],
        "chat.v1",
        "the client's order.",
        "Go through `supported`: the server's order counts here.",
    ),
    ("superchat", ["chat"], None, "a part of a name taken for the name.", "Compare whole names, in a list."),
    (None, ["chat"], None, "a choice where nothing was offered.", "Return None."),
    ("soup", ["chat"], None, "a choice that the client did not offer.", "The client must fail then: return None."),
    ("chat", [], None, "a choice that the server does not support.", "Return None."),
)
