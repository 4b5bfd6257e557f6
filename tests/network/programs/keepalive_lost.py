"""A client that has stopped reading does not answer pings: keepalive ends it, and the others do not notice.

client: hello
client: ConnectionClosedError, sent 1011 'keepalive ping timeout', received None
client: and here: ConnectionClosedError after 10 messages, 1011
"""

import asyncio

from websockets import ConnectionClosed, connect, serve

ends = asyncio.Queue()


async def talk(ws):
    if ws.request.path == "/stalled":
        for number in range(10):
            await ws.send(str(number))
        try:
            await ws.recv()
        except ConnectionClosed as error:
            end = f"sent {error.sent.code:d} {error.sent.reason!r}, received {error.rcvd}"
            await ends.put(f"{type(error).__name__}, {end}")
    else:
        await ws.send("hello")
        await ws.send(await ends.get())


async def server(ready):
    times = {"ping_interval": 0.1, "ping_timeout": 0.3, "close_timeout": 0.1}
    async with serve(talk, "127.0.0.1", 0, **times) as server:
        await ready(server)


async def client(url):
    # It receives nothing, so max_queue makes it stop reading.
    async with connect(url + "/stalled", max_queue=1, ping_interval=None) as stalled:
        async with connect(url + "/other") as ws:
            print(await ws.recv())
            print(await ws.recv())
        count = 0
        try:
            while await stalled.recv():
                count += 1
        except ConnectionClosed as error:
            print("and here:", type(error).__name__, f"after {count} messages, {stalled.close_code:d}")
