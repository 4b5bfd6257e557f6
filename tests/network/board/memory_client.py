"""What a client on a board takes of its heap: `micropython -X heapsize=192K memory_client.py LIB URL`

LIB is the folder that holds pocketws. Prints steps, each with the bytes in use after it and
how many it added. The server at URL sends what "binary N" and "text N" ask for, and answers
anything else with its length. Fails where the heap is too small for any of it.
"""

import gc
import sys

sys.path[:] = [".frozen", sys.argv[1]]
gc.threshold(8192)  # collect often, or the heap is in pieces when a large message comes
last = 0


def show(step):
    """Print what is in use after `step`."""
    global last
    gc.collect()
    used = gc.mem_alloc()
    print("%-28s %7d %+7d" % (step, used, used - last))
    last = used


show("start")

import asyncio  # noqa: E402

asyncio.open_connection  # noqa: B018  its modules are loaded when they are asked for
asyncio.Event  # noqa: B018
show("import asyncio")

from pocketws import connect  # noqa: E402

show("import pocketws.client")


async def receive_and_send(ws, kind, size):
    """Get a message of `size` bytes, and send the same one back."""
    await ws.send("%s %d" % (kind, size))
    message = await ws.recv()
    show("%s of %d received" % (kind, size))
    print("%-28s %7d" % ("free beside it", gc.mem_free()))
    await ws.send(message)
    show("%s of %d sent" % (kind, size))
    count = len(message)
    message = None
    if await ws.recv() != str(count):
        raise ValueError("the server got another length than %d" % count)
    show("%s dropped" % kind)


async def stream(ws, size):
    """Get a message of `size` bytes in pieces, and send one in fragments."""
    pieces = ws.recv_streaming()  # before it comes: no board has room for all of it
    await ws.send("binary %d" % size)
    received = 0
    async for piece in pieces:
        received += len(piece)
    if received != size:
        raise ValueError("%d bytes came" % received)
    show("%d received in pieces" % size)
    fragment = bytes(1024)
    await ws.send(fragment for _ in range(size // 1024))
    if await ws.recv() != str(size):
        raise ValueError("the server got another length than %d" % size)
    show("%d sent in fragments" % size)


async def main():
    async with connect(sys.argv[2]) as ws:
        show("connected")
        await receive_and_send(ws, "binary", 65536)
        await receive_and_send(ws, "text", 32768)
        async with connect(sys.argv[2], max_size=None) as large:
            show("second connection")
            await stream(large, 1 << 20)
        large = None
        # Ten minutes of ten messages a second.
        for _ in range(6):
            for number in range(1000):
                await ws.send("reading %d" % number)
                await ws.recv()
            show("1000 messages")
    print("closed with", ws.close_code)


asyncio.run(main())
