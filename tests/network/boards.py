"""Boards for tests: programs of tests/network/board, on MicroPython, with a Pico W's heap and a compiled library."""

import asyncio
import json

from tests.network.secure import LATE
from tests.network.subjects import PIPES, free_ports
from tests.test_micropython import ROOT, micropython

HEAP = "192K"
OWN = {"certfile": "server.pem", "keyfile": "server.key"}


class Board:
    """A program of tests/network/board that runs on MicroPython; it is told lines of JSON, and says others."""

    def __init__(self, library, program):
        self._command = [micropython(), "-X", f"heapsize={HEAP}", f"tests/network/board/{program}.py", library]

    async def __aenter__(self):
        self._process = await asyncio.create_subprocess_exec(*self._command, cwd=ROOT, **PIPES)
        return self

    def tell(self, what):
        self._process.stdin.write(json.dumps(what).encode() + b"\n")

    async def said(self):
        """Return the next line: what its JSON stands for, or a str that is none."""
        async with asyncio.timeout(LATE):
            line = await self._process.stdout.readline()
        return json.loads(line) if line.startswith(b"[") else line.decode().rstrip()

    async def __aexit__(self, kind, error, traceback):
        if kind is not None or self._process.returncode is None:
            self._process.terminate()
        output, _ = await self._process.communicate()
        assert kind or not output, output.decode()


class WssClient(Board):
    """A client on a board; it trusts `ca` unless it is told otherwise."""

    def __init__(self, library, certificates):
        super().__init__(library, "wss_client")
        self._certificates = certificates

    async def connects(self, uri, how="verified", ca="ca.pem", name=None, options=(), messages=(), then="leave"):
        """Return what a client sees of a server; see wss_client.py. name: its own certificate."""
        files = {"cafile": ca}
        if name is not None:
            files.update(certfile=f"{name}.pem", keyfile=f"{name}.key")
        files = {key: str(self._certificates / file) for key, file in files.items()}
        options = {"close_timeout": None, **dict(options)}  # or 10 s would hide that an end does not come
        self.tell(dict(uri=uri, how=how, files=files, options=options, messages=messages, then=then))
        return await self.said()


class WssServer(Board):
    """A server on a board, on as many ports as there are arguments for server_context()."""

    def __init__(self, library, certificates, arguments):
        super().__init__(library, "wss_server")
        self._settings = [{key: str(certificates / file) for key, file in files.items()} for files in arguments]

    async def __aenter__(self):
        await super().__aenter__()
        ports = free_ports(len(self._settings))
        self.urls = [f"wss://localhost:{port}/" for port in ports]
        self.tell(list(zip(ports, self._settings, strict=True)))
        assert await self.said() == "ready"
        return self
