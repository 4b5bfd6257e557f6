"""Sections 1 to 5: frames, pings, reserved bits and opcodes, fragments. The numbers are those of Autobahn's cases."""

from ..model import (
    FAILS,
    Await,
    Chopped,
    Ending,
    Exchange,
    Filled,
    Frame,
    Together,
    binary,
    close,
    cont,
    ping,
    pong,
    replies,
    text,
)

HELLO = "Hello, world!"
BYTES = bytes((0, 255, 254, 253, 252, 251, 0, 255))  # not UTF-8
SIZES = (0, 125, 126, 127, 128, 65535, 65536)  # around the ends of the three forms of a length

# How the same bytes may arrive. The third column is an adjective for titles.
WHOLE, APART, BYTEWISE = "in one write", "frame by frame", "byte by byte"


def arriving(how, *frames):
    """Return the steps that send `frames` in one of these ways."""
    if how == APART:
        return frames
    return (Together(frames),) if how == WHOLE else (Chopped(frames),)


def behind_text(number, name, bad, how):
    """Return the Exchange of a good message, a bad frame, and a Ping that must not be answered.

    In one write, a peer that has not yet sent the message back when it sees the bad frame is
    NON-STRICT. Otherwise we wait for the message, or chance would decide.
    """
    good = text(HELLO)
    title = f"text, then {name}, then Ping, {how}"
    if how == WHOLE:
        return Exchange(number, title, "5.2", arriving(how, good, bad, ping()), replies(good), (), FAILS)
    steps = arriving(how, good) + (Await(1),) + arriving(how, bad, ping())
    return Exchange(number, title, "5.2", steps, replies(good), ending=FAILS)


def cases():
    yield from echoes()
    yield from pings()
    yield from reserved_bits()
    yield from reserved_opcodes()
    yield from fragments()


def echoes():
    for group, name, make, filling in ((1, "text", text, b"*"), (2, "binary", binary, b"\xfe")):
        for number, size in enumerate(SIZES, 1):
            frame = make(Filled(filling, size))
            yield Exchange(f"1.{group}.{number}", f"{name} message of {size} bytes", "5.2", (frame,), replies(frame))
        title = f"{name} message of 65536 bytes in pieces of 997"
        yield Exchange(f"1.{group}.8", title, "5.2", (Chopped((frame,), 997),), replies(frame))


def pings():
    table = (
        ("2.1", "empty Ping", b""),
        ("2.2", "Ping with text", HELLO),
        ("2.3", "Ping with bytes that are not UTF-8", BYTES),
        ("2.4", "Ping of 125 bytes, the most there may be", b"\xfe" * 125),
    )
    for number, title, data in table:
        yield Exchange(number, title, "5.5.2", (ping(data),), replies(pong(data)))
    yield Exchange("2.5", "Ping of 126 bytes", "5.5", (ping(b"\xfe" * 126),), ending=FAILS)
    longest = ping(b"\xfe" * 125)
    yield Exchange(
        "2.6", "Ping of 125 bytes, byte by byte", "5.5.2", (Chopped((longest,)),), replies(pong(b"\xfe" * 125))
    )
    asked_by_none = pong("nobody asked")
    yield Exchange("2.7", "Pong that nobody asked for, empty", "5.5.3", (pong(),))
    yield Exchange("2.8", "Pong that nobody asked for", "5.5.3", (asked_by_none,))
    yield Exchange(
        "2.9", "Pong that nobody asked for, then Ping", "5.5.3", (asked_by_none, ping("asked")), replies(pong("asked"))
    )
    ten = tuple(ping(f"number {number}") for number in range(10))
    answers = replies(*(pong(frame.payload) for frame in ten))
    yield Exchange("2.10", "ten Pings", "5.5.2", ten, answers)
    yield Exchange("2.11", "ten Pings, byte by byte", "5.5.2", (Chopped(ten),), answers)


