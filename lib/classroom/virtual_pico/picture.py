"""The picture of a virtual Pico: its LED, its Wi-Fi, its readings and the end of its serial log."""

import math
import threading
import time

from ..figure import NOTE, SMALL, Figure, Run, plural, shorten
from .options import MODELS

REDRAW = 0.2  # seconds between two drawings of a live picture, at least

_HOLES = 20  # on each edge of the board


def picture(pico, lines=6):
    """Return a Figure of a VirtualPico, with the last `lines` lines of its log."""
    facts = _Facts(pico, lines)
    return Figure(lambda canvas: _draw(canvas, facts), facts.title, _as_text(facts), _as_sentences(facts))


class _Facts:
    """What the picture and the text have in common."""

    def __init__(self, pico, lines):
        self.title = MODELS[pico.model].title
        self.led = pico.led
        self.wifi = pico.wifi.status
        self.is_up = self.wifi == "connected"
        self.is_plugged = pico.plugged
        self.where = f"{pico.wifi.ssid}, {pico.wifi.ip}" if self.is_up else pico.wifi.ssid or "not asked for"
        self.celsius = pico.temperature
        self.heap = pico.heap and (round(pico.heap[0] / 1024), round(sum(pico.heap) / 1024))
        self.lines = pico.log[-lines:] or ["(nothing yet)"]
        resets = len(pico.resets)
        self.note = f"{plural(resets, 'reset')}, the last one: {pico.resets[-1]}" if resets else "switched on"


# ---- the drawing


def _draw(canvas, facts):
    """Draw the whole card; return its height in px."""
    canvas.heading(facts.title, facts.note)
    left, top, width, height = (24, 84, 312, 112) if canvas.narrow else (24, 88, 320, 122)
    _draw_board(canvas, facts, left, top, width, height)
    if canvas.narrow:
        y = _draw_readings(canvas, facts, canvas.left, top + height + 34)
    else:
        y = max(_draw_readings(canvas, facts, left + width + 28, top + 14), top + height + 34)
    canvas.text(canvas.left, y, "Serial log, last lines", "muted", NOTE, bold=True)
    y += 10
    canvas.rect(canvas.left, y, canvas.room, 19 * len(facts.lines) + 14, "muted-tint", radius=5)
    for number, line in enumerate(facts.lines):
        text = shorten(line, canvas.room - 26, SMALL, mono=True)
        canvas.text(canvas.left + 13, y + 21 + 19 * number, text, "ink", SMALL, mono=True)
    return y + 19 * len(facts.lines) + 14 + canvas.left


def _draw_board(canvas, facts, left, top, width, height):
    """Draw the board from above: USB, LED, chip and radio."""
    middle = top + height / 2
    canvas.rect(left, top, width, height, "data-tint", "data", radius=9)
    for number in range(_HOLES):
        x = left + 15 + number * (width - 30) / (_HOLES - 1)
        canvas.circle(x, top + 8, 2.6, "card", "data", 1.1)
        canvas.circle(x, top + height - 8, 2.6, "card", "data", 1.1)
    canvas.rect(left - 8, middle - 15, 36, 30, "card", "line")
    canvas.text(left + 10, middle + 4.5, "USB", "muted", SMALL, anchor="middle")

    x, y = left + 70, top + 40
    if facts.led:
        for degrees in range(0, 360, 45):
            east, south = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
            canvas.line((x + 9 * east, y + 9 * south), (x + 13 * east, y + 13 * south), stroke="data", thick=1.75)
    canvas.circle(x, y, 6, "data" if facts.led else "card", "data", 1.5)
    words = [Run("LED "), Run("on" if facts.led else "off", bold=True)]
    canvas.text(x, top + height - 28, words, size=SMALL, anchor="middle")

    x = left + width * 0.44 - 23
    canvas.rect(x, middle - 23, 46, 46, "card", "line", radius=4)
    canvas.text(x + 23, middle + 4.5, "RP", "muted", NOTE, mono=True, bold=True, anchor="middle")
    _draw_radio(canvas, facts, left + width - 122, top + 22, 104, height - 44)


