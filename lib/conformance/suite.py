"""Runs many cases: against a server, or as a server to which the client under test connects again and again."""

import asyncio
import contextlib
import time
from urllib.parse import parse_qs

from pocketws.exceptions import InvalidHandshake, InvalidStatus
from pocketws.frames import OP_TEXT
from pocketws.handshake import answer, check_request, generate_key, reject

from . import play, play_opening, report
from .cases import every
from .model import CLIENT, FAILED, SERVER, Habit, Request, Response, Result, Series
from .opening import REQUEST, CannotOpen, Cut, Target, ask, open_connection, read_request, response_for
from .peer import Peer, Record
from .play import Times
from .wire import accept, listen

AT_ONCE = 4  # connections to a server at the same time
SLOW = 60.0  # seconds without a connection after which we think that a client has given up


class Results(list):
    """A list of Results that shows itself as a table."""

    def __repr__(self):
        return report.table(self)

    @property
    def passed(self):
        """Whether every case was played, and none FAILED."""
        return all(result is not None and result.passed for result in self)


async def run(target, cases=None, times=None, at_once=AT_ONCE, tls=None, progress=None):
    """Test the server at a URL; return Results, in the order of the cases.

    target: str, ws:// or wss://; it must send each message back with the same opcode.
    cases: list from `cases()`, of which those for clients are left out; None for all, reduced.
    times: Times. tls: ssl.SSLContext for wss.
    at_once: int, connections at the same time. progress: callable that is given each Result.
    Raises InvalidURI, and CannotOpen if there is no WebSocket server at all.
    """
    target = Target(target, tls)
    times = times or Times()
    cases = every() if cases is None else cases
    cases = [case for case in cases if SERVER in case.roles]
    await _probe(target, times)
    results = Results([None] * len(cases))
    waiting = iter(enumerate(cases))

    async def work():
        for number, case in waiting:
            results[number] = await one(case, target, times)
            if progress:
                progress(results[number])

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
    return results


async def _probe(target, times):
    """Raise CannotOpen unless the server answers with status 101, or tries to: the cases tell what is wrong with it."""
    wire = await target.connect(times.reply)
    try:
        response, _ = await ask(wire, target.request(REQUEST, generate_key()), times.reply)
        if response.status_code != 101:
            raise CannotOpen(str(InvalidStatus(response)))
    finally:
        wire.close()


async def one(case, target, times):
    """Play one case with the server at a Target; return its Result."""
    record = Record()
    start = time.perf_counter()
    try:
        if isinstance(case, Request):
            result = await play_opening.request(case, target, times, record)
        else:
            wire, codec, rest = await open_connection(target, times.reply, record, case.deflate)
            result = await _play(case, Peer(wire, SERVER, record, codec, rest), times)
    except CannotOpen as error:
        result = Result(case, FAILED, FAILED, "an open connection", str(error), wire=record.lines)
    result.seconds = time.perf_counter() - start
    return result


async def _play(case, peer, times):
    """Play an Exchange or a Series."""
    play_it = play.series if isinstance(case, Series) else play.exchange
    try:
        return await play_it(case, peer, times)
    finally:
        await peer.leave()


def _connections(case):
    return case.connections if isinstance(case, Habit) else 1


