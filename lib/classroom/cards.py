"""Cards: the verdict on an exercise, and a table of what is well and what to fix."""

import textwrap

from .figure import BODY, BYTES, NOTE, SMALL, TITLE, Figure, Run, capital, plural, shorten, text_width, wrap

ABSENT = object()  # "not given": None is a value that an exercise may return

COLUMNS = 78  # of the text forms
LONGEST = 160  # characters of a value that are shown
SPAN = 12  # bytes side by side in the text form

# state: (mark, word, role, sign in text)
_STATES = {
    "todo": ("todo", "not started", "muted", "[ ]"),
    "wrong": ("bad", "not yet", "error", "[x]"),
    "crash": ("stop", "your code stopped", "error", "[!]"),
    "passed": ("ok", "passed", "data", "[ok]"),
}

_ROW_MARKS = {"ok": "ok", "fix": "bad", "optional": "todo"}


def task_card(
    state, title, *, call="", looks="", idea="", expected=ABSENT, got=ABSENT, error="", line=0, code="", note=""
):
    """Return a Figure with the verdict on one exercise.

    state: "todo", "wrong", "crash" or "passed". title: str, the name of the task.
    call: str, the call that was checked, as Python, such as "encode_header(1, 5)".
    looks: str, what the answer looks like, to follow the words "Looks like".
    idea: str, what to think about next. note: str, a quiet remark.
    expected, got: any values. Two different bytes objects are compared byte by byte,
        all others are shown as their repr.
    error: str, the exception; line: int and code: str, the student's line that raised it.
    """
    if state not in _STATES:
        raise ValueError(f"state is one of {', '.join(_STATES)}, not {state!r}")
    said = [f"Looks like {looks}"] if looks else []
    said += [text for text in (idea, note) if text]
    values = _Bytes(expected, got) if _are_different_bytes(expected, got) else _Values(expected, got)

    def draw(canvas):
        y = _draw_head(canvas, state, title)
        x = canvas.left + 26
        room = canvas.right - x
        if error:
            y = _draw_crash(canvas, x, y, error, line, code)
        if call and state == "crash":
            y = _draw_call(canvas, x, y, call)
        if looks:
            y = canvas.para(x, y, said[0], room, bold=True)
        if idea:
            y = canvas.para(x, y, idea, room)
        if call and state != "crash":
            y = _draw_call(canvas, x, y + 4, call)
        y = values.draw(canvas, y)
        if note:
            y = canvas.para(x, y, note, room, "muted", 13.5, leading=19)
        return y + 4

    lines = _task_lines(state, title, said, call, error, line, code) + values.lines()
    sentences = [
        *said,
        error and f"{error} {_where(line)} {code.strip()}".strip(),
        call and f"Checked: {call}.",
        values.sentence(),
    ]
    word = _STATES[state][1]
    return Figure(draw, f"{title}: {word}", "\n".join(lines), " ".join(filter(None, sentences)) or f"{title}: {word}")


def _draw_head(canvas, state, title):
    """Write the title and the verdict, on one line if there is room; return the y below."""
    mark, word, role, _ = _STATES[state]
    bold = state != "todo"
    x, y = canvas.left + 26, 33
    canvas.mark(mark, canvas.left + 8, y - 5)
    verdict = Run(word, role, bold=bold)
    if text_width(f"{title}  {word}", BYTES, bold=True) <= canvas.right - x:
        canvas.text(x, y, [Run(f"{title}  ", bold=True), verdict], size=BYTES)
        return y + 26
    y = canvas.para(x, y, title, canvas.right - x, size=BYTES, bold=True)
    canvas.text(x, y, [verdict], size=BYTES)
    return y + 26


def _draw_crash(canvas, x, y, error, line, code):
    """Write the exception and show the student's line; return the y below."""
    room = canvas.right - x
    where = f"  {_where(line)}"
    if text_width(error, BODY, mono=True) + text_width(where) <= room:
        canvas.text(x, y, [Run(error, "error", mono=True, bold=True), Run(where, "muted")])
        y += 20
    else:
        for text in wrap(error, room, mono=True)[:4]:
            canvas.text(x, y, text, "error", mono=True, bold=True)
            y += 20
        if line:
            canvas.text(x, y, _where(line), "muted")
            y += 20
    if code:
        number = f"{line}  " if line else ""
        shown = shorten(code.strip(), room - 28 - text_width(number, 13.5, mono=True), 13.5, mono=True)
        canvas.panel(x, y - 8, room, 32, "error")
        canvas.text(x + 14, y + 13, [Run(number, "muted", mono=True), Run(shown, mono=True)], size=13.5)
        y += 50
    return y + 2


def _where(line):
    return f"at your line {line}" if line else ""


