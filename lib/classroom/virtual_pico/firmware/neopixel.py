"""The module neopixel: a strip of coloured LEDs on one pin."""

from _board import tell
from machine import _number


class NeoPixel:
    def __init__(self, pin, n, bpp=3, timing=1):
        self.pin, self.n, self.bpp = pin, n, bpp
        self._colours = [(0,) * bpp] * n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return self._colours[index]

    def __setitem__(self, index, colour):
        self._colours[index] = colour

    def fill(self, colour):
        self._colours = [colour] * self.n

    def write(self):
        """Let the LEDs show what was set."""
        tell("neopixel", _number(self.pin), ["".join("%02x" % part for part in colour) for colour in self._colours])
