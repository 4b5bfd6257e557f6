"""The figures of classroom: well-formed, self-contained, legible in both themes, and of one mind with the library."""

import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from dataclasses import replace
from hashlib import sha1

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classroom.anatomy import frame, handshake
from classroom.anatomy_handshake import FIXED_TEXT
from classroom.cards import table_card, task_card
from classroom.figure import PALETTE, WIDE, Figure, shorten, text_width, wrap
from classroom.ladder import MOST, Event, duration, ladder
from classroom.states import state_machine
from pocketws.exceptions import InvalidHandshake, ProtocolError
from pocketws.frames import OP_CLOSE, FrameParser, decode_close
from pocketws.handshake import accept, accept_key, check_response
from pocketws.http import RequestParser, ResponseParser
from pocketws.protocol import TRANSITIONS

KEY = bytes.fromhex("37fa213d")
BIG = bytes.fromhex("82 ff 00000000 00010000") + KEY + bytes(65536)

# name: (the bytes, the sender)
FRAMES = {
    "masked text": ("81 85 37fa213d 7f9f4d5158", "client"),
    "text": ("81 05 48656c6c6f", "server"),
    "text of many-byte characters": ("81 09 61f09f9880c3a9e282ac", "server"),
    "text that is not UTF-8": ("81 03 61ff62", "server"),
    "text piece that ends inside a character": ("01 02 61c3", "server"),
    "continuation": ("00 01 61", "server"),
    "last continuation": ("80 82 00000000 c3a9", "client"),
    "binary": ("82 02 00ff", "server"),
    "ping": ("89 02 a701", "server"),
    "empty ping": ("89 00", "server"),
    "pong": ("8a 02 6869", "server"),
    "close": ("88 05 03e8627965", "server"),
    "close, no payload": ("88 00", "server"),
    "close, private code": ("88 02 0fa0", "server"),
    "16-bit length": ("81 7e 012c" + "68c3a9" * 100, "server"),
    "64-bit length, masked": (BIG.hex(), "client"),
    "no bytes": ("", "client"),
    "one byte": ("81", "client"),
    "half a length": ("81 fe 01", "client"),
    "half a key": ("81 81 3738", "client"),
    "half a payload": ("81 85 37fa213d 7f9f", "client"),
    "a little of a long payload": ("82 7f 00000000 7fffffff 0102", "server"),
    "next frame behind it": ("81 01 61 8900", "server"),
    "markup": ("81 09 3c2f746578743e26 22", "server"),
    "control characters": ("81 04 00 1b 0a 7f", "server"),
}

# name: (the bytes, the sender, the section, the field)
MALFORMED = {
    "reserved bit": ("c1 85 37fa213d 7f9f4d5158", "client", "5.2", "RSV1-3"),
    "reserved opcode": ("83 00", "server", "5.2", "opcode"),
    "ping in pieces": ("09 00", "server", "5.5", "FIN"),
    "ping too long": ("89 7e 007e" + "00" * 126, "server", "5.5", "payload len"),
    "client without a mask": ("81 00", "client", "5.1", "MASK"),
    "server with a mask": ("81 80 37fa213d", "server", "5.1", "MASK"),
    "length in a long form": ("81 7e 0005 48656c6c6f", "server", "5.2", "payload len"),
    "length in the longest form": ("82 7f 00000000 0000ffff", "server", "5.2", "payload len"),
    "length of 64 bits": ("82 7f 80000000 00000000", "server", "5.2", "payload len"),
    "half a header, wrong already": ("81 7e 00", "client", "5.1", "MASK"),
    "half a close code": ("88 01 03", "server", "5.5.1", "payload"),
    "close code never sent": ("88 02 03ed", "server", "7.4", "payload"),
    "close reason not UTF-8": ("88 04 03e8ff61", "server", "5.5.1", "payload"),
    "masked close code never sent": ("88 82 37fa213d 3417", "client", "7.4", "payload"),
}

LONG = "x" * 900
CARDS = {
    "todo": task_card("todo", "Task 3, unmask a payload", note="Write unmask() above."),
    "passed": task_card("passed", "Task 3, unmask a payload"),
    "wrong bytes": task_card(
        "wrong", "Task 3", looks="a key.", idea="It repeats.", call="unmask(1)", expected=b"Hello", got=b"Help!"
    ),
    "short bytes": task_card("wrong", "Task 3", expected=b"Hello", got=bytearray(b"He")),
    "no bytes": task_card("wrong", "Task 3", expected=b"Hello", got=b""),
    "late difference": task_card("wrong", "Task 3", expected=bytes(500), got=bytes(450) + b"\1" + bytes(49)),
    "values": task_card("wrong", "Task 4", call="f(1)", expected=(True, 1, 5), got=[129, LONG]),
    "crash": task_card("crash", "Task 5", error="IndexError: no", line=3, code="  a[9]", idea="Count.", call="f()"),
    "long words": task_card("crash", LONG, error=LONG, line=12345, code=LONG, idea=LONG, call=LONG, note=LONG),
    "table": table_card(
        "Set-up check",
        [
            ("Python", "3.11.2", "ok", ""),
            ("Port 8765", "in use", "fix", "Close the other notebook."),
            ("Pico on USB", "not plugged in", "optional", "Lesson 17 brings a virtual one."),
            (LONG, LONG, "fix", LONG),
        ],
    ),
    "table without a flaw": table_card("Set-up check", [("Python", "3.11.2", "ok", "")]),
}

