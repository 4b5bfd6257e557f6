"""A message of max_size bytes is received; one byte more closes the connection with 1009.

client: 1000
client: ConnectionClosedError, received 1009, sent 1009; 1009
client: ConnectionClosedError, received 1009, sent 1009; 1009
client: 500
client: ConnectionClosedError, received 1009, sent 1009; 1009
client: 1000
client: ConnectionClosedError, received None, sent 1009; 1006
server: ConnectionClosedError, received None, sent 1009; 1006
server: ConnectionClosedError, received None, sent 1009; 1006
server: ConnectionClosedError, received None, sent 1009; 1006
server: ConnectionClosedError, received 1009, sent 1009; 1009
"""

from websockets import ConnectionClosed, connect, serve


async def count(ws):
    try:
        async for message in ws:
            await ws.send(str(len(message)))
    except ConnectionClosed as error:
        print(end_of(ws, error))


def end_of(ws, error):
    received, sent = error.rcvd and int(error.rcvd.code), error.sent and int(error.sent.code)
    return f"{type(error).__name__}, received {received}, sent {sent}; {ws.close_code:d}"


async def big(ws):
    await ws.send(bytes(1000))
    await ws.send(bytes(1001))
    try:
        await ws.recv()
    except ConnectionClosed as error:
        print(end_of(ws, error))


async def server(ready):
    async with serve(count, "127.0.0.1", 0, max_size=1000) as small, serve(big, "127.0.0.1", 0) as other:
        await ready(small, other)


async def client(small, other):
    fragments = [bytes(600), bytes(401)]
    for message in (bytes(1000), bytes(1001), fragments, "ü" * 500, "ü" * 501):
        async with connect(small) as ws:
            await ws.send(message)
            await show(ws)
    async with connect(other, max_size=1000) as ws:
        print(len(await ws.recv()))
        await show(ws)


async def show(ws):
    try:
        print(await ws.recv())
    except ConnectionClosed as error:
        print(end_of(ws, error))
