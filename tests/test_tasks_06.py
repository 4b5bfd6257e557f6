"""The checks of lesson 06: typical wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer. A wrong one has the sign of its card, "[x]" or "[!]",
and words of the card that name the misconception.
"""

import asyncio
import concurrent.futures
import gc
import select
import selectors
import socket
import threading
import time

import pytest

from classroom import checks, start, waiting
from classroom.tasks import lesson_06
from tests.answers import right, spin, wrong

SECONDS = 1  # for which one check may run the answer: some answers wait

# ---------------------------------------------------------------- 06.a


def two(one=lambda work, first, second: asyncio.to_thread(work, first), other=None, last=None):
    """Return a right answers(), or one with a slip."""
    other = other or (lambda work, first, second: asyncio.to_thread(work, second))
    last = last or (lambda one, other: (one, other))

    async def answers(work, first, second):
        tasks = [asyncio.create_task(make(work, first, second)) for make in (one, other)]
        return [await task for task in last(*tasks)]

    return answers


async def blank(work, first, second):
    one = asyncio.create_task(asyncio.to_thread(work, first))
    other = asyncio.create_task(asyncio.to_thread(..., second))
    return [await one, await other]


async def one_by_one(work, first, second):
    return [await asyncio.to_thread(work, first), await asyncio.to_thread(work, second)]


async def no_return(work, first, second):
    await asyncio.gather(asyncio.to_thread(work, first), asyncio.to_thread(work, second))


async def not_awaited(work, first, second):
    return [asyncio.create_task(asyncio.to_thread(work, item)) for item in (first, second)]


async def in_the_loop(work, first, second):
    return [work(first), work(second)]


async def another_function(work, first, second):
    one, other = asyncio.to_thread(work, first), asyncio.to_thread(str.upper, second)
    return list(await asyncio.gather(one, other))


def spin_in_a_coroutine():
    async def answers(*args):
        spin()

    return answers


TWO = [
    ("a blank", blank, "[ ]", "replace each ..."),
    ("work called", two(lambda work, first, second: asyncio.to_thread(work(first))), "[!]", "you call it here"),
    (
        "first twice",
        two(other=lambda work, first, second: asyncio.to_thread(work, first)),
        "[x]",
        "same question twice",
    ),
    ("one awaited twice", two(last=lambda one, other: (one, one)), "[x]", "the same answer twice"),
    ("swapped", two(last=lambda one, other: (other, one)), "[x]", "the answers in another order"),
    ("second as work", two(other=lambda work, first, second: asyncio.to_thread(second, work)), "[!]", "not callable"),
    ("one after the other", one_by_one, "[x]", "one after the other"),
    ("no return", no_return, "[x]", "a function without a return"),
    ("tasks returned", not_awaited, "[x]", "plans where the answers belong"),
    ("in the loop", in_the_loop, "[x]", "work that holds the loop"),
    ("another function", another_function, "[x]", "2 questions, of which `work` was asked 1"),
    ("not async", lambda work, first, second: [], "[x]", "a function without async"),
    ("endless", spin_in_a_coroutine(), "[!]", "stopped after"),
]


async def with_gather(work, first, second):
    return await asyncio.gather(asyncio.to_thread(work, first), asyncio.to_thread(work, second))


async def with_executor(work, first, second):
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        futures = [loop.run_in_executor(pool, work, item) for item in (first, second)]
        return tuple([await future for future in futures])


# ---------------------------------------------------------------- 06.b


async def empty_body(work, question, seconds):
    """Return work(question), done in a thread, or None if it takes too long."""
    ...  # your code here


def timely(seconds=lambda seconds: seconds, late=None, returns=True, catches=TimeoutError):
    """Return a right answer_in_time, or one with a slip."""

    async def answer_in_time(work, question, given):
        try:
            async with asyncio.timeout(seconds(given)):
                found = await asyncio.to_thread(work, question)
            return found if returns else None
        except catches:
            return late

    return answer_in_time


async def no_time_out(work, question, seconds):
    return await asyncio.to_thread(work, question)