GET = Event(0.0, "client", "request", b"GET /chat HTTP/1.1\r\nHost: pico.local\r\n\r\n", arrived=0.018)
SWITCH = Event(0.031, "server", "response", b"HTTP/1.1 101 Switching Protocols\r\n\r\n", arrived=0.049)
CLEAN = (
    GET,
    SWITCH,
    Event(0.112, "client", "text", b"Hello", arrived=0.130),
    Event(0.176, "server", "text", b"Hi from ", fin=False, arrived=0.194),
    Event(0.240, "server", "continuation", b"the Pico", arrived=0.258),
    Event(20.240, "server", "ping", b"\xa7\x01", arrived=20.258),
    Event(20.262, "client", "pong", b"\xa7\x01", arrived=20.280),
    Event(24.300, "client", "close", b"\x03\xe8bye", arrived=24.318),
    Event(24.322, "server", "close", b"\x03\xe8", arrived=24.340),
    Event(24.341, "server", "end"),
)
CUT = (
    GET,
    SWITCH,
    Event(10.12, "client", "ping", b"\1", arrived=10.142),
    Event(10.146, "server", "pong", b"\1", arrived=10.168),
    Event(20.12, "client", "ping", b"\2", lost=True),
    Event(20.13, "server", "binary", bytes(70), lost=True),
    Event(25.12, "", "cut"),
)
LAB = (
    Event(0.0, "client", "request", b"GET /" + b"x" * 900 + b" HTTP/1.1\r\n\r\n"),
    Event(0.001, "", "delay", note="from now on, 300 ms more each way", connection=0),
    Event(0.002, "client", "ping", b"", arrived=0.302),
    Event(0.003, "client", "ping", b"two", arrived=0.303),
    Event(0.304, "server", "pong", b"two", arrived=0.604),
    Event(0.305, "server", "pong", b"", arrived=0.605),
    Event(0.306, "server", "pong", b"unasked", arrived=0.606),
    Event(1.0, "", "pause", connection=0),
    Event(1.05, "server", "text", b"held back", held=True),
    Event(1.1, "client", "continuation", b"<&>\x00\xff" * 2000, fin=False, arrived=123.4),
    Event(123.4, "", "resume", connection=0),
    Event(123.5, "server", "text", "Grüße 😀".encode(), note="corrupted: byte 6 was 58, now a7"),
    Event(123.6, "server", "opcode 0x3", b"\0\1", note=LONG[:80] + " opcode 0x3 is reserved", connection=2),
    Event(123.7, "client", "bytes", b"GET lost\r\n", note="cut short", connection=2, lost=True),
    Event(123.8, "client", "reset", connection=2),
    Event(5000.0, "", "refused", note="the server refuses the connection", connection=3),
    Event(
        5000.1, "", "limit", note="16,777,216 bytes are recorded; from here on, bytes are only counted", connection=0
    ),
    Event(5000.2, "client", "close", b"", connection=20),
    Event(5000.3, "client", "close", b"\3", connection=20),
    Event(5000.4, "server", "close", b"\x0f\xa0" + b"x" * 123, connection=20),
)
LADDERS = {
    "clean": ladder(*CLEAN, title="A clean conversation"),
    "clean, without times": ladder(*CLEAN, times=False),
    "cut": ladder(*CUT, title="A link that went away"),
    "lab": ladder(*LAB, title="The failure lab"),
    "lab, without times": ladder(*LAB, times=False),
    "long": ladder(*(Event(at / 10, "client", "text", b"x") for at in range(200))),
    "empty": ladder(),
    "one": ladder(GET),
}


def crlf(*lines, body=b""):
    """Return an HTTP message."""
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


