"""Takes the readings of a board, shows them live in browsers, and lets these switch its LED. Stop it with Ctrl+C.

KEY=... TOKEN=... python dashboard_server.py --certfile server.pem --keyfile server.key
"""

import argparse
import asyncio
import collections
import contextlib
import hmac
import json
import logging
import os
import secrets
import ssl
import time
from pathlib import Path

from websockets import ConnectionClosed, broadcast, serve

from classroom import pages
from classroom.signatures import SignatureError, verify

KEY = os.environ.get("KEY") or secrets.token_urlsafe()  # boards sign with it; no argument, as in guarded_server.py
TOKEN = os.environ.get("TOKEN") or secrets.token_urlsafe()  # browsers show it
WRONG = (ValueError, LookupError, TypeError, OverflowError, RecursionError)  # what bad JSON leads to

page = pages.site(Path(__file__).parents[1] / "pages" / "dashboard.html")
readings = collections.deque(maxlen=600)
boards, dashboards, signatures = set(), set(), {}
state = {"board": False, "led": None}


def signed(connection, request):
    try:
        verify(request.path, name, {"pico": KEY}, time.time(), seen=signatures)
    except SignatureError as error:
        logging.warning("a board stays outside: %s", error)
        return connection.respond(401, f"{error}\n")
    if not request.path.startswith("/board?"):
        return connection.respond(404, "Boards come in at /board\n")


def admitted(connection, request):
    path, _, query = request.path.partition("?")
    if not hmac.compare_digest(query.encode(), f"token={TOKEN}".encode()):
        return connection.respond(401, "Open the page with its token: /?token=...\n")
    if path != "/dashboard":
        return page(connection, request) or connection.respond(404, "Dashboards come in at /dashboard\n")
    host, origins = request.headers.get_all("Host"), request.headers.get_all("Origin")
    if any([origin.partition("://")[2]] != host and origin not in options.origin for origin in origins):
        return connection.respond(403, "This page is not ours.\n")


def tell(**news):
    broadcast(dashboards, json.dumps(news, allow_nan=False))
    state.update({key: news[key] for key in state if key in news})


def keep(message):
    reading = {key: message[key] for key in ("boot", "number", "dropped")}
    known = max((old["number"] for old in readings if old["boot"] == reading["boot"]), default=0)
    if reading["number"] > known:  # else the board sends again what it has not seen acknowledged
        reading |= {"celsius": float(message["celsius"]), "at": time.time() - message["age"]}
        tell(readings=[reading])
        readings.append(reading)
    return json.dumps({"acknowledged": reading["number"]})


async def board(ws):
    boards.add(ws)
    tell(board=True)
    try:
        async for text in ws:
            message = json.loads(text)
            if "led" in message:
                tell(led=message["led"] is True)
            else:
                await ws.send(keep(message))
    except ConnectionClosed:
        pass
    except WRONG:
        await ws.close(1007, "expected JSON, as device/capstone.py says")
    finally:
        boards.remove(ws)
        if not boards:  # after a pulled cable, the new connection is here before the old one has ended
            tell(board=False, led=None)


async def dashboard(ws):
    dashboards.add(ws)
    try:
        await ws.send(json.dumps(state | {"now": time.time(), "readings": list(readings)}))
        async for text in ws:
            try:
                broadcast(boards, json.dumps({"led": json.loads(text)["led"] is True}))
            except WRONG:
                await ws.send('{"error": "expected JSON, such as {\\"led\\": true}"}')
    except ConnectionClosed:
        pass
    finally:
        dashboards.remove(ws)


async def main():
    global name, options
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at for boards")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--certfile", help="the server's certificate, for wss")
    parser.add_argument("--keyfile", help="its key")
    parser.add_argument("--name", help="what boards call this server, such as pico.example:8443, if not HOST:PORT")
    parser.add_argument("--page-port", type=int, default=0, help="for browsers on this computer")
    parser.add_argument("--origin", action="append", default=[], help="where else the page may come from")
    parser.add_argument("--keepalive", type=float, default=5, help="seconds between pings, and for each answer")
    options, context = parser.parse_args(), None
    if options.certfile:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certfile, options.keyfile)
    times = ("ping_interval", "ping_timeout", "close_timeout")  # the last one: who is away does not say goodbye
    rules = dict.fromkeys(times, options.keepalive) | {"max_size": 8192}
    async with (
        serve(dashboard, "127.0.0.1", options.page_port, process_request=admitted, **rules) as inside,
        serve(board, options.host, options.port, ssl=context, process_request=signed, **rules) as outside,
    ):
        name = options.name or "%s:%d" % outside.sockets[0].getsockname()[:2]
        print(f"{'wss' if context else 'ws'}://{name}/board", flush=True)
        shown = "..." if os.environ.get("TOKEN") else TOKEN
        print(f"http://127.0.0.1:{inside.sockets[0].getsockname()[1]}/?token={shown}", flush=True)
        print("The key is in the environment." if os.environ.get("KEY") else f"key: {KEY}", flush=True)
        await asyncio.gather(outside.serve_forever(), inside.serve_forever())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
