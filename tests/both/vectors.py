"""Frames with their known answers, as plain tuples, and how to cut and compare them.

Sections are those of RFC 6455. The bytes are written out or made by the plainest loop,
never by pocketws. A long payload is a short unit over and over, so that a board
can compare it piece by piece and need not hold it twice.
"""

KEY = b"\x37\xfa\x21\x3d"  # the masking key of section 5.7
HELLO, HELLO_MASKED = b"Hello", b"\x7f\x9f\x4d\x51\x58"
COUNT = bytes(range(256))
COUNT_MASKED = bytes([byte ^ KEY[byte % 4] for byte in COUNT])  # 256 bytes, a multiple of 4: the mask repeats with them

# name, header, opcode, fin, rsv1, masking key, unit of the payload, the unit on the wire, payload bytes
FRAMES = (
    ("5.7 unmasked text", b"\x81\x05", 1, True, False, b"", HELLO, HELLO, 5),
    ("5.7 masked text", b"\x81\x85" + KEY, 1, True, False, KEY, HELLO, HELLO_MASKED, 5),
    ("5.7 first fragment", b"\x01\x03", 1, False, False, b"", b"Hel", b"Hel", 3),
    ("5.7 last fragment", b"\x80\x02", 0, True, False, b"", b"lo", b"lo", 2),
    ("5.7 unmasked ping", b"\x89\x05", 9, True, False, b"", HELLO, HELLO, 5),
    ("5.7 masked pong", b"\x8a\x85" + KEY, 10, True, False, KEY, HELLO, HELLO_MASKED, 5),
    ("5.7 256 bytes", b"\x82\x7e\x01\x00", 2, True, False, b"", COUNT, COUNT, 256),
    ("5.7 64 KiB", b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 2, True, False, b"", COUNT, COUNT, 65536),
    ("middle fragment", b"\x00\x05", 0, False, False, b"", HELLO, HELLO, 5),
    ("masked middle fragment", b"\x00\x85" + KEY, 0, False, False, KEY, HELLO, HELLO_MASKED, 5),
    ("first fragment, binary", b"\x02\x85" + KEY, 2, False, False, KEY, HELLO, HELLO_MASKED, 5),
    ("empty last fragment", b"\x80\x00", 0, True, False, b"", HELLO, HELLO, 0),
    ("empty text", b"\x81\x80" + KEY, 1, True, False, KEY, HELLO, HELLO_MASKED, 0),
    ("empty close", b"\x88\x00", 8, True, False, b"", HELLO, HELLO, 0),
    ("masked close", b"\x88\x82" + KEY, 8, True, False, KEY, b"\x03\xe8", b"\x34\x12", 2),
    ("empty ping", b"\x89\x80" + KEY, 9, True, False, KEY, HELLO, HELLO_MASKED, 0),
    ("empty pong", b"\x8a\x00", 10, True, False, b"", HELLO, HELLO, 0),
    ("ping of 125 bytes", b"\x89\x7d", 9, True, False, b"", COUNT, COUNT, 125),
    ("close of 125 bytes", b"\x88\xfd" + KEY, 8, True, False, KEY, COUNT, COUNT_MASKED, 125),
    ("RSV1 on text", b"\xc1\x05", 1, True, True, b"", HELLO, HELLO, 5),
    ("RSV1 on a first fragment", b"\x42\x85" + KEY, 2, False, True, KEY, HELLO, HELLO_MASKED, 5),
    ("masking key of zeros", b"\x82\x85\x00\x00\x00\x00", 2, True, False, bytes(4), HELLO, HELLO, 5),
    ("masking key of ones", b"\x82\x82\xff\xff\xff\xff", 2, True, False, b"\xff" * 4, b"\x00\xff", b"\xff\x00", 2),
)

# Every length around a change of form: payload bytes, second byte and what follows it
LENGTHS = (
    (0, b"\x00"),
    (1, b"\x01"),
    (2, b"\x02"),
    (3, b"\x03"),
    (4, b"\x04"),
    (125, b"\x7d"),
    (126, b"\x7e\x00\x7e"),
    (127, b"\x7e\x00\x7f"),
    (65535, b"\x7e\xff\xff"),
    (65536, b"\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
)
for size, form in LENGTHS:
    masked_form = bytes((form[0] | 0x80,)) + form[1:] + KEY
    FRAMES += (
        ("%d bytes" % size, b"\x82" + form, 2, True, False, b"", COUNT, COUNT, size),
        ("%d bytes, masked" % size, b"\x82" + masked_form, 2, True, False, KEY, COUNT, COUNT_MASKED, size),
    )


def repeated(unit, start, end):
    """Return bytes start..end of `unit` over and over."""
    turn = start % len(unit)
    return (unit * ((turn + end - start) // len(unit) + 1))[turn : turn + end - start]


def cut(head, unit, length, tail, step):
    """Yield the wire, `head` + the units + `tail`, in pieces of `step` bytes without holding all of it."""
    begin = len(head)
    end = begin + length
    for at in range(0, end + len(tail), step):
        to = at + step
        body = repeated(unit, min(max(at, begin), end) - begin, min(max(to, begin), end) - begin)
        yield head[at:to] + body + tail[max(at - end, 0) : max(to - end, 0)]


def holds(frame, opcode, fin, rsv1, unit, length):
    """Tell whether `frame` is what a vector says; its payload is compared piece by piece."""
    if (frame.opcode, frame.fin, frame.rsv1, len(frame.data)) != (opcode, fin, rsv1, length):
        return False
    for at in range(0, length, 1024):
        to = min(at + 1024, length)
        if frame.data[at:to] != repeated(unit, at, to):
            return False
    return True
