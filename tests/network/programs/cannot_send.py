"""What is no message raises TypeError, and the connection goes on; in the middle of one, it ends with 1011.

client: int: TypeError
client: None: TypeError
client: dict: TypeError
client: ping of int: TypeError
client: str, then bytes: TypeError
client: an error of the iterator: ValueError
client: it is closed: sent 1011
server: ConnectionClosedOK, received 1000
server: ConnectionClosedError, received 1011
server: ConnectionClosedError, received 1011
"""

from websockets import ConnectionClosed, connect, serve


async def receive(ws):
    try:
        while True:
            print("not expected:", await ws.recv())
    except ConnectionClosed as error:
        print(f"{type(error).__name__}, received {error.rcvd.code:d}")


async def server(ready):
    async with serve(receive, "127.0.0.1", 0) as server:
        await ready(server)


def failing():
    yield "one"
    raise ValueError("on purpose")


async def client(url):
    async with connect(url) as ws:
        for name, message in (("int", 1), ("None", None), ("dict", {"a": 1})):
            await attempt(name, ws.send(message))
        await attempt("ping of int", ws.ping(1))
    async with connect(url) as ws:
        await attempt("str, then bytes", ws.send(["one", b"two"]))
    async with connect(url) as ws:
        await attempt("an error of the iterator", ws.send(failing()))
        try:
            await ws.send("next")
        except ConnectionClosed as error:
            print(f"it is closed: sent {error.sent.code:d}")


async def attempt(name, sending):
    try:
        await sending
    except (TypeError, ValueError) as error:
        print(f"{name}: {type(error).__name__}")
