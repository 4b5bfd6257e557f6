"""AsyncWebsocketClient with the servers of `websockets` and of pocketws, on CPython and on MicroPython."""

import asyncio
import gc
import http
import inspect
import queue
import subprocess
import threading

import pytest
import websockets

import pocketws
from async_websocketclient import AsyncWebsocketClient
from pocketws.connection import State
from tests.network.board import facade
from tests.network.helpers import run
from tests.test_micropython import ROOT, micropython

SERVERS = {"pocketws": pocketws.serve, "websockets": websockets.serve}


class Served:
    """The server that the checks in board/facade.py talk to: what it does, the path says."""

    def __init__(self, serve):
        self._codes = asyncio.Queue()  # of the connections to /echo
        self._go = asyncio.Event()
        self._serving = serve(
            self._handle,
            "127.0.0.1",
            0,
            process_request=self._process_request,
            select_subprotocol=lambda ws, offered: offered[-1] if offered else None,
            close_timeout=5,
        )

    async def __aenter__(self):
        server = await self._serving.__aenter__()
        return "ws://127.0.0.1:%d/" % server.sockets[0].getsockname()[1]

    async def __aexit__(self, *error):
        await self._serving.__aexit__(*error)

    async def _process_request(self, ws, request):
        if request.path == "/refuse":
            return ws.respond(http.HTTPStatus.FORBIDDEN, "not you\n")
        if request.path == "/slow":
            await self._go.wait()
        return None

    async def _handle(self, ws):
        await getattr(self, ws.request.path[1:])(ws)

    async def echo(self, ws):
        async for message in ws:
            await ws.send(message)
        self._codes.put_nowait(str(ws.close_code))

    async def last(self, ws):
        await ws.send(await self._codes.get())

    async def three(self, ws):
        for message in ("one", b"two", "three"):
            await ws.send(message)
        await ws.close(4000, "enough")

    async def cut(self, ws):
        await ws.send("one")
        (ws.link if hasattr(ws, "link") else ws.transport).abort()  # FIN, and no Close frame

    async def ping(self, ws):
        await (await ws.ping(bytes(range(125))))
        await ws.send("answered")

    async def fragments(self, ws):
        await ws.send(["a", "\u20ac", "", "c"])
        await ws.send([b"1", b"23"])

    async def headers(self, ws):
        await ws.send("\n".join(f"{name.lower()}: {value}" for name, value in ws.request.headers.raw_items()))

    async def slow(self, ws):
        await ws.wait_closed()

    async def go(self, ws):
        self._go.set()


def test_names_arguments_and_defaults_are_those_of_the_library_it_replaces():
    found = {
        name: [(each.name, each.default) for each in inspect.signature(member).parameters.values()][1:]
        for name, member in inspect.getmembers(AsyncWebsocketClient, inspect.isfunction)
        if name == "__init__" or not name.startswith("_")
    }
    none = inspect.Parameter.empty
    assert found == {
        "__init__": [("ms_delay_for_read", 5)],
        "handshake": [
            ("uri", none),
            ("headers", []),
            ("keyfile", None),
            ("certfile", None),
            ("cafile", None),
            ("cert_reqs", 0),
        ],
        "send": [("buf", none)],
        "recv": [],
        "close": [],
        "open": [("new_val", None)],
    }
    assert all(inspect.iscoroutinefunction(getattr(AsyncWebsocketClient, name)) for name in found if name[0] != "_")


@pytest.mark.parametrize("check", facade.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
def test_on_cpython(serve, check):
    async def main():
        async with Served(serve) as url:
            await check(url)

    run(main())


@pytest.mark.parametrize("serve", SERVERS.values(), ids=SERVERS)
def test_on_micropython(serve):
    async def main():
        async with Served(serve) as url:
            program = [micropython(), "tests/network/board/facade.py", "lib", url]
            process = await asyncio.create_subprocess_exec(
                *program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            output, _ = await process.communicate()
            return process.returncode, output.decode()

    code, output = run(main(), 60)
    assert code == 0 and output.split("\n")[:-1] == [f"passed {check.__name__}" for check in facade.CHECKS], output


# What shows only where the connection has ended before the program looks


async def ended(url):
    """Return a client to whom three messages came, and the Close frame, before it asked for anything."""
    client = AsyncWebsocketClient()
    await client.handshake(url + "three")
    await client.connection.wait_closed()
    assert client.connection.state is State.CLOSED
    return client


async def with_server(check):
    async with Served(pocketws.serve) as url:
        await check(await ended(url))


def test_it_is_open_until_all_is_received():
    async def check(client):
        assert await client.open() is True
        received = []
        while await client.open():
            received.append(await client.recv())
            assert await client.send("in vain") is None
        assert received == ["one", b"two", "three"]

    run(with_server(check))


def test_a_program_that_only_sends_learns_that_it_is_closed():
    async def check(client):
        sent = 0
        while await client.open():
            await client.send("reading")
            sent += 1
        assert sent == 2
        assert await client.recv() == "one"  # what came is still there
        assert await client.open() is True

    run(with_server(check))


def test_after_close_nothing_is_received():
    async def check(client):
        assert await client.close() is False
        assert await client.recv() is None

    run(with_server(check))


def test_send_behind_a_message_that_is_never_finished():
    """A program may send fragments over the connection itself; what waits for their end then goes nowhere."""

    async def main():
        async with Served(pocketws.serve) as url:
            client = AsyncWebsocketClient()
            await client.handshake(url + "echo")
            begun, go_on = asyncio.Event(), asyncio.Event()

            async def parts():
                yield "half"
                begun.set()
                await go_on.wait()
                yield "whole"

            fragments = asyncio.create_task(client.connection.send(parts()))
            await begun.wait()
            waiting = asyncio.create_task(client.send("behind it"))
            await asyncio.sleep(0)
            assert await client.close() is False
            go_on.set()
            with pytest.raises(pocketws.ConnectionClosedError):
                await fragments
            assert await waiting is None

    run(main())


def test_a_connection_left_open_ends_with_its_event_loop():
    """The object goes on in the next asyncio.run(), and waits for nothing from before."""
    urls, over = queue.Queue(), threading.Event()

    async def serve():
        async with Served(pocketws.serve) as url:
            urls.put(url + "echo")
            await asyncio.to_thread(over.wait, 20)

    async def leave_open():
        await client.handshake(url)

    async def go_on():
        assert await client.open() is False
        assert await client.send("lost") is None
        assert await client.recv() is None
        assert await client.handshake(url) is True
        await client.send("hello")
        assert await client.recv() == "hello"
        await client.close()

    server = threading.Thread(target=asyncio.run, args=[serve()])
    server.start()
    client, url = AsyncWebsocketClient(), urls.get(timeout=10)
    try:
        asyncio.run(leave_open())
        with pytest.warns(ResourceWarning, match="unclosed transport"):
            asyncio.run(asyncio.wait_for(go_on(), 10))
            gc.collect()
    finally:
        over.set()
        server.join()
