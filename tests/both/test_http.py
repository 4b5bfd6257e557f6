"""HTTP messages: read and written, refused where RFC 9112 says so, and never beyond a limit."""

from pocketws import exceptions, http
from pocketws.exceptions import InvalidMessage, SecurityError
from pocketws.http import Headers, MultipleValuesError, Request, RequestParser, Response, ResponseParser
from tests.both.helpers import chopped, raises
from tests.both.vectors_http import (
    CHUNKED,
    GET,
    HOST,
    OK,
    REQUESTS,
    REQUESTS_REFUSED,
    RESPONSES,
    RESPONSES_REFUSED,
    RESPONSES_TO_EOF,
    SWITCHING,
)

FRAMES = b"\x81\x05Hello\r\n\r\nGET / HTTP/1.1\r\n\r\n"  # what follows a message and is none of the parser's business

BAD_TEXT = [
    ("CR", "a\rb"),
    ("LF", "a\nb"),
    ("CRLF", "a\r\nX: b"),
    ("NUL", "a\0b"),
    ("escape", "\x1b"),
    ("delete", "\x7f"),
]

CASES = {
    "test_request": REQUESTS,
    "test_request_refused": REQUESTS_REFUSED,
    "test_response": RESPONSES,
    "test_response_to_eof": RESPONSES_TO_EOF,
    "test_response_refused": RESPONSES_REFUSED,
    "test_value_refused": BAD_TEXT
    + [
        ("beyond ISO-8859-1", "\u0100"),
        ("lone surrogate", chr(0xD800)),
        ("bytes", b"a"),
        ("a number", 1),
        ("None", None),
    ],
    "test_name_refused": BAD_TEXT
    + [
        ("empty", ""),
        ("space", "a b"),
        ("colon", "a:"),
        ("letter", "\xe9"),
        ("slash", "a/b"),
        ("bytes", b"a"),
        ("none", None),
    ],
    "test_path_refused": BAD_TEXT
    + [
        ("empty", ""),
        ("no slash", "a"),
        ("*", "*"),
        ("URI", "http://a/"),
        ("space", "/a b"),
        ("#", "/#"),
        ("é", "/\xe9"),
    ],
    "test_method_refused": BAD_TEXT + [("empty", ""), ("space", "GET /x HTTP/1.1"), ("beyond ASCII", "G\xc9T")],
    "test_reason_refused": BAD_TEXT + [("beyond ISO-8859-1", "\u0100")],
    "test_status_refused": [("99", 99), ("600", 600), ("0", 0), ("-200", -200)],
}


def read(parser, data):
    """Feed `data` in one piece; return the message, or the parser's error."""
    try:
        return parser.feed(data)
    except exceptions.InvalidHandshake as error:
        return error


def test_request(case):
    name, data, method, path, protocol, headers = case
    for chop, pieces in chopped(data):
        parser = RequestParser()
        for piece in pieces[:-1]:
            assert parser.feed(piece) is None, (name, chop)
        request = parser.feed(pieces[-1] + FRAMES)
        assert (request.method, request.path, request.protocol) == (method, path, protocol), (name, chop)
        assert list(request.headers) == headers, (name, chop)
        assert parser.rest == FRAMES, (name, chop)


def test_request_refused(case):
    name, data, error, rfc, section, status = case
    for chop, pieces in chopped(data):
        for after in (b"", FRAMES):
            parser = RequestParser()
            caught = None
            for piece in pieces + [after]:
                found = read(parser, piece)
                assert caught is None or found is caught, (name, chop)  # the first error comes again
                caught = found
            assert type(caught).__name__ == error, (name, chop, caught)
            assert (caught.rfc, caught.section, caught.http_status) == (rfc, section, status), (name, chop, caught)
            assert "RFC %d section %s" % (rfc, section) in str(caught), name
        if error == "InvalidHeader":
            assert caught.name == "Host", name


def check_response(case, eof):
    name, data, unread, status, reason, headers, body = case
    for chop, pieces in chopped(data):
        parser = ResponseParser()
        for piece in pieces[:-1]:
            assert parser.feed(piece) is None, (name, chop)
        if eof:
            assert parser.feed(pieces[-1]) is None, (name, chop)
            response = parser.feed_eof()
            assert parser.rest == b"", (name, chop)
        else:
            response = parser.feed(pieces[-1] + FRAMES)
            assert (unread + FRAMES).endswith(parser.rest) and parser.rest.endswith(FRAMES), (name, chop)
        assert (response.status_code, response.reason_phrase) == (status, reason), (name, chop)
        assert headers is None or list(response.headers) == headers, (name, chop)
        assert response.body == body, (name, chop)


