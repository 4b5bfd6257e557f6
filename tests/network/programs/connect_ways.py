"""connect() and serve() as programs call them: awaited, in a block, gathered, under a time-out.

client: awaited: hello
client: in a block, and again: hello hello
client: on a stack: hello
client: gathered: hello hello
client: wait_for: hello
client: under timeout: hello
client: host and port apart from the URI: hello
server: example.com
server: both closed
"""

import asyncio
import contextlib

from websockets import connect, serve


async def greet(ws):
    if not ws.request.headers["Host"].startswith("127.0.0.1"):
        print(ws.request.headers["Host"])
    await ws.send("hello")


async def server(ready):
    server = await serve(greet, "127.0.0.1", 0)
    other = await serve(greet, "127.0.0.1", 0)
    async with other:
        await ready(server, other)
    server.close()
    await server.wait_closed()
    print("both closed")


async def client(url, other):
    ws = await connect(url)
    print("awaited:", await ws.recv())
    await ws.close()
    connector = connect(url)
    greetings = []
    for _ in range(2):
        async with connector as ws:
            greetings.append(await ws.recv())
    print("in a block, and again:", *greetings)
    async with contextlib.AsyncExitStack() as stack:
        ws = await stack.enter_async_context(connect(other))
        print("on a stack:", await ws.recv())
    one, two = await asyncio.gather(connect(url), connect(other))
    print("gathered:", await one.recv(), await two.recv())
    await asyncio.gather(one.close(), two.close())
    ws = await asyncio.wait_for(connect(url), 5)
    print("wait_for:", await ws.recv())
    await ws.close()
    async with asyncio.timeout(5):
        async with connect(url) as ws:
            print("under timeout:", await ws.recv())
    host, port = url[5:].split(":")
    async with connect("ws://example.com", host=host, port=int(port)) as ws:
        print("host and port apart from the URI:", await ws.recv())