async def not_caught(work, question, seconds):
    async with asyncio.timeout(seconds):
        return await asyncio.to_thread(work, question)


async def caught_inside(work, question, seconds):
    async with asyncio.timeout(seconds):
        try:
            return await asyncio.to_thread(work, question)
        except TimeoutError:
            return None


async def waits_for_work(work, question, seconds):
    return await asyncio.wait_for(work(question), seconds)


async def holds(work, question, seconds):
    async with asyncio.timeout(seconds):  # noqa: ASYNC100
        return work(question)


async def plan_only(work, question, seconds):
    try:
        async with asyncio.timeout(seconds):  # noqa: ASYNC100
            return asyncio.to_thread(work, question)
    except TimeoutError:
        return None


async def sleeps_first(work, question, seconds):
    await asyncio.sleep(seconds)
    return None


async def joins(work, question, seconds):
    found = []
    thread = threading.Thread(target=lambda: found.append(work(question)))
    thread.start()
    thread.join(min(seconds, 3))
    return found[0] if found else None


async def work_called(work, question, seconds):
    async with asyncio.timeout(seconds):
        return await asyncio.to_thread(work(question))


async def awaits_work(work, question, seconds):
    async with asyncio.timeout(seconds):
        return await work(question)


async def with_as_plain(work, question, seconds):
    with asyncio.timeout(seconds):
        return await asyncio.to_thread(work, question)


IN_TIME = [
    ("the stub", empty_body, "[ ]", "write its body"),
    ("no time-out", no_time_out, "[x]", "no time-out"),
    ("not caught", not_caught, "[!]", "Catch it, and return None"),
    ("caught inside", caught_inside, "[!]", "the `try` goes around the whole block"),
    ("wait_for(work)", waits_for_work, "[!]", "its result is no coroutine"),
    ("fixed", timely(lambda seconds: 0.4), "[x]", "does not look at `seconds`"),
    ("half", timely(lambda seconds: 2 * seconds), "[x]", "does not look at `seconds`"),
    ("late text", timely(late="too late"), "[x]", "something other than None"),
    ("no return", timely(returns=False), "[x]", "a function without a return"),
    ("all swallowed", timely(catches=Exception), "[x]", "an error that is swallowed"),
    ("holds the loop", holds, "[x]", "work that holds the loop"),
    ("a plan", plan_only, "[x]", "a plan where the answer belongs"),
    ("only sleeps", sleeps_first, "[!]", "stopped after"),
    ("join", joins, "[x]", "a wait that blocks"),
    ("work called", work_called, "[!]", "you call it here"),
    ("work awaited", awaits_work, "[!]", "work is a plain function"),
    ("with without async", with_as_plain, "[!]", "async with"),
    ("endless", spin_in_a_coroutine(), "[!]", "stopped after"),
]


async def with_wait_for(work, question, seconds):
    try:
        return await asyncio.wait_for(asyncio.to_thread(work, question), timeout=seconds)
    except TimeoutError:
        pass


async def with_wait(work, question, seconds):
    task = asyncio.create_task(asyncio.to_thread(work, question))
    done, _ = await asyncio.wait([task], timeout=seconds)
    return task.result() if done else None


# ---------------------------------------------------------------- 06.1, 06.2


VERDICTS = [
    ("recv waits for others", "CCDBCA", "[x]", "a read that blocks, taken for one that waits"),
    ("sleep blocks", "AADBCA", "[x]", "a sleep that is awaited, taken for one that blocks"),
    ("sleep(0) is free", "ACCBCA", "[x]", "a poll without a delay, taken for free"),
    ("busy loop rests", "ACDACA", "[x]", "a loop that works hard, taken for a sleep"),
    ("busy loop is polite", "ACDDCA", "[x]", "a loop without await, taken for a polite one"),
    ("thread blocks", "ACDBAA", "[x]", "a thread taken for a call that blocks"),
    ("a task is a thread", "ACDBCC", "[x]", "a task taken for a thread"),
    ("another letter", "ACDBCB", "[x]", "another verdict on line 6"),
    ("five letters", "ACDBC", "[x]", "5 letters instead of six"),
    ("numbers", [1, 2], "[x]", "not made of the letters"),
    ("a blank", ..., "[ ]", "Replace the dots"),
]

