"""The picture of lesson 00: who has a turn of the event loop, and what a call that blocks does to the others."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

TITLE_TEXT = "One loop, and everybody takes turns"
DESCRIPTION = (
    "Three rows over time: your cell, your task, a server. On the left the cell awaits: short turns of the cell, the "
    "task and the server follow one another, never two at once. On the right the cell calls slow(1): one long turn of "
    "the cell, and the turns that the task and the server should have had in that second are empty, marked missed."
)

ROWS = (("your cell", "control"), ("your task", "data"), ("a server", "key"))
TOP, STEP, HEIGHT = 98, 46, 26  # of the rows
START, SPLIT, END = 118, 352, 592  # the left half, what divides it from the right, the end
TURN = 20  # px of a short turn

# (row, x) of the turns; no two of them overlap in x, for there is one loop.
TURNS = (
    *((0, 126), (1, 150), (2, 174), (1, 206), (0, 230), (2, 254), (0, 278), (1, 302), (2, 326)),
    *((1, 548), (2, 572)),
)
BLOCK = 360, 180  # x and width of the long turn
MISSED = ((1, 384), (2, 412), (1, 440), (2, 468), (1, 496))


def turns():
    """Return the SVG."""
    canvas = Canvas(WIDE)
    canvas.heading(TITLE_TEXT, "Time runs to the right. A box is a turn: the loop runs that code, and no other.")
    for row, (name, role) in enumerate(ROWS):
        y = TOP + row * STEP
        canvas.text(canvas.left, y + 18, name, role, BODY, bold=True)
        canvas.line((START, y + HEIGHT / 2), (END, y + HEIGHT / 2), stroke="edge")
    for row, x in TURNS:
        role = ROWS[row][1]
        canvas.rect(x, TOP + row * STEP, TURN, HEIGHT, role + "-tint", role)
    for row, x in MISSED:
        canvas.rect(x, TOP + row * STEP, TURN, HEIGHT, "card", "error", dash="3 3")
    x, width = BLOCK
    canvas.rect(x, TOP, width, HEIGHT, "error-tint", "error")
    canvas.text(x + width / 2, TOP + 18, "start.slow(1)", "error", NOTE, mono=True, bold=True, anchor="middle")

    bottom = TOP + len(ROWS) * STEP
    canvas.bracket(START + 8, SPLIT - 6, bottom, "data")
    canvas.bracket(x, x + width, bottom, "error")
    left, right = (START + SPLIT) / 2, x + width / 2
    canvas.text(left, bottom + 23, "the cell awaits", "data", BODY, bold=True, anchor="middle")
    canvas.text(left, bottom + 42, "it hands the turn on", "muted", SMALL, anchor="middle")
    canvas.text(right, bottom + 23, "the cell keeps its turn", "error", BODY, bold=True, anchor="middle")
    canvas.text(right, bottom + 42, "dashed: turns that were missed", "muted", SMALL, anchor="middle")
    return canvas.svg(bottom + 60, TITLE_TEXT, DESCRIPTION)


PICTURES = {"00_turns.svg": turns}
