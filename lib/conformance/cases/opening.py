"""The opening handshake, for which Autobahn has no cases: requests to a server (H), responses to a client (R), and
what the two agree on (N).
"""

from ..model import OPENS, REFUSED, Deflate, Request, Response
from ..opening import REQUEST, RESPONSE, changed

BIG = "x" * (1 << 20)  # no endpoint needs a header of 1 MiB
MANY = ("+" + "\r\n".join(f"X-{number}: x" for number in range(20_000)),)

# A rule that the RFC gives to a server alone (MUST refuse), one that it recommends, and one for what is fine.
MUST = {"ok": (REFUSED,)}
SHOULD = {"ok": (REFUSED,), "lenient": (OPENS,)}
FINE = {"ok": (OPENS,)}
WELCOME = {"ok": (OPENS,), "lenient": (REFUSED,)}
EITHER = {"ok": (OPENS, REFUSED)}


def cases():
    for number, title, section, changes, rule, more in REQUESTS:
        yield Request(number, title, section, changed(REQUEST, *changes), **rule, **more)
    for number, title, section, changes, rule, more in NEGOTIATIONS:
        yield Request(number, title, section, changed(REQUEST, *changes), **rule, **more)
    for number, title, section, changes, rule, more in RESPONSES:
        yield Response(number, title, section, changed(RESPONSE, *changes), **rule, **more)


KEY = "Sec-WebSocket-Key: "
VERSION = "Sec-WebSocket-Version: "
EXTENSIONS = "Sec-WebSocket-Extensions: "
DEFLATE = EXTENSIONS + "permessage-deflate"
OTHER_VERSION = {"having": VERSION + "13"}

# id, title, section, changes to REQUEST, rule, more
REQUESTS = (
    ("H1", "the plain request", "4.2.2", (), FINE, {}),
    ("H2", "the plain request, byte by byte", "4.2.1", (), FINE, {"chop": 1}),
    (
        "H3",
        "header names in other case",
        "4.2.1",
        ("-Upgrade", "upgrade: websocket", "-Connection", "CONNECTION: Upgrade"),
        FINE,
        {},
    ),
    ("H4", "values in other case", "4.2.1", ("Upgrade: WebSocket", "Connection: uPGRADE"), FINE, {}),
    ("H5", "Connection with several options", "4.2.1", ("Connection: keep-alive, Upgrade",), FINE, {}),
    ("H6", "white space around values", "9112: 5", ("Upgrade: \t websocket \t ", "Sec-WebSocket-Version:13"), FINE, {}),
    (
        "H7",
        "Origin, Cookie and unknown headers",
        "4.2.1",
        ("Origin: http://example.com", "Cookie: a=b; c=d", "X-Unknown: x"),
        FINE,
        {},
    ),
    ("H8", "fifty headers more", "9110: 5.4", tuple(f"+X-{number}: x" for number in range(50)), FINE, {}),
    ("H9", "a header of 3000 bytes", "9110: 5.4", ("X-Long: " + "x" * 3000,), FINE, {}),
    ("H10", "an empty line before the request", "9112: 2.2", ("=\r\nGET {target} HTTP/1.1",), WELCOME, {}),
    ("H11", "the target as a whole URL", "9112: 3.2.2", ("=GET http://{host}{target} HTTP/1.1",), WELCOME, {}),
    (
        "H12",
        "the key of the RFC's example",
        "1.3",
        (KEY + "dGhlIHNhbXBsZSBub25jZQ==",),
        FINE,
        {"key": "dGhlIHNhbXBsZSBub25jZQ=="},
    ),
    ("H20", "POST", "4.2.1", ("=POST {target} HTTP/1.1",), MUST, {}),
    ("H21", "a method in lower case", "9110: 9.1", ("=get {target} HTTP/1.1",), MUST, {}),
    ("H22", "HTTP/1.0", "4.2.1", ("=GET {target} HTTP/1.0",), MUST, {}),
    ("H23", "HTTP/2.0", "4.2.1", ("=GET {target} HTTP/2.0",), SHOULD, {}),
    ("H24", "no HTTP at all", "9112: 3", ("=HELLO",), MUST, {}),
    ("H25", "no Host", "4.2.1", ("-Host",), MUST, {}),
    ("H26", "two Hosts", "9112: 3.2", ("+Host: example.com",), MUST, {}),
    ("H27", "no Upgrade", "4.2.1", ("-Upgrade",), MUST, {}),
    ("H28", "Upgrade to something else", "4.2.1", ("Upgrade: h2c",), MUST, {}),
    ("H29", "no Connection", "4.2.1", ("-Connection",), MUST, {}),
    ("H30", "Connection with another option", "4.2.1", ("Connection: keep-alive",), MUST, {}),
    ("H31", "no key", "4.2.1", ("-Sec-WebSocket-Key",), MUST, {}),
    ("H32", "an empty key", "4.2.1", (KEY,), MUST, {}),
    ("H33", "a key of 15 bytes", "4.2.1", (KEY + "MTIzNDU2Nzg5MDEyMzQ1",), MUST, {}),
    ("H34", "a key of 17 bytes", "4.2.1", (KEY + "MTIzNDU2Nzg5MDEyMzQ1Njc=",), MUST, {}),
    ("H35", "a key that is not base64", "4.2.1", (KEY + "!!!!!!!!!!!!!!!!!!!!!!==",), MUST, {}),
    ("H36", "two keys", "11.3.1", ("+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",), MUST, {}),
    ("H37", "no version", "4.2.1", ("-Sec-WebSocket-Version",), MUST, {}),
    ("H38", "version 8", "4.4", (VERSION + "8",), MUST, OTHER_VERSION),
    ("H39", "version 99", "4.4", (VERSION + "99",), MUST, OTHER_VERSION),
    ("H40", "a space before a colon", "9112: 5.1", ("-Upgrade", "+Upgrade : websocket"), MUST, {}),
    ("H41", "a header line without a colon", "9112: 5", ("+X-Nothing\x20at all",), SHOULD, {}),
    ("H42", "a zero byte in a header", "9110: 5.5", ("X-Zero: a\0b",), SHOULD, {}),
    ("H50", "a header of 1 MiB", "9110: 5.4", ("X-Long: " + BIG,), SHOULD, {}),
    ("H51", "20,000 headers", "9110: 5.4", MANY, SHOULD, {}),
    ("H52", "a target of 1 MiB", "9112: 3", ("=GET {target}?" + BIG + " HTTP/1.1",), SHOULD, {}),
)

