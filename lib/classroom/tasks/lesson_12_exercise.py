"""The tasks of the exercise of lesson 12.

Where an answer needs `broadcast`, it is judged with real clients of `websockets`; whoever is slow among them has a
transport that takes nothing. The others are judged on connections in memory, in a loop whose clock is its own: so
nothing ever waits, and nobody can be too slow.
"""

import asyncio
import contextlib
import gc
import inspect
import math
import re
import weakref

from websockets import ConnectionClosed, ConnectionClosedError, broadcast, connect

from .. import crowd
from ..checks import NotStarted, Stopped, Wrong, attempt, task
from ..figure import plural
from ..judging import Text, attempt_with, must_be, must_have, readable, stopped, with_article
from .lesson_06 import with_idea
from .lesson_07_exercise import real_server
from .lesson_08_exercise import LONG, death, played
from .lesson_10_exercise import in_quiet, must_be_coroutine_function, patience

# ---------------------------------------------------------------- 12.1

PEOPLE = {"ada": "A", "bob": "B", "cy": "C", "dot": "D"}
HEARD = {"A": "ACD", "B": "", "C": "CD", "D": "ACD", "E": "A"}  # the first letters of those who hear the message
THROWN_OUT = "BD"

# (way, the first letters of those who were said to hear it): (looks, idea)
HEARD_IDEAS = {
    ("A", "CD"): ("a sender who is left out.", "Nothing in this line takes Ada out of `clients`."),
    ("A", "ABCD"): ("a message to somebody who has left.", "Bob's connection is closed. broadcast leaves him out."),
    ("A", "A"): ("a broadcast that ends with Bob.", "In lesson 12, *In practice*: it goes on with the next one."),
    ("A", ""): ("a broadcast that ends with Bob.", "In lesson 12, *In practice*: it goes on with the next one."),
    ("B", "CD"): ("a loop that steps over whoever is gone.", "send to Bob raises ConnectionClosed. Who catches it?"),
    ("B", "ACD"): ("a sender who hears herself.", "She is left out. And send to Bob raises: who catches it?"),
    ("B", "A"): ("a sender who hears herself.", "`client is not ws` leaves her out. Who comes next in the list?"),
    ("C", "ACD"): ("a sender who hears herself.", "`client is not ws` leaves her out."),
    ("C", ""): ("a loop that ends with the exception.", "The try is inside the loop. What comes after `pass`?"),
    ("C", "BCD"): (
        "a message to somebody who has left.",
        "Nobody is told of the exception. Bob hears nothing all the same.",
    ),
    ("D", "A"): ("gather taken for a loop.", "gather begins all the sends, before any of them is over."),
    ("D", ""): ("a gather that takes everything back.", "The other sends had begun. What is sent is sent."),
    ("D", "CD"): ("a sender who is left out.", "Nothing in this line takes Ada out of `clients`."),
    ("D", "ABCD"): ("a message to somebody who has left.", "Bob's connection is closed: send to him raises."),
    ("E", "ACD"): (
        "a loop that goes on after the exception.",
        "The try is around the whole loop. Who comes after Bob?",
    ),
    ("E", ""): ("a loop that never begins.", "Ada is the first in the list, before Bob."),
    ("E", "CD"): ("a loop that steps over Ada and Bob.", "Ada is the first in the list. And who comes after Bob?"),
}


@task(
    "12.1",
    "who hears it?",
    hints=(
        "For each: who is told before Bob, and who after him? send to Bob raises ConnectionClosed. Where is it caught?",
        "broadcast leaves out whoever is closed. gather begins all its sends before one of them can fail. A try inside "
        "the loop lets the loop go on, one around the loop ends it. What nobody catches leaves Ada's handler.",
        "A and D: Ada Cy Dot. B: nobody. C: Cy Dot. E: Ada. In two of the ways the exception leaves the handler: in "
        "those without a try that send to Bob themselves.",
    ),
)
def who_hears_it(answer):
    keys = [*HEARD, "1011"]
    must_have(keys, answer, 'It is a dict with the keys "A" to "E" and "1011". Keep them, and replace the dots.')
    missing = [key for key in keys if answer[key] is ...]
    if len(missing) == len(keys):
        raise NotStarted()
    for key in HEARD:
        if key not in missing:
            judge_heard(key, answer[key])
    if "1011" not in missing:
        judge_thrown_out(answer["1011"])
    if missing:
        raise Wrong(idea=f"Right so far. Still to do: {', '.join(missing)}.")


def judge_heard(key, given):
    """Raise Wrong unless `given` names those who hear the message in the way `key`."""
    words = re.findall(r"\w+", " ".join(map(str, given)) if isinstance(given, list | tuple | set) else str(given))
    people = {word.lower() for word in words} - {"nobody", "and"}
    if not isinstance(given, str | list | tuple | set) or not people <= set(PEOPLE):
        idea = f'"{key}": write the names, such as "Ada Dot", or "nobody".'
        raise Wrong("an answer that is not made of the four names.", idea, got=readable(given))
    letters = "".join(sorted(PEOPLE[name] for name in people))
    if letters != HEARD[key]:
        other = ("other people.", "Go through the list in its order, and stop at Bob: what happens there?")
        if "B" in letters:
            other = ("a message to somebody who has left.", "Bob's connection is closed. Nothing reaches him.")
        looks, idea = HEARD_IDEAS.get((key, letters), other)
        raise Wrong(looks, f'"{key}": {idea}', got=readable(given))