ORDERS = [
    ("read", "FDCEHGB", "[x]", "a socket that is read"),
    ("selector too late", "FCADHGB", "[x]", "uses the selector before there is one"),
    ("asked first", "FDHCAGB", "[x]", "a question that comes too early"),
    ("closed first", "FDCAGHB", "[x]", "asked after it was closed"),
    ("return before the question", "FDCAGBH", "[x]", "a return before the question"),
    ("close after the return", "FDCAHBG", "[x]", "code after the return"),
    ("never closed", "FDCAHB", "[x]", "a selector that stays open"),
    ("never closed, as it was written", "FDCAHB", "[x]", "got 'FDCAHB'"),
    ("register outside", "FDACHGB", "[x]", "a line in the wrong place"),
    ("no for", "FDAHGB", "[x]", "Which line goes through the sockets?"),
    ("no selector", "FCAHGB", "[x]", "uses the selector before there is one"),
    ("no def first", "DFCAHGB", "[x]", "code before the function begins"),
    ("twice", "FDCAHGBH", "[x]", "a line used twice"),
    ("another letter", "FDCAHGX", "[x]", "not made of the letters"),
]


# ---------------------------------------------------------------- 06.3


def poller(**slip):
    """Return a right poll_all, or one with a slip."""

    async def poll_all(socks, delay, receive):
        left = socks if slip.get("same_list") else list(socks)
        while left:
            for sock in left if slip.get("same_list") else list(left):
                try:
                    data = sock.recv(4096)
                except BlockingIOError:
                    if slip.get("each"):
                        await asyncio.sleep(delay)
                    continue
                if data or slip.get("end"):
                    receive(*slip.get("out", lambda sock, data: (sock, data))(sock, data))
                if not data and not slip.get("reads_on"):
                    if slip.get("first_end"):
                        return
                    left.remove(sock)
            if not slip.get("each"):
                await slip.get("sleep", asyncio.sleep)(slip.get("delay", lambda delay: delay)(delay))

    return poll_all


async def no_except(socks, delay, receive):
    for sock in socks:
        while data := sock.recv(4096):
            receive(sock, data)
        await asyncio.sleep(delay)


async def blocking_sleep(socks, delay, receive):
    await poller(sleep=lambda delay: asyncio.sleep(0, time.sleep(delay)))(socks, delay, receive)


async def in_turn(socks, delay, receive):
    for sock in socks:
        await poller()([sock], delay, receive)


async def twice(socks, delay, receive):
    await poller(out=lambda sock, data: (sock, data + data))(socks, delay, receive)


async def stale(socks, delay, receive):
    left = list(socks)
    while left:
        for sock in list(left):
            try:
                data = sock.recv(4096)
            except BlockingIOError:
                pass
            receive(sock, data) if data else left.remove(sock)
        await asyncio.sleep(delay)


async def never_awaits(socks, delay, receive):
    return poller()(socks, delay, receive)


async def with_selectors(socks, delay, receive):
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ)


async def sleep_not_awaited(socks, delay, receive):
    def sleep(delay):
        asyncio.sleep(delay).close()
        return asyncio.sleep(0)

    await poller(sleep=sleep)(socks, delay, receive)


async def poll_stub(socks, delay, receive):
    """Look at all of `socks` every `delay` seconds, until each has ended."""
    pass  # your code here


