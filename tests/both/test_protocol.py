"""What comes in over an open connection: events, answers and failures, however the network chops it."""

from pocketws.exceptions import ConnectionClosedError, InvalidState, ProtocolError
from pocketws.frames import Close
from pocketws.protocol import (
    CLIENT,
    CLOSE_DONE,
    CLOSE_RECEIVED,
    CLOSED,
    CONNECTING,
    FAILED,
    OPEN,
    SERVER,
    TRANSITIONS,
    Event,
    Protocol,
)
from tests.both import vectors_protocol
from tests.both.helpers import raises
from tests.both.wire import BINARY, CLOSE, CONT, PING, PONG, ROLES, TEXT, feed, frame, frames, opened, sent, taken

STEPS = (1 << 30, 1, 7)  # whole, byte by byte, in odd sizes


def plain(events):
    """Return whole events as the vectors have them."""
    for event in events:
        assert event.final is True
        assert event.opcode == TEXT or event.opcode == CLOSE or isinstance(event.data, bytes)
    return [(event.opcode, event.data) for event in events]


def fed(case, trailing):
    """Yield (protocol, events) for both roles and each way to chop the frames of `case`, with `trailing` after them."""
    for role in ROLES:
        wire = frames(role, *case[1]) + frames(role, *trailing)
        for step in STEPS:
            protocol = opened(role)
            yield protocol, feed(protocol, wire, step)


def test_good_frames_give_events_and_answers(case):
    name, _, events, answers = case
    for protocol, found in fed(case, []):
        assert plain(found) == events
        assert taken(protocol) == [answer + (True, False) for answer in answers]
        assert (protocol.state, protocol.failure, protocol.should_close_tcp) == (OPEN, None, False)
        assert protocol.close_rcvd is protocol.close_sent is protocol.close_code is protocol.close_reason is None


def test_what_follows_is_intact(case):
    name, _, events, answers = case
    for protocol, found in fed(case, [(PING, b"after"), (BINARY, b"\xff", False), (CONT, b"\xfe")]):
        assert plain(found) == events + [(PING, b"after"), (BINARY, b"\xff\xfe")]
        assert [answer[:2] for answer in taken(protocol)] == answers + [(PONG, b"after")]


def test_close_is_answered_and_what_follows_is_dropped(case):
    name, _, events, answers = case
    for trailing in ([], [(TEXT, b"after"), (PING, b""), (CLOSE, b"")], [(3, b"")]):
        for protocol, found in fed(case, trailing):
            assert plain(found) == events
            assert taken(protocol) == [answer + (True, False) for answer in answers]
            assert (protocol.state, protocol.failure) == (CLOSE_DONE, None)
            assert protocol.close_rcvd == protocol.close_sent == events[-1][1]
            assert protocol.should_close_tcp is (protocol.role == SERVER)
            assert protocol.receive_data(frame(protocol.role, PING)) == []
            assert protocol.data_to_send() == b""


def test_bad_frame_fails_the_connection(case):
    name, _, events, pongs, close_code, section, field = case
    for trailing in ([], [(TEXT, b"after"), (PING, b""), (CLOSE, b"")]):
        for protocol, found in fed(case, trailing):
            assert plain(found) == events, "what came before the fault still counts"
            *before, last = taken(protocol)
            assert before == [(PONG, pong, True, False) for pong in pongs], "answers go out before the Close"
            failure = protocol.failure
            assert isinstance(failure, ProtocolError)
            assert (failure.close_code, failure.section, failure.field) == (close_code, section, field)
            assert last[0] == CLOSE
            assert last[1] == close_code.to_bytes(2, "big") + str(failure).encode()[:123]
            assert protocol.close_sent == Close(close_code, str(failure)[:123])
            assert (protocol.state, protocol.close_rcvd, protocol.should_close_tcp) == (FAILED, None, True)
            assert protocol.receive_data(frame(protocol.role, PING)) == []
            assert protocol.data_to_send() == b""
            protocol.receive_eof()
            assert (protocol.state, protocol.close_code, protocol.close_reason) == (CLOSED, 1006, "")
            assert isinstance(protocol.close_exception(), ConnectionClosedError)


def test_failure_after_our_close_sends_no_second_one(case):
    for role in ROLES:
        for step in STEPS:
            protocol = opened(role)
            protocol.send_close(1000)
            assert len(taken(protocol)) == 1
            found = feed(protocol, frames(role, *case[1]), step)
            assert plain(found) == case[2]
            assert protocol.failure.close_code == case[4]
            assert all(opcode == PONG for opcode, *_ in taken(protocol)), "pings are still answered, section 5.5.2"
            assert (protocol.state, protocol.should_close_tcp) == (FAILED, True)


def test_message_inside_a_message_is_refused_at_its_first_byte():
    """And so it takes no memory, however long it was to be."""
    for role in ROLES:
        for opcode in (TEXT, BINARY):
            wire = frame(role, TEXT, b"a", False) + frame(role, opcode, bytes(200))
            begun = len(wire) - 200
            protocol = opened(role)
            assert feed(protocol, wire[:begun]) == []
            assert protocol.state == OPEN
            assert feed(protocol, wire[begun : begun + 1]) == []
            assert (protocol.state, protocol.failure.section) == (FAILED, "5.4")


