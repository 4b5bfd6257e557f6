"""How a server ends: with each connection closed, and nothing left behind."""

import asyncio

from pocketws import server as module
from pocketws.exceptions import ConnectionClosedError
from pocketws.protocol import SERVER
from tests.both.memory import STEPS, Log, Parts, Timers, asynchronous, cancelled, fails, replaced, settle
from tests.both.memory_network import Network, never, request
from tests.both.wire import CLOSE, TEXT, code, frame

OPEN = b"\r\n\r\n"


def serve(handler, **options):
    return module.serve(handler, "localhost", 80, compression=None, **options)


async def nothing(ws):
    pass


async def listen(ws):
    async for _ in ws:
        pass


@asynchronous
async def test_defaults_are_those_of_websockets():
    network = Network()
    with network.of(module), Timers() as timers:
        server = await module.serve(listen, "localhost", 80)
        client = network.dial()
        await settle()
        assert timers.seconds == [10], "open_timeout"
        client.send(request())
        await client.until(OPEN)
        assert timers.seconds == [20], "ping_interval"
        timers.go_off()
        assert timers.seconds == [20], "ping_timeout"
        server.close()
        assert timers.seconds == [10], "close_timeout"
        assert await client.bye(1001) == code(1001)
        await server.wait_closed()


@asynchronous
async def test_close(case):
    name, step = case
    network = Network(step)
    with network.of(module):
        for options, expected in (((), code(1001)), ((True, 1012, "restart"), code(1012, b"restart"))):
            server = await serve(listen)
            clients = [network.dial(request()) for _ in range(3)]
            for client in clients:
                await client.until(OPEN)
            assert len(server.connections) == 3
            assert server.is_serving()
            server.close(*options)
            assert not server.is_serving()
            assert not network.servers, "nobody is let in any more"
            assert server.connections == set()
            for client in clients:
                assert await client.bye(1001) == expected
            await server.wait_closed()
            await server.wait_closed()


@asynchronous
async def test_close_lets_open_connections_go_on():
    network = Network()
    with network.of(module):
        server = await serve(listen)
        client = network.dial(request())
        await client.until(OPEN)
        server.close(close_connections=False)
        waiting = asyncio.create_task(server.wait_closed())
        await settle()
        assert len(server.connections) == 1
        assert not waiting.done()
        client.send(frame(SERVER, TEXT, b"still here"))
        client.send(frame(SERVER, CLOSE, code(1000)))
        await client.gone.wait()
        assert client.close_payload == code(1000)
        await waiting


@asynchronous
async def test_close_twice():
    """The second time may ask for more."""
    network = Network()
    with network.of(module):
        server = await serve(listen)
        listener = server._listener
        client = network.dial(request())
        await client.until(OPEN)
        server.close(close_connections=False)
        server.close()
        server.close(code=4000)
        assert listener.closed == 1
        assert await client.bye(1001) == code(1001)
        await server.wait_closed()
        server.close()


@asynchronous
async def test_close_without_connections():
    network = Network()
    with network.of(module):
        server = await serve(listen)
        server.close()
        await server.wait_closed()
        assert server._listener.waited == 1
        async with serve(listen) as again:
            assert again.is_serving()


@asynchronous
async def test_async_with_waits_for_the_handlers():
    network = Network()
    ended = []

    async def handler(ws):
        await ws.wait_closed()
        await settle()
        ended.append(ws)

    with network.of(module):
        for own_block in (False, True):
            if own_block:
                async with await serve(handler):
                    client = network.dial(request())
                    await client.until(OPEN)
                    bye = asyncio.create_task(client.bye(1001))
            else:
                async with serve(handler):
                    client = network.dial(request())
                    await client.until(OPEN)
                    bye = asyncio.create_task(client.bye(1001))
            assert len(ended) == (2 if own_block else 1)
            await bye


@asynchronous
async def test_close_ends_those_that_said_nothing():
    network = Network()
    with network.of(module):
        server = await serve(never)
        clients = [network.dial(), network.dial(request()[:-2])]
        await settle()
        server.close(close_connections=False)
        await server.wait_closed()
        for client in clients:
            assert client.data == b""


