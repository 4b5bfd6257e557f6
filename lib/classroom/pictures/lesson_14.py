"""The picture of lesson 14: who comes how far."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

CHECKS = ("certificate", "token", "path", "origin")
DOORS = (240, 326, 402, 478)  # the x of the checks
HANDLER = 540

# (who, what is odd, the check that stops them or None, with what)
VISITORS = (
    ("Ada", "all in order", None, "101"),
    ("Ada", "an impostor on the line", 0, "TLS error"),
    ("Eve", "no token", 1, "401"),
    ("Ada", "a room that is not there", 2, "404"),
    ("a hostile page", "with Ada's cookie", 3, "403"),
)

DESCRIPTION = (
    "Four checks stand in a row before the handler: certificate, token, path, origin. The first is the client's, "
    "the others are the server's. Ada, with all in order, comes through: 101. With an impostor on the line, the client "
    "itself stops at the certificate, with a TLS error. Eve, who has no token, stops at the token: 401. Ada, who asks "
    "for a room that is not there, stops at the path: 404. A hostile page, with Ada's cookie, passes token and path, "
    "and stops at the origin: 403."
)


def guards():
    """Return the SVG: a row for each visitor, a column for each check."""
    canvas = Canvas(WIDE)
    note = "Each check stops somebody whom the others let pass."
    y = canvas.heading("Four checks before the handler", note) + 8
    canvas.text(DOORS[0], y + 12, "the client looks", "muted", SMALL, anchor="middle")
    canvas.text((DOORS[1] + DOORS[3]) / 2, y + 12, "the server looks", "muted", SMALL, anchor="middle")
    canvas.bracket(DOORS[1] - 36, DOORS[3] + 34, y + 18, "edge", depth=-4)
    canvas.bracket(DOORS[0] - 42, DOORS[0] + 42, y + 18, "edge", depth=-4)
    top, height = y + 26, 48
    bottom = top + 30 + height * len(VISITORS)
    for x, name in zip(DOORS, CHECKS, strict=True):
        canvas.text(x, top + 14, name, "key", NOTE, bold=True, anchor="middle")
        canvas.line((x, top + 24), (x, bottom), stroke="key", thick=3)
    canvas.rect(HANDLER, top + 24, canvas.right - HANDLER, bottom - top - 24, "data-tint", "data", radius=6)
    canvas.text((HANDLER + canvas.right) / 2, top + 14, "handler", "data", NOTE, bold=True, anchor="middle")
    for number, visitor in enumerate(VISITORS):
        _draw_visitor(canvas, top + 58 + height * number, *visitor)
    return canvas.svg(bottom + 22, "Four checks, and who is stopped by which", DESCRIPTION)


def _draw_visitor(canvas, y, who, odd, stopped, answer):
    """Draw who comes, and an arrow to the check that stops them, or to the handler."""
    canvas.text(canvas.left, y - 4, who, "ink" if stopped is None or who == "Ada" else "error", BODY, bold=True)
    canvas.text(canvas.left, y + 13, odd, "muted", NOTE)
    end = HANDLER if stopped is None else DOORS[stopped] - 2
    role = "data" if stopped is None else "error"
    start = canvas.left + 166
    canvas.line((start, y), (end, y), stroke=role, thick=2)
    canvas.path(f"M{end} {y}L{end - 9} {y - 4}L{end - 9} {y + 4}Z", role, 1, fill=role)
    for x in DOORS[: len(DOORS) if stopped is None else stopped]:
        canvas.circle(x, y, 5, "card", role, thick=2)
    if stopped is None:
        canvas.text((HANDLER + canvas.right) / 2, y + 5, answer, "data", BODY, mono=True, bold=True, anchor="middle")
    else:
        canvas.mark("bad", end + 16, y)
        canvas.rect(end + 26, y - 8, 8 * len(answer), 16, "card")  # its text may cross the next check
        canvas.text(end + 28, y + 5, answer, "error", NOTE, mono=True, bold=True)


PICTURES = {"14_guards.svg": guards}
