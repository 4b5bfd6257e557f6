"""The checks of the exercise of lesson 12: wrong answers are named for what they are, right ones pass in any style.

Each table has one row for an answer, as in test_tasks_12.py. What the checks claim of real servers, or play in
memory, is played with real ones, too.
"""

import asyncio
import contextlib
import re
import textwrap
import threading

import nbformat
import pytest
from websockets import ConnectionClosed, broadcast, connect

from classroom import crowd
from classroom.checks import Stopped
from classroom.tasks.lesson_07_exercise import real_server
from classroom.tasks.lesson_08_exercise import played
from classroom.tasks.lesson_12_exercise import HEARD, LIMIT, ROOM, THROWN_OUT, Hall
from classroom.workspace import ROOT
from tests.answers import right, spin, wrong
from tests.notebook_rules import LEFT, code_cells, run_cells

SECONDS = 2  # for one check: some have a server, and a slow machine is no fault of an answer


async def spins(*args):
    spin()


async def waits(*args):
    await asyncio.Event().wait()


# ---------------------------------------------------------------- 12.1


def heard(**other):
    return {"A": "Ada Cy Dot", "B": "nobody", "C": "Cy Dot", "D": "Ada Cy Dot", "E": "Ada"} | {"1011": "BD"} | other


def thrown_out(letters):
    return heard() | {"1011": letters}


DOTS = dict.fromkeys(heard(), ...)
HEARD_BY = [
    ("untouched", DOTS, "[ ]", "Replace the dots"),
    ("two only", DOTS | {"A": "Ada, Cy and Dot", "1011": "bd"}, "[x]", "Still to do: B, C, D, E"),
    ("no dict", "Ada", "[x]", "another shape"),
    ("another name", heard(A="Eve"), "[x]", "not made of the four names"),
    ("numbers", heard(A=3), "[x]", "not made of the four names"),
    ("A without the sender", heard(A="Cy Dot"), "[x]", "a sender who is left out"),
    ("A to all", heard(A="Ada Bob Cy Dot"), "[x]", "a message to somebody who has left"),
    ("A ends with Bob", heard(A="Ada"), "[x]", "a broadcast that ends with Bob"),
    ("A raises", heard(A=""), "[x]", "a broadcast that ends with Bob"),
    ("B goes on", heard(B="Cy Dot"), "[x]", "steps over whoever is gone"),
    ("B with the sender", heard(B="Ada"), "[x]", "a sender who hears herself"),
    ("C ends", heard(C=""), "[x]", "a loop that ends with the exception"),
    ("C with the sender", heard(C=["Ada", "Cy", "Dot"]), "[x]", "a sender who hears herself"),
    ("C for Bob", heard(C="Bob Cy Dot"), "[x]", "a message to somebody who has left"),
    ("D in order", heard(D="Ada"), "[x]", "gather taken for a loop"),
    ("D takes back", heard(D="nobody"), "[x]", "takes everything back"),
    ("E goes on", heard(E="Ada Cy Dot"), "[x]", "goes on after the exception"),
    ("E never begins", heard(E="nobody"), "[x]", "a loop that never begins"),
    ("E steps over two", heard(E="Cy Dot"), "[x]", "steps over Ada and Bob"),
    ("Bob hears", heard(E="Ada Bob"), "[x]", "a message to somebody who has left"),
    ("another choice", heard(E="Dot"), "[x]", "other people"),
    ("nobody is thrown out", thrown_out("nobody"), "[x]", "a server that forgives"),
    ("only the loop", thrown_out("B"), "[x]", "hands the exception on to whoever awaits"),
    ("only gather", thrown_out("D"), "[x]", "one way too few"),
    ("caught ones, too", thrown_out("BDE"), "[x]", "gets past its except"),
    ("broadcast, too", thrown_out("ABD"), "[x]", "a broadcast that raises"),
    ("other letters", thrown_out("XY"), "[x]", "not made of the letters A to E"),
]


NOTEBOOK = ROOT / "solutions" / "12_many_clients.ipynb"
(WAYS,) = (
    re.search(r"```python\n(A .*?)```", cell.source, re.DOTALL)[1]
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells
    if cell.source.startswith("## Task 1")
)


def way_of_the_exercise(letter):
    """Return the lines that task 1 shows under a letter, as a coroutine function."""
    lines = re.search(rf"^{letter} (.*?)(?=^[A-E] |\Z)", WAYS, re.DOTALL | re.MULTILINE)[1]
    scope = {"asyncio": asyncio, "broadcast": broadcast, "ConnectionClosed": ConnectionClosed}
    body = textwrap.indent(textwrap.dedent("  " + lines), "    ")
    exec(f"async def way(ws, clients, message):\n{body}", scope)
    return scope["way"]


