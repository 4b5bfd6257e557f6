"""The tasks of the exercise of lesson 13, Staying up."""

import asyncio
import inspect
import json

from pocketws.exceptions import InvalidHandshake

from .. import checks
from ..awaiting import attempt_awaited
from ..checks import NotStarted, Stopped, Wrong, attempt, call_text, task
from ..judging import attempt_with, in_own_loop, must_be, not_a_number, readable, stopped

# ---------------------------------------------------------------- 13.1

ENDS = {
    "the handler returns": 1000,
    "the handler raises KeyError": 1011,
    "the message is too long": 1009,
    "the server is stopped politely": 1001,
    "the server is killed": 1006,
}

# situation, wrong code: (looks, idea); None is for any other code
END_IDEAS = {
    ("the handler returns", 1001): ("a server that goes away.", "Only this handler is done: an agreed, normal end."),
    ("the handler raises KeyError", 1006): (
        "an exception that cuts the connection.",
        "The library catches it, logs it, and still sends a Close frame. Which code is for the unexpected?",
    ),
    ("the handler raises KeyError", 1000): (
        "a bug that looks like a normal end.",
        "That is so if a wide except hides it. Here it leaves the handler.",
    ),
    ("the message is too long", 1007): ("bad data.", "Each byte of it is fine. There are too many of them."),
    ("the message is too long", 1002): (
        "a broken rule.",
        "RFC 6455 allows long messages. This server does not want them.",
    ),
    ("the server is stopped politely", 1000): ("a conversation that is over.", "It is not: the server is going away."),
    ("the server is stopped politely", 1006): ("a server that is gone without a word.", "That would be SIGKILL."),
    ("the server is killed", 1001): ("a goodbye.", "Who is killed says nothing any more."),
    ("the server is killed", 1005): ("a Close frame without a code.", "No Close frame came at all."),
}


@task(
    "13.1",
    "which code?",
    hints=(
        "For each: did a Close frame come? And who was its sender: our code, or the library?",
        "Section 1 has the two about the handler, section 2 the one about length, section 5 the one about stopping.",
        "The codes, in order: 1000, 1011, 1009, 1001, and 1006, for no Close frame came.",
    ),
)
def which_code(answer):
    if not isinstance(answer, dict):
        raise Wrong(
            f"{type(answer).__name__} instead of the dict.", "Fill in the dots of `codes`.", got=readable(answer)
        )
    if any(answer.get(end, ...) is ... for end in ENDS):
        raise NotStarted()
    odd = not_a_number([answer[end] for end in ENDS])
    if odd:
        raise Wrong(odd, "Each code is a number, such as 1000.")
    for end, right in ENDS.items():
        if answer[end] != right:
            other = ("another code.", "The lesson has it: look at the codes of sections 1, 2 and 5.")
            raise Wrong(*END_IDEAS.get((end, answer[end]), other), call=f"codes[{end!r}]", got=answer[end])


# ---------------------------------------------------------------- 13.2


