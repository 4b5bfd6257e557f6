"""Masking of what is large, on CPython. See masking.py.

docs/benchmarks.md compares the ways: per byte, four lanes take about half as long as one
large number, and numpy a twentieth of that. Below about 1 KiB the number wins.
"""

import sys

from .masking import apply_mask, turned

_LANES_FROM = 1024  # bytes


def mask_in_place(data, key, start, end):
    """XOR data[start:end], part of the bytearray payload `data`, with its 4-byte `key`.

    data[0] belongs to key[0], so a payload can be unmasked piece by piece.
    """
    key = turned(key, start)
    if end - start < _LANES_FROM:
        data[start:end] = apply_mask(data[start:end], key)
    elif hasattr(sys.modules.get("numpy"), "bitwise_xor"):  # never imported for this: that takes 0.1 s
        _by_words(sys.modules["numpy"], data, key, start, end)
    else:
        _by_lanes(data, key, start, end)


def _by_words(numpy, data, key, start, end):
    whole = start + (end - start) // 4 * 4
    words = numpy.frombuffer(data, numpy.uint32, (whole - start) // 4, start)
    numpy.bitwise_xor(words, numpy.frombuffer(key, numpy.uint32), words)
    data[whole:end] = apply_mask(data[whole:end], key)


def _by_lanes(data, key, start, end):
    """Replace every fourth byte in one step, by a table of what each becomes; four times, once for each key byte."""
    for lane in range(4):
        every_fourth = slice(start + lane, end, 4)
        data[every_fourth] = data[every_fourth].translate(_table(key[lane]))


_BYTES = bytes(range(256))
_TABLES = {}


def _table(byte):
    table = _TABLES.get(byte)
    if table is None:
        table = _TABLES[byte] = apply_mask(_BYTES, bytes((byte,)) * 4)
    return table
