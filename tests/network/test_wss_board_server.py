"""serve() over TLS on MicroPython, with a Pico W's heap; two boards; and what wss:// takes of that heap.

See test_wss_board.py for connect().
"""

import asyncio
import ssl

import pytest

import pocketws
from tests.network.boards import OWN
from tests.network.helpers import run
from tests.network.secure import CUT, LATE, REJECTED, UNKNOWN, by_library, fails, idle_client, url, words_of
from tests.network.subjects import PIPES
from tests.network.test_board_memory import answer, steps_of
from tests.test_micropython import ROOT, micropython

pytest_plugins = ("tests.certificates", "tests.network.fixtures")


@by_library("ours")
def test_a_server_talks_and_closes_without_waiting(ours, client_tls, board_server):
    options = {"ssl": client_tls(), "close_timeout": None}

    async def main():
        async with board_server(OWN) as board, asyncio.timeout(LATE):
            [uri] = board.urls
            async with ours.connect(uri, **options) as ws:
                for message in ("hello", "", b"", bytes(1000), bytes(range(256)) * 32, "\u20ac" * 1000):
                    await ws.send(message)
                    assert await ws.recv() == message
            assert ws.close_code == 1000
            assert await board.said() == ["ConnectionClosedOK", 1000, 1000, "NoneType"]
            ws = await ours.connect(uri, **options)
            await ws.close(3000, "enough")
            assert await board.said() == ["ConnectionClosedError", 3000, 3000, "NoneType"]
            for word, code in (("close", 4001), ("return", 1000)):
                ws = await ours.connect(uri, **options)
                await ws.send(word)
                await ws.wait_closed()
                assert ws.close_code == code
            assert await board.said() == ["ConnectionClosedError", 4001, 4001, "NoneType"]

    run(main())


@by_library("ours")
def test_mutual_tls_for_a_server(ours, client_tls, board_server):
    async def main():
        async with board_server(dict(OWN, cafile="ca.pem")) as board:
            [uri] = board.urls
            for name in (None, "stranger", "expired"):
                error = await fails(OSError, ours.connect(uri, ssl=client_tls(name=name)))
                if ours is pocketws:
                    assert words_of(error).startswith(CUT if name is None else REJECTED), error
            async with ours.connect(uri, ssl=client_tls(name="client")) as ws:
                await ws.send("hello")
                assert await ws.recv() == "hello"
            assert await board.said() == ["ConnectionClosedOK", 1000, 1000, "NoneType"]

    run(main())


def test_a_server_goes_on_after_clients_that_fail(client_tls, board_server):
    """One that refuses its certificate, one that speaks no TLS, some that say nothing or a little, and one cut off."""

    async def main():
        chained = {"certfile": "chained.pem", "keyfile": "chained.key"}
        async with board_server(OWN, chained) as board, asyncio.timeout(LATE):
            for uri in board.urls:
                error = await fails(ssl.SSLCertVerificationError, pocketws.connect(uri, ssl=client_tls("other.pem")))
                assert words_of(error).startswith(UNKNOWN)
                kinds = (OSError, pocketws.InvalidMessage)
                await fails(kinds, pocketws.connect(uri.replace("wss:", "ws:")))
                port = int(uri.rpartition(":")[2].strip("/"))
                async with idle_client(port) as ended, idle_client(port, b"\x16\x03\x01\x02") as ended_too:
                    await ended()
                    await ended_too()
                ws = await pocketws.connect(uri, ssl=client_tls())
                ws.link.abort()
                seen = await board.said()
                assert seen[:3] == ["ConnectionClosedError", None, None]
                async with pocketws.connect(uri, ssl=client_tls()) as ws:
                    await ws.send("hello")
                    assert await ws.recv() == "hello"
                assert await board.said() == ["ConnectionClosedOK", 1000, 1000, "NoneType"]

    run(main())


def test_two_boards(board_client, board_server):
    async def main():
        async with board_server(OWN) as board, board_client() as other:
            seen = await other.connects(board.urls[0], messages=["hello", 0, 8192])
            assert seen == ["connected", ["closed", 1000, ""]]
            assert await board.said() == ["ConnectionClosedOK", 1000, 1000, "NoneType"]

    run(main())


# Memory


# Half as much again as a board's 32 bits need: there, 192K hold two connections in turn, and what mbedTLS takes.
@pytest.mark.parametrize(("heap", "connections"), [("208K", 1), ("256K", 2)])
def test_64_kib_in_and_out_fit_and_the_heap_stays_flat(heap, connections, server_tls, certificates, compiled_library):
    arguments = compiled_library, certificates / "ca.pem", connections
    output = run(memory(heap, server_tls(), *arguments))
    print(output)
    rows = steps_of(output)
    assert [step for step, _ in rows].count("closed with 1000") == connections
    opened = [number for step, number in rows if step == "connected"]
    steps = dict(rows)
    # Binary is held once, also while it is sent from the buffer that it was received in.
    assert 65_000 <= steps["65536 received"] - opened[-1] < 72_000
    for step in ("dropped", "262144 received in pieces", "262144 sent in fragments"):
        assert steps[step] - opened[-1] < 6_000
    assert opened[-1] - opened[0] < 1_000, "the first connection has left something"
    used = [number for step, number in rows if step == "100 messages"]
    assert max(used[1:]) - min(used[1:]) < 1_024, used


async def memory(heap, context, library, ca, connections):
    """Return the output (str) of wss_memory.py."""
    async with pocketws.serve(answer, "127.0.0.1", 0, max_size=None, ssl=context) as listening:
        command = [micropython(), "-X", f"heapsize={heap}", "tests/network/board/wss_memory.py"]
        command += [library, url(listening), ca, str(connections)]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, **PIPES)
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        return output.decode()