# id, title, section, changes to REQUEST, rule, more. What a server may choose is in `offers` and `deflate`: any
# other choice is a fault.
NEGOTIATIONS = (
    (
        "N1",
        "a subprotocol that nobody knows",
        "4.2.2",
        ("Sec-WebSocket-Protocol: x-nobody",),
        EITHER,
        {"offers": ("x-nobody",)},
    ),
    (
        "N2",
        "subprotocols in two headers",
        "11.3.4",
        ("+Sec-WebSocket-Protocol: x-a, x-b", "+Sec-WebSocket-Protocol: x-c"),
        EITHER,
        {"offers": ("x-a", "x-b", "x-c")},
    ),
    ("N3", "a subprotocol with a space in it", "4.3", ("Sec-WebSocket-Protocol: x nobody",), SHOULD, {}),
    ("N4", "an extension that nobody knows", "9.1", (EXTENSIONS + "x-nobody; a=1",), FINE, {}),
    ("N5", "extensions in two headers", "9.1", ("+" + EXTENSIONS + "x-a; b", "+" + EXTENSIONS + "x-c, x-d"), FINE, {}),
    ("N6", "extensions without grammar", "9.1", (EXTENSIONS + "x-nobody; =1",), SHOULD, {}),
    ("N7", "permessage-deflate", "7692: 7.1", (DEFLATE + "; client_max_window_bits",), FINE, {"deflate": Deflate()}),
    (
        "N8",
        "permessage-deflate that says nothing about our window",
        "7692: 7.1.2.2",
        (DEFLATE,),
        FINE,
        {"deflate": Deflate(bare=True)},
    ),
    (
        "N9",
        "no context takeover by the server",
        "7692: 7.1.1.1",
        (DEFLATE + "; server_no_context_takeover",),
        FINE,
        {"deflate": Deflate(True, bare=True)},
    ),
    (
        "N10",
        "a window of 10 bits for the server",
        "7692: 7.1.2.1",
        (DEFLATE + "; server_max_window_bits=10",),
        FINE,
        {"deflate": Deflate(max_bits=10, bare=True)},
    ),
    (
        "N11",
        "that window in quotes",
        "7692: 7.1.2.1",
        (DEFLATE + '; server_max_window_bits="10"',),
        FINE,
        {"deflate": Deflate(max_bits=10, bare=True)},
    ),
    (
        "N12",
        "an offer that is wrong and one that is right",
        "7692: 7.1",
        (DEFLATE + "; x-nobody, permessage-deflate",),
        FINE,
        {"deflate": Deflate(bare=True)},
    ),
    ("N20", "a parameter that nobody knows", "7692: 7.1", (DEFLATE + "; x-nobody",), WELCOME, {}),
    ("N21", "a window of 7 bits", "7692: 7.1.2.1", (DEFLATE + "; server_max_window_bits=7",), WELCOME, {}),
    ("N22", "a window of 16 bits", "7692: 7.1.2.1", (DEFLATE + "; server_max_window_bits=16",), WELCOME, {}),
    ("N23", "a window of 010 bits", "7692: 7.1.2.1", (DEFLATE + "; server_max_window_bits=010",), WELCOME, {}),
    (
        "N24",
        "a window for the server without a value",
        "7692: 7.1.2.1",
        (DEFLATE + "; server_max_window_bits",),
        WELCOME,
        {},
    ),
    ("N25", "a value where there is none", "7692: 7.1.1.1", (DEFLATE + "; server_no_context_takeover=1",), WELCOME, {}),
    (
        "N26",
        "a parameter twice",
        "7692: 7.1",
        (DEFLATE + "; server_max_window_bits=10; server_max_window_bits=10",),
        WELCOME,
        {},
    ),
)