async def played_with_real_ones(way):
    """Return (the first letters of those who hear it, was Ada thrown out with 1011)."""
    clients, over = [], asyncio.Event()

    async def handler(ws):
        clients.append(ws)
        async for message in ws:
            await way(ws, clients, message)
            await ws.close(4000)  # she is told at once that nothing more comes
        await over.wait()  # so that Bob's handler has not taken him off the list

    async with real_server(handler) as (url, _):
        people = []
        for count in range(1, 5):
            people.append(await connect(url))
            await crowd.until(lambda count=count: len(clients) == count)
        ada, bob, *_ = people
        await bob.close()
        await ada.send("hi")
        async with asyncio.timeout(5):
            got = {"Ada": [message async for message in until_closed(ada)]}
            broadcast(clients, "end")
            for name, person in (("Cy", people[2]), ("Dot", people[3])):
                got[name] = [await person.recv()]
        over.set()
        return "".join(name[0] for name, words in got.items() if "hi" in words), ada.close_code == 1011


async def until_closed(client):
    with contextlib.suppress(ConnectionClosed):
        async for message in client:
            yield message


@pytest.mark.parametrize("letter", HEARD)
def test_a_real_server_does_what_12_1_says(letter):
    way = way_of_the_exercise(letter)
    assert asyncio.run(played_with_real_ones(way)) == (HEARD[letter], letter in THROWN_OUT)


# ---------------------------------------------------------------- 12.2


async def stay_blank(ws, name, registry):
    registry[...] = ...
    try:
        await ws.wait_closed()
    finally:
        if ...:
            del registry[name]


def staying(mine=lambda registry, name, ws: registry.get(name) is ws, put=lambda registry, name, ws: (name, ws)):
    """Return a stay() that is right, but for what it is given."""

    async def stay(ws, name, registry):
        key, value = put(registry, name, ws)
        registry[key] = value
        try:
            await ws.wait_closed()
        finally:
            if mine(registry, name, ws):
                del registry[name]

    return stay


async def turns_away(ws, name, registry):
    registry.setdefault(name, ws)
    await ws.wait_closed()
    if registry.get(name) is ws:
        del registry[name]


async def no_finally(ws, name, registry):
    registry[name] = ws
    await ws.wait_closed()
    if registry.get(name) is ws:
        del registry[name]


async def does_not_wait(ws, name, registry):
    registry[name] = ws


async def puts_nothing(ws, name, registry):
    await ws.wait_closed()


async def goes_on(ws, name, registry):
    registry[name] = ws
    try:
        await ws.wait_closed()
    finally:
        if registry.get(name) is ws:
            del registry[name]
    await asyncio.Event().wait()


def plain_stay(ws, name, registry):
    registry[name] = ws


async def another_attribute(ws, name, registry):
    registry[name] = ws
    await ws.closed()


STAYS = [
    ("blanks left", stay_blank, "[ ]", "still has a blank"),
    ("always", staying(lambda *_: True), "[x]", "thrown out by the one before"),
    ("if it is there", staying(lambda registry, name, ws: name in registry), "[x]", "thrown out by the one before"),
    ("never", staying(lambda *_: False), "[x]", "somebody who stays in the registry"),
    ("the wrong way round", staying(put=lambda registry, name, ws: (ws, name)), "[x]", "the wrong way round"),
    ("the name twice", staying(put=lambda registry, name, ws: (name, name)), "[x]", "in the place of the connection"),
    ("not there any more", staying(lambda registry, name, ws: registry[name] is ws), "[!]", "registry.get(name)"),
    ("the other one stays", turns_away, "[x]", "a newcomer who is turned away"),
    ("no finally", no_finally, "[x]", "a clean-up that is left out"),
    ("does not wait", does_not_wait, "[x]", "a handler that ends at once"),
    ("puts nothing in", puts_nothing, "[x]", "somebody who is not in the registry"),
    ("never ends", goes_on, "[x]", "a handler that never ends"),
    ("no async", plain_stay, "[x]", "a function without async"),
    ("an attribute", another_attribute, "[!]", "ws.wait_closed()"),
    ("endless", spins, "[!]", "stopped after"),
]


async def stays_by_comparison(ws, name, registry):
    registry.update({name: ws})
    try:
        await ws.wait_closed()
    finally:
        if name in registry and registry[name] == ws:
            registry.pop(name)


# ---------------------------------------------------------------- 12.3


async def others_stub(sender, message, clients):
    """Send the message to all but the sender and those who are late; return the set of those who are late."""
    ...  # your code here


def is_late(ws):
    return ws.transport.get_write_buffer_size() > LIMIT


async def ours(sender, message, clients):
    others = clients - {sender}
    late = {ws for ws in others if is_late(ws)}
    broadcast(others - late, message)
    return late


async def to_all(sender, message, clients):
    late = {ws for ws in clients if is_late(ws)}
    broadcast(clients - late, message)
    return late


async def to_the_late(sender, message, clients):
    broadcast(clients - {sender}, message)
    return {ws for ws in clients - {sender} if is_late(ws)}


async def one_by_one(sender, message, clients):
    late = set()
    for ws in list(clients):
        if is_late(ws):
            late.add(ws)
        elif ws is not sender:
            with contextlib.suppress(ConnectionClosed):
                await ws.send(message)
    return late


async def dies(sender, message, clients):
    for ws in clients:
        if ws is not sender:
            await ws.send(message)
    return set()


async def gathers(sender, message, clients):
    await asyncio.gather(*(ws.send(message) for ws in clients - {sender}))
    return set()


