"""The rules of a lesson that can be measured, the exercises, and the committed pictures."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from classroom import authoring, workspace
from classroom.pictures import every_picture
from tests.notebook_rules import code_cells, measure

ROOT = workspace.ROOT
LESSONS = workspace.lessons()
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))
EXECUTED = LESSONS + SOLUTIONS


def named(paths):
    return pytest.mark.parametrize("path", paths, ids=[f"{path.parent.name}/{path.stem}" for path in paths])


def cells(path, kind=None):
    return [cell for cell in nbformat.read(path, as_version=4).cells if kind in (None, cell.cell_type)]


def markdown(path):
    return "\n\n".join(cell.source for cell in cells(path, "markdown"))


@named(LESSONS)
def test_a_lesson_is_short(path):
    figures = measure(path)
    assert figures.cells <= 40
    assert figures.longest <= 15
    assert figures.median <= 6
    assert 10 <= figures.words_per_line <= 20


@named(LESSONS)
def test_a_lesson_gives_something_to_do_at_least_every_third_cell(path):
    since = 0
    for cell in cells(path)[1:]:  # the first one only navigates
        to_do = re.search(r"\.\.\.|check\(|<details>|\*\*(Predict|Your turn)|exercises/", cell.source)
        since = 0 if to_do or cell.cell_type == "code" else since + 1
        assert since < 3, cell.source[:80]


@named(LESSONS)
def test_a_lesson_has_its_sections_in_order(path):
    wanted = (
        r"^# [A-Z]",
        r"about \d+ minutes",
        r"\*\*You will build\*\*",
        r"\*\*You will be able to\*\*",
        r"## Do you remember\?",
        r"## The idea in one picture",
        r"!\[",
        r"\*\*Predict\.\*\*",
        r"\.\./exercises/",
        r"## Break it",
        r"## In practice",
        r"## Recap",
        r"## Quiz",
        r"^Next:",
    )
    text, at = markdown(path), 0
    for pattern in wanted:
        found = re.compile(pattern, re.MULTILINE).search(text, at)
        assert found, f"{pattern} is missing, or stands before the section it should follow"
        at = found.start()


@named(LESSONS)
def test_the_code_cell_before_the_last_words_cleans_up(path):
    assert cells(path, "code")[-1].source.startswith("# Clean up")


@named(LESSONS)
def test_the_recap_has_at_most_five_points(path):
    recap = re.search(r"## Recap\n(.*?)(\n## |\Z)", markdown(path), re.DOTALL)[1]
    assert 3 <= len(re.findall(r"^- ", recap, re.MULTILINE)) <= 5


@named(LESSONS)
def test_ideas_are_at_most_120_words(path):
    for idea in re.findall(r"^## \d+\. .*?\n(.*?)\*\*Predict\.", markdown(path), re.DOTALL | re.MULTILINE):
        prose = "\n".join(line for line in idea.splitlines() if not line.startswith("|"))
        assert len(prose.split()) <= 120


@named(LESSONS)
def test_the_navigation_line_is_the_generated_one(path):
    assert cells(path)[0].source == authoring.navigation(path)


@named(LESSONS)
def test_what_a_lesson_imports_from_the_course_loads_no_large_package(path):
    """A kernel that is slow to start is blamed on the course; a plot's cell may import matplotlib, and wait for it."""
    ours = re.findall(r"^(?:from|import) (?:classroom|pocketws)\b.*$", "\n".join(code_cells(path)), re.MULTILINE)
    large = "{'matplotlib', 'numpy', 'nbformat', 'nbclient', 'jsonschema', 'IPython', 'jupyter_client', 'playwright'}"
    program = "\n".join([*ours, "import sys", f"print(sorted({large} & set(sys.modules)))"])
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@named(LESSONS + EXERCISES + SOLUTIONS)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", markdown(path)):
        assert not target.startswith("http"), "a lesson works without the network"
        file = (path.parent / target.split("#")[0]).resolve()
        assert file.exists(), target
        folder = file.relative_to(ROOT).parts[0]
        assert folder in (*workspace.FOLDERS, "README.md"), f"{target}: work/, which a student opens, has no {folder}"


@named(LESSONS[:-1])
def test_the_end_leads_to_the_next_lesson(path):
    following = LESSONS[LESSONS.index(path) + 1].name
    assert f"]({following})" in cells(path, "markdown")[-1].source
    if path.name != LESSONS[0].name:
        exercise = ROOT / "exercises" / path.name
        assert f"](../notebooks/{following})" in cells(exercise, "markdown")[-1].source


@named(LESSONS + EXERCISES + SOLUTIONS)
def test_pictures_have_alternative_texts(path):
    for text in re.findall(r"!\[(.*?)\]", markdown(path), re.DOTALL):
        assert len(text) > 40, "a reader who cannot see the picture learns nothing from this"
    assert "<img" not in markdown(path)


@named(EXECUTED)
def test_every_code_cell_was_run_in_order(path):
    ran = [cell.execution_count for cell in cells(path, "code")]
    assert ran == list(range(1, len(ran) + 1)), "run: make notebooks"


@named(EXECUTED)
def test_no_output_is_an_error_or_html_beside_a_figure(path):
    for output in [output for cell in cells(path, "code") for output in cell.outputs]:
        assert output.output_type != "error"
        if "image/svg+xml" in output.get("data", {}):
            assert "text/html" not in output.data and output.data["text/plain"].strip()


@named(LESSONS + EXERCISES + SOLUTIONS)
def test_the_file_tells_nothing_of_the_machine_it_was_made_on(path):
    text = path.read_text()
    for trace in (str(ROOT), str(Path.home()) + "/", "ipykernel_", 'execution": {'):
        assert trace not in text


@named(LESSONS + EXERCISES + SOLUTIONS)
def test_nothing_in_a_cell_waits_forever_or_for_a_person(path):
    forbidden = ("input(", "time.sleep(", "serve_forever(", "# type:", "0.0.0.0")
    if not path.name.startswith("00_"):
        forbidden += ("asyncio.run(",)
    for cell in cells(path, "code"):
        for words in forbidden:
            assert words not in cell.source


@named(SOLUTIONS)
def test_the_exercise_is_what_its_solution_gives(path):
    committed = ROOT / "exercises" / path.name
    assert committed.exists(), "run: make exercises"
    assert committed.read_text() == nbformat.writes(authoring.exercise(path)) + "\n", "run: make exercises"


def test_exercises_have_solutions_and_lessons():
    names = {path.name for path in EXERCISES}
    assert names == {path.name for path in SOLUTIONS}
    assert names <= {path.name for path in LESSONS}


@pytest.mark.parametrize("name, draw", every_picture().items())
def test_the_committed_picture_is_what_the_code_draws(name, draw):
    assert (ROOT / "notebooks" / "images" / name).read_text() == draw(), "run: make notebooks"
