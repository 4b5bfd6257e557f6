"""On picows, through that API of its two which has send() and recv(); see benchmarks/clients."""

from picows.websockets.asyncio import client


async def connect(url, text):
    ws = await client.connect(url, compression=None)
    return ws.send, ws.recv, ws.close
