"""Very many small parts: 65,536 fragments, and 1 MiB one byte at a time; on a board as many as it can hold."""

import gc

from pocketws.compat import MICROPYTHON
from pocketws.protocol import OPEN
from tests.both.wire import BINARY, CLIENT, CONT, KEY, PING, PONG, ROLES, SERVER, TEXT, frame, opened, taken

FRAGMENTS = 4096 if MICROPYTHON else 65536
SIZE = 8192 if MICROPYTHON else 1 << 18  # bytes of a message that comes one byte at a time
PINGS = 100 if MICROPYTHON else 10_000


def test_very_many_fragments_are_one_message():
    for role, opcode, data in ((CLIENT, TEXT, b"x"), (SERVER, BINARY, b"\xff")):
        protocol = opened(role)
        middle = frame(role, CONT, data, False)
        assert protocol.receive_data(frame(role, opcode, data, False)) == []
        for _ in range(FRAGMENTS - 2):
            assert protocol.receive_data(middle) == []
        (event,) = protocol.receive_data(frame(role, CONT, data))
        assert event == (opcode, "x" * FRAGMENTS if opcode == TEXT else data * FRAGMENTS, True)


def test_very_many_empty_fragments_are_one_message():
    protocol = opened(CLIENT)
    protocol.receive_data(b"\x01\x00")
    for _ in range(FRAGMENTS):
        assert protocol.receive_data(b"\x00\x00") == []
    assert protocol.receive_data(b"\x80\x01a") == [(TEXT, "a", True)]


def test_long_message_arrives_byte_by_byte():
    size = SIZE.to_bytes(8, "big") if SIZE > 65535 else SIZE.to_bytes(2, "big")
    for role, opcode in ((CLIENT, TEXT), (SERVER, BINARY)):
        gc.collect()
        protocol = opened(role)
        first, mask = 0x80 | opcode, 0 if role == CLIENT else 0x80
        protocol.receive_data(bytes((first, mask | (127 if SIZE > 65535 else 126))) + size)
        unit = b"\xe2\x82\xac!"  # 4 bytes, so that the mask repeats with them
        if role == SERVER:
            protocol.receive_data(KEY)
            single = [bytes((unit[i] ^ KEY[i],)) for i in range(4)]
        else:
            single = [unit[i : i + 1] for i in range(4)]
        for i in range(SIZE - 1):
            assert protocol.receive_data(single[i % 4]) == []
        (event,) = protocol.receive_data(single[3])
        assert event == (opcode, "\u20ac!" * (SIZE // 4) if opcode == TEXT else unit * (SIZE // 4), True)


def test_very_many_pings_between_fragments_are_answered():
    for role in ROLES:
        protocol = opened(role)
        protocol.receive_data(frame(role, TEXT, b"a", False))
        ping = frame(role, PING, b"p")
        assert protocol.receive_data(ping * PINGS) == [(PING, b"p", True)] * PINGS
        assert taken(protocol) == [(PONG, b"p", True, False)] * PINGS
        assert protocol.receive_data(frame(role, CONT, b"b")) == [(TEXT, "ab", True)]
        assert protocol.state == OPEN


def test_small_parts_are_joined_as_they_come_and_large_ones_once():
    """Many small objects would fill a board's heap with holes; a large one is not to be copied over and over."""
    for opcode in (TEXT, BINARY):
        protocol = opened(CLIENT)
        protocol.receive_data(frame(CLIENT, opcode, b"x", False))
        for _ in range(1000):
            protocol.receive_data(b"\x00\x01x")
            assert len(protocol._receiving._parts) <= 12
        protocol = opened(CLIENT)
        protocol.receive_data(frame(CLIENT, opcode, b"", False))
        large = frame(CLIENT, CONT, bytes(1024), False)
        for i in range(8):
            protocol.receive_data(large)
            assert [len(part) for part in protocol._receiving._parts] == [0] + [1024] * (i + 1)
        protocol.receive_data(b"\x00\x00" * 100)
        assert len(protocol._receiving._parts) == 10
