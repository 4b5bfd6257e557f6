"""Web pages that come from a notebook's own WebSocket server, and are shown in the notebook.

    url = await servers.start("clock", clock, process_request=pages.site("clock.html"))
    pages.show(url)

A WebSocket begins as an HTTP request (RFC 6455 section 1.7), so that one port has room for
both: a browser that asks for the page gets it, and the page then opens its WebSocket to
where it came from.
"""

import asyncio
import json
import os
import re
import textwrap
from collections import namedtuple
from pathlib import Path
from urllib.parse import urlsplit

from .workspace import ROOT

# status: int. kind: str, the Content-Type. text: str, the body.
Answer = namedtuple("Answer", "status kind text")

LIVE = "ws-live"  # the class of what `show` makes: authoring.py keeps it out of a saved notebook

_SCRIPT = Path(__file__).with_name("pages.js")  # finds out, in the browser, where the page is, and makes the frames

# What a response carries beside its body. Nothing may keep a page that its author is still changing.
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def site(page):
    """Return a function for the `process_request` of a server, which answers GET / with `page`.

    page: str, the name of a file in the folder pages, such as "clock.html": the one beside your
        notebook if there is one, else the course's; or a Path, which is taken as it is. The file
        is read anew each time, so change it, and reload it in the browser.

    Requests for a WebSocket go on to the server's handler. The function suits `websockets` and
    `pocketws`. Raises FileNotFoundError if there is no such page.
    """
    path = page if isinstance(page, Path) else _find(page)
    if not path.is_file():
        raise FileNotFoundError(f"There is no page {str(path)!r}.")

    def process_request(connection, request):
        if _asks_for_websocket(request):
            return None
        method = getattr(request, "method", "GET")  # `websockets` 15 has no other, and does not name it
        if method not in ("GET", "HEAD"):
            response = connection.respond(405, "Here is a page to GET, and a WebSocket.\n")
            response.headers["Allow"] = "GET, HEAD"
        elif request.path.partition("?")[0] != "/":
            response = connection.respond(404, "There is one page here, and its path is /\n")
        else:
            response = connection.respond(200, path.read_text(encoding="utf-8"))
            for name, value in _HEADERS.items():
                if name in response.headers:
                    del response.headers[name]
                response.headers[name] = value
        if method == "HEAD":
            response.body = b""  # the headers of a GET, and no body: RFC 9110 section 9.3.2
        return response

    return process_request


def show(url, height=240, tabs=1):
    """Return the page at `url`, to be the last line of a cell: one frame for each of `tabs`, side by side.

    url: str, as `servers.start` gives it. height: int, of a frame in px.
    Raises ValueError for a `url` that is not ws:// or http:// with a port.

    The frames are there while the server runs. In a saved notebook only a sentence is left.
    """
    return _Frames(url, height, tabs)


async def fetch(url):
    """Ask for the page at `url` with a plain GET, as a browser does first; return its Answer.

    url: str, ws:// or http:// with a port. Raises OSError if no server is there, TimeoutError after 5 seconds.
    """
    parts = urlsplit(url)
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            target = parts.path or "/"
            writer.write(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
            head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        finally:
            writer.close()
    kind = re.search(r"^Content-Type: (.*?)\r?$", head, re.MULTILINE | re.IGNORECASE)
    return Answer(int(head.split()[1]), kind[1] if kind else "", body)


def text(page):
    """Return the HTML of `page`, a str as for `site`."""
    return _find(page).read_text(encoding="utf-8")


def code(page, name):
    """Return the lines of the JavaScript function `name` in `page`, a str as for `site`, without their indent.

    Raises LookupError if the page has no such function.
    """
    found = re.search(rf"^( *)function {re.escape(name)}\(.*?^\1\}}$", text(page), re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"{page} has no function {name!r}.")
    return textwrap.dedent(found[0])


def _find(name):
    """Return the Path of the page `name`. Raises FileNotFoundError, which names those there are."""
    folders = (Path("pages"), ROOT / "notebooks" / "pages")
    for folder in folders:
        if (folder / name).is_file():
            return (folder / name).resolve()
    known = sorted({path.name for folder in folders for path in folder.glob("*.html")})
    raise FileNotFoundError(f"There is no page {name!r}. The pages are {', '.join(known)}.")


def _asks_for_websocket(request):
    """Tell whether an HTTP request asks to go on as a WebSocket (RFC 6455 section 4.2.1, item 3)."""
    values = ",".join(request.headers.get_all("Upgrade"))
    return "websocket" in [value.strip().lower() for value in values.split(",")]


class _Frames:
    """A page in one or several frames of a notebook: HTML where it is live, else a sentence."""

    def __init__(self, url, height, tabs):
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "http") or parts.port is None:
            raise ValueError(f"{url!r} is no address to show; expected one like ws://127.0.0.1:49152/")
        self.port, self.height, self.tabs = parts.port, height, tabs
        self.path = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")

    def __repr__(self):
        where = f"{self.tabs} frames" if self.tabs > 1 else "a frame"
        return f"Here the page of this notebook's server is live in {where}, once you have run the cell."

    def _repr_html_(self):
        facts = {
            "port": self.port,
            "path": self.path,
            "elsewhere": _forwarded(self.port) + self.path,
            "height": self.height,
            "tabs": self.tabs,
        }
        script = _SCRIPT.read_text().replace("FACTS", json.dumps(facts).replace("<", "\\u003c"))
        return f'<div class="{LIVE}"><script>{script}</script></div>'


def _forwarded(port):
    """Return the address of `port` for a browser that shows the notebook without a Jupyter server of its own.

    In Codespaces a port of 127.0.0.1 has a host name of its own; elsewhere an editor shows the
    notebook, on the same machine or with the ports forwarded.
    """
    name = os.environ.get("CODESPACE_NAME")
    if not name:
        return f"http://127.0.0.1:{port}/"
    return f"https://{name}-{port}.{os.environ.get('GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN', 'app.github.dev')}/"
