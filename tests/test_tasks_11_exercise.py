"""The checks of the exercise of lesson 11: wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer, as in test_tasks_11.py. What the checks claim of browsers is seen in one, too.
"""

import asyncio
import contextlib
import json
import logging
import re
import threading
from html import escape
from urllib.parse import quote, quote_plus, urljoin

import nbformat
import pytest
from websockets import ConnectionClosed, broadcast, serve

from classroom.tasks.lesson_11_exercise import SEEN
from classroom.workspace import ROOT
from tests.answers import right, spin, wrong

SECONDS = 1  # for one check: that of the poll has a server, and a slow machine is no fault of an answer

# ---------------------------------------------------------------- 11.1


def seen(**other):
    return SEEN | other


BLANK = (..., ...)
PAGES = [
    ("untouched", dict.fromkeys(SEEN, BLANK), "[ ]", "Replace the dots"),
    ("half a pair", seen(E=([], ...)), "[x]", "Still to do: E"),
    ("one only", dict.fromkeys(SEEN, BLANK) | {"B": ([1, 2], 1005)}, "[x]", "Still to do: A, C, D, E"),
    ("no dict", [1000], "[x]", "another shape"),
    ("codes only", dict.fromkeys(SEEN, 1000), "[x]", "other than a list and a code"),
    ("a count for the list", seen(B=(2, 1005)), "[x]", "other than a list and a code"),
    ("texts", seen(B=(["1", "2"], 1005)), "[x]", "the text that comes, not the number"),
    ("A sends in the end", seen(A=([1], None)), "[x]", "a send that waits until it can"),
    ("A is closed", seen(A=([], 1006)), "[x]", "a script's error taken for a network's"),
    ("A ends well", seen(A=([], 1000)), "[x]", "a script whose end is a goodbye"),
    ("A is the server's", seen(A=([], 1011)), "[x]", "an error of the server"),
    ("B loses one", seen(B=([1], 1005)), "[x]", "messages that the goodbye overtakes"),
    ("B with 1000", seen(B=([1, 2], 1000)), "[x]", "a code that nobody sent"),
    ("B with 1001", seen(B=([1, 2], 1001)), "[x]", "a page that goes away"),
    ("B with 1006", seen(B=([1, 2], 1006)), "[x]", "a goodbye that is not heard"),
    ("B is not called", seen(B=([1, 2], None)), "[x]", "a close that the closer is not told of"),
    ("C goes on", seen(C=([1, 3], 1011)), "[x]", "goes on after its error"),
    ("C hears the word", seen(C=([1, "two", 3], None)), "[x]", "goes on after its error"),
    ("C ends well", seen(C=([1], 1000)), "[x]", "an error taken for an end"),
    ("C cuts", seen(C=([1], 1006)), "[x]", "a server that falls over"),
    ("C blames the page", seen(C=([1], 1007)), "[x]", "a fault that is the page's"),
    ("C says nothing", seen(C=([1], None)), "[x]", "an error that the page never learns of"),
    ("D with its code", seen(D=([1], 1001)), "[x]", "a code that a page may not send"),
    ("D with another", seen(D=([1], 1000)), "[x]", "another code in place of the wrong one"),
    ("D without one", seen(D=([1], 1005)), "[x]", "a close without the code"),
    ("D dies", seen(D=([1], 1006)), "[x]", "an error that ends the connection"),
    ("D undone", seen(D=([], None)), "[x]", "undoes the one before"),
    ("E with the status", seen(E=([], 404)), "[x]", "a status of HTTP"),
    ("E says nothing", seen(E=([], None)), "[x]", "a failure that the page never learns of"),
    ("E breaks a rule", seen(E=([], 1002)), "[x]", "taken for a broken rule"),
    ("E is a policy", seen(E=([], 1008)), "[x]", "a refusal in a Close frame"),
    ("E with a frame", seen(E=([], 1005)), "[x]", "a Close frame without a code"),
    ("E sends", seen(E=([1], 1006)), "[x]", "a WebSocket that never opens"),
    ("another code", seen(C=([1], 1234)), "[x]", "another code"),
    ("True for a code", seen(B=([1, 2], True)), "[x]", "another code"),
]


