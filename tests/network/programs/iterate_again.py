"""A loop over the messages may be left and another one begun; nothing is lost between them.

client: 0 1 2
client: then 3
client: 4 5 6 7 8 9
server: closed 1000
"""

from websockets import connect, serve


async def count(ws):
    for number in range(10):
        await ws.send(str(number))
    await ws.close()
    print("closed", ws.close_code)


async def server(ready):
    async with serve(count, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        seen = []
        async for message in ws:
            seen.append(message)
            if len(seen) == 3:
                break
        print(*seen)
        print("then", await ws.recv())
        print(*[message async for message in ws])
