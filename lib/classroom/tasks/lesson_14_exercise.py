"""The tasks of the exercise of lesson 14, Letting the right people in."""

import asyncio
import contextlib
import gc
import hmac
import random
import re
import ssl
import tempfile
import weakref

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from .. import certificates
from ..checks import NotStarted, Stopped, Wrong, attempt, call_text, task
from ..judging import Text, attempt_with, letters_in_order, must_be, must_have, readable, with_article
from .lesson_07_exercise import awaited, in_a_loop, real_server
from .lesson_14 import ROOMS, TOKEN, judge_door, visitors

# ---------------------------------------------------------------- 14.1

OUTCOMES = "A B C D E".split()

# set-up: (right letter, {wrong letter: what it looks like}, idea)
SETUPS = {
    "other name": (
        "A",
        {
            "C": "a name that is checked by the CA.",
            "D": "a server that ends it.",
            "E": "a right CA that is enough.",
        },
        "school has signed it, and today is between its dates. For whom has it signed?",
    ),
    "yesterday": (
        "B",
        {
            "A": "an old certificate with another name.",
            "C": "a CA that forgets what it signed.",
            "E": "dates that nobody looks at.",
        },
        "The CA and the name are right. What is the third thing that a client checks?",
    ),
    "new laptop": (
        "C",
        {
            "A": "a name that is wrong.",
            "D": "a server that ends it.",
            "E": "a CA that is known everywhere.",
        },
        "Without cafile, a context trusts the CAs of the system. Is school one of them?",
    ),
    "no name check": (
        "E",
        {
            "A": "a check that was turned off, and still checks.",
            "C": "a CA that vouches for names only.",
            "B": "dates that are wrong.",
        },
        "What remains to be checked: who signed it, and the dates. Both are right, whatever the name.",
    ),
    "impostor": (
        "C",
        {
            "A": "an impostor with a wrong name.",
            "D": "a server that ends it.",
            "E": "a context that checks nothing any more.",
        },
        "check_hostname is about the name only. verify_mode is as it was: who has signed this?",
    ),
    "no card": (
        "D",
        {
            "A": "a certificate of the client, looked at by the client.",
            "C": "a certificate of the client, looked at by the client.",
            "E": "a client that needs no certificate.",
        },
        "The client is content with the server. Is the server with the client, and does it say why?",
    ),
}


@task(
    "14.1",
    "who gets in, and with which error?",
    hints=(
        "A client checks three things: who signed, the name, the dates. Which of them does this context check, and "
        "which is wrong?",
        "Section 2 has the three errors. check_hostname = False leaves out the name, and nothing else. And one of the "
        "six is refused by the server.",
        "In order: A, B, C, E, C, D.",
    ),
)
def who_gets_in(answer):
    must_have(
        SETUPS, answer, f"It is a dict with the keys {', '.join(map(repr, SETUPS))}. Keep them, and replace the dots."
    )
    missing = [setup for setup in SETUPS if answer[setup] is ...]
    if len(missing) == len(SETUPS):
        raise NotStarted()
    for setup, (right, slips, idea) in SETUPS.items():
        if setup in missing:
            continue
        letter = str(answer[setup]).strip().upper()
        if letter not in OUTCOMES:
            raise Wrong(
                "none of the letters.", 'Write "A" to "E".', call=f"outcomes[{setup!r}]", got=readable(answer[setup])
            )
        if letter != right:
            raise Wrong(slips.get(letter, "another outcome."), idea, call=f"outcomes[{setup!r}]", got=letter)
    if missing:
        raise Wrong(idea=f"Right so far. Still to do: {', '.join(missing)}.")


# ---------------------------------------------------------------- 14.2

GUARD_LINES = {
    "A": '    if path == "/health":\n        return connection.respond(200, "up\\n")',
    "B": "    log.append(request.path)",
    "C": '    if not hmac.compare_digest(shown.encode(), RIGHT):\n        return connection.respond(401, "Token?\\n")',
    "D": '    path = request.path.partition("?")[0]',
    "E": "def guard(connection, request):",
    "F": '    if path not in ROOMS:\n        return connection.respond(404, "There is no such room.\\n")',
    "G": "    log.append(path)",
    "H": '    if shown != RIGHT.decode():\n        return connection.respond(401, "Token?\\n")',
    "I": '    shown = request.headers.get("Authorization", "")',
}
MONITOR = "the monitor, which has no token"


