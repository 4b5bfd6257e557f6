"""The picture of lesson 18: a computer, a board, and what goes from one to the other by which command."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

DESCRIPTION = (
    "On the left your computer, with the course's folder and a server. On the right the board, with its memory and its "
    "flash. Over the USB cable, exec and run put code into the memory: it is gone at the next command. fs cp and mip "
    "install put files onto the flash: they stay. At power on, and after a reset, the board runs boot.py and then "
    "main.py from its flash. main.py joins the Wi-Fi, and the board's WebSocket goes to the server."
)

COMPUTER, BOARD = 24, 372  # the left edges of the two boxes
NEAR, FAR = 196, 370  # where the arrows begin and end


def computer_and_board():
    """Return the SVG: two boxes, the commands between them, the files of the flash, and what a reset starts."""
    canvas = Canvas(WIDE)
    y = canvas.heading("What goes onto a board", "mpremote over USB, then the board alone over Wi-Fi.")
    top = y + 6
    canvas.rect(COMPUTER, top, NEAR - COMPUTER - 4, 252, "muted-tint", "muted", radius=6)
    canvas.text(COMPUTER + 14, top + 24, "your computer", "ink", BODY, bold=True)
    canvas.text(COMPUTER + 14, top + 62, "a line, a program", "ink", NOTE)
    canvas.text(COMPUTER + 14, top + 112, "files", "ink", NOTE)
    canvas.text(COMPUTER + 14, top + 162, "package.json", "ink", NOTE, mono=True)
    canvas.text(COMPUTER + 14, top + 232, "a server", "control", NOTE, bold=True)

    canvas.rect(BOARD, top, 224, 252, "data-tint", "data", radius=9)
    canvas.text(BOARD + 14, top + 24, "the board", "ink", BODY, bold=True)
    _box(canvas, top + 40, 36, "size", "memory", "forgotten")
    _box(canvas, top + 90, 112, "data", "flash", "kept")
    for row, (name, words) in enumerate((("boot.py", "runs first"), ("main.py", "then this"), ("lib/", "modules"))):
        at = top + 130 + 24 * row
        canvas.text(BOARD + 24, at + 4, name, "ink", SMALL, mono=True, bold=name != "lib/")
        canvas.text(BOARD + 98, at + 4, words, "muted", SMALL)
    canvas.text(BOARD + 14, top + 232, "reset: boot.py, main.py", "control", NOTE, bold=True)

    for at, words, role in ((58, "exec, run", "size"), (108, "fs cp", "data"), (158, "mip install", "data")):
        _arrow(canvas, top + at, words, role)
    _arrow(canvas, top + 228, "WebSocket, Wi-Fi", "control", back=True)
    return canvas.svg(top + 270, "A computer and a board, and which command puts what where", DESCRIPTION)


def _box(canvas, top, height, role, name, words):
    """Draw a part of the board: its name, and what becomes of what lies in it."""
    canvas.rect(BOARD + 12, top, 200, height, "card", role, radius=4)
    canvas.text(BOARD + 24, top + 22, name, role, NOTE, bold=True)
    canvas.text(BOARD + 98, top + 22, words, "muted", SMALL)


def _arrow(canvas, y, words, role, back=False):
    """Draw an arrow at height y with words on it; back: from the board to the computer."""
    start, end = (FAR, NEAR) if back else (NEAR, FAR)
    canvas.line((start, y), (end, y), stroke=role, thick=1.75)
    side = 8 if back else -8
    canvas.path(f"M{end} {y}L{end + side} {y - 4}L{end + side} {y + 4}Z", role, 1, fill=role)
    canvas.text((NEAR + FAR) / 2, y - 8, words, role, NOTE, bold=True, anchor="middle")


PICTURES = {"18_deploying_to_the_pico.svg": computer_and_board}