async def for_a_while(sender, message, clients):
    others = clients - {sender}
    late = {ws for ws in others if is_late(ws)}
    for ws in others - late:
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            await asyncio.wait_for(ws.send(message), 1)
    return late


async def gathers_all(sender, message, clients):
    await asyncio.gather(*(ws.send(message) for ws in clients - {sender}), return_exceptions=True)
    return set()


async def in_tasks(sender, message, clients):
    others = clients - {sender}
    late = {ws for ws in others if is_late(ws)}
    tasks = [asyncio.create_task(ws.send(message)) for ws in others - late]
    for each in tasks:
        each.add_done_callback(lambda done: done.exception())
    return late


async def ends_at_the_first(sender, message, clients):
    with contextlib.suppress(ConnectionClosed):
        for ws in clients:
            if ws is not sender:
                await ws.send(message)
    return set()


async def without_await(sender, message, clients):
    for ws in clients - {sender}:
        ws.send(message)
    return set()


async def gone_is_late(sender, message, clients):
    late = await ours(sender, message, clients)
    return late | {ws for ws in clients if ws.state.name != "OPEN"}


async def sender_is_late(sender, message, clients):
    await ours(sender, message, clients)
    return {ws for ws in clients if is_late(ws)}


async def too_strict(sender, message, clients):
    others = clients - {sender}
    late = {ws for ws in others if ws.transport.get_write_buffer_size()}
    broadcast(others - late, message)
    return late


async def too_strict_after(sender, message, clients):
    await ours(sender, message, clients)
    return {ws for ws in clients - {sender} if ws.transport.get_write_buffer_size()}


async def changes(sender, message, clients):
    clients.discard(sender)
    return await ours(sender, message, clients)


async def removes_the_late(sender, message, clients):
    late = await ours(sender, message, clients)
    clients -= late
    return late


async def changes_in_the_loop(sender, message, clients):
    others = set(clients)
    for ws in others:
        others.discard(ws)
    return others


async def returns_nothing(sender, message, clients):
    await ours(sender, message, clients)


async def returns_a_list(sender, message, clients):
    return list(await ours(sender, message, clients))


async def returns_names(sender, message, clients):
    return {str(ws.id) for ws in await ours(sender, message, clients)}


async def returns_none_late(sender, message, clients):
    await ours(sender, message, clients)
    return set()


async def twice(sender, message, clients):
    await ours(sender, message, clients)
    return await ours(sender, message, clients)


async def not_called(sender, message, clients):
    return {ws for ws in clients if ws.transport.get_write_buffer_size > LIMIT}


async def one_by_broadcast(sender, message, clients):
    for ws in clients - {sender}:
        broadcast(ws, message)


async def awaits_broadcast(sender, message, clients):
    await broadcast(clients - {sender}, message)


async def says_goodbye(sender, message, clients):
    late = await ours(sender, message, clients)
    for ws in late:
        await ws.close(1008)
    return late


OTHERS = [
    ("the stub", others_stub, "[ ]", "write its body"),
    ("to all", to_all, "[x]", "an echo: the sender hears it, too"),
    ("to the late", to_the_late, "[x]", "one message more for somebody who is late"),
    ("one by one", one_by_one, "[x]", "a wait for somebody who is slow"),
    ("dies", dies, "[x]", "dies with somebody who is gone"),
    ("gather", gathers, "[x]", "dies with somebody who is gone"),
    ("gather with exceptions", gathers_all, "[x]", "a wait for somebody who is slow"),
    ("goodbye", says_goodbye, "[x]", "gather and close wait, too"),
    ("a limit", for_a_while, "[x]", "a wait for somebody who is slow"),
    ("tasks", in_tasks, "[x]", "a task that is left behind"),
    ("ends at the first", ends_at_the_first, "[x]", "Does a client that is gone keep it from the others?"),
    ("no await", without_await, "[x]", "somebody left out"),
    ("gone is late", gone_is_late, "[x]", "somebody gone taken for late"),
    ("the sender is late", sender_is_late, "[x]", "the sender among the late"),
    ("too strict", too_strict, "[x]", "somebody left out"),
    ("too many named", too_strict_after, "[x]", "somebody who is not late"),
    ("changes the set", changes, "[x]", "a registry that was changed"),
    ("removes the late", removes_the_late, "[x]", "a registry that was changed"),
    ("changes while it goes", changes_in_the_loop, "[!]", "must not change while you go through it"),
    ("no return", returns_nothing, "[x]", "a function without a return"),
    ("a list", returns_a_list, "[x]", "a list instead of a set"),
    ("something else", returns_names, "[x]", "a set of something else"),
    ("nobody late", returns_none_late, "[x]", "somebody late who is not named"),
    ("twice", twice, "[x]", "a message that is sent twice"),
    ("a method not called", not_called, "[!]", "with ()"),
    ("broadcast to one", one_by_broadcast, "[!]", "a set or a list of them"),
    ("broadcast awaited", awaits_broadcast, "[!]", "call it without await"),
    ("waits for ever", waits, "[x]", "a wait for somebody who is slow"),
    ("endless", spins, "[!]", "stopped after"),
]


