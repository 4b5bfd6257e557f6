"""serve(): clients that are let in, and what is agreed with them. Over a network in memory."""

from pocketws import server as module
from pocketws.compat import MICROPYTHON
from pocketws.connection import State
from pocketws.protocol import SERVER
from tests.both.helpers import raises
from tests.both.memory import STEPS, asynchronous
from tests.both.memory_network import Network, request
from tests.both.wire import CLOSE, TEXT, code, frame, frames, sent

ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # section 1.3
BYE = frame(SERVER, CLOSE, code(1000))


def serve(handler, **options):
    return module.serve(handler, "localhost", 80, compression=None, **options)


async def nothing(ws):
    pass


async def echo(ws):
    async for message in ws:
        await ws.send(message)


def received(data):
    """Return (header lines, frames) of what a client got that was let in."""
    head, _, wire = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 101 Switching Protocols", data
    return lines[1:], sent(SERVER, wire)


# ---------------------------------------------------------------- a client that is let in


@asynchronous
async def test_echo(case):
    name, step = case
    network = Network(step)
    wire = frames(SERVER, (TEXT, b"one"), (TEXT, b"two"))
    for early in (True, False):  # right behind the request, or after the answer
        with network.of(module):
            async with serve(echo):
                client = network.dial(request() + (wire if early else b""))
                await client.until(b"" if early else b"\r\n\r\n")
                client.send(b"" if early else wire)
                await client.until(b"two")
                client.send(BYE)
                await client.gone.wait()
        lines, found = received(client.data)
        assert [line for line in lines if not line.startswith("Server")] == [
            "Upgrade: websocket",
            "Connection: Upgrade",
            ACCEPT,
        ]
        assert [item[:2] for item in found] == [(TEXT, b"one"), (TEXT, b"two"), (CLOSE, code(1000))]


@asynchronous
async def test_handler_is_given_the_connection():
    network = Network()
    seen = []

    async def handler(ws):
        seen.append((ws.request.path, ws.request.headers["X-Test"], ws.response.status_code, ws.subprotocol))
        seen.append((ws.server, ws.state, ws.remote_address))

    with network.of(module):
        async with serve(handler, subprotocols=["chat"]) as server:
            headers = ("X-Test: yes", "Sec-WebSocket-Protocol: talk, chat")
            client = network.dial(request(*headers, path="/a?b=c"))
            await client.until(b"\x88\x02" + code(1000))
            client.send(BYE)
            await client.gone.wait()
    assert seen == [("/a?b=c", "yes", 101, "chat"), (server, State.OPEN, ("memory", 2))]


@asynchronous
async def test_handler_is_called_for_each_client_that_is_let_in(case):
    """Also if the client is in a hurry, and all that it wants is there before the answer is."""
    name, step = case
    network = Network(step)
    seen = []

    async def handler(ws):
        async for message in ws:
            seen.append(message)

    with network.of(module):
        async with serve(handler):
            client = network.dial(request() + frame(SERVER, TEXT, b"hurry") + BYE)
            await client.gone.wait()
    assert seen == ["hurry"]


@asynchronous
async def test_handler_that_returns_closes():
    network = Network()
    with network.of(module):
        async with serve(nothing):
            client = network.dial(request() + BYE)
            await client.gone.wait()
    assert received(client.data)[1] == [(CLOSE, code(1000), True, False)]


@asynchronous
async def test_server_header(case):
    name, options, expected = case
    network = Network()
    with network.of(module):
        async with serve(nothing, **options):
            client = network.dial(request() + BYE)
            await client.gone.wait()
    assert [line for line in received(client.data)[0] if line.startswith("Server")] == expected


@asynchronous
async def test_subprotocol(case):
    name, options, offered, expected = case
    network = Network()
    with network.of(module):
        async with serve(nothing, **options):
            headers = ["Sec-WebSocket-Protocol: " + offered] if offered else []
            client = network.dial(request(*headers) + BYE)
            await client.gone.wait()
    found = [line for line in received(client.data)[0] if line.startswith("Sec-WebSocket-Protocol")]
    assert found == expected


if not MICROPYTHON:  # where this module is more than the heap takes beside the others

    @asynchronous
    async def test_compression_is_agreed_on_if_both_want_it():
        network = Network()
        with network.of(module):
            for compression, expected in (("deflate", 1), (None, 0)):
                async with module.serve(nothing, "localhost", 80, compression=compression):
                    client = network.dial(request("Sec-WebSocket-Extensions: permessage-deflate") + BYE)
                    await client.gone.wait()
                found = [line for line in received(client.data)[0] if line.startswith("Sec-WebSocket-Extensions")]
                assert len(found) == expected


def test_arguments_that_cannot_be(case):
    name, options = case
    raises(ValueError, module.serve, nothing, "localhost", 80, **options)


@asynchronous
async def test_await_starts_a_server():
    network = Network()
    with network.of(module):
        context = object()
        server = await serve(nothing, ssl=context, open_timeout=7, backlog=5)
        assert network.servers
        assert isinstance(server, module.Server)
        assert server.sockets == ()
        assert server._listener.arguments == (context, 7, {"backlog": 5})
        server.close()
        await server.wait_closed()
        assert not network.servers


CASES = {
    "test_echo": STEPS,
    "test_handler_is_called_for_each_client_that_is_let_in": STEPS,
    "test_server_header": (
        ("by default", {}, ["Server: pocketws/0.1.0"]),
        ("another", {"server_header": "other"}, ["Server: other"]),
        ("none", {"server_header": None}, []),
    ),
    "test_subprotocol": (
        ("none asked for", {}, "chat", []),
        ("ours first", {"subprotocols": ["talk", "chat"]}, "chat, talk", ["Sec-WebSocket-Protocol: talk"]),
        ("own choice", {"select_subprotocol": lambda ws, offered: offered[-1]}, "a, b", ["Sec-WebSocket-Protocol: b"]),
        ("own choice of none", {"select_subprotocol": lambda ws, offered: None}, "a, b", []),
        (
            "own choice by the request",
            {"select_subprotocol": lambda ws, offered: offered[len(ws.request.path) - 1]},
            "a, b",
            ["Sec-WebSocket-Protocol: a"],
        ),
    ),
    "test_arguments_that_cannot_be": (
        ("subprotocols as str", {"subprotocols": "chat"}),
        ("compression", {"compression": "gzip"}),
        ("time-out", {"close_timeout": -1}),
        ("max_queue", {"max_queue": 0}),
    ),
}
