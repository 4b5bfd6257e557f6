"""The tasks of the exercise of lesson 11, The browser is a client.

The poll is judged with real clients of `websockets`. The bookings are made over connections in memory, in a loop
whose clock is its own: so two of them meet in the middle, and nobody has to be quick.
"""

import asyncio
import contextlib
import inspect
import json
import re
from collections import namedtuple
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from websockets import ConnectionClosed, connect

from pocketws.http import Headers, Response

from ..awaiting import attempt_awaited
from ..checks import NotStarted, Wrong, attempt, call_text, task
from ..figure import plural
from ..judging import Text, attempt_with, must_be, must_have, readable, stopped
from .lesson_06 import with_idea
from .lesson_07_exercise import real_server
from .lesson_08_exercise import LONG, death, method_of, played
from .lesson_10_exercise import Desk, in_quiet, patience
from .lesson_11 import CRASHES as PAGE_CRASHES
from .lesson_11 import PLAIN, UPGRADE, Asked, Connection, address_misconception, judge_page

# ---------------------------------------------------------------- 11.1

# page: (what the server hears, what onclose shows)
SEEN = {"A": ([], None), "B": ([1, 2], 1005), "C": ([1], 1011), "D": ([1], None), "E": ([], 1006)}

HEARD_IDEAS = {
    "A": ("a send that waits until it can.", "new WebSocket comes back at once. Is it open when the next line runs?"),
    "B": ("messages that the goodbye overtakes.", "TCP keeps the order: two messages, then the Close frame."),
    "C": ("a handler that goes on after its error.", "It puts down int(message). Which message is the last it gets?"),
    "D": ("a line that undoes the one before.", "What close(1001) does comes later. The send has been done."),
    "E": ("a message over a WebSocket that never opens.", "onopen is called when the handshake is done. Is it ever?"),
}
CODE_IDEAS = {
    ("A", 1006): (
        "a script's error taken for a network's.",
        "The script ends at its third line. The WebSocket does not: who would close it?",
    ),
    ("A", 1011): ("an error of the server.", "The handler gets nothing. The error is in the page, and stays there."),
    ("A", 1000): ("a script whose end is a goodbye.", "The page is still there, and its WebSocket, too."),
    ("B", None): ("a close that the closer is not told of.", "onclose is called on either side's wish."),
    ("B", 1000): ("a code that nobody sent.", "close() without a number: which code is in the frame (lesson 05)?"),
    ("B", 1001): ("a page that goes away.", "It stays, and calls close(). Which code does it give?"),
    ("B", 1006): ("a goodbye that is not heard.", "There was a Close frame, and the server answered it."),
    ("C", None): ("an error that the page never learns of.", "An exception leaves the handler. What follows, always?"),
    ("C", 1000): ("an error taken for an end.", "int('two') raises ValueError, and nobody catches it (lesson 10)."),
    ("C", 1006): ("a server that falls over.", "It lives. It catches the exception, and closes with a code."),
    ("C", 1007): ("a fault that is the page's.", "For the library, 'two' is good text. Who could not take it?"),
    ("D", 1001): ("a code that a page may not send.", "Which codes may a page give? The table of section 2 says it."),
    ("D", 1000): ("another code in place of the wrong one.", "The browser does not mend it. It refuses."),
    ("D", 1005): ("a close without the code.", "The browser does not leave it out. It refuses the whole call."),
    ("D", 1006): ("an error that ends the connection.", "The call is refused, and nothing is closed by it."),
    ("E", 404): (
        "a status of HTTP where a close code belongs.",
        "The browser knows it, and keeps it to itself. Which code says that no Close frame came?",
    ),
    ("E", None): ("a failure that the page never learns of.", "onclose is called also if it never opened."),
    ("E", 1000): ("a goodbye without a hello.", "No WebSocket was open, so no Close frame came."),
    ("E", 1002): ("a refusal taken for a broken rule.", "404 is good HTTP. And no Close frame came."),
    ("E", 1008): ("a refusal in a Close frame.", "There are frames only after the handshake. It failed."),
    ("E", 1005): ("a Close frame without a code.", "There was no frame at all. 1005 and 1006 are not the same."),
}


