"""Masking of what is large, on CPython. See masking.py.

docs/benchmarks.md compares the ways: per byte, four lanes take about half as long as one
large number, and numpy a twentieth of that. Below about 1 KiB the number wins.
"""

import sys

from .masking import apply_mask, turned

_LARGE = 1024  # bytes: from here on, the other ways are faster than a number


def masked(data, key):
    """Return `data` (bytes-like) XORed with its 4-byte `key`: bytes or a bytearray. See apply_mask."""
    size = len(data)
    if size < _LARGE:
        return apply_mask(data, key)
    numpy = _numpy()
    if numpy is None:
        copy = bytearray(data)
        _by_lanes(copy, key, 0, size)
        return copy
    words = numpy.frombuffer(data, numpy.uint32, size // 4) ^ numpy.frombuffer(key, numpy.uint32)
    rest = data[size - size % 4 :]
    return words.tobytes() + apply_mask(rest, key) if rest else words.tobytes()


def mask_in_place(data, key, start, end):
    """XOR data[start:end], part of the bytearray payload `data`, with its 4-byte `key`.

    data[0] belongs to key[0], so a payload can be unmasked piece by piece.
    """
    if end - start < _LARGE:
        data[start:end] = apply_mask(data[start:end], turned(key, start))
        return
    numpy = _numpy()
    if numpy is None:
        _by_lanes(data, turned(key, start), start, end)
        return
    first, last = (start + 3) // 4 * 4, end // 4 * 4  # whole words, where they lie, take a third of the time
    words = numpy.frombuffer(data, numpy.uint32, (last - first) // 4, first)
    numpy.bitwise_xor(words, numpy.frombuffer(key, numpy.uint32), words)
    data[start:first] = apply_mask(data[start:first], turned(key, start))
    data[last:end] = apply_mask(data[last:end], key)


def _numpy():
    """Return numpy if the program has imported it, else None: importing it takes 0.1 s, so that is not for us to do."""
    numpy = sys.modules.get("numpy")
    return numpy if hasattr(numpy, "bitwise_xor") else None  # perhaps another thread has only begun


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
