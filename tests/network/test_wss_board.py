"""connect() over TLS on MicroPython, with a Pico W's heap, against `websockets` and pocketws on CPython.

The contexts themselves, and the words for what mbedTLS raises, are in test_tls_board.py; the
same on CPython in test_wss.py.
"""

import asyncio
import contextlib
import socket
import ssl

import pytest

import pocketws
from pocketws.frames import OP_BINARY, OP_CLOSE, Frame, FrameParser
from pocketws.handshake import accept
from pocketws.http import RequestParser
from tests.network.helpers import run
from tests.network.secure import (
    CUT,
    EARLY,
    EXPIRED,
    HOST,
    LATE,
    NOT_TLS,
    UNKNOWN,
    Endings,
    Relay,
    by_library,
    echo,
    to,
    url,
)

pytest_plugins = ("tests.certificates", "tests.network.fixtures")

VERIFY_FAILED = -0x2700
FLOOD = 60  # messages, in wss_client.py
CONNECTED = ["connected", ["closed", 1000, ""]]


def check_refused(seen, words, number=None):
    """Check that connect() has raised OSError with these words, and perhaps this number."""
    [[kind, arguments]] = seen
    assert kind == "OSError" and arguments[1].startswith(words), seen
    assert number in (None, arguments[0]), seen


MESSAGES = ["hello", "", 0, 1, 1000, 8192, "\u20ac" * 1000]


@by_library("theirs")
def test_a_client_talks_and_closes_without_waiting(theirs, server_tls, board_client):
    async def main():
        endings = Endings()
        async with theirs.serve(endings, "127.0.0.1", 0, ssl=server_tls(), close_timeout=None) as listening:
            async with board_client() as board:
                uri = url(listening)
                assert await board.connects(uri, messages=MESSAGES) == CONNECTED
                assert await endings.next() == ("ConnectionClosedOK", 1000, 1000)
                assert await board.connects(uri, then="close 3000 enough") == ["connected", ["closed", 3000, "enough"]]
                assert await endings.next() == ("ConnectionClosedError", 3000, 3000)
                closed = ["ConnectionClosedError", 4001, 4001, "NoneType"]
                assert await board.connects(uri, then="say close") == ["connected", closed, ["closed", 4001, "bye"]]
                assert await endings.next() == ("ConnectionClosedError", 4001, 4001)
                closed = ["ConnectionClosedError", 1011, 1011, "NoneType"]
                assert await board.connects(uri, then="say fail") == ["connected", closed, ["closed", 1011, ""]]

    run(main())


@pytest.mark.parametrize(
    ("host", "certificate", "name"),
    [
        ("localhost", "chained", None),
        ("localhost", "rsa", None),
        ("127.0.0.1", "address", None),
        ("[::1]", "address", None),
        ("127.0.0.1", "name", "localhost"),
    ],
)
def test_a_client_names_the_server(host, certificate, name, server_tls, board_client):
    names = []
    context = server_tls(certificate)
    context.sni_callback = lambda tls, name, context: names.append(name)

    async def main():
        try:
            listening = await pocketws.serve(echo, "::1" if host == "[::1]" else "127.0.0.1", 0, ssl=context)
        except OSError as error:
            pytest.skip(f"this machine has no IPv6: {error}")
        async with listening, board_client() as board:
            options = {} if name is None else {"server_hostname": name}
            assert await board.connects(url(listening, host), options=options, messages=["hello"]) == CONNECTED

    run(main())
    assert names == [name or host.strip("[]")]


@pytest.mark.parametrize(
    ("certificate", "ca", "words"),
    [
        ("stranger", "ca.pem", UNKNOWN),
        ("self_signed", "ca.pem", UNKNOWN),
        ("server", "other.pem", UNKNOWN),
        ("elsewhere", "ca.pem", HOST),
        ("address", "ca.pem", HOST),
        ("expired", "ca.pem", EXPIRED),
        ("early", "ca.pem", EARLY),
    ],
)
def test_a_client_says_why_it_refuses(certificate, ca, words, server_tls, board_client):
    async def main():
        async with pocketws.serve(echo, "127.0.0.1", 0, ssl=server_tls(certificate)) as listening:
            async with board_client() as board:
                check_refused(await board.connects(url(listening), ca=ca), words, VERIFY_FAILED)
                assert await board.connects(url(listening), "insecure", messages=["hello"]) == CONNECTED

    run(main())


def test_a_client_verifies_unless_it_is_told_not_to(server_tls, board_client, certificates, tmp_path):
    for name in ("ca", "other"):  # a context made by hand takes no PEM
        der = ssl.PEM_cert_to_DER_cert((certificates / f"{name}.pem").read_text())
        (tmp_path / f"{name}.der").write_bytes(der)

    async def main():
        async with pocketws.serve(echo, "127.0.0.1", 0, ssl=server_tls()) as listening:
            async with board_client() as board:
                for how, words in (("default", "cafile="), ("by hand", "this SSLContext verifies nothing")):
                    [[kind, [text]]] = await board.connects(url(listening), how)
                    assert kind == "ValueError" and words in text and "insecure_client_context()" in text
                assert await board.connects(url(listening), "by hand, verifying", ca=tmp_path / "ca.der") == CONNECTED
                refused = await board.connects(url(listening), "by hand, verifying", ca=tmp_path / "other.der")
                check_refused(refused, UNKNOWN, VERIFY_FAILED)

    run(main())


