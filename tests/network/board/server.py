"""A server on a board: `micropython -X heapsize=192K server.py LIB PORT`

Serves a page to browsers and messages to clients on one port. Prints "ready", and the heap
by step; a message "heap" prints it once more.
"""

import gc
import sys

sys.path[:] = [".frozen", sys.argv[1]]
gc.threshold(8192)


def show(step):
    """Print what is in use after `step`."""
    gc.collect()
    print("%-28s %7d in use %7d free" % (step, gc.mem_alloc(), gc.mem_free()))


show("start")

import asyncio  # noqa: E402

from pocketws import broadcast, serve  # noqa: E402

show("import pocketws.server")
PAGE = "<!doctype html><title>Pico</title><p>Hello from the board"


def page(ws, request):
    """Answer a browser with the page, and let everyone else open a WebSocket."""
    if request.path == "/":
        return ws.respond(200, PAGE)


async def handler(ws):
    """Echo; "all" goes to everyone, and "boom" is too much."""
    show("client from %s" % ws.remote_address[0])
    async for message in ws:
        if message == "all":
            broadcast(ws.server.connections, "to all")
        elif message == "boom":
            raise ValueError("boom")
        elif message == "heap":
            show("heap")
            await ws.send("shown")
        else:
            await ws.send(message)


async def main():
    async with serve(handler, "127.0.0.1", int(sys.argv[2]), process_request=page) as server:
        show("serving")
        print("ready")
        await server.serve_forever()


asyncio.run(main())