POLLS = [
    ("the stub", poll_stub, "[ ]", "write its body"),
    ("no except", no_except, "[!]", "Catch it, and go on"),
    ("blocking sleep", blocking_sleep, "[x]", "a sleep that blocks"),
    ("no sleep", poller(delay=lambda delay: 0), "[x]", "a poll without a sleep"),
    ("not awaited", sleep_not_awaited, "[x]", "a poll without a sleep"),
    ("milliseconds", poller(delay=lambda delay: delay / 1000), "[x]", "milliseconds and seconds mixed up"),
    ("times 1000", poller(delay=lambda delay: delay * 1000), "[x]", "milliseconds and seconds mixed up"),
    ("fixed delay", poller(delay=lambda delay: 0.015), "[x]", "another delay"),
    ("a sleep for each", poller(each=True), "[x]", "a sleep for each socket"),
    ("one after the other", in_turn, "[x]", "one socket after the other"),
    ("removes in the loop", poller(same_list=True), "[x]", "a look that is left out"),
    ("end handed out", poller(end=True), "[x]", "an end handed to receive"),
    ("reads on", poller(reads_on=True), "[x]", "read again after its end"),
    ("first end", poller(first_end=True), "[x]", "messages that were never received"),
    ("swapped", poller(out=lambda sock, data: (data, sock)), "[x]", "messages that were never received"),
    ("data twice", twice, "[x]", "other messages than those that came"),
    ("data of the look before", stale, "[x]", "`data` still holds what came before"),
    ("no socket", poller(out=lambda sock, data: (data,)), "[!]", "receive takes the socket and the bytes"),
    ("never awaits", never_awaits, "[x]", "a plan that nobody carries out"),
    ("selectors", with_selectors, "[!]", "Here, only look"),
    ("endless", spin_in_a_coroutine(), "[!]", "stopped after"),
    ("not async", lambda socks, delay, receive: 1, "[x]", "a function without async"),
]


async def poll_with_tasks(socks, delay, receive):
    async def poll(sock):
        while True:
            try:
                data = sock.recv(1000)
                if not data:
                    return
                receive(sock, data)
            except BlockingIOError:
                pass
            await asyncio.sleep(delay)

    await asyncio.gather(*map(poll, socks))


async def poll_with_a_set(socks, delay, receive):
    ended = set()
    while len(ended) < len(socks):
        for number, sock in enumerate(socks):
            if number not in ended:
                try:
                    data = sock.recv(4096)
                    ended |= set() if data else {number}
                    if data:
                        receive(sock, data)
                except OSError:
                    pass
        if len(ended) < len(socks):
            await asyncio.sleep(delay)


# ---------------------------------------------------------------- 06.4


def reader(**slip):
    """Return a right read_all, or one with a slip."""

    def read_all(socks, receive):
        with selectors.DefaultSelector() as selector:
            for sock in socks[: slip.get("count")]:
                selector.register(sock, slip.get("event", selectors.EVENT_READ))
            while selector.get_map():
                for key, _ in selector.select(slip.get("timeout")):
                    data = key.fileobj.recv(4096)
                    if data or slip.get("end"):
                        receive(*slip.get("out", lambda sock, data: (sock, data))(key.fileobj, data))
                    if not data and slip.get("first_end"):
                        return
                    if not data and not slip.get("reads_on"):
                        selector.unregister(key.fileobj)

    return read_all


def blocks(socks, receive):
    for sock in socks:
        while data := sock.recv(4096):
            receive(sock, data)


def each_in_turn(socks, receive):
    while True:
        for sock in socks:
            receive(sock, sock.recv(4096))


def polls(pause):
    def read_all(socks, receive):
        left = list(socks)
        for sock in left:
            sock.setblocking(False)
        while left:
            for sock in list(left):
                try:
                    data = sock.recv(4096)
                except BlockingIOError:
                    continue
                receive(sock, data) if data else left.remove(sock)
            if pause:
                time.sleep(pause)

    return read_all


def reads_until_empty(socks, receive):
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                while data := key.fileobj.recv(4096):
                    receive(key.fileobj, data)
                selector.unregister(key.fileobj)


def asks_once(socks, receive):
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ)
        for key, _ in selector.select():
            receive(key.fileobj, key.fileobj.recv(4096))


def key_as_socket(socks, receive):
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ)
        for key, _ in selector.select():
            receive(key, key.recv(4096))


