"""A student's first minutes: JupyterLab opens the lesson, runs it, and shows its pictures.

The Run button goes through some lessons; with THOROUGH in the environment, through all.
"""

import re

import pytest

from classroom import workspace
from tests.browser import chromium_page, find_chromium, opened, run_all, running_lab, walk
from tests.notebook_rules import code_cells
from tests.thorough import THOROUGH


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    find_chromium()
    folder = tmp_path_factory.mktemp("lab")
    with running_lab(folder) as url:
        yield url, folder / "work"


@pytest.fixture(scope="module")
def page():
    """The page of all tests, one after another, since to load JupyterLab takes longer than to run a lesson."""
    with chromium_page() as page:
        yield page


def errors(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


def test_it_opens_at_the_first_lesson_without_a_dialogue(lab, page):
    url, work = lab
    page.goto(url)
    page.locator(".jp-Notebook h1").first.wait_for()
    assert "/lab/tree/notebooks/0" in page.url
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".Toastify__toast").count() == 0
    assert not page.get_by_text("Nbgrader", exact=False).count()


def takes_what_one_types(path):
    """Tell whether the lesson shows what could take the focus from the next cell: a page, or a live picture."""
    return any(re.search(r"\bpages\b|\.show\(", source) for source in code_cells(path))


LESSONS = [f"notebooks/{path.name}" for path in workspace.lessons()]
# To press Run for each cell takes a browser five times as long as Run All Cells, as all is drawn on the way.
WALKED = [
    f"notebooks/{path.name}"
    for path in workspace.lessons()
    if THOROUGH or path.name[:2] in ("00", "03") or takes_what_one_types(path)
]


@pytest.mark.parametrize("name", WALKED)
def test_the_run_button_leads_from_the_first_cell_to_the_last(lab, page, name):
    url, work = lab
    with opened(page, url, name) as panel:
        assert not errors(walk(page, panel, work / name))


@pytest.mark.parametrize("name", [name for name in LESSONS if name not in WALKED])
def test_all_cells_run(lab, page, name):
    url, work = lab
    with opened(page, url, name) as panel:
        assert not errors(run_all(page, panel, work / name))


def test_an_untouched_exercise_runs_and_shows_its_cards(lab, page):
    url, work = lab
    name = "exercises/03_frames.ipynb"
    with opened(page, url, name) as panel:
        assert not errors(run_all(page, panel, work / name))
        card = panel.locator(".jp-OutputArea svg.ws:visible").first
        card.scroll_into_view_if_needed()
        assert card.bounding_box()["width"] > 300
