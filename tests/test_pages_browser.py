"""The pages of lesson 11 in a real browser: by themselves, and in a notebook, also behind jupyter-server-proxy.

The pages come from the scripts of the lesson, each in a process of its own, since the browser's driver has this
thread's event loop.
"""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import nbformat
import pytest

from classroom import pages, scripts
from classroom.workspace import ROOT
from tests.browser import CHROMIUM, chromium, find_chromium, opened, run_all, running_lab
from tests.notebook_rules import code_cells
from tests.thorough import first, some

SECONDS = 20
LESSON = code_cells(ROOT / "notebooks" / "11_the_browser_is_a_client.ipynb")
on_both = pytest.mark.parametrize("library", first(scripts.LIBRARIES))


@pytest.fixture(scope="module")
def browser():
    find_chromium()
    with chromium() as browser:
        yield browser


@pytest.fixture
def tab(browser):
    """Return a function that opens an address in a tab of its own."""
    tabs = []

    def open_tab(url):
        tabs.append(browser.new_page())
        tabs[-1].goto(url)
        return tabs[-1]

    yield open_tab
    for page in tabs:
        page.close()


class Server:
    """A script that serves a page. url: str, of the page. log: function that returns what it logged, a str."""

    def __init__(self, name, folder, library="websockets", port=0):
        self._log = folder / f"{name}.log"
        command = [sys.executable, *scripts._command(name, ("--port", str(port)), library)]
        with open(self._log, "a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        self.url = self._process.stdout.readline().strip()
        assert self.url, self.log()

    def log(self):
        return self._log.read_text()

    def stop(self):
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(SECONDS) == 0
        self._process.stdout.close()


@contextlib.contextmanager
def serving(name, folder, library="websockets", port=0):
    server = Server(name, folder, library, port)
    try:
        yield server
    finally:
        server.stop()


def says(page, name, text):
    """Wait until the element with the id `name` has the text, a str for all of it, or a pattern for a part of it."""
    pattern = re.compile(f"^{re.escape(text)}$") if isinstance(text, str) else text
    page.locator(f"#{name}").filter(has_text=pattern).wait_for(timeout=1000 * SECONDS)


def read(page, name):
    return page.locator(f"#{name}").inner_text()


# ---------------------------------------------------------------- the clock


@on_both
def test_the_clock_ticks(library, tab, tmp_path):
    with serving("clock_server.py", tmp_path, library) as server:
        page = tab(server.url)
        says(page, "state", "connected")
        says(page, "time", re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"))
        first = read(page, "time")
        page.wait_for_function("first => document.getElementById('time').textContent !== first", arg=first)


def test_the_clock_is_right_in_taipei_because_the_time_has_its_zone(browser):
    """Without it, the browser takes it for its own: eight hours wrong, as the lesson says."""
    context = browser.browser.new_context(timezone_id="Asia/Taipei", locale="en-GB")
    try:
        page = context.new_page()
        shown = "text => new Date(text).toLocaleTimeString()"
        assert page.evaluate(shown, "2026-01-31T12:00:00+00:00") == "20:00:00"
        assert page.evaluate(shown, "2026-01-31T12:00:00") == "12:00:00"
    finally:
        context.close()


# ---------------------------------------------------------------- the counter


@on_both
def test_three_tabs_are_in_step_after_many_clicks_and_a_killed_tab(library, browser, tab, tmp_path):
    choose, value = random.Random(11), 0
    with serving("counter_server.py", tmp_path, library) as server, tab_to_kill(browser, server.url) as kill:
        tabs = [tab(server.url) for _ in range(3)]
        for page in tabs:
            says(page, "users", "4 users")
        clicks = some(200)
        for number in range(clicks):
            if number == clicks // 2:
                kill()
            sign = choose.choice(("plus", "minus"))
            choose.choice(tabs).evaluate("id => document.getElementById(id).click()", sign)  # a mouse takes longer
            value += {"plus": 1, "minus": -1}[sign]
        for page in tabs:
            says(page, "value", str(value))
            says(page, "users", "3 users")
        before = server.log()
        tabs.pop().close()
        says(tabs[0], "users", "2 users")
        assert server.log().count("goodbye") == before.count("goodbye"), "a tab that is closed says goodbye"
        late = tab(server.url)
        says(late, "value", str(value))
        says(tabs[0], "users", "3 users")


@contextlib.contextmanager
def tab_to_kill(browser, url):
    """Open `url` in a browser of its own; give a function that kills the processes of its tabs."""
    other = browser.browser.browser_type.launch(executable_path=find_chromium(), args=CHROMIUM)
    page = other.new_page()
    page.goto(url)

    def kill():
        processes = other.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
        with page.expect_event("crash"):
            for process in processes:
                if process["type"] == "renderer":
                    os.kill(process["id"], signal.SIGKILL)

    yield kill
    other.close()


def test_the_counter_can_be_used_with_the_keyboard(tab, tmp_path):
    with serving("counter_server.py", tmp_path) as server:
        page = tab(server.url)
        says(page, "state", "connected")
        for key in ("Tab", "Enter", "Tab", "Enter", "Space"):
            page.keyboard.press(key)
        says(page, "value", "1")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "one more"


# ---------------------------------------------------------------- both


REMEMBER = """
() => {
  const state = document.getElementById("state");
  window.said = [];
  new MutationObserver(() => said.push(state.textContent)).observe(state, {childList: true});
}
"""


@on_both
@pytest.mark.parametrize("name", ["clock", "counter"])
def test_a_page_says_that_its_server_is_gone_and_recovers_when_it_is_back(name, library, tab, tmp_path):
    with serving(f"{name}_server.py", tmp_path, library) as server:
        page = tab(server.url)
        says(page, "state", "connected")
        if name == "counter":
            page.locator("#plus").click()
            says(page, "value", "1")
        page.evaluate(REMEMBER)  # the first is gone after a second, which the end of the server may take longer than
    for code in (1001, 1006):  # going away; then nobody is there
        text = rf"/^connection lost \({code}\), trying again in \d\.\d s$/"
        page.wait_for_function(f"said.some(text => {text}.test(text))", timeout=1000 * SECONDS)
    assert page.locator("button:enabled").count() == 0
    with serving(f"{name}_server.py", tmp_path, library, urlsplit(server.url).port):
        says(page, "state", "connected")
        if name == "counter":
            says(page, "value", "0")
            page.locator("#minus").click()
            says(page, "value", "-1")
        else:
            page.wait_for_function("old => document.getElementById('time').textContent !== old", arg=read(page, "time"))


@pytest.mark.parametrize("name", ["clock", "counter"])
@pytest.mark.parametrize("theme", first(("light", "dark")))
def test_a_page_is_legible(name, theme, browser, tmp_path):
    """The contrast of every text is at least 4.5, which WCAG 2 asks for."""
    page = browser.new_page()
    try:
        page.emulate_media(color_scheme=theme)
        with serving(f"{name}_server.py", tmp_path) as server:
            page.goto(server.url)
            says(page, "state", "connected")
            background, colours = page.evaluate(COLOURS)
        says(page, "state", re.compile("connection lost"))
        colours += page.evaluate(COLOURS)[1]
    finally:
        page.close()
    assert (lightness(background) > 0.5) == (theme == "light")
    for colour in colours:
        brighter, darker = sorted((lightness(colour), lightness(background)), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5, (colour, background)


COLOURS = """
() => [getComputedStyle(document.body).backgroundColor,
       Array.from(document.querySelectorAll("h1, p, span, output"), each => getComputedStyle(each).color)]
"""


def lightness(colour):
    """Return the relative luminance of a CSS colour such as "rgb(1, 2, 3)", as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# ---------------------------------------------------------------- what the lesson says of browsers

FACTS = """
async url => {
  const facts = {};
  const socket = new WebSocket(url);
  facts.at_once = socket.readyState;
  facts.kind = socket.binaryType;
  facts.ping = "ping" in socket;
  await new Promise(resolve => socket.onopen = resolve);
  socket.send("x".repeat(100000));
  facts.buffered = socket.bufferedAmount;
  facts.codes = [1000, 1001, 1002, 1011, 2999, 3000, 4999, 5000].filter(code => {
    const other = new WebSocket(url);
    try { other.close(code); return true; } catch (error) { return false; }
  });
  try { new WebSocket(url, {headers: {"X-Token": "1"}}); facts.headers = "taken"; }
  catch (error) { facts.headers = error.name; }
  const refused = new WebSocket("ws://127.0.0.1:1/");
  const error = await new Promise(resolve => refused.onerror = resolve);
  facts.error = [error.type, "message" in error, "reason" in error, "code" in error];
  return facts;
}
"""


def test_what_a_page_can_do_and_what_not(tab, tmp_path):
    """The lesson's table of the browser's API."""
    with serving("counter_server.py", tmp_path) as server:
        facts = tab(server.url).evaluate(FACTS, server.url.replace("http", "ws"))
    assert facts.pop("buffered") >= 100000
    assert facts == {
        "at_once": 0,  # CONNECTING
        "kind": "blob",
        "ping": False,
        "codes": [1000, 3000, 4999],
        "headers": "SyntaxError",
        "error": ["error", False, False, False],
    }


@pytest.fixture
def message():
    (source,) = [source for source in LESSON if source.startswith("message = ")]
    scope = {}
    exec(source.splitlines()[0], scope)
    return scope["message"]


@pytest.mark.parametrize("how, elements", [("textContent", 0), ("innerHTML", 2)])
def test_a_message_as_text_and_as_html(how, elements, message, tab):
    """As many elements as the lesson's cell counts, and the script runs or does not."""
    page = tab("data:text/html,<title>t</title><p id=place></p><p id=rest>unharmed</p>")
    script = "([how, text]) => { place[how] = text; return place.querySelectorAll('*').length; }"
    assert page.evaluate(script, [how, message]) == elements
    if how == "innerHTML":
        page.wait_for_function("document.body.textContent === 'This page is mine'")
    else:
        assert (
            page.evaluate("() => new Promise(done => setTimeout(done, 50)).then(() => rest.textContent)") == "unharmed"
        )


def test_one_word_makes_the_clock_careless():
    (source,) = [source for source in LESSON if "careless.html" in source]
    assert 'replace("time.textContent", "time.innerHTML")' in source
    assert pages.text("clock.html").count("time.textContent") == 1


# ---------------------------------------------------------------- in a notebook


SETTINGS = '<script id="jupyter-config-data" type="application/json">{"baseUrl": "/"}</script>'


@pytest.mark.parametrize("theme", first(("light", "dark")))
def test_a_frame_takes_the_theme_of_the_notebook_and_has_a_name(theme, browser, tmp_path):
    """The browser's own theme must not be set here, hence a context of its own."""
    context = browser.browser.new_context(color_scheme="null")
    try:
        with serving("clock_server.py", tmp_path) as server:
            page = context.new_page()
            html = pages.show(server.url, tabs=2)._repr_html_()
            page.set_content(f'<body data-jp-theme-light="{str(theme == "light").lower()}">{html}')
            frame = page.locator('iframe[title="Tab 2 of 2"]').content_frame
            says(frame, "state", "connected")
            dark = frame.locator("body").evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")
            assert dark == (theme == "dark")
            assert (
                page.get_by_role("link", name="Open the page in a tab of its own").get_attribute("href") == server.url
            )
    finally:
        context.close()


def test_a_notebook_says_so_when_no_server_answers(tab, tmp_path):
    """As in a notebook that was saved with its frames, and is opened again another day."""
    with serving("clock_server.py", tmp_path) as server:
        page = tab(server.url.rstrip("/") + "/nowhere")  # any page of http://127.0.0.1
        shown = pages.show(server.url)._repr_html_()
    page.set_content(SETTINGS + shown)
    page.get_by_text("No server answers here. Run the cell that starts it, and then this one.").wait_for()
    assert page.locator("iframe").count() == 0


def check_live(page, url, work, base="/"):
    """Run lesson 11 in the JupyterLab at `url`: its frames lead to the server next door, or through the proxy.

    work: Path of the student's copy. Below a base URL, as with JupyterHub, jupyter-server-proxy leads there.
    """
    name = "notebooks/11_the_browser_is_a_client.ipynb"
    saved = work / name
    notebook = nbformat.read(saved, as_version=4)
    # Without what stops the servers: the browser may be slow, and find the clock's frame just then without a server.
    stops = ("# Clean up", 'servers.stop("clock")', "port=port")
    notebook.cells = [cell for cell in notebook.cells if not any(each in cell.source for each in stops)]
    nbformat.write(notebook, saved)
    with opened(page, url, name) as panel:
        run_all(page, panel, saved)
        frames = panel.locator("iframe")
        tabs = [frames.nth(number).content_frame for number in range(2, 5)]
        for each in tabs:
            says(each, "users", "3 users")
        before = int(read(tabs[0], "value"))
        tabs[1].locator("#plus").click()
        for each in tabs:
            says(each, "value", str(before + 1))
        clock = frames.nth(0).content_frame
        says(clock, "state", "connected")
        frames.nth(1).content_frame.get_by_text("This page is mine").wait_for()
        addresses = [frames.nth(number).get_attribute("src") for number in range(5)]
        wanted = r"http://127\.0\.0\.1:\d+/" if base == "/" else rf"{url}proxy/\d+/"
        assert all(re.fullmatch(wanted, address) for address in addresses), addresses


@pytest.mark.thorough
def test_the_lesson_is_live_in_a_notebook_below_a_base_url(browser, tmp_path):
    """Without one it is so in test_browser.py, which has a JupyterLab there."""
    base = "/user/ada/"
    with running_lab(tmp_path, f"--ServerApp.base_url={base}") as url:
        check_live(browser.new_page(), url, tmp_path / "work", base)
    log = (tmp_path / "lab.log").read_text()
    assert not [line for line in log.splitlines() if "proxy" in line and re.match(r"\[[WEC]", line)], log
