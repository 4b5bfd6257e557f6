"""Sends every message back, and logs who comes and goes. Stop it with Ctrl+C.

python echo_server.py --port 8000
"""

import argparse
import asyncio
import contextlib
import logging

from websockets import ConnectionClosed, serve


async def echo(ws):
    logging.info("a client came")
    try:
        async for message in ws:
            logging.info("got %r, %d long", message[:20], len(message))
            await ws.send(message)
    except ConnectionClosed:
        pass
    logging.info("a client left: %s", ws.close_code)


async def main():
    options = read_options()
    async with serve(echo, options.host, options.port) as server:
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