@task(
    "14.2",
    "a guard that keeps a log",
    hints=(
        "Two lines compare the token, and two write the log. Which one of each does harm?",
        "Everybody is in the log, also who is refused. The monitor comes before the token, and the token before the "
        "rooms. A name needs its value first.",
        "The def line, the path, the log, the monitor, then the header, its check, and the rooms. B and H are left "
        "over.",
    ),
)
def a_guard_that_keeps_a_log(answer):
    letters = letters_in_order(answer, GUARD_LINES)
    log = []
    scope = {"hmac": hmac, "log": log, "ROOMS": ROOMS, "RIGHT": f"Bearer {TOKEN}".encode()}
    if len(letters) == 1:
        raise Wrong("a function without a body.", "After its first line come the others.", got=answer)
    exec("\n".join(GUARD_LINES[letter] for letter in letters), scope)
    try:
        judge_order(scope["guard"], log)
    except Stopped as stopped:  # the only error that these lines can make: a NameError
        name = re.search(r"'(\w+)'", stopped.details["error"])[1]
        idea = f"`{name}` is used in a line above the one that makes it, or that line is missing."
        raise Wrong("a name before it has a value.", idea, call=stopped.details["call"], got=answer) from None


def judge_order(guard, log):
    """Raise Wrong unless `guard` refuses and lets in as it should, and writes the paths into `log`, a list."""
    people = visitors(TOKEN)
    room = ROOMS[0]
    for path in ("/health", "/health?from=monitor"):
        try:
            judge_door(guard, path, MONITOR, None, 200)
        except Wrong as wrong:
            looks = {401: "a monitor that has to show a token.", 404: "a monitor that has to ask for a room."}
            looks = looks.get(wrong.details["got"], "a monitor that gets no answer.")
            idea = "/health is open to all: answer it before anybody is refused."
            raise Wrong(looks, idea, call=wrong.details["call"]) from None
    judge_door(guard, room, *people[0][:2], None)
    judge_door(guard, f"{room}?day=3", *people[0][:2], None)
    judge_door(guard, "/attic", *people[0][:2], 404)
    for who, value, good in people[1:]:
        judge_door(guard, room, who, value, None if good else 401)
    judge_door(guard, "/attic", *people[1][:2], 401)
    for path, value, what in (
        (room, people[0][1], "somebody who is let in"),
        (room, None, "somebody who is refused with 401"),
        ("/attic", people[0][1], "somebody who is refused with 404"),
        ("/health", None, "the monitor"),
    ):
        log.clear()
        judge_door(guard, path, what, value, {"/health": 200, "/attic": 404}.get(path, None if value else 401))
        if not log:
            idea = f"The log has no line for {what}. Write it before you answer."
            raise Wrong("a visitor who is not in the log.", idea, call=path)
        if len(log) > 1:
            raise Wrong("a visitor who is in the log twice.", "One line for each visitor.", call=path)
    log.clear()
    judge_door(guard, f"{room}?token={TOKEN}", *people[1][:2], 401)
    if any(TOKEN in line for line in log):
        idea = f"Somebody came to {room}?token={TOKEN}, and the log has it now. The path without the query is enough."
        raise Wrong("a token in the log.", idea)


# ---------------------------------------------------------------- 14.3

CHAT, BOARD = "https://chat.example", "http://localhost:8888"
STAR = "https://*.school.example"

ALL_OF_IT = "Compare the whole text: scheme, host and port."
DOT = "Behind the star stands `.school.example`, with its dot."

