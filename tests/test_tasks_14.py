"""The checks of lesson 14: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import hmac
from hmac import compare_digest

import pytest

from classroom import checks
from tests.answers import right, spin, wrong

TOKEN = "sesame-7"
ROOMS = ("/chat", "/diary")
RIGHT = f"Bearer {TOKEN}".encode()

# ---------------------------------------------------------------- 14.a


def is_right(request):
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), RIGHT)


def token_door(name="Authorization", wanted=RIGHT, status=401, otherwise=None):
    """Return a right door, or one with a slip."""

    def by_token(connection, request):
        shown = request.headers.get(name, "")
        if not hmac.compare_digest(shown.encode(), wanted):
            return connection.respond(status, "Show a token.\n")
        return otherwise

    return by_token


def blank(connection, request):
    shown = request.headers.get(..., "")
    if not hmac.compare_digest(shown.encode(), RIGHT):
        return connection.respond(..., "Show a token.\n")
    return ...


def last_blank(connection, request):
    if not is_right(request):
        return connection.respond(401, "Show a token.\n")
    return ...


def compares(connection, request):
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return connection.respond(401, "Show a token.\n")


def compares_the_other_way_round(connection, request):
    return None if f"Bearer {TOKEN}" == request.headers.get("Authorization") else connection.respond(401, "")


def compares_encoded(connection, request):
    if request.headers.get("Authorization", "").encode() != RIGHT:
        return connection.respond(401, "Show a token.\n")


def compares_what_it_cut_out(connection, request):
    word, _, token = request.headers.get("Authorization", "").partition(" ")
    if hmac.compare_digest(word, "Bearer") and token == TOKEN:
        return None
    return connection.respond(401, "")


def looks_in_a_list(connection, request):
    if request.headers.get("Authorization") not in [f"Bearer {TOKEN}"]:
        return connection.respond(401, "Show a token.\n")


def any_token(connection, request):
    if "Authorization" not in request.headers:
        return connection.respond(401, "Show a token.\n")


def begins_with(connection, request):
    if not request.headers.get("Authorization", "").startswith(f"Bearer {TOKEN}"):
        return connection.respond(401, "Show a token.\n")


def contains(connection, request):
    if TOKEN not in request.headers.get("Authorization", ""):
        return connection.respond(401, "Show a token.\n")


def turned_round(connection, request):
    if is_right(request):
        return connection.respond(401, "Show a token.\n")


def a_number(connection, request):
    return None if is_right(request) else 401


def true_or_false(connection, request):
    return is_right(request)


def a_text(connection, request):
    return None if is_right(request) else "Show a token."


def asks_for_the_header(connection, request):
    if not hmac.compare_digest(request.headers["Authorization"].encode(), RIGHT):
        return connection.respond(401, "Show a token.\n")


def not_encoded(connection, request):
    if not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {TOKEN}"):
        return connection.respond(401, "Show a token.\n")


def half_encoded(connection, request):
    if not hmac.compare_digest(request.headers.get("Authorization", ""), RIGHT):
        return connection.respond(401, "Show a token.\n")


def no_text(connection, request):
    return None if is_right(request) else connection.respond(401)


def no_quotation_marks(connection, request):
    if not hmac.compare_digest(request.headers.get(Authorization, "").encode(), RIGHT):  # noqa: F821
        return connection.respond(401, "Show a token.\n")


def closes(connection, request):
    return connection.close(1008)


TOKENS = [
    ("blanks", blank, "[ ]", "replace each ..."),
    ("the last blank", last_blank, "[ ]", "replace each ..."),
    ("another header", token_door(name="Token"), "[x]", "the right token refused"),
    ("without Bearer", token_door(wanted=TOKEN.encode()), "[x]", "the right token refused"),
    ("turned round", turned_round, "[x]", "the right token refused"),
    ("a response of 200", lambda c, r: c.respond(200, "" if is_right(r) else "no"), "[x]", "meant to let in"),
    ("forbidden", token_door(status=403), "[x]", "403 where 401 belongs"),
    ("not found", token_door(status=404), "[x]", "the path looked at first"),
    ("a close code", token_door(status=1008), "[x]", "a close code"),
    ("True lets in", token_door(otherwise=True), "[x]", "True instead of an answer"),
    ("True or False", true_or_false, "[x]", "True instead of an answer"),
    ("a number", a_number, "[x]", "connection.respond(401, ...) makes a response"),
    ("a text", a_text, "[x]", "a str instead of a response"),
    ("any token", any_token, "[x]", "an open door"),
    ("begins with", begins_with, "[x]", "an open door"),
    ("contains", contains, "[x]", "an open door"),
    ("nobody is refused", lambda connection, request: is_right(request) and None, "[x]", "False instead of an answer"),
    ("==", compares, "[x]", "may stop at the first letter"),
    ("== from the right", compares_the_other_way_round, "[x]", "may stop at the first letter"),
    ("== of bytes", compares_encoded, "[x]", "may stop at the first letter"),
    ("== of a part", compares_what_it_cut_out, "[x]", "may stop at the first letter"),
    ("in a list", looks_in_a_list, "[x]", "may stop at the first letter"),
    ("no default", asks_for_the_header, "[!]", "A stranger may send no such header"),
    ("not encoded", not_encoded, "[!]", "compare_digest wants bytes twice"),
    ("half encoded", half_encoded, "[!]", "compare_digest wants bytes twice"),
    ("no text", no_text, "[!]", "takes a status and a text"),
    ("the status as a text", token_door(status="401"), "[!]", "without quotation marks"),
    ("the header without quotation marks", no_quotation_marks, "[!]", 'is a text: "Authorization"'),
    ("which call", no_text, "[!]", "no_text(connection, request): /chat, no token at all"),
    ("the connection", lambda connection, request: connection, "[x]", "a Connection instead of a response"),
    ("closes", closes, "[!]", "has no attribute 'close'"),
    ("endless", spin, "[!]", "stopped after"),
    ("no function", 401, "[x]", "not a function"),
]


async def awaited(connection, request):
    if not compare_digest(request.headers.get("Authorization", "").encode(), RIGHT):
        return connection.respond(401, "Show a token.\n")


def with_a_header(connection, request):
    """As RFC 9110 section 15.5.2 wants it."""
    if is_right(request):
        return
    response = connection.respond(401, "Show a token.\n")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def cut_out(connection, request):
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    both = compare_digest(kind.encode(), b"Bearer") & compare_digest(token.encode(), TOKEN.encode())
    return None if both else connection.respond(401, "")


def asks_first(connection, request):
    shown = request.headers.get("Authorization")
    if shown is None or shown == "" or not compare_digest(shown.encode(), RIGHT):
        return connection.respond(401, "")


# ---------------------------------------------------------------- 14.b


def stub(connection, request):
    """Return a response for who may not come in, or None."""
    ...  # your code here


def by_path(connection, request):
    if request.path.partition("?")[0] not in ROOMS:
        return connection.respond(404, "There is no such room.\n")


by_token = token_door()


def guard(connection, request):
    return by_token(connection, request) or by_path(connection, request)


def path_first(connection, request):
    return by_path(connection, request) or by_token(connection, request)


def only_the_last(connection, request):
    by_token(connection, request)
    return by_path(connection, request)


def only_the_first(connection, request):
    return by_token(connection, request)


def only_both(connection, request):
    return by_token(connection, request) and by_path(connection, request)


def with_the_query(connection, request):
    refused = by_token(connection, request)
    if refused is None and request.path not in ROOMS:
        return connection.respond(404, "")
    return refused


def path_begins_with(connection, request):
    refused = by_token(connection, request)
    if refused is None and not request.path.startswith(ROOMS):
        return connection.respond(404, "")
    return refused


def path_contains(connection, request):
    refused = by_token(connection, request)
    if refused is None and not any(room in request.path for room in ROOMS):
        return connection.respond(404, "")
    return refused


def forbids(connection, request):
    refused = by_token(connection, request)
    if refused is None and by_path(connection, request):
        return connection.respond(403, "")
    return refused


def calls_an_unfilled_one(connection, request):
    def by_token(connection, request):
        return request.headers.get(..., "")

    return by_token(connection, request) or by_path(connection, request)


def own_comparison(connection, request):
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return connection.respond(401, "")
    return by_path(connection, request)


def no_return(connection, request):
    by_token(connection, request)
    by_path(connection, request)


GUARDS = [
    ("the stub", stub, "[ ]", "write its body"),
    ("the path first", path_first, "[x]", "the path looked at first"),
    ("the token forgotten", only_the_last, "[x]", "an open door"),
    ("the path forgotten", only_the_first, "[x]", "a room that is not there"),
    ("and for or", only_both, "[x]", "a room that is not there"),
    ("with the query", with_the_query, "[x]", "the query taken for a part of the path"),
    ("path begins with", path_begins_with, "[x]", "a room that is not there"),
    ("path contains", path_contains, "[x]", "a room that is not there"),
    ("403 for a path", forbids, "[x]", "403 where 404 belongs"),
    ("by_token with blanks", calls_an_unfilled_one, "[!]", "by_token still has a blank"),
    ("==", own_comparison, "[x]", "may stop at the first letter"),
    ("no return", no_return, "[x]", "a response counts only if you return it"),
    ("always refuses", lambda connection, request: connection.respond(403, ""), "[x]", "a door that stays closed"),
]


def guard_step_by_step(connection, request):
    refused = by_token(connection, request)
    if refused is not None:
        return refused
    path, _, _ = request.path.partition("?")
    if path in ROOMS:
        return None
    return connection.respond(404, f"There is no {path}.\n")


async def guard_awaited(connection, request):
    return by_token(connection, request) or by_path(connection, request)


def guard_by_split(connection, request):
    if not is_right(request):
        return connection.respond(401, "")
    if request.path.split("?")[0] not in set(ROOMS):
        return connection.respond(404, "")


@pytest.mark.parametrize("task, answer, sign, phrase", [*wrong("14.a", TOKENS), *wrong("14.b", GUARDS)])
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words, words
    assert "fault of its own" not in words and not checks.passed(task)


RIGHT_ANSWERS = [
    *right("14.a", plain=token_door(), awaited=awaited, header=with_a_header, cut=cut_out, asks=asks_first),
    *right("14.b", both=guard, steps=guard_step_by_step, awaited=guard_awaited, split=guard_by_split),
]


@pytest.mark.parametrize("task, answer", RIGHT_ANSWERS)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}")


def test_the_token_and_the_rooms_are_those_of_the_students_notebook(card):
    scope = {"TOKEN": "Ünlocked", "ROOMS": ("/lab", "/attic2"), "hmac": hmac}
    source = """
def guard(connection, request):
    shown = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(shown, f"Bearer {TOKEN}".encode()):
        return connection.respond(401, "")
    if request.path.partition("?")[0] not in ROOMS:
        return connection.respond(404, "")
"""
    exec(source, scope)
    assert card("14.b", scope["guard"]).startswith("[ok]")
    assert card("14.b", guard).startswith("[ok]")
