"""The opening handshake of both roles: RFC 6455 sections 3, 4, 9.1 and 11.3.

    client                                        server
    key = generate_key()
    build_request(uri, key, ...)  -- Request -->  accept(request, ...)
    check_response(response, key, ...)  <-- Response, or answer(error) --

Requests and responses are those of http.py; no function here touches a socket.
Sections without the number of an RFC are those of RFC 6455.

An extension is an object with

    name: str, a token
    offer() -> parameters       on a client: what the request asks for
    finalize(parameters)        on a client: what the server agreed to; returns a codec,
                                or raises NegotiationError
    accept(parameters)          on a server: what the client asks for; returns None to
                                decline, or (parameters of the response, a codec)

where parameters is a list of pairs: a name, and a value (str) or None for a bare name.
A codec is whatever the extension needs per connection: it is only passed on.
"""

import os
from binascii import a2b_base64, b2a_base64
from hashlib import sha1

from .compat import decode_utf8, encode_utf8
from .exceptions import (
    InvalidHeader,
    InvalidHeaderFormat,
    InvalidHeaderValue,
    InvalidStatus,
    InvalidUpgrade,
    InvalidURI,
    NegotiationError,
)
from .http import ALPHANUMERIC, DIGITS, TOKEN, Headers, Request, is_made_of, is_token, split_authority

VERSION = "13"  # section 4.1, item 9
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3
_HEX = DIGITS + "abcdefABCDEF"


# URIs: section 3


class WebSocketURI:
    """The parts of a WebSocket URI.

    secure: bool, True for wss. host: str in lower case, an IPv6 address without its
    brackets. port: int. path, query: str, may be empty. username, password: str or None.
    """

    def __init__(self, secure, host, port, path, query, username=None, password=None):
        self.secure = secure
        self.host = host
        self.port = port
        self.path = path
        self.query = query
        self.username = username
        self.password = password

    @property
    def resource_name(self):
        """What the request asks for: the path, "/" if there is none, and the query (section 3)."""
        return (self.path or "/") + ("?" + self.query if self.query else "")

    @property
    def host_header(self):
        """The value of the Host header: no port where it is the scheme's own (section 4.1, item 4)."""
        host = "[%s]" % self.host if ":" in self.host else self.host
        return host if self.port == _default_port(self.secure) else "%s:%d" % (host, self.port)

    def __repr__(self):
        """Leave the user information out, as this ends up in logs."""
        return "<WebSocketURI %s://%s%s>" % ("wss" if self.secure else "ws", self.host_header, self.resource_name)


def _default_port(secure):
    return 443 if secure else 80


def parse_uri(uri):
    """Return the WebSocketURI that `uri` (str) spells: ws:// or wss://, host, and perhaps port, path and query.

    Characters beyond ASCII in path and query are percent-encoded as UTF-8. User
    information before the host, which section 3 does not know but `websockets` takes,
    is for build_request to log in with. Raises InvalidURI.
    """
    try:
        data = encode_utf8(uri)
    except UnicodeError:
        raise InvalidURI(uri, "it holds a lone surrogate, and only what UTF-8 knows can be percent-encoded") from None
    for byte in data:  # RFC 3986 section 2
        if byte <= 0x20 or byte == 0x7F:
            raise InvalidURI(uri, "it holds %r, which must be percent-encoded" % chr(byte))
    scheme, found, rest = uri.partition("://")
    if not found or scheme.lower() not in ("ws", "wss"):
        raise InvalidURI(uri, "expected ws:// or wss:// at the start")
    if "#" in rest:  # MUST NOT be used
        raise InvalidURI(uri, "a fragment has no meaning here; a # that is part of a name is written %23")
    secure = scheme.lower() == "wss"
    authority, target = split_authority(rest)
    user, at, place = authority.rpartition("@")
    host, port = _split_place(uri, place)
    path, _, query = target.partition("?")
    try:
        username, password = _split_user(user) if at else (None, None)
    except ValueError:
        message = "expected user:password before the @, in percent-encoded UTF-8 without control characters"
        raise InvalidURI(uri, message) from None
    return WebSocketURI(
        secure, host, port or _default_port(secure), _percent_encode(path), _percent_encode(query), username, password
    )


def _split_place(uri, place):
    """Return (host, port or None) from what stands between the user information and the path of `uri`."""
    if place.startswith("["):
        host, bracket, port = place[1:].partition("]")
        valid = bracket and ":" in host and is_made_of(host, _HEX + ":.") and port[:1] in ("", ":")
        port = port[1:]
    else:
        host, _, port = place.partition(":")
        valid = is_made_of(host, "-._~" + ALPHANUMERIC)
    if not valid:
        message = (
            "expected a host: an ASCII name (with other letters, its xn-- form), an IPv4 address, or [an IPv6 one]"
        )
        raise InvalidURI(uri, message)
    if port and not (is_made_of(port, DIGITS) and len(port) <= 5 and 0 < int(port) < 65536):
        raise InvalidURI(uri, "expected a port of 1 to 65535 after the host")
    return host.lower(), int(port) if port else None


