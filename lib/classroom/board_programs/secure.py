"""Connects over TLS to a server in four ways; prints a line for each, and what a context takes.

Runs on MicroPython; lesson 17 sets URL, and OURS and STRANGERS, the certificates of two CAs as PEM.
"""

import gc

gc.threshold(8192)  # collect what the compiler leaves, or the heap is soon in pieces

import asyncio
import ssl

from pocketws import client_context, connect
from pocketws.handshake import parse_uri


async def by_hand(context):
    """Ask for a page over the TLS of MicroPython itself; return the first words of the answer."""
    uri = parse_uri(URL)
    stream, _ = await asyncio.open_connection(uri.host, uri.port, ssl=context, server_hostname=uri.host)
    stream.write(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % uri.host.encode())
    await stream.drain()
    line = await stream.readline()
    await stream.wait_closed()
    return line.decode().split()[0]


async def greet(context):
    async with connect(URL, ssl=context) as ws:
        return await ws.recv()


async def say(what, coroutine):
    try:
        print("%-33s" % what, await asyncio.wait_for(coroutine, 10))
    except (OSError, ValueError) as error:
        print("%-33s" % what, type(error).__name__, str(error.args[-1]).split(":")[0])


async def main():
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    await say("by hand", by_hand(plain))
    await say("the same context, connect", greet(plain))
    await say("client_context, a stranger's CA", greet(client_context(cadata=STRANGERS)))
    gc.collect()
    before = gc.mem_alloc()
    context = client_context(cadata=OURS)
    gc.collect()
    size = gc.mem_alloc() - before
    await say("client_context, our CA", greet(context))
    print("%-33s" % "bytes of that context", size)


asyncio.run(main())
