"""The picture of lesson 06: three ways to wait for two sockets, and how long the messages lie there."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

TITLE_TEXT = "Three ways to wait for two sockets"
DESCRIPTION = (
    "Time runs to the right, three times the same: a message comes on socket B, later one more on B, then one on A. "
    "Block: the thread sleeps in a read of A. Both messages on B lie there until A's has come, then all are read. "
    "Poll: the thread looks seven times, at equal intervals; four looks find nothing, and each message lies there "
    "until the next look. Readiness: the thread sleeps until a message comes on either socket, and reads each at once."
)

START, END = 156, 592  # x of the beginning and the end of time
MESSAGES = (("B", 216), ("B", 376), ("A", 452))  # (socket, x at which its message comes)
LOOKS = tuple(range(176, 592, 66))
BOX = 16  # px: width of a look, or of a read
ROW = 92  # px from one way to the next

# (name, note, role, the x of looks, how a message's x becomes the x at which it is read)
WAYS = (
    ("Block", "read A, then B", "error", (), lambda x: MESSAGES[-1][1]),
    ("Poll", "look, sleep, look", "size", LOOKS, lambda x: min(look for look in LOOKS if look >= x)),
    ("Readiness", "sleep until one is ready", "data", (), lambda x: x),
)


def ways():
    """Return the SVG."""
    canvas = Canvas(WIDE)
    y = canvas.heading(TITLE_TEXT, "Time runs to the right. A circle is a message that comes, on socket A or B.") + 6
    for way in WAYS:
        _draw(canvas, y, *way)
        y += ROW
    canvas.rule(y)
    y += 24
    canvas.rect(canvas.left, y - 9, 22, 6, "size", radius=3)
    canvas.text(canvas.left + 30, y, "the message lies there", "size", NOTE)
    canvas.rect(222, y - 14, BOX, 18, "data-tint", "data")
    canvas.text(246, y, "it is read", "data", NOTE)
    canvas.rect(330, y - 14, BOX, 18, "card", "muted", dash="3 3")
    canvas.text(354, y, "a look in vain", "muted", NOTE)
    canvas.line((466, y - 5), (494, y - 5), stroke="line", dash="1 4")
    canvas.text(502, y, "asleep", "muted", NOTE)
    return canvas.svg(y + 22, TITLE_TEXT, DESCRIPTION)


def _draw(canvas, y, name, note, role, looks, read_at):
    """Draw one way to wait, `y` px from the top."""
    canvas.text(canvas.left, y + 38, name, role, BODY, bold=True)
    canvas.para(canvas.left, y + 57, note, START - canvas.left - 22, "muted", SMALL, leading=15)
    axis = y + 62
    canvas.line((START, axis), (END, axis), stroke="line", dash="1 4")
    reads = {read_at(x) for _, x in MESSAGES}
    for x in sorted(reads | set(looks)):
        count = sum(read_at(come) == x for _, come in MESSAGES)
        if count:
            canvas.rect(x, axis - 11, BOX * count, 22, "data-tint", "data")
        else:
            canvas.rect(x, axis - 11, BOX, 22, "card", "muted", dash="3 3")
    for index, (which, x) in enumerate(MESSAGES):
        level = y + 22 - (8 if name == "Block" and index == 1 else 0)  # its two bars are not to lie on each other
        if read_at(x) > x:
            canvas.rect(x, level - 3, read_at(x) - x, 6, "size", radius=3)
        canvas.circle(x, level, 8, fill="card", stroke="control", thick=1.5)
        canvas.text(x, level + 4.5, which, "control", SMALL, bold=True, anchor="middle")
        canvas.line((read_at(x) + BOX / 2, level + 9), (read_at(x) + BOX / 2, axis - 13), stroke="edge")


PICTURES = {"06_waiting.svg": ways}