# origin, the list, whether it may connect, what it looks like if not, the idea
ORIGINS = (
    (CHAT, [CHAT, BOARD], True, "a listed page that is refused.", "It is in the list, letter by letter."),
    (BOARD, [CHAT, BOARD], True, "a list of which only the first is looked at.", "Say False after the last one."),
    ("https://evil.example", [CHAT, BOARD], False, "a door that is open to every page.", "It is not in the list."),
    (CHAT + ".evil.example", [CHAT, BOARD], False, "a check of a part.", f"Who owns evil.example? {ALL_OF_IT}"),
    ("https://evilchat.example", [CHAT, BOARD], False, "a check of the end.", f"Anybody may own that. {ALL_OF_IT}"),
    ("http://chat.example", [CHAT, BOARD], False, "a host without its scheme.", ALL_OF_IT),
    (CHAT + ":8443", [CHAT, BOARD], False, "a host without its port.", ALL_OF_IT),
    ("http://localhost:9999", [CHAT, BOARD], False, "a host without its port.", ALL_OF_IT),
    ("https://chat", [CHAT, BOARD], False, "a piece that is found in the list.", ALL_OF_IT),
    (CHAT, [], False, "an empty list that lets in.", "Nobody is listed: nobody may connect."),
    ("null", [CHAT], False, "a page without an origin, let in.", "'null' is a text, and comes from a browser."),
    ("", [CHAT], False, "an empty text that is let in.", "It is in no list."),
    (None, [None, CHAT], True, "a program that is refused.", "None is in the list: who sends no Origin may connect."),
    (None, [CHAT, None], True, "a program that is refused.", "None is in the list: who sends no Origin may connect."),
    (None, [CHAT], False, "a program that is let in, unasked.", "None is not in this list."),
    (None, [STAR], False, "a program that is let in, unasked.", "None is not in this list."),
    (CHAT, [None, CHAT], True, "a listed page that is refused.", "It stands behind the None."),
    ("https://evil.example", [None, CHAT], False, "None that lets everybody in.", "None is for those without Origin."),
    ("null", [None, CHAT], False, "'null' taken for None.", "Pages in a file or a sandbox send this text."),
    ("", [None, CHAT], False, "an empty text taken for None.", "Ask `is None`, or look for it in the list."),
    ("https://lab.school.example", [STAR], True, "a star taken for a letter.", "It stands for any name."),
    ("https://lab.school.example", [None, CHAT, STAR], True, "a star that is found only in front.", "Look at all."),
    ("https://a.lab.school.example", [STAR], True, "a star for one name only.", "It may be names with dots between."),
    (CHAT, [STAR, CHAT], True, "a list of which only the first is looked at.", "Say False after the last one."),
    ("https://school.example", [STAR], False, "a star for nothing.", DOT),
    ("https://evilschool.example", [STAR], False, "a star that takes the dot along.", f"Anybody may own that. {DOT}"),
    ("https://evil.school.example.evil.example", [STAR], False, "a check of the beginning.", "What stands at the end?"),
    ("http://lab.school.example", [STAR], False, "a star without its scheme.", "In front of it stands https://."),
    ("https://lab.school.example:8443", [STAR], False, "a star without its port.", "The entry has no port."),
    ("https://lab.chat.example", [STAR, CHAT], False, "a star for each entry.", "Only where a * stands."),
    ("http://lab.school.example:81", ["http://*.school.example:81"], True, "a star that knows no ports.", ALL_OF_IT),
    ("http://lab.school.example", ["http://*.school.example:81"], False, "a star without its port.", ALL_OF_IT),
    (
        "https://wwwxchat.example",
        ["https://www.chat.example"],
        False,
        "a dot that stands for any letter.",
        "In a regular expression it does. re.escape(text) takes that from it.",
    ),
    (
        "http://[::1]:8888",
        ["http://[::1]:8888"],
        True,
        "a listed page that is refused.",
        "In a pattern, [ and ] have a meaning of their own. Compare the text as well.",
    ),
)

WITH_NONE = "A program sends no origin: None. And None may be in the list. Ask for it before you look into a text."

ORIGIN_CRASHES = (
    ("NoneType|expected string or bytes-like|a bytes-like object is required", WITH_NONE),
    ("first arg must be|tuple of str", "startswith takes one text. But would it be the whole check?"),
    ("PatternError|error: |nothing to repeat", "A * has another meaning in a regular expression: re.escape(text)."),
    ("not enough values|too many values", "Not each entry has a *. partition gives three parts in any case."),
    ("IndexError|list index", "Not each entry has a *. partition gives three parts in any case."),
)


@task(
    "14.3",
    "which origins?",
    hints=(
        "Most of it says Python's `in`: it compares whole, and finds None, too. What is left are the stars.",
        "For each entry that is a text and has a *: the origin must begin with what stands in front of the star, and "
        "end with what stands behind it, dot and port included.",
        "if origin in allowed: return True. Then, for entry in allowed, if neither is None: front, star, back = "
        "entry.partition('*'), and if star and origin.startswith(front) and origin.endswith(back): return True. "
        "After the loop: return False.",
    ),
)
def which_origins(answer):
    for origin, allowed, right, looks, idea in ORIGINS:
        given = list(allowed)
        got = attempt_with(ORIGIN_CRASHES, answer, origin, given)
        call = call_text(answer, origin, allowed)
        if got is None and right is False:
            idea = "Return True or False: each way through the function ends with a return. re.fullmatch gives None."
            raise Wrong("None where False belongs.", idea, call=call)
        must_be(bool, got, call, "Return True or False.")
        if given != allowed:
            raise Wrong("a list that was changed.", "It belongs to the server, which needs it again.", call=call)
        if got is not right:
            raise Wrong(looks, idea, call=call, expected=right, got=got)


