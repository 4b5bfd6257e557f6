"""Messages between two connections, and what recv() gives: all that came, though it may be cancelled."""

import asyncio

from pocketws.exceptions import ConcurrencyError, ConnectionClosedError
from pocketws.protocol import SERVER
from tests.both.memory import STEPS, Parts, asynchronous, both_closed, cancelled, fails, give, opened, pair, settle
from tests.both.wire import BINARY, CONT, PING, PONG, ROLES, TEXT, frame, frames

EURO = b"\xe2\x82\xac"


# ---------------------------------------------------------------- both ends


@asynchronous
async def test_messages_there_and_back(case):
    name, step = case
    client, server = pair(step)
    messages = ("", b"", "Hello", b"\x00\xff", "\u20ac\U0001f600", "a" * 130, bytes(range(256)) * 3)
    for sender, receiver in ((client, server), (server, client)):
        for message in messages:
            await sender.send(message)
        for message in messages:
            found = await receiver.recv()
            assert found == message
            assert type(found) is type(message)
    await both_closed(client, server)


@asynchronous
async def test_fragments_arrive_as_one_message(case):
    name, step = case
    client, server = pair(step)
    for sender, receiver in ((client, server), (server, client)):
        await sender.send(["a", "", "\u20acb"])
        await sender.send(Parts([b"a", bytearray(b"b"), memoryview(b"c")]))
        await sender.send("between")
        await sender.send(["\u20ac".encode(), b"!"], text=True)
        assert await receiver.recv() == "a\u20acb"
        assert await receiver.recv() == b"abc"
        assert await receiver.recv() == "between"
        assert await receiver.recv() == "\u20ac!"
    await both_closed(client, server)


@asynchronous
async def test_iterating_gives_messages_until_a_clean_end(case):
    name, step = case
    client, server = pair(step)
    for message in ("one", b"two", "three"):
        await client.send(message)
    closing = asyncio.create_task(client.close())
    found = []
    async for message in server:
        found.append(message)
    assert found == ["one", b"two", "three"]
    await closing
    async for _ in server:
        raise AssertionError("a message after the end")


@asynchronous
async def test_iterating_raises_where_the_end_is_not_clean(case):
    name, step = case
    client, server = pair(step)
    await client.send("one")
    closing = asyncio.create_task(client.close(4000, "why"))
    found = []

    async def receive():
        async for message in server:
            found.append(message)

    error = await fails(ConnectionClosedError, receive())
    assert (found, error.rcvd) == (["one"], (4000, "why"))
    await closing


@asynchronous
async def test_senders_wait_for_room(case):
    name, step = case
    client, server = pair(step)
    client.link.full = True
    sending = asyncio.create_task(client.send(b"b" * 200))
    await settle()
    assert not sending.done()
    assert client.link.pending() > 200
    client.link.release()
    await sending
    assert client.link.pending() == 0
    assert await server.recv() == b"b" * 200
    await both_closed(client, server)


# ---------------------------------------------------------------- recv()


@asynchronous
async def test_decode(case):
    name, opcode, payload, decode, expected = case
    for role in ROLES:
        for step in (1 << 30, 1):
            connection, link = opened(role)
            give(connection, frame(role, opcode, payload), step)
            found = await connection.recv(decode=decode)
            assert found == expected
            assert type(found) is type(expected)


@asynchronous
async def test_binary_that_is_no_text_fails_the_connection_if_text_is_expected():
    """As in `websockets`: it is the end of the connection, and so what recv() raises says that."""
    for role in ROLES:
        connection, link = opened(role)
        give(connection, frame(role, BINARY, b"a\xff"))
        receiving = asyncio.create_task(connection.recv(decode=True))
        await settle()
        ((_, payload, _, _),) = link.frames()
        assert payload[:2] == b"\x03\xef"
        assert link.calls == ["finish"]
        assert not receiving.done(), "it is not closed yet"
        connection.lost(None)
        error = await fails(ConnectionClosedError, receiving)
        assert error.sent.code == 1007
        assert isinstance(error.__cause__, UnicodeError)


@asynchronous
async def test_only_one_task_receives():
    for role in ROLES:
        connection, link = opened(role)
        receiving = asyncio.create_task(connection.recv())
        await settle()
        await fails(ConcurrencyError, connection.recv())
        await fails(ConcurrencyError, connection.recv_streaming().__anext__())
        await fails(ConcurrencyError, connection.__anext__())
        give(connection, frames(role, (TEXT, b"one"), (TEXT, b"two")))
        assert await receiving == "one"
        assert await connection.recv() == "two"


@asynchronous
async def test_cancelled_recv_loses_nothing():
    for role in ROLES:
        for step in (1 << 30, 1):
            connection, link = opened(role)
            await cancelled(asyncio.create_task(connection.recv()))
            receiving = asyncio.create_task(connection.recv())
            await settle()
            give(connection, frame(role, TEXT, b"one"), step)
            receiving.cancel()  # the message is there, but the task has not had its turn
            try:
                found = await receiving
            except asyncio.CancelledError:
                found = await connection.recv()
            assert found == "one"


@asynchronous
async def test_recv_under_a_time_out(case):
    name, step = case
    client, server = pair(step)
    await fails(asyncio.TimeoutError, asyncio.wait_for(server.recv(), 0.001))
    await client.send("late")
    assert await asyncio.wait_for(server.recv(), 5) == "late"
    await both_closed(client, server)


@asynchronous
async def test_pings_are_answered_in_their_place():
    for role in ROLES:
        connection, link = opened(role)
        give(connection, frames(role, (TEXT, b"a", False), (PING, b"1"), (CONT, b"b"), (PING, b"2")))
        assert link.frames() == [(PONG, b"1", True, False), (PONG, b"2", True, False)]
        assert await connection.recv() == "ab"


@asynchronous
async def test_addresses_are_those_of_the_link():
    connection, link = opened(SERVER)
    assert connection.local_address == ("here", 1)
    assert connection.remote_address == ("there", 2)
    assert connection.write_limit == 32768
    assert (connection.subprotocol, connection.latency) == (None, 0.0)


@asynchronous
async def test_each_connection_has_an_id():
    first, second = opened(SERVER)[0], opened(SERVER)[0]
    assert isinstance(first.id, str)
    assert first.id == first.id != second.id


PAIRS = (
    "test_messages_there_and_back",
    "test_fragments_arrive_as_one_message",
    "test_iterating_gives_messages_until_a_clean_end",
    "test_iterating_raises_where_the_end_is_not_clean",
    "test_senders_wait_for_room",
    "test_recv_under_a_time_out",
)
CASES = {name: STEPS for name in PAIRS}
CASES.update(
    {
        "test_decode": (
            ("text", TEXT, EURO, None, "\u20ac"),
            ("binary", BINARY, EURO, None, EURO),
            ("text as bytes", TEXT, EURO, False, EURO),
            ("binary as bytes", BINARY, b"\xff", False, b"\xff"),
            ("text as str", TEXT, EURO, True, "\u20ac"),
            ("binary as str", BINARY, EURO, True, "\u20ac"),
            ("empty text as bytes", TEXT, b"", False, b""),
            ("empty binary as str", BINARY, b"", True, ""),
        ),
    }
)
