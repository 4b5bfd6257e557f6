"""The checks of the exercise of lesson 14: wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer, as in test_tasks_14.py. What the tasks claim is seen at the end with real
servers, too.
"""

import asyncio
import base64
import fnmatch
import hmac
import http.cookies
import itertools
import os
import random
import re
import secrets
import ssl
import tempfile
import threading
import time
import uuid
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from websockets import InvalidMessage, InvalidStatus, connect, serve

from classroom import certificates, checks
from classroom.impostor import Impostor
from classroom.tasks import lesson_14_exercise
from classroom.workspace import ROOT
from tests.answers import right, spin, wrong
from tests.notebook_rules import code_cells

SECONDS = 3  # for each call of an answer: task 5 opens real connections, and none may be hit by a busy moment

# ---------------------------------------------------------------- 14.1

OUTCOMES = dict(zip(lesson_14_exercise.SETUPS, "ABCECD", strict=True))


def outcomes(**changes):
    """Return the right outcomes, but for the `changes`; a space in a name is written as _."""
    return OUTCOMES | {name.replace("_", " "): letter for name, letter in changes.items()}


SETUPS = [
    ("untouched", dict.fromkeys(OUTCOMES, ...), "[ ]", "Replace the dots"),
    ("one to do", outcomes(impostor=...), "[x]", "Still to do: impostor"),
    ("no dict", "ABCECD", "[x]", "another shape"),
    ("a key lost", {"other name": "A"}, "[x]", "another shape"),
    ("a word", outcomes(yesterday="expired"), "[x]", "none of the letters"),
    ("the CA is right", outcomes(other_name="E"), "[x]", "a right CA that is enough"),
    ("the CA is wrong", outcomes(other_name="C"), "[x]", "a name that is checked by the CA"),
    ("dates are a formality", outcomes(yesterday="E"), "[x]", "dates that nobody looks at"),
    ("the CA forgets", outcomes(yesterday="C"), "[x]", "a CA that forgets"),
    ("known everywhere", outcomes(new_laptop="E"), "[x]", "a CA that is known everywhere"),
    ("the name, still", outcomes(no_name_check="A"), "[x]", "turned off, and still checks"),
    ("checks nothing", outcomes(impostor="E"), "[x]", "a context that checks nothing any more"),
    ("wrong name", outcomes(impostor="A"), "[x]", "an impostor with a wrong name"),
    ("needs none", outcomes(no_card="E"), "[x]", "a client that needs no certificate"),
    ("its own CA", outcomes(no_card="C"), "[x]", "looked at by the client"),
    ("anything", outcomes(no_card="B"), "[x]", "another outcome"),
]

# ---------------------------------------------------------------- 14.2

ORDERS = [
    ("untouched", ..., "[ ]", "Replace the dots"),
    ("other letters", "XYZ", "[x]", "not made of the letters A to I"),
    ("the body first", "DGEAICF", "[x]", "code before the function begins"),
    ("a line twice", "EDGGAICF", "[x]", "a line used twice"),
    ("no body", "E", "[x]", "a function without a body"),
    ("the rooms first", "EDGAFIC", "[x]", "the path looked at first"),
    ("the query in the log", "EBDAICF", "[x]", "a token in the log"),
    ("both logs", "EBDGAICF", "[x]", "in the log twice"),
    ("the log last", "EDAICFG", "[x]", "not in the log"),
    ("the log after the monitor", "EDAGICF", "[x]", "no line for the monitor"),
    ("the log after the token", "EDICGAF", "[x]", "a monitor that has to show a token"),
    ("no log", "EDAICF", "[x]", "not in the log"),
    ("the token before the monitor", "EDGICAF", "[x]", "a monitor that has to show a token"),
    ("the rooms before the monitor", "EDGFAIC", "[x]", "a monitor that has to ask for a room"),
    ("no monitor", "EDGICF", "[x]", "a monitor that has to show a token"),
    ("only the log", "EDG", "[x]", "a monitor that gets no answer"),
    ("==", "EDGAIHF", "[x]", "may stop at the first letter"),
    ("both comparisons", "EDGAIHCF", "[x]", "may stop at the first letter"),
    ("no token", "EDGAF", "[x]", "an open door"),
    ("no rooms", "EDGAIC", "[x]", "a room that is not there"),
    ("the header late", "EDGACIF", "[x]", "`shown` is used in a line above"),
    ("the header late, which call", "EDGACIF", "[x]", "guard(connection, request): /chat"),
    ("the path late", "EGDAICF", "[x]", "`path` is used in a line above"),
    ("no header", "EDGACF", "[x]", "`shown` is used in a line above"),
]

# ---------------------------------------------------------------- 14.3


def may_connect(origin, allowed):
    """The obvious one."""
    if origin in allowed:
        return True
    for entry in allowed:
        if origin is not None and entry is not None:
            front, star, back = entry.partition("*")
            if star and origin.startswith(front) and origin.endswith(back):
                return True
    return False


def by_pattern(origin, allowed):
    if origin is None or None in allowed and origin in allowed:
        return origin in allowed
    patterns = [re.escape(entry).replace(r"\*", "[^/:]+") for entry in allowed if entry is not None]
    return any(re.fullmatch(pattern, origin) is not None for pattern in patterns)