def pair_as_socket(socks, receive):
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_READ)
        for key in selector.select():
            receive(key, key.recv(4096))


async def reads_in_a_coroutine(socks, receive):
    reader()(socks, receive)


def read_stub(socks, receive):
    """Read all of `socks` as they become ready, until each has ended."""
    pass  # your code here


READERS = [
    ("the stub", read_stub, "[ ]", "write its body"),
    ("blocks", blocks, "[x]", "a read that blocks"),
    ("each in turn", each_in_turn, "[x]", "read again after its end"),
    ("polls without a pause", polls(0), "[x]", "a poll. Many looks found nothing"),
    ("polls", polls(0.01), "[x]", "a poll. Many looks found nothing"),
    ("until empty", reads_until_empty, "[x]", "a second read without asking again"),
    ("asks once", asks_once, "[x]", "messages that were never received"),
    ("first end", reader(first_end=True), "[x]", "messages that were never received"),
    ("never unregisters", reader(reads_on=True), "[x]", "read again after its end"),
    ("end handed out", reader(end=True), "[x]", "an end handed to receive"),
    ("key", key_as_socket, "[!]", "The socket is key.fileobj"),
    ("pair", pair_as_socket, "[!]", "select gives pairs"),
    ("no socket", reader(out=lambda sock, data: (data,)), "[!]", "receive takes the socket and the bytes"),
    ("swapped", reader(out=lambda sock, data: (data, sock)), "[x]", "something other than bytes"),
    ("write events", reader(event=selectors.EVENT_WRITE), "[x]", "a read that blocks"),
    ("select(0)", reader(timeout=0), "[x]", "a select that does not wait"),
    ("async def", reads_in_a_coroutine, "[x]", "`async def` instead of `def`"),
    ("one socket", reader(count=1), "[!]", "stopped after"),
    ("endless", spin, "[!]", "stopped after"),
]


def read_with_select(socks, receive):
    left = set(socks)
    while left:
        for sock in select.select(left, [], [])[0]:
            if data := sock.recv(100):
                receive(sock, data)
            else:
                left.discard(sock)


def read_until_it_would_block(socks, receive):
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            sock.setblocking(False)
            selector.register(sock, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(1):
                try:
                    while data := key.fileobj.recv(100):
                        receive(key.fileobj, data)
                except BlockingIOError:
                    continue
                selector.unregister(key.fileobj)
                key.fileobj.close()


# ---------------------------------------------------------------- 06.5


async def as_given(questions, work):
    async def answer(question):
        return work(question)

    return await asyncio.gather(*[answer(question) for question in questions])


async def sleeps_zero(questions, work):
    async def answer(question):
        await asyncio.sleep(0)
        return work(question)

    return await asyncio.gather(*[answer(question) for question in questions])


async def in_tasks(questions, work):
    async def answer(question):
        return work(question)

    return [await asyncio.create_task(answer(question)) for question in questions]


async def threads_in_turn(questions, work):
    return [await asyncio.to_thread(work, question) for question in questions]


async def called_for_the_thread(questions, work):
    return await asyncio.gather(*[asyncio.to_thread(work(question)) for question in questions])


async def gather_of_a_list(questions, work):
    plans = [asyncio.to_thread(work, question) for question in questions]
    try:
        return await asyncio.gather(plans)
    finally:
        for plan in plans:
            plan.close()


async def gather_not_awaited(questions, work):
    return asyncio.gather(*[asyncio.to_thread(work, question) for question in questions])


async def only_plans(questions, work):
    return [asyncio.to_thread(work, question) for question in questions]


async def joined(questions, work):
    found = {}
    threads = [threading.Thread(target=lambda q=q: found.update({q: work(q)})) for q in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[question] for question in questions]


async def unordered(questions, work):
    return [*reversed(await asyncio.gather(*[asyncio.to_thread(work, question) for question in questions]))]


async def without_return(questions, work):
    await asyncio.gather(*[asyncio.to_thread(work, question) for question in questions])


async def all_at_once(questions, work):
    return await asyncio.to_thread(lambda: [work(question) for question in questions])


async def with_another_function(questions, work):
    return await asyncio.gather(*[asyncio.to_thread(str.upper, question) for question in questions])


MENDED = [
    ("as given", as_given, "[x]", "work that holds the loop"),
    ("sleep(0)", sleeps_zero, "[x]", "work that holds the loop"),
    ("tasks", in_tasks, "[x]", "work that holds the loop"),
    ("threads in turn", threads_in_turn, "[x]", "one after the other"),
    ("one thread for all", all_at_once, "[x]", "one after the other"),
    ("called for the thread", called_for_the_thread, "[!]", "you call it here"),
    ("gather of a list", gather_of_a_list, "[!]", "gather takes its plans after a *"),
    ("gather not awaited", gather_not_awaited, "[x]", "a plan where the answers belong"),
    ("only plans", only_plans, "[x]", "plans where the answers belong"),
    ("join", joined, "[x]", "a wait that blocks"),
    ("reversed", unordered, "[x]", "the answers in another order"),
    ("no return", without_return, "[x]", "a function without a return"),
    ("another function", with_another_function, "[x]", "3 questions, of which `work` was asked none"),
    ("endless", spin_in_a_coroutine(), "[!]", "stopped after"),
]


async def mended_inside(questions, work):
    async def answer(question):
        return await asyncio.to_thread(work, question)

    return await asyncio.gather(*[answer(question) for question in questions])


async def mended_with_a_group(questions, work):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(asyncio.to_thread(work, question)) for question in questions]
    return [task.result() for task in tasks]


