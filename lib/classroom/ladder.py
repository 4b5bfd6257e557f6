"""A ladder: what client and server said to each other, one rung each, as a picture and as text.

    ladder(
        Event(0.000, "client", "ping", b"hi", arrived=0.018),
        Event(0.022, "server", "pong", b"hi", arrived=0.040),
    )

Time runs down. Where nothing happens for long, the axis is broken and the time cut out;
where much happens at once, it is dotted and the rungs are spread to fit their words.
"""

import textwrap
from dataclasses import dataclass

from pocketws.exceptions import ProtocolError
from pocketws.frames import decode_close

from .figure import BODY, NOTE, SMALL, Figure, Run, plural, shorten, text_width, wrap

COLUMNS = 78  # of the text form
MOST = 60  # events that are shown; of more, the first and the last
PEEK = 160  # bytes of a payload that are looked at for its label

SCALE = 620  # px for a second, where the axis is to scale
LONGEST = 110  # px of silence that are drawn in full
BROKEN = 62  # px that a longer silence takes
SLOPE = 6, 26  # px that an arrow falls, at least and at most
NOTABLE = SLOPE[1] / SCALE  # seconds on the way that the slope no longer tells, so words do

# What happens to the link itself: (the role, what it says unless the event has a note, a second line).
_LINK = {
    "cut": ("error", "link cut, no close frame", "both sides report code 1006"),
    "refused": ("error", "the server cannot be reached", ""),
    "pause": ("size", "paused: nothing passes", ""),
    "resume": ("size", "resumed", ""),
    "delay": ("size", "delay", ""),
    "limit": ("muted", "no longer recorded", ""),
}

# What one side sends. All others are frames that control the connection, or of no known kind.
_ROLES = {
    "request": "ink",
    "response": "ink",
    "text": "data",
    "binary": "data",
    "continuation": "data",
    "bytes": "muted",
    "end": "muted",
    "reset": "error",
}

_IN_WORDS = {"end": "ends TCP", "reset": "resets TCP", "bytes": "bytes"}


@dataclass
class Event:
    """One rung.

    time: float, seconds since the first, when it was sent. arrived: float, or None for "not known".
    sender: "client" or "server"; "" for what happens to the link itself.
    name: str. Of a frame: "text", "binary", "continuation", "ping", "pong", "close".
        Of HTTP: "request", "response"; then `data` is the head. Of TCP: "bytes", "end", "reset".
        Of the link: "cut", "refused", "pause", "resume", "delay", "limit".
    data: bytes, the payload. fin: bool. lost: bool, it never arrived. held: bool, it has not arrived yet.
    note: str, what is wrong with it; of the link, what the rung says.
    connection: int, shown where there are several; 0 for what concerns all of them.
    """

    time: float
    sender: str
    name: str
    data: bytes = b""
    fin: bool = True
    arrived: float | None = None
    lost: bool = False
    note: str = ""
    connection: int = 1
    held: bool = False

    @property
    def content(self):
        """The bytes that a reader wants to see: the payload."""
        return self.data

    @property
    def remark(self):
        """A word (str) on the form of the content, such as "compressed"."""
        return ""


def ladder(*events, title="On the wire", times=True):
    """Return a Figure of `events`, in the order of their times.

    times: bool. False leaves out what differs from one run to the next: times, pauses,
        and the payloads of ping and pong, which are often random.
    Raises TypeError for what is no Event, ValueError for one with an unknown sender.
    """
    for event in events:
        if not isinstance(event, Event):
            raise TypeError(
                f'ladder() takes events, such as Event(0.0, "client", "text", b"Hello"), not {event!r:.40}; '
                "a list of them is written ladder(*events)"
            )
        if event.name not in _LINK and event.sender not in ("client", "server"):
            raise ValueError(f'the sender of {event.name!r} is "client" or "server", not {event.sender!r}')
    facts = _Facts(sorted(events, key=lambda event: event.time), title, times)
    return Figure(lambda canvas: _draw(canvas, facts), title, _as_text(facts), _as_sentences(facts))


