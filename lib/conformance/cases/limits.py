"""Sections 9 and 10: large messages, many fragments, many messages. The numbers are those of Autobahn's cases.

In full, the sizes are Autobahn's too: 16 MiB and 65,536 fragments at most, and a thousand messages.
Reduced, messages are a sixteenth of that, and there are thirty.
"""

from ..model import Chopped, Exchange, Filled, Fragmented, Series, binary, replies, text

KIB, MIB = 1 << 10, 1 << 20

SIZES = (64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB)
FRAGMENTS = (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB)  # of a message of 4 MiB
CHOPS = (64, 128, 256, 512, KIB, 2 * KIB)  # of a message of 1 MiB
SMALL = (0, 16, 64, 256, KIB, 4 * KIB)  # of messages one after the other


def cases(full=False):
    less, count = (1, 1000) if full else (16, 30)
    kinds = (("text", text, b"0123456789"), ("binary", binary, b"\x00\xfe\x23\xfa\xf0"))
    for group, (name, make, filling) in enumerate(kinds, 1):
        for number, size in enumerate(SIZES, 1):
            frame = make(Filled(filling, size // less))
            title = f"{name} message of {amount(size // less)}"
            yield Exchange(f"9.{group}.{number}", title, "5.2", (frame,), replies(frame), patience=20)
    for group, (name, make, filling) in enumerate(kinds, 3):
        whole = make(Filled(filling, 4 * MIB // less))
        for number, size in enumerate(FRAGMENTS, 1):
            title = f"{name} message of {amount(len(whole.payload))} in fragments of {amount(size)}"
            steps = (Fragmented(whole, size),)
            yield Exchange(f"9.{group}.{number}", title, "5.4", steps, replies(whole), patience=20)
    for group, (name, make, filling) in enumerate(kinds, 5):
        frame = make(Filled(filling, MIB // less))
        for number, size in enumerate(CHOPS, 1):
            title = f"{name} message of {amount(len(frame.payload))} in pieces of {amount(size)}"
            steps = (Chopped((frame,), size),)
            yield Exchange(f"9.{group}.{number}", title, "5.2", steps, replies(frame), patience=20)
    for group, (name, _, _) in enumerate(kinds, 7):
        for number, size in enumerate(SMALL, 1):
            title = f"{count} {name} messages of {amount(size)}, one after the other"
            yield Series(f"9.{group}.{number}", title, "5.6", "prose", name == "binary", size, count)

    whole = text(Filled(b"*", 65536))
    title = "text message of 64 KiB in fragments of 1300 bytes"
    yield Exchange("10.1.1", title, "5.4", (Fragmented(whole, 1300),), replies(whole))


def amount(size):
    """Return a number of bytes as words: "64 KiB"."""
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if size and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} bytes"
