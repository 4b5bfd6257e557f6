"""serve() and clients that are not let in: what they are told, and that they do not stay. Over a network in memory."""

import asyncio

from pocketws import server as module
from pocketws.connection import State
from pocketws.http import MAX_HEADERS
from pocketws.protocol import SERVER
from tests.both.memory import Log, Timers, asynchronous, replaced, settle
from tests.both.memory_network import Network, never, request
from tests.both.wire import CLOSE, code, frame

ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # section 1.3
BYE = frame(SERVER, CLOSE, code(1000))


def serve(handler, **options):
    return module.serve(handler, "localhost", 80, compression=None, **options)


@asynchronous
async def test_request_that_is_refused(case):
    """The answer tells why, the link ends, no handler is called, and nothing is logged: it is the client's fault."""
    name, options, data, status, text = case
    for step in (1 << 30, 1):
        network = Network(step)
        log = Log()
        with network.of(module), replaced(module, log=log):
            async with serve(never, **options):
                client = network.dial(data)
                await client.until(b"\n")
                client.send(b"and more that does not count")
                line, headers, body = await client.response()
        assert line == "HTTP/1.1 " + status
        assert "Connection: close" in headers or "Connection: Upgrade, close" in headers
        assert "Content-Length: %d" % len(body) in headers
        assert text in body.decode()
        assert log.entries == []


@asynchronous
async def test_own_select_subprotocol_that_fails():
    network = Network()
    log = Log()
    with network.of(module), replaced(module, log=log):
        async with serve(never, select_subprotocol=lambda ws, offered: "not offered"):
            client = network.dial(request())
            line, _, body = await client.response()
    assert line.startswith("HTTP/1.1 500 ")
    assert b"not offered" not in body, "that is for the log"
    ((level, text, error),) = log.entries
    assert (level, text) == ("error", "the opening handshake failed")
    assert isinstance(error, ValueError)


@asynchronous
async def test_client_that_ends_before_its_request_is_complete():
    network = Network()
    for data in (b"", request()[:-4]):
        with network.of(module):
            async with serve(never) as server:
                client = network.dial(data)
                client.link.finish()
                await client.gone.wait()
                assert (client.data, server.connections) == (b"", set())


@asynchronous
async def test_open_timeout():
    network = Network()
    for data in (b"", request()[:-4]):
        with network.of(module):
            async with serve(never, open_timeout=0.01):
                client = network.dial(data)
                await client.gone.wait()
                assert client.data == b""


@asynchronous
async def test_client_that_stays_after_it_was_refused():
    network = Network()
    with network.of(module), Timers() as timers:
        server = await serve(never, close_timeout=7, origins=["http://o"])
        client = network.dial(request())
        client.link.pause()  # so it does not see the server's end
        await settle()
        assert timers.seconds == [7]
        assert client.link.peer.connection.response.status_code == 403
        server.close()
        waiting = asyncio.create_task(server.wait_closed())
        await settle()
        assert not waiting.done()
        timers.go_off()
        await waiting
        assert client.link.peer.connection.state is State.CLOSED
        client.link.resume()
        await client.gone.wait()
        assert client.data.startswith(b"HTTP/1.1 403 ")


MANY = b"A: b\r\n" * (MAX_HEADERS + 1)
LARGE = "Request Header Fields Too Large"
CASES = {
    "test_request_that_is_refused": (
        ("no HTTP", {}, b"hello\r\n\r\n", "400 Bad Request", "request line"),
        ("another method", {}, b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed", "POST"),
        ("plain GET", {}, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "426 Upgrade Required", "Upgrade"),
        ("version", {}, request().replace(b": 13", b": 8"), "426 Upgrade Required", "13"),
        ("key", {}, request().replace(b"dGhl", b"dGh"), "400 Bad Request", "Sec-WebSocket-Key"),
        ("too many headers", {}, b"GET / HTTP/1.1\r\n" + MANY + b"\r\n", "431 " + LARGE, "header lines"),
        ("origin", {"origins": ["http://o"]}, request("Origin: http://p"), "403 Forbidden", "Origin"),
        ("no origin", {"origins": ["http://o"]}, request(), "403 Forbidden", "Origin"),
        ("no subprotocol", {"subprotocols": ["chat"]}, request(), "400 Bad Request", "chat"),
    ),
}
