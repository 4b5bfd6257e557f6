"""What Autobahn has no cases for in RFC 6455 section 5: minimal lengths (L), masks (M), and a client's keys (K).

A length must have the shortest of its three forms. That is said to whoever sends it; a
peer that takes a longer one is NON-STRICT.
"""

from ..model import (
    CLEAN,
    CLIENT,
    FAILS,
    SERVER,
    Chopped,
    Ending,
    Exchange,
    Filled,
    Habit,
    binary,
    close,
    cont,
    ping,
    pong,
    replies,
    text,
)


def cases():
    yield from lengths()
    yield from masks()
    yield from keys()


def lengths():
    table = (
        ("L1", text, 0, 2),
        ("L2", text, 5, 2),
        ("L3", binary, 125, 2),
        ("L4", text, 0, 8),
        ("L5", binary, 125, 8),
        ("L6", text, 126, 8),
        ("L7", binary, 65535, 8),
    )
    for number, make, size, form in table:
        frame = make(Filled(b"*", size), form=form)
        title = f"{size} bytes with a length of {8 * form} bits"
        lenient, then = replies(frame), CLEAN
        yield Exchange(number, title, "5.2", (frame,), (), lenient, FAILS, then)
    first, rest = text("a", False), cont("b", form=2)
    title = "a fragment with a length of 16 bits for 1 byte"
    yield Exchange("L8", title, "5.2", (first, rest), (), replies(text("ab")), FAILS, CLEAN)
    for number, form in (("L9", 2), ("L10", 8)):
        title = f"Ping of 5 bytes with a length of {8 * form} bits"
        yield Exchange(number, title, "5.5", (ping("Hello", form=form),), (), replies(pong("Hello")), FAILS, CLEAN)
    title = "Close with a length of 16 bits for 2 bytes"
    ending = Ending(codes=(1002,), clean=False)
    yield Exchange("L11", title, "5.5", (close(1000, form=2),), ending=ending)
    for number, announced in (("L12", 1 << 63), ("L13", (1 << 64) - 1)):
        frame = binary("Hello", form=8, announced=announced)
        yield Exchange(number, f"a length of {announced:#x}, whose first bit is not 0", "5.2", (frame,), ending=FAILS)
    frame = binary(Filled(b"*", 300))
    yield Exchange("L14", "300 bytes, byte by byte", "5.2", (Chopped((frame,)),), replies(frame))


def masks():
    """A client must mask every frame, a server none (section 5.1)."""
    for role, start, word in ((SERVER, 1, "without a mask"), (CLIENT, 6, "with a mask")):
        wrong = {"masked": role == CLIENT}
        table = (
            ("text", (text("Hello", **wrong),)),
            ("empty text", (text(**wrong),)),
            ("Ping", (ping("Hello", **wrong),)),
            ("last fragment", (text("a", False), cont("b", **wrong))),
        )
        for number, (name, steps) in enumerate(table, start):
            yield Exchange(f"M{number}", f"{name} {word}", "5.1", steps, ending=FAILS, roles=(role,))
        ending = Ending(codes=(1002,), clean=False)
        steps = (close(1000, **wrong),)
        yield Exchange(f"M{start + 4}", f"Close {word}", "5.1", steps, ending=ending, roles=(role,))

    plain = text("Hello", key=bytes(4))
    yield Exchange("M11", "a masking key of zeros", "5.3", (plain,), replies(plain), roles=(SERVER,))
    long = binary(Filled(bytes(range(256)), 10000), key=b"\x01\x02\x03\x04")
    title = "a masked frame in pieces of 7 bytes"
    yield Exchange("M12", title, "5.3", (Chopped((long,), 7),), replies(long), roles=(SERVER,))


def keys():
    yield Habit(
        "K1", "two requests", "4.1", 2, _different_requests, "a key in each request that differs from the others"
    )
    yield Habit("K2", "five messages", "5.3", 1, _different_masks, "a masking key in each frame that differs")


def _different_requests(visits):
    found = [visit.request.headers["Sec-WebSocket-Key"] for visit in visits]
    return f"the key {found[0]} again" if len(set(found)) < len(found) else None


def _different_masks(visits):
    found = [key for visit in visits for key in visit.keys]
    if len(found) < 5:
        return f"{len(found)} frames"
    return f"the masking key {found[0].hex()} again" if len(set(found)) < len(found) else None
