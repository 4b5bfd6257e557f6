"""The picture of lesson 17: a small heap, drawn to scale, and three ways for 64 KiB to come in."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

DESCRIPTION = (
    "A heap of 256 KiB, drawn to scale as a bar. The client's modules take 113 KiB, a connection 7 KiB, and 136 KiB "
    "are free. Below, three ways for 64 KiB to come in. Binary: 64 KiB, in one piece, which fits. Text: 64 KiB of "
    "small pieces with holes between them, and 64 KiB in one piece, into which they are joined. That one ends beyond "
    "the end of the heap: no room. recv_streaming: one small piece after the other, of 2 KiB, which fits."
)
HEAP = 256  # KiB
LEFT, SPAN = 24, 572  # px


def micropython():
    """Return the SVG: the heap's bar, and under its free part three messages."""
    canvas = Canvas(WIDE)
    y = canvas.heading("What fits into a small heap?", "To scale. The figures are measured in sections 2 and 4.")
    _bar(canvas, y + 8, 0, 113, "muted", "the client's modules, 113 KiB")
    _bar(canvas, y + 8, 113, 7, "control", "")
    _bar(canvas, y + 8, 120, 136, "data", "free, 136 KiB")
    canvas.text(_x(116.5), y + 60, "a connection, 7", "control", SMALL, bold=True, anchor="middle")
    canvas.line((_x(120), y + 66), (_x(120), y + 226), stroke="line", dash="3 4")
    canvas.line((_x(HEAP), y + 66), (_x(HEAP), y + 226), stroke="line", dash="3 4")
    y += 82
    _way(canvas, y, "64 KiB of binary, recv()", "fits", "data")
    _bar(canvas, y, 120, 64, "size", "one buffer")
    y += 52
    _way(canvas, y, "64 KiB of text, recv()", "no room", "error")
    for piece in range(16):  # drawn apart, as they lie: with holes in between
        _bar(canvas, y, 120 + 4.8 * piece, 4, "size", "")
    _bar(canvas, y, 196.8, 64, "error", "joined: one piece", dash="4 3")
    y += 52
    _way(canvas, y, "64 KiB of text, recv_streaming()", "fits", "data")
    _bar(canvas, y, 120, 2, "size", "")
    canvas.text(_x(122) + 8, y + 20, "one piece, then the next in its place", "size", NOTE, bold=True)
    return canvas.svg(y + 58, "A small heap, and three ways for 64 KiB to come in", DESCRIPTION)


def _x(kib):
    return LEFT + kib / HEAP * SPAN


def _bar(canvas, y, start, size, role, words, dash=""):
    """Draw a bar from `start` on, `size` wide, both in KiB, with words in it."""
    width = size / HEAP * SPAN
    canvas.rect(_x(start), y, width, 30, fill=f"{role}-tint", stroke=role, dash=dash)
    if words:
        canvas.text(_x(start) + width / 2, y + 20, words, role, NOTE, bold=True, anchor="middle")


def _way(canvas, y, name, verdict, role):
    canvas.text(LEFT, y + 12, name, "ink", NOTE)
    canvas.text(LEFT, y + 31, verdict, role, BODY, bold=True)


PICTURES = {"17_micropython.svg": micropython}
