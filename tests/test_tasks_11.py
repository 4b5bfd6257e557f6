"""The checks of lesson 11: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

from urllib.parse import urljoin, urlsplit, urlunsplit

import pytest

from tests.answers import right, spin, wrong

# ---------------------------------------------------------------- 11.a


def serving(let_pass=None, missing=404, kind="text/html; charset=utf-8", status=200, delete=True):
    """Return a right home, or one with a slip."""

    def home(connection, request):
        if "Upgrade" in request.headers:
            return let_pass
        if request.path != "/":
            return connection.respond(missing, "There is no such page.\n")
        response = connection.respond(status, "<h1>At home</h1>")
        if delete:
            del response.headers["Content-Type"]
        if kind is not None:
            response.headers["Content-Type"] = kind
        return response

    return home


def blank(connection, request):
    if "Upgrade" in request.headers:
        return ...
    return connection.respond(..., "There is no such page.\n")


def accepts_by_itself(connection, request):
    if "Upgrade" in request.headers:
        return connection.respond(101, "Switching Protocols")
    return serving()(connection, request)


def page_for_all(connection, request):
    return None if "Upgrade" in request.headers else serving()(connection, type("R", (), {"path": "/", "headers": {}}))


def page_as_text(connection, request):
    if "Upgrade" in request.headers:
        return None
    return connection.respond(404, "") if request.path != "/" else "<h1>At home</h1>"


def forgets_the_page(connection, request):
    if "Upgrade" not in request.headers and request.path != "/":
        return connection.respond(404, "")


def nothing_but_pages(connection, request):
    return serving()(connection, type("R", (), {"path": request.path, "headers": {}}))


def one_argument(request):
    return None if "Upgrade" in request.headers else 404


def respond_without_a_text(connection, request):
    return None if "Upgrade" in request.headers else connection.respond(404)


def status_in_words(connection, request):
    return None if "Upgrade" in request.headers else connection.respond("not found", "")


def headers_of_the_text(connection, request):
    if "Upgrade" in request.headers:
        return None
    return connection.respond(404, "") if request.path != "/" else connection.respond(200, "").header


HOME = [
    ("blanks", blank, "[ ]", "replace each ..."),
    ("True lets pass", serving(let_pass=True), "[x]", "a wrong way to go on"),
    ("False lets pass", serving(let_pass=False), "[x]", "a wrong way to go on"),
    ("101 by hand", accepts_by_itself, "[x]", "a response to a request for a WebSocket"),
    ("pages for WebSockets", nothing_but_pages, "[x]", "a response to a request for a WebSocket"),
    ("200 for what is missing", serving(missing=200), "[x]", "another status for a path that has no page"),
    ("426 for what is missing", serving(missing=426), "[x]", "another status for a path that has no page"),
    ("the page for every path", page_for_all, "[x]", "another status for a path that has no page"),
    ("a status of None", serving(missing=None), "[!]", "A status is a number"),
    ("a status in words", status_in_words, "[!]", "A status is a number"),
    ("a status as text", serving(missing="404"), "[!]", "A status is a number"),
    ("no text", respond_without_a_text, "[!]", "respond takes two things"),
    ("plain text", serving(kind="text/plain"), "[x]", "plain text"),
    ("html", serving(kind="html"), "[x]", "another type than that of a page"),
    ("a style", serving(kind="text/css"), "[x]", "another type than that of a page"),
    ("no type", serving(kind=None), "[x]", "another type than that of a page"),
    ("two types", serving(delete=False), "[x]", "two headers Content-Type"),
    ("a type that is no text", serving(kind=200), "[!]", "The value of a header is a str"),
    ("an error that is a page", serving(status=404), "[x]", "a page with a status of an error"),
    ("the page as text", page_as_text, "[x]", "a str instead of a Response"),
    ("no page", forgets_the_page, "[x]", "a function without a return"),
    ("an attribute that is not there", headers_of_the_text, "[!]", "makes a response"),
    ("one parameter", one_argument, "[!]", "Did its parameters change?"),
    ("endless", spin, "[!]", "stopped after"),
    ("no function", 404, "[x]", "not a function"),
]


def other_way_round(connection, request):
    wants = request.headers.get("Upgrade", "").lower()
    if wants != "websocket":
        found = request.path == "/"
        response = connection.respond(200 if found else 404, "<!doctype html><p>Hi")
        if found:
            del response.headers["content-type"]
            response.headers["content-type"] = "text/html"
        return response


# ---------------------------------------------------------------- 11.b


def stub(page):
    """Return the address (str) of the WebSocket of the page at the address `page` (str)."""
    ...  # your code here


def with_urlsplit(page):
    parts = urlsplit(page)
    folder = parts.path[: parts.path.rindex("/") + 1]
    return urlunsplit(("wss" if parts.scheme == "https" else "ws", parts.netloc, folder, "", ""))


def by_hand(page):
    scheme, _, rest = page.partition("://")
    rest = rest.split("#")[0].split("?")[0]
    return {"http": "ws://", "https": "wss://"}[scheme] + rest.rsplit("/", 1)[0] + "/"


def always(scheme):
    return lambda page: f"{scheme}://" + urljoin(page, ".").partition("://")[2]


def no_return(page):
    urljoin(page, ".").replace("http", "ws", 1)


ADDRESS = [
    ("the stub", stub, "[ ]", "write its body"),
    ("this machine", lambda page: "ws://127.0.0.1:8000/", "[x]", "ws for a page that came by https"),
    ("always ws", always("ws"), "[x]", "ws for a page that came by https"),
    ("always wss", always("wss"), "[x]", "wss for a page that came by http"),
    ("unchanged", lambda page: page, "[x]", "the address of a page"),
    ("every http", lambda page: urljoin(page, ".").replace("http", "ws"), "[x]", "a change in the middle"),
    ("the file", lambda page: page.replace("http", "ws", 1), "[x]", "the page's file instead of its folder"),
    (
        "the query",
        lambda page: by_hand(page) + ("?zone=1" if "?" in page else ""),
        "[x]",
        "the page's query or fragment, too",
    ),
    ("no folder", lambda page: urljoin(page, "/").replace("http", "ws", 1), "[x]", "a lost folder"),
    (
        "no port",
        lambda page: urljoin(page, ".").replace("http", "ws", 1).replace(":8000", ""),
        "[x]",
        "another port",
    ),
    ("no slash", lambda page: by_hand(page)[:-1], "[x]", "another path"),
    ("no scheme", lambda page: urljoin(page, ".").partition("://")[2], "[x]", "no address of a WebSocket"),
    ("a host of its own", lambda page: by_hand(page).replace(".com", ".org"), "[x]", "another host"),
    ("nonsense", lambda page: "ws://[", "[x]", "no address."),
    ("split, not joined", urlsplit, "[x]", "a SplitResult instead of a str"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("bytes", lambda page: by_hand(page).encode(), "[x]", "bytes instead of a str"),
    ("endless", spin, "[!]", "stopped after"),
]


@pytest.mark.parametrize("task, answer, sign, phrase", [*wrong("11.a", HOME), *wrong("11.b", ADDRESS)])
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words, words


RIGHT = [
    *right("11.a", plain=serving(), short=serving(kind="text/html"), other=other_way_round),
    *right("11.b", hint=lambda page: urljoin(page, ".").replace("http", "ws", 1), split=with_urlsplit, hand=by_hand),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}")
