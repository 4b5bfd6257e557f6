"""What stands behind host and port arrives in request.path.

server: /
server: /
server: /?x=1
server: /chat
server: /chat/?room=1&name=a%20b
server: //x
server: /gr%C3%BC%C3%9Fe?%C3%A4
"""

from websockets import connect, serve


async def show(ws):
    print(ws.request.path)


async def server(ready):
    async with serve(show, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    for rest in ("", "/", "?x=1", "/chat", "/chat/?room=1&name=a%20b", "//x", "/grüße?ä"):
        async with connect(url + rest) as ws:
            await ws.wait_closed()