# ---------------------------------------------------------------- 14.4

NO_TOKEN = "There is no token here: None."
HEADER_FIRST = "A program sends the header on purpose. A cookie goes along by itself."
WHOLE_NAME = "The name of a cookie ends at its =. Cut at '; ', then compare the whole name."

# headers, the token, what it looks like if another one was found, the idea
FOUND = (
    (
        {"Authorization": "Bearer sesame-7"},
        "sesame-7",
        "a header that is not read.",
        "It holds Bearer, then the token.",
    ),
    ({"Cookie": "token=sesame-7"}, "sesame-7", "a cookie that is not read.", "A browser sends the token in Cookie."),
    ({"Cookie": "theme=dark; token=sesame-7"}, "sesame-7", "only the first cookie.", "Look at each, cut at '; '."),
    (
        {"Cookie": "token=sesame-7; theme=dark"},
        "sesame-7",
        "all the cookies, taken for one.",
        "The token ends where the next cookie begins.",
    ),
    ({}, None, "a token that nobody sent.", NO_TOKEN),
    ({"Cookie": "theme=dark"}, None, "any cookie taken for the token.", NO_TOKEN),
    ({"Cookie": "xtoken=nope"}, None, "xtoken taken for token.", WHOLE_NAME),
    ({"Cookie": "xtoken=nope; token=sesame-7"}, "sesame-7", "xtoken taken for token.", WHOLE_NAME),
    ({"Cookie": "a=token=nope"}, None, "a value taken for a name.", WHOLE_NAME),
    ({"Cookie": "token2=nope; token=sesame-7"}, "sesame-7", "token2 taken for token.", WHOLE_NAME),
    ({"Cookie": "token=c2VzYW1l=="}, "c2VzYW1l==", "a token cut at its own =.", "Cut only at the first =."),
    ({"Cookie": "theme; token=sesame-7"}, "sesame-7", "a lone cookie that hides the others.", "It has no =. Go on."),
    ({"Cookie": "token"}, None, "a name taken for a token.", NO_TOKEN),
    ({"Cookie": "token="}, None, "an empty token.", NO_TOKEN),
    ({"Authorization": "Bearer"}, None, "an empty token.", NO_TOKEN),
    ({"Authorization": "Basic YWRhOmtleQ=="}, None, "a password taken for a token.", "Only Bearer comes with a token."),
    ({"Authorization": "Bearerx-7"}, None, "a word that only begins like Bearer.", "Behind Bearer is a space."),
    (
        {"Authorization": "Bearer sesame-7", "Cookie": "token=cookie-7"},
        "sesame-7",
        "a cookie before the header.",
        HEADER_FIRST,
    ),
    (
        {"Authorization": "Basic YWRhOmtleQ==", "Cookie": "token=sesame-7"},
        "sesame-7",
        "a header that hides the cookie.",
        "Without a Bearer, look at the cookies.",
    ),
    (
        {"Authorization": "Bearer c2VzYW1l=="},
        "c2VzYW1l==",
        "a token cut at its own =.",
        "What stands behind Bearer and the space is the token, as it is.",
    ),
)

FOUND_CRASHES = (
    ("KeyError", 'Not everybody sends this header. headers.get(name, "") gives "" then.'),
    ("NoneType", 'Not everybody sends this header. headers.get(name, "") gives "" then.'),
    ("unpack|dictionary update", "A cookie may have no =, or two. partition('=') gives three parts in any case."),
    ("IndexError|out of range", "What you look for may be missing. partition gives three parts in any case."),
    ("ValueError", "What you look for may be missing. partition gives three parts in any case."),
)


@task(
    "14.4",
    "find the token",
    hints=(
        "Two places, one after the other. And a cookie is found by its whole name, not by what it begins with.",
        "The header: does it begin with 'Bearer '? What stands behind that? The cookies: for each of "
        'headers.get("Cookie", "").split("; "), name, _, value = cookie.partition("=").',
        'word, _, token = headers.get("Authorization", "").partition(" "); if word == "Bearer" and token: return '
        'token. Then for each cookie, cut as above: if name == "token" and value: return value. '
        "After the loop: return None.",
    ),
)
def find_the_token(answer):
    if all(attempt_with(FOUND_CRASHES, answer, Headers(headers)) is None for headers, *_ in FOUND):
        raise Wrong("a function without a return.", "Return the token where there is one.")
    for headers, right, looks, idea in FOUND:
        got = attempt_with(FOUND_CRASHES, answer, Headers(headers))
        call = call_text(answer, headers)
        if got is False or got == "":
            raise Wrong(f"{got!r} for no token.", "It is None, so that nobody takes it for a text.", call=call)
        if got is True:
            raise Wrong("True instead of the token.", "Return the text. Who asks will compare it.", call=call)
        if got is not None:
            must_be(str, got, call)
        if got != right:
            if got is not None and got.strip() == right:
                looks, idea = "a token with a space around it.", "What separates two cookies is '; '."
            elif got is not None and right is not None and got.endswith(f" {right}"):
                looks, idea = "the word Bearer, and the token.", "Return what stands behind it."
            elif got is not None and got == f"token={right}":
                looks, idea = "the name, and the token.", "Return what stands behind the =."
            raise Wrong(looks, idea, call=call, expected=right, got=got)


