"""The picture of lesson 07: what a client's lines of Python put on the wire."""

from pocketws.frames import OP_CLOSE, OP_TEXT, Frame, encode_close

from ..figure import BODY, NOTE, WIDE, Canvas

CODE, CLIENT, SERVER = 24, 238, 580  # the x of the code and of the two lifelines
KEY = bytes.fromhex("37fa213d")  # RFC 6455 section 5.7
HELLO = Frame(OP_TEXT, b"Hello")
CLOSE = Frame(OP_CLOSE, encode_close(1000))

# (line of Python, messages: (from the client, label, role, bytes))
STEPS = (
    ("open_connection(...)", ((True, "TCP connects", "muted", ""),)),
    (
        "shake_hands(...)",
        ((True, "GET, and a random key", "key", ""), (False, "101, and the answer to the key", "key", "")),
    ),
    ('send("Hello")', ((True, "text", "data", HELLO.serialize(KEY).hex(" ")),)),
    ("recv()", ((False, "text", "data", HELLO.serialize().hex(" ")),)),
    (
        "close()",
        (
            (True, "Close", "control", CLOSE.serialize(KEY).hex(" ")),
            (False, "Close", "control", CLOSE.serialize().hex(" ")),
            (False, "TCP ends", "muted", ""),
        ),
    ),
)

DESCRIPTION = (
    "Time runs down. open_connection: TCP connects. shake_hands: the client sends GET and a random key, the server "
    "101 and the answer to the key. send Hello: a masked text frame of 11 bytes goes to the server. recv: a text "
    "frame of 7 bytes comes back. close: a Close frame goes out, the server's Close frame comes back, and the server "
    "ends TCP."
)


def conversation():
    """Return the SVG: the lines of a client on the left, what they put on the wire on the right."""
    canvas = Canvas(WIDE)
    y = canvas.heading("Five lines of a client, and the wire", "Time runs down.")
    for x, head in ((CODE, "your program"), (CLIENT, "client"), (SERVER, "server")):
        canvas.text(x, y + 22, head, "muted", NOTE, bold=True, anchor="start" if x == CODE else "middle")
    y += 32
    height = sum(14 + 40 * len(messages) for _, messages in STEPS)
    for x in (CLIENT, SERVER):
        canvas.line((x, y), (x, y + height), stroke="edge", thick=2)
    for line, messages in STEPS:
        canvas.rect(CODE, y + 8, 190, 32, "muted-tint", "edge", radius=4)
        canvas.text(CODE + 10, y + 29, line, size=BODY, mono=True)
        for out, label, role, wire in messages:
            _draw_arrow(canvas, y + 30, out, label, role, wire)
            y += 40
        y += 14
    return canvas.svg(y + 20, "What the lines of a client put on the wire", DESCRIPTION)


def _draw_arrow(canvas, y, out, label, role, wire):
    """Draw a message at `y`, its label above its arrow."""
    start, end = (CLIENT + 4, SERVER - 4) if out else (SERVER - 4, CLIENT + 4)
    canvas.line((start, y), (end, y), stroke=role, thick=1.5)
    back = end - 9 if out else end + 9
    canvas.path(f"M{end} {y}L{back} {y - 4}L{back} {y + 4}Z", role, 1, fill=role)
    canvas.text(CLIENT + 16, y - 7, label, role, NOTE, bold=True)
    canvas.text(SERVER - 16, y - 7, wire, role, NOTE, mono=True, anchor="end")


PICTURES = {"07_async_client.svg": conversation}