KEY_LINE = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
ASKED = (
    "GET /chat HTTP/1.1",
    "Host: pico.local",
    "Upgrade: websocket",
    "Connection: Upgrade",
    KEY_LINE,
    "Sec-WebSocket-Version: 13",
    "Origin: http://pico.local",
)
ANSWERED = (
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
)
REQUEST, RESPONSE = crlf(*ASKED), crlf(*ANSWERED)
FROM_BROWSER = crlf(
    *ASKED,
    "User-Agent: " + LONG,
    *(f"X-{name}: {name}" for name in "abcdefghij"),
    "Sec-WebSocket-Protocol: chat, mqtt",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
)
CHOSEN = ("Sec-WebSocket-Protocol: mqtt", "Sec-WebSocket-Extensions: permessage-deflate")
REFUSAL = crlf("HTTP/1.1 403 Forbidden", "Connection: close", "Content-Length: 800", body=b"Not from <there>. " * 44)

# name: (request, response)
HANDSHAKES = {
    "good": (REQUEST, RESPONSE),
    "from a browser": (FROM_BROWSER, crlf(*ANSWERED, *CHOSEN)),
    "frames behind it": (REQUEST, RESPONSE + b"\x81\x01a"),
    "no answer yet": (REQUEST, b""),
    "half an answer": (REQUEST, RESPONSE[:70]),
    "half a request": (REQUEST[:60], b""),
    "nothing": (b"", b""),
}

# name: (request, response, what is wrong, the RFC's section, the line that is marked)
BAD_HANDSHAKES = {
    "no version": (crlf(*ASKED[:5]), b"", "Sec-WebSocket-Version is missing", "4.2.1", "Sec-WebSocket-Version"),
    "old version": (crlf(*ASKED[:5], "Sec-WebSocket-Version: 8"), b"", "is '8'", "4.2.1", "Sec-WebSocket-Version: 8"),
    "short key": (REQUEST.replace(b"dGhl", b""), b"", "Sec-WebSocket-Key", "4.2.1", "Sec-WebSocket-Key: IHN"),
    "two keys": (crlf(*ASKED, KEY_LINE), b"", "Sec-WebSocket-Key", "11.3.1", KEY_LINE),
    "no upgrade": (REQUEST.replace(b": websocket", b": h2c"), b"", "Upgrade is 'h2c'", "4.2.1", "Upgrade: h2c"),
    "no connection": (REQUEST.replace(b": Upgrade", b": close"), b"", "Connection", "4.2.1", "Connection: close"),
    "no host": (crlf(ASKED[0], *ASKED[2:]), b"", "Host is missing", "3.2", "Host is missing"),
    "POST": (REQUEST.replace(b"GET", b"POST"), b"", "the method is POST", "4.2.1", "POST /chat"),
    "HTTP/1.0": (REQUEST.replace(b"1.1", b"1.0"), b"", "HTTP/1.0", "4.2.1", "GET /chat HTTP/1.0"),
    "LF alone": (REQUEST.replace(b"\r", b""), b"", "ends in LF alone", "2.2", "GET /chat"),
    "no colon": (crlf(*ASKED, "nonsense"), b"", "'nonsense'", "5", "nonsense"),
    "no HTTP": (b"\x16\x03\x01\r\n\r\n", b"", "Malformed", "5.5", ""),
    "bad extension": (crlf(*ASKED, "Sec-WebSocket-Extensions: a b"), b"", "'a b'", "9.1", "Sec-WebSocket-Extensions"),
    "wrong accept": (
        REQUEST,
        RESPONSE.replace(b"s3p", b"S3p"),
        "Sec-WebSocket-Accept is 'S3p",
        "4.1",
        "Sec-WebSocket-Accept: S3p",
    ),
    "no accept": (REQUEST, crlf(*ANSWERED[:3]), "Sec-WebSocket-Accept is missing", "4.1", "Sec-WebSocket-Accept is"),
    "not offered": (REQUEST, crlf(*ANSWERED, CHOSEN[0]), "'mqtt', which we did not offer", "4.1", CHOSEN[0]),
    "extension not offered": (REQUEST, crlf(*ANSWERED, CHOSEN[1]), "did not offer", "4.1", CHOSEN[1]),
    "refused": (REQUEST, REFUSAL, "Refused: 403 Forbidden", "4.1", "HTTP/1.1 403 Forbidden"),
    "no HTTP back": (REQUEST, b"220 mail.example\r\n\r\n", "version", "2.3", "220 mail.example"),
}

STATES = {
    "states": state_machine(),
    **{f"now {state}": state_machine(highlight=state) for state in dict.fromkeys(state for state, _ in TRANSITIONS)},
    "now closed": state_machine(highlight="closed"),
    "states of one's own": state_machine(
        TRANSITIONS | {("closed", "reconnect"): "connecting", ("open", "sleep"): "asleep", ("open", LONG): LONG},
        "asleep",
    ),
    "other words at an arrow": state_machine({("open", "x" * 40): "closed", ("open", "tea"): "closed"}),
    "no states": state_machine({}),
}

