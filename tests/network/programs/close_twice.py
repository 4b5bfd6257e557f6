"""Closing again does nothing, and the first code stays; before the end there is none.

client: open: None None
client: closed: 4000 'first'
client: still: 4000 'first'
client: sent while closing: ConnectionClosedError 4001, CLOSED
client: received while closing: ConnectionClosedError 4001
client: closed meanwhile: 4001
server: 4000
server: 4001
"""

import asyncio

from websockets import ConnectionClosed, connect, serve


async def wait(ws):
    await ws.wait_closed()
    print(ws.close_code)


async def server(ready):
    async with serve(wait, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        print("open:", ws.close_code, ws.close_reason)
        await ws.close(4000, "first")
        print(f"closed: {ws.close_code:d} {ws.close_reason!r}")
        await ws.close(1000, "second")
    print(f"still: {ws.close_code:d} {ws.close_reason!r}")
    async with connect(url) as ws:
        closing = [asyncio.create_task(ws.close(code)) for code in (4001, 4002)]
        await asyncio.sleep(0)
        try:
            await ws.send("too late")
        except ConnectionClosed as error:
            print(f"sent while closing: {type(error).__name__} {error.rcvd.code:d}, {ws.state.name}")
        try:
            await ws.recv()
        except ConnectionClosed as error:
            print(f"received while closing: {type(error).__name__} {error.rcvd.code:d}")
        await asyncio.gather(*closing)
        print(f"closed meanwhile: {ws.close_code:d}")
