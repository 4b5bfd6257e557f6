"""With the fast lanes and without them, all is the same: events, answers, faults, headers."""

import random

import pytest

import pocketws.http
import pocketws.protocol
from pocketws import fastlane
from pocketws.exceptions import InvalidHandshake
from pocketws.fastlane import filled, keep, pieces_to_send, room, shared
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, Frame
from pocketws.http import RequestParser, ResponseParser
from pocketws.protocol import CLIENT, SERVER, Protocol
from tests.network.helpers import run

KEY = b"\x0f\xf0\x81\x7e"
LIMIT = 2000
MESSAGES = [
    (OP_TEXT, b""),
    (OP_TEXT, "\u00e9\u20ac\U0001d11e".encode()),
    (OP_TEXT, b"x" * 125),
    (OP_TEXT, b"x" * 126),
    (OP_TEXT, b"\xff"),
    (OP_BINARY, b""),
    (OP_BINARY, bytes(range(256)) * 7),
    (OP_BINARY, bytes(LIMIT)),
    (OP_BINARY, bytes(LIMIT + 1)),
    (OP_PING, b"ping"),
    (OP_PONG, b""),
    (OP_CLOSE, b"\x03\xe8"),
    (OP_CONT, b"more"),
]


def wire_of(rng, role):
    """Return a few frames as bytes; now and then one is wrong."""
    wire = b""
    for _ in range(rng.randrange(1, 6)):
        opcode, payload = rng.choice(MESSAGES)
        frame = Frame(opcode, payload, opcode >= OP_CLOSE or rng.random() < 0.9)
        data = bytearray(frame.serialize(KEY if role == SERVER else b""))
        if rng.random() < 0.05:
            data[rng.randrange(2)] ^= 1 << rng.randrange(8)
        if rng.random() < 0.05 and len(payload) < 126:  # a length that has a shorter form
            data[1:2] = bytes((data[1] & 0x80 | 126, 0, len(payload)))
        wire += data
    return wire


def outcome(role, chunks, patient, streaming):
    """Return all that a Protocol made of the chunks."""
    protocol = Protocol(role, LIMIT, streaming, patient)
    protocol.opened()
    events = []
    for chunk in chunks:
        events.append(
            [
                (event.opcode, bytes(event.data, "utf-8") if isinstance(event.data, str) else event.data)
                for event in protocol.receive_data(chunk)
            ]
        )
    return events, protocol.state, str(protocol.failure), str(protocol.fault), protocol.close_rcvd, len(protocol.output)


@pytest.mark.parametrize("role", [CLIENT, SERVER])
def test_messages(role, monkeypatch):
    rng = random.Random(role)
    for _ in range(3000):
        wire = wire_of(rng, role)
        cut = rng.randrange(len(wire) + 1)
        patient, streaming = rng.random() < 0.5, rng.random() < 0.2
        for chunks in ([wire], [wire[:cut], wire[cut:]], [wire[at : at + 100] for at in range(0, len(wire), 100)]):
            fast = outcome(role, chunks, patient, streaming)
            with monkeypatch.context() as patch:
                patch.setattr(pocketws.protocol, "take_messages", lambda *_: False)
                assert outcome(role, chunks, patient, streaming) == fast, (chunks, patient, streaming)


HEADS = [
    b"Host: a\r\n",
    b"Host:\r\n",
    b"X-A:  b \t\r\n",
    b"X-A: b\r\n folded\r\n",
    b"Bad name: a\r\n",
    b": a\r\n",
    b"no colon\r\n",
    b"X: \x00\r\n",
    b"X: \xe9t\xe9\r\n",
    b"X: tab\there\r\n",
    b"X: lone\rCR\r\n",
    b"X: lone\nLF\r\n",
    b"X: " + b"y" * 100 + b"\r\n",
    b"x-a: c\r\n" * 9,
]


def head_outcome(parser, wire):
    try:
        message = parser.feed(wire)
        return message and (list(message.headers), parser.rest)
    except InvalidHandshake as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    "kind, line", [(RequestParser, b"GET / HTTP/1.1\r\nHost: a\r\n"), (ResponseParser, b"HTTP/1.1 101 Yes\r\n")]
)
def test_heads(kind, line, monkeypatch):
    rng = random.Random(2)
    for _ in range(3000):
        wire = (
            line
            + b"".join(rng.choices(HEADS, k=rng.randrange(4)))
            + b"\r\n"
            + rng.choice([b"", b"\x81\x00", b"\r\n\r\n"])
        )
        limits = rng.choice([{}, {"max_line": 60}, {"max_headers": 8}, {"max_head": 99}])
        fast = head_outcome(kind(**limits), wire)
        with monkeypatch.context() as patch:
            patch.setattr(pocketws.http, "take_headers", lambda *_: False)
            assert head_outcome(kind(**limits), wire) == fast, (wire, limits)


