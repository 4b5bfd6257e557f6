"""Opening handshakes and header values with their known outcome, as plain tuples.

Sections are those of RFC 6455 where no other RFC is named. A handshake is the valid
one with some headers replaced: REQUEST and RESPONSE, and a list of changes.
"""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of section 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

REQUEST = (
    ("Host", "server.example.com"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", KEY),
    ("Sec-WebSocket-Version", "13"),
)

RESPONSE = (
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Accept", ACCEPT),
)


def changed(headers, changes):
    """Return the list of `headers` without those that `changes` name, and then those of `changes` that have a value."""
    names = [name.lower() for name, _ in changes]
    kept = [pair for pair in headers if pair[0].lower() not in names]
    return kept + [(name, value) for name, value in changes if value is not None]


# name, changes to REQUEST: all of these open a connection
REQUESTS_ACCEPTED = (
    ("1.2 the example", [("Origin", "http://example.com"), ("Sec-WebSocket-Protocol", "chat, superchat")]),
    ("4.2.1 item 3: any case", [("upgrade", "WebSocket")]),
    ("4.2.1 item 3: one of several", [("Upgrade", "h2c, websocket")]),
    ("4.2.1 item 3: in a header of its own", [("Upgrade", "foo/1.0"), ("Upgrade", "websocket")]),
    ("4.2.1 item 4: any case", [("connection", "uPGRADE")]),
    ("4.2.1 item 4: as Firefox sends it", [("Connection", "keep-alive, Upgrade")]),
    ("4.2.1 item 4: in a header of its own", [("Connection", "keep-alive"), ("Connection", "upgrade")]),
    ("4.2.1 item 5: another key", [("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")]),
    ("4.2.1 item 10: unknown headers", [("Cookie", "a=b"), ("X", "caf\xe9")]),
    ("5.6.1 of RFC 9110: empty elements", [("Connection", ", ,Upgrade,\t,"), ("Sec-WebSocket-Protocol", ",chat,,")]),
    ("9.1 several headers", [("Sec-WebSocket-Extensions", "a; b"), ("Sec-WebSocket-Extensions", 'c; d="e"; f = g')]),
    ("11.3.4 several headers", [("Sec-WebSocket-Protocol", "a"), ("Sec-WebSocket-Protocol", "b")]),
)

# name, changes to REQUEST, name of the error, RFC, section, status code of the answer
REQUESTS_REFUSED = (
    ("4.2.1 item 2: no Host", [("Host", None)], "InvalidHeader", 6455, "4.2.1", 400),
    ("4.2.1 item 2: two Hosts", [("Host", "a"), ("Host", "a")], "InvalidHeader", 6455, "4.2.1", 400),
    ("4.2.1 item 3: no Upgrade", [("Upgrade", None)], "InvalidUpgrade", 6455, "4.2.1", 426),
    ("4.2.1 item 3: another protocol", [("Upgrade", "h2c")], "InvalidUpgrade", 6455, "4.2.1", 426),
    ("4.2.1 item 3: a version of it", [("Upgrade", "websocket/13")], "InvalidUpgrade", 6455, "4.2.1", 426),
    ("4.2.1 item 3: no token", [("Upgrade", "web socket")], "InvalidHeaderFormat", 6455, "4.3", 400),
    ("4.2.1 item 3: empty", [("Upgrade", "")], "InvalidHeaderFormat", 6455, "4.3", 400),
    ("4.2.1 item 4: no Connection", [("Connection", None)], "InvalidUpgrade", 6455, "4.2.1", 426),
    ("4.2.1 item 4: another option", [("Connection", "keep-alive")], "InvalidUpgrade", 6455, "4.2.1", 426),
    ("4.2.1 item 4: a part of a token", [("Connection", "upgraded")], "InvalidUpgrade", 6455, "4.2.1", 426),
    ("4.2.1 item 4: no token", [("Connection", "Upgrade; a")], "InvalidHeaderFormat", 6455, "4.3", 400),
    ("4.2.1 item 4: quoted", [("Connection", '"Upgrade"')], "InvalidHeaderFormat", 6455, "4.3", 400),
    ("4.2.1 item 6: no version", [("Sec-WebSocket-Version", None)], "InvalidHeaderValue", 6455, "4.2.1", 400),
    ("4.4 version 8", [("Sec-WebSocket-Version", "8")], "InvalidHeaderValue", 6455, "4.2.1", 426),
    ("4.4 version 14", [("Sec-WebSocket-Version", "14")], "InvalidHeaderValue", 6455, "4.2.1", 426),
    ("4.4 two versions in one header", [("Sec-WebSocket-Version", "13, 8")], "InvalidHeaderValue", 6455, "4.2.1", 426),
    ("4.3 a leading zero", [("Sec-WebSocket-Version", "013")], "InvalidHeaderValue", 6455, "4.2.1", 426),
    ("4.3 an empty version", [("Sec-WebSocket-Version", "")], "InvalidHeaderValue", 6455, "4.2.1", 426),
    ("4.3 an empty list of subprotocols", [("Sec-WebSocket-Protocol", "")], "InvalidHeaderFormat", 6455, "4.3", 400),
    (
        "4.3 a subprotocol that is no token",
        [("Sec-WebSocket-Protocol", "chat, a b")],
        "InvalidHeaderFormat",
        6455,
        "4.3",
        400,
    ),
    ("4.3 a subprotocol in quotes", [("Sec-WebSocket-Protocol", '"chat"')], "InvalidHeaderFormat", 6455, "4.3", 400),
    (
        "7.3 of RFC 6454: two Origins",
        [("Origin", "http://a"), ("Origin", "http://b")],
        "InvalidHeader",
        6454,
        "7.3",
        400,
    ),
    ("9.1 not its grammar", [("Sec-WebSocket-Extensions", "a; b=")], "InvalidHeaderFormat", 6455, "9.1", 400),
    ("11.3.1 two keys", [("Sec-WebSocket-Key", KEY), ("sec-websocket-key", KEY)], "InvalidHeader", 6455, "11.3.1", 400),
    (
        "11.3.5 two versions",
        [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Version", "13")],
        "InvalidHeader",
        6455,
        "11.3.5",
        400,
    ),
)

for name, key in (
    ("none", None),
    ("empty", ""),
    ("15 bytes", "AAAAAAAAAAAAAAAAAAAA"),
    ("17 bytes", "AAAAAAAAAAAAAAAAAAAAAAA="),
    ("no padding", "AAAAAAAAAAAAAAAAAAAAAA"),
    ("unused bits set", "AAAAAAAAAAAAAAAAAAAAAB=="),
    ("other characters", "!AAAAAAAAAAAAAAAAAAAAAA=="),
    ("a space within", "AAAAAAAAAAA AAAAAAAAAAA=="),
    ("beyond ASCII", "\xe9" * 22 + "=="),
):
    changes = [("Sec-WebSocket-Key", key)]
    REQUESTS_REFUSED += (("4.2.1 item 5: " + name, changes, "InvalidHeaderValue", 6455, "4.2.1", 400),)

# name, changes to RESPONSE, the subprotocol: all of these open a connection; "chat" and "superchat" were offered
RESPONSES_ACCEPTED = (
    ("1.2 the example", [("Sec-WebSocket-Protocol", "chat")], "chat"),
    ("4.1 no subprotocol", [], None),
    ("4.1 step 2: any case", [("UPGRADE", "WebSocket")], None),
    ("4.1 step 3: any case, among others", [("Connection", "keep-alive, UPGRADE")], None),
    ("4.1 step 3: in a header of its own", [("Connection", "x"), ("Connection", "upgrade")], None),
    ("4.1 unknown headers", [("Server", "x"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d")], None),
    ("11.3.5 versions", [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Version", "8, 7")], None),
)

# name, changes to RESPONSE, name of the error, section
RESPONSES_REFUSED = (
    ("4.1 step 2: no Upgrade", [("Upgrade", None)], "InvalidUpgrade", "4.1"),
    ("4.1 step 2: another protocol", [("Upgrade", "h2c")], "InvalidUpgrade", "4.1"),
    ("4.1 step 2: two protocols", [("Upgrade", "websocket, h2c")], "InvalidUpgrade", "4.1"),
    ("4.1 step 2: twice", [("Upgrade", "websocket"), ("Upgrade", "websocket")], "InvalidUpgrade", "4.1"),
    ("4.1 step 2: a version of it", [("Upgrade", "websocket/13")], "InvalidUpgrade", "4.1"),
    ("4.1 step 2: no token", [("Upgrade", "[websocket]")], "InvalidHeaderFormat", "4.3"),
    ("4.1 step 3: no Connection", [("Connection", None)], "InvalidUpgrade", "4.1"),
    ("4.1 step 3: another option", [("Connection", "close")], "InvalidUpgrade", "4.1"),
    ("4.1 step 4: no Accept", [("Sec-WebSocket-Accept", None)], "InvalidHeaderValue", "4.1"),
    ("4.1 step 4: empty", [("Sec-WebSocket-Accept", "")], "InvalidHeaderValue", "4.1"),
    ("4.1 step 4: the key itself", [("Sec-WebSocket-Accept", KEY)], "InvalidHeaderValue", "4.1"),
    ("4.1 step 4: another case", [("Sec-WebSocket-Accept", ACCEPT.lower())], "InvalidHeaderValue", "4.1"),
    ("4.1 step 4: no padding", [("Sec-WebSocket-Accept", ACCEPT[:-1])], "InvalidHeaderValue", "4.1"),
    ("4.1 step 4: quoted", [("Sec-WebSocket-Accept", '"%s"' % ACCEPT)], "InvalidHeaderValue", "4.1"),
    ("4.1 step 5: not offered", [("Sec-WebSocket-Extensions", "other")], "NegotiationError", "4.1"),
    ("4.1 step 5: another case", [("Sec-WebSocket-Extensions", "TOY")], "NegotiationError", "4.1"),
    ("4.1 step 5: one too many", [("Sec-WebSocket-Extensions", "toy; level=3, other")], "NegotiationError", "4.1"),
    ("4.1 step 6: not offered", [("Sec-WebSocket-Protocol", "mqtt")], "NegotiationError", "4.1"),
    ("4.1 step 6: another case", [("Sec-WebSocket-Protocol", "Chat")], "NegotiationError", "4.1"),
    ("4.1 step 6: two", [("Sec-WebSocket-Protocol", "chat, superchat")], "NegotiationError", "4.1"),
    ("4.1 step 6: empty", [("Sec-WebSocket-Protocol", "")], "NegotiationError", "4.1"),
    ("9.1 not its grammar", [("Sec-WebSocket-Extensions", "toy;")], "InvalidHeaderFormat", "9.1"),
    ("9.1 empty", [("Sec-WebSocket-Extensions", "")], "InvalidHeaderFormat", "4.3"),
    ("9.1 twice", [("Sec-WebSocket-Extensions", "toy; level=3, toy; level=3")], "NegotiationError", "9.1"),
    (
        "11.3.2 two headers",
        [("Sec-WebSocket-Extensions", "toy"), ("Sec-WebSocket-Extensions", "other")],
        "InvalidHeader",
        "11.3.2",
    ),
    (
        "11.3.3 two headers",
        [("Sec-WebSocket-Accept", ACCEPT), ("Sec-WebSocket-Accept", ACCEPT)],
        "InvalidHeader",
        "11.3.3",
    ),
    (
        "11.3.4 two headers",
        [("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Protocol", "chat")],
        "InvalidHeader",
        "11.3.4",
    ),
)

# values of Sec-WebSocket-Extensions headers, what they list
EXTENSIONS = (
    ([], []),
    (["a"], [("a", [])]),
    (["a, b"], [("a", []), ("b", [])]),
    (["a", "b,c"], [("a", []), ("b", []), ("c", [])]),
    (["foo; bar; baz=2"], [("foo", [("bar", None), ("baz", "2")])]),
    (["a;b=1,a;b=2"], [("a", [("b", "1")]), ("a", [("b", "2")])]),
    (["a\t; b = 1 ; c"], [("a", [("b", "1"), ("c", None)])]),
    (['a; b="1"'], [("a", [("b", "1")])]),
    (['a; b="\\1\\0"; c'], [("a", [("b", "10"), ("c", None)])]),
    ([",, a ,\t,"], [("a", [])]),
    (
        ["permessage-deflate; client_max_window_bits; server_max_window_bits=10"],
        [("permessage-deflate", [("client_max_window_bits", None), ("server_max_window_bits", "10")])],
    ),
    (["~a~ ; ~b~ = ~c~ , d"], [("~a~", [("~b~", "~c~")]), ("d", [])]),
    (["a; b; b"], [("a", [("b", None), ("b", None)])]),
)

EXTENSIONS_REFUSED = (
    "",
    ",",
    ";",
    "a;",
    ";a",
    "a;;b",
    "a b",
    "a=b",
    '"a"',
    "a; =",
    "a; b=",
    "a; =b",
    "a; b=c=d",
    "a; b c",
    "a; b=c d",
    'a; "b"',
    'a; b="',
    'a; b=""',
    'a; b="c',
    'a; b=c"',
    'a; b=cd"',
    'a; b="c d"',
    'a; b="c,d"',
    'a; b="c;d"',
    'a; b="c"d"',
    'a; b="c\\"',
    'a; b="c\\\\"',
    'a; b="c\\\\d"',
    'a; b="\\,"',
    'a; b="c" d',
    "a; b=caf\xe9",
    "\xe9",
    "a, b;",
    "a; b=(c)",
)