FIGURES = {
    **{f"ladder: {name}": figure for name, figure in LADDERS.items()},
    **{f"handshake: {name}": handshake(*pair) for name, pair in HANDSHAKES.items()},
    **{f"handshake: {name}": handshake(*row[:2]) for name, row in BAD_HANDSHAKES.items()},
    **STATES,
    **{name: frame(bytes.fromhex(data), sender) for name, (data, sender) in FRAMES.items()},
    **{name: frame(bytes.fromhex(data), sender) for name, (data, sender, _, _) in MALFORMED.items()},
    **{f"card: {name}": card for name, card in CARDS.items()},
}
every_figure = pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)


def words(svg):
    """Return all that the drawing says, its spaces made plain."""
    texts = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return " ".join("".join(text.itertext()) for text in texts).replace("\xa0", " ")


# ---- every figure


@every_figure
def test_is_well_formed_and_self_contained(figure):
    for svg in (figure.svg, figure.narrow):
        tree = ET.fromstring(svg)
        names = {element.tag.partition("}")[2] for element in tree.iter()}
        assert names <= {"svg", "title", "desc", "style", "rect", "circle", "path", "text", "tspan"}
        references = [name for element in tree.iter() for name in element.attrib if "href" in name or "on" == name[:2]]
        assert not references
        assert "url(" not in svg and "@import" not in svg
        assert tree.get("role") == "img"
        assert tree[0].text and tree[1].text
        assert tree.get("aria-labelledby") == f"{tree[0].get('id')} {tree[1].get('id')}"
    ET.fromstring(figure.html)


@every_figure
def test_colours_are_those_of_the_palette(figure):
    light, dark = (set(theme) for theme in zip(*PALETTE.values(), strict=True))
    for svg in (figure.svg, figure.narrow):
        style = re.search("<style>(.*?)</style>", svg).group(1)
        drawn = svg.replace(style, "")
        assert set(re.findall('(?:fill|stroke)="([^"]+)"', drawn)) <= light | {"none"}
        assert set(re.findall("#[0-9a-f]{6}", style)) <= light | dark
        for role in re.findall('(?:fill|stroke)-([a-z-]+)[ "]', drawn):
            if role in PALETTE:
                assert f"--ws-{role}:{PALETTE[role][1]}" in style


@every_figure
def test_text_stays_on_the_card(figure):
    for svg in (figure.svg, figure.narrow):
        tree = ET.fromstring(svg)
        for text in tree.iter("{http://www.w3.org/2000/svg}text"):
            for left, right in extents(text):
                assert 0 <= left and right <= float(tree.get("width")), "".join(text.itertext())
            assert 0 < float(text.get("y")) < float(tree.get("height"))


def extents(text):
    """Yield (left, right) in px of each chunk of a text element, by the kit's own estimate."""
    size = float(text.get("font-size"))
    places = [float(place) for place in text.get("x").split()]
    if len(places) > 1:
        widths = [text_width(char, size, mono=True) for char in "".join(text.itertext())]
    else:
        widths = [
            sum(
                text_width(span.text, size, "font-family" in span.attrib, "font-weight" in span.attrib)
                for span in text
                if span.text
            )
        ]
    before = {None: 0, "middle": 0.5, "end": 1}[text.get("text-anchor")]
    for place, width in zip(places, widths, strict=True):
        yield place - width * before, place + width * (1 - before)


@every_figure
def test_mime_bundle_serves_every_reader(figure):
    bundle = figure._repr_mimebundle_()
    assert bundle == {"text/html": figure.html, "image/svg+xml": figure.svg, "text/plain": str(figure)}
    assert figure.svg in figure.html and figure.narrow in figure.html


def test_drawing_twice_gives_the_same():
    for draw in (
        lambda: frame(bytes.fromhex("8185 37fa213d 7f9f4d5158")),
        lambda: handshake(REQUEST, RESPONSE),
        lambda: ladder(*LAB),
        lambda: state_machine(highlight="open"),
    ):
        assert draw()._repr_mimebundle_() == draw()._repr_mimebundle_()


def test_unprintable_words_do_no_harm():
    figure = Figure(lambda canvas: canvas.para(24, 30, "a\x00\u202e\ud800\tb", 300), "\x01 <&>", "t", "\x02 ]]> \ufffe")
    assert "a\ufffd\ufffd\ufffd b" in words(figure.svg)


# ---- legibility: the limits of WCAG 2.1, level AA


