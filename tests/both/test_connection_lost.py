"""How a connection is lost: in each state, with an error and without; nothing about it looks like a clean close."""

import asyncio

from pocketws.connection import State
from pocketws.exceptions import ConnectionClosedError, ConnectionClosedOK, ProtocolError
from pocketws.protocol import CLIENT
from tests.both.memory import STEPS, Parts, Timers, asynchronous, fails, give, opened, settle, summary
from tests.both.wire import BINARY, CLOSE, ROLES, TEXT, code, frame, frames

CUT = OSError(104, "cut")
BYE = (1000, "bye")


@asynchronous
async def test_garbage_after_close_counts_for_nothing(case):
    name, step = case
    for role in ROLES:
        connection, link = opened(role)
        wire = frames(role, (CLOSE, code(1000)), (TEXT, b"late"), (3, b"")) + b"\xff" * 20
        give(connection, wire, step)
        connection.lost(None)
        error = await fails(ConnectionClosedOK, connection.recv())
        assert summary(error)[1:] == ((1000, ""), (1000, ""), True, None)
        assert link.frames() == [(CLOSE, code(1000), True, False)]


@asynchronous
async def test_fault_of_the_peer_while_we_close():
    for role in ROLES:
        connection, link = opened(role)
        connection.start_closing()
        give(connection, frame(role, 3))
        assert link.calls == ["finish"]
        connection.lost(None)
        error = await fails(ConnectionClosedError, connection.recv())
        assert summary(error)[1:4] == (None, (1000, ""), None)
        assert isinstance(error.__cause__, ProtocolError)


@asynchronous
async def test_lost_in_each_state(case):
    """Only Close frames from both sides make a clean end; what cut the connection is the cause."""
    name, steps, expected, close_code, reason = case
    for role in ROLES:
        for cut in (None, CUT):
            connection, link = opened(role)
            waiting = asyncio.create_task(connection.recv())
            await settle()
            for step in steps:
                if step == "close":
                    connection.start_closing(*BYE)
                else:
                    give(connection, frame(role, *step))
            connection.lost(cut)
            kind, *rest = expected
            error = await fails(kind, waiting)
            assert list(summary(error)) == expected + [cut]
            for later in (connection.recv(), connection.send("late"), connection.send(["late"])):
                error = await fails(kind, later)
                assert list(summary(error)) == expected + [cut]
            await connection.wait_closed()
            assert (connection.close_code, connection.close_reason) == (close_code, reason)
            assert connection.state is State.CLOSED


@asynchronous
async def test_fault_of_the_peer_is_the_cause_if_nothing_else_is():
    for role in ROLES:
        for cut in (None, CUT):
            connection, link = opened(role)
            give(connection, frame(role, BINARY, b"good"))
            give(connection, frame(role, 3))
            connection.lost(cut)
            assert await connection.recv() == b"good"
            error = await fails(ConnectionClosedError, connection.recv())
            assert (error.rcvd, error.sent.code) == (None, 1002)
            assert error.__cause__ is connection.protocol.failure, "it came first"


@asynchronous
async def test_sender_that_waits_for_room_learns_of_the_end():
    """Whether its message arrived, no one knows."""
    for role in ROLES:
        for cut in (None, CUT):
            connection, link = opened(role)
            link.room.clear()
            sending = asyncio.create_task(connection.send("never taken"))
            await settle()
            assert not sending.done()
            connection.lost(cut)
            link.room.set()
            error = await fails(ConnectionClosedError, sending)
            assert summary(error)[1:] == (None, None, None, cut)


@asynchronous
async def test_lost_between_two_fragments_leaves_no_timer():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, close_timeout=7)
            gate = asyncio.Event()
            sending = asyncio.create_task(connection.send(Parts(["a", "b"], gate)))
            await settle()
            link.calls.clear()
            connection.lost(CUT)
            gate.set()
            error = await fails(ConnectionClosedError, sending)
            assert error.__cause__ is CUT
            assert (timers.seconds, link.calls) == ([], []), "there is nothing left to end"


@asynchronous
async def test_message_that_is_no_text_after_the_end_leaves_no_timer():
    with Timers() as timers:
        connection, link = opened(CLIENT, close_timeout=7)
        give(connection, frame(CLIENT, BINARY, b"\xff"))
        connection.lost(None)
        await fails(Exception, connection.recv(decode=True))
        assert timers.seconds == []


PEER = (CLOSE, code(1001, b"away"))
AWAY = (1001, "away")


@asynchronous
async def test_peer_that_only_ends_its_direction():
    """TCP may go on one way. But the peer said no goodbye, so what waits to be sent has close_timeout."""
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, close_timeout=7)
            connection.ended()
            assert (timers.seconds, link.calls) == ([7], [])
            timers.go_off()
            assert link.calls == ["abort"]
            connection.lost(None)
            error = await fails(ConnectionClosedError, connection.recv())
            assert summary(error)[1:] == (None, None, None, None)


@asynchronous
async def test_peer_that_ends_while_we_close():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, close_timeout=7)
            connection.start_closing()
            (timer,) = timers.set
            connection.ended()
            assert timers.set == [timer]
            connection.lost(None)


@asynchronous
async def test_receiving_after_the_end_leaves_no_timer():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, close_timeout=7)
            connection.lost(None)
            await fails(ConnectionClosedError, connection.recv_streaming().__anext__())
            await fails(ConnectionClosedError, connection.recv())
            assert (timers.seconds, link.calls) == ([], [])


CASES = {
    "test_garbage_after_close_counts_for_nothing": STEPS,
    "test_lost_in_each_state": (
        ("open", [], [ConnectionClosedError, None, None, None], 1006, ""),
        ("our Close sent", ["close"], [ConnectionClosedError, None, BYE, None], 1006, ""),
        ("the peer closed", [PEER], [ConnectionClosedOK, AWAY, AWAY, True], 1001, "away"),
        ("both closed", ["close", PEER], [ConnectionClosedOK, AWAY, BYE, False], 1001, "away"),
        ("closed without a code", [(CLOSE, b"")], [ConnectionClosedOK, (1005, ""), (1005, ""), True], 1005, ""),
        ("error code", ["close", (CLOSE, code(1011))], [ConnectionClosedError, (1011, ""), BYE, False], 1011, ""),
    ),
}
