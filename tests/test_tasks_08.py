"""The checks of lesson 08: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio
from asyncio import sleep

import pytest

from pocketws.exceptions import InvalidHandshake
from tests.answers import right, spin, wrong

# ---------------------------------------------------------------- 08.a


def connecting(errors=(OSError, EOFError), seconds=lambda delay: delay, uri=lambda uri: uri, last=False):
    """Return a right reconnect, or one with a slip."""

    async def reconnect(client, address, delays):
        for delay in delays:
            try:
                return await client.handshake(uri(address))
            except errors:
                await asyncio.sleep(seconds(delay))
        return last

    return reconnect


async def blank(client, uri, delays):
    for _ in delays:
        try:
            return await client.handshake(...)
        except (..., EOFError):  # noqa: B030
            await asyncio.sleep(...)
    return False


async def without_uri(client, uri, delays):
    return await client.handshake()


async def the_error_as_text(client, uri, delays):
    for delay in delays:
        try:
            return await client.handshake(uri)
        except ("OSError", EOFError):  # noqa: B030
            await asyncio.sleep(delay)


async def sleeps_first(client, uri, delays):
    for delay in delays:
        await asyncio.sleep(delay)
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            pass
    return False


async def goes_on(client, uri, delays):
    for delay in delays:
        try:
            await client.handshake(uri)
        except (OSError, EOFError):
            await asyncio.sleep(delay)
    return False


async def does_not_return(client, uri, delays):
    for delay in delays:
        try:
            await client.handshake(uri)
            return
        except (OSError, EOFError):
            await asyncio.sleep(delay)


async def for_ever(client, uri, delays):
    while True:
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            await asyncio.sleep(delays[0])


async def forgets_to_sleep(client, uri, delays):
    for _ in delays:
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            pass
    return False


async def hides_refusals(client, uri, delays):
    for delay in delays:
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            await asyncio.sleep(delay)
        except InvalidHandshake:
            return False
    return False


async def no_try(client, uri, delays):
    return await client.handshake(uri)


async def only_network(client, uri, delays):
    return await connecting(errors=(OSError,))(client, uri, delays)


async def another_sleep(client, uri, delays):
    for delay in delays:
        try:
            return await client.handshake(uri)
        except (OSError, EOFError):
            await sleep(delay)


def plain(client, uri, delays):
    return False


CONNECTING = [
    ("blanks", blank, "[ ]", "replace each ..."),
    ("every error", connecting(errors=(Exception,)), "[x]", "a refusal taken for a failure of the network"),
    ("refusals hidden", hides_refusals, "[x]", "a refusal that nobody hears of"),
    ("one kind only", connecting(errors=(ConnectionError, EOFError)), "[!]", "An error of the network is an OSError"),
    ("time-outs only", connecting(errors=(TimeoutError, EOFError)), "[!]", "An error of the network is an OSError"),
    ("a ValueError", connecting(errors=(ValueError, EOFError)), "[!]", "An error of the network is an OSError"),
    ("no EOFError", only_network, "[!]", "A server that hangs up is an EOFError"),
    ("the error as text", the_error_as_text, "[!]", "After except stand classes of errors"),
    ("all delays", connecting(seconds=lambda delay: [delay]), "[!]", "Sleep for one of the delays"),
    ("always one second", connecting(seconds=lambda delay: 1), "[x]", "other waits"),
    ("no sleep", forgets_to_sleep, "[x]", "other waits"),
    ("another address", connecting(uri=lambda uri: "ws://example.com/"), "[x]", "another address"),
    ("no address", without_uri, "[!]", "client.handshake takes the address"),
    ("sleeps first", sleeps_first, "[x]", "a wait before the first attempt"),
    ("goes on after success", goes_on, "[x]", "another number of attempts"),
    ("success not told", does_not_return, "[x]", "a function without a return"),
    ("None in the end", connecting(last=None), "[x]", "a function without a return"),
    ("True in the end", connecting(last=True), "[x]", "a result that was not there"),
    ("no end", for_ever, "[x]", "other waits"),
    ("no try", no_try, "[!]", "An error of the network is an OSError"),
    ("a real sleep", another_sleep, "[!]", "no running event loop"),
    ("no async", plain, "[x]", "a function without async"),
    ("no function", 3, "[x]", "not a function"),
]


async def reconnect_with_else(client, uri, delays):
    for seconds in delays:
        try:
            done = await client.handshake(uri)
        except (EOFError, ConnectionError, TimeoutError, OSError):
            await asyncio.sleep(seconds)
        else:
            return done
    return False


async def not_after_the_last(client, uri, delays):
    for at, seconds in enumerate(delays):
        try:
            return await client.handshake(uri)
        except (EOFError, OSError):
            if at + 1 < len(delays):
                await asyncio.sleep(seconds)
    return False


# ---------------------------------------------------------------- 08.b


def stub(first, longest, count):
    """Return a list of `count` delays: each twice the one before, none above `longest`."""
    ...  # your code here


def made_of(formula, more=0):
    return lambda first, longest, count: [formula(first, longest, turn) for turn in range(count + more)]


def skips_what_is_too_long(first, longest, count):
    delays = []
    while len(delays) < count:
        delays.append(first)
        if first * 2 <= longest:
            first *= 2
    return delays


def doubles_first(first, longest, count):
    delays = []
    for _ in range(count):
        first = min(first * 2, longest)
        delays.append(first)
    return delays


def jumps_over(first, longest, count):
    delays = []
    for _ in range(count):
        delays.append(first)
        if first < longest:
            first *= 2
    return delays


def begins_with_first(first, longest, count):
    delays = [first]
    while len(delays) < count:
        delays.append(min(2 * delays[-1], longest))
    return delays


def limits_only_first(first, longest, count):
    return begins_with_first(min(first, longest), longest, count)


def no_return(first, longest, count):
    waits_in_a_loop(first, longest, count)


WAITS = [
    ("the stub", stub, "[ ]", "write its body"),
    ("no limit", made_of(lambda first, longest, turn: first * 2**turn), "[x]", "delays without a limit"),
    ("one too many", made_of(lambda first, longest, turn: min(first * 2**turn, longest), 1), "[x]", "7 delays instead"),
    ("constant", made_of(lambda first, longest, turn: first), "[x]", "delays that do not grow"),
    (
        "linear",
        made_of(lambda first, longest, turn: min(first * (turn + 1), longest)),
        "[x]",
        "grow by the same amount",
    ),
    ("doubled too early", doubles_first, "[x]", "delays that begin too late"),
    ("jumps over", jumps_over, "[x]", "a delay above the limit"),
    ("no limit for the first", begins_with_first, "[x]", "a first delay above the limit"),
    ("one where none was asked for", limits_only_first, "[x]", "1 delay instead of 0"),
    ("stays below", skips_what_is_too_long, "[x]", "a limit that is not reached"),
    ("squares", made_of(lambda first, longest, turn: min(first * 3**turn, longest)), "[x]", "other delays"),
    ("text", made_of(lambda first, longest, turn: str(first)), "[x]", "something else than numbers"),
    ("a tuple", lambda first, longest, count: (1, 2, 4, 8, 10, 10), "[x]", "a tuple instead of a list"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("endless", spin, "[!]", "stopped after"),
]


def waits_in_a_loop(first, longest, count):
    delays = []
    for _ in range(count):
        delays.append(min(first, longest))
        first = first * 2
    return delays


def waits_with_if(first, longest, count):
    delays, delay = [], first
    while len(delays) < count:
        if delay > longest:
            delay = longest
        delays += [delay]
        delay += delay
    return delays


@pytest.mark.parametrize("task, answer, sign, phrase", [*wrong("08.a", CONNECTING), *wrong("08.b", WAITS)])
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words, words


RIGHT = [
    *right("08.a", plain=connecting(), more=reconnect_with_else, last=not_after_the_last),
    *right("08.b", loop=waits_in_a_loop, ifs=waits_with_if, formula=made_of(lambda a, b, turn: min(a * 2**turn, b))),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}")
