"""How a handler ends: with its connection closed, and its errors in the log."""

import asyncio

from pocketws import server as module
from pocketws.exceptions import ConnectionClosedError, ConnectionClosedOK
from pocketws.protocol import SERVER
from tests.both.memory import Log, asynchronous, fails, replaced, settle
from tests.both.memory_network import Network, request
from tests.both.wire import CLOSE, code, frame

OPEN = b"\r\n\r\n"


def serve(handler, **options):
    return module.serve(handler, "localhost", 80, compression=None, **options)


async def nothing(ws):
    pass


async def listen(ws):
    async for _ in ws:
        pass


@asynchronous
async def test_end_of_a_handler(case):
    """Its connection is closed; an error of it is logged, and does not touch the server."""
    name, error, number = case
    network = Network()
    log = Log()

    async def handler(ws):
        if error is not None:
            raise error

    with network.of(module), replaced(module, log=log):
        async with serve(handler) as server:
            for _ in range(2):
                client = network.dial(request())
                assert await client.bye(number) == code(number)
            assert server.is_serving()
    entry = ("error", "the connection handler failed", error)
    assert log.entries == ([] if error is None else [entry, entry])


@asynchronous
async def test_handler_whose_connection_is_closed(case):
    """The usual way out of a handler that only receives or sends is no error."""
    name, wire, kind = case
    network = Network()
    log = Log()
    raised = []

    async def handler(ws):
        raised.append(await fails(kind, ws.recv()))
        raise raised[0]

    with network.of(module), replaced(module, log=log):
        async with serve(handler):
            client = network.dial(request())
            await client.until(OPEN)
            client.send(wire)
            client.link.finish()
            await client.gone.wait()
            await settle()
    assert len(raised) == 1
    assert log.entries == []


@asynchronous
async def test_handler_that_fails_after_its_connection_is_closed():
    network = Network()
    log = Log()

    async def handler(ws):
        await ws.wait_closed()
        raise KeyError("its own")

    with network.of(module), replaced(module, log=log):
        async with serve(handler):
            client = network.dial(request())
            await client.until(OPEN)
            client.send(frame(SERVER, CLOSE, code(1000)))
            await client.gone.wait()
    assert [(level, type(error)) for level, _, error in log.entries] == [("error", KeyError)]


@asynchronous
async def test_handler_that_fails_because_of_another_connection():
    """ConnectionClosed says nothing about this one, which is open."""
    network = Network()
    log = Log()

    async def handler(ws):
        raise ConnectionClosedError(None, None)

    with network.of(module), replaced(module, log=log):
        async with serve(handler):
            assert await network.dial(request()).bye(1011) == code(1011)
    assert [level for level, _, _ in log.entries] == ["error"]


@asynchronous
async def test_handler_that_closes_by_itself():
    network = Network()

    async def handler(ws):
        await ws.close(4000, "mine")

    with network.of(module):
        async with serve(handler):
            assert await network.dial(request()).bye(4000) == code(4000, b"mine")


@asynchronous
async def test_handler_goes_on_after_its_connection_is_closed():
    network = Network()
    finish = asyncio.Event()

    async def handler(ws):
        await ws.wait_closed()
        await finish.wait()

    with network.of(module):
        server = await serve(handler)
        client = network.dial(request())
        await client.until(OPEN)
        client.send(frame(SERVER, CLOSE, b""))
        await client.gone.wait()
        server.close()
        waiting = asyncio.create_task(server.wait_closed())
        await settle()
        assert not waiting.done(), "a handler still runs"
        finish.set()
        await waiting


CASES = {
    "test_end_of_a_handler": (
        ("returns", None, 1000),
        ("raises", KeyError("its own"), 1011),
        ("raises OSError", OSError(5, "its own"), 1011),
    ),
    "test_handler_whose_connection_is_closed": (
        ("closed", frame(SERVER, CLOSE, code(1000)), ConnectionClosedOK),
        ("closed with an error", frame(SERVER, CLOSE, code(1011)), ConnectionClosedError),
        ("cut", b"", ConnectionClosedError),
        ("fault", frame(SERVER, 3), ConnectionClosedError),
    ),
}
