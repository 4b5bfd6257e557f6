"""A chat room, and its page: names, who comes and goes, what was said last. Stop it with Ctrl+C.

python chat_server.py --port 8000, then open http://127.0.0.1:8000/ in several tabs
"""

import argparse
import asyncio
import collections
import contextlib
import json
import logging
from pathlib import Path

from websockets import ConnectionClosed, serve

from classroom import pages

PAGE = Path(__file__).parents[1] / "pages" / "chat.html"
PAUSE = 0.1  # seconds from one message of a member to the next
ROOM = 100  # events that an outbox holds

members = {}  # name: (outbox, the task that empties it)
history = collections.deque(maxlen=20)


def field(message, key, longest):
    try:
        found = json.loads(message)[key].strip()
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise ValueError('expected JSON, such as {"%s": "..."}' % key) from None
    if not 1 <= len(found) <= longest:
        raise ValueError(f"{key}: expected 1 to {longest} characters, not {len(found)}")
    return found


def free_name(message):
    name = field(message, "name", 20)
    if not name.isprintable():
        raise ValueError("name: expected characters that one can see")
    if name.casefold() in [taken.casefold() for taken in members]:
        raise ValueError(f"name: {name} is taken")
    return name


def tell(event):
    text = json.dumps(event)
    for outbox, delivery in members.values():
        if outbox.full():
            delivery.cancel()  # too slow: the handler says goodbye
        else:
            outbox.put_nowait(text)


async def deliver(ws, outbox):
    with contextlib.suppress(ConnectionClosed):
        while True:
            await ws.send(await outbox.get())


async def enter(ws):
    async for message in ws:
        try:
            return free_name(message)
        except ValueError as error:
            await ws.send(json.dumps({"error": str(error)}))


async def listen(ws, name):
    with contextlib.suppress(ConnectionClosed):
        async for message in ws:
            try:
                history.append({"name": name, "text": field(message, "text", 500)})
                tell(history[-1])
            except ValueError as error:
                await ws.send(json.dumps({"error": str(error)}))
            await asyncio.sleep(PAUSE)  # whoever sends faster fills TCP, and waits


async def stay(ws, name):
    outbox = asyncio.Queue(ROOM)
    tasks = [asyncio.create_task(deliver(ws, outbox)), asyncio.create_task(listen(ws, name))]
    members[name] = outbox, tasks[0]
    outbox.put_nowait(json.dumps({"welcome": name, "members": list(members), "history": list(history)}))
    tell({"joined": name})
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        del members[name]
        tell({"left": name})
        for task in tasks:
            task.cancel()


async def chat(ws):
    with contextlib.suppress(ConnectionClosed):
        name = await enter(ws)
        if name is not None:
            await stay(ws, name)
            await ws.close(1008, "too slow")  # if it is still open, there is no other reason


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    options = parser.parse_args()
    page = pages.site(PAGE)
    async with serve(chat, options.host, options.port, process_request=page, max_size=8192) as server:
        print("http://%s:%d/" % server.sockets[0].getsockname()[:2], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
