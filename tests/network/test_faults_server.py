"""What our server makes of clients that do wrong: on CPython, and the same handler on MicroPython.

Beside each of them, another client is connected all the while and served, and one comes after it.
"""

import asyncio
import json
import logging
import tracemalloc

import pytest
from websockets.asyncio.client import connect as peer_connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

import pocketws
from pocketws.frames import OP_PING, Frame
from tests.network.board.fault_client import converse
from tests.network.faulty_clients import FAULTS, ON_BOARD, SHORT
from tests.network.faulty_servers import broken, clean
from tests.network.helpers import run
from tests.network.raw import KEY, raw_client
from tests.network.subjects import open_files, servers

SETTINGS = {json.dumps(fault.options): fault.options for fault in ON_BOARD}
RECEIVE_BUFFER = 4096


@pytest.fixture(autouse=True)
def silence(caplog):
    """Nothing is logged but what the program itself did wrong, which a test looks at and clears."""
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []


def good_client(port):
    return peer_connect(f"ws://127.0.0.1:{port}/", compression=None, origin="http://localhost", subprotocols=["chat"])


async def play(fault, port, next_outcome):
    """Let the client of `fault` loose on the server at `port`; return what the server's handler saw, and the client."""
    async with good_client(port) as bystander:
        async with raw_client(port, RECEIVE_BUFFER) as peer:
            task = asyncio.create_task(fault.script(peer))
            try:
                seen = None if fault.outcome is None else await next_outcome()
                peer.over.set()
                wire = await task
            finally:
                task.cancel()
        await bystander.send("good")
    assert await next_outcome() == clean(1000, 1000, ["good"])
    async with good_client(port):
        pass
    assert await next_outcome() == clean(1000, 1000)
    return seen, wire


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_server(fault):
    async def main():
        async with servers("cpython", [fault.options]) as subject:
            before = open_files()
            result = await play(fault, subject.ports[0], subject.next_outcome)
            for _ in range(10):  # what is done but for its last step may take that
                await asyncio.sleep(0)
            assert open_files() == before
        return result

    assert run(main()) == (fault.outcome, fault.wire)


@pytest.fixture(scope="module")
def on_board():
    """All of that with one board, or another after one that fails: {name: what play() returns or raises}."""

    async def main():
        results = {}
        todo = list(ON_BOARD)
        while todo:
            try:
                async with servers("micropython", list(SETTINGS.values())) as subject:
                    ports = dict(zip(SETTINGS, subject.ports, strict=True))
                    while todo:
                        fault = todo.pop(0)
                        port = ports[json.dumps(fault.options)]
                        async with asyncio.timeout(5):
                            results[fault.name] = await play(fault, port, subject.next_outcome)
            except Exception as error:
                results[fault.name] = error
        return results

    return run(main(), 60)


@pytest.mark.parametrize("fault", ON_BOARD, ids=[fault.name for fault in ON_BOARD])
def test_server_on_micropython(fault, on_board):
    result = on_board[fault.name]
    if isinstance(result, Exception):
        raise result
    assert result == (fault.outcome, fault.wire)


@pytest.mark.no_cover  # 32,000 pings: measured, they take twice as long, and reach no line that others do not
def test_pings_without_end_from_a_client_that_reads_no_pong():
    """The Pongs that wait for it do not pile up."""
    pings = Frame(OP_PING, bytes(125)).serialize(KEY) * 500

    async def main():
        async with pocketws.serve(echo, "127.0.0.1", 0, compression=None) as server:
            port = server.sockets[0].getsockname()[1]
            async with raw_client(port, RECEIVE_BUFFER) as peer:
                await peer.open()
                peer.deafen()
                tracemalloc.start()
                for _ in range((4 << 20) // len(pings)):
                    await peer.send(pings)
                size, _ = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                assert size < 2 << 20
            async with good_client(port) as ws:
                await ws.send("good")
                assert await ws.recv() == "good"

    run(main(), 60)


def test_a_server_closes_although_a_client_reads_nothing():
    seen = []

    async def handler(ws):
        seen.append(await converse(ws))

    async def main():
        options = {"compression": None, "close_timeout": SHORT}
        async with pocketws.serve(handler, "127.0.0.1", 0, **options) as server:
            async with raw_client(server.sockets[0].getsockname()[1], RECEIVE_BUFFER) as peer:
                await peer.open()
                peer.deafen()
                [connection] = server.connections
                pocketws.broadcast([connection], bytes(16 << 20))
                assert connection.link.pending()
                server.close()
                await server.wait_closed()

    run(main())
    assert seen == [broken(None, 1001, "TimeoutError (close_timeout)")]


# ---------------------------------------------------------------- faults of the program


async def echo(ws):
    async for message in ws:
        await ws.send(message)


def logged(caplog):
    """Return (logger, level, message, exception) of each record, and forget them."""
    records = [
        (record.name, record.levelno, record.getMessage(), repr(record.exc_info[1])) for record in caplog.records
    ]
    caplog.clear()
    return records


def test_a_handlers_exception_closes_with_1011_and_leaves_the_server_up(caplog):
    async def handler(ws):
        async for message in ws:
            if message == "boom":
                raise ValueError("boom")
            await ws.send(message)

    async def main():
        async with pocketws.serve(handler, "127.0.0.1", 0, compression=None) as server:
            port = server.sockets[0].getsockname()[1]
            async with good_client(port) as bystander, good_client(port) as ws:
                await ws.send("boom")
                with pytest.raises(ConnectionClosedError) as caught:
                    await ws.recv()
                assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1011, "")  # no word of what went wrong
                await bystander.send("good")
                assert await bystander.recv() == "good"
            async with good_client(port) as ws:
                await ws.send("good")
                assert await ws.recv() == "good"

    run(main())
    assert logged(caplog) == [("pocketws", logging.ERROR, "the connection handler failed", "ValueError('boom')")]


@pytest.mark.parametrize("hook", ["process_request", "process_response", "select_subprotocol"])
def test_an_exception_while_opening_answers_500_and_leaves_the_server_up(caplog, hook):
    calls = []

    def broken(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise ValueError("boom")

    async def main():
        async with pocketws.serve(echo, "127.0.0.1", 0, compression=None, **{hook: broken}) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(InvalidStatus) as caught:
                await good_client(port)
            assert caught.value.response.status_code == 500
            assert b"boom" not in caught.value.response.body
            async with good_client(port) as ws:
                await ws.send("good")
                assert await ws.recv() == "good"

    run(main())
    assert logged(caplog) == [("pocketws", logging.ERROR, "the opening handshake failed", "ValueError('boom')")]
