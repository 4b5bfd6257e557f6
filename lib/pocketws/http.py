"""HTTP/1.1 requests and responses, as far as an opening handshake needs them: RFC 9112 and 9110.

A message is a start line, header lines, an empty line, and sometimes a body:

    GET /chat HTTP/1.1 CRLF             HTTP/1.1 101 Switching Protocols CRLF
    Host: example.com CRLF              Upgrade: websocket CRLF
    CRLF                                CRLF

The rules of this file:

- Where RFC 9112 lets a recipient refuse or repair, a request is refused: two programs
  that repair differently can be made to read two different messages. So a line ends in
  CRLF, a field name is followed by its colon, and a request has no body.
- A response is repaired where the RFC says a client MUST: folded lines are joined.
- Nothing is kept beyond a limit: not a line, not the head, not a body.
- Text is str, one character for one byte (ISO-8859-1), as RFC 9110 section 5.5 has it.
- No function here touches a socket or a clock, or knows what a WebSocket is.
"""

from .compat import MICROPYTHON, encode_utf8
from .exceptions import InvalidHeader, InvalidMessage, InvalidProtocol, SecurityError

if not MICROPYTHON:
    from .fastlane import take_headers

MAX_LINE = 4096 if MICROPYTHON else 8192  # bytes in the start line or in a header line, CRLF not counted
MAX_HEADERS = 64 if MICROPYTHON else 128  # header lines
MAX_HEAD = 8192 if MICROPYTHON else 65536  # bytes from the first one to the empty line's CRLF
MAX_BODY = 2048 if MICROPYTHON else 1 << 20  # bytes read of a response's body

DIGITS = "0123456789"
ALPHANUMERIC = DIGITS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
TOKEN = "!#$%&'*+-.^_`|~" + ALPHANUMERIC  # RFC 9110 section 5.6.2
_HOST = "-._~%!$&'()*+,;=:[]" + ALPHANUMERIC  # RFC 3986 section 3.2.2, and a port


def is_made_of(text, characters):
    """Tell whether `text` (str) is not empty and holds nothing but `characters` (str)."""
    return text != "" and text.strip(characters) == ""  # strip() leaves the first that is none of them


def is_token(text):
    """Tell whether `text` (str) is a token (RFC 9110 section 5.6.2), like a method or a field name."""
    return is_made_of(text, TOKEN)


def _is_text(text):
    """Tell whether `text` may stand in a field value: no control character but the tab (RFC 9110 section 5.5)."""
    if not MICROPYTHON and text.isascii() and text.isprintable():  # as nearly all are, and at once
        return True
    try:
        data = encode_utf8(text)  # bytes, since each character a board loops over stays in its memory for good
    except UnicodeError:
        return False
    for byte in data:
        if (byte < 0x20 and byte != 0x09) or byte == 0x7F or byte > 0xC3:  # U+0100 begins with 0xC4
            return False
    return True


def _decode(data):
    """Return `data` (bytes) as a str with one character per byte."""
    if not data or max(data) < 0x80:
        return str(data, "utf-8")
    return "".join(map(chr, data))  # MicroPython knows no other encoding than UTF-8


def _encode(text):
    """Return the bytes of a str that `_is_text` let pass."""
    data = text.encode()
    return data if len(data) == len(text) else bytes(map(ord, text))


class MultipleValuesError(LookupError):
    """`headers[name]` was asked for the one value of a header that occurs several times."""


class Headers:
    """The headers of a message: pairs of names and values, in the order of the wire.

        headers = Headers([("Host", "example.com")])
        headers["Accept"] = "text/html"     # adds; a second value does not replace the first
        headers["accept"]                   # "text/html": upper and lower case are the same

    items: pairs of str, a dict, or other Headers.
    Iterating gives the pairs.
    """

    __slots__ = ("_items",)

    def __init__(self, items=()):
        self._items = []
        self.update(items)

    def update(self, items):
        """Add each pair of `items`. Raises ValueError as `headers[name] = value` does."""
        for name, value in items.items() if hasattr(items, "items") else items:
            if not (isinstance(name, str) and is_token(name)):
                raise ValueError("%r is not a header's name; expected a token (RFC 9110 section 5.1)" % (name,))
            if not (isinstance(value, str) and _is_text(value)):
                raise ValueError(
                    "%r is not a value for the header %s; expected a str of characters up to U+00FF, "
                    "without control characters (RFC 9110 section 5.5)" % (value, name)
                )
            self._items.append((name, value))

    def __setitem__(self, name, value):
        """Add a header. Raises ValueError for one that could end its own line and begin another (RFC 9110 5.5)."""
        self.update(((name, value),))

    def get_all(self, name):
        """Return the values of the header `name`, in order: a list of str, empty if there is none."""
        name = name.lower()
        return [value for key, value in self._items if len(key) == len(name) and key.lower() == name]

    def __getitem__(self, name):
        """Return the value of the header `name`. Raises KeyError for none, MultipleValuesError for several."""
        values = self.get_all(name)
        if not values:
            raise KeyError("there is no header %s" % name)
        if len(values) > 1:
            raise MultipleValuesError("the header %s occurs %d times; get_all() returns each" % (name, len(values)))
        return values[0]

    def get(self, name, default=None):
        """Return the value of the header `name`, or `default`. Raises MultipleValuesError."""
        return self[name] if name in self else default

    def __delitem__(self, name):
        """Remove every header `name`. Raises KeyError if there is none."""
        if name not in self:
            raise KeyError("there is no header %s" % name)
        self._items = [(key, value) for key, value in self._items if key.lower() != name.lower()]

    def __contains__(self, name):
        return bool(self.get_all(name))

    def __iter__(self):
        return iter(self._items)

    items = raw_items = __iter__

    def __len__(self):
        return len(self._items)

    def __repr__(self):
        return "Headers(%r)" % self._items

    def _serialize(self, start_line):
        lines = [start_line] + [name + ": " + value for name, value in self._items]
        return _encode("\r\n".join(lines) + "\r\n\r\n")


