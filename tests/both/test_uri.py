"""WebSocket URIs: RFC 6455 section 3."""

from pocketws.exceptions import InvalidURI
from pocketws.handshake import parse_uri
from tests.both.helpers import raises

# uri, secure, host, port, resource name, Host header, username, password
URIS = (
    ("ws://example.com/", False, "example.com", 80, "/", "example.com", None, None),
    ("wss://example.com/", True, "example.com", 443, "/", "example.com", None, None),
    ("WSS://Example.COM/Chat", True, "example.com", 443, "/Chat", "example.com", None, None),
    ("ws://example.com", False, "example.com", 80, "/", "example.com", None, None),
    ("ws://example.com?a=b", False, "example.com", 80, "/?a=b", "example.com", None, None),
    ("ws://example.com/?", False, "example.com", 80, "/", "example.com", None, None),
    ("ws://example.com/a?b=/c?d@e:f", False, "example.com", 80, "/a?b=/c?d@e:f", "example.com", None, None),
    ("ws://example.com/a/@b:c", False, "example.com", 80, "/a/@b:c", "example.com", None, None),
    ("ws://example.com:80/", False, "example.com", 80, "/", "example.com", None, None),
    ("ws://example.com:443/", False, "example.com", 443, "/", "example.com:443", None, None),
    ("wss://example.com:443/", True, "example.com", 443, "/", "example.com", None, None),
    ("wss://example.com:80/", True, "example.com", 80, "/", "example.com:80", None, None),
    ("ws://example.com:/", False, "example.com", 80, "/", "example.com", None, None),
    ("ws://example.com:65535", False, "example.com", 65535, "/", "example.com:65535", None, None),
    ("ws://example.com:00001", False, "example.com", 1, "/", "example.com:1", None, None),
    ("ws://192.168.4.1:8765/", False, "192.168.4.1", 8765, "/", "192.168.4.1:8765", None, None),
    ("ws://pico_w-2.local./", False, "pico_w-2.local.", 80, "/", "pico_w-2.local.", None, None),
    ("ws://xn--bcher-kva.example/", False, "xn--bcher-kva.example", 80, "/", "xn--bcher-kva.example", None, None),
    ("ws://[::1]/", False, "::1", 80, "/", "[::1]", None, None),
    ("wss://[FE80::1]:8443/a", True, "fe80::1", 8443, "/a", "[fe80::1]:8443", None, None),
    ("ws://[::ffff:192.0.2.1]", False, "::ffff:192.0.2.1", 80, "/", "[::ffff:192.0.2.1]", None, None),
    ("ws://example.com/a%20b%2Fc%23?d=%25", False, "example.com", 80, "/a%20b%2Fc%23?d=%25", "example.com", None, None),
    (
        "ws://example.com/caf\xe9?\u4f60=\u597d",
        False,
        "example.com",
        80,
        "/caf%C3%A9?%E4%BD%A0=%E5%A5%BD",
        "example.com",
        None,
        None,
    ),
    ("ws://example.com/\U0001f600", False, "example.com", 80, "/%F0%9F%98%80", "example.com", None, None),
    ("ws://pico:secret@example.com/", False, "example.com", 80, "/", "example.com", "pico", "secret"),
    ("ws://pico:@[::1]:81/", False, "::1", 81, "/", "[::1]:81", "pico", ""),
    (
        "ws://p%69co:s%3Ae%40c:r%c3%a9t@example.com",
        False,
        "example.com",
        80,
        "/",
        "example.com",
        "pico",
        "s:e@c:r\xe9t",
    ),
    ("ws://u:a%20b@example.com", False, "example.com", 80, "/", "example.com", "u", "a b"),
    ("ws://example.com/\x80", False, "example.com", 80, "/%C2%80", "example.com", None, None),
    ("ws://:@example.com", False, "example.com", 80, "/", "example.com", "", ""),
    ("ws://\u4f60:\u597d@example.com", False, "example.com", 80, "/", "example.com", "\u4f60", "\u597d"),
)

