"""The tasks of lesson 00, Start here.

The answers are coroutine functions, and the notebook's event loop already runs: so each
check awaits them in a loop of its own, in another thread, with a real server to talk to.
"""

import asyncio
import inspect
import logging
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from websockets.asyncio.server import serve

from .. import checks
from ..cards import ABSENT
from ..checks import Stopped, Wrong, attempt, task
from ..judging import in_own_loop, stopped

BEAT = 0.02  # seconds between two beats of the heart that shows if an answer holds the loop
LONG = 0.4  # seconds after which an answer that was to wait for 0 has waited


# ---------------------------------------------------------------- awaiting the student's code


@dataclass
class Observed:
    """What the server and the clock saw of one call."""

    result: object = None  # what the student's function returned
    heard: list = field(default_factory=list)  # (seconds since the call, message)
    connections: int = 0
    seconds: float = 0.0  # from the call to its return
    gap: float = 0.0  # the longest time without a beat


def observe(answer, texts, *more, call):
    """Return what was Observed of `await answer(url, *texts, *more)`. Raises NotStarted, Wrong, Stopped."""
    try:
        return in_own_loop(_observe, answer, texts, more, call)
    except TimeoutError:
        idea = "Your code never gave the turn back. Is there a loop that never ends, or a call that blocks?"
        raise Stopped(f"stopped after {checks.SECONDS} seconds", idea, call) from None


async def _observe(answer, texts, more, call):
    seen = Observed()
    async with _server(seen) as url, _heart(seen):
        seen.start = time.monotonic()
        plan = attempt(answer, url, *texts, *more)
        if not inspect.isawaitable(plan):
            raise Wrong("a function without async.", "Begin it with `async def`, as above.", call=call)
        try:
            async with asyncio.timeout(checks.SECONDS) as limit:
                seen.result = await plan
        except Exception as error:
            if limit.expired():
                raise Stopped(f"stopped after {checks.SECONDS} seconds", _waited_for(seen), call) from None
            raise stopped(error, answer, call) from None
        seen.seconds = time.monotonic() - seen.start
    if inspect.iscoroutine(seen.result):
        seen.result.close()
        idea = "A coroutine is only a plan. Put `await` before the call that makes it."
        raise Wrong("a coroutine where a text belongs.", idea, call=call)
    return seen


def _waited_for(seen):
    """Return an idea why the answer waited until its time was up."""
    if not seen.heard:
        return "The server heard nothing. Was the text sent, with `await`, to the parameter `url`?"
    messages = ", ".join(repr(message) for _, message in seen.heard)
    return f"The server heard {messages}. It answers each message once: is there a recv too many?"


@asynccontextmanager
async def _server(seen):
    """Run a server that answers with its count and the message in capitals; give its URL."""

    async def handler(connection):
        seen.connections += 1
        async for message in connection:
            seen.heard.append((time.monotonic() - seen.start, message))
            await connection.send(reply(len(seen.heard), message))

    quiet = logging.getLogger("classroom.lesson_00")
    quiet.disabled = True  # an answer that stops halfway is no fault of the server: no traceback above its card
    async with serve(handler, "127.0.0.1", 0, close_timeout=1, logger=quiet) as server:
        host, port = server.sockets[0].getsockname()
        yield f"ws://{host}:{port}/"


def reply(number, message):
    """Return the server's answer to its message number `number`: no echo, so that nobody can make it up."""
    return f"{number}: {message.upper()}"


@asynccontextmanager
async def _heart(seen):
    """Measure the longest time in which the loop could not turn."""

    async def beat():
        before = time.monotonic()
        while True:
            await asyncio.sleep(BEAT)
            now = time.monotonic()
            seen.gap, before = max(seen.gap, now - before), now

    heart = asyncio.create_task(beat())
    await asyncio.sleep(0)
    try:
        yield
        await asyncio.sleep(2 * BEAT)  # so that a gap that has just ended is seen
    finally:
        heart.cancel()


def shown(value):
    """Return the value if its repr tells a student anything, or else ABSENT."""
    return value if isinstance(value, str | bytes | int | float | list | tuple | dict) else ABSENT


# ---------------------------------------------------------------- the two tasks


