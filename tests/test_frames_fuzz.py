"""FrameParser on hostile input: valid frames bent and cut, and pure noise.

20,000 inputs, the same ones in every run, and 100,000 in a thorough one (tests/thorough.py).
`POCKETWS_FUZZ=1000000 pytest tests/test_frames_fuzz.py` runs that many: whole ten thousands, the first the same.
"""

import os
import random

import pytest

from pocketws.exceptions import PayloadTooBig, ProtocolError
from pocketws.frames import (
    OP_BINARY,
    OP_CONT,
    OP_TEXT,
    OPCODE_NAMES,
    RSV1,
    FrameParser,
    decode_header,
    encode_header,
)
from tests.thorough import some

BATCH = 10_000
BATCHES = int(os.environ.get("POCKETWS_FUZZ") or some(100_000)) // BATCH

DATA = (OP_CONT, OP_TEXT, OP_BINARY)
SIZES = (0, 1, 2, 5, 17, 124, 125, 126, 127, 200)
TELLING = bytes((0x00, 0x7D, 0x7E, 0x7F, 0x80, 0xFE, 0xFF, 0x81, 0x89, 0xC1))  # bytes that change a header's meaning


def valid_frame(rng, masked):
    opcode = rng.choice((0, 1, 2, 2, 8, 9, 10))
    data_frame = opcode in DATA
    size = rng.choice(SIZES if data_frame else SIZES[:7])
    key = rng.randbytes(4) if masked else b""
    head = encode_header(opcode, size, not data_frame or rng.random() < 0.7, data_frame and rng.random() < 0.1, key)
    return head + rng.randbytes(size)


def mutate(rng, data):
    """Change the bytearray `data` once: a bit, a byte, a cut, an insertion. Mostly near the front."""
    at = rng.randrange(len(data) + 1) if rng.random() < 0.5 else min(rng.randrange(15), len(data))
    kind = rng.randrange(5)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1 and at < len(data):
        data[at] = rng.choice(TELLING)
    elif kind == 2:
        del data[at : at + rng.choice((1, 2, 4, 8, 1000))]
    elif kind == 3:
        data[at:at] = rng.randbytes(rng.choice((1, 2, 4, 8)))
    else:
        data[at:at] = bytes(rng.choice((1, 6, 8)))


def hostile_input(rng):
    """Return (wire, masked): some bytes, and whether most of their frames are masked."""
    masked = rng.random() < 0.5
    if rng.random() < 0.15:
        return rng.randbytes(rng.randrange(40)), masked
    data = bytearray()
    for _ in range(rng.randint(1, 3)):
        data += valid_frame(rng, masked)
    for _ in range(rng.randrange(4)):
        mutate(rng, data)
    return bytes(data), masked


def chop(rng, data):
    """Yield `data` in pieces of random sizes, mostly small ones, some of them empty."""
    at = 0
    most = rng.choice((1, 3, 20, 200))
    while at < len(data):
        size = rng.randint(0 if most > 1 else 1, most)
        yield data[at : at + size]
        at += size


def outcome(parser, pieces):
    """Return the frames that come out and the error that ends them, or None. Any other error fails the test."""
    frames = []
    try:
        for piece in pieces:
            parser.feed(piece)
            while (frame := parser.next_frame()) is not None:
                frames.append(frame)
    except (ProtocolError, PayloadTooBig) as error:
        return frames, error
    return frames, None


def controls(frames):
    return [frame for frame in frames if frame.opcode not in DATA]


def content(frames):
    return b"".join(frame.data for frame in frames if frame.opcode in DATA)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_any_input_gives_frames_or_a_known_error(batch):
    rng = random.Random(batch)
    seen = set()
    for _ in range(BATCH):
        wire, mostly_masked = hostile_input(rng)
        masked = rng.choice((mostly_masked, mostly_masked, not mostly_masked, None))
        max_size = rng.choice((None, None, 0, 125, 126, 1000))
        settings = {"masked": masked, "max_size": max_size, "rsv": rng.choice((0, RSV1))}
        context = (batch, wire.hex(), settings)

        frames, error = outcome(FrameParser(**settings), [wire])
        again, same = outcome(FrameParser(**settings), chop(rng, wire))
        assert again == frames, context
        assert (type(same), str(same)) == (type(error), str(error)), context
        if rng.random() < 0.25:
            pieces, same = outcome(FrameParser(pieces=DATA, **settings), chop(rng, wire))
            assert str(same) == str(error), context
            assert controls(pieces) == controls(frames), context
            assert content(pieces).startswith(content(frames)), context  # after them, a frame that is not yet whole

        at = 0
        for frame in frames:
            header = decode_header(wire, at)
            after = at + header.size + header.length
            assert frame.serialize(header.mask_key) == wire[at:after], context  # one way to write it, and it was used
            assert frame.opcode in OPCODE_NAMES, context
            assert masked is None or masked == bool(header.mask_key), context
            if max_size is not None and frame.opcode in DATA:
                assert header.length <= max_size, context
            at = after
        if frames:
            seen.add("frame")
        if error is not None:
            seen.add(getattr(error, "field", "too big"))
    # Each way to fail was met, or the inputs are not worth their time.
    assert seen == {"frame", "too big", "RSV1-3", "opcode", "FIN", "MASK", "payload len"}
