"""Speaks to a server that understands, as a board with a microphone does: sound in small frames, then a text back.

    board  -> 1280 bytes        40 ms of sound: 640 samples of 16 bits, little-endian, 16000 in a second
    board  -> {"end": true}     that was all
    server -> {"text": "..."}   what it has heard

The sound is a tone that this program computes. With a microphone, take in place of Tone

    asyncio.StreamReader(machine.I2S(0, mode=machine.I2S.RX, bits=16, format=machine.I2S.MONO, rate=RATE, ...))

which has the same readinto(). One frame is kept, however long the speech: the next fills the same bytes.
"""

import asyncio
import gc
import json
import math
import struct
import time

import uplink

RATE = 16000  # samples in a second
FRAME = 1280  # bytes
MILLISECONDS = 40  # of sound in a frame
FRAMES = 50  # of a speech: two seconds
PERIOD = 32  # samples in one swing of the tone, which makes it 500 Hz


class Tone:
    """A source of sound: a tone of RATE / PERIOD Hz, from now on, no faster than time goes.

    late: int, by how many milliseconds a frame was asked for too late, at most.
    """

    def __init__(self):
        self._swing = b"".join(
            struct.pack("<h", round(8000 * math.sin(2 * math.pi * n / PERIOD))) for n in range(PERIOD)
        )
        self._due = time.ticks_ms()
        self.late = 0

    async def readinto(self, buffer):
        """Fill `buffer` (FRAME bytes) once its sound is over, and return how many bytes that are."""
        self._due = time.ticks_add(self._due, MILLISECONDS)
        wait = time.ticks_diff(self._due, time.ticks_ms())
        if wait > 0:
            await asyncio.sleep_ms(wait)
        self.late = max(self.late, -wait)
        for at in range(0, FRAME, len(self._swing)):
            buffer[at : at + len(self._swing)] = self._swing
        return FRAME


async def speak(ws, source, frame):
    """Send FRAMES frames of `source`, and return the server's text (str). frame: bytearray of FRAME bytes, reused."""
    view = memoryview(frame)
    for _ in range(FRAMES):
        size = await source.readinto(frame)
        await ws.send(view[:size])
    await ws.send(json.dumps({"end": True}))
    return json.loads(await ws.recv())["text"]


async def main(settings):
    """Speak until the connection ends, or settings["rounds"] times. Return True after those.

    Raises what pocketws.connect and a connection raise, and ValueError or KeyError for an answer that is none.
    """
    frame = bytearray(FRAME)
    async with uplink.connect(settings) as ws:
        number = 0
        while number < settings["rounds"] or not settings["rounds"]:
            number += 1
            source = Tone()
            text = await speak(ws, source, frame)
            gc.collect()
            print("voice: speech %d, %d frames of %d bytes, at most %d ms late" % (number, FRAMES, FRAME, source.late))
            print("voice: understood: %s; %d bytes free" % (text, gc.mem_free()))
            if number != settings["rounds"]:
                await asyncio.sleep(settings["interval"])
    return True
