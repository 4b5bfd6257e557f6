"""broadcast() leaves out a connection that is in the middle of a fragmented message.

client: one: 'begun, ended' 'after'
client: two: 'news' 'after'
"""

import asyncio

from websockets import broadcast, connect, serve

here = []
two_here = asyncio.Event()
done = asyncio.Event()


async def handler(ws):
    here.append(ws)
    if len(here) == 2:
        two_here.set()
    if ws.request.path == "/one":
        await ws.send(slowly())
        broadcast(here, "after")
        done.set()
    await done.wait()


async def slowly():
    yield "begun, "
    await two_here.wait()
    broadcast(here, "news")
    yield "ended"


async def server(ready):
    async with serve(handler, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url + "/one") as one, connect(url + "/two") as two:
        pieces = [piece async for piece in one.recv_streaming()]
        print("one:", repr("".join(pieces)), repr(await one.recv()))
        print("two:", repr(await two.recv()), repr(await two.recv()))
