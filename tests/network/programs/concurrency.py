"""One task receives at a time; any number may send.

client: recv and recv: ConcurrencyError
client: recv and recv_streaming: ConcurrencyError
client: the first goes on: 'hello'
client: in a stream, recv: ConcurrencyError
client: and the stream goes on: True
client: 100 sent at once, all back: True
server: closed 1000
"""

import asyncio

from websockets import ConcurrencyError, connect, serve


async def echo(ws):
    async for message in ws:
        await ws.send([message, message] if message == "twice" else message)
    print("closed", ws.close_code)


async def server(ready):
    async with serve(echo, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        first = asyncio.create_task(ws.recv())
        await asyncio.sleep(0)
        for name, second in (("recv", ws.recv()), ("recv_streaming", anext(ws.recv_streaming()))):
            try:
                await second
            except ConcurrencyError as error:
                print(f"recv and {name}:", type(error).__name__)
        await ws.send("hello")
        print("the first goes on:", repr(await first))
        await ws.send("twice")
        stream = ws.recv_streaming()
        text = await anext(stream)
        try:
            await ws.recv()
        except ConcurrencyError as error:
            print("in a stream, recv:", type(error).__name__)
        async for piece in stream:
            text += piece
        print("and the stream goes on:", text == "twicetwice")
        await asyncio.gather(*[ws.send(str(number)) for number in range(100)])
        answers = [await ws.recv() for _ in range(100)]
        print("100 sent at once, all back:", sorted(answers) == sorted(map(str, range(100))))