def plain_function(sender, message, clients):
    late = set()
    for ws in clients:
        if ws is sender:
            continue
        if is_late(ws):
            late.add(ws)
        else:
            broadcast([ws], message)
    return late


async def with_methods(sender, message, clients):
    late = set(filter(is_late, clients.difference([sender])))
    broadcast(clients.difference(late, [sender]), message)
    return late


async def frozen(sender, message, clients):
    others = [ws for ws in clients if ws != sender and not is_late(ws)]
    broadcast(others, message)
    return frozenset(clients - {sender} - set(others))


# ---------------------------------------------------------------- 12.4


async def deliver(ws, outbox):
    with contextlib.suppress(ConnectionClosed):
        while True:
            await ws.send(await outbox.get())


async def hall_stub(ws, outboxes):
    """Pass on what this guest says to everybody in the hall, and wait for nobody."""
    ...  # your code here


async def if_room(outboxes, own, message):
    for each in outboxes:
        if not each.full():
            each.put_nowait(message)


def halls(tell=if_room, caught=ConnectionClosed, outbox_of=lambda: asyncio.Queue(ROOM), cleans=True, cancels=True):
    """Return a hall() that is right, but for what it is given."""

    async def hall(ws, outboxes):
        outbox = outbox_of()
        outboxes.add(outbox)
        delivery = asyncio.create_task(deliver(ws, outbox))
        try:
            async for message in ws:
                await tell(outboxes, outbox, message)
        except caught:
            pass
        finally:
            if cleans:
                outboxes.discard(outbox)
            if cancels:
                delivery.cancel()

    return hall


async def puts(outboxes, own, message):
    for each in outboxes:
        await each.put(message)


async def puts_in_a_copy(outboxes, own, message):
    for each in list(outboxes):
        await each.put(message)


async def puts_all_at_once(outboxes, own, message):
    await asyncio.gather(*(each.put(message) for each in outboxes))


async def puts_in_tasks(outboxes, own, message):
    for each in outboxes:
        putting.add(asyncio.create_task(each.put(message)))


putting = set()


async def puts_for_a_while(outboxes, own, message):
    for each in list(outboxes):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(each.put(message), 0.1)


async def never_looks(outboxes, own, message):
    for each in outboxes:
        each.put_nowait(message)


async def drops_the_oldest(outboxes, own, message):
    for each in outboxes:
        if each.full():
            each.get_nowait()
        each.put_nowait(message)


async def throws_out(outboxes, own, message):
    for each in list(outboxes):
        if each.full():
            outboxes.discard(each)
        else:
            each.put_nowait(message)


async def throws_out_in_the_loop(outboxes, own, message):
    for each in outboxes:
        if each.full():
            outboxes.discard(each)
        else:
            each.put_nowait(message)


async def not_to_itself(outboxes, own, message):
    await if_room(outboxes - {own}, own, message)


async def nothing_told(outboxes, own, message):
    return None


async def said_twice(outboxes, own, message):
    await if_room(outboxes, own, message)
    await if_room(outboxes, own, message)


async def no_clean_up(ws, outboxes):
    outbox = asyncio.Queue(ROOM)
    outboxes.add(outbox)
    delivery = asyncio.create_task(deliver(ws, outbox))
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            await if_room(outboxes, outbox, message)
    outboxes.discard(outbox)
    delivery.cancel()


async def keeps_nothing(ws, outboxes):
    async for message in ws:
        await ws.send(message)


async def ends_at_once(ws, outboxes):
    outboxes.add(asyncio.Queue())


async def stays_on(ws, outboxes):
    await halls()(ws, outboxes)
    await asyncio.Event().wait()


async def spins_when_told(outboxes, own, message):
    spin()


(BROKEN,) = (source for source in code_cells(NOTEBOOK) if "broken_hall" in source)


def broken_hall():
    """Return the hall that the exercise gives."""
    scope = {"asyncio": asyncio, "contextlib": contextlib, "ConnectionClosed": ConnectionClosed}
    exec(BROKEN, scope)
    return scope["broken_hall"]


