"""Where pocketws knowingly differs from `websockets`: each test shows what either of them does.

docs/differences.md says it in words, and names these tests.
"""

import asyncio
import http.client
import logging
import re
import socket
import ssl
from pathlib import Path

import pytest
import websockets

import pocketws
from tests.network.helpers import run

pytest_plugins = "tests.certificates"

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "differences.md"


def differ(observe):
    """Return what the coroutine function `observe(library)` returns for websockets, and for pocketws."""
    return run(observe(websockets)), run(observe(pocketws))


def address(server):
    return "ws://%s:%d" % server.sockets[0].getsockname()


async def nothing(ws):
    await ws.wait_closed()


async def name_of(awaitable):
    """Return the name of the exception that `awaitable` raises, or else its result."""
    try:
        return await awaitable
    except Exception as error:
        return type(error).__name__


# What the program may do


def test_exceptions_have_one_base():
    def bases(library):
        return issubclass(library.ConcurrencyError, RuntimeError), issubclass(library.InvalidState, AssertionError)

    assert (bases(websockets), bases(pocketws)) == ((True, True), (False, False))


def test_what_may_not_be_sent_is_a_value_error():
    async def observe(library):
        async with library.serve(nothing, "127.0.0.1", 0) as server:
            async with library.connect(address(server)) as ws:
                return [await name_of(step) for step in (ws.close(1005), ws.close(999), ws.ping(bytes(126)))]

    assert differ(observe) == (["ProtocolError"] * 3, ["ValueError"] * 3)


def test_bytes_sent_as_text_must_be_utf8():
    async def observe(library):
        async with library.serve(nothing, "127.0.0.1", 0) as server:
            async with library.connect(address(server)) as ws:
                return await name_of(ws.send(b"\xff", text=True))

    assert differ(observe) == (None, "UnicodeDecodeError")


@pytest.mark.parametrize("option", ["close_timeout", "open_timeout", "ping_timeout", "ping_interval", "max_queue"])
def test_limits_of_nothing_are_refused(option):
    async def observe(library):
        try:
            library.connect("ws://localhost/", **{option: 0})
        except ValueError as error:
            return type(error).__name__

    assert differ(observe) == (None, "ValueError")


def test_headers_are_pairs():
    def observe(library):
        headers = library.Headers([("X-One", "1")])
        return list(headers), list(headers.items())

    assert observe(websockets) == (["x-one"], [("x-one", "1")])
    assert observe(pocketws) == ([("X-One", "1")], [("X-One", "1")])


@pytest.mark.parametrize("name", ["Host", "Sec-WebSocket-Protocol"])
def test_headers_of_the_handshake_are_not_additional(name):
    async def observe(library):
        async with library.serve(nothing, "127.0.0.1", 0) as server:
            try:
                await (await library.connect(address(server), additional_headers={name: "x"})).close()
            except ValueError as error:
                return type(error).__name__

    assert differ(observe) == (None, "ValueError")


def test_state_is_no_number():
    assert (websockets.State.OPEN == 1, pocketws.State.OPEN == 1) == (True, False)
    assert websockets.State.OPEN.value == pocketws.State.OPEN.value == 1


# Receiving


def test_text_is_checked_though_nobody_receives_it():
    async def observe(library):
        async with library.serve(nothing, "127.0.0.1", 0) as server:
            async with websockets.connect(address(server)) as ws:
                await ws.send(b"\xff", text=True)
                await name_of(ws.ping())
                await ws.close()
                return ws.close_code

    assert differ(observe) == (1000, 1007)


def test_text_received_as_bytes_is_checked():
    async def observe(library):
        async def receive(ws):
            await name_of(ws.recv(decode=False))

        async with library.serve(receive, "127.0.0.1", 0) as server:
            async with websockets.connect(address(server)) as ws:
                await ws.send(b"\xff", text=True)
                await ws.wait_closed()
                return ws.close_code

    assert differ(observe) == (1000, 1007)


