"""On pocketws; see benchmarks/clients."""

import pocketws


async def connect(url, text):
    ws = await pocketws.connect(url, compression=None)
    return ws.send, ws.recv, ws.close