def judge_thrown_out(given):
    """Raise Wrong unless `given` has the letters of the ways in which Ada's connection is ended with 1011."""
    letters = {letter for letter in str(given).upper() if letter.isalpha()} - (
        set("NOBODY") if str(given).lower() == "nobody" else set()
    )
    if not isinstance(given, str | list | tuple | set) or not letters <= set(HEARD):
        idea = '"1011": write the letters of the ways, such as "ACE".'
        raise Wrong("an answer that is not made of the letters A to E.", idea, got=readable(given))
    if letters == set(THROWN_OUT):
        return
    looks, idea = "one way too few.", "In which ways does send to Bob raise, and no except is there?"
    if "A" in letters:
        looks, idea = "a broadcast that raises.", "It leaves out whoever is closed, and raises nothing."
    elif letters & set("CE"):
        looks, idea = (
            "an exception that gets past its except.",
            "There it is caught. Only what leaves the handler counts.",
        )
    elif not letters:
        looks, idea = "a server that forgives.", "What leaves a handler, its server logs, and closes with 1011."
    elif letters == {"B"}:
        idea = "gather hands the exception on to whoever awaits it. Who is that?"
    raise Wrong(looks, f'"1011": {idea}', got=readable(given))


# ---------------------------------------------------------------- 12.2


class Waiting:
    """A connection in memory of which only the end can be seen. name: str."""

    def __init__(self, name):
        self.name, self.over = name, asyncio.Event()

    def __repr__(self):
        return self.name

    async def wait_closed(self):
        await self.over.wait()


# What happens: + comes, - closes, x is cancelled, as by the end of a server. After each, who is in the registry.
STAYS = (
    (("+Ada1", "Ada1"), ("+Bob1", "Ada1 Bob1"), ("-Ada1", "Bob1"), ("-Bob1", "")),
    (("+Ada1", "Ada1"), ("+Ada2", "Ada2"), ("-Ada1", "Ada2"), ("-Ada2", "")),
    (("+Ada1", "Ada1"), ("+Ada2", "Ada2"), ("-Ada2", ""), ("-Ada1", "")),
    (("+Ada1", "Ada1"), ("xAda1", "")),
)
TOLD = {"+": "stay(%s, %r, registry)", "-": "%s is closed", "x": "the handler of %s is cancelled"}

STAY_CRASHES = (
    ("KeyError", "The newer connection has taken the entry along. registry.get(name) gives None then."),
    ("changed size", "A dict must not change while you go through it. Here you need no loop."),
    ("unhashable|object is not subscriptable|indices must be", "registry is a dict: registry[name] is a connection."),
    ("has no attribute", "Await the end with ws.wait_closed(). Nothing else is needed of ws."),
)


@task(
    "12.2",
    "keep the registry right",
    hints=(
        "The key is the name. What is the value, if others are to send to it? And whose entry may a handler remove?",
        "Another connection may stand under the name by now, or none. Remove the entry only if it is still your own.",
        "The blanks, in order: name, ws, registry.get(name) is ws.",
    ),
)
def keep_the_registry_right(answer):
    must_be_coroutine_function(answer, None, "Ada", {})
    for moves in STAYS:
        played(stayed, answer, moves, call=Text("stay(ws, name, registry)"))


async def stayed(answer, moves):
    """Let connections come and go, and raise Wrong or Stopped for a registry that is not right."""
    registry, here, tasks, story = {}, {}, {}, []
    for move, right in moves:
        kind, name = move[0], move[1:]
        story.append(TOLD[kind] % ((name, name[:-1]) if kind == "+" else name))
        call = Text(", then ".join(story))
        if kind == "+":
            here[name] = Waiting(name)
            tasks[name] = asyncio.create_task(answer(here[name], name[:-1], registry))
        elif kind == "-":
            here[name].over.set()
        else:
            tasks[name].cancel()
        await asyncio.sleep(1)  # of this loop's own clock: until nobody has anything to do
        for each in tasks.values():
            if (error := death(each)) is not None:
                raise with_idea(stopped(error, answer, call), STAY_CRASHES)
        judge_registry(registry, move, {one[:-1]: here[one] for one in right.split()}, call)
        if kind == "+" and tasks[name].done():
            raise Wrong("a handler that ends at once.", "await ws.wait_closed() waits for the end.", call=call)
        if kind != "+" and not tasks[name].done():
            idea = "The connection is over. What does the handler wait for?"
            raise Wrong("a handler that never ends.", idea, call=call)


def judge_registry(registry, move, right, call):
    """Raise Wrong unless the registry is the `right` one after this move."""
    if registry == right:
        return
    kind, name = move[0], move[1:]
    person = name[:-1]
    looks, idea = "a registry with other entries.", "registry[name] is the connection of this name, while it is open."
    if kind == "+":
        if any(isinstance(key, Waiting) for key in registry):
            looks, idea = "a registry the wrong way round.", "The name is the key, and the connection is the value."
        elif person in registry and not isinstance(registry[person], Waiting):
            looks, idea = "something else in the place of the connection.", "Others want to send to it: put in ws."
        elif isinstance(registry.get(person), Waiting):
            looks = "a newcomer who is turned away."
            idea = "The one before may be dead for a long time. The newer connection takes the place."
        elif person not in registry:
            looks, idea = "somebody who is not in the registry.", "registry[name] = ws, before the wait."
    elif kind == "x":
        looks, idea = "a clean-up that is left out.", "However the handler ends: what stands under finally is done."
    elif person in right and person not in registry:
        looks = "a newcomer thrown out by the one before."
        idea = "The older handler has removed an entry that is not its own. Compare first."
    elif person in registry:
        looks, idea = "somebody who stays in the registry.", "The connection is over: remove the entry."
    raise Wrong(looks, idea, call=call, expected=shown(right), got=shown(registry))


def shown(registry):
    return Text({str(key): str(value) for key, value in registry.items()})


# ---------------------------------------------------------------- 12.3

LIMIT = 65536  # bytes, as in the exercise
GONE, LATE, HALF = None, 100_000, 40_000  # bytes that wait for a client; with HALF of them, `send` waits already
SAID = "All aboard"

