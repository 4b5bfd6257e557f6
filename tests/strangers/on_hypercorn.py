"""`hypercorn`, which has `wsproto` under it, as a server; see orders.py."""

import asyncio
import sys

import hypercorn.asyncio
from hypercorn.config import Config

from tests.strangers import asgi, orders


async def serve(listener, settings):
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "CRITICAL"
    for name, value in settings.items():
        setattr(config, name, value)
    await hypercorn.asyncio.serve(asgi.app, config, shutdown_trigger=asyncio.Event().wait)


async def server(folder):
    files = {"certfile": f"{folder}/server.pem", "keyfile": f"{folder}/server.key"}
    kinds = {"plain": {}, "secure": files, "pinging": {"websocket_ping_interval": orders.KEEPALIVE}}
    await asgi.run(serve, kinds)


if __name__ == "__main__":
    asyncio.run(server(sys.argv[2]))