class Request:
    """What a client asks for.

    path: str, the target: an absolute path and perhaps a query. headers: Headers.
    method: str. protocol: str, "HTTP/1.1" or what a client sent.
    """

    __slots__ = ("path", "headers", "method", "protocol")

    def __init__(self, path, headers, method="GET", protocol="HTTP/1.1"):
        self.path = path
        self.headers = headers
        self.method = method
        self.protocol = protocol

    def serialize(self):
        """Return the bytes that go on the wire. Raises ValueError for a method or path that may not."""
        if not is_token(self.method):
            raise ValueError("%r is not a method; expected a token (RFC 9110 section 9.1)" % self.method)
        if not (self.path.startswith("/") and _is_target(self.path)):
            raise ValueError(
                "%r is not a path; expected a slash, then visible ASCII characters but no #: percent-encode "
                "the others (RFC 9112 section 3.2.1)" % self.path
            )
        return self.headers._serialize(self.method + " " + self.path + " HTTP/1.1")

    def __repr__(self):
        return "<Request %s %s>" % (self.method, self.path)


class Response:
    """What a server answers.

    status_code: int, 100 to 599. reason_phrase: str, may be empty. headers: Headers. body: bytes.
    """

    __slots__ = ("status_code", "reason_phrase", "headers", "body")

    def __init__(self, status_code, reason_phrase, headers, body=b""):
        self.status_code = status_code
        self.reason_phrase = reason_phrase
        self.headers = headers
        self.body = body

    def serialize(self):
        """Return the bytes that go on the wire. Raises ValueError for a status or reason that may not."""
        if not 100 <= self.status_code <= 599:
            raise ValueError("%r is not a status code; expected 100 to 599 (RFC 9110 section 15)" % self.status_code)
        if not _is_text(self.reason_phrase):
            raise ValueError("%r is not a reason phrase (RFC 9112 section 4)" % self.reason_phrase)
        return self.headers._serialize("HTTP/1.1 %d %s" % (self.status_code, self.reason_phrase)) + self.body

    def __repr__(self):
        return "<Response %d %s, %d bytes>" % (self.status_code, self.reason_phrase, len(self.body))


def _is_target(text):
    """Tell whether `text` is visible ASCII without "#": a fragment is never sent (RFC 9112 section 3.2)."""
    for byte in text.encode():
        if not 0x21 <= byte <= 0x7E or byte == 0x23:
            return False
    return True


def _check_version(text):
    """Raise InvalidProtocol or InvalidMessage unless `text` is HTTP/1.0, HTTP/1.1 or a later 1.x."""
    if len(text) != 8 or text[:5] != "HTTP/" or text[6] != "." or not is_made_of(text[5] + text[7], DIGITS):
        raise InvalidMessage("the version is %r; expected HTTP/1.1" % text[:20], "2.3", 9112)
    if text[5] != "1":
        raise InvalidProtocol("the version is %s; expected HTTP/1.1" % text, "2.3", 9112)


