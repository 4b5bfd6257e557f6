"""Sends a text, waits until it comes back, and says how long that took. Again and again."""

import asyncio
import time

import uplink


async def main(settings):
    """Make round trips until the connection ends, or settings["rounds"] of them. Return True after those.

    Raises what pocketws.connect and a connection raise.
    """
    async with uplink.connect(settings) as ws:
        print("echo: connected to", settings["url"])
        number = 0
        while number < settings["rounds"] or not settings["rounds"]:
            number += 1
            text = "hello %d" % number
            start = time.ticks_us()
            await ws.send(text)
            answer = await ws.recv()
            took = time.ticks_diff(time.ticks_us(), start)
            if answer == text:
                print("echo: round trip %d took %.1f ms" % (number, took / 1000))
            else:
                print("echo: sent %r, but got %r" % (text, answer))
            if number != settings["rounds"]:
                await asyncio.sleep(settings["interval"])
    print("echo: closed with", ws.close_code)
    return True
