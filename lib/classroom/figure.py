"""The drawing kit that the figures of the course share.

A figure is drawn twice, 620 px wide for a desk and 360 px for a phone, and shown
without any script. Three rules make it legible wherever a notebook ends up:

- A colour is named by its role ("ink", "key", "error"), never by its value. Each
  shape has the light theme in plain attributes; a <style> only swaps it for dark.
- A figure paints its own card, so its text never meets an unknown background.
- The same facts exist as text: for a terminal, and for a reader who does not see.

Lengths are px, y grows downwards, and the y of a text is its baseline.
"""

import functools
import hashlib
import math
import unicodedata
from dataclasses import dataclass
from html import escape

WIDE, NARROW = 620, 360  # the two widths of a card
TITLE, BYTES, BODY, NOTE, SMALL = 17, 15, 14, 13, 12.5  # font sizes

_SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"
_MONO = "ui-monospace,Menlo,Consolas,monospace"

# role: (light, dark). A "-tint" is the background for text of its role.
PALETTE = {
    "card": ("#fdfcfa", "#191b1f"),
    "edge": ("#ddd8ce", "#3a3f46"),
    "line": ("#8b8f95", "#7b828b"),  # axes and lifelines
    "ink": ("#22262b", "#e8e6e1"),  # main text
    "muted": ("#5d636b", "#a7acb4"),  # second voice
    "control": ("#1f5fa8", "#86b9f5"),  # header bits, ping, pong, close
    "size": ("#85540a", "#e2b25f"),  # lengths, times, quantities
    "key": ("#7b3f9e", "#cfa5ee"),  # mask, key, accept
    "data": ("#0f6a5a", "#6cceb8"),  # payload, passed
    "error": ("#b3271e", "#ff9489"),  # the one wrong thing
    "muted-tint": ("#f3f1ec", "#22252a"),
    "control-tint": ("#e6eff9", "#1c2b3d"),
    "size-tint": ("#f7ecd8", "#352a16"),
    "key-tint": ("#f2e8f7", "#2d2138"),
    "data-tint": ("#e0f1ec", "#16302b"),
    "error-tint": ("#fbe6e3", "#3f211e"),
}

# What a page says of itself when it is dark: JupyterLab, then the tools that make books of notebooks.
_DARK_PAGES = (
    'body[data-jp-theme-light="false"] .ws',
    'html[data-theme="dark"] .ws',
    "html.dark .ws",
    "body.vscode-dark .ws",
    "body.quarto-dark .ws",
    '[data-md-color-scheme="slate"] .ws',
)

_FIT = (
    ".ws-fit{container-type:inline-size;padding:1px 0 3px}"
    ".ws-fit svg{display:block;max-width:100%;height:auto}"
    ".ws-fit>.ws-narrow{display:none}"
    "@container(max-width:539px){.ws-fit>.ws-wide{display:none}.ws-fit>.ws-narrow{display:block}}"
)


@functools.lru_cache(4096)  # it is asked for each character of each text, and few differ
def text_width(text, size=BODY, mono=False, bold=False):
    """Estimate the width of `text` (str) in px; on the wide side, since the font is the reader's own."""
    return sum(_em(char, mono) for char in text) * size * (1.1 if bold and not mono else 1)


def _em(char, mono):
    if unicodedata.east_asian_width(char) in "WF":
        return 1.25
    if mono:
        return 0.61
    if char in " \xa0ijlft.,:;'!|()[]":
        return 0.4
    if char in "mwMW@%":
        return 1.0
    return 0.78 if char.isupper() else 0.64


def wrap(text, room, size=BODY, mono=False, bold=False):
    """Return `text` (str) as a list of lines at most `room` px wide, cut at spaces where there are any."""
    lines = []
    for rest in text.splitlines() or [""]:
        while (cut := _fitting(rest, room, size, mono, bold)) < len(rest):
            cut = max(rest.rfind(" ", 0, cut + 1), 0) or max(cut, 1)
            lines.append(rest[:cut])
            rest = rest[cut:].removeprefix(" ")
        lines.append(rest)
    return lines


def shorten(text, room, size=BODY, mono=False, bold=False):
    """Return `text` (str), cut and ended with an ellipsis if it is wider than `room` px."""
    if _fitting(text, room, size, mono, bold) == len(text):
        return text
    return text[: _fitting(text, room - size, size, mono, bold)] + "…"


def _fitting(text, room, size, mono, bold):
    """Return how many characters of `text` fit into `room` px."""
    used = 0
    for index, char in enumerate(text):
        used += text_width(char, size, mono, bold)
        if used > room:
            return index
    return len(text)


