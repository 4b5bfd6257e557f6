"""A server that compresses as far as a board can, on MicroPython: `micropython deflate_server.py LIB`

LIB is the folder that holds pocketws. Reads a line of JSON: a port of 127.0.0.1, and max_size.
Prints "ready", and then a line of JSON for each connection that came as far as the handler.
"""

import gc
import json
import sys

sys.path[:] = [".frozen", sys.argv[1], "tests/network/board"]
gc.threshold(8192)

import asyncio  # noqa: E402

from conversation import seen_of  # noqa: E402

from pocketws import ConnectionClosed, broadcast, serve  # noqa: E402


async def handler(ws):
    """Echo; "all" goes to everyone."""
    try:
        while True:
            message = await ws.recv()
            if isinstance(message, str) and message == "all":
                broadcast(ws.server.connections, "to all")
            else:
                await ws.send(message)
    except ConnectionClosed as error:
        print(json.dumps(seen_of(error)))


async def main():
    port, max_size = json.loads(sys.stdin.readline())
    async with serve(handler, "127.0.0.1", port, compression="deflate", max_size=max_size) as server:
        print("ready")
        await server.serve_forever()


asyncio.run(main())
