"""What lesson 19 puts together: the dashboard's server, somebody who watches it as its page does, and a board.

    server = await rig.serve(PORT)                  # dashboard_server.py, with a certificate and a key of its own
    board = await rig.take(server, PORT)            # with the programs on it; None where there can be no board
    await board.run("capstone", server.url, server.key)
    await server.fresh(5)                           # five more readings
    await rig.stop()

PORT is that of a real board, or None for the virtual one. Each of the first two ends what it started before, so a cell
may run twice. stop() ends all.
"""

import ast
import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import ssl
import tempfile
import textwrap
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from websockets.asyncio.client import connect

from . import certificates, deploy, desk, scripts
from .board_server import BoardServer
from .wiretap import Wiretap
from .workspace import ROOT

SECONDS = 30  # to wait for something
BY_HAND = 180  # where a hand has to do it, on a real board
DAY = 24 * 3600
KEEPALIVE = 1  # seconds: a lesson does not wait for long
SETTINGS = {"interval": 0.2, "keepalive": KEEPALIVE, "longest_wait": 0.5}

_started = {}  # what runs: "server" and "board"


def on_the_board(name):
    """Return the module `name` (str) of device/, such as "signing", loaded here. It has to run on CPython, too."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "device" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def source(module, *names):
    """Return the lines of `module` of device/ (str) that define the functions and methods `names`, in their order."""
    text = (ROOT / "device" / f"{module}.py").read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    found = {node.name: ast.get_source_segment(text, node, padded=True) for node in functions}
    return "\n\n".join(textwrap.dedent(found[name]) for name in names)


async def stop():
    """End what serve() and take() started. Nothing is no error."""
    for name in list(_started):
        await _end(name)


def stopped():
    """Tell whether nothing runs any more: bool."""
    return not _started


async def _end(name):
    thing = _started.pop(name, None)
    if thing is not None:
        await thing.close()


# ---- the server, and who watches


async def serve(port=None):
    """Run dashboard_server.py; return a Server.

    port: str, that of a real board: then the server listens where PICO_HOST says, this computer's address on the Wi-Fi.
    """
    await _end("server")
    host = os.environ.get("PICO_HOST") if port else None
    if host:
        print(
            f"WARNING: everybody on the network of {host} can reach this server; only who signs with its key gets in."
        )
    server = _started["server"] = Server(host or desk.HOST)
    await server.start()
    return server


class Server:
    """dashboard_server.py as a process of its own, with wss for boards, and a connection to it as a page has one.

    url: str, wss://HOST:PORT/board. page: str, the address of the page. key: str, that of the board. ca: bytes, the
    certificate of the CA that has signed the server's, as DER. lines: list of str, what the program printed.
    readings: list of dict, as the page gets them, with "waited": for how many seconds, from its taking to here.
    led, board: what the page was told last: the LED's state, and whether there is a board.
    news: list of str, what changed: "board here", "LED on" and so on.
    """

    def __init__(self, host):
        self.host = host
        self.url = self.page = self.key = None
        self.readings, self.news = [], []
        self.led, self.board = None, False
        self._changed = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()

    async def start(self):
        """Start the program, and watch it."""
        self.ca, certfile, keyfile = _certificate(self.host)
        arguments = ["--host", self.host, "--certfile", certfile, "--keyfile", keyfile, "--keepalive", str(KEEPALIVE)]
        script = await self._stack.enter_async_context(scripts.running("dashboard_server.py", *arguments))
        self.lines, self.url = script.lines, script.url
        self.page = await script.seen("http://")
        self.key = (await script.seen("key: ")).removeprefix("key: ")
        self._ws = await self._stack.enter_async_context(
            connect(self.page.replace("http", "ws", 1).replace("/?", "/dashboard?"))
        )
        self._watcher = asyncio.create_task(self._watch(), name="watches the dashboard")

    async def close(self):
        """End it."""
        await self._stack.aclose()
        with contextlib.suppress(AttributeError):  # it has not come so far
            await self._watcher

    async def _watch(self):
        async for text in self._ws:
            self._take(json.loads(text))

    def _take(self, told):
        now = time.time()
        for reading in told.get("readings", ()):
            self.readings.append(reading | {"waited": round(now - reading["at"], 1)})
        if "board" in told:
            self._note("board", told["board"], "board here" if told["board"] else "board away")
        if "led" in told:
            self._note("led", told["led"], {True: "LED on", False: "LED off", None: "LED unknown"}[told["led"]])
        self._changed.set()
        self._changed = asyncio.Event()

    def _note(self, name, value, words):
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.news.append(words)

    async def switch(self, on):
        """Ask for the LED, as the page does. on: bool."""
        await self._ws.send(json.dumps({"led": on}))

    async def until(self, condition, seconds=SECONDS):
        """Return what condition() returns, once that is true; it looks at this object. Raises TimeoutError."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (found := condition()):
                    await self._changed.wait()
                return found
        last = "\n".join([*self.lines[-5:], *_log()[-10:]])
        raise TimeoutError(f"not within {seconds} s. The last lines of server and board:\n{last}")

    async def fresh(self, count=3):
        """Wait until `count` more readings have come. Returns the number of the last one: int."""
        wanted = len(self.readings) + count
        await self.until(lambda: len(self.readings) >= wanted)
        return self.readings[-1]["number"]

    def numbers(self):
        """Return, for each start of the board, the list of the numbers that came, in their order: a list of lists."""
        found = {}
        for reading in self.readings:
            found.setdefault(reading["boot"], []).append(reading["number"])
        return list(found.values())

    def missing(self):
        """Return the numbers that did not come although a higher one did, of all starts of the board: a list."""
        return [number for came in self.numbers() for number in range(1, max(came)) if number not in came]