CROWDS = (
    {"Ada": 0, "Bob": 0, "Cy": 0},
    {"Bob": GONE, "Dot": GONE, "Ada": 0, "Cy": 0, "Eve": 0},
    {"Dot": LATE, "Ada": 0, "Bob": 0},
    {"Finn": HALF, "Ada": 0, "Bob": 0},
    {"Dot": LATE, "Bob": GONE, "Eve": LATE, "Ada": 0, "Cy": 0, "Finn": HALF},
    {"Ada": LATE, "Bob": 0},
    {"Ada": 0},
)
STATES = {GONE: "gone", LATE: "late", HALF: "a little slow"}

SEND_CRASHES = (
    ("changed size", "A set must not change while you go through it. Nobody has to leave `clients` here."),
    (
        "unsupported operand|not iterable|unhashable",
        "clients is a set, and so is {sender}. broadcast takes connections, too: a set or a list of them.",
    ),
    ("can't be used in 'await'", "broadcast() is a plain function: call it without await."),
    ("get_write_buffer_size", "It is a method of the transport: ws.transport.get_write_buffer_size(), with ()."),
    ("not supported between", "It is a method: ws.transport.get_write_buffer_size(), with ()."),
    ("KeyError", "discard takes out, and does not mind if there is nothing to take."),
)


class Held:
    """The transport of a connection whose client takes nothing: what is sent stays here. size: bytes that wait."""

    def __init__(self, connection, size):
        self._transport, self._size, self.data = connection.transport, size, b""
        connection.transport = self
        connection.pause_writing()  # as a transport does that holds more than write_limit

    def write(self, data):
        self.data += data

    def get_write_buffer_size(self):
        return self._size + len(self.data)

    def __getattr__(self, name):
        return getattr(self._transport, name)


class InOrder(set):
    """A set that is gone through in a known order, so that an answer gets the same verdict each time."""

    def __init__(self, items):
        super().__init__(items)
        self._order = list(items)

    def __iter__(self):
        return (item for item in self._order if item in self)

    def __sub__(self, other):
        return self.difference(other)

    def difference(self, *others):
        return InOrder([item for item in self if not any(item in other for other in others)])

    def copy(self):
        return InOrder(list(self))


class Server:
    """The ends of connections at a server, by the names of their clients."""

    def __init__(self):
        self.ends, self.clients = [], {}

    async def join(self, ws):
        self.ends.append(ws)
        await ws.wait_closed()

    async def connect(self, url, name):
        """Connect a client, and return the server's end of it."""
        self.clients[name] = await connect(url, compression=None, close_timeout=1)
        await crowd.until(self._all_here, patience())
        return self.ends[-1]

    def _all_here(self):
        return len(self.ends) == len(self.clients)


@task(
    "12.3",
    "wait for nobody",
    hints=(
        "Find out first who is late. All others, but for the sender, are told. Which function of the lesson sends to "
        "many, waits for nobody, and leaves out whoever is gone?",
        "Make the set of all whose ws.transport.get_write_buffer_size() is above LIMIT, without the sender. Then "
        "broadcast to clients, minus the sender, minus these. Return the set.",
        "others = clients - {sender}; late = {ws for ws in others if ws.transport.get_write_buffer_size() > LIMIT}; "
        "broadcast(others - late, message); return late",
    ),
)
def wait_for_nobody(answer):
    for who in CROWDS:
        states = [f"{name} is {STATES[size]}" for name, size in who.items() if size != 0]
        call = Text(f"to_others(ada, {SAID!r}, clients), and {' and '.join(states) or 'all are well'}")
        in_quiet(call, told_in_a_crowd, answer, who, call)


async def told_in_a_crowd(answer, who, call, records):
    """Let Ada say something to those who are there, and judge what becomes of it."""
    server, ends, held = Server(), {}, {}
    async with real_server(server.join) as (url, _):
        for name, size in who.items():
            ends[name] = await server.connect(url, name)
            if size is GONE:
                await server.clients[name].close()
                await ends[name].wait_closed()
            elif size:
                held[name] = Held(ends[name], size)
        clients = InOrder(list(ends.values()))
        got = await sent_by(answer, ends["Ada"], clients, call)
        broadcast([ends[name] for name, size in who.items() if size == 0], "")
        heard = {name: await heard_by(server.clients[name], held.get(name)) for name in who}
    judge_words(heard, who, call)
    if clients != set(ends.values()):
        idea = "Who is in the registry, its handlers decide. clients - {sender} makes a new set."
        raise Wrong("a registry that was changed.", idea, call=call)
    judge_late(got, ends, who, call)


async def heard_by(client, held):
    """Return how often a client was told: int. The empty message, which comes after all others, is the last."""
    if held is not None:
        return held.data.count(SAID.encode())
    count = 0
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(patience()):
            while message := await client.recv():
                count += message == SAID
    return count


async def turns():
    """Let everybody go on who need not wait: for as many turns of the loop as no answer needs, whatever its style."""
    for _ in range(100):
        await asyncio.sleep(0)


async def sent_by(answer, sender, clients, call):
    """Return what the answer gives. Raises NotStarted, Wrong or Stopped."""
    before = asyncio.all_tasks()
    try:
        got = attempt_with(SEND_CRASHES, answer, sender, SAID, clients)
    except Stopped as error:
        error.details["call"] = call
        raise
    if inspect.isawaitable(got):
        telling = asyncio.ensure_future(got)
        await turns()
        if not telling.done():
            telling.cancel()
            await asyncio.wait([telling], timeout=patience())
            idea = "`await send` waits until the client has taken enough. gather and close wait, too. What does not?"
            raise Wrong("a wait for somebody who is slow.", idea, call=call)
        error = death(telling)
        if isinstance(error, ConnectionClosed):
            idea = "send to somebody who is gone raises ConnectionClosed, and the sender's handler would end with it."
            raise Wrong("a message that dies with somebody who is gone.", idea, call=call)
        if error is not None:
            raise with_idea(stopped(error, answer, call), SEND_CRASHES)
        got = telling.result()
    await turns()
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    for each in left:
        each.cancel()
    if left:
        idea = "A task that waits for somebody slow is a wait, too: nobody counts these tasks. What waits for nobody?"
        raise Wrong("a task that is left behind.", idea, call=call)
    return got