ACCEPT = "Sec-WebSocket-Accept: "
PROTOCOL = "Sec-WebSocket-Protocol: "

# id, title, section, changes to RESPONSE, rule, more
RESPONSES = (
    ("R1", "the plain response", "4.1", (), FINE, {}),
    ("R2", "the plain response, byte by byte", "4.1", (), FINE, {"chop": 1}),
    ("R3", "a message right behind the response", "4.1", (), FINE, {"together": True}),
    (
        "R4",
        "names and values in other case",
        "4.1",
        ("-Upgrade", "upgrade: WebSocket", "-Connection", "CONNECTION: uPGRADE"),
        FINE,
        {},
    ),
    ("R5", "another reason phrase", "9112: 4", ("=HTTP/1.1 101 Here you are",), FINE, {}),
    ("R6", "no reason phrase", "9112: 4", ("=HTTP/1.1 101 ",), FINE, {}),
    ("R7", "fifty headers more", "9110: 5.4", tuple(f"+X-{number}: x" for number in range(50)), FINE, {}),
    ("R8", "Connection with several options", "4.1", ("Connection: keep-alive, Upgrade",), FINE, {}),
    (
        "R9",
        "status 103 before it",
        "9110: 15.2",
        ("=HTTP/1.1 103 Early Hints\r\nX-Hint: x\r\n\r\n" + RESPONSE[0],),
        WELCOME,
        {},
    ),
    ("R20", "status 200", "4.1", ("=HTTP/1.1 200 OK", "Content-Length: 0"), MUST, {}),
    ("R21", "status 404", "4.1", ("=HTTP/1.1 404 Not Found", "Content-Length: 0"), MUST, {}),
    ("R22", "status 500", "4.1", ("=HTTP/1.1 500 Internal Server Error", "Content-Length: 0"), MUST, {}),
    ("R23", "HTTP/1.0", "4.1", ("=HTTP/1.0 101 Switching Protocols",), SHOULD, {}),
    ("R24", "no HTTP at all", "9112: 4", ("=HELLO",), MUST, {}),
    ("R25", "no Upgrade", "4.1", ("-Upgrade",), MUST, {}),
    ("R26", "Upgrade to something else", "4.1", ("Upgrade: h2c",), MUST, {}),
    ("R27", "no Connection", "4.1", ("-Connection",), MUST, {}),
    ("R28", "Connection with another option", "4.1", ("Connection: close",), MUST, {}),
    ("R29", "no Sec-WebSocket-Accept", "4.1", ("-Sec-WebSocket-Accept",), MUST, {}),
    ("R30", "an empty Sec-WebSocket-Accept", "4.1", (ACCEPT,), MUST, {}),
    ("R31", "the answer to another key", "4.1", (ACCEPT + "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",), MUST, {}),
    ("R32", "the key itself as the answer", "4.1", (ACCEPT + "{key}",), MUST, {}),
    ("R33", "the answer in other case", "4.1", (ACCEPT + "{swapped}",), MUST, {}),
    ("R34", "the answer and another one", "11.3.3", ("+" + ACCEPT + "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",), MUST, {}),
    ("R35", "a subprotocol that was not asked for", "4.1", (PROTOCOL + "x-nobody",), MUST, {}),
    ("R36", "an extension that was not asked for", "4.1", (EXTENSIONS + "x-nobody",), MUST, {}),
    ("R37", "permessage-deflate with a parameter that nobody knows", "7692: 7.1", (DEFLATE + "; x-nobody",), MUST, {}),
    (
        "R38",
        "permessage-deflate with a window of 7 bits",
        "7692: 7.1.2.1",
        (DEFLATE + "; server_max_window_bits=7",),
        MUST,
        {},
    ),
    ("R39", "permessage-deflate twice", "9.1", (DEFLATE + ", permessage-deflate",), MUST, {}),
    ("R40", "a header line without a colon", "9112: 5", ("+X-Nothing\x20at all",), SHOULD, {}),
    ("R50", "a header of 1 MiB", "10.4", ("X-Long: " + BIG,), SHOULD, {}),
    ("R51", "20,000 headers", "10.4", MANY, SHOULD, {}),
)
