"""The picture of lesson 13: a cable goes out, a ping finds it, and the client comes back for what it missed."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

SERVER, CLIENT = 186, 470  # the x of the two lifelines
MIDDLE = (SERVER + CLIENT) / 2

DESCRIPTION = (
    "Time runs down, a server on the left, a client on the right. At 20 seconds, a ping and its pong. At 30 seconds "
    "the cable is out, and nobody is told. At 40 seconds the server sends a ping, which does not arrive. At 60 seconds "
    "it gives up and sends Close 1011, in vain. At 70 seconds it cuts the connection off, and the handler learns of "
    "it: 1006. The client has noticed in the same way. It tries to connect in vain, waits for a random time, tries "
    "again, and gets through. It says: after 7. The server sends 8 and 9."
)

STEP = 38  # px from one row to the next


def staying_up():
    """Return the SVG: two lifelines, and what goes from one to the other, or does not."""
    canvas = Canvas(WIDE)
    y = canvas.heading(
        "A pulled cable says nothing: ask",
        "ping_interval and ping_timeout are 20 seconds here, and close_timeout is 10.",
    )
    for x, name in ((SERVER, "server"), (CLIENT, "client")):
        canvas.text(x, y + 20, name, "ink", BODY, bold=True, anchor="middle")
    top = y = y + 32
    bottom = top + 10 * STEP + 6
    for x in (SERVER, CLIENT):
        canvas.line((x, top), (x, bottom), stroke="line")

    def row(number):
        return top + 4 + number * STEP + STEP / 2

    def note(number, when, words, role="muted"):
        canvas.text(24, row(number) + 4, when, "size", NOTE, bold=True)
        canvas.para(70, row(number) + 4, words, SERVER - 78, role, SMALL, leading=15)

    note(0, "20 s", "asks")
    _arrow(canvas, row(0) - 6, "ping", "control")
    _arrow(canvas, row(0) + 14, "pong", "control", back=True)
    _cable(canvas, row(1) + 3)
    canvas.text(24, row(1) + 8, "30 s", "size", NOTE, bold=True)
    note(2.15, "40 s", "asks again")
    _lost(canvas, row(2.15), "ping")
    note(3, "60 s", "gives up")
    _lost(canvas, row(3), "Close 1011")
    note(4, "70 s", "handler: 1006", "error")
    canvas.mark("bad", SERVER, row(4), 12)
    canvas.mark("bad", CLIENT, row(4), 12)
    canvas.text(CLIENT + 14, row(4) + 4, "finds out, too", "muted", SMALL)
    _lost(canvas, row(5), "connect", back=True)
    _waits(canvas, row(5), row(6), "waits, by chance")
    _lost(canvas, row(6), "connect", back=True)
    _waits(canvas, row(6), row(7), "waits longer")
    _arrow(canvas, row(7), "connect", "key", back=True)
    _arrow(canvas, row(8), '{"after": 7}', "key", back=True, mono=True)
    _arrow(canvas, row(9), "8, 9", "data")
    canvas.text(CLIENT + 14, row(9) + 4, "nothing missed", "data", SMALL, bold=True)
    return canvas.svg(bottom + 18, "How a lost connection is noticed, and made good", DESCRIPTION)


def _arrow(canvas, y, label, role, back=False, mono=False):
    """Draw an arrow from the server to the client, or `back`, with a label on it."""
    start, end = (CLIENT, SERVER) if back else (SERVER, CLIENT)
    tip = end + (2 if back else -2)
    side = 9 if back else -9
    canvas.line((start, y), (tip, y), stroke=role, thick=1.5)
    canvas.path(f"M{tip} {y:.1f}L{tip + side} {y - 4:.1f}L{tip + side} {y + 4:.1f}Z", role, 1, fill=role)
    canvas.text(MIDDLE, y - 6, label, role, NOTE, mono=mono, bold=True, anchor="middle")


def _lost(canvas, y, label, back=False):
    """Draw an arrow that ends half-way, at a cross."""
    start = CLIENT if back else SERVER
    canvas.line((start, y), (MIDDLE, y), stroke="error", thick=1.5, dash="5 4")
    canvas.mark("bad", MIDDLE, y, 10)
    canvas.text((start + MIDDLE) / 2, y - 6, label, "error", NOTE, bold=True, anchor="middle")


def _waits(canvas, y, until, words):
    """Draw a wait of the client's between two attempts."""
    canvas.line(
        (CLIENT + 8, y + 6), (CLIENT + 13, y + 6), (CLIENT + 13, until - 6), (CLIENT + 8, until - 6), stroke="size"
    )
    canvas.text(CLIENT + 19, (y + until) / 2 + 4, words, "size", SMALL)


def _cable(canvas, y):
    canvas.panel(SERVER + 20, y - 14, CLIENT - SERVER - 40, 28, "error")
    canvas.text(MIDDLE, y + 5, "cable out: nobody is told", "error", NOTE, bold=True, anchor="middle")


PICTURES = {"13_staying_up.svg": staying_up}
