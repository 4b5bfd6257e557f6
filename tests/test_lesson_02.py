"""Lesson 02 leaves nothing behind, and runs twice in a row in one kernel."""

import contextlib

import nbformat
import pytest
from nbclient import NotebookClient

from classroom.workspace import ROOT

LESSON = ROOT / "notebooks" / "02_opening_handshake.ipynb"

# Two kinds of tasks do not count: that of the cell itself, and those that run ipykernel's own code.
AFTER = """
import asyncio as _asyncio
from classroom import servers as _servers
await _asyncio.sleep(0.3)  # what is ending may end
_others = _asyncio.all_tasks() - {_asyncio.current_task()}
_left = [_task for _task in _others if "ipykernel" not in _task.get_coro().cr_code.co_filename]
assert _servers.running() == [], _servers.running()
assert _left == [], _left
"""


@contextlib.contextmanager
def kernel():
    """Give a function that runs the source of one cell in a kernel of its own, and returns its outputs."""
    client = NotebookClient(
        nbformat.v4.new_notebook(), timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    with client.setup_kernel():

        def run(source):
            cell = nbformat.v4.new_code_cell(source)
            client.nb.cells.append(cell)
            return client.execute_cell(cell, len(client.nb.cells) - 1).outputs

        yield run


def sources():
    return [cell.source for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]


def words(outputs):
    """Return what the outputs of a cell say, as one text."""
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs)


@pytest.fixture(scope="module")
def twice():
    """Return what the cells say in a first and in a second run of the lesson, in one kernel."""
    with kernel() as run:
        runs = []
        for _ in range(2):
            runs.append([words(run(source)) for source in sources()])
            run(AFTER)  # an assertion that fails is a CellExecutionError here
    return runs


@pytest.mark.thorough
def test_it_runs_twice_in_a_row_with_the_same_outputs_and_leaves_no_server_and_no_task(twice):
    first, second = twice
    assert first == second


@pytest.mark.thorough
def test_each_cell_may_run_twice():
    with kernel() as run:
        for source in sources():
            assert words(run(source)) == words(run(source))
        run(AFTER)


def test_a_lesson_left_in_the_middle_is_cleaned_up_by_its_last_cell():
    *cells, clean_up = sources()
    with kernel() as run:
        for source in cells[: len(cells) * 2 // 3]:
            run(source)
        run(clean_up)
        run(AFTER)


@pytest.mark.parametrize(
    "guess, verdict",
    [("101", "426. You predicted 101: what did you leave out?"), ("426", "426, as you predicted.")],
)
def test_a_prediction_is_compared(guess, verdict):
    with kernel() as run:
        for source in sources():
            said = words(run(source.replace("guess = ...", f"guess = {guess}")))
            if "reveal(" in source:
                break
        run(sources()[-1])
    assert said.startswith(verdict)


def test_the_functions_of_the_lesson_solved_pass_and_are_accepted_by_the_real_server():
    solved = {
        '"Host: " + ...': '"Host: " + host',
        '"Connection: " + ...': '"Connection: " + "Upgrade"',
        '"Sec-WebSocket-Version: " + ...': '"Sec-WebSocket-Version: " + "13"',
        "(lines) + ...)": '(lines) + "\\r\\n\\r\\n")',
        "    ...  # your code here": "    return (status == 101 and headers.get('upgrade', '').lower() == 'websocket'"
        " and headers.get('connection', '').lower() == 'upgrade'"
        " and headers.get('sec-websocket-accept') == hashed(key.encode()))",
    }
    said = []
    with kernel() as run:
        for source in sources()[:-1]:
            for blank, filled in solved.items():
                source = source.replace(blank, filled)
            said.append(words(run(source)))
        sent = words(run('print(await exchange(open_request(at.netloc, "/", key)))'))
        run(sources()[-1])
    assert sum(text.startswith("[ok] Task 02.") for text in said) == 2
    assert sent.startswith("HTTP/1.1 101 ")