class ClientTest:
    """A server that tests the client that connects to it.

        async with ClientTest(cases) as test:
            print(test.url)
            results = await test.wait()

    The client connects to the URL and sends each message back, again and again, until the
    server answers 410 (Gone). Each connection plays the next case. Clients written for
    Autobahn's fuzzing server work, too: they ask for /getCaseCount, then for
    /runCase?case=1 and so on, and for /updateReports.

    host, port: where to listen; port 0 takes any free one. path: str, that the URL shows.
    cases: list from `cases()`, of which those for servers are left out; None for all, reduced.
    times: Times. tls: ssl.SSLContext of a server, for wss.
    progress: callable that is given each Result.
    """

    def __init__(self, cases=None, host="127.0.0.1", port=0, path="/", times=None, tls=None, progress=None):
        self.cases = [case for case in (every() if cases is None else cases) if CLIENT in case.roles]
        self.results = Results([None] * len(self.cases))
        self._place = host, port
        self._path = path
        self._times = times or Times()
        self._tls = tls
        self._progress = progress
        self._plan = [number for number, case in enumerate(self.cases) for _ in range(_connections(case))]
        self._next = 0  # where in the plan, which has the number of a case for each connection, we are
        self._visits = {}  # number of a Habit: the Visits so far
        self._done = asyncio.Event()
        self._tasks = set()
        self.connections = 0  # with a request, so far
        self.activity = time.monotonic()  # when a client was last served

    async def __aenter__(self):
        self._socket = listen(*self._place)
        host, port = self._socket.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        self.url = f"{'wss' if self._tls else 'ws'}://{host}:{port}{self._path}"
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_):
        tasks = [self._listening, *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._socket.close()

    @property
    def over(self):
        """Whether every case has its Result."""
        return self._done.is_set()

    async def wait(self, seconds=SLOW):
        """Wait until every case has its Result, and return Results.

        Raises TimeoutError where no client was seen for `seconds`.
        """
        while not self.over:
            left = self.activity + seconds - time.monotonic()
            if left <= 0 and not self._tasks:
                missing = sum(result is None for result in self.results)
                raise TimeoutError(f"no client for {seconds:g} s; {missing} cases are left")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(left, 0.05)):
                    await self._done.wait()
        return self.results

    async def _listen(self):
        while True:
            wire = await accept(self._socket)
            task = asyncio.create_task(self._serve(wire))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, wire):
        try:
            await self._converse(wire)
            self.connections += 1
        except (TimeoutError, Cut, OSError):
            pass  # it never asked for anything, as when someone tries whether the port is open
        finally:
            wire.close()
            self.activity = time.monotonic()

    async def _converse(self, wire):
        """Serve one connection: a case, or one of the questions of Autobahn's clients."""
        record = Record()
        if self._tls is not None:
            async with asyncio.timeout(self._times.reply):
                await wire.start_tls(self._tls)
        fault = None
        try:
            request, rest = await read_request(wire, self._times.reply)
            record.add("<-", f"request {request.path}")
            check_request(request)
        except InvalidHandshake as error:
            fault, request, rest = error, None, b""
        path, _, query = request.path.partition("?") if request else ("", "", "")
        if path.endswith("/getCaseCount"):
            await self._tell(wire, request, rest, str(len(self._plan)))
        elif path.endswith("/updateReports"):
            await self._tell(wire, request, rest, None)
        else:
            number = self._number(path, query)
            if number is None:
                await wire.send(reject(410, "All cases have been played.\n").serialize())
                await wire.finish()
            elif fault is not None:
                await wire.send(answer(fault).serialize())
                self._note(number, Result(self.cases[number], FAILED, FAILED, "a valid request", str(fault)), record)
            else:
                await self._play_case(number, wire, request, rest, record)

    async def _tell(self, wire, request, rest, message):
        """Answer a question of a client written for Autobahn: send one text, or none, and close."""
        await wire.send(response_for(request)[0])
        peer = Peer(wire, CLIENT, Record(), first=rest)
        if message is not None:
            await peer.send_message(OP_TEXT, message.encode())
        await peer.close()
        await peer.until(lambda: peer.over, self._times.reply)
        await peer.finish(self._times.end)
        await peer.leave()

    def _number(self, path, query):
        """Return the number of the case for a new connection, or None if there is none left."""
        if path.endswith("/runCase"):
            text = parse_qs(query).get("case", [""])[0]
            at = int(text) - 1 if text.isdecimal() else -1
        else:
            at = self._next
            self._next += 1
        return self._plan[at] if 0 <= at < len(self._plan) else None

    async def _play_case(self, number, wire, request, rest, record):
        case = self.cases[number]
        start = time.perf_counter()
        if isinstance(case, Habit):
            visits = self._visits.setdefault(number, [])
            visits.append(await play_opening.visit(wire, request, rest, self._times, record))
            if len(visits) < case.connections:
                return
            result = play_opening.judge_visits(case, visits, record)
        elif isinstance(case, Response):
            result = await play_opening.response(case, wire, request, rest, self._times, record)
        else:
            data, codec = response_for(request, wanted=case.deflate)
            record.add("->", "response", data)
            await wire.send(data)
            result = await _play(case, Peer(wire, CLIENT, record, codec, rest), self._times)
        result.seconds = time.perf_counter() - start
        self._note(number, result, record)

    def _note(self, number, result, record):
        result.wire = record.lines
        self.results[number] = result
        if self._progress:
            self._progress(result)
        if all(result is not None for result in self.results):
            self._done.set()
