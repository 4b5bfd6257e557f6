"""Echo server on `websockets`; see tests/peers."""

import asyncio
import sys

from websockets.asyncio.server import serve

from tests.peers import MAX_SIZE


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main(port):
    async with serve(echo, "127.0.0.1", port, max_size=MAX_SIZE, ping_interval=None) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
