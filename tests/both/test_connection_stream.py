"""recv_streaming(): one message in pieces, as they come in, and what may and may not be done meanwhile."""

import asyncio

from pocketws.exceptions import ConcurrencyError, ConnectionClosedError, ConnectionClosedOK
from pocketws.protocol import CLIENT
from tests.both.memory import STEPS, asynchronous, both_closed, cancelled, fails, give, opened, pair, settle
from tests.both.wire import BINARY, CLOSE, CONT, PING, PONG, ROLES, TEXT, code, frame, frames

EURO = b"\xe2\x82\xac"


async def pieces(connection, decode=None):
    """Return the pieces of the next message: a list, in which none is empty."""
    found = []
    async for piece in connection.recv_streaming(decode):
        assert piece
        found.append(piece)
    return found


async def begun(role, payload=b"streamed", **changes):
    """Return (connection, iterator) that has given the first fragment of a text message."""
    connection, link = opened(role, **changes)
    iterator = connection.recv_streaming()
    step = asyncio.create_task(iterator.__anext__())
    await settle()
    connection.feed(frame(role, TEXT, payload, False))
    assert await step == payload.decode()
    return connection, iterator


@asynchronous
async def test_pieces_make_up_the_message(case):
    name, arguments, decode, expected = case
    for role in ROLES:
        for step in (1 << 30, 7, 1):
            connection, link = opened(role)
            receiving = asyncio.create_task(pieces(connection, decode))
            await settle()
            wire = frames(role, *arguments)
            for at in range(0, len(wire), step):
                connection.feed(wire[at : at + step])
                await settle()
            found = await receiving
            assert expected[:0].join(found) == expected
            assert all([isinstance(piece, type(expected)) for piece in found])
            give(connection, frame(role, TEXT, b"next"), step)
            assert await connection.recv() == "next"


@asynchronous
async def test_message_that_is_there_already():
    for role in ROLES:
        connection, link = opened(role)
        give(connection, frames(role, (TEXT, b"a", False), (CONT, b"b"), (BINARY, b"c"), (TEXT, b"")))
        assert await pieces(connection) == ["ab"]
        assert await pieces(connection) == [b"c"]
        assert await pieces(connection) == []
        give(connection, frames(role, (TEXT, b"d", False), (CONT, b"e")))
        assert await connection.recv() == "de"


@asynchronous
async def test_pieces_are_given_as_they_arrive():
    for role in ROLES:
        connection, link = opened(role)
        iterator = connection.recv_streaming().__aiter__()
        wire = frame(role, BINARY, b"abcdef", False)
        for data, expected in ((wire[:-4], b"ab"), (wire[-4:-2], b"cd"), (wire[-2:], b"ef")):
            step = asyncio.create_task(iterator.__anext__())
            await settle()
            connection.feed(data)
            assert await step == expected
        connection.feed(frame(role, CONT, b""))
        await fails(StopAsyncIteration, iterator.__anext__())
        await fails(StopAsyncIteration, iterator.__anext__())


@asynchronous
async def test_pieces_that_are_there_already_are_given_at_once():
    """The peer may wait for an answer to them before it sends more."""
    for role in ROLES:
        for rest, expected in ((b"", "abc"), (frame(role, CONT, b"defg")[:-2], "abcde")):
            connection, link = opened(role)
            connection.feed(frames(role, (TEXT, b"a", False), (CONT, b"bc", False)) + rest)
            step = asyncio.create_task(connection.recv_streaming().__anext__())
            await settle()
            assert step.done(), "it waits for more"
            assert await step == expected


@asynchronous
async def test_cancelling_one_step_loses_nothing():
    for role in ROLES:
        connection, link = opened(role)
        iterator = connection.recv_streaming()
        await cancelled(asyncio.create_task(iterator.__anext__()))
        connection.feed(frame(role, TEXT, b"a", False))
        assert await iterator.__anext__() == "a"
        await cancelled(asyncio.create_task(iterator.__anext__()))
        connection.feed(frame(role, CONT, b"b"))
        assert await iterator.__anext__() == "b"
        await fails(StopAsyncIteration, iterator.__anext__())


@asynchronous
async def test_iterator_that_was_not_begun_is_no_obstacle():
    for role in ROLES:
        connection, link = opened(role)
        connection.recv_streaming()
        iterator = connection.recv_streaming()
        await cancelled(asyncio.create_task(iterator.__anext__()))
        connection.feed(frame(role, TEXT, b"a"))
        assert await connection.recv() == "a"


