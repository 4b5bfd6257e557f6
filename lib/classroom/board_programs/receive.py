"""Asks the server at URL for what WHAT names, and says what became of it: one message, or its pieces.

Runs on MicroPython; lesson 17 sets URL, WHAT and PIECES.
"""

import gc

gc.threshold(8192)  # collect what the compiler leaves, or the heap is soon in pieces

import asyncio

from pocketws import ConnectionClosed, connect


async def whole(ws):
    return len(await ws.recv())


async def in_pieces(ws):
    size = 0
    async for piece in ws.recv_streaming():
        size += len(piece)
    return size


async def main():
    async with connect(URL, max_size=None) as ws:
        gc.collect()
        print("free before", gc.mem_free())
        take = in_pieces(ws) if PIECES else whole(ws)
        await ws.send(WHAT)
        try:
            print("received", await take)
        except ConnectionClosed as error:
            print("closed", error.sent.code)


asyncio.run(main())
