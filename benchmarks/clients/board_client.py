"""A client at work on MicroPython: `micropython board_client.py LIBRARY ROW URL SECONDS` prints its figure.

It has no module of this project but pocketws on its path, so that the known client's module is the real one.
"""

import asyncio
import sys
import time

TEXT = "sixteen letters!"
BINARY = bytes(range(256)) * 256  # both as in __init__.py


async def pocketws(url):
    from pocketws import connect

    ws = await connect(url)
    return ws.send, ws.recv, ws.close


async def async_websocket_client(url):
    from async_websocket_client import AsyncWebsocketClient

    ws = AsyncWebsocketClient()
    if not await ws.handshake(url):
        raise OSError("no connection")
    return ws.send, ws.recv, ws.close


async def raw(url):
    """Return functions that send frames built once, and take what comes without a look at it."""
    host, _, path = url[5:].partition("/")
    host, _, port = host.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    request = "GET /%s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" % (path, host)
    writer.write(request.encode())
    writer.write(b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    await writer.drain()
    while await reader.readline() != b"\r\n":
        pass
    if path == "text":
        message, head, masked, size = TEXT, b"\x81", b"\x90", 16
    else:
        message, head, masked, size = BINARY, b"\x82", b"\xff\0\0\0\0\0\1\0\0", 65536
    payload = message.encode() if message is TEXT else message
    frame = head + masked + bytes(4) + payload  # a key of zeros changes nothing
    skipped = len(masked) + 1

    async def send(message):
        writer.write(frame)
        await writer.drain()

    async def recv():
        data = (await reader.readexactly(skipped + size))[skipped:]
        return data.decode() if message is TEXT else data

    async def close():
        writer.close()
        await writer.wait_closed()

    return send, recv, close


async def main(library, row, url, seconds):
    message, path = (TEXT, "/text") if row == "board-round-trips" else (BINARY, "/binary")
    connect = {"pocketws": pocketws, "async-websocket-client": async_websocket_client, "raw": raw}[library]
    send, recv, close = await connect(url + path)
    count = 0
    duration = int(seconds * 1000000)
    begin = None
    while begin is None or time.ticks_diff(time.ticks_us(), begin) < duration:
        await send(message)
        received = await recv()
        if begin is None:  # the first one warms up
            if received != message:
                raise ValueError("it received something else")
            begin = time.ticks_us()
        else:
            count += 1
    lasted = time.ticks_diff(time.ticks_us(), begin) / 1000000
    await close()
    print(count / lasted * (1 if message is TEXT else len(message) / 1000000))


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
