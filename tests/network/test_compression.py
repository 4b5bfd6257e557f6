"""Compressed messages (RFC 7692) end to end on CPython: in all four pairs with `websockets`, and against raw peers.

Every combination of parameters, without a network, is in test_deflate_peers.py; boards are in
test_compression_board.py.
"""

import contextlib
import random
import tracemalloc
import zlib

import pytest
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory

import pocketws
from pocketws.deflate import PerMessageDeflate
from pocketws.frames import OP_BINARY, OP_CONT, OP_TEXT, RSV1, Frame
from pocketws.handshake import parse_extensions
from tests.network.helpers import run
from tests.network.raw import RawServer, agreed, raw_client, request
from tests.network.secure import Relay, by_library, ending, fails, in_all_pairs, port_of, url

NAME = "Sec-WebSocket-Extensions"
OFFER = "permessage-deflate; client_max_window_bits"  # of Chromium, Safari, and `websockets`
LIMIT = 100_000  # bytes of a message
UNIT = "Gr\u00fc\u00dfe, \u4e16\u754c! "
MESSAGES = [
    "a",
    UNIT * 1000,
    "",
    b"",
    random.Random(7692).randbytes(100_000),
    bytes(1 << 20),
    UNIT * 20_000,
]


def offers(library, **asked):
    """Return the arguments with which a client of `library` asks for these parameters."""
    kind = PerMessageDeflate if library is pocketws else ClientPerMessageDeflateFactory
    return {"extensions": [kind(**asked)], "compression": None}


def accepts(library, **asked):
    """Return the arguments with which a server of `library` asks for these parameters."""
    kind = PerMessageDeflate if library is pocketws else ServerPerMessageDeflateFactory
    return {"extensions": [kind(**asked)], "compression": None}


async def echo(ws):
    async for message in ws:
        await ws.send(message)


async def exchange(ws, messages):
    for message in messages:
        await ws.send(message)
        assert await ws.recv() == message


def parameters(ws):
    """Return the parameters on which a client and its server have agreed: dict, None if they do not compress."""
    found = parse_extensions(pocketws.Headers([(NAME, value) for value in ws.response.headers.get_all(NAME)]))
    return dict(found[0][1]) if found else None


async def offered(peer, offer):
    """Let a raw client ask for `offer` (str); return the server's answer: str or None."""
    asked = request()
    asked.headers[NAME] = offer
    await peer.send(asked.serialize())
    response = await peer.response()
    assert response.status_code == 101
    peer._frames.rsv = RSV1
    return response.headers.get(NAME)


# What is agreed on, and messages

BOTH_NO = {"server_no_context_takeover": True, "client_no_context_takeover": True}
BOTH_9 = {"server_max_window_bits": 9, "client_max_window_bits": 9}
ANSWERS = {
    "nothing asked": ({}, {}, {}),
    "client: server_no_context_takeover": (
        {"server_no_context_takeover": True},
        {},
        {"server_no_context_takeover": None},
    ),
    "client: all": (BOTH_NO | BOTH_9, {}, dict.fromkeys(BOTH_NO) | dict.fromkeys(BOTH_9, "9")),
    "server: all": ({}, BOTH_NO | BOTH_9, dict.fromkeys(BOTH_NO) | dict.fromkeys(BOTH_9, "9")),
    "both: the smaller window": (
        {"server_max_window_bits": 12, "client_max_window_bits": 10},
        {"server_max_window_bits": 10, "client_max_window_bits": 12},
        dict.fromkeys(BOTH_9, "10"),
    ),
    "client: no limit of its own": ({"client_max_window_bits": None}, {"client_max_window_bits": 9}, {}),
    "server: only with a limit": (
        {"client_max_window_bits": None},
        {"client_max_window_bits": 9, "require_client_max_window_bits": True},
        None,
    ),
}


@pytest.mark.parametrize("case", ANSWERS.values(), ids=list(ANSWERS))
@in_all_pairs
def test_parameters(ours, theirs, case):
    asked, wanted, expected = case

    async def main():
        async with theirs.serve(echo, "127.0.0.1", 0, **accepts(theirs, **wanted)) as listening:
            async with ours.connect(url(listening, scheme="ws"), **offers(ours, **asked)) as ws:
                assert parameters(ws) == expected
                await exchange(ws, MESSAGES[:4] + MESSAGES[1:4])

    run(main())


@in_all_pairs
def test_messages_are_compressed(ours, theirs):
    """They are by default, and come back as they were; fewer bytes go over the wire."""

    async def main():
        async with theirs.serve(echo, "127.0.0.1", 0) as listening, Relay(listening) as relay:
            async with ours.connect(relay.url.replace("wss:", "ws:")) as ws:
                assert parameters(ws) is not None
                await exchange(ws, MESSAGES)
                before = relay.count
                await exchange(ws, [UNIT * 1000] * 3)
                assert 0 < relay.count - before < 2000

    run(main())


