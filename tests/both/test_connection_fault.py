"""A fault of the peer right behind a message: the message is still answered, and then the connection fails."""

import asyncio

from pocketws.connection import State
from pocketws.exceptions import ConnectionClosedError, ProtocolError
from tests.both.memory import Timers, asynchronous, fails, give, opened, settle
from tests.both.wire import BINARY, CLOSE, CONT, PING, PONG, ROLES, TEXT, frame, frames

FAULT = (3, b"")  # a reserved opcode


def faulty(role, *messages, **changes):
    """Return (connection, link): frames of `messages` and then a fault came in at once."""
    connection, link = opened(role, **changes)
    give(connection, frames(role, *(messages + (FAULT,))))
    return connection, link


async def failed(connection, link):
    """See that the next recv() faces the fault, and that it is what ended the connection."""
    receiving = asyncio.create_task(connection.recv())
    await settle()
    *_, (opcode, payload, _, _) = link.frames()
    assert (opcode, payload[:2]) == (CLOSE, b"\x03\xea")
    assert link.calls[-1] == "finish"
    connection.lost(None)
    error = await fails(ConnectionClosedError, receiving)
    assert (error.rcvd, error.sent.code) == (None, 1002)
    assert isinstance(error.__cause__, ProtocolError)


@asynchronous
async def test_fault_alone_fails_the_connection_at_once():
    for role in ROLES:
        for before in ((), ((PING, b"p"),)):
            connection, link = faulty(role, *before)
            assert connection.state is State.CLOSING
            assert link.frames()[-1][1][:2] == b"\x03\xea"
            connection.lost(None)


@asynchronous
async def test_message_before_it_is_answered():
    for role in ROLES:
        connection, link = faulty(role, (TEXT, b"question"), (PING, b"p"))
        assert connection.state is State.OPEN
        assert link.calls == ["pause"], "nothing that follows a fault counts"
        assert await connection.recv() == "question"
        await connection.send("answer")
        assert [item[:2] for item in link.frames()] == [(PONG, b"p"), (TEXT, b"answer")]
        await failed(connection, link)
        assert link.calls == ["pause", "resume", "finish"]


@asynchronous
async def test_all_messages_before_it_are_received():
    for role in ROLES:
        connection, link = faulty(role, (TEXT, b"1"), (BINARY, b"2"), (TEXT, b"3"), max_queue=2)
        for expected in ("1", b"2", "3"):
            assert await connection.recv() == expected
        await failed(connection, link)


@asynchronous
async def test_it_comes_where_the_queue_is_full_already():
    for role in ROLES:
        connection, link = opened(role, max_queue=1)
        give(connection, frame(role, TEXT, b"1"))
        give(connection, frames(role, (TEXT, b"2"), FAULT))
        assert await connection.recv() == "1"
        assert await connection.recv() == "2"
        await failed(connection, link)


@asynchronous
async def test_task_that_waits_for_the_message():
    for role in ROLES:
        connection, link = opened(role)
        receiving = asyncio.create_task(connection.recv())
        await settle()
        give(connection, frames(role, (TEXT, b"a"), FAULT))
        assert await receiving == "a"
        assert connection.state is State.OPEN
        await failed(connection, link)


@asynchronous
async def test_message_in_pieces():
    for role in ROLES:
        connection, link = opened(role)
        iterator = connection.recv_streaming()
        give(connection, frames(role, (TEXT, b"a", False), (CONT, b"b", False), FAULT))
        assert await iterator.__anext__() == "a"
        assert await iterator.__anext__() == "b"
        assert connection.state is State.OPEN
        step = asyncio.create_task(iterator.__anext__())
        await settle()
        assert connection.state is State.CLOSING
        assert link.calls == ["pause", "resume", "finish"]
        connection.lost(None)
        error = await fails(ConnectionClosedError, step)
        assert error.sent.code == 1002


@asynchronous
async def test_what_follows_makes_no_difference():
    for role in ROLES:
        connection, link = faulty(role, (TEXT, b"a"))
        give(connection, frame(role, TEXT, b"late"))
        assert connection.state is State.CLOSING
        connection.lost(None)
        assert await connection.recv() == "a"
        error = await fails(ConnectionClosedError, connection.recv())
        assert error.sent.code == 1002


@asynchronous
async def test_program_that_does_not_receive_has_close_timeout():
    with Timers() as timers:
        for role in ROLES:
            connection, link = faulty(role, (TEXT, b"a"), ping_interval=20, close_timeout=7)
            assert timers.seconds == [7]
            timers.go_off()
            assert link.calls == ["pause", "resume", "finish"]
            assert timers.seconds == [7]
            timers.go_off()
            assert link.calls[-1] == "abort"
            connection.lost(None)
            assert await connection.recv() == "a"
            error = await fails(ConnectionClosedError, connection.recv())
            assert isinstance(error.__cause__, ProtocolError)


@asynchronous
async def test_program_that_closes_does_not_wait_for_the_peer():
    """The peer's Close frame cannot be read behind the fault."""
    for role in ROLES:
        connection, link = faulty(role, (TEXT, b"a"))
        closing = asyncio.create_task(connection.close())
        await settle()
        assert link.calls[-1] == "finish"
        connection.lost(None)
        await closing
        assert connection.close_code == 1006
        assert await connection.recv() == "a"
        error = await fails(ConnectionClosedError, connection.recv())
        assert isinstance(error.__cause__, ProtocolError)


@asynchronous
async def test_lost_before_it_was_faced():
    for role in ROLES:
        connection, link = faulty(role, (TEXT, b"a"))
        connection.lost(None)
        assert await connection.recv() == "a"
        error = await fails(ConnectionClosedError, connection.recv())
        assert (error.rcvd, error.sent) == (None, None)
        assert isinstance(error.__cause__, ProtocolError)
        assert link.frames() == []
