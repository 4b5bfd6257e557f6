"""connect() and serve() over TLS on CPython: in all four pairs with `websockets`, and what goes wrong.

The contexts themselves, and the words for what OpenSSL raises, are in test_tls.py; boards are in
test_wss_board.py.
"""

import asyncio
import http.client
import logging
import ssl

import pytest
import websockets

import pocketws
from tests.network.helpers import run
from tests.network.secure import (
    CUT,
    EARLY,
    EXPIRED,
    HOST,
    NOT_TLS,
    UNKNOWN,
    VERSIONS,
    by_library,
    check_serves,
    echo,
    fails,
    in_all_pairs,
    never,
    url,
    words_of,
)

pytest_plugins = ("tests.certificates", "tests.network.fixtures")


@pytest.fixture(autouse=True)
def no_error_is_logged(caplog, request):
    """A client that fails is no error of the server's program."""
    caplog.set_level(logging.ERROR)
    yield
    if "theirs" not in request.fixturenames:  # websockets logs what its handlers raise
        assert not caplog.records, caplog.text


# Connections


@pytest.mark.parametrize("by_hand", [False, True])
@in_all_pairs
def test_messages_both_ways(ours, theirs, server_tls, client_tls, certificates, by_hand):
    messages = ["hello", "", b"", bytes(range(256)), "\u20ac" * 50_000, bytes(range(256)) * 16384]  # up to 4 MiB
    contexts = client_tls(), server_tls()
    if by_hand:
        contexts = ssl.create_default_context(cafile=certificates / "ca.pem"), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexts[1].load_cert_chain(certificates / "chained.pem", certificates / "chained.key")

    async def main():
        async with theirs.serve(echo, "127.0.0.1", 0, ssl=contexts[1], max_size=None, compression=None) as listening:
            async with ours.connect(url(listening), ssl=contexts[0], max_size=None, compression=None) as ws:
                for message in messages:
                    await ws.send(message)
                    assert await ws.recv() == message
            assert ws.close_code == 1000

    run(main())


@pytest.mark.parametrize("version", VERSIONS)
@in_all_pairs
def test_mutual_tls(ours, theirs, server_tls, client_tls, version):
    """A client without a certificate, or with a bad one, is refused; the server's program sees nothing of it."""
    served = []

    async def count(ws):
        served.append(ws)
        await echo(ws)

    async def main():
        context = server_tls(cafile="ca.pem", version=version)
        async with theirs.serve(count, "127.0.0.1", 0, ssl=context) as listening:
            for name in (None, "stranger", "expired"):
                # With TLS 1.3, a client believes to be connected before the server refuses it.
                kinds = (OSError, pocketws.InvalidMessage, websockets.InvalidMessage)
                error = await fails(kinds, ours.connect(url(listening), ssl=client_tls(name=name)))
                if not isinstance(error, OSError):
                    assert version != ssl.TLSVersion.TLSv1_2 and isinstance(error.__cause__, EOFError)
                if ours is pocketws:
                    assert words_of(error).startswith(CUT), error
            assert served == []
            await check_serves(listening, client_tls(name="client"))
            assert len(served) == 1

    run(main())


@pytest.mark.parametrize(
    ("host", "name", "certificate", "seen"),
    [
        ("localhost", None, "server", "localhost"),
        ("127.0.0.1", None, "address", None),  # RFC 6066 section 3: no addresses
        ("[::1]", None, "address", None),
        ("localhost", "elsewhere.example", "elsewhere", "elsewhere.example"),
        ("127.0.0.1", "localhost", "name", "localhost"),
    ],
)
@in_all_pairs
def test_the_server_sees_the_name(ours, theirs, server_tls, client_tls, host, name, certificate, seen):
    names = []
    context = server_tls(certificate)
    context.sni_callback = lambda tls, name, context: names.append(name)

    async def main():
        try:
            listening = await theirs.serve(echo, "::1" if host == "[::1]" else "127.0.0.1", 0, ssl=context)
        except OSError as error:
            pytest.skip(f"this machine has no IPv6: {error}")
        async with listening:
            options = {} if name is None else {"server_hostname": name}
            async with ours.connect(url(listening, host), ssl=client_tls(), **options) as ws:
                await ws.send("hello")
                assert await ws.recv() == "hello"

    run(main())
    assert names == [seen]


