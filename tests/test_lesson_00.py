"""Lesson 00: its helpers, what it claims, and that it leaves nothing behind however often it runs."""

import asyncio
import time

import pytest
from websockets.asyncio.client import connect

from classroom import servers, start
from classroom.workspace import ROOT
from tests.notebook_rules import LEFT, code_cells, run_cells

CELLS = code_cells(ROOT / "notebooks" / "00_start_here.ipynb")


def test_nothing_is_left_after_the_lesson_and_it_runs_twice_in_one_kernel():
    results = run_cells(*CELLS, LEFT, *CELLS, LEFT)
    assert results[len(CELLS)] == results[-1] == "[]"


def test_what_is_left_would_be_seen():
    left = run_cells(*CELLS[:-1], LEFT)[-1]
    assert "heart" in left and "classroom pulse" in left and "echo" in left


def test_a_cell_that_is_run_again_does_no_harm():
    """Each cell twice: a second heart and a second server are cleaned up, too."""
    assert run_cells(*[source for cell in CELLS for source in (cell, cell)], LEFT)[-1] == "[]"


def test_with_a_proxy_in_the_environment(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert run_cells(*CELLS, LEFT)[-1] == "[]"


# ---------------------------------------------------------------- what the lesson says


def test_a_call_that_blocks_stops_heart_and_server_every_time():
    async def cells():
        heard, beats = [], []

        async def echo(connection):
            async for message in connection:
                heard.append(message)
                await connection.send(message)

        async def beat():
            while True:
                beats.append("beat")
                await asyncio.sleep(0.001)

        heart = asyncio.create_task(beat())
        url = await servers.start("echo", echo)
        for _ in range(50):
            heard.clear()
            async with asyncio.timeout(10), connect(url) as connection:
                await connection.send("still there?")
                before = len(beats)
                start.slow(0.01)
                assert (len(beats) - before, heard) == (0, [])
                assert await connection.recv() == "still there?"
        await servers.stop_all()
        heart.cancel()

    asyncio.run(cells())


# ---------------------------------------------------------------- classroom.start


def outcome(source, **options):
    async def cell():
        return await start.run_script(source, **options)

    return asyncio.run(cell())


def test_slow_takes_its_time():
    before = time.monotonic()
    start.slow(0.1)
    assert time.monotonic() - before >= 0.1


@pytest.mark.parametrize(
    "source, printed, error",
    [
        ("print('one'); print('two')", ["one", "two"], ""),
        ("", [], ""),
        ("print('one'); raise ValueError('no: not now')", ["one"], "ValueError: no: not now"),
        ("raise KeyError", [], "KeyError"),
        ("x = = 1", [], "SyntaxError: invalid syntax"),
        ("import sys; sys.exit(3)", [], "exit code 3"),
        ("import sys; print('oh', file=sys.stderr)", [], ""),
        ("input()", [], "EOFError: EOF when reading a line"),
        ("print('π')", ["π"], ""),
    ],
)
def test_a_script_tells_what_it_printed_and_what_ended_it(source, printed, error):
    assert outcome(source) == (printed, error)


def test_a_script_that_never_ends_is_ended():
    before = time.monotonic()
    with pytest.raises(TimeoutError):
        outcome("while True: pass", seconds=0.5)
    assert time.monotonic() - before < 10


def test_a_script_is_ended_when_its_cell_is_stopped(tmp_path):
    sign = tmp_path / "sign"
    source = f"import time, pathlib; pathlib.Path({str(sign)!r}).touch(); time.sleep(3); print('too late')"

    async def cell():
        running = asyncio.create_task(start.run_script(source))
        while not sign.exists():  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    before = time.monotonic()
    asyncio.run(cell())
    assert time.monotonic() - before < 3


def test_the_loop_goes_on_while_a_script_runs():
    async def cell():
        beats = 0
        running = asyncio.create_task(start.run_script("import time; time.sleep(0.5)"))
        while not running.done():
            beats += 1
            await asyncio.sleep(0.01)
        return beats

    assert asyncio.run(cell()) > 5


@pytest.mark.parametrize("source", [None, b"print()", ["print()"]])
def test_only_text_is_a_script(source):
    with pytest.raises(TypeError, match="takes the text of a script"):
        outcome(source)
