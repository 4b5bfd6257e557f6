"""Opening handshakes of both roles, whole and malformed, and what they are made of."""

from pocketws import exceptions, handshake
from pocketws.exceptions import (
    InvalidHandshake,
    InvalidHeader,
    InvalidHeaderFormat,
    InvalidMethod,
    InvalidOrigin,
    InvalidProtocol,
    InvalidStatus,
    InvalidUpgrade,
    NegotiationError,
    SecurityError,
    WebSocketException,
)
from pocketws.handshake import (
    accept,
    accept_key,
    answer,
    build_request,
    check_request,
    check_response,
    format_extensions,
    generate_key,
    parse_extensions,
    parse_uri,
    reject,
)
from pocketws.http import Headers, Request, RequestParser, Response, ResponseParser
from tests.both.helpers import chopped, raises
from tests.both.vectors_handshake import (
    ACCEPT,
    EXTENSIONS,
    EXTENSIONS_REFUSED,
    KEY,
    REQUEST,
    REQUESTS_ACCEPTED,
    REQUESTS_REFUSED,
    RESPONSE,
    RESPONSES_ACCEPTED,
    RESPONSES_REFUSED,
    changed,
)

OFFERED = ["chat", "superchat"]

CASES = {
    "test_request_accepted": REQUESTS_ACCEPTED,
    "test_request_refused": REQUESTS_REFUSED,
    "test_response_accepted": RESPONSES_ACCEPTED,
    "test_response_refused": RESPONSES_REFUSED,
    "test_extensions": EXTENSIONS,
    "test_extensions_refused": [(value,) for value in EXTENSIONS_REFUSED],
}


class Toy:
    """An extension: the client asks for `wanted`, the server grants at most `most`."""

    name = "toy"

    def __init__(self, wanted="3", most="9", name="toy"):
        self.wanted = wanted
        self.most = most
        self.name = name

    def offer(self):
        return [("level", self.wanted), ("quiet", None)]

    def accept(self, parameters):
        values = [value for key, value in parameters if key == "level"]
        if len(values) != 1 or values[0] > self.most:
            return None
        return [("level", values[0])], "server at " + values[0]

    def finalize(self, parameters):
        if parameters != [("level", self.wanted)]:
            raise NegotiationError("the server did not grant level %s" % self.wanted)
        return "client at " + self.wanted


def request_with(changes=(), path="/chat", method="GET", protocol="HTTP/1.1"):
    return Request(path, Headers(changed(REQUEST, changes)), method, protocol)


def response_with(changes=(), status=101):
    return Response(status, "", Headers(changed(RESPONSE, changes)))


# Keys


def test_accept_key():
    assert accept_key(KEY) == ACCEPT  # the example of section 1.3
    assert accept_key("x3JJHMbDL1EzLkh9GBhXDw==") == "HSmrc0sMlYUkAGmm5OPpG2HaGWk="


def test_generated_keys_are_16_random_bytes():
    keys = [generate_key() for _ in range(20)]
    assert len(set(keys)) == 20
    for key in keys:
        assert len(key) == 24 and key.endswith("==")
        assert check_request(request_with([("Sec-WebSocket-Key", key)])) == key


# Extensions


def test_extensions(case):
    values, listed = case
    headers = Headers([("Sec-WebSocket-Extensions", value) for value in values])
    assert parse_extensions(headers) == listed
    again = Headers({"Sec-WebSocket-Extensions": format_extensions(listed)} if listed else ())
    assert parse_extensions(again) == listed


def test_extensions_refused(case):
    for headers in ([case[0]], ["ok", case[0]], [case[0], "ok"]):
        if len(headers) == 1 or case[0].strip(","):  # beside another header, an empty one is an empty element
            headers = Headers([("Sec-WebSocket-Extensions", value) for value in headers])
            error = raises(InvalidHeaderFormat, parse_extensions, headers)
            assert error.section in ("4.3", "9.1")


def test_extensions_that_may_not_be_sent():
    for name, parameters in (("", []), ("a b", []), ("a", [("", None)]), ("a", [("b;c", None)]), ("a", [("b", "c,d")])):
        raises(ValueError, format_extensions, [(name, parameters)])
    raises(ValueError, format_extensions, [("a", [("b", "")])])


# The client


def test_built_request():
    request = build_request(parse_uri("ws://server.example.com/chat?a"), KEY)
    assert (request.method, request.path, request.protocol) == ("GET", "/chat?a", "HTTP/1.1")
    assert list(request.headers) == list(REQUEST)


