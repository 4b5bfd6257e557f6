"""Messages that wait for recv(): how many there may be, and that no one waits for good because of it."""

import asyncio

from pocketws.exceptions import ConnectionClosedError, ConnectionClosedOK
from pocketws.protocol import CLIENT
from tests.both.memory import STEPS, asynchronous, both_closed, fails, give, opened, pair, settle
from tests.both.wire import BINARY, CLOSE, CONT, PING, PONG, ROLES, TEXT, code, frame, frames


def messages(role, *names):
    return frames(role, *[(TEXT, name.encode()) for name in names])


@asynchronous
async def test_reading_stops_at_the_high_mark_and_goes_on_at_the_low_one():
    for role in ROLES:
        connection, link = opened(role, max_queue=(4, 2))
        give(connection, messages(role, "1", "2", "3"))
        assert link.calls == []
        give(connection, messages(role, "4"))
        assert link.calls == ["pause"]
        assert await connection.recv() == "1"
        assert link.calls == ["pause"]
        assert await connection.recv() == "2"
        assert link.calls == ["pause", "resume"]
        give(connection, messages(role, "5", "6"))
        assert link.calls == ["pause", "resume", "pause"]
        for expected in ("3", "4", "5", "6"):
            assert await connection.recv() == expected
        assert link.calls == ["pause", "resume", "pause", "resume"]


@asynchronous
async def test_what_came_at_once_is_kept():
    for role in ROLES:
        connection, link = opened(role, max_queue=2)
        names = [str(number) for number in range(9)]
        give(connection, messages(role, *names))
        assert link.calls == ["pause"]
        for name in names:
            assert await connection.recv() == name
        assert link.calls == ["pause", "resume"]


@asynchronous
async def test_what_still_comes_in_while_paused_is_kept():
    for role in ROLES:
        connection, link = opened(role, max_queue=1)
        give(connection, messages(role, "1"))
        give(connection, messages(role, "2"))
        assert link.calls == ["pause"]
        assert await connection.recv() == "1"
        assert await connection.recv() == "2"
        assert link.calls == ["pause", "resume"]


@asynchronous
async def test_without_a_mark_reading_never_stops():
    for role in ROLES:
        connection, link = opened(role, max_queue=None)
        for number in range(100):
            give(connection, messages(role, str(number)))
        for number in range(100):
            assert await connection.recv() == str(number)
        assert link.calls == []


@asynchronous
async def test_task_that_receives_makes_room():
    for role in ROLES:
        connection, link = opened(role, max_queue=1)
        receiving = asyncio.create_task(connection.recv())
        await settle()
        give(connection, messages(role, "1"))
        assert await receiving == "1"
        assert link.calls == ["pause", "resume"]


@asynchronous
async def test_only_messages_count():
    for role in ROLES:
        connection, link = opened(role, max_queue=1)
        give(connection, frames(role, (PING, b""), (PONG, b""), (TEXT, b"a", False), (PING, b""), (CONT, b"b", False)))
        assert link.calls == []
        give(connection, frame(role, CONT, b"c"))
        assert link.calls == ["pause"]


@asynchronous
async def test_pieces_of_a_message_count():
    for role in ROLES:
        connection, link = opened(role, max_queue=2)
        iterator = connection.recv_streaming()
        step = asyncio.create_task(iterator.__anext__())
        await settle()
        give(connection, frame(role, TEXT, b"a", False))
        assert await step == "a"
        give(connection, frame(role, CONT, b"b", False))
        give(connection, frame(role, CONT, b"c", False))
        assert link.calls == ["pause"]
        assert await iterator.__anext__() == "b"
        assert await iterator.__anext__() == "c"
        assert link.calls == ["pause", "resume"]


@asynchronous
async def test_behind_a_message_in_pieces_whole_messages_count_again():
    for role in ROLES:
        connection, link = opened(role, max_queue=2)
        iterator = connection.recv_streaming()
        give(connection, frame(role, TEXT, b"a"))
        assert await iterator.__anext__() == "a"
        await fails(StopAsyncIteration, iterator.__anext__())
        for fragment in ((TEXT, b"b", False), (CONT, b"c", False), (CONT, b"d")):
            give(connection, frame(role, *fragment))
        assert link.calls == []
        assert await connection.recv() == "bcd"


