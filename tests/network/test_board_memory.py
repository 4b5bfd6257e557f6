"""Client and server fit a board: the heap of a Pico W, 192K, on the real MicroPython.

These run on a machine of 64 bits, where the same objects take about twice what they take
on a board's 32 bits. The library is compiled beforehand, as it is for a board: compiling
there leaves the heap in pieces.
"""

import asyncio
import http.client
import socket
import subprocess

import pytest
import websockets

import pocketws
from tests.network.compiled import compile_library
from tests.test_micropython import ROOT, micropython

HEAP = "192K"
UNIT = bytes(range(256))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return compile_library(tmp_path_factory.mktemp("lib"))


async def answer(ws):
    """Send what "binary N" and "text N" ask for; answer anything else with its length."""
    async for message in ws:
        kind, _, size = message.partition(" ") if isinstance(message, str) and len(message) < 40 else ("", "", "")
        if kind == "binary":
            await ws.send(UNIT * (int(size) // 256))
        elif kind == "text":
            await ws.send("\u20ac!" * (int(size) // 4))
        else:
            await ws.send(str(len(message)))


def run_client(library, heap, serve):
    """Run memory_client.py against a server, and return its output (str)."""

    async def run():
        async with serve(answer, "127.0.0.1", 0, max_size=None) as listening:
            port = listening.sockets[0].getsockname()[1]
            command = [micropython(), "-X", f"heapsize={heap}", "tests/network/board/memory_client.py"]
            process = await asyncio.create_subprocess_exec(
                *command, library, f"ws://127.0.0.1:{port}/", cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            output, _ = await asyncio.wait_for(process.communicate(), 60)
            assert process.returncode == 0, output.decode()
            return output.decode()

    return asyncio.run(run())


def steps_of(output):
    """Return the pairs (step, bytes in use) that a program printed."""
    return [(line[:28].strip(), int(line[28:].split()[0])) for line in output.splitlines() if line[28:].strip()]


@pytest.mark.parametrize("serve", [pocketws.serve, websockets.serve], ids=["pocketws", "websockets"])
def test_a_client_receives_and_sends_64_kib_and_its_heap_stays_flat(library, serve):
    output = run_client(library, HEAP, serve)
    print(output)
    assert output.endswith("closed with 1000\n")
    rows = steps_of(output)
    steps = dict(rows)
    # Binary is held once, also while it is sent from the buffer that it was received in.
    assert 65_000 <= steps["binary of 65536 received"] - steps["connected"] < 72_000
    assert steps["binary of 65536 sent"] - steps["binary of 65536 received"] < 4_000
    assert steps["binary dropped"] - steps["connected"] < 4_000
    # In pieces, sixteen times as much takes next to nothing.
    assert steps["1048576 received in pieces"] - steps["second connection"] < 12_000
    assert steps["1048576 sent in fragments"] - steps["second connection"] < 12_000
    used = [number for step, number in rows if step == "1000 messages"]
    assert len(used) == 6
    assert max(used[1:]) - min(used[1:]) < 512, used


def test_a_server_with_three_clients_fits_and_serves_its_page(library):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def page():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/")
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    async def run():
        command = [micropython(), "-X", f"heapsize={HEAP}", "tests/network/board/server.py", library, str(port)]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            lines = []
            while not lines or lines[-1] != "ready":
                line = await asyncio.wait_for(process.stdout.readline(), 10)
                assert line, lines
                lines.append(line.decode().rstrip())
            url = f"ws://127.0.0.1:{port}/ws"
            async with (
                pocketws.connect(url) as first,
                websockets.connect(url) as second,
                pocketws.connect(url) as third,
            ):
                clients = (first, second, third)
                for ws in clients:
                    await ws.send("hello")
                    assert await ws.recv() == "hello"
                    await ws.send(bytes(8192))
                    assert await ws.recv() == bytes(8192)
                await first.send("all")
                assert [await ws.recv() for ws in clients] == ["to all"] * 3
                assert await asyncio.to_thread(page) == (
                    200,
                    b"<!doctype html><title>Pico</title><p>Hello from the board",
                )
                await third.send("boom")
                with pytest.raises(pocketws.ConnectionClosedError) as caught:
                    await third.recv()
                assert caught.value.rcvd.code == 1011
                await second.send("heap")
                assert await second.recv() == "shown"
                await first.send("still there")
                assert await first.recv() == "still there"
        finally:
            process.terminate()
            output, _ = await process.communicate()
        return lines + output.decode().splitlines()

    lines = asyncio.run(asyncio.wait_for(run(), 60))
    print("\n".join(lines))
    assert any("ValueError: boom" in line for line in lines)
    assert sum(line.startswith("client from 127.0.0.1") for line in lines) == 3