def words_of(task):
    """Return the Markdown cell of a task."""
    notebook = nbformat.read(ROOT / "solutions" / "11_the_browser_is_a_client.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.source.startswith(f"## Task {task}"))


@contextlib.contextmanager
def in_a_thread(scene, *args):
    """Run scene(tell, done, *args), a coroutine function, in a thread: give what it tells. At the end, set done.

    In a thread, since the browser's driver has this one's event loop.
    """
    told, ready, parts = [], threading.Event(), {}

    async def run():
        parts["loop"], parts["done"] = asyncio.get_running_loop(), asyncio.Event()

        def tell(value):
            told.append(value)
            ready.set()

        await scene(tell, parts["done"], *args)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(20)
        yield told[0]
    finally:
        parts["loop"].call_soon_threadsafe(parts["done"].set)
        thread.join(20)


def test_a_browser_does_what_11_1_says():
    from tests.browser import chromium, find_chromium

    find_chromium()
    words = words_of(1)
    scope, found = {}, {}
    exec(re.search(r"```python\n(.*?)```", words, re.DOTALL)[1], scope)
    scripts = re.findall(r"// ([A-E])\n(.*?)(?=\n\n//|\n```)", words, re.DOTALL)
    assert [name for name, _ in scripts] == list(SEEN)
    before = """
        window.error = window.code = null;
        onerror = text => { error = text; };
        function show(code) { window.code = code; }
        function address() { return location.href.replace("http", "ws"); }
    """

    async def site(tell, done, script):
        def answer(connection, request):
            if request.path != "/":
                return connection.respond(404, "")
            if "Upgrade" not in request.headers:
                response = connection.respond(200, f"<script>{before}</script><script>{script}</script>")
                del response.headers["Content-Type"]
                response.headers["Content-Type"] = "text/html"
                return response

        quiet = logging.getLogger("quiet")
        quiet.disabled = True
        async with serve(scope["ears"], "127.0.0.1", 0, process_request=answer, logger=quiet) as server:
            tell(server.sockets[0].getsockname()[1])
            await done.wait()

    with chromium() as browser:
        page = browser.new_page()
        for name, script in scripts:
            scope["heard"] = []
            with in_a_thread(site, script) as port:
                page.goto(f"http://127.0.0.1:{port}/")
                if SEEN[name][1] is None:  # the console has an error, and the WebSocket lives: it takes one more
                    page.wait_for_function("error && socket.readyState === 1")
                    page.evaluate("socket.onclose = null; socket.send('7'); socket.close()")
                    page.wait_for_function("socket.readyState === 3")
                    assert scope["heard"].pop() == 7
                else:
                    page.wait_for_function("code !== null")
                found[name] = scope["heard"], page.evaluate("code")
    assert found == SEEN


# ---------------------------------------------------------------- 11.2


def room_address(
    secure="wss", plain="ws", folder=lambda path: path.rpartition("/")[0], name=lambda room: quote(room, safe="")
):
    """Return a right answer, or one with a slip."""

    def address(protocol, host, pathname, room):
        return f"{secure if protocol == 'https:' else plain}://{host}{folder(pathname)}/{name(room)}"

    return address


def room_stub(protocol, host, pathname, room):
    """Return the address (str) of the WebSocket of `room`."""
    pass  # your code here


def room_without_return(protocol, host, pathname, room):
    room_address()(protocol, host, pathname, room)


def scheme_of_a_dict(protocol, host, pathname, room):
    return {"http": "ws", "https": "wss"}[protocol]


def from_location(protocol, host, pathname, room):
    return location.host  # noqa: F821 - that is the slip


def joined(protocol, host, pathname, room):
    return urljoin(protocol.replace("http", "ws") + "//" + host + pathname, quote(room, safe=""))


def split_by_hand(protocol, host, pathname, room):
    parts = pathname.split("/")[:-1]
    name = "".join(f"%{byte:02x}" for byte in room.encode())
    return "".join(("ws", protocol[4:], "//", host, "/".join(parts), "/", name))


ROOMS = [
    ("untouched", room_stub, "[ ]", "still empty"),
    ("the old line", lambda protocol, host, pathname, room: f"ws://{host}/{room}", "[x]", "ws for a page that came by"),
    ("always wss", room_address(plain="wss"), "[x]", "wss for a page that came by http"),
    ("http stays", room_address("https", "http"), "[x]", "the address of a page"),
    ("this machine", lambda *parts: f"ws://127.0.0.1:8000/{parts[3]}", "[x]", "ws for a page that came by https"),
    (
        "a port of its own",
        lambda protocol, host, pathname, room: room_address()(protocol, "127.0.0.1:8000", pathname, room),
        "[x]",
        "another",
    ),
    ("no folder", room_address(folder=lambda path: ""), "[x]", "a lost folder"),
    ("the file, too", room_address(folder=lambda path: path.rstrip("/")), "[x]", "the page's file taken for a folder"),
    ("the last part", room_address(folder=lambda path: path.rpartition("/")[2]), "[x]", "another port"),
    ("the folder, too", room_address(folder=lambda path: quote(path.rpartition("/")[0])), "[x]", "is quoted twice"),
    ("two slashes", room_address(folder=lambda path: path.rpartition("/")[0] + "/"), "[x]", "two slashes in a row"),
    ("two colons", room_address("wss:", "ws:"), "[x]", "no address of a WebSocket"),
    ("no scheme", lambda *parts: room_address()(*parts).partition("//")[2], "[x]", "no address of a WebSocket"),
    ("a query", room_address(name=lambda room: "?room=" + quote(room)), "[x]", "a room that becomes a query"),
    ("as it is", room_address(name=str), "[x]", "a space in an address"),
    ("only spaces", room_address(name=lambda room: room.replace(" ", "%20")), "[x]", "a percent sign as it is"),
    ("quote alone", room_address(name=quote), "[x]", "a way out of the folder"),
    ("safe question", room_address(name=lambda room: quote(room, safe="?")), "[x]", "a room that becomes a query"),
    ("safe hash", room_address(name=lambda room: quote(room, safe="#")), "[x]", "a room that is never sent"),
    ("plus", room_address(name=quote_plus), "[x]", "a plus for a space"),
    ("twice", room_address(name=lambda room: quote(quote(room, safe=""), safe="")), "[x]", "quoted twice"),
    ("letters", room_address(name=lambda room: quote(room, safe="").replace("%C3%AB", "ë")), "[x]", "letters that an"),
    ("percent", room_address(name=lambda room: quote(room, safe="%")), "[x]", "a percent sign as it is"),
    (
        "only ASCII",
        room_address(name=lambda room: quote(room.encode("ascii", "ignore"), safe="")),
        "[x]",
        "another room",
    ),
    ("no return", room_without_return, "[x]", "a function without a return"),
    ("bytes", lambda *parts: room_address()(*parts).encode(), "[x]", "bytes instead of a str"),
    ("no colon", scheme_of_a_dict, "[!]", "has its colon"),
    ("JavaScript", from_location, "[!]", "are the parameters"),
    ("endless", spin, "[!]", "stopped after"),
    ("one parameter", lambda room: room, "[!]", "positional argument"),
    ("no function", "ws://", "[x]", "not a function"),
]

# ---------------------------------------------------------------- 11.3


def state_of(votes):
    votes = list(votes)
    return {"tea": votes.count("tea"), "cocoa": votes.count("cocoa"), "users": len(votes)}


class RightPoll:
    """A right poll, whose parts the others change."""

    def __init__(self):
        self.votes = {}

    async def handler(self, ws):
        try:
            self.comes(ws)
            async for message in ws:
                await self.hears(ws, message)
        except ConnectionClosed:
            pass
        finally:
            self.goes(ws)

    def comes(self, ws):
        self.votes[ws] = None
        self.tell()

    async def hears(self, ws, message):
        if message in ("tea", "cocoa"):
            self.votes[ws] = message
            self.tell()
        else:
            await ws.send(json.dumps({"error": "say tea or cocoa, as text"}))

    def goes(self, ws):
        self.votes.pop(ws, None)
        self.tell()

    def tell(self):
        broadcast(self.votes, json.dumps(state_of(self.votes.values())))


def poll_with(base=RightPoll, **parts):
    """Return a class of a poll with other parts: name = function."""
    return type("Poll", (base,), {"handler": base.handler} | parts)


class PollStub:
    def __init__(self):
        self.votes = {}

    async def handler(self, ws):
        """Count what the tab at `ws` says, and tell everyone."""
        pass  # your code here


class NoHandler:
    def __init__(self):
        self.votes = {}


class NotAsync:
    def handler(self, ws):
        return None


async def ends_at_once(self, ws):
    self.comes(ws)


async def sleeps(self, ws):
    await asyncio.sleep(3600)


async def holds_the_loop(self, ws):
    while True:
        pass


async def without_except(self, ws):
    try:
        self.comes(ws)
        async for message in ws:
            await self.hears(ws, message)
    finally:
        self.goes(ws)


async def without_finally(self, ws):
    with contextlib.suppress(ConnectionClosed):
        self.comes(ws)
        async for message in ws:
            await self.hears(ws, message)


async def only_after_the_loop(self, ws):
    try:
        self.comes(ws)
        async for message in ws:
            await self.hears(ws, message)
        self.goes(ws)
    except ConnectionClosed:
        pass


async def only_in_except(self, ws):
    try:
        self.comes(ws)
        async for message in ws:
            await self.hears(ws, message)
    except ConnectionClosed:
        self.goes(ws)


async def fails_at_the_end(self, ws):
    with contextlib.suppress(ConnectionClosed):
        self.comes(ws)
        async for message in ws:
            await self.hears(ws, message)
    self.goes(ws)
    del self.votes[ws]


def comes_silently(self, ws):
    self.votes[ws] = None


def comes_after_the_news(self, ws):
    self.tell()
    self.votes[ws] = None


def counts_only_voters(self):
    voters = [vote for vote in self.votes.values() if vote]
    broadcast(self.votes, json.dumps(state_of(voters)))


def forgets_who_is_not_voting(self, ws):
    self.votes[ws] = None
    broadcast([ws], json.dumps(state_of(self.votes.values())))


def answering(good=None, bad=None):
    """Return a hears with another reaction to a word that counts, or to another; both are coroutine functions."""

    async def hears(self, ws, message):
        if message in ("tea", "cocoa"):
            await (good or RightPoll.hears)(self, ws, message)
        else:
            await (bad or RightPoll.hears)(self, ws, message)

    return hears


async def silent(self, ws, message):
    pass


async def to_the_voter(self, ws, message):
    self.votes[ws] = message
    await ws.send(json.dumps(state_of(self.votes.values())))


async def to_the_others(self, ws, message):
    self.votes[ws] = message
    broadcast(set(self.votes) - {ws}, json.dumps(state_of(self.votes.values())))


async def told_before(self, ws, message):
    self.tell()
    self.votes[ws] = message


async def refuses(self, ws, message):
    await ws.send(json.dumps({"error": "say it in German"}))


async def the_first_vote_counts(self, ws, message):
    self.votes[ws] = self.votes[ws] or message
    self.tell()


async def swapped(self, ws, message):
    await RightPoll.hears(self, ws, "tea" if message == "cocoa" else "cocoa")


async def takes_back(self, ws, message):
    self.votes[ws] = None if self.votes[ws] else message
    self.tell()


def begins_anew(self, ws):
    self.votes = dict.fromkeys([*self.votes, ws])
    self.tell()


async def for_everybody(self, ws, message):
    for other in self.votes:
        self.votes[other] = None
    self.votes[ws] = message
    self.tell()


async def takes_every_word(self, ws, message):
    self.votes[ws] = message
    self.tell()


async def error_to_all(self, ws, message):
    broadcast(self.votes, json.dumps({"error": "say tea or cocoa"}))


async def error_as_text(self, ws, message):
    await ws.send("say tea or cocoa")


async def empty_error(self, ws, message):
    await ws.send(json.dumps({"error": ""}))


async def closes(self, ws, message):
    await ws.close(1008)


async def fails(self, ws, message):
    raise KeyError(message)


async def sends_a_dict(self, ws, message):
    await ws.send(state_of(self.votes.values()))


async def bytes_count(self, ws, message):
    if isinstance(message, str) or message.decode() not in ("tea", "cocoa"):
        await RightPoll.hears(self, ws, message)


async def takes_any_case(self, ws, message):
    if message == "Tea":
        message = "tea" if self.votes[ws] != "tea" else "cocoa"
    await RightPoll.hears(self, ws, message)


class Clicks(RightPoll):
    """Counts clicks: a sum for each word, and the users."""

    def __init__(self):
        self.votes, self.sums = {}, {"tea": 0, "cocoa": 0}

    async def handler(self, ws):
        await super().handler(ws)

    async def hears(self, ws, message):
        if message in self.sums:
            self.sums[message] += 1
            self.tell()
        else:
            await super().hears(ws, message)

    def tell(self):
        broadcast(self.votes, json.dumps(self.sums | {"users": len(self.votes)}))


class VotesStay(RightPoll):
    """Two places for what belongs together: who goes is no user any more, and still votes."""

    def __init__(self):
        self.votes, self.users = {}, set()

    async def handler(self, ws):
        await super().handler(ws)

    def comes(self, ws):
        self.users.add(ws)
        self.tell()

    def goes(self, ws):
        self.users.discard(ws)
        self.tell()

    def tell(self):
        broadcast(self.users, json.dumps(state_of(self.votes.values()) | {"users": len(self.users)}))


class CountsUsers(RightPoll):
    """Counts the users in a number; `twice` takes one too many out."""

    step = 1

    def __init__(self):
        self.votes, self.users = {}, 0

    async def handler(self, ws):
        await super().handler(ws)

    def comes(self, ws):
        self.users += 1
        super().comes(ws)

    def goes(self, ws):
        self.users -= self.step
        super().goes(ws)

    def tell(self):
        broadcast(self.votes, json.dumps(state_of(self.votes.values()) | {"users": self.users}))


class AnyWord(RightPoll):
    async def handler(self, ws):
        await super().handler(ws)

    async def hears(self, ws, message):
        self.votes[ws] = message
        self.tell()

    def tell(self):
        votes = list(self.votes.values())
        words = {"tea", "cocoa", *filter(None, votes)}
        broadcast(self.votes, json.dumps({word: votes.count(word) for word in words} | {"users": len(votes)}))


class NeedsMore(RightPoll):
    def __init__(self, votes):
        self.votes = votes

    async def handler(self, ws):
        await super().handler(ws)


def tells_a_dict(self):
    broadcast(self.votes, state_of(self.votes.values()))


def tells_repr(self):
    broadcast(self.votes, str(state_of(self.votes.values())))


def tells_bytes(self):
    broadcast(self.votes, json.dumps(state_of(self.votes.values())).encode())


def tells_votes(self):
    broadcast(self.votes, json.dumps(self.votes))


def tells_no_users(self):
    state = state_of(self.votes.values())
    del state["users"]
    broadcast(self.votes, json.dumps(state))


async def awaits_broadcast(self, ws):
    with contextlib.suppress(ConnectionClosed):
        self.votes[ws] = None
        await broadcast(self.votes, json.dumps(state_of(self.votes.values())))


POLLS = [
    ("untouched", PollStub, "[ ]", "still empty"),
    ("no class", RightPoll().handler, "[x]", "something other than a class"),
    ("an object", RightPoll(), "[x]", "without ()"),
    ("no handler", NoHandler, "[x]", "a class without handler"),
    ("not async", NotAsync, "[x]", "a method without async"),
    ("more to give", NeedsMore, "[!]", "missing 1 required positional argument"),
    ("ends at once", poll_with(handler=ends_at_once), "[x]", "a handler that ends too early"),
    ("sleeps", poll_with(handler=sleeps), "[x]", "a newcomer who is told nothing"),
    ("an endless loop", poll_with(handler=holds_the_loop), "[!]", "stopped after"),
    ("no news for a newcomer", poll_with(comes=comes_silently), "[x]", "a newcomer who is told nothing"),
    ("news before the newcomer", poll_with(comes=comes_after_the_news), "[x]", "a newcomer who is told nothing"),
    ("news for the newcomer alone", poll_with(comes=forgets_who_is_not_voting), "[x]", "news for the newcomer alone"),
    ("users are voters", poll_with(tell=counts_only_voters), "[x]", "another number of users"),
    ("a dict", poll_with(tell=tells_a_dict), "[!]", "json.dumps makes it of the dict"),
    ("no JSON", poll_with(tell=tells_repr), "[x]", "news that are no JSON"),
    ("bytes", poll_with(tell=tells_bytes), "[x]", "bytes instead of a str"),
    ("the votes themselves", poll_with(tell=tells_votes), "[!]", "no connections"),
    ("no users", poll_with(tell=tells_no_users), "[x]", "news of another shape"),
    ("awaits broadcast", poll_with(handler=awaits_broadcast), "[!]", "called without await"),
    ("silent about votes", poll_with(hears=answering(silent)), "[x]", "a vote that nobody hears of"),
    ("tells before", poll_with(hears=answering(told_before)), "[x]", "how things stood before"),
    ("swapped", poll_with(hears=answering(swapped)), "[x]", "another state"),
    ("a second word takes back", poll_with(hears=answering(takes_back)), "[x]", "a vote that gets lost"),
    ("a newcomer begins anew", poll_with(comes=begins_anew), "[x]", "votes that a newcomer is not told of"),
    ("only to the voter", poll_with(hears=answering(to_the_voter)), "[x]", "a vote that only the voter hears of"),
    ("not to the voter", poll_with(hears=answering(to_the_others)), "[x]", "a voter who is left out"),
    ("refuses", poll_with(hears=answering(refuses)), "[x]", "a good word that is refused"),
    (
        "the first vote counts",
        poll_with(hears=answering(the_first_vote_counts)),
        "[x]",
        "how things stood before",
    ),
    ("one vote for all", poll_with(hears=answering(for_everybody)), "[x]", "how things stood before"),
    ("counts clicks", Clicks, "[x]", "a vote for both"),
    ("sends the dict", poll_with(hears=answering(sends_a_dict)), "[!]", "json.dumps makes it of the dict"),
    ("silent about errors", poll_with(hears=answering(bad=silent)), "[x]", "a bad word without an answer"),
    ("bytes are heard", poll_with(hears=bytes_count), "[x]", "a bad word without an answer"),
    ("any word counts", AnyWord, "[x]", "nobody may choose it"),
    ("always true", poll_with(hears=answering(bad=takes_every_word)), "[x]", "is always true"),
    ("any case", poll_with(hears=takes_any_case), "[x]", "a bad word that changes something"),
    ("an error to all", poll_with(hears=answering(bad=error_to_all)), "[x]", "an error that everyone hears"),
    ("an error as text", poll_with(hears=answering(bad=error_as_text)), "[x]", "news that are no JSON"),
    ("an empty error", poll_with(hears=answering(bad=empty_error)), "[x]", "an error that says nothing"),
    ("closes on purpose", poll_with(hears=answering(bad=closes)), "[x]", "closed on purpose|ends too early"),
    ("KeyError", poll_with(hears=answering(bad=fails)), "[!]", "Look before you take it"),
    ("no finally", poll_with(handler=without_finally), "[x]", "a ghost"),
    ("after the loop", poll_with(handler=only_after_the_loop), "[x]", "a ghost"),
    ("in except only", poll_with(handler=only_in_except), "[x]", "a ghost"),
    ("no except", poll_with(handler=without_except), "[x]", "a client that left, taken for a fault"),
    ("votes stay", VotesStay, "[x]", "a vote that stays when its tab has gone"),
    ("goes twice", poll_with(CountsUsers, step=2), "[x]", "one who goes, and is counted twice"),
    ("an error at the end", poll_with(handler=fails_at_the_end), "[!]", "KeyError"),
]


class Sends:
    """In another style: a set for each word, sends by hand, and says so to those who are left."""

    def __init__(self):
        self.users, self.chosen = [], {"tea": set(), "cocoa": set()}

    async def handler(self, ws):
        self.users.append(ws)
        try:
            await self.news()
            while True:
                word = await ws.recv()
                if isinstance(word, str) and word in self.chosen:
                    for voters in self.chosen.values():
                        voters.discard(ws)
                    await self.news()  # between the two, the tab has no vote
                    self.chosen[word].add(ws)
                    await self.news()
                else:
                    await ws.send('{"error": "tea, or cocoa?"}')
        except ConnectionClosed:
            pass
        finally:
            self.users.remove(ws)
            for voters in self.chosen.values():
                voters.discard(ws)
            await self.news()

    async def news(self):
        state = {word: len(voters) for word, voters in self.chosen.items()} | {"users": len(self.users)}
        for user in self.users[:]:
            with contextlib.suppress(ConnectionClosed):
                await user.send(json.dumps(state))


class Eager(RightPoll):
    """Tells everyone after each message, also after one that has changed nothing."""

    async def handler(self, ws):
        await super().handler(ws)

    async def hears(self, ws, message):
        await super().hears(ws, message)
        self.tell()


# ---------------------------------------------------------------- 11.4


class RightBooking:
    """A right booking, whose parts the others change."""

    def __init__(self, store):
        self.store = store
        self.here = 0
        self.lock = asyncio.Lock()

    async def handler(self, ws):
        self.here += 1
        try:
            async for _ in ws:
                await self.book(ws)
        finally:
            self.here -= 1

    async def book(self, ws):
        async with self.lock:
            free = await self.taken()
        await ws.send("yours" if free else "sold out")

    async def taken(self):
        free = await self.store.load()
        if free:
            await self.store.save(free - 1)
        return free


def booking_with(base=RightBooking, **parts):
    return type("Booking", (base,), {"handler": base.handler} | parts)


class BookingStub:
    def __init__(self, store):
        self.store = store
        self.here = 0
        pass  # your code here

    async def handler(self, ws):
        """Sell a seat for each message."""
        pass  # your code here


async def no_lock(self, ws):
    await ws.send("yours" if await self.taken() else "sold out")


async def lock_of_its_own(self, ws):
    async with asyncio.Lock():
        free = await self.taken()
    await ws.send("yours" if free else "sold out")


async def lock_for_save_only(self, ws):
    free = await self.store.load()
    async with self.lock:
        if free:
            await self.store.save(free - 1)
    await ws.send("yours" if free else "sold out")


async def lock_for_each_step(self, ws):
    async with self.lock:
        free = await self.store.load()
    async with self.lock:
        if free:
            await self.store.save(free - 1)
    await ws.send("yours" if free else "sold out")


async def sends_in_the_lock(self, ws):
    async with self.lock:
        await ws.send("yours" if await self.taken() else "sold out")


async def never_released(self, ws):
    await self.lock.acquire()
    await ws.send("yours" if await self.taken() else "sold out")


async def released_after_send(self, ws):
    await self.lock.acquire()
    free = await self.taken()
    await ws.send("yours" if free else "sold out")
    self.lock.release()


async def released_in_finally(self, ws):
    await self.lock.acquire()
    try:
        free = await self.taken()
    finally:
        self.lock.release()
    await ws.send("yours" if free else "sold out")


async def refuses_when_busy(self, ws):
    if self.lock.locked():
        await ws.send("sold out")
    else:
        await self.book_alone(ws)


async def silent_when_busy(self, ws):
    if not self.lock.locked():
        await RightBooking.book(self, ws)


async def only_those_who_get_one(self, ws):
    async with self.lock:
        free = await self.taken()
    if free:
        await ws.send("yours")


async def saves_nothing(self, ws):
    async with self.lock:
        free = await self.store.load()
    await ws.send("yours" if free else "sold out")


async def never_sold_out(self, ws):
    async with self.lock:
        await self.taken()
    await ws.send("yours")


async def in_other_words(self, ws):
    async with self.lock:
        free = await self.taken()
    await ws.send("ok" if free else "sold out")


async def sells_without_saving(self, ws):
    """Keeps the number itself: nobody is sold a seat twice, and the database is not told."""
    async with self.lock:
        self.free = getattr(self, "free", await self.store.load())
        free, self.free = self.free, max(self.free - 1, 0)
    await ws.send("yours" if free else "sold out")


async def looks_into_the_database(self, ws):
    free = self.store.free
    self.store.free = max(free - 1, 0)
    await ws.send("yours" if free else "sold out")


async def saves_in_any_order(self, ws):
    """Keeps the number itself, and saves it when it pleases: the database ends with an old one."""
    async with self.lock:
        self.free = getattr(self, "free", await self.store.load())
        free, self.free = self.free, max(self.free - 1, 0)
    await asyncio.sleep(5 * free)
    await self.store.save(max(free - 1, 0))
    await ws.send("yours" if free else "sold out")


async def forgets_await(self, ws):
    async with self.lock:
        if self.store.load() > 0:
            await ws.send("yours")


async def plain_with(self, ws):
    with self.lock:
        await self.taken()


async def locked_all_along(self, ws):
    self.here += 1
    try:
        async with self.lock:
            async for _ in ws:
                await ws.send("yours" if await self.taken() else "sold out")
    finally:
        self.here -= 1


async def leaves_after_the_loop(self, ws):
    self.here += 1
    async for _ in ws:
        await self.book(ws)
    self.here -= 1


async def leaves_by_except(self, ws):
    self.here += 1
    try:
        async for _ in ws:
            await self.book(ws)
    except ConnectionClosed:
        pass
    self.here -= 1


async def leaves_twice(self, ws):
    self.here += 1
    try:
        async for _ in ws:
            await self.book(ws)
    except ConnectionClosed:
        self.here -= 1
    finally:
        self.here -= 1


async def counts_nobody(self, ws):
    async for _ in ws:
        await self.book(ws)


async def books_once(self, ws):
    self.here += 1
    try:
        await ws.recv()
        await self.book(ws)
    finally:
        self.here -= 1


async def stays_for_ever(self, ws):
    self.here += 1
    try:
        async for _ in ws:
            await self.book(ws)
        await asyncio.Event().wait()
    except BaseException:
        self.here -= 1
        raise


class NoLock(RightBooking):
    def __init__(self, store):
        self.store, self.here = store, 0

    async def handler(self, ws):
        await super().handler(ws)


class FailsAtTheStart(RightBooking):
    def __init__(self, store):
        self.here = self.lock.locked()

    async def handler(self, ws):
        await super().handler(ws)


class TakesNoStore(RightBooking):
    def __init__(self):
        self.here = 0

    async def handler(self, ws):
        await super().handler(ws)


class NoHere(RightBooking):
    def __init__(self, store):
        self.store, self.lock = store, asyncio.Lock()

    async def handler(self, ws):
        async for _ in ws:
            await self.book(ws)


BOOKINGS = [
    ("untouched", BookingStub, "[ ]", "still empty"),
    ("no class", RightBooking.handler, "[x]", "something other than a class"),
    ("no lock", booking_with(book=no_lock), "[x]", "a seat that is sold twice"),
    ("a lock of its own", booking_with(book=lock_of_its_own), "[x]", "a seat that is sold twice"),
    ("a lock for save", booking_with(book=lock_for_save_only), "[x]", "a seat that is sold twice"),
    ("a lock for each step", booking_with(book=lock_for_each_step), "[x]", "a seat that is sold twice"),
    ("never released", booking_with(book=never_released), "[x]", "a buyer without a reply"),
    ("released after send", booking_with(book=released_after_send), "[x]", "a lock that is never given back"),
    ("silent when busy", booking_with(book=silent_when_busy), "[x]", "a buyer without a reply"),
    (
        "refuses when busy",
        booking_with(book=refuses_when_busy, book_alone=RightBooking.book),
        "[x]",
        "a seat that nobody gets",
    ),
    ("silent when sold out", booking_with(book=only_those_who_get_one), "[x]", "a buyer without a reply"),
    ("saves nothing", booking_with(book=saves_nothing), "[x]", "another reply"),
    ("never sold out", booking_with(book=never_sold_out), "[x]", "another reply"),
    ("other words", booking_with(book=in_other_words), "[x]", "another reply"),
    ("a number of its own", booking_with(book=sells_without_saving), "[x]", "another number of free seats"),
    ("past the database", booking_with(book=looks_into_the_database), "[x]", "a look into the database itself"),
    ("in any order", booking_with(book=saves_in_any_order), "[x]", "an update that gets lost"),
    ("no await", booking_with(book=forgets_await), "[!]", "load() is a plan"),
    ("with", booking_with(book=plain_with), "[!]", "opened with `async with`"),
    ("locked all along", booking_with(handler=locked_all_along), "[x]", "held by someone who wants nothing"),
    ("after the loop", booking_with(handler=leaves_after_the_loop), "[x]", "a ghost"),
    ("by except", booking_with(handler=leaves_by_except), "[x]", "a ghost"),
    ("twice", booking_with(handler=leaves_twice), "[x]", "is counted twice"),
    ("counts nobody", booking_with(handler=counts_nobody), "[x]", "another number of people"),
    ("books once", booking_with(handler=books_once), "[x]", "a buyer without a reply"),
    ("stays", booking_with(handler=stays_for_ever), "[x]", "a ghost"),
    ("no lock in __init__", NoLock, "[!]", "made in __init__"),
    ("fails at the start", FailsAtTheStart, "[!]", "made in __init__"),
    ("takes no store", TakesNoStore, "[!]", "positional argument"),
    ("no here", NoHere, "[x]", "a booking without here"),
    ("an endless loop", booking_with(handler=holds_the_loop), "[!]", "stopped after"),
    ("sleeps", booking_with(handler=sleeps), "[x]", "a buyer without a reply"),
]


def with_one_lock_for_all():
    """Return a class as in the lesson, where the lock stands outside of everything."""
    lock = asyncio.Lock()

    class Booking(RightBooking):
        def __init__(self, store):
            self.store, self.here, self.lock = store, 0, lock

        async def handler(self, ws):
            await super().handler(ws)

    return Booking


def test_a_lock_that_belongs_to_an_earlier_check_is_explained(card):
    answer = with_one_lock_for_all()
    assert card("11.4", answer).startswith("[ok]")
    assert "older than this check" in card("11.4", answer)


class OneSeller(RightBooking):
    """In another style: one task sells, and the handlers wait for it."""

    def __init__(self, store):
        self.store, self.people, self.queue = store, set(), None

    @property
    def here(self):
        return len(self.people)

    async def sell(self):
        while True:
            future = await self.queue.get()
            try:
                future.set_result(await self.taken())
            except OSError as error:
                future.set_exception(error)

    async def handler(self, ws):
        if self.queue is None:
            self.queue = asyncio.Queue()
            self.seller = asyncio.create_task(self.sell())
        self.people.add(ws)
        try:
            while True:
                await ws.recv()
                future = asyncio.get_running_loop().create_future()
                await self.queue.put(future)
                await ws.send("yours" if await future else "sold out")
        except (ConnectionClosed, OSError):
            pass
        finally:
            self.people.remove(ws)


# ---------------------------------------------------------------- 11.5


def guest_list(item="<li>{}</li>", shown=escape, missing=404, kind="text/html; charset=utf-8", delete=True, once=False):
    """Return a right answer, or one with a slip."""

    def answer(names):
        first = list(names)

        def process_request(connection, request):
            if "Upgrade" in request.headers:
                return None
            if request.path != "/":
                return connection.respond(missing, "")
            items = "".join(item.format(shown(name)) for name in (first if once else names))
            response = connection.respond(200, f"<!doctype html><title>Guests</title><ul>{items}</ul>")
            if delete:
                del response.headers["Content-Type"]
            response.headers["Content-Type"] = kind
            return response

        return process_request

    return answer


def guest_stub(names):
    """Return a process_request that answers with a page of the names."""
    pass  # your code here


def no_inner_return(names):
    guest_list()(names)


def page_itself(names):
    from classroom.tasks.lesson_11 import Connection

    return Connection().respond(200, "<ul></ul>")


def calls_it(names):
    from classroom.tasks.lesson_11 import Asked, Connection, Headers

    return guest_list()(names)(Connection(), Asked("/", Headers(())))


def text_instead(names):
    return "".join(f"<li>{escape(name)}</li>" for name in names)


def accepts(names):
    return lambda connection, request: guest_list()(names)(connection, type("R", (), {"path": "/", "headers": {}}))


def only_less_than(name):
    return name.replace("<", "&lt;")


def with_the_list(names):
    return lambda connection, request: connection.respond(404, names + "")


GUESTS = [
    ("untouched", guest_stub, "[ ]", "still empty"),
    ("no return", no_inner_return, "[x]", "without a return"),
    ("the page itself", page_itself, "[x]", "a response for everybody"),
    ("called", calls_it, "[x]", "a response for everybody"),
    ("a text", text_instead, "[x]", "a str instead of"),
    ("takes WebSockets", accepts, "[x]", "a response to a request for a WebSocket"),
    ("a page for all", guest_list(missing=200), "[x]", "a page for every path"),
    ("once", guest_list(once=True), "[x]", "a page of yesterday"),
    ("as HTML", guest_list(shown=str), "[x]", "a guest who writes a piece of the page|another name"),
    ("only &", guest_list(shown=lambda name: name.replace("&", "&amp;")), "[x]", "a guest who writes a piece"),
    ("only <", guest_list(shown=only_less_than), "[x]", "another name"),
    ("twice", guest_list(shown=lambda name: escape(escape(name))), "[x]", "escaped twice"),
    ("taken out", guest_list(shown=lambda name: re.sub("<.*?>", "", name)), "[x]", "another name"),
    ("no items", guest_list("<p>{}</p>"), "[x]", "a page without the guests"),
    ("numbers", guest_list("<li>1. {}</li>"), "[x]", "another name"),
    ("escaped as a whole", guest_list("&lt;li&gt;{}&lt;/li&gt;"), "[x]", "a page that is escaped as a whole"),
    ("no charset", guest_list(kind="text/html"), "[x]", "letters that a browser has to guess"),
    ("plain text", guest_list(kind="text/plain"), "[x]", "plain text"),
    ("two types", guest_list(delete=False), "[x]", "two headers Content-Type"),
    ("a crash", with_the_list, "[!]", "join them"),
    ("endless", spin, "[!]", "stopped after"),
    ("no function", "<li>", "[x]", "not a function"),
]


def with_class(names):
    class Door:
        def __call__(self, connection, request):
            if request.headers.get("Upgrade", "").lower() != "websocket":
                return self.page(connection) if request.path == "/" else connection.respond(404, "Nothing")

        def page(self, connection):
            lines = ["<meta charset=utf-8>", "<h1>Guests</h1>", "<ol>"]
            lines += [f'<li class="guest"><b>{escape(name, quote=False)}</b>' for name in names]
            response = connection.respond(200, "\n".join([*lines, "</ol>"]))
            del response.headers["content-type"]
            response.headers["content-type"] = "text/html"
            return response

    return Door()


def guest_list_awaited(names):
    door = guest_list()(names)

    async def process_request(connection, request):
        return door(connection, request)

    return process_request


# ----------------------------------------------------------------

TABLES = {"11.1": PAGES, "11.2": ROOMS, "11.3": POLLS, "11.4": BOOKINGS, "11.5": GUESTS}
WRONG = [row for name, rows in TABLES.items() for row in wrong(name, rows)]


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of answers that are ended in the middle
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert any(part in words for part in phrase.split("|")), words


RIGHT = [
    *right("11.1", ours=SEEN, tuples={name: [tuple(heard), code] for name, (heard, code) in SEEN.items()}),
    *right("11.2", ours=room_address(), joined=joined, hand=split_by_hand),
    *right("11.3", ours=RightPoll, sends=Sends, eager=Eager, number=CountsUsers),
    *right("11.4", ours=RightBooking, finally_=booking_with(book=released_in_finally), seller=OneSeller),
    *right("11.4", in_the_lock=booking_with(book=sends_in_the_lock)),
    *right("11.5", ours=guest_list(), other=with_class, awaited=guest_list_awaited),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words


@pytest.mark.parametrize(
    "task, answer",
    [("11.3", poll_with(handler=sleeps)), ("11.3", RightPoll), ("11.4", booking_with(handler=sleeps))],
)
def test_nothing_is_left_running(card, task, answer):
    before = threading.active_count()
    card(task, answer)
    assert threading.active_count() == before


def test_a_line_of_the_students_own_code_is_shown(card):
    assert "raise KeyError(message)" in card("11.3", poll_with(hears=answering(bad=fails)))
