"""`websockets` as a server and as a client; see orders.py."""

import contextlib

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from tests.strangers import orders


async def obey(ws, order):
    if order.do == "close":
        await ws.close(order.code, order.reason)
    elif order.do == "abort":
        ws.transport.abort()
    elif order.do == "ping":
        await (await ws.ping("tick"))
        await ws.send("pong")
    async for message in ws:
        await ws.send(fragments(ws, message) if order.do == "fragments" else message)


async def fragments(ws, message):
    for part in orders.thirds(message):
        yield part
        await (await ws.ping())


async def converse(ws, order):
    with contextlib.suppress(ConnectionClosed):
        await obey(ws, order)
    await ws.wait_closed()
    orders.report(order, code=ws.close_code, reason=ws.close_reason, subprotocol=ws.subprotocol)


async def client(url, order):
    settings = {"subprotocols": order.subprotocols or None, "compression": None if order.raw else "deflate"}
    async with connect(url, ssl=orders.client_context(url), proxy=None, **settings) as ws:
        await converse(ws, order)


async def server():
    kinds = {
        "plain": {},
        "secure": {"ssl": orders.server_context()},
        "raw": {"compression": None},
        "choosing": {"subprotocols": list(orders.SUBPROTOCOLS)},
    }
    ports = {}
    async with contextlib.AsyncExitStack() as stack:
        for kind, settings in kinds.items():
            started = serve(serving, "127.0.0.1", 0, **settings)
            ports[kind] = (await stack.enter_async_context(started)).sockets[0].getsockname()[1]
        await orders.run_server(ports)


async def serving(ws):
    await converse(ws, orders.read(ws.request.path))


if __name__ == "__main__":
    orders.run(server, client)
