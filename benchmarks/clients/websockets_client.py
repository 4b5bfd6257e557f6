"""On websockets; see benchmarks/clients."""

from websockets.asyncio import client


async def connect(url, text):
    ws = await client.connect(url, compression=None)
    return ws.send, ws.recv, ws.close
