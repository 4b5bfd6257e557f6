"""A client that gives up before it is answered: process_request can tell, and nothing is left of it.

client: gave up
client: hello
server: it is gone: CLOSED
"""

import asyncio

from websockets import connect, serve


async def greet(ws):
    await ws.send("hello")


async def process_request(connection, request):
    if request.path == "/wait":
        await connection.wait_closed()
        print("it is gone:", connection.state.name)


async def server(ready):
    async with serve(greet, "127.0.0.1", 0, process_request=process_request, open_timeout=None) as server:
        await ready(server)


async def client(url):
    try:
        await asyncio.wait_for(connect(url + "/wait"), 0.1)
    except TimeoutError:
        print("gave up")
    async with connect(url) as ws:
        print(await ws.recv())
