"""Takes an opening handshake apart, line by line, as a picture and as text.

    handshake(b"GET /chat HTTP/1.1\\r\\nHost: ...", b"HTTP/1.1 101 Switching Protocols\\r\\n...")

What is wrong is what `pocketws.handshake` finds wrong. It stops at the first fault; to show
them all, each fault is mended in a copy, which then is judged again.
"""

import re
import textwrap
from binascii import a2b_base64
from collections import namedtuple

from pocketws.exceptions import (
    InvalidHandshake,
    InvalidHeader,
    InvalidMessage,
    InvalidMethod,
    InvalidProtocol,
    InvalidStatus,
    NegotiationError,
)
from pocketws.handshake import accept, accept_key, check_response, parse_extensions, parse_tokens
from pocketws.http import Headers, RequestParser, ResponseParser

from .anatomy_frame import Notice, draw_notice
from .figure import NOTE, SMALL, Figure, Run, capital, plural, shorten, text_width, wrap

FIXED_TEXT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
COLUMNS = 78  # of the text form
OTHERS = 5  # headers that are shown of those which have nothing to do with a handshake
LISTED = 300  # characters of a line that the text forms show

_LINE_END = b"\r\n"

# What a line is there for. The name of the start line is "".
_MEANINGS = {
    "client": {
        "": "GET, HTTP/1.1 or later",
        "host": "which server",
        "upgrade": "the new protocol",
        "connection": "for this hop",
        "sec-websocket-key": "16 random bytes",
        "sec-websocket-version": "the only version",
        "origin": "browsers send it",
        "sec-websocket-protocol": "on offer",
        "sec-websocket-extensions": "on offer",
    },
    "server": {
        "": "101 means yes",
        "upgrade": "the new protocol",
        "connection": "for this hop",
        "sec-websocket-accept": "from the key",
        "sec-websocket-protocol": "the one it chose",
        "sec-websocket-extensions": "those it accepts",
    },
}

# The lines without which there is no handshake, and, for the copy that is mended, what each should hold.
_NEEDED = {
    "client": {
        "host": "localhost",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
    },
    "server": {"upgrade": "websocket", "connection": "Upgrade", "sec-websocket-accept": ""},
}

_THREAD = ("sec-websocket-key", "sec-websocket-accept")  # its two ends


def handshake(request, response=b""):
    """Return a Figure of an opening handshake.

    request, response: bytes-like, as they went over the wire. Either may be cut short, or
    be something else entirely; bytes after the heads are counted. An empty response: none yet.
    """
    for data in (request, response):
        if not isinstance(data, bytes | bytearray | memoryview):
            kind = type(data).__name__
            raise TypeError(f'handshake() takes bytes, such as b"GET / HTTP/1.1\\r\\n...", not {kind}: {data!r:.40}')
    facts = _Facts(bytes(request), bytes(response))
    return Figure(lambda canvas: _draw(canvas, facts), facts.title, _as_text(facts), _as_sentences(facts))


# A line of a head. state: "needed", "optional", "wrong", or "missing" for one that should be there.
_Row = namedtuple("_Row", "name value state meaning")


