"""A server with many clients, of which one is gone, or slow: what lesson 12 measures, and what it looks at.

    async def at_once(clients, message):            # a way to tell all clients something
        broadcast(clients, message)

    await crowd.one_is_gone(at_once)
    run = await crowd.measure(at_once)              # who waits, who is behind, what is kept

On the way, bytes wait in four places: in the server's process, in the server's and in the
client's operating system, in the client's process. The two in the middle hold a few megabytes on
one machine, and little between a server and a telephone. Here they are made small.
"""

import asyncio
import contextlib
import re
import socket
import time
from collections import namedtuple
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from . import servers
from .steady import errors_logged
from .workspace import ROOT

SECONDS = 5  # how long one step may take
ROOM = 8192  # bytes that each operating system is asked to keep; Linux takes twice as much
SIZE = 16384  # characters of an update
EVERY = 0.005  # seconds from one update to the next
REST = 0.02  # seconds that the slow client rests after each update
LASTS = 0.8  # seconds for which one way is measured
SAMPLE = 0.02  # seconds from one look to the next
TICK = 0.002  # seconds from one tick of the clock to the next
QUICK = 3  # clients beside the slow one


async def until(condition, seconds=SECONDS):
    """Wait until `condition()` is true: what happens at the other end of a connection takes a moment.

    Raises TimeoutError after `seconds`.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nobody sets an event for the things that a cell looks at
            await asyncio.sleep(0.002)


def unsent(connection):
    """Return how many bytes wait in this process until the client of `connection` takes some: int."""
    if hasattr(connection, "transport"):
        return connection.transport.get_write_buffer_size()
    return connection.link.pending()  # pocketws


def cut(connection):
    """End a client's connection without a goodbye, as a network that fails does."""
    (connection.transport if hasattr(connection, "transport") else connection.link).abort()


@contextlib.asynccontextmanager
async def people(url, count):
    """Give a list of `count` new connections to the server at `url`, for as long as the block lasts."""
    async with contextlib.AsyncExitStack() as stack, asyncio.timeout(SECONDS):
        yield [await stack.enter_async_context(connect(url)) for _ in range(count)]


async def start(name, handler, **options):
    """Start a server as `servers.start` does, with little room on the way and without compression."""
    listener = small_socket()
    listener.bind((servers.HOST, 0))
    return await servers.start(name, handler, host=None, port=None, sock=listener, compression=None, **options)


async def slow_client(url):
    """Return a client's connection that holds one message, and takes no more from the network until recv()."""
    sock = small_socket()
    sock.setblocking(False)
    async with asyncio.timeout(SECONDS):
        host, port = re.search(r"//([\d.]+):(\d+)", url).groups()
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        return await connect(url, sock=sock, compression=None, max_queue=1, ping_interval=None)


def small_socket():
    """Return a new TCP socket for which the operating system keeps little."""
    sock = socket.socket()
    for which in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        sock.setsockopt(socket.SOL_SOCKET, which, ROOM)
    return sock


class Registry(set):
    """The connections of a server whose clients only listen. join: its handler."""

    def connections(self):
        """Return the connections: a list."""
        return list(self)

    async def join(self, connection):
        self.add(connection)
        try:
            await connection.wait_closed()
        finally:
            self.discard(connection)


# ended: str, whose connection the server ended with 1011, or "nobody". heard: list of str, who has the message.
# logged: list of str, what the server logged as errors.
Gone = namedtuple("Gone", "ended heard logged")


async def one_is_gone(tell):
    """Let Ada say "hi" to Ada, Bob and Cy, when Bob has left and is not yet off the list. Return a Gone.

    tell: coroutine function of the connections (a set) and a message, which the handler of Ada awaits.
    """
    clients, told, failed, saved = set(), asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handler(connection):
        clients.add(connection)
        try:
            async for message in connection:
                try:
                    await tell(clients, message)
                except Exception:
                    failed.set()
                    raise
                finally:
                    told.set()
        finally:
            await saved.wait()
            clients.discard(connection)

    names = ("Ada", "Bob", "Cy")
    url = await servers.start("gone", handler)
    with errors_logged() as logged:
        async with people(url, 3) as connections:
            ada, bob, _ = connections
            await until(lambda: len(clients) == 3)
            await bob.close()
            await ada.send("hi")
            await told.wait()
            saved.set()
            if failed.is_set():
                await ada.wait_closed()  # or else the end of the server would come first
            await servers.stop("gone")
            heard = [name for name, client in zip(names, connections, strict=True) if "hi" in await _rest(client)]
    ended = [name for name, client in zip(names, connections, strict=True) if client.close_code == 1011]
    return Gone(ended[0] if ended else "nobody", heard, logged)


