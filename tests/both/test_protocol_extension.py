"""RSV1 and the extension behind it (RFC 7692 section 6): what it is asked, and what it may answer."""

from pocketws.exceptions import PayloadTooBig, ProtocolError
from pocketws.protocol import FAILED, OPEN
from tests.both.helpers import raises
from tests.both.wire import BINARY, CLIENT, CLOSE, CONT, PING, PONG, ROLES, TEXT, feed, frame, frames, opened, taken


class Toy:
    """Encodes each byte x as the two bytes x, x + 1; keeps a list of what it is asked."""

    compresses = True

    def __init__(self):
        self.asked = []

    def bound(self, size):
        return 2 * size + 3

    def encode(self, data, final):
        self.asked.append(("encode", bytes(data), final))
        return b"".join([bytes((byte, (byte + 1) & 255)) for byte in bytes(data)])

    def decode(self, data, final, max_size):
        self.asked.append(("decode", bytes(data), final, max_size))
        data = bytes(data)
        if max_size is not None and len(data) // 2 > max_size:
            raise PayloadTooBig(len(data) // 2, max_size)
        if len(data) % 2:
            raise ProtocolError("half a pair", "7.2.2", "payload", 1007)
        return bytes([data[i] for i in range(0, len(data), 2)])


class Sloppy(Toy):
    def decode(self, data, final, max_size):
        return bytes(1000)


def test_rsv1_without_an_extension_fails():
    for role in ROLES:
        for opcode in (TEXT, BINARY):
            for step in (1, 1000):
                protocol = opened(role)
                assert feed(protocol, frame(role, opcode, b"ab", rsv1=True), step) == []
                assert (protocol.failure.close_code, protocol.failure.field) == (1002, "RSV1-3")


def test_compressed_messages_are_decoded():
    for role in ROLES:
        toy = Toy()
        protocol = opened(role, toy)
        wire = frames(role, (TEXT, b"abcd", True, True), (BINARY, b"ef", True, True), (TEXT, b"", True, True))
        assert feed(protocol, wire) == [(TEXT, "ac", True), (BINARY, b"e", True), (TEXT, "", True)]
        limit = 1 << 20
        assert toy.asked == [("decode", b"abcd", True, limit), ("decode", b"ef", True, limit)] + [
            ("decode", b"", True, limit)
        ]


def test_fragments_are_decoded_in_order_with_what_is_left_of_the_limit():
    for role in ROLES:
        toy = Toy()
        protocol = opened(role, toy, max_size=10)
        wire = frames(
            role, (TEXT, b"abcd", False, True), (PING, b"p"), (CONT, b"", False), (CONT, b"efgh", False), (CONT, b"ij")
        )
        assert feed(protocol, wire) == [(PING, b"p", True), (TEXT, "acegi", True)]
        assert toy.asked == [
            ("decode", b"abcd", False, 10),
            ("decode", b"", False, 8),
            ("decode", b"efgh", False, 8),
            ("decode", b"ij", True, 6),
        ]
        assert [item[:2] for item in taken(protocol)] == [(PONG, b"p")], "a control frame is never encoded"
        feed(protocol, frame(role, TEXT, b"", True, True))
        assert toy.asked[-1] == ("decode", b"", True, 10), "each message begins anew"


def test_pieces_of_a_frame_are_not_final():
    for role in ROLES:
        toy = Toy()
        protocol = opened(role, toy, streaming=True, max_size=None)
        wire = frame(role, BINARY, b"abcdef", True, True)
        head = len(wire) - 6
        events = feed(protocol, wire[: head + 2]) + feed(protocol, wire[head + 2 : head + 4])
        assert [(event.data, event.final) for event in events] == [(b"a", False), (b"c", False)]
        assert feed(protocol, wire[head + 4 :]) == [(BINARY, b"e", True)]
        assert toy.asked == [
            ("decode", b"ab", False, None),
            ("decode", b"cd", False, None),
            ("decode", b"ef", True, None),
        ]


def test_uncompressed_messages_pass_by_the_extension():
    for role in ROLES:
        toy = Toy()
        protocol = opened(role, toy)
        wire = frames(role, (TEXT, b"abc"), (BINARY, b"a", False), (CONT, b"b"))
        assert feed(protocol, wire) == [(TEXT, "abc", True), (BINARY, b"ab", True)]
        assert toy.asked == []


def test_rsv1_belongs_on_the_first_fragment_only():
    """RFC 7692 section 6: MUST NOT be set on the others."""
    for role in ROLES:
        for first in (True, False):
            for step in (1, 7, 1000):
                protocol = opened(role, Toy())
                wire = frames(role, (TEXT, b"", False, first), (CONT, b"cd", True, True))
                assert feed(protocol, wire, step) == []
                failure = protocol.failure
                assert (failure.close_code, failure.section, failure.field) == (1002, "5.2", "RSV1-3")
                assert str(failure).startswith("RSV1 is set on a continuation frame")


def test_rsv1_on_a_control_frame_fails_also_with_an_extension():
    for role in ROLES:
        for opcode in (CLOSE, PING, PONG):
            protocol = opened(role, Toy())
            feed(protocol, frame(role, opcode, b"", True, True))
            assert (protocol.failure.close_code, protocol.failure.field) == (1002, "RSV1-3")


def test_extension_gives_no_meaning_to_the_other_bits():
    for first in (0xA1, 0x91, 0xE1, 0xF1):
        protocol = opened(CLIENT, Toy())
        feed(protocol, bytes((first, 0)))
        assert (protocol.failure.close_code, protocol.failure.field) == (1002, "RSV1-3")


def test_decoded_text_must_be_utf8():
    for role in ROLES:
        protocol = opened(role, Toy())
        feed(protocol, frame(role, TEXT, b"\xffx", True, True))
        assert protocol.failure.close_code == 1007
        protocol = opened(role, Toy())
        assert feed(protocol, frame(role, TEXT, b"\xe2x\x82x\xacx", True, True)) == [(TEXT, "\u20ac", True)]


def test_fault_found_by_the_extension_fails_the_connection():
    for role in ROLES:
        protocol = opened(role, Toy())
        assert feed(protocol, frame(role, PING) + frame(role, BINARY, b"abc", True, True)) == [(PING, b"", True)]
        pong, close = taken(protocol)
        assert (pong[0], close[:2]) == (PONG, (CLOSE, b"\x03\xefhalf a pair (RFC 6455 section 7.2.2)"))
        assert protocol.state == FAILED


def test_reason_that_the_extension_gives_is_cut_to_what_fits():
    class Talker(Toy):
        def decode(self, data, final, max_size):
            raise ProtocolError("\u00e9" * 100, "7.2.2")

    protocol = opened(CLIENT, Talker())
    assert feed(protocol, frame(CLIENT, TEXT, b"ab", True, True)) == []
    ((_, payload, _, _),) = taken(protocol)
    assert payload == b"\x03\xea" + b"\xc3\xa9" * 61


# Limits: of what comes out of the extension, and of what passes by


def test_limit_holds_for_what_is_decoded(case):
    name, arguments, size = case
    for role in ROLES:
        for step in (1 << 30, 14):  # whole pairs
            for limit, good in ((size, True), (size - 1, False)):
                protocol = opened(role, Toy(), max_size=limit)
                events = feed(protocol, frames(role, *arguments), step)
                if good:
                    assert ([len(event.data) for event in events], protocol.state) == ([size], OPEN)
                    events = feed(protocol, frames(role, *arguments), step)
                    assert ([len(event.data) for event in events], protocol.state) == ([size], OPEN)
                else:
                    assert (events, protocol.state, protocol.failure.close_code) == ([], FAILED, 1009)
                    assert protocol.failure.max_size == limit
                    assert protocol.failure.size > limit


def test_extension_that_ignores_the_limit_is_held_to_it():
    for limit, state in ((1000, OPEN), (999, FAILED)):
        protocol = opened(CLIENT, Sloppy(), max_size=limit)
        events = feed(protocol, frame(CLIENT, BINARY, b"", True, True))
        assert (len(events), protocol.state) == (1 if state == OPEN else 0, state)
    assert (protocol.failure.size, protocol.failure.max_size) == (1000, 999)


def head_of(size):
    """Return the header, for a client, of a compressed binary frame of `size` bytes."""
    return bytes((0xC2, size)) if size < 126 else bytes((0xC2, 126)) + size.to_bytes(2, "big")


def test_compressed_frame_may_be_as_large_as_the_extension_says():
    """What does not compress grows; a frame larger than that is refused before any of it is kept."""
    for limit in (0, 50, 100, 2048):
        most = 2 * limit + 3
        protocol = opened(CLIENT, Sloppy(), max_size=limit)
        feed(protocol, head_of(most))
        assert protocol.state == OPEN
        protocol = opened(CLIENT, Sloppy(), max_size=limit)
        feed(protocol, head_of(most + 1))
        assert (protocol.state, protocol.failure.close_code) == (FAILED, 1009)
        assert (protocol.failure.size, protocol.failure.max_size) == (most + 1, limit)


def test_later_fragment_may_be_as_large_as_what_is_left_needs():
    for size, state in ((2 * 4 + 3, OPEN), (2 * 4 + 4, FAILED)):
        protocol = opened(CLIENT, Toy(), max_size=10)
        feed(protocol, frame(CLIENT, BINARY, b"ab" * 6, False, True) + bytes((0x80, size)))
        assert protocol.state == state


# Sending


def test_messages_are_encoded_and_marked():
    for role in ROLES:
        toy = Toy()
        protocol = opened(role, toy)
        protocol.send_text("ac")
        protocol.send_binary(b"e")
        protocol.send_ping(b"p")
        protocol.send_pong(b"q")
        protocol.send_close()
        assert taken(protocol) == [
            (TEXT, b"abcd", True, True),
            (BINARY, b"ef", True, True),
            (PING, b"p", True, False),
            (PONG, b"q", True, False),
            (CLOSE, b"", True, False),
        ]
        assert toy.asked == [("encode", b"ac", True), ("encode", b"e", True)]


def test_fragments_are_encoded_in_order_and_the_first_is_marked():
    for role in ROLES:
        toy = Toy()
        protocol = opened(role, toy)
        protocol.send_text("a", final=False)
        protocol.send_ping()
        protocol.send_continuation("", final=False)
        protocol.send_continuation("c", final=True)
        protocol.send_text("e")
        assert taken(protocol) == [
            (TEXT, b"ab", False, True),
            (PING, b"", True, False),
            (CONT, b"", False, False),
            (CONT, b"cd", True, False),
            (TEXT, b"ef", True, True),
        ]
        assert toy.asked == [
            ("encode", b"a", False),
            ("encode", b"", False),
            ("encode", b"c", True),
            ("encode", b"e", True),
        ]


def test_extension_that_does_not_compress_is_asked_to_decode_only():
    """RFC 7692 section 6: each side may send uncompressed."""
    for role in ROLES:
        toy = Toy()
        toy.compresses = False
        protocol = opened(role, toy)
        protocol.send_text("ac")
        protocol.send_binary(b"e", final=False)
        protocol.send_continuation(b"f", final=True)
        assert taken(protocol) == [
            (TEXT, b"ac", True, False),
            (BINARY, b"e", False, False),
            (CONT, b"f", True, False),
        ]
        assert toy.asked == []
        assert feed(protocol, frame(role, TEXT, b"abcd", True, True)) == [(TEXT, "ac", True)]


def test_what_is_refused_never_reaches_the_extension():
    toy = Toy()
    protocol = opened(CLIENT, toy)
    raises(TypeError, protocol.send_text, b"a")
    raises(UnicodeError, protocol.send_text, chr(0xD800))
    protocol.send_close()
    raises(Exception, protocol.send_text, "a")
    assert toy.asked == []


PAIRS = b"ab" * 7
CASES = {
    "test_limit_holds_for_what_is_decoded": [
        ("a frame", [(BINARY, PAIRS, True, True)], 7),
        ("a text", [(TEXT, PAIRS, True, True)], 7),
        ("fragments", [(BINARY, PAIRS, False, True), (CONT, PAIRS, False), (CONT, b"")], 14),
        ("a frame that is not compressed", [(BINARY, PAIRS)], 14),
        ("a text that is not compressed", [(TEXT, PAIRS)], 14),
        ("fragments that are not compressed", [(TEXT, PAIRS, False), (CONT, PAIRS)], 28),
    ],
}
