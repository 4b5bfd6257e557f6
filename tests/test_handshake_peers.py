"""The opening handshake beside those of `websockets` and `wsproto` (with `h11` under it).

Each side accepts the others' handshakes. Where a malformed one is judged differently,
the table says what each peer does with it and which rule decides.
"""

import time
from base64 import b64encode
from hashlib import sha1
from http import HTTPStatus

import h11
import pytest
import websockets.exceptions
import websockets.headers
import websockets.uri
import wsproto
import wsproto.events
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.server import ServerProtocol
from wsproto.utilities import RemoteProtocolError

from pocketws.exceptions import InvalidHandshake, InvalidHeaderFormat, InvalidStatus, InvalidURI, SecurityError
from pocketws.handshake import (
    accept,
    answer,
    build_request,
    check_response,
    format_extensions,
    generate_key,
    parse_extensions,
    parse_uri,
    reject,
)
from pocketws.http import Headers, Request, RequestParser, Response, ResponseParser
from tests.both.vectors_handshake import ACCEPT, KEY
from tests.thorough import some

TOKENS = st.text("!#$%&'*+-.^_`|~019AZaz", min_size=1, max_size=8)
VALUES = st.text([chr(code) for code in range(256) if code == 9 or (code >= 32 and code != 127)], max_size=20)


def guid_hash(key):
    """Return the accept value for `key` (bytes), made here and not by pocketws."""
    return b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


# Each as client, each as server, on good handshakes


def chop(data, cuts):
    """Return `data` in pieces that end at `cuts`, a list of fractions of its length."""
    ends = sorted(int(cut * len(data)) for cut in cuts)
    return [data[start:end] for start, end in zip([0] + ends, ends + [len(data)], strict=True)]


def feed_all(parser, pieces):
    """Return the first message that the pieces complete, or None."""
    for piece in pieces:
        parser.feed(piece)
    return parser.message


CUTS = st.lists(st.floats(0, 1), max_size=6)
PATHS = st.text("/abcAZ09-._~!$&'()*+,;=:@%?", max_size=20).map(lambda text: "/" + text)
SUBPROTOCOLS = st.lists(TOKENS, min_size=1, max_size=4, unique=True)
RESERVED = ("host", "origin", "authorization", "upgrade", "connection", "content-length", "transfer-encoding", "expect")
MORE = st.lists(st.tuples(TOKENS, VALUES.map(str.strip)), max_size=4).map(
    lambda pairs: [pair for pair in pairs if pair[0].lower() not in RESERVED]
)


@settings(max_examples=some(200), deadline=None)
@given(PATHS, SUBPROTOCOLS, st.none() | st.just("https://example.com"), MORE, CUTS)
def test_our_client_with_the_server_of_websockets(path, subprotocols, origin, more, cuts):
    key = generate_key()
    request = build_request(parse_uri("ws://example.com:8080" + path), key, subprotocols, (), origin, more)
    server = ServerProtocol(subprotocols=subprotocols[-1:], origins=[origin])
    server.receive_data(request.serialize())
    (read,) = server.events_received()
    assert read.path == (path[:-1] if path.endswith("?") and path.count("?") == 1 else path)
    assert list(read.headers.raw_items()) == [(name, value.strip(" \t")) for name, value in request.headers]
    server.send_response(server.accept(read))
    (data,) = server.data_to_send()
    response = feed_all(ResponseParser(), chop(data, cuts))
    assert check_response(response, key, subprotocols) == (subprotocols[-1], [])


@settings(max_examples=some(200), deadline=None)
@given(PATHS, SUBPROTOCOLS, MORE, CUTS)
def test_our_client_with_the_server_of_wsproto(path, subprotocols, more, cuts):
    key = generate_key()
    server = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    server.receive_data(
        build_request(parse_uri("wss://example.com" + path), key, subprotocols, (), None, more).serialize()
    )
    (read,) = server.events()
    assert (read.host, read.subprotocols) == ("example.com", subprotocols)
    data = server.send(wsproto.events.AcceptConnection(subprotocol=subprotocols[-1]))
    parser = ResponseParser()
    response = feed_all(parser, chop(data + b"\x81\x00", cuts))
    assert check_response(response, key, subprotocols) == (subprotocols[-1], [])
    assert parser.rest == b"\x81\x00"


@settings(max_examples=some(200), deadline=None)
@given(PATHS, SUBPROTOCOLS, st.none() | st.just("https://example.com"), MORE, CUTS)
def test_the_client_of_websockets_with_our_server(path, subprotocols, origin, more, cuts):
    client = ClientProtocol(
        websockets.uri.parse_uri("ws://example.com" + path), subprotocols=subprotocols, origin=origin
    )
    client.send_request(client.connect())
    (data,) = client.data_to_send()
    request = feed_all(RequestParser(), chop(data, cuts))
    response, subprotocol, codecs = accept(
        request, subprotocols[-1:], origins=[origin], additional_headers=[pair for pair in more if ":" not in pair[0]]
    )
    assert (subprotocol, codecs) == (subprotocols[-1], [])
    client.receive_data(response.serialize())
    assert client.state is State.OPEN and client.subprotocol == subprotocol


