"""A send() that is cancelled while it waits for room sends its message whole; the connection goes on.

client: cancelled
client: all came, and each whole: True
server: closed 1000
"""

import asyncio

from websockets import connect, serve

MESSAGE = b"0123456789abcdef" * 65536
go_on = asyncio.Event()


async def receive(ws):
    if ws.request.path == "/go_on":
        go_on.set()
        return
    await go_on.wait()
    messages = [await ws.recv()]
    while isinstance(messages[-1], bytes):
        messages.append(await ws.recv())
    expected = int(messages.pop())
    await ws.send(str(messages == [MESSAGE] * expected))
    await ws.wait_closed()
    print("closed", ws.close_code)


async def server(ready):
    async with serve(receive, "127.0.0.1", 0, max_queue=1, compression=None) as server:
        await ready(server)


async def client(url):
    async with connect(url, compression=None) as ws:
        count = 0
        try:
            while True:
                count += 1
                await asyncio.wait_for(ws.send(MESSAGE), 0.2)
        except TimeoutError:
            print("cancelled")
        await (await connect(url + "/go_on")).wait_closed()
        await ws.send(str(count))
        print("all came, and each whole:", await ws.recv())
