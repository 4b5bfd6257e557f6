"""Clients while process_request makes up its mind: what they send early, and those that do not wait."""

import asyncio

from pocketws import server as module
from pocketws.protocol import SERVER
from tests.both.memory import STEPS, Log, asynchronous, replaced, settle
from tests.both.memory_network import Network, never, request
from tests.both.wire import BINARY, TEXT, code, frame


def serve(handler, **options):
    return module.serve(handler, "localhost", 80, compression=None, **options)


@asynchronous
async def test_what_comes_early_waits_for_the_decision(case):
    """Frames before the answer are kept, in order; but only so many, and then the link does not read on."""
    name, step = case
    network = Network(step)
    decide = asyncio.Event()
    links = []

    async def process_request(ws, request):
        links.append(ws.link)
        await decide.wait()

    async def handler(ws):
        assert await ws.recv() == "first"
        assert await ws.recv() == "second"
        assert await ws.recv() == bytes(64)
        assert await ws.recv() == "last"

    with network.of(module), replaced(module, MAX_EARLY=64):
        async with serve(handler, process_request=process_request):
            client = network.dial(request() + frame(SERVER, TEXT, b"first"))
            while not links:
                await settle()
            client.send(frame(SERVER, TEXT, b"second"))
            client.send(frame(SERVER, BINARY, bytes(64)))
            while not links[0]._paused:
                await settle()
            client.send(frame(SERVER, TEXT, b"last"))
            await settle()
            assert links[0]._arrived, "it reads on"
            decide.set()
            await client.bye(1000)
            assert client.close_payload == code(1000)


@asynchronous
async def test_client_that_sent_too_much_early_is_refused_all_the_same():
    network = Network()
    decide = asyncio.Event()
    links = []

    async def process_request(ws, request):
        links.append(ws.link)
        await decide.wait()
        return ws.respond(403, "No.\n")

    with network.of(module), replaced(module, MAX_EARLY=64):
        async with serve(never, process_request=process_request):
            client = network.dial(request() + bytes(65))
            while not links:
                await settle()
            client.send(bytes(1))
            while not links[0]._paused:
                await settle()
            decide.set()
            line, _, body = await client.response()
            assert (line, body) == ("HTTP/1.1 403 Forbidden", b"No.\n")


@asynchronous
async def test_open_timeout_ends_also_those_who_wait_for_a_decision():
    """The program is not left waiting either: it is cancelled."""
    network = Network()
    cancelled = asyncio.Event()

    async def process_request(ws, request):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with network.of(module):
        async with serve(never, process_request=process_request, open_timeout=0.01) as server:
            client = network.dial(request())
            await client.gone.wait()
            await cancelled.wait()
            assert (client.data, server.connections) == (b"", set())


@asynchronous
async def test_client_that_is_gone_before_the_decision():
    """A cut ends the waiting, and no handler is called."""
    network = Network()
    decide = asyncio.Event()
    links = []

    async def process_request(ws, request):
        links.append(ws.link)
        await decide.wait()

    log = Log()
    with network.of(module), replaced(module, log=log):
        async with serve(never, process_request=process_request) as server:
            client = network.dial(request())
            await settle()
            links[0].abort(OSError(104, "cut"))
            await client.gone.wait()
            decide.set()
            await settle()
            assert (client.data, server.connections, log.entries) == (b"", set(), [])


CASES = {"test_what_comes_early_waits_for_the_decision": STEPS}
