"""broadcast() sends to all that are open, and waits for none.

client: one 'hello' b'bytes' 'as text' b'as binary' end 1000
client: two 'hello' b'bytes' 'as text' b'as binary' end 1000
client: three 'hello' b'bytes' 'as text' b'as binary' end 1000
server: all here
server: one more is closed, which does not matter
server: not a message: TypeError
"""

import asyncio

from websockets import broadcast, connect, serve

members = set()
leavers = []
all_here = asyncio.Event()


async def join(ws):
    await ws.recv()
    members.add(ws)
    if ws.request.path == "/leave":
        leavers.append(ws)
    if len(members) == 4:
        all_here.set()
    await ws.wait_closed()


async def speak(server):
    await all_here.wait()
    print("all here")
    await leavers[0].wait_closed()
    print("one more is closed, which does not matter")
    broadcast(members, "hello", raise_exceptions=True)
    broadcast(server.connections, b"bytes")
    broadcast(list(members), b"as text", text=True)
    broadcast(iter(members), "as binary", text=False)
    try:
        broadcast(members, ["no", "fragments"])
    except TypeError as error:
        print("not a message:", type(error).__name__)
    for ws in list(members):
        await ws.close()


async def server(ready):
    async with serve(join, "127.0.0.1", 0) as server:
        speaking = asyncio.create_task(speak(server))
        await ready(server)
        await speaking


async def client(url):
    async def listen(name):
        async with connect(url) as ws:
            await ws.send(name)
            heard = [repr(message) async for message in ws]
            return f"{name} {' '.join(heard)} end {ws.close_code:d}"

    async with connect(url + "/leave") as ws:
        await ws.send("leaving")
    for line in await asyncio.gather(*[listen(name) for name in ("one", "two", "three")]):
        print(line)