class _Rung:
    """An event, and what is said of it."""

    def __init__(self, event, facts):
        self.event = event
        self.times = facts.times
        self.number = f"#{event.connection} " if facts.several and event.connection else ""
        self.is_link = event.name in _LINK
        self.role = _LINK[event.name][0] if self.is_link else _ROLES.get(event.name, "control")
        self.ping = None  # the rung of the ping that this pong answers
        self.skipped = 0  # events between this rung and the one before it that are not shown

    @property
    def time(self):
        return duration(self.event.time) if self.times else ""

    @property
    def head(self):
        """The words (str) that name the event; of a link, all that is said."""
        if self.is_link:
            return self.event.note or _LINK[self.event.name][1]
        if self.event.name in ("request", "response"):
            return _start_line(self.event)
        return _IN_WORDS.get(self.event.name, self.event.name)

    @property
    def content(self):
        """What the payload says: str, "" where that is nothing or not to be shown."""
        if self.is_link or (not self.times and self.event.name in ("ping", "pong")):
            return ""
        return _content(self.event)

    def runs(self, room, size):
        """Return the label as a list of Run, at most `room` px wide if the content can be cut to that."""
        for asides in self._asides():
            before, after = self._frame_of_runs(asides, room, size)
            left = room - _width(before + after, size) - text_width("  ", size)
            content = shorten(self.content, left, size, mono=True)
            if content == self.content:
                break
        if not content or (content != self.content and len(content) < 6):  # a stub helps nobody
            return before + after
        return [*before, Run("  " + content, mono=True), *after]

    def _frame_of_runs(self, asides, room, size):
        """Return what stands before the content and what after it: two lists of Run."""
        before = [Run(self.number, "muted")] if self.number else []
        if self.event.name in ("request", "response"):
            share = 0.6 if self.content else 1
            before.append(Run(shorten(self.head, room * share - _width(before, size), size, mono=True), mono=True))
        else:
            before.append(Run(self.head, self.role, bold=True))
        before += [Run(f" {word}", "muted") for word in asides]
        if amount := _amount(self.event):
            before.append(Run(f"  {amount}", "size"))
        after = [Run(f"  after {self.answer_time}", "size")] if self.answer_time else []
        if fate := self.fate:
            after.append(Run(f"  {fate}", "error" if self.event.lost else "size", bold=True))
        return before, after

    def words(self, room=None):
        """Return the label as one line of text, at most `room` characters if the content can be cut to that."""
        after = [f"after {self.answer_time}" if self.answer_time else "", self.fate.upper()]
        for asides in self._asides():
            before = [self.number.strip(), self.head, *asides, _amount(self.event)]
            left = None if room is None else room - len(" ".join(filter(None, before + after))) - 1
            content = _clip(self.content, left)
            if content == self.content:
                break
        return _clip(" ".join(filter(None, [*before, content, *after])), room)

    def _asides(self):
        """Return the quiet words, which piece of a message it is and the form of its content: a list of choices.

        Each choice is a list of str; the later ones are for where the content has too little room.
        """
        is_data = self.event.name in ("text", "binary", "continuation")
        piece = ("fin" if self.event.fin else "more") if is_data else ""
        words = [word for word in (piece, self.event.remark) if word]
        return [words, [word for word in words if word != "fin"]]

    @property
    def fate(self):
        """What became of it (str), where that is not that it arrived."""
        return "lost" if self.event.lost else "held" if self.event.held else ""

    @property
    def answer_time(self):
        """The time (str) from the ping to this pong's arrival, or "" where that is not to be told."""
        if self.ping is None or not self.times or self.fate:
            return ""
        arrived = self.event.time if self.event.arrived is None else self.event.arrived
        return duration(arrived - self.ping.event.time)

    @property
    def notes(self):
        """What stands below the arrow: a list of (str, role)."""
        if self.is_link:
            return [(_LINK[self.event.name][2], "muted")] if _LINK[self.event.name][2] else []
        took = 0 if self.event.arrived is None else self.event.arrived - self.event.time
        notes = [(f"{duration(took)} on the way", "size")] if took >= NOTABLE and self.times else []
        return notes + ([(self.event.note, "error")] if self.event.note else [])


