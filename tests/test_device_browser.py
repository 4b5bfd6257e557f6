"""The page that a board serves (device/led.py) in a real browser, opposite a virtual Pico."""

import re

import pytest

from tests.boards import run
from tests.browser import chromium, find_chromium

pytest_plugins = "tests.boards"

SECONDS = 20


@pytest.fixture(scope="module")
def browser():
    find_chromium()
    with chromium() as browser:
        yield browser


def says(page, name, text):
    """Wait until the element with the id `name` has this text."""
    page.locator(f"#{name}").filter(has_text=re.compile(f"^{re.escape(text)}$")).wait_for(
        timeout=1000 * SECONDS, state="attached"
    )


def test_the_leds_page_switches_it_in_step_and_recovers_from_a_reset(pico, browser):
    run(pico, app="led")
    pico.wait_for_line("led: open")
    pages = [browser.new_page() for _ in range(2)]
    errors = []
    for page in pages:
        page.on("pageerror", lambda error: errors.append(error))
        page.goto(f"http://{pico.address(80)}/")
        says(page, "state", "off")
    for number, on in enumerate((True, False, True)):
        pages[number % 2].click("#switch")
        pico.wait(lambda on=on: pico.led is on)
        for page in pages:
            says(page, "state", "on" if on else "off")

    pico.reset()  # it says no goodbye, and the LED is off then
    for page in pages:
        says(page, "problem", "No connection to the board. Trying again.")
        assert page.locator("#switch").is_disabled()
    for page in pages:
        says(page, "problem", "")
        says(page, "state", "off")
    pages[1].click("#switch")
    says(pages[0], "state", "on")
    assert pico.led and not errors
