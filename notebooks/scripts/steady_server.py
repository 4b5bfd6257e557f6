"""Publishes numbered news; bad input, lost clients and its own end are no surprise. Stop it with Ctrl+C.

python steady_server.py --port 8000
"""

import argparse
import asyncio
import collections
import contextlib
import json
import logging
import signal

from websockets import ConnectionClosed, broadcast, serve

news = collections.deque(maxlen=1000)  # the last ones, such as {"number": 1, "text": "hello"}
followers = set()  # connections that have all the news so far


def wanted(message):
    asked = json.loads(message) if isinstance(message, str) else None
    if not isinstance(asked, dict) or type(asked.get("after")) is not int:
        raise ValueError('send text such as {"after": 0}')
    return asked["after"]


def publish(text):
    number = news[-1]["number"] + 1 if news else 1
    news.append({"number": number, "text": text})
    broadcast(followers, json.dumps(news[-1]))


async def follow(ws, after):
    followers.discard(ws)  # if it asks again, new items must not overtake old ones
    if news and after > news[-1]["number"]:
        after = 0  # a number of the server that ran before
    while missed := [item for item in news if item["number"] > after]:
        for item in missed:
            await ws.send(json.dumps(item))
        after = missed[-1]["number"]
    followers.add(ws)  # no await since we looked: nothing came in between


async def feed(ws):
    try:
        async for message in ws:
            try:
                await follow(ws, wanted(message))
            except (ValueError, RecursionError) as error:
                await ws.send(json.dumps({"error": str(error)}))
    except ConnectionClosed as error:
        logging.info("lost a client: %s", error)
    finally:
        followers.discard(ws)


async def leave(server, seconds):
    server.close()  # no one is let in any more, and each client is told 1001
    try:
        async with asyncio.timeout(seconds):
            await server.wait_closed()  # until each handler has returned
    except TimeoutError:
        logging.warning("a handler goes on after %s s", seconds)


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    options = parser.parse_args()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    limits = {"max_size": 1024, "ping_interval": 20, "ping_timeout": 20, "close_timeout": 2}
    server = await serve(feed, options.host, options.port, **limits)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"ws://{host}:{port}/", flush=True)
    while not told.is_set():
        publish(f"{len(server.connections)} connected")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), 1)
    await leave(server, 5)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    asyncio.run(main())