class _Parser:
    """Cuts one message out of a stream of bytes, however the network chopped it.

    max_line, max_headers, max_head: int, see MAX_LINE and its neighbours; exactly
        that much is accepted.

    The work is linear in the bytes received. After an error every further call
    raises it again.
    """

    def __init__(self, max_line=MAX_LINE, max_headers=MAX_HEADERS, max_head=MAX_HEAD):
        self.max_line = max_line
        self.max_headers = max_headers
        self.max_head = max_head
        self.message = None
        self._data = bytearray()
        self._pos = 0  # of the first byte that belongs to no line or body yet
        self._eof = False
        self._error = None
        self._steps = self._parse()  # a generator, so that it reads as if it could wait: each yield waits for bytes

    def feed(self, data):
        """Add `data` (bytes), the next from the network; return the message once it is whole, else None.

        Raises InvalidMessage, InvalidProtocol, InvalidHeader or SecurityError.
        """
        if self._error:
            raise self._error
        self._data += data
        if self.message is None:
            try:
                next(self._steps)
            except StopIteration as done:
                self.message = done.value
            except Exception as error:
                self._error = error
                raise
        return self.message

    def feed_eof(self):
        """Note that the network has no more bytes; return the message that this completes.

        Raises InvalidMessage if that happened within the head, and what `feed` raises.
        """
        self._eof = True
        return self.feed(b"")

    @property
    def rest(self):
        """The bytes after the message, untouched: the first frames, once it is a handshake."""
        return bytes(self._data[self._pos :])

    def _line(self, http_status=431):
        """Return (through `yield from`) the next line as bytes without its CRLF, or None if the stream ends."""
        start = scanned = self._pos
        while True:
            end = self._data.find(b"\n", scanned)  # each byte is looked at once
            if end < 0:
                scanned = len(self._data)
            size = (scanned if end < 0 else end) - 1 - start  # the last byte is the CR, or may become it
            if size > self.max_line:
                raise SecurityError("a line is longer than %d bytes" % self.max_line, "5.4", 9110, http_status)
            if end >= 0:
                break
            if self._eof:
                return None
            yield
        self._pos = end + 1
        line = bytes(self._data[start:end])
        if not line.endswith(b"\r"):
            raise InvalidMessage("the line %r ends in LF alone; expected CRLF" % line[:40], "2.2", 9112)
        return line[:-1]

    def _head_line(self, http_status=431):
        """Return the next line of the head: str, without control characters but the tab."""
        line = yield from self._line(http_status)
        if line is None:
            message = "the connection was closed after %d bytes, before the headers ended"
            raise InvalidMessage(message % len(self._data), "8", 9112)
        if self._pos > self.max_head:
            raise SecurityError("the head is longer than %d bytes" % self.max_head, "5.4", 9110)
        text = _decode(line)
        if not _is_text(text):  # a bare CR (RFC 9112 section 2.2) among them
            raise InvalidMessage("the line %r holds a control character" % line[:40], "5.5", 9110)
        return text

    def _headers(self, unfold):
        """Return the Headers, up to and with the empty line that ends them."""
        headers = Headers()
        items = headers._items
        if not MICROPYTHON and take_headers(self, items, TOKEN):
            return headers
        for _ in range(self.max_headers + 1):
            line = yield from self._head_line()
            if not line:
                return headers
            name, colon, value = line.partition(":")
            if unfold and items and line[0] in " \t":
                name, value = items.pop()
                value += " " + line.strip(" \t")
            elif not (colon and is_token(name)):  # whitespace before the colon: section 5.1; a folded line: 5.2
                raise InvalidMessage("the header line is %r; expected 'Name: value'" % line[:40], "5", 9112)
            items.append((name, value.strip(" \t")))
        raise SecurityError("there are more than %d header lines" % self.max_headers, "5.4", 9110)


class RequestParser(_Parser):
    """Reads one Request; see _Parser for the limits, feed(), feed_eof() and rest.

        parser = RequestParser()
        while (request := parser.feed(data)) is None:
            data = ...

    A target in absolute form becomes its path and query, and its authority the Host header.
    """

    def _parse(self):
        line = yield from self._head_line(414)
        if not line:  # section 2.2: an empty line before the request line is to be ignored
            line = yield from self._head_line(414)
        parts = line.split(" ")
        if len(parts) != 3 or not is_token(parts[0]):
            message = "the request line is %r; expected method, target and version with single spaces between"
            raise InvalidMessage(message % line[:40], "3", 9112)
        method, target, protocol = parts
        _check_version(protocol)
        authority, path = _split_target(target)
        headers = yield from self._headers(False)
        hosts = headers.get_all("Host")
        # Section 3.2: a request of HTTP/1.1 has exactly one Host header, and no request a malformed one.
        if len(hosts) > 1 or (not hosts and protocol != "HTTP/1.0"):
            raise InvalidHeader("Host", ", ".join(hosts) if hosts else None, "exactly one such header", "3.2", 9112)
        if hosts and hosts[0].strip(_HOST):
            raise InvalidHeader("Host", hosts[0], "a host and perhaps a port", "3.2", 9112)
        if authority is not None:  # section 3.2.2: it takes the place of the Host header
            if hosts:
                del headers["Host"]
            headers["Host"] = authority
        # Section 6: either header announces a body. The bytes of one must never be taken for frames.
        if "Transfer-Encoding" in headers:
            raise InvalidMessage("the request has a Transfer-Encoding; expected no body", "6.1", 9112, 501)
        if set(headers.get_all("Content-Length")) - {"0"}:
            raise InvalidMessage("the request has a Content-Length; expected no body", "6.2", 9112)
        return Request(path, headers, method, protocol)


