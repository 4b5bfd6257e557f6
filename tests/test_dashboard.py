"""The capstone as a whole: a board's readings over wss in a browser's plot, and its LED under the browser's switch.

dashboard_server.py on both libraries and dashboard.html in Chromium, opposite device/capstone.py
on a virtual Pico.
"""

import itertools
import json
import re
import ssl
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from classroom import certificates, rig, scripts
from tests.boards import run
from tests.browser import chromium, find_chromium
from tests.thorough import first

pytest_plugins = "tests.boards"

NAME = "dashboard_server.py"
KEY, TOKEN = "sesame-7", "open-8"
SECONDS = 20


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    monkeypatch.setenv("TOKEN", TOKEN)


class Server:
    """dashboard_server.py for tests without an event loop; it can be ended and begun again at the same addresses.

    url: str, of the board. page: str, of the browsers.
    """

    def __init__(self, library="websockets", arguments=()):
        self.library, self.arguments = library, arguments
        self.ports = ("0", "0")
        self.begin()

    def begin(self):
        arguments = ("--port", self.ports[0], "--page-port", self.ports[1], "--keepalive", "1", *self.arguments)
        command = [sys.executable, *scripts._command(NAME, arguments, self.library)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url, self.page = (self.process.stdout.readline().strip() for _ in range(2))
        self.page = self.page.replace("...", TOKEN)
        self.ports = [str(urlsplit(url).port) for url in (self.url, self.page)]

    def end(self):
        self.process.kill()
        self.process.wait(SECONDS)
        self.process.stdout.close()


@pytest.fixture(autouse=True)
def as_new(request):
    yield
    if "pico" in request.fixturenames:
        pico = request.getfixturevalue("pico")
        pico.plug_in()
        pico.reset(programs=False)


@pytest.fixture(scope="module")
def browser():
    find_chromium()
    with chromium(width=700, height=420) as browser:
        browser.set_default_timeout(1000 * SECONDS)
        yield browser


@pytest.fixture
def tab(browser):
    """Return a function that opens a page in a tab of its own. An error in one fails the test."""
    opened, errors = [], []

    def open_tab(url):
        page = browser.new_page()
        opened.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        return page

    yield open_tab
    for page in opened:
        page.close()
    assert not errors


@pytest.fixture
def served():
    """Return a function that starts a Server, which ends with the test."""
    servers = []

    def serve(*arguments):
        servers.append(Server(*arguments))
        return servers[-1]

    yield serve
    for server in servers:
        server.end()


def says(page, name, text):
    """Wait until the element with the id `name` says `text` (str or pattern)."""
    page.locator(f"#{name}").filter(has_text=text).wait_for()


def plotted(page):
    """Return the curves in the plot: for each, how many readings it joins."""
    return [
        path.count(",")
        for path in page.locator("path.curve").evaluate_all("all => all.map(one => one.getAttribute('d'))")
    ]


def numbers(page):
    """Return the boots and the numbers of the readings that the page has, in order: [[boot, number], ...]."""
    return page.evaluate("[...readings.values()].map(reading => [reading.boot, reading.number])")


def wait(page, expression, argument=None):
    page.wait_for_function(expression, arg=argument)


@pytest.mark.parametrize("library", first(scripts.LIBRARIES))
def test_a_board_over_wss_is_plotted_and_switched_and_loses_nothing_to_a_pulled_cable(pico, served, tab, library):
    authority = certificates.Authority()
    certfile, keyfile = authority.issue("127.0.0.1")
    server = served(library, ("--certfile", certfile, "--keyfile", keyfile))
    with open(authority.cafile, encoding="ascii") as file:
        pico.put("ca.der", ssl.PEM_cert_to_DER_cert(file.read()))
    page = tab(server.page)
    says(page, "board", "board: away")
    assert server.url.startswith("wss://") and page.get_by_role("switch").is_disabled()
    pico.temperature = 31.5
    run(pico, app="capstone", url=server.url, key=KEY, interval=0.1)

    says(page, "board", "board: connected")
    wait(page, "readings.size >= 12")
    wait(page, "document.querySelector('path.curve').getAttribute('d').split(',').length > 12")
    assert len(plotted(page)) == 1 and page.locator(".gap").count() == 0
    assert abs(float(page.locator("#celsius").inner_text().split()[0]) - 31.5) < 0.2

    switch = page.get_by_role("switch", name="LED: off")
    switch.click()
    page.get_by_role("switch", name="LED: on").wait_for()
    pico.wait(lambda: pico.led)
    for on in (False, True):
        page.keyboard.press("Space")  # the focus is where the click was
        says(page, "light", "on" if on else "off")
        pico.wait(lambda on=on: pico.led is on)

    before = len(numbers(page))
    pico.unplug()
    says(page, "board", "board: away")
    says(page, "light", "unknown")
    page.locator(".gap").wait_for()
    assert page.locator(".away").text_content() == "board away" and page.get_by_role("switch").is_disabled()
    says(page, "counts", re.compile(r"\b([5-9]|\d\d) s ago"))  # so long it is pulled
    assert pico.led  # nobody told it otherwise
    pico.plug_in()
    says(page, "board", "board: connected")
    says(page, "light", "on")  # told anew
    wait(page, "before => readings.size > before + 50", before)  # five seconds of readings, and they went on
    wait(page, "document.querySelectorAll('.gap').length === 0")
    says(page, "counts", " 0 missing;")

    pico.wait_for_line("stream: acknowledged up to")
    seen = numbers(page)
    (boot,) = {boot for boot, _ in seen}
    assert [number for _, number in seen] == list(range(1, len(seen) + 1))
    acknowledged = [int(line.split()[-1]) for line in pico.log if "acknowledged up to" in line]
    wait(page, "last => [...readings.values()].at(-1).number >= last", acknowledged[-1])
    assert not [line for line in pico.log if KEY in line]


# ---------------------------------------------------------------- the page, opposite a board of Python


@pytest.fixture(scope="module")
def signed_url():
    return rig.on_the_board("signing").signed_url


@pytest.fixture
def board(signed_url):
    """Return a function that connects to the board's door: a board whose readings the test makes up."""
    moments = itertools.count(int(time.time()))  # no two URLs are signed at the same one

    def join(server):
        return connect(signed_url(server.url, KEY, next(moments)))

    return join


def send(ws, *numbers, boot="a"):
    """Send readings with these numbers, a second apart, the last one taken now; return once they are acknowledged."""
    for number in numbers:
        reading = {"boot": boot, "number": number, "celsius": 20 + number, "dropped": 0, "age": numbers[-1] - number}
        ws.send(json.dumps(reading))
        assert json.loads(ws.recv(SECONDS)) == {"acknowledged": number}


def test_readings_that_never_came_leave_a_gap_and_those_that_came_late_fill_it(served, tab, board):
    server = served()
    page = tab(server.page)
    with board(server) as ws:
        send(ws, 1, 2, 3)
        wait(page, "document.querySelectorAll('path.curve').length === 1")
        send(ws, 7, 8)  # 4 to 6 were dropped
        says(page, "counts", "5 readings, 3 missing; number 8 came last")
        assert plotted(page) == [3, 2] and page.locator(".gap").count() == 1
        assert page.locator(".gap title").text_content() == "3 missing"
        send(ws, 1, boot="b")  # a reset: how many were lost with it nobody knows
        says(page, "counts", "6 readings, 3 missing; number 1 came last")
        assert plotted(page) == [3, 2, 1]
        assert page.locator(".gap title").all_text_contents() == ["3 missing", "restarted"]
        assert page.locator("#celsius").inner_text() == "21.0 °C"
    late = tab(server.page)  # has them all from the server's memory
    says(late, "counts", "6 readings, 3 missing; number 1 came last")
    says(late, "board", "board: away")
    assert numbers(late) == numbers(page)
    with board(server) as ws:
        says(page, "board", "board: connected")
        send(ws, *range(2, 12), boot="b")  # kept, while the board was away
        for one in (page, late):
            says(one, "counts", "16 readings, 3 missing; number 11 came last")
        assert plotted(page) == [3, 2, 11]


def test_the_page_comes_back_after_a_restart_of_the_server_and_keeps_what_it_has(served, tab, board):
    server = served()
    page = tab(server.page)
    with board(server) as ws:
        ws.send('{"led": true}')
        send(ws, 1, 2)
        says(page, "light", "on")
        server.end()
        says(page, "state", "connection lost (1006), trying again in")
        says(page, "board", "board: unknown")
        says(page, "light", "unknown")
        assert page.get_by_role("switch").is_disabled()
        page.locator(".away").filter(has_text="no connection").wait_for()
    server.begin()
    says(page, "state", re.compile("^connected$"))
    says(page, "board", "board: away")
    with board(server) as ws:
        send(ws, 1, 2, 3)  # the server knows nothing, and gets what it has not acknowledged, and more
        says(page, "counts", "3 readings, 0 missing; number 3 came last")
        assert page.get_by_role("switch").is_disabled()  # the board has not said how it is
        ws.send('{"led": false}')
        page.get_by_role("switch", name="LED: off").press("Enter")
        assert json.loads(ws.recv(SECONDS)) == {"led": True}
        assert page.locator("#light").inner_text() == "off"  # until the board says that it is on
        ws.send('{"led": true}')
        says(page, "light", "on")


def test_the_page_takes_its_token_along_and_its_websocket_is_where_it_came_from(served, tab):
    server = served()
    page = tab(server.page.partition("?")[0])
    assert "Open the page with its token: /?token=..." in page.locator("body").inner_text()
    page.goto(server.page)
    says(page, "state", re.compile("^connected$"))
    assert page.evaluate("String(address())") == server.page.replace("http", "ws").replace("/?", "/dashboard?")
    page.evaluate("history.pushState({}, '', '/user/ada/proxy/49151/?token=x')")
    place = urlsplit(server.page).netloc
    assert page.evaluate("String(address())") == f"ws://{place}/user/ada/proxy/49151/dashboard?token=x"


@pytest.mark.parametrize("theme", first(("light", "dark")))
def test_the_page_is_legible_in_both_themes_and_at_the_size_of_a_frame(served, tab, board, theme):
    server = served()
    page = tab(server.page)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 340, "height": 340})
    with board(server) as ws:
        ws.send('{"led": true}')
        send(ws, 1, 2, 5)
        says(page, "counts", "3 readings, 2 missing")
    says(page, "board", "board: away")
    look = """() => {
        const [body, label, curve] = [document.body, plot.querySelector("text"), plot.querySelector(".curve")];
        const style = element => getComputedStyle(element);
        return [style(body).color, style(body).backgroundColor, style(label).fill, style(curve).stroke];
    }"""
    ink, card, label, curve = (sum(map(int, re.findall(r"\d+", colour))) for colour in page.evaluate(look))
    assert (ink < card) == (theme == "light")
    assert abs(ink - card) > 500 and abs(label - card) > 250 and abs(curve - card) > 250
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.locator("#state").bounding_box()
    assert box["y"] + box["height"] <= 340  # all of it is in view
