"""The checks of lesson 10: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio
import datetime
import json
import logging
from datetime import UTC, timezone

import pytest

from tests.answers import right, spin, wrong

# ---------------------------------------------------------------- 10.a


def visiting(text="%s was visited", zone=datetime.UTC, first=lambda ws: ws.request.path, time=lambda now: now):
    """Return a right visit, or one with a slip."""

    async def visit(ws):
        logging.info(text, ws.request.path)
        now = datetime.datetime.now(zone)
        await ws.send(first(ws))
        await ws.send(time(now.isoformat()))

    return visit


async def blank(ws):
    logging.info(..., ws.request.path)
    now = datetime.datetime.now(...)
    await ws.send(...)
    await ws.send(now.isoformat())


async def still_with_a_path(ws, path):
    logging.info("%s was visited", path)
    await ws.send(path)
    await ws.send(datetime.datetime.now(datetime.UTC).isoformat())


async def path_of_the_connection(ws):
    logging.info("%s was visited", ws.path)


async def still_waits(ws):
    logging.info("%s was visited", ws.request.path)
    now = datetime.datetime.now(datetime.UTC)
    await asyncio.wait([ws.send(ws.request.path), ws.send(now.isoformat())])


async def nothing_logged(ws):
    await ws.send(ws.request.path)
    await ws.send(datetime.datetime.now(datetime.UTC).isoformat())


async def path_only(ws):
    logging.info("%s was visited", ws.request.path)
    await ws.send(ws.request.path)


async def the_time_first(ws):
    logging.info("%s was visited", ws.request.path)
    await ws.send(datetime.datetime.now(datetime.UTC).isoformat())
    await ws.send(ws.request.path)


async def utcnow(ws):
    logging.info("%s was visited", ws.request.path)
    await ws.send(ws.request.path)
    await ws.send(datetime.datetime.now(datetime.UTC).replace(tzinfo=None).isoformat())


async def no_await(ws):
    logging.info("%s was visited", ws.request.path)
    ws.send(ws.request.path)


async def utc_of_the_class(ws):
    logging.info("%s was visited", ws.request.path)
    await ws.send(str(datetime.datetime.UTC))


async def the_time_itself(ws):
    logging.info("%s was visited", ws.request.path)
    await ws.send(ws.request.path)
    await ws.send(datetime.datetime.now(datetime.UTC))


def not_async(ws):
    logging.info("%s was visited", ws.request.path)


async def in_another_style(ws):
    """A logger of one's own, the older name of the zone, another form of the time."""
    path = ws.request.path
    logging.getLogger("visits").warning("here came %r", path)
    for message in (path, f"{datetime.datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S+00:00}"):  # noqa: UP017
        await ws.send(message)


async def with_an_f_string(ws):
    logging.info(f"{ws.request.path} was visited")
    await ws.send(ws.request.path)
    await ws.send(datetime.datetime.now(tz=UTC).isoformat())


VISIT = (
    ("blank", blank, "[ ]", "still has a blank"),
    ("none", None, "[ ]", "Replace the dots"),
    ("curly brackets", visiting("{} was visited"), "[x]", "curly brackets in the text for the log"),
    ("no place", visiting("visited"), "[x]", "a text without a place for the path"),
    ("two places", visiting("%s was visited by %s"), "[x]", "without a place"),
    ("a number", visiting("%d was visited"), "[x]", "without a place"),
    ("nothing logged", nothing_logged, "[x]", "a log with 0 entries"),
    ("no zone", visiting(zone=None), "[x]", "a time without its zone"),
    ("utcnow", utcnow, "[x]", "a time without its zone"),
    ("another zone", visiting(zone=timezone(datetime.timedelta(hours=2))), "[x]", "a time of another zone"),
    ("the zone as text", visiting(zone="UTC"), "[!]", "without quotation marks"),
    ("UTC of the class", utc_of_the_class, "[!]", "UTC belongs to the module"),
    ("the path as text", visiting(first=lambda ws: "path"), "[x]", "another first message"),
    ("the request", visiting(first=lambda ws: ws.request), "[!]", "What goes out is a text"),
    ("no such path", path_of_the_connection, "[!]", "The path is a part of the request"),
    ("with a path", still_with_a_path, "[!]", "with the connection alone"),
    ("asyncio.wait", still_waits, "[!]", "Await one send, and then the other"),
    ("the path only", path_only, "[x]", "1 message sent"),
    ("the time first", the_time_first, "[x]", "another first message"),
    ("no await", no_await, "[x]", "0 messages sent"),
    ("the time itself", the_time_itself, "[!]", "as .isoformat() gives it"),
    ("no time", visiting(time=lambda now: "now"), "[x]", "a second message that is no time"),
    ("not async", not_async, "[x]", "a function without async"),
    ("no function", "visit", "[x]", "not a function"),
)

# ---------------------------------------------------------------- 10.b


