"""`aiohttp` as a server and as a client; see orders.py."""

import socket

from aiohttp import ClientSession, WSMsgType, web

from tests.strangers import orders

MAX_SIZE = 1 << 21  # bytes
COMPRESS = web.AppKey("compress", bool)


def settings(order):
    """Return what both sides are made with. Only without `autoping`, a program sees Pongs."""
    return {"max_msg_size": MAX_SIZE, "autoping": order.do != "ping"}


async def converse(ws, order, subprotocol):
    if order.do == "close" and order.code is not None:
        await ws.close(code=order.code, message=order.reason.encode())
    elif order.do == "close":
        await ws.close()
    elif order.do == "abort":
        ws.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
    elif order.do == "ping":
        await ws.ping(b"tick")
    reason = None
    while not ws.closed:
        message = await ws.receive()
        if message.type == WSMsgType.TEXT:
            await ws.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await ws.send_bytes(message.data)
        elif message.type == WSMsgType.PING:
            await ws.pong(message.data)
        elif message.type == WSMsgType.PONG and message.data == b"tick":
            await ws.send_str("pong")
        elif message.type == WSMsgType.CLOSE:
            reason = message.extra
    orders.report(order, code=ws.close_code, reason=reason, subprotocol=subprotocol)


async def client(url, order):
    context = orders.client_context(url) or True  # aiohttp's word for the usual
    more = {"ssl": context, "compress": 0 if order.raw else 15, "protocols": order.subprotocols}
    async with ClientSession() as session, session.ws_connect(url, **more, **settings(order)) as ws:
        await converse(ws, order, ws.protocol)


async def serving(request):
    order = orders.read(request.path_qs)
    ws = web.WebSocketResponse(protocols=orders.SUBPROTOCOLS, compress=request.app[COMPRESS], **settings(order))
    await ws.prepare(request)
    await converse(ws, order, ws.ws_protocol)
    return ws


async def server():
    ports = {}
    for kind in ("plain", "secure", "raw"):
        app = web.Application()
        app[COMPRESS] = kind != "raw"
        app.router.add_get("/{do}", serving)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        context = orders.server_context() if kind == "secure" else None
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        ports[kind] = runner.addresses[0][1]
    await orders.run_server(ports)


if __name__ == "__main__":
    orders.run(server, client)
