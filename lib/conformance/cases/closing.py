"""Section 7: how a connection is closed (RFC 6455 sections 5.5.1 and 7). Numbers are Autobahn's; C1 and on are ours."""

from ..model import (
    FAILS,
    WRONG_CODE,
    Chopped,
    Ending,
    Exchange,
    Filled,
    Frame,
    Together,
    close,
    cont,
    ping,
    pong,
    replies,
    text,
)

NORMAL = Ending(fatal=(WRONG_CODE,))
REFUSED = Ending(codes=(1002,), clean=False, fatal=(WRONG_CODE,))  # our Close frame is the fault
BAD_REASON = Ending(codes=(1002, 1007), clean=False, fatal=(WRONG_CODE,))

VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
INVALID = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
NEWER = (1012, 1013, 1014)  # registered after the RFC (section 11.7)

HELLO = text("Hello")


def cases():
    big = text(Filled(b"0123456789", 256 << 10))
    table = (
        ("7.1.1", "text, then Close", "7.1.2", (HELLO,), replies(HELLO), NORMAL),
        ("7.1.2", "Close twice", "5.5.1", (Together((close(1000), close())),), (), NORMAL),
        ("7.1.3", "Close, then Ping", "5.5.1", (Together((close(1000), ping())),), (), NORMAL),
        ("7.1.4", "Close, then text", "5.5.1", (Together((close(1000), HELLO)),), (), NORMAL),
        ("7.1.5", "Close inside a message", "5.4", (Together((text("a", False), close(1000), cont("b"))),), (), NORMAL),
        ("7.3.1", "Close without a code", "5.5.1", (close(),), (), NORMAL),
        ("7.3.2", "Close with half a code", "5.5.1", (close(reason="a"),), (), REFUSED),
        ("7.3.3", "Close with a code", "5.5.1", (close(1000),), (), NORMAL),
        ("7.3.4", "Close with a reason", "5.5.1", (close(1000, "Goodbye"),), (), NORMAL),
        ("7.3.5", "Close with a reason of 123 bytes", "5.5", (close(1000, "*" * 123),), (), NORMAL),
        ("7.3.6", "Close with a reason of 124 bytes", "5.5", (close(1000, "*" * 124),), (), REFUSED),
        ("7.5.1", "Close with a reason that is not UTF-8", "5.5.1", (close(1000, b"a\xed\xa0\x80b"),), (), BAD_REASON),
    )
    for number, title, section, steps, ok, ending in table:
        yield Exchange(number, title, section, steps, ok, ending=ending)
    steps = (big, HELLO, close(1000), ping())
    yield Exchange("7.1.6", "256 KiB of text, text, Close and Ping", "5.5.1", steps, informational=True)
    for number, code in enumerate(VALID, 1):
        ending = Ending(codes=(1000, code), fatal=(WRONG_CODE,))
        yield Exchange(f"7.7.{number}", f"Close {code}, which is valid", "7.4", (close(code),), ending=ending)
    for number, code in enumerate(INVALID, 1):
        yield Exchange(f"7.9.{number}", f"Close {code}, which is not valid", "7.4", (close(code),), ending=REFUSED)
    for number, code in enumerate((5000, 65535), 1):
        yield Exchange(f"7.13.{number}", f"Close {code}", "7.4.2", (close(code),), informational=True)
    yield from ours()


def ours():
    for number, code in enumerate(NEWER, 1):
        steps, ending = (close(code),), Ending(codes=(1000, code))
        yield Exchange(f"C{number}", f"Close {code}, registered later", "11.7", steps, ending=ending)
    yield Exchange("C4", "Close 1015, which is never sent", "7.4.1", (close(1015),), ending=REFUSED)
    reason = "\u00e9" * 61 + "!"
    yield Exchange("C5", "Close with a reason of 62 characters in 123 bytes", "5.5", (close(1000, reason),))
    cut = "\u00e9".encode()[:1]
    title = "Close with a reason that ends within a character"
    yield Exchange("C6", title, "5.5.1", (close(1000, cut),), ending=BAD_REASON)
    title = "Close with a code and a reason, byte by byte"
    yield Exchange("C7", title, "5.5.1", (Chopped((close(1000, "Goodbye"),)),))
    title = "Close that is not final"
    yield Exchange("C8", title, "5.5", (close(1000, fin=False),), ending=Ending(codes=(1002,), clean=False))
    ending = Ending(codes=(3456,))
    yield Exchange("C9", "Close 3456, and the answer has the same code", "5.5.1", (close(3456),), ending=ending)
    steps = (Together((ping("before"), close(1000), HELLO)),)
    title = "Ping, Close and text in one write"
    yield Exchange("C10", title, "5.5.1", steps, replies(pong("before")))
    yield Exchange(
        "C11", "a frame with a reserved opcode, then text", "7.1.7", (Together((Frame(3), HELLO)),), ending=FAILS
    )
