"""A socket that the program made serves on either side.

client: hello, port as bound: True
server: closed 1000
"""

import socket

from websockets import connect, serve


async def greet(ws):
    await ws.send("hello")
    await ws.wait_closed()
    print("closed", ws.close_code)


async def server(ready):
    listening = socket.create_server(("127.0.0.1", 0))
    async with serve(greet, sock=listening) as server:
        await ready(server)


async def client(url):
    ours = socket.create_connection(("127.0.0.1", int(url.split(":")[2])))
    address = ours.getsockname()
    async with connect(url, sock=ours) as ws:
        print(await ws.recv() + ", port as bound:", ws.local_address == address)
