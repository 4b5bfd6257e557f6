"""Cancelling serve_forever() closes the server, and its connections with 1001.

client: hello
client: 1001
server: the handler sees 1001
server: cancelled
server: serving: False
"""

import asyncio

from websockets import connect, serve

stop = asyncio.Event()


async def greet(ws):
    await ws.send("hello")
    await ws.recv()
    stop.set()
    await ws.wait_closed()
    print("the handler sees", ws.close_code)


async def server(ready):
    server = await serve(greet, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve_forever())
    await ready(server, wait=False)
    await stop.wait()
    serving.cancel()
    try:
        await serving
    except asyncio.CancelledError:
        print("cancelled")
    print("serving:", server.is_serving())


async def client(url):
    async with connect(url) as ws:
        print(await ws.recv())
        await ws.send("stop")
        await ws.wait_closed()
        print(ws.close_code)
