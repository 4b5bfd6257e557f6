"""The end of `async with`, or of a handler, closes with 1000; an exception, with 1011.

client: client returns
client: client raises: ValueError
client: server returns: 1000
client: server raises: 1011
server: client returns: 1000
server: client raises: 1011
log: the handler's error
"""

from websockets import connect, serve


async def handler(ws):
    request = await ws.recv()
    if request == "server returns":
        return
    if request == "server raises":
        raise ValueError("on purpose")
    await ws.wait_closed()
    print(request + ":", ws.close_code)


async def server(ready):
    async with serve(handler, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        await ws.send("client returns")
    print("client returns")
    try:
        async with connect(url) as ws:
            await ws.send("client raises")
            raise ValueError("on purpose")
    except ValueError as error:
        print("client raises:", type(error).__name__)
    for request in ("server returns", "server raises"):
        async with connect(url) as ws:
            await ws.send(request)
            await ws.wait_closed()
            print(request + ":", ws.close_code)
