"""Greets everyone who says a name. Stop it with Ctrl+C.

python hello_server.py --port 8000
"""

import argparse
import asyncio
import contextlib
import logging

from websockets import ConnectionClosed, serve


async def hello(ws):
    try:
        name = await ws.recv()
        if isinstance(name, str):
            await ws.send(f"Hello, {name}!")
        else:
            await ws.close(1003, "send your name as text")
    except ConnectionClosed:
        pass  # gone before the greeting


async def main():
    options = read_options()
    async with serve(hello, options.host, options.port) as server:
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
