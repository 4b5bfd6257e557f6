"""What the fault tests put to the test: the same client program and the same servers, on both runtimes."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess

from websockets.asyncio.client import connect

import pocketws
from tests.network.board.fault_client import converse, outcome
from tests.test_micropython import ROOT, micropython

RUNTIMES = ("cpython", "micropython")
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}


def open_files():
    """Return the number of files, sockets among them, that this process holds open."""
    return len(os.listdir("/dev/fd"))


async def client_outcomes(runtime, todo):
    """Return what outcome() returns for each pair of a URI and options for connect(), one after another."""
    if runtime == "cpython":
        return [await outcome(uri, options) for uri, options in todo]
    program = [micropython(), "tests/network/board/fault_client.py"]
    process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, **PIPES)
    lines = "\n".join(json.dumps(pair) for pair in todo)
    output, _ = await process.communicate(lines.encode())
    lines = output.decode().splitlines()
    assert len(lines) == len(todo) + 1, output.decode()
    *outcomes, (before, after) = [json.loads(line) for line in lines]
    assert before == after, f"files, streams and tasks: {before} before, {after} after"
    return outcomes


class Servers:
    """Servers whose handler is converse(), one for each of `settings` (list of dict, options for serve()).

    ports: list of int.
    """

    def __init__(self, settings):
        self._settings = settings
        self._outcomes = asyncio.Queue()
        self._stack = contextlib.AsyncExitStack()

    async def _handler(self, ws):
        await self._outcomes.put(await converse(ws))

    async def __aenter__(self):
        servers = [pocketws.serve(self._handler, "127.0.0.1", 0, **options) for options in self._settings]
        servers = [await self._stack.enter_async_context(server) for server in servers]
        self.ports = [server.sockets[0].getsockname()[1] for server in servers]
        return self

    async def next_outcome(self):
        """Return what converse() returns in the next handler that ends."""
        return await self._outcomes.get()

    async def __aexit__(self, kind, error, traceback):
        await self._stack.aclose()
        assert kind or self._outcomes.empty(), "there was another connection"


class BoardServers:
    """The same on MicroPython."""

    def __init__(self, settings):
        self._settings = settings

    async def __aenter__(self):
        self.ports = free_ports(len(self._settings))
        program = [micropython(), "tests/network/board/fault_server.py"]
        self._process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, **PIPES)
        todo = list(zip(self.ports, self._settings, strict=True))
        self._process.stdin.write(json.dumps(todo).encode() + b"\n")
        assert await self._process.stdout.readline() == b"ready\n"
        self._before = await self._held()
        return self

    async def _held(self):
        async with connect(f"ws://127.0.0.1:{self.ports[0]}/held", compression=None) as ws:
            held = json.loads(await ws.recv())
        await self.next_outcome()
        return held

    async def next_outcome(self):
        line = await self._process.stdout.readline()
        if not line.startswith(b"["):
            self._process.terminate()
            raise AssertionError((line + await self._process.stdout.read()).decode())
        return json.loads(line)

    async def __aexit__(self, kind, error, traceback):
        after = None if kind else await self._held()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        output, _ = await self._process.communicate()
        assert kind or not output, output.decode()
        assert kind or self._before == after, f"files, streams and tasks: {self._before} before, {after} after"


def servers(runtime, settings):
    return Servers(settings) if runtime == "cpython" else BoardServers(settings)


def free_ports(count):
    """Return ports (list of int) that are free: a board's server cannot tell which one it got."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]
