"""Lesson 11: it leaves nothing behind, runs twice in a kernel, and what its folded answers say is so."""

import json
import re

import pytest

from classroom.workspace import ROOT
from tests.notebook_rules import LEFT, code_cells, run_cells

CELLS = code_cells(ROOT / "notebooks" / "11_the_browser_is_a_client.ipynb")


def changed(*changes):
    """Return the cells with each (old, new) of `changes` made, which must occur."""
    cells = list(CELLS)
    for old, new in changes:
        assert any(old in cell for cell in cells), old
        cells = [cell.replace(old, new) for cell in cells]
    return cells


def after(cells, start):
    """Return the cells up to the one that has the text `start`, and this one; a cell may then be put after them."""
    at = next(at for at, cell in enumerate(cells) if start in cell)
    return cells[: at + 1]


SOLVED = changed(
    ("        return ...\n", "        return None\n"),
    ("connection.respond(...,", "connection.respond(404,"),
    ('response.headers["Content-Type"] = ...', 'response.headers["Content-Type"] = "text/html; charset=utf-8"'),
    ("    ...  # your code here", '    return urljoin(page, ".").replace("http", "ws", 1)'),
)


@pytest.mark.thorough
def test_nothing_is_left_after_the_lesson_and_it_runs_twice_in_one_kernel():
    results = run_cells(*CELLS, LEFT, *CELLS, LEFT)
    assert results[len(CELLS)] == results[-1] == "[]"


def test_with_both_tasks_solved_the_students_page_is_served():
    probe = 'print(json.dumps([passed("11.a"), passed("11.b"), at_home.text, nowhere.text]))'
    results = run_cells(*after(SOLVED, "at_home"), probe, "await servers.stop_all()\nfolder.cleanup()", LEFT)
    assert json.loads(results[-3]) == [True, True, "<h1>At home</h1>", "There is no such page.\n"]
    assert results[-1] == "[]"


def test_without_finally_there_are_ghosts():
    """As the folded answer says: two, and then two."""
    cells = after(changed(("    finally:\n        USERS", "    else:\n        USERS")), "without = await")
    assert run_cells(*cells, "await servers.stop_all()")[-2].startswith("[2, 2]")


def test_with_a_lock_no_update_is_lost():
    """As the folded answer says."""
    loop = "    async for message in ws:\n        "
    body = 'old = STORE["value"]'
    cell = next(cell for cell in CELLS if body in cell)
    start = cell.index(loop) + len("    async for message in ws:\n")
    end = cell.index("\n\n\nguess")
    locked = "        async with lock:\n" + "".join(f"    {line}\n" for line in cell[start:end].splitlines())
    cells = [each.replace(cell[start:end] + "\n", locked) for each in CELLS]
    cells = [each.replace("STORE = {", "lock = asyncio.Lock()\nSTORE = {") for each in cells]
    assert cells != CELLS
    assert run_cells(*after(cells, "STORE = {"))[-1] == "['1', '2', '3']"


def test_the_script_of_the_page_is_shown_from_its_file_in_short_pieces():
    (shown,) = [
        text for text in run_cells(*after(CELLS, "pages.code"), "await servers.stop_all()") if "function" in text
    ]
    functions = re.findall(r"^function .*?^}", shown, re.MULTILINE | re.DOTALL)
    assert len(functions) == 3
    assert all(len(function.splitlines()) <= 15 for function in functions)