def _draw_call(canvas, x, y, call):
    """Write which call was checked; return the y below."""
    left = _value_left(canvas)
    canvas.text(x, y, "call", "muted", NOTE)
    return canvas.para(left, y, call, canvas.right - left, "ink", 13.5, mono=True) + 6


def _value_left(canvas):
    """Return the x of values, right of their names."""
    return canvas.left + 26 + (72 if canvas.narrow else 86)


def _task_lines(state, title, said, call, error, line, code):
    """Return the words of a task card for a terminal."""
    lines = [f"{_STATES[state][3]} {title}: {_STATES[state][1]}"]
    if error:
        lines.append(f"    {error}  {_where(line)}".rstrip())
    if code:
        lines.append(f"    {line or ''} | {code.strip()}")
    words = [textwrap.indent(textwrap.fill(text, COLUMNS - 4), "    ") for text in said]
    shown_call = [f"    call      {call}"] if call else []
    return lines + (shown_call + words if state == "crash" else words + shown_call)


class _Values:
    """Expected and got as two reprs; either may be absent."""

    def __init__(self, expected, got):
        pairs = [("expected", expected, "data"), ("got", got, "error")]
        given = [(name, _repr(value), role) for name, value, role in pairs if value is not ABSENT]
        start = _first_difference(*(text for _, text, _ in given)) if len(given) == 2 else 0
        self.rows = [(name, _window(text, start), role) for name, text, role in given]

    def draw(self, canvas, y):
        left = _value_left(canvas)
        y += 4 if self.rows else 0
        for name, text, role in self.rows:
            canvas.text(canvas.left + 26, y, name, "ink", NOTE)
            y = canvas.para(left, y, text, canvas.right - left, role, 13.5, mono=True, bold=True) + 4
        return y

    def lines(self):
        indent = " " * 14
        return [
            textwrap.fill(text, COLUMNS, initial_indent=f"    {name:10}", subsequent_indent=indent)
            for name, text, _ in self.rows
        ]

    def sentence(self):
        return " ".join(f"{capital(name)}: {text}." for name, text, _ in self.rows)


