"""The picture of lesson 11: one port with a page and a WebSocket, one value, shown in three tabs."""

from ..figure import BODY, NOTE, TITLE, WIDE, Canvas

SERVER, TABS = 24, 400  # the x of the server and of the tabs
SERVER_WIDTH, TAB_WIDTH = 176, 196
TAB_HEIGHT, STEP = 92, 108

DESCRIPTION = (
    "On the left a server with one port. It holds the value 3 and a set of three users. On the right three tabs of "
    "browsers. Step 1: the first tab sends GET, and gets the page. Step 2: the page sends GET with Upgrade to the same "
    "port, and gets 101: a WebSocket. Step 3: a click in this tab sends plus. Step 4: the server sends value 3 and "
    "3 users to all three tabs, also to the one that clicked. Each tab shows 3, with a minus and a plus button beside "
    "it, 3 users, connected."
)


def in_step():
    """Return the SVG."""
    canvas = Canvas(WIDE)
    y = canvas.heading("One port, one value, many tabs", "The page comes first. Then it opens its WebSocket.") + 8
    bottom = y + 2 * STEP + TAB_HEIGHT
    canvas.rect(SERVER, y, SERVER_WIDTH, bottom - y, "muted-tint", "edge", radius=6)
    canvas.text(SERVER + 14, y + 26, "server", bold=True)
    canvas.text(SERVER + 14, y + 46, "one port for both", "muted", NOTE)
    _kept(canvas, y + 150, "value", "3", "data")
    _kept(canvas, y + 214, "users", "ada, ben, cleo", "key")
    for number, name in enumerate(("ada", "ben", "cleo")):
        _tab(canvas, y + number * STEP, name)
    start, end = SERVER + SERVER_WIDTH, TABS
    _arrow(canvas, (end, y + 12), (start, y + 12), "muted", "1  GET /")
    _arrow(canvas, (start, y + 34), (end, y + 34), "muted", "the page")
    _arrow(canvas, (end, y + 60), (start, y + 60), "control", "2  Upgrade, 101")
    _arrow(canvas, (end, y + 84), (start, y + 84), "size", "3  plus")
    middle = y + 206
    canvas.text(start + 14, middle + 74, "4  value 3, 3 users", "data", NOTE, bold=True)
    for number in range(3):
        _arrow(canvas, (start, middle - 22), (end, y + number * STEP + (88 if number == 0 else 60)), "data")
    return canvas.svg(bottom + 18, "A page and a WebSocket from one port, one value in three tabs", DESCRIPTION)


def _kept(canvas, y, name, value, role):
    """Draw what the server keeps."""
    canvas.rect(SERVER + 14, y, SERVER_WIDTH - 28, 50, role + "-tint", "edge", radius=4)
    canvas.text(SERVER + 26, y + 20, name, "muted", NOTE)
    canvas.text(SERVER + 26, y + 40, value, role, BODY, bold=True)


def _tab(canvas, y, name):
    """Draw a tab, as its page looks."""
    canvas.rect(TABS, y, TAB_WIDTH, TAB_HEIGHT, "card", "line", radius=6)
    canvas.text(TABS + 14, y + 22, f"{name}'s tab", "muted", NOTE)
    for x, sign in ((14, "−"), (100, "+")):
        canvas.rect(TABS + x, y + 32, 28, 26, "muted-tint", "line", radius=4)
        canvas.text(TABS + x + 14, y + 50, sign, bold=True, anchor="middle")
    canvas.text(TABS + 71, y + 52, "3", "data", TITLE, bold=True, anchor="middle")
    canvas.text(TABS + 14, y + 79, "3 users", size=NOTE)
    canvas.text(TABS + 80, y + 79, "connected", "data", NOTE)


def _arrow(canvas, start, end, role, label=""):
    """Draw an arrow from `start` to `end`, pairs (x, y), with a label above its middle."""
    (x, y), (u, v) = start, end
    length = ((u - x) ** 2 + (v - y) ** 2) ** 0.5
    along, across = ((u - x) / length * 9, (v - y) / length * 9), ((v - y) / length * 4, (x - u) / length * 4)
    canvas.line(start, end, stroke=role, thick=1.5)
    back = (u - along[0], v - along[1])
    corners = [(back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1])]
    canvas.path("M%.1f %.1fL%.1f %.1fL%.1f %.1fZ" % (u, v, *corners[0], *corners[1]), role, 1, fill=role)
    if label:
        canvas.text((x + u) / 2, (y + v) / 2 - 5, label, role, NOTE, bold=True, anchor="middle")


PICTURES = {"11_in_step.svg": in_step}