class _Side:
    """What one side sent, and what the library says of it.

    sender: "client" or "server". judge: callable(bytes) that raises InvalidHandshake, or returns
    how many bytes follow the message, None while that is not complete.
    """

    def __init__(self, sender, data, judge):
        self.sender = sender
        self.data = data
        head, self.is_whole, self.behind = _split_head(data)
        self.lines = re.findall(rb"[^\n]*\n|[^\n]+", head)
        self.errors, self.is_judged = _faults(sender, self.lines, self.behind, judge) if self.is_whole else ([], False)
        self.rows = self._rows()

    def values(self, name):
        """Return the values of the header `name` (in lower case): a list of str."""
        return [row.value for row in self.rows[1:] if row.name.lower() == name and row.state != "missing"]

    def _rows(self):
        needed = _NEEDED[self.sender]
        guilty = {name for error in self.errors for name in _guilty(error, self.lines)}
        rows = []
        for index, line in enumerate(self.lines):
            text = line.decode("latin-1").rstrip("\r\n")
            if not text and index:
                break
            name, colon, value = text.partition(":") if index else (text, "", "")
            key = name.strip().lower() if index else ""
            is_needed = self.is_judged and (not index or key in needed)
            state = "wrong" if key in guilty or text in guilty else "needed" if is_needed else "optional"
            rows.append(_Row(name, value.strip(" \t"), state, _MEANINGS[self.sender].get(key, "")))
        present = {row.name.lower() for row in rows}
        for error in self.errors:
            if isinstance(error, InvalidHeader) and error.name.lower() not in present:
                rows.append(_Row(error.name, "missing", "missing", _MEANINGS[self.sender].get(error.name.lower(), "")))
                present.add(error.name.lower())
        return rows

    def shown_rows(self):
        """Return the rows to draw, and the number of those that are left out."""
        shown, others = [], 0
        for row in self.rows:
            if row.state == "optional" and not row.meaning:
                others += 1
            if row.state != "optional" or row.meaning or others <= OTHERS:
                shown.append(row)
        return shown, len(self.rows) - len(shown)


def _split_head(data):
    """Return (head, whether it is whole, the bytes behind it); of what ends its lines in LF alone, too."""
    ends = [match.end() for match in (re.search(rb"\r\n\r\n", data), re.search(rb"\n\n", data)) if match]
    return (data[: min(ends)], True, data[min(ends) :]) if ends else (data, False, b"")


def _faults(sender, lines, behind, judge):
    """Return all InvalidHandshake errors of a head, the first one first, and whether that is all of them."""
    lines, errors, seen = list(lines), [], set()
    while True:
        try:
            judge(b"".join(lines) + behind)
            return errors, True
        except InvalidHandshake as error:
            errors.append(error)
            lines = _mended(sender, lines, error)
            if lines is None or str(error) in seen:
                return errors, False
            seen.add(str(error))


def _mended(sender, lines, error):
    """Return a copy of `lines` without the fault that `error` tells of, or None where there is no way."""
    first, *others = lines
    if isinstance(error, InvalidMethod):
        return [b"GET " + first.partition(b" ")[2], *others]
    if isinstance(error, InvalidProtocol) and sender == "client":
        return [first.rpartition(b" ")[0] + b" HTTP/1.1" + _LINE_END, *others]
    if isinstance(error, InvalidMessage) and _without_crlf(lines):
        return [line.rstrip(_LINE_END) + _LINE_END for line in lines]
    if not isinstance(error, InvalidHeader | NegotiationError):
        return None
    name = next(iter(_guilty(error, lines)))
    kept = [line for line in others if line.partition(b":")[0].decode("latin-1").lower() != name]
    good = _NEEDED[sender].get(name)
    if good == "":  # the accept key: the error itself says what was expected
        good = str(error).partition("expected ")[2].partition(",")[0]
    return [first, *([f"{name}: {good}\r\n".encode()] if good else []), *kept]


def _without_crlf(lines):
    return [line for line in lines if not line.endswith(_LINE_END)]


def _guilty(error, lines):
    """Return the names of the headers (a set of str in lower case) at fault, "" for the start line, or whole lines."""
    if isinstance(error, InvalidHeader):
        return {error.name.lower()}
    if isinstance(error, InvalidMethod | InvalidProtocol | InvalidStatus):
        return {""}
    if isinstance(error, NegotiationError):
        return {"sec-websocket-extensions" if "extension" in str(error) else "sec-websocket-protocol"}
    if isinstance(error, InvalidMessage) and _without_crlf(lines):
        return {line.decode("latin-1").rstrip("\r\n") for line in _without_crlf(lines)} - {""}
    # Of HTTP that cannot be read, the error quotes the line, or a part of it.
    quotes = re.findall(r"b?(?:'([^']+)'|\"([^\"]+)\")", str(error))
    texts = [line.decode("latin-1").rstrip("\r\n") for line in lines]
    shown = {text: repr(text)[1:-1] for text in texts if text}
    return {next((text for text in shown if (one or other) in shown[text]), "") for one, other in quotes} - {""}


