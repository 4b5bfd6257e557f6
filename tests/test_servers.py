"""Servers started in a cell: safe to run twice, to stop, and to leave running."""

import asyncio
import time

import pytest
from websockets.asyncio.client import connect

from classroom import servers


async def echo(connection):
    async for message in connection:
        await connection.send(message)


def lesson(coroutine_function):
    """Run a test's coroutine, and check that it left nothing behind."""

    async def run():
        async with asyncio.timeout(20):
            await coroutine_function()
            await servers.stop_all()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert not left and not servers.running()

    asyncio.run(run())


def test_a_server_echoes_on_a_free_port_of_loopback():
    async def cells():
        url = await servers.start("echo", echo)
        assert url.startswith("ws://127.0.0.1:") and not url.endswith(":0/")
        async with connect(url) as connection:
            await connection.send("hello")
            assert await connection.recv() == "hello"
            assert servers.connections("echo") == 1

    lesson(cells)


def test_starting_twice_replaces_the_first():
    async def cells():
        first = await servers.start("echo", echo)
        second = await servers.start("echo", echo)
        assert servers.running() == ["echo"]
        async with connect(second) as connection:
            await connection.send("hello")
            assert await connection.recv() == "hello"
        if first != second:
            with pytest.raises(OSError):
                await connect(first)

    lesson(cells)


def test_two_servers_run_side_by_side():
    async def cells():
        urls = {await servers.start(name, echo) for name in ("one", "two")}
        assert len(urls) == 2 and servers.running() == ["one", "two"]
        await servers.stop("one")
        assert servers.running() == ["two"]

    lesson(cells)


def test_stopping_closes_the_connections_and_a_second_stop_is_no_error():
    async def cells():
        url = await servers.start("echo", echo)
        connection = await connect(url)
        await servers.stop("echo")
        await connection.wait_closed()
        assert connection.close_code == 1001
        await servers.stop("echo")

    lesson(cells)


def test_a_plain_server_takes_its_connections_along():
    async def cells():
        async def greet(reader, writer):
            writer.write(b"hello")
            await reader.read()  # for ever: the client says nothing

        host, port = (await servers.listen("plain", greet)).split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        assert await reader.readexactly(5) == b"hello"
        assert servers.connections("plain") == 1
        await servers.stop("plain")
        assert await reader.read() == b""
        writer.close()

    lesson(cells)


def test_options_reach_websockets():
    async def cells():
        url = await servers.start("small", echo, max_size=5)
        async with connect(url) as connection:
            await connection.send("too long")
            await connection.wait_closed()
            assert connection.close_code == 1009

    lesson(cells)


def test_a_server_that_cannot_start_leaves_nothing():
    async def cells():
        with pytest.raises(OSError):
            await servers.start("nowhere", echo, host="192.0.2.1")
        assert servers.running() == []

    lesson(cells)


def test_the_stop_button_ends_a_cell_that_waits_for_ever(tmp_path):
    """In a real kernel: without the pulse, the interrupt would only be seen with the next event."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    try:
        setup = "from classroom import servers\nimport asyncio\nurl = await servers.start('echo', print)"
        assert client.execute(setup, reply=True, timeout=30)["content"]["status"] == "ok"
        wait = "print('begun', flush=True)\nawait asyncio.Event().wait()"
        client.execute(wait, stop_on_error=False)  # or the kernel drops what comes right after
        while client.get_iopub_msg(timeout=20)["content"].get("text") != "begun\n":
            pass
        start = time.monotonic()
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=10)["content"]["status"] == "error"
        assert time.monotonic() - start < 5
        assert client.execute("servers.running()", reply=True, timeout=10)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
