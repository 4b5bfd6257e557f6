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

IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'  # in a notebook's panel: no cell runs


def find_chromium():
    """Return the path of a Chromium, or skip the test; in continuous integration, fail it."""
    if found := doctor.find_chromium():
        return found
    reason = "no Chromium found: install your system's package chromium"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def chromium(width=1300, height=1000, theme="light"):
    """Give a new headless browser: its pages, made with new_page(), share what it has loaded.

    Until it ends, asyncio.run() does not work in this thread: the browser's driver has a loop of its own there.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM)
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
        context.set_default_timeout(30_000)
        yield context
        browser.close()


@contextlib.contextmanager
def chromium_page(width=1300, height=1000, theme="light"):
    """Give a page of a new headless browser."""
    with chromium(width, height, theme) as browser:
        yield browser.new_page()


@contextlib.contextmanager
def running_lab(folder, *options):
    """Start JupyterLab as `make lab` does, on a copy of the course in `folder`, with more options; give its URL."""
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
        *options,
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


@contextlib.contextmanager
def opened(page, url, name):
    """Open the notebook `name`, such as "notebooks/03_frames.ipynb"; give its panel once its kernel is ready.

    The panel is a locator. It opens by a double click in the list of files; JupyterLab is loaded first, unless the
    page shows it already: that takes longest.
    """
    folder, file = name.split("/")
    row = page.locator(f'.jp-DirListing-item[title^="Name: {file}"][title*="Path: {folder}"]')
    if page.locator(".jp-DirListing").count() == 0:
        page.goto(f"{url}lab/tree/{folder}?reset")  # without the tabs of the visit before
    elif row.count() == 0:
        page.locator(".jp-BreadCrumbs-home").click()
        page.locator(f'.jp-DirListing-item[title^="Name: {folder}\\a"]').dblclick()
    row.dblclick()
    tab = page.locator(f'.lm-DockPanel-tabBar .lm-mod-current[title^="Name: {file}"]')
    tab.wait_for()
    panel = page.locator(".jp-NotebookPanel:visible")
    panel.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    yield panel
    tab.locator(".lm-TabBar-tabCloseIcon").click()
    discard = page.locator(".jp-Dialog").get_by_role("button", name="Discard")
    while tab.count():  # what was saved is complete: what the notebook became after that, if anything, may go
        if discard.is_visible():
            discard.click()
        page.wait_for_timeout(50)


def walk(page, panel, saved):
    """Press the toolbar's Run button once for each cell; return the notebook as saved in the end.

    saved: Path of the notebook's file.
    """
    button = panel.locator('[data-command="notebook:run-cell-and-select-next"]').first
    button.click()  # waits until the button can be pressed, and is what one sees there
    box = button.bounding_box()
    for _ in nbformat.read(saved, as_version=4).cells[1:]:
        # The same press of the same mouse, without that wait: it would draw the page several times more for each cell.
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return _saved(page, panel, saved)


def run_all(page, panel, saved):
    """Choose Run > Run All Cells; return the notebook as saved in the end. saved: Path of its file."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    return _saved(page, panel, saved)


def _saved(page, panel, path):
    """Save until every code cell has run; return the notebook in the file."""
    deadline = time.monotonic() + 90
    waiting = ["all"]
    while waiting and time.monotonic() < deadline:
        panel.locator(IDLE).wait_for(timeout=60_000)
        _save(page, path)
        try:
            notebook = nbformat.read(path, as_version=4)
        except nbformat.reader.NotJSONError:  # read while it was being written
            continue
        if any(output.output_type == "error" for cell in notebook.cells for output in cell.get("outputs", [])):
            break  # an error keeps the cells after it from running
        # The Run button appends an empty cell after the last one.
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source]
        waiting = [cell.id for cell in code if not cell.execution_count]
    else:
        assert not waiting, f"these cells did not run: {', '.join(waiting)}"
    return notebook


def _save(page, path):
    """Press Ctrl+S, and wait until the file has been written.

    To save again while it is being written makes JupyterLab ask who changed the file.
    What has not changed may not be written at all, hence the time-out.
    """
    before = path.stat().st_mtime_ns
    page.keyboard.press("Control+s")
    deadline = time.monotonic() + 2
    while path.stat().st_mtime_ns == before and time.monotonic() < deadline:
        page.wait_for_timeout(50)
