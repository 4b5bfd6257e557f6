"""connect(): what it asks for, and what it takes for an answer. Over a network in memory."""

import asyncio

from pocketws import client as module
from pocketws.compat import MICROPYTHON
from pocketws.connection import State
from pocketws.exceptions import (
    ConnectionClosedOK,
    InvalidStatus,
)
from pocketws.protocol import CLIENT
from tests.both.memory import STEPS, Timers, asynchronous, fails, replaced
from tests.both.memory_network import Network, ending, http, upgrade
from tests.both.wire import CLOSE, TEXT, code, frame, frames, sent

URI = "ws://localhost/"


def connect(uri=URI, **options):
    return module.connect(uri, compression=None, **options)


# ---------------------------------------------------------------- the request


@asynchronous
async def test_request(case):
    name, uri, options, expected, missing = case
    network = Network()
    peers = network.answers(ending(http("400 Bad Request")), "example.com", 8080)
    with network.of(module):
        await fails(InvalidStatus, connect(uri, **options))
    (peer,) = peers
    assert [line for line in expected if line not in peer.lines] == []
    for header in missing:
        assert peer.header(header) is None


@asynchronous
async def test_key_is_new_for_each_connection():
    network = Network()
    peers = network.answers(ending(http("400 Bad Request")))
    with network.of(module):
        for _ in range(3):
            await fails(InvalidStatus, connect())
    assert len({peer.header("Sec-WebSocket-Key") for peer in peers}) == 3


@asynchronous
async def test_options_are_those_of_the_network():
    network = Network()
    peers = network.answers(ending(http("400 Bad Request")), "example.com", 8080)
    with network.of(module):
        await fails(InvalidStatus, connect("ws://example.com:8080/", local_addr=("::", 0), family=2))
    ((host, port, ssl, server_hostname, options),) = network.dials
    assert (host, port, ssl) == ("example.com", 8080, None)
    assert options == {"local_addr": ("::", 0), "family": 2}
    await peers[0].gone.wait()


@asynchronous
async def test_own_host_and_port_count_for_the_network_alone():
    network = Network()
    peers = network.answers(ending(http("400 Bad Request")), "10.0.0.1", 8080)
    with network.of(module):
        await fails(InvalidStatus, connect("ws://example.com/", host="10.0.0.1", port=8080))
    assert peers[0].header("Host") == "example.com"


@asynchronous
async def test_defaults_are_those_of_websockets():
    """Only compression is another matter on a board."""
    network = Network()
    peers = network.answers(upgrade())
    given = []

    async def wait_for(coroutine, seconds):
        given.append(seconds)
        return await coroutine

    with network.of(module), Timers() as timers, replaced(module, wait_for=wait_for):
        ws = await module.connect(URI)
        offered = peers[0].header("Sec-WebSocket-Extensions")
        assert offered is None if MICROPYTHON else "permessage-deflate" in offered
        assert (given, timers.seconds) == ([10], [20])
        timers.go_off()
        assert timers.seconds == [20]
        ws.start_closing()
        assert timers.seconds == [10]
        peers[0].link.close()
        await ws.wait_closed()


# ---------------------------------------------------------------- the answer


@asynchronous
async def test_open_connection(case):
    name, step = case
    network = Network(step)
    peers = network.answers(upgrade("Sec-WebSocket-Protocol: chat", "X-Test: yes"))
    with network.of(module):
        ws = await connect(subprotocols=["talk", "chat"])
        (peer,) = peers
        assert ws.state is State.OPEN
        assert ws.subprotocol == "chat"
        assert (ws.request.path, ws.request.method) == ("/", "GET")
        assert (ws.response.status_code, ws.response.headers["X-Test"]) == (101, "yes")
        assert ws.remote_address == ("memory", 2)
        peer.send(frame(CLIENT, TEXT, b"hello"))
        assert await ws.recv() == "hello"
        closing = asyncio.create_task(ws.close())
        peer.send(frame(CLIENT, CLOSE, code(1000)))
        peer.link.close()
        await closing
        assert ws.close_code == 1000


@asynchronous
async def test_frames_right_behind_the_answer_are_received(case):
    name, step = case
    network = Network(step)
    wire = frames(CLIENT, (TEXT, b"one"), (TEXT, b"two"), (CLOSE, code(1001)))
    network.answers(lambda peer: ending(upgrade()(peer) + wire)(peer))
    with network.of(module):
        async with connect() as ws:
            assert await ws.recv() == "one"
            assert await ws.recv() == "two"
            await fails(ConnectionClosedOK, ws.recv())
            assert ws.close_code == 1001


@asynchronous
async def test_async_with_closes(case):
    name, error, number = case
    network = Network()
    peers = network.answers(upgrade())

    async def block():
        async with connect(close_timeout=0.01) as ws:
            await ws.send("a")
            if error is not None:
                raise error

    with network.of(module):
        task = asyncio.create_task(block())
        if error is None:
            await task
        else:
            assert await fails(type(error), task) is error
    (peer,) = peers
    await peer.gone.wait()
    _, _, wire = peer.data.partition(b"\r\n\r\n")
    assert sent(CLIENT, wire) == [(TEXT, b"a", True, False), (CLOSE, code(number), True, False)]


@asynchronous
async def test_one_connect_is_for_one_block():
    network = Network()
    network.answers(lambda peer: ending(upgrade()(peer) + frame(CLIENT, CLOSE, code(1000)))(peer))
    with network.of(module):
        opening = connect()
        async with opening as first:
            await fails(RuntimeError, opening.__aenter__())
        async with opening as second:
            assert first is not second


AGENT = "User-Agent: pocketws/"
BASIC = "Authorization: Basic dXNlcjpwYSBzcw=="
HOST = "ws://example.com:8080"
CASES = {
    "test_request": (
        (
            "plain",
            HOST + "/chat?room=1",
            {"subprotocols": ["chat"]},
            ["GET /chat?room=1 HTTP/1.1", "Host: example.com:8080", "Upgrade: websocket", "Connection: Upgrade"]
            + ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: chat", AGENT + "0.1.0"],
            ["Origin", "Sec-WebSocket-Extensions", "Authorization"],
        ),
        ("query without path", HOST + "?a=b", {}, ["GET /?a=b HTTP/1.1"], []),
        (
            "origin and subprotocols",
            HOST,
            {"origin": "https://example.org", "subprotocols": ["talk", "chat"]},
            ["GET / HTTP/1.1", "Origin: https://example.org", "Sec-WebSocket-Protocol: talk, chat"],
            [],
        ),
        (
            "login",
            "ws://user:pa%20ss@example.com:8080/",
            {"subprotocols": ["chat"]},
            ["Host: example.com:8080", BASIC],
            [],
        ),
        (
            "headers as pairs",
            HOST,
            {"additional_headers": [("Cookie", "a=b"), ("X-A", "1"), ("X-A", "2")]},
            ["Cookie: a=b", "X-A: 1", "X-A: 2"],
            [],
        ),
        (
            "headers as dict, an own agent",
            HOST,
            {"additional_headers": {"Cookie": "a=b", "user-agent": "mine"}},
            ["Cookie: a=b", "user-agent: mine"],
            ["User-Agent"],
        ),
        (
            "another agent",
            HOST,
            {"user_agent_header": "other"},
            ["User-Agent: other"],
            [],
        ),
        ("no agent", HOST, {"user_agent_header": None}, [], ["User-Agent"]),
    ),
    "test_open_connection": STEPS,
    "test_frames_right_behind_the_answer_are_received": STEPS,
    "test_async_with_closes": (("at its end", None, 1000), ("after an exception", KeyError("its own"), 1011)),
}
