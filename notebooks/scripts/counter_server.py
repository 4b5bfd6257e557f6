"""A counter that every page may change and every page shows, and the page itself. Stop it with Ctrl+C.

python counter_server.py --port 8000, then open http://127.0.0.1:8000/ in several tabs
"""

import argparse
import asyncio
import contextlib
import json
import logging
from pathlib import Path

from websockets import ConnectionClosed, broadcast, serve

from classroom import pages

PAGE = Path(__file__).parents[1] / "pages" / "counter.html"

STEPS = {"plus": 1, "minus": -1}
STATE = {"value": 0}
USERS = set()


def tell_everyone():
    broadcast(USERS, json.dumps({"value": STATE["value"], "users": len(USERS)}))


async def counter(ws):
    try:
        USERS.add(ws)
        tell_everyone()
        async for message in ws:
            if message in STEPS:
                STATE["value"] += STEPS[message]
                tell_everyone()
            else:
                await ws.send(json.dumps({"error": "say plus or minus, as text"}))
    except ConnectionClosed:
        logging.info("gone without a goodbye")
    finally:
        USERS.discard(ws)
        tell_everyone()


async def main():
    options = read_options()
    async with serve(counter, options.host, options.port, process_request=pages.site(PAGE)) as server:
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
