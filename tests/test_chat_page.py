"""The chat page in a real browser, on chat_server.py: tabs talk, and a restart of the server loses nothing typed."""

import json
import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from classroom import scripts
from tests.browser import chromium, find_chromium
from tests.thorough import first

SECONDS = 20


@pytest.fixture(scope="module")
def browser():
    find_chromium()
    with chromium(width=500, height=500) as browser:
        browser.set_default_timeout(1000 * SECONDS)
        yield browser


@pytest.fixture
def tab(browser):
    """Return a function that opens the page at a URL in a tab of its own. An error in one fails the test."""
    pages, errors = [], []

    def open_tab(url, name=None):
        page = browser.new_page()
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: (errors.append(dialog.message), dialog.dismiss()))
        page.goto(url)
        if name is not None:
            enter(page, name)
            says(page, "state", f"in the room as {name}")
        return page

    yield open_tab
    for page in pages:
        page.close()
    assert not errors


class Server:
    """chat_server.py, which can be ended and begun again at the same address."""

    def __init__(self, library):
        self.library, self.port = library, 0
        self.begin()

    def begin(self):
        command = [sys.executable, *scripts._command("chat_server.py", ("--port", str(self.port)), self.library)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()
        self.port = urlsplit(self.url).port

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(SECONDS)
        self.process.stdout.close()


@pytest.fixture(params=first(scripts.LIBRARIES))
def server(request):
    server = Server(request.param)
    yield server
    server.end()


@pytest.fixture
def usual_server():
    server = Server("websockets")
    yield server
    server.end()


def enter(page, name):
    page.get_by_label("your name").fill(name)
    page.keyboard.press("Enter")


def speak(page, text):
    """Say `text` as one does with a keyboard, and wait until it is back and the field is empty again."""
    page.get_by_label("your message").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('text').value === ''")


def says(page, name, text):
    """Wait until the element with the id `name` says `text`."""
    page.locator(f"#{name}").filter(has_text=text).wait_for()


def lines(page, count):
    """Return the lines of the log, once there are `count`."""
    page.wait_for_function("count => document.getElementById('log').children.length >= count", arg=count)
    return page.locator("#log li").all_inner_texts()


def test_two_tabs_talk_by_name_and_the_late_comer_sees_what_was_said(server, tab):
    ada = tab(server.url, "Ada")
    speak(ada, "anybody?")
    bob = tab(server.url, "Bob")
    assert lines(bob, 2) == ["Ada: anybody?", "Bob joined"]
    says(bob, "members", "2 here: Ada, Bob")
    speak(bob, "me")
    assert lines(ada, 4) == ["Ada joined", "Ada: anybody?", "Bob joined", "Bob: me"]
    bob.close()
    assert lines(ada, 5)[-1] == "Bob left"
    says(ada, "members", "1 here: Ada")


def test_markup_in_a_message_or_a_name_is_text(server, tab):
    name, text = "<b onclick=1>B</b>", "<img src=x onerror=alert(1)><script>alert(2)</script>&amp; </li>"
    ada, eve = tab(server.url, "Ada"), tab(server.url, name)
    speak(eve, text)
    late = tab(server.url, "Late")  # for whom it comes as history
    for page, count in ((ada, 4), (eve, 3), (late, 2)):
        assert f"{name}: {text}" in lines(page, count)
        assert page.locator("#log :is(img, script, b), #members *").count() == 0
        says(page, "members", name)


def test_a_refused_name_is_told_and_another_one_may_do(server, tab):
    tab(server.url, "Ada")
    page = tab(server.url)
    enter(page, "ada")
    says(page, "state", "name: ada is taken")
    assert page.evaluate("document.activeElement.id") == "name"
    enter(page, "Bob")
    says(page, "state", "in the room as Bob")
    assert page.evaluate("document.activeElement.id") == "text"


def test_what_is_typed_outlives_a_restart_of_the_server_and_the_page_comes_back(server, tab):
    page = tab(server.url, "Ada")
    speak(page, "before")
    page.get_by_label("your message").fill("half a sen")
    server.end()
    says(page, "state", "connection lost (")
    page.keyboard.press("Enter")  # nobody hears it
    page.keyboard.type("tence")
    assert page.get_by_label("your message").input_value() == "half a sentence"
    server.begin()
    says(page, "state", "in the room as Ada")
    assert page.get_by_label("your message").input_value() == "half a sentence"
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('text').value === ''")
    assert lines(page, 4) == ["Ada joined", "Ada: before", "Ada joined", "Ada: half a sentence"]


def test_a_message_that_was_lost_with_the_server_stays_in_its_field(server, tab):
    """The server is stopped, so that it cannot answer, and then killed."""
    page = tab(server.url, "Ada")
    assert lines(page, 1) == ["Ada joined"]
    server.process.send_signal(signal.SIGSTOP)
    page.get_by_label("your message").fill("lost?")
    page.keyboard.press("Enter")
    server.process.kill()
    server.end()
    says(page, "state", "connection lost (")
    assert page.get_by_label("your message").input_value() == "lost?"
    server.begin()
    says(page, "state", "in the room as Ada")
    page.get_by_label("your message").press("Enter")
    assert "Ada: lost?" in lines(page, 3)


def test_a_page_whose_name_was_taken_meanwhile_asks_for_another_and_keeps_what_is_typed(server, tab):
    page = tab(server.url, "Ada")
    page.get_by_label("your message").fill("half a sentence")
    page.evaluate("setTimeout = again => { window.connectAgain = again }")  # it comes back when we say so
    server.end()
    says(page, "state", "connection lost (")
    server.begin()
    with connect(server.url.replace("http", "ws")) as other:
        other.send(json.dumps({"name": "ADA"}))
        other.recv()
        page.evaluate("connectAgain()")
        says(page, "state", "name: Ada is taken")
        enter(page, "Ada L.")
        says(page, "state", "in the room as Ada L.")
    assert page.get_by_label("your message").input_value() == "half a sentence"


@pytest.mark.parametrize("theme", first(("light", "dark")))
def test_the_page_is_legible_in_both_themes_and_at_the_size_of_a_frame(usual_server, tab, theme):
    page = tab(usual_server.url)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 340, "height": 340})
    enter(page, "Ada")
    says(page, "state", "in the room as Ada")
    for number in range(12):
        speak(page, f"message {number} " + "long " * 12)
    colours = page.evaluate("(({color, backgroundColor}) => [color, backgroundColor])(getComputedStyle(document.body))")
    ink, card = (sum(map(int, re.findall(r"\d+", colour))) for colour in colours)
    assert (ink < card) == (theme == "light") and abs(ink - card) > 500
    box = page.get_by_label("your message").bounding_box()
    assert 0 <= box["x"] and box["x"] + box["width"] <= 340 and box["y"] + box["height"] <= 340
    last = page.locator("#log li").last.bounding_box()
    assert last["y"] + last["height"] <= box["y"]  # the newest line is in view
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
