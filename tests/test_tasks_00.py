"""The checks of lesson 00: typical wrong answers are named for what they are, right ones pass in any style."""

import asyncio
import threading
import time

import pytest
from websockets.asyncio.client import connect

from classroom import checks
from classroom.start import slow
from classroom.tasks import lesson_00
from tests.answers import right, wrong

ELSEWHERE = "ws://127.0.0.1:1/"  # where no server is


SECONDS = 1  # for one check: some have a server


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    left = [thread for thread in threading.enumerate() if thread.name == "classroom check"]
    assert not left, "a check left its thread behind"


# ---------------------------------------------------------------- 00.a


async def good_twice(url, first, second):
    async with connect(url) as connection:
        await connection.send(first)
        await connection.send(second)
        return [await connection.recv(), await connection.recv()]


def twice(to=None, texts=lambda first, second: (first, second), end=None):
    """Return a right ask_twice, or one with a slip; end: coroutine function of the connection."""

    async def ask_twice(url, first, second):
        async with connect(to or url) as connection:
            for text in texts(first, second):
                await connection.send(text)
            if end:
                return await end(connection)
            return [await connection.recv(), await connection.recv()]

    return ask_twice


async def by_turns(url, first, second):
    answers = []
    async with asyncio.timeout(5), connect(url) as connection:
        for text in (first, second):
            await connection.send(text)
            answers.append(await connection.recv())
    return answers


async def recv_without_brackets(url, first, second):
    async with connect(url) as connection:
        await connection.send(first)
        await connection.send(second)
        return [await connection.recv(), await connection.recv]


async def send_for_recv(connection):
    return [await connection.recv(), await connection.send("milk")]


async def plans(connection):
    return [connection.recv(), connection.recv()]


async def first_only(connection):
    return [await connection.recv()]


async def second_only(connection):
    await connection.recv()
    return await connection.recv()


async def turned(connection):
    return [await connection.recv(), await connection.recv()][::-1]


async def no_return(connection):
    await connection.recv()
    await connection.recv()


async def third(connection):
    return [await connection.recv(), await connection.recv(), await connection.recv()]


async def as_pair(connection):
    return await connection.recv(), await connection.recv()


async def two_connections(url, first, second):
    answers = []
    for text in (first, second):
        async with connect(url) as connection:
            await connection.send(text)
            answers.append(await connection.recv())
    return answers


async def made_up(url, first, second):
    async with connect(url) as connection:
        await connection.send(first)
        await connection.send(second)
        return [first, second]


async def never_asked(url, first, second):
    return ["tea", "milk, no sugar"]


async def after_the_end(url, first, second):
    async with connect(url) as connection:
        await connection.send(first)
    await connection.send(second)
    return [await connection.recv(), await connection.recv()]


async def unawaited_sends(url, first, second):
    async with connect(url) as connection:
        connection.send(first)
        connection.send(second)
        return [await connection.recv(), await connection.recv()]


async def runs_a_loop(url, first, second):
    async with connect(url) as connection:
        plan = connection.send(first)
        try:
            asyncio.run(plan)
        finally:
            plan.close()


async def blank(url, first, second):
    async with connect(...) as connection:
        return [await connection.recv(), await ...]


async def plain_with(url, first, second):
    with connect(url) as connection:
        await connection.send(first)


async def never_opened(url, first, second):
    await connect(url).send(first)


def plain(url, first, second):
    return [first, second]


async def spins(url, first, second):
    while True:
        pass


async def calls_itself_wrongly():
    return []


TWICE = [
    ("not a function", ["tea", "milk"], "[x]", "not a function"),
    ("blank", blank, "[ ]", "still has a blank"),
    ("first sent twice", twice(texts=lambda first, second: (first, first)), "[x]", "the first text sent twice"),
    ("only one sent", twice(texts=lambda first, second: (first,), end=first_only), "[x]", "other texts than the two"),
    ("fixed texts", twice(texts=lambda first, second: ("a", "b")), "[x]", "The server heard 'a', 'b'"),
    ("the second first", twice(texts=lambda first, second: (second, first)), "[x]", "Send `first`, then `second`"),
    ("recv without ()", recv_without_brackets, "[!]", "A method is called with ()"),
    ("send where recv belongs", twice(end=send_for_recv), "[x]", "send gives nothing back"),
    ("no await", twice(end=plans), "[x]", "Put `await` before it"),
    ("first answer only", twice(end=first_only), "[x]", "only the first answer"),
    ("second answer only", twice(end=second_only), "[x]", "only the second answer"),
    ("other order", twice(end=turned), "[x]", "the answers in the other order"),
    ("no return", twice(end=no_return), "[x]", "without a return"),
    ("three answers", twice(end=third), "[!]", "is there a recv too many?"),
    ("two connections", two_connections, "[x]", "a connection for each text"),
    ("own texts", made_up, "[x]", "your own texts, returned"),
    ("never asked", never_asked, "[x]", "The server heard nothing"),
    ("another server", twice(to=ELSEWHERE), "[!]", "Connect to `url`, the parameter"),
    ("no address", twice(to="tea"), "[!]", "An address begins with ws://"),
    ("after the end", after_the_end, "[!]", "inside the `async with`"),
    ("sends not awaited", unawaited_sends, "[!]", "The server heard nothing"),
    ("asyncio.run", runs_a_loop, "[!]", "without asyncio.run"),
    ("plain def", plain, "[x]", "a function without async"),
    ("endless loop", spins, "[!]", "never gave the turn back"),
    ("with for async with", plain_with, "[!]", "opened with `async with`"),
    ("connect without with", never_opened, "[!]", "is not yet open"),
    ("no parameters", calls_itself_wrongly, "[!]", "Did its parameters change?"),
]


