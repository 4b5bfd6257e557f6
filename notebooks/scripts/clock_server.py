"""Tells every page the time, at moments that nobody can guess, and has the page itself. Stop it with Ctrl+C.

python clock_server.py --port 8000, then open http://127.0.0.1:8000/
"""

import argparse
import asyncio
import contextlib
import logging
import random
from datetime import UTC, datetime
from pathlib import Path

from websockets import ConnectionClosed, serve

from classroom import pages

PAGE = Path(__file__).parents[1] / "pages" / "clock.html"


async def clock(ws):
    with contextlib.suppress(ConnectionClosed):
        while True:
            await ws.send(datetime.now(UTC).isoformat(timespec="seconds"))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(0.2, 1)):
                    async for _ in ws:
                        pass  # what a page says is of no interest here


async def main():
    options = read_options()
    async with serve(clock, options.host, options.port, process_request=pages.site(PAGE)) as server:
        host, port = server.sockets[0].getsockname()[:2]
        print(f"http://{host}:{port}/", flush=True)
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
