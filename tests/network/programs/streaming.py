r"""recv_streaming() gives a message as it comes in; where its pieces end means nothing.

server: str 'one two three'
server: bytes b'\x01\x02\x03'
server: bytes b'gr\xc3\xbc\xc3\x9fe'
server: str 'grüße'
server: 300000 of bytes
server: whole: 'between'
server: str 'last'
"""

from websockets import connect, serve


async def receive(ws, decode=None):
    return [piece async for piece in ws.recv_streaming(decode)]


async def show(ws):
    for decode in (None, None, False, True):
        pieces = await receive(ws, decode)
        print(type(pieces[0]).__name__, repr(type(pieces[0])().join(pieces)))
    print(sum([len(piece) for piece in await receive(ws)]), "of bytes")
    print("whole:", repr(await ws.recv()))
    print("str", repr("".join(await receive(ws))))


async def server(ready):
    async with serve(show, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        await ws.send(["one ", "two ", "three"])
        await ws.send([b"\x01", b"\x02", b"\x03"])
        await ws.send(["grü", "ße"])  # received as bytes
        await ws.send([b"gr\xc3", b"\xbc\xc3\x9fe"])  # received as str
        await ws.send([bytes(100000), bytes(100000), bytes(100000)])
        await ws.send(["be", "tween"])
        await ws.send("last")
        await ws.wait_closed()