HALLS = [
    ("the stub", hall_stub, "[ ]", "write its body"),
    ("untouched", broken_hall(), "[x]", "a hall that is held up"),
    ("waits for room", halls(puts), "[x]", "a hall that is held up"),
    ("waits with a copy", halls(puts_in_a_copy), "[x]", "a hall that is held up"),
    ("gather", halls(puts_all_at_once), "[x]", "a hall that is held up"),
    ("in tasks", halls(puts_in_tasks), "[x]", "messages that pile up elsewhere"),
    ("waits a little", halls(puts_for_a_while), "[x]", "a wait for somebody who is slow"),
    ("no look", halls(never_looks), "[!]", "put_nowait() raises QueueFull"),
    ("no limit", halls(outbox_of=asyncio.Queue), "[x]", "an outbox without a limit"),
    ("drops the oldest", halls(drops_the_oldest), "[x]", "the oldest dropped, not the newest"),
    ("throws out", halls(throws_out), "[x]", "a guest thrown out for being slow"),
    (
        "throws out in the loop",
        halls(throws_out_in_the_loop),
        "[!]|[x]",
        "in the loop itself|thrown out for being slow",
    ),
    ("not to itself", halls(not_to_itself), "[x]", "a sender who is left out"),
    ("tells nobody", halls(nothing_told), "[x]", "a message that nobody hears"),
    ("twice", halls(said_twice), "[x]", "other messages than were said"),
    ("nothing caught", halls(caught=()), "[x]", "a guest who vanishes, taken for a fault"),
    ("no finally", no_clean_up, "[x]", "an outbox that stays when its owner is gone"),
    ("outboxes stay", halls(cleans=False), "[x]", "an outbox that stays when its owner is gone"),
    ("deliveries stay", halls(cancels=False), "[x]", "a task that nobody ended"),
    ("no outboxes", keeps_nothing, "[x]", "a hall that does not keep its outboxes"),
    ("ends at once", ends_at_once, "[x]", "a hall that throws its guests out"),
    ("stays on", stays_on, "[x]", "a handler that never ends"),
    ("no async", spin, "[x]", "a function without async"),
    ("endless", spins, "[!]", "stopped after"),
    ("endless when told", halls(spins_when_told), "[!]", "stopped after"),
]