def plural(count, noun="byte"):
    """Return "1 byte", "2 bytes"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def capital(sentence):
    """Return `sentence` (str) with a capital first letter, the others as they were."""
    return sentence[:1].upper() + sentence[1:]


@dataclass(frozen=True)
class Run:
    """A stretch of text in one style, for lines that mix several."""

    text: str
    role: str = "ink"
    mono: bool = False
    bold: bool = False


class Canvas:
    """One drawing of a figure, under way.

    width: int, px. narrow: bool, drawn for a phone. left, right: the x between which
    content may be; room: px from one to the other. Roles are keys of PALETTE.
    """

    def __init__(self, width):
        self.width = width
        self.narrow = width < WIDE
        self.left = 16 if self.narrow else 24
        self.right = width - self.left
        self.room = self.right - self.left
        self._parts = []
        self._roles = set()

    def rect(self, x, y, width, height, fill=None, stroke=None, radius=3, thick=1.5, dash=""):
        """Draw a box; `dash` is an SVG dash pattern such as "4 2"."""
        place = f'x="{_px(x)}" y="{_px(y)}" width="{_px(width)}" height="{_px(height)}" rx="{radius}"'
        self._shape("rect", place, fill, stroke, thick, dash)

    def circle(self, x, y, radius, fill=None, stroke=None, thick=1.25, dash=""):
        """Draw a circle around (x, y)."""
        self._shape("circle", f'cx="{_px(x)}" cy="{_px(y)}" r="{_px(radius)}"', fill, stroke, thick, dash)

    def path(self, data, stroke="line", thick=1.25, dash="", fill=None):
        """Draw an SVG path; `data` is its d attribute."""
        self._shape("path", f'd="{data}" stroke-linecap="round" stroke-linejoin="round"', fill, stroke, thick, dash)

    def line(self, *points, stroke="line", thick=1.25, dash=""):
        """Draw straight strokes through `points`, pairs (x, y)."""
        self.path("M" + "L".join(f"{_px(x)} {_px(y)}" for x, y in points), stroke, thick, dash)

    def rule(self, y):
        """Draw the thin line between two sections."""
        self.line((self.left, y), (self.right, y), stroke="edge")

    def bracket(self, x1, x2, y, role, depth=4):
        """Draw a bracket that opens upwards and gathers x1..x2."""
        self.line((x1, y), (x1, y + depth), (x2, y + depth), (x2, y), stroke=role)

    def panel(self, x, y, width, height, role):
        """Draw a tinted box with a bar of its role on the left."""
        self.rect(x, y, width, height, fill=role + "-tint", radius=4)
        self.rect(x, y, 4, height, fill=role, radius=0)

    def text(self, x, y, content, role="ink", size=BODY, mono=False, bold=False, anchor="start"):
        """Write one line: `content` is a str, or a list of Run that bring their own styles.

        x: px, or a list with one px for each character. anchor: "start", "middle", "end".
        """
        runs = [Run(content, role, mono, bold)] if isinstance(content, str) else content
        places = " ".join(_px(place) for place in (x if isinstance(x, list) else [x]))
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        spans = "".join(f"<tspan{self._style(run)}>{_safe(run.text)}</tspan>" for run in runs)
        self._parts.append(f'<text x="{places}" y="{_px(y)}" font-size="{size}"{side}>{spans}</text>')

    def para(self, x, y, text, room, role="ink", size=BODY, mono=False, bold=False, leading=20):
        """Write `text` (str) in lines at most `room` px wide; return the baseline after the last."""
        for line in wrap(text, room, size, mono, bold):
            self.text(x, y, line, role, size, mono, bold)
            y += leading
        return y

    def heading(self, title, note="", mark="", role="ink"):
        """Write the title of the card, with a `mark` before it, and a note below; return the y below them."""
        indent = 22 if mark else 0
        if mark:
            self.mark(mark, self.left + 7, 30, 9)
        y = self.para(self.left + indent, 36, title, self.room - indent, role, TITLE, bold=True, leading=22)
        return self.para(self.left, y + 1, note, self.room, "muted", NOTE, leading=18) + 4

    def badge(self, x, y, number, role):
        """Draw a number in a circle around (x, y)."""
        self.circle(x, y, 9, stroke=role)
        self.text(x, y + 4.5, str(number), role, SMALL, bold=True, anchor="middle")

    def mark(self, kind, x, y, radius=9):
        """Draw an icon around (x, y): "ok" a tick, "bad" a cross, "stop" an exclamation mark, "todo" a dashed ring."""
        if kind == "ok":
            tick = (x - radius * 0.6, y), (x - radius * 0.15, y + radius * 0.5), (x + radius * 0.65, y - radius * 0.5)
            self.line(*tick, stroke="data", thick=2.25)
        elif kind == "bad":
            arm = radius / 2
            self.line((x - arm, y - arm), (x + arm, y + arm), stroke="error", thick=2.25)
            self.line((x + arm, y - arm), (x - arm, y + arm), stroke="error", thick=2.25)
        elif kind == "stop":
            self.line((x, y - radius * 0.75), (x, y + radius * 0.15), stroke="error", thick=2.5)
            self.circle(x, y + radius * 0.7, 1.5, fill="error")
        elif kind == "todo":
            self.circle(x, y, radius * 0.7, stroke="muted", thick=1.5, dash="3 2.6")
        else:
            raise ValueError(f"no mark is called {kind!r}")

    def svg(self, height, title, description):
        """Return the drawing as the text of one SVG document, on a card `height` px tall."""
        height = math.ceil(height)
        card = Canvas(self.width)  # inset, or scaling clips its last pixel
        card.rect(1.5, 1.5, self.width - 3, height - 3, "card", "edge", radius=8, thick=1)
        body = "".join(card._parts + self._parts)
        uid = "ws" + hashlib.sha1(f"{self.width}{title}{description}{body}".encode(errors="replace")).hexdigest()[:10]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ws" role="img" aria-labelledby="{uid}t {uid}d"'
            f' width="{self.width}" height="{height}" viewBox="0 0 {self.width} {height}" font-family="{_SANS}">'
            f'<title id="{uid}t">{escape(_printable(title), quote=False)}</title>'
            f'<desc id="{uid}d">{escape(_printable(description), quote=False)}</desc>'
            f"<style>{_themes(sorted(self._roles | card._roles))}</style>{body}</svg>"
        )

    def _shape(self, name, place, fill, stroke, thick, dash):
        width = f' stroke-width="{thick}"' if stroke else ""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(f"<{name} {place}{width}{dashes}{self._paint(fill, stroke)}/>")

    def _style(self, run):
        family = f' font-family="{_MONO}"' if run.mono else ""
        weight = ' font-weight="600"' if run.bold else ""
        return family + weight + self._paint(run.role, None)

    def _paint(self, fill, stroke):
        """Return the attributes that colour a shape: the light theme, and the classes the dark one needs."""
        used = [(name, role) for name, role in (("fill", fill), ("stroke", stroke)) if role]
        self._roles.update(role for _, role in used)
        none = "" if fill else ' fill="none"'
        light = "".join(f' {name}="{PALETTE[role][0]}"' for name, role in used)
        return f'{none}{light} class="{" ".join(f"{name}-{role}" for name, role in used)}"'


def _px(number):
    return f"{number:.1f}".removesuffix(".0")


def _printable(text):
    """Return `text` without what XML forbids or what would turn the reading direction."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)


