"""The ASGI application that `hypercorn` and `uvicorn` run; see orders.py.

ASGI has neither pings nor fragments, and no way to drop a connection: there, the process kills itself.
"""

import asyncio
import contextlib
import os
import signal
import socket

from tests.strangers import orders


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        raise NotImplementedError("servers go on without the other types")
    order = orders.read(scope["path"] + "?" + scope["query_string"].decode())
    subprotocol = orders.choose(scope["subprotocols"])
    await receive()  # websocket.connect
    await send({"type": "websocket.accept", "subprotocol": subprotocol})
    if order.do == "close":
        code = {} if order.code is None else {"code": order.code}
        await send({"type": "websocket.close", "reason": order.reason, **code})
    elif order.do == "abort":
        os.kill(os.getpid(), signal.SIGKILL)
    while (event := await receive())["type"] != "websocket.disconnect":
        await send({"type": "websocket.send", "text": event.get("text"), "bytes": event.get("bytes")})
    orders.report(order, code=event["code"], reason=event.get("reason"), subprotocol=subprotocol)


async def run(serve, kinds):
    """Run servers until stdin ends.

    serve: function that takes a listening socket and settings, and returns a coroutine that serves.
    kinds: {kind: settings}, as in orders.py.
    """
    with contextlib.ExitStack() as stack:
        sockets = {kind: stack.enter_context(socket.create_server(("127.0.0.1", 0))) for kind in kinds}
        tasks = [asyncio.create_task(serve(sockets[kind], settings)) for kind, settings in kinds.items()]
        await orders.run_server({kind: listener.getsockname()[1] for kind, listener in sockets.items()})
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