def test_built_request_with_everything():
    request = build_request(
        parse_uri("wss://pico:s\xe9cret@[::1]:81"),
        KEY,
        subprotocols=OFFERED,
        extensions=[Toy(), Toy("1", name="other")],
        origin="http://example.com",
        additional_headers={"X": "y"},
    )
    assert request.path == "/"
    assert list(request.headers) == [("Host", "[::1]:81")] + list(REQUEST)[1:] + [
        ("Origin", "http://example.com"),
        ("Sec-WebSocket-Protocol", "chat, superchat"),
        ("Sec-WebSocket-Extensions", "toy; level=3; quiet, other; level=1; quiet"),
        ("Authorization", "Basic cGljbzpzw6ljcmV0"),
        ("X", "y"),
    ]


def test_long_credentials_stay_on_one_line():
    uri = parse_uri("ws://%s:%s@a" % ("u" * 100, "p" * 100))
    assert "\n" not in build_request(uri, KEY).headers["Authorization"]


def test_request_that_may_not_be_sent():
    uri = parse_uri("ws://user:password@example.com/")
    for subprotocols in (["a b"], [""], ["a", "a"], ["a,b"], "chat", ["caf\xe9"], ["a\r\nX: y"]):
        raises(ValueError, build_request, uri, KEY, subprotocols)
    raises(ValueError, build_request, uri, KEY, [], [Toy("3\r\n")])
    raises(ValueError, build_request, uri, KEY, [], [], "http://a\r\nX: y")
    raises(ValueError, build_request, uri, KEY + "\r\n")
    for name in ("host", "Upgrade", "CONNECTION", "Sec-WebSocket-Key", "sec-websocket-protocol", "Authorization", "X:"):
        raises(ValueError, build_request, uri, KEY, [], [], None, [(name, "y")])
    raises(ValueError, build_request, uri, KEY, [], [], None, [("X", "y\r\nZ: 1")])


def test_additional_headers_may_repeat():
    pairs = [("Cookie", "a=b"), ("Cookie", "c=d"), ("Authorization", "Bearer x")]
    request = build_request(parse_uri("ws://a"), KEY, additional_headers=Headers(pairs))
    assert list(request.headers)[-3:] == pairs


def test_response_accepted(case):
    name, changes, subprotocol = case
    assert check_response(response_with(changes), KEY, OFFERED, [Toy()]) == (subprotocol, [])


def test_response_refused(case):
    name, changes, error, section = case
    caught = raises(InvalidHandshake, check_response, response_with(changes), KEY, OFFERED, [Toy()])
    assert type(caught).__name__ == error, (name, caught)
    assert (caught.rfc, caught.section) == (6455, section), (name, caught)
    assert "RFC 6455 section " + section in str(caught), name


def test_nothing_offered_and_nothing_chosen():
    assert check_response(response_with(), KEY) == (None, [])
    raises(NegotiationError, check_response, response_with([("Sec-WebSocket-Protocol", "chat")]), KEY)
    raises(NegotiationError, check_response, response_with([("Sec-WebSocket-Extensions", "toy")]), KEY)


def test_status_other_than_101():
    for status in (100, 102, 200, 301, 401, 404, 426, 500):
        error = raises(InvalidStatus, check_response, response_with(status=status), KEY)
        assert error.response.status_code == status and str(status) in str(error) and error.section == "4.1"
    error = raises(InvalidStatus, check_response, Response(404, "Not Found", Headers(), b"no such page" * 50), KEY)
    assert "'404 Not Found'" in str(error) and "no such page" in str(error) and len(str(error)) < 250


def test_client_extension():
    response = response_with([("Sec-WebSocket-Extensions", 'other; level="1", toy; level=3')])
    codecs = check_response(response, KEY, [], [Toy(), Toy("1", name="other")])[1]
    assert codecs == ["client at 1", "client at 3"]  # in the server's order
    error = raises(NegotiationError, check_response, response, KEY, [], [Toy("4"), Toy("1", name="other")])
    assert "level 4" in str(error)


# The server


def test_request_accepted(case):
    name, changes = case
    request = request_with(changes)
    response, subprotocol, codecs = accept(request)
    key = request.headers["Sec-WebSocket-Key"]
    assert response.status_code == 101 and response.reason_phrase == "Switching Protocols"
    assert list(response.headers) == changed(RESPONSE, [("Sec-WebSocket-Accept", accept_key(key))])
    assert (subprotocol, codecs) == (None, [])
    assert check_response(response, key) == (None, [])


def test_request_refused(case):
    name, changes, error, rfc, section, status = case
    caught = raises(InvalidHandshake, accept, request_with(changes))
    assert type(caught).__name__ == error, (name, caught)
    assert (caught.rfc, caught.section, caught.http_status) == (rfc, section, status), (name, caught)
    assert answer(caught).status_code == status


