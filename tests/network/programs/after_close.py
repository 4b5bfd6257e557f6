"""What came before the Close frame is still received; then recv() and send() say that it is closed.

client: state: CLOSED
client: 'one' 'two' b'three'
client: recv: ConnectionClosedOK
client: send: ConnectionClosedOK
client: recv_streaming: ConnectionClosedOK
client: close, wait_closed: nothing
server: sent and closed
"""

from websockets import ConnectionClosed, connect, serve


async def say(ws):
    await ws.send("one")
    await ws.send(["t", "wo"])
    await ws.send(b"three")
    await ws.close()
    print("sent and closed")


async def server(ready):
    async with serve(say, "127.0.0.1", 0) as server:
        await ready(server)


async def pieces(ws):
    async for piece in ws.recv_streaming():
        print("not expected:", piece)


async def client(url):
    async with connect(url) as ws:
        await ws.wait_closed()
        print("state:", ws.state.name)
        print(repr(await ws.recv()), repr(await ws.recv()), await ws.recv())
        for name, step in (("recv", ws.recv()), ("send", ws.send("x")), ("recv_streaming", pieces(ws))):
            try:
                await step
            except ConnectionClosed as error:
                print(name + ":", type(error).__name__)
        await ws.close()
        await ws.wait_closed()
        print("close, wait_closed: nothing")
