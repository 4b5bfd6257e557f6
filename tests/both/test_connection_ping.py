"""Pings and pongs of the program, and those who wait for them."""

import asyncio

from pocketws import connection as module
from pocketws.compat import MICROPYTHON
from pocketws.exceptions import ConcurrencyError, ConnectionClosedError, ConnectionClosedOK
from pocketws.protocol import CLIENT
from tests.both.memory import (
    STEPS,
    asynchronous,
    both_closed,
    cancelled,
    fails,
    give,
    opened,
    pair,
    replaced,
)
from tests.both.wire import CLOSE, PING, PONG, ROLES, code, frame, frames


@asynchronous
async def test_ping_is_answered(case):
    name, step = case
    client, server = pair(step)
    for sender in (client, server):
        assert sender.latency == 0.0
        waiter = await sender.ping()
        latency = await waiter
        assert 0 <= latency < 10
        assert sender.latency == latency
        assert await (await sender.ping("payload")) >= 0
    await both_closed(client, server)


@asynchronous
async def test_payload_of_a_ping(case):
    name, data, payload = case
    for role in ROLES:
        connection, link = opened(role)
        await connection.ping(data)
        await connection.pong(data)
        assert link.frames() == [(PING, payload, True, False), (PONG, payload, True, False)]


@asynchronous
async def test_payload_of_a_ping_is_random_by_default():
    for role in ROLES:
        connection, link = opened(role)
        for _ in range(4):
            await connection.ping()
        await connection.pong()
        payloads = [item[1] for item in link.frames()]
        assert [len(payload) for payload in payloads] == [4, 4, 4, 4, 0]
        assert len(set(payloads)) == 5


@asynchronous
async def test_what_a_ping_cannot_hold():
    for role in ROLES:
        connection, link = opened(role)
        for send in (connection.ping, connection.pong):
            for data in (1, [b"a"], {}):
                await fails(TypeError, send(data))
            await fails(ValueError, send(bytes(126)))
        assert link.frames() == []
        give(connection, frame(role, PONG, bytes(126 - 1)))
        await connection.ping(bytes(125))
        await connection.ping(b"still open")


@asynchronous
async def test_latency_is_the_time_between_ping_and_pong():
    with replaced(module, clock=lambda: "then", seconds_since=lambda moment: {"then": 0.25}[moment]):
        for role in ROLES:
            connection, link = opened(role)
            waiter = await connection.ping(b"p")
            give(connection, frame(role, PONG, b"p"))
            assert await waiter == connection.latency == 0.25


@asynchronous
async def test_pong_answers_the_older_pings_too():
    for role in ROLES:
        connection, link = opened(role)
        first, second, third = await connection.ping(b"1"), await connection.ping(b"2"), await connection.ping(b"3")
        give(connection, frame(role, PONG, b"2"))
        await first
        await second
        assert not third.done()
        await connection.ping(b"1")
        give(connection, frame(role, PONG, b"3"))
        await third


@asynchronous
async def test_pong_that_answers_nothing_counts_for_nothing():
    for role in ROLES:
        connection, link = opened(role)
        give(connection, frame(role, PONG, b"first"))
        waiter = await connection.ping(b"p")
        give(connection, frames(role, (PONG, b""), (PONG, b"other"), (PONG, b"pp")))
        assert not waiter.done()
        assert connection.latency == 0.0
        give(connection, frame(role, PONG, b"p"))
        await waiter
        give(connection, frame(role, PONG, b"p"))


@asynchronous
async def test_two_pings_with_the_same_data():
    for role in ROLES:
        connection, link = opened(role)
        await connection.ping(b"p")
        for data in (b"p", "p", bytearray(b"p")):
            await fails(ConcurrencyError, connection.ping(data))
        assert len(link.frames()) == 1
        give(connection, frame(role, PONG, b"p"))
        await connection.ping(b"p")
        assert len(link.frames()) == 1


@asynchronous
async def test_buffer_of_a_ping_may_change_afterwards():
    for role in ROLES:
        connection, link = opened(role)
        data = bytearray(b"p")
        waiter = await connection.ping(data)
        data[0] = 0x71
        give(connection, frame(role, PONG, b"p"))
        await waiter


@asynchronous
async def test_peer_that_sends_pings_and_reads_nothing_fills_no_memory():
    """Only the last Ping needs an answer (section 5.5.3); the first Pong may be half sent already."""
    for role in ROLES:
        connection, link = opened(role)
        link.room.clear()
        for number in range(100):
            give(connection, frame(role, PING, b"%d" % number))
        assert link.data == b""
        link.room.set()
        link.send()
        assert link.frames() == [(PONG, b"0", True, False), (PONG, b"99", True, False)]
        give(connection, frames(role, (PING, b"1"), (PING, b"2")))
        assert [item[1] for item in link.frames()] == [b"1", b"2"]


@asynchronous
async def test_peer_that_closes_is_answered_even_if_it_reads_nothing():
    for role in ROLES:
        connection, link = opened(role)
        link.room.clear()
        give(connection, frames(role, (PING, b"1"), (PING, b"2"), (CLOSE, code(1000))))
        assert link.frames()[-2:] == [(PONG, b"2", True, False), (CLOSE, code(1000), True, False)]


@asynchronous
async def test_cancelled_wait_for_a_pong():
    for role in ROLES:
        connection, link = opened(role)
        waiter = await connection.ping(b"p")

        async def wait(waiter=waiter):
            return await waiter

        await cancelled(asyncio.create_task(wait()))
        give(connection, frame(role, PONG, b"p"))
        assert await (await _pinged(connection, role)) >= 0


async def _pinged(connection, role):
    waiter = await connection.ping(b"q")
    give(connection, frame(role, PONG, b"q"))
    return waiter


@asynchronous
async def test_pong_under_a_time_out():
    """`await asyncio.wait_for(await ws.ping(), seconds)` is how programs write it."""
    for role in ROLES:
        connection, link = opened(role)
        await fails(asyncio.TimeoutError, asyncio.wait_for(await connection.ping(b"p"), 0.001))
        assert await asyncio.wait_for(await _pinged(connection, role), 5) >= 0


if MICROPYTHON:  # where a task is made of it, and not of a coroutine around it

    @asynchronous
    async def test_wait_for_a_pong_that_is_cancelled_before_it_began():
        connection, link = opened(CLIENT)
        task = asyncio.create_task(await connection.ping(b"p"))
        task.cancel()
        await fails(asyncio.CancelledError, task)


@asynchronous
async def test_end_of_the_connection_ends_the_wait_for_a_pong():
    for role in ROLES:
        for end, kind in ((code(1000), ConnectionClosedOK), (code(1011), ConnectionClosedError)):
            connection, link = opened(role)
            waiters = (await connection.ping(), await connection.ping())
            give(connection, frame(role, CLOSE, end))
            connection.lost(None)
            for waiter in waiters:
                error = await fails(kind, waiter)
                assert error.rcvd_then_sent is True
            await fails(kind, connection.ping())
            await fails(kind, connection.pong())


CASES = {
    "test_ping_is_answered": STEPS,
    "test_payload_of_a_ping": (
        ("bytes", b"\xff", b"\xff"),
        ("empty", b"", b""),
        ("str", "\u20ac", b"\xe2\x82\xac"),
        ("bytearray", bytearray(b"ab"), b"ab"),
        ("memoryview", memoryview(b"ab"), b"ab"),
        ("as much as fits", b"p" * 125, b"p" * 125),
    ),
}
