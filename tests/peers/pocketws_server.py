"""Echo server on `pocketws`; see tests/peers."""

import asyncio
import sys

from pocketws import serve
from tests.peers import MAX_SIZE


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main(port):
    settings = {"max_size": MAX_SIZE, "ping_interval": None, "compression": "deflate"}
    async with serve(echo, "127.0.0.1", port, **settings) as server:
        await server.serve_forever()


asyncio.run(main(int(sys.argv[-1])))
