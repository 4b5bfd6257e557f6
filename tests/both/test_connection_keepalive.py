"""Keepalive: pings that the connection sends by itself. No real time passes here."""

import asyncio

from pocketws import connection as module
from pocketws.exceptions import ConnectionClosedError
from tests.both.memory import Timers, asynchronous, fails, give, opened, replaced, settle
from tests.both.wire import BINARY, CLOSE, PING, PONG, ROLES, TEXT, frame, frames


@asynchronous
async def test_keepalive_pings_as_long_as_pongs_come():
    with Timers() as timers, replaced(module, clock=lambda: 1, seconds_since=lambda moment: 3):
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=5)
            assert (timers.seconds, link.frames()) == ([20], [])
            for _ in range(3):
                timers.go_off()
                ((opcode, payload, _, _),) = link.frames()
                assert (opcode, len(payload), timers.seconds) == (PING, 4, [5])
                give(connection, frame(role, PONG, payload))
                assert timers.seconds == [17], "20 s after the last ping"
            assert connection.latency == 3
            connection.lost(None)
            assert timers.seconds == []


@asynchronous
async def test_keepalive_is_off_without_an_interval():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=None, ping_timeout=5)
            assert timers.seconds == []


@asynchronous
async def test_keepalive_pings_at_once_where_a_pong_takes_longer_than_the_interval():
    with Timers() as timers, replaced(module, seconds_since=lambda moment: 30):
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=60)
            timers.go_off()
            give(connection, frame(role, PONG, link.frames()[0][1]))
            assert timers.seconds == [0]
            connection.lost(None)


@asynchronous
async def test_only_a_pong_counts_for_keepalive():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=5)
            timers.go_off()
            await connection.ping(b"mine")
            (_, payload, _, _), _ = link.frames()
            give(connection, frames(role, (TEXT, b"text"), (PING, b""), (PONG, b"other")))
            assert timers.seconds == [5]
            give(connection, frame(role, PONG, b"mine"))
            assert timers.seconds[0] > 5, "a Pong for a younger ping will do"
            give(connection, frame(role, PONG, payload))
            assert len(timers.set) == 1
            connection.lost(None)


@asynchronous
async def test_ping_of_the_program_does_not_disturb_keepalive():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=5)
            timer = timers.set[0]
            waiter = await connection.ping(b"p")
            give(connection, frame(role, PONG, b"p"))
            await waiter
            assert timers.set == [timer]
            connection.lost(None)


@asynchronous
async def test_connection_without_a_pong_is_dead():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=5, close_timeout=7)
            receiving = asyncio.create_task(connection.recv())
            await settle()
            timers.go_off()
            timers.go_off()
            assert timers.seconds == [0.1], "a last chance"
            assert len(link.frames()) == 1
            timers.go_off()
            (last,) = link.frames()
            assert last[:2] == (CLOSE, b"\x03\xf3keepalive ping timeout")
            assert (link.calls, timers.seconds) == (["finish"], [7])
            timers.go_off()
            assert link.calls == ["finish", "abort"]
            connection.lost(None)
            error = await fails(ConnectionClosedError, receiving)
            assert (error.rcvd, error.sent) == (None, (1011, "keepalive ping timeout"))
            assert isinstance(error.__cause__, asyncio.TimeoutError)
            assert str(error.__cause__) == "no pong within 5 s (ping_timeout)"
            assert (connection.close_code, connection.close_reason) == (1006, "")


@asynchronous
async def test_pong_that_the_program_kept_from_being_read():
    """A program that holds up the loop for longer than ping_timeout finds both there: the Pong, and the time passed."""
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=5)
            timers.go_off()
            timers.go_off()
            ((_, payload, _, _),) = link.frames()
            give(connection, frame(role, PONG, payload))
            assert timers.seconds[0] > 5, "keepalive goes on"
            assert link.frames() == []
            connection.lost(None)


@asynchronous
async def test_keepalive_without_a_time_out_only_pings():
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=None)
            for _ in range(3):
                assert timers.seconds == [20]
                timers.go_off()
            first, second, third = link.frames()
            assert len({first[1], second[1], third[1]}) == 3
            give(connection, frame(role, PONG, second[1]))
            give(connection, frame(role, PONG, third[1]))
            assert len(timers.set) == 1
            connection.lost(None)
            assert timers.set == []


@asynchronous
async def test_keepalive_is_patient_while_the_program_does_not_receive():
    """The Pong may be behind the messages for which there is no room. But not if we pile up data, too."""
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=5, max_queue=1)
            give(connection, frame(role, TEXT, b"a"))
            assert link.calls == ["pause"]
            timers.go_off()
            for _ in range(3):
                timers.go_off()
                timers.go_off()
                assert timers.seconds == [5]
            assert [item[0] for item in link.frames()] == [PING]
            link.backlog = 1
            timers.go_off()
            timers.go_off()
            assert [item[0] for item in link.frames()] == [CLOSE]
            connection.lost(None)
            assert await connection.recv() == "a"


@asynchronous
async def test_late_pong_does_not_undo_the_time_out_of_closing():
    """The ping was on its way when we closed, so its Pong comes before the peer's Close frame, if that comes."""
    with Timers() as timers:
        for role in ROLES:
            connection, link = opened(role, ping_interval=20, ping_timeout=5, close_timeout=7)
            timers.go_off()
            ((_, payload, _, _),) = link.frames()
            connection.start_closing()
            assert timers.seconds == [7]
            give(connection, frames(role, (PONG, payload), (BINARY, b"")))
            assert timers.seconds == [7]
            timers.go_off()
            assert link.calls == ["abort"]
            connection.lost(None)
            assert timers.seconds == []
