r"""An iterable or an asynchronous one goes out as one message in fragments; recv() joins them.

server: str 'one two three'
server: str 'abc'
server: bytes b'\x01\x02\x03'
server: str '012'
server: bytes b'xyz'
server: str 'alone'
server: str ''
server: str 'the end'
server: closed 1000
"""

from websockets import connect, serve


async def show(ws):
    async for message in ws:
        print(type(message).__name__, repr(message))
    print("closed", ws.close_code)


async def server(ready):
    async with serve(show, "127.0.0.1", 0) as server:
        await ready(server)


async def numbers():
    for number in range(3):
        yield str(number)


async def letters():
    for letter in "xyz":
        yield letter.encode()


async def client(url):
    async with connect(url) as ws:
        await ws.send(["one ", "two ", "three"])
        await ws.send(letter for letter in "abc")
        await ws.send((b"\x01", bytearray(b"\x02"), memoryview(b"\x03")))
        await ws.send(numbers())
        await ws.send(letters())
        await ws.send(["alone"])
        await ws.send([""])
        await ws.send([])  # nothing is sent
        await ws.send("the end")
