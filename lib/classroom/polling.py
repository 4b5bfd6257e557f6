"""Three ways to learn of a goal, and what each costs: polling, long polling, and a WebSocket.

    results = await race(Polling(0.2), LongPolling(), WebSocket())
    results            # a table: requests, bytes, latency
    results[0].bytes

All of them follow the same match at the same time, over loopback, each with a server of its
own. A wiretap before each server counts what the two programs hand to TCP, both ways.

The answers of our HTTP server are as short as it can make them: it leaves out the Date that
RFC 9110 section 6.6.1 asks for, so that a cell shows the same bytes each time. A browser's
requests and a real server's answers are longer, and HTTP pays that price each time.
"""

import asyncio
import contextlib
import random
import statistics
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.client import connect as open_websocket

from . import servers
from .wiretap import Wiretap

HOST = "news.example"  # the site that our requests name: RFC 2606 keeps this name free for examples
SECONDS = 5  # how long one step, such as an answer, may take
LONGEST_WAIT = 20  # seconds after which a long poll is answered even if there is nothing new
SHORTEST_INTERVAL = 0.005  # seconds


def random_moments(seed, count=10, seconds=2):
    """Return `count` random times within `seconds`, in order."""
    dice = random.Random(seed)
    return sorted(round(dice.uniform(0, seconds), 3) for _ in range(count))


# Random times, but this seed was chosen: no two goals are closer than 95 ms, and none falls within 12 ms of a
# question that is asked every 0.1 or 0.2 s. A machine that is a little late does not change the outcome.
SEED = 4010
MOMENTS = random_moments(SEED)


# ---- the match, and the server's side


@dataclass(frozen=True)
class Goal:
    """What the audience waits for. text: str. time: float, when it was scored, by the clock of the event loop."""

    text: str
    time: float


class Board:
    """The goals of a match so far, and everyone who waits for the next one."""

    def __init__(self):
        self.goals = []
        self._waiting = set()
        self._asked = asyncio.Event()

    def score(self):
        """Add a goal, and tell those who wait."""
        goal = Goal(f"goal {len(self.goals) + 1}", _now())
        self.goals.append(goal)
        for future in self._waiting:
            if not future.done():
                future.set_result(goal)
        self._waiting.clear()
        self._asked.clear()

    async def play(self, moments):
        """Score a goal at each of the `moments`, seconds from now."""
        start = _now()
        for moment in moments:
            await asyncio.sleep(start + moment - _now())
            self.score()

    async def next_goal(self):
        """Wait for the next goal to be scored, and return it."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        self._asked.set()
        try:
            return await future
        finally:
            self._waiting.discard(future)
            if not self._waiting:
                self._asked.clear()

    async def news(self, after):
        """Return the goals after the first `after`, as soon as there are any."""
        while len(self.goals) <= after:
            await self.next_goal()
        return self.goals[after:]

    async def someone_waits(self):
        """Return once at least one listener waits for a goal."""
        async with asyncio.timeout(SECONDS):
            await self._asked.wait()


class Site:
    """A server that tells of the goals on `board`: `serve` by HTTP, `push` by WebSocket.

    requests: the paths (str) it was asked for, WebSocket handshakes included.
    """

    def __init__(self, board):
        self.board = board
        self.requests = []

    async def serve(self, reader, writer):
        """Answer the requests on one connection; for servers.listen."""
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return  # the client has hung up
            except asyncio.LimitOverrunError:
                head = b""  # longer than any request of ours
            try:
                path, after = _parse_request(head)
            except ValueError:
                writer.write(_response("400 Bad Request", ""))
                await writer.drain()
                return
            self.requests.append(path)
            goals = await self.answer(path.partition("?")[0], after)
            if goals is None:
                writer.write(_response("404 Not Found", ""))
            else:
                writer.write(_response("200 OK", "".join(goal.text + "\n" for goal in goals)))
            await writer.drain()

    async def answer(self, page, after):
        """Return the list of goals to answer with, or None if there is no such page."""
        if page == "/news":
            return self.board.goals[after:]
        if page == "/wait":
            return await self.wait(after)
        return None

    async def wait(self, after):
        """Return the goals after the first `after` once there are any; after a long time, an empty list."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_WAIT):
                return await self.board.news(after)
        return []

    async def push(self, connection):
        """Send each goal as it is scored; for servers.start."""
        sending = asyncio.create_task(self._send_goals(connection))
        try:
            await connection.wait_closed()
        finally:
            sending.cancel()
            await asyncio.wait([sending])

    async def _send_goals(self, connection):
        sent = 0
        while True:
            for goal in await self.board.news(sent):
                await connection.send(goal.text)
                sent += 1

    def note(self, connection, request):
        """Count a WebSocket handshake, which is an HTTP request as well; for process_request."""
        self.requests.append(request.path)


