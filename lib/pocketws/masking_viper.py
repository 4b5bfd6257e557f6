"""One loop in machine code, for MicroPython ports that can compile it. See masking_micropython.py.

Here alone, because elsewhere this file is a syntax error. On the unix port it masks 64 KiB in
0.02 ms, where one large number takes 3 ms.
"""

import micropython


@micropython.viper
def mask_words(data, key: int, at: int, end: int):
    """XOR the 32-bit words number `at` to `end` of the bytearray `data` with `key`, a key as one such word."""
    words = ptr32(data)  # noqa: F821, viper's: the memory itself. A Pico reads words at multiples of 4 only.
    while at < end:
        words[at] = words[at] ^ key
        at += 1
