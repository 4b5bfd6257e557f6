"""A client at work, in a process of its own.

    python -m benchmarks.clients.work MODULE [VARIANT ...]

It is asked for a row, the URL of the target, and seconds, and answers with the figure, and the share of
the time for which it was busy: see benchmarks.start.answer.
"""

import asyncio
import importlib
import sys
import time

from benchmarks import start
from benchmarks.clients import BINARY, TEXT
from benchmarks.servers import KIB

BATCH = 20  # connections that are opened at once


class Wrong(Exception):
    """What was received is not what was sent."""


def check(received, sent):
    if received != sent:
        raise Wrong(f"received {received[:40]!r}, and {sent[:40]!r} was expected")


class Stretch:
    """The time that counts."""

    def __init__(self, seconds):
        self.cpu = time.process_time()
        self.start = self.now = time.perf_counter()
        self.end = self.start + seconds

    def goes_on(self):
        self.now = time.perf_counter()
        return self.now < self.end

    def result(self, count):
        """Return how many of `count` there were in a second, and the share for which we were busy."""
        self.goes_on()
        lasted = self.now - self.start
        return count / lasted, (time.process_time() - self.cpu) / lasted


async def echo(connect, url, message, batch, seconds):
    """Measure messages: `batch` of them are sent, and then as many received."""
    send, recv, close = await connect(url, isinstance(message, str))
    await send(message)
    check(await recv(), message)
    warm = Stretch(seconds / 10)
    while warm.goes_on():
        for _ in range(batch):
            await send(message)
        for _ in range(batch):
            check(await recv(), message)
    count = 0
    stretch = Stretch(seconds)
    while stretch.goes_on():
        for _ in range(batch):
            await send(message)
        for _ in range(batch):
            await recv()
        count += batch
    result = stretch.result(count)
    await close()
    return result


async def round_trips(connect, url, seconds):
    return await echo(connect, url + "/text", TEXT, 1, seconds)


async def pipelined(connect, url, seconds):
    return await echo(connect, url + "/text", TEXT, 100, seconds)


async def large(connect, url, seconds):
    rate, busy = await echo(connect, url + "/binary", BINARY, 1, seconds)
    return rate * len(BINARY) / 1e6, busy


async def stream(connect, url, seconds):
    """Measure messages that come in by themselves."""

    async def take(count):
        send, recv, close = await connect(url + "/stream", False)
        stretch = Stretch(seconds)
        await send(b"%d" % count)
        check(await recv(), KIB)
        for _ in range(count - 1):
            await recv()
        result = stretch.result(count)
        await close()
        return result

    rate, _ = await take(500)
    rate, _ = await take(max(500, int(rate * seconds / 10)))  # what follows is to last as long as it should
    return await take(max(500, int(rate * seconds)))


async def hundred(connect, url, seconds):
    """Measure round trips on 100 connections at the same time."""
    connections = [await connect(url + "/text", True) for _ in range(100)]
    for send, recv, _ in connections:
        await send(TEXT)
        check(await recv(), TEXT)
    stretch = Stretch(seconds)

    async def talk(send, recv):
        count = 0
        while stretch.goes_on():
            await send(TEXT)
            await recv()
            count += 1
        return count

    counts = await asyncio.gather(*[talk(send, recv) for send, recv, _ in connections])
    result = stretch.result(sum(counts))
    for _, _, close in connections:
        await close()
    return result


async def opening(connect, url, seconds):
    """Measure connections that are opened and closed, BATCH of them at once."""

    async def open_and_close():
        _, _, close = await connect(url + "/text", True)
        await close()

    async def take(seconds):
        count = 0
        stretch = Stretch(seconds)
        while stretch.goes_on():
            await asyncio.gather(*[open_and_close() for _ in range(BATCH)])
            count += BATCH
        return stretch.result(count)

    await take(seconds / 10)
    return await take(seconds)


ROWS = {
    "client-round-trips": round_trips,
    "client-pipelined": pipelined,
    "client-64k": large,
    "client-stream": stream,
    "client-100": hundred,
    "client-open": opening,
}


def main(module, *variants):
    start.prepare(variants)
    client = importlib.import_module(module)

    async def run(row, url, seconds):
        try:
            return await ROWS[row](client.connect, url, seconds)
        finally:
            if hasattr(client, "finish"):
                await client.finish()

    start.answer(lambda *request: asyncio.run(run(*request)))


if __name__ == "__main__":
    main(*sys.argv[1:])
