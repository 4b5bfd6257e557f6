"""Every difference between CPython and MicroPython, found once and kept here.

Nothing in this file knows what a WebSocket is.
"""

import sys

MICROPYTHON = sys.implementation.name == "micropython"


def decode_utf8(data):
    """Return the text that `data` (bytes-like) holds, or raise UnicodeError.

    Strict on both runtimes, as RFC 3629 demands: no surrogates, no overlong
    forms, nothing above U+10FFFF.
    """
    text = str(data, "utf-8")
    if MICROPYTHON:
        _refuse_lax_utf8(text, data)
    return text


def encode_utf8(text):
    """Return `text` as bytes, or raise UnicodeError for what UTF-8 cannot hold (surrogates)."""
    data = text.encode()
    if MICROPYTHON:
        _refuse_lax_utf8(text, data)
    return data


# What MicroPython's decoder lets through: lead bytes that never occur, and, after
# four of the others, second bytes outside the range of RFC 3629 section 4.
UTF8_NEVER = b"\xc0\xc1\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"
UTF8_SECOND = ((b"\xe0", 0xA0, 0xBF), (b"\xed", 0x80, 0x9F), (b"\xf0", 0x90, 0xBF), (b"\xf4", 0x80, 0x8F))


def _refuse_lax_utf8(text, data):
    """Raise UnicodeError where `data`, already decoded to `text`, is not strict UTF-8."""
    if len(text) == len(data):  # all is ASCII; to see that at once saves 13 us for two short messages
        return
    data = bytes(data)
    for byte in UTF8_NEVER:
        if data.find(bytes((byte,))) >= 0:
            raise UnicodeError("byte 0x%02x never occurs in UTF-8" % byte)
    for lead, lowest, highest in UTF8_SECOND:
        at = data.find(lead)
        while at >= 0:
            if not lowest <= data[at + 1] <= highest:
                raise UnicodeError("byte 0x%02x may not follow 0x%02x in UTF-8" % (data[at + 1], lead[0]))
            at = data.find(lead, at + 2)
