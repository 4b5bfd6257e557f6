"""The server's half of the opening handshake: RFC 6455 section 4.2. See handshake.py, which also gives these names."""

from .exceptions import (
    InvalidHandshake,
    InvalidHeader,
    InvalidHeaderValue,
    InvalidMethod,
    InvalidOrigin,
    InvalidProtocol,
    InvalidUpgrade,
    NegotiationError,
)
from .handshake import (
    VERSION,
    accept_key,
    add,
    check_connection,
    format_extensions,
    is_key,
    parse_extensions,
    parse_tokens,
    single,
)
from .http import TOKEN, Headers, Response


def check_request(request, origins=None):
    """Return the Sec-WebSocket-Key (str) of a Request that opens a WebSocket connection (section 4.2.1).

    origins: list of the origins (str, or compiled patterns on CPython) that may connect,
    with None in it for clients that send no Origin; None lets all in (section 10.2).
    Raises InvalidMethod, InvalidProtocol, InvalidHeader, InvalidUpgrade or InvalidOrigin.
    """
    headers = request.headers
    if request.method != "GET":  # item 1
        raise InvalidMethod("the method is %s; expected GET" % request.method[:20], "4.2.1")
    if request.protocol == "HTTP/1.0":  # item 1; and an Upgrade does not count there, RFC 9110 section 7.8
        raise InvalidProtocol("the version is HTTP/1.0; expected HTTP/1.1", "4.2.1", http_status=426)
    if single(headers, "Host", "4.2.1") is None:  # item 2
        raise InvalidHeader("Host", None, "the server's name", "4.2.1")
    upgrade = parse_tokens(headers, "Upgrade", TOKEN + "/")
    if "websocket" not in [token.lower() for token in upgrade]:  # item 3: other protocols may stand beside it
        raise InvalidUpgrade("Upgrade", ", ".join(upgrade) or None, "'websocket'", "4.2.1")
    check_connection(headers, "4.2.1")  # item 4
    version = single(headers, "Sec-WebSocket-Version", "11.3.5")
    if version != VERSION:  # item 6; 426 and the version we speak are section 4.2.2, item 4
        status = 400 if version is None else 426
        raise InvalidHeaderValue("Sec-WebSocket-Version", version, VERSION, "4.2.1", http_status=status)
    key = single(headers, "Sec-WebSocket-Key", "11.3.1")
    if key is None or not is_key(key):  # item 5
        raise InvalidHeaderValue("Sec-WebSocket-Key", key, "16 bytes in base64", "4.2.1")
    origin = single(headers, "Origin", "7.3", 6454)
    if origins is not None and not _is_allowed(origin, origins):  # section 4.2.2, item 4: 403
        raise InvalidOrigin("Origin", origin, "one that this server lets in", "10.2")
    return key


def _is_allowed(origin, origins):
    for allowed in origins:
        if allowed == origin or (origin is not None and hasattr(allowed, "fullmatch") and allowed.fullmatch(origin)):
            return True
    return False


def accept(request, subprotocols=None, select_subprotocol=None, extensions=(), origins=None, additional_headers=()):
    """Return (response, subprotocol, codecs): the Response that accepts `request`, and what it agrees to.

    subprotocols: list of str, the preferred ones first, of which the client must offer
        one; None or an empty list goes on without.
    select_subprotocol: callable that is given the list of offered ones instead, and
        returns one of them or None, or raises NegotiationError.
    extensions: list of objects as at the top of this file. origins: see check_request.
    additional_headers: pairs, dict or Headers.
    Raises what check_request raises, InvalidHeaderFormat, NegotiationError, or ValueError
    where the program asked for what may not be sent; answer() is for all of them.
    """
    key = check_request(request, origins)
    headers = Headers()  # section 4.2.2, item 5
    headers["Upgrade"] = "websocket"
    headers["Connection"] = "Upgrade"
    headers["Sec-WebSocket-Accept"] = accept_key(key)
    offered = parse_tokens(request.headers, "Sec-WebSocket-Protocol")
    if select_subprotocol is None:
        subprotocol = _select(offered, subprotocols) if subprotocols else None
    else:
        subprotocol = select_subprotocol(offered)
    if subprotocol is not None:
        if subprotocol not in offered:  # section 4.2.2, item 4: MUST be one of the client's
            raise ValueError("the subprotocol %r was not offered (RFC 6455 section 4.2.2)" % (subprotocol,))
        headers["Sec-WebSocket-Protocol"] = subprotocol
    chosen = []
    codecs = []
    for name, parameters in parse_extensions(request.headers):  # the client's order, section 9.1
        for extension in extensions:
            if extension.name == name and name not in [other for other, _ in chosen]:
                accepted = extension.accept(parameters)
                if accepted is not None:
                    chosen.append((name, accepted[0]))
                    codecs.append(accepted[1])
    if chosen:
        headers["Sec-WebSocket-Extensions"] = format_extensions(chosen)
    add(headers, additional_headers)
    return Response(101, "Switching Protocols", headers), subprotocol, codecs


def _select(offered, subprotocols):
    """Return the first of our `subprotocols` that is among the `offered`. Raises NegotiationError."""
    for subprotocol in subprotocols:
        if subprotocol in offered:
            return subprotocol
    message = "the client offers %s; expected one of the subprotocols %s"
    raise NegotiationError(message % (", ".join(offered)[:80] or "no subprotocol", ", ".join(subprotocols)), "4.2.2")


_REASONS = {
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    414: "URI Too Long",
    426: "Upgrade Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}


def reject(status, text, headers=()):
    """Return a Response that opens no connection: plain text, after which the server closes.

    status: int. text: str. headers: pairs, dict or Headers to add.
    """
    body = text.encode()
    headers = Headers(headers)
    if "Connection" not in headers:
        headers["Connection"] = "close"
    headers["Content-Length"] = str(len(body))
    headers["Content-Type"] = "text/plain; charset=utf-8"
    return Response(status, _REASONS.get(status, ""), headers, body)


def answer(error):
    """Return the Response with which a server answers a request that raised `error`, any exception.

    An InvalidHandshake tells the client what was wrong; of any other error the client learns nothing.
    """
    if not isinstance(error, InvalidHandshake):
        return reject(500, "The server failed to open a WebSocket connection; its log says why.\n")
    status = error.http_status
    headers = []
    if status == 405:
        headers = [("Allow", "GET")]  # RFC 9110 section 15.5.6
    elif status == 426:  # RFC 9110 section 15.5.22, and RFC 6455 section 4.4 for the version
        headers = [("Upgrade", "websocket"), ("Connection", "Upgrade, close"), ("Sec-WebSocket-Version", VERSION)]
    return reject(status, "Failed to open a WebSocket connection: %s.\n" % error, headers)