# ---------------------------------------------------------------- 00.b


async def ask(url, text):
    async with connect(url) as connection:
        await connection.send(text)
        return await connection.recv()


def later(before=None, asks=ask, after=None):
    """Return a right ask_later, or one with a slip: coroutine functions of the seconds, before and after asking."""

    async def ask_later(url, text, seconds):
        await (before or asyncio.sleep)(seconds)
        answer = await asks(url, text)
        if after:
            await after(seconds)
        return answer

    return ask_later


async def nothing(seconds):
    pass


async def blocks(seconds):
    slow(seconds)


async def computes(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def in_a_thread(seconds):
    await asyncio.to_thread(slow, seconds)


async def in_steps(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:  # noqa: ASYNC110 - a student's way to wait
        await asyncio.sleep(0.01)


def fixed(pause):
    async def wait(seconds):
        await asyncio.sleep(pause)

    return wait


async def plan_only(seconds):
    asyncio.sleep(seconds).close()  # closed, or Python warns


async def connects_first(url, text, seconds):
    async with connect(url) as connection:
        await asyncio.sleep(seconds)
        await connection.send(text)
        return await connection.recv()


async def says_tea(url, text):
    return await ask(url, text + " with milk")


async def never_asks(url, text):
    return text


async def forgets(url, text):
    await ask(url, text)


async def returns_the_plan(url, text, seconds):
    await asyncio.sleep(seconds)
    return ask(url, text)


async def empty(url, text, seconds):
    """Wait, then send text, and return the answer."""
    ...


async def empty_without_words(url, text, seconds): ...


async def typo(url, text, seconds):
    await asyncio.sleep(second)  # noqa: F821


async def awaits_slow(url, text, seconds):
    await slow(seconds)


async def gives_up(url, text, seconds):
    async with asyncio.timeout(seconds):
        await asyncio.sleep(2 * seconds + 0.1)


async def calls_slow_too_early(url, text, seconds):
    await asyncio.to_thread(slow(seconds))


async def time_not_imported(url, text, seconds):
    exec("time.sleep(0)", {})


async def says_it_loud(url, text):
    return await ask(url, text.upper())


LATER = [
    ("a time-out for a wait", gives_up, "[!]", "A time-out in your own code"),
    ("slow called, not given", calls_slow_too_early, "[!]", "takes the function"),
    ("time is not imported", time_not_imported, "[!]", "time.sleep would block"),
    ("capitals", later(asks=says_it_loud), "[x]", "The server heard 'TEA'"),
    ("untouched", empty, "[ ]", "still empty"),
    ("untouched, without words", empty_without_words, "[ ]", "still empty"),
    ("blocks", later(blocks), "[x]", "a wait that blocks"),
    ("computes", later(computes), "[x]", "a wait that blocks"),
    ("no wait", later(nothing), "[x]", "no wait"),
    ("a plan", later(plan_only), "[x]", "only a plan"),
    ("wait after", later(nothing, after=asyncio.sleep), "[x]", "a wait after the question"),
    ("always 0.7 seconds", later(fixed(0.7)), "[x]", "does not look at `seconds`"),
    ("never longer than 0.1", later(fixed(0.1)), "[x]", "one too short"),
    ("other text", later(asks=says_tea), "[x]", "another text"),
    ("never asks", later(asks=never_asks), "[x]", "never asked"),
    ("no return", later(asks=forgets), "[x]", "without a return"),
    ("returns a plan", returns_the_plan, "[x]", "a coroutine where a text belongs"),
    ("a name not known", typo, "[!]", "Python does not know this name"),
    ("awaits slow", awaits_slow, "[!]", "Is it a plain function?"),
]


@pytest.mark.parametrize("task, answer, sign, phrase", wrong("00.a", TWICE) + wrong("00.b", LATER))
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    text = card(task, answer)
    assert text.startswith(sign) and phrase in text, text
    assert "fault of its own" not in text
    assert not checks.passed(task)


@pytest.mark.parametrize(
    "task, answer",
    right("00.a", ours=good_twice, by_turns=by_turns, pair=twice(end=as_pair))
    + right("00.b", ours=later(), thread=later(in_a_thread), steps=later(in_steps), connects_first=connects_first),
)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    text = card(task, answer)
    assert text.startswith("[ok]"), text
    assert checks.passed(task)


def test_no_traceback_of_our_server_stands_above_the_card(card, caplog):
    card("00.a", recv_without_brackets)
    assert not caplog.records


def test_a_check_works_inside_a_running_loop(card):
    async def cell():
        return card("00.a", good_twice)

    assert asyncio.run(cell()).startswith("[ok]")


def test_the_card_names_the_students_line(card):
    assert "at your line" in card("00.b", typo)


@pytest.mark.parametrize("task", ["00.a", "00.b"])
def test_three_hints(task):
    assert lesson_00 and len(checks._tasks[task].hints) == 3
