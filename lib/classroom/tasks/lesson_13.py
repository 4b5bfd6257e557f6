"""The tasks of lesson 13, Staying up; those of its exercise are in lesson_13_exercise."""

import asyncio
import inspect

from .. import checks
from ..checks import Stopped, Wrong, attempt, call_text, task
from ..judging import attempt_with, in_own_loop, must_be, readable, stopped
from . import lesson_13_exercise  # noqa: F401 - it registers its tasks

PATIENCE = 0.02  # seconds that is_alive may wait for a pong that does not come


# ---------------------------------------------------------------- 13.a


class Peer:
    """The connection that is_alive gets: it has no network.

    answers: function of the waiter of each ping, such as one that sets its result.
    pings, received: int, how often ping() and recv() were called.
    """

    def __init__(self, answers):
        self.answers = answers
        self.pings = self.received = 0

    async def ping(self, data=None):
        self.pings += 1
        waiter = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(self.answers, waiter)
        return waiter

    async def recv(self):
        self.received += 1
        return "hello"

    def __repr__(self):
        return "ws"


class _Bug(Exception):
    """What a bug in the library might raise."""


def _pong(waiter):
    if not waiter.done():  # a caller may have given up
        waiter.set_result(0.001)


def _silence(waiter):
    pass


def _bug(waiter):
    if not waiter.done():
        waiter.set_exception(_Bug("a bug"))
        waiter.exception()  # seen, so that asyncio does not complain if nobody awaits it


CALL = f"await is_alive(ws, {PATIENCE})"


@task(
    "13.a",
    "ask whether it is alive",
    hints=(
        "What sends a ping, how long may its pong take, and what does wait_for raise when the time is up?",
        "Section 3 has the first, a call of ws. The second is the parameter for it. The third is a TimeoutError.",
        "The blanks, in order: ws.ping(), seconds, TimeoutError.",
    ),
)
def ask_whether_it_is_alive(answer):
    for answers, right in ((_pong, True), (_silence, False), (_bug, _Bug)):
        peer = Peer(answers)
        got = _outcome(answer, peer, right)
        if got is right:
            continue
        looks, idea = _alive_misconception(got, right, peer)
        raise Wrong(looks, idea, call=CALL, expected=_shown(right), got=_shown(got))


def _outcome(answer, peer, right):
    """Return what the answer gives for this peer, _Bug if it let that out. Raises NotStarted, Wrong, Stopped."""
    try:
        return in_own_loop(_ask, answer, peer)
    except _Bug:
        return _Bug
    except TimeoutError:
        idea = "Your code never gave the turn back. Is there a loop that never ends, or a call that blocks?"
        raise Stopped(f"stopped after {checks.SECONDS} seconds", idea, CALL) from None


async def _ask(answer, peer):
    plan = attempt(answer, peer, PATIENCE)
    if not inspect.isawaitable(plan):
        raise Wrong("a function without async.", "Begin it with `async def`: only there may `await` stand.", call=CALL)
    try:
        async with asyncio.timeout(checks.SECONDS) as limit:
            return await plan
    except _Bug:
        raise
    except Exception as error:
        if limit.expired():
            idea = "No pong came, and your code waits on. wait_for(waiter, seconds) gives up after `seconds`."
            raise Stopped(f"stopped after {checks.SECONDS} seconds", idea, CALL) from None
        if peer.received:
            raise Wrong(*_FOR_A_MESSAGE, call=CALL) from None
        if isinstance(error, TimeoutError):
            idea = "wait_for raises TimeoutError when the time is up. Which class stands behind `except`?"
            raise Wrong("an exception that comes out where False belongs.", idea, call=CALL) from None
        raise _with_idea(error, answer) from None


_FOR_A_MESSAGE = (
    "a wait for a message.",
    "A pong is a frame, and recv() gives messages: it never shows up there. ping() gives a waiter for it.",
)

_CRASHES = (
    (
        "can't be used in 'await'",
        "Await a call, with its brackets: ws.ping() sends the ping, ws.ping is only its name.",
    ),
    ("awaitable is required", "wait_for waits for something that can be awaited: the waiter that ping() gave."),
    ("catching classes", "Behind except stands a class of errors: TimeoutError."),
    ("no attribute", "A connection has `ping()`, and that gives a waiter, which can be awaited."),
    ("NameError", "Python does not know this name. Is it a parameter, or made in a cell above that you have not run?"),
)


