"""Echo server in ASGI on `hypercorn`, which has `wsproto` under it; see tests/peers."""

import asyncio
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config

from tests.peers import MAX_SIZE


async def echo(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError("hypercorn goes on without the other types")
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})


config = Config()
config.bind = [f"127.0.0.1:{int(sys.argv[1])}"]
config.websocket_max_message_size = MAX_SIZE
config.loglevel = "CRITICAL"
asyncio.run(serve(echo, config))