# uri, a part of the error's text
URIS_REFUSED = (
    ("", "ws:// or wss://"),
    ("example.com", "ws:// or wss://"),
    ("http://example.com/", "ws:// or wss://"),
    ("wsss://example.com/", "ws:// or wss://"),
    ("ws:example.com", "ws:// or wss://"),
    ("ws:/example.com/", "ws:// or wss://"),
    ("//example.com/", "ws:// or wss://"),
    ("ws://", "a host"),
    ("ws:///chat", "a host"),
    ("ws://:80/", "a host"),
    ("ws://?a", "a host"),
    ("ws://u:p@/", "a host"),
    ("ws://exam\\ple.com/", "a host"),
    ("ws://example.com%2f/", "a host"),
    ("ws://exa,mple.com/", "a host"),
    ("ws://b\xfccher.example/", "xn--"),
    ("ws://\u2460.example/", "xn--"),
    ("ws://::1/", "a host"),
    ("ws://[::1/", "a host"),
    ("ws://[]/", "a host"),
    ("ws://[1.2.3.4]/", "a host"),
    ("ws://[::g]/", "a host"),
    ("ws://[::~]/", "a host"),
    ("ws://[fe80::1%25en0]/", "a host"),
    ("ws://[v1.a:b]/", "a host"),
    ("ws://[::1]80/", "a host"),
    ("ws://a[::1]/", "a host"),
    ("ws://a:0/", "port"),
    ("ws://a:65536/", "port"),
    ("ws://a:000080/", "port"),
    ("ws://a:+80/", "port"),
    ("ws://a:8_0/", "port"),
    ("ws://a:80:80/", "port"),
    ("ws://a:\u0664/", "port"),
    ("ws://a/#top", "fragment"),
    ("ws://a/#", "fragment"),
    ("ws://a#", "fragment"),
    ("ws://a?b#c", "fragment"),
    ("ws://a/b c", "percent-encoded"),
    (" ws://a/", "percent-encoded"),
    ("ws://a/\r\nX: y", "percent-encoded"),
    ("ws://a/\t", "percent-encoded"),
    ("ws://a/\0", "percent-encoded"),
    ("ws://a/\x7f", "percent-encoded"),
    ("ws://a/\ud800", "percent-encoded"),
    ("ws://u@a/", "user:password"),
    ("ws://@a/", "user:password"),
    ("ws://u%3A:p@a/", "user:password"),
    ("ws://u:%0d%0a@a/", "user:password"),
    ("ws://u%7f:p@a/", "user:password"),
    ("ws://u:%zz@a/", "user:password"),
    ("ws://u:%4@a/", "user:password"),
    ("ws://u:%ff@a/", "user:password"),
    ("ws://u:%ed%a0%80@a/", "user:password"),
)

CASES = {"test_uri": URIS, "test_uri_refused": URIS_REFUSED}


def test_uri(case):
    text, secure, host, port, resource, header, username, password = case
    uri = parse_uri(text)
    assert (uri.secure, uri.host, uri.port) == (secure, host, port)
    assert (uri.resource_name, uri.host_header) == (resource, header)
    assert (uri.username, uri.password) == (username, password)
    assert uri.resource_name == (uri.path or "/") + ("?" + uri.query if uri.query else "")


def test_uri_refused(case):
    text, part = case
    error = raises(InvalidURI, parse_uri, text)
    assert part in str(error) and "RFC 6455 section 3" in str(error), error
    assert error.uri == text


def test_user_information_stays_out_of_texts():
    for text in (
        "ws://pico:secret@a:0/",
        "ws://pico:sec/ret@a/",
        "pico:secret@a",
        "ws://pico:secret@a/#",
        "ws://secret@a",
    ):
        error = raises(InvalidURI, parse_uri, text)
        assert "secret" not in str(error) and "pico" not in str(error), error
        assert error.uri == text
    assert repr(parse_uri("wss://pico:secret@a:1/b?c")) == "<WebSocketURI wss://a:1/b?c>"
    assert repr(parse_uri("ws://[::1]")) == "<WebSocketURI ws://[::1]/>"
