"""What send() takes, which frames that makes, and what becomes of a message that is not finished."""

import asyncio

from pocketws.compat import MICROPYTHON
from pocketws.exceptions import ConnectionClosedError
from pocketws.protocol import CLIENT
from tests.both.memory import Parts, asynchronous, cancelled, fails, opened, settle
from tests.both.wire import BINARY, CONT, PING, PONG, ROLES, TEXT

EURO = b"\xe2\x82\xac"


@asynchronous
async def test_one_message_is_one_frame(case):
    name, message, text, opcode, payload = case
    for role in ROLES:
        connection, link = opened(role)
        await connection.send(message, text=text)
        await connection.send(message, text)
        assert link.frames() == [(opcode, payload, True, False)] * 2


@asynchronous
async def test_iterable_is_one_message_in_fragments(case):
    name, parts, text, opcode, payloads = case
    for role in ROLES:
        for message in (parts, tuple(parts), iter(parts), Parts(parts), (part for part in parts)):
            connection, link = opened(role)
            await connection.send(message, text=text)
            first, *rest = link.frames()
            assert first == (opcode, payloads[0], False, False)
            assert rest == [(CONT, payload, False, False) for payload in payloads[1:]] + [(CONT, b"", True, False)]
            await connection.send("next")
            assert link.frames() == [(TEXT, b"next", True, False)]


@asynchronous
async def test_empty_iterable_is_no_message():
    for role in ROLES:
        for message in ([], (), iter([]), Parts([])):
            connection, link = opened(role)
            await connection.send(message)
            assert link.frames() == []
            await connection.send("next")
            assert link.frames() == [(TEXT, b"next", True, False)]


if not MICROPYTHON:  # where asynchronous generators compile to plain ones

    @asynchronous
    async def test_asynchronous_generator_is_one_message_in_fragments():
        async def parts():
            yield "a"
            await asyncio.sleep(0)
            yield "b"

        connection, link = opened(CLIENT)
        await connection.send(parts())
        assert [item[:3] for item in link.frames()] == [
            (TEXT, b"a", False),
            (CONT, b"b", False),
            (CONT, b"", True),
        ]


@asynchronous
async def test_what_is_no_message_is_refused(case):
    name, message = case
    for role in ROLES:
        connection, link = opened(role)
        for text in (None, False, True):
            error = await fails(TypeError, connection.send(message, text))
            assert type(message).__name__ in str(error) or type(message) is list
            await fails(TypeError, connection.send(Parts([message]), text))
        assert link.frames() == [], "nothing of it was sent"
        await connection.send("next")
        assert link.frames() == [(TEXT, b"next", True, False)]


@asynchronous
async def test_text_that_utf8_cannot_hold_is_refused():
    for role in ROLES:
        connection, link = opened(role)
        await fails(UnicodeError, connection.send(chr(0xD800)))
        await fails(UnicodeError, connection.send(chr(0xD800), text=False))
        await fails(UnicodeError, connection.send(b"a\xff", text=True))
        assert link.frames() == []
        await connection.send("next")


@asynchronous
async def test_character_may_be_split_over_fragments_of_bytes():
    """Fragments are cut anywhere (section 5.4), and a file read piece by piece knows no characters."""
    for role in ROLES:
        connection, link = opened(role)
        await connection.send([EURO[:1], EURO[1:] + b"!"], text=True)
        sent = link.frames()
        assert [item[0] for item in sent] == [TEXT] + [CONT] * (len(sent) - 1)
        assert b"".join([item[1] for item in sent]) == EURO + b"!"


@asynchronous
async def test_text_of_bytes_may_not_end_inside_a_character():
    for role in ROLES:
        connection, link = opened(role)
        await fails(UnicodeError, connection.send([b"a", EURO[:2]], text=True))
        *_, last = link.frames()
        assert last[1] == b"\x03\xf3a message was not finished"
        connection.lost(None)


@asynchronous
async def test_message_that_cannot_be_finished_fails_the_connection(case):
    """The peer has a part of it, and no frame would tell it to drop that."""
    name, parts, kind = case
    for role in ROLES:
        connection, link = opened(role)
        error = await fails(kind, connection.send(parts if name != "asynchronous" else Parts(parts)))
        *_, last = link.frames()
        assert last[1] == b"\x03\xf3a message was not finished"
        assert link.calls == ["finish"]
        connection.lost(None)
        closed = await fails(ConnectionClosedError, connection.send("next"))
        assert (closed.rcvd, closed.sent, closed.__cause__) == (None, (1011, "a message was not finished"), error)


