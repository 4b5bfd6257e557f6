"""The picture of lesson 19: a board, a server and a page, and what goes between them, also after a cable was pulled."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

BOARD, SERVER, PAGE = 130, 345, 545  # the x of the three lifelines

DESCRIPTION = (
    "Time runs down; a board on the left, a server in the middle, a page on the right. The board opens wss with a "
    "signed URL, and the server lets it in: 101. The board sends reading 7. The server passes it on to the page, and "
    "acknowledges it: the board forgets 7. The page says: LED on. The server passes it on to the board, the board "
    "switches, and tells: the LED is on. The server passes this on, and now the page shows it. Then the cable is out "
    "between board and server. The board keeps readings 8 and 9, and the page shows that the board is away. When the "
    "cable is back, the board signs a new URL, and sends 8 and 9. The server passes them on, and acknowledges 9."
)

STEP = 34  # px from one row to the next


def capstone():
    """Return the SVG: three lifelines, and who tells what to whom."""
    canvas = Canvas(WIDE)
    note = "What was sent may be lost. So the board waits to be told."
    y = canvas.heading("Kept until it is acknowledged", note)
    for x, name in ((BOARD, "board"), (SERVER, "server"), (PAGE, "page")):
        canvas.text(x, y + 20, name, "ink", BODY, bold=True, anchor="middle")
    top = y + 32
    bottom = top + 11 * STEP + 8
    for x in (BOARD, SERVER, PAGE):
        canvas.line((x, top), (x, bottom), stroke="line")

    def row(number):
        return top + 10 + number * STEP + STEP / 2

    def note_left(number, words, role="muted"):
        canvas.text(BOARD - 12, row(number) + 4, words, role, SMALL, anchor="end")

    note_left(0, "signs", "key")
    _arrow(canvas, row(0), BOARD, SERVER, "wss, a signed URL", "key")
    _arrow(canvas, row(1) - 6, SERVER, BOARD, "101", "key")
    _arrow(canvas, row(2), BOARD, SERVER, "reading 7", "data")
    _arrow(canvas, row(2), SERVER, PAGE, "reading 7", "data")
    _arrow(canvas, row(3), SERVER, BOARD, "acknowledged 7", "control")
    note_left(3, "forgets 7")
    _arrow(canvas, row(4), PAGE, SERVER, "LED on, please", "size")
    _arrow(canvas, row(4), SERVER, BOARD, "LED on, please", "size")
    note_left(5, "switches", "size")
    _arrow(canvas, row(5), BOARD, SERVER, "it is on", "size")
    _arrow(canvas, row(5), SERVER, PAGE, "it is on", "size")
    _cable(canvas, row(6) + 4)
    note_left(6.7, "keeps 8, 9", "data")
    canvas.text((SERVER + PAGE) / 2, row(6.7) + 5, "the board is away", "error", NOTE, bold=True, anchor="middle")
    note_left(8, "signs anew", "key")
    _arrow(canvas, row(8), BOARD, SERVER, "wss, a new URL", "key")
    _arrow(canvas, row(9), BOARD, SERVER, "readings 8, 9", "data")
    _arrow(canvas, row(9), SERVER, PAGE, "readings 8, 9", "data")
    _arrow(canvas, row(10), SERVER, BOARD, "acknowledged 9", "control")
    note_left(10, "forgets 8, 9")
    return canvas.svg(bottom + 18, "A board, a server and a page, through a pulled cable", DESCRIPTION)


def _arrow(canvas, y, start, end, label, role):
    """Draw an arrow from one lifeline to another, with a label on it."""
    side = -9 if end > start else 9
    tip = end - (2 if end > start else -2)
    canvas.line((start, y), (tip, y), stroke=role, thick=1.5)
    canvas.path(f"M{tip} {y:.1f}L{tip + side} {y - 4:.1f}L{tip + side} {y + 4:.1f}Z", role, 1, fill=role)
    canvas.text((start + end) / 2, y - 6, label, role, NOTE, bold=True, anchor="middle")


def _cable(canvas, y):
    canvas.panel(BOARD + 16, y - 10, SERVER - BOARD - 32, 44, "error")
    canvas.text((BOARD + SERVER) / 2, y + 8, "cable out:", "error", NOTE, bold=True, anchor="middle")
    canvas.text((BOARD + SERVER) / 2, y + 25, "nobody is told", "error", NOTE, bold=True, anchor="middle")


PICTURES = {"19_capstone.svg": capstone}
