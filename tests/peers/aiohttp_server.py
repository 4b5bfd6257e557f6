"""Echo server on `aiohttp`; see tests/peers."""

import asyncio
import sys

from aiohttp import WSMsgType, web

from tests.peers import MAX_SIZE


async def echo(request):
    connection = web.WebSocketResponse(max_msg_size=MAX_SIZE)
    await connection.prepare(request)
    async for message in connection:
        if message.type == WSMsgType.TEXT:
            await connection.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await connection.send_bytes(message.data)
    return connection


async def main(port):
    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1])))
