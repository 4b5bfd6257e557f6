"""`uvicorn` as a server, with what it takes for WebSockets unless told otherwise; see orders.py."""

import asyncio
import sys

import uvicorn

from tests.strangers import asgi, orders


async def serve(listener, settings):
    config = uvicorn.Config(asgi.app, lifespan="off", log_level="critical", **settings)
    await uvicorn.Server(config).serve(sockets=[listener])


async def server(folder):
    files = {"ssl_certfile": f"{folder}/server.pem", "ssl_keyfile": f"{folder}/server.key"}
    pinging = {"ws_ping_interval": orders.KEEPALIVE, "ws_ping_timeout": 10}
    kinds = {"plain": {}, "secure": files, "raw": {"ws_per_message_deflate": False}, "pinging": pinging}
    await asgi.run(serve, kinds)


if __name__ == "__main__":
    asyncio.run(server(sys.argv[2]))
