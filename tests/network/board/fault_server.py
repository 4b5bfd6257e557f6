"""Servers that note what they see of connections that go wrong: `micropython tests/network/board/fault_server.py`

Reads a line with pairs of a port and options for serve(), as JSON; prints "ready", and then a
line for each connection that comes to its end: what converse() returns. A connection to /held
is answered with what held() returns.
"""

import json
import sys

sys.path[:] = [".frozen", "lib", "tests/network/board"]

import asyncio  # noqa: E402

from fault_client import converse, held, settled  # noqa: E402

from pocketws import serve  # noqa: E402


async def handler(ws):
    if ws.request.path == "/held":
        await settled()
        await ws.send(json.dumps(held()))
    print(json.dumps(await converse(ws)))


async def main():
    for port, options in json.loads(sys.stdin.readline()):
        server = await serve(handler, "127.0.0.1", port, **options)
    print("ready")
    await server.serve_forever()


asyncio.run(main())