class _Facts:
    """What picture and text have in common."""

    def __init__(self, events, title, times):
        self.title = title
        self.times = times
        self.several = len({event.connection for event in events} - {0}) > 1
        rungs = [_Rung(event, self) for event in events]
        _tie(rungs)
        self.rungs = rungs
        if len(rungs) > MOST:
            tail = MOST // 3
            self.rungs = rungs[: MOST - tail] + rungs[-tail:]
            self.rungs[-tail].skipped = len(rungs) - MOST

    @property
    def note(self):
        if not self.rungs:
            return "nothing was sent"
        return "time runs down" if self.times else "time runs down, not to scale"

    def silence(self, index):
        """Return the seconds between the rung `index` and the one before it, 0 if that is not to be told."""
        if index == 0 or not self.times:
            return 0
        return self.rungs[index].event.time - self.rungs[index - 1].event.time

    def gap(self, index):
        """Return what to say (str) between the rung `index` and the one before it, "" for nothing."""
        skipped = self.rungs[index].skipped
        if skipped:
            return f"{plural(skipped, 'event')} not shown"
        silence = self.silence(index)
        return f"{_rounded(silence)} pass" if silence * SCALE > LONGEST else ""


def _tie(rungs):
    """Give each pong the ping that it answers: the latest with its payload from the other side (section 5.5.3)."""
    open_pings = []
    for rung in rungs:
        event = rung.event
        if event.name == "ping":
            open_pings.append(rung)
        elif event.name == "pong":
            for ping in reversed(open_pings):
                asked = ping.event
                if (asked.connection, asked.data) == (event.connection, event.data) and asked.sender != event.sender:
                    rung.ping = ping
                    open_pings.remove(ping)
                    break


def duration(seconds):
    """Return a time in seconds as a short str: "0 ms", "1.4 ms", "31 ms", "20.24 s", "145 s"."""
    if seconds < 0.00005:
        return "0 ms"
    if seconds < 0.00995:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 99.995 else f"{seconds:.0f} s"


def _rounded(seconds):
    return f"{seconds:.3g} s" if 0.9995 <= seconds < 100 else duration(seconds)


def _start_line(event):
    """Return the first line of an HTTP head without its version, which never differs."""
    line = event.data.partition(b"\r\n")[0][:PEEK].decode("latin-1")
    first, _, rest = line.partition(" ")
    return rest if first.startswith("HTTP/") else line.rpartition(" HTTP/")[0] or line


def _amount(event):
    """Return the size of the payload (str), "" where there is none to tell."""
    if event.name in ("request", "response"):
        size = getattr(event, "body_size", 0)
        return f"body {size} B" if size else ""
    return "" if event.name in _LINK or event.name in ("end", "reset") else f"{len(event.data)} B"


def _content(event):
    """Return what the payload of an event says, as far as a label may need it."""
    data = bytes(event.content[:PEEK])
    if event.name == "close":
        return _close_words(bytes(event.content))
    if event.name in ("request", "response"):
        data = bytes(getattr(event, "body", b"")[:PEEK])
        return repr(data.decode(errors="replace")) if data else ""
    if event.name in ("text", "bytes") or _is_plain(data):
        return repr(data.decode(errors="replace")) if data else ""
    return data.hex(" ")


def _is_plain(data):
    """Tell whether `data` (bytes) is visible ASCII, and so rather words than numbers."""
    return bool(data) and all(0x20 <= byte < 0x7F for byte in data)


def _close_words(payload):
    if not payload:
        return "no code"
    try:
        close = decode_close(payload)
    except ProtocolError:
        return payload.hex(" ")
    return f"{close.code} {close.reason!r}" if close.reason else str(close.code)


def _width(runs, size):
    return sum(text_width(run.text, size, run.mono, run.bold) for run in runs)


# ---- the picture