def test_errors_name_the_header_and_its_value():
    for name, value in (("Upgrade", "h2c"), ("Upgrade", None), ("Connection", "close, x"), ("Connection", None)):
        for error in (
            raises(InvalidUpgrade, check_request, request_with([(name, value)])),
            raises(InvalidUpgrade, check_response, response_with([(name, value)]), KEY),
        ):
            assert (error.name, error.value) == (name, value)
            assert name in str(error) and ("is missing" if value is None else repr(value)) in str(error)
    for changes, name, value in (
        ([("Host", None)], "Host", None),
        ([("Sec-WebSocket-Key", KEY), ("Sec-WebSocket-Key", "x")], "Sec-WebSocket-Key", KEY + ", x"),
        ([("Sec-WebSocket-Protocol", ","), ("Sec-WebSocket-Protocol", "")], "Sec-WebSocket-Protocol", ",, "),
    ):
        error = raises(InvalidHeader, accept, request_with(changes))
        assert (error.name, error.value) == (name, value)


def test_method_and_version():
    for method in ("POST", "get", "HEAD", "OPTIONS", "G" * 100):
        error = raises(InvalidMethod, check_request, request_with(method=method))
        assert error.section == "4.2.1" and error.http_status == 405 and len(str(error)) < 100
    error = raises(InvalidProtocol, check_request, request_with(protocol="HTTP/1.0"))
    assert error.http_status == 426 and error.section == "4.2.1"
    assert check_request(request_with(protocol="HTTP/1.2")) == KEY


class Pattern:
    """What stands in for a compiled pattern of CPython's, which alone has fullmatch()."""

    def fullmatch(self, text):
        return text.startswith("https://") and text.endswith(".example.com")


def test_origins():
    def check(origin, origins):
        return check_request(request_with([("Origin", origin)]), origins)

    assert check("http://evil", None) == check(None, None) == KEY  # section 10.2: only a server that asks for it
    assert check("http://a", ["http://b", "http://a"]) == KEY
    assert check(None, ["http://a", None]) == KEY
    assert check("https://b.example.com", [None, Pattern()]) == KEY
    for origin, origins in (
        ("http://evil", ["http://a"]),
        ("http://a", []),
        ("http://a", [None]),
        ("HTTP://A", ["http://a"]),
        ("http://a:80", ["http://a"]),
        ("http://a.evil", ["http://a"]),
        ("null", ["http://a", None]),
        ("", [None]),
        (None, ["http://a"]),
        (None, [Pattern()]),
        ("https://example.com.evil", [Pattern()]),
    ):
        error = raises(InvalidOrigin, check, origin, origins)
        assert error.http_status == 403 and error.section == "10.2"
        assert error.name == "Origin" and error.value == origin


def test_subprotocols():
    assert accept(request_with([("Sec-WebSocket-Protocol", " ~a~ , b")]), ["~a~"])[1] == "~a~"
    request = request_with([("Sec-WebSocket-Protocol", "a, b"), ("Sec-WebSocket-Protocol", "c")])
    for ours, chosen in ((None, None), ([], None), (["c", "a"], "c"), (["x", "b"], "b")):
        response, subprotocol, _ = accept(request, ours)
        assert subprotocol == chosen and response.headers.get("Sec-WebSocket-Protocol") == chosen
        assert check_response(response, KEY, ["a", "b", "c"])[0] == chosen
    error = raises(NegotiationError, accept, request, ["x", "A"])
    assert "a, b, c" in str(error) and "x, A" in str(error)
    assert error.http_status == 400 and error.section == "4.2.2"
    error = raises(NegotiationError, accept, request_with(), ["x"])
    assert "no subprotocol" in str(error)


def test_select_subprotocol():
    request = request_with([("Sec-WebSocket-Protocol", "a, b")])
    seen = []

    def select(offered):
        seen.append(offered)
        return offered[-1] if offered else None

    assert accept(request, ["a"], select)[1] == "b"  # it decides alone
    assert accept(request_with(), ["a"], select)[1] is None
    assert seen == [["a", "b"], []]
    for wrong in ("c", "A", "", "a, b", "a\r\nX: y"):
        raises(ValueError, accept, request, None, lambda offered, wrong=wrong: wrong)


def test_server_extension():
    def negotiate(value, extensions):
        response, _, codecs = accept(request_with([("Sec-WebSocket-Extensions", value)]), extensions=extensions)
        return response.headers.get("Sec-WebSocket-Extensions"), codecs

    toy, other = Toy(), Toy(name="other")
    assert negotiate("toy; level=3; quiet", [toy]) == ("toy; level=3", ["server at 3"])
    assert negotiate("toy; level=3", []) == (None, [])
    assert negotiate("x, TOY; level=3", [toy]) == (None, [])
    assert negotiate("toy", [toy]) == (None, [])  # declined
    # The client's order counts; the first offer that the server takes is the one.
    assert negotiate("other; level=1, toy; level=2", [toy, other]) == (
        "other; level=1, toy; level=2",
        ["server at 1", "server at 2"],
    )
    assert negotiate("toy; level=z, toy; level=4, toy; level=3", [toy]) == ("toy; level=4", ["server at 4"])
    assert negotiate("toy; level=5", [Toy(most="4"), Toy(most="6")]) == ("toy; level=5", ["server at 5"])
    assert negotiate("toy; level=5", [Toy(most="7"), Toy(most="6")]) == ("toy; level=5", ["server at 5"])