@settings(max_examples=some(200), deadline=None)
@given(PATHS, SUBPROTOCOLS, MORE, CUTS)
def test_the_client_of_wsproto_with_our_server(path, subprotocols, more, cuts):
    client = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    data = client.send(wsproto.events.Request(host="example.com", target=path, subprotocols=subprotocols))
    request = feed_all(RequestParser(), chop(data, cuts))
    assert request.path == path
    response, subprotocol, _ = accept(request, subprotocols[-1:], additional_headers=more)
    client.receive_data(response.serialize())
    (read,) = client.events()
    assert read.subprotocol == subprotocol == subprotocols[-1]


def test_permessage_deflate_is_declined_both_ways():
    client = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    extension = wsproto.extensions.PerMessageDeflate()
    data = client.send(wsproto.events.Request(host="a", target="/", extensions=[extension]))
    response, _, codecs = accept(RequestParser().feed(data))
    assert codecs == [] and "Sec-WebSocket-Extensions" not in response.headers
    client.receive_data(response.serialize())
    (read,) = client.events()
    assert read.extensions == []


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 405, 426, 431, 500, 501, 503, 505])
def test_reason_phrases(status):
    assert reject(status, "").reason_phrase == HTTPStatus(status).phrase


def test_the_client_of_websockets_shows_our_rejection():
    client = ClientProtocol(websockets.uri.parse_uri("ws://a/"), subprotocols=["chat"])
    client.send_request(client.connect())
    request = RequestParser().feed(client.data_to_send()[0])
    try:
        accept(request, ["mqtt"])
    except InvalidHandshake as error:
        client.receive_data(answer(error).serialize())
    response = client.handshake_exc.response
    assert response.status_code == 400 and b"expected one of the subprotocols mqtt" in response.body


# Malformed requests. Verdicts are the status code of the answer, "waits" for more bytes, "closes"
# without an answer, or the name of an error that is none of the peer's own.
#
# `websockets` closes without an answer where it cannot parse a request; RFC 9112 section 3 has a server answer
# such a request with 400 (SHOULD). That alone does not count as another verdict here.