class _Layout:
    """Where everything is. Each rung has a y where it is sent, one where it arrives, one where its words end."""

    def __init__(self, canvas, facts, top):
        self.axis = canvas.left + (52 if canvas.narrow else 62)
        inset = (22 if canvas.narrow else 56) if facts.times else (24 if canvas.narrow else 64)
        self.client = (self.axis if facts.times else canvas.left) + inset
        self.server = canvas.right - (24 if canvas.narrow else 64)
        self.size = SMALL if canvas.narrow else NOTE
        self.middle = (self.client + self.server) / 2
        self.room = self.server - self.client - 28
        self.top = top
        self.sent, self.arrived, self.ended = [], [], []
        self.broken = []  # (y from, y to, what to say)
        self.spread = []  # (y from, y to)
        self.to_scale = False
        for index, rung in enumerate(facts.rungs):
            self._place(facts, index, rung)
        self.bottom = (self.ended[-1] if self.ended else top + 30) + 14

    def _place(self, facts, index, rung):
        y = self.top + 32 if index == 0 else self._next_y(facts, index)
        falls = 0
        if not rung.is_link:
            took = (rung.event.arrived or rung.event.time) - rung.event.time if facts.times else 0
            falls = min(max(took * SCALE, SLOPE[0]), SLOPE[1])
        self.sent.append(y)
        self.arrived.append(y + falls)
        self.ended.append(y + falls + self._words_below(rung))

    def _next_y(self, facts, index):
        """Return the y of the rung `index`: as far below the one before as time says, if its label fits there."""
        before, ended = self.sent[-1], self.ended[-1]
        least = ended + (36 if facts.times else 38)
        if facts.gap(index):
            self.broken.append((ended + 4, ended + BROKEN - 18, facts.gap(index)))
            return ended + BROKEN + 4
        y = before + facts.silence(index) * SCALE
        if facts.times and y < least:
            self.spread.append((before, least))
        self.to_scale = self.to_scale or (facts.times and y >= least)
        return max(y, least)

    def _words_below(self, rung):
        """Return the px that the words below the line of `rung` take."""
        notes = 17 * sum(len(self.wrapped(note)) for note, _ in rung.notes)
        if rung.event.name in ("cut", "refused"):
            return 16 + 20 * len(self.loud(rung)) + notes
        return notes + (17 * (len(self.wrapped(rung.number + rung.head)) - 1) if rung.is_link else 0)

    def wrapped(self, note):
        """Return what is said below a rung as lines that fit."""
        return wrap(note, self.room, self.size)

    def loud(self, rung):
        """Return the words below a big cross as lines that fit."""
        return wrap(rung.number + rung.head, self.room, bold=True)


def _draw(canvas, facts):
    """Draw the whole card; return its height in px."""
    y = canvas.heading(facts.title, facts.note)
    layout = _Layout(canvas, facts, y + 22)
    for x, name in ((layout.client, "client"), (layout.server, "server")):
        canvas.text(x, y + 12, name, bold=True, anchor="middle")
    _draw_lifelines(canvas, facts, layout)
    for y1, y2, words in layout.broken:
        canvas.text(layout.middle, (y1 + y2) / 2 + 4.5, words, "size", layout.size, anchor="middle")
    for index, rung in enumerate(facts.rungs):
        if facts.times:
            canvas.line((layout.axis - 4, layout.sent[index]), (layout.axis, layout.sent[index]))
            canvas.text(layout.axis - 8, layout.sent[index] + 4.5, rung.time, "size", SMALL, anchor="end")
        draw = _draw_link if rung.is_link else _draw_arrow
        draw(canvas, layout, index, rung)
    _draw_ties(canvas, layout, facts.rungs)
    return _draw_legend(canvas, facts, layout)


def _draw_lifelines(canvas, facts, layout):
    """Draw both sides and the axis of time, opened where time is cut out."""
    for x, thick in ((layout.client, 1.5), (layout.server, 1.5)):
        y = layout.top
        for y1, y2, _ in layout.broken:
            middle = (y1 + y2) / 2
            canvas.line((x, y), (x, middle - 7), thick=thick)
            canvas.line((x, middle - 4), (x, middle + 5), thick=thick, dash="0.1 4")
            y = middle + 7
        canvas.line((x, y), (x, layout.bottom), thick=thick)
    if not facts.times:
        return
    x, y = layout.axis, layout.top
    openings = [(y1, y2, True) for y1, y2, _ in layout.broken] + [(y1, y2, False) for y1, y2 in layout.spread]
    for y1, y2, is_broken in sorted(openings):
        if is_broken:
            middle = (y1 + y2) / 2
            canvas.line((x, y), (x, middle - 5), thick=1)
            _draw_break(canvas, x, middle)
            y = middle + 5
        else:
            canvas.line((x, y), (x, y1), thick=1)
            canvas.line((x, y1 + 4), (x, y2 - 3), thick=1.5, dash="0.1 4.5")
            y = y2
    canvas.line((x, y), (x, layout.bottom), thick=1)


def _draw_break(canvas, x, y):
    canvas.line((x - 5, y - 2), (x + 5, y - 7))
    canvas.line((x - 5, y + 7), (x + 5, y + 2))


