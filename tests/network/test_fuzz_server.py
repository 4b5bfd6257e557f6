"""Random frames, 10,000 of them, and random handshakes: the server judges each as it should, and serves the next.

What its program gets, what goes over the wire, and how the connection ends is compared with a
Protocol that is given the same bytes, one by one and without a network. The numbers are those
of a fixed seed, so a failure comes again.
"""

import asyncio
import random

import pytest

from pocketws.exceptions import InvalidHandshake
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, Frame, FrameParser
from pocketws.handshake import accept
from pocketws.http import RequestParser
from pocketws.protocol import OPEN, SERVER, Protocol
from tests.network.board.fault_client import code_of, name_of
from tests.network.faulty_servers import PATIENT, broken, clean, close, text
from tests.network.helpers import run
from tests.network.raw import KEY, name_of_frame, raw_client, request
from tests.network.subjects import open_files, servers

SEED = 6455
LIMIT = 300  # bytes: max_size
OPTIONS = {**PATIENT, "max_size": LIMIT, "backlog": 256}


@pytest.fixture(autouse=True)
def silence(caplog):
    """No frame and no request is the program's fault, so nothing is logged."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []


def frames(chance):
    """Yield frames without end: bytes. Most of them are as they should be."""
    inside = False  # a message that is not finished
    while True:
        fin = chance.random() < 0.7
        opcode = OP_CONT if inside else chance.choice((OP_TEXT, OP_BINARY))
        size = LIMIT + 1 - chance.randrange(3) if chance.random() < 0.02 else chance.randrange(40)
        data = ("z\u00fc\u20ac\U0001f40d" * 40).encode()[:size]  # which may end within a character
        if chance.random() < 0.3:
            opcode, fin, data = chance.choice((OP_PING, OP_PONG)), True, chance.randbytes(chance.randrange(126))
        elif chance.random() < 0.005:
            opcode, fin, data = OP_CLOSE, True, chance.randrange(998, 1014).to_bytes(2, "big")
        else:
            inside = not fin
        wire = bytearray(Frame(opcode, data, fin).serialize(chance.randbytes(4)))
        if chance.random() < 0.01:  # one bit is wrong
            wire[chance.randrange(len(wire))] ^= 1 << chance.randrange(8)
        if chance.random() < 0.005:
            wire = chance.randbytes(chance.randrange(1, 20))
        yield bytes(wire)


class Model:
    """What the server should make of it."""

    def __init__(self):
        self._protocol = Protocol(SERVER, LIMIT)
        self._protocol.opened()
        self.data = b""  # what to send
        self.messages = []

    def add(self, frame):
        """Take `frame` (bytes) up to where a Close frame ends, behind which there is nothing to send."""
        for at in range(len(frame)):
            for event in self._protocol.receive_data(frame[at : at + 1]):
                if event.opcode in (OP_TEXT, OP_BINARY):
                    self.messages.append(event.data if event.opcode == OP_TEXT else len(event.data))
            self.data += frame[at : at + 1]
            if self.closed():
                break

    def is_open(self):
        return self._protocol.state == OPEN

    def closed(self):
        return self._protocol.close_rcvd is not None

    def outcome(self):
        protocol = self._protocol
        protocol.receive_eof()
        error = protocol.close_exception()
        codes = [code_of(error.rcvd), code_of(error.sent), protocol.close_code]
        return [name_of(error), name_of(protocol.failure), *codes, protocol.close_reason, self.messages]

    def wire(self):
        parser = FrameParser()
        parser.feed(self._protocol.data_to_send())
        return [name_of_frame(frame) for frame in iter(parser.next_frame, None)]


def conversation(chance, source, most):
    """Return a Model that was given up to `most` frames, and their number."""
    model = Model()
    count, end = 0, min(most, chance.randrange(1, 60))
    while count < end and not model.closed():
        model.add(next(source))
        count += 1
    if model.is_open() and chance.random() < 0.5:
        model.add(close(1000).serialize(KEY))
    return model, count


@pytest.mark.parametrize("runtime, total", [("cpython", 10_000), ("micropython", 2_000)])
def test_random_frames(runtime, total):
    chance = random.Random(SEED)
    source = frames(chance)

    async def main():
        count, endings = 0, set()
        async with servers(runtime, [OPTIONS]) as subject, raw_client(subject.ports[0]) as bystander:
            await bystander.open()
            before = open_files()
            while count < total:
                model, added = conversation(chance, source, total - count)
                count += added
                async with raw_client(subject.ports[0]) as peer:
                    await peer.open()
                    for at in range(0, len(model.data), 500):
                        await peer.send(model.data[at : at + 500])
                    peer.finish()
                    wire = await peer.ending(False)
                outcome = await subject.next_outcome()
                assert (outcome, wire) == (model.outcome(), model.wire()), model.data
                endings.add(tuple(outcome[:4]))
            for _ in range(10):  # what is done but for its last step may take that
                await asyncio.sleep(0)
            assert open_files() == before
            await bystander.send(text(b"still here"), close(1000))
            assert await bystander.ending() == ["close 1000"]
            assert await subject.next_outcome() == clean(1000, 1000, ["still here"])
        return endings

    usual = [clean(1000, 1000), broken(None, None)]
    usual += [
        broken(None, 1002, "ProtocolError"),
        broken(None, 1007, "ProtocolError"),
        broken(None, 1009, "PayloadTooBig"),
    ]
    assert {tuple(outcome[:4]) for outcome in usual} <= run(main(), 60)


# ---------------------------------------------------------------- random handshakes


def requests(chance):
    """Yield what might be requests: bytes."""
    good = request().serialize()
    while True:
        wire = bytearray(good)
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(wire))
            kind = chance.randrange(4)
            if kind == 0:
                wire[at] = chance.randrange(256)
            elif kind == 1:
                del wire[at : at + chance.randrange(1, 30)]
            elif kind == 2:
                wire[at:at] = chance.randbytes(chance.randrange(1, 30))
            else:
                wire[at:at] = wire[chance.randrange(len(wire)) :]
        if chance.random() < 0.1:
            wire = chance.randbytes(200) + b"\r\n\r\n"
        yield bytes(wire)


def answer_to(wire):
    """Return the status (int) of the answer to `wire`, or None for none, and the bytes that follow a good request."""
    parser = RequestParser()
    try:
        asked = parser.feed(wire)
        if asked is None:
            return None, b""
        return accept(asked)[0].status_code, parser.rest
    except InvalidHandshake as error:
        return error.http_status, b""


@pytest.mark.parametrize("runtime, total", [("cpython", 1_000), ("micropython", 300)])
def test_random_handshakes(runtime, total):
    chance = random.Random(SEED)
    source = requests(chance)

    async def main():
        statuses = set()
        async with servers(runtime, [OPTIONS]) as subject:
            before = open_files()
            for _ in range(total):
                wire = next(source)
                status, rest = answer_to(wire)
                async with raw_client(subject.ports[0]) as peer:
                    await peer.send(wire)
                    if status is not None:
                        response = await peer.response()
                        assert response.status_code == status, wire
                    peer.finish()
                    names = await peer.ending(False)
                model = Model()
                if status == 101:
                    model.add(rest)
                    assert await subject.next_outcome() == model.outcome(), wire
                assert names == model.wire(), wire
                statuses.add(status)
            for _ in range(10):
                await asyncio.sleep(0)
            assert open_files() == before
        return statuses

    assert {None, 101, 400, 426} <= run(main(), 60)