@task(
    "11.1",
    "five pages",
    hints=(
        "For each: is the WebSocket open when the line runs? And may a page do what the line asks for?",
        "Two of the pages end with an error in the browser's console, and their WebSocket stays open. The others are "
        "closed: one by the page, one after an error of the handler, one before it was ever open. Which codes are "
        "never sent, and say that no code came, or no Close frame?",
        "What is heard, in order: nothing, 1 and 2, 1, 1, nothing. The codes: None, 1005, 1011, None, 1006.",
    ),
)
def five_pages(answer):
    must_have(SEEN, answer, "It is a dict with the keys A to E. Keep them, and replace the dots.")
    missing = []
    for name, given in answer.items():
        if given is ... or (isinstance(given, tuple | list) and any(part is ... for part in given)):
            missing.append(name)
        elif not isinstance(given, tuple | list) or len(given) != 2 or not isinstance(given[0], tuple | list):
            idea = f"{name}: two things, a list and a code or None, such as ([1], 1000)."
            raise Wrong("something other than a list and a code.", idea, got=readable(given))
    if len(missing) == len(SEEN):
        raise NotStarted()
    for name, (heard, code) in SEEN.items():
        if name in missing:
            continue
        if list(answer[name][0]) != heard:
            looks, idea = heard_misconception(name, list(answer[name][0]), heard)
            raise Wrong(looks, f"{name}: {idea}", got=answer[name])
        given = answer[name][1]
        if given != code or isinstance(given, bool):
            other = ("another code.", "Does anybody close? And who tells which code to whom?")
            looks, idea = CODE_IDEAS.get((name, given if isinstance(given, int) else None), other)
            raise Wrong(looks, f"{name}: {idea}", got=answer[name])
    if missing:
        raise Wrong(idea=f"Right so far. Still to do: {', '.join(missing)}.")


def heard_misconception(name, given, heard):
    """Return (looks, idea) for a wrong list of what the server hears."""
    if [str(each) for each in given] == [str(each) for each in heard]:
        return "the text that comes, not the number that is kept.", "ears keeps int(message)."
    return HEARD_IDEAS[name]


# ---------------------------------------------------------------- 11.2

HUB = "/user/ada/proxy/8000/"

# (protocol, host, pathname, room)
ROOMS = (
    ("http:", "127.0.0.1:8000", "/", "tea"),
    ("https:", "example.com", "/", "tea"),
    ("http:", "192.168.1.7:8000", "/poll.html", "tea"),
    ("https:", "hub.example", HUB, "tea"),
    ("https:", "hub.example", HUB + "poll.html", "cocoa"),
    ("https:", "hub.example", "/user/zo%C3%AB/proxy/8000/", "tea"),
    ("https:", "example.com", "/", "tea room"),
    ("https:", "example.com", "/", "Zoë's 100%"),
    ("https:", "example.com", "/", "what?"),
    ("https:", "example.com", "/", "#1"),
    ("https:", "example.com", "/", "R&D+"),
    ("https:", "hub.example", HUB, "../8001/tea"),
)
# what may not stand in the address as it is (regular expression): what it looks like, and an idea
RAW = {
    " ": ("a space in an address.", "An address ends at a space. quote writes it as %20."),
    "[?]": ("a room that becomes a query.", "What follows ? is no part of the path. quote writes it as %3F."),
    "#": ("a room that is never sent.", "What follows # stays in the browser. quote writes it as %23."),
    "/": (
        "a way out of the folder.",
        "A room of this name leads to somebody else's server. quote leaves / as it is, unless it is told: safe='' "
        "is the text of what may stay.",
    ),
    "%(?![0-9A-Fa-f]{2})": ("a percent sign as it is.", "% begins a number of two digits. quote writes it as %25."),
    "[^!-~]": ("letters that an address has not.", "quote makes ASCII of them: %C3%AB for ë."),
}
ROOM_CRASHES = (
    ("KeyError: 'https?:'", "location.protocol has its colon: 'https:'."),
    ("NameError: name 'location'", "The parts of location are the parameters: protocol, host, pathname."),
    ("NameError: name 'quote'", "The first cell imports quote. Has it run?"),
    ("unexpected keyword|quote\\(\\)", "quote(room, safe='') takes the text, and which characters stay as they are."),
)


@task(
    "11.2",
    "the address of a room",
    hints=(
        "Take the line piece by piece. Which of the pieces would be another on another machine? And in which rooms "
        "would you not get what you typed?",
        "The scheme depends on protocol. The folder is pathname up to its last slash: rpartition('/') gives what is "
        "before it, the slash, and what is after. And quote leaves the slash alone unless you take that away.",
        'scheme = "wss" if protocol == "https:" else "ws", and folder = pathname.rpartition("/")[0]. Then return '
        "f\"{scheme}://{host}{folder}/{quote(room, safe='')}\".",
    ),
)
def the_address_of_a_room(answer):
    for protocol, host, pathname, room in ROOMS:
        got = attempt_with(ROOM_CRASHES, answer, protocol, host, pathname, room)
        call = call_text(answer, protocol, host, pathname, room)
        must_be(str, got, call, "Return the address.")
        folder, _, file = pathname.rpartition("/")
        start = f"{'wss' if protocol == 'https:' else 'ws'}://{host}{folder}/"
        if not got.startswith(start):
            looks, idea = start_misconception(got, start, f"{protocol}//{host}{pathname}")
            raise Wrong(looks, idea, call=call, expected=Text(start + "…"), got=got)
        judge_room(got.removeprefix(start), room, file, call, got)