def split_authority(text):
    """Split what follows "://" in a URI into the authority and the rest, both str (RFC 3986 section 3.2)."""
    end = len(text)
    for mark in ("/", "?", "#"):
        at = text.find(mark, 0, end)
        end = end if at < 0 else at
    return text[:end], text[end:]


def _split_target(target):
    """Return (authority or None, path with query) from a request's target. Raises InvalidMessage.

    The other two forms, "*" and host:port, belong to OPTIONS and CONNECT only (RFC 9112 sections 3.2.3 and 3.2.4).
    """
    authority, path = None, target
    scheme, found, rest = target.partition("://")
    if found and scheme.lower() in ("http", "https"):  # section 3.2.2: a server must accept the absolute form
        authority, path = split_authority(rest)
        if not path.startswith("/"):
            path = "/" + path
    if not _is_target(path) or not path.startswith("/") or not (authority is None or is_made_of(authority, _HOST)):
        message = "the target is %r; expected a path, or http:// and a host before it, in visible ASCII"
        raise InvalidMessage(message % target[:40], "3.2", 9112)
    return authority, path


class ResponseParser(_Parser):
    """Reads one Response; see _Parser for the limits, feed(), feed_eof() and rest.

    Informational responses before it are skipped, all but 101 (RFC 9110 section 15.2);
    they count towards max_head.

    max_body: int, the bytes read of a body, the framing of a chunked one included. What
        is beyond is left unread, and a body that the end of the stream cuts short is
        handed over as it is: a body is there to be shown to a person with the status,
        and the connection is of no further use.
    """

    def __init__(self, max_line=MAX_LINE, max_headers=MAX_HEADERS, max_head=MAX_HEAD, max_body=MAX_BODY):
        super().__init__(max_line, max_headers, max_head)
        self.max_body = max_body

    def _parse(self):
        status = 100
        while status < 200 and status != 101:
            line = yield from self._head_line()
            protocol, _, rest = line.partition(" ")
            digits, _, reason = rest.partition(" ")  # section 4; the space before no reason at all may be missing
            _check_version(protocol)
            if len(digits) != 3 or not is_made_of(digits, DIGITS) or not 100 <= int(digits) <= 599:
                message = "the status line is %r; expected a version, and a status code of 100 to 599"
                raise InvalidMessage(message % line[:40], "4", 9112)
            status = int(digits)
            if status < 200 and protocol == "HTTP/1.0":
                raise InvalidMessage("HTTP/1.0 has no status %d; expected HTTP/1.1" % status, "15.2", 9110)
            headers = yield from self._headers(True)
        body = b""
        if status not in (101, 204, 304):  # section 6.3
            body = yield from self._body(headers)
        return Response(status, reason, headers, body)

    def _body(self, headers):
        """Return the body: section 6.3 tells how to find its end."""
        codings = ",".join(headers.get_all("Transfer-Encoding"))
        lengths = headers.get_all("Content-Length")
        size = self.max_body
        if codings:
            if codings.split(",")[-1].strip(" \t").lower() == "chunked":
                return (yield from self._chunks())
        elif lengths:
            if len(set(lengths)) > 1 or len(lengths[0]) > 18 or not is_made_of(lengths[0], DIGITS):
                raise InvalidMessage("Content-Length is %r; expected one number" % lengths[0][:40], "6.3", 9112)
            size = min(size, int(lengths[0]))
        body = yield from self._take(size)
        return bytes(body)

    def _take(self, size):
        """Return the next `size` bytes, or as many as there are before the stream ends."""
        end = self._pos + size
        while len(self._data) < end and not self._eof:
            yield
        data = self._data[self._pos : end]
        self._pos += len(data)
        return data

    def _chunks(self):
        """Return the body of a chunked message (section 7.1), without its trailers."""
        body = bytearray()
        stop = self._pos + self.max_body
        while self._pos < stop:
            line = yield from self._line()
            if line is None:
                break
            digits = _decode(line).partition(";")[0].strip(" \t")
            if len(digits) > 15 or not is_made_of(digits, DIGITS + "abcdefABCDEF"):
                raise InvalidMessage("a chunk begins with %r; expected its size" % line[:40], "7.1", 9112)
            size = int(digits, 16)
            if size == 0:
                break
            body += yield from self._take(min(size, stop - self._pos))
            if self._pos < stop and (yield from self._line()):
                raise InvalidMessage("a chunk is longer than the %d bytes it announced" % size, "7.1", 9112)
        return bytes(body)