# Refused by the client


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
@by_library("library")
def test_certificates_that_do_not_verify(library, server_tls, client_tls, certificate, ca, words):
    async def once(url, context):
        await pocketws.connect(url, ssl=context)

    async def again(url, context):
        async for _ in pocketws.connect(url, ssl=context):
            raise AssertionError("connected")

    async def main():
        async with library.serve(never, "127.0.0.1", 0, ssl=server_tls(certificate)) as listening:
            for attempt in (once, again):
                error = await fails(OSError, attempt(url(listening), client_tls(ca)))
                assert type(error) is ssl.SSLCertVerificationError
                assert [note.startswith(words) for note in error.__notes__] == [True], error.__notes__
            assert list(listening.connections) == []

    run(main())


@by_library("library")
def test_by_default_a_client_trusts_the_systems_cas(library, server_tls, certificates, monkeypatch):
    async def main():
        async with library.serve(echo, "127.0.0.1", 0, ssl=server_tls()) as listening:
            for arguments in ({}, {"ssl": None}, {"ssl": True}):
                error = await fails(ssl.SSLCertVerificationError, pocketws.connect(url(listening), **arguments))
                assert words_of(error).startswith(UNKNOWN)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))  # now it is one of the system's
            await check_serves(listening, None)

    run(main())


def test_an_insecure_client_connects_to_anyone(server_tls):
    async def main():
        async with pocketws.serve(echo, "127.0.0.1", 0, ssl=server_tls("expired")) as listening:
            await check_serves(listening, pocketws.insecure_client_context())

    run(main())


def test_what_is_no_context(server_tls):
    async def main():
        for value in (False, "ca.pem", {}):
            await fails(TypeError, pocketws.connect("wss://localhost:1/", ssl=value))
        with pytest.raises(ValueError, match="ssl is for wss://"):
            pocketws.connect("ws://localhost:1/", ssl=pocketws.insecure_client_context())

    run(main())


# One side speaks no TLS


@by_library("library")
def test_a_plain_server_on_a_wss_port(library, client_tls):
    async def main():
        async with library.serve(never, "127.0.0.1", 0) as listening:
            error = await fails(OSError, pocketws.connect(url(listening), ssl=client_tls()))
            assert words_of(error).startswith((NOT_TLS, CUT)), error

    run(main())


@in_all_pairs
def test_a_plain_client_on_a_wss_port(ours, theirs, server_tls, client_tls):
    async def main():
        async with theirs.serve(echo, "127.0.0.1", 0, ssl=server_tls()) as listening:
            kinds = (OSError, pocketws.InvalidMessage, websockets.InvalidMessage)
            await fails(kinds, ours.connect(url(listening, scheme="ws")))
            await check_serves(listening, client_tls())

    run(main())


def test_a_page_over_tls(server_tls, client_tls):
    """What serve() answers besides WebSockets comes whole, and is followed by an end."""
    page = "Hello\n" * 50_000

    def answer(connection, request):
        if request.path != "/ws":
            return connection.respond(200, page)

    def fetch(port):
        connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=client_tls())
        connection.request("GET", "/page")
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    async def main():
        async with pocketws.serve(never, "127.0.0.1", 0, ssl=server_tls(), process_request=answer) as listening:
            port = listening.sockets[0].getsockname()[1]
            assert await asyncio.to_thread(fetch, port) == (200, page.encode())
            error = await fails(pocketws.InvalidStatus, pocketws.connect(url(listening), ssl=client_tls()))
            assert error.response.status_code == 200

    run(main())
