"""broadcast(): one message for many connections, of which none has to wait for another."""

import asyncio

from pocketws import server as module
from pocketws.exceptions import InvalidState
from pocketws.protocol import CLIENT, SERVER
from pocketws.server import broadcast
from tests.both.helpers import raises
from tests.both.memory import Log, Parts, asynchronous, give, opened, replaced, settle
from tests.both.wire import BINARY, CLOSE, CONT, TEXT, code, frame

EURO = b"\xe2\x82\xac"


@asynchronous
async def test_each_gets_the_message(case):
    name, message, text, opcode, payload = case
    ends = [opened(SERVER), opened(CLIENT), opened(SERVER)]
    broadcast([connection for connection, _ in ends], message, text=text)
    for _, link in ends:
        assert link.frames() == [(opcode, payload, True, False)]


@asynchronous
async def test_any_iterable_of_connections_will_do():
    ends = [opened(SERVER) for _ in range(3)]
    connections = [connection for connection, _ in ends]
    for each in (connections, tuple(connections), set(connections), iter(connections)):
        broadcast(each, "a")
        for _, link in ends:
            assert link.frames() == [(TEXT, b"a", True, False)]
    broadcast([], "nobody")


@asynchronous
async def test_frame_is_made_once_for_all_servers():
    ends = [opened(SERVER) for _ in range(3)]
    made = []
    frame_class = module.Frame

    def make(*arguments):
        made.append(arguments)
        return frame_class(*arguments)

    with replaced(module, Frame=make):
        broadcast([connection for connection, _ in ends], "a")
    assert len(made) == 1


@asynchronous
async def test_clients_mask_with_keys_of_their_own():
    """Section 5.3: a new one for each frame."""
    ends = [opened(CLIENT) for _ in range(3)]
    broadcast([connection for connection, _ in ends], b"payload")
    assert len({link.data for _, link in ends}) == 3


@asynchronous
async def test_it_waits_for_nobody():
    connection, link = opened(SERVER)
    link.room.clear()
    broadcast([connection], "a")
    broadcast([connection], "b")
    assert [item[1] for item in link.frames()] == [b"a", b"b"]


@asynchronous
async def test_those_that_are_not_open_are_left_out():
    closing, closing_link = opened(SERVER)
    closing.start_closing()
    closed, closed_link = opened(SERVER)
    give(closed, frame(SERVER, CLOSE, code(1000)))
    lost, lost_link = opened(SERVER)
    lost.lost(None)
    connection, link = opened(SERVER)
    for each in (closing_link, closed_link):
        each.frames()
    broadcast([closing, closed, lost, connection], "a", raise_exceptions=True)
    for each in (closing_link, closed_link, lost_link):
        assert each.frames() == []
    assert len(link.frames()) == 1


@asynchronous
async def test_those_in_the_middle_of_a_fragmented_message_are_left_out(case):
    name, role = case
    busy, busy_link = opened(role)
    gate = asyncio.Event()
    sending = asyncio.create_task(busy.send(Parts(["a", "b"], gate)))
    await settle()
    ends = [opened(role), (busy, busy_link), opened(role)]
    connections = [connection for connection, _ in ends]
    log = Log()
    with replaced(module, log=log):
        broadcast(connections, "all")
        ((level, text, _),) = log.entries
        assert level == "warning"
        assert "left out of a broadcast" in text
        raises(InvalidState, broadcast, connections, "all", raise_exceptions=True)
        assert len(log.entries) == 1
    for _, link in (ends[0], ends[2]):
        assert [item[1] for item in link.frames()] == [b"all", b"all"], "also those behind it"
    gate.set()
    await sending
    assert [item[:2] for item in busy_link.frames()] == [(TEXT, b"a"), (CONT, b"b"), (CONT, b"")]


@asynchronous
async def test_what_cannot_be_sent_is_sent_to_nobody(case):
    name, message, text, kind = case
    ends = [opened(SERVER), opened(CLIENT)]
    raises(kind, broadcast, [connection for connection, _ in ends], message, text=text)
    for _, link in ends:
        assert link.frames() == []


@asynchronous
async def test_buffer_may_change_afterwards():
    connection, link = opened(SERVER)
    data = bytearray(b"a")
    broadcast([connection], data)
    data[0] = 0x62
    await connection.send("next")
    assert [item[1] for item in link.frames()] == [b"a", b"next"]


CASES = {
    "test_each_gets_the_message": (
        ("text", "\u20ac", None, TEXT, EURO),
        ("empty text", "", None, TEXT, b""),
        ("binary", b"\xff", None, BINARY, b"\xff"),
        ("bytearray", bytearray(b"ab"), None, BINARY, b"ab"),
        ("memoryview", memoryview(b"ab"), None, BINARY, b"ab"),
        ("str as binary", "\u20ac", False, BINARY, EURO),
        ("bytes as text", EURO, True, TEXT, EURO),
        ("200 bytes", bytes(200), None, BINARY, bytes(200)),
    ),
    "test_those_in_the_middle_of_a_fragmented_message_are_left_out": (("server", SERVER), ("client", CLIENT)),
    "test_what_cannot_be_sent_is_sent_to_nobody": (
        ("int", 1, None, TypeError),
        ("fragments", ["a", "b"], None, TypeError),
        ("None", None, None, TypeError),
        ("bad UTF-8", b"\xff", True, UnicodeError),
        ("surrogate", chr(0xD800), None, UnicodeError),
    ),
}
