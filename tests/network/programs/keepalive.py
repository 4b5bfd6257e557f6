"""Keepalive pings measure the latency, and keep up a connection over which nothing else goes.

client: a latency: True
client: still open: OPEN
server: a latency: True
server: closed 1000
"""

import asyncio

from websockets import connect, serve


async def measured(ws):
    while ws.latency == 0:  # noqa: ASYNC110 (there is no event for it)
        await asyncio.sleep(0.01)
    print("a latency:", ws.latency > 0)


async def watch(ws):
    await measured(ws)
    await ws.wait_closed()
    print("closed", ws.close_code)


async def server(ready):
    async with serve(watch, "127.0.0.1", 0, ping_interval=0.02, ping_timeout=5) as server:
        await ready(server)


async def client(url):
    async with connect(url, ping_interval=0.02, ping_timeout=5) as ws:
        await measured(ws)
        await (await ws.ping())
        print("still open:", ws.state.name)
