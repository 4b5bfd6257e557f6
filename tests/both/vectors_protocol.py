"""What comes in over an open connection and what is to come of it, as plain tuples.

Apart from vectors.py, so that a board holds only what its test module needs.
"""

from tests.both.wire import BINARY, CLOSE, CONT, PING, PONG, TEXT, code

A, B, C = (TEXT, b"a", False), (CONT, b"b", False), (CONT, b"c")
EURO = b"\xe2\x82\xac"

# name, frames that come in: (opcode, payload, fin, rsv1); events: (opcode, data); frames sent: (opcode, payload)
GOOD = (
    ("text", [(TEXT, b"Hello")], [(TEXT, "Hello")], []),
    ("binary", [(BINARY, b"\x00\xff")], [(BINARY, b"\x00\xff")], []),
    ("empty text", [(TEXT, b"")], [(TEXT, "")], []),
    ("empty binary", [(BINARY, b"")], [(BINARY, b"")], []),
    ("text beyond ASCII", [(TEXT, EURO)], [(TEXT, "\u20ac")], []),
    ("text of 126 bytes", [(TEXT, b"t" * 126)], [(TEXT, "t" * 126)], []),
    ("binary of 140 bytes", [(BINARY, b"b" * 140)], [(BINARY, b"b" * 140)], []),
    ("two messages", [(TEXT, b"one"), (BINARY, b"two")], [(TEXT, "one"), (BINARY, b"two")], []),
    ("2 fragments", [A, C], [(TEXT, "ac")], []),
    ("3 fragments", [A, B, C], [(TEXT, "abc")], []),
    ("binary fragments", [(BINARY, b"\xff", False), (CONT, b"\xfe")], [(BINARY, b"\xff\xfe")], []),
    ("empty first fragment", [(TEXT, b"", False), C], [(TEXT, "c")], []),
    ("empty middle fragment", [A, (CONT, b"", False), C], [(TEXT, "ac")], []),
    ("empty last fragment", [A, (CONT, b"")], [(TEXT, "a")], []),
    ("nothing but empty fragments", [(BINARY, b"", False), (CONT, b"", False), (CONT, b"")], [(BINARY, b"")], []),
    ("a message after fragments", [A, C, A, C, (TEXT, b"d")], [(TEXT, "ac"), (TEXT, "ac"), (TEXT, "d")], []),
    ("a character over 2 fragments", [(TEXT, EURO[:1], False), (CONT, EURO[1:])], [(TEXT, "\u20ac")], []),
    (
        "a character over 4 fragments, one empty",
        [(TEXT, EURO[:1], False), (CONT, b"", False), (CONT, EURO[1:2], False), (CONT, EURO[2:])],
        [(TEXT, "\u20ac")],
        [],
    ),
    ("ping", [(PING, b"")], [(PING, b"")], [(PONG, b"")]),
    ("ping of 125 bytes", [(PING, b"p" * 125)], [(PING, b"p" * 125)], [(PONG, b"p" * 125)]),
    (
        "pings side by side",
        [(PING, b"1"), (PING, b"2"), (PING, b"2")],
        [(PING, b"1"), (PING, b"2"), (PING, b"2")],
        [(PONG, b"1"), (PONG, b"2"), (PONG, b"2")],
    ),
    ("pong that no one asked for", [(PONG, b"x")], [(PONG, b"x")], []),
    ("ping between fragments", [A, (PING, b"p"), C], [(PING, b"p"), (TEXT, "ac")], [(PONG, b"p")]),
    ("pong between fragments", [A, (PONG, b"p"), C], [(PONG, b"p"), (TEXT, "ac")], []),
    (
        "ping inside a character",
        [(TEXT, EURO[:2], False), (PING, EURO[2:]), (CONT, EURO[2:])],
        [(PING, EURO[2:]), (TEXT, "\u20ac")],
        [(PONG, EURO[2:])],
    ),
)

