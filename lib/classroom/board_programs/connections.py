"""Opens three connections to the server at URL; prints for each how many bytes of heap it takes.

Runs on MicroPython; lesson 17 sets URL.
"""

import gc

gc.threshold(8192)  # collect what the compiler leaves, or the heap is soon in pieces

import asyncio

from pocketws import connect


def used():
    gc.collect()
    return gc.mem_alloc()


async def main():
    connections, before = [], used()
    for name in ("first", "second", "third"):
        ws = await connect(URL)
        await ws.send("tea, please")
        await ws.recv()
        connections.append(ws)
        ws = None
        now = used()
        print(name, now - before)
        before = now
    for ws in connections:
        await ws.close()


asyncio.run(main())
