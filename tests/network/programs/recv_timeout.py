"""recv() under a time-out loses nothing: not what comes at that moment, nor half a message.

client: wait_for: TimeoutError
client: timeout: TimeoutError
client: in the middle of a message: TimeoutError
client: 'one two'
client: every one of 200, in order: True
server: closed 1000
"""

import asyncio

from websockets import connect, serve


async def speak(ws):
    async def halves():
        yield "one "
        await ws.recv()
        yield "two"

    await ws.recv()
    await ws.send(halves())
    for number in range(200):
        await ws.send(str(number))
        await asyncio.sleep(0)
    await ws.wait_closed()
    print("closed", ws.close_code)


async def server(ready):
    async with serve(speak, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        try:
            await asyncio.wait_for(ws.recv(), 0.01)
        except TimeoutError as error:
            print("wait_for:", type(error).__name__)
        try:
            async with asyncio.timeout(0.01):
                await ws.recv()
        except TimeoutError as error:
            print("timeout:", type(error).__name__)
        await ws.send("begin")
        await (await ws.ping())  # the first half is here
        try:
            await asyncio.wait_for(ws.recv(), 0.05)
        except TimeoutError as error:
            print("in the middle of a message:", type(error).__name__)
        await ws.send("go on")
        print(repr(await ws.recv()))
        numbers = []
        while len(numbers) < 200:
            try:
                numbers.append(int(await asyncio.wait_for(ws.recv(), 0.0001)))
            except TimeoutError:
                pass
        print("every one of 200, in order:", numbers == list(range(200)))
