"""A client whose request is not answered yet when the server closes is told 503.

client: InvalidStatus 503
server: closing
"""

import asyncio

from websockets import InvalidStatus, connect, serve


async def nothing(ws):
    print("not expected")


async def close_first(connection, request):
    connection.server.close()
    await asyncio.sleep(0)
    print("closing")


async def server(ready):
    async with serve(nothing, "127.0.0.1", 0, process_request=close_first) as server:
        await ready(server)


async def client(url):
    try:
        await connect(url)
    except InvalidStatus as error:
        print(type(error).__name__, error.response.status_code)
