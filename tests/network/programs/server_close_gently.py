"""close(close_connections=False) lets no one in any more, and waits for those who are in.

client: refused
client: still served: hello
server: closing, with 1 connection
server: echo ended: 1000
server: closed
"""

from websockets import connect, serve


async def echo(ws):
    async for message in ws:
        if message == "close":
            ws.server.close(close_connections=False)
            print("closing, with", len(ws.server.connections), "connection")
        await ws.send(message)
    print("echo ended:", ws.close_code)


async def server(ready):
    server = await serve(echo, "127.0.0.1", 0)
    await ready(server, wait=False)
    await server.wait_closed()
    print("closed")


async def client(url):
    async with connect(url) as ws:
        await ws.send("close")
        await ws.recv()
        try:
            await connect(url)
        except OSError:
            print("refused")
        await ws.send("hello")
        print("still served:", await ws.recv())
