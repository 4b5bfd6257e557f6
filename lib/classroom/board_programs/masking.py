"""Masks SIZE bytes in three ways; prints for each its name, the bytes of heap that it takes, and its microseconds.

Runs on MicroPython; lesson 17 sets SIZE. Where the port compiles no viper, mask_in_place works in
pieces of 4 KiB, and says "pieces".
"""

import gc
from time import ticks_diff, ticks_us

from pocketws import masking_micropython
from pocketws.masking import apply_mask
from pocketws.masking_micropython import mask_in_place

KEY = b"\x37\xfa\x21\x3d"


def by_bytes(data):
    for i in range(len(data)):
        data[i] ^= KEY[i & 3]


def by_number(data):
    return apply_mask(data, KEY)


def in_place(data):
    mask_in_place(data, KEY, 0, len(data))


best = "pieces" if masking_micropython.mask_words is None else "viper"
for name, way in (("loop", by_bytes), ("number", by_number), (best, in_place)):
    data = bytearray(SIZE)
    gc.collect()
    gc.disable()  # so that nothing is taken back meanwhile
    before, start = gc.mem_alloc(), ticks_us()
    way(data)
    took = ticks_diff(ticks_us(), start)
    print(name, gc.mem_alloc() - before, took)
    gc.enable()
    data = None
