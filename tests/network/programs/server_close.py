"""Closing a server closes its connections with 1001, or as it is told, and lets no one in any more.

client: stop: 1001 ''
client: stop: refused
client: restart: 1012 'soon back'
client: restart: refused
server: closed: 1001 ''
server: serving: False, connections: 0
server: closed: 1012 'soon back'
server: serving: False, connections: 0
"""

from websockets import connect, serve


async def handler(ws):
    if await ws.recv() == "restart":
        ws.server.close(code=1012, reason="soon back")
    else:
        ws.server.close()
    await ws.wait_closed()
    print(f"closed: {ws.close_code:d} {ws.close_reason!r}")
    print(f"serving: {ws.server.is_serving()}, connections: {len(ws.server.connections)}")


async def server(ready):
    async with serve(handler, "127.0.0.1", 0) as first, serve(handler, "127.0.0.1", 0) as second:
        await ready(first, second)


async def client(first, second):
    for url, request in ((first, "stop"), (second, "restart")):
        async with connect(url) as ws:
            await ws.send(request)
            await ws.wait_closed()
            print(f"{request}: {ws.close_code:d} {ws.close_reason!r}")
        try:
            await connect(url)
        except OSError:
            print(request + ": refused")
