"""Compressed messages with what they inflate to, as plain tuples. Sections are those of RFC 7692.

A message is what stands in its frames: hex, without the four bytes that the sender leaves out.
"""

# name, the messages of a connection, what they inflate to: whether or not a message may refer to earlier ones
MESSAGES = (
    ("7.2.3.1 one block", ["f248cdc9c90700"], [b"Hello"]),
    ("7.2.3.2 no context", ["f248cdc9c90700", "f248cdc9c90700"], [b"Hello", b"Hello"]),
    ("7.2.3.3 a block without compression", ["000500faff48656c6c6f00"], [b"Hello"]),
    ("7.2.3.4 a final block", ["f348cdc9c9070000"], [b"Hello"]),
    ("7.2.3.4 the same again", ["f348cdc9c9070000", "f348cdc9c9070000", "f248cdc9c90700"], [b"Hello"] * 3),
    ("7.2.3.5 two blocks", ["f24805000000ffffcac9c90700"], [b"Hello"]),
    ("7.2.3.6 empty", ["00"], [b""]),
    ("7.2.3.6 empty, as an empty block with fixed codes", ["0200"], [b""]),
    ("7.2.1 empty, many blocks", ["000000ffff" * 9 + "00"], [b""]),
    ("7.2.1 empty, many final blocks", ["0300" * 9 + "00"], [b""]),
    ("7.2.1 empty final blocks before a block", ["0300" * 9 + "f248cdc9c90700"], [b"Hello"]),
    ("7.2.1 empty final blocks after a final block", ["f348cdc9c90700" + "0300" * 9 + "00"], [b"Hello"]),
    ("7.2.1 own codes", ["04c101010000008090adfa3f22104208218410420821841042082184104208a101"], [b"aaab" * 30]),
    ("7.2.2 the four bytes that are put back end a block without compression", ["000600f9ff4865"], [b"He\0\0\xff\xff"]),
)

# The same where a message may refer to earlier ones
CONTEXT = (
    ("7.2.3.2 with context", ["f248cdc9c90700", "f200110000"], [b"Hello", b"Hello"]),
    ("past an empty message", ["f248cdc9c90700", "00", "f200110000"], [b"Hello", b"", b"Hello"]),
    ("past a final block", ["f348cdc9c9070000", "f200110000"], [b"Hello", b"Hello"]),
)

# name, a message with blocks after a final one, what it inflates to
AFTER_FINAL = (
    ("a block", "f348cdc9c90700f248cdc9c90700", b"HelloHello"),
    ("a block that refers to what was before", "f348cdc9c90700f200110000", b"HelloHello"),
    ("final blocks that refer to all before", "f348cdc9c90700f3001100f3001100f200110000", b"HelloHelloHelloHello"),
)

# name, a message that is refused with 1007
CORRUPT = (
    ("nothing", ""),
    ("the reserved type of block", "06"),
    ("the reserved type of a final block", "07"),
    ("a stored length that does not match", "000500fbff48656c6c6f00"),
    ("cut after a symbol", "f248cdc9"),
    ("cut within a stored length", "0005"),
    ("cut within a stored block", "000900f6ff48"),
    ("cut within a long stored block", "001400ebff48"),
    ("cut within the description of codes", "04c10101"),
    ("final block without another one", "f348cdc9c90700"),
    ("the four bytes not left out", "f248cdc9c907000000ffff"),
    ("garbage after the last block", "f248cdc9c90700ab"),
    ("garbage after a final block", "f348cdc9c90700ffff"),
    ("a length code that is reserved", "1a0300"),
    ("not DEFLATE", "48656c6c6f"),
)


class Block:
    """A block with DEFLATE's fixed codes (RFC 1951 section 3.2.6), made bit by bit."""

    def __init__(self):
        self._bytes = bytearray()
        self._byte = 0
        self._count = 0  # bits in it
        self._number(0b010, 3)  # not the final block; fixed codes

    def literal(self, byte):
        """Add one byte: 8 bits, or 9 from 144 on."""
        if byte < 144:
            self._code(0b00110000 + byte, 8)
        else:
            self._code(0b110010000 + byte - 144, 9)

    def match(self, length, distance):
        """Repeat `length` bytes, 3 or 258, that were `distance` bytes, 1 to 32768, before."""
        if length == 3:
            self._code(257 - 256, 7)
        else:
            self._code(0b11000000 + 285 - 280, 8)
        code, base, extra = 0, 1, 0
        while distance >= base + (1 << extra):
            base += 1 << extra
            code += 1
            extra = max(0, code // 2 - 1)
        self._code(code, 5)
        self._number(distance - base, extra)

    def message(self):
        """Return the message that this block makes up, as bytes."""
        self._code(0, 7)  # the end of the block
        self._number(0, 3)  # an empty stored block begins; its four bytes are left out
        if self._count:
            self._bytes.append(self._byte)
        return bytes(self._bytes)

    def _number(self, value, bits):
        """Add `value`, its lowest bit first."""
        for at in range(bits):
            self._byte |= (value >> at & 1) << self._count
            self._count += 1
            if self._count == 8:
                self._bytes.append(self._byte)
                self._byte = self._count = 0

    def _code(self, value, bits):
        """Add `value`, its highest bit first."""
        for at in range(bits - 1, -1, -1):
            self._number(value >> at & 1, 1)


def literals(data):
    """Return the message of `data` (bytes) by a compressor that finds nothing to repeat."""
    block = Block()
    for byte in data:
        block.literal(byte)
    return block.message()


def bomb(size):
    """Return a message of `size` bytes 0: one literal and repetitions of 258, so `size` is 1 and a multiple of it."""
    block = Block()
    block.literal(0)
    for _ in range(size // 258):
        block.match(258, 1)
    return block.message()


def reference(distance):
    """Return a message of 3 bytes, all of them those that were `distance` bytes before."""
    block = Block()
    block.match(3, distance)
    return block.message()


def stored(data):
    """Return the message of `data` (bytes) in blocks without compression."""
    blocks = b""
    for at in range(0, len(data), 65535):
        piece = data[at : at + 65535]
        size = len(piece)
        blocks += b"\0" + size.to_bytes(2, "little") + (65535 - size).to_bytes(2, "little") + piece
    return blocks + b"\0"
