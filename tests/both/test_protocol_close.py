"""The end of a connection: the closing handshake from either side, and every other ending (section 7)."""

from pocketws.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidState
from pocketws.frames import Close
from pocketws.protocol import CLOSE_DONE, CLOSE_SENT, CLOSED, FAILED, OPEN, Protocol
from tests.both.helpers import raises
from tests.both.wire import CLIENT, CLOSE, CONT, PING, PONG, ROLES, SERVER, TEXT, code, feed, frame, opened, taken


def ending(protocol):
    """Let the TCP connection end; return code, reason, the exception's class and its rcvd_then_sent."""
    assert protocol.close_code is None and protocol.close_reason is None, "not before the end"
    protocol.receive_eof()
    assert protocol.state == CLOSED
    assert not protocol.should_close_tcp
    error = protocol.close_exception()
    assert (error.rcvd, error.sent) == (protocol.close_rcvd, protocol.close_sent)
    return protocol.close_code, protocol.close_reason, type(error), error.rcvd_then_sent


def between(sender, receiver):
    """Carry what `sender` has to send over to `receiver`; return its events."""
    return receiver.receive_data(sender.data_to_send())


def test_closing_handshake_from_either_side():
    for role, other in ((CLIENT, SERVER), (SERVER, CLIENT)):
        us, peer = opened(role), opened(other)
        us.send_close(1001, "bye")
        assert (us.state, us.close_sent, us.should_close_tcp) == (CLOSE_SENT, Close(1001, "bye"), False)
        assert between(us, peer) == [(CLOSE, Close(1001, "bye"), True)]
        assert (peer.state, peer.close_rcvd, peer.close_sent) == (CLOSE_DONE, (1001, "bye"), (1001, "bye"))
        assert peer.should_close_tcp is (other == SERVER)
        assert between(peer, us) == [(CLOSE, Close(1001, "bye"), True)]
        assert us.state == CLOSE_DONE
        assert us.should_close_tcp is (role == SERVER)
        assert ending(us) == (1001, "bye", ConnectionClosedOK, False)
        assert ending(peer) == (1001, "bye", ConnectionClosedOK, True)


def test_messages_still_come_in_after_our_close_and_pings_are_answered():
    for role in ROLES:
        for step in (1, 1000):
            protocol = opened(role)
            protocol.receive_data(frame(role, TEXT, b"a", False))
            protocol.send_close(1000)
            wire = frame(role, PING, b"p") + frame(role, CONT, b"b") + frame(role, PONG, b"q") + frame(role, TEXT, b"c")
            assert feed(protocol, wire, step) == [
                (PING, b"p", True),
                (TEXT, "ab", True),
                (PONG, b"q", True),
                (TEXT, "c", True),
            ]
            assert taken(protocol) == [(CLOSE, code(1000), True, False), (PONG, b"p", True, False)]
            assert feed(protocol, frame(role, CLOSE, code(1000)), step) == [(CLOSE, Close(1000, ""), True)]
            assert protocol.state == CLOSE_DONE


def test_simultaneous_close():
    for role, other in ((CLIENT, SERVER), (SERVER, CLIENT)):
        us, peer = opened(role), opened(other)
        us.send_close(1000)
        peer.send_close(1001)
        ours, theirs = us.data_to_send(), peer.data_to_send()
        assert us.receive_data(theirs) == [(CLOSE, Close(1001, ""), True)]
        assert peer.receive_data(ours) == [(CLOSE, Close(1000, ""), True)]
        assert us.data_to_send() == peer.data_to_send() == b""
        assert us.state == peer.state == CLOSE_DONE
        assert ending(us) == (1001, "", ConnectionClosedOK, False)
        assert ending(peer) == (1000, "", ConnectionClosedOK, False)


def test_close_without_a_code():
    for role in ROLES:
        protocol = opened(role)
        protocol.send_close()
        assert taken(protocol) == [(CLOSE, b"", True, False)]
        assert protocol.close_sent == Close(1005, "")
        feed(protocol, frame(role, CLOSE))
        assert ending(protocol) == (1005, "", ConnectionClosedOK, False)


def test_only_codes_of_a_good_end_are_ok(case):
    number, clean = case
    for role in ROLES:
        protocol = opened(role)
        feed(protocol, frame(role, CLOSE, code(number, b"why")))
        assert taken(protocol) == [(CLOSE, code(number, b"why"), True, False)]
        kind = ConnectionClosedOK if clean else ConnectionClosedError
        assert ending(protocol) == (number, "why", kind, True)
        # One good code is not enough.
        for ours, theirs in ((1000, number), (number, 1000)):
            protocol = opened(role)
            protocol.send_close(ours)
            feed(protocol, frame(role, CLOSE, code(theirs)))
            assert ending(protocol) == (theirs, "", kind, False)


