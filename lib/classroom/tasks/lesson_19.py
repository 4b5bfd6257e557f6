"""The tasks of lesson 19, Bring it all together; those of its exercise are in lesson_19_exercise."""

import base64
import hashlib
import hmac
import re
from email.utils import formatdate
from urllib.parse import parse_qsl, urlsplit

from ..checks import Wrong, call_text, task
from ..judging import Text, attempt_with, must_be
from . import lesson_19_exercise  # noqa: F401 - it registers its tasks

# ---------------------------------------------------------------- 19.a

SIGNED = (
    ("pico.example", "Sun, 06 Nov 1994 08:49:37 GMT", "/board"),
    ("127.0.0.1:8443", "Fri, 01 Jan 2021 00:00:04 GMT", "/voice"),
)


def text_to_sign(host, date, path):
    """Return what is signed, as device/signing.py does: str."""
    return f"host: {host}\ndate: {date}\nGET {path} HTTP/1.1"


_TEXT_CRASHES = (
    ("can only concatenate|unsupported operand", "All three are texts: put the parameter itself into the blank."),
    ("NameError", "The blanks take the parameters: host, date and path, without quotation marks."),
)


@task(
    "19.a",
    "what is signed?",
    hints=(
        "Three facts about the request go into the text, each in a line of its own. Which ones are the parameters?",
        "The first line has the host, the second the date, the third the path. Parameters need no quotation marks.",
        "The blanks, in order: host, date, path.",
    ),
)
def what_is_signed(answer):
    for host, date, path in SIGNED:
        right = text_to_sign(host, date, path)
        got = attempt_with(_TEXT_CRASHES, answer, host, date, path)
        call = call_text(answer, host, date, path)
        must_be(str, got, call, "Return the text.")
        if got != right:
            looks, idea = _text_misconception(got, host, date, path)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


def _text_misconception(got, host, date, path):
    """Return (looks, idea) for another text."""
    for value, what, harm in (
        (host, "host", "it on another server that has the same key"),
        (date, "date", "it for ever"),
        (path, "path", "it for another path"),
    ):
        if value not in got:
            return f"a text without the {what}.", f"What is not signed belongs to Eve: she could use {harm}."
    if got.split() == text_to_sign(host, date, path).split():
        return "the right words, with other spaces or lines.", "Both sides must sign the same bytes: compare them."
    if sorted(got.split()) == sorted(text_to_sign(host, date, path).split()):
        return "the right parts in the wrong places.", "First the host, then the date, then the path."
    return "another text.", "Three lines, as the server makes them: host: ..., date: ..., GET ... HTTP/1.1"


# ---------------------------------------------------------------- 19.b

# url, key, seconds since 1970
URLS = (
    ("wss://pico.example/board", "sesame-7", 1_800_000_000),
    ("wss://127.0.0.1:8443/voice", "another key", 784_111_777),
    ("wss://pico.example/a/b", "sésame", 1_609_459_204),
)
ENCODED = re.compile(r"[\w.~:/?#\[\]@!$&'()*+,;=%-]+", re.ASCII)  # RFC 3986 section 2
FIELDS = re.compile(r'(\w+)="([^"]*)"')

_URL_CRASHES = (
    ("name '(authorization|sign|string_to_sign)'", "It stands in a cell above. Run that cell first."),
    ("NameError", "Python does not know this name. Is it a parameter, or made in a cell above that you have not run?"),
    ("encode", "sign takes two texts: first the key, then what is signed."),
    ("ellipsis", "string_to_sign still has a blank: fill it in first."),
    ("'SplitResult'|'SplitResultBytes'", "urlsplit(url) has parts: .netloc is the host, .path the path."),
    ("not a valid non-string sequence|two-element|cannot convert dict", "urlencode takes a dict: {name: value}."),
)


