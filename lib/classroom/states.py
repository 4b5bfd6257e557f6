"""The states of a connection and what leads from one to the next, as a picture and as text.

    state_machine(highlight=protocol.state)

Where a state stands is fixed; which arrows there are, and what they say, comes from
`pocketws.protocol.TRANSITIONS`, the table by which the library itself goes.
"""

from collections import namedtuple

from pocketws.protocol import TRANSITIONS

from .figure import BODY, NOTE, SMALL, Figure, Run, shorten, text_width, wrap

# An arrow: its points, where its label stands, and the px that there are for it.
_Route = namedtuple("_Route", "points x y anchor room")

# Where things stand on a card of one width; y from the top of the drawing.
#   boxes: {state: (x, y, width, height)}      routes: {(state, next state): _Route}
_Plan = namedtuple("_Plan", "boxes routes")

_WIDE = _Plan(
    {
        "connecting": (214, 0, 150, 34),
        "open": (24, 78, 548, 34),
        "failed": (24, 170, 120, 34),
        "close sent": (184, 170, 160, 34),
        "close received": (384, 170, 156, 34),
        "close done": (226, 262, 314, 34),
        "closed": (24, 354, 572, 34),
    },
    {
        ("connecting", "open"): _Route(((289, 34), (289, 78)), 298, 60, "start", 270),
        ("open", "failed"): _Route(((84, 112), (84, 170)), 93, 145, "start", 150),
        ("open", "close sent"): _Route(((264, 112), (264, 170)), 273, 145, "start", 140),
        ("open", "close received"): _Route(((426, 112), (426, 170)), 435, 145, "start", 116),
        ("close sent", "failed"): _Route(((184, 187), (144, 187)), 164, 180, "middle", 40),
        ("close sent", "close done"): _Route(((284, 204), (284, 262)), 293, 237, "start", 120),
        ("close received", "close done"): _Route(((426, 204), (426, 262)), 435, 237, "start", 116),
        ("connecting", "closed"): _Route(((364, 17), (584, 17), (584, 354)), 474, 11, "middle", 210),
        ("open", "closed"): _Route(((556, 112), (556, 354)), 548, 329, "end", 80),
        ("close sent", "closed"): _Route(((205, 204), (205, 354)), 214, 329, "start", 150),
        ("close done", "closed"): _Route(((383, 296), (383, 354)), 392, 329, "start", 80),
        ("failed", "closed"): _Route(((84, 204), (84, 354)), 93, 329, "start", 104),
    },
)

_NARROW = _Plan(
    {
        "connecting": (90, 0, 132, 34),
        "open": (16, 78, 304, 34),
        "failed": (16, 176, 60, 44),
        "close sent": (108, 176, 78, 44),
        "close received": (202, 176, 92, 44),
        "close done": (130, 288, 164, 34),
        "closed": (16, 390, 328, 34),
    },
    {
        ("connecting", "open"): _Route(((156, 34), (156, 78)), 164, 60, "start", 160),
        ("open", "failed"): _Route(((42, 112), (42, 176)), 50, 139, "start", 74),
        ("open", "close sent"): _Route(((132, 112), (132, 176)), 140, 139, "start", 74),
        ("open", "close received"): _Route(((230, 112), (230, 176)), 238, 139, "start", 68),
        ("close sent", "failed"): _Route(((108, 198), (76, 198)), 92, 191, "middle", 32),
        ("close sent", "close done"): _Route(((154, 220), (154, 288)), 162, 249, "start", 64),
        ("close received", "close done"): _Route(((230, 220), (230, 288)), 238, 249, "start", 68),
        ("connecting", "closed"): _Route(((222, 17), (333, 17), (333, 390)), 278, 11, "middle", 106),
        ("open", "closed"): _Route(((308, 112), (308, 390)), 300, 352, "end", 42),
        ("close sent", "closed"): _Route(((118, 220), (118, 390)), 126, 352, "start", 74),
        ("close done", "closed"): _Route(((206, 322), (206, 390)), 214, 352, "start", 42),
        ("failed", "closed"): _Route(((42, 220), (42, 390)), 50, 352, "start", 64),
    },
)

_LINES = 2  # that a label may take

# The states that have a colour of their own.
_ROLES = {"open": "data", "failed": "error", "closed": "muted"}


def state_machine(transitions=TRANSITIONS, highlight=None):
    """Return a Figure of the states in `transitions`, the one called `highlight` marked.

    transitions: {(state, event): next state}, all str. What has no place in the drawing,
        such as a state of your own, is listed below it.
    Raises ValueError for a `highlight` that is none of the states.
    """
    facts = _Facts(transitions, highlight)
    return Figure(lambda canvas: _draw(canvas, facts), facts.title, _as_text(facts), _as_sentences(facts))


class _Facts:
    """What the picture and the text have in common."""

    def __init__(self, transitions, highlight):
        self.moves = [(state, event, target) for (state, event), target in transitions.items()]
        self.states = list(dict.fromkeys(state for move in self.moves for state in (move[0], move[2])))
        if highlight is not None and highlight not in self.states:
            raise ValueError(f"the states are {', '.join(self.states)}; {highlight!r} is none of them")
        self.highlight = highlight
        now = f", now {highlight}" if highlight is not None else ""
        self.title = f"The states of a connection{now}"
        self.drawn = {}  # (state, next state): what leads there
        self.listed = []  # moves that have no place, or whose place is taken or too small for its words
        for state, event, target in self.moves:
            if (state, target) not in self.drawn and _fits(state, event, target):
                self.drawn[state, target] = event
            else:
                self.listed.append((state, event, target))

    def role(self, state):
        return _ROLES.get(state, "control")