def _is_refusal(errors):
    """Tell whether the server answered properly, but no."""
    return bool(errors) and isinstance(errors[0], InvalidStatus)


class _Offer:
    """An extension that the request offers: agrees to any parameters of the response."""

    def __init__(self, name):
        self.name = name

    def finalize(self, parameters):
        return parameters


def _judge_request(data):
    parser = RequestParser()
    request = parser.feed(data)
    if request is not None:
        accept(request)


class _Facts:
    """All that the picture and the text say, worked out once."""

    def __init__(self, request, response):
        self.client = _Side("client", request, _judge_request)
        self.key = (self.client.values("sec-websocket-key") or [""])[0]
        self.server = _Side("server", response, self._judge_response)
        self.refused = _is_refusal(self.server.errors)
        self.is_key_good = bool(self.key) and not {"sec-websocket-key"} & {
            name for error in self.client.errors for name in _guilty(error, self.client.lines)
        }
        self.steps = self._steps() if self.is_key_good and not self.refused else []
        self.title, self.is_bad = self._title()
        self.notices = self._notices()

    def _judge_response(self, data):
        parser = ResponseParser()
        response = parser.feed(data) or parser.feed_eof()
        headers = Headers()
        for name in ("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"):
            for value in self.client.values(name.lower()):
                headers[name] = value
        try:
            protocols = parse_tokens(headers, "Sec-WebSocket-Protocol")
            extensions = [_Offer(name) for name, _ in parse_extensions(headers)]
        except InvalidHandshake:  # a fault of the request, which is told there
            protocols, extensions = [], []
        check_response(response, self.key, protocols, extensions)

    def _steps(self):
        """Return how the server gets from the key to its answer: pairs of a name and a value (str)."""
        result = accept_key(self.key)
        return [
            ("key", self.key),
            ("+ fixed text", FIXED_TEXT),
            ("SHA-1", a2b_base64(result).hex(" ")),
            ("base64", result),
        ]

    def _title(self):
        if self.client.errors or (self.server.errors and not self.refused):
            return f"Malformed: {_short((self.client.errors or self.server.errors)[0])}", True
        if self.refused:
            return f"Refused: {shorten(_status(self.server), 380)}", True
        if not self.client.is_whole:
            return "Incomplete: the request is cut short" if self.client.data else "Incomplete: no request yet", False
        if not self.server.is_whole:
            return "Incomplete: the answer is cut short" if self.server.data else "Incomplete: no answer yet", False
        return "The opening handshake", False

    @property
    def note(self):
        return "the lines that RFC 6455 requires have a tick; the rest is optional"

    def _notices(self):
        notices = []
        for side in (self.client, self.server):
            rules = {}  # section: what is wrong by it
            for error in side.errors:
                section = f"RFC {error.rfc}, section {error.section}" if error.section else "HTTP"
                rules.setdefault(section, []).append(_rule(error))
            notices += [Notice("error", section, " ".join(texts)) for section, texts in rules.items()]
            if side.behind and not (side.sender == "server" and self.refused):
                head = f"{capital(plural(len(side.behind)))} behind the {_word(side)}"
                notices.append(Notice("muted", head, "After the empty line, the stream holds frames."))
        return notices


def _rule(error):
    """Return what an error says as a sentence, without its section, and without what the server says for itself."""
    text = str(error).removesuffix(f" (RFC {error.rfc} section {error.section})").partition("; it says ")[0]
    return capital(text) + "."


def _word(side):
    return "request" if side.sender == "client" else "response"


def _short(error):
    """Return what is wrong, without what would be right."""
    return str(error).partition("; expected")[0].partition(" (RFC")[0]


def _status(side):
    return side.rows[0].name.partition(" ")[2]


# ---- the picture


def _draw(canvas, facts):
    """Draw the whole card; return its height in px."""
    mark, role = ("bad", "error") if facts.is_bad else ("", "ink")
    y = canvas.heading(facts.title, facts.note, mark, role) + 14
    ends = []  # the y of both ends of the thread, and of the two it passes on the way
    y = _draw_side(canvas, y, facts.client, "Client asks", ends)
    if facts.steps:
        y = _draw_steps(canvas, y + 28, facts.steps, ends)
    y = _draw_side(canvas, y + 28, facts.server, "Server answers", ends)
    if facts.steps:
        _draw_thread(canvas, ends)
    y += 18
    for notice in facts.notices:
        y = draw_notice(canvas, y, notice)
    return y + 6