@task(
    "19.b",
    "sign a URL",
    hints=(
        "Take the URL apart, write the date, sign the text, and put three things into the query: four lines.",
        "place = urlsplit(url) has place.netloc and place.path. date = formatdate(now, usegmt=True). signature = "
        "sign(key, string_to_sign(...)). The query has authorization, date and host; urlencode makes a text of it.",
        "query = {'authorization': authorization(signature), 'date': date, 'host': place.netloc}, and then return "
        "url + '?' + urlencode(query)",
    ),
)
def sign_a_url(answer):
    for url, key, now in URLS:
        got = attempt_with(_URL_CRASHES, answer, url, key, now)
        call = call_text(answer, url, key, now)
        must_be(str, got, call, "Return the whole URL.")
        address, mark, query = got.partition("?")
        if key in got:
            idea = "The key stays at home. Only what sign makes of it goes along."
            raise Wrong("a URL with the key in it.", idea, call=call, got=got)
        if not mark or address != url:
            idea = 'What comes back is the URL itself, then "?", then the query.'
            raise Wrong("another address.", idea, call=call, expected=Text(f"{url}?..."), got=got)
        if not ENCODED.fullmatch(got):
            idea = "A date has spaces, and no URL has (RFC 3986 section 2). urlencode writes them in another way."
            raise Wrong("a URL with a space in it.", idea, call=call, got=got)
        _judge_query(dict(parse_qsl(query, keep_blank_values=True)), urlsplit(url), key, now, call)


def _judge_query(values, place, key, now, call):
    """Raise Wrong unless the query, {name: value}, is that of a URL that was signed with `key` at `now`."""
    date = formatdate(now, usegmt=True)
    for name in ("host", "date", "authorization"):
        if name not in values:
            idea = "The server needs it, to make the text for itself. The query has authorization, date and host."
            raise Wrong(f"a query without {name}.", idea, call=call, got=", ".join(values) or Text("no query"))
    if values["host"] != place.netloc:
        looks, idea = "another host.", "The host is place.netloc: with the port, if the URL has one."
        if values["host"] == place.hostname:
            looks, idea = "a host without its port.", "place.netloc has both; place.hostname leaves the port out."
        raise Wrong(looks, idea, call=call, expected=place.netloc, got=values["host"])
    if values["date"] != date:
        looks, idea = "another date.", "formatdate(now, usegmt=True): the moment comes as a parameter."
        if values["date"] == formatdate(now):
            looks, idea = "a date without GMT.", "HTTP wants GMT at its end (RFC 9110 section 5.6.7): usegmt=True."
        elif values["date"] in (str(now), str(float(now))):
            looks, idea = "a number for a date.", "The server reads a date in words: formatdate(now, usegmt=True)."
        raise Wrong(looks, idea, call=call, expected=date, got=values["date"])
    fields = _fields(values["authorization"])
    if fields is None:
        idea = "authorization(signature) makes it: the name of the key and the signature, in Base64."
        raise Wrong("an authorization that the server cannot read.", idea, call=call, got=values["authorization"])
    right = _signature(key, text_to_sign(place.netloc, date, place.path))
    if fields.get("signature") != right:
        looks, idea = _signature_misconception(fields.get("signature", ""), place, key, date)
        raise Wrong(looks, idea, call=call, expected=right, got=fields.get("signature"))


def _fields(text):
    """Return the fields of an authorization as a dict, or None if it is not one."""
    try:
        found = dict(FIELDS.findall(base64.b64decode(text, validate=True).decode()))
    except ValueError:
        return None
    return found if "signature" in found else None


def _signature(key, text):
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _signature_misconception(got, place, key, date):
    """Return (looks, idea) for another signature."""
    right = text_to_sign(place.netloc, date, place.path)
    for text, looks, idea in (
        (text_to_sign(place.hostname, date, place.path), "the host without its port.", "Sign place.netloc."),
        (text_to_sign(place.netloc, date, place.path.lstrip("/")), "a path without its /.", "Sign place.path."),
        (text_to_sign(place.netloc, date, place.geturl()), "the whole URL for a path.", "Sign place.path."),
        (text_to_sign(place.netloc, place.path, date), "date and path in the wrong places.", "Look at its parameters."),
        (text_to_sign(date, place.netloc, place.path), "host and date in the wrong places.", "Look at its parameters."),
        (date, "a signature of the date alone.", "Sign string_to_sign(host, date, path)."),
        (place.geturl(), "a signature of the URL.", "Sign string_to_sign(host, date, path)."),
    ):
        if got == _signature(key, text):
            return looks, idea
    if got == _signature(right, key):
        return "key and text in the wrong places.", "sign(key, text): first the key."
    if got == right:
        return "a text that nobody signed.", "sign(key, text) makes the signature of the text."
    return "another signature.", "sign(key, string_to_sign(...)) of the same host, date and path as in the URL."
