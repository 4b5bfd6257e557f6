"""What the well-known client for boards gets wrong, `connect` and AsyncWebsocketClient do not.

Each fault is a server that breaks a rule of RFC 6455, or keeps one that such a client
breaks. What the program gets to know is stated for each API, and what the server gets.
AsyncWebsocketClient can only tell that the connection is closed: with None and open().
"""

import asyncio
import collections
import json
import ssl
import subprocess

import pytest
import websockets

from pocketws.frames import OP_CLOSE, OP_CONT, OP_PING, OP_TEXT, Frame, decode_close
from tests.network.board.faults import APIS, pattern
from tests.network.helpers import run
from tests.network.raw import RawServer, agreed
from tests.test_micropython import ROOT, micropython

pytest_plugins = "tests.certificates"

CLOSE = Frame(OP_CLOSE, b"\x03\xe8")  # 1000
GOING_AWAY = Frame(OP_CLOSE, b"\x03\xe9bye")  # 1001
HELLO = Frame(OP_TEXT, b"Hello")
KEY = b"\x37\xfa\x21\x3d"
LONG_PING = b"\x89\x7e\x00\x80" + bytes(128)


# Servers: coroutine functions for RawServer, which return what they got


async def rest(peer):
    """Return what comes up to a Close frame or the end: list of str."""
    names = []
    while (frame := await peer.frame()) is not None:
        data = bytes(frame.data)
        if frame.opcode == OP_CLOSE:
            return names + ["close %d" % decode_close(data).code]
        names.append("pattern()" if data == pattern() else f"opcode {frame.opcode}, {len(data)} bytes")
    return names + ["the end"]


def sends(*items):
    """Return a server that opens the connection and sends `items`, bytes and Frames, right behind."""

    async def script(peer):
        await peer.accept(*items)
        return await rest(peer)

    return script


def answers(**changes):
    """Return a server that answers with a handshake in which some headers are changed."""

    async def script(peer):
        await peer.send(agreed(await peer.request(), **changes).serialize(), HELLO, CLOSE)
        return await rest(peer)

    return script


async def cuts(peer):
    await peer.accept(HELLO, b"\x81\x0aHello")  # five bytes of ten
    peer.finish()
    return await rest(peer)


async def closes_when_told(peer):
    await peer.accept()
    got = await rest(peer)
    await peer.send(CLOSE)
    return got


async def shows_the_target(peer):
    request = await peer.request()
    await peer.send(agreed(request).serialize(), Frame(OP_TEXT, request.path.encode()), CLOSE)
    return await rest(peer)


def announces(size):
    """Return a server that announces a message of `size` bytes to its first client, and greets the others."""
    clients = []

    async def script(peer):
        clients.append(peer)
        if len(clients) == 1:
            await peer.accept(b"\x82\x7f" + size.to_bytes(8, "big"))
        else:
            await peer.accept(HELLO, CLOSE)
        return await rest(peer)

    return script


# Faults

Fault = collections.namedtuple("Fault", "script connect facade server steps options", defaults=(["recv"], {}))

OK = "ConnectionClosedOK: received %d, sent %d"
FAILED = "ConnectionClosedError: received None, sent %d"
LOST = "ConnectionClosedError: received None, sent None"
NONE = "None, open: False"


def violation(code, *items):
    """Return the Fault of a server that sends what must fail the connection with `code`."""
    return Fault(sends(*items, CLOSE), [FAILED % code], [NONE], [f"close {code}"])


