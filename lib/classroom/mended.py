"""BrokenClient with its faults mended, one by one: how a check tells which fault a piece of evidence shows.

This file names the nine faults. Whoever still hunts them should not read on.

    mended({"cut"})       # a class that has eight faults
    mended(FAULTS)        # one that has none
"""

import asyncio
import contextlib

from pocketws.compat import decode_utf8
from pocketws.exceptions import InvalidHeaderValue, ProtocolError
from pocketws.frames import OP_CLOSE, OP_CONT, OP_TEXT
from pocketws.handshake import accept_key

from .broken_client import MAX_SIZE, SECONDS, BrokenClient


class _Target:
    def _target(self, place):
        return place.resource_name


class _Accept:
    def _check_accept(self, accept, key):
        if accept != accept_key(key):
            raise InvalidHeaderValue("Sec-WebSocket-Accept", accept, accept_key(key), "4.1")


class _Rsv:
    def _check_first(self, first):
        if first & 0x70:
            raise ProtocolError("RSV1-3 is not 000", "5.2")
        super()._check_first(first)


class _Length:
    async def _length(self, short):
        length = await super()._length(short)
        if short > 125 and (length < (126 if short == 126 else 1 << 16) or length >> 63):
            raise ProtocolError("the length has a shorter form", "5.2")
        return length


class _Large:
    async def _refuse(self):
        await self._fail(1009)


class _Cut:
    async def _payload(self, size):
        return await self._reader.readexactly(size)


class _Text:
    def _text(self, payload):
        try:
            return decode_utf8(payload)
        except UnicodeError:
            raise ProtocolError("the text is not UTF-8", "8.1", close_code=1007) from None


class _Fragments:
    _kind, _parts = None, b""

    def _message(self, fin, opcode, payload):
        if (opcode == OP_CONT) != (self._kind is not None):
            raise ProtocolError("this frame does not fit what came before it", "5.4")
        self._kind = opcode or self._kind
        self._parts += payload
        if len(self._parts) > MAX_SIZE:
            raise ProtocolError("the message is too large", "10.4", close_code=1009)
        if not fin:
            return None
        kind, data = self._kind, self._parts
        self._kind, self._parts = None, b""
        return self._text(data) if kind == OP_TEXT else data


class _Goodbye:
    async def open(self, new_val=None):
        if new_val is not None and not new_val and self._open:
            with contextlib.suppress(Exception):  # what the other faults raise in recv(), too
                await self._send(OP_CLOSE, (1000).to_bytes(2, "big"))
                async with asyncio.timeout(SECONDS):
                    while await self.recv() is not None:
                        pass
        return await super().open(new_val)


FAULTS = {
    "target": _Target,
    "accept": _Accept,
    "rsv": _Rsv,
    "length": _Length,
    "large": _Large,
    "cut": _Cut,
    "text": _Text,
    "fragments": _Fragments,
    "goodbye": _Goodbye,
}


def mended(faults):
    """Return a class like BrokenClient, but without the `faults`, names of FAULTS."""
    return type("Mended", (*(FAULTS[name] for name in faults), BrokenClient), {})
