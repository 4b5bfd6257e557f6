"""server.connections are those that are open: not those that are not let in yet, nor those that left.

client: 1
client: 2
client: 3
client: one left: 2
client: both left: 1
server: joining: 0 True
server: joining: 1 True
server: joining: 2 True
"""

from websockets import connect, serve


def process_request(connection, request):
    connections = connection.server.connections
    print("joining:", len(connections), connection not in connections)


async def count(ws):
    async for _ in ws:
        assert ws in ws.server.connections
        await ws.send(str(len(ws.server.connections)))


async def server(ready):
    async with serve(count, "127.0.0.1", 0, process_request=process_request) as server:
        await ready(server)


async def client(url):
    async def ask(ws):
        await ws.send("how many?")
        return await ws.recv()

    async with connect(url) as one:
        print(await ask(one))
        async with connect(url) as two:
            print(await ask(two))
            async with connect(url) as three:
                print(await ask(three))
            print("one left:", await ask(one))
        print("both left:", await ask(one))
