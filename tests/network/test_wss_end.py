"""How connections over TLS end, or never begin: closing, cuts, limits and time-outs, redirects. On CPython."""

import asyncio
import contextlib

import pytest

import pocketws
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_TEXT, Frame
from pocketws.protocol import CLIENT
from tests.network.helpers import run
from tests.network.raw import Peer
from tests.network.secure import (
    LATE,
    Endings,
    Relay,
    SecureServer,
    by_library,
    check_serves,
    echo,
    ending,
    fails,
    idle_client,
    in_all_pairs,
    port_of,
    to,
    url,
)

pytest_plugins = ("tests.certificates", "tests.network.fixtures")

# Closing


@in_all_pairs
def test_closing_waits_for_nobody(ours, theirs, server_tls, client_tls):
    """Without a close_timeout, each end comes by what the two sides say to each other."""

    async def main():
        endings = Endings()
        unlimited = {"close_timeout": None, "ping_interval": None}
        listening = await theirs.serve(endings, "127.0.0.1", 0, ssl=server_tls(), **unlimited)
        async with asyncio.timeout(LATE):
            context = client_tls()
            for say, code, seen in (
                ("close", 4001, ("ConnectionClosedError", 4001, 4001)),
                ("fail", 1011, "failed"),
            ):
                ws = await ours.connect(url(listening), ssl=context, **unlimited)
                await ws.send(say)
                error = await fails(ours.ConnectionClosedError, ws.recv())
                assert ending(error) == ("ConnectionClosedError", code, code)
                await ws.wait_closed()
                assert (ws.close_code, await endings.next()) == (code, seen)
            for code in (1000, 3000):
                ws = await ours.connect(url(listening), ssl=context, **unlimited)
                await ws.close(code, "enough")
                kind = "ConnectionClosedOK" if code == 1000 else "ConnectionClosedError"
                assert (ws.close_code, ws.close_reason) == (code, "enough")
                assert await endings.next() == (kind, code, code)
            ws = await ours.connect(url(listening), ssl=context, **unlimited)
            listening.close()
            await listening.wait_closed()
            await ws.wait_closed()
            assert ws.close_code == 1001
            assert await endings.next() == ("ConnectionClosedOK", 1001, 1001)

    run(main())


@in_all_pairs
def test_a_slow_reader_gets_all_that_was_sent_before_the_end(ours, theirs, server_tls, client_tls):
    """TLS reads ahead of a connection that does not read, and may not lose that at its end."""
    sent = [bytes([number]) * 100_000 for number in range(40)]

    async def talk(ws):
        for message in sent:
            await ws.send(message)

    async def main():
        options = {"compression": None, "max_queue": 1, "close_timeout": None}
        async with theirs.serve(talk, "127.0.0.1", 0, ssl=server_tls(), compression=None) as listening:
            async with ours.connect(url(listening), ssl=client_tls(), **options) as ws:
                received = []
                async for message in ws:
                    received.append(message)
                    await asyncio.sleep(0)
                assert received == sent

    run(main())


@pytest.mark.parametrize("closes", [True, False], ids=["with a Close frame", "without"])
def test_what_a_server_sent_before_its_end_counts(server_tls, client_tls, closes):
    """It ends TLS in order, and waits for no one; a Close frame alone makes that a clean end."""
    sent = [bytes([number]) * 50_000 for number in range(40)]
    close = Frame(OP_CLOSE, b"\x03\xe8")

    async def script(peer):
        await peer.accept(*(Frame(OP_BINARY, data) for data in sent), *([close] if closes else ()))
        peer._writer.close()
        with contextlib.suppress(OSError):  # of the client's Close frame, for which it is too late
            await peer._writer.wait_closed()

    async def main():
        async with SecureServer(script, server_tls()) as listening:
            ws = await pocketws.connect(listening.url, ssl=client_tls(), max_queue=1, close_timeout=None)
            for data in sent:
                await asyncio.sleep(0)
                assert await ws.recv() == data
            error = await fails(pocketws.ConnectionClosed, ws.recv())
            expected = ("ConnectionClosedOK", 1000, 1000) if closes else ("ConnectionClosedError", None, None)
            assert ending(error) == expected
            assert ws.close_code == (1000 if closes else 1006)

    run(main())


# Cuts


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
@pytest.mark.parametrize("message", ["", "amid a message"], ids=["idle", "amid a message"])
@in_all_pairs
def test_a_cut_is_no_clean_end(ours, theirs, server_tls, client_tls, message, reset):
    """End of TCP without that of TLS."""

    async def main():
        endings = Endings()
        async with theirs.serve(endings, "127.0.0.1", 0, ssl=server_tls(), max_size=None) as listening:
            async with Relay(listening) as relay:
                ws = await ours.connect(relay.url, ssl=client_tls())
                await ws.send("whole")
                assert await ws.recv() == "whole"
                if message:
                    await ws.send(fragments(relay, reset))
                else:
                    relay.cut(reset)
                error = await fails(ours.ConnectionClosedError, ws.recv())
                assert ending(error) == ("ConnectionClosedError", None, None)
                assert ws.close_code == 1006
                seen, _ = await endings.seen.get()
                assert seen == ("ConnectionClosedError", None, None)

    async def fragments(relay, reset):
        yield "half of it"
        relay.cut(reset)

    run(main())