@in_all_pairs
def test_messages_in_fragments(ours, theirs):
    """A fragment may hold half a character, or nothing, and is compressed by itself."""

    async def halves(ws):
        async for message in ws:
            middle = len(message) // 2
            await ws.send([message[:middle], message[:0], message[middle:]])

    async def main():
        async with theirs.serve(halves, "127.0.0.1", 0, max_size=None) as listening:
            async with ours.connect(url(listening, scheme="ws"), max_size=None) as ws:
                for message in MESSAGES:
                    await ws.send([message[:1], message[1:]])
                    assert await ws.recv() == message

    run(main())


@in_all_pairs
def test_a_compressed_message_in_pieces(ours, theirs):
    text = UNIT * 50_000

    async def main():
        async with theirs.serve(pieces, "127.0.0.1", 0, max_size=None) as listening:
            async with ours.connect(url(listening, scheme="ws"), max_size=None) as ws:
                for message in (text, text.encode(), ""):
                    await ws.send(message)
                    received = [piece async for piece in ws.recv_streaming()]
                    assert message[:0].join(received) == message

    async def pieces(ws):
        with contextlib.suppress(pocketws.ConnectionClosed, websockets.ConnectionClosed):
            while True:
                received = [piece async for piece in ws.recv_streaming()]
                await ws.send(received or "")

    run(main())


def test_a_window_of_8_bits_is_only_for_receiving():
    """zlib cannot compress with so small a one, so that side sends as it is."""

    async def main():
        asked = {"server_max_window_bits": 8, "client_max_window_bits": 8}
        async with pocketws.serve(echo, "127.0.0.1", 0) as listening:
            async with pocketws.connect(url(listening, scheme="ws"), **offers(pocketws, **asked)) as ws:
                assert parameters(ws) == dict.fromkeys(asked, "8")
                await exchange(ws, MESSAGES)
            async with raw_client(port_of(listening)) as peer:
                assert await offered(peer, OFFER + "; server_max_window_bits=8") is not None
                await peer.send(compressed(b"hello" * 100))
                frame = await peer.frame()
                assert (frame.rsv1, bytes(frame.data)) == (False, b"hello" * 100)

    run(main())


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        (OFFER, "permessage-deflate"),
        ("permessage-deflate", "permessage-deflate"),  # by Firefox
        ("permessage-deflate; client_max_window_bits; unknown, permessage-deflate", "permessage-deflate"),
        ("permessage-deflate; server_max_window_bits=7", None),
        ("x-webkit-deflate-frame", None),
    ],
)
def test_what_browsers_offer(offer, answer):
    async def main():
        async with pocketws.serve(echo, "127.0.0.1", 0) as listening, raw_client(port_of(listening)) as peer:
            assert await offered(peer, offer) == answer
            await peer.send(Frame(OP_TEXT, b"hello"))
            frame = await peer.frame()
            assert frame.rsv1 is (answer is not None)

    run(main())


# Limits


@pytest.mark.parametrize("receives", ["at once", "in pieces"])
@pytest.mark.parametrize("sends", ["whole", "in fragments"])
@pytest.mark.parametrize("data", [bytes(LIMIT), "a" * LIMIT, MESSAGES[4]], ids=["zeros", "text", "random"])
@pytest.mark.parametrize("role", ["client", "server"])
@by_library("sender")
def test_the_limit_counts_what_is_inflated_and_is_exact(sender, role, data, sends, receives):
    assert len(data) == LIMIT
    seen = []

    async def receive(ws):
        if receives == "at once":
            return await ws.recv()
        return data[:0].join([piece async for piece in ws.recv_streaming()])

    async def receiver(ws):
        assert await receive(ws) == data
        error = await fails(pocketws.ConnectionClosedError, receive(ws))
        assert ending(error) == ("ConnectionClosedError", None, 1009)
        assert isinstance(error.__cause__, pocketws.PayloadTooBig)
        seen.append("a message too big")

    async def send(ws):
        for message in (data, data + data[:1]):
            with contextlib.suppress(sender.ConnectionClosed):  # of the last fragment
                await ws.send([message[:1000], message[1000:]] if sends == "in fragments" else message)
        error = await fails(sender.ConnectionClosedError, ws.recv())
        assert ending(error) == ("ConnectionClosedError", 1009, 1009)
        seen.append("1009")

    async def main():
        library, handler = (pocketws, receiver) if role == "server" else (sender, send)
        async with library.serve(handler, "127.0.0.1", 0, max_size=LIMIT) as listening:
            library, client = (sender, send) if role == "server" else (pocketws, receiver)
            async with library.connect(url(listening, scheme="ws"), max_size=LIMIT) as ws:
                assert parameters(ws) is not None
                await client(ws)

    run(main())
    assert sorted(seen) == ["1009", "a message too big"]


def compressed(data, opcode=OP_BINARY, fin=True):
    """Return the Frame of `data` (bytes), compressed."""
    compressor = zlib.compressobj(wbits=-15)
    out = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return Frame(opcode, out[:-4] if fin else out, fin, True)


