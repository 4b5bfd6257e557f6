"""Frames of about 64 KiB, which a board's heap holds once, but not beside a copy on the wire."""

import gc

from pocketws.compat import MICROPYTHON
from pocketws.exceptions import PayloadTooBig
from pocketws.frames import OP_BINARY, Frame, FrameParser, Header, check_header, decode_header, encode_header
from tests.both.helpers import raises
from tests.both.vectors import FRAMES, KEY, cut, holds, repeated

BIG = [case for case in FRAMES if case[8] >= 10_000]
STEPS = (7, 1021) if MICROPYTHON else (1, 7, 4093, 100_000)  # byte by byte, odd sizes, whole


def test_frame_is_decoded_however_chopped_and_the_next_is_intact(case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    tail = b"\x89\x83" + bytes(4) + b"one" if key else b"\x89\x03one"
    for step in STEPS:
        parser = FrameParser(masked=bool(key))
        arrived = 0
        first = last = frame = None
        gc.collect()
        for piece in cut(head, wire_unit, length, tail, step):
            parser.feed(piece)
            arrived += len(piece)
            while (frame := parser.next_frame()) is not None:
                assert last is None
                assert arrived >= len(head) + length, "a frame before its last byte"
                first, last = first or frame, first and frame
        assert holds(first, opcode, fin, rsv1, unit, length), (name, step)
        assert last == Frame(9, b"one")


def test_header_of_a_big_frame(case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    assert encode_header(opcode, length, fin, rsv1, key) == head
    for size in range(len(head)):
        assert decode_header(head[:size]) is None
    header = decode_header(head)
    assert header == Header(fin, 0, opcode, length, key, len(head))
    check_header(header, bool(key))


def test_big_frame_is_encoded(case):
    if MICROPYTHON:  # header and payload are one bytes object: it would need the payload three times
        return
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    assert Frame(opcode, repeated(unit, 0, length)).serialize(key) == head + repeated(wire_unit, 0, length)


def test_max_size_of_a_big_frame_is_exact():
    for limit, key in ((65535, KEY), (65536, b"")):
        for step in (1, 1000):
            parser = FrameParser(max_size=limit)
            frame = None
            gc.collect()
            for piece in cut(encode_header(OP_BINARY, limit, mask_key=key), bytes(256), limit, b"", step):
                parser.feed(piece)
                frame = parser.next_frame()
            assert len(frame.data) == limit
        parser.feed(encode_header(OP_BINARY, limit + 1, mask_key=key))
        error = raises(PayloadTooBig, parser.next_frame)
        assert (error.size, error.max_size) == (limit + 1, limit)


CASES = {
    "test_frame_is_decoded_however_chopped_and_the_next_is_intact": BIG,
    "test_header_of_a_big_frame": BIG,
    "test_big_frame_is_encoded": BIG,
}