START = b"GET /chat HTTP/1.1"
GOOD = (
    b"Host: a",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Key: " + KEY.encode(),
    b"Sec-WebSocket-Version: 13",
)
ANSWER = (b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: {accept}")


def message(start, lines, *changes, without=None, end=b"\r\n"):
    """Return a message: `lines` but those that begin with `without`, and then `changes`."""
    kept = [line for line in lines if without is None or not line.startswith(without)]
    return end.join([start] + kept + list(changes)) + end + end


def request(*changes, start=START, without=None, end=b"\r\n"):
    return message(start, GOOD, *changes, without=without, end=end)


def key(value):
    return request(b"Sec-WebSocket-Key: " + value, without=b"Sec-WebSocket-Key")


def version(value):
    return request(b"Sec-WebSocket-Version: " + value, without=b"Sec-WebSocket-Version")


LAX_H11 = "RFC 9112 2.2: LF alone MAY end a line. We refuse: the sender MUST NOT, and repairs invite smuggling."
FOLD = "RFC 9112 5.2: a server MUST refuse a folded line or join it. h11 joins."
CONTROL = "RFC 9110 5.5: other control characters than CR, LF and NUL are invalid; a recipient MAY keep them. h11 does."
TARGET = "RFC 9112 3.2: this is no request-target for GET, and 3 asks for 400. They pass it on as it is."
BODY = "RFC 9112 6.3: this announces a body, which none of us reads. We refuse, or its bytes might be taken for frames."
HTTP_10 = "RFC 6455 4.2.1: HTTP/1.1. An Upgrade in HTTP/1.0 MUST be ignored (RFC 9110 7.8): so 426, not 505."
HOST = "RFC 9112 3.2: a request with no Host, two, or a malformed one MUST be answered with 400."
METHOD = "RFC 9110 15.5.6 has 405 for it. wsproto answers every fault with 400."
UPGRADE = "RFC 9110 15.5.22 has 426 for it. wsproto answers every fault with 400."
CONTAINS = "RFC 6455 4.2.1 item 3: the header *contains* websocket; a client may list others (RFC 9110 7.8)."
LAST = "RFC 9110 5.2: headers of one name are one list. wsproto looks at the last one only."
KEY_BYTES = "RFC 6455 4.2.1 item 5: base64 of 16 bytes. wsproto does not decode it."
ONCE = "RFC 6455 11.3: this header MUST NOT occur twice. wsproto takes the last."
VERSION = "RFC 6455 4.2.2 item 4 and 4.4: another version gets 426 (such as) and the versions that we speak."
TOKEN = "RFC 6455 4.3 and 9.1: what breaks the grammar MUST fail. wsproto only cuts at the commas."
EXTENSION = "RFC 6455 9.1: what breaks the grammar MUST fail. websockets with no extension of its own does not look."
LIMIT = "RFC 6455 10.4: limits. h11's is on the whole head, and only while the end of it is not there yet."

REQUESTS = (
    ("a good one", request(), 101, 101, 101, ""),
    ("half of it", request()[:-1], "waits", "waits", "waits", ""),
    ("LF alone", request(end=b"\n"), 400, "closes", 101, LAX_H11),
    ("LF alone once", request(b"X: a\nY: b"), 400, "closes", 101, LAX_H11),
    ("CR alone", request(b"X: a\rb"), 400, "closes", 400, ""),
    ("folded", request(b"X: a\r\n b"), 400, "closes", 101, FOLD),
    ("space before the colon", request(b"X : a"), 400, "closes", 400, ""),
    ("NUL", request(b"X: a\0b"), 400, "closes", 400, ""),
    ("control character", request(b"X: a\x01b"), 400, "closes", 101, CONTROL),
    ("delete", request(b"X: a\x7fb"), 400, "closes", 101, CONTROL),
    ("beyond ASCII", request(b"X: caf\xe9"), 101, 101, 101, ""),
    ("no name", request(b": a"), 400, "closes", 400, ""),
    ("no colon", request(b"abc"), 400, "closes", 400, ""),
    ("space before the first header", request().replace(b"Host", b" Host"), 400, "closes", 400, ""),
    ("empty line first", b"\r\n" + request(), 101, "closes", 400,
     "RFC 9112 2.2: a server SHOULD ignore at least one empty line before the request line."),
    ("two empty lines first", b"\r\n\r\n" + request(), 400, "closes", 400, ""),
    ("two spaces", request(start=b"GET  /chat HTTP/1.1"), 400, "closes", 400, ""),
    ("tabs", request(start=b"GET\t/chat\tHTTP/1.1"), 400, "closes", 400, ""),
    ("space in the target", request(start=b"GET /ch at HTTP/1.1"), 400, "closes", 400, ""),
    ("space at the end", request(start=START + b" "), 400, "closes", 400, ""),
    ("absolute form", request(start=b"GET http://a/chat HTTP/1.1"), 101, 101, 101, ""),
    ("absolute form with a user", request(start=b"GET http://u@a/chat HTTP/1.1"), 400, 101, 101,
     "RFC 9110 4.2.4: user information in a target SHOULD be treated as an error."),
    ("no slash", request(start=b"GET chat HTTP/1.1"), 400, 101, 101, TARGET),
    ("asterisk", request(start=b"GET * HTTP/1.1"), 400, 101, 101, TARGET),
    ("fragment", request(start=b"GET /chat#x HTTP/1.1"), 400, 101, 101, TARGET),
    ("NUL in the target", request(start=b"GET /\0 HTTP/1.1"), 400, 101, 400, TARGET),
    ("control character in the target", request(start=b"GET /\x01 HTTP/1.1"), 400, 101, 400, TARGET),
    ("target beyond ASCII", request(start=b"GET /caf\xe9 HTTP/1.1"), 400, "closes", 400, ""),
    ("lower case", request(start=b"get /chat HTTP/1.1"), 405, 405, 400, METHOD),
    ("POST", request(start=b"POST /chat HTTP/1.1"), 405, 405, 400, METHOD),
    ("HTTP/1.0", request(start=b"GET /chat HTTP/1.0"), 426, 505, 101, HTTP_10),
    ("HTTP/1.2", request(start=b"GET /chat HTTP/1.2"), 101, "closes", 101,
     "RFC 9110 2.5: a later minor version is read as the highest one known."),
    ("HTTP/2.0", request(start=b"GET /chat HTTP/2.0"), 505, "closes", 101, "RFC 9110 15.6.6: another major version."),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "closes", 400,
     "RFC 9110 15.6.6: another major version."),
    ("http in lower case", request(start=b"GET /chat http/1.1"), 400, "closes", 400, ""),
    ("no version", request(start=b"GET /chat"), 400, "closes", 400, ""),
    ("no Host", request(without=b"Host"), 400, 101, 400, HOST),
    ("two Hosts", request(b"Host: a"), 400, 101, 400, HOST),
    ("Host with a path", request(b"Host: a/b", without=b"Host"), 400, 101, 101, HOST),
    ("Host beyond ASCII", request(b"Host: \xe9", without=b"Host"), 400, 101, "UnicodeDecodeError", HOST),
    ("body of no bytes", request(b"Content-Length: 0"), 101, 101, 101, ""),
    ("body", request(b"Content-Length: 5") + b"hello", 400, "closes", 101, BODY),
    ("chunked body", request(b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 501, "closes", 101,
     BODY + " RFC 9112 6.1 has 501 for it."),
    ("no Upgrade", request(without=b"Upgrade"), 426, 426, 400, UPGRADE),
    ("Upgrade to another", request(b"Upgrade: h2c", without=b"Upgrade"), 426, 426, 400, UPGRADE),
    ("Upgrade with a version", request(b"Upgrade: websocket/13", without=b"Upgrade"), 426, 426, 400, UPGRADE),
    ("Upgrade in another case", request(b"Upgrade: WebSocket", without=b"Upgrade"), 101, 101, 101, ""),
    ("Upgrade to one of two", request(b"Upgrade: h2c, websocket", without=b"Upgrade"), 101, 426, 400, CONTAINS),
    ("two Upgrades", request(b"Upgrade: h2c"), 101, 426, 400, CONTAINS),
    ("no Connection", request(without=b"Connection"), 426, 426, 400, UPGRADE),
    ("Connection without it", request(b"Connection: close", without=b"Connection"), 426, 426, 400, UPGRADE),
    ("Connection of Firefox", request(b"Connection: keep-alive, Upgrade", without=b"Connection"), 101, 101, 101, ""),
    ("two Connections", request(b"Connection: keep-alive"), 101, 101, 400, LAST),
    ("Connection with no token", request(b"Connection: Upgrade, a b", without=b"Connection"), 400, 400, 101, TOKEN),
    ("no key", request(without=b"Sec-WebSocket-Key"), 400, 400, 400, ""),
    ("two keys", request(b"Sec-WebSocket-Key: " + KEY.encode()), 400, 400, 101, ONCE),
    ("key of 15 bytes", key(b"AAAAAAAAAAAAAAAAAAAA"), 400, 400, 101, KEY_BYTES),
    ("key with a stray character", key(b"!AAAAAAAAAAAAAAAAAAAAAA=="), 400, 400, 101, KEY_BYTES),
    ("key with stray bits", key(b"AAAAAAAAAAAAAAAAAAAAAB=="), 400, 101, 101,
     "RFC 4648 3.5: the unused bits are 0; a decoder MAY refuse others. We do: a key is compared as text elsewhere."),
    ("no Sec-WebSocket-Version", request(without=b"Sec-WebSocket-Version"), 400, 400, 400, ""),
    ("version 8", version(b"8"), 426, 400, 426, VERSION),
    ("versions in a list", version(b"13, 8"), 426, 400, 426, VERSION),
    ("version twice", request(b"Sec-WebSocket-Version: 13"), 400, 400, 101, ONCE),
    ("two Origins", request(b"Origin: http://a", b"Origin: http://b"), 400, 400, 101,
     "RFC 6454 7.3: a user agent MUST NOT send two. wsproto leaves Origin to its user."),
    ("subprotocol that is no token", request(b"Sec-WebSocket-Protocol: chat, a b"), 400, 400, 101, TOKEN),
    ("subprotocol beyond ASCII", request(b"Sec-WebSocket-Protocol: chat, \xe9"), 400, 400, "UnicodeDecodeError", TOKEN),
    ("empty subprotocols", request(b"Sec-WebSocket-Protocol:"), 400, 400, 101, TOKEN),
    ("an empty element", request(b"Sec-WebSocket-Protocol: chat,,"), 101, 101, 101, ""),
    ("extension without a value", request(b"Sec-WebSocket-Extensions: a; b="), 400, 101, 101, EXTENSION),
    ("empty extensions", request(b"Sec-WebSocket-Extensions:"), 400, 101, 101, EXTENSION),
    ("extension, comma in quotes", request(b'Sec-WebSocket-Extensions: a; b="c,d"'), 400, 101, 101, EXTENSION),
    ("extension, token in quotes", request(b'Sec-WebSocket-Extensions: a; b="c"'), 101, 101, 101, ""),
    ("extension beyond ASCII", request(b"Sec-WebSocket-Extensions: \xe9"), 400, 101, "UnicodeDecodeError", EXTENSION),
    ("line of 8,190 bytes", request(b"X: " + b"a" * 8187), 101, 101, 101, ""),
    ("line of 8,192 bytes", request(b"X: " + b"a" * 8189), 101, 431, 101,
     LIMIT + " Ours does not count the CRLF, that of websockets does."),
    ("line of 8,193 bytes", request(b"X: " + b"a" * 8190), 431, 431, 101, LIMIT),
    ("long target", request(start=b"GET /" + b"a" * 8192 + b" HTTP/1.1"), 414, 414, 101, LIMIT),
    ("128 headers", request(*[b"X: a"] * 123), 101, 101, 101, ""),
    ("129 headers", request(*[b"X: a"] * 124), 431, 431, 101, LIMIT),
    ("hello of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 99, "waits", "waits", 400,
     "h11 looks at the first byte; we wait for a line, at most max_line bytes, and for open_timeout."),
)  # fmt: skip


def our_server(data):
    try:
        request = RequestParser().feed(data)
        return "waits" if request is None else accept(request)[0].status_code
    except InvalidHandshake as error:
        return answer(error).status_code


def their_server(data):
    server = ServerProtocol()
    server.receive_data(data)
    events = server.events_received()
    if events:
        return server.accept(events[0]).status_code
    if server.handshake_exc is None:
        return "waits"
    sent = b"".join(server.data_to_send())
    return int(sent.split()[1]) if sent else "closes"


def server_of_wsproto(data):
    server = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    try:
        server.receive_data(data)
    except RemoteProtocolError as error:
        return error.event_hint.status_code
    except UnicodeError as error:
        return type(error).__name__
    if not list(server.events()):
        return "waits"
    return int(server.send(wsproto.events.AcceptConnection()).split()[1])


@pytest.mark.parametrize("case", REQUESTS, ids=[case[0] for case in REQUESTS])
def test_requests_as_servers_judge_them(case):
    name, data, ours, of_websockets, of_wsproto, why = case
    assert (our_server(data), their_server(data), server_of_wsproto(data)) == (ours, of_websockets, of_wsproto)
    verdicts = {ours, 400 if of_websockets == "closes" else of_websockets, of_wsproto}
    assert (len(verdicts) > 1) == (why != "")


# Malformed responses. Verdicts: "opens", "refuses", or the status code and body that the program is told.


def response(*changes, start=b"HTTP/1.1 101 Switching Protocols", without=None, end=b"\r\n"):
    return message(start, ANSWER, *changes, without=without, end=end)


def not_found(*lines, body=b"no", version=b"HTTP/1.1"):
    return b"\r\n".join([version + b" 404 Not Found", *lines, b"", body])


UNFOLD = "RFC 9112 5.2: a user agent MUST join a folded line. websockets refuses it."
CHUNKS = b"2\r\nno\r\n0\r\n\r\n"
ABOVE_MAX = b"x" * (1 << 20) + b"y"

RESPONSES = (
    ("a good one", response(), "opens", "opens", "opens", ""),
    ("LF alone", response(end=b"\n"), "refuses", "refuses", "opens", LAX_H11),
    ("LF alone once", response(b"X: a\nY: b"), "refuses", "refuses", "opens", LAX_H11),
    ("CR alone", response(b"X: a\rb"), "refuses", "refuses", "refuses", ""),
    ("folded", response(b"X: a\r\n b"), "opens", "refuses", "opens", UNFOLD),
    ("folded where it counts", response(b"Connection:\r\n Upgrade", without=b"Connection"), "opens", "refuses", "opens",
     UNFOLD),
    ("space before the colon", response(b"X : a"), "refuses", "refuses", "refuses", ""),
    ("NUL", response(b"X: a\0"), "refuses", "refuses", "refuses", ""),
    ("control character", response(b"X: a\x01"), "refuses", "refuses", "opens", CONTROL),
    ("beyond ASCII", response(b"X: caf\xe9"), "opens", "opens", "opens", ""),
    ("empty reason phrase", response(start=b"HTTP/1.1 101 "), "opens", "opens", "opens", ""),
    ("no space after the status", response(start=b"HTTP/1.1 101"), "opens", "refuses", "opens",
     "RFC 9112 4: the server MUST send the space. We and h11 are lenient: some leave it out, and nothing hangs on it."),
    ("HTTP/1.0", response(start=b"HTTP/1.0 101 OK"), "refuses", "refuses", "opens",
     "RFC 9110 15.2: HTTP/1.0 has no 1xx."),
    ("HTTP/1.2", response(start=b"HTTP/1.2 101 OK"), "opens", "refuses", "opens",
     "RFC 9110 2.5: a later minor version is read as the highest one known."),
    ("HTTP/2.0", response(start=b"HTTP/2.0 101 OK"), "refuses", "refuses", "opens",
     "RFC 9110 2.5: another major version is another grammar."),
    ("empty line first", b"\r\n" + response(), "refuses", "refuses", "refuses", ""),
    ("103 first", b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + response(), "opens", (103, b""), (103, b""),
     "RFC 9110 15.2: a client MUST be able to parse 1xx responses before the final one. They take it for that one."),
    ("200", response(start=b"HTTP/1.1 200 OK"), (200, b""), (200, b""), (200, b""), ""),
    ("99", response(start=b"HTTP/1.1 099 OK"), "refuses", "refuses", "refuses", ""),
    ("600", response(start=b"HTTP/1.1 600 OK"), "refuses", "refuses", (600, b""),
     "RFC 9110 15: codes are 100 to 599; others SHOULD be treated as 5xx. It opens nothing either way."),
    ("404", not_found(b"Content-Length: 2"), (404, b"no"), (404, b"no"), (404, b"no"), ""),
    ("404 to the end", not_found(), (404, b"no"), (404, b"no"), (404, b"no"), ""),
    ("404 in chunks", not_found(b"Transfer-Encoding: chunked", body=CHUNKS),
     (404, b"no"), (404, b"no"), (404, b"no"), ""),
    ("404 in chunks with a length", not_found(b"Content-Length: 9", b"Transfer-Encoding: chunked", body=CHUNKS),
     (404, b"no"), (404, b"no"), (404, b"no"), ""),
    ("404 in chunks of gzip", not_found(b"Transfer-Encoding: gzip, chunked", body=CHUNKS), (404, b"no"), "refuses",
     "refuses", "RFC 9112 6.3: chunked is last, so the body's end is known. We do not unzip it, but tell the status."),
    ("404 cut short", not_found(b"Content-Length: 20"), (404, b"no"), "refuses", (404, b"no"),
     "RFC 9112 8: the message is incomplete. The status is there, and worth more to a person than a parse error."),
    ("404 of HTTP/1.0", not_found(version=b"HTTP/1.0"), (404, b"no"), "refuses", (404, b"no"),
     "RFC 9110 2.5: it can be read. The status is worth more to a person than a parse error."),
    ("404 with two lengths", not_found(b"Content-Length: 2", b"Content-Length: 3"),
     "refuses", "refuses", "refuses", ""),
    ("404 with its length twice", not_found(b"Content-Length: 2", b"Content-Length: 2"), (404, b"no"), "refuses",
     (404, b"no"), "RFC 9112 6.3: the same value repeated may be taken as one."),
    ("404 above the limit", not_found(b"Content-Length: 2000000", body=ABOVE_MAX), (404, ABOVE_MAX[:-1]), "refuses",
     (404, ABOVE_MAX), "RFC 6455 10.4: limits. We show what is within ours; websockets refuses; wsproto has none."),
    ("101 with a length", response(b"Content-Length: 5"), "opens", "opens", "opens", ""),
    ("101 chunked", response(b"Transfer-Encoding: chunked"), "opens", "opens", "opens", ""),
    ("no Upgrade", response(without=b"Upgrade"), "refuses", "refuses", "refuses", ""),
    ("two Upgrades", response(b"Upgrade: h2c"), "refuses", "refuses", "refuses", ""),
    ("Upgrade to a list", response(b"Upgrade: websocket, h2c", without=b"Upgrade"),
     "refuses", "refuses", "refuses", ""),
    ("Upgrade in another case", response(b"Upgrade: WebSocket", without=b"Upgrade"), "opens", "opens", "opens", ""),
    ("no Connection", response(without=b"Connection"), "refuses", "refuses", "refuses", ""),
    ("Connection without it", response(b"Connection: close", without=b"Connection"),
     "refuses", "refuses", "refuses", ""),
    ("two Connections", response(b"Connection: keep-alive"), "opens", "opens", "refuses", LAST),
    ("no Accept", response(without=b"Sec-WebSocket-Accept"), "refuses", "refuses", "refuses", ""),
    ("another Accept", response(b"Sec-WebSocket-Accept: " + ACCEPT.encode(), without=b"Sec-WebSocket-Accept"),
     "refuses", "refuses", "refuses", ""),
    ("two Accepts", response(b"Sec-WebSocket-Accept: {accept}"), "refuses", "refuses", "opens", ONCE),
    ("subprotocol", response(b"Sec-WebSocket-Protocol: chat"), "opens", "opens", "opens", ""),
    ("another subprotocol", response(b"Sec-WebSocket-Protocol: mqtt"), "refuses", "refuses", "refuses", ""),
    ("two subprotocol headers", response(b"Sec-WebSocket-Protocol: mqtt", b"Sec-WebSocket-Protocol: chat"),
     "refuses", "refuses", "opens", ONCE),
    ("two subprotocols", response(b"Sec-WebSocket-Protocol: chat, chat"), "refuses", "refuses", "refuses", ""),
    ("subprotocol and a comma", response(b"Sec-WebSocket-Protocol: chat,"), "refuses", "opens", "refuses",
     "RFC 6455 4.3: in a response it is one token and no list."),
    ("no subprotocol", response(b"Sec-WebSocket-Protocol:"), "refuses", "refuses", "refuses", ""),
    ("extension", response(b"Sec-WebSocket-Extensions: foo"), "refuses", "refuses", "refuses", ""),
    ("no extension", response(b"Sec-WebSocket-Extensions:"), "refuses", "refuses", "refuses", ""),
    ("a frame", b"\x81\x05Hello", "refuses", "refuses", "refuses", ""),
    ("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "refuses", "refuses", "refuses", ""),
    ("half of it", response()[:-1], "refuses", "refuses", "refuses", ""),
    ("nothing", b"", "refuses", "refuses", "refuses", ""),
)  # fmt: skip


def our_client(template):
    key = generate_key()
    parser = ResponseParser()
    try:
        response = parser.feed(template.replace(b"{accept}", guid_hash(key.encode())))
        check_response(parser.feed_eof() if response is None else response, key, ["chat"])
        return "opens"
    except InvalidStatus as error:
        return error.response.status_code, error.response.body
    except InvalidHandshake:
        return "refuses"


def their_client(template):
    client = ClientProtocol(websockets.uri.parse_uri("ws://a/"), subprotocols=["chat"])
    client.send_request(client.connect())
    client.receive_data(template.replace(b"{accept}", guid_hash(client.key.encode())))
    if client.state is State.CONNECTING and client.handshake_exc is None:
        client.receive_eof()
    if client.state is State.OPEN:
        return "opens"
    if isinstance(client.handshake_exc, websockets.exceptions.InvalidStatus):
        return client.handshake_exc.response.status_code, bytes(client.handshake_exc.response.body)
    return "refuses"


def client_of_wsproto(template):
    client = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    sent = client.send(wsproto.events.Request(host="a", target="/", subprotocols=["chat"]))
    key = sent.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    try:
        client.receive_data(template.replace(b"{accept}", guid_hash(key)))
        if client.state is wsproto.ConnectionState.CONNECTING:
            client.receive_data(None)
    except RemoteProtocolError:
        if client.state is not wsproto.ConnectionState.REJECTING:
            return "refuses"
    first, *others = client.events()
    if isinstance(first, wsproto.events.AcceptConnection):
        return "opens"
    return first.status_code, b"".join([bytes(other.data) for other in others if hasattr(other, "data")])


@pytest.mark.parametrize("case", RESPONSES, ids=[case[0] for case in RESPONSES])
def test_responses_as_clients_judge_them(case):
    name, template, ours, of_websockets, of_wsproto, why = case
    verdicts = (our_client(template), their_client(template), client_of_wsproto(template))
    assert verdicts == (ours, of_websockets, of_wsproto)
    assert (len(set(verdicts)) > 1) == (why != "")


# URIs: our reading beside that of `websockets`, where both have one

URIS = (
    # uri, does ours take it, does websockets, why
    ("ws://a/#", False, True, "RFC 6455 3: a fragment MUST NOT be used, an empty one included."),
    ("ws://a:0/", False, True, "Port 0 cannot be connected to. websockets then takes the default port."),
    ("ws://a/\tb", False, True, "RFC 3986 2: no whitespace. urlparse drops tab, CR and LF without a word."),
    ("ws://a/ b", False, True, "RFC 3986 2: no whitespace. It would end the target within the request line."),
    ("ws://a/\x7f", False, True, "RFC 3986 2: no control characters."),
    ("ws://exam\\ple.com/", False, True, "RFC 3986 3.2.2: no backslash; a browser would read it as a slash."),
    ("ws://exa%6dple.com/", False, True, "RFC 3986 3.2.2 has it, the DNS has not; websockets asks for it as it is."),
    ("ws://fe80::1/", False, "error", "RFC 3986 3.2.2: an IPv6 address stands in brackets. websockets: ValueError."),
    ("ws://a:b/", False, "error", "RFC 3986 3.2.3: a port is digits. websockets: ValueError."),
    ("ws://a:65536/", False, "error", "RFC 793: a port has 16 bits. websockets: ValueError."),
    ("ws://u%3a:p@a/", False, True, "RFC 7617 2: a user name has no colon. websockets fails only later."),
    ("ws://u:%0a@a/", False, True, "RFC 7617 2: no control characters."),
    ("ws://b\xfccher.example/", False, True, "websockets converts by IDNA 2003; a board cannot: we ask for xn--."),
    ("ws://u@a/", False, False, ""),
    ("http://a/", False, False, ""),
    ("ws:a", False, False, ""),
    ("ws://a/#b", False, False, ""),
    ("ws://[fe80::1%25en0]/", False, True, "RFC 6874 is not for what is sent, and a board knows no zones."),
)  # fmt: skip


def taken_by_websockets(uri):
    try:
        websockets.uri.parse_uri(uri)
    except websockets.exceptions.InvalidURI:
        return False
    except ValueError:
        return "error"
    return True


@pytest.mark.parametrize("case", URIS, ids=[case[0] for case in URIS])
def test_uris(case):
    uri, ours, of_websockets, why = case
    try:
        parse_uri(uri)
        taken = True
    except InvalidURI:
        taken = False
    assert (taken, taken_by_websockets(uri)) == (ours, of_websockets)
    assert (ours != of_websockets) == (why != "")


def same_uri(uri):
    """Assert that what parse_uri takes is taken by websockets, and means the same; tell whether it is taken."""
    try:
        ours = parse_uri(uri)
    except InvalidURI as error:
        assert error.uri == uri
        return False
    try:
        theirs = websockets.uri.parse_uri(uri)
    except ValueError as error:
        # IDNA minds an empty label, such as in "a..b", and urlparse the groups of an IPv6 address: we leave both to
        # the resolver. urlparse minds brackets, and characters like U+FF0F, in user information: we put that into
        # no URI again, but into base64.
        bad_label = isinstance(error, UnicodeError) and "" in ours.host.rstrip(".").split(".")
        assert bad_label or ":" in ours.host or ours.username is not None
        return True
    names = ["secure", "host", "port"]
    if uri.isascii() or not set(uri) & set('%"<>\\^`{|}'):  # beside others it encodes these too, % a second time
        names += ["path", "query", "resource_name"]
    for name in names:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert (ours.username, ours.password) == (theirs.user_info or (None, None))
    assert ours.host_header == websockets.headers.build_host(theirs.host, theirs.port, theirs.secure)
    built = build_request(ours, KEY)
    read = RequestParser(max_line=10**6, max_head=10**6).feed(built.serialize())
    assert (read.path, list(read.headers)) == (ours.resource_name, list(built.headers))
    return True


def test_what_is_percent_encoded_is_not_encoded_again():
    """RFC 3987 section 3.1: only the characters beyond ASCII are converted. `websockets` converts each % as well."""
    uri = "ws://a/b%20c\xe9"
    assert parse_uri(uri).path == "/b%20c%C3%A9"
    assert websockets.uri.parse_uri(uri).path == "/b%2520c%C3%A9"


AUTHORITIES = st.sampled_from(
    ["a", "A.b", "a:81", "a:", "[::1]", "[1::2]:443", "1.2.3.4:80", "u:p@a", "%40:%c3%a9@a:1"]
)


@settings(max_examples=some(500), deadline=None)
@given(st.sampled_from(["ws", "wss", "WS", "wsS"]), AUTHORITIES, st.text("ab/?&=%@:;.é你😀", max_size=12))
def test_good_uris_mean_what_they_mean_to_websockets(scheme, authority, rest):
    assert same_uri(scheme + "://" + authority + ("/" + rest if rest else ""))


@settings(max_examples=some(1000), deadline=None)
@given(st.text("wsWS:/?#[]@!$&'()*+,;=%-._~ab09é \t\\", max_size=24).map(lambda text: "ws://" + text) | st.text())
def test_any_text_is_a_uri_or_refused(uri):
    same_uri(uri)


# Header values


@settings(max_examples=some(2000), deadline=None)
@given(st.text('ab1;,= \t"\\é', max_size=16))
def test_extension_lists_are_read_as_websockets_reads_them(value):
    value = value.strip(" \t")
    try:
        theirs = websockets.headers.parse_extension(value)
    except websockets.exceptions.InvalidHeaderFormat:
        theirs = None
    try:
        ours = parse_extensions(Headers([("Sec-WebSocket-Extensions", value)]))
    except InvalidHeaderFormat:
        ours = None
    assert ours == theirs
    if ours:
        assert websockets.headers.parse_extension(format_extensions(ours)) == ours


@settings(max_examples=some(500), deadline=None)
@given(st.lists(st.tuples(st.text(max_size=6) | TOKENS, st.text(max_size=10) | VALUES), max_size=5))
def test_no_header_becomes_two(pairs):
    headers = Headers()
    for name, value in pairs:
        try:
            headers[name] = value
        except ValueError:
            assert not (name.isascii() and name.isalnum() and value.isascii() and value.isprintable())
    pairs = [(name, value.strip(" \t")) for name, value in headers]
    written = Response(204, "", headers).serialize()
    assert list(ResponseParser().feed(written).headers) == pairs
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.receive_data(written)
    try:
        read = connection.next_event().headers.raw_items()
    except h11.RemoteProtocolError:  # h11 minds Content-Length even here
        assert {"content-length", "transfer-encoding"} & {name.lower() for name, _ in pairs}
    else:
        assert [(name.decode(), value.decode("latin-1")) for name, value in read] == pairs


# Anything at all: a message, a wait or one of our own errors, the same however it is chopped

GOOD_REQUESTS = [case[1] for case in REQUESTS if len(case[1]) < 1000]
GOOD_RESPONSES = [case[1].replace(b"{accept}", ACCEPT.encode()) for case in RESPONSES if len(case[1]) < 1000]
SNIPPETS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b",",
    b";",
    b'"',
    b"\\",
    b"=",
    b"\xff",
    b"0",
    b"\r\n ",
    b"#",
    b"%",
]
SNIPPETS += [b"Content-Length: 7\r\n", b"Transfer-Encoding: chunked\r\n", b"Sec-WebSocket-Extensions: a; b\r\n"]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(SNIPPETS) | st.binary(max_size=3)), max_size=4
)