def _split_user(text):
    """Return (username, password), decoded. Raises ValueError."""
    username, colon, password = text.partition(":")
    pair = _percent_decode(username), _percent_decode(password)
    if not colon or ":" in pair[0]:  # RFC 7617 section 2
        raise ValueError("not a name and a password")
    for byte in (pair[0] + pair[1]).encode():
        if byte < 0x20 or byte == 0x7F:
            raise ValueError("a control character")
    return pair


def _percent_encode(text):
    data = text.encode()
    if len(data) == len(text):
        return text
    return "".join([chr(byte) if byte < 0x80 else "%%%02X" % byte for byte in data])


def _percent_decode(text):
    first, *parts = text.split("%")
    data = first.encode()
    for part in parts:
        if len(part) < 2 or not is_made_of(part[:2], _HEX):
            raise ValueError("%r is not percent-encoded" % text)
        data += bytes((int(part[:2], 16),)) + part[2:].encode()
    return decode_utf8(data)


# Key and answer: sections 4.1, item 7, and 4.2.2, item 5.4


def _base64(data):
    return b2a_base64(data).decode().strip()


def generate_key():
    """Return a new Sec-WebSocket-Key: 16 random bytes in base64, as str. One for each connection."""
    return _base64(os.urandom(16))


def accept_key(key):
    """Return the Sec-WebSocket-Accept (str) that answers the Sec-WebSocket-Key `key` (str)."""
    return _base64(sha1(key.encode() + _GUID).digest())


def is_key(text):
    """Tell whether `text` (str) is a Sec-WebSocket-Key: 16 bytes in base64."""
    try:
        data = a2b_base64(text)
    except ValueError:
        return False
    return len(data) == 16 and _base64(data) == text  # decoders skip what they do not know: compare


# Header values: sections 4.3 and 9.1


def single(headers, name, section, rfc=6455):
    """Return the value of a header that may occur once, or None. Raises InvalidHeader if it occurs more often."""
    values = headers.get_all(name)
    if len(values) > 1:
        raise InvalidHeader(name, ", ".join(values), "one such header, not %d" % len(values), section, rfc)
    return values[0] if values else None


def _items(headers, name):
    """Return the elements (list of str) of all headers `name`; empty ones do not count (RFC 9110 section 5.6.1).

    Raises InvalidHeaderFormat for a header without any.
    """
    values = headers.get_all(name)
    items = [item.strip(" \t") for value in values for item in value.split(",")]
    items = [item for item in items if item]
    if values and not items:
        raise InvalidHeaderFormat(name, ", ".join(values), "at least one element", "4.3")
    return items


def parse_tokens(headers, name, characters=TOKEN):
    """Return the list of tokens (str) in all headers `name`. Raises InvalidHeaderFormat."""
    items = _items(headers, name)
    for item in items:
        if not is_made_of(item, characters):
            raise InvalidHeaderFormat(name, item, "a token", "4.3")
    return items


def parse_extensions(headers):
    """Return what the Sec-WebSocket-Extensions headers list: pairs of a name and its parameters.

    Raises InvalidHeaderFormat; then the connection MUST fail (section 9.1).

    A value in quotes must be a token once the quotes and backslashes are off (section
    9.1), so it holds no comma, semicolon or equals sign: cutting at those is safe.
    """
    found = []
    for item in _items(headers, "Sec-WebSocket-Extensions"):
        name, *texts = [text.strip(" \t") for text in item.split(";")]
        parameters = []
        valid = is_token(name)
        for text in texts:
            key, equals, value = text.partition("=")
            key = key.strip(" \t")
            value = _unquote(value.strip(" \t")) if equals else None
            valid = valid and is_token(key) and (value is None or is_token(value))
            parameters.append((key, value))
        if not valid:
            raise InvalidHeaderFormat("Sec-WebSocket-Extensions", item, "name; parameter=token; ...", "9.1")
        found.append((name, parameters))
    return found


