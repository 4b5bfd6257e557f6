"""Pings and pongs: payloads, latency, and what ends a wait for a pong.

client: latency before: 0.0
client: a latency, also kept: True True
client: with a payload: True
client: bytes and str: True True
client: the same again: ConcurrencyError
client: once more, when it is answered: True
client: a pong that no ping asked for, and still open: hello
client: a ping on a closed connection: ConnectionClosedOK
server: hello
server: closed 1000
"""

import asyncio

from websockets import ConcurrencyError, ConnectionClosed, connect, serve


async def echo(ws):
    async for message in ws:
        await ws.send(message)
        print(message)
    print("closed", ws.close_code)


async def server(ready):
    async with serve(echo, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        print("latency before:", ws.latency)
        latency = await (await ws.ping())
        print("a latency, also kept:", latency > 0, latency == ws.latency)
        print("with a payload:", await (await ws.ping("payload")) > 0)
        pongs = [await ws.ping(b"a"), await ws.ping("b")]
        print("bytes and str:", *[latency > 0 for latency in await asyncio.gather(*pongs)])
        pong = await ws.ping("twice")
        try:
            await ws.ping(b"twice")
        except ConcurrencyError as error:
            print("the same again:", type(error).__name__)
        await pong
        print("once more, when it is answered:", await (await ws.ping("twice")) > 0)
        await ws.pong()
        await ws.pong("unasked")
        await ws.send("hello")
        print("a pong that no ping asked for, and still open:", await ws.recv())
    try:
        await ws.ping()
    except ConnectionClosed as error:
        print("a ping on a closed connection:", type(error).__name__)
