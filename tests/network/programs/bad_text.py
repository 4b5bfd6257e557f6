"""Bytes that are no UTF-8, received as text, close the connection with 1007.

client: received 1007, sent 1007
server: ConnectionClosedError, sent 1007, received None
"""

from websockets import ConnectionClosed, connect, serve


async def receive(ws):
    try:
        await ws.recv(decode=True)
    except ConnectionClosed as error:
        print(f"{type(error).__name__}, sent {error.sent.code:d}, received {error.rcvd}")


async def server(ready):
    async with serve(receive, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        await ws.send(b"\xff")
        try:
            await ws.recv()
        except ConnectionClosed as error:
            print(f"received {error.rcvd.code:d}, sent {error.sent.code:d}")
