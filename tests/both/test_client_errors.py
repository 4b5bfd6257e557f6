"""connect(): what it raises, and when it gives up. Over a network in memory."""

import asyncio

from pocketws import client as module
from pocketws.connection import State
from pocketws.exceptions import (
    ConnectionClosedError,
    InvalidHandshake,
    InvalidHeaderFormat,
    InvalidHeaderValue,
    InvalidMessage,
    InvalidProtocol,
    InvalidStatus,
    InvalidUpgrade,
    InvalidURI,
    NegotiationError,
    SecurityError,
)
from pocketws.http import MAX_HEADERS
from pocketws.protocol import CLIENT
from tests.both.helpers import raises
from tests.both.memory import STEPS, asynchronous, cancelled, fails
from tests.both.memory_network import REFUSED, Network, ending, http, upgrade
from tests.both.wire import TEXT, frame

URI = "ws://localhost/"


def connect(uri=URI, **options):
    return module.connect(uri, compression=None, **options)


@asynchronous
async def test_answer_that_opens_nothing(case):
    """Each raises the error of its kind, and the link is ended."""
    name, answer, kind, text = case
    for step in (1 << 30, 1):
        network = Network(step)
        peers = network.answers(answer)
        with network.of(module):
            error = await fails(kind, connect(subprotocols=["chat"]))
        assert type(error) is kind
        assert isinstance(error, InvalidHandshake)
        assert text in str(error)
        (peer,) = peers
        await peer.gone.wait()


@asynchronous
async def test_status_that_opens_nothing_comes_with_its_response(case):
    name, step = case
    for end in (True, False):
        network = Network(step)
        answer = http("401 Unauthorized", "WWW-Authenticate: Basic", "Content-Length: 4", body="sign")
        network.answers(ending(answer) if end else lambda peer, answer=answer: answer)
        with network.of(module):
            error = await fails(InvalidStatus, connect())
        response = error.response
        assert (response.status_code, response.reason_phrase, response.body) == (401, "Unauthorized", b"sign")
        assert response.headers["WWW-Authenticate"] == "Basic"


@asynchronous
async def test_body_may_last_until_the_end():
    network = Network(1)
    network.answers(ending(http("500 Oops", body="all of it")))
    with network.of(module):
        error = await fails(InvalidStatus, connect())
        assert error.response.body == b"all of it"


@asynchronous
async def test_end_before_the_answer(case):
    """The cause tells this apart from an answer that is no HTTP: it makes sense to try again."""
    name, answer = case
    network = Network()
    network.answers(ending(answer))
    with network.of(module):
        error = await fails(InvalidMessage, connect())
        assert isinstance(error.__cause__, EOFError)
        assert module.process_exception(error) is None


@asynchronous
async def test_link_cut_before_the_answer():
    cut = OSError(104, "cut")
    network = Network()
    network.answers(lambda peer: peer.link.peer.abort(cut))
    with network.of(module):
        assert await fails(OSError, connect()) is cut


@asynchronous
async def test_cut_behind_a_wrong_answer_changes_nothing():
    network = Network()
    answer = http("404 Not Found", "Content-Length: 0")

    def answer_and_cut(peer):
        peer.send(answer)
        peer.link.peer._error = OSError(104, "cut")

    network.answers(answer_and_cut)
    with network.of(module):
        await fails(InvalidStatus, connect())


@asynchronous
async def test_nobody_listens():
    network = Network()
    with network.of(module):
        assert await fails(OSError, connect()) is REFUSED


@asynchronous
async def test_open_timeout():
    network = Network()
    peers = network.answers(lambda peer: None)
    with network.of(module):
        error = await fails(asyncio.TimeoutError, connect(open_timeout=0.01))
        assert str(error) == "no WebSocket connection within 0.01 s (open_timeout)"
        (peer,) = peers
        await peer.gone.wait()


@asynchronous
async def test_time_out_of_the_network_is_not_ours():
    """ETIMEDOUT: asyncio.TimeoutError on CPython, and the program did not set it."""
    network = Network()
    error = OSError(110, "the network's own")

    async def open_link(*arguments):
        raise error

    network.open_link = open_link
    with network.of(module):
        assert await fails(OSError, connect(open_timeout=None)) is error


@asynchronous
async def test_cancelled_connect_ends_the_link():
    network = Network()
    peers = network.answers(lambda peer: None)

    async def opening():
        await connect()

    with network.of(module):
        await cancelled(asyncio.create_task(opening()))
        (peer,) = peers
        await peer.gone.wait()


