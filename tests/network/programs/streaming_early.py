"""recv_streaming() gives what has come of a message although the rest is not there yet.

client: 'one '
client: 'two '
client: 'three'
client: 1000 bytes
client: 2000 bytes in all
"""

from websockets import connect, serve


async def talk(ws):
    async def text():
        yield "one "
        await ws.recv()
        yield "two "
        await ws.recv()
        yield "three"

    async def data():
        yield bytes(1000)
        await ws.recv()
        yield bytes(1000)

    await ws.send(text())
    await ws.send(data())


async def server(ready):
    async with serve(talk, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        await (await ws.ping())  # "one " is here
        async for piece in ws.recv_streaming():
            if piece:
                print(repr(piece))
            if piece in ("one ", "two "):
                await ws.send("go on")
        await (await ws.ping())
        size = 0
        async for piece in ws.recv_streaming():
            if not size:
                print(len(piece), "bytes")
                await ws.send("go on")
            size += len(piece)
        print(size, "bytes in all")
