"""Cancelling recv() loses nothing, not even as the message comes in; the next one gets it.

client: cancelled
client: 'first'
client: 50 messages, in order: True
client: cancelled
client: 'the rest'
server: closed 1000
"""

import asyncio

from websockets import connect, serve


async def echo(ws):
    async for message in ws:
        await ws.send(message)
    print("closed", ws.close_code)


async def server(ready):
    async with serve(echo, "127.0.0.1", 0) as server:
        await ready(server)


async def cancelled(coroutine, turns):
    """Run `coroutine` for some turns of the loop, then cancel it; return its result, or None."""
    task = asyncio.create_task(coroutine)
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return None if task.cancelled() else task.result()


async def client(url):
    async with connect(url) as ws:
        print("cancelled" if await cancelled(ws.recv(), 3) is None else "not expected")
        await ws.send("first")
        print(repr(await ws.recv()))
        numbers = []
        for number in range(50):
            await ws.send(str(number))
        turns = 0
        while len(numbers) < 50:  # at every moment, that is
            message = await cancelled(ws.recv(), turns % 7)
            turns += 1
            numbers += [] if message is None else [int(message)]
        print("50 messages, in order:", numbers == list(range(50)))
        stream = ws.recv_streaming()
        print("cancelled" if await cancelled(anext(stream), 3) is None else "not expected")
        await stream.aclose() if hasattr(stream, "aclose") else None
        await ws.send("the rest")
        print(repr(await ws.recv()))