FAULTS = {
    "a message in fragments": Fault(
        sends(Frame(OP_TEXT, b"Hel", fin=False), Frame(OP_CONT, b"lo"), CLOSE),
        ["'Hello'", OK % (1000, 1000)],
        ["'Hello'", NONE],
        ["close 1000"],
    ),
    "bad UTF-8": violation(1007, Frame(OP_TEXT, b"\xc3\x28")),
    "bad UTF-8 that MicroPython decodes": violation(1007, Frame(OP_TEXT, b"\xed\xa0\x80")),
    "RSV1 without an extension": violation(1002, b"\xc1\x05Hello"),
    "RSV2": violation(1002, b"\xa1\x05Hello"),
    "RSV3": violation(1002, b"\x91\x05Hello"),
    "a masked frame": violation(1002, HELLO.serialize(KEY)),
    "16 bits of length for 5 bytes": violation(1002, b"\x81\x7e\x00\x05Hello"),
    "64 bits of length for 5 bytes": violation(1002, b"\x81\x7f" + (5).to_bytes(8, "big") + b"Hello"),
    "a ping of 128 bytes": violation(1002, LONG_PING),
    "a ping of 125 bytes, which is answered": Fault(
        sends(Frame(OP_PING, bytes(125)), CLOSE), [OK % (1000, 1000)], [NONE], ["opcode 10, 125 bytes", "close 1000"]
    ),
    "a wrong Sec-WebSocket-Accept": Fault(
        answers(sec_websocket_accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ["refused: InvalidHeaderValue"],
        ["refused: InvalidHeaderValue"],
        ["the end"],
    ),
    "no Sec-WebSocket-Accept": Fault(
        answers(sec_websocket_accept=None),
        ["refused: InvalidHeaderValue"],
        ["refused: InvalidHeaderValue"],
        ["the end"],
    ),
    "a message cut by the end": Fault(cuts, ["'Hello'", LOST], ["'Hello'", NONE], ["the end"]),
    "a Close frame, to be sent back": Fault(
        sends(HELLO, GOING_AWAY), ["'Hello'", OK % (1001, 1001)], ["'Hello'", NONE], ["close 1001"]
    ),
    "close(), which sends a Close frame": Fault(
        closes_when_told, [OK % (1000, 1000)], [NONE], ["close 1000"], ["close", "recv"]
    ),
    "more than one write takes": Fault(
        closes_when_told, [OK % (1000, 1000)], [NONE], ["pattern()", "close 1000"], ["send", "close", "recv"]
    ),
}


async def on_cpython(api, url, steps, options, heap):
    return await APIS[api](url, steps, options)


async def on_micropython(api, url, steps, options, heap):
    program = [micropython(), "-X", f"heapsize={heap}", "tests/network/board/faults.py", "lib", api, url]
    process = await asyncio.create_subprocess_exec(
        *program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output, _ = await process.communicate(json.dumps([steps, options]).encode())
    try:
        return json.loads(output)
    except ValueError:
        raise AssertionError(output.decode()) from None


RUNTIMES = pytest.mark.parametrize("runtime", [on_cpython, on_micropython], ids=["CPython", "MicroPython"])
BOTH = pytest.mark.parametrize("api", APIS)


def meet(runtime, api, fault, heap="64M", target=""):
    """Let a client meet the server of `fault`, and compare what both get with what it says.

    heap: str, MicroPython's. target: str, instead of the URL's path.
    """

    async def main():
        async with RawServer(fault.script, receive_buffer=4096) as server:
            url = server.url.rstrip("/") + target if target else server.url
            seen = await runtime(api, url, fault.steps, fault.options, heap)
        return seen, server.results

    seen, results = run(main(), 60)
    assert seen == (fault.connect if api == "connect" else fault.facade)
    assert results[0] == fault.server
    return results[1:]


@BOTH
@RUNTIMES
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(runtime, api, fault):
    assert meet(runtime, api, fault) == []


@BOTH
@RUNTIMES
def test_the_query_of_a_url_without_a_path(runtime, api):
    target = "?key=a/b&empty="
    expected = repr("/" + target)
    fault = Fault(shows_the_target, [expected, OK % (1000, 1000)], [expected, NONE], ["close 1000"])
    assert meet(runtime, api, fault, target=target) == []


@BOTH
@RUNTIMES
def test_a_message_for_which_there_is_no_memory(runtime, api):
    """The connection fails with 1009, and the program goes on. CPython, with more memory, has a limit."""
    if runtime is on_micropython:
        size, options = 360_000, {"max_size": None}
    else:
        size, options = (1 << 20) + 1, {}
    fault = Fault(
        announces(size),
        [FAILED % 1009, "again", "'Hello'", OK % (1000, 1000)],
        [NONE, "again", "'Hello'", NONE],
        ["close 1009"],
        ["recv", "again"],
        options if api == "connect" else {},
    )
    assert meet(runtime, api, fault, heap="384K") == [["close 1000"]]


def over_tls(runtime, api, certificates, name, options):
    """Return what a client sees of a wss server that shows the certificate `name` and says Hello."""

    async def hello(ws):
        await ws.send("Hello")

    async def main():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
        async with websockets.serve(hello, "127.0.0.1", 0, ssl=context) as server:
            url = "wss://localhost:%d/" % server.sockets[0].getsockname()[1]
            return await runtime(api, url, ["recv"], options, "64M")

    return run(main())


def trusting(api, certificates, name):
    """Return the options with which `api` verifies, and trusts the CA `name`."""
    path = str(certificates / f"{name}.pem")
    return {"ca": path} if api == "connect" else {"cafile": path, "cert_reqs": 2}


@BOTH
@RUNTIMES
def test_wss_verifies(runtime, api, certificates):
    trusted = over_tls(runtime, api, certificates, "server", trusting(api, certificates, "ca"))
    assert trusted == ["'Hello'", OK % (1000, 1000) if api == "connect" else NONE]
    for name, authority in (("server", "other"), ("stranger", "ca"), ("elsewhere", "ca"), ("expired", "ca")):
        [seen] = over_tls(runtime, api, certificates, name, trusting(api, certificates, authority))
        assert seen.startswith("refused: "), (name, authority)


@RUNTIMES
def test_connect_verifies_by_default(runtime, certificates):
    [seen] = over_tls(runtime, "connect", certificates, "server", {})
    assert seen.startswith("refused: ")