def test_server_headers():
    response = accept(
        request_with(), additional_headers=[("Server", "pico"), ("Set-Cookie", "a"), ("Set-Cookie", "b")]
    )[0]
    assert list(response.headers)[3:] == [("Server", "pico"), ("Set-Cookie", "a"), ("Set-Cookie", "b")]
    for pair in (("upgrade", "x"), ("Sec-WebSocket-Protocol", "x"), ("X", "a\r\nb")):
        raises(ValueError, accept, request_with(), additional_headers=[pair])


def test_rejection():
    response = reject(404, "no\xe9\n", [("X", "y")])
    assert response.serialize() == (
        b"HTTP/1.1 404 Not Found\r\nX: y\r\nConnection: close\r\nContent-Length: 5\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nno\xc3\xa9\n"
    )
    assert reject(418, "").serialize().startswith(b"HTTP/1.1 418 \r\n")


def test_answers():
    for error, status, names in (
        (SecurityError("a", "5.4", 9110), 431, []),
        (SecurityError("a", "5.4", 9110, 414), 414, []),
        (InvalidMethod("a", "4.2.1"), 405, ["Allow"]),
        (InvalidProtocol("a", "2.3", 9112), 505, []),
        (NegotiationError("chat only"), 400, []),
        (
            raises(InvalidHandshake, accept, request_with([("Upgrade", None)])),
            426,
            ["Upgrade", "Sec-WebSocket-Version"],
        ),
    ):
        response = answer(error)
        assert (response.status_code, response.reason_phrase != "") == (status, True)
        assert str(error) in response.body.decode()
        assert [name for name in ("Allow", "Upgrade", "Sec-WebSocket-Version") if name in response.headers] == names
        assert "close" in response.headers["Connection"]
        parser = ResponseParser(max_body=10000)
        assert parser.feed(response.serialize()).body == response.body and parser.rest == b""
    response = answer(raises(InvalidHandshake, accept, request_with([("Sec-WebSocket-Version", "8")])))
    assert response.headers["Sec-WebSocket-Version"] == "13"  # section 4.4
    assert response.headers["Upgrade"] == "websocket" and response.headers["Connection"] == "Upgrade, close"
    assert answer(InvalidMethod("a")).headers["Allow"] == "GET"


def test_answer_tells_nothing_of_our_own_errors():
    for error in (ValueError("secret"), KeyError("secret"), WebSocketException("secret")):
        response = answer(error)
        assert response.status_code == 500 and b"secret" not in response.body


def test_answer_to_a_huge_header_is_short():
    error = raises(InvalidHandshake, accept, request_with([("Sec-WebSocket-Key", "x" * 2000)]))
    assert len(answer(error).body) < 300
    error = raises(InvalidHandshake, accept, request_with([("Sec-WebSocket-Protocol", "x" * 2000)]), ["chat"])
    assert len(answer(error).body) < 300


# Both


def test_handshake_on_the_wire():
    uri = parse_uri("wss://pico:secret@example.com:8443/chat?room=1")
    sent = build_request(uri, KEY, OFFERED, [Toy()], "https://example.com", [("Cookie", "a=b")]).serialize()
    answers = []
    for chop, request in read_chopped(RequestParser, sent):
        response, subprotocol, codecs = accept(
            request, ["superchat"], None, [Toy()], ["https://example.com"], {"Server": "pico"}
        )
        assert (subprotocol, codecs) == ("superchat", ["server at 3"]), chop
        answers.append(response.serialize())
    assert answers[0] == answers[1] == answers[2]
    for chop, response in read_chopped(ResponseParser, answers[0]):
        assert check_response(response, KEY, OFFERED, [Toy()]) == ("superchat", ["client at 3"]), chop


def read_chopped(parser, data):
    """Yield (name, message) for `data` chopped in each way, with the first frame behind it."""
    for chop, pieces in chopped(data):
        reader = parser()
        for piece in pieces[:-1]:
            assert reader.feed(piece) is None, chop
        message = reader.feed(pieces[-1] + b"\x81\x80")
        assert reader.rest == b"\x81\x80", chop
        yield chop, message


def test_errors_have_one_root():
    for name in dir(exceptions):
        value = getattr(exceptions, name)
        if isinstance(value, type) and name[0] != "_":
            assert issubclass(value, WebSocketException), name
    assert str(InvalidHandshake("plain")) == "plain"
    assert handshake.VERSION == "13"
