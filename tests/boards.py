"""Virtual Picos with what belongs on a board, for the tests of device/: `pytest_plugins = "tests.boards"`.

Some of these tests import this module as well, hence PYTEST_DONT_REWRITE: it asserts nothing.
"""

import json

import pytest

from classroom import deploy
from classroom.virtual_pico import VirtualPico
from tests.test_micropython import micropython

WIFI = {"wifi": [["classroom", "websockets"]]}
QUICK = WIFI | {"interval": 0.05, "keepalive": 1, "longest_wait": 0.2}


def install(pico, app="echo"):
    """Put onto `pico` what belongs there, but for settings."""
    board = deploy.Board(pico.port)
    board.calm()
    facts = board.look()
    contents = {path: file.read_bytes() for path, file in deploy.wanted(app).items()}
    deploy.carry_out(deploy.make_plan(contents, facts.files), board, facts, tell=lambda text: None)


@pytest.fixture(scope="module")
def pico():
    micropython()
    with VirtualPico() as pico:
        install(pico)
        yield pico


def run(pico, server=None, app="echo", **settings):
    """Start `app` on the board with these settings, opposite `server`."""
    settings = QUICK | {"app": app} | settings
    if server is not None:
        settings = {"url": server.url(app), "token": server.token or ""} | settings
        if server.ca():
            pico.put("ca.der", server.ca())
    pico.put("settings.json", json.dumps(settings))
    pico.reset()
