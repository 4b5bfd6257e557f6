"""The programs in notebooks/scripts/, on websockets and on pocketws: what they do, and what bad clients do to them.

To add a script: a line in SERVERS or CLIENTS. To add a lesson: a line in LESSONS.
"""

import ast
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import socket
import struct
from collections import namedtuple
from datetime import UTC, datetime

import pytest
from websockets import ConnectionClosed, connect

from classroom import scripts
from classroom.workspace import ROOT
from pocketws.frames import OP_BINARY, OP_CONT, OP_PING, OP_PONG, OP_TEXT, Frame, FrameParser, decode_close
from tests.notebook_rules import code_cells, run_cells
from tests.thorough import first

NAMES = sorted(path.name for path in scripts.FOLDER.glob("*.py"))
SECONDS = 20  # for each step: the machine may be busy
MAX_SIZE = 2**20

# greets: coroutine function of the URL; asserts what a well-behaved client sees.
# text, binary: what a client gets for the message "{not JSON" and for b"\xff\x00": a close code, or a part of a reply,
#   or None where the server does not care what it is sent, and goes on.
Server = namedtuple("Server", "greets text binary")


async def hello(url):
    async with connect(url) as ws:
        await ws.send("Ada")
        assert await ws.recv() == "Hello, Ada!"
        await ws.wait_closed()
        assert ws.close_code == 1000


async def echo(url):
    async with connect(url) as ws:
        for message in ("hello", b"\x00\xff", "", "é" * 1000):
            await ws.send(message)
            assert await ws.recv() == message


async def convert(url):
    async with connect(url) as ws:
        for message, part in [("[]", "an object"), ('{"celsius": "1"}', "a number, not str"), ("[" * 50000, "JSON")]:
            await ws.send(message)
            assert part in json.loads(await ws.recv())["error"]
        await ws.send('{"celsius": -40}')
        assert json.loads(await ws.recv()) == {"fahrenheit": -40}


async def clock(url):
    async with connect(url) as ws:
        for _ in range(2):
            assert abs(datetime.fromisoformat(await ws.recv()) - datetime.now(UTC)).total_seconds() < SECONDS


async def counter(url):
    """It looks at the difference. Users may be too many for close_timeout after bad clients, on `websockets`."""
    async with connect(url) as ws:
        before = json.loads(await ws.recv())
        for _ in range(2):
            await ws.send("plus")
        await ws.send("minus")
        steps = [before["value"]]
        while len(steps) < 4:
            value = json.loads(await ws.recv())["value"]
            if value != steps[-1]:  # the news of someone who left before has the same one
                steps.append(value)
        assert [value - before["value"] for value in steps] == [0, 1, 2, 1] and before["users"] >= 1


async def steady(url):
    async with connect(url) as ws:
        await ws.send('{"after": 0}')
        item = json.loads(await ws.recv())
        assert item["number"] == 1 and "connected" in item["text"]


async def relay(url):
    """Messages that bad clients sent may still be on their way."""
    async with connect(url) as ada, connect(url) as bob:
        await ada.send("from Ada")
        while await bob.recv() != "from Ada":
            pass
        await bob.send("from Bob")
        while (message := await ada.recv()) != "from Bob":
            assert message != "from Ada"  # to all but the sender


async def chat(url):
    async with connect(url) as ada, connect(url) as bob:
        for ws, name in ((ada, "Ada"), (bob, "ada"), (bob, "Bob")):
            await ws.send(json.dumps({"name": name}))
            reply = json.loads(await ws.recv())
            assert ("error" in reply) == (name == "ada")
        assert reply["members"] == ["Ada", "Bob"]
        for text in ("", "hello"):
            await bob.send(json.dumps({"text": text}))
        events = [json.loads(await ada.recv()) for _ in range(3)]
        assert events == [{"joined": "Ada"}, {"joined": "Bob"}, {"name": "Bob", "text": "hello"}]
        await bob.close()
        assert json.loads(await ada.recv()) == {"left": "Bob"}


async def hub_chat(url):
    async with connect(url) as ada, connect(url) as bob:
        for ws, name in ((ada, "Ada"), (bob, "Bob")):
            assert json.loads(await ws.recv())["server"] == "A"
            await ws.send(json.dumps({"name": name}))
        await bob.send(json.dumps({"text": "hello"}))
        while "text" not in (event := json.loads(await ada.recv())):
            assert "error" not in event
        assert {"name": "Bob", "server": "A", "text": "hello"}.items() <= event.items()
        await bob.close()
        while "left" not in (event := json.loads(await ada.recv())):
            pass
    async with connect(url) as ws:  # and she has left, too, once her name is free
        while "welcome" not in (event := json.loads(await ws.recv())):
            await ws.send('{"name": "Ada"}')
        assert event["history"][-1]["number"] >= 1


