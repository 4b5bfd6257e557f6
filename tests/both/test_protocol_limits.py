"""Limits (section 10.4): exact at max_size and one byte beyond, and what happens where memory ends first."""

from pocketws import protocol as module
from pocketws.exceptions import PayloadTooBig
from pocketws.protocol import FAILED, OPEN
from tests.both.wire import BINARY, CLIENT, CLOSE, CONT, PING, PONG, ROLES, TEXT, feed, frame, frames, opened, taken

STEPS = (1 << 30, 1, 7)


def failed_with_1009(protocol, size, limit):
    """Tell whether the connection failed because of a message of `size` bytes or more."""
    *_, (opcode, payload, _, _) = taken(protocol)
    assert (protocol.state, opcode, payload[:2]) == (FAILED, CLOSE, b"\x03\xf1")
    assert payload[2:] == str(protocol.failure).encode()
    assert isinstance(protocol.failure, PayloadTooBig)
    assert protocol.close_sent.code == protocol.failure.close_code == 1009
    return (protocol.failure.size, protocol.failure.max_size) == (size, limit)


def test_single_frame_at_the_limit_and_beyond(case):
    limit, opcode = case
    for role in ROLES:
        for step in STEPS:
            protocol = opened(role, max_size=limit)
            good = frame(role, opcode, b"x" * limit)
            assert [len(event.data) for event in feed(protocol, good + good, step)] == [limit, limit]
            assert protocol.state == OPEN
            assert feed(protocol, frame(role, opcode, b"x" * (limit + 1)), step) == []
            assert failed_with_1009(protocol, limit + 1, limit)


def test_fragments_sum_up_to_the_limit_and_beyond(case):
    name, sizes = case
    limit = sum(sizes)
    for role in ROLES:
        for opcode in (TEXT, BINARY):
            for streaming in (False, True):
                for step in STEPS:
                    parts = [(opcode if i == 0 else CONT, b"x" * size, False) for i, size in enumerate(sizes)]
                    ping = (PING, b"p" * 125)  # a control frame takes nothing of the limit
                    protocol = opened(role, max_size=limit, streaming=streaming)
                    for _ in range(2):  # and a message takes nothing of the next one's
                        events = feed(protocol, frames(role, *parts, ping, (CONT, b"")), step)
                        assert sum([len(event.data) for event in events if event.opcode == opcode]) == limit
                        assert events[-1].final
                    assert [item[0] for item in taken(protocol)] == [PONG, PONG]

                    events = feed(protocol, frames(role, *parts, (CONT, b"xy")), step)
                    assert [event.final for event in events] == [False] * len(events)
                    assert streaming or events == []
                    assert failed_with_1009(protocol, limit + 2, limit)


def test_message_beyond_the_limit_is_refused_by_its_header():
    for role in ROLES:
        for opcode, first in ((TEXT, b""), (BINARY, b""), (CONT, frame(role, TEXT, b"abc", False))):
            head = frame(role, opcode, bytes(126))[: 4 if role == CLIENT else 8]
            protocol = opened(role, max_size=125)
            assert feed(protocol, first + head[:-1]) == []
            assert protocol.state == OPEN
            feed(protocol, head[-1:])
            assert failed_with_1009(protocol, 126 + (3 if first else 0), 125)


def test_limit_of_text_counts_bytes():
    for role in ROLES:
        protocol = opened(role, max_size=3)
        assert feed(protocol, frame(role, TEXT, b"\xe2\x82\xac")) == [(TEXT, "\u20ac", True)]
        feed(protocol, frame(role, TEXT, b"\xc3\xa9\xc3\xa9"))
        assert failed_with_1009(protocol, 4, 3)


def test_no_limit():
    for role in ROLES:
        protocol = opened(role, max_size=None)
        wire = frame(role, BINARY, bytes(3000), False) + frame(role, CONT, bytes(3000))
        assert [len(event.data) for event in feed(protocol, wire, 1000)] == [6000]
        size = (1 << 40).to_bytes(8, "big")
        head = b"\x82\x7f" + size if role == CLIENT else b"\x82\xff" + size + bytes(4)
        protocol = opened(role, max_size=None, streaming=True)  # nothing is reserved for pieces
        assert feed(protocol, head + b"abc") == [(BINARY, b"abc", False)]
        assert protocol.state == OPEN


def test_limit_is_a_mebibyte_by_default():
    for role in ROLES:
        size = (1 << 20).to_bytes(8, "big")
        head = b"\x81\x7f" + size if role == CLIENT else b"\x81\xff" + size + bytes(4)
        protocol = opened(role)
        feed(protocol, head)
        assert protocol.state == OPEN
        more = ((1 << 20) + 1).to_bytes(8, "big")
        head = b"\x81\x7f" + more if role == CLIENT else b"\x81\xff" + more + bytes(4)
        protocol = opened(role)
        feed(protocol, head)
        assert failed_with_1009(protocol, (1 << 20) + 1, 1 << 20)


def no_memory(*args):
    raise MemoryError("none left")


def test_message_too_big_for_the_memory_fails_with_1009(case):
    name, owner, attribute = case
    for role in ROLES:
        protocol = opened(role)
        target = protocol._parser if owner == "parser" else module
        before = getattr(target, attribute)
        wire = frame(role, PING, b"p") + frame(role, TEXT, b"ok") + frame(role, TEXT, b"a", False)
        assert len(feed(protocol, wire)) == 2
        setattr(target, attribute, no_memory)
        try:
            assert feed(protocol, frame(role, CONT, b"b") + frame(role, TEXT, b"c")) == []
        finally:
            setattr(target, attribute, before)
        assert isinstance(protocol.failure, MemoryError)
        assert (protocol.state, protocol.should_close_tcp) == (FAILED, True)
        pong, close = taken(protocol)
        assert (pong[0], close[:2]) == (PONG, (CLOSE, b"\x03\xf1no memory for this message"))
        assert feed(protocol, frame(role, PING)) == []


def test_memory_is_given_back_before_the_close_frame_is_made():
    """A board may have none left for it otherwise."""
    for role in ROLES:
        protocol = opened(role)
        feed(protocol, frame(role, TEXT, b"a", False))
        assert protocol._receiving is not None
        seen = []
        send = protocol._send

        def watch(*args, protocol=protocol, seen=seen, send=send):
            seen.append((protocol._receiving, protocol._parser))
            send(*args)

        protocol._send = watch
        feed(protocol, frame(role, TEXT, b"b"))
        assert seen == [(None, None)]


CASES = {
    "test_single_frame_at_the_limit_and_beyond": [
        (limit, opcode) for limit in (0, 1, 125, 126, 200) for opcode in (TEXT, BINARY)
    ],
    "test_fragments_sum_up_to_the_limit_and_beyond": [
        ("one", (5,)),
        ("two", (3, 4)),
        ("empty ones", (0, 30, 0, 1)),
        ("many", (1,) * 20),
    ],
    "test_message_too_big_for_the_memory_fails_with_1009": [
        ("taking what arrived", "parser", "feed"),
        ("cutting a frame", "parser", "next_frame"),
        ("joining the parts", "module", "Event"),
    ],
}
