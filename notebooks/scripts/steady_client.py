"""Follows steady_server.py through outages: comes back after random waits, and asks for what it missed.

python steady_client.py --url ws://127.0.0.1:8000/
"""

import argparse
import asyncio
import contextlib
import json
import logging
import random

from websockets import ConnectionClosed, InvalidMessage, InvalidStatus, connect


def wait(failures, first=0.5, longest=30.0):
    """Return seconds to wait, by chance: up to `first` at first, up to twice as many after each failure in a row."""
    return random.uniform(0, min(longest, first * 2 ** min(failures, 30)))


async def stay(url, heard, wait):
    last = failures = 0
    while True:
        try:
            async with connect(url) as ws:
                await ws.send(json.dumps({"after": last}))
                async for message in ws:
                    heard(item := json.loads(message))
                    last, failures = item["number"], 0
        except (OSError, ConnectionClosed, InvalidMessage, InvalidStatus) as error:
            if isinstance(error, InvalidStatus) and error.response.status_code < 500:
                raise  # it will say no the next time, too
            logging.info("lost the server: %s", error)
        await asyncio.sleep(wait(failures))
        failures += 1


def show(item):
    print(item["number"], item["text"], flush=True)


async def main():
    await stay(read_options().url, show, wait)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="ws://127.0.0.1:8000/", help="where steady_server.py listens")
    return parser.parse_args()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
