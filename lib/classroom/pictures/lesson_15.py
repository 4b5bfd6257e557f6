"""The picture of lesson 15: the same message twice, compressed, and where the limit counts."""

from pocketws.frames import OP_TEXT, Frame

from ..figure import BYTES, NOTE, SMALL, WIDE, Canvas, Run
from .lesson_05 import arrow

MESSAGE = b"Hello"
PAYLOADS = (bytes.fromhex("f2 48 cd c9 c9 07 00"), bytes.fromhex("f2 00 11 00 00"))  # RFC 7692 section 7.2.3
TAIL = b"\x00\x00\xff\xff"
WORDS = ("H, e, l, l, o: letter by letter", "H, then: go back 5, copy 4")  # what the two payloads say
ROW = 84  # px from one message to the next


def compression():
    """Return the SVG: two rows of bytes, the window on either side, and the limit behind the inflater."""
    canvas = Canvas(WIDE)
    title = "The same message twice, compressed"
    y = canvas.heading(title, "The second refers to the first: both ends remember it.")
    wire, right = 152, 478
    top = y + 32
    for x, end, head in ((canvas.left, 128, "sender keeps"), (right, canvas.right, "receiver keeps")):
        canvas.text((x + end) / 2, y + 20, head, "muted", SMALL, bold=True, anchor="middle")
        canvas.rect(x, top, end - x, 2 * ROW + 4, "muted-tint", "edge", radius=6)
    canvas.text(wire + 2, y + 20, "on the wire, from the server", "muted", SMALL, bold=True)
    for number, (payload, words) in enumerate(zip(PAYLOADS, WORDS, strict=True)):
        row = top + 8 + ROW * number
        for x, end in ((canvas.left, 128), (right, canvas.right)):
            canvas.text((x + end) / 2, row + 34, MESSAGE.decode(), "data", BYTES, True, True, "middle")
            if number:
                _draw_reference(canvas, (x + end) / 2, row + 16, row + 44 - ROW)
        arrow(canvas, 130, wire - 4, row + 30, "line")
        _draw_frame(canvas, wire, row + 12, payload)
        canvas.text(wire + 2, row + 66, words, "ink", NOTE)
        arrow(canvas, right - 30, right - 3, row + 30, "line")
    row = top + 2 * ROW + 24
    canvas.text(wire + 2, row, [Run("00 00 ff ff", "size", mono=True, bold=True), Run(TOLD, "ink")], size=NOTE)
    canvas.panel(canvas.left, row + 16, canvas.room, 34, "error")
    canvas.text(canvas.left + 16, row + 38, LIMIT, "error", NOTE, bold=True)
    description = (
        "Twice the server sends the text Hello. The first frame is c1 07, then f2 48 cd c9 c9 07 00: the five letters, "
        "in fewer bits each. The second is c1 05, then f2 00 11 00 00: H, then go back 5 bytes, and copy 4. "
        "Behind each payload stand the four bytes 00 00 ff ff, dashed: the sender leaves them out, and the receiver "
        "puts them back. Both ends keep Hello, so that the second message can refer to the first. "
        "The limit counts what comes out of the inflater, not what was on the wire."
    )
    return canvas.svg(row + 66, title, description)


TOLD = "  is left out by the sender, put back by the receiver."
LIMIT = "max_size counts what comes out: 1 KiB may become 1 MiB."


def _draw_reference(canvas, x, start, end):
    """Draw a dashed arrow at `x` from a message up to the one that it refers to."""
    canvas.line((x, start), (x, end + 6), stroke="data", thick=1.5, dash="4 2")
    canvas.path(f"M{x} {end}L{x - 4} {end + 9}L{x + 4} {end + 9}Z", "data", 1, fill="data")


def _draw_frame(canvas, x, y, payload):
    """Draw a compressed frame, byte by byte, and the four bytes that do not travel, at (x, y)."""
    head = Frame(OP_TEXT, payload, rsv1=True).serialize()[:2]
    cell = 21
    for data, role, travels in ((head, "control", True), (payload, "data", True), (TAIL, "size", False)):
        wide = cell * len(data)
        canvas.rect(x, y, wide, 32, role + "-tint" if travels else None, role, 4, 1.25, "" if travels else "4 2")
        for number, byte in enumerate(data):
            canvas.text(x + cell * (number + 0.5), y + 21, f"{byte:02x}", role, NOTE, True, True, "middle")
        x += wide + 4


PICTURES = {"15_compression.svg": compression}