# ---------------------------------------------------------------- 14.5

DIARY = "Dear diary, the key is under the mat."
PATH = "diary?day=3"
STRANGER = "open-7"  # a token that the server does not know
NETWORK = (OSError, EOFError, InvalidHandshake)  # what `connect` raises if it must not, or cannot, go on

ASK_CRASHES = (
    ("check_hostname requires|Cannot set verify_mode to CERT_NONE", "A context checks the name only if it verifies."),
    ("got an unexpected keyword argument '(cafile|headers)'", "connect takes ssl=context, and additional_headers=."),
    ("takes an SSLContext", "That is the context that you made, such as ssl=context."),
    ("ConnectionClosed", "The connection was closed before. Receive inside the `async with`."),
    ("RecursionError", "It calls itself for ever. An error comes out: no second try."),
    ("'coroutine' object|'connect' object", "async with connect(...) as connection, and await connection.recv()."),
    ("InvalidURI|isn't a valid URI", "Connect to `url`, as it is."),
)


class Visit:
    """What came of a visit to a server.

    got: what the answer gave, or its exception. requests, messages: lists, those that the server got.
    left: bool, a connection is still open. plain: bool, one was opened without TLS.
    """

    def __init__(self):
        self.got, self.requests, self.messages = None, [], []
        self.left = self.plain = False


@task(
    "14.5",
    "mend the client",
    hints=(
        "Three faults: whom does it trust, where does it put the token, and what does it do when that fails?",
        "By itself, a context from create_default_context verifies, names included. The token belongs in a header. "
        "And an error of TLS is a good reason to stop.",
        "context = ssl.create_default_context(cafile=cafile), and no more than that. Then async with connect(url, "
        'ssl=context, additional_headers={"Authorization": f"Bearer {token}"}) as connection: return await '
        "connection.recv(). No try.",
    ),
)
def mend_the_client(answer):
    with tempfile.TemporaryDirectory() as folder:
        school = certificates.Authority(folder)
        right = school.issue("127.0.0.1")
        judge_welcome(visit(answer, right, school.cafile, TOKEN))
        judge_refusal(visit(answer, right, school.cafile, STRANGER))
        for who, issued, looks, idea in (
            (
                "an impostor",
                certificates.make(folder, names=("127.0.0.1",)),
                "a client that trusts anybody.",
                "It has the right name, but school has not signed its certificate. The client must stop there.",
            ),
            (
                "another server of the school",
                school.issue("chat.example"),
                "a client that does not look at the name.",
                "school has signed this for chat.example, and the address is 127.0.0.1. check_hostname is for that.",
            ),
            (
                "a server with a certificate of yesterday",
                school.issue("127.0.0.1", days=-1),
                "a client that does not look at the dates.",
                "An expired certificate may be in anybody's hands.",
            ),
            (
                "a server without TLS",
                None,
                "a client that goes on without TLS.",
                "Where wss fails, ws must not be tried: anybody on the line can make wss fail.",
            ),
        ):
            judge_stop(visit(answer, issued, school.cafile, TOKEN), Text(f"{ASKED}: {who}"), looks, idea)


ASKED = "await ask(url, cafile, token)"
ENDLESS = "This server sends one message, and waits for your client's end. If it is refused, do not try again."


def visit(answer, issued, cafile, token):
    """Return the Visit of the answer to a server with the certificate and key in `issued`, or without TLS."""
    return in_a_loop(Text(ASKED), _visit, answer, issued, cafile, token)


def _want_contexts(loop):
    """Let the `loop` connect only with a context, None or True for ssl.

    By itself it opens TCP first, and does not close it when it finds that a str is no context.
    """
    create_connection = loop.create_connection

    async def create(*args, **options):
        if not isinstance(options.get("ssl"), ssl.SSLContext | bool | None):
            raise TypeError(f"ssl= takes an SSLContext, not {with_article(type(options['ssl']))}")
        return await create_connection(*args, **options)

    loop.create_connection = create