def start_misconception(got, start, page):
    """Return (looks, idea) for an address that does not lead to the folder of the page."""
    if not re.match("(ws|http)s?://[^/]", got):
        return "no address of a WebSocket.", "It begins with ws:// or wss://: one colon, two slashes, then the host."
    if "%25" in got and got.replace("%25", "%").startswith(start):
        return "a folder that is quoted twice.", "The browser has quoted its path already. Only the room is as typed."
    path = urlsplit(start).path
    if path != "/" and got.startswith(start.removesuffix(path) + "/"):
        return "a lost folder.", "Below a proxy, it says to whom the request goes. The room is in the page's folder."
    return address_misconception(got, page, start)


def judge_room(last, room, file, call, got):
    """Raise Wrong unless `last`, what follows the folder, is the room. Which way of quoting does not matter.

    file: str, the name of the page in its folder, or "".
    """
    if last.startswith("/"):
        idea = "The folder and the room need one slash between them. Who brings it?"
        raise Wrong("two slashes in a row.", idea, call=call, got=got)
    if file and last.startswith(file + "/"):
        idea = "What comes after the last slash is the page's own name."
        raise Wrong("the page's file taken for a folder.", idea, call=call, got=got)
    for sign, (looks, idea) in RAW.items():
        if re.search(sign, last):
            raise Wrong(looks, idea, call=call, got=got)
    if unquote(last) == room:
        return
    if "+" in last and unquote(last.replace("+", " ")) == room:
        idea = "In a path, + is a plus. quote writes %20, quote_plus does not."
        raise Wrong("a plus for a space.", idea, call=call, got=got)
    if unquote(unquote(last)) == room:
        raise Wrong("a room that is quoted twice.", "Once is enough: %25 stands for a %.", call=call, got=got)
    idea = "Who takes the address apart must get the very name that was typed."
    raise Wrong("another room.", idea, call=call, expected=room, got=unquote(last))


# ---------------------------------------------------------------- 11.3

WORDS = ("tea", "cocoa")
BAD = ("soup", "", "Tea", b"tea", "users", '["tea"]')

POLL_CRASHES = (
    ("KeyError", "Not every message is a word that counts. Look before you take it."),
    ("dict-like|data must be|data is a", "What goes out is a text: json.dumps makes it of the dict."),
    (
        "not JSON serializable|keys must be",
        "JSON has texts, numbers, lists and dicts, and no connections. Count first.",
    ),
    ("no attribute 'votes'", "votes belongs to the poll: self.votes."),
    ("changed size during", "While you go through it and wait, somebody comes or goes. Go through list(...) of it."),
    ("can't be used in 'await'|object NoneType", "broadcast waits for nobody: it is called without await."),
    ("missing 1 required positional argument", "broadcast takes two things: the connections, and the message."),
)


@task(
    "11.3",
    "a poll for everyone",
    hints=(
        "Which parts of the counter are the same? What is counted is another thing: not how often somebody clicked, "
        "but which vote each connection has now.",
        "A dict of connections: self.votes[ws] = None when one comes, the word when it votes, and out with it in "
        "finally. All that is told can be counted from that dict, so write tell(self), which counts and broadcasts "
        "to self.votes. Call it whenever the dict has changed.",
        'tell: votes = list(self.votes.values()); broadcast(self.votes, json.dumps({"tea": votes.count("tea"), '
        '"cocoa": votes.count("cocoa"), "users": len(votes)})). handler: try: self.votes[ws] = None; self.tell(); '
        'async for message in ws: if message in ("tea", "cocoa"): self.votes[ws] = message; self.tell(), else: await '
        'ws.send(json.dumps({"error": "..."})). except ConnectionClosed: pass. finally: self.votes.pop(ws, None); '
        "self.tell().",
    ),
)
def a_poll_for_everyone(answer):
    method_of(answer, object, "handler")
    in_quiet("Poll().handler", polled, attempt(answer))


class Visits:
    """A handler for a server, which notes the exceptions that leave the answer's.

    errors: list. endless: bool, whether one had to be stopped in an endless loop.
    """

    def __init__(self, answer):
        self.answer, self.tasks, self.errors, self.endless = answer, [], [], False

    async def __call__(self, ws):
        self.tasks.append(asyncio.current_task())
        try:
            await self.answer(ws)
        except Exception as error:
            self.errors.append(error)
            raise
        except asyncio.CancelledError:
            raise
        except BaseException:
            self.endless = True
            raise


class Tab:
    """A client of the poll, and what it was told. state: the last state, a dict. told: how many. errors: list of texts.

    code: int, the close code, or None while it is not seen to be closed.
    """

    def __init__(self, name, ws, visits):
        self.name, self.ws, self.visits = name, ws, visits
        self.state, self.told, self.errors, self.code = {}, 0, [], None

    async def hears(self, condition, call):
        """Take messages until condition(self) holds. Raises Wrong for what is no news, and ConnectionClosed."""
        while not condition(self):
            try:
                news = news_of(await self.ws.recv(), call)
            except ConnectionClosed:
                self.code = int(self.ws.close_code)
                raise
            if "error" in news:
                self.errors.append(news["error"])
            else:
                self.state, self.told = news, self.told + 1


