"""JupyterLab on a fresh copy of the course, driven by a headless Chromium."""

import contextlib
import json
import os
import subprocess
import sys
import time

import nbformat
import pytest

from classroom import doctor
from classroom.workspace import ROOT

# The last four keep Chromium from looking for hosts outside this machine.
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM += ["--disable-component-update", "--disable-sync"]


def find_chromium():
    """Return the path of a Chromium, or skip the test; in continuous integration, fail it."""
    if found := doctor.find_chromium():
        return found
    reason = "no Chromium found: install your system's package chromium"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def chromium_page(width=1300, height=1000, theme="light"):
    """Give a page of a new headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM)
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
        page.set_default_timeout(30_000)
        yield page
        browser.close()


@contextlib.contextmanager
def running_lab(folder):
    """Start JupyterLab as `make lab` does, on a copy of the course in `folder`; give its URL."""
    environment = os.environ | {
        "COURSE_WORK": str(folder / "work"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    arguments = [
        "--no-browser",
        "--port=0",
        "--ip=127.0.0.1",
        "--IdentityProvider.token=",
        "--ServerApp.allow_root=True",
    ]
    with open(folder / "lab.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "classroom", "lab", *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            yield _url(server, folder)
        finally:
            server.terminate()
            server.wait(20)


def _url(server, folder):
    """Return the URL of the server once it answers."""
    info = folder / "runtime" / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return json.loads(info.read_text())["url"].replace("localhost", "127.0.0.1")
        time.sleep(0.05)
    raise AssertionError((folder / "lab.log").read_text())


def open_notebook(page, url, name):
    """Open the notebook `name`, such as "notebooks/03_frames.ipynb", and wait for its kernel."""
    page.goto(f"{url}lab/tree/{name}?reset")  # without the tabs of the visit before
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)


def walk(page, saved):
    """Press the toolbar's Run button once for each cell; return the notebook as saved in the end.

    saved: Path of the notebook's file.
    """
    button = page.locator('[data-command="notebook:run-cell-and-select-next"]').first
    for _ in nbformat.read(saved, as_version=4).cells:
        button.click()
    return _saved(page, saved)


def run_all(page, saved):
    """Choose Run > Run All Cells; return the notebook as saved in the end. saved: Path of its file."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    return _saved(page, saved)


def _saved(page, path):
    """Save until every code cell has run; return the notebook in the file."""
    deadline = time.monotonic() + 90
    waiting = ["all"]
    while waiting and time.monotonic() < deadline:
        page.keyboard.press("Control+s")
        page.wait_for_timeout(200)
        try:
            notebook = nbformat.read(path, as_version=4)
        except nbformat.reader.NotJSONError:  # read while it was being written
            continue
        # The Run button appends an empty cell after the last one.
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
        waiting = [cell.id for cell in code if not cell.execution_count]
    assert not waiting, f"these cells did not run: {', '.join(waiting)}"
    return notebook