async def against(role, meet, *frames):
    """Let `meet` (coroutine function), our client or handler, meet a raw peer that sends `frames`; return what it got.

    They have agreed to compress, without limits.
    """
    if role == "client":

        async def script(peer):
            answer = agreed(await peer.request(), sec_websocket_extensions="permessage-deflate")
            await peer.send(answer.serialize(), *frames)
            return await peer.ending()

        async with RawServer(script) as server:
            await meet(await pocketws.connect(server.url))
        return server.results[0]
    async with pocketws.serve(meet, "127.0.0.1", 0) as listening, raw_client(port_of(listening)) as peer:
        assert await offered(peer, OFFER) is not None
        await peer.send(*frames)
        return await peer.ending()


def bomb():
    """Return the Frame of 64 MiB of zeros: 64 KiB, less than it takes to be refused for its own size."""
    compressor = zlib.compressobj(wbits=-15)
    out = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(64)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return Frame(OP_BINARY, out[:-4], True, True)


@pytest.mark.parametrize("role", ["client", "server"])
def test_a_bomb_does_not_go_off(role):
    frame = bomb()
    assert len(frame.data) < 100_000

    async def meet(ws):
        tracemalloc.start()
        try:
            error = await fails(pocketws.ConnectionClosedError, ws.recv())
            assert ending(error) == ("ConnectionClosedError", None, 1009)
            assert tracemalloc.get_traced_memory()[1] < 4 << 20
        finally:
            tracemalloc.stop()

    assert run(against(role, meet, frame)) == ["close 1009"]


STORED = b"\x00\x05\x00\xfa\xffhello\x00"  # a block that is not compressed, and the beginning of an empty one
FAULTS = {
    "an unknown kind of block": ([Frame(OP_BINARY, b"\xff", True, True)], 1007),
    "cut short": ([Frame(OP_TEXT, compressed(b"hello" * 100).data[:-3], True, True)], 1007),
    "cut short in a block that is not compressed": ([Frame(OP_TEXT, STORED[:-2], True, True)], 1007),
    "a distance beyond the beginning": ([Frame(OP_BINARY, compressed(b"hello" * 9).data[6:], True, True)], 1007),
    "in the second fragment": ([compressed(b"hello", fin=False), Frame(OP_CONT, b"\xff")], 1007),
    "no text": ([compressed(b"\xff\xfe", OP_TEXT)], 1007),
    "RSV1 on a continuation": ([compressed(b"hello", fin=False), Frame(OP_CONT, b"\x00", True, True)], 1002),
}


@pytest.mark.parametrize("role", ["client", "server"])
@pytest.mark.parametrize(("frames", "code"), FAULTS.values(), ids=list(FAULTS))
def test_faults(frames, code, role):
    async def meet(ws):
        assert await ws.recv() == "hello"
        error = await fails(pocketws.ConnectionClosedError, ws.recv())
        assert ending(error) == ("ConnectionClosedError", None, code)
        assert isinstance(error.__cause__, pocketws.ProtocolError)

    good = Frame(OP_TEXT, STORED, True, True)
    assert run(against(role, meet, good, *frames)) == [f"close {code}"]


# Broadcasts


@by_library("library")
def test_a_broadcast_is_not_compressed_and_leaves_the_context_alone(library):
    """What came before it can still be referred to after it."""
    random_text = random.Random(1).randbytes(2000).hex()
    rounds = 3

    async def talk(ws):
        for _ in range(rounds):
            await ws.send(random_text)
            pocketws.broadcast(ws.server.connections, random_text)

    async def main():
        async with pocketws.serve(talk, "127.0.0.1", 0) as listening:
            async with library.connect(url(listening, scheme="ws")) as ws:
                assert parameters(ws) is not None
                for _ in range(2 * rounds):
                    assert await ws.recv() == random_text
            async with raw_client(port_of(listening)) as peer:
                assert await offered(peer, OFFER) is not None
                frames = [await peer.frame() for _ in range(2 * rounds)]
            assert [frame.rsv1 for frame in frames] == [True, False] * rounds
            assert all(len(frame.data) == 4000 for frame in frames[1::2])
            assert all(len(frame.data) < 100 for frame in frames[2::2]), "as if it came for the first time"

    run(main())


def test_a_client_may_broadcast_too():
    async def collect(ws):
        async for message in ws:
            received.append(message)

    received = []

    async def main():
        async with pocketws.serve(collect, "127.0.0.1", 0) as listening:
            async with (
                pocketws.connect(url(listening, scheme="ws")) as one,
                pocketws.connect(url(listening, scheme="ws")) as other,
            ):
                for message in (UNIT, UNIT.encode()):
                    await one.send(message)
                    pocketws.broadcast([one, other], message)
                    await one.send(message)

    run(main())
    assert sorted(map(str, received)) == sorted(map(str, [UNIT, UNIT.encode()] * 4))
