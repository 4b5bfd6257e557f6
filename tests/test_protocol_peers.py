"""Our protocol against those of `websockets` and `wsproto`, in either role, and where the three differ."""

import pytest
import websockets.frames
import websockets.protocol
import wsproto.connection
import wsproto.events
from hypothesis import given, settings
from hypothesis import strategies as st

from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT
from pocketws.protocol import CLIENT, CLOSE_DONE, FAILED, OPEN, SERVER, Protocol
from tests.both import vectors_protocol
from tests.both.vectors import KEY
from tests.both.wire import ROLES, code, frames

# Each endpoint takes bytes and gives (opcode, data) for each whole message and control frame, and says how it
# stands: "open", "closes CODE" (Close frames went both ways), or "fails CODE" (the peer broke a rule).

OTHER = {CLIENT: SERVER, SERVER: CLIENT}


class Pocketws:
    def __init__(self, role, max_size=None):
        self.protocol = Protocol(role, max_size)
        self.protocol.opened()
        self.events = []

    def send(self, opcode, data, final):
        """Send a message or the first part of one, a later part (OP_CONT), a ping or a pong."""
        if opcode == OP_CONT:
            self.protocol.send_continuation(data, final)
        elif opcode in (OP_TEXT, OP_BINARY):
            (self.protocol.send_text if opcode == OP_TEXT else self.protocol.send_binary)(data, final)
        else:
            (self.protocol.send_ping if opcode == OP_PING else self.protocol.send_pong)(data)

    def close(self, number, reason):
        self.protocol.send_close(number, reason)

    def receive(self, data):
        for event in self.protocol.receive_data(data):
            assert event.final
            self.events.append((event.opcode, event.data))

    def output(self):
        return self.protocol.data_to_send()

    def verdict(self):
        if self.protocol.state == FAILED:
            return f"fails {self.protocol.close_sent.code}"
        if self.protocol.state == CLOSE_DONE:
            return f"closes {self.protocol.close_rcvd.code}"
        assert self.protocol.state == OPEN or self.protocol.close_sent
        return "open"


class Websockets:
    """The sans-I/O layer; the decoding of text, which is its user's, is done here."""

    def __init__(self, role, max_size=None):
        side = websockets.protocol.CLIENT if role == CLIENT else websockets.protocol.SERVER
        self.protocol = websockets.protocol.Protocol(side, state=websockets.protocol.OPEN, max_size=max_size)
        self.events = []
        self.begun = None

    def send(self, opcode, data, final):
        data = data.encode() if isinstance(data, str) else data
        if opcode == OP_CONT:
            self.protocol.send_continuation(data, final)
        elif opcode in (OP_TEXT, OP_BINARY):
            (self.protocol.send_text if opcode == OP_TEXT else self.protocol.send_binary)(data, final)
        else:
            (self.protocol.send_ping if opcode == OP_PING else self.protocol.send_pong)(data)

    def close(self, number, reason):
        self.protocol.send_close(number, reason)

    def receive(self, data):
        self.protocol.receive_data(data)
        for frame in self.protocol.events_received():
            opcode, payload = int(frame.opcode), bytes(frame.data)
            if opcode < OP_CLOSE:
                opcode, before = self.begun or (opcode, b"")
                self.begun = None if frame.fin else (opcode, before + payload)
                if frame.fin:
                    whole = before + payload
                    self.events.append((opcode, whole.decode(errors="replace") if opcode == OP_TEXT else whole))
            elif opcode == OP_CLOSE:
                close = self.protocol.close_rcvd
                self.events.append((opcode, (int(close.code), close.reason)))
            else:
                self.events.append((opcode, payload))

    def output(self):
        return b"".join(self.protocol.data_to_send())

    def verdict(self):
        if self.protocol.parser_exc is not None:
            return f"fails {int(self.protocol.close_sent.code)}"
        if self.protocol.close_rcvd is not None:
            return f"closes {int(self.protocol.close_rcvd.code)}"
        return "open"


