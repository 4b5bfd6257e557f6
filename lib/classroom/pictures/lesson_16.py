"""The picture of lesson 16: two server processes, one hub, and a client that sees a gap in the numbers."""

from ..figure import BODY, NOTE, SMALL, WIDE, Canvas

DESCRIPTION = (
    "Ada, Al and Bob connect to a load balancer. It leads Ada and Al to server A, Bob to server B. Both servers are "
    "joined to the hub, Redis. Ada says hello: it goes to server A, to the hub, which gives it the number 6, and from "
    "there to both servers, and to all three people. Below, the numbers that Bob hears: 6, 7, then a gap, then 10: "
    "two are missing."
)


def beyond_one_process():
    """Return the SVG: people, balancer, servers, hub, and a row of numbers with a gap."""
    canvas = Canvas(WIDE)
    y = canvas.heading("Two processes, one room", "The balancer chooses once, for each connection. The hub joins all.")
    rows = {"Ada": y + 34, "Al": y + 94, "Bob": y + 154}
    for name, at in rows.items():
        _box(canvas, 24, at, 62, name, "ink")
    _box(canvas, 148, rows["Al"], 84, "balancer", "muted", tall=150)
    _box(canvas, 300, y + 64, 92, "server A", "control")
    _box(canvas, 300, rows["Bob"], 92, "server B", "control")
    _box(canvas, 480, rows["Al"], 116, "hub: Redis", "data", tall=150)
    for name, at in rows.items():
        _arrow(canvas, (86, at), (146, at), "both", "ink" if name == "Ada" else "line")
    for at in (rows["Ada"], rows["Al"]):
        _arrow(canvas, (232, at), (298, y + 64), "both", "ink" if at == rows["Ada"] else "line")
    _arrow(canvas, (232, rows["Bob"]), (298, rows["Bob"]), "both", "line")
    _arrow(canvas, (392, y + 54), (478, y + 54), "to", "data")
    canvas.text(435, y + 46, "hello", "data", SMALL, bold=True, anchor="middle")
    for at in (y + 76, rows["Bob"]):
        _arrow(canvas, (478, at), (394, at), "to", "data")
        canvas.text(435, at + 16, "6 hello", "data", SMALL, bold=True, anchor="middle")
    y = rows["Bob"] + 62
    canvas.rule(y - 16)
    canvas.text(24, y + 16, "Bob hears", "muted", NOTE)
    x = 110
    for number in ("6", "7", "", "", "10"):
        role = "data" if number else "error"
        canvas.rect(x, y - 4, 44, 30, fill=f"{role}-tint", stroke=role, dash="" if number else "4 3")
        canvas.text(x + 22, y + 16, number or "?", role, BODY, bold=True, anchor="middle")
        x += 54
    canvas.text(x + 8, y + 16, "10 after 7: two are missing", "error", NOTE, bold=True)
    return canvas.svg(y + 46, "Two server processes, a hub between them, and a gap in the numbers", DESCRIPTION)


def _box(canvas, x, middle, width, name, role, tall=36):
    """Draw a box with a name in it, around the height `middle`."""
    fill = "muted-tint" if role in ("ink", "muted") else f"{role}-tint"
    canvas.rect(x, middle - tall / 2, width, tall, fill=fill, stroke=role, radius=5)
    canvas.text(x + width / 2, middle + 5, name, role, NOTE, bold=True, anchor="middle")


def _arrow(canvas, start, end, kind, role):
    """Draw a line from start to end, (x, y) each; "to": with a tip at its end; "both": a connection, without one."""
    canvas.line(start, end, stroke=role, thick=1.5)
    if kind == "to":
        (x, y), side = end, 8 if end[0] < start[0] else -8
        canvas.path(f"M{x} {y:.1f}L{x + side} {y - 4:.1f}L{x + side} {y + 4:.1f}Z", role, 1, fill=role)


PICTURES = {"16_beyond_one_process.svg": beyond_one_process}