def greeting(catch=(ValueError, RecursionError), is_object=dict, is_name=str, errors=("JSON", "a name", "a name")):
    """Return a right greet, or one with a slip."""

    def greet(message):
        try:
            asked = json.loads(message)
        except catch:
            return {"error": errors[0]}
        if not isinstance(asked, is_object) or "name" not in asked:
            return {"error": errors[1]}
        if not isinstance(asked["name"], is_name):
            return {"error": errors[2]}
        return {"greeting": f"Hello, {asked['name']}!"}

    return greet


def empty(message):
    """Return the reply to one message, a dict."""
    ...


def trusting(message):
    return {"greeting": f"Hello, {json.loads(message)['name']}!"}


def text_back(message):
    return json.dumps(greeting()(message))


def nothing_back(message):
    greeting()(message)


def any_text_greeted(message):
    if isinstance(message, str) and not message.startswith(("{", "[")):
        return {"greeting": f"Hello, {message}!"}
    return greeting()(message)


def both(message):
    reply = greeting()(message)
    return reply if "greeting" in reply else reply | {"greeting": ""}


def with_match(message):
    try:
        match json.loads(message):
            case {"name": str(name)}:
                return {"greeting": "Hello, " + name + "!"}
    except (ValueError, RecursionError):
        return {"error": "This is no JSON."}
    return {"error": "Please tell your name."}


def gets(message):
    try:
        name = json.loads(message).get("name")
    except (ValueError, RecursionError):
        return {"error": "json, please"}
    return {"greeting": f"Hello, {name}!"} if isinstance(name, str) else {"error": "name"}


def gets_with_care(message):
    try:
        name = json.loads(message)["name"]
        return {"greeting": "Hello, " + name + "!"}
    except (ValueError, RecursionError):
        return {"error": "send JSON"}
    except (TypeError, KeyError):
        return {"error": "send a Name"}


GREET = (
    ("empty", empty, "[ ]", "still empty"),
    ("trusting", trusting, "[!]", "Not every message is JSON"),
    ("JSONDecodeError only", greeting(catch=json.JSONDecodeError), "[!]", "Bytes may be no text at all"),
    ("no RecursionError", greeting(catch=ValueError), "[!]", "Catch RecursionError, too"),
    ("any type with a name", greeting(is_object=object), "[!]", "Is it a dict?"),
    ("a text with a name", greeting(is_object=dict | str), "[!]", "Is it a dict?"),
    ("a list with a name", greeting(is_object=dict | list), "[!]", "Is it a dict?"),
    ("get on anything", gets, "[!]", "Is it a dict?"),
    ("any name", greeting(is_name=object), "[x]", "a number that is greeted"),
    ("null for a name", greeting(is_name=str | None), "[x]", "null that is greeted"),
    ("a list for a name", greeting(is_name=str | list), "[x]", "a list that is greeted"),
    ("a text for a dict", text_back, "[x]", "a text instead of a dict"),
    ("nothing", nothing_back, "[x]", "a function without a return"),
    ("any text is a name", any_text_greeted, "[x]", "taken for a name"),
    ("both", both, "[x]", "a greeting and an error in one"),
    ("an empty error", greeting(errors=("", "", "")), "[x]", "an error that says nothing"),
    ("a vague error", greeting(errors=("bad", "bad", "bad")), "[x]", "does not say what was expected"),
    ("JSON for all", greeting(errors=("JSON", "JSON", "JSON")), "[x]", "does not say what was expected"),
    ("another greeting", lambda message: {"greeting": "Hello, Ada"}, "[x]", "another reply to a good message"),
    ("errors for all", lambda message: {"error": "JSON with a name"}, "[x]", "This message is in order"),
    ("for ever", spin, "[!]", "stopped after"),
)

WRONG = wrong("10.a", VISIT) + wrong("10.b", GREET)
RIGHT = right(
    "10.a", ours=visiting(), another_style=in_another_style, f_string=with_an_f_string, timezone=visiting(zone=UTC)
)
RIGHT += right("10.b", ours=greeting(), match=with_match, exceptions=gets_with_care)


@pytest.mark.filterwarnings("ignore:coroutine 'Connection.send' was never awaited")
@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    text = card(task, answer)
    assert text.startswith(sign) and phrase in text


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes(card, task, answer):
    assert card(task, answer).startswith("[ok]")


def test_the_check_leaves_the_log_as_it_was(card, caplog):
    root = logging.getLogger()
    before = root.handlers[:], root.level
    for answer in (visiting(), visiting("{}"), path_of_the_connection):
        card("10.a", answer)
        assert (root.handlers, root.level) == before
    assert not caplog.records


@pytest.mark.parametrize("task", ["10.a", "10.b"])
def test_three_hints(task):
    from classroom import checks

    checks._find(task)
    assert len(checks._tasks[task].hints) == 3
