"""The picture of lesson 08: one lock for all who write, one task that reads."""

from ..figure import BODY, NOTE, WIDE, Canvas

LEFT, MIDDLE, RIGHT = 24, 250, 516  # the x of the program, of the connection and of TCP
WIDTHS = {LEFT: 156, MIDDLE: 158, RIGHT: 80}

DESCRIPTION = (
    "On the left, tasks of the program. On the right, TCP. Any task calls send: what they send passes the lock, "
    "one frame at a time, and goes out. What comes in is read by the reader, one task. It puts messages into the "
    "inbox, and the tasks take them out with recv. A ping it answers itself: the pong passes the lock, too."
)


def paths():
    """Return the SVG: the way out through the lock, the way in through the reader and the inbox."""
    canvas = Canvas(WIDE)
    y = canvas.heading("One lock for who writes, one task that reads", "What goes out is above, what comes in below.")
    for x, head in ((LEFT, "your program"), (MIDDLE, "the connection"), (RIGHT, "the network")):
        canvas.text(x, y + 22, head, "muted", NOTE, bold=True)
    y += 36
    _box(canvas, LEFT, y, 270, "tasks", "as many as you like", "ink")
    for at in (74, 134, 194):
        canvas.rect(LEFT + 14, y + at, WIDTHS[LEFT] - 28, 36, "card", "edge", radius=4)
        canvas.text(LEFT + 28, y + at + 23, "a task", "muted", NOTE)
    _box(canvas, MIDDLE, y, 56, "lock", "one frame at a time", "key")
    _box(canvas, MIDDLE, y + 106, 56, "reader", "one task, always", "control")
    _box(canvas, MIDDLE, y + 214, 56, "inbox", "up to 16 messages", "data")
    _box(canvas, RIGHT, y, 270, "TCP", "", "ink")
    _arrow(canvas, (LEFT + WIDTHS[LEFT], y + 28), (MIDDLE, y + 28), "key", "send")
    _arrow(canvas, (MIDDLE + WIDTHS[MIDDLE], y + 28), (RIGHT, y + 28), "key", "frames")
    _arrow(canvas, (RIGHT, y + 134), (MIDDLE + WIDTHS[MIDDLE], y + 134), "control", "frames")
    _arrow(canvas, (MIDDLE + 79, y + 106), (MIDDLE + 79, y + 56), "control", "pong", (MIDDLE + 88, y + 86))
    _arrow(canvas, (MIDDLE + 79, y + 162), (MIDDLE + 79, y + 214), "data", "message", (MIDDLE + 88, y + 192))
    _arrow(canvas, (MIDDLE, y + 242), (LEFT + WIDTHS[LEFT], y + 242), "data", "recv")
    return canvas.svg(y + 296, "The paths of frames and messages in the client", DESCRIPTION)


def _box(canvas, x, y, height, name, note, role):
    """Draw a part of the picture, its name above its note."""
    canvas.rect(x, y, WIDTHS[x], height, "muted-tint" if role == "ink" else role + "-tint", "edge", radius=6)
    canvas.text(x + 12, y + 23, name, role, BODY, bold=True)
    canvas.text(x + 12, y + 43, note, "muted", NOTE)


def _arrow(canvas, start, end, role, label="", at=None):
    """Draw an arrow from `start` to `end`, pairs (x, y), with a label above its middle, or `at` a place of its own."""
    (x, y), (u, v) = start, end
    length = ((u - x) ** 2 + (v - y) ** 2) ** 0.5
    along, across = ((u - x) / length * 9, (v - y) / length * 9), ((v - y) / length * 4, (x - u) / length * 4)
    canvas.line(start, end, stroke=role, thick=1.5)
    back = (u - along[0], v - along[1])
    corners = [(back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1])]
    canvas.path("M%.1f %.1fL%.1f %.1fL%.1f %.1fZ" % (u, v, *corners[0], *corners[1]), role, 1, fill=role)
    if label:
        place = at or ((x + u) / 2, y - 7)
        canvas.text(*place, label, role, NOTE, bold=True, anchor="start" if at else "middle")


PICTURES = {"08_robust_client.svg": paths}
