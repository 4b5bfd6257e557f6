"""wait_closed() returns once the connection is gone, in any number of tasks, and cancelling it harms nothing.

client: still open: 'hello'
client: three waited, and all know: CLOSED 4000
server: waited: 4000
"""

import asyncio

from websockets import connect, serve


async def echo(ws):
    waiting = asyncio.create_task(ws.wait_closed())
    await ws.send(await ws.recv())
    await waiting
    print("waited:", ws.close_code)


async def server(ready):
    async with serve(echo, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        try:
            await asyncio.wait_for(ws.wait_closed(), 0.01)
        except TimeoutError:
            await ws.send("hello")
            print("still open:", repr(await ws.recv()))
        tasks = [asyncio.create_task(ws.wait_closed()) for _ in range(3)]
        await ws.close(4000)
        await asyncio.gather(*tasks)
        print(f"three waited, and all know: {ws.state.name} {ws.close_code:d}")
