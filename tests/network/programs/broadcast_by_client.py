"""broadcast() works for the connections of a client, too.

client: one 'hello'
client: two 'hello'
server: /one 'hello'
server: /two 'hello'
"""

from websockets import broadcast, connect, serve


async def echo(ws):
    async for message in ws:
        print(ws.request.path, repr(message))
        await ws.send(message)


async def server(ready):
    async with serve(echo, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url + "/one") as one, connect(url + "/two") as two:
        broadcast([one, two], "hello")
        print("one", repr(await one.recv()))
        print("two", repr(await two.recv()))
