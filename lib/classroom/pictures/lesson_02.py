"""The picture of lesson 02."""

from pocketws.handshake import accept_key

from ..figure import BODY, NOTE, WIDE, Canvas

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 section 1.3
CLIENT, SERVER = 150, 470  # the x of the two lifelines
BOX = 250  # the width of what one side does

DESCRIPTION = (
    "Client and server, time runs down. 1: the client picks a random key, {key}. It sends a request: GET, "
    "Upgrade: websocket, and the key. 2: the server joins the key and a fixed text, takes SHA-1, writes it in "
    "base64: {accept}. It responds: 101, and this answer. 3: the client computes the same, compares, and they "
    "are equal: this server read my request. From now on both sides send frames, when they like."
)


def key_and_answer():
    """Return the SVG: the key goes out, its answer comes back, the client compares."""
    canvas = Canvas(WIDE)
    accept = accept_key(KEY)
    top = canvas.heading(
        "A key goes out, its answer comes back", "The example of RFC 6455, section 1.3. Time runs down."
    )
    canvas.text(CLIENT, top + 14, "Client", bold=True, anchor="middle")
    canvas.text(SERVER, top + 14, "Server", bold=True, anchor="middle")
    y = top + 26
    for x in (CLIENT, SERVER):
        canvas.line((x, y), (x, y + 376))
    y = _box(canvas, CLIENT, y + 8, 1, "picks 16 random bytes: the key", KEY)
    y = _arrow(canvas, y, CLIENT, SERVER, "GET, Upgrade: websocket, the key")
    y = _box(canvas, SERVER, y, 2, "hashes key + fixed text", accept)
    y = _arrow(canvas, y, SERVER, CLIENT, "101, Upgrade: websocket, the answer")
    y = _box(canvas, CLIENT, y, 3, "hashes key + fixed text, too", accept)
    canvas.mark("ok", CLIENT + BOX / 2 + 22, y - 31)
    canvas.text(CLIENT + BOX / 2 + 38, y - 36, "Equal: this server", "data", BODY, bold=True)
    canvas.text(CLIENT + BOX / 2 + 38, y - 18, "read my request.", "data", BODY, bold=True)
    y = _arrow(canvas, y, CLIENT, SERVER, "frames, either way, at any time", both=True)
    title = "The opening handshake: a key goes out, its answer comes back"
    return canvas.svg(y + 4, title, DESCRIPTION.format(key=KEY, accept=accept))


def _box(canvas, middle, y, number, what, value):
    """Draw what one side does: a sentence and its result; return the y below."""
    x = middle - BOX / 2
    canvas.rect(x, y, BOX, 58, "card")
    canvas.panel(x, y, BOX, 58, "key")
    canvas.badge(x + 20, y + 19, number, "key")
    canvas.text(x + 36, y + 24, what, "ink", NOTE)
    canvas.text(x + 14, y + 46, value, "key", NOTE, mono=True, bold=True)
    return y + 58


def _arrow(canvas, y, start, end, label, both=False):
    """Draw a message from one lifeline to the other; return the y below."""
    y += 46
    canvas.rect((start + end) / 2 - 122, y - 26, 244, 20, "card")
    canvas.text((start + end) / 2, y - 11, label, "ink", NOTE, anchor="middle")
    canvas.line((start, y), (end, y), stroke="control", thick=1.75)
    for tip, other in ((end, start), (start, end))[: 2 if both else 1]:
        back = 8 if tip < other else -8
        canvas.line((tip + back, y - 5), (tip, y), (tip + back, y + 5), stroke="control", thick=1.75)
    return y + 22


PICTURES = {"02_handshake.svg": key_and_answer}
