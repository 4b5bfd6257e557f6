"""On aiohttp; see benchmarks/servers."""

import asyncio

from aiohttp import WSMsgType, web

from benchmarks.servers import KIB, NOTE

clients = set()  # of /broadcast


async def echo(request):
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    async for message in ws:
        if message.type == WSMsgType.TEXT:
            await ws.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await ws.send_bytes(message.data)
    return ws


async def stream(request):
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    async for message in ws:
        for _ in range(int(message.data)):
            await ws.send_bytes(KIB)
    return ws


async def broadcast(request):
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    clients.add(ws)
    try:
        async for _ in ws:
            for client in list(clients):
                await client.send_bytes(NOTE)
    finally:
        clients.discard(ws)
    return ws


async def main(ready):
    app = web.Application()
    app.add_routes([web.get("/echo", echo), web.get("/stream", stream), web.get("/broadcast", broadcast)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready(runner.addresses[0][1])
    await asyncio.Event().wait()
