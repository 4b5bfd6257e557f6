"""The picture of lesson 01: who may speak, and when, in polling, long polling and a WebSocket."""

import math

from ..figure import NOTE, SMALL, TITLE, WIDE, Canvas

TOP = 152  # y at which the time begins
GOALS = 106, 248  # px after TOP
POLLS = 0, 70, 140, 210, 280
FALL = 10  # px that an arrow falls on its way
END = 318

TITLE_TEXT = "Who may speak, and when?"
DESCRIPTION = (
    "Three drawings of a client and a server, side by side; time runs down, and at the server two goals are scored. "
    "Polling: the client asks five times at equal intervals. Three answers are empty, and each goal waits for the next "
    "question. Long polling: the client asks, the server answers when a goal is scored, and the client asks again: "
    "each goal arrives at once, and each needs a question. WebSocket: the client asks once, at the start. "
    "Then the server sends each goal at once, and the client says bravo, unasked, in between."
)


def ways():
    """Return the picture as SVG."""
    canvas = Canvas(WIDE)
    canvas.text(canvas.left, 38, TITLE_TEXT, size=TITLE, bold=True)
    canvas.text(canvas.left, 61, "Time runs down. Two goals are scored, and the client wants to know.", "muted", NOTE)
    step = canvas.room / 3
    for index, (name, remark, draw) in enumerate(
        (
            ("Polling", "ask again and again", _polling),
            ("Long polling", "let the answer wait", _long_polling),
            ("WebSocket", "both may speak", _websocket),
        )
    ):
        column = _Column(canvas, canvas.left + step * index, step - 26)
        column.frame(name, remark)
        draw(column)
    canvas.rule(TOP + END + 24)
    y = TOP + END + 48
    canvas.circle(canvas.left + 6, y - 5, 5.5, fill="data")
    canvas.text(canvas.left + 20, y, "a goal is scored", "data", NOTE)
    canvas.rect(canvas.left + 166, y - 15, 5, 20, fill="size", radius=2)
    canvas.text(canvas.left + 180, y, "it waits for the next question", "size", NOTE)
    return canvas.svg(y + 24, TITLE_TEXT, DESCRIPTION)


class _Column:
    """One of the three drawings: a client on the left, a server on the right."""

    def __init__(self, canvas, x, width):
        self.canvas = canvas
        self.client, self.server = x + 20, x + width - 12

    def frame(self, name, remark):
        canvas, x = self.canvas, self.client - 20
        canvas.text(x, 94, name, bold=True)
        canvas.text(x, 112, remark, "muted", NOTE)
        canvas.text(self.client, TOP - 14, "client", "muted", SMALL, anchor="middle")
        canvas.text(self.server, TOP - 14, "server", "muted", SMALL, anchor="middle")
        for goal in GOALS:
            canvas.line((self.client, TOP + goal), (self.server, TOP + goal), stroke="line", thick=1, dash="1 4")
        for side in self.client, self.server:
            canvas.line((side, TOP - 6), (side, TOP + END), thick=1.5)
        for goal in GOALS:
            canvas.circle(self.server, TOP + goal, 5.5, fill="data")

    def say(self, words, at, role="ink", back=False, bold=False):
        """Draw an arrow to the server, or `back` from it, that starts `at` px after TOP."""
        x1, x2 = (self.server, self.client) if back else (self.client, self.server)
        y1, y2 = TOP + at, TOP + at + FALL
        canvas, turn = self.canvas, math.copysign(1, x2 - x1)
        canvas.line((x1, y1), (x2 - 3 * turn, y2), stroke=role, thick=1.5)
        canvas.line((x2 - 9 * turn, y2 - 5), (x2 - 2 * turn, y2), (x2 - 9 * turn, y2 + 4), stroke=role, thick=1.5)
        if words:
            canvas.text(
                (x1 + x2) / 2, TOP + at - 1 if not back else y2 + 9, words, role, SMALL, bold=bold, anchor="middle"
            )

    def waits(self, start, end):
        """Draw a bar beside the client, for a goal that is scored but not known."""
        self.canvas.rect(self.client - 10, TOP + start, 5, end - start, fill="size", radius=2)


def _polling(column):
    left = list(GOALS)
    for poll in POLLS:
        answer = ""
        if left and left[0] < poll:
            goal = left.pop(0)
            answer = f"goal {len(GOALS) - len(left)}"
            column.waits(goal, poll + 2 * FALL)
        column.say("news?", poll)
        column.say(answer or "no", poll + FALL, "data" if answer else "muted", back=True, bold=bool(answer))


def _long_polling(column):
    column.say("news?", 0)
    for number, goal in enumerate(GOALS, 1):
        column.say(f"goal {number}", goal, "data", back=True, bold=True)
        column.say("news?", goal + 37)


def _websocket(column):
    column.say("WebSocket?", 0)
    column.say("agreed", FALL, "muted", back=True)
    for number, goal in enumerate(GOALS, 1):
        column.say(f"goal {number}", goal, "data", back=True, bold=True)
    column.say("bravo", 172, "control", bold=True)


PICTURES = {"01_ways.svg": ways}