def _with_idea(error, answer):
    found = stopped(error, answer, CALL)
    for words, idea in _CRASHES:
        if words in found.details["error"]:
            found.details["idea"] = idea
            break
    return found


def _alive_misconception(got, right, peer):
    """Return (looks, idea) for a wrong result of is_alive()."""
    if peer.received:
        return _FOR_A_MESSAGE
    if inspect.iscoroutine(got):
        got.close()
        return "a coroutine where True or False belongs.", "Put `await` before the call that makes it."
    if not peer.pings:
        return "an answer without a question.", "Nothing was sent. `await ws.ping()` sends the ping."
    if got is None:
        return "a function without a return.", "Return True when the pong has come, and False when the time is up."
    if right is _Bug:
        return "an except that catches everything.", "It would hide a bug. Catch TimeoutError, and nothing else."
    if right is False and got is True:
        idea = "ping() is done as soon as the ping is sent. It gives a waiter: that one is done when the pong comes."
        return "a ping that was sent, taken for a pong that came.", idea
    if right is True and got is False:
        return "True and False the wrong way round.", "When the pong has come, the answer is True."
    return "another answer.", "Return True or False."


def _shown(value):
    if value is _Bug:
        return "the exception comes out"
    return readable(value) if not isinstance(value, bool) else value


# ---------------------------------------------------------------- 13.b

DRAWS = 200  # of which one in 10**19 times none is in the first, or in the last, fifth

# failures, first, longest
CASES = ((0, 1, 30), (1, 1, 30), (3, 0.5, 30), (4, 2, 100), (5, 1, 30), (0, 60, 30), (9, 1.5, 30), (5000, 0.5, 30))

_JITTER_CRASHES = (
    ("too large", "2**5000 is too large for a float. Limit the failures before: min(failures, 30) is enough."),
    ("Result too large|Numerical result", "That number is too large for a float: min(failures, 30) is enough."),
    ("'random'", "import random stands in the first cell of the lesson: run that."),
    ("uniform\\(\\) missing", "random.uniform takes both ends: uniform(0, the longest wait)."),
)


@task(
    "13.b",
    "full jitter",
    hints=(
        "Two steps: how long may this wait be at most? Then draw from 0 to that.",
        "At most: first * 2**failures, but never above longest: min(a, b) is the smaller. Then uniform(0, most). "
        "And for 5,000 failures, let min(failures, 30) take the place of failures.",
        "return random.uniform(0, min(longest, first * 2 ** min(failures, 30)))",
    ),
)
def full_jitter(answer):
    for arguments in CASES:
        failures, first, longest = arguments
        call = call_text(answer, *arguments)
        most = min(longest, first * 2 ** min(failures, 60))
        draws = []
        for _ in range(DRAWS):
            got = attempt_with(_JITTER_CRASHES, answer, *arguments)
            if inspect.iscoroutine(got):
                got.close()
                raise Wrong("a function with async.", "It only computes: write `def`, without async.", call=call)
            must_be(int | float, got, call, "Return the seconds.")
            draws.append(got)
        if wrong := _jitter_misconception(draws, most, failures, first, longest):
            found = f"from {min(draws):.3g} to {max(draws):.3g}"
            raise Wrong(*wrong, call=f"{call}, {DRAWS} times", expected=f"from 0 to {most:g}", got=found)


def _jitter_misconception(draws, most, failures, first, longest):
    """Return (looks, idea) for wrong waits, or None. draws: list of float."""
    low, high = min(draws), max(draws)
    if low < 0:
        return "a wait of less than nothing.", "Draw from 0 upwards."
    if low == high:
        return "a wait without chance.", "All would come back in the same second: random.uniform(0, the longest wait)."
    if high > longest:
        return "a wait above the limit.", "Nobody waits for more than `longest`: min(a, b) is the smaller."
    if high > most * 1.001:
        return "waits that are doubled too often.", "After no failure it is `first` at most, after one, twice that."
    if len(set(draws)) < DRAWS / 4:
        return (
            "whole seconds only.",
            "A thousand clients in few moments are still a crowd. uniform() gives any time between.",
        )
    if low > most * 0.4:
        return "chance only at the end.", "Draw from 0: full jitter spreads over the whole time."
    if low > most * 0.2:
        return "waits that do not begin at 0.", "random.uniform(0, the longest wait)."
    if high < most * 0.8:
        return (
            "waits that are too short.",
            "At most `first` after no failure, then doubled for each: first * 2**failures.",
        )
    return None