# Time-outs of the TLS handshake


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02"], ids=["nothing", "the beginning of a ClientHello"])
@by_library("library")
def test_a_client_that_does_not_go_on_with_the_handshake_is_cut_off(library, server_tls, client_tls, said):
    async def main():
        async with library.serve(echo, "127.0.0.1", 0, ssl=server_tls(), open_timeout=0.5) as listening:
            async with idle_client(port_of(listening), said) as ended, asyncio.timeout(LATE):
                await ended()
            await check_serves(listening, client_tls())

    run(main())


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_server_that_does_not_go_on_with_the_handshake(client_tls, cancelled):
    """connect() gives up, and leaves no connection open."""
    came, ended = asyncio.Event(), asyncio.Event()

    async def say_nothing(reader, writer):
        await reader.readexactly(5)  # the beginning of a ClientHello
        came.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    async def main():
        listening = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        async with asyncio.timeout(LATE), listening:
            if cancelled:
                opening = asyncio.ensure_future(opened(url(listening), ssl=client_tls()))
                await came.wait()
                opening.cancel()
                await fails(asyncio.CancelledError, opening)
            else:
                error = await fails(TimeoutError, pocketws.connect(url(listening), ssl=client_tls(), open_timeout=0.1))
                assert str(error) == "no WebSocket connection within 0.1 s (open_timeout)"
            await ended.wait()

    run(main())


async def opened(url, **options):
    return await pocketws.connect(url, **options)


# Failing a connection


@in_all_pairs
def test_a_message_too_big(ours, theirs, server_tls, client_tls):
    async def main():
        endings = Endings()
        options = {"ssl": server_tls(), "max_size": 1000, "compression": None}
        async with theirs.serve(endings, "127.0.0.1", 0, **options) as listening:
            ws = await ours.connect(url(listening), ssl=client_tls(), compression=None)
            await ws.send(bytes(1000))
            assert await ws.recv() == bytes(1000)
            error = await fails(ours.ConnectionClosedError, send_and_receive(ws, bytes(1 << 22)))
            assert ending(error) == ("ConnectionClosedError", 1009, 1009)
            await ws.wait_closed()
            seen, cause = await endings.seen.get()
            assert seen == ("ConnectionClosedError", None, 1009)
            if theirs is pocketws:
                assert isinstance(cause, pocketws.PayloadTooBig), repr(cause)

    run(main())


async def send_and_receive(ws, message):
    await ws.send(message)
    await ws.recv()


def test_a_client_that_goes_on_sending_learns_why_the_connection_failed(server_tls, client_tls):
    """It gets all that was sent to it before, then the Close frame and an orderly end: nothing is destroyed by RST."""
    options = {"ssl": server_tls(), "max_size": 1000, "compression": None}
    failed = asyncio.Event()

    async def flood(ws):
        sending = asyncio.create_task(ws.send(bytes(1 << 23)))
        while ws.state is pocketws.State.OPEN:  # noqa: ASYNC110  nothing else tells, before it is closed
            await asyncio.sleep(0.01)
        failed.set()
        with contextlib.suppress(pocketws.ConnectionClosedError):
            await sending

    async def main():
        async with pocketws.serve(flood, "127.0.0.1", 0, **options) as listening:
            ends = await asyncio.open_connection("localhost", port_of(listening), ssl=client_tls())
            peer = Peer(*ends, CLIENT, None)
            await peer.open()
            peer.deafen()
            ends[1].write(peer.wire(Frame(OP_BINARY, bytes(1 << 20)), Frame(OP_TEXT, b"and more")))
            await failed.wait()
            peer.listen()
            assert await peer.ending(False) == ["binary 8388608", "close 1009"]
            await peer.close()

    run(main())


# Redirects


@in_all_pairs
def test_redirects_from_ws_to_wss(ours, theirs, server_tls, certificates, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))

    async def main():
        async with theirs.serve(echo, "127.0.0.1", 0, ssl=server_tls()) as listening:
            async with theirs.serve(echo, "127.0.0.1", 0, process_request=to(url(listening))) as first:
                async with ours.connect(url(first, scheme="ws")) as ws:
                    await ws.send("hello")
                    assert await ws.recv() == "hello"

    run(main())


@in_all_pairs
def test_redirects_from_wss_to_wss(ours, theirs, server_tls, client_tls):
    options = {"ssl": server_tls()}

    async def main():
        async with theirs.serve(echo, "127.0.0.1", 0, **options) as listening:
            async with theirs.serve(echo, "127.0.0.1", 0, process_request=to(url(listening)), **options) as first:
                async with ours.connect(url(first), ssl=client_tls()) as ws:
                    await ws.send("hello")
                    assert await ws.recv() == "hello"

    run(main())


@in_all_pairs
def test_no_redirects_from_wss_to_ws(ours, theirs, server_tls, client_tls):
    """The other server does not even get a request."""
    requests = []

    def note(connection, request):
        requests.append(request)

    async def main():
        async with theirs.serve(echo, "127.0.0.1", 0, process_request=note) as plain:
            answer = to(url(plain, scheme="ws"))
            async with theirs.serve(echo, "127.0.0.1", 0, ssl=server_tls(), process_request=answer) as first:
                await fails(ours.SecurityError, ours.connect(url(first), ssl=client_tls()))
        assert requests == []

    run(main())
