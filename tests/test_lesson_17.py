"""Lesson 17: it runs twice and leaves nothing, with MicroPython and without, on a board, and its claims hold."""

import pytest

from classroom import micropython, servers
from classroom.virtual_pico import VirtualPico
from classroom.workspace import ROOT
from tests.network.helpers import run
from tests.notebook_rules import LEFT, code_cells
from tests.student_client import said, solved
from tests.test_micropython import micropython as needs_micropython

LESSON = ROOT / "notebooks" / "17_micropython.ipynb"
EXERCISE = ROOT / "exercises" / "17_micropython.ipynb"

SOLVED = {
    "0 <= size <= ...": "0 <= size <= 65535",
    "struct.pack(..., size)": 'struct.pack(">H", size)',
    "    ...  # your code here": "    for at in range(0, len(data), step):\n"
    "        data[at : at + step] = apply_mask(data[at : at + step], key)",
}
REVEALED = ["'4464'", "'after'", "2", "60", "5", "5", "(True, False, True)", "True", "False"]
HIDDEN = """
from classroom import doctor, judging_board, micropython
for _module in (doctor, judging_board, micropython):
    _module.find_micropython = lambda: None
"""


@pytest.fixture
def board(capsys):
    needs_micropython()
    return micropython.find()


def revealed(words):
    """Return what the cells revealed, as text."""
    found = [line for each in words for line in each.splitlines() if "You wrote no prediction" in line]
    return [line.split(". You wrote no prediction")[0] for line in found]


# ---------------------------------------------------------------- the notebook


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_it_runs_twice_in_one_kernel_and_leaves_no_server_no_task_and_no_process():
    needs_micropython()
    cells = code_cells(LESSON)
    words = said(*cells, LEFT, *cells, LEFT, "import psutil\n[child.name() for child in psutil.Process().children()]")
    count = len(cells)
    assert words[count] == words[-2] == words[-1] == "[]"
    assert revealed(words[:count]) == revealed(words[count + 1 : -2]) == REVEALED


def test_without_micropython_it_says_what_to_do_and_goes_on_also_when_left_in_the_middle():
    cells = solved(code_cells(LESSON), SOLVED)
    exercise = code_cells(EXERCISE)
    words = said(HIDDEN, *cells, LEFT, *cells[:19], cells[-1], LEFT, *exercise)
    once, words = words[: len(cells) + 2], words[: -len(exercise)]
    assert words[-1] == once[-1] == "[]"
    assert revealed(words) == []
    assert sum("No MicroPython here" in each and micropython.INSTALL in each for each in once[:2]) == 1
    assert sum("[ ] Task 17." in each and "Right on CPython" in each for each in once) == 2


@pytest.mark.thorough
@pytest.mark.timeout(180)
def test_with_a_board_at_pico_port_the_same_cells_run_on_it(monkeypatch):
    needs_micropython()
    with VirtualPico() as pico:
        monkeypatch.setenv("PICO_PORT", pico.port)
        words = said(*solved(code_cells(LESSON), SOLVED), LEFT)
        assert pico.events  # somebody was there
    assert words[-1] == "[]"
    assert "Snippets run on the board" in words[0]
    assert revealed(words) == REVEALED
    assert sum("[ok] Task 17." in each for each in words) == 2


# ---------------------------------------------------------------- the runtimes


def test_both_shows_what_each_says(board, capsys):
    seen = board.both("import sys\nprint(sys.implementation.name)\nprint(1)\n1 / 0")
    assert seen.output == "micropython\n1" and seen.error == "ZeroDivisionError: divide by zero"
    lines = capsys.readouterr().out.splitlines()[1:]
    assert lines[:2] == ["CPython      cpython", "             1"]
    assert lines[2].strip() == "ZeroDivisionError: division by zero"
    assert lines[3:] == ["MicroPython  micropython", "             1", "             " + seen.error]


def test_the_heap_is_as_large_as_it_is_told_and_each_run_begins_with_an_empty_one(board):
    assert 180 * 1024 < board.heap() <= 200 * 1024
    assert board.run("x = bytearray(100_000)", "64K").error.startswith("MemoryError")
    for _ in range(2):
        assert board.run("x = bytearray(100_000); print(len(x))").output == "100000"