def by_parts(origin, allowed):
    for entry in allowed:
        if entry == origin:
            return True
        if origin and entry and "*" in entry:
            one, other = urlsplit(origin), urlsplit(entry)
            ends = (one.hostname or "").endswith((other.hostname or "").removeprefix("*"))
            if ends and (one.scheme, one.port) == (other.scheme, other.port):
                return True
    return False


def by_fnmatch(origin, allowed):
    def fits(entry):
        return entry is not None and origin is not None and fnmatch.fnmatchcase(origin, entry)

    return origin in allowed or any(map(fits, allowed))


def each(compare):
    """Return a function that lets in if `compare(origin, entry)` holds for a text in the list."""

    def may_connect(origin, allowed):
        if origin is None:
            return None in allowed
        return any(bool(compare(origin, entry)) for entry in allowed if entry is not None)

    return may_connect


def star(compare):
    """Return a function that is right but for entries with a star: compare(origin, front, back)."""

    def fits(origin, entry):
        front, found, back = entry.partition("*")
        return compare(origin, front, back) if found else origin == entry

    return each(fits)


def stub_may_connect(origin, allowed):
    """Tell whether somebody with this origin, str or None, may connect."""
    pass  # your code here


def blank_may_connect(origin, allowed):
    return origin in allowed or ...


def first_only(origin, allowed):
    for entry in allowed:
        return entry == origin
    return False


def no_origin_is_fine(origin, allowed):
    return origin is None or may_connect(origin, allowed)


def never_programs(origin, allowed):
    return origin is not None and may_connect(origin, allowed)


def falsy_is_fine(origin, allowed):
    return not origin if None in allowed and not origin else may_connect(origin, allowed)


def null_is_none(origin, allowed):
    return may_connect(None if origin == "null" else origin, allowed)


def none_lets_all_in(origin, allowed):
    return None in allowed or may_connect(origin, allowed)


def first_star(origin, allowed):
    return origin in allowed or "*" in str(allowed[:1]) and may_connect(origin, allowed[:1])


def takes_out_none(origin, allowed):
    if None in allowed:
        allowed.remove(None)
        return origin is None or may_connect(origin, allowed)
    return may_connect(origin, allowed)


def crashes_at_none(origin, allowed):
    return origin in allowed or any(origin.startswith(entry.partition("*")[0]) for entry in allowed if "*" in entry)


def cuts_in_two(origin, allowed):
    if origin in allowed or origin is None:
        return origin in allowed
    for entry in filter(None, allowed):
        front, back = entry.split("*")
        if origin.startswith(front) and origin.endswith(back):
            return True
    return False


def all_of_them(origin, allowed):
    return all(origin.startswith(entry) for entry in allowed)


def returns_a_match(origin, allowed):
    return origin in allowed or re.fullmatch("|".join(map(re.escape, filter(None, allowed))), origin)


def no_return_at_all(origin, allowed):
    may_connect(origin, allowed)


def no_false(origin, allowed):
    if may_connect(origin, allowed):
        return True


def loose(origin, entry):
    return re.fullmatch(entry.replace("*", ".*"), origin)


def loose_without_star(origin, entry):
    return "*" not in entry and loose(origin, entry)


def any_entry_is_a_star(origin, allowed):
    hosts = [entry.partition("//")[2] for entry in allowed if entry and "*" in str(allowed)]
    return may_connect(origin, allowed) or any((origin or "").endswith("." + host) for host in hosts)