def news_of(message, call):
    """Return what a message to a tab holds: a state, or an error. Raises Wrong if it is neither."""
    must_be(str, message, call, "A text: json.dumps(...) makes it.")
    try:
        news = json.loads(message)
    except ValueError:
        idea = "json.dumps makes JSON of a dict. str does not: it writes other quotation marks."
        raise Wrong("news that are no JSON.", idea, call=call, got=message) from None
    if isinstance(news, dict) and set(news) == {"error"}:
        if not isinstance(news["error"], str) or not news["error"].strip():
            raise Wrong("an error that says nothing.", "Somebody reads it: a text.", call=call, got=news)
        return news
    if not isinstance(news, dict) or set(news) != {"tea", "cocoa", "users"}:
        extra = isinstance(news, dict) and {"tea", "cocoa", "users"} < set(news)
        looks = "a word that counts, though nobody may choose it." if extra else "news of another shape."
        idea = 'A tab is told {"tea": ..., "cocoa": ..., "users": ...}, or {"error": ...}.'
        raise Wrong(looks, idea, call=call, got=news)
    return news


async def everyone(tabs, condition, call):
    """Wait until the condition holds for each tab; return those for which it never does. Raises Wrong or Stopped."""
    waiting = [asyncio.create_task(tab.hears(condition, call)) for tab in tabs]
    try:
        async with asyncio.timeout(patience()):
            await asyncio.gather(*waiting)
    except (TimeoutError, ConnectionClosed):
        pass
    finally:
        for each in waiting:
            each.cancel()
    for tab in tabs:
        if tab.code is not None:
            raise ended(tab, call)
    return [tab for tab in tabs if not condition(tab)]


def ended(tab, call):
    """Return what to raise for a tab whose connection the server has ended."""
    if tab.visits.endless:
        return TimeoutError()
    error = next((error for error in tab.visits.errors if not isinstance(error, ConnectionClosed)), None)
    if error is not None:
        return with_idea(stopped(error, tab.visits.answer, call), POLL_CRASHES)
    if tab.visits.errors:
        idea = "Somebody has gone, and another one's handler fell over that. Who sends to whom here?"
        return Wrong("a connection that ends because of another one.", idea, call=call)
    if tab.code == 1000:
        idea = "A handler came to its end, and so did its connection. What makes it wait for the next message?"
        return Wrong("a handler that ends too early.", idea, call=call)
    idea = f"It was closed with {tab.code}. Here, a bad word gets an answer, and the connection lives."
    return Wrong("a connection that is closed on purpose.", idea, call=call)


def state_of(tea, cocoa, users):
    return {"tea": tea, "cocoa": cocoa, "users": users}


async def polled(poll, records):
    """Raise Wrong or Stopped unless everyone is told what is, whoever comes, votes, errs and goes."""
    visits = Visits(poll.handler)
    async with real_server(visits) as (url, _):
        try:
            async with contextlib.AsyncExitStack() as stack:

                async def comes(name):
                    return Tab(name, await stack.enter_async_context(connect(url, close_timeout=1)), visits)

                await story(comes)
        finally:
            for each in visits.tasks:
                each.cancel()
    left_by = [error for error in visits.errors if isinstance(error, ConnectionClosed)]
    if left_by:
        idea = "Who vanishes makes `async for` raise ConnectionClosed. It is no fault of ours: catch it."
        raise Wrong("a client that left, taken for a fault.", idea, call="a tab vanishes", got=Text(repr(left_by[0])))
    if visits.errors:
        raise with_idea(stopped(visits.errors[0], poll.handler, "a tab leaves"), POLL_CRASHES)


async def story(comes):
    """Play the poll with Ada, Ben, Cy and Dan. comes: coroutine function that connects a Tab."""
    ada = await comes("Ada")
    await told([ada], ada, state_of(0, 0, 1), "Ada comes")
    ben = await comes("Ben")
    await told([ada, ben], ben, state_of(0, 0, 2), "Ben comes")
    await votes([ada, ben], ada, "tea", state_of(1, 0, 2), "Ada says 'tea'")
    await votes([ada, ben], ben, "tea", state_of(2, 0, 2), "Ben says 'tea'")
    await votes([ada, ben], ada, "cocoa", state_of(1, 1, 2), "Ada says 'cocoa'")
    await ada.ws.send("cocoa")
    cy = await comes("Cy")
    await told([ada, ben, cy], cy, state_of(1, 1, 3), "Ada says 'cocoa' again, and Cy comes")
    for word in BAD:
        await errs(ben, word)
    await votes([ada, ben, cy], ben, "cocoa", state_of(0, 2, 3), "after his errors, Ben says 'cocoa'")
    for tab in (ada, cy):
        if tab.errors:
            idea = f"{tab.name} has said nothing wrong. An error goes to the one who made it."
            raise Wrong("an error that everyone hears.", idea, call="Ben says 'soup'", got=tab.errors[0])
    await ben.ws.close()
    await left([ada, cy], state_of(0, 1, 2), "Ben closes his tab")
    ada.ws.transport.abort()
    await left([cy], state_of(0, 0, 1), "Ada's tab crashes")
    await cy.ws.close()
    dan = await comes("Dan")
    await told([dan], dan, state_of(0, 0, 1), "Cy closes the last tab, and Dan comes")


