"""permessage-deflate (RFC 7692): sections 12 and 13, numbered as Autobahn's cases; D1 and on are ours.

In full, each case of 12 and 13 sends a thousand messages, as Autobahn's do; reduced, 128 KiB
in two to ten messages.
"""

from ..deflate import compress
from ..model import FAILS, Deflate, Ending, Exchange, Series, binary, cont, ping, pong, replies, text

KIB = 1 << 10

# (size of a message, size of its frames or 0 for one frame)
SIZES = [(size, 0) for size in (16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB)]
SIZES += [(size, 256) for size in (8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB)]
SIZES += [(128 * KIB, cut) for cut in (KIB, 4 * KIB, 32 * KIB)]

SAMPLES = (("json", False), ("picture", True), ("prose", True), ("html", False), ("noise", True))

PLAIN = Deflate()
CONTEXT = Deflate(context=True)
WISHES = (
    ("nothing in particular", PLAIN),
    ("no context takeover", Deflate(True)),
    ("a window of 9 bits", Deflate(max_bits=9)),
    ("a window of 15 bits", Deflate(max_bits=15)),
    ("no context takeover and a window of 9 bits", Deflate(True, 9)),
    ("no context takeover and a window of 15 bits", Deflate(True, 15)),
    (
        "no context takeover and a window of 9 bits, or without that window, or neither",
        Deflate(True, 9, fallback=Deflate(True, fallback=PLAIN)),
    ),
)


def cases(full=False):
    for group, (sample, is_binary) in enumerate(SAMPLES, 1):
        for number, (size, cut) in enumerate(SIZES, 1):
            yield series(f"12.{group}.{number}", sample, is_binary, size, cut, PLAIN, "", full)
    for group, (words, wanted) in enumerate(WISHES, 1):
        for number, (size, cut) in enumerate(SIZES, 1):
            yield series(f"13.{group}.{number}", "json", False, size, cut, wanted, f"; we ask for {words}", full)
    yield from ours()


def series(number, sample, is_binary, size, cut, wanted, words, full):
    count = 1000 if full else min(max(128 * KIB // size, 2), 10)
    frames = f" in frames of {cut}" if cut else ""
    title = f"{count} compressed messages of {size}, {sample}{frames}{words}"
    return Series(number, title, "7692: 6", sample, is_binary, size, count, cut, wanted)


# The examples of RFC 7692 section 7.2.3: "Hello" in one block, again with the first as context, in a block
# without compression, in one marked as the last, and in two blocks.
HELLO = b"\xf2\x48\xcd\xc9\xc9\x07\x00"
AGAIN = b"\xf2\x00\x11\x00\x00"
STORED = b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"
FINAL = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
TWO_BLOCKS = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"

BROKEN = Ending(ours=False, codes=(1002, 1003, 1007, 1011), clean=False)  # the RFC names no code
NOT_UTF8 = Ending(ours=False, codes=(1007,), clean=False)


def ours():
    hello = text("Hello")
    good = (
        ("D1", "a compressed message", "7692: 7.2.3.1", (_deflated(HELLO),), replies(hello)),
        ("D2", "a message that is not compressed", "7692: 6", (hello,), replies(hello)),
        ("D3", "an empty message, compressed to one byte", "7692: 7.2.3.6", (_deflated(b"\0"),), replies(text())),
        ("D4", "a block without compression", "7692: 7.2.3.3", (_deflated(STORED),), replies(hello)),
        ("D5", "a block that is marked as the last", "7692: 7.2.3.4", (_deflated(FINAL),), replies(hello)),
        ("D6", "two blocks", "7692: 7.2.3.5", (_deflated(TWO_BLOCKS),), replies(hello)),
        (
            "D7",
            "a second message that refers to the first",
            "7692: 7.2.3.2",
            (_deflated(HELLO), _deflated(AGAIN)),
            replies(hello, hello),
        ),
        (
            "D8",
            "a compressed message in two fragments with a Ping between them",
            "7692: 7.2.1",
            (text(HELLO[:3], False, rsv=4), ping("between"), cont(HELLO[3:])),
            replies(pong("between"), hello),
        ),
        (
            "D9",
            "a compressed message in fragments of 1 byte, the last one empty",
            "7692: 7.2.1",
            (
                *(
                    text(HELLO[:1], False, rsv=4),
                    *(cont(HELLO[at : at + 1], False) for at in range(1, len(HELLO))),
                    cont(),
                ),
            ),
            replies(hello),
        ),
        (
            "D10",
            "binary of 100 KB, compressed to a few hundred bytes",
            "7692: 6",
            (binary(compress(bytes(100_000)), rsv=4),),
            replies(binary(bytes(100_000))),
        ),
        (
            "D11",
            "compressed and plain messages in turns",
            "7692: 6",
            (_deflated(HELLO), text("plain"), _deflated(AGAIN)),
            replies(hello, text("plain"), hello),
        ),
    )
    for number, title, section, steps, ok in good:
        refers = any(AGAIN == frame.payload for frame in steps)
        yield Exchange(number, title, section, steps, ok, deflate=CONTEXT if refers else PLAIN)

    half = (text(HELLO[:3], False, rsv=4), cont(HELLO[3:], rsv=4))
    bad = (
        ("D20", "RSV1 on a further fragment", "7692: 6.1", half, FAILS),
        ("D21", "RSV1 on a Ping", "7692: 6.1", (ping("Hello", rsv=4),), FAILS),
        ("D22", "RSV2 on a message", "5.2", (text("Hello", rsv=2),), FAILS),
        ("D23", "RSV1 and RSV2 on a compressed message", "5.2", (text(HELLO, rsv=6),), FAILS),
        ("D24", "a block of the reserved type", "7692: 6.2", (text(b"\x06\x00", rsv=4),), BROKEN),
        ("D25", "a reference to what never was", "7692: 6.2", (text(AGAIN, rsv=4),), BROKEN),
        ("D26", "a length that does not match its complement", "7692: 6.2", (text(b"\0\5\0\0\0Hello", rsv=4),), BROKEN),
        ("D27", "a compressed text that is not UTF-8", "8.1", (_deflated(compress(b"a\xff")),), NOT_UTF8),
    )
    for number, title, section, steps, ending in bad:
        yield Exchange(number, title, section, steps, ending=ending, deflate=PLAIN)


def _deflated(data):
    return text(data, rsv=4)
