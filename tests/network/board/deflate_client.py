"""A client that compresses as far as a board can, on MicroPython: `micropython deflate_client.py LIB`

LIB is the folder that holds pocketws. Reads lines of JSON, each of them the arguments of
outcome(), and prints a line of JSON for each.
"""

import gc
import json
import sys

sys.path[:] = [".frozen", sys.argv[1], "tests/network/board"]
gc.threshold(8192)

import asyncio  # noqa: E402

from conversation import exchange, receive, seen_of  # noqa: E402

from pocketws import connect  # noqa: E402
from pocketws.deflate import PerMessageDeflate  # noqa: E402


async def outcome(uri, asked, options, messages, then):
    """Connect, asking for `asked`, exchange `messages`, and say `then` and receive; return what was seen: a list."""
    seen = []
    try:
        async with connect(uri, extensions=[PerMessageDeflate(**asked)], **options) as ws:
            seen.append(ws.response.headers.get("Sec-WebSocket-Extensions"))
            await exchange(ws, messages)
            if then is not None:
                await ws.send(then)
                await receive(ws, seen)
        seen.append(["closed", ws.close_code])
    except Exception as error:
        seen.append(seen_of(error))
    return seen


async def main():
    while line := sys.stdin.readline():
        print(json.dumps(await outcome(**json.loads(line))))


asyncio.run(main())
