"""The compressed messages of a board, on CPython too: with a stand-in for MicroPython's `deflate`."""

import sys

from pocketws import deflate as module
from pocketws.compat import MICROPYTHON
from pocketws.deflate import PerMessageDeflate


class StandIn:
    """What BoardInflater uses of MicroPython's `deflate`, made with zlib. Unlike it, zlib sees every fault."""

    RAW = 1

    class DeflateIO:
        def __init__(self, stream, form, wbits):
            import zlib

            assert form == StandIn.RAW
            self.error = zlib.error
            self.stream = stream
            self.decompressor = zlib.decompressobj(-wbits)
            self.held = b""

        def readinto(self, buffer):
            while not self.held and not self.decompressor.eof:
                byte = self.stream.read(1)
                if not byte:
                    raise EOFError
                try:
                    self.held = self.decompressor.decompress(byte)
                except self.error:
                    raise OSError(22) from None
            size = min(len(self.held), len(buffer))
            buffer[:size] = self.held[:size]
            self.held = self.held[size:]
            return size


if not MICROPYTHON:
    sys.modules["deflate"] = StandIn


def unhex(text):
    return bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])


def on_a_board(**settings):
    """Return the extension as a program on MicroPython gets it."""
    runtime, module.MICROPYTHON = module.MICROPYTHON, True
    try:
        return PerMessageDeflate(**settings)
    finally:
        module.MICROPYTHON = runtime
