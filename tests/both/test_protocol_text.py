"""Text that comes in: bad UTF-8 fails the connection with 1007 at the byte that shows it (section 8.1)."""

from pocketws.protocol import FAILED, OPEN
from tests.both.helpers import chopped
from tests.both.vectors_payload import BAD_UTF8, UTF8
from tests.both.wire import CLIENT, CLOSE, CONT, KEY, PING, PONG, ROLES, TEXT, feed, frame, opened, taken, xor


def fails_with_1007(protocol):
    ((opcode, payload, _, _),) = taken(protocol)
    return (protocol.state, opcode, payload[:2]) == (FAILED, CLOSE, b"\x03\xef")


def test_text_arrives_however_it_is_fragmented_and_chopped(case):
    name, data, points = case
    text = "".join([chr(point) for point in points])
    for role in ROLES:
        for cut in range(len(data) + 1):
            wire = frame(role, TEXT, data[:cut], False) + frame(role, CONT, data[cut:])
            for step in (1, 7, 1000):
                (event,) = feed(opened(role), wire, step)
                assert event == (TEXT, text, True)


def test_bad_text_fails_however_it_is_fragmented_and_chopped(case):
    name, data, _ = case
    for role in ROLES:
        for wire in (
            frame(role, TEXT, data),
            frame(role, TEXT, data[:1], False) + frame(role, CONT, data[1:]),
            frame(role, TEXT, b"", False) + frame(role, CONT, data, False) + frame(role, CONT, b""),
        ):
            for _, pieces in chopped(wire + frame(role, TEXT, b"after")):
                protocol = opened(role)
                for piece in pieces:
                    assert protocol.receive_data(piece) == []
                assert fails_with_1007(protocol)
                assert str(protocol.failure) == "the text is not UTF-8 (RFC 6455 section 8.1)"


def test_bad_byte_inside_a_frame_fails_at_once():
    """Also when most of the frame has not arrived: no peer makes us collect what is refused in the end."""
    for role in ROLES:
        for first in (b"", frame(role, TEXT, b"\xe2\x82", False)):
            opcode = CONT if first else TEXT
            head = bytes((0x80 | opcode,)) + (b"\x7e\xea\x60" if role == CLIENT else b"\xfe\xea\x60" + KEY)
            for good, bad in ((b"\xac" if first else b"", b"\xff"), (b"" if first else b"\xed", b"\xc2")):
                for step in (1, 1000):
                    protocol = opened(role)
                    body = good + bad if role == CLIENT else xor(good + bad, KEY)
                    assert feed(protocol, first + head + body[: len(good)], step) == []
                    assert protocol.state == OPEN
                    assert feed(protocol, body[len(good) :]) == []
                    assert fails_with_1007(protocol)


def test_ping_before_the_bad_byte_is_answered_first():
    for role in ROLES:
        protocol = opened(role)
        wire = frame(role, TEXT, b"\xc3", False) + frame(role, PING, b"p") + frame(role, CONT, b"(")
        assert feed(protocol, wire) == [(PING, b"p", True)]
        pong, close = taken(protocol)
        assert (pong[:2], close[0], close[1][:2]) == ((PONG, b"p"), CLOSE, b"\x03\xef")


def test_each_text_is_judged_by_itself():
    for role in ROLES:
        wire = frame(role, TEXT, b"\xc3", False) + frame(role, CONT, b"\xa9") + frame(role, TEXT, b"\xa9", False)
        protocol = opened(role)
        assert feed(protocol, wire, 1) == [(TEXT, "\u00e9", True)]
        assert fails_with_1007(protocol)


CASES = {
    "test_text_arrives_however_it_is_fragmented_and_chopped": UTF8,
    "test_bad_text_fails_however_it_is_fragmented_and_chopped": BAD_UTF8,
}