def _certificate(host):
    """Return a new CA's certificate as DER, and the paths of the server's certificate and its key, as PEM."""
    authority = certificates.Authority()
    return ssl.PEM_cert_to_DER_cert(Path(authority.cafile).read_text(encoding="ascii")), *authority.issue(host)


# ---- the board


async def take(server, port=None):
    """Return a Board with the programs of device/ on it, and say which it is; None where there can be none.

    server: Server, whose CA it gets. port: as for desk.take().
    """
    await _end("board")
    taken = await asyncio.to_thread(desk.take, port)
    if isinstance(taken, desk.NoBoard):
        return None
    board = _started["board"] = Board(taken)
    await asyncio.to_thread(board.install, server.ca)
    return board


def _log():
    board = _started.get("board")
    return board.log if board else []


class Board:
    """A board that the lesson runs programs on, the virtual one or a real one.

    log: list of str, what it has printed; of a real one, since the last run(). pico: VirtualPico or None.
    host: str, this computer's address for it.
    """

    def __init__(self, taken):
        self._taken, self.pico, self.host = taken, taken.pico, taken.host
        self._serial = deploy.Board(taken.port)
        self._settings = {}
        self._follower = None
        self.seconds = SECONDS if self.pico else BY_HAND

    async def close(self):
        """Switch a virtual board off; leave a real one to itself."""
        await asyncio.to_thread(self._let_go)
        await asyncio.to_thread(self._taken.close)

    @property
    def log(self):
        if self.pico:
            return self.pico.log
        return list(self._follower.lines) if self._follower else []

    def install(self, ca):
        """Put the programs onto the board, those files that it has not; and the CA's certificate."""
        self._serial.calm()
        facts = self._serial.look()
        found = deploy.choose_wifi(deploy.read_settings(self._serial, facts), facts, None)
        self._settings = found | ({"wifi": [list(self._taken.wifi)]} if self._taken.wifi else {})
        contents = {path: file.read_bytes() for path, file in deploy.wanted("capstone").items()}
        main = contents.pop("/main.py")
        contents |= {"/ca.der": ca, "/main.py": main}
        deploy.carry_out(deploy.make_plan(contents, facts.files), self._serial, facts, tell=lambda text: None)

    async def run(self, app, url, key="", **settings):
        """Start the program `app` (str) opposite the server at `url`. settings: others of device/settings.py."""
        await asyncio.to_thread(self._run, self._settings | SETTINGS | {"app": app, "url": url, "key": key} | settings)

    def _run(self, settings):
        self.put("/settings.json", json.dumps(settings).encode())
        self._start()

    def put(self, path, data):
        """Write a file of the board, whose program ends for it. path: str, such as "/settings.json". data: bytes."""
        self._let_go()
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "file").write_bytes(data)
            self._serial.mpremote("fs", "cp", Path(folder) / "file", f":{path}")

    def _let_go(self):
        if self._follower:
            self._follower.end()
            self._follower = None

    def _start(self):
        self._let_go()
        if self.pico:
            self.pico.reset()
        else:
            self._follower = _Follower(self._serial)

    async def reset(self):
        """Take the board's power away, and give it back; a real one is reset, which empties its memory as well."""
        await asyncio.to_thread(self._start)

    async def until_line(self, text):
        """Return the next line of the log that has `text` in it. Raises TimeoutError."""
        follower = self.pico or self._follower
        return await asyncio.to_thread(follower.wait_for_line, text, self.seconds)

    def unplug(self):
        """Pull the network cable of the access point. With a real board, say what is to be done."""
        if self.pico:
            self.pico.unplug()
        else:
            self._by_hand(
                "unplug", "Now cut the board off: pull the cable of the access point, or go out of its reach."
            )

    def plug_in(self):
        """Put it in again, or say so."""
        if self.pico:
            self.pico.plug_in()
        else:
            self._by_hand("plug_in", "Now put it right again.")

    def _by_hand(self, what, words):
        """Say what a hand has to do. what: str, for the tests, which do it."""
        print(words)

    def show(self):
        """Show a virtual board in the cell, and keep its picture up to date."""
        self._taken.show()


