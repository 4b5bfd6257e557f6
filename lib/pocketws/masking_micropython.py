"""Masking of what is large, on MicroPython. See masking.py."""

import sys

from .masking import apply_mask, turned

try:
    from .masking_viper import mask_words
except (SyntaxError, ImportError):  # a port that cannot compile to machine code
    mask_words = None

masked = apply_mask  # a board handles no more than a small piece at a time

_STEP = 4096  # bytes at a time: a larger number does not fit on a board


def mask_in_place(data, key, start, end):
    """XOR data[start:end], part of the bytearray payload `data`, with its 4-byte `key`.

    data[0] belongs to key[0], so a payload can be unmasked piece by piece.
    """
    first, last = (start + 3) // 4, end // 4  # the whole words in between
    if mask_words is None or first >= last:
        _by_numbers(data, key, start, end)
    else:
        _by_numbers(data, key, start, first * 4)
        mask_words(data, int.from_bytes(key, sys.byteorder), first, last)
        _by_numbers(data, key, last * 4, end)


def _by_numbers(data, key, start, end):
    if start < end:
        key = turned(key, start)
        view = memoryview(data)
        for at in range(start, end, _STEP):
            stop = min(at + _STEP, end)
            view[at:stop] = apply_mask(view[at:stop], key)
