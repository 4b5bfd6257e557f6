"""Protocol on hostile input, in either role: valid conversations bent and cut, and pure noise.

20,000 inputs, the same ones in every run, and 100,000 in a thorough one (tests/thorough.py).
`POCKETWS_FUZZ=1000000 pytest tests/test_protocol_fuzz.py` runs that many: whole ten thousands, the first the same.
"""

import os
import random

import pytest

from pocketws.exceptions import PayloadTooBig, ProtocolError
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_PING, OP_PONG, OP_TEXT, Close, Frame
from pocketws.protocol import CLIENT, CLOSE_DONE, CLOSE_SENT, FAILED, OPEN, SERVER, Event, Protocol
from tests.both.wire import sent
from tests.test_frames_fuzz import chop, mutate
from tests.thorough import some

BATCH = 10_000
BATCHES = int(os.environ.get("POCKETWS_FUZZ") or some(100_000)) // BATCH

TEXTS = (b"", b"Hello", "gr\u00fc\u00dfe".encode(), "\u20ac\U0001f44b".encode(), b"t" * 130, b"\xff", b"a\xed\xa0\x80")
CUT = (
    b"\xe2\x82",
    b"\xac",
    b"\xf0\x9f",
    b"\x91\x8b",
)  # characters over several fragments, if they meet their other half
CLOSES = (b"", b"\x03\xe8", b"\x03\xe8bye", b"\x0f\xa0\xe2\x82\xac", b"\x03", b"\x03\xed", b"\x03\xe8\xff")


class Identity:
    """An extension that changes nothing, but refuses a byte and keeps the limit."""

    compresses = True

    def bound(self, size):
        return size

    def encode(self, data, final):
        return data

    def decode(self, data, final, max_size):
        if max_size is not None and len(data) > max_size:
            raise PayloadTooBig(len(data), max_size)
        if b"\x99" in data:
            raise ProtocolError("a bad byte", "7.2.2", "payload", 1007)
        return bytes(data)


def conversation(rng, masked):
    """Return frames as bytes: mostly what a sensible peer sends."""
    wire = bytearray()
    inside = False
    for _ in range(rng.randint(1, 5)):
        if rng.random() < 0.3:
            opcode = rng.choice((OP_PING, OP_PING, OP_PONG, OP_CLOSE))
            payload = rng.choice(CLOSES) if opcode == OP_CLOSE else rng.randbytes(rng.choice((0, 1, 5, 125)))
            frame = Frame(opcode, payload)
        else:
            opcode = 0 if inside else rng.choice((OP_TEXT, OP_BINARY))
            if rng.random() < 0.03:
                opcode = rng.choice((0, OP_TEXT, OP_BINARY))
            inside = rng.random() < 0.4
            payload = rng.choice(TEXTS if rng.random() < 0.7 else CUT)
            frame = Frame(opcode, payload, not inside, opcode != 0 and rng.random() < 0.1)
        wire += frame.serialize(rng.randbytes(4) if masked else b"")
    return wire


def hostile_input(rng, masked):
    if rng.random() < 0.1:
        return rng.randbytes(rng.randrange(40))
    data = conversation(rng, masked)
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        mutate(rng, data)
    return bytes(data)


def outcome(settings, pieces, at_random=None):
    """Feed a new Protocol; return it, its events and the frames that it sent. No exception may come out.

    at_random: a random.Random that switches streaming on and off, or None.
    """
    role, max_size, streaming, extension, closing = settings
    protocol = Protocol(role, max_size, streaming)
    protocol.opened(Identity() if extension else None)
    if closing:
        protocol.send_close(1001)
        protocol.data_to_send()
    events = []
    for piece in pieces:
        if at_random is not None and at_random.random() < 0.3:
            protocol.streaming = not protocol.streaming
        events += protocol.receive_data(piece)
    return protocol, events, sent(role, protocol.data_to_send())


