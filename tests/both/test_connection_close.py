"""How a connection ends: what each side sends, what its tasks are told, and that nothing waits forever."""

import asyncio

from pocketws.connection import State
from pocketws.exceptions import ConnectionClosedError, ConnectionClosedOK, ProtocolError
from pocketws.protocol import CLIENT, SERVER
from tests.both.memory import STEPS, Parts, Timers, asynchronous, cancelled, fails, give, opened, pair, settle, summary
from tests.both.wire import CLOSE, ROLES, TEXT, code, frame

BYE = (1000, "bye")


# ---------------------------------------------------------------- both ends


@asynchronous
async def test_one_side_closes(case):
    name, step = case
    for number, reason, kind in (
        (1000, "", ConnectionClosedOK),
        (1000, "bye \u20ac", ConnectionClosedOK),
        (1001, "away", ConnectionClosedOK),
        (1011, "", ConnectionClosedError),
        (3000, "r" * 123, ConnectionClosedError),
        (4999, "", ConnectionClosedError),
    ):
        for first in (0, 1):
            ends = pair(step)
            closing, other = ends[first], ends[1 - first]
            await closing.send("last")
            task = asyncio.create_task(closing.close(number, reason))
            assert await other.recv() == "last"
            error = await fails(kind, other.recv())
            assert summary(error) == (kind, (number, reason), (number, reason), True, None)
            await task
            error = await fails(kind, closing.recv())
            assert summary(error) == (kind, (number, reason), (number, reason), False, None)
            for end in ends:
                await fails(kind, end.send("late"))
                assert (end.state, end.close_code, end.close_reason) == (State.CLOSED, number, reason)


@asynchronous
async def test_both_sides_close_at_once(case):
    name, step = case
    client, server = pair(step)
    tasks = [asyncio.create_task(client.close(1000, "client")), asyncio.create_task(server.close(1001, "server"))]
    for task in tasks:
        await task
    assert (client.close_code, client.close_reason) == (1001, "server")
    assert (server.close_code, server.close_reason) == (1000, "client")
    for end in (client, server):
        error = await fails(ConnectionClosedOK, end.recv())
        assert error.rcvd_then_sent is False


@asynchronous
async def test_messages_on_their_way_are_received_by_the_side_that_closes(case):
    name, step = case
    for first in (0, 1):
        ends = pair(step)
        await ends[1 - first].send("one")
        await ends[1 - first].send("two")
        await ends[first].close()
        assert await ends[first].recv() == "one"
        assert await ends[first].recv() == "two"
        await fails(ConnectionClosedOK, ends[first].recv())


@asynchronous
async def test_fault_of_the_peer_ends_the_connection_for_both(case):
    name, step = case
    for first in (0, 1):
        ends = pair(step)
        faulty, other = ends[first], ends[1 - first]
        await faulty.send("good")
        faulty.link.write(frame(other.protocol.role, 3, b""))
        assert await other.recv() == "good"
        error = await fails(ConnectionClosedError, other.recv())
        assert (error.rcvd, error.sent.code) == (None, 1002)
        assert isinstance(error.__cause__, ProtocolError)
        error = await fails(ConnectionClosedError, faulty.recv())
        assert error.rcvd.code == 1002
        assert (faulty.close_code, other.close_code) == (1002, 1006)


# ---------------------------------------------------------------- one end


@asynchronous
async def test_states_on_the_way():
    for role in ROLES:
        connection, link = opened(role)
        assert (connection.state, connection.close_code, connection.close_reason) == (State.OPEN, None, None)
        connection.start_closing()
        assert connection.state is State.CLOSING
        assert (connection.close_code, connection.close_reason) == (None, None)
        give(connection, frame(role, CLOSE, code(1000, b"bye")))
        assert connection.state is State.CLOSING
        assert link.calls == (["close"] if role == SERVER else []), "the server ends TCP first, section 7.1.1"
        connection.lost(None)
        assert connection.state is State.CLOSED
        assert (connection.close_code, connection.close_reason) == BYE


@asynchronous
async def test_close_waits_for_the_end_and_is_done_once():
    for role in ROLES:
        connection, link = opened(role)
        tasks = [asyncio.create_task(connection.close(1000, "bye")), asyncio.create_task(connection.close(1001))]
        tasks += [asyncio.create_task(connection.wait_closed()), asyncio.create_task(connection.send("late"))]
        await settle()
        assert link.frames() == [(CLOSE, code(1000, b"bye"), True, False)]
        give(connection, frame(role, CLOSE, code(1000)))
        await settle()
        assert not any([task.done() for task in tasks])
        connection.lost(None)
        for task in tasks[:3]:
            await task
        await fails(ConnectionClosedOK, tasks[3])
        await connection.close(4000)
        await connection.wait_closed()
        assert link.frames() == []