def reserved_bits():
    """No extension is agreed on, so RSV1-3 must be 0 (section 5.2)."""
    yield Exchange("3.1", "text with RSV 1", "5.2", (text(HELLO, rsv=1),), ending=FAILS)
    for rsv, how in ((2, WHOLE), (3, APART), (4, BYTEWISE)):
        yield behind_text(f"3.{rsv}", f"text with RSV {rsv}", text(HELLO, rsv=rsv), how)
    yield Exchange("3.5", "binary with RSV 5", "5.2", (binary(BYTES, rsv=5),), ending=FAILS)
    yield Exchange("3.6", "Ping with RSV 6", "5.2", (ping(HELLO, rsv=6),), ending=FAILS)
    ending = Ending(codes=(1002,), clean=False)  # where ours is the fault, theirs is the second Close frame
    yield Exchange("3.7", "Close with RSV 7", "5.2", (close(1000, rsv=7),), ending=ending)


def reserved_opcodes():
    for group, opcodes in ((1, (3, 4, 5, 6, 7)), (2, (11, 12, 13, 14, 15))):
        for number, opcode in enumerate(opcodes, 1):
            # The first two come alone, one empty and one with a payload; the others behind a good message.
            bad = Frame(opcode, HELLO.encode() if number in (2, 4, 5) else b"")
            title = f"frame with opcode {opcode}" + ("" if bad.payload else ", empty")
            if number < 3:
                yield Exchange(f"4.{group}.{number}", title, "5.2", (bad,), ending=FAILS)
            else:
                yield behind_text(f"4.{group}.{number}", title, bad, BYTEWISE if number == 5 else WHOLE)


ONE, TWO = "fragment 1", "fragment 2"


def fragments():
    for number, (name, make) in enumerate((("Ping", ping), ("Pong", pong)), 1):
        steps = (make(ONE, fin=False), cont(TWO))
        yield Exchange(f"5.{number}", f"{name} in two fragments", "5.5", steps, ending=FAILS)

    first, last, between = text(ONE, fin=False), cont(TWO), ping("between")
    whole = text(ONE + TWO)
    for number, how in enumerate((WHOLE, APART, BYTEWISE), 3):
        yield Exchange(
            f"5.{number}", f"text in two fragments, {how}", "5.4", arriving(how, first, last), replies(whole)
        )
    for number, how in enumerate((WHOLE, APART, BYTEWISE), 6):
        steps = arriving(how, first, between, last)
        title = f"text in two fragments with a Ping between them, {how}"
        yield Exchange(f"5.{number}", title, "5.4", steps, replies(pong("between"), whole))

    number = 9
    for fin in (True, False):
        for how in (WHOLE, APART, BYTEWISE):
            steps = arriving(how, cont("continues nothing", fin), text(HELLO))
            kind = "last" if fin else "further"
            title = f"a {kind} fragment of no message, then text, {how}"
            yield Exchange(f"5.{number}", title, "5.4", steps, ending=FAILS)
            number += 1

    steps = arriving(WHOLE, first, last, cont("fragment 3", False), text("fragment 4"))
    title = "text in two fragments, then a further fragment of no message, then text, in one write"
    yield Exchange("5.15", title, "5.4", steps, replies(whole), (), FAILS)
    for number, fin in ((16, False), (17, True)):
        steps = (cont(ONE, fin), text(TWO, fin=False), cont("fragment 3")) * 2
        title = f"twice: a {'last' if fin else 'further'} fragment of no message, then text in two fragments"
        yield Exchange(f"5.{number}", title, "5.4", steps, ending=FAILS)
    steps = arriving(WHOLE, first, text(TWO))
    yield Exchange("5.18", "text in two fragments, both with opcode text", "5.4", steps, ending=FAILS)

    parts = [f"fragment {number}" for number in range(1, 6)]
    start = (text(parts[0], False), cont(parts[1], False), ping("first"))
    rest = (cont(parts[2], False), cont(parts[3], False), ping("second"), cont(parts[4]))
    answers = replies(pong("first"), pong("second"), text("".join(parts)))
    for number, how in ((19, WHOLE), (20, APART)):
        steps = arriving(how, *start) + (Await(1),) + arriving(how, *rest)
        title = f"text in five fragments, with Pings, the first of which is answered before the end, {how}"
        yield Exchange(f"5.{number}", title, "5.4", steps, answers)
