"""Three ways to wait for messages, measured; and who holds the event loop, seen.

    await waiting.order(read)                               # what came first: a message, or its reading?
    url = await servers.start("news", waiting.tell_news)
    cost = await waiting.measure("a name", url, reader)     # a Cost: latency and CPU time
    async with waiting.heart() as gaps: ...                 # the seconds between two beats
    with waiting.slow_turns() as names: ...                 # what asyncio's debug mode reports
    trial = await waiting.try_out(work)                     # what a server's work does to others
    await waiting.patience(work)                            # and what a client makes of it that sends pings

Whatever may block runs in a thread of its own, with an event loop of its own if it needs one. So a
reader's CPU time is its thread's: the server, in the notebook's loop, is not counted. And a client
that is to be kept waiting is like another program, which a busy server cannot stop.

The work that blocks is start.slow.
"""

import asyncio
import contextlib
import logging
import random
import re
import socket
import statistics
import threading
import time
from dataclasses import dataclass

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from pocketws.frames import OP_TEXT
from pocketws.handshake import build_request, check_response, generate_key, parse_uri
from pocketws.http import ResponseParser

from . import servers
from .messages import opened

PATIENCE = 5  # seconds for which a socket's read blocks
MOMENT = 0.6  # seconds after which a reader that does not read a socket will not
SECONDS = 10  # how long one run, or one step of it, may take
MESSAGES = 40
LONGEST_PAUSE = 0.025  # seconds between two messages
BEAT = 0.01  # seconds between two beats of a heart


# ---- two sockets


async def order(read):
    """Return what happened, in order: "a sent", "a read" and "b read", a list of str.

    read: function(a, b, note), which runs in a thread and reads two sockets. It calls note(sock) for each that it
        has read. On b, a message is there from the start; a's comes a moment later. Each read takes 5 seconds at
        the most, then it raises TimeoutError.
    """
    happened, b_read = [], threading.Event()
    (a, far_a), (b, far_b) = socket.socketpair(), socket.socketpair()

    def note(sock):
        happened.append("a read" if sock is a else "b read")
        if sock is b:
            b_read.set()

    with a, b, far_a, far_b:
        for sock in (a, b):
            sock.settimeout(PATIENCE)
        far_b.send(b"news")
        reading = asyncio.create_task(asyncio.to_thread(read, a, b, note))
        await asyncio.to_thread(b_read.wait, MOMENT)  # a reader that can read b has done so by then
        happened.append("a sent")
        far_a.send(b"news")
        await reading
    return happened


# ---- the news


async def tell_news(connection):
    """Send MESSAGES texts at random moments, each the time at which it is sent; for servers.start."""
    dice = random.Random(6)  # the same moments for every reader
    for _ in range(MESSAGES):
        await asyncio.sleep(dice.uniform(0, LONGEST_PAUSE))
        await connection.send(repr(time.perf_counter()))


def open_socket(url):
    """Return a socket with a WebSocket to `url` open on it, in non-blocking mode. Raises OSError, InvalidHandshake."""
    uri, key = parse_uri(url), generate_key()
    sock = socket.create_connection((uri.host, uri.port), timeout=SECONDS)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(build_request(uri, key).serialize())
        parser, response = ResponseParser(), None
        while response is None:  # a byte at a time: what follows the response belongs to the reader
            response = parser.feed(sock.recv(1))
        check_response(response, key)
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    return sock


class Inbox:
    """The endpoint behind one reader. latencies: seconds (float) from each message's sending to its `receive`."""

    def __init__(self, sock):
        self.latencies = []
        self._sock = sock
        self._protocol = opened()

    def receive(self, data):
        """Take what the reader has read: bytes."""
        now = time.perf_counter()
        for event in self._protocol.receive_data(data):
            if event.opcode == OP_TEXT:
                self.latencies.append(now - float(event.data))
        answer = self._protocol.data_to_send()
        if answer:  # to a ping, or to the Close frame at the end
            self._sock.send(answer)


# ---- the measurement


@dataclass(frozen=True)
class Cost:
    """What it cost to wait for MESSAGES messages.

    name: str. latencies: seconds (float), one for each message. cpu: seconds of CPU time. seconds: how long it took.
    latency: the median, in ms. cpu_per_message: the mean, in ms. share: the part of one CPU that was used, 0 to 1.
    """

    name: str
    latencies: tuple
    cpu: float
    seconds: float

    def __repr__(self):
        return repr(Costs([self]))

    @property
    def latency(self):
        return 1000 * statistics.median(self.latencies)

    @property
    def cpu_per_message(self):
        return 1000 * self.cpu / len(self.latencies)

    @property
    def share(self):
        return self.cpu / self.seconds


class Costs(list):
    """Costs that a notebook shows as a table."""

    def __repr__(self):
        lines = ["                 latency    CPU per    share of", "                  median    message     one CPU"]
        lines += [
            f"{cost.name:14}{cost.latency:7.2f} ms{cost.cpu_per_message:8.2f} ms{100 * cost.share:10.1f} %"
            for cost in self
        ]
        return "\n".join(lines)


async def measure(name, url, reader, *more):
    """Let `reader` wait for the news at `url`; return its Cost.

    name: str. reader: coroutine function that takes a socket in non-blocking mode, `receive`, which it calls with
        the bytes that it has read, and `more`. It returns when the connection has ended.
    Raises TimeoutError after SECONDS, and ValueError if the reader returns before it has all the news.
    """
    return await asyncio.to_thread(_measured, name, url, reader, more)