SERVERS = {
    "broadcast_server.py": Server(relay, text=None, binary=None),
    "chat_server.py": Server(chat, text="expected JSON", binary="expected JSON"),
    "clock_server.py": Server(clock, text=None, binary=None),
    "counter_server.py": Server(counter, text="say plus or minus", binary="say plus or minus"),
    "hub_chat_server.py": Server(hub_chat, text="expected JSON", binary="expected JSON"),
    "hello_server.py": Server(hello, text="Hello, {not JSON!", binary=1003),
    "echo_server.py": Server(echo, text="{not JSON", binary=b"\xff\x00"),
    "json_server.py": Server(convert, text="expected JSON", binary="expected JSON"),
    "steady_server.py": Server(steady, text="error", binary="error"),
}

CLIENTS = ["hello_client.py", "json_client.py", "steady_client.py"]

# Their clients need a token, or a key: test_guarded.py and test_dashboard.py do the same to them.
ELSEWHERE = ["guarded_server.py", "dashboard_server.py"]

# Lines; the others have 64 at most.
LONGER = {"steady_server.py": 90, "chat_server.py": 120, "hub_chat_server.py": 100, "dashboard_server.py": 140}

# The lesson's number: {script: the names whose code is the same in a cell and in the script}
LESSONS = {
    "10": {"hello_server.py": ["hello"], "echo_server.py": ["echo"], "json_server.py": ["answer", "convert"]},
    "11": {"clock_server.py": ["clock"], "counter_server.py": ["tell_everyone", "counter"]},
    "12": {
        "broadcast_server.py": ["relay"],
        "chat_server.py": ["field", "free_name", "tell", "deliver", "enter", "listen", "stay", "chat"],
    },
    "13": {"steady_server.py": ["publish", "follow", "feed"], "steady_client.py": ["stay"]},
}


def test_each_script_has_a_line_here():
    assert set(NAMES) == {*SERVERS, *CLIENTS, *ELSEWHERE}


# ---------------------------------------------------------------- how they are written


@pytest.mark.parametrize("name", NAMES)
def test_a_script_is_a_complete_and_short_program(name):
    text = scripts.source(name)
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LONGER.get(name, 64)
    assert f"python {name} " in ast.get_docstring(tree)
    assert scripts.definition(text, "main").startswith("async def main():")
    assert re.search(r'^if __name__ == "__main__":\n(?:    .*\n)*? +asyncio\.run\(main\(\)\)$', text, re.MULTILINE)
    ours = [line for line in text.splitlines() if re.match(r"\s*(from|import) websockets\b", line)]
    assert len(ours) == 1 and ours[0].startswith("from websockets import ")


@pytest.mark.parametrize("name", SERVERS)
def test_a_handler_logs_and_does_not_print(name):
    for node in ast.walk(ast.parse(scripts.source(name))):
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef) and node.name != "main":
            assert "print(" not in ast.unparse(node)


@pytest.mark.parametrize("name", NAMES)
def test_a_script_says_what_it_is_for(name):
    outcome = asyncio.run(scripts.run(name, "--help"))
    assert outcome.error == "" and any("--" in line for line in outcome.printed)


# ---------------------------------------------------------------- what they do


def tried(coroutine):
    """Run a coroutine, for at most five times SECONDS."""

    async def limited():
        async with asyncio.timeout(5 * SECONDS):
            return await coroutine

    return asyncio.run(limited())


on_both = pytest.mark.parametrize("library", first(scripts.LIBRARIES))


@on_both
@pytest.mark.parametrize("name", SERVERS)
def test_a_server_serves_and_bad_clients_do_not_change_that(name, library):
    server = SERVERS[name]

    async def all_of_it():
        async with scripts.running(name, library=library) as script:
            for trouble in (None, *TROUBLES):
                try:
                    async with asyncio.timeout(SECONDS):
                        if trouble is not None:
                            await trouble(script.url, server)
                        await server.greets(script.url)
                except BaseException as error:
                    error.add_note(f"{trouble and trouble.__name__}, {name} on {library}: {script.lines[-20:]}")
                    raise
            tracebacks = [line for line in script.lines if "Traceback" in line or "--- Logging error" in line]
            assert not tracebacks, script.lines

    tried(all_of_it())


