"""Sends what the chip's thermometer says, and loses no reading that it can keep: each stays until it is acknowledged.

    board  -> {"boot": "5be0c3a1", "number": 17, "celsius": 24.31, "dropped": 0, "age": 0}
    server -> {"acknowledged": 17}          17 is safe, and so are all before it

Numbers count from 1 in each boot; `age` says for about how many seconds a reading has waited.
After a connection has been lost, whatever is not acknowledged goes out again, in order: the
server may get a reading twice, and knows it by its number. MOST readings are kept; then the
oldest is dropped, and `dropped` tells how many those were. A reset loses what is not
acknowledged.
"""

import asyncio
import json
import os
from binascii import hexlify

import machine
import uplink

from pocketws.exceptions import ConnectionClosed

MOST = 200  # readings: about three minutes of one each second
SHOWN = 10  # of so many acknowledgements, one is printed


class Readings:
    """Readings on their way, the oldest first. most: int, how many are kept. interval: seconds between two of them.

    dropped: int, how many there was no room for. changed: asyncio.Event, set when there is one to send.
    """

    def __init__(self, most=MOST, interval=1):
        self.most = most
        self.interval = interval
        self.boot = hexlify(os.urandom(4)).decode()
        self.dropped = 0
        self.changed = asyncio.Event()
        self._kept = []  # (number, celsius), in order, without a gap
        self._next = 1
        self._sent = 0  # the last number that went out on this connection

    def __len__(self):
        return len(self._kept)

    def add(self, celsius):
        """Keep a reading, and drop the oldest if there are too many."""
        self._kept.append((self._next, celsius))
        self._next += 1
        if len(self._kept) > self.most:
            self._kept.pop(0)
            self.dropped += 1
        self.changed.set()

    def acknowledge(self, number):
        """Forget the readings up to `number`: the server has them."""
        while self._kept and self._kept[0][0] <= number:
            self._kept.pop(0)

    def start_over(self):
        """Let all of them go out again: on a new connection, nobody knows what came through the old one."""
        self._sent = 0
        self.changed.set()

    def next(self):
        """Return the next message to send (str), or None if all are under way."""
        for number, celsius in self._kept:
            if number > self._sent:
                self._sent = number
                reading = {"boot": self.boot, "number": number, "celsius": celsius, "dropped": self.dropped}
                reading["age"] = round((self._next - 1 - number) * self.interval, 2)
                return json.dumps(reading)


class Stream:
    """The readings, and the task that takes them: they outlive each connection.

    interval: seconds between two readings.
    """

    def __init__(self, interval):
        self.readings = Readings(interval=interval)
        self._sensor = machine.ADC(4)
        self._task = asyncio.create_task(self._sample(interval))

    async def _sample(self, interval):
        while True:
            self.readings.add(self._celsius())
            await asyncio.sleep(interval)

    def _celsius(self):
        """Return what the thermometer of the chip says (RP2040 datasheet, 4.9.5)."""
        volts = self._sensor.read_u16() * 3.3 / 65535
        return round(27 - (volts - 0.706) / 0.001721, 2)

    async def talk(self, ws):
        """Send what is kept and what comes, and take acknowledgements and commands, until the connection ends.

        Raises ConnectionClosedError, and ValueError for a message that is no JSON.
        """
        print("stream: connected, %d readings wait" % len(self.readings))
        self.readings.start_over()
        sender = asyncio.create_task(self._send(ws))
        try:
            async for text in ws:
                message = json.loads(text)
                number = message.get("acknowledged")
                if number is None:
                    await self.command(ws, message)
                    continue
                self.readings.acknowledge(number)
                if number % SHOWN == 0:
                    print("stream: acknowledged up to", number)
        finally:
            sender.cancel()

    async def command(self, ws, message):
        """Take a message (dict) that is no acknowledgement. This one knows none."""
        print("stream: ignored", message)

    async def _send(self, ws):
        try:
            while True:
                await self.readings.changed.wait()
                self.readings.changed.clear()
                while message := self.readings.next():
                    await ws.send(message)
        except ConnectionClosed:
            pass  # talk() hears it, too


_stream = None


async def main(settings):
    """Send readings until the connection ends. Raises what pocketws.connect and a connection raise, and ValueError."""
    global _stream
    if _stream is None:
        _stream = Stream(settings["interval"])
    async with uplink.connect(settings) as ws:
        await _stream.talk(ws)