def test_response(case):
    name, data, unread, status, reason, headers, body = case
    check_response(case, False)


def test_response_to_eof(case):
    check_response(case, True)


def test_response_refused(case):
    name, data, error, rfc, section = case
    for chop, pieces in chopped(data):
        parser = ResponseParser()
        found = None
        for piece in pieces:
            found = found or read(parser, piece)
        assert type(found).__name__ == error, (name, chop, found)
        assert (found.rfc, found.section) == (rfc, section), (name, chop, found)


def test_end_of_stream_within_a_head():
    head = b"\r\n" + GET + HOST + b"X: y\r\n\r\n"
    for end in range(len(head)):
        parser = RequestParser()
        assert parser.feed(head[:end]) is None
        error = raises(InvalidMessage, parser.feed_eof)
        assert (error.rfc, error.section) == (9112, "8") and "after %d bytes" % end in str(error), end
    raises(InvalidMessage, ResponseParser().feed_eof)


def test_end_of_stream_after_a_message():
    parser = RequestParser()
    request = parser.feed(GET + HOST + b"\r\n")
    assert parser.feed_eof() is request


def test_bytes_after_the_message_are_kept():
    parser = RequestParser()
    request = parser.feed(GET + HOST + b"\r\n" + b"\x81")
    assert parser.feed(b"\x00") is request
    assert parser.rest == b"\x81\x00"


def test_line_limit_is_exact():
    for parser, start, status in ((RequestParser, GET, 431), (ResponseParser, SWITCHING, 431)):
        for chop, pieces in chopped(start + HOST + b"X: " + b"y" * 47 + b"\r\n\r\n"):
            reader = parser(max_line=50)
            assert [reader.feed(piece) for piece in pieces][-1] is not None, chop
            too_large(parser(max_line=49), pieces, status)
    for before in (b"", b"\r\n"):
        for chop, pieces in chopped(before + b"GET /" + b"x" * 50 + b" HTTP/1.1\r\n" + HOST + b"\r\n"):
            reader = RequestParser(max_line=64)
            assert [reader.feed(piece) for piece in pieces][-1] is not None, chop
            too_large(RequestParser(max_line=63), pieces, 414)


def too_large(parser, pieces, status=431):
    """Assert that the parser refuses the pieces for their size, with the `status` of the answer."""
    for piece in pieces:
        error = read(parser, piece)
    assert isinstance(error, SecurityError), error
    assert (error.rfc, error.section, error.http_status) == (9110, "5.4", status)


def test_line_without_an_end_is_refused_at_the_limit():
    parser = RequestParser(max_line=50)
    for _ in range(51):  # the last of them may be the CR
        assert parser.feed(b"x") is None
    raises(SecurityError, parser.feed, b"x")


def test_head_limit_is_exact():
    data = b"\r\n" + GET + HOST + b"X: y\r\n\r\n"
    for chop, pieces in chopped(data):
        reader = RequestParser(max_head=len(data))
        assert [reader.feed(piece) for piece in pieces][-1] is not None, chop
        too_large(RequestParser(max_head=len(data) - 1), pieces)


def test_head_limit_holds_for_informational_responses_together():
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    data = hints * 3 + SWITCHING + b"\r\n"
    assert ResponseParser(max_head=len(data)).feed(data).status_code == 101
    raises(SecurityError, ResponseParser(max_head=len(data) - 1).feed, data)


def test_header_limit_is_exact():
    for count in (0, 1, 5):
        lines = b"X: y\r\n" * count
        assert len(ResponseParser(max_headers=count).feed(SWITCHING + lines + b"\r\n").headers) == count
        too_large(ResponseParser(max_headers=count), [SWITCHING + lines + b"X: y\r\n"])
    raises(
        SecurityError, ResponseParser(max_headers=3).feed, SWITCHING + b"X: y\r\n z\r\n z\r\n z\r\n"
    )  # folded lines count


def test_body_limit_is_exact():
    for data in (OK + b"Content-Length: 6\r\n\r\n", OK + b"\r\n"):
        for limit in (4, 5):
            response = ResponseParser(max_body=limit).feed(data + b"hello!")
            assert response.body == b"hello!"[:limit]
    response = ResponseParser(max_body=6).feed(OK + b"Content-Length: 6\r\n\r\nhello!")
    assert response.body == b"hello!"
    parser = ResponseParser(max_body=6)
    assert parser.feed(OK + b"\r\nhello") is None
    assert parser.feed(b"!").body == b"hello!"


