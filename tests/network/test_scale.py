"""A thousand connections to one server: those that wait cost no one anything, and a stalled one holds up no one."""

import asyncio
import contextlib
import gc
import os
import tracemalloc

import pytest

import pocketws
from pocketws import ConnectionClosedError
from tests.network.helpers import run
from tests.network.raw import RawServer, raw_client

resource = pytest.importorskip("resource", reason="needs Linux or macOS")

COUNT = 1000
LARGE = bytes(16 << 20)  # more than the operating system takes for a client that does not read
OPTIONS = {"compression": None, "ping_interval": None}


@pytest.fixture(autouse=True)
def many_files():
    """Let this process open two sockets for each connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * COUNT + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        reason = f"needs {needed} open files, and the limit here is {hard}: see `ulimit -Hn`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(autouse=True)
def silence(caplog):
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []


def port_of(server):
    return server.sockets[0].getsockname()[1]


@contextlib.asynccontextmanager
async def clients(port, count):
    """Give `count` connections."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(pocketws.connect(f"ws://127.0.0.1:{port}/", **OPTIONS))
            for _ in range(count)
        ]


async def waiting(ws):
    await ws.wait_closed()


def test_a_thousand_idle_connections_and_one_stalled():
    """The broadcast returns, and all others have the message, before the stalled client has read a byte."""
    stalled_ended = asyncio.Event()
    seen = []

    async def stalling(ws):
        try:
            await ws.recv()
        except ConnectionClosedError as error:
            seen.append((error.rcvd, error.sent.code, repr(error.__cause__)))
            error.__traceback__ = None
        stalled_ended.set()

    async def main():
        # A server of its own for the one that stalls, so that its short time-outs concern no one else.
        short = {"ping_interval": 1, "ping_timeout": 0.5, "close_timeout": 0.5, "compression": None}
        async with (
            pocketws.serve(waiting, "127.0.0.1", 0, backlog=COUNT, **OPTIONS) as server,
            pocketws.serve(stalling, "127.0.0.1", 0, **short) as other,
            clients(port_of(server), COUNT - 1) as idle,
            raw_client(port_of(other), receive_buffer=4096) as peer,
        ):
            await peer.open()
            peer.deafen()
            connections = server.connections | other.connections
            assert len(connections) == COUNT
            assert len(asyncio.all_tasks()) == 1 + COUNT  # this one and the handlers: a client needs none
            [stalled] = other.connections
            gc.collect()
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            pocketws.broadcast([stalled], LARGE)
            assert tracemalloc.get_traced_memory()[0] - before > len(LARGE) // 2  # it waits
            pocketws.broadcast(connections, "news")
            assert [await ws.recv() for ws in idle] == ["news"] * (COUNT - 1)
            assert stalled.link.pending() > len(LARGE) // 2
            # The stalled one answers no ping, and what is kept for it goes with it.
            connections = stalled = None
            await stalled_ended.wait()
            for _ in range(10):  # the handler's task has a last step to do
                await asyncio.sleep(0)
            assert not other.connections
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] - before < len(LARGE) // 16
            tracemalloc.stop()
            assert len(server.connections) == COUNT - 1
            pocketws.broadcast(server.connections, "more")
            assert [await ws.recv() for ws in idle] == ["more"] * (COUNT - 1)
            server.close()
            await server.wait_closed()
            await asyncio.gather(*[ws.wait_closed() for ws in idle])
            assert {ws.close_code for ws in idle} == {1001}

    try:
        run(main(), 60)
    finally:
        tracemalloc.stop()
    assert seen == [(None, 1011, "TimeoutError('no pong within 0.5 s (ping_timeout)')")]


def test_many_that_never_finish_their_request_cost_no_task_and_are_cut_off():
    count = 300

    async def echo(ws):
        async for message in ws:
            await ws.send(message)

    async def main():
        async with (
            pocketws.serve(echo, "127.0.0.1", 0, backlog=count, open_timeout=1, **OPTIONS) as server,
            contextlib.AsyncExitStack() as stack,
        ):
            peers = [await stack.enter_async_context(raw_client(port_of(server))) for _ in range(count)]
            for peer in peers:
                await peer.send(b"GET / HTTP/1.1\r\nHost: loc")
            async with clients(port_of(server), 1) as [ws]:
                assert server.connections
                assert len(asyncio.all_tasks()) == 2  # this one, and the handler of the good client
                await ws.send("good")
                assert await ws.recv() == "good"
                for peer in peers:
                    assert await peer.ending() == []
                await ws.send("still good")
                assert await ws.recv() == "still good"

    run(main())


def test_a_task_that_only_sends_lets_others_run():
    """Even where the network takes all at once, as with a fast peer on another machine: or no time-out would count."""
    turns, seen = [0], []

    async def counting():
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    async def script(peer):
        await peer.accept()
        return await peer.ending()

    async def main():
        async with RawServer(script) as server, pocketws.connect(server.url, **OPTIONS) as ws:
            task = asyncio.create_task(counting())
            for _ in range(20):
                for _ in range(100):
                    await ws.send(bytes(1000))
                seen.append(turns[0])
            task.cancel()

    run(main())
    assert seen[0] < seen[9] < seen[19], seen
