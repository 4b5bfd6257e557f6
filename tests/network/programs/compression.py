"""Messages are compressed where both sides want it, which is the default.

client: client deflate, server deflate: permessage-deflate; same: True
client: client deflate, server None: None; same: True
client: client None, server deflate: None; same: True
client: client None, server None: None; same: True
server: 4 messages
server: 4 messages
server: 4 messages
server: 4 messages
"""

from websockets import connect, serve


async def echo(ws):
    count = 0
    async for message in ws:
        await ws.send(message)
        count += 1
    print(count, "messages")


async def server(ready):
    async with (
        serve(echo, "127.0.0.1", 0) as with_it,
        serve(echo, "127.0.0.1", 0, compression=None) as without,
    ):
        await ready(with_it, without)


async def client(with_it, without):
    messages = ["hello " * 1000, b"", bytes(range(256)) * 1000, ["one ", "", "two"] * 100]
    for compression in ("deflate", None):
        for url, name in ((with_it, "deflate"), (without, None)):
            async with connect(url, compression=compression) as ws:
                extensions = ws.response.headers.get("Sec-WebSocket-Extensions")
                same = True
                for message in messages:
                    await ws.send(message)
                    whole = "".join(message) if isinstance(message, list) else message
                    same = same and await ws.recv() == whole
                agreed = extensions and extensions.partition(";")[0]
                print(f"client {compression}, server {name}: {agreed}; same: {same}")