@task(
    "13.2",
    "when is it noticed?",
    hints=(
        "Draw a line with the pings on it: interval, 2 * interval, and so on. Which one is the first without a pong?",
        "cable // interval pings came before the cable went. The next one is lost. After it come two waits.",
        "return (cable // interval + 1) * interval + timeout + closing",
    ),
)
def when_is_it_noticed(answer):
    for arguments in (
        (47, 20, 7, 3),
        (30, 20, 20, 10),
        (5, 20, 20, 10),
        (19, 20, 20, 10),
        (41, 20, 5, 2),
        (7, 3, 1, 4),
        (100, 60, 30, 0),
    ):
        cable, interval, timeout, closing = arguments
        lost = (cable // interval + 1) * interval
        got = attempt(answer, *arguments)
        call = call_text(answer, *arguments)
        must_be(int | float, got, call, "Return the second.")
        if got != lost + timeout + closing:
            looks, idea = _second_misconception(got, lost, *arguments)
            raise Wrong(looks, idea, call=call, expected=lost + timeout + closing, got=got)


def _second_misconception(got, lost, cable, interval, timeout, closing):
    """Return (looks, idea) for a wrong second."""
    if got == lost + timeout:
        return (
            "a Close frame that is answered at once.",
            "Nobody hears it. How long does the server wait for an answer?",
        )
    if got == lost:
        return (
            "a ping that fails when it is sent.",
            "Sending works: it goes into a buffer. What is missing is the pong.",
        )
    if got == lost + closing:
        return "no patience for the pong.", "It may take `timeout` seconds to come."
    if got == cable + interval + timeout + closing:
        return "pings that begin anew when the cable goes.", "Nobody knows that it went. The pings go on as before."
    if got == cable + timeout + closing:
        return "a ping just when the cable goes.", "The next ping goes out when it is due: at a multiple of `interval`."
    if got == interval + timeout + closing:
        return "a cable that goes before the first ping.", "Later pings may have been answered. How many?"
    if got == lost - interval + timeout + closing:
        return "a ping from before, taken for the lost one.", "That one was answered. The next one is lost."
    return "another second.", "The first ping after `cable`, then the wait for its pong, then the one for closing."


# ---------------------------------------------------------------- 13.3

GOOD = {
    '{"add": [1, 2, 3]}': 6,
    '{"add": []}': 0,
    '{"add": [1.5, -1]}': 0.5,
    ' {"note": "x", "add": [7]} ': 7,
}
# what is sent: (the kind, what to think about)
POOR = {
    "hello": ("text that is no JSON", "json.loads raises json.JSONDecodeError, which is a ValueError."),
    "": ("an empty text", "It is no JSON: json.loads raises ValueError."),
    "[1, 2]": ("JSON that is no object", "json.loads gives a list here. Is it a dict? isinstance(value, dict) tells."),
    "3": ("JSON that is no object", "json.loads gives a number here. Is it a dict? isinstance(value, dict) tells."),
    "{}": ("an object without add", 'There is no "add" in it. value.get("add") gives None then.'),
    '{"add": 3}': ("an add that is no list", "A number cannot be added up. isinstance(numbers, list) tells."),
    '{"add": null}': ("an add that is no list", "None cannot be added up. isinstance(numbers, list) tells."),
    '{"add": "12"}': ("an add that is no list", "A text is no list of numbers. isinstance(numbers, list) tells."),
    '{"add": ""}': (
        "an add that is no list",
        "A text is no list, not even an empty one: isinstance(numbers, list) tells.",
    ),
    '{"add": {"1": 2}}': ("an add that is no list", "A dict is no list of numbers. isinstance(numbers, list) tells."),
    '{"add": [1, "2"]}': ("a text among the numbers", "isinstance(number, int | float) tells, for each of them."),
    '{"add": [1, [2]]}': ("a list among the numbers", "isinstance(number, int | float) tells, for each of them."),
    '{"add": [1, true]}': (
        "true among the numbers",
        "True is an int for Python. type(number) in (int, float) is stricter.",
    ),
    b'{"add": [1]}': ("binary where text is due", "This service takes text only. isinstance(message, str) tells."),
    b"\xff\x00": ("binary where text is due", "json.loads would decode it, and fail. isinstance(message, str) tells."),
    "[" * 100_000: ("brackets within brackets", "json.loads raises RecursionError, which is no ValueError."),
}


@task(
    "13.3",
    "answer anything",
    hints=(
        "First all that can be wrong, each with a reply. What is left is good.",
        "Five questions: is it text? Is it JSON (ValueError, RecursionError)? A dict? A list in it? Only numbers?",
        "numbers = None; try: value = json.loads(message) if isinstance(message, str) else None; except (ValueError, "
        "RecursionError): value = None; then if isinstance(value, dict): numbers = value.get('add'); if not "
        "isinstance(numbers, list) or any(type(n) not in (int, float) for n in numbers): return the error.",
    ),
)
def answer_anything(answer):
    for message, total in GOOD.items():
        got, call = _replied(answer, message)
        if got != {"sum": total}:
            looks = "a good message that is refused." if "error" in got else "another reply."
            raise Wrong(looks, 'For a good message, {"sum": ...}.', call=call, expected={"sum": total}, got=got)
    for message, (kind, idea) in POOR.items():
        got, call = _replied(answer, message, kind, idea)
        if list(got) != ["error"] or not isinstance(got["error"], str) or not got["error"]:
            raise Wrong(
                f"a service that takes {kind}.",
                f'{idea} The reply is {{"error": "..."}}.',
                call=call,
                got=readable(got),
            )


def _replied(answer, message, kind="", idea=""):
    """Return (what the reply holds, the call as text)."""
    ideas = [(".", f"This is {kind}. {idea}")] if kind else []
    got = attempt_with(ideas, answer, message)
    call = call_text(answer, message)
    if isinstance(got, dict):
        raise Wrong(
            "a dict instead of a text.", "What goes over the wire is text: json.dumps(...).", call=call, got=got
        )
    must_be(str, got, call, "Return the reply.")
    try:
        held = json.loads(got)
    except ValueError:
        raise Wrong("a reply that is no JSON.", "json.dumps makes JSON of a dict.", call=call, got=got) from None
    if not isinstance(held, dict):
        raise Wrong("a reply that is no object.", 'Return {"sum": ...} or {"error": ...}.', call=call, got=got)
    return held, call


# ---------------------------------------------------------------- 13.4


class Feed:
    """A server to visit, without a network.

    visits: list, for each visit an exception to raise, or the list of the numbers that it can send:
        those after the one that was asked for come. At the end it says no: InvalidHandshake.
    """

    def __init__(self, visits, events):
        self.visits, self.events = list(visits), events

    async def visit(self, after):
        if len(self.events) > 60:
            raise _Enough
        self.events.append(("visit", after))
        outcome = self.visits.pop(0) if self.visits else InvalidHandshake("not you")
        if isinstance(outcome, BaseException):
            raise outcome
        return [number for number in outcome if number > after]

    def __repr__(self):
        return "feed"


class _Enough(BaseException):
    """Ends an answer that goes on although it was refused."""


_LOST = OSError("no network")
VISITS = (
    ([[1, 2], [1, 2, 3]], [0, 2, 3], [1, 2, 3], [0, 0]),
    ([_LOST, _LOST, [1], _LOST, [1, 2]], [0, 0, 0, 1, 1, 2], [1, 2], [1, 2, 0, 1, 0]),
    ([[], [], [], [5], []], [0, 0, 0, 0, 5, 5], [5], [1, 2, 3, 0, 1]),
    ([], [0], [], []),
)


@task(
    "13.4",
    "find what wakes the server",
    hints=(
        "Four faults. Which line decides what is asked for, what is a failure, what is caught, and when to pause?",
        "Remember the last number that was heard, and ask for what came after it. A visit that brings nothing is a "
        "failure, too. And only OSError is the network's.",
        "last = failures = 0 before the loop. Before the try: numbers = []. In the try: numbers = await "
        "feed.visit(last), with except OSError: pass. After it: heard each, last = numbers[-1] and failures = 0 if "
        "there are any, else failures += 1. Then the sleep, with no `if`.",
    ),
)
def find_what_wakes_the_server(answer):
    for visits, asked, numbers, failures in VISITS:
        events, heard = [], []
        call = "await come_back(feed, heard, wait)"
        feed = Feed(visits, events)
        try:
            attempt_awaited(
                _FEED_CRASHES, answer, feed, heard.append, float, events=events, passing=(InvalidHandshake,)
            )
            said_no = False
        except InvalidHandshake:
            said_no = True
        except _Enough:
            said_no = False
        except Stopped as stopped:
            stopped.details["call"] = call
            raise
        _judge_visits(events, heard, said_no, (asked, numbers, failures), call)


_FEED_CRASHES = (
    ("no network", "An OSError is the network's. Did the except catch it?"),
    ("list index out of range", "A visit may bring nothing: then there is no last number."),
    ("not iterable", "visit() gives a list, once it is awaited: await feed.visit(last)."),
)


def _judge_visits(events, heard, said_no, wanted, call):
    """Raise Wrong unless the visits, the numbers heard and the waits are those `wanted`."""
    asked, numbers, failures = wanted
    visited = [what for name, what in events if name == "visit"]
    slept = [what for name, what in events if name == "sleep"]
    if not visited:
        raise Wrong("no visit.", "`await feed.visit(last)`: without await it is only a plan.", call=call)
    if not said_no:
        idea = "Who is refused is refused the next time, too. Catch OSError only, and let the refusal out."
        raise Wrong("a refusal that nobody hears of.", idea, call=call)
    if heard != numbers:
        twice = len(set(heard)) < len(heard)
        looks = "a number that is heard twice." if twice else "numbers that are lost."
        idea = "visit() gives what came after the number that you give it. What do you know already?"
        raise Wrong(looks, idea, call=call, expected=numbers, got=heard)
    if visited != asked:
        raise Wrong(
            "another number asked for.", "Ask for the last one that was heard.", call=call, expected=asked, got=visited
        )
    if len(slept) < len(visited) - 1:
        idea = (
            "await asyncio.sleep(wait(failures)) after each visit, also a good one: all the others lost it just then."
        )
        raise Wrong("a visit right after another.", idea, call=call, expected=failures, got=slept)
    if slept != failures:
        if [0] * len(slept) == slept[: len(failures)] or sum(slept) < sum(failures):
            idea = "A visit that brings nothing is a failure, too: only a number that was heard makes it 0."
            raise Wrong("a failure that is taken for a success.", idea, call=call, expected=failures, got=slept)
        idea = "wait(failures), with the failures in a row until now: 0 after a visit that brought something."
        raise Wrong("other waits.", idea, call=call, expected=failures, got=slept)


# ---------------------------------------------------------------- 13.5


@task(
    "13.5",
    "what was missed?",
    hints=(
        "Which numbers should have come, from the first to the last? And which of them did?",
        "Those after `last`, up to the highest that came: range(last + 1, max(numbers) + 1). Mind an empty list.",
        "return [number for number in range(last + 1, max(numbers, default=0) + 1) if number not in numbers]",
    ),
)
def what_was_missed(answer):
    for last, numbers in (
        (7, [8, 9, 12]),
        (0, [1, 2, 3]),
        (0, [3]),
        (7, []),
        (3, [4, 4, 6]),
        (2, [5, 3, 8]),
        (9, [3, 9, 11]),
        (10, [4, 5]),
        (6, [9]),  # the set {7, 8} comes out as 8, 7
    ):
        right = [number for number in range(last + 1, max(numbers, default=0) + 1) if number not in numbers]
        given = list(numbers)
        got = attempt_with(_MISSED_CRASHES, answer, last, given)
        call = call_text(answer, last, numbers)
        must_be(list, got, call, "Return the list.")
        if given != numbers:
            raise Wrong("a list that was changed.", "The list belongs to the caller. Make a new one.", call=call)
        if got != right:
            looks, idea = _missed_misconception(got, right, last, numbers)
            raise Wrong(looks, idea, call=call, expected=right, got=got)


_MISSED_CRASHES = (
    ("empty", "Perhaps nothing came: max(numbers, default=0)."),
    ("index out of range", "Perhaps nothing came: then there is no last number. And they may be out of order."),
)


def _missed_misconception(got, right, last, numbers):
    """Return (looks, idea) for a wrong list of missed numbers."""
    if got == numbers or (got and set(got) <= set(numbers)):
        return "the numbers that came.", "Return those that did not."
    if any(number <= last for number in got if isinstance(number, int)):
        return "numbers that were heard before.", "Begin after `last`."
    if numbers and max(numbers) < max(got, default=0):
        return "numbers that may still come.", "End at the highest that came: what comes after it, nobody knows."
    if sorted(got) == right:
        return "another order.", "From the smallest to the largest."
    if set(got) < set(right):
        return "too few.", "Look at the beginning, right after `last`, and at gaps of more than one."
    return "other numbers.", "All from last + 1 to the highest that came, without those that came."


# ---------------------------------------------------------------- 13.6

INTERVAL, TIMEOUT = 0.005, 0.02  # seconds, for a peer that answers at once or never


class Beaten:
    """The connection that heartbeat gets: it answers the first `pongs` pings, and then falls silent, or is closed."""

    def __init__(self, pongs, then):
        self.pongs, self.then = pongs, then
        self.pings, self.closed = 0, []

    async def ping(self, data=None):
        self.pings += 1
        if self.closed or self.pings > self.pongs + 3:
            raise _TooMany
        if self.pings > self.pongs and self.then is not None:
            raise self.then
        waiter = asyncio.get_running_loop().create_future()
        if self.pings <= self.pongs:
            waiter.set_result(0.001)
        return waiter

    async def close(self, code=1000, reason=""):
        self.closed.append(code)

    def __repr__(self):
        return "ws"


class _TooMany(BaseException):
    """Ends an answer that goes on after the end."""


class Gone(Exception):
    """What a closed connection raises; tasks know it as ConnectionClosed."""


@task(
    "13.6",
    "a heartbeat of your own (optional)",
    hints=(
        "A loop: sleep, ping, wait for the pong with a limit. What ends it?",
        "except TimeoutError around the wait only: then close with 1011, and return. An error of ping() comes out.",
        "while True: await asyncio.sleep(interval); waiter = await ws.ping(); try: await asyncio.wait_for(waiter, "
        "seconds); except TimeoutError: await ws.close(1011, 'no pong'); return",
    ),
)
def a_heartbeat(answer):
    call = f"await heartbeat(ws, {INTERVAL}, {TIMEOUT})"
    for pongs in (0, 3):
        peer = Beaten(pongs, None)
        _beat(answer, peer, call)
        if not peer.pings:
            raise Wrong("a heartbeat without a beat.", "await ws.ping() sends the ping.", call=call)
        if peer.pings <= pongs:
            raise Wrong("an end although the pong came.", "As long as pongs come, it goes on.", call=call)
        if not peer.closed:
            raise Wrong("an end without a word.", "No pong: await ws.close(1011, ...).", call=call)
        if peer.pings > pongs + 1:
            raise Wrong("a heartbeat that goes on after the end.", "After the close, return.", call=call)
        if peer.closed != [1011]:
            raise Wrong(
                "another close code.", "1011, as the library does.", call=call, expected=[1011], got=peer.closed
            )
    peer = Beaten(2, Gone("closed"))
    if _beat(answer, peer, call) is not Gone:
        idea = "ping() on a closed connection raises ConnectionClosed. Catch TimeoutError only."
        raise Wrong("an except that catches everything.", idea, call=call)


def _beat(answer, peer, call):
    """Return Gone if that comes out of the answer."""
    try:
        in_own_loop(_beating, answer, peer, call)
    except Gone:
        return Gone
    except _TooMany:
        raise Wrong(
            "a ping that was sent, taken for a pong that came."
            if not peer.closed
            else "a heartbeat that goes on after the end.",
            "The waiter that ping() gives is done when the pong comes. Without it: close, and return.",
            call=call,
        ) from None
    except TimeoutError:
        idea = "Your code never gave the turn back. Is there a loop without an await?"
        raise Stopped(f"stopped after {checks.SECONDS} seconds", idea, call) from None
    return None


async def _beating(answer, peer, call):
    plan = attempt(answer, peer, INTERVAL, TIMEOUT)
    if not inspect.isawaitable(plan):
        raise Wrong("a function without async.", "Begin it with `async def`.", call=call)
    try:
        async with asyncio.timeout(checks.SECONDS) as limit:
            await plan
    except Gone:
        raise
    except Exception as error:
        if limit.expired():
            idea = "No pong came, and your code waits on. wait_for(waiter, seconds) gives up."
            raise Stopped(f"stopped after {checks.SECONDS} seconds", idea, call) from None
        if isinstance(error, TimeoutError):
            idea = "wait_for raises TimeoutError when the time is up. Catch it, and close."
            raise Wrong("an exception where a close belongs.", idea, call=call) from None
        raise stopped(error, answer, call) from None
