"""The checks of lesson 11: a page on the port of its WebSocket, and the address from there to the WebSocket."""

from http import HTTPStatus
from urllib.parse import urlsplit

from pocketws.handshake_server import reject
from pocketws.http import Headers, Request, Response

from ..checks import Wrong, task
from ..judging import attempt_with, must_be, readable

# ---------------------------------------------------------------- 11.a

PLAIN = (("Host", "127.0.0.1:8000"), ("Accept", "text/html"))
UPGRADE = (("Host", "127.0.0.1:8000"), ("Connection", "Upgrade"), ("Upgrade", "websocket"))
CRASHES = (
    ("'Response' object", "connection.respond(status, text) makes a response. Change its headers, and return it."),
    ("respond\\(\\) (takes|missing)", "connection.respond takes two things: the status, and the text."),
    ("is not a value for the header", "The value of a header is a str."),
    ("is not a valid HTTPStatus", "A status is a number, such as 200."),
)


class Connection:
    """What process_request needs of a connection."""

    def respond(self, status, text):
        return reject(HTTPStatus(status).value, text)  # `websockets`, too, takes no other

    def __repr__(self):
        return "connection"


class Asked(Request):
    """A Request whose repr says what matters here."""

    def __repr__(self):
        upgrade = " Upgrade: websocket" if "Upgrade" in self.headers else ""
        return f"<GET {self.path}{upgrade}>"


@task(
    "11.a",
    "a page on the same port",
    hints=(
        "Which request is which? With Upgrade it asks for a WebSocket, and you let it pass. A path that is not / has "
        "no page here.",
        "What does process_request return to let the library go on? Which status means: not found? And what is the "
        "page made of: text/plain, or text/html?",
        'The blanks, in order: None, 404, "text/html; charset=utf-8".',
    ),
)
def a_page_on_the_same_port(answer):
    for path in ("/", "/chat"):
        got, call = asked(answer, path, UPGRADE)
        if got is not None:
            looks = "a response to a request for a WebSocket." if isinstance(got, Response) else "a wrong way to go on."
            idea = "Return None: then the library opens the WebSocket. Everything else is taken for a response."
            raise Wrong(looks, idea, call=call, got=readable(got))
    got, call = asked(answer, "/nowhere", PLAIN)
    must_be(Response, got, call, "connection.respond(...) makes one.")
    if got.status_code != 404:
        raise Wrong(
            "another status for a path that has no page.",
            "Which status does a browser show for a page that is not there?",
            call=call,
            expected=404,
            got=got.status_code,
        )
    got, call = asked(answer, "/", PLAIN)
    must_be(Response, got, call, "connection.respond(...) makes one.")
    judge_page(got, call)


def asked(answer, path, headers):
    """Return what the answer gives for a request, and the call as text."""
    request = Asked(path, Headers(headers))
    return attempt_with(CRASHES, answer, Connection(), request), f"home(connection, {request})"


def judge_page(response, call):
    """Raise Wrong unless `response` is a page of HTML."""
    if response.status_code != 200:
        raise Wrong("a page with a status of an error.", "200 is: here it is.", call=call, got=response.status_code)
    kinds = response.headers.get_all("Content-Type")
    if len(kinds) > 1:
        idea = "headers[name] = value adds a header. Delete the one that is there before."
        raise Wrong("two headers Content-Type.", idea, call=call, got=kinds)
    kind = kinds[0].partition(";")[0].strip().lower() if kinds else ""
    if kind == "text/plain":
        idea = "A browser would show the tags as they stand there. Which type is for pages?"
        raise Wrong("plain text.", idea, call=call, got=kinds[0])
    if kind != "text/html":
        idea = "The type of a page has two halves: text, a slash, and the language that it is written in."
        raise Wrong("another type than that of a page.", idea, call=call, got=kinds[0] if kinds else None)


# ---------------------------------------------------------------- 11.b

ADDRESSES = {
    "http://127.0.0.1:8000/": "ws://127.0.0.1:8000/",
    "https://example.com/": "wss://example.com/",
    "https://hub.example/user/ada/proxy/8000/": "wss://hub.example/user/ada/proxy/8000/",
    "http://127.0.0.1:8000/clock.html": "ws://127.0.0.1:8000/",
    "http://127.0.0.1:8000/old/clock.html?zone=1#top": "ws://127.0.0.1:8000/old/",
    "https://example.com/clock.html?zone=Asia/Taipei": "wss://example.com/",
    "http://example.com/http/": "ws://example.com/http/",
}


@task(
    "11.b",
    "from the page to its WebSocket",
    hints=(
        "Two things change: how the address begins, and what comes after the last slash of its path.",
        'urljoin(page, ".") is the folder of the page: it drops the name of the file, and what follows. Then http '
        "becomes ws, once. What becomes of https by that?",
        'One line: return urljoin(page, ".").replace("http", "ws", 1)',
    ),
)
def from_the_page_to_its_websocket(answer):
    for page, right in ADDRESSES.items():
        got = attempt_with((), answer, page)
        call = f"websocket_address({page!r})"
        must_be(str, got, call, "Return the address.")
        if got != right:
            looks, idea = address_misconception(got, page, right)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


def address_misconception(got, page, right):
    """Return (looks, idea) for a wrong address of a WebSocket."""
    try:
        parts, wanted, asked = urlsplit(got), urlsplit(right), urlsplit(page)
    except ValueError:
        return "no address.", "An address begins with ws:// or wss://."
    if got == right.replace("http", "ws"):
        return "a change in the middle of the address.", "Only its beginning changes: replace(old, new, 1) stops there."
    if parts.scheme in ("http", "https"):
        return "the address of a page.", "That of a WebSocket begins with ws:// or wss://."
    if parts.scheme not in ("ws", "wss"):
        return "no address of a WebSocket.", "It begins with ws:// or wss://."
    if parts.scheme != wanted.scheme:
        idea = "https is http over TLS, and wss is ws over TLS. The s stays, and none is added."
        return f"{parts.scheme} for a page that came by {asked.scheme}.", idea
    if parts.netloc != wanted.netloc:
        what = "port" if wanted.port else "host"
        return f"another {what}.", "The page and its WebSocket share host and port: take them from the page's address."
    if parts.query or parts.fragment:
        return "the page's query or fragment, too.", "What follows ? or # belongs to the page. Drop it."
    if parts.path == "/":
        idea = "The folder stays. Below a proxy, it says to whom the request goes."
        return "a lost folder.", idea
    if parts.path == asked.path:
        return "the page's file instead of its folder.", "What comes after the last slash is the page's own name."
    return "another path.", "The path is the folder of the page, with a slash at its end."


from . import lesson_11_exercise  # noqa: E402, F401 - it registers the tasks of the exercise, 11.1 to 11.5
