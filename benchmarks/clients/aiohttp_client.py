"""On aiohttp; see benchmarks/clients."""

import aiohttp

session = None  # one for all connections, as aiohttp advises


async def connect(url, text):
    global session
    if session is None:
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    ws = await session.ws_connect(url)
    if text:
        return ws.send_str, ws.receive_str, ws.close
    return ws.send_bytes, ws.receive_bytes, ws.close


async def finish():
    """Close what the connections share."""
    global session
    if session is not None:
        await session.close()
        session = None
