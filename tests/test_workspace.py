"""A student's copy of the course: made once, brought up to date, never overwritten."""

import argparse
import subprocess
import sys

import nbformat
import pytest

import classroom.__main__
from classroom import workspace

NAME = "exercises/03_frames.ipynb"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Give a small course with one exercise, and point the workspace at it."""
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    monkeypatch.setattr(workspace, "WORK", tmp_path / "work")
    monkeypatch.setattr(workspace, "_COPIES", tmp_path / "work" / ".copies.json")
    for folder in workspace.FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "README.md").write_text("# Course")
    (tmp_path / "notebooks" / "picture.svg").write_text("<svg/>")
    write(tmp_path / "notebooks" / "03_frames.ipynb", "lesson")
    write(tmp_path / NAME, "x = ...")
    return tmp_path


def write(path, source):
    """Write a notebook with one code cell that has been run."""
    cell = nbformat.v4.new_code_cell(source, id="one", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", text="out")]
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


def source(path):
    return nbformat.read(path, as_version=4).cells[0].source


def test_the_copy_has_everything_but_outputs(course):
    assert workspace.prepare() == []
    cell = nbformat.read(course / "work" / NAME, as_version=4).cells[0]
    assert (cell.source, cell.outputs, cell.execution_count) == ("x = ...", [], None)
    assert (course / "work" / "notebooks" / "picture.svg").read_text() == "<svg/>"


def test_what_a_student_changed_stays_and_is_reported_once_there_is_something_newer(course):
    workspace.prepare()
    write(course / "work" / NAME, "x = 1")
    assert workspace.prepare() == []
    write(course / NAME, "x = ...  # better")
    assert workspace.prepare() == [NAME]
    assert source(course / "work" / NAME) == "x = 1"


def test_what_a_student_left_alone_is_brought_up_to_date(course):
    workspace.prepare()
    write(course / NAME, "x = ...  # better")
    assert workspace.prepare() == []
    assert source(course / "work" / NAME) == "x = ...  # better"


def test_a_notebook_that_was_only_opened_and_saved_counts_as_left_alone(course):
    workspace.prepare()
    opened = nbformat.read(course / "work" / NAME, as_version=4)
    opened.metadata["language_info"] = {"name": "python", "version": "3.11.7"}  # which JupyterLab fills in
    nbformat.write(opened, course / "work" / NAME)
    write(course / NAME, "x = ...  # better")
    assert workspace.prepare() == []
    assert source(course / "work" / NAME) == "x = ...  # better"


def test_the_command_that_brings_the_newer_original_is_named(course, monkeypatch, capsys):
    monkeypatch.setattr(workspace, "open_lab", lambda *arguments: None)
    workspace.prepare()
    write(course / "work" / NAME, "x = 1")
    write(course / NAME, "x = ...  # better")
    classroom.__main__.lab(argparse.Namespace(arguments=[]))
    assert capsys.readouterr().out.endswith("make reset LESSON=03\n")


def test_a_deleted_copy_comes_back(course):
    workspace.prepare()
    (course / "work" / NAME).unlink()
    workspace.prepare()
    assert source(course / "work" / NAME) == "x = ..."


def test_reset_restores_the_lesson_and_keeps_the_students_version(course):
    workspace.prepare()
    for answer in ("x = 1", "x = 2"):
        write(course / "work" / NAME, answer)
        workspace.reset("03")
        assert source(course / "work" / NAME) == "x = ..."
    old = course / "work" / "old" / "exercises"
    assert source(old / "03_frames-1.ipynb") == "x = 1"
    assert source(old / "03_frames-2.ipynb") == "x = 2"


def test_reset_of_an_untouched_lesson_moves_nothing(course):
    workspace.prepare()
    assert all("already as new" in line for line in workspace.reset("03"))
    assert not (course / "work" / "old").exists()


@pytest.mark.parametrize("lesson", ["99", "", "3", "frames", "../x"])
def test_reset_of_an_unknown_lesson_says_which_there_are(course, lesson):
    with pytest.raises(LookupError, match="Lessons: 03"):
        workspace.reset(lesson)


def test_a_damaged_record_of_copies_loses_nothing(course):
    workspace.prepare()
    write(course / "work" / NAME, "x = 1")
    (course / "work" / ".copies.json").write_text("{not json")
    workspace.prepare()
    assert source(course / "work" / NAME) == "x = 1"


def command(*arguments):
    return subprocess.run([sys.executable, "-m", "classroom", *arguments], capture_output=True, text=True, timeout=60)


def test_help_lists_the_commands():
    done = command("--help")
    assert done.returncode == 0
    for name in ("lab", "edit", "reset", "notebooks", "exercises", "doctor"):
        assert name in done.stdout


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "required: COMMAND"),
        (["reset"], "required: lesson"),
        (["reset", "99"], "There is no lesson '99'"),
        (["nonsense"], "invalid choice"),
        (["doctor", "--wrong"], "unrecognized arguments: --wrong"),
    ],
)
def test_a_wrong_command_is_explained_in_a_line_not_a_traceback(arguments, said):
    done = command(*arguments)
    assert done.returncode != 0
    assert said in done.stderr and "Traceback" not in done.stderr


def test_the_doctor_finds_this_machine_well():
    done = command("doctor")
    assert done.returncode == 0, done.stdout
    assert "Set-up check: ready" in done.stdout
