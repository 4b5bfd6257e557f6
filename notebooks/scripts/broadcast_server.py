"""Passes every message on to all other clients. Stop it with Ctrl+C.

    python broadcast_server.py --port 8000

What a client does not take is kept for it, without a limit. chat_server.py has one.
"""

import argparse
import asyncio
import contextlib
import logging

from websockets import ConnectionClosed, broadcast, serve

clients = set()


async def relay(ws):
    clients.add(ws)
    try:
        async for message in ws:
            broadcast(clients - {ws}, message)
    except ConnectionClosed:
        logging.info("gone without a goodbye")
    finally:
        clients.discard(ws)


async def main():
    options = read_options()
    async with serve(relay, options.host, options.port) as server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"ws://{host}:{port}/", flush=True)
        await server.serve_forever()


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    return parser.parse_args()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