def edited(data, edits):
    for place, cut, new in edits:
        at = int(place * len(data))
        data = data[:at] + new + data[at + cut :]
    return data


def outcome(parser, pieces):
    """Return what the parser makes of the pieces and the end of the stream, in a form to compare."""
    try:
        found = feed_all(parser, pieces) or parser.feed_eof()
    except InvalidHandshake as error:
        return type(error), error.section
    if isinstance(found, Request):
        return found.method, found.path, found.protocol, list(found.headers), parser.rest
    return found.status_code, found.reason_phrase, list(found.headers), found.body


def read_by_h11(data):
    """Return what h11 makes of a request in the same form as `outcome`, or None."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(event, h11.Request):
        return None
    headers = [(name.decode(), value.decode("latin-1")) for name, value in event.headers.raw_items()]
    return event.method.decode(), event.target.decode(), "HTTP/" + event.http_version.decode(), headers


@settings(max_examples=some(2000), deadline=None)
@given(st.sampled_from(GOOD_REQUESTS), EDITS, CUTS)
def test_fuzzed_requests(data, edits, cuts):
    data = edited(data, edits)
    limits = {"max_line": 200, "max_headers": 12, "max_head": 600}
    found = outcome(RequestParser(**limits), [data])
    assert found == outcome(RequestParser(**limits), chop(data, cuts))
    assert found == outcome(RequestParser(**limits), [data[at : at + 1] for at in range(len(data))])
    if isinstance(found[0], str):
        # What we take, h11 reads as the same request, but for what the table above says of it.
        theirs = read_by_h11(data.removeprefix(b"\r\n"))
        assert theirs == found[:4] or b"://" in data or theirs is None and b"Content-Length: 0" in data
        request = Request(found[1], Headers(found[3]), found[0], found[2])
        try:
            assert accept(request, origins=["http://a", None])[0].serialize()
        except InvalidHandshake as error:
            assert 400 <= ResponseParser().feed(answer(error).serialize()).status_code < 500


@settings(max_examples=some(2000), deadline=None)
@given(st.sampled_from(GOOD_RESPONSES), EDITS, CUTS)
def test_fuzzed_responses(data, edits, cuts):
    data = edited(data, edits)
    limits = {"max_line": 100, "max_headers": 8, "max_head": 300, "max_body": 7}
    found = outcome(ResponseParser(**limits), [data])
    assert found == outcome(ResponseParser(**limits), chop(data, cuts))
    assert found == outcome(ResponseParser(**limits), [data[at : at + 1] for at in range(len(data))])
    if isinstance(found[0], int):
        try:
            subprotocol, codecs = check_response(Response(found[0], found[1], Headers(found[2])), KEY, ["chat"])
            assert subprotocol in (None, "chat") and codecs == []
        except InvalidHandshake as error:
            assert str(error)


@settings(max_examples=some(500), deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data):
    for parser in (RequestParser, ResponseParser):
        found = outcome(parser(), [data])
        assert found == outcome(parser(), [data[at : at + 1] for at in range(len(data))])


# Linear time


def seconds_for(size, **limits):
    """Return the seconds that a header line of `size` bytes takes, byte by byte, and how it ends."""
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
    parser = RequestParser(**limits)
    parser.feed(head)
    start = time.perf_counter()
    try:
        for _ in range(size):
            parser.feed(b"x")
        ended = parser.feed(b"\r\n\r\n")
    except SecurityError as error:
        ended = error
    return time.perf_counter() - start, ended


def test_a_header_of_a_mebibyte_byte_by_byte():
    size = 1 << 20
    seconds, request = seconds_for(size, max_line=size + 3, max_head=size + 100)
    assert len(request.headers["X"]) == size
    quarter, _ = seconds_for(size // 4, max_line=size, max_head=size)
    assert seconds < 16 * quarter + 5  # linear: 4; were each byte searched for again: 16 and hours


def test_a_header_of_a_mebibyte_is_refused_at_the_limit():
    parser = RequestParser()
    parser.feed(b"GET / HTTP/1.1\r\nHost: a\r\n")
    for fed in range(1, 1 << 20):  # noqa: B007
        try:
            parser.feed(b"x")
        except SecurityError:
            break
    assert fed == parser.max_line + 2  # max_line bytes, one that might have been the CR, and one more
