"""A program written for async_websocket_client runs unchanged but for its URL, on both runtimes, over ws and wss.

The program is board/seed_main.py, which does what that library's own example does. Where
POCKETWS_SEED_000 names the library's README, the example in there runs instead: it belongs
to others, and so is not kept here. Wi-Fi is that of board/stubs.
"""

import asyncio
import os
import re
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import websockets

from classroom.doctor import find_micropython
from tests.network.helpers import run
from tests.test_micropython import ROOT, micropython

pytest_plugins = "tests.certificates"

BOARD = ROOT / "tests" / "network" / "board"
HEAP = "heapsize=384K"  # a Pico W's 192K, for a machine of 64 bits: its objects are twice as large
README = os.environ.get("POCKETWS_SEED_000")

OUTPUT = """\
Connecting to WiFi: your_wifi_ssid
WiFi connected
IP: 192.168.4.2
Gateway: 192.168.4.1
DNS: 192.168.4.1
Connecting: {url}
WebSocket connected (WSS)
Sending: Hello from Pico2W!

Waiting for message (1)...
Received: Hello from Pico2W!

Waiting for message (2)...
Received: Pico count: 1

Waiting for message (3)...
Received: Pico count: 2

Waiting for message (4)...
Received: Pico count: 3

Waiting for message (5)...
Received: Pico count: 4

Test complete, closing connection...
Connection closed
"""


def example():
    """Return the text of the program."""
    if not README:
        return (BOARD / "seed_main.py").read_text(encoding="utf-8")
    text = Path(README).read_text(encoding="utf-8")
    found = re.search(r"^# Python env.*?^ *asyncio\.run\(\w+\(\)\)$", text, re.DOTALL | re.MULTILINE)
    assert found, f"{README} holds no example"
    return found[0] + "\n"


class Program:
    """The example, running: name says how. Its URL ends in that name."""

    def __init__(self, name, command, url):
        self.name = name
        self.url = url + name
        self._command = command

    async def start(self, folder):
        text, changes = re.subn(r"^(TEST_URL *=).*$", rf'\1 "{self.url}"', example(), flags=re.MULTILINE)
        assert changes == 1
        path = folder / f"{self.name}.py"
        path.write_text(text, encoding="utf-8")
        paths = [str(ROOT / "lib"), str(BOARD / "stubs")]
        environment = os.environ | {"PYTHONPATH": ":".join(paths), "MICROPYPATH": ":".join([".frozen", *paths])}
        self._process = await asyncio.create_subprocess_exec(
            *self._command, path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    async def output(self):
        output, _ = await self._process.communicate()
        return output.decode()


async def run_all(programs, folder):
    """Run the programs side by side, since each of them sleeps for seconds; return what each prints."""
    for program in programs:
        await program.start(folder)
    return {program.name: await program.output() for program in programs}


@pytest.fixture(scope="module")
def outcome(certificates, tmp_path_factory):
    """Return ({name: output}, {name: its URL}, {name: the code with which it closed its connection})."""
    codes = {}
    commands = {"CPython": [sys.executable]}
    if found := find_micropython():
        commands["MicroPython"] = [found, "-X", HEAP]

    async def echo(ws):
        async for message in ws:
            await ws.send(message)
        codes[ws.request.path[1:]] = ws.close_code

    async def main():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "self_signed.pem", certificates / "self_signed.key")
        async with (
            websockets.serve(echo, "127.0.0.1", 0) as plain,
            websockets.serve(echo, "127.0.0.1", 0, ssl=context) as secure,
        ):
            programs = [
                Program(f"{scheme}-{runtime}", command, f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
                for scheme, server in (("ws", plain), ("wss", secure))
                for runtime, command in commands.items()
            ]
            outputs = await run_all(programs, tmp_path_factory.mktemp("example"))
        return outputs, {program.name: program.url for program in programs}, codes

    return run(main(), 60)


@pytest.mark.parametrize("name", ["ws-CPython", "ws-MicroPython", "wss-CPython", "wss-MicroPython"])
def test_the_example_prints_what_its_readme_says(outcome, name):
    if name.endswith("MicroPython"):
        micropython()  # skips or fails where there is none
    outputs, urls, codes = outcome
    assert outputs[name] == OUTPUT.format(url=urls[name])
    assert codes[name] == 1000