def _unquote(text):
    """Return the value of a quoted string, or `text` as it is if it is none; "" if a backslash precedes no token."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    text = text[1:-1]
    return "" if "\\\\" in text or text.endswith("\\") else text.replace("\\", "")


def format_extensions(extensions):
    """Return the header value (str) that lists pairs of a name and its parameters. Raises ValueError."""
    items = []
    for name, parameters in extensions:
        texts = [name] + [key if value is None else key + "=" + value for key, value in parameters]
        for text in [name] + [text for pair in parameters for text in pair if text is not None]:
            if not is_token(text):
                raise ValueError("%r is not a token (RFC 6455 section 9.1)" % text)
        items.append("; ".join(texts))
    return ", ".join(items)


def check_connection(headers, section):
    """Raise InvalidUpgrade unless one of the Connection tokens is "Upgrade", in any case."""
    tokens = parse_tokens(headers, "Connection")
    if "upgrade" not in [token.lower() for token in tokens]:
        raise InvalidUpgrade("Connection", ", ".join(tokens) or None, "the token 'Upgrade'", section)


def add(headers, more):
    """Add headers that the program asks for. Raises ValueError for those of the handshake itself."""
    own = [name.lower() for name, _ in headers]
    for name, value in Headers(more):
        if name.lower() in own or name.lower().startswith("sec-websocket-"):
            raise ValueError("the header %s is the handshake's own; use its argument instead" % name)
        headers[name] = value


# The client: section 4.1


def build_request(uri, key, subprotocols=(), extensions=(), origin=None, additional_headers=()):
    """Return the Request that opens a connection.

    uri: WebSocketURI. key: str, from generate_key. subprotocols: list of str and
    extensions: list of objects as at the top of this file, with different names, the
    preferred ones first. origin: str or None. additional_headers: pairs, dict or Headers.
    Raises ValueError for what may not be sent.
    """
    if isinstance(subprotocols, str) or len(set(subprotocols)) != len(subprotocols):  # item 10: MUST be unique
        raise ValueError("subprotocols is %r; expected a list of different names" % (subprotocols,))
    for name in subprotocols:
        if not is_token(name):  # item 10
            raise ValueError("%r is not a subprotocol; expected a token (RFC 6455 section 4.1)" % name)
    headers = Headers()
    headers["Host"] = uri.host_header  # item 4
    headers["Upgrade"] = "websocket"  # item 5
    headers["Connection"] = "Upgrade"  # item 6
    headers["Sec-WebSocket-Key"] = key  # item 7
    headers["Sec-WebSocket-Version"] = VERSION  # item 9
    if origin is not None:
        headers["Origin"] = origin  # item 8: a MUST for browsers only
    if subprotocols:
        headers["Sec-WebSocket-Protocol"] = ", ".join(subprotocols)
    if extensions:
        headers["Sec-WebSocket-Extensions"] = format_extensions([(each.name, each.offer()) for each in extensions])
    if uri.username is not None:
        credentials = (uri.username + ":" + uri.password).encode()
        headers["Authorization"] = "Basic " + _base64(credentials)  # RFC 7617 section 2
    add(headers, additional_headers)
    return Request(uri.resource_name, headers)  # items 1 to 3


def check_response(response, key, subprotocols=(), extensions=()):
    """Return (subprotocol, codecs) if `response` opens the connection that build_request asked for.

    key, subprotocols, extensions: as given to build_request.
    subprotocol: str or None. codecs: list, one for each extension that the server
    accepted, in its order. Raises InvalidStatus, InvalidUpgrade, InvalidHeader or
    NegotiationError; the client MUST then fail the connection (section 4.1).
    """
    if response.status_code != 101:  # step 1
        raise InvalidStatus(response)
    headers = response.headers
    upgrade = parse_tokens(headers, "Upgrade", TOKEN + "/")
    if [token.lower() for token in upgrade] != ["websocket"]:  # step 2
        raise InvalidUpgrade("Upgrade", ", ".join(upgrade) or None, "'websocket'", "4.1")
    check_connection(headers, "4.1")  # step 3
    accept = single(headers, "Sec-WebSocket-Accept", "11.3.3")
    if accept != accept_key(key):  # step 4
        message = "%s, which answers our key" % accept_key(key)
        raise InvalidHeaderValue("Sec-WebSocket-Accept", accept, message, "4.1")
    single(headers, "Sec-WebSocket-Extensions", "11.3.2")
    codecs = []
    names = []
    for name, parameters in parse_extensions(headers):  # step 5
        offered = [extension for extension in extensions if extension.name == name]
        if not offered:
            raise NegotiationError("the server chose the extension %s, which we did not offer" % name, "4.1")
        if name in names:
            raise NegotiationError("the server chose the extension %s twice" % name, "9.1")
        names.append(name)
        codecs.append(offered[0].finalize(parameters))
    subprotocol = single(headers, "Sec-WebSocket-Protocol", "11.3.4")
    if subprotocol is not None and subprotocol not in subprotocols:  # step 6
        raise NegotiationError("the server chose the subprotocol %r, which we did not offer" % subprotocol, "4.1")
    return subprotocol, codecs


_SERVER = ("accept", "answer", "check_request", "reject")


def __getattr__(name):
    """Give the names of the server's half, handshake_server.py, which a board that is only a client does not load."""
    if name not in _SERVER:
        raise AttributeError(name)
    from . import handshake_server

    return getattr(handshake_server, name)