class _Follower(threading.Thread):
    """Starts the programs of a real board, and keeps what they print. lines: list of str."""

    def __init__(self, board):
        super().__init__(name="follows a board", daemon=True)
        self.lines = []
        self._board, self._going = board, True
        self._found = 0  # lines that wait_for_line() has been through
        self._changed = threading.Condition()
        self.start()

    def run(self):
        deploy.follow(self._board, DAY, tell=self._tell, going=lambda: self._going)

    def _tell(self, text):
        with self._changed:
            self.lines.append(text.removeprefix("  | "))
            self._changed.notify_all()

    def wait_for_line(self, text, seconds):
        """Return the next line that has `text` in it, as VirtualPico does. Raises TimeoutError."""

        def look():
            while self._found < len(self.lines):
                self._found += 1
                if text in self.lines[self._found - 1]:
                    return [self.lines[self._found - 1]]

        with self._changed:
            found = self._changed.wait_for(look, seconds)
        if not found:
            last = "\n".join(self.lines[-10:])
            raise TimeoutError(f"not within {seconds} s. The last lines of the log:\n{last}")
        return found[0]

    def end(self):
        """Let go of the board."""
        self._going = False
        self.join(SECONDS)


# ---- sound


@dataclass
class Heard:
    """frames: int, how many frames of sound came. payload, wire: int, bytes of sound, and of the frames with headers.

    line: str, of the board's log, with what the server understood. wire is None with a real board, which does not
    reach the wiretap.
    """

    frames: int
    payload: int
    wire: int | None
    line: str


async def speech(board):
    """Let `board` (Board) speak once, with the program voice, to a server of its own; return a Heard."""
    real = {} if board.pico else {"host": board.host, "token": secrets.token_urlsafe(), "tls": True}
    with BoardServer(**real) as server:
        if board.pico is None:
            await asyncio.to_thread(board.put, "/voice.der", server.ca())
            settings = {"ca": "/voice.der", "token": server.token}
            return await _spoken(board, server, server.url("voice"), settings)
        async with Wiretap(server.url("voice")) as tap:
            heard = await _spoken(board, server, tap.url, {})
    heard.wire = sum(len(frame.wire) for frame in tap.frames if frame.name == "binary")
    return heard


async def _spoken(board, server, url, settings):
    await board.run("voice", url, rounds=1, **settings)
    line = await board.until_line("understood")
    await board.until_line("voice is done")
    return Heard(server.heard[0].frames, server.heard[0].size, None, line)