# ---------------------------------------------------------------- 06.6


def runner(**slip):
    """Return a right run, or one with a slip."""

    def run(jobs):
        with selectors.DefaultSelector() as selector:

            def go_on(job):
                try:
                    selector.register(next(job), selectors.EVENT_READ, job)
                except StopIteration:
                    if slip.get("leaks"):
                        raise RuntimeError("StopIteration") from None

            for job in jobs:
                go_on(job)
                if slip.get("twice"):
                    next(job)
            while selector.get_map():
                for key, _ in selector.select(slip.get("timeout")):
                    if not slip.get("keeps"):
                        selector.unregister(key.fileobj)
                    go_on(key.data)
                if slip.get("once"):
                    return

    return run


def to_the_end(jobs):
    for job in jobs:
        for _ in job:
            pass


def only_starts(jobs):
    for job in jobs:
        next(job, None)


def never_catches(jobs):
    with selectors.DefaultSelector() as selector:
        for job in jobs:
            selector.register(next(job), selectors.EVENT_READ, job)
        while selector.get_map():
            for key, _ in selector.select():
                selector.unregister(key.fileobj)
                selector.register(next(key.data), selectors.EVENT_READ, key.data)


async def runs_in_a_coroutine(jobs):
    runner()(jobs)


def registers_the_job(jobs):
    with selectors.DefaultSelector() as selector:
        for job in jobs:
            selector.register(job, selectors.EVENT_READ)


def run_stub(jobs):
    """Let each of the `jobs` go on when the socket that it waits for is ready, until all are done."""
    pass  # your code here


RUNS = [
    ("the stub", run_stub, "[ ]", "write its body"),
    ("to the end", to_the_end, "[x]", "a job that goes on too early"),
    ("twice", runner(twice=True), "[x]", "a job that goes on too early"),
    ("only starts", only_starts, "[x]", "jobs that never go on"),
    ("once", runner(once=True), "[x]", "a loop that ends before its jobs"),
    ("keeps the socket", runner(keeps=True), "[!]", "Take it out before the job goes on"),
    ("leaks", runner(leaks=True), "[!]", "Catch it: one job less"),
    ("never catches", never_catches, "[!]", "StopIteration at your line"),
    ("async def", runs_in_a_coroutine, "[x]", "`async def` instead of `def`"),
    ("registers the job", registers_the_job, "[!]", "Register that, not the job"),
    ("select(0)", runner(timeout=0), "[x]", "a select that does not wait"),
    ("endless", spin, "[!]", "stopped after"),
]