def _inside(canvas):
    """Return the x of the boxes: the thread runs on their left."""
    return canvas.left + (16 if canvas.narrow else 24)


def _draw_side(canvas, y, side, heading, ends):
    """Draw the lines that one side sent; return the y below."""
    x = _inside(canvas)
    canvas.text(x, y, heading, "muted", NOTE, bold=True)
    rows, left_out = side.shown_rows()
    top = y + 10
    body = _body_lines(canvas, side)
    size = SMALL if canvas.narrow else NOTE
    heights = [42 if _takes_two(canvas, row, size) else 25 for row in rows]
    height = sum(heights) + 12 + (25 if left_out else 0) + (18 * len(body) + 14 if body else 0) + (0 if rows else 25)
    canvas.rect(x, top, canvas.right - x, height, "muted-tint", radius=5)
    y = top + 6
    for row, tall in zip(rows, heights, strict=True):
        if row.name.lower() in _THREAD and row.state != "missing":
            ends.append(y + 12)
        _draw_row(canvas, y + 17, row, tall, size)
        y += tall
    if left_out:
        canvas.text(x + 30, y + 17, f"and {plural(left_out, 'optional header')} more", "muted", NOTE)
        y += 25
    if not rows:
        canvas.text(x + 30, y + 17, "nothing yet", "muted", NOTE)
    for number, line in enumerate(body):
        canvas.text(x + 30, y + 24 + 18 * number, line, "ink", size, mono=True)
    return top + height


def _body_lines(canvas, side):
    """Return the first lines (list of str) of what a refusal says to a person."""
    if not (side.sender == "server" and _is_refusal(side.errors) and side.behind):
        return []
    text = side.behind.decode(errors="replace").strip()
    size = SMALL if canvas.narrow else NOTE
    lines = wrap(text, canvas.right - _inside(canvas) - 42, size, mono=True)
    return lines[:4] + (["…"] if len(lines) > 4 else [])


def _takes_two(canvas, row, size):
    """Tell whether name and value of a row need a line each."""
    label = f"{row.name}: {row.value}"
    return canvas.narrow and bool(row.value) and text_width(label, size, True) > canvas.right - _inside(canvas) - 42


def _draw_row(canvas, y, row, tall, size):
    """Draw one line of a head, its baseline at `y`."""
    x = _inside(canvas)
    wrong = row.state in ("wrong", "missing")
    on_thread = row.name.lower() in _THREAD
    role = "error" if wrong else "key" if on_thread else "muted" if row.state == "optional" else "ink"
    if wrong or on_thread:
        box = {"stroke": "error", "dash": "4 2"} if wrong else {}
        tint = None if row.state == "missing" else role + "-tint"
        canvas.rect(x + 6, y - 16, canvas.right - x - 12, tall - 1, tint, radius=4, **box)
    if row.state != "optional":
        canvas.mark("bad" if wrong else "ok", x + 16, y - 4, 7)
    bold = row.state != "optional"
    left, right = x + 30, canvas.right - 12
    name = row.name + (":" if row.value else "")
    if tall > 25:
        canvas.text(left, y, shorten(name, right - left, size, True), role, size, mono=True, bold=bold)
        canvas.text(left, y + 17, shorten(row.value, right - left, size, True), role, size, mono=True)
        return
    meaning = "" if canvas.narrow else row.meaning
    name = shorten(name, right - left, size, True)
    room = right - left - text_width(name + " ", size, True)
    if text_width(row.value, size, True) + text_width(meaning, SMALL) + 16 > room:
        meaning = ""
    value = shorten(row.value, room, size, True) if row.value else ""
    runs = [Run(name, role, mono=True, bold=bold), Run(f" {value}" if value else "", role, mono=True)]
    canvas.text(left, y, [run for run in runs if run.text], size=size)
    if meaning:
        canvas.text(right, y, meaning, "muted", SMALL, anchor="end")


