"""A handler that does not catch ConnectionClosed just ends, however the connection was closed.

client: 1000
client: 4000
client: and the server still serves: hello
server: ConnectionClosedOK
server: ConnectionClosedError
server: ConnectionClosedOK
"""

from websockets import ConnectionClosed, connect, serve


async def echo(ws):
    try:
        while True:
            await ws.send(await ws.recv())
    except ConnectionClosed as error:
        print(type(error).__name__)


async def server(ready):
    async with serve(echo, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    for code in (1000, 4000):
        ws = await connect(url)
        await ws.close(code)
        print(ws.close_code)
    async with connect(url) as ws:
        await ws.send("hello")
        print("and the server still serves:", await ws.recv())