def joined(events):
    """Return (whole messages and control frames as pairs, the (opcode, data) of a message without its end, or None)."""
    whole, begun = [], None
    for event in events:
        assert type(event) is Event
        if event.opcode >= OP_CLOSE:
            assert event.final is True
            assert type(event.data) is (Close if event.opcode == OP_CLOSE else bytes)
            whole.append((event.opcode, event.data))
            continue
        assert isinstance(event.data, str if event.opcode == OP_TEXT else (bytes, bytearray))
        opcode, data = begun or (event.opcode, event.data[:0])
        assert opcode == event.opcode
        begun = opcode, data + event.data
        if event.final:
            whole.append(begun)
            begun = None
    return whole, begun


def kind(protocol):
    """Return what of the ending must not depend on chopping: a limit may be seen broken by more or by fewer bytes."""
    error = protocol.failure
    told = None if isinstance(error, PayloadTooBig) else str(error)
    return protocol.state, type(error), told, getattr(error, "field", None), protocol.close_rcvd


def expected_code(error):
    return None if error is None else 1009 if isinstance(error, PayloadTooBig) else error.close_code


@pytest.mark.parametrize("batch", range(BATCHES))
def test_any_input_gives_events_or_a_failure_with_its_code(batch):
    rng = random.Random(batch)
    seen = set()
    for _ in range(BATCH):
        role = rng.choice((CLIENT, SERVER))
        wire = hostile_input(rng, (role == SERVER) != (rng.random() < 0.02))
        max_size = rng.choice((None, None, None, 0, 5, 125, 130, 1000))
        settings = (role, max_size, rng.random() < 0.3, rng.random() < 0.3, rng.random() < 0.2)
        context = (batch, wire.hex(), settings)

        protocol, events, frames = outcome(settings, [wire])
        whole, begun = joined(events)
        if not settings[2]:
            assert begun is None, context
        again, pieces, same_frames = outcome(
            settings, chop(rng, wire), rng if rng.random() < 0.3 and not settings[3] else None
        )
        assert joined(pieces)[0] == whole, context
        if settings[3] and {expected_code(protocol.failure), expected_code(again.failure)} <= {1007, 1009}:
            pass  # a message may have two faults, and what is decoded in one go shows the other one first
        else:
            assert kind(again) == kind(protocol), context
            if not isinstance(protocol.failure, PayloadTooBig):
                assert same_frames == frames, context

        pings = [data for opcode, data in whole if opcode == OP_PING]
        replies = [(OP_PONG, data) for data in pings]  # also after our own Close frame, section 5.5.2
        state, failure = protocol.state, protocol.failure
        if failure is not None:
            assert state == FAILED and protocol.close_rcvd is None, context
            assert type(failure) in (ProtocolError, PayloadTooBig), context
            if not settings[4]:
                reason = str(failure).encode()[:123]
                replies.append((OP_CLOSE, expected_code(failure).to_bytes(2, "big") + reason))
                assert protocol.close_sent.code == expected_code(failure), context
        elif protocol.close_rcvd is not None:
            assert state == CLOSE_DONE and whole[-1] == (OP_CLOSE, protocol.close_rcvd), context
            if not settings[4]:
                code, reason = protocol.close_rcvd
                replies.append((OP_CLOSE, b"" if code == 1005 else code.to_bytes(2, "big") + reason.encode()))
        else:
            assert state == (CLOSE_SENT if settings[4] else OPEN), context
        assert frames == [reply + (True, False) for reply in replies], context
        if max_size is not None:
            for opcode, data in whole + ([begun] if begun else []):
                assert opcode >= OP_CLOSE or len(data.encode() if opcode == OP_TEXT else data) <= max_size, context
        protocol.receive_eof()
        assert protocol.close_code == (1006 if protocol.close_rcvd is None else protocol.close_rcvd.code), context
        protocol.close_exception()

        seen.add((state, expected_code(failure)))
        seen.update(opcode for opcode, _ in whole)
    # Each way to end was met, or the inputs are not worth their time.
    ends = {(OPEN, None), (CLOSE_SENT, None), (CLOSE_DONE, None), (FAILED, 1002), (FAILED, 1007), (FAILED, 1009)}
    assert seen == ends | {OP_TEXT, OP_BINARY, OP_CLOSE, OP_PING, OP_PONG}
