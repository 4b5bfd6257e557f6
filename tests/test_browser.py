"""A student's first minutes: JupyterLab opens the lesson, runs it, and shows its pictures.

The Run button goes through the first lesson; with THOROUGH in the environment, through all. That each lesson runs
without an error, in the same kernel, the notebooks step shows of all.
"""

import pytest

from classroom import workspace
from tests.browser import chromium_page, find_chromium, opened, run_all, running_lab, walk
from tests.test_pages_browser import check_live
from tests.thorough import first


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


LESSONS = [f"notebooks/{path.name}" for path in first(workspace.lessons())]


@pytest.mark.parametrize("name", LESSONS)
def test_the_run_button_leads_from_the_first_cell_to_the_last(lab, page, name):
    url, work = lab
    with opened(page, url, name) as panel:
        assert not errors(walk(page, panel, work / name))


def test_an_untouched_exercise_runs_and_shows_its_cards(lab, page):
    url, work = lab
    name = "exercises/03_frames.ipynb"
    with opened(page, url, name) as panel:
        assert not errors(run_all(page, panel, work / name))
        card = panel.locator(".jp-OutputArea svg.ws:visible").first
        card.scroll_into_view_if_needed()
        assert card.bounding_box()["width"] > 300


def test_the_pages_of_lesson_11_are_live_in_the_notebook(lab, page):
    url, work = lab
    check_live(page, url, work)
