"""However many messages may wait, all arrive in order.

client: 1: 300 in order: True
client: (4, 1): 300 in order: True
client: (4, 0): 300 in order: True
client: (4, None): 300 in order: True
client: None: 300 in order: True
"""

import asyncio

from websockets import connect, serve


async def count(ws):
    for number in range(300):
        await ws.send(str(number))


async def server(ready):
    async with serve(count, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    for max_queue in (1, (4, 1), (4, 0), (4, None), None):
        async with connect(url, max_queue=max_queue) as ws:
            numbers = []
            async for message in ws:
                numbers.append(int(message))
                if len(numbers) % 50 == 0:
                    await asyncio.sleep(0.001)  # so that the queue fills
            print(f"{max_queue}: {len(numbers)} in order:", numbers == list(range(300)))