def judge_words(heard, who, call):
    """Raise Wrong unless those heard it, once, who should."""
    for name, size in who.items():
        if name == "Ada":
            if heard[name]:
                raise Wrong("an echo: the sender hears it, too.", "Ada knows what she said. Leave her out.", call=call)
        elif size == LATE and heard[name]:
            idea = f"More than LIMIT bytes wait for {name} already. Leave {name} out, and return the connection."
            raise Wrong("one message more for somebody who is late.", idea, call=call)
        elif size in (0, HALF) and not heard[name]:
            idea = f"{name} should have heard it. "
            if GONE in who.values():
                idea += "Does a client that is gone keep it from the others?"
            elif LATE in who.values() or HALF in who.values():
                idea += "Late is who has more than LIMIT bytes to take, and nobody else."
            else:
                idea += "Is there an `await` before each send? Or: what does broadcast do?"
            raise Wrong("somebody left out.", idea, call=call)
        elif heard[name] > 1:
            raise Wrong("a message that is sent twice.", f"{name} heard it {heard[name]} times.", call=call)


def judge_late(got, ends, who, call):
    """Raise Wrong unless `got` is the set of the connections that are late."""
    names = {end: name for name, end in ends.items()}
    right = sorted(name for name, size in who.items() if size == LATE and name != "Ada")
    must_be(set | frozenset, got, call, "In it are the connections of those who are late, or nothing.")
    if not all(item in names for item in got):
        idea = "Return the connections themselves: whoever called will close them."
        raise Wrong("a set of something else.", idea, call=call)
    found = sorted(names[item] for item in got)
    if found == right:
        return
    looks, idea = "other clients than wanted.", "Return those for whom more than LIMIT bytes wait."
    if "Ada" in found:
        looks, idea = "the sender among the late.", "The sender gets nothing, so nothing can be late."
    elif any(who[name] is GONE for name in found):
        looks, idea = "somebody gone taken for late.", "Whoever is gone needs no goodbye, and its handler knows."
    elif any(who[name] in (0, HALF) for name in found):
        looks, idea = "somebody who is not late.", "Late is who has more than LIMIT bytes to take."
    elif set(found) < set(right):
        looks = "somebody late who is not named."
    raise Wrong(looks, idea, call=call, expected=right, got=found)


# ---------------------------------------------------------------- 12.4

ROOM = 2  # messages in an outbox, as in the exercise
GAP = 1e-6  # seconds from one message to the next, by the loop's own clock: even the shortest wait makes one late


class Guest:
    """A connection in memory to somebody who says, and hears, what the story wants.

    heard: list of (second, message). slow: bool, takes nothing until it is told to.
    """

    def __init__(self, slow=False):
        self.heard, self._says, self._over = [], asyncio.Queue(), asyncio.Event()
        self._awake = asyncio.Event()
        if not slow:
            self._awake.set()

    def say(self, message):
        self._says.put_nowait(message)

    def wake(self):
        self._awake.set()

    def leave(self, lost=False):
        """Close the connection, or lose it."""
        self._over.set()
        self._awake.set()
        self._says.put_nowait(ConnectionClosedError(None, None) if lost else StopAsyncIteration())

    async def send(self, message):
        if not isinstance(message, str | bytes):
            raise TypeError(f"send() takes a text or bytes, not {with_article(type(message))}")
        await self._awake.wait()
        if self._over.is_set():
            raise ConnectionClosedError(None, None)
        self.heard.append((asyncio.get_running_loop().time(), message))

    async def recv(self):
        message = await self._says.get()
        if isinstance(message, Exception):
            raise ConnectionClosedError(None, None)
        return message

    async def wait_closed(self):
        await self._over.wait()

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = await self._says.get()
        if isinstance(message, Exception):
            raise message
        return message

    def __repr__(self):
        return "ws"


class Hall:
    """Guests in the student's hall. heard(name): what a guest has heard. call: what has happened, as text."""

    def __init__(self, answer):
        self.answer, self.outboxes = answer, set()
        self.guests, self.tasks, self.story = {}, {}, []

    @property
    def call(self):
        return Text(", then ".join(self.story))

    async def happens(self, text):
        """Add to the story, and let everybody go on as far as they can."""
        self.story.append(text)
        await asyncio.sleep(1)  # of this loop's own clock
        for each in self.tasks.values():
            error = death(each)
            if isinstance(error, ConnectionClosed):
                idea = "No exception leaves the hall: catch ConnectionClosed."
                raise Wrong("a guest who vanishes, taken for a fault.", idea, call=self.call)
            if error is not None:
                raise with_idea(stopped(error, self.answer, self.call), HALL_CRASHES)

    async def come(self, name, slow=False):
        self.guests[name] = Guest(slow)
        self.tasks[name] = asyncio.create_task(self.answer(self.guests[name], self.outboxes))
        await self.happens(f"{name} comes" + (", who is slow" if slow else ""))
        if self.tasks[name].done():
            raise Wrong("a hall that throws its guests out.", "`async for` goes on until the end.", call=self.call)

    async def say(self, name, *messages):
        """Let a guest say messages, one by one; return the seconds at which each was said, as {message: second}."""
        said = {}
        for message in messages:
            said[message] = asyncio.get_running_loop().time()
            self.guests[name].say(message)
            await asyncio.sleep(GAP)
        await self.happens(f"{name} says {', '.join(messages)}")
        return said

    async def leave(self, name, how):
        """Let a guest leave, vanish, or be cancelled, and judge what is left."""
        count = len(self.outboxes)
        if how == "is cancelled":
            self.tasks[name].cancel()
        else:
            self.guests[name].leave(lost=how == "vanishes")
        await self.happens(f"{name} {how}")
        if not self.tasks[name].done():
            idea = f"The connection of {name} is over. What does the handler wait for?"
            raise Wrong("a handler that never ends.", idea, call=self.call)
        if len(self.outboxes) >= count:
            idea = "Nobody empties it any more. However the hall ends: what stands under finally is done."
            raise Wrong("an outbox that stays when its owner is gone.", idea, call=self.call)

    def heard(self, name):
        return [message for _, message in self.guests[name].heard]


