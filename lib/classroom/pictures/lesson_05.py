"""The picture of lesson 05: one message in pieces, with a ping between them."""

from pocketws.frames import OP_CONT, OP_PING, OP_PONG, OP_TEXT, OPCODE_NAMES, Frame

from ..figure import BYTES, NOTE, WIDE, Canvas, Run


def arrow(canvas, start, end, y, role, dash=""):
    """Draw a level arrow from x `start` to x `end`."""
    canvas.line((start, y), (end, y), stroke=role, thick=1.5, dash=dash)
    back = end - 9 if end > start else end + 9
    canvas.path(f"M{end} {y}L{back} {y - 4}L{back} {y + 4}Z", role, 1, fill=role)


# (frame from the network, what the object keeps after it, the event, the reply)
STEPS = (
    (Frame(OP_TEXT, b"Hel", fin=False), "Hel", "", None),
    (Frame(OP_PING, b"hi"), "Hel", "ping: hi", Frame(OP_PONG, b"hi")),
    (Frame(OP_CONT, b"lo"), "nothing", "text: Hello", None),
)


def messages():
    """Return the SVG: three frames in, two events out, one reply back."""
    canvas = Canvas(WIDE)
    title = "One message, and a ping in the middle of it"
    y = canvas.heading(title, "Frames come in from the left. Events go out to the right, and replies go back.")
    left, middle, right = canvas.left, 284, 448
    for x, head in ((left, "the network"), (middle, "the object keeps"), (right, "your program")):
        canvas.text(x, y + 22, head, "muted", NOTE, bold=True)
    top = y + 38
    canvas.rect(middle - 14, top, 136, 286, "muted-tint", "edge", radius=6)
    row = top + 14
    for frame, kept, event, reply in STEPS:
        role = "data" if frame.opcode in (OP_TEXT, OP_CONT) else "control"
        _draw_frame(canvas, left, row, frame, role)
        arrow(canvas, left + 190, middle - 20, row + 20, role)
        if kept == "nothing":
            canvas.text(middle, row + 25, kept, "muted", BYTES)
        else:
            canvas.text(middle, row + 25, kept, "data", BYTES, mono=True, bold=True)
        if event:
            arrow(canvas, middle + 126, right - 8, row + 20, role)
            kind, said = event.split(": ")
            canvas.text(
                right, row + 25, [Run(kind + "  ", role, bold=True), Run(said, mono=True, bold=True)], size=BYTES
            )
        row += 74
        if reply:
            row -= 6
            _draw_frame(canvas, left, row, reply, "control", dash="4 2")
            arrow(canvas, middle - 20, left + 190, row + 20, "control", "4 2")
            row += 74
    description = (
        "The first frame, text with FIN 0, holds Hel: the object keeps it, and nothing comes out. "
        "Then a ping with hi: it is reported as an event, and a pong with hi goes back. "
        "Then a continuation with FIN 1 holds lo: the event is the text Hello, and nothing is kept."
    )
    return canvas.svg(top + 304, title, description)


def _draw_frame(canvas, x, y, frame, role, dash=""):
    """Draw a frame as a box with its name above its bytes, not masked, at (x, y)."""
    canvas.rect(x, y - 4, 184, 48, role + "-tint", role, radius=4, thick=1.25, dash=dash)
    note = f"FIN {int(frame.fin)}" if not dash else "before masking"
    name = [Run(OPCODE_NAMES[frame.opcode], role, bold=True), Run(f"  {note}", "muted")]
    canvas.text(x + 10, y + 13, name, size=NOTE)
    wire = frame.serialize()
    head = [Run(wire[:2].hex(" ") + "  ", "control", mono=True), Run(wire[2:].hex(" "), "data", mono=True, bold=True)]
    canvas.text(x + 10, y + 34, head, size=BYTES)


PICTURES = {"05_messages.svg": messages}
