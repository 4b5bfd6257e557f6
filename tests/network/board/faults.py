"""A client that meets a faulty server, on both runtimes: `micropython faults.py LIB API URL`

API is "connect" or "facade". Reads a JSON list of the steps and the options. Prints, as JSON,
a list of str: what the client got to know. The steps are a list of str:

    recv    receive until the connection is closed
    close   close it
    send    send pattern()
    again   connect once more, and receive until it is closed

The options are keyword arguments for connect() or for handshake(). "ca" among those for
connect() is the path of a CA, for client_context().
"""

import asyncio
import json
import sys

if __name__ == "__main__":
    sys.path[:] = [".frozen", sys.argv[1]]


def pattern():
    """Return 4 MB, no two pages of which are alike: more than a system takes at once."""
    return bytes(range(251)) * 16000


async def by_connect(url, steps, options):
    from pocketws import ConnectionClosed, client_context, connect

    if "ca" in options:
        options = {"ssl": client_context(options["ca"])}
    try:
        ws = await connect(url, compression=None, **options)
    except Exception as error:
        return ["refused: " + type(error).__name__]
    seen = []
    for step in steps:
        if step == "again":
            seen += ["again"] + await by_connect(url, ["recv"], options)
        elif step == "close":
            await ws.close()
        elif step == "send":
            await ws.send(pattern())
        else:
            try:
                while True:
                    seen.append(repr(await ws.recv()))
            except ConnectionClosed as error:
                codes = [str(close and close.code) for close in (error.rcvd, error.sent)]
                seen.append("%s: received %s, sent %s" % (type(error).__name__, codes[0], codes[1]))
    await ws.close()
    return seen


async def by_facade(url, steps, options):
    from async_websocketclient import AsyncWebsocketClient

    client = AsyncWebsocketClient()
    try:
        await client.handshake(url, **options)
    except Exception as error:
        return ["refused: " + type(error).__name__]
    seen = []
    for step in steps:
        if step == "again":
            seen += ["again"]
            await client.handshake(url, **options)
        elif step == "close":
            await client.close()
        elif step == "send":
            await client.send(pattern())
        if step in ("again", "recv"):
            message = await client.recv()
            while message is not None:
                seen.append(repr(message))
                message = await client.recv()
            seen.append("None, open: %s" % await client.open())
    await client.close()
    return seen


APIS = {"connect": by_connect, "facade": by_facade}

if __name__ == "__main__":
    api, url = sys.argv[2:]
    print(json.dumps(asyncio.run(asyncio.wait_for(APIS[api](url, *json.load(sys.stdin)), 50))))
