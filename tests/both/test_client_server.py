"""connect() with serve(): the two ends of this library with each other, over a network in memory."""

from pocketws import client, server
from pocketws.connection import State
from pocketws.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from tests.both.memory import STEPS, Log, asynchronous, fails, replaced
from tests.both.memory_network import Network

URI = "ws://localhost:80/"


class Reverse:
    """An extension, and its own codec, that sends binary messages from back to front."""

    name = "x-reverse"
    compresses = True

    def offer(self):
        return [("level", "1")]

    def accept(self, parameters):
        return parameters, self

    def finalize(self, parameters):
        assert parameters == [("level", "1")]
        return self

    def bound(self, size):
        return size

    def encode(self, data, final):
        return bytes(reversed(bytes(data)))

    def decode(self, data, final, max_size):
        return self.encode(data, final)


async def talk(handler, options=None, **arguments):
    """Return an open connection to a server that runs `handler`, and the server."""
    running = await server.serve(handler, "localhost", 80, compression=None, **(options or {}))
    return await client.connect(URI, compression=None, **arguments), running


async def echo(ws):
    async for message in ws:
        await ws.send(message)


@asynchronous
async def test_echo(case):
    name, step = case
    network = Network(step)
    with network.of(client), network.of(server):
        ws, running = await talk(echo)
        for message in ("", "Hello", b"\x00\xff", "\u20ac" * 100, ["fragments ", "of text"], [b"a", b"b"]):
            await ws.send(message)
            expected = message[0][:0].join(message) if isinstance(message, list) else message
            assert await ws.recv() == expected
        assert await (await ws.ping()) >= 0
        (other,) = running.connections
        assert await (await other.ping()) >= 0
        await ws.close()
        assert (ws.close_code, ws.state) == (1000, State.CLOSED)
        running.close()
        await running.wait_closed()


@asynchronous
async def test_what_is_agreed_on(case):
    name, step = case
    network = Network(step)
    seen = []

    async def handler(ws):
        seen.append((ws.subprotocol, ws.request.path, ws.request.headers["Origin"], ws.request.headers["X-Test"]))

    with network.of(client), network.of(server):
        ws, running = await talk(
            handler,
            {"subprotocols": ["chat"], "origins": ["http://o", None]},
            subprotocols=["talk", "chat"],
            origin="http://o",
            additional_headers={"X-Test": "yes"},
        )
        assert (ws.subprotocol, ws.response.headers["Server"]) == ("chat", "pocketws/0.1.0")
        await fails(ConnectionClosedOK, ws.recv())
        assert seen == [("chat", "/", "http://o", "yes")]
        running.close()
        await running.wait_closed()


@asynchronous
async def test_own_extension(case):
    name, step = case
    network = Network(step)
    received = []

    async def handler(ws):
        received.append(await ws.recv())
        await ws.send(b"def")

    with network.of(client), network.of(server):
        ws, running = await talk(handler, {"extensions": [Reverse()]}, extensions=[Reverse()])
        assert ws.response.headers["Sec-WebSocket-Extensions"] == "x-reverse; level=1"
        await ws.send(b"abc")
        assert await ws.recv() == b"def"
        await ws.close()
        assert received == [b"abc"]
        running.close()
        await running.wait_closed()


@asynchronous
async def test_async_with_for_both(case):
    name, step = case
    network = Network(step)
    with network.of(client), network.of(server):
        async with server.serve(echo, "localhost", 80, compression=None) as running:
            async with running as same:
                assert same is running
                async with client.connect(URI, compression=None) as ws:
                    await ws.send("a")
                    assert await ws.recv() == "a"
                assert ws.close_code == 1000
            assert not running.is_serving()


@asynchronous
async def test_server_that_closes(case):
    name, step = case
    network = Network(step)
    with network.of(client), network.of(server):
        ws, running = await talk(echo)
        running.close()
        error = await fails(ConnectionClosedOK, ws.recv())
        assert (error.rcvd, error.sent, error.rcvd_then_sent) == ((1001, ""), (1001, ""), True)
        await running.wait_closed()


@asynchronous
async def test_handler_that_fails(case):
    name, step = case
    network = Network(step)

    async def handler(ws):
        await ws.send("first")
        raise KeyError("its own")

    with network.of(client), network.of(server), replaced(server, log=Log()):
        ws, running = await talk(handler)
        assert await ws.recv() == "first"
        error = await fails(ConnectionClosedError, ws.recv())
        assert error.rcvd.code == 1011
        running.close()
        await running.wait_closed()


@asynchronous
async def test_message_too_big(case):
    name, step = case
    network = Network(step)
    with network.of(client), network.of(server):
        ws, running = await talk(echo, {"max_size": 8})
        await ws.send(b"12345678")
        assert await ws.recv() == b"12345678"
        await ws.send(b"123456789")
        error = await fails(ConnectionClosedError, ws.recv())
        assert error.rcvd.code == 1009
        running.close()
        await running.wait_closed()


@asynchronous
async def test_page_instead(case):
    name, step = case
    network = Network(step)

    def refuse(ws, request):
        return ws.respond(401, "Who are you?\n")

    with network.of(client), network.of(server):
        async with server.serve(echo, "localhost", 80, compression=None, process_request=refuse):
            error = await fails(InvalidStatus, client.connect(URI, compression=None))
            assert (error.response.status_code, error.response.body) == (401, b"Who are you?\n")


@asynchronous
async def test_broadcast(case):
    name, step = case
    network = Network(step)
    with network.of(client), network.of(server):
        first, running = await talk(echo)
        second = await client.connect(URI, compression=None)
        server.broadcast(running.connections, "all")
        server.broadcast([first], "one")
        for ws, expected in ((first, ["all", "one"]), (second, ["all"])):
            for message in expected:
                assert await ws.recv() == message
            await ws.close()
        running.close()
        await running.wait_closed()


CASES = {name: STEPS for name in dir() if name.startswith("test_")}