def _draw_radio(canvas, facts, left, top, width, height):
    canvas.rect(left, top, width, height, "card", "line", radius=5)
    x, y = left + width / 2, top + height / 2
    role, dash = ("control", "") if facts.is_up else ("line", "2 4")
    canvas.circle(x, y, 2.6, "control" if facts.is_up else "muted")
    for radius in (8, 14, 20):
        arm = radius * 0.72
        arc = f"M{x - arm:.1f} {y - arm:.1f}A{radius} {radius} 0 0 1 {x + arm:.1f} {y - arm:.1f}"
        canvas.path(arc, role, 2.2, dash)
    if not (facts.is_up and facts.is_plugged):
        canvas.line((x - 15, y - 20), (x + 15, y + 5), stroke="error", thick=2.2)
    canvas.text(x, y + 25, "Wi-Fi", "ink", SMALL, anchor="middle")


def _draw_readings(canvas, facts, left, y):
    """Draw the table of readings; return the y below it."""
    column = left + 50
    room = canvas.right - column
    role = "control" if facts.is_up and facts.is_plugged else "error" if facts.wifi != "off" else "muted"
    canvas.text(left, y, "Wi-Fi", "muted", NOTE)
    canvas.text(column, y, [Run(shorten(facts.wifi, room, bold=True), role, bold=True)])
    canvas.text(column, y + 19, shorten(facts.where, room, SMALL), "muted", SMALL)
    y += 47
    canvas.text(left, y, "Cable", "muted", NOTE)
    canvas.text(
        column, y, [Run("in" if facts.is_plugged else "out", "ink" if facts.is_plugged else "error", bold=True)]
    )
    y += 26
    canvas.text(left, y, "Temp", "muted", NOTE)
    canvas.text(column, y, [Run(_temperature(facts), "size", bold=True)])
    y += 26
    canvas.text(left, y, "Heap", "muted", NOTE)
    canvas.text(column, y, [Run(_heap(facts), "size", bold=True)])
    if facts.heap:
        used, total = facts.heap
        canvas.rect(column, y + 8, room, 9, "size-tint", "size", radius=2, thick=1)
        canvas.rect(column, y + 8, room * used / total, 9, "size", radius=2)
    return y + 44


# ---- the text forms


def _temperature(facts):
    return "unknown" if facts.celsius is None else f"{facts.celsius:.1f} °C"


def _heap(facts):
    return "{} of {} KiB".format(*facts.heap) if facts.heap else "unknown"


def _rows(facts):
    return (
        ("LED", "on" if facts.led else "off"),
        ("Wi-Fi", f"{facts.wifi} ({facts.where})"),
        ("Cable", "in" if facts.is_plugged else "out"),
        ("Temp", _temperature(facts)),
        ("Heap", _heap(facts)),
    )


def _as_text(facts):
    rows = [f"  {name:<6}{value}" for name, value in _rows(facts)]
    return "\n".join([f"{facts.title}, {facts.note}", *rows, "Serial log", *(f"  {line}" for line in facts.lines)])


def _as_sentences(facts):
    said = " ".join(f"{name}: {value}." for name, value in _rows(facts))
    return f"{facts.note}. {said} Serial log: {' / '.join(facts.lines)}"


# ---- the picture that keeps up


class Live:
    """A picture in a notebook that is drawn anew after a change, a few times a second at most.

    draw: callable() that returns a Figure. display: callable(figure) that shows it and
    returns a handle with update(figure); that of IPython by default.
    """

    def __init__(self, draw, display=None):
        if display is None:
            from IPython.display import display as show

            def display(figure):
                return show(figure, display_id=True)

        self._draw = draw
        self._lock = threading.Lock()
        self._is_due = False
        self._drawn = time.monotonic()
        self._handle = display(draw())

    def changed(self):
        """Draw it soon; callable from any thread."""
        with self._lock:
            if self._is_due:
                return
            self._is_due = True
            wait = max(0.0, self._drawn + REDRAW - time.monotonic())
        timer = threading.Timer(wait, self._update)
        timer.daemon = True
        timer.start()

    def _update(self):
        with self._lock:
            self._is_due = False
            self._drawn = time.monotonic()
        if self._handle is not None:
            self._handle.update(self._draw())