HALL_CRASHES = (
    ("QueueFull", "put_nowait() raises QueueFull where there is no room. Look first: each.full()."),
    (
        "changed size",
        "The set has changed while the loop went through it: in the loop itself, or elsewhere while it waited. A loop "
        "that does neither needs no copy.",
    ),
    ("KeyError", "outboxes.remove wants it to be there. discard does not mind."),
    ("can't be used in 'await'|object NoneType", "put_nowait() is a plain method: call it without await."),
    ("object Queue", "What does this line await?"),
    ("CancelledError", "A task that was cancelled raises CancelledError where it is awaited."),
)


@task(
    "12.4",
    "find who holds the hall up",
    hints=(
        "Go through the hall line by line, and ask of each: may it have to wait? Is it carried out if the line before "
        "raises ConnectionClosed?",
        "Three changes. The inner loop must not wait: put_nowait, if there is room. The last two lines belong under "
        "finally. And the exception has to stay inside.",
        "try: async for message in ws: for each in outboxes: if not each.full(): each.put_nowait(message). "
        "except ConnectionClosed: pass. finally: outboxes.discard(outbox), delivery.cancel().",
    ),
)
def find_who_holds_the_hall_up(answer):
    must_be_coroutine_function(answer, None, set())
    for story in (all_quick, one_slow, one_leaves):
        played(story, answer, call=Text("hall(ws, outboxes)"))


async def all_quick(answer):
    hall = Hall(answer)
    await hall.come("Ada")
    await hall.come("Bob")
    if len(hall.outboxes) != 2 or not all(isinstance(each, asyncio.Queue) for each in hall.outboxes):
        idea = "Each guest has one asyncio.Queue in the set: outboxes.add(outbox)."
        raise Wrong("a hall that does not keep its outboxes.", idea, call=hall.call)
    said = await hall.say("Ada", "one", "two") | await hall.say("Bob", "three")
    if hall.heard("Bob") and not hall.heard("Ada")[:1] == ["one"]:
        idea = "In this hall everybody hears everything, whoever says it."
        raise Wrong("a sender who is left out.", idea, call=hall.call)
    for name in hall.guests:
        judge_hall(hall, name, said)


async def one_slow(answer):
    hall = Hall(answer)
    await hall.come("Cy", slow=True)
    await hall.come("Ada")
    await hall.come("Bob")
    said = await hall.say("Ada", *map(str, range(1, 9)))
    for name in ("Ada", "Bob"):
        judge_hall(hall, name, said)
    if any(each.qsize() > ROOM for each in hall.outboxes):
        idea = "What Cy does not take piles up: asyncio.Queue(ROOM), as before."
        raise Wrong("an outbox without a limit.", idea, call=hall.call)
    if len(hall.outboxes) < 3:
        idea = "Cy only misses a message. The outbox stays where it is."
        raise Wrong("a guest thrown out for being slow.", idea, call=hall.call)
    hall.guests["Cy"].wake()
    await hall.happens("Cy wakes up")
    await hall.say("Ada", "9")
    right = [str(number) for number in range(1, ROOM + 2)] + ["9"]
    got = hall.heard("Cy")
    if got != right:
        looks, idea = "other messages for the slow one.", "What does not fit is missed; all else comes, in its order."
        if got[-1:] == ["9"] and "8" in got and "2" not in got:
            looks, idea = "the oldest dropped, not the newest.", "Leave a full outbox as it is."
        elif got == [str(number) for number in range(1, 10)]:
            looks, idea = "messages that pile up elsewhere.", "Cy has missed nothing. Where did it wait, and how long?"
        elif got[-1:] == right[-2:-1]:
            looks, idea = "a guest thrown out for being slow.", "Cy is awake again, and still there."
        raise Wrong(looks, idea, call=hall.call, expected=right, got=got)
    await nothing_left(hall)


async def one_leaves(answer):
    for how in ("leaves", "vanishes", "is cancelled"):
        for slow in (False, True):
            hall = Hall(answer)
            await hall.come("Eve", slow)
            await hall.come("Ada")
            await hall.say("Ada", "one")
            await hall.leave("Eve", how)
            said = {"one": None} | await hall.say("Ada", *"23456")
            judge_hall(hall, "Ada", said)
            if slow and how == "is cancelled":
                hall.guests["Eve"].leave()  # so that a task that sends to her would end
            await nothing_left(hall)


async def nothing_left(hall):
    """Let all guests leave, and raise Wrong if a task goes on."""
    for name in [name for name, each in hall.tasks.items() if not each.done()]:
        await hall.leave(name, "leaves")
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for each in left:
        each.cancel()
    if left:
        idea = "All guests have left, and a delivery still waits for messages. Cancel it, however the hall ends."
        raise Wrong("a task that nobody ended.", idea, call=hall.call)


def judge_hall(hall, name, said):
    """Raise Wrong unless a quick guest has heard all that was `said` ({message: second, or None}), and at once."""
    right, got = list(said), hall.heard(name)
    if len(got) < len(right) and got == right[: len(got)]:
        looks, idea = (
            "a hall that is held up.",
            "Which line waits for room in the outbox of somebody who takes nothing?",
        )
        if not got:
            looks, idea = "a message that nobody hears.", "What is said goes into each outbox, and `deliver` sends it."
        raise Wrong(looks, f"{name} is quick. {idea}", call=hall.call, expected=right, got=got)
    if got != right:
        raise Wrong(
            "other messages than were said.",
            f"{name} is quick, and hears each message once, in order.",
            call=hall.call,
            expected=right,
            got=got,
        )
    late = [message for second, message in hall.guests[name].heard if (said[message] or second) != second]
    if late:
        idea = f"{name} is quick, and heard {late[0]!r} only after a pause. Who waited for whom?"
        raise Wrong("a wait for somebody who is slow.", idea, call=hall.call)


