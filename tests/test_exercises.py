"""Every exercise, both ways: untouched it is "not started", task by task; solved it passes; nbgrader agrees.

nbgrader executes an exercise twice, which takes long, so it gets three of them; with THOROUGH in the environment, all.
The notebooks step executes all solutions, and compares their cards with the saved ones.
"""

import functools
import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from classroom import authoring, checks
from classroom.workspace import ROOT
from conftest import ON_MICROPYTHON
from tests.test_micropython import micropython
from tests.thorough import THOROUGH

SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
# Of nbgrader's own use of SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")
GRADED = [path for path in SOLUTIONS if THOROUGH or path.name[:2] in ("03", "12", "18")]


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


def verdicts(notebook):
    """Return {task: the sign that its card begins with} of an executed notebook."""
    found = {}
    for cell in notebook.cells:
        task = re.search(r'check\("(.+?)"', cell.source)
        for output in cell.get("outputs", []):
            text = output.get("data", {}).get("text/plain", "")
            if task and text.startswith("["):
                found[task[1]] = text.split(" Task")[0]
    return found


def errors(notebook):
    """Return the names of the cells that raised, their ids where nbgrader has not named them."""
    raised = [cell for cell in notebook.cells if any(out.output_type == "error" for out in cell.get("outputs", []))]
    return {cell.metadata.get("nbgrader", {}).get("grade_id", cell.id) for cell in raised}


def is_graded(cell):
    """Tell whether nbgrader gives points for the cell: it raises where there are none to give."""
    return cell.metadata.get("nbgrader", {}).get("grade", False)


def solved(path, graded):
    """Return graded()'s result for the solution; skip the test where a task needs a MicroPython that is not there."""
    if path.name[:2] in ON_MICROPYTHON:
        micropython()
    return graded(path)["solved"]


def tasks_of(path):
    lesson = path.name[:2]
    checks._find(f"{lesson}.1")
    return {name for name in checks._tasks if re.fullmatch(lesson + r"\.\d", name)}


@named(SOLUTIONS)
def test_the_solution_was_saved_with_every_task_passed(path):
    assert verdicts(nbformat.read(path, as_version=4)) == {name: "[ok]" for name in tasks_of(path)}


@named(GRADED)
def test_untouched_every_task_is_not_started(path, graded):
    notebook, _ = graded(path)["untouched"]
    assert verdicts(notebook) == {name: "[ ]" for name in tasks_of(path)}
    assert errors(notebook) <= {cell.metadata.nbgrader.grade_id for cell in notebook.cells if is_graded(cell)}


@named(GRADED)
def test_solved_every_task_passes(path, graded):
    notebook, _ = solved(path, graded)
    assert verdicts(notebook) == {name: "[ok]" for name in tasks_of(path)}
    assert not errors(notebook)


@named(GRADED)
def test_nbgrader_gives_the_untouched_copy_nothing_and_the_solution_full_marks(path, graded):
    _, (score, _) = graded(path)["untouched"]
    assert score == 0
    _, (score, most) = solved(path, graded)
    assert score == most >= 5


@named(SOLUTIONS)
def test_every_task_has_three_hints(path):
    for name in tasks_of(path):
        assert len(checks._tasks[name].hints) == 3


def without_markers(path):
    """Return the solution as a student would hand it in."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", "", cell.source, flags=re.DOTALL)
        cell.source = re.sub(r"^\s*### (BEGIN|END) SOLUTION\n", "", cell.source, flags=re.MULTILINE)
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Return a function that gives {student: (notebook as executed by nbgrader, (score, most possible))}.

    Two students handed in the exercise of the solution at a path: "untouched" as it is committed, and "solved".
    Each was executed once, for all tests. They share one course, since its database takes longest.
    """
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    folder = tmp_path_factory.mktemp("course")
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.ClearSolutions.code_stub = {"python": authoring.STUB}
    config.Exchange.root = str(folder / "exchange")
    api = NbGraderAPI(config=config)

    @functools.cache
    def grade(path):
        source = folder / "source" / path.stem
        source.mkdir(parents=True)
        shutil.copy(path, source)
        assert api.generate_assignment(path.stem)["success"]
        found = {}
        for student in ("untouched", "solved"):
            handed_in = folder / "submitted" / student / path.stem
            handed_in.mkdir(parents=True)
            if student == "solved":
                nbformat.write(without_markers(path), handed_in / path.name)
            else:
                shutil.copy(ROOT / "exercises" / path.name, handed_in)
            done = api.autograde(path.stem, student)
            assert done["success"], done["log"]
            executed = nbformat.read(folder / "autograded" / student / path.stem / path.name, as_version=4)
            with api.gradebook as gradebook:
                submission = gradebook.find_submission(path.stem, student)
                found[student] = executed, (submission.score, submission.max_score)
        return found

    with pytest.MonkeyPatch.context() as monkeypatch:
        # nbgrader starts its helper programs by name, and the tests may run without the environment activated
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield grade


def test_a_solution_edited_without_regenerating_is_noticed(tmp_path):
    """The comparison in test_notebooks.py can fail: what it compares does depend on the solution."""
    path = tmp_path / SOLUTIONS[0].name
    notebook = nbformat.read(SOLUTIONS[0], as_version=4)
    notebook.cells[0].source += " More."
    nbformat.write(notebook, path)
    assert nbformat.writes(authoring.exercise(path)) + "\n" != Path(ROOT / "exercises" / path.name).read_text()