@asynchronous
async def test_iterator_made_beforehand_streams_all_the_same():
    for role in ROLES:
        connection, link = opened(role)
        first, second = connection.recv_streaming(), connection.recv_streaming()
        connection.feed(frame(role, TEXT, b"a"))
        assert await first.__anext__() == "a"
        await fails(StopAsyncIteration, first.__anext__())
        step = asyncio.create_task(second.__anext__())
        await settle()
        connection.feed(frame(role, TEXT, b"b", False))
        assert await step == "b"


@asynchronous
async def test_message_that_was_begun_must_be_ended():
    for role in ROLES:
        connection, iterator = await begun(role)
        connection.feed(frames(role, (CONT, b"b"), (TEXT, b"next")))
        await fails(ConcurrencyError, connection.recv())
        await fails(ConcurrencyError, connection.recv_streaming().__anext__())
        assert await iterator.__anext__() == "b"
        await fails(StopAsyncIteration, iterator.__anext__())
        assert await connection.recv() == "next"


@asynchronous
async def test_two_tasks_step_through_one_message():
    for role in ROLES:
        connection, link = opened(role)
        iterator = connection.recv_streaming()
        first = asyncio.create_task(iterator.__anext__())
        await settle()
        await fails(ConcurrencyError, iterator.__anext__())
        await fails(ConcurrencyError, connection.recv())
        connection.feed(frame(role, TEXT, b"a"))
        assert await first == "a"


@asynchronous
async def test_messages_that_came_in_pieces_are_joined():
    """While one message streams, the next ones come in pieces too; recv() makes no difference."""
    for role in ROLES:
        for opcode, expected in ((TEXT, "abc"), (BINARY, b"abc")):
            for decode in (None, True, False):
                connection, iterator = await begun(role)
                connection.feed(frame(role, CONT, b"") + frame(role, opcode, b"a", False))
                connection.feed(frame(role, CONT, b"b", False))
                await fails(StopAsyncIteration, iterator.__anext__())
                receiving = asyncio.create_task(connection.recv(decode))
                await settle()
                connection.feed(frames(role, (CONT, b"c"), (opcode, b"next")))
                expected = {True: "abc", False: b"abc"}.get(decode, expected)
                assert await receiving == expected
                assert await connection.recv(False) == b"next"


async def half_received(role, opcode=TEXT):
    """Return a connection where a recv() was cancelled with two pieces of a message taken, and two are to come."""
    connection, iterator = await begun(role)
    connection.feed(frames(role, (CONT, b""), (opcode, b"a", False), (CONT, b"b", False)))
    await fails(StopAsyncIteration, iterator.__anext__())
    await cancelled(asyncio.create_task(connection.recv()))
    connection.feed(frames(role, (CONT, b"c", False), (CONT, b"d")))
    return connection


@asynchronous
async def test_cancelled_recv_keeps_the_pieces_for_the_next(case):
    """The next recv() gives the whole message, also where it asks for another type than the one cancelled."""
    name, decode = case
    for role in ROLES:
        for opcode, data in ((TEXT, "abcd"), (BINARY, b"abcd")):
            connection = await half_received(role, opcode)
            assert await connection.recv(decode) == {True: "abcd", False: b"abcd"}.get(decode, data)


@asynchronous
async def test_cancelled_recv_keeps_the_pieces_for_an_iterator():
    for role in ROLES:
        connection = await half_received(role)
        assert "".join(await pieces(connection)) == "abcd"


@asynchronous
async def test_recv_cut_by_the_end_in_the_middle_of_pieces():
    for role in ROLES:
        connection = await half_received(role)
        connection.feed(frame(role, TEXT, b"cut", False))
        connection.lost(None)
        assert await connection.recv() == "abcd"
        await fails(ConnectionClosedError, connection.recv())
        await fails(ConnectionClosedError, connection.recv())


