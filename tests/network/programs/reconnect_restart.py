"""A server goes away and comes back on the same port; the client connects again and leaves the loop.

client: hello from 1
client: hello from 2
server: 1 closed
server: 2 closed
"""

import itertools

from websockets import ConnectionClosed, connect, serve

run = 0


async def greet(ws):
    await ws.send(f"hello from {run}")
    await ws.recv()
    ws.server.close()


async def server(ready):
    global run
    port = 0
    for run in (1, 2):
        server = await serve(greet, "127.0.0.1", port)
        port = server.sockets[0].getsockname()[1]
        if run == 1:
            await ready(server, wait=False)
        await server.wait_closed()
        print(run, "closed")


async def client(url):
    async for ws in connect(url, reconnect_delays=lambda: itertools.repeat(0.01)):
        try:
            greeting = await ws.recv()
            print(greeting)
            await ws.send("thank you")
            await ws.recv()
        except ConnectionClosed:
            if greeting == "hello from 2":
                break
