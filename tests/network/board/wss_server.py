"""wss:// servers that say what they see of their clients, on MicroPython: `micropython wss_server.py LIB`

LIB is the folder that holds pocketws. Reads a line of JSON: a list of pairs of a port of
127.0.0.1 and of arguments for server_context(), which are paths. Prints "ready", and then a
line of JSON for each connection that came as far as the handler.
"""

import gc
import sys

sys.path[:] = [".frozen", sys.argv[1], "tests/network/board"]
gc.threshold(8192)

import asyncio  # noqa: E402
import json  # noqa: E402

from conversation import seen_of  # noqa: E402

from pocketws import ConnectionClosed, serve, server_context  # noqa: E402


async def handler(ws):
    """Echo, but for two words."""
    try:
        while True:
            message = await ws.recv()
            if isinstance(message, str) and message == "close":
                await ws.close(4001, "bye")
            elif isinstance(message, str) and message == "return":
                break
            else:
                await ws.send(message)
    except ConnectionClosed as error:
        print(json.dumps(seen_of(error)))


async def main():
    options = {"open_timeout": 1, "close_timeout": None}
    for port, files in json.loads(sys.stdin.readline()):
        server = await serve(handler, "127.0.0.1", port, ssl=server_context(**files), **options)
    print("ready")
    await server.serve_forever()


asyncio.run(main())
