"""For authors: execute the notebooks, and make the exercises out of the solutions.

Needs requirements-dev.txt (nbgrader).
"""

import re
import time

import nbformat
from nbclient import NotebookClient

from .pages import LIVE
from .pictures import every_picture
from .workspace import ROOT, lessons

CELL_SECONDS = 60

STUB = "pass  # your code here"  # does not raise, so that an untouched exercise runs to its end, and shows nothing

_KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute_all(lesson=""):
    """Draw the pictures; execute and save the lessons and solutions, or one lesson's; say how long each took."""
    for name, draw in every_picture().items():
        (ROOT / "notebooks" / "images" / name).write_text(draw())
    found = lessons() + sorted((ROOT / "solutions").glob("*.ipynb"))
    for path in found:
        if path.name.startswith(lesson):
            start = time.perf_counter()
            save(path, executed(path))
            print(f"{path.relative_to(ROOT)}  {time.perf_counter() - start:.1f} s", flush=True)


def executed(path):
    """Return the notebook at `path`, run from its first cell to its last, as it is to be committed."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            # A host that does not trust HTML shows the SVG, or the text, but would make a heap of the HTML's words.
            if "image/svg+xml" in output.get("data", {}):
                output["data"].pop("text/html", None)
            # What is live is dead once saved, and holds a port.
            if LIVE in output.get("data", {}).get("text/html", ""):
                output["data"].pop("text/html")
    return notebook


def save(path, notebook):
    """Write the notebook with its navigation line, and without anything that only this machine knows."""
    notebook.metadata = nbformat.from_dict(_KERNEL)
    if path.parent.name == "notebooks":
        notebook.cells[0].source = navigation(path)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def navigation(path):
    """Return the first cell of a lesson: links to the lesson before, the course, and the lesson after."""
    order = lessons()
    at = order.index(path)
    parts = []
    if at > 0:
        parts.append(f"[← {title(order[at - 1])}]({order[at - 1].name})")
    parts.append("[WebSockets, from the wire to the Pico](../README.md)")
    if at + 1 < len(order):
        parts.append(f"[{title(order[at + 1])} →]({order[at + 1].name})")
    return " | ".join(parts)


def title(path):
    """Return a lesson's own title, from its first heading."""
    for cell in nbformat.read(path, as_version=4).cells:
        found = re.search(r"^# (.+)$", cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and found:
            return found[1]
    raise ValueError(f"{path.name} has no heading")


def write_exercises():
    """Write exercises/ from solutions/."""
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        target = ROOT / "exercises" / path.name
        nbformat.write(exercise(path), target)
        print(target.relative_to(ROOT))


def exercise(path):
    """Return the exercise that nbgrader's own preprocessors make of the solution at `path`."""
    from nbgrader.converters.generate_assignment import GenerateAssignment
    from nbgrader.preprocessors import SaveCells
    from traitlets.config import Config

    config = Config({"ClearSolutions": {"code_stub": {"python": STUB}}})
    notebook = nbformat.read(path, as_version=4)
    resources = {"unique_key": path.stem}
    for preprocessor in GenerateAssignment().preprocessors:
        if preprocessor is not SaveCells:  # it fills nbgrader's database, which only a teacher has
            notebook, resources = preprocessor(config=config).preprocess(notebook, resources)
    notebook.metadata = nbformat.from_dict(_KERNEL)
    return notebook
