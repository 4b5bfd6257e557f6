"""The same over IPv6: [::1] in the URI and in the Host header.

client: hello
client: ::1 ::1 4
server: Host: [::1]
server: ::1 ::1 4
"""

from websockets import connect, serve


def show(ws):
    print(ws.local_address[0], ws.remote_address[0], len(ws.local_address))


async def greet(ws):
    print("Host:", ws.request.headers["Host"].rpartition(":")[0])
    show(ws)
    await ws.send("hello")


async def server(ready):
    async with serve(greet, "::1", 0) as server:
        await ready(server)


async def client(url):
    async with connect(url) as ws:
        print(await ws.recv())
        show(ws)