@asynchronous
async def test_message_longer_than_the_queue_is_received_whole():
    """recv() takes its pieces out of the queue as they come, or reading would stop for good."""
    for role in ROLES:
        connection, link = opened(role, max_queue=1)
        iterator = connection.recv_streaming()
        step = asyncio.create_task(iterator.__anext__())
        await settle()
        give(connection, frames(role, (TEXT, b"x"), (BINARY, b"a", False)))
        assert await step == "x"
        await fails(StopAsyncIteration, iterator.__anext__())
        receiving = asyncio.create_task(connection.recv())
        for payload in (b"b", b"c", b"d"):
            await settle()
            assert link.calls[-1] == "resume"
            give(connection, frame(role, CONT, payload, payload == b"d"))
        assert await receiving == b"abcd"


@asynchronous
async def test_sender_waits_for_the_receiver(case):
    """Two ends: the network takes what it takes, and then the sender has to wait."""
    name, step = case
    client, server = pair(step, max_queue=(2, 1))
    for number in range(8):
        await client.send(str(number))
    await settle()
    for number in range(8):
        assert await server.recv() == str(number)
    await both_closed(client, server)


# ---------------------------------------------------------------- closing


@asynchronous
async def test_closing_while_paused_reads_on(case):
    """Or the peer's Close frame, behind the messages, would never come."""
    name, step = case
    client, server = pair(step, max_queue=1)
    for number in range(4):
        await client.send(str(number))
    await settle()
    await server.close()
    assert (client.close_code, server.close_code) == (1000, 1000)
    assert await server.recv() == "0"


@asynchronous
async def test_while_closing_only_so_many_messages_are_kept():
    """Those received are the first ones, without a gap, and the peer's Close frame still counts."""
    for role in ROLES:
        connection, link = opened(role, max_queue=2)
        give(connection, messages(role, "1", "2"))
        connection.start_closing()
        assert link.calls == ["pause", "resume"]
        for number in range(3, 100):
            give(connection, messages(role, str(number)))
        found = []
        for _ in range(2):
            found.append(await connection.recv())
        give(connection, messages(role, "100") + frame(role, CLOSE, code(1000)))
        connection.lost(None)
        try:
            while True:
                found.append(await connection.recv())
        except ConnectionClosedOK:
            pass
        assert link.calls.count("resume") == 1
        assert found == [str(number) for number in range(1, len(found) + 1)]
        assert len(found) < 10


@asynchronous
async def test_while_closing_messages_are_received_as_long_as_there_is_room():
    for role in ROLES:
        connection, link = opened(role, max_queue=2)
        connection.start_closing()
        for number in range(10):
            give(connection, messages(role, str(number)))
            assert await connection.recv() == str(number)
        connection.lost(None)
        await fails(ConnectionClosedError, connection.recv())
        assert link.calls == []


@asynchronous
async def test_peer_that_closes_finds_us_paused_and_gets_its_answer():
    for role in ROLES:
        connection, link = opened(role, max_queue=1)
        give(connection, messages(role, "1"))
        give(connection, messages(role, "2") + frame(role, CLOSE, code(1000)))
        assert link.calls[:2] == ["pause", "resume"]
        assert link.frames() == [(CLOSE, code(1000), True, False)]
        connection.lost(None)
        assert await connection.recv() == "1"
        assert await connection.recv() == "2"
        await fails(ConnectionClosedOK, connection.recv())


@asynchronous
async def test_lost_while_paused():
    connection, link = opened(CLIENT, max_queue=1)
    give(connection, messages(CLIENT, "1"))
    connection.lost(None)
    assert await connection.recv() == "1"
    await fails(ConnectionClosedError, connection.recv())


CASES = {
    name: STEPS
    for name in (
        "test_sender_waits_for_the_receiver",
        "test_closing_while_paused_reads_on",
    )
}