@asynchronous
async def test_binary_that_is_no_text_fails_the_connection_if_text_is_expected():
    for role in ROLES:
        for arguments in ([(BINARY, b"a\xff")], [(BINARY, EURO[:1], False), (CONT, b"a")], [(BINARY, EURO[:2])]):
            connection, link = opened(role)
            receiving = asyncio.create_task(pieces(connection, True))
            await settle()
            connection.feed(frames(role, *arguments))
            await settle()
            ((_, payload, _, _),) = link.frames()
            assert payload[:2] == b"\x03\xef"
            connection.lost(None)
            error = await fails(ConnectionClosedError, receiving)
            assert (error.rcvd, error.sent.code) == (None, 1007)
            assert isinstance(error.__cause__, UnicodeError)


@asynchronous
async def test_the_end_comes_after_all_pieces():
    """A message that is cut is never taken for a whole one."""
    for role in ROLES:
        connection, iterator = await begun(role)
        connection.feed(frame(role, CONT, b"a", False))
        connection.lost(None)
        assert await iterator.__anext__() == "a"
        await fails(ConnectionClosedError, iterator.__anext__())
        await fails(ConnectionClosedError, iterator.__anext__())
        await fails(ConnectionClosedError, connection.recv())
        await fails(ConnectionClosedError, pieces(connection))


@asynchronous
async def test_closed_cleanly_it_raises_all_the_same():
    for role in ROLES:
        connection, link = opened(role)
        connection.feed(frames(role, (TEXT, b"a"), (CLOSE, code(1000))))
        connection.lost(None)
        assert await pieces(connection) == ["a"]
        await fails(ConnectionClosedOK, pieces(connection))


@asynchronous
async def test_size_limit_holds_for_the_whole_message():
    for role in ROLES:
        connection, iterator = await begun(role, b"abc", max_size=4)
        connection.feed(frame(role, CONT, b"d", False))
        assert await iterator.__anext__() == "d"
        connection.feed(frame(role, CONT, b"e"))
        connection.lost(None)
        error = await fails(ConnectionClosedError, iterator.__anext__())
        assert error.sent.code == 1009


@asynchronous
async def test_streams_between_two_ends(case):
    name, step = case
    client, server = pair(step)

    async def parts(connection):
        await connection.send(["a" * 100, "", EURO.decode(), "b"])
        await connection.send([b"c", b"d" * 100])
        await connection.send("last")

    for sender, receiver in ((client, server), (server, client)):
        sending = asyncio.create_task(parts(sender))
        assert "".join(await pieces(receiver)) == "a" * 100 + "\u20acb"
        assert b"".join(await pieces(receiver)) == b"c" + b"d" * 100
        assert await receiver.recv() == "last"
        await sending
    await both_closed(client, server)


@asynchronous
async def test_pings_between_pieces_are_answered():
    connection, link = opened(CLIENT)
    receiving = asyncio.create_task(pieces(connection))
    await settle()
    connection.feed(frames(CLIENT, (TEXT, b"a", False), (PING, b"p"), (CONT, b"b")))
    assert await receiving == ["a", "b"]
    assert [item[:2] for item in link.frames()] == [(PONG, b"p")]


TWO_EUROS = [(TEXT, EURO[:1], False), (CONT, EURO[1:], False), (CONT, EURO)]
BINARY_EUROS = [(BINARY, EURO[:1], False), (CONT, b"", False), (CONT, EURO[1:] + EURO[:2], False), (CONT, EURO[2:])]

CASES = {
    "test_pieces_make_up_the_message": (
        ("one frame of text", [(TEXT, b"abc" + EURO)], None, "abc\u20ac"),
        ("one frame of binary", [(BINARY, b"a\xff")], None, b"a\xff"),
        ("fragments of text", TWO_EUROS, None, "\u20ac\u20ac"),
        ("fragments of binary", BINARY_EUROS, None, EURO + EURO),
        ("text as bytes", TWO_EUROS, False, EURO + EURO),
        ("binary as bytes", BINARY_EUROS, False, EURO + EURO),
        ("text as str", TWO_EUROS, True, "\u20ac\u20ac"),
        ("binary as str", BINARY_EUROS, True, "\u20ac\u20ac"),
        ("empty text", [(TEXT, b"")], None, ""),
        ("empty fragments", [(BINARY, b"", False), (CONT, b"", False), (CONT, b"")], None, b""),
        ("an empty end", [(TEXT, b"a", False), (CONT, b"")], None, "a"),
    ),
    "test_cancelled_recv_keeps_the_pieces_for_the_next": (("as it is", None), ("str", True), ("bytes", False)),
    "test_streams_between_two_ends": STEPS,
}