async def join_during(tell, full):
    """Tell two clients "hi"; while that goes on, a third one joins. Return "told", or the name of the exception.

    tell: coroutine function of the connections (a set) and a message. full: bool, whether all the room on the way
        to the two is taken before.
    """
    clients = Registry()
    url = await start("meanwhile", clients.join)
    pair = [await slow_client(url) for _ in range(2)]
    await until(lambda: len(clients) == 2)
    blocks = [asyncio.create_task(client.send("." * (1 << 18))) for client in clients] if full else []
    await asyncio.sleep(0)  # they begin
    telling = asyncio.create_task(tell(clients, "hi"))
    await asyncio.sleep(0)  # and so does it
    third = await slow_client(url)
    await until(lambda: len(clients) == 3)
    reading = [asyncio.create_task(_rest(client)) for client in (*pair, third)]
    await asyncio.wait([telling, *blocks], timeout=SECONDS)
    telling.cancel()
    async with asyncio.timeout(SECONDS):
        await servers.stop("meanwhile")
        outcomes = await asyncio.gather(telling, *blocks, *reading, return_exceptions=True)
    return "told" if outcomes[0] is None else type(outcomes[0]).__name__


async def _rest(client):
    """Return the list of the messages that still come, to the end of the connection."""
    messages = []
    with contextlib.suppress(ConnectionClosed):
        async for message in client:
            messages.append(message)
    return messages


# ---- the measurement


@dataclass(frozen=True)
class Run:
    """What became of updates, one every EVERY seconds, to QUICK quick clients and a slow one.

    name: str. longest: seconds (float) that telling all of them one update took at the most.
    seconds, quick, slow, unsent: lists of equal length, of what each look saw: the time (float) since
        the start; how many updates the last of the quick clients, and the slow one, were behind (int; None
        for a client that the server has dropped); bytes that waited for the slow one in the server's process.
    """

    name: str
    longest: float
    seconds: list
    quick: list
    slow: list
    unsent: list

    def __repr__(self):
        return repr(Runs([self]))


class Runs(list):
    """Runs that a notebook shows as a table, as they were at the end."""

    def __repr__(self):
        lines = [
            "                      longest   updates behind   kept for",
            "                         wait   quick     slow   the slow",
        ]
        for run in self:
            slow = "gone" if run.slow[-1] is None else run.slow[-1]
            lines.append(
                f"{run.name:17}{1000 * run.longest:8.1f} ms{run.quick[-1]:8}{slow:>9}{run.unsent[-1] / 1024:7.0f} KiB"
            )
        return "\n".join(lines)


async def measure(tell, deliver=None, room=1):
    """Publish updates for LASTS seconds, and return a Run.

    tell: coroutine function that is given the connections (a set) and an update (str). With `deliver`, it is
        given instead a dict, which has for each client its outbox, an asyncio.Queue with `room`, and the task in
        which the coroutine function `deliver` is given the connection and the outbox. When that task ends, so
        does the connection.
    Raises what `tell` raises.
    """
    audience = Registry() if deliver is None else Outboxes(deliver, room)
    taken = {}  # for each client, the number of the newest update that it has
    url = await start("crowd", audience.join)
    clients = [await slow_client(url) for _ in range(QUICK + 1)]
    await until(lambda: len(audience) == QUICK + 1)
    clock = _Clock()
    readers = [
        asyncio.create_task(_read(client, taken, clock, rest))
        for client, rest in zip(clients, [0] * QUICK + [REST], strict=True)
    ]
    port = clients[-1].local_address[1]
    slow = next(end for end in audience.connections() if end.remote_address[1] == port)
    teller = _Teller(tell, audience, clock)
    telling, ticking = asyncio.create_task(teller.run()), asyncio.create_task(clock.run())
    name = tell.__name__ if deliver is None else f"{tell.__name__}, room {room}"
    try:
        return await _watch(name, teller, telling, clients, taken, slow)
    finally:
        tasks = (telling, ticking, *readers)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for client in clients:
            client.transport.abort()
        async with asyncio.timeout(SECONDS):
            await servers.stop("crowd")