def test_body_limit_counts_the_framing_of_chunks():
    data = CHUNKED + b"3\r\nabc\r\n" * 4
    for limit, body in ((0, b""), (1, b""), (3, b""), (4, b"a"), (6, b"abc"), (7, b"abc"), (8, b"abc"), (12, b"abca")):
        for chop, pieces in chopped(data):
            parser = ResponseParser(max_body=limit)
            for piece in pieces:
                response = parser.feed(piece)
            assert response.body == body, (limit, chop)
    raises(SecurityError, ResponseParser(max_line=50).feed, CHUNKED + b"1;" + b"x" * 50)


def test_default_limits():
    parser = ResponseParser()
    assert (parser.max_line, parser.max_headers, parser.max_head) == (http.MAX_LINE, http.MAX_HEADERS, http.MAX_HEAD)
    assert parser.max_body == http.MAX_BODY


def test_headers_keep_their_order_and_ignore_case():
    headers = Headers([("Host", "a"), ("X", "1")])
    headers["HOST"] = "b"
    assert list(headers) == [("Host", "a"), ("X", "1"), ("HOST", "b")] == list(headers.raw_items())
    assert len(headers) == 3
    assert headers.get_all("host") == ["a", "b"] and headers.get_all("y") == []
    assert headers["x"] == headers.get("X") == "1"
    assert "hOST" in headers and "y" not in headers
    assert repr(headers) == "Headers([('Host', 'a'), ('X', '1'), ('HOST', 'b')])"


def test_headers_from_other_things():
    assert list(Headers()) == []
    assert list(Headers({"a": "1"})) == [("a", "1")]
    assert list(Headers(Headers({"a": "1"}))) == [("a", "1")]
    headers = Headers({"a": "1"})
    headers.update([("A", "2")])
    assert headers.get_all("a") == ["1", "2"]


def test_headers_missing_or_multiple():
    headers = Headers([("A", "1"), ("a", "2")])
    assert "no header B" in str(raises(KeyError, lambda: headers["B"]))
    assert headers.get("B") is None and headers.get("B", "3") == "3"
    assert "occurs 2 times" in str(raises(MultipleValuesError, lambda: headers["A"]))
    raises(MultipleValuesError, headers.get, "A")


def test_headers_are_deleted_by_name():
    headers = Headers([("A", "1"), ("B", "2"), ("a", "3")])
    del headers["a"]
    assert list(headers) == [("B", "2")]
    raises(KeyError, headers.__delitem__, "a")


def test_value_refused(case):
    name, value = case
    headers = Headers()
    error = raises(ValueError, headers.__setitem__, "X", value)
    assert "RFC 9110 section 5.5" in str(error), name
    raises(ValueError, Headers, [("X", value)])
    assert len(headers) == 0


def test_name_refused(case):
    name, value = case
    error = raises(ValueError, Headers().__setitem__, value, "x")
    assert "RFC 9110 section 5.1" in str(error), name


def test_path_refused(case):
    name, path = case
    assert "RFC 9112 section 3.2.1" in str(raises(ValueError, Request(path, Headers()).serialize)), name


def test_method_refused(case):
    name, method = case
    assert "RFC 9110 section 9.1" in str(raises(ValueError, Request("/", Headers(), method).serialize)), name


def test_reason_refused(case):
    name, reason = case
    assert "RFC 9112 section 4" in str(raises(ValueError, Response(200, reason, Headers()).serialize)), name


def test_status_refused(case):
    name, status = case
    assert "RFC 9110 section 15" in str(raises(ValueError, Response(status, "", Headers()).serialize)), name


def test_request_is_written():
    headers = Headers([("Host", "a"), ("X", "caf\xe9\t\xff"), ("x", "")])
    request = Request("/a?b", headers)
    data = b"GET /a?b HTTP/1.1\r\nHost: a\r\nX: caf\xe9\t\xff\r\nx: \r\n\r\n"
    assert request.serialize() == data
    again = RequestParser().feed(data)
    assert list(again.headers) == list(headers)
    assert Request("/", Headers(), "PUT").serialize() == b"PUT / HTTP/1.1\r\n\r\n"
    assert repr(request) == "<Request GET /a?b>"


def test_response_is_written():
    response = Response(404, "N\xf6", Headers({"Content-Length": "2"}), b"no")
    data = b"HTTP/1.1 404 N\xf6\r\nContent-Length: 2\r\n\r\nno"
    assert response.serialize() == data
    again = ResponseParser().feed(data)
    assert (again.status_code, again.reason_phrase, again.body) == (404, "N\xf6", b"no")
    assert Response(599, "", Headers()).serialize() == b"HTTP/1.1 599 \r\n\r\n"
    assert Response(100, "", Headers()).serialize() == b"HTTP/1.1 100 \r\n\r\n"
    assert repr(response) == "<Response 404 N\xf6, 2 bytes>"
