"""Section 6: UTF-8 (RFC 6455 section 8.1, RFC 3629). The numbers are those of Autobahn's cases; T1 and on are ours.

The byte sequences are built from code points by the scheme behind UTF-8, in its first and
wider form: up to 6 bytes, and any number in as many bytes as one likes.
"""

from ..model import (
    NOT_UTF8,
    OPEN,
    Chopped,
    Exchange,
    Fragmented,
    Part,
    Still,
    Together,
    binary,
    cont,
    ping,
    pong,
    replies,
    text,
)

GREEK = "\u03ba\u1f79\u03c3\u03bc\u03b5"  # "kosme", in 11 bytes: characters of 2 and 3 bytes
MIXED = "Gr\u00fc\u00dfe, \u0109ar, \u65e5\u672c, 10 \u20ac, \U0001f40d"
LAST = "edited"
FIRST_BYTE = (0x00, 0xC0, 0xE0, 0xF0, 0xF8, 0xFC)  # of 1 to 6 bytes
BITS = (7, 11, 16, 21, 26, 31)  # that they hold
PARTS = range(2, 7)


def scheme(number, size=None):
    """Return `number` in `size` bytes (None: the fewest), whether UTF-8 allows that or not."""
    if size is None:
        size = next(size for size, bits in enumerate(BITS, 1) if number < 1 << bits)
    tail = [0x80 | number >> 6 * at & 0x3F for at in range(size - 1)]
    return bytes([FIRST_BYTE[size - 1] | number >> 6 * (size - 1), *reversed(tail)])


def last(size):
    """Return the largest number that fits in `size` bytes."""
    return (1 << BITS[size - 1]) - 1


def starts(size):
    """Return every first byte of sequences of `size` bytes, each followed by a space."""
    following = (0xE0, 0xF0, 0xF8, 0xFC, 0xFE)
    return b"".join(bytes((first, 0x20)) for first in range(FIRST_BYTE[size - 1], following[size - 2]))


SURROGATES = (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)
CUT = [scheme(0, size)[:-1] for size in PARTS] + [scheme(last(size))[:-1] for size in PARTS]

