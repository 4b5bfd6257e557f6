"""Starts the strangers' programs, and lets us meet them: the same way, whether they are servers or clients.

    async with stranger.meeting("ping", tapped=True) as met:
        await met.ws.recv()
    await met.report()

`met.ws` is our end of the connection, a ClientConnection or a ServerConnection.
"""

import asyncio
import contextlib
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest

import pocketws
from classroom.wiretap import Wiretap
from tests.browser import find_chromium

ROOT = Path(__file__).parent.parent.parent
NODE = Path(__file__).parent / "node"
STARTING = 90  # seconds for a program to start: a browser on a busy machine is slow
SECONDS = 10  # that anything else may take

_numbers = itertools.count(1)


def missing(reason):
    """Skip the test, or fail it in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def command(program, role, certificates):
    """Return the command (list of str) that starts a stranger; where something for it is missing, skip the test."""
    if program == "ws":
        node = shutil.which("node") or missing("no node found: install your system's packages nodejs and npm")
        if not (NODE / "node_modules" / "ws").exists():
            missing(f"node's package ws is not installed: npm ci --prefix {NODE.relative_to(ROOT)}")
        return [node, str(NODE / "on_ws.mjs"), role, str(certificates)]
    if program == "chromium":
        find_chromium()
        shutil.which("certutil") or missing("no certutil found: install your system's package libnss3-tools")
        if sys.platform != "linux":
            pytest.skip("only on Linux, Chromium has its own CAs in a folder that a test can make")
    return [sys.executable, "-m", f"tests.strangers.on_{program}", role, str(certificates)]


class Met:
    """One connection to a stranger.

    ws: our end of it. tap: the Wiretap in between, or None. report: coroutine function that
    waits until the stranger's program has seen the end of it, and returns what it tells: dict.
    theirs, ours: the senders' names for frames().
    """

    def __init__(self, ws, tap, report, role):
        self.ws = ws
        self.tap = tap
        self.report = report
        self.theirs, self.ours = ("server", "client") if role == "server" else ("client", "server")

    def frames(self, sender, *names):
        """Return the frames of a sender so far that have one of these names: list."""
        return [frame for frame in self.tap.frames if frame.sender == sender and frame.name in names]


class Stranger:
    """The running program of a peer in the matrix.

    peer: matrix.Peer. certificates: Path of the folder that tests/certificates.py makes.
    """

    def __init__(self, peer, certificates):
        self.peer = peer
        self.certificates = certificates
        self._log = tempfile.TemporaryFile("w+")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._log}
        arguments = command(peer.program, peer.role, certificates)
        self._process = subprocess.Popen(arguments, cwd=ROOT, text=True, **pipes)
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            self._ports = self._next(STARTING)["ports"]
        except AssertionError:
            self.stop()
            raise

    @property
    def is_running(self):
        return self._process.poll() is None

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _next(self, seconds=SECONDS):
        """Return what the program says next: dict."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            line = ""
        if line:
            return json.loads(line)
        self._log.seek(0)
        state = "says nothing" if self.is_running else f"ended with {self._process.returncode}"
        raise AssertionError(f"{self.peer.name} {state}\n{self._log.read()}")

    def _report(self, number):
        """Return the report on connection `number`, and drop those of connections whose tests have failed."""
        while (seen := self._next()).pop("id") != number:
            pass
        return seen

    def wait(self):
        """Wait until the program has ended."""
        self._process.wait(SECONDS)

    def stop(self):
        """End the program, which ends by itself when it has nothing more to read."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait()
        self._reader.join()
        self._process.stdout.close()
        self._log.close()

    def order(self, do, query):
        """Return a path (str) that orders `do` with `query` (dict), and what gets the report on it."""
        number = next(_numbers)
        path = f"/{do}?" + urlencode({"id": number} | query)
        return path, lambda: asyncio.to_thread(self._report, number)

    @contextlib.asynccontextmanager
    async def meeting(self, do="echo", query=None, tapped=False, kind="plain", **options):
        """Connect the stranger and us; give a Met. In the end, we close with 1000, unless it is closed by then.

        do: str, and query: dict, what the stranger is to do, see orders.py.
        tapped: bool, with a wiretap in between. kind: "plain" or "secure", or "raw" where the
        stranger shall not compress. options: those of our connect() or serve().
        """
        options.setdefault("ping_interval", None)
        meet = self._meet_server if self.peer.role == "server" else self._meet_client
        async with meet(do, query or {}, tapped, kind, options) as met:
            yield met

    @contextlib.asynccontextmanager
    async def _meet_server(self, do, query, tapped, kind, options):
        path, report = self.order(do, query)
        if do == "ping" and "pinging" in self._ports:
            kind = "pinging"
        if "subprotocols" in options and "choosing" in self._ports:
            kind = "choosing"
        scheme = "wss" if kind == "secure" else "ws"
        url = f"{scheme}://localhost:{self._ports[kind]}{path}"
        async with contextlib.AsyncExitStack() as stack:
            tap = await stack.enter_async_context(Wiretap(url)) if tapped else None
            options.setdefault("host", "127.0.0.1")  # where they listen; some systems try ::1 first
            if tapped:
                url = tap.url
            ws = await stack.enter_async_context(pocketws.connect(url, **options))
            yield Met(ws, tap, report, "server")

    @contextlib.asynccontextmanager
    async def _meet_client(self, do, query, tapped, kind, options):
        path, report = self.order(do, query | ({"raw": "1"} if kind == "raw" else {}))
        arrived, over = asyncio.get_running_loop().create_future(), asyncio.Event()

        async def handler(ws):
            arrived.set_result(ws)
            await over.wait()

        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(pocketws.serve(handler, "127.0.0.1", 0, **options))
            scheme = "wss" if kind == "secure" else "ws"
            url = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}{path}"
            tap = await stack.enter_async_context(Wiretap(url)) if tapped else None
            self._tell(tap.url if tapped else url)
            stack.callback(over.set)
            async with asyncio.timeout(SECONDS):
                ws = await arrived
            yield Met(ws, tap, report, "client")
            over.set()
            await ws.wait_closed()

    async def refused(self, query=None, kind="plain", **options):
        """Let a client connect that is not to succeed; return what it reports, and our end, None if there was none."""
        ours = []

        async def handler(ws):
            ours.append(ws)
            await ws.wait_closed()

        path, report = self.order("echo", query or {})
        async with pocketws.serve(handler, "127.0.0.1", 0, **options) as server:
            scheme = "wss" if kind == "secure" else "ws"
            self._tell(f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}{path}")
            seen = await report()
        return seen, ours[0] if ours else None

    def _tell(self, url):
        self._process.stdin.write(url + "\n")
        self._process.stdin.flush()


class Strangers:
    """Those that are running; one that has ended is started again when it is needed."""

    def __init__(self, certificates):
        self._certificates = certificates
        self._running = {}

    def get(self, peer):
        """Return the Stranger that plays `peer`."""
        stranger = self._running.get(peer)
        if stranger is None or not stranger.is_running:
            if stranger is not None:
                stranger.stop()
            stranger = self._running[peer] = Stranger(peer, self._certificates)
        return stranger

    def stop(self):
        for stranger in self._running.values():
            stranger.stop()
