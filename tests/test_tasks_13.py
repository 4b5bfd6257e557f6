"""The checks of lesson 13: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio
import random

import pytest

from classroom import steady
from tests.answers import right, spin, wrong

SECONDS = 0.5  # for one check

# ---------------------------------------------------------------- 13.a


async def blank(ws, seconds):
    waiter = await ...  # noqa: F841
    try:
        await asyncio.wait_for(..., seconds)
    except ...:  # noqa: B030
        return False
    return True


def asking(caught=TimeoutError, good=True, bad=False, limit=lambda seconds: seconds):
    """Return a right is_alive, or one with a slip."""

    async def is_alive(ws, seconds):
        waiter = await ws.ping()
        try:
            await asyncio.wait_for(waiter, limit(seconds))
        except caught:
            return bad
        return good

    return is_alive


async def waits_for_the_sending(ws, seconds):
    try:
        await asyncio.wait_for(ws.ping(), seconds)
    except TimeoutError:
        return False
    return True


async def waits_for_a_message(ws, seconds):
    await ws.ping()
    try:
        await asyncio.wait_for(ws.recv(), seconds)
    except TimeoutError:
        return False
    return True


async def receives_the_waiter(ws, seconds):
    waiter = await ws.recv()
    try:
        await asyncio.wait_for(waiter, seconds)
    except TimeoutError:
        return False
    return True


async def without_brackets(ws, seconds):
    waiter = await ws.ping
    await asyncio.wait_for(waiter, seconds)


async def waits_for_the_seconds(ws, seconds):
    await ws.ping()
    await asyncio.wait_for(seconds, seconds)


async def only_looks(ws, seconds):
    return ws is not None


async def as_a_text(ws, seconds):
    waiter = await ws.ping()
    try:
        await asyncio.wait_for(waiter, seconds)
    except "TimeoutError":  # noqa: B030
        return False
    return True


async def a_method_of_its_own(ws, seconds):
    return await ws.pong_received(seconds)


async def holds_the_loop(ws, seconds):
    while True:
        pass


def without_async(ws, seconds):
    return True


ALIVE = [
    ("blanks", blank, "[ ]", "replace each ..."),
    ("no answer", ..., "[ ]", "Replace the dots"),
    ("the sending", waits_for_the_sending, "[x]", "a ping that was sent, taken for a pong that came"),
    ("a message", waits_for_a_message, "[x]", "a wait for a message"),
    ("a message for a waiter", receives_the_waiter, "[x]", "a wait for a message"),
    ("catches all", asking(caught=Exception), "[x]", "an except that catches everything"),
    ("catches something else", asking(caught=ConnectionError), "[x]", "an exception that comes out"),
    ("the wrong way round", asking(good=False, bad=True), "[x]", "True and False the wrong way round"),
    ("always True", asking(bad=True), "[x]", "taken for a pong"),
    ("no return", asking(good=None), "[x]", "a function without a return"),
    ("no False", asking(bad=None), "[x]", "a function without a return"),
    ("something else", asking(good="yes"), "[x]", "another answer"),
    ("a coroutine", asking(good=asyncio.sleep(0)), "[x]", "a coroutine where True or False belongs"),
    ("nothing sent", only_looks, "[x]", "an answer without a question"),
    ("no limit", asking(limit=lambda seconds: None), "[!]", "No pong came, and your code waits on"),
    ("no brackets", without_brackets, "[!]", "Await a call, with its brackets"),
    ("seconds awaited", waits_for_the_seconds, "[!]", "Python tells you|wait_for waits for|Await a call"),
    ("the error as text", as_a_text, "[!]", "Behind except stands a class of errors"),
    ("a method that is not there", a_method_of_its_own, "[!]", "A connection has `ping()`"),
    ("an endless loop", holds_the_loop, "[!]", "Your code never gave the turn back"),
    ("no async", without_async, "[x]", "a function without async"),
    ("no function", 3, "[x]", "not a function"),
]


async def with_a_timeout(ws, seconds):
    try:
        async with asyncio.timeout(seconds):
            await (await ws.ping())
            return True
    except OSError:  # TimeoutError is one
        return False


async def with_wait(ws, seconds):
    waiter = await ws.ping(b"there?")
    done, _ = await asyncio.wait([waiter], timeout=seconds)
    if not done:
        return False
    waiter.result()
    return True


# ---------------------------------------------------------------- 13.b


def stub(failures, first, longest):
    """Return how long to wait after that many failures in a row: a random number of seconds."""
    ...  # your code here


def most(failures, first, longest):
    return min(longest, first * 2 ** min(failures, 40))


async def as_a_coroutine(failures, first, longest):
    return random.uniform(0, most(failures, first, longest))


def no_return(failures, first, longest):
    random.uniform(0, most(failures, first, longest))


JITTER = [
    ("the stub", stub, "[ ]", "write its body"),
    ("no chance", most, "[x]", "a wait without chance"),
    ("no limit", lambda n, a, b: random.uniform(0, a * 2 ** min(n, 40)), "[x]", "a wait above the limit"),
    ("half of it", lambda n, a, b: random.uniform(most(n, a, b) / 2, most(n, a, b)), "[x]", "chance only at the end"),
    ("a tenth more", lambda n, a, b: most(n, a, b) * random.uniform(1, 1.1), "[x]", "a wait above|doubled too often"),
    ("a little around", lambda n, a, b: most(n, a, b) * random.uniform(0.9, 1), "[x]", "chance only at the end"),
    ("from a third", lambda n, a, b: most(n, a, b) * random.uniform(0.3, 1), "[x]", "waits that do not begin at 0"),
    ("from first", lambda n, a, b: random.uniform(a, most(n, a, b)), "[x]", "without chance"),
    ("whole seconds", lambda n, a, b: random.randint(0, round(most(n, a, b))), "[x]", "whole seconds only"),
    ("once too often", lambda n, a, b: random.uniform(0, min(b, a * 2 ** min(n + 1, 40))), "[x]", "doubled too often"),
    ("linear", lambda n, a, b: random.uniform(0, min(b, a * (n + 1))), "[x]", "waits that are too short"),
    ("both sides", lambda n, a, b: random.uniform(-most(n, a, b), most(n, a, b)), "[x]", "less than nothing"),
    ("too large", lambda n, a, b: random.uniform(0, min(b, a * 2**n)), "[!]", "2**5000 is too large"),
    ("too large, too", lambda n, a, b: random.uniform(0, min(b, a * 2.0**n)), "[!]", "too large for a float"),
    ("one end", lambda n, a, b: random.uniform(most(n, a, b)), "[!]", "random.uniform takes both ends"),
    ("a text", lambda n, a, b: "1", "[x]", "a str instead of an int or a float"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("async", as_a_coroutine, "[x]", "a function with async"),
    ("endless", spin, "[!]", "stopped after"),
]


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("task, answer, sign, phrase", [*wrong("13.a", ALIVE), *wrong("13.b", JITTER)])
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert any(part in words for part in phrase.split("|")), words


def by_hand(failures, first, longest):
    delay = first
    for _ in range(failures):
        delay = min(2 * delay, longest)
    return random.random() * min(delay, longest)


def with_if(failures, first, longest):
    if failures > 30:
        return random.uniform(0, longest)
    return random.uniform(0, min(longest, first * 2**failures))


RIGHT = [
    *right("13.a", plain=asking(), ours=steady.is_alive, timeout=with_a_timeout, wait=with_wait),
    *right("13.a", both=asking(caught=(TimeoutError, ConnectionError))),
    *right("13.b", ours=steady.full_jitter, most=lambda n, a, b: random.uniform(0, most(n, a, b))),
    *right("13.b", by_hand=by_hand, with_if=with_if),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words