# What the cases from 6.5 on hold, group by group: a name, and texts of which some are UTF-8 and some are not.
GROUPS = (
    (
        "characters of 1 to 4 bytes",
        [f"hello{char}world".encode() for char in "$\u00a2\u20ac\U00024b62"] + [GREEK.encode()],
    ),
    ("a text, cut after each byte", [GREEK.encode()[:end] for end in range(1, 12)]),
    ("the first sequence of 1 to 4 bytes", [scheme(number) for number in (0, 0x80, 0x800, 0x10000)]),
    ("the first sequence of 5 and 6 bytes", [scheme(1 << BITS[3]), scheme(1 << BITS[4])]),
    ("the last sequence of 1 to 4 bytes", [scheme(number) for number in (0x7F, 0x7FF, 0xFFFF, 0x10FFFF)]),
    ("the last sequence of 4 to 6 bytes by the scheme", [scheme(last(size)) for size in (4, 5, 6)]),
    ("around gaps", [scheme(number) for number in (0xD7FF, 0xE000, 0xFFFD, 0x10FFFF, 0x110000)]),
    (
        "continuation bytes that continue nothing",
        [b"\x80", b"\xbf"] + [(b"\x80\xbf" * 3)[:size] for size in range(2, 7)] + [bytes(range(0x80, 0xC0))],
    ),
    ("first bytes without what they announce", [starts(size) for size in PARTS]),
    ("sequences without their last byte", CUT),
    ("sequences without their last byte, in a row", [b"".join(CUT)]),
    ("bytes that never occur", [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"]),
    ("a slash in more bytes than it needs", [scheme(ord("/"), size) for size in PARTS]),
    ("the largest numbers in one byte more than they need", [scheme(last(size - 1), size) for size in PARTS]),
    ("zero in more bytes than it needs", [scheme(0, size) for size in PARTS]),
    ("single surrogates", [scheme(number) for number in SURROGATES]),
    ("pairs of surrogates", [scheme(high) + scheme(low) for high in SURROGATES[:4] for low in (0xDC00, 0xDFFF)]),
    (
        "the last two of each plane, which are no characters",
        [scheme(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)],
    ),
    ("specials, such as the replacement character", [scheme(number) for number in range(0xFFF9, 0x10000)]),
)


def is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def cases():
    yield Exchange("6.1.1", "empty text", "5.6", (text(),), replies(text()))
    steps = (text(fin=False), cont(fin=False), cont())
    yield Exchange("6.1.2", "text in three empty fragments", "5.4", steps, replies(text()))
    steps = (text(fin=False), cont("the middle", False), cont())
    yield Exchange("6.1.3", "text in three fragments, the outer ones empty", "5.4", steps, replies(text("the middle")))

    mixed, greek = text(MIXED), text(GREEK)
    yield Exchange("6.2.1", "text with characters of 1 to 4 bytes", "5.6", (mixed,), replies(mixed))
    steps = (text(MIXED[:9], False), cont(MIXED[9:]))
    yield Exchange("6.2.2", "text in two fragments, cut between characters", "5.4", steps, replies(mixed))
    for number, whole in ((3, mixed), (4, greek)):
        yield Exchange(f"6.2.{number}", "text in fragments of 1 byte", "5.4", (Fragmented(whole, 1),), replies(whole))

    surrogate = text(GREEK.encode() + scheme(0xD800) + LAST.encode())
    yield Exchange("6.3.1", "text with a surrogate", "8.1", (surrogate,), ending=NOT_UTF8)
    title = "text with a surrogate, in fragments of 1 byte"
    yield Exchange("6.3.2", title, "8.1", (Fragmented(surrogate, 1),), ending=NOT_UTF8)
    yield from fail_fast()

    for group, (name, samples) in enumerate(GROUPS, 5):
        for number, data in enumerate(samples, 1):
            valid = is_utf8(data)
            title = f"{name}: {data.hex(' ') if len(data) < 20 else f'{len(data)} bytes'}"
            if valid:
                yield Exchange(f"6.{group}.{number}", title, "8.1", (text(data),), replies(text(data)))
            else:
                yield Exchange(f"6.{group}.{number}", title, "8.1", (text(data),), ending=NOT_UTF8)
    yield from ours()


def fail_fast():
    """Text that is wrong from its 12th or 13th byte on. A strict peer does not wait for its end."""
    data = GREEK.encode() + scheme(0x110000) + LAST.encode()
    ways = (
        (1, "the second fragment is too large a number", 11, 15),
        (2, "the second fragment is the one byte that makes it wrong", 12, 13),
        (3, "the same as 6.4.1, but three pieces of one frame", 11, 15),
        (4, "the same as 6.4.2, but three pieces of one frame", 12, 13),
    )
    for number, title, one, two in ways:
        if number < 3:
            start, middle, end = text(data[:one], False), cont(data[one:two], False), cont(data[two:])
            steps = (start, Still(), middle, Still(), end)
        else:
            whole = text(data)
            steps = (
                Part(whole, 0, one),
                Still(between=False, soon=True),
                Part(whole, one, two),
                Still(between=False),
                Part(whole, two),
            )
        yield Exchange(f"6.4.{number}", title, "8.1", steps, (OPEN,), (OPEN, OPEN), NOT_UTF8)


def ours():
    """What Autobahn leaves out: characters cut by the network, and by fragments in other ways."""
    mixed = text(MIXED)
    yield Exchange("T1", "text with long characters, byte by byte", "5.6", (Chopped((mixed,)),), replies(mixed))
    snake = "\U0001f40d".encode()
    steps = (text(snake[:2], False), ping("between"), cont(snake[2:]))
    title = "a character cut by two fragments with a Ping between them"
    yield Exchange("T2", title, "5.4", steps, replies(pong("between"), text(snake)))
    steps = (text(snake[:2], False), cont("abc"))
    yield Exchange("T3", "a character that the next fragment does not finish", "8.1", steps, ending=NOT_UTF8)
    steps = (text(snake[:2], False), cont(b"", False), cont(b""))
    yield Exchange("T4", "a character that no fragment finishes", "8.1", steps, ending=NOT_UTF8)
    marked = text("\ufeffa byte order mark, and a \0")
    yield Exchange("T5", "text with U+FEFF at the start and a zero byte", "5.6", (marked,), replies(marked))
    wild = binary(b"".join(CUT))
    yield Exchange("T6", "binary that is not UTF-8", "5.6", (wild,), replies(wild))
    steps = (Together((text(b"\xff"), ping("behind"))),)
    title = "text that is not UTF-8, then Ping, in one write"
    yield Exchange("T7", title, "7.1.7", steps, (), replies(pong("behind")), NOT_UTF8)