def test_what_does_not_end_is_ended(board):
    said = board.run("print('here')\nwhile True:\n    pass", seconds=0.3)
    assert said.error == "stopped after 0.3 seconds"


def test_a_program_that_fails_is_an_error_of_the_cell(board):
    with pytest.raises(RuntimeError, match="NameError"):
        board.table("print(nothing)")
    with pytest.raises(RuntimeError, match="NameError"):
        run(board.visit("receive"))  # it has been told no URL


def test_modules_of_the_users_own_do_not_take_the_place_of_ours(board, monkeypatch, tmp_path):
    (tmp_path / "asyncio.py").write_text("print('another one')")
    monkeypatch.setenv("MICROPYPATH", str(tmp_path))
    assert board.run("import asyncio, pocketws; print(pocketws.__version__)").output[0].isdigit()


# ---------------------------------------------------------------- what the lesson says

# Rows of its table: what MicroPython refuses, and what both take.
ONLY_CPYTHON = [
    "b = bytearray(b'abc'); del b[:2]",
    "'a'.removesuffix('a')",
    "'a'.ljust(3)",
    "'a'.isalnum()",
    "b'a'.translate(bytes(256))",
    "b''.join([memoryview(b'a')])",
    "import time; time.monotonic()",
    "import enum",
    "import typing",
    "import dataclasses",
    "TimeoutError",
]
BOTH = [
    "b = bytearray(b'abc'); b[:2] = b''; assert b == b'c'",
    "assert 'tea.txt'.endswith('.txt') and 'tea.txt'[:-4] == 'tea'",
    "assert b''.join([bytes(memoryview(b'a'))]) == b'a'",
    "import asyncio; asyncio.TimeoutError",
]


def test_the_rows_of_its_table(board):
    for code in ONLY_CPYTHON:
        exec(code, {})
        assert board.run(code).error, code
    for code in BOTH:
        exec(code, {})
        assert board.run(code).error == "", code
    order = "print(list({'tea': 1, 'milk': 2, 'sugar': 3, 'lemon': 4}))"
    assert board.run(order).output != "['tea', 'milk', 'sugar', 'lemon']"
    assert board.run("import time; print(time.ticks_diff(time.ticks_ms(), time.ticks_ms()) <= 0)").output == "True"


def test_beside_the_client_there_is_no_room_for_a_number_of_16_kib(board):
    imports = "import gc; gc.threshold(8192)\nfrom pocketws import connect\n"
    imports += "from pocketws.masking import apply_mask\nfrom pocketws.masking_micropython import mask_in_place\n"
    imports += "data = bytearray(16384); gc.collect(); print(gc.mem_free())\n"
    said = board.run(imports + "apply_mask(data, b'abcd')")
    assert said.error.startswith("MemoryError") and 50_000 < int(said.output) < 90_000
    assert board.run(imports + "mask_in_place(data, b'abcd', 0, 16384)").error == ""


def test_what_fits_with_how_much_heap(board):
    async def large(ws):
        async for _ in ws:
            await ws.send("x" * 65536)

    async def scene():
        url = await servers.start("large", large, compression=None)
        options = {"URL": url, "WHAT": "text"}
        found = [await board.visit("receive", heap, PIECES=False, **options) for heap in ("272K", "320K")]
        found.append(await board.visit("receive", "192K", PIECES=True, **options))
        await servers.stop_all()
        return found

    little, enough, pieces = run(scene())
    assert "closed 1009" in little
    assert "received 65536" in enough and 190_000 < int(enough.split()[2]) < 220_000
    assert "received 65536" in pieces


def test_connections_cost_the_same_again_and_again_and_the_first_one_more(board):
    async def tea(ws):
        async for _ in ws:
            await ws.send("one tea")

    async def scene():
        said = await board.visit("connections", URL=await servers.start("tea", tea, compression=None))
        await servers.stop_all()
        return [int(line.split()[1]) for line in said.splitlines()]

    first, second, third = run(scene())
    assert first > second and abs(third - second) < 2048
