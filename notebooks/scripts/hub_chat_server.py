"""The chat room of chat_server.py for several processes: what is said goes through a hub. Stop it with Ctrl+C.

python hub_chat_server.py --name A --port 8001 --redis redis://127.0.0.1:6379
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os

import chat_server
from chat_server import PAGE, PAUSE, field, history, tell
from websockets import ConnectionClosed, serve

from classroom import pages
from classroom.hub import Interrupted, open_hub
from classroom.steady import wait

state = {"server": "A", "service": "interrupted"}  # or "open"


async def follow():
    failures = 0
    while True:
        try:
            async with hub.subscribe("chat") as news:
                failures = 0
                turn("open")
                async for number, message in news:
                    history.append(json.loads(message) | {"number": number})
                    tell(history[-1])
        except Interrupted as error:
            logging.warning("lost the hub: %s", error)
            turn("interrupted")
        await asyncio.sleep(wait(failures, first=0.2, longest=5))
        failures += 1


def turn(service):
    if state["service"] != service:
        state["service"] = service
        logging.info("service %s", service)
        tell(state)


async def listen(ws, name):
    with contextlib.suppress(ConnectionClosed):
        await ws.send(json.dumps(state))  # it may have turned at the door
        async for message in ws:
            try:
                said = {"name": name, "server": state["server"], "text": field(message, "text", 500)}
                await hub.publish("chat", json.dumps(said))
            except ValueError as error:
                await ws.send(json.dumps({"error": str(error)}))
            except Interrupted:
                await ws.send(json.dumps({"error": "service interrupted: perhaps nobody has heard that"}))
            await asyncio.sleep(PAUSE)


async def chat(ws):
    with contextlib.suppress(ConnectionClosed):
        await ws.send(json.dumps(state))
        await chat_server.chat(ws)


async def main():
    global hub
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", default="A", help="what this server is called in the room")
    parser.add_argument("--redis", default=os.environ.get("REDIS_URL", ""), help="without it, the hub is this process")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    options = parser.parse_args()
    state["server"] = options.name
    chat_server.listen = listen  # stay() calls it: all else in the room is as it was
    chat_server.ConnectionClosed = ConnectionClosed  # of the library that serves here
    hub = open_hub(options.redis)
    try:
        async with serve(chat, options.host, options.port, process_request=pages.site(PAGE), max_size=8192) as server:
            print("http://%s:%d/" % server.sockets[0].getsockname()[:2], flush=True)
            await asyncio.gather(follow(), server.serve_forever())
    finally:
        await hub.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