def test_frame_masked_for_the_other_role_is_refused():
    for role, other in ((CLIENT, SERVER), (SERVER, CLIENT)):
        for opcode in (TEXT, BINARY, CLOSE, PING, PONG):
            for step in STEPS:
                protocol = opened(role)
                found = feed(protocol, frame(role, TEXT, b"good") + frame(other, opcode, b""), step)
                assert plain(found) == [(TEXT, "good")]
                assert (protocol.failure.section, protocol.failure.field) == ("5.1", "MASK")
                ((opcode_sent, payload, _, _),) = taken(protocol)
                assert (opcode_sent, payload[:2]) == (CLOSE, b"\x03\xea")


def test_stream_may_end_anywhere(case):
    """A message that was cut is not delivered, and without Close frames the end is not clean."""
    for role in ROLES:
        parts = [frame(role, *arguments) for arguments in case[1]]
        wire = b"".join(parts)
        for end in range(len(wire)):
            protocol = opened(role)
            found = feed(protocol, wire[:end])
            whole = len([1 for i in range(len(parts)) if len(b"".join(parts[: i + 1])) <= end])
            complete = opened(role)
            assert found == feed(complete, b"".join(parts[:whole])), "only whole messages"
            protocol.receive_eof()
            protocol.receive_eof()
            assert (protocol.state, protocol.close_code, protocol.close_reason) == (CLOSED, 1006, "")
            assert (protocol.failure, protocol.should_close_tcp) == (None, False)
            assert isinstance(protocol.close_exception(), ConnectionClosedError)
            assert protocol.receive_data(wire[end:]) == []


def test_nothing_is_received_before_the_handshake_is_done():
    for role in ROLES:
        protocol = Protocol(role)
        assert protocol.state == CONNECTING
        raises(InvalidState, protocol.receive_data, frame(role, TEXT, b"early"))
        protocol.opened()
        assert plain(protocol.receive_data(frame(role, TEXT, b"early"))) == [(TEXT, "early")]
        error = raises(InvalidState, protocol.opened)
        assert str(error) == "'handshake done' is not possible while the connection is open"


def test_stream_may_end_before_the_handshake_is_done():
    for role in ROLES:
        protocol = Protocol(role)
        protocol.receive_eof()
        assert (protocol.state, protocol.close_code, protocol.should_close_tcp) == (CLOSED, 1006, False)
        raises(InvalidState, protocol.opened)
        raises(InvalidState, protocol.send_text, "late")
        assert protocol.receive_data(frame(role, TEXT, b"late")) == []


def test_role_is_client_or_server():
    assert "CLIENT or SERVER" in str(raises(ValueError, Protocol, "proxy"))
    raises(ValueError, Protocol, None)


def test_events_may_arrive_with_any_bytes_type():
    wire = frame(CLIENT, BINARY, b"data") + frame(CLIENT, PING, b"ping") + frame(CLIENT, TEXT, b"text")
    for data in (wire, bytearray(wire)):
        protocol = opened(CLIENT)
        assert plain(protocol.receive_data(data)) == [(BINARY, b"data"), (PING, b"ping"), (TEXT, "text")]
        assert sent(CLIENT, protocol.data_to_send()) == [(PONG, b"ping", True, False)]
    assert opened(CLIENT).receive_data(b"") == []


def test_only_a_large_binary_message_that_came_in_parts_is_a_bytearray():
    """It is the buffer it was received in: a board has no memory for another."""
    for size, step, kind in ((4095, 1000, bytes), (4096, 1 << 30, bytes), (4096, 1000, bytearray)):
        (event,) = feed(opened(CLIENT), frame(CLIENT, BINARY, bytes(size)), step)
        assert event == Event(BINARY, bytes(size), True)
        assert isinstance(event.data, kind)
    (event,) = feed(opened(CLIENT), frames(CLIENT, (BINARY, b"", False), (CONT, bytes(5000))), 1000)
    assert event == Event(BINARY, bytes(5000), True)


# The table of states


def test_transitions_are_closed():
    states = {CONNECTING} | set(TRANSITIONS.values())
    assert len(states) == 7
    for (state, _), target in TRANSITIONS.items():
        assert state in states
        assert target in states
        assert state != CLOSED, "nothing comes after the end"
        assert state != target


def test_every_state_is_reached_and_can_end():
    reached = {CONNECTING}
    for _ in TRANSITIONS:
        reached |= {target for (state, _), target in TRANSITIONS.items() if state in reached}
    assert reached == {CONNECTING} | set(TRANSITIONS.values())
    ending = {CLOSED}
    for _ in TRANSITIONS:
        ending |= {state for (state, _), target in TRANSITIONS.items() if target in ending}
    assert ending == reached
    tcp = {state for (state, event) in TRANSITIONS if event == "TCP ends"}
    assert tcp == reached - {CLOSED, CLOSE_RECEIVED}, "only the state that no one sees needs no such line"


CASES = {
    "test_good_frames_give_events_and_answers": vectors_protocol.GOOD,
    "test_what_follows_is_intact": vectors_protocol.GOOD,
    "test_close_is_answered_and_what_follows_is_dropped": vectors_protocol.CLOSED,
    "test_bad_frame_fails_the_connection": vectors_protocol.BAD,
    "test_failure_after_our_close_sends_no_second_one": vectors_protocol.BAD,
    "test_stream_may_end_anywhere": vectors_protocol.GOOD,
}
