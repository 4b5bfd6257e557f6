"""What a wss:// client on a board takes of its heap: `micropython -X heapsize=192K wss_memory.py LIB URL CA COUNT`

As memory_client.py, but over TLS, verified with the CA in that file, COUNT connections one
after another. What mbedTLS itself takes is not in these figures: the unix port gives it
memory of the system's, where a Pico takes 23 KB of this heap for a connection. On the other
hand, all else takes two thirds of it on a board's 32 bits.
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

from pocketws import client_context, connect  # noqa: E402

show("import client and tls")


async def receive_and_send(ws, size):
    """Get a binary message of `size` bytes, and send the same one back."""
    await ws.send("binary %d" % size)
    message = await ws.recv()
    show("%d received" % size)
    print("%-28s %7d" % ("free beside it", gc.mem_free()))
    await ws.send(message)
    show("%d sent" % size)
    message = None
    if await ws.recv() != str(size):
        raise ValueError("the server got another length than %d" % size)
    show("dropped")


async def stream(ws, size):
    """Get a message of `size` bytes in pieces, and send one in fragments."""
    await ws.send("binary %d" % size)
    received = 0
    async for piece in ws.recv_streaming():
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
    context = client_context(sys.argv[3])
    show("context")
    for _ in range(int(sys.argv[4])):
        async with connect(sys.argv[2], ssl=context, max_size=1 << 18) as ws:
            show("connected")
            await receive_and_send(ws, 65536)
            await stream(ws, 1 << 18)
            for _ in range(3):
                for number in range(100):
                    await ws.send("reading %d" % number)
                    await ws.recv()
                show("100 messages")
        show("closed with %d" % ws.close_code)


asyncio.run(main())