class Wsproto:
    """It leaves pongs and the answer to a Close frame to its user: they are given here."""

    def __init__(self, role, max_size=None):
        kind = wsproto.connection.CLIENT if role == CLIENT else wsproto.connection.SERVER
        self.connection = wsproto.connection.Connection(kind)
        self.events = []
        self.begun = None
        self.wire = b""
        self.failed = None
        self.close_rcvd = None

    def send(self, opcode, data, final):
        kinds = {OP_PING: wsproto.events.Ping, OP_PONG: wsproto.events.Pong}
        if opcode in kinds:
            event = kinds[opcode](payload=data)
        elif isinstance(data, str):
            event = wsproto.events.TextMessage(data=data, message_finished=final)
        else:
            event = wsproto.events.BytesMessage(data=data, message_finished=final)
        self.wire += self.connection.send(event)

    def close(self, number, reason):
        self.wire += self.connection.send(wsproto.events.CloseConnection(code=number, reason=reason))

    def receive(self, data):
        if self.failed or self.close_rcvd:  # its user is to call no more
            return
        self.connection.receive_data(data)
        for event in self.connection.events():
            if isinstance(event, wsproto.events.Ping):
                self.events.append((OP_PING, bytes(event.payload)))
                if self.connection.state is wsproto.connection.ConnectionState.OPEN:
                    self.wire += self.connection.send(event.response())
            elif isinstance(event, wsproto.events.Pong):
                self.events.append((OP_PONG, bytes(event.payload)))
            elif isinstance(event, wsproto.events.CloseConnection):
                if self.connection.state in (
                    wsproto.connection.ConnectionState.OPEN,
                    wsproto.connection.ConnectionState.LOCAL_CLOSING,
                ):
                    self.failed = int(event.code)
                    return
                self.close_rcvd = (int(event.code), event.reason)
                self.events.append((OP_CLOSE, self.close_rcvd))
                if self.connection.state is wsproto.connection.ConnectionState.REMOTE_CLOSING:
                    self.wire += self.connection.send(event.response())
                return
            else:
                text = isinstance(event, wsproto.events.TextMessage)
                data = event.data if text else bytes(event.data)
                self.begun = data if self.begun is None else self.begun + data
                if event.message_finished:
                    self.events.append((OP_TEXT if text else OP_BINARY, self.begun))
                    self.begun = None

    def output(self):
        wire, self.wire = self.wire, b""
        return bytes(wire)

    def verdict(self):
        if self.failed:
            return f"fails {self.failed}"
        return f"closes {self.close_rcvd[0]}" if self.close_rcvd else "open"


PEERS = {"websockets": Websockets, "wsproto": Wsproto}


# Random conversations, both directions, cut anywhere

TEXTS = st.text(max_size=100) | st.sampled_from(["a" * 125, "\u00e9" * 63, "x" * 66000])
MESSAGES = st.one_of(
    st.tuples(st.just(OP_TEXT), st.lists(TEXTS, min_size=1, max_size=4)),
    st.tuples(st.just(OP_BINARY), st.lists(st.binary(max_size=300), min_size=1, max_size=4)),
)
CONTROLS = st.tuples(st.sampled_from([OP_PING, OP_PONG]), st.binary(max_size=125))
TURNS = st.lists(st.tuples(st.booleans(), MESSAGES, st.lists(CONTROLS, max_size=2)), max_size=6)
CLOSES = st.sampled_from(
    [(None, ""), (1000, ""), (1001, "gr\u00fc\u00dfe"), (1011, "r" * 123), (3000, ""), (4999, "x")]
)


def carry(sender, receiver, step):
    wire = sender.output()
    for at in range(0, len(wire), step):
        receiver.receive(wire[at : at + step])


def say(endpoint, opcode, parts, controls):
    """Send a message, its control frames after its first part; return what the other end is to get of it."""
    for i, part in enumerate(parts):
        endpoint.send(OP_CONT if i else opcode, part, i == len(parts) - 1)
        if i == 0:
            for control, data in controls:
                endpoint.send(control, data, True)
    whole = [(opcode, ("" if opcode == OP_TEXT else b"").join(parts))]
    return whole + controls if len(parts) == 1 else controls + whole


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("peer", PEERS)
@settings(max_examples=100, deadline=None)
@given(turns=TURNS, step=st.sampled_from([1, 7, 1000, 1 << 30]), we_close=st.booleans(), close=CLOSES)
def test_conversation(peer, role, turns, step, we_close, close):
    us, them = Pocketws(role), PEERS[peer](OTHER[role])
    step = max(step, 50) if any(len(part) > 1000 for _, (_, parts), _ in turns for part in parts) else step
    expected = {us: [], them: []}
    for ours, (opcode, parts), controls in turns:
        speaker, listener = (us, them) if ours else (them, us)
        expected[listener] += say(speaker, opcode, parts, controls)
        carry(speaker, listener, step)
        assert listener.events == expected[listener]
        expected[speaker] += [(OP_PONG, data) for control, data in controls if control == OP_PING]
        carry(listener, speaker, step)
        assert speaker.events == expected[speaker]
    closer, answerer = (us, them) if we_close else (them, us)
    closer.close(*close)
    carry(closer, answerer, step)
    carry(answerer, closer, step)
    told = (OP_CLOSE, (1005, "") if close[0] is None else close)
    for endpoint in (us, them):
        code_seen, reason_seen = endpoint.events[-1][1]
        assert (endpoint.events[-1][0], (code_seen, reason_seen or "")) == told
        assert endpoint.events[:-1] == expected[endpoint]
        assert endpoint.verdict() == f"closes {told[1][0]}"
    assert us.output() == them.output() == b""


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("peer", PEERS)
def test_simultaneous_close(peer, role):
    us, them = Pocketws(role), PEERS[peer](OTHER[role])
    us.close(1000, "ours")
    them.close(1001, "theirs")
    ours, theirs = us.output(), them.output()
    us.receive(theirs)
    them.receive(ours)
    assert (us.verdict(), them.verdict()) == ("closes 1001", "closes 1000")
    assert us.output() == them.output() == b""


