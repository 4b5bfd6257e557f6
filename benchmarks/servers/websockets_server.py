"""On websockets; see benchmarks/servers."""

from websockets.asyncio.server import broadcast, serve

from benchmarks.servers import KIB, NOTE


async def handler(ws):
    if ws.request.path == "/echo":
        async for message in ws:
            await ws.send(message)
    elif ws.request.path == "/stream":
        async for message in ws:
            for _ in range(int(message)):
                await ws.send(KIB)
    else:
        async for _ in ws:
            broadcast(ws.server.connections, NOTE)


async def main(ready):
    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        ready(server.sockets[0].getsockname()[1])
        await server.serve_forever()