@by_library("theirs")
def test_mutual_tls_for_a_client(theirs, server_tls, board_client):
    served = []

    async def count(ws):
        served.append(ws)
        await echo(ws)

    async def main():
        async with theirs.serve(count, "127.0.0.1", 0, ssl=server_tls(cafile="ca.pem")) as listening:
            async with board_client() as board:
                for name in (None, "stranger", "expired"):
                    check_refused(await board.connects(url(listening), name=name), CUT)
                assert served == []
                for name in ("client", "chained"):
                    assert await board.connects(url(listening), name=name, messages=["hello"]) == CONNECTED

    run(main())


@by_library("theirs")
def test_a_client_at_servers_of_another_kind(theirs, server_tls, board_client):
    """One that speaks no TLS, one that speaks a newer version only, and, with ws://, one that speaks TLS."""
    newer = server_tls()
    newer.minimum_version = ssl.TLSVersion.TLSv1_3

    async def main():
        async with (
            theirs.serve(echo, "127.0.0.1", 0) as plain,
            theirs.serve(echo, "127.0.0.1", 0, ssl=newer) as secure,
            board_client() as board,
        ):
            check_refused(await board.connects(url(plain)), (NOT_TLS, CUT))
            check_refused(await board.connects(url(secure)), CUT)
            [[kind, _]] = await board.connects(url(secure, scheme="ws"), "default")
            assert kind in ("OSError", "InvalidMessage")

    run(main())


@pytest.mark.parametrize("fault", ["refused certificate", "alert", "no TLS", "silence"])
def test_a_failed_handshake_leaves_no_connection_open(fault, server_tls, board_client):
    """The server waits for the client to end the connection; meanwhile the client's program goes on."""
    ended = asyncio.Event()
    context = server_tls("stranger" if fault == "refused certificate" else "server", cafile="ca.pem")
    instead = {"no TLS": b"HTTP/1.1 400 Bad Request\r\n\r\n", "silence": b""}

    async def hold(reader, writer):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                incoming.write(data)
                with contextlib.suppress(ssl.SSLError):
                    tls.do_handshake()
                writer.write(instead.get(fault, outgoing.read()))
        writer.close()
        ended.set()

    async def main():
        listening = await asyncio.start_server(hold, "127.0.0.1", 0)
        async with listening, pocketws.serve(echo, "127.0.0.1", 0, ssl=server_tls()) as good, asyncio.timeout(LATE):
            async with board_client() as board:
                options = {"open_timeout": 0.2 if fault == "silence" else LATE}
                [[kind, _]] = await board.connects(url(listening), options=options)
                assert kind == ("TimeoutError" if fault == "silence" else "OSError")
                await ended.wait()
                assert await board.connects(url(good), messages=["hello"]) == CONNECTED

    run(main())


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_a_cut_is_no_clean_end_for_a_client(reset, server_tls, board_client):
    async def talk(ws):
        assert await ws.recv() == "go on"
        relays.pop().cut(reset)
        await ws.wait_closed()

    relays = []

    async def main():
        async with pocketws.serve(talk, "127.0.0.1", 0, ssl=server_tls()) as listening, Relay(listening) as relay:
            relays.append(relay)
            async with board_client() as board:
                seen = await board.connects(relay.url, then="say go on")
                closed = ["ConnectionClosedError", None, None, "OSError" if reset else "NoneType"]
                assert seen == ["connected", closed, ["closed", 1006, ""]]

    run(main())


def test_redirects_of_a_client(server_tls, board_client):
    async def main():
        async with contextlib.AsyncExitStack() as stack:

            async def serving(target=None, **options):
                answer = None if target is None else to(target)
                serving = pocketws.serve(echo, "127.0.0.1", 0, process_request=answer, **options)
                return await stack.enter_async_context(serving)

            plain, secure = await serving(), await serving(ssl=server_tls())
            board = await stack.enter_async_context(board_client())
            assert await board.connects(url(await serving(url(secure), ssl=server_tls()))) == CONNECTED
            [[kind, _]] = await board.connects(url(await serving(url(plain, scheme="ws"), ssl=server_tls())))
            assert kind == "SecurityError"
            first = await serving(url(secure))
            [[kind, [text]]] = await board.connects(url(first, scheme="ws"), "default")
            assert kind == "ValueError" and "cafile=" in text

    run(main())


def test_both_send_before_they_receive(server_tls, board_client):
    """The server reads nothing before all that it has to say is taken, so the client has to read while it sends."""

    def talk(listener):
        connection, _ = listener.accept()
        connection.settimeout(LATE)
        with server_tls().wrap_socket(connection, server_side=True) as secure:
            parser = RequestParser()
            while (request := parser.feed(secure.recv(65536))) is None:
                pass
            secure.sendall(accept(request)[0].serialize())
            for _ in range(FLOOD):
                secure.sendall(Frame(OP_BINARY, bytes(8192)).serialize())
            frames, count = FrameParser(masked=True), 0
            while (frame := frames.next_frame()) is None or frame.opcode != OP_CLOSE:
                if frame is None:
                    frames.feed(secure.recv(65536))
                else:
                    count += len(frame.data) == 8192
            secure.sendall(Frame(OP_CLOSE, bytes(frame.data)).serialize())
            return count

    async def main():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                listener.setsockopt(socket.SOL_SOCKET, option, 4096)
            talking = asyncio.create_task(asyncio.to_thread(talk, listener))
            async with board_client() as board:
                seen = await board.connects("wss://localhost:%d/" % listener.getsockname()[1], then="flood")
            assert (seen, await talking) == (CONNECTED, FLOOD)

    run(main())
