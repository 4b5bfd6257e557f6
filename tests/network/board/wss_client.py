"""A client that says what it sees of wss:// servers, on MicroPython: `micropython wss_client.py LIB`

LIB is the folder that holds pocketws. Reads lines of JSON, each of them the arguments of
outcome(), and prints a line of JSON for each. It goes on to run while it waits for the next line.
"""

import gc
import sys

sys.path[:] = [".frozen", sys.argv[1], "tests/network/board"]
gc.threshold(8192)

import asyncio  # noqa: E402
import json  # noqa: E402
import ssl  # noqa: E402

from conversation import UNIT, exchange, receive, seen_of  # noqa: E402

from pocketws import client_context, connect, insecure_client_context  # noqa: E402

FLOOD = 60  # messages


def context_of(how, files):
    """Return the argument `ssl` for connect()."""
    if how == "verified":
        return client_context(**files)
    if how == "insecure":
        return insecure_client_context()
    if how == "default":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if how == "by hand, verifying":
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cafile=files["cafile"])
    return context


async def flood(ws):
    """Send FLOOD messages while as many come in."""

    async def send():
        for _ in range(FLOOD):
            await ws.send(UNIT * 32)

    sending = asyncio.create_task(send())
    for _ in range(FLOOD):
        await ws.recv()
    await sending


async def outcome(uri, how, files, options, messages, then):
    """Connect, exchange `messages`, and go on as `then` says; return what was seen: a list.

    how: "verified", "insecure", "default", "by hand" or "by hand, verifying". files: arguments
    for client_context(). then: "leave", "close CODE REASON", "say TEXT" and receive, or "flood".
    """
    seen = []
    kind, _, rest = then.partition(" ")
    try:
        async with connect(uri, ssl=context_of(how, files), **options) as ws:
            seen.append("connected")
            await exchange(ws, messages)
            if kind == "say":
                await ws.send(rest)
                await receive(ws, seen)
            elif kind == "flood":
                await flood(ws)
            elif kind == "close":
                code, _, reason = rest.partition(" ")
                await ws.close(int(code), reason)
        seen.append(["closed", ws.close_code, ws.close_reason])
    except Exception as error:
        seen.append(seen_of(error))
    return seen


async def main():
    lines = asyncio.StreamReader(sys.stdin.buffer)
    while line := await lines.readline():
        print(json.dumps(await outcome(**json.loads(line))))


asyncio.run(main())
