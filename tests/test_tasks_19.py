"""The checks of lesson 19: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import base64
import datetime
import hashlib
import hmac
from email.utils import format_datetime, formatdate
from urllib.parse import quote, urlencode, urlsplit

import pytest

from classroom import checks, rig, signatures
from classroom.tasks.lesson_19 import URLS
from tests.answers import right, spin, wrong

# ---------------------------------------------------------------- 19.a


def blanks(host, date, path):
    lines = ["host: " + ..., "date: " + ..., "GET " + ... + " HTTP/1.1"]
    return "\n".join(lines)


def string_to_sign(host, date, path):
    lines = ["host: " + host, "date: " + date, "GET " + path + " HTTP/1.1"]
    return "\n".join(lines)


def an_unknown_name(host, date, path):
    return "host: " + hots  # noqa: F821


def no_return(*args):
    """Do nothing that can be seen."""
    args = list(args)


TEXTS = [
    ("the blanks", blanks, "[ ]", "replace each ..."),
    ("no return", no_return, "[x]", "a function without a return"),
    ("a list", lambda host, date, path: [host, date, path], "[x]", "a list instead of a str"),
    ("host and date", lambda host, date, path: string_to_sign(date, host, path), "[x]", "parts in the wrong places"),
    ("host twice", lambda host, date, path: string_to_sign(host, date, host), "[x]", "a text without the path"),
    ("no date", lambda host, date, path: string_to_sign(host, "", path), "[x]", "a text without the date"),
    ("no host", lambda host, date, path: string_to_sign("host", date, path), "[x]", "a text without the host"),
    ("the names", lambda *_: string_to_sign("host", "date", "path"), "[x]", "a text without the host"),
    ("one line", lambda *a: string_to_sign(*a).replace("\n", " "), "[x]", "with other spaces or lines"),
    ("a line more", lambda *a: string_to_sign(*a) + "\n", "[x]", "with other spaces or lines"),
    ("POST", lambda *a: string_to_sign(*a).replace("GET", "POST"), "[x]", "another text"),
    ("a sum", lambda host, date, path: "host: " + 1, "[!]", "put the parameter itself"),
    ("a wrong name", an_unknown_name, "[!]", "without quotation marks"),
    ("no function", "host: ", "[x]", "not a function"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 19.b


def sign(key, text):
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def authorization(signature):
    fields = f'api_key="pico", algorithm="hmac-sha256", headers="host date request-line", signature="{signature}"'
    return base64.b64encode(fields.encode()).decode()


def stub(url, key, now):
    """Return `url` with a signature in its query. now: seconds, as time.time() has them."""
    ...  # your code here


def signed(
    text=string_to_sign,
    make=sign,
    date=None,
    host=None,
    encode=urlencode,
    end=lambda url, query: f"{url}?{query}",
    leave_out="",
):
    """Return a right signed_url, or one with a slip."""

    def signed_url(url, key, now):
        place = urlsplit(url)
        moment = date(now) if date else formatdate(now, usegmt=True)
        name = host(place) if host else place.netloc
        signature = make(key, text(name, moment, place.path))
        query = {"authorization": authorization(signature), "date": moment, "host": name}
        return end(url, encode({each: value for each, value in query.items() if each != leave_out}))

    return signed_url


def not_encoded(query):
    return "&".join(f"{name}={value}" for name, value in query.items())


def bare_signature(url, key, now):
    place, date = urlsplit(url), formatdate(now, usegmt=True)
    signature = sign(key, string_to_sign(place.netloc, date, place.path))
    return f"{url}?{urlencode({'authorization': signature, 'date': date, 'host': place.netloc})}"


def with_the_key(url, key, now):
    return f"{signed()(url, key, now)}&key={key}"


def unfinished(url, key, now):
    return signed(text=blanks)(url, key, now)


def forgotten_cell(url, key, now):
    return authorisation_of(key)  # noqa: F821


def takes_no_text(url, key, now):
    return sign(key, now)


URL_ANSWERS = [
    ("the stub", stub, "[ ]", "write its body"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("the query only", signed(end=lambda url, query: query), "[x]", "another address"),
    ("no question mark", signed(end=lambda url, query: url + query), "[x]", "another address"),
    ("the key goes along", with_the_key, "[x]", "a URL with the key in it"),
    ("no host in the query", signed(leave_out="host"), "[x]", "a query without host"),
    ("no date in the query", signed(leave_out="date"), "[x]", "a query without date"),
    ("no authorization", signed(leave_out="authorization"), "[x]", "a query without authorization"),
    ("now as a number", signed(date=str), "[x]", "a number for a date"),
    ("without GMT", signed(date=formatdate), "[x]", "a date without GMT"),
    ("the time of now", signed(date=lambda now: formatdate(usegmt=True)), "[x]", "another date"),
    ("no port", signed(host=lambda place: place.hostname), "[x]", "a host without its port"),
    ("the whole URL for a host", signed(host=lambda place: place.geturl()), "[x]", "another host"),
    ("key and text turned", signed(make=lambda key, text: sign(text, key)), "[x]", "key and text in the wrong places"),
    ("not signed", signed(make=lambda key, text: text), "[x]", "a text that nobody signed"),
    ("the date alone", signed(text=lambda host, date, path: date), "[x]", "a signature of the date alone"),
    ("date and path turned", signed(text=lambda h, d, p: string_to_sign(h, p, d)), "[x]", "date and path in the wrong"),
    ("host and date turned", signed(text=lambda h, d, p: string_to_sign(d, h, p)), "[x]", "host and date in the wrong"),
    ("no slash", signed(text=lambda h, d, p: string_to_sign(h, d, p[1:])), "[x]", "a path without its /"),
    ("hexadecimal", signed(make=lambda k, t: hmac.new(k.encode(), t.encode(), "sha256").hexdigest()), "[x]", "another"),
    ("only a hash", signed(make=lambda k, t: hashlib.sha256((k + t).encode()).hexdigest()), "[x]", "another signature"),
    ("not encoded", signed(encode=not_encoded), "[x]", "a URL with a space in it"),
    ("the bare signature", bare_signature, "[x]", "an authorization that the server cannot read"),
    ("the text has blanks", unfinished, "[!]", "fill it in first"),
    ("a cell not run", forgotten_cell, "[!]", "in a cell above"),
    ("a number to sign", takes_no_text, "[!]", "sign takes two texts"),
    ("endless", spin, "[!]", "stopped after"),
]


@pytest.mark.parametrize("task, answer, sign, phrase", [*wrong("19.a", TEXTS), *wrong("19.b", URL_ANSWERS)])
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words, words
    assert "fault of its own" not in words and not checks.passed(task)


def with_format(host, date, path):
    return f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1"


def with_percent(url, key, now):
    date = format_datetime(datetime.datetime.fromtimestamp(now, datetime.UTC), usegmt=True)
    host, _, path = url.removeprefix("wss://").partition("/")
    signature = quote(authorization(sign(key, with_format(host, date, "/" + path))), safe="")
    return url + "?host=%s&date=%s&authorization=%s" % (quote(host), quote(date), signature)


RIGHT = [
    *right(
        "19.a", usual=string_to_sign, a_format=with_format, percent=lambda *a: "host: %s\ndate: %s\nGET %s HTTP/1.1" % a
    ),
    *right("19.b", usual=signed(), by_hand=with_percent, the_boards=rig.on_the_board("signing").signed_url),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words


@pytest.mark.parametrize("answer", [signed(), with_percent], ids=["usual", "by hand"])
def test_what_passes_is_what_the_server_lets_in(answer):
    for url, key, now in URLS:
        place = urlsplit(url)
        path = answer(url, key, now).removeprefix(f"wss://{place.netloc}")
        assert signatures.verify(path, place.netloc, {"pico": key}, now) == "pico"
