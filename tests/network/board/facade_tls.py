"""AsyncWebsocketClient and wss, on both runtimes: `micropython facade_tls.py LIB URL`

Reads JSON: keyword arguments for handshake(). A path after "content of " stands for the bytes
that are there. Prints "connected", or the exception.
"""

import asyncio
import json
import sys

if __name__ == "__main__":
    sys.path[:] = [".frozen", sys.argv[1]]

from async_websocketclient import AsyncWebsocketClient  # noqa: E402

CONTENT = "content of "


def content(value):
    """Return the bytes that `value` stands for, or `value` itself."""
    if not (isinstance(value, str) and value.startswith(CONTENT)):
        return value
    with open(value[len(CONTENT) :], "rb") as file:
        return file.read()


async def outcome(url, arguments):
    """Return "connected" if a message goes there and back, or the exception of handshake()."""
    arguments = {name: content(value) for name, value in arguments.items()}
    client = AsyncWebsocketClient()
    try:
        assert await client.handshake(url, **arguments) is True
    except (OSError, ValueError) as error:
        assert await client.open() is False
        return "%s: %s" % (type(error).__name__, error)
    await client.send("hello")
    assert await client.recv() == "hello"
    await client.close()
    return "connected"


if __name__ == "__main__":
    print(asyncio.run(asyncio.wait_for(outcome(sys.argv[2], json.load(sys.stdin)), 10)))
