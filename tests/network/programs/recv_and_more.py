"""A task that receives, beside one that sends: whichever ends first ends the handler.

client: 'tick' 'tick' 'tick'
client: 1000
server: the receiver got 'stop'
server: the sender was cancelled
"""

import asyncio

from websockets import connect, serve


async def handler(ws):
    async def receive():
        print("the receiver got", repr(await ws.recv()))

    async def tick():
        try:
            while True:
                await ws.send("tick")
                await (await ws.ping())
        except asyncio.CancelledError:
            print("the sender was cancelled")
            raise

    tasks = [asyncio.create_task(receive()), asyncio.create_task(tick())]
    _, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.wait(pending)


async def server(ready):
    async with serve(handler, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        print(*[repr(await ws.recv()) for _ in range(3)])
        await ws.send("stop")
        await ws.wait_closed()
        print(ws.close_code)