def luminance(colour):
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", (0, 1), ids=("light", "dark"))
def test_contrast(theme):
    colours = {role: pair[theme] for role, pair in PALETTE.items()}
    for role in ("ink", "muted", "control", "size", "key", "data", "error"):
        assert contrast(colours[role], colours["card"]) >= 4.5
    for role in ("muted", "control", "size", "key", "data", "error"):
        tint = colours[role + "-tint"]
        assert contrast(colours[role], tint) >= 4.5
        assert contrast(colours["ink"], tint) >= 4.5
        assert contrast(colours["muted"], tint) >= 4.5
    for role in ("data", "error"):  # expected and got stand in one red box
        assert contrast(colours[role], colours["error-tint"]) >= 4.5
    assert contrast(colours["line"], colours["card"]) >= 3


# ---- the anatomy of a frame


@pytest.mark.parametrize("data, sender", FRAMES.values(), ids=FRAMES)
def test_says_every_byte(data, sender):
    data = bytes.fromhex(data)
    figure = frame(data, sender)
    listed = figure.text.split("\n\n")[1]
    spoken = figure.description.partition("Bytes:")[2].partition("Fields:")[0]
    for said in (listed, spoken):
        shown = bytes.fromhex("".join(re.findall(r"(?<!\S)[0-9a-f]{2}(?![^\s;.])(?! bytes)", said)))
        assert shown == data if len(data) <= 256 else data.startswith(shown) and len(shown) > 256


def test_shows_each_step_of_unmasking():
    figure = frame(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))
    assert figure.title == "Masked text frame, 5 bytes"
    for said in (words(figure.svg), words(figure.narrow)):
        assert "masked, as a client must" in said
        assert all(byte in said for byte in "7f 9f 4d 51 58 37 fa 21 3d 48 65 6c 6f".split())
        assert all(char in said for char in ("'H'", "'e'", "'l'", "'o'"))
    assert "plain 48 65 6c 6c 6f" in words(figure.narrow)
    assert "payload       48         65         6c         6c         6f" in figure.text
    assert "text          'Hello'" in figure.text


@pytest.mark.parametrize(
    "data, meaning",
    (
        ("80 00", "continuation"),
        ("01 00", "more pieces follow"),
        ("81 00", "text, UTF-8"),
        ("82 00", "binary"),
        ("88 02 03e9", "going away"),
        ("88 05 03e8627965", "'bye'"),
        ("89 00", "asks for a pong"),
        ("8a 00", "answers a ping"),
        ("81 7e 00c8" + "61" * 200, "200"),
        (BIG.replace(b"\x82\xff", b"\x82\x7f").replace(KEY, b"").hex(), "65536"),
    ),
)
def test_names_what_the_fields_mean(data, meaning):
    figure = frame(bytes.fromhex(data), "server")
    assert not figure.title.startswith("Malformed")
    assert meaning in figure.text and meaning in figure.description
    assert meaning in words(figure.svg) and meaning in words(figure.narrow)


@pytest.mark.parametrize("data, sender, section, field", MALFORMED.values(), ids=MALFORMED)
def test_malformed_frame_names_rule_and_field(data, sender, section, field):
    figure = frame(bytes.fromhex(data), sender)
    assert figure.title.startswith("Malformed: ") and field in figure.title
    for said in (figure.text, figure.description, words(figure.svg), words(figure.narrow)):
        assert re.search(rf"RFC 6455, section {re.escape(section)}\b", said)
    pointed = [line for line in figure.text.splitlines() if line.endswith(f"<-- {section}")]
    assert len(pointed) == 1
    assert field in pointed[0] or field == "payload"


@pytest.mark.parametrize(
    "data, missing",
    (
        ("", "2 bytes of the header"),
        ("81", "1 byte of the header"),
        ("81 fe 01", "1 byte of the length, 4 bytes of the masking key, then the payload"),
        ("81 ff 00", "7 bytes of the length, 4 bytes of the masking key, then the payload"),
        ("81 85 37fa", "2 bytes of the masking key, 5 bytes of the masked payload"),
        ("81 85 37fa213d 7f", "4 bytes of the masked payload"),
    ),
)
def test_incomplete_frame_says_what_is_missing(data, missing):
    figure = frame(bytes.fromhex(data))
    assert figure.title.startswith("Incomplete")
    for said in (figure.text.replace("\n", " "), figure.description):
        assert missing in said


def test_bytes_behind_the_frame_are_counted():
    figure = frame(bytes.fromhex("81 01 61 8900"), "server")
    assert figure.title == "Text frame, 1 byte"
    assert "3 bytes on the wire, then 2 bytes more" in figure.text
    assert "2 bytes behind this frame" in words(figure.svg)


@pytest.mark.parametrize("wrong", ("81 05", [0x81, 0x05], None, 129))
def test_anything_but_bytes_is_refused_with_an_example(wrong):
    with pytest.raises(TypeError, match=r"takes bytes, such as bytes\.fromhex"):
        frame(wrong)


def test_takes_whatever_holds_bytes():
    data = b"\x81\x01a"
    assert frame(bytearray(data), "server").svg == frame(memoryview(data), "server").svg == frame(data, "server").svg


