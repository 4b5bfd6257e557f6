"""The picture of lesson 09: what makes some bytes and a claim about them evidence."""

from ..figure import BODY, BYTES, NOTE, Figure, Run

TITLE = "What is evidence?"
NOTICE = "A server sends these bytes and ends TCP. What does recv() give?"

# (the bytes, what is claimed, what a right client gives, what the suspect gives, the mark and the words of the verdict)
ROWS = (
    ("81 02 48 69", "'Hi', None", "'Hi', None", "'Hi', None", "bad", "No difference: this shows nothing."),
    ("89 00", "b'', None", "None", "None", "bad", "The claim is wrong: it accuses a right client."),
    (
        "01 03 48 65 6c 80 02 6c 6f",
        "'Hello', None",
        "'Hello', None",
        "NotImplementedError",
        "ok",
        "Evidence: right for one, wrong for the other.",
    ),
)
HEADS = ("your claim", "a right client", "the suspect")


def picture():
    """Return the SVG, as str."""
    text = "\n".join("  ".join(row[:4]) + "  " + row[5] for row in ROWS)
    description = " ".join(
        f"For the bytes {sends}, the claim is {claim}; a right client gives {right}, the suspect {suspect}. {words}"
        for sends, claim, right, suspect, _, words in ROWS
    )
    return Figure(_draw, TITLE, text, description).svg


def _draw(canvas):
    y = canvas.heading(TITLE, NOTICE)
    for row in ROWS:
        y = _draw_row(canvas, y, *row)
    return y


def _draw_row(canvas, y, sends, claim, right, suspect, mark, words):
    """Draw one piece of evidence; return the y below."""
    canvas.rule(y)
    y += 30
    canvas.text(canvas.left, y, [Run("sends  ", "muted"), Run(sends, "control", mono=True, bold=True)], size=BYTES)
    step = canvas.room / 3
    for place, (head, value) in enumerate(zip(HEADS, (claim, right, suspect), strict=True)):
        x = canvas.left + place * step
        role = "data" if value == right else "error"
        canvas.rect(x, y + 14, step - 10, 54, role + "-tint", role, radius=4, thick=1.25)
        canvas.text(x + 10, y + 34, head, "muted", NOTE)
        canvas.text(x + 10, y + 56, value, role, NOTE, mono=True, bold=True)
    y += 96
    canvas.mark(mark, canvas.left + 9, y - 5)
    canvas.text(canvas.left + 28, y, words, "data" if mark == "ok" else "error", BODY, bold=True)
    return y + 22


PICTURES = {"09_evidence.svg": picture}