def test_end_without_close_frames():
    for role in ROLES:
        assert ending(opened(role)) == (1006, "", ConnectionClosedError, None)
        assert ending(Protocol(role)) == (1006, "", ConnectionClosedError, None)


def test_end_after_our_close_only():
    for role in ROLES:
        protocol = opened(role)
        protocol.send_close(1000)
        assert ending(protocol) == (1006, "", ConnectionClosedError, None)
        assert protocol.close_sent == Close(1000, "")


def test_end_inside_the_peers_close():
    for role in ROLES:
        for end in range(1, len(frame(role, CLOSE, code(1000)))):
            protocol = opened(role)
            protocol.send_close(1000)
            feed(protocol, frame(role, CLOSE, code(1000))[:end])
            assert ending(protocol) == (1006, "", ConnectionClosedError, None)


def test_close_that_is_no_good_close():
    for role in ROLES:
        for payload in (b"\x03", code(1005), code(1000, b"\xff")):
            protocol = opened(role)
            assert feed(protocol, frame(role, CLOSE, payload)) == []
            assert protocol.state == FAILED
            assert ending(protocol) == (1006, "", ConnectionClosedError, None)


def test_giving_up_an_open_connection():
    for role in ROLES:
        protocol = opened(role)
        protocol.receive_data(frame(role, TEXT, b"a", False))
        protocol.fail(1011, "no pong in time")
        assert (protocol.state, protocol.should_close_tcp, protocol.failure) == (FAILED, True, None)
        assert taken(protocol) == [(CLOSE, code(1011, b"no pong in time"), True, False)]
        assert feed(protocol, frame(role, CONT, b"b") + frame(role, CLOSE)) == []
        assert ending(protocol) == (1006, "", ConnectionClosedError, None)
        assert protocol.close_sent == Close(1011, "no pong in time")
        protocol.fail(1002)
        assert protocol.close_sent == Close(1011, "no pong in time")
        assert (protocol.state, protocol.data_to_send()) == (CLOSED, b"")


def test_giving_up_after_our_close():
    for role in ROLES:
        protocol = opened(role)
        protocol.send_close(1000)
        taken(protocol)
        protocol.fail(1011)
        assert (protocol.state, protocol.should_close_tcp, protocol.close_sent) == (FAILED, True, Close(1000, ""))
        assert protocol.data_to_send() == b""
        assert ending(protocol) == (1006, "", ConnectionClosedError, None)


def test_giving_up_what_is_over_changes_nothing():
    for role in ROLES:
        done = opened(role)
        feed(done, frame(role, CLOSE, code(1000)))
        for protocol in (done, Protocol(role)):
            state = protocol.state
            protocol.data_to_send()
            protocol.fail(1011)
            assert (protocol.state, protocol.data_to_send()) == (state, b"")
        assert ending(done) == (1000, "", ConnectionClosedOK, True)


def test_reason_of_a_failure_is_cut_to_what_fits():
    for reason, fits in (("r" * 123, 123), ("r" * 124, 123), ("\u00e9" * 62, 61), ("\U0001f44b" * 40, 30)):
        protocol = opened(CLIENT)
        protocol.fail(1011, reason)
        ((_, payload, _, _),) = taken(protocol)
        assert payload == code(1011, reason[:fits].encode())
        assert protocol.close_sent == Close(1011, reason[:fits])


def test_giving_up_with_a_code_that_may_not_be_sent():
    for number in (1005, 1006, 1015, 0):
        protocol = opened(CLIENT)
        raises(ValueError, protocol.fail, number)
        assert (protocol.state, protocol.data_to_send()) == (OPEN, b"")
        assert feed(protocol, frame(CLIENT, TEXT, b"a")) == [(TEXT, "a", True)], "still open"


def test_nothing_is_sent_after_close(case):
    name, wire, state = case
    for role in ROLES:
        protocol = opened(role)
        if name == "our close":
            protocol.send_close()
        elif wire is None:
            protocol.receive_eof()
        else:
            feed(protocol, frame(role, *wire))
        assert protocol.state == state
        taken(protocol)
        for send, args in (
            (protocol.send_text, ("a",)),
            (protocol.send_binary, (b"a",)),
            (protocol.send_continuation, ("a", True)),
            (protocol.send_ping, ()),
            (protocol.send_pong, ()),
            (protocol.send_close, ()),
        ):
            assert str(raises(InvalidState, send, *args)) == "cannot send while the connection is %s" % state
        assert protocol.data_to_send() == b""


CASES = {
    "test_only_codes_of_a_good_end_are_ok": [
        (number, number in (1000, 1001)) for number in (1000, 1001, 1002, 1003, 1007, 1009, 1011, 3000, 4999)
    ],
    "test_nothing_is_sent_after_close": [
        ("our close", (), CLOSE_SENT),
        ("the peer's close", (CLOSE, code(1000)), CLOSE_DONE),
        ("a failure", (3, b""), FAILED),
        ("the end", None, CLOSED),
    ],
}
