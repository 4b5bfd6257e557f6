"""Frames that RFC 6455 allows: to the wire and back, however the network chops them."""

from pocketws import frames
from pocketws.compat import MICROPYTHON
from pocketws.exceptions import PayloadTooBig, ProtocolError, WebSocketException
from pocketws.frames import (
    OP_BINARY,
    OP_CLOSE,
    OP_CONT,
    OP_PING,
    OP_PONG,
    OP_TEXT,
    RSV1,
    Frame,
    FrameParser,
    Header,
    check_header,
    decode_header,
    encode_header,
)
from tests.both.helpers import raises
from tests.both.vectors import FRAMES, KEY, cut, holds, repeated

SMALL = [case for case in FRAMES if case[8] < 10_000]  # the others are in test_frames_big.py
STEPS = (1, 7, 1000)  # byte by byte, in odd sizes, whole


def take_all(parser):
    """Return a list of the frames that `parser` can give now."""
    taken = []
    while (frame := parser.next_frame()) is not None:
        taken.append(frame)
    return taken


def test_frame_is_decoded_however_chopped(case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    for step in STEPS:
        for masked in (None, bool(key)):
            parser = FrameParser(masked, rsv=RSV1 if rsv1 else 0)
            missing = len(head) + length
            frame = None
            for piece in cut(head, wire_unit, length, b"", step):
                assert frame is None, "a frame before its last byte"
                parser.feed(piece)
                frame = parser.next_frame()
                missing -= len(piece)
            assert missing == 0
            assert holds(frame, opcode, fin, rsv1, unit, length), (name, step)
            assert parser.next_frame() is None


def test_next_frame_is_intact(case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    # Two more frames: one taken from the rest of a piece, one from the rest of that.
    tail = b"\x89\x83" + bytes(4) + b"one\x8a\x83" + bytes(4) + b"two" if key else b"\x89\x03one\x8a\x03two"
    for step in STEPS:
        parser = FrameParser(bool(key), rsv=RSV1 if rsv1 else 0)
        taken = []
        for piece in cut(head, wire_unit, length, tail, step):
            parser.feed(piece)
            taken += take_all(parser)
        assert holds(taken[0], opcode, fin, rsv1, unit, length), (name, step)
        assert taken[1:] == [Frame(OP_PING, b"one"), Frame(OP_PONG, b"two")]


def test_frame_is_encoded(case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    assert encode_header(opcode, length, fin, rsv1, key) == head
    frame = Frame(opcode, repeated(unit, 0, length), fin, rsv1)
    assert frame.serialize(key) == head + repeated(wire_unit, 0, length)


def test_header_is_decoded_once_it_is_whole(case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    for size in range(len(head)):
        assert decode_header(head[:size]) is None
        assert decode_header(b"before" + head[:size], 6) is None
    header = decode_header(head)
    assert header == Header(fin, RSV1 if rsv1 else 0, opcode, length, key, len(head))
    assert header.fin is fin
    assert isinstance(header.mask_key, bytes)
    assert decode_header(b"before" + head + b"after", 6) == header
    assert decode_header(bytearray(head)) == decode_header(memoryview(head)) == header
    for masked in (None, bool(key)):
        check_header(header, masked, RSV1 if rsv1 else 0)


def test_frames_may_be_taken_after_everything_arrived():
    for step in (1, 7, 1 << 20):
        parser = FrameParser(rsv=RSV1)
        wire = b"".join([case[1] + repeated(case[7], 0, case[8]) for case in SMALL])
        for at in range(0, len(wire), step):
            parser.feed(wire[at : at + step])
        taken = take_all(parser)
        assert len(taken) == len(SMALL)
        for case, frame in zip(SMALL, taken):  # noqa: B905  (MicroPython's zip knows no strict=)
            assert holds(frame, *case[2:5], case[6], case[8]), case[0]


def test_parser_with_no_data_has_no_frame():
    parser = FrameParser()
    assert parser.next_frame() is None
    parser.feed(b"")
    assert parser.next_frame() is None
    parser.feed(b"\x81")
    parser.feed(b"")
    assert parser.next_frame() is None
    parser.feed(b"\x00")
    assert parser.next_frame() == Frame(OP_TEXT)


def test_serialize_takes_any_bytes_and_leaves_them():
    for data in (b"Hello", bytearray(b"Hello"), memoryview(b"Hello")):
        frame = Frame(OP_TEXT, data)
        assert frame.serialize() == b"\x81\x05Hello"
        assert frame.serialize(KEY) == b"\x81\x85" + KEY + b"\x7f\x9f\x4d\x51\x58"
        assert data == b"Hello"
        assert isinstance(frame.serialize(), bytes)


LARGEST = (1 << 63) - 1


def test_header_of_the_largest_payload():
    head = encode_header(OP_BINARY, LARGEST)
    assert head == b"\x82\x7f\x7f" + b"\xff" * 7
    check_header(decode_header(head))


def test_header_that_is_not_allowed_is_not_encoded(case):
    name, section, args = case
    error = raises(ValueError, encode_header, *args)
    assert ("section %s)" % section) in str(error)
    if args[1] < 1000:
        opcode, length, fin, rsv1, key = args + (True, False, b"")[len(args) - 2 :]
        assert str(raises(ValueError, Frame(opcode, bytes(length), fin, rsv1).serialize, key)) == str(error)


UNENCODABLE = [
    ("key of 1 byte", "5.3", (OP_TEXT, 0, True, False, b"1")),
    ("key of 3 bytes", "5.3", (OP_TEXT, 0, True, False, b"123")),
    ("key of 5 bytes", "5.3", (OP_TEXT, 0, True, False, b"12345")),
    ("2**63 bytes", "5.2", (OP_TEXT, LARGEST + 1)),
    ("2**64 bytes", "5.2", (OP_TEXT, 1 << 64)),
]
UNENCODABLE += [("opcode 0x%x" % op, "5.2", (op, 0)) for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 0x81)]
for op, name in ((OP_CLOSE, "close"), (OP_PING, "ping"), (OP_PONG, "pong")):
    UNENCODABLE += [("%s of 126 bytes" % name, "5.5", (op, 126)), ("fragmented " + name, "5.5", (op, 0, False))]


def test_compressed_control_frame_is_not_encoded():
    for opcode in (OP_CLOSE, OP_PING, OP_PONG):  # RFC 7692 section 6; check_header refuses these too
        raises(ValueError, encode_header, opcode, 0, True, True)


# The limits of a payload


def test_max_size_is_exact(case):
    name, opcode, limit, key = case
    masked = bool(key)
    head = encode_header(opcode, limit, mask_key=key)
    for step in (1, 1000):
        parser = FrameParser(masked, max_size=limit)
        for piece in cut(head, bytes(256), limit, b"", step):
            parser.feed(piece)
            frame = parser.next_frame()
        assert frame.opcode == opcode
        assert len(frame.data) == limit

    # One byte more is refused from the header alone, again and again, whatever comes after.
    parser = FrameParser(masked, max_size=limit)
    head = encode_header(opcode, limit + 1, mask_key=key)
    for i in range(len(head)):
        assert parser.next_frame() is None
        parser.feed(head[i : i + 1])
    for _ in range(3):
        error = raises(PayloadTooBig, parser.next_frame)
        assert (error.size, error.max_size, error.close_code) == (limit + 1, limit, 1009)
        assert str(error) == "a message of %d bytes or more; the limit is %d bytes" % (limit + 1, limit)
        assert isinstance(error, WebSocketException)
        assert parser.payload is None
        parser.feed(b"more")


def test_control_frames_are_exempt_from_max_size():
    for opcode in (OP_CLOSE, OP_PING, OP_PONG):
        frame = Frame(opcode, bytes(125))
        parser = FrameParser(max_size=0)
        parser.feed(frame.serialize(KEY))
        assert parser.next_frame() == frame


def test_max_size_may_change_between_frames():
    parser = FrameParser(max_size=5)
    parser.feed(Frame(OP_TEXT, b"Hello").serialize() * 3)
    assert parser.next_frame() == Frame(OP_TEXT, b"Hello")
    parser.max_size = None
    assert parser.next_frame() == Frame(OP_TEXT, b"Hello")
    parser.max_size = 4
    raises(PayloadTooBig, parser.next_frame)


def test_max_size_holds_no_frame_already_begun():
    parser = FrameParser(max_size=5)
    parser.feed(b"\x81\x05Hel")
    assert parser.next_frame() is None
    parser.max_size = 0
    parser.feed(b"lo")
    assert parser.next_frame() == Frame(OP_TEXT, b"Hello")


def test_broken_rule_comes_before_size():
    parser = FrameParser(masked=True, max_size=0)
    parser.feed(b"\x81\x05")
    assert raises(ProtocolError, parser.next_frame).section == "5.1"


def test_announced_length_reserves_little():
    if MICROPYTHON:  # a board has no megabyte to give: a limit is what protects it
        return
    for length in ((1 << 20) + 1, 1 << 40, LARGEST):
        parser = FrameParser()
        parser.feed(encode_header(OP_BINARY, length, mask_key=KEY) + b"few")
        assert parser.next_frame() is None
        assert len(parser.payload) <= 1 << 20


def test_payload_grows_past_what_was_reserved():
    reserved = frames.AHEAD
    frames.AHEAD = 10
    try:
        for step in (1, 3, 11, 30):
            parser = FrameParser()
            wire = Frame(OP_BINARY, bytes(range(40))).serialize(KEY)
            parser.feed(wire[:7])
            assert parser.next_frame() is None
            assert len(parser.payload) == 10
            for at in range(7, len(wire), step):
                parser.feed(wire[at : at + step])
                frame = parser.next_frame()
            assert frame == Frame(OP_BINARY, bytes(range(40)))
    finally:
        frames.AHEAD = reserved


# Memory may be short at any step. What the parser has then not handed out, it still has.


def no_memory(*args):
    raise MemoryError("none left")


def test_no_byte_is_lost_where_memory_is_short(case):
    name, function, size, pieces = case
    parser = FrameParser(pieces=pieces)
    wire = Frame(OP_TEXT, b"Hello").serialize(KEY) + b"\x89\x00"
    before = getattr(frames, function, None)
    parser.feed(wire[:size])
    setattr(frames, function, no_memory)
    try:
        for _ in range(2):
            raises(MemoryError, parser.next_frame)
    finally:
        if before:
            setattr(frames, function, before)
        else:
            delattr(frames, function)
    taken = take_all(parser)
    parser.feed(wire[size:])
    taken += take_all(parser)
    assert b"".join([bytes(frame.data) for frame in taken]) == b"Hello"
    assert taken[-1] == Frame(OP_PING)


SHORT = [  # name, what runs out, the bytes of the wire that have arrived, pieces
    ("unmasking a whole frame", "masked", 13, ()),
    ("reserving a payload", "bytearray", 8, ()),
    ("unmasking a part", "mask_in_place", 8, ()),
    ("unmasking a piece", "masked", 8, (OP_TEXT,)),
]


# Payloads handed out in pieces


def test_pieces_make_up_the_frame(case):
    name, head, opcode, fin, rsv1, key, unit, wire_unit, length = case
    tail = b"\x89\x83" + bytes(4) + b"one" if key else b"\x89\x03one"
    for step in STEPS:
        parser = FrameParser(bool(key), rsv=RSV1 if rsv1 else 0, pieces=(OP_CONT, OP_TEXT, OP_BINARY))
        arrived = count = taken = 0
        done = last = False
        for part in cut(head, wire_unit, length, tail, step):
            parser.feed(part)
            arrived += len(part)
            while (piece := parser.next_frame()) is not None:  # none is kept: many would scatter over a board's heap
                assert not last, "a frame after the last"
                if done:
                    last = piece == Frame(OP_PING, b"one")
                    assert last
                    continue
                assert (piece.opcode, piece.rsv1) == ((OP_CONT, False) if count else (opcode, rsv1))
                assert piece.data == repeated(unit, taken, taken + len(piece.data))
                assert piece.data or length == 0
                count += 1
                taken += len(piece.data)
                done = taken == length
                assert piece.fin is (fin and done)
            if opcode < OP_CLOSE:
                assert taken == max(min(arrived - len(head), length), 0), "what has arrived is handed out"
        assert last, (name, step)
        if opcode >= OP_CLOSE or len(head) + length <= step:
            assert count == 1, "what needs no pieces has none"


def test_only_the_opcodes_asked_for_come_in_pieces():
    parser = FrameParser(pieces=(OP_BINARY,))
    wire = Frame(OP_TEXT, b"Hello").serialize() + Frame(OP_BINARY, b"Hello").serialize(KEY)
    taken = []
    for i in range(len(wire)):
        parser.feed(wire[i : i + 1])
        taken += take_all(parser)
    assert taken[0] == Frame(OP_TEXT, b"Hello")
    assert [bytes(piece.data) for piece in taken[1:]] == [b"H", b"e", b"l", b"l", b"o"]
    assert [piece.fin for piece in taken[1:]] == [False, False, False, False, True]


def test_max_size_holds_for_what_comes_in_pieces():
    parser = FrameParser(max_size=4, pieces=(OP_TEXT,))
    parser.feed(b"\x81\x05Hell")
    raises(PayloadTooBig, parser.next_frame)


# The frame itself


def test_frames_are_equal_by_value():
    frame = Frame(OP_TEXT, b"Hello")
    assert frame == Frame(OP_TEXT, b"Hello", True, False)
    assert frame == Frame(OP_TEXT, bytearray(b"Hello"))
    assert frame == Frame(OP_TEXT, memoryview(b"Hello"), 0x80, 0)  # a flag is true or false, however it is written
    assert Frame(OP_TEXT, b"Hello", True, 0x40) == Frame(OP_TEXT, b"Hello", 1, 1)
    assert not frame != Frame(OP_TEXT, b"Hello")
    others = [Frame(OP_BINARY, b"Hello"), Frame(OP_TEXT, b"Hallo"), Frame(OP_TEXT, b"Hello", False)]
    for other in others + [Frame(OP_TEXT, b"Hello", True, True), Frame(OP_TEXT), b"Hello", None]:
        assert frame != other
        assert not frame == other


def test_frame_by_default_is_whole_and_empty():
    frame = Frame(OP_PONG)
    assert (frame.opcode, frame.data, frame.fin, frame.rsv1) == (OP_PONG, b"", True, False)


def test_repr_of_a_frame():
    assert repr(Frame(OP_TEXT, b"Hello")) == "<Frame text, 5 bytes>"
    assert repr(Frame(OP_BINARY, bytearray(3), False, True)) == "<Frame binary, 3 bytes, fin=False, rsv1=True>"
    assert repr(Frame(OP_CONT, b"", False)) == "<Frame continuation, 0 bytes, fin=False>"
    names = [repr(Frame(opcode)) for opcode in (OP_CLOSE, OP_PING, OP_PONG, 0xB)]
    assert names == ["<Frame %s, 0 bytes>" % name for name in ("close", "ping", "pong", "0xb")]


CASES = {
    "test_frame_is_decoded_however_chopped": SMALL,
    "test_next_frame_is_intact": SMALL,
    "test_frame_is_encoded": SMALL,
    "test_header_is_decoded_once_it_is_whole": SMALL,
    "test_header_that_is_not_allowed_is_not_encoded": UNENCODABLE,
    "test_no_byte_is_lost_where_memory_is_short": SHORT,
    "test_pieces_make_up_the_frame": SMALL,
    "test_max_size_is_exact": [
        ("opcode %d, %d bytes%s" % (opcode, limit, ", masked" if key else ""), opcode, limit, key)
        for opcode, limit, key in (
            (OP_TEXT, 0, b""),
            (OP_TEXT, 125, KEY),
            (OP_BINARY, 126, b""),
            (OP_BINARY, 127, KEY),
            (OP_CONT, 7, KEY),
        )
    ],
}