class _Bytes:
    """Expected and got as two rows of bytes, the first difference marked."""

    def __init__(self, expected, got):
        self.rows = (("expected", bytes(expected), "data"), ("got", bytes(got), "error"))
        self.longest = max(len(expected), len(got))
        self.first = _first_difference(self.rows[0][1], self.rows[1][1])

    def verdict(self):
        (_, expected, _), (_, got, _) = self.rows
        if self.first == len(got):
            return f"got ends after {plural(len(got))} of {len(expected)}"
        if self.first == len(expected):
            return f"got goes on: {plural(len(got) - len(expected))} too many"
        return f"first difference: byte {self.first}"

    def shown(self, room):
        """Return the numbers (range) of the bytes to show where `room` of them fit side by side."""
        start = max(0, min(self.first - room // 2, self.longest - room))
        return range(start, min(start + room, self.longest))

    def draw(self, canvas, y):
        """Draw both rows, byte above byte; return the y below."""
        x = canvas.left + 72 if canvas.narrow else _value_left(canvas)
        names = canvas.left if canvas.narrow else canvas.left + 26
        cell = 25 if canvas.narrow else 40
        shown = self.shown(int((canvas.right - x) // cell))
        y += 8
        box = x + cell * (self.first - shown.start)
        canvas.rect(box + 1, y + 8, cell - 2, 62, "error-tint", "error", radius=4)
        canvas.text(names, y, "byte", "muted", SMALL)
        for place, index in enumerate(shown):
            middle = x + cell * (place + 0.5)
            canvas.text(middle, y, str(index), "muted", SMALL, bold=index == self.first, anchor="middle")
        for baseline, (name, data, role) in zip((y + 30, y + 58), self.rows, strict=True):
            canvas.text(names, baseline, name, "ink", NOTE)
            for place, index in enumerate(shown):
                first = index == self.first
                role_here = role if first else "muted"
                pair = _pair(data, index)
                canvas.text(x + cell * (place + 0.5), baseline, pair, role_here, BYTES, True, first, "middle")
        middle = box + cell / 2
        canvas.path(f"M{middle - 5:.1f} {y + 82}l5 -7l5 7z", "error", 1, fill="error")
        half = text_width(self.verdict(), bold=True) / 2
        center = min(max(middle, names + half), canvas.right - half)
        canvas.text(center, y + 100, self.verdict(), "error", bold=True, anchor="middle")
        return y + 124

    def lines(self):
        shown = self.shown(SPAN)
        lines = ["    byte     " + "".join(f"{index:>4}" for index in shown)]
        for name, data, _ in self.rows:
            lines.append(f"    {name:9}" + "".join(f"{_pair(data, index):>4}" for index in shown))
        return lines + ["    " + " " * (11 + 4 * (self.first - shown.start)) + f"^^ {self.verdict()}"]

    def sentence(self):
        (_, expected, _), (_, got, _) = self.rows
        return f"Expected {_listed(expected)}, got {_listed(got)}; {self.verdict()}."


def _are_different_bytes(expected, got):
    kinds = bytes, bytearray, memoryview
    return isinstance(expected, kinds) and isinstance(got, kinds) and bytes(expected) != bytes(got)


def _first_difference(one, other):
    """Return the index at which two sequences part, or the length of the shorter."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))


def _pair(data, index):
    return f"{data[index]:02x}" if index < len(data) else "--"


def _listed(data):
    more = f" and {plural(len(data) - LONGEST)} more" if len(data) > LONGEST else ""
    return (data[:LONGEST].hex(" ") or "no bytes") + more


def _repr(value):
    """Return the repr of a student's value, which may fail."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__}, whose repr() raised {type(error).__name__}>"


def _window(text, index):
    """Return at most LONGEST characters of `text`, with the one at `index` among them."""
    if len(text) <= LONGEST:
        return text
    start = max(0, min(index - LONGEST // 2, len(text) - LONGEST))
    end = start + LONGEST
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def table_card(title, rows):
    """Return a Figure with one line for each thing that was looked at.

    rows: (what, found, state, fix), all str. state: "ok", "fix", or "optional" for what
        is missing but not needed. fix: what to do about it, shown unless the state is "ok".
    """
    rows = [tuple(row) for row in rows]
    for what, _, state, _ in rows:
        if state not in _ROW_MARKS:
            raise ValueError(f"the state of {what!r} is one of {', '.join(_ROW_MARKS)}, not {state!r}")
    wrong = sum(state == "fix" for _, _, state, _ in rows)
    verdict = Run(f"{plural(wrong, 'thing')} to fix" if wrong else "ready", "error" if wrong else "data", bold=True)

    def draw(canvas):
        canvas.text(canvas.left, 36, [Run(f"{title}  ", bold=True), verdict], size=TITLE)
        y = 54
        for row in rows:
            y = _draw_row(canvas, y, *row)
        return y + 12

    listed = [f"{what}: {found}, {state}. {fix if state != 'ok' else ''}".strip() for what, found, state, fix in rows]
    return Figure(draw, f"{title}: {verdict.text}", _table_text(title, verdict.text, rows), " ".join(listed))


def _draw_row(canvas, y, what, found, state, fix):
    """Draw one row of the table; return the y below."""
    urgent = state == "fix"
    role = "error" if urgent else "muted"
    name_x = canvas.left + 30
    found_x, found_y = (name_x, y + 42) if canvas.narrow else (canvas.left + 190, y + 23)
    found_room = canvas.right - found_x - (0 if canvas.narrow else 80)
    advice_x = canvas.left + 100 if urgent and not canvas.narrow else name_x
    advice_room = canvas.right - advice_x
    advice_y = found_y + 20 * len(wrap(found, found_room, 13.5)) + 4
    end = advice_y - 13
    if state != "ok" and fix:
        heading = 20 if urgent and canvas.narrow else 0
        end += heading + 20 * len(wrap(fix, advice_room)) + 6
    if urgent:  # the panel first: it lies below the texts
        canvas.panel(canvas.left - 8, y, canvas.room + 16, end - y, "error")
    canvas.rule(y)
    canvas.mark(_ROW_MARKS[state], canvas.left + 9, y + 18)
    name_room = (canvas.right - 70 if canvas.narrow else found_x - 8) - name_x
    canvas.text(name_x, y + 23, shorten(what, name_room, bold=urgent), bold=urgent)
    canvas.text(canvas.right, y + 23, state, role, 13.5, bold=urgent, anchor="end")
    canvas.para(found_x, found_y, found, found_room, role, 13.5)
    if state != "ok" and fix:
        if urgent:
            canvas.text(name_x, advice_y, "Do this:", bold=True)
        canvas.para(advice_x, advice_y + heading, fix, advice_room, "ink" if urgent else "muted")
    return end


def _table_text(title, verdict, rows):
    """Return the table for a terminal."""
    names = max((len(what) for what, _, _, _ in rows), default=0)
    indent = " " * (names + 12)
    lines = [f"{title}: {verdict}", ""]
    for what, found, state, fix in rows:
        lines.append(f"{state:9} {what:{names}}  {found}")
        if fix and state != "ok":
            advice = f"Do this: {fix}" if state == "fix" else fix
            lines += textwrap.wrap(advice, COLUMNS, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(lines)
