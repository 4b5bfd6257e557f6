"""Cancelling recv() or send() loses no message, and cancelling connect() leaves nothing behind."""

import asyncio
import random

import pytest

import pocketws
from tests.network.helpers import run
from tests.network.raw import RawServer

OPTIONS = {"compression": None, "ping_interval": None}
COUNT = 500


def test_recv_cancelled_again_and_again():
    chance = random.Random(6455)

    async def sender(ws):
        for number in range(COUNT):
            if number % 3 == 0:
                await ws.send([str(number), "", "!"])
            else:
                await ws.send(f"{number}!")
            if chance.random() < 0.5:
                await asyncio.sleep(0)

    async def main():
        received, cancelled = [], 0
        async with (
            pocketws.serve(sender, "127.0.0.1", 0, **OPTIONS) as server,
            pocketws.connect("ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1], **OPTIONS) as ws,
        ):
            while len(received) < COUNT:
                task = asyncio.create_task(ws.recv())
                for _ in range(chance.randrange(6)):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    received.append(await task)
                except asyncio.CancelledError:
                    cancelled += 1
        assert received == [f"{number}!" for number in range(COUNT)]
        assert cancelled > COUNT // 10

    run(main())


def test_send_cancelled_while_it_waits_for_room():
    """The message that was under way goes out all the same, and so does the next."""

    async def main():
        go_on = asyncio.Event()

        async def script(peer):
            await peer.accept()
            peer.deafen()
            await go_on.wait()
            peer.listen()
            return await peer.ending()

        async with RawServer(script, receive_buffer=4096) as server:
            async with pocketws.connect(server.url, write_limit=1000, **OPTIONS) as ws:
                sent = []
                for number in range(1000):
                    task = asyncio.create_task(ws.send(bytes(100_000 + number)))
                    sent.append(f"binary {100_000 + number}")
                    for _ in range(5):
                        await asyncio.sleep(0)
                    if not task.done():  # the operating system takes no more
                        break
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                go_on.set()
                await ws.send("the last one")
        assert server.results == [[*sent, "text 12", "close 1000"]]

    run(main())


def test_connect_cancelled_at_any_step():
    async def script(peer):
        try:
            await peer.accept()
        except EOFError:  # no request, or half of one
            return "cancelled"
        try:
            return await peer.ending()
        except ConnectionResetError:  # cancelled before it has read our answer
            return "cancelled"

    async def opening(url):
        return await pocketws.connect(url, **OPTIONS)

    async def main():
        opened, cancelled = 0, 0
        async with RawServer(script) as server:
            for steps in range(40):
                task = asyncio.create_task(opening(server.url))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                try:
                    ws = await task
                except asyncio.CancelledError:
                    cancelled += 1
                else:
                    opened += 1
                    await ws.close()
        assert opened and cancelled
        assert server.results.count(["close 1000"]) == opened

    run(main())