@asynchronous
async def test_close_refuses_what_may_not_be_sent():
    for role in ROLES:
        connection, link = opened(role)
        for number, reason in ((999, ""), (1005, ""), (1006, ""), (1015, ""), (5000, ""), (1000, "r" * 124)):
            await fails(ValueError, connection.close(number, reason))
        assert (connection.state, link.frames()) == (State.OPEN, [])
        await connection.send("next")


@asynchronous
async def test_cancelled_close_goes_on():
    for role in ROLES:
        connection, link = opened(role)
        await cancelled(asyncio.create_task(connection.close()))
        await cancelled(asyncio.create_task(connection.wait_closed()))
        give(connection, frame(role, CLOSE, code(1000)))
        connection.lost(None)
        await connection.wait_closed()
        assert connection.close_code == 1000


@asynchronous
async def test_async_with_closes(case):
    name, error, number = case
    for role in ROLES:
        connection, link = opened(role)

        async def block(connection=connection):
            async with connection as same:
                assert same is connection
                if error is not None:
                    raise error

        task = asyncio.create_task(block())
        await settle()
        assert link.frames() == [(CLOSE, code(number), True, False)]
        connection.lost(None)
        if error is None:
            await task
        else:
            assert await fails(type(error), task) is error


@asynchronous
async def test_close_in_the_middle_of_a_fragmented_message_fails_the_connection():
    """The message was not finished, so the end is no clean one."""
    for role in ROLES:
        connection, link = opened(role)
        gate = asyncio.Event()
        sending = asyncio.create_task(connection.send(Parts(["a", "b"], gate)))
        await settle()
        closing = asyncio.create_task(connection.close())
        await settle()
        assert [item[1] for item in link.frames()] == [b"a", b"\x03\xf3a message was not finished"]
        assert link.calls == ["finish"]
        gate.set()
        await settle()
        connection.lost(None)
        await closing
        error = await fails(ConnectionClosedError, sending)
        assert summary(error)[1:] == (None, (1011, "a message was not finished"), None, None)
        error = await fails(ConnectionClosedError, connection.recv())
        assert error.__cause__ is None, "nothing else went wrong"


@asynchronous
async def test_close_time_out():
    with Timers() as timers:
        for role in ROLES:
            for answer in (b"", frame(role, TEXT, b"late")):
                connection, link = opened(role, close_timeout=7)
                assert timers.seconds == []
                closing = asyncio.create_task(connection.close())
                await settle()
                timer = timers.set[0]
                assert timer.seconds == 7
                give(connection, answer)
                assert timers.set == [timer], "once for all: a peer that keeps on sending gains nothing"
                timers.go_off()
                assert link.calls == ["abort"]
                connection.lost(None)
                await closing
                if answer:
                    assert await connection.recv() == "late"
                error = await fails(ConnectionClosedError, connection.recv())
                assert summary(error)[1:4] == (None, (1000, ""), None)
                assert isinstance(error.__cause__, asyncio.TimeoutError)
                assert str(error.__cause__) == "the peer did not end the connection within 7 s (close_timeout)"


@asynchronous
async def test_close_time_out_begins_also_where_the_peer_closes_or_breaks_a_rule():
    with Timers() as timers:
        for role in ROLES:
            for wire in (frame(role, CLOSE, code(1000)), frame(role, 3)):
                connection, link = opened(role, ping_interval=20, close_timeout=7)
                give(connection, wire)
                assert timers.seconds == [7]
                connection.lost(None)
                assert timers.seconds == []


@asynchronous
async def test_without_a_close_time_out_there_is_no_timer():
    with Timers() as timers:
        connection, link = opened(CLIENT, ping_interval=20, close_timeout=None)
        connection.start_closing()
        assert timers.seconds == []


CASES = {
    name: STEPS
    for name in (
        "test_one_side_closes",
        "test_both_sides_close_at_once",
        "test_messages_on_their_way_are_received_by_the_side_that_closes",
        "test_fault_of_the_peer_ends_the_connection_for_both",
    )
}
CASES["test_async_with_closes"] = (("at its end", None, 1000), ("after an exception", KeyError("its own"), 1011))