def test_a_step_of_recv_streaming_may_be_cancelled():
    async def observe(library):
        async def talk(ws):
            async def halves():
                yield await ws.recv()
                yield await ws.recv()

            await ws.send(halves())
            await ws.wait_closed()

        async with library.serve(talk, "127.0.0.1", 0) as server:
            async with library.connect(address(server)) as ws:
                stream = ws.recv_streaming()
                step = asyncio.ensure_future(anext(stream))
                await ws.send("one")
                assert await step == "one"
                step = asyncio.ensure_future(anext(stream))
                await asyncio.sleep(0)
                step.cancel()
                await asyncio.wait([step])
                await ws.send("two")
                try:
                    return await anext(stream)
                except StopAsyncIteration:
                    return await name_of(ws.recv())

    assert differ(observe) == ("ConcurrencyError", "two")


def test_pieces_are_not_frames():
    async def observe(library):
        async def talk(ws):
            await ws.send(["one", "", "two"])
            await ws.wait_closed()

        async with library.serve(talk, "127.0.0.1", 0) as server:
            async with library.connect(address(server)) as ws:
                await (await ws.ping())
                return [piece async for piece in ws.recv_streaming()]

    assert differ(observe) == (["one", "", "two", ""], ["onetwo"])


# Sending


def test_messages_of_one_turn_of_the_loop_go_out_together():
    async def observe(library):
        arrived = []
        done = asyncio.Event()

        async def talk(ws):
            await ws.send("a")
            await ws.send("b")
            arrived.append(client.recv(1000).partition(b"\r\n\r\n")[2])  # the loop could not do anything in between
            await asyncio.sleep(0)
            arrived.append(client.recv(1000) if library is pocketws else b"")
            done.set()

        async with library.serve(talk, "127.0.0.1", 0, compression=None) as server:
            with socket.create_connection(server.sockets[0].getsockname(), 10) as client:
                client.sendall(
                    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
                )
                await done.wait()
        return arrived

    assert differ(observe) == ([b"\x81\x01a\x81\x01b", b""], [b"\x81\x01a", b"\x81\x01b"])


# Closing


def test_closing_does_not_wait_for_messages_to_be_received():
    async def observe(library):
        async def talk(ws):
            for _ in range(40):
                library.broadcast([ws], bytes(100000))  # never mind how slowly they go
            await ws.wait_closed()

        async with library.serve(talk, "127.0.0.1", 0, compression=None) as server:
            close_timeout = 0.2 if library is websockets else 10  # only the first one waits for it
            ws = await library.connect(address(server), max_queue=1, close_timeout=close_timeout)
            await ws.recv()
            await ws.close()
            return ws.close_code

    assert differ(observe) == (1006, 1000)


def test_close_frame_amid_fragments_is_echoed():
    async def observe(library):
        ends = []

        async def receive(ws):
            try:
                await ws.recv()
            except library.ConnectionClosed as error:
                ends.append(int(error.sent.code))

        async def failing():
            yield "one"
            raise KeyError

        async with library.serve(receive, "127.0.0.1", 0) as server:
            async with websockets.connect(address(server)) as ws:
                await name_of(ws.send(failing()))
        return ends

    assert differ(observe) == ([1002], [1011])


def test_full_buffers_do_not_hold_up_keepalive():
    async def observe(library):
        ended = asyncio.Event()

        async def talk(ws):
            try:
                while True:
                    await ws.send(bytes(100000))
            except library.ConnectionClosed:
                ended.set()

        options = {"ping_interval": 0.1, "ping_timeout": 0.1, "close_timeout": 0.1, "compression": None}
        async with library.serve(talk, "127.0.0.1", 0, **options) as server:
            async with websockets.connect(address(server), max_queue=1, ping_interval=None, close_timeout=0.1):
                patience = 1 if library is websockets else 10  # seconds; it would need years
                return await name_of(asyncio.wait_for(ended.wait(), patience))

    assert differ(observe) == ("TimeoutError", True)