@asynchronous
async def test_other_senders_wait_for_a_message_in_fragments():
    for role in ROLES:
        connection, link = opened(role)
        gate, order = asyncio.Event(), []

        async def send(message, name, connection=connection, order=order):
            await connection.send(message)
            order.append(name)

        tasks = [asyncio.create_task(send(Parts(["a", "b"], gate), "fragments"))]
        await settle()
        tasks += [asyncio.create_task(send("whole", "whole")), asyncio.create_task(send(["c"], "list"))]
        tasks += [asyncio.create_task(send(Parts(["d"]), "iterator"))]
        await settle()
        assert link.frames() == [(TEXT, b"a", False, False)]
        await connection.ping(b"p")
        await connection.pong(b"q")
        assert [item[:2] for item in link.frames()] == [(PING, b"p"), (PONG, b"q")], "control frames may stand between"
        gate.set()
        for task in tasks:
            await task
        payloads = [item[1] for item in link.frames() if item[1]]
        assert payloads[0] == b"b"
        assert sorted(payloads[1:]) == [b"c", b"d", b"whole"]
        assert order[0] == "fragments"


@asynchronous
async def test_sender_that_gives_up_waiting_sends_nothing():
    connection, link = opened(CLIENT)
    gate = asyncio.Event()
    fragments = asyncio.create_task(connection.send(Parts(["a", "b"], gate)))
    await settle()
    await cancelled(asyncio.create_task(connection.send("whole")))
    gate.set()
    await fragments
    assert [item[1] for item in link.frames()] == [b"a", b"b", b""]


@asynchronous
async def test_cancelled_between_fragments_fails_the_connection():
    connection, link = opened(CLIENT)
    await cancelled(asyncio.create_task(connection.send(Parts(["a", "b"], asyncio.Event()))))
    assert [item[1] for item in link.frames()] == [b"a", b"\x03\xf3a message was not finished"]
    connection.lost(None)


@asynchronous
async def test_cancelled_while_it_waits_for_room_the_message_goes_out():
    for role in ROLES:
        connection, link = opened(role)
        link.room.clear()
        await cancelled(asyncio.create_task(connection.send("one")))
        await cancelled(asyncio.create_task(connection.ping(b"p")))
        link.room.set()
        await connection.send("two")
        assert [item[1] for item in link.frames()] == [b"one", b"p", b"two"]


CASES = {
    "test_one_message_is_one_frame": (
        ("str", "\u20ac", None, TEXT, EURO),
        ("empty str", "", None, TEXT, b""),
        ("bytes", b"\xff", None, BINARY, b"\xff"),
        ("empty bytes", b"", None, BINARY, b""),
        ("bytearray", bytearray(b"ab"), None, BINARY, b"ab"),
        ("memoryview", memoryview(b"ab"), None, BINARY, b"ab"),
        ("str as text", "\u20ac", True, TEXT, EURO),
        ("str as binary", "\u20ac", False, BINARY, EURO),
        ("bytes as text", EURO, True, TEXT, EURO),
        ("bytearray as text", bytearray(EURO), True, TEXT, EURO),
        ("memoryview as text", memoryview(EURO), True, TEXT, EURO),
        ("bytes as binary", EURO, False, BINARY, EURO),
    ),
    "test_iterable_is_one_message_in_fragments": (
        ("one str", ["a"], None, TEXT, [b"a"]),
        ("strs", ["a", "", "\u20ac"], None, TEXT, [b"a", b"", EURO]),
        ("bytes", [b"a", b"\xff"], None, BINARY, [b"a", b"\xff"]),
        ("bytes-like", [b"a", bytearray(b"b"), memoryview(b"c")], None, BINARY, [b"a", b"b", b"c"]),
        ("strs as binary", ["a", "\u20ac"], False, BINARY, [b"a", EURO]),
        ("bytes as text", [b"a", EURO], True, TEXT, [b"a", EURO]),
        ("strs as text", ["a", "\u20ac"], True, TEXT, [b"a", EURO]),
    ),
    "test_what_is_no_message_is_refused": (
        ("None", None),
        ("int", 1),
        ("float", 1.5),
        ("dict", {"a": "b"}),
        ("list of int", [1, 2]),
        ("list of None", [None]),
        ("list of lists", [["a"]]),
    ),
    "test_message_that_cannot_be_finished_fails_the_connection": (
        ("bytes after str", ["a", b"b"], TypeError),
        ("str after bytes", [b"a", "b"], TypeError),
        ("int after str", ["a", 1], TypeError),
        ("no UTF-8", ["a", chr(0xD800)], UnicodeError),
        ("asynchronous", ["a", KeyError("its own")], KeyError),
    ),
}
