"""Waits for something that does not come in time. Runs on CPython and on MicroPython."""

import asyncio


async def main():
    print("waiting")
    try:
        await asyncio.wait_for(asyncio.sleep(1), 0.05)
    except TimeoutError:
        print("too late")


asyncio.run(main())
