r"""Every message comes back as it was sent: its kind, its content, its size.

client: str ''
client: str 'hello'
client: str 'grüße 你好 🌐'
client: bytes b''
client: bytes b'\x00\xff'
client: bytes b'abc'
client: bytes b'abc'
client: 1048576 of bytes, the same: True
client: 1048576 of str, the same: True
server: 9 messages
"""

from websockets import connect, serve


async def echo(ws):
    count = 0
    async for message in ws:
        await ws.send(message)
        count += 1
    print(count, "messages")


async def server(ready):
    async with serve(echo, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        for message in ("", "hello", "grüße 你好 🌐", b"", b"\x00\xff", bytearray(b"abc"), memoryview(b"abc")):
            await ws.send(message)
            answer = await ws.recv()
            print(type(answer).__name__, repr(answer))
        for message in (bytes(range(256)) * 4096, "0123456789abcdef" * 65536):
            await ws.send(message)
            answer = await ws.recv()
            print(len(answer), "of", type(answer).__name__ + ", the same:", answer == message)