@on_both
@pytest.mark.parametrize("name", SERVERS)
def test_ctrl_c_ends_a_server_in_order(name, library):
    async def stopped():
        async with scripts.running(name, library=library) as script:
            async with connect(script.url) as ws:
                assert await script.stop(signal.SIGINT) == 0
                await closed_with(ws, {1001})
            assert not any("Traceback" in line for line in script.lines), script.lines

    tried(stopped())


async def not_json(url, server):
    await said(url, "{not JSON", server.text)


async def binary_where_text_is_due(url, server):
    await said(url, b"\xff\x00", server.binary)


async def said(url, message, wanted):
    """Send one message, and assert what comes back: see Server."""
    async with connect(url) as ws:
        await ws.send(message)
        if wanted is None:
            async with asyncio.timeout(SECONDS):
                await (await ws.ping())
        elif isinstance(wanted, int):
            await closed_with(ws, {wanted})
        else:
            async for reply in ws:
                if isinstance(reply, type(wanted)) and wanted in reply:
                    break
            else:
                raise AssertionError(f"{wanted!r} did not come")


async def closed_with(ws, codes):
    """Assert that the other side ends the connection `ws` with one of the codes, whatever it sends before."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await ws.recv()
    assert ws.close_code in codes


async def message_too_big(url, server):
    async with connect(url, compression=None) as ws:
        await ws.send("x" * (MAX_SIZE + 1))
        await closed_with(ws, {1009})


async def abrupt_disconnect(url, server):
    """Ten clients that are gone at once with a reset: before they say anything, and after."""
    for number in range(10):
        ws = await connect(url)
        if number % 2:
            await ws.send("1")
        reset(ws.transport)


async def half_a_handshake(url, server):
    """Clients that leave in the middle of their request, that stay there, and that speak no HTTP."""
    host, port = address(url)
    for head in (
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgr",
        b"\x16\x03\x01\x02",
        b"\r\n" * 10,
        b"\xff" * 9000,
    ):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(head)
        await writer.drain()
        reset(writer.transport)
    stays, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    await server.greets(url)
    reset(writer.transport)


async def random_frames(url, server):
    """10,000 frames, of which one in twenty breaks a rule: each connection ends in a close code that names a fault."""
    choose = random.Random(10)
    codes = {}
    for _ in range(100):
        wire = b"".join(random_frame(choose) for _ in range(100)) + b"\x88\x80\x00\x00\x00\x00"
        async with connect(url, compression=None) as ws:
            code = await close_code_after(ws, wire)
        codes[code] = codes.get(code, 0) + 1
    assert not set(codes) - {None, 1000, 1002, 1003, 1005, 1007, 1008, 1009}, codes
    assert codes.get(None, 0) <= 50, f"mostly cut off without a word: {codes}"


def random_frame(choose):
    """Return the bytes of a masked frame: mostly what a client may send by itself, and now and then not."""
    key = choose.randbytes(4)
    opcode = choose.choice((OP_TEXT, OP_TEXT, OP_BINARY, OP_PING, OP_PONG))
    payload = choose.choice((choose.randbytes, printable, number))(choose.randrange(100))
    if isinstance(payload, str):
        payload = payload.encode()
    if choose.random() < 0.05:
        return choose.choice((Frame(OP_CONT, payload).serialize(key), choose.randbytes(len(payload) + 2)))
    return Frame(opcode, payload).serialize(key)


def printable(size):
    return "".join(map(chr, range(32, 32 + size)))


def number(size):
    return json.dumps({"type": "random", "celsius": size, "text": "é" * (size % 7)})


async def close_code_after(ws, wire):
    """Write `wire` below the WebSocket `ws`; return the close code that comes back, 1005 for none in it, or None."""
    loop, transport = asyncio.get_running_loop(), ws.transport
    theirs, ended = bytearray(), loop.create_future()

    class Raw(asyncio.Protocol):
        def data_received(self, data):
            theirs.extend(data)

        def connection_lost(self, error):
            ended.set_result(None)
            ws.connection_lost(error)

    transport.set_protocol(Raw())
    transport.write(wire)
    await ended
    parser = FrameParser()
    parser.feed(bytes(theirs))
    for frame in iter(parser.next_frame, None):
        if frame.opcode == 0x8:
            return decode_close(frame.data)[0]
    return None


TROUBLES = [not_json, binary_where_text_is_due, message_too_big, abrupt_disconnect, half_a_handshake, random_frames]


def reset(transport):
    """End a TCP connection with RST, as a crash does, and not with FIN."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def address(url):
    host, port = re.fullmatch(r"ws://(.+):(\d+)/", url).groups()
    return host, int(port)


# ---------------------------------------------------------------- the clients