def test_unknown_sender_is_refused():
    with pytest.raises(ValueError, match='"client" or "server"'):
        frame(b"\x81\x00", "browser")


HEADERS = st.tuples(st.integers(0, 255), st.integers(0, 255)).map(bytes)
LIKELY = st.builds(lambda head, rest: head + rest, HEADERS, st.binary(max_size=20))
TEXTS = st.text(max_size=40).map(str.encode).map(lambda data: bytes((0x81, min(len(data), 125))) + data)


@settings(max_examples=60, deadline=None)
@given(data=LIKELY | TEXTS | st.binary(max_size=3), sender=st.sampled_from(("client", "server")))
def test_any_bytes_give_a_figure_that_agrees_with_the_library(data, sender):
    figure = frame(data, sender)
    ET.fromstring(figure.svg)
    ET.fromstring(figure.narrow)
    assert figure.title.startswith("Malformed") == refused(data, sender)


def refused(data, sender):
    """Tell whether the library refuses the frame that `data` begins with."""
    parser = FrameParser(masked=sender == "client")
    parser.feed(data)
    try:
        found = parser.next_frame()
        if found is not None and found.opcode == OP_CLOSE:
            decode_close(found.data)
    except ProtocolError:
        return True
    return False


# ---- the anatomy of a handshake


