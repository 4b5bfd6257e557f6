"""`async for` gives the messages until the connection is closed as agreed, and raises otherwise.

client: /1000: 0 1 2 end
client: /1001: 0 1 2 end
client: /4000: 0 1 2 ConnectionClosedError 4000
server: 1000 1000
server: 1001 1001
server: 4000 4000
"""

from websockets import ConnectionClosed, connect, serve


async def count(ws):
    for number in range(3):
        await ws.send(str(number))
    code = int(ws.request.path[1:])
    await ws.close(code)
    print(code, ws.close_code)


async def server(ready):
    async with serve(count, "127.0.0.1", 0) as server:
        await ready(server)


async def client(url):
    for path in ("/1000", "/1001", "/4000"):
        async with connect(url + path) as ws:
            seen = []
            try:
                async for message in ws:
                    seen.append(message)
                seen.append("end")
            except ConnectionClosed as error:
                seen += [type(error).__name__, str(error.rcvd.code)]
            print(path + ":", *seen)