def run_with_select(jobs):
    waits = {}
    ready = list(jobs)
    while ready or waits:
        for job in ready:
            for sock in job:
                waits[sock] = job
                break
        found = select.select(list(waits), [], [])[0] if waits else []
        ready = [waits.pop(sock) for sock in found]


WRONG = [
    *wrong("06.a", TWO),
    *wrong("06.b", IN_TIME),
    *wrong("06.1", VERDICTS),
    *wrong("06.2", ORDERS),
    *wrong("06.3", POLLS),
    *wrong("06.4", READERS),
    *wrong("06.5", MENDED),
    *wrong("06.6", RUNS),
]

RIGHT = [
    *right("06.a", plain=two(), with_gather=with_gather, with_executor=with_executor),
    *right("06.b", plain=timely(), with_wait_for=with_wait_for, with_wait=with_wait),
    *right("06.1", text="ACDBCA", small="a c d b c a", a_list=list("ACDBCA")),
    *right("06.2", text="FDCAHGB", commas="f, d, c, a, h, g, b"),
    *right("06.3", plain=poller(), with_tasks=poll_with_tasks, with_a_set=poll_with_a_set),
    *right("06.4", plain=reader(), with_select=read_with_select, until_it_would_block=read_until_it_would_block),
    *right("06.5", with_gather=mended_inside, with_a_group=mended_with_a_group),
    *right("06.6", plain=runner(), with_select=run_with_select),
]


@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase, monkeypatch):
    if phrase.startswith("a select that does not wait"):  # known by its CPU time, of which a busy machine leaves little
        monkeypatch.setattr(lesson_06, "PAUSE", 0.7)
    words = card(task, answer)
    assert words.startswith(f"{sign} Task {task}"), words
    assert phrase in words
    assert not checks.passed(task)


def test_a_gather_that_nobody_awaits_leaves_no_traceback_below_its_card(card, caplog):
    card("06.5", gather_not_awaited)
    gc.collect()
    assert not caplog.records


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    assert card(task, answer).startswith(f"[ok] Task {task}"), card(task, answer)
    assert checks.passed(task)


@pytest.fixture(autouse=True)
def no_thread_is_left(monkeypatch):
    """Whatever an answer does, its threads end: those of the checks, and those of Work."""
    monkeypatch.setattr(lesson_06, "PATIENCE", 0.4)
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive(), thread


# ---------------------------------------------------------------- the letters of 06.1


async def call(seconds):
    start.slow(seconds)


@pytest.mark.parametrize("line", range(6), ids="123456")
def test_the_letters_are_what_each_line_does(line):
    """Measured while the line runs for half a second: the longest gap of a heart, and the loop thread's CPU time."""
    seconds = 0.5
    near, far = socket.socketpair()

    async def poll(done):
        while not done.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def work(end):
        while time.monotonic() < end:
            pass

    async def read():
        threading.Timer(seconds, far.send, [b"news"]).start()
        near.recv(100)

    async def run():
        done = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, done.set)
        plans = (
            lambda: read(),
            lambda: asyncio.sleep(seconds),
            lambda: poll(done),
            lambda: work(time.monotonic() + seconds),
            lambda: asyncio.to_thread(start.slow, seconds),
            lambda: asyncio.create_task(call(seconds)),
        )
        async with waiting.heart() as gaps:
            cpu = time.thread_time()
            await plans[line]()
            cpu = time.thread_time() - cpu
        # Waiting takes 1 % of a CPU. Work takes all of it, or what a busy machine leaves.
        return max(gaps) > 0.8 * seconds, cpu > 0.04 * seconds

    with near, far:
        stopped, busy = asyncio.run(run())
    letter = {(True, False): "A", (True, True): "B", (False, False): "C", (False, True): "D"}[stopped, busy]
    assert letter == lesson_06.LINES[line][0]
