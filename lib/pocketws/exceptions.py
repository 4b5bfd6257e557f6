"""The errors of this package.

Names and meanings are those of the `websockets` library. Each class has a single
base, because MicroPython refuses a class with two built-in ones.
"""


class WebSocketException(Exception):
    """Base of every error this package raises about a connection."""


class ProtocolError(WebSocketException):
    """The peer broke a rule of RFC 6455, or of an extension.

    section: str, the section that holds the rule, such as "5.2"; rfc: int, the RFC it is
        in: 6455, or 7692 for compressed messages.
    field: str or None, the frame field at fault: "FIN", "RSV1-3", "opcode", "MASK",
        "payload len" or "payload".
    close_code: int, the status code to close the connection with (section 7.4.1).
    """

    def __init__(self, message, section, field=None, close_code=1002, rfc=6455):
        super().__init__("%s (RFC %d section %s)" % (message, rfc, section))
        self.section = section
        self.rfc = rfc
        self.field = field
        self.close_code = close_code


class PayloadTooBig(WebSocketException):
    """A message is larger than this endpoint accepts (RFC 6455 section 10.4).

    size: int, bytes announced so far. max_size: int, the limit in bytes.
    """

    close_code = 1009

    def __init__(self, size, max_size):
        super().__init__("a message of %d bytes or more; the limit is %d bytes" % (size, max_size))
        self.size = size
        self.max_size = max_size


class InvalidURI(WebSocketException):
    """A text is not a WebSocket URI (RFC 6455 section 3).

    uri: str, the whole of it; the error's text leaves the user information out.
    """

    def __init__(self, uri, message):
        head, at, tail = uri.rpartition("@")
        scheme, slashes, _ = head.partition("//")
        shown = scheme + slashes + "...@" + tail if at and slashes else tail
        super().__init__("%s is not a WebSocket URI: %s (RFC 6455 section 3)" % (_shown(shown), message))
        self.uri = uri


class InvalidHandshake(WebSocketException):
    """Base of every error of the opening handshake (RFC 6455 section 4).

    section: str or None, the section that holds the rule, such as "4.2.1"; rfc: int, the
        RFC it is in: 6455, or 9110 and 9112 for the rules of HTTP.
    http_status: int, the status code with which a server answers such a request.
    """

    http_status = 400

    def __init__(self, message, section=None, rfc=6455, http_status=None):
        super().__init__("%s (RFC %d section %s)" % (message, rfc, section) if section else message)
        self.section = section
        self.rfc = rfc
        if http_status is not None:
            self.http_status = http_status


class SecurityError(InvalidHandshake):
    """A request or response is larger than this endpoint accepts (RFC 6455 section 10.4)."""

    http_status = 431


class InvalidMessage(InvalidHandshake):
    """The bytes are not an HTTP/1.1 request or response (RFC 9112)."""


class InvalidMethod(InvalidHandshake):
    """The request's method is not GET."""

    http_status = 405


class InvalidProtocol(InvalidHandshake):
    """The peer speaks another major version of HTTP than 1."""

    http_status = 505


class InvalidStatus(InvalidHandshake):
    """The server answered with another status code than 101 (RFC 6455 section 4.1).

    response: http.Response, the answer, with what the server had to say in its body.
    """

    def __init__(self, response):
        answer = ("%d %s" % (response.status_code, response.reason_phrase)).rstrip()
        message = "the server answered %s; expected '101 Switching Protocols'" % _shown(answer)
        if response.body:
            message += "; it says %s" % _shown(response.body)
        super().__init__(message, "4.1")
        self.response = response


class InvalidHeader(InvalidHandshake):
    """A header is missing, occurs too often, or has a value that its rule does not allow.

    name: str. value: str, or None where the header is missing.
    expected: str, what the rule asks for.
    """

    def __init__(self, name, value, expected, section, rfc=6455, http_status=None):
        found = "is missing" if value is None else "is " + _shown(value)
        super().__init__("%s %s; expected %s" % (name, found, expected), section, rfc, http_status)
        self.name = name
        self.value = value


class InvalidHeaderFormat(InvalidHeader):
    """A header's value does not follow its grammar."""


class InvalidHeaderValue(InvalidHeader):
    """A header's value follows its grammar but is not acceptable."""


class InvalidUpgrade(InvalidHeader):
    """The Upgrade or Connection header does not ask for, or agree to, WebSocket."""

    http_status = 426


class InvalidOrigin(InvalidHeader):
    """The Origin header names none of the origins that the server lets in."""

    http_status = 403


class NegotiationError(InvalidHandshake):
    """Client and server found no subprotocol or extension in common."""


def _shown(value):
    """Return `value` (str or bytes) as its repr, cut to 80 characters: it comes from the peer."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


class InvalidState(WebSocketException):
    """The caller asked for something that the connection's state does not allow."""


class ConcurrencyError(WebSocketException):
    """Two tasks received, or began what only one may do at a time."""


class ConnectionClosed(WebSocketException):
    """The connection is closed, so nothing more can be sent or received.

    rcvd, sent: frames.Close or None, the Close frames received and sent.
    rcvd_then_sent: bool, or None unless there were both: the peer closed first.
    """

    def __init__(self, rcvd, sent, rcvd_then_sent=None):
        self.rcvd = rcvd
        self.sent = sent
        self.rcvd_then_sent = rcvd_then_sent
        super().__init__(self._story())

    @property
    def code(self):
        """The code that the peer's Close frame held, 1006 if none came: int."""
        return 1006 if self.rcvd is None else self.rcvd.code

    @property
    def reason(self):
        """The reason that the peer's Close frame held: str."""
        return "" if self.rcvd is None else self.rcvd.reason

    def _story(self):
        if self.rcvd is None and self.sent is None:
            return "no Close frame received or sent: the connection was cut (1006)"
        if self.rcvd is None:
            return "sent %s; no Close frame received (1006)" % (self.sent,)
        if self.sent is None:
            return "received %s; no Close frame sent" % (self.rcvd,)
        if self.rcvd_then_sent:
            return "received %s; then sent %s" % (self.rcvd, self.sent)
        return "sent %s; then received %s" % (self.sent, self.rcvd)


class ConnectionClosedOK(ConnectionClosed):
    """Closed as agreed: Close frames with code 1000, 1001 or none went both ways."""


class ConnectionClosedError(ConnectionClosed):
    """Closed in any other way: cut off, timed out, or failed because of an error."""
