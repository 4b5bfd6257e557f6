"""Two endpoints talk through a network that chops and delays: what one sends, the other gets, once and in order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pocketws.exceptions import ConnectionClosedError, ConnectionClosedOK
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_PING, OP_PONG, OP_TEXT
from pocketws.protocol import (
    CLIENT,
    CLOSE_DONE,
    CLOSE_RECEIVED,
    CLOSE_SENT,
    CLOSED,
    OPEN,
    SERVER,
    TRANSITIONS,
    Protocol,
)
from tests.thorough import some

ENDS = st.sampled_from(["client", "server"])
TEXTS = st.text(max_size=200) | st.sampled_from(["", "\U0001f44b" * 40, "a" * 5000])
BYTES = st.binary(max_size=200) | st.sampled_from([b"", b"\x00" * 126, b"\xff" * 70000])
CONTROL = st.binary(max_size=125)
CLOSES = st.sampled_from([(None, ""), (1000, ""), (1001, "bye"), (3000, "\u00e9" * 61), (4999, "r" * 123)])
SIZES = st.integers(1, 20) | st.sampled_from([1 << 30])


class End:
    """One endpoint, what it sent, and what it got."""

    def __init__(self, role):
        self.protocol = Protocol(role)
        self.protocol.opened()
        self.messages_sent = []
        self.begun = None  # the parts of a message that is half sent
        self.pings_sent = []
        self.pongs_sent = []
        self.messages_got = []
        self.pieces = None
        self.pings_got = []
        self.pongs_got = []
        self.wire = bytearray()  # on its way from here to the other end
        self.wire_ended = False

    def send(self, opcode, data, final):
        if self.begun is not None:
            opcode, parts = self.begun
            if opcode == OP_BINARY and isinstance(data, str):
                data = data.encode()
            elif opcode == OP_TEXT and not isinstance(data, str):
                data = data.hex()
            self.protocol.send_continuation(data, final)
            parts.append(data)
        else:
            (self.protocol.send_text if opcode == OP_TEXT else self.protocol.send_binary)(data, final)
            self.begun = opcode, [data]
        if final:
            opcode, parts = self.begun
            self.messages_sent.append((opcode, ("" if opcode == OP_TEXT else b"").join(parts)))
            self.begun = None

    def take(self, event):
        if event.opcode in (OP_TEXT, OP_BINARY):
            opcode, data = self.pieces or (event.opcode, "" if event.opcode == OP_TEXT else b"")
            assert opcode == event.opcode
            self.pieces = opcode, data + event.data
            if event.final:
                self.messages_got.append(self.pieces)
                self.pieces = None
        else:
            assert event.final
        if event.opcode == OP_PING:
            self.pings_got.append(event.data)
        if event.opcode == OP_PONG:
            self.pongs_got.append(event.data)
        if event.opcode == OP_CLOSE:
            assert event.data == self.protocol.close_rcvd


class Conversation(RuleBasedStateMachine):
    @initialize()
    def handshake(self):
        self.ends = {"client": End(CLIENT), "server": End(SERVER)}

    def pair(self, name):
        return self.ends[name], self.ends["server" if name == "client" else "client"]

    @rule(name=ENDS, text=TEXTS, final=st.booleans())
    def send_text(self, name, text, final):
        end, _ = self.pair(name)
        if end.protocol.state == OPEN:
            end.send(OP_TEXT, text, final)

    @rule(name=ENDS, data=BYTES, final=st.booleans())
    def send_binary(self, name, data, final):
        end, _ = self.pair(name)
        if end.protocol.state == OPEN:
            end.send(OP_BINARY, data, final)

    @rule(name=ENDS, data=CONTROL, ping=st.booleans())
    def send_control(self, name, data, ping):
        end, _ = self.pair(name)
        if end.protocol.state == OPEN:
            (end.protocol.send_ping if ping else end.protocol.send_pong)(data)
            (end.pings_sent if ping else end.pongs_sent).append(data)

    @rule(name=ENDS, streaming=st.booleans())
    def switch_streaming(self, name, streaming):
        self.ends[name].protocol.streaming = streaming

    @rule(name=ENDS, size=SIZES)
    def write(self, name, size):
        end, _ = self.pair(name)
        end.wire += end.protocol.data_to_send(size)

    @rule(name=ENDS, size=SIZES, step=SIZES)
    def deliver(self, name, size, step):
        end, other = self.pair(name)
        data = bytes(end.wire[:size])
        del end.wire[:size]
        for at in range(0, len(data), max(step, len(data) // 500)):
            for event in other.protocol.receive_data(data[at : at + max(step, len(data) // 500)]):
                other.take(event)

    @precondition(lambda self: all(end.protocol.state == OPEN for end in self.ends.values()))
    @rule(name=ENDS, close=CLOSES, both=st.integers(0, 3))
    def close(self, name, close, both):
        end, other = self.pair(name)
        end.protocol.send_close(*close)
        if both == 0:  # at the same time
            other.protocol.send_close(1001)

    @invariant()
    def nothing_fails(self):
        for end in getattr(self, "ends", {}).values():
            protocol = end.protocol
            assert protocol.failure is None
            assert protocol.state in (OPEN, CLOSE_SENT, CLOSE_DONE)  # CLOSE_RECEIVED is never seen
            assert protocol.state != CLOSE_RECEIVED
            assert (protocol.close_sent is None) == (protocol.state == OPEN)
            assert (protocol.close_rcvd is not None) == (protocol.state == CLOSE_DONE)
            assert protocol.should_close_tcp == (protocol.state == CLOSE_DONE and protocol.role == SERVER)
            assert protocol.close_code is None and protocol.close_reason is None
            assert (protocol.state, "TCP ends") in TRANSITIONS

    @invariant()
    def what_arrives_was_sent_in_this_order(self):
        for name in getattr(self, "ends", ()):
            end, other = self.pair(name)
            assert other.messages_got == end.messages_sent[: len(other.messages_got)]
            assert other.pings_got == end.pings_sent[: len(other.pings_got)]

    def teardown(self):
        """Let all arrive, then close, and see that both agree."""
        if not hasattr(self, "ends"):
            return
        flush = True
        while flush:
            flush = False
            for name in self.ends:
                self.write(name, 1 << 30)
                if self.ends[name].wire:
                    flush = True
                    self.deliver(name, 1 << 30, 1 << 30)
        closed = any(end.protocol.state != OPEN for end in self.ends.values())
        for name in self.ends:
            end, other = self.pair(name)
            assert other.messages_got == end.messages_sent, "each arrives, and once, also after the other's Close"
            assert other.pings_got == end.pings_sent
            if not closed:
                pongs = sorted(other.pings_got + other.pongs_sent)
                assert sorted(end.pongs_got) == pongs, "each ping has its pong"
        if not closed:
            self.ends["client"].protocol.send_close(1000, "bye")
            for name in ("client", "server"):
                self.write(name, 1 << 30)
                self.deliver(name, 1 << 30, 1 << 30)
        client, server = self.ends["client"].protocol, self.ends["server"].protocol
        assert client.state == server.state == CLOSE_DONE
        assert server.should_close_tcp and not client.should_close_tcp
        assert (client.close_sent, client.close_rcvd) == (server.close_rcvd, server.close_sent)
        for protocol in (client, server):
            protocol.receive_eof()
            assert protocol.state == CLOSED
            assert (protocol.close_code, protocol.close_reason) == protocol.close_rcvd
        assert type(client.close_exception()) is type(server.close_exception())
        clean = {client.close_code, server.close_code} <= {1000, 1001, 1005}
        assert type(client.close_exception()) is (ConnectionClosedOK if clean else ConnectionClosedError)
        first = client.close_exception().rcvd_then_sent, server.close_exception().rcvd_then_sent
        assert first in ((True, False), (False, True), (False, False)), "both cannot have come second"


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=some(150), stateful_step_count=40, deadline=None)