def _safe(text):
    """Return `text` ready to stand in an SVG, every space of it kept."""
    return escape(_printable(text), quote=False).replace(" ", "\xa0")


def _themes(roles):
    """Return the CSS that swaps `roles` for dark: by the page's own sign, or by the system's for an image.

    :root matches only where the SVG is a document of its own, so an inline figure
    never follows the system against its page.
    """
    dark = ";".join(f"--ws-{role}:{PALETTE[role][1]}" for role in roles)
    swaps = "".join(
        f".ws .{name}-{role}{{{name}:var(--ws-{role},{PALETTE[role][0]})}}"
        for role in roles
        for name in ("fill", "stroke")
    )
    return f"{','.join(_DARK_PAGES)}{{{dark}}}@media(prefers-color-scheme:dark){{svg.ws:root{{{dark}}}}}{swaps}"


class Figure:
    """A picture that a notebook shows by itself; `print(figure)` gives it as text.

    draw: callable(canvas) -> height of the card in px; called once for each width.
    title: str, one line. text: str, the figure for a terminal. description: str, what
        the picture holds, in sentences for a screen reader.

    svg, narrow: str, the wide and the narrow drawing. html: str, both, of which the
    page shows the one that fits.
    """

    def __init__(self, draw, title, text, description):
        self.title = title
        self.text = text
        self.description = description
        self.svg = self._drawn(draw, WIDE)
        self.narrow = self._drawn(draw, NARROW)

    def _drawn(self, draw, width):
        canvas = Canvas(width)
        height = draw(canvas)
        return canvas.svg(height, self.title, self.description)

    @property
    def html(self):
        return (
            f'<div class="ws-fit"><style>{_FIT}</style>'
            f'<div class="ws-wide">{self.svg}</div><div class="ws-narrow">{self.narrow}</div></div>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/html": self.html, "image/svg+xml": self.svg, "text/plain": self.text}

    def __str__(self):
        return self.text

    __repr__ = __str__  # so that a plain Python prompt shows the figure too
