"""Masking (RFC 6455 section 5.3): XOR with the bytes of a 4-byte key, over and over.

`apply_mask` is the plain way. It makes copies, which does not matter for what is small.
`mask_in_place` is for what is large, and takes the fastest means that the runtime has:
masking_cpython.py, masking_micropython.py. All ways give the same bytes.
"""


def apply_mask(data, key):
    """Return `data` (bytes-like) XORed with the 4-byte `key`, over and over (section 5.3).

    Masking and unmasking are the same step. The bytes become one large number, so
    a single XOR does the work of a loop.
    """
    size = len(data)
    pad = (key * (size // 4 + 1))[:size]
    number = int.from_bytes(data, "little") ^ int.from_bytes(pad, "little")
    return number.to_bytes(size, "little")


def turned(key, start):
    """Return the masking key as it applies from payload byte `start` on."""
    turn = start % 4
    return key[turn:] + key[:turn]
