"""The picture of lesson 10: a server, its handlers, and how each ends."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

TITLE_TEXT = "One server, one handler for each client"
DESCRIPTION = (
    "Time runs to the right. At the top a long bar: the server listens. Below it four clients, each with a handler of "
    "its own from the moment it comes. The first handler returns: the client gets 1000. The second raises an error: "
    "the log gets an entry, and the client 1011. In the third the client leaves: recv raises ConnectionClosed. The "
    "fourth still runs when the server is stopped: the client gets 1001."
)

# who, from where to where the handler runs, role, what happens at its end, and what comes of it
ROWS = (
    ("client 1", 120, 196, "data", "it returns", "the client gets 1000"),
    ("client 2", 140, 224, "error", "it raises an error", "1011, and an entry in the log"),
    ("client 3", 160, 248, "key", "the client leaves", "ConnectionClosed in recv"),
    ("client 4", 180, 440, "control", "you stop the server", "the client gets 1001"),
)
LEFT, END = 120, 440  # of the server's time
STEP, HEIGHT = 48, 28


def handlers():
    """Return the SVG."""
    canvas = Canvas(WIDE)
    y = canvas.heading(TITLE_TEXT, "Time runs to the right. A coloured bar is a handler that runs.") + 6
    canvas.text(canvas.left, y + 19, "server", "muted", BODY, bold=True)
    canvas.rect(LEFT, y, END - LEFT, HEIGHT, "muted-tint", "edge")
    canvas.text(LEFT + 12, y + 19, "listens", "muted", NOTE)
    bottom = y + STEP * (len(ROWS) + 1)
    canvas.line((END, y - 4), (END, bottom - 14), stroke="control", dash="4 3")
    for row, (_, start, _, role, _, _) in enumerate(ROWS, 1):
        canvas.line((start, y + HEIGHT), (start, y + STEP * row), stroke=role, dash="3 3")
    for row, (who, start, end, role, what, then) in enumerate(ROWS, 1):
        top = y + STEP * row
        canvas.text(canvas.left, top + 19, who, role, BODY, bold=True)
        canvas.rect(start, top, end - start, HEIGHT, role + "-tint", role)
        canvas.text(start + 10, top + 19, "handler", role, NOTE, mono=True)
        canvas.text(end + 10, top + 11, what, role, NOTE, bold=True)
        canvas.text(end + 10, top + 27, then, "muted", SMALL)
    return canvas.svg(bottom + 2, TITLE_TEXT, DESCRIPTION)


PICTURES = {"10_first_servers.svg": handlers}
