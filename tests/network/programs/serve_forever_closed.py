"""serve_forever() returns when the server is closed.

client: 1001
server: returned
"""

from websockets import connect, serve


async def stop(ws):
    ws.server.close()
    await ws.wait_closed()


async def server(ready):
    async with serve(stop, "127.0.0.1", 0) as server:
        await ready(server, wait=False)
        await server.serve_forever()
        print("returned")


async def client(url):
    async with connect(url) as ws:
        await ws.wait_closed()
        print(ws.close_code)