def test_handler_that_does_not_catch_connection_closed_is_not_logged(caplog):
    async def observe(library):
        async def receive(ws):
            while True:
                await ws.recv()

        caplog.clear()
        async with library.serve(receive, "127.0.0.1", 0) as server:
            for code in (1000, 4000):
                await (await library.connect(address(server))).close(code)
        return len(caplog.records)

    caplog.set_level(logging.ERROR)
    assert differ(observe) == (2, 0)


# Servers and clients


def test_broadcast_says_what_it_left_out_with_one_exception():
    async def observe(library):
        async def talk(ws):
            async def halves():
                yield "one"
                said.append(await name_of(say(ws)))
                yield "two"

            await ws.send(halves())

        async def say(ws):
            library.broadcast([ws], "news", raise_exceptions=True)

        said = []
        async with library.serve(talk, "127.0.0.1", 0) as server:
            async with library.connect(address(server)) as ws:
                await ws.recv()
        return said

    assert differ(observe) == (["ExceptionGroup"], ["InvalidState"])


def test_request_with_a_body_is_refused():
    async def observe(library):
        def page(connection, request):
            return connection.respond(200, "ok")

        def post(host):
            connection = http.client.HTTPConnection(host)
            try:
                connection.request("POST", "/", body=b"abc")
                return connection.getresponse().status
            except ConnectionError as error:
                return type(error).__name__
            finally:
                connection.close()

        async with library.serve(nothing, "127.0.0.1", 0, process_request=page) as server:
            return await asyncio.to_thread(post, address(server)[5:])

    assert differ(observe) == ("RemoteDisconnected", 400)


def test_reconnecting_begins_at_the_first_address_again():
    async def observe(library):
        paths = []

        def process_request(connection, request):
            paths.append(request.path)
            if request.path == "/":
                response = connection.respond(302, "over there")
                response.headers["Location"] = "/there"
                return response

        async with library.serve(nothing, "127.0.0.1", 0, process_request=process_request) as server:
            async for ws in library.connect(address(server)):
                await ws.close()
                if paths.count("/there") == 2:
                    break
        return paths

    assert differ(observe) == (["/", "/there", "/there"], ["/", "/there", "/", "/there"])


def test_reconnecting_ends_at_a_certificate_that_does_not_verify(certificates):
    class Enough(Exception):
        pass

    async def observe(library):
        def delays():
            yield 0
            yield 0
            raise Enough

        async def forever(url):
            async for _ in library.connect(url, reconnect_delays=delays):
                pass

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
        async with library.serve(nothing, "127.0.0.1", 0, ssl=context) as server:
            return await name_of(forever(address(server).replace("ws:", "wss:")))

    assert differ(observe) == ("Enough", "SSLCertVerificationError")


def test_leaving_the_loop_over_connect_is_no_error():
    async def observe(library):
        async with library.serve(nothing, "127.0.0.1", 0) as server:
            async for ws in library.connect(address(server)):
                left = ws
                break
            await left.wait_closed()
            return left.close_code

    assert differ(observe) == (1011, 1000)


def test_there_is_no_proxy():
    async def observe(library):
        try:
            library.connect("ws://localhost/", proxy=True)
        except ValueError as error:
            return type(error).__name__

    assert differ(observe) == (None, "ValueError")


# The document


def test_names_that_are_missing():
    listed = DOCUMENT.read_text(encoding="utf-8").split("```")[1].split()
    assert sorted(listed) == sorted(name for name in websockets.__all__ if not hasattr(pocketws, name))


def test_each_row_has_its_test_and_each_test_its_row():
    named = re.findall(r"`::(\w+)`", DOCUMENT.read_text(encoding="utf-8"))
    here = [name for name in globals() if name.startswith("test_")]
    assert named == here[: len(named)]
    assert here[len(named) :] == ["test_names_that_are_missing", "test_each_row_has_its_test_and_each_test_its_row"]
