"""Lets the right people in: by certificate, token, path and origin. Stop it with Ctrl+C.

TOKEN=... python guarded_server.py --certfile server.pem --keyfile server.key --origin https://chat.example
"""

import argparse
import asyncio
import contextlib
import hmac
import logging
import os
import secrets
import ssl

from websockets import ConnectionClosed, serve

TOKEN = os.environ.get("TOKEN") or secrets.token_urlsafe()  # no argument: other users can read a command line
ROOMS = {"/echo": lambda message: message, "/shout": lambda message: message.upper()}


def guard(connection, request):
    """Refuse who does not show the token: a program has it in a header, a browser in a cookie."""
    shown = request.headers.get_all("Authorization") + ";".join(request.headers.get_all("Cookie")).split(";")
    given = [text.strip().encode(errors="surrogateescape") for text in shown]
    right = [f"Bearer {TOKEN}".encode(), f"token={TOKEN}".encode()]
    if not any(hmac.compare_digest(one, other) for one in given for other in right):
        response = connection.respond(401, "Show the token.\n")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if request.path.partition("?")[0] not in ROOMS:
        return connection.respond(404, "There is no such room.\n")


async def room(ws):
    change = ROOMS[ws.request.path.partition("?")[0]]
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            await ws.send(change(message))


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--certfile", help="the server's certificate, for wss")
    parser.add_argument("--keyfile", help="its key")
    parser.add_argument("--cafile", help="the CA of the certificates that clients must show")
    parser.add_argument("--origin", action="append", default=[], help="where pages may come from; may be repeated")
    options, context = parser.parse_args(), None
    if options.certfile:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=options.cafile)
        context.load_cert_chain(options.certfile, options.keyfile)
        context.verify_mode = ssl.CERT_REQUIRED if options.cafile else ssl.CERT_NONE
    rules = {"ssl": context, "process_request": guard, "origins": [None, *options.origin]}
    async with serve(room, options.host, options.port, **rules) as server:
        print("%s://%s:%d/" % ("wss" if context else "ws", *server.sockets[0].getsockname()[:2]), flush=True)
        print("The token is in the environment." if os.environ.get("TOKEN") else f"token: {TOKEN}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