@on_both
def test_the_hello_client_prints_the_greeting(library):
    async def greeting():
        async with scripts.running("hello_server.py") as script:
            return await scripts.run("hello_client.py", "--url", script.url, "--name", "Zoë", library=library)

    assert tried(greeting()) == (["Hello, Zoë!"], "")


@on_both
def test_the_json_client_prints_answers_and_what_is_wrong(library):
    async def answers():
        async with scripts.running("json_server.py") as script:
            return await scripts.run("json_client.py", "--url", script.url, "21.5", "-40", "warm", library=library)

    printed = ["21.5: 70.7", "-40: -40.0", "warm: celsius: expected a number, not str"]
    assert tried(answers()) == (printed, "")


@pytest.mark.parametrize("name, rest", [("hello_client.py", ()), ("json_client.py", ("1",))])
def test_a_client_without_a_server_fails_in_one_line(name, rest):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{taken.getsockname()[1]}/"
        assert "ConnectionRefusedError" in tried(scripts.run(name, "--url", url, *rest)).error


# ---------------------------------------------------------------- the lessons


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_code_in_a_lesson_and_in_its_scripts_is_the_same(lesson):
    cells = "\n\n".join(code_cells(notebook(lesson)))
    for script, names in LESSONS[lesson].items():
        for name in names:
            assert scripts.definition(cells, name) == scripts.definition(scripts.source(script), name)


# Before the lesson: its servers are pocketws's, too.
SERVE = """
import pocketws
from classroom import servers
servers.serve, servers.Server = pocketws.serve, pocketws.Server
"""


@pytest.mark.parametrize("lesson", first(LESSONS))
def test_a_lesson_runs_on_pocketws(lesson):
    cells = code_cells(notebook(lesson))
    changed = [scripts.on("pocketws", cell) for cell in cells]
    assert changed != cells
    run_cells(SERVE, *changed)


def notebook(lesson):
    """Return the path of the lesson with this number."""
    (found,) = (ROOT / "notebooks").glob(f"{lesson}_*.ipynb")
    return found


# ---------------------------------------------------------------- classroom.scripts


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the scripts/ of the current folder, which is taken before the course's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scripts").mkdir()
    return tmp_path / "scripts"


READY = 'import sys, time\nprint("listening at ws://127.0.0.1:7/", flush=True)\n'


def test_the_address_is_in_the_first_line_printed_and_not_in_what_is_logged_before(folder):
    first = 'import sys\nprint("ws://127.0.0.1:6/", file=sys.stderr, flush=True)\n'
    (folder / "a.py").write_text(first + READY + "time.sleep(100)")

    async def script():
        async with scripts.running("a.py") as script:
            await script.seen(":6/")
            return script.url, sorted(script.lines)

    assert tried(script()) == ("ws://127.0.0.1:7/", ["listening at ws://127.0.0.1:7/", "ws://127.0.0.1:6/"])


@pytest.mark.parametrize("printed, url", [("http://h:1/", "ws://h:1/"), ("https://h:1/x", "wss://h:1/x")])
def test_the_address_of_a_page_is_that_of_its_websocket(folder, printed, url):
    (folder / "a.py").write_text(f'import time\nprint("{printed}", flush=True)\ntime.sleep(100)')

    async def script():
        async with scripts.running("a.py") as script:
            return script.url

    assert tried(script()) == url


def test_a_script_is_gone_after_its_block_whatever_ends_it(folder):
    (folder / "a.py").write_text(
        "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        + READY
        + "print(os.getpid(), flush=True)\n"
        "time.sleep(100)"
    )

    async def number(error):
        with contextlib.suppress(type(error)):
            async with scripts.running("a.py") as script:
                await script.seen("", count=2)
                raise error
        return int(script.lines[1])

    for error in (ValueError("mine"), asyncio.CancelledError()):
        with pytest.raises(ProcessLookupError):
            os.kill(tried(number(error)), 0)


def test_an_error_in_the_block_of_a_healthy_script_stays_what_it_is(folder):
    (folder / "a.py").write_text(READY + "time.sleep(100)")

    async def block():
        async with scripts.running("a.py"):
            raise ValueError("mine")

    with pytest.raises(ValueError, match="^mine$"):
        tried(block())


@pytest.mark.parametrize(
    "source, words",
    [
        ("raise ValueError('no')", "a.py ended with exit code 1. Its last lines:(?s:.*)ValueError: no"),
        ("", "a.py ended with exit code 0. It printed nothing."),
        ("print(" * 3, "SyntaxError"),
    ],
)
def test_a_script_that_dies_before_it_listens_is_an_error(folder, source, words):
    (folder / "a.py").write_text(source)

    async def block():
        async with scripts.running("a.py"):
            raise AssertionError("the block does not begin")

    with pytest.raises(RuntimeError, match=words):
        tried(block())