async def _visit(answer, issued, cafile, token):
    _want_contexts(asyncio.get_running_loop())
    seen, options = Visit(), {}
    if issued:
        options["ssl"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options["ssl"].load_cert_chain(*issued)

    def guard(connection, request):
        seen.requests.append(request)
        if Headers(request.headers).get("Authorization") != f"Bearer {TOKEN}":
            return connection.respond(401, "Show a token.\n")

    async def tell(connection):
        await connection.send(DIARY)
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                seen.messages.append(message)

    async with real_server(tell, process_request=guard, **options) as (url, transports):
        url = url.replace("ws", "wss", 1) + PATH
        try:
            seen.got = await awaited(
                answer,
                url,
                cafile,
                token,
                call=Text(ASKED),
                ideas=ASK_CRASHES,
                waits=ENDLESS,
                passing=NETWORK,
            )
        except NETWORK as error:
            seen.got = error
        seen.plain = any(transport.get_extra_info("sslcontext") is None for transport in transports)
        seen.left = any(not transport.is_closing() for transport in transports)
    return seen


def judge_welcome(seen):
    """Raise Wrong unless the client got the message of a server whose certificate is right."""
    call = Text(ASKED)
    request = seen.requests[0] if seen.requests else None
    if isinstance(seen.got, ssl.SSLError) and "PROTOCOL_TLS_SERVER" in str(seen.got):
        idea = "Purpose.CLIENT_AUTH makes a context for a server, which looks at clients. Leave it out."
        raise Wrong("the context of a server.", idea, call=call)
    if isinstance(seen.got, ssl.SSLError):
        idea = "The school's CA has signed this one. Tell the context: create_default_context(cafile=cafile)."
        raise Wrong("a client that does not trust the school.", idea, call=call, got=Text(certificate_error(seen.got)))
    if request is None:
        what = Text(type(seen.got).__name__) if isinstance(seen.got, NETWORK) else readable(seen.got)
        raise Wrong("a client that does not connect.", "Connect to `url`, with ssl=context.", call=call, got=what)
    if TOKEN in request.path:
        idea = "An address ends up in logs. additional_headers= of connect puts the token into a header."
        raise Wrong("a token in the address.", idea, call=call, got=request.path)
    if request.path != f"/{PATH}":
        raise Wrong("another address.", "Connect to `url`, as it is.", call=call, expected=f"/{PATH}", got=request.path)
    shown = request.headers.get("Authorization")
    if shown != f"Bearer {TOKEN}":
        idea = 'The server wants `Authorization`, with "Bearer ", and then the token.'
        raise Wrong("a token that the server does not find.", idea, call=call, expected=f"Bearer {TOKEN}", got=shown)
    if seen.got is None:
        raise Wrong("a function without a return.", "Return the message.", call=call)
    if len(seen.requests) > 1:
        raise Wrong("a client that connects more than once.", "Once is enough.", call=call)
    if seen.got != DIARY:
        raise Wrong(
            "another message.", "Return what the first recv() gives.", call=call, expected=DIARY, got=shown_of(seen)
        )
    told = [message for message in seen.messages if TOKEN in as_text(message)]
    if told:
        idea = "The header has shown it already. A message with it may be kept, or shown to others: send none."
        raise Wrong("a token in a message, too.", idea, call=call, got=readable(told[0]))
    if seen.left:
        raise Wrong("a connection that stays open.", "async with connect(...) closes it at its end.", call=call)


def judge_refusal(seen):
    """Raise Wrong unless the 401 of a server comes out, at once."""
    call = Text(f"{ASKED}: with a wrong token")
    judge_tls(seen, call)
    if not isinstance(seen.got, InvalidStatus):
        what = shown_of(seen) if seen.got is not None else None
        idea = "The server answered 401: connect raises InvalidStatus. The program has to learn of it: no except."
        raise Wrong("a refusal that nobody hears of.", idea, call=call, expected=Text("InvalidStatus raised"), got=what)
    if len(seen.requests) > 1:
        raise Wrong("a second try after a refusal.", "Who is refused is refused again.", call=call)


def judge_stop(seen, call, looks, idea):
    """Raise Wrong unless the client ended the connection with an error, before the server had its request."""
    if seen.requests:
        idea = f"{idea} It has the token now."
        raise Wrong(looks, idea, call=call, expected=Text("an error raised"), got=shown_of(seen))
    judge_tls(seen, call)
    if not isinstance(seen.got, NETWORK):
        idea = "The client stopped, which is right. But the program has to learn of it: no except."
        raise Wrong("an error that nobody hears of.", idea, call=call, got=shown_of(seen))


def judge_tls(seen, call):
    """Raise Wrong if the client connected without TLS, too."""
    if seen.plain:
        idea = "With wss it could not go on. Then it connected with ws: anybody on the line can read the token."
        raise Wrong("a client that goes on without TLS.", idea, call=call)


def as_text(message):
    return message if isinstance(message, str) else message.decode(errors="replace")


def shown_of(seen):
    """Return what a card shows of the visit's result."""
    return Text(f"{type(seen.got).__name__} raised") if isinstance(seen.got, Exception) else readable(seen.got)


def certificate_error(error):
    return getattr(error, "verify_message", "") or str(error)


# ---------------------------------------------------------------- 14.6

SAFE = re.compile(r"[A-Za-z0-9._~-]+")  # RFC 3986 section 2.3: these stand in an address as they are
LEAST = 16  # characters of a ticket: about 60 bits and more, in any of the usual spellings

TICKET_CRASHES = (
    ("KeyError", "Nobody has issued this ticket, or it was used up. dict.pop(ticket, None) gives None then."),
    ("changed size during iteration", "Go through a copy, list(...), or make a new dict of those that stay."),
    ("has no attribute", "What a method uses must be there before: set it in __init__, with self. in front."),
    ("takes .* positional|missing .* argument", "issue gets the name, redeem the ticket, both after self."),
    ("'Clock'|not callable", "clock is a function, clock() is the time now."),
    ("NoneType", "Nobody may have issued this ticket: then there is nothing to unpack or to compare."),
)


class Clock:
    """A clock that stands still until it is set. Its time is that of time.monotonic() after five days."""

    def __init__(self):
        self.now = 432_000.0

    def __call__(self):
        return self.now

    def __repr__(self):
        return "clock"


class Name(str):
    """A text that tells, by a weak reference, whether somebody still keeps it."""


@task(
    "14.6",
    "a ticket for one connection (optional)",
    hints=(
        "Keep a dict: for each ticket, who has it, and until when. What happens to it when the ticket is shown?",
        "secrets.token_urlsafe() makes a ticket. issue keeps (name, self.clock() + self.seconds) under it. redeem "
        "takes it out in any case, with pop, and looks at the time then. issue also throws out what is over.",
        "issue: now = self.clock(); self.kept = {t: (n, end) for t, (n, end) in self.kept.items() if end > now}; "
        "ticket = secrets.token_urlsafe(); self.kept[ticket] = name, now + self.seconds; return ticket. redeem: "
        "name, end = self.kept.pop(ticket, (None, 0)); return name if self.clock() < end else None.",
    ),
)
def a_ticket(answer):
    if not isinstance(answer, type):
        raise Wrong("something other than a class.", "Give the check the class itself, without ().")
    for name in ("issue", "redeem"):
        if not callable(vars(answer).get(name)):
            raise Wrong(f"a class without {name}.", f"Write `def {name}(self, ...)` in the class.")
        attempt_blanks(vars(answer)[name])
    judge_use(Desk(answer))
    judge_time(answer)
    judge_secret(answer)
    judge_memory(Desk(answer))


def attempt_blanks(method):
    """Raise NotStarted while the method is a stub. What it does wrong without arguments is no fault, but for a loop."""
    code = getattr(method, "__code__", None)
    try:
        attempt(method, *[None] * (code.co_argcount if code else 2))
    except Stopped as stopped:
        if stopped.details["error"].startswith("stopped after"):
            raise


class Desk:
    """Tickets of the student's class, each call of which is judged. clock: Clock."""

    def __init__(self, answer, seconds=30):
        self.clock = Clock()
        self.tickets = attempt_with(TICKET_CRASHES, answer, seconds, self.clock)

    def issue(self, name):
        call = Text(f"tickets.issue({str(name)!r})")
        ticket = self._called(self.tickets.issue, name, call)
        must_be(str, ticket, call, "It goes into an address.")
        return ticket

    def redeem(self, ticket, wanted, looks, idea):
        """Raise Wrong with `looks` and `idea` unless redeem gives what is `wanted`: str, or None."""
        call = Text("tickets.redeem(ticket)")
        got = self._called(self.tickets.redeem, ticket, call)
        if isinstance(got, bool):
            raise Wrong(f"{got} instead of a name.", "Return the name that was issued for, or None.", call=call)
        if got is not None and not isinstance(got, str):
            raise Wrong(f"{with_article(type(got))} instead of a name.", "Return the name, or None.", call=call)
        if got != wanted:
            raise Wrong(looks, idea, call=call, expected=wanted, got=got)

    @staticmethod
    def _called(method, argument, call):
        try:
            return attempt_with(TICKET_CRASHES, method, argument)
        except Stopped as stopped:
            stopped.details["call"] = call
            raise


def judge_use(desk):
    """Raise Wrong unless each ticket is good once, for its own name."""
    ada, bob = desk.issue("ada"), desk.issue("bob")
    again = desk.issue("ada")
    if len({ada, bob, again}) < 3:
        raise Wrong("the same ticket twice.", "Each is a new one, also for the same name.", call="issue, three times")
    desk.redeem("nonsense", None, "a ticket that nobody has issued.", "Only what issue has returned is good.")
    desk.redeem("", None, "a ticket that nobody has issued.", "Only what issue has returned is good.")
    desk.redeem("ada", None, "a name taken for a ticket.", "Keep the name under the ticket, not the other way round.")
    desk.redeem(ada, "ada", "a good ticket that is refused.", "It was issued a moment ago. Return the name.")
    desk.redeem(ada, None, "a ticket that is good twice.", "Whoever reads the log has it, too. Take it out: pop.")
    desk.redeem(bob, "bob", "another's ticket that is lost.", "Take out the one that was shown, and leave the others.")
    desk.redeem(again, "ada", "a second ticket that is lost.", "Ada has two tabs open: both tickets are good.")


def judge_time(answer):
    """Raise Wrong unless a ticket is good for its time, and no longer."""
    for seconds in (30, 5):
        desk = Desk(answer, seconds)
        ticket = desk.issue("ada")
        desk.clock.now += seconds - 1
        idea = f"{seconds} seconds were not over: compare clock() with the time of issue, plus self.seconds."
        desk.redeem(ticket, "ada", "a ticket that ends too early.", idea)
        ticket = desk.issue("ada")
        desk.clock.now += seconds + 1
        idea = f"{seconds} seconds are over, by the clock that you were given: clock() is the time now."
        desk.redeem(ticket, None, "a ticket that lasts too long.", idea)
        desk.clock.now -= 2
        late = "Once it was shown, it is used up, also if it came too late."
        desk.redeem(ticket, None, "a late ticket that is kept.", late)
        first = desk.issue("ada")
        desk.clock.now += seconds - 1
        second = desk.issue("bob")
        desk.clock.now += 2
        desk.redeem(second, "bob", "one time for all tickets.", "Each ticket has a time of its own.")
        desk.redeem(first, None, "a ticket that lasts too long.", "The next one that is issued gives it no new time.")


def judge_secret(answer):
    """Raise Wrong for tickets that can be guessed, or that an address would change."""
    call = Text("tickets.issue('ada')")
    state, issued = random.getstate(), []
    try:
        for _ in range(2):  # two servers, each just started
            random.seed(14)
            issued.append([Desk(answer).issue("ada") for _ in range(50)])
    finally:
        random.setstate(state)
    tickets = issued[0] + issued[1]
    if min(map(len, tickets)) < LEAST:
        idea = "Somebody will try them all. secrets.token_urlsafe() makes 43 characters."
        raise Wrong("a ticket that can be guessed.", idea, call=call, got=min(tickets, key=len))
    if len(set(tickets)) < len(tickets):
        idea = (
            "Two servers gave out the same. Who knows how it is made, can make it. secrets is for this, random is not."
        )
        raise Wrong("a ticket that can be guessed.", idea, call=call, got=tickets[0])
    odd = next((ticket for ticket in tickets if not SAFE.fullmatch(ticket)), None)
    if odd is not None:
        idea = (
            "In a query, + means a space, and & and = have a meaning, too. secrets.token_urlsafe() has none of these."
        )
        raise Wrong("a ticket that an address changes.", idea, call=call, got=odd)


def judge_memory(desk):
    """Raise Wrong if tickets that nobody has shown stay for ever."""
    names = [Name("ada") for _ in range(20)]
    kept = [weakref.ref(name) for name in names]
    for name in names:
        desk.issue(name)
    del names, name
    desk.clock.now += 3600
    desk.issue("bob")
    gc.collect()
    left = sum(reference() is not None for reference in kept)
    if left > 1:  # a variable of the class may have the last one
        idea = "Nobody has shown them, and an hour is over. Throw out what is over whenever a ticket is issued."
        raise Wrong(f"{left} old tickets that stay for ever.", idea, call=Text("tickets.issue('bob')"))
