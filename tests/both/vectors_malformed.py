"""Headers that RFC 6455 forbids, with the rule that each one breaks, as plain tuples.

Apart from vectors.py, so that a board holds only what its test module needs.
"""

from tests.both.vectors import KEY

_ZEROS = b"\x00\x00\x00\x00\x00\x00"

# name, header, masked (what the receiver expects), section, field, rsv (bits that an extension uses; RSV1 is 4)
MALFORMED = (
    ("RSV1", b"\xc1\x05", False, "5.2", "RSV1-3", 0),
    ("RSV2", b"\xa1\x05", False, "5.2", "RSV1-3", 0),
    ("RSV3", b"\x91\x85" + KEY, True, "5.2", "RSV1-3", 0),
    ("RSV1 on a ping", b"\xc9\x00", False, "5.2", "RSV1-3", 0),
    ("RSV2 beside a negotiated RSV1", b"\xa1\x05", False, "5.2", "RSV1-3", 4),
    ("RSV1 and RSV2, RSV1 negotiated", b"\xe1\x05", False, "5.2", "RSV1-3", 4),
    ("RSV3 beside a negotiated RSV1", b"\x92\x85" + KEY, True, "5.2", "RSV1-3", 4),
    ("compressed close", b"\xc8\x02", False, "5.2", "RSV1-3", 4),
    ("compressed ping", b"\xc9\x85" + KEY, True, "5.2", "RSV1-3", 4),
    ("compressed pong", b"\xca\x00", False, "5.2", "RSV1-3", 4),
    ("fragmented close", b"\x08\x02", False, "5.5", "FIN", 0),
    ("fragmented ping", b"\x09\x85" + KEY, True, "5.5", "FIN", 0),
    ("fragmented pong", b"\x0a\x00", False, "5.5", "FIN", 0),
    ("close of 126 bytes", b"\x88\x7e\x00\x7e", False, "5.5", "payload len", 0),
    ("ping of 126 bytes", b"\x89\xfe\x00\x7e" + KEY, True, "5.5", "payload len", 0),
    ("pong of 65536 bytes", b"\x8a\x7f\x00\x00\x00\x00\x00\x01\x00\x00", False, "5.5", "payload len", 0),
    ("ping of 5 bytes, 2-byte length", b"\x89\x7e\x00\x05", False, "5.2", "payload len", 0),
    ("unmasked text from a client", b"\x81\x05", True, "5.1", "MASK", 0),
    ("unmasked empty text from a client", b"\x81\x00", True, "5.1", "MASK", 0),
    ("unmasked close from a client", b"\x88\x02", True, "5.1", "MASK", 0),
    ("unmasked ping from a client", b"\x89\x00", True, "5.1", "MASK", 0),
    ("masked text from a server", b"\x81\x85" + KEY, False, "5.1", "MASK", 0),
    ("masked text from a server, key of zeros", b"\x81\x85" + bytes(4), False, "5.1", "MASK", 0),
    ("masked pong from a server", b"\x8a\x80" + KEY, False, "5.1", "MASK", 0),
    ("0 bytes, 2-byte length", b"\x82\x7e\x00\x00", False, "5.2", "payload len", 0),
    ("125 bytes, 2-byte length", b"\x82\x7e\x00\x7d", False, "5.2", "payload len", 0),
    ("125 bytes, 2-byte length, masked", b"\x82\xfe\x00\x7d" + KEY, True, "5.2", "payload len", 0),
    ("0 bytes, 8-byte length", b"\x82\x7f\x00\x00" + _ZEROS, False, "5.2", "payload len", 0),
    ("125 bytes, 8-byte length", b"\x82\x7f\x00" + _ZEROS + b"\x7d", False, "5.2", "payload len", 0),
    ("126 bytes, 8-byte length", b"\x82\x7f\x00" + _ZEROS + b"\x7e", False, "5.2", "payload len", 0),
    ("65535 bytes, 8-byte length", b"\x82\x7f" + _ZEROS + b"\xff\xff", False, "5.2", "payload len", 0),
    ("65535 bytes, 8-byte length, masked", b"\x82\xff" + _ZEROS + b"\xff\xff" + KEY, True, "5.2", "payload len", 0),
    ("2**63 bytes", b"\x82\x7f\x80\x00" + _ZEROS, False, "5.2", "payload len", 0),
    ("2**64 - 1 bytes, masked", b"\x82\xff" + b"\xff" * 8 + KEY, True, "5.2", "payload len", 0),
)
for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
    name = "reserved opcode 0x%x" % opcode
    MALFORMED += ((name, bytes((0x80 | opcode, 0x80)) + KEY, True, "5.2", "opcode", 0),)