@asynchronous
async def test_opening_while_the_server_closes_is_refused():
    network = Network()
    decide = asyncio.Event()

    async def process_request(ws, request):
        await decide.wait()

    with network.of(module):
        server = await serve(never, process_request=process_request)
        client = network.dial(request())
        await settle()
        server.close()
        decide.set()
        line, _, body = await client.response()
        assert line == "HTTP/1.1 503 Service Unavailable"
        assert body == b"The server is shutting down.\n"
        await server.wait_closed()


@asynchronous
async def test_page_that_is_asked_for_while_the_server_closes_still_comes():
    network = Network()
    decide = asyncio.Event()

    async def process_request(ws, request):
        await decide.wait()
        return ws.respond(200, "page")

    with network.of(module):
        server = await serve(never, process_request=process_request)
        client = network.dial(request())
        await settle()
        server.close()
        decide.set()
        line, _, body = await client.response()
        assert (line, body) == ("HTTP/1.1 200 OK", b"page")
        await server.wait_closed()


@asynchronous
async def test_client_that_slips_in_while_the_server_closes():
    network = Network()
    with network.of(module):
        server = await serve(never)
        make_connection = network.servers["localhost", 80]
        server.close()
        network.servers["localhost", 80] = make_connection
        client = network.dial(request())
        await client.gone.wait()
        assert client.data == b""
        await server.wait_closed()


@asynchronous
async def test_close_in_the_middle_of_a_fragmented_message():
    network = Network()

    async def handler(ws):
        error = await fails(ConnectionClosedError, ws.send(Parts(["a", "b"], never)))
        assert error.sent.code == 1011

    never = asyncio.Event()
    log = Log()
    with network.of(module), replaced(module, log=log):
        server = await serve(handler)
        client = network.dial(request())
        await client.until(b"a")
        await settle()
        server.close()
        await client.until(b"\x88")
        assert client.close_payload == code(1011, b"a message was not finished")
        client.link.finish()
        await client.gone.wait()
        never.set()
        await server.wait_closed()
    assert log.entries == []


@asynchronous
async def test_server_forever_until_it_is_closed():
    network = Network()
    with network.of(module):
        server = await serve(nothing)
        serving = asyncio.create_task(server.serve_forever())
        await network.dial(request()).bye(1000)
        await settle()
        assert not serving.done()
        server.close()
        await serving


@asynchronous
async def test_server_forever_until_it_is_cancelled():
    network = Network()
    with network.of(module):
        server = await serve(listen)
        serving = asyncio.create_task(server.serve_forever())
        client = network.dial(request())
        await client.until(OPEN)
        serving.cancel()
        await settle()
        assert not serving.done(), "the client has not answered yet"
        assert await client.bye(1001) == code(1001)
        await fails(asyncio.CancelledError, serving)
        assert not server.is_serving()
        await server.wait_closed()


@asynchronous
async def test_cancelled_wait_leaves_the_server_as_it_is():
    network = Network()
    with network.of(module):
        async with serve(listen) as server:
            await cancelled(asyncio.create_task(server.wait_closed()))
            assert server.is_serving()


@asynchronous
async def test_program_that_ends_closes_its_connections():
    """asyncio.run() cancels the tasks of the handlers; then nothing waits any more."""
    network = Network()
    with network.of(module):
        server = await serve(listen)
        client = network.dial(request())
        await client.until(OPEN)
        (task,) = server._tasks
        task.cancel()
        await fails(asyncio.CancelledError, task)
        await client.gone.wait()
        assert client.close_payload == code(1001)
        server.close()
        await server.wait_closed()


@asynchronous
async def test_cancelled_during_the_opening_handshake():
    network = Network()
    never = asyncio.Event()

    async def process_request(ws, request):
        await never.wait()

    with network.of(module):
        server = await serve(never, process_request=process_request)
        client = network.dial(request())
        await settle()
        (task,) = server._tasks
        task.cancel()
        await fails(asyncio.CancelledError, task)
        await client.gone.wait()
        assert client.data == b""
        server.close()
        await server.wait_closed()


CASES = {"test_close": STEPS}
