"""The picture of lesson 12: one message for three clients, of which one is slow, and who waits for whom."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

TITLE_TEXT = "One of three clients is slow"
DESCRIPTION = (
    "Three times a server has the same messages for clients A, B and C, and C is slow. "
    "Wait for each, one by one or with gather: two messages lie before C, which is all that its connection holds, "
    "and the next ones for A and B are held back until C has taken one. "
    "Wait for nobody, with broadcast: A and B have everything, and before C lie seventeen messages, more with "
    "each moment. An outbox for each: A and B have everything, before C lie three messages in a box with a limit, "
    "and what does not fit is dropped, or C has to go."
)

# (name, note, role, messages before C, what is said of A and B, what is said of C)
WAYS = (
    ("Wait for each", "one by one, gather", "error", 2, "held back until C takes one", "full"),
    ("Wait for nobody", "broadcast", "size", 17, "", "more and more"),
    ("An outbox each", "a queue with a limit", "data", 3, "", "full: drop one, or say goodbye"),
)
LEFT, RIGHT = 176, 560  # px: the server's edge, and the middle of the clients
CELL = 18  # px: width of a message
LANE = 30  # px from one client to the next
ROW = 136  # px from one way to the next


def clients():
    """Return the SVG."""
    canvas = Canvas(WIDE)
    y = canvas.heading(TITLE_TEXT, "A small box is a message on its way from the server to client A, B or C.") + 4
    for way in WAYS:
        _draw(canvas, y, *way)
        y += ROW
    return canvas.svg(y - 4, TITLE_TEXT, DESCRIPTION)


def _draw(canvas, y, name, note, role, waiting, others, slow):
    """Draw one way to tell three clients, `y` px from the top."""
    canvas.rule(y)
    canvas.text(canvas.left, y + 50, name, role, BODY, bold=True)
    canvas.text(canvas.left, y + 70, note, "muted", SMALL)
    for place, which in enumerate("ABC"):
        middle = y + 28 + LANE * place
        canvas.line((LEFT, middle), (RIGHT - 12, middle), stroke="line", dash="1 4")
        canvas.circle(RIGHT, middle, 11, fill="card", stroke="error" if which == "C" else "control", thick=1.5)
        canvas.text(RIGHT, middle + 4.5, which, "error" if which == "C" else "control", SMALL, True, True, "middle")
        if which == "C":
            _draw_waiting(canvas, middle, role, waiting, slow)
        elif others:
            _cell(canvas, LEFT + 6, middle, "card", role, "3 3")
        else:
            _cell(canvas, RIGHT - 80 + 26 * place, middle, "control-tint", "control")
    if others:
        canvas.text(LEFT + 36, y + 47, others, role, NOTE)


def _draw_waiting(canvas, y, role, count, words):
    """Draw the messages that lie before the slow client, and say what they mean."""
    first = RIGHT - 20 - CELL * count
    for number in range(count):
        _cell(canvas, first + CELL * number, y, f"{role}-tint", role)
    if words.startswith("full: "):
        canvas.rect(first - 4, y - 13, CELL * count + 4, 26, None, role, radius=5)
        _cell(canvas, first - 34, y, "card", "muted", "3 3")
    canvas.text(RIGHT - 20, y + 28, words, role, NOTE, anchor="end")


def _cell(canvas, x, y, fill, stroke, dash=""):
    canvas.rect(x, y - 8, CELL - 4, 16, fill, stroke, thick=1.25, dash=dash)


PICTURES = {"12_clients.svg": clients}