# The same, for connections that end here. Whatever follows is dropped.
CLOSED = (
    ("close", [(CLOSE, code(1000, b"bye"))], [(CLOSE, (1000, "bye"))], [(CLOSE, code(1000, b"bye"))]),
    ("close without a code", [(CLOSE, b"")], [(CLOSE, (1005, ""))], [(CLOSE, b"")]),
    ("close, 4999", [(CLOSE, code(4999))], [(CLOSE, (4999, ""))], [(CLOSE, code(4999))]),
    (
        "close of 125 bytes",
        [(CLOSE, code(1001, b"r" * 123))],
        [(CLOSE, (1001, "r" * 123))],
        [(CLOSE, code(1001, b"r" * 123))],
    ),
    (
        "close between fragments",
        [A, (PING, b"p"), (CLOSE, code(1000)), C],
        [(PING, b"p"), (CLOSE, (1000, ""))],
        [(PONG, b"p"), (CLOSE, code(1000))],
    ),
    (
        "data after close",
        [(TEXT, b"a"), (CLOSE, b""), (TEXT, b"b"), (PING, b"p"), (CLOSE, code(1000))],
        [(TEXT, "a"), (CLOSE, (1005, ""))],
        [(CLOSE, b"")],
    ),
    ("bad data after close", [(CLOSE, b""), (3, b"")], [(CLOSE, (1005, ""))], [(CLOSE, b"")]),
)

# name, frames that come in, events before the fault, pongs before the Close, close code, section and field
BAD = (
    ("continuation of nothing", [C], [], [], 1002, "5.4", "opcode"),
    ("continuation of nothing, not final", [B], [], [], 1002, "5.4", "opcode"),
    ("continuation after a whole message", [(TEXT, b"a"), C], [(TEXT, "a")], [], 1002, "5.4", "opcode"),
    ("continuation after the last", [A, C, C], [(TEXT, "ac")], [], 1002, "5.4", "opcode"),
    ("text inside a message", [A, (TEXT, b"x"), C], [], [], 1002, "5.4", "opcode"),
    ("binary inside a message", [A, B, (BINARY, b"x", False)], [], [], 1002, "5.4", "opcode"),
    ("after a ping", [(PING, b"p"), C], [(PING, b"p")], [b"p"], 1002, "5.4", "opcode"),
    (
        "after a message and two pings",
        [(PING, b"p"), (TEXT, b"t"), (PING, b"q"), (3, b"")],
        [(PING, b"p"), (TEXT, "t"), (PING, b"q")],
        [b"p", b"q"],
        1002,
        "5.2",
        "opcode",
    ),
    ("reserved data opcode", [(7, b"")], [], [], 1002, "5.2", "opcode"),
    ("reserved control opcode", [(11, b"x")], [], [], 1002, "5.2", "opcode"),
    ("RSV1 without an extension", [(TEXT, b"x", True, True)], [], [], 1002, "5.2", "RSV1-3"),
    ("RSV1 on a ping", [(PING, b"x", True, True)], [], [], 1002, "5.2", "RSV1-3"),
    ("RSV1 on a continuation", [A, (CONT, b"x", True, True)], [], [], 1002, "5.2", "RSV1-3"),
    ("ping of 126 bytes", [(PING, b"p" * 126)], [], [], 1002, "5.5", "payload len"),
    ("fragmented ping", [(PING, b"p", False)], [], [], 1002, "5.5", "FIN"),
    ("fragmented close", [(CLOSE, b"", False)], [], [], 1002, "5.5", "FIN"),
    ("close with half a code", [(CLOSE, b"\x03")], [], [], 1002, "5.5.1", "payload"),
    ("close with 999", [(CLOSE, code(999))], [], [], 1002, "7.4", "payload"),
    ("close with 1005", [(CLOSE, code(1005))], [], [], 1002, "7.4", "payload"),
    ("close with 1006", [(CLOSE, code(1006))], [], [], 1002, "7.4", "payload"),
    ("close with 5000", [(PING, b"p"), (CLOSE, code(5000))], [(PING, b"p")], [b"p"], 1002, "7.4", "payload"),
    ("close with bad UTF-8", [(CLOSE, code(1000, b"\xff"))], [], [], 1007, "5.5.1", "payload"),
    ("close cut inside a character", [(CLOSE, code(1000, EURO[:2]))], [], [], 1007, "5.5.1", "payload"),
    ("text with bad UTF-8", [(TEXT, b"ok"), (TEXT, b"a\xffb")], [(TEXT, "ok")], [], 1007, "8.1", "payload"),
    ("text cut inside a character", [(TEXT, EURO[:2])], [], [], 1007, "8.1", "payload"),
    ("last fragment cut inside a character", [(TEXT, b"a", False), (CONT, EURO[:2])], [], [], 1007, "8.1", "payload"),
    ("empty last fragment inside a character", [(TEXT, EURO[:2], False), (CONT, b"")], [], [], 1007, "8.1", "payload"),
    ("surrogate over 2 fragments", [(TEXT, b"\xed", False), (CONT, b"\xa0")], [], [], 1007, "8.1", "payload"),
)