@task(
    "00.a",
    "ask twice",
    hints=(
        "Which blank wants an address, which a text, which a call? The function above has all three.",
        "connect needs the address, the second send the second text, and the last await a second answer.",
        "The blanks, in order: url, second, connection.recv().",
    ),
)
def ask_twice(answer):
    call = "await ask_twice(url, 'tea', 'milk')"
    seen = observe(answer, ("tea", "milk"), call=call)
    wanted = [reply(1, "tea"), reply(2, "milk")]
    got = list(seen.result) if isinstance(seen.result, tuple) else seen.result
    if got == wanted and seen.connections == 1:
        return
    looks, idea = asked_twice_wrongly(got, wanted, seen)
    raise Wrong(looks, idea, call=call, expected=wanted, got=shown(seen.result))


def asked_twice_wrongly(got, wanted, seen):
    """Return (looks, idea) for a wrong answer to 00.a."""
    messages = [message for _, message in seen.heard]
    if got is None:
        return "a function without a return.", "Return the list of both answers."
    if messages == ["tea", "tea"]:
        return "the first text sent twice.", "What should the second send say?"
    if got == wanted and seen.connections != 1:
        return "a connection for each text.", "Send both over the same one, inside one `async with`."
    if isinstance(got, list) and None in got:
        return "None where an answer belongs.", "send gives nothing back. The answer comes from connection.recv()."
    if isinstance(got, list) and any(inspect.iscoroutine(item) for item in got):
        for item in filter(inspect.iscoroutine, got):
            item.close()
        return "a coroutine where an answer belongs.", "It is only a plan. Put `await` before it."
    if got == ["tea", "milk"]:
        return "your own texts, returned.", "The server says something else. Return what connection.recv() gives."
    if messages != ["tea", "milk"]:
        said = f"The server heard {', '.join(map(repr, messages)) or 'nothing'}."
        return "other texts than the two it was given.", f"{said} Send `first`, then `second`."
    if got == wanted[0] or got == wanted[:1]:
        return "only the first answer.", "Receive twice: one recv gives one message."
    if got == wanted[1] or got == wanted[1:]:
        return "only the second answer.", "Keep what the first recv gave."
    if got == wanted[::-1]:
        return "the answers in the other order.", "The first recv gives the answer to the first text."
    return "something other than the two answers.", "Return a list of two: what the first recv gave, and the second."


@task(
    "00.b",
    "ask later",
    hints=(
        "Two steps: wait, then ask. Which kind of waiting lets the others have their turns?",
        "await asyncio.sleep(seconds) first. Then connect, send and receive as in the functions above.",
        "await asyncio.sleep(seconds), then async with connect(url) as connection: and in it "
        "await connection.send(text) and return await connection.recv().",
    ),
)
def ask_later(answer):
    for seconds in (0.5, 0):
        problem = asked_later_wrongly(answer, seconds)
        if problem and problem[0] in DOUBTFUL:
            problem = asked_later_wrongly(answer, seconds)  # once more: the machine may have been busy
        if problem:
            looks, idea, seen = problem
            expected = reply(1, "tea") if seen.result != reply(1, "tea") else ABSENT
            got = shown(seen.result) if expected is not ABSENT else ABSENT
            raise Wrong(looks, idea, call=f"await ask_later(url, 'tea', {seconds})", expected=expected, got=got)


HOLDS = "a wait that blocks."
FIXED = "a wait that does not look at `seconds`."
DOUBTFUL = (HOLDS, FIXED)


def asked_later_wrongly(answer, seconds):
    """Return (looks, idea, Observed) for a wrong answer to 00.b, or None."""
    seen = observe(answer, ("tea",), seconds, call=f"await ask_later(url, 'tea', {seconds})")
    first = seen.heard[0][0] if seen.heard else None
    if seconds and seen.gap >= 0.8 * seconds:
        return HOLDS, "Meanwhile nothing else had a turn. Await a sleep that belongs to asyncio.", seen
    if first is None:
        return "a server that was never asked.", "After the wait, connect to url and send the text.", seen
    if [message for _, message in seen.heard] != ["tea"]:
        said = ", ".join(repr(message) for _, message in seen.heard)
        return "another text than the one it was given.", f"The server heard {said}. Send `text` as it is, once.", seen
    if seen.result is None:
        return "a function without a return.", "Return what connection.recv() gives.", seen
    if seen.result != reply(1, "tea"):
        return "something other than the server's answer.", "Return what connection.recv() gives.", seen
    if first < 0.9 * seconds <= seen.seconds:
        return "a wait after the question.", "The text went out at once. Wait first, then send.", seen
    if first < 0.9 * seconds:
        return (
            "no wait, or one too short.",
            "Await a sleep of `seconds` first. Without await, it is only a plan.",
            seen,
        )
    if not seconds and first > LONG:
        return FIXED, "With seconds = 0 it still waited. Wait as long as the parameter says.", seen
    return None