# ---------------------------------------------------------------- 12.5


class Reading:
    """A value of a sensor. It can be seen whether anybody still keeps it."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


# Steps: a put (sensor, value); "get sensor value", which must be there; "wait", a get that has to wait; then a put
# wakes it; "cancel", a get that waits and is cancelled.
BOARDS = (
    ("put a 1", "get a 1"),
    ("put a 1", "put a 2", "get a 2", "wait"),
    ("put a 1", "put b 5", "put a 2", "get a 2", "get b 5", "wait"),
    ("put a 1", "put b 5", "put c 7", "get a 1", "put a 2", "get b 5", "get c 7", "get a 2", "wait"),
    ("wait", "put a 1", "woken a 1", "wait", "put a 1", "woken a 1"),
    ("wait", "put a 1", "put b 2", "woken a 1", "get b 2", "wait"),
    ("wait", "cancel", "put a 1", "get a 1", "wait"),
    ("put a 0", "get a 0", "put a None", "get a None", "wait"),
)

BOX_CRASHES = (
    (
        "StopIteration",
        "There was nothing to take. Is event.wait() awaited? And is the event cleared when nothing is left?",
    ),
    (
        "KeyError|IndexError|empty",
        "There was nothing to take. Is event.wait() awaited? And is the event cleared when nothing is left?",
    ),
    ("has no attribute", "What put and get use must be there from the start: make it in __init__."),
    ("changed size", "Leave the loop, or go through a copy: next(iter(self.waiting)) is the first sensor."),
    (
        "object bool|object NoneType|can't be used in 'await'",
        "event.wait() is awaited, event.set() and clear() are not.",
    ),
    ("missing .* required|takes .* positional", "put takes self, sensor and value; get takes self alone."),
    ("QueueFull", "An asyncio.Queue with a limit may be full. A dict has one place for each sensor."),
)
NEVER = Text("nothing: it waits")


@task(
    "12.5",
    "the newest of each",
    hints=(
        "What holds one value for each sensor, and forgets the one before when a new one comes? A dict does, and it "
        "keeps its keys in the order in which they came in.",
        "put: the value into the dict, then event.set(). get: await event.wait(); take the first sensor of the dict, "
        "and its value, out; if the dict is empty now, event.clear().",
        "__init__: self.waiting, self.news = {}, asyncio.Event(). put: self.waiting[sensor] = value, self.news.set(). "
        "get: await self.news.wait(); sensor = next(iter(self.waiting)); value = self.waiting.pop(sensor); "
        "if not self.waiting: self.news.clear(); return sensor, value.",
    ),
)
def the_newest_of_each(answer):
    if not isinstance(answer, type):
        raise Wrong("something other than a class.", "Give the check the class itself, without ().")
    for name in ("put", "get"):
        if not callable(getattr(answer, name, None)):
            raise Wrong(f"a class without {name}.", f"Write `def {name}(self` in the class.")
    if inspect.iscoroutinefunction(answer.put):
        idea = "Whoever has news must not wait: `def put`, without async."
        raise Wrong("a put that has to be awaited.", idea)
    if not inspect.iscoroutinefunction(answer.get):
        raise Wrong("a get without async.", "get has to wait: begin it with `async def get(self`.")
    quickest(two_boxes, answer)  # first: an event that is shared belongs to the first loop that waits for it
    for steps in BOARDS:
        quickest(boxed, answer, steps)
    quickest(many_values, answer)


def quickest(story, answer, *args):
    """Return what the story gives, as played() does, with an idea of its own about an endless loop."""
    call = Text(f"{answer.__name__}()")
    try:
        return played(story, answer, *args, call=call)
    except Stopped as error:
        if error.details["error"].startswith("stopped after"):
            error.details["idea"] = (
                "A loop that asks again and again? event.wait() waits only if the event has been cleared."
            )
        raise


def made(answer, call):
    """Return a new outbox of the class `answer`. Raises Stopped if its __init__ fails, NotStarted for blanks in get."""
    try:
        box = answer()
    except Exception as error:
        idea = "An outbox is made without arguments, and its __init__ has no parameter but self."
        raise with_idea(stopped(error, answer.__init__, call), [(".", idea)]) from None
    attempt(box.get).close()  # a coroutine that never began
    return box


def put_in(box, sensor, value, call):
    """Call put(). Raises NotStarted, Wrong or Stopped."""
    try:
        got = attempt_with(BOX_CRASHES, box.put, sensor, value)
    except Stopped as error:
        error.details["call"] = call
        raise
    if inspect.iscoroutine(got):
        got.close()
        raise Wrong("a put that has to be awaited.", "Whoever has news must not wait: `def put`.", call=call)


async def boxed(answer, steps):
    """Carry out the steps, and raise Wrong or Stopped for what is not right."""
    done = []
    box = made(answer, Text(f"{answer.__name__}()"))
    values = {text: Reading(text) for text in "1257"} | {"0": 0, "None": None}
    waiting = None
    for step in steps:
        kind, *words = step.split()
        done.append(told(kind, *words))
        call = Text(", ".join(word for word in done if word))
        if kind == "put":
            put_in(box, words[0], values[words[1]], call)
        elif kind == "cancel":
            waiting.cancel()
            await asyncio.sleep(1)
        elif kind == "wait":
            waiting = asyncio.create_task(getting(box))
            await asyncio.sleep(math.pi)  # whoever looks now and then, looks at another moment
            judge_got(waiting, box, NEVER, call)
        else:
            if kind == "get":
                waiting = asyncio.create_task(getting(box))
            start = asyncio.get_running_loop().time()
            await asyncio.wait([waiting], timeout=LONG)
            others = kind == "get" and len({word.split()[1] for word in steps if word.startswith("put")}) > 1
            judge_got(waiting, box, (words[0], values[words[1]]), call, others)
            if asyncio.get_running_loop().time() > start:
                idea = "The value was there, and get came only later. event.wait() wakes up at once."
                raise Wrong("a get that looks now and then.", idea, call=call)


async def getting(box):
    """Await get(), and give it a name in the traceback."""
    return await box.get()


def told(kind, sensor="", value=""):
    """Return a step of a story as text."""
    if kind == "put":
        return f"put({sensor!r}, {value})"
    return {"get": "get()", "wait": "get()", "woken": "", "cancel": "which is cancelled"}[kind]


def judge_got(waiting, box, right, call, others=False):
    """Raise Wrong or Stopped unless the task `waiting` has given the `right` pair, or waits if that is NEVER.

    others: bool, values of other sensors have been put in, too.
    """
    error = death(waiting)
    if error is not None:
        if isinstance(error.__cause__, StopIteration):  # Python makes a RuntimeError of it, without the student's line
            error = error.__cause__
        raise with_idea(stopped(error, box.get, call), BOX_CRASHES)
    if not waiting.done():
        if right is not NEVER:
            waiting.cancel()
            looks, idea = "a get that is never woken.", "There is something to take. Who wakes the one who waits?"
            if others:
                looks = "a value that is lost."
                idea = "Has another sensor pushed it out? Or was the event cleared, while something still waits?"
            raise Wrong(looks, idea, call=call, expected=right, got=NEVER)
        return
    got = waiting.result()
    if right is NEVER:
        if got is None:
            raise Wrong("a get that does not wait.", "Until there is something, it waits.", call=call)
        looks, idea = "a value that comes twice, or is old.", "What was taken, or replaced, is gone."
        raise Wrong(looks, idea, call=call, expected=NEVER, got=got)
    if got is None:
        raise Wrong("a get without a return.", "Return the pair (sensor, value).", call=call, expected=right)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("no pair.", "Return two things: sensor, value.", call=call, expected=right, got=got)
    if tuple(got) != right:
        sensor, value = right
        looks, idea = "another value.", "Each sensor has its newest value."
        if got[0] != sensor:
            looks = "another order."
            idea = "Whose news have waited longest? A newer value takes the place of the old one, in the queue, too."
        elif isinstance(got[1], Reading):
            looks, idea = "an old value.", f"The newest of {sensor!r} is {value}. The one before is of no use any more."
        raise Wrong(looks, idea, call=call, expected=right, got=tuple(got))


async def two_boxes(answer):
    call = Text("put into one outbox, get() from another")
    one, other = made(answer, call), made(answer, call)
    put_in(one, "a", Reading("1"), call)
    waiting = asyncio.create_task(getting(other))
    await asyncio.sleep(1)
    if death(waiting) is None and waiting.done() and waiting.result() is not None:
        idea = "Make it in __init__, for each outbox: what stands in the class itself is the same for all."
        raise Wrong("an outbox that all clients share.", idea, call=call)
    judge_got(waiting, other, NEVER, call)
    waiting.cancel()


async def many_values(answer):
    """Put in many values of few sensors, and look what is kept, and what comes out."""
    call = Text("put() a thousand times, of three sensors")
    box, newest, kept = made(answer, call), {}, []
    for number in range(999):
        sensor = "abc"[number % 3]
        newest[sensor] = Reading(str(number))
        kept.append(weakref.ref(newest[sensor]))
        put_in(box, sensor, newest[sensor], call)
    gc.collect()
    count = sum(value() is not None for value in kept)
    if count > len(newest):
        idea = f"{plural(count, 'value')} of three sensors are kept. A client that is slow makes that grow for ever."
        raise Wrong("old values that are kept.", idea, call=call, expected=len(newest), got=count)
    for sensor, value in newest.items():
        waiting = asyncio.create_task(getting(box))
        await asyncio.wait([waiting], timeout=LONG)
        judge_got(waiting, box, (sensor, value), call)


# ---------------------------------------------------------------- 12.6

ROOM_CRASHES = (
    ("KeyError", "Is there such a room? setdefault makes one, where there is none. pop(path, None) does not mind."),
    ("no attribute 'path'", "The path is in the request: ws.request.path."),
    ("changed size", "Where you await in a loop over a set, go through a copy. Or use broadcast."),
)


@task(
    "12.6",
    "rooms (optional)",
    hints=(
        "Each room is a registry like that of the lesson. The dict finds it: rooms[path]. Who makes a room, who "
        "removes it?",
        "rooms.setdefault(path, set()) gives the set, and makes one if there is none. Then as in `relay`. Under "
        "finally, after discard: if the set is empty, remove it from the dict.",
        "path = ws.request.path; room = rooms.setdefault(path, set()); room.add(ws); try: async for message in ws: "
        "broadcast(room - {ws}, message). except ConnectionClosed: pass. finally: room.discard(ws); if not room: "
        "del rooms[path].",
    ),
)
def rooms_for_all(answer):
    must_be_coroutine_function(answer, None, {})
    in_quiet(Text("the server with rooms"), in_rooms, answer)


class House:
    """Clients in the student's rooms."""

    def __init__(self, answer):
        self.answer, self.rooms = answer, {}
        self.ends, self.clients, self.ended, self.failed, self.story = [], {}, [], [], []
        self.tasks = []

    @property
    def call(self):
        return Text(", then ".join(self.story))

    async def handler(self, ws):
        self.ends.append(ws)
        self.tasks.append(asyncio.current_task())
        try:
            await self.answer(ws, self.rooms)
        except Exception as error:
            self.failed.append(error)
        finally:
            self.ended.append(ws)

    async def come(self, url, name, path):
        self.story.append(f"{name} comes to /{path}")
        self.clients[name] = await connect(url + path, compression=None, close_timeout=1)
        await self.becomes(lambda: len(self.ends) == len(self.clients))
        end = self.ends[-1]
        await self.becomes(lambda: end in self.ended or self.place(end) is not None)
        self.judge_failed()
        if end in self.ended:
            raise Wrong("a handler that ends at once.", "`async for` goes on until the end.", call=self.call)
        if self.place(end) is None:
            idea = 'rooms["/tea"] is the set of the connections in this room.'
            raise Wrong("somebody who is in no room.", idea, call=self.call, got=self.seen())
        if self.place(end) != f"/{path}":
            idea = "The name of the room is the path, with its slash: ws.request.path."
            raise Wrong("a room of another name.", idea, call=self.call, got=self.seen())
        return end

    async def becomes(self, condition):
        """Wait until it is so, but not for ever: what comes next judges it."""
        with contextlib.suppress(TimeoutError):
            await crowd.until(lambda: condition() or self.failed, patience())

    def place(self, end):
        """Return the name of the room in which the connection is, or None."""
        for path, room in self.rooms.items():
            if isinstance(room, set | list | dict | tuple) and end in room:
                return path
        return None

    def seen(self):
        """Return what is in the rooms, for a card."""
        names = dict(zip(self.ends, self.clients, strict=False))
        return Text(
            {
                str(path): " ".join(names.get(end, "?") for end in room) if hasattr(room, "__iter__") else "?"
                for path, room in self.rooms.items()
            }
        )

    def judge_failed(self):
        for error in self.failed:
            if isinstance(error, ConnectionClosed):
                idea = "No exception leaves the handler: catch ConnectionClosed."
                raise Wrong("a client that vanishes, taken for a fault.", idea, call=self.call)
            raise with_idea(stopped(error, self.answer, self.call), ROOM_CRASHES)

    async def say(self, name, message):
        self.story.append(f"{name} says {message}")
        await self.clients[name].send(message)

    async def hear(self, name, message, looks, idea):
        """Raise Wrong with `looks` and `idea` unless `message` is the next that the client hears."""
        try:
            async with asyncio.timeout(patience()):
                got = await self.clients[name].recv()
        except TimeoutError:
            self.judge_failed()
            idea = f"{name} should have heard {message!r}. Who waits for whom? Or is somebody left out?"
            raise Wrong("a message that does not come.", idea, call=self.call) from None
        except ConnectionClosed:
            self.judge_failed()
            raise Wrong("a handler that ends too early.", f"{name} has not left.", call=self.call) from None
        if got != message:
            raise Wrong(looks, idea, call=self.call, expected=message, got=readable(got))

    async def gone(self, name, end, how):
        """Let a client leave, or vanish, and wait until its handler has ended."""
        self.story.append(f"{name} {how}")
        if how == "vanishes":
            crowd.cut(self.clients[name])
        else:
            await self.clients[name].close()
        await self.becomes(lambda: end in self.ended)
        self.judge_failed()
        if end not in self.ended:
            raise Wrong("a handler that never ends.", f"{name} has gone.", call=self.call)
        if self.place(end) is not None:
            idea = "However the handler ends: what stands under finally is done."
            raise Wrong("somebody who stays in the room.", idea, call=self.call, got=self.seen())