async def told(tabs, newcomer, state, call):
    """Raise Wrong unless all tabs hear of the newcomer."""
    late = await everyone(tabs, lambda tab: tab.state == state, call)
    if not late:
        return
    if newcomer in late and not newcomer.state:
        idea = "Its page would show question marks until somebody clicks. When does a handler begin?"
        raise Wrong("a newcomer who is told nothing.", idea, call=call, expected=state)
    if newcomer not in late:
        idea = f"{late[0].name} was there before, and still shows fewer users."
        raise Wrong("news for the newcomer alone.", idea, call=call, expected=state, got=late[0].state)
    got = newcomer.state
    if any(got[word] > state[word] for word in WORDS):
        idea = "Who says the same word twice has one vote. Keep what each has chosen, instead of a sum."
        raise Wrong("a vote that is counted twice.", idea, call=call, expected=state, got=got)
    if got["users"] != state["users"]:
        idea = "It is to be in the count when it is told."
        raise Wrong("another number of users.", idea, call=call, expected=state, got=got)
    raise Wrong("votes that a newcomer is not told of.", "The poll is one for all.", call=call, expected=state, got=got)


async def votes(tabs, voter, word, state, call):
    """Let the voter say the word. Raise Wrong unless all tabs are told the new state."""
    before, count, errors = voter.state, voter.told, len(voter.errors)
    await voter.ws.send(word)
    late = await everyone(tabs, lambda tab: tab.state == state, call)
    if not late:
        return
    got = late[0].state
    if len(voter.errors) > errors:
        raise Wrong("a good word that is refused.", "tea and cocoa are what may be said.", call=call, got=voter.errors)
    if len(late) < len(tabs) and late == [voter]:
        idea = "The page of the one who clicked changes nothing by itself. It shows what it is told."
        raise Wrong("a voter who is left out.", idea, call=call, expected=state, got=got)
    if voter not in late:
        idea = f"{late[0].name} was told nothing of it."
        raise Wrong("a vote that only the voter hears of.", idea, call=call, expected=state, got=got)
    if voter.told == count:
        raise Wrong("a vote that nobody hears of.", "Who tells everyone, and when?", call=call, expected=state, got=got)
    if got == before:
        idea = "Is something changed, and is that done before they are told? And has each tab a vote of its own?"
        raise Wrong("news of how things stood before.", idea, call=call, expected=state, got=got)
    if got["tea"] + got["cocoa"] > state["tea"] + state["cocoa"]:
        idea = "Who says another word has changed its mind. Keep what each has chosen, instead of a sum."
        raise Wrong("a vote for both.", idea, call=call, expected=state, got=got)
    if got["tea"] + got["cocoa"] < state["tea"] + state["cocoa"]:
        idea = "Each tab has a vote of its own, for the word that it said last."
        raise Wrong("a vote that gets lost.", idea, call=call, expected=state, got=got)
    raise Wrong("another state.", "Count each word, and the users.", call=call, expected=state, got=got)


async def errs(tab, word):
    """Let the tab say a bad word. Raise Wrong unless it gets one more error."""
    call = "Ben: " + call_text(tab.ws.send, word)
    count, before = len(tab.errors), tab.state
    await tab.ws.send(word)
    if await everyone([tab], lambda tab: len(tab.errors) > count or tab.state != before, call):
        idea = "Who wrote that page sees nothing, and clicks again. What does the handler do with other words?"
        if isinstance(word, bytes):
            idea = "Bytes are no text. Here they are an error, as in the lesson."
        raise Wrong("a bad word without an answer.", idea, call=call)
    if len(tab.errors) == count:
        idea = 'Two words count: tea and cocoa. And `message == "tea" or "cocoa"` is always true.'
        raise Wrong("a bad word that changes something.", idea, call=call, got=tab.state)


async def left(tabs, state, call):
    """Raise Wrong unless all tabs hear that somebody has gone."""
    late = await everyone(tabs, lambda tab: tab.state == state, call)
    if not late:
        return
    got = late[0].state
    if got["users"] == state["users"]:
        idea = "The users are right, the votes are not. Whose vote is it that still counts?"
        raise Wrong("a vote that stays when its tab has gone.", idea, call=call, expected=state, got=got)
    if got["users"] < state["users"]:
        idea = "One has gone, and more are taken out."
        raise Wrong("one who goes, and is counted twice.", idea, call=call, expected=state, got=got)
    idea = "Somebody has gone, and still counts. Which lines run, however a connection ends?"
    if got["tea"] + got["cocoa"] == state["tea"] + state["cocoa"]:
        idea = "The vote is gone, the user is not. " + idea
    raise Wrong("a ghost.", f"{idea} And who is told?", call=call, expected=state, got=got)


