"""A client that does not receive makes the server's send() wait; nothing is lost.

client: not all were sent
client: 64 messages of 1 MiB, in order: True
server: 64 sent
"""

from websockets import connect, serve

COUNT = 64
sent = 0


async def stream(ws):
    global sent
    if ws.request.path == "/count":
        async for _ in ws:
            await ws.send(str(sent))
        return
    for number in range(COUNT):
        await ws.send(bytes([number]) * 2**20)
        sent = number + 1
    print(sent, "sent")


async def server(ready):
    async with serve(stream, "127.0.0.1", 0, compression=None) as server:
        await ready(server)


async def client(url):
    async with connect(url, max_queue=1, ping_interval=None) as ws, connect(url + "/count") as counter:
        counts = [-1]
        while len(counts) < 100 or counts[-1] > counts[-100]:  # until it does not grow any more
            await counter.send("?")
            counts.append(int(await counter.recv()))
        print("all were sent" if counts[-1] == COUNT else "not all were sent")
        messages = [message async for message in ws]
        same = messages == [bytes([number]) * 2**20 for number in range(COUNT)]
        print(len(messages), "messages of 1 MiB, in order:", same)
