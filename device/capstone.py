"""Everything together: readings that get through, and an LED that the server switches. Use it with wss:// and a key.

It talks as stream does, and besides:

    server -> {"led": true}         switches the LED
    board  -> {"led": true}         its state: on each new connection, and after each command
"""

import json

import machine
import stream
import uplink


class Capstone(stream.Stream):
    """A Stream that also obeys commands."""

    def __init__(self, interval):
        super().__init__(interval)
        self._pin = machine.Pin("LED", machine.Pin.OUT)

    async def tell(self, ws):
        """Tell the server the state of the LED."""
        await ws.send(json.dumps({"led": bool(self._pin.value())}))

    async def command(self, ws, message):
        """Switch the LED, if `message` (dict) says so; anything else is ignored."""
        on = message.get("led")
        if on not in (True, False):
            return await super().command(ws, message)
        self._pin.value(on)
        print("capstone: LED", "on" if on else "off")
        await self.tell(ws)


_capstone = None


async def main(settings):
    """Send readings and obey until the connection ends. Raises as stream.main does."""
    global _capstone
    if _capstone is None:
        _capstone = Capstone(settings["interval"])
    if settings["url"].startswith("ws:"):
        print("capstone: with ws:// everybody on the way reads the token and switches the LED; use wss://")
    async with uplink.connect(settings) as ws:
        await _capstone.tell(ws)
        await _capstone.talk(ws)