ORIGINS = [
    ("untouched", stub_may_connect, "[ ]", "write its body"),
    ("a blank", blank_may_connect, "[ ]", "replace each ..."),
    ("no function", True, "[x]", "not a function"),
    ("nobody", lambda origin, allowed: False, "[x]", "a listed page that is refused"),
    ("everybody", lambda origin, allowed: True, "[x]", "a door that is open to every page"),
    ("the first only", first_only, "[x]", "only the first is looked at"),
    ("begins with", each(lambda origin, entry: origin.startswith(entry)), "[x]", "a check of a part"),
    ("contains", each(lambda origin, entry: entry in origin), "[x]", "a check of a part"),
    ("tuple", lambda o, a: (o or "").startswith(tuple(filter(None, a))), "[x]", "a check of a part"),
    ("ends with", each(lambda o, e: o.endswith(e.partition("//")[2])), "[x]", "a check of the end"),
    ("host", each(lambda o, e: urlsplit(o).netloc == urlsplit(e).netloc), "[x]", "a host without its scheme"),
    ("no ports", each(lambda o, e: o.split(":")[:2] == e.split(":")[:2]), "[x]", "a host without its port"),
    ("turned round", each(lambda origin, entry: origin in entry), "[x]", "a piece that is found"),
    ("no stars", lambda origin, allowed: origin in allowed, "[x]", "a star taken for a letter"),
    ("no header is fine", no_origin_is_fine, "[x]", "a program that is let in, unasked"),
    ("no header is never fine", never_programs, "[x]", "a program that is refused"),
    ("empty is None", falsy_is_fine, "[x]", "an empty text taken for None"),
    ("null is None", null_is_none, "[x]", "'null' taken for None"),
    ("None is all", none_lets_all_in, "[x]", "None that lets everybody in"),
    ("a star in front", first_star, "[x]", "a star that is found only in front"),
    ("one name", star(lambda o, f, b: re.fullmatch(f"{f}[^.]+{re.escape(b)}", o)), "[x]", "a star for one name only"),
    ("no dot", star(lambda o, f, b: o.startswith(f) and o.endswith(b[1:])), "[x]", "a star for nothing"),
    (
        "no dot, some name",
        star(lambda o, f, b: o.startswith(f) and o.endswith(b[1:]) and o != f + b[1:]),
        "[x]",
        "a star that takes the dot along",
    ),
    ("the beginning", star(lambda o, f, b: o.startswith(f) and b in o), "[x]", "a check of the beginning"),
    ("the end", star(lambda o, f, b: o.endswith(b)), "[x]", "a star without its scheme"),
    ("no port", star(lambda o, f, b: re.match(f"{f}.*{re.escape(b)}(:|$)", o)), "[x]", "a star without its port"),
    ("no escape", each(loose), "[x]", "a star that takes the dot along"),
    ("no escape, no star", lambda o, a: may_connect(o, a) or each(loose_without_star)(o, a), "[x]", "for any letter"),
    ("any star", any_entry_is_a_star, "[x]", "a star for each entry"),
    ("changes the list", takes_out_none, "[x]", "a list that was changed"),
    ("None has no letters", crashes_at_none, "[!]", "A program sends no origin"),
    ("two parts", cuts_in_two, "[!]", "Not each entry has a *"),
    ("all", all_of_them, "[x]", "a listed page that is refused"),
    ("a match", returns_a_match, "[x]", "None where False belongs"),
    ("another match", lambda o, a: re.match("http", o or "") if o in a else False, "[x]", "a Match instead of a bool"),
    ("no False", no_false, "[x]", "None where False belongs"),
    ("no return", no_return_at_all, "[x]", "a function without a return"),
    ("a wrong pattern", each(lambda o, e: o == e or re.fullmatch("*", o)), "[!]", "another meaning"),
    ("fnmatch alone", each(lambda o, e: fnmatch.fnmatchcase(o, e)), "[x]", "a meaning of their own"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 14.4


def from_header(headers):
    word, _, token = headers.get("Authorization", "").partition(" ")
    return token if word == "Bearer" and token else None


def from_cookies(headers):
    for cookie in headers.get("Cookie", "").split("; "):
        name, _, value = cookie.partition("=")
        if name == "token" and value:
            return value
    return None


def find_token(headers):
    return from_header(headers) or from_cookies(headers)


def by_regex(headers):
    shown = headers.get("Authorization")
    if shown and (found := re.fullmatch("Bearer (.+)", shown)):
        return found[1]
    found = re.search(r"(?:^|;\s*)token=([^;]+)", headers.get("Cookie", ""))
    return found and found[1]


def by_dict(headers):
    if "Authorization" in headers and headers["Authorization"].startswith("Bearer "):
        return headers["Authorization"].removeprefix("Bearer ") or None
    pairs = [cookie.strip().split("=", 1) for cookie in headers.get("Cookie", "").split(";") if "=" in cookie]
    return dict(pairs).get("token") or None


def stub_find_token(headers):
    """Return the token in the headers, str, or None."""
    pass  # your code here


def cookies(find):
    """Return a function that reads the header as it should, and the cookies by `find(text)`."""
    return lambda headers: from_header(headers) or find(headers.get("Cookie", ""))


def header(find):
    """The other way round."""
    return lambda headers: find(headers.get("Authorization", "")) or from_cookies(headers)


def no_default(headers):
    if headers["Authorization"].startswith("Bearer "):
        return headers["Authorization"][7:]
    return from_cookies(headers)


def without_get(headers):
    if headers.get("Authorization").startswith("Bearer "):
        return headers["Authorization"][7:]
    return from_cookies(headers)


def cookie_first(headers):
    return from_cookies(headers) or from_header(headers)


def one_or_the_other(headers):
    return from_header(headers) if "Authorization" in headers else from_cookies(headers)


def simple(text):
    parsed = http.cookies.SimpleCookie(text)
    return parsed["token"].value if "token" in parsed else None


def begins(text):
    for cookie in text.split("; "):
        if cookie.startswith("token"):
            return cookie.partition("=")[2] or None


def ends_with_name(text):
    for cookie in text.split("; "):
        name, _, value = cookie.partition("=")
        if name.endswith("token") and value:
            return value


def in_dict(text):
    return dict(cookie.split("=") for cookie in text.split("; ")).get("token")


def two_parts(text):
    for cookie in text.split("; "):
        if "=" in cookie:
            name, value = cookie.split("=")
            if name == "token":
                return value or None


def cut_at_equals(text):
    for cookie in text.split("; "):
        parts = cookie.split("=")
        if parts[0] == "token" and len(parts) > 1:
            return parts[1] or None


def by_semicolon(text):
    for cookie in text.split(";"):
        name, _, value = cookie.partition("=")
        if name == "token" and value:
            return value


TOKENS = [
    ("untouched", stub_find_token, "[ ]", "write its body"),
    ("a blank", lambda headers: headers.get(..., ""), "[ ]", "replace each ..."),
    ("no return", lambda headers: print(find_token(headers)), "[x]", "a function without a return"),
    ("the cookie only", from_cookies, "[x]", "a header that is not read"),
    ("the header only", from_header, "[x]", "a cookie that is not read"),
    ("Bearer, too", header(lambda text: text), "[x]", "the word Bearer, and the token"),
    ("a space", header(lambda text: text.startswith("Bearer") and text[6:] or None), "[x]", "a space around it"),
    ("in", cookies(lambda text: text.split("token=")[-1] if "token=" in text else None), "[x]", "all the cookies"),
    (
        "in, cut",
        cookies(lambda text: text.split("token=")[1].split(";")[0] if "token=" in text else None),
        "[x]",
        "xtoken taken for token",
    ),
    ("find", cookies(lambda text: text[text.find("token=") + 6 :].split(";")[0] or None), "[x]", "any cookie taken"),
    ("regex", cookies(lambda t: (re.findall(r"token=([^;]+)", t) or [None])[0]), "[x]", "xtoken taken for token"),
    ("regex, \\b", cookies(lambda t: (re.findall(r"\btoken=([^;]+)", t) or [None])[0]), "[x]", "a value taken"),
    ("the name ends", cookies(ends_with_name), "[x]", "xtoken taken for token"),
    ("the name begins", cookies(begins), "[x]", "token2 taken for token"),
    (
        "first cookie",
        cookies(lambda t: t[6:].split("; ")[0] if t.startswith("token=") else None),
        "[x]",
        "first cookie",
    ),
    ("all cookies", cookies(lambda t: t[6:] if t.startswith("token=") else None), "[x]", "only the first cookie"),
    (
        "the pair",
        cookies(lambda t: next((c for c in t.split("; ") if c[:6] == "token="), None)),
        "[x]",
        "the name, and",
    ),
    ("a space in front", cookies(by_semicolon), "[x]", "only the first cookie"),
    ("a dict", cookies(in_dict), "[!]", "partition('=') gives three parts"),
    ("two parts", cookies(two_parts), "[!]", "partition('=') gives three parts"),
    ("cut at =", cookies(cut_at_equals), "[x]", "a token cut at its own ="),
    ("SimpleCookie", cookies(simple), "[x]", "a lone cookie that hides the others"),
    ("no default", no_default, "[!]", "Not everybody sends this header"),
    ("no default, get", without_get, "[!]", "Not everybody sends this header"),
    ("empty", lambda h: by_dict(h) or ("" if "Authorization" in h else None), "[x]", "'' for no token"),
    ("False", lambda headers: find_token(headers) or False, "[x]", "False for no token"),
    ("True", lambda headers: find_token(headers) is not None, "[x]", "True instead of the token"),
    ("bytes", lambda headers: (find_token(headers) or "x").encode(), "[x]", "bytes instead of a str"),
    ("any word", header(lambda text: text.partition(" ")[2]), "[x]", "a password taken for a token"),
    ("a cookie first", cookie_first, "[x]", "a cookie before the header"),
    ("one of them", one_or_the_other, "[x]", "a header that hides the cookie"),
    ("no space", header(lambda t: t[6:].strip() if t[:6] == "Bearer" else None), "[x]", "only begins like Bearer"),
    ("the header cut at =", header(lambda t: t[7:].strip("=") if t[:7] == "Bearer " else None), "[x]", "its own ="),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 14.5


def context_for(cafile):
    return ssl.create_default_context(cafile=cafile)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def ask(url, cafile, token):
    """The obvious one."""
    async with connect(url, ssl=context_for(cafile), additional_headers=bearer(token)) as connection:
        return await connection.recv()


async def ask_by_hand(url, cafile, token):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile)
    connection = await connect(url, ssl=context, additional_headers=[("authorization", f"Bearer {token}")])
    try:
        async for message in connection:
            return message
    finally:
        await connection.close()


async def ask_with_limits(url, cafile, token):
    try:
        async with asyncio.timeout(60), connect(url, ssl=context_for(cafile), additional_headers=bearer(token)) as ws:
            message = await ws.recv()
    except ssl.SSLError:
        raise
    return message


def asking(context=context_for, address=lambda url, token: url, headers=bearer):
    """Return a client that is right but for its context, its address or its headers."""

    async def ask(url, cafile, token):
        options = {"ssl": context(cafile), "additional_headers": headers(token)}
        async with connect(address(url, token), **options) as connection:
            return await connection.recv()

    return ask


def careless(cafile):
    context = context_for(cafile)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def no_name_check(cafile):
    context = context_for(cafile)
    context.check_hostname = False
    return context


def no_dates(cafile):
    """What some answers on the web do: take an expired certificate for good, and check the rest."""

    async def ask(url, cafile, token):
        try:
            return await asking()(url, cafile, token)
        except ssl.SSLCertVerificationError as error:
            if "expired" not in error.verify_message:
                raise
            return await asking(careless)(url, cafile, token)

    return ask


def old(cafile):
    with pytest.warns(DeprecationWarning):
        return ssl.SSLContext()


def turned_off_half(cafile):
    context = context_for(cafile)
    context.verify_mode = ssl.CERT_NONE
    return context


def servers_context(cafile):
    return ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=cafile)


def with_query(url, token):
    return f"{url}&token={token}"


async def stub_ask(url, cafile, token):
    """Return the first message of the server at `url`, wss://..., which wants the token."""
    pass  # your code here


async def broken(url, cafile, token):
    try:
        async with connect(f"{url}?token={token}", ssl=careless(cafile)) as connection:
            return await connection.recv()
    except Exception:
        async with connect(f"{url.replace('wss', 'ws')}?token={token}") as connection:
            return await connection.recv()


async def plain_if_anything(url, cafile, token):
    try:
        return await ask(url, cafile, token)
    except Exception:
        async with connect(url.replace("wss", "ws"), additional_headers=bearer(token)) as connection:
            return await connection.recv()


async def plain_if_not_trusted(url, cafile, token):
    try:
        return await ask(url, cafile, token)
    except ssl.SSLError:
        async with connect(url.replace("wss", "ws"), additional_headers=bearer(token)) as connection:
            return await connection.recv()


async def plain_if_not_tls(url, cafile, token):
    try:
        return await ask(url, cafile, token)
    except ConnectionError:
        async with connect(url.replace("wss", "ws"), additional_headers=bearer(token)) as connection:
            return await connection.recv()


async def swallows(url, cafile, token):
    try:
        return await ask(url, cafile, token)
    except Exception:
        return None


async def swallows_tls(url, cafile, token):
    try:
        return await ask(url, cafile, token)
    except OSError as error:
        return f"not trusted: {error}"


async def tries_again(url, cafile, token):
    try:
        return await ask(url, cafile, token)
    except InvalidStatus:
        return await ask(url, cafile, token)


async def tries_for_ever(url, cafile, token):
    async for connection in connect(
        url, ssl=context_for(cafile), additional_headers=bearer(token), process_exception=lambda error: None
    ):
        async with connection:
            return await connection.recv()


async def no_return(url, cafile, token):
    await ask(url, cafile, token)


async def stays_open(url, cafile, token):
    connection = await connect(url, ssl=context_for(cafile), additional_headers=bearer(token))
    return await connection.recv()


async def forgets_await(url, cafile, token):
    async with connect(url, ssl=context_for(cafile), additional_headers=bearer(token)) as connection:
        return connection.recv()


async def no_async_with(url, cafile, token):
    with connect(url, ssl=context_for(cafile), additional_headers=bearer(token)) as connection:
        return await connection.recv()


async def waits_for_the_end(url, cafile, token):
    async with connect(url, ssl=context_for(cafile), additional_headers=bearer(token)) as connection:
        return [message async for message in connection]


async def the_repr(url, cafile, token):
    return repr(await ask(url, cafile, token))


def says(message):
    """Return a client that also sends `message`, which is made of the token."""

    async def ask(url, cafile, token):
        async with connect(url, ssl=context_for(cafile), additional_headers=bearer(token)) as connection:
            await connection.send(message(token))
            return await connection.recv()

    return ask


async def twice(url, cafile, token):
    await ask(url, cafile, token)
    return await ask(url, cafile, token)


async def old_keyword(url, cafile, token):
    async with connect(url, ssl=context_for(cafile), headers=bearer(token)) as connection:
        return await connection.recv()


async def a_file_for_a_context(url, cafile, token):
    async with connect(url, ssl=cafile, additional_headers=bearer(token)) as connection:
        return await connection.recv()


async def no_connection(url, cafile, token):
    return "Dear diary, the key is under the mat."


async def spins(url, cafile, token):
    spin()


def plain(url, cafile, token):
    return "Dear diary"


ASKING = [
    ("untouched", stub_ask, "[ ]", "write its body"),
    ("as it was", broken, "[x]", "a token in the address"),
    ("trusts anybody", asking(careless), "[x]", "a client that trusts anybody"),
    ("SSLContext()", asking(old), "[x]", "a client that trusts anybody"),
    ("the name", asking(no_name_check), "[x]", "does not look at the name"),
    ("the dates", no_dates(""), "[x]", "does not look at the dates"),
    ("the system's", asking(lambda cafile: ssl.create_default_context()), "[x]", "does not trust the school"),
    ("nobody", asking(lambda cafile: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)), "[x]", "does not trust the school"),
    ("a server's", asking(servers_context), "[x]", "the context of a server"),
    ("True", asking(lambda cafile: True), "[x]", "does not trust the school"),
    ("half off", asking(turned_off_half), "[!]", "Cannot set verify_mode to CERT_NONE"),
    ("a query", asking(address=with_query), "[x]", "a token in the address"),
    ("another path", asking(address=lambda url, token: url.partition("diary")[0]), "[x]", "another address"),
    ("no header", asking(headers=lambda token: {}), "[x]", "a token that the server does not find"),
    ("no Bearer", asking(headers=lambda t: {"Authorization": t}), "[x]", "a token that the server does not find"),
    ("a cookie", asking(headers=lambda t: {"Cookie": f"token={t}"}), "[x]", "a token that the server does not find"),
    ("ws", asking(address=lambda url, token: url.replace("wss", "ws")), "[!]", "ssl"),
    ("plain if anything", plain_if_anything, "[x]", "a client that goes on without TLS"),
    ("plain if not trusted", plain_if_not_trusted, "[x]", "a client that goes on without TLS"),
    ("plain if no TLS", plain_if_not_tls, "[x]", "a client that goes on without TLS"),
    ("swallows", swallows, "[x]", "a refusal that nobody hears of"),
    ("swallows TLS", swallows_tls, "[x]", "an error that nobody hears of"),
    ("tries again", tries_again, "[x]", "a second try after a refusal"),
    ("endless tries", tries_for_ever, "[!]", "do not try again"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("stays open", stays_open, "[x]", "a connection that stays open"),
    ("no await", forgets_await, "[x]", "a plan that nobody carries out"),
    ("no async with", no_async_with, "[!]", "async with"),
    ("endless wait for the end", waits_for_the_end, "[!]", "waits for your client's end"),
    ("the repr", the_repr, "[x]", "another message"),
    ("a message, too", says(lambda token: token), "[x]", "a token in a message, too"),
    ("a message of bytes", says(str.encode), "[x]", "a token in a message, too"),
    ("twice", twice, "[x]", "connects more than once"),
    ("headers=", old_keyword, "[!]", "additional_headers="),
    ("a file", a_file_for_a_context, "[!]", "the context that you made, such as"),
    ("no connection", no_connection, "[x]", "a client that does not connect"),
    ("no async", plain, "[x]", "a function without async"),
    ("endless", spins, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 14.6


class Tickets:
    """A right one, in methods that a wrong one replaces."""

    def __init__(self, seconds, clock):
        self.seconds, self.clock = seconds, clock
        self.kept = {}

    def issue(self, name):
        self.forget()
        ticket = self.new(name)
        self.kept[ticket] = name, self.clock() + self.seconds
        return ticket

    def forget(self):
        for ticket, (_, end) in list(self.kept.items()):
            if end <= self.clock():
                del self.kept[ticket]

    def new(self, name):
        return secrets.token_urlsafe()

    def redeem(self, ticket):
        name, end = self.kept.pop(ticket, (None, 0))
        return name if self.clock() < end else None


class TwoDicts:
    """A right one in another style."""

    def __init__(self, seconds, clock):
        self.seconds, self.clock = seconds, clock
        self.names, self.times = {}, {}

    def issue(self, name):
        for old in [ticket for ticket, start in self.times.items() if self.clock() - start > self.seconds]:
            del self.names[old], self.times[old]
        ticket = uuid.uuid4().hex
        self.names[ticket], self.times[ticket] = name, self.clock()
        return ticket

    def redeem(self, ticket):
        if ticket not in self.names:
            return None
        name, start = self.names.pop(ticket), self.times.pop(ticket)
        if self.clock() - start > self.seconds:
            return None
        return name


class AsList:
    """And another, with a list, oldest first."""

    def __init__(self, seconds, clock):
        self.seconds, self.clock, self.kept = seconds, clock, []

    def issue(self, name):
        while self.kept and self.kept[0][2] < self.clock():
            self.kept.pop(0)
        self.kept.append((os.urandom(16).hex(), name, self.clock() + self.seconds))
        return self.kept[-1][0]

    def redeem(self, ticket):
        for entry in self.kept:
            if hmac.compare_digest(entry[0].encode(), ticket.encode()):
                self.kept.remove(entry)
                if entry[2] >= self.clock():
                    return entry[1]


def tickets(**methods):
    return type("Tickets", (Tickets,), {"issue": Tickets.issue, "redeem": Tickets.redeem} | methods)


def stub_issue(self, name):
    """Return a new ticket for `name`, a str."""
    pass  # your code here


def get_for_pop(self, ticket):
    name, end = self.kept.get(ticket, (None, 0))
    return name if self.clock() < end else None


def pops_the_good(self, ticket):
    name, end = self.kept.get(ticket, (None, 0))
    if self.clock() < end:
        return self.kept.pop(ticket)[0]


def no_time(self, ticket):
    return self.kept.pop(ticket, (None, 0))[0]


def pop_without_default(self, ticket):
    name, end = self.kept.pop(ticket)
    return name if self.clock() < end else None


def pop_none(self, ticket):
    name, end = self.kept.pop(ticket, None)
    return name if self.clock() < end else None


def tells(self, ticket):
    return Tickets.redeem(self, ticket) is not None


def gives_all(self, ticket):
    return self.kept.pop(ticket, None)


def takes_all(self, ticket):
    name, end = self.kept.get(ticket, (None, 0))
    if name:
        self.kept.clear()
    return name if self.clock() < end else None


def wrong_way_round(self, ticket):
    name, end = self.kept.pop(ticket, (None, 0))
    return name if self.clock() > end else None


def own_clock(self, name):
    ticket = self.new(name)
    self.kept[ticket] = name, time.monotonic() + self.seconds
    return ticket


def in_minutes(self, name):
    ticket = Tickets.issue(self, name)
    self.kept[ticket] = name, self.clock() + 60 * self.seconds
    return ticket


def thirty(self, name):
    ticket = Tickets.issue(self, name)
    self.kept[ticket] = name, self.clock() + 30
    return ticket


def one_end(self, name):
    ticket = Tickets.issue(self, name)
    self.kept = {old: (who, self.clock() + self.seconds) for old, (who, _) in self.kept.items()}
    return ticket


def one_for_each_name(self, name):
    self.forget()
    self.kept = {ticket: entry for ticket, entry in self.kept.items() if entry[0] != name}
    return Tickets.issue(self, name)


def forgets_all(self):
    self.kept = {}


def in_the_loop(self):
    for ticket, (_, end) in self.kept.items():
        if end <= self.clock():
            del self.kept[ticket]


def not_called(self, name):
    ticket = self.new(name)
    self.kept[ticket] = name, self.clock + self.seconds
    return ticket


def issues_nothing(self, name):
    Tickets.issue(self, name)


counter = itertools.count()


def numbered(self, name):
    return f"{next(counter):016}"


def counted(self, name):
    self.count = getattr(self, "count", 0) + 1
    return f"{name}-{self.count:020}"


def from_random(self, name):
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=32))


def encoded(self, name):
    return base64.b64encode(secrets.token_bytes(32)).decode()


TICKETS = [
    ("untouched", tickets(issue=stub_issue), "[ ]", "issue is still empty"),
    ("redeem untouched", tickets(redeem=stub_issue), "[ ]", "stub_issue is still empty"),
    ("an object", Tickets(30, time.monotonic), "[x]", "something other than a class"),
    ("no redeem", type("Tickets", (), {"issue": Tickets.issue}), "[x]", "a class without redeem"),
    ("no ticket", tickets(issue=issues_nothing), "[x]", "a function without a return"),
    ("bytes", tickets(new=lambda self, name: secrets.token_bytes()), "[x]", "bytes instead of a str"),
    ("the name", tickets(new=lambda self, name: name), "[x]", "the same ticket twice"),
    ("good twice", tickets(redeem=get_for_pop), "[x]", "a ticket that is good twice"),
    ("no time", tickets(redeem=no_time), "[x]", "a ticket that lasts too long"),
    ("late stays", tickets(redeem=pops_the_good), "[x]", "a late ticket that is kept"),
    ("pop alone", tickets(redeem=pop_without_default), "[!]", "Nobody has issued this ticket"),
    ("pop None", tickets(redeem=pop_none), "[!]", "Nobody may have issued this ticket"),
    ("True", tickets(redeem=tells), "[x]", "instead of a name"),
    ("a tuple", tickets(redeem=gives_all), "[x]", "a tuple instead of a name"),
    ("all are gone", tickets(redeem=takes_all), "[x]", "another's ticket that is lost"),
    ("turned round", tickets(redeem=wrong_way_round), "[x]", "a good ticket that is refused"),
    ("one for each name", tickets(issue=one_for_each_name), "[x]", "a good ticket that is refused"),
    ("another clock", tickets(issue=own_clock), "[x]", "a good ticket that is refused"),
    ("minutes", tickets(issue=in_minutes), "[x]", "a ticket that lasts too long"),
    ("always thirty", tickets(issue=thirty), "[x]", "a ticket that lasts too long"),
    ("one end", tickets(issue=one_end), "[x]", "gives it no new time"),
    ("forgets all", tickets(forget=forgets_all), "[x]", "a good ticket that is refused"),
    ("in the loop", tickets(forget=in_the_loop), "[!]", "Go through a copy"),
    ("clock, not clock()", tickets(issue=not_called), "[!]", "clock() is the time now"),
    ("short", tickets(new=lambda self, name: secrets.token_hex(4)), "[x]", "a ticket that can be guessed"),
    ("numbered", tickets(new=counted), "[x]", "a ticket that can be guessed"),
    ("random", tickets(new=from_random), "[x]", "a ticket that can be guessed"),
    ("base64", tickets(new=encoded), "[x]", "a ticket that an address changes"),
    ("never forgets", tickets(forget=lambda self: None), "[x]", "20 old tickets that stay for ever"),
    ("endless", tickets(redeem=spin), "[!]", "stopped after"),
]


WRONG = [
    *wrong("14.1", SETUPS),
    *wrong("14.2", ORDERS),
    *wrong("14.3", ORIGINS),
    *wrong("14.4", TOKENS),
    *wrong("14.5", ASKING),
    *wrong("14.6", TICKETS),
]


@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words, words
    assert "fault of its own" not in words and not checks.passed(task)


RIGHT = [
    *right("14.1", plain=OUTCOMES, small={setup: letter.lower() for setup, letter in OUTCOMES.items()}),
    *right("14.2", plain="EDGAICF", small="e d g a i c f", header_first="EIDGACF", list=list("EDIGACF")),
    *right("14.3", plain=may_connect, pattern=by_pattern, parts=by_parts, fnmatch=by_fnmatch),
    *right("14.4", plain=find_token, regex=by_regex, dict=by_dict),
    *right("14.5", plain=ask, by_hand=ask_by_hand, limits=ask_with_limits, greets=says(lambda token: "Hello")),
    *right("14.6", plain=Tickets, methods=tickets(), two_dicts=TwoDicts, list=AsList),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words


def test_an_order_passes_if_each_line_has_before_it_what_it_needs(card):
    orders = ["".join(order) for order in itertools.permutations("DGAICF")]
    needed = ("DG", "GA", "AC", "IC", "CF")
    sound = [order for order in orders if all(order.index(one) < order.index(other) for one, other in needed)]
    assert [order for order in orders if card("14.2", "E" + order).startswith("[ok]")] == sound
    assert len(sound) == 4


def test_nothing_is_left_of_a_client_that_is_stopped(card, monkeypatch, tmp_path):
    monkeypatch.setattr(checks, "SECONDS", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for answer in (spins, waits_for_the_end, stays_open, ask):
        card("14.5", answer)
        assert "classroom check" not in [thread.name for thread in threading.enumerate()]
        assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- what the tasks claim, and the solutions, for real


@pytest.fixture(scope="module")
def solutions():
    """Return what the cells of the solution define."""
    scope = {}
    for source in code_cells(ROOT / "solutions" / "14_letting_the_right_people_in.ipynb"):
        if "classroom.checks" in source or "### BEGIN SOLUTION" in source or "def broken" in source:
            exec(source, scope)
    return SimpleNamespace(**scope)


def address(server, scheme="ws"):
    return f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def limited(coroutine):
    async def run():
        async with asyncio.timeout(30):
            return await coroutine

    return asyncio.run(run())


async def idle(connection):
    await connection.wait_closed()


async def outcome(server_context, client_context):
    """Return the letter of task 1 for what comes of a connection."""
    async with serve(idle, "127.0.0.1", 0, ssl=server_context) as server:
        try:
            async with connect(address(server, "wss"), ssl=client_context):
                return "E"
        except ssl.SSLCertVerificationError as error:
            words = {"A": "IP address mismatch", "B": "certificate has expired", "C": "unable to get local issuer"}
            return next(letter for letter, text in words.items() if error.verify_message.startswith(text))
        except (OSError, InvalidMessage):
            return "D"


def test_the_six_setups_come_to_what_14_1_says(solutions):
    school, unknown = certificates.Authority(), certificates.Authority()
    context, no_name = context_for(school.cafile), context_for(school.cafile)
    no_name.check_hostname = False
    servers = {
        "other name": (school.issue("chat.example"), context),
        "yesterday": (school.issue("127.0.0.1", days=-1), context),
        "new laptop": (school.issue("127.0.0.1"), ssl.create_default_context()),
        "no name check": (school.issue("chat.example"), no_name),
        "impostor": (unknown.issue("127.0.0.1"), no_name),
        "no card": (school.issue("127.0.0.1"), context),
    }
    found = {}
    for setup, (issued, client_context) in servers.items():
        server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server_context.load_cert_chain(*issued)
        if setup == "no card":
            server_context.verify_mode = ssl.CERT_REQUIRED
            server_context.load_verify_locations(school.cafile)
        found[setup] = limited(outcome(server_context, client_context))
    assert found == solutions.outcomes == OUTCOMES


async def status(url, **options):
    try:
        async with connect(url, **options):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_the_guard_in_order_at_a_real_door(solutions):
    source = "\n".join(lesson_14_exercise.GUARD_LINES[letter] for letter in solutions.order)
    scope = {"hmac": hmac, "log": [], "ROOMS": ("/chat", "/diary"), "RIGHT": b"Bearer sesame-7"}
    exec(source, scope)
    ada = {"additional_headers": bearer("sesame-7")}

    async def visits():
        async with serve(idle, "127.0.0.1", 0, process_request=scope["guard"]) as server:
            url = address(server)
            return [
                await status(url + "health"),
                await status(url + "chat?token=sesame-7"),
                await status(url + "attic", **ada),
                await status(url + "chat?day=3", **ada),
            ]

    assert limited(visits()) == [200, 401, 404, 101]
    assert scope["log"] == ["/health", "/chat", "/attic", "/chat"]


def test_origin_and_token_at_a_real_door(solutions):
    tickets = solutions.Tickets(30, time.monotonic)

    def guard(connection, request):
        if not solutions.may_connect(request.headers.get("Origin"), [None, "https://*.school.example"]):
            return connection.respond(403, "")
        ticket = request.path.partition("?ticket=")[2]
        if solutions.find_token(request.headers) != "sesame-7" and tickets.redeem(ticket) != "ada":
            return connection.respond(401, "")

    async def visits():
        async with serve(idle, "127.0.0.1", 0, process_request=guard) as server:
            url = address(server)
            cookie = {"Cookie": "theme=dark; token=sesame-7"}
            ticket = f"{url}?ticket={tickets.issue('ada')}"
            return [
                await status(url),
                await status(url, additional_headers=bearer("sesame-7")),
                await status(url, additional_headers=cookie, origin="https://lab.school.example"),
                await status(url, additional_headers=cookie, origin="https://evilschool.example"),
                await status(url, additional_headers={"Cookie": "xtoken=sesame-7"}),
                await status(ticket),
                await status(ticket),
            ]

    assert limited(visits()) == [401, 101, 101, 403, 401, 101, 401]


def test_the_client_opposite_an_impostor(solutions):
    school = certificates.Authority()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*school.issue("127.0.0.1"))

    async def tell(connection):
        await connection.send("Dear diary")
        await connection.wait_closed()

    async def visits():
        async with serve(tell, "127.0.0.1", 0, ssl=context) as server:
            url = address(server, "wss")
            assert await solutions.ask(url, school.cafile, "sesame-7") == "Dear diary"
            async with Impostor(url) as impostor:
                await solutions.broken(impostor.url, school.cafile, "sesame-7")
                heard = impostor.log.copy()
                with pytest.raises(ssl.SSLCertVerificationError):
                    await solutions.ask(impostor.url, school.cafile, "sesame-7")
                return heard, impostor.log

    before, after = limited(visits())
    assert before == after == ["GET /?token=sesame-7 101"]