class Outboxes(dict):
    """{outbox: the task that empties it} of a server whose clients only listen. join: its handler."""

    def __init__(self, deliver, room):
        super().__init__()
        self._deliver, self._room = deliver, room
        self._connections = []

    def connections(self):
        """Return the connections, in the order in which they came: a list."""
        return self._connections

    async def join(self, connection):
        outbox = asyncio.Queue(self._room)
        delivery = asyncio.create_task(self._deliver(connection, outbox))
        end = asyncio.create_task(connection.wait_closed())
        self[outbox] = delivery
        self._connections.append(connection)
        try:
            await asyncio.wait([delivery, end], return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self[outbox]
            self._connections.remove(connection)
            for task in (delivery, end):
                task.cancel()


class _Clock:
    """Seconds since the start, without those in which this process had no CPU: others may be at work on the machine."""

    def __init__(self):
        self._ticked = 0.0
        self._at = time.perf_counter()

    @property
    def now(self):
        return self._ticked + min(time.perf_counter() - self._at, 3 * TICK)

    async def run(self):
        while True:
            await asyncio.sleep(TICK)
            self._ticked, self._at = self.now, time.perf_counter()

    async def sleep_until(self, moment):
        while (left := moment - self.now) > 0:  # noqa: ASYNC110 - this clock may go slower than asyncio's
            await asyncio.sleep(max(left, TICK / 4))


class _Teller:
    """Tells an update every EVERY seconds, or as soon as the one before is told. longest: see Run."""

    def __init__(self, tell, audience, clock):
        self._tell, self._audience, self.clock = tell, audience, clock
        self.longest = 0
        self._began = None

    async def run(self):
        number = 0
        while True:
            await asyncio.sleep(TICK / 4)  # also when it is late: the clients live in the same loop
            await self.clock.sleep_until(number * EVERY)
            self._began = self.clock.now
            await self._tell(self._audience, f"{number:08}".ljust(SIZE, "."))
            self.look()
            self._began = None
            number += 1

    def look(self):
        """Count the wait that goes on, too."""
        if self._began is not None:
            self.longest = max(self.longest, self.clock.now - self._began)


async def _read(client, taken, clock, rest):
    """Take updates, and note the number of the newest in `taken`; rest after each for `rest` seconds."""
    with contextlib.suppress(ConnectionClosed):
        async for message in client:
            taken[client] = int(message[:8])
            if rest:
                await clock.sleep_until(clock.now + rest)


async def _watch(name, teller, telling, clients, taken, slow):
    *quick, slow_one = clients
    looks = []
    while not looks or looks[-1][0] < LASTS:
        await asyncio.wait([telling], timeout=SAMPLE)
        if telling.done():
            telling.result()  # raises what went wrong
        seconds = teller.clock.now
        due = int(seconds / EVERY)
        behind = due - min(taken.get(client, -1) for client in quick)
        is_here = slow.close_code is None and slow.state.name == "OPEN"
        looks.append((seconds, behind, due - taken.get(slow_one, -1) if is_here else None, unsent(slow)))
    teller.look()
    return Run(name, teller.longest, *map(list, zip(*looks, strict=True)))


async def times_out(tell):
    """Tell a client that takes nothing 8 MB in half a second; return whether keepalive has ended it soon after.

    tell: coroutine function of the connections (a set) and a message. The server sends a ping every 0.1 seconds,
        and gives up on a client whose pong does not come in 0.1 seconds.
    """
    clients = Registry()
    url = await start("silent", clients.join, ping_interval=0.1, ping_timeout=0.1, close_timeout=0.1)
    silent = await slow_client(url)
    await until(lambda: clients)
    try:
        for _ in range(100):
            await tell(clients, "." * (5 * SIZE))
            await asyncio.sleep(EVERY)
        with contextlib.suppress(TimeoutError):
            await until(lambda: not clients, 0.5)  # the end itself takes close_timeout
        return not clients
    finally:
        cut(silent)
        async with asyncio.timeout(SECONDS):
            await servers.stop("silent")


# ---- what others measured


class Table(list):
    """Rows, pairs of a name and a number, that a notebook shows as a table."""

    def __repr__(self):
        return "\n".join(f"{name:12}{number:>9,} messages/s" for name, number in self)


def benchmark(row="broadcast to 1,000, 64 B binary", names=("websockets", "pocketws", "raw")):
    """Return the Table of a row of docs/benchmarks.md: messages a second, for the libraries in `names`."""
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    found = re.findall(rf"^\| {re.escape(row)} \| (\S+) \| ([\d,]+) messages/s \|", text, re.MULTILINE)
    numbers = {name: int(number.replace(",", "")) for name, number in found}
    return Table((name, numbers[name]) for name in names)
