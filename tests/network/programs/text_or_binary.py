"""text= chooses how a message goes out, decode= how it is returned.

server: str '{}'
server: bytes b'{}'
server: str 'aüb'
server: str 'grüße'
server: bytes b'ab'
server: bytes b'text'
server: str 'binary'
server: bytes b'text'
server: str 'binary'
"""

from websockets import connect, serve


async def show(ws):
    for decode in (None, None, None, None, None, False, True, False, True):
        message = await ws.recv(decode)
        print(type(message).__name__, repr(message))


async def server(ready):
    async with serve(show, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        await ws.send(b"{}", text=True)
        await ws.send("{}", text=False)
        await ws.send([b"a\xc3\xbc", b"b"], text=True)
        await ws.send([b"gr\xc3", b"\xbc\xc3", b"\x9fe"], text=True)
        await ws.send(["a", "b"], text=False)
        await ws.send("text")
        await ws.send(b"binary")
        await ws.send(["te", "xt"])
        await ws.send([b"bin", b"ary"])
        await ws.wait_closed()
