"""Who does not answer, or does not ask, within open_timeout is left alone.

client: connect: TimeoutError
client: the server ends a silent client
client: the server ends a client for which process_request takes too long
client: and serves the next: hello
server: process_request was cancelled
server: process_request was cancelled
"""

import asyncio

from websockets import InvalidMessage, connect, serve


async def greet(ws):
    await ws.send("hello")  # prints nothing: this may come before the second cancellation


async def process_request(connection, request):
    if request.path == "/slow":
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            print("process_request was cancelled")
            raise


async def server(ready):
    async with serve(greet, "127.0.0.1", 0, process_request=process_request, open_timeout=0.6) as server:
        await ready(server)


async def client(url):
    try:
        await connect(url + "/slow", open_timeout=0.3)
    except TimeoutError as error:
        print("connect:", type(error).__name__)
    host, port = url[5:].split(":")
    reader, writer = await asyncio.open_connection(host, port)
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        pass
    print("the server ends a silent client")
    writer.close()
    try:
        await connect(url + "/slow")
    except (InvalidMessage, OSError):
        print("the server ends a client for which process_request takes too long")
    async with connect(url) as ws:
        print("and serves the next:", await ws.recv())
