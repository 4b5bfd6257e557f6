"""What lesson 13 needs beside the notebook: its given functions, a look into the servers' logs, and its plot."""

import asyncio
import contextlib
import json
import logging
import random

import websockets

import pocketws.exceptions
from pocketws.frames import OP_PONG

from . import servers
from .wiretap import Wiretap

SECONDS = 5  # how long anything in here may take
LOGGERS = ("websockets.server", "pocketws")
_CLOSED = websockets.ConnectionClosed, pocketws.exceptions.ConnectionClosed  # the lesson runs on either library


# ---- given in the lesson; the scripts steady_server.py and steady_client.py have the same two functions


def wanted(message):
    """Return the number after which a client wants the news: int. Raises ValueError or RecursionError."""
    asked = json.loads(message) if isinstance(message, str) else None
    if not isinstance(asked, dict) or type(asked.get("after")) is not int:
        raise ValueError('send text such as {"after": 0}')
    return asked["after"]


def wait(failures, first=0.5, longest=30.0):
    """Return seconds to wait, by chance: up to `first` at first, up to twice as many after each failure in a row."""
    return random.uniform(0, min(longest, first * 2 ** min(failures, 30)))


# ---- answers to the lesson's two tasks, for those who run on without them


async def is_alive(ws, seconds):
    """Send a ping. Tell whether its pong comes within that many seconds."""
    pong = await ws.ping()
    try:
        await asyncio.wait_for(pong, seconds)
    except TimeoutError:
        return False
    return True


full_jitter = wait


# ---- helpers


@contextlib.contextmanager
def errors_logged():
    """Give a list, to which each error is added that a server logs meanwhile: "TypeError: no" if it has an exception.

    Nothing of it is shown under a cell.
    """
    errors = []
    handler = _Collector(errors)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield errors
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate


class _Collector(logging.Handler):
    def __init__(self, errors):
        super().__init__(logging.ERROR)
        self.errors = errors

    def emit(self, record):
        error = record.exc_info[1] if record.exc_info else None
        self.errors.append(f"{type(error).__name__}: {error}" if error else record.getMessage())


def beating(is_alive, heard=lambda message: None, every=0.1, seconds=0.3):
    """Return the handler of an echo server that asks `is_alive(ws, seconds)` again and again.

    is_alive: coroutine function; once it says False, the connection is closed with 1011.
    heard: function, called with each message. every: float, seconds between two questions.
    """

    async def beat(ws):
        while await is_alive(ws, seconds):  # noqa: ASYNC110 - there is no event: asking is the point
            await asyncio.sleep(every)
        await ws.close(1011, "no pong")

    async def handler(ws):
        heart = asyncio.create_task(beat(ws))
        try:
            async for message in ws:
                heard(message)
                await ws.send(message)
        except _CLOSED:
            pass  # by ourselves, with 1011, or by a client that is gone
        finally:
            heart.cancel()
            await asyncio.wait([heart])
            if not heart.cancelled():
                heart.exception()  # the ping that could not be sent any more is no news

    return handler


async def end_by(ways, connect, url, ended):
    """Open a connection for each of the `ways`, end it in that way, and return what the handlers put into `ended`.

    ways: list of close codes (int), or "cut" for a connection that is reset. connect: as in `websockets`.
    ended: asyncio.Queue.
    """
    ends = []
    for way in ways:
        async with Wiretap(url) as tap, connect(tap.url) as ws:
            if way == "cut":
                tap.cut()
            else:
                await ws.close(way)
            ends.append(await asyncio.wait_for(ended.get(), SECONDS))
    return ends


async def told(messages, connect, url, spoiled=None):
    """Send each message over a connection of its own; return for each "reply", or the code it was closed with.

    spoiled: int, the place of a message in the list whose last byte is spoiled on the way.
    """
    answers = []
    for place, message in enumerate(messages):
        async with Wiretap(url) as tap, connect(tap.url, compression=None) as ws:
            if place == spoiled:
                tap.corrupt("client")
            await ws.send(message)
            try:
                await asyncio.wait_for(ws.recv(), SECONDS)
                answers.append("reply")
            except _CLOSED:
                answers.append(int(ws.close_code))
    return answers


async def pull_the_cable(connect, url, ended, seconds=1.5):
    """Return after how many seconds something was put into the queue `ended`, in tenths, or None after `seconds`."""
    async with Wiretap(url) as tap, connect(tap.url, ping_interval=None, close_timeout=0.2):
        while not ended.empty():  # the note of an earlier connection, which ended late
            ended.get_nowait()
        tap.pause()
        clock = asyncio.get_running_loop().time
        start = clock()
        try:
            await asyncio.wait_for(ended.get(), seconds)
            return int((clock() - start) * 10) / 10
        except TimeoutError:
            return None
        finally:
            tap.cut()


async def chat(connect, is_alive, heard):
    """Chat for a second with a server as `beating` makes it; return (close code or "open", whether pongs were sent)."""
    url = await servers.start("chat", beating(is_alive, heard))
    async with Wiretap(url) as tap, connect(tap.url) as ws:
        try:
            for _ in range(20):
                await ws.send("hello")
                await asyncio.wait_for(ws.recv(), SECONDS)
                await asyncio.sleep(0.05)
            end = "open"
        except _CLOSED:
            end = int(ws.close_code)
        return end, any(frame.opcode == OP_PONG and frame.sender == "client" for frame in tap.frames)


def let_in(knocks, room):
    """Return how many get in: all in a second with no more than `room` knocks, and nobody in another."""
    return sum(count for count in knocks if count <= room)


def plot_crowds(crowds, room):
    """Draw how many clients knock in each second, a panel for each of `crowds`: {title: list of int}."""
    import matplotlib.pyplot as plt  # a third of a second, so only where it is needed

    figure, panels = plt.subplots(len(crowds), sharex=True, sharey=True, figsize=(7, 4), layout="constrained")
    for panel, (title, knocks) in zip(panels, crowds.items(), strict=True):
        panel.bar(range(len(knocks)), knocks, width=1, color="#1f5fa8")
        panel.axhline(room, color="#b3271e", linewidth=1, linestyle="--", label=f"room for {room}")
        panel.set_title(f"{title}: {let_in(knocks, room)} are back", loc="left", fontsize=10)
        panel.set_ylabel("knocks per second")
        panel.legend(loc="upper right", frameon=False)
    panels[-1].set_xlabel("seconds since the server is back")
    plt.show()
