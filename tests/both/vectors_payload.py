"""Close payloads and UTF-8, good and bad, with their known answers, as plain tuples.

Apart from vectors.py, so that a board holds only what its test module needs.
"""

# name, payload, code, reason
CLOSES = (
    ("1000", b"\x03\xe8", 1000, ""),
    ("1000 with a reason", b"\x03\xe8bye", 1000, "bye"),
    ("a reason that is not ASCII", b"\x0f\xa0gr\xc3\xbc\xc3\x9fe \xf0\x9f\x91\x8b", 4000, "gr\u00fc\u00dfe \U0001f44b"),
    ("a reason of 123 bytes", b"\x03\xe9" + b"r" * 123, 1001, "r" * 123),
    ("a reason of 123 bytes, not ASCII", b"\x03\xe9r" + b"\xc3\xa9" * 61, 1001, "r" + "\u00e9" * 61),
    ("a reason with NUL", b"\x03\xe8\x00", 1000, "\x00"),
)
for code in (1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999):
    CLOSES += ((str(code), bytes((code >> 8, code & 0xFF)), code, ""),)

# name, payload, section, close code of the error
BAD_CLOSES = (
    ("1 byte", b"\x03", "5.5.1", 1002),
    ("1 byte, zero", b"\x00", "5.5.1", 1002),
    ("1005 with a reason", b"\x03\xedbye", "7.4", 1002),
    ("a bad code and a bad reason", b"\x03\xe7\xff", "7.4", 1002),
    ("a reason of one lead byte", b"\x03\xe8\xc3", "5.5.1", 1007),
    ("a reason with a surrogate", b"\x03\xe8\xed\xa0\x80", "5.5.1", 1007),
    ("a reason with an overlong slash", b"\x03\xe8a\xc0\xafb", "5.5.1", 1007),
    ("a reason cut at its 123rd byte", b"\x03\xe8" + b"r" * 121 + b"\xe2\x82", "5.5.1", 1007),
)
BAD_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32768, 65535)
for code in BAD_CODES:
    BAD_CLOSES += ((str(code), bytes((code >> 8, code & 0xFF)), "7.4", 1002),)

# name, bytes, code points (RFC 3629 section 3)
UTF8 = (
    ("nothing", b"", ()),
    ("ASCII", b"Hello", (0x48, 0x65, 0x6C, 0x6C, 0x6F)),
    ("NUL and DEL", b"\x00\x7f", (0, 0x7F)),
    ("first and last of 2 bytes", b"\xc2\x80\xdf\xbf", (0x80, 0x7FF)),
    ("first and last of 3 bytes", b"\xe0\xa0\x80\xef\xbf\xbf", (0x800, 0xFFFF)),
    ("first and last of 4 bytes", b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", (0x10000, 0x10FFFF)),
    ("around the surrogates", b"\xed\x9f\xbf\xee\x80\x80", (0xD7FF, 0xE000)),
    ("first and last after F1 and F3", b"\xf1\x80\x80\x80\xf3\xbf\xbf\xbf", (0x40000, 0xFFFFF)),
    ("a byte order mark", b"\xef\xbb\xbfa", (0xFEFF, 0x61)),
    ("noncharacters", b"\xef\xb7\x90\xef\xbf\xbe", (0xFDD0, 0xFFFE)),
    ("all lengths", b"$\xc2\xa3\xe2\x82\xac\xf0\x90\x8d\x88", (0x24, 0xA3, 0x20AC, 0x10348)),
    ("lead bytes side by side", b"\xe0\xa0\x80\xe0\xa0\x81\xed\x80\x80\xed\x9f\xbf", (0x800, 0x801, 0xD000, 0xD7FF)),
)

# name, bytes, whether MicroPython's own decoder lets it through
BAD_UTF8 = (
    ("a continuation byte alone", b"\x80", False),
    ("the last continuation byte alone", b"a\xbfb", False),
    ("a continuation byte too many", b"\xc2\x80\x80", False),
    ("2 bytes cut to 1", b"\xc2", False),
    ("3 bytes cut to 1", b"\xe2", False),
    ("3 bytes cut to 2", b"\xe2\x82", False),
    ("E0 cut to 1", b"\xe0", False),
    ("4 bytes cut to 1", b"\xf0", False),
    ("4 bytes cut to 2", b"\xf0\x90", False),
    ("4 bytes cut to 3", b"\xf0\x90\x80", False),
    ("2 bytes broken by ASCII", b"\xc2a", False),
    ("3 bytes broken by ASCII", b"\xe2\x82a", False),
    ("4 bytes broken by a lead byte", b"\xf0\x90\x80\xc2\x80", False),
    ("overlong NUL, 2 bytes", b"\xc0\x80", True),
    ("overlong slash, 2 bytes", b"\xc0\xaf", True),
    ("overlong DEL, 2 bytes", b"\xc1\xbf", True),
    ("overlong slash, 3 bytes", b"\xe0\x80\xaf", True),
    ("overlong U+07FF, 3 bytes", b"\xe0\x9f\xbf", True),
    ("overlong slash, 4 bytes", b"\xf0\x80\x80\xaf", True),
    ("overlong U+FFFF, 4 bytes", b"\xf0\x8f\xbf\xbf", True),
    ("first surrogate", b"\xed\xa0\x80", True),
    ("last surrogate", b"\xed\xbf\xbf", True),
    ("a surrogate pair", b"\xed\xa0\xbd\xed\xb1\x8b", True),
    ("U+110000", b"\xf4\x90\x80\x80", True),
    ("U+13FFFF", b"\xf4\xbf\xbf\xbf", True),
    ("U+140000", b"\xf5\x80\x80\x80", True),
    ("U+1FFFFF", b"\xf7\xbf\xbf\xbf", True),
    ("5 bytes", b"\xf8\x88\x80\x80\x80", False),
    ("6 bytes", b"\xfc\x84\x80\x80\x80\x80", False),
    ("FE", b"\xfe", False),
    ("FF", b"\xff", False),
    ("bad after good of the same lead byte", b"\xe0\xa0\x80\xe0\x80\x80", True),
    ("surrogate after good text", b"a\xed\x9f\xbfb\xed\xa0\x80c", True),
    ("UTF-16", b"\xff\xfeH\x00i\x00", False),
    ("Latin-1", b"gr\xfc\xdfe", False),
)
