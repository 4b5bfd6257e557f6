"""A client with the interface of AsyncWebsocketClient that someone wrote in a hurry: the suspect of lesson 09.

    client = BrokenClient()
    await client.handshake("ws://127.0.0.1:8765/")
    await client.send("Hello")
    await client.recv()             # str, bytes, or None once the connection is closed
    await client.close()

It works with most servers, most of the time. Do not repair it, and do not read it before the
exercise is done: find out from outside what it does.
"""

import asyncio
import os

from pocketws import handshake
from pocketws.exceptions import InvalidHeaderValue, InvalidStatus, InvalidUpgrade, NegotiationError, ProtocolError
from pocketws.frames import OP_BINARY, OP_CLOSE, OP_CONT, OP_PING, OP_PONG, OP_TEXT, OPCODE_NAMES, Frame, decode_close
from pocketws.http import ResponseParser

MAX_SIZE = 1 << 20  # bytes of a message
SECONDS = 10  # for the opening handshake


class BrokenClient:
    """A WebSocket client for ws:// on CPython; see above."""

    def __init__(self, ms_delay_for_read=5):
        self.delay_read = ms_delay_for_read
        self._open = False

    async def handshake(self, uri, headers=[], keyfile=None, certfile=None, cafile=None, cert_reqs=0):  # noqa: B006
        """Connect; return True. Raises OSError, TimeoutError, InvalidHandshake, and ValueError for wss://."""
        await self.close()
        place = handshake.parse_uri(uri)
        if place.secure:
            raise ValueError("this client speaks ws:// only")
        async with asyncio.timeout(SECONDS):
            self._reader, self._writer = await asyncio.open_connection(place.host, place.port)
            try:
                key = handshake.generate_key()
                request = handshake.build_request(place, key, additional_headers=headers)
                request.path = self._target(place)
                self._writer.write(request.serialize())
                self._check(await self._response(), key)
            except BaseException:
                self._writer.close()
                raise
        self._open = True
        return True

    def _target(self, place):
        """Return what to ask the server for: str."""
        return place.resource_name if place.path else "/"

    async def _response(self):
        parser = ResponseParser()
        while (response := parser.feed(await self._reader.readuntil(b"\r\n\r\n"))) is None:
            pass
        return response

    def _check(self, response, key):
        """Raise InvalidHandshake unless the server has opened the connection."""
        headers = response.headers
        if response.status_code != 101:
            raise InvalidStatus(response)
        if headers.get("Upgrade", "").lower() != "websocket":
            raise InvalidUpgrade("Upgrade", headers.get("Upgrade"), "'websocket'", "4.1")
        handshake.check_connection(headers, "4.1")
        self._check_accept(handshake.single(headers, "Sec-WebSocket-Accept", "11.3.3"), key)
        if "Sec-WebSocket-Extensions" in headers or "Sec-WebSocket-Protocol" in headers:
            raise NegotiationError("the server chose something that we did not offer", "4.1")

    def _check_accept(self, accept, key):
        if not accept:
            raise InvalidHeaderValue("Sec-WebSocket-Accept", accept, "the answer to our key", "4.1")

    async def send(self, buf):
        """Send a str as text, or bytes as a binary message. Does nothing once the connection is closed."""
        opcode, data = (OP_TEXT, buf.encode()) if isinstance(buf, str) else (OP_BINARY, bytes(buf))
        if self._open:
            await self._send(opcode, data)

    async def _send(self, opcode, data):
        self._writer.write(Frame(opcode, data).serialize(os.urandom(4)))
        await self._writer.drain()

    async def recv(self):
        """Return the next message, str or bytes, or None once the connection is closed."""
        while self._open:
            try:
                message = await self._next()
                if message is not None:
                    return message
            except ProtocolError as error:
                await self._fail(error.close_code)
            except (OSError, EOFError):  # the server is gone
                self._drop()
        return None

    async def _next(self):
        """Read a frame and act on it; return the message that it completes, or None."""
        first, second = await self._reader.readexactly(2)
        self._check_first(first)
        if second & 0x80:
            raise ProtocolError("a server must not mask its frames", "5.1")
        opcode, length = first & 0x0F, second & 0x7F
        if opcode >= OP_CLOSE:
            if length > 125 or not first & 0x80:
                raise ProtocolError("a control frame is whole and holds at most 125 bytes", "5.5")
            return await self._control(opcode, await self._payload(length))
        length = await self._length(length)
        if length > MAX_SIZE:
            return await self._refuse()
        return self._message(first & 0x80, opcode, await self._payload(length))

    def _check_first(self, first):
        if first & 0x0F not in OPCODE_NAMES:
            raise ProtocolError("this opcode is reserved", "5.2")

    async def _length(self, short):
        """Return the length of the payload, of which the header's second byte says `short`."""
        if short < 126:
            return short
        return int.from_bytes(await self._reader.readexactly(2 if short == 126 else 8), "big")

    async def _refuse(self):
        """A message is larger than we take."""
        await self.close(code=1009)

    async def _payload(self, size):
        data = b""
        while len(data) < size:
            more = await self._reader.read(size - len(data))
            if not more:
                break
            data += more
        return data

    def _message(self, fin, opcode, payload):
        if not fin or opcode == OP_CONT:
            raise NotImplementedError("fragments")
        return self._text(payload) if opcode == OP_TEXT else payload

    def _text(self, payload):
        return payload.decode()

    async def _control(self, opcode, payload):
        if opcode == OP_PING:
            await self._send(OP_PONG, payload)
        elif opcode == OP_CLOSE:
            decode_close(payload)
            await self._send(OP_CLOSE, payload[:2])
            self._drop()

    async def _fail(self, code):
        """Tell the server which rule it broke, and leave (RFC 6455 section 7.1.7)."""
        try:
            await self._send(OP_CLOSE, code.to_bytes(2, "big"))
        except OSError:
            pass
        self._drop()

    def _drop(self):
        self._open = False
        self._writer.close()

    async def close(self):
        """Close the connection, if there is one. Return False."""
        return await self.open(False)

    async def open(self, new_val=None):
        """Tell whether the connection is open: bool. open(False) closes it."""
        if new_val is not None and not new_val and self._open:
            self._drop()
        return self._open