async def hall_with_tasks(ws, outboxes):
    async def listen():
        async for message in ws:
            for each in list(outboxes):
                with contextlib.suppress(asyncio.QueueFull):
                    each.put_nowait(message)

    outbox = asyncio.Queue(maxsize=ROOM)
    outboxes |= {outbox}
    tasks = [asyncio.create_task(listen()), asyncio.create_task(deliver(ws, outbox))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        outboxes.remove(outbox)
        for each in tasks:
            each.cancel()


async def hall_with_recv(ws, outboxes):
    outbox = asyncio.Queue(ROOM)
    delivery = asyncio.create_task(deliver(ws, outbox))
    try:
        outboxes.add(outbox)
        while True:
            message = await ws.recv()
            [each.put_nowait(message) for each in outboxes if each.qsize() < ROOM]
    except ConnectionClosed:
        return
    finally:
        outboxes.remove(outbox)
        delivery.cancel()


# ---------------------------------------------------------------- 12.5


class Stub:
    def __init__(self):
        pass

    def put(self, sensor, value):
        """Put in a value, in the place of an older one of this sensor."""
        ...  # your code here

    async def get(self):
        """Take out the pair (sensor, value) that waits longest. Wait until there is one."""
        ...  # your code here


class Newest:
    """A right one, in methods that a wrong one replaces."""

    def __init__(self):
        self.waiting, self.news = {}, asyncio.Event()

    def put(self, sensor, value):
        self.waiting[sensor] = value
        self.news.set()

    async def get(self):
        await self.news.wait()
        return self.take()

    def take(self):
        sensor = next(iter(self.waiting))
        value = self.waiting.pop(sensor)
        if not self.waiting:
            self.news.clear()
        return sensor, value


class OnlyPut(Newest):
    async def get(self):
        """Not begun."""


class Everything:
    """All values, in order: an asyncio.Queue without a limit."""

    def __init__(self):
        self.queue = asyncio.Queue()

    def put(self, sensor, value):
        self.queue.put_nowait((sensor, value))

    async def get(self):
        return await self.queue.get()


class OneInAll(Everything):
    def __init__(self):
        self.queue = asyncio.Queue(1)

    def put(self, sensor, value):
        if self.queue.full():
            self.queue.get_nowait()
        super().put(sensor, value)


class Limited(Everything):
    def __init__(self):
        self.queue = asyncio.Queue(1)


class ToTheEnd(Newest):
    def put(self, sensor, value):
        self.waiting.pop(sensor, None)
        super().put(sensor, value)


class LastIn(Newest):
    def take(self):
        pair = self.waiting.popitem()
        if not self.waiting:
            self.news.clear()
        return pair


class FirstValue(Newest):
    def put(self, sensor, value):
        self.waiting.setdefault(sensor, value)
        self.news.set()


class NotTakenOut(Newest):
    def take(self):
        return next(iter(self.waiting.items()))


class NeverCleared(Newest):
    def take(self):
        sensor = next(iter(self.waiting))
        return sensor, self.waiting.pop(sensor)


class NotAwaited(Newest):
    async def get(self):
        self.news.wait()
        return self.take()


class AlwaysCleared(Newest):
    def take(self):
        self.news.clear()
        return super().take()


class NeverSet(Newest):
    def put(self, sensor, value):
        self.waiting[sensor] = value


class Falsy(Newest):
    async def get(self):
        while not any(self.waiting.values()):
            self.news.clear()
            await self.news.wait()
        return self.take()


class Polls(Newest):
    async def get(self):
        while not self.waiting:  # noqa: ASYNC110 - it is named by the check
            await asyncio.sleep(0.1)
        return self.take()


class PollsOften(Newest):
    async def get(self):
        while not self.waiting:  # noqa: ASYNC110 - it is named by the check
            await asyncio.sleep(0.01)
        return self.take()


class PollsAllTheTime(Newest):
    async def get(self):
        while not self.waiting:  # noqa: ASYNC110 - it is named by the check
            await asyncio.sleep(0)
        return self.take()


class Spins(Newest):
    async def get(self):
        spin()


class DoesNotWait(Newest):
    async def get(self):
        return self.take() if self.waiting else None


class Shared(Newest):
    waiting, news = {}, asyncio.Event()

    def __init__(self):
        self.waiting, self.news = Shared.waiting, Shared.news


class Keeps(Newest):
    def __init__(self):
        super().__init__()
        self.log = []

    def put(self, sensor, value):
        self.log.append(value)
        super().put(sensor, value)


class ValueOnly(Newest):
    def take(self):
        return super().take()[1]


class NoReturn(Newest):
    async def get(self):
        await super().get()


class AsyncPut(Newest):
    async def put(self, sensor, value):
        super().put(sensor, value)


class PlainGet(Newest):
    def get(self):
        return self.take()


class NoInit:
    put, get = Newest.put, Newest.get


class Parameters(Newest):
    def __init__(self, room):
        super().__init__()


class TakesAtOnce(Newest):
    """Loses what is put in while nobody waits: a Future for the one who waits."""

    waiter = None

    def put(self, sensor, value):
        if self.waiter and not self.waiter.done():
            self.waiter.set_result((sensor, value))

    async def get(self):
        self.waiter = asyncio.get_running_loop().create_future()
        return await self.waiter


class NoPut:
    async def get(self):
        return 1


BOXES = [
    ("the stub", Stub, "[ ]", "write its body"),
    ("half", OnlyPut, "[ ]", "get is still empty"),
    ("everything", Everything, "[x]", "an old value"),
    ("one in all", OneInAll, "[x]", "Has another sensor pushed it out?"),
    ("a queue with a limit", Limited, "[!]", "An asyncio.Queue with a limit may be full"),
    ("to the end", ToTheEnd, "[x]", "takes the place of the old one, in the queue, too"),
    ("the last first", LastIn, "[x]", "another order"),
    ("the first value", FirstValue, "[x]", "an old value"),
    ("not taken out", NotTakenOut, "[x]", "a value that comes twice"),
    ("never cleared", NeverCleared, "[!]", "is the event cleared when nothing is left"),
    ("wait not awaited", NotAwaited, "[!]", "Is event.wait() awaited?"),
    ("always cleared", AlwaysCleared, "[x]", "was the event cleared, while something still waits"),
    ("never set", NeverSet, "[x]", "a get that is never woken"),
    ("0 and None", Falsy, "[x]", "a get that is never woken"),
    ("polls", Polls, "[x]", "a get that looks now and then"),
    ("polls often", PollsOften, "[x]", "a get that looks now and then"),
    ("endless polls", PollsAllTheTime, "[!]", "asks again and again"),
    ("endless", Spins, "[!]", "stopped after"),
    ("does not wait", DoesNotWait, "[x]", "a get that does not wait"),
    ("shared", Shared, "[x]", "an outbox that all clients share"),
    ("keeps all", Keeps, "[x]", "old values that are kept"),
    ("the value only", ValueOnly, "[x]", "no pair"),
    ("no return", NoReturn, "[x]", "a get without a return"),
    ("put is async", AsyncPut, "[x]", "a put that has to be awaited"),
    ("get is plain", PlainGet, "[x]", "a get without async"),
    ("no __init__", NoInit, "[!]", "make it in __init__"),
    ("parameters", Parameters, "[!]", "An outbox is made without arguments"),
    ("loses what comes early", TakesAtOnce, "[x]", "a get that is never woken"),
    ("no put", NoPut, "[x]", "a class without put"),
    ("an instance", Newest(), "[x]", "something other than a class"),
]


class WithNames:
    """The names of the sensors wait in a queue, each once."""

    def __init__(self):
        self.values, self.names = {}, asyncio.Queue()

    def put(self, sensor, value):
        if sensor not in self.values:
            self.names.put_nowait(sensor)
        self.values[sensor] = value

    async def get(self):
        sensor = await self.names.get()
        return sensor, self.values.pop(sensor)


class WithALoop(Newest):
    async def get(self):
        while not self.waiting:  # noqa: ASYNC110 - it is named by the check
            self.news.clear()
            await self.news.wait()
        sensor = list(self.waiting)[0]
        return [sensor, self.waiting.pop(sensor)]


# ---------------------------------------------------------------- 12.6


async def talk_stub(ws, rooms):
    """Pass on what this client says to all others in its room."""
    ...  # your code here


async def tell_others(ws, room, rooms, message):
    broadcast(room - {ws}, message)


def talking(tell=tell_others, caught=ConnectionClosed, place=lambda ws: ws.request.path, leaves=True, removes=True):
    """Return a talk() that is right, but for what it is given."""

    async def talk(ws, rooms):
        path = place(ws)
        room = rooms.setdefault(path, set())
        room.add(ws)
        try:
            async for message in ws:
                await tell(ws, room, rooms, message)
        except caught:
            pass
        finally:
            if leaves:
                room.discard(ws)
            if removes and not room:
                del rooms[path]

    return talk


async def tell_all(ws, room, rooms, message):
    broadcast(room, message)


async def tell_everywhere(ws, room, rooms, message):
    broadcast({each for one in rooms.values() for each in one} - {ws}, message)


async def tell_one_by_one(ws, room, rooms, message):
    for each in list(room - {ws}):
        await each.send(message)


async def tell_nobody(ws, room, rooms, message):
    pass


async def tell_with_a_name(ws, room, rooms, message):
    broadcast(room - {ws}, f"{ws.id}: {message}")


async def spins_when_asked(ws, room, rooms, message):
    spin()


async def no_finally_in_the_room(ws, rooms):
    room = rooms.setdefault(ws.request.path, set())
    room.add(ws)
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            broadcast(room - {ws}, message)


async def always_removes(ws, rooms):
    room = rooms.setdefault(ws.request.path, set())
    room.add(ws)
    try:
        async for message in ws:
            broadcast(room - {ws}, message)
    except ConnectionClosed:
        pass
    finally:
        del rooms[ws.request.path]


async def in_no_room(ws, rooms):
    async for message in ws:
        await ws.send(message)


async def leaves_early(ws, rooms):
    rooms.setdefault(ws.request.path, set()).add(ws)


async def room_not_made(ws, rooms):
    rooms[ws.request.path].add(ws)


async def asks_for_the_path(ws, rooms):
    rooms[ws.path].add(ws)


async def stays_in_the_room(ws, rooms):
    await talking()(ws, rooms)
    await asyncio.Event().wait()


ROOMS = [
    ("the stub", talk_stub, "[ ]", "write its body"),
    ("one room for all", talking(tell_everywhere), "[x]", "one room for all"),
    ("to itself", talking(tell_all), "[x]", "an echo"),
    ("one by one", talking(tell_one_by_one), "[x]", "Who waits for whom"),
    ("to nobody", talking(tell_nobody), "[x]", "a message that does not come"),
    ("another message", talking(tell_with_a_name), "[x]", "another message"),
    ("nothing caught", talking(caught=()), "[x]", "a client that vanishes, taken for a fault"),
    ("no slash", talking(place=lambda ws: ws.request.path[1:]), "[x]", "a room of another name"),
    ("not taken out", talking(leaves=False), "[x]", "somebody who stays in the room"),
    ("no finally", no_finally_in_the_room, "[x]", "somebody who stays in the room"),
    ("rooms stay", talking(removes=False), "[x]", "an empty room that is kept"),
    ("rooms go too early", always_removes, "[!]|[x]", "a room that is closed too early|does not mind"),
    ("in no room", in_no_room, "[x]", "somebody who is in no room"),
    ("ends at once", leaves_early, "[x]", "a handler that ends at once"),
    ("no room made", room_not_made, "[!]", "setdefault makes one"),
    ("ws.path", asks_for_the_path, "[!]", "ws.request.path"),
    ("stays", stays_in_the_room, "[x]", "a handler that never ends"),
    ("endless", spins, "[!]", "stopped after"),
    ("endless when asked", talking(spins_when_asked), "[!]", "stopped after"),
]


async def talk_by_hand(ws, rooms):
    path = ws.request.path
    if path not in rooms:
        rooms[path] = set()
    rooms[path] |= {ws}
    try:
        while True:
            message = await ws.recv()
            broadcast([each for each in rooms[path] if each is not ws], message)
    except ConnectionClosed:
        return
    finally:
        rooms[path].remove(ws)
        if len(rooms[path]) == 0:
            rooms.pop(path)


# ----------------------------------------------------------------

TABLES = {"12.1": HEARD_BY, "12.2": STAYS, "12.3": OTHERS, "12.4": HALLS, "12.5": BOXES, "12.6": ROOMS}
WRONG = [row for name, rows in TABLES.items() for row in wrong(name, rows)]


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.parametrize("task, answer, sign, phrase", WRONG)
def test_a_wrong_answer_is_named_for_what_it_is(card, task, answer, sign, phrase):
    words = card(task, answer)
    assert any(words.startswith(f"{each} Task {task}") for each in sign.split("|")), words
    assert any(part in words for part in phrase.split("|")), words
    assert not [thread for thread in threading.enumerate() if thread.name == "classroom check"]


RIGHT = [
    *right("12.1", ours=heard(), lists=heard(A=["ada", "cy", "dot"], B=[], C=("Cy", "Dot")) | {"1011": ["D", "B"]}),
    *right("12.2", ours=staying(), by_comparison=stays_by_comparison),
    *right("12.3", ours=ours, plain=plain_function, frozen=frozen, methods=with_methods),
    *right("12.4", ours=halls(), tasks=hall_with_tasks, recv=hall_with_recv),
    *right("12.5", ours=Newest, queue_of_names=WithNames, loop=WithALoop),
    *right("12.6", ours=talking(), by_hand=talk_by_hand),
]


@pytest.mark.parametrize("task, answer", RIGHT)
def test_a_right_answer_passes_in_any_style(card, task, answer):
    words = card(task, answer)
    assert words.startswith(f"[ok] Task {task}"), words


# ---------------------------------------------------------------- the same with real connections


async def real_registry(stay):
    """Return what the registry holds after each step: a telephone comes, comes back, and its old connection ends."""
    registry, ends = {}, []

    async def handler(ws):
        ends.append(ws)
        await stay(ws, "Ada", registry)
        ends.remove(ws)

    async with real_server(handler) as (url, _):
        old, seen = await connect(url), []
        await crowd.until(lambda: len(ends) == 1)
        new = await connect(url)
        await crowd.until(lambda: len(ends) == 2)
        first, second = ends
        seen.append(registry == {"Ada": second})
        crowd.cut(old)
        await crowd.until(lambda: first not in ends)
        seen.append(registry == {"Ada": second})
        await new.close()
        await crowd.until(lambda: not ends)
        return [*seen, registry == {}]


def test_the_newer_connection_stays_with_a_real_server_too():
    assert asyncio.run(real_registry(staying())) == [True, True, True]
    assert asyncio.run(real_registry(staying(lambda registry, name, ws: name in registry))) == [True, False, True]


async def real_hall(hall, seconds=5):
    """Let somebody vanish from a hall; return (what Ada hears of six messages, how many outboxes are left)."""
    outboxes, count = set(), 0

    async def handler(ws):
        nonlocal count
        count += 1
        try:
            await hall(ws, outboxes)
        finally:
            count -= 1

    async with real_server(handler) as (url, _):
        eve, ada = await connect(url), await connect(url)
        await crowd.until(lambda: len(outboxes) == 2)
        crowd.cut(eve)
        await crowd.until(lambda: count == 1)
        heard = []
        for message in "123456":
            await ada.send(message)
            with contextlib.suppress(TimeoutError):
                heard.append(await asyncio.wait_for(ada.recv(), seconds))
            if heard[-1:] != [message]:
                break
        left = len(outboxes)
        crowd.cut(ada)
        for each in list(outboxes):  # the broken one waits for room: make some
            while not each.empty():
                each.get_nowait()
                await asyncio.sleep(0)
        await crowd.until(lambda: count == 0)
        return "".join(heard), left


@pytest.mark.parametrize("hall", [halls(), hall_with_tasks, hall_with_recv])
def test_a_right_hall_lets_a_real_client_vanish(hall):
    assert asyncio.run(real_hall(hall)) == ("123456", 1)


async def the_third_report():
    """Let Ada wait for room, when Dot comes; and then let Cy, who is slow, take a message."""
    hall = Hall(broken_hall())
    await hall.come("Cy", slow=True)
    await hall.come("Ada")
    await hall.say("Ada", *"123456")
    await hall.come("Dot")
    hall.guests["Cy"].wake()
    await hall.happens("Cy wakes up")


def test_who_waits_in_the_given_hall_is_thrown_out_when_somebody_comes():
    with pytest.raises(Stopped, match="changed size"):
        played(the_third_report, call="")


def test_the_given_hall_is_held_up_by_a_real_client_that_has_vanished():
    heard, left = asyncio.run(real_hall(broken_hall(), 1))
    assert 0 < len(heard) < 6 and left == 2


async def pushed(box):
    """Tell a real client, that is slow, of many values by way of an outbox; return the last value of each sensor."""
    ready, outbox = asyncio.Event(), box()

    async def handler(ws):
        ready.set()
        pushing = asyncio.create_task(push(ws))
        await ws.wait_closed()
        pushing.cancel()

    async def push(ws):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await ws.send("%s %s" % tuple(await outbox.get()))

    async with real_server(handler) as (url, _):
        client, got = await crowd.slow_client(url), {}
        await ready.wait()
        for number in range(300):
            outbox.put("ab"[number % 2], number)
            if number % 7 == 0:
                await asyncio.sleep(0)
        async with asyncio.timeout(5):
            while got != {"a": "298", "b": "299"}:
                sensor, value = (await client.recv()).split()
                assert int(value) > int(got.get(sensor, -1))
                got[sensor] = value
        return got


@pytest.mark.parametrize("box", [Newest, WithNames, WithALoop])
def test_a_right_outbox_works_with_a_real_client(box):
    assert asyncio.run(pushed(box)) == {"a": "298", "b": "299"}


def test_what_the_exercise_says_of_newest_with_room_is_true():
    """With room for twenty, a busy sensor pushes out the values of all others, too."""
    queue = asyncio.Queue(20)
    for sensor in ["a", *["busy"] * 20]:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(sensor)
    assert "a" not in [queue.get_nowait() for _ in range(20)]


def test_an_answer_that_waits_endlessly_is_stopped_everywhere(card):
    for task in ("12.2", "12.4", "12.6"):
        words = card(task, waits)
        assert words.startswith("[x]") or "stopped after" in words, words


def test_the_checks_leave_nothing_behind_in_a_kernel():
    wrong_ones = """
async def waits(*args):
    await asyncio.Event().wait()


for task, answer in (("12.2", waits), ("12.3", waits), ("12.4", waits), ("12.4", broken_hall), ("12.6", waits)):
    check(task, answer)
"""
    *_, left = run_cells(*code_cells(NOTEBOOK), wrong_ones, LEFT)
    assert left == "[]"
