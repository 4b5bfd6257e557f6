"""What can be measured about a lesson from the notebook's file, and what its cells do and leave behind in a kernel."""

import re
import statistics
from types import SimpleNamespace

import nbformat
from nbclient import NotebookClient

from classroom.workspace import ROOT

# A cell. Its result: every task but those that ipykernel and IPython run themselves; the checks' threads; the servers.
LEFT = """
import asyncio as _asyncio, threading as _threading
from classroom import servers as _servers
_tasks = {_task: _task.get_coro().cr_code.co_filename for _task in _asyncio.all_tasks()}
_own = ("/site-packages/ipykernel/", "/site-packages/IPython/")
_left = [f"{_task.get_name()} {_file}" for _task, _file in _tasks.items() if not any(_part in _file for _part in _own)]
_left += [_thread.name for _thread in _threading.enumerate() if _thread.name == "classroom check"]
_left + _servers.running()
"""


def code_cells(path):
    """Return the sources of the code cells of the notebook at `path`."""
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def run_cells(*sources):
    """Run code cells in one new kernel, in notebooks/; return for each the text of its last output, "" without one.

    A cell that raises is a CellExecutionError here.
    """
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    folder = {"metadata": {"path": str(ROOT / "notebooks")}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources=folder).execute()
    return [text(cell.outputs[-1]) if cell.outputs else "" for cell in notebook.cells]


def text(output):
    """Return what one output of a cell says."""
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")


def measure(path):
    """Return the figures that the rules of a lesson speak of."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    lines = [sum(1 for line in cell.source.splitlines() if line.strip()) for cell in code]
    words = sum(len(prose(cell.source).split()) for cell in cells if cell.cell_type == "markdown")
    return SimpleNamespace(
        cells=len(cells),
        code_lines=sum(lines),
        longest=max(lines),
        median=statistics.median(lines),
        words=words,
        words_per_line=words / sum(lines),
    )


def prose(source):
    """Return the running text of a markdown cell: no folded answers, tables, pictures or headings."""
    source = re.sub(r"<details>.*?</details>", "", source, flags=re.DOTALL)
    source = re.sub(r"!\[.*?\]\(.*?\)", "", source, flags=re.DOTALL)
    return "\n".join(line for line in source.splitlines() if not line.startswith(("|", "#")))