def test_equal_texts_are_one_and_what_strangers_send_is_not_kept_for_ever():
    name = "X-Name"
    assert shared(name) is shared("X-" + name[2:])
    for number in range(3000):
        shared("X-%d" % number)
        shared("X" * 100 + str(number))
    assert 0 < len(fastlane._texts) <= 1000
    assert max(map(len, fastlane._texts)) <= 64


@pytest.mark.parametrize("role", [CLIENT, SERVER])
@pytest.mark.parametrize("step", [1, 1000, 1 << 16, 1 << 20])
def test_a_large_payload_is_received_in_place(role, step):
    data = random.Random(3).randbytes((5 << 19) + 3)  # more than is reserved at first
    wire = memoryview(Frame(OP_BINARY, data).serialize(KEY if role == SERVER else b""))
    protocol = Protocol(role, None)
    protocol.opened()
    begin = len(wire) - len(data) + (7 if step > 1 else len(data) - 50)
    events = protocol.receive_data(bytes(wire[:begin]))
    assert (events, begin < len(wire)) == ([], True)
    while begin < len(wire):
        place = room(protocol)
        size = min(step, len(place), len(wire) - begin)
        place[:size] = wire[begin : begin + size]
        place.release()
        filled(protocol, size)
        events = protocol.receive_data(b"")
        begin += size
    assert [(event.opcode, bytes(event.data)) for event in events] == [(OP_BINARY, data)]
    assert room(protocol) is None


def test_there_is_room_only_for_a_payload_under_way():
    protocol = Protocol(CLIENT, None)
    protocol.opened()
    assert room(protocol) is None
    protocol.receive_data(b"\x82\x7e\x04")
    assert room(protocol) is None, "half a header"
    protocol.receive_data(b"\x00")
    place = room(protocol)
    protocol.fail(1011)
    assert room(protocol) is None
    filled(protocol, len(place))  # what came before the failure was known
    assert protocol.receive_data(b"") == []


@pytest.mark.parametrize("role", [CLIENT, SERVER])
def test_the_memory_of_a_view_is_free_after_keep(role):
    key = KEY if role == SERVER else b""
    wire = b"".join([Frame(OP_BINARY, bytes(70_000)).serialize(key), Frame(OP_TEXT, b"hello").serialize(key)])
    for cut in (1, 2, len(wire) - 20, len(wire) - 9, len(wire) - 1, len(wire)):
        protocol = Protocol(role, None)
        protocol.opened()
        buffer = bytearray(wire[:cut])
        events = protocol.receive_data(memoryview(buffer))
        keep(protocol)
        buffer[:] = b"\xaa" * len(buffer)
        events += protocol.receive_data(wire[cut:])
        assert [(event.opcode, len(event.data)) for event in events] == [(OP_BINARY, 70_000), (OP_TEXT, 5)]
    protocol.fail(1011)
    keep(protocol)


def test_pieces_to_send():
    for role in (CLIENT, SERVER):
        protocol = Protocol(role)
        protocol.opened()
        large = bytes(200_000)
        protocol.send_text("small")
        protocol.send_binary(large)
        protocol.send_ping(b"p")
        expected = list(protocol.output)
        pieces = pieces_to_send(protocol)
        assert len(pieces) == 4 and protocol.output == [] and pieces_to_send(protocol) == []
        assert pieces[0] == expected[0][0]
        assert (pieces[2] is large) == (role == SERVER), "bytes are not copied"
        if role == CLIENT:
            assert bytes(pieces[2]) == (expected[2][1] * 50_000)


@pytest.mark.parametrize("fast", [True, False])
def test_a_server(fast, monkeypatch):
    """What clients ask for alike is kept but once; and broadcasts keep their place, whatever waits before them."""
    monkeypatch.setattr(pocketws.server, "MICROPYTHON", not fast)
    paths, pairs = [], []

    async def handler(ws):
        paths.append(ws.request.path)
        pairs.append(next(iter(ws.response.headers)))
        async for message in ws:
            await ws.send("first")
            await ws.send("second")  # which waits for the loop's next turn
            pocketws.broadcast([ws], message)
            await ws.send("last")

    async def main():
        async with pocketws.serve(handler, "127.0.0.1", 0, compression=None) as server:
            url = "ws://127.0.0.1:%d/a/path?with=words" % server.sockets[0].getsockname()[1]
            for _ in range(2):
                async with pocketws.connect(url, compression=None) as ws:
                    await ws.send("broadcast")
                    assert [await ws.recv() for _ in range(4)] == ["first", "second", "broadcast", "last"]
                    pocketws.broadcast(server.connections, b"to all")
                    assert await ws.recv() == b"to all"

    run(main())
    assert paths[0] == paths[1] == "/a/path?with=words"
    assert pairs == [("Upgrade", "websocket")] * 2
    assert (paths[0] is paths[1]) is (pairs[0] is pairs[1]) is fast