def _draw_arrow(canvas, layout, index, rung):
    """Draw what one side sends, from its lifeline to the other, its label above."""
    from_client = rung.event.sender == "client"
    start, target = (layout.client, layout.server) if from_client else (layout.server, layout.client)
    ahead = 1 if from_client else -1
    y1, y2 = layout.sent[index], layout.arrived[index]
    runs = rung.runs(layout.room, layout.size)
    dash = "6 3" if rung.event.name in ("ping", "pong") else "2 4" if rung.event.name == "end" else ""
    role = "error" if rung.event.name == "reset" else rung.role
    if rung.fate:
        reach = start + (target - start) * 0.62
        canvas.line((start + 2 * ahead, y1), (reach, y2), stroke=role, thick=1.75, dash=dash)
        if rung.event.lost:
            canvas.mark("bad", reach + 9 * ahead, y2 + 1, 12)
        else:
            canvas.line((reach + 4 * ahead, y2 - 6), (reach + 4 * ahead, y2 + 7), stroke="size", thick=2.25)
        canvas.text(start + 12 * ahead, y1 - 7, runs, size=layout.size, anchor="start" if from_client else "end")
    else:
        tip = target - 2 * ahead
        canvas.line((start + 2 * ahead, y1), (tip, y2), stroke=role, thick=1.75, dash=dash)
        lean = (y2 - y1) / abs(target - start) * 8
        canvas.line(
            (tip - 8 * ahead, y2 - 4 - lean), (tip, y2), (tip - 8 * ahead, y2 + 4 - lean), stroke=role, thick=1.75
        )
        # The label is level, so it must clear the arrow where that is highest below it.
        lift = (y2 - y1) * min(_width(runs, layout.size) / 2 / abs(target - start), 0.5)
        canvas.text(layout.middle, (y1 + y2) / 2 - 7 - lift, runs, size=layout.size, anchor="middle")
    _draw_notes(canvas, layout, y2 + 15, rung)


def _draw_notes(canvas, layout, y, rung):
    for note, role in rung.notes:
        for line in layout.wrapped(note):
            canvas.text(layout.middle, y, line, role, layout.size, anchor="middle")
            y += 17


def _draw_link(canvas, layout, index, rung):
    """Draw what happens to the link itself, from one lifeline to the other."""
    y, middle = layout.sent[index], layout.middle
    if rung.event.name not in ("cut", "refused"):
        canvas.line((layout.client, y), (layout.server, y), stroke=rung.role, thick=1.25, dash="2 4")
        for number, line in enumerate(layout.wrapped(rung.number + rung.head)):  # the first line above, others below
            canvas.text(middle, y + (17 * number - 2 if number else -7), line, rung.role, layout.size, anchor="middle")
        return
    canvas.line((layout.client, y), (middle - 26, y), stroke="error", thick=1.75, dash="5 4")
    if rung.event.name == "cut":
        canvas.line((middle + 26, y), (layout.server, y), stroke="error", thick=1.75, dash="5 4")
    canvas.mark("bad", middle, y, 20)
    y += 31
    for line in layout.loud(rung):
        canvas.text(middle, y, line, "error", BODY, bold=True, anchor="middle")
        y += 20
    _draw_notes(canvas, layout, y - 2, rung)


def _draw_ties(canvas, layout, rungs):
    """Tie each ping to its pong, outside the lifeline of the side that asked."""
    places = {id(rung): index for index, rung in enumerate(rungs)}
    taken = {"client": [], "server": []}  # the (y from, y to, depth) of ties so far
    for index, rung in enumerate(rungs):
        if rung.ping is None or id(rung.ping) not in places or rung.fate:
            continue
        side = rung.ping.event.sender
        y1, y2 = layout.sent[places[id(rung.ping)]], layout.arrived[index]
        depth = 11
        while any(depth == other and y1 < until and since < y2 for since, until, other in taken[side]) and depth < 21:
            depth += 5
        taken[side].append((y1, y2, depth))
        _draw_tie(canvas, layout.client if side == "client" else layout.server, y1, y2, depth, side == "server")


def _draw_tie(canvas, x, y1, y2, depth, rightwards):
    out = 1 if rightwards else -1
    canvas.path(
        f"M{x + 3 * out:.1f} {y1:.1f}h{(depth - 7) * out}q{4 * out} 0 {4 * out} 4"
        f"V{y2 - 4:.1f}q0 4 {-4 * out} 4h{-(depth - 7) * out}",
        "control",
        1.5,
    )


