"""Which link a runtime gets."""

import importlib.util

from pocketws import link, link_cpython
from tests.network.board_stand_in import load


def test_each_runtime_gets_its_own(monkeypatch):
    for_boards = load(monkeypatch)
    for board, expected in ((False, link_cpython), (True, for_boards)):
        monkeypatch.setattr("pocketws.compat.MICROPYTHON", board)
        spec = importlib.util.spec_from_file_location("pocketws.another_link", link.__file__)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name in link.__all__:
            assert getattr(module, name) is getattr(expected, name)