def _fits(state, event, target):
    """Tell whether both drawings have a place for this arrow and its words."""
    if (state, target) not in _WIDE.routes:
        return False
    wide, narrow = _WIDE.routes[state, target], _NARROW.routes[state, target]
    return len(_label(event, wide, NOTE)) <= _LINES and len(_label(event, narrow, SMALL)) <= _LINES


def _label(event, route, size):
    """Return the words at an arrow as lines; too many if there is no room for them."""
    lines = wrap(event, route.room, size)
    is_cut = len(lines) > 1 and (route.anchor == "middle" or "".join(lines) == event)  # inside a word
    return lines * (1 + _LINES) if is_cut else lines


# ---- the picture


def _draw(canvas, facts):
    """Draw the whole card; return its height in px."""
    plan = _NARROW if canvas.narrow else _WIDE
    top = canvas.heading(facts.title, "an arrow says what leads from one state to the next") + 12
    for pair, event in facts.drawn.items():
        _draw_arrow(canvas, top, plan.routes[pair], pair[1], event)
    boxes = {state: plan.boxes[state] for state in facts.states if state in plan.boxes}
    for state, box in boxes.items():
        _draw_state(canvas, top, box, state, facts)
    y = top + max((y + height for _, y, _, height in boxes.values()), default=0) + 24
    if facts.listed:
        y = _draw_listed(canvas, y + (10 if boxes else -20), facts)
    return y


def _draw_state(canvas, top, box, state, facts):
    """Draw the box of a state; that of the current one with a heavy frame and a dot."""
    x, y, width, height = box
    role = facts.role(state)
    current = state == facts.highlight
    canvas.rect(x, top + y, width, height, role + "-tint", role, radius=6, thick=3 if current else 1.25)
    lines = wrap(state, width - 8, bold=True)
    baseline = top + y + height / 2 + 5 - 9 * (len(lines) - 1)
    for line in lines:
        canvas.text(x + width / 2, baseline, line, role, BODY, bold=True, anchor="middle")
        baseline += 18
    if current:
        canvas.circle(x + width, top + y, 8, fill="card")
        canvas.circle(x + width, top + y, 6, fill=role)


def _draw_arrow(canvas, top, route, target, event):
    """Draw the arrow to the state `target`, and what leads there."""
    role = {"failed": "error", "closed": "muted"}.get(target, "control")
    points = [(x, top + y) for x, y in route.points]
    (x1, _), (x2, y2) = points[-2:]
    canvas.line(*points, stroke=role, thick=1.5)
    if x1 == x2:
        canvas.line((x2 - 4, y2 - 8), (x2, y2 - 1), (x2 + 4, y2 - 8), stroke=role, thick=1.5)
    else:
        back = 1 if x2 < x1 else -1
        canvas.line((x2 + 8 * back, y2 - 4), (x2 + back, y2), (x2 + 8 * back, y2 + 4), stroke=role, thick=1.5)
    size = SMALL if canvas.narrow else NOTE
    for number, line in enumerate(_label(event, route, size)):
        canvas.text(route.x, top + route.y + 16 * number, line, role, size, anchor=route.anchor)


def _draw_listed(canvas, y, facts):
    """List what has no place in the drawing; return the y below."""
    canvas.rule(y - 20)
    canvas.text(canvas.left, y + 6, "Also", bold=True)
    y += 30
    for state, event, target in facts.listed:
        parts = [_named(canvas, facts, "from", state), _named(canvas, facts, "by", event)]
        parts.append(_named(canvas, facts, "to", target))
        line = [run for part in parts for run in part]
        if sum(text_width(run.text, NOTE, bold=run.bold) for run in line) <= canvas.room:
            parts = [line]
        for part in parts:
            canvas.text(canvas.left, y, part, size=NOTE)
            y += 20
        y += 4
    return y


def _named(canvas, facts, how, name):
    """Return the runs that name a state or, with `how` "by", an event."""
    role = "ink" if how == "by" else facts.role(name)
    now = [Run("(now)  ", role)] if name == facts.highlight and how != "by" else []
    label = shorten(name, canvas.room - 100, NOTE, bold=True)
    return [Run(f"{how}  ", "muted"), Run(f"{label}  ", role, bold=True), *now]


# ---- the text forms


def _as_text(facts):
    """Return the table of transitions, for a terminal."""
    wide = max([len("state"), *(len(state) for state in facts.states)])
    middle = max([len("what happens"), *(len(event) for _, event, _ in facts.moves)])
    lines = [facts.title, "", f"  {'state':{wide}}  {'what happens':{middle}}  next state"]
    for state, event, target in facts.moves:
        here = "*" if state == facts.highlight else " "
        lines.append(f"{here} {state:{wide}}  {event:{middle}}  {target}")
    final = [state for state in facts.states if state not in {move[0] for move in facts.moves}]
    lines += [f"{'*' if state == facts.highlight else ' '} {state:{wide}}  the end" for state in final]
    return "\n".join(lines)


def _as_sentences(facts):
    """Return the table for a screen reader."""
    moves = [f"From {state}, {event} leads to {target}." for state, event, target in facts.moves]
    return " ".join(moves) or "No states."