def _measured(name, url, reader, more):
    with open_socket(url) as sock:
        inbox = Inbox(sock)
        cpu, seconds = asyncio.run(_timed(reader(sock, inbox.receive, *more)))
    if len(inbox.latencies) != MESSAGES:
        raise ValueError(f"{name} returned after {len(inbox.latencies)} of {MESSAGES} messages")
    return Cost(name, tuple(inbox.latencies), cpu, seconds)


async def _timed(reading):
    """Carry out `reading`, a coroutine; return the seconds of CPU time, and of the clock, that it took."""
    cpu, start = time.thread_time(), time.perf_counter()
    async with asyncio.timeout(SECONDS):
        await reading
    return time.thread_time() - cpu, time.perf_counter() - start


# ---- who holds the loop


@contextlib.asynccontextmanager
async def heart():
    """Let a heart beat every BEAT seconds in this loop; give the list of the gaps (seconds) between its beats."""
    gaps = []

    async def beat():
        before = time.perf_counter()
        while True:
            await asyncio.sleep(BEAT)
            now = time.perf_counter()
            gaps.append(now - before)
            before = now

    task = asyncio.create_task(beat(), name="heart")
    await asyncio.sleep(0)  # it begins
    try:
        yield gaps
        await asyncio.sleep(2 * BEAT)  # a gap that has just ended is seen
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextlib.contextmanager
def slow_turns(seconds=0.1):
    """Switch asyncio's debug mode on; give the list of the names of the tasks whose turns took longer than `seconds`.

    asyncio writes a line about each into its log, which a notebook would show under any cell.
    """
    loop, log, names = asyncio.get_running_loop(), logging.getLogger("asyncio"), []
    before = loop.get_debug(), loop.slow_callback_duration, log.propagate
    listener = _Listener(names)
    log.addHandler(listener)
    log.propagate = False
    loop.set_debug(True)
    loop.slow_callback_duration = seconds
    try:
        yield names
    finally:
        log.removeHandler(listener)
        debug, loop.slow_callback_duration, log.propagate = before
        loop.set_debug(debug)


class _Listener(logging.Handler):
    def __init__(self, names):
        super().__init__(logging.WARNING)
        self._names = names

    def emit(self, record):
        found = re.match(r"Executing .*?name='(.*?)'.* took [\d.]+ seconds$", record.getMessage(), re.DOTALL)
        if found:
            self._names.append(found[1])


@dataclass(frozen=True)
class Trial:
    """What a server's work for client A did to others.

    name: str. waited: seconds (float) until client B had its answer. before: bool, whether that was before the
    end of the work. gap: seconds, the heart's longest. slow: names of tasks, as from slow_turns().
    """

    name: str
    waited: float
    before: bool
    gap: float
    slow: tuple

    def __repr__(self):
        return repr(Trials([self]))


class Trials(list):
    """Trials that a notebook shows as a table."""

    def __repr__(self):
        lines = ["            B waited   longest gap   slow turns of"]
        for trial in self:
            names = ", ".join(trial.slow) or "nobody"
            lines.append(f"{trial.name:12}{trial.waited:6.2f} s{trial.gap:10.2f} s      {names}")
        return "\n".join(lines)


async def try_out(work, seconds=0.5):
    """Let a server `await work(seconds)` for client A; a client B says hello meanwhile. Return a Trial.

    Both talk to the same server; B lives in another thread. Raises TimeoutError if one of them waits for SECONDS.
    """
    connected, begun, ended, b = threading.Event(), threading.Event(), [], None

    async def timed_work():
        begun.set()
        await work(seconds)
        ended.append(time.perf_counter())

    async def say_hello(url):
        async with asyncio.timeout(SECONDS), connect(url) as b:
            connected.set()
            begun.wait(SECONDS)  # blocks this loop, which has nothing else to do
            asked = time.perf_counter()
            await b.send("hello")
            await b.recv()
            return asked, time.perf_counter()

    try:
        url = await servers.start("work", _worker(timed_work))
        with slow_turns(seconds / 2) as slow:
            async with heart() as gaps, asyncio.timeout(SECONDS), connect(url) as a:
                b = asyncio.create_task(asyncio.to_thread(asyncio.run, say_hello(url)))
                await asyncio.to_thread(connected.wait, SECONDS)
                await a.send("work")
                await a.recv()
                asked, answered = await b
    finally:
        begun.set()
        await servers.stop("work")
        if b:
            await asyncio.gather(b, return_exceptions=True)  # its thread ends too where the work has failed
    return Trial(work.__name__, answered - asked, answered < ended[0], max(gaps), tuple(slow))


async def patience(work, seconds=1.5, ping_interval=0.1, ping_timeout=0.5):
    """Let a server `await work(seconds)` for a client that sends a ping every `ping_interval` seconds.

    The client lives in another thread, and gives up when a pong does not come in `ping_timeout` seconds.
    Return ("answered", "") or (its close code, int; what its program is told, str).
    """

    async def ask(url):
        options = {"ping_interval": ping_interval, "ping_timeout": ping_timeout}
        async with asyncio.timeout(SECONDS), connect(url, **options) as connection:
            try:
                await connection.send("work")
                await connection.recv()
                return "answered", ""
            except ConnectionClosed as error:
                return int(connection.close_code), str(error)

    try:
        url = await servers.start("work", _worker(lambda: work(seconds)))
        return await asyncio.to_thread(asyncio.run, ask(url))
    finally:
        await servers.stop("work")


def _worker(work):
    """Return the handler of a server that does `work`, a coroutine function, if asked to; and answers with an echo."""

    async def handler(connection):
        asyncio.current_task().set_name("handler")
        with contextlib.suppress(ConnectionClosed):  # a client may have lost patience: no traceback under a cell
            async for message in connection:
                if message == "work":
                    await work()
                await connection.send(message)

    return handler