# ---------------------------------------------------------------- 11.4

BOOKING_CRASHES = (
    ("no attribute 'lock'", "The lock belongs to the booking: self.lock, made in __init__."),
    ("different event loop", "The lock is older than this check. Make it in __init__: each booking has its own."),
    ("does not support the asynchronous context", "asyncio.Lock() makes one, with its brackets."),
    ("can't be used in 'with'|context manager", "A lock of asyncio is opened with `async with`."),
    ("not supported between instances of 'coroutine'|unsupported operand", "load() is a plan: put `await` before it."),
    ("can't be used in 'await'|object NoneType", "What does this line await? load, save and send may be awaited."),
)


class Store:
    """The seats that are free, in a database that takes a second for each step. broken: bool."""

    def __init__(self, free):
        self.free, self.broken, self.asked = free, False, False

    async def load(self):
        self.asked = True
        free = self.free
        await asyncio.sleep(1)
        if self.broken:
            raise OSError("the database does not answer")
        return free

    async def save(self, free):
        await asyncio.sleep(1)
        self.free = free

    def __repr__(self):
        return "store"


class Buyer(Desk):
    """A connection in memory, which says 'book' as often as `wanted`."""

    def __init__(self, wanted, end, lost):
        super().__init__((), end, lost)
        self.requests = ["book"] * wanted


class Visit:
    """When a buyer comes, how often it books, how long it stays, and whether it vanishes. broken: of the store."""

    def __init__(self, at=0, wanted=1, stays=LONG / 10, lost=False, broken=False):
        self.at, self.wanted, self.stays, self.lost, self.broken = at, wanted, stays, lost, broken


# What came of visits. replies: a list for each visit, at second 100. middle: `here`, then. free, here: at the end.
# asked: whether the database was. crash: an exception that left a handler, and is neither the client's nor the
# database's; or None.
Sold = namedtuple("Sold", "replies free middle here asked crash")


@task(
    "11.4",
    "a seat that is sold twice",
    hints=(
        "Read the two faults off the cell: who has read the number of seats, when the other one writes? And which "
        "line is skipped when an exception passes by?",
        "From load to save nobody else may come in between: one lock for the whole booking, made in __init__. And what "
        "has to happen in any case stands in finally.",
        "In __init__: self.lock = asyncio.Lock(). In handler: self.here += 1; try: async for _ in ws: async with "
        "self.lock: free = await self.store.load(); if free: await self.store.save(free - 1); then, outside of the "
        'lock, await ws.send("yours" if free else "sold out"). finally: self.here -= 1.',
    ),
)
def a_seat_that_is_sold_twice(answer):
    method_of(answer, object, "handler")
    call = "Booking(store).handler"
    played(bookings, answer, call=call)


async def bookings(answer):
    """Raise Wrong or Stopped unless all bookings go well. They are in one loop, so that one lock may be for all."""
    call = "one buyer books three times, and two seats are free"
    seen = await sold(answer, 2, Visit(wanted=3), call=call)
    judge_replies(seen, [["yours", "yours", "sold out"]], 0, call)
    if not seen.asked:
        idea = "A database is on another machine: its load() and save() are all you have, and they take a while."
        raise Wrong("a look into the database itself.", idea, call=call)
    call = "Ada books, and stays; then Ben books"
    seen = await sold(answer, 2, Visit(), Visit(at=50), call=call)
    if not seen.replies[1]:
        idea = "Ben gets no reply as long as Ada is there. How long does she hold what he waits for?"
        raise Wrong("a lock that is held by someone who wants nothing.", idea, call=call)
    judge_replies(seen, [["yours"], ["yours"]], 0, call)
    judge_here(seen, 2, call)
    call = "three buyers at once, and two seats are free"
    judge_at_once(await sold(answer, 2, Visit(), Visit(), Visit(), call=call), call)
    call = "Ada vanishes while the database is thinking; Ben books"
    judge_after(await sold(answer, 2, Visit(stays=0.5, lost=True), Visit(at=0.2), call=call), call)
    call = "Ada closes her tab; Ben books"
    judge_after(await sold(answer, 2, Visit(stays=10), Visit(at=20), call=call), call)
    call = "store.load() raises OSError for Ada; Ben books later"
    judge_after(await sold(answer, 2, Visit(broken=True), Visit(at=20), call=call), call)


async def sold(answer, free, *visits, call):
    """Return what was Sold. Raises Stopped for an exception that has no reason in the visits."""
    seen = await booked(answer, free, visits)
    if seen.crash is not None:
        raise with_idea(stopped(seen.crash, answer.handler, call), BOOKING_CRASHES)
    return seen