@pytest.mark.parametrize("wait", ["seen", "error", "return"])
def test_a_script_that_dies_in_the_block_is_the_error_and_says_its_last_words(folder, wait):
    (folder / "a.py").write_text(READY + "sys.exit('no more disk')")

    async def block():
        async with scripts.running("a.py") as script:
            if wait == "error":
                raise ConnectionError("lost because of it")
            if wait == "return":
                await script._process.wait()
                return
            await script.seen("never")

    with pytest.raises(RuntimeError, match="(?s)exit code 1.*no more disk"):
        tried(block())


def test_a_script_that_does_not_say_where_it_listens(folder):
    (folder / "a.py").write_text("import sys, time\nprint('hm', file=sys.stderr, flush=True)\ntime.sleep(100)")

    async def block():
        async with scripts.running("a.py", seconds=0.5):
            pass

    with pytest.raises(TimeoutError, match="did not say where it listens. Its last lines:\nhm|It printed nothing"):
        tried(block())


def test_a_script_that_listens_nowhere_runs_without_an_address(folder):
    (folder / "a.py").write_text("import time\nprint('one\\ntwo', flush=True)\ntime.sleep(100)")

    async def block():
        async with scripts.running("a.py", url=False) as script:
            with pytest.raises(TimeoutError, match="'three' did not come"):
                await script.seen("three", seconds=0.2)
            return await script.seen("two"), script.url

    assert tried(block()) == ("two", "")


def test_stop_sends_a_signal_and_returns_the_exit_code(folder):
    (folder / "a.py").write_text(
        "import signal\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)\n" + READY + "while True: time.sleep(1)"
    )

    async def block():
        async with scripts.running("a.py") as script:
            with pytest.raises(TimeoutError, match="goes on after signal"):
                await script.stop(signal.SIGUSR1, seconds=0.2)
            codes = [await script.stop(), await script.stop()]
        async with scripts.running("a.py") as script:
            return [*codes, await script.stop(signal.SIGKILL)]

    assert tried(block()) == [3, 3, -9]


def test_arguments_and_exit_of_a_script_that_ends(folder):
    (folder / "a.py").write_text("import sys\nprint(sys.argv[1:], __name__)\nsys.exit(len(sys.argv) - 1)")
    (folder / "b.py").write_text("import time\ntime.sleep(100)")
    assert tried(scripts.run("a.py")) == (["[] __main__"], "")
    assert tried(scripts.run("a.py", "--x", "é y")) == (["['--x', 'é y'] __main__"], "exit code 2")
    with pytest.raises(TimeoutError):
        tried(scripts.run("b.py", seconds=0.2))


@on_both
def test_a_script_finds_its_file_its_neighbours_and_its_arguments_on_either_library(folder, library):
    (folder / "a.py").write_text(
        "import sys\nfrom websockets import connect\nimport b\n"
        "print(connect.__module__.split('.')[0], b.B, __file__ == sys.argv[0], sys.argv[1:], __name__)"
    )
    (folder / "b.py").write_text("B = 2")
    assert tried(scripts.run("a.py", "c", library=library)) == ([f"{library} 2 True ['c'] __main__"], "")


def test_only_the_import_line_is_changed_for_another_library():
    text = "from websockets import (\n    connect,\n)\nimport websockets\nx = 'from websockets import serve'\n"
    assert scripts.on("pocketws", text) == text.replace("from websockets import (", "from pocketws import (")
    assert scripts.on("websockets", text) == text
    with pytest.raises(ValueError, match="not 'tornado'"):
        scripts.on("tornado", text)
    with pytest.raises(ValueError, match="not 'tornado'"):
        tried(scripts.run("hello_client.py", library="tornado"))


def test_an_unknown_script_and_the_ones_there_are():
    with pytest.raises(LookupError, match="no script 'helo.py'. Scripts: .*hello_client.py, hello_server.py"):
        scripts.path("helo.py")


@pytest.mark.parametrize(
    "name, lines",
    [("f", "async def f():\n    x = 1\n\n    return x"), ("C", "class C:\n    a = 1"), ("g", "def g(x): return x")],
)
def test_a_definition_is_found_from_its_first_line_to_its_last(name, lines):
    text = "import f\n\nasync def f():\n    x = 1\n\n    return x\n\n\nclass C:\n    a = 1\ndef g(x): return x\nf()"
    assert scripts.definition(text, name) == lines
    with pytest.raises(LookupError, match="defines 'h'"):
        scripts.definition(text, "h")
