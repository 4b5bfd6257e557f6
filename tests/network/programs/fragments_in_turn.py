"""While a message goes out in fragments, other tasks wait with theirs; pings get through.

client: the ping was answered
client: 5 messages were sent
server: 'one two three'
server: 'a'
server: 'b'
server: 'c d '
server: b'e'
"""

import asyncio

from websockets import connect, serve


async def show(ws):
    async for message in ws:
        print(repr(message))


async def server(ready):
    async with serve(show, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly():
        yield "one "
        begun.set()
        await go_on.wait()
        yield "two "
        yield "three"

    async with connect(url) as ws, asyncio.TaskGroup() as group:
        sending = [group.create_task(ws.send(slowly()))]
        await begun.wait()
        for message in ("a", "b", ["c ", "d "], b"e"):
            sending.append(group.create_task(ws.send(message)))
        await (await ws.ping())
        print("the ping was answered")
        go_on.set()
        await asyncio.gather(*sending)
        print(len(sending), "messages were sent")