@pytest.mark.parametrize("role", ROLES)
def test_failure_is_told_to_websockets(role):
    """The Close frame of a failure is one that the peer understands."""
    us, them = Pocketws(role, max_size=10), Websockets(OTHER[role])
    them.send(OP_BINARY, bytes(11), True)
    us.receive(them.output())
    them.receive(us.output())
    assert them.events == [(OP_CLOSE, (1009, "a message of 11 bytes or more; the limit is 10 bytes"))]


@pytest.mark.parametrize("role", ROLES)
def test_limits_are_those_of_websockets(role):
    """wsproto has none."""
    for limit in (0, 5, 125, 126):
        for extra in (0, 1):
            for parts in ([limit + extra], [limit // 2, limit - limit // 2 + extra], [0, limit, 0, extra]):
                arguments = [(0 if i else OP_BINARY, bytes(size), False) for i, size in enumerate(parts)]
                wire = frames(role, *arguments, (OP_CONT, b""))
                us, them = Pocketws(role, limit), Websockets(role, limit)
                assert judged(us, wire, 1) == judged(them, wire, 1) == ("fails 1009" if extra else "open")
                assert us.events == them.events


# Malformed and edge inputs, and where a peer judges otherwise

A = (OP_TEXT, b"a", False)
EDGES = tuple((case[0], case[1]) for case in vectors_protocol.GOOD + vectors_protocol.CLOSED + vectors_protocol.BAD) + (
    ("close with 1004", [(OP_CLOSE, code(1004))]),
    ("close with 1012", [(OP_CLOSE, code(1012))]),
    ("close with 1014", [(OP_CLOSE, code(1014))]),
    ("close with 1015", [(OP_CLOSE, code(1015))]),
    ("close with 1016", [(OP_CLOSE, code(1016))]),
    ("close with 2999", [(OP_CLOSE, code(2999))]),
    ("close with 3000", [(OP_CLOSE, code(3000))]),
    ("close with 0", [(OP_CLOSE, code(0))]),
    ("close with 999 and bad UTF-8", [(OP_CLOSE, code(999, b"\xff"))]),
    ("fragment with bad UTF-8, the rest not there", [(OP_TEXT, b"a\xff", False)]),
    ("close with half a code between fragments", [A, (OP_CLOSE, b"\x03")]),
    ("RSV1 inside a message", [A, (OP_TEXT, b"x", True, True)]),
    ("new message of nothing inside a message", [A, (OP_BINARY, b"", True)]),
)
# The same as bytes that frames() cannot make: (name, what a client gets, what a server gets)
RAW = (
    ("RSV2", b"\xa1\x00", b"\xa1\x80" + KEY),
    ("RSV3 on a ping", b"\x99\x00", b"\x99\x80" + KEY),
    ("masked for a client, unmasked for a server", b"\x81\x80" + KEY, b"\x81\x00"),
    ("ping masked the wrong way", b"\x89\x80" + KEY, b"\x89\x00"),
    ("length 0 in 2 bytes", b"\x82\x7e\x00\x00", b"\x82\xfe\x00\x00" + KEY),
    (
        "length 125 in 8 bytes",
        b"\x82\x7f" + bytes(7) + b"\x7d" + bytes(125),
        b"\x82\xff" + bytes(7) + b"\x7d" + bytes(129),
    ),
    ("length of 2**63", b"\x82\x7f\x80" + bytes(7), b"\x82\xff\x80" + bytes(7) + KEY),
    ("2 bytes of a frame with a reserved opcode", b"\x83\x05", b"\x83\x85"),
    ("2 bytes of a ping of 126 bytes", b"\x89\x7e", b"\x89\xfe"),
    ("bad UTF-8 inside a frame", b"\x81\x05a\xff", b"\x81\x85" + bytes(4) + b"a\xff"),
    ("half a surrogate inside a frame", b"\x81\x05\xed\xa0", b"\x81\x85" + bytes(4) + b"\xed\xa0"),
    ("half a surrogate and more inside a frame", b"\x81\x05\xed\xa0\x80", b"\x81\x85" + bytes(4) + b"\xed\xa0\x80"),
    ("header of a text inside a message", b"\x01\x01a\x81\x05", b"\x01\x81" + bytes(4) + b"a\x81\x85" + KEY),
    ("a byte of a text inside a message", b"\x01\x01a\x81\x05b", b"\x01\x81" + bytes(4) + b"a\x81\x85" + KEY + b"b"),
)

TEXT_LATER = "section 8.1: MUST fail; websockets decodes in the layer above, once it has the whole message"
CUT_MESSAGE = "section 5.4: a control frame MAY stand between fragments, Close too; websockets takes it for a fault"
SHORTEST = "section 5.2: the minimal number of bytes MUST be used; websockets checks none"
FIRST_BIT = "section 5.2: the most significant bit MUST be 0; websockets judges after the payload, which never comes"
SOONER = "section 5.4: MUST continue first; websockets sees it too, once the frame is whole"
TWO_FAULTS = "sections 7.4 and 8.1 both apply: websockets reads the reason before it judges the code, we after"
REGISTRY = "section 11.7 opened a registry; IANA's 1014 came after RFC 6455"
LENGTH_SOONER = "section 5.5: MUST be 125 or less; wsproto sees it in the second byte, we once the length is there"
SURROGATE = "section 8.1 and RFC 3629 section 4: nothing begins with ED A0; CPython's decoder waits for a third byte"

DIFFERENCES = {  # (peer, input): our verdict, the peer's, and why we differ; in either role, and however chopped
    ("websockets", "text with bad UTF-8"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "text cut inside a character"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "last fragment cut inside a character"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "empty last fragment inside a character"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "surrogate over 2 fragments"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "fragment with bad UTF-8, the rest not there"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "bad UTF-8 inside a frame"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "half a surrogate inside a frame"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "half a surrogate and more inside a frame"): ("fails 1007", "open", TEXT_LATER),
    ("websockets", "close between fragments"): ("closes 1000", "fails 1002", CUT_MESSAGE),
    ("websockets", "close with 999 and bad UTF-8"): ("fails 1002", "fails 1007", TWO_FAULTS),
    ("websockets", "length 0 in 2 bytes"): ("fails 1002", "open", SHORTEST),
    ("websockets", "length 125 in 8 bytes"): ("fails 1002", "open", SHORTEST),
    ("websockets", "length of 2**63"): ("fails 1002", "open", FIRST_BIT),
    ("websockets", "a byte of a text inside a message"): ("fails 1002", "open", SOONER),
    ("wsproto", "close with 1014"): ("closes 1014", "fails 1002", REGISTRY),
    ("wsproto", "2 bytes of a ping of 126 bytes"): ("open", "fails 1002", LENGTH_SOONER),
    ("wsproto", "half a surrogate inside a frame"): ("fails 1007", "open", SURROGATE),
}


def judged(endpoint, wire, step):
    for at in range(0, len(wire), step):
        endpoint.receive(wire[at : at + step])
    return endpoint.verdict()


def inputs(role):
    for name, arguments in EDGES:
        yield name, frames(role, *arguments)
    for name, for_client, for_server in RAW:
        yield name, for_client if role == CLIENT else for_server


@pytest.mark.parametrize("step", [1 << 30, 1], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("peer", PEERS)
def test_peers_differ_exactly_as_listed(peer, role, step):
    found = {}
    for name, wire in inputs(role):
        us, them = Pocketws(role), PEERS[peer](role)
        ours, theirs = judged(us, wire, step), judged(them, wire, step)
        if ours != theirs:
            found[name] = (ours, theirs)
        elif ours.startswith(("open", "closes")):
            assert [(op, (d[0], d[1] or "") if op == OP_CLOSE else d) for op, d in them.events] == us.events, name
    expected = {name: rows[:2] for (who, name), rows in DIFFERENCES.items() if who == peer}
    assert found == expected
