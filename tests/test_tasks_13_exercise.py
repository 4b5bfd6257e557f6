"""The checks of lesson 13's exercise: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[ ]", "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio
import contextlib
import json

import pytest

from classroom.tasks.lesson_13_exercise import ENDS
from tests.answers import right, spin, wrong

SECONDS = 0.5  # for one check

# ---------------------------------------------------------------- 13.1

DOTS = dict.fromkeys(ENDS, ...)


def codes(end, code):
    return ENDS | {end: code}


CODES = [
    ("the stub", DOTS, "[ ]", "Replace the dots"),
    ("one left", codes("the server is killed", ...), "[ ]", "Replace the dots"),
    ("a bug as a cut", codes("the handler raises KeyError", 1006), "[x]", "an exception that cuts the connection"),
    ("a bug as an end", codes("the handler raises KeyError", 1000), "[x]", "a bug that looks like a normal end"),
    ("too long as bad", codes("the message is too long", 1007), "[x]", "bad data"),
    ("too long as a rule", codes("the message is too long", 1002), "[x]", "a broken rule"),
    ("stopped as done", codes("the server is stopped politely", 1000), "[x]", "a conversation that is over"),
    ("killed as going", codes("the server is killed", 1001), "[x]", "a goodbye"),
    ("killed without a code", codes("the server is killed", 1005), "[x]", "a Close frame without a code"),
    ("another", codes("the handler returns", 1005), "[x]", "another code"),
    ("a text", codes("the handler returns", "1000"), "[x]", "a str where a whole number belongs"),
    ("a list", [1000, 1011, 1009, 1001, 1006], "[x]", "list instead of the dict"),
]

# ---------------------------------------------------------------- 13.2


def stub(cable, interval, timeout, closing):
    """Return the second at which the handler learns that the client is gone."""
    ...  # your code here


def lost(cable, interval):
    return (cable // interval + 1) * interval


def no_return(cable, interval, timeout, closing):
    lost(cable, interval)


NOTICED = [
    ("the stub", stub, "[ ]", "write its body"),
    ("no closing", lambda c, i, t, z: lost(c, i) + t, "[x]", "a Close frame that is answered at once"),
    ("at the ping", lambda c, i, t, z: lost(c, i), "[x]", "a ping that fails when it is sent"),
    ("no time-out", lambda c, i, t, z: lost(c, i) + z, "[x]", "no patience for the pong"),
    ("from the cable", lambda c, i, t, z: c + i + t + z, "[x]", "pings that begin anew"),
    ("at once", lambda c, i, t, z: c + t + z, "[x]", "a ping just when the cable goes"),
    ("the first", lambda c, i, t, z: i + t + z, "[x]", "a cable that goes before the first ping"),
    ("the one before", lambda c, i, t, z: c // i * i + t + z, "[x]", "a ping from before"),
    ("something else", lambda c, i, t, z: -1, "[x]", "another second"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 13.3


def replies(problem=lambda value: False, binary=True, errors=(ValueError, RecursionError), dumps=json.dumps):
    """Return a reply() that is right, but for what it is given."""

    def reply(message):
        try:
            if binary and not isinstance(message, str):
                raise ValueError
            value = json.loads(message)
        except errors:
            return dumps({"error": "JSON, please"})
        if problem(value):
            return dumps({"error": "an object with a list of numbers, please"})
        return dumps({"sum": sum(value["add"])})

    return reply


def no_object(value):
    return not isinstance(value, dict)


def no_list(value):
    return no_object(value) or not isinstance(value.get("add"), list)


def no_numbers(value):
    return no_list(value) or not all(isinstance(number, int | float) for number in value["add"])


def only_numbers(value):
    """An empty text has no wrong numbers in it."""
    return (
        without_key(value)
        or isinstance(value["add"], int | None)
        or any(type(n) not in (int, float) for n in value["add"])
    )


def all_wrong(value):
    return no_list(value) or any(type(number) not in (int, float) for number in value["add"])


def without_key(value):
    return no_object(value) or "add" not in value


REPLIES = [
    ("nothing looked at", lambda message: json.dumps({"sum": sum(json.loads(message)["add"])}), "[!]", "no JSON"),
    ("no look at the kind", replies(), "[!]", "JSON that is no object"),
    ("no look at the key", replies(no_object), "[!]", "an object without add"),
    ("no look at the list", replies(without_key), "[!]", "an add that is no list"),
    ("empty is fine", replies(only_numbers), "[x]", "an add that is no list"),
    ("no look at the numbers", replies(no_list), "[!]", "a text among the numbers"),
    ("true", replies(no_numbers), "[x]", "a service that takes true among the numbers"),
    ("binary", replies(all_wrong, binary=False), "[x]", "a service that takes binary"),
    ("brackets", replies(all_wrong, errors=ValueError), "[!]", "RecursionError, which is no ValueError"),
    ("a dict", replies(all_wrong, dumps=dict), "[x]", "a dict instead of a text"),
    ("a repr", replies(all_wrong, dumps=repr), "[x]", "a reply that is no JSON"),
    ("a number", lambda message: json.dumps(6), "[x]", "a reply that is no object"),
    ("refuses all", lambda message: json.dumps({"error": "no"}), "[x]", "a good message that is refused"),
    ("rounds", lambda message: json.dumps({"sum": 6}), "[x]", "another reply"),
    ("no return", lambda message: print(message), "[x]", "a function without a return"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 13.4


def coming_back(
    caught=OSError, ask=lambda last: last, hurry=False, resets_early=False, waits=lambda failures: failures
):
    """Return a come_back() that is right, but for what it is given."""

    async def come_back(feed, heard, wait):
        last = failures = 0
        while True:
            try:
                numbers = await feed.visit(ask(last))
                good = resets_early or numbers
            except caught:
                numbers, good = [], False
            for number in numbers:
                heard(number)
                last = number
            failures = 0 if good else failures + 1
            if failures or not hurry:
                await asyncio.sleep(wait(waits(failures)))

    return come_back


async def untouched(feed, heard, wait):
    failures = 0
    while True:
        try:
            for number in await feed.visit(0):
                heard(number)
            failures = 0
        except Exception:
            failures += 1
        if failures:
            await asyncio.sleep(wait(failures))


async def without_await(feed, heard, wait):
    for number in feed.visit(0):
        heard(number)


async def sleeps_without_await(feed, heard, wait):
    last = failures = 0
    while True:
        failures += 1
        with contextlib.suppress(OSError):
            for number in await feed.visit(last):
                heard(number)
                last, failures = number, 0
        asyncio.sleep(wait(failures))


async def last_of_nothing(feed, heard, wait):
    last = 0
    while True:
        numbers = await feed.visit(last)
        last = numbers[-1]


async def nothing_at_all(feed, heard, wait):
    return None


def not_async(feed, heard, wait):
    return None


COMING_BACK = [
    ("untouched", untouched, "[x]", "a refusal that nobody hears of"),
    ("catches all", coming_back(caught=Exception), "[x]", "a refusal that nobody hears of"),
    ("from the beginning", coming_back(ask=lambda last: 0), "[x]", "a number that is heard twice"),
    ("one too far", coming_back(ask=lambda last: last + 1), "[x]", "numbers that are lost"),
    ("hurries", coming_back(hurry=True), "[x]", "a visit right after another"),
    ("resets early", coming_back(resets_early=True), "[x]", "a failure that is taken for a success"),
    ("no failures", coming_back(waits=lambda failures: 0), "[x]", "a failure that is taken for a success"),
    ("one more", coming_back(waits=lambda failures: failures + 1), "[x]", "other waits"),
    ("catches too little", coming_back(caught=TimeoutError), "[!]", "Did the except catch it?"),
    ("sleeps without await", sleeps_without_await, "[x]", "await asyncio.sleep(wait(failures))"),
    ("no await", without_await, "[!]", "once it is awaited"),
    ("the last of nothing", last_of_nothing, "[x]|[!]", "a visit may bring nothing|numbers that are lost|A visit may"),
    ("nothing", nothing_at_all, "[ ]|[x]", "no visit|write its body"),
    ("no async", not_async, "[ ]|[x]", "a function without async|write its body"),
]


async def another_style(feed, heard, wait):
    known, count = [0], 0
    while True:
        before = len(known)
        try:
            known += await feed.visit(known[-1])
        except (ConnectionError, OSError):
            pass
        for number in known[before:]:
            heard(number)
        count = count + 1 if len(known) == before else 0
        await asyncio.sleep(wait(count))


# ---------------------------------------------------------------- 13.5


def missed(last, numbers):
    return [number for number in range(last + 1, max(numbers, default=0) + 1) if number not in numbers]


def sorts_in_place(last, numbers):
    numbers.sort()
    return missed(last, numbers)


def only_between(last, numbers):
    return missed(min(numbers) - 1, numbers) if numbers else []


MISSED = [
    ("the stub", lambda last, numbers: ..., "[ ]", "replace each ..."),
    ("those that came", lambda last, numbers: list(numbers), "[x]", "the numbers that came"),
    ("from one", lambda last, numbers: missed(0, numbers), "[x]", "heard before"),
    ("one more", lambda last, numbers: [*missed(last, numbers), max(numbers, default=0) + 1], "[x]", "may still come"),
    ("backwards", lambda last, numbers: missed(last, numbers)[::-1], "[x]", "another order"),
    ("not before the first", only_between, "[x]", "too few"),
    (
        "an empty list",
        lambda last, numbers: missed(last, numbers) if max(numbers) else [],
        "[!]",
        "Perhaps nothing came",
    ),
    ("a set's order", lambda last, numbers: list(set(missed(last, numbers))), "[x]", "another order"),
    ("the last one", lambda last, numbers: missed(last, numbers) if numbers[-1] else [], "[!]", "Perhaps nothing came"),
    ("changes the list", sorts_in_place, "[x]", "a list that was changed"),
    ("a set", lambda last, numbers: set(missed(last, numbers)), "[x]", "a set instead of a list"),
    ("no return", lambda last, numbers: print(last), "[x]", "a function without a return"),
    ("endless", spin, "[!]", "stopped after"),
]

# ---------------------------------------------------------------- 13.6


def beating(caught=TimeoutError, code=1011, ends=True, limit=lambda seconds: seconds, wait=True):
    """Return a heartbeat() that is right, but for what it is given."""

    async def heartbeat(ws, interval, seconds):
        while True:
            await asyncio.sleep(interval)
            try:
                waiter = await ws.ping()
                if wait:
                    await asyncio.wait_for(waiter, limit(seconds))
            except caught:
                await ws.close(code, "no pong")
                if ends:
                    return

    return heartbeat


async def once(ws, interval, seconds):
    waiter = await ws.ping()
    await asyncio.wait([waiter], timeout=seconds)
    if not waiter.done():
        await ws.close(1011)


async def no_close(ws, interval, seconds):
    while True:
        await asyncio.sleep(interval)
        try:
            await asyncio.wait_for(await ws.ping(), seconds)
        except TimeoutError:
            return


async def no_ping(ws, interval, seconds):
    await ws.close(1011)


async def no_try(ws, interval, seconds):
    while True:
        await asyncio.wait_for(await ws.ping(), seconds)


async def holds_the_loop(ws, interval, seconds):
    while True:
        pass


def plain(ws, interval, seconds):
    return 3


BEATS = [
    ("another code", beating(code=1006), "[x]", "another close code"),
    ("catches all", beating(caught=Exception), "[x]", "an except that catches everything"),
    ("goes on", beating(ends=False), "[x]", "a heartbeat that goes on after the end"),
    ("does not wait", beating(wait=False), "[x]", "taken for a pong that came"),
    ("no limit", beating(limit=lambda seconds: None), "[!]", "your code waits on"),
    ("once", once, "[x]", "an end although the pong came"),
    ("no close", no_close, "[x]", "an end without a word"),
    ("no ping", no_ping, "[x]", "a heartbeat without a beat"),
    ("no try", no_try, "[x]", "an exception where a close belongs"),
    ("an endless loop", holds_the_loop, "[!]", "a loop without an await"),
    ("no async", plain, "[x]", "a function without async"),
]


async def with_a_timeout(ws, interval, seconds):
    alive = True
    while alive:
        waiter = await ws.ping()
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            alive = False
        else:
            await asyncio.sleep(interval)
    await ws.close(1011, "gone")


async def with_wait(ws, interval, seconds):
    while True:
        await asyncio.sleep(interval)
        waiter = await ws.ping()
        await asyncio.wait([waiter], timeout=seconds)
        if not waiter.done():
            return await ws.close(code=1011)


# ----------------------------------------------------------------

TABLES = {"13.1": CODES, "13.2": NOTICED, "13.3": REPLIES, "13.4": COMING_BACK, "13.5": MISSED, "13.6": BEATS}
WRONG = [row for name, rows in TABLES.items() for row in wrong(name, rows)]


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert any(words.startswith(f"{each} Task {task}") for each in sign.split("|")), words
    assert any(part in words for part in phrase.split("|")), words


RIGHT = [
    *right("13.1", numbers=dict(ENDS)),
    *right("13.2", floor=lambda c, i, t, z: lost(c, i) + t + z, rest=lambda c, i, t, z: c - c % i + i + t + z),
    *right("13.3", plain=replies(all_wrong), more=replies(all_wrong, errors=(ValueError, RecursionError, KeyError))),
    *right("13.4", plain=coming_back(), other=another_style),
    *right("13.5", plain=missed, sets=lambda last, n: sorted(set(range(last + 1, max([0, *n]) + 1)) - set(n))),
    *right("13.6", plain=beating(), timeout=with_a_timeout, wait=with_wait),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words