@asynchronous
async def test_answer_after_giving_up_counts_for_nothing():
    network = Network()
    asked = asyncio.Event()
    peers = network.answers(lambda peer: asked.set())

    async def opening():
        await connect()

    with network.of(module):
        task = asyncio.create_task(opening())
        await asked.wait()
        (peer,) = peers
        client = peer.link.peer.connection
        task.cancel()
        await fails(asyncio.CancelledError, task)
        client.feed(upgrade()(peer) + frame(CLIENT, TEXT, b"late"))
        await peer.gone.wait()
        await client.wait_closed()
        assert client.state is State.CLOSED


@asynchronous
async def test_cancelled_as_the_answer_comes():
    """Nobody is given the connection, so nobody would close it."""
    network = Network()
    asked = asyncio.Event()
    peers = network.answers(lambda peer: asked.set())

    async def opening():
        await connect()

    with network.of(module):
        task = asyncio.create_task(opening())
        await asked.wait()
        (peer,) = peers
        peer.link.peer.connection.feed(upgrade()(peer))
        task.cancel()
        await fails(asyncio.CancelledError, task)
        await peer.gone.wait()


@asynchronous
async def test_lost_after_opening():
    network = Network()
    peers = network.answers(upgrade())
    with network.of(module):
        ws = await connect()
        peers[0].link.abort()
        error = await fails(ConnectionClosedError, ws.recv())
        assert (error.rcvd, error.sent, error.__cause__) == (None, None, None)
        assert isinstance(ws, module.ClientConnection)


def test_arguments_that_cannot_be(case):
    name, options, kind = case
    options = dict(options)
    raises(kind, module.connect, options.pop("uri", URI), **options)


@asynchronous
async def test_headers_that_cannot_be(case):
    name, options = case
    network = Network()
    with network.of(module):
        await fails(ValueError, connect(**options))
    assert network.dials == []


CASES = {
    "test_status_that_opens_nothing_comes_with_its_response": STEPS,
    "test_answer_that_opens_nothing": (
        ("status", ending(http("403 Forbidden")), InvalidStatus, "403 Forbidden"),
        ("wrong accept", upgrade(accept="xxxx"), InvalidHeaderValue, "Sec-WebSocket-Accept"),
        ("subprotocol", upgrade("Sec-WebSocket-Protocol: other"), NegotiationError, "'other'"),
        ("extension", upgrade("Sec-WebSocket-Extensions: x-y"), NegotiationError, "x-y"),
        ("bad header", upgrade("Sec-WebSocket-Extensions: a b"), InvalidHeaderFormat, "a b"),
        ("no upgrade", lambda peer: http("101 Go"), InvalidUpgrade, "Upgrade is missing"),
        ("no HTTP", lambda peer: b"SSH-2.0-server\r\n", InvalidMessage, "SSH-2.0"),
        ("HTTP/2", lambda peer: b"HTTP/2.0 101 Go\r\n\r\n", InvalidProtocol, "HTTP/2.0"),
        ("too many headers", lambda peer: http("101 Go", *["A: b"] * (MAX_HEADERS + 1)), SecurityError, "header lines"),
    ),
    "test_end_before_the_answer": (("at once", b""), ("in the middle", b"HTTP/1.1 101 Switching")),
    "test_arguments_that_cannot_be": (
        ("proxy", {"proxy": True}, ValueError),
        ("address of a proxy", {"proxy": "http://proxy:3128"}, ValueError),
        ("compression", {"compression": "gzip"}, ValueError),
        ("compression switched on", {"compression": True}, ValueError),
        ("time-out", {"open_timeout": 0, "compression": None}, ValueError),
        ("URI", {"uri": "http://localhost/", "compression": None}, InvalidURI),
        ("ssl for ws://", {"ssl": object(), "compression": None}, ValueError),
        ("header", {"additional_headers": [("X", "a\r\nb")], "compression": None}, ValueError),
    ),
    "test_headers_that_cannot_be": (
        ("the handshake's own", {"additional_headers": {"Upgrade": "other"}}),
        ("a subprotocol that is no token", {"subprotocols": ["a b"]}),
        ("the same subprotocol twice", {"subprotocols": ["a", "a"]}),
        ("subprotocols as str", {"subprotocols": "chat"}),
    ),
}
