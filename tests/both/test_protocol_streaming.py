"""Messages handed out as they arrive: `streaming`, on, off, and changed in the middle of a message."""

from pocketws.protocol import FAILED
from tests.both import vectors_protocol
from tests.both.wire import BINARY, CLIENT, CONT, PING, PONG, ROLES, TEXT, feed, frame, frames, opened, taken

STEPS = (1 << 30, 1, 7)


def joined(events):
    """Return the events of `streaming` as those without it: (opcode, data). A message without its end is none."""
    whole = []
    begun = None  # the message whose last piece is still to come
    for event in events:
        if event.opcode > BINARY:
            whole.append((event.opcode, event.data))
            assert event.final is True
            continue
        opcode, data = begun or (event.opcode, "" if event.opcode == TEXT else b"")
        assert opcode == event.opcode, "pieces of two messages"
        begun = (opcode, data + event.data)
        if event.final:
            whole.append(begun)
            begun = None
    return whole


def test_pieces_make_up_the_messages(case):
    name, arguments, events, answers = case
    for role in ROLES:
        for step in STEPS:
            protocol = opened(role, streaming=True)
            found = feed(protocol, frames(role, *arguments), step)
            assert joined(found) == events
            assert [item[:2] for item in taken(protocol)] == answers


def test_faults_are_the_same_in_pieces(case):
    name, arguments, events, pongs, close_code, section, field = case
    for role in ROLES:
        for step in STEPS:
            protocol = opened(role, streaming=True)
            found = feed(protocol, frames(role, *arguments), step)
            assert joined(found) == events
            failure = protocol.failure
            assert (protocol.state, failure.close_code, failure.section) == (FAILED, close_code, section)
            assert failure.field == field
            assert [item[1] for item in taken(protocol)[:-1]] == pongs


def test_what_has_arrived_is_handed_out():
    for role in ROLES:
        for opcode, start in ((TEXT, ""), (BINARY, b"")):
            protocol = opened(role, streaming=True)
            wire = frame(role, opcode, b"x" * 300, False) + frame(role, CONT, b"y" * 300)
            first, second = len(wire) // 2 - 300, len(wire) // 2
            data = start
            arrived = 0
            for byte in wire:
                arrived += 1
                for event in protocol.receive_data(bytes((byte,))):
                    data += event.data
                    assert event.final is (arrived == len(wire))
                    assert type(event.data) is type(start)
                expected = max(min(arrived - first, 300), 0) + max(min(arrived - first - second, 300), 0)
                assert len(data) == expected, "no byte is held back"


def test_pieces_of_text_end_between_characters():
    for role in ROLES:
        protocol = opened(role, streaming=True)
        wire = frame(role, TEXT, b"a\xe2\x82", False) + frame(role, CONT, b"\xacb")
        assert [event.data for event in feed(protocol, wire)] == ["a", "\u20acb"]


def test_whole_frame_is_one_piece():
    for role in ROLES:
        protocol = opened(role, streaming=True)
        wire = frame(role, TEXT, b"abc") + frame(role, BINARY, b"abc", False) + frame(role, CONT, b"")
        assert feed(protocol, wire) == [(TEXT, "abc", True), (BINARY, b"abc", False), (BINARY, b"", True)]


def test_switched_on_in_the_middle_hands_out_what_is_there():
    for role in ROLES:
        for opcode, data in ((TEXT, "abcdef"), (BINARY, b"abcdef")):
            protocol = opened(role)
            assert feed(protocol, frame(role, opcode, b"ab", False) + frame(role, CONT, b"c", False)) == []
            protocol.streaming = True
            assert feed(protocol, b"") == []
            assert feed(protocol, frame(role, CONT, b"d", False)) == [(opcode, data[:4], False)]
            assert feed(protocol, frame(role, CONT, b"ef")) == [(opcode, data[4:], True)]


def test_switched_on_in_the_middle_of_a_frame():
    for role in ROLES:
        for opcode, data in ((TEXT, "abcdef"), (BINARY, b"abcdef")):
            wire = frame(role, opcode, b"abcdef", False)
            protocol = opened(role)
            assert feed(protocol, wire[:-3]) == []
            protocol.streaming = True
            (event,) = feed(protocol, wire[-3:])
            assert event == (opcode, data, False)
            assert isinstance(event.data, (str, bytes))
            assert feed(protocol, frame(role, PING)) == [(PING, b"", True)]
            assert feed(protocol, frame(role, CONT, b"")) == [(opcode, data[:0], True)]


def test_switched_off_in_the_middle_keeps_the_rest_together():
    for role in ROLES:
        for opcode, data in ((TEXT, "abcdef"), (BINARY, b"abcdef")):
            wire = frame(role, opcode, b"abc", False)
            protocol = opened(role, streaming=True)
            events = feed(protocol, wire[:-2])
            protocol.streaming = False
            assert events == [(opcode, data[:1], False)]
            assert feed(protocol, wire[-2:] + frame(role, CONT, b"de", False), 1) == []
            assert feed(protocol, frame(role, CONT, b"f"), 1) == [(opcode, data[1:], True)]
            assert feed(protocol, frame(role, opcode, b"abcdef"), 1) == [(opcode, data, True)]


def test_ping_between_pieces_keeps_its_place():
    protocol = opened(CLIENT, streaming=True)
    wire = frame(CLIENT, TEXT, b"a", False) + frame(CLIENT, PING, b"p") + frame(CLIENT, CONT, b"b")
    assert feed(protocol, wire) == [(TEXT, "a", False), (PING, b"p", True), (TEXT, "b", True)]
    assert [item[:2] for item in taken(protocol)] == [(PONG, b"p")]


def test_message_cut_by_the_end_has_no_final_piece():
    for role in ROLES:
        wire = frame(role, TEXT, b"abc")
        protocol = opened(role, streaming=True)
        assert feed(protocol, wire[:-1]) == [(TEXT, "ab", False)]
        protocol.receive_eof()
        assert protocol.close_code == 1006


CASES = {
    "test_pieces_make_up_the_messages": vectors_protocol.GOOD + vectors_protocol.CLOSED,
    "test_faults_are_the_same_in_pieces": vectors_protocol.BAD,
}