def test_handshake_shows_how_the_accept_key_comes_about():
    figure = handshake(REQUEST, RESPONSE)
    assert figure.title == "The opening handshake"
    digest = "b3 7a 4f 2c c0 62 4f 16 90 f6 46 06 cf 38 59 45 b2 be c4 ea"
    for said in (figure.text, figure.description, words(figure.svg), words(figure.narrow)):
        assert all(step in said for step in (KEY_LINE.split()[1], FIXED_TEXT, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        assert all(line.partition(": ")[2] in said for line in ASKED + ANSWERED)
        assert digest[:29] in said and digest[30:] in said
    key = KEY_LINE.split()[1]
    assert b64encode(sha1((key + FIXED_TEXT).encode()).digest()).decode() == accept_key(key)


@pytest.mark.parametrize("request_, response, wrong, section, line", BAD_HANDSHAKES.values(), ids=BAD_HANDSHAKES)
def test_bad_handshake_names_rule_and_line(request_, response, wrong, section, line):
    figure = handshake(request_, response)
    assert figure.title.startswith(("Malformed: ", "Refused: "))
    assert wrong in figure.title or wrong in figure.text
    for said in (figure.text, figure.description, words(figure.svg), words(figure.narrow)):
        assert re.search(rf"RFC \d+, section {re.escape(section)}\b", said)
    assert any(row.startswith(f"  x  {line}") for row in figure.text.splitlines()) or not line
    assert "wrong" in figure.description or "missing" in figure.description or not line


def test_every_fault_is_marked_and_not_the_first_alone():
    text = handshake(crlf("POST / HTTP/1.0", "Sec-WebSocket-Version: 1"), crlf("HTTP/1.1 101 Yes", "Upgrade: x")).text
    marked = {row[5:].partition(":")[0].partition(" is")[0] for row in text.splitlines() if row.startswith("  x  ")}
    needed = {"Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Accept"}
    assert marked == {"POST / HTTP/1.0"} | needed
    assert "Server computes" not in text


def test_refusal_shows_what_the_server_says():
    figure = handshake(REQUEST, REFUSAL)
    for said in (figure.text, words(figure.svg), words(figure.narrow)):
        assert "Not from <there>." in said and "Server computes" not in said


@pytest.mark.parametrize("wrong", ((REQUEST.decode(), b""), (REQUEST, None), ([1], b"")))
def test_handshake_refuses_anything_but_bytes(wrong):
    with pytest.raises(TypeError, match=r"takes bytes, such as b\"GET"):
        handshake(*wrong)


LINES = st.sampled_from(
    ASKED
    + ANSWERED
    + CHOSEN
    + ("Upgrade: x, WebSocket", "Connection:", "Host:", "POST / HTTP/1.1", "a b: c", " folded")
) | st.text('aZ:, \t"\x00=;/1\r\n', max_size=12)


@settings(max_examples=150, deadline=None)
@given(asked=st.lists(LINES, max_size=9), answered=st.lists(LINES, max_size=6), good=st.booleans())
def test_any_handshake_gives_a_figure_that_agrees_with_the_library(asked, answered, good):
    request = crlf(*(ASKED + tuple(asked)[:1] if good else asked)) + b"\r\n\r\n"
    response = crlf(*(ANSWERED + tuple(answered)[:1] if good else answered)) + b"\r\n\r\n"
    alone = handshake(request)
    both = handshake(request, response)
    for figure in (alone, both):
        ET.fromstring(figure.svg)
        ET.fromstring(figure.narrow)
    assert alone.title.startswith("Malformed") == refuses(lambda: accept(RequestParser().feed(request)))
    if good and not asked:
        key = KEY_LINE.split()[1]
        answer = refuses(lambda: check_response(ResponseParser().feed(response), key))
        assert both.title.startswith(("Malformed", "Refused")) == answer


def refuses(check):
    try:
        check()
    except InvalidHandshake:
        return True
    return False


# ---- ladders


def test_ladder_says_what_each_side_sent():
    figure = ladder(*CLEAN, title="A clean conversation")
    assert str(figure).splitlines()[2:9] == [
        "         client                                server",
        "   0 ms  GET /chat                        -->",
        "  31 ms                                   <--  101 Switching Protocols",
        " 112 ms  text fin 5 B 'Hello'             -->",
        " 176 ms                                   <--  text more 8 B 'Hi from '",
        " 240 ms                                   <--  continuation fin 8 B 'the Pico'",
        "                                   ... 20 s pass ...",
    ]
    for said in (words(figure.svg), words(figure.narrow), figure.description):
        assert all(
            word in said for word in ("GET /chat", "101 Switching", "'Hello'", "20 s pass", "1000", "after 40 ms")
        )
    assert "1000 'bye'" in words(figure.svg)


def test_ladder_without_times_holds_nothing_that_changes():
    later = [
        replace(event, time=event.time * 3, arrived=None, data=b"\x11\x22" if event.name[0] == "p" else event.data)
        for event in CLEAN
    ]
    assert ladder(*CLEAN, times=False)._repr_mimebundle_() == ladder(*later, times=False)._repr_mimebundle_()
    said = str(ladder(*CLEAN, times=False)) + words(ladder(*CLEAN, times=False).svg)
    assert not re.search(r"\d m?s\b", said) and "a7" not in said


def test_cut_and_lost_are_shown():
    figure = ladder(*CUT)
    for said in (words(figure.svg), words(figure.narrow), figure.text):
        assert "link cut, no close" in said and "1006" in said and said.lower().count("lost") == 2
    assert figure.text.count("--x") == 1 and figure.text.count("x--") == 1


def test_pongs_are_tied_to_the_pings_that_they_answer():
    text = ladder(*LAB).text
    assert "pong 3 B 'two' after 601 ms" in text and "pong 0 B after 603 ms" in text
    assert "'unasked' after" not in text
    for svg in (LADDERS["lab"].svg, LADDERS["lab"].narrow):
        assert svg.count("q-4 0 -4 4V") == 2  # on the left: the client asked
        assert svg.count("q4 0 4 4V") == 1  # the one in the legend


def test_ladder_sorts_by_time_and_numbers_connections_only_if_there_are_several():
    assert ladder(*reversed(CLEAN)).text == ladder(*CLEAN).text and "#1" not in ladder(*CLEAN).text
    text = ladder(*LAB).text
    assert "#1 ping" in text and "#2 opcode 0x3" in text and "paused: nothing passes" in text
    assert "#0" not in text
    assert "|--  #1 text 9 B 'held back' HELD" in text and "'held back'  held" in words(LADDERS["lab"].svg)


def test_long_ladder_shows_both_ends():
    text = LADDERS["long"].text
    assert text.count("-->") == MOST and f"{200 - MOST} events not shown" in text
    assert "   0 ms" in text and "19.90 s" in text


def test_ladder_refuses_what_is_no_event():
    with pytest.raises(TypeError, match=r"ladder\(\*events\)"):
        ladder(list(CLEAN))
    with pytest.raises(ValueError, match='"client" or "server"'):
        ladder(Event(0, "me", "text"))


@pytest.mark.parametrize(
    "seconds, said",
    (
        (0, "0 ms"),
        (0.00004, "0 ms"),
        (0.00005, "0.1 ms"),
        (0.00994, "9.9 ms"),
        (0.00996, "10 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (99.994, "99.99 s"),
        (99.996, "100 s"),
        (4000, "4000 s"),
    ),
)
def test_duration(seconds, said):
    assert duration(seconds) == said


NAMES = ("request", "response", "text", "binary", "continuation", "ping", "pong", "close", "bytes", "end", "reset")
SOME_EVENTS = st.builds(
    Event,
    st.floats(0, 1e6),
    st.sampled_from(("client", "server")),
    st.sampled_from(NAMES + ("opcode 0x3", "cut", "pause", "refused")),
    st.binary(max_size=40),
    st.booleans(),
    st.none() | st.floats(0, 2e6),
    st.booleans(),
    st.text(max_size=60),
    st.integers(0, 3),
)


@settings(max_examples=60, deadline=None)
@given(events=st.lists(SOME_EVENTS, max_size=12), times=st.booleans())
def test_any_events_give_a_ladder(events, times):
    figure = ladder(*events, times=times)
    ET.fromstring(figure.svg)
    ET.fromstring(figure.narrow)
    assert all(len(line) <= 79 for line in figure.text.splitlines())


# ---- states


def test_states_are_those_of_the_table():
    figure = state_machine()
    for said in (figure.description, words(figure.svg), words(figure.narrow)):
        for state, event in TRANSITIONS:
            assert all(word in said for word in f"{state} {event}".split())
    rows = [re.split("  +", line.strip()) for line in figure.text.splitlines()[3:]]
    assert [((state, event), target) for state, event, target in rows[:-1]] == list(TRANSITIONS.items())
    assert "Also" not in words(figure.svg), "every transition of the library has a place in the drawing"


def test_each_arrow_is_drawn_with_its_own_words():
    changed = {move: target for move, target in TRANSITIONS.items() if move[1] != "fail"} | {
        ("open", "give up"): "failed"
    }
    said = words(state_machine(changed).svg)
    assert "give up" in said and not re.search(r"\bfail\b", said)


def test_what_has_no_place_is_listed():
    figure = STATES["states of one's own"]
    for said in (words(figure.svg), words(figure.narrow)):
        assert "Also" in said and "reconnect" in said and "asleep" in said and "(now)" in said
    said = words(STATES["other words at an arrow"].svg)
    assert "tea" in said and "x" * 40 in said


def test_current_state_is_marked():
    assert state_machine(highlight="close sent").title == "The states of a connection, now close sent"
    starred = [line for line in state_machine(highlight="close sent").text.splitlines() if line.startswith("*")]
    assert len(starred) == 3 and all("close sent" in line for line in starred)
    assert "* closed" in state_machine(highlight="closed").text
    with pytest.raises(ValueError, match="connecting, open, .* 'shut' is none"):
        state_machine(highlight="shut")


# ---- cards


def test_first_difference_of_bytes_is_marked():
    card = CARDS["wrong bytes"]
    assert "first difference: byte 3" in words(card.svg) and "first difference: byte 3" in card.text
    marks = card.text.splitlines()
    column = marks[-1].index("^^")
    assert [line[column : column + 2] for line in marks[-3:-1]] == ["6c", "70"]
    assert "Looks like a key." in card.text and "unmask(1)" in words(card.svg)


def test_missing_and_surplus_bytes_are_counted():
    assert "got ends after 2 bytes of 5" in CARDS["short bytes"].text
    assert "got goes on: 1 byte too many" in task_card("wrong", "T", expected=b"a", got=b"ab").text


def test_difference_far_from_the_start_is_shown():
    assert "450" in words(CARDS["late difference"].svg)
    card = task_card("wrong", "T", expected=LONG + "a", got=LONG + "b")
    assert "xa'" in words(card.svg) and "xb'" in words(card.svg)


def test_none_is_a_value_and_absent_is_not():
    assert "got       None" in task_card("wrong", "T", expected=b"a", got=None).text
    assert "expected" not in task_card("wrong", "T", idea="Think.").text


def test_value_whose_repr_fails_is_still_shown():
    class Odd:
        def __repr__(self):
            raise RuntimeError

    assert "whose repr() raised RuntimeError" in task_card("wrong", "T", expected=1, got=Odd()).text


def test_crash_shows_the_line_of_the_student():
    card = CARDS["crash"]
    assert "IndexError: no  at your line 3" in card.text and "3 | a[9]" in card.text


def test_table_says_what_to_do_about_each_bad_row():
    rows = [("Python", "3.11.2", "ok", ""), ("Port", "in use", "fix", "Close it."), ("Pico", "none", "optional", "")]
    text = str(table_card("Set-up check", rows))
    assert text.splitlines() == [
        "Set-up check: 1 thing to fix",
        "",
        "ok        Python  3.11.2",
        "fix       Port    in use",
        "                  Do this: Close it.",
        "optional  Pico    none",
    ]
    assert str(CARDS["table without a flaw"]).startswith("Set-up check: ready")


@pytest.mark.parametrize("make", (lambda: task_card("done", "T"), lambda: table_card("T", [("a", "b", "bad", "")])))
def test_unknown_state_is_refused(make):
    with pytest.raises(ValueError, match="is one of"):
        make()


# ---- the kit


@given(st.text(max_size=80), st.integers(20, 400))
def test_wrapped_text_keeps_its_words_and_its_room(text, room):
    lines = wrap(text, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(text_width(line) <= room for line in lines if len(line) > 1)


def test_shortened_text_fits():
    assert shorten("short", WIDE) == "short"
    assert text_width(shorten("long " * 50, 200)) <= 200