async def booked(answer, free, visits):
    """Let the visits take place; they end at second LONG / 10 at the latest."""
    store, crashes, sent = Store(free), [], [[] for _ in visits]
    try:
        booking = answer(store)
    except Exception as error:
        raise with_idea(stopped(error, answer.__init__, "Booking(store)"), BOOKING_CRASHES) from None

    async def comes(visit, replies):
        await asyncio.sleep(visit.at)
        store.broken = visit.broken
        buyer = Buyer(visit.wanted, visit.stays, visit.lost)
        buyer.sent = replies
        try:
            await booking.handler(buyer)
        except (ConnectionClosed, OSError):
            pass  # the client has vanished, or the database is broken: the visit wanted it so
        except Exception as error:
            crashes.append(error)

    tasks = [asyncio.create_task(comes(*pair)) for pair in zip(visits, sent, strict=True)]
    await asyncio.sleep(100)
    replies = [[text for _, text in each] for each in sent]
    middle = getattr(booking, "here", None)
    _, waiting = await asyncio.wait(tasks, timeout=LONG)
    for each in tasks:
        death(each)
    here = getattr(booking, "here", None)
    for each in waiting:
        each.cancel()
    await asyncio.sleep(1)
    return Sold(replies, store.free, middle, here, store.asked, crashes[0] if crashes else None)


def judge_replies(seen, replies, free, call):
    """Raise Wrong unless each buyer got its replies, and as many seats are left as should be."""
    for got, right in zip(seen.replies, replies, strict=True):
        if len(got) < len(right):
            idea = "Who books gets a reply each time: 'yours' or 'sold out'. What does the handler wait for?"
            raise Wrong("a buyer without a reply.", idea, call=call, expected=right, got=got)
        if got != right:
            raise Wrong("another reply.", "'yours' while seats are free, then 'sold out'.", call=call, got=got)
    if seen.free != free:
        idea = "Each seat that is sold is one less in the database: load, then save."
        raise Wrong("another number of free seats.", idea, call=call, expected=free, got=seen.free)


def judge_at_once(seen, call):
    """Raise Wrong unless two of three buyers got a seat."""
    got = sorted(reply for replies in seen.replies for reply in replies)
    if len(got) < 3:
        idea = "Somebody waits, and nobody ends it. Who has to give the lock back?"
        raise Wrong("a buyer without a reply.", idea, call=call, got=got)
    if got.count("yours") > 2:
        idea = "All three read the same number. If there is a lock: is it one for all, and held from load to save?"
        raise Wrong("a seat that is sold twice.", idea, call=call, expected=["sold out", "yours", "yours"], got=got)
    if got != ["sold out", "yours", "yours"]:
        idea = "Two seats are free. Who comes in the same moment waits for its turn, and is not sent away."
        raise Wrong("a seat that nobody gets.", idea, call=call, expected=["sold out", "yours", "yours"], got=got)
    if seen.free != 0:
        idea = "Two were sold. If there is a lock: is it held from load to save?"
        raise Wrong("an update that gets lost.", idea, call=call, expected=0, got=seen.free)


def judge_here(seen, count, call):
    """Raise Wrong unless as many are counted as are there."""
    if not isinstance(seen.middle, int):
        raise Wrong("a booking without here.", "self.here is how many are connected.", call=call)
    if seen.middle != count:
        idea = f"{plural(count, 'buyer')} {'is' if count == 1 else 'are'} connected: one more for each that comes."
        raise Wrong("another number of people.", idea, call=call, expected=count, got=seen.middle)


def judge_after(seen, call):
    """Raise Wrong unless Ben got a seat after Ada's end, and nobody is counted who has gone."""
    if seen.replies[1] != ["yours"]:
        idea = "Ada has gone, and Ben waits for ever. Which line that had to be carried out was skipped?"
        if seen.replies[1]:
            raise Wrong("a seat that nobody gets.", "Two were free.", call=call, got=seen.replies[1])
        raise Wrong("a lock that is never given back.", idea, call=call)
    if seen.middle != 1:
        ghost = isinstance(seen.middle, int) and seen.middle > 1
        looks = "a ghost." if ghost else "one who goes, and is counted twice."
        idea = "Ada has gone, and Ben is here. Which lines run, however a handler ends?"
        raise Wrong(looks, idea, call=call, expected=1, got=seen.middle)
    if seen.here != 0:
        looks = "a ghost." if isinstance(seen.here, int) and seen.here > 0 else "another number of people."
        raise Wrong(looks, "In the end both have gone.", call=call, expected=0, got=readable(seen.here))


# ---------------------------------------------------------------- 11.5

GUESTS = ("Ada", "Tom & Jerry", "<b>Ben</b>", "</li><li>two", '<img src="data:," onerror="alert(1)">', "&lt;", "Zoë")
DOOR_CRASHES = (
    *PAGE_CRASHES,
    ("join\\(\\)|can only concatenate", "What is put together are texts: join them."),
    ("NoneType' object is not callable", "guest_list returns a function: the one that you define in it."),
)


