"""Every exercise, both ways: untouched it is "not started", task by task; solved it passes; nbgrader agrees."""

import os
import re
import shutil
import sys
from pathlib import Path

import nbformat
import pytest

from classroom import authoring, checks
from classroom.workspace import ROOT

SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
named = pytest.mark.parametrize("path", SOLUTIONS, ids=[path.stem for path in SOLUTIONS])


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


def tasks_of(path):
    lesson = path.name[:2]
    checks._find(f"{lesson}.1")
    return {name for name in checks._tasks if re.fullmatch(lesson + r"\.\d", name)}


@named
def test_untouched_every_task_is_not_started(path):
    found = verdicts(authoring.executed(ROOT / "exercises" / path.name))
    assert found == {name: "[ ]" for name in tasks_of(path)}


@named
def test_solved_every_task_passes(path):
    found = verdicts(authoring.executed(path))
    assert found == {name: "[ok]" for name in tasks_of(path)}


@named
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
def course(tmp_path_factory):
    """Return the folder of a course of nbgrader and its API: one course for all, since its database takes longest."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    folder = tmp_path_factory.mktemp("course")
    config = Config()
    config.CourseDirectory.root = str(folder)
    config.ClearSolutions.code_stub = {"python": authoring.STUB}
    config.Exchange.root = str(folder / "exchange")
    with pytest.MonkeyPatch.context() as monkeypatch:
        # nbgrader starts its helper programs by name, and the tests may run without the environment activated
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        yield folder, NbGraderAPI(config=config)


@named
@pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # of nbgrader's own use of SQLAlchemy
def test_nbgrader_gives_the_untouched_copy_nothing_and_the_solution_full_marks(path, course):
    folder, api = course
    source = folder / "source" / path.stem
    source.mkdir(parents=True)
    shutil.copy(path, source)
    assert api.generate_assignment(path.stem)["success"]
    handed_in = folder / "submitted"
    for student in ("untouched", "solved"):
        (handed_in / student / path.stem).mkdir(parents=True)
    shutil.copy(folder / "release" / path.stem / path.name, handed_in / "untouched" / path.stem)
    nbformat.write(without_markers(path), handed_in / "solved" / path.stem / path.name)
    for student in ("untouched", "solved"):
        done = api.autograde(path.stem, student)
        assert done["success"], done["log"]
    with api.gradebook as gradebook:
        untouched = gradebook.find_submission(path.stem, "untouched")
        solved = gradebook.find_submission(path.stem, "solved")
        assert (untouched.score, solved.score) == (0, solved.max_score)
        assert solved.max_score >= 5


def test_a_solution_edited_without_regenerating_is_noticed(tmp_path):
    """The comparison in test_notebooks.py can fail: what it compares does depend on the solution."""
    path = tmp_path / SOLUTIONS[0].name
    notebook = nbformat.read(SOLUTIONS[0], as_version=4)
    notebook.cells[0].source += " More."
    nbformat.write(notebook, path)
    assert nbformat.writes(authoring.exercise(path)) + "\n" != Path(ROOT / "exercises" / path.name).read_text()
