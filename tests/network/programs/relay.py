"""A server that is a client of another one: it passes on messages, and how the connection ended.

client: HELLO
client: 4000 'enough'
server: outward: 4000 'enough'
server: outward: 4001 'bye'
"""

import asyncio

from websockets import ConnectionClosed, connect, serve

places = []


async def shout(ws):
    try:
        while True:
            message = await ws.recv()
            if message == "end":
                await ws.close(4000, "enough")
            await ws.send(message.upper())
    except ConnectionClosed as error:
        print(f"outward: {error.rcvd.code:d} {error.rcvd.reason!r}")


async def relay(ws):
    async with connect(places[0]) as other:
        tasks = [asyncio.create_task(copy(ws, other)), asyncio.create_task(copy(other, ws))]
        await asyncio.wait(tasks)


async def copy(source, target):
    try:
        while True:
            await target.send(await source.recv())
    except ConnectionClosed as error:
        if error.rcvd_then_sent:
            await target.close(error.rcvd.code, error.rcvd.reason)


async def server(ready):
    async with serve(shout, "127.0.0.1", 0) as end, serve(relay, "127.0.0.1", 0) as middle:
        places.append("ws://%s:%d" % end.sockets[0].getsockname())
        await ready(middle)


async def client(url):
    async with connect(url) as ws:
        await ws.send("hello")
        print(await ws.recv())
        await ws.send("end")
        await ws.wait_closed()
        print(f"{ws.close_code:d} {ws.close_reason!r}")
    ws = await connect(url)
    await ws.close(4001, "bye")