@task(
    "11.5",
    "a page of your own (optional)",
    hints=(
        "A function that makes a function: define process_request inside, and return it, without (). When is the page "
        "put together: when guest_list is called, or when somebody asks?",
        "Inside it, as home in the lesson. A WebSocket: None. Another path: 404. Else the page: one <li> for each "
        "name, through escape, and the type of a page in place of the old one.",
        'items = "".join(f"<li>{escape(name)}</li>" for name in names); response = connection.respond(200, '
        'f"<!doctype html><title>Guests</title><ul>{items}</ul>"); del response.headers["Content-Type"]; '
        'response.headers["Content-Type"] = "text/html; charset=utf-8"; return response. After that function: return '
        "process_request.",
    ),
)
def a_page_of_your_own(answer):
    names = list(GUESTS[:1])
    door = attempt_with(DOOR_CRASHES, answer, names)
    if isinstance(door, Response):
        raise Wrong("a response for everybody.", "Return the function that makes one for each request.")
    if not callable(door):
        must_be(type(answer), door, "guest_list(names)", "The one that the server asks: process_request.")
    for path in ("/", "/chat"):
        got, call = knocked(door, path, UPGRADE)
        if got is not None:
            looks = "a response to a request for a WebSocket." if isinstance(got, Response) else "a wrong way to go on."
            raise Wrong(looks, "Return None: then the library opens the WebSocket.", call=call, got=readable(got))
    got, call = knocked(door, "/nowhere", PLAIN)
    must_be(Response, got, call, "connection.respond(...) makes one.")
    if got.status_code != 404:
        raise Wrong("a page for every path.", "The page is at /.", call=call, expected=404, got=got.status_code)
    for count in (1, 0, len(GUESTS)):
        names[:] = GUESTS[:count]
        got, call = knocked(door, "/", PLAIN)
        must_be(Response, got, call, "connection.respond(...) makes one.")
        judge_page(got, call)
        judge_guests(got, list(names), call)
        judge_charset(got, call)


def knocked(door, path, headers):
    """Return what the student's process_request gives for a request, and the call as text."""
    request = Asked(path, Headers(headers))
    call = f"process_request(connection, {request})"
    attempted = attempt_awaited if inspect.iscoroutinefunction(door) else attempt_with
    return attempted(DOOR_CRASHES, door, Connection(), request), call


class Items(HTMLParser):
    """Collects what each <li> of a page shows. items: list of str. strange: whether one has an element."""

    def __init__(self):
        super().__init__()
        self.items, self.inside, self.strange = [], [], False

    def handle_starttag(self, tag, attributes):
        if tag == "li":
            self.items.append("")
        elif tag in ("b", "img") and "li" in self.inside:
            self.strange = True
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if "li" in self.inside:
            self.items[-1] += data


def judge_guests(response, names, call):
    """Raise Wrong unless the page has one <li> for each name, with the name as its text."""
    parser = Items()
    body = text_of(response)
    parser.feed(body)
    parser.close()
    got = [item.strip() for item in parser.items]
    if got == names:
        return
    if not got and "&lt;li&gt;" in body:
        idea = "The tags are yours, and stay as they are. Only the name goes through escape."
        raise Wrong("a page that is escaped as a whole.", idea, call=call, expected=names, got=got)
    if not got:
        idea = "One <li> for each name that is in the list when somebody asks. When is your page put together?"
        raise Wrong("a page without the guests.", idea, call=call, expected=names, got=got)
    if parser.strange or (len(got) > len(names) and "two" in got):
        idea = "A name made an element of its own. A name is text: escape writes &lt; for <."
        raise Wrong("a guest who writes a piece of the page.", idea, call=call, expected=names, got=got)
    if len(got) > len(names) or got == names[: len(got)]:
        idea = "The list has changed since. When is your page put together?"
        raise Wrong("a page of yesterday.", idea, call=call, expected=names, got=got)
    if any("&amp;" in item for item in got):
        raise Wrong("names that are escaped twice.", "Once is enough.", call=call, expected=names, got=got)
    idea = "Each <li> shows one name, as it is, in the order of the list. escape does all that is needed, also for &."
    raise Wrong("another name.", idea, call=call, expected=names, got=got)


def judge_charset(response, call):
    """Raise Wrong unless the page tells how its bytes are to be read, or is ASCII."""
    body, kind = text_of(response), response.headers["Content-Type"]
    if body.isascii() or re.search("charset *= *[\"']?utf-?8", f"{kind} {body}", re.IGNORECASE):
        return
    idea = "The text goes out as UTF-8. A browser that is not told so may show Zoë as ZoÃ«. Which header can say it?"
    raise Wrong("letters that a browser has to guess.", idea, call=call, got=kind)


def text_of(response):
    """Return the body of a Response as text."""
    return response.body if isinstance(response.body, str) else bytes(response.body).decode()