def _draw_steps(canvas, y, steps, ends):
    """Draw how the server computes its answer; return the y below the last line."""
    x = _inside(canvas)
    canvas.text(x, y, "Server computes", "muted", NOTE, bold=True)
    y += 26
    names, values, size = (x + 16, x + 16, SMALL) if canvas.narrow else (x + 30, x + 126, NOTE)
    for name, value in steps:
        if name in ("key", "base64"):
            ends.append(y - 4)
        role = "key" if name in ("key", "base64") else "ink"
        canvas.text(names, y, name, "muted", NOTE)
        y += 18 if canvas.narrow else 0
        for line in wrap(value, canvas.right - values, size, mono=True) if name != "SHA-1" else _halves(value):
            canvas.text(values, y, line, role, size, mono=True, bold=name == "base64")
            y += 19
        y += 6
    return y - 12


def _halves(digest):
    """Return 20 bytes in hex as two lines of ten."""
    return [digest[:29], digest[30:]]


def _draw_thread(canvas, ends):
    """Lead from the key to the sum, and from its result to the accept line, where both are there."""
    x, right = _inside(canvas), _inside(canvas) + (8 if canvas.narrow else 22)
    key, start, result, *answer = ends
    far = canvas.left + (3 if canvas.narrow else 8)
    _draw_turn(canvas, (x + 5, key), far, (right, start))
    if answer:
        _draw_turn(canvas, (right, result), far, (x + 5, answer[-1]))


def _draw_turn(canvas, start, far, end):
    """Draw a rounded way from `start` to the left, down at x `far`, and right to an arrow at `end`."""
    (x1, y1), (x2, y2) = start, end
    canvas.path(
        f"M{x1:.1f} {y1:.1f}H{far + 6:.1f}q-6 0 -6 6V{y2 - 6:.1f}q0 6 6 6H{x2:.1f}m-5 -4l5 4l-5 4",
        "key",
        2,
    )


# ---- the text forms


def _as_text(facts):
    """Return the handshake for a terminal."""
    blocks = [[facts.title, *textwrap.wrap(facts.note, COLUMNS)], _list_side(facts.client, "Client asks")]
    if facts.steps:
        blocks.append(["Server computes"] + [f"     {name:14}{value}" for name, value in facts.steps])
    blocks.append(_list_side(facts.server, "Server answers"))
    blocks += [[notice.head] + textwrap.wrap(notice.body, COLUMNS) for notice in facts.notices]
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks)


_SIGNS = {"needed": "ok", "optional": "", "wrong": "x", "missing": "x"}


def _list_side(side, heading):
    lines = [heading] + [f"{_SIGNS[row.state]:>3}  {_line_of(row)}" for row in side.rows]
    if not side.rows:
        lines.append("     nothing yet")
    if side.sender == "server" and _is_refusal(side.errors) and side.behind:
        text = side.behind[:LISTED].decode(errors="replace")
        lines += [""] + [f"     {line}" for line in text.splitlines()]
    return lines


def _line_of(row):
    if row.state == "missing":
        return f"{row.name} is missing"
    line = f"{row.name}: {row.value}" if row.value else row.name
    line = line if len(line) <= LISTED else line[: LISTED - 3] + "..."
    return "".join(char if char.isprintable() else "\ufffd" for char in line)


def _as_sentences(facts):
    """Return the handshake for a screen reader."""
    words = {"needed": "required", "optional": "optional", "wrong": "wrong", "missing": "missing"}
    sentences = []
    for side, verb in ((facts.client, "The client asks"), (facts.server, "The server answers")):
        lines = "; ".join(f"{_line_of(row)} ({words[row.state]})" for row in side.rows)
        sentences.append(f"{verb}: {lines or 'nothing yet'}.")
        if side is facts.client and facts.steps:
            steps = "; ".join(f"{name} {value}" for name, value in facts.steps)
            sentences.append(f"The server computes: {steps}.")
    sentences += [f"{notice.head}. {notice.body}" for notice in facts.notices]
    return " ".join(sentences)