class ForgetfulSite(Site):
    """A site that wakes those who wait, and keeps nothing for those who come a moment later."""

    async def wait(self, after):
        return [await self.board.next_goal()]


def _parse_request(head):
    """Return (path with its query, the number after "after="). Raises ValueError for other than our requests."""
    lines = head.decode("ascii").split("\r\n")
    method, path, version = lines[0].split(" ")
    if method != "GET" or version != "HTTP/1.1" or not any(line.lower().startswith("host:") for line in lines[1:]):
        raise ValueError(lines[0])
    after = int(parse_qs(urlsplit(path).query).get("after", ["0"])[0])
    if after < 0:
        raise ValueError(path)
    return path, after


def _response(status, body):
    """Return a whole HTTP response as bytes."""
    lines = f"HTTP/1.1 {status}", "Content-Type: text/plain", "Cache-Control: no-store", f"Content-Length: {len(body)}"
    return "\r\n".join([*lines, "", body]).encode("ascii")


# ---- the client's side


class Line:
    """The client's end of an HTTP connection."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    async def ask(self, request):
        """Send `request` (bytes) and return the whole response (bytes). Raises TimeoutError after SECONDS."""
        async with asyncio.timeout(SECONDS):
            return await self._exchange(request)

    async def goals(self, path):
        """Ask for `path` and return the goals (list of str) of the answer, however long that takes to come."""
        request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode("ascii")
        async with asyncio.timeout(LONGEST_WAIT + SECONDS):
            response = await self._exchange(request)
        if not response.startswith(b"HTTP/1.1 200 "):
            raise ValueError(f"the site answered {response.splitlines()[0]!r}")
        return response.partition(b"\r\n\r\n")[2].decode("ascii").splitlines()

    async def listen(self, seconds):
        """Return the bytes that come without being asked for within `seconds`; b"" if none do."""
        try:
            async with asyncio.timeout(seconds):
                return await self._reader.read(1000)
        except TimeoutError:
            return b""

    async def _exchange(self, request):
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return head + await self._reader.readexactly(length)


@contextlib.asynccontextmanager
async def connect(address):
    """Open a connection to a server at `address`, such as "127.0.0.1:49152"; give a Line, closed at the end."""
    reader, writer = await asyncio.wait_for(asyncio.open_connection(*address.split(":")), SECONDS)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@dataclass(frozen=True)
class Polling:
    """Ask for news every `interval` seconds."""

    interval: float

    def __post_init__(self):
        if not SHORTEST_INTERVAL <= self.interval <= 60:
            raise ValueError(f"the interval is {self.interval}; expected {SHORTEST_INTERVAL} to 60 seconds")

    @property
    def name(self):
        return f"polling, {self.interval:g} s"

    async def follow(self, address, watch):
        async with connect(address) as line:
            due = _now()
            while True:
                watch.saw(await line.goals(f"/news?after={watch.seen}"))
                if watch.over:
                    return
                due += self.interval
                await asyncio.sleep(due - _now())


@dataclass(frozen=True)
class LongPolling:
    """Ask for news, and ask again as soon as the answer is there; the server answers when it has some."""

    name: str = "long polling"

    async def follow(self, address, watch):
        async with connect(address) as line:
            while not watch.over:
                watch.saw(await line.goals(f"/wait?after={watch.seen}"))


@dataclass(frozen=True)
class WebSocket:
    """Open a WebSocket, and take what comes."""

    name: str = "WebSocket"

    async def follow(self, address, watch):
        async with open_websocket(f"ws://{address}/", compression=None) as connection:
            watch.opened()
            while not watch.over:
                watch.saw([await connection.recv()])


# ---- the measurement


class Watch:
    """What one client saw of a match, and what it cost.

    name: str. seen: int, the goals that arrived. latencies: seconds (float) from each goal to its arrival.
    requests: int. empty: int, the answers without a goal. handshake: int, the bytes of opening a WebSocket, or 0.
    bytes_sent, bytes_received, bytes: int, as the client sees it; `bytes` is their sum.
    """

    def __init__(self, name, board, total, site, tap):
        self.name = name
        self.latencies = []
        self.texts = []
        self.empty = 0
        self.handshake = 0
        self._board, self._total, self._site, self._tap = board, total, site, tap

    @property
    def seen(self):
        return len(self.texts)

    @property
    def over(self):
        return self.seen >= self._total

    def saw(self, texts):
        """Note that these goals, a list of str, arrived now."""
        now = _now()
        self.empty += not texts
        for text in texts:
            self.latencies.append(now - self._board.goals[_number(text) - 1].time)
            self.texts.append(text)

    def opened(self):
        """Note that the WebSocket is open."""
        self.handshake = self.bytes

    @property
    def requests(self):
        return len(self._site.requests)

    @property
    def bytes_sent(self):
        return self._tap.bytes_from_client

    @property
    def bytes_received(self):
        return self._tap.bytes_from_server

    @property
    def bytes(self):
        return self.bytes_sent + self.bytes_received

    @property
    def mean(self):
        """The mean latency in seconds."""
        return statistics.mean(self.latencies)

    @property
    def worst(self):
        """The longest latency in seconds."""
        return max(self.latencies)


class Results(list):
    """The watches of a race, in its order. A notebook shows them as a table."""

    def __repr__(self):
        lines = ["                requests  empty   bytes   bytes     latency, ms", ""]
        lines[1] = "                  made   answers  sent  received    mean   worst"
        for watch in self:
            lines.append(
                f"{watch.name:16}{watch.requests:6}{watch.empty:9}{watch.bytes_sent:8}{watch.bytes_received:8}"
                f"{watch.mean * 1000:10.1f}{watch.worst * 1000:8.1f}"
            )
        return "\n".join(lines)


async def race(*ways, moments=MOMENTS):
    """Let each of the `ways` follow the same match at the same time; return Results.

    moments: the seconds from the start at which goals are scored. The servers are gone when this returns.
    Raises ValueError for no ways or no goals, TimeoutError if the goals do not arrive SECONDS after the last.
    """
    if not ways or not moments:
        raise ValueError("a race needs at least one way, and one goal")
    for way in ways:
        if not hasattr(way, "follow"):
            raise ValueError(f"{way!r} is no way to follow a match: write Polling(0.2), LongPolling() or WebSocket()")
    board = Board()
    results = Results()
    addresses = []
    slowest = max((way.interval for way in ways if isinstance(way, Polling)), default=0)
    async with contextlib.AsyncExitStack() as stack:
        for index, way in enumerate(ways):
            site = Site(board)
            tap = Wiretap(await _open_site(f"race {index}", way, site, stack))
            await stack.enter_async_context(tap)
            addresses.append(urlsplit(tap.url).netloc)
            results.append(Watch(way.name, board, len(moments), site, tap))
        async with asyncio.timeout(max(moments) + slowest + SECONDS), asyncio.TaskGroup() as group:
            for way, address, watch in zip(ways, addresses, results, strict=True):
                group.create_task(way.follow(address, watch))
            group.create_task(board.play(moments))
    return results


async def _open_site(name, way, site, stack):
    """Start the server that this way needs; return its URL. It stops with the `stack`."""
    stack.push_async_callback(servers.stop, name)
    if isinstance(way, WebSocket):
        return await servers.start(name, site.push, process_request=site.note, compression=None)
    return f"http://{await servers.listen(name, site.serve)}/"


async def follow(site, match, total):
    """Return the numbers (list of int) of the goals that a long-polling client of `site` saw.

    match: coroutine function that takes the site's board and scores the goals.
    total: int, stop after so many; a client that waits in vain stops half a second after the match.
    """
    found = []

    async def watch(address):
        async with connect(address) as line:
            while len(found) < total:
                found.extend(_number(text) for text in await line.goals(f"/wait?after={len(found)}"))

    name = "follow"
    try:
        async with asyncio.timeout(2 * SECONDS):
            watching = asyncio.create_task(watch(await servers.listen(name, site.serve)))
            try:
                await match(site.board)
                await asyncio.wait([watching], timeout=0.5)
            finally:
                watching.cancel()
                await asyncio.wait([watching])
    finally:
        await servers.stop(name)
    return found


def _number(text):
    """Return the number of a goal, such as 3 for "goal 3"."""
    return int(text.split()[1])


def factor(before, after):
    """Return `after` / `before`, rounded: 1, 2, 3 ... or 1/2, 1/3 ..."""
    return round(after / before) if after >= before else 1 / round(before / after)


def _now():
    return asyncio.get_running_loop().time()