async def in_rooms(answer, records):
    house = House(answer)
    async with real_server(house.handler) as (url, _):
        try:
            await visits(house, url)
        finally:
            for end, handling in zip(house.ends, house.tasks, strict=True):
                if end not in house.ended:  # the server would wait for a handler that never ends
                    handling.cancel()


async def visits(house, url):
    """Let clients come, talk and go, and judge what becomes of it."""
    ends = {}
    for name, path in (("Ada", "tea"), ("Bob", "tea"), ("Cy", "cocoa"), ("Dot", "cocoa"), ("Eve", "tea")):
        ends[name] = await house.come(url, name, path)
    await house.say("Ada", "hi")
    await house.hear("Bob", "hi", "another message.", "Pass on the message itself.")
    await house.hear("Eve", "hi", "another message.", "Pass on the message itself.")
    await house.say("Dot", "cold")
    await house.hear("Cy", "cold", "one room for all.", "Cy is in /cocoa, and hears what was said in /tea.")
    await house.say("Bob", "yes")
    await house.hear("Ada", "yes", "an echo: the sender hears it, too.", "Leave the sender out: room - {ws}.")
    await house.hear("Eve", "yes", "another message.", "Each message once.")
    Held(ends["Eve"], LATE)
    house.story.append("Eve takes nothing more")
    await house.say("Bob", "slow?")
    await house.say("Bob", "no!")
    looks, idea = "a wait for somebody who is slow.", "Eve takes nothing, and Ada has to wait. Use broadcast."
    await house.hear("Ada", "slow?", looks, idea)
    await house.hear("Ada", "no!", looks, idea)
    await house.gone("Eve", ends["Eve"], "vanishes")
    await house.gone("Bob", ends["Bob"], "vanishes")
    await house.gone("Cy", ends["Cy"], "leaves")
    await house.gone("Ada", ends["Ada"], "leaves")
    if "/tea" in house.rooms or "/cocoa" not in house.rooms:
        looks, idea = (
            "an empty room that is kept.",
            "Anybody can make up paths. Remove a room with its last client.",
        )
        if "/cocoa" not in house.rooms:
            looks, idea = "a room that is closed too early.", "Dot is still in /cocoa."
        raise Wrong(looks, idea, call=house.call, got=house.seen())
    again = await house.come(url, "Finn", "tea")
    await house.gone("Finn", again, "leaves")
    await house.gone("Dot", ends["Dot"], "leaves")
    if house.rooms:
        raise Wrong("an empty room that is kept.", "All are gone.", call=house.call, got=house.seen())