def _draw_legend(canvas, facts, layout):
    """Explain the signs that occur; return the height of the card."""
    signs = []
    if layout.to_scale:
        signs.append(("100 ms", "size", 0.1 * SCALE, _draw_bar))
    if layout.broken and facts.times:
        signs.append(("time cut out", "muted", 10, _draw_small_break))
    if layout.spread:
        signs.append(("spread to fit", "muted", 3, _draw_dots))
    if any(rung.ping for rung in facts.rungs):
        signs.append(("ping and its pong", "muted", 8, _draw_small_tie))
    if not signs:
        return layout.bottom + 24
    y = layout.bottom + 18
    canvas.rule(y)
    x, y = canvas.left, y + 20
    for label, role, wide, draw in signs:
        taken = wide + 9 + text_width(label, SMALL)
        if x + taken > canvas.right:
            x, y = canvas.left, y + 24
        draw(canvas, x, y)
        canvas.text(x + wide + 9, y + 4.5, label, role, SMALL)
        x += taken + 14
    return y + 22


def _draw_bar(canvas, x, y):
    end = x + 0.1 * SCALE
    canvas.line((x, y), (end, y), stroke="size", thick=1.5)
    for edge in (x, end):
        canvas.line((edge, y - 4), (edge, y + 4), stroke="size", thick=1.5)


def _draw_small_break(canvas, x, y):
    _draw_break(canvas, x + 5, y)


def _draw_small_tie(canvas, x, y):
    _draw_tie(canvas, x - 3, y - 7, y + 7, 9, True)


def _draw_dots(canvas, x, y):
    canvas.line((x + 1, y - 7), (x + 1, y + 8), thick=1.5, dash="0.1 4.5")


# ---- the text forms


def _as_text(facts):
    """Return the ladder for a terminal: time, client, arrow, server, in columns."""
    first = max((len(rung.time) for rung in facts.rungs), default=0)
    side = (COLUMNS - first - 2 - 7) // 2 if first else (COLUMNS - 7) // 2
    indent = " " * (first + 2 if first else 0)
    lines = [f"{facts.title}: {plural(len(facts.rungs), 'event')}" if facts.rungs else f"{facts.title}: {facts.note}"]
    if facts.rungs:
        lines += ["", f"{indent}{'client':{side + 7}}server"]
    for index, rung in enumerate(facts.rungs):
        if gap := facts.gap(index):
            lines.append(indent + f" ... {gap} ... ".center(side * 2 + 7))
        time = f"{rung.time:>{first}}  " if first else ""
        lines.append(time + (_link_line(rung, side) if rung.is_link else _arrow_line(rung, side)))
        for note, _ in [] if rung.is_link else rung.notes:
            lines += [indent + "  " + line for line in textwrap.wrap(note, COLUMNS - len(indent) - 2)]
    return "\n".join(line.rstrip() for line in lines)


def _arrow_line(rung, side):
    words = rung.words(side)
    rightwards, leftwards = {"": ("-->", "<--"), "lost": ("--x", "x--"), "held": ("--|", "|--")}[rung.fate]
    if rung.event.sender == "client":
        return f"{words:{side}}  {rightwards}"
    return f"{'':{side}}  {leftwards}  {words}"


def _link_line(rung, side):
    said = [rung.number + rung.head] + [note for note, _ in rung.notes]
    mark = "x" if rung.role == "error" else "-"
    return _clip(f" {', '.join(said)} ", side * 2 + 3).center(side * 2 + 7, mark)


def _clip(words, columns):
    """Return `words` cut to `columns`, None for no limit; nothing at all where only a stub would be left."""
    if columns is None or len(words) <= columns:
        return words
    return words[: columns - 3] + "..." if columns > 6 else ""


def _as_sentences(facts):
    """Return the ladder for a screen reader."""
    sentences = []
    for index, rung in enumerate(facts.rungs):
        if gap := facts.gap(index):
            sentences.append(f"{gap}.")
        who = f"{rung.event.sender}: " if not rung.is_link else ""
        when = f"{rung.time}, " if rung.time else ""
        more = "".join(f"; {note}" for note, _ in rung.notes)
        sentences.append(f"{when}{who}{rung.words()}{more}.")
    return " ".join(sentences) or "Nothing was sent."
